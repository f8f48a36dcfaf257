// Where a point of the scene appears on the screen: the engine's camera (`viewer/core/src/camera.rs`) in TypeScript.
import type { View } from "./bridge.gen";

/** Tangent of half the vertical angle of view, 45° in all. */
const TAN_HALF_FOVY = Math.tan(Math.PI / 8);

export interface Viewport { width: number; height: number }

/** Screen position in CSS pixels and depth along the view in metres; null behind the eye. */
export interface Projected { x: number; y: number; depth: number }

export function projector(view: View, { width, height }: Viewport): (point: readonly [number, number, number]) => Projected | null {
  const [sinH, cosH] = [Math.sin((view.heading_deg * Math.PI) / 180), Math.cos((view.heading_deg * Math.PI) / 180)];
  const [sinP, cosP] = [Math.sin((view.pitch_deg * Math.PI) / 180), Math.cos((view.pitch_deg * Math.PI) / 180)];
  const forward = [sinH * cosP, cosH * cosP, -sinP] as const;
  const right = [cosH, -sinH, 0] as const;
  // up = right × forward
  const up = [right[1] * forward[2], -right[0] * forward[2], right[0] * forward[1] - right[1] * forward[0]] as const;
  const eye = view.target_enu.map((value, axis) => value - (forward[axis] ?? 0) * view.distance_m);
  return (point) => {
    const offset = point.map((value, axis) => value - (eye[axis] ?? 0));
    const along = (axis: readonly number[]): number => offset.reduce((sum, value, index) => sum + value * (axis[index] ?? 0), 0);
    const depth = along(forward);
    if (depth <= 0) return null;
    const scale = height / 2 / (TAN_HALF_FOVY * depth);
    return { x: width / 2 + along(right) * scale, y: height / 2 - along(up) * scale, depth };
  };
}
