// Drawing on the ground: snapping, right angles, rectangles, areas and setbacks, in the plane of the scene (ENU metres).

/** East, north, up. */
export type Point = [number, number, number];

const cross = (ax: number, ay: number, bx: number, by: number): number => ax * by - ay * bx;

/** Signed area of a ring without its closing point, m²; positive when counter-clockwise. */
export function signedArea(ring: readonly Point[]): number {
  let twice = 0;
  ring.forEach(([x, y], index) => {
    const [nx, ny] = ring[(index + 1) % ring.length] ?? [x, y];
    twice += cross(x, y, nx, ny);
  });
  return twice / 2;
}

/** Horizontal distance, metres. */
export function distance(a: Point, b: Point): number {
  return Math.hypot(b[0] - a[0], b[1] - a[1]);
}

/** Compass bearing from one point to another, degrees 0–360. */
export function bearing(a: Point, b: Point): number {
  return ((Math.atan2(b[0] - a[0], b[1] - a[1]) * 180) / Math.PI + 360) % 360;
}

/** The point at a distance and compass bearing; keeps the height. */
export function along(from: Point, distanceM: number, bearingDeg: number): Point {
  const angle = (bearingDeg * Math.PI) / 180;
  return [from[0] + Math.sin(angle) * distanceM, from[1] + Math.cos(angle) * distanceM, from[2]];
}

/** True when two edges of the ring cross or touch that are no neighbours. */
export function crossesItself(ring: readonly Point[]): boolean {
  const count = ring.length;
  for (let i = 0; i < count; i++) {
    for (let j = i + 1; j < count; j++) {
      if (j === i || (j + 1) % count === i || (i + 1) % count === j) continue;
      const [a, b, c, d] = [ring[i], ring[(i + 1) % count], ring[j], ring[(j + 1) % count]];
      if (a && b && c && d && segmentsMeet(a, b, c, d)) return true;
    }
  }
  return false;
}

function segmentsMeet(a: Point, b: Point, c: Point, d: Point): boolean {
  const side = (p: Point, q: Point, r: Point): number => cross(q[0] - p[0], q[1] - p[1], r[0] - p[0], r[1] - p[1]);
  const [s1, s2, s3, s4] = [side(a, b, c), side(a, b, d), side(c, d, a), side(c, d, b)];
  return s1 * s2 <= 0 && s3 * s4 <= 0 && !(s1 === 0 && s2 === 0 && !overlaps(a, b, c, d));
}

function overlaps(a: Point, b: Point, c: Point, d: Point): boolean {
  const within = (axis: 0 | 1): boolean => Math.max(Math.min(a[axis], b[axis]), Math.min(c[axis], d[axis])) <= Math.min(Math.max(a[axis], b[axis]), Math.max(c[axis], d[axis]));
  return within(0) && within(1);
}

/** True when the point lies within the ring. */
export function contains(ring: readonly Point[], [x, y]: readonly [number, number, ...number[]]): boolean {
  let inside = false;
  ring.forEach(([ax, ay], index) => {
    const [bx, by] = ring[(index + 1) % ring.length] ?? [ax, ay];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
  });
  return inside;
}

export type SnapKind = "none" | "vertex" | "right_angle" | "start";

export interface Snapped { point: Point; kind: SnapKind }

/**
 * A point brought to what is near: the first corner (closes the ring), a corner of what stands around, a right angle
 * to the last edge or the line of the first one.
 *
 * * `tolerance_m` — how near, metres; of right angles the distance from the line
 */
