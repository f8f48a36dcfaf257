//! Reading the library: one project, the list with filter and order.

use super::config::{Config, Vocabulary};
use super::flags::{Flag, Overlay, OverlayCache};
use super::outline::{self, Places};
use super::record::Record;
use crate::http::Snapshot;
use crate::http::problem::ApiError;
use city_model::{Bounds3, FeatureClass, layers};
use geo::{Area as _, MultiPolygon};
use glam::DVec2;
use scene_store::{FeatureKey, FeatureQuery, SceneStore, StoredFeature};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::cmp::Ordering;

/// Projects of a city at most.
pub const MAX_PROJECTS: u32 = 20_000;
/// A project may reach so far beyond what the city holds, metres.
const MARGIN_M: f64 = 2000.0;
/// How far a city that holds nothing else reaches, metres.
const EMPTY_CITY_M: f64 = 200_000.0;

/// A project as it is answered: its record and what the city adds.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Project {
    /// Stable id.
    pub id: String,
    /// Dense number, as in tiles.
    pub feature_index: u32,
    /// Times it was written: its entity tag.
    pub revision: u32,
    /// The record.
    #[serde(flatten)]
    pub record: Record,
    /// 储备库, 实施库 or 竣工库, by its stage.
    pub library: Option<String>,
    /// Negative list and missing matters.
    pub flags: Vec<Flag>,
    /// Area of the outline in the scene CRS, m².
    pub area_m2: f64,
    /// Middle of the outline on the ground, ENU metres.
    pub center_enu: [f64; 3],
    /// Radius of a circle about it, metres.
    pub radius_m: f64,
    /// GeoJSON MultiPolygon, degrees.
    #[schema(value_type = Object)]
    pub outline: Value,
}

/// Filter and order of the list.
#[derive(Debug, Clone, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Question {
    /// Text in name, id, unit, town office or problems.
    pub q: Option<String>,
    /// Stage.
    pub stage: Option<String>,
    /// Class.
    pub class: Option<String>,
    /// Way.
    pub way: Option<String>,
    /// Town office.
    pub office: Option<String>,
    /// `id` (default), `name`, `stage`, `progress`, `investment`, `area`, `start`, `finish`; `-` before it reverses.
    pub sort: Option<String>,
}

/// The library of one city.
pub struct Library<'a> {
    /// Store.
    pub store: &'a dyn SceneStore,
    /// What is published.
    pub snapshot: &'a Snapshot,
    /// Words and rules.
    pub config: &'a Config,
    places: Places,
    overlay: std::sync::Arc<Overlay>,
}

impl<'a> Library<'a> {
    /// Opens the library.
    ///
    /// # Errors
    /// [`ApiError::Conflict`] while the city is empty; trouble with the store.
    pub fn new(
        store: &'a dyn SceneStore,
        snapshot: &'a Snapshot,
        config: &'a Config,
        overlays: &OverlayCache,
    ) -> Result<Self, ApiError> {
        let frame = snapshot.frame.as_deref().ok_or_else(|| ApiError::Conflict {
            detail: "the city is empty: import something first".to_owned(),
            members: serde_json::Map::new(),
        })?;
        Ok(Self {
            store,
            snapshot,
            config,
            places: Places::new(frame),
            overlay: overlays.get(store, snapshot.number(), config)?,
        })
    }

    /// Between degrees and metres.
    pub const fn places(&self) -> &Places {
        &self.places
    }

    /// One project.
    ///
    /// # Errors
    /// [`ApiError::NotFound`]; trouble with the store.
    pub fn one(&self, id: &str) -> Result<Project, ApiError> {
        self.stored(id).map(|stored| self.project(&stored))
    }

    /// One project as it is stored.
    ///
    /// # Errors
    /// [`ApiError::NotFound`]; trouble with the store.
    pub fn stored(&self, id: &str) -> Result<StoredFeature, ApiError> {
        self.store
            .feature(FeatureKey::Id(id))?
            .filter(|stored| stored.feature.class == FeatureClass::Project)
            .ok_or_else(|| ApiError::NotFound(format!("no project {:?}", id.chars().take(200).collect::<String>())))
    }

    /// Every project as it is stored, by ascending number.
    ///
    /// # Errors
    /// Trouble with the store.
    pub fn all_stored(&self) -> Result<Vec<StoredFeature>, ApiError> {
        let query = FeatureQuery {
            layer_code: Some(layers::layer_of(FeatureClass::Project, None).code),
            bbox_scene: None,
            limit: MAX_PROJECTS,
            offset: 0,
            ..FeatureQuery::default()
        };
        Ok(self.store.features(&query)?.features)
    }

