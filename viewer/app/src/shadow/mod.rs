//! Where the shadow map lies: fixed to the ground in steps, so that it is drawn again only when the view has left it.

use bevy::math::{DMat4, DVec3, DVec4, Mat4};
use bevy::prelude::Resource;

/// Placement of the shadow map in the world.
#[derive(Resource, Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct ShadowFrame {
    /// Middle of the covered ground, ENU metres.
    center: DVec3,
    /// Half of the covered square, metres; 0 before the first placement.
    radius_m: f64,
    /// Direction to the sun that the map was drawn with.
    sun: DVec3,
}

/// Sizes of the map grow by this factor, so that zooming does not redraw it each frame.
const SIZE_STEP: f64 = 1.5;
const MIN_RADIUS_M: f64 = 120.0;
const MAX_RADIUS_M: f64 = 2500.0;
/// The middle moves in steps of this share of the radius.
const MOVE_STEP: f64 = 0.25;
/// Depth range in radii, both ways: towers outside the square still cast into it.
const DEPTH_RADII: f64 = 3.0;

impl ShadowFrame {
    /// Places the map for a view; true when it must be drawn again.
    ///
    /// * `focus` — point looked at, ENU metres; `distance_m` — of the eye from it; `sun` — unit vector to the sun
    pub(crate) fn update(&mut self, focus: DVec3, distance_m: f64, sun: DVec3) -> bool {
        let wanted = (distance_m * 1.1).clamp(MIN_RADIUS_M, MAX_RADIUS_M);
        let steps = (wanted / MIN_RADIUS_M).ln() / SIZE_STEP.ln();
        let radius_m = MIN_RADIUS_M * SIZE_STEP.powf(steps.ceil());
        let step_m = radius_m * MOVE_STEP;
        let center = (focus / step_m).round() * step_m;
        let placed = Self { center, radius_m, sun };
        let is_stale = *self != placed;
        *self = placed;
        is_stale
    }

    /// Clip space of the map from positions relative to the eye, and the side of the covered square in metres.
    pub(crate) fn shadow_from_rel(&self, eye: DVec3) -> Mat4 {
        if self.radius_m <= 0.0 {
            return Mat4::ZERO;
        }
        let back = self.sun.normalize_or(DVec3::Z);
        let right = DVec3::Z.cross(back).normalize_or(DVec3::X);
        let up = back.cross(right);
        let (xy, depth) = (1.0 / self.radius_m, 1.0 / (2.0 * DEPTH_RADII * self.radius_m));
        let offset = eye - self.center;
        // rows: right, up, away from the sun; depth 0 nearest to the sun
        let rows = [right * xy, up * xy, back * -depth];
        let middle = [0.0, 0.0, 0.5];
        let column = |axis: usize| DVec4::new(rows[0][axis], rows[1][axis], rows[2][axis], 0.0);
        let shift = DVec4::new(
            rows[0].dot(offset) + middle[0],
            rows[1].dot(offset) + middle[1],
            rows[2].dot(offset) + middle[2],
            1.0,
        );
        DMat4::from_cols(column(0), column(1), column(2), shift).as_mat4()
    }
}
