//! One frame as plain data: what the main world hands to the renderer.

use crate::material::mesh::GpuPrimitive;
use bevy::prelude::Resource;
use shaders::Scene;
use std::sync::Arc;

/// A frame to draw; taken by the renderer each frame.
#[derive(Resource, Default)]
pub(crate) struct FrameInput {
    /// False leaves the canvas as it is.
    pub(crate) is_wanted: bool,
    /// Size of the canvas, device pixels.
    pub(crate) size_px: [u32; 2],
    /// Uniform of the frame.
    pub(crate) scene: Option<Box<Scene>>,
    /// Tiles in view, nearest first.
    pub(crate) tiles: Vec<DrawTile>,
    /// True draws what is above the ground translucent.
    pub(crate) is_underground: bool,
    /// Costs.
    pub(crate) settings: PassSettings,
    /// True draws the shadow map anew first.
    pub(crate) is_shadow_stale: bool,
}

/// A tile of the frame.
#[derive(Clone)]
pub(crate) struct DrawTile {
    /// Its primitives.
    pub(crate) primitives: Arc<Vec<GpuPrimitive>>,
    /// xyz: origin of the tile minus eye, metres.
    pub(crate) tile_from_eye: [f32; 4],
}

/// What pipelines are compiled for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PassSettings {
    /// Light and haze by vertex, cheap patterns.
    pub(crate) is_low: bool,
    /// Lamps behind windows.
    pub(crate) is_night: bool,
    /// Samples a pixel: 1 or 4.
    pub(crate) samples: u32,
    /// Side of the shadow map, texels; 0 draws no shadows.
    pub(crate) shadow_size: u32,
    /// Taps a side of the shadow filter.
    pub(crate) shadow_taps: u32,
}

impl Default for PassSettings {
    fn default() -> Self {
        Self {
            is_low: true,
            is_night: false,
            samples: 1,
            shadow_size: 0,
            shadow_taps: 1,
        }
    }
}
