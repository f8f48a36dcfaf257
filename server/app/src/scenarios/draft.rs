//! Edits that nobody has saved yet: what a scenario would show with them.

use super::ground::Place;
use super::request::{EditRequest, EditsRequest};
use super::resolve::Resolver;
use super::view::ScenarioView;
use crate::http::ApiError;
use city_model::Feature;
use city_model::scenario::{Action, compile, modifications};
use scene_store::SceneStore;
use std::cell::Cell;

/// A scenario with edits that are not saved.
#[derive(Debug)]
pub struct Drafted {
    /// States and attributes with the edits.
    pub view: ScenarioView,
    /// What the edits build, numbered after everything that the city has.
    pub bodies: Vec<Feature>,
}

/// Puts edits on top of a scenario without writing anything. They are checked as if they were written; ids and numbers of what
/// they build are the same each time the same is asked.
///
/// # Errors
/// [`ApiError::Unprocessable`] with everything that is wrong with the edits, or trouble with the store.
pub fn drafted(
    store: &dyn SceneStore,
    place: &Place,
    view: &ScenarioView,
    edits: &[EditRequest],
) -> Result<Drafted, ApiError> {
    let count = Cell::new(0_u32);
    let next_uid = || {
        count.set(count.get() + 1);
        format!("draft{}", count.get())
    };
    let resolver = Resolver {
        store,
        place,
        view,
        next_uid: &next_uid,
    };
    let request = EditsRequest {
        author: "draft".to_owned(),
        edits: edits.to_vec(),
    };
    let mut facts = store.city_facts()?;
    let mut all = view.edits.clone();
    let mut bodies = Vec::new();
    for new in resolver.edits(&request)? {
        let mut numbers = Vec::with_capacity(new.bodies.len());
        for body in &new.bodies {
            let mut feature = body.feature()?;
            feature.index.0 = facts.count;
            facts.proposals.push(facts.count);
            numbers.push(facts.count);
            facts.count += 1;
            bodies.push(feature);
        }
        let mut edit = new.edit;
        // as the store writes it
        if edit.action == Action::Build {
            edit.feature_indices.extend(&numbers);
            edit.added_indices.clone_from(&edit.feature_indices);
        } else {
            edit.added_indices = numbers;
        }
        all.push(edit);
    }
    let mut table = compile(&all, view.phase, &facts.facts());
    table.city_revision = view.table.city_revision;
    table.scenario_revision = view.revision;
    Ok(Drafted {
        view: ScenarioView {
            changes: modifications(&all, view.phase),
            edits: all,
            table,
            ..view.clone()
        },
        bodies,
    })
}
