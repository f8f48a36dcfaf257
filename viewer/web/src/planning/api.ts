// Scenarios, indicators, rules and reports on the wire, and the requests for them.
import type { LocalText } from "../api";
import type { LineString, MultiPolygon, Polygon } from "../geojson";
import { query, type Http, type Tagged } from "../http";

/** Reserved id of the city as it stands. */
export const BASE = "base";

/** `GET /api/v1/scenarios`. */
export interface Scenario {
  id: string;
  name: string;
  note: string | null;
  base_revision: number;
  /** Counts every write from 1. */
  revision: number;
  parent: string | null;
  parent_revision: number | null;
  num_edits: number;
  created_at: string;
  created_by: string;
  updated_at: string;
  is_archived: boolean;
}

export type EditAction = "retain" | "modify" | "demolish" | "build" | "abandon";

export interface Edit {
  uid: string;
  seq: number;
  action: EditAction;
  features: string[];
  feature_indices: number[];
  attributes: Record<string, unknown>;
  project: string | null;
  /** `YYYY-MM-DD`; null = counts at every phase. */
  phase: string | null;
  author: string;
  note: string | null;
  at: string;
  from_revision: number;
  until_revision: number | null;
}

/** One write of a scenario. */
export interface HistoryStep {
  revision: number;
  kind: string;
  /** Edits that came into force, and edits that went. */
  opened: string[];
  closed: string[];
  author: string;
  at: string;
  name: string;
  num_edits: number;
  merged: [string, number] | null;
}

export interface ScenarioDetail extends Scenario { edits: Edit[]; can_undo: boolean; can_redo: boolean }

export interface Massing {
  footprint: Polygon;
  storeys: number;
  floor_height_m: number;
  use: string;
  name?: string;
  base_height_m?: number;
}

export interface PipeReplacement { diameter_mm?: number; material?: string; pipe_class?: string }

export interface PipeChange {
  replace?: PipeReplacement;
  /** All pipes of a class in a street instead of named ones. */
  road?: string;
  pipe_class?: string;
  add?: { line: LineString; pipe_class: string; diameter_mm: number; material: string; depth_m: number };
}

export interface EditRequest {
  action: EditAction;
  features?: string[];
  attributes?: Record<string, unknown>;
  project?: string;
  phase?: string;
  note?: string;
  build?: Massing;
  pipe?: PipeChange;
}

export interface EditAnswer { revision: number; edits: Edit[]; added: { id: string; feature_index: number }[]; city_revision: number }

export interface DiffFeature { id: string; feature_index: number; name: string | null; class: string; center_enu: [number, number, number] }

/** What stands in B and not in A, the other way round, and what stands in both but differs. */
export interface Diff { added: DiffFeature[]; removed: DiffFeature[]; changed: DiffFeature[]; kept: { count: number } }

export interface MergeConflict { feature: string; ours: Edit; theirs: Edit }

export type Resolution = Record<string, "ours" | "theirs">;

export interface MassingRequest {
  site: Polygon;
  kind: "slab" | "tower";
  target_far: number;
  storeys: number;
  floor_height_m: number;
  use: string;
  setback_m: number;
  spacing?: number;
}

export interface MassingPreview { footprints: Massing[]; reached_far: number; is_reached: boolean; note: string }

/** A scenario at a revision (null = its newest) and a phase (null = everything done). */
export interface Standpoint { scenario: string; revision: number | null; phase: string | null }

export class ScenarioApi {
  constructor(private readonly http: Http) {}

  async list(signal?: AbortSignal): Promise<Scenario[]> {
    return (await this.http.json<{ scenarios: Scenario[] }>("api/v1/scenarios", { signal })).scenarios;
  }

  create(body: { name: string; author: string; note?: string }): Promise<Tagged<Scenario>> {
    return this.http.tagged("api/v1/scenarios", { method: "POST", body });
  }

  read(id: string, revision: number | null, signal?: AbortSignal): Promise<Tagged<ScenarioDetail>> {
    return this.http.tagged(`${path(id)}${query({ revision })}`, { signal });
  }

  update(id: string, body: { name?: string; note?: string }, ifMatch: string): Promise<Tagged<Scenario>> {
    return this.http.tagged(path(id), { method: "PATCH", body, ifMatch });
  }

  archive(id: string, ifMatch: string): Promise<unknown> {
    return this.http.request(path(id), { method: "DELETE", ifMatch });
  }

  edit(id: string, body: { author: string; edits: EditRequest[] }, ifMatch: string): Promise<EditAnswer> {
    return this.http.json(`${path(id)}/edits`, { method: "POST", body, ifMatch });
  }

  step(id: string, direction: "undo" | "redo", author: string, ifMatch: string): Promise<{ revision: number; edits_changed: string[] }> {
    return this.http.json(`${path(id)}/${direction}`, { method: "POST", body: { author }, ifMatch });
  }

