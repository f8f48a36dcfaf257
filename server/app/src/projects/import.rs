//! Projects from GeoJSON, CSV, XLSX and CityGML: all good ones in one transaction, the others named with their reason.

use super::library::Library;
use super::outline;
use super::record::{READ_ONLY, Record};
use super::table::{self, Meaning, Table};
use super::write::{self, Change, check_id, commit};
use crate::http::problem::{ApiError, Mistake};
use crate::import::{Centre, Placer};
use city_model::{Crs, FeatureClass, Issue, Report, attributes};
use city_sources::{MemorySink, ReadOptions};
use geo::MultiPolygon;
use scene_store::{CityFolder, FeatureKey, PutOutcome, StoredFeature};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Format of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ImportFormat {
    /// GeoJSON FeatureCollection or Feature in longitude and latitude.
    GeoJson,
    /// Table of text.
    Csv,
    /// Workbook.
    Xlsx,
    /// CityGML with i-UR `urf`.
    CityGml,
}

impl ImportFormat {
    /// Format by the end of a file name.
    pub fn of_path(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?.to_lowercase();
        Some(match extension.as_str() {
            "geojson" | "json" => Self::GeoJson,
            "csv" | "txt" => Self::Csv,
            "xlsx" => Self::Xlsx,
            "gml" | "xml" | "citygml" => Self::CityGml,
            _ => return None,
        })
    }
}

/// What an import did.
#[derive(Debug, Clone, Default, Serialize, utoipa::ToSchema)]
pub struct ImportAnswer {
    /// New projects.
    pub imported: u64,
    /// Projects that were there and are changed.
    pub updated: u64,
    /// Projects that were there with the same content.
    pub unchanged: u64,
    /// Rows or features left out; `issues` says why.
    pub quarantined: u64,
    /// Ids written, in the order of the input.
    pub ids: Vec<String>,
    /// First issues of each kind, with their row.
    #[schema(value_type = Vec<Object>)]
    pub issues: Vec<Issue>,
    /// Number of all issues by code.
    pub issue_counts: BTreeMap<String, u64>,
}

/// A project as its source gives it.
struct Item {
    at: String,
    id: Option<String>,
    fields: Vec<(String, Value)>,
    extra: Map<String, Value>,
    outline: Option<Result<MultiPolygon<f64>, String>>,
}

/// Reads `bytes` into the library, in one transaction.
///
/// * `source` — name of the input, as it is kept with the projects
///
/// # Errors
/// [`ApiError::Unprocessable`] when nothing of the input can be used; trouble with the store. Nothing is written then.
pub fn import(
    library: &Library<'_>,
    city: &CityFolder,
    format: ImportFormat,
    bytes: &[u8],
    source: &str,
) -> Result<ImportAnswer, ApiError> {
    let mut report = Report::new(source);
    let columns = &library.config.columns;
    let unusable = |message: String| ApiError::unprocessable(vec![Mistake::at(source, message)]);
    let items = match format {
        ImportFormat::GeoJson => from_geojson(bytes, &mut report).map_err(unusable)?,
        ImportFormat::Csv => from_table(library, table::read_csv(bytes, columns).map_err(unusable)?, &mut report),
        ImportFormat::Xlsx => from_table(
            library,
            table::read_xlsx(bytes, columns).map_err(unusable)?,
            &mut report,
        ),
        ImportFormat::CityGml => from_citygml(library, bytes, source, &mut report).map_err(unusable)?,
    };
    let mut answer = ImportAnswer::default();
    let mut plan = Plan::new(library, source)?;
    for item in items {
        let at = item.at.clone();
        let id = item.id.clone();
        match plan.add(item, &mut report) {
            Ok(()) => {}
            Err(Refusal::Store(err)) => return Err(err),
            Err(Refusal::Item(mistakes)) => {
                answer.quarantined += 1;
                for mistake in mistakes {
                    let place = mistake.at.filter(|place| !place.is_empty());
                    let place = place.map_or_else(|| at.clone(), |place| format!("{at}, {place}"));
                    report.error("projects/refused", id.as_deref(), Some(place), mistake.message);
                }
            }
        }
    }
    answer.quarantined += report.features_quarantined;
    if plan.changes.is_empty() {
        let mistakes = report.issues.into_iter().map(|issue| Mistake {
            at: issue.at,
            feature: issue.feature,
            message: issue.message,
            text: None,
        });
        let mut mistakes: Vec<Mistake> = mistakes.collect();
        if mistakes.is_empty() {
            mistakes.push(Mistake::at(source, "the input holds no projects"));
        }
        return Err(ApiError::unprocessable(mistakes));
    }
    let detail = json!({ "source": source, "projects": plan.ids.len(), "quarantined": answer.quarantined });
    let outcomes = commit(city, library.store, &plan.changes, "import-projects", &detail)?;
    for outcome in outcomes {
        match outcome {
            PutOutcome::Added(_) | PutOutcome::Renamed(_) => answer.imported += 1,
            PutOutcome::Replaced(_) => answer.updated += 1,
            PutOutcome::Unchanged(_) | PutOutcome::Duplicate(_) => answer.unchanged += 1,
        }
    }
    answer.ids = plan.ids;
    answer.issues = report.issues;
    answer.issue_counts = report.counts;
    Ok(answer)
}

