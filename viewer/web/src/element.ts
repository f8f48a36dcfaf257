// <chengjing-viewer server="…">: the canvas, the panels around it, and the interface for scripts.
import "@fontsource-variable/noto-sans-sc/index.css";
import { css, html, LitElement, nothing, type TemplateResult } from "lit";
import type { FeatureDetail } from "./api";
import type { Quality, View } from "./bridge.gen";
import { local } from "./i18n";
import { historyAction, keyAction } from "./keyboard";
import type { Dock, DockTab } from "./panels/dock";
import type { HelpSheet } from "./panels/help";
import type { ScenarioBar } from "./panels/scenario-bar";
import type { SearchPanel } from "./panels/search";
import { Shell, type Pick, type Timings } from "./shell";
import { mark } from "./ui/icons";
import { shared, tokens } from "./ui/styles";
import { BASE } from "./planning/api";
import type { CompareMode } from "./planning/compare";
import "./panels/compare";
import "./panels/dock";
import "./panels/help";
import "./panels/navigation";
import "./panels/pins";
import "./panels/scenario-bar";
import "./panels/search";
import "./panels/sidebar";
import "./panels/start-screen";
import "./panels/status";
import "./panels/swipe";
import "./panels/time";
import "./panels/toolbar";
import "./panels/zones";

/** Figures of the last drawn frame, for scripts. */
export interface Stats {
  fps: number;
  frames: number;
  drawCalls: number;
  triangles: number;
  tilesDrawn: number;
  tilesLoading: number;
  featuresDrawn: number;
  cpuBytes: number;
  gpuBytes: number;
  starved: boolean;
}

let canvases = 0;

/** A preset's name, or null. */
function quality(text: string | null): Quality | null {
  return text === "low" || text === "medium" || text === "high" ? text : null;
}

/**
 * The viewer as an element.
 *
 * Attributes: `server` (address of a Chengjing server; the page's own by default), `quality` (`low`, `medium`, `high`),
 * `address` (present = the view is kept in the page's address and read from it; `?quality=` and `?error=`, the screen-space error in pixels, are read too), `bare` (present = no panels but the line with the credits).
 * Give it a size by CSS. Removing it stops its streams and timers; the engine lives until the page goes.
 */
