// Bottom drawer: 三库一单, the table of projects with Gantt bars, and the investment of town offices against their targets.
import { css, html, nothing, svg, type SVGTemplateResult, type TemplateResult } from "lit";
import { formatMoney } from "../attributes/format";
import { enuFromGeodetic, geodeticFromEnu } from "../geo";
import { outerRings, type GeoFeature } from "../geojson";
import { fill, formatNumber } from "../i18n";
import { FIRST_YEAR, LAST_YEAR, YEARS } from "../planning/phase";
import { troubleOf } from "../planning/trouble";
import { importFormat, wordFor, type Office, type Project, type Vocabulary } from "../projects/api";
import { officeShare, RAMP, rampColor } from "../projects/ramp";
import { bar, listProjects, NO_FILTER, SORTS, valuesOf, yearShare, type Filter, type Sort } from "../projects/list";
import { doneShare, progressLevel, statusFill, statusKind } from "../projects/status";
import { fields, segments } from "../ui/fields";
import { icons } from "../ui/icons";
import { Panel } from "../ui/panel";
import type { ShellState } from "../state/state";
import { shared } from "../ui/styles";

/** Walls around projects: glass envelope on demand, and the low one that the engine begins with, metres. */
const ENVELOPE_M = 36;
const LOW_WALL_M = 3;

/** Layer of the town offices' zones. */
const ZONES = "projects/zone";

export class LibraryPanel extends Panel {
  static override properties = { ...Panel.properties, tab: { state: true }, filter: { state: true }, sort: { state: true }, offices: { state: true }, zones: { state: true }, problem: { state: true } };
  static override styles = [shared, fields, css`
    :host { display: block; min-height: 0; }
    section { display: flex; flex-direction: column; height: 100%; min-height: 0; padding: 8px; gap: 8px; }
    .head { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; }
    .head h2 { padding: 0 8px; }
    .head .input { width: auto; max-width: 128px; }
    .head .grow { flex: 1; }
    .table { flex: 1; min-height: 0; }
    table { width: 100%; border-collapse: separate; border-spacing: 0; font-size: 13px; table-layout: fixed; }
    thead th { position: sticky; top: 0; z-index: 1; background: var(--cj-card-solid); font-weight: 400; font-size: 12px; color: var(--cj-muted); text-align: left; padding: 4px 8px; border-bottom: 1px solid var(--cj-line); }
    tbody tr { content-visibility: auto; contain-intrinsic-size: auto 36px; cursor: pointer; }
    tbody tr:hover { background: var(--cj-hover); }
    tbody tr[aria-selected="true"] { background: rgb(95 208 216 / 16%); }
    td { padding: 0 8px; height: 36px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; border-bottom: 1px solid rgb(255 255 255 / 6%); }
    td button { width: 100%; justify-content: flex-start; padding: 0; min-height: 32px; background: none; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; display: block; text-align: left; }
    td small { color: var(--cj-muted); }
    .n { text-align: right; }
    .stage { display: inline-flex; align-items: center; gap: 6px; }
    .stage i { width: 14px; height: 14px; border-radius: 4px; box-shadow: inset 0 0 0 1px rgb(255 255 255 / 40%); }
    .axis { position: relative; display: grid; grid-auto-flow: column; grid-auto-columns: 1fr; font-size: 11px; }
    td.gantt { padding: 0; overflow: visible; }
    .lane { position: relative; height: 36px; background: repeating-linear-gradient(90deg, rgb(255 255 255 / 7%) 0 1px, transparent 1px calc(100% / ${LAST_YEAR + 1 - FIRST_YEAR})); }
    .bar { position: absolute; top: 10px; height: 16px; border-radius: 4px; box-shadow: inset 0 0 0 1px rgb(255 255 255 / 30%); }
    .bar .done { position: absolute; left: 0; bottom: 0; height: 4px; background: #fff; opacity: .85; border-radius: 0 0 0 4px; }
    .stone { position: absolute; top: 13px; width: 9px; height: 9px; margin-left: -5px; transform: rotate(45deg); background: #10181f; border: 1.5px solid #fff; }
    .stone.done { background: #fff; }
    .today { position: absolute; top: 0; bottom: 0; width: 1px; background: var(--cj-warn); }
    .offices { display: grid; grid-template-columns: minmax(240px, 320px) 1fr; gap: 16px; min-height: 0; flex: 1; }
    svg.map { width: 100%; height: 100%; min-height: 0; }
    .legend { display: flex; flex-wrap: wrap; gap: 4px 12px; font-size: 12px; }
    .legend i, .sw { display: inline-block; width: 16px; height: 12px; border-radius: 3px; vertical-align: -1px; margin-right: 4px; box-shadow: inset 0 0 0 1px rgb(255 255 255 / 35%); }
    .meter { position: relative; height: 14px; border-radius: 4px; background: rgb(255 255 255 / 12%); overflow: hidden; }
    .meter span { position: absolute; inset: 0 auto 0 0; }
    .meter em { position: absolute; top: 0; bottom: 0; width: 2px; background: var(--cj-warn); }
    .map path { stroke: rgb(255 255 255 / 70%); stroke-width: 1; cursor: pointer; vector-effect: non-scaling-stroke; }
    .map text { fill: #fff; font-size: 12px; text-anchor: middle; paint-order: stroke; stroke: rgb(0 0 0 / 70%); stroke-width: 3px; pointer-events: none; }
    .check { display: inline-flex; align-items: center; gap: 6px; white-space: nowrap; font-size: 13px; cursor: pointer; min-height: 32px; }
    .check input { accent-color: var(--cj-accent); width: 16px; height: 16px; margin: 0; }
    label.file { display: inline-flex; align-items: center; min-height: 32px; padding: 0 12px; border: 1px solid var(--cj-line); border-radius: 8px; cursor: pointer; gap: 8px; }
    label.file:hover { background: var(--cj-hover); }
    label.file:focus-within { outline: 2px solid var(--cj-accent); outline-offset: 2px; }
    label.file input { position: absolute; width: 1px; height: 1px; opacity: 0; }
    .menu { position: relative; }
    .menu summary { list-style: none; display: inline-flex; align-items: center; min-height: 32px; padding: 0 12px; border: 1px solid var(--cj-line); border-radius: 8px; cursor: pointer; }
    .menu div { position: absolute; right: 0; bottom: 40px; z-index: 2; background: var(--cj-card-solid); border: 1px solid var(--cj-line); border-radius: 8px; padding: 4px; display: grid; min-width: 120px; }
    .menu a { color: inherit; text-decoration: none; padding: 6px 12px; border-radius: 6px; }
    .menu a:hover { background: var(--cj-hover); }
    @media (max-width: 900px) { .wide { display: none; } .offices { grid-template-columns: 1fr; overflow: auto; } svg.map { height: 160px; } }
    @media (max-width: 720px) { .head h2, .check, .gantt, .money { display: none; } .head .input { max-width: 110px; } .head > button:last-child { position: absolute; right: 8px; top: 8px; } section { position: relative; } }
  `];

