//! What stops a computation of reach.

use crate::Cancelled;
use crate::indicators::Text;
use crate::words;

/// Why there is no answer. `Display` is English; [`Error::text`] gives both languages.
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

impl Error {
    /// The message in both languages.
    pub fn text(&self) -> Text {
        let zh = match self {
            Self::Cancelled(stop) => stop.zh(),
            Self::NotFinite { what, id, vertex } => words::not_finite_zh(what, id, *vertex),
            Self::People { id, people } => format!("建筑 {id}：{people} 不是人口数"),
            Self::Parameter { name, value, range } => {
                format!("参数 {name}：{value} 不符，须为{}", words::range_zh(range))
            }
            Self::UnknownKind { id, kind } => format!("设施 {id}：规则中没有类别 {kind}"),
            Self::TooLarge {
                num_vertices,
                needed_bytes,
                allowed_bytes,
            } => format!("{num_vertices} 个顶点需要 {needed_bytes} 字节，上限 {allowed_bytes} 字节：请缩小范围"),
            Self::NoStreets { num_streets } => {
                format!("没有可步行的道路：共 {num_streets} 条，均不可步行或长度为零")
            }
            Self::Data(err) => format!("assets/simulation/reach.json 无法读取：{err}"),
        };
        Text::new(zh, self.to_string())
    }
}
