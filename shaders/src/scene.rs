//! Rust twins of the structs in `wgsl/scene.wgsl`.

use bytemuck::{Pod, Zeroable};

/// Number of layer codes that the layer mask holds.
pub const MAX_LAYER_CODES: usize = 256;

/// Bits of [`FeatureRow::state`].
pub mod state {
    /// Not drawn, casts no shadow.
    pub const HIDDEN: u32 = 1;
    /// Selected: warm.
    pub const SELECTED: u32 = 2;
    /// Belongs to the selection: less warm.
    pub const RELATED: u32 = 4;
    /// Under the pointer: brighter.
    pub const HOVERED: u32 = 8;
}

/// What the viewer knows of one feature; the table is indexed by the dense feature index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Pod, Zeroable)]
#[repr(C)]
pub struct FeatureRow {
    /// Bits of [`state`].
    pub state: u32,
    /// sRGB bytes red, green, blue, and the share of the tint.
    pub tint: u32,
}

/// Everything that a frame needs beside tiles. Frame: ENU axes, metres relative to the eye; colours linear.
#[derive(Debug, Clone, Copy, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct Scene {
    /// Column-major; reversed depth.
    pub clip_from_rel: [[f32; 4]; 4],
    /// Column-major; clip space of the shadow map, depth 0 near the sun.
    pub shadow_from_rel: [[f32; 4]; 4],
    /// xyz: view ray at clip x = 1 minus the middle one; w: width of the target, px.
    pub ray_right: [f32; 4],
    /// xyz: view ray at clip y = 1 minus the middle one; w: height of the target, px.
    pub ray_up: [f32; 4],
    /// xyz: view ray in the middle of the picture; w: angle of a pixel, rad.
    pub ray_forward: [f32; 4],
    /// xyz: eye modulo [`PATTERN_PERIOD_M`]; w: height of the eye above the plain around the data, m.
    pub eye: [f32; 4],
    /// xyz: unit vector to the sun; w: 1 by day, 0 once it has set.
    pub sun: [f32; 4],
    /// rgb of direct light; w: share of lit windows 0–1.
    pub sun_color: [f32; 4],
    /// rgb of light from above; w: animation time, s.
    pub sky_ambient: [f32; 4],
    /// rgb of light from below; w: opacity of ground and buildings (1 outside underground mode).
    pub ground_ambient: [f32; 4],
    /// rgb of the sky overhead; w: shadow strength 0–1.
    pub zenith: [f32; 4],
    /// rgb of the sky at the horizon and of the haze; w: one texel of the shadow map in uv.
    pub horizon: [f32; 4],
    /// x: start m; y: 1 / range; z: greatest share; w: detail 0, 1, 2.
    pub fog: [f32; 4],
    /// Bit `layer code` set: shown.
    pub layer_mask: [[u32; 4]; 2],
    /// Two rows a building use, see [`crate::facade::rows`].
    pub facades: [[f32; 4]; 32],
}

/// Patterns fixed to the ground repeat with this period, so that f32 stays exact far from the origin.
pub const PATTERN_PERIOD_M: f64 = 4096.0;
