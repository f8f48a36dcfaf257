//! The frame: shadow maps when stale, then picture by picture opaque tiles front to back, sky, blended tiles back to front.

use crate::engine::frame_loop;
use crate::gpu::surface::{CanvasSurface, FrameTarget};
use crate::material::frame::{FrameInput, FrameView, Marks, ViewTile};
use crate::material::mesh::GpuPrimitive;
use crate::material::pipelines::Pass;
use crate::material::renderer::CityRenderer;
use bevy::prelude::{Res, ResMut};
use bevy::render::renderer::{RenderDevice, RenderQueue};
use shaders::Bucket;
use shaders::depth_grid::LEVELS_M;
use std::ops::Range;

/// Name of the mark in the browser's timeline; the shell reads it back.
const FIRST_PIXELS: &str = "chengjing:first-pixels";

/// Draws [`FrameInput`] when it is wanted.
pub(crate) fn draw_frame(
    frame: Res<'_, FrameInput>,
    renderer: Option<ResMut<'_, CityRenderer>>,
    surface: Option<ResMut<'_, CanvasSurface>>,
    device: Res<'_, RenderDevice>,
    queue: Res<'_, RenderQueue>,
) {
    let (Some(mut renderer), Some(mut surface)) = (renderer, surface) else {
        return;
    };
    if !frame.is_wanted || frame.views.is_empty() || frame.size_px.contains(&0) {
        return;
    }
    let num_maps = frame.views.iter().map(|view| view.shadow + 1).max().unwrap_or(1);
    let is_map_new = renderer.prepare(&device, surface.color_format(), frame.settings, num_maps);
    renderer.is_map_stale |= frame.is_shadow_stale || is_map_new;
    let is_map_drawn = frame.settings.shadow_size > 0 && renderer.is_map_stale;
    for pass in passes(&frame, is_map_drawn) {
        renderer.ensure(pass, &device);
    }
    if !frame.overlays.is_empty() {
        renderer.ensure_overlays(&device, surface.color_format(), frame.settings.samples);
    }
    for overlay in &frame.overlays {
        queue.write_buffer(&overlay.buffers.uniform, 0, bytemuck::bytes_of(&overlay.uniform));
    }
    for (view, scene) in frame.views.iter().zip(&renderer.scenes) {
        queue.write_buffer(scene, 0, bytemuck::bytes_of(&view.scene));
    }
    let rows = instance_rows(&frame);
    renderer.write_instances(&device, &queue, &rows);
    let Some(target) = surface.acquire(&device, frame.size_px, frame.settings.samples) else {
        return;
    };
    let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("city") });
    if is_map_drawn {
        for map in 0..num_maps {
            draw_shadow_map(&mut encoder, &renderer, &frame, map);
        }
        renderer.is_map_stale = false;
    }
    draw_city(&mut encoder, &renderer, &frame, &target, &device);
    queue.submit([encoder.finish()]);
    target.present();
    let is_first = !frame.tiles.is_empty() && !renderer.has_drawn_tiles;
    renderer.has_drawn_tiles |= is_first;
    let submission = frame_loop::submitted();
    queue.on_submitted_work_done(move || {
        if is_first {
            frame_loop::mark(FIRST_PIXELS);
        }
        frame_loop::completed(submission);
    });
}

/// Depths that a frame shows, from below upwards, metres.
fn depths(frame: &FrameInput) -> &'static [f32] {
    if frame.is_underground { &LEVELS_M } else { &[] }
}

/// A row a tile, then the same once more for each depth.
fn instance_rows(frame: &FrameInput) -> Vec<[f32; 4]> {
    let at_depth = |depth_m: f32| {
        let tiles = frame.tiles.iter().map(|tile| tile.tile_from_eye);
        tiles.map(move |[x, y, z, _]| [x, y, z, depth_m])
    };
    at_depth(0.0)
        .chain(depths(frame).iter().flat_map(|depth_m| at_depth(*depth_m)))
        .collect()
}

