import { describe, expect, it } from "vitest";
import type { SceneManifest } from "../api";
import type { ViewerEvent } from "../bridge.gen";
import { initialState, reduce, type Action, type ShellState } from "./state";

const play = (...actions: Action[]): ShellState => actions.reduce(reduce, initialState("zh-CN"));
const engine = (event: ViewerEvent): Action => ({ type: "engine", event });
const view = { target_enu: [0, 0, 0] as [number, number, number], distance_m: 100, heading_deg: 10, pitch_deg: 40 };
const stats = {
  fps: 30, frames: 12, draw_calls: 3, triangles: 4, tiles_drawn: 5, tiles_loading: 6, features_drawn: 7, cpu_bytes: 8, gpu_bytes: 9, starved: true,
};
const manifest = (visible: Record<string, boolean>): SceneManifest =>
  ({
    layers: Object.entries(visible).map(([id, on]) => ({
      id, parent: null, visible: on, title: { zh: id, en: id }, num_features: 0, code: null, color: null,
    })),
  }) as unknown as SceneManifest;

describe("events", () => {
  it("lead from the start screen to a running city", () => {
    expect(play(engine({ type: "ready" })).phase).toBe("tiles");
    expect(play(engine({ type: "ready" }), engine({ type: "loading", wanted: 9, loaded: 0 })).phase).toBe("tiles");
    expect(play(engine({ type: "ready" }), engine({ type: "loading", wanted: 9, loaded: 1 })).phase).toBe("running");
    const done = play(engine({ type: "ready" }), engine({ type: "loading", wanted: 9, loaded: 4 }), engine({ type: "settled", frame: 7 }));
    expect([done.phase, done.settled, done.loading]).toEqual(["running", true, { wanted: 9, loaded: 9 }]);
  });

  it("unsettle by a later frame and by new tiles, not by a finished load or by word of the camera", () => {
    const settled = engine({ type: "settled", frame: 12 });
    expect(play(settled, engine({ type: "stats", ...stats, frames: 12 })).settled).toBe(true);
    expect(play(settled, engine({ type: "stats", ...stats, frames: 13 })).settled).toBe(false);
    expect(play(settled, engine({ type: "camera", view, eye_enu: [0, 0, 1] })).settled).toBe(true);
    expect(play(settled, engine({ type: "loading", wanted: 5, loaded: 4 })).settled).toBe(false);
    expect(play(settled, engine({ type: "loading", wanted: 5, loaded: 5 })).settled).toBe(true);
  });

  it("keep stats without the tag of the event", () => {
    expect(play(engine({ type: "stats", ...stats })).stats).toEqual(stats);
  });

  it("show and clear starvation", () => {
    const starved = engine({ type: "starved", starved: true, missing_tiles: 4, drawn_error_px: 33 });
    expect(play(starved).starved).toEqual({ missing_tiles: 4, drawn_error_px: 33 });
    expect(play(starved, engine({ type: "starved", starved: false, missing_tiles: 0, drawn_error_px: 0 })).starved).toBeNull();
  });

  it("fail only when the device does not come back, and keep the first reason", () => {
    expect(play(engine({ type: "device_lost", recovered: true })).failure).toBeNull();
    const lost = play(engine({ type: "device_lost", recovered: false }), engine({ type: "failed", code: "worker", message: "gone" }));
    expect(lost.failure?.code).toBe("device_lost");
    expect(play(engine({ type: "failed", code: "tileset", message: "404" })).failure).toEqual({ code: "no_server", details: "tileset: 404" });
  });

  it("change nothing for a pick, whose answer goes to the asker", () => {
    const before = play();
    expect(reduce(before, engine({ type: "picked", request_id: 1, feature_index: 3, position_enu: null }))).toBe(before);
  });
});

describe("a new revision", () => {
  it("keeps switched layers, drops gone ones and opens new ones as the city says", () => {
    const after = play(
      { type: "manifest", manifest: manifest({ a: true, b: true }) },
      { type: "layers", layers: { a: false, b: true } },
      { type: "manifest", manifest: manifest({ a: true, c: false }) },
    );
    expect(after.layers).toEqual({ a: false, c: false });
  });
});

it("counts equal announcements as new ones", () => {
  const again = play({ type: "announce", text: "x" }, { type: "announce", text: "x" });
  expect(again.announcement).toEqual({ text: "x", serial: 2 });
});
