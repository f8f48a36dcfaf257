import { expect, it } from "vitest";
import type { Params } from "./api";
import { chosenFiles, outsideQuestions, rangeOf, styleAt, toggled, withFiles, withStyle, type OutsideFile, type OutsideFormat } from "./outside-question";

function file(id: string, format: OutsideFormat, range: [number, number], header: string[] = []): OutsideFile {
  return { id, name: `${id}.x`, bytes: 1, format, kind: "noise", found: { crs: null, bounds: null, cells: null, columns: [{ column: header[1] ?? "", title: { zh: "", en: "" }, unit: "", range }], header, id_column: null, time_column: null, ids: 0, steps: 1, time_s: null } };
}
const day = file("day", "geotiff", [40, 70]);
const night = file("night", "geotiff", [30, 75]);
const table = file("table", "table", [1, 2], ["id", "v"]);
const files = [day, night, table];
const defaults: Params = { files: [], layers: [], range: null, kind: null, title: null, id_column: null, time_column: null, time_unit_s: null, crs: null };
const base = { scenario: "base", revision: null, phase: null };

it("takes rasters as a series in their order, and anything else alone", () => {
  expect(toggled([], night, true, files)).toEqual(["night"]);
  expect(toggled(["night"], day, true, files)).toEqual(["day", "night"]);
  expect(toggled(["day", "night"], table, true, files)).toEqual(["table"]);
  expect(toggled(["table"], day, true, files)).toEqual(["day"]);
  expect(toggled(["day"], day, false, files)).toEqual([]);
});

it("forgets the columns of a file of another shape", () => {
  const styled = withStyle(withFiles(defaults, ["table"], files), ["unit"], "dB", table.found.columns);
  expect(styleAt(styled, ["column"])).toBe("v");
  expect(chosenFiles(withFiles(styled, ["day"], files))).toEqual(["day"]);
  expect(withFiles(styled, ["day"], files)["layers"]).toEqual([]);
  expect(withFiles(withStyle(withFiles(defaults, ["day"], files), ["unit"], "dB", []), ["night"], files)["layers"]).toEqual([{ column: "", unit: "dB" }]);
});

it("has a limit only with a value", () => {
  const limited = withStyle(defaults, ["limit", "value"], 60, []);
  expect(styleAt(limited, ["limit"])).toEqual({ value: 60, source: "", is_verified: false });
  expect(styleAt(withStyle(limited, ["limit", "value"], null, []), ["limit"])).toBe(null);
});

it("asks the other side of its own files, with one legend for both", () => {
  const params = withFiles(defaults, ["day"], files);
  expect(rangeOf(["day", "night"], null, files)).toEqual([30, 75]);
  const [after, before] = outsideQuestions([base], { city: true }, params, defaults, ["night"], files);
  expect(after?.params).toEqual({ files: [{ id: "day" }], range: [30, 75] });
  expect(before?.params).toEqual({ files: [{ id: "night" }], range: [30, 75] });
  expect(outsideQuestions([base], { city: true }, params, defaults, [], files)).toHaveLength(1);
});
