//! Frames on demand: the app updates in an animation frame only after somebody asked for one, so an idle city costs
//! nothing. winit's loop is not used: it would update on every mouse move and could not skip a frame.

use bevy::app::App;
use bevy::prelude::Resource;
use std::cell::{Cell, RefCell};
use wasm_bindgen::JsCast as _;
use wasm_bindgen::closure::Closure;

/// Time of the running frame.
#[derive(Resource, Debug, Clone, Copy, Default)]
pub(crate) struct FrameClock {
    /// Milliseconds since the page began.
    pub(crate) now_ms: f64,
    /// Seconds since the frame before, at most 0.1 (a pause is no time for an animation).
    pub(crate) delta_s: f64,
}

thread_local! {
    static APP: RefCell<Option<App>> = const { RefCell::new(None) };
    static CALLBACK: RefCell<Option<Closure<dyn FnMut(f64)>>> = const { RefCell::new(None) };
    static IS_SCHEDULED: Cell<bool> = const { Cell::new(false) };
}

/// Longest step of animations, seconds.
const MAX_STEP_S: f64 = 0.1;

/// Takes the app over and draws its first frame. An engine that ran before is dropped.
pub(crate) fn run(app: App) {
    APP.set(Some(app));
    CALLBACK.with_borrow_mut(|callback| {
        callback.get_or_insert_with(|| Closure::new(frame));
    });
    request_frame();
}

/// Asks for one more frame; any number of calls before it gives one.
pub(crate) fn request_frame() {
    CALLBACK.with_borrow(|callback| {
        let (Some(callback), Some(window)) = (callback, web_sys::window()) else {
            return;
        };
        if !IS_SCHEDULED.replace(true)
            && window
                .request_animation_frame(callback.as_ref().unchecked_ref())
                .is_err()
        {
            IS_SCHEDULED.set(false);
        }
    });
}

/// Asks for a frame after a wait, as before the retry of a failed request.
pub(crate) fn request_frame_in(wait_ms: f64) {
    thread_local! {
        static WAKE: Closure<dyn FnMut()> = Closure::new(request_frame);
        static WAKES_AT_MS: Cell<f64> = const { Cell::new(0.0) };
    }
    let now_ms = now_ms();
    // one timer at a time is enough: it asks again when it finds nothing to do
    if WAKES_AT_MS.get() > now_ms {
        return;
    }
    WAKES_AT_MS.set(now_ms + wait_ms);
    WAKE.with(|wake| {
        if let Some(window) = web_sys::window() {
            let handler = wake.as_ref().unchecked_ref();
            window
                .set_timeout_with_callback_and_timeout_and_arguments_0(handler, wait_ms.ceil() as i32)
                .ok();
        }
    });
}

fn frame(now_ms: f64) {
    IS_SCHEDULED.set(false);
    APP.with_borrow_mut(|app| {
        let Some(app) = app else { return };
        let mut clock = app.world_mut().resource_mut::<FrameClock>();
        clock.delta_s = ((now_ms - clock.now_ms) / 1000.0).clamp(0.0, MAX_STEP_S);
        clock.now_ms = now_ms;
        app.update();
    });
}

/// Milliseconds since the page began; also within a frame.
pub(crate) fn now_ms() -> f64 {
    web_sys::window().and_then(|w| w.performance()).map_or(0.0, |p| p.now())
}

/// Sets a mark in the browser's timeline.
pub(crate) fn mark(name: &str) {
    if let Some(performance) = web_sys::window().and_then(|w| w.performance()) {
        performance.mark(name).ok();
    }
}
