//! Layers of simulations in the viewer: which of their steps is shown, in which colours.

use crate::compare::MAX_SIDES;
use crate::state::HATCHED;
use city_model::overlay::{Overlay, OverlayKind, OverlayLook, step_at};

/// Milliseconds between two pictures of moving water or flow: quick enough to be seen to move.
pub const MOTION_EVERY_MS: f64 = 100.0;
/// Share of the tint on features.
const TINT_SHARE: u32 = 230;

/// An overlay and how it is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// The layer.
    pub overlay: Overlay,
    /// Seconds from the start of the simulation.
    pub time_s: f64,
    /// 0 to 1.
    pub opacity: f64,
    /// False keeps it without drawing it.
    pub is_visible: bool,
    /// Another one whenever the overlay is another one.
    pub generation: u32,
    /// Something flows at the step shown.
    has_flow: bool,
}

impl Shown {
    /// Step shown, and the share of the next one.
    pub fn step(&self) -> (usize, f32) {
        step_at(&self.overlay.header.times_s, self.time_s)
    }

    /// True when it moves by itself: water, and flow as long as anything flows.
    pub fn is_moving(&self) -> bool {
        let moves = match self.overlay.header.look {
            OverlayLook::Water => true,
            OverlayLook::Flow => self.has_flow,
            OverlayLook::Ramp | OverlayLook::Xray => false,
        };
        self.is_visible && moves && !self.overlay.indices.is_empty()
    }

    /// Looks up whether anything flows at the step shown.
    fn note_flow(&mut self) {
        let overlay = &self.overlay;
        let flows = |stored: &u16| {
            overlay
                .value(*stored)
                .is_some_and(|value| value.abs() > overlay.header.scale)
        };
        self.has_flow = overlay.header.look == OverlayLook::Flow && overlay.step(self.step().0).iter().any(flows);
    }
}

/// The overlays of the sides of a comparison.
#[derive(Debug, Clone, Default)]
pub struct Overlays {
    slots: [Option<Shown>; MAX_SIDES],
    generation: u32,
}

impl Overlays {
    /// Takes up an overlay on a side, or none; shown at its first step.
    ///
    /// * returns true when features of the city change their colour with it
    pub fn set(&mut self, side: usize, overlay: Option<Overlay>) -> bool {
        let Some(slot) = self.slots.get_mut(side) else {
            return false;
        };
        self.generation += 1;
        let next = overlay.map(|overlay| Shown {
            time_s: overlay.header.times_s.first().copied().unwrap_or_default(),
            opacity: 1.0,
            is_visible: true,
            generation: self.generation,
            has_flow: false,
            overlay,
        });
        let next = next.map(|mut shown| {
            shown.note_flow();
            shown
        });
        let before = std::mem::replace(slot, next);
        [before.as_ref(), slot.as_ref()]
            .into_iter()
            .flatten()
            .any(colors_features)
    }

    /// Shows a side's overlay at a time.
    ///
    /// * returns true when features of the city change their colour with it
    pub fn show(&mut self, side: usize, time_s: f64, opacity: f64, is_visible: bool) -> bool {
        let Some(shown) = self.slots.get_mut(side).and_then(Option::as_mut) else {
            return false;
        };
        let before = (shown.step().0, shown.is_visible);
        if time_s.is_finite() {
            shown.time_s = time_s;
        }
        if opacity.is_finite() {
            shown.opacity = opacity.clamp(0.0, 1.0);
        }
        if before.0 != shown.step().0 {
            shown.note_flow();
        }
        shown.is_visible = is_visible;
        colors_features(shown) && before != (shown.step().0, shown.is_visible)
    }

    /// The overlay of a side.
    pub fn get(&self, side: usize) -> Option<&Shown> {
        self.slots.get(side)?.as_ref()
    }

