//! Showing scenario sides together: which panes a picture has, and how a feature looks by its states on two sides.
//!
//! A side (0–3) is a scenario at a phase; its table of states lies in [`crate::state::FeatureStates`]. A pane shows one
//! side, or what differs between two.

use crate::bridge::CompareMode;
use city_model::layers::LAYERS;
use city_model::scenario::{FeatureState, PROPOSALS_LAYER};

/// Number of sides.
pub const MAX_SIDES: usize = 4;

/// Codes that a row has room for, a side.
const CODES: usize = 8;

/// How a feature is drawn. The numbers are those of the city shader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[repr(u8)]
pub enum Look {
    /// As it is.
    #[default]
    Plain = 0,
    /// Neither drawn nor picked.
    Hidden = 1,
    /// Blue with level lines.
    Changed = 2,
    /// Red, hatched, see-through.
    Removed = 3,
    /// Teal with a grid.
    Added = 4,
    /// Grey, hatched both ways.
    Abandoned = 5,
    /// Paler than it is, so that differences stand out.
    Kept = 6,
    /// See-through.
    Ghost = 7,
}

impl Look {
    const ALL: [Self; 8] = [
        Self::Plain,
        Self::Hidden,
        Self::Changed,
        Self::Removed,
        Self::Added,
        Self::Abandoned,
        Self::Kept,
        Self::Ghost,
    ];

    /// True for looks that ordinary pipelines leave to those of marks.
    pub const fn is_mark(self) -> bool {
        !matches!(self, Self::Plain | Self::Hidden | Self::Kept)
    }

    /// True for marks that are drawn see-through.
    pub const fn is_blended(self) -> bool {
        matches!(self, Self::Removed | Self::Ghost)
    }
}

/// Look by the states on two sides: `[a]` holds eight nibbles, nibble `b` is the look. In the shader's layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct LookTable {
    words: [u32; CODES],
}

impl LookTable {
    /// Codes that are no state are plain.
    fn new(look: impl Fn(FeatureState, FeatureState) -> Look) -> Self {
        let mut words = [0; CODES];
        for (word, a) in words.iter_mut().zip(FeatureState::ALL) {
            for b in FeatureState::ALL {
                *word |= u32::from(look(a, b) as u8) << (b.code() * 4);
            }
        }
        Self { words }
    }

    /// Words for the uniform of the shader, eight in two rows.
    pub const fn rows(&self) -> [[u32; 4]; 2] {
        let w = &self.words;
        [[w[0], w[1], w[2], w[3]], [w[4], w[5], w[6], w[7]]]
    }

    /// Look of a feature in states `a` and `b`.
    pub fn look(&self, a: u8, b: u8) -> Look {
        let word = self.words.get(usize::from(a & 7)).copied().unwrap_or_default();
        Look::ALL
            .get((word >> ((b & 7) * 4) & 15) as usize)
            .copied()
            .unwrap_or_default()
    }
}

/// One picture within the canvas.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pane {
    /// Where the camera's picture lies: left, top, width, height as shares of the canvas.
    pub viewport: [f64; 4],
    /// What of the canvas it paints, as the viewport.
    pub scissor: [f64; 4],
    /// Sides compared; the same twice for one side.
    pub sides: [u8; 2],
    /// Looks by the states on these sides.
    pub looks: LookTable,
}

const WHOLE: [f64; 4] = [0.0, 0.0, 1.0, 1.0];

impl Pane {
    /// Look of a feature by its state codes on the two sides of this pane.
    ///
    /// * `is_proposal` — it lies in the layer of proposals, where a feature is absent until a table says otherwise
    pub fn look(&self, is_proposal: bool, codes: [u8; 2]) -> Look {
        let standing = |code| {
            if is_proposal && code == FeatureState::Existing.code() {
                FeatureState::Absent.code()
            } else {
                code
            }
        };
        self.looks.look(standing(codes[0]), standing(codes[1]))
    }

    /// True when a point, in shares of the canvas, is painted by this pane.
    pub fn paints(&self, x: f64, y: f64) -> bool {
        let [left, top, width, height] = self.scissor;
        (left..left + width).contains(&x) && (top..top + height).contains(&y)
    }
}

/// Code of the layer of proposals, where the city has one.
pub fn proposal_layer() -> Option<u8> {
    let is_proposal = |id: &str| id.split_once('/').is_some_and(|(group, _)| group == PROPOSALS_LAYER);
    LAYERS
        .iter()
        .find(|layer| is_proposal(layer.id))
        .map(|layer| layer.code)
}

