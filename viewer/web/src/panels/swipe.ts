// Over the picture: the swipe line with its handle, and the names of what is seen on each side.
import { css, html, nothing, type TemplateResult } from "lit";
import { fill } from "../i18n";
import { sidesOf } from "../planning/compare";
import { Panel } from "../ui/panel";
import type { ShellState } from "../state/state";
import { shared } from "../ui/styles";

const STEP = 0.02;
const LARGE_STEP = 0.1;

export class SwipeOverlay extends Panel {
  static override styles = [shared, css`
    :host { position: absolute; inset: 0; pointer-events: none; z-index: 0; }
    .line { position: absolute; top: 0; bottom: 0; width: 2px; margin-left: -1px; background: #fff; box-shadow: 0 0 0 1px rgb(6 12 18 / 55%), 0 0 12px rgb(6 12 18 / 45%); }
    .handle {
      position: absolute; top: 50%; left: 1px; width: 44px; height: 44px; min-height: 44px; margin: -22px 0 0 -22px; padding: 0; border-radius: 50%;
      background: #fff; color: #12303a; box-shadow: 0 2px 10px rgb(6 12 18 / 50%); cursor: ew-resize; pointer-events: auto; touch-action: none;
    }
    .handle:hover { background: #e8f6f7; }
    .name { position: absolute; padding: 4px 12px; border-radius: 16px; background: rgb(17 22 28 / 80%); font-size: 14px; font-weight: 600; white-space: nowrap; max-width: 40vw; overflow: hidden; text-overflow: ellipsis; border: 1px solid var(--cj-line); }
    .name.left { right: calc(100% + 30px); top: calc(50% - 16px); }
    .name.right { left: calc(100% + 30px); top: calc(50% - 16px); }
    .rule { position: absolute; background: rgb(255 255 255 / 85%); }
    .rule.v { left: 50%; top: 0; bottom: 0; width: 2px; margin-left: -1px; }
    .rule.h { top: 50%; left: 0; right: 0; height: 2px; margin-top: -1px; }
    .cell.west { right: calc(50% + 12px); }
    .cell.east { left: calc(50% + 12px); }
  `];

  #isDragging = false;

  protected override drawn(state: ShellState): readonly unknown[] {
    return [state.planning.compare, state.planning.scenario, state.planning.scenarios, state.planning.phase, state.language];
  }

  override render(): TemplateResult | typeof nothing {
    const { compare } = this.state.planning;
    if (compare.mode === "single" || compare.mode === "difference" || compare.mode === "blink") return nothing;
    return html`<section aria-label=${this.text.compare.label}>${this.#lines(compare.mode)}</section>`;
  }

  #lines(mode: "swipe" | "side_by_side" | "grid"): TemplateResult {
    const { sides } = this.shell.planner;
    const names = sidesOf(mode).map((side) => sides.name(side));
    // At the middle, where no card lies over them.
    const cell = (index: number, side: "west" | "east", top: string): TemplateResult => html`<span class="name cell ${side}" style="top:${top}">${names[index]}</span>`;
    switch (mode) {
      case "swipe":
        return this.#swipe(this.state.planning.compare.position, names);
      case "side_by_side":
        return html`<div class="rule v"></div>${cell(0, "west", "72px")}${cell(1, "east", "72px")}`;
      case "grid":
        return html`<div class="rule v"></div><div class="rule h"></div>${cell(0, "west", "72px")}${cell(1, "east", "72px")}${cell(2, "west", "calc(50% + 12px)")}${cell(3, "east", "calc(50% + 12px)")}`;
    }
  }

  #swipe(position: number, names: string[]): TemplateResult {
    const percent = Math.round(position * 100);
    const label = fill(this.text.compare.handle, { n: percent });
    return html`<div class="line" style="left:${position * 100}%">
      <span class="name left">${names[0]}</span><span class="name right">${names[1]}</span>
      <button class="handle" role="slider" aria-orientation="horizontal" aria-valuemin="2" aria-valuemax="98" aria-valuenow=${percent} aria-label=${label} title=${label}
        @pointerdown=${this.#down} @pointermove=${this.#move} @pointerup=${this.#up} @pointercancel=${this.#up} @keydown=${this.#keys}>
        <svg viewBox="0 0 24 24" width="24" height="24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d="M9 6.5 3.5 12 9 17.5M15 6.5l5.5 5.5-5.5 5.5"/></svg>
      </button></div>`;
  }

  #down(event: PointerEvent): void {
    this.#isDragging = true;
    (event.target as Element).setPointerCapture(event.pointerId);
  }

  #move(event: PointerEvent): void {
    if (!this.#isDragging) return;
    const { left, width } = this.getBoundingClientRect();
    if (width > 0) this.shell.planner.setPosition((event.clientX - left) / width);
  }

  #up(): void {
    this.#isDragging = false;
  }

  #keys(event: KeyboardEvent): void {
    const { position } = this.state.planning.compare;
    const step = event.shiftKey ? LARGE_STEP : STEP;
    const next = { ArrowLeft: position - step, ArrowDown: position - step, ArrowRight: position + step, ArrowUp: position + step, PageUp: position + LARGE_STEP, PageDown: position - LARGE_STEP, Home: 0, End: 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    this.shell.planner.setPosition(next);
  }
}

customElements.define("cj-swipe", SwipeOverlay);
