// The legend of a layer in words: its classes with bounds and unit, where the limit lies among them, and how verdicts are counted.
import { formatNumber, formatUnit, local, type Language } from "../../i18n";
import type { Ending, Legend, LegendClass, SimulationVerdict } from "./api";

/** A line of the legend. */
export interface LegendRow {
  color: string;
  words: string;
  /** The limit lies within this class or at its lower bound. */
  holdsLimit: boolean;
}

/** Signs of endings: they are told apart without colours too. */
export const ENDING_SIGN: Record<Ending, string> = { fail: "✕", within_error: "≈", not_decidable: "?", pass: "✓" };

/** Endings, the worst first. */
export const ENDINGS: readonly Ending[] = ["fail", "within_error", "not_decidable", "pass"];

/** A number with as many places as its size needs. */
export function formatValue(value: number, language: Language): string {
  const size = Math.abs(value);
  // A trace below nothing is nothing: no "-0".
  return formatNumber(size < 0.0005 ? 0 : value, language, size >= 100 ? 1 : size >= 1 ? 2 : 3);
}

/** A value with its unit; `—` for none. */
export function withUnit(value: number | null, unit: string, language: Language): string {
  if (value === null) return "—";
  const words = formatUnit(unit, language);
  return words ? `${formatValue(value, language)} ${words}` : formatValue(value, language);
}

/** Lines of a legend, the highest class on top as on a scale. */
export function legendRows({ classes, limit }: Legend, unit: string, language: Language, shape?: string): LegendRow[] {
  const words = formatUnit(unit, language);
  const tail = words ? ` ${words}` : "";
  const areNames = areKinds(classes, unit, shape);
  return classes.map(({ from, color, title }, index): LegendRow => {
    const next = classes[index + 1];
    const range = next ? `${formatValue(from, language)} – ${formatValue(next.from, language)}${tail}` : `≥ ${formatValue(from, language)}${tail}`;
    const holdsLimit = limit != null && limit.value >= from && (!next || limit.value < next.from);
    return { color, words: title ? (areNames ? local(title, language) : `${local(title, language)} · ${range}`) : range, holdsLimit };
  }).reverse();
}

/** True for kinds rather than quantities, whose numbers mean nothing; areas have names for what they are, such as a walk of 5 minutes. */
function areKinds(classes: readonly LegendClass[], unit: string, shape?: string): boolean {
  return (!formatUnit(unit, "en") || shape === "areas") && classes.length > 0 && classes.every(({ title }) => title);
}

/** Name of the kind that a value stands for; null for quantities, and for what is below the first kind. */
export function kindOf(value: number | null, { classes }: Legend, unit: string, language: Language, shape?: string): string | null {
  if (value === null || !areKinds(classes, unit, shape)) return null;
  const title = classes.findLast(({ from }) => value >= from)?.title;
  return title ? local(title, language) : null;
}

/** How many findings end in which way. */
export function countEndings(verdicts: readonly SimulationVerdict[]): Record<Ending, number> {
  const counts: Record<Ending, number> = { pass: 0, fail: 0, within_error: 0, not_decidable: 0 };
  for (const { verdict } of verdicts) counts[verdict]++;
  return counts;
}

/** Findings by what wants attention: the worst ending first, within it the smallest margin. */
export function sortVerdicts(verdicts: readonly SimulationVerdict[]): SimulationVerdict[] {
  return [...verdicts].sort((a, b) => ENDINGS.indexOf(a.verdict) - ENDINGS.indexOf(b.verdict) || (a.margin ?? Infinity) - (b.margin ?? Infinity) || a.feature.localeCompare(b.feature));
}
