//! The façade: the only functions that the page calls.

use crate::engine;
use js_sys::Function;
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

/// Starts the engine on a canvas.
///
/// * `canvas_selector` — CSS selector of a `<canvas>` of the document
/// * `options_json` — see `engine::options::StartOptions`
/// * `on_event` — called with each `viewer_core::ViewerEvent` as a JSON string
/// * resolves once the GPU device stands; `ready` follows as an event
///
/// # Errors
/// A string when the options do not read, the canvas does not exist, or the browser gives no GPU device. The event
/// `failed` says the same with a stable code.
#[wasm_bindgen]
pub async fn start(canvas_selector: String, options_json: String, on_event: Function) -> Result<(), JsValue> {
    console_error_panic_hook::set_once();
    engine::start(&canvas_selector, &options_json, on_event)
        .await
        .map_err(|err| JsValue::from_str(&err))
}

/// Gives the engine decode workers that were started, and told to load their decoder, while it was still on its way.
/// Call it before [`start`], which starts those that are missing.
#[wasm_bindgen]
pub fn adopt_workers(workers: Vec<web_sys::Worker>) {
    engine::adopt_workers(workers);
}

/// Hands a `viewer_core::ViewerCommand` to the engine.
///
/// # Errors
/// A string when the JSON is no command.
#[wasm_bindgen]
pub fn command(json: &str) -> Result<(), JsValue> {
    engine::command(json).map_err(|err| JsValue::from_str(&err))
}

/// Takes up the states of a scenario on a side, for `set_compare` and `set_side`. Nothing is fetched anew.
///
/// * `side` — 0–3
/// * `table` — `application/vnd.chengjing.states` as the server sends it; empty makes every feature untouched again
///
/// # Errors
/// A string when there is no such side or the bytes are no table; what was shown before stays.
#[wasm_bindgen]
pub fn set_states(side: u8, table: &[u8]) -> Result<(), JsValue> {
    engine::set_states(side, table).map_err(|err| JsValue::from_str(&err))
}

/// Takes up a layer of a simulation on a side of a comparison, shown at its first step; `show_overlay` moves it in time.
///
/// * `side` — 0–3; a single picture shows side 0
/// * `overlay` — `application/vnd.chengjing.overlay` as the server sends it; empty takes the layer away
///
/// # Errors
/// A string when there is no such side or the bytes are no overlay; what was shown before stays.
#[wasm_bindgen]
pub fn set_overlay(side: u8, overlay: &[u8]) -> Result<(), JsValue> {
    engine::set_overlay(side, overlay).map_err(|err| JsValue::from_str(&err))
}

/// Colours every feature at once, in place of the colours before: an analysis on the map.
///
/// * `tints` — `[feature]` little-endian words: sRGB red, green, blue, and the share of the colour (0 leaves the feature
///   as it is); features beyond the end are left as they are
#[wasm_bindgen]
pub fn set_tints(tints: Vec<u32>) {
    engine::set_tints(tints);
}
