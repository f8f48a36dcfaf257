//! Pointer, wheel, touch and keys to camera movements.
//!
//! Bindings: left drag pans with the grabbed point under the pointer; right drag, Ctrl + left drag and middle drag turn and
//! tilt about the point hit; the wheel zooms to the pointer; one finger pans, two pinch, twist and (moved together) tilt;
//! arrows pan, + and − zoom, Shift + arrows turn and tilt.

use crate::camera::{Camera, PanDrag};
use glam::{DVec2, DVec3};

/// Movement below which a press is a click, CSS pixels.
const CLICK_SLACK_PX: f64 = 4.0;
/// Degrees turned by a pixel of drag.
const TURN_DEG_PER_PX: f64 = 0.25;
/// Zoom of one notch of a wheel (120 units, 100 in some browsers).
const WHEEL_FACTOR_PER_UNIT: f64 = 0.0015;
/// Finger movement before two fingers are taken for a tilt or a pinch, CSS pixels.
const TOUCH_DECISION_PX: f64 = 8.0;
/// Pan of an arrow key, CSS pixels; turn and tilt with Shift, degrees; zoom of + and −.
const KEY_PAN_PX: f64 = 100.0;
const KEY_TURN_DEG: f64 = 15.0;
const KEY_TILT_DEG: f64 = 10.0;
const KEY_ZOOM: f64 = 1.5;

/// Button of a pointer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PointerButton {
    /// Left, or the only one.
    Left,
    /// Wheel.
    Middle,
    /// Right.
    Right,
}

/// Keys held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Modifiers {
    /// Ctrl, or Cmd.
    pub ctrl: bool,
    /// Shift.
    pub shift: bool,
}

/// Keys with a meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// Arrow.
    Left,
    /// Arrow.
    Right,
    /// Arrow.
    Up,
    /// Arrow.
    Down,
    /// Plus, with or without the number pad.
    Plus,
    /// Minus.
    Minus,
}

/// A press that ended without a drag.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Click {
    /// Where, CSS pixels.
    pub at_px: [f64; 2],
    /// Keys held.
    pub modifiers: Modifiers,
}

/// A finger on the screen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Finger {
    /// Id that the browser gives it.
    pub id: u64,
    /// Where, CSS pixels.
    pub at_px: [f64; 2],
}

/// Which drag is under way.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
enum Gesture {
    #[default]
    None,
    Pan(PanDrag),
    Turn {
        pivot_enu: DVec3,
    },
}

/// What two fingers do.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Two {
    Undecided,
    Tilt,
    Pinch,
}

/// State of the pointer and the fingers between events.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Controls {
    gesture: Gesture,
    button: Option<PointerButton>,
    pressed_px: DVec2,
    last_px: DVec2,
    modifiers: Modifiers,
    is_drag: bool,
    fingers: Vec<Finger>,
    two: Option<(Two, [Finger; 2], DVec3)>,
}

impl Controls {
    /// True while a button is held or a finger is down.
    pub fn is_active(&self) -> bool {
        self.button.is_some() || !self.fingers.is_empty()
    }

    /// A button goes down.
    ///
    /// * `hit_enu` — what lies under the pointer; `None` for the sky
    pub fn press(
        &mut self,
        camera: &Camera,
        button: PointerButton,
        modifiers: Modifiers,
        at_px: [f64; 2],
        hit_enu: Option<DVec3>,
    ) {
        if self.button.is_some() {
            return;
        }
        let hit = hit_enu.unwrap_or_else(|| camera.fallback_hit(at_px[0], at_px[1]));
        self.gesture = match (button, modifiers.ctrl) {
            (PointerButton::Left, false) => Gesture::Pan(camera.grab(hit)),
            _ => Gesture::Turn { pivot_enu: hit },
        };
        self.button = Some(button);
        self.modifiers = modifiers;
        self.pressed_px = at_px.into();
        self.last_px = at_px.into();
        self.is_drag = false;
    }

    /// The pointer moves with a button held. True when the camera moved.
    pub fn drag(&mut self, camera: &mut Camera, at_px: [f64; 2]) -> bool {
        let at = DVec2::from(at_px);
        self.is_drag |= self.button.is_some() && at.distance(self.pressed_px) > CLICK_SLACK_PX;
        if !self.is_drag {
            return false;
        }
        let step = at - self.last_px;
        self.last_px = at;
        match self.gesture {
            Gesture::None => return false,
            Gesture::Pan(drag) => camera.drag_to(&drag, at.x, at.y),
            Gesture::Turn { pivot_enu } => {
                camera.orbit_about(pivot_enu, step.x * TURN_DEG_PER_PX, step.y * TURN_DEG_PER_PX);
            }
        }
        true
    }

