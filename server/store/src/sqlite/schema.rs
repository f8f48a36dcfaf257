//! Tables of `city.db`, and how an older database is brought up to date.
//!
//! Each migration runs in its own transaction and leaves a row in `migrations`; a published migration is never edited.

use crate::StoreError;
use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior};
use std::path::Path;

/// `PRAGMA application_id`: "CJJG".
const APPLICATION_ID: i32 = 0x434A_4A47;

/// (what it does, statements); the version is the position, from 1.
const MIGRATIONS: &[(&str, &str)] = &[("first tables", FIRST), ("scenarios", SCENARIOS)];

const FIRST: &str = "
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE layers (layer_id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;

CREATE TABLE datasets (
  dataset_id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, title TEXT, crs TEXT, attribution TEXT, licence TEXT,
  features INTEGER NOT NULL, quarantined INTEGER NOT NULL, imported_at TEXT NOT NULL
) STRICT;

-- rows are small so that a scan over all of them is quick; what is big is in feature_bodies
CREATE TABLE features (
  idx INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, class INTEGER NOT NULL,
  layer_id INTEGER NOT NULL REFERENCES layers (layer_id), layer_code INTEGER NOT NULL, parent TEXT, name TEXT,
  min_x REAL, min_y REAL, min_z REAL, max_x REAL, max_y REAL, max_z REAL, on_terrain INTEGER NOT NULL,
  lifespan_from INTEGER, lifespan_to INTEGER,
  revision INTEGER NOT NULL, content_hash INTEGER NOT NULL, geometry_bytes INTEGER NOT NULL, live INTEGER NOT NULL
) STRICT;
CREATE INDEX features_by_layer_code ON features (layer_code);
CREATE INDEX features_by_parent ON features (parent) WHERE parent IS NOT NULL;

CREATE TABLE feature_bodies (
  idx INTEGER PRIMARY KEY REFERENCES features (idx), attributes TEXT NOT NULL, geometry BLOB NOT NULL
) STRICT;

-- plan bounds in the scene CRS, rounded outwards to 32-bit floats by SQLite; the exact ones are in features
CREATE VIRTUAL TABLE feature_rtree USING rtree (idx, min_x, max_x, min_y, max_y);

-- tokens are made by crate::text; only which feature has which token is kept
CREATE VIRTUAL TABLE feature_search USING fts5 (tokens, content='', contentless_delete=1, detail=none, tokenize='ascii');

CREATE TABLE terrain (
  terrain_id INTEGER PRIMARY KEY, layer_id INTEGER NOT NULL REFERENCES layers (layer_id),
  origin_x REAL NOT NULL, origin_y REAL NOT NULL, step_x REAL NOT NULL, step_y REAL NOT NULL,
  num_x INTEGER NOT NULL, num_y INTEGER NOT NULL, content_hash INTEGER NOT NULL, heights BLOB NOT NULL,
  UNIQUE (layer_id, origin_x, origin_y, step_x, step_y, num_x, num_y)
) STRICT;

CREATE TABLE revisions (
  revision INTEGER PRIMARY KEY, published_at TEXT NOT NULL, num_features INTEGER NOT NULL, num_contents INTEGER NOT NULL,
  num_encoded INTEGER NOT NULL, bytes INTEGER NOT NULL, bounds_enu TEXT NOT NULL
) STRICT;
CREATE TABLE contents (
  -- features: numbers drawn in full, u32 little endian
  content_id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, bytes INTEGER NOT NULL, features BLOB NOT NULL
) STRICT;
CREATE TABLE revision_contents (
  revision INTEGER NOT NULL REFERENCES revisions (revision), content_id INTEGER NOT NULL REFERENCES contents (content_id),
  PRIMARY KEY (revision, content_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX revision_contents_by_content ON revision_contents (content_id);
-- the same the other way round; a content is immutable, so its rows are written once
CREATE TABLE feature_tiles (
  idx INTEGER NOT NULL REFERENCES features (idx), content_id INTEGER NOT NULL REFERENCES contents (content_id),
  PRIMARY KEY (idx, content_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
  audit_id INTEGER PRIMARY KEY, at TEXT NOT NULL, action TEXT NOT NULL, detail TEXT NOT NULL
) STRICT;
";

const SCENARIOS: &str = "
-- what scenarios propose: absent from the city unless a scenario builds it
CREATE TABLE proposals (idx INTEGER PRIMARY KEY REFERENCES features (idx)) STRICT;
INSERT INTO proposals SELECT idx FROM features JOIN layers USING (layer_id) WHERE layers.name = 'proposals';

-- few features come or go by their own dates
CREATE INDEX features_by_lifespan ON features (idx) WHERE lifespan_to IS NOT NULL OR lifespan_from > 20231231;

CREATE TABLE scenarios (
  scenario_id INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, note TEXT NOT NULL,
  base_revision INTEGER NOT NULL, revision INTEGER NOT NULL,
  parent_id INTEGER REFERENCES scenarios (scenario_id), parent_revision INTEGER,
  created_at TEXT NOT NULL, created_by TEXT NOT NULL, updated_at TEXT NOT NULL, updated_by TEXT NOT NULL,
  is_archived INTEGER NOT NULL
) STRICT;

-- one row for each write; opened, closed: JSON lists of uids; feature_count, city_revision: the city as it was then
CREATE TABLE scenario_steps (
  scenario_id INTEGER NOT NULL REFERENCES scenarios (scenario_id), revision INTEGER NOT NULL, kind TEXT NOT NULL,
  author TEXT NOT NULL, at TEXT NOT NULL, name TEXT NOT NULL, note TEXT NOT NULL, opened TEXT NOT NULL, closed TEXT NOT NULL,
  num_edits INTEGER NOT NULL, city_revision INTEGER NOT NULL, feature_count INTEGER NOT NULL,
  merged_id INTEGER REFERENCES scenarios (scenario_id), merged_revision INTEGER,
  PRIMARY KEY (scenario_id, revision)
) STRICT, WITHOUT ROWID;

-- what was decided; written once. features, added: numbers, u32 little endian
CREATE TABLE scenario_edit_bodies (
  uid TEXT PRIMARY KEY, action TEXT NOT NULL, features BLOB NOT NULL, added BLOB NOT NULL, attributes TEXT NOT NULL,
  project TEXT, phase INTEGER, author TEXT NOT NULL, note TEXT NOT NULL, at TEXT NOT NULL
) STRICT;

-- in which revisions of which scenario an edit is in force; rows are only ever closed
CREATE TABLE scenario_edits (
  scenario_id INTEGER NOT NULL REFERENCES scenarios (scenario_id), uid TEXT NOT NULL REFERENCES scenario_edit_bodies (uid),
  from_revision INTEGER NOT NULL, until_revision INTEGER, seq INTEGER NOT NULL,
  PRIMARY KEY (scenario_id, uid, from_revision)
) STRICT, WITHOUT ROWID;
";

/// Brings the database to the newest schema.
pub(super) fn migrate(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    let damaged = |reason: String| StoreError::Damaged {
        path: path.to_owned(),
        reason,
    };
    let application_id: i32 = connection
        .pragma_query_value(None, "application_id", |row| row.get(0))
        .map_err(|err| damaged(err.to_string()))?;
    let known = u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX);
    let found = version(connection).map_err(|err| damaged(err.to_string()))?;
    if found > known {
        return Err(StoreError::NewerSchema {
            path: path.to_owned(),
            found,
            known,
        });
    }
    if application_id != APPLICATION_ID {
        let tables: i64 = connection
            .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
            .map_err(|err| damaged(err.to_string()))?;
        if tables > 0 {
            return Err(damaged("it holds the tables of another program".to_owned()));
        }
    }
    if found == known {
        return Ok(());
    }
    let action = StoreError::sql;
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(action("begin migration"))?;
    // another process may have migrated between the look and the lock
    let found = version(&transaction).map_err(action("read schema version"))?;
    transaction
        .pragma_update(None, "application_id", APPLICATION_ID)
        .map_err(action("mark database"))?;
    transaction
        .execute_batch(
            "CREATE TABLE IF NOT EXISTS migrations (version INTEGER PRIMARY KEY, description TEXT NOT NULL, applied_at TEXT NOT NULL) STRICT",
        )
        .map_err(action("make migration table"))?;
    for (number, (description, statements)) in (1_u32..).zip(MIGRATIONS) {
        if number > found {
            transaction.execute_batch(statements).map_err(action("migrate"))?;
            transaction
                .execute(
                    "INSERT INTO migrations VALUES (?1, ?2, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))",
                    rusqlite::params![number, description],
                )
                .map_err(action("record migration"))?;
        }
    }
    transaction.commit().map_err(action("commit migration"))
}

/// Version of the schema; 0 for an empty database.
pub(super) fn version(connection: &Connection) -> rusqlite::Result<u32> {
    let has_table = connection
        .query_row("SELECT 1 FROM sqlite_schema WHERE name = 'migrations'", [], |_| Ok(()))
        .optional()?
        .is_some();
    if has_table {
        connection.query_row("SELECT coalesce(max(version), 0) FROM migrations", [], |row| row.get(0))
    } else {
        Ok(0)
    }
}
