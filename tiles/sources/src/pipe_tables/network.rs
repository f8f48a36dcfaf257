//! Joins points and lines: places, levels, sections, and the checks of a survey (CJJ 61, domain rules).

use super::size::{SizeMm, parse_size};
use super::table::{ALIASES, Table};
use crate::{DatasetInfo, FeatureSink, ReadOptions, SourceError};
use city_model::{
    Attributes, CrossSection, Crs, Feature, FeatureClass, LevelReference, Line, LodGeometry, PointKind, PointShape,
    Report, Shape,
};
use glam::DVec3;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

/// Difference between ground level minus depth and the stated level that is worth a note, metres.
const LEVEL_TOLERANCE_M: f64 = 0.05;
/// Segments outside these lengths are noted, metres (survey check rules).
const LENGTH_M: std::ops::RangeInclusive<f64> = 0.05..=75.0;

struct Node {
    row: usize,
    x: f64,
    y: f64,
    ground_m: Option<f64>,
    /// Least level of the pipes that end here.
    lowest_m: Option<f64>,
    is_used: bool,
}

/// Builds pipes and nodes and hands them on.
pub(super) fn build(
    path: &Path,
    points: &Table,
    lines: Option<&Table>,
    options: &ReadOptions,
    sink: &mut dyn FeatureSink,
    report: &mut Report,
) -> Result<(), SourceError> {
    let stop = SourceError::sink(path);
    let layer = options.layer.clone().unwrap_or_else(|| stem(path));
    let (mut nodes, zone) = read_nodes(points, report);
    let stated = zone.and_then(|zone| zone_crs(zone, report));
    let crs = options
        .override_crs
        .clone()
        .or(stated)
        .or_else(|| options.default_crs.clone())
        .ok_or_else(|| SourceError::Crs {
            path: path.to_owned(),
            reason: "survey tables state no coordinate system: name it with --crs (for example EPSG:4547)".to_owned(),
        })?;
    let info = DatasetInfo {
        crs: Some(crs),
        title: Some(stem(path)),
        attribution: options.attribution.clone(),
        licence: None,
    };
    sink.begin(&info).map_err(stop)?;
    let mut seen = HashSet::new();
    for (number, row) in lines.into_iter().flat_map(|table| table.rows.iter().enumerate()) {
        let Some(table) = lines else { break };
        if let Some(feature) = pipe(table, number, row, &mut nodes, &mut seen, &layer, options, report) {
            report.features_read += 1;
            sink.feature(feature).map_err(stop)?;
        } else {
            report.features_quarantined += 1;
        }
    }
    let ordered: BTreeMap<usize, (&String, &Node)> = nodes.iter().map(|(id, node)| (node.row, (id, node))).collect();
    for (id, node) in ordered.values() {
        if lines.is_some() && !node.is_used {
            report.info("pipes/unused-point", Some(id), None, "no line ends at this point");
        }
        report.features_read += 1;
        sink.feature(node_feature(points, id, node, &layer, options))
            .map_err(stop)?;
    }
    Ok(())
}

fn stem(path: &Path) -> String {
    path.file_stem()
        .map(|s| s.to_string_lossy().into_owned())
        .unwrap_or_default()
}

