// Top: the scenario at work, undo and redo, and the menu to choose, make, branch, merge, archive and share scenarios.
import { css, html, nothing, type TemplateResult } from "lit";
import { fill, formatNumber } from "../i18n";
import { BASE, type Edit, type HistoryStep, type Scenario } from "../planning/api";
import { copyText } from "../ui/clipboard";
import { fields, selectField, textField } from "../ui/fields";
import { icons } from "../ui/icons";
import { Panel } from "../ui/panel";
import type { ShellState } from "../state/state";
import { shared } from "../ui/styles";

type Form = "create" | "branch" | "rename" | "merge" | "history" | "archive";

export class ScenarioBar extends Panel {
  static override properties = { ...Panel.properties, open: { state: true }, form: { state: true }, name: { state: true }, note: { state: true }, from: { state: true }, past: { state: true } };
  static override styles = [shared, fields, css`
    :host { display: block; position: relative; }
    .bar { display: flex; align-items: center; gap: 2px; padding: 5px; height: 44px; }
    .name { max-width: 260px; gap: 8px; padding: 0 8px; }
    .name b { font-weight: 600; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
    .name .icon:first-child { color: var(--cj-accent); }
    .name[aria-expanded="true"] .icon:first-child { color: inherit; }
    .name .icon:last-child { width: 12px; height: 12px; transform: rotate(90deg); color: inherit; opacity: .7; }
    .lock { font-size: 12px; padding: 0 6px; border-radius: 4px; background: var(--cj-warn); color: #2b1a00; font-weight: 600; white-space: nowrap; }
    .drop { position: absolute; z-index: 3; left: 0; top: 52px; width: 336px; padding: 8px; background: var(--cj-card-solid); max-height: calc(100vh - 160px); display: grid; gap: 8px; }
    .drop li button { width: 100%; display: grid; grid-template-columns: 20px 1fr; gap: 0 8px; justify-content: stretch; text-align: left; padding: 6px 8px; align-items: baseline; }
    .drop li button[aria-checked="true"] { background: rgb(95 208 216 / 16%); }
    .drop li .tick { color: var(--cj-accent); }
    .drop li .meta { grid-column: 2; font-size: 12px; color: var(--cj-muted); }
    .actions { display: flex; flex-wrap: wrap; gap: 4px; border-top: 1px solid var(--cj-line); padding-top: 8px; }
    .actions button { font-size: 13px; padding: 0 10px; }
    .problem { position: absolute; z-index: 2; left: 0; top: 52px; width: min(420px, calc(100vw - 32px)); display: flex; align-items: flex-start; gap: 8px; background: var(--cj-card-solid); padding: 8px 8px 8px 16px; }
    .problem div { flex: 1; min-width: 0; overflow-wrap: anywhere; padding: 4px 0; }
    .problem .icon { margin-top: 4px; }
    .problem > .icon { color: var(--cj-warn); }
    .problem li { font-size: 13px; padding-top: 4px; }
    .changes { max-height: 40vh; border: 1px solid var(--cj-line); border-radius: 8px; padding: 4px 12px; }
    .changes li { padding: 6px 0; border-top: 1px solid var(--cj-line); display: flex; gap: 8px; align-items: baseline; }
    .changes li:first-child { border-top: 0; }
    .changes li > span:first-child { flex: 1; }
    .gone { opacity: .6; text-decoration: line-through; }
    @media (max-width: 720px) { .drop { width: min(336px, calc(100vw - 16px)); } .name { max-width: 150px; } }
  `];

  declare open: boolean;
  declare form: Form | null;
  declare name: string;
  declare note: string;
  declare from: string;
  declare past: readonly HistoryStep[] | null;

  constructor() {
    super();
    this.open = false;
    this.form = null;
    this.name = "";
    this.note = "";
    this.from = "";
    this.past = null;
  }

  override updated(): void {
    const { stale, merge } = this.state.planning;
    this.#modal("stale", stale !== null);
    this.#modal("conflicts", merge !== null);
    this.#modal("form", this.form !== null);
  }

  /** Opens the form for a new scenario, as other panels ask for. */
  create(): void {
    this.#ask("create");
  }

  protected override drawn(state: ShellState): readonly unknown[] {
    return [state.planning, state.language];
  }

