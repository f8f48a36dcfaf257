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
    // a timer that runs out before will do: the engine asks again when it finds nothing to do
    if (now_ms..=now_ms + wait_ms).contains(&WAKES_AT_MS.get()) {
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

/// Frames that the GPU still works at.
#[derive(Debug, Clone, Copy)]
struct Gate {
    in_flight: u32,
    /// Time from handing the last completed frame over to its end.
    last_took_ms: f64,
    completed_at_ms: f64,
    /// Completions of an earlier device are not counted.
    generation: u32,
}

/// One frame in the hands of the GPU.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Submission {
    at_ms: f64,
    generation: u32,
}

const OPEN_GATE: Gate = Gate {
    in_flight: 0,
    last_took_ms: 0.0,
    completed_at_ms: 0.0,
    generation: 0,
};

thread_local! {
    static GATE: Cell<Gate> = const { Cell::new(OPEN_GATE) };
}

/// A frame that takes longer is drawn alone; quicker ones overlap with the work for the next.
const SLOW_FRAME_MS: f64 = 40.0;
/// Longest rest between two frames while tiles stream in.
const LONGEST_REST_MS: f64 = 1000.0;

/// Milliseconds until the next frame may be drawn; 0 = now, infinity = when a running one ends.
///
/// A GPU that is slower than the page would otherwise be handed frames by the dozen, and the picture would lag seconds
/// behind the hand. While tiles stream in and nothing moves, a slow renderer, which shares its processors with the
/// decoders, also rests as long as the last frame took.
pub(crate) fn draw_in_ms(is_streaming_only: bool) -> f64 {
    let gate = GATE.get();
    let is_slow = gate.last_took_ms > SLOW_FRAME_MS;
    if gate.in_flight >= if is_slow { 1 } else { 2 } {
        return f64::INFINITY;
    }
    if is_streaming_only && is_slow {
        let rest_ms = gate.last_took_ms.min(LONGEST_REST_MS);
        return (gate.completed_at_ms + rest_ms - now_ms()).max(0.0);
    }
    0.0
}

/// True when the GPU has drawn everything that it was given.
pub(crate) fn is_drawn() -> bool {
    GATE.get().in_flight == 0
}

/// Notes a frame that was handed to the GPU.
pub(crate) fn submitted() -> Submission {
    let mut gate = GATE.get();
    gate.in_flight += 1;
    GATE.set(gate);
    Submission {
        at_ms: now_ms(),
        generation: gate.generation,
    }
}

/// Notes the end of a frame, and wakes the engine, which may be waiting for it.
pub(crate) fn completed(submission: Submission) {
    let mut gate = GATE.get();
    if gate.generation != submission.generation {
        return;
    }
    gate.in_flight = gate.in_flight.saturating_sub(1);
    gate.completed_at_ms = now_ms();
    gate.last_took_ms = gate.completed_at_ms - submission.at_ms;
    GATE.set(gate);
    request_frame();
}

/// Forgets the frames of a device that is gone.
pub(crate) fn forget_submitted() {
    GATE.set(Gate {
        generation: GATE.get().generation.wrapping_add(1),
        ..OPEN_GATE
    });
}

/// Sets a mark in the browser's timeline.
pub(crate) fn mark(name: &str) {
    if let Some(performance) = web_sys::window().and_then(|w| w.performance()) {
        performance.mark(name).ok();
    }
}
