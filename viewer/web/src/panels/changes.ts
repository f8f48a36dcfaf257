// Table of differences between the two standpoints of a comparison; each row flies to its feature.
import { css, html, nothing, type TemplateResult } from "lit";
import { className, fill, formatNumber } from "../i18n";
import type { DiffFeature } from "../planning/api";
import { fields } from "../ui/fields";
import { Panel } from "../ui/panel";
import type { ShellState } from "../state/state";
import { shared } from "../ui/styles";
import { swatches } from "../ui/swatches";

/** Rows drawn at a time; the filter finds the others. */
const SHOWN = 200;

/** How far around a feature the view goes, metres. */
const AROUND_M = 60;

export class ChangesPanel extends Panel {
  static override properties = { ...Panel.properties, filter: { state: true } };
  static override styles = [shared, fields, swatches, css`
    :host { display: flex; flex-direction: column; min-height: 0; }
    section { display: flex; flex-direction: column; gap: 8px; padding: 12px 8px 8px; min-height: 0; }
    .head { display: grid; gap: 4px; padding: 0 8px; }
    .head p { font-size: 12px; color: var(--cj-muted); }
    .filter { margin: 0 8px; width: auto; }
    ul { min-height: 0; }
    li button { width: 100%; display: grid; grid-template-columns: 20px 1fr auto; gap: 0 8px; padding: 6px 8px; text-align: left; justify-content: stretch; align-items: center; }
    li .what { font-size: 12px; color: var(--cj-muted); }
    .name { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
    .state { padding: 8px; color: var(--cj-muted); }
  `];

  declare filter: string;

  constructor() {
    super();
    this.filter = "";
  }

  protected override drawn(state: ShellState): readonly unknown[] {
    return [state.planning.diff, state.planning.scenario, state.planning.compare, state.language];
  }

  override render(): TemplateResult {
    const { compare: text } = this.text;
    const { diff } = this.state.planning;
    const { language } = this.state;
    if (!diff) return html`<section class="card"><p class="state" role="status">${text.loading}</p></section>`;
    const number = (value: number): string => formatNumber(value, language);
    const { sides } = this.shell.planner;
    const all = [
      ...diff.removed.map((feature) => ({ kind: "removed" as const, feature })),
      ...diff.changed.map((feature) => ({ kind: "changed" as const, feature })),
      ...diff.added.map((feature) => ({ kind: "added" as const, feature })),
    ];
    const wanted = this.filter.trim().toLowerCase();
    const found = wanted ? all.filter(({ feature }) => `${feature.id} ${feature.name ?? ""}`.toLowerCase().includes(wanted)) : all;
    return html`<section class="card" aria-label=${text.list}>
      <div class="head"><h2>${fill(text.legend_note, { before: sides.name(1), after: sides.name(0) })}</h2>
        <p role="status">${fill(text.counts, { added: number(diff.added.length), removed: number(diff.removed.length), changed: number(diff.changed.length), kept: number(diff.kept.count) })}</p></div>
      ${all.length > 8 ? html`<input class="input filter" type="search" aria-label=${text.filter} placeholder=${text.filter} .value=${this.filter} @input=${(event: Event) => { this.filter = (event.target as HTMLInputElement).value; }}>` : nothing}
      ${found.length === 0 ? html`<p class="state">${text.empty}</p>` : html`<ul class="scroll">${found.slice(0, SHOWN).map(({ kind, feature }) => html`<li><button data-feature=${feature.id} @click=${() => this.#go(feature)}>
        <span class="sw ${kind}"></span><span class="name">${feature.name || feature.id}</span><span class="what">${text[kind]} · ${className(feature.class, language === "zh-CN" ? (CLASS_ZH[feature.class] ?? "") : "", language)}</span></button></li>`)}</ul>`}
    </section>`;
  }

  #go({ id, name, center_enu: [x, y, z] }: DiffFeature): void {
    this.shell.flyToBounds([x - AROUND_M, y - AROUND_M, z, x + AROUND_M, y + AROUND_M, z + AROUND_M / 2], name || id);
    void this.shell.select(id);
  }
}

/** Classes that edits are about; the rest is named by the data. */
const CLASS_ZH: Record<string, string> = { Building: "建筑", BuildingPart: "建筑部件", Pipe: "管线", PipeNode: "管点", Road: "道路", PlantCover: "绿地", Bridge: "桥梁", OtherConstruction: "构筑物" };

customElements.define("cj-changes", ChangesPanel);
