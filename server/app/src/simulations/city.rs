//! The city as a simulation sees it: what stands in a scenario on a day, near an area, in the scene CRS.

use super::live::Studies;
use super::ready::ReadyNetworks;
use super::registry::SimulationError;
use crate::http::{AppState, Snapshot};
use crate::indicators::{AreaAnswer, Reader, plan_of, rules_in_force};
use crate::scenarios::ScenarioView;
use analysis::world::Building;
use analysis::{Region, RuleSet};
use city_model::scenario::FeatureState;
use city_model::{Attributes, Bounds3, Feature, FeatureClass, HeightGrid, LevelReference, Line, SceneFrame, Shape};
use geo::MultiPolygon;
use glam::{DVec2, DVec3};
use scene_store::{FeatureQuery, ProposalFilter, SceneStore};
use std::path::Path;
use std::sync::Arc;

/// Features read at once.
const PAGE: u32 = 20_000;

/// A city in a scenario.
pub struct City<'a> {
    /// Folder of the city.
    pub(super) root: &'a Path,
    pub(super) store: &'a dyn SceneStore,
    pub(super) snapshot: Arc<Snapshot>,
    pub(super) view: &'a ScenarioView,
    /// The area, scene CRS.
    pub region: &'a Region,
    /// The area as it was understood.
    pub area: &'a AreaAnswer,
    /// Rules in force, with assumptions and kinds of facilities.
    pub rules: Arc<RuleSet>,
    pub(super) wanted: Vec<String>,
    /// Where a simulation leaves what it has prepared, for answers while somebody edits, and under which name.
    pub(super) keep: Option<(&'a Studies, &'a str)>,
    /// Networks made for earlier questions.
    pub(super) networks: &'a ReadyNetworks,
}

/// A feature that stands.
#[derive(Debug, Clone)]
pub struct Standing {
    /// The feature, with the attributes that it has in the scenario.
    pub feature: Feature,
    /// Its state in the scenario.
    pub state: FeatureState,
    /// True for what the scenario builds.
    pub is_proposal: bool,
}

impl std::fmt::Debug for City<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("City")
            .field("scenario", &self.view.id)
            .finish_non_exhaustive()
    }
}

impl<'a> City<'a> {
    /// The city of a server.
    pub(super) fn of(state: &'a AppState, view: &'a ScenarioView, region: &'a Region, area: &'a AreaAnswer) -> Self {
        let rules = rules_in_force(state);
        Self {
            wanted: rules.wanted_keys(),
            rules,
            root: state.city.root(),
            store: state.store.as_ref(),
            snapshot: state.snapshot(),
            view,
            region,
            area,
            keep: None,
            networks: &state.jobs.networks,
        }
    }
}

