//! The app: what runs in which order, and how the page starts and commands it.

pub(crate) mod bridge;
pub(crate) mod frame_loop;
mod options;

use crate::camera::{PointerInput, Rig};
use crate::gpu::{device, device_loss, surface::Canvas};
use crate::material::{CityMaterialPlugin, feature_table::FeatureTable, frame::{DrawTile, FrameInput, PassSettings}, mesh::GpuPrimitive};
use crate::shadow::ShadowFrame;
use crate::sky::daylight;
use crate::tiles::{Resident, Tiles, workers::{Reply, WorkerPool}};
use bevy::app::{App, PluginsState, TaskPoolPlugin, Update};
use bevy::math::{DVec3, Mat4, Vec3};
use bevy::prelude::*;
use bevy::render::renderer::{RenderDevice, RenderQueue, WgpuWrapper};
use bevy::render::{RenderApp, RenderPlugin};
use bridge::Input;
use frame_loop::FrameClock;
use js_sys::Function;
use options::StartOptions;
use std::sync::Arc;
use viewer_core::{Quality, View, ViewerCommand, ViewerEvent};
use wasm_bindgen::JsCast as _;

/// Starts the engine; see [`crate::web::start`].
pub(crate) async fn start(canvas_selector: &str, options_json: &str, on_event: Function) -> Result<(), String> {
    bridge::listen(on_event);
    match build(canvas_selector, options_json).await {
        Ok(app) => {
            frame_loop::run(app);
            bridge::emit(&ViewerEvent::Ready);
            Ok(())
        }
        Err((code, message)) => {
            bridge::emit(&ViewerEvent::Failed { code: code.to_owned(), message: message.clone() });
            Err(message)
        }
    }
}

/// Takes a command; see [`crate::web::command`].
pub(crate) fn command(json: &str) -> Result<(), String> {
    let command = serde_json::from_str::<ViewerCommand>(json).map_err(|err| format!("no viewer command: {err}"))?;
    bridge::push(Input::Command(command));
    Ok(())
}

async fn build(canvas_selector: &str, options_json: &str) -> Result<App, (&'static str, String)> {
    let options: StartOptions = serde_json::from_str(options_json).map_err(|err| ("options", format!("options do not read: {err}")))?;
    let canvas = web_sys::window()
        .and_then(|window| window.document())
        .and_then(|document| document.query_selector(canvas_selector).ok().flatten())
        .and_then(|element| element.dyn_into::<web_sys::HtmlCanvasElement>().ok())
        .ok_or_else(|| ("canvas", format!("no canvas {canvas_selector}")))?;
    let workers = WorkerPool::new(&options.worker_url, &options.decode_js_url, &options.decode_wasm_url, options.num_workers)
        .map_err(|err| ("worker", err))?;
    let creation = device::open().await.map_err(|err| ("no_webgpu", err))?;
    let canvas = Canvas(WgpuWrapper::new(canvas));
    let mut app = App::new();
    app.add_plugins((
        bevy::log::LogPlugin::default(),
        TaskPoolPlugin::default(),
        bevy::time::TimePlugin,
        bevy::diagnostic::FrameCountPlugin,
        bevy::asset::AssetPlugin::default(),
        bevy::window::WindowPlugin { primary_window: None, exit_condition: bevy::window::ExitCondition::DontExit, ..default() },
        RenderPlugin { render_creation: creation, ..default() },
        bevy::image::ImagePlugin::default(),
        bevy::mesh::MeshPlugin,
        bevy::camera::CameraPlugin,
        CityMaterialPlugin,
    ));
    app.sub_app_mut(RenderApp).insert_resource(canvas.clone());
    let view = options.initial_view.unwrap_or(View { target_enu: [0.0, 0.0, 0.0], distance_m: 800.0, heading_deg: 20.0, pitch_deg: 35.0 });
    app.init_resource::<FrameClock>()
        .init_resource::<Tiles>()
        .init_resource::<ShadowFrame>()
        .insert_resource(Rig { view })
        .insert_resource(canvas)
        .insert_non_send(workers)
        .insert_resource(bevy::render::error_handler::RenderErrorHandler(device_loss::handle))
        .insert_resource(Options(options))
        .add_systems(Startup, begin)
        .add_systems(Update, (take_inputs, compose).chain());
    if app.plugins_state() != PluginsState::Ready {
        bevy::log::debug!("plugins were not ready at once");
    }
    app.finish();
    app.cleanup();
    Ok(app)
}

#[derive(Resource)]
struct Options(StartOptions);

fn begin(options: Res<'_, Options>, mut workers: NonSendMut<'_, WorkerPool>, mut tiles: ResMut<'_, Tiles>, mut table: ResMut<'_, FeatureTable>) {
    table.resize(options.0.manifest.feature_index_count);
    let id = workers.load(&options.0.tileset_url);
    tiles.jobs.insert(id, options.0.tileset_url.clone());
}