enum Refusal {
    Item(Vec<Mistake>),
    Store(ApiError),
}

impl From<ApiError> for Refusal {
    fn from(err: ApiError) -> Self {
        Self::Store(err)
    }
}

fn refuse(message: impl Into<String>) -> Refusal {
    Refusal::Item(vec![Mistake::at("", message)])
}

/// The transaction as it grows.
struct Plan<'a, 'b> {
    library: &'a Library<'b>,
    source: &'a str,
    /// Ids of the projects of each name.
    by_name: BTreeMap<String, Vec<String>>,
    /// Where each id of this input was met first.
    met: BTreeMap<String, String>,
    changes: Vec<Change>,
    ids: Vec<String>,
}

impl<'a, 'b> Plan<'a, 'b> {
    fn new(library: &'a Library<'b>, source: &'a str) -> Result<Self, ApiError> {
        let mut by_name: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for stored in library.all_stored()? {
            if let Some(name) = stored.name {
                by_name.entry(name).or_default().push(stored.feature.id);
            }
        }
        Ok(Self {
            library,
            source,
            by_name,
            met: BTreeMap::new(),
            changes: Vec::new(),
            ids: Vec::new(),
        })
    }

    fn add(&mut self, item: Item, report: &mut Report) -> Result<(), Refusal> {
        let words = &self.library.config.vocabulary;
        let existing = self.existing(&item)?;
        let mut record = match &existing {
            Some(stored) => Record::from_attributes(&stored.feature.attributes, words),
            None => Record::default(),
        };
        for (field, value) in &item.fields {
            if let Err(message) = record.set(field, value, words) {
                let at = Some(format!("{}, {field}", item.at));
                report.warn("projects/field-left-out", item.id.as_deref(), at, message);
            }
        }
        let outline = item.outline.transpose().map_err(refuse)?;
        let (id, change) = match existing {
            Some(stored) => {
                let id = stored.feature.id.clone();
                let expected = Some(stored.revision);
                let mut feature = stored.feature;
                for (key, value) in item.extra {
                    feature.attributes.insert(key, value);
                }
                // an outline that only went there and back is the one that is there
                let same = outline.as_ref().is_some_and(|new| {
                    let old = self.library.places().degrees(&outline::of_feature(&feature));
                    outline::to_wkt(&old) == outline::to_wkt(new)
                });
                let outline = outline.as_ref().filter(|_| !same);
                let feature = self
                    .library
                    .changed_feature(feature, &record, outline, "")
                    .map_err(Refusal::Item)?;
                (
                    id,
                    Change::Put {
                        feature: Box::new(feature),
                        expected,
                    },
                )
            }
            None => {
                let Some(outline) = outline else {
                    return Err(refuse(
                        "it has no outline, and no project with its id or name is there to join it to",
                    ));
                };
                if record.source_row.is_none() {
                    record.source_row = Some(format!("{} {}", self.source, item.at));
                }
                let id = match item.id {
                    Some(id) => check_id(&id).map(|()| id).map_err(refuse)?,
                    None => {
                        let seed = format!(
                            "{}\u{0}{}",
                            record.name,
                            record.town_office.as_deref().unwrap_or_default()
                        );
                        let taken: BTreeSet<String> = self.met.keys().cloned().collect();
                        self.library.fresh_id(&seed, &taken)?
                    }
                };
                let feature = self
                    .library
                    .new_feature(id.clone(), &record, &outline, item.extra, "")
                    .map_err(Refusal::Item)?;
                (
                    id,
                    Change::Put {
                        feature: Box::new(feature),
                        expected: None,
                    },
                )
            }
        };
        if let Some(first) = self.met.get(&id) {
            return Err(refuse(format!("the project {id:?} was met before, at {first}")));
        }
        self.met.insert(id.clone(), item.at);
        self.by_name.entry(record.name).or_default().push(id.clone());
        self.ids.push(id);
        self.changes.push(change);
        Ok(())
    }

