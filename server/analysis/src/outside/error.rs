//! What can be wrong with a result from outside, with the file and the place in it.

use crate::Cancelled;
use crate::indicators::Text;

/// Why a result could not be taken. `Display` is English; [`OutsideError::text`] gives both languages.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OutsideError {
    /// The caller asked to stop.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
    /// A row of a text file.
    #[error("{file}, row {row}: {}", reason.en)]
    Row {
        /// Name of the file.
        file: String,
        /// Row, from 1.
        row: usize,
        /// Why.
        reason: Text,
    },
    /// A place in a binary file.
    #[error("{file}, byte {at}: {}", reason.en)]
    Byte {
        /// Name of the file.
        file: String,
        /// Byte, from 0.
        at: usize,
        /// Why.
        reason: Text,
    },
    /// The file as a whole.
    #[error("{file}: {}", reason.en)]
    File {
        /// Name of the file.
        file: String,
        /// Why.
        reason: Text,
    },
    /// A parameter is out of its range.
    #[error("{name}: {}", reason.en)]
    Parameter {
        /// Its name.
        name: String,
        /// Why.
        reason: Text,
    },
    /// The result would be larger than allowed.
    #[error("{file}: the result needs {needed} bytes, {allowed} are allowed")]
    TooLarge {
        /// Name of the file.
        file: String,
        /// Bytes needed.
        needed: u64,
        /// Bytes allowed.
        allowed: u64,
    },
}

impl OutsideError {
    pub(super) fn row(file: &str, row: usize, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self::Row {
            file: file.to_owned(),
            row,
            reason: Text::new(zh, en),
        }
    }

    /// Trouble with a file as a whole, in Chinese and English.
    pub fn file(file: &str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self::File {
            file: file.to_owned(),
            reason: Text::new(zh, en),
        }
    }

    /// The message in both languages.
    pub fn text(&self) -> Text {
        let zh = match self {
            Self::Cancelled(stop) => stop.zh(),
            Self::Row { file, row, reason } => format!("{file} 第 {row} 行：{}", reason.zh),
            Self::Byte { file, at, reason } => format!("{file} 第 {at} 字节：{}", reason.zh),
            Self::File { file, reason } => format!("{file}：{}", reason.zh),
            Self::Parameter { name, reason } => format!("参数 {name}：{}", reason.zh),
            Self::TooLarge { file, needed, allowed } => {
                format!("{file}：结果需要 {needed} 字节，上限 {allowed} 字节")
            }
        };
        Text::new(zh, self.to_string())
    }
}
