//! DOM listeners on the canvas: mouse, pen, touch, wheel, keys. They only translate; see [`super::CameraRig`].

use crate::camera::PointerInput;
use crate::engine::bridge::{self, Input};
use std::cell::RefCell;
use std::rc::Rc;
use viewer_core::controls::{Finger, Key, Modifiers, PointerButton};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{Event, HtmlCanvasElement, KeyboardEvent, MouseEvent, PointerEvent, ResizeObserver, WheelEvent};

/// Movement of a finger below which it taps, CSS pixels.
const TAP_SLACK_PX: f64 = 10.0;
/// CSS pixels of a line and of a page of the wheel's other modes.
const WHEEL_LINE_PX: f64 = 36.0;
const WHEEL_PAGE_PX: f64 = 400.0;

/// Fingers on the screen and the press that may become a tap.
#[derive(Default)]
struct Touches {
    fingers: Vec<Finger>,
    tap_px: Option<[f64; 2]>,
}

/// Hangs all listeners on the canvas; they stay as long as the page does.
///
/// # Errors
/// The browser's reason when a listener is refused.
pub(crate) fn attach(canvas: &HtmlCanvasElement) -> Result<(), JsValue> {
    canvas.style().set_property("touch-action", "none")?;
    let touches = Rc::new(RefCell::new(Touches::default()));
    let capturing = canvas.clone();
    let held = Rc::clone(&touches);
    on(canvas, "pointerdown", move |event: PointerEvent| {
        // fails only when the pointer is gone already
        capturing.set_pointer_capture(event.pointer_id()).ok();
        capturing.focus().ok();
        press(&event, &mut held.borrow_mut());
    })?;
    let held = Rc::clone(&touches);
    on(canvas, "pointermove", move |event: PointerEvent| {
        moved(&event, &mut held.borrow_mut())
    })?;
    let held = Rc::clone(&touches);
    on(canvas, "pointerup", move |event: PointerEvent| {
        release(&event, &mut held.borrow_mut(), true)
    })?;
    on(canvas, "pointercancel", move |event: PointerEvent| {
        release(&event, &mut touches.borrow_mut(), false)
    })?;
    on(canvas, "pointerleave", |event: PointerEvent| {
        if !is_touch(&event) {
            push(PointerInput::Leave);
        }
    })?;
    on(canvas, "wheel", |event: WheelEvent| {
        event.prevent_default();
        let unit_px = match event.delta_mode() {
            WheelEvent::DOM_DELTA_LINE => WHEEL_LINE_PX,
            WheelEvent::DOM_DELTA_PAGE => WHEEL_PAGE_PX,
            _ => 1.0,
        };
        push(PointerInput::Wheel {
            delta_px: event.delta_y() * unit_px,
            at_px: at_px(&event),
        });
    })?;
    on(canvas, "contextmenu", |event: Event| event.prevent_default())?;
    on(canvas, "keydown", |event: KeyboardEvent| {
        let Some(key) = key_of(&event.key()) else { return };
        if event.alt_key() || event.ctrl_key() || event.meta_key() {
            return;
        }
        event.prevent_default();
        push(PointerInput::Key {
            key,
            modifiers: Modifiers {
                ctrl: false,
                shift: event.shift_key(),
            },
        });
    })?;
    observe_size(canvas)
}

fn observe_size(canvas: &HtmlCanvasElement) -> Result<(), JsValue> {
    let resized = Closure::<dyn FnMut()>::new(|| bridge::push(Input::Resized));
    ResizeObserver::new(resized.as_ref().unchecked_ref())?.observe(canvas);
    resized.forget();
    Ok(())
}

fn on<E: wasm_bindgen::convert::FromWasmAbi + 'static>(
    canvas: &HtmlCanvasElement,
    name: &str,
    listener: impl FnMut(E) + 'static,
) -> Result<(), JsValue> {
    let listener = Closure::<dyn FnMut(E)>::new(listener);
    canvas.add_event_listener_with_callback(name, listener.as_ref().unchecked_ref())?;
    listener.forget();
    Ok(())
}

fn push(input: PointerInput) {
    bridge::push(Input::Pointer(input));
}

fn press(event: &PointerEvent, touches: &mut Touches) {
    if is_touch(event) {
        touches.tap_px = touches.fingers.is_empty().then(|| at_px(event));
        touches.fingers.push(finger(event));
        push(PointerInput::Fingers(touches.fingers.clone()));
    } else if let Some(button) = button_of(event.button()) {
        push(PointerInput::Press {
            button,
            modifiers: modifiers(event),
            at_px: at_px(event),
        });
    }
}

fn moved(event: &PointerEvent, touches: &mut Touches) {
    let at_px = at_px(event);
    if !is_touch(event) {
        push(PointerInput::Move { at_px });
        return;
    }
    if touches
        .tap_px
        .is_some_and(|tap| (tap[0] - at_px[0]).hypot(tap[1] - at_px[1]) > TAP_SLACK_PX)
    {
        touches.tap_px = None;
    }
    let id = finger(event).id;
    if let Some(known) = touches.fingers.iter_mut().find(|finger| finger.id == id) {
        known.at_px = at_px;
        // below the slack the finger may still tap: the picture must not creep
        if touches.tap_px.is_none() {
            push(PointerInput::Fingers(touches.fingers.clone()));
        }
    }
}

fn release(event: &PointerEvent, touches: &mut Touches, is_up: bool) {
    if is_touch(event) {
        let id = finger(event).id;
        touches.fingers.retain(|finger| finger.id != id);
        push(PointerInput::Fingers(touches.fingers.clone()));
        if let Some(at_px) = touches.tap_px.take().filter(|_| is_up && touches.fingers.is_empty()) {
            push(PointerInput::Tap { at_px });
        }
    } else if !is_up {
        push(PointerInput::Cancel);
    } else if let Some(button) = button_of(event.button()) {
        push(PointerInput::Release {
            button,
            at_px: at_px(event),
        });
    }
}

fn is_touch(event: &PointerEvent) -> bool {
    event.pointer_type() == "touch"
}

fn finger(event: &PointerEvent) -> Finger {
    Finger {
        id: u64::from(event.pointer_id().cast_unsigned()),
        at_px: at_px(event),
    }
}

fn at_px(event: &MouseEvent) -> [f64; 2] {
    [f64::from(event.offset_x()), f64::from(event.offset_y())]
}

fn modifiers(event: &MouseEvent) -> Modifiers {
    Modifiers {
        ctrl: event.ctrl_key() || event.meta_key(),
        shift: event.shift_key(),
    }
}

fn button_of(button: i16) -> Option<PointerButton> {
    match button {
        0 => Some(PointerButton::Left),
        1 => Some(PointerButton::Middle),
        2 => Some(PointerButton::Right),
        _ => None,
    }
}

fn key_of(key: &str) -> Option<Key> {
    match key {
        "ArrowLeft" => Some(Key::Left),
        "ArrowRight" => Some(Key::Right),
        "ArrowUp" => Some(Key::Up),
        "ArrowDown" => Some(Key::Down),
        "+" | "=" => Some(Key::Plus),
        "-" | "_" => Some(Key::Minus),
        _ => None,
    }
}
