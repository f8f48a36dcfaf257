//! What stops a computation of reach.

use crate::Cancelled;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A coordinate is not a number or infinite.
    #[error("{what} {id}: a coordinate is not finite (vertex {vertex})")]
    NotFinite {
        /// Kind of feature.
        what: &'static str,
        /// Its id.
        id: String,
        /// Place of the vertex, from 0.
        vertex: usize,
    },
    /// A number of people is negative or not finite.
    #[error("building {id}: {people} is no number of people")]
    People {
        /// Its id.
        id: String,
        /// What was given.
        people: f64,
    },
    /// A parameter is outside its range.
    #[error("parameter {name}: {value} is not {range}")]
    Parameter {
        /// Name of the parameter.
        name: &'static str,
        /// What was given.
        value: String,
        /// What is allowed.
        range: &'static str,
    },
    /// A facility of a kind that the rules do not have.
    #[error("facility {id}: the rules have no kind {kind:?}")]
    UnknownKind {
        /// Its id.
        id: String,
        /// Its kind.
        kind: String,
    },
    /// The data would not fit.
    #[error("{num_vertices} vertices need {needed_bytes} bytes, {allowed_bytes} are allowed")]
    TooLarge {
        /// Vertices of all streets, barriers and areas.
        num_vertices: usize,
        /// Memory that the graph would take.
        needed_bytes: u64,
        /// Memory that it may take.
        allowed_bytes: u64,
    },
    /// There is no street to walk on.
    #[error("no street to walk on: {num_streets} were given, none is walkable and longer than nothing")]
    NoStreets {
        /// Streets given.
        num_streets: usize,
    },
    /// The shipped data cannot be read.
    #[error("assets/simulation/reach.json cannot be read")]
    Data(#[source] serde_json::Error),
    /// It was asked to stop.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}
