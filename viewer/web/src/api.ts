// The server's HTTP interface as the viewer uses it: types on the wire, requests, and the stream of revisions.

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

/** A request that the server answered with an error, or did not answer (`status` 0). */
export class ApiError extends Error {
  constructor(readonly status: number, message: string) {
    super(message);
    this.name = "ApiError";
  }
}

/** Requests to one Chengjing server. `base` is its absolute address, ending in `/`. */
export class ServerApi {
  constructor(readonly base: URL) {}

  /** Absolute address of a path of the server; `/tiles/…` and `tiles/…` mean the same. */
  url(path: string): URL {
    return new URL(path.replace(/^\/+/, ""), this.base);
  }

  manifest(signal?: AbortSignal): Promise<SceneManifest> {
    return this.#json("api/v1/manifest", signal);
  }

  feature(id: string, signal?: AbortSignal): Promise<FeatureDetail> {
    return this.#json(`api/v1/features/${encodeURIComponent(id)}`, signal);
  }

  featureByIndex(index: number, signal?: AbortSignal): Promise<FeatureDetail> {
    return this.#json(`api/v1/features/by-index/${index}`, signal);
  }

  search(query: string, limit: number, signal?: AbortSignal): Promise<SearchAnswer> {
    return this.#json(`api/v1/search?q=${encodeURIComponent(query)}&limit=${limit}`, signal);
  }

  /**
   * Listens for published revisions until the returned function is called.
   * `onOpen` is called when the stream opens, also after it was broken: revisions may have been missed before.
   */
  listen(onRevision: (event: RevisionEvent) => void, onOpen: () => void): () => void {
    const source = new EventSource(this.url("api/v1/events"));
    source.addEventListener("open", onOpen);
    source.addEventListener("revision", (message) => {
      onRevision(JSON.parse((message as MessageEvent<string>).data) as RevisionEvent);
    });
    return () => source.close();
  }

  async #json<T>(path: string, signal?: AbortSignal): Promise<T> {
    let response: Response;
    try {
      response = await fetch(this.url(path), { headers: { accept: "application/json" }, signal: signal ?? null });
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new ApiError(0, error instanceof Error ? error.message : String(error));
    }
    if (!response.ok) throw new ApiError(response.status, await problemText(response));
    return (await response.json()) as T;
  }
}

/** Reason in a problem+json answer, else the status line. */
async function problemText(response: Response): Promise<string> {
  const fallback = `${response.status} ${response.statusText}`.trim();
  if (!response.headers.get("content-type")?.includes("json")) return fallback;
  try {
    const problem = (await response.json()) as { title?: string; detail?: string };
    return problem.detail ?? problem.title ?? fallback;
  } catch {
    return fallback;
  }
}
