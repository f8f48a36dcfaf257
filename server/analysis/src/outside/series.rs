//! Values of elements over time, as tables and networks give them.

use crate::indicators::Text;

/// One quantity of many elements.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Stable key: the column of a table, or `node/pressure` and the like.
    pub key: String,
    /// Title.
    pub title: Text,
    /// Unit, empty when the file does not say.
    pub unit: String,
    /// Elements.
    pub ids: Vec<String>,
    /// Seconds from the start, ascending.
    pub times_s: Vec<f64>,
    /// Values step after step, `times_s.len() × ids.len()`; NaN where there is none.
    pub values: Vec<f32>,
}
