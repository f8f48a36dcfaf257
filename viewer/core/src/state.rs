//! What the user has done to features: the table behind selection, hover, hiding, x-ray and tints.
//!
//! One row of two words a feature, dense by feature index, in the layout of the city shader: state bits with the scenario
//! states of four sides above them, then two tints (sRGB bytes red, green, blue and their share), one for the first picture
//! and one for those beside it. Writes note what changed, so
//! that only that is copied to the GPU.

use crate::compare::{Look, MAX_SIDES, Pane};
pub use crate::layer_mask::LayerMask;
use city_model::layers::FIRST_PIPE_CODE;
use city_model::scenario::{FeatureState, StateTable};
use std::collections::BTreeSet;
use std::ops::Range;

/// Bit of a tint, the lowest of its share: what it stands for lies nearer to a limit than its method can tell.
pub const HATCHED: u32 = 1 << 24;

/// Bits of the first word of a row.
pub mod bits {
    /// Not drawn, not picked.
    pub const HIDDEN: u32 = 1;
    /// Selected.
    pub const SELECTED: u32 = 2;
    /// Belongs to the selection.
    pub const RELATED: u32 = 4;
    /// Under the pointer.
    pub const HOVERED: u32 = 8;
    /// See-through; turned about while the rest is ([`super::Rest`]).
    pub const GHOST: u32 = 16;
    /// Lit up as one of a set.
    pub const LIT: u32 = 32;
    /// Lowest bit of the scenario state on side 0; each side has [`SIDE_BITS`] from there on.
    pub const SIDES: u32 = 8;
    /// Bits of the scenario state on one side.
    pub const SIDE_BITS: u32 = 4;
}

/// What besides the features named is see-through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(u32)]
pub enum Rest {
    /// Nothing: the features named are ghosts.
    #[default]
    Whole = 0,
    /// Everything that stands, except the features named.
    Standing = 1,
    /// That and everything below the ground, except the features named.
    All = 2,
}

/// Words of a row.
pub const ROW_WORDS: usize = 3;
/// Gap between changed rows that is copied along rather than copied around, rows.
const MERGE_GAP: usize = 32;

/// The table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FeatureStates {
    rows: Vec<[u32; ROW_WORDS]>,
    changed: BTreeSet<u32>,
    /// Rows that a whole table has changed.
    changed_span: Range<u32>,
    /// Grows with every change of looks: scenario states and ghosts.
    generation: u64,
    has_states: [bool; MAX_SIDES],
    selected: Option<u32>,
    related: Vec<u32>,
    hovered: Option<u32>,
    lit: Vec<u32>,
    ghosts: Vec<u32>,
    rest: Rest,
    has_side_tints: bool,
}

impl FeatureStates {
    /// A table of plain rows.
    ///
    /// * `count` — highest feature index + 1
    pub fn new(count: u32) -> Self {
        let mut table = Self::default();
        table.resize(count);
        table
    }

    /// Makes room for features `0..count`; present rows stay.
    pub fn resize(&mut self, count: u32) {
        self.rows.resize(count as usize, [0; ROW_WORDS]);
        let _past_the_end = self.changed.split_off(&count);
        self.changed_span.end = self.changed_span.end.min(count);
    }

    /// All words, [`ROW_WORDS`] a feature.
    pub fn words(&self) -> &[u32] {
        self.rows.as_flattened()
    }

    /// State bits of a feature; 0 beyond the table.
    pub fn state(&self, index: u32) -> u32 {
        self.rows.get(index as usize).map_or(0, |row| row[0])
    }

    /// Selected feature.
    pub const fn selected(&self) -> Option<u32> {
        self.selected
    }

    /// Selects a feature, or nothing, with the features that belong to it.
    pub fn select(&mut self, feature: Option<u32>, related: &[u32]) {
        let before: Vec<u32> = self.selected.into_iter().chain(self.related.drain(..)).collect();
        for index in before {
            self.set_bits(index, bits::SELECTED | bits::RELATED, false);
        }
        self.selected = feature;
        self.related = related
            .iter()
            .copied()
            .filter(|index| Some(*index) != feature)
            .collect();
        for index in self.related.clone() {
            self.set_bits(index, bits::RELATED, true);
        }
        if let Some(index) = feature {
            self.set_bits(index, bits::SELECTED, true);
        }
    }