/// Points by id, and the Gauss–Krüger zone when eastings carry one.
fn read_nodes(points: &Table, report: &mut Report) -> (HashMap<String, Node>, Option<u32>) {
    let mut nodes = HashMap::new();
    let mut zone = None;
    let mut is_ambiguous = false;
    for (number, row) in points.rows.iter().enumerate() {
        let at = || Some(format!("{} row {}", stem(&points.path), number + 2));
        let Some(id) = points.text(row, "id") else {
            report.error("pipes/no-id", None, at(), "the point has no number");
            report.features_quarantined += 1;
            continue;
        };
        let (Some(x), Some(y)) = (points.number(row, "x"), points.number(row, "y")) else {
            report.error("pipes/no-coordinates", Some(id), at(), "X or Y is missing or no number");
            report.features_quarantined += 1;
            continue;
        };
        // survey X is northing (1.7–6.2 million in China), Y easting; some files have them the other way round
        let is_northing = |v: f64| (1_700_000.0..=6_200_000.0).contains(&v);
        let (easting, northing) = match (is_northing(x), is_northing(y)) {
            (true, false) => (y, x),
            (false, true) => (x, y),
            _ => {
                is_ambiguous = true;
                (y, x)
            }
        };
        if easting >= 13_000_000.0 {
            zone = Some((easting / 1e6) as u32);
        }
        let ground_m = points.number(row, "ground").filter(|z| (-500.0..9_000.0).contains(z));
        let node = Node {
            row: number,
            x: easting,
            y: northing,
            ground_m,
            lowest_m: None,
            is_used: false,
        };
        if nodes.insert(id.to_owned(), node).is_some() {
            report.warn(
                "pipes/duplicate-point",
                Some(id),
                at(),
                "the point number occurs again; the last row counts",
            );
        }
    }
    if is_ambiguous {
        report.warn(
            "pipes/axis-order",
            None,
            None,
            "X and Y cannot be told apart by size; X is taken as northing (CJJ 61)",
        );
    }
    (nodes, zone)
}

/// CGCS2000 Gauss–Krüger system of an easting's zone number: 13–23 six-degree, 25–45 three-degree (EPSG 4491–4501, 4513–4533).
fn zone_crs(zone: u32, report: &mut Report) -> Option<Crs> {
    let code = match zone {
        13..=23 => 4491 + zone - 13,
        25..=45 => 4513 + zone - 25,
        _ => {
            report.warn(
                "pipes/zone",
                None,
                None,
                format!("eastings begin with {zone}, which is no Gauss–Krüger zone of China"),
            );
            return None;
        }
    };
    Crs::from_epsg(code).ok()
}

