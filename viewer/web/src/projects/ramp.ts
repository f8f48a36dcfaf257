// Colours of the investment choropleth: share of a town office's target that is done, in five steps.
import type { Office } from "./api";

/** Steps from dark to light, so that they read in grey as well (viridis-like). */
export const RAMP: readonly { from: number; color: string; words: string }[] = [
  { from: 0, color: "#46327e", words: "0–25 %" },
  { from: 0.25, color: "#365c8d", words: "25–50 %" },
  { from: 0.5, color: "#277f8e", words: "50–75 %" },
  { from: 0.75, color: "#4ac16d", words: "75–100 %" },
  { from: 1, color: "#d8e219", words: "≥ 100 %" },
];

/** Of offices of which nothing is recorded. */
const UNKNOWN = "#59636d";

/** Share of the target that is done; of what is planned where there is no target. */
export function officeShare({ target_cny, planned_cny, done_cny }: Pick<Office, "target_cny" | "planned_cny" | "done_cny">): number | null {
  const whole = target_cny ?? planned_cny;
  return whole && done_cny !== null ? done_cny / whole : null;
}

export function rampColor(share: number | null): string {
  if (share === null) return UNKNOWN;
  return RAMP.findLast(({ from }) => share >= from)?.color ?? UNKNOWN;
}
