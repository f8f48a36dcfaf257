//! Render pipelines of the city, compiled for one set of costs.

use crate::gpu::surface::DEPTH_FORMAT;
use crate::material::frame::PassSettings;
use crate::material::layouts::Layouts;
use bevy::render::renderer::RenderDevice;
use shaders::{Bucket, look};
use wgpu::{BindGroupLayout, RenderPipeline, ShaderModule};

/// Format of the shadow map.
pub(crate) const SHADOW_FORMAT: wgpu::TextureFormat = wgpu::TextureFormat::Depth32Float;

/// Something that a pipeline draws.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pass {
    /// Untextured triangles of a bucket.
    Tiles(Bucket),
    /// The same in low quality, while no feature has a state.
    Stateless(Bucket),
    /// Walls in low quality whose windows are too small to see.
    FarWalls {
        /// No feature has a state.
        is_stateless: bool,
    },
    /// What a scenario marks, opaque.
    OpaqueMarks,
    /// What it marks, see-through.
    BlendedMarks,
    /// Everything that it marks above the ground, while looking below it.
    FadedMarks,
    /// Lines along the edges of near bodies.
    Edges,
    /// The ground in known depths, in underground mode.
    DepthGrid,
    Textured,
    Sky,
    Shadow,
}

impl Pass {
    const COUNT: usize = 2 * Bucket::COUNT + 10;

    const fn slot(self) -> usize {
        match self {
            Self::Tiles(bucket) => bucket as usize,
            Self::Stateless(bucket) => Bucket::COUNT + bucket as usize,
            Self::Textured => 2 * Bucket::COUNT,
            Self::Sky => 2 * Bucket::COUNT + 1,
            Self::Shadow => 2 * Bucket::COUNT + 2,
            Self::OpaqueMarks => 2 * Bucket::COUNT + 3,
            Self::BlendedMarks => 2 * Bucket::COUNT + 4,
            Self::FadedMarks => 2 * Bucket::COUNT + 5,
            Self::FarWalls { is_stateless } => 2 * Bucket::COUNT + 6 + is_stateless as usize,
            Self::Edges => 2 * Bucket::COUNT + 8,
            Self::DepthGrid => 2 * Bucket::COUNT + 9,
        }
    }
}

/// Pipelines for one set of costs, each compiled when it is first needed: a first picture waits for few of them.
pub(crate) struct Pipelines {
    pub(crate) settings: PassSettings,
    color_format: wgpu::TextureFormat,
    compiled: [Option<RenderPipeline>; Pass::COUNT],
}

/// WGSL of every pass, read by the browser once a device.
pub(crate) struct Modules {
    city: ShaderModule,
    sky: ShaderModule,
    shadow: ShaderModule,
}

impl Modules {
    /// Hands the sources to the browser.
    pub(crate) fn new(device: &RenderDevice) -> Self {
        let create = |label, source: &'static str| {
            device.wgpu_device().create_shader_module(wgpu::ShaderModuleDescriptor {
                label: Some(label),
                source: wgpu::ShaderSource::Wgsl(source.into()),
            })
        };
        Self {
            city: create("city", shaders::CITY),
            sky: create("sky", shaders::SKY),
            shadow: create("shadow", shaders::SHADOW),
        }
    }
}

const POSITION: wgpu::VertexBufferLayout<'static> = wgpu::VertexBufferLayout {
    array_stride: shaders::POSITION_STRIDE_BYTES,
    step_mode: wgpu::VertexStepMode::Vertex,
    attributes: &wgpu::vertex_attr_array![0 => Float32x3],
};
const ATTRIBUTES: wgpu::VertexBufferLayout<'static> = wgpu::VertexBufferLayout {
    array_stride: shaders::ATTRIBUTE_STRIDE_BYTES,
    step_mode: wgpu::VertexStepMode::Vertex,
    attributes: &wgpu::vertex_attr_array![1 => Uint32x4, 2 => Uint32],
};
const INSTANCE: wgpu::VertexBufferLayout<'static> = wgpu::VertexBufferLayout {
    array_stride: shaders::INSTANCE_STRIDE_BYTES,
    step_mode: wgpu::VertexStepMode::Instance,
    attributes: &wgpu::vertex_attr_array![3 => Float32x4],
};
const UVS: wgpu::VertexBufferLayout<'static> = wgpu::VertexBufferLayout {
    array_stride: 8,
    step_mode: wgpu::VertexStepMode::Vertex,
    attributes: &wgpu::vertex_attr_array![4 => Float32x2],
};

