//! What the user has done to features and layers: the table behind selection, hover, hiding, x-ray and tints.
//!
//! One row of two words a feature, dense by feature index, in the layout of the city shader: state bits, then a tint
//! (sRGB bytes red, green, blue and its share). Writes note what changed, so that only that is copied to the GPU.

use city_model::LayerGroup;
use city_model::layers::LAYERS;
use std::collections::BTreeSet;
use std::ops::Range;

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
    /// Half transparent.
    pub const GHOST: u32 = 16;
}

/// Words of a row.
pub const ROW_WORDS: usize = 2;
/// Gap between changed rows that is copied along rather than copied around, rows.
const MERGE_GAP: usize = 32;

/// The table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FeatureStates {
    rows: Vec<[u32; ROW_WORDS]>,
    changed: BTreeSet<u32>,
    selected: Option<u32>,
    related: Vec<u32>,
    hovered: Option<u32>,
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

    /// Makes features half transparent, or whole again.
    pub fn set_ghost(&mut self, features: &[u32], is_ghost: bool) {
        features
            .iter()
            .for_each(|index| self.set_bits(*index, bits::GHOST, is_ghost));
    }

    /// Colours a feature.
    ///
    /// * `rgb` — sRGB; `share` — 0 leaves the feature as it is, 255 replaces its colour
    pub fn set_tint(&mut self, index: u32, rgb: [u8; 3], share: u8) {
        let tint = u32::from_le_bytes([rgb[0], rgb[1], rgb[2], share]);
        self.write(index, |row| row[1] = tint);
    }

    /// Takes away all tints.
    pub fn clear_tints(&mut self) {
        for index in 0..u32::try_from(self.rows.len()).unwrap_or(u32::MAX) {
            self.write(index, |row| row[1] = 0);
        }
    }

    /// Rows to be copied, as ascending ranges that do not touch; rows that lie close together share one.
    pub fn take_changed(&mut self) -> Vec<Range<usize>> {
        let mut ranges: Vec<Range<usize>> = Vec::new();
        for index in std::mem::take(&mut self.changed) {
            let index = index as usize;
            match ranges.last_mut() {
                Some(range) if index <= range.end + MERGE_GAP => range.end = index + 1,
                _ => ranges.push(index..index + 1),
            }
        }
        ranges
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

/// Which layers are shown, by layer code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LayerMask {
    words: [[u32; 4]; 2],
}

impl Default for LayerMask {
    fn default() -> Self {
        Self {
            words: [[u32::MAX; 4]; 2],
        }
    }
}

impl LayerMask {
    /// Bit `code` set: shown. In the layout of the shader's uniform.
    pub const fn words(&self) -> [[u32; 4]; 2] {
        self.words
    }

    /// True when the layer is shown.
    pub const fn is_shown(&self, code: u8) -> bool {
        let code = code as usize;
        self.words[code >> 7][(code >> 5) & 3] & (1 << (code & 31)) != 0
    }

    /// Shows or hides a layer.
    pub const fn set(&mut self, code: u8, is_shown: bool) {
        let code = code as usize;
        let bit = 1 << (code & 31);
        let word = &mut self.words[code >> 7][(code >> 5) & 3];
        *word = if is_shown { *word | bit } else { *word & !bit };
    }

    /// Shows or hides a layer or a whole group by id (`underground/YS`, `underground`); false when there is none.
    pub fn set_by_id(&mut self, id: &str, is_shown: bool) -> bool {
        let mut is_known = false;
        for layer in LAYERS
            .iter()
            .filter(|layer| layer.id == id || layer.group.as_str() == id)
        {
            self.set(layer.code, is_shown);
            is_known = true;
        }
        is_known
    }

    /// True when any layer of a group is shown: only then is anything of the group loaded.
    pub fn shows_any_of(&self, group: LayerGroup) -> bool {
        LAYERS
            .iter()
            .any(|layer| layer.group == group && self.is_shown(layer.code))
    }

    /// Names of the groups of which nothing is shown, for [`crate::SelectSettings::hidden_groups`].
    pub fn hidden_groups(&self) -> BTreeSet<String> {
        LayerGroup::ALL
            .iter()
            .filter(|group| !self.shows_any_of(**group))
            .map(|group| group.as_str().to_owned())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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
        table.set_ghost(&[3], true);
        assert!(table.hover(Some(3)));
        assert!(!table.hover(Some(3)));
        assert_eq!(table.state(3), bits::HIDDEN | bits::GHOST | bits::HOVERED);
        table.hover(None);
        table.set_hidden(&[3], false);
        assert_eq!(table.state(3), bits::GHOST);
        table.set_tint(3, [1, 2, 3], 255);
        assert_eq!(table.words()[7], 0xff03_0201);
        table.clear_tints();
        assert_eq!(table.words()[7], 0);
        table.set_hidden(&[10, u32::MAX], true);
        assert_eq!(table.state(10), 0, "beyond the table");
    }

    #[test]
    fn layers_are_switched_by_id() {
        let mut mask = LayerMask::default();
        assert!(mask.set_by_id("underground/YS", false));
        assert!(!mask.is_shown(33) && mask.is_shown(34));
        assert!(mask.hidden_groups().is_empty());
        assert!(mask.set_by_id("underground", false));
        assert_eq!(mask.hidden_groups().into_iter().collect::<Vec<_>>(), ["underground"]);
        assert!(mask.set_by_id("underground/WS", true));
        assert!(mask.shows_any_of(LayerGroup::Underground));
        assert!(!mask.set_by_id("nothing", true));
    }

    proptest! {
        #[test]
        fn every_code_has_its_own_bit(codes in prop::collection::btree_set(any::<u8>(), 0..40)) {
            let mut mask = LayerMask::default();
            codes.iter().for_each(|code| mask.set(*code, false));
            for code in 0..=255 {
                prop_assert_eq!(mask.is_shown(code), !codes.contains(&code));
            }
        }

        #[test]
        fn copying_the_changed_ranges_keeps_a_copy_true(writes in prop::collection::vec((0_u32..600, any::<bool>(), any::<u8>()), 0..100)) {
            let mut table = FeatureStates::new(500);
            let mut copy = table.words().to_vec();
            for (index, is_hidden, share) in writes {
                table.set_hidden(&[index], is_hidden);
                table.set_tint(index, [9, 9, 9], share);
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
