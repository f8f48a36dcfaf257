//! Bind group layouts that all pipelines share.

use bevy::render::renderer::RenderDevice;
use wgpu::BindGroupLayout;

/// Layouts shared by all pipelines.
pub(crate) struct Layouts {
    /// Group 0: scene uniform, feature table.
    pub(crate) scene: BindGroupLayout,
    /// Group 1: shadow map and its sampler.
    pub(crate) shadow: BindGroupLayout,
    /// Group 2: texture and its sampler.
    pub(crate) texture: BindGroupLayout,
}

impl Layouts {
    /// Creates the layouts.
    pub(crate) fn new(device: &RenderDevice) -> Self {
        let device = device.wgpu_device();
        let entry = |binding, visibility, ty| wgpu::BindGroupLayoutEntry {
            binding,
            visibility,
            ty,
            count: None,
        };
        let buffer = |ty| wgpu::BindingType::Buffer {
            ty,
            has_dynamic_offset: false,
            min_binding_size: None,
        };
        let texture = |sample_type, view_dimension| wgpu::BindingType::Texture {
            sample_type,
            view_dimension,
            multisampled: false,
        };
        let layout = |label, entries: &[wgpu::BindGroupLayoutEntry]| {
            device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
                label: Some(label),
                entries,
            })
        };
        let (both, fragment) = (wgpu::ShaderStages::VERTEX_FRAGMENT, wgpu::ShaderStages::FRAGMENT);
        Self {
            scene: layout(
                "scene",
                &[
                    entry(0, both, buffer(wgpu::BufferBindingType::Uniform)),
                    entry(1, both, buffer(wgpu::BufferBindingType::Storage { read_only: true })),
                ],
            ),
            shadow: layout(
                "shadow map",
                &[
                    entry(
                        0,
                        fragment,
                        texture(wgpu::TextureSampleType::Depth, wgpu::TextureViewDimension::D2Array),
                    ),
                    entry(
                        1,
                        fragment,
                        wgpu::BindingType::Sampler(wgpu::SamplerBindingType::Comparison),
                    ),
                ],
            ),
            texture: layout(
                "tile texture",
                &[
                    entry(
                        0,
                        fragment,
                        texture(
                            wgpu::TextureSampleType::Float { filterable: true },
                            wgpu::TextureViewDimension::D2,
                        ),
                    ),
                    entry(
                        1,
                        fragment,
                        wgpu::BindingType::Sampler(wgpu::SamplerBindingType::Filtering),
                    ),
                ],
            ),
        }
    }
}