    /// The project that an item means: by its id, else by its name when only one has it.
    fn existing(&self, item: &Item) -> Result<Option<StoredFeature>, Refusal> {
        if let Some(id) = &item.id {
            let found = self.library.store.feature(FeatureKey::Id(id)).map_err(ApiError::from)?;
            return match found {
                Some(stored) if stored.feature.class != FeatureClass::Project => Err(refuse(format!(
                    "the id {id:?} is that of a {}",
                    stored.feature.class.as_str()
                ))),
                other => Ok(other),
            };
        }
        let name = item
            .fields
            .iter()
            .find(|(field, _)| field == "name")
            .and_then(|(_, value)| value.as_str());
        let Some(name) = name.map(str::trim).filter(|name| !name.is_empty()) else {
            return Err(refuse("it has no name and no id"));
        };
        match self.by_name.get(name).map(Vec::as_slice) {
            None | Some([]) => Ok(None),
            Some([id]) if self.met.contains_key(id) => Err(refuse(format!(
                "the project {name:?} was met before, at {}",
                self.met[id]
            ))),
            Some([id]) => Ok(self.library.store.feature(FeatureKey::Id(id)).map_err(ApiError::from)?),
            Some(several) => Err(refuse(format!(
                "{} projects are named {name:?}: give the id ({})",
                several.len(),
                several.join(", ")
            ))),
        }
    }
}

fn from_geojson(bytes: &[u8], report: &mut Report) -> Result<Vec<Item>, String> {
    let value: Value = serde_json::from_slice(bytes).map_err(|err| format!("it is no JSON: {err}"))?;
    let single;
    let features = match value.get("type").and_then(Value::as_str) {
        Some("FeatureCollection") => value
            .get("features")
            .and_then(Value::as_array)
            .ok_or("it has no features")?,
        Some("Feature") => {
            single = vec![value];
            &single
        }
        _ => return Err("it is neither a FeatureCollection nor a Feature".to_owned()),
    };
    let items = features.iter().enumerate().map(|(number, feature)| {
        let properties = feature
            .get("properties")
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default();
        let id = write::given_id(feature, &properties);
        let geometry = feature.get("geometry").filter(|geometry| !geometry.is_null());
        let mut item = Item {
            at: format!("feature {}", number + 1),
            id,
            fields: Vec::new(),
            extra: Map::new(),
            outline: geometry.map(outline::from_geojson),
        };
        for (key, value) in properties {
            let field = if key == "project_class" { "class" } else { &key };
            if READ_ONLY.contains(&field) {
                continue;
            }
            if Record::FIELDS.contains(&field) {
                item.fields.push((field.to_owned(), value));
            } else {
                item.extra.insert(key, value);
            }
        }
        if !item.fields.iter().any(|(field, _)| field == "name")
            && let Some(name) = attributes::name(&item.extra)
        {
            item.fields.push(("name".to_owned(), name.into()));
        }
        item
    });
    let items: Vec<Item> = items.collect();
    report.features_read += items.len() as u64;
    Ok(items)
}

