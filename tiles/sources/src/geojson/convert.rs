//! One GeoJSON feature → features of the city.

use super::aliases::{Fields, KeyCache, TABLE};
use super::classify::{Hints, Verdict, classify};
use super::geometry::{Limits, Parts, RawGeometry, Rings};
use super::pipe::{self, PipeData};
use crate::normalise;
use city_model::{
    Attributes, CrossSection, Extrusion, Feature, FeatureClass, Footprint, Issue, LevelReference, Line, LodGeometry,
    LodShape, PointKind, PointShape, RoofForm, Severity, Shape,
};
use glam::{DVec2, DVec3};
use serde::Deserialize;
use serde_json::{Map, Value};

/// Height of a building that no source states, metres.
const ASSUMED_BUILDING_M: f64 = 6.0;

/// A feature as it stands in the file.
#[derive(Debug, Default, Deserialize)]
pub(super) struct RawFeature {
    #[serde(rename = "type", default)]
    pub(super) kind: String,
    #[serde(default)]
    id: Value,
    #[serde(default)]
    properties: Option<Map<String, Value>>,
    #[serde(default)]
    geometry: Option<RawGeometry>,
}

/// What one text became.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) features: Vec<Feature>,
    pub(super) issues: Vec<Issue>,
    pub(super) num_lost: u64,
}

/// What holds for all features of a file.
#[derive(Debug)]
pub(super) struct Context {
    pub(super) layer: String,
    pub(super) hints: Hints,
    pub(super) is_geographic: bool,
}

/// Reads one feature, or a bare geometry. `number` is its place in the file, from 1.
pub(super) fn read(text: &[u8], number: u64, context: &Context, cache: &mut KeyCache) -> Outcome {
    let mut outcome = Outcome::default();
    let at = format!("feature {number}");
    // desktop GIS of the region still writes GBK
    let decoded = std::str::from_utf8(text)
        .is_err()
        .then(|| encoding_rs::GB18030.decode_without_bom_handling(text));
    let text = match &decoded {
        Some((_, true)) => {
            return outcome.lost(
                "geojson/encoding",
                None,
                at,
                "the text is neither UTF-8 nor GB 18030".to_owned(),
            );
        }
        Some((decoded, false)) => {
            outcome.issue(
                Severity::Warning,
                "geojson/encoding",
                None,
                at.clone(),
                "the text is not UTF-8: read as GB 18030".to_owned(),
            );
            decoded.as_bytes()
        }
        None => text,
    };
    let raw = match serde_json::from_slice::<RawFeature>(text) {
        Ok(raw) if raw.kind == "Feature" => raw,
        // a bare geometry stands for a feature without properties
        Ok(_) => match serde_json::from_slice::<RawGeometry>(text) {
            Ok(geometry) => RawFeature {
                geometry: Some(geometry),
                ..RawFeature::default()
            },
            Err(err) => return outcome.lost("geojson/bad-feature", None, at, err.to_string()),
        },
        Err(err) => return outcome.lost("geojson/bad-feature", None, at, err.to_string()),
    };
    let properties = raw.properties.unwrap_or_default();
    let fields = Fields::of(&properties, cache);
    let id = feature_id(&raw.id, &fields, number, &context.layer);
    let parts = Parts::of(
        raw.geometry.unwrap_or_default(),
        Limits {
            is_geographic: context.is_geographic,
        },
    );
    for (code, reason) in &parts.troubles {
        outcome.issue(Severity::Error, code, Some(&id), at.clone(), reason.clone());
    }
    if parts.is_empty() {
        let reason = if parts.troubles.is_empty() {
            "it has no geometry"
        } else {
            "none of its geometry can be used"
        };
        return outcome.lost("geojson/no-geometry", Some(&id), at, reason.to_owned());
    }
    let verdict = classify(&properties, &fields, &parts, &context.hints);
    if !verdict.is_told {
        let message = format!("nothing tells its class: read as {}", verdict.class.as_str());
        outcome.issue(Severity::Info, "geojson/class-guessed", Some(&id), at.clone(), message);
    }
    let mut feature = Feature::new(id.as_str(), verdict.class, context.layer.as_str());
    feature.attributes = properties.clone();
    feature.geometry = shapes(
        &parts,
        &fields,
        &verdict,
        context,
        &mut feature.attributes,
        &mut |code, message| {
            outcome.issue(Severity::Warning, code, Some(&id), at.clone(), message);
        },
    );
    let num_kinds = [
        parts.polygons.is_empty(),
        parts.lines.is_empty(),
        parts.points.is_empty(),
    ]
    .iter()
    .filter(|e| !**e)
    .count();
    if num_kinds > 1 {
        let message = format!(
            "of its mixed geometry only what suits a {} is read",
            verdict.class.as_str()
        );
        outcome.issue(
            Severity::Warning,
            "geojson/mixed-geometry",
            Some(&id),
            at.clone(),
            message,
        );
    }
    describe_for_rules(verdict.class, &fields, &mut feature.attributes);
    normalise::common(&mut feature.attributes);
    feature.lifespan = normalise::lifespan(&feature.attributes);
    if feature.geometry.is_empty() {
        return outcome.lost(
            "geojson/no-geometry",
            Some(&id),
            at,
            format!("its geometry does not suit a {}", verdict.class.as_str()),
        );
    }
    outcome.features.push(feature);
    outcome
}

