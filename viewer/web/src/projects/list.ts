// Filtering, sorting, schedules and clusters of projects, apart from the drawing.
import { FIRST_YEAR, LAST_YEAR } from "../planning/phase";
import type { Projected } from "../projection";
import type { Project } from "./api";
import { progressLevel, STATUS_KINDS, statusKind } from "./status";

export const SORTS = ["name", "stage", "investment", "progress", "start"] as const;
export type Sort = (typeof SORTS)[number];

export interface Filter { text: string; library: string; stage: string; class: string; way: string; office: string }

export const NO_FILTER: Filter = { text: "", library: "", stage: "", class: "", way: "", office: "" };

/** Projects that match, in order. */
export function listProjects(projects: readonly Project[], filter: Filter, sort: Sort): Project[] {
  const wanted = filter.text.trim().toLowerCase();
  return projects
    .filter((one) => (!filter.library || one.library === filter.library) && (!filter.stage || one.stage === filter.stage) && (!filter.class || one.class === filter.class) && (!filter.way || one.way === filter.way)
      && (!filter.office || one.town_office === filter.office)
      && (!wanted || `${one.name} ${one.id} ${one.responsible_unit ?? ""} ${one.town_office ?? ""}`.toLowerCase().includes(wanted)))
    .sort((a, b) => compareBy(sort, a, b) || a.name.localeCompare(b.name, "zh"));
}

function compareBy(sort: Sort, a: Project, b: Project): number {
  switch (sort) {
    case "name":
      return 0;
    case "stage":
      return order(a) - order(b);
    case "investment":
      return (b.investment_cny ?? -1) - (a.investment_cny ?? -1);
    case "progress":
      return (progressLevel(a.progress)?.rank ?? 9) - (progressLevel(b.progress)?.rank ?? 9);
    case "start":
      return (a.start_on ?? "9999").localeCompare(b.start_on ?? "9999");
  }
}

function order(project: Project): number {
  const kind = statusKind(project);
  return kind === "exit" ? STATUS_KINDS.length : STATUS_KINDS.indexOf(kind);
}

/** Values that a field has, for a choice. */
export function valuesOf(projects: readonly Project[], field: "library" | "stage" | "class" | "way" | "town_office"): string[] {
  return [...new Set(projects.flatMap((one) => one[field] ?? []))].sort((a, b) => a.localeCompare(b, "zh"));
}

/** Share of the plan's years at a date, 0–1 and beyond; null for no date. */
export function yearShare(date: string | null): number | null {
  const [, year, month = "1", day = "1"] = /^(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?/.exec(date ?? "") ?? [];
  if (!year) return null;
  const at = Number(year) + (Number(month) - 1) / 12 + (Number(day) - 1) / 365;
  return (at - FIRST_YEAR) / (LAST_YEAR + 1 - FIRST_YEAR);
}

/** Left edge and width of a schedule bar, percent of the axis; null when it does not lie on it. */
export function bar(from: string | null, to: string | null): { left: number; width: number } | null {
  const [start, end] = [yearShare(from), yearShare(to)];
  if (start === null && end === null) return null;
  const low = Math.max(0, start ?? end ?? 0);
  const high = Math.min(1, end ?? start ?? 0);
  if (high < 0 || low > 1 || high < low) return null;
  return { left: low * 100, width: Math.max(0.6, (high - low) * 100) };
}

export interface Pin<T> { items: T[]; x: number; y: number }

/** Half the width of a sign and its height, pixels. */
export interface SignSize { halfWidth: number; height: number }

/**
 * Signs that would lie over each other become one, at the place of the one in front.
 *
 * Greedy from the nearest to the eye: what is in front keeps its place. No two of the answer overlap, as long as a sign of
 * several is no larger than the least sign of one.
 *
 * * `single` — size of an item's own sign; `several` — of a sign that stands for more than one
 */
export function cluster<T>(placed: readonly { item: T; at: Projected }[], single: (item: T) => SignSize, several: SignSize): Pin<T>[] {
  const pins: (Pin<T> & { size: SignSize })[] = [];
  for (const { item, at } of [...placed].sort((a, b) => a.at.depth - b.at.depth)) {
    const size = single(item);
    const near = pins.find((pin) => Math.abs(pin.x - at.x) < pin.size.halfWidth + size.halfWidth && Math.abs(pin.y - at.y) < (pin.size.height + size.height) / 2);
    if (near) {
      near.items.push(item);
      near.size = several;
    } else pins.push({ items: [item], x: at.x, y: at.y, size });
  }
  return pins.map(({ items, x, y }) => ({ items, x, y }));
}
