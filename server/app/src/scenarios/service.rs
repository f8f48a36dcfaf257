//! What can be done with scenarios: the same for HTTP and the command line.

use super::ground::Place;
use super::request::{CreateRequest, EditsRequest, MergeRequest, RenameRequest};
use super::resolve::{Resolver, author_mistake};
use super::view::{step_of, store_error, view};
use crate::http::ApiError;
use crate::http::problem::Mistake;
use city_model::scenario::{BASE_ID, Conflict, Edit, History, Side, merge};
use scene_store::{NewScenario, ScenarioChange, ScenarioInfo, ScenarioStep, ScenarioWritten, SceneStore, StoreError};
use serde_json::{Map, Value, json};
use std::hash::{BuildHasher as _, Hasher as _, RandomState};

/// Ten characters of 32 that are told apart when read aloud; drawn from the random keys of the process's hashers.
fn random_name(length: usize) -> String {
    const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    // each state has fresh keys; the bits of one are enough for twelve letters
    let mut bits = RandomState::new().build_hasher().finish();
    let mut name = String::with_capacity(length);
    for _ in 0..length.min(12) {
        name.push(char::from(LETTERS[(bits & 31) as usize]));
        bits >>= 5;
    }
    name
}

/// A new uid of an edit.
pub fn new_uid() -> String {
    random_name(12)
}

/// Refuses writes to the base, which has no edits.
fn writable(id: &str) -> Result<(), ApiError> {
    if id == BASE_ID {
        return Err(ApiError::Conflict {
            detail: "the base is the city as it is: make a scenario to change it".to_owned(),
            members: Map::new(),
        });
    }
    Ok(())
}

fn check_words(name: Option<&str>, note: &str, author: &str) -> Result<(), ApiError> {
    let mut mistakes = Vec::new();
    if name.is_some_and(|n| n.trim().is_empty() || n.chars().count() > 200) {
        mistakes.push(Mistake::at("name", "a name of 1 to 200 characters is needed"));
    }
    if note.chars().count() > 4000 {
        mistakes.push(Mistake::at("note", "the note has more than 4000 characters"));
    }
    mistakes.extend(author_mistake(author).map(|message| Mistake::at("author", message)));
    if mistakes.is_empty() {
        Ok(())
    } else {
        Err(ApiError::unprocessable(mistakes))
    }
}

/// Makes a scenario; with `parent` a branch of it at a revision (the last one when `None`).
///
/// # Errors
/// [`ApiError`]; nothing is made then.
pub fn create(
    store: &dyn SceneStore,
    request: &CreateRequest,
    parent: Option<(&str, Option<u64>)>,
) -> Result<ScenarioInfo, ApiError> {
    check_words(Some(&request.name), &request.note, &request.author)?;
    let parent = match parent {
        Some((id, _)) if id == BASE_ID => None,
        Some((id, revision)) => {
            let info = scenario(store, id)?;
            let revision = revision.unwrap_or(info.revision);
            step_of(store, id, revision)?;
            Some((info.id, revision))
        }
        None => None,
    };
    let new = NewScenario {
        id: format!("s-{}", random_name(8)),
        name: request.name.trim().to_owned(),
        note: request.note.clone(),
        author: request.author.trim().to_owned(),
        parent,
    };
    store.create_scenario(&new).map_err(store_error)
}

/// A scenario that is there.
///
/// # Errors
/// [`ApiError::NotFound`], or trouble with the store.
pub fn scenario(store: &dyn SceneStore, id: &str) -> Result<ScenarioInfo, ApiError> {
    store
        .scenario(id)?
        .ok_or_else(|| store_error(StoreError::NoSuchScenario { id: id.to_owned() }))
}

/// Refuses a write on another revision than the caller knows.
fn expect(info: &ScenarioInfo, expected: Option<u64>) -> Result<(), ApiError> {
    if expected.is_some_and(|revision| revision != info.revision) {
        return Err(store_error(StoreError::ScenarioChanged {
            id: info.id.clone(),
            revision: info.revision,
        }));
    }
    Ok(())
}

/// Adds edits.
///
/// * `expected` — revision that the caller knows
///
/// # Errors
/// [`ApiError`] with everything that is wrong; nothing is written then.
pub fn edit(
    store: &dyn SceneStore,
    place: &Place,
    id: &str,
    expected: Option<u64>,
    request: &EditsRequest,
) -> Result<ScenarioWritten, ApiError> {
    writable(id)?;
    let info = scenario(store, id)?;
    expect(&info, expected)?;
    let view = view(store, id, None, None)?;
    let resolver = Resolver {
        store,
        place,
        view: &view,
        next_uid: &new_uid,
    };
    let edits = resolver.edits(request)?;
    let change = ScenarioChange::Edit(edits);
    // what was checked is what is written: the revision that was read must still stand
    store
        .change_scenario(id, expected.or(Some(info.revision)), request.author.trim(), &change)
        .map_err(store_error)
}

