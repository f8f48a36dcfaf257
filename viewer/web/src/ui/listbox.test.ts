import { describe, expect, it } from "vitest";
import { listKey, type ListState } from "./listbox";

const open = (active: number, count = 3): ListState => ({ open: true, active, count });
const closed: ListState = { open: false, active: -1, count: 3 };

describe("search list keys", () => {
  it("walk down and up through the options and the text", () => {
    const walk = (keys: string[]): number[] => {
      let state = open(-1);
      return keys.map((key) => {
        const outcome = listKey(state, key);
        if (outcome.kind !== "move") throw new Error(outcome.kind);
        state = { ...state, active: outcome.active };
        return outcome.active;
      });
    };
    expect(walk(["ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown"])).toEqual([0, 1, 2, -1, 0]);
    expect(walk(["ArrowUp", "ArrowUp", "ArrowUp", "ArrowUp"])).toEqual([2, 1, 0, -1]);
  });

  it("open a closed list at its near end", () => {
    expect(listKey(closed, "ArrowDown")).toEqual({ kind: "move", open: true, active: 0 });
    expect(listKey(closed, "ArrowUp")).toEqual({ kind: "move", open: true, active: 2 });
  });

  it("choose the marked option, else the first", () => {
    expect(listKey(open(1), "Enter")).toEqual({ kind: "choose", index: 1 });
    expect(listKey(open(-1), "Enter")).toEqual({ kind: "choose", index: 0 });
    expect(listKey(open(-1, 0), "Enter")).toEqual({ kind: "ignore" });
    expect(listKey(closed, "Enter")).toEqual({ kind: "ignore" });
  });

  it("close first and clear second", () => {
    expect(listKey(open(2), "Escape")).toEqual({ kind: "move", open: false, active: -1 });
    expect(listKey(closed, "Escape")).toEqual({ kind: "clear" });
  });

  it("leave text keys and input-method keys alone", () => {
    for (const key of ["Home", "End", "a", "Process"]) expect(listKey(open(0), key)).toEqual({ kind: "ignore" });
    expect(listKey(open(0), "ArrowDown", true)).toEqual({ kind: "ignore" });
  });
});
