//! Everything on the GPU that outlives a frame. Created anew whenever bevy gets a device.

use crate::engine::frame_loop;
use crate::gpu::device_loss;
use crate::gpu::surface::{Canvas, CanvasSurface};
use crate::material::feature_table::FeatureTable;
use crate::material::frame::{FrameInput, PassSettings};
use crate::material::layouts::Layouts;
use crate::material::pipelines::{Modules, Pass, Pipelines, SHADOW_FORMAT};
use crate::overlay::OverlayPipelines;
use bevy::prelude::{Commands, Local, Res, ResMut, Resource};
use bevy::render::MainWorld;
use bevy::render::renderer::{RenderAdapter, RenderDevice, RenderInstance, RenderQueue};
use shaders::{FeatureRow, Scene};
use viewer_core::compare::MAX_SIDES;
use viewer_core::state::ROW_WORDS;

/// GPU state of the city.
#[derive(Resource)]
pub(crate) struct CityRenderer {
    pub(crate) modules: Modules,
    pub(crate) layouts: Layouts,
    pipelines: Option<Pipelines>,
    /// Uniform of each picture of a frame.
    pub(crate) scenes: [wgpu::Buffer; MAX_SIDES],
    pub(crate) features: Option<wgpu::Buffer>,
    /// Bind groups of uniform and feature table, a picture each; none before the table is there.
    pub(crate) scene_groups: Vec<wgpu::BindGroup>,
    /// Shadow maps; none before the first frame.
    pub(crate) shadow_maps: Option<ShadowMaps>,
    /// Compiled when the first layer of a simulation is drawn.
    pub(crate) overlays: Option<OverlayPipelines>,
    shadow_size: u32,
    /// The shadow maps are to be drawn anew; stays until they are.
    pub(crate) is_map_stale: bool,
    pub(crate) instances: wgpu::Buffer,
    pub(crate) texture_sampler: wgpu::Sampler,
    /// The first tiles were drawn on this device.
    pub(crate) has_drawn_tiles: bool,
}

/// Shadow maps, one for each set of things that stand, with the bind group that looks them up.
pub(crate) struct ShadowMaps {
    pub(crate) layers: Vec<wgpu::TextureView>,
    pub(crate) group: wgpu::BindGroup,
}

/// Builds the renderer on the device that bevy just got.
pub(crate) fn create(
    mut commands: Commands<'_, '_>,
    device: Res<'_, RenderDevice>,
    instance: Res<'_, RenderInstance>,
    adapter: Res<'_, RenderAdapter>,
    canvas: Res<'_, Canvas>,
    mut is_replacement: Local<'_, bool>,
) {
    match CanvasSurface::new(&instance, &adapter, &canvas) {
        Ok(surface) => commands.insert_resource(surface),
        Err(err) => {
            bevy::log::error!(%err, "no surface");
            return;
        }
    }
    commands.insert_resource(CityRenderer::new(&device));
    frame_loop::forget_submitted();
    if std::mem::replace(&mut *is_replacement, true) {
        device_loss::finish();
    }
}

/// Takes the frame over from the main world and copies changed rows of the feature table.
pub(crate) fn extract(
    mut main: ResMut<'_, MainWorld>,
    mut frame: ResMut<'_, FrameInput>,
    renderer: Option<ResMut<'_, CityRenderer>>,
    device: Option<Res<'_, RenderDevice>>,
    queue: Option<Res<'_, RenderQueue>>,
) {
    *frame = std::mem::take(&mut *main.resource_mut::<FrameInput>());
    if let (Some(mut renderer), Some(device), Some(queue)) = (renderer, device, queue) {
        renderer.update_features(&device, &queue, &mut main.resource_mut::<FeatureTable>());
    }
}

