// Indicators and rules of an area: before beside after with the difference, verdicts with their clause, charts, evidence pack.
import { css, html, nothing, type TemplateResult } from "lit";
import type { LocalText } from "../api";
import { fill, formatNumber, formatUnit, local } from "../i18n";
import { BASE, type Indicator, type IndicatorAnswer, type RuleResult } from "../planning/api";
import { formatValueOf, partName } from "../planning/parts";
import { troubleOf } from "../planning/trouble";
import { fields, segments } from "../ui/fields";
import { groupBy } from "../ui/group";
import { icons } from "../ui/icons";
import { Panel } from "../ui/panel";
import type { ShellState } from "../state/state";
import { shared } from "../ui/styles";
import { swatch, swatches } from "../ui/swatches";
import "./area";
import "./chart";

const TABS = ["table", "rules", "charts"] as const;
type Tab = (typeof TABS)[number];

const COMPARATORS: Record<string, string> = { "<=": "≤", ">=": "≥", "==": "=", "!=": "≠" };

const VERDICT_MARK = { pass: "✓", fail: "✕", not_decidable: "?" } as const;

export class IndicatorsPanel extends Panel {
  static override properties = { ...Panel.properties, tab: { state: true }, why: { state: true }, packing: { state: true }, problem: { state: true } };
  static override styles = [shared, fields, swatches, css`
    :host { display: flex; flex-direction: column; min-height: 0; }
    section { display: flex; flex-direction: column; gap: 8px; padding: 12px 8px 8px; min-height: 0; }
    .head { display: grid; gap: 8px; padding: 0 8px; }
    .revision { font-size: 12px; color: var(--cj-muted); display: flex; gap: 8px; align-items: center; }
    .dot { width: 8px; height: 8px; border-radius: 50%; background: var(--cj-accent); flex: none; }
    .dot.old { background: var(--cj-warn); }
    .body { min-height: 0; padding: 0 8px; }
    .group { font-size: 12px; font-weight: 600; color: var(--cj-muted); padding: 8px 0 2px; }
    .row-i { display: grid; grid-template-columns: minmax(0, 1fr) 74px 82px 62px; gap: 0 4px; align-items: baseline; width: 100%; padding: 5px 4px; text-align: right; justify-content: stretch; border-radius: 6px; min-height: 28px; font-size: 13px; }
    .row-i > :first-child { text-align: left; }
    .row-i small { color: var(--cj-muted); font-size: 11px; }
    .row-i b { font-weight: 600; }
    .titles { color: var(--cj-muted); font-size: 12px; position: sticky; top: 0; background: var(--cj-card-solid); border-radius: 0; z-index: 1; }
    .up { color: #6fe0c4; } .down { color: #ff9d8c; }
    .lit { box-shadow: inset 3px 0 var(--cj-warn); background: rgb(255 195 107 / 12%); }
    .why { margin: 0 0 8px; padding: 8px 12px; border-radius: 8px; background: rgb(0 0 0 / 25%); font-size: 13px; display: grid; gap: 4px; overflow-wrap: anywhere; }
    .why dl { display: grid; grid-template-columns: auto 1fr; gap: 2px 12px; }
    .why dt { color: var(--cj-muted); }
    .rule { display: grid; grid-template-columns: 24px 1fr auto; gap: 0 8px; width: 100%; padding: 8px 4px; text-align: left; justify-content: stretch; align-items: baseline; border-top: 1px solid var(--cj-line); border-radius: 0; }
    .mark { width: 20px; height: 20px; border-radius: 50%; display: grid; place-content: center; font-size: 12px; font-weight: 700; align-self: center; }
    .pass .mark { background: #1d7a68; } .fail .mark { background: #c4473a; } .not_decidable .mark { background: #5d6873; }
    .fail .verdict { color: #ff9d8c; font-weight: 600; }
    .badge { font-size: 11px; padding: 0 6px; border-radius: 4px; border: 1px solid var(--cj-warn); color: var(--cj-warn); white-space: nowrap; }
    .sub { grid-column: 2 / -1; font-size: 12px; color: var(--cj-muted); display: flex; flex-wrap: wrap; gap: 0 12px; align-items: center; }
    .state { padding: 8px; color: var(--cj-muted); }
    .tint { display: grid; gap: 4px; font-size: 12px; padding-top: 4px; }
    .sw.rest { background: rgb(255 255 255 / 10%); }
  `];

