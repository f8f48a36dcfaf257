//! A scenario at a revision and phase, ready to be asked for states and attributes.

use crate::http::ApiError;
use city_model::scenario::{BASE_ID, CityFacts, Edit, FeatureState, StateTable, compile, modifications};
use city_model::{Attributes, Date, Feature, attributes};
use scene_store::{ScenarioStep, SceneStore, StoreError};
use std::collections::BTreeMap;

/// What a scenario shows.
#[derive(Debug, Clone, PartialEq)]
pub struct ScenarioView {
    /// Id; `base` without edits.
    pub id: String,
    /// Revision looked at; 0 for the base.
    pub revision: u64,
    /// Day looked at.
    pub phase: Option<Date>,
    /// Edits of the revision by ascending `seq`, those of later phases too; without ids of features.
    pub edits: Vec<Edit>,
    /// State of every feature.
    pub table: StateTable,
    /// Attribute changes by feature number.
    pub changes: BTreeMap<u32, Attributes>,
}

impl ScenarioView {
    /// State of a feature.
    pub fn state(&self, index: u32) -> FeatureState {
        self.table.get(index)
    }

    /// True when the feature is there and in use.
    pub fn stands(&self, index: u32) -> bool {
        self.state(index).stands()
    }

    /// Attributes of a feature with the edits applied; see [`city_model::scenario::effective_attributes`] for what
    /// `added_storeys` means.
    pub fn attributes(&self, feature: &Feature) -> Attributes {
        let mut attributes = feature.attributes.clone();
        if let Some(changes) = self.changes.get(&feature.index.0) {
            attributes::apply(&mut attributes, changes);
        }
        attributes
    }
}

/// Errors of the store as those of the interface.
pub fn store_error(err: StoreError) -> ApiError {
    let conflict = |err: &StoreError| ApiError::Conflict {
        detail: err.to_string(),
        members: serde_json::Map::new(),
    };
    match err {
        StoreError::NoSuchScenario { id } => {
            let shown: String = id.chars().take(100).collect();
            ApiError::absent(format!("没有方案 {shown}"), format!("no scenario {shown:?}"))
        }
        StoreError::ScenarioChanged { id, revision } => ApiError::PreconditionFailed {
            etag: etag(&id, revision),
        },
        StoreError::ScenarioArchived { .. } | StoreError::NothingToUndo { .. } => conflict(&err),
        StoreError::Sqlite { .. } if err.is_busy_or_damaged() => ApiError::Busy,
        other => other.into(),
    }
}

/// Entity tag of a scenario, quotes included.
pub fn etag(id: &str, revision: u64) -> String {
    format!("\"{id}-{revision}\"")
}

/// The step that made a revision.
///
/// # Errors
/// [`ApiError::NotFound`] when there is no such scenario or revision.
pub fn step_of(store: &dyn SceneStore, id: &str, revision: u64) -> Result<ScenarioStep, ApiError> {
    store
        .scenario_steps(id)
        .map_err(store_error)?
        .into_iter()
        .find(|s| s.step.revision == revision)
        .ok_or_else(|| {
            ApiError::absent(
                format!("方案 {id} 没有版本 {revision}"),
                format!("scenario {id:?} has no revision {revision}"),
            )
        })
}

/// Compiles a scenario.
///
/// * `id` — a scenario, or `base`
/// * `revision` — a pinned one: the same bytes for ever, with the features that the city had then; `None` for the last
/// * `phase` — day looked at; `None`: everything decided
///
/// # Errors
/// [`ApiError::NotFound`] when there is no such scenario or revision, or trouble with the store.
pub fn view(
    store: &dyn SceneStore,
    id: &str,
    revision: Option<u64>,
    phase: Option<Date>,
) -> Result<ScenarioView, ApiError> {
    let (edits, table) = compiled(store, id, revision, phase)?;
    Ok(ScenarioView {
        id: id.to_owned(),
        revision: table.scenario_revision,
        phase,
        changes: modifications(&edits, phase),
        edits,
        table,
    })
}

/// Edits of a revision and the states that they come to.
fn compiled(
    store: &dyn SceneStore,
    id: &str,
    revision: Option<u64>,
    phase: Option<Date>,
) -> Result<(Vec<Edit>, StateTable), ApiError> {
    let owned = store.city_facts()?;
    let mut facts: CityFacts<'_> = owned.facts();
    let mut city_revision = store.published()?.map_or(0, |r| r.revision);
    let (revision, edits) = if id == BASE_ID {
        if revision.is_some_and(|r| r != 0) {
            return Err(ApiError::absent("现状没有版本", "the base has no revisions of its own"));
        }
        (0, Vec::new())
    } else {
        let info = store
            .scenario(id)?
            .ok_or_else(|| store_error(StoreError::NoSuchScenario { id: id.to_owned() }))?;
        if let Some(pinned) = revision {
            let step = step_of(store, id, pinned)?;
            facts.count = step.feature_count;
            city_revision = step.city_revision;
        }
        let revision = revision.unwrap_or(info.revision);
        let edits = store.scenario_edit_numbers(id, Some(revision)).map_err(store_error)?;
        (revision, edits)
    };
    let mut table = compile(&edits, phase, &facts);
    table.city_revision = city_revision;
    table.scenario_revision = revision;
    Ok((edits, table))
}

/// State table of a scenario; see [`view`].
///
/// # Errors
/// As [`view`].
pub fn states(
    store: &dyn SceneStore,
    id: &str,
    revision: Option<u64>,
    phase: Option<Date>,
) -> Result<StateTable, ApiError> {
    Ok(compiled(store, id, revision, phase)?.1)
}