    /// Marks the feature under the pointer; true when it is another one than before.
    pub fn hover(&mut self, feature: Option<u32>) -> bool {
        if feature == self.hovered {
            return false;
        }
        if let Some(index) = self.hovered {
            self.set_bits(index, bits::HOVERED, false);
        }
        if let Some(index) = feature {
            self.set_bits(index, bits::HOVERED, true);
        }
        self.hovered = feature;
        true
    }

    /// Hides or shows features.
    pub fn set_hidden(&mut self, features: &[u32], is_hidden: bool) {
        features
            .iter()
            .for_each(|index| self.set_bits(*index, bits::HIDDEN, is_hidden));
    }

    /// Lights up a set of features in place of the one before.
    pub fn set_lit(&mut self, features: &[u32]) {
        let before = std::mem::replace(&mut self.lit, features.to_vec());
        self.replace_bits(&before, features, bits::LIT);
    }

    /// Makes a set of features see-through in place of the one before.
    ///
    /// * `rest` — everything else instead
    pub fn set_ghosts(&mut self, features: &[u32], rest: Rest) {
        let before = std::mem::replace(&mut self.ghosts, features.to_vec());
        self.replace_bits(&before, features, bits::GHOST);
        self.rest = rest;
        self.generation += 1;
    }

    /// What the ghost bit leaves out.
    pub const fn rest(&self) -> Rest {
        self.rest
    }

    /// True while anything may look other than it is: without that nobody need ask for the looks of features.
    pub fn has_looks(&self) -> bool {
        self.rest != Rest::Whole || !self.ghosts.is_empty() || self.has_states.contains(&true)
    }

    /// Number that changes whenever looks may.
    pub const fn generation(&self) -> u64 {
        self.generation
    }

    /// Scenario state codes of a feature on two sides; untouched beyond the table.
    pub fn side_codes(&self, index: u32, sides: [u8; 2]) -> [u8; 2] {
        let state = self.state(index);
        sides.map(|side| (state >> side_shift(side) & SIDE_MASK) as u8)
    }

    /// How a feature is drawn in a pane, layers apart; the same as `look_of` of the city shader.
    ///
    /// * `is_proposal` — its layer is that of proposals ([`crate::compare::proposal_layer`])
    pub fn look(&self, pane: &Pane, index: u32, layer_code: u8, is_proposal: bool) -> Look {
        let state = self.state(index);
        if state & bits::HIDDEN != 0 {
            return Look::Hidden;
        }
        let look = pane.look(is_proposal, self.side_codes(index, pane.sides));
        let is_marked = state & bits::GHOST != 0;
        let stands = layer_code < FIRST_GROUND_CODE || is_proposal;
        let is_ghost = match self.rest {
            Rest::Whole => is_marked,
            Rest::Standing => stands && !is_marked,
            Rest::All => (stands || layer_code >= FIRST_PIPE_CODE) && !is_marked,
        };
        if is_ghost && matches!(look, Look::Plain | Look::Kept) {
            Look::Ghost
        } else {
            look
        }
    }

    /// Takes up the states of a side; `None` makes all features untouched again. Sides beyond the last are passed over.
    ///
    /// Features that the table does not know are absent; features that only the table knows get rows.
    pub fn set_side(&mut self, side: u8, table: Option<&StateTable>) {
        let Some(has_states) = self.has_states.get_mut(usize::from(side)) else {
            return;
        };
        *has_states = table.is_some();
        self.generation += 1;
        let codes = table.map_or(&[][..], StateTable::codes);
        let count = u32::try_from(codes.len()).unwrap_or(u32::MAX);
        if count as usize > self.rows.len() {
            self.resize(count);
        }
        let rest = if table.is_some() {
            FeatureState::Absent
        } else {
            FeatureState::Existing
        };
        let (shift, mask) = (side_shift(side), SIDE_MASK << side_shift(side));
        let (mut first, mut end) = (u32::MAX, 0);
        let codes = codes.iter().copied().chain(std::iter::repeat(rest.code()));
        for ((index, row), code) in (0_u32..).zip(&mut self.rows).zip(codes) {
            let state = row[0] & !mask | u32::from(code) << shift;
            if state != row[0] {
                row[0] = state;
                first = first.min(index);
                end = index + 1;
            }
        }
        if first < end {
            self.touch_span(first..end);
        }
    }

