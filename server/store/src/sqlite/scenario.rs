//! Reading scenarios: edits are written once and never changed, rows that put them in force are only ever closed.

use crate::StoreError;
use crate::scenario::{OwnedFacts, ScenarioInfo, ScenarioStep};
use city_model::scenario::{Action, BASE_DATE, Edit, Step, StepKind};
use city_model::{Date, Lifespan};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

const INFO_COLUMNS: &str = "s.id, s.name, s.note, s.base_revision, s.revision, p.id, s.parent_revision, \
     (SELECT num_edits FROM scenario_steps t WHERE t.scenario_id = s.scenario_id AND t.revision = s.revision), \
     s.created_at, s.created_by, s.updated_at, s.updated_by, s.is_archived, s.scenario_id";
const INFO_TABLES: &str = "scenarios s LEFT JOIN scenarios p ON p.scenario_id = s.parent_id";

fn info(row: &Row<'_>) -> rusqlite::Result<ScenarioInfo> {
    Ok(ScenarioInfo {
        id: row.get(0)?,
        name: row.get(1)?,
        note: row.get(2)?,
        base_revision: row.get::<_, i64>(3)?.cast_unsigned(),
        revision: row.get::<_, i64>(4)?.cast_unsigned(),
        parent: row.get(5)?,
        parent_revision: row.get::<_, Option<i64>>(6)?.map(i64::cast_unsigned),
        num_edits: row.get::<_, i64>(7)?.cast_unsigned(),
        created_at: row.get(8)?,
        created_by: row.get(9)?,
        updated_at: row.get(10)?,
        updated_by: row.get(11)?,
        is_archived: row.get(12)?,
    })
}

/// Scenarios in the order in which they were made.
pub(super) fn list(connection: &Connection) -> Result<Vec<ScenarioInfo>, StoreError> {
    connection
        .prepare_cached(&format!(
            "SELECT {INFO_COLUMNS} FROM {INFO_TABLES} ORDER BY s.scenario_id"
        ))
        .and_then(|mut statement| statement.query_map([], info)?.collect())
        .map_err(StoreError::sql("list scenarios"))
}

pub(super) fn one(connection: &Connection, id: &str) -> Result<Option<ScenarioInfo>, StoreError> {
    Ok(find(connection, id)?.map(|(_, info)| info))
}

fn find(connection: &Connection, id: &str) -> Result<Option<(i64, ScenarioInfo)>, StoreError> {
    connection
        .prepare_cached(&format!("SELECT {INFO_COLUMNS} FROM {INFO_TABLES} WHERE s.id = ?1"))
        .and_then(|mut statement| {
            statement
                .query_row([id], |row| Ok((row.get(13)?, info(row)?)))
                .optional()
        })
        .map_err(StoreError::sql("read scenario"))
}

pub(super) fn must_find(connection: &Connection, id: &str) -> Result<(i64, ScenarioInfo), StoreError> {
    find(connection, id)?.ok_or_else(|| StoreError::NoSuchScenario { id: id.to_owned() })
}

/// Steps by ascending revision.
pub(super) fn steps(connection: &Connection, id: &str) -> Result<Vec<ScenarioStep>, StoreError> {
    let (scenario_id, _) = must_find(connection, id)?;
    let uids = |json: String| serde_json::from_str(&json).unwrap_or_default();
    connection
        .prepare_cached(
            "SELECT t.revision, t.kind, t.opened, t.closed, t.author, t.at, t.name, t.note, t.num_edits, t.city_revision, t.feature_count,
             m.id, t.merged_revision
             FROM scenario_steps t LEFT JOIN scenarios m ON m.scenario_id = t.merged_id WHERE t.scenario_id = ?1 ORDER BY t.revision",
        )
        .and_then(|mut statement| {
            statement
                .query_map([scenario_id], |row| {
                    let merged: Option<String> = row.get(11)?;
                    Ok(ScenarioStep {
                        step: Step {
                            revision: row.get::<_, i64>(0)?.cast_unsigned(),
                            kind: StepKind::from_name(&row.get::<_, String>(1)?).unwrap_or(StepKind::Rename),
                            opened: uids(row.get(2)?),
                            closed: uids(row.get(3)?),
                            author: row.get(4)?,
                            at: row.get(5)?,
                        },
                        name: row.get(6)?,
                        note: row.get(7)?,
                        num_edits: row.get::<_, i64>(8)?.cast_unsigned(),
                        city_revision: row.get::<_, i64>(9)?.cast_unsigned(),
                        feature_count: row.get(10)?,
                        merged: merged.zip(row.get::<_, Option<i64>>(12)?.map(i64::cast_unsigned)),
                    })
                })?
                .collect()
        })
        .map_err(StoreError::sql("read scenario steps"))
}

/// Edits in force at a revision (the last one when `None`), by ascending `seq`. Without `with_ids` the lists of ids stay
/// empty, which is all that compilation needs.
pub(super) fn edits(
    connection: &Connection,
    id: &str,
    revision: Option<u64>,
    with_ids: bool,
) -> Result<Vec<Edit>, StoreError> {
    let (scenario_id, info) = must_find(connection, id)?;
    let revision = revision.unwrap_or(info.revision);
    edits_at(connection, scenario_id, revision, with_ids)
}

