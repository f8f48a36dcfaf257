//! The canvas as a render target: surface, depth and multisample buffers, all of the canvas' size.

use bevy::prelude::Resource;
use bevy::render::renderer::{RenderAdapter, RenderDevice, RenderInstance, WgpuWrapper};

/// Depth of the city pass: reversed, 0 at infinity.
pub(crate) const DEPTH_FORMAT: wgpu::TextureFormat = wgpu::TextureFormat::Depth32Float;

/// Canvas that the engine draws on; kept in the main world, outside everything that a device loss takes along.
#[derive(Resource, Clone)]
pub(crate) struct Canvas(pub(crate) WgpuWrapper<web_sys::HtmlCanvasElement>);

/// The configured surface with its buffers.
#[derive(Resource)]
pub(crate) struct CanvasSurface {
    surface: wgpu::Surface<'static>,
    config: wgpu::SurfaceConfiguration,
    samples: u32,
    buffers: Option<Buffers>,
}

struct Buffers {
    depth: wgpu::TextureView,
    multisampled: Option<wgpu::TextureView>,
}

/// Views of one frame.
pub(crate) struct FrameTarget {
    /// Given back to the browser by [`FrameTarget::present`].
    texture: wgpu::SurfaceTexture,
    /// The canvas.
    pub(crate) color: wgpu::TextureView,
    /// Multisampled colour, where there is one.
    pub(crate) multisampled: Option<wgpu::TextureView>,
    /// Depth, multisampled alike.
    pub(crate) depth: wgpu::TextureView,
}

impl FrameTarget {
    /// Shows the frame.
    pub(crate) fn present(self) {
        self.texture.present();
    }
}

impl CanvasSurface {
    /// Surface of a canvas.
    ///
    /// # Errors
    /// A sentence when the canvas has another kind of context already or offers no format.
    pub(crate) fn new(instance: &RenderInstance, adapter: &RenderAdapter, canvas: &Canvas) -> Result<Self, String> {
        let surface = instance
            .create_surface(wgpu::SurfaceTarget::Canvas((*canvas.0).clone()))
            .map_err(|err| format!("the canvas gives no WebGPU context ({err})"))?;
        let formats = surface.get_capabilities(adapter).formats;
        let format = formats
            .first()
            .ok_or("the canvas offers no colour format")?
            .remove_srgb_suffix();
        let config = wgpu::SurfaceConfiguration {
            usage: wgpu::TextureUsages::RENDER_ATTACHMENT,
            format,
            width: 1,
            height: 1,
            present_mode: wgpu::PresentMode::Fifo,
            desired_maximum_frame_latency: 2,
            alpha_mode: wgpu::CompositeAlphaMode::Opaque,
            view_formats: Vec::new(),
        };
        Ok(Self {
            surface,
            config,
            samples: 1,
            buffers: None,
        })
    }

    /// Format that pipelines write, as sRGB values (see `srgb_from_linear` in the shaders).
    pub(crate) fn color_format(&self) -> wgpu::TextureFormat {
        self.config.format
    }

    /// Texture and buffers for a frame of `size` pixels with `samples` samples a pixel.
    ///
    /// `None` when the browser has no texture to give; the frame is then left out.
    pub(crate) fn acquire(&mut self, device: &RenderDevice, size: [u32; 2], samples: u32) -> Option<FrameTarget> {
        if self.buffers.is_none() || [self.config.width, self.config.height] != size || self.samples != samples {
            [self.config.width, self.config.height] = size;
            self.samples = samples;
            device.configure_surface(&self.surface, &self.config);
            self.buffers = Some(self.create_buffers(device));
        }
        let texture = match self.surface.get_current_texture() {
            wgpu::CurrentSurfaceTexture::Success(texture) | wgpu::CurrentSurfaceTexture::Suboptimal(texture) => texture,
            _ => {
                self.buffers = None;
                return None;
            }
        };
        let color = texture.texture.create_view(&wgpu::TextureViewDescriptor::default());
        let buffers = self.buffers.as_ref()?;
        Some(FrameTarget {
            texture,
            color,
            multisampled: buffers.multisampled.clone(),
            depth: buffers.depth.clone(),
        })
    }

    fn create_buffers(&self, device: &RenderDevice) -> Buffers {
        let create = |format| {
            let texture = device.wgpu_device().create_texture(&wgpu::TextureDescriptor {
                label: Some("frame buffer"),
                size: wgpu::Extent3d {
                    width: self.config.width,
                    height: self.config.height,
                    depth_or_array_layers: 1,
                },
                mip_level_count: 1,
                sample_count: self.samples,
                dimension: wgpu::TextureDimension::D2,
                format,
                usage: wgpu::TextureUsages::RENDER_ATTACHMENT,
                view_formats: &[],
            });
            texture.create_view(&wgpu::TextureViewDescriptor::default())
        };
        Buffers {
            depth: create(DEPTH_FORMAT),
            multisampled: (self.samples > 1).then(|| create(self.color_format())),
        }
    }
}
