//! Writing projects: every write is one transaction with an audit row, under the writer's lock.

use super::config::Vocabulary;
use super::library::Library;
use super::outline;
use super::record::{READ_ONLY, Record};
use crate::http::problem::{ApiError, Mistake};
use crate::http::write::lock_city;
use city_model::{Date, Feature, FeatureClass, LodGeometry, attributes};
use geo::{Area as _, MultiPolygon};
use scene_store::{CityFolder, EncodedFeature, FeatureKey, PutOutcome, SceneStore, StoreError};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Layer of projects that were made here.
pub const LAYER: &str = "projects";
/// Longest id, bytes.
const MAX_ID: usize = 200;

/// One change of a transaction.
#[derive(Debug, Clone)]
pub enum Change {
    /// Writes a project; `expected` is the revision that the writer saw, `None` for a new one.
    Put {
        /// The feature as it shall be.
        feature: Box<Feature>,
        /// Revision seen.
        expected: Option<u32>,
    },
    /// Takes a project out.
    Remove {
        /// Its id.
        id: String,
        /// Revision seen.
        expected: u32,
    },
}

/// Entity tag of a revision.
pub fn etag(revision: u32) -> String {
    format!("\"{revision}\"")
}

/// Carries out all changes or none.
///
/// # Errors
/// [`ApiError::PreconditionFailed`] when a project was written meanwhile; [`ApiError::Conflict`] for an id that is
/// taken; trouble with the store.
pub fn commit(
    city: &CityFolder,
    store: &dyn SceneStore,
    changes: &[Change],
    action: &str,
    detail: &Value,
) -> Result<Vec<PutOutcome>, ApiError> {
    let encoded: Vec<Option<EncodedFeature>> = changes
        .iter()
        .map(|change| match change {
            Change::Put { feature, .. } => EncodedFeature::encode(feature).map(Some),
            Change::Remove { .. } => Ok(None),
        })
        .collect::<Result<_, StoreError>>()?;
    let _lock = lock_city(city)?;
    let mut session = store.begin_import()?;
    let mut outcomes = Vec::new();
    for (change, encoded) in changes.iter().zip(&encoded) {
        // nobody else writes now, so that what a reader sees is what there is
        let (id, expected) = match change {
            Change::Put { feature, expected } => (&feature.id, *expected),
            Change::Remove { id, expected } => (id, Some(*expected)),
        };
        let now = store.feature(FeatureKey::Id(id))?;
        match (expected, &now) {
            (None, Some(_)) => {
                return Err(ApiError::Conflict {
                    detail: format!("the id {id:?} is taken"),
                    members: Map::new(),
                });
            }
            (Some(expected), Some(now)) if now.revision != expected => {
                return Err(ApiError::PreconditionFailed {
                    etag: etag(now.revision),
                });
            }
            (Some(_), None) => return Err(ApiError::NotFound(format!("no project {id:?}"))),
            _ => {}
        }
        match encoded {
            Some(encoded) => outcomes.push(session.put(encoded)?),
            None => {
                session.remove(id)?;
            }
        }
    }
    session.commit(action, &detail.to_string())?;
    Ok(outcomes)
}

/// Reads the fields of a write over `record`; unknown and wrong ones are listed under `at`.
pub fn read_fields(
    record: &mut Record,
    fields: &Map<String, Value>,
    words: &Vocabulary,
    at: &str,
    mistakes: &mut Vec<Mistake>,
) {
    for (field, value) in fields {
        if READ_ONLY.contains(&field.as_str()) {
            continue;
        }
        if let Err(message) = record.set(field, value, words) {
            mistakes.push(Mistake::at(format!("{at}{field}"), message));
        }
    }
}