  declare tab: Tab;
  /** Indicator or rule whose "why" is open. */
  declare why: string | null;
  declare packing: boolean;
  /** Why no evidence pack came. */
  declare problem: string | null;

  constructor() {
    super();
    this.tab = "table";
    this.why = null;
    this.packing = false;
    this.problem = null;
  }

  protected override drawn(state: ShellState): readonly unknown[] {
    return [state.planning, state.language, state.manifest];
  }

  override render(): TemplateResult {
    const { indicators: text } = this.text;
    const { analysis } = this.state.planning;
    return html`<section class="card" aria-label=${text.title}>
      <div class="head"><cj-area .shell=${this.shell} .state=${this.state}></cj-area>
        ${segments(text.title, TABS.map((tab) => [tab, text.tabs[tab]] as const), this.tab, (tab) => { this.tab = tab; })}
        ${this.#revision()}</div>
      ${analysis.trouble ? html`<div class="trouble" role="alert" style="margin:0 8px">${analysis.trouble.text}<ul>${analysis.trouble.items.map(({ feature, message }) => html`<li>${feature ? `${feature}: ` : ""}${message}</li>`)}</ul></div>` : nothing}
      <div class="body scroll">${this.tab === "table" ? this.#table() : this.tab === "rules" ? this.#rules() : html`<cj-chart .shell=${this.shell} .state=${this.state}></cj-chart>`}</div>
      <div class="head">${this.problem ? html`<p class="trouble" role="alert">${this.problem}</p>` : nothing}<button class="plain" data-indicators="evidence" title=${text.evidence_hint} ?disabled=${this.packing} @click=${() => void this.#pack()}>${icons.pack}${this.packing ? text.packing : text.evidence}</button></div>
    </section>`;
  }

