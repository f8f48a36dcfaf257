import { describe, expect, it } from "vitest";
import { attributeTable, formatMoney } from "./format";

describe("attribute table", () => {
  const pipe = {
    管径: "DN400",
    end_depth_m: 2.3456,
    diameter_mm: 400,
    material: "QM",
    pipe_class: "JS",
    year: 1998,
    name: "解放路给水",
    memo: null,
    检修: true,
    source: "2024 年普查",
  };

  it("puts known keys first, in the dictionary's order, with units and words", () => {
    const table = attributeTable(pipe, "zh-CN");
    expect(table.main.map((row) => [row.label, row.value])).toEqual([
      ["建成年份", "1998"],
      ["管线类别", "给水"],
      ["管径", "400 mm"],
      ["材质", "球墨铸铁"],
      ["终点埋深", "2.35 m"],
    ]);
    expect(table.other.map((row) => [row.label, row.value])).toEqual([["管径", "DN400"], ["检修", "是"]]);
    expect(table.source).toBe("2024 年普查");
  });

  it("speaks English", () => {
    const table = attributeTable({ ...pipe, storeys: 6, floor_area_m2: 12345.6 }, "en");
    expect(table.main.map((row) => `${row.label}: ${row.value}`)).toEqual([
      "Year built: 1998",
      "Storeys: 6",
      "Floor area: 12,346 m²",
      "Pipe class: water supply",
      "Diameter: 400 mm",
      "Material: ductile iron",
      "Depth at end: 2.35 m",
    ]);
  });

  it("reads numbers that were recorded as text, and keeps text that is none", () => {
    expect(attributeTable({ diameter_mm: "1200", height_m: "约 20" }, "en").main.map((row) => row.value)).toEqual(["约 20", "1,200 mm"]);
  });

  it("writes lists and objects in one line", () => {
    const { other } = attributeTable({ codes: ["a", 2], nested: { a: 1, b: null } }, "zh-CN");
    expect(other.map((row) => row.value)).toEqual(["a、2", "a: 1；b: —"]);
  });

  it("shows the one of two language variants that is for the reader", () => {
    const both = { land_use: "residential", land_use_zh: "居住用地" };
    expect(attributeTable(both, "zh-CN").main.map((row) => row.value)).toEqual(["居住用地"]);
    expect(attributeTable(both, "en").main.map((row) => row.value)).toEqual(["residential"]);
    expect(attributeTable({ land_use_zh: "居住用地" }, "en").main.map((row) => row.value)).toEqual(["居住用地"]);
  });

  it("takes no words from the prototype of an object", () => {
    const { other, main } = attributeTable({ constructor: "x", use: "toString" }, "en");
    expect(other.map((row) => row.label)).toEqual(["constructor"]);
    expect(main.map((row) => row.value)).toEqual(["toString"]);
  });
});

it("speaks of money as people do", () => {
  expect(formatMoney(125_000_000, "zh-CN")).toBe("1.25 亿元");
  expect(formatMoney(3_560_000, "zh-CN")).toBe("356 万元");
  expect(formatMoney(125_000_000, "en")).toBe("CNY 125 million");
  expect(formatMoney(900, "en")).toBe("CNY 900");
});