    /// Colours a feature in all pictures.
    ///
    /// * `rgb` — sRGB; `share` — 0 leaves the feature as it is, 255 replaces its colour
    pub fn set_tint(&mut self, index: u32, rgb: [u8; 3], share: u8) {
        let tint = u32::from_le_bytes([rgb[0], rgb[1], rgb[2], share]) & !HATCHED;
        self.write(index, |row| row[1..].fill(tint));
    }

    /// Colours every feature at once: a word a feature as in [`Self::set_tint`], little endian red, green, blue, share.
    /// Features beyond the end are left without. Shares are even: the lowest bit is for what is hatched.
    pub fn set_tints(&mut self, words: &[u32]) {
        let plain: Vec<u32> = words.iter().map(|word| word & !HATCHED).collect();
        self.set_side_tints([&plain, &plain]);
        self.has_side_tints = false;
    }

    /// Colours every feature at once: in the first picture, and in those beside it; hatched where the word has [`HATCHED`].
    pub fn set_side_tints(&mut self, words: [&[u32]; 2]) {
        let [first, second] = words.map(|words| words.iter().copied().chain(std::iter::repeat(0)));
        let (mut from, mut end) = (u32::MAX, 0);
        for (index, (row, tints)) in (0_u32..).zip(self.rows.iter_mut().zip(first.zip(second))) {
            if (row[1], row[2]) != tints {
                (row[1], row[2]) = tints;
                from = from.min(index);
                end = index + 1;
            }
        }
        if from < end {
            self.touch_span(from..end);
        }
        self.has_side_tints = words[0] != words[1];
    }

    /// True while features may have other colours in one picture than in another.
    pub const fn has_side_tints(&self) -> bool {
        self.has_side_tints
    }

    /// Takes away all tints.
    pub fn clear_tints(&mut self) {
        self.set_tints(&[]);
    }

    /// Rows to be copied, as ascending ranges that do not touch; rows that lie close together share one.
    pub fn take_changed(&mut self) -> Vec<Range<usize>> {
        let span = std::mem::take(&mut self.changed_span);
        let mut ranges: Vec<Range<usize>> = Vec::new();
        let mut add = |start: usize, end: usize| match ranges.last_mut() {
            Some(range) if start <= range.end + MERGE_GAP => range.end = range.end.max(end),
            _ => ranges.push(start..end),
        };
        let mut is_span_open = !span.is_empty();
        for index in std::mem::take(&mut self.changed) {
            if is_span_open && span.start <= index {
                add(span.start as usize, span.end as usize);
                is_span_open = false;
            }
            add(index as usize, index as usize + 1);
        }
        if is_span_open {
            add(span.start as usize, span.end as usize);
        }
        ranges
    }

    fn touch_span(&mut self, rows: Range<u32>) {
        self.changed_span = if self.changed_span.is_empty() {
            rows
        } else {
            self.changed_span.start.min(rows.start)..self.changed_span.end.max(rows.end)
        };
    }

    fn replace_bits(&mut self, before: &[u32], now: &[u32], mask: u32) {
        before.iter().for_each(|index| self.set_bits(*index, mask, false));
        now.iter().for_each(|index| self.set_bits(*index, mask, true));
    }

    fn set_bits(&mut self, index: u32, mask: u32, is_set: bool) {
        self.write(index, |row| {
            row[0] = if is_set { row[0] | mask } else { row[0] & !mask }
        });
    }

    /// Features beyond the table (of a newer revision) are passed over.
    fn write(&mut self, index: u32, change: impl FnOnce(&mut [u32; ROW_WORDS])) {
        let Some(row) = self.rows.get_mut(index as usize) else {
            return;
        };
        let before = *row;
        change(row);
        if *row != before {
            self.changed.insert(index);
        }
    }
}

