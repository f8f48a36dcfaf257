//! Camera (temporary rig until viewer-core has one).

use bevy::math::DVec3;
use bevy::prelude::Resource;
use viewer_core::View;

/// Pointer input.
#[derive(Debug, Clone, Copy)]
pub(crate) enum PointerInput {
    Drag { dx: f64, dy: f64, is_orbit: bool },
    Wheel { delta: f64 },
}

#[derive(Resource)]
pub(crate) struct Rig {
    pub(crate) view: View,
}

impl Rig {
    pub(crate) fn forward(&self) -> DVec3 {
        let (sh, ch) = self.view.heading_deg.to_radians().sin_cos();
        let (sp, cp) = self.view.pitch_deg.to_radians().sin_cos();
        DVec3::new(sh * cp, ch * cp, -sp)
    }
    pub(crate) fn eye(&self) -> DVec3 {
        DVec3::from(self.view.target_enu) - self.forward() * self.view.distance_m
    }
}
