import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Shell } from "../../shell";
import type { Panel } from "../../ui/panel";
import type { Job, Outcome, SimulationEntry } from "./api";
import { SimulationDesk } from "./desk";
import "./index";

const entry: SimulationEntry = { name: "flood", title: { zh: "内涝", en: "Flood" }, version: 1, params: { cell_m: 2, run: { rain: { kind: "none" }, scheme: { theta: 0.8 } } } };
const job: Job = { key: "ab12", simulation: "flood", state: "done", progress: 1, scenario: "base", scenario_revision: 0, is_outdated: false };
const limit = { value: 0.15, source: "GB 51222-2017 3.2.1", is_verified: false };
const outcome: Outcome = {
  key: "ab12", simulation: "flood", title: entry.title, scenario: { id: "base", revision: 0, phase: null }, area: "全城", city_revision: 1, params: entry.params,
  layers: [{ key: "depth", title: { zh: "水深", en: "Depth" }, unit: "m", legend: { classes: [{ from: 0.05, color: "#c6dbef" }, { from: 0.3, color: "#2171b5" }], limit }, times_s: [0, 300, 600], shape: "grid", count: 4, range: [0, 0.6], error: 0.05, look: "water" }],
  verdicts: [
    { feature: "B-1", index: 1, what: { zh: "进水", en: "Water inside" }, value: 0.1, unit: "m", limit, margin: 0.05, verdict: "pass", because: null },
    { feature: "B-2", index: 2, what: { zh: "进水", en: "Water inside" }, value: 0.14, unit: "m", limit, margin: 0.01, verdict: "within_error", because: { zh: "余量小于误差", en: "margin below the error" } },
    { feature: "B-3", index: null, what: { zh: "进水", en: "Water inside" }, value: 0.4, unit: "m", limit, margin: -0.25, verdict: "fail", because: null },
  ],
  tables: [], figures: [], notes: [], method: { title: { zh: "", en: "" }, version: 1, sources: [], validity: { zh: "", en: "" } },
};

let shell: Shell;
let desk: SimulationDesk;
let panel: Panel;

/** Elements that match, in whatever part of the panel. */
function all(selector: string, root: ParentNode = panel.renderRoot as unknown as ParentNode): HTMLElement[] {
  const inner = [...root.querySelectorAll("*")].flatMap((one) => (one.shadowRoot ? all(selector, one.shadowRoot) : []));
  return [...root.querySelectorAll<HTMLElement>(selector), ...inner];
}
const words = (element: Element | undefined): string => (element?.textContent ?? "").replace(/\s+/g, " ").trim();

/** Lets the parts draw, and those within them. */
async function drawn(): Promise<void> {
  for (let depth = 0; depth < 4; depth++) {
    await panel.updateComplete;
    await Promise.all(all("*").map((one) => (one as Partial<Panel>).updateComplete));
  }
}

beforeEach(async () => {
  // What is drawn here comes from the state alone.
  vi.stubGlobal("fetch", () => new Promise(() => undefined));
  shell = new Shell({ server: new URL("http://127.0.0.1:9/"), canvasSelector: "#none", quality: "low", errorPx: null, reducedMotion: matchMedia("(prefers-reduced-motion: reduce)"), ownsAddress: false });
  shell.dispatch({ type: "language", language: "zh-CN" });
  desk = SimulationDesk.of(shell);
  desk.state = { ...desk.state, catalogue: [entry], name: "flood" };
  panel = document.createElement("cj-simulations") as Panel;
  panel.shell = shell;
  panel.state = shell.state;
  shell.subscribe(() => { panel.state = shell.state; });
  document.body.replaceChildren(panel);
  await drawn();
});

afterEach(() => {
  document.body.replaceChildren();
  vi.unstubAllGlobals();
});

/** The panel as it stands after a run. */
async function ran(change: Partial<Job> = {}): Promise<void> {
  desk.state = { ...desk.state, run: { name: "flood", questions: desk.questions(), names: ["现状"], jobs: [{ ...job, ...change }], results: [outcome] }, layer: "depth" };
  desk.setOpacity(0.8);
  await drawn();
}

it("opens the fields of a form when it is chosen, and leaves the rest to the JSON", async () => {
  const names = (): (string | null)[] => all("cj-simulation-form").flatMap((form) => all("[name]", form.shadowRoot ?? form)).map((field) => field.getAttribute("name"));
  expect(names()).toEqual(["run.rain", "cell_m", "advanced"]);
  desk.setParam(["run", "rain"], { kind: "storm", formula: "suzhou-2025", return_period_a: 50, duration_min: 120 });
  await drawn();
  expect(names()).toEqual(["run.rain", "run.rain.formula", "run.rain.return_period_a", "run.rain.duration_min", "cell_m", "advanced"]);
  expect(JSON.parse((all('[name="advanced"]')[0] as HTMLTextAreaElement).value)).toEqual({ run: { scheme: { theta: 0.8 } } });
});

it("marks the limit, its want of proof and the hatch on the legend", async () => {
  await ran();
  expect(all('[data-simulation="legend"] li').map(words)).toEqual(["≥ 0.3 m", "0.05 – 0.3 m 限值 0.15 m参考值", "低于 0.05 不着色", "斜线：距限值不足 0.05 m，小于方法误差，不作判定"]);
});

it("goes through time by key, by button and by typing", async () => {
  await ran();
  const [slider] = all('input[name="time"]');
  slider?.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
  expect(desk.state.timeS).toBe(300);
  await drawn();
  all('[data-simulation="later"]')[0]?.click();
  expect(desk.state.timeS).toBe(600);
  const typed = all('[name="time-typed"]')[0] as HTMLInputElement;
  typed.value = "7";
  typed.dispatchEvent(new Event("change"));
  expect(desk.state.timeS).toBe(420);
  await drawn();
  expect(slider?.getAttribute("aria-valuetext")).toBe("0:07:00");
});

it("lists findings, the worst first, each by sign and word", async () => {
  await ran();
  all('[data-value="verdicts"]')[0]?.click();
  await drawn();
  expect(all("button.verdict").map((one) => [one.getAttribute("data-feature"), words(one.querySelector(".mark") ?? undefined), words(one.querySelector(".words") ?? undefined)])).toEqual([["B-3", "✕", "不达标"], ["B-2", "≈", "误差范围内"], ["B-1", "✓", "达标"]]);
  expect(words(all('[data-simulation="counts"]')[0])).toBe("达标 1 · 不达标 1 · 误差范围内 1 · 无法判定 0");
});

it("draws what the desk says while the shell says something, too", async () => {
  await ran();
  desk.setOpacity(0.5);
  shell.dispatch({ type: "announce", text: "x" });
  await drawn();
  expect((all('[name="opacity"]')[0] as HTMLInputElement).value).toBe("0.5");
});

it("says that the scenario has changed, or that the question has", async () => {
  await ran();
  expect(all('[data-simulation="outdated"], [data-simulation="other"]')).toEqual([]);
  desk.setParam(["cell_m"], 4);
  await drawn();
  expect(words(all('[data-simulation="other"]')[0])).toContain("条件已改变");
  await ran({ is_outdated: true });
  expect(words(all('[data-simulation="outdated"]')[0])).toBe("方案已修改，请重新计算");
});
