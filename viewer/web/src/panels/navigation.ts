// Bottom right: compass, zoom, tilt, home, underground and the sun; every gesture of mouse and touch has a button here.
import { css, html, type TemplateResult } from "lit";
import { fill, formatNumber } from "../i18n";
import { icons } from "../ui/icons";
import { Panel } from "../ui/panel";
import { shared } from "../ui/styles";

/** One press halves or doubles the distance in two. */
const ZOOM_STEP = Math.SQRT2;
const TILT_STEP_DEG = 10;

export class NavigationPanel extends Panel {
  static override properties = { ...Panel.properties, timeOpen: { type: Boolean } };
  static override styles = [shared, css`
    :host { display: block; }
    section { display: flex; flex-direction: column; align-items: flex-end; gap: 8px; }
    .compass { width: 56px; height: 56px; border-radius: 50%; padding: 0; }
    .compass:hover { background: var(--cj-card-solid); }
    .compass svg { width: 52px; height: 52px; }
    .dial { transition: transform 120ms linear; transform-origin: 26px 26px; }
    .keys { display: grid; grid-template-columns: repeat(2, 40px); padding: 4px; gap: 2px; }
    .keys button { width: 40px; height: 40px; padding: 0; }
    text { font: 600 11px var(--cj-font); fill: var(--cj-text); }
    .keys .wide { grid-column: 1 / -1; width: auto; }
    /* On a low screen the buttons lie in two rows. */
    @media (max-height: 500px) {
      .compass { width: 44px; height: 44px; }
      .compass svg { width: 40px; height: 40px; }
      .keys { grid: repeat(2, 36px) / auto-flow auto; }
      .keys button { width: 36px; height: 36px; }
      .keys .wide { grid-column: auto; grid-row: span 2; flex-direction: column; gap: 2px; width: 52px; height: auto; font-size: 12px; }
    }
  `];

  declare timeOpen: boolean;

  override render(): TemplateResult {
    const { nav } = this.text;
    const heading = this.state.camera?.view.heading_deg ?? 0;
    const compass = fill(nav.compass, { deg: formatNumber(Math.round(((heading % 360) + 360) % 360), this.state.language) });
    const key = (name: string, label: string, icon: unknown, click: () => void): TemplateResult =>
      html`<button data-nav=${name} title=${label} aria-label=${label} @click=${click}>${icon}</button>`;
    return html`<section aria-label=${nav.label}>
      <button class="compass card" data-nav="north" title=${compass} aria-label=${compass} @click=${() => this.shell.faceNorth()}>
        <svg viewBox="0 0 52 52" aria-hidden="true" focusable="false">
          <g class="dial" style="transform:rotate(${-heading}deg)">
            <circle cx="26" cy="26" r="23" fill="none" stroke="rgb(255 255 255 / 22%)"/>
            <path d="M26 49v-4M3 26h4M49 26h-4" stroke="rgb(255 255 255 / 45%)" stroke-width="1.5"/>
            <path d="M26 15.5 30.5 27h-9z" fill="#ff7a66"/><path d="M26 38.5 21.5 27h9z" fill="#dfe6ec"/>
            <text x="26" y="12.5" text-anchor="middle">N</text>
          </g>
        </svg>
      </button>
      <div class="keys card">
        ${key("zoom-in", nav.zoom_in, icons.plus, () => this.shell.send({ type: "zoom", factor: ZOOM_STEP }))}
        ${key("tilt-up", nav.tilt_up, icons.tilt_up, () => this.shell.send({ type: "orbit", heading_deg: 0, pitch_deg: -TILT_STEP_DEG }))}
        ${key("zoom-out", nav.zoom_out, icons.minus, () => this.shell.send({ type: "zoom", factor: 1 / ZOOM_STEP }))}
        ${key("tilt-down", nav.tilt_down, icons.tilt_down, () => this.shell.send({ type: "orbit", heading_deg: 0, pitch_deg: TILT_STEP_DEG }))}
        ${key("home", nav.home, icons.home, () => this.shell.home())}
        <button data-nav="underground" title=${nav.underground} aria-label=${nav.underground} aria-pressed=${this.state.underground} @click=${() => this.shell.setUnderground(!this.state.underground)}>${icons.underground}</button>
        <button class="wide" data-nav="time" title=${nav.time} aria-pressed=${this.timeOpen} @click=${() => this.dispatchEvent(new CustomEvent("cj-time", { bubbles: true, composed: true }))}>${icons.sun}<span>${clock(this.state.hours)}</span></button>
      </div></section>`;
  }
}

/** Hours as `09:30`. */
export function clock(hours: number): string {
  const minutes = Math.round(hours * 60) % (24 * 60);
  return `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
}

customElements.define("cj-navigation", NavigationPanel);
