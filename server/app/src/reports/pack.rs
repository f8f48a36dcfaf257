//! All files of an evidence pack in one archive.

use super::area::{AreaRequest, ReportArea};
use super::document::report_data;
use super::findings::Findings;
use super::plan::{Side, draw};
use super::tables::{indicators_csv, rules_csv};
use super::{font, pdf};
use crate::geojson;
use crate::http::Snapshot;
use crate::http::problem::{ApiError, Mistake};
use crate::projects::library::Project;
use crate::projects::outline;
use crate::scenarios::ScenarioView;
use base64::Engine as _;
use city_model::FeatureIndex;
use geo::{Area as _, Coord, Intersects as _, Rect};
use scene_store::{CityFolder, FeatureKey, SceneStore};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{Cursor, Write as _};
use zip::write::SimpleFileOptions;

/// Views of the browser at most.
const MAX_VIEWS: usize = 8;
/// One view at most, bytes.
const MAX_VIEW_BYTES: usize = 12 << 20;
/// Edges of a view at most, pixels.
const MAX_VIEW_PX: u32 = 8192;
/// Changed features listed at most.
const MAX_CHANGES: usize = 50_000;

/// Language of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// Chinese.
    #[default]
    Zh,
    /// English.
    En,
}

/// A picture that the browser took.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ViewPicture {
    /// Title.
    pub title: String,
    /// PNG in base64, with or without `data:image/png;base64,`.
    pub png_base64: String,
}

/// What a pack is wanted of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PackRequest {
    /// Scenario; `base` by default.
    #[serde(default = "base")]
    pub scenario: String,
    /// Its revision; the last by default.
    #[serde(default)]
    pub scenario_revision: Option<u64>,
    /// Scenario that it is compared with; `base` by default.
    #[serde(default = "base")]
    pub baseline: String,
    /// Day looked at, `YYYY-MM-DD`.
    #[serde(default)]
    pub phase: Option<String>,
    /// The land.
    pub area: AreaRequest,
    /// Pictures of the browser.
    #[serde(default)]
    pub views: Vec<ViewPicture>,
    /// Language.
    #[serde(default)]
    pub lang: Lang,
}

fn base() -> String {
    city_model::scenario::BASE_ID.to_owned()
}

/// What a pack is made from.
pub struct Sources<'a> {
    /// The city.
    pub city: &'a CityFolder,
    /// Its store.
    pub store: &'a dyn SceneStore,
    /// What is published.
    pub snapshot: &'a Snapshot,
    /// The land.
    pub area: &'a ReportArea,
    /// The scenario.
    pub after: &'a ScenarioView,
    /// Its name.
    pub scenario_name: String,
    /// What it is compared with.
    pub before: &'a ScenarioView,
    /// Its name.
    pub baseline_name: String,
    /// The project, when the area is one.
    pub project: Option<Project>,
    /// Indicators and rules.
    pub findings: Findings,
}

impl std::fmt::Debug for Sources<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sources")
            .field("area", &self.area.name)
            .finish_non_exhaustive()
    }
}

/// `YYYY-MM-DD`.
pub(super) fn iso(date: city_model::Date) -> String {
    format!("{:04}-{:02}-{:02}", date.year(), date.0 / 100 % 100, date.0 % 100)
}