fn from_table(library: &Library<'_>, table: Table, report: &mut Report) -> Vec<Item> {
    let columns = &library.config.columns;
    let meanings: Vec<Option<Meaning>> = table
        .headers
        .iter()
        .map(|header| table::meaning(header, columns))
        .collect();
    for (header, meaning) in table.headers.iter().zip(&meanings) {
        if let Some(Meaning::Field {
            field, has_unit: false, ..
        }) = meaning
            && field == "investment_cny"
        {
            report.warn(
                "projects/no-unit",
                None,
                Some("header".to_owned()),
                format!("the column {header:?} has no unit and is taken as 元; write {header}(万元) if it is 万元"),
            );
        }
    }
    let mut items = Vec::new();
    for (row, cells) in table.rows {
        let mut item = Item {
            at: format!("row {row}"),
            id: None,
            fields: Vec::new(),
            extra: Map::new(),
            outline: None,
        };
        let mut years: BTreeMap<i32, [Value; 2]> = BTreeMap::new();
        let is_total = cells.iter().any(|cell| cell.as_str().is_some_and(is_total));
        for ((header, meaning), cell) in table.headers.iter().zip(&meanings).zip(cells) {
            if cell.is_null() {
                continue;
            }
            let scaled = |scale: f64| table::scaled(&cell, scale);
            let value = match meaning {
                None if header.is_empty() || matches!(header.as_str(), "序号" | "No." | "no") => continue,
                None => {
                    item.extra.insert(header.clone(), cell);
                    continue;
                }
                Some(Meaning::Field { field, .. }) if field == "id" => {
                    item.id = Some(
                        cell.as_str()
                            .map_or_else(|| cell.to_string(), |text| text.trim().to_owned()),
                    );
                    continue;
                }
                Some(Meaning::Field { field, .. }) if field == "outline" => {
                    item.outline = Some(outline::from_text(cell.as_str().unwrap_or_default()));
                    continue;
                }
                Some(Meaning::Field { scale, .. } | Meaning::Year { scale, .. }) => scaled(*scale),
            };
            match (value, meaning) {
                (Err(message), _) => {
                    let at = Some(format!("row {row}, {header}"));
                    report.warn("projects/field-left-out", item.id.as_deref(), at, message);
                }
                (Ok(value), Some(Meaning::Field { field, .. })) => item.fields.push((field.clone(), value)),
                (Ok(value), Some(Meaning::Year { year, is_done, .. })) => {
                    years.entry(*year).or_default()[usize::from(*is_done)] = value;
                }
                (Ok(_), None) => {}
            }
        }
        if !years.is_empty() {
            let list: Vec<Value> = years
                .into_iter()
                .map(|(year, [planned, done])| json!({ "year": year, "planned_cny": planned, "done_cny": done }))
                .collect();
            item.fields.push(("investment".to_owned(), list.into()));
        }
        // what is left of totals and notes under a table
        let is_project = item.id.is_some() || item.fields.iter().any(|(field, _)| field == "name");
        let has_outline = item.outline.is_some();
        if (is_total && !has_outline) || (!is_project && item.fields.is_empty()) {
            report.info(
                "projects/row-passed-over",
                None,
                Some(item.at),
                "the row is a total or a note, not a project",
            );
            continue;
        }
        report.features_read += 1;
        items.push(item);
    }
    items
}

fn is_total(name: &str) -> bool {
    let plain: String = name.split_whitespace().collect();
    ["合计", "总计", "小计"].iter().any(|word| plain.starts_with(word))
}

fn from_citygml(library: &Library<'_>, bytes: &[u8], source: &str, report: &mut Report) -> Result<Vec<Item>, String> {
    let mut sink = MemorySink::default();
    let options = ReadOptions::default();
    city_sources::citygml::read_from(bytes, Path::new(source), &options, &mut sink, report)
        .map_err(|err| err.to_string())?;
    let frame = library.snapshot.frame.as_deref().ok_or("the city is empty")?;
    let crs = sink
        .datasets
        .iter()
        .find_map(|info| info.crs.clone())
        .unwrap_or_else(Crs::wgs84);
    let centre = Centre(frame.origin_scene().truncate());
    let placer = Placer::new(crs, frame.crs().clone(), centre, frame.geoid_offset_m());
    let items = sink
        .features
        .into_iter()
        .filter(|feature| feature.class == FeatureClass::Project)
        .map(|mut feature| {
            let outline = match placer.place(&mut feature) {
                Ok(()) => Ok(library.places().degrees(&outline::of_feature(&feature))),
                Err(err) => Err(err.to_string()),
            };
            let mut item = Item {
                at: feature.id.clone(),
                id: Some(feature.id),
                fields: Vec::new(),
                extra: Map::new(),
                outline: Some(outline),
            };
            for (key, value) in feature.attributes {
                if Record::FIELDS.contains(&key.as_str()) {
                    item.fields.push((key, value));
                } else {
                    item.extra.insert(key, value);
                }
            }
            item
        });
    Ok(items.collect())
}
