// Sunshine beside the editing tools: what the edits would mean for each building, and how many storeys one may have.
import { css, html, nothing, type TemplateResult } from "lit";
import { fill, formatNumber, local } from "../../i18n";
import { fields } from "../../ui/fields";
import { icons } from "../../ui/icons";
import { Panel } from "../../ui/panel";
import type { ShellState } from "../../state/state";
import { shared } from "../../ui/styles";
import type { Harm, Outcome, SimulationVerdict, StoreysAnswer } from "./api";
import { SimulationDesk } from "./desk";
import { countEndings, ENDING_SIGN, sortVerdicts, withUnit } from "./legend";
import { looks } from "./looks";
import { isPreview, type DeskState, type LiveState } from "./state";

/** Buildings that are listed. */
const LISTED = 3;

export class LiveCard extends Panel {
  static override properties = { ...Panel.properties, now: { state: true } };
  static override styles = [shared, fields, looks, css`
    :host { display: grid; gap: 8px; }
    .live { display: grid; gap: 8px; padding: 10px 12px; border-radius: 8px; background: rgb(0 0 0 / 25%); border-left: 3px solid var(--cj-line); }
    .live.preview { border-left-color: var(--cj-warn); background: repeating-linear-gradient(-45deg, rgb(255 195 107 / 7%) 0 6px, transparent 6px 12px), rgb(0 0 0 / 25%); }
    header { display: flex; align-items: center; gap: 8px; }
    header b { flex: 1; font-size: 14px; }
    .badge { font-size: 11px; padding: 1px 8px; border-radius: 9px; border: 1px solid var(--cj-warn); color: var(--cj-warn); white-space: nowrap; }
    .counts { display: grid; grid-template-columns: repeat(3, 1fr); gap: 4px; }
    .counts b { display: block; font-size: 20px; line-height: 1.2; }
    .counts span { font-size: 12px; color: var(--cj-muted); }
    .counts .fail b { color: #ff9d8c; }
    li button { display: grid; grid-template-columns: 20px minmax(0, 1fr) auto; gap: 8px; width: 100%; padding: 3px 0; min-height: 26px; text-align: left; align-items: center; font-size: 13px; justify-content: stretch; }
    li button > span:nth-child(2) { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
    .mark { width: 18px; height: 18px; font-size: 11px; }
    .warn { color: var(--cj-warn); font-size: 13px; }
    .answer { font-size: 13px; display: grid; gap: 4px; }
    .answer b.most { font-size: 18px; }
  `];

  declare now: DeskState | null;
  #unsubscribe: (() => void) | null = null;

  constructor() {
    super();
    this.now = null;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    queueMicrotask(() => {
      if (!this.isConnected || this.#unsubscribe) return;
      const desk = SimulationDesk.of(this.shell);
      this.#unsubscribe = desk.subscribe(() => { this.now = desk.state; });
      this.now = desk.state;
    });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#unsubscribe?.();
    this.#unsubscribe = null;
  }

  protected override drawn(state: ShellState): readonly unknown[] {
    return [state.planning, state.selection, state.language];
  }

  override render(): TemplateResult | typeof nothing {
    const { now } = this;
    const desk = SimulationDesk.of(this.shell);
    const { live: text } = this.text.simulations;
    if (!now || !desk.canLive && !now.live) return nothing;
    return html`${now.live ? this.#live(desk, now, now.live) : html`<button class="plain" data-live="start" @click=${() => this.#start(desk)}>${icons.edit}${text.start}</button>`}
      ${this.#storeys(desk, now)}`;
  }

  #start(desk: SimulationDesk): void {
    desk.setLive(true);
    this.dispatchEvent(new CustomEvent("cj-dock", { detail: "edit", bubbles: true, composed: true }));
  }

  // Live -------------------------------------------------------------------------------------------------------------

  #live(desk: SimulationDesk, now: DeskState, live: LiveState): TemplateResult {
    const { live: text } = this.text.simulations;
    const { answer, trouble, tookMs } = live;
    const preview = isPreview(now);
    const outcome = answer?.outcome ?? now.run?.results[0];
    return html`<div class="live ${preview ? "preview" : ""}" data-live="card" data-preview=${preview} data-busy=${live.isBusy} data-ms=${tookMs === null ? nothing : Math.round(tookMs)} role="group" aria-label=${text.title}>
      <header><b>${text.title}</b>${preview ? html`<span class="badge" data-live="badge">${text.badge}</span>` : nothing}<button class="link" data-live="stop" @click=${() => desk.setLive(false)}>${text.stop}</button></header>
      ${!answer && live.isBusy ? html`<p class="hint" role="status">${text.preparing}</p>` : nothing}
      ${outcome && answer ? this.#counts(outcome, now) : nothing}
      ${trouble ? html`<p class="trouble" role="alert">${[trouble.text, ...trouble.items.map(({ message }) => message)].filter((one, at, all) => all.indexOf(one) === at).join(" · ")}</p>` : nothing}
      ${answer?.is_outdated ? html`<p class="warn" role="status" data-live="outdated">${text.outdated}</p>` : nothing}
      ${answer ? this.#standing(desk, now, live) : nothing}</div>`;
  }

  /** Whether this is a draft, saved and not computed, or the result itself. */
  #standing(desk: SimulationDesk, now: DeskState, live: LiveState): TemplateResult {
    const { live: text } = this.text.simulations;
    if (live.hasDraft) return html`<p class="hint" data-live="standing">${text.draft}</p>`;
    if (!isPreview(now)) return html`<p class="hint" data-live="standing">${text.same}</p>`;
    const n = live.answer?.outcome.scenario.revision ?? 0;
    return html`<p class="hint" data-live="standing">${fill(text.saved, { n })}</p><button class="plain" data-live="again" ?disabled=${desk.isRunning || now.isStarting} @click=${() => void desk.again()}>${icons.play}${this.text.simulations.again}</button>`;
  }

