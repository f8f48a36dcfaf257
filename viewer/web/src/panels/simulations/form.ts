// Fields of a simulation's question, with units, and everything that has no field as JSON.
import { css, html, nothing, type TemplateResult } from "lit";
import type { Json } from "../../api";
import { fill, local } from "../../i18n";
import { fields, numberField, selectField } from "../../ui/fields";
import { icons } from "../../ui/icons";
import { shared } from "../../ui/styles";
import { BREAK } from "./break";
import { looks } from "./looks";
import { fieldPaths, fieldsOf, variantOf, type Field } from "./parameters";
import { SimulationPart } from "./part";
import { advancedOf, readNumbers, readPlace, valueAt, type AdvancedFault } from "./question";

export class SimulationForm extends SimulationPart {
  static override properties = { ...SimulationPart.properties, badPlace: { state: true }, isAdvanced: { state: true } };
  static override styles = [shared, fields, looks, css`
    :host { display: grid; gap: 8px; }
    .fields { display: grid; grid-template-columns: 1fr 1fr; gap: 8px; align-items: end; }
    .wide { grid-column: 1 / -1; }
    .chips { display: flex; flex-wrap: wrap; gap: 4px; max-height: 96px; }
    .chips button { min-height: 26px; font-size: 12px; background: rgb(255 195 107 / 18%); padding: 0 8px; max-width: 100%; overflow: hidden; text-overflow: ellipsis; }
    textarea { min-height: 120px; font: 12px/1.5 ui-monospace, monospace !important; white-space: pre; }
    .change { display: grid; gap: 4px; padding-top: 6px; border-top: 1px solid var(--cj-line); font-size: 13px; overflow-wrap: anywhere; }
    .typed { display: grid; grid-template-columns: 1fr auto; gap: 8px; align-items: end; }
  `];

  /** What was typed is no place. */
  declare badPlace: boolean;
  /** The JSON is unfolded. */
  declare isAdvanced: boolean;

  constructor() {
    super();
    this.badPlace = false;
    this.isAdvanced = false;
  }

  override render(): TemplateResult {
    const { simulations: text } = this.text;
    const { name } = this.now;
    const list = fieldsOf(name, this.desk.params);
    const rest = advancedOf(this.desk.params, fieldPaths(name));
    const { typed } = this.now;
    return html`<div class="fields">${list.map((field) => this.#field(field))}</div>
      ${Object.keys(rest).length === 0 ? nothing : html`<details ?open=${this.isAdvanced || typed !== null} @toggle=${(event: Event) => { this.isAdvanced = (event.target as HTMLDetailsElement).open; }}><summary>${text.advanced}</summary>
        <label class="field"><span>${text.advanced_hint}</span><textarea name="advanced" spellcheck="false" aria-invalid=${typed !== null} .value=${typed?.text ?? JSON.stringify(rest, null, 2)}
          @change=${(event: Event) => this.desk.setAdvanced((event.target as HTMLTextAreaElement).value)}></textarea></label>
        ${typed ? html`<p class="trouble" role="alert" data-simulation="json-fault">${this.#fault(typed.fault)}</p>` : nothing}</details>`}`;
  }

