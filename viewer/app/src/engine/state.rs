//! What the viewer shows, apart from tiles and camera: layers, hour, quality. Survives the loss of the device.

use crate::material::frame::PassSettings;
use bevy::prelude::Resource;
use city_model::LayerGroup;
use std::collections::BTreeSet;
use viewer_core::state::{LayerMask, Rest};
use viewer_core::{Compare, Quality, Tool};

/// Hour shown when a city opens: a clear morning.
const FIRST_HOURS: f64 = 9.5;

/// State of the scene.
#[derive(Resource, Debug, Clone)]
pub(crate) struct SceneState {
    /// Preset.
    pub(crate) quality: Quality,
    /// Screen-space error that the page asks for in place of the preset's, device pixels.
    pub(crate) asked_error_px: Option<f64>,
    /// Local solar time, 0–24.
    pub(crate) hours: f64,
    /// Ground and buildings are translucent.
    pub(crate) is_underground: bool,
    /// Report what lies under the pointer.
    pub(crate) reports_hover: bool,
    /// Layers shown.
    pub(crate) layers: LayerMask,
    /// Scenario sides and how they are shown together.
    pub(crate) compare: Compare,
    /// Colour of lit features, sRGB.
    pub(crate) lit_rgb: [u8; 3],
    /// Height of the glass walls around projects, metres.
    pub(crate) envelope_m: f64,
    /// What the pointer does.
    pub(crate) tool: Tool,
    /// What the page wants to be see-through.
    pub(crate) ghosts: (Vec<u32>, Rest),
    /// What an x-ray picture is about.
    pub(crate) xray: Option<Vec<u32>>,
}

/// Colour of lit features unless the page says otherwise: a warm yellow.
pub(crate) const LIT_RGB: [u8; 3] = [255, 205, 60];
/// Height of the glass walls that tiles carry, metres.
pub(crate) const PROJECT_WALL_M: f64 = 3.0;
/// Highest that they are drawn, metres.
const MAX_ENVELOPE_M: f64 = 500.0;

impl SceneState {
    /// State of a city that opens.
    pub(crate) fn new(quality: Quality) -> Self {
        Self {
            quality,
            asked_error_px: None,
            hours: FIRST_HOURS,
            is_underground: false,
            reports_hover: true,
            layers: LayerMask::default(),
            compare: Compare::default(),
            lit_rgb: LIT_RGB,
            envelope_m: PROJECT_WALL_M,
            tool: Tool::None,
            ghosts: (Vec::new(), Rest::Whole),
            xray: None,
        }
    }

    /// Sets the height of project walls; what is no height is passed over.
    pub(crate) fn set_envelope(&mut self, height_m: f64) {
        if height_m.is_finite() {
            self.envelope_m = height_m.clamp(PROJECT_WALL_M, MAX_ENVELOPE_M);
        }
    }

    /// Groups that are not worth loading: those hidden by the user, and pipes while the ground covers them.
    pub(crate) fn hidden_groups(&self) -> BTreeSet<String> {
        let mut hidden = self.layers.hidden_groups();
        if !self.is_underground && !hidden.contains(LayerGroup::Ground.as_str()) {
            hidden.insert(LayerGroup::Underground.as_str().to_owned());
        }
        hidden
    }

    /// Costs of the pass.
    ///
    /// * `is_night` — lamps are on
    pub(crate) fn pass_settings(&self, is_night: bool) -> PassSettings {
        match self.quality {
            Quality::Low => PassSettings {
                is_night,
                ..PassSettings::default()
            },
            Quality::Medium => PassSettings {
                is_low: false,
                is_night,
                samples: 4,
                shadow_size: 2048,
                shadow_taps: 2,
            },
            Quality::High => PassSettings {
                is_low: false,
                is_night,
                samples: 4,
                shadow_size: 4096,
                shadow_taps: 3,
            },
        }
    }

    /// Maximum screen-space error, device pixels.
    pub(crate) fn maximum_error_px(&self) -> f64 {
        self.asked_error_px.unwrap_or(match self.quality {
            Quality::Low => 24.0,
            Quality::Medium => 16.0,
            Quality::High => 8.0,
        })
    }

    /// Greatest number of device pixels a CSS pixel.
    pub(crate) fn maximum_pixel_ratio(&self) -> f64 {
        match self.quality {
            Quality::Low => 1.0,
            Quality::Medium => 1.5,
            Quality::High => 3.0,
        }
    }
}
