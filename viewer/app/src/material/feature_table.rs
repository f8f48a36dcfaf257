//! The per-feature table as a resource: viewer-core's rows, copied to the GPU by range.

use bevy::prelude::Resource;
use viewer_core::state::FeatureStates;

/// State and tint of every feature by dense index.
#[derive(Resource, Debug, Clone, Default)]
pub(crate) struct FeatureTable {
    /// Rows; the renderer takes what changed.
    pub(crate) states: FeatureStates,
    /// Rows were changed since the last frame.
    pub(crate) is_changed: bool,
}

impl FeatureTable {
    /// A table for features `0..count`.
    pub(crate) fn new(count: u32) -> Self {
        Self {
            states: FeatureStates::new(count),
            is_changed: true,
        }
    }
}
