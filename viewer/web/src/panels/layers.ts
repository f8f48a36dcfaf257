// Layer tree: groups with their layers, how many features each has, its colour, and boxes with three states.
import { css, html, nothing, type TemplateResult } from "lit";
import { fill, formatNumber, local } from "../i18n";
import type { LayerInfo } from "../api";
import { groupState, layerTree, type LayerNode } from "../state/layers";
import { icons } from "../ui/icons";
import { Panel } from "../ui/panel";
import { shared } from "../ui/styles";

export class LayersPanel extends Panel {
  static override properties = { ...Panel.properties, open: { state: true } };
  static override styles = [shared, css`
    :host { display: block; }
    .row { display: flex; align-items: center; min-height: 32px; border-radius: 8px; }
    .row:hover { background: var(--cj-hover); }
    label { flex: 1; min-width: 0; display: flex; align-items: center; gap: 8px; min-height: 32px; padding-right: 8px; cursor: pointer; }
    .name { flex: 1; min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
    .group > .row .name { font-weight: 600; }
    .count { color: var(--cj-muted); font-size: 12px; }
    input { flex: none; width: 16px; height: 16px; margin: 0 0 0 4px; accent-color: var(--cj-accent); cursor: pointer; }
    .swatch { flex: none; width: 12px; height: 12px; border-radius: 3px; box-shadow: inset 0 0 0 1px rgb(255 255 255 / 35%); }
    .fold { min-width: 24px; padding: 0; color: var(--cj-muted); }
    .fold .icon { width: 14px; height: 14px; transition: transform var(--cj-time); }
    .fold[aria-expanded="true"] .icon { transform: rotate(90deg); }
    .nofold { flex: none; width: 24px; }
    .off .name, .off .swatch { opacity: .6; }
    ul ul { padding-left: 24px; }
  `];

  /** Groups that are unfolded. */
  declare open: ReadonlySet<string>;

  constructor() {
    super();
    this.open = new Set(["underground"]);
  }

  override render(): TemplateResult {
    const { manifest } = this.state;
    const nodes = layerTree(manifest?.layers ?? []);
    if (nodes.length === 0) return html`<p class="muted">${this.text.layers.empty}</p>`;
    return html`<ul>${nodes.map((node) => this.#group(node))}</ul>`;
  }

  #group(node: LayerNode): TemplateResult {
    const { layer, leaves } = node;
    const name = local(layer.title, this.state.language);
    const open = this.open.has(layer.id);
    const state = groupState(node, this.state.layers);
    const { expand, collapse } = this.text.layers;
    return html`<li class="group">
      <div class="row ${state === "off" ? "off" : ""}">
        ${leaves.length === 0 ? html`<span class="nofold"></span>` : html`<button class="fold" aria-expanded=${open} aria-controls="leaves-${layer.id}"
          aria-label=${fill(open ? collapse : expand, { name })} @click=${() => this.#fold(layer.id)}>${icons.chevron}</button>`}
        ${this.#box(layer, name, state === "on", state === "mixed")}
      </div>
      ${leaves.length === 0 ? nothing : html`<ul id="leaves-${layer.id}" ?hidden=${!open}>${leaves.map((leaf) => {
        const on = this.state.layers[leaf.id] ?? false;
        return html`<li class="row ${on ? "" : "off"}">${this.#box(leaf, local(leaf.title, this.state.language), on, false)}</li>`;
      })}</ul>`}
    </li>`;
  }

  #box(layer: LayerInfo, name: string, checked: boolean, mixed: boolean): TemplateResult {
    const { language } = this.state;
    const count = formatNumber(layer.num_features, language);
    return html`<label title=${fill(this.text.layers.count, { n: count })}>
      <input type="checkbox" data-layer=${layer.id} .checked=${checked} .indeterminate=${mixed}
        @change=${(event: Event) => this.shell.setLayer(layer.id, (event.target as HTMLInputElement).checked)}>
      ${layer.color ? html`<span class="swatch" style="background:${layer.color}"></span>` : nothing}
      <span class="name">${name}</span><span class="count number">${count}</span>
    </label>`;
  }

  #fold(id: string): void {
    const open = new Set(this.open);
    if (!open.delete(id)) open.add(id);
    this.open = open;
  }
}

customElements.define("cj-layers", LayersPanel);
