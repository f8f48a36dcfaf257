import { beforeEach, describe, expect, it, vi } from "vitest";
import type { FeatureDetail, LayerInfo, SceneManifest } from "../api";
import { Shell } from "../shell";
import type { Panel } from "../ui/panel";
import "./attributes";
import "./layers";
import "./projects";
import "./search";
import "./start-screen";
import "./status";

const layer = (id: string, parent: string | null, zh: string, num_features: number): LayerInfo => ({
  id, parent, title: { zh, en: id }, num_features, visible: true, code: null, color: parent ? "#123456" : null,
});

const manifest: SceneManifest = {
  title: { zh: "测试城", en: "Test town" },
  is_generated: true,
  revision: 1,
  crs: "EPSG:4547",
  tileset_url: "/tiles/city/tileset.json",
  ecef_from_enu: [0, 1, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 6378137, 0, 0, 1],
  origin_lon_lat_height: [0, 0, 0],
  bounds_enu: [0, 0, 0, 1, 1, 1],
  feature_index_count: 10,
  layers: [layer("buildings", null, "建筑", 3), layer("buildings/building", "buildings", "房屋", 2), layer("buildings/bim", "buildings", "构件", 1)],
  views: [],
  projects: Array.from({ length: 9 }, (_, i) => ({
    id: `p${i}`, feature_index: i, name: i === 4 ? "河滨改造" : `项目 ${i}`, stage: "开工", class: "更新", center_enu: [0, 0, 0] as [number, number, number], radius_m: 10,
  })),
  credits: [{ text: "测试 <b>来源</b>", licence: "CC0-1.0" }],
  vertical_datum: "1985",
};

let shell: Shell;

/** A panel in the document that follows the shell's state, as the element makes it. */
async function mount(name: string): Promise<Panel> {
  const panel = document.createElement(name) as Panel;
  panel.shell = shell;
  panel.state = shell.state;
  shell.subscribe(() => { panel.state = shell.state; });
  document.body.replaceChildren(panel);
  await panel.updateComplete;
  return panel;
}

const all = <T extends Element>(panel: Panel, selector: string): T[] => [...panel.renderRoot.querySelectorAll<T>(selector)];

beforeEach(() => {
  shell = new Shell({
    server: new URL("http://127.0.0.1:9/"),
    canvasSelector: "#none",
    quality: "low",
    errorPx: null,
    reducedMotion: matchMedia("(prefers-reduced-motion: reduce)"),
    ownsAddress: false,
  });
  shell.dispatch({ type: "language", language: "zh-CN" });
  shell.dispatch({ type: "manifest", manifest });
});

describe("layer tree", () => {
  it("switches a layer and shows its group as mixed", async () => {
    const panel = await mount("cj-layers");
    const [group, building, bim] = all<HTMLInputElement>(panel, "input") as [HTMLInputElement, HTMLInputElement, HTMLInputElement];
    expect([group.checked, building.checked, bim.checked]).toEqual([true, true, true]);
    bim.click();
    await panel.updateComplete;
    expect(shell.state.layers).toEqual({ "buildings/building": true, "buildings/bim": false });
    expect([group.checked, group.indeterminate, bim.checked]).toEqual([false, true, false]);
    expect(shell.state.announcement.text).toBe("已隐藏构件");
  });

  it("names and counts every box", async () => {
    const panel = await mount("cj-layers");
    expect(all<HTMLLabelElement>(panel, "label").map((label) => label.textContent?.replace(/\s+/g, " ").trim())).toEqual(["建筑3", "房屋2", "构件1"]);
  });
});