    /// A button goes up; gives the click when it was one, of the left button.
    pub fn release(&mut self, button: PointerButton, at_px: [f64; 2]) -> Option<Click> {
        if self.button != Some(button) {
            return None;
        }
        self.button = None;
        self.gesture = Gesture::None;
        let is_click = !self.is_drag && button == PointerButton::Left;
        is_click.then_some(Click {
            at_px,
            modifiers: self.modifiers,
        })
    }

    /// Forgets everything held, as when the page loses the pointer.
    pub fn cancel(&mut self) {
        *self = Self::default();
    }

    /// Fingers went down, moved or went up: all that are now on the screen. True when the camera moved.
    ///
    /// * `hit_enu` — what lies under the middle of the fingers, asked when their number changes
    pub fn touch(
        &mut self,
        camera: &mut Camera,
        fingers: &[Finger],
        hit_enu: impl FnOnce([f64; 2]) -> Option<DVec3>,
    ) -> bool {
        let same = fingers.len() == self.fingers.len() && fingers.iter().zip(&self.fingers).all(|(a, b)| a.id == b.id);
        let before = std::mem::replace(&mut self.fingers, fingers.to_vec());
        if !same {
            self.begin_touch(camera, hit_enu);
            return false;
        }
        match (fingers, before.as_slice(), self.two) {
            ([finger], ..) => {
                if let Gesture::Pan(drag) = self.gesture {
                    camera.drag_to(&drag, finger.at_px[0], finger.at_px[1]);
                }
                true
            }
            ([a, b], [was_a, was_b], Some((mode, start, pivot_enu))) => {
                let mode = if mode == Two::Undecided {
                    decide([*a, *b], start)
                } else {
                    mode
                };
                self.two = Some((mode, start, pivot_enu));
                two_fingers(camera, mode, [*a, *b], [*was_a, *was_b], pivot_enu)
            }
            _ => false,
        }
    }

    fn begin_touch(&mut self, camera: &Camera, hit_enu: impl FnOnce([f64; 2]) -> Option<DVec3>) {
        self.gesture = Gesture::None;
        self.two = None;
        let points: Vec<DVec2> = self.fingers.iter().map(|f| f.at_px.into()).collect();
        if points.is_empty() {
            return;
        }
        let middle = (points.iter().sum::<DVec2>() / points.len() as f64).to_array();
        let hit = hit_enu(middle).unwrap_or_else(|| camera.fallback_hit(middle[0], middle[1]));
        match self.fingers.as_slice() {
            [_] => self.gesture = Gesture::Pan(camera.grab(hit)),
            [a, b] => self.two = Some((Two::Undecided, [*a, *b], hit)),
            _ => {}
        }
    }
}

/// Zoom of a wheel movement: pass it to [`Camera::zoom_about`], at once or through a damper (its logarithm adds up).
///
/// * `delta_px` — `WheelEvent.deltaY` in pixels, positive away from the scene
pub fn wheel_factor(delta_px: f64) -> f64 {
    (-delta_px.clamp(-600.0, 600.0) * WHEEL_FACTOR_PER_UNIT).exp()
}

/// A key goes down. True when it has a meaning.
pub fn key(camera: &mut Camera, key: Key, modifiers: Modifiers) {
    match (key, modifiers.shift) {
        (Key::Left, false) => camera.pan_px(-KEY_PAN_PX, 0.0),
        (Key::Right, false) => camera.pan_px(KEY_PAN_PX, 0.0),
        (Key::Up, false) => camera.pan_px(0.0, -KEY_PAN_PX),
        (Key::Down, false) => camera.pan_px(0.0, KEY_PAN_PX),
        (Key::Left, true) => camera.orbit(-KEY_TURN_DEG, 0.0),
        (Key::Right, true) => camera.orbit(KEY_TURN_DEG, 0.0),
        (Key::Up, true) => camera.orbit(0.0, -KEY_TILT_DEG),
        (Key::Down, true) => camera.orbit(0.0, KEY_TILT_DEG),
        (Key::Plus, _) => camera.zoom(KEY_ZOOM),
        (Key::Minus, _) => camera.zoom(1.0 / KEY_ZOOM),
    }
}

