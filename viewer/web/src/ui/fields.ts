// Looks and small builders of form fields, shared by the panels of planning.
import { css, html, nothing, type TemplateResult } from "lit";

export const fields = css`
  .field { display: grid; gap: 2px; min-width: 0; }
  .field > span, .label { font-size: 12px; color: var(--cj-muted); }
  .field input, .field select, .field textarea, .input {
    width: 100%;
    min-width: 0;
    height: 32px;
    padding: 0 8px;
    border-radius: 8px;
    border: 1px solid rgb(255 255 255 / 18%);
    background: rgb(0 0 0 / 28%);
  }
  .field textarea { height: auto; padding: 6px 8px; resize: vertical; font: inherit; color: inherit; }
  .field select, select.input { appearance: none; padding-right: 24px; background-image: linear-gradient(45deg, transparent 50%, var(--cj-muted) 50%), linear-gradient(-45deg, transparent 50%, var(--cj-muted) 50%); background-size: 5px 5px; background-position: right 13px center, right 8px center; background-repeat: no-repeat; text-overflow: ellipsis; }
  option { background: var(--cj-card-solid); color: var(--cj-text); }
  input[type="date"] { color-scheme: dark; }
  .field input:user-invalid, .field input[aria-invalid="true"] { border-color: var(--cj-warn); }
  .pair { display: grid; grid-template-columns: 1fr 1fr; gap: 8px; }
  .triple { display: grid; grid-template-columns: 1fr 1fr 1fr; gap: 8px; }
  .row { display: flex; flex-wrap: wrap; align-items: center; gap: 8px; }
  .segments { display: flex; gap: 2px; padding: 2px; border-radius: 10px; background: rgb(0 0 0 / 28%); }
  .segments button { flex: 1 1 auto; padding: 0 8px; white-space: nowrap; color: var(--cj-muted); min-height: 30px; }
  .segments button[aria-pressed="true"], .segments button[aria-checked="true"] { background: rgb(255 255 255 / 16%); color: var(--cj-text); font-weight: 600; }
  .hint { font-size: 12px; color: var(--cj-muted); }
  .trouble { font-size: 13px; padding: 8px 12px; border-radius: 8px; background: rgb(255 122 102 / 16%); border: 1px solid rgb(255 122 102 / 45%); overflow-wrap: anywhere; }
  .trouble li { padding-top: 4px; }
  dialog.sheet { width: min(520px, calc(100vw - 32px)); max-height: calc(100vh - 48px); color: var(--cj-text); background: var(--cj-card-solid); border: 1px solid var(--cj-line); border-radius: var(--cj-radius); padding: 24px; }
  dialog.sheet::backdrop { background: rgb(6 10 14 / 55%); }
  dialog.sheet h2 { font-size: 17px; margin-bottom: 12px; }
  dialog.sheet form, dialog.sheet .stack { display: grid; gap: 12px; }
  dialog.sheet .end { display: flex; justify-content: flex-end; gap: 8px; margin-top: 8px; }
  .stack { display: grid; gap: 8px; }
`;

export interface NumberField {
  label: string;
  value: number | null;
  min?: number;
  max?: number;
  step?: number | "any";
  name: string;
  placeholder?: string;
  /** Values count while they are typed too. */
  isLive?: boolean;
  onChange(value: number | null): void;
}

/** A number that is typed; an empty or unreadable one is null. */
export function numberField({ label, value, min, max, step = "any", name, placeholder, isLive = false, onChange }: NumberField): TemplateResult {
  const changed = (event: Event): void => {
    const text = (event.target as HTMLInputElement).value;
    const read = text.trim() === "" ? Number.NaN : Number(text);
    onChange(Number.isFinite(read) ? read : null);
  };
  // what is half typed is no number yet
  const typed = (event: Event): void => {
    const input = event.target as HTMLInputElement;
    if (input.value !== "" && input.validity.valid) changed(event);
  };
  return html`<label class="field"><span>${label}</span><input type="number" inputmode="decimal" name=${name} min=${min ?? nothing} max=${max ?? nothing} step=${step}
    placeholder=${placeholder ?? nothing} .value=${value === null ? "" : String(value)} @input=${isLive ? typed : nothing} @change=${changed}></label>`;
}

/** A number that is drawn along a line. */
export function slideField({ label, value, min = 0, max = 100, step = 1, name, onChange }: NumberField): TemplateResult {
  return html`<input type="range" style="width:100%;margin:0;accent-color:var(--cj-accent)" name=${name} min=${min} max=${max} step=${step} aria-label=${label} title=${label} .value=${String(value ?? min)}
    @input=${(event: Event) => onChange(Number((event.target as HTMLInputElement).value))}>`;
}

/** A choice from a list of value and words. */
export function selectField(label: string, name: string, value: string, options: readonly (readonly [string, string])[], onChange: (value: string) => void): TemplateResult {
  return html`<label class="field"><span>${label}</span><select name=${name} @change=${(event: Event) => onChange((event.target as HTMLSelectElement).value)}>
    ${options.map(([key, words]) => html`<option value=${key} .selected=${key === value}>${words}</option>`)}</select></label>`;
}

/** A text that is typed. */
export function textField(label: string, name: string, value: string, onInput: (value: string) => void, extra: { list?: string; placeholder?: string; required?: boolean; type?: string } = {}): TemplateResult {
  return html`<label class="field"><span>${label}</span><input type=${extra.type ?? "text"} name=${name} autocomplete="off" list=${extra.list ?? nothing}
    placeholder=${extra.placeholder ?? nothing} ?required=${extra.required ?? false} .value=${value} @input=${(event: Event) => onInput((event.target as HTMLInputElement).value)}></label>`;
}

/** A row of buttons of which one is chosen; arrows move within it. */
export function segments<T extends string>(label: string, options: readonly (readonly [T, string])[], value: T | null, onChoose: (value: T) => void): TemplateResult {
  const keys = (event: KeyboardEvent): void => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const at = options.findIndex(([key]) => key === value);
    const next = options[(at + step + options.length) % options.length];
    if (!next) return;
    onChoose(next[0]);
    const group = event.currentTarget as HTMLElement;
    group.querySelector<HTMLElement>(`[data-value="${next[0]}"]`)?.focus();
  };
  return html`<div class="segments" role="radiogroup" aria-label=${label} @keydown=${keys}>${options.map(([key, words], index) => html`<button type="button" role="radio"
    data-value=${key} aria-checked=${key === value} tabindex=${key === value || (value === null && index === 0) ? 0 : -1} @click=${() => onChoose(key)}>${words}</button>`)}</div>`;
}
