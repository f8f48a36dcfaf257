//! The rest of a frame: tiles for the camera, the frame as data, what the page hears of it.

use crate::camera::CameraRig;
use crate::engine::frame_loop::{self, FrameClock};
use crate::engine::inputs::Pending;
use crate::engine::progress::Progress;
use crate::engine::sketch::SketchLayer;
use crate::engine::state::SceneState;
use crate::engine::views::{self, Air};
use crate::engine::{Manifest, PixelRatio, bridge};
use crate::gpu::surface::Canvas;
use crate::material::feature_table::FeatureTable;
use crate::material::frame::{DrawTile, FrameInput};
use crate::overlay::OverlayLayers;
use crate::shadow::ShadowFrame;
use crate::sky::daylight;
use crate::tiles::TileStream;
use crate::tiles::workers::WorkerPool;
use bevy::prelude::{NonSendMut, Res, ResMut};
use bevy::render::renderer::{RenderDevice, RenderQueue};
use viewer_core::state::{LayerMask, Rest};
use viewer_core::{Look, Quality, ViewerEvent, ViewerStats};

/// Moves the camera on, uploads what arrived, chooses tiles.
pub(crate) fn stream_tiles(
    mut rig: ResMut<'_, CameraRig>,
    mut stream: ResMut<'_, TileStream>,
    mut pending: ResMut<'_, Pending>,
    mut workers: NonSendMut<'_, WorkerPool>,
    canvas: Res<'_, Canvas>,
    ratio: Res<'_, PixelRatio>,
    state: Res<'_, SceneState>,
    clock: Res<'_, FrameClock>,
    device: Res<'_, RenderDevice>,
    queue: Res<'_, RenderQueue>,
) {
    let before = rig.camera;
    fit_camera(&mut rig, &canvas, &state);
    rig.advance(clock.delta_s);
    pending.is_dirty |= rig.camera != before;
    stream.upload(&device, &queue);
    choose_tiles(&mut stream, &mut workers, &rig, *ratio, &state);
    if state.quality != Quality::Low {
        stream.prepare_edges(&device, rig.camera.eye_enu());
    }
    if let Some(message) = stream.take_failure() {
        bridge::emit(&ViewerEvent::Failed {
            code: "tileset".to_owned(),
            message,
        });
    }
}

/// Gives the camera the size of its picture: of one of several beside each other.
pub(super) fn fit_camera(rig: &mut CameraRig, canvas: &Canvas, state: &SceneState) {
    let [columns, rows] = state.compare.grid();
    rig.camera.viewport_px = [
        f64::from(canvas.0.client_width().max(1)) / f64::from(columns),
        f64::from(canvas.0.client_height().max(1)) / f64::from(rows),
    ];
}

/// Chooses tiles for the camera and asks for what is missing.
pub(super) fn choose_tiles(
    stream: &mut TileStream,
    workers: &mut WorkerPool,
    rig: &CameraRig,
    ratio: PixelRatio,
    state: &SceneState,
) {
    stream.settings.maximum_screen_space_error_px = state.maximum_error_px();
    stream.select(workers, rig.camera.view_state(pixel_ratio(ratio, state)));
}

fn pixel_ratio(ratio: PixelRatio, state: &SceneState) -> f64 {
    let of_window = || web_sys::window().map_or(1.0, |window| window.device_pixel_ratio());
    ratio
        .0
        .unwrap_or_else(of_window)
        .clamp(0.25, state.maximum_pixel_ratio())
}

