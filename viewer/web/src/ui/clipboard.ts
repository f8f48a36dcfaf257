// Copying text where the browser allows it.

/** True when the text is on the clipboard; false where that is forbidden (plain http, policy). */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