/// What sets one pipeline apart from the others.
#[derive(Clone)]
struct Variant<'a> {
    label: &'static str,
    module: &'a ShaderModule,
    vertex: &'static str,
    fragment: Option<&'static str>,
    groups: &'a [Option<&'a BindGroupLayout>],
    buffers: &'a [wgpu::VertexBufferLayout<'static>],
    blend: Option<wgpu::BlendState>,
    topology: wgpu::PrimitiveTopology,
    cull_mode: Option<wgpu::Face>,
    depth: wgpu::DepthStencilState,
    samples: u32,
    bucket: Bucket,
    /// Looks that it draws, see [`shaders::look`].
    looks_drawn: u32,
    /// Features may have states; low quality only.
    has_states: bool,
    /// The module is the city's, which has constants.
    has_constants: bool,
}

fn depth(format: wgpu::TextureFormat, is_written: bool, compare: wgpu::CompareFunction) -> wgpu::DepthStencilState {
    wgpu::DepthStencilState {
        format,
        depth_write_enabled: Some(is_written),
        depth_compare: Some(compare),
        stencil: wgpu::StencilState::default(),
        bias: wgpu::DepthBiasState::default(),
    }
}

impl Pipelines {
    /// None compiled yet.
    pub(crate) fn new(color_format: wgpu::TextureFormat, settings: PassSettings) -> Self {
        Self {
            settings,
            color_format,
            compiled: Default::default(),
        }
    }

    /// Compiles the pipeline of `pass` unless it stands already.
    pub(crate) fn ensure(&mut self, pass: Pass, device: &RenderDevice, modules: &Modules, layouts: &Layouts) {
        let slot = &mut self.compiled[pass.slot()];
        if slot.is_none() {
            *slot = Some(compile(
                pass,
                device,
                modules,
                layouts,
                self.color_format,
                self.settings,
            ));
        }
    }

    /// The pipeline of `pass`, when it was ensured.
    pub(crate) fn get(&self, pass: Pass) -> Option<&RenderPipeline> {
        self.compiled[pass.slot()].as_ref()
    }
}

fn compile(
    pass: Pass,
    device: &RenderDevice,
    modules: &Modules,
    layouts: &Layouts,
    color_format: wgpu::TextureFormat,
    settings: PassSettings,
) -> RenderPipeline {
    let reversed = wgpu::CompareFunction::GreaterEqual;
    let scene_and_shadow = [Some(&layouts.scene), Some(&layouts.shadow)];
    let with_texture = [Some(&layouts.scene), Some(&layouts.shadow), Some(&layouts.texture)];
    let scene_only = [Some(&layouts.scene)];
    let opaque = Variant {
        label: "opaque tiles",
        module: &modules.city,
        vertex: "city_vertex",
        fragment: Some("city_opaque"),
        groups: &scene_and_shadow,
        buffers: &[POSITION, ATTRIBUTES, INSTANCE],
        blend: None,
        topology: wgpu::PrimitiveTopology::TriangleList,
        cull_mode: Some(wgpu::Face::Back),
        depth: depth(DEPTH_FORMAT, true, reversed),
        samples: settings.samples,
        bucket: Bucket::Flat,
        looks_drawn: look::ORDINARY,
        has_states: true,
        has_constants: true,
    };
    let variant = match pass {
        Pass::Tiles(bucket) => of_bucket(&opaque, bucket, true, settings),
        Pass::Stateless(bucket) => of_bucket(&opaque, bucket, false, settings),
        Pass::FarWalls { is_stateless } => Variant {
            label: "far walls",
            vertex: "low_far_wall_vertex",
            fragment: Some("low_plain"),
            bucket: Bucket::Wall,
            has_states: !is_stateless,
            ..opaque
        },
        Pass::OpaqueMarks => Variant {
            label: "opaque marks",
            fragment: Some("city_mark"),
            looks_drawn: look::OPAQUE_MARKS,
            ..opaque
        },
        Pass::BlendedMarks | Pass::FadedMarks => Variant {
            label: "blended marks",
            fragment: Some("city_mark"),
            looks_drawn: if pass == Pass::FadedMarks {
                look::OPAQUE_MARKS | look::BLENDED_MARKS
            } else {
                look::BLENDED_MARKS
            },
            blend: Some(wgpu::BlendState::ALPHA_BLENDING),
            depth: depth(DEPTH_FORMAT, false, reversed),
            ..opaque
        },
        Pass::Edges => Variant {
            label: "edges",
            vertex: "edge_vertex",
            fragment: Some("edge_fragment"),
            blend: Some(wgpu::BlendState::ALPHA_BLENDING),
            topology: wgpu::PrimitiveTopology::LineList,
            cull_mode: None,
            depth: depth(DEPTH_FORMAT, false, reversed),
            ..opaque
        },
        Pass::DepthGrid => Variant {
            label: "depth grid",
            vertex: "grid_vertex",
            fragment: Some("grid_fragment"),
            blend: Some(wgpu::BlendState::ALPHA_BLENDING),
            depth: depth(DEPTH_FORMAT, false, reversed),
            ..opaque
        },
        Pass::Textured => Variant {
            label: "textured tiles",
            vertex: "textured_vertex",
            fragment: Some("city_textured"),
            groups: &with_texture,
            buffers: &[POSITION, ATTRIBUTES, INSTANCE, UVS],
            ..opaque
        },
        Pass::Sky => Variant {
            label: "sky",
            has_constants: false,
            module: &modules.sky,
            vertex: if settings.is_low {
                "low_sky_vertex"
            } else {
                "sky_vertex"
            },
            fragment: Some(if settings.is_low {
                "low_sky_fragment"
            } else {
                "sky_fragment"
            }),
            groups: &scene_only,
            buffers: &[],
            cull_mode: None,
            depth: depth(DEPTH_FORMAT, false, reversed),
            ..opaque
        },
        Pass::Shadow => {
            let mut shadow_depth = depth(SHADOW_FORMAT, true, wgpu::CompareFunction::LessEqual);
            shadow_depth.bias = wgpu::DepthBiasState {
                constant: 2,
                slope_scale: 2.5,
                clamp: 0.0,
            };
            Variant {
                label: "shadow map",
                has_constants: false,
                module: &modules.shadow,
                vertex: "shadow_vertex",
                fragment: None,
                groups: &scene_only,
                cull_mode: None,
                depth: shadow_depth,
                samples: 1,
                ..opaque
            }
        }
    };
    create(device, &variant, color_format, settings)
}

