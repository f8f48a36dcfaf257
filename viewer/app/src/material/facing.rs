//! Which way triangles face. A tile's triangles are sorted by it, and those that turn their back to the eye from wherever
//! they lie in the tile are not sent at all: half of a city's walls, and every floor, that a GPU would transform and drop.

use bevy::math::{Vec2, Vec3};
use std::f32::consts::TAU;
use std::ops::Range;
use std::sync::LazyLock;

/// Sectors of the compass that upright triangles are told apart by.
const SECTORS: usize = 16;
/// Facing of triangles that are never left out.
const ANY: usize = 0;
/// First sector; they follow each other from east over north.
const FIRST_SECTOR: usize = 1;
/// Facing of level triangles seen from below.
const DOWN: usize = FIRST_SECTOR + SECTORS;
/// Number of facings.
pub(crate) const FACINGS: usize = DOWN + 1;

/// Steepest rise of a normal that counts as level, and least fall of one that counts as straight down (sines).
const LEVEL: f32 = 0.08;
const STRAIGHT: f32 = 0.999;
/// Slack for the former two and for f32, shares of the distance.
const LEVEL_SLACK: f32 = 0.085;
const STRAIGHT_SLACK: f32 = 0.05;

/// Unit vectors between the sectors.
static EDGES: LazyLock<[Vec2; SECTORS + 1]> =
    LazyLock::new(|| std::array::from_fn(|i| Vec2::from_angle(TAU * i as f32 / SECTORS as f32)));

/// Facing of a triangle by its corners, counter-clockwise seen from outside.
pub(crate) fn of_triangle([a, b, c]: [Vec3; 3]) -> usize {
    let normal = (b - a).cross(c - a);
    let up = normal.z / normal.length();
    if up < -STRAIGHT {
        DOWN
    } else if up.abs() < LEVEL {
        let turn = normal.y.atan2(normal.x).rem_euclid(TAU) / TAU;
        FIRST_SECTOR + ((turn * SECTORS as f32) as usize).min(SECTORS - 1)
    } else {
        // slopes, and what has no area
        ANY
    }
}

/// Facings of which something may show its front, as bits.
///
/// * `eye` — relative to the tile; `bounds` — lower and upper corner of its triangles alike, metres
pub(crate) fn seen_from(eye: Vec3, bounds: [Vec3; 2]) -> u32 {
    let mut seen = 1 << ANY;
    for corner in 0..8 {
        let pick = |axis: usize| bounds[(corner >> axis) & 1][axis];
        let to_eye = eye - Vec3::new(pick(0), pick(1), pick(2));
        let flat = to_eye.truncate();
        let slack = to_eye.length() * LEVEL_SLACK;
        let sides = EDGES.map(|edge| edge.dot(flat) + slack > 0.0);
        for sector in 0..SECTORS {
            seen |= u32::from(sides[sector] || sides[sector + 1]) << (FIRST_SECTOR + sector);
        }
        seen |= u32::from(to_eye.z < flat.length() * STRAIGHT_SLACK) << DOWN;
    }
    seen
}

/// Parts of sorted triangles that are in `seen`, neighbours as one.
///
/// * `starts` — where each facing begins, and the end
pub(crate) fn ranges(starts: &[u32; FACINGS + 1], seen: u32) -> impl Iterator<Item = Range<u32>> {
    let mut facing = 0;
    std::iter::from_fn(move || {
        loop {
            while facing < FACINGS && seen & (1 << facing) == 0 {
                facing += 1;
            }
            if facing == FACINGS {
                return None;
            }
            let start = starts[facing];
            while facing < FACINGS && seen & (1 << facing) != 0 {
                facing += 1;
            }
            if starts[facing] > start {
                return Some(start..starts[facing]);
            }
        }
    })
}
