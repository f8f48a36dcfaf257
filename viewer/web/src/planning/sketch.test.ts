import { describe, expect, it } from "vitest";
import { along, bearing, contains, crossesItself, distance, inset, rectangleAt, rectangleFrom, signedArea, snap, type Point } from "./sketch";

const square: Point[] = [[0, 0, 5], [40, 0, 5], [40, 30, 5], [0, 30, 5]];
const round = (points: readonly Point[] | null) => points?.map((point) => point.map((value) => Math.round(value * 1000) / 1000 + 0));

describe("measures", () => {
  it("know areas by their turn, bearings by the compass", () => {
    expect(signedArea(square)).toBe(1200);
    expect(signedArea([...square].reverse())).toBe(-1200);
    expect([bearing([0, 0, 0], [0, 9, 0]), bearing([0, 0, 0], [9, 0, 0]), bearing([0, 0, 0], [-1, -1, 0])]).toEqual([0, 90, 225]);
    expect(distance([0, 0, 0], [3, 4, 100])).toBe(5);
    expect(round([along([10, 10, 7], 20, 90)])).toEqual([[30, 10, 7]]);
  });

  it("tell a bow tie from a ring", () => {
    expect(crossesItself(square)).toBe(false);
    expect(crossesItself([[0, 0, 0], [10, 10, 0], [10, 0, 0], [0, 10, 0]])).toBe(true);
    // An L has collinear edges that do not meet.
    expect(crossesItself([[0, 0, 0], [20, 0, 0], [20, 10, 0], [10, 10, 0], [10, 20, 0], [0, 20, 0]])).toBe(false);
  });

  it("tell inside from outside of a hollow shape", () => {
    const angle: Point[] = [[0, 0, 0], [20, 0, 0], [20, 10, 0], [10, 10, 0], [10, 20, 0], [0, 20, 0]];
    expect([contains(angle, [5, 15]), contains(angle, [15, 15]), contains(angle, [15, 5])]).toEqual([true, false, true]);
  });
});

describe("snapping", () => {
  it("closes at the first corner before all else", () => {
    const points: Point[] = [[0, 0, 0], [10, 0, 0], [10, 10, 0]];
    expect(snap([0.4, 0.3, 2], points, [[0.5, 0.3, 0]], 1)).toEqual({ point: [0, 0, 0], kind: "start" });
  });

  it("takes the nearest corner around and keeps the ground under the pointer", () => {
    expect(snap([5, 5, 88], [], [[5.8, 5, 99], [5.5, 5, 99]], 1)).toEqual({ point: [5.5, 5, 88], kind: "vertex" });
    expect(snap([5, 5, 88], [], [[7, 5, 99]], 1).kind).toBe("none");
  });

  it("stands square on the last edge, whichever way that runs", () => {
    const points: Point[] = [[0, 0, 0], [30, 40, 0]];
    // Across (3, 4)/5 is (−4, 3)/5.
    const { point, kind } = snap([30 - 16.2, 40 + 11.7, 1], points, [], 2);
    expect(kind).toBe("right_angle");
    expect((point[0] - 30) * 3 + (point[1] - 40) * 4).toBeCloseTo(0, 9);
    expect(snap([30 + 3.1, 40 + 4, 1], points, [], 2).kind).toBe("right_angle");
    expect(snap([60, 40, 1], points, [], 2).kind).toBe("none");
  });

  it("squares the fourth corner with the first", () => {
    const points: Point[] = [[0, 0, 0], [20, 0, 0], [20, 12, 0]];
    expect(round([snap([0.6, 12.5, 0], points, [], 1).point])).toEqual([[0, 12, 0]]);
  });
});

describe("rectangles", () => {
  it("have the depth of the third point, on its side", () => {
    expect(round(rectangleFrom([0, 0, 0], [10, 0, 0], [3, -4, 0]))).toEqual([[0, 0, 0], [10, 0, 0], [10, -4, 0], [0, -4, 0]]);
  });

  it("by numbers have that size and lie around their middle", () => {
    const ring = rectangleAt([100, 200, 3], 30, 20, 60);
    expect(Math.abs(signedArea(ring))).toBeCloseTo(600, 9);
    expect(bearing(ring[0] as Point, ring[1] as Point)).toBeCloseTo(60, 9);
    expect(ring.reduce((sum, [x]) => sum + x, 0) / 4).toBeCloseTo(100, 9);
  });
});

describe("setback", () => {
  it("moves every edge inwards by the same distance, whichever way the ring turns", () => {
    expect(round(inset(square, 5))).toEqual([[5, 5, 5], [35, 5, 5], [35, 25, 5], [5, 25, 5]]);
    expect(Math.abs(signedArea(inset([...square].reverse(), 5) as Point[]))).toBeCloseTo(600, 9);
  });

  it("keeps a ring in place for no setback, and leaves nothing when it is too deep", () => {
    expect(inset(square, 0)).toEqual(square);
    expect(round(inset(square, -5))).toEqual([[-5, -5, 5], [45, -5, 5], [45, 35, 5], [-5, 35, 5]]);
    expect(inset(square, 15)).toBeNull();
    expect(inset(square, 200)).toBeNull();
  });
});
