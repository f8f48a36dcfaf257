//! A sketch on the map as triangles: fill and outline draped on the ground, and a body above it.

use crate::triangulate::triangulate;
use glam::{DVec2, DVec3};

/// Longest edge before it is bent over the ground, metres.
const STEP_M: f64 = 8.0;
/// Most points of one ring or line after that.
const MAX_POINTS: usize = 600;
/// Fill and outline lie this high above the ground, metres.
const FILL_ABOVE_M: f64 = 0.5;
const LINE_ABOVE_M: f64 = 0.7;
/// Layer code of a sketch: none of the table, so always shown, and above the ground.
const LAYER_CODE: u32 = 31;
/// Feature index of what is no feature (`viewer_decode::NO_FEATURE`).
const NO_FEATURE: u32 = u32::MAX;
/// Surface kinds of `city_model::style::SurfaceKind` that are drawn translucent.
const KIND_FILL: u32 = 13;
const KIND_WALL: u32 = 14;
/// Height in units of `_FACADE` at which a translucent wall is clearest.
const WALL_TOP_UNITS: f64 = 96.0;

/// What to draw; ENU metres, rings not closed.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sketch {
    /// Outlines.
    pub rings: Vec<Vec<DVec3>>,
    /// Open lines.
    pub lines: Vec<Vec<DVec3>>,
    /// Height of bodies above the lowest ground under their outline, metres; 0 flat.
    pub extrude_m: f64,
    /// sRGB.
    pub rgb: [u8; 3],
}

/// Triangles in the form of a decoded tile.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SketchMesh {
    /// Origin of the positions, ENU metres.
    pub origin_enu: DVec3,
    /// `[vertex * 3]`, metres.
    pub positions: Vec<f32>,
    /// `[vertex * 5]`, see `viewer_decode::VertexAttributes`.
    pub attributes: Vec<u32>,
    /// Three a triangle.
    pub indices: Vec<u32>,
}

impl Sketch {
    /// Bends the sketch over the ground: long edges get points in between, and every point its height.
    ///
    /// * `ground_z_m` — height of the ground at a point of the plan; where it is not known the point keeps its own
    pub fn draped(&self, ground_z_m: &mut dyn FnMut(DVec2) -> Option<f64>) -> Self {
        let mut drape = |points: &[DVec3], is_closed: bool| {
            let finite: Vec<DVec3> = points.iter().copied().filter(|p| p.is_finite()).collect();
            let mut bent = Vec::new();
            for (i, a) in finite.iter().enumerate() {
                let next = if is_closed {
                    finite.get((i + 1) % finite.len())
                } else {
                    finite.get(i + 1)
                };
                let pieces = next.map_or(1.0, |b| {
                    (a.truncate().distance(b.truncate()) / STEP_M).ceil().clamp(1.0, 200.0)
                });
                for k in 0..pieces as u32 {
                    if bent.len() >= MAX_POINTS {
                        break;
                    }
                    bent.push(a.lerp(next.copied().unwrap_or(*a), f64::from(k) / pieces));
                }
            }
            for point in &mut bent {
                point.z = ground_z_m(point.truncate()).unwrap_or(point.z);
            }
            bent
        };
        Self {
            rings: self.rings.iter().map(|ring| drape(ring, true)).collect(),
            lines: self.lines.iter().map(|line| drape(line, false)).collect(),
            ..self.clone()
        }
    }

    /// Triangles of a draped sketch.
    ///
    /// * `line_m` — width of lines, metres
    pub fn mesh(&self, line_m: f64) -> SketchMesh {
        let first = self.rings.iter().chain(&self.lines).flatten().next();
        let mut mesh = SketchMesh {
            origin_enu: first.copied().unwrap_or_default(),
            ..SketchMesh::default()
        };
        for ring in self.rings.iter().filter(|ring| ring.len() >= 2) {
            self.add_ring(&mut mesh, ring, line_m);
        }
        for line in self.lines.iter().filter(|line| line.len() >= 2) {
            self.add_ribbon(&mut mesh, line, LINE_ABOVE_M, line_m);
        }
        mesh
    }

