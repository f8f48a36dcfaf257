//! Pipelines that draw overlays, compiled when the first one comes.

use crate::gpu::surface::DEPTH_FORMAT;
use crate::overlay::gpu::{DrawOverlay, Form, OverlayBuffers};
use bevy::render::renderer::RenderDevice;
use wgpu::{BindGroupLayout, RenderPipeline};

/// Pipelines of overlays for one target.
pub(crate) struct OverlayPipelines {
    target: (wgpu::TextureFormat, u32),
    layout: BindGroupLayout,
    surface: RenderPipeline,
    patches: RenderPipeline,
    lines: RenderPipeline,
    /// Lines where something hides them.
    lines_behind: RenderPipeline,
}

const VERTEX: wgpu::VertexBufferLayout<'static> = wgpu::VertexBufferLayout {
    array_stride: shaders::OVERLAY_STRIDE_BYTES,
    step_mode: wgpu::VertexStepMode::Vertex,
    attributes: &wgpu::vertex_attr_array![0 => Float32x3, 1 => Float32x2, 2 => Float32, 3 => Float32x3],
};

impl OverlayPipelines {
    /// Compiles the pipelines.
    ///
    /// * `scene` — layout of group 0; `samples` — of the target
    pub(crate) fn new(
        device: &RenderDevice,
        scene: &BindGroupLayout,
        format: wgpu::TextureFormat,
        samples: u32,
    ) -> Self {
        let device = device.wgpu_device();
        let both = wgpu::ShaderStages::VERTEX_FRAGMENT;
        let entry = |binding, ty| wgpu::BindGroupLayoutEntry {
            binding,
            visibility: both,
            ty,
            count: None,
        };
        let layout = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
            label: Some("overlay"),
            entries: &[
                entry(
                    0,
                    wgpu::BindingType::Buffer {
                        ty: wgpu::BufferBindingType::Uniform,
                        has_dynamic_offset: false,
                        min_binding_size: None,
                    },
                ),
                entry(
                    1,
                    wgpu::BindingType::Texture {
                        sample_type: wgpu::TextureSampleType::Uint,
                        view_dimension: wgpu::TextureViewDimension::D2Array,
                        multisampled: false,
                    },
                ),
            ],
        });
        let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some("overlay"),
            source: wgpu::ShaderSource::Wgsl(shaders::OVERLAY.into()),
        });
        let groups = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some("overlay"),
            bind_group_layouts: &[Some(scene), Some(&layout)],
            immediate_size: 0,
        });
        let create = |form: Form, is_behind: bool| {
            let switch = |is_on: bool| f64::from(u8::from(is_on));
            let constants = [
                ("is_surface", switch(form == Form::Surface)),
                ("is_line", switch(form == Form::Lines)),
                ("is_behind", switch(is_behind)),
            ];
            let compilation = wgpu::PipelineCompilationOptions {
                constants: &constants,
                ..Default::default()
            };
            device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
                label: Some("overlay"),
                layout: Some(&groups),
                vertex: wgpu::VertexState {
                    module: &module,
                    entry_point: Some("overlay_vertex"),
                    compilation_options: compilation.clone(),
                    buffers: &[VERTEX],
                },
                primitive: wgpu::PrimitiveState {
                    // the ground is seen from below in the underground mode, a façade only from outside
                    cull_mode: (form == Form::Patches).then_some(wgpu::Face::Back),
                    ..Default::default()
                },
                depth_stencil: Some(wgpu::DepthStencilState {
                    format: DEPTH_FORMAT,
                    depth_write_enabled: Some(false),
                    depth_compare: Some(if is_behind {
                        wgpu::CompareFunction::Less
                    } else {
                        wgpu::CompareFunction::GreaterEqual
                    }),
                    stencil: wgpu::StencilState::default(),
                    bias: wgpu::DepthBiasState::default(),
                }),
                multisample: wgpu::MultisampleState {
                    count: samples,
                    ..Default::default()
                },
                fragment: Some(wgpu::FragmentState {
                    module: &module,
                    entry_point: Some("overlay_fragment"),
                    compilation_options: compilation,
                    targets: &[Some(wgpu::ColorTargetState {
                        format,
                        blend: Some(wgpu::BlendState::ALPHA_BLENDING),
                        write_mask: wgpu::ColorWrites::ALL,
                    })],
                }),
                multiview_mask: None,
                cache: None,
            })
        };
        Self {
            target: (format, samples),
            surface: create(Form::Surface, false),
            patches: create(Form::Patches, false),
            lines: create(Form::Lines, false),
            lines_behind: create(Form::Lines, true),
            layout,
        }
    }

    /// True when they draw to such a target.
    pub(crate) fn fit(&self, format: wgpu::TextureFormat, samples: u32) -> bool {
        self.target == (format, samples)
    }

    /// The pipelines that draw an overlay, one after the other.
    pub(crate) fn of(&self, overlay: &DrawOverlay) -> impl Iterator<Item = &RenderPipeline> {
        let (first, second) = match overlay.form {
            Form::Surface => (&self.surface, None),
            Form::Patches => (&self.patches, None),
            Form::Lines => (&self.lines, overlay.is_through.then_some(&self.lines_behind)),
        };
        // what is hidden first: it lies behind
        second.into_iter().chain([first])
    }

    /// Binds the uniform and values of an overlay.
    pub(crate) fn group(&self, device: &RenderDevice, buffers: &OverlayBuffers) -> wgpu::BindGroup {
        device.wgpu_device().create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("overlay"),
            layout: &self.layout,
            entries: &[
                wgpu::BindGroupEntry {
                    binding: 0,
                    resource: buffers.uniform.as_entire_binding(),
                },
                wgpu::BindGroupEntry {
                    binding: 1,
                    resource: wgpu::BindingResource::TextureView(&buffers.values),
                },
            ],
        })
    }
}
