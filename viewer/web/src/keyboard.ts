// Keys of the 3D view that the shell answers. They work while the canvas has the focus only, so that no panel loses a letter
// (WCAG 2.1.4). Arrows, + and − are the engine's own (`viewer/app/src/camera/listeners.rs`).

/** What a key asks the shell for. */
export type KeyAction = "north" | "home" | "underground" | "search" | "clear" | "help" | "blink" | "close_outline" | "remove_point" | "ghost";

/** The parts of a keyboard event that matter. */
export type KeyStroke = Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey">;

const ACTIONS: ReadonlyMap<string, KeyAction> = new Map([
  ["n", "north"],
  ["h", "home"],
  ["home", "home"],
  ["u", "underground"],
  ["/", "search"],
  ["?", "help"],
  ["escape", "clear"],
  ["b", "blink"],
  ["g", "ghost"],
  ["enter", "close_outline"],
  ["backspace", "remove_point"],
]);

/** Action of a key, or null when it is none of the shell's. */
export function keyAction({ key, ctrlKey, metaKey, altKey }: KeyStroke): KeyAction | null {
  return ctrlKey || metaKey || altKey ? null : (ACTIONS.get(key.toLowerCase()) ?? null);
}

/** Ctrl+Z, Ctrl+Y and Ctrl+Shift+Z (Cmd on a Mac), wherever no text is being typed; null for all else. */
export function historyAction({ key, ctrlKey, metaKey, altKey, shiftKey }: KeyStroke & Pick<KeyboardEvent, "shiftKey">): "undo" | "redo" | null {
  if (!(ctrlKey || metaKey) || altKey) return null;
  const letter = key.toLowerCase();
  if (letter === "z") return shiftKey ? "redo" : "undo";
  return letter === "y" && !shiftKey ? "redo" : null;
}
