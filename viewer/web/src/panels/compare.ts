// Bottom: how two or more standpoints are compared, and the phase of the plan.
import { css, html, nothing, type TemplateResult } from "lit";
import { fill } from "../i18n";
import { BASE } from "../planning/api";
import { MAX_BLINK_HZ, MIN_BLINK_HZ, MODES } from "../planning/compare";
import { FIRST_YEAR, LAST_YEAR, phaseOfYear, readYear, YEARS, yearOfPhase } from "../planning/phase";
import { fields, numberField, segments } from "../ui/fields";
import { icons } from "../ui/icons";
import { Panel } from "../ui/panel";
import type { ShellState } from "../state/state";
import { shared } from "../ui/styles";
import { swatch, swatches } from "../ui/swatches";

/** One press of a button or an arrow key, share of the width. */
const STEP = 0.05;

export class ComparePanel extends Panel {
  static override properties = { ...Panel.properties, folded: { state: true } };
  static override styles = [shared, fields, swatches, css`
    :host { display: block; }
    section { display: grid; gap: 8px; padding: 8px; }
    .line { display: flex; flex-wrap: wrap; align-items: center; gap: 8px; min-width: 0; }
    .line .segments { flex: none; max-width: 100%; overflow-x: auto; scrollbar-width: none; }
    .select { height: 32px; max-width: 148px; width: auto; }
    .against { display: flex; align-items: center; gap: 8px; min-width: 0; flex: 0 1 auto; }
    .against > span { white-space: nowrap; font-size: 12px; color: var(--cj-muted); }
    .small { width: 64px; height: 32px; padding: 0 8px; }
    .phase { display: grid; grid-template-columns: auto auto 1fr auto auto; align-items: center; gap: 0 8px; }
    .phase.folded { grid-template-columns: auto auto auto; justify-content: start; }
    .track { display: grid; padding: 0 4px; min-width: 0; container-type: inline-size; }
    section:not(.pill) { container: bar / inline-size; }
    input[type="range"] { width: 100%; height: 24px; margin: 0; accent-color: var(--cj-accent); cursor: pointer; }
    /* Each mark stands below the place of the thumb, which is 16 px wide. */
    .marks { display: flex; justify-content: space-between; padding: 0 8px; font-size: 11px; line-height: 1; color: var(--cj-muted); margin: -2px 0 0; min-width: 0; }
    .marks span { width: 0; display: flex; justify-content: center; }
    /* Too narrow for one line: the track has a line of its own. */
    @container bar (max-width: 480px) { .phase { grid-template-columns: auto auto auto 1fr; gap: 4px 8px; } .phase .track { grid-column: 1 / -1; order: 5; } .phase .row { justify-self: end; } }
    @container (max-width: 460px) { .marks span:nth-child(even) { visibility: hidden; } }
    @container (max-width: 250px) { .marks span:nth-child(4n + 3) { visibility: hidden; } }
    .marks [data-on] { color: var(--cj-text); font-weight: 600; }
    .legend { display: flex; flex-wrap: wrap; gap: 4px 16px; font-size: 12px; align-items: center; padding: 0 4px; }
    .legend .of { color: var(--cj-muted); }
    .check { display: inline-flex; align-items: center; gap: 6px; white-space: nowrap; font-size: 13px; cursor: pointer; min-height: 32px; }
    .check input { accent-color: var(--cj-accent); width: 16px; height: 16px; margin: 0; }
    .grow { flex: 1; }
    .pill { width: fit-content; margin: 0 auto; display: flex; align-items: center; gap: 12px; padding: 4px 4px 4px 16px; }
    .turn { display: block; transform: rotate(90deg); color: var(--cj-muted); }
    .turn .icon { width: 14px; height: 14px; }
    .pill .turn { transform: rotate(-90deg); }
    @media (max-width: 720px) {
      .line .grow, .wide { display: none; }
      .phase { grid-template-columns: auto 1fr auto; }
      .phase .step { display: none; }
    }
  `];