/// Undo, redo, archive.
///
/// # Errors
/// [`ApiError`]; nothing is written then.
pub fn change(
    store: &dyn SceneStore,
    id: &str,
    expected: Option<u64>,
    author: &str,
    change: &ScenarioChange,
) -> Result<ScenarioWritten, ApiError> {
    writable(id)?;
    store
        .change_scenario(id, expected, author.trim(), change)
        .map_err(store_error)
}

/// Another name or note.
///
/// # Errors
/// [`ApiError`]; nothing is written then.
pub fn rename(
    store: &dyn SceneStore,
    id: &str,
    expected: Option<u64>,
    request: &RenameRequest,
) -> Result<ScenarioWritten, ApiError> {
    // who renames need not say so: the audit row tells the scenario and the time
    let author = if request.author.trim().is_empty() {
        "-"
    } else {
        request.author.trim()
    };
    check_words(
        request.name.as_deref(),
        request.note.as_deref().unwrap_or_default(),
        author,
    )?;
    let renamed = ScenarioChange::Rename {
        name: request.name.as_ref().map(|n| n.trim().to_owned()),
        note: request.note.clone(),
    };
    change(store, id, expected, author, &renamed)
}

/// Merges another scenario in.
///
/// # Errors
/// [`ApiError::Conflict`] with `conflicts` when both decided differently on a feature; nothing is written then.
pub fn merge_into(
    store: &dyn SceneStore,
    id: &str,
    expected: Option<u64>,
    request: &MergeRequest,
) -> Result<(ScenarioWritten, usize), ApiError> {
    writable(id)?;
    let ours = scenario(store, id)?;
    expect(&ours, expected)?;
    check_words(None, "", &request.author)?;
    if request.from == id || request.from == BASE_ID {
        let mistake = Mistake::at("from", "another scenario is needed to merge");
        return Err(ApiError::unprocessable(vec![mistake]));
    }
    let theirs = scenario(store, &request.from)?;
    let base = common_edits(store, &ours, &theirs)?;
    let our_edits = store.scenario_edits(id, Some(ours.revision)).map_err(store_error)?;
    let their_edits = store
        .scenario_edits(&theirs.id, Some(theirs.revision))
        .map_err(store_error)?;
    let mut resolve = request.resolve.clone();
    if let Some(side) = request.resolve_all {
        let open = merge(&base, &our_edits, &their_edits, &resolve).conflicts;
        resolve.extend(open.into_iter().map(|c| (c.feature, side)));
    }
    let plan = merge(&base, &our_edits, &their_edits, &resolve);
    if !plan.conflicts.is_empty() {
        return Err(conflict_error(&plan.conflicts));
    }
    let merged = plan.num_features();
    let change = ScenarioChange::Merge {
        append: plan.append,
        close: plan.close,
        from: theirs.id,
        from_revision: theirs.revision,
    };
    let written = store
        .change_scenario(id, Some(ours.revision), request.author.trim(), &change)
        .map_err(store_error)?;
    Ok((written, merged))
}

fn conflict_error(conflicts: &[Conflict]) -> ApiError {
    let list: Vec<Value> = conflicts
        .iter()
        .map(|c| {
            json!({ "feature": c.feature, "ours": c.ours.as_ref().map(brief), "theirs": c.theirs.as_ref().map(brief) })
        })
        .collect();
    ApiError::Conflict {
        detail: format!(
            "both scenarios decided differently on {} features: choose a side for each",
            list.len()
        ),
        members: Map::from_iter([("conflicts".to_owned(), Value::Array(list))]),
    }
}

/// An edit in a list of conflicts: a lasso over thousands of features is not listed with each of them.
fn brief(edit: &Edit) -> Value {
    let few = |at: usize| at < 20;
    serde_json::to_value(edit.only(few)).unwrap_or_default()
}

