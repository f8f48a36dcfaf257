// The shell's controller: owns the state, talks to server and engine, and offers the panels their intents.
import { ApiError, ServerApi, type Bounds, type FeatureDetail, type RevisionEvent, type SceneManifest } from "./api";
import type { Quality, View, ViewerCommand, ViewerEvent } from "./bridge.gen";
import decodeWorkerUrl from "./decode.worker.ts?worker&url";
import { downloadEngine, engineUrl, memoryBudget, startEngine, startWorkers, workerCount, type Engine } from "./engine";
import { fill, initialLanguage, local, messages, type Language, type Messages } from "./i18n";
import { Planner } from "./planning/planner";
import { recall, remember } from "./preferences";
import { probe, surroundings } from "./probe";
import { defaultVisibility, layerCommands, layerDifference, withLayer } from "./state/layers";
import { DEFAULT_HOURS, initialState, reduce, type Action, type ShellState } from "./state/state";
import { decodeLink, encodeLink, type LinkState } from "./url-state";

/** Answer of a pick. */
export interface Pick { featureIndex: number | null; positionEnu: [number, number, number] | null }

/** A click on the city. */
export type Click = Extract<ViewerEvent, { type: "clicked" }>;

/** Commands that leave the picture as it is: all others ask for a new `settled`. */
const QUIET: ReadonlySet<ViewerCommand["type"]> = new Set(["pick", "set_hover", "set_reduced_motion", "set_budget", "set_tool"]);

/** Parts of a selected feature that are marked along with it; more would only be noise on the wire. */
const MAX_RELATED = 64;

/** Mark that the engine sets when the first tiles are drawn to the end (`viewer/app/src/material/draw.rs`). */
const FIRST_PIXELS = "chengjing:first-pixels";

/** How long a notice stays. */
const NOTICE_MS = 4000;
const HINT_MS = 10_000;

export interface ShellOptions {
  server: URL;
  canvasSelector: string;
  /** Preset asked for by the embedding page; null = the remembered one, else by the machine. */
  quality: Quality | null;
  /** Screen-space error to refine to, device pixels; null = the preset's. */
  errorPx: number | null;
  reducedMotion: MediaQueryList;
  /** True where this shell may keep its state in the page's address. */
  ownsAddress: boolean;
}

/** How long the start took, milliseconds; null = not there yet. */
export interface Timings {
  /** From the request of the engine to its compiled module. */
  download_ms: number | null;
  /** When the engine was started, since the navigation. */
  started_ms: number | null;
  /** When the first tiles were drawn to the end, since the navigation. */
  first_pixels_ms: number | null;
  /** From the engine's start to its first command taken. */
  ready_ms: number | null;
  /** From the engine's start to the first view completely drawn. */
  settled_ms: number | null;
}