/// How sides are shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Compare {
    mode: CompareMode,
    sides: [u8; MAX_SIDES],
    position: f64,
    has_colors: bool,
    shows_removed: bool,
}

impl Default for Compare {
    fn default() -> Self {
        Self {
            mode: CompareMode::Single,
            sides: [0, 1, 2, 3],
            position: 0.5,
            has_colors: true,
            shows_removed: true,
        }
    }
}

impl Compare {
    /// How sides are shown together.
    pub const fn mode(&self) -> CompareMode {
        self.mode
    }

    /// Takes `set_compare`: sides beyond the fourth and positions that are no numbers are passed over.
    pub fn set(&mut self, mode: CompareMode, sides: &[u8], position: Option<f64>) {
        self.mode = mode;
        self.sides = [0, 1, 2, 3];
        for (slot, side) in self.sides.iter_mut().zip(sides) {
            *slot = (*side).min(MAX_SIDES as u8 - 1);
        }
        if let Some(position) = position.filter(|position| position.is_finite()) {
            self.position = position.clamp(0.0, 1.0);
        }
    }

    /// Takes `set_side`.
    pub fn set_side(&mut self, side: u8) {
        self.sides[0] = side.min(MAX_SIDES as u8 - 1);
    }

    /// Takes `set_scenario_colors`.
    pub fn set_colors(&mut self, is_enabled: bool, removed: Option<bool>) {
        self.has_colors = is_enabled;
        self.shows_removed = removed.unwrap_or(is_enabled);
    }

    /// Columns and rows of pictures.
    pub const fn grid(&self) -> [u32; 2] {
        match self.mode {
            CompareMode::Single | CompareMode::Swipe | CompareMode::Difference => [1, 1],
            CompareMode::SideBySide => [2, 1],
            CompareMode::Grid => [2, 2],
        }
    }

    /// The panes of the picture, by rows.
    pub fn panes(&self) -> Vec<Pane> {
        let [a, b, ..] = self.sides;
        let one = |side: u8, viewport, scissor| Pane {
            viewport,
            scissor,
            sides: [side, side],
            looks: self.single_looks(),
        };
        match self.mode {
            CompareMode::Single => vec![one(a, WHOLE, WHOLE)],
            CompareMode::Swipe => {
                let at = self.position;
                let parts = [(a, [0.0, 0.0, at, 1.0]), (b, [at, 0.0, 1.0 - at, 1.0])];
                let seen = parts.into_iter().filter(|(_, part)| part[2] > 0.0);
                seen.map(|(side, part)| one(side, WHOLE, part)).collect()
            }
            CompareMode::Difference => vec![Pane {
                viewport: WHOLE,
                scissor: WHOLE,
                sides: [a, b],
                looks: difference_looks(),
            }],
            CompareMode::SideBySide | CompareMode::Grid => {
                let [columns, rows] = self.grid();
                let cell = [1.0 / f64::from(columns), 1.0 / f64::from(rows)];
                (0..rows)
                    .flat_map(|row| (0..columns).map(move |column| (column, row)))
                    .zip(self.sides)
                    .map(|((column, row), side)| {
                        let rect = [f64::from(column) * cell[0], f64::from(row) * cell[1], cell[0], cell[1]];
                        one(side, rect, rect)
                    })
                    .collect()
            }
        }
    }

    fn single_looks(&self) -> LookTable {
        use FeatureState::{Abandoned, Absent, Added, Demolished, Existing, Modified, Retained};
        let marked = |look| if self.has_colors { look } else { Look::Plain };
        LookTable::new(|state, _| match state {
            Existing | Retained => Look::Plain,
            Modified => marked(Look::Changed),
            Added => marked(Look::Added),
            Abandoned => marked(Look::Abandoned),
            Demolished if self.shows_removed => Look::Removed,
            Demolished | Absent => Look::Hidden,
        })
    }
}

