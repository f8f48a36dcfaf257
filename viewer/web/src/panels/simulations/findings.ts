// What a simulation found: verdicts on features with their sign, tables, figures, assumptions, and how it was found.
import { css, html, nothing, type TemplateResult } from "lit";
import type { Json } from "../../api";
import { fill, formatNumber, formatUnit, local, type Language } from "../../i18n";
import { fields, segments } from "../../ui/fields";
import { shared } from "../../ui/styles";
import type { Ending, Outcome, SimulationColumn, SimulationTable, SimulationVerdict } from "./api";
import { countEndings, ENDING_SIGN, ENDINGS, formatValue, sortVerdicts, withUnit } from "./legend";
import { looks } from "./looks";
import { SimulationPart } from "./part";
import { shownOutcome } from "./state";

/** Lines shown at once; more come when they are asked for. */
const SHOWN = 60;

export class SimulationFindings extends SimulationPart {
  static override properties = { ...SimulationPart.properties, section: { attribute: false }, ending: { state: true }, shown: { state: true } };
  static override styles = [shared, fields, looks, css`
    :host { display: grid; grid-template-columns: minmax(0, 1fr); gap: 12px; }
    .verdict { display: grid; grid-template-columns: 24px minmax(0, 1fr) auto; gap: 0 8px; width: 100%; padding: 8px 4px; text-align: left; justify-content: stretch; align-items: baseline; border-top: 1px solid var(--cj-line); border-radius: 0; font-size: 13px; }
    .verdict .mark { align-self: center; }
    .fail .words { color: #ff9d8c; font-weight: 600; }
    .sub { grid-column: 2 / -1; font-size: 12px; color: var(--cj-muted); display: flex; flex-wrap: wrap; gap: 0 12px; align-items: center; overflow-wrap: anywhere; }
    .figures { display: grid; grid-template-columns: 1fr 1fr; gap: 8px; padding: 8px 12px; border-radius: 8px; background: rgb(0 0 0 / 25%); }
    .figures dt { font-size: 12px; color: var(--cj-muted); }
    .figures dd { font-size: 16px; font-weight: 600; }
    .table { max-height: 260px; min-width: 0; border: 1px solid var(--cj-line); border-radius: 8px; padding: 0 8px; }
    .notes li { padding: 6px 0; border-top: 1px solid var(--cj-line); font-size: 13px; overflow-wrap: anywhere; }
    .notes button.link { min-height: 22px; font-size: 12px; }
    .method { font-size: 13px; display: grid; gap: 6px; overflow-wrap: anywhere; }
    .method dt { font-size: 12px; color: var(--cj-muted); }
    .method li { padding: 2px 0; }
  `];

  declare section: "verdicts" | "tables" | "method";
  /** Ending that is listed; null = all. */
  declare ending: Ending | null;
  declare shown: number;

  constructor() {
    super();
    this.section = "verdicts";
    this.ending = null;
    this.shown = SHOWN;
  }

  override render(): TemplateResult | typeof nothing {
    const outcome = shownOutcome(this.now);
    if (!outcome) return nothing;
    switch (this.section) {
      case "verdicts":
        return this.#verdicts(outcome.verdicts);
      case "tables":
        return this.#tables(outcome);
      case "method":
        return this.#method(outcome);
    }
  }

  // Verdicts ---------------------------------------------------------------------------------------------------------

