// Swatches of what a scenario does: each colour with a hatch of its own, so that it reads without colour too (WCAG 1.4.1).
import { css, html, type TemplateResult } from "lit";

export type SwatchKind = "kept" | "changed" | "removed" | "added";

export const swatches = css`
  .key { display: inline-flex; align-items: center; gap: 6px; white-space: nowrap; }
  .sw { flex: none; width: 20px; height: 14px; border-radius: 3px; box-shadow: inset 0 0 0 1px rgb(255 255 255 / 45%); }
  .sw.kept { background: #cdc7bb; }
  .sw.changed { background: repeating-linear-gradient(0deg, #3f7fd6 0 4px, #79a8ea 4px 5px); }
  .sw.removed { background: repeating-linear-gradient(45deg, #d8473c 0 3px, #5a2320 3px 6px); }
  .sw.added { background: linear-gradient(#bdf3ea 1px, transparent 1px) 0 3px / 100% 5px, linear-gradient(90deg, #bdf3ea 1px, transparent 1px) 3px 0 / 5px 100%, #1fa596; }
`;

/** A swatch with its words. */
export function swatch(kind: SwatchKind, words: string | number): TemplateResult {
  return html`<span class="key"><span class="sw ${kind}"></span>${words}</span>`;
}