  async history(id: string, signal?: AbortSignal): Promise<HistoryStep[]> {
    return (await this.http.json<{ steps: HistoryStep[] }>(`${path(id)}/history`, { signal })).steps;
  }

  branch(id: string, body: { name: string; author: string }): Promise<Tagged<Scenario>> {
    return this.http.tagged(`${path(id)}/branch`, { method: "POST", body });
  }

  merge(id: string, body: { from: string; author: string; resolve?: Resolution }, ifMatch: string): Promise<{ revision: number; merged: number }> {
    return this.http.json(`${path(id)}/merge`, { method: "POST", body, ifMatch });
  }

  massing(id: string, body: MassingRequest, signal?: AbortSignal): Promise<MassingPreview> {
    return this.http.json(`${path(id)}/massing`, { method: "POST", body, signal });
  }

  diff(a: Standpoint, b: Standpoint, signal?: AbortSignal): Promise<Diff> {
    const values = { a: a.scenario, b: b.scenario, phase_a: a.phase, phase_b: b.phase, revision_a: a.revision, revision_b: b.revision };
    return this.http.json(`api/v1/scenarios/diff${query(values)}`, { signal });
  }

  /** The table of states as the engine takes it. */
  async states({ scenario, revision, phase }: Standpoint, signal?: AbortSignal): Promise<Uint8Array> {
    const accept = "application/vnd.chengjing.states";
    const response = await this.http.request(`${path(scenario)}/states${query({ phase, revision })}`, { accept, signal });
    return new Uint8Array(await response.arrayBuffer());
  }
}

/** Version of a scenario as the server writes it. */
export function scenarioEtag(id: string, revision: number): string {
  return `"${id}-${revision}"`;
}

const path = (id: string): string => `api/v1/scenarios/${encodeURIComponent(id)}`;

/** What indicators are asked for. */
export type Area = { project: string } | { zone: string } | { polygon: Polygon | MultiPolygon } | { city: true };

export interface AnalysisRequest {
  scenario: string;
  scenario_revision?: number;
  phase?: string;
  area: Area;
  baseline?: { scenario: string; phase?: string };
}

export interface Indicator {
  id: string;
  title: LocalText;
  group: string;
  value: number | null;
  unit: string;
  decimals: number;
  formula: LocalText;
  source: string;
  /** False: 参考值. */
  verified?: boolean;
  /** Why there is no value. */
  reason: LocalText | null;
  /** What to know of the value: records that were missing, assumptions. */
  note?: LocalText | null;
  by?: Record<string, number>;
  num_features: number;
  /** At most 2,000 of those that count. */
  features: string[];
  /** Their dense numbers; older servers do not tell them. */
  feature_indices?: number[];
}

export interface AnalysisAnswer {
  city_revision: number;
  scenario: { id: string; revision: number; phase: string | null };
  area: { name: string; area_m2: number; bounds_enu: [number, number, number, number, number, number] };
}

export interface IndicatorAnswer extends AnalysisAnswer { indicators: Indicator[] }

export type Verdict = "pass" | "fail" | "not_decidable";

export interface RuleResult {
  rule: string;
  title: LocalText;
  clause: string;
  value: number | null;
  limit: number | null;
  comparator: string;
  unit: string;
  margin: number | null;
  verdict: Verdict;
  reason: LocalText;
  exceptions: { id: string; title: LocalText; amount: number; features: string[] }[];
  source: string;
  /** False: 参考值, not checked against the text of the standard. */
  verified: boolean;
  note?: LocalText | null;
  num_features: number;
  features: string[];
  feature_indices?: number[];
  indicators: string[];
}

/** A rule file that cannot be used. */
export interface RuleFault { file: string; pointer: string; reason: string }

export interface RuleAnswer extends AnalysisAnswer { results: RuleResult[]; faults?: RuleFault[] }

export interface ReportRequest {
  scenario: string;
  baseline: string;
  phase?: string;
  area: Area;
  views?: { title: string; png_base64: string }[];
  lang: "zh" | "en";
}

export class AnalysisApi {
  constructor(private readonly http: Http) {}

  indicators(body: AnalysisRequest, signal?: AbortSignal): Promise<IndicatorAnswer> {
    return this.http.json("api/v1/indicators", { method: "POST", body, signal });
  }

  check(body: AnalysisRequest, signal?: AbortSignal): Promise<RuleAnswer> {
    return this.http.json("api/v1/rules/check", { method: "POST", body, signal });
  }

  /** The evidence pack as a zip. */
  async report(body: ReportRequest, signal?: AbortSignal): Promise<Blob> {
    const response = await this.http.request("api/v1/reports", { method: "POST", body, accept: "application/zip", signal });
    return response.blob();
  }
}