/// Edits of the last state that both scenarios had in common: the last merge between them, else where they branched.
fn common_edits(store: &dyn SceneStore, ours: &ScenarioInfo, theirs: &ScenarioInfo) -> Result<Vec<Edit>, ApiError> {
    let merged_from = |steps: &[ScenarioStep], other: &str| {
        steps.iter().rev().find_map(|s| {
            let merged = s.merged.as_ref().filter(|m| m.0 == other)?;
            Some((s.step.at.clone(), merged.1))
        })
    };
    let steps = |id: &str| store.scenario_steps(id).map_err(store_error);
    let into_ours = merged_from(&steps(&ours.id)?, &theirs.id).map(|(at, r)| (at, theirs.id.clone(), r));
    let into_theirs = merged_from(&steps(&theirs.id)?, &ours.id).map(|(at, r)| (at, ours.id.clone(), r));
    let common = match into_ours.into_iter().chain(into_theirs).max() {
        Some((_, id, revision)) => Some((id, revision)),
        None => branch_point(store, ours, theirs)?,
    };
    match common {
        Some((id, revision)) => store.scenario_edits(&id, Some(revision)).map_err(store_error),
        None => Ok(Vec::new()),
    }
}

fn branch_point(
    store: &dyn SceneStore,
    ours: &ScenarioInfo,
    theirs: &ScenarioInfo,
) -> Result<Option<(String, u64)>, ApiError> {
    let lineage = |start: &ScenarioInfo| -> Result<Vec<(String, u64)>, ApiError> {
        let mut line = vec![(start.id.clone(), start.revision)];
        let mut at = start.clone();
        while let (Some(parent), Some(revision)) = (at.parent.clone(), at.parent_revision) {
            line.push((parent.clone(), revision));
            at = scenario(store, &parent)?;
        }
        Ok(line)
    };
    let (ours, theirs) = (lineage(ours)?, lineage(theirs)?);
    Ok(ours.iter().find_map(|(id, revision)| {
        let other = theirs.iter().find(|(other, _)| other == id)?;
        Some((id.clone(), *revision.min(&other.1)))
    }))
}

/// A scenario with its edits as clients read it. A pinned revision reads the same for ever.
///
/// # Errors
/// [`ApiError::NotFound`], or trouble with the store.
pub fn describe(store: &dyn SceneStore, id: &str, revision: Option<u64>) -> Result<Value, ApiError> {
    if id == BASE_ID {
        return Ok(json!({
            "id": BASE_ID, "name": "现状", "note": "", "base_revision": store.published()?.map_or(0, |r| r.revision), "revision": 0,
            "parent": null, "parent_revision": null, "num_edits": 0, "created_at": null, "created_by": null,
            "updated_at": null, "updated_by": null, "is_archived": false, "edits": [], "can_undo": false, "can_redo": false,
        }));
    }
    let mut info = scenario(store, id)?;
    let mut steps = store.scenario_steps(id).map_err(store_error)?;
    if let Some(pinned) = revision {
        steps.retain(|s| s.step.revision <= pinned);
        let Some(step) = steps.last().filter(|s| s.step.revision == pinned) else {
            return Err(ApiError::NotFound(format!("scenario {id:?} has no revision {pinned}")));
        };
        info.revision = pinned;
        info.name.clone_from(&step.name);
        info.note.clone_from(&step.note);
        info.num_edits = step.num_edits;
        info.updated_at.clone_from(&step.step.at);
        info.updated_by.clone_from(&step.step.author);
        info.is_archived = step.step.kind == city_model::scenario::StepKind::Archive;
    }
    let edits = store.scenario_edits(id, Some(info.revision)).map_err(store_error)?;
    let plain: Vec<_> = steps.into_iter().map(|s| s.step).collect();
    let history = History::of(&plain);
    let open = !info.is_archived;
    let mut answer = serde_json::to_value(&info).map_err(|err| ApiError::Internal(err.to_string()))?;
    answer["edits"] = serde_json::to_value(&edits).map_err(|err| ApiError::Internal(err.to_string()))?;
    answer["can_undo"] = (open && history.to_undo().is_some()).into();
    answer["can_redo"] = (open && history.to_redo().is_some()).into();
    Ok(answer)
}

/// Sides for `--resolve-all` of the command line.
///
/// # Errors
/// A sentence when the word is neither.
pub fn side(word: &str) -> Result<Side, String> {
    match word {
        "ours" => Ok(Side::Ours),
        "theirs" => Ok(Side::Theirs),
        _ => Err(format!("{word:?} is neither ours nor theirs")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_differ() {
        let names: std::collections::BTreeSet<String> = (0..1000).map(|_| random_name(8)).collect();
        assert_eq!(names.len(), 1000);
        assert!(
            names
                .iter()
                .all(|n| n.len() == 8 && n.bytes().all(|b| b.is_ascii_alphanumeric()))
        );
    }
}