impl CityRenderer {
    fn new(device: &RenderDevice) -> Self {
        let layouts = Layouts::new(device);
        let scenes = std::array::from_fn(|_| {
            device.wgpu_device().create_buffer(&wgpu::BufferDescriptor {
                label: Some("scene"),
                size: size_of::<Scene>() as u64,
                usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
                mapped_at_creation: false,
            })
        });
        Self {
            modules: Modules::new(device),
            pipelines: None,
            scenes,
            features: None,
            scene_groups: Vec::new(),
            shadow_maps: None,
            overlays: None,
            shadow_size: 1,
            is_map_stale: true,
            instances: create_instances(device, 256),
            texture_sampler: device.wgpu_device().create_sampler(&wgpu::SamplerDescriptor {
                label: Some("tile texture"),
                // what glTF means where a texture says nothing else
                address_mode_u: wgpu::AddressMode::Repeat,
                address_mode_v: wgpu::AddressMode::Repeat,
                mag_filter: wgpu::FilterMode::Linear,
                min_filter: wgpu::FilterMode::Linear,
                ..Default::default()
            }),
            has_drawn_tiles: false,
            layouts,
        }
    }

    fn update_features(&mut self, device: &RenderDevice, queue: &RenderQueue, table: &mut FeatureTable) {
        table.is_changed = false;
        let changed = table.states.take_changed();
        let words = table.states.words();
        // an empty table still needs a row, since a binding of size 0 is not allowed
        let wanted_bytes = size_of_val(words).max(size_of::<FeatureRow>()) as u64;
        if let Some(buffer) = self.features.as_ref().filter(|buffer| buffer.size() == wanted_bytes) {
            for rows in changed {
                let offset = (rows.start * size_of::<FeatureRow>()) as u64;
                let words = &words[rows.start * ROW_WORDS..rows.end * ROW_WORDS];
                queue.write_buffer(buffer, offset, bytemuck::cast_slice(words));
            }
            return;
        }
        let buffer = device.wgpu_device().create_buffer(&wgpu::BufferDescriptor {
            label: Some("feature table"),
            size: wanted_bytes,
            usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        queue.write_buffer(&buffer, 0, bytemuck::cast_slice(words));
        let group = |scene: &wgpu::Buffer| {
            device.wgpu_device().create_bind_group(&wgpu::BindGroupDescriptor {
                label: Some("scene"),
                layout: &self.layouts.scene,
                entries: &[
                    wgpu::BindGroupEntry {
                        binding: 0,
                        resource: scene.as_entire_binding(),
                    },
                    wgpu::BindGroupEntry {
                        binding: 1,
                        resource: buffer.as_entire_binding(),
                    },
                ],
            })
        };
        self.scene_groups = self.scenes.iter().map(group).collect();
        self.features = Some(buffer);
    }

    /// Makes room for pipelines of `settings` and `num_maps` shadow maps unless they stand already; true when a map is
    /// new.
    pub(crate) fn prepare(
        &mut self,
        device: &RenderDevice,
        color_format: wgpu::TextureFormat,
        settings: PassSettings,
        num_maps: usize,
    ) -> bool {
        if self.pipelines.as_ref().is_none_or(|p| p.settings != settings) {
            self.pipelines = Some(Pipelines::new(color_format, settings));
        }
        let size = settings.shadow_size.max(1);
        if self.shadow_size != size {
            self.shadow_size = size;
            self.shadow_maps = None;
        }
        // maps of a comparison that is over are given back
        let is_new = self
            .shadow_maps
            .as_ref()
            .is_none_or(|maps| maps.layers.len() != num_maps);
        if is_new {
            self.shadow_maps = Some(create_shadow_maps(device, &self.layouts, size, num_maps as u32));
        }
        is_new
    }

    /// Compiles the pipelines of overlays unless they stand already.
    pub(crate) fn ensure_overlays(&mut self, device: &RenderDevice, format: wgpu::TextureFormat, samples: u32) {
        if self
            .overlays
            .as_ref()
            .is_none_or(|pipelines| !pipelines.fit(format, samples))
        {
            self.overlays = Some(OverlayPipelines::new(device, &self.layouts.scene, format, samples));
        }
    }

    /// Compiles a pipeline unless it stands already.
    pub(crate) fn ensure(&mut self, pass: Pass, device: &RenderDevice) {
        if let Some(pipelines) = &mut self.pipelines {
            pipelines.ensure(pass, device, &self.modules, &self.layouts);
        }
    }

    /// A pipeline that was ensured.
    pub(crate) fn pipeline(&self, pass: Pass) -> Option<&wgpu::RenderPipeline> {
        self.pipelines.as_ref()?.get(pass)
    }

    /// Writes one row a tile, enlarging the buffer when needed.
    pub(crate) fn write_instances(&mut self, device: &RenderDevice, queue: &RenderQueue, rows: &[[f32; 4]]) {
        let bytes: &[u8] = bytemuck::cast_slice(rows);
        if self.instances.size() < bytes.len() as u64 {
            self.instances = create_instances(device, rows.len().next_power_of_two());
        }
        queue.write_buffer(&self.instances, 0, bytes);
    }

    /// Bind group of a tile's texture.
    pub(crate) fn texture_group(&self, device: &RenderDevice, view: &wgpu::TextureView) -> wgpu::BindGroup {
        device.wgpu_device().create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("tile texture"),
            layout: &self.layouts.texture,
            entries: &[
                wgpu::BindGroupEntry {
                    binding: 0,
                    resource: wgpu::BindingResource::TextureView(view),
                },
                wgpu::BindGroupEntry {
                    binding: 1,
                    resource: wgpu::BindingResource::Sampler(&self.texture_sampler),
                },
            ],
        })
    }
}