pub(super) fn edits_at(
    connection: &Connection,
    scenario_id: i64,
    revision: u64,
    with_ids: bool,
) -> Result<Vec<Edit>, StoreError> {
    let mut edits: Vec<Edit> = connection
        .prepare_cached(
            "SELECT e.uid, r.seq, e.action, e.features, e.added, e.attributes, e.project, e.phase, e.author, e.note, e.at, r.from_revision
             FROM scenario_edits r JOIN scenario_edit_bodies e USING (uid)
             WHERE r.scenario_id = ?1 AND r.from_revision <= ?2 AND (r.until_revision IS NULL OR r.until_revision > ?2)
             ORDER BY r.seq, r.from_revision",
        )
        .and_then(|mut statement| {
            statement
                .query_map(params![scenario_id, revision.cast_signed()], |row| {
                    Ok(Edit {
                        uid: row.get(0)?,
                        seq: row.get::<_, i64>(1)?.cast_unsigned(),
                        action: Action::from_name(&row.get::<_, String>(2)?).unwrap_or(Action::Retain),
                        features: Vec::new(),
                        feature_indices: numbers(&row.get::<_, Vec<u8>>(3)?),
                        added: Vec::new(),
                        added_indices: numbers(&row.get::<_, Vec<u8>>(4)?),
                        attributes: serde_json::from_str(&row.get::<_, String>(5)?).unwrap_or_default(),
                        project: row.get(6)?,
                        phase: row.get::<_, Option<i32>>(7)?.map(Date),
                        author: row.get(8)?,
                        note: row.get(9)?,
                        at: row.get(10)?,
                        from_revision: row.get::<_, i64>(11)?.cast_unsigned(),
                        // what a later revision did to the row is not part of this one
                        until_revision: None,
                    })
                })?
                .collect()
        })
        .map_err(StoreError::sql("read scenario edits"))?;
    if with_ids {
        for edit in &mut edits {
            edit.features = ids(connection, &edit.feature_indices)?;
            edit.added = ids(connection, &edit.added_indices)?;
        }
    }
    Ok(edits)
}

/// Ids of numbers; features that are gone keep theirs.
pub(super) fn ids(connection: &Connection, indices: &[u32]) -> Result<Vec<String>, StoreError> {
    let mut statement = connection
        .prepare_cached("SELECT id FROM features WHERE idx = ?1")
        .map_err(StoreError::sql("read feature id"))?;
    indices
        .iter()
        .map(|index| {
            statement
                .query_row([index], |row| row.get(0))
                .map_err(StoreError::sql("read feature id"))
        })
        .collect()
}

fn numbers(bytes: &[u8]) -> Vec<u32> {
    bytes
        .as_chunks::<4>()
        .0
        .iter()
        .map(|b| u32::from_le_bytes(*b))
        .collect()
}

pub(super) fn blob(indices: &[u32]) -> Vec<u8> {
    indices.iter().flat_map(|i| i.to_le_bytes()).collect()
}

/// See [`OwnedFacts`].
pub(super) fn facts(connection: &Connection) -> Result<OwnedFacts, StoreError> {
    let action = StoreError::sql;
    let count = feature_count(connection)?;
    let proposals = connection
        .prepare_cached("SELECT idx FROM proposals ORDER BY idx")
        .and_then(|mut statement| statement.query_map([], |row| row.get(0))?.collect())
        .map_err(action("read proposals"))?;
    let lifespans = connection
        .prepare_cached(
            "SELECT idx, lifespan_from, lifespan_to FROM features
             WHERE lifespan_to IS NOT NULL OR lifespan_from > 20231231 ORDER BY idx",
        )
        .and_then(|mut statement| {
            statement
                .query_map([], |row| {
                    let life = Lifespan {
                        from: row.get::<_, Option<i32>>(1)?.map(Date),
                        to: row.get::<_, Option<i32>>(2)?.map(Date),
                    };
                    Ok((row.get(0)?, life))
                })?
                .collect()
        })
        .map_err(action("read lifespans"))?;
    debug_assert_eq!(BASE_DATE, Date(20_231_231), "as in the partial index and the query");
    Ok(OwnedFacts {
        count,
        proposals,
        lifespans,
    })
}

pub(super) fn feature_count(connection: &Connection) -> Result<u32, StoreError> {
    connection
        .query_row("SELECT coalesce(max(idx) + 1, 0) FROM features", [], |row| row.get(0))
        .map_err(StoreError::sql("count features"))
}

pub(super) fn city_revision(connection: &Connection) -> Result<u64, StoreError> {
    connection
        .query_row("SELECT coalesce(max(revision), 0) FROM revisions", [], |row| {
            row.get::<_, i64>(0)
        })
        .map(i64::cast_unsigned)
        .map_err(StoreError::sql("read revision"))
}
