// Keys of a search box with a list (WAI-ARIA combobox, list autocomplete with manual selection), as a pure function.

export interface ListState {
  /** List shown. */
  open: boolean;
  /** Marked option, -1 for none. */
  active: number;
  /** Options in the list. */
  count: number;
}

export type ListOutcome =
  | { kind: "move"; open: boolean; active: number }
  | { kind: "choose"; index: number }
  | { kind: "clear" }
  | { kind: "ignore" };

/**
 * What a key does. Arrows wrap through "no option"; Enter takes the marked option, else the first; Escape closes the
 * list, and empties the box when the list is closed already. Home and End stay with the text.
 */
export function listKey(state: ListState, key: string, modified = false): ListOutcome {
  const { open, active, count } = state;
  if (modified) return { kind: "ignore" };
  switch (key) {
    case "ArrowDown":
      if (count === 0) return { kind: "ignore" };
      return { kind: "move", open: true, active: open ? (active + 1 >= count ? -1 : active + 1) : 0 };
    case "ArrowUp":
      if (count === 0) return { kind: "ignore" };
      return { kind: "move", open: true, active: open ? (active < 0 ? count - 1 : active - 1) : count - 1 };
    case "Enter":
      if (!open || count === 0) return { kind: "ignore" };
      return { kind: "choose", index: active < 0 ? 0 : active };
    case "Escape":
      return open ? { kind: "move", open: false, active: -1 } : { kind: "clear" };
    case "Tab":
      return open ? { kind: "move", open: false, active: -1 } : { kind: "ignore" };
    default:
      return { kind: "ignore" };
  }
}
