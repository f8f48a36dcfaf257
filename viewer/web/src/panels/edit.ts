// Editing tools of the scenario at work: mark 留改拆, draw a building, lay out an array, replace pipes.
import { css, html, nothing, type TemplateResult } from "lit";
import { fill, formatNumber } from "../i18n";
import type { EditRequest, Massing, MassingRequest } from "../planning/api";
import { isDate } from "../planning/phase";
import { along, bearing, crossesItself, distance, inset, rectangleAt, rectangleFrom, signedArea, type Point } from "../planning/sketch";
import type { DrawUse, Marked, Sketch } from "../planning/state";
import { troubleOf } from "../planning/trouble";
import { fields, numberField, segments, selectField, slideField, textField } from "../ui/fields";
import { icons } from "../ui/icons";
import { Panel } from "../ui/panel";
import type { ShellState } from "../state/state";
import { shared } from "../ui/styles";
import { buildingUses, materials, pipeClasses } from "../planning/vocabulary";
import { outerRings } from "../geojson";

const TOOLS = ["mark", "draw", "array", "pipe"] as const;
type ToolTab = (typeof TOOLS)[number];

/** Storeys that the slider reaches; more are typed. */
const SLIDE_STOREYS = 60;
type MarkAction = "retain" | "modify" | "demolish";

export class EditPanel extends Panel {
  static override properties = { ...Panel.properties, tab: { state: true }, action: { state: true }, form: { state: true }, problem: { state: true } };
  static override styles = [shared, fields, css`
    :host { display: flex; flex-direction: column; min-height: 0; }
    section { display: flex; flex-direction: column; gap: 12px; padding: 12px; min-height: 0; }
    .body { display: grid; gap: 12px; min-height: 0; padding: 0 4px 4px; }
    details > summary { cursor: pointer; font-size: 12px; color: var(--cj-muted); padding: 4px 0; }
    details > div { display: grid; gap: 8px; padding-top: 4px; }
    .chips { display: flex; flex-wrap: wrap; gap: 4px; max-height: 96px; }
    .chips button { min-height: 26px; font-size: 12px; background: rgb(255 195 107 / 18%); padding: 0 8px; max-width: 100%; overflow: hidden; text-overflow: ellipsis; }
    .figures { display: grid; grid-template-columns: 1fr 1fr 1fr; gap: 4px; padding: 8px 12px; border-radius: 8px; background: rgb(0 0 0 / 25%); }
    .figures b { display: block; font-size: 17px; line-height: 1.3; }
    .figures span { font-size: 12px; color: var(--cj-muted); }
    .stretch > * { flex: 1; }
    .points { max-height: 120px; font-size: 12px; }
    .points li { display: flex; justify-content: space-between; gap: 8px; padding: 2px 0; }
    .snap { color: var(--cj-accent); }
    .warn { color: var(--cj-warn); font-size: 13px; }
    button.tool[aria-pressed="true"] { background: var(--cj-accent); color: var(--cj-accent-ink); }
    .act { font-size: 15px; }
    .act [data-value="demolish"][aria-checked="true"] { background: #b23b31; color: #fff; }
    .act [data-value="modify"][aria-checked="true"] { background: #2f6fc6; color: #fff; }
    .act [data-value="retain"][aria-checked="true"] { background: #cdc7bb; color: #2a2620; }
  `];

  /** Until what was written is put away. */
  #isWriting = false;

  declare tab: ToolTab;
  declare action: MarkAction;
  declare problem: string | null;
  declare form: {
    id: string; addedStoreys: number | null; bodyStoreys: number | null; newUse: string; facade: string;
    storeys: number; floorHeight: number; use: string; setback: number; name: string;
    length: number | null; bearing: number | null; lon: number | null; lat: number | null;
    width: number; depth: number; rotation: number;
    kind: "slab" | "tower"; far: number; spacing: number | null;
    road: string; pipeClass: string; diameter: number | null; material: string; pipeDepth: number;
    project: string; phase: string; note: string;
  };