export class ChengjingViewer extends LitElement {
  static override properties = { server: {}, quality: {}, address: { type: Boolean }, bare: { type: Boolean }, timeOpen: { state: true }, libraryOpen: { state: true }, docked: { state: true } };
  static override styles = [tokens, shared, css`
    :host { display: block; position: relative; overflow: hidden; background: #16202a; isolation: isolate; }
    ::slotted(canvas) { position: absolute; inset: 0; width: 100%; height: 100%; display: block; outline: none; touch-action: none; }
    ::slotted(canvas:focus-visible) { outline: 2px solid var(--cj-accent) !important; outline-offset: -2px; }
    .overlay { position: absolute; inset: 0; padding: 16px 16px 8px; display: flex; flex-direction: column; gap: 8px; pointer-events: none; }
    .top { display: flex; align-items: flex-start; gap: 8px 16px; }
    .brand { flex: none; display: flex; align-items: center; gap: 12px; height: 44px; padding: 0 16px 0 8px; font-size: 14px; font-weight: 400; }
    .brand b { font-size: 16px; letter-spacing: .08em; font-weight: 600; white-space: nowrap; }
    .brand span { color: var(--cj-muted); max-width: 240px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
    cj-search { flex: 0 1 480px; min-width: 0; margin: 0 auto; }
    cj-toolbar { flex: none; }
    .middle {
      flex: 1; min-height: 0; display: grid; gap: 8px 16px;
      grid-template-columns: 304px minmax(0, 1fr) auto;
      grid-template-rows: minmax(0, 1fr) auto;
      grid-template-areas: "left . right" "left bottom nav";
    }
    .docked .middle { grid-template-columns: 304px minmax(0, 1fr) auto 368px; grid-template-areas: "left . . right" "left bottom nav right"; }
    .top > *, .middle > *, cj-status, cj-library { pointer-events: auto; min-width: 0; min-height: 0; }
    cj-scenario { flex: none; }
    cj-sidebar { grid-area: left; align-self: start; max-height: 100%; }
    cj-dock { grid-area: right; justify-self: end; align-self: start; max-height: 100%; }
    .docked cj-dock { width: 100%; justify-self: stretch; }
    cj-library { flex: none; height: min(360px, 42vh); }
    cj-navigation { grid-area: nav; justify-self: end; align-self: end; }
    .middle > .bottom { grid-area: bottom; align-self: end; display: grid; gap: 8px; justify-items: center; pointer-events: none; }
    .bottom > * { pointer-events: auto; min-width: 0; }
    cj-time { width: min(100%, 420px); }
    cj-compare { width: min(100%, 720px); }
    .bare .top, .bare .middle { visibility: hidden; }
    .bare .top *, .bare .middle * { pointer-events: none; }
    .notice { position: absolute; left: 50%; top: 76px; transform: translateX(-50%); padding: 8px 16px; pointer-events: none; max-width: calc(100% - 32px); }
    cj-start-screen { position: absolute; inset: 0; background: radial-gradient(120% 90% at 50% 0%, #24414f 0%, #16242e 55%, #0f1820 100%); transition: opacity 400ms, visibility 400ms; }
    cj-start-screen.gone { opacity: 0; visibility: hidden; pointer-events: none; }
    @media (max-width: 1680px) { .brand span { display: none; } .brand { padding-right: 12px; } }
    @media (max-width: 1000px) { .overlay { padding: 8px; } .top, .middle { gap: 8px; } }
    /* On a low or middling screen the dock stands beside the buttons, and the bottom bar has the whole width. */
    @media (max-width: 1180px) and (min-width: 721px) {
      .middle { grid-template-columns: 288px minmax(0, 1fr) auto; grid-template-areas: "left . right" "left . nav" "bottom bottom bottom"; grid-template-rows: minmax(0, 1fr) auto auto; }
      .docked .middle { grid-template-columns: 240px minmax(0, 1fr) auto 344px; grid-template-areas: "left . nav right" "bottom bottom bottom bottom"; grid-template-rows: minmax(0, 1fr) auto; }
    }
    @media (max-width: 720px) {
      .top { flex-wrap: wrap; justify-content: space-between; }
      cj-search { order: 2; flex: 1 1 0; }
      cj-toolbar { order: 3; }
      cj-scenario { order: 0; }
      .brand b { display: none; }
      .brand { padding: 0 8px; }
      .middle, .docked .middle { grid-template-columns: minmax(0, 1fr) auto; grid-template-rows: minmax(0, 1fr) auto auto auto; grid-template-areas: "left left" ". nav" "bottom bottom" "right right"; }
      cj-sidebar { grid-row: 1 / 3; z-index: 1; justify-self: stretch; }
      cj-dock { width: 100%; max-height: 44vh; }
      .docked cj-navigation { display: none; }
      cj-compare { width: 100%; justify-self: stretch; }
    }
  `];

  declare server: string | null;
  declare quality: Quality | null;
  declare address: boolean;
  declare bare: boolean;
  declare timeOpen: boolean;
  declare libraryOpen: boolean;
  /** A tab of the right column is open. */
  declare docked: boolean;

  readonly canvas = document.createElement("canvas");
  #shell: Shell | null = null;
  #unsubscribe: (() => void) | null = null;