  declare tab: "table" | "offices";
  declare filter: Filter;
  declare sort: Sort;
  declare offices: readonly Office[] | null;
  declare zones: readonly GeoFeature[];
  declare problem: string | null;

  constructor() {
    super();
    this.tab = "table";
    this.filter = NO_FILTER;
    this.sort = "stage";
    this.offices = null;
    this.zones = [];
    this.problem = null;
  }

  /** Projects of which the offices' sums were read; undefined before the first time. */
  #summed: readonly Project[] | null | undefined;

  override updated(): void {
    const { projects } = this.state.planning;
    if (projects === this.#summed) return;
    this.#summed = projects;
    void this.#readOffices();
  }

  protected override drawn(state: ShellState): readonly unknown[] {
    return [state.planning.projects, state.planning.offices, state.planning.sketch, state.planning.vocabulary, state.selection, state.language, state.manifest];
  }

  override render(): TemplateResult {
    const { library: text } = this.text;
    const all = this.state.planning.projects ?? [];
    const shown = listProjects(all, this.filter, this.sort);
    return html`<section class="card" aria-label=${text.title} @keydown=${(event: KeyboardEvent) => { if (event.key === "Escape") this.#close(); }}>
      <div class="head"><h2>${text.title}</h2>
        <div>${segments(text.title, [["table", text.table], ["offices", text.offices]] as const, this.tab, (tab) => { this.tab = tab; })}</div>
        ${this.tab === "table" ? this.#filters(all) : nothing}
        <span class="muted number" role="status">${this.tab === "table" ? fill(text.count, { n: formatNumber(shown.length, this.state.language) }) : ""}</span>
        <span class="grow"></span>
        ${this.tab === "offices" ? html`<label class="check"><input type="checkbox" name="choropleth" .checked=${this.state.planning.offices !== null} @change=${(event: Event) => this.#choropleth((event.target as HTMLInputElement).checked)}>${text.choropleth}</label>` : nothing}
        <label class="check"><input type="checkbox" name="envelope" @change=${(event: Event) => this.#envelope((event.target as HTMLInputElement).checked)}>${text.envelope}</label>
        <button class="plain" data-library="create" aria-pressed=${this.state.planning.sketch?.use === "project"} @click=${() => this.#draw()}>${icons.plus}${text.create}</button>
        <label class="file">${text.import}<input type="file" accept=".geojson,.json,.csv,.xlsx,.gml,.xml" @change=${(event: Event) => void this.#import(event)}></label>
        <details class="menu"><summary>${text.export}</summary><div>${(["geojson", "csv", "xlsx"] as const).map((format) => html`<a href=${this.shell.api.projects.exportUrl(format)} download="projects.${format}">${format.toUpperCase()}</a>`)}</div></details>
        <button aria-label=${text.close} title=${text.close} @click=${() => this.#close()}>${icons.close}</button></div>
      ${this.problem ? html`<p class="trouble" role="alert">${this.problem}</p>` : nothing}
      ${this.#creating()}
      ${this.tab === "table" ? this.#table(shown) : this.#offices()}
    </section>`;
  }

  #filters(all: readonly Project[]): TemplateResult {
    const { library: text } = this.text;
    const choose = (label: string, field: "library" | "stage" | "class" | "way" | "office", values: string[]): TemplateResult => html`<select class="input ${field === "stage" ? "" : "wide"}" aria-label=${label} @change=${(event: Event) => { this.filter = { ...this.filter, [field]: (event.target as HTMLSelectElement).value }; }}>
      <option value="">${label} · ${text.any}</option>${values.map((value) => html`<option value=${value} .selected=${this.filter[field] === value}>${field === "library" || field === "office" ? value : this.#word(field, value)}</option>`)}</select>`;
    return html`<input class="input" type="search" aria-label=${text.search} placeholder=${text.search} .value=${this.filter.text} @input=${(event: Event) => { this.filter = { ...this.filter, text: (event.target as HTMLInputElement).value }; }}>
      ${choose(text.library, "library", valuesOf(all, "library"))}${choose(text.stage, "stage", valuesOf(all, "stage"))}${choose(text.class, "class", valuesOf(all, "class"))}${choose(text.way, "way", valuesOf(all, "way"))}${choose(text.office, "office", valuesOf(all, "town_office"))}
      <select class="input" aria-label=${text.sort} @change=${(event: Event) => { this.sort = (event.target as HTMLSelectElement).value as Sort; }}>${SORTS.map((sort) => html`<option value=${sort} .selected=${this.sort === sort}>${text.sort} · ${text.sorts[sort]}</option>`)}</select>`;
  }

  #table(shown: readonly Project[]): TemplateResult {
    const { library: text } = this.text;
    const today = (yearShare(new Date().toISOString().slice(0, 10)) ?? 0) * 100;
    return html`<div class="table scroll" tabindex="0"><table class="number">
      <colgroup><col style="width:220px"><col style="width:92px"><col class="wide" style="width:150px"><col class="wide" style="width:150px"><col class="money" style="width:132px"><col class="money" style="width:64px"><col style="width:112px"><col class="gantt"></colgroup>
      <thead><tr><th scope="col">${text.name}</th><th scope="col">${text.stage}</th><th scope="col" class="wide">${text.way}</th><th scope="col" class="wide">${text.unit}</th><th scope="col" class="n money">${text.investment}</th><th scope="col" class="n money">${text.done}</th><th scope="col">${text.progress}</th>
        <th scope="col" class="gantt" aria-label=${text.schedule}><div class="axis">${YEARS.map((year) => html`<span>${String(year).slice(2)}</span>`)}</div></th></tr></thead>
      <tbody>${shown.map((project) => this.#row(project, today))}</tbody></table>
      ${shown.length === 0 ? html`<p class="muted" style="padding:16px">${text.none}</p>` : nothing}</div>`;
  }

  #word(field: keyof Vocabulary, id: string | null): string {
    return wordFor(this.state.planning.vocabulary, field, id, this.state.language);
  }

  #row(project: Project, today: number): TemplateResult {
    const { library: text } = this.text;
    const { language, selection } = this.state;
    const kind = statusKind(project);
    const share = doneShare(project);
    const level = progressLevel(project.progress);
    const span = bar(project.start_on ?? project.entered_on, project.finish_on);
    return html`<tr aria-selected=${selection?.id === project.id} @click=${() => this.#go(project)}>
      <td><button data-row=${project.id} title=${project.name} @click=${(event: Event) => { event.stopPropagation(); this.#go(project); }}>${project.name}</button></td>
      <td><span class="stage"><i style="background:${statusFill(kind)}"></i>${kind === "exit" ? this.#word("exit", project.exit) : this.#word("stage", project.stage)}</span></td>
      <td class="wide" title=${this.#word("way", project.way)}>${this.#word("way", project.way)}</td><td class="wide" title=${project.responsible_unit ?? ""}>${project.responsible_unit ?? "—"}</td>
      <td class="n money">${project.investment_cny === null ? "—" : formatMoney(project.investment_cny, language)}</td><td class="n money">${share === null ? "—" : `${formatNumber(share * 100, language)} %`}</td>
      <td>${level ? html`<span style="color:${level.color}">${level.mark} ${this.#word("progress", project.progress)}</span>` : "—"}${project.flags.length > 0 ? html` <small title=${project.flags.map(({ message }) => message).join("\n")}>⚑${project.flags.length}</small>` : nothing}</td>
      <td class="gantt"><div class="lane" role="img" aria-label=${`${text.schedule} ${project.start_on ?? "?"} – ${project.finish_on ?? "?"}`}>
        ${span ? html`<span class="bar" style="left:${span.left}%;width:${span.width}%;background:${statusFill(kind)}">${share === null ? nothing : html`<span class="done" style="width:${Math.min(100, share * 100)}%"></span>`}</span>` : nothing}
        ${project.milestones.map(({ step, planned_on, done_on }) => { const at = yearShare(done_on ?? planned_on); return at === null || at < 0 || at > 1 ? nothing : html`<span class="stone ${done_on ? "done" : ""}" style="left:${at * 100}%" title="${step} ${done_on ?? planned_on}"></span>`; })}
        <span class="today" style="left:${today}%" title=${text.year_now}></span></div></td></tr>`;
  }

  // New project --------------------------------------------------------------------------------------------------------

  /** Walls of glass around the projects, as high as a house, or the low ones. */
  #envelope(high: boolean): void {
    this.shell.send({ type: "set_project_envelope", height_m: high ? ENVELOPE_M : LOW_WALL_M });
  }

  #draw(): void {
    const { tools } = this.shell.planner;
    if (this.state.planning.sketch?.use === "project") tools.clearSketch();
    else tools.draw("project", "polygon");
  }

  #creating(): TemplateResult | typeof nothing {
    const { library: text, edit } = this.text;
    const { sketch } = this.state.planning;
    if (sketch?.use !== "project") return nothing;
    if (!sketch.closed) return html`<p class="hint" role="status">${edit.draw_hint} <button class="plain" ?disabled=${sketch.points.length < 3} @click=${() => this.shell.planner.tools.close()}>${edit.close}</button></p>`;
    return html`<form class="head" @submit=${(event: Event) => { event.preventDefault(); void this.#create(event.target as HTMLFormElement); }}>
      <input class="input" style="max-width:320px" name="name" required autocomplete="off" aria-label=${text.name} placeholder=${text.name}><button class="primary">${text.save}</button><button type="button" class="plain" @click=${() => this.#draw()}>${text.cancel}</button></form>`;
  }

  async #create(form: HTMLFormElement): Promise<void> {
    const { tools } = this.shell.planner;
    const outline = tools.outline();
    const name = String(new FormData(form).get("name") ?? "").trim();
    if (!outline || !name) return;
    try {
      const { data } = await this.shell.api.projects.create(outline, { name });
      tools.clearSketch();
      this.problem = null;
      this.shell.notify(this.text.library.saved);
      await this.shell.planner.refreshProjects();
      void this.shell.select(data.id);
    } catch (error) {
      const { text, items } = troubleOf(error, this.text.planning.errors);
      this.problem = [text, ...items.map(({ message }) => message)].join(" · ");
    }
  }

  // Town offices -----------------------------------------------------------------------------------------------------

  #offices(): TemplateResult {
    const { library: text } = this.text;
    const { language } = this.state;
    const { offices } = this;
    if (!offices || offices.length === 0) return html`<p class="muted" style="padding:16px">${text.offices_empty}</p>`;
    const ranked = [...offices].sort((a, b) => (a.rank ?? 999) - (b.rank ?? 999));
    const [first] = ranked;
    const money = (value: number | null): string => (value === null ? "—" : formatMoney(value, language));
    const most = Math.max(1, ...ranked.map(({ target_cny, done_cny, planned_cny }) => Math.max(target_cny ?? 0, done_cny ?? 0, planned_cny ?? 0)));
    return html`<div class="offices"><div style="display:grid;grid-template-rows:1fr auto;min-height:0;gap:8px">${this.#map(ranked)}<div class="legend">${RAMP.map(({ color, words }) => html`<span><i style="background:${color}"></i>${words}</span>`)}</div></div>
      <div class="table scroll" tabindex="0"><table class="number"><colgroup><col style="width:48px"><col style="width:104px"><col style="width:72px"><col style="width:110px"><col style="width:110px"><col style="width:110px"><col style="width:80px"><col></colgroup>
        <thead><tr><th scope="col">${text.rank}</th><th scope="col">${text.office}</th><th scope="col" class="n">${text.projects}</th><th scope="col" class="n">${text.target}</th><th scope="col" class="n">${text.planned_cny}</th><th scope="col" class="n">${text.done_cny}</th><th scope="col" class="n">${text.share}</th><th scope="col"></th></tr></thead>
        <tbody>${ranked.map((office) => {
          const share = officeShare(office);
          return html`<tr @click=${() => this.#goOffice(office)}><td>${office.rank ?? "—"}</td><td><button @click=${(event: Event) => { event.stopPropagation(); this.#goOffice(office); }}><span class="sw" style="background:${rampColor(share)}"></span>${office.name}</button></td><td class="n">${office.num_projects}</td><td class="n">${money(office.target_cny)}</td><td class="n">${money(office.planned_cny)}</td><td class="n">${money(office.done_cny)}</td>
            <td class="n">${share === null ? "—" : `${formatNumber(share * 100, language)} %`}</td><td><div class="meter"><span style="width:${(100 * (office.done_cny ?? 0)) / most}%;background:${rampColor(share)}"></span>${office.target_cny === null ? nothing : html`<em style="left:${(100 * office.target_cny) / most}%"></em>`}</div></td></tr>`;
        })}</tbody></table><p class="hint" style="padding:8px">${text.offices_note}${first?.source ? html`<br>${fill(first.is_sample ? text.offices_sample : text.offices_year, { year: first.year ?? "", source: first.source })}` : nothing}</p></div></div>`;
  }

  #map(offices: readonly Office[]): TemplateResult {
    const { manifest } = this.state;
    const shapes = this.zones.flatMap((zone) => {
      const office = offices.find(({ zone_id, name }) => zone_id === zone.id || name === zone.properties.name);
      const rings = outerRings(zone.geometry);
      return office && rings.length > 0 ? [{ office, rings }] : [];
    });
    if (!manifest || shapes.length === 0) return html`<span></span>`;
    const lat = geodeticFromEnu(manifest.ecef_from_enu, [0, 0, 0]).latDeg;
    const squeeze = Math.cos((lat * Math.PI) / 180);
    const flat = ([lon = 0, north = 0]: number[]): [number, number] => [lon * squeeze * 1e5, -north * 1e5];
    const points = shapes.flatMap(({ rings }) => rings.flat().map(flat));
    const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
    const [x0, y0] = [Math.min(...xs), Math.min(...ys)];
    const [width, height] = [Math.max(...xs) - x0, Math.max(...ys) - y0];
    const scale = 300 / Math.max(width, 1);
    const at = (position: number[]): [number, number] => {
      const [x, y] = flat(position);
      return [(x - x0) * scale, (y - y0) * scale];
    };
    return html`<svg class="map" viewBox="-6 -6 ${width * scale + 12} ${height * scale + 12}" role="img" aria-label=${this.text.library.offices}>${shapes.map(({ office, rings }) => pathOf(rings, at, rampColor(officeShare(office)), office, () => this.#goOffice(office)))}</svg>`;
  }

  /** Colours the offices in the scene, or takes the colours away. */
  #choropleth(on: boolean): void {
    const { manifest, layers } = this.state;
    const level = manifest ? manifest.origin_lon_lat_height[2] : 0;
    const offices = !on || !manifest ? null : (this.offices ?? []).flatMap((office) => {
      const zone = this.#zoneOf(office);
      const rings = outerRings(zone?.geometry ?? null).map((ring) => ring.slice(0, -1).map(([lon = 0, lat = 0]) => enuFromGeodetic(manifest.ecef_from_enu, lon, lat, level)));
      const featureIndex = zone?.properties.feature_index;
      return zone && featureIndex !== undefined && rings.length > 0 ? [{ id: zone.id, featureIndex, name: office.name, share: officeShare(office), rings }] : [];
    });
    // The colours lie on the zones, which somebody may have hidden.
    if (offices && layers[ZONES] === false) this.shell.setLayer(ZONES, true);
    this.shell.planner.offices.show(offices);
  }

  #zoneOf({ zone_id, name }: Office): GeoFeature | undefined {
    return this.zones.find(({ id, properties }) => id === zone_id || properties.name === name);
  }

  #goOffice(office: Office): void {
    const { name } = office;
    const zone = this.#zoneOf(office);
    this.filter = { ...NO_FILTER, office: name };
    if (zone) void this.shell.select(zone.id).then((detail) => { if (detail) this.shell.flyToBounds(detail.bounds_enu, name); });
  }

  async #readOffices(): Promise<void> {
    try {
      this.offices = await this.shell.api.projects.offices();
      if (this.state.manifest?.layers.some(({ id }) => id === ZONES)) this.zones = (await this.shell.api.featuresIn(ZONES, null, 500)).features;
    } catch (error) {
      this.problem = troubleOf(error, this.text.planning.errors).text;
    }
  }

  async #import(event: Event): Promise<void> {
    const input = event.target as HTMLInputElement;
    const file = input.files?.[0];
    input.value = "";
    if (!file) return;
    const { library: text } = this.text;
    const format = importFormat(file.name);
    this.problem = format ? null : fill(text.import_unknown, { name: file.name });
    if (!format) return;
    try {
      const { imported, updated, quarantined, issues } = await this.shell.api.projects.importFile(file, format);
      this.shell.notify(fill(text.imported, { imported, updated, quarantined }));
      if (issues.length > 0) this.problem = issues.slice(0, 5).map((issue) => (typeof issue === "string" ? issue : ((issue as { message?: string }).message ?? JSON.stringify(issue)))).join(" · ");
      await this.shell.planner.refreshProjects();
    } catch (error) {
      const { text: words, items } = troubleOf(error, this.text.planning.errors);
      this.problem = [words, ...items.slice(0, 5).map(({ feature, message }) => (feature ? `${feature}: ${message}` : message))].join(" · ");
    }
  }

  #go({ center_enu: [x, y, z], radius_m: r, name, id }: Project): void {
    this.shell.flyToBounds([x - r, y - r, z, x + r, y + r, z + 20], name);
    void this.shell.select(id);
  }

  #close(): void {
    this.dispatchEvent(new CustomEvent("cj-library", { bubbles: true, composed: true }));
  }
}

function pathOf(rings: number[][][], at: (position: number[]) => [number, number], color: string, { name }: Office, go: () => void): SVGTemplateResult {
  const d = rings.map((ring) => `M${ring.map((position) => at(position).map((value) => value.toFixed(1)).join(" ")).join("L")}Z`).join("");
  const corners = (rings[0] ?? []).map(at);
  const middle = (axis: 0 | 1): number => corners.reduce((sum, corner) => sum + corner[axis], 0) / Math.max(1, corners.length);
  return svg`<g @click=${go}><path d=${d} fill=${color}></path><text x=${middle(0)} y=${middle(1)}>${name}</text></g>`;
}

customElements.define("cj-library", LibraryPanel);
