//! Why a flood cannot be computed, with the feature or place that is wrong.

use crate::task::Cancelled;

/// Trouble with the input or the parameters of a flood.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The job was asked to stop.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
    /// A parameter is outside of what the method allows.
    #[error("the parameter {name} is {value}, but must be {must}")]
    Parameter {
        /// Name as in the parameter file.
        name: &'static str,
        /// What was given.
        value: String,
        /// What it may be.
        must: &'static str,
    },
    /// No storm formula has that id.
    #[error("there is no storm formula {id:?}; known are {known}")]
    UnknownFormula {
        /// Id asked for.
        id: String,
        /// Ids that there are.
        known: String,
    },
    /// No surface or inlet kind has that key.
    #[error("{feature:?} asks for the {what} {key:?}, which the catalogue does not have")]
    UnknownKey {
        /// Feature or parameter that asks.
        feature: String,
        /// `surface` or `inlet kind`.
        what: &'static str,
        /// Key asked for.
        key: String,
    },
    /// The grid has no cells, or its lists are of other lengths.
    #[error("the grid is not sound: {reason}")]
    Grid {
        /// What is wrong.
        reason: String,
    },
    /// A hole in the ground model that is too large to fill.
    #[error(
        "the ground model has a hole of {cells} cells around ({x:.1}, {y:.1}), more than the {limit} that may be filled"
    )]
    Hole {
        /// Cells without height.
        cells: usize,
        /// Most cells that are filled.
        limit: usize,
        /// Middle of the hole.
        x: f64,
        /// Middle of the hole.
        y: f64,
    },
    /// All cells are buildings or without height.
    #[error("no cell of the grid can hold water: all are buildings or have no height")]
    NoFreeCell,
    /// A feature has a coordinate or number that is not finite or has the wrong sign.
    #[error("{feature:?} cannot be used: {reason}")]
    Feature {
        /// Stable id.
        feature: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The job needs more memory than it may have.
    #[error("the job needs {needed} bytes of memory, {allowed} are allowed: use larger cells or fewer output steps")]
    TooLarge {
        /// Bytes that it would take.
        needed: u64,
        /// Bytes that it may take.
        allowed: u64,
    },
    /// The numbers ran away.
    #[error("the computation became unstable at {time_s:.1} s; use a smaller courant number")]
    Unstable {
        /// Simulated time.
        time_s: f64,
    },
    /// A data file of the catalogue cannot be read.
    #[error("the catalogue cannot be read: {reason}")]
    Catalogue {
        /// Where and why.
        reason: String,
    },
}

impl Error {
    /// Trouble with a parameter.
    pub(super) fn parameter(name: &'static str, value: impl ToString, must: &'static str) -> Self {
        Self::Parameter {
            name,
            value: value.to_string(),
            must,
        }
    }
}
