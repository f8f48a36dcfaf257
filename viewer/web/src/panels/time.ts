// Bottom middle: the sun's hour as a slider, with steps by button for those who cannot drag.
import { css, html, type TemplateResult } from "lit";
import { fill } from "../i18n";
import { icons } from "../ui/icons";
import { Panel } from "../ui/panel";
import { shared } from "../ui/styles";
import { clock } from "./navigation";

const STEP_H = 0.25;
const MARKS = [0, 6, 12, 18, 24];

export class TimePanel extends Panel {
  static override styles = [shared, css`
    :host { display: block; }
    section { display: grid; grid-template-columns: auto 1fr auto auto; align-items: center; gap: 0 8px; padding: 8px 8px 8px 16px; width: min(420px, 100%); }
    output { font-size: 17px; font-weight: 600; min-width: 48px; }
    .track { display: grid; padding: 0 4px; }
    input { width: 100%; height: 24px; margin: 0; accent-color: var(--cj-accent); cursor: pointer; }
    .marks { display: flex; justify-content: space-between; font-size: 12px; line-height: 1; color: var(--cj-muted); margin-top: -2px; }
    .note { grid-column: 1 / -1; color: var(--cj-muted); font-size: 12px; padding-top: 4px; }
    .steps { display: flex; }
  `];

  override render(): TemplateResult {
    const { time, close } = this.text;
    const { hours } = this.state;
    const [h, m] = clock(hours).split(":") as [string, string];
    return html`<section class="card" aria-label=${time.title}>
      <output for="hours">${clock(hours)}</output>
      <div class="track">
        <input id="hours" type="range" min="0" max="24" step=${STEP_H} .value=${String(hours)} aria-label=${time.label}
          aria-valuetext=${fill(time.value, { h, m })} @input=${(event: Event) => this.shell.setHours(Number((event.target as HTMLInputElement).value))}>
        <div class="marks" aria-hidden="true">${MARKS.map((mark) => html`<span>${mark}</span>`)}</div>
      </div>
      <div class="steps">
        <button aria-label="−15 min" @click=${() => this.#step(-STEP_H)}>${icons.minus}</button>
        <button aria-label="+15 min" @click=${() => this.#step(STEP_H)}>${icons.plus}</button>
      </div>
      <button aria-label=${close} title=${close} @click=${() => this.dispatchEvent(new CustomEvent("cj-time", { bubbles: true, composed: true }))}>${icons.close}</button>
      <p class="note">${time.note}</p>
    </section>`;
  }

  #step(by: number): void {
    this.shell.setHours((this.state.hours + by + 24) % 24);
  }
}

customElements.define("cj-time", TimePanel);
