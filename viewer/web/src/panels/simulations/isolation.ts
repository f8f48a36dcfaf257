// A burst at a glance: valves to close with the next ones, who is cut off, hospitals and schools first.
import { css, html, nothing, type TemplateResult } from "lit";
import { fill, formatNumber, local } from "../../i18n";
import { fields } from "../../ui/fields";
import { icons } from "../../ui/icons";
import { shared } from "../../ui/styles";
import { breakOf, type BreakConsumer, type BreakValve } from "./break";
import { withUnit } from "./legend";
import { looks } from "./looks";
import { SimulationPart } from "./part";

/** Figures shown on top, by key. */
const FIGURES = ["valves", "people", "hospitals", "schools", "buildings", "length_shut", "length_cut_off"];

/** Other buildings listed at once. */
const SHOWN = 40;

export class SimulationBreak extends SimulationPart {
  static override styles = [shared, fields, looks, css`
    :host { display: grid; grid-template-columns: minmax(0, 1fr); gap: 12px; }
    .figures { display: grid; grid-template-columns: 1fr 1fr 1fr; gap: 8px 12px; padding: 10px 12px; border-radius: 8px; background: rgb(0 0 0 / 25%); margin: 0; }
    .figures dt { font-size: 12px; color: var(--cj-muted); }
    .figures dd { font-size: 17px; font-weight: 600; margin: 0; }
    .figures small { display: block; font-size: 11px; font-weight: 400; color: var(--cj-muted); }
    ul { list-style: none; margin: 0; padding: 0; display: grid; gap: 0; }
    li { display: grid; grid-template-columns: 22px minmax(0, 1fr) auto; gap: 0 8px; align-items: center; padding: 6px 0; border-top: 1px solid var(--cj-line); font-size: 13px; }
    li .link { text-align: left; justify-content: flex-start; min-height: 24px; font-size: 13px; overflow-wrap: anywhere; }
    li .sub { grid-column: 2 / -1; font-size: 12px; color: var(--cj-muted); overflow-wrap: anywhere; }
    .sign { width: 18px; height: 18px; border-radius: 50%; display: grid; place-content: center; font-size: 11px; font-weight: 700; color: #fff; background: #0072b2; }
    .sign.closed { background: #56b4e9; color: #0b1a24; }
    .sign.stuck { background: #5d6873; }
    .sign.hospital { background: #c4473a; border-radius: 4px; }
    .sign.school { background: #1d7a68; border-radius: 4px; }
    .toggle { min-height: 26px; padding: 0 10px; font-size: 12px; border: 1px solid var(--cj-line); border-radius: 8px; }
    .important { border: 1px solid rgb(255 122 102 / 45%); }
  `];