impl Outcome {
    fn issue(&mut self, severity: Severity, code: &str, feature: Option<&str>, at: String, message: String) {
        self.issues.push(Issue {
            severity,
            code: code.to_owned(),
            feature: feature.map(str::to_owned),
            at: Some(at),
            message,
        });
    }

    fn lost(mut self, code: &str, feature: Option<&str>, at: String, message: String) -> Self {
        self.issue(Severity::Error, code, feature, at, message);
        self.num_lost += 1;
        self
    }
}

/// `layer:id` with the id of the owner's books, else of the file, else the place in the file.
fn feature_id(id: &Value, fields: &Fields<'_>, number: u64, layer: &str) -> String {
    let own = fields.text("id").or_else(|| match id {
        Value::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        Value::Number(n) => Some(n.to_string()),
        _ => None,
    });
    let local: String = own.map_or_else(
        || format!("#{number}"),
        |own| own.trim_matches(['{', '}']).chars().take(120).collect(),
    );
    format!("{layer}:{local}")
}

fn shapes(
    parts: &Parts,
    fields: &Fields<'_>,
    verdict: &Verdict,
    context: &Context,
    attributes: &mut Attributes,
    warn: &mut dyn FnMut(&str, String),
) -> LodGeometry {
    use FeatureClass as C;
    let lod = |lod_citygml_x10, shape| LodShape { lod_citygml_x10, shape };
    let shapes = match verdict.class {
        C::Pipe => {
            let class = verdict.pipe_class.as_deref().unwrap_or("BM");
            let data = PipeData::of(fields, class);
            data.describe(fields, class, attributes);
            let length_m = parts
                .lines
                .iter()
                .map(|l| pipe::plan_length_m(l, context.is_geographic))
                .sum();
            if let Some(message) = data.is_suspicious(length_m) {
                warn("geojson/pipe-levels", message);
            }
            let tube = |line: &Vec<DVec3>| {
                lod(
                    10,
                    Shape::Line(data.line(line, class, context.is_geographic, attributes)),
                )
            };
            parts.lines.iter().map(tube).collect()
        }
        C::PipeNode => parts
            .points
            .iter()
            .map(|p| lod(10, pipe::node(*p, fields, verdict, attributes)))
            .collect(),
        C::Tree => parts.points.iter().map(|p| lod(10, tree(*p, fields))).collect(),
        C::CityFurniture => parts
            .points
            .iter()
            .map(|p| lod(10, point(*p, PointKind::Post { height_m: 4.0 })))
            .collect(),
        C::Building | C::BuildingPart | C::OtherConstruction => {
            if !normalise::tells_height(attributes) {
                // spellings that only the alias table knows
                if let Some(height) = fields
                    .metres("building_height")
                    .filter(|h| normalise::PLAUSIBLE_HEIGHT_M.contains(h))
                {
                    normalise::insert(attributes, "height_m", height);
                }
                if let Some(storeys) = fields.number("storeys").filter(|n| (0.5..=250.0).contains(n)) {
                    normalise::insert(attributes, "storeys", storeys.round());
                }
            }
            normalise::building(attributes, None);
            if !attributes.contains_key("height_m") {
                normalise::insert(attributes, "height_m", ASSUMED_BUILDING_M);
                attributes
                    .entry("height_source")
                    .or_insert_with(|| Value::String("assumed".to_owned()));
            }
            let height_m =
                normalise::quantity(attributes, "height_m").filter(|h| normalise::PLAUSIBLE_HEIGHT_M.contains(h));
            let height_m = height_m.unwrap_or(ASSUMED_BUILDING_M);
            let raise = |rings: &Rings| {
                lod(
                    10,
                    Shape::Extrusion(Extrusion {
                        rings: plan(rings),
                        base_z_m: base_z_m(rings),
                        height_m,
                        roof: RoofForm::Flat { parapet_m: 0.0 },
                        roof_boxes: Vec::new(),
                    }),
                )
            };
            parts.polygons.iter().map(raise).collect()
        }
        class if parts.polygons.is_empty() && !parts.lines.is_empty() => {
            let section = strip(class, fields, attributes);
            parts
                .lines
                .iter()
                .map(|l| lod(10, Shape::Line(on_terrain(l, section))))
                .collect()
        }
        class if parts.polygons.is_empty() => {
            describe_area(class, fields, attributes);
            parts
                .points
                .iter()
                .map(|p| lod(10, point(*p, PointKind::Mark)))
                .collect()
        }
        class => {
            describe_area(class, fields, attributes);
            let polygons = parts.polygons.iter().map(plan).collect();
            vec![lod(
                0,
                Shape::Footprint(Footprint {
                    polygons,
                    level_z_m: None,
                }),
            )]
        }
    };
    LodGeometry { shapes }
}