/// Makes the archive.
///
/// # Errors
/// [`ApiError::Unprocessable`] for views that are no pictures; [`ApiError::Conflict`] without a font; trouble with the
/// store.
pub fn make(sources: &Sources<'_>, request: &PackRequest) -> Result<Vec<u8>, ApiError> {
    let views = pictures(&request.views)?;
    let fonts = font::load(sources.city.root()).map_err(|detail| ApiError::Conflict {
        detail,
        members: serde_json::Map::new(),
    })?;
    let before = draw(sources.store, sources.area, sources.before, Side::Before)?;
    let after = draw(sources.store, sources.area, sources.after, Side::After)?;
    let hashes = hashes(sources)?;
    let data = report_data(sources, request, [&before, &after], &hashes, views.len())?;
    let data = serde_json::to_vec_pretty(&data).map_err(|err| ApiError::Internal(err.to_string()))?;
    let mut room = BTreeMap::from([
        ("data.json".to_owned(), data),
        ("before.svg".to_owned(), before.svg.clone().into_bytes()),
        ("after.svg".to_owned(), after.svg.clone().into_bytes()),
    ]);
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    for (number, png) in (1..).zip(views) {
        room.insert(format!("view-{number}.png"), png.clone());
        files.push((format!("views/view-{number}.png"), png));
    }
    let mut identity = blake3::Hasher::new();
    for (name, bytes) in &room {
        identity.update(name.as_bytes());
        identity.update(blake3::hash(bytes).as_bytes());
    }
    let report = pdf::compile(room, fonts, &identity.finalize().to_hex()).map_err(ApiError::Internal)?;
    files.extend([
        ("report.pdf".to_owned(), report),
        ("before.svg".to_owned(), before.svg.into_bytes()),
        ("after.svg".to_owned(), after.svg.into_bytes()),
        (
            "indicators.csv".to_owned(),
            indicators_csv(&sources.findings).map_err(ApiError::Internal)?,
        ),
        (
            "rules.csv".to_owned(),
            rules_csv(&sources.findings).map_err(ApiError::Internal)?,
        ),
        (
            "area.geojson".to_owned(),
            area_geojson(sources).to_string().into_bytes(),
        ),
        (
            "changes.geojson".to_owned(),
            changes_geojson(sources)?.to_string().into_bytes(),
        ),
    ]);
    files.sort_by(|a, b| a.0.cmp(&b.0));
    let manifest = json!({
        "format": "chengjing-evidence-pack/1",
        "program": concat!("chengjing ", env!("CARGO_PKG_VERSION")),
        "request": { "area": request.area, "lang": request.lang },
        "revisions": hashes,
        "files": files
            .iter()
            .map(|(name, bytes)| json!({ "name": name, "bytes": bytes.len(), "blake3": blake3::hash(bytes).to_hex().as_str() }))
            .collect::<Vec<_>>(),
    });
    let manifest = serde_json::to_vec_pretty(&manifest).map_err(|err| ApiError::Internal(err.to_string()))?;
    files.insert(0, ("manifest.json".to_owned(), manifest));
    archive(&files).map_err(|err| ApiError::Internal(err.to_string()))
}

/// An archive with fixed times, so that equal files give equal bytes.
fn archive(files: &[(String, Vec<u8>)]) -> zip::result::ZipResult<Vec<u8>> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Deflated)
        .last_modified_time(zip::DateTime::default())
        .unix_permissions(0o644);
    for (name, bytes) in files {
        writer.start_file(name, options)?;
        writer.write_all(bytes)?;
    }
    Ok(writer.finish()?.into_inner())
}

/// Decodes the pictures of the browser.
fn pictures(views: &[ViewPicture]) -> Result<Vec<Vec<u8>>, ApiError> {
    let mut mistakes = Vec::new();
    if views.len() > MAX_VIEWS {
        mistakes.push(Mistake::at(
            "views",
            format!("a report takes at most {MAX_VIEWS} views"),
        ));
    }
    let mut decoded = Vec::new();
    for (number, view) in views.iter().enumerate().take(MAX_VIEWS) {
        match picture(&view.png_base64) {
            Ok(png) => decoded.push(png),
            Err(message) => mistakes.push(Mistake::at(format!("views[{number}].png_base64"), message)),
        }
    }
    if mistakes.is_empty() {
        Ok(decoded)
    } else {
        Err(ApiError::unprocessable(mistakes))
    }
}

fn picture(text: &str) -> Result<Vec<u8>, String> {
    let text = text.strip_prefix("data:image/png;base64,").unwrap_or(text).trim();
    if text.len() / 4 * 3 > MAX_VIEW_BYTES {
        return Err("the picture has more than 12 MiB".to_owned());
    }
    let png = base64::engine::general_purpose::STANDARD
        .decode(text)
        .map_err(|err| format!("no base64: {err}"))?;
    let edge = |at: usize| {
        png.get(at..at + 4)
            .map(|b| u32::from_be_bytes([b[0], b[1], b[2], b[3]]))
    };
    let is_png = png.starts_with(b"\x89PNG\r\n\x1a\n") && png.get(12..16) == Some(b"IHDR");
    match (is_png, edge(16), edge(20)) {
        (true, Some(width @ 1..=MAX_VIEW_PX), Some(height @ 1..=MAX_VIEW_PX)) if width > 0 && height > 0 => Ok(png),
        (true, Some(width), Some(height)) => Err(format!(
            "the picture has {width} × {height} pixels; at most {MAX_VIEW_PX}"
        )),
        _ => Err("the picture is no PNG".to_owned()),
    }
}

