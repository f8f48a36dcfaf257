//! What the viewer shows, apart from tiles and camera: layers, selection, hour, quality. Survives the loss of the device.

use crate::material::feature_table::FeatureTable;
use crate::material::frame::PassSettings;
use bevy::prelude::Resource;
use city_model::LayerGroup;
use city_model::layers;
use shaders::state::{HOVERED, RELATED, SELECTED};
use std::collections::BTreeSet;
use viewer_core::Quality;

/// Hour shown when a city opens: a clear morning.
const FIRST_HOURS: f64 = 9.5;

/// State of the scene.
#[derive(Resource, Debug, Clone)]
pub(crate) struct SceneState {
    /// Preset.
    pub(crate) quality: Quality,
    /// Local solar time, 0–24.
    pub(crate) hours: f64,
    /// Ground and buildings are translucent.
    pub(crate) is_underground: bool,
    /// Report what lies under the pointer.
    pub(crate) reports_hover: bool,
    hidden_layers: BTreeSet<u8>,
    hidden_groups: BTreeSet<&'static str>,
    selected: Vec<(u32, u32)>,
    hovered: Option<u32>,
}

impl SceneState {
    /// State of a city that opens.
    pub(crate) fn new(quality: Quality) -> Self {
        Self {
            quality,
            hours: FIRST_HOURS,
            is_underground: false,
            reports_hover: true,
            hidden_layers: BTreeSet::new(),
            hidden_groups: BTreeSet::new(),
            selected: Vec::new(),
            hovered: None,
        }
    }

    /// Shows or hides a layer or a group; false when there is no such id.
    pub(crate) fn set_layer(&mut self, id: &str, is_visible: bool) -> bool {
        if let Some(group) = LayerGroup::ALL.iter().find(|group| group.as_str() == id) {
            set(&mut self.hidden_groups, group.as_str(), !is_visible);
            return true;
        }
        let Some(layer) = layers::by_id(id) else { return false };
        set(&mut self.hidden_layers, layer.code, !is_visible);
        true
    }

    /// Groups of which nothing is shown: their tiles need not be loaded.
    pub(crate) fn hidden_groups(&self) -> BTreeSet<String> {
        let is_hidden = |group: &LayerGroup| {
            let mut of_group = layers::LAYERS.iter().filter(|layer| layer.group == *group);
            self.hidden_groups.contains(group.as_str()) || of_group.all(|layer| self.hidden_layers.contains(&layer.code))
        };
        LayerGroup::ALL.iter().filter(|group| is_hidden(group)).map(|group| group.as_str().to_owned()).collect()
    }

    /// True when a layer is shown.
    pub(crate) fn is_layer_shown(&self, code: u8) -> bool {
        let is_group_hidden = layers::by_code(code).is_some_and(|layer| self.hidden_groups.contains(layer.group.as_str()));
        !is_group_hidden && !self.hidden_layers.contains(&code)
    }

    /// Mask of the shader: bit `layer code` set means shown.
    pub(crate) fn layer_mask(&self) -> [[u32; 4]; 2] {
        let mut mask = [[u32::MAX; 4]; 2];
        for code in (0..=u8::MAX).filter(|code| !self.is_layer_shown(*code)) {
            mask[usize::from(code >> 7)][usize::from((code >> 5) & 3)] &= !(1 << (code & 31));
        }
        mask
    }

    /// Marks a feature and its relatives in place of those marked before.
    pub(crate) fn select(&mut self, table: &mut FeatureTable, selected: Option<u32>, related: &[u32]) {
        for (index, bits) in self.selected.drain(..) {
            table.set_state(index, bits, false);
        }
        let related = related.iter().filter(|index| Some(**index) != selected).map(|index| (*index, RELATED));
        self.selected = selected.map(|index| (index, SELECTED)).into_iter().chain(related).collect();
        for (index, bits) in &self.selected {
            table.set_state(*index, *bits, true);
        }
    }

    /// Marks the feature under the pointer; true when it is another one than before.
    pub(crate) fn hover(&mut self, table: &mut FeatureTable, index: Option<u32>) -> bool {
        if self.hovered == index {
            return false;
        }
        if let Some(before) = std::mem::replace(&mut self.hovered, index) {
            table.set_state(before, HOVERED, false);
        }
        if let Some(now) = index {
            table.set_state(now, HOVERED, true);
        }
        true
    }

    /// Costs of the pass.
    ///
    /// * `is_night` — lamps are on
    pub(crate) fn pass_settings(&self, is_night: bool) -> PassSettings {
        match self.quality {
            Quality::Low => PassSettings { is_night, ..PassSettings::default() },
            Quality::Medium => PassSettings { is_low: false, is_night, samples: 4, shadow_size: 2048, shadow_taps: 2 },
            Quality::High => PassSettings { is_low: false, is_night, samples: 4, shadow_size: 4096, shadow_taps: 3 },
        }
    }

    /// Maximum screen-space error, device pixels.
    pub(crate) fn maximum_error_px(&self) -> f64 {
        match self.quality {
            Quality::Low => 24.0,
            Quality::Medium => 16.0,
            Quality::High => 8.0,
        }
    }

    /// Greatest number of device pixels a CSS pixel.
    pub(crate) fn maximum_pixel_ratio(&self) -> f64 {
        match self.quality {
            Quality::Low => 1.0,
            Quality::Medium => 1.5,
            Quality::High => 3.0,
        }
    }
}

fn set<T: Ord>(hidden: &mut BTreeSet<T>, key: T, is_hidden: bool) {
    if is_hidden {
        hidden.insert(key);
    } else {
        hidden.remove(&key);
    }
}
