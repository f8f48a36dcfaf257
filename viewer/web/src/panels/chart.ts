// Charts of an indicator: A beside B, the way from A to B, the curve over the phases. ECharts itself comes when the first one is shown.
import { css, html, type TemplateResult } from "lit";
import { formatShort, formatUnit, local } from "../i18n";
import type { Indicator } from "../planning/api";
import type { CurvePoint } from "../planning/analysis";
import { barsOf, curveOf, waterfallOf, type Bars } from "../planning/chart-data";
import { formatValueOf, partName } from "../planning/parts";
import { fields, segments, selectField } from "../ui/fields";
import { Panel } from "../ui/panel";
import type { ShellState } from "../state/state";
import { shared } from "../ui/styles";

type Charts = typeof import("../ui/charts");
type Kind = "bars" | "waterfall" | "curve";

export class ChartPanel extends Panel {
  static override properties = { ...Panel.properties, kind: { state: true }, of: { state: true }, points: { state: true }, isLoading: { state: true } };
  static override styles = [shared, fields, css`
    :host { display: grid; gap: 8px; padding: 4px 0; }
    .chart { height: 300px; width: 100%; }
  `];

  declare kind: Kind;
  /** Indicator drawn; empty = the first that has parts. */
  declare of: string;
  declare points: readonly CurvePoint[];
  declare isLoading: boolean;
  #charts: Charts | null = null;
  #chart: ReturnType<Charts["chartIn"]> | null = null;
  #curve = new AbortController();
  #curveOf = "";

  constructor() {
    super();
    this.kind = "bars";
    this.of = "";
    this.points = [];
    this.isLoading = true;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void import("../ui/charts").then((charts) => {
      this.#charts = charts;
      this.isLoading = false;
    });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#curve.abort();
    this.#chart?.dispose();
    this.#chart = null;
  }

  protected override drawn(state: ShellState): readonly unknown[] {
    return [state.planning.analysis, state.planning.scenario, state.planning.compare, state.language];
  }

  override render(): TemplateResult {
    const { indicators: text } = this.text;
    const { language } = this.state;
    const all = this.state.planning.analysis.after?.indicators.filter(({ value }) => value !== null) ?? [];
    const kinds = [["bars", text.bars], ["waterfall", text.waterfall], ["curve", text.curve]] as const;
    return html`${segments(text.chart_of, kinds, this.kind, (kind) => { this.kind = kind; })}
      ${selectField(text.chart_of, "of", this.#chosen()?.id ?? "", all.map(({ id, title }) => [id, local(title, language)] as const), (of) => { this.of = of; })}
      <div class="chart" role="img" aria-label=${this.#chosen() ? local(this.#chosen()?.title ?? { zh: "", en: "" }, language) : text.empty}></div>
      ${this.isLoading ? html`<p class="hint" role="status">${text.loading_charts}</p>` : ""}`;
  }

  override updated(): void {
    const after = this.#chosen();
    const place = this.renderRoot.querySelector<HTMLElement>(".chart");
    if (!this.#charts || !place || !after) return;
    this.#chart ??= this.#charts.chartIn(place);
    const { indicators: text } = this.text;
    const { language, planning } = this.state;
    const before = planning.analysis.before?.indicators.find(({ id }) => id === after.id);
    const { sides } = this.shell.planner;
    const title = local(after.title, language);
    const words = { unit: formatUnit(after.unit, language), before: sides.name(1), after: sides.name(0), number: (value: number) => formatValueOf(after, value, language), short: (value: number) => formatShort(value, language), description: title, fontFamily: getComputedStyle(this).fontFamily };
    const projects = new Map((planning.projects ?? []).map(({ id, name: words }) => [id, words]));
    const name = (key: string): string => partName(key, language, projects);
    const named = (bars: Bars): Bars => ({ ...bars, names: bars.names.map(name) });
    if (this.kind === "bars") this.#chart.show(this.#charts.barOption(named(barsOf(before, after, title)), words));
    else if (this.kind === "waterfall") this.#chart.show(this.#charts.waterfallOption(waterfallOf(before, after, { before: text.existing, after: text.total, rest: text.difference }).map((step) => ({ ...step, name: name(step.name) })), words));
    else {
      this.#follow(after.id);
      this.#chart.show(this.#charts.curveOption(curveOf(this.points), words));
    }
  }

  #chosen(): Indicator | undefined {
    const all = this.state.planning.analysis.after?.indicators ?? [];
    return all.find(({ id }) => id === this.of) ?? all.find(({ by, value }) => value !== null && by && Object.keys(by).length > 0) ?? all.find(({ value }) => value !== null);
  }

  /** Asks for the years once per indicator, scenario and area. */
  #follow(id: string): void {
    const { scenario, analysis } = this.state.planning;
    const key = JSON.stringify([id, scenario?.id, scenario?.revision, analysis.area]);
    if (key === this.#curveOf) return;
    this.#curveOf = key;
    this.#curve.abort();
    this.#curve = new AbortController();
    this.shell.planner.analysis.curve(id, (points) => { this.points = points; }, this.#curve.signal).catch(() => { this.#curveOf = ""; });
  }
}

customElements.define("cj-chart", ChartPanel);
