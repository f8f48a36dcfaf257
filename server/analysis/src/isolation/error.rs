//! What stops a computation of isolation.

use crate::Cancelled;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The pipe that was clicked is not in the data.
    #[error("pipe {id} is not in the data")]
    UnknownPipe {
        /// Its id.
        id: String,
    },
    /// The pipe that was clicked takes no part in the network.
    #[error("pipe {id} cannot be isolated: {reason}")]
    NoPart {
        /// Its id.
        id: String,
        /// Why.
        reason: &'static str,
    },
    /// A valve that is said to be stuck is not in the data.
    #[error("stuck valve {id} is not in the data")]
    UnknownValve {
        /// Its id.
        id: String,
    },
    /// A coordinate or length is not a number or infinite.
    #[error("{what} {id}: a coordinate is not finite (vertex {vertex})")]
    NotFinite {
        /// Kind of feature.
        what: &'static str,
        /// Its id.
        id: String,
        /// Place of the vertex, from 0.
        vertex: usize,
    },
    /// A length or number of people is negative or not finite.
    #[error("{what} {id}: {value} is not {range}")]
    Value {
        /// Kind of feature and value.
        what: &'static str,
        /// Its id.
        id: String,
        /// What was given.
        value: f64,
        /// What is allowed.
        range: &'static str,
    },
    /// A parameter is outside its range.
    #[error("parameter {name}: {value} is not {range}")]
    Parameter {
        /// Name of the parameter.
        name: &'static str,
        /// What was given.
        value: f64,
        /// What is allowed.
        range: &'static str,
    },
    /// The data would not fit.
    #[error("{num_vertices} vertices of pipes need {needed_bytes} bytes, {allowed_bytes} are allowed")]
    TooLarge {
        /// Vertices of all pipes.
        num_vertices: usize,
        /// Memory that the network would take.
        needed_bytes: u64,
        /// Memory that it may take.
        allowed_bytes: u64,
    },
    /// The shipped data cannot be read.
    #[error("assets/simulation/isolation.json cannot be read")]
    Data(#[source] serde_json::Error),
    /// It was asked to stop.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}
