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
    /// See-through; the other way round while the rest is.
    pub const GHOST: u32 = 16;
    /// Lit up.
    pub const LIT: u32 = 32;
}

/// How a feature is drawn, as `look_of` of `wgsl/scene.wgsl` gives it (`viewer_core::Look`).
pub mod look {
    /// As it is.
    pub const PLAIN: u32 = 0;
    /// Not drawn.
    pub const HIDDEN: u32 = 1;
    /// Blue.
    pub const CHANGED: u32 = 2;
    /// Red and see-through.
    pub const REMOVED: u32 = 3;
    /// Teal.
    pub const ADDED: u32 = 4;
    /// Grey.
    pub const ABANDONED: u32 = 5;
    /// Paler than it is.
    pub const KEPT: u32 = 6;
    /// See-through.
    pub const GHOST: u32 = 7;

    /// Looks of ordinary pipelines, a bit each: the constant `looks_drawn`.
    pub const ORDINARY: u32 = 1 << PLAIN | 1 << KEPT;
    /// Opaque marks.
    pub const OPAQUE_MARKS: u32 = 1 << CHANGED | 1 << ADDED | 1 << ABANDONED;
    /// See-through marks.
    pub const BLENDED_MARKS: u32 = 1 << REMOVED | 1 << GHOST;

    /// Colour of each look, linear, and its share.
    pub const COLORS: [[f32; 4]; 8] = [
        [0.0; 4],
        [0.0; 4],
        [0.045, 0.175, 0.62, 0.86],
        [0.72, 0.055, 0.035, 0.90],
        [0.020, 0.40, 0.36, 0.86],
        [0.16, 0.16, 0.17, 0.85],
        [0.62, 0.61, 0.58, 0.50],
        [0.0; 4],
    ];
}

/// What the viewer knows of one feature; the table is indexed by the dense feature index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Pod, Zeroable)]
#[repr(C)]
pub struct FeatureRow {
    /// Bits of [`state`].
    pub state: u32,
    /// sRGB bytes red, green, blue, and the share of the tint: in the first picture, and in the second one.
    pub tints: [u32; 2],
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
    /// xy: eye modulo [`crate::depth_grid::PERIOD_M`]; z: depth of the deepest grid, m.
    pub grid: [f32; 4],
    /// Bit `layer code` set: shown.
    pub layer_mask: [[u32; 4]; 2],
    /// A word a state on the first side, a nibble in it a state on the second: the look (`viewer_core::Pane`).
    pub looks: [[u32; 4]; 2],
    /// Lowest bits of the states on both sides in [`FeatureRow::state`]; 1 when the rest that stands is ghost, 2 when the rest below
    /// the ground is, too; layer of proposals.
    pub sides: [u32; 4],
    /// x: column of the target where the second side begins, px; y, z: layer of the shadow maps before it and from it on; w: which of the
    /// tints counts.
    pub maps: [f32; 4],
    /// rgb of lit features, linear; w: what is added to the height of project walls, m.
    pub lit: [f32; 4],
    /// By look: rgb, linear, and its share; see [`look::COLORS`].
    pub marks: [[f32; 4]; 8],
    /// Two rows a building use, see [`crate::facade::rows`].
    pub facades: [[f32; 4]; 32],
}

/// Patterns fixed to the ground repeat with this period, so that f32 stays exact far from the origin.
pub const PATTERN_PERIOD_M: f64 = 4096.0;

/// Linear colour of the plain around the data, as in `wgsl/sky.wgsl`.
pub const PLAIN: [f32; 3] = [0.392, 0.352, 0.246];
/// Linear colour behind everything in the underground mode, as in `wgsl/sky.wgsl`.
pub const BELOW_GROUND: [f32; 3] = [0.035, 0.045, 0.055];

impl Scene {
    /// Angle of a pixel in the middle of the picture, rad.
    pub const fn pixel_rad(&self) -> f32 {
        self.ray_forward[3]
    }

    /// Colour of the background nearer than where haze sets in, sRGB: what low quality clears the target to.
    pub fn near_plain(&self) -> [f32; 3] {
        let is_above = self.eye[3] > 0.0;
        std::array::from_fn(|i| {
            let lit = PLAIN[i] * (self.sky_ambient[i] + self.sun_color[i] * self.sun[2].max(0.0) * self.sun[3]);
            let seen = if is_above { lit } else { self.horizon[i] };
            let opacity = self.ground_ambient[3];
            srgb_from_linear(BELOW_GROUND[i] + (seen - BELOW_GROUND[i]) * opacity)
        })
    }
}

/// The same sum of roots as in `wgsl/scene.wgsl`.
fn srgb_from_linear(value: f32) -> f32 {
    let half = value.max(0.0).sqrt();
    let quarter = half.sqrt();
    (0.662_002_7 * half + 0.684_122_1 * quarter - 0.323_583_6 * quarter.sqrt() - 0.022_541_147 * value).clamp(0.0, 1.0)
}
