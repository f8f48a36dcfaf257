// The simulations panel: which simulation, where and of what, its progress, and the sections of its result.
import { css, html, nothing, type TemplateResult } from "lit";
import { fill, local } from "../../i18n";
import { fields, segments, selectField } from "../../ui/fields";
import { icons } from "../../ui/icons";
import { Panel } from "../../ui/panel";
import type { ShellState } from "../../state/state";
import { shared } from "../../ui/styles";
import type { Job } from "./api";
import { BREAK } from "./break";
import { SimulationDesk } from "./desk";
import { looks } from "./looks";
import { isPreview, shownOutcome, type DeskState, type Run } from "./state";
import "../area";
import "./findings";
import "./form";
import "./isolation";
import "./layers";
import "./outside";
import "./live-card";
import "./signs";

const SECTIONS = ["map", "verdicts", "tables", "method"] as const;
type Section = (typeof SECTIONS)[number];

export class SimulationsPanel extends Panel {
  static override properties = { ...Panel.properties, section: { state: true }, asks: { state: true }, now: { state: true } };
  static override styles = [shared, fields, looks, css`
    :host { display: flex; flex-direction: column; min-height: 0; }
    section { display: flex; flex-direction: column; gap: 8px; padding: 12px 8px 8px; min-height: 0; }
    .all { display: grid; grid-template-columns: minmax(0, 1fr); gap: 12px; min-height: 0; padding: 0 8px 4px; align-content: start; }
    progress { width: 100%; height: 8px; accent-color: var(--cj-accent); }
    .job { display: grid; grid-template-columns: 1fr auto; gap: 4px 8px; align-items: center; }
    .job progress { grid-column: 1 / -1; }
    .warn { color: var(--cj-warn); font-size: 13px; display: flex; gap: 8px; align-items: center; }
    .warn .icon { width: 16px; height: 16px; }
    .shadows { display: flex; gap: 6px; align-items: center; }
    .shadows .icon { width: 16px; height: 16px; }
    .stamp { font-size: 12px; color: var(--cj-muted); overflow-wrap: anywhere; }
    details.ask > div { display: grid; gap: 10px; padding-top: 4px; }
  `];

  declare section: Section;
  /** The question is unfolded. */
  declare asks: boolean;
  /** What the desk holds. A property: an update that the shell asks for at the same time must not swallow it. */
  declare now: DeskState | null;
  #desk: SimulationDesk | null = null;
  #unsubscribe: (() => void) | null = null;

  constructor() {
    super();
    this.section = "map";
    this.asks = true;
    this.now = null;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    // The shell comes right after the element is put in its place.
    queueMicrotask(() => { if (this.isConnected) this.#begin(); });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#unsubscribe?.();
    this.#unsubscribe = null;
    this.#desk?.close();
    this.#desk = null;
  }

  #begin(): void {
    if (this.#desk) return;
    const desk = SimulationDesk.of(this.shell);
    this.#desk = desk;
    let results = desk.state.run?.results;
    this.asks = !results?.length;
    this.#unsubscribe = desk.subscribe(() => {
      // A result that has come is what one wants to see.
      const now = desk.state.run?.results;
      if (now?.length && now !== results) {
        this.asks = false;
        this.section = "map";
      }
      results = now;
      this.now = desk.state;
    });
    desk.open();
    this.now = desk.state;
  }

  protected override drawn(state: ShellState): readonly unknown[] {
    return [state.planning, state.selection, state.language];
  }

  override willUpdate(): void {
    const desk = this.#desk;
    if (desk) queueMicrotask(() => desk.scenarioChanged());
  }

  override render(): TemplateResult {
    const { simulations: text } = this.text;
    const desk = this.#desk;
    if (!desk) return html`<section class="card" aria-label=${text.title}></section>`;
    const { catalogue, run, trouble, failure } = desk.state;
    return html`<section class="card" aria-label=${text.title}><div class="all scroll">
      ${catalogue === null ? (trouble ? nothing : html`<p class="hint" role="status">${text.loading}</p>`) : catalogue.length === 0 ? html`<p class="hint">${text.none}</p>` : this.#ask(desk)}
      ${trouble ? html`<div class="trouble" role="alert">${trouble.text}<ul>${trouble.items.map(({ at, message }) => html`<li>${at ? `${at}: ` : ""}${message}</li>`)}</ul></div>` : nothing}
      ${run ? this.#progress(desk, run) : nothing}
      ${failure ? html`<p class="trouble" role="alert" data-simulation="failed">${fill(text.failed, { reason: local(failure, this.state.language) })}</p>` : nothing}
      ${desk.state.name === BREAK && desk.state.catalogue?.length ? html`<cj-simulation-break .shell=${this.shell} .state=${this.state} .desk=${desk} .now=${desk.state}></cj-simulation-break>` : nothing}
      ${run?.results.length ? this.#result(desk, run) : nothing}</div></section>`;
  }

  // Question ---------------------------------------------------------------------------------------------------------

