//! The area asked for: a project, a zone, a drawn polygon or the whole city, as a checked region in the scene CRS.

use super::plan::plan;
use crate::http::Snapshot;
use crate::http::problem::{ApiError, Mistake};
use analysis::geometry::{Box2, polygon, union};
use analysis::indicators::Text;
use analysis::{AnalysisError, Region};
use city_model::{Bounds3, Crs, FeatureClass, Transformer, attributes, layers};
use geo::MultiPolygon;
use glam::DVec3;
use scene_store::{FeatureKey, FeatureQuery, ProposalFilter, SceneStore};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Areas may reach so far beyond the city, metres.
const MARGIN_M: f64 = 2000.0;
/// Zones of the city looked at for its outline.
const MAX_ZONES: u32 = 10_000;

/// What area is meant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AreaQuestion {
    /// A renewal project by its id.
    Project(String),
    /// A zone (town office, unit) by its id.
    Zone(String),
    /// A GeoJSON Polygon or MultiPolygon (or a Feature or FeatureCollection of them), longitude and latitude, degrees.
    Polygon(Value),
    /// The whole city: its town offices, or else the bounds of everything in it.
    City(bool),
}

/// The area as it was understood.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct AreaAnswer {
    /// `project`, `zone`, `polygon` or `city`.
    pub kind: &'static str,
    /// Id of the project or zone.
    pub id: Option<String>,
    /// Name.
    pub name: String,
    /// Plan area, m².
    pub area_m2: f64,
    /// Bounds in the tile frame: min x, y, z, max x, y, z, metres.
    pub bounds_enu: [f64; 6],
}

/// Resolves an area.
pub(crate) fn resolve(
    store: &dyn SceneStore,
    snapshot: &Snapshot,
    question: &AreaQuestion,
) -> Result<(AreaAnswer, Region), ApiError> {
    let wrong = |text: Text| ApiError::refused("area", text);
    let (kind, id, name, polygons) = match question {
        AreaQuestion::Project(id) | AreaQuestion::Zone(id) => {
            let (kind, kind_zh, class) = match question {
                AreaQuestion::Project(_) => ("project", "项目", FeatureClass::Project),
                _ => ("zone", "分区", FeatureClass::Zone),
            };
            let shown: String = id.chars().take(200).collect();
            let stored = store
                .feature(FeatureKey::Id(id))?
                .filter(|f| f.feature.class == class)
                .ok_or_else(|| ApiError::absent(format!("没有{kind_zh} {shown}"), format!("no {kind} {shown:?}")))?;
            let outline = plan(&stored.feature);
            if outline.0.is_empty() {
                return Err(wrong(Text::new(
                    format!("{kind_zh} {shown} 没有边界"),
                    format!("{kind} {shown:?} has no outline"),
                )));
            }
            // the parts of a project may touch or overlap: what counts is what they cover together
            let outline = if outline.0.len() > 1 { merged(outline) } else { outline };
            (
                kind,
                Some(id.clone()),
                stored.name.unwrap_or_else(|| id.clone()),
                outline,
            )
        }
        AreaQuestion::Polygon(json) => {
            let polygons = from_geojson(json, snapshot)?;
            ("polygon", None, "绘制范围".to_owned(), polygons)
        }
        AreaQuestion::City(true) => {
            let title = store.scene()?.map_or_else(String::new, |s| s.title.zh);
            ("city", None, title, city_outline(store, snapshot)?)
        }
        AreaQuestion::City(false) => {
            return Err(wrong(Text::new(
                "须给出范围：\"city\" 为 false",
                "an area is needed: \"city\" is false",
            )));
        }
    };
    let region = Region::new(polygons).map_err(|err| wrong(in_degrees(&err, snapshot)))?;
    let city = city_bounds(snapshot);
    if !city.grown(MARGIN_M).meets(&region.bounds()) {
        return Err(wrong(Text::new("范围在城市之外", "the area lies outside of the city")));
    }
    let b = region.bounds();
    let mut bounds = Bounds3::from_points([DVec3::new(b.min[0], b.min[1], 0.0), DVec3::new(b.max[0], b.max[1], 0.0)]);
    let ground = snapshot.ground_m(bounds.center().truncate());
    bounds.min.z = ground;
    bounds.max.z = ground;
    let answer = AreaAnswer {
        kind,
        id,
        name,
        area_m2: region.area_m2(),
        bounds_enu: snapshot.bounds_enu(bounds),
    };
    Ok((answer, region))
}

fn merged(polygons: MultiPolygon<f64>) -> MultiPolygon<f64> {
    let parts: Vec<MultiPolygon<f64>> = polygons.0.into_iter().map(|p| MultiPolygon::new(vec![p])).collect();
    union(&parts)
}

fn city_bounds(snapshot: &Snapshot) -> Box2 {
    let all = snapshot.layers.iter().fold(Bounds3::EMPTY, |b, l| b.union(l.bounds));
    Box2 {
        min: [all.min.x, all.min.y],
        max: [all.max.x, all.max.y],
    }
}