fn pipe(
    table: &Table,
    number: usize,
    row: &csv::StringRecord,
    nodes: &mut HashMap<String, Node>,
    seen: &mut HashSet<(String, String)>,
    layer: &str,
    options: &ReadOptions,
    report: &mut Report,
) -> Option<Feature> {
    let at = || Some(format!("{} row {}", stem(&table.path), number + 2));
    let (Some(from), Some(to)) = (table.text(row, "from"), table.text(row, "to")) else {
        report.error("pipes/no-ends", None, at(), "the line lacks a start or an end point");
        return None;
    };
    let id = format!("{layer}:{from}-{to}");
    if from == to {
        report.error(
            "pipes/zero-length",
            Some(&id),
            at(),
            "the line starts and ends at the same point",
        );
        return None;
    }
    for end in [from, to] {
        if !nodes.contains_key(end) {
            report.error(
                "pipes/missing-point",
                Some(&id),
                at(),
                format!("point {end} is not in the point table"),
            );
            return None;
        }
    }
    let key = if from < to {
        (from.to_owned(), to.to_owned())
    } else {
        (to.to_owned(), from.to_owned())
    };
    if !seen.insert(key) {
        report.error(
            "pipes/duplicate-line",
            Some(&id),
            at(),
            "the same two points are joined before, perhaps in reverse",
        );
        return None;
    }
    let class = class_of(table.text(row, "class"), from, layer, options);
    let mut attributes: Attributes = table.cells(row).map(|(k, v)| (k.to_owned(), Value::from(v))).collect();
    let section = section(table, row, &id, &mut attributes, &at, report);
    let mut levels = [None; 2];
    for (slot, (end, depth_key, level_key)) in [(from, "start_depth", "start_level"), (to, "end_depth", "end_level")]
        .into_iter()
        .enumerate()
    {
        let ground = nodes.get(end).and_then(|node| node.ground_m);
        let (depth, level) = (table.number(row, depth_key), table.number(row, level_key));
        if let (Some(ground), Some(depth), Some(level)) = (ground, depth, level)
            && (ground - depth - level).abs() > LEVEL_TOLERANCE_M
        {
            let message = format!("at {end} ground {ground} − depth {depth} is not level {level}; the level counts");
            report.warn("pipes/level-mismatch", Some(&id), at(), message);
        }
        levels[slot] = level.or_else(|| Some(ground? - depth?));
        if let Some(depth) = depth.or_else(|| Some(ground? - level?)) {
            attributes.insert(format!("{depth_key}_m"), Value::from((depth * 1e6).round() / 1e6));
        }
        if let Some(level) = levels[slot] {
            attributes.insert(format!("{level_key}_m"), Value::from((level * 1e6).round() / 1e6));
            if let Some(node) = nodes.get_mut(end) {
                node.lowest_m = Some(node.lowest_m.map_or(level, |low| low.min(level)));
            }
        }
        if let Some(node) = nodes.get_mut(end) {
            node.is_used = true;
        }
    }
    let depth_of = |key: &str| table.number(row, key).unwrap_or(1.0);
    let (reference, z) = match levels {
        [Some(a), Some(b)] => (reference_of(&class), [a, b]),
        [None, None] => (
            LevelReference::BelowTerrain,
            [-depth_of("start_depth"), -depth_of("end_depth")],
        ),
        [a, b] => {
            let known = a.or(b).unwrap_or_default();
            report.warn(
                "pipes/one-level",
                Some(&id),
                at(),
                "only one end has a level; the line is drawn level",
            );
            (reference_of(&class), [known, known])
        }
    };
    let (a, b) = (nodes.get(from)?, nodes.get(to)?);
    let points = vec![DVec3::new(a.x, a.y, z[0]), DVec3::new(b.x, b.y, z[1])];
    let length = points[0].distance(points[1]);
    if !LENGTH_M.contains(&length) {
        report.warn(
            "pipes/length",
            Some(&id),
            at(),
            format!("the line is {length:.2} m long"),
        );
    }
    insert_named(table, row, &mut attributes);
    attributes.insert("pipe_class".to_owned(), Value::from(class));
    attributes.insert("from_node".to_owned(), Value::from(from));
    attributes.insert("to_node".to_owned(), Value::from(to));
    let mut feature = Feature::new(id, FeatureClass::Pipe, layer);
    feature.geometry = LodGeometry::single(
        20,
        Shape::Line(Line {
            points,
            section,
            reference,
        }),
    );
    feature.attributes = attributes;
    Some(feature)
}

/// Gravity drains are levelled at the inside bottom, the rest at the top (CJJ 61, 参考值).
fn reference_of(class: &str) -> LevelReference {
    if matches!(class, "YS" | "WS" | "HS") {
        LevelReference::InsideBottom
    } else {
        LevelReference::Top
    }
}

fn section(
    table: &Table,
    row: &csv::StringRecord,
    id: &str,
    attributes: &mut Attributes,
    at: &impl Fn() -> Option<String>,
    report: &mut Report,
) -> CrossSection {
    let Some(text) = table.text(row, "size") else {
        return CrossSection::Unknown;
    };
    match parse_size(text) {
        Some(SizeMm::Diameter(d)) => {
            attributes.insert("diameter_mm".to_owned(), Value::from(d));
            CrossSection::Circle { diameter_m: d / 1000.0 }
        }
        Some(SizeMm::WidthHeight(w, h)) => {
            attributes.insert("width_mm".to_owned(), Value::from(w));
            attributes.insert("height_mm".to_owned(), Value::from(h));
            CrossSection::Rect {
                width_m: w / 1000.0,
                height_m: h / 1000.0,
            }
        }
        None => {
            report.warn(
                "pipes/size",
                Some(id),
                at(),
                format!("size {text:?} is not understood; drawn with a nominal size"),
            );
            CrossSection::Unknown
        }
    }
}

