// Record sheet of the selected project: life cycle, money by year, areas, reviews, flags; and its editing.
import { css, html, nothing, type TemplateResult } from "lit";
import { formatMoney } from "../attributes/format";
import { ApiError } from "../http";
import { formatNumber } from "../i18n";
import { troubleOf } from "../planning/trouble";
import { wordFor, type Project, type Vocabulary, type Word } from "../projects/api";
import { doneShare, progressLevel, STATUS_COLORS, STATUS_KINDS, statusKind } from "../projects/status";
import { listEditors, listStyles, type Lists } from "./project-lists";
import { fields, numberField, selectField, textField } from "../ui/fields";
import { icons } from "../ui/icons";
import { Panel } from "../ui/panel";
import type { ShellState } from "../state/state";
import { shared } from "../ui/styles";

type Draft = Partial<Pick<Project, "name" | "district" | "town_office" | "class" | "way" | "stage" | "exit" | "progress" | "entered_on" | "start_on" | "finish_on" | "investment_cny" | "responsible_unit"
  | "floor_area_existing_m2" | "floor_area_demolished_m2" | "floor_area_new_m2" | "resettlement_rate"> & Lists>;

export class ProjectSheet extends Panel {
  static override properties = { ...Panel.properties, record: { state: true }, draft: { state: true }, problem: { state: true }, isSaving: { state: true } };
  static override styles = [shared, fields, listStyles, css`
    :host { display: flex; flex-direction: column; min-height: 0; }
    section { display: flex; flex-direction: column; min-height: 0; }
    header { display: flex; align-items: flex-start; gap: 8px; padding: 12px 8px 8px 16px; }
    header div { flex: 1; min-width: 0; }
    h2 { font-size: 17px; line-height: 1.4; overflow-wrap: anywhere; }
    h3 { font-size: 12px; font-weight: 600; color: var(--cj-muted); padding: 12px 0 4px; }
    .kind { color: var(--cj-muted); font-size: 12px; }
    .actions { display: flex; flex-wrap: wrap; gap: 8px; padding: 0 16px 8px; }
    .actions .icon { width: 16px; height: 16px; }
    .body { padding: 0 16px 16px; min-height: 0; }
    .life { display: grid; grid-auto-flow: column; grid-auto-columns: 1fr; gap: 2px; padding: 4px 0; font-size: 12px; text-align: center; }
    .life li { border-top: 6px solid rgb(255 255 255 / 16%); padding-top: 4px; color: var(--cj-muted); }
    .life li[data-past] { border-top-color: color-mix(in srgb, var(--c) 55%, transparent); }
    .life li[aria-current="step"] { border-top-color: var(--c); color: var(--cj-text); font-weight: 600; }
    dl { display: grid; grid-template-columns: minmax(84px, auto) 1fr; }
    dt, dd { padding: 4px 0; border-top: 1px solid var(--cj-line); overflow-wrap: anywhere; }
    dt { color: var(--cj-muted); padding-right: 16px; }
    table { width: 100%; border-collapse: collapse; font-size: 13px; }
    th { font-weight: 400; color: var(--cj-muted); text-align: left; font-size: 12px; }
    td, th { padding: 4px 8px 4px 0; border-top: 1px solid var(--cj-line); }
    td.n, th.n { text-align: right; padding-right: 0; padding-left: 8px; }
    .meter { height: 6px; border-radius: 3px; background: rgb(255 255 255 / 16%); overflow: hidden; margin-top: 4px; }
    .meter span { display: block; height: 100%; background: var(--cj-accent); }
    .flag { display: flex; gap: 8px; padding: 4px 0; font-size: 13px; }
    .flag .icon { width: 16px; height: 16px; margin-top: 2px; }
    .flag.red .icon { color: #ff7f6e; } .flag.amber .icon { color: var(--cj-warn); }
    .exit { font-size: 12px; padding: 0 6px; border-radius: 4px; background: #5d6873; }
    form { display: grid; gap: 8px; }
    .save { justify-content: flex-end; position: sticky; bottom: -16px; margin-bottom: -16px; padding: 8px 0 16px; background: var(--cj-card-solid); }
    .state { padding: 8px 16px 16px; }
    .photos { display: grid; grid-template-columns: 1fr 1fr; gap: 4px; }
    .photos img { width: 100%; height: 72px; object-fit: cover; border-radius: 6px; }
  `];