export class Shell {
  readonly api: ServerApi;
  readonly planner: Planner;
  state: ShellState;
  #engine: Engine | null = null;
  #listeners = new Set<() => void>();
  #stop = new AbortController();
  #selecting = new AbortController();
  #takers: ((click: Click) => boolean)[] = [];
  #picks = new Map<number, (pick: Pick) => void>();
  #nextPick = 1;
  #settledWaiters: PromiseWithResolvers<void>[] = [];
  #timings: Timings = { download_ms: null, started_ms: null, first_pixels_ms: null, ready_ms: null, settled_ms: null };
  #engineStart = 0;
  #linkTimer: ReturnType<typeof setTimeout> | undefined;
  #noticeTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly options: ShellOptions) {
    this.api = new ServerApi(options.server);
    this.state = initialState(initialLanguage(recall("language"), navigator.languages), recall("author") ?? "");
    this.api.http.language = () => this.state.language;
    this.planner = new Planner(this);
    this.dispatch({ type: "quality", quality: options.quality ?? initialQuality(recall("quality")) });
  }

  get text(): Messages {
    return messages(this.state.language);
  }

  /** Calls back after each change of the state, until the returned function is called. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  dispatch(action: Action): void {
    const next = reduce(this.state, action);
    if (next === this.state) return;
    this.state = next;
    if (next.failure) this.#failWaiters(next.failure.details || next.failure.code);
    for (const listener of this.#listeners) listener();
  }

  /** Brings the city up. Every way to fail ends in a `failure` of the state, never in an exception. */
  async start(): Promise<void> {
    const missing = await probe(surroundings());
    if (missing) return this.dispatch({ type: "failure", ...missing });
    const link = this.options.ownsAddress ? decodeLink(location.hash) : {};
    this.dispatch({ type: "phase", phase: "manifest" });
    const requested = performance.now();
    const download = downloadEngine((loaded, total) => this.dispatch({ type: "download", loaded, total }));
    const workerUrl = new URL(decodeWorkerUrl, document.baseURI).href;
    const workers = startWorkers(workerUrl, workerCount(navigator.hardwareConcurrency));
    // Whether it failed is asked below, after the manifest, which tells more about a server that is down.
    download.catch(() => undefined);
    let manifest: SceneManifest;
    try {
      manifest = await this.api.manifest(this.#stop.signal);
    } catch (error) {
      return this.dispatch({ type: "failure", code: error instanceof ApiError && error.status === 503 ? "no_city" : "no_server", details: reason(error) });
    }
    this.dispatch({ type: "manifest", manifest });
    // What stands in the first frame is the scenario's to say; the table comes while the engine still does.
    const states = this.planner.prepare(link);
    try {
      const module = await download;
      this.#timings.download_ms = performance.now() - requested;
      this.dispatch({ type: "phase", phase: "starting" });
      const { reducedMotion, canvasSelector } = this.options;
      const options = {
        tileset_url: this.api.url(manifest.tileset_url).href,
        manifest,
        worker_url: workerUrl,
        decode_js_url: engineUrl("viewer_decode.js"),
        decode_wasm_url: engineUrl("viewer_decode_bg.wasm"),
        num_workers: workers.length,
        quality: this.state.quality,
        maximum_error_px: this.options.errorPx,
        reduced_motion: reducedMotion.matches,
        ...memoryBudget((navigator as Navigator & { deviceMemory?: number }).deviceMemory),
        initial_view: link.view ?? homeView(manifest),
        device_pixel_ratio: globalThis.devicePixelRatio,
      };
      this.#engineStart = performance.now();
      this.#timings.started_ms = this.#engineStart;
      const ready = Promise.withResolvers<void>();
      this.#engine = await startEngine(module, canvasSelector, options, workers, (event) => {
        if (event.type === "ready") ready.resolve();
        this.#onEvent(event);
      });
      const table = await states;
      if (table) this.#engine.setStates(0, table);
      this.planner.sides.sendCompare();
      await ready.promise;
      this.#timings.ready_ms = performance.now() - this.#engineStart;
    } catch (error) {
      return this.dispatch({ type: "failure", code: "engine", details: reason(error) });
    }
    this.#opened(manifest, link);
    this.options.reducedMotion.addEventListener("change", (event) => this.send({ type: "set_reduced_motion", enabled: event.matches }), {
      signal: this.#stop.signal,
    });
    const unlisten = this.api.listen({
      onRevision: (event) => void this.#onRevision(event),
      onScenario: (event) => this.planner.onScenario(event),
      onOpen: () => {
        void this.#refresh();
        this.planner.onOpen();
      },
    });
    this.#stop.signal.addEventListener("abort", unlisten);
    if (this.options.ownsAddress) {
      globalThis.addEventListener("hashchange", () => {
        const followed = decodeLink(location.hash);
        this.#applyLink(followed);
        void this.planner.follow(followed);
      }, { signal: this.#stop.signal });
    }
  }

  stop(): void {
    this.#stop.abort();
    this.planner.stop();
    clearTimeout(this.#linkTimer);
    clearTimeout(this.#noticeTimer);
  }

  send(command: ViewerCommand): void {
    if (!this.#engine) return;
    if (!QUIET.has(command.type)) this.dispatch({ type: "unsettled" });
    this.#engine.send(command);
  }

  setStates(side: number, bytes: Uint8Array): void {
    if (!this.#engine) return;
    this.dispatch({ type: "unsettled" });
    this.#engine.setStates(side, bytes);
  }

  setTints(words: Uint32Array): void {
    if (!this.#engine) return;
    this.dispatch({ type: "unsettled" });
    this.#engine.setTints(words);
  }

  /** Puts a layer of a simulation on a side; empty bytes take it away. Throws when the engine cannot read it. */
  setOverlay(side: number, bytes: Uint8Array): void {
    if (!this.#engine) return;
    this.dispatch({ type: "unsettled" });
    try {
      this.#engine.setOverlay(side, bytes);
    } catch (error) {
      throw error instanceof Error ? error : new Error(String(error));
    }
  }

  /** Offers clicks on the city to somebody before they select, the last who came first, until the returned function is called; true = taken. */
  takeClicks(taker: (click: Click) => boolean): () => void {
    this.#takers.unshift(taker);
    return () => { this.#takers = this.#takers.filter((other) => other !== taker); };
  }

  /** Makes the evidence pack of the area at work and starts its download. */
  async evidencePack(): Promise<void> {
    const canvas = document.querySelector<HTMLCanvasElement>(this.options.canvasSelector);
    if (!canvas) throw new Error(this.options.canvasSelector);
    const { evidencePack } = await import("./planning/evidence");
    await evidencePack(this, canvas);
  }

  touchLink(): void {
    this.#touchLink();
  }

  // Intents of panels and of the element -----------------------------------------------------------------------------

  flyTo(view: View, durationMs?: number): void {
    this.send({ type: "fly_to", view, ...(durationMs === undefined ? {} : { duration_ms: durationMs }) });
  }

  flyToBounds(bounds: Bounds, name: string): void {
    this.announce(fill(this.text.announce.flying, { name }));
    this.send({ type: "fly_to_bounds", bounds_enu: bounds });
  }

  faceNorth(): void {
    this.send({ type: "reset_north" });
    this.announce(fill(this.text.announce.heading, { deg: 0 }));
  }

  home(): void {
    const { manifest } = this.state;
    if (!manifest) return;
    const view = homeView(manifest);
    if (view) this.flyTo(view);
    else this.send({ type: "fly_to_bounds", bounds_enu: manifest.bounds_enu });
  }

  /** Resolves when everything that the present view wants is drawn; rejects when no city can be shown. */
  settled(): Promise<void> {
    const { settled, failure } = this.state;
    if (failure) return Promise.reject(new Error(failure.details || failure.code));
    if (settled) return Promise.resolve();
    const waiter = Promise.withResolvers<void>();
    this.#settledWaiters.push(waiter);
    return waiter.promise;
  }

  timings(): Timings {
    const [drawn] = performance.getEntriesByName(FIRST_PIXELS, "mark");
    return { ...this.#timings, first_pixels_ms: drawn?.startTime ?? null };
  }

  pick(x: number, y: number): Promise<Pick> {
    if (!this.#engine) return Promise.resolve({ featureIndex: null, positionEnu: null });
    const request_id = this.#nextPick++;
    return new Promise((resolve) => {
      this.#picks.set(request_id, resolve);
      this.send({ type: "pick", request_id, x, y });
    });
  }

  setLayer(id: string, visible: boolean): void {
    const { manifest, layers } = this.state;
    if (!manifest) return;
    const next = withLayer(manifest.layers, layers, id, visible);
    this.#showLayers(manifest, next);
    const title = manifest.layers.find((layer) => layer.id === id)?.title;
    const { layer_on, layer_off } = this.text.announce;
    if (title) this.announce(fill(visible ? layer_on : layer_off, { name: local(title, this.state.language) }));
  }

  /** Selects a feature by id or dense number and reads its attributes; null clears. */
  async select(which: string | number | null): Promise<FeatureDetail | null> {
    this.#selecting.abort();
    this.#selecting = new AbortController();
    const { signal } = this.#selecting;
    if (which === null) {
      if (this.state.selection) this.announce(this.text.announce.cleared);
      this.dispatch({ type: "selection", selection: null });
      this.send({ type: "select", feature_index: null, related: [] });
      this.#touchLink();
      return null;
    }
    const known = typeof which === "number" ? { featureIndex: which, id: null } : { featureIndex: null, id: which };
    // Read again after a publication, what is selected stays where it is: a form that is being filled in must not go.
    const { selection } = this.state;
    if (selection?.detail?.id !== which) this.dispatch({ type: "selection", selection: { ...known, detail: null, error: null } });
    if (typeof which === "number") this.send({ type: "select", feature_index: which, related: [] });
    try {
      const detail = typeof which === "number" ? await this.api.featureByIndex(which, signal) : await this.api.feature(which, signal);
      this.dispatch({ type: "selection", selection: { featureIndex: detail.feature_index, id: detail.id, detail, error: null } });
      this.send({ type: "select", feature_index: detail.feature_index, related: [] });
      // A pipe that was found by search lies under ground that hides it, and is not even loaded while the ground is shut.
      if ((detail.class === "Pipe" || detail.class === "PipeNode") && !this.state.underground) this.setUnderground(true);
      this.announce(fill(this.text.announce.selected, { name: detail.name ?? detail.id }));
      this.#touchLink();
      void this.#markParts(detail, signal);
      return detail;
    } catch (error) {
      if (signal.aborted) return null;
      const text = error instanceof ApiError && error.status === 404 ? this.text.attributes.not_found : reason(error);
      this.dispatch({ type: "selection", selection: { ...known, detail: null, error: text } });
      return null;
    }
  }

  setUnderground(enabled: boolean): void {
    this.dispatch({ type: "underground", enabled });
    this.send({ type: "set_underground", enabled });
    const { manifest, layers } = this.state;
    // Looking below the ground with all pipes hidden would show an empty cellar.
    if (enabled && manifest && !Object.entries(layers).some(([id, on]) => on && id.startsWith("underground"))) {
      this.#showLayers(manifest, withLayer(manifest.layers, layers, "underground", true));
    }
    this.announce(enabled ? this.text.announce.underground_on : this.text.announce.underground_off);
    this.#touchLink();
  }

  setHours(hours: number): void {
    this.dispatch({ type: "hours", hours });
    this.send({ type: "set_time", hours });
    this.#touchLink();
  }

  setQuality(quality: Quality): void {
    remember("quality", quality);
    this.dispatch({ type: "quality", quality });
    this.send({ type: "set_quality", quality });
  }

  setLanguage(language: Language): void {
    remember("language", language);
    this.dispatch({ type: "language", language });
  }

  /** Tells a screen reader. */
  announce(text: string): void {
    this.dispatch({ type: "announce", text });
  }

  /** Tells a screen reader, and the eye for a few seconds. */
  notify(text: string, duration_ms = NOTICE_MS): void {
    this.announce(text);
    this.dispatch({ type: "notice", text });
    clearTimeout(this.#noticeTimer);
    this.#noticeTimer = setTimeout(() => this.dispatch({ type: "notice", text: "" }), duration_ms);
  }

  /** Address that opens what is seen now. */
  link(): string {
    const { camera, manifest, layers, selection, underground, hours } = this.state;
    const state: LinkState = { underground };
    if (camera) state.view = camera.view;
    if (manifest) Object.assign(state, layerDifference(defaultVisibility(manifest.layers), layers));
    if (selection?.id) state.selected = selection.id;
    if (hours !== DEFAULT_HOURS) state.hours = hours;
    Object.assign(state, this.planner.link());
    return new URL(`#${encodeLink(state)}`, location.href).href;
  }

  // What comes in ----------------------------------------------------------------------------------------------------

  #onEvent(event: ViewerEvent): void {
    this.dispatch({ type: "engine", event });
    if (this.planner.onEvent(event)) return;
    switch (event.type) {
      case "settled":
        if (this.#timings.settled_ms === null) this.#firstSettled();
        for (const waiter of this.#settledWaiters.splice(0)) waiter.resolve();
        break;
      case "picked":
        this.#picks.get(event.request_id)?.({ featureIndex: event.feature_index, positionEnu: event.position_enu });
        this.#picks.delete(event.request_id);
        break;
      case "clicked":
        if (!this.#takers.some((taker) => taker(event))) void this.select(event.feature_index);
        break;
      case "camera":
        this.#touchLink();
        break;
      case "device_lost":
        if (event.recovered) this.notify(this.text.status.recovered);
        break;
      default:
        break;
    }
  }

  #firstSettled(): void {
    this.#timings.settled_ms = performance.now() - this.#engineStart;
    if (recall("hint") !== null) return;
    remember("hint", "shown");
    const { hint_mouse, hint_touch } = this.text.help;
    this.notify(globalThis.matchMedia("(pointer: coarse)").matches ? hint_touch : hint_mouse, HINT_MS);
  }

  #failWaiters(why: string): void {
    for (const waiter of this.#settledWaiters.splice(0)) waiter.reject(new Error(why));
  }

  async #onRevision(event: RevisionEvent): Promise<void> {
    this.send({ type: "reload_tileset", url: this.api.url(event.tileset_url).href, changed: event.changed });
    await this.#refresh(event.revision);
  }

  /** Reads the manifest anew; when the stream has (re)opened also takes up a revision that was missed. */
  async #refresh(announced?: number): Promise<void> {
    const before = this.state.manifest?.revision;
    let manifest: SceneManifest;
    try {
      manifest = await this.api.manifest(this.#stop.signal);
    } catch {
      return; // The stream calls again when the server is back.
    }
    if (manifest.revision === before) return;
    this.dispatch({ type: "manifest", manifest });
    if (announced === undefined) this.send({ type: "reload_tileset", url: this.api.url(manifest.tileset_url).href, changed: [] });
    this.planner.onCity();
    // One's own work is no news, and what a colleague did may already be told in better words.
    if (!this.api.http.hasJustWritten && !this.state.notice) this.notify(fill(this.text.status.updated, { n: manifest.revision }));
    const { selection } = this.state;
    if (selection?.id) void this.select(selection.id);
  }

  /** Brings a fresh engine, which shows all layers, to what the city opens with and to the rest of the link. */
  #opened(manifest: SceneManifest, link: LinkState): void {
    this.send({ type: "set_hover", enabled: globalThis.matchMedia("(hover: hover)").matches });
    this.send({ type: "set_time", hours: this.state.hours });
    const { layers } = this.state;
    const all = Object.fromEntries(Object.keys(layers).map((id) => [id, true]));
    for (const command of layerCommands(manifest.layers, all, layers)) this.send(command);
    const { view: _, ...rest } = link;
    this.#applyLink(rest);
    void this.planner.opened();
  }

  #applyLink(link: LinkState): void {
    const { manifest, layers } = this.state;
    if (link.view) this.flyTo(link.view, 0);
    if (manifest && (link.on || link.off)) {
      let next = layers;
      for (const id of link.on ?? []) next = withLayer(manifest.layers, next, id, true);
      for (const id of link.off ?? []) next = withLayer(manifest.layers, next, id, false);
      this.#showLayers(manifest, next);
    }
    if (link.underground) this.setUnderground(true);
    if (link.hours !== undefined) this.setHours(link.hours);
    if (link.selected) void this.select(link.selected);
  }

  #showLayers(manifest: SceneManifest, next: ShellState["layers"]): void {
    const commands = layerCommands(manifest.layers, this.state.layers, next);
    this.dispatch({ type: "layers", layers: next });
    for (const command of commands) this.send(command);
    this.#touchLink();
  }

  /** Marks the parts of a feature: a building often has its walls in its parts only. */
  async #markParts(detail: FeatureDetail, signal: AbortSignal): Promise<void> {
    if (detail.children.length === 0) return;
    const parts = await Promise.allSettled(detail.children.slice(0, MAX_RELATED).map((id) => this.api.feature(id, signal)));
    if (signal.aborted) return;
    const related = parts.flatMap((part) => (part.status === "fulfilled" ? [part.value.feature_index] : []));
    this.send({ type: "select", feature_index: detail.feature_index, related });
  }

  /** Keeps the address true, at most twice a second, without filling the history. */
  #touchLink(): void {
    if (!this.options.ownsAddress || this.#linkTimer !== undefined) return;
    this.#linkTimer = setTimeout(() => {
      this.#linkTimer = undefined;
      history.replaceState(history.state, "", this.link());
    }, 500);
  }
}

/** The view that a city opens with: its `overview`, else its first. */
function homeView(manifest: SceneManifest): View | null {
  const view = manifest.views.find(({ id }) => id === "overview") ?? manifest.views[0];
  if (!view) return null;
  const { target_enu, distance_m, heading_deg, pitch_deg } = view;
  return { target_enu, distance_m, heading_deg, pitch_deg };
}

/** Remembered preset, else low on phones and small machines. */
function initialQuality(stored: string | null): Quality {
  if (stored === "low" || stored === "medium" || stored === "high") return stored;
  const { deviceMemory = 8 } = navigator as Navigator & { deviceMemory?: number };
  return deviceMemory <= 4 || globalThis.matchMedia("(pointer: coarse) and (max-width: 900px)").matches ? "low" : "medium";
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
