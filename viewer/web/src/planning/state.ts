// Planning's part of the shell's state: scenario at work, phase, comparison, tool in the hand, numbers of the area.
import type { MultiPolygon, Polygon } from "../geojson";
import type { ProblemItem } from "../http";
import type { Project, Vocabulary } from "../projects/api";
import type { Area, Diff, Edit, EditRequest, IndicatorAnswer, Massing, MergeConflict, RuleAnswer, Scenario, ScenarioDetail } from "./api";
import { initialCompare, type Compare } from "./compare";
import type { Point } from "./sketch";

/** What went wrong, in words; `items` say which feature and why. */
export interface Trouble { text: string; items: readonly ProblemItem[] }

/** An edit that was refused because the scenario had moved on. */
export interface Stale { edits: EditRequest[]; mine: number; now: number | null; changes: Edit[] }

export interface PendingMerge { from: string; conflicts: MergeConflict[]; resolve: Record<string, "ours" | "theirs"> }

/** A building marked for the next edit. */
export interface Marked { id: string; featureIndex: number; name: string }

export type MapTool = "none" | "mark" | "lasso" | "draw";

/** What a drawn outline is for. */
export type DrawUse = "block" | "site" | "area" | "project" | "pipe";

export interface Sketch {
  use: DrawUse;
  shape: "polygon" | "rectangle";
  /** Corners, ENU metres. */
  points: readonly Point[];
  /** Where the pointer is, snapped; null off the ground. */
  cursor: Point | null;
  closed: boolean;
  /** What the last corner was snapped to. */
  snap: "none" | "vertex" | "right_angle" | "start";
}

/** Numbers of the area at both standpoints. */
export interface Analysis {
  area: Area;
  areaName: string;
  /** Drawn area, to be shown in the scene. */
  outline: Polygon | MultiPolygon | null;
  busy: boolean;
  trouble: Trouble | null;
  before: IndicatorAnswer | null;
  after: IndicatorAnswer | null;
  rules: RuleAnswer | null;
  /** Numbers belong to an older revision and are being read again. */
  outdated: boolean;
  /** Indicator whose features are lit. */
  lit: string | null;
  /** Indicator whose difference colours the scene. */
  tint: Tint | null;
}

/** Numbers of features by what became of them in an indicator; `isCapped` = the server listed only the first of them. */
export interface Tint { id: string; more: number; less: number; changed: number; same: number; isCapped: boolean }

/** Town offices coloured in the scene by the share of their target that is done. */
export interface OfficeTint { id: string; featureIndex: number; name: string; share: number | null; rings: readonly (readonly Point[])[] }

export interface PlanningState {
  author: string;
  /** Null until the server answered. */
  scenarios: readonly Scenario[] | null;
  /** Null = the city as it stands. */
  scenario: ScenarioDetail | null;
  /** A link pinned an older revision: reading only. */
  isPinned: boolean;
  phase: string | null;
  playing: boolean;
  compare: Compare;
  busy: boolean;
  trouble: Trouble | null;
  stale: Stale | null;
  merge: PendingMerge | null;
  diff: Diff | null;
  tool: MapTool;
  marked: readonly Marked[];
  sketch: Sketch | null;
  /** Edits as the editing panel would write them now. */
  draft: readonly EditRequest[];
  /** A simulation shows what the draft would mean. */
  isLive: boolean;
  /** Bodies of a previewed array. */
  preview: { bodies: readonly Massing[]; reachedFar: number; isReached: boolean } | null;
  analysis: Analysis;
  projects: readonly Project[] | null;
  /** Null = the scene shows no investment. */
  offices: readonly OfficeTint[] | null;
  vocabulary: Vocabulary | null;
}

export function initialPlanning(author: string): PlanningState {
  return {
    author,
    scenarios: null,
    scenario: null,
    isPinned: false,
    phase: null,
    playing: false,
    compare: initialCompare(),
    busy: false,
    trouble: null,
    stale: null,
    merge: null,
    diff: null,
    tool: "none",
    marked: [],
    sketch: null,
    preview: null,
    draft: [],
    isLive: false,
    analysis: { area: { city: true }, areaName: "", outline: null, busy: false, trouble: null, before: null, after: null, rules: null, outdated: false, lit: null, tint: null },
    projects: null,
    offices: null,
    vocabulary: null,
  };
}
