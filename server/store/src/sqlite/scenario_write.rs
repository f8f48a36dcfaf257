//! Writing scenarios: one transaction, one revision, one audit row each.

use super::import::{audit, insert_feature, layer_id};
use super::scenario::{blob, city_revision, edits_at, feature_count, ids, must_find, steps};
use crate::scenario::{NewEdit, NewScenario, ScenarioChange, ScenarioInfo, ScenarioWritten};
use crate::{EncodedFeature, StoreError};
use city_model::scenario::{Action, Edit, History, Step, StepKind};
use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior, params};

fn begin(connection: &mut Connection) -> Result<Transaction<'_>, StoreError> {
    connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(StoreError::sql("begin scenario write"))
}

/// Makes a scenario, empty or with the edits of its parent.
pub(super) fn create(connection: &mut Connection, new: &NewScenario) -> Result<ScenarioInfo, StoreError> {
    let action = StoreError::sql;
    let transaction = begin(connection)?;
    let parent = match &new.parent {
        Some((id, revision)) => {
            let (parent_id, info) = must_find(&transaction, id)?;
            if *revision == 0 || *revision > info.revision {
                return Err(StoreError::NoSuchScenario {
                    id: format!("{id} at revision {revision}"),
                });
            }
            Some((parent_id, *revision))
        }
        None => None,
    };
    let edits = match parent {
        Some((parent_id, revision)) => edits_at(&transaction, parent_id, revision, false)?,
        None => Vec::new(),
    };
    transaction
        .execute(
            "INSERT INTO scenarios (id, name, note, base_revision, revision, parent_id, parent_revision, created_at, created_by, updated_at, updated_by, is_archived)
             VALUES (?1, ?2, ?3, ?4, 0, ?5, ?6, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), ?7, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), ?7, 0)",
            params![
                new.id,
                new.name,
                new.note,
                city_revision(&transaction)?.cast_signed(),
                parent.map(|p| p.0),
                parent.map(|p| p.1.cast_signed()),
                new.author
            ],
        )
        .map_err(action("write scenario"))?;
    let scenario_id = transaction.last_insert_rowid();
    for edit in &edits {
        put_in_force(&transaction, scenario_id, &edit.uid, 1, edit.seq)?;
    }
    let opened = edits.into_iter().map(|e| e.uid).collect();
    let write = Write {
        scenario_id,
        id: &new.id,
        revision: 1,
        author: &new.author,
    };
    write.finish(&transaction, StepKind::Create, opened, Vec::new(), None)?;
    let made = must_find(&transaction, &new.id)?.1;
    transaction.commit().map_err(action("commit scenario"))?;
    Ok(made)
}

/// Changes a scenario in one transaction.
pub(super) fn change(
    connection: &mut Connection,
    id: &str,
    expected: Option<u64>,
    author: &str,
    change: &ScenarioChange,
) -> Result<ScenarioWritten, StoreError> {
    let action = StoreError::sql;
    let transaction = begin(connection)?;
    let (scenario_id, info) = must_find(&transaction, id)?;
    if expected.is_some_and(|expected| expected != info.revision) {
        return Err(StoreError::ScenarioChanged {
            id: id.to_owned(),
            revision: info.revision,
        });
    }
    if info.is_archived {
        return Err(StoreError::ScenarioArchived { id: id.to_owned() });
    }
    let write = Write {
        scenario_id,
        id,
        revision: info.revision + 1,
        author,
    };
    let mut added = Vec::new();
    let (opened, closed, merged) = match change {
        ScenarioChange::Edit(edits) => (write.add(&transaction, edits, &mut added)?, Vec::new(), None),
        ScenarioChange::Merge {
            append,
            close,
            from,
            from_revision,
        } => {
            let (from_id, _) = must_find(&transaction, from)?;
            write.close(&transaction, close)?;
            let opened = write.take_over(&transaction, append)?;
            (opened, close.clone(), Some((from_id, *from_revision)))
        }
        ScenarioChange::Undo | ScenarioChange::Redo => {
            let (opened, closed) = write.go_back_or_forth(&transaction, change.kind())?;
            (opened, closed, None)
        }
        ScenarioChange::Rename { name, note } => {
            transaction
                .execute(
                    "UPDATE scenarios SET name = coalesce(?2, name), note = coalesce(?3, note) WHERE scenario_id = ?1",
                    params![scenario_id, name, note],
                )
                .map_err(action("rename scenario"))?;
            (Vec::new(), Vec::new(), None)
        }
        ScenarioChange::Archive => {
            transaction
                .execute(
                    "UPDATE scenarios SET is_archived = 1 WHERE scenario_id = ?1",
                    [scenario_id],
                )
                .map_err(action("archive scenario"))?;
            (Vec::new(), Vec::new(), None)
        }
    };
    let changed: Vec<String> = opened.iter().chain(&closed).cloned().collect();
    write.finish(&transaction, change.kind(), opened.clone(), closed, merged)?;
    let mut edits = edits_at(&transaction, scenario_id, write.revision, false)?;
    edits.retain(|edit| edit.from_revision == write.revision && opened.contains(&edit.uid));
    for edit in &mut edits {
        edit.features = ids(&transaction, &edit.feature_indices)?;
        edit.added = ids(&transaction, &edit.added_indices)?;
    }
    let scenario = must_find(&transaction, id)?.1;
    transaction.commit().map_err(action("commit scenario"))?;
    Ok(ScenarioWritten {
        scenario,
        edits,
        changed,
        added,
    })
}

