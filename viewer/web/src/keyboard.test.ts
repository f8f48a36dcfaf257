import { describe, expect, it } from "vitest";
import { keyAction, type KeyStroke } from "./keyboard";

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