  #revision(): TemplateResult {
    const { indicators: text } = this.text;
    const { after, busy, outdated } = this.state.planning.analysis;
    const words = busy ? text.busy : outdated && after ? text.outdated : after ? this.#stamp(after) : "";
    return html`<p class="revision" role="status"><span class="dot ${busy || outdated ? "old" : ""}"></span>${words}</p>`;
  }

  #stamp(answer: IndicatorAnswer): string {
    const { indicators: text } = this.text;
    if (answer.scenario.id === BASE) return fill(text.base_revision, { city: answer.city_revision });
    return fill(text.by_revision, { name: this.shell.planner.sides.name(0), revision: answer.scenario.revision, city: answer.city_revision });
  }

  // Table ------------------------------------------------------------------------------------------------------------

  #table(): TemplateResult {
    const { indicators: text } = this.text;
    const { before, after, busy } = this.state.planning.analysis;
    if (!after) return html`<p class="state">${busy ? text.busy : ""}</p>`;
    if (after.indicators.length === 0) return html`<p class="state">${text.empty}</p>`;
    const earlier = new Map(before?.indicators.map((one) => [one.id, one]));
    const groups = groupBy(after.indicators, ({ group }) => group);
    return html`<div class="row-i titles"><span>${text.indicator}</span><span>${text.before}</span><span>${text.after}</span><span>${text.difference}</span></div>
      ${[...groups].map(([group, list]) => html`<h2 class="group">${this.#group(group)}</h2>${list.map((indicator) => this.#row(earlier.get(indicator.id), indicator))}`)}`;
  }

  #row(before: Indicator | undefined, after: Indicator): TemplateResult {
    const { language } = this.state;
    const { lit } = this.state.planning.analysis;
    const change = before?.value !== undefined && before.value !== null && after.value !== null ? after.value - before.value : null;
    const isOpen = this.why === after.id;
    const shown = change === null || Math.abs(change) < 0.5 * 10 ** -after.decimals ? "" : `${change > 0 ? "+" : "−"}${formatValueOf(after, Math.abs(change), language)}`;
    return html`<button class="row-i number ${lit === after.id ? "lit" : ""}" data-indicator=${after.id} aria-expanded=${isOpen} @click=${() => this.#open(after.id)}>
        <span>${local(after.title, language)} <small>${formatUnit(after.unit, language)}</small></span><span>${this.#value(before)}</span><b>${this.#value(after)}</b><span class=${shown ? (change ?? 0) > 0 ? "up" : "down" : ""}>${shown || "·"}</span></button>
      ${isOpen ? html`<div class="why"><dl>
          ${after.value === null ? html`<dt>${this.text.indicators.none}</dt><dd>${after.reason ? local(after.reason, language) : ""}</dd>` : nothing}
          ${after.note ? html`<dt>${this.text.indicators.note}</dt><dd>${local(after.note, language)}</dd>` : nothing}
          <dt>${this.text.indicators.formula}</dt><dd>${local(after.formula, language)}</dd>
          ${after.source ? html`<dt>${this.text.indicators.source}</dt><dd>${after.source} ${after.verified === false ? html`<span class="badge" title=${this.text.indicators.reference_title}>${this.text.indicators.reference}</span>` : nothing}</dd>` : nothing}
          ${after.by && Object.keys(after.by).length > 0 ? html`<dt>${this.text.indicators.by}</dt><dd>${Object.entries(after.by).map(([name, value]) => html`<div>${partName(name, language, this.#names())} ${formatValueOf(after, value, language)}</div>`)}</dd>` : nothing}</dl>
          ${this.#light(after.id, after.num_features, after.features, after.feature_indices)}${before ? this.#tint(before, after) : nothing}</div>` : nothing}`;
  }

  /** The difference as a layer: which features count before and after. */
  #tint(before: Indicator, after: Indicator): TemplateResult | typeof nothing {
    const { indicators: text } = this.text;
    const { language } = this.state;
    const { tint } = this.state.planning.analysis;
    if (before.features.length === 0 && after.features.length === 0) return nothing;
    const isOn = tint?.id === after.id;
    const { sides } = this.shell.planner;
    const n = (value: number, words: string): string => `${words} ${formatNumber(value, language)}`;
    const change = before.value !== null && after.value !== null ? after.value - before.value : null;
    return html`<div class="row"><button class="plain" data-tint=${after.id} aria-pressed=${isOn} @click=${() => this.shell.planner.analysis.tint(after.id)}>${icons.changes}${isOn ? text.tint_off : text.tint}</button></div>
      ${isOn ? html`<div class="tint number" role="group" aria-label=${text.tint}><span>${fill(text.tint_legend, { before: sides.name(1), after: sides.name(0) })}</span>
        ${swatch("added", n(tint.more, text.tint_more))}${swatch("removed", n(tint.less, text.tint_less))}${swatch("changed", n(tint.changed, text.tint_changed))}${swatch("kept", n(tint.same, text.tint_same))}
        <span class="key"><span class="sw rest"></span>${text.tint_rest}</span>
        ${change === null ? nothing : html`<b>${fill(text.tint_total, { value: `${change > 0 ? "+" : change < 0 ? "−" : ""}${formatValueOf(after, Math.abs(change), language)} ${formatUnit(after.unit, language)}` })}</b>`}
        ${tint.isCapped ? html`<span>${fill(text.tint_capped, { n: formatNumber(Math.max(before.features.length, after.features.length), language) })}</span>` : nothing}</div>` : nothing}`;
  }

  /** Names of projects by id: investment is told by project. */
  #names(): Map<string, string> {
    return new Map((this.state.planning.projects ?? this.state.manifest?.projects ?? []).map(({ id, name }) => [id, name]));
  }

  #value(indicator: Indicator | undefined): string {
    if (!indicator || indicator.value === null) return "—";
    return formatValueOf(indicator, indicator.value, this.state.language);
  }

  #light(id: string, count: number, features: readonly string[], indices?: readonly number[]): TemplateResult {
    const { indicators: text } = this.text;
    const isLit = this.state.planning.analysis.lit === id;
    return html`<div class="row"><span class="hint">${fill(text.features, { n: formatNumber(count, this.state.language) })}</span>
      ${features.length > 0 ? html`<button class="plain" data-light=${id} aria-pressed=${isLit} @click=${() => this.shell.planner.analysis.light(id, features, indices)}>${icons.bulb}${isLit ? text.hide : text.show}</button>` : nothing}</div>`;
  }

  #open(id: string): void {
    this.why = this.why === id ? null : id;
  }

  // Rules ------------------------------------------------------------------------------------------------------------

  #rules(): TemplateResult {
    const { indicators: text } = this.text;
    const { rules, busy } = this.state.planning.analysis;
    if (!rules) return html`<p class="state">${busy ? text.busy : ""}</p>`;
    const count = (verdict: string): number => rules.results.filter((one) => one.verdict === verdict).length;
    const rank = { fail: 0, not_decidable: 1, pass: 2 };
    const sorted = [...rules.results].sort((a, b) => rank[a.verdict] - rank[b.verdict]);
    return html`<p class="state" role="status">${fill(text.summary, { pass: count("pass"), fail: count("fail"), open: count("not_decidable") })}</p>
      ${(rules.faults ?? []).map(({ file, pointer, reason }) => html`<p class="trouble" role="alert">${file} ${pointer}: ${reason}</p>`)}
      ${sorted.map((rule) => this.#rule(rule))}`;
  }

  #rule(rule: RuleResult): TemplateResult {
    const { indicators: text } = this.text;
    const { language } = this.state;
    const isOpen = this.why === rule.rule;
    const number = (value: number | null): string => (value === null ? "—" : formatNumber(value, language, 3));
    const words = formatUnit(rule.unit, language);
    const unit = words ? ` ${words}` : "";
    return html`<button class="rule ${rule.verdict}" data-rule=${rule.rule} aria-expanded=${isOpen} @click=${() => this.#open(rule.rule)}>
        <span class="mark" aria-hidden="true">${VERDICT_MARK[rule.verdict]}</span><span>${local(rule.title, language)}</span><span class="verdict">${text.verdicts[rule.verdict]}</span>
        <span class="sub number"><span>${text.value} <b>${number(rule.value)}</b>${unit}</span><span>${text.limit} ${COMPARATORS[rule.comparator] ?? rule.comparator} ${number(rule.limit)}${unit}</span>${rule.margin === null ? nothing : html`<span>${text.margin} ${number(rule.margin)}${unit}</span>`}
          ${rule.verified ? nothing : html`<span class="badge" title=${text.reference_title}>${text.reference}</span>`}</span></button>
      ${isOpen ? html`<div class="why"><dl><dt>${text.why}</dt><dd>${local(rule.reason, language)}</dd><dt>${text.clause}</dt><dd>${rule.clause}</dd><dt>${text.source}</dt><dd>${rule.source}</dd>
          ${rule.note ? html`<dt>${text.note}</dt><dd>${local(rule.note, language)}</dd>` : nothing}
          ${rule.exceptions.length > 0 ? html`<dt>${text.exceptions}</dt><dd>${rule.exceptions.map(({ title, amount }) => html`<div>${local(title, language)} ${number(amount)}</div>`)}</dd>` : nothing}</dl>
          ${this.#light(rule.rule, rule.num_features, rule.features, rule.feature_indices)}</div>` : nothing}`;
  }

  // Pack ----------------------------------------------------------------------------------------------------

  async #pack(): Promise<void> {
    const { indicators: text } = this.text;
    this.packing = true;
    this.problem = null;
    this.shell.announce(text.packing);
    try {
      await this.shell.evidencePack();
      this.shell.notify(text.packed);
    } catch (error) {
      const { text: reason, items } = troubleOf(error, this.text.planning.errors);
      this.problem = [reason, ...items.map(({ message }) => message)].join(" · ");
      this.shell.announce(this.problem);
    }
    this.packing = false;
  }

  /** Groups as the server names them; unknown ones stand as they are. */
  #group(group: string): string {
    const known = GROUPS[group];
    return known ? local(known, this.state.language) : group;
  }
}

const GROUPS: Record<string, LocalText> = {
  site: { zh: "用地", en: "Site" },
  floor_area: { zh: "建筑与强度", en: "Floor area and intensity" },
  people: { zh: "人口与住房", en: "People and homes" },
  renewal: { zh: "拆改留建", en: "Renewal" },
  resettlement: { zh: "安置", en: "Resettlement" },
  green: { zh: "绿地", en: "Green" },
  pipes: { zh: "管线", en: "Pipes" },
  facilities: { zh: "设施", en: "Facilities" },
  investment: { zh: "投资", en: "Investment" },
  height: { zh: "高度", en: "Height" },
};

customElements.define("cj-indicators", IndicatorsPanel);
