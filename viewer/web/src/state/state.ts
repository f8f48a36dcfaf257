// The shell's state as a function of what happened: engine events and the shell's own actions. Panels draw it, nothing else.
import type { FeatureDetail, SceneManifest } from "../api";
import type { Quality, View, ViewerEvent, ViewerStats } from "../bridge.gen";
import type { Language } from "../i18n";
import { initialPlanning, type PlanningState } from "../planning/state";
import { defaultVisibility, type LayerVisibility } from "./layers";

/** Why no city can be shown; each has a text and an advice in the dictionaries. */
export type FailureCode = "no_wasm" | "insecure" | "no_webgpu" | "no_adapter" | "no_server" | "no_city" | "engine" | "device_lost";

export type Phase = "preparing" | "manifest" | "download" | "starting" | "tiles" | "running";

/** The feature whose attributes are shown. `detail` is null until the server answered. */
export interface Selection {
  featureIndex: number | null;
  id: string | null;
  detail: FeatureDetail | null;
  error: string | null;
}

export interface ShellState {
  language: Language;
  phase: Phase;
  /** Bytes of the engine; `total` 0 = unknown. */
  download: { loaded: number; total: number };
  failure: { code: FailureCode; details: string } | null;
  manifest: SceneManifest | null;
  layers: LayerVisibility;
  selection: Selection | null;
  /** Feature under the pointer. */
  hovered: number | null;
  camera: { view: View; eye_enu: [number, number, number] } | null;
  stats: ViewerStats;
  loading: { wanted: number; loaded: number };
  /** Everything wanted is drawn and nothing moves. */
  settled: boolean;
  /** Number of the frame in which it came to rest; a later one means that it moves again. */
  settledFrame: number;
  starved: { missing_tiles: number; drawn_error_px: number } | null;
  quality: Quality;
  underground: boolean;
  hours: number;
  /** What a screen reader is told; `serial` makes equal texts count as new. */
  announcement: { text: string; serial: number };
  /** A short word to the eye; empty = none. */
  notice: string;
  planning: PlanningState;
}

/** Hour of the sun that a city opens with: a clear morning. */
export const DEFAULT_HOURS = 9.5;

export type Action =
  | { type: "engine"; event: ViewerEvent }
  | { type: "phase"; phase: Phase }
  | { type: "download"; loaded: number; total: number }
  | { type: "failure"; code: FailureCode; details: string }
  | { type: "manifest"; manifest: SceneManifest }
  | { type: "language"; language: Language }
  | { type: "layers"; layers: LayerVisibility }
  | { type: "selection"; selection: Selection | null }
  | { type: "quality"; quality: Quality }
  | { type: "underground"; enabled: boolean }
  | { type: "hours"; hours: number }
  | { type: "unsettled" }
  | { type: "announce"; text: string }
  | { type: "notice"; text: string }
  | { type: "planning"; change: Partial<PlanningState> };

export function initialState(language: Language, author = ""): ShellState {
  return {
    language,
    phase: "preparing",
    download: { loaded: 0, total: 0 },
    failure: null,
    manifest: null,
    layers: {},
    selection: null,
    hovered: null,
    camera: null,
    stats: {
      fps: 0, frames: 0, draw_calls: 0, triangles: 0, tiles_drawn: 0, tiles_loading: 0,
      features_drawn: 0, cpu_bytes: 0, gpu_bytes: 0, starved: false,
    },
    loading: { wanted: 0, loaded: 0 },
    settled: false,
    settledFrame: 0,
    starved: null,
    quality: "medium",
    underground: false,
    hours: DEFAULT_HOURS,
    announcement: { text: "", serial: 0 },
    notice: "",
    planning: initialPlanning(author),
  };
}

/** State after an action. Returns the same object when nothing changed. */
export function reduce(state: ShellState, action: Action): ShellState {
  switch (action.type) {
    case "engine":
      return reduceEvent(state, action.event);
    case "phase":
      return { ...state, phase: action.phase };
    case "download":
      return { ...state, phase: "download", download: { loaded: action.loaded, total: action.total } };
    case "failure":
      // The first reason is the one to read; later ones follow from it.
      return state.failure ? state : { ...state, failure: { code: action.code, details: action.details } };
    case "manifest": {
      // A new revision keeps what the user switched; layers that are new open as the city says.
      const known = state.manifest ? state.layers : {};
      const base = defaultVisibility(action.manifest.layers);
      const layers = Object.fromEntries(Object.entries(base).map(([id, on]) => [id, known[id] ?? on]));
      return { ...state, manifest: action.manifest, layers };
    }
    case "language":
      return { ...state, language: action.language };
    case "layers":
      return { ...state, layers: action.layers };
    case "selection":
      return { ...state, selection: action.selection };
    case "quality":
      return { ...state, quality: action.quality };
    case "underground":
      return { ...state, underground: action.enabled };
    case "hours":
      return { ...state, hours: action.hours };
    case "unsettled":
      return state.settled ? { ...state, settled: false } : state;
    case "announce":
      return { ...state, announcement: { text: action.text, serial: state.announcement.serial + 1 } };
    case "notice":
      return { ...state, notice: action.text };
    case "planning":
      return { ...state, planning: { ...state.planning, ...action.change } };
  }
}

function reduceEvent(state: ShellState, event: ViewerEvent): ShellState {
  switch (event.type) {
    case "ready":
      return { ...state, phase: "tiles" };
    case "stats": {
      const { type: _, ...stats } = event;
      return { ...state, stats, settled: state.settled && stats.frames <= state.settledFrame };
    }
    case "settled":
      return { ...state, phase: "running", settled: true, settledFrame: event.frame, loading: { ...state.loading, loaded: state.loading.wanted } };
    case "loading": {
      const { wanted, loaded } = event;
      // The start screen goes as soon as the first tiles are there; the city fills in behind the panels.
      const phase = state.phase === "tiles" && loaded > 0 ? "running" : state.phase;
      return { ...state, phase, loading: { wanted, loaded }, settled: state.settled && loaded >= wanted };
    }
    case "camera":
      return { ...state, camera: { view: event.view, eye_enu: event.eye_enu } };
    case "starved":
      return { ...state, starved: event.starved ? { missing_tiles: event.missing_tiles, drawn_error_px: event.drawn_error_px } : null };
    case "device_lost":
      // the engine says so once when the device is gone and again when it draws on
      if (event.recovered) return state.failure?.code === "device_lost" ? { ...state, failure: null } : state;
      return reduce(state, { type: "failure", code: "device_lost", details: "" });
    case "failed":
      return reduce(state, { type: "failure", code: failureCode(event.code), details: `${event.code}: ${event.message}` });
    case "hovered":
      return event.feature_index === state.hovered ? state : { ...state, hovered: event.feature_index };
    case "picked":
    case "clicked":
    case "tool_point":
    case "area_features":
      return state;
  }
}

/** The engine's stable codes as the shell's reasons. */
function failureCode(code: string): FailureCode {
  switch (code) {
    case "no_webgpu":
      return "no_webgpu";
    case "no_adapter":
      return "no_adapter";
    case "device":
      return "device_lost";
    case "tileset":
      return "no_server";
    default:
      return "engine";
  }
}
