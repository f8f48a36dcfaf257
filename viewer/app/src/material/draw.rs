//! The frame: shadow map when stale, opaque tiles front to back, sky, blended tiles back to front.

use crate::engine::frame_loop;
use crate::gpu::surface::{CanvasSurface, FrameTarget};
use crate::material::frame::{DrawTile, FrameInput};
use crate::material::mesh::GpuPrimitive;
use crate::material::pipelines::Pipelines;
use crate::material::renderer::CityRenderer;
use bevy::prelude::{Res, ResMut};
use bevy::render::renderer::{RenderDevice, RenderQueue};
use shaders::Bucket;
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
    let (Some(mut renderer), Some(mut surface), Some(scene)) = (renderer, surface, frame.scene.as_deref()) else {
        return;
    };
    if !frame.is_wanted || frame.size_px.contains(&0) {
        return;
    }
    let is_map_new = renderer.prepare(&device, surface.color_format(), frame.settings);
    queue.write_buffer(&renderer.scene, 0, bytemuck::bytes_of(scene));
    let rows: Vec<[f32; 4]> = frame.tiles.iter().map(|tile| tile.tile_from_eye).collect();
    renderer.write_instances(&device, &queue, &rows);
    let Some(target) = surface.acquire(&device, frame.size_px, frame.settings.samples) else {
        return;
    };
    let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("city") });
    if frame.settings.shadow_size > 0 && (frame.is_shadow_stale || is_map_new) {
        draw_shadow_map(&mut encoder, &renderer, &frame);
    }
    draw_city(&mut encoder, &renderer, &frame, &target, &device);
    queue.submit([encoder.finish()]);
    target.present();
    if !renderer.has_drawn_tiles && !frame.tiles.is_empty() {
        renderer.has_drawn_tiles = true;
        queue.on_submitted_work_done(|| frame_loop::mark(FIRST_PIXELS));
    }
}

fn draw_shadow_map(encoder: &mut wgpu::CommandEncoder, renderer: &CityRenderer, frame: &FrameInput) {
    let (Some(pipelines), Some(scene_group)) = (&renderer.pipelines, &renderer.scene_group) else {
        return;
    };
    let Some(pipeline) = &pipelines.shadow else { return };
    let mut pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
        label: Some("shadow map"),
        depth_stencil_attachment: Some(wgpu::RenderPassDepthStencilAttachment {
            view: &renderer.shadow_view,
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
    for (row, primitive) in primitives(&frame.tiles) {
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
    let (Some(pipelines), Some(scene_group)) = (&renderer.pipelines, &renderer.scene_group) else {
        return;
    };
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
                load: wgpu::LoadOp::Clear(wgpu::Color::BLACK),
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
    pass.set_bind_group(0, scene_group, &[]);
    pass.set_bind_group(1, &renderer.shadow_group, &[]);
    pass.set_vertex_buffer(2, renderer.instances.slice(..));
    draw_opaque(&mut pass, pipelines, renderer, frame, device);
    pass.set_pipeline(&pipelines.sky);
    pass.draw(0..3, 0..1);
    draw_blended(&mut pass, pipelines, renderer, frame);
}

fn draw_opaque(
    pass: &mut wgpu::RenderPass<'_>,
    pipelines: &Pipelines,
    renderer: &CityRenderer,
    frame: &FrameInput,
    device: &RenderDevice,
) {
    let is_opaque = |primitive: &GpuPrimitive| !frame.is_underground || primitive.is_below_ground;
    for (bucket, pipeline) in Bucket::OPAQUE.into_iter().zip(&pipelines.opaque) {
        let mut is_set = false;
        for (row, primitive) in primitives(&frame.tiles) {
            let indices = &primitive.buckets[bucket as usize];
            if indices.is_empty() || primitive.texture.is_some() || !is_opaque(primitive) {
                continue;
            }
            if !is_set {
                pass.set_pipeline(pipeline);
                is_set = true;
            }
            draw(pass, primitive, indices.clone(), row);
        }
    }
    let mut is_textured_set = false;
    for (row, primitive) in primitives(&frame.tiles) {
        let Some(texture) = primitive.texture.as_ref().filter(|_| is_opaque(primitive)) else {
            continue;
        };
        if !is_textured_set {
            pass.set_pipeline(&pipelines.textured);
            is_textured_set = true;
        }
        pass.set_bind_group(2, &renderer.texture_group(device, &texture.view), &[]);
        pass.set_vertex_buffer(3, texture.uvs.slice(..));
        draw(pass, primitive, opaque_range(primitive), row);
    }
}

fn draw_blended(pass: &mut wgpu::RenderPass<'_>, pipelines: &Pipelines, renderer: &CityRenderer, frame: &FrameInput) {
    let range = |primitive: &GpuPrimitive| {
        let blended = primitive.buckets[Bucket::Blended as usize].clone();
        if frame.is_underground && !primitive.is_below_ground {
            0..blended.end
        } else {
            blended
        }
    };
    let wanted: Vec<_> = primitives(&frame.tiles)
        .filter(|(_, primitive)| !range(primitive).is_empty())
        .collect();
    if wanted.is_empty() {
        return;
    }
    pass.set_pipeline(&pipelines.blended);
    // the sky pass shares group 0 only
    pass.set_bind_group(1, &renderer.shadow_group, &[]);
    for (row, primitive) in wanted.into_iter().rev() {
        draw(pass, primitive, range(primitive), row);
    }
}

/// Everything but projects: the blended bucket is the last of a primitive.
fn opaque_range(primitive: &GpuPrimitive) -> Range<u32> {
    0..primitive.buckets[Bucket::Blended as usize].start
}

fn draw(pass: &mut wgpu::RenderPass<'_>, primitive: &GpuPrimitive, indices: Range<u32>, row: u32) {
    pass.set_vertex_buffer(0, primitive.positions.slice(..));
    pass.set_vertex_buffer(1, primitive.attributes.slice(..));
    pass.set_index_buffer(primitive.indices.slice(..), wgpu::IndexFormat::Uint32);
    pass.draw_indexed(indices, 0, row..row + 1);
}

/// Primitives with the row of their tile in the instance buffer.
fn primitives(tiles: &[DrawTile]) -> impl Iterator<Item = (u32, &GpuPrimitive)> {
    (0u32..)
        .zip(tiles)
        .flat_map(|(row, tile)| tile.primitives.iter().map(move |primitive| (row, primitive)))
}
