//! The orbit camera, f64, in the scene's ENU frame, and what can be done to it.
//!
//! Screen positions are CSS pixels from the top left corner. Heading is clockwise from north, pitch below the horizon.

use crate::bridge::View;
use crate::view::ViewState;
use crate::volume::Plane;
use glam::{DMat3, DQuat, DVec3};

/// Radians of a degree.
const DEG: f64 = std::f64::consts::PI / 180.0;
/// A drag plane is level while the view is steeper than this, else it faces the eye.
const LEVEL_DRAG_SINE: f64 = 0.2;

/// A half line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ray {
    /// Start, ENU metres.
    pub origin_enu: DVec3,
    /// Unit direction.
    pub direction: DVec3,
}

impl Ray {
    /// Point at a distance, metres.
    pub fn at(&self, distance_m: f64) -> DVec3 {
        self.origin_enu + self.direction * distance_m
    }

    /// Where the ray meets a plane in front of it.
    pub fn meets_plane(&self, point: DVec3, normal: DVec3) -> Option<DVec3> {
        let slope = self.direction.dot(normal);
        let distance_m = (point - self.origin_enu).dot(normal) / slope;
        (slope.abs() > 1e-9 && distance_m.is_finite() && distance_m > 0.0).then(|| self.at(distance_m))
    }
}

/// Where the camera may go.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CameraLimits {
    /// Least and greatest distance from the target, metres.
    pub distance_m: [f64; 2],
    /// Least and greatest pitch, degrees below the horizon.
    pub pitch_deg: [f64; 2],
    /// Lowest height of the eye, ENU metres; `None` lets it go underground.
    pub floor_m: Option<f64>,
    /// The target stays within this distance of the origin in plan, metres.
    pub reach_m: f64,
}

impl Default for CameraLimits {
    fn default() -> Self {
        Self {
            distance_m: [2.0, 200_000.0],
            pitch_deg: [-80.0, 90.0],
            floor_m: None,
            reach_m: 300_000.0,
        }
    }
}

/// The camera.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Camera {
    target_enu: DVec3,
    distance_m: f64,
    heading_rad: f64,
    pitch_rad: f64,
    /// Full vertical angle of view, radians.
    pub fovy_rad: f64,
    /// Width and height, CSS pixels.
    pub viewport_px: [f64; 2],
    /// Where it may go.
    pub limits: CameraLimits,
}

/// A drag that keeps the grabbed point under the pointer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PanDrag {
    grabbed_enu: DVec3,
    normal: DVec3,
}

impl Camera {
    /// A camera at a view.
    pub fn new(view: View, viewport_px: [f64; 2]) -> Self {
        let mut camera = Self {
            target_enu: DVec3::ZERO,
            distance_m: 1_000.0,
            heading_rad: 0.0,
            pitch_rad: 45.0 * DEG,
            fovy_rad: 45.0 * DEG,
            viewport_px,
            limits: CameraLimits::default(),
        };
        camera.set_view(view);
        camera
    }

    /// The view, as the page knows it; heading 0–360.
    pub fn view(&self) -> View {
        View {
            target_enu: self.target_enu.to_array(),
            distance_m: self.distance_m,
            heading_deg: (self.heading_rad / DEG).rem_euclid(360.0),
            pitch_deg: self.pitch_rad / DEG,
        }
    }

    /// Goes to a view; members that are not finite are left as they are, others brought within the limits.
    pub fn set_view(&mut self, view: View) {
        let target = DVec3::from(view.target_enu);
        if target.is_finite() {
            self.target_enu = target;
        }
        for (slot, value, unit) in [
            (&mut self.distance_m, view.distance_m, 1.0),
            (&mut self.heading_rad, view.heading_deg, DEG),
            (&mut self.pitch_rad, view.pitch_deg, DEG),
        ] {
            if value.is_finite() {
                *slot = value * unit;
            }
        }
        self.clamp();
    }

