//! What every simulation gives: layers to draw, tables to read, verdicts with their margin, and how it was found.

use crate::indicators::Text;
use serde::{Deserialize, Serialize};

/// Features that a note names at most.
pub const MOST_NAMED: usize = 100;

/// The whole answer of a simulation.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Outcome {
    /// Layers, the one to be shown first in front.
    pub layers: Vec<Layer>,
    /// Findings on features against limits.
    pub verdicts: Vec<Verdict>,
    /// Tables for people.
    pub tables: Vec<Table>,
    /// Figures of the whole.
    pub figures: Vec<Figure>,
    /// Assumptions made and data that was missing.
    pub notes: Vec<Note>,
    /// How it was found.
    pub method: Method,
}

/// One layer to draw.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Layer {
    /// Stable key within the simulation: `depth`, `pressure` …
    pub key: String,
    /// Title.
    pub title: Text,
    /// Unit as printed: `m`, `h`, `L/s` …
    pub unit: String,
    /// How values become colours.
    pub legend: Legend,
    /// Seconds from the start of the simulation, ascending, one for each step; a single 0 for a layer without time.
    pub times_s: Vec<f64>,
    /// What the values belong to.
    pub shape: Shape,
    /// Values, step after step, `times_s.len() × shape.len()` of them; NaN where there is none.
    #[serde(with = "values")]
    pub values: Vec<f32>,
    /// Largest error of the method in `unit`, where it states one: values that near to a limit are hatched.
    pub error: Option<f64>,
    /// What it looks like.
    pub look: Look,
}

/// What the values of a layer belong to. Coordinates are metres of the scene CRS.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// Square cells; values row by row from the south, each from the west.
    Grid {
        /// South-west corner of the grid.
        origin: [f64; 2],
        /// Side of a cell, metres.
        cell_m: f64,
        /// Cells from west to east.
        columns: u32,
        /// Cells from south to north.
        rows: u32,
        /// Height on which each cell is drawn (ground, or ground below the water), one for each cell.
        heights: Vec<f32>,
    },
    /// Features of the city, coloured where they stand.
    Features {
        /// Stable ids.
        ids: Vec<String>,
        /// Dense numbers, in the same order.
        indices: Vec<u32>,
    },
    /// Small rectangles on façades and ground.
    Patches {
        /// Middles.
        centers: Vec<[f64; 3]>,
        /// Unit normals, pointing outwards.
        normals: Vec<[f32; 3]>,
        /// Width (level) and height (along the façade) of each, metres.
        sizes: Vec<[f32; 2]>,
        /// Dense number of the feature that each lies on; `u32::MAX` for none.
        features: Vec<u32>,
    },
    /// Lines, with one value at each vertex.
    Lines {
        /// Vertices of all lines, one line after the other.
        vertices: Vec<[f64; 3]>,
        /// Place of each line's first vertex, ascending.
        starts: Vec<u32>,
    },
    /// Polygons with one value each; a ring is not closed, the first is the outer one.
    Areas {
        /// Polygons of rings of vertices.
        polygons: Vec<Vec<Vec<[f64; 2]>>>,
    },
}

impl Shape {
    /// Values that a step holds.
    pub fn len(&self) -> usize {
        match self {
            Self::Grid { columns, rows, .. } => *columns as usize * *rows as usize,
            Self::Features { ids, .. } => ids.len(),
            Self::Patches { centers, .. } => centers.len(),
            Self::Lines { vertices, .. } => vertices.len(),
            Self::Areas { polygons } => polygons.len(),
        }
    }

    /// True when it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What a layer looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Look {
    /// Flat colour by value.
    #[default]
    Ramp,
    /// A moving translucent surface; values are depths above the grid's heights, metres.
    Water,
    /// Colour by value with marks that move along the line; the sign of the value is the direction.
    Flow,
    /// Flat colour by value; everything else in the city fades.
    Xray,
}

/// How values become colours.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Legend {
    /// Classes by ascending lower bound; a value below the first has no colour.
    pub classes: Vec<Class>,
    /// A limit marked on the legend, with its source.
    pub limit: Option<Limit>,
}

/// A class of a legend.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Class {
    /// Values from here on.
    pub from: f64,
    /// Colour, `#rrggbb`.
    pub color: String,
    /// Words for it, where the number alone does not do.
    pub title: Option<Text>,
}

/// A limit that values are held against.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Limit {
    /// The limit, in the unit of the layer or verdict.
    pub value: f64,
    /// Clause or document.
    pub source: String,
    /// False: 参考值.
    pub is_verified: bool,
}

/// A finding on a feature.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// Stable id of the feature.
    pub feature: String,
    /// Its dense number; `None` for what is not in the city yet.
    pub index: Option<u32>,
    /// What was looked at.
    pub what: Text,
    /// What was found; `None` when it cannot be told.
    pub value: Option<f64>,
    /// Unit of the value and the limit.
    pub unit: String,
    /// The limit.
    pub limit: Limit,
    /// Distance from the limit, positive on the good side.
    pub margin: Option<f64>,
    /// How it ends.
    pub verdict: Ending,
    /// Why it cannot be told, or who causes it.
    pub because: Option<Text>,
}

/// How a verdict ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// Good, by more than the error of the method.
    Pass,
    /// Bad, by more than the error of the method.
    Fail,
    /// Nearer to the limit than the method can tell.
    WithinError,
    /// The data does not say.
    NotDecidable,
}

