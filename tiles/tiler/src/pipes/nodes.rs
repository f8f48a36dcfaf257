//! Manholes, chambers and fittings as bodies.

use super::record::{NodeBody, NodeRecord};
use crate::bodies::{disk, lathe, upright_box};
use crate::{FaceStyle, TileMesh};
use glam::{Vec2, Vec3};

/// Cast-iron covers, sRGB.
const COVER_RGBA: [u8; 4] = [72, 72, 74, 255];
/// Depth over which a shaft narrows to its cover, metres.
const NECK_M: f32 = 0.7;
const COVER_RADIUS_M: f32 = 0.35;

/// Draws a node at full detail. `at` is the tile position of [`NodeRecord::at`].
pub fn draw(mesh: &mut TileMesh, node: &NodeRecord, at: Vec3, style: FaceStyle) {
    let cover = FaceStyle {
        color: COVER_RGBA,
        ..style
    };
    let body = FaceStyle {
        color: concrete(style.color),
        ..style
    };
    match node.body {
        NodeBody::Shaft(diameter_m, depth_m) => shaft(
            mesh,
            diameter_m as f32 * 0.5,
            depth_m as f32,
            at,
            node.turn_rad,
            body,
            cover,
        ),
        NodeBody::Chamber(width_m, length_m, depth_m) => {
            let half = Vec2::new(width_m as f32, length_m as f32) * 0.5;
            let depth = depth_m as f32;
            upright_box(mesh, at - Vec3::Z * depth, half, depth - 0.1, node.turn_rad, body);
            upright_box(mesh, at - Vec3::Z * 0.1, half * 0.9, 0.1, node.turn_rad, cover);
        }
        NodeBody::Fitting(size_m) => {
            let half = size_m as f32 * 0.5;
            lathe(
                mesh,
                at,
                &[(0.0, -half), (half, 0.0), (0.0, half)],
                6,
                node.turn_rad,
                style,
            );
        }
    }
}

/// Draws a node as a plain box, for tiles seen from farther away.
pub fn draw_stand_in(mesh: &mut TileMesh, node: &NodeRecord, at: Vec3, style: FaceStyle) {
    let style = FaceStyle {
        color: concrete(style.color),
        ..style
    };
    let (half, depth) = match node.body {
        NodeBody::Shaft(d, depth) => (Vec2::splat(d as f32 * 0.44), depth as f32),
        NodeBody::Chamber(w, l, depth) => (Vec2::new(w as f32, l as f32) * 0.5, depth as f32),
        NodeBody::Fitting(s) => (Vec2::splat(s as f32 * 0.35), s as f32 * 0.7),
    };
    let foot = if matches!(node.body, NodeBody::Fitting(_)) {
        at - Vec3::Z * (depth * 0.5)
    } else {
        at - Vec3::Z * depth
    };
    upright_box(mesh, foot, half, depth, node.turn_rad, style);
}

/// Concrete with a touch of the class colour, so that a shaft tells what runs through it.
fn concrete(color: [u8; 4]) -> [u8; 4] {
    let mix = |c: u8, grey: u16| ((u16::from(c) * 2 + grey * 3) / 5) as u8;
    [mix(color[0], 158), mix(color[1], 156), mix(color[2], 150), 255]
}

fn shaft(mesh: &mut TileMesh, radius: f32, depth: f32, at: Vec3, turn: f32, body: FaceStyle, cover: FaceStyle) {
    const SIDES: u32 = 10;
    let mouth = COVER_RADIUS_M.min(radius);
    let foot = at - Vec3::Z * depth;
    let rim = depth - 0.06;
    if depth > 2.0 * NECK_M && radius > mouth {
        lathe(
            mesh,
            foot,
            &[(radius, 0.0), (radius, depth - NECK_M)],
            SIDES,
            turn,
            body,
        );
        lathe(mesh, foot, &[(radius, depth - NECK_M), (mouth, rim)], SIDES, turn, body);
    } else {
        lathe(mesh, foot, &[(radius, 0.0), (radius, rim)], SIDES, turn, body);
        disk(mesh, foot + Vec3::Z * rim, radius, SIDES, turn, true, body);
    }
    disk(mesh, foot, radius, SIDES, turn, false, body);
    lathe(mesh, foot, &[(mouth, rim), (mouth, depth)], SIDES, turn, cover);
    disk(mesh, at, mouth, SIDES, turn, true, cover);
}