    /// Point looked at, ENU metres.
    pub const fn target_enu(&self) -> DVec3 {
        self.target_enu
    }

    /// Distance from eye to target, metres.
    pub const fn distance_m(&self) -> f64 {
        self.distance_m
    }

    /// Eye, ENU metres.
    pub fn eye_enu(&self) -> DVec3 {
        self.target_enu - self.forward() * self.distance_m
    }

    /// Unit view direction.
    pub fn forward(&self) -> DVec3 {
        let (sin_h, cos_h) = self.heading_rad.sin_cos();
        let (sin_p, cos_p) = self.pitch_rad.sin_cos();
        DVec3::new(sin_h * cos_p, cos_h * cos_p, -sin_p)
    }

    /// Unit direction to the right of the picture; always level.
    pub fn right(&self) -> DVec3 {
        let (sin_h, cos_h) = self.heading_rad.sin_cos();
        DVec3::new(cos_h, -sin_h, 0.0)
    }

    /// Unit direction to the top of the picture.
    pub fn up(&self) -> DVec3 {
        self.right().cross(self.forward())
    }

    /// `enu_from_view` rotation of an engine whose cameras look along −z with +y up.
    pub fn rotation(&self) -> DQuat {
        DQuat::from_mat3(&DMat3::from_cols(self.right(), self.up(), -self.forward()))
    }

    /// Metres of one CSS pixel at the target's distance.
    pub fn metres_per_px(&self) -> f64 {
        2.0 * self.distance_m * (self.fovy_rad * 0.5).tan() / self.viewport_px[1].max(1.0)
    }

    /// Ray through a point of the picture.
    pub fn ray(&self, x_px: f64, y_px: f64) -> Ray {
        let tan = (self.fovy_rad * 0.5).tan();
        let half_height = self.viewport_px[1].max(1.0) * 0.5;
        let across = (x_px - self.viewport_px[0] * 0.5) / half_height * tan;
        let down = (y_px - half_height) / half_height * tan;
        let direction = (self.forward() + self.right() * across - self.up() * down).normalize();
        Ray {
            origin_enu: self.eye_enu(),
            direction,
        }
    }

    /// Where a point appears, CSS pixels; `None` behind the eye.
    pub fn project(&self, point_enu: DVec3) -> Option<[f64; 2]> {
        let offset = point_enu - self.eye_enu();
        let depth = offset.dot(self.forward());
        let scale = self.viewport_px[1].max(1.0) * 0.5 / ((self.fovy_rad * 0.5).tan() * depth);
        let x = self.viewport_px[0] * 0.5 + offset.dot(self.right()) * scale;
        let y = self.viewport_px[1] * 0.5 - offset.dot(self.up()) * scale;
        (depth > 0.0 && x.is_finite() && y.is_finite()).then_some([x, y])
    }

    /// What selection must know.
    ///
    /// * `pixel_ratio` — physical pixels of a CSS pixel
    pub fn view_state(&self, pixel_ratio: f64) -> ViewState {
        let viewport_px = self.viewport_px.map(|v| v * pixel_ratio);
        ViewState::perspective(self.eye_enu(), self.forward(), self.up(), self.fovy_rad, viewport_px)
    }

    /// The same for a strip of the picture from top to bottom.
    ///
    /// * `from`, `to` — its left and right edge, shares of the width
    pub fn strip_state(&self, pixel_ratio: f64, from: f64, to: f64) -> ViewState {
        let mut view = self.view_state(pixel_ratio);
        let tan = (self.fovy_rad * 0.5).tan() * self.viewport_px[0].max(1.0) / self.viewport_px[1].max(1.0);
        let edge = |share: f64| (2.0 * share - 1.0) * tan;
        let plane = |normal: DVec3| {
            let normal = normal.normalize_or(self.forward());
            Plane {
                normal,
                offset_m: -normal.dot(self.eye_enu()),
            }
        };
        view.planes[0] = plane(self.right() - self.forward() * edge(from));
        view.planes[1] = plane(self.forward() * edge(to) - self.right());
        view
    }

