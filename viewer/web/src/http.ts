// Requests to the server and its errors: `application/problem+json` as words that a planner can act on.

/** One of several things wrong with a request. */
export interface ProblemItem {
  /** Where in the request: `edits[2].build.footprint`. */
  at?: string;
  /** Feature that it is about. */
  feature?: string | null;
  message: string;
}

/** Body of `application/problem+json`, with the members that single routes add. */
export interface Problem {
  title?: string;
  detail?: string;
  status?: number;
  errors?: ProblemItem[];
  conflicts?: unknown[];
  /** A newer request of the same page came before. */
  overtaken?: boolean;
}

/** A request that the server answered with an error, or did not answer (`status` 0). */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly problem: Problem = {},
    /** ETag that the server has now, where it said so (412). */
    readonly etag: string | null = null,
  ) {
    super(message);
    this.name = "ApiError";
  }

  /** What exactly is wrong, one line each; empty when the message says it all. */
  get items(): readonly ProblemItem[] {
    return Array.isArray(this.problem.errors) ? this.problem.errors : [];
  }
}

/** An answer with the version of what it holds. */
export interface Tagged<T> { data: T; etag: string | null }

export interface RequestOptions {
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Sent as JSON; a Blob is sent as it is. */
  body?: unknown;
  /** Version that the writer has seen. */
  ifMatch?: string;
  accept?: string;
  signal?: AbortSignal | undefined;
}

/** What is asked by POST and changes nothing. */
const QUESTION = /(?:indicators|rules\/check|reports|massing|simulations\/[\w-]+(?:\/live)?|jobs\/[\w-]+)$/;

/** A write is published this long after its answer at the latest, milliseconds: bodies of a scenario follow in the background. */
const PUBLISHED_WITHIN_MS = 10_000;

/** Requests to one server. `base` is its absolute address, ending in `/`. */
export class Http {
  /** Language that the server tells its refusals in. */
  language: () => string = () => "";
  #writing = 0;
  #wroteAt = -Infinity;

  constructor(readonly base: URL) {}

  /** True while what is published may well be this page's own work: then it is no news to whoever sits before it. */
  get hasJustWritten(): boolean {
    return this.#writing > 0 || performance.now() - this.#wroteAt < PUBLISHED_WITHIN_MS;
  }

  /** Absolute address of a path of the server; `/tiles/…` and `tiles/…` mean the same. */
  url(path: string): URL {
    return new URL(path.replace(/^\/+/, ""), this.base);
  }

  /** The answer; throws an `ApiError` for everything that is no success. */
  async request(path: string, options: RequestOptions = {}): Promise<Response> {
    const { method = "GET", body, ifMatch, accept = "application/json", signal } = options;
    const headers: Record<string, string> = { accept };
    const language = this.language();
    if (language) headers["accept-language"] = language;
    if (ifMatch !== undefined) headers["if-match"] = ifMatch;
    const init: RequestInit = { method, headers, signal: signal ?? null };
    if (body instanceof Blob) init.body = body;
    else if (body !== undefined) {
      headers["content-type"] = "application/json";
      init.body = JSON.stringify(body);
    }
    const isWrite = method !== "GET" && !QUESTION.test(path);
    let response: Response;
    if (isWrite) this.#writing++;
    try {
      response = await fetch(this.url(path), init);
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new ApiError(0, error instanceof Error ? error.message : String(error));
    } finally {
      if (isWrite) this.#writing--;
    }
    if (isWrite && response.ok) this.#wroteAt = performance.now();
    if (!response.ok) throw await apiError(response);
    return response;
  }

  async json<T>(path: string, options: RequestOptions = {}): Promise<T> {
    return (await this.tagged<T>(path, options)).data;
  }

  async tagged<T>(path: string, options: RequestOptions = {}): Promise<Tagged<T>> {
    const response = await this.request(path, options);
    const data = response.status === 204 ? (undefined as T) : ((await response.json()) as T);
    return { data, etag: response.headers.get("etag") };
  }
}

/** `?a=1&b=2` of the values that are there; empty when none is. */
export function query(values: Record<string, string | number | null | undefined>): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(values)) {
    if (value !== null && value !== undefined && value !== "") search.set(key, String(value));
  }
  const text = search.toString();
  return text ? `?${text}` : "";
}

async function apiError(response: Response): Promise<ApiError> {
  const fallback = `${response.status} ${response.statusText}`.trim();
  const etag = response.headers.get("etag");
  if (!response.headers.get("content-type")?.includes("json")) return new ApiError(response.status, fallback, {}, etag);
  try {
    const problem = (await response.json()) as Problem;
    return new ApiError(response.status, problem.detail ?? problem.title ?? fallback, problem, etag);
  } catch {
    return new ApiError(response.status, fallback, {}, etag);
  }
}