  #ask(desk: SimulationDesk): TemplateResult {
    const { simulations: text } = this.text;
    const { language } = this.state;
    const { catalogue, name, isCompared, run, isStarting, typed } = desk.state;
    const { sides } = this.shell.planner;
    const hasResult = (run?.results.length ?? 0) > 0;
    return html`${selectField(text.kind, "simulation", name, (catalogue ?? []).map((one) => [one.name, local(one.title, language)] as const), (chosen) => {
        desk.choose(chosen);
        this.asks = true;
      })}
      <details class="ask" ?open=${this.asks} @toggle=${(event: Event) => { this.asks = (event.target as HTMLDetailsElement).open; }}><summary data-simulation="question">${text.question}</summary><div>
        <cj-area .shell=${this.shell} .state=${this.state}></cj-area>
        <p class="hint">${fill(text.scenario, { name: sides.name(0) })}</p>
        ${desk.canCompare ? html`<label class="check"><input type="checkbox" name="compare" .checked=${isCompared} @change=${(event: Event) => desk.setCompared((event.target as HTMLInputElement).checked)}>${fill(text.compare, { name: sides.name(1) })}</label>`
          : desk.comparesUnchanged ? html`<label class="check"><input type="checkbox" name="compare" .checked=${isCompared} @change=${(event: Event) => desk.setCompared((event.target as HTMLInputElement).checked)}>${text.compare_unchanged}</label>`
          : html`<p class="hint">${fill(text.compare_same, { name: sides.name(1) })}</p>`}
        ${name === "outside" ? html`<cj-simulation-outside .shell=${this.shell} .state=${this.state} .desk=${desk} .now=${desk.state}></cj-simulation-outside>`
          : html`<cj-simulation-form .shell=${this.shell} .state=${this.state} .desk=${desk} .now=${desk.state}></cj-simulation-form>`}</div></details>
      <div class="row"><button class="primary" style="flex:1" data-simulation="run" ?disabled=${isStarting || desk.isRunning || typed !== null} @click=${() => this.#run(desk)}>${icons.play}${hasResult ? text.again : text.run}</button>
        ${desk.isRunning ? html`<button class="plain" data-simulation="cancel" @click=${() => void desk.cancel()}>${text.cancel}</button>` : nothing}</div>`;
  }

  /** Folds the question, so that progress, result and refusal are seen. */
  #run(desk: SimulationDesk): void {
    this.asks = false;
    void desk.run();
  }

  // Progress ---------------------------------------------------------------------------------------------------------

  #progress(desk: SimulationDesk, run: Run): TemplateResult | typeof nothing {
    const { simulations: text } = this.text;
    const isOutdated = run.jobs.some(({ is_outdated }) => is_outdated);
    const isOver = !desk.isRunning;
    const state = stateOf(run.jobs);
    const share = run.jobs.reduce((sum, { progress }) => sum + progress, 0) / Math.max(1, run.jobs.length);
    const percent = Math.floor(share * 100);
    // A screen reader hears every tenth, not every half second.
    const heard = isOver ? text.states[state] : fill(text.progress_of, { state: text.states[state], n: Math.floor(percent / 10) * 10 });
    return html`<div class="job" data-simulation="job" data-state=${state}>
        ${isOver && state === "done" ? nothing : html`<span aria-hidden="true">${text.states[state]}</span>`}
        ${isOver ? nothing : html`<b class="number" aria-hidden="true">${percent}%</b><progress max="1" .value=${share} aria-label=${text.progress}></progress>`}
        <span class="sr-only" role="status" aria-live="polite">${heard}</span></div>
      ${isOutdated ? html`<p class="warn" role="status" data-simulation="outdated">${icons.warning}${text.outdated}</p>` : isOver && run.results.length > 0 && desk.isOtherQuestion ? html`<p class="warn" role="status" data-simulation="other">${icons.info}${text.other_question}</p>` : nothing}`;
  }

  // Result -----------------------------------------------------------------------------------------------------------

  #result(desk: SimulationDesk, run: Run): TemplateResult {
    const { simulations: text } = this.text;
    const { shell, state } = this;
    const { language } = state;
    const outcome = shownOutcome(desk.state);
    if (!outcome) return html``;
    const [name = ""] = run.names;
    const who = outcome.scenario.id === "base" ? name : fill(text.revision, { name, n: outcome.scenario.revision });
    return html`<p class="stamp" data-simulation="stamp">${[...(isPreview(desk.state) ? [text.live.badge] : []), local(outcome.simulation === "outside" ? outcome.method.title : outcome.title, language), who, outcome.area].join(" · ")}</p>
      ${outcome.simulation === "sunshine" ? html`<p class="hint shadows" data-simulation="screen-shadows">${icons.info}${text.screen_shadows}</p>
        <cj-live .shell=${shell} .state=${state}></cj-live>` : nothing}
      ${segments(text.title, SECTIONS.map((section) => [section, text.sections[section]] as const), this.section, (section) => { this.section = section; })}
      ${this.section === "map" ? html`<cj-simulation-layers .shell=${shell} .state=${state} .desk=${desk} .now=${desk.state}></cj-simulation-layers>`
        : html`<cj-simulation-findings .shell=${shell} .state=${state} .desk=${desk} .now=${desk.state} .section=${this.section}></cj-simulation-findings>`}`;
  }
}

/** Where several jobs stand together: what went wrong first, then what still goes on. */
function stateOf(jobs: readonly Job[]): Job["state"] {
  const order = ["failed", "cancelled", "running", "queued", "done"] as const;
  return order.find((state) => jobs.some((job) => job.state === state)) ?? "done";
}

customElements.define("cj-simulations", SimulationsPanel);