  constructor() {
    super();
    this.server = null;
    this.quality = null;
    this.address = false;
    this.bare = false;
    this.timeOpen = false;
    this.libraryOpen = false;
    this.docked = false;
    this.canvas.id = `chengjing-canvas-${++canvases}`;
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute("role", "application");
    this.canvas.addEventListener("keydown", (event) => this.#keys(event));
    this.addEventListener("cj-help", () => this.#panel<HelpSheet>("cj-help")?.show());
    this.addEventListener("cj-time", () => { this.timeOpen = !this.timeOpen; });
    this.addEventListener("cj-library", () => {
      this.libraryOpen = !this.libraryOpen;
      if (this.libraryOpen) void import("./panels/library");
    });
    this.addEventListener("cj-create-scenario", () => this.#panel<ScenarioBar>("cj-scenario")?.create());
    this.addEventListener("cj-dock", (event) => this.#panel<Dock>("cj-dock")?.show((event as CustomEvent<DockTab>).detail));
    this.addEventListener("cj-docked", (event) => { this.docked = (event as CustomEvent<boolean>).detail; });
    this.addEventListener("keydown", (event) => this.#history(event));
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.append(this.canvas);
    if (this.#shell) return;
    const asked = this.address ? new URLSearchParams(location.search) : null;
    const shell = new Shell({
      server: new URL(`${(this.server ?? ".").replace(/\/*$/, "")}/`, document.baseURI),
      canvasSelector: `#${this.canvas.id}`,
      quality: quality(this.quality ?? asked?.get("quality") ?? null),
      errorPx: Number(asked?.get("error")) || null,
      reducedMotion: globalThis.matchMedia("(prefers-reduced-motion: reduce)"),
      ownsAddress: this.address,
    });
    this.#shell = shell;
    this.#unsubscribe = shell.subscribe(() => this.requestUpdate());
    void shell.start();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    // Moving an element in the document disconnects and connects it at once: only a lasting removal stops.
    queueMicrotask(() => {
      if (this.isConnected) return;
      this.#unsubscribe?.();
      this.#shell?.stop();
    });
  }

  // Interface for scripts --------------------------------------------------------------------------------------------

  /** Flies to a view (`duration_ms` 0 jumps); resolves when everything there is drawn. */
  flyTo(view: View, options: { duration_ms?: number } = {}): Promise<void> {
    this.#running.flyTo(view, options.duration_ms);
    return this.settled();
  }

  /** Where the camera is; null before the first frame. */
  get view(): View | null {
    return this.#running.state.camera?.view ?? null;
  }

  /** Resolves when the city stands still and everything that the view wants is drawn; rejects when there is no city. */
  settled(): Promise<void> {
    return this.#running.settled();
  }

  /** What lies at a point, CSS pixels from the canvas' top left corner. */
  pick(x: number, y: number): Promise<Pick> {
    return this.#running.pick(x, y);
  }

  /** Selects a feature by its string id (or dense number) and shows its attributes; null clears. */
  select(id: string | number | null): Promise<FeatureDetail | null> {
    return this.#running.select(id);
  }

  /** Shows or hides a layer group or a layer. */
  setLayer(id: string, visible: boolean): void {
    this.#running.setLayer(id, visible);
  }

  /** Takes up a scenario by its id (`base` = the city as it stands), at its newest or a given revision. */
  async setScenario(id: string, revision: number | null = null): Promise<void> {
    await this.#running.planner.choose(id, revision);
  }

  /** Chooses how to compare, and what the scenario at work is held against (`base` by default); `position` of the swipe line is a share of the width. */
  setCompare(mode: CompareMode, options: { against?: string; phase?: string | null; position?: number } = {}): void {
    const { planner } = this.#running;
    const { against, phase = null, position } = options;
    if (against !== undefined || phase !== null) planner.setOther(1, { scenario: against ?? BASE, revision: null, phase });
    if (position !== undefined) planner.setPosition(position);
    planner.setMode(mode);
  }

  /** Shows the city at a phase, `YYYY-MM-DD`; null = everything done. */
  setPhase(phase: string | null): void {
    this.#running.planner.setPhase(phase);
  }

  /** Figures of the last drawn frame. */
  stats(): Stats {
    const { fps, frames, draw_calls, triangles, tiles_drawn, tiles_loading, features_drawn, cpu_bytes, gpu_bytes, starved } = this.#running.state.stats;
    return {
      fps, frames, drawCalls: draw_calls, triangles, tilesDrawn: tiles_drawn, tilesLoading: tiles_loading,
      featuresDrawn: features_drawn, cpuBytes: cpu_bytes, gpuBytes: gpu_bytes, starved,
    };
  }

  /** How long the start took. */
  timings(): Timings {
    return this.#running.timings();
  }

  get #running(): Shell {
    if (!this.#shell) throw new Error("<chengjing-viewer> is not in a document yet");
    return this.#shell;
  }

  // Drawing ----------------------------------------------------------------------------------------------------------

  override render(): TemplateResult | typeof nothing {
    const shell = this.#shell;
    if (!shell) return nothing;
    const { state, text } = shell;
    const started = state.phase === "running" && !state.failure;
    const { manifest } = state;
    return html`
      <slot></slot>
      ${started ? html`<cj-zones .shell=${shell} .state=${state} lang=${state.language}></cj-zones>` : nothing}
      ${started && !this.bare ? html`<cj-pins .shell=${shell} .state=${state} lang=${state.language}></cj-pins>` : nothing}
      ${started && !this.bare ? html`<cj-simulation-signs .shell=${shell} .state=${state} lang=${state.language}></cj-simulation-signs>` : nothing}
      ${started ? html`<cj-swipe .shell=${shell} .state=${state} lang=${state.language}></cj-swipe>
      <div class="overlay ${this.bare ? "bare" : ""} ${this.docked ? "docked" : ""}" lang=${state.language}>
        <header class="top">
          <h1 class="brand card">${mark}<b>${text.product}</b>${manifest ? html`<span>${local(manifest.title, state.language)}</span>` : nothing}</h1>
          <cj-scenario .shell=${shell} .state=${state}></cj-scenario>
          <cj-search .shell=${shell} .state=${state}></cj-search>
          <cj-toolbar .shell=${shell} .state=${state}></cj-toolbar>
        </header>
        <div class="middle">
          <cj-sidebar .shell=${shell} .state=${state}></cj-sidebar>
          <cj-dock .shell=${shell} .state=${state}></cj-dock>
          <div class="bottom">
            ${this.timeOpen ? html`<cj-time .shell=${shell} .state=${state}></cj-time>` : nothing}
            <cj-compare .shell=${shell} .state=${state} ?hidden=${this.libraryOpen}></cj-compare>
          </div>
          <cj-navigation .shell=${shell} .state=${state} .timeOpen=${this.timeOpen}></cj-navigation>
        </div>
        ${this.libraryOpen ? html`<cj-library .shell=${shell} .state=${state}></cj-library>` : nothing}
        <cj-status .shell=${shell} .state=${state}></cj-status>
        ${state.notice ? html`<div class="notice card" role="status" aria-live="off">${state.notice}</div>` : nothing}
      </div><cj-help .shell=${shell} .state=${state}></cj-help>` : nothing}
      <cj-start-screen class=${started ? "gone" : ""} .shell=${shell} .state=${state} lang=${state.language}></cj-start-screen>
      <div class="sr-only" role="status" aria-live="polite">${state.announcement.text}${state.announcement.serial % 2 ? "\u00a0" : ""}</div>`;
  }

  override updated(): void {
    if (!this.#shell) return;
    const { state, text } = this.#shell;
    this.canvas.setAttribute("aria-label", text.canvas);
    this.dataset["quality"] = state.quality;
    this.canvas.style.cursor = state.hovered === null ? "" : "pointer";
    if (this.address) {
      document.documentElement.lang = state.language;
      const city = state.manifest ? `${local(state.manifest.title, state.language)} · ` : "";
      const title = `${city}${text.product}`;
      if (document.title !== title) document.title = title;
    }
  }

  #panel<T extends Element>(name: string): T | null {
    return this.renderRoot.querySelector<T>(name);
  }

  #keys(event: KeyboardEvent): void {
    const shell = this.#shell;
    const action = keyAction(event);
    if (!shell || !action) return;
    event.preventDefault();
    switch (action) {
      case "north":
        return shell.faceNorth();
      case "home":
        return shell.home();
      case "underground":
        return shell.setUnderground(!shell.state.underground);
      case "search":
        return this.#panel<SearchPanel>("cj-search")?.focus();
      case "help":
        return this.#panel<HelpSheet>("cj-help")?.show();
      case "blink":
        return shell.planner.blinkStep();
      case "ghost":
        return shell.planner.setGhost(!shell.state.planning.compare.ghost);
      case "close_outline":
        return shell.planner.tools.close();
      case "remove_point":
        return shell.planner.tools.removePoint();
      case "clear":
        return shell.state.planning.tool === "none" ? void shell.select(null) : shell.planner.tools.clear();
    }
  }

  /** Ctrl+Z and Ctrl+Y of the scenario, anywhere but in a box where they belong to the text; while drawing they take back a corner. */
  #history(event: KeyboardEvent): void {
    const shell = this.#shell;
    const action = historyAction(event);
    const [target] = event.composedPath();
    if (!shell || !action || (target instanceof HTMLInputElement && target.type !== "range" && target.type !== "checkbox" && target.type !== "radio") || target instanceof HTMLTextAreaElement) return;
    event.preventDefault();
    const { sketch } = shell.state.planning;
    if (action === "undo" && sketch && sketch.points.length > 0) shell.planner.tools.removePoint();
    else void (action === "undo" ? shell.planner.undo() : shell.planner.redo());
  }
}

customElements.define("chengjing-viewer", ChengjingViewer);

declare global {
  interface HTMLElementTagNameMap { "chengjing-viewer": ChengjingViewer }
  interface Window { chengjing: ChengjingViewer }
}