/// One write while it is made.
struct Write<'a> {
    scenario_id: i64,
    id: &'a str,
    revision: u64,
    author: &'a str,
}

impl Write<'_> {
    fn next_seq(&self, transaction: &Transaction<'_>) -> Result<u64, StoreError> {
        transaction
            .query_row(
                "SELECT coalesce(max(seq), 0) + 1 FROM scenario_edits WHERE scenario_id = ?1",
                [self.scenario_id],
                |row| row.get::<_, i64>(0),
            )
            .map(i64::cast_unsigned)
            .map_err(StoreError::sql("number edits"))
    }

    /// Writes new edits with their proposals; gives the uids.
    fn add(
        &self,
        transaction: &Transaction<'_>,
        edits: &[NewEdit],
        added: &mut Vec<(String, u32)>,
    ) -> Result<Vec<String>, StoreError> {
        for (seq, new) in (self.next_seq(transaction)?..).zip(edits) {
            let bodies = new
                .bodies
                .iter()
                .map(|body| put_proposal(transaction, body))
                .collect::<Result<Vec<u32>, StoreError>>()?;
            added.extend(new.bodies.iter().map(|b| b.id.clone()).zip(bodies.iter().copied()));
            let mut edit = new.edit.clone();
            if edit.action == Action::Build {
                edit.feature_indices.extend(&bodies);
                edit.added_indices.clone_from(&edit.feature_indices);
            } else {
                edit.added_indices = bodies;
            }
            for index in &edit.feature_indices {
                expect_live(transaction, *index)?;
            }
            self.write_body(transaction, &edit)?;
            put_in_force(transaction, self.scenario_id, &edit.uid, self.revision, seq)?;
        }
        Ok(edits.iter().map(|new| new.edit.uid.clone()).collect())
    }

    /// Puts edits of another scenario in force; gives the uids.
    fn take_over(&self, transaction: &Transaction<'_>, edits: &[Edit]) -> Result<Vec<String>, StoreError> {
        let mut next = self.next_seq(transaction)?;
        let mut uids = Vec::with_capacity(edits.len());
        for edit in edits {
            let seq = if edit.seq == 0 { next } else { edit.seq };
            next = next.max(seq + 1);
            let uid = self.own_uid(transaction, edit)?;
            put_in_force(transaction, self.scenario_id, &uid, self.revision, seq)?;
            uids.push(uid);
        }
        Ok(uids)
    }

    /// Uid under which an edit is known: its own, unless the merge took it for fewer features than it was made for.
    fn own_uid(&self, transaction: &Transaction<'_>, edit: &Edit) -> Result<String, StoreError> {
        let stored: Option<Vec<u8>> = transaction
            .query_row(
                "SELECT features FROM scenario_edit_bodies WHERE uid = ?1",
                [&edit.uid],
                |row| row.get(0),
            )
            .optional()
            .map_err(StoreError::sql("find edit"))?;
        if stored.as_ref() == Some(&blob(&edit.feature_indices)) {
            return Ok(edit.uid.clone());
        }
        let uid = format!("{}-{}{}", edit.uid, self.id.trim_start_matches("s-"), self.revision);
        self.write_body(
            transaction,
            &Edit {
                uid: uid.clone(),
                ..edit.clone()
            },
        )?;
        Ok(uid)
    }

    fn write_body(&self, transaction: &Transaction<'_>, edit: &Edit) -> Result<(), StoreError> {
        let attributes = serde_json::to_string(&edit.attributes).map_err(|err| StoreError::Unstorable {
            what: format!("edit {:?}", edit.uid),
            reason: err.to_string(),
        })?;
        transaction
            .prepare_cached(
                "INSERT INTO scenario_edit_bodies (uid, action, features, added, attributes, project, phase, author, note, at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, CASE WHEN ?10 = '' THEN strftime('%Y-%m-%dT%H:%M:%fZ', 'now') ELSE ?10 END)",
            )
            .and_then(|mut statement| {
                statement.execute(params![
                    edit.uid,
                    edit.action.as_str(),
                    blob(&edit.feature_indices),
                    blob(&edit.added_indices),
                    attributes,
                    edit.project,
                    edit.phase.map(|d| d.0),
                    edit.author,
                    edit.note,
                    edit.at
                ])
            })
            .map(drop)
            .map_err(StoreError::sql("write edit"))
    }

    fn close(&self, transaction: &Transaction<'_>, uids: &[String]) -> Result<(), StoreError> {
        let mut statement = transaction
            .prepare_cached(
                "UPDATE scenario_edits SET until_revision = ?3 WHERE scenario_id = ?1 AND uid = ?2 AND until_revision IS NULL",
            )
            .map_err(StoreError::sql("end edit"))?;
        for uid in uids {
            statement
                .execute(params![self.scenario_id, uid, self.revision.cast_signed()])
                .map_err(StoreError::sql("end edit"))?;
        }
        Ok(())
    }

    /// Undo or redo; gives the uids put in and taken out of force.
    fn go_back_or_forth(
        &self,
        transaction: &Transaction<'_>,
        kind: StepKind,
    ) -> Result<(Vec<String>, Vec<String>), StoreError> {
        let steps: Vec<Step> = steps(transaction, self.id)?.into_iter().map(|s| s.step).collect();
        let history = History::of(&steps);
        let at = match kind {
            StepKind::Undo => history.to_undo(),
            _ => history.to_redo(),
        };
        let Some(step) = at.and_then(|at| steps.get(at)) else {
            return Err(StoreError::NothingToUndo { what: kind.as_str() });
        };
        let (opened, closed) = match kind {
            StepKind::Undo => (step.closed.clone(), step.opened.clone()),
            _ => (step.opened.clone(), step.closed.clone()),
        };
        self.close(transaction, &closed)?;
        for uid in &opened {
            let seq: i64 = transaction
                .query_row(
                    "SELECT seq FROM scenario_edits WHERE scenario_id = ?1 AND uid = ?2 ORDER BY from_revision DESC LIMIT 1",
                    params![self.scenario_id, uid],
                    |row| row.get(0),
                )
                .map_err(StoreError::sql("find edit"))?;
            put_in_force(transaction, self.scenario_id, uid, self.revision, seq.cast_unsigned())?;
        }
        Ok((opened, closed))
    }

    /// Raises the revision, and writes the step and the audit row.
    fn finish(
        &self,
        transaction: &Transaction<'_>,
        kind: StepKind,
        opened: Vec<String>,
        closed: Vec<String>,
        merged: Option<(i64, u64)>,
    ) -> Result<(), StoreError> {
        let action = StoreError::sql;
        let revision = self.revision.cast_signed();
        transaction
            .execute(
                "UPDATE scenarios SET revision = ?2, updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), updated_by = ?3 WHERE scenario_id = ?1",
                params![self.scenario_id, revision, self.author],
            )
            .map_err(action("raise scenario revision"))?;
        let json = |uids: &[String]| serde_json::Value::from(uids.to_vec()).to_string();
        transaction
            .execute(
                "INSERT INTO scenario_steps (scenario_id, revision, kind, author, at, name, note, opened, closed, num_edits, city_revision, feature_count, merged_id, merged_revision)
                 SELECT scenario_id, ?2, ?3, ?4, updated_at, name, note, ?5, ?6,
                 (SELECT count(*) FROM scenario_edits r WHERE r.scenario_id = ?1 AND r.until_revision IS NULL), ?7, ?8, ?9, ?10
                 FROM scenarios WHERE scenario_id = ?1",
                params![
                    self.scenario_id,
                    revision,
                    kind.as_str(),
                    self.author,
                    json(&opened),
                    json(&closed),
                    city_revision(transaction)?.cast_signed(),
                    feature_count(transaction)?,
                    merged.map(|m| m.0),
                    merged.map(|m| m.1.cast_signed()),
                ],
            )
            .map_err(action("write scenario step"))?;
        let detail = serde_json::json!({
            "scenario": self.id, "revision": self.revision, "kind": kind.as_str(), "author": self.author, "opened": opened, "closed": closed,
        });
        audit(transaction, "scenario", &detail.to_string())
    }
}

