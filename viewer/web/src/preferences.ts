// What this browser remembers of a user: language, quality, the name under edits, and that the first hint was shown. Storage may be forbidden (private windows, kiosks).

/** Things remembered. */
export type Preference = "language" | "quality" | "hint" | "author";

/** Remembered value, or null. */
export function recall(preference: Preference): string | null {
  try {
    return localStorage.getItem(`chengjing.${preference}`);
  } catch {
    return null;
  }
}

/** Remembers a value where the browser allows it; else it lasts for this page. */
export function remember(preference: Preference, value: string): void {
  try {
    localStorage.setItem(`chengjing.${preference}`, value);
  } catch {
    // Nothing to do: the choice holds for this page.
  }
}