  override render(): TemplateResult {
    const { planning: text } = this.text;
    const { scenario, isPinned, busy, trouble } = this.state.planning;
    const name = scenario?.name ?? text.base;
    return html`<div class="bar card" role="group" aria-label=${text.label}>
        <button class="name tool" data-scenario="menu" aria-haspopup="true" aria-expanded=${this.open} aria-controls="menu" title=${fill(text.current, { name })}
          @click=${() => { this.open = !this.open; }}>${icons.scenario}<b>${name}</b>${icons.chevron}</button>
        ${isPinned ? html`<span class="lock" title=${fill(text.pinned, { n: scenario?.revision ?? 0 })}>${text.read_only}</span>` : nothing}
        <button data-scenario="undo" aria-label=${text.undo} title=${text.undo} ?disabled=${!scenario?.can_undo || isPinned || busy} @click=${() => void this.shell.planner.undo()}>${icons.undo}</button>
        <button data-scenario="redo" aria-label=${text.redo} title=${text.redo} ?disabled=${!scenario?.can_redo || isPinned || busy} @click=${() => void this.shell.planner.redo()}>${icons.redo}</button>
      </div>
      <div id="menu" class="drop card scroll" role="region" aria-label=${text.menu} ?hidden=${!this.open} @keydown=${this.#keys}>${this.open ? this.#menu() : nothing}</div>
      ${trouble && !this.open ? html`<div class="problem card" role="alert">${icons.warning}<div>${trouble.text}${trouble.items.length > 0 ? html`<ul>${trouble.items.slice(0, 8).map((item) => html`<li>${item.feature ? html`<b>${item.feature}</b> · ` : nothing}${item.message}</li>`)}</ul>` : nothing}</div>
        <button aria-label=${this.text.close} @click=${() => this.shell.planner.dismiss()}>${icons.close}</button></div>` : nothing}
      <dialog class="sheet" id="form" aria-labelledby="form-title" @close=${() => { this.form = null; }}>${this.form ? this.#form(this.form) : nothing}</dialog>
      <dialog class="sheet" id="stale" aria-labelledby="stale-title" @cancel=${() => this.shell.planner.dismiss()}>${this.#stale()}</dialog>
      <dialog class="sheet" id="conflicts" aria-labelledby="conflicts-title" @cancel=${() => this.shell.planner.dismiss()}>${this.#conflicts()}</dialog>`;
  }