  #counts(outcome: Outcome, now: DeskState): TemplateResult {
    const { simulations: { live: text, verdicts } } = this.text;
    const { language } = this.state;
    const counts = countEndings(outcome.verdicts);
    const before = now.run?.results[0]?.verdicts;
    const was = before ? countEndings(before) : null;
    const number = (value: number): string => formatNumber(value, language);
    const one = (ending: "pass" | "fail" | "within_error"): TemplateResult => html`<div class=${ending} data-count=${ending}><span>${verdicts[ending]}</span><b class="number">${number(counts[ending])}</b>${was && was[ending] !== counts[ending] ? html`<span class="number">${fill(text.was, { n: number(was[ending]) })}</span>` : nothing}</div>`;
    const bad = sortVerdicts(outcome.verdicts).filter(({ verdict }) => verdict === "fail" || verdict === "within_error");
    // who fails because of the edits comes first, then who loses most
    const known = new Map(before?.map((one) => [one.feature, one]));
    const loss = ({ feature, value, verdict }: SimulationVerdict): number => {
      const was = known.get(feature);
      return (was && was.verdict !== verdict ? 100 : 0) + Math.abs((was?.value ?? 0) - (value ?? 0));
    };
    const listed = [...bad].sort((a, b) => loss(b) - loss(a)).slice(0, LISTED);
    return html`<div class="counts" role="status" aria-live="polite">${one("fail")}${one("within_error")}${one("pass")}</div>
      ${listed.length === 0 ? nothing : html`<ul>${listed.map((verdict) => this.#verdict(verdict, known.get(verdict.feature)?.value ?? null))}</ul>`}
      ${bad.length > listed.length ? html`<p class="hint">${fill(text.more, { n: number(bad.length - listed.length) })}</p>` : nothing}`;
  }

  #verdict({ feature, value, unit, limit, verdict, because }: SimulationVerdict, before: number | null): TemplateResult {
    const { language } = this.state;
    const { simulations: text } = this.text;
    const name = isDrawn(feature) ? text.live.drawn : feature;
    const change = before !== null && before !== value ? `${withUnit(before, "", language)} → ` : "";
    const title = [isDrawn(feature) ? name : fill(text.fly, { name }), fill(text.live.limit, { value: withUnit(limit.value, unit, language) }), because ? local(because, language) : ""].filter(Boolean).join("\n");
    return html`<li><button data-feature=${feature} data-verdict=${verdict} title=${title} @click=${() => void this.#fly(feature)}><span class="mark ${verdict}" aria-hidden="true">${ENDING_SIGN[verdict]}</span><span>${name}</span><b class="number">${change}${withUnit(value, unit, language)}</b></button></li>`;
  }

  async #fly(id: string): Promise<void> {
    if (isDrawn(id)) return;
    const detail = await this.shell.select(id);
    if (detail) this.shell.flyToBounds(detail.bounds_enu, detail.name ?? id);
  }

  // Storeys ----------------------------------------------------------------------------------------------------------

  /** Asks for the building that is selected, or for the one that is drawn. */
  #storeys(desk: SimulationDesk, now: DeskState): TemplateResult | typeof nothing {
    const { live: text } = this.text.simulations;
    const { selection } = this.state;
    const detail = selection?.detail;
    const drawn = now.live?.hasDraft ? now.live.answer?.built[0] : undefined;
    const own = drawn ? { id: drawn, name: text.drawn, storeyM: 3 } : detail?.class === "Building" ? { id: detail.id, name: detail.name ?? detail.id, storeyM: Number(detail.attributes["floor_height_m"]) || 3 } : null;
    const { storeys } = now;
    if (!own && !storeys) return nothing;
    const answer = storeys?.answer;
    return html`<div class="live" role="group" aria-label=${text.storeys} data-live="storeys">
      ${own ? html`<button class="plain" data-live="ask-storeys" ?disabled=${storeys?.isBusy ?? false} @click=${() => void desk.askStoreys(own.id, own.name, own.storeyM)}>${icons.chart}${fill(text.ask_storeys, { name: own.name })}</button>` : html`<p class="hint">${text.choose_building}</p>`}
      ${storeys?.isBusy ? html`<p class="hint" role="status">${text.trying}</p>` : nothing}
      ${storeys?.trouble ? html`<p class="trouble" role="alert">${[storeys.trouble.text, ...storeys.trouble.items.map(({ message }) => message)].join(" · ")}</p>` : nothing}
      ${answer && storeys ? this.#answer(answer, storeys.name) : nothing}</div>`;
  }