  declare folded: boolean;

  constructor() {
    super();
    // Where the bar would take the little room that there is it opens folded.
    this.folded = globalThis.matchMedia("(max-width: 720px), (max-height: 560px)").matches;
  }

  protected override drawn(state: ShellState): readonly unknown[] {
    return [state.planning, state.language];
  }

  override render(): TemplateResult {
    const { compare: text, planning } = this.text;
    const { compare, phase } = this.state.planning;
    const fold = html`<button data-compare="fold" aria-expanded=${!this.folded} aria-label=${this.folded ? this.text.unfold : this.text.fold} title=${this.folded ? this.text.unfold : this.text.fold} @click=${() => { this.folded = !this.folded; }}><span class="turn">${icons.chevron}</span></button>`;
    if (this.folded) return html`<section class="card pill" aria-label=${text.label}><span>${text.label} · ${planning.modes[compare.mode]}</span><span class="muted">${phase ? fill(this.text.phase.year, { year: phase.slice(0, 4) }) : this.text.phase.all}</span>${fold}</section>`;
    const modes = MODES.map((mode) => [mode, planning.modes[mode]] as const);
    return html`<section class="card" aria-label=${text.label}>
      <div class="line">${segments(text.title, modes, compare.mode, (mode) => this.shell.planner.setMode(mode))}<span class="grow"></span>
        <span class="row"><label class="check" title=${text.ghost_hint}><input type="checkbox" name="ghost" .checked=${compare.ghost} @change=${(event: Event) => this.shell.planner.setGhost((event.target as HTMLInputElement).checked)}>${text.ghost}</label>
        <label class="check"><input type="checkbox" name="colors" .checked=${compare.colors} @change=${(event: Event) => this.shell.planner.setColors((event.target as HTMLInputElement).checked)}>${text.colors}</label></span>${fold}</div>
      ${compare.mode === "single" ? nothing : html`<div class="line">${this.#options()}${compare.mode === "difference" ? this.#legend() : nothing}</div>`}
      ${this.#phase()}
    </section>`;
  }

  #options(): TemplateResult | typeof nothing {
    const { compare: text } = this.text;
    const { compare } = this.state.planning;
    const { planner } = this.shell;
    if (compare.mode === "single") return nothing;
    const against = this.#against(1, text.against);
    switch (compare.mode) {
      case "swipe":
        return html`${against}<span class="row wide">
          <button aria-label=${text.left} title=${text.left} @click=${() => planner.setPosition(compare.position - STEP)}>${icons.minus}</button>
          <input class="input small" type="number" name="position" min="2" max="98" step="1" aria-label=${text.position} .value=${String(Math.round(compare.position * 100))}
            @change=${(event: Event) => planner.setPosition(Number((event.target as HTMLInputElement).value) / 100)}>
          <button aria-label=${text.right} title=${text.right} @click=${() => planner.setPosition(compare.position + STEP)}>${icons.plus}</button></span>`;
      case "grid":
        return html`${against}${this.#against(2, text.third)}${this.#against(3, text.fourth)}`;
      case "blink":
        return html`${against}
          <button class="plain" aria-pressed=${compare.blinking} @click=${() => planner.setBlink({ running: !compare.blinking })}>${compare.blinking ? icons.pause : icons.play}${compare.blinking ? text.pause : text.run}</button>
          <button class="plain" data-compare="step" @click=${() => planner.blinkStep()}>${text.step}</button>
          ${numberField({ label: text.hz, name: "hz", value: compare.blinkHz, min: MIN_BLINK_HZ, max: MAX_BLINK_HZ, step: 0.25, onChange: (hz) => { if (hz !== null) planner.setBlink({ hz: Math.min(MAX_BLINK_HZ, Math.max(MIN_BLINK_HZ, hz)) }); } })}
          <b role="status">${fill(text.showing, { name: planner.sides.name(compare.shown) })}</b>`;
      default:
        return against;
    }
  }

  #against(side: 1 | 2 | 3, label: string): TemplateResult {
    const { scenarios, compare } = this.state.planning;
    const now = compare.others[side - 1]?.scenario ?? BASE;
    const phase = compare.others[side - 1]?.phase ?? null;
    const { planner } = this.shell;
    const shown = (scenarios ?? []).filter(({ is_archived, id }) => !is_archived || id === now);
    return html`<span class="against"><label class="against"><span>${label}</span><select class="input select" data-side=${side} @change=${(event: Event) => planner.setOther(side, { scenario: (event.target as HTMLSelectElement).value, revision: null, phase })}>
        <option value=${BASE} .selected=${now === BASE}>${this.text.planning.base}</option>${shown.map(({ id, name }) => html`<option value=${id} .selected=${id === now}>${name}</option>`)}</select></label>
      <select class="input select wide" aria-label=${`${label} · ${this.text.phase.label}`} @change=${(event: Event) => planner.setOther(side, { scenario: now, revision: null, phase: (event.target as HTMLSelectElement).value || null })}>
        <option value="" .selected=${phase === null}>${this.text.phase.all}</option>${YEARS.map((year) => html`<option value=${phaseOfYear(year)} .selected=${phase === phaseOfYear(year)}>${year}</option>`)}</select></span>`;
  }

  #legend(): TemplateResult {
    const { compare: text } = this.text;
    const { sides } = this.shell.planner;
    return html`<div class="legend" role="group" aria-label=${text.legend}>
      ${swatch("kept", text.kept)}${swatch("changed", text.changed)}${swatch("removed", text.removed)}${swatch("added", text.added)}
      <span class="of">${fill(text.legend_note, { before: sides.name(1), after: sides.name(0) })}</span></div>`;
  }