  #menu(): TemplateResult {
    const { planning: text } = this.text;
    const { scenarios, scenario, isPinned } = this.state.planning;
    const newest = scenarios?.find(({ id }) => id === scenario?.id)?.revision;
    const row = (id: string, name: string, meta: string): TemplateResult => {
      const chosen = id === (scenario?.id ?? BASE);
      return html`<li role="none"><button role="menuitemradio" aria-checked=${chosen} data-id=${id} @click=${() => this.#choose(id)}><span class="tick">${chosen ? "✓" : ""}</span><span>${name}</span>
        ${meta ? html`<span class="meta">${meta}</span>` : nothing}</button></li>`;
    };
    return html`${isPinned && scenario ? html`<p class="hint">${fill(newest && newest > scenario.revision ? text.pinned_now : text.pinned, { n: scenario.revision, now: newest ?? "" })}
        <button class="link" @click=${() => this.#choose(scenario.id)}>${text.to_newest}</button></p>` : nothing}
      <ul role="menu" aria-label=${text.label}>${row(BASE, text.base, "")}${this.#listed().map((one) => row(one.id, one.name, this.#meta(one)))}</ul>
      ${scenarios?.length === 0 ? html`<p class="hint">${text.none}</p>` : nothing}
      <div class="actions">
        <button class="primary" data-scenario="create" @click=${() => this.#ask("create")}>${icons.plus}${text.create}</button>
        ${scenario ? html`
          <button class="plain" data-scenario="branch" @click=${() => this.#ask("branch")}>${text.branch}</button>
          <button class="plain" data-scenario="merge" ?disabled=${!this.shell.planner.canEdit} @click=${() => this.#ask("merge")}>${text.merge}</button>
          <button class="plain" data-scenario="rename" ?disabled=${!this.shell.planner.canEdit} @click=${() => this.#ask("rename")}>${text.rename}</button>
          <button class="plain" data-scenario="history" @click=${() => this.#ask("history")}>${icons.history}${text.history}</button>
          <button class="plain" data-scenario="archive" ?disabled=${!this.shell.planner.canEdit} @click=${() => this.#ask("archive")}>${text.archive}</button>
          <button class="plain" data-scenario="share" title=${text.share_hint} @click=${() => void this.#share()}>${icons.share}${text.share}</button>` : nothing}
      </div>`;
  }

  #listed(): Scenario[] {
    return (this.state.planning.scenarios ?? []).filter(({ is_archived, id }) => !is_archived || id === this.state.planning.scenario?.id);
  }

  #meta({ num_edits, revision, created_by }: Scenario): string {
    const { language } = this.state;
    return [fill(this.text.planning.count, { n: formatNumber(num_edits, language), revision }), created_by].filter(Boolean).join(" · ");
  }

  #form(form: Form): TemplateResult {
    const { planning: text } = this.text;
    const { scenario, author } = this.state.planning;
    const title = { create: text.create, branch: text.branch, rename: text.rename, merge: text.merge, history: text.history, archive: text.archive }[form];
    const cancel = html`<button type="button" class="plain" @click=${() => { this.form = null; }}>${text.cancel}</button>`;
    if (form === "history") return html`<h2 id="form-title">${title} · ${scenario?.name}</h2>${this.#history()}<div class="end">${cancel}</div>`;
    const others = this.#listed().filter(({ id }) => id !== scenario?.id).map(({ id, name }) => [id, name] as const);
    return html`<h2 id="form-title">${title}</h2><form @submit=${(event: Event) => { event.preventDefault(); this.#submit(form); }}>
      ${form === "create" || form === "branch" || form === "rename" ? textField(text.name, "name", this.name, (value) => { this.name = value; }, { required: true }) : nothing}
      ${form === "create" ? textField(text.note, "note", this.note, (value) => { this.note = value; }) : nothing}
      ${form === "archive" ? html`<p>${fill(text.archive_ask, { name: scenario?.name ?? "" })}</p>` : nothing}
      ${form === "merge" ? (others.length === 0 ? html`<p>${text.merge_none}</p>` : selectField(text.merge_from, "from", this.from, others, (value) => { this.from = value; })) : nothing}
      ${form === "create" || form === "branch" || form === "merge" ? textField(text.author, "author", author, (value) => this.shell.planner.setAuthor(value), { placeholder: text.author_hint }) : nothing}
      <div class="end">${cancel}<button class="primary" ?disabled=${form === "merge" && others.length === 0}>${text.confirm}</button></div>
    </form>`;
  }

  #history(): TemplateResult {
    const { planning: text } = this.text;
    if (this.past === null) return html`<p class="muted" role="status">${this.text.attributes.loading}</p>`;
    if (this.past.length === 0) return html`<p class="muted">${text.history_empty}</p>`;
    const known = new Map(this.state.planning.scenario?.edits.map((edit) => [edit.uid, edit]));
    return html`<ol class="changes scroll" tabindex="0">${[...this.past].reverse().map((step) => html`<li><span><b>${this.#kind(step)}</b> ${step.opened.flatMap((uid) => known.get(uid) ?? []).map((edit) => this.#what(edit)).join(this.state.language === "zh-CN" ? "、" : ", ")}
      <br><span class="hint">${[step.author, this.#when(step.at)].filter(Boolean).join(" · ")}</span></span>
      <button class="link" @click=${() => this.#openRevision(step.revision)}>${fill(text.history_open, { n: step.revision })}</button></li>`)}</ol>`;
  }

  #kind({ kind, merged }: HistoryStep): string {
    const { steps } = this.text.planning;
    const words = (steps as Record<string, string>)[kind] ?? kind;
    return merged ? `${words} ${this.state.planning.scenarios?.find(({ id }) => id === merged[0])?.name ?? merged[0]}` : words;
  }

  #stale(): TemplateResult | typeof nothing {
    const { planning: text } = this.text;
    const { stale } = this.state.planning;
    if (!stale) return nothing;
    return html`<h2 id="stale-title">${text.stale_title}</h2><div class="stack">
      <p>${fill(text.stale, { mine: stale.mine, now: stale.now ?? "?" })}</p>
      <ol class="changes scroll" tabindex="0">${stale.changes.map((edit) => html`<li>${this.#describe(edit)}</li>`)}</ol>
      <div class="end"><button class="plain" data-stale="reload" @click=${() => void this.shell.planner.reload(false)}>${text.stale_reload}</button>
        ${stale.edits.length > 0 ? html`<button class="primary" data-stale="again" autofocus @click=${() => void this.shell.planner.reload(true)}>${text.stale_again}</button>` : nothing}</div></div>`;
  }

  #conflicts(): TemplateResult | typeof nothing {
    const { planning: text } = this.text;
    const { merge } = this.state.planning;
    if (!merge) return nothing;
    const settled = merge.conflicts.every(({ feature }) => merge.resolve[feature]);
    const choice = (feature: string, which: "ours" | "theirs", words: string, edit: Edit): TemplateResult => html`<label class="row"><input type="radio" name="conflict-${feature}" .checked=${merge.resolve[feature] === which}
      @change=${() => this.shell.planner.resolve(feature, which)}><b>${words}</b> ${this.#describe(edit)}</label>`;
    return html`<h2 id="conflicts-title">${fill(text.conflicts, { n: merge.conflicts.length })}</h2><div class="stack"><p>${text.conflicts_hint}</p>
      <ol class="changes scroll" tabindex="0">${merge.conflicts.map(({ feature, ours, theirs }) => html`<li><fieldset style="border:0;padding:0;margin:0;flex:1;min-width:0"><legend><button class="link" @click=${() => this.#go(feature)}>${feature}</button></legend>
        ${choice(feature, "ours", text.ours, ours)}${choice(feature, "theirs", text.theirs, theirs)}</fieldset></li>`)}</ol>
      <div class="end"><button class="plain" @click=${() => this.shell.planner.dismiss()}>${text.cancel}</button>
        <button class="primary" ?disabled=${!settled} @click=${() => void this.shell.planner.merge(merge.from, merge.resolve)}>${text.apply_merge}</button></div></div>`;
  }

  /** An edit in a line: what, to how many, by whom, when. */
  #describe(edit: Edit): string {
    return [this.#what(edit), edit.phase, edit.note, edit.author, this.#when(edit.at)].filter(Boolean).join(" · ");
  }

  #what({ action, features }: Edit): string {
    const { actions, count_features } = this.text.planning;
    return `${actions[action]} ${features.length === 1 ? features[0] : fill(count_features, { n: features.length })}`;
  }

  #when(at: string): string {
    const date = new Date(at);
    return Number.isNaN(date.getTime()) ? at : date.toLocaleString(this.state.language, { dateStyle: "short", timeStyle: "short" });
  }

  #ask(form: Form): void {
    const { scenario } = this.state.planning;
    this.open = false;
    this.name = form === "rename" ? (scenario?.name ?? "") : "";
    this.note = "";
    this.from = this.#listed().find(({ id }) => id !== scenario?.id)?.id ?? "";
    this.past = null;
    this.form = form;
    if (form === "history" && scenario) {
      this.shell.api.scenarios.history(scenario.id).then((steps) => { this.past = steps; }, () => { this.past = []; });
    }
  }

  #submit(form: Form): void {
    const { planner } = this.shell;
    const name = this.name.trim();
    this.form = null;
    switch (form) {
      case "create":
        return void planner.create(name, this.note.trim());
      case "branch":
        return void planner.branch(name);
      case "rename":
        return void planner.rename(name);
      case "merge":
        return void planner.merge(this.from);
      case "archive":
        return void planner.archive();
      case "history":
        return;
    }
  }

  #choose(id: string): void {
    this.open = false;
    void this.shell.planner.choose(id);
  }

  #openRevision(revision: number): void {
    const { scenario } = this.state.planning;
    this.form = null;
    if (scenario) void this.shell.planner.choose(scenario.id, revision);
  }

  #go(feature: string): void {
    void this.shell.select(feature).then((detail) => { if (detail) this.shell.flyToBounds(detail.bounds_enu, detail.name ?? detail.id); });
  }

  async #share(): Promise<void> {
    this.open = false;
    if (await copyText(this.shell.link())) this.shell.notify(this.text.share.copied);
  }

  #modal(id: string, wanted: boolean): void {
    const dialog = this.renderRoot.querySelector<HTMLDialogElement>(`#${id}`);
    if (!dialog || dialog.open === wanted) return;
    if (wanted) dialog.showModal();
    else dialog.close();
  }

  #keys(event: KeyboardEvent): void {
    if (event.key === "Escape") {
      this.open = false;
      this.renderRoot.querySelector<HTMLElement>('[data-scenario="menu"]')?.focus();
      return;
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const items = [...this.renderRoot.querySelectorAll<HTMLElement>('[role="menuitemradio"]')];
    const at = items.indexOf(this.shadowRoot?.activeElement as HTMLElement);
    if (!step || items.length === 0) return;
    event.preventDefault();
    items[(at + step + items.length) % items.length]?.focus();
  }
}

customElements.define("cj-scenario", ScenarioBar);
