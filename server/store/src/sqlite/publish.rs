//! Recording publications: one transaction makes a revision the published one.

use crate::{PublicationRecord, RevisionInfo, StoreError};
use city_model::FeatureIndex;
use rusqlite::{Connection, OptionalExtension as _, Row, TransactionBehavior, params};

const REVISION_COLUMNS: &str = "revision, published_at, num_features, num_contents, num_encoded, bytes, bounds_enu";

pub(super) fn published(connection: &Connection) -> Result<Option<RevisionInfo>, StoreError> {
    connection
        .prepare_cached(&format!(
            "SELECT {REVISION_COLUMNS} FROM revisions ORDER BY revision DESC LIMIT 1"
        ))
        .and_then(|mut statement| statement.query_row([], revision_info).optional())
        .map_err(StoreError::sql("read revision"))
}

fn revision_info(row: &Row<'_>) -> rusqlite::Result<RevisionInfo> {
    let bounds: String = row.get(6)?;
    Ok(RevisionInfo {
        revision: row.get::<_, i64>(0)?.cast_unsigned(),
        published_at: row.get(1)?,
        num_features: row.get::<_, i64>(2)?.cast_unsigned(),
        num_contents: row.get::<_, i64>(3)?.cast_unsigned(),
        num_encoded: row.get::<_, i64>(4)?.cast_unsigned(),
        bytes: row.get::<_, i64>(5)?.cast_unsigned(),
        bounds_enu: serde_json::from_str(&bounds).unwrap_or_default(),
    })
}

pub(super) fn tiles_of(connection: &Connection, index: FeatureIndex) -> Result<Vec<String>, StoreError> {
    connection
        .prepare_cached(
            "SELECT c.name FROM feature_tiles t JOIN contents c USING (content_id) JOIN revision_contents r USING (content_id)
             WHERE t.idx = ?1 AND r.revision = (SELECT max(revision) FROM revisions) ORDER BY c.name",
        )
        .and_then(|mut statement| statement.query_map([index.0], |row| row.get(0))?.collect())
        .map_err(StoreError::sql("read tiles of feature"))
}

pub(super) fn changed_contents(connection: &Connection, from: u64, to: u64) -> Result<Vec<String>, StoreError> {
    connection
        .prepare_cached(
            "SELECT c.name FROM revision_contents r JOIN contents c USING (content_id) WHERE r.revision = ?2 AND c.name NOT LIKE '%.rec' AND NOT EXISTS
             (SELECT 1 FROM revision_contents o WHERE o.revision = ?1 AND o.content_id = r.content_id)
             AND c.name NOT LIKE '%.rec' ORDER BY c.name",
        )
        .and_then(|mut statement| statement.query_map(params![from.cast_signed(), to.cast_signed()], |row| row.get(0))?.collect())
        .map_err(StoreError::sql("compare revisions"))
}

pub(super) fn content_names(connection: &Connection) -> Result<Vec<String>, StoreError> {
    connection
        .prepare_cached("SELECT name FROM contents ORDER BY name")
        .and_then(|mut statement| statement.query_map([], |row| row.get(0))?.collect())
        .map_err(StoreError::sql("list contents"))
}

