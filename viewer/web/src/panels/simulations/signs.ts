// Signs over the city at what a burst is about: the break, valves to close, hospitals and schools. The panel's list is their way by keyboard.
import { css, html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { styleMap } from "lit/directives/style-map.js";
import { fill } from "../../i18n";
import { projector } from "../../projection";
import type { ShellState } from "../../state/state";
import { Panel } from "../../ui/panel";
import { shared } from "../../ui/styles";
import { BREAK } from "./break";
import { SimulationDesk } from "./desk";
import type { Sign } from "./state";

const LETTER = { closed: "✓", stuck: "✕", hospital: "✚" };

export class SimulationSigns extends Panel {
  static override properties = { ...Panel.properties, signs: { state: true } };
  static override styles = [shared, css`
    :host { position: absolute; inset: 0; pointer-events: none; overflow: hidden; z-index: 0; }
    button { position: absolute; left: 0; top: 0; contain: layout style; pointer-events: auto; min-width: 26px; min-height: 26px; padding: 0 5px; gap: 5px; border-radius: 13px; font-size: 12px; font-weight: 700; color: #fff; white-space: nowrap; border: 2px solid #fff; box-shadow: 0 2px 8px rgb(4 10 16 / 55%); }
    button::after { content: ""; position: absolute; left: 50%; top: 100%; width: 2px; height: 12px; margin-left: -1px; background: #fff; }
    .valve { background: #0072b2; }
    .closed { background: #56b4e9; color: #0b1a24; }
    .stuck { background: #5d6873; }
    .broken { background: #d55e00; min-width: 34px; min-height: 34px; border-radius: 17px; font-size: 15px; z-index: 2; }
    .hospital { background: #c4473a; border-radius: 6px; }
    .school { background: #1d7a68; border-radius: 6px; }
  `];

  declare signs: readonly Sign[];
  #unsubscribe: (() => void) | null = null;

  constructor() {
    super();
    this.signs = [];
  }

  override connectedCallback(): void {
    super.connectedCallback();
    // what was set before the element was known comes with its first update
    void this.updateComplete.then(() => {
      if (!this.isConnected || this.#unsubscribe) return;
      const desk = SimulationDesk.of(this.shell);
      const take = (): void => { this.signs = desk.isOpen && desk.state.isVisible && desk.state.name === BREAK ? desk.state.signs : []; };
      this.#unsubscribe = desk.subscribe(take);
      take();
    });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#unsubscribe?.();
    this.#unsubscribe = null;
  }

  protected override drawn({ camera, language, planning }: ShellState): readonly unknown[] {
    return [camera, language, planning.compare.mode];
  }

  override render(): TemplateResult | typeof nothing {
    const { camera, planning: { compare: { mode } } } = this.state;
    const { clientWidth: width, clientHeight: height } = this;
    if (this.signs.length === 0 || !camera || !width || mode === "side_by_side" || mode === "grid") return nothing;
    const project = projector(camera.view, { width, height });
    const placed = this.signs.flatMap((sign) => {
      const at = project(sign.at);
      return at && at.x > 0 && at.x < width && at.y > 0 && at.y < height ? [{ sign, at }] : [];
    });
    return html`${repeat(placed, ({ sign }) => `${sign.kind}/${sign.id}`, ({ sign, at }) => this.#sign(sign, at))}`;
  }

  #sign({ id, kind, name }: Sign, { x, y }: { x: number; y: number }): TemplateResult {
    const { simulations: text } = this.text;
    const place = styleMap({ transform: `translate(${x.toFixed(1)}px,${y.toFixed(1)}px) translate(-50%,calc(-100% - 12px))` });
    const desk = SimulationDesk.of(this.shell);
    const isValve = kind === "valve" || kind === "stuck";
    const title = kind === "valve" ? fill(text.break_stuck_of, { name: id }) : kind === "stuck" ? fill(text.break_works, { name: id }) : name || id;
    const act = (): void => {
      if (isValve) void desk.guard(() => desk.breaks.toggleStuck(id));
      else void this.shell.select(id);
    };
    return html`<button tabindex="-1" class=${kind} data-sign=${kind} data-id=${id} style=${place} title=${title} @click=${act}><span aria-hidden="true">${{ ...LETTER, ...text.break_letters }[kind]}</span>${name ? html`<span>${name}</span>` : nothing}</button>`;
  }
}

customElements.define("cj-simulation-signs", SimulationSigns);
