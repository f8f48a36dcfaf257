// Search box with a list of answers (combobox pattern); a choice flies there, whether its tile is loaded or not.
import { css, html, nothing, type TemplateResult } from "lit";
import type { SearchAnswer, SearchResult } from "../api";
import { attributeDictionary } from "../attributes/dictionary";
import { className, fill, formatNumber } from "../i18n";
import { icons } from "../ui/icons";
import { listKey } from "../ui/listbox";
import { Panel } from "../ui/panel";
import { shared } from "../ui/styles";

const PAUSE_MS = 180;
const LIMIT = 20;

export class SearchPanel extends Panel {
  static override properties = {
    ...Panel.properties,
    query: { state: true },
    answer: { state: true },
    busy: { state: true },
    problem: { state: true },
    open: { state: true },
    active: { state: true },
  };
  static override styles = [shared, css`
    :host { display: block; position: relative; }
    .box { display: flex; align-items: center; height: 44px; padding: 0 4px 0 12px; gap: 8px; }
    .box:focus-within { border-color: var(--cj-accent); box-shadow: 0 0 0 1px var(--cj-accent); }
    .box > .icon { color: var(--cj-muted); }
    input { flex: 1; min-width: 0; height: 100%; border: 0; background: none; text-overflow: ellipsis; }
    input:focus-visible { outline: none; }
    input::placeholder { color: var(--cj-muted); opacity: 1; }
    kbd { font: inherit; font-size: 12px; color: var(--cj-muted); border: 1px solid var(--cj-line); border-radius: 4px; padding: 0 6px; margin-right: 8px; }
    .drop { position: absolute; z-index: 2; left: 0; right: 0; top: 52px; background: var(--cj-card-solid); padding: 8px; }
    ul { max-height: min(400px, 50vh); }
    [role="option"] { display: grid; grid-template-columns: auto 1fr auto; align-items: center; gap: 0 10px; padding: 6px 8px; border-radius: 8px; cursor: pointer; min-height: 36px; }
    [role="option"]:hover { background: var(--cj-hover); }
    [role="option"][aria-selected="true"] { background: rgb(95 208 216 / 22%); box-shadow: inset 0 0 0 1px var(--cj-accent); }
    .swatch { width: 10px; height: 10px; border-radius: 3px; background: #888; box-shadow: inset 0 0 0 1px rgb(255 255 255 / 35%); }
    .name { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
    .kind { color: var(--cj-muted); font-size: 12px; }
    .why { grid-column: 2 / -1; color: var(--cj-muted); font-size: 12px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
    .note { padding: 6px 8px; color: var(--cj-muted); font-size: 12px; }
  `];

  declare query: string;
  declare answer: SearchAnswer | null;
  declare busy: boolean;
  declare problem: string | null;
  declare open: boolean;
  declare active: number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asking = new AbortController();

  constructor() {
    super();
    this.query = "";
    this.answer = null;
    this.busy = false;
    this.problem = null;
    this.open = false;
    this.active = -1;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#timer);
    this.#asking.abort();
  }

