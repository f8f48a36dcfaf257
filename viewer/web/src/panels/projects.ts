// List of renewal projects with their stage; a click goes there and selects.
import { css, html, nothing, type TemplateResult } from "lit";
import type { ProjectInfo } from "../api";
import { fill, formatNumber } from "../i18n";
import { statusFill, statusKind } from "../projects/status";
import { icons } from "../ui/icons";
import { Panel } from "../ui/panel";
import { shared } from "../ui/styles";

/** A filter box is of use from this many projects on. */
const FILTER_FROM = 8;

export class ProjectsPanel extends Panel {
  static override properties = { ...Panel.properties, filter: { state: true } };
  static override styles = [shared, css`
    :host { display: block; }
    input { width: 100%; height: 32px; margin-bottom: 8px; padding: 0 12px; border-radius: 8px; border: 1px solid var(--cj-line); background: rgb(0 0 0 / 25%); }
    input::placeholder { color: var(--cj-muted); opacity: 1; }
    li button { width: 100%; display: grid; grid-template-columns: 1fr auto; gap: 0 8px; padding: 6px 8px; text-align: left; justify-content: stretch; align-items: baseline; }
    li button[aria-current="true"] { background: rgb(95 208 216 / 18%); box-shadow: inset 3px 0 var(--cj-accent); }
    .name { min-width: 0; overflow-wrap: anywhere; }
    .kind { grid-column: 1 / -1; color: var(--cj-muted); font-size: 12px; }
    .stage { font-size: 12px; padding: 0 6px; border-radius: 4px; background: rgb(255 255 255 / 12%); white-space: nowrap; }
    p { padding: 8px; }
    .plain { width: 100%; margin-bottom: 8px; }
    .stage { display: inline-flex; align-items: center; gap: 6px; }
    .stage i { width: 12px; height: 12px; border-radius: 3px; box-shadow: inset 0 0 0 1px rgb(255 255 255 / 40%); }
  `];

  declare filter: string;

  constructor() {
    super();
    this.filter = "";
  }

  override render(): TemplateResult {
    const all = this.state.manifest?.projects ?? [];
    const { projects } = this.text;
    const open = html`<button class="plain" data-open="library" @click=${() => this.dispatchEvent(new CustomEvent("cj-library", { bubbles: true, composed: true }))}>${icons.table}${this.text.library.open}</button>`;
    if (all.length === 0) return html`<p class="muted">${projects.empty}</p>`;
    const wanted = this.filter.trim().toLowerCase();
    const shown = all.filter(({ name, class: kind, stage }) => `${name} ${kind} ${stage}`.toLowerCase().includes(wanted));
    return html`${open}
      ${all.length < FILTER_FROM ? nothing : html`<input type="search" .value=${this.filter} placeholder=${projects.filter} aria-label=${projects.filter}
        @input=${(event: Event) => { this.filter = (event.target as HTMLInputElement).value; }}>`}
      <span class="sr-only" role="status">${fill(projects.count, { n: formatNumber(shown.length, this.state.language) })}</span>
      ${shown.length === 0 ? html`<p class="muted">${projects.none}</p>` : html`<ul>${shown.map((project) => this.#row(project))}</ul>`}`;
  }

  #row(project: ProjectInfo): TemplateResult {
    const current = this.state.selection?.featureIndex === project.feature_index;
    return html`<li><button aria-current=${current} data-project=${project.id} @click=${() => this.#go(project)}>
      <span class="name">${project.name}</span>
      ${project.stage ? html`<span class="stage"><i style="background:${statusFill(statusKind({ stage: project.stage, exit: null }))}"></i>${project.stage}</span>` : html`<span></span>`}
      ${project.class ? html`<span class="kind">${project.class}</span>` : nothing}
    </button></li>`;
  }

  #go({ center_enu: [x, y, z], radius_m: r, name, id }: ProjectInfo): void {
    this.shell.flyToBounds([x - r, y - r, z, x + r, y + r, z + 20], name);
    void this.shell.select(id);
  }
}

customElements.define("cj-projects", ProjectsPanel);
