//! Small bodies in tile coordinates: turned profiles, boxes, and source solids with one style.

use crate::{FaceStyle, TileFrame, TileMesh, Triangulator};
use city_model::{Feature, Report, Shape, SurfaceMesh};
use glam::{DMat4, DVec3, Vec2, Vec3};

/// Turns a profile about a vertical axis.
///
/// * `foot` — tile position of the axis at z = 0 of the profile, metres
/// * `profile` — (radius, z) from below to above, metres; a radius of 0 is a tip
/// * `turn_rad` — rotation of the first side
///
/// Normals are smooth round the axis and along the profile; call once per band where an edge is to be sharp.
pub fn lathe(mesh: &mut TileMesh, foot: Vec3, profile: &[(f32, f32)], sides: u32, turn_rad: f32, style: FaceStyle) {
    let sides = sides.max(3);
    let rings: Vec<Vec<u32>> = profile
        .iter()
        .enumerate()
        .map(|(i, &(radius, z))| {
            let before = profile[i.saturating_sub(1)];
            let after = profile[(i + 1).min(profile.len() - 1)];
            // the profile's direction (dr, dz) turned right points away from the axis
            let slope = Vec2::new(after.1 - before.1, before.0 - after.0).normalize_or(Vec2::X);
            if radius <= 0.0 {
                let up = if i == 0 { Vec3::NEG_Z } else { Vec3::Z };
                return vec![mesh.push_vertex(foot + Vec3::Z * z, up, style, [0; 2])];
            }
            (0..sides)
                .map(|k| {
                    let out = Vec2::from_angle(turn_rad + k as f32 / sides as f32 * std::f32::consts::TAU);
                    let normal = (out * slope.x).extend(slope.y);
                    mesh.push_vertex(foot + (out * radius).extend(z), normal, style, [0; 2])
                })
                .collect()
        })
        .collect();
    let at = |ring: &[u32], k: u32| ring[if ring.len() == 1 { 0 } else { (k % sides) as usize }];
    for pair in rings.windows(2) {
        for k in 0..sides {
            let (a, b) = (at(&pair[0], k), at(&pair[0], k + 1));
            let (c, d) = (at(&pair[1], k + 1), at(&pair[1], k));
            if a != b {
                mesh.push_triangle(a, b, c);
            }
            if c != d {
                mesh.push_triangle(a, c, d);
            }
        }
    }
}

/// Flat regular polygon that faces up or down.
pub fn disk(
    mesh: &mut TileMesh,
    center: Vec3,
    radius_m: f32,
    sides: u32,
    turn_rad: f32,
    faces_up: bool,
    style: FaceStyle,
) {
    let sides = sides.max(3);
    let normal = if faces_up { Vec3::Z } else { Vec3::NEG_Z };
    let ring: Vec<u32> = (0..sides)
        .map(|k| {
            let out = Vec2::from_angle(turn_rad + k as f32 / sides as f32 * std::f32::consts::TAU);
            mesh.push_vertex(center + (out * radius_m).extend(0.0), normal, style, [0; 2])
        })
        .collect();
    for k in 1..ring.len() - 1 {
        let (a, b, c) = (ring[0], ring[k], ring[k + 1]);
        if faces_up {
            mesh.push_triangle(a, b, c);
        } else {
            mesh.push_triangle(a, c, b);
        }
    }
}

/// Upright box; `foot` is the middle of its bottom, `half` its half size in plan, metres.
pub fn upright_box(mesh: &mut TileMesh, foot: Vec3, half: Vec2, height_m: f32, turn_rad: f32, style: FaceStyle) {
    let (sin, cos) = turn_rad.sin_cos();
    let corner = |x: f32, y: f32, z: f32| {
        let (x, y) = (x * half.x, y * half.y);
        foot + Vec3::new(x * cos - y * sin, x * sin + y * cos, z)
    };
    let ring = [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)];
    let [a, b, c, d] = ring.map(|(x, y)| corner(x, y, 0.0));
    let [e, f, g, h] = ring.map(|(x, y)| corner(x, y, height_m));
    for face in [
        [a, b, f, e],
        [b, c, g, f],
        [c, d, h, g],
        [d, a, e, h],
        [e, f, g, h],
        [d, c, b, a],
    ] {
        mesh.push_quad(face, style, [[0; 2]; 4]);
    }
}