fn insert_named(table: &Table, row: &csv::StringRecord, attributes: &mut Attributes) {
    let named = |code: &str, names: &BTreeMap<String, String>| {
        names
            .get(&code.to_uppercase())
            .cloned()
            .unwrap_or_else(|| code.to_owned())
    };
    for (key, meaning) in [
        ("material", Some(&ALIASES.materials)),
        ("laying", Some(&ALIASES.laying)),
        ("road", None),
        ("flow", None),
        ("owner", None),
        ("status", None),
    ] {
        if let Some(text) = table.text(row, key) {
            attributes.insert(
                key.to_owned(),
                Value::from(meaning.map_or_else(|| text.to_owned(), |names| named(text, names))),
            );
        }
    }
    if let Some(year) = table.text(row, "year").and_then(city_model::Date::parse) {
        attributes.insert("year".to_owned(), Value::from(year.year()));
    }
}

/// Class code from the row, the options, the layer's name, or the letters that the point number begins with.
fn class_of(text: Option<&str>, point_id: &str, layer: &str, options: &ReadOptions) -> String {
    let by_word = |word: &str| {
        let word = word.trim().to_uppercase();
        ALIASES
            .classes
            .iter()
            .find(|(_, names)| names.contains(&word))
            .map(|(code, _)| code.clone())
    };
    let by_prefix = |word: &str| {
        let upper = word.to_uppercase();
        ALIASES
            .classes
            .iter()
            .flat_map(|(code, names)| names.iter().map(move |name| (code, name)))
            .filter(|(_, name)| upper.starts_with(name.as_str()))
            .max_by_key(|(_, name)| name.len())
            .map(|(code, _)| code.clone())
    };
    text.and_then(by_word)
        .or_else(|| options.pipe_class.clone())
        .or_else(|| by_prefix(layer))
        .or_else(|| by_prefix(point_id))
        .unwrap_or_else(|| "BM".to_owned())
}

fn node_feature(points: &Table, id: &str, node: &Node, layer: &str, options: &ReadOptions) -> Feature {
    let Some(row) = points.rows.get(node.row) else {
        return Feature::new(id, FeatureClass::PipeNode, layer);
    };
    let fitting = points
        .text(row, "fitting")
        .or_else(|| points.text(row, "feature"))
        .unwrap_or_default();
    let depth_m = points
        .number(row, "well_depth")
        .or_else(|| Some(node.ground_m? - node.lowest_m?))
        .filter(|d| (0.05..60.0).contains(d))
        .unwrap_or(1.5);
    let kind = if fitting.contains('箅') || fitting.contains("进水口") || fitting.contains("雨篦") {
        PointKind::Chamber {
            width_m: 0.4,
            length_m: 0.75,
            depth_m: depth_m.min(1.5),
        }
    } else if fitting.contains('井') || fitting.contains('孔') || fitting.is_empty() {
        PointKind::Manhole {
            diameter_m: 0.7,
            depth_m,
        }
    } else {
        PointKind::Fitting { size_m: 0.3 }
    };
    let is_fitting = matches!(kind, PointKind::Fitting { .. });
    let z = if is_fitting {
        node.lowest_m.or(node.ground_m)
    } else {
        node.ground_m
    };
    let position = DVec3::new(node.x, node.y, z.unwrap_or_default());
    let mut attributes: Attributes = points.cells(row).map(|(k, v)| (k.to_owned(), Value::from(v))).collect();
    attributes.insert(
        "pipe_class".to_owned(),
        Value::from(class_of(points.text(row, "class"), id, layer, options)),
    );
    attributes.insert("node_kind".to_owned(), Value::from(fitting));
    if let Some(ground) = node.ground_m {
        attributes.insert("ground_level_m".to_owned(), Value::from(ground));
    }
    attributes.insert("depth_m".to_owned(), Value::from((depth_m * 1e3).round() / 1e3));
    let rotation_rad = points.number(row, "rotation").unwrap_or_default() as f32;
    let shape = Shape::Point(PointShape {
        position,
        on_terrain: z.is_none(),
        kind,
        rotation_rad,
    });
    let mut feature = Feature::new(format!("{layer}:{id}"), FeatureClass::PipeNode, layer);
    feature.geometry = LodGeometry::single(20, shape);
    feature.attributes = attributes;
    feature
}