  declare record: { project: Project; etag: string | null } | null;
  declare draft: Draft | null;
  declare problem: string | null;
  declare isSaving: boolean;
  #reading = "";

  constructor() {
    super();
    this.record = null;
    this.draft = null;
    this.problem = null;
    this.isSaving = false;
  }

  override willUpdate(): void {
    const id = this.state.selection?.id;
    const key = `${id}#${this.state.manifest?.revision}`;
    if (!id || key === this.#reading) return;
    this.#reading = key;
    if (this.record?.project.id !== id) {
      this.record = null;
      this.draft = null;
    }
    void this.#read(id);
  }

  async #read(id: string): Promise<void> {
    const { projects } = this.shell.api;
    try {
      const { data, etag } = await projects.read(id);
      // A form that is open keeps the version that it began with, so that nobody's work is overwritten unseen.
      if (this.state.selection?.id !== id || (this.draft && this.record && !this.isSaving)) return;
      this.record = { project: data, etag };
      this.problem = null;
    } catch (error) {
      this.problem = troubleOf(error, this.text.planning.errors).text;
    }
  }

  protected override drawn(state: ShellState): readonly unknown[] {
    return [state.selection, state.manifest, state.language, state.planning.vocabulary];
  }

  override render(): TemplateResult {
    const { selection } = this.state;
    const { attributes, library } = this.text;
    const project = this.record?.project;
    const title = project?.name ?? selection?.detail?.name ?? selection?.id ?? "";
    return html`<section class="card" aria-label=${library.title}>
      <header><div><p class="kind">${[project?.class && this.#word("class", project.class), project?.town_office].filter(Boolean).join(" · ")}</p><h2>${title}</h2></div>
        <button aria-label=${attributes.clear} title=${attributes.clear} @click=${() => void this.shell.select(null)}>${icons.close}</button></header>
      ${this.problem ? html`<p class="trouble" role="alert" style="margin:0 16px 8px">${this.problem}</p>` : nothing}
      ${project ? (this.draft ? this.#form(this.draft) : this.#sheet(project)) : this.problem ? nothing : html`<p class="state muted" role="status">${attributes.loading}</p>`}
    </section>`;
  }