export function snap(raw: Point, points: readonly Point[], vertices: readonly Point[], toleranceM: number): Snapped {
  const [first] = points;
  if (first && points.length >= 3 && distance(raw, first) <= toleranceM) return { point: first, kind: "start" };
  let best: Point | null = null;
  let least = toleranceM;
  for (const vertex of vertices) {
    const far = distance(raw, vertex);
    if (far <= least) [best, least] = [vertex, far];
  }
  if (best) return { point: [best[0], best[1], raw[2]], kind: "vertex" };
  const last = points.at(-1);
  const before = points.at(-2);
  if (!last || !before) return { point: raw, kind: "none" };
  // Along the last edge, across it, and where the corner stands square to the start as well.
  const length = distance(before, last);
  if (length === 0) return { point: raw, kind: "none" };
  const [ux, uy] = [(last[0] - before[0]) / length, (last[1] - before[1]) / length];
  const [dx, dy] = [raw[0] - last[0], raw[1] - last[1]];
  const [forward, across] = [dx * ux + dy * uy, cross(ux, uy, dx, dy)];
  if (Math.abs(forward) <= toleranceM) {
    let reach = across;
    if (first && points.length === 3) {
      const square = cross(ux, uy, first[0] - last[0], first[1] - last[1]);
      if (Math.abs(square - across) <= toleranceM) reach = square;
    }
    return { point: [last[0] - uy * reach, last[1] + ux * reach, raw[2]], kind: "right_angle" };
  }
  if (Math.abs(across) <= toleranceM) return { point: [last[0] + ux * forward, last[1] + uy * forward, raw[2]], kind: "right_angle" };
  return { point: raw, kind: "none" };
}

/** Rectangle over a base line `a`–`b`, as deep as `c` lies from it. */
export function rectangleFrom(a: Point, b: Point, c: Point): Point[] {
  const length = distance(a, b);
  if (length === 0) return [a];
  const [ux, uy] = [(b[0] - a[0]) / length, (b[1] - a[1]) / length];
  const depth = cross(ux, uy, c[0] - a[0], c[1] - a[1]);
  const off = (p: Point): Point => [p[0] - uy * depth, p[1] + ux * depth, p[2]];
  return [a, b, off(b), off(a)];
}

/** Rectangle by numbers: width along the bearing, depth to its left. */
export function rectangleAt(centre: Point, widthM: number, depthM: number, bearingDeg: number): Point[] {
  const angle = (bearingDeg * Math.PI) / 180;
  const [ux, uy] = [Math.sin(angle), Math.cos(angle)];
  const corner = (w: number, d: number): Point => [centre[0] + ux * w - uy * d, centre[1] + uy * w + ux * d, centre[2]];
  const [w, d] = [widthM / 2, depthM / 2];
  return [corner(-w, -d), corner(w, -d), corner(w, d), corner(-w, d)];
}

/**
 * The ring moved inwards by a distance, as a setback line (outwards when negative); null when nothing is left of it.
 *
 * Each corner is where the moved edges meet: right for the convex and nearly convex sites that are drawn here; a ring
 * that turns over or crosses itself counts as nothing left.
 */
export function inset(ring: readonly Point[], byM: number): Point[] | null {
  if (byM === 0) return [...ring];
  const area = signedArea(ring);
  if (area === 0) return null;
  const ordered = area > 0 ? [...ring] : [...ring].reverse();
  const count = ordered.length;
  const result: Point[] = [];
  for (let i = 0; i < count; i++) {
    const [p, q, r] = [ordered[(i + count - 1) % count], ordered[i], ordered[(i + 1) % count]];
    if (!p || !q || !r) return null;
    const [l1, l2] = [distance(p, q), distance(q, r)];
    if (l1 === 0 || l2 === 0) continue;
    const [ux, uy, vx, vy] = [(q[0] - p[0]) / l1, (q[1] - p[1]) / l1, (r[0] - q[0]) / l2, (r[1] - q[1]) / l2];
    const turn = cross(ux, uy, vx, vy);
    const [ax, ay] = [q[0] - uy * byM, q[1] + ux * byM];
    if (Math.abs(turn) < 1e-9) {
      result.push([ax, ay, q[2]]);
      continue;
    }
    const [bx, by] = [q[0] - vy * byM, q[1] + vx * byM];
    const t = cross(bx - ax, by - ay, vx, vy) / turn;
    result.push([ax + ux * t, ay + uy * t, q[2]]);
  }
  // An edge that points the other way has been eaten up by its neighbours.
  const turnedOver = result.some((point, index) => {
    const next = result[(index + 1) % result.length];
    const [a, b] = [ordered[index], ordered[(index + 1) % count]];
    return next && a && b && (next[0] - point[0]) * (b[0] - a[0]) + (next[1] - point[1]) * (b[1] - a[1]) <= 0;
  });
  const left = signedArea(result);
  return turnedOver || left <= 0 || left > Math.abs(area) !== byM < 0 || crossesItself(result) ? null : result;
}