fn create_instances(device: &RenderDevice, rows: usize) -> wgpu::Buffer {
    device.wgpu_device().create_buffer(&wgpu::BufferDescriptor {
        label: Some("tile origins"),
        size: rows as u64 * shaders::INSTANCE_STRIDE_BYTES,
        usage: wgpu::BufferUsages::VERTEX | wgpu::BufferUsages::COPY_DST,
        mapped_at_creation: false,
    })
}

fn create_shadow_maps(device: &RenderDevice, layouts: &Layouts, size: u32, num_maps: u32) -> ShadowMaps {
    let device = device.wgpu_device();
    let texture = device.create_texture(&wgpu::TextureDescriptor {
        label: Some("shadow map"),
        size: wgpu::Extent3d {
            width: size,
            height: size,
            depth_or_array_layers: num_maps,
        },
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format: SHADOW_FORMAT,
        usage: wgpu::TextureUsages::RENDER_ATTACHMENT | wgpu::TextureUsages::TEXTURE_BINDING,
        view_formats: &[],
    });
    let all = texture.create_view(&wgpu::TextureViewDescriptor {
        dimension: Some(wgpu::TextureViewDimension::D2Array),
        ..Default::default()
    });
    let layer = |base_array_layer| wgpu::TextureViewDescriptor {
        dimension: Some(wgpu::TextureViewDimension::D2),
        base_array_layer,
        array_layer_count: Some(1),
        ..Default::default()
    };
    let layers = (0..num_maps).map(|at| texture.create_view(&layer(at))).collect();
    let sampler = device.create_sampler(&wgpu::SamplerDescriptor {
        label: Some("shadow map"),
        mag_filter: wgpu::FilterMode::Linear,
        min_filter: wgpu::FilterMode::Linear,
        compare: Some(wgpu::CompareFunction::LessEqual),
        ..Default::default()
    });
    let group = device.create_bind_group(&wgpu::BindGroupDescriptor {
        label: Some("shadow map"),
        layout: &layouts.shadow,
        entries: &[
            wgpu::BindGroupEntry {
                binding: 0,
                resource: wgpu::BindingResource::TextureView(&all),
            },
            wgpu::BindGroupEntry {
                binding: 1,
                resource: wgpu::BindingResource::Sampler(&sampler),
            },
        ],
    });
    ShadowMaps { layers, group }
}