    /// Near and far plane, metres, for a scene within bounds (min x, y, z, max x, y, z, ENU).
    ///
    /// * `clearance_m` — distance to the nearest thing drawn, where known
    pub fn near_far_m(&self, bounds_enu: [f64; 6], clearance_m: Option<f64>) -> (f64, f64) {
        let [a, b, c, d, e, f] = bounds_enu;
        let eye = self.eye_enu();
        let farthest = DVec3::new(
            (eye.x - a).abs().max((eye.x - d).abs()),
            (eye.y - b).abs().max((eye.y - e).abs()),
            (eye.z - c).abs().max((eye.z - f).abs()),
        );
        let near = (clearance_m.unwrap_or(self.distance_m) * 0.05).clamp(0.1, 50.0);
        (near, (farthest.length() * 1.05).max(near * 1_000.0))
    }

    /// Where a ray that hits nothing is taken to hit: the level of the target, or the target's distance.
    pub fn fallback_hit(&self, x_px: f64, y_px: f64) -> DVec3 {
        let ray = self.ray(x_px, y_px);
        let level = ray.meets_plane(self.target_enu, DVec3::Z);
        level
            .filter(|hit| hit.distance(ray.origin_enu) < self.distance_m * 20.0)
            .unwrap_or_else(|| ray.at(self.distance_m))
    }

    /// Takes hold of a point of the scene.
    pub fn grab(&self, hit_enu: DVec3) -> PanDrag {
        let toward = (hit_enu - self.eye_enu()).normalize_or(self.forward());
        let normal = if toward.z.abs() > LEVEL_DRAG_SINE {
            DVec3::Z
        } else {
            -self.forward()
        };
        PanDrag {
            grabbed_enu: hit_enu,
            normal,
        }
    }

    /// Moves so that the grabbed point lies under the pointer.
    pub fn drag_to(&mut self, drag: &PanDrag, x_px: f64, y_px: f64) {
        let ray = self.ray(x_px, y_px);
        let Some(under) = ray.meets_plane(drag.grabbed_enu, drag.normal) else {
            return;
        };
        let step = drag.grabbed_enu - under;
        // towards the horizon a pixel is kilometres: such steps are left out, as the hand cannot mean them
        if step.length() < 20.0 * self.distance_m.max(drag.grabbed_enu.distance(ray.origin_enu)) {
            self.target_enu += step;
            self.clamp();
        }
    }

    /// Moves the picture sideways: content goes left for positive `x_px` and up for positive `y_px`.
    pub fn pan_px(&mut self, x_px: f64, y_px: f64) {
        let (sin_h, cos_h) = self.heading_rad.sin_cos();
        let ahead = DVec3::new(sin_h, cos_h, 0.0);
        let scale = self.metres_per_px();
        // a pixel up the picture is more ground the flatter the view; below 15° the hand wants no more of it
        let stretch = 1.0 / self.pitch_rad.sin().abs().max(0.26);
        self.target_enu += (self.right() * x_px - ahead * (y_px * stretch)) * scale;
        self.clamp();
    }

    /// Moves towards a point, or away: the point keeps its place in the picture.
    ///
    /// * `factor` — old distance over new distance
    pub fn zoom_about(&mut self, point_enu: DVec3, factor: f64) {
        if !(factor.is_finite() && factor > 0.0 && point_enu.is_finite()) {
            return;
        }
        let [least, greatest] = self.limits.distance_m;
        let eye = self.eye_enu();
        let to_point = point_enu.distance(eye).max(1e-3);
        // neither the point nor the target may come nearer than the limit or go farther
        let factor = factor
            .min((self.distance_m / least).max(1.0))
            .min((to_point / least).max(1.0));
        let factor = factor.max((self.distance_m / greatest).min(1.0));
        let eye = point_enu + (eye - point_enu) / factor;
        self.distance_m /= factor;
        self.target_enu = eye + self.forward() * self.distance_m;
        self.clamp();
    }

