//! How a result from outside is read and shown.

use crate::indicators::Text;
use crate::outcome::{Class, Limit, Look};
use serde::{Deserialize, Serialize};

/// Parameters of an import.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Params {
    /// What the result is, as its title.
    pub title: Text,
    /// Where it comes from: model, author, date.
    pub source: String,
    /// Layers wanted, the first is shown first; empty takes all columns with legends made from the values.
    pub layers: Vec<Style>,
    /// Column of ids in a table.
    pub id_column: String,
    /// Column of times in a table; without it, or when the table has none, there is one step.
    pub time_column: Option<String>,
    /// Seconds of one unit of the time column.
    pub time_unit_s: f64,
    /// Value that means none in a raster, beside what the file says.
    pub no_data: Option<f64>,
    /// Added to the height of the ground when a raster is drawn, metres.
    pub lift_m: f64,
    /// Most bytes that the result may take.
    pub max_bytes: u64,
}

impl Default for Params {
    fn default() -> Self {
        Self {
            title: Text::new("外部结果", "Outside result"),
            source: String::new(),
            layers: vec![],
            id_column: "id".to_owned(),
            time_column: Some("time".to_owned()),
            time_unit_s: 1.0,
            no_data: None,
            lift_m: 0.0,
            max_bytes: 2 << 30,
        }
    }
}

/// How one column, raster or quantity is shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Style {
    /// Column of the table, or quantity such as `node/pressure`; anything for rasters.
    pub column: String,
    /// Title.
    pub title: Text,
    /// Unit as printed.
    pub unit: String,
    /// Classes by ascending lower bound; empty makes them from the values.
    #[serde(default)]
    pub classes: Vec<Class>,
    /// A limit marked on the legend.
    #[serde(default)]
    pub limit: Option<Limit>,
    /// Error of the values, in the unit.
    #[serde(default)]
    pub error: Option<f64>,
    /// What it looks like.
    #[serde(default)]
    pub look: Look,
}