impl Ending {
    /// The ending of a margin.
    ///
    /// * `margin` — distance from the limit, positive on the good side; `error` — of the method, in the same unit
    pub fn of(margin: Option<f64>, error: f64) -> Self {
        match margin {
            Some(margin) if margin.is_nan() => Self::NotDecidable,
            None => Self::NotDecidable,
            Some(margin) if margin.abs() < error => Self::WithinError,
            Some(margin) if margin >= 0.0 => Self::Pass,
            Some(_) => Self::Fail,
        }
    }
}

/// A table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// Stable key.
    pub key: String,
    /// Title.
    pub title: Text,
    /// Columns.
    pub columns: Vec<Column>,
    /// Rows of one value a column.
    pub rows: Vec<Vec<serde_json::Value>>,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Column {
    /// Stable key; `feature_id` names a feature to fly to.
    pub key: String,
    /// Title.
    pub title: Text,
    /// Unit, empty without one.
    pub unit: String,
}

impl Column {
    /// A column with its title in both languages.
    pub fn new(key: &str, zh: &str, en: &str, unit: &str) -> Self {
        Self {
            key: key.to_owned(),
            title: Text::new(zh, en),
            unit: unit.to_owned(),
        }
    }
}

/// A figure of the whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// Stable key.
    pub key: String,
    /// Title.
    pub title: Text,
    /// The figure.
    pub value: f64,
    /// Unit.
    pub unit: String,
}

impl Figure {
    /// A figure with its title in both languages.
    pub fn new(key: impl Into<String>, title: Text, value: f64, unit: &str) -> Self {
        Self {
            key: key.into(),
            title,
            value,
            unit: unit.to_owned(),
        }
    }
}

/// An assumption or a lack of data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Note {
    /// Stable code.
    pub code: String,
    /// Features concerned, the first hundred.
    pub features: Vec<String>,
    /// What was assumed or is missing, and what it means for the result.
    pub text: Text,
}

impl Note {
    /// A note that names no more than [`MOST_NAMED`] of the features; the text says how many there are.
    pub fn new(code: impl Into<String>, mut features: Vec<String>, text: Text) -> Self {
        features.truncate(MOST_NAMED);
        Self {
            code: code.into(),
            features,
            text,
        }
    }
}

/// A number with its source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sourced {
    /// The number.
    pub value: f64,
    /// Clause or document.
    pub source: String,
    /// False: 参考值.
    pub is_verified: bool,
}

impl From<&Sourced> for Limit {
    fn from(of: &Sourced) -> Self {
        Self {
            value: of.value,
            source: of.source.clone(),
            is_verified: of.is_verified,
        }
    }
}

/// A value as tables print it.
///
/// * `digits` — places behind the point
pub fn rounded(value: f64, digits: i32) -> f64 {
    let scale = 10_f64.powi(digits);
    (value * scale).round() / scale
}

/// How a result was found.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Method {
    /// Model in a few words.
    pub title: Text,
    /// Version of the kernel; another one makes other results.
    pub version: u32,
    /// Sources of the equations and limits.
    pub sources: Vec<String>,
    /// Where it holds, and the error it was found to have there.
    pub validity: Text,
}

/// Values with gaps: JSON has no NaN, so there a gap is `null`.
mod values {
    use serde::ser::Serialize as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(values: &[f32], to: S) -> Result<S::Ok, S::Error> {
        if to.is_human_readable() {
            to.collect_seq(values.iter().map(|value| Some(*value).filter(|v| v.is_finite())))
        } else {
            values.serialize(to)
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<f32>, D::Error> {
        if from.is_human_readable() {
            let values = Vec::<Option<f32>>::deserialize(from)?;
            Ok(values.into_iter().map(|value| value.unwrap_or(f32::NAN)).collect())
        } else {
            Vec::deserialize(from)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_a_limit_nothing_is_decided() {
        assert_eq!(Ending::of(Some(0.5), 0.1), Ending::Pass);
        assert_eq!(Ending::of(Some(0.0), 0.0), Ending::Pass);
        assert_eq!(Ending::of(Some(-0.05), 0.1), Ending::WithinError);
        assert_eq!(Ending::of(Some(-0.5), 0.1), Ending::Fail);
        assert_eq!(Ending::of(Some(f64::NAN), 0.1), Ending::NotDecidable);
        assert_eq!(Ending::of(None, 0.1), Ending::NotDecidable);
    }

    #[test]
    fn gaps_survive_json() {
        let layer = Layer {
            key: "depth".into(),
            title: Text::new("深度", "Depth"),
            unit: "m".into(),
            legend: Legend::default(),
            times_s: vec![0.0],
            shape: Shape::Grid {
                origin: [0.0; 2],
                cell_m: 2.0,
                columns: 2,
                rows: 1,
                heights: vec![0.0; 2],
            },
            values: vec![0.1, f32::NAN],
            error: None,
            look: Look::Water,
        };
        assert_eq!(layer.shape.len(), layer.values.len());
        let back: Layer = serde_json::from_str(&serde_json::to_string(&layer).unwrap()).unwrap();
        assert_eq!(back.values[0], 0.1);
        assert!(back.values[1].is_nan());
    }
}
