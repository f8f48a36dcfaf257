import { describe, expect, it } from "vitest";
import type { Indicator } from "./api";
import { barsOf, waterfallOf } from "./chart-data";

const indicator = (value: number | null, by?: Record<string, number>): Indicator => ({
  id: "floor_area", title: { zh: "建筑面积", en: "Floor area" }, group: "floor_area", value, unit: "m²", decimals: 0, formula: { zh: "", en: "" }, source: "", reason: null, num_features: 0, features: [],
  ...(by ? { by } : {}),
});
const names = { before: "A", after: "B", rest: "rest" };

describe("bars", () => {
  it("stand beside each other by part, the greatest first, missing parts as nothing", () => {
    expect(barsOf(indicator(30, { office: 10, shop: 20 }), indicator(55, { office: 50, flat: 5 }), "x")).toEqual({ names: ["office", "shop", "flat"], before: [10, 20, 0], after: [50, 0, 5] });
  });

  it("are one pair without parts", () => {
    expect(barsOf(indicator(3), indicator(null), "height")).toEqual({ names: ["height"], before: [3], after: [null] });
  });
});

describe("waterfall", () => {
  it("leads from A to B without a gap", () => {
    const steps = waterfallOf(indicator(30, { office: 10, shop: 20 }), indicator(55, { office: 50, flat: 5 }), names);
    expect(steps.map(({ name, kind }) => [name, kind])).toEqual([["A", "total"], ["office", "up"], ["shop", "down"], ["flat", "up"], ["B", "total"]]);
    steps.slice(1, -1).forEach((step, index) => expect(step.from).toBe(steps[index]?.to));
    expect(steps.at(-2)?.to).toBe(55);
  });

  it("owns up to what the parts do not explain", () => {
    const steps = waterfallOf(indicator(100, { office: 40 }), indicator(90, { office: 50 }), names);
    expect(steps.find(({ name }) => name === "rest")).toMatchObject({ from: 110, to: 90, kind: "down" });
  });

  it("is empty where a value is missing", () => {
    expect(waterfallOf(indicator(null), indicator(3), names)).toEqual([]);
    expect(waterfallOf(undefined, indicator(3), names)).toEqual([]);
  });
});