/// What pins the pack: revisions and hashes.
fn hashes(sources: &Sources<'_>) -> Result<Value, ApiError> {
    let hex = |bytes: &[u8]| blake3::hash(bytes).to_hex().to_string();
    let tileset = sources.city.read_tileset(sources.snapshot.number())?;
    let side = |view: &ScenarioView| {
        json!({
            "id": view.id,
            "revision": view.revision,
            "phase": view.phase.map(iso),
            "states_blake3": hex(view.table.codes()),
        })
    };
    Ok(json!({
        "city_revision": sources.snapshot.number(),
        "city_tileset_blake3": hex(&tileset),
        "scenario": side(sources.after),
        "baseline": side(sources.before),
        "area_blake3": hex(outline::to_wkt(&sources.area.degrees).as_bytes()),
    }))
}

fn area_geojson(sources: &Sources<'_>) -> Value {
    json!({ "type": "FeatureCollection", "features": [{
        "type": "Feature",
        "id": sources.area.feature,
        "geometry": outline::to_geojson(&sources.area.degrees),
        "properties": { "name": sources.area.name, "area_m2": (sources.area.metres.unsigned_area() * 100.0).round() / 100.0 },
    }]})
}

/// Features of the area that stand otherwise than in the baseline, or with other attributes.
fn changes_geojson(sources: &Sources<'_>) -> Result<Value, ApiError> {
    let (before, after) = (sources.before, sources.after);
    let count = before.table.codes().len().max(after.table.codes().len());
    let indices = (0..u32::try_from(count).unwrap_or(u32::MAX)).filter(|index| {
        before.state(*index) != after.state(*index) || before.changes.get(index) != after.changes.get(index)
    });
    let mut features = Vec::new();
    for index in indices {
        let Some(stored) = sources.store.feature(FeatureKey::Index(FeatureIndex(index)))? else {
            continue;
        };
        let (min, max) = (stored.bounds.min, stored.bounds.max);
        if stored.bounds.is_empty()
            || !sources
                .area
                .metres
                .intersects(&Rect::new(Coord { x: min.x, y: min.y }, Coord { x: max.x, y: max.y }))
        {
            continue;
        }
        let mut feature = geojson::feature(&stored, sources.snapshot);
        if let Some(properties) = feature.get_mut("properties").and_then(Value::as_object_mut) {
            properties.insert("state_before".to_owned(), before.state(index).as_str().into());
            properties.insert("state_after".to_owned(), after.state(index).as_str().into());
            if let Some(changes) = after.changes.get(&index) {
                properties.insert("changes".to_owned(), json!(changes));
            }
        }
        features.push(feature);
        if features.len() >= MAX_CHANGES {
            break;
        }
    }
    Ok(json!({ "type": "FeatureCollection", "features": features }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pictures_of_a_bearable_size_are_taken() {
        let encode = |bytes: &[u8]| base64::engine::general_purpose::STANDARD.encode(bytes);
        let png = |width: u32, height: u32| {
            let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
            bytes.extend(width.to_be_bytes());
            bytes.extend(height.to_be_bytes());
            encode(&bytes)
        };
        assert!(picture(&png(640, 480)).is_ok());
        assert!(picture(&format!("data:image/png;base64,{}", png(1, 1))).is_ok());
        assert!(picture(&png(100_000, 480)).unwrap_err().contains("pixels"));
        assert!(picture(&encode(b"GIF89a")).unwrap_err().contains("no PNG"));
        assert!(picture("***").unwrap_err().contains("base64"));
    }

    #[test]
    fn equal_files_give_equal_archives() {
        let files = [
            ("a.txt".to_owned(), b"one".to_vec()),
            ("b/c.txt".to_owned(), vec![7; 5000]),
        ];
        assert_eq!(archive(&files).unwrap(), archive(&files).unwrap());
    }
}
