//! One frame as plain data: what the main world hands to the renderer.

use crate::material::mesh::GpuPrimitive;
use crate::overlay::DrawOverlay;
use bevy::prelude::Resource;
use shaders::Scene;
use std::sync::Arc;
use viewer_core::Look;

/// A frame to draw; taken by the renderer each frame.
#[derive(Resource, Default)]
pub(crate) struct FrameInput {
    /// False leaves the canvas as it is.
    pub(crate) is_wanted: bool,
    /// It only moves water on: nothing else has changed.
    pub(crate) is_motion: bool,
    /// Size of the canvas, device pixels.
    pub(crate) size_px: [u32; 2],
    /// Pictures within the canvas; more than one while sides are compared.
    pub(crate) views: Vec<FrameView>,
    /// Tiles in any of them, nearest first.
    pub(crate) tiles: Vec<DrawTile>,
    /// Tiles that lie across pictures and look the same in all of them, nearest first: drawn once for all, by the first.
    pub(crate) shared: Vec<ViewTile>,
    /// Layers of simulations over them.
    pub(crate) overlays: Vec<DrawOverlay>,
    /// True draws what is above the ground translucent.
    pub(crate) is_underground: bool,
    /// Nothing is selected, tinted, hidden or compared: every feature is drawn as it is.
    pub(crate) is_stateless: bool,
    /// Costs.
    pub(crate) settings: PassSettings,
    /// True draws the shadow map anew first.
    pub(crate) is_shadow_stale: bool,
}

/// One picture of the frame.
pub(crate) struct FrameView {
    /// Its uniform.
    pub(crate) scene: Scene,
    /// Side of the comparison that it shows.
    pub(crate) side: u8,
    /// Where the camera's picture lies: left, top, width, height, pixels of the canvas.
    pub(crate) viewport_px: [f32; 4],
    /// What of the canvas it paints.
    pub(crate) scissor_px: [u32; 4],
    /// Tiles in it, nearest first, without [`FrameInput::shared`].
    pub(crate) tiles: Vec<ViewTile>,
    /// Shadow map that it looks up and draws: views in which the same things stand share one.
    pub(crate) shadow: usize,
}

/// A tile in a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ViewTile {
    /// Place in [`FrameInput::tiles`].
    pub(crate) row: u32,
    /// What in it a scenario marks.
    pub(crate) marks: Marks,
}

/// Which pipelines of marks a tile needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Marks {
    /// Changed, added, abandoned.
    pub(crate) has_opaque: bool,
    /// Removed, ghosts.
    pub(crate) has_blended: bool,
}

impl Marks {
    /// Takes note of a feature's look.
    pub(crate) fn add(&mut self, look: Look) {
        self.has_opaque |= look.is_mark() && !look.is_blended();
        self.has_blended |= look.is_blended();
    }

    /// True when ordinary pipelines draw everything.
    pub(crate) const fn is_none(&self) -> bool {
        !self.has_opaque && !self.has_blended
    }
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
