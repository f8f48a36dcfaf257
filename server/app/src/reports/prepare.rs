//! From a request to a pack: area, both scenarios, project, findings.

use super::area::ReportArea;
use super::findings::Findings;
use super::pack::{PackRequest, Sources, make};
use crate::http::AppState;
use crate::http::problem::{ApiError, Mistake};
use crate::indicators::{self, Question};
use crate::projects::{Config, Library};
use crate::scenarios::{self, ScenarioView};
use city_model::scenario::BASE_ID;
use scene_store::SceneStore;
use serde_json::{Value, json};

/// Makes the pack of a request. Blocks.
///
/// # Errors
/// [`ApiError`] with every mistake of the request.
pub fn prepare(state: &AppState, request: &PackRequest) -> Result<Vec<u8>, ApiError> {
    let snapshot = state.snapshot();
    if snapshot.revision.is_none() {
        return Err(ApiError::NotPublished);
    }
    let store = state.store.as_ref();
    let phase = request
        .phase
        .as_deref()
        .map(city_model::scenario::parse_phase)
        .transpose()
        .map_err(|err| ApiError::unprocessable(vec![Mistake::at("phase", err)]))?;
    let area = ReportArea::find(store, &snapshot, &request.area)?;
    let after = scenarios::view(store, &request.scenario, request.scenario_revision, phase)?;
    let before = scenarios::view(store, &request.baseline, None, phase)?;
    let config = Config::load(state.city.root()).map_err(|err| ApiError::Conflict {
        detail: err.to_string(),
        members: serde_json::Map::new(),
    })?;
    let project = match &request.area.project {
        Some(id) => Some(Library::new(store, &snapshot, &config, &state.overlays)?.one(id)?),
        None => None,
    };
    let sources = Sources {
        city: &state.city,
        store,
        snapshot: &snapshot,
        area: &area,
        scenario_name: name(store, &after)?,
        baseline_name: name(store, &before)?,
        after: &after,
        before: &before,
        project,
        findings: findings(state, request)?,
    };
    make(&sources, request)
}

fn name(store: &dyn SceneStore, view: &ScenarioView) -> Result<String, ApiError> {
    if view.id == BASE_ID {
        return Ok(String::new());
    }
    Ok(store.scenario(&view.id)?.map(|info| info.name).unwrap_or_default())
}

/// Indicators and rules of both sides, as the interface answers them.
fn findings(state: &AppState, request: &PackRequest) -> Result<Findings, ApiError> {
    let question = |scenario: &str, revision: Option<u64>| -> Result<Question, ApiError> {
        let question = json!({
            "scenario": scenario,
            "scenario_revision": revision,
            "phase": request.phase,
            "area": request.area,
        });
        serde_json::from_value(question)
            .map_err(|err| ApiError::unprocessable(vec![Mistake::at("area", err.to_string())]))
    };
    let after = question(&request.scenario, request.scenario_revision)?;
    let before = question(&request.baseline, None)?;
    let as_json = |answer: serde_json::Result<Value>| answer.map_err(|err| ApiError::Internal(err.to_string()));
    Ok(Findings::of_answers(
        &as_json(serde_json::to_value(indicators::indicators(state, &after)?))?,
        &as_json(serde_json::to_value(indicators::indicators(state, &before)?))?,
        &as_json(serde_json::to_value(indicators::check_rules(state, &after)?))?,
    ))
}