    /// Moves towards the target, or away.
    pub fn zoom(&mut self, factor: f64) {
        self.zoom_about(self.target_enu, factor);
    }

    /// Turns about a point: it keeps its place in the picture.
    ///
    /// * `heading_deg`, `pitch_deg` — added to the present ones; the pitch stops at its limits
    pub fn orbit_about(&mut self, pivot_enu: DVec3, heading_deg: f64, pitch_deg: f64) {
        if !(heading_deg.is_finite() && pitch_deg.is_finite() && pivot_enu.is_finite()) {
            return;
        }
        let before = self.rotation();
        let offset = before.inverse() * (self.eye_enu() - pivot_enu);
        let [least, greatest] = self.limits.pitch_deg;
        let old = *self;
        self.heading_rad += heading_deg * DEG;
        self.pitch_rad = (self.pitch_rad + pitch_deg * DEG).clamp(least * DEG, greatest * DEG);
        let eye = pivot_enu + self.rotation() * offset;
        if self
            .limits
            .floor_m
            .is_some_and(|floor| eye.z < floor && eye.z < old.eye_enu().z)
        {
            // the tilt would push the eye into the ground: turn without it
            *self = old;
            if pitch_deg != 0.0 {
                self.orbit_about(pivot_enu, heading_deg, 0.0);
            }
            return;
        }
        self.target_enu = eye + self.forward() * self.distance_m;
        self.clamp();
    }

    /// Turns about the target.
    pub fn orbit(&mut self, heading_deg: f64, pitch_deg: f64) {
        self.orbit_about(self.target_enu, heading_deg, pitch_deg);
    }

    /// Moves the target along the view direction without moving the eye, so that later turns are about what is seen.
    pub fn set_target_distance(&mut self, distance_m: f64) {
        if distance_m.is_finite() && distance_m > 0.0 {
            let eye = self.eye_enu();
            let [least, greatest] = self.limits.distance_m;
            self.distance_m = distance_m.clamp(least, greatest);
            self.target_enu = eye + self.forward() * self.distance_m;
        }
    }

    /// The view from which a box fills the picture, seen from the present heading and a fair height.
    pub fn view_of_bounds(&self, bounds_enu: [f64; 6]) -> View {
        let [a, b, c, d, e, f] = bounds_enu;
        let (min, max) = (DVec3::new(a, b, c), DVec3::new(d, e, f));
        let radius_m = ((max - min).length() * 0.5).max(1.0);
        let aspect = self.viewport_px[0].max(1.0) / self.viewport_px[1].max(1.0);
        let half_angle = ((self.fovy_rad * 0.5).tan() * aspect.min(1.0)).atan();
        let pitch_deg = (self.pitch_rad / DEG).clamp(25.0, 60.0);
        let distance_m = radius_m / half_angle.sin() * 1.1;
        View {
            target_enu: ((min + max) * 0.5).to_array(),
            distance_m,
            pitch_deg,
            ..self.view()
        }
    }

    fn clamp(&mut self) {
        let limits = self.limits;
        self.distance_m = self.distance_m.clamp(limits.distance_m[0], limits.distance_m[1]);
        self.pitch_rad = self
            .pitch_rad
            .clamp(limits.pitch_deg[0] * DEG, limits.pitch_deg[1] * DEG);
        let reach = self.target_enu.truncate().length();
        if reach > limits.reach_m {
            let scale = limits.reach_m / reach;
            self.target_enu.x *= scale;
            self.target_enu.y *= scale;
        }
        if let Some(floor) = limits.floor_m {
            self.target_enu.z += (floor - self.eye_enu().z).max(0.0);
        }
    }
}

#[cfg(test)]
mod tests;
