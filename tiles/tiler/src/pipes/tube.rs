//! Sweeps a section along a line: mitred joints, no twist (rotation-minimising frames).

use crate::mesh::facade_units;
use crate::{FaceStyle, TileMesh};
use glam::{DQuat, DVec2, DVec3};

/// Along-values of `_FACADE` restart at multiples of this length, metres.
pub const ALONG_PERIOD_M: f64 = 1024.0;

const MAX_STEP_M: f64 = 512.0;
/// Cosine of the turn from which a joint keeps a sharp edge.
const SHARP: f64 = 0.7;
/// Cosine of the turn beyond which the two runs are capped instead of mitred (120°).
const FOLDED: f64 = -0.5;

/// A closed section: points about the axis, seen along the run, counter-clockwise; x to the right, y up.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// (offset from the axis, outward normal, way round from the crown), metres.
    points: Vec<(DVec2, DVec2, f64)>,
    /// Neighbouring points joined by a face.
    faces: Vec<(usize, usize)>,
}

impl Profile {
    /// Regular polygon inscribed in the circle, with smooth normals and a point at the crown.
    pub fn circle(diameter_m: f64, sides: u32) -> Self {
        let (radius, n) = (diameter_m * 0.5, sides.max(3) as usize);
        let points = (0..n)
            .map(|i| {
                let turn = i as f64 / n as f64 * std::f64::consts::TAU;
                let out = DVec2::new(-turn.sin(), turn.cos());
                (out * radius, out, radius * turn.min(std::f64::consts::TAU - turn))
            })
            .collect();
        Self {
            points,
            faces: (0..n).map(|i| (i, (i + 1) % n)).collect(),
        }
    }

    /// Rectangle with sharp edges.
    pub fn rectangle(width_m: f64, height_m: f64) -> Self {
        let half = DVec2::new(width_m, height_m) * 0.5;
        let mut points = Vec::with_capacity(8);
        for (normal, along) in [
            (DVec2::Y, DVec2::NEG_X),
            (DVec2::NEG_X, DVec2::NEG_Y),
            (DVec2::NEG_Y, DVec2::X),
            (DVec2::X, DVec2::Y),
        ] {
            for end in [-1.0, 1.0] {
                let p = (normal + along * end) * half;
                // up to the middle of the top
                points.push((p, normal, p.x.abs() + (half.y - p.y)));
            }
        }
        Self {
            points,
            faces: vec![(0, 1), (2, 3), (4, 5), (6, 7)],
        }
    }

    /// Greatest distance of the inscribed polygon from the circle, metres.
    pub fn circle_error_m(diameter_m: f64, sides: u32) -> f64 {
        diameter_m * 0.5 * (1.0 - (std::f64::consts::PI / f64::from(sides.max(3))).cos())
    }
}

/// Sweeps `profile` along `axis` (tile coordinates, at least two points, neighbours different), capped at both ends.
///
/// `_FACADE` is (along from the first point, way round from the crown), so arrows can run along the top.
pub fn sweep(mesh: &mut TileMesh, axis: &[DVec3], profile: &Profile, style: FaceStyle) {
    let runs = Run::along(axis);
    let Some(first) = runs.first() else { return };
    let mut ring = push_ring(
        mesh,
        profile,
        first,
        &Cut::square(first.start),
        first,
        style,
        first.along_m,
    );
    push_cap(mesh, profile, &ring, false);
    for (i, run) in runs.iter().enumerate() {
        let next = runs.get(i + 1);
        let Some(next) = next else {
            let end = push_ring(mesh, profile, run, &Cut::square(run.end), run, style, run.end_along_m());
            connect(mesh, profile, &ring, &end);
            push_cap(mesh, profile, &end, true);
            break;
        };
        let cosine = run.direction.dot(next.direction);
        if cosine < FOLDED {
            let end = push_ring(mesh, profile, run, &Cut::square(run.end), run, style, run.end_along_m());
            connect(mesh, profile, &ring, &end);
            push_cap(mesh, profile, &end, true);
            ring = push_ring(mesh, profile, next, &Cut::square(next.start), next, style, next.along_m);
            push_cap(mesh, profile, &ring, false);
            continue;
        }
        let limit_m = run.length_m().min(next.length_m()) * 0.5;
        let cut = Cut {
            point: run.end,
            normal: (run.direction + next.direction).normalize_or(run.direction),
            limit_m,
        };
        let is_shared = cosine > SHARP && next.along_m == run.end_along_m();
        let end = push_ring(
            mesh,
            profile,
            run,
            &cut,
            if is_shared { next } else { run },
            style,
            run.end_along_m(),
        );
        connect(mesh, profile, &ring, &end);
        ring = if is_shared {
            end
        } else {
            push_ring(mesh, profile, next, &cut, next, style, next.along_m)
        };
    }
}

