//! Why an area or a rule file cannot be used.

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