/// The pipeline of one bucket: in low quality by entry points of its own, else by the constant `bucket`.
fn of_bucket<'a>(opaque: &Variant<'a>, bucket: Bucket, has_states: bool, settings: PassSettings) -> Variant<'a> {
    let mut variant = Variant {
        bucket,
        has_states,
        ..opaque.clone()
    };
    if bucket == Bucket::Blended {
        variant.label = "blended tiles";
        variant.fragment = Some("city_blended");
        variant.blend = Some(wgpu::BlendState::ALPHA_BLENDING);
        variant.depth.depth_write_enabled = Some(false);
    }
    if settings.is_low {
        let (vertex, fragment) = match bucket {
            Bucket::Wall if settings.is_night => ("low_wall_vertex", "low_wall_night"),
            Bucket::Wall if has_states => ("low_wall_vertex", "low_wall_stated"),
            Bucket::Wall => ("low_wall_vertex", "low_wall"),
            Bucket::Road => ("low_road_vertex", "low_road"),
            Bucket::Water => ("low_water_vertex", "low_water"),
            Bucket::Flat | Bucket::Ground | Bucket::Pipe => ("low_plain_vertex", "low_plain"),
            Bucket::Blended => ("low_blended_vertex", "low_blended"),
        };
        variant.vertex = vertex;
        variant.fragment = Some(fragment);
    }
    variant
}

fn create(
    device: &RenderDevice,
    variant: &Variant<'_>,
    color_format: wgpu::TextureFormat,
    settings: PassSettings,
) -> RenderPipeline {
    let device = device.wgpu_device();
    let layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
        label: Some(variant.label),
        bind_group_layouts: variant.groups,
        immediate_size: 0,
    });
    let switch = |is_on: bool| f64::from(u8::from(is_on));
    let all = [
        ("bucket", f64::from(variant.bucket as u32)),
        ("is_night", switch(settings.is_night)),
        ("has_shadows", switch(settings.shadow_size > 0)),
        ("shadow_taps", f64::from(settings.shadow_taps)),
        ("looks_drawn", f64::from(variant.looks_drawn)),
        ("has_states", switch(variant.has_states)),
    ];
    let constants: &[_] = if variant.has_constants { &all } else { &[] };
    let compilation = wgpu::PipelineCompilationOptions {
        constants,
        ..Default::default()
    };
    let targets = [Some(wgpu::ColorTargetState {
        format: color_format,
        blend: variant.blend,
        write_mask: wgpu::ColorWrites::ALL,
    })];
    device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
        label: Some(variant.label),
        layout: Some(&layout),
        vertex: wgpu::VertexState {
            module: variant.module,
            entry_point: Some(variant.vertex),
            compilation_options: compilation.clone(),
            buffers: variant.buffers,
        },
        primitive: wgpu::PrimitiveState {
            topology: variant.topology,
            cull_mode: variant.cull_mode,
            ..Default::default()
        },
        depth_stencil: Some(variant.depth.clone()),
        multisample: wgpu::MultisampleState {
            count: variant.samples,
            ..Default::default()
        },
        fragment: variant.fragment.map(|entry_point| wgpu::FragmentState {
            module: variant.module,
            entry_point: Some(entry_point),
            compilation_options: compilation,
            targets: &targets,
        }),
        multiview_mask: None,
        cache: None,
    })
}