fn plan(rings: &Rings) -> Vec<Vec<DVec2>> {
    rings
        .iter()
        .map(|ring| ring.iter().map(|p| p.truncate()).collect())
        .collect()
}

/// Height of the bottom where the ring has heights that are not all zero.
fn base_z_m(rings: &Rings) -> Option<f64> {
    let heights = || rings.iter().flatten().map(|p| p.z);
    let is_given = heights().all(f64::is_finite) && heights().any(|z| z != 0.0);
    is_given.then(|| heights().fold(f64::INFINITY, f64::min))
}

/// Width of a line on the ground: stated, by its lanes, or usual for its class.
fn strip(class: FeatureClass, fields: &Fields<'_>, attributes: &mut Attributes) -> CrossSection {
    let stated = fields.metres("road_width").filter(|w| (0.5..=120.0).contains(w));
    match class {
        FeatureClass::Road => {
            let word = fields.text("road_class").unwrap_or_default().to_lowercase();
            let known = TABLE
                .road_classes
                .iter()
                .find(|r| !word.is_empty() && r.words.iter().any(|w| word.contains(w.as_str())));
            if let Some(known) = known {
                attributes
                    .entry("road_class")
                    .or_insert_with(|| Value::String(known.class.clone()));
            }
            let lanes = fields.number("lanes").filter(|n| (1.0..=20.0).contains(n));
            if let Some(lanes) = lanes {
                normalise::insert(attributes, "lanes", lanes);
            }
            let width_m = stated
                .or_else(|| lanes.map(|n| n * 3.5 + 1.0))
                .or_else(|| known.map(|r| r.width_m))
                .unwrap_or(7.0);
            normalise::insert(attributes, "width_m", width_m);
            CrossSection::Strip { width_m }
        }
        FeatureClass::Railway => CrossSection::Strip {
            width_m: stated.unwrap_or(3.5),
        },
        FeatureClass::Water => CrossSection::Strip {
            width_m: stated.unwrap_or(8.0),
        },
        _ => stated.map_or(CrossSection::Unknown, |width_m| CrossSection::Strip { width_m }),
    }
}