    /// Projects that the question asks for, in its order.
    ///
    /// # Errors
    /// [`ApiError::BadRequest`] for an unknown order; trouble with the store.
    pub fn list(&self, question: &Question) -> Result<Vec<Project>, ApiError> {
        let words = &self.config.vocabulary;
        let mut projects: Vec<Project> = self.all_stored()?.iter().map(|stored| self.project(stored)).collect();
        projects.retain(|project| matches(project, question, words));
        let sort = question.sort.as_deref().unwrap_or("id");
        let (key, is_reversed) = sort.strip_prefix('-').map_or((sort, false), |key| (key, true));
        let by: fn(&Project, &Project, &Vocabulary) -> Ordering = match key {
            "id" => |a, b, _| a.feature_index.cmp(&b.feature_index),
            "name" => |a, b, _| a.record.name.cmp(&b.record.name),
            "stage" => |a, b, words| {
                let order = |p: &Project| words.stage_order(p.record.stage.as_deref());
                order(a).cmp(&order(b))
            },
            "progress" => |a, b, words| {
                let order = |p: &Project| {
                    let word = |w: &super::config::Word| Some(w.id.as_str()) == p.record.progress.as_deref();
                    words.progress.iter().position(word).map_or(0, |at| at + 1)
                };
                order(a).cmp(&order(b))
            },
            "investment" => |a, b, _| known_first(a.record.investment_cny, b.record.investment_cny),
            "area" => |a, b, _| a.area_m2.total_cmp(&b.area_m2),
            "start" => |a, b, _| a.record.start_on.cmp(&b.record.start_on),
            "finish" => |a, b, _| a.record.finish_on.cmp(&b.record.finish_on),
            _ => {
                return Err(ApiError::BadRequest(
                    "sort is one of id, name, stage, progress, investment, area, start, finish, with - before it to reverse"
                        .to_owned(),
                ));
            }
        };
        projects.sort_by(|a, b| {
            let order = by(a, b, words);
            let order = if is_reversed { order.reverse() } else { order };
            order.then(a.feature_index.cmp(&b.feature_index))
        });
        Ok(projects)
    }

    /// A stored project as it is answered.
    pub fn project(&self, stored: &StoredFeature) -> Project {
        let metres = outline::of_feature(&stored.feature);
        let record = Record::from_attributes(&stored.feature.attributes, &self.config.vocabulary);
        let [x0, y0, z0, x1, y1, _] = self
            .snapshot
            .bounds_enu(self.snapshot.lifted(stored.bounds, stored.on_terrain));
        let stage = record.stage.as_deref();
        let library = self
            .config
            .vocabulary
            .stages
            .iter()
            .find(|word| Some(word.id.as_str()) == stage);
        Project {
            id: stored.feature.id.clone(),
            feature_index: stored.feature.index.0,
            revision: stored.revision,
            library: library.and_then(|word| word.library.clone()),
            flags: self.overlay.flags(&self.config.negative_list, &record, &metres),
            area_m2: (metres.unsigned_area() * 100.0).round() / 100.0,
            center_enu: [(x0 + x1) / 2.0, (y0 + y1) / 2.0, z0],
            radius_m: (x1 - x0).hypot(y1 - y0) / 2.0,
            outline: outline::to_geojson(&self.places.degrees(&metres)),
            record,
        }
    }

    /// Outline of a stored project, degrees.
    pub fn outline_degrees(&self, stored: &StoredFeature) -> MultiPolygon<f64> {
        self.places.degrees(&outline::of_feature(&stored.feature))
    }

    /// Least and greatest corner that a project may reach, metres in the scene CRS.
    pub fn reach(&self) -> [DVec2; 2] {
        let project = layers::layer_of(FeatureClass::Project, None).code;
        let city = self
            .snapshot
            .layers
            .iter()
            .filter(|count| count.code != project)
            .fold(Bounds3::EMPTY, |all, count| all.union(count.bounds));
        if city.is_empty() {
            let middle = self
                .snapshot
                .frame
                .as_deref()
                .map(|f| f.origin_scene().truncate())
                .unwrap_or_default();
            return [middle - EMPTY_CITY_M, middle + EMPTY_CITY_M];
        }
        [city.min.truncate() - MARGIN_M, city.max.truncate() + MARGIN_M]
    }
}

impl std::fmt::Debug for Library<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Library").finish_non_exhaustive()
    }
}

fn known_first(a: Option<f64>, b: Option<f64>) -> Ordering {
    a.unwrap_or(f64::NEG_INFINITY)
        .total_cmp(&b.unwrap_or(f64::NEG_INFINITY))
}

fn matches(project: &Project, question: &Question, words: &Vocabulary) -> bool {
    let record = &project.record;
    let is = |wanted: &Option<String>, field: &str, value: &Option<String>| match wanted.as_deref() {
        None | Some("") => true,
        Some(wanted) => {
            let wanted = words.find(field, wanted).map_or(wanted, |word| word.id.as_str());
            value.as_deref() == Some(wanted)
        }
    };
    let text = question.q.as_deref().unwrap_or_default().trim().to_lowercase();
    let in_text = text.is_empty()
        || [
            Some(&project.id),
            Some(&record.name),
            record.responsible_unit.as_ref(),
            record.town_office.as_ref(),
        ]
        .into_iter()
        .flatten()
        .chain(&record.problems)
        .any(|value| value.to_lowercase().contains(&text));
    in_text
        && is(&question.stage, "stage", &record.stage)
        && is(&question.class, "class", &record.class)
        && is(&question.way, "way", &record.way)
        && is(&question.office, "town_office", &record.town_office)
}
