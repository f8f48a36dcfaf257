//! Projects as GeoJSON, CSV and XLSX; what is written is read again without loss.

use super::config::Column;
use super::library::Project;
use super::outline;
use super::record::Record;
use super::table;
use super::xlsx;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Format of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ExportFormat {
    /// GeoJSON FeatureCollection.
    GeoJson,
    /// CSV, UTF-8 with byte order mark, so that spreadsheet programs read it.
    Csv,
    /// Workbook with the table and the 三库一单.
    Xlsx,
}

impl ExportFormat {
    /// Media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::GeoJson => "application/geo+json",
            Self::Csv => "text/csv; charset=utf-8",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }

    /// End of a file name.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::GeoJson => "geojson",
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
        }
    }
}

/// The projects in a format.
///
/// # Errors
/// What the writer of the format said.
pub fn export(projects: &[Project], columns: &[Column], format: ExportFormat) -> Result<Vec<u8>, String> {
    match format {
        ExportFormat::GeoJson => Ok(geojson(projects).to_string().into_bytes()),
        ExportFormat::Csv => csv(projects, columns),
        ExportFormat::Xlsx => xlsx::workbook(projects, columns).map_err(|err| err.to_string()),
    }
}

fn geojson(projects: &[Project]) -> Value {
    let features: Vec<Value> = projects
        .iter()
        .map(|project| {
            let mut properties = match serde_json::to_value(&project.record) {
                Ok(Value::Object(fields)) => fields,
                _ => Map::new(),
            };
            properties.insert("library".to_owned(), json!(project.library));
            properties.insert("area_m2".to_owned(), json!(project.area_m2));
            properties.insert("flags".to_owned(), json!(project.flags));
            json!({ "type": "Feature", "id": project.id, "geometry": project.outline, "properties": properties })
        })
        .collect();
    json!({ "type": "FeatureCollection", "features": features })
}

fn csv(projects: &[Project], columns: &[Column]) -> Result<Vec<u8>, String> {
    let mut out = b"\xef\xbb\xbf".to_vec();
    {
        let mut writer = csv::Writer::from_writer(&mut out);
        let years = years(projects);
        writer
            .write_record(headers(columns, &years))
            .map_err(|err| err.to_string())?;
        for project in projects {
            let cells = cells(project, columns, &years).into_iter().map(|cell| match cell {
                Value::Null => String::new(),
                Value::String(text) => table::escape(&text),
                other => other.to_string(),
            });
            writer.write_record(cells).map_err(|err| err.to_string())?;
        }
        writer.flush().map_err(|err| err.to_string())?;
    }
    Ok(out)
}

/// Years in which any of the projects has investment.
pub(super) fn years(projects: &[Project]) -> Vec<i32> {
    let years: BTreeSet<i32> = projects
        .iter()
        .flat_map(|p| &p.record.investment)
        .map(|year| year.year)
        .collect();
    years.into_iter().collect()
}

/// Headers of the table: the columns, then two per year.
pub(super) fn headers(columns: &[Column], years: &[i32]) -> Vec<String> {
    let by_year = years
        .iter()
        .flat_map(|year| [format!("{year}年计划投资(万元)"), format!("{year}年完成投资(万元)")]);
    columns.iter().map(|column| column.zh.clone()).chain(by_year).collect()
}

/// Cells of a project in the order of [`headers`].
pub(super) fn cells(project: &Project, columns: &[Column], years: &[i32]) -> Vec<Value> {
    let fields = fields(project);
    let mut cells: Vec<Value> = columns
        .iter()
        .map(|column| {
            let value = fields.get(&column.field).cloned().unwrap_or(Value::Null);
            match (value.as_f64(), column.unit) {
                (Some(number), Some(unit)) => json!(in_unit(number, unit)),
                _ => value,
            }
        })
        .collect();
    for year in years {
        let of_year = project.record.investment.iter().find(|entry| entry.year == *year);
        let money = |amount: Option<f64>| json!(amount.map(|cny| in_unit(cny, 1e4)));
        cells.push(money(of_year.and_then(|entry| entry.planned_cny)));
        cells.push(money(of_year.and_then(|entry| entry.done_cny)));
    }
    cells
}

/// A number in another unit, without the last bits that the division leaves.
fn in_unit(number: f64, unit: f64) -> f64 {
    const PARTS: f64 = 1e8;
    let converted = number / unit;
    let rounded = (converted * PARTS).round() / PARTS;
    if rounded.is_finite() { rounded } else { converted }
}

/// The record with one text or number per column of the table.
fn fields(project: &Project) -> Map<String, Value> {
    let record = &project.record;
    let mut fields = match serde_json::to_value(record) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    };
    let mut put = |key: &str, value: Value| fields.insert(key.to_owned(), value);
    put("id", json!(project.id));
    put("problems", lines(record.problems.clone()));
    put("photos", lines(record.photos.clone()));
    put("milestones", milestones(record));
    let documents = record
        .documents
        .iter()
        .map(|d| format!("{} <{}>", d.title, d.url))
        .collect();
    put("documents", documents_text(record, documents));
    put("review_score", json!(record.review.score));
    put("expert_review", json!(record.review.expert_review));
    put("public_notice_1", json!(record.review.public_notice_1));
    put("public_notice_2", json!(record.review.public_notice_2));
    put("published_on", json!(record.review.published_on));
    put("smart_pilot", json!(if record.smart_pilot { "是" } else { "否" }));
    let outline = outline::from_geojson(&project.outline).map(|outline| outline::to_wkt(&outline));
    put("outline", json!(outline.ok()));
    fields
}

/// A list as one text: with semicolons where no item has one, else as JSON.
fn lines(items: Vec<String>) -> Value {
    if items.is_empty() {
        return Value::Null;
    }
    let is_plain = |item: &String| !item.contains([';', '；', '\n']) && !item.starts_with('[') && item.trim() == item;
    if items.iter().all(is_plain) {
        json!(items.join("; "))
    } else {
        json!(json!(items).to_string())
    }
}

fn milestones(record: &Record) -> Value {
    let text = |date: &Option<String>| date.clone().unwrap_or_default();
    let steps = record
        .milestones
        .iter()
        .map(|m| format!("{} {}/{}", m.step, text(&m.planned_on), text(&m.done_on)))
        .collect();
    let is_plain = record.milestones.iter().all(|m| !m.step.contains(char::is_whitespace));
    if is_plain {
        lines(steps)
    } else {
        json!(json!(record.milestones).to_string())
    }
}

fn documents_text(record: &Record, texts: Vec<String>) -> Value {
    let is_plain = record
        .documents
        .iter()
        .all(|d| !d.title.contains(['<', '>']) && !d.url.contains(['<', '>']));
    if is_plain || texts.is_empty() {
        lines(texts)
    } else {
        json!(json!(record.documents).to_string())
    }
}