describe("attribute panel", () => {
  const detail: FeatureDetail = {
    id: "b-1", feature_index: 7, class: "Building", class_zh: "建筑", layer: "buildings/building", name: "<i>一号楼</i>", parent: "estate", children: ["a", "b", "c", "d", "e", "f", "g"],
    attributes: { storeys: 6, 备注: "<script>" }, bounds_enu: [0, 0, 0, 1, 1, 1], bounds_scene: [0, 0, 0, 1, 1, 1], lifespan: { from: "1986", to: null }, tiles: [],
  };

  it("shows names as text, never as markup", async () => {
    shell.dispatch({ type: "selection", selection: { featureIndex: 7, id: "b-1", detail, error: null } });
    const panel = await mount("cj-attributes");
    expect(panel.renderRoot.querySelector("h2")?.textContent).toBe("<i>一号楼</i>");
    expect(all(panel, "i, script")).toHaveLength(0);
    const cells = all(panel, "dt, dd").map((cell) => cell.textContent?.replace(/\s+/g, " ").trim());
    expect(cells.slice(0, 4)).toEqual(["层数", "6 层", "备注", "<script>"]);
    expect(cells).toContain("1986 起");
  });

  it("lists a few parts, and all when asked", async () => {
    shell.dispatch({ type: "selection", selection: { featureIndex: 7, id: "b-1", detail, error: null } });
    const panel = await mount("cj-attributes");
    const parts = () => all(panel, "button.link").length - 1;
    expect(parts()).toBe(5);
    all<HTMLButtonElement>(panel, "dd button.plain")[0]?.click();
    await panel.updateComplete;
    expect(parts()).toBe(7);
  });

  it("says why attributes cannot be read", async () => {
    shell.dispatch({ type: "selection", selection: { featureIndex: 7, id: null, detail: null, error: "503" } });
    const panel = await mount("cj-attributes");
    expect(panel.renderRoot.querySelector('[role="status"]')?.textContent).toBe("无法读取属性：503");
  });
});

it("filters projects by name", async () => {
  const panel = await mount("cj-projects");
  const input = panel.renderRoot.querySelector("input") as HTMLInputElement;
  input.value = "河滨";
  input.dispatchEvent(new Event("input"));
  await panel.updateComplete;
  expect(all(panel, "[data-project]").map((row) => row.getAttribute("data-project"))).toEqual(["p4"]);
});

it("always says that data is generated and whom to credit", async () => {
  const panel = await mount("cj-status");
  expect(panel.renderRoot.querySelector(".badge")?.textContent).toBe("生成数据");
  expect(panel.renderRoot.querySelector(".credits span")?.textContent).toBe("测试 <b>来源</b>");
  shell.dispatch({ type: "manifest", manifest: { ...manifest, is_generated: false } });
  await panel.updateComplete;
  expect(panel.renderRoot.querySelector(".badge")).toBeNull();
});

it("gives the reason and the advice of a failure in both languages", async () => {
  shell.dispatch({ type: "failure", code: "no_webgpu", details: "" });
  const panel = await mount("cj-start-screen");
  const text = panel.renderRoot.textContent ?? "";
  for (const words of ["此浏览器不支持 WebGPU", "Chrome 或 Edge", "does not support WebGPU", "Use Chrome or Edge"]) expect(text).toContain(words);
});

describe("search box", () => {
  it("asks once after a pause, not while an input method composes", async () => {
    vi.useFakeTimers();
    const asked: string[] = [];
    vi.stubGlobal("fetch", (url: URL) => {
      asked.push(decodeURIComponent(url.search));
      return Promise.resolve(Response.json({ query: "河", total: 0, results: [] }));
    });
    const panel = await mount("cj-search");
    const input = panel.renderRoot.querySelector("input") as HTMLInputElement;
    const type = (value: string, isComposing = false): void => {
      input.value = value;
      input.dispatchEvent(new InputEvent("input", { isComposing } as InputEventInit));
    };
    type("h", true);
    type("he", true);
    await vi.advanceTimersByTimeAsync(1000);
    expect(asked).toEqual([]);
    type("河");
    type("河滨");
    await vi.advanceTimersByTimeAsync(1000);
    expect(asked).toEqual(["?q=河滨&limit=20"]);
    await panel.updateComplete;
    expect(panel.renderRoot.querySelector(".note")?.textContent).toBe("没有找到“河”。");
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });
});
