// Comparing: which sides a mode shows, where, and how fast it may blink. Side 0 is the scenario at work, side 1 what it is held against.
import type { ViewerCommand } from "../bridge.gen";
import type { Standpoint } from "./api";

export const MODES = ["single", "swipe", "difference", "side_by_side", "grid", "blink"] as const;
export type CompareMode = (typeof MODES)[number];

/** Sides that the engine has. */
export const MAX_SIDES = 4;

/** WCAG 2.3.1: never more than three changes a second. */
export const MAX_BLINK_HZ = 3;
export const MIN_BLINK_HZ = 0.25;

export interface Compare {
  mode: CompareMode;
  /** What side 0 is held against, and the other two of the 2×2; side 0 follows the scenario at work. */
  others: readonly [Standpoint, Standpoint, Standpoint];
  /** Swipe line, share of the width from the left. */
  position: number;
  blinkHz: number;
  /** Blinking by itself; false = by the step key only. */
  blinking: boolean;
  /** Side that blink shows now. */
  shown: 0 | 1;
  /** Colours by state. */
  colors: boolean;
  /** What is taken down stands as a ghost. */
  ghost: boolean;
}

const base: Standpoint = { scenario: "base", revision: null, phase: null };

export function initialCompare(): Compare {
  return { mode: "single", others: [base, base, base], position: 0.5, blinkHz: 1, blinking: true, shown: 0, colors: true, ghost: true };
}

/** Sides of a mode, in reading order: before, after, then the rest. */
export function sidesOf(mode: CompareMode): readonly number[] {
  switch (mode) {
    case "single":
      return [0];
    case "swipe":
    case "difference":
    case "side_by_side":
    case "blink":
      return [1, 0];
    case "grid":
      return [1, 0, 2, 3];
  }
}

/** Commands that bring the engine to a comparison; the tables of its sides are set apart from them. */
export function compareCommands(compare: Compare): ViewerCommand[] {
  const { mode, position, colors, ghost, shown } = compare;
  const commands: ViewerCommand[] = [{ type: "set_scenario_colors", enabled: colors, removed: ghost }];
  if (mode === "single" || mode === "blink") {
    commands.push({ type: "set_compare", mode: "single", sides: [0], position });
    commands.push({ type: "set_side", side: mode === "blink" ? shown : 0 });
  } else {
    commands.push({ type: "set_compare", mode, sides: [...sidesOf(mode)], position });
  }
  return commands;
}

/** Share of the width, kept so far from the edges that the handle can be grasped. */
export function clampPosition(position: number): number {
  return Number.isFinite(position) ? Math.min(0.98, Math.max(0.02, position)) : 0.5;
}

/** Least time between two changes, by whatever cause, milliseconds. */
export const MIN_BLINK_MS = 1000 / MAX_BLINK_HZ;

/** Milliseconds that each side shows: never so short that there are more than three changes a second. */
export function blinkInterval(hz: number): number {
  const safe = Number.isFinite(hz) ? Math.min(MAX_BLINK_HZ, Math.max(MIN_BLINK_HZ, hz)) : 1;
  return Math.ceil(1000 / safe);
}

/** Equal for standpoints that show the same. */
export function standpointKey({ scenario, revision, phase }: Standpoint): string {
  return `${scenario}@${revision ?? ""}/${phase ?? ""}`;
}