/// A straight piece with its frame.
#[derive(Debug, Clone, Copy)]
struct Run {
    start: DVec3,
    end: DVec3,
    direction: DVec3,
    right: DVec3,
    up: DVec3,
    along_m: f64,
}

impl Run {
    fn along(axis: &[DVec3]) -> Vec<Self> {
        let mut runs: Vec<Self> = Vec::new();
        let mut total_m = 0.0;
        for pair in axis.windows(2) {
            let length = pair[0].distance(pair[1]);
            let Some(direction) = (pair[1] - pair[0]).try_normalize() else {
                continue;
            };
            let (right, up) = match runs.last() {
                Some(last) => {
                    let turn = DQuat::from_rotation_arc(last.direction, direction);
                    (turn * last.right, turn * last.up)
                }
                None => {
                    let up = (DVec3::Z - direction * direction.z)
                        .try_normalize()
                        .filter(|_| direction.z.abs() < 0.999);
                    let up = up.unwrap_or_else(|| direction.any_orthonormal_vector());
                    (direction.cross(up), up)
                }
            };
            let num_pieces = (length / MAX_STEP_M).ceil().clamp(1.0, 4096.0);
            for i in 0..num_pieces as u32 {
                let (from, to) = (f64::from(i) / num_pieces, f64::from(i + 1) / num_pieces);
                let along_m = (total_m + from * length) % ALONG_PERIOD_M;
                let (start, end) = (pair[0].lerp(pair[1], from), pair[0].lerp(pair[1], to));
                runs.push(Self {
                    start,
                    end,
                    direction,
                    right,
                    up,
                    along_m,
                });
            }
            total_m += length;
        }
        runs
    }

    fn length_m(&self) -> f64 {
        self.start.distance(self.end)
    }

    fn end_along_m(&self) -> f64 {
        self.along_m + self.length_m()
    }

    fn offset(&self, p: DVec2) -> DVec3 {
        self.right * p.x + self.up * p.y
    }
}

/// Plane in which a run ends.
struct Cut {
    point: DVec3,
    /// Zero for a cut square to the run.
    normal: DVec3,
    limit_m: f64,
}

impl Cut {
    const fn square(point: DVec3) -> Self {
        Self {
            point,
            normal: DVec3::ZERO,
            limit_m: 0.0,
        }
    }
}

/// Vertices of the section of `run` in a plane; normals are the mean of those of `run` and `other`.
fn push_ring(
    mesh: &mut TileMesh,
    profile: &Profile,
    run: &Run,
    cut: &Cut,
    other: &Run,
    style: FaceStyle,
    along_m: f64,
) -> Vec<u32> {
    let along = facade_units(along_m);
    profile
        .points
        .iter()
        .map(|(p, normal, round_m)| {
            let offset = run.offset(*p);
            let slide = if cut.normal == DVec3::ZERO {
                0.0
            } else {
                -offset.dot(cut.normal) / run.direction.dot(cut.normal).max(1e-6)
            };
            let position = cut.point + offset + run.direction * slide.clamp(-cut.limit_m, cut.limit_m);
            let normal = (run.offset(*normal) + other.offset(*normal)).normalize_or(run.up);
            mesh.push_vertex(
                position.as_vec3(),
                normal.as_vec3(),
                style,
                [along, facade_units(*round_m)],
            )
        })
        .collect()
}

fn connect(mesh: &mut TileMesh, profile: &Profile, from: &[u32], to: &[u32]) {
    for &(i, j) in &profile.faces {
        if let (Some(&a), Some(&b), Some(&c), Some(&d)) = (from.get(i), from.get(j), to.get(j), to.get(i)) {
            mesh.push_triangle(a, d, c);
            mesh.push_triangle(a, c, b);
        }
    }
}

