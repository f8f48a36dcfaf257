//! Lines and points of pipe networks → tubes, ducts, shafts and fittings, with what their levels mean.

use super::aliases::{Fields, TABLE};
use super::classify::Verdict;
use crate::normalise::insert;
use city_model::{Attributes, CrossSection, LevelReference, Line, PointKind, PointShape, Shape};
use glam::DVec3;
use serde_json::Value;

/// Levels beyond this are no level of a pipe, metres.
const MAX_LEVEL_M: f64 = 9000.0;
/// Depths beyond this are taken for sentinels such as 99, metres.
const MAX_DEPTH_M: f64 = 60.0;
/// A level of exactly 0 beside levels above this stands for "not known", metres.
const ZERO_IS_MISSING_ABOVE_M: f64 = 30.0;
/// Depth of a shaft that no source states, metres.
const ASSUMED_SHAFT_M: f64 = 2.5;

/// Section and levels of a pipe as its source states them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct PipeData {
    pub(super) section: CrossSection,
    /// True for a box of which the source gives one side only.
    is_assumed_square: bool,
    start_level_m: Option<f64>,
    end_level_m: Option<f64>,
    start_depth_m: Option<f64>,
    end_depth_m: Option<f64>,
    depth_m: Option<f64>,
    /// Levels and depths are to the inside bottom (drains), otherwise to the top.
    is_drain: bool,
}

impl PipeData {
    /// Reads the fields of a pipe of the given class.
    pub(super) fn of(fields: &Fields<'_>, pipe_class: &str) -> Self {
        let is_box = fields.is_box();
        let stated = fields.section_m();
        let section = match stated {
            Some((side_m, None)) if is_box => CrossSection::Rect {
                width_m: side_m,
                height_m: side_m,
            },
            Some((width_m, Some(height_m))) => CrossSection::Rect { width_m, height_m },
            Some((diameter_m, None)) => CrossSection::Circle { diameter_m },
            None => CrossSection::Unknown,
        };
        let level = |field| fields.metres(field).filter(|z| z.abs() < MAX_LEVEL_M);
        let depth = |field| fields.metres(field).filter(|d| (-MAX_DEPTH_M..MAX_DEPTH_M).contains(d));
        let (start, end) = (level("start_level"), level("end_level"));
        let is_filled_in = |z: f64, other: Option<f64>| {
            z == 0.0 && other.is_none_or(|o| o == 0.0 || o.abs() > ZERO_IS_MISSING_ABOVE_M)
        };
        Self {
            section,
            is_assumed_square: is_box && matches!(stated, Some((_, None))),
            start_level_m: start.filter(|z| !is_filled_in(*z, end)),
            end_level_m: end.filter(|z| !is_filled_in(*z, start)),
            start_depth_m: depth("start_depth"),
            end_depth_m: depth("end_depth"),
            depth_m: depth("depth").filter(|d| *d != 0.0),
            is_drain: matches!(pipe_class, "YS" | "WS" | "HS"),
        }
    }

    /// The tube along a line in plan; z of the points where the source gives them.
    ///
    /// In order: stated levels, heights of the vertices, stated depths, the usual depth of the class.
    pub(super) fn line(
        &self,
        points: &[DVec3],
        pipe_class: &str,
        is_geographic: bool,
        attributes: &mut Attributes,
    ) -> Line {
        let shares = shares_of_length(points, is_geographic);
        let along = |start: f64, end: f64| -> Vec<DVec3> {
            points
                .iter()
                .zip(&shares)
                .map(|(p, share)| p.truncate().extend(start + (end - start) * share))
                .collect()
        };
        let half_m = match self.section {
            CrossSection::Circle { diameter_m } => diameter_m / 2.0,
            CrossSection::Rect { height_m, .. } => height_m / 2.0,
            CrossSection::Strip { .. } | CrossSection::Unknown => 0.0,
        };
        let (points, reference) = match ends(self.start_level_m, self.end_level_m) {
            Some((start, end)) => {
                if self.start_level_m.is_none() || self.end_level_m.is_none() {
                    note(attributes, "level_source", "one end only");
                }
                (
                    along(start, end),
                    if self.is_drain {
                        LevelReference::InsideBottom
                    } else {
                        LevelReference::Top
                    },
                )
            }
            None if points.iter().all(|p| p.z.is_finite()) && points.iter().any(|p| p.z != 0.0) => {
                note(attributes, "level_source", "vertex heights");
                (points.to_vec(), LevelReference::Axis)
            }
            None => {
                let stated = ends(self.start_depth_m, self.end_depth_m).or_else(|| self.depth_m.map(|d| (d, d)));
                let (start, end) = stated.unwrap_or_else(|| {
                    let assumed = TABLE.assumed_depth_m.get(pipe_class).copied().unwrap_or(1.5);
                    note(attributes, "depth_source", "assumed");
                    (assumed, assumed)
                });
                // depths of drains are to the inside bottom, others to the top: both are turned into depth of the axis
                let to_axis = if self.is_drain { -half_m } else { half_m };
                (
                    along(-(start + to_axis), -(end + to_axis)),
                    LevelReference::BelowTerrain,
                )
            }
        };
        Line {
            points,
            section: self.section,
            reference,
        }
    }