/// Both fingers up or down together is a tilt, anything else a pinch with twist.
fn decide(now: [Finger; 2], start: [Finger; 2]) -> Two {
    let moved = [0, 1].map(|i| DVec2::from(now[i].at_px) - DVec2::from(start[i].at_px));
    let [short, long] = {
        let lengths = moved.map(DVec2::length);
        [lengths[0].min(lengths[1]), lengths[0].max(lengths[1])]
    };
    // fingers are reported one after the other: one that has moved says nothing about its neighbour yet
    let waits_for_other = short < TOUCH_DECISION_PX * 0.5 && long < TOUCH_DECISION_PX * 3.0;
    if long < TOUCH_DECISION_PX || waits_for_other {
        return Two::Undecided;
    }
    let is_vertical = |m: DVec2| m.y.abs() > 2.0 * m.x.abs() && m.y.abs() > TOUCH_DECISION_PX * 0.5;
    if moved.into_iter().all(is_vertical) && moved[0].y * moved[1].y > 0.0 {
        Two::Tilt
    } else {
        Two::Pinch
    }
}

fn two_fingers(camera: &mut Camera, mode: Two, now: [Finger; 2], was: [Finger; 2], pivot_enu: DVec3) -> bool {
    let at = |f: [Finger; 2]| (DVec2::from(f[0].at_px), DVec2::from(f[1].at_px));
    let ((a, b), (was_a, was_b)) = (at(now), at(was));
    let middle_step = ((a + b) - (was_a + was_b)) * 0.5;
    match mode {
        Two::Undecided => false,
        Two::Tilt => {
            camera.orbit_about(pivot_enu, 0.0, middle_step.y * TURN_DEG_PER_PX);
            true
        }
        Two::Pinch => {
            let (spread, was_spread) = ((b - a).length(), (was_b - was_a).length());
            if spread > 1.0 && was_spread > 1.0 {
                camera.zoom_about(pivot_enu, spread / was_spread);
                let turn = (was_b - was_a).angle_to(b - a);
                camera.orbit_about(pivot_enu, -turn.to_degrees(), 0.0);
            }
            camera.pan_px(-middle_step.x, -middle_step.y);
            true
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bridge::View;

    fn camera() -> Camera {
        let view = View {
            target_enu: [0.0; 3],
            distance_m: 500.0,
            heading_deg: 0.0,
            pitch_deg: 50.0,
        };
        Camera::new(view, [1000.0, 800.0])
    }

    fn finger(id: u64, x: f64, y: f64) -> Finger {
        Finger { id, at_px: [x, y] }
    }

    #[test]
    fn a_left_drag_keeps_the_point_and_a_still_press_is_a_click() {
        let (mut c, mut controls) = (camera(), Controls::default());
        let hit = c.fallback_hit(500.0, 500.0);
        controls.press(&c, PointerButton::Left, Modifiers::default(), [500.0, 500.0], Some(hit));
        assert!(!controls.drag(&mut c, [502.0, 501.0]));
        assert!(controls.drag(&mut c, [600.0, 450.0]));
        let [x, y] = c.project(hit).unwrap();
        assert!((x - 600.0).abs() < 1e-6 && (y - 450.0).abs() < 1e-6);
        assert_eq!(controls.release(PointerButton::Left, [600.0, 450.0]), None);
        controls.press(
            &c,
            PointerButton::Left,
            Modifiers {
                ctrl: true,
                shift: false,
            },
            [10.0, 10.0],
            None,
        );
        let click = controls.release(PointerButton::Left, [11.0, 10.0]).unwrap();
        assert!(click.modifiers.ctrl);
    }

    #[test]
    fn right_middle_and_ctrl_turn_about_what_is_hit() {
        for (button, ctrl) in [
            (PointerButton::Right, false),
            (PointerButton::Middle, false),
            (PointerButton::Left, true),
        ] {
            let (mut c, mut controls) = (camera(), Controls::default());
            let hit = c.fallback_hit(300.0, 600.0);
            controls.press(&c, button, Modifiers { ctrl, shift: false }, [300.0, 600.0], Some(hit));
            controls.drag(&mut c, [340.0, 620.0]);
            assert!((c.view().heading_deg - 10.0).abs() < 1e-9, "{button:?}");
            assert!((c.view().pitch_deg - 55.0).abs() < 1e-9);
            let [x, y] = c.project(hit).unwrap();
            assert!((x - 300.0).abs() < 1e-6 && (y - 600.0).abs() < 1e-6);
        }
    }

    #[test]
    fn the_wheel_zooms_in_when_pushed_away() {
        assert!(wheel_factor(-100.0) > 1.1);
        assert!((wheel_factor(100.0) * wheel_factor(-100.0) - 1.0).abs() < 1e-12);
        assert!(wheel_factor(-1e9) < 3.0, "one event never crosses the city");
    }

    #[test]
    fn pinching_zooms_and_twisting_turns() {
        let (mut c, mut controls) = (camera(), Controls::default());
        controls.touch(&mut c, &[finger(1, 400.0, 400.0), finger(2, 600.0, 400.0)], |_| None);
        controls.touch(&mut c, &[finger(1, 300.0, 400.0), finger(2, 700.0, 400.0)], |_| None);
        assert!((c.distance_m() - 250.0).abs() < 1.0, "{}", c.distance_m());
        let before = c.view().heading_deg;
        controls.touch(&mut c, &[finger(1, 300.0, 380.0), finger(2, 700.0, 420.0)], |_| None);
        let turned = crate::flight::shortest_turn_deg(before, c.view().heading_deg);
        assert!(
            (turned + 5.71).abs() < 0.01,
            "clockwise fingers turn the picture clockwise, so the heading falls: {turned}"
        );
    }

    #[test]
    fn two_fingers_together_tilt() {
        let (mut c, mut controls) = (camera(), Controls::default());
        controls.touch(&mut c, &[finger(1, 400.0, 400.0), finger(2, 600.0, 400.0)], |_| None);
        controls.touch(&mut c, &[finger(1, 400.0, 420.0), finger(2, 600.0, 421.0)], |_| None);
        assert!(
            (c.view().pitch_deg - (50.0 + 20.5 * TURN_DEG_PER_PX)).abs() < 1e-9,
            "{:?}",
            c.view()
        );
        assert_eq!(c.view().heading_deg, 0.0);
    }

    #[test]
    fn two_fingers_tilt_when_each_is_reported_on_its_own() {
        let (mut c, mut controls) = (camera(), Controls::default());
        let (mut a, mut b) = (finger(1, 400.0, 400.0), finger(2, 440.0, 400.0));
        controls.touch(&mut c, &[a, b], |_| None);
        for y in [412.0, 424.0, 436.0] {
            a.at_px[1] = y;
            controls.touch(&mut c, &[a, b], |_| None);
            b.at_px[1] = y;
            controls.touch(&mut c, &[a, b], |_| None);
        }
        assert!(
            (c.view().pitch_deg - 50.0).abs() > 20.0 * TURN_DEG_PER_PX,
            "{:?}",
            c.view()
        );
        assert!(
            c.view().heading_deg.abs() < 1e-9 && (c.view().distance_m - 500.0).abs() < 1e-6,
            "{:?}",
            c.view()
        );
    }

    #[test]
    fn one_finger_pans_and_keys_move() {
        let (mut c, mut controls) = (camera(), Controls::default());
        let hit = c.fallback_hit(500.0, 500.0);
        controls.touch(&mut c, &[finger(1, 500.0, 500.0)], |_| Some(hit));
        controls.touch(&mut c, &[finger(1, 450.0, 480.0)], |_| None);
        let [x, y] = c.project(hit).unwrap();
        assert!((x - 450.0).abs() < 1e-6 && (y - 480.0).abs() < 1e-6);
        let mut c = camera();
        key(&mut c, Key::Up, Modifiers::default());
        assert!(c.target_enu().y > 0.0, "up goes north when looking north");
        key(&mut c, Key::Right, Modifiers::default());
        assert!(c.target_enu().x > 0.0);
        key(&mut c, Key::Plus, Modifiers::default());
        assert!(c.distance_m() < 500.0);
        key(
            &mut c,
            Key::Left,
            Modifiers {
                shift: true,
                ctrl: false,
            },
        );
        assert!((c.view().heading_deg - 345.0).abs() < 1e-9);
    }
}
