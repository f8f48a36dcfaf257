//! Triangulation of planar polygons in space: Newell projection, ear cutting, area check.

use earcut::Earcut;
use glam::{DVec2, DVec3};

/// Triangles of a polygon and how well they cover it.
#[derive(Debug, Clone, PartialEq)]
pub struct Triangulation {
    /// Three per triangle, into the points of all rings one after another; CCW about `normal`.
    pub indices: Vec<u32>,
    /// Unit normal of the outer ring (Newell).
    pub normal: DVec3,
    /// Area of the polygon, holes taken off, m².
    pub area_m2: f64,
    /// False when the triangles' area differs from the polygon's by more than 0.1 % (self-crossing or folded rings).
    pub is_exact: bool,
}

/// Cuts polygons into triangles; keeps its buffers between calls.
pub struct Triangulator {
    earcut: Earcut<f64>,
    flat: Vec<[f64; 2]>,
    holes: Vec<u32>,
}

impl std::fmt::Debug for Triangulator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Triangulator").finish_non_exhaustive()
    }
}

impl Default for Triangulator {
    fn default() -> Self {
        Self {
            earcut: Earcut::new(),
            flat: Vec::new(),
            holes: Vec::new(),
        }
    }
}

/// Twice the area vector of a ring (Newell's method); its direction is the normal of a CCW ring.
pub fn newell(ring: &[DVec3]) -> DVec3 {
    let Some(origin) = ring.first() else { return DVec3::ZERO };
    let mut sum = DVec3::ZERO;
    // relative to the first point: the products stay small at projected coordinates of millions of metres
    for pair in ring.windows(2) {
        sum += (pair[0] - origin).cross(pair[1] - origin);
    }
    sum
}

impl Triangulator {
    /// Triangulates a planar polygon.
    ///
    /// * `points` — all rings one after another, outer first, not closed; `ring_ends` — end of each ring in `points`
    /// * returns `None` for fewer than three points, points that are not finite, or a vanishing area
    pub fn triangulate(&mut self, points: &[DVec3], ring_ends: &[usize]) -> Option<Triangulation> {
        let outer = points.get(..*ring_ends.first()?)?;
        if outer.len() < 3 || points.iter().any(|p| !p.is_finite()) {
            return None;
        }
        let double_area = newell(outer);
        let normal = double_area.try_normalize()?;
        if double_area.length() < 1e-6 {
            return None;
        }
        let mut area_m2 = double_area.length() * 0.5;
        if points.len() == 3 {
            return Some(Triangulation {
                indices: vec![0, 1, 2],
                normal,
                area_m2,
                is_exact: true,
            });
        }
        if ring_ends.len() == 1 && points.len() == 4 && is_convex_quad(points, normal) {
            return Some(Triangulation {
                indices: vec![0, 1, 2, 0, 2, 3],
                normal,
                area_m2,
                is_exact: true,
            });
        }
        let (axis_u, axis_v) = normal.any_orthonormal_pair();
        let (axis_u, axis_v) = if axis_u.cross(axis_v).dot(normal) < 0.0 {
            (axis_v, axis_u)
        } else {
            (axis_u, axis_v)
        };
        let origin = points[0];
        self.flat.clear();
        self.flat.extend(
            points
                .iter()
                .map(|p| [(p - origin).dot(axis_u), (p - origin).dot(axis_v)]),
        );
        self.holes.clear();
        let mut start = outer.len();
        for end in &ring_ends[1..] {
            let ring = points.get(start..*end)?;
            if ring.len() >= 3 {
                // a ring's index fits: the mesh it goes to counts vertices in u32
                self.holes.push(u32::try_from(start).ok()?);
                area_m2 -= newell(ring).dot(normal).abs() * 0.5;
            }
            start = *end;
        }
        let mut indices = Vec::with_capacity(points.len() * 3);
        self.earcut.earcut(self.flat.iter().copied(), &self.holes, &mut indices);
        let corner = |i: u32| DVec2::from_array(self.flat[i as usize]);
        let mut covered = 0.0;
        for triangle in indices.chunks_exact_mut(3) {
            let (a, b, c) = (corner(triangle[0]), corner(triangle[1]), corner(triangle[2]));
            let twice = (b - a).perp_dot(c - a);
            if twice < 0.0 {
                triangle.swap(1, 2);
            }
            covered += twice.abs() * 0.5;
        }
        let is_exact = (covered - area_m2).abs() <= 1e-3 * area_m2.max(1e-6);
        (!indices.is_empty()).then_some(Triangulation {
            indices,
            normal,
            area_m2,
            is_exact,
        })
    }

