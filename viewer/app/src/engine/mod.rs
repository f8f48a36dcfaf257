//! The app: how the page starts and commands it, which plugins it has, and the order of a frame.

pub(crate) mod bridge;
mod compose;
pub(crate) mod frame_loop;
mod inputs;
mod options;
mod progress;
pub(crate) mod sketch;
mod state;
mod tools;
mod views;

use crate::camera::{CameraRig, listeners};
use crate::gpu::{device, device_loss, surface::Canvas};
use crate::material::{CityMaterialPlugin, feature_table::FeatureTable};
use crate::overlay::OverlayLayers;
use crate::shadow::ShadowFrame;
use crate::tiles::TileStream;
use crate::tiles::workers::{self, WorkerPool};
use bevy::app::{App, TaskPoolPlugin, Update};
use bevy::asset::AssetPlugin;
use bevy::diagnostic::FrameCountPlugin;
use bevy::image::ImagePlugin;
use bevy::log::LogPlugin;
use bevy::math::DMat4;
use bevy::mesh::MeshPlugin;
use bevy::prelude::{IntoScheduleConfigs as _, Resource};
use bevy::render::error_handler::RenderErrorHandler;
use bevy::render::renderer::WgpuWrapper;
use bevy::render::settings::RenderCreation;
use bevy::render::{RenderApp, RenderPlugin};
use bevy::time::TimePlugin;
use bevy::window::{ExitCondition, WindowPlugin};
use bridge::Input;
use city_model::manifest::SceneManifest;
use city_model::overlay::Overlay;
use city_model::scenario::StateTable;
use js_sys::Function;
use options::StartOptions;
use viewer_core::compare::MAX_SIDES;
use viewer_core::{SelectSettings, View, ViewerCommand, ViewerEvent};
use wasm_bindgen::JsCast as _;
use web_sys::HtmlCanvasElement;

/// What the server said of the scene.
#[derive(Resource, Debug)]
pub(crate) struct Manifest(pub(crate) SceneManifest);

/// Device pixels a CSS pixel, when the page has set it.
#[derive(Resource, Debug, Clone, Copy)]
pub(crate) struct PixelRatio(Option<f64>);

/// Why an engine does not start: stable code, sentence.
type StartError = (&'static str, String);

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
            bridge::emit(&ViewerEvent::Failed {
                code: code.to_owned(),
                message: message.clone(),
            });
            Err(message)
        }
    }
}

/// Keeps workers for the start; see [`crate::web::adopt_workers`].
pub(crate) fn adopt_workers(started: Vec<web_sys::Worker>) {
    workers::adopt(started);
}

/// Takes a command; see [`crate::web::command`].
pub(crate) fn command(json: &str) -> Result<(), String> {
    let command = serde_json::from_str::<ViewerCommand>(json).map_err(|err| format!("no viewer command: {err}"))?;
    bridge::push(Input::Command(command));
    Ok(())
}

/// Takes up the states of a side; see [`crate::web::set_states`].
pub(crate) fn set_states(side: u8, table: &[u8]) -> Result<(), String> {
    if usize::from(side) >= MAX_SIDES {
        return Err(format!("side {side}: there are {MAX_SIDES}"));
    }
    let table = match table {
        [] => None,
        bytes => Some(StateTable::decode(bytes).map_err(|err| err.to_string())?),
    };
    bridge::push(Input::States { side, table });
    Ok(())
}

/// Takes up a layer of a simulation; see [`crate::web::set_overlay`].
pub(crate) fn set_overlay(side: u8, bytes: &[u8]) -> Result<(), String> {
    if usize::from(side) >= MAX_SIDES {
        return Err(format!("side {side}: there are {MAX_SIDES}"));
    }
    let overlay = match bytes {
        [] => None,
        bytes => Some(Box::new(Overlay::decode(bytes).map_err(|err| err.to_string())?)),
    };
    bridge::push(Input::Overlay { side, overlay });
    Ok(())
}

/// Colours every feature; see [`crate::web::set_tints`].
pub(crate) fn set_tints(words: Vec<u32>) {
    bridge::push(Input::Tints(words));
}

