//! Walls hanging from the border of a tile, which hide the cracks between neighbours of different error.

use super::Tin;
use glam::DVec3;

/// One wall: the upper edge from `a` to `b`, seen from outside right to left, and its lower edge below it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SkirtWall {
    /// Start of the upper edge, in the frame of [`Tin::vertices`].
    pub a: DVec3,
    /// End of the upper edge.
    pub b: DVec3,
    /// Outward unit normal in plan.
    pub outward: DVec3,
}

/// Walls along all four sides of the tile. With `a → b` running counter-clockwise round the tile, the quad
/// (a − depth, b − depth, b, a) faces outwards.
pub fn walls(tin: &Tin) -> Vec<SkirtWall> {
    const OUTWARD: [DVec3; 4] = [DVec3::NEG_Y, DVec3::X, DVec3::Y, DVec3::NEG_X];
    let sides = tin.sides();
    let at = |i: u32| tin.vertices[i as usize];
    sides
        .iter()
        .zip(OUTWARD)
        .flat_map(|(side, outward)| {
            side.windows(2).map(move |w| SkirtWall {
                a: at(w[0]),
                b: at(w[1]),
                outward,
            })
        })
        .collect()
}

/// Depth that hides any crack to a neighbour whose error is up to four times this tile's, metres.
///
/// Two surfaces over the same ground are nowhere farther apart than the ground is high, so a coarse tile of flat land
/// does not hang its walls to the depth of its error.
pub fn depth_m(tin: &Tin, error_m: f64) -> f64 {
    let (low, high) = tin
        .vertices
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| {
            (low.min(v.z), high.max(v.z))
        });
    1.0 + (6.0 * error_m).min((high - low).max(0.0))
}

#[cfg(test)]
mod tests {
    use super::super::TinOptions;
    use super::*;
    use crate::Rect;
    use glam::DVec2;

    #[test]
    fn walls_close_the_border_and_face_outwards() {
        let rect = Rect {
            min: DVec2::ZERO,
            max: DVec2::splat(256.0),
        };
        let options = TinOptions {
            rect,
            sample_step_m: 4.0,
            max_error_m: 0.2,
            is_flat: false,
        };
        let tin = Tin::build(&options, |p| 5.0 * (p.x / 40.0).sin() + 3.0 * (p.y / 30.0).cos());
        let walls = walls(&tin);
        let length: f64 = walls.iter().map(|w| w.a.truncate().distance(w.b.truncate())).sum();
        assert!((length - 4.0 * 256.0).abs() < 1e-9);
        for wall in walls {
            let normal = (wall.b - wall.a).cross(wall.a - (wall.a - DVec3::Z));
            assert!(normal.dot(wall.outward) > 0.0);
        }
    }
}
