import { describe, expect, it } from "vitest";
import storms from "../../../../../assets/simulation/storms.json";
import { overlayHeader } from "./overlay";
import { fieldPaths, fieldsOf, missingFeature, variantOf } from "./parameters";
import { advancedOf, changedParams, isSame, questionOf, readAdvanced, readNumbers, readPlace, valueAt, withAdvanced, withValue } from "./question";
import type { Params } from "./api";

const defaults: Params = { climate_zone: "II", city: "large", counting: "cumulative", spacing_m: 1, step_s: 60, error_min: 3, storeys_of: null, max_bytes: 2147483648 };

it("offers every storm formula, and says which nobody has checked", () => {
  const field = fieldsOf("flood", { run: { rain: { kind: "storm", formula: "suzhou-2025" } } }).find(({ path }) => path.at(-1) === "formula");
  const options = field?.kind === "choice" ? field.options : [];
  expect(options.map(([id]) => id)).toEqual(storms.formulas.map(({ id }) => id));
  expect(options.map(([, { zh, en }]) => [zh.includes("参考值"), en.includes("reference value")])).toEqual(storms.formulas.map(({ is_verified: isVerified }) => [!isVerified, !isVerified]));
});

describe("question", () => {
  it("carries what differs from the defaults, and the revision and phase that are shown", () => {
    const params = withValue(defaults, ["spacing_m"], 0.5);
    expect(questionOf({ scenario: "s1", revision: 4, phase: "2028-06-30" }, { project: "P1" }, params, defaults)).toEqual({ scenario: "s1", scenario_revision: 4, phase: "2028-06-30", area: { project: "P1" }, params: { spacing_m: 0.5 } });
    expect(questionOf({ scenario: "base", revision: null, phase: null }, { city: true }, defaults, defaults)).toEqual({ scenario: "base", area: { city: true }, params: {} });
  });

  it("reads and writes by path without touching what was given", () => {
    const before: Params = { rain: { kind: "storm", duration_min: 120 }, clogged: 0 };
    const after = withValue(before, ["rain", "duration_min"], 60);
    expect(valueAt(after, ["rain", "duration_min"])).toBe(60);
    expect(valueAt(before, ["rain", "duration_min"])).toBe(120);
    expect([valueAt(after, ["rain", "depth"]), valueAt(after, ["clogged", "deep"])]).toEqual([undefined, undefined]);
    expect(changedParams(after, before)).toEqual({ rain: { kind: "storm", duration_min: 60 } });
  });

  it("compares as JSON", () => {
    expect(isSame({ a: [1, { b: null }], c: 2 }, { c: 2, a: [1, { b: null }] })).toBe(true);
    expect([isSame({ a: 1 }, { a: 1, b: 2 }), isSame([1, 2], [2, 1]), isSame(null, {}), isSame([1], { 0: 1 })]).toEqual([false, false, false, false]);
  });
});

describe("advanced parameters", () => {
  const taken = fieldPaths("sunshine");

  it("are those without a field; what is taken out has its default again", () => {
    const params = { ...defaults, error_min: 5, spacing_m: 2 };
    expect(advancedOf(params, taken)).toEqual({ error_min: 5, max_bytes: 2147483648 });
    expect(withAdvanced(params, { max_bytes: 1024 }, defaults, taken)).toEqual({ ...defaults, spacing_m: 2, max_bytes: 1024 });
    expect(withAdvanced(params, { spacing_m: 4 }, defaults, taken)["spacing_m"]).toBe(4);
  });

  it("may lie beside fields at any depth", () => {
    const flood: Params = { cell_m: 4, run: { rain: { kind: "storm", duration_min: 60 }, clogged: 0, scheme: { theta: 0.8, froude: 1 } } };
    const params = withValue(withValue(flood, ["run", "clogged"], 0.5), ["run", "scheme", "froude"], 2);
    const paths = fieldPaths("flood");
    expect(advancedOf(params, paths)).toEqual({ run: { scheme: { theta: 0.8, froude: 2 } } });
    expect(withAdvanced(params, { run: { scheme: { theta: 0.7 } } }, flood, paths)).toEqual({ cell_m: 4, run: { rain: { kind: "storm", duration_min: 60 }, clogged: 0.5, scheme: { theta: 0.7, froude: 1 } } });
  });

  it("are refused by name when they are unknown, and when they are no object or no JSON", () => {
    expect(readAdvanced('{"error_min": 4}', defaults)).toEqual({ params: { error_min: 4 } });
    expect(readAdvanced(" ", defaults)).toEqual({ params: {} });
    expect(readAdvanced('{"eror_min": 4, "city": "small", "x": 1}', defaults)).toEqual({ fault: { kind: "unknown", names: ["eror_min", "x"] } });
    expect(readAdvanced("[1]", defaults)).toEqual({ fault: { kind: "object" } });
    expect(readAdvanced('{"error_min": ', defaults)).toMatchObject({ fault: { kind: "syntax" } });
  });
});

