//! What can be wrong with a sunshine study, with the feature and the reason.

use crate::Cancelled;

/// A study that cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Stopped from outside.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
    /// A place on earth that does not exist, or a date that the sun's formula does not cover.
    #[error("the site cannot be used: {reason}")]
    Site {
        /// Why.
        reason: String,
    },
    /// A parameter out of its range.
    #[error("parameter {name}: {reason}")]
    Parameter {
        /// Its name.
        name: &'static str,
        /// Why.
        reason: String,
    },
    /// A building that cannot be used.
    #[error("building {id}: {reason}")]
    Building {
        /// Its id.
        id: String,
        /// Why.
        reason: String,
    },
    /// Terrain that cannot be used.
    #[error("terrain: {reason}")]
    Terrain {
        /// Why.
        reason: String,
    },
    /// A ground grid that cannot be used.
    #[error("ground grid: {reason}")]
    Ground {
        /// Why.
        reason: String,
    },
    /// Triangles that no hierarchy parts.
    #[error("too many triangles lie on top of each other: is a building or the terrain loaded many times?")]
    Layered,
    /// More than the memory allowed.
    #[error("{what} would need {needed_bytes} bytes, {allowed_bytes} are allowed")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// Bytes it would take.
        needed_bytes: u64,
        /// Bytes allowed.
        allowed_bytes: u64,
    },
    /// A file of limits that cannot be read or lacks an entry.
    #[error("limits of sunshine: {reason}")]
    Limits {
        /// Why.
        reason: String,
    },
}
