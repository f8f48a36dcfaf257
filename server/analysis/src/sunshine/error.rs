//! What can be wrong with a sunshine study, with the feature and the reason.

use crate::Cancelled;
use crate::indicators::Text;

/// A study that cannot be made. `Display` is English; [`Error::text`] gives both languages.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Stopped from outside.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
    /// A place on earth that does not exist, or a date that the sun's formula does not cover.
    #[error("the site cannot be used: {}", reason.en)]
    Site {
        /// Why.
        reason: Text,
    },
    /// A parameter out of its range.
    #[error("parameter {name}: {}", reason.en)]
    Parameter {
        /// Its name.
        name: &'static str,
        /// Why.
        reason: Text,
    },
    /// A building that cannot be used.
    #[error("building {id}: {}", reason.en)]
    Building {
        /// Its id.
        id: String,
        /// Why.
        reason: Text,
    },
    /// Terrain that cannot be used.
    #[error("terrain: {}", reason.en)]
    Terrain {
        /// Why.
        reason: Text,
    },
    /// A ground grid that cannot be used.
    #[error("ground grid: {}", reason.en)]
    Ground {
        /// Why.
        reason: Text,
    },
    /// Triangles that no hierarchy parts.
    #[error("too many triangles lie on top of each other: is a building or the terrain loaded many times?")]
    Layered,
    /// More than the memory allowed.
    #[error("{} would need {needed_bytes} bytes, {allowed_bytes} are allowed", what.en)]
    TooLarge {
        /// What is too large.
        what: Text,
        /// Bytes it would take.
        needed_bytes: u64,
        /// Bytes allowed.
        allowed_bytes: u64,
    },
    /// A file of limits that cannot be read or lacks an entry.
    #[error("limits of sunshine: {}", reason.en)]
    Limits {
        /// Why.
        reason: Text,
    },
}

impl Error {
    /// The message in both languages.
    pub fn text(&self) -> Text {
        let zh = match self {
            Self::Cancelled(stop) => stop.zh(),
            Self::Site { reason } => format!("地点或日期不可用：{}", reason.zh),
            Self::Parameter { name, reason } => format!("参数 {name}：{}", reason.zh),
            Self::Building { id, reason } => format!("建筑 {id}：{}", reason.zh),
            Self::Terrain { reason } => format!("地形：{}", reason.zh),
            Self::Ground { reason } => format!("地面栅格：{}", reason.zh),
            Self::Layered => "重叠的三角面过多：是否重复载入了建筑或地形？".to_owned(),
            Self::TooLarge {
                what,
                needed_bytes,
                allowed_bytes,
            } => format!(
                "{}需要 {needed_bytes} 字节，上限 {allowed_bytes} 字节：请缩小范围",
                what.zh
            ),
            Self::Limits { reason } => format!("日照标准：{}", reason.zh),
        };
        Text::new(zh, self.to_string())
    }
}