    /// Overlays with their sides.
    pub fn iter(&self) -> impl Iterator<Item = (usize, &Shown)> {
        self.slots
            .iter()
            .enumerate()
            .filter_map(|(side, slot)| Some((side, slot.as_ref()?)))
    }

    /// True when one of them moves by itself.
    pub fn is_moving(&self) -> bool {
        self.iter().any(|(_, shown)| shown.is_moving())
    }

    /// Colours of the city's features at the steps shown, in the first picture and in those beside it, as
    /// `FeatureStates::set_side_tints` takes them.
    pub fn tints(&self) -> [Vec<u32>; 2] {
        [0, 1].map(|side| self.get(side).map_or_else(Vec::new, tints))
    }

    /// Features that an x-ray picture is about, ascending; `None` when there is no such picture.
    pub fn xray(&self) -> Option<Vec<u32>> {
        let is_xray = |shown: &&Shown| shown.is_visible && fades_rest(&shown.overlay);
        let mut shown = self.iter().map(|(_, shown)| shown).filter(is_xray).peekable();
        shown.peek()?;
        let mut features: Vec<u32> = shown.flat_map(|one| &one.overlay.features).copied().collect();
        features.sort_unstable();
        features.dedup();
        Some(features)
    }
}

/// True for a picture that everything else stands back for: an x-ray, or values on the courses of pipes.
fn fades_rest(overlay: &Overlay) -> bool {
    let is_on_courses = overlay.header.kind == OverlayKind::Features && !overlay.indices.is_empty();
    is_on_courses || overlay.header.look == OverlayLook::Xray
}

/// Colours of the features of one overlay at the step shown.
fn tints(shown: &Shown) -> Vec<u32> {
    if !shown.is_visible || !colors_features(shown) {
        return Vec::new();
    }
    let overlay = &shown.overlay;
    let count = overlay.features.iter().max().map_or(0, |last| *last as usize + 1);
    // numbers are dense: a table longer than the city would ever be is another city's
    let mut words = vec![0_u32; count.min(MAX_FEATURES)];
    for (feature, stored) in overlay.features.iter().zip(overlay.step(shown.step().0)) {
        let (Some(word), Some(value)) = (words.get_mut(*feature as usize), overlay.value(*stored)) else {
            continue;
        };
        let size = if overlay.header.look == OverlayLook::Flow {
            value.abs()
        } else {
            value
        };
        let [red, green, blue, opacity] = overlay.color(size);
        let is_near = |[limit, error]: [f32; 2]| (size - limit).abs() < error;
        let share = u32::from(opacity) * TINT_SHARE / 255;
        *word = u32::from_le_bytes([red, green, blue, share as u8]) & !HATCHED;
        if overlay.header.limit.is_some_and(is_near) {
            *word |= HATCHED;
        }
    }
    words
}

/// Most features that a city may have here, as the feature table of the engine.
const MAX_FEATURES: usize = 1 << 27;

fn colors_features(shown: &Shown) -> bool {
    shown.overlay.header.kind == OverlayKind::Features
}

#[cfg(test)]
mod tests {
    use super::*;
    use city_model::overlay::{NO_VALUE, OverlayClass, OverlayHeader, Vertex};

    fn pressures() -> Overlay {
        let class = |from, rgb: [u8; 3]| OverlayClass {
            from,
            rgba: [rgb[0], rgb[1], rgb[2], 255],
        };
        Overlay {
            header: OverlayHeader {
                kind: OverlayKind::Features,
                look: OverlayLook::Ramp,
                is_smooth: false,
                is_through: false,
                origin_enu: [0.0; 3],
                size: [2, 1],
                times_s: vec![0.0, 3600.0],
                offset: 0.0,
                scale: 1.0,
                classes: vec![class(0.0, [200, 0, 0]), class(20.0, [0, 0, 200])],
                limit: None,
                left_out: 0,
                counts: [0, 0, 2],
            },
            vertices: vec![],
            indices: vec![],
            features: vec![5, 2],
            values: vec![10, 25, NO_VALUE, 19],
        }
    }