  constructor() {
    super();
    this.tab = "mark";
    this.action = "demolish";
    this.problem = null;
    this.form = {
      id: "", addedStoreys: null, bodyStoreys: null, newUse: "", facade: "",
      storeys: 18, floorHeight: 3, use: "tower", setback: 0, name: "",
      length: null, bearing: null, lon: null, lat: null,
      width: 30, depth: 20, rotation: 90,
      kind: "tower", far: 2.5, spacing: null,
      road: "", pipeClass: "JS", diameter: null, material: "", pipeDepth: 1.5,
      project: "", phase: "", note: "",
    };
  }

  override connectedCallback(): void {
    super.connectedCallback();
    queueMicrotask(() => { if (this.shell?.planner.canEdit && this.tab === "mark" && this.state.planning.tool === "none") this.shell.planner.tools.take("mark"); });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    const { tool } = this.state.planning;
    if (tool === "mark" || tool === "lasso") this.shell.planner.tools.take("none");
    this.shell.planner.setDraft([]);
  }

  override updated(): void {
    // while a write is under way, what was drawn is neither a draft nor there
    if (this.shell && !this.#isWriting && !this.state.planning.busy) this.shell.planner.setDraft(this.shell.planner.canEdit ? this.#draft().map((edit) => this.#recorded(edit)) : []);
  }

  protected override drawn(state: ShellState): readonly unknown[] {
    return [state.planning, state.selection, state.language, state.manifest];
  }

  override render(): TemplateResult {
    const { edit: text } = this.text;
    const { planning } = this.state;
    if (!this.shell.planner.canEdit) {
      return html`<section class="card" aria-label=${text.title}><p class="muted">${planning.scenario ? text.pinned : text.base}</p>
        <button class="primary" data-edit="create" @click=${() => this.dispatchEvent(new CustomEvent("cj-create-scenario", { bubbles: true, composed: true }))}>${icons.plus}${this.text.planning.create}</button></section>`;
    }
    return html`<section class="card" aria-label=${text.title}>
      ${segments(text.tools, TOOLS.map((tool) => [tool, text[tool]] as const), this.tab, (tab) => this.#turn(tab))}
      <div class="body scroll">
        ${planning.isLive ? html`<cj-live .shell=${this.shell} .state=${this.state} @cj-storeys=${(event: CustomEvent<{ id: string; storeys: number }>) => this.#takeStoreys(event.detail)}></cj-live>` : nothing}
        ${this.tab === "mark" ? this.#mark() : this.tab === "draw" ? this.#draw() : this.tab === "array" ? this.#array() : this.#pipe()}
        ${this.problem ? html`<p class="trouble" role="alert">${this.problem}</p>` : nothing}
        ${planning.busy ? html`<p class="hint" role="status">${this.text.planning.busy}</p>` : nothing}
        ${this.#record()}
      </div>
    </section>`;
  }

  // Marking ----------------------------------------------------------------------------------------------------------

  #mark(): TemplateResult {
    const { edit: text } = this.text;
    const { marked, tool, busy } = this.state.planning;
    const { tools } = this.shell.planner;
    const n = formatNumber(marked.length, this.state.language);
    return html`<div class="row stretch">
        <button class="plain tool" data-edit="click" aria-pressed=${tool === "mark"} @click=${() => tools.take("mark")}>${icons.target}${text.click}</button>
        <button class="plain tool" data-edit="lasso" aria-pressed=${tool === "lasso"} @click=${() => tools.take("lasso")}>${icons.lasso}${text.lasso}</button></div>
      <p class="hint">${tool === "lasso" ? text.lasso_hint : text.click_hint}</p>
      <form class="row" @submit=${(event: Event) => { event.preventDefault(); void this.#addById(); }}><input class="input" style="flex:1;width:auto" name="id" autocomplete="off" aria-label=${text.by_id} placeholder=${text.by_id} .value=${this.form.id}
        @input=${(event: Event) => this.#set({ id: (event.target as HTMLInputElement).value })}><button class="plain" ?disabled=${!this.form.id.trim()}>${text.add}</button></form>
      ${this.#addSelected()}
      <details><summary>${text.within}</summary><div>${this.#outlineTools("area", this.#isDrawing("area"))}
        <button class="plain" data-edit="within" ?disabled=${!this.#isClosed("area")} @click=${() => void tools.markOutline()}>${text.mark_within}</button></div></details>
      <div class="row"><b role="status" style="flex:1">${fill(text.marked, { n })}</b>${marked.length > 0 ? html`<button class="link" @click=${() => tools.unmark()}>${text.unmark}</button>` : nothing}</div>
      ${marked.length === 0 ? nothing : html`<div class="chips scroll">${marked.slice(0, 40).map((one) => html`<button title=${one.id} @click=${() => tools.toggle(one)}>${one.name} ×</button>`)}</div>`}
      <div class="act">${segments(text.action, [["retain", text.retain], ["modify", text.modify], ["demolish", text.demolish]] as const, this.action, (action) => { this.action = action; })}</div>
      ${this.action === "modify" ? html`<div class="pair">
        ${marked.some(isProposal)
          ? numberField({ label: text.body_storeys, name: "body_storeys", value: this.form.bodyStoreys, min: 1, max: 200, step: 1, isLive: true, onChange: (bodyStoreys) => this.#set({ bodyStoreys }) })
          : numberField({ label: text.added_storeys, name: "added_storeys", value: this.form.addedStoreys, min: 1, max: 200, step: 1, isLive: true, onChange: (addedStoreys) => this.#set({ addedStoreys }) })}
        ${selectField(text.new_use, "new_use", this.form.newUse, [["", text.unchanged], ...this.#uses()], (newUse) => this.#set({ newUse }))}</div>
        ${marked.some(isProposal) ? slideField({ label: text.body_storeys, name: "body_storeys_slide", value: this.form.bodyStoreys ?? 18, min: 1, max: SLIDE_STOREYS, onChange: (bodyStoreys) => this.#set({ bodyStoreys }) }) : nothing}
        ${textField(text.facade, "facade", this.form.facade, (facade) => this.#set({ facade }))}` : nothing}
      <button class="primary" data-edit="apply" ?disabled=${marked.length === 0 || busy || (this.action === "modify" && Object.keys(this.#changes()).length === 0)} @click=${() => void this.#applyMarks()}>${marked.length === 0 ? text.apply : fill(text.apply_n, { n })}</button>`;
  }

  #isDrawing(use: DrawUse): boolean {
    const { sketch } = this.state.planning;
    return sketch?.use === use && !sketch.closed;
  }

  #isClosed(use: DrawUse): boolean {
    const { sketch } = this.state.planning;
    return sketch?.use === use && sketch.closed;
  }

  /** What was found by search, or selected before the tool was taken up. */
  #addSelected(): TemplateResult | typeof nothing {
    const detail = this.state.selection?.detail;
    if (!detail || this.state.planning.marked.some(({ id }) => id === detail.id)) return nothing;
    return html`<button class="plain" data-edit="add-selected" @click=${() => this.shell.planner.tools.mark([{ id: detail.id, featureIndex: detail.feature_index, name: detail.name ?? detail.id }])}>${icons.plus}${this.text.edit.add_selected} · ${detail.name ?? detail.id}</button>`;
  }

  async #addById(): Promise<void> {
    const id = this.form.id.trim();
    this.problem = null;
    try {
      await this.shell.planner.tools.markById(id);
      this.#set({ id: "" });
    } catch (error) {
      this.problem = troubleOf(error, this.text.planning.errors).text;
    }
  }

  async #applyMarks(): Promise<void> {
    await this.#write([this.#marks()], () => this.shell.planner.tools.unmark());
  }

  /** What is decided for what is marked. */
  #marks(): EditRequest {
    const attributes = this.action === "modify" ? this.#changes() : {};
    return { action: this.action, features: this.state.planning.marked.map(({ id }) => id), ...(Object.keys(attributes).length > 0 ? { attributes } : {}) };
  }

  /** The edits that a press on the tab's button would write. */
  #draft(): EditRequest[] {
    const { marked, sketch, preview } = this.state.planning;
    switch (this.tab) {
      case "mark": {
        const isChange = this.action === "demolish" || (this.action === "modify" && Object.keys(this.#changes()).length > 0);
        return marked.length > 0 && isChange ? [this.#marks()] : [];
      }
      case "draw": {
        const outline = sketch?.use === "block" ? outlineOf(sketch) : null;
        const build = outline && this.#massing(outline);
        return build ? [{ action: "build", build }] : [];
      }
      case "array":
        return preview?.bodies.map((build) => ({ action: "build", build })) ?? [];
      case "pipe":
        return [];
    }
  }

  /** Puts an answer of "how many storeys" into the form of what is drawn, or writes it to the building. */
  #takeStoreys({ id, storeys }: { id: string; storeys: number }): void {
    if (this.tab === "draw" && this.state.planning.sketch) this.#set({ storeys });
    else if (isProposal({ id })) void this.#write([{ action: "modify", features: [id], attributes: { storeys } }]);
  }

  /** Attributes that 改 sets. */
  #changes(): Record<string, unknown> {
    const { addedStoreys, bodyStoreys, newUse, facade } = this.form;
    const hasProposals = this.state.planning.marked.some(isProposal);
    return {
      ...(hasProposals ? (bodyStoreys ? { storeys: bodyStoreys } : {}) : addedStoreys ? { added_storeys: addedStoreys } : {}),
      ...(newUse ? { use: newUse } : {}),
      ...(facade.trim() ? { facade: facade.trim() } : {}),
    };
  }

  // Drawing ----------------------------------------------------------------------------------------------------------

  #draw(): TemplateResult {
    const { edit: text } = this.text;
    const { sketch, busy } = this.state.planning;
    const own = sketch?.use === "block" ? sketch : null;
    const body = own?.closed ? this.#body(own.points) : null;
    return html`${this.#outlineTools("block", own !== null && !own.closed)}
      <div class="triple">
        ${numberField({ label: text.storeys, name: "storeys", value: this.form.storeys, min: 1, max: 200, step: 1, isLive: true, onChange: (storeys) => this.#set({ storeys: storeys ?? 1 }) })}
        ${numberField({ label: text.floor_height, name: "floor_height", value: this.form.floorHeight, min: 2, max: 12, step: 0.1, isLive: true, onChange: (floorHeight) => this.#set({ floorHeight: floorHeight ?? 3 }) })}
        ${numberField({ label: text.setback, name: "setback", value: this.form.setback, min: 0, max: 100, step: 0.5, isLive: true, onChange: (setback) => this.#set({ setback: setback ?? 0 }) })}</div>
      ${slideField({ label: text.slide_storeys, name: "storeys_slide", value: this.form.storeys, min: 1, max: SLIDE_STOREYS, onChange: (storeys) => this.#set({ storeys: storeys ?? 1 }) })}
      <div class="pair">${selectField(text.use, "use", this.form.use, this.#uses(), (use) => this.#set({ use }))}${textField(text.name, "name", this.form.name, (name) => this.#set({ name }))}</div>
      ${this.#figures(body)}
      ${own?.closed && crossesItself(own.points) ? html`<p class="warn" role="alert">${text.crossing}</p>` : own?.closed && !body ? html`<p class="warn" role="alert">${text.no_room}</p>` : nothing}
      <button class="primary" data-edit="build" ?disabled=${!body || busy} @click=${() => void this.#build()}>${icons.plus}${text.build}</button>`;
  }

  /** Outline of the building: what was drawn, less the setback. */
  #body(points: readonly Point[]): Point[] | null {
    return crossesItself(points) ? null : inset(points, this.form.setback);
  }

  #figures(body: Point[] | null): TemplateResult | typeof nothing {
    const { edit: text } = this.text;
    if (!body) return nothing;
    const area = Math.abs(signedArea(body));
    const number = (value: number, decimals = 0): string => formatNumber(value, this.state.language, decimals);
    const { storeys, floorHeight } = this.form;
    return html`<div class="figures number" role="status"><div><span>${text.footprint}</span><b>${number(area)} m²</b></div><div><span>${text.floor_area}</span><b>${number(area * storeys)} m²</b></div><div><span>${text.height}</span><b>${number(storeys * floorHeight, 1)} m</b></div></div>`;
  }

  async #build(): Promise<void> {
    const { sketch } = this.state.planning;
    const { tools } = this.shell.planner;
    const build = sketch?.closed ? this.#massing(sketch.points) : null;
    if (build) await this.#write([{ action: "build", build }], () => tools.clearSketch());
  }

  /** The building over an outline, by the form. */
  #massing(points: readonly Point[]): Massing | null {
    const body = this.#body(points);
    const footprint = body && this.shell.planner.tools.polygon(body);
    const { storeys, floorHeight, use, name } = this.form;
    return footprint && { footprint, storeys, floor_height_m: floorHeight, use, ...(name.trim() ? { name: name.trim() } : {}) };
  }

  /** Buttons and typed values by which an outline comes about; the same for a block, a site and an area. */
  #outlineTools(use: "block" | "site" | "area", isDrawing: boolean): TemplateResult {
    const { edit: text } = this.text;
    const { sketch } = this.state.planning;
    const { tools } = this.shell.planner;
    const own = sketch?.use === use ? sketch : null;
    return html`<div class="row stretch">
        <button class="plain tool" data-edit="polygon" aria-pressed=${isDrawing && own?.shape === "polygon"} @click=${() => tools.draw(use, "polygon")}>${icons.edit}${text.polygon}</button>
        <button class="plain tool" data-edit="rectangle" aria-pressed=${isDrawing && own?.shape === "rectangle"} @click=${() => tools.draw(use, "rectangle")}>${text.rectangle}</button></div>
      <p class="hint" role="status">${this.#snapWords() ?? (own?.shape === "rectangle" ? text.rectangle_hint : text.draw_hint)}</p>
      ${own && own.points.length > 0 ? html`<ol class="points scroll number" tabindex="0" aria-label=${text.points}>${own.points.map((point, index) => html`<li>${this.#pointLine(own.points, point, index)}</li>`)}</ol>
        <div class="row"><button class="plain" @click=${() => tools.removePoint()}>${text.back}</button>${own.closed ? nothing : html`<button class="plain" ?disabled=${own.points.length < 3} @click=${() => tools.close()}>${text.close}</button>`}<button class="plain" @click=${() => tools.clearSketch()}>${text.restart}</button></div>` : nothing}
      ${isDrawing && own ? html`<details ?open=${own.points.length > 0}><summary>${text.next_point}</summary><div>${this.#typed(own.points)}</div></details>` : nothing}
      <details><summary>${text.by_size}</summary><div><div class="triple">
        ${numberField({ label: text.width, name: "width", value: this.form.width, min: 1, max: 2000, onChange: (width) => this.#set({ width: width ?? 30 }) })}
        ${numberField({ label: text.depth, name: "depth", value: this.form.depth, min: 1, max: 2000, onChange: (depth) => this.#set({ depth: depth ?? 20 }) })}
        ${numberField({ label: text.rotation, name: "rotation", value: this.form.rotation, min: 0, max: 360, onChange: (rotation) => this.#set({ rotation: rotation ?? 90 }) })}</div>
        <button class="plain" data-edit="place-rectangle" @click=${() => this.#placeRectangle(use)}>${text.place}</button></div></details>`;
  }

  #snapWords(): TemplateResult | null {
    const { edit: text } = this.text;
    const snap = this.state.planning.sketch?.snap;
    const words = snap === "vertex" ? text.snap_vertex : snap === "right_angle" ? text.snap_right : snap === "start" ? text.snap_start : null;
    return words ? html`<span class="snap">${words}</span>` : null;
  }

  #pointLine(points: readonly Point[], point: Point, index: number): TemplateResult {
    const before = points[index - 1];
    const number = (value: number): string => formatNumber(value, this.state.language, 1);
    return html`<span>${fill(this.text.edit.point, { n: index + 1 })}</span><span>${before ? `${number(distance(before, point))} m · ${number(bearing(before, point))}°` : `${number(point[0])}, ${number(point[1])}`}</span>`;
  }

  #typed(points: readonly Point[]): TemplateResult {
    const { edit: text } = this.text;
    const last = points.at(-1);
    // Enter in a box adds the corner. The buttons are never shut: the one that a Tab leads to would still be so while the box before it is left.
    const submit = (add: () => void) => (event: Event): void => {
      event.preventDefault();
      add();
    };
    return html`${last ? html`<form class="triple" style="align-items:end" @submit=${submit(() => this.#addAlong(last))}>
        ${numberField({ label: text.length, name: "length", value: this.form.length, min: 0.1, onChange: (length) => this.#set({ length }) })}
        ${numberField({ label: text.bearing, name: "bearing", value: this.form.bearing, min: 0, max: 360, onChange: (value) => this.#set({ bearing: value }) })}
        <button class="plain">${text.add_point}</button></form>` : nothing}
      <form class="triple" style="align-items:end" @submit=${submit(() => this.#addLonLat())}>
        ${numberField({ label: text.lon, name: "lon", value: this.form.lon, min: -180, max: 180, onChange: (lon) => this.#set({ lon }) })}
        ${numberField({ label: text.lat, name: "lat", value: this.form.lat, min: -90, max: 90, onChange: (lat) => this.#set({ lat }) })}
        <button class="plain">${text.add_point}</button></form>`;
  }

  #addAlong(last: Point): void {
    const { length, bearing: towards } = this.form;
    if (length && towards !== null) this.shell.planner.tools.addPoint(along(last, length, towards));
  }

  #addLonLat(): void {
    const { lon, lat } = this.form;
    const point = lon === null || lat === null ? null : this.shell.planner.tools.pointAt(lon, lat);
    if (point) this.shell.planner.tools.addPoint(point);
  }

  #placeRectangle(use: "block" | "site" | "area"): void {
    const centre = this.state.camera?.view.target_enu;
    const { width, depth, rotation } = this.form;
    if (centre && width > 0 && depth > 0) this.shell.planner.tools.setOutline(use, rectangleAt(centre, width, depth, rotation));
    this.#height();
  }

  // Array ------------------------------------------------------------------------------------------------------------

  #array(): TemplateResult {
    const { edit: text } = this.text;
    const { sketch, preview, busy } = this.state.planning;
    const site = sketch?.use === "site" ? sketch : null;
    const { language, selection, planning } = this.state;
    const project = planning.projects?.find(({ id }) => id === (this.form.project || selection?.id));
    return html`<p class="label">${text.site}</p>
      ${project?.outline ? html`<button class="plain" @click=${() => this.#siteOfProject()}>${text.site_project} · ${project.name}</button>` : nothing}
      ${this.#outlineTools("site", site !== null && !site.closed)}
      ${site?.closed ? html`<p class="hint">${text.area} ${formatNumber(Math.abs(signedArea(site.points)), language)} m²</p>` : nothing}
      ${segments(text.kind, [["slab", text.slab], ["tower", text.tower]] as const, this.form.kind, (kind) => this.#set({ kind, use: kind }))}
      <div class="triple">
        ${numberField({ label: text.far, name: "far", value: this.form.far, min: 0.1, max: 20, step: 0.1, onChange: (far) => this.#set({ far: far ?? 1 }) })}
        ${numberField({ label: text.storeys, name: "storeys", value: this.form.storeys, min: 1, max: 200, step: 1, onChange: (storeys) => this.#set({ storeys: storeys ?? 1 }) })}
        ${numberField({ label: text.floor_height, name: "floor_height", value: this.form.floorHeight, min: 2, max: 12, step: 0.1, onChange: (floorHeight) => this.#set({ floorHeight: floorHeight ?? 3 }) })}
        ${numberField({ label: text.setback, name: "setback", value: this.form.setback, min: 0, max: 100, step: 0.5, onChange: (setback) => this.#set({ setback: setback ?? 0 }) })}
        ${numberField({ label: text.spacing, name: "spacing", value: this.form.spacing, min: 1, max: 500, step: 1, placeholder: "—", onChange: (spacing) => this.#set({ spacing }) })}
        ${selectField(text.use, "use", this.form.use, this.#uses(), (use) => this.#set({ use }))}</div>
      <div class="row stretch"><button class="plain" data-edit="preview" ?disabled=${!site?.closed || busy} @click=${() => void this.#preview()}>${text.preview}</button>
        <button class="primary" data-edit="place" ?disabled=${!preview || preview.bodies.length === 0 || busy} @click=${() => void this.#place()}>${text.place_all}</button></div>
      ${preview ? html`<p role="status">${fill(text.reached, { far: formatNumber(preview.reachedFar, language, 2), n: preview.bodies.length })}${preview.isReached ? nothing : html`<br><span class="warn">${text.not_reached}</span>`}</p>` : nothing}`;
  }

  #siteOfProject(): void {
    const { planning, selection, manifest } = this.state;
    const project = planning.projects?.find(({ id }) => id === (this.form.project || selection?.id));
    const [ring] = outerRings(project?.outline ?? null);
    if (!ring || !manifest || !project) return;
    const { tools } = this.shell.planner;
    const z = project.center_enu[2];
    tools.setOutline("site", ring.slice(0, -1).flatMap(([lon = 0, lat = 0]): Point[] => {
      const point = tools.pointAt(lon, lat);
      return point ? [[point[0], point[1], z]] : [];
    }));
  }

  async #preview(): Promise<void> {
    const { scenario } = this.state.planning;
    const { tools } = this.shell.planner;
    const site = tools.outline();
    if (!scenario || !site) return;
    const { kind, far, storeys, floorHeight, use, setback, spacing } = this.form;
    const body: MassingRequest = { site, kind, target_far: far, storeys, floor_height_m: floorHeight, use, setback_m: setback, ...(spacing === null ? {} : { spacing }) };
    this.problem = null;
    try {
      const { footprints, reached_far, is_reached } = await this.shell.api.scenarios.massing(scenario.id, body);
      tools.preview(footprints, reached_far, is_reached);
    } catch (error) {
      this.#refused(error);
    }
  }

  async #place(): Promise<void> {
    const { preview } = this.state.planning;
    if (!preview) return;
    await this.#write(preview.bodies.map((build) => ({ action: "build" as const, build })), () => this.shell.planner.tools.clearSketch());
  }

  // Pipes ------------------------------------------------------------------------------------------------------------

  #pipe(): TemplateResult {
    const { edit: text } = this.text;
    const { language, selection, planning } = this.state;
    const classes = pipeClasses(language);
    const road = selection?.detail?.attributes["road"];
    return html`<p class="hint">${text.pipe_hint}</p>
      ${typeof road === "string" && selection?.detail?.class === "Pipe" ? html`<button class="plain" @click=${() => this.#fromSelection()}>${text.from_selection} · ${road}</button>` : nothing}
      <div class="pair">${textField(text.road, "road", this.form.road, (value) => this.#set({ road: value }), { required: true })}
        ${selectField(text.pipe_class, "pipe_class", this.form.pipeClass, classes, (pipeClass) => this.#set({ pipeClass }))}</div>
      <div class="pair">${numberField({ label: text.diameter, name: "diameter", value: this.form.diameter, min: 10, max: 5000, step: 1, placeholder: text.same, onChange: (diameter) => this.#set({ diameter }) })}
        ${selectField(text.material, "material", this.form.material, [["", text.same], ...materials(language)], (material) => this.#set({ material }))}</div>
      <div class="row stretch"><button class="plain" data-edit="abandon" ?disabled=${!this.form.road.trim() || planning.busy} @click=${() => void this.#write([{ action: "abandon", pipe: { road: this.form.road.trim(), pipe_class: this.form.pipeClass } }])}>${text.abandon}</button>
      <button class="primary" data-edit="replace" ?disabled=${!this.form.road.trim() || planning.busy || (this.form.diameter === null && !this.form.material)} @click=${() => void this.#replace()}>${text.replace}</button></div>
      ${this.#newPipe()}`;
  }

  /** A new pipe along a drawn or typed line. */
  #newPipe(): TemplateResult {
    const { edit: text } = this.text;
    const { sketch, busy } = this.state.planning;
    const { tools } = this.shell.planner;
    const own = sketch?.use === "pipe" ? sketch : null;
    const { diameter, material, pipeDepth } = this.form;
    return html`<details ?open=${own !== null}><summary>${text.new_pipe}</summary><div>
      <button class="plain tool" data-edit="pipe-line" aria-pressed=${own !== null && this.state.planning.tool === "draw"} @click=${() => (own ? tools.clearSketch() : tools.draw("pipe", "polygon"))}>${icons.edit}${text.draw_line}</button>
      ${own && own.points.length > 0 ? html`<ol class="points scroll number" tabindex="0" aria-label=${text.points}>${own.points.map((point, index) => html`<li>${this.#pointLine(own.points, point, index)}</li>`)}</ol>` : nothing}
      ${own ? this.#typed(own.points) : nothing}
      ${numberField({ label: text.depth_m, name: "depth_m", value: pipeDepth, min: 0.1, max: 50, step: 0.1, onChange: (value) => this.#set({ pipeDepth: value ?? 1.5 }) })}
      <button class="primary" data-edit="lay" ?disabled=${!own || own.points.length < 2 || diameter === null || !material || busy} @click=${() => void this.#lay()}>${text.lay}</button></div></details>`;
  }

  async #lay(): Promise<void> {
    const { tools } = this.shell.planner;
    const line = tools.line();
    const { diameter, material, pipeClass, pipeDepth } = this.form;
    if (!line || diameter === null) return;
    await this.#write([{ action: "build", pipe: { add: { line, pipe_class: pipeClass, diameter_mm: diameter, material, depth_m: pipeDepth } } }], () => tools.clearSketch());
  }

  #fromSelection(): void {
    const attributes = this.state.selection?.detail?.attributes ?? {};
    this.#set({ road: String(attributes["road"] ?? ""), pipeClass: String(attributes["pipe_class"] ?? this.form.pipeClass) });
  }

  async #replace(): Promise<void> {
    const { road, pipeClass, diameter, material } = this.form;
    const replace = { ...(diameter === null ? {} : { diameter_mm: diameter }), ...(material ? { material } : {}) };
    await this.#write([{ action: "modify", pipe: { replace, road: road.trim(), pipe_class: pipeClass } }]);
  }

  // Record -----------------------------------------------------------------------------------------------------------

  #record(): TemplateResult {
    const { edit: text } = this.text;
    const projects = this.state.planning.projects ?? this.state.manifest?.projects ?? [];
    return html`<details><summary>${text.record}${this.form.project || this.form.phase ? " ·" : ""} ${[projects.find(({ id }) => id === this.form.project)?.name, this.form.phase].filter(Boolean).join(" · ")}</summary><div>
      ${selectField(text.project, "project", this.form.project, [["", text.no_project], ...projects.map(({ id, name }) => [id, name] as const)], (project) => this.#set({ project }))}
      <div class="pair">${textField(text.phase, "phase", this.form.phase, (phase) => this.#set({ phase }), { type: "date" })}
        ${textField(this.text.planning.author, "author", this.state.planning.author, (author) => this.shell.planner.setAuthor(author))}</div>
      ${textField(text.note, "note", this.form.note, (note) => this.#set({ note }))}</div></details>`;
  }

  /** Writes edits; `done` puts away what they were made of. */
  async #write(edits: EditRequest[], done?: () => void): Promise<void> {
    this.problem = null;
    this.#isWriting = true;
    try {
      if (await this.shell.planner.edit(edits.map((edit) => this.#recorded(edit)))) done?.();
    } finally {
      this.#isWriting = false;
      this.requestUpdate();
    }
  }

  /** With project, phase and note of the form. */
  #recorded(edit: EditRequest): EditRequest {
    const { project, phase, note } = this.form;
    return { ...edit, ...(project ? { project } : {}), ...(isDate(phase) ? { phase } : {}), ...(note.trim() ? { note: note.trim() } : {}) };
  }

  #refused(error: unknown): void {
    const { text, items } = troubleOf(error, this.text.planning.errors);
    this.problem = [text, ...items.map(({ feature, message }) => (feature ? `${feature}: ${message}` : message))].join(" · ");
  }

  #turn(tab: ToolTab): void {
    const { tools } = this.shell.planner;
    if (tab !== this.tab) tools.clear();
    this.tab = tab;
    if (tab === "mark") tools.take("mark");
    this.#height();
  }

  #set(change: Partial<EditPanel["form"]>): void {
    this.form = { ...this.form, ...change };
    if ("storeys" in change || "floorHeight" in change) this.#height();
  }

  #height(): void {
    this.shell.planner.tools.setHeight(this.form.storeys * this.form.floorHeight);
  }

  #uses(): (readonly [string, string])[] {
    return buildingUses(this.state.language);
  }
}


/** Bodies that scenarios build have ids of their own (`server/app/src/scenarios`). */
function isProposal({ id }: Pick<Marked, "id">): boolean {
  return id.startsWith("p-");
}

/** An outline as far as it is drawn: of one that is open, what it would be if it ended at the pointer. */
function outlineOf({ points, cursor, closed, shape }: Sketch): readonly Point[] | null {
  if (closed) return points;
  const [a, b] = points;
  if (!cursor || !a || !b) return null;
  return shape === "rectangle" ? rectangleFrom(a, b, cursor) : [...points, cursor];
}

customElements.define("cj-edit", EditPanel);
