import { expect, it } from "vitest";
import { projector, ringProjector } from "./projection";

const viewport = { width: 1200, height: 800 };
const near = (at: { x: number; y: number } | null, x: number, y: number): void => {
  expect(at?.x).toBeCloseTo(x, 6);
  expect(at?.y).toBeCloseTo(y, 6);
};

it("puts the target in the middle of the picture, at its distance", () => {
  const project = projector({ target_enu: [10, 20, 30], distance_m: 500, heading_deg: 123, pitch_deg: 34 }, viewport);
  near(project([10, 20, 30]), 600, 400);
  expect(project([10, 20, 30])?.depth).toBeCloseTo(500, 9);
});

it("has east on the right and up at the top when looking north", () => {
  const project = projector({ target_enu: [0, 0, 0], distance_m: 100, heading_deg: 0, pitch_deg: 0 }, viewport);
  // Half the height of the picture is tan 22.5° at the target's distance.
  const half = 100 * Math.tan(Math.PI / 8);
  near(project([half, 0, 0]), 1000, 400);
  near(project([0, 0, half]), 600, 0);
});

it("has north at the top when looking down, east at the top when heading there", () => {
  const reach = 100 * Math.tan(Math.PI / 8);
  near(projector({ target_enu: [0, 0, 0], distance_m: 100, heading_deg: 0, pitch_deg: 90 }, viewport)([0, reach, 0]), 600, 0);
  near(projector({ target_enu: [0, 0, 0], distance_m: 100, heading_deg: 90, pitch_deg: 90 }, viewport)([reach, 0, 0]), 600, 0);
});

it("has no place for what lies behind the eye", () => {
  expect(projector({ target_enu: [0, 0, 0], distance_m: 100, heading_deg: 0, pitch_deg: 0 }, viewport)([0, -101, 0])).toBeNull();
});

it("cuts a ring that reaches behind the eye, and keeps one in front as it is", () => {
  const view = { target_enu: [0, 0, 0] as [number, number, number], distance_m: 100, heading_deg: 0, pitch_deg: 45 };
  const [project, ring] = [projector(view, viewport), ringProjector(view, viewport)];
  const near: [number, number, number][] = [[-10, -10, 0], [10, -10, 0], [10, 10, 0], [-10, 10, 0]];
  expect(ring(near)).toEqual(near.map((point) => [project(point)?.x, project(point)?.y]));
  const far: [number, number, number][] = [[-10, -4000, 0], [10, -4000, 0], [10, 10, 0], [-10, 10, 0]];
  const seen = ring(far);
  expect(seen).toHaveLength(4);
  for (const [x, y] of seen) expect(Number.isFinite(x) && Number.isFinite(y)).toBe(true);
  // what is behind ends below the picture, not above it
  expect(Math.max(...seen.map(([, y]) => y))).toBeGreaterThan(viewport.height);
  expect(ring([[0, -4000, 0], [1, -4000, 0], [1, -4001, 0]])).toEqual([]);
});
