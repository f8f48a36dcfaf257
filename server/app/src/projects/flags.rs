//! Flags of the negative list: overlays of a project with what the city protects, and gaps in its record.
//!
//! What is protected is found once per published revision by the attributes that the list names; the overlay of one
//! project is then a matter of boxes and polygons.

use super::config::{Config, NegativeList, OverlayTest};
use super::outline;
use super::record::Record;
use crate::http::problem::ApiError;
use city_model::{Shape, attributes};
use geo::{Area as _, BooleanOps as _, BoundingRect as _, Contains as _, Coord, MultiPolygon, Point, Rect};
use scene_store::{SceneStore, StoredFeature};
use serde::Serialize;
use serde_json::Value;
use std::sync::{Arc, Mutex, PoisonError};

/// Protected features looked at, at most.
const MAX_PROTECTED: u32 = 200_000;
/// Flags of one project, at most.
const MAX_FLAGS: usize = 100;
/// Overlaps below this are drawing errors, m².
const MIN_OVERLAP_M2: f64 = 1.0;

/// Something that speaks against a project, or must be looked at.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Flag {
    /// Kind of the negative list.
    pub kind: String,
    /// `red` or `amber`.
    pub severity: String,
    /// One sentence, Chinese.
    pub message: String,
    /// The same in English.
    pub message_en: String,
    /// Id of the feature met.
    pub feature: Option<String>,
}

#[derive(Debug)]
struct Protected {
    id: String,
    name: String,
    class: &'static str,
    attributes: city_model::Attributes,
    plan: Plan,
    bounds: Rect<f64>,
}

#[derive(Debug)]
enum Plan {
    Area(MultiPolygon<f64>),
    Point(Point<f64>),
}

/// What the city protects, as of one revision.
#[derive(Debug)]
pub struct Overlay {
    revision: u64,
    keys: Vec<String>,
    protected: Vec<Protected>,
}

/// The overlay of the newest revision that was asked for.
#[derive(Debug, Default)]
pub struct OverlayCache(Mutex<Option<Arc<Overlay>>>);

impl OverlayCache {
    /// What the city protects at a revision: as it was found before, or found now.
    ///
    /// # Errors
    /// Trouble with the store.
    pub fn get(&self, store: &dyn SceneStore, revision: u64, config: &Config) -> Result<Arc<Overlay>, ApiError> {
        let mut keys: Vec<String> = config.negative_list.tests.iter().flat_map(|t| t.keys.clone()).collect();
        keys.sort_unstable();
        keys.dedup();
        // held while it is found, so that ten requests at once find it once
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = kept.as_ref()
            && kept.revision == revision
            && kept.keys == keys
        {
            return Ok(Arc::clone(kept));
        }
        let names: Vec<&str> = keys.iter().map(String::as_str).collect();
        let found = store.features_with(&names, MAX_PROTECTED)?;
        let overlay = Arc::new(Overlay {
            revision,
            protected: found.into_iter().filter_map(Protected::new).collect(),
            keys,
        });
        *kept = Some(Arc::clone(&overlay));
        Ok(overlay)
    }
}

impl Overlay {
    /// Flags of a project with an outline in metres, in the order of the list.
    pub fn flags(&self, list: &NegativeList, record: &Record, metres: &MultiPolygon<f64>) -> Vec<Flag> {
        let mut flags = Vec::new();
        let near: Vec<&Protected> = match metres.bounding_rect() {
            Some(bounds) => self.protected.iter().filter(|p| meet(&p.bounds, &bounds)).collect(),
            None => Vec::new(),
        };
        for test in &list.tests {
            if !test.ways.is_empty() && !record.way.as_ref().is_some_and(|way| test.ways.contains(way)) {
                continue;
            }
            if test.outside {
                flags.extend(self.outside(test, metres));
                continue;
            }
            for protected in &near {
                // the sterner of two tests of the same feature is told
                let is_told = flags
                    .iter()
                    .any(|f: &Flag| f.feature.as_ref() == Some(&protected.id) && f.kind == test.kind);
                if !is_told
                    && let Some(value) = protected.value(test)
                    && let Some(overlap_m2) = protected.overlap_m2(metres)
                {
                    flags.push(test.flag(Some(protected), &value, overlap_m2));
                }
            }
        }
        for test in &list.record {
            let is_missing = match test.missing.as_str() {
                "problems" => record.problems.is_empty(),
                "responsible_unit" => record.responsible_unit.is_none(),
                "investment_cny" => record.investment_cny.is_none(),
                "review" => record.review.expert_review.is_none(),
                _ => false,
            };
            if is_missing && record.stage.as_ref().is_some_and(|stage| test.stages.contains(stage)) {
                flags.push(Flag {
                    kind: test.kind.clone(),
                    severity: test.severity.clone(),
                    message: test.message.clone(),
                    message_en: test.message_en.clone(),
                    feature: None,
                });
            }
        }

        flags.truncate(MAX_FLAGS);
        flags
    }

