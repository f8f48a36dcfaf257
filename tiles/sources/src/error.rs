//! Why an input could not be read at all. Trouble with single features goes to the `Report`.

use std::path::{Path, PathBuf};

/// The whole input is unusable.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// The file cannot be opened or read.
    #[error("cannot read {path:?}: {source}")]
    Io {
        /// File.
        path: PathBuf,
        /// Cause.
        source: std::io::Error,
    },
    /// No reader knows the format.
    #[error("unknown format: {reason} in {path:?}")]
    UnknownFormat {
        /// File.
        path: PathBuf,
        /// What was looked at.
        reason: String,
    },
    /// The document is broken beyond single features.
    #[error("{format}: {reason} (at {at}) in {path:?}")]
    Malformed {
        /// Format name.
        format: &'static str,
        /// File.
        path: PathBuf,
        /// Line, byte or JSON path.
        at: String,
        /// What is wrong.
        reason: String,
    },
    /// The coordinates cannot be placed.
    #[error("{reason} in {path:?}")]
    Crs {
        /// File.
        path: PathBuf,
        /// What is missing or wrong.
        reason: String,
    },
    /// The consumer refused or was cancelled.
    #[error("stopped while reading {path:?}: {source}")]
    Sink {
        /// File.
        path: PathBuf,
        /// Cause.
        source: crate::SinkError,
    },
}

impl SourceError {
    /// [`Self::Io`] on a file, as the argument of `map_err`.
    pub fn io(path: &Path) -> impl Fn(std::io::Error) -> Self + Copy {
        move |source| Self::Io {
            path: path.to_owned(),
            source,
        }
    }

    /// [`Self::Sink`] while a file is read, as the argument of `map_err`.
    pub fn sink(path: &Path) -> impl Fn(crate::SinkError) -> Self + Copy {
        move |source| Self::Sink {
            path: path.to_owned(),
            source,
        }
    }

    /// [`Self::Malformed`].
    ///
    /// * `at` — line, byte or JSON path
    pub fn malformed(format: &'static str, path: &Path, at: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Malformed {
            format,
            path: path.to_owned(),
            at: at.into(),
            reason: reason.into(),
        }
    }
}