    /// Adds the normalised keys of a pipe.
    pub(super) fn describe(&self, fields: &Fields<'_>, pipe_class: &str, attributes: &mut Attributes) {
        text(attributes, "pipe_class", Some(pipe_class.to_owned()));
        if self.is_assumed_square {
            note(attributes, "section_source", "box with one side stated: assumed square");
        }
        let mm = |m: f64| (m * 1e4).round() / 10.0;
        match self.section {
            CrossSection::Circle { diameter_m } => insert(attributes, "diameter_mm", mm(diameter_m)),
            CrossSection::Rect { width_m, height_m } => {
                insert(attributes, "width_mm", mm(width_m));
                insert(attributes, "height_mm", mm(height_m));
            }
            CrossSection::Strip { .. } | CrossSection::Unknown => {}
        }
        for (key, value) in [
            ("start_level_m", self.start_level_m),
            ("end_level_m", self.end_level_m),
            ("start_depth_m", self.start_depth_m.or(self.depth_m)),
            ("end_depth_m", self.end_depth_m.or(self.depth_m)),
        ] {
            if let Some(value) = value {
                insert(attributes, key, (value * 1e4).round() / 1e4);
            }
        }
        let material = fields
            .text("material")
            .map(|m| TABLE.materials.get(&m.to_uppercase()).cloned().unwrap_or(m));
        text(attributes, "material", material);
        for field in ["from_node", "to_node", "flow", "laying", "road"] {
            text(attributes, field, fields.text(field));
        }
        let has_both_levels = self.start_level_m.is_some() && self.end_level_m.is_some();
        if self.is_drain && has_both_levels && self.start_level_m > self.end_level_m {
            text(attributes, "flow", Some("+".to_owned()));
        }
    }

    /// True when the pipe rises along its way although it is a drain, or falls more steeply than 1:1.
    pub(super) fn is_suspicious(&self, length_m: f64) -> Option<String> {
        let fall_m = self.start_level_m? - self.end_level_m?;
        if fall_m.abs() > length_m.max(1.0) * 1.0 + 1.0 {
            return Some(format!("its levels differ by {fall_m:.2} m over {length_m:.1} m"));
        }
        (self.is_drain && fall_m < -0.05).then(|| format!("a drain that rises by {:.2} m", -fall_m))
    }
}

/// Both values; where one end is not known the other stands for it.
fn ends(start: Option<f64>, end: Option<f64>) -> Option<(f64, f64)> {
    Some((start.or(end)?, end.or(start)?))
}

fn note(attributes: &mut Attributes, key: &str, value: &str) {
    text(attributes, key, Some(value.to_owned()));
}

fn text(attributes: &mut Attributes, key: &str, value: Option<String>) {
    if let Some(value) = value
        && !attributes.contains_key(key)
    {
        attributes.insert(key.to_owned(), Value::String(value));
    }
}

/// Plan length from the start, as a share of the whole, at every vertex.
fn shares_of_length(points: &[DVec3], is_geographic: bool) -> Vec<f64> {
    let mut at = 0.0;
    let mut lengths = vec![0.0];
    for pair in points.windows(2) {
        at += plan_length_m(pair, is_geographic);
        lengths.push(at);
    }
    let total = if at > 0.0 { at } else { 1.0 };
    lengths.into_iter().map(|l| l / total).collect()
}

/// Plan length of a polyline in metres; degrees are turned into metres on a sphere, good to 0.5 %.
pub(super) fn plan_length_m(points: &[DVec3], is_geographic: bool) -> f64 {
    const DEGREE_M: f64 = 111_195.0;
    points
        .windows(2)
        .map(|pair| {
            let [a, b] = [pair[0], pair[1]].map(DVec3::truncate);
            let d = b - a;
            if is_geographic {
                (d.x * (a.y.to_radians()).cos()).hypot(d.y) * DEGREE_M
            } else {
                d.length()
            }
        })
        .sum()
}

