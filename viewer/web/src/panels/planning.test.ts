import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Indicator, IndicatorAnswer, RuleResult } from "../planning/api";
import { Shell } from "../shell";
import type { Panel } from "../ui/panel";
import "./compare";
import "./edit";
import type { EditPanel } from "./edit";
import "./indicators";
import "./scenario-bar";
import "./swipe";

let shell: Shell;

async function mount(name: string): Promise<Panel> {
  const panel = document.createElement(name) as Panel;
  panel.shell = shell;
  panel.state = shell.state;
  shell.subscribe(() => { panel.state = shell.state; });
  document.body.replaceChildren(panel);
  await panel.updateComplete;
  return panel;
}

const one = <T extends Element>(panel: Panel, selector: string): T => {
  const found = panel.renderRoot.querySelector<T>(selector);
  if (!found) throw new Error(`no ${selector}`);
  return found;
};
const words = (element: Element): string => (element.textContent ?? "").replace(/\s+/g, " ").trim();

afterEach(() => vi.unstubAllGlobals());

beforeEach(() => {
  // What is drawn here comes from the state alone.
  vi.stubGlobal("fetch", () => new Promise(() => undefined));
  shell = new Shell({ server: new URL("http://127.0.0.1:9/"), canvasSelector: "#none", quality: "low", errorPx: null, reducedMotion: matchMedia("(prefers-reduced-motion: reduce)"), ownsAddress: false });
  shell.dispatch({ type: "language", language: "zh-CN" });
});

describe("swipe line", () => {
  it("moves by keys in small and large steps and never leaves the picture", async () => {
    shell.dispatch({ type: "planning", change: { compare: { ...shell.state.planning.compare, mode: "swipe" } } });
    const panel = await mount("cj-swipe");
    const press = (key: string, shiftKey = false): number => {
      one(panel, ".handle").dispatchEvent(new KeyboardEvent("keydown", { key, shiftKey, bubbles: true }));
      return Math.round(shell.state.planning.compare.position * 100);
    };
    expect([press("ArrowRight"), press("ArrowLeft", true), press("PageUp"), press("Home"), press("End")]).toEqual([52, 42, 52, 2, 98]);
    await panel.updateComplete;
    expect(one(panel, ".handle").getAttribute("aria-valuenow")).toBe("98");
  });
});

describe("phase", () => {
  it("takes a typed year of the plan and puts a wrong one back", async () => {
    const panel = await mount("cj-compare");
    const box = one<HTMLInputElement>(panel, 'input[name="year"]');
    const type = (value: string): void => {
      box.value = value;
      box.dispatchEvent(new Event("change"));
    };
    type("2031");
    expect(shell.state.planning.phase).toBe("2031-12-31");
    type("1876");
    expect([shell.state.planning.phase, box.value]).toEqual(["2031-12-31", "2031"]);
    one<HTMLButtonElement>(panel, '[data-phase="all"]').click();
    expect(shell.state.planning.phase).toBeNull();
  });
});

it("adds a corner by typed length and bearing, by Enter as well as by the button", async () => {
  const scenario = { id: "s-a", name: "甲", revision: 2, is_archived: false } as unknown as NonNullable<typeof shell.state.planning.scenario>;
  shell.dispatch({ type: "planning", change: { scenario, tool: "draw", sketch: { use: "block", shape: "polygon", points: [[0, 0, 4]], cursor: null, closed: false, snap: "none" } } });
  const panel = await mount("cj-edit") as EditPanel;
  panel.tab = "draw";
  await panel.updateComplete;
  const corners = (): number[][] => (shell.state.planning.sketch?.points ?? []).map((point) => point.map((value) => Math.round(value * 1000) / 1000 + 0));
  const type = (name: string, value: string): void => {
    const box = one<HTMLInputElement>(panel, `input[name="${name}"]`);
    box.value = value;
    box.dispatchEvent(new Event("change"));
  };
  const form = (): HTMLFormElement => one<HTMLFormElement>(panel, 'form:has(input[name="length"])');
  form().requestSubmit();
  expect(corners()).toHaveLength(1);
  type("length", "25");
  type("bearing", "90");
  form().requestSubmit();
  expect(corners()).toEqual([[0, 0, 4], [25, 0, 4]]);
});

it("lists what is wrong with an edit, feature by feature", async () => {
  shell.dispatch({ type: "planning", change: { trouble: { text: "内容不符合要求", items: [{ feature: "b-<7>", message: "轮廓自相交" }] } } });
  const panel = await mount("cj-scenario");
  expect(words(one(panel, '[role="alert"] li'))).toBe("b-<7> · 轮廓自相交");
});

describe("indicators", () => {
  const indicator = (value: number | null): Indicator => ({
    id: "far", title: { zh: "容积率", en: "FAR" }, group: "floor_area", value, unit: "", decimals: 2, formula: { zh: "总建筑面积 ÷ 用地面积", en: "" }, source: "GB 50180", reason: value === null ? { zh: "没有用地", en: "" } : null, num_features: 3, features: ["b-1"],
  });
  const answer = (id: string, value: number | null): IndicatorAnswer => ({ city_revision: 7, scenario: { id, revision: 4, phase: null }, area: { name: "全城", area_m2: 1, bounds_enu: [0, 0, 0, 1, 1, 1] }, indicators: [indicator(value)] });
  const rule = (name: string, verdict: RuleResult["verdict"], verified: boolean): RuleResult => ({
    rule: name, title: { zh: name, en: name }, clause: "", value: 2.31, limit: 2, comparator: "<=", unit: "", margin: -0.31, verdict, reason: { zh: "超过限值", en: "" }, exceptions: [], source: "", verified, num_features: 0, features: [], indicators: [],
  });
  const show = (before: number | null, after: number | null): void => shell.dispatch({
    type: "planning",
    change: { analysis: { ...shell.state.planning.analysis, before: answer("base", before), after: answer("s-a", after), rules: { ...answer("s-a", null), results: [rule("合格项", "pass", true), rule("拆建比", "fail", false)] } } },
  });

  it("stand before, after, and by how much they changed", async () => {
    show(1.5, 1.98);
    const panel = await mount("cj-indicators");
    const cells = [...one(panel, '[data-indicator="far"]').querySelectorAll("span, b")].map(words);
    expect(cells).toEqual(["容积率", "1.5", "1.98", "+0.48"]);
    expect(words(one(panel, ".revision"))).toContain("第 4 版 · 城市第 7 版");
  });

  it("say why there is no value", async () => {
    show(1.5, null);
    const panel = await mount("cj-indicators");
    one<HTMLButtonElement>(panel, '[data-indicator="far"]').click();
    await panel.updateComplete;
    expect(words(one(panel, ".why dl"))).toContain("无值没有用地");
  });

  it("put failed rules first and mark unverified limits", async () => {
    show(1, 2);
    const panel = await mount("cj-indicators");
    one<HTMLButtonElement>(panel, '[data-value="rules"]').click();
    await panel.updateComplete;
    const rules = [...panel.renderRoot.querySelectorAll("[data-rule]")];
    expect(rules.map((row) => row.getAttribute("data-rule"))).toEqual(["拆建比", "合格项"]);
    expect(rules.map((row) => row.querySelector(".badge") !== null)).toEqual([true, false]);
    expect(words(rules[0] as Element)).toContain("限值 ≤ 2");
  });
});