fn put_in_force(
    transaction: &Transaction<'_>,
    scenario_id: i64,
    uid: &str,
    revision: u64,
    seq: u64,
) -> Result<(), StoreError> {
    transaction
        .prepare_cached("INSERT INTO scenario_edits (scenario_id, uid, from_revision, seq) VALUES (?1, ?2, ?3, ?4)")
        .and_then(|mut statement| {
            statement.execute(params![scenario_id, uid, revision.cast_signed(), seq.cast_signed()])
        })
        .map(drop)
        .map_err(StoreError::sql("put edit in force"))
}

fn put_proposal(transaction: &Transaction<'_>, body: &EncodedFeature) -> Result<u32, StoreError> {
    let index = feature_count(transaction)?;
    let layer = layer_id(transaction, &body.layer)?;
    if insert_feature(transaction, index, &body.id, layer, body)? {
        Ok(index)
    } else {
        Err(StoreError::Unstorable {
            what: format!("proposal {:?}", body.id),
            reason: "its id is taken".to_owned(),
        })
    }
}

fn expect_live(transaction: &Transaction<'_>, index: u32) -> Result<(), StoreError> {
    let is_live = transaction
        .prepare_cached("SELECT 1 FROM features WHERE idx = ?1 AND live = 1")
        .and_then(|mut statement| statement.exists([index]))
        .map_err(StoreError::sql("look up feature"))?;
    if is_live {
        Ok(())
    } else {
        Err(StoreError::NoSuchFeature { key: index.to_string() })
    }
}