/// Draws the polygons of a source solid in one style; returns the number of polygons that could not be drawn.
///
/// * `scene_from_mesh` — placement of the mesh's vertices in the scene CRS
pub fn surfaces(
    mesh: &mut TileMesh,
    frame: &TileFrame<'_>,
    source: &SurfaceMesh,
    scene_from_mesh: &DMat4,
    style: FaceStyle,
    cutter: &mut Triangulator,
) -> usize {
    let local: Vec<Option<DVec3>> = source
        .vertices
        .iter()
        .map(|v| frame.local(scene_from_mesh.transform_point3(*v)))
        .collect();
    let mut lost = 0;
    for surface in &source.surfaces {
        let (mut points, mut ends) = (Vec::new(), Vec::new());
        for ring in &surface.rings {
            points.extend(
                ring.iter()
                    .map(|v| local.get(*v as usize).copied().flatten().unwrap_or(DVec3::NAN)),
            );
            ends.push(points.len());
        }
        match cutter.triangulate(&points, &ends) {
            Some(cut) => mesh.push_face(&points, &cut.indices, cut.normal.as_vec3(), style, |_| [0; 2]),
            None => lost += 1,
        }
    }
    lost
}

/// Draws a shape that the source gives as polygons, and reports polygons without area under `code`.
///
/// Returns the diagonal of the feature's bounds, metres: what a coarser tile leaves out with it (0 when not finite).
/// Other kinds of shape draw nothing.
pub fn solid(
    mesh: &mut TileMesh,
    frame: &TileFrame<'_>,
    feature: &Feature,
    shape: &Shape,
    style: FaceStyle,
    cutter: &mut Triangulator,
    code: &str,
    report: &mut Report,
) -> f64 {
    let lost = match shape {
        Shape::Surfaces(source) => surfaces(mesh, frame, source, &DMat4::IDENTITY, style, cutter),
        Shape::Instance {
            template,
            scene_from_template,
        } => surfaces(mesh, frame, template, scene_from_template, style, cutter),
        Shape::Extrusion(_) | Shape::Footprint(_) | Shape::Line(_) | Shape::Point(_) => 0,
    };
    if lost > 0 {
        let message = format!("{lost} surfaces have no area and are left out");
        report.warn(code, Some(&feature.id), None, message);
    }
    let size_m = feature.bounds().size().length();
    if size_m.is_finite() { size_m } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STYLE: FaceStyle = FaceStyle {
        slot: 0,
        color: [255; 4],
        surface: [0; 4],
    };

    /// Volume by the divergence theorem, m³: positive only when the faces look outwards.
    fn volume(mesh: &TileMesh) -> f32 {
        let at = |i: u32| Vec3::from(mesh.positions[i as usize]);
        mesh.indices
            .chunks_exact(3)
            .map(|t| at(t[0]).dot(at(t[1]).cross(at(t[2]))) / 6.0)
            .sum()
    }

    #[test]
    fn bodies_face_outwards_and_have_their_volume() {
        let mut mesh = TileMesh::default();
        upright_box(
            &mut mesh,
            Vec3::new(5.0, 1.0, 2.0),
            Vec2::new(1.0, 2.0),
            3.0,
            0.4,
            STYLE,
        );
        assert!((volume(&mesh) - 24.0).abs() < 1e-3);
        let mut cone = TileMesh::default();
        lathe(
            &mut cone,
            Vec3::new(1.0, 2.0, 0.0),
            &[(0.0, 0.0), (2.0, 0.0), (0.0, 3.0)],
            64,
            0.0,
            STYLE,
        );
        assert!(
            (volume(&cone) - 4.0 * std::f32::consts::PI).abs() < 0.1,
            "{}",
            volume(&cone)
        );
        let mut can = TileMesh::default();
        lathe(&mut can, Vec3::ZERO, &[(1.0, 0.0), (1.0, 2.0)], 64, 0.0, STYLE);
        disk(&mut can, Vec3::Z * 2.0, 1.0, 64, 0.0, true, STYLE);
        disk(&mut can, Vec3::ZERO, 1.0, 64, 0.0, false, STYLE);
        assert!((volume(&can) - std::f32::consts::TAU).abs() < 0.02, "{}", volume(&can));
    }
}
