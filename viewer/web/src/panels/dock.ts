// Right column: attributes or the project's record of what is selected, editing, indicators, simulations and differences, as tabs.
import { css, html, nothing, type TemplateResult } from "lit";
import { icons } from "../ui/icons";
import { Panel } from "../ui/panel";
import { shared } from "../ui/styles";
import "./attributes";

export const DOCK_TABS = ["selection", "edit", "indicators", "simulations", "changes"] as const;
export type DockTab = (typeof DOCK_TABS)[number];

/** Panels that come when they are first opened, so that the city's first picture does not wait for them. */
const PANELS: Record<DockTab, () => Promise<unknown>> = {
  selection: () => import("./project-sheet"),
  edit: () => import("./edit"),
  indicators: () => import("./indicators"),
  simulations: () => import("./simulations"),
  changes: () => import("./changes"),
};

const ICONS = { selection: icons.info, edit: icons.edit, indicators: icons.chart, simulations: icons.simulation, changes: icons.changes };

export class Dock extends Panel {
  static override properties = { ...Panel.properties, tab: { state: true } };
  static override styles = [shared, css`
    :host { display: flex; flex-direction: column; gap: 8px; min-height: 0; }
    .tabs { display: flex; gap: 2px; padding: 5px; flex: none; }
    [role="tablist"] { display: flex; flex: 1; gap: 2px; }
    [role="tab"] { flex: 1 1 auto; gap: 4px; padding: 0 6px; color: var(--cj-muted); white-space: nowrap; font-size: 13px; }
    [role="tab"] .icon { width: 16px; height: 16px; }
    .many .icon { display: none; }
    [role="tab"][aria-selected="true"] { background: rgb(255 255 255 / 12%); color: var(--cj-text); font-weight: 600; }
    .panel { min-height: 0; display: flex; flex-direction: column; }
    .panel > * { min-height: 0; }
    @media (max-width: 720px) { [role="tab"] span { font-size: 12px; } }
  `];

  /** Open tab; null = folded to the row of tabs. */
  declare tab: DockTab | null;
  #told = false;

  constructor() {
    super();
    this.tab = null;
  }

  override willUpdate(changed: Map<string, unknown>): void {
    const before = changed.get("state") as this["state"] | undefined;
    const { selection, planning } = this.state;
    // What was just chosen is what one wants to see, unless a tool or the numbers are in use.
    if (before && selection && !before.selection && (this.tab === null || this.tab === "changes")) this.tab = this.tab === "changes" ? "changes" : "selection";
    if (this.tab === "selection" && !selection) this.tab = null;
    if (before && before.planning.compare.mode === "single" && planning.compare.mode === "difference" && (this.tab === null || this.tab === "selection")) this.tab = "changes";
    if (this.tab === "changes" && planning.compare.mode === "single") this.tab = selection ? "selection" : null;
    this.shell.planner.analysis.watch(this.tab === "indicators", this.tab === "indicators" || this.tab === "simulations");
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.role = "region";
  }

  override updated(): void {
    this.ariaLabel = this.text.dock.label;
    // A panel that is not there yet fills its place as soon as it is.
    if (this.tab) void PANELS[this.tab]();
    if (this.#told === (this.tab !== null)) return;
    this.#told = this.tab !== null;
    this.dispatchEvent(new CustomEvent("cj-docked", { detail: this.#told, bubbles: true, composed: true }));
  }

  /** Opens a tab for another panel. */
  show(tab: DockTab): void {
    this.tab = tab;
  }

  override render(): TemplateResult {
    const { dock } = this.text;
    const { selection, planning } = this.state;
    const isProject = selection?.detail?.class === "Project" || selection?.detail?.layer.startsWith("projects/project") === true;
    const names = { selection: isProject ? dock.project : dock.attributes, edit: dock.edit, indicators: dock.indicators, simulations: dock.simulations, changes: dock.changes };
    const tabs = DOCK_TABS.filter((tab) => (tab === "selection" ? selection !== null : tab === "changes" ? planning.compare.mode !== "single" : true));
    return html`<div class="tabs card"><div role="tablist" class=${tabs.length > 4 ? "many" : nothing} aria-label=${dock.label} @keydown=${(event: KeyboardEvent) => this.#keys(event, tabs)}>${tabs.map((tab, index) => html`<button role="tab" id="dock-${tab}" data-dock=${tab}
          aria-selected=${tab === this.tab} aria-controls="dock-panel" tabindex=${tab === this.tab || (!this.tab && index === 0) ? 0 : -1}
          @click=${() => { this.tab = this.tab === tab ? null : tab; }}>${ICONS[tab]}<span>${names[tab]}</span></button>`)}</div></div>
      <div id="dock-panel" class="panel" role="tabpanel" aria-labelledby=${this.tab ? `dock-${this.tab}` : nothing} ?hidden=${this.tab === null}>${this.#panel(isProject)}</div>`;
  }

  #panel(isProject: boolean): TemplateResult | typeof nothing {
    const { shell, state } = this;
    switch (this.tab) {
      case "selection":
        return isProject ? html`<cj-project-sheet .shell=${shell} .state=${state}></cj-project-sheet>` : html`<cj-attributes .shell=${shell} .state=${state}></cj-attributes>`;
      case "edit":
        return html`<cj-edit .shell=${shell} .state=${state}></cj-edit>`;
      case "indicators":
        return html`<cj-indicators .shell=${shell} .state=${state}></cj-indicators>`;
      case "simulations":
        return html`<cj-simulations .shell=${shell} .state=${state}></cj-simulations>`;
      case "changes":
        return html`<cj-changes .shell=${shell} .state=${state}></cj-changes>`;
      case null:
        return nothing;
    }
  }

  #keys(event: KeyboardEvent, tabs: readonly DockTab[]): void {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (event.key === "Escape") this.tab = null;
    if (!step) return;
    event.preventDefault();
    const at = tabs.indexOf(this.tab ?? "selection");
    const next = tabs[(at + step + tabs.length) % tabs.length];
    if (!next) return;
    this.tab = next;
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>(`#dock-${next}`)?.focus());
  }
}

customElements.define("cj-dock", Dock);
