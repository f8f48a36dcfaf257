//! The mailbox between browser callbacks and the engine's systems. Callbacks only put things in; frames take them out.

use crate::camera::PointerInput;
use crate::engine::frame_loop;
use crate::tiles::workers::Reply;
use city_model::overlay::Overlay;
use city_model::scenario::StateTable;
use js_sys::Function;
use std::cell::RefCell;
use std::task::Waker;
use viewer_core::{ViewerCommand, ViewerEvent};
use wasm_bindgen::JsValue;

/// Something that happened outside a frame.
#[derive(Debug)]
pub(crate) enum Input {
    /// The page asks for something.
    Command(ViewerCommand),
    /// The user moves, presses, turns, types.
    Pointer(PointerInput),
    /// A decode worker answers.
    Worker(Reply),
    /// States of a side; `None` makes all features untouched.
    States {
        /// 0–3.
        side: u8,
        /// Table as the server sent it.
        table: Option<StateTable>,
    },
    /// A layer of a simulation on a side; `None` takes it away.
    Overlay {
        /// 0–3.
        side: u8,
        /// As the server sent it.
        overlay: Option<Box<Overlay>>,
    },
    /// Tints of all features, as `FeatureStates::set_tints` takes them.
    Tints(Vec<u32>),
    /// The canvas changed its size.
    Resized,
    /// A new GPU device stands in for a lost one.
    DeviceRecovered,
}

thread_local! {
    static INBOX: RefCell<Vec<Input>> = const { RefCell::new(Vec::new()) };
    static LISTENER: RefCell<Option<Function>> = const { RefCell::new(None) };
    static WAITING: RefCell<Option<Waker>> = const { RefCell::new(None) };
}

/// Puts an input into the box and wakes the engine.
pub(crate) fn push(input: Input) {
    INBOX.with_borrow_mut(|inbox| inbox.push(input));
    if let Some(waker) = WAITING.take() {
        waker.wake();
    }
    frame_loop::request_frame();
}

/// Wakes a task once when the next input comes: before there are frames.
pub(crate) fn wake_at_next(waker: &Waker) {
    WAITING.set(Some(waker.clone()));
}

/// Takes what workers answered, and leaves the rest to the first frame.
pub(crate) fn take_replies() -> Vec<Reply> {
    let is_reply = |input: &mut Input| matches!(input, Input::Worker(_));
    let replies: Vec<Input> = INBOX.with_borrow_mut(|inbox| inbox.extract_if(.., is_reply).collect());
    let replies = replies.into_iter();
    replies
        .filter_map(|input| match input {
            Input::Worker(reply) => Some(reply),
            _ => None,
        })
        .collect()
}

/// Takes everything out, in the order of arrival.
pub(crate) fn take() -> Vec<Input> {
    INBOX.with_borrow_mut(std::mem::take)
}

/// Sets the function that hears events.
pub(crate) fn listen(on_event: Function) {
    LISTENER.with_borrow_mut(|listener| *listener = Some(on_event));
}

/// Tells the page. An exception in the listener is the page's own trouble and does not stop the engine.
pub(crate) fn emit(event: &ViewerEvent) {
    let Ok(json) = serde_json::to_string(event) else { return };
    let listener = LISTENER.with_borrow(Clone::clone);
    if let Some(listener) = listener
        && let Err(err) = listener.call1(&JsValue::NULL, &JsValue::from_str(&json))
    {
        bevy::log::warn!(?err, "event listener threw");
    }
}
