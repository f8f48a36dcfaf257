//! Buffers and textures of overlays, kept up with the step that is shown.

use bevy::math::DVec3;
use bevy::prelude::Resource;
use bevy::render::renderer::{RenderDevice, RenderQueue};
use city_model::overlay::{Overlay, OverlayKind, OverlayLook, Vertex};
use shaders::OverlayView;
use std::sync::Arc;
use viewer_core::compare::MAX_SIDES;
use viewer_core::overlays::{MOTION_EVERY_MS, Overlays, Shown};

/// Layers of simulations, and what of them lies on the GPU.
#[derive(Resource, Default)]
pub(crate) struct OverlayLayers {
    /// What is shown on which side.
    pub(crate) shown: Overlays,
    uploaded: [Option<Uploaded>; MAX_SIDES],
    /// When the last picture was asked for that only moves water.
    pub(crate) moved_ms: f64,
}

/// An overlay of a frame.
#[derive(Clone)]
pub(crate) struct DrawOverlay {
    /// Picture that shows it.
    pub(crate) pane: usize,
    /// How it is drawn.
    pub(crate) form: Form,
    /// It is seen through what lies before it.
    pub(crate) is_through: bool,
    /// Triangle corners.
    pub(crate) num_indices: u32,
    /// Its uniform.
    pub(crate) uniform: OverlayView,
    /// Its buffers.
    pub(crate) buffers: Arc<OverlayBuffers>,
}

/// What the mesh of an overlay is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// A surface: values are looked up at every pixel.
    Surface,
    /// Patches, each with a value.
    Patches,
    /// Lines with values at their vertices.
    Lines,
}

/// What an overlay has on the GPU.
pub(crate) struct OverlayBuffers {
    pub(crate) vertices: wgpu::Buffer,
    pub(crate) indices: wgpu::Buffer,
    pub(crate) uniform: wgpu::Buffer,
    pub(crate) values: wgpu::TextureView,
    texture: wgpu::Texture,
}

struct Uploaded {
    generation: u32,
    /// Steps in the two layers of the texture.
    steps: [Option<usize>; 2],
    buffers: Arc<OverlayBuffers>,
}

impl OverlayLayers {
    /// Milliseconds until the next picture of what moves by itself; `None` when nothing does.
    pub(crate) fn moves_in_ms(&self, now_ms: f64, is_reduced_motion: bool) -> Option<f64> {
        (!is_reduced_motion && self.shown.is_moving()).then(|| (self.moved_ms + MOTION_EVERY_MS - now_ms).max(0.0))
    }

    /// Forgets what is on the GPU.
    pub(crate) fn forget(&mut self) {
        self.uploaded = Default::default();
    }

    /// The overlays of a frame with the values of their steps on the GPU.
    ///
    /// * `sides` — side that each picture of the frame shows
    pub(crate) fn frame(
        &mut self,
        device: &RenderDevice,
        queue: &RenderQueue,
        eye_enu: DVec3,
        now_ms: f64,
        sides: &[u8],
    ) -> Vec<DrawOverlay> {
        let mut drawn = Vec::new();
        for (side, slot) in self.uploaded.iter_mut().enumerate() {
            let Some(shown) = self.shown.get(side) else {
                *slot = None;
                continue;
            };
            let panes = || (0..sides.len()).filter(|pane| sides.get(*pane).is_some_and(|of| usize::from(*of) == side));
            if !shown.is_visible || panes().next().is_none() || shown.overlay.indices.is_empty() {
                continue;
            }
            if slot
                .as_ref()
                .is_none_or(|uploaded| uploaded.generation != shown.generation)
            {
                *slot = Some(Uploaded {
                    generation: shown.generation,
                    steps: [None; 2],
                    buffers: Arc::new(upload(device, queue, &shown.overlay)),
                });
            }
            let Some(uploaded) = slot else { continue };
            uploaded.show(queue, shown);
            drawn.extend(panes().map(|pane| DrawOverlay {
                pane,
                form: form(&shown.overlay),
                is_through: shown.overlay.header.is_through,
                num_indices: shown.overlay.indices.len() as u32,
                uniform: uniform(shown, eye_enu, now_ms),
                buffers: Arc::clone(&uploaded.buffers),
            }));
        }
        drawn
    }
}

impl Uploaded {
    /// Brings the step shown and the next one into the two layers.
    fn show(&mut self, queue: &RenderQueue, shown: &Shown) {
        let (step, share) = shown.step();
        let last = shown.overlay.header.times_s.len() - 1;
        let wanted = [step, if share > 0.0 { (step + 1).min(last) } else { step }];
        for (layer, (has, wants)) in (0_u32..).zip(self.steps.iter_mut().zip(wanted)) {
            if *has != Some(wants) {
                write_step(queue, &self.buffers.texture, layer, &shown.overlay, wants);
                *has = Some(wants);
            }
        }
    }
}