/// A line that follows the terrain, or its own heights where it has them.
fn on_terrain(points: &[DVec3], section: CrossSection) -> Line {
    let has_heights = points.iter().all(|p| p.z.is_finite()) && points.iter().any(|p| p.z != 0.0);
    if has_heights {
        return Line {
            points: points.to_vec(),
            section,
            reference: LevelReference::Axis,
        };
    }
    let points = points.iter().map(|p| p.truncate().extend(0.0)).collect();
    Line {
        points,
        section,
        reference: LevelReference::BelowTerrain,
    }
}

fn point(position: DVec3, kind: PointKind) -> Shape {
    let on_terrain = !position.z.is_finite() || position.z == 0.0;
    let z = if on_terrain { 0.0 } else { position.z };
    Shape::Point(PointShape {
        position: position.truncate().extend(z),
        on_terrain,
        kind,
        rotation_rad: 0.0,
    })
}

fn tree(position: DVec3, fields: &Fields<'_>) -> Shape {
    let height_m = fields
        .metres("tree_height")
        .filter(|h| (0.3..=120.0).contains(h))
        .unwrap_or(7.0);
    let crown_m = fields
        .metres("crown")
        .filter(|c| (0.1..=60.0).contains(c))
        .unwrap_or(height_m * 0.6);
    let words = fields.text("feature_class").unwrap_or_default().to_lowercase();
    let form =
        u8::from(words.contains("needle") || words.contains("conifer") || words.contains('松') || words.contains('柏'));
    point(
        position,
        PointKind::Tree {
            height_m,
            crown_m,
            form,
        },
    )
}

/// Adds the keys that planning rules read (`assets/rules`), where the source spells them otherwise.
fn describe_for_rules(class: FeatureClass, fields: &Fields<'_>, attributes: &mut Attributes) {
    use FeatureClass as C;
    let keys: &[&str] = match class {
        C::Zone => &["zone_class"],
        C::LandUse => &["land_use", "zone_class"],
        C::Tree => &["old_tree"],
        C::Building | C::BuildingPart | C::OtherConstruction => &["protection", "danger_class", "is_illegal"],
        _ => &[],
    };
    for key in keys {
        if let Some(text) = fields.text(key).filter(|_| !attributes.contains_key(*key)) {
            attributes.insert((*key).to_owned(), Value::String(text));
        }
    }
    if class == C::Zone
        && let Some(limit_m) = fields.metres("height_limit").filter(|h| (1.0..=1000.0).contains(h))
    {
        normalise::insert(attributes, "max_height_m", limit_m);
    }
}

/// Adds the normalised keys of projects.
fn describe_area(class: FeatureClass, fields: &Fields<'_>, attributes: &mut Attributes) {
    if class != FeatureClass::Project {
        return;
    }
    for field in ["stage", "project_class", "way", "town_office", "responsible_unit"] {
        if let Some(text) = fields.text(field).filter(|_| !attributes.contains_key(field)) {
            attributes.insert(field.to_owned(), Value::String(text));
        }
    }
    if let Some(investment) = fields.yuan("investment").filter(|v| *v >= 0.0) {
        normalise::insert(attributes, "investment_cny", investment);
    }
    for field in ["year_start", "year_end"] {
        let digits = fields
            .text(field)
            .map(|t| t.chars().take_while(char::is_ascii_digit).take(4).collect::<String>());
        if let Some(year) = digits
            .and_then(|d| d.parse::<f64>().ok())
            .filter(|y| (1900.0..=2200.0).contains(y))
        {
            normalise::insert(attributes, field, year);
        }
    }
    if let Some(Value::String(name)) = attributes.get("项目名称").cloned() {
        attributes.entry("name").or_insert(Value::String(name));
    }
}
