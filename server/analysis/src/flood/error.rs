//! Why a flood cannot be computed, with the feature or place that is wrong.

use crate::indicators::Text;
use crate::task::Cancelled;
use crate::words;

/// Trouble with the input or the parameters of a flood. `Display` is English; [`Error::text`] gives both languages.
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
    #[error("the grid is not sound: {}", reason.en)]
    Grid {
        /// What is wrong.
        reason: Text,
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
    #[error("{feature:?} cannot be used: {}", reason.en)]
    Feature {
        /// Stable id.
        feature: String,
        /// What is wrong with it.
        reason: Text,
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
    /// Water was lost or made: no number of the run can be trusted.
    #[error(
        "the water account does not balance: the relative error is {relative:.1e}, at most {allowed:.0e} is allowed; no result is given"
    )]
    Balance {
        /// Share of all water that is not accounted for.
        relative: f64,
        /// Share that may be.
        allowed: f64,
    },
    /// A data file of the catalogue cannot be read.
    #[error("the catalogue cannot be read: {}", reason.en)]
    Catalogue {
        /// Where and why.
        reason: Text,
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

    /// Trouble with a feature, in Chinese and English.
    pub(super) fn feature(feature: &str, zh: &str, en: &str) -> Self {
        Self::Feature {
            feature: feature.to_owned(),
            reason: Text::new(zh, en),
        }
    }

    /// The message in both languages.
    pub fn text(&self) -> Text {
        let zh = match self {
            Self::Cancelled(stop) => stop.zh(),
            Self::Parameter { name, value, must } => format!("参数 {name} 为 {value}，须为{}", words::range_zh(must)),
            Self::UnknownFormula { id, known } => format!("没有暴雨强度公式 {id}，可用：{known}"),
            Self::UnknownKey { feature, what, key } => {
                format!("{feature} 需要的{} {key} 不在目录中", words::kind_zh(what))
            }
            Self::Grid { reason } => format!("网格不可用：{}", reason.zh),
            Self::Hole { cells, limit, x, y } => {
                format!("地面高程在 ({x:.1}, {y:.1}) 附近缺 {cells} 个像元，超过可填补的 {limit} 个")
            }
            Self::NoFreeCell => "网格中没有可积水的像元：全是建筑或没有高程".to_owned(),
            Self::Feature { feature, reason } => format!("{feature} 不可用：{}", reason.zh),
            Self::TooLarge { needed, allowed } => {
                format!("计算需要 {needed} 字节内存，上限 {allowed} 字节：请放大网格或减少输出步数")
            }
            Self::Unstable { time_s } => format!("计算在第 {time_s:.1} 秒失稳：请减小 courant 数"),
            Self::Balance { relative, allowed } => {
                format!("水量不平衡：相对误差 {relative:.1e}，超过允许的 {allowed:.0e}，不给出结果")
            }
            Self::Catalogue { reason } => format!("参数目录无法读取：{}", reason.zh),
        };
        Text::new(zh, self.to_string())
    }
}