    fn add_ring(&self, mesh: &mut SketchMesh, ring: &[DVec3], line_m: f64) {
        let closed: Vec<DVec3> = ring.iter().chain(ring.first()).copied().collect();
        self.add_ribbon(mesh, &closed, LINE_ABOVE_M, line_m);
        let plan: Vec<DVec2> = ring.iter().map(|p| p.truncate() - mesh.origin_enu.truncate()).collect();
        let triangles = triangulate(&plan);
        self.add_fill(mesh, ring, &triangles, |p| p.z + FILL_ABOVE_M);
        if self.extrude_m <= 0.0 || !self.extrude_m.is_finite() || triangles.is_empty() {
            return;
        }
        let foot_z = ring.iter().map(|p| p.z).fold(f64::INFINITY, f64::min);
        let top_z = foot_z + self.extrude_m;
        self.add_fill(mesh, ring, &triangles, |_| top_z);
        let top: Vec<DVec3> = closed.iter().map(|p| p.truncate().extend(top_z)).collect();
        self.add_ribbon(mesh, &top, 0.1, line_m * 0.6);
        let is_clockwise = signed_area(&plan) < 0.0;
        for pair in closed.windows(2) {
            let [mut a, mut b] = [pair[0], pair[1]];
            if is_clockwise {
                std::mem::swap(&mut a, &mut b);
            }
            let outward = (b - a).truncate().perp().normalize_or_zero() * -1.0;
            let corners = [
                (a, a.z, 0.0),
                (b, b.z, 0.0),
                (b, top_z, WALL_TOP_UNITS),
                (a, top_z, WALL_TOP_UNITS),
            ];
            let corners =
                corners.map(|(p, z, up)| self.vertex(mesh, p.truncate().extend(z), outward.extend(0.0), KIND_WALL, up));
            mesh.add_quad(corners);
        }
    }

    fn add_fill(&self, mesh: &mut SketchMesh, ring: &[DVec3], triangles: &[[usize; 3]], z_m: impl Fn(&DVec3) -> f64) {
        let base: Vec<u32> = ring
            .iter()
            .map(|p| self.vertex(mesh, p.truncate().extend(z_m(p)), DVec3::Z, KIND_FILL, 0.0))
            .collect();
        let known = triangles.iter().flatten().filter_map(|corner| base.get(*corner));
        mesh.indices.extend(known);
    }

    /// A flat band along a line.
    fn add_ribbon(&self, mesh: &mut SketchMesh, line: &[DVec3], above_m: f64, width_m: f64) {
        for pair in line.windows(2) {
            let (a, b) = (pair[0], pair[1]);
            let along = (b - a).truncate().normalize_or_zero();
            if along == DVec2::ZERO {
                continue;
            }
            // half a width longer at both ends closes the corners
            let (across, reach) = (along.perp() * (width_m * 0.5), along * (width_m * 0.5));
            let lift = |p: DVec3, shift: DVec2| (p.truncate() + shift).extend(p.z + above_m);
            let corners = [
                lift(a, -reach - across),
                lift(b, reach - across),
                lift(b, reach + across),
                lift(a, across - reach),
            ];
            let corners = corners.map(|p| self.vertex(mesh, p, DVec3::Z, KIND_WALL, 0.0));
            mesh.add_quad(corners);
        }
    }

    fn vertex(&self, mesh: &mut SketchMesh, enu: DVec3, normal: DVec3, kind: u32, up_units: f64) -> u32 {
        let index = (mesh.positions.len() / 3) as u32;
        mesh.positions.extend((enu - mesh.origin_enu).as_vec3().to_array());
        let [x, y, z] = (normal * 127.0).to_array().map(|v| (v.round() as i8).cast_unsigned());
        let [r, g, b] = self.rgb;
        mesh.attributes.extend([
            u32::from_le_bytes([x, y, z, 0]) | LAYER_CODE << 24,
            kind | 0xff00_0000,
            (up_units.round() as u32) << 16,
            u32::from_le_bytes([r, g, b, 255]),
            NO_FEATURE,
        ]);
        index
    }
}

impl SketchMesh {
    fn add_quad(&mut self, [a, b, c, d]: [u32; 4]) {
        self.indices.extend([a, b, c, a, c, d]);
    }

    /// True without triangles.
    pub const fn is_empty(&self) -> bool {
        self.indices.is_empty()
    }
}

/// Area of a ring, positive when it runs counter-clockwise.
pub fn signed_area(ring: &[DVec2]) -> f64 {
    let next = ring.iter().cycle().skip(1);
    ring.iter().zip(next).map(|(a, b)| a.perp_dot(*b)).sum::<f64>() * 0.5
}

