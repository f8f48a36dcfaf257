// Simulations, jobs and their results on the wire, and the requests for them.
import type { Json, LocalText } from "../../api";
import { query, type Http } from "../../http";
import type { OutsideFile } from "./outside-question";
import type { Area, EditRequest } from "../../planning/api";

export type Params = Record<string, Json>;

/** One of `GET /api/v1/simulations`; `params` are the defaults. */
export interface SimulationEntry { name: string; title: LocalText; version: number; params: Params }

/** Body of `POST /api/v1/simulations/{name}`; parameters left out have their defaults. */
export interface SimulationQuestion {
  scenario: string;
  scenario_revision?: number;
  phase?: string;
  area: Area;
  params: Params;
}

export type JobStateName = "queued" | "running" | "done" | "failed" | "cancelled";

/** `GET /api/v1/jobs/{key}`. */
export interface Job {
  key: string;
  simulation: string;
  state: JobStateName;
  /** Why it failed. */
  error?: LocalText;
  /** Share of the work that is done, 0–1. */
  progress: number;
  scenario: string;
  scenario_revision: number;
  /** The scenario was edited since. */
  is_outdated: boolean;
}

export interface Limit { value: number; source: string; is_verified: boolean }

/** Values from `from` on have this colour. */
export interface LegendClass { from: number; color: string; title?: LocalText | null }

export interface Legend { classes: LegendClass[]; limit?: Limit | null }

export type LayerShape = "grid" | "features" | "patches" | "lines" | "areas";

/** A layer without its bulk. */
export interface SimulationLayer {
  key: string;
  title: LocalText;
  unit: string;
  legend: Legend;
  /** Seconds from the start, ascending; one 0 for a layer without time. */
  times_s: number[];
  shape: LayerShape;
  count: number;
  range: [number, number] | null;
  /** Largest error of the method, in the unit. */
  error: number | null;
  look: "ramp" | "water" | "flow" | "xray";
}

export type Ending = "pass" | "fail" | "within_error" | "not_decidable";

/** A finding on a feature. */
export interface SimulationVerdict {
  feature: string;
  /** Null for what is not in the city yet. */
  index: number | null;
  what: LocalText;
  value: number | null;
  unit: string;
  limit: Limit;
  /** Positive on the good side. */
  margin: number | null;
  verdict: Ending;
  because: LocalText | null;
}

export interface SimulationColumn { key: string; title: LocalText; unit: string }

export interface SimulationTable { key: string; title: LocalText; columns: SimulationColumn[]; rows: Json[][] }

export interface SimulationFigure { key: string; title: LocalText; value: number; unit: string }

export interface SimulationNote { code: string; features: string[]; text: LocalText }

/** `GET /api/v1/jobs/{key}/result`. */
export interface Outcome {
  key: string;
  simulation: string;
  title: LocalText;
  scenario: { id: string; revision: number; phase: string | null };
  area: string;
  city_revision: number;
  params: Params;
  layers: SimulationLayer[];
  verdicts: SimulationVerdict[];
  tables: SimulationTable[];
  figures: SimulationFigure[];
  notes: SimulationNote[];
  method: { title: LocalText; version: number; sources: string[]; validity: LocalText };
}

/** Values of a layer over time at a place or of a feature. */
export interface Probe { times_s: number[]; values: (number | null)[]; unit: string }

/** Where a layer is probed. */
export type ProbePlace = { feature: string } | { lon: number; lat: number; height: number | null };

/** Body of `POST /api/v1/simulations/{name}/live`. */
export interface LiveQuestion {
  question: SimulationQuestion;
  /** Edits that are not saved. */
  edits: readonly EditRequest[];
  layer?: string;
  /** Names the page; of its requests only that with the greatest `turn` counts. */
  client: string;
  turn: number;
  storeys_of?: { building: string; storey_m: number; max_storeys: number };
}

/** A building that loses sun it needs, or may. */
export interface Harm { id: string; hours: number; hours_before: number; limit_h: number }

