//! The camera in the engine: takes inputs, flies, comes to rest, and says when the picture must be drawn again.

pub(crate) mod listeners;

use bevy::math::DVec3;
use bevy::prelude::Resource;
use viewer_core::controls::{self, Click, Controls, Finger, Key, Modifiers, PointerButton};
use viewer_core::{Camera, Damper, Flight, View};

/// Half life of the wheel's after-run, seconds.
const ZOOM_HALF_LIFE_S: f64 = 0.045;
/// Rest of a zoom that is carried out at once, natural logarithm of the factor.
const ZOOM_REST: f64 = 0.002;

/// What the user does. Positions in CSS pixels from the canvas' top left corner.
#[derive(Debug, Clone)]
pub(crate) enum PointerInput {
    /// A button goes down.
    Press {
        button: PointerButton,
        modifiers: Modifiers,
        at_px: [f64; 2],
    },
    /// The pointer moves over the canvas, or anywhere while a button is held.
    Move { at_px: [f64; 2] },
    /// A button goes up.
    Release { button: PointerButton, at_px: [f64; 2] },
    /// The pointer leaves the canvas.
    Leave,
    /// The browser takes the pointer away.
    Cancel,
    /// The wheel turns; pixels, positive towards the user.
    Wheel { delta_px: f64, at_px: [f64; 2] },
    /// All fingers that are now down.
    Fingers(Vec<Finger>),
    /// One finger went down and up at the same place.
    Tap { at_px: [f64; 2] },
    /// A key goes down.
    Key { key: Key, modifiers: Modifiers },
}

impl PointerInput {
    /// Where it happens; of several fingers the first. `None` of keys and of what has no place.
    pub(crate) fn at_px(&self) -> Option<[f64; 2]> {
        match self {
            Self::Press { at_px, .. }
            | Self::Move { at_px }
            | Self::Release { at_px, .. }
            | Self::Wheel { at_px, .. }
            | Self::Tap { at_px } => Some(*at_px),
            Self::Fingers(fingers) => fingers.first().map(|finger| finger.at_px),
            Self::Leave | Self::Cancel | Self::Key { .. } => None,
        }
    }

    /// The same, seen from a picture whose top left corner lies at `origin_px` of the canvas.
    pub(crate) fn seen_from(mut self, origin_px: [f64; 2]) -> Self {
        let shift = |at_px: &mut [f64; 2]| *at_px = [at_px[0] - origin_px[0], at_px[1] - origin_px[1]];
        match &mut self {
            Self::Press { at_px, .. }
            | Self::Move { at_px }
            | Self::Release { at_px, .. }
            | Self::Wheel { at_px, .. }
            | Self::Tap { at_px } => shift(at_px),
            Self::Fingers(fingers) => fingers.iter_mut().for_each(|finger| shift(&mut finger.at_px)),
            Self::Leave | Self::Cancel | Self::Key { .. } => {}
        }
        self
    }
}

/// What an input asks of the engine beside moving the camera.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Outcome {
    /// Nothing.
    None,
    /// A click to be answered by what lies there.
    Click(Click),
    /// The pointer rests somewhere else.
    Hover(Option<[f64; 2]>),
}

/// The camera with everything that moves it.
#[derive(Resource)]
pub(crate) struct CameraRig {
    /// Where it is.
    pub(crate) camera: Camera,
    controls: Controls,
    flight: Option<(Flight, f64)>,
    zoom: Damper,
    zoom_pivot_enu: DVec3,
    is_reduced_motion: bool,
}

impl CameraRig {
    /// A camera at rest.
    pub(crate) fn new(view: View, is_reduced_motion: bool) -> Self {
        let mut rig = Self {
            camera: Camera::new(view, [1.0, 1.0]),
            controls: Controls::default(),
            flight: None,
            zoom: Damper::new(ZOOM_HALF_LIFE_S),
            zoom_pivot_enu: DVec3::ZERO,
            is_reduced_motion,
        };
        rig.set_reduced_motion(is_reduced_motion);
        rig
    }

    /// True when the user asked for as little motion as can be.
    pub(crate) const fn is_reduced_motion(&self) -> bool {
        self.is_reduced_motion
    }