    /// A flag when part of the outline lies outside of all features of a kind that the city has.
    fn outside(&self, test: &OverlayTest, metres: &MultiPolygon<f64>) -> Option<Flag> {
        let within: Vec<(&Protected, String)> = self
            .protected
            .iter()
            .filter_map(|p| p.value(test).map(|value| (p, value)))
            .collect();
        let (first, value) = within.first()?;
        let mut rest = metres.clone();
        for (protected, _) in &within {
            if let Plan::Area(area) = &protected.plan {
                rest = rest.difference(area);
            }
        }
        let overlap_m2 = rest.unsigned_area();
        (overlap_m2 >= MIN_OVERLAP_M2).then(|| test.flag(Some(first), value, overlap_m2))
    }
}

impl Protected {
    fn new(stored: StoredFeature) -> Option<Self> {
        let area = outline::of_feature(&stored.feature);
        let plan = if area.0.is_empty() {
            let point = stored.feature.geometry.finest().find_map(|shape| match shape {
                Shape::Point(point) => Some(Point::new(point.position.x, point.position.y)),
                _ => None,
            })?;
            Plan::Point(point)
        } else {
            Plan::Area(area)
        };
        let bounds = match &plan {
            Plan::Area(area) => area.bounding_rect()?,
            Plan::Point(point) => Rect::new(point.0, point.0),
        };
        Some(Self {
            name: stored.name.unwrap_or_else(|| stored.feature.id.clone()),
            id: stored.feature.id,
            class: stored.feature.class.as_str(),
            attributes: stored.feature.attributes,
            plan,
            bounds,
        })
    }

    /// Value of the attribute that makes the test count for this feature.
    fn value(&self, test: &OverlayTest) -> Option<String> {
        if !test.classes.iter().any(|class| class == self.class) {
            return None;
        }
        test.keys.iter().find_map(|key| {
            let value = self.attributes.get(key)?;
            let is_set = !matches!(value, Value::Null | Value::Bool(false)) && value.as_f64() != Some(0.0);
            let text = attributes::text(&self.attributes, key).unwrap_or_default();
            let is_set = is_set && !["", "no", "false", "无", "否", "0"].contains(&text.as_str());
            let in_values = test.values.is_empty() || test.values.contains(&text);
            let reaches = test
                .min
                .is_none_or(|min| attributes::number(&self.attributes, key).is_some_and(|n| n >= min));
            (is_set && in_values && reaches).then_some(text)
        })
    }

    /// Overlap with an outline; `None` when they do not meet.
    fn overlap_m2(&self, metres: &MultiPolygon<f64>) -> Option<f64> {
        match &self.plan {
            Plan::Point(point) => metres.contains(point).then_some(0.0),
            Plan::Area(area) => {
                Some(metres.intersection(area).unsigned_area()).filter(|overlap_m2| *overlap_m2 >= MIN_OVERLAP_M2)
            }
        }
    }
}

impl OverlayTest {
    fn flag(&self, met: Option<&Protected>, value: &str, overlap_m2: f64) -> Flag {
        let fill = |text: &str| {
            let mut text = text
                .replace("{overlap_m2}", &format!("{overlap_m2:.0}"))
                .replace("{value}", value)
                .replace("{name}", met.map_or("", |m| m.name.as_str()));
            for key in &self.keys {
                text = text.replace(&format!("{{{key}}}"), value);
            }
            text
        };
        Flag {
            kind: self.kind.clone(),
            severity: self.severity.clone(),
            message: fill(&self.message),
            message_en: fill(&self.message_en),
            feature: met.filter(|_| !self.outside).map(|m| m.id.clone()),
        }
    }
}

fn meet(a: &Rect<f64>, b: &Rect<f64>) -> bool {
    let (Coord { x: ax0, y: ay0 }, Coord { x: ax1, y: ay1 }) = (a.min(), a.max());
    let (Coord { x: bx0, y: by0 }, Coord { x: bx1, y: by1 }) = (b.min(), b.max());
    ax0 <= bx1 && bx0 <= ax1 && ay0 <= by1 && by0 <= ay1
}