impl City<'_> {
    /// Bounds of the area, grown by a margin: min x, min y, max x, max y, metres.
    pub fn bounds(&self, margin_m: f64) -> [f64; 4] {
        let b = self.region.bounds().grown(margin_m);
        [b.min[0], b.min[1], b.max[0], b.max[1]]
    }

    /// Bounds of the whole city.
    pub fn whole(&self) -> [f64; 4] {
        let layers = self.snapshot.layers.iter();
        let b = layers.fold(Bounds3::EMPTY, |all, layer| all.union(layer.bounds));
        [b.min.x, b.min.y, b.max.x, b.max.y]
    }

    /// What stands and is wanted, by ascending number.
    ///
    /// * `bbox` — min x, min y, max x, max y
    ///
    /// # Errors
    /// [`SimulationError::Store`] when the city cannot be read.
    pub fn standing(
        &self,
        bbox: [f64; 4],
        is_wanted: impl Fn(&Feature) -> bool,
    ) -> Result<Vec<Standing>, SimulationError> {
        self.read(bbox, |feature| self.view.stands(feature.index.0) && is_wanted(feature))
    }

    /// Buildings that the scenario takes down, by ascending number.
    ///
    /// * `bbox` — min x, min y, max x, max y
    ///
    /// # Errors
    /// [`SimulationError::Store`] when the city cannot be read.
    pub fn demolished(&self, bbox: [f64; 4]) -> Result<Vec<Feature>, SimulationError> {
        let is_wanted = |feature: &Feature| {
            feature.class == FeatureClass::Building && self.view.state(feature.index.0) == FeatureState::Demolished
        };
        let found = self.read(bbox, is_wanted)?;
        Ok(found.into_iter().map(|standing| standing.feature).collect())
    }

    fn read(&self, bbox: [f64; 4], is_wanted: impl Fn(&Feature) -> bool) -> Result<Vec<Standing>, SimulationError> {
        let (mut found, mut offset) = (Vec::new(), 0);
        loop {
            let query = FeatureQuery {
                layer_code: None,
                bbox_scene: Some(bbox),
                limit: PAGE,
                offset,
                proposals: ProposalFilter::With,
            };
            let page = self.store.features(&query)?;
            let count = page.features.len() as u32;
            for stored in page.features {
                let is_proposal = stored.is_proposal();
                let mut feature = stored.feature;
                if !is_wanted(&feature) {
                    continue;
                }
                feature.attributes = self.view.attributes(&feature);
                found.push(Standing {
                    state: self.view.state(feature.index.0),
                    is_proposal,
                    feature,
                });
            }
            if count < PAGE {
                break;
            }
            offset += count;
        }
        found.sort_unstable_by_key(|standing| standing.feature.index);
        Ok(found)
    }

    /// Figures, outline and tags of a building with the attributes that it has in the scenario.
    ///
    /// # Errors
    /// [`SimulationError::Store`] when the city cannot be read.
    pub fn building(&self, feature: &Feature) -> Result<Building, SimulationError> {
        let reader = Reader {
            store: self.store,
            snapshot: &self.snapshot,
            assumptions: self.rules.settings.assumptions,
            wanted: &self.wanted,
        };
        Ok(reader.one_building(feature)?)
    }

    /// A feature whatever its state, by its id.
    ///
    /// # Errors
    /// [`SimulationError::Refused`] when there is none.
    pub fn feature(&self, id: &str) -> Result<Feature, SimulationError> {
        let stored = self.store.feature(scene_store::FeatureKey::Id(id))?;
        let shown: String = id.chars().take(200).collect();
        stored
            .map(|stored| stored.feature)
            .ok_or_else(|| SimulationError::refused(format!("没有要素 {shown}"), format!("no feature {shown:?}")))
    }

    /// Height of the ground, metres; `None` where no terrain is known.
    pub fn ground_m(&self, position: DVec2) -> Option<f64> {
        self.snapshot.known_ground_m(position)
    }

    /// Terrain grids, finest first.
    pub fn terrain(&self) -> impl Iterator<Item = &HeightGrid> {
        self.snapshot.terrain.iter().map(|(_, grid)| grid)
    }

    /// Frame of the scene.
    ///
    /// # Errors
    /// [`SimulationError::Refused`] for an empty city.
    pub fn frame(&self) -> Result<&SceneFrame, SimulationError> {
        self.snapshot
            .frame
            .as_deref()
            .ok_or_else(|| SimulationError::refused("城市没有数据", "the city has no data"))
    }

    /// What a feature covers in plan.
    pub fn plan(&self, feature: &Feature) -> MultiPolygon<f64> {
        plan_of(feature)
    }

    /// Lowest and highest point of a feature, metres above the datum.
    pub fn heights_m(&self, feature: &Feature) -> Option<[f64; 2]> {
        let bounds = feature.bounds();
        if bounds.is_empty() {
            return None;
        }
        let from_ground = feature.geometry.finest().any(|shape| match shape {
            Shape::Extrusion(e) => e.base_z_m.is_none(),
            Shape::Point(p) => p.on_terrain,
            _ => false,
        });
        let ground = self.ground_m(bounds.center().truncate()).unwrap_or_default();
        let lift = if from_ground { ground } else { 0.0 };
        Some([bounds.min.z + lift, bounds.max.z + lift])
    }

    /// Vertices of a line with heights above the datum.
    pub fn line_points(&self, line: &Line) -> Vec<DVec3> {
        line_points(line, &|position| self.ground_m(position))
    }

    /// What the whole city in this scenario is made of: another one when anything that simulations read is another.
    ///
    /// # Errors
    /// [`SimulationError::Store`] when the city cannot be read.
    pub(super) fn made_of(&self) -> Result<serde_json::Value, SimulationError> {
        let changed = self.store.features_version()?.changed;
        let revision = Some(self.view.revision);
        Ok(made_of(changed, &self.snapshot, self.view, revision, &self.rules))
    }
}

/// What a whole city in a scenario is made of: the key of everything that is found in it.
///
/// * `changed` — of the features, those that scenarios add aside: they come with the scenario's revision
/// * `revision` — of the scenario; `None` for what is the same in all of them
pub(super) fn made_of(
    changed: u64,
    snapshot: &Snapshot,
    view: &ScenarioView,
    revision: Option<u64>,
    rules: &RuleSet,
) -> serde_json::Value {
    let terrain: Vec<u64> = snapshot.terrain.iter().map(|(revision, _)| *revision).collect();
    serde_json::json!([
        changed,
        view.id,
        revision,
        view.phase.map(|day| day.0),
        terrain,
        rules.settings.assumptions,
    ])
}

/// Vertices of a line with heights above the datum.
///
/// * `ground_m` — height of the ground at a place
pub(super) fn line_points(line: &Line, ground_m: &dyn Fn(DVec2) -> Option<f64>) -> Vec<DVec3> {
    let is_below = line.reference == LevelReference::BelowTerrain;
    let height = |p: &DVec3| {
        let ground = is_below.then(|| ground_m(p.truncate())).flatten();
        p.z + ground.unwrap_or_default()
    };
    let points = line.points.iter().filter(|p| p.is_finite());
    points.map(|p| DVec3::new(p.x, p.y, height(p))).collect()
}

/// Lines of a feature's finest level.
pub(super) fn lines(feature: &Feature) -> impl Iterator<Item = &Line> {
    feature.geometry.finest().filter_map(|shape| match shape {
        Shape::Line(line) => Some(line),
        _ => None,
    })
}

/// A text attribute under any of its names.
pub(super) fn text_of(attributes: &Attributes, keys: &[&str]) -> Option<String> {
    keys.iter()
        .find_map(|key| city_model::attributes::text(attributes, key))
}

/// Rings of polygons, not closed, the outer one first.
pub(super) fn rings(outline: &MultiPolygon<f64>) -> Vec<Vec<Vec<[f64; 2]>>> {
    let open = |ring: &geo::LineString<f64>| -> Vec<[f64; 2]> {
        let mut points: Vec<[f64; 2]> = ring.0.iter().map(|c| [c.x, c.y]).collect();
        points.pop();
        points
    };
    let of = |p: &geo::Polygon<f64>| std::iter::once(p.exterior()).chain(p.interiors()).map(open).collect();
    outline.0.iter().map(of).collect()
}
