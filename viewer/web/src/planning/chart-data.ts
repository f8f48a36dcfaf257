// Series of the charts, computed apart from the drawing: bars A beside B, waterfall from A to B, curve over the years.
import type { CurvePoint } from "./analysis";
import type { Indicator } from "./api";

export interface Bars { names: string[]; before: (number | null)[]; after: (number | null)[] }

/** Parts of an indicator at both standpoints, greatest first; without parts the indicator itself. */
export function barsOf(before: Indicator | undefined, after: Indicator | undefined, title: string): Bars {
  const names = partNames(before, after);
  if (names.length === 0) return { names: [title], before: [before?.value ?? null], after: [after?.value ?? null] };
  return { names, before: names.map((name) => before?.by?.[name] ?? 0), after: names.map((name) => after?.by?.[name] ?? 0) };
}

export interface Step { name: string; from: number; to: number; kind: "total" | "up" | "down" }

/**
 * Steps that lead from A to B: the total of A, each part by how much it changed, the total of B. What the parts do not
 * explain stands as a step of its own, so that the last one always ends at B.
 */
export function waterfallOf(before: Indicator | undefined, after: Indicator | undefined, names: { before: string; after: string; rest: string }): Step[] {
  const [a, b] = [before?.value, after?.value];
  if (a === null || a === undefined || b === null || b === undefined) return [];
  const steps: Step[] = [{ name: names.before, from: 0, to: a, kind: "total" }];
  let at = a;
  const move = (name: string, by: number): void => {
    if (by === 0) return;
    steps.push({ name, from: at, to: at + by, kind: by > 0 ? "up" : "down" });
    at += by;
  };
  for (const name of partNames(before, after)) move(name, (after?.by?.[name] ?? 0) - (before?.by?.[name] ?? 0));
  const rest = b - at;
  if (Math.abs(rest) > 1e-9 * Math.max(1, Math.abs(a), Math.abs(b))) move(names.rest, rest);
  steps.push({ name: names.after, from: 0, to: b, kind: "total" });
  return steps;
}

function partNames(before: Indicator | undefined, after: Indicator | undefined): string[] {
  const size = new Map<string, number>();
  for (const parts of [before?.by, after?.by]) {
    for (const [name, value] of Object.entries(parts ?? {})) size.set(name, Math.max(size.get(name) ?? 0, Math.abs(value)));
  }
  return [...size].sort(([x, p], [y, q]) => q - p || x.localeCompare(y)).map(([name]) => name);
}

/** Years and values of a curve; years without a value break the line. */
export function curveOf(points: readonly CurvePoint[]): { years: string[]; values: (number | null)[] } {
  return { years: points.map(({ year }) => String(year)), values: points.map(({ value }) => value) };
}