  #phase(): TemplateResult {
    const { phase: text } = this.text;
    const { phase, playing } = this.state.planning;
    const { planner } = this.shell;
    const year = yearOfPhase(phase);
    const shown = year ?? LAST_YEAR;
    const set = (value: number): void => planner.setPhase(phaseOfYear(value));
    return html`<div class="phase" role="group" aria-label=${text.label}>
      <button class="plain" data-phase="play" aria-pressed=${playing} aria-label=${playing ? text.pause : text.play} title=${playing ? text.pause : text.play} @click=${() => planner.play(!playing)}>${playing ? icons.pause : icons.play}</button>
      <button class="step" aria-label=${text.previous} title=${text.previous} ?disabled=${shown <= FIRST_YEAR} @click=${() => set(shown - 1)}>${icons.minus}</button>
      <div class="track">
        <input type="range" name="phase" min=${FIRST_YEAR} max=${LAST_YEAR} step="1" .value=${String(shown)} aria-label=${text.slider}
          aria-valuetext=${year === null ? text.all : fill(text.year, { year })} @input=${(event: Event) => set(Number((event.target as HTMLInputElement).value))}>
        <div class="marks" aria-hidden="true">${YEARS.map((mark) => html`<span ?data-on=${mark === year}>${mark}</span>`)}</div>
      </div>
      <button class="step" aria-label=${text.next} title=${text.next} ?disabled=${shown >= LAST_YEAR} @click=${() => set(shown + 1)}>${icons.plus}</button>
      <span class="row"><input class="input small" name="year" inputmode="numeric" aria-label=${text.typed} placeholder="—" .value=${year === null ? "" : String(year)} @change=${this.#typed}>
        <button class="plain" data-phase="all" aria-pressed=${phase === null} @click=${() => planner.setPhase(null)}>${text.all}</button></span>
    </div>`;
  }

  #typed(event: Event): void {
    const input = event.target as HTMLInputElement;
    const year = readYear(input.value);
    if (year !== null) this.shell.planner.setPhase(phaseOfYear(year));
    const now = yearOfPhase(this.state.planning.phase);
    input.value = now === null ? "" : String(now);
  }
}

customElements.define("cj-compare", ComparePanel);
