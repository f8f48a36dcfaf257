// Results of other programs: which files, held against which others, and what they are.
import { css, html, nothing, type TemplateResult } from "lit";
import type { Json } from "../../api";
import { fill, formatNumber, local } from "../../i18n";
import { troubleOf } from "../../planning/trouble";
import type { Trouble } from "../../planning/state";
import { fields, numberField, selectField, textField } from "../../ui/fields";
import { icons } from "../../ui/icons";
import { shared } from "../../ui/styles";
import { formatValue } from "./legend";
import { looks } from "./looks";
import { chosenFiles, FORMATS, isRaster, KINDS, rangeOf, styleAt, toggled, UNITS, withFiles, withStyle, type OutsideColumn, type OutsideFile, type OutsideKind } from "./outside-question";
import { SimulationPart } from "./part";
import { valueAt } from "./question";

export class SimulationOutside extends SimulationPart {
  static override properties = { ...SimulationPart.properties, coming: { state: true }, trouble: { state: true }, isOver: { state: true } };
  static override styles = [shared, fields, looks, css`
    :host { display: grid; grid-template-columns: minmax(0, 1fr); gap: 10px; }
    .fields { display: grid; grid-template-columns: 1fr 1fr; gap: 8px; align-items: start; }
    .field > b { line-height: 32px; }
    details .fields { padding-top: 6px; }
    .wide { grid-column: 1 / -1; }
    label.drop { display: grid; justify-items: center; gap: 4px; padding: 14px 12px; border: 1.5px dashed var(--cj-line); border-radius: 10px; cursor: pointer; text-align: center; font-size: 13px; }
    label.drop:hover, label.drop[data-over] { background: var(--cj-hover); border-color: var(--cj-accent); }
    label.drop:focus-within { outline: 2px solid var(--cj-accent); outline-offset: 2px; }
    label.drop input { position: absolute; width: 1px; height: 1px; opacity: 0; }
    label.drop .icon { width: 20px; height: 20px; color: var(--cj-accent); }
    .files { display: grid; gap: 2px; max-height: 216px; }
    .files li { display: grid; grid-template-columns: minmax(0, 1fr) auto auto auto; gap: 2px 10px; align-items: center; padding: 4px 8px; border-radius: 8px; }
    .files li[data-used] { background: rgb(255 255 255 / 8%); }
    .files .name { grid-area: 1 / 1; font-size: 13px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
    .files .about { grid-area: 2 / 1; font-size: 12px; color: var(--cj-muted); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
    .files .tick { grid-area: 1 / 2 / span 2; }
    .files .tick + .tick { grid-column: 3; }
    .files button { grid-area: 1 / 4 / span 2; }
    .tick { display: grid; justify-items: center; font-size: 11px; color: var(--cj-muted); cursor: pointer; }
    .tick input { accent-color: var(--cj-accent); width: 16px; height: 16px; margin: 2px 0; }
    .files button { min-width: 28px; min-height: 28px; padding: 0; }
    h3 { padding-top: 4px; }
  `];

  /** Name of the file that is being sent. */
  declare coming: string | null;
  /** Why a file was not taken. */
  declare trouble: Trouble | null;
  /** Files are held over the panel. */
  declare isOver: boolean;

