// The same camera for every engine: a view of the scene (ENU) turned by `turn` radians about its target, as eye,
// direction and up, in ECEF when `ecef_from_enu` (column-major) is given, else in ENU.

export function poses({ view, ecef_from_enu: matrix }) {
  const rotate = (v) =>
    matrix
      ? [0, 1, 2].map((r) => matrix[r] * v[0] + matrix[4 + r] * v[1] + matrix[8 + r] * v[2])
      : v;
  const move = (v) => (matrix ? rotate(v).map((c, r) => c + matrix[12 + r]) : v);
  return (turn) => {
    const heading = (view.heading_deg * Math.PI) / 180 + turn;
    const pitch = (view.pitch_deg * Math.PI) / 180;
    const flat = [Math.sin(heading), Math.cos(heading), 0];
    const direction = [flat[0] * Math.cos(pitch), flat[1] * Math.cos(pitch), -Math.sin(pitch)];
    const up = [flat[0] * Math.sin(pitch), flat[1] * Math.sin(pitch), Math.cos(pitch)];
    const eye = view.target_enu.map((c, i) => c - direction[i] * view.distance_m);
    return { eye: move(eye), direction: rotate(direction), up: rotate(up) };
  };
}
