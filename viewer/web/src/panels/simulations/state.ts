// State of the simulations desk: the question as it is put together, its run, and what of the result is looked at.
import type { LocalText } from "../../api";
import type { Trouble } from "../../planning/state";
import type { Job, LegendClass, LiveAnswer, Outcome, Params, Probe, ProbePlace, SimulationEntry, SimulationQuestion, StoreysAnswer } from "./api";
import type { OutsideFile } from "./outside-question";
import type { AdvancedFault } from "./question";

/** A question that was asked, of the scenario and, to compare, of what it is held against. */
export interface Run { name: string; questions: SimulationQuestion[]; names: string[]; jobs: Job[]; results: Outcome[] }

/** What a place or feature says; a series for each result that is shown. */
export interface Probed { place: ProbePlace; title: string; series: { name: string; probe: Probe }[] }

/** What is known while one edits with the result in sight. */
export interface LiveState {
  isBusy: boolean;
  /** What was answered last. */
  answer: LiveAnswer | null;
  /** The answer is of edits that are not saved. */
  hasDraft: boolean;
  trouble: Trouble | null;
  /** From the edit to the picture, milliseconds. */
  tookMs: number | null;
}

/** How many storeys a building may have, as it was asked. */
export interface StoreysState { building: string; name: string; isBusy: boolean; answer: StoreysAnswer | null; trouble: Trouble | null }

/** A sign over the city at what a result is about; metres of the scene. */
export interface Sign { id: string; kind: "broken" | "valve" | "closed" | "stuck" | "hospital" | "school"; name: string; at: [number, number, number] }

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
  /** Places that the difference leaves out, since only one side has them. */
  leftOut: number;
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
  signs: readonly Sign[];
  /** Null = edits do not change what is shown. */
  live: LiveState | null;
  storeys: StoreysState | null;
}

/** The outcome that is shown: that of the edits while one edits, else that of the job. */
export function shownOutcome({ live, run }: DeskState): Outcome | null {
  return live?.answer?.outcome ?? run?.results[0] ?? null;
}

/** What is shown is no result: edits are not saved, or the job has not run for the scenario as it stands. */
export function isPreview({ live, run }: DeskState): boolean {
  const of = live?.answer?.outcome.scenario;
  return of !== undefined && (live?.hasDraft === true || of.id !== run?.jobs[0]?.scenario || of.revision !== run.jobs[0].scenario_revision);
}

export function initialDesk(): DeskState {
  return {
    catalogue: null, name: "", params: {}, typed: null, isCompared: false, run: null, isStarting: false, trouble: null, failure: null,
    layer: null, isDifference: false, difference: null, leftOut: 0, opacity: 0.85, isVisible: true, timeS: 0, isPlaying: false, speed: 1,
    isProbing: false, probed: null, probeTrouble: null, outside: { files: null, before: [] }, isPicking: false, live: null, storeys: null, signs: [],
  };
}
