import { describe, expect, it } from "vitest";
import { historyAction, keyAction, type KeyStroke } from "./keyboard";

const press = (key: string, held: Partial<KeyStroke> = {}) => keyAction({ key, ctrlKey: false, metaKey: false, altKey: false, ...held });

describe("keys of the view", () => {
  it("work with and without capital letters", () => {
    expect([press("n"), press("N"), press("Home"), press("?"), press("Escape")]).toEqual(["north", "north", "home", "help", "clear"]);
  });

  it("leave the browser's shortcuts, the engine's keys and other letters alone", () => {
    expect([press("n", { ctrlKey: true }), press("u", { metaKey: true }), press("Home", { altKey: true })]).toEqual([null, null, null]);
    expect(["ArrowLeft", "+", "-", "Tab", "x"].map((key) => press(key))).toEqual([null, null, null, null, null]);
  });
});

describe("keys of the scenario", () => {
  const held = { ctrlKey: false, metaKey: false, altKey: false, shiftKey: false };

  it("undo and redo on every system", () => {
    expect(historyAction({ ...held, key: "z", ctrlKey: true })).toBe("undo");
    expect(historyAction({ ...held, key: "Z", metaKey: true, shiftKey: true })).toBe("redo");
    expect(historyAction({ ...held, key: "y", ctrlKey: true })).toBe("redo");
  });

  it("need Ctrl or Cmd alone", () => {
    expect([historyAction({ ...held, key: "z" }), historyAction({ ...held, key: "z", ctrlKey: true, altKey: true }), historyAction({ ...held, key: "s", ctrlKey: true })]).toEqual([null, null, null]);
  });
});
