//! What stops a computation of isolation.

use crate::Cancelled;
use crate::indicators::Text;
use crate::words;

/// Why there is no answer. `Display` is English; [`Error::text`] gives both languages.
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
    #[error("pipe {id} cannot be isolated: {}", reason.en)]
    NoPart {
        /// Its id.
        id: String,
        /// Why.
        reason: Text,
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

impl Error {
    /// The message in both languages.
    pub fn text(&self) -> Text {
        let zh = match self {
            Self::Cancelled(stop) => stop.zh(),
            Self::NotFinite { what, id, vertex } => words::not_finite_zh(what, id, *vertex),
            Self::UnknownPipe { id } => format!("数据中没有管段 {id}"),
            Self::NoPart { id, reason } => format!("管段 {id} 无法隔离：{}", reason.zh),
            Self::UnknownValve { id } => format!("数据中没有关不上的阀门 {id}"),
            Self::Value { what, id, value, range } => {
                format!(
                    "{} {id}：{value} 不符，须为{}",
                    words::kind_zh(what),
                    words::range_zh(range)
                )
            }
            Self::Parameter { name, value, range } => {
                format!("参数 {name}：{value} 不符，须为{}", words::range_zh(range))
            }
            Self::TooLarge {
                num_vertices,
                needed_bytes,
                allowed_bytes,
            } => format!("管线的 {num_vertices} 个顶点需要 {needed_bytes} 字节，上限 {allowed_bytes} 字节"),
            Self::Data(err) => format!("assets/simulation/isolation.json 无法读取：{err}"),
        };
        Text::new(zh, self.to_string())
    }
}
