// The area that questions are asked of: the whole city, a project, a town office or a drawn outline; one for indicators and simulations.
import { css, html, nothing, type TemplateResult } from "lit";
import type { Area } from "../planning/api";
import { fields } from "../ui/fields";
import { icons } from "../ui/icons";
import { Panel } from "../ui/panel";
import type { ShellState } from "../state/state";
import { shared } from "../ui/styles";

export class AreaChoice extends Panel {
  static override properties = { ...Panel.properties, zones: { state: true } };
  static override styles = [shared, fields, css`
    :host { display: grid; gap: 4px; }
    .area { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 8px; align-items: end; }
  `];

  declare zones: readonly { id: string; name: string }[];

  constructor() {
    super();
    this.zones = [];
  }

  override connectedCallback(): void {
    super.connectedCallback();
    queueMicrotask(() => void this.#readZones());
  }

  protected override drawn(state: ShellState): readonly unknown[] {
    return [state.planning.analysis.area, state.planning.sketch, state.planning.projects, state.language, state.manifest];
  }

  override render(): TemplateResult {
    const { indicators: text } = this.text;
    const { analysis, sketch, projects } = this.state.planning;
    const list = projects ?? this.state.manifest?.projects ?? [];
    const { area } = analysis;
    const value = "city" in area ? "city" : "project" in area ? `project:${area.project}` : "zone" in area ? `zone:${area.zone}` : "drawn";
    const isDrawing = sketch?.use === "area";
    return html`<div class="area"><label class="field"><span>${text.area}</span><select name="area" @change=${(event: Event) => this.#choose((event.target as HTMLSelectElement).value)}>
        <option value="city" .selected=${value === "city"}>${text.city}</option>
        ${value === "drawn" ? html`<option value="drawn" .selected=${true}>${text.drawn}</option>` : nothing}
        <optgroup label=${text.projects}>${list.map(({ id, name }) => html`<option value="project:${id}" .selected=${value === `project:${id}`}>${name}</option>`)}</optgroup>
        <optgroup label=${text.zones}>${this.zones.map(({ id, name }) => html`<option value="zone:${id}" .selected=${value === `zone:${id}`}>${name}</option>`)}</optgroup></select></label>
      ${isDrawing && sketch.closed ? html`<button class="primary" data-indicators="use-drawn" @click=${() => this.#useDrawn()}>${text.use_drawn}</button>`
        : html`<button class="plain" data-indicators="draw" aria-pressed=${isDrawing} title=${text.draw} aria-label=${text.draw} @click=${() => (isDrawing ? this.shell.planner.tools.clearSketch() : this.shell.planner.tools.draw("area", "polygon"))}>${icons.edit}</button>`}</div>
      ${isDrawing && !sketch.closed ? html`<p class="hint" role="status">${this.text.edit.draw_hint}</p>` : nothing}`;
  }

  #choose(value: string): void {
    const [kind, id = ""] = value.split(/:(.*)/s);
    const { indicators: text } = this.text;
    const list = this.state.planning.projects ?? this.state.manifest?.projects ?? [];
    const area: Area | null = kind === "city" ? { city: true } : kind === "project" ? { project: id } : kind === "zone" ? { zone: id } : null;
    const name = kind === "city" ? text.city : ([...list, ...this.zones].find((one) => one.id === id)?.name ?? id);
    if (area) this.shell.planner.analysis.setArea(area, name);
  }

  #useDrawn(): void {
    const { tools, analysis } = this.shell.planner;
    const polygon = tools.outline();
    if (polygon) analysis.setArea({ polygon }, this.text.indicators.drawn, polygon);
  }

  async #readZones(): Promise<void> {
    if (!this.state.manifest?.layers.some(({ id }) => id === "projects/zone")) return;
    try {
      const { features } = await this.shell.api.featuresIn("projects/zone", null, 500);
      this.zones = features.map(({ id, properties }) => ({ id, name: properties.name ?? id }));
    } catch {
      this.zones = [];
    }
  }
}

customElements.define("cj-area", AreaChoice);
