//! The store on one SQLite file: write-ahead log, one writer at a time, readers beside it.
//!
//! Durability: every connection writes with `synchronous = FULL`, so a commit is on disk before it is reported; a kill
//! at any instant leaves either the state before or after a transaction. Readers see a snapshot and never wait.

mod import;
mod publish;
mod read;
mod scenario;
mod scenario_write;
mod schema;
mod search;
mod verify;

use crate::scenario::{NewScenario, OwnedFacts, ScenarioChange, ScenarioInfo, ScenarioStep, ScenarioWritten};
use crate::{
    Dataset, FeatureHeadRow, FeatureKey, FeaturePage, FeatureQuery, FeatureStub, FeaturesVersion, ImportSession,
    LayerCount, PublicationRecord, RevisionInfo, SceneInfo, SceneStore, SearchAnswer, StoreError, StoreSummary,
    StoredFeature,
};
use city_model::scenario::Edit;
use city_model::{Attributes, Feature, FeatureIndex, HeightGrid};
use rusqlite::{Connection, OpenFlags};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Readers kept open when idle; more are opened when more threads read at once.
const MAX_IDLE_READERS: usize = 8;

/// A city's database.
#[derive(Debug)]
pub struct SqliteStore {
    path: PathBuf,
    idle_readers: Mutex<Vec<Connection>>,
    /// `data_version` only means something on one and the same connection.
    watcher: Mutex<Connection>,
}

impl SqliteStore {
    /// Opens the database, making or migrating it as needed.
    ///
    /// # Errors
    /// [`StoreError`] when it is damaged, foreign or newer than this program.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let mut writer = connect(path, true)?;
        schema::migrate(&mut writer, path)?;
        drop(writer);
        Ok(Self {
            path: path.to_owned(),
            idle_readers: Mutex::new(Vec::new()),
            watcher: Mutex::new(connect(path, false)?),
        })
    }

    fn writer(&self) -> Result<Connection, StoreError> {
        connect(&self.path, true)
    }

    fn read<T>(&self, f: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let idle = self.idle_readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => connect(&self.path, false)?,
        };
        let result = f(&connection);
        let mut idle = self.idle_readers.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < MAX_IDLE_READERS {
            idle.push(connection);
        }
        result
    }
}

/// Opens a connection; readers may not write.
fn connect(path: &Path, writes: bool) -> Result<Connection, StoreError> {
    let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    if writes {
        flags |= OpenFlags::SQLITE_OPEN_CREATE;
    }
    let connection = Connection::open_with_flags(path, flags).map_err(StoreError::sql("open database"))?;
    connection.set_prepared_statement_cache_capacity(64);
    let settings = if writes {
        // auto_vacuum off, 8 KiB pages: most geometries fit without an overflow chain. A 64 MiB page cache bounds the
        // memory of a long import, whose pages spill into the log.
        "PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
         PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY; PRAGMA busy_timeout = 5000;"
    } else {
        "PRAGMA query_only = ON; PRAGMA mmap_size = 1073741824; PRAGMA cache_size = -16384; PRAGMA busy_timeout = 5000;"
    };
    connection
        .execute_batch(settings)
        .map_err(|source| match source.sqlite_error_code() {
            Some(rusqlite::ErrorCode::NotADatabase | rusqlite::ErrorCode::DatabaseCorrupt) => StoreError::Damaged {
                path: path.to_owned(),
                reason: source.to_string(),
            },
            _ => StoreError::Sqlite {
                action: "set up connection",
                source,
            },
        })?;
    Ok(connection)
}

impl SceneStore for SqliteStore {
    fn scene(&self) -> Result<Option<SceneInfo>, StoreError> {
        self.read(read::scene)
    }

    fn meta(&self, key: &str) -> Result<Option<String>, StoreError> {
        self.read(|connection| read::meta(connection, key))
    }

    fn feature(&self, key: FeatureKey<'_>) -> Result<Option<StoredFeature>, StoreError> {
        self.read(|connection| read::feature(connection, key))
    }

    fn children(&self, id: &str, limit: u32) -> Result<Vec<String>, StoreError> {
        self.read(|connection| read::children(connection, id, limit))
    }

    fn parts(&self, ids: &[&str]) -> Result<Vec<Vec<FeatureIndex>>, StoreError> {
        self.read(|connection| read::parts(connection, ids))
    }

    fn tiles_of(&self, index: FeatureIndex) -> Result<Vec<String>, StoreError> {
        self.read(|connection| publish::tiles_of(connection, index))
    }

    fn features_with(&self, keys: &[&str], limit: u32) -> Result<Vec<StoredFeature>, StoreError> {
        self.read(|connection| read::with_attributes(connection, keys, limit))
    }

