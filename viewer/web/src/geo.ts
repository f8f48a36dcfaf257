// Position readout: ENU of the scene to longitude, latitude and height on the CGCS2000 / WGS 84 ellipsoid.

const SEMI_MAJOR_M = 6378137;
const FLATTENING = 1 / 298.257222101;
const E2 = FLATTENING * (2 - FLATTENING);

/** Longitude and latitude in degrees, ellipsoidal height in metres. */
export interface Geodetic { lonDeg: number; latDeg: number; heightM: number }

/**
 * Geodetic position of a point of the scene.
 *
 * `ecefFromEnu` is column-major, 16 numbers; `enu` in metres. Latitude by fixed-point iteration, good to far below a
 * millimetre at city heights.
 */
export function geodeticFromEnu(ecefFromEnu: readonly number[], enu: readonly [number, number, number]): Geodetic {
  const m = (row: number, column: number): number => ecefFromEnu[column * 4 + row] ?? 0;
  const axis = (row: number): number => m(row, 0) * enu[0] + m(row, 1) * enu[1] + m(row, 2) * enu[2] + m(row, 3);
  const [x, y, z] = [axis(0), axis(1), axis(2)];
  const p = Math.hypot(x, y);
  let lat = Math.atan2(z, p * (1 - E2));
  let n = SEMI_MAJOR_M;
  for (let i = 0; i < 6; i++) {
    const sin = Math.sin(lat);
    n = SEMI_MAJOR_M / Math.sqrt(1 - E2 * sin * sin);
    lat = Math.atan2(z + E2 * n * sin, p);
  }
  const heightM = p * Math.cos(lat) + z * Math.sin(lat) - n * (1 - E2 * Math.sin(lat) ** 2);
  return { lonDeg: (Math.atan2(y, x) * 180) / Math.PI, latDeg: (lat * 180) / Math.PI, heightM };
}

/** Point of the scene at a longitude, latitude (degrees) and ellipsoidal height (metres): the way back of `geodeticFromEnu`. */
export function enuFromGeodetic(ecefFromEnu: readonly number[], lonDeg: number, latDeg: number, heightM: number): [number, number, number] {
  const [lon, lat] = [(lonDeg * Math.PI) / 180, (latDeg * Math.PI) / 180];
  const n = SEMI_MAJOR_M / Math.sqrt(1 - E2 * Math.sin(lat) ** 2);
  const ecef = [
    (n + heightM) * Math.cos(lat) * Math.cos(lon),
    (n + heightM) * Math.cos(lat) * Math.sin(lon),
    (n * (1 - E2) + heightM) * Math.sin(lat),
  ];
  // The matrix is a rotation and a translation: its inverse is the transposed rotation of the difference.
  const axis = (column: number): number => [0, 1, 2].reduce((sum, row) => sum + (ecefFromEnu[column * 4 + row] ?? 0) * ((ecef[row] ?? 0) - (ecefFromEnu[12 + row] ?? 0)), 0);
  return [axis(0), axis(1), axis(2)];
}
