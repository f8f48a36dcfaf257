//! Rust twin of the uniform of `wgsl/overlay.wgsl`.

use bytemuck::{Pod, Zeroable};

/// What an overlay needs beside its mesh and values.
#[derive(Debug, Clone, Copy, PartialEq, Default, Pod, Zeroable)]
#[repr(C)]
pub struct OverlayView {
    /// xyz: origin of the mesh minus eye, ENU metres; w: opacity.
    pub origin_from_eye: [f32; 4],
    /// Value of the number 0; value of a step; share of the next step of time; animation time, s.
    pub numbers: [f32; 4],
    /// Limit; error of the method; 1 when there is a limit; classes.
    pub limit: [f32; 4],
    /// Texels across and up; look (0 ramp, 1 water, 2 flow); bits: 1 blends neighbouring texels, 2 stands upright, 4 is
    /// seen through what lies before it.
    pub size: [u32; 4],
    /// Lower bounds of the classes.
    pub bounds: [[f32; 4]; 4],
    /// sRGB and opacity of the classes.
    pub colors: [[f32; 4]; 16],
}

/// Bytes of one vertex: position, texel, distance along the line and its direction; nine f32.
pub const OVERLAY_STRIDE_BYTES: u64 = 36;
