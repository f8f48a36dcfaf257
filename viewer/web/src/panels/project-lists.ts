// The lists of a project's record while it is edited: money by year, milestones, documents, photos; rows to add and take out.
import { css, html, type TemplateResult } from "lit";
import type { Language, Messages } from "../i18n";
import type { Milestone, Project, Word, YearlyInvestment } from "../projects/api";
import { icons } from "../ui/icons";

/** The four lists of a record. */
export type Lists = Pick<Project, "investment" | "milestones" | "documents" | "photos">;

/** What the editors need of the sheet around them. */
export interface ListEditing {
  text: Messages["library"];
  language: Language;
  /** The ten steps of the life cycle. */
  steps: readonly Word[];
  set(change: Partial<Lists>): void;
}

/** Money is typed in units of 10,000 CNY, as in the tables of the trade. */
const UNIT_CNY = 1e4;

export const listStyles = css`
  fieldset { border: 0; padding: 0; margin: 8px 0 0; display: grid; gap: 4px; min-width: 0; }
  legend { font-size: 12px; font-weight: 600; color: var(--cj-muted); padding: 4px 0; }
  .entry { display: grid; gap: 4px; align-items: center; }
  .entry.money { grid-template-columns: 76px 1fr 1fr 32px; }
  .entry.step { grid-template-columns: 1fr 32px; }
  .entry.step > .days { grid-column: 1 / -1; display: grid; grid-template-columns: 1fr 1fr; gap: 4px; }
  .entry.doc { grid-template-columns: 1fr 1.4fr 32px; }
  .entry.photo { grid-template-columns: 1fr 32px; }
  .entry > button { padding: 0; min-width: 32px; }
  .names { font-size: 12px; color: var(--cj-muted); }
  fieldset > .plain { justify-self: start; }
`;

/** All four editors, one below the other. */
export function listEditors(lists: Lists, editing: ListEditing): TemplateResult {
  return html`${investment(lists.investment, editing)}${milestones(lists.milestones, editing)}${documents(lists.documents, editing)}${photos(lists.photos, editing)}`;
}

/** The year after the last, or this one. */
export function nextYear(years: readonly YearlyInvestment[], now: number): number {
  return years.length === 0 ? now : Math.max(...years.map(({ year }) => year)) + 1;
}

/** The first step that has no row yet; the last when all have. */
export function nextStep(done: readonly Milestone[], steps: readonly Word[]): string {
  return (steps.find(({ id }) => !done.some(({ step }) => step === id)) ?? steps.at(-1))?.id ?? "";
}

const without = <T>(list: readonly T[], at: number): T[] => list.filter((_, index) => index !== at);
const changed = <T>(list: readonly T[], at: number, change: Partial<T>): T[] => list.map((one, index) => (index === at ? { ...one, ...change } : one));
const typed = (event: Event): string => (event.target as HTMLInputElement).value;

function remove(label: string, onClick: () => void): TemplateResult {
  return html`<button type="button" aria-label=${label} title=${label} @click=${onClick}>${icons.close}</button>`;
}

function money(label: string, name: string, value: number | null, onChange: (value: number | null) => void): TemplateResult {
  const read = (event: Event): void => {
    const text = typed(event).trim();
    const amount = Number(text);
    onChange(text === "" || !Number.isFinite(amount) ? null : amount * UNIT_CNY);
  };
  return html`<input class="input" type="number" min="0" step="any" inputmode="decimal" name=${name} aria-label=${label} .value=${value === null ? "" : String(value / UNIT_CNY)} @change=${read}>`;
}