describe("fields", () => {
  it("are shown for parameters that the server has, those of a form only while it is chosen", () => {
    const names = (params: Params): string[] => fieldsOf("sunshine", params).map(({ path }) => path.join("."));
    expect(names(defaults)).toEqual(["climate_zone", "city", "counting", "spacing_m", "step_s", "storeys_of"]);
    expect(names({ ...defaults, counting: { longest: { spells: 3 } } })).toContain("counting.longest.spells");
    expect(fieldsOf("unheard-of", defaults)).toEqual([]);
  });

  it("ask at a side of a flood for what its kind has", () => {
    const names = (west: Params[string]): string[] => fieldsOf("flood", { run: { sides: { west } } }).map(({ path }) => path.join("."));
    expect(names({ kind: "open", slope: 0.002 })).toEqual(["run.sides.west", "run.sides.west.slope"]);
    expect(names({ kind: "level", level_m: 3 })).toEqual(["run.sides.west", "run.sides.west.level_m"]);
    expect(names({ kind: "closed" })).toEqual(["run.sides.west"]);
  });

  it("tell the form of a value", () => {
    const names = ["cumulative", "longest"];
    expect(["cumulative", { longest: { spells: 2 } }, null, { kind: "storm", formula: "x" }, { building: "b" }].map((value) => variantOf(value, names))).toEqual(["cumulative", "longest", "none", "storm", "object"]);
  });

  it("name the feature that is still missing", () => {
    expect(missingFeature("isolation", { pipe: "", stuck: [] })?.path).toEqual(["pipe"]);
    expect(missingFeature("isolation", { pipe: "JS-1", stuck: [] })).toBeNull();
    expect(missingFeature("sunshine", { ...defaults, storeys_of: { building: "", storey_m: 3, max_storeys: 33 } })?.path).toEqual(["storeys_of", "building"]);
  });
});

it("reads typed places and numbers", () => {
  expect(["1, 2.5；3", "", "1, x"].map(readNumbers)).toEqual([[1, 2.5, 3], [], null]);
  expect(["120.62, 31.31", "120.62，31.31", " 120.62 31.31 "].map(readPlace)).toEqual([[120.62, 31.31], [120.62, 31.31], [120.62, 31.31]]);
  expect(["", "120.62", "31.31, 120.62, 5", "200, 10", "a, b"].map(readPlace)).toEqual([null, null, null, null, null]);
});

it("reads the classes of a difference from the header of its overlay, and refuses other bytes", () => {
  const json = new TextEncoder().encode(JSON.stringify({ times_s: [0, 60], classes: [{ from: -1.5, rgba: [33, 102, 172, 255] }], limit: null, left_out: 3 }));
  const bytes = new Uint8Array(12 + json.length + 4);
  bytes.set(new TextEncoder().encode("CJOV"));
  new DataView(bytes.buffer).setUint32(4, 2, true);
  new DataView(bytes.buffer).setUint32(8, json.length, true);
  bytes.set(json, 12);
  expect(overlayHeader(bytes)).toEqual({ times_s: [0, 60], classes: [{ from: -1.5, color: "#2166ac" }], limit: null, left_out: 3 });
  expect(() => overlayHeader(new Uint8Array([1, 2, 3]))).toThrow("not an overlay");
});