/// What the second side changes of the first.
fn difference_looks() -> LookTable {
    use FeatureState::{Abandoned, Existing, Retained};
    let plain = |state| if state == Retained { Existing } else { state };
    LookTable::new(|a, b| match (a.stands(), b.stands()) {
        (true, true) if plain(a) != plain(b) => Look::Changed,
        (true, true) => Look::Kept,
        (true, false) if b == Abandoned => Look::Abandoned,
        (true, false) => Look::Removed,
        (false, true) => Look::Added,
        (false, false) if a == Abandoned && b == Abandoned => Look::Kept,
        (false, false) => Look::Hidden,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use FeatureState::{Abandoned, Absent, Added, Demolished, Existing, Modified, Retained};

    fn look(compare: &Compare, a: FeatureState, b: FeatureState) -> Look {
        compare.panes()[0].look(false, [a.code(), b.code()])
    }

    #[test]
    fn the_after_view_without_colours_is_the_city_as_it_will_stand() {
        let mut compare = Compare::default();
        compare.set_colors(false, None);
        for state in [Existing, Retained, Modified, Added, Abandoned] {
            assert_eq!(look(&compare, state, state), Look::Plain, "{state:?}");
        }
        for state in [Demolished, Absent] {
            assert_eq!(look(&compare, state, state), Look::Hidden, "{state:?}");
        }
        compare.set_colors(false, Some(true));
        assert_eq!(look(&compare, Demolished, Demolished), Look::Removed);
    }

    #[test]
    fn colours_part_the_states() {
        let looks = FeatureState::ALL.map(|state| look(&Compare::default(), state, state));
        assert_eq!(
            looks,
            [
                Look::Plain,
                Look::Plain,
                Look::Changed,
                Look::Removed,
                Look::Added,
                Look::Hidden,
                Look::Abandoned
            ]
        );
    }

    #[test]
    fn proposals_are_hidden_until_a_table_shows_them() {
        let mut compare = Compare::default();
        let seen =
            |compare: &Compare, a: FeatureState, b: FeatureState| compare.panes()[0].look(true, [a.code(), b.code()]);
        assert_eq!(seen(&compare, Existing, Existing), Look::Hidden);
        assert_eq!(seen(&compare, Added, Added), Look::Added);
        compare.set(CompareMode::Difference, &[0, 1], None);
        assert_eq!(seen(&compare, Existing, Added), Look::Added);
        assert_eq!(seen(&compare, Added, Existing), Look::Removed);
    }

    #[test]
    fn a_difference_is_the_other_way_round_from_the_other_side() {
        let mut compare = Compare::default();
        compare.set(CompareMode::Difference, &[0, 1], None);
        for a in FeatureState::ALL {
            assert!(matches!(look(&compare, a, a), Look::Kept | Look::Hidden), "{a:?}");
            for b in FeatureState::ALL {
                let turned = match look(&compare, a, b) {
                    Look::Added => [Look::Removed, Look::Abandoned].as_slice(),
                    Look::Removed | Look::Abandoned => &[Look::Added],
                    same => &[same],
                };
                assert!(turned.contains(&look(&compare, b, a)), "{a:?} {b:?}");
            }
        }
        assert_eq!(look(&compare, Existing, Retained), Look::Kept);
        assert_eq!(look(&compare, Existing, Modified), Look::Changed);
        assert_eq!(look(&compare, Existing, Demolished), Look::Removed);
        assert_eq!(look(&compare, Existing, Abandoned), Look::Abandoned);
        assert_eq!(look(&compare, Demolished, Absent), Look::Hidden);
    }

    #[test]
    fn every_point_is_painted_by_one_pane() {
        let mut compare = Compare::default();
        for (mode, count) in [
            (CompareMode::Single, 1),
            (CompareMode::Swipe, 2),
            (CompareMode::Difference, 1),
            (CompareMode::SideBySide, 2),
            (CompareMode::Grid, 4),
        ] {
            compare.set(mode, &[0, 1, 2, 3], Some(0.3));
            let panes = compare.panes();
            assert_eq!(panes.len(), count);
            for i in 0..20 {
                for j in 0..20 {
                    let (x, y) = (f64::from(i) / 20.0, f64::from(j) / 20.0);
                    assert_eq!(panes.iter().filter(|p| p.paints(x, y)).count(), 1, "{mode:?} {x} {y}");
                }
            }
        }
        compare.set(CompareMode::Swipe, &[7], Some(f64::NAN));
        assert_eq!(compare.panes()[0].sides, [3, 3], "sides beyond the last are the last");
        assert_eq!(
            compare.panes()[0].scissor[2],
            0.3,
            "a position that is no number is passed over"
        );
        compare.set(CompareMode::Swipe, &[0, 1], Some(0.0));
        assert_eq!(compare.panes().len(), 1, "a line at the edge leaves one pane");
    }

    #[test]
    fn blinking_changes_only_the_side() {
        let mut compare = Compare::default();
        let before = compare.panes()[0];
        compare.set_side(1);
        let after = compare.panes()[0];
        assert_eq!((before.sides, after.sides), ([0, 0], [1, 1]));
        assert_eq!(before.looks, after.looks);
    }
}
