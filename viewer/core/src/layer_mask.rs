//! Which layers are shown: a bit a layer code, in the layout of the city shader.

use city_model::LayerGroup;
use city_model::layers::LAYERS;
use std::collections::BTreeSet;

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
    }
}
