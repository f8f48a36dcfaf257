// Time of a layer: which step holds, the next one in play, times as they are written and typed.

/** Speeds of play: steps a second. */
export const SPEEDS = [0.5, 1, 2, 4] as const;

/** Last step that has begun at a time; 0 before the first. `times` ascend. */
export function stepAt(times: readonly number[], timeS: number): number {
  let [low, high] = [0, times.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((times[middle] ?? Infinity) <= timeS) low = middle;
    else high = middle - 1;
  }
  return Math.max(0, low);
}

/** Time so many steps on; within the first and the last. */
export function stepped(times: readonly number[], timeS: number, by: number): number {
  const at = Math.min(times.length - 1, Math.max(0, stepAt(times, timeS) + by));
  return times[at] ?? 0;
}

/** Time that play shows next: after the last step the first. */
export function played(times: readonly number[], timeS: number): number {
  const at = stepAt(times, timeS);
  return times[at + 1] ?? times[0] ?? 0;
}

/** A time within those of a layer. */
export function clampTime(times: readonly number[], timeS: number): number {
  const [first = 0] = times;
  const last = times.at(-1) ?? first;
  return Number.isFinite(timeS) ? Math.min(last, Math.max(first, timeS)) : first;
}

/** Seconds as `1:05:00`. */
export function formatTime(timeS: number): string {
  const whole = Math.round(Math.abs(timeS));
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${timeS < 0 && whole > 0 ? "−" : ""}${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
}

/** A typed time, `1:05:00` or `1:05` (hours and minutes) or `90` (minutes), in seconds; null when it is none. */
export function readTime(text: string): number | null {
  const parts = text.trim().replaceAll("：", ":").split(":");
  if (parts.length > 3 || parts.some((part) => !/^\d+(\.\d+)?$/.test(part.trim()))) return null;
  const numbers = parts.map(Number);
  const [a = 0, b = 0, c = 0] = numbers;
  if (numbers.length === 1) return a * 60;
  return b < 60 && c < 60 ? a * 3600 + b * 60 + c : null;
}

/** The value that holds at a time: that of its step. */
export function valueAtTime(times: readonly number[], values: readonly (number | null)[], timeS: number): number | null {
  return values[stepAt(times, timeS)] ?? null;
}
