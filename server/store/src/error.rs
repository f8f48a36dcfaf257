//! Why the store could not do what it was asked.

use std::path::PathBuf;

/// Trouble with the city folder or its database.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// There is no city at the path.
    #[error("no city folder (city.db is absent) at {path:?}")]
    NotACity {
        /// Folder.
        path: PathBuf,
    },
    /// Another process writes to the city.
    #[error("the city is busy: another import, edit or publication is running in {path:?}")]
    Busy {
        /// Folder.
        path: PathBuf,
    },
    /// The database is not ours or is broken.
    #[error("the city database is damaged or foreign: {reason} in {path:?}")]
    Damaged {
        /// Database file.
        path: PathBuf,
        /// What was found.
        reason: String,
    },
    /// The database was written by a newer program.
    #[error("the city was written by a newer version (schema {found}, this program knows {known}) in {path:?}")]
    NewerSchema {
        /// Database file.
        path: PathBuf,
        /// Version found.
        found: u32,
        /// Version known here.
        known: u32,
    },
    /// A file cannot be read or written.
    #[error("cannot {action}: {source} at {path:?}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// File or folder.
        path: PathBuf,
        /// Cause.
        source: std::io::Error,
    },
    /// SQLite refused.
    #[error("database: {source} while {action}")]
    Sqlite {
        /// What was tried.
        action: &'static str,
        /// Cause.
        source: rusqlite::Error,
    },
    /// Stored bytes cannot be understood.
    #[error("stored {what} cannot be decoded: {reason}")]
    Decode {
        /// Kind of value and its key.
        what: String,
        /// Cause.
        reason: String,
    },
    /// A value cannot be stored.
    #[error("{what} cannot be stored: {reason}")]
    Unstorable {
        /// Kind of value and its key.
        what: String,
        /// Cause.
        reason: String,
    },
    /// A tile name is not `{hash}.{extension}`.
    #[error("not a content name: {name:?}")]
    BadContentName {
        /// As given, cut to 100 characters.
        name: String,
    },
    /// No feature has this id or number.
    #[error("no feature {key:?}")]
    NoSuchFeature {
        /// Id or number.
        key: String,
    },
    /// No scenario has this id.
    #[error("no scenario {id:?}")]
    NoSuchScenario {
        /// Id, with the revision where that is what is missing.
        id: String,
    },
    /// The scenario was written by somebody else meanwhile.
    #[error("scenario {id:?} was changed meanwhile and is at revision {revision} now")]
    ScenarioChanged {
        /// Id.
        id: String,
        /// Its revision.
        revision: u64,
    },
    /// The scenario was put away.
    #[error("scenario {id:?} is archived: branch it to go on")]
    ScenarioArchived {
        /// Id.
        id: String,
    },
    /// There is no step to undo or redo.
    #[error("there is nothing to {what}")]
    NothingToUndo {
        /// `undo` or `redo`.
        what: &'static str,
    },
    /// The city has no scene frame yet: nothing was imported.
    #[error("the city is empty: import something first")]
    EmptyCity,
}

impl StoreError {
    pub(crate) fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { action, path, source }
    }

    pub(crate) fn sql(action: &'static str) -> impl FnOnce(rusqlite::Error) -> Self {
        move |source| Self::Sqlite { action, source }
    }

    /// True when a retry may help or the folder needs repair: the command line ends with code 3.
    pub fn is_busy_or_damaged(&self) -> bool {
        use rusqlite::ErrorCode::{DatabaseBusy, DatabaseCorrupt, DatabaseLocked, NotADatabase};
        match self {
            Self::Busy { .. } | Self::Damaged { .. } | Self::NewerSchema { .. } | Self::Decode { .. } => true,
            Self::Sqlite { source, .. } => {
                matches!(
                    source.sqlite_error_code(),
                    Some(DatabaseBusy | DatabaseLocked | DatabaseCorrupt | NotADatabase)
                )
            }
            _ => false,
        }
    }
}
