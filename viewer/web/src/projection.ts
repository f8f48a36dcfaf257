// Where a point of the scene appears on the screen: the engine's camera (`viewer/core/src/camera.rs`) in TypeScript.
import type { View } from "./bridge.gen";

/** Tangent of half the vertical angle of view, 45° in all. */
const TAN_HALF_FOVY = Math.tan(Math.PI / 8);

export interface Viewport { width: number; height: number }

/** Screen position in CSS pixels and depth along the view in metres; null behind the eye. */
export interface Projected { x: number; y: number; depth: number }

/** Nearest depth at which a ring is still drawn, metres: what lies behind the eye has no place on the screen. */
const NEAREST_M = 1;

/** Rings as they appear on the screen, cut off behind the eye; CSS pixels, empty when nothing of a ring is in front. */
export function ringProjector(view: View, viewport: Viewport): (ring: readonly (readonly [number, number, number])[]) => [number, number][] {
  const camera = cameraOf(view);
  const scale = viewport.height / 2 / TAN_HALF_FOVY;
  return (ring) => {
    const seen = ring.map(camera);
    const kept = seen.flatMap((point, index) => {
      const next = seen[(index + 1) % seen.length] ?? point;
      const isIn = point[2] >= NEAREST_M;
      if (isIn === next[2] >= NEAREST_M) return isIn ? [point] : [];
      const share = (NEAREST_M - point[2]) / (next[2] - point[2]);
      const cut = point.map((value, axis) => value + ((next[axis] ?? 0) - value) * share) as [number, number, number];
      return isIn ? [point, cut] : [cut];
    });
    return kept.map(([right, up, depth]) => [viewport.width / 2 + (right * scale) / depth, viewport.height / 2 - (up * scale) / depth]);
  };
}

export function projector(view: View, { width, height }: Viewport): (point: readonly [number, number, number]) => Projected | null {
  const camera = cameraOf(view);
  return (point) => {
    const [right, up, depth] = camera(point);
    if (depth <= 0) return null;
    const scale = height / 2 / (TAN_HALF_FOVY * depth);
    return { x: width / 2 + right * scale, y: height / 2 - up * scale, depth };
  };
}

/** A point as the camera has it: right, up and depth along the view, metres. */
function cameraOf(view: View): (point: readonly [number, number, number]) => [number, number, number] {
  const [sinH, cosH] = [Math.sin((view.heading_deg * Math.PI) / 180), Math.cos((view.heading_deg * Math.PI) / 180)];
  const [sinP, cosP] = [Math.sin((view.pitch_deg * Math.PI) / 180), Math.cos((view.pitch_deg * Math.PI) / 180)];
  const forward = [sinH * cosP, cosH * cosP, -sinP] as const;
  const right = [cosH, -sinH, 0] as const;
  // up = right × forward
  const up = [right[1] * forward[2], -right[0] * forward[2], right[0] * forward[1] - right[1] * forward[0]] as const;
  const [ex, ey, ez] = view.target_enu.map((value, axis) => value - (forward[axis] ?? 0) * view.distance_m) as [number, number, number];
  return ([px, py, pz]) => {
    const [x, y, z] = [px - ex, py - ey, pz - ez];
    const along = (axis: readonly [number, number, number]): number => x * axis[0] + y * axis[1] + z * axis[2];
    return [along(right), along(up), along(forward)];
  };
}
