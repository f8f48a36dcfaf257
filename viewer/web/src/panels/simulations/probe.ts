// Values of the layer at a place or of a feature: the one that holds now, and the curve over time.
import { css, html, nothing, type TemplateResult } from "lit";
import { formatShort, formatUnit, local } from "../../i18n";
import { fields } from "../../ui/fields";
import { icons } from "../../ui/icons";
import { shared } from "../../ui/styles";
import { formatValue, kindOf, withUnit } from "./legend";
import { looks } from "./looks";
import { SimulationPart } from "./part";
import { readPlace } from "./question";
import { formatTime, valueAtTime } from "./steps";

type Charts = typeof import("../../ui/charts");

export class SimulationProbe extends SimulationPart {
  static override properties = { ...SimulationPart.properties, badPlace: { state: true }, charts: { state: true } };
  static override styles = [shared, fields, looks, css`
    .typed { display: grid; grid-template-columns: 1fr auto; gap: 8px; align-items: end; }
    .chart { height: 180px; width: 100%; }
    .value { display: flex; justify-content: space-between; gap: 8px; font-size: 13px; align-items: baseline; }
    .value b { font-size: 17px; }
  `];

  declare badPlace: boolean;
  declare charts: Charts | null;
  #chart: ReturnType<Charts["chartIn"]> | null = null;
  #place: Element | null = null;

  constructor() {
    super();
    this.badPlace = false;
    this.charts = null;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#chart?.dispose();
    this.#chart = null;
    this.#place = null;
  }

  override render(): TemplateResult {
    const { simulations: text } = this.text;
    const { isProbing, probed, probeTrouble, timeS } = this.now;
    const id = this.state.selection?.id;
    const isOfFeatures = this.desk.layer?.shape === "features";
    return html`<div class="group" role="group" aria-label=${text.probe} data-simulation="probe">
      <button class="plain" data-simulation="probing" aria-pressed=${isProbing} @click=${() => this.desk.setProbing(!isProbing)}>${icons.target}${text.probe}</button>
      ${isProbing && !probed && !probeTrouble ? html`<p class="hint">${text.probe_hint}</p>` : nothing}
      ${isOfFeatures ? html`<button class="plain" data-simulation="probe-selected" ?disabled=${!id} @click=${() => { if (id) void this.desk.probe({ feature: id }, this.state.selection?.detail?.name ?? id); }}>${text.probe_selected}</button>`
        : html`<form class="typed" @submit=${(event: Event) => this.#typed(event)}><label class="field"><span>${text.typed_place}</span><input name="probe-place" autocomplete="off" placeholder="120.62, 31.31" aria-invalid=${this.badPlace}></label><button class="plain" title=${text.probe_at} aria-label=${text.probe_at}>${icons.search}</button></form>`}
      ${this.badPlace ? html`<p class="hint" role="alert">${text.bad_place}</p>` : nothing}
      <div role="status">${probed ? html`<p class="hint">${probed.title}</p>` : nothing}${probeTrouble ? html`<p class="hint" data-simulation="probe-none">${probeTrouble}</p>` : nothing}
        ${probed?.series.map(({ name, probe }) => html`<p class="value" data-simulation="probe-value"><span>${probed.series.length > 1 ? name : text.probe_now}</span><b class="number">${this.#words(valueAtTime(probe.times_s, probe.values, timeS), probe.unit)}</b></p>`)}</div>
      ${this.#hasCurve ? html`<div class="chart" role="img" aria-label=${text.curve}></div>` : nothing}</div>`;
  }

  override updated(): void {
    const place = this.renderRoot.querySelector<HTMLElement>(".chart");
    if (place !== this.#place) {
      this.#chart?.dispose();
      this.#chart = null;
      this.#place = place;
    }
    const { probed, timeS } = this.now;
    const { layer } = this.desk;
    if (!place || !probed || !layer) return;
    if (!this.charts) return void import("../../ui/charts").then((charts) => { this.charts = charts; });
    this.#chart ??= this.charts.chartIn(place);
    const { language } = this.state;
    const [first] = probed.series;
    const words = {
      unit: formatUnit(first?.probe.unit ?? layer.unit, language), before: "", after: local(layer.title, language),
      number: (value: number) => formatValue(value, language), short: (value: number) => formatShort(value, language),
      description: `${local(layer.title, language)} · ${probed.title}`, fontFamily: getComputedStyle(this).fontFamily,
    };
    const series = probed.series.map(({ name, probe }) => ({ name: probed.series.length > 1 ? name : words.after, points: probe.times_s.map((time, at): [number, number | null] => [time, probe.values[at] ?? null]) }));
    this.#chart.show(this.charts.seriesOption({ series, nowS: timeS, limit: this.desk.minus ? null : (layer.legend.limit?.value ?? null), time: formatTime }, words));
  }

  #words(value: number | null, unit: string): string {
    const { language } = this.state;
    const { layer, minus } = this.desk;
    return (layer && !minus ? kindOf(value, layer.legend, layer.unit, language, layer.shape) : null) ?? withUnit(value, unit, language);
  }

  get #hasCurve(): boolean {
    return this.now.probed?.series.some(({ probe }) => probe.times_s.length > 1) ?? false;
  }

  #typed(event: Event): void {
    event.preventDefault();
    const input = (event.target as HTMLFormElement).querySelector<HTMLInputElement>("input");
    const place = readPlace(input?.value ?? "");
    this.badPlace = place === null;
    if (place) void this.desk.probe({ lon: place[0], lat: place[1], height: null }, this.desk.placeTitle(...place));
  }
}

customElements.define("cj-simulation-probe", SimulationProbe);