    fn stubs_by_id(&self, ids: &[&str]) -> Result<Vec<Option<FeatureStub>>, StoreError> {
        self.read(|connection| read::stubs(connection, "id", ids.iter()))
    }

    fn stubs_by_index(&self, indices: &[u32]) -> Result<Vec<Option<FeatureStub>>, StoreError> {
        self.read(|connection| read::stubs(connection, "idx", indices.iter()))
    }

    fn features(&self, query: &FeatureQuery) -> Result<FeaturePage, StoreError> {
        self.read(|connection| read::page(connection, query))
    }

    fn search(&self, query: &str, limit: u32) -> Result<SearchAnswer, StoreError> {
        self.read(|connection| search::search(connection, query, limit))
    }

    fn layer_counts(&self) -> Result<Vec<LayerCount>, StoreError> {
        self.read(read::layer_counts)
    }

    fn heads(&self) -> Result<Vec<FeatureHeadRow>, StoreError> {
        self.read(read::heads)
    }

    fn fetch(&self, indices: &[FeatureIndex]) -> Result<Vec<Feature>, StoreError> {
        self.read(|connection| read::fetch(connection, indices))
    }

    fn terrain(&self) -> Result<Vec<(u64, HeightGrid)>, StoreError> {
        self.read(read::terrain)
    }

    fn datasets(&self) -> Result<Vec<Dataset>, StoreError> {
        self.read(read::datasets)
    }

    fn published(&self) -> Result<Option<RevisionInfo>, StoreError> {
        self.read(publish::published)
    }

    fn changed_contents(&self, from: u64, to: u64) -> Result<Vec<String>, StoreError> {
        self.read(|connection| publish::changed_contents(connection, from, to))
    }

    fn content_names(&self) -> Result<Vec<String>, StoreError> {
        self.read(publish::content_names)
    }

    fn summary(&self) -> Result<StoreSummary, StoreError> {
        self.read(read::summary)
    }

    fn verify(&self) -> Result<Vec<String>, StoreError> {
        self.read(verify::verify)
    }

    fn data_version(&self) -> Result<u64, StoreError> {
        let watcher = self.watcher.lock().unwrap_or_else(PoisonError::into_inner);
        let version: i64 = watcher
            .pragma_query_value(None, "data_version", |row| row.get(0))
            .map_err(StoreError::sql("read data version"))?;
        Ok(version.cast_unsigned())
    }

    fn features_version(&self) -> Result<FeaturesVersion, StoreError> {
        self.read(read::features_version)
    }

    fn begin_import(&self) -> Result<Box<dyn ImportSession>, StoreError> {
        Ok(Box::new(import::SqliteImport::begin(self.writer()?)?))
    }

    fn set_attributes(&self, id: &str, changes: &Attributes) -> Result<u32, StoreError> {
        import::set_attributes(self.writer()?, id, changes)
    }

    fn scenarios(&self) -> Result<Vec<ScenarioInfo>, StoreError> {
        self.read(scenario::list)
    }

    fn scenario(&self, id: &str) -> Result<Option<ScenarioInfo>, StoreError> {
        self.read(|connection| scenario::one(connection, id))
    }

    fn scenario_steps(&self, id: &str) -> Result<Vec<ScenarioStep>, StoreError> {
        self.read(|connection| scenario::steps(connection, id))
    }

    fn scenario_edits(&self, id: &str, revision: Option<u64>) -> Result<Vec<Edit>, StoreError> {
        self.read(|connection| scenario::edits(connection, id, revision, true))
    }

    fn scenario_edit_numbers(&self, id: &str, revision: Option<u64>) -> Result<Vec<Edit>, StoreError> {
        self.read(|connection| scenario::edits(connection, id, revision, false))
    }

    fn city_facts(&self) -> Result<OwnedFacts, StoreError> {
        self.read(scenario::facts)
    }

    fn create_scenario(&self, new: &NewScenario) -> Result<ScenarioInfo, StoreError> {
        scenario_write::create(&mut self.writer()?, new)
    }

    fn change_scenario(
        &self,
        id: &str,
        expected: Option<u64>,
        author: &str,
        change: &ScenarioChange,
    ) -> Result<ScenarioWritten, StoreError> {
        scenario_write::change(&mut self.writer()?, id, expected, author, change)
    }

    fn record_publication(&self, record: &PublicationRecord) -> Result<RevisionInfo, StoreError> {
        publish::record(&mut self.writer()?, record)
    }

    fn forget_revisions(&self, keep: u32) -> Result<(Vec<u64>, Vec<String>), StoreError> {
        publish::forget(&mut self.writer()?, keep)
    }
}
