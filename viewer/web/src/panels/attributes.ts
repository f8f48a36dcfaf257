// Right card: what is selected, with its attributes, lifespan, place in the hierarchy and source.
import { css, html, nothing, type TemplateResult } from "lit";
import type { FeatureDetail } from "../api";
import { attributeTable, type AttributeRow } from "../attributes/format";
import { className, fill, formatNumber, local } from "../i18n";
import { copyText } from "../ui/clipboard";
import { icons } from "../ui/icons";
import { Panel } from "../ui/panel";
import { shared } from "../ui/styles";

/** Children listed before "show all". */
const FEW_CHILDREN = 5;

export class AttributesPanel extends Panel {
  static override properties = { ...Panel.properties, allChildren: { state: true } };
  static override styles = [shared, css`
    :host { display: flex; flex-direction: column; min-height: 0; }
    section { display: flex; flex-direction: column; min-height: 0; }
    header { display: flex; align-items: flex-start; gap: 8px; padding: 12px 8px 8px 16px; }
    header div { flex: 1; min-width: 0; }
    .kind { color: var(--cj-muted); font-size: 12px; display: flex; align-items: center; gap: 6px; }
    .swatch { width: 10px; height: 10px; border-radius: 3px; box-shadow: inset 0 0 0 1px rgb(255 255 255 / 35%); }
    h2 { font-size: 17px; line-height: 1.4; overflow-wrap: anywhere; }
    .actions { display: flex; flex-wrap: wrap; gap: 8px; padding: 0 16px 12px; }
    .actions .icon { width: 16px; height: 16px; }
    .body { padding: 0 16px 16px; min-height: 0; }
    h3 { font-size: 12px; font-weight: 600; color: var(--cj-muted); padding: 12px 0 4px; }
    dl { display: grid; grid-template-columns: minmax(88px, auto) 1fr; }
    dt, dd { padding: 5px 0; border-top: 1px solid var(--cj-line); overflow-wrap: anywhere; }
    dl > dt:first-of-type, dl > dd:first-of-type { border-top: 0; }
    dt { color: var(--cj-muted); padding-right: 16px; max-width: 150px; }
    dd button.link { min-height: 24px; margin: -2px 0 -2px -4px; }
    .id { font-size: 12px; color: var(--cj-muted); overflow-wrap: anywhere; }
    .state { padding: 8px 16px 16px; }
    .warn { color: var(--cj-warn); }
  `];

  declare allChildren: boolean;

  constructor() {
    super();
    this.allChildren = false;
  }

  override willUpdate(changed: Map<string, unknown>): void {
    const before = changed.get("state") as this["state"] | undefined;
    if (before && before.selection?.id !== this.state.selection?.id) this.allChildren = false;
  }

  override render(): TemplateResult | typeof nothing {
    const { selection } = this.state;
    if (!selection) return nothing;
    const { attributes: text } = this.text;
    const { detail, error } = selection;
    const title = detail ? detail.name || this.#class(detail) : (selection.id ?? text.title);
    return html`<section class="card" aria-label=${text.title} @keydown=${this.#keys}>
      <header>
        <div>${detail ? html`<p class="kind">${this.#swatch(detail)}${this.#class(detail)}</p>` : nothing}<h2>${title}</h2>
          ${detail ? html`<p class="id">${text.id} ${detail.id}</p>` : nothing}</div>
        <button aria-label=${text.clear} title=${text.clear} @click=${() => void this.shell.select(null)}>${icons.close}</button>
      </header>
      ${detail ? this.#detail(detail) : html`<p class="state ${error ? "warn" : "muted"}" role="status">${error ? fill(text.error, { reason: error }) : text.loading}</p>`}
    </section>`;
  }

  #detail(detail: FeatureDetail): TemplateResult {
    const { attributes: text } = this.text;
    const { language } = this.state;
    const { main, other, source } = attributeTable(detail.attributes, language);
    return html`
      <div class="actions">
        <button class="plain" @click=${() => this.shell.flyToBounds(detail.bounds_enu, detail.name ?? detail.id)}>${icons.target}${text.zoom}</button>
        <button class="plain" @click=${() => void this.#copy(detail.id)}>${icons.copy}${text.copy}</button>
      </div>
      <div class="body scroll" tabindex="0" role="group" aria-label=${text.main}>
        ${main.length + other.length === 0 ? html`<p class="muted">${text.empty}</p>` : nothing}
        ${main.length > 0 ? html`<dl>${main.map(row)}</dl>` : nothing}
        ${other.length > 0 ? html`<h3>${text.other}</h3><dl>${other.map(row)}</dl>` : nothing}
        ${this.#relations(detail, source)}
      </div>`;
  }

  #relations(detail: FeatureDetail, source: string | null): TemplateResult | typeof nothing {
    const { attributes: text } = this.text;
    const { language, manifest } = this.state;
    const layer = manifest?.layers.find(({ id }) => id === detail.layer);
    const { from, to } = detail.lifespan;
    const span = from || to
      ? [from && fill(text.since, { from }), to && fill(text.until, { to })].filter(Boolean).join(language === "zh-CN" ? "，" : ", ")
      : "";
    const children = this.allChildren ? detail.children : detail.children.slice(0, FEW_CHILDREN);
    const link = (id: string): TemplateResult => html`<button class="link" @click=${() => void this.shell.select(id)}>${id}</button>`;
    const credit = source ?? manifest?.credits.map(({ text: credit }) => credit).join(language === "zh-CN" ? "；" : "; ") ?? "";
    return html`<dl style="margin-top:12px">
      ${layer ? html`<dt>${text.layer}</dt><dd>${local(layer.title, language)}</dd>` : nothing}
      ${span ? html`<dt>${text.lifespan}</dt><dd>${span}</dd>` : nothing}
      ${detail.parent ? html`<dt>${text.parent}</dt><dd>${link(detail.parent)}</dd>` : nothing}
      ${detail.children.length > 0 ? html`<dt>${fill(text.children, { n: formatNumber(detail.children.length, language) })}</dt><dd>
        ${children.map((id) => html`<div>${link(id)}</div>`)}
        ${children.length < detail.children.length ? html`<button class="plain" @click=${() => { this.allChildren = true; }}>${text.show_all}</button>` : nothing}</dd>` : nothing}
      ${credit ? html`<dt>${text.source}</dt><dd>${credit}</dd>` : nothing}
    </dl>`;
  }

  #class(detail: FeatureDetail): string {
    return className(detail.class, detail.class_zh, this.state.language);
  }

  #swatch(detail: FeatureDetail): TemplateResult | typeof nothing {
    const color = this.state.manifest?.layers.find(({ id }) => id === detail.layer)?.color;
    return color ? html`<span class="swatch" style="background:${color}"></span>` : nothing;
  }

  async #copy(id: string): Promise<void> {
    if (await copyText(id)) this.shell.notify(this.text.attributes.copied);
  }

  #keys(event: KeyboardEvent): void {
    if (event.key === "Escape") void this.shell.select(null);
  }
}

function row({ key, label, value }: AttributeRow): TemplateResult {
  return html`<dt title=${key}>${label}</dt><dd>${value}</dd>`;
}

customElements.define("cj-attributes", AttributesPanel);