/// Writes the frame down for the renderer, when the picture is out of date.
pub(crate) fn compose(
    rig: Res<'_, CameraRig>,
    mut stream: ResMut<'_, TileStream>,
    mut pending: ResMut<'_, Pending>,
    mut shadow: ResMut<'_, ShadowFrame>,
    mut progress: ResMut<'_, Progress>,
    mut frame: ResMut<'_, FrameInput>,
    table: Res<'_, FeatureTable>,
    canvas: Res<'_, Canvas>,
    ratio: Res<'_, PixelRatio>,
    state: Res<'_, SceneState>,
    manifest: Res<'_, Manifest>,
    clock: Res<'_, FrameClock>,
    mut sketch: ResMut<'_, SketchLayer>,
    mut overlays: ResMut<'_, OverlayLayers>,
    device: Res<'_, RenderDevice>,
    queue: Res<'_, RenderQueue>,
) {
    pending.is_table_changed |= table.is_changed;
    let is_asked = pending.is_dirty || pending.is_table_changed;
    let moves = overlays
        .moves_in_ms(clock.now_ms, rig.is_reduced_motion())
        .is_some_and(|ms| ms <= 0.0);
    let wait_ms = frame_loop::draw_in_ms(!is_asked && !moves && !stream.is_settled());
    frame.is_wanted = wait_ms <= 0.0 && (is_asked || moves || stream.is_changed());
    frame.is_motion = moves && !is_asked && !stream.is_changed();
    pending.waits_ms = (wait_ms > 0.0).then_some(wait_ms);
    if !frame.is_wanted {
        return;
    }
    pending.is_dirty = false;
    let is_table_changed = std::mem::take(&mut pending.is_table_changed);
    let is_stream_changed = stream.take_changed();
    overlays.moved_ms = clock.now_ms;
    if !frame.is_motion {
        progress.unsettle();
    }
    progress.count_frame(clock.now_ms);
    let camera = &rig.camera;
    let eye = camera.eye_enu();
    let ratio = pixel_ratio(*ratio, &state);
    let columns_rows = state.compare.grid();
    let size_px: [u32; 2] = std::array::from_fn(|i| {
        let whole = camera.viewport_px[i] * f64::from(columns_rows[i]);
        (whole * ratio).round().max(1.0) as u32
    });
    if [canvas.0.width(), canvas.0.height()] != size_px {
        canvas.0.set_width(size_px[0]);
        canvas.0.set_height(size_px[1]);
    }
    let light = daylight(
        state.hours,
        manifest.0.origin_lon_lat_height[1] * std::f64::consts::PI / 180.0,
    );
    frame.settings = state.pass_settings(light.lamps > 0.0);
    if frame.settings.shadow_size > 0 {
        let is_moved = shadow.update(camera.target_enu(), camera.distance_m(), light.sun);
        frame.is_shadow_stale = is_moved || is_stream_changed || std::mem::take(&mut pending.is_casting_changed);
    }
    // the lowest thing known: country around the city that lies above its edge would hide it
    let plain_z_m = manifest.0.bounds_enu[2];
    let look = Air {
        light,
        plain_z_m,
        shadow: *shadow,
        shadow_size: frame.settings.shadow_size,
        now_ms: clock.now_ms,
    };
    frame.size_px = size_px;
    frame.is_underground = state.is_underground;
    let sketch = sketch.tile(&device, &queue, eye, camera.distance_m());
    let panes = state.compare.panes();
    if is_table_changed {
        pending.has_rows = table.states.words().iter().any(|word| *word != 0);
    }
    let is_one_side =
        matches!(&panes[..], [pane] if pane.looks.look(0, 0) == Look::Plain && pane.sides[0] == pane.sides[1]);
    frame.is_stateless =
        is_one_side && !pending.has_rows && table.states.rest() == Rest::Whole && state.layers == LayerMask::default();
    views::find_marks(&mut stream, &table.states, &panes);
    let drawn = stream.drawn(eye);
    frame.views = views::views(
        &panes,
        camera,
        size_px,
        &state,
        &table.states,
        &look,
        &drawn,
        sketch.is_some(),
    );
    frame.shared = if table.states.has_looks() && !table.states.has_side_tints() {
        views::take_shared(&mut frame.views, &drawn, sketch.is_some())
    } else {
        Vec::new()
    };
    let tiles = drawn.into_iter().map(|(_, tile)| DrawTile {
        primitives: tile.primitives.clone(),
        tile_from_eye: (tile.origin_enu - eye).as_vec3().extend(0.0).to_array(),
    });
    let sides: Vec<u8> = frame.views.iter().map(|view| view.side).collect();
    frame.overlays = overlays.frame(&device, &queue, eye, clock.now_ms, &sides);
    // a sketch lies on top of everything: it counts as the nearest
    frame.tiles = sketch.into_iter().chain(tiles).collect();
}

/// Last system: tells the page, and asks for the next frame when one must follow.
pub(crate) fn report(
    rig: Res<'_, CameraRig>,
    mut stream: ResMut<'_, TileStream>,
    mut progress: ResMut<'_, Progress>,
    pending: Res<'_, Pending>,
    frame: Res<'_, FrameInput>,
    clock: Res<'_, FrameClock>,
    overlays: Res<'_, OverlayLayers>,
) {
    let tells_in_ms = progress.tell_camera(&rig.camera, clock.now_ms);
    progress.tell_loading(&stream.selection().stats);
    let is_still = stream.is_settled() && !rig.is_moving() && (!frame.is_wanted || frame.is_motion);
    // the page is told of a picture that stands, not of one that is still being drawn
    let is_at_rest = is_still && pending.waits_ms.is_none() && frame_loop::is_drawn();
    if frame.is_wanted && !frame.is_motion {
        let stats = stats(&stream, &progress, &frame);
        progress.tell_stats(stats, clock.now_ms, false);
    } else if is_at_rest && progress.settle() {
        let rest = ViewerStats {
            fps: 0.0,
            ..progress.last_stats()
        };
        progress.tell_stats(rest, clock.now_ms, true);
    }
    let has_picking_work = is_at_rest && stream.prepare_picking();
    // what waits for a running frame is woken by its end: asking for animation frames until then would keep the browser's
    // compositor busy for nothing, at the cost of a renderer that shares its processors
    let waits_for_gpu = pending.waits_ms.is_some_and(f64::is_infinite);
    let is_animated = rig.is_animated() && !waits_for_gpu;
    let is_wanted = frame.is_wanted && !frame.is_motion;
    if is_wanted || is_animated || stream.has_arrived() || has_picking_work {
        frame_loop::request_frame();
        return;
    }
    let waits_ms = [
        pending.waits_ms.filter(|ms| ms.is_finite()),
        stream.retry_in_ms(),
        tells_in_ms,
        overlays.moves_in_ms(clock.now_ms, rig.is_reduced_motion()),
    ];
    if let Some(wait_ms) = waits_ms.into_iter().flatten().min_by(f64::total_cmp) {
        frame_loop::request_frame_in(wait_ms);
    }
}

fn stats(stream: &TileStream, progress: &Progress, frame: &FrameInput) -> ViewerStats {
    let (cpu_bytes, gpu_bytes) = stream.bytes();
    let selection = stream.selection();
    let primitives = frame.tiles.iter().flat_map(|tile| tile.primitives.iter());
    let (num_features, num_triangles) = stream.drawn_counts();
    ViewerStats {
        fps: progress.fps(),
        frames: progress.frames(),
        draw_calls: primitives
            .map(|p| p.buckets.iter().filter(|b| !b.is_empty()).count() as u32)
            .sum(),
        triangles: num_triangles,
        tiles_drawn: frame.tiles.len() as u32,
        tiles_loading: selection.stats.num_wanted - selection.stats.num_wanted_ready,
        features_drawn: num_features,
        cpu_bytes,
        gpu_bytes,
        starved: selection.stats.starved,
    }
}