  constructor() {
    super();
    this.coming = null;
    this.trouble = null;
    this.isOver = false;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    queueMicrotask(() => { if (this.isConnected && this.now.outside.files === null) void this.#guard(() => this.desk.readOutside()); });
  }

  override render(): TemplateResult {
    const { outside: text } = this.text;
    const files = this.now.outside.files ?? [];
    const { params } = this.desk;
    const chosen = chosenFiles(params);
    const first = files.find(({ id }) => id === chosen[0]);
    return html`<label class="drop" ?data-over=${this.isOver} @dragover=${(event: DragEvent) => this.#over(event, true)} @dragleave=${(event: DragEvent) => this.#over(event, false)} @drop=${(event: DragEvent) => this.#dropped(event)}>
        ${icons.up}<b>${this.coming === null ? text.choose : fill(text.coming, { name: this.coming })}</b><span class="hint">${text.formats}</span>
        <input type="file" name="outside-files" multiple accept=".tif,.tiff,.asc,.grd,.csv,.tsv,.txt,.out,.zip" ?disabled=${this.coming !== null} @change=${(event: Event) => this.#picked(event)}></label>
      ${this.trouble ? html`<div class="trouble" role="alert" data-simulation="outside-trouble">${this.trouble.text}</div>` : nothing}
      ${files.length === 0 ? nothing : this.#files(files, chosen)}
      ${first ? this.#about(first, files, chosen) : nothing}`;
  }

  // Files ------------------------------------------------------------------------------------------------------------

  #files(files: readonly OutsideFile[], chosen: readonly string[]): TemplateResult {
    const { outside: text } = this.text;
    const { before } = this.now.outside;
    return html`<ul class="files scroll" aria-label=${text.files}>${files.map((file) => {
      const isChosen = chosen.includes(file.id);
      const isBefore = before.includes(file.id);
      return html`<li ?data-used=${isChosen || isBefore} data-file=${file.name}><span class="name" title=${file.name}>${file.name}</span><span class="about">${this.#summary(file)}</span>
        <label class="tick"><input type="checkbox" name="outside-show" .checked=${isChosen} @change=${(event: Event) => this.#choose(file, (event.target as HTMLInputElement).checked)}>${text.show}</label>
        <label class="tick" title=${text.before_title}><input type="checkbox" name="outside-before" .checked=${isBefore} @change=${(event: Event) => this.desk.setBefore(toggled(before, file, (event.target as HTMLInputElement).checked, files))}>${text.before}</label>
        <button title=${fill(text.remove, { name: file.name })} aria-label=${fill(text.remove, { name: file.name })} @click=${() => void this.#remove(file)}>${icons.close}</button></li>`;
    })}</ul>`;
  }

  #summary(file: OutsideFile): string {
    const { outside: text } = this.text;
    const { language } = this.state;
    const { cells, steps, ids, columns, crs } = file.found;
    const [range] = columns.map((column) => column.range);
    return [
      FORMATS[file.format],
      ...(cells ? [`${formatNumber(cells[0], language)} × ${formatNumber(cells[1], language)}`] : []),
      ...(ids > 0 ? [fill(text.ids, { n: formatNumber(ids, language) })] : []),
      ...(steps > 1 ? [fill(text.steps, { n: formatNumber(steps, language) })] : []),
      ...(range && columns.length === 1 ? [`${formatValue(range[0], language)} – ${formatValue(range[1], language)}`] : []),
      ...(crs ? [crs] : []),
    ].join(" · ");
  }

  #choose(file: OutsideFile, isIn: boolean): void {
    const files = this.now.outside.files ?? [];
    const { params } = this.desk;
    this.desk.setParams(withFiles(params, toggled(chosenFiles(params), file, isIn, files), files));
  }

  async #remove(file: OutsideFile): Promise<void> {
    const { params } = this.desk;
    const files = this.now.outside.files ?? [];
    if (chosenFiles(params).includes(file.id)) this.#choose(file, false);
    if (this.now.outside.before.includes(file.id)) this.desk.setBefore(toggled(this.now.outside.before, file, false, files));
    await this.#guard(async () => {
      await this.desk.api.removeOutside(file.id);
      await this.desk.readOutside();
    });
  }

  #over(event: DragEvent, isOver: boolean): void {
    event.preventDefault();
    this.isOver = isOver;
  }

  #dropped(event: DragEvent): void {
    this.#over(event, false);
    void this.#bring([...(event.dataTransfer?.files ?? [])]);
  }

  #picked(event: Event): void {
    const input = event.target as HTMLInputElement;
    const picked = [...(input.files ?? [])];
    input.value = "";
    void this.#bring(picked);
  }

  /** Sends files one after the other; those that the server took are shown at once. */
  async #bring(picked: readonly File[]): Promise<void> {
    if (this.coming !== null || picked.length === 0) return;
    const brought: OutsideFile[] = [];
    await this.#guard(async () => {
      for (const file of picked) {
        this.coming = file.name;
        brought.push(...await this.desk.api.addOutside(file));
      }
    });
    this.coming = null;
    if (brought.length === 0) return;
    const { trouble } = this;
    await this.#guard(() => this.desk.readOutside());
    this.trouble ??= trouble;
    const files = this.now.outside.files ?? [];
    const format = brought[0]?.format;
    const taken = brought.filter((file) => file.format === format && (isRaster(file.format) || file === brought[0])).map(({ id }) => id);
    const ids = files.map(({ id }) => id).filter((id) => taken.includes(id));
    this.desk.setParams(withFiles(this.desk.params, ids, files));
    this.shell.announce(fill(this.text.outside.brought, { n: brought.length }));
  }

  async #guard(work: () => Promise<void>): Promise<void> {
    this.trouble = null;
    try {
      await work();
    } catch (error) {
      this.trouble = troubleOf(error, this.shell.text.planning.errors);
      this.shell.announce(this.trouble.text);
    }
  }

  // What they are ----------------------------------------------------------------------------------------------------

  #about(first: OutsideFile, files: readonly OutsideFile[], chosen: readonly string[]): TemplateResult {
    const { outside: text } = this.text;
    const { language } = this.state;
    const { params } = this.desk;
    const kind = (valueAt(params, ["kind"]) ?? first.kind) as OutsideKind;
    const title = valueAt(params, ["title"]);
    const own = typeof title === "object" && title !== null && !Array.isArray(title) ? String(title[language === "zh-CN" ? "zh" : "en"] ?? "") : "";
    const { columns } = first.found;
    const name = styleAt(params, ["column"]);
    const column = columns.find((one) => one.column === name) ?? columns[0];
    const isAll = columns.length > 1 && name === undefined;
    const range = rangeOf(chosen, isAll ? null : (column?.column ?? null), files);
    return html`<h3>${text.about}</h3><div class="fields">
        ${selectField(text.kind, "outside-kind", kind, KINDS.map((one) => [one, text.kinds[one]] as const), (next) => this.#set("kind", next))}
        ${textField(text.title, "outside-title", own, (words) => this.#set("title", words.trim() ? { zh: words.trim(), en: words.trim() } : null), { placeholder: text.kinds[kind] })}
        ${columns.length > 1 ? html`<div class="wide">${selectField(text.column, "outside-column", typeof name === "string" ? name : "", [["", fill(text.all_columns, { n: columns.length })] as const, ...columns.map((one) => [one.column, named(one, language)] as const)], (next) => this.#setColumn(next))}</div>` : nothing}
        ${isAll ? nothing : this.#values(column, kind, range)}</div>
      ${this.#reading(first)}`;
  }

  #values(column: OutsideColumn | undefined, kind: OutsideKind, range: readonly [number, number] | null): TemplateResult {
    const { outside: text } = this.text;
    const { language } = this.state;
    const { params } = this.desk;
    const number = (path: readonly string[]): number | null => {
      const value = styleAt(params, path);
      return typeof value === "number" ? value : null;
    };
    const words = (path: readonly string[]): string => {
      const value = styleAt(params, path);
      return typeof value === "string" ? value : "";
    };
    const hasLimit = number(["limit", "value"]) !== null;
    return html`${textField(text.unit, "outside-unit", words(["unit"]), (unit) => this.#setStyle(["unit"], unit.trim() || null), { placeholder: column?.unit || UNITS[kind] })}
      <div class="field"><span>${text.range}</span><b class="number">${range ? `${formatValue(range[0], language)} – ${formatValue(range[1], language)}` : "—"}</b></div>
      ${numberField({ label: text.limit, name: "outside-limit", value: number(["limit", "value"]), placeholder: text.none, onChange: (value) => this.#setStyle(["limit", "value"], value) })}
      ${hasLimit ? html`${selectField(text.good, "outside-good", words(["good"]) || "at_most", [["at_most", text.at_most] as const, ["at_least", text.at_least] as const], (good) => this.#setStyle(["good"], good))}
        ${textField(text.limit_source, "outside-limit-source", words(["limit", "source"]), (source) => this.#setStyle(["limit", "source"], source), { placeholder: "GB 3096-2008" })}
        ${numberField({ label: text.error, name: "outside-error", value: number(["error"]), min: 0, placeholder: text.none, onChange: (value) => this.#setStyle(["error"], value) })}
        <p class="hint wide">${text.limit_hint}</p>` : nothing}`;
  }

  /** How the files are read: mostly found, seldom changed. */
  #reading(first: OutsideFile): TemplateResult {
    const { outside: text } = this.text;
    const { params } = this.desk;
    const { found, format } = first;
    const words = (name: string): string => {
      const value = valueAt(params, [name]);
      return typeof value === "string" ? value : "";
    };
    const number = (name: string): number | null => {
      const value = valueAt(params, [name]);
      return typeof value === "number" ? value : null;
    };
    const header = (label: string, name: string, detected: string | null, none: string): TemplateResult => selectField(label, `outside-${name}`, words(name),
      [["", detected ?? none] as const, ...found.header.filter((one) => one !== detected).map((one) => [one, one] as const)], (next) => this.#set(name, next || null));
    const needsIds = format === "table" && found.id_column === null && words("id_column") === "";
    return html`<details ?open=${needsIds}><summary>${text.reading}</summary><div class="fields">
        ${isRaster(format) ? html`${textField(text.crs, "outside-crs", words("crs"), (crs) => this.#set("crs", crs.trim() || null), { placeholder: found.crs ?? text.crs_of_city })}
          ${numberField({ label: text.step, name: "outside-step", value: number("step_s"), min: 0, onChange: (value) => { if (value !== null && value > 0) this.#set("step_s", value); } })}
          ${numberField({ label: text.no_data, name: "outside-no-data", value: number("no_data"), placeholder: text.none, onChange: (value) => this.#set("no_data", value) })}
          ${numberField({ label: text.lift, name: "outside-lift", value: number("lift_m"), onChange: (value) => this.#set("lift_m", value ?? 0) })}` : nothing}
        ${format === "table" ? html`${header(text.id_column, "id_column", found.id_column, text.choose_column)}${header(text.time_column, "time_column", found.time_column, text.no_times)}` : nothing}
        ${isRaster(format) ? nothing : html`<div class="wide">${textField(text.id_attribute, "outside-id-attribute", words("id_attribute"), (name) => this.#set("id_attribute", name.trim() || null), { placeholder: text.feature_id })}</div>`}
        <div class="wide">${textField(text.source, "outside-source", words("source"), (source) => this.#set("source", source), { placeholder: text.source_hint })}</div></div></details>`;
  }

  #set(name: string, value: Json): void {
    this.desk.setParam([name], value);
  }

  #setColumn(column: string): void {
    this.desk.setParams({ ...this.desk.params, layers: column === "" ? [] : [{ column }] });
  }

  #setStyle(path: readonly string[], value: Json): void {
    const { params } = this.desk;
    const first = this.now.outside.files?.find(({ id }) => id === chosenFiles(params)[0]);
    this.desk.setParams(withStyle(params, path, value, first?.found.columns ?? []));
  }
}

function named({ column, title, unit }: OutsideColumn, language: "zh-CN" | "en"): string {
  const words = local(title, language) || column;
  const group = column.includes("/") ? ` · ${column}` : "";
  return `${words}${group}${unit ? ` (${unit})` : ""}`;
}

customElements.define("cj-simulation-outside", SimulationOutside);
