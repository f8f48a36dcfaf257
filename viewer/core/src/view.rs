//! What selection must know of a camera: where it is, what it sees, how large a metre looks.

use crate::volume::{Plane, Side, Volume};
use glam::DVec3;

/// Nearest distance in the error formula, metres: an eye inside a volume does not divide by zero.
const MIN_DISTANCE_M: f64 = 1e-7;
/// Radius of a sphere inside the earth's surface everywhere near a scene, for horizon culling, metres.
const OCCLUDER_RADIUS_M: f64 = 6.35e6;
/// The occluding surface lies this far below the scene's origin, so that valleys and shafts are not culled, metres.
const OCCLUDER_DEPTH_M: f64 = 500.0;

/// One camera as selection sees it. ENU metres.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ViewState {
    /// Eye.
    pub eye_enu: DVec3,
    /// Unit view direction.
    pub direction: DVec3,
    /// Left, right, bottom, top, behind the eye; normals point inside.
    pub planes: [Plane; 5],
    /// Pixels of one metre at a distance of one metre: `viewport_height_px / (2 tan(fovy_rad / 2))`.
    pub px_per_rad: f64,
}

impl ViewState {
    /// A perspective camera.
    ///
    /// * `forward`, `up` — any lengths, not parallel; `fovy_rad` — full vertical angle
    /// * `viewport_px` — width and height in physical pixels
    pub fn perspective(eye_enu: DVec3, forward: DVec3, up: DVec3, fovy_rad: f64, viewport_px: [f64; 2]) -> Self {
        let forward = forward.normalize_or(DVec3::Y);
        let right = forward.cross(up).normalize_or(DVec3::X);
        let up = right.cross(forward);
        let tan_y = (fovy_rad * 0.5).tan();
        let tan_x = tan_y * viewport_px[0].max(1.0) / viewport_px[1].max(1.0);
        let plane = |normal: DVec3| {
            let normal = normal.normalize_or(forward);
            Plane {
                normal,
                offset_m: -normal.dot(eye_enu),
            }
        };
        let planes = [
            plane(right + forward * tan_x),
            plane(forward * tan_x - right),
            plane(up + forward * tan_y),
            plane(forward * tan_y - up),
            plane(forward),
        ];
        Self {
            eye_enu,
            direction: forward,
            planes,
            px_per_rad: viewport_px[1].max(1.0) / (2.0 * tan_y),
        }
    }

    /// Screen-space error of a tile.
    ///
    /// * `geometric_error_m` — metres, ≥ 0; `distance_m` — eye to bounding volume, metres (clamped to ≥ 1e-7)
    /// * returns pixels; refine while it exceeds the maximum screen-space error
    ///
    /// # Source
    /// 3D Tiles 1.1, "Geometric Error": `sse = ge · viewport_height_px / (2 · distance · tan(fovy_rad / 2))`.
    ///
    /// ```
    /// use viewer_core::ViewState;
    /// use glam::DVec3;
    /// let fovy_rad = 2.0 * (0.5_f64).atan(); // tan(fovy / 2) = 0.5, so 1000 px high: 1 m at 100 m is 10 px
    /// let view = ViewState::perspective(DVec3::ZERO, DVec3::Y, DVec3::Z, fovy_rad, [1500.0, 1000.0]);
    /// assert!((view.sse_px(1.0, 100.0) - 10.0).abs() < 1e-9);
    /// ```
    pub fn sse_px(&self, geometric_error_m: f64, distance_m: f64) -> f64 {
        geometric_error_m * self.px_per_rad / distance_m.max(MIN_DISTANCE_M)
    }

    /// True when nothing of the volume can be in the picture: outside the frustum or below the horizon.
    ///
    /// * `inside` — planes that a surrounding volume was found wholly inside of, one bit each; grows
    pub fn culls(&self, volume: &Volume, inside: &mut u8) -> bool {
        for (bit, plane) in self.planes.iter().enumerate() {
            if *inside & (1 << bit) != 0 {
                continue;
            }
            match volume.side(plane) {
                Side::Outside => return true,
                Side::Inside => *inside |= 1 << bit,
                Side::Cut => {}
            }
        }
        self.is_below_horizon(volume)
    }

    /// True when the earth hides the volume: it is farther than the eye and its own top see down to a sphere.
    fn is_below_horizon(&self, volume: &Volume) -> bool {
        let height = |enu: DVec3, top_m: f64| {
            // height above the occluder of a point that lies off the origin: the ground falls away by d²/2R
            top_m + OCCLUDER_DEPTH_M + (enu.x * enu.x + enu.y * enu.y) / (2.0 * OCCLUDER_RADIUS_M)
        };
        let reach = |h: f64| {
            if h > 0.0 {
                (h * (2.0 * OCCLUDER_RADIUS_M + h)).sqrt()
            } else {
                0.0
            }
        };
        let eye_height = height(self.eye_enu, self.eye_enu.z);
        if eye_height <= 0.0 {
            return false; // the eye is inside the occluder: underground views hide nothing
        }
        let radius = volume.radius_m();
        let center = volume.center();
        let farthest = DVec3::new(center.x.abs() + radius, center.y.abs() + radius, 0.0);
        let horizon_m = reach(eye_height) + reach(height(farthest, volume.top_m()));
        volume.distance_m(self.eye_enu) > horizon_m
    }
}

/// All cameras that look at the scene in this frame.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Views(pub Vec<ViewState>);

impl Views {
    /// One camera.
    pub fn single(view: ViewState) -> Self {
        Self(vec![view])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(eye: DVec3, forward: DVec3) -> ViewState {
        ViewState::perspective(eye, forward, DVec3::Z, 1.0, [1600.0, 900.0])
    }

    #[test]
    fn what_is_beside_or_behind_is_culled() {
        let view = view(DVec3::ZERO, DVec3::Y);
        let ball = |x, y, z| Volume::Sphere {
            center: DVec3::new(x, y, z),
            radius_m: 1.0,
        };
        assert!(!view.culls(&ball(0.0, 50.0, 0.0), &mut 0));
        assert!(view.culls(&ball(0.0, -50.0, 0.0), &mut 0));
        assert!(view.culls(&ball(80.0, 50.0, 0.0), &mut 0));
        assert!(view.culls(&ball(0.0, 50.0, 60.0), &mut 0));
        assert!(
            !view.culls(&ball(48.0, 50.0, 0.0), &mut 0),
            "a volume on the edge stays"
        );
        let mut inside = 0;
        assert!(!view.culls(&ball(0.0, 50.0, 0.0), &mut inside));
        assert_eq!(inside, 0b1_1111);
    }

    #[test]
    fn what_is_below_the_horizon_is_culled_and_towers_are_not() {
        // eye 10 m above the ground; 200 km away the ground has fallen by 3.1 km
        let view = view(DVec3::new(0.0, 0.0, 10.0), DVec3::Y);
        let ground = |d: f64, top: f64| {
            let fall = d * d / (2.0 * 6.378e6);
            Volume::from_bounds(
                DVec3::new(-50.0, d, -fall - 10.0),
                DVec3::new(50.0, d + 100.0, top - fall),
            )
        };
        assert!(!view.culls(&ground(20_000.0, 0.0), &mut 0));
        assert!(view.culls(&ground(400_000.0, 100.0), &mut 0));
        assert!(!view.culls(&ground(200_000.0, 4_000.0), &mut 0));
    }
}
