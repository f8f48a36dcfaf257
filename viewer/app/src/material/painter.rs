//! Draws the pictures of a frame bucket by bucket: what is opaque front to back, what is blended back to front.

use crate::material::draw::{bucket_pass, depths, has_edges};
use crate::material::frame::{FrameInput, FrameView, Marks, ViewTile};
use crate::material::mesh::GpuPrimitive;
use crate::material::pipelines::Pass;
use crate::material::renderer::CityRenderer;
use bevy::render::renderer::RenderDevice;
use shaders::Bucket;
use std::ops::Range;

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
pub(super) struct Painter<'a, 'p> {
    pass: &'a mut wgpu::RenderPass<'p>,
    renderer: &'a CityRenderer,
    frame: &'a FrameInput,
    view: &'a FrameView,
    /// What is to be drawn, nearest first.
    tiles: &'a [ViewTile],
}

impl<'a, 'p> Painter<'a, 'p> {
    /// Begins with `view`, one of the frame's, and no tiles.
    pub(super) fn new(
        pass: &'a mut wgpu::RenderPass<'p>,
        renderer: &'a CityRenderer,
        frame: &'a FrameInput,
        view: &'a FrameView,
    ) -> Self {
        Self {
            pass,
            renderer,
            frame,
            view,
            tiles: &[],
        }
    }

    /// Goes on with a picture and its own tiles.
    pub(super) fn enter(&mut self, at: usize) {
        let frame = self.frame;
        self.place(at, frame.views[at].scissor_px);
        self.tiles = &frame.views[at].tiles;
    }

    /// Goes on with what all pictures share, by the uniform of the first.
    pub(super) fn enter_shared(&mut self) {
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

    pub(super) fn draw_opaque(&mut self, device: &RenderDevice) {
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

    pub(super) fn draw_sky(&mut self) {
        if let Some(pipeline) = self.renderer.pipeline(Pass::Sky) {
            self.pass.set_pipeline(pipeline);
            let is_low = self.frame.settings.is_low;
            self.pass
                .draw(0..if is_low { shaders::LOW_SKY_VERTICES } else { 3 }, 0..1);
        }
    }

    /// The ground in known depths, deepest first.
    pub(super) fn draw_depths(&mut self) {
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
    pub(super) fn draw_edges(&mut self) {
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
    pub(super) fn draw_marks(&mut self, kind: Pass, is_wanted: fn(Marks) -> bool) {
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

    pub(super) fn draw_blended(&mut self) {
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
    pub(super) fn draw_overlays(&mut self, at: usize, device: &RenderDevice) {
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
    pub(super) fn draw_faded_marks(&mut self) {
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
pub(super) fn opaque_range(primitive: &GpuPrimitive) -> Range<u32> {
    0..primitive.buckets[Bucket::Blended as usize].start
}

/// Roads, lawns, water: the buckets between what stands and what lies below.
fn ground_range(primitive: &GpuPrimitive) -> Range<u32> {
    primitive.buckets[Bucket::Road as usize].start..primitive.buckets[Bucket::Water as usize].end
}

/// One draw call.
pub(super) fn draw(pass: &mut wgpu::RenderPass<'_>, primitive: &GpuPrimitive, indices: Range<u32>, row: u32) {
    pass.set_vertex_buffer(0, primitive.positions.slice(..));
    pass.set_vertex_buffer(1, primitive.attributes.slice(..));
    pass.set_index_buffer(primitive.indices.slice(..), wgpu::IndexFormat::Uint32);
    pass.draw_indexed(indices, 0, row..row + 1);
}
