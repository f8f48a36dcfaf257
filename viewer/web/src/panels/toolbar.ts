// Top right: language, quality with figures of performance, share link, help.
import { css, html, nothing, type TemplateResult } from "lit";
import type { Quality } from "../bridge.gen";
import { formatNumber } from "../i18n";
import { copyText } from "../ui/clipboard";
import { icons } from "../ui/icons";
import { Panel } from "../ui/panel";
import { shared } from "../ui/styles";

const QUALITIES: readonly Quality[] = ["low", "medium", "high"];

export class Toolbar extends Panel {
  static override properties = { ...Panel.properties, open: { state: true }, manualLink: { state: true } };
  static override styles = [shared, css`
    :host { display: block; position: relative; }
    .bar { display: flex; gap: 4px; padding: 5px; }
    .drop { position: absolute; z-index: 2; right: 0; top: 52px; width: 296px; padding: 16px; background: var(--cj-card-solid); max-height: calc(100vh - 120px); }
    fieldset { border: 0; margin: 0; padding: 0; }
    legend, h2 { padding: 0; margin-bottom: 8px; font-size: 12px; font-weight: 600; color: var(--cj-muted); }
    h2 { margin: 16px 0 4px; }
    fieldset label { display: grid; grid-template-columns: 24px 1fr; align-items: baseline; padding: 4px; border-radius: 8px; cursor: pointer; }
    fieldset label:hover { background: var(--cj-hover); }
    fieldset input { accent-color: var(--cj-accent); width: 16px; height: 16px; align-self: center; margin: 0; }
    .hint { grid-column: 2; font-size: 12px; color: var(--cj-muted); }
    dl { display: grid; grid-template-columns: 1fr auto; row-gap: 2px; }
    dt { color: var(--cj-muted); }
    dd { text-align: right; }
    .manual input { width: 100%; height: 32px; margin-top: 8px; padding: 0 8px; border-radius: 8px; border: 1px solid var(--cj-line); background: rgb(0 0 0 / 25%); }
    @media (max-width: 1100px) { .bar button span { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); } }
  `];

  declare open: boolean;
  declare manualLink: string | null;

  constructor() {
    super();
    this.open = false;
    this.manualLink = null;
  }

  override render(): TemplateResult {
    const { language, language_title, settings, share, help } = this.text;
    return html`<div class="bar card">
        <button data-tool="language" title=${language_title} @click=${this.#switchLanguage}>${icons.language}<span>${language}</span></button>
        <button data-tool="settings" class="tool" title=${settings.title} aria-expanded=${this.open} aria-controls="settings" @click=${() => { this.open = !this.open; this.manualLink = null; }}>${icons.settings}<span>${settings.label}</span></button>
        <button data-tool="share" title=${share.title} @click=${() => void this.#share()}>${icons.share}<span>${share.label}</span></button>
        <button data-tool="help" title=${help.title} @click=${() => this.dispatchEvent(new CustomEvent("cj-help", { bubbles: true, composed: true }))}>${icons.help}<span>${help.label}</span></button>
      </div>
      <div id="settings" class="drop card scroll" role="region" aria-label=${settings.title} ?hidden=${!this.open} @keydown=${this.#keys}>${this.open ? this.#settings() : nothing}</div>
      ${this.manualLink === null ? nothing : html`<div class="drop card manual"><label>${share.manual}
        <input readonly .value=${this.manualLink} @focus=${(event: Event) => (event.target as HTMLInputElement).select()}></label></div>`}`;
  }

  #settings(): TemplateResult {
    const { settings } = this.text;
    const { stats, quality, language, settled } = this.state;
    const number = (value: number): string => formatNumber(value, language);
    const megabytes = (bytes: number): string => `${formatNumber(bytes / 2 ** 20, language)} MiB`;
    const hints = { low: settings.low_hint, medium: settings.medium_hint, high: settings.high_hint };
    const rows: [string, string][] = [
      [settings.fps, settled ? settings.idle : formatNumber(stats.fps, language, 1)],
      [settings.tiles, number(stats.tiles_drawn)],
      [settings.features, number(stats.features_drawn)],
      [settings.triangles, number(stats.triangles)],
      [settings.draw_calls, number(stats.draw_calls)],
      [settings.memory, megabytes(stats.cpu_bytes)],
      [settings.gpu_memory, megabytes(stats.gpu_bytes)],
    ];
    return html`<fieldset><legend>${settings.quality}</legend>${QUALITIES.map((value) => html`<label>
        <input type="radio" name="quality" value=${value} .checked=${value === quality} @change=${() => this.shell.setQuality(value)}>
        <span>${settings[value]}</span><span class="hint">${hints[value]}</span></label>`)}</fieldset>
      <h2>${settings.performance}</h2>
      <dl>${rows.map(([name, value]) => html`<dt>${name}</dt><dd class="number">${value}</dd>`)}</dl>`;
  }

  #switchLanguage(): void {
    this.shell.setLanguage(this.state.language === "zh-CN" ? "en" : "zh-CN");
  }

  async #share(): Promise<void> {
    const link = this.shell.link();
    this.open = false;
    if (await copyText(link)) {
      this.manualLink = null;
      this.shell.notify(this.text.share.copied);
    } else {
      this.manualLink = this.manualLink === null ? link : null;
      await this.updateComplete;
      this.renderRoot.querySelector<HTMLInputElement>(".manual input")?.focus();
    }
  }

  #keys(event: KeyboardEvent): void {
    if (event.key !== "Escape") return;
    this.open = false;
    this.renderRoot.querySelector<HTMLElement>('[data-tool="settings"]')?.focus();
  }
}

customElements.define("cj-toolbar", Toolbar);