/// The body of a node of a pipe network, and its normalised keys.
pub(super) fn node(position: DVec3, fields: &Fields<'_>, verdict: &Verdict, attributes: &mut Attributes) -> Shape {
    let kind = verdict.node_kind.as_deref().unwrap_or("junction");
    text(attributes, "pipe_class", verdict.pipe_class.clone());
    text(attributes, "node_kind", Some(kind.to_owned()));
    let ground_m = fields.metres("ground_level").filter(|z| z.abs() < MAX_LEVEL_M);
    if let Some(ground_m) = ground_m {
        insert(attributes, "ground_level_m", (ground_m * 1e4).round() / 1e4);
    }
    let depth_m = fields.metres("depth").filter(|d| (0.05..MAX_DEPTH_M).contains(d));
    if let Some(depth_m) = depth_m {
        insert(attributes, "depth_m", (depth_m * 1e4).round() / 1e4);
    }
    let body = match kind {
        "manhole" => {
            if depth_m.is_none() {
                note(attributes, "depth_source", "assumed");
            }
            PointKind::Manhole {
                diameter_m: 1.0,
                depth_m: depth_m.unwrap_or(ASSUMED_SHAFT_M),
            }
        }
        "catch basin" => PointKind::Chamber {
            width_m: 0.45,
            length_m: 0.75,
            depth_m: depth_m.unwrap_or(1.0),
        },
        "outlet" => PointKind::Chamber {
            width_m: 1.2,
            length_m: 1.2,
            depth_m: depth_m.unwrap_or(1.5),
        },
        "pump" => PointKind::Chamber {
            width_m: 3.0,
            length_m: 3.0,
            depth_m: depth_m.unwrap_or(5.0),
        },
        "hydrant" => PointKind::Post { height_m: 0.8 },
        _ => PointKind::Fitting { size_m: 0.3 },
    };
    let z = ground_m.or_else(|| Some(position.z).filter(|z| z.is_finite() && *z != 0.0));
    // compass degrees, clockwise from north, as ArcGIS symbols have them
    let rotation_rad = fields
        .number("rotation")
        .map_or(0.0, |deg| -(deg.rem_euclid(360.0)).to_radians() as f32);
    Shape::Point(PointShape {
        position: position.truncate().extend(z.unwrap_or(0.0)),
        on_terrain: z.is_none(),
        kind: body,
        rotation_rad,
    })
}

#[cfg(test)]
mod tests {
    use super::super::aliases::KeyCache;
    use super::*;
    use serde_json::json;

    fn line(properties: Value, class: &str) -> (Line, Attributes) {
        let map = properties.as_object().cloned().unwrap();
        let fields_map = map.clone();
        let fields = Fields::of(&fields_map, &mut KeyCache::default());
        let data = PipeData::of(&fields, class);
        let mut attributes = map;
        let points = [
            DVec3::new(0.0, 0.0, f64::NAN),
            DVec3::new(30.0, 0.0, f64::NAN),
            DVec3::new(30.0, 10.0, f64::NAN),
        ];
        let line = data.line(&points, class, false, &mut attributes);
        data.describe(&fields, class, &mut attributes);
        (line, attributes)
    }

    #[test]
    fn inverts_run_along_the_length() {
        let (line, attributes) = line(
            json!({"DIAMETER": 375, "UPSTREAMINVERT": 357.17, "DOWNSTREAMINVERT": 356.37, "MATERIAL": "CNC"}),
            "YS",
        );
        assert_eq!(line.reference, LevelReference::InsideBottom);
        let z: Vec<f64> = line.points.iter().map(|p| (p.z * 100.0).round() / 100.0).collect();
        assert_eq!(z, [357.17, 356.57, 356.37]);
        assert_eq!(
            (&attributes["diameter_mm"], &attributes["flow"], &attributes["material"]),
            (&json!(375), &json!("+"), &json!("混凝土")).clone()
        );
        assert_eq!(attributes["MATERIAL"], "CNC");
    }

    #[test]
    fn missing_levels_fall_back_and_say_so() {
        let (one, attributes) = line(json!({"UPSTREAMINVERT": 9999, "DOWNSTREAMINVERT": 356.31}), "YS");
        assert_eq!(
            (one.points[0].z, attributes["level_source"].as_str()),
            (356.31, Some("one end only"))
        );
        assert!(!attributes.contains_key("start_level_m"));
        let (zeros, attributes) = line(
            json!({"UPSTREAMINVERT": 0, "DOWNSTREAMINVERT": 0, "DIAMETER": 200}),
            "YS",
        );
        assert_eq!(
            (zeros.reference, attributes["depth_source"].as_str()),
            (LevelReference::BelowTerrain, Some("assumed"))
        );
        // 2.0 m to the inside bottom: the axis is half a diameter higher
        assert!((zeros.points[0].z + 1.9).abs() < 1e-12);
        let (coast, _) = line(json!({"UPSTREAMINVERT": 0.4, "DOWNSTREAMINVERT": 0}), "YS");
        assert_eq!(
            (coast.reference, coast.points[2].z),
            (LevelReference::InsideBottom, 0.0)
        );
    }

    #[test]
    fn depths_of_pressure_pipes_are_to_the_top() {
        let (pipe, attributes) = line(json!({"管径(mm)": 300, "起点埋深": 1.2, "终点埋深": "1.4"}), "JS");
        assert_eq!(pipe.reference, LevelReference::BelowTerrain);
        assert!((pipe.points[0].z + 1.35).abs() < 1e-12 && (pipe.points[2].z + 1.55).abs() < 1e-12);
        assert_eq!(
            (&attributes["start_depth_m"], &attributes["end_depth_m"]),
            (&json!(1.2), &json!(1.4))
        );
    }

    #[test]
    fn absurd_slopes_are_noticed() {
        let of = |up: f64, down: f64| {
            let map = json!({"UPSTREAMINVERT": up, "DOWNSTREAMINVERT": down})
                .as_object()
                .cloned()
                .unwrap();
            PipeData::of(&Fields::of(&map, &mut KeyCache::default()), "WS").is_suspicious(20.0)
        };
        assert!(of(350.0, 300.0).is_some() && of(350.0, 351.0).is_some() && of(350.0, 349.0).is_none());
    }
}