/**
 * How many storeys a building may have: up to `most_certain` every building surely keeps its sun, above `most` some surely lose it (`harmed`, one storey
 * higher); between the two the error of the method leaves it open (`open`, one storey above the certain number).
 */
export interface StoreysAnswer { building: string; most_certain: number; most: number; storey_m: number; is_bounded: boolean; open: Harm[]; harmed: Harm[] }

/** What a simulation says while one edits: a preview, of which the server keeps nothing. */
export interface LiveAnswer {
  outcome: Outcome;
  /** The scenario has a newer revision than the one that was asked for. */
  is_outdated: boolean;
  num_asked: number;
  num_points: number;
  /** Ids of what the edits build. */
  built: string[];
  storeys: StoreysAnswer | null;
}

export class SimulationApi {
  constructor(private readonly http: Http) {}

  async list(signal?: AbortSignal): Promise<SimulationEntry[]> {
    return (await this.http.json<{ simulations: SimulationEntry[] }>("api/v1/simulations", { signal })).simulations;
  }

  start(name: string, body: SimulationQuestion, signal?: AbortSignal): Promise<Job> {
    return this.http.json(`api/v1/simulations/${encodeURIComponent(name)}`, { method: "POST", body, signal });
  }

  job(key: string, signal?: AbortSignal): Promise<Job> {
    return this.http.json(`api/v1/jobs/${key}`, { signal });
  }

  cancel(key: string): Promise<Job> {
    return this.http.json(`api/v1/jobs/${key}`, { method: "DELETE" });
  }

  result(key: string, signal?: AbortSignal): Promise<Outcome> {
    return this.http.json(`api/v1/jobs/${key}/result`, { signal });
  }

  /** Files of results of other programs. */
  async outside(): Promise<OutsideFile[]> {
    return (await this.http.json<{ files: OutsideFile[] }>("api/v1/outside")).files;
  }

  /** Brings a file into the city; an archive gives several. */
  async addOutside(file: File): Promise<OutsideFile[]> {
    const path = `api/v1/outside${query({ name: file.name })}`;
    return (await this.http.json<{ files: OutsideFile[] }>(path, { method: "POST", body: file })).files;
  }

  async removeOutside(id: string): Promise<void> {
    await this.http.request(`api/v1/outside/${id}`, { method: "DELETE" });
  }

  /** A layer as the engine takes it; `minus` = the key of the result that is subtracted. */
  async overlay(key: string, layer: string, minus: string | null, signal?: AbortSignal): Promise<Uint8Array> {
    const accept = "application/vnd.chengjing.overlay";
    const response = await this.http.request(layerPath(key, layer, { minus }), { accept, signal });
    return new Uint8Array(await response.arrayBuffer());
  }

  /** A preview, and the layer that was asked for as the engine takes it. */
  async live(name: string, body: LiveQuestion, signal?: AbortSignal): Promise<{ answer: LiveAnswer; overlay: Uint8Array }> {
    const accept = "application/vnd.chengjing.live";
    const response = await this.http.request(`api/v1/simulations/${encodeURIComponent(name)}/live`, { method: "POST", body, accept, signal });
    const bytes = await response.arrayBuffer();
    const end = 4 + new DataView(bytes).getUint32(0, true);
    const answer = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 4, end - 4))) as LiveAnswer;
    return { answer, overlay: new Uint8Array(bytes, end) };
  }

  probe(key: string, layer: string, minus: string | null, place: ProbePlace, signal?: AbortSignal): Promise<Probe> {
    return this.http.json(`${layerPath(key, layer, {}, "/probe")}${query({ ...place, minus })}`, { signal });
  }

  /** Address under which a layer is downloaded. */
  download(key: string, layer: string, minus: string | null, format: "tiff" | "csv"): string {
    return this.http.url(layerPath(key, layer, { minus, format })).href;
  }
}

function layerPath(key: string, layer: string, values: Record<string, string | null>, below = ""): string {
  return `api/v1/jobs/${key}/layers/${encodeURIComponent(layer)}${below}${query(values)}`;
}
