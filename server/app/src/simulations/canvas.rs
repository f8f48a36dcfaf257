//! What layers are drawn on: the frame of the scene, and the courses of pipes that stand behind values of features.

use super::city::{City, line_points, lines};
use super::registry::SimulationError;
use crate::http::Snapshot;
use analysis::outcome::{Layer, Shape};
use city_model::{FeatureClass, FeatureIndex, SceneFrame};
use glam::{DVec2, DVec3};
use scene_store::{SceneStore, StoreError};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

/// Lines of features by dense number, scene CRS.
pub(super) type Courses = HashMap<u32, Vec<Vec<DVec3>>>;

/// The scene as layers are drawn on it.
#[derive(Clone, Copy)]
pub struct Canvas<'a> {
    store: &'a dyn SceneStore,
    snapshot: &'a Snapshot,
    frame: &'a SceneFrame,
}

impl std::fmt::Debug for Canvas<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Canvas").finish_non_exhaustive()
    }
}

impl<'a> Canvas<'a> {
    /// Of a published city; `None` for an empty one.
    pub fn new(store: &'a dyn SceneStore, snapshot: &'a Snapshot) -> Option<Self> {
        let frame = snapshot.frame.as_deref()?;
        Some(Self { store, snapshot, frame })
    }

    /// Of a city.
    ///
    /// # Errors
    /// [`SimulationError::Refused`] for an empty city.
    pub fn of(city: &'a City<'_>) -> Result<Self, SimulationError> {
        Ok(Self {
            store: city.store,
            snapshot: &city.snapshot,
            frame: city.frame()?,
        })
    }

    /// Frame of the scene.
    pub fn frame(&self) -> &SceneFrame {
        self.frame
    }

    /// A layer with what is drawn of it: the value of a feature holds for its parts, which are drawn in its place where it
    /// has no body of its own. Parts with a value of their own keep it.
    ///
    /// # Errors
    /// [`StoreError`] when the city cannot be read.
    pub(super) fn drawn<'l>(&self, layer: &'l Layer) -> Result<Cow<'l, Layer>, StoreError> {
        let Shape::Features { indices, ids } = &layer.shape else {
            return Ok(Cow::Borrowed(layer));
        };
        let names: Vec<&str> = ids.iter().map(String::as_str).collect();
        let parts = self.store.parts(&names)?;
        let valued: HashSet<u32> = indices.iter().copied().collect();
        let of_parts: Vec<(usize, u32)> = (0..)
            .zip(&parts)
            .flat_map(|(at, parts)| parts.iter().map(move |part| (at, part.0)))
            .filter(|(_, part)| !valued.contains(part))
            .collect();
        if of_parts.is_empty() {
            return Ok(Cow::Borrowed(layer));
        }
        let with_parts = |step: &[f32]| {
            let of_parts = of_parts.iter().map(|(at, _)| step[*at]);
            step.iter().copied().chain(of_parts).collect::<Vec<f32>>()
        };
        let steps = layer.values.chunks_exact(ids.len().max(1));
        let all = Layer {
            shape: Shape::Features {
                indices: indices
                    .iter()
                    .copied()
                    .chain(of_parts.iter().map(|part| part.1))
                    .collect(),
                ids: ids
                    .iter()
                    .chain(of_parts.iter().map(|part| &ids[part.0]))
                    .cloned()
                    .collect(),
            },
            values: steps.flat_map(with_parts).collect(),
            key: layer.key.clone(),
            title: layer.title.clone(),
            unit: layer.unit.clone(),
            legend: layer.legend.clone(),
            times_s: layer.times_s.clone(),
            ..*layer
        };
        Ok(Cow::Owned(all))
    }

    /// Height of the ground, metres; `None` where no terrain is known.
    pub(super) fn ground_m(&self, position: DVec2) -> Option<f64> {
        self.snapshot.known_ground_m(position)
    }

    /// Courses of the pipes among the features of a layer; none for a layer of anything else.
    ///
    /// # Errors
    /// [`StoreError`] when the city cannot be read.
    pub(super) fn courses(&self, layer: &Layer) -> Result<Courses, StoreError> {
        let Shape::Features { indices, .. } = &layer.shape else {
            return Ok(Courses::new());
        };
        let stubs = self.store.stubs_by_index(indices)?;
        let is_pipe = |stub: &scene_store::FeatureStub| stub.is_live && stub.class == FeatureClass::Pipe;
        let pipes: Vec<FeatureIndex> = stubs.into_iter().flatten().filter(is_pipe).map(|s| s.index).collect();
        let ground_m = |position: DVec2| self.ground_m(position);
        let course = |feature: &city_model::Feature| {
            let lines = lines(feature).map(|line| line_points(line, &ground_m));
            (feature.index.0, lines.filter(|points| points.len() > 1).collect())
        };
        Ok(self.store.fetch(&pipes)?.iter().map(course).collect())
    }
}
