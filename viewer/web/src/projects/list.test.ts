import { describe, expect, it } from "vitest";
import { importFormat, type Project } from "./api";
import { bar, cluster, listProjects, NO_FILTER, valuesOf, yearShare } from "./list";
import { doneShare, statusFill, statusKind, STATUS_KINDS } from "./status";

const project = (name: string, rest: Partial<Project> = {}): Project => ({
  id: name, name, stage: "入库", exit: null, class: null, way: null, town_office: null, responsible_unit: null, progress: null, investment_cny: null, investment: [], start_on: null, finish_on: null, ...rest,
}) as Project;

describe("list", () => {
  const projects = [
    project("甲", { stage: "运营", investment_cny: 5, progress: "正常", town_office: "新安办" }),
    project("乙", { stage: "谋划", investment_cny: 9, progress: "严重滞后", responsible_unit: "城建局" }),
    project("丙", { stage: "开工", exit: "停工", town_office: "新安办" }),
  ];
  const names = (list: Project[]): string => list.map(({ name }) => name).join("");

  it("sorts by the life of a project, with those that left at the end", () => {
    expect(names(listProjects(projects, NO_FILTER, "stage"))).toBe("乙甲丙");
    expect(names(listProjects(projects, NO_FILTER, "investment"))).toBe("乙甲丙");
    expect(names(listProjects(projects, NO_FILTER, "progress"))).toBe("乙甲丙");
  });

  it("filters by every field at once and finds units by text", () => {
    expect(names(listProjects(projects, { ...NO_FILTER, office: "新安办", stage: "开工" }, "name"))).toBe("丙");
    expect(names(listProjects(projects, { ...NO_FILTER, text: "城建" }, "name"))).toBe("乙");
    expect(valuesOf(projects, "town_office")).toEqual(["新安办"]);
  });
});

describe("schedule", () => {
  it("lies on the years of the plan", () => {
    expect(yearShare("2023-01-01")).toBe(0);
    expect(yearShare("2029-07-01")).toBeCloseTo(0.5, 3);
    expect(bar("2023-01-01", "2029-07-01")?.width).toBeCloseTo(50, 1);
  });

  it("is cut at the ends of the plan and gone outside of it", () => {
    expect(bar("2010-01-01", "2024-01-01")).toEqual({ left: 0, width: expect.closeTo(100 / 13, 1) });
    expect(bar("2010-01-01", "2011-01-01")).toBeNull();
    expect(bar(null, null)).toBeNull();
    expect(bar("2030-01-01", null)?.width).toBeGreaterThan(0);
  });
});

describe("clusters", () => {
  const at = (x: number, y: number, depth = 1) => ({ item: `${x},${y}`, at: { x, y, depth } });

  const size = { halfWidth: 20, height: 30 };
  const narrow = { halfWidth: 15, height: 30 };

  it("join what would overlap, at the place of what is in front, and lose nothing", () => {
    const pins = cluster([at(10, 5, 9), at(0, 0, 1), at(300, 0)], () => size, narrow);
    expect(pins.map(({ items }) => items.length)).toEqual([2, 1]);
    expect(pins[0]).toMatchObject({ items: ["0,0", "10,5"], x: 0, y: 0 });
  });

  it("keep apart what is apart, by the width of each sign", () => {
    expect(cluster([at(0, 0), at(41, 0), at(0, 31)], () => size, narrow)).toHaveLength(3);
    expect(cluster([at(0, 0), at(41, 0)], () => ({ ...size, halfWidth: 90 }), narrow)).toHaveLength(1);
  });

  it("leave no two signs over each other, however many there are", () => {
    const many = Array.from({ length: 300 }, (_, i) => at((i * 97) % 800, (i * 61) % 480, 1 + ((i * 31) % 300)));
    const pins = cluster(many, () => size, narrow);
    expect(pins.reduce((sum, { items }) => sum + items.length, 0)).toBe(300);
    const half = (pin: (typeof pins)[number]): number => (pin.items.length > 1 ? narrow : size).halfWidth;
    for (const [n, a] of pins.entries()) for (const b of pins.slice(0, n)) expect(Math.abs(a.x - b.x) >= half(a) + half(b) || Math.abs(a.y - b.y) >= 30).toBe(true);
  });
});

describe("status", () => {
  it("has a fill of its own for each state of affairs, also without colour", () => {
    const kinds = [...STATUS_KINDS, "exit" as const];
    expect(new Set(kinds.map(statusFill)).size).toBe(kinds.length);
    const patterns = (["entered", "started", "built", "exit"] as const).map((kind) => statusFill(kind).replace(/#\w+/g, "c"));
    expect(new Set(patterns).size).toBe(4);
  });

  it("lets an exit stand before the stage", () => {
    expect(statusKind({ stage: "开工", exit: "缓建" })).toBe("exit");
    expect(statusKind({ stage: "什么", exit: null })).toBe("idea");
  });

  it("counts money done against the whole, else against what the years plan", () => {
    const investment = [{ year: 2025, planned_cny: 40, done_cny: 10 }, { year: 2026, planned_cny: 60, done_cny: null }];
    expect(doneShare({ investment, investment_cny: 200 })).toBe(0.05);
    expect(doneShare({ investment, investment_cny: null })).toBe(0.1);
    expect(doneShare({ investment: [], investment_cny: null })).toBeNull();
    expect(doneShare({ investment: [{ year: 2025, planned_cny: 4, done_cny: null }], investment_cny: 9 })).toBeNull();
  });
});

it("knows the formats that the library reads by their names", () => {
  expect(["a.GeoJSON", "b.csv", "c.xlsx", "d.gml", "e.docx", "f"].map(importFormat)).toEqual(["geojson", "csv", "xlsx", "citygml", null, null]);
});