    /// Triangulates a polygon in plan at height `z_m`; see [`Triangulator::triangulate`].
    pub fn triangulate_plan(&mut self, rings: &[Vec<DVec2>], z_m: f64) -> Option<(Vec<DVec3>, Triangulation)> {
        let mut points = Vec::new();
        let mut ends = Vec::new();
        for ring in rings {
            points.extend(ring.iter().map(|p| p.extend(z_m)));
            ends.push(points.len());
        }
        let triangulation = self.triangulate(&points, &ends)?;
        Some((points, triangulation))
    }
}

fn is_convex_quad(points: &[DVec3], normal: DVec3) -> bool {
    (0..4).all(|i| {
        let (a, b, c) = (points[i], points[(i + 1) % 4], points[(i + 2) % 4]);
        (b - a).cross(c - b).dot(normal) > 0.0
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_wall_with_a_window_keeps_its_area() {
        let wall = |x: f64, z: f64| DVec3::new(468_000.0 + x, 3_847_000.0 + x, z);
        let points = [
            wall(0.0, 0.0),
            wall(10.0, 0.0),
            wall(10.0, 5.0),
            wall(0.0, 5.0),
            wall(2.0, 1.0),
            wall(2.0, 3.0),
            wall(4.0, 3.0),
            wall(4.0, 1.0),
        ];
        let t = Triangulator::default().triangulate(&points, &[4, 8]).unwrap();
        assert!(t.is_exact);
        assert!(
            (t.area_m2 - (50.0 - 4.0) * 2.0_f64.sqrt()).abs() < 1e-6,
            "{}",
            t.area_m2
        );
        assert!((t.normal - DVec3::new(1.0, -1.0, 0.0).normalize()).length() < 1e-9);
        for tri in t.indices.chunks_exact(3) {
            let [a, b, c] = [
                points[tri[0] as usize],
                points[tri[1] as usize],
                points[tri[2] as usize],
            ];
            assert!((b - a).cross(c - a).dot(t.normal) > 0.0);
        }
    }

    #[test]
    fn hopeless_rings_are_refused_and_crossed_ones_marked() {
        let mut cutter = Triangulator::default();
        assert_eq!(cutter.triangulate(&[DVec3::ZERO, DVec3::X], &[2]), None);
        assert_eq!(cutter.triangulate(&[DVec3::ZERO, DVec3::X, DVec3::X * 2.0], &[3]), None);
        assert_eq!(cutter.triangulate(&[DVec3::ZERO, DVec3::X, DVec3::NAN], &[3]), None);
        let bow = [
            DVec3::ZERO,
            DVec3::new(4.0, 3.0, 0.0),
            DVec3::new(4.0, 0.0, 0.0),
            DVec3::new(0.0, 2.0, 0.0),
        ];
        assert!(cutter.triangulate(&bow, &[4]).is_none_or(|t| !t.is_exact));
    }

    proptest! {
        #[test]
        fn star_shaped_rings_are_covered_whole(radii in proptest::collection::vec(1.0..30.0f64, 3..40), tilt in -1.2..1.2f64) {
            let n = radii.len() as f64;
            let points: Vec<_> = radii.iter().enumerate().map(|(i, r)| {
                let a = i as f64 / n * std::f64::consts::TAU;
                let (x, y) = (r * a.cos(), r * a.sin());
                DVec3::new(x, y * tilt.cos(), y * tilt.sin())
            }).collect();
            if let Some(t) = Triangulator::default().triangulate(&points, &[points.len()]) {
                let sum: f64 = t.indices.chunks_exact(3).map(|i| {
                    let [a, b, c] = [points[i[0] as usize], points[i[1] as usize], points[i[2] as usize]];
                    (b - a).cross(c - a).length() * 0.5
                }).sum();
                prop_assert!((sum - t.area_m2).abs() < 1e-3 * t.area_m2.max(1e-3));
            }
        }
    }
}
