//! One project at a time: made, replaced, changed, taken out. For HTTP and the command line.

use super::library::{Library, Project};
use super::outline;
use super::record::Record;
use super::write::{Change, check_id, commit, given_id, read_fields};
use crate::http::problem::{ApiError, Mistake};
use scene_store::CityFolder;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// A new project from a GeoJSON Feature: outline in longitude and latitude, the record as properties.
///
/// # Errors
/// [`ApiError::Unprocessable`] with every mistake, [`ApiError::Conflict`] when the id is taken; nothing is written then.
pub fn create(library: &Library<'_>, city: &CityFolder, feature: Map<String, Value>) -> Result<Project, ApiError> {
    let feature = Value::Object(feature);
    let mut mistakes = Vec::new();
    if feature.get("type").and_then(Value::as_str) != Some("Feature") {
        mistakes.push(Mistake::at("type", "a project is given as a GeoJSON Feature"));
    }
    let properties = feature
        .get("properties")
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_default();
    let mut record = Record::default();
    let words = &library.config.vocabulary;
    read_fields(&mut record, &properties, words, "properties.", &mut mistakes);
    let outline = match outline::from_geojson(feature.get("geometry").unwrap_or(&Value::Null)) {
        Ok(outline) => Some(outline),
        Err(message) => {
            mistakes.push(Mistake::at("geometry", message));
            None
        }
    };
    let id = match given_id(&feature, &properties) {
        Some(id) => {
            if let Err(message) = check_id(&id) {
                mistakes.push(Mistake::at("id", message));
            }
            id
        }
        None => library.fresh_id(&feature.to_string(), &BTreeSet::new())?,
    };
    let made = match &outline {
        Some(outline) => library.new_feature(id.clone(), &record, outline, Map::new(), "properties."),
        None => library.checked(&record, None, "properties.").and(Err(Vec::new())),
    };
    let made = match (made, mistakes.is_empty()) {
        (Ok(made), true) => made,
        (made, _) => {
            mistakes.extend(made.err().into_iter().flatten());
            return Err(ApiError::unprocessable(mistakes));
        }
    };
    let change = Change::Put {
        feature: Box::new(made),
        expected: None,
    };
    let detail = json!({ "id": id });
    commit(city, library.store, &[change], "create-project", &detail)?;
    library.one(&id)
}

/// Changes the fields that are given, `null` makes one unknown; `outline` (GeoJSON) replaces the outline.
///
/// * `replaces` — fields that are not given become unknown
/// * `is_current` — refuses a revision that the caller does not know
///
/// # Errors
/// As [`create`], and what `is_current` says.
pub fn change(
    library: &Library<'_>,
    city: &CityFolder,
    id: &str,
    fields: &Map<String, Value>,
    replaces: bool,
    is_current: impl FnOnce(u32) -> Result<(), ApiError>,
) -> Result<Project, ApiError> {
    let stored = library.stored(id)?;
    is_current(stored.revision)?;
    let words = &library.config.vocabulary;
    let mut record = if replaces {
        Record::default()
    } else {
        Record::from_attributes(&stored.feature.attributes, words)
    };
    let mut mistakes = Vec::new();
    read_fields(&mut record, fields, words, "", &mut mistakes);
    let given = fields.get("outline").filter(|outline| !outline.is_null());
    // a client that sends back what it read does not move the outline by the rounding of degrees
    let given = given.filter(|given| **given != outline::to_geojson(&library.outline_degrees(&stored)));
    let outline = match given.map(outline::from_geojson).transpose() {
        Ok(outline) => outline,
        Err(message) => {
            mistakes.push(Mistake::at("outline", message));
            None
        }
    };
    let revision = stored.revision;
    let changed = library.changed_feature(stored.feature, &record, outline.as_ref(), "");
    let changed = match (changed, mistakes.is_empty()) {
        (Ok(changed), true) => changed,
        (changed, _) => {
            mistakes.extend(changed.err().into_iter().flatten());
            return Err(ApiError::unprocessable(mistakes));
        }
    };
    let change = Change::Put {
        feature: Box::new(changed),
        expected: Some(revision),
    };
    let detail = json!({ "id": id, "fields": fields.keys().collect::<Vec<_>>() });
    commit(city, library.store, &[change], "change-project", &detail)?;
    library.one(id)
}

/// Takes a project out of the library; its history stays in the audit trail.
///
/// # Errors
/// [`ApiError::NotFound`], and what `is_current` says.
pub fn remove(
    library: &Library<'_>,
    city: &CityFolder,
    id: &str,
    is_current: impl FnOnce(u32) -> Result<(), ApiError>,
) -> Result<(), ApiError> {
    let stored = library.stored(id)?;
    is_current(stored.revision)?;
    let detail = json!({ "id": id, "attributes": stored.feature.attributes });
    let change = Change::Remove {
        id: id.to_owned(),
        expected: stored.revision,
    };
    commit(city, library.store, &[change], "remove-project", &detail).map(drop)
}