fn upload(device: &RenderDevice, queue: &RenderQueue, overlay: &Overlay) -> OverlayBuffers {
    let device = device.wgpu_device();
    let buffer = |label, bytes: &[u8], usage| {
        let buffer = device.create_buffer(&wgpu::BufferDescriptor {
            label: Some(label),
            size: bytes.len() as u64,
            usage: usage | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        queue.write_buffer(&buffer, 0, bytes);
        buffer
    };
    let row = |v: &Vertex| {
        let ([x, y, z], [dx, dy, dz]) = (v.position, v.along);
        [x, y, z, v.at[0], v.at[1], v.along_m, dx, dy, dz]
    };
    let vertices: Vec<[f32; 9]> = overlay.vertices.iter().map(row).collect();
    let [width, height] = overlay.header.size;
    let texture = device.create_texture(&wgpu::TextureDescriptor {
        label: Some("overlay values"),
        size: wgpu::Extent3d {
            width,
            height,
            depth_or_array_layers: 2,
        },
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format: wgpu::TextureFormat::R16Uint,
        usage: wgpu::TextureUsages::TEXTURE_BINDING | wgpu::TextureUsages::COPY_DST,
        view_formats: &[],
    });
    let values = texture.create_view(&wgpu::TextureViewDescriptor {
        dimension: Some(wgpu::TextureViewDimension::D2Array),
        ..Default::default()
    });
    OverlayBuffers {
        vertices: buffer(
            "overlay vertices",
            bytemuck::cast_slice(&vertices),
            wgpu::BufferUsages::VERTEX,
        ),
        indices: buffer(
            "overlay indices",
            bytemuck::cast_slice(&overlay.indices),
            wgpu::BufferUsages::INDEX,
        ),
        uniform: buffer(
            "overlay",
            bytemuck::bytes_of(&OverlayView::default()),
            wgpu::BufferUsages::UNIFORM,
        ),
        values,
        texture,
    }
}

fn write_step(queue: &RenderQueue, texture: &wgpu::Texture, layer: u32, overlay: &Overlay, step: usize) {
    let [width, height] = overlay.header.size;
    queue.write_texture(
        wgpu::TexelCopyTextureInfo {
            texture,
            mip_level: 0,
            origin: wgpu::Origin3d { x: 0, y: 0, z: layer },
            aspect: wgpu::TextureAspect::All,
        },
        bytemuck::cast_slice(overlay.step(step)),
        wgpu::TexelCopyBufferLayout {
            offset: 0,
            bytes_per_row: Some(width * 2),
            rows_per_image: Some(height),
        },
        wgpu::Extent3d {
            width,
            height,
            depth_or_array_layers: 1,
        },
    );
}

/// What the mesh is: lines have a direction.
fn form(overlay: &Overlay) -> Form {
    if overlay.header.kind == OverlayKind::Surface {
        Form::Surface
    } else if overlay.vertices.iter().take(4).all(|vertex| vertex.along == [0.0; 3]) {
        Form::Patches
    } else {
        Form::Lines
    }
}

fn uniform(shown: &Shown, eye_enu: DVec3, now_ms: f64) -> OverlayView {
    let header = &shown.overlay.header;
    let origin = (DVec3::from(header.origin_enu) - eye_enu).as_vec3();
    let mut view = OverlayView {
        origin_from_eye: origin.extend(shown.opacity as f32).to_array(),
        // sines of large numbers lose their digits
        numbers: [
            header.offset,
            header.scale,
            shown.step().1,
            (now_ms / 1000.0 % 3600.0) as f32,
        ],
        limit: [0.0, 0.0, 0.0, header.classes.len() as f32],
        size: [
            header.size[0],
            header.size[1],
            match header.look {
                OverlayLook::Ramp | OverlayLook::Xray => 0,
                OverlayLook::Water => 1,
                OverlayLook::Flow => 2,
            },
            u32::from(header.is_smooth)
                | (u32::from(form(&shown.overlay) == Form::Patches) << 1)
                | (u32::from(header.is_through) << 2),
        ],
        ..OverlayView::default()
    };
    if let Some([limit, error]) = header.limit {
        view.limit[..3].copy_from_slice(&[limit, error, 1.0]);
    }
    for (at, class) in header.classes.iter().enumerate().take(view.colors.len()) {
        view.bounds[at / 4][at % 4] = class.from;
        view.colors[at] = class.rgba.map(|byte| f32::from(byte) / 255.0);
    }
    view
}