    fn tint(words: &[u32], feature: usize) -> [u8; 4] {
        words[feature].to_le_bytes()
    }

    #[test]
    fn features_have_the_colours_of_the_step_shown() {
        let mut overlays = Overlays::default();
        assert!(overlays.set(0, Some(pressures())));
        let [words, _] = overlays.tints();
        assert_eq!(words.len(), 6);
        assert_eq!(tint(&words, 5)[..3], [200, 0, 0]);
        assert_eq!(tint(&words, 2)[..3], [0, 0, 200]);
        assert_eq!(words[3], 0);
        // within the same step nothing is coloured anew
        assert!(!overlays.show(0, 1800.0, 1.0, true));
        assert!(overlays.show(0, 3600.0, 1.0, true));
        let [words, _] = overlays.tints();
        assert_eq!(words[5], 0);
        assert_eq!(tint(&words, 2)[..3], [200, 0, 0]);
        assert!(overlays.show(0, 3600.0, 1.0, false));
        assert!(overlays.tints()[0].is_empty());
    }

    #[test]
    fn what_lies_within_the_error_of_the_limit_is_hatched() {
        let mut near = pressures();
        near.header.limit = Some([11.0, 1.5]);
        let mut overlays = Overlays::default();
        overlays.set(0, Some(near));
        let [words, _] = overlays.tints();
        // 10 is nearer than 1.5 to 11, and 25 is not
        assert_eq!((words[5] & HATCHED, words[2] & HATCHED), (HATCHED, 0));
        overlays.set(0, Some(pressures()));
        assert!(overlays.tints()[0].iter().all(|word| word & HATCHED == 0));
    }

    #[test]
    fn sides_have_colours_of_their_own() {
        let mut overlays = Overlays::default();
        overlays.set(0, Some(pressures()));
        overlays.set(1, Some(pressures()));
        overlays.show(1, 3600.0, 1.0, true);
        let [first, second] = overlays.tints();
        assert_eq!((tint(&first, 2)[2], tint(&second, 2)[0]), (200, 200));
        assert_eq!(second[5], 0);
    }

    #[test]
    fn flow_moves_while_something_flows_and_an_xray_names_its_features() {
        let mut overlay = pressures();
        overlay.header.look = OverlayLook::Flow;
        overlay.values = vec![0, 1, NO_VALUE, 3];
        overlay.vertices = vec![Vertex::default(); 3];
        overlay.indices = vec![0, 1, 2];
        let mut overlays = Overlays::default();
        overlays.set(0, Some(overlay.clone()));
        assert!(!overlays.is_moving(), "a step of the scale is nothing");
        overlays.show(0, 3600.0, 1.0, true);
        assert!(overlays.is_moving());
        overlays.show(0, 3600.0, 1.0, false);
        assert!(!overlays.is_moving());
        assert_eq!(overlays.xray(), None, "nothing is shown");
        overlays.show(0, 0.0, 1.0, true);
        assert_eq!(overlays.xray(), Some(vec![2, 5]), "values on pipes stand out");
        overlay.indices.clear();
        overlay.header.counts[1] = 0;
        overlays.set(0, Some(overlay.clone()));
        assert_eq!(overlays.xray(), None);
        overlay.header.look = OverlayLook::Xray;
        overlays.set(0, Some(overlay));
        assert_eq!(overlays.xray(), Some(vec![2, 5]));
        overlays.show(0, 0.0, 1.0, false);
        assert_eq!(overlays.xray(), None);
    }

    #[test]
    fn a_side_that_is_not_there_changes_nothing() {
        let mut overlays = Overlays::default();
        assert!(!overlays.set(MAX_SIDES, Some(pressures())));
        assert!(!overlays.show(1, 0.0, 1.0, true));
        assert!(overlays.set(1, Some(pressures())));
        assert!(overlays.set(1, None));
        assert!(!overlays.is_moving());
    }
}