fn take_inputs(
    mut rig: ResMut<'_, Rig>,
    mut tiles: ResMut<'_, Tiles>,
    mut workers: NonSendMut<'_, WorkerPool>,
    device: Res<'_, RenderDevice>,
    queue: Res<'_, RenderQueue>,
) {
    for input in bridge::take() {
        match input {
            Input::Worker(Reply::Json { id, text }) => {
                workers.finish(id);
                let Some(base) = tiles.jobs.remove(&id) else { continue };
                let Ok(tileset) = serde_json::from_str::<city_model::tileset::Tileset>(&text) else { continue };
                let mut open = vec![tileset.root];
                while let Some(tile) = open.pop() {
                    if let Some(content) = &tile.content {
                        let url = web_sys::Url::new_with_base(&content.uri, &base).map(|u| u.href()).unwrap_or_default();
                        let id = workers.load(&url);
                        tiles.wanted += 1;
                        tiles.jobs.insert(id, url);
                    }
                    open.extend(tile.children);
                }
            }
            Input::Worker(Reply::Loaded { id, mut tile }) => {
                workers.finish(id);
                tiles.jobs.remove(&id);
                let triangles = tile.primitives.iter().map(|p| p.indices.len() as u64 / 3).sum();
                let primitives = tile.primitives.iter_mut().map(|p| GpuPrimitive::upload(&device, &queue, p)).collect();
                tiles.resident.push(Resident { origin: DVec3::from(tile.origin), primitives: Arc::new(primitives), num_features: tile.num_features, triangles });
            }
            Input::Worker(Reply::Failed { id, message }) => {
                bevy::log::warn!(?id, %message, "worker");
            }
            Input::Command(ViewerCommand::FlyTo { view, .. }) => rig.view = view,
            Input::Command(ViewerCommand::Orbit { heading_deg, pitch_deg }) => {
                rig.view.heading_deg += heading_deg;
                rig.view.pitch_deg += pitch_deg;
            }
            Input::Pointer(PointerInput::Wheel { .. } | PointerInput::Drag { .. }) => {}
            _ => {}
        }
    }
}

fn compose(rig: Res<'_, Rig>, tiles: Res<'_, Tiles>, mut frame: ResMut<'_, FrameInput>, mut shadow: ResMut<'_, ShadowFrame>, canvas: Res<'_, Canvas>, options: Res<'_, Options>, clock: Res<'_, FrameClock>) {
    let ratio = web_sys::window().map_or(1.0, |w| w.device_pixel_ratio());
    let (w, h) = ((f64::from(canvas.0.client_width()) * ratio) as u32, (f64::from(canvas.0.client_height()) * ratio) as u32);
    if canvas.0.width() != w || canvas.0.height() != h {
        canvas.0.set_width(w);
        canvas.0.set_height(h);
    }
    let eye = rig.eye();
    let forward = rig.forward().as_vec3();
    let right = forward.cross(Vec3::Z).normalize_or(Vec3::X);
    let up = right.cross(forward);
    let fov_y = 0.9f32;
    let aspect = w as f32 / h.max(1) as f32;
    let tan = (fov_y * 0.5).tan();
    let clip = Mat4::perspective_infinite_reverse_rh(fov_y, aspect, 0.5) * Mat4::look_to_rh(Vec3::ZERO, forward, Vec3::Z);
    let light = daylight(10.0, options.0.manifest.origin_lon_lat_height[1].to_radians());
    let settings = match options.0.quality {
        Quality::Low => PassSettings { samples: 1, shadow_size: 0, shadow_taps: 1 },
        Quality::Medium => PassSettings { samples: 4, shadow_size: 2048, shadow_taps: 2 },
        Quality::High => PassSettings { samples: 4, shadow_size: 4096, shadow_taps: 3 },
    };
    frame.is_shadow_stale = shadow.update(DVec3::from(rig.view.target_enu), rig.view.distance_m, DVec3::from(light.sun)) || true;
    let v4 = |v: [f32; 3], w: f32| [v[0], v[1], v[2], w];
    let wrap = eye.rem_euclid(DVec3::splat(shaders::scene::PATTERN_PERIOD_M)).as_vec3();
    let sun = DVec3::from(light.sun).as_vec3();
    frame.scene = Some(Box::new(shaders::Scene {
        clip_from_rel: clip.to_cols_array_2d(),
        shadow_from_rel: shadow.shadow_from_rel(eye).to_cols_array_2d(),
        ray_right: v4((right * tan * aspect).to_array(), w as f32),
        ray_up: v4((up * tan).to_array(), h as f32),
        ray_forward: v4(forward.to_array(), 2.0 * tan / h.max(1) as f32),
        eye: v4(wrap.to_array(), eye.z as f32),
        sun: v4(sun.to_array(), light.day),
        sun_color: v4(light.sun_color, light.lamps),
        sky_ambient: v4(light.sky_ambient, (clock.now_ms / 1000.0) as f32),
        ground_ambient: v4(light.ground_ambient, 1.0),
        zenith: v4(light.zenith, 0.85),
        horizon: v4(light.horizon, 1.0 / settings.shadow_size.max(1) as f32),
        fog: [2000.0, 1.0 / 13000.0, 1.0, 0.0],
        layer_mask: [[u32::MAX; 4]; 2],
        facades: shaders::facade::rows(),
    }));
    frame.is_wanted = true;
    frame.size_px = [w, h];
    frame.settings = settings;
    frame.tiles = tiles.resident.iter().map(|tile| {
        let o = (tile.origin - eye).as_vec3();
        DrawTile { primitives: tile.primitives.clone(), tile_from_eye: [o.x, o.y, o.z, 0.0], is_in_view: true }
    }).collect();
    if tiles.wanted as usize == tiles.resident.len() && tiles.wanted > 0 {
        bridge::emit(&ViewerEvent::Settled { frame: 0 });
    }
}