  #sheet(project: Project): TemplateResult {
    const { library: text, indicators } = this.text;
    const { language } = this.state;
    const area = (value: number | null): string | null => (value === null ? null : `${formatNumber(value, language)} m²`);
    const rows: [string, string | null][] = [
      [text.way, project.way && this.#word("way", project.way)],
      [text.unit, project.responsible_unit],
      [text.district, project.district],
      [text.entered, project.entered_on],
      [text.start, project.start_on],
      [text.finish, project.finish_on],
      [text.area, area(project.area_m2)],
      [`${text.floor_areas} · ${text.existing}`, area(project.floor_area_existing_m2)],
      [`${text.floor_areas} · ${text.demolished}`, area(project.floor_area_demolished_m2)],
      [`${text.floor_areas} · ${text.new}`, area(project.floor_area_new_m2)],
      [text.resettlement, project.resettlement_rate === null ? null : `${formatNumber(project.resettlement_rate * 100, language, 1)} %`],
    ];
    const share = doneShare(project);
    const level = progressLevel(project.progress);
    return html`<div class="actions">
        <button class="plain" @click=${() => this.#fly(project)}>${icons.target}${text.fly}</button>
        <button class="plain" data-project-sheet="edit" @click=${() => { this.draft = {}; }}>${icons.edit}${text.edit}</button>
        <button class="plain" @click=${() => this.#numbers(project)}>${icons.chart}${indicators.tabs.table}</button></div>
      <div class="body scroll" tabindex="0" role="group" aria-label=${text.title}>
        ${this.#life(project)}
        ${project.exit ? html`<p><span class="exit">${this.#word("exit", project.exit)}</span></p>` : nothing}
        ${level ? html`<p style="color:${level.color}">${level.mark} ${this.#word("progress", project.progress)}</p>` : nothing}
        ${project.investment_cny === null ? nothing : html`<h3>${text.investment}</h3><p class="number"><b>${formatMoney(project.investment_cny, language)}</b>${share === null ? nothing : html` · ${text.done} ${formatNumber(share * 100, language)} %`}</p>
          ${share === null ? nothing : html`<div class="meter"><span style="width:${Math.min(100, share * 100)}%"></span></div>`}`}
        ${project.investment.length > 0 ? html`<table class="number"><tr><th>${text.year}</th><th class="n">${text.planned_cny}</th><th class="n">${text.done_cny}</th></tr>${project.investment.map(({ year, planned_cny, done_cny }) => html`<tr><td>${year}</td><td class="n">${planned_cny === null ? "—" : formatMoney(planned_cny, language)}</td><td class="n">${done_cny === null ? "—" : formatMoney(done_cny, language)}</td></tr>`)}</table>` : nothing}
        <dl style="margin-top:12px">${rows.flatMap(([name, value]) => (value ? html`<dt>${name}</dt><dd class="number">${value}</dd>` : []))}</dl>
        ${project.milestones.length > 0 ? html`<h3>${text.milestones}</h3><table class="number"><tr><td></td><th class="n">${text.planned}</th><th class="n">${text.actual}</th></tr>${project.milestones.map(({ step, planned_on, done_on }) => html`<tr><td>${this.#word("step", step)}</td><td class="n">${planned_on ?? "—"}</td><td class="n">${done_on ? `✓ ${done_on}` : "—"}</td></tr>`)}</table>` : nothing}
        <h3>${text.review}</h3><dl><dt>${text.score}</dt><dd class="number">${project.review.score ?? "—"}</dd><dt>${text.review}</dt><dd>${[project.review.expert_review, project.review.public_notice_1, project.review.public_notice_2, project.review.published_on].filter(Boolean).join(" · ") || "—"}</dd></dl>
        <h3>${text.negative}</h3>${project.flags.length === 0 ? html`<p class="muted">${text.no_flags}</p>` : project.flags.map(({ kind, severity, message }) => html`<p class="flag ${severity}">${icons.flag}<span><b>${kind}</b> ${message}</span></p>`)}
        ${project.problems.length > 0 ? html`<h3>${text.problems}</h3><ul>${project.problems.map((problem) => html`<li>${problem}</li>`)}</ul>` : nothing}
        ${project.documents.length > 0 ? html`<h3>${text.documents}</h3><ul>${project.documents.map(({ title, url }) => html`<li>${/^(https?:|[^:]*$)/.test(url) ? html`<a style="color:var(--cj-accent)" href=${url} target="_blank" rel="noopener">${title}</a>` : title}</li>`)}</ul>` : nothing}
        ${project.photos.length > 0 ? html`<h3>${text.photos}</h3><div class="photos">${project.photos.map((url) => html`<img src=${url} loading="lazy" alt=${project.name}>`)}</div>` : nothing}
      </div>`;
  }

  #word(field: keyof Vocabulary, id: string | null): string {
    return wordFor(this.state.planning.vocabulary, field, id, this.state.language);
  }

  #life(project: Project): TemplateResult {
    const { library: text } = this.text;
    const at = STATUS_KINDS.indexOf(statusKind({ stage: project.stage, exit: null }));
    return html`<ol class="life" aria-label=${text.life}>${STATUS_KINDS.map((kind, index) => html`<li style="--c:${STATUS_COLORS[kind]}" ?data-past=${index < at} aria-current=${index === at ? "step" : nothing}>${text.stages[kind]}</li>`)}</ol>`;
  }

  #form(draft: Draft): TemplateResult {
    const { library: text, indicators: _ } = this.text;
    const project = this.record?.project;
    const words = this.state.planning.vocabulary;
    if (!project) return html``;
    const now = { ...project, ...draft };
    const set = (change: Draft): void => { this.draft = { ...this.draft, ...change }; };
    const choice = (label: string, field: "class" | "way" | "stage" | "exit" | "progress", list: Word[] = []): TemplateResult =>
      selectField(label, field, now[field] ?? "", [["", "—"], ...list.map(({ id, en }) => [id, this.state.language === "zh-CN" ? id : `${en}`] as const)], (value) => set({ [field]: value || null }));
    const day = (label: string, field: "entered_on" | "start_on" | "finish_on"): TemplateResult => textField(label, field, now[field] ?? "", (value) => set({ [field]: value || null }), { type: "date" });
    const line = (label: string, field: "district" | "town_office" | "responsible_unit"): TemplateResult => textField(label, field, now[field] ?? "", (value) => set({ [field]: value.trim() || null }));
    const amount = (label: string, field: "floor_area_existing_m2" | "floor_area_demolished_m2" | "floor_area_new_m2"): TemplateResult => numberField({ label: `${label}（m²）`, name: field, value: now[field], min: 0, onChange: (value) => set({ [field]: value }) });
    return html`<div class="body scroll"><form @submit=${(event: Event) => { event.preventDefault(); void this.#save(); }}>
      ${textField(text.name, "name", now.name, (name) => set({ name }), { required: true })}
      ${choice(text.class, "class", words?.class)}
      <div class="pair">${choice(text.way, "way", words?.way)}${choice(text.stage, "stage", words?.stage)}${choice(text.exits, "exit", words?.exit)}${choice(text.progress, "progress", words?.progress)}
        ${line(text.district, "district")}${line(text.office, "town_office")}</div>
      ${line(text.unit, "responsible_unit")}
      <div class="pair">${day(text.entered, "entered_on")}${day(text.start, "start_on")}${day(text.finish, "finish_on")}
        ${numberField({ label: `${text.investment}（${this.state.language === "zh-CN" ? "万元" : "10,000 CNY"}）`, name: "investment_cny", value: now.investment_cny === null ? null : now.investment_cny / 1e4, min: 0, onChange: (value) => set({ investment_cny: value === null ? null : value * 1e4 }) })}
        ${amount(text.existing, "floor_area_existing_m2")}${amount(text.demolished, "floor_area_demolished_m2")}${amount(text.new, "floor_area_new_m2")}
        ${numberField({ label: `${text.resettlement}（%）`, name: "resettlement_rate", value: now.resettlement_rate === null ? null : now.resettlement_rate * 100, min: 0, max: 100, onChange: (value) => set({ resettlement_rate: value === null ? null : value / 100 }) })}</div>
      ${listEditors(now, { text, language: this.state.language, steps: words?.step ?? [], set })}
      <div class="row save"><button type="button" class="plain" @click=${() => { this.draft = null; this.problem = null; }}>${text.cancel}</button><button class="primary" ?disabled=${this.isSaving}>${text.save}</button></div>
    </form></div>`;
  }

  async #save(): Promise<void> {
    const { record, draft } = this;
    if (!record || !draft) return;
    if (Object.keys(draft).length === 0) {
      this.draft = null;
      return;
    }
    this.isSaving = true;
    this.problem = null;
    try {
      const { data, etag } = await this.shell.api.projects.patch(record.project.id, draft, record.etag ?? "*");
      this.record = { project: data, etag };
      this.draft = null;
      this.shell.notify(this.text.library.saved);
      void this.shell.planner.refreshProjects();
    } catch (error) {
      if (error instanceof ApiError && error.status === 412) {
        await this.#read(record.project.id);
        this.problem = this.text.library.stale;
      } else {
        const { text, items } = troubleOf(error, this.text.planning.errors);
        this.problem = [text, ...items.map(({ at, message }) => (at ? `${at}: ${message}` : message))].join(" · ");
      }
    }
    this.isSaving = false;
  }

  #fly({ center_enu: [x, y, z], radius_m: r, name }: Project): void {
    this.shell.flyToBounds([x - r, y - r, z, x + r, y + r, z + 20], name);
  }

  #numbers({ id, name }: Project): void {
    this.shell.planner.analysis.setArea({ project: id }, name);
    this.dispatchEvent(new CustomEvent("cj-dock", { detail: "indicators", bubbles: true, composed: true }));
  }
}

customElements.define("cj-project-sheet", ProjectSheet);