function investment(years: readonly YearlyInvestment[], { text, language, set }: ListEditing): TemplateResult {
  const unit = language === "zh-CN" ? "（万元）" : " (10,000 CNY)";
  const put = (at: number, change: Partial<YearlyInvestment>): void => set({ investment: changed(years, at, change) });
  return html`<fieldset data-list="investment"><legend>${text.by_year}${unit}</legend>
    ${years.length === 0 ? "" : html`<div class="entry money names" aria-hidden="true"><span>${text.year}</span><span>${text.planned_cny}</span><span>${text.done_cny}</span><span></span></div>`}
    ${years.map(({ year, planned_cny, done_cny }, at) => html`<div class="entry money">
      <input class="input" type="number" name="year" min="1990" max="2100" step="1" required aria-label=${text.year} .value=${String(year)} @change=${(event: Event) => put(at, { year: Math.round(Number(typed(event))) })}>
      ${money(`${year} ${text.planned_cny}`, "planned", planned_cny, (value) => put(at, { planned_cny: value }))}${money(`${year} ${text.done_cny}`, "done", done_cny, (value) => put(at, { done_cny: value }))}
      ${remove(`${text.remove} ${year}`, () => set({ investment: without(years, at) }))}</div>`)}
    <button type="button" class="plain" data-add="investment" @click=${() => set({ investment: [...years, { year: nextYear(years, new Date().getFullYear()), planned_cny: null, done_cny: null }] })}>${icons.plus}${text.add_year}</button></fieldset>`;
}

function milestones(list: readonly Milestone[], { text, language, steps, set }: ListEditing): TemplateResult {
  const put = (at: number, change: Partial<Milestone>): void => set({ milestones: changed(list, at, change) });
  const day = (label: string, name: string, value: string | null, onChange: (value: string | null) => void): TemplateResult => html`<input class="input" type="date" name=${name} aria-label=${label} title=${label} .value=${value ?? ""} @change=${(event: Event) => onChange(typed(event) || null)}>`;
  return html`<fieldset data-list="milestones"><legend>${text.milestones} · ${text.planned} / ${text.actual}</legend>
    ${list.map(({ step, planned_on, done_on }, at) => html`<div class="entry step">
      <select class="input" name="step" aria-label=${text.milestones} @change=${(event: Event) => put(at, { step: typed(event) })}>${steps.map(({ id, en }) => html`<option value=${id} .selected=${id === step}>${language === "zh-CN" ? id : en}</option>`)}</select>
      ${remove(`${text.remove} ${step}`, () => set({ milestones: without(list, at) }))}
      <div class="days">${day(`${step} ${text.planned}`, "planned_on", planned_on, (value) => put(at, { planned_on: value }))}${day(`${step} ${text.actual}`, "done_on", done_on, (value) => put(at, { done_on: value }))}</div></div>`)}
    <button type="button" class="plain" data-add="milestones" @click=${() => set({ milestones: [...list, { step: nextStep(list, steps), planned_on: null, done_on: null }] })}>${icons.plus}${text.add_milestone}</button></fieldset>`;
}

function documents(list: Lists["documents"], { text, set }: ListEditing): TemplateResult {
  const put = (at: number, change: Partial<Lists["documents"][number]>): void => set({ documents: changed(list, at, change) });
  return html`<fieldset data-list="documents"><legend>${text.documents}</legend>
    ${list.map(({ title, url }, at) => html`<div class="entry doc"><input class="input" name="title" required autocomplete="off" aria-label=${text.document_title} placeholder=${text.document_title} .value=${title} @input=${(event: Event) => put(at, { title: typed(event) })}>
      <input class="input" name="url" required autocomplete="off" aria-label=${text.address} placeholder="https://" .value=${url} @input=${(event: Event) => put(at, { url: typed(event) })}>
      ${remove(`${text.remove} ${title}`, () => set({ documents: without(list, at) }))}</div>`)}
    <button type="button" class="plain" data-add="documents" @click=${() => set({ documents: [...list, { title: "", url: "" }] })}>${icons.plus}${text.add_document}</button></fieldset>`;
}

function photos(list: readonly string[], { text, set }: ListEditing): TemplateResult {
  return html`<fieldset data-list="photos"><legend>${text.photos}</legend>
    ${list.map((url, at) => html`<div class="entry photo"><input class="input" name="photo" required autocomplete="off" aria-label="${text.photos} ${at + 1}" placeholder="https://" .value=${url} @input=${(event: Event) => set({ photos: list.map((one, index) => (index === at ? typed(event).trim() : one)) })}>
      ${remove(`${text.remove} ${at + 1}`, () => set({ photos: without(list, at) }))}</div>`)}
    <button type="button" class="plain" data-add="photos" @click=${() => set({ photos: [...list, ""] })}>${icons.plus}${text.add_photo}</button></fieldset>`;
}