/// True when a point lies within a ring (even-odd).
pub fn contains(ring: &[DVec2], point: DVec2) -> bool {
    let next = ring.iter().cycle().skip(1);
    let crossings = ring.iter().zip(next).filter(|(a, b)| {
        (a.y > point.y) != (b.y > point.y) && point.x < (b.x - a.x) * (point.y - a.y) / (b.y - a.y) + a.x
    });
    crossings.count() % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sketch(extrude_m: f64) -> Sketch {
        let ring = [[0.0, 0.0], [0.0, 20.0], [30.0, 20.0], [30.0, 0.0]];
        Sketch {
            rings: vec![ring.iter().map(|p| DVec3::new(p[0] + 500.0, p[1], 99.0)).collect()],
            lines: Vec::new(),
            extrude_m,
            rgb: [1, 2, 3],
        }
    }

    /// Areas of level triangles above and below a height, and of upright ones.
    fn areas(mesh: &SketchMesh, kind: u32) -> (f64, f64) {
        let corner = |i: u32| {
            let at = i as usize * 3;
            DVec3::new(
                f64::from(mesh.positions[at]),
                f64::from(mesh.positions[at + 1]),
                f64::from(mesh.positions[at + 2]),
            )
        };
        let (mut level, mut upright) = (0.0, 0.0);
        for t in mesh.indices.chunks_exact(3) {
            if mesh.attributes[t[0] as usize * 5 + 1] & 15 != kind {
                continue;
            }
            let normal = (corner(t[1]) - corner(t[0])).cross(corner(t[2]) - corner(t[0])) * 0.5;
            level += normal.z;
            upright += normal.truncate().length();
        }
        (level, upright)
    }

    #[test]
    fn a_body_has_a_floor_a_top_and_walls_that_look_outward() {
        let draped = sketch(12.0).draped(&mut |_| Some(5.0));
        assert!(draped.rings[0].len() > 10 && draped.rings[0].iter().all(|p| p.z == 5.0));
        let mesh = draped.mesh(0.5);
        let (level, _) = areas(&mesh, KIND_FILL);
        assert!((level - 2.0 * 600.0).abs() < 1e-3, "both face up: {level}");
        let (_, upright) = areas(&mesh, KIND_WALL);
        assert!((upright - 100.0 * 12.0).abs() < 1e-2, "{upright}");
        let highest = mesh.positions.chunks_exact(3).map(|p| p[2]).fold(0.0, f32::max);
        assert!((highest - 12.1).abs() < 1e-3, "{highest}");
        // each wall triangle faces the way that its normal says
        for t in mesh.indices.chunks_exact(3) {
            let word = mesh.attributes[t[0] as usize * 5].to_le_bytes();
            let normal = DVec3::new(
                f64::from(word[0] as i8),
                f64::from(word[1] as i8),
                f64::from(word[2] as i8),
            );
            let p = |i: u32| {
                DVec3::from_slice(
                    &mesh.positions[i as usize * 3..][..3]
                        .iter()
                        .map(|v| f64::from(*v))
                        .collect::<Vec<_>>(),
                )
            };
            assert!((p(t[1]) - p(t[0])).cross(p(t[2]) - p(t[0])).dot(normal) > 0.0);
        }
    }

    #[test]
    fn the_ground_bends_what_lies_on_it() {
        let mut sketch = sketch(0.0);
        sketch.lines = vec![vec![DVec3::new(500.0, 0.0, 7.0), DVec3::new(540.0, 0.0, 7.0)]];
        let draped = sketch.draped(&mut |p| (p.x < 520.0).then_some(p.x - 500.0));
        let line: Vec<f64> = draped.lines[0].iter().map(|p| p.z).collect();
        assert_eq!(
            line,
            [0.0, 8.0, 16.0, 7.0, 7.0, 7.0],
            "unknown ground leaves heights as they are"
        );
        assert!(draped.mesh(1.0).indices.len() > 30);
    }

    #[test]
    fn nonsense_draws_nothing() {
        let nan = Sketch {
            rings: vec![vec![DVec3::NAN; 5], vec![DVec3::ZERO; 3]],
            lines: vec![vec![DVec3::ZERO], Vec::new()],
            extrude_m: f64::NAN,
            rgb: [0; 3],
        };
        assert!(nan.draped(&mut |_| None).mesh(1.0).is_empty());
    }

    #[test]
    fn points_within_a_ring() {
        let ring = [[0.0, 0.0], [4.0, 0.0], [4.0, 4.0], [2.0, 1.0], [0.0, 4.0]].map(DVec2::from);
        assert!(contains(&ring, DVec2::new(0.5, 1.0)) && !contains(&ring, DVec2::new(2.0, 2.0)));
        assert!((signed_area(&ring) - 10.0).abs() < 1e-12);
    }
}
