import { expect, it } from "vitest";
import { formatValueOf, partName } from "./parts";

it("names parts by use, pipe class, material and project, and leaves the rest alone", () => {
  const names = new Map([["project-01", "方顶片区"]]);
  expect(["residential", "office", "YS", "PE", "project-01", "10-18"].map((key) => partName(key, "zh-CN", names))).toEqual(["住宅", "办公", "雨水", "聚乙烯", "方顶片区", "10-18"]);
  expect(partName("office", "en")).toBe("office");
});

it("tells money in the words of money", () => {
  expect(formatValueOf({ unit: "CNY", decimals: 0 }, 2_823_218_846, "zh-CN")).toBe("28.23 亿元");
  expect(formatValueOf({ unit: "m2", decimals: 0 }, 1234.6, "zh-CN")).toBe("1,235");
});
