// Left card: layers, projects and views as tabs; folds to its row of tabs.
import { css, html, type TemplateResult } from "lit";
import { icons } from "../ui/icons";
import { Panel } from "../ui/panel";
import { shared } from "../ui/styles";
import "./layers";
import "./projects";
import "./views";

const TABS = ["layers", "projects", "views"] as const;
type Tab = (typeof TABS)[number];
const TAB_ICONS = { layers: icons.layers, projects: icons.project, views: icons.view };

export class Sidebar extends Panel {
  static override properties = { ...Panel.properties, tab: { state: true }, folded: { state: true } };
  static override styles = [shared, css`
    :host { display: flex; flex-direction: column; min-height: 0; }
    .card { display: flex; flex-direction: column; min-height: 0; }
    .tabs { display: flex; gap: 4px; padding: 8px; }
    .tabs [role="tab"] { flex: 1; padding: 0 4px; gap: 6px; color: var(--cj-muted); white-space: nowrap; }
    .tabs [role="tab"] .icon { width: 16px; height: 16px; }
    .tabs [aria-selected="true"] { background: rgb(255 255 255 / 12%); color: var(--cj-text); font-weight: 600; }
    .folded [aria-selected="true"] { background: transparent; color: var(--cj-muted); font-weight: 400; }
    [role="tablist"] { flex: 1; min-width: 0; display: flex; gap: 2px; }
    .fold { flex: none; color: var(--cj-muted); }
    .fold .icon { transition: transform var(--cj-time); }
    .folded .fold .icon { transform: scaleX(-1); }
    [role="tabpanel"] { padding: 0 8px 8px; min-height: 0; border-radius: 8px; }
  `];

  declare tab: Tab;
  declare folded: boolean;

  constructor() {
    super();
    this.tab = "layers";
    // Where the panel would cover the city it opens folded.
    this.folded = isNarrow();
  }

  override render(): TemplateResult {
    const { tabs, fold, unfold, panel_left } = this.text;
    return html`<section class="card ${this.folded ? "folded" : ""}" aria-label=${panel_left}>
      <div class="tabs">
        <div role="tablist" aria-label=${panel_left} @keydown=${this.#keys}>
          ${TABS.map((tab) => html`<button role="tab" id="tab-${tab}" aria-selected=${tab === this.tab} aria-controls="panel" tabindex=${tab === this.tab ? 0 : -1}
            @click=${() => this.#show(tab)}>${TAB_ICONS[tab]}<span>${tabs[tab]}</span></button>`)}
        </div>
        <button class="fold" aria-label=${this.folded ? unfold : fold} title=${this.folded ? unfold : fold} aria-expanded=${!this.folded} aria-controls="panel"
          @click=${() => { this.folded = !this.folded; }}>${icons.fold}</button>
      </div>
      <div id="panel" role="tabpanel" aria-labelledby="tab-${this.tab}" class="scroll" tabindex="0" ?hidden=${this.folded} @click=${this.#went}>
        ${this.tab === "layers" ? html`<cj-layers .shell=${this.shell} .state=${this.state}></cj-layers>` : ""}
        ${this.tab === "projects" ? html`<cj-projects .shell=${this.shell} .state=${this.state}></cj-projects>` : ""}
        ${this.tab === "views" ? html`<cj-views .shell=${this.shell} .state=${this.state}></cj-views>` : ""}
      </div>
    </section>`;
  }

  #show(tab: Tab): void {
    // A tab that shows already folds its panel, as a tap on a phone expects.
    this.folded = !this.folded && tab === this.tab && isNarrow();
    this.tab = tab;
  }

  /** Gives the city back to a small screen once something to look at is chosen. */
  #went(event: Event): void {
    const chosen = event.composedPath().some((node) => node instanceof HTMLElement && (node.dataset["project"] ?? node.dataset["view"]));
    if (chosen && isNarrow()) this.folded = true;
  }

  #keys(event: KeyboardEvent): void {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const at = TABS.indexOf(this.tab);
    const next = event.key === "Home" ? 0 : event.key === "End" ? TABS.length - 1 : step ? (at + step + TABS.length) % TABS.length : -1;
    const tab = TABS[next];
    if (!tab) return;
    event.preventDefault();
    this.tab = tab;
    this.folded = false;
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>(`#tab-${tab}`)?.focus());
  }
}

/** True where the panel lies over the city instead of beside it. */
function isNarrow(): boolean {
  return globalThis.matchMedia("(max-width: 720px)").matches;
}

customElements.define("cj-sidebar", Sidebar);