  #fault(fault: AdvancedFault): string {
    const { simulations: text } = this.text;
    switch (fault.kind) {
      case "syntax":
        return fill(text.json_syntax, { reason: fault.reason });
      case "object":
        return text.json_object;
      case "unknown":
        return fill(text.json_unknown, { names: fault.names.join(", ") });
    }
  }

  #field(field: Field): TemplateResult {
    const { language } = this.state;
    const label = local(field.label, language);
    const name = field.path.join(".");
    const value = valueAt(this.desk.params, field.path) ?? null;
    const set = (next: Json): void => this.desk.setParam(field.path, next);
    switch (field.kind) {
      case "number": {
        const { unit, min, max, step, isOptional } = field;
        const bounds = { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }), ...(step === undefined ? {} : { step }) };
        const onChange = (next: number | null): void => { if (next !== null || isOptional) set(next); else this.requestUpdate(); };
        return numberField({ label: unit ? `${label} (${unit})` : label, name, value: typeof value === "number" ? value : null, ...bounds, placeholder: isOptional ? this.text.simulations.default : "", onChange });
      }
      case "choice":
        return selectField(label, name, typeof value === "string" ? value : "", field.options.map(([key, words]) => [key ?? "", local(words, language)] as const), (key) => set(field.options.some(([one]) => one === null) && key === "" ? null : key));
      case "boolean":
        return html`<label class="check wide"><input type="checkbox" name=${name} .checked=${value === true} @change=${(event: Event) => set((event.target as HTMLInputElement).checked)}>${label}</label>`;
      case "variant": {
        const names = field.options.map((option) => option.name);
        return selectField(label, name, variantOf(value, names), field.options.map((option) => [option.name, local(option.label, language)] as const), (chosen) => set(this.#begin(field, chosen)));
      }
      case "feature":
        return this.#feature(label, name, typeof value === "string" ? value : "", set);
      case "numbers": {
        const list = Array.isArray(value) ? value.join(", ") : "";
        return html`<label class="field wide"><span>${label} (${field.unit})</span><input name=${name} autocomplete="off" .value=${list} @change=${(event: Event) => {
          const input = event.target as HTMLInputElement;
          const read = readNumbers(input.value);
          if (read) set(read);
          else input.value = list;
        }}></label>`;
      }
      case "features":
        return this.#features(label, name, Array.isArray(value) ? value.map(String) : [], set);
      case "changes":
        return this.#changes(field, label, name, Array.isArray(value) ? value.filter(isRow) : [], set);
      case "places":
        return this.#places(field.path, label, Array.isArray(value) ? value : [], set);
    }
  }

  /** What a form of a value begins with; a building that is selected is meant. */
  #begin(field: Extract<Field, { kind: "variant" }>, chosen: string): Json {
    const begin = field.options.find(({ name }) => name === chosen)?.begin ?? null;
    const id = this.state.selection?.detail?.id;
    if (id && typeof begin === "object" && begin !== null && "building" in begin) return { ...begin, building: id };
    return begin;
  }

  #feature(label: string, name: string, value: string, set: (next: Json) => void): TemplateResult {
    const { simulations: text } = this.text;
    const id = this.state.selection?.id;
    return html`<div class="wide typed"><label class="field"><span>${label}</span><input name=${name} autocomplete="off" placeholder=${text.needs_feature} .value=${value} @change=${(event: Event) => { set((event.target as HTMLInputElement).value.trim()); if (this.now.name === BREAK) void this.desk.run(); }}></label>
      <button class="plain" data-simulation="take-selected" ?disabled=${!id || id === value} title=${text.take_selected} aria-label=${text.take_selected} @click=${() => { if (id) set(id); }}>${icons.target}</button></div>`;
  }

  #features(label: string, name: string, ids: string[], set: (next: Json) => void): TemplateResult {
    const { simulations: text } = this.text;
    const id = this.state.selection?.id;
    return html`<div class="wide group" role="group" aria-label=${label}><div class="row"><span class="label" style="flex:1">${label}</span>
      <button class="plain" data-simulation="add-selected" data-name=${name} ?disabled=${!id || ids.includes(id)} @click=${() => { if (id) set([...ids, id]); }}>${icons.plus}${text.add_selected}</button></div>
      ${ids.length === 0 ? nothing : html`<div class="chips scroll">${ids.map((one) => html`<button title=${fill(text.remove, { name: one })} @click=${() => set(ids.filter((other) => other !== one))}>${one} ×</button>`)}</div>`}</div>`;
  }

  #changes(field: Extract<Field, { kind: "changes" }>, label: string, name: string, rows: { [name: string]: Json }[], set: (next: Json) => void): TemplateResult {
    const { simulations: text } = this.text;
    const { language } = this.state;
    const id = this.state.selection?.id;
    const { of, begin, numbers } = field;
    const change = (at: number, key: string, next: number | null, isOptional: boolean): void => {
      if (next === null && !isOptional) return this.requestUpdate();
      set(rows.map((row, other) => (other === at ? { ...row, [key]: next } : row)));
    };
    return html`<div class="wide group" role="group" aria-label=${label}><div class="row"><span class="label" style="flex:1">${label}</span>
      <button class="plain" data-simulation="add-selected" data-name=${name} ?disabled=${!id || rows.some((row) => row[of] === id)} @click=${() => { if (id) set([...rows, { ...begin, [of]: id }]); }}>${icons.plus}${text.add_selected}</button></div>
      ${rows.map((row, at) => html`<div class="change" data-change=${String(row[of])}><div class="row"><b style="flex:1">${String(row[of])}</b><button class="link" title=${fill(text.remove, { name: String(row[of]) })} aria-label=${fill(text.remove, { name: String(row[of]) })} @click=${() => set(rows.filter((_, other) => other !== at))}>×</button></div>
        <div class="fields">${numbers.map(({ name: key, label: words, unit, min, isOptional = false }) => {
          const value = row[key];
          return numberField({ label: unit ? `${local(words, language)} (${unit})` : local(words, language), name: `${name}.${at}.${key}`, value: typeof value === "number" ? value : null, ...(min === undefined ? {} : { min }), placeholder: isOptional ? text.default : "", onChange: (next) => change(at, key, next, isOptional) });
        })}</div></div>`)}</div>`;
  }

  #places(path: readonly string[], label: string, places: Json[], set: (next: Json) => void): TemplateResult {
    const { simulations: text } = this.text;
    const { isPicking } = this.now;
    return html`<div class="wide group" role="group" aria-label=${label}><div class="row"><span class="label" style="flex:1" role="status">${label} · ${fill(text.starts, { n: places.length })}</span>
        ${places.length > 0 ? html`<button class="link" data-simulation="clear-places" @click=${() => set([])}>${text.clear}</button>` : nothing}</div>
      <button class="plain" data-simulation="pick-places" aria-pressed=${isPicking} @click=${() => this.desk.pick(!isPicking)}>${icons.target}${isPicking ? text.picking_starts : text.pick_starts}</button>
      <form class="typed" @submit=${(event: Event) => this.#typed(event, path)}><label class="field"><span>${text.typed_place}</span><input name="place" autocomplete="off" placeholder="120.62, 31.31" aria-invalid=${this.badPlace}></label><button class="plain">${text.add}</button></form>
      ${this.badPlace ? html`<p class="hint" role="alert">${text.bad_place}</p>` : nothing}
      ${places.length === 0 ? nothing : html`<div class="chips scroll number">${places.map((place, index) => {
        const words = Array.isArray(place) ? place.map((part) => Number(part).toFixed(5)).join(", ") : "";
        return html`<button title=${fill(text.remove, { name: words })} @click=${() => set(places.filter((_, other) => other !== index))}>${words} ×</button>`;
      })}</div>`}</div>`;
  }

  #typed(event: Event, path: readonly string[]): void {
    event.preventDefault();
    const input = (event.target as HTMLFormElement).querySelector<HTMLInputElement>('input[name="place"]');
    const place = readPlace(input?.value ?? "");
    this.badPlace = place === null;
    if (!place || !input) return;
    this.desk.addPlace(path, place);
    input.value = "";
  }
}

function isRow(value: Json): value is { [name: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

customElements.define("cj-simulation-form", SimulationForm);
