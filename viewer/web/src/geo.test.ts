import { expect, it } from "vitest";
import { enuFromGeodetic, geodeticFromEnu } from "./geo";

/** Column-major `ecef_from_enu` at a geodetic position: the definition, written apart from the code under test. */
function frame(lonDeg: number, latDeg: number, h: number): number[] {
  const [lon, lat] = [(lonDeg * Math.PI) / 180, (latDeg * Math.PI) / 180];
  const [sl, cl, sp, cp] = [Math.sin(lon), Math.cos(lon), Math.sin(lat), Math.cos(lat)];
  const e2 = 0.0066943800229;
  const n = 6378137 / Math.sqrt(1 - e2 * sp * sp);
  return [-sl, cl, 0, 0, -sp * cl, -sp * sl, cp, 0, cp * cl, cp * sl, sp, 0, (n + h) * cp * cl, (n + h) * cp * sl, (n * (1 - e2) + h) * sp, 1];
}

it("gives the origin back", () => {
  const at = geodeticFromEnu(frame(113.3, 34.8, 120), [0, 0, 0]);
  expect(at.lonDeg).toBeCloseTo(113.3, 9);
  expect(at.latDeg).toBeCloseTo(34.8, 9);
  expect(at.heightM).toBeCloseTo(120, 4);
});

it("moves east, north and up by the right amounts", () => {
  const base = frame(113.3, 34.8, 120);
  // Length of a degree of latitude at 34.8° is 110,938 m on this ellipsoid.
  expect(geodeticFromEnu(base, [0, 110.938, 0]).latDeg).toBeCloseTo(34.801, 6);
  expect(geodeticFromEnu(base, [1000, 0, 0]).lonDeg).toBeGreaterThan(113.3);
  expect(geodeticFromEnu(base, [0, 0, 50]).heightM).toBeCloseTo(170, 4);
});

it("finds the way back to the millimetre", () => {
  const base = frame(113.3, 34.8, 120);
  for (const point of [[0, 0, 0], [3157.9, -2843.2, 203.8], [-812.5, 99.1, -40]] as [number, number, number][]) {
    const { lonDeg, latDeg, heightM } = geodeticFromEnu(base, point);
    enuFromGeodetic(base, lonDeg, latDeg, heightM).forEach((value, axis) => expect(value).toBeCloseTo(point[axis] ?? Number.NaN, 3));
  }
});
