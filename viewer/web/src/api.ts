// The server's HTTP interface as the viewer uses it: types on the wire, requests, and the stream of events.
// Scenarios, indicators and projects have files of their own: `planning/api.ts`, `projects/api.ts`.
import { Http, query } from "./http";
import { AnalysisApi, ScenarioApi } from "./planning/api";
import { ProjectApi } from "./projects/api";
import type { FeatureCollection } from "./geojson";

export { ApiError } from "./http";

export interface LocalText { zh: string; en: string }

export interface LayerInfo {
  id: string;
  parent: string | null;
  title: LocalText;
  num_features: number;
  visible: boolean;
  code: number | null;
  color: string | null;
}

export interface ViewInfo {
  id: string;
  title: LocalText;
  target_enu: [number, number, number];
  distance_m: number;
  heading_deg: number;
  pitch_deg: number;
}

export interface ProjectInfo {
  id: string;
  feature_index: number;
  name: string;
  stage: string;
  class: string;
  center_enu: [number, number, number];
  radius_m: number;
}

/** `GET /api/v1/manifest`; documented field by field in city-model's `manifest.rs`. */
export interface SceneManifest {
  title: LocalText;
  is_generated: boolean;
  revision: number;
  crs: string;
  tileset_url: string;
  /** Column-major. */
  ecef_from_enu: number[];
  /** Degrees, degrees, metres. */
  origin_lon_lat_height: [number, number, number];
  bounds_enu: Bounds;
  feature_index_count: number;
  layers: LayerInfo[];
  views: ViewInfo[];
  projects: ProjectInfo[];
  credits: { text: string; licence: string }[];
  vertical_datum: string;
}

/** Least x, y, z, then greatest x, y, z; metres. */
export type Bounds = [number, number, number, number, number, number];

/** Value of an attribute: any JSON. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** `GET /api/v1/features/{id}`. */
export interface FeatureDetail {
  id: string;
  feature_index: number;
  class: string;
  class_zh: string;
  layer: string;
  name: string | null;
  parent: string | null;
  children: string[];
  attributes: Record<string, Json>;
  bounds_enu: Bounds;
  bounds_scene: Bounds;
  lifespan: { from: string | null; to: string | null };
  /** Names of the contents that draw it in full. */
  tiles: string[];
}

/** One answer of `GET /api/v1/search`. */
export interface SearchResult {
  id: string;
  feature_index: number;
  name: string | null;
  class: string;
  class_zh: string;
  layer: string;
  matched: { key: string; value: string };
  bounds_enu: Bounds;
}

export interface SearchAnswer { query: string; total: number; results: SearchResult[] }

/** Data of an `event: revision`. */
export interface RevisionEvent { revision: number; tileset_url: string; changed: string[] }

/** Data of an `event: scenario`. */
export interface ScenarioEvent { id: string; revision: number; author: string; archived: boolean }

/** What the stream of events calls. */
export interface StreamHandlers {
  onRevision(event: RevisionEvent): void;
  onScenario(event: ScenarioEvent): void;
  /** The stream opened, also after it was broken: events may have been missed before. */
  onOpen(): void;
}

/** Requests to one Chengjing server. `base` is its absolute address, ending in `/`. */
export class ServerApi {
  readonly http: Http;
  readonly scenarios: ScenarioApi;
  readonly analysis: AnalysisApi;
  readonly projects: ProjectApi;

  constructor(readonly base: URL) {
    this.http = new Http(base);
    this.scenarios = new ScenarioApi(this.http);
    this.analysis = new AnalysisApi(this.http);
    this.projects = new ProjectApi(this.http);
  }

  /** Absolute address of a path of the server; `/tiles/…` and `tiles/…` mean the same. */
  url(path: string): URL {
    return this.http.url(path);
  }

  manifest(signal?: AbortSignal): Promise<SceneManifest> {
    return this.http.json("api/v1/manifest", { signal });
  }

  feature(id: string, signal?: AbortSignal): Promise<FeatureDetail> {
    return this.http.json(`api/v1/features/${encodeURIComponent(id)}`, { signal });
  }

  featureByIndex(index: number, signal?: AbortSignal): Promise<FeatureDetail> {
    return this.http.json(`api/v1/features/by-index/${index}`, { signal });
  }

  search(text: string, limit: number, signal?: AbortSignal): Promise<SearchAnswer> {
    return this.http.json(`api/v1/search${query({ q: text, limit })}`, { signal });
  }

  /** Features of a layer (`buildings/building`) whose box touches west, south, east, north (degrees). */
  featuresIn(layer: string, bbox: readonly [number, number, number, number] | null, limit: number, signal?: AbortSignal): Promise<FeatureCollection> {
    const collection = encodeURIComponent(layer.replaceAll("/", "-"));
    const area = bbox ? bbox.map((value) => value.toFixed(7)).join(",") : null;
    return this.http.json(`ogc/collections/${collection}/items${query({ bbox: area, limit })}`, { signal, accept: "application/geo+json" });
  }

  /** Listens for published revisions and written scenarios until the returned function is called. */
  listen({ onRevision, onScenario, onOpen }: StreamHandlers): () => void {
    const source = new EventSource(this.url("api/v1/events"));
    const data = <T>(message: Event): T => JSON.parse((message as MessageEvent<string>).data) as T;
    source.addEventListener("open", onOpen);
    source.addEventListener("revision", (message) => onRevision(data<RevisionEvent>(message)));
    source.addEventListener("scenario", (message) => onScenario(data<ScenarioEvent>(message)));
    return () => source.close();
  }
}
