// Layers of a result over the city: which one and how, its legend, time, values at a place, downloads.
import { css, html, nothing, type TemplateResult } from "lit";
import { fill, formatNumber, local } from "../../i18n";
import { fields, segments, selectField } from "../../ui/fields";
import { icons } from "../../ui/icons";
import { shared } from "../../ui/styles";
import type { LegendClass, SimulationLayer } from "./api";
import { formatValue, legendRows, withUnit } from "./legend";
import { looks } from "./looks";
import { SimulationPart } from "./part";
import "./probe";
import type { Run } from "./state";
import { formatTime, readTime, SPEEDS, stepAt, stepped } from "./steps";

export class SimulationLayers extends SimulationPart {
  static override styles = [shared, fields, looks, css`
    :host { display: grid; grid-template-columns: minmax(0, 1fr); gap: 12px; }
    .legend li { display: flex; align-items: center; gap: 8px; font-size: 13px; min-height: 22px; padding: 0 4px; border-left: 3px solid transparent; }
    .legend li.limit { border-left-color: var(--cj-warn); background: rgb(255 195 107 / 10%); }
    .legend li > span:nth-child(2) { flex: 1; }
    .source { font-size: 12px; color: var(--cj-muted); overflow-wrap: anywhere; }
    .slider { display: grid; grid-template-columns: auto minmax(0, 1fr) auto; gap: 8px; align-items: center; font-size: 13px; }
    .time { display: grid; grid-template-columns: auto auto minmax(0, 1fr) auto; gap: 4px; align-items: center; }
    .typed { width: 96px; }
  `];

  override render(): TemplateResult | typeof nothing {
    const { simulations: text } = this.text;
    const { run } = this.now;
    const { layer } = this.desk;
    const [outcome] = run?.results ?? [];
    if (!run || !outcome || !layer) return nothing;
    const { language } = this.state;
    return html`${selectField(text.layer, "layer", layer.key, outcome.layers.map((one) => [one.key, local(one.title, language)] as const), (key) => void this.desk.setLayer(key))}
      ${run.results.length > 1 ? this.#views(run) : nothing}
      ${this.#legend(run, layer)}
      <div class="slider"><label class="check"><input type="checkbox" name="visible" .checked=${this.now.isVisible} @change=${(event: Event) => this.desk.setVisible((event.target as HTMLInputElement).checked)}>${text.show}</label>
        <input type="range" name="opacity" min="0.1" max="1" step="0.05" aria-label=${text.opacity} title=${text.opacity} .value=${String(this.now.opacity)} @input=${(event: Event) => this.desk.setOpacity(Number((event.target as HTMLInputElement).value))}>
        <span class="number">${Math.round(this.now.opacity * 100)}%</span></div>
      ${layer.times_s.length > 1 ? this.#time(layer.times_s) : nothing}
      <cj-simulation-probe .shell=${this.shell} .state=${this.state} .desk=${this.desk} .now=${this.now}></cj-simulation-probe>
      ${this.#downloads(outcome.key, layer)}`;
  }

