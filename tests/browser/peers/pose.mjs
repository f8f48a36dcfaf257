// A fixed view of the city as eye, direction and up, in ECEF or (without a matrix) in ENU.

/** `view` as in the manifest; `ecef_from_enu` column-major or null. */
export function pose(view, ecef_from_enu) {
  const [heading, pitch] = [view.heading_deg, view.pitch_deg].map((deg) => (deg * Math.PI) / 180);
  const direction = [Math.sin(heading) * Math.cos(pitch), Math.cos(heading) * Math.cos(pitch), -Math.sin(pitch)];
  const up = [Math.sin(heading) * Math.sin(pitch), Math.cos(heading) * Math.sin(pitch), Math.cos(pitch)];
  const eye = view.target_enu.map((value, axis) => value - direction[axis] * view.distance_m);
  const m = ecef_from_enu ?? [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
  const turn = (v) => [0, 1, 2].map((row) => m[row] * v[0] + m[row + 4] * v[1] + m[row + 8] * v[2]);
  return { eye: turn(eye).map((value, row) => value + m[row + 12]), direction: turn(direction), up: turn(up) };
}