/// Layers below this code stand on the ground: buildings, bridges, trees, furniture. The shader's `stands`.
const FIRST_GROUND_CODE: u8 = 6;

/// Bits of one side's state.
const SIDE_MASK: u32 = (1 << bits::SIDE_BITS) - 1;

/// Lowest bit of the state on a side.
pub const fn side_shift(side: u8) -> u32 {
    bits::SIDES + bits::SIDE_BITS * side as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use city_model::LayerGroup;
    use city_model::layers::LAYERS;
    use proptest::prelude::*;

    #[test]
    fn selection_moves_and_only_changes_are_copied() {
        let mut table = FeatureStates::new(1000);
        table.select(Some(5), &[6, 5, 900]);
        assert_eq!(
            (table.state(5), table.state(6), table.state(900)),
            (bits::SELECTED, bits::RELATED, bits::RELATED)
        );
        assert_eq!(table.take_changed(), [5..7, 900..901]);
        table.select(Some(6), &[]);
        assert_eq!(
            (table.state(5), table.state(6), table.state(900)),
            (0, bits::SELECTED, 0)
        );
        assert_eq!(table.take_changed(), [5..7, 900..901]);
        table.select(Some(6), &[]);
        assert!(table.take_changed().is_empty() || table.state(6) == bits::SELECTED);
        table.select(None, &[]);
        assert!(table.words().iter().all(|word| *word == 0));
    }

    #[test]
    fn hover_hiding_and_ghosts_are_independent_bits() {
        let mut table = FeatureStates::new(10);
        table.set_hidden(&[3], true);
        table.set_ghosts(&[3], Rest::Whole);
        assert!(table.hover(Some(3)));
        assert!(!table.hover(Some(3)));
        assert_eq!(table.state(3), bits::HIDDEN | bits::GHOST | bits::HOVERED);
        table.hover(None);
        table.set_hidden(&[3], false);
        assert_eq!(table.state(3), bits::GHOST);
        table.set_lit(&[3, 4]);
        assert_eq!((table.state(3), table.state(4)), (bits::GHOST | bits::LIT, bits::LIT));
        table.set_lit(&[4]);
        table.set_ghosts(&[], Rest::Whole);
        assert_eq!((table.state(3), table.state(4)), (0, bits::LIT));
        table.set_tint(3, [1, 2, 3], 255);
        assert_eq!(table.words()[10..12], [0xfe03_0201; 2]);
        table.set_side_tints([&[0, 0, 0, 7], &[0, 0, 0, 9]]);
        assert_eq!(
            (table.words()[10..12].to_vec(), table.has_side_tints()),
            (vec![7, 9], true)
        );
        table.clear_tints();
        assert_eq!(
            (table.words()[10..12].to_vec(), table.has_side_tints()),
            (vec![0, 0], false)
        );
        table.set_hidden(&[10, u32::MAX], true);
        assert_eq!(table.state(10), 0, "beyond the table");
    }

    fn table_of(codes: &[u8]) -> StateTable {
        let mut table = StateTable::new(codes.len() as u32);
        for (index, code) in (0..).zip(codes) {
            table.set(index, FeatureState::from_code(*code).unwrap());
        }
        table
    }

    #[test]
    fn sides_hold_states_of_their_own() {
        let mut table = FeatureStates::new(4);
        assert!(!table.has_looks());
        table.set_hidden(&[1], true);
        table.set_side(0, Some(&table_of(&[0, 3, 2, 0])));
        table.set_side(3, Some(&table_of(&[6, 1])));
        assert_eq!(table.side_codes(1, [0, 3]), [3, 1]);
        assert_eq!(table.side_codes(0, [3, 0]), [6, 0]);
        assert_eq!(
            table.side_codes(2, [3, 2]),
            [5, 0],
            "a feature that the table does not know is absent"
        );
        assert_eq!(table.state(1) & bits::HIDDEN, bits::HIDDEN);
        assert_eq!(table.words().len(), 4 * ROW_WORDS);
        table.set_side(3, None);
        assert_eq!(table.side_codes(1, [0, 3]), [3, 0]);
        table.set_side(1, Some(&table_of(&[4; 9])));
        assert_eq!(
            table.side_codes(8, [1, 0]),
            [4, 0],
            "features of a newer revision get rows"
        );
        table.set_side(4, Some(&table_of(&[4; 9])));
        assert!(table.has_looks());
        (0..4).for_each(|side| table.set_side(side, None));
        assert!(!table.has_looks());
    }

    #[test]
    fn looks_follow_states_hiding_and_ghosts() {
        const BUILDING: u8 = 1;
        const ROAD: u8 = 7;
        const PIPE: u8 = 33;
        let mut table = FeatureStates::new(4);
        let pane = crate::Compare::default().panes()[0];
        table.set_side(0, Some(&table_of(&[0, 3, 4, 0])));
        let look = |table: &FeatureStates, index| table.look(&pane, index, BUILDING, false);
        assert_eq!(
            [0, 1, 2].map(|i| look(&table, i)),
            [Look::Plain, Look::Removed, Look::Added]
        );
        table.set_ghosts(&[0, 2], Rest::Whole);
        assert_eq!((look(&table, 0), look(&table, 2)), (Look::Ghost, Look::Added));
        table.set_ghosts(&[0], Rest::Standing);
        assert_eq!((look(&table, 0), look(&table, 3)), (Look::Plain, Look::Ghost));
        assert_eq!(table.look(&pane, 3, ROAD, false), Look::Plain, "the ground stays");
        assert_eq!(table.look(&pane, 3, PIPE, false), Look::Plain, "pipes do not stand");
        table.set_ghosts(&[0], Rest::All);
        assert_eq!(table.look(&pane, 3, PIPE, false), Look::Ghost);
        assert_eq!(table.look(&pane, 0, PIPE, false), Look::Plain);
        table.set_hidden(&[2], true);
        assert_eq!(look(&table, 2), Look::Hidden);
        assert_eq!(
            table.look(&pane, 3, 15, true),
            Look::Hidden,
            "a proposal that no table shows"
        );
        for layer in LAYERS {
            let is_standing = matches!(layer.group, LayerGroup::Buildings | LayerGroup::Vegetation);
            assert_eq!(is_standing, layer.code < FIRST_GROUND_CODE, "{}", layer.id);
        }
    }

    #[test]
    fn a_million_features_change_sides_quickly() {
        const COUNT: u32 = 1_000_000;
        let mut table = FeatureStates::new(COUNT);
        let mut codes = StateTable::new(COUNT);
        for index in (0..COUNT).step_by(3) {
            codes.set(index, FeatureState::Demolished);
        }
        let bytes = codes.encode();
        table.take_changed();
        let start = std::time::Instant::now();
        table.set_side(1, Some(&StateTable::decode(&bytes).unwrap()));
        let changed = table.take_changed();
        let took = start.elapsed();
        assert_eq!(changed.first(), Some(&(0..COUNT as usize)));
        assert_eq!(changed.len(), 1);
        assert_eq!(table.side_codes(999_999, [1, 0]), [3, 0]);
        println!("1,000,000 states decoded and taken up in {took:?}");
        // 200 ms are allowed for everything up to the picture; this part is measured without optimisation as well
        assert!(took.as_millis() < 200, "{took:?}");
    }

    proptest! {
        #[test]
        fn copying_the_changed_ranges_keeps_a_copy_true(writes in prop::collection::vec((0_u32..600, any::<bool>(), any::<u8>()), 0..100)) {
            let mut table = FeatureStates::new(500);
            let mut copy = table.words().to_vec();
            for (index, is_hidden, share) in writes {
                table.set_hidden(&[index], is_hidden);
                table.set_tint(index, [9, 9, 9], share);
                if share % 5 == 0 {
                    let mut side = StateTable::new(500);
                    (index / 2..index).for_each(|i| side.set(i, FeatureState::Added));
                    table.set_side(share % 4, Some(&side));
                }
                if share % 7 == 0 {
                    for rows in table.take_changed() {
                        let words = rows.start * ROW_WORDS..rows.end * ROW_WORDS;
                        copy[words.clone()].copy_from_slice(&table.words()[words]);
                    }
                    prop_assert_eq!(&copy, table.words());
                }
            }
        }
    }
}