/// Pipelines that a frame needs.
fn passes(frame: &FrameInput, has_shadow: bool) -> Vec<Pass> {
    let primitives = || frame.tiles.iter().flat_map(|tile| tile.primitives.iter());
    let has_bucket = |bucket: Bucket| primitives().any(|p| !p.buckets[bucket as usize].is_empty());
    let has_marks = |is_marked: fn(Marks) -> bool| {
        let mut tiles = frame.views.iter().flat_map(|view| &view.tiles);
        tiles.any(|tile| is_marked(tile.marks))
    };
    let (has_opaque, has_blended) = (has_marks(|m| m.has_opaque), has_marks(|m| m.has_blended));
    let mut passes = vec![Pass::Sky];
    passes.extend(
        Bucket::OPAQUE
            .into_iter()
            .filter(|b| has_bucket(*b))
            .map(|b| bucket_pass(frame, b)),
    );
    let is_stateless = frame.is_stateless;
    let others = [
        (
            Pass::FarWalls { is_stateless },
            frame.settings.is_low && has_bucket(Bucket::Wall),
        ),
        (Pass::Textured, primitives().any(|p| p.texture.is_some())),
        (
            bucket_pass(frame, Bucket::Blended),
            frame.is_underground || has_bucket(Bucket::Blended),
        ),
        (Pass::Shadow, has_shadow),
        (Pass::Edges, has_edges(frame)),
        (Pass::DepthGrid, frame.is_underground),
        (Pass::OpaqueMarks, has_opaque),
        (Pass::BlendedMarks, has_blended),
        (Pass::FadedMarks, frame.is_underground && (has_opaque || has_blended)),
    ];
    passes.extend(
        others
            .into_iter()
            .filter(|(_, is_needed)| *is_needed)
            .map(|(pass, _)| pass),
    );
    passes
}

/// Low quality does without: a line costs a software renderer as much as a triangle.
fn has_edges(frame: &FrameInput) -> bool {
    !frame.settings.is_low
}

fn bucket_pass(frame: &FrameInput, bucket: Bucket) -> Pass {
    if frame.settings.is_low && frame.is_stateless {
        Pass::Stateless(bucket)
    } else {
        Pass::Tiles(bucket)
    }
}

fn draw_shadow_map(encoder: &mut wgpu::CommandEncoder, renderer: &CityRenderer, frame: &FrameInput, map: usize) {
    let maps = renderer.shadow_maps.as_ref();
    let (Some(pipeline), Some(layer)) = (renderer.pipeline(Pass::Shadow), maps.and_then(|m| m.layers.get(map))) else {
        return;
    };
    let view = frame
        .views
        .iter()
        .position(|view| view.shadow == map)
        .unwrap_or_default();
    let Some(scene_group) = renderer.scene_groups.get(view) else {
        return;
    };
    let mut pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
        label: Some("shadow map"),
        depth_stencil_attachment: Some(wgpu::RenderPassDepthStencilAttachment {
            view: layer,
            depth_ops: Some(wgpu::Operations {
                load: wgpu::LoadOp::Clear(1.0),
                store: wgpu::StoreOp::Store,
            }),
            stencil_ops: None,
        }),
        ..Default::default()
    });
    pass.set_pipeline(pipeline);
    pass.set_bind_group(0, scene_group, &[]);
    pass.set_vertex_buffer(2, renderer.instances.slice(..));
    let all = (0..).zip(&frame.tiles);
    for (row, primitive) in all.flat_map(|(row, tile)| tile.primitives.iter().map(move |p| (row, p))) {
        let opaque = opaque_range(primitive);
        if !primitive.is_below_ground && !opaque.is_empty() {
            draw(&mut pass, primitive, opaque, row);
        }
    }
}