  #views(run: Run): TemplateResult {
    const { simulations: text } = this.text;
    const { mode } = this.state.planning.compare;
    const view = this.now.isDifference ? "difference" : mode === "swipe" ? "swipe" : "after";
    const [after = "", before = ""] = run.names;
    return html`<div class="stack" data-simulation="view">${segments(text.view, [["after", text.views.after], ["swipe", text.views.swipe], ["difference", text.views.difference]] as const, view, (chosen) => void this.desk.setView(chosen))}
      ${view === "difference" ? html`<p class="hint">${fill(text.difference_note, { after, before })}</p>${this.now.leftOut > 0 ? html`<p class="hint" data-simulation="left-out">${fill(text.difference_left_out, { n: formatNumber(this.now.leftOut, this.state.language) })}</p>` : nothing}` : nothing}
      ${view === "swipe" && run.name === "outside" ? html`<p class="hint">${fill(text.swipe_note, { after, before })}</p>` : nothing}</div>`;
  }

  #legend(run: Run, layer: SimulationLayer): TemplateResult {
    const { simulations: text, indicators } = this.text;
    const { language } = this.state;
    const { difference, isDifference } = this.now;
    const classes: readonly LegendClass[] = isDifference ? (difference ?? []) : layer.legend.classes;
    const limit = isDifference ? null : (layer.legend.limit ?? null);
    const rows = legendRows({ classes: [...classes], limit }, layer.unit, language, layer.shape);
    const lowest = classes[0]?.from;
    const isBelow = !isDifference && lowest !== undefined && layer.range !== null && layer.range[0] < lowest;
    const error = isDifference ? null : layer.error;
    return html`<div class="group legend" role="group" aria-label=${text.legend} data-simulation="legend"><h3>${text.legend} · ${local(layer.title, language)}</h3>
      <ul>${rows.map(({ color, words, holdsLimit }) => html`<li class=${holdsLimit ? "limit" : ""}><span class="swatch" style="background:${color}"></span><span class="number">${words}</span>
          ${holdsLimit && limit ? html`<b class="number">${fill(text.limit, { value: withUnit(limit.value, layer.unit, language) })}</b>${limit.is_verified ? nothing : html`<span class="reference" title=${indicators.reference_title}>${indicators.reference}</span>`}` : nothing}</li>`)}
        ${isBelow ? html`<li><span class="swatch"></span><span>${fill(text.below, { n: formatValue(lowest, language) })}</span></li>` : nothing}
        ${error !== null && limit ? html`<li><span class="swatch hatch"></span><span>${fill(text.error, { value: withUnit(error, layer.unit, language) })}</span></li>` : nothing}</ul>
      ${limit && !rows.some(({ holdsLimit }) => holdsLimit) ? html`<p class="source"><b class="number">${fill(text.limit, { value: withUnit(limit.value, layer.unit, language) })}</b> ${limit.is_verified ? nothing : html`<span class="reference" title=${indicators.reference_title}>${indicators.reference}</span>`}</p>` : nothing}
      ${limit ? html`<p class="source">${limit.source}</p>` : nothing}
      ${run.results.length > 1 && !isDifference ? html`<p class="source">${run.names.join(" · ")}</p>` : nothing}</div>`;
  }

  #time(times: readonly number[]): TemplateResult {
    const { simulations: text } = this.text;
    const { timeS, isPlaying, speed } = this.now;
    const { desk } = this;
    const at = stepAt(times, timeS);
    const first = times[0] ?? 0;
    const last = times.at(-1) ?? first;
    return html`<div class="group" role="group" aria-label=${text.time} data-simulation="time"><div class="time">
        <button class="plain" data-simulation="play" aria-pressed=${isPlaying} aria-label=${isPlaying ? text.pause : text.play} title=${isPlaying ? text.pause : text.play} @click=${() => desk.play(!isPlaying)}>${isPlaying ? icons.pause : icons.play}</button>
        <button aria-label=${text.earlier} title=${text.earlier} data-simulation="earlier" ?disabled=${at === 0} @click=${() => desk.setTime(stepped(times, timeS, -1))}>${icons.minus}</button>
        <input type="range" name="time" min=${first} max=${last} step="any" .value=${String(timeS)} aria-label=${text.time} aria-valuetext=${formatTime(timeS)} @input=${(event: Event) => desk.setTime(Number((event.target as HTMLInputElement).value))} @keydown=${(event: KeyboardEvent) => this.#keys(event, times)}>
        <button aria-label=${text.later} title=${text.later} data-simulation="later" ?disabled=${at >= times.length - 1} @click=${() => desk.setTime(stepped(times, timeS, 1))}>${icons.plus}</button></div>
      <div class="row"><input class="input typed number" name="time-typed" autocomplete="off" aria-label=${text.time_typed} title=${text.time_typed} .value=${formatTime(timeS)} @change=${(event: Event) => this.#typed(event)}>
        <span class="hint number" style="flex:1">${at + 1} / ${formatNumber(times.length, this.state.language)}</span>
        <select class="input" style="width:auto" name="speed" aria-label=${text.speed} @change=${(event: Event) => desk.play(isPlaying, Number((event.target as HTMLSelectElement).value))}>${SPEEDS.map((one) => html`<option value=${one} .selected=${one === speed}>${fill(text.speed_of, { n: one })}</option>`)}</select></div></div>`;
  }

  /** Arrows go from step to step: the browser's own would go by a hundredth of the whole. */
  #keys(event: KeyboardEvent, times: readonly number[]): void {
    const by = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 10, PageDown: -10 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    this.desk.setTime(stepped(times, this.now.timeS, by));
  }

  #typed(event: Event): void {
    const input = event.target as HTMLInputElement;
    const time = readTime(input.value);
    if (time !== null) this.desk.setTime(time);
    input.value = formatTime(this.desk.state.timeS);
  }

  #downloads(key: string, layer: SimulationLayer): TemplateResult {
    const { simulations: text } = this.text;
    const { api, minus } = this.desk;
    return html`<div class="row" role="group" aria-label=${text.download}><span class="label">${text.download}</span>
      ${layer.shape === "grid" ? html`<a class="plain" download data-simulation="tiff" href=${api.download(key, layer.key, minus, "tiff")}>${icons.pack}${text.geotiff}</a>` : nothing}
      <a class="plain" download data-simulation="csv" href=${api.download(key, layer.key, minus, "csv")}>${icons.pack}${text.csv}</a></div>`;
  }
}

customElements.define("cj-simulation-layers", SimulationLayers);
