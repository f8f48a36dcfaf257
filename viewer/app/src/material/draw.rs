//! The frame: shadow maps when stale, then picture by picture opaque tiles front to back, sky, blended tiles back to front.

use crate::engine::frame_loop;
use crate::gpu::surface::{CanvasSurface, FrameTarget};
use crate::material::frame::{FrameInput, Marks};
use crate::material::painter::{Painter, draw, opaque_range};
use crate::material::pipelines::Pass;
use crate::material::renderer::CityRenderer;
use bevy::prelude::{Res, ResMut};
use bevy::render::renderer::{RenderDevice, RenderQueue};
use shaders::Bucket;
use shaders::depth_grid::LEVELS_M;

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
pub(super) fn depths(frame: &FrameInput) -> &'static [f32] {
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
pub(super) fn has_edges(frame: &FrameInput) -> bool {
    !frame.settings.is_low
}

pub(super) fn bucket_pass(frame: &FrameInput, bucket: Bucket) -> Pass {
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
    let mut painter = Painter::new(&mut pass, renderer, frame, view);
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