fn draw_city(
    encoder: &mut wgpu::CommandEncoder,
    renderer: &CityRenderer,
    frame: &FrameInput,
    target: &FrameTarget,
    device: &RenderDevice,
) {
    let (view, resolve_target) = match &target.multisampled {
        Some(multisampled) => (multisampled, Some(&target.color)),
        None => (&target.color, None),
    };
    let is_resolved = resolve_target.is_some();
    let mut pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
        label: Some("city"),
        color_attachments: &[Some(wgpu::RenderPassColorAttachment {
            view,
            depth_slice: None,
            resolve_target,
            ops: wgpu::Operations {
                load: wgpu::LoadOp::Clear(background(frame)),
                store: if is_resolved {
                    wgpu::StoreOp::Discard
                } else {
                    wgpu::StoreOp::Store
                },
            },
        })],
        depth_stencil_attachment: Some(wgpu::RenderPassDepthStencilAttachment {
            view: &target.depth,
            depth_ops: Some(wgpu::Operations {
                load: wgpu::LoadOp::Clear(0.0),
                store: wgpu::StoreOp::Discard,
            }),
            stencil_ops: None,
        }),
        ..Default::default()
    });
    pass.set_vertex_buffer(2, renderer.instances.slice(..));
    let Some(view) = frame
        .views
        .first()
        .filter(|_| renderer.scene_groups.len() >= frame.views.len())
    else {
        return;
    };
    let mut painter = Painter {
        pass: &mut pass,
        renderer,
        frame,
        view,
        tiles: &[],
    };
    painter.enter_shared();
    painter.draw_opaque(device);
    for at in 0..frame.views.len() {
        painter.enter(at);
        painter.draw_opaque(device);
        painter.draw_marks(Pass::OpaqueMarks, |marks| marks.has_opaque);
        painter.draw_sky();
    }
    painter.enter_shared();
    painter.draw_depths();
    painter.draw_edges();
    painter.draw_blended();
    for at in 0..frame.views.len() {
        painter.enter(at);
        painter.draw_depths();
        painter.draw_edges();
        // fills lie on the ground: what is removed stands over them
        painter.draw_blended();
        painter.draw_marks(Pass::BlendedMarks, |marks| marks.has_blended);
        painter.draw_faded_marks();
        painter.draw_overlays(at, device);
    }
}

/// What the target is cleared to: in low quality the sky leaves the near plain to it.
fn background(frame: &FrameInput) -> wgpu::Color {
    let near_plain = frame
        .views
        .first()
        .filter(|_| frame.settings.is_low)
        .map(|view| view.scene.near_plain());
    let [r, g, b] = near_plain.unwrap_or_default().map(f64::from);
    wgpu::Color { r, g, b, a: 1.0 }
}

/// An untextured primitive as the eye sees it.
struct PlainDraw<'a> {
    row: u32,
    primitive: &'a GpuPrimitive,
    /// Facings that the eye may see.
    seen: u32,
    /// Its windows are too small to see.
    hides_windows: bool,
}

/// Draws one picture.
struct Painter<'a, 'p> {
    pass: &'a mut wgpu::RenderPass<'p>,
    renderer: &'a CityRenderer,
    frame: &'a FrameInput,
    view: &'a FrameView,
    /// What is to be drawn, nearest first.
    tiles: &'a [ViewTile],
}

