//! What is wrong with a database: damaged pages, broken references, tables that contradict each other.

use crate::StoreError;
use rusqlite::Connection;

/// Pages and references that SQLite itself can judge; one row a finding.
const OF_SQLITE: &[(&str, &str)] = &[
    (
        "database pages",
        "SELECT quick_check FROM pragma_quick_check WHERE quick_check <> 'ok' LIMIT 20",
    ),
    (
        "references",
        "SELECT \"table\" || ' row ' || coalesce(rowid, '?') || ' refers to a row of ' || parent || ' that is gone'
         FROM pragma_foreign_key_check LIMIT 20",
    ),
];

/// Counts that must be 0.
const CONTRADICTIONS: &[(&str, &str)] = &[
    (
        "features without a body",
        "SELECT count(*) FROM features WHERE live = 1 AND idx NOT IN (SELECT idx FROM feature_bodies)",
    ),
    (
        "features with bounds that the spatial index does not know",
        "SELECT count(*) FROM features WHERE live = 1 AND min_x IS NOT NULL
         AND idx NOT IN (SELECT idx FROM feature_rtree)",
    ),
    (
        "entries of the spatial index without a live feature",
        "SELECT count(*) FROM feature_rtree WHERE idx NOT IN (SELECT idx FROM features WHERE live = 1)",
    ),
];

/// Findings, a sentence each; empty when all is well.
pub(super) fn verify(connection: &Connection) -> Result<Vec<String>, StoreError> {
    let mut found = Vec::new();
    for (what, query) in OF_SQLITE {
        let mut statement = connection.prepare(query).map_err(StoreError::sql("verify"))?;
        let rows = statement
            .query_map([], |row| row.get::<_, String>(0))
            .map_err(StoreError::sql("verify"))?;
        for row in rows {
            found.push(format!("{what}: {}", row.map_err(StoreError::sql("verify"))?));
        }
    }
    for (what, query) in CONTRADICTIONS {
        let count: i64 = connection
            .query_row(query, [], |row| row.get(0))
            .map_err(StoreError::sql("verify"))?;
        if count > 0 {
            found.push(format!("{count} {what}"));
        }
    }
    Ok(found)
}