/// Closes an end with the ring's own vertices: no further ones, and the soft edge suits a pipe's mouth.
fn push_cap(mesh: &mut TileMesh, profile: &Profile, ring: &[u32], looks_ahead: bool) {
    let rim: Vec<u32> = profile
        .faces
        .iter()
        .filter_map(|(i, _)| ring.get(*i).copied())
        .collect();
    for k in 1..rim.len().saturating_sub(1) {
        let (a, b, c) = (rim[0], rim[k], rim[k + 1]);
        // the section runs counter-clockwise seen along the run, that is, from behind
        if looks_ahead {
            mesh.push_triangle(a, c, b);
        } else {
            mesh.push_triangle(a, b, c);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::polyline::distance_to_segment;
    use glam::Vec3;
    use proptest::prelude::*;

    const STYLE: FaceStyle = FaceStyle {
        slot: 0,
        color: [255; 4],
        surface: [0; 4],
    };

    fn volume(mesh: &TileMesh) -> f64 {
        let at = |i: u32| Vec3::from(mesh.positions[i as usize]).as_dvec3();
        mesh.indices
            .chunks_exact(3)
            .map(|t| at(t[0]).dot(at(t[1]).cross(at(t[2]))) / 6.0)
            .sum()
    }

    fn swept(axis: &[DVec3], profile: &Profile) -> TileMesh {
        let mut mesh = TileMesh::default();
        sweep(&mut mesh, axis, profile, STYLE);
        mesh
    }

    #[test]
    fn a_straight_tube_has_the_volume_of_its_polygon_and_faces_out() {
        let mesh = swept(
            &[DVec3::new(1.0, 2.0, -3.0), DVec3::new(31.0, 42.0, -3.5)],
            &Profile::circle(0.6, 12),
        );
        let length = DVec3::new(30.0, 40.0, -0.5).length();
        let area = 12.0 * 0.5 * 0.3 * 0.3 * (std::f64::consts::TAU / 12.0).sin();
        assert!(
            (volume(&mesh) - area * length).abs() < 1e-4 * area * length,
            "{}",
            volume(&mesh)
        );
        assert_eq!((mesh.positions.len(), mesh.num_triangles()), (24, 24 + 20));
    }

    #[test]
    fn a_duct_is_as_wide_and_high_as_it_says() {
        let mesh = swept(
            &[DVec3::ZERO, DVec3::new(10.0, 0.0, 0.0)],
            &Profile::rectangle(2.0, 1.2),
        );
        let span = |i: usize| {
            let values = mesh.positions.iter().map(|p| p[i]);
            values.clone().fold(f32::MIN, f32::max) - values.fold(f32::MAX, f32::min)
        };
        assert!((span(1) - 2.0).abs() < 1e-6 && (span(2) - 1.2).abs() < 1e-6);
        assert!((volume(&mesh) - 24.0).abs() < 1e-4, "{}", volume(&mesh));
    }

    #[test]
    fn along_grows_with_the_flow_and_wraps() {
        let mesh = swept(&[DVec3::ZERO, DVec3::new(3000.0, 0.0, 0.0)], &Profile::circle(1.0, 8));
        let most = mesh.facade.iter().map(|f| f[0]).max().unwrap();
        assert!(f64::from(most) / 32.0 <= ALONG_PERIOD_M + MAX_STEP_M);
        let step = |t: &[u32]| mesh.facade[t[1] as usize][0] >= mesh.facade[t[0] as usize][0];
        assert!(
            mesh.indices
                .chunks_exact(3)
                .filter(|t| mesh.positions[t[1] as usize][0] > mesh.positions[t[0] as usize][0])
                .all(step)
        );
        // the crown is the zero of the way round
        let crown = mesh
            .positions
            .iter()
            .zip(&mesh.facade)
            .filter(|(p, _)| p[2] > 0.499)
            .all(|(_, f)| f[1] == 0);
        assert!(crown);
    }

    proptest! {
        /// Every vertex lies on the cylinder about one of the segments that meet there: the diameter is true.
        #[test]
        fn the_diameter_is_true_at_every_joint(
            steps in proptest::collection::vec((2.0..30.0f64, -1.4..1.4f64, -0.4..0.4f64), 1..10),
            diameter_m in 0.1..2.0f64,
        ) {
            let mut heading = 0.0f64;
            let mut axis = vec![DVec3::ZERO];
            for (length, turn, rise) in steps {
                heading += turn;
                let last = *axis.last().unwrap();
                axis.push(last + DVec3::new(heading.cos(), heading.sin(), rise).normalize() * length);
            }
            let mesh = swept(&axis, &Profile::circle(diameter_m, 8));
            for p in &mesh.positions {
                let p = Vec3::from(*p).as_dvec3();
                let line_distance = |w: &[DVec3]| {
                    let d = (w[1] - w[0]).normalize();
                    (p - w[0]).cross(d).length()
                };
                let near = axis.windows(2)
                    .filter(|w| distance_to_segment(p, w[0], w[1]) < diameter_m * 1.01)
                    .map(|w| (line_distance(w) - diameter_m / 2.0).abs())
                    .fold(f64::INFINITY, f64::min);
                prop_assert!(near < 1e-4, "{near}");
            }
            prop_assert!(volume(&mesh) > 0.0);
            prop_assert!(mesh.normals.iter().all(|n| (Vec3::from(*n).length() - 1.0).abs() < 1e-3));
        }
    }
}