/// Union of the town offices; without any, the bounds of the city.
fn city_outline(store: &dyn SceneStore, snapshot: &Snapshot) -> Result<MultiPolygon<f64>, ApiError> {
    let query = FeatureQuery {
        layer_code: Some(layers::layer_of(FeatureClass::Zone, None).code),
        bbox_scene: None,
        limit: MAX_ZONES,
        offset: 0,
        proposals: ProposalFilter::Without,
    };
    let zones = store.features(&query)?.features;
    let offices: Vec<MultiPolygon<f64>> = zones
        .iter()
        .filter(|z| {
            attributes::text(&z.feature.attributes, "zone_class").is_some_and(|c| c == "镇办" || c == "town_office")
        })
        .map(|z| plan(&z.feature))
        .filter(|p| !p.0.is_empty())
        .collect();
    if !offices.is_empty() {
        return Ok(union(&offices));
    }
    let b = city_bounds(snapshot);
    if b.min[0] > b.max[0] {
        return Err(ApiError::NotPublished);
    }
    let ring = vec![b.min, [b.max[0], b.min[1]], b.max, [b.min[0], b.max[1]]];
    Ok(MultiPolygon::new(vec![polygon(&[ring])]))
}

/// Polygons of GeoJSON, brought to the scene CRS; every mistake is named by its place.
fn from_geojson(json: &Value, snapshot: &Snapshot) -> Result<MultiPolygon<f64>, ApiError> {
    let frame = snapshot.frame.as_deref().ok_or(ApiError::NotPublished)?;
    let to_scene = Transformer::new(Crs::wgs84(), frame.crs().clone());
    let mut polygons = Vec::new();
    let mut mistakes = Vec::new();
    collect(json, "area.polygon", &mut mistakes, &mut |rings, at, mistakes| {
        let mut scene = Vec::with_capacity(rings.len());
        for (r, ring) in rings.iter().enumerate() {
            let mut points = Vec::with_capacity(ring.len());
            for (k, [lon, lat]) in ring.iter().enumerate() {
                let p = to_scene
                    .transform(DVec3::new(*lon, *lat, 0.0))
                    .ok()
                    .filter(|p| p.is_finite());
                match p.filter(|_| (-180.0..=180.0).contains(lon) && (-90.0..=90.0).contains(lat)) {
                    Some(p) => points.push([p.x, p.y]),
                    None => mistakes.push(Mistake::told(
                        format!("{at}.coordinates[{r}][{k}]"),
                        Text::new(
                            format!("{lon}, {lat} 不是城市坐标系范围内的经纬度"),
                            format!("{lon}, {lat} is no longitude and latitude that the city's CRS reaches"),
                        ),
                    )),
                }
            }
            if points.len() > 1 && points.first() == points.last() {
                points.pop();
            }
            if points.len() < 3 {
                mistakes.push(Mistake::told(
                    format!("{at}.coordinates[{r}]"),
                    Text::new("环至少要有三个点", "a ring needs at least three positions"),
                ));
            }
            scene.push(points);
        }
        polygons.push(polygon(&scene));
    });
    if polygons.is_empty() && mistakes.is_empty() {
        mistakes.push(Mistake::told(
            "area.polygon",
            Text::new("其中没有多边形", "there is no polygon in it"),
        ));
    }
    if mistakes.is_empty() {
        Ok(MultiPolygon::new(polygons))
    } else {
        mistakes.truncate(100);
        Err(ApiError::unprocessable(mistakes))
    }
}

type Rings = Vec<Vec<[f64; 2]>>;

fn collect(json: &Value, at: &str, mistakes: &mut Vec<Mistake>, found: &mut dyn FnMut(Rings, &str, &mut Vec<Mistake>)) {
    let mut polygon = |coordinates: &Value, at: &str, mistakes: &mut Vec<Mistake>| match serde_json::from_value::<
        Vec<Vec<Vec<f64>>>,
    >(coordinates.clone())
    {
        Ok(rings) if rings.iter().flatten().all(|p| p.len() >= 2) && !rings.is_empty() => {
            let rings = rings.iter().map(|r| r.iter().map(|p| [p[0], p[1]]).collect()).collect();
            found(rings, at, mistakes);
        }
        _ => mistakes.push(Mistake::told(
            format!("{at}.coordinates"),
            Text::new(
                "不是由 [经度, 纬度] 组成的环",
                "not rings of positions [longitude, latitude]",
            ),
        )),
    };
    match json.get("type").and_then(Value::as_str) {
        Some("Polygon") => polygon(&json["coordinates"], at, mistakes),
        Some("MultiPolygon") => match json["coordinates"].as_array() {
            Some(members) => members
                .iter()
                .enumerate()
                .for_each(|(i, m)| polygon(m, &format!("{at}[{i}]"), mistakes)),
            None => mistakes.push(Mistake::told(
                format!("{at}.coordinates"),
                Text::new("不是多边形列表", "not a list of polygons"),
            )),
        },
        Some("Feature") => collect(&json["geometry"], &format!("{at}.geometry"), mistakes, found),
        Some("FeatureCollection") => {
            for (i, feature) in json["features"].as_array().into_iter().flatten().enumerate() {
                collect(feature, &format!("{at}.features[{i}]"), mistakes, found);
            }
        }
        _ => mistakes.push(Mistake::told(
            at,
            Text::new(
                "须为 GeoJSON 的 Polygon 或 MultiPolygon",
                "a GeoJSON Polygon or MultiPolygon is needed",
            ),
        )),
    }
}

/// The reason for people; coordinates that it names are those of the scene CRS.
fn in_degrees(err: &AnalysisError, snapshot: &Snapshot) -> Text {
    let mut text = err.text();
    if let (AnalysisError::InvalidArea { .. }, Some(frame)) = (err, snapshot.frame.as_deref()) {
        let crs = frame.crs().name();
        text.zh = format!("{}（坐标为 {crs}）", text.zh);
        text.en = format!("{} (coordinates in {crs})", text.en);
    }
    text
}