  #verdicts(verdicts: readonly SimulationVerdict[]): TemplateResult {
    const { simulations: text } = this.text;
    const { language } = this.state;
    if (verdicts.length === 0) return html`<p class="hint">${text.no_verdicts}</p>`;
    const counts = countEndings(verdicts);
    const number = (value: number): string => formatNumber(value, language);
    const options = [["all", text.all] as const, ...ENDINGS.filter((ending) => counts[ending] > 0).map((ending) => [ending, `${ENDING_SIGN[ending]} ${number(counts[ending])}`] as const)];
    const found = sortVerdicts(verdicts).filter(({ verdict }) => this.ending === null || verdict === this.ending);
    const rest = Math.min(SHOWN, found.length - this.shown);
    return html`<p class="hint" role="status" data-simulation="counts">${fill(text.counts, { pass: number(counts.pass), fail: number(counts.fail), near: number(counts.within_error), open: number(counts.not_decidable) })}</p>
      ${options.length > 2 ? segments<Ending | "all">(text.sections.verdicts, options, this.ending ?? "all", (chosen) => {
        this.ending = chosen === "all" ? null : chosen;
        this.shown = SHOWN;
      }) : nothing}
      <div>${found.slice(0, this.shown).map((one) => this.#verdict(one))}</div>
      ${rest > 0 ? html`<button class="plain" @click=${() => { this.shown += SHOWN; }}>${fill(text.more, { n: number(rest) })}</button>` : nothing}`;
  }

  #verdict({ feature, what, value, unit, limit, margin, verdict, because }: SimulationVerdict): TemplateResult {
    const { simulations: text, indicators } = this.text;
    const { language } = this.state;
    return html`<button class="verdict ${verdict}" data-verdict=${verdict} data-feature=${feature} title=${fill(text.fly, { name: feature })} @click=${() => void this.fly(feature)}>
      <span class="mark ${verdict}" aria-hidden="true">${ENDING_SIGN[verdict]}</span><span>${local(what, language)}</span><span class="words">${text.verdicts[verdict]}</span>
      <span class="sub number"><span>${feature}</span><span>${indicators.value} <b>${withUnit(value, unit, language)}</b></span><span>${indicators.limit} ${withUnit(limit.value, unit, language)}</span>
        ${margin === null ? nothing : html`<span>${indicators.margin} ${withUnit(margin, unit, language)}</span>`}${limit.is_verified ? nothing : html`<span class="reference" title=${indicators.reference_title}>${indicators.reference}</span>`}</span>
      ${because ? html`<span class="sub">${local(because, language)}</span>` : nothing}<span class="sub">${limit.source}</span></button>`;
  }

  // Tables -----------------------------------------------------------------------------------------------------------

  #tables({ figures, tables }: Outcome): TemplateResult {
    const { simulations: text } = this.text;
    const { language } = this.state;
    return html`${figures.length === 0 ? nothing : html`<div class="body"><h3>${text.figures}</h3><dl class="figures number">${figures.map(({ title, value, unit }) => html`<div><dt>${local(title, language)}</dt><dd>${withUnit(value, unit, language)}</dd></div>`)}</dl></div>`}
      ${tables.length === 0 && figures.length === 0 ? html`<p class="hint">${text.no_tables}</p>` : tables.map((table, index) => this.#table(table, index === 0))}`;
  }

  #table({ key, title, columns, rows }: SimulationTable, isOpen: boolean): TemplateResult {
    const { language } = this.state;
    const places = columnsFor(columns, language);
    return html`<details ?open=${isOpen} data-table=${key}><summary>${local(title, language)} <span class="muted number">${formatNumber(rows.length, language)}</span></summary>
      <div class="table scroll" tabindex="0" role="group" aria-label=${local(title, language)}><table><thead><tr>${places.map((at) => this.#heading(columns[at], rows[0]?.[at]))}</tr></thead>
        <tbody>${rows.slice(0, 500).map((row) => html`<tr>${places.map((at) => this.#cell(columns[at], row[at] ?? null))}</tr>`)}</tbody></table></div></details>`;
  }

  #heading(column: SimulationColumn | undefined, sample: Json | undefined): TemplateResult {
    const { language } = this.state;
    const unit = formatUnit(column?.unit ?? "", language);
    return html`<th scope="col" class=${typeof sample === "number" ? "number" : ""}>${column ? local(column.title, language).replace(/ ?[(（](英文|Chinese)[)）]$/, "") : ""}${unit ? ` (${unit})` : ""}</th>`;
  }

  #cell(column: SimulationColumn | undefined, value: Json): TemplateResult {
    const { simulations: text } = this.text;
    const { language } = this.state;
    if ((column?.key === "feature_id" || column?.key === "blocker_id") && typeof value === "string" && value && value !== "terrain") return html`<td><button class="link" data-feature=${value} title=${fill(text.fly, { name: value })} @click=${() => void this.fly(value)}>${value}</button></td>`;
    if (typeof value === "number") return html`<td class="number">${formatValue(value, language)}</td>`;
    if (typeof value === "boolean") return html`<td>${value ? "✓" : "✕"}</td>`;
    if (value === null) return html`<td>—</td>`;
    if (typeof value === "string" && isEnding(value)) return html`<td>${ENDING_SIGN[value]} ${text.verdicts[value]}</td>`;
    const words = typeof value === "string" ? value : JSON.stringify(value);
    return html`<td class=${words.length > 12 ? "long" : "short"}>${words}</td>`;
  }

  // Method -----------------------------------------------------------------------------------------------------------

  #method({ method, notes }: Outcome): TemplateResult {
    const { simulations: text } = this.text;
    const { language } = this.state;
    return html`${notes.length === 0 ? nothing : html`<div><h3>${text.notes}</h3><ul class="notes">${notes.map(({ text: words, features, code }) => html`<li data-note=${code}>${local(words, language)}
        ${features.length === 0 ? nothing : html`<details><summary class="muted">${fill(text.concerned, { n: formatNumber(features.length, language) })}</summary>${features.map((id) => html`<button class="link" data-feature=${id} title=${fill(text.fly, { name: id })} @click=${() => void this.fly(id)}>${id}</button>`)}</details>`}</li>`)}</ul></div>`}
      <dl class="method" data-simulation="method"><div><dt>${text.method}</dt><dd>${local(method.title, language)} · ${text.version} ${method.version}</dd></div>
        <div><dt>${text.validity}</dt><dd>${local(method.validity, language)}</dd></div>
        <div><dt>${text.sources}</dt><dd><ul>${method.sources.map((source) => html`<li>${source}</li>`)}</ul></dd></div></dl>`;
  }
}

/** Places of the columns of a language: a column in one language gives way to its twin `…_en` in the other. */
export function columnsFor(columns: readonly SimulationColumn[], language: Language): number[] {
  const keys = new Set(columns.map(({ key }) => key));
  return columns.flatMap(({ key }, at) => {
    const isTwin = key.endsWith("_en") && keys.has(key.slice(0, -3));
    const hasTwin = keys.has(`${key}_en`);
    return (language === "zh-CN" ? isTwin : hasTwin) ? [] : [at];
  });
}

function isEnding(value: string): value is Ending {
  return value in ENDING_SIGN;
}

customElements.define("cj-simulation-findings", SimulationFindings);