  override render(): TemplateResult {
    const { search } = this.text;
    const results = this.answer?.results ?? [];
    const listed = this.open && results.length > 0;
    return html`<search><div class="box card">
        ${icons.search}
        <input id="query" type="text" role="combobox" autocomplete="off" spellcheck="false" aria-label=${search.label} placeholder=${search.placeholder}
          aria-autocomplete="list" aria-controls="results" aria-expanded=${listed} aria-activedescendant=${listed && this.active >= 0 ? `option-${this.active}` : nothing}
          .value=${this.query} @input=${this.#typed} @compositionend=${this.#typed} @keydown=${this.#keys} @focus=${() => { this.open = true; }} @blur=${this.#blur}>
        ${this.query ? html`<button aria-label=${search.clear} title=${search.clear} @click=${() => this.#clear(true)}>${icons.close}</button>` : html`<kbd aria-hidden="true">/</kbd>`}
      </div>
      <div class="drop card" ?hidden=${!this.open || !this.query.trim()} @pointerdown=${(event: Event) => event.preventDefault()}>
        <ul id="results" class="scroll" role="listbox" aria-label=${search.label} ?hidden=${results.length === 0}>${results.map((result, index) => this.#option(result, index))}</ul>
        <p class="note" role="status">${this.#note()}</p>
      </div></search>`;
  }

  /** Puts the cursor into the box. */
  override focus(): void {
    this.renderRoot.querySelector<HTMLInputElement>("#query")?.focus();
  }

  #note(): string {
    const { search } = this.text;
    if (this.problem !== null) return fill(search.error, { reason: this.problem });
    if (this.busy || !this.answer) return search.busy;
    const { query, total, results } = this.answer;
    if (results.length === 0) return fill(search.none, { q: query });
    const number = (value: number): string => formatNumber(value, this.state.language);
    return total > results.length ? fill(search.more, { total: number(total), n: number(results.length) }) : fill(search.found, { n: number(results.length) });
  }

  #option(result: SearchResult, index: number): TemplateResult {
    const { language, manifest } = this.state;
    const color = manifest?.layers.find(({ id }) => id === result.layer)?.color;
    const { matched } = result;
    const entry = Object.hasOwn(attributeDictionary, matched.key) ? attributeDictionary[matched.key] : undefined;
    const key = entry ? (language === "zh-CN" ? entry.zh : entry.en) : matched.key;
    return html`<li role="option" id="option-${index}" aria-selected=${index === this.active} @click=${() => this.#choose(index)}>
      <span class="swatch" style=${color ? `background:${color}` : ""}></span>
      <span class="name">${result.name || result.id}</span>
      <span class="kind">${className(result.class, result.class_zh, language)}</span>
      ${matched.key !== "name" ? html`<span class="why">${matched.key === "id" ? this.text.attributes.id : key}${language === "zh-CN" ? "：" : ": "}${matched.value}</span>` : nothing}
    </li>`;
  }

  #typed(event: Event): void {
    this.query = (event.target as HTMLInputElement).value;
    clearTimeout(this.#timer);
    // While an input method composes, the text is not what the user means yet.
    if (event instanceof InputEvent && event.isComposing) return;
    this.#asking.abort();
    this.problem = null;
    if (!this.query.trim()) return this.#clear(false);
    this.open = true;
    this.busy = true;
    this.#timer = setTimeout(() => void this.#ask(this.query.trim()), PAUSE_MS);
  }

  async #ask(query: string): Promise<void> {
    this.#asking = new AbortController();
    const { signal } = this.#asking;
    try {
      const answer = await this.shell.api.search(query, LIMIT, signal);
      if (signal.aborted) return;
      this.answer = answer;
    } catch (error) {
      if (signal.aborted) return;
      this.answer = null;
      this.problem = error instanceof Error ? error.message : String(error);
    }
    this.active = -1;
    this.busy = false;
  }

  #keys(event: KeyboardEvent): void {
    if (event.isComposing) return;
    const count = this.answer?.results.length ?? 0;
    const state = { open: this.open && this.query.trim() !== "", active: this.active, count };
    const outcome = listKey(state, event.key, event.ctrlKey || event.metaKey || event.altKey);
    switch (outcome.kind) {
      case "move":
        this.open = outcome.open;
        this.active = outcome.active;
        if (event.key !== "Tab") event.preventDefault();
        void this.updateComplete.then(() => this.renderRoot.querySelector(`#option-${this.active}`)?.scrollIntoView({ block: "nearest" }));
        break;
      case "choose":
        event.preventDefault();
        this.#choose(outcome.index);
        break;
      case "clear":
        this.#clear(true);
        break;
      case "ignore":
        break;
    }
  }

  #choose(index: number): void {
    const result = this.answer?.results[index];
    if (!result) return;
    this.open = false;
    this.active = -1;
    this.shell.flyToBounds(result.bounds_enu, result.name || result.id);
    void this.shell.select(result.id);
  }

  #clear(focus: boolean): void {
    clearTimeout(this.#timer);
    this.#asking.abort();
    this.query = "";
    this.answer = null;
    this.busy = false;
    this.problem = null;
    this.active = -1;
    this.open = false;
    if (focus) this.focus();
  }

  #blur(): void {
    this.open = false;
    this.active = -1;
  }
}

customElements.define("cj-search", SearchPanel);
