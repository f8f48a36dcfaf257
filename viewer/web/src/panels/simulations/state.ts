// State of the simulations desk: the question as it is put together, its run, and what of the result is looked at.
import type { LocalText } from "../../api";
import type { Trouble } from "../../planning/state";
import type { Job, LegendClass, Outcome, Params, Probe, ProbePlace, SimulationEntry, SimulationQuestion } from "./api";
import type { OutsideFile } from "./outside-question";
import type { AdvancedFault } from "./question";

/** A question that was asked, of the scenario and, to compare, of what it is held against. */
export interface Run { name: string; questions: SimulationQuestion[]; names: string[]; jobs: Job[]; results: Outcome[] }

/** What a place or feature says; a series for each result that is shown. */
export interface Probed { place: ProbePlace; title: string; series: { name: string; probe: Probe }[] }

export interface DeskState {
  /** Null until the server answered. */
  catalogue: readonly SimulationEntry[] | null;
  name: string;
  /** All parameters of the simulations that were looked at, by name. */
  params: Readonly<Record<string, Params>>;
  /** JSON as it is typed while it cannot be used. */
  typed: { text: string; fault: AdvancedFault } | null;
  /** The same question is asked of what the scenario is held against, too. */
  isCompared: boolean;
  run: Run | null;
  isStarting: boolean;
  trouble: Trouble | null;
  /** Why a job failed. */
  failure: LocalText | null;
  layer: string | null;
  isDifference: boolean;
  /** Classes of the difference that is shown. */
  difference: LegendClass[] | null;
  opacity: number;
  isVisible: boolean;
  timeS: number;
  isPlaying: boolean;
  speed: number;
  isProbing: boolean;
  probed: Probed | null;
  probeTrouble: string | null;
  /** Results of other programs: files that the server has (null until it said), and those that the chosen ones are held against. */
  outside: { files: readonly OutsideFile[] | null; before: readonly string[] };
  /** Clicks add starts. */
  isPicking: boolean;
}

export function initialDesk(): DeskState {
  return {
    catalogue: null, name: "", params: {}, typed: null, isCompared: false, run: null, isStarting: false, trouble: null, failure: null,
    layer: null, isDifference: false, difference: null, opacity: 0.85, isVisible: true, timeS: 0, isPlaying: false, speed: 1,
    isProbing: false, probed: null, probeTrouble: null, outside: { files: null, before: [] }, isPicking: false,
  };
}