pub(super) fn record(connection: &mut Connection, record: &PublicationRecord) -> Result<RevisionInfo, StoreError> {
    let action = StoreError::sql;
    let bytes: u64 = record.contents.iter().map(|c| c.bytes).sum();
    let (min, max) = (record.bounds_enu.min, record.bounds_enu.max);
    let bounds = if record.bounds_enu.is_empty() {
        [0.0; 6]
    } else {
        [min.x, min.y, min.z, max.x, max.y, max.z]
    };
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(action("begin publication"))?;
    transaction
        .execute(
            "INSERT INTO revisions (revision, published_at, num_features, num_contents, num_encoded, bytes, bounds_enu)
             VALUES (?1, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), ?2, ?3, ?4, ?5, ?6)",
            params![
                record.revision.cast_signed(),
                record.num_features.cast_signed(),
                record.contents.iter().filter(|c| !c.name.ends_with(".rec")).count() as i64,
                record.num_encoded.cast_signed(),
                bytes.cast_signed(),
                serde_json::to_string(&bounds).unwrap_or_default()
            ],
        )
        .map_err(action("record revision"))?;
    // in the order of the feature numbers, the key of the table: a first publication appends
    let mut feature_tiles: Vec<(u32, i64)> = Vec::new();
    {
        let mut insert = transaction
            .prepare_cached(
                "INSERT INTO contents (name, bytes, features) VALUES (?1, ?2, ?3) ON CONFLICT (name) DO NOTHING",
            )
            .map_err(action("record content"))?;
        let mut find = transaction
            .prepare_cached("SELECT content_id FROM contents WHERE name = ?1")
            .map_err(action("find content"))?;
        let mut link = transaction
            .prepare_cached("INSERT OR IGNORE INTO revision_contents VALUES (?1, ?2)")
            .map_err(action("link content"))?;
        for content in &record.contents {
            let features: Vec<u8> = content
                .features
                .iter()
                .flat_map(|index| index.0.to_le_bytes())
                .collect();
            let is_new = insert
                .execute(params![content.name, content.bytes.cast_signed(), features])
                .map_err(action("record content"))?
                > 0;
            let content_id: i64 = find
                .query_row([&content.name], |row| row.get(0))
                .map_err(action("find content"))?;
            link.execute(params![record.revision.cast_signed(), content_id])
                .map_err(action("link content"))?;
            if is_new {
                feature_tiles.extend(content.features.iter().map(|index| (index.0, content_id)));
            }
        }
        feature_tiles.sort_unstable();
        let mut insert = transaction
            .prepare_cached("INSERT OR IGNORE INTO feature_tiles VALUES (?1, ?2)")
            .map_err(action("map features"))?;
        for (index, content_id) in feature_tiles {
            insert
                .execute(params![index, content_id])
                .map_err(action("map features"))?;
        }
    }
    let detail = serde_json::json!({ "revision": record.revision, "contents": record.contents.len(), "encoded": record.num_encoded });
    super::import::audit(&transaction, "publish", &detail.to_string())?;
    transaction.commit().map_err(action("commit publication"))?;
    published(connection)?.ok_or(StoreError::EmptyCity)
}

pub(super) fn forget(connection: &mut Connection, keep: u32) -> Result<(Vec<u64>, Vec<String>), StoreError> {
    let action = StoreError::sql;
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(action("begin clean-up"))?;
    let collect_ids = |sql: &str, keep: u32| -> Result<Vec<i64>, StoreError> {
        transaction
            .prepare(sql)
            .and_then(|mut statement| statement.query_map([keep], |row| row.get(0))?.collect())
            .map_err(action("find old revisions"))
    };
    let old = collect_ids(
        "SELECT revision FROM revisions ORDER BY revision DESC LIMIT -1 OFFSET ?1",
        keep.max(1),
    )?;
    for revision in &old {
        for sql in [
            "DELETE FROM revision_contents WHERE revision = ?1",
            "DELETE FROM revisions WHERE revision = ?1",
        ] {
            transaction
                .execute(sql, [revision])
                .map_err(action("forget revision"))?;
        }
    }
    let unused: Vec<(i64, String, Vec<u8>)> = transaction
        .prepare("SELECT content_id, name, features FROM contents c WHERE NOT EXISTS (SELECT 1 FROM revision_contents r WHERE r.content_id = c.content_id) ORDER BY name")
        .and_then(|mut statement| statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?.collect())
        .map_err(action("find unused contents"))?;
    for (content_id, _, features) in &unused {
        for index in features.as_chunks::<4>().0 {
            transaction
                .prepare_cached("DELETE FROM feature_tiles WHERE idx = ?1 AND content_id = ?2")
                .and_then(|mut statement| statement.execute(params![u32::from_le_bytes(*index), content_id]))
                .map_err(action("unmap features"))?;
        }
        transaction
            .execute("DELETE FROM contents WHERE content_id = ?1", [content_id])
            .map_err(action("forget content"))?;
    }
    super::import::audit(
        &transaction,
        "gc",
        &serde_json::json!({ "revisions": old, "contents": unused.len() }).to_string(),
    )?;
    transaction.commit().map_err(action("commit clean-up"))?;
    Ok((
        old.into_iter().map(i64::cast_unsigned).collect(),
        unused.into_iter().map(|(_, name, _)| name).collect(),
    ))
}
