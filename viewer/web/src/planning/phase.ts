// Years of the plan (D3 22: 2023–2035) and the phase dates that stand for them.

export const FIRST_YEAR = 2023;
export const LAST_YEAR = 2035;
export const YEARS: readonly number[] = Array.from({ length: LAST_YEAR - FIRST_YEAR + 1 }, (_, index) => FIRST_YEAR + index);

/** Phase of a year: its last day, so that everything dated within the year counts. */
export function phaseOfYear(year: number): string {
  return `${Math.min(LAST_YEAR, Math.max(FIRST_YEAR, Math.round(year)))}-12-31`;
}

/** Year of a phase date, brought into the plan; null for no phase or no date. */
export function yearOfPhase(phase: string | null): number | null {
  const year = Number(/^(\d{4})-\d{2}-\d{2}$/.exec(phase ?? "")?.[1]);
  return Number.isFinite(year) ? Math.min(LAST_YEAR, Math.max(FIRST_YEAR, year)) : null;
}

/** Reads a typed year; null when it is none of the plan's. */
export function readYear(text: string): number | null {
  const year = Number(text.trim());
  return Number.isInteger(year) && year >= FIRST_YEAR && year <= LAST_YEAR ? year : null;
}

/** True for a date that exists, as `YYYY-MM-DD`. */
export function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}