impl<'a> Painter<'a, '_> {
    /// Goes on with a picture and its own tiles.
    fn enter(&mut self, at: usize) {
        let frame = self.frame;
        self.place(at, frame.views[at].scissor_px);
        self.tiles = &frame.views[at].tiles;
    }

    /// Goes on with what all pictures share, by the uniform of the first.
    fn enter_shared(&mut self) {
        let frame = self.frame;
        self.place(0, frame.views[0].viewport_px.map(|px| px as u32));
        self.tiles = &frame.shared;
    }

    fn place(&mut self, at: usize, scissor_px: [u32; 4]) {
        let frame = self.frame;
        self.view = &frame.views[at];
        let [left, top, width, height] = self.view.viewport_px;
        self.pass.set_viewport(left, top, width, height, 0.0, 1.0);
        let [left, top, width, height] = scissor_px;
        self.pass.set_scissor_rect(left, top, width, height);
        if let Some(scene_group) = self.renderer.scene_groups.get(at) {
            self.pass.set_bind_group(0, scene_group, &[]);
        }
        if let Some(maps) = &self.renderer.shadow_maps {
            self.pass.set_bind_group(1, &maps.group, &[]);
        }
    }

    /// True for what is drawn translucent because the view looks below it.
    fn is_faded(&self, primitive: &GpuPrimitive) -> bool {
        self.frame.is_underground && !primitive.is_below_ground
    }

    /// Primitives of the picture with the rows of their tiles in the instance buffer, nearest first.
    fn primitives(&self) -> impl DoubleEndedIterator<Item = (u32, Marks, &'a GpuPrimitive)> + use<'a> {
        let frame = self.frame;
        self.tiles.iter().flat_map(move |tile| {
            let primitives = frame
                .tiles
                .get(tile.row as usize)
                .map_or(&[][..], |t| t.primitives.as_slice());
            primitives
                .iter()
                .map(move |primitive| (tile.row, tile.marks, primitive))
        })
    }

    fn draw_opaque(&mut self, device: &RenderDevice) {
        let has_far_walls = self.frame.settings.is_low;
        let pixel_rad = self.view.scene.pixel_rad();
        let plain: Vec<_> = self
            .primitives()
            .filter(|(_, _, primitive)| primitive.texture.is_none() && !self.is_faded(primitive))
            .map(|(row, _, primitive)| {
                let tile_from_eye = self.frame.tiles[row as usize].tile_from_eye;
                PlainDraw {
                    row,
                    primitive,
                    seen: primitive.seen_from(tile_from_eye),
                    hides_windows: has_far_walls && primitive.hides_windows(tile_from_eye, pixel_rad),
                }
            })
            .collect();
        // what stands comes first: its far part lies behind its near part
        let is_stateless = self.frame.is_stateless;
        for bucket in Bucket::OPAQUE {
            let is_near = |d: &&PlainDraw<'_>| bucket != Bucket::Wall || !d.hides_windows;
            self.draw_plain(bucket_pass(self.frame, bucket), bucket, plain.iter().filter(is_near));
            if bucket == Bucket::Wall && has_far_walls {
                let far = plain.iter().filter(|d| d.hides_windows);
                self.draw_plain(Pass::FarWalls { is_stateless }, bucket, far);
            }
        }
        self.draw_textured(device);
    }

    fn draw_plain<'d>(&mut self, pass: Pass, bucket: Bucket, draws: impl Iterator<Item = &'d PlainDraw<'d>>) {
        let Some(pipeline) = self.renderer.pipeline(pass) else {
            return;
        };
        let mut is_set = false;
        for PlainDraw {
            row, primitive, seen, ..
        } in draws
        {
            for indices in primitive.seen_ranges(bucket, *seen) {
                if !is_set {
                    self.pass.set_pipeline(pipeline);
                    is_set = true;
                }
                draw(self.pass, primitive, indices, *row);
            }
        }
    }

    fn draw_textured(&mut self, device: &RenderDevice) {
        let Some(pipeline) = self.renderer.pipeline(Pass::Textured) else {
            return;
        };
        let mut is_set = false;
        for (row, _, primitive) in self.primitives() {
            let Some(texture) = primitive.texture.as_ref().filter(|_| !self.is_faded(primitive)) else {
                continue;
            };
            if !is_set {
                self.pass.set_pipeline(pipeline);
                is_set = true;
            }
            let group = self.renderer.texture_group(device, &texture.view);
            self.pass.set_bind_group(2, &group, &[]);
            self.pass.set_vertex_buffer(3, texture.uvs.slice(..));
            draw(self.pass, primitive, opaque_range(primitive), row);
        }
    }

    fn draw_sky(&mut self) {
        if let Some(pipeline) = self.renderer.pipeline(Pass::Sky) {
            self.pass.set_pipeline(pipeline);
            let is_low = self.frame.settings.is_low;
            self.pass
                .draw(0..if is_low { shaders::LOW_SKY_VERTICES } else { 3 }, 0..1);
        }
    }

    /// The ground in known depths, deepest first.
    fn draw_depths(&mut self) {
        let (frame, tiles) = (self.frame, self.frame.tiles.len() as u32);
        let Some(pipeline) = self.renderer.pipeline(Pass::DepthGrid) else {
            return;
        };
        let mut is_set = false;
        for level in 1..=depths(frame).len() as u32 {
            for (row, _, primitive) in self.primitives() {
                let ground = ground_range(primitive);
                if ground.is_empty() || primitive.is_below_ground {
                    continue;
                }
                if !is_set {
                    self.pass.set_pipeline(pipeline);
                    is_set = true;
                }
                draw(self.pass, primitive, ground, row + level * tiles);
            }
        }
    }

    /// Lines along the edges of bodies that are near enough.
    fn draw_edges(&mut self) {
        let Some(pipeline) = self.renderer.pipeline(Pass::Edges).filter(|_| has_edges(self.frame)) else {
            return;
        };
        let mut is_set = false;
        for (row, _, primitive) in self.primitives() {
            let Some(edges) = primitive.edges.get().filter(|edges| edges.num_indices > 0) else {
                continue;
            };
            if !is_set {
                self.pass.set_pipeline(pipeline);
                is_set = true;
            }
            self.pass.set_vertex_buffer(0, primitive.positions.slice(..));
            self.pass.set_vertex_buffer(1, primitive.attributes.slice(..));
            self.pass
                .set_index_buffer(edges.indices.slice(..), wgpu::IndexFormat::Uint32);
            self.pass.draw_indexed(0..edges.num_indices, 0, row..row + 1);
        }
    }

    /// What a scenario marks in tiles that hold such things; ordinary pipelines have left it out.
    fn draw_marks(&mut self, kind: Pass, is_wanted: fn(Marks) -> bool) {
        let Some(pipeline) = self.renderer.pipeline(kind) else {
            return;
        };
        let mut is_set = false;
        for (row, marks, primitive) in self.primitives() {
            let opaque = opaque_range(primitive);
            if !is_wanted(marks) || opaque.is_empty() || self.is_faded(primitive) {
                continue;
            }
            if !is_set {
                self.pass.set_pipeline(pipeline);
                is_set = true;
            }
            draw(self.pass, primitive, opaque, row);
        }
    }

    fn draw_blended(&mut self) {
        let Some(pipeline) = self.renderer.pipeline(bucket_pass(self.frame, Bucket::Blended)) else {
            return;
        };
        let mut is_set = false;
        for (row, _, primitive) in self.primitives().rev() {
            let blended = primitive.buckets[Bucket::Blended as usize].clone();
            let range = if self.is_faded(primitive) {
                0..blended.end
            } else {
                blended
            };
            if range.is_empty() {
                continue;
            }
            if !is_set {
                self.pass.set_pipeline(pipeline);
                is_set = true;
            }
            draw(self.pass, primitive, range, row);
        }
    }

    /// Layers of simulations, over everything that stands before them.
    fn draw_overlays(&mut self, at: usize, device: &RenderDevice) {
        let Some(pipelines) = &self.renderer.overlays else {
            return;
        };
        for overlay in self.frame.overlays.iter().filter(|overlay| overlay.pane == at) {
            let group = pipelines.group(device, &overlay.buffers);
            self.pass.set_bind_group(1, &group, &[]);
            self.pass.set_vertex_buffer(0, overlay.buffers.vertices.slice(..));
            self.pass
                .set_index_buffer(overlay.buffers.indices.slice(..), wgpu::IndexFormat::Uint32);
            for pipeline in pipelines.of(overlay) {
                self.pass.set_pipeline(pipeline);
                self.pass.draw_indexed(0..overlay.num_indices, 0, 0..1);
            }
        }
    }

    /// Marks above the ground while the view looks below it.
    fn draw_faded_marks(&mut self) {
        let Some(pipeline) = self
            .renderer
            .pipeline(Pass::FadedMarks)
            .filter(|_| self.frame.is_underground)
        else {
            return;
        };
        self.pass.set_pipeline(pipeline);
        for (row, marks, primitive) in self.primitives().rev() {
            let opaque = opaque_range(primitive);
            if !marks.is_none() && !opaque.is_empty() && self.is_faded(primitive) {
                draw(self.pass, primitive, opaque, row);
            }
        }
    }
}

/// Everything but projects: the blended bucket is the last of a primitive.
fn opaque_range(primitive: &GpuPrimitive) -> Range<u32> {
    0..primitive.buckets[Bucket::Blended as usize].start
}

/// Roads, lawns, water: the buckets between what stands and what lies below.
fn ground_range(primitive: &GpuPrimitive) -> Range<u32> {
    primitive.buckets[Bucket::Road as usize].start..primitive.buckets[Bucket::Water as usize].end
}

fn draw(pass: &mut wgpu::RenderPass<'_>, primitive: &GpuPrimitive, indices: Range<u32>, row: u32) {
    pass.set_vertex_buffer(0, primitive.positions.slice(..));
    pass.set_vertex_buffer(1, primitive.attributes.slice(..));
    pass.set_index_buffer(primitive.indices.slice(..), wgpu::IndexFormat::Uint32);
    pass.draw_indexed(indices, 0, row..row + 1);
}