  override render(): TemplateResult | typeof nothing {
    const { simulations: text } = this.text;
    const { run } = this.now;
    const [outcome, before] = run?.results ?? [];
    if (!run || !outcome) return html`<p class="hint" data-simulation="break-hint">${icons.target}${text.break_hint}</p>`;
    const { valves, stuck, consumers } = breakOf(outcome);
    const important = consumers.filter(({ kind }) => kind === "hospital" || kind === "school");
    const others = consumers.filter(({ kind }) => kind === "building");
    const { language } = this.state;
    const figure = (key: string): TemplateResult | typeof nothing => {
      const found = outcome.figures.find((one) => one.key === key);
      const other = before?.figures.find((one) => one.key === key);
      if (!found || (key === "length_cut_off" && found.value === 0 && !other?.value)) return nothing;
      const count = (value: number, unit: string): string => (unit === "1" ? formatNumber(value, language, 0) : withUnit(value, unit, language));
      return html`<div><dt>${local(found.title, language)}</dt><dd class="number" data-figure=${key}>${count(found.value, found.unit)}${other ? html`<small>${`${run.names[1] ?? ""} ${count(other.value, other.unit)}`}</small>` : nothing}</dd></div>`;
    };
    return html`<dl class="figures">${FIGURES.map(figure)}</dl>
      <div class="group" role="group" aria-label=${text.break_valves} data-break="valves"><h3>${text.break_valves} · ${formatNumber(valves.length, language)}</h3>
        ${valves.length === 0 ? html`<p class="hint">${text.break_none}</p>` : html`<ul>${valves.map((valve) => this.#valve(valve))}</ul>`}
        ${stuck.length === 0 ? nothing : html`<h3>${text.break_stuck_list}</h3><ul>${stuck.map((id) => html`<li data-stuck=${id}><span class="sign stuck" aria-hidden="true">✕</span>${this.#link(id, id)}
          <button class="toggle" aria-pressed="true" title=${fill(text.break_works, { name: id })} @click=${() => this.#toggle(id)}>${text.break_stuck}</button></li>`)}</ul>`}</div>
      <div class="group ${important.length > 0 ? "important" : ""}" role="group" aria-label=${text.break_important} data-break="important"><h3>${text.break_important} · ${formatNumber(important.length, language)}</h3>
        ${important.length === 0 ? html`<p class="hint">${text.break_no_important}</p>` : html`<ul>${important.map((one) => this.#consumer(one))}</ul>`}</div>
      ${others.length === 0 ? nothing : html`<details class="group" data-break="others"><summary>${text.break_others} · <span class="number">${formatNumber(others.length, language)}</span></summary>
        <ul>${others.slice(0, SHOWN).map((one) => this.#consumer(one))}</ul>${others.length > SHOWN ? html`<p class="hint">… ${formatNumber(others.length - SHOWN, language)}</p>` : nothing}</details>`}`;
  }

  #valve({ id, isOpen, next, morePeople, moreLengthM }: BreakValve): TemplateResult {
    const { simulations: text } = this.text;
    const { language } = this.state;
    const names = next.join(language === "zh-CN" ? "、" : ", ");
    const costs = morePeople > 0 || moreLengthM > 0.5;
    const words = { names, people: formatNumber(morePeople, language, 0), length: withUnit(Math.round(moreLengthM), "m", language) };
    return html`<li data-valve=${id}><span class="sign ${isOpen ? "" : "closed"}" aria-hidden="true">${isOpen ? text.break_letters.valve : "✓"}</span>${this.#link(id, id)}
      ${isOpen ? html`<button class="toggle" aria-pressed="false" title=${fill(text.break_stuck_of, { name: id })} aria-label=${fill(text.break_stuck_of, { name: id })} @click=${() => this.#toggle(id)}>${text.break_stuck}</button>` : nothing}
      <span class="sub">${!isOpen ? text.break_closed : next.length === 0 ? text.break_next_none : fill(costs ? text.break_next_more : text.break_next, words)}</span></li>`;
  }

  #consumer({ id, name, kind, people, why }: BreakConsumer): TemplateResult {
    const { simulations: text } = this.text;
    const { language } = this.state;
    const sign = { hospital: "✚", school: text.break_letters.school, building: "", hydrant: "" }[kind];
    return html`<li data-consumer=${id} data-kind=${kind}>${sign ? html`<span class="sign ${kind}" aria-hidden="true">${sign}</span>` : html`<span></span>`}${this.#link(id, name)}
      <span class="hint number">${people > 0 ? fill(text.break_people, { n: formatNumber(people, language, 0) }) : ""}</span>${sign ? html`<span class="sub">${local(why, language)}</span>` : nothing}</li>`;
  }

  #link(id: string, name: string): TemplateResult {
    return html`<button class="link" data-feature=${id} title=${fill(this.text.simulations.fly, { name })} @click=${() => void this.fly(id)}>${name}</button>`;
  }

  #toggle(id: string): void {
    void this.desk.guard(() => this.desk.breaks.toggleStuck(id));
  }
}

customElements.define("cj-simulation-break", SimulationBreak);