  /** Storeys that are sure, those that nobody can tell of, and who stops them. */
  #answer(answer: StoreysAnswer, name: string): TemplateResult {
    const { live: text } = this.text.simulations;
    const { language } = this.state;
    const { most_certain: certain, most, is_bounded: isBounded } = answer;
    const isSure = certain === most;
    return html`<div class="answer" role="status" data-live="most" data-most=${most} data-certain=${certain}>
      <span>${name}</span><b class="most number">${isSure && isBounded ? fill(text.most_open, { n: certain }) : fill(text.most, { n: certain, m: formatNumber(certain * answer.storey_m, language, 1) })}</b>
      ${isSure ? nothing : html`<span class="warn" data-live="open">${most === certain + 1 ? fill(text.open_one, { n: most }) : fill(text.open_range, { from: certain + 1, to: most })}</span>${this.#harmed(answer.open, "within_error")}`}
      ${answer.harmed.length > 0 ? html`<span class="hint">${fill(text.one_more, { n: most + 1 })}</span>${this.#harmed(answer.harmed, "fail")}
        <span class="hint">${fill(text.needed, { value: withUnit(answer.harmed[0]?.limit_h ?? null, "h", language) })}</span>` : nothing}
      ${certain > 0 && this.state.planning.isLive ? html`<button class="primary" data-live="take-storeys" @click=${() => this.dispatchEvent(new CustomEvent("cj-storeys", { detail: { id: answer.building, storeys: certain }, bubbles: true, composed: true }))}>${fill(text.take, { n: certain })}</button>` : nothing}</div>`;
  }

  #harmed(list: readonly Harm[], ending: "fail" | "within_error"): TemplateResult {
    const { language } = this.state;
    return html`<ul>${list.slice(0, LISTED).map((harm) => html`<li><button data-feature=${harm.id} data-verdict=${ending} @click=${() => void this.#fly(harm.id)}><span class="mark ${ending}" aria-hidden="true">${ENDING_SIGN[ending]}</span><span>${harm.id}</span><b class="number">${withUnit(harm.hours_before, "", language)} → ${withUnit(harm.hours, "h", language)}</b></button></li>`)}</ul>`;
  }
}

/** What is only drawn has an id of its own (`server/app/src/scenarios/draft.rs`) and is nowhere to be selected. */
function isDrawn(id: string): boolean {
  return id.startsWith("p-draft");
}

customElements.define("cj-live", LiveCard);
