//! Why an input could not be read at all. Trouble with single features goes to the `Report`.

use std::path::PathBuf;

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