    /// Jump cuts in place of flights and after-runs.
    pub(crate) fn set_reduced_motion(&mut self, is_reduced: bool) {
        self.is_reduced_motion = is_reduced;
        self.zoom = Damper::new(if is_reduced { 0.0 } else { ZOOM_HALF_LIFE_S });
    }

    /// Sets out for a view.
    ///
    /// * `duration_ms` — chosen by the way when `None`, 0 jumps
    pub(crate) fn fly_to(&mut self, view: View, duration_ms: Option<f64>) {
        if self.is_reduced_motion || duration_ms == Some(0.0) {
            self.flight = None;
            self.camera.set_view(view);
        } else {
            let flight = Flight::new(self.camera.view(), view, duration_ms.map(|ms| ms / 1000.0));
            self.flight = Some((flight, 0.0));
        }
    }

    /// Stops whatever moves the camera by itself: the user takes over.
    pub(crate) fn stop(&mut self) {
        self.flight = None;
        self.set_reduced_motion(self.is_reduced_motion);
    }

    /// True while the camera moves by itself or is held.
    pub(crate) fn is_moving(&self) -> bool {
        self.flight.is_some() || !self.zoom.is_at_rest() || self.controls.is_active()
    }

    /// True while a button is held or a finger is down.
    pub(crate) fn is_held(&self) -> bool {
        self.controls.is_active()
    }

    /// True while another frame must follow although nobody does anything.
    pub(crate) fn is_animated(&self) -> bool {
        self.flight.is_some() || !self.zoom.is_at_rest()
    }

    /// Carries flights and after-runs on by a step of time.
    pub(crate) fn advance(&mut self, delta_s: f64) {
        if let Some((flight, elapsed_s)) = &mut self.flight {
            *elapsed_s += delta_s;
            self.camera.set_view(flight.at(*elapsed_s));
            if *elapsed_s >= flight.duration_secs() {
                self.flight = None;
            }
        }
        if !self.zoom.is_at_rest() {
            let step = self.zoom.step(delta_s, ZOOM_REST);
            self.camera.zoom_about(self.zoom_pivot_enu, step.exp());
        }
    }

    /// Takes an input.
    ///
    /// * `pick` — point of the scene under a point of the picture
    pub(crate) fn take(
        &mut self,
        input: PointerInput,
        pick: impl FnOnce(&Camera, [f64; 2]) -> Option<DVec3>,
    ) -> Outcome {
        match input {
            PointerInput::Press {
                button,
                modifiers,
                at_px,
            } => {
                self.stop();
                let hit = pick(&self.camera, at_px);
                self.controls.press(&self.camera, button, modifiers, at_px, hit);
            }
            PointerInput::Move { at_px } => {
                self.controls.drag(&mut self.camera, at_px);
                if !self.controls.is_active() {
                    return Outcome::Hover(Some(at_px));
                }
            }
            PointerInput::Release { button, at_px } => {
                if let Some(click) = self.controls.release(button, at_px) {
                    return Outcome::Click(click);
                }
            }
            PointerInput::Leave => return Outcome::Hover(None),
            PointerInput::Cancel => self.controls.cancel(),
            PointerInput::Wheel { delta_px, at_px } => {
                self.flight = None;
                if self.zoom.is_at_rest() {
                    let hit = pick(&self.camera, at_px);
                    self.zoom_pivot_enu = hit.unwrap_or_else(|| self.camera.fallback_hit(at_px[0], at_px[1]));
                }
                self.zoom.add(controls::wheel_factor(delta_px).ln());
            }
            PointerInput::Fingers(fingers) => {
                self.stop();
                let seen = self.camera;
                self.controls
                    .touch(&mut self.camera, &fingers, |at_px| pick(&seen, at_px));
            }
            PointerInput::Tap { at_px } => {
                return Outcome::Click(Click {
                    at_px,
                    modifiers: Modifiers::default(),
                });
            }
            PointerInput::Key { key, modifiers } => {
                self.stop();
                controls::key(&mut self.camera, key, modifiers);
            }
        }
        Outcome::None
    }
}
