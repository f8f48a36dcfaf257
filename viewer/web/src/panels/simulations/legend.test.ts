import { expect, it } from "vitest";
import type { Limit, SimulationVerdict } from "./api";
import { columnsFor } from "./findings";
import { countEndings, formatValue, kindOf, legendRows, sortVerdicts, withUnit } from "./legend";

const limit: Limit = { value: 2, source: "GB 50180-2018 4.0.9", is_verified: false };
const classes = [{ from: 0, color: "#a00000" }, { from: 2, color: "#00a000", title: { zh: "充足", en: "ample" } }, { from: 4, color: "#0000a0" }];

it("lists classes from the top with bounds and unit, and marks the class that the limit lies in", () => {
  expect(legendRows({ classes, limit }, "h", "en")).toEqual([
    { color: "#0000a0", words: "≥ 4 h", holdsLimit: false },
    { color: "#00a000", words: "ample · 2 – 4 h", holdsLimit: true },
    { color: "#a00000", words: "0 – 2 h", holdsLimit: false },
  ]);
  expect(legendRows({ classes, limit: { ...limit, value: 9 } }, "h", "zh-CN").map(({ holdsLimit }) => holdsLimit)).toEqual([true, false, false]);
  expect(legendRows({ classes, limit: { ...limit, value: -1 } }, "1", "zh-CN").map(({ words, holdsLimit }) => [words, holdsLimit])).toEqual([["≥ 4", false], ["充足 · 2 – 4", false], ["0 – 2", false]]);
});

it("names kinds without the numbers that stand for them", () => {
  const kinds = [{ from: 1, color: "#0072b2", title: { zh: "需关闭的阀门", en: "valve to close" } }, { from: 2, color: "#d55e00", title: { zh: "爆管管段", en: "broken pipe" } }];
  expect(legendRows({ classes: kinds, limit: null }, "", "en").map(({ words }) => words)).toEqual(["broken pipe", "valve to close"]);
  expect([2, 1.5, 0.5, null].map((value) => kindOf(value, { classes: kinds, limit: null }, "", "en"))).toEqual(["broken pipe", "valve to close", null, null]);
  expect(kindOf(2, { classes: kinds, limit: null }, "h", "en")).toBeNull();
  // areas are told by their names, whatever the unit of their number
  expect(legendRows({ classes: kinds, limit: null }, "min", "en", "areas").map(({ words }) => words)).toEqual(["broken pipe", "valve to close"]);
});

it("writes numbers with the places that their size needs, and a gap as a dash", () => {
  expect([0.1234, 1.2345, 123.456, -0.0000001, -0.001].map((value) => formatValue(value, "en"))).toEqual(["0.123", "1.23", "123.5", "0", "-0.001"]);
  expect([withUnit(0.5, "m2", "en"), withUnit(3, "1", "en"), withUnit(null, "h", "en")]).toEqual(["0.5 m²", "3", "—"]);
});

it("counts findings and puts what wants attention first", () => {
  const one = (feature: string, verdict: SimulationVerdict["verdict"], margin: number | null): SimulationVerdict => ({ feature, index: 1, what: { zh: "日照", en: "sun" }, value: 1, unit: "h", limit, margin, verdict, because: null });
  const verdicts = [one("a", "pass", 3), one("b", "fail", -0.5), one("c", "not_decidable", null), one("d", "fail", -1), one("e", "within_error", 0.01), one("f", "pass", 1)];
  expect(sortVerdicts(verdicts).map(({ feature }) => feature).join("")).toBe("dbecfa");
  expect(countEndings(verdicts)).toEqual({ pass: 2, fail: 2, within_error: 1, not_decidable: 1 });
});

it("shows of columns in two languages the one that is read", () => {
  const columns = ["kind", "kind_en", "share", "name_en"].map((key) => ({ key, title: { zh: key, en: key }, unit: "" }));
  expect(columnsFor(columns, "zh-CN")).toEqual([0, 2, 3]);
  expect(columnsFor(columns, "en")).toEqual([1, 2, 3]);
});
