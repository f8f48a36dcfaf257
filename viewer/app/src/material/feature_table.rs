//! The per-feature table: state and tint of every feature by dense index, written by row.

use bevy::prelude::Resource;
use shaders::FeatureRow;

/// CPU side of the table; the renderer copies what changed.
#[derive(Resource, Default)]
pub(crate) struct FeatureTable {
    rows: Vec<FeatureRow>,
    changed: Vec<u32>,
}

impl FeatureTable {
    /// Makes room for features `0..count`; present rows stay.
    pub(crate) fn resize(&mut self, count: u32) {
        self.rows.resize(count as usize, FeatureRow::default());
    }

    /// All rows.
    pub(crate) fn rows(&self) -> &[FeatureRow] {
        &self.rows
    }

    /// Sets or clears bits of a feature's state; an index beyond the table is ignored (a tile of a newer revision).
    pub(crate) fn set_state(&mut self, index: u32, bits: u32, is_set: bool) {
        let Some(row) = self.rows.get_mut(index as usize) else { return };
        let state = if is_set { row.state | bits } else { row.state & !bits };
        if state != row.state {
            row.state = state;
            self.changed.push(index);
        }
    }

    /// True when rows wait to be copied.
    pub(crate) fn is_changed(&self) -> bool {
        !self.changed.is_empty()
    }

    /// Takes the changed rows as runs of neighbours, ascending.
    pub(crate) fn take_changed(&mut self) -> Vec<std::ops::Range<usize>> {
        let mut changed = std::mem::take(&mut self.changed);
        changed.sort_unstable();
        changed.dedup();
        let mut runs: Vec<std::ops::Range<usize>> = Vec::new();
        for index in changed {
            let index = index as usize;
            match runs.last_mut() {
                Some(run) if run.end == index => run.end += 1,
                _ => runs.push(index..index + 1),
            }
        }
        runs
    }
}
