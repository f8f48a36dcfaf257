import { describe, expect, it } from "vitest";
import type { LayerInfo } from "../api";
import { defaultVisibility, groupState, layerCommands, layerDifference, layerTree, withLayer } from "./layers";

const layer = (id: string, parent: string | null, visible = true): LayerInfo => ({
  id, parent, visible, title: { zh: id, en: id }, num_features: 1, code: null, color: null,
});
const layers = [
  layer("buildings", null),
  layer("buildings/building", "buildings"),
  layer("buildings/bim", "buildings"),
  layer("underground", null, false),
  layer("underground/YS", "underground"),
  layer("underground/WS", "underground"),
  layer("projects", null),
];
const base = defaultVisibility(layers);
const [buildings, underground, projects] = layerTree(layers) as [
  ReturnType<typeof layerTree>[0], ReturnType<typeof layerTree>[0], ReturnType<typeof layerTree>[0],
];

describe("layers", () => {
  it("hide below a hidden group and count a group without leaves as a leaf", () => {
    expect(base).toEqual({
      "buildings/building": true, "buildings/bim": true, "underground/YS": false, "underground/WS": false, projects: true,
    });
  });

  it("give a group three states", () => {
    expect(groupState(buildings, base)).toBe("on");
    expect(groupState(underground, base)).toBe("off");
    expect(groupState(buildings, withLayer(layers, base, "buildings/bim", false))).toBe("mixed");
    expect(groupState(projects, withLayer(layers, base, "projects", false))).toBe("off");
  });

  it("tell the engine only what changed", () => {
    const to = withLayer(layers, base, "buildings/bim", false);
    expect(layerCommands(layers, base, to)).toEqual([{ type: "set_layer", id: "buildings/bim", visible: false }]);
    expect(layerCommands(layers, to, to)).toEqual([]);
  });

  it("switch a group on with just the leaf that was asked for", () => {
    const to = withLayer(layers, base, "underground/WS", true);
    expect(layerCommands(layers, base, to)).toEqual([
      { type: "set_layer", id: "underground", visible: true },
      { type: "set_layer", id: "underground/YS", visible: false },
      { type: "set_layer", id: "underground/WS", visible: true },
    ]);
  });

  it("switch a group off in one command", () => {
    const to = withLayer(layers, base, "buildings", false);
    expect(layerCommands(layers, base, to)).toEqual([{ type: "set_layer", id: "buildings", visible: false }]);
  });

  it("leave everything as it is for an unknown id", () => {
    expect(withLayer(layers, base, "no/such", true)).toBe(base);
  });

  it("differ from the default by what a link must carry", () => {
    const to = withLayer(layers, withLayer(layers, base, "underground", true), "projects", false);
    expect(layerDifference(base, to)).toEqual({ on: ["underground/WS", "underground/YS"], off: ["projects"] });
  });
});
