import { describe, expect, it } from "vitest";
import { keyAction, type KeyStroke } from "./keyboard";

const press = (key: string, held: Partial<KeyStroke> = {}) =>
  keyAction({ key, shiftKey: false, ctrlKey: false, metaKey: false, altKey: false, ...held });

describe("keys of the view", () => {
  it("move with arrows and turn with Shift", () => {
    expect(press("ArrowRight")).toEqual({ type: "pan", x_px: 100, y_px: 0 });
    expect(press("ArrowRight", { shiftKey: true })).toEqual({ type: "orbit", heading_deg: 15, pitch_deg: 0 });
    expect(press("ArrowDown", { shiftKey: true })).toEqual({ type: "orbit", heading_deg: 0, pitch_deg: 10 });
  });

  it("zoom in and out by factors that cancel", () => {
    const [nearer, farther] = [press("+"), press("-")];
    if (nearer?.type !== "zoom" || farther?.type !== "zoom") throw new Error("no zoom");
    expect(nearer.factor).toBeGreaterThan(1);
    expect(nearer.factor * farther.factor).toBeCloseTo(1, 12);
  });

  it("open help with the question mark, which needs Shift on most keyboards", () => {
    expect(press("?", { shiftKey: true })).toEqual({ type: "help" });
  });

  it("leave the browser's own shortcuts and other letters alone", () => {
    expect(press("n", { ctrlKey: true })).toBeNull();
    expect(press("ArrowLeft", { altKey: true })).toBeNull();
    expect(press("Tab")).toBeNull();
    expect(press("x")).toBeNull();
  });
});
