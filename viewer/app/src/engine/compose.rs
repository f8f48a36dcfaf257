//! The rest of a frame: tiles for the camera, the frame as data, what the page hears of it.

use crate::camera::CameraRig;
use crate::engine::frame_loop::{self, FrameClock};
use crate::engine::inputs::Pending;
use crate::engine::progress::Progress;
use crate::engine::state::SceneState;
use crate::engine::{Manifest, PixelRatio, bridge};
use crate::gpu::surface::Canvas;
use crate::material::feature_table::FeatureTable;
use crate::material::frame::{DrawTile, FrameInput};
use crate::shadow::ShadowFrame;
use crate::sky::{Daylight, daylight};
use crate::tiles::TileStream;
use crate::tiles::workers::WorkerPool;
use bevy::math::{DVec3, Mat4, Vec3};
use bevy::prelude::{NonSendMut, Res, ResMut};
use bevy::render::renderer::{RenderDevice, RenderQueue};
use shaders::Scene;
use shaders::scene::PATTERN_PERIOD_M;
use viewer_core::{Camera, ViewerEvent, ViewerStats};

/// Nearest distance drawn, metres; the reversed depth has no far plane.
const NEAR_M: f32 = 0.5;
/// Haze begins here and is complete there, metres.
const HAZE_M: [f32; 2] = [2_000.0, 15_000.0];
/// Strength of shadows by day.
const SHADOW_STRENGTH: f32 = 0.88;
/// Opacity of ground and buildings in underground mode.
const UNDERGROUND_OPACITY: f32 = 0.15;

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
    rig.camera.viewport_px = [
        f64::from(canvas.0.client_width().max(1)),
        f64::from(canvas.0.client_height().max(1)),
    ];
    rig.advance(clock.delta_s);
    pending.is_dirty |= rig.camera != before;
    stream.upload(&device, &queue);
    stream.settings.maximum_screen_space_error_px = state.maximum_error_px();
    stream.select(&mut workers, rig.camera.view_state(pixel_ratio(*ratio, &state)));
    if let Some(message) = stream.take_failure() {
        bridge::emit(&ViewerEvent::Failed {
            code: "tileset".to_owned(),
            message,
        });
    }
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
) {
    let is_stream_changed = stream.take_changed();
    let is_dirty = std::mem::take(&mut pending.is_dirty) | is_stream_changed | table.is_changed;
    frame.is_wanted = is_dirty;
    if !is_dirty {
        return;
    }
    progress.unsettle();
    progress.count_frame(clock.now_ms);
    let camera = &rig.camera;
    let eye = camera.eye_enu();
    let ratio = pixel_ratio(*ratio, &state);
    let size_px = camera.viewport_px.map(|side| (side * ratio).round().max(1.0) as u32);
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
        // hidden layers and selected features change what casts, so any change of state redraws the map
        frame.is_shadow_stale = is_moved || is_stream_changed || table.is_changed || !rig.is_moving();
    }
    // the lowest thing known: country around the city that lies above its edge would hide it
    let plain_z_m = manifest.0.bounds_enu[2];
    let shadow_size = frame.settings.shadow_size;
    frame.scene = Some(Box::new(scene(
        camera,
        size_px,
        &light,
        &state,
        &shadow,
        shadow_size,
        plain_z_m,
        clock.now_ms,
    )));
    frame.size_px = size_px;
    frame.is_underground = state.is_underground;
    frame.tiles = stream
        .drawn(eye)
        .into_iter()
        .map(|tile| {
            let offset = (tile.origin_enu - eye).as_vec3();
            DrawTile {
                primitives: tile.primitives.clone(),
                tile_from_eye: offset.extend(0.0).to_array(),
            }
        })
        .collect();
}

fn scene(
    camera: &Camera,
    size_px: [u32; 2],
    light: &Daylight,
    state: &SceneState,
    shadow: &ShadowFrame,
    shadow_size: u32,
    plain_z_m: f64,
    now_ms: f64,
) -> Scene {
    let eye = camera.eye_enu();
    let [width, height] = size_px.map(|side| side as f32);
    let tan = (camera.fovy_rad * 0.5).tan() as f32;
    let [forward, right, up] = [camera.forward(), camera.right(), camera.up()].map(|v| v.as_vec3());
    let clip_from_view = Mat4::perspective_infinite_reverse_rh(camera.fovy_rad as f32, width / height, NEAR_M);
    let view_from_rel = Mat4::look_to_rh(Vec3::ZERO, forward, up);
    let wrapped = eye.rem_euclid(DVec3::splat(PATTERN_PERIOD_M)).as_vec3();
    let opacity = if state.is_underground { UNDERGROUND_OPACITY } else { 1.0 };
    let with = |rgb: [f32; 3], w: f32| [rgb[0], rgb[1], rgb[2], w];
    Scene {
        clip_from_rel: (clip_from_view * view_from_rel).to_cols_array_2d(),
        shadow_from_rel: shadow.shadow_from_rel(eye).to_cols_array_2d(),
        ray_right: (right * (tan * width / height)).extend(width).to_array(),
        ray_up: (up * tan).extend(height).to_array(),
        ray_forward: forward.extend(2.0 * tan / height).to_array(),
        eye: wrapped.extend((eye.z - plain_z_m) as f32).to_array(),
        sun: light.sun.as_vec3().extend(light.day).to_array(),
        sun_color: with(light.sun_color, light.lamps),
        sky_ambient: with(light.sky_ambient, (now_ms / 1000.0 % 3600.0) as f32),
        ground_ambient: with(light.ground_ambient, opacity),
        // what is only hinted at casts no shadow
        zenith: with(light.zenith, if state.is_underground { 0.0 } else { SHADOW_STRENGTH }),
        horizon: with(light.horizon, 1.0 / shadow_size.max(1) as f32),
        fog: [
            HAZE_M[0],
            1.0 / (HAZE_M[1] - HAZE_M[0]),
            1.0,
            state.quality as u32 as f32,
        ],
        layer_mask: state.layers.words(),
        facades: shaders::facade::rows(),
    }
}

/// Last system: tells the page, and asks for the next frame when one must follow.
pub(crate) fn report(
    rig: Res<'_, CameraRig>,
    mut stream: ResMut<'_, TileStream>,
    mut progress: ResMut<'_, Progress>,
    frame: Res<'_, FrameInput>,
    clock: Res<'_, FrameClock>,
) {
    let has_more_to_tell = progress.tell_camera(&rig.camera, clock.now_ms);
    progress.tell_loading(&stream.selection().stats);
    let is_at_rest = stream.is_settled() && !rig.is_moving() && !frame.is_wanted;
    if frame.is_wanted {
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
    if frame.is_wanted || rig.is_animated() || stream.has_arrived() || has_more_to_tell || has_picking_work {
        frame_loop::request_frame();
    } else if let Some(wait_ms) = stream.retry_in_ms() {
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
