//! Why an area or a rule file cannot be used.

use crate::indicators::Text;

/// Trouble with what was asked.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AnalysisError {
    /// The area has no polygon.
    #[error("the area has no polygon")]
    EmptyArea,
    /// A coordinate of the area is not a finite number.
    #[error("a coordinate of the area is not a finite number, in polygon {polygon}")]
    NotFinite {
        /// Place in the multi-polygon, from 0.
        polygon: usize,
    },
    /// A ring crosses or touches itself, holes lie outside, polygons overlap …
    #[error("the area is not a valid polygon: {reason}")]
    InvalidArea {
        /// What is wrong and where.
        reason: String,
    },
    /// More vertices than an area may have.
    #[error("the area has {found} vertices, more than {limit}")]
    TooManyVertices {
        /// Vertices given.
        found: usize,
        /// Vertices allowed.
        limit: usize,
    },
}

impl AnalysisError {
    /// The message in both languages.
    pub fn text(&self) -> Text {
        let zh = match self {
            Self::EmptyArea => "范围中没有多边形".to_owned(),
            Self::NotFinite { polygon } => format!("范围第 {polygon} 个多边形的坐标不是有限数"),
            Self::InvalidArea { reason } => format!("范围不是有效的多边形：{reason}"),
            Self::TooManyVertices { found, limit } => format!("范围有 {found} 个顶点，最多 {limit} 个"),
        };
        Text::new(zh, self.to_string())
    }
}