async fn build(canvas_selector: &str, options_json: &str) -> Result<App, StartError> {
    let options: StartOptions =
        serde_json::from_str(options_json).map_err(|err| ("options", format!("options do not read: {err}")))?;
    let canvas = find_canvas(canvas_selector).ok_or_else(|| ("canvas", format!("no canvas {canvas_selector}")))?;
    let mut workers = WorkerPool::new(
        &options.worker_url,
        &options.decode_js_url,
        &options.decode_wasm_url,
        options.num_workers,
    )
    .map_err(|err| ("worker", err))?;
    let mut stream = tile_stream(&options, &workers);
    let mut rig = first_camera(&options);
    let ratio = PixelRatio(options.device_pixel_ratio);
    let state = state::SceneState {
        asked_error_px: options.maximum_error_px.filter(|px| *px > 0.0),
        ..state::SceneState::new(options.quality)
    };
    let element = canvas.clone();
    let canvas = Canvas(WgpuWrapper::new(canvas));
    compose::fit_camera(&mut rig, &canvas, &state);
    // the first tiles are on their way while the GPU wakes up
    stream.open(&mut workers, &options.tileset_url);
    let go_on = || {
        for reply in bridge::take_replies() {
            stream.take(&mut workers, reply);
        }
        compose::choose_tiles(&mut stream, &mut workers, &rig, ratio, &state);
    };
    let creation = meanwhile(device::open(), go_on)
        .await
        .map_err(|err| ("no_webgpu", err))?;
    listeners::attach(&element).map_err(|err| ("canvas", format!("the canvas takes no listeners: {err:?}")))?;
    let mut app = App::new();
    add_engine_plugins(&mut app, creation);
    app.sub_app_mut(RenderApp).insert_resource(canvas.clone());
    app.init_resource::<frame_loop::FrameClock>()
        .init_resource::<ShadowFrame>()
        .init_resource::<progress::Progress>()
        .init_resource::<inputs::Pending>()
        .init_resource::<sketch::SketchLayer>()
        .init_resource::<OverlayLayers>()
        .insert_resource(RenderErrorHandler(device_loss::handle))
        .insert_resource(ratio)
        .insert_resource(state)
        .insert_resource(rig)
        .insert_resource(FeatureTable::new(options.manifest.feature_index_count))
        .insert_resource(canvas)
        .insert_resource(stream)
        .insert_resource(Manifest(options.manifest))
        .insert_non_send(workers)
        .add_systems(
            Update,
            (
                inputs::take_inputs,
                compose::stream_tiles,
                compose::compose,
                compose::report,
            )
                .chain(),
        );
    app.finish();
    app.cleanup();
    Ok(app)
}

/// Waits for `wanted`, and calls `go_on` at first and whenever an input comes meanwhile.
async fn meanwhile<T>(wanted: impl Future<Output = T>, mut go_on: impl FnMut()) -> T {
    let mut wanted = std::pin::pin!(wanted);
    std::future::poll_fn(|context| {
        let polled = wanted.as_mut().poll(context);
        if polled.is_pending() {
            bridge::wake_at_next(context.waker());
            go_on();
        }
        polled
    })
    .await
}

/// What bevy's renderer needs to run; no window, no asset files, none of the 3D stack.
fn add_engine_plugins(app: &mut App, creation: RenderCreation) {
    app.add_plugins((
        LogPlugin::default(),
        TaskPoolPlugin::default(),
        TimePlugin,
        FrameCountPlugin,
        AssetPlugin::default(),
        WindowPlugin {
            primary_window: None,
            exit_condition: ExitCondition::DontExit,
            ..Default::default()
        },
        RenderPlugin {
            render_creation: creation,
            ..Default::default()
        },
        ImagePlugin::default(),
        MeshPlugin,
        bevy::camera::CameraPlugin,
        CityMaterialPlugin,
    ));
}

fn find_canvas(selector: &str) -> Option<HtmlCanvasElement> {
    web_sys::window()?
        .document()?
        .query_selector(selector)
        .ok()??
        .dyn_into()
        .ok()
}

fn tile_stream(options: &StartOptions, workers: &WorkerPool) -> TileStream {
    let select = SelectSettings {
        cpu_budget_bytes: options.cpu_budget_bytes,
        gpu_budget_bytes: options.gpu_budget_bytes,
        hidden_groups: state::SceneState::new(options.quality).hidden_groups(),
        ..SelectSettings::default()
    };
    let enu_from_ecef = DMat4::from_cols_array(&options.manifest.ecef_from_enu).inverse();
    TileStream::new(enu_from_ecef, workers.capacity(), select)
}

/// Camera at the asked view, else the manifest's first, else above the whole scene.
fn first_camera(options: &StartOptions) -> CameraRig {
    let of_manifest = options.manifest.views.first().map(|view| View {
        target_enu: view.target_enu,
        distance_m: view.distance_m,
        heading_deg: view.heading_deg,
        pitch_deg: view.pitch_deg,
    });
    let fallback = View {
        target_enu: [0.0; 3],
        distance_m: 1000.0,
        heading_deg: 0.0,
        pitch_deg: 35.0,
    };
    let view = options.initial_view.or(of_manifest);
    let mut rig = CameraRig::new(view.unwrap_or(fallback), options.reduced_motion);
    if view.is_none() {
        rig.camera.viewport_px = [960.0, 540.0];
        let whole = rig.camera.view_of_bounds(options.manifest.bounds_enu);
        rig.camera.set_view(whole);
    }
    rig
}