impl Library<'_> {
    /// Checks a record and an outline in degrees, and gives the geometry and area.
    ///
    /// # Errors
    /// Every mistake.
    pub fn checked(
        &self,
        record: &Record,
        degrees: Option<&MultiPolygon<f64>>,
        at: &str,
    ) -> Result<Option<(LodGeometry, f64)>, Vec<Mistake>> {
        let mut mistakes: Vec<Mistake> = record
            .contradictions()
            .into_iter()
            .map(|(field, message)| Mistake::at(format!("{at}{field}"), message))
            .collect();
        let mut placed = None;
        if let Some(degrees) = degrees {
            let metres = self.places().metres(degrees);
            match metres.and_then(|metres| outline::check(&metres, self.reach()).map(|()| metres)) {
                Ok(metres) => placed = Some((outline::to_geometry(&metres), metres.unsigned_area())),
                Err(message) => mistakes.push(Mistake::at(format!("{at}outline"), message)),
            }
        }
        if mistakes.is_empty() { Ok(placed) } else { Err(mistakes) }
    }

    /// The feature of a new project.
    ///
    /// # Errors
    /// Every mistake.
    pub fn new_feature(
        &self,
        id: String,
        record: &Record,
        degrees: &MultiPolygon<f64>,
        extra: Map<String, Value>,
        at: &str,
    ) -> Result<Feature, Vec<Mistake>> {
        let placed = self.checked(record, Some(degrees), at)?;
        let mut feature = Feature::new(id, FeatureClass::Project, LAYER);
        feature.attributes = extra;
        apply(&mut feature, record, placed);
        Ok(feature)
    }

    /// The feature of a project that is there, with a changed record and, where given, a changed outline.
    ///
    /// # Errors
    /// Every mistake.
    pub fn changed_feature(
        &self,
        mut feature: Feature,
        record: &Record,
        degrees: Option<&MultiPolygon<f64>>,
        at: &str,
    ) -> Result<Feature, Vec<Mistake>> {
        let placed = self.checked(record, degrees, at)?;
        apply(&mut feature, record, placed);
        Ok(feature)
    }

    /// An id that nobody has, made from what tells the project from others: the same input gives the same id.
    ///
    /// # Errors
    /// Trouble with the store.
    pub fn fresh_id(&self, seed: &str, taken: &BTreeSet<String>) -> Result<String, ApiError> {
        for attempt in 0..1000_u32 {
            let hash = blake3::hash(format!("{seed}\u{0}{attempt}").as_bytes());
            let id = format!("p-{}", &hash.to_hex()[..8]);
            if !taken.contains(&id) && self.store.feature(FeatureKey::Id(&id))?.is_none() {
                return Ok(id);
            }
        }
        Err(ApiError::Internal("no free id for a project".to_owned()))
    }
}

fn apply(feature: &mut Feature, record: &Record, placed: Option<(LodGeometry, f64)>) {
    record.write_attributes(&mut feature.attributes);
    if let Some((geometry, area_m2)) = placed {
        feature.geometry = geometry;
        feature
            .attributes
            .insert("area_m2".to_owned(), json!((area_m2 * 100.0).round() / 100.0));
    }
    // a project is shown from its start on; an end of works is no end of the project
    feature.lifespan.from = record.start_on.as_deref().and_then(Date::parse);
    feature.lifespan.to = None;
}

/// An id that a client may give: short, printable, without white space at its ends.
///
/// # Errors
/// One sentence.
pub fn check_id(id: &str) -> Result<(), String> {
    let is_plain = !id.is_empty() && id.len() <= MAX_ID && id == id.trim() && !id.chars().any(char::is_control);
    if is_plain {
        Ok(())
    } else {
        Err(format!("an id is 1–{MAX_ID} bytes of printable text"))
    }
}

/// Id that a GeoJSON feature gives, as its member or property.
pub fn given_id(feature: &Value, properties: &Map<String, Value>) -> Option<String> {
    let member = feature.as_object().and_then(|object| attributes::text(object, "id"));
    member.or_else(|| attributes::text(properties, "id"))
}
