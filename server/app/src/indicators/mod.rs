//! Indicators and rules of an area in a scenario: the kernel of crate `analysis` on the store, for HTTP, the command
//! line and reports.
//!
//! [`indicators`] and [`check_rules`] answer a [`Question`]; both block.

mod answer;
mod area;
mod cache;
mod plan;
mod world;

pub use answer::{
    ExceptionAnswer, IndicatorAnswer, IndicatorsAnswer, RuleAnswer, RulesAnswer, ScenarioAnswer, TextAnswer,
};
pub(crate) use area::resolve as resolve_area;
pub use area::{AreaAnswer, AreaQuestion};
pub use cache::AnalysisCache;
pub(crate) use plan::plan as plan_of;
pub(crate) use world::{HANDED_DOWN, Reader};

use crate::http::AppState;
use crate::http::problem::{ApiError, Mistake};
use crate::scenarios::{ScenarioView, view};
use analysis::rules::{RuleSet, RuleSettings};
use analysis::scenario::Changed;
use analysis::{Evaluation, Region, Scenario, State, World};
use city_model::scenario::{BASE_ID, parse_phase};
use city_model::{Date, FeatureIndex};
use scene_store::FeatureKey;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Features listed at most with one indicator or rule.
pub const MAX_FEATURES: usize = 2000;

fn base() -> String {
    BASE_ID.to_owned()
}

/// What is asked of indicators and rules.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Scenario id; `base` (the default) is the city as it is.
    #[serde(default = "base")]
    pub scenario: String,
    /// A pinned revision of the scenario; the last one by default.
    #[serde(default)]
    pub scenario_revision: Option<u64>,
    /// Day looked at, `2028-06-30`; everything decided by default.
    #[serde(default)]
    pub phase: Option<String>,
    /// The area.
    pub area: AreaQuestion,
    /// Scenario to compare with; every indicator then has `baseline` and `change`.
    #[serde(default)]
    pub baseline: Option<BaselineQuestion>,
    /// Settings of the city that rules ask for, such as `climate_zone`: `II`.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub settings: BTreeMap<String, serde_json::Value>,
}

/// What is compared with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BaselineQuestion {
    /// Scenario id; `base` by default.
    #[serde(default = "base")]
    pub scenario: String,
    /// A pinned revision.
    #[serde(default)]
    pub scenario_revision: Option<u64>,
    /// Day looked at.
    #[serde(default)]
    pub phase: Option<String>,
}

impl Question {
    /// A question about the base.
    pub fn of(area: AreaQuestion) -> Self {
        Self {
            scenario: base(),
            scenario_revision: None,
            phase: None,
            area,
            baseline: None,
            settings: BTreeMap::new(),
        }
    }
}

/// Everything that both answers begin with.
struct Asked {
    scenario: ScenarioAnswer,
    area: AreaAnswer,
    region: Region,
    view: ScenarioView,
    world: (u64, Arc<World>),
    rules: Arc<RuleSet>,
}

/// All indicators of an area.
///
/// # Errors
/// [`ApiError::NotFound`] for an unknown scenario, project or zone; [`ApiError::Unprocessable`] for an area that is no
/// valid polygon or lies outside of the city, or a phase that is no day; trouble with the store.
pub fn indicators(state: &AppState, question: &Question) -> Result<IndicatorsAnswer, ApiError> {
    let asked = ask(state, question)?;
    let baseline = match &question.baseline {
        Some(b) => {
            let day = day(b.phase.as_deref(), "baseline.phase")?;
            let view = view(state.store.as_ref(), &b.scenario, b.scenario_revision, day)?;
            let values = evaluate(state, &asked, &view, |e| {
                e.values().iter().map(|v| v.value).collect::<Vec<_>>()
            })?;
            Some((scenario_answer(&view), values))
        }
        None => None,
    };
    let city_revision = state.snapshot().number();
    evaluate(state, &asked, &asked.view, |e| {
        answer::indicators(e, city_revision, asked.scenario.clone(), asked.area.clone(), baseline)
    })
}

/// All rules held against an area.
///
/// # Errors
/// As [`indicators`]; [`ApiError::Unprocessable`] for a setting that is neither text nor number.
pub fn check_rules(state: &AppState, question: &Question) -> Result<RulesAnswer, ApiError> {
    let mut settings = RuleSettings::new();
    for (key, value) in &question.settings {
        let text = match value {
            serde_json::Value::String(s) => s.clone(),
            serde_json::Value::Number(n) => n.to_string(),
            _ => {
                let wrong = Mistake::at(format!("settings.{key}"), "a setting is a text or a number");
                return Err(ApiError::unprocessable(vec![wrong]));
            }
        };
        settings.insert(key.clone(), text);
    }
    let asked = ask(state, question)?;
    let city_revision = state.snapshot().number();
    evaluate(state, &asked, &asked.view, |e| {
        answer::rules(
            e,
            &asked.rules,
            &settings,
            city_revision,
            asked.scenario.clone(),
            asked.area.clone(),
        )
    })
}

/// The rules in force.
pub fn rules_in_force(state: &AppState) -> Arc<RuleSet> {
    state.analysis.rules(state.city.root())
}

fn ask(state: &AppState, question: &Question) -> Result<Asked, ApiError> {
    let (store, snapshot) = (state.store.as_ref(), state.snapshot());
    let view = view(
        store,
        &question.scenario,
        question.scenario_revision,
        day(question.phase.as_deref(), "phase")?,
    )?;
    let (area, region) = area::resolve(store, &snapshot, &question.area)?;
    let rules = rules_in_force(state);
    let within = (area.kind != "city").then_some(&region);
    let world = state.analysis.world(store, &snapshot, &rules, within)?;
    Ok(Asked {
        scenario: scenario_answer(&view),
        area,
        region,
        view,
        world,
        rules,
    })
}

fn day(text: Option<&str>, at: &str) -> Result<Option<Date>, ApiError> {
    let Some(text) = text.filter(|t| !t.is_empty()) else {
        return Ok(None);
    };
    parse_phase(text)
        .map(Some)
        .map_err(|message| ApiError::unprocessable(vec![Mistake::at(at, message)]))
}

pub(crate) fn scenario_answer(view: &ScenarioView) -> ScenarioAnswer {
    let phase = view
        .phase
        .map(|d| format!("{:04}-{:02}-{:02}", d.year(), d.0 / 100 % 100, d.0 % 100));
    ScenarioAnswer {
        id: view.id.clone(),
        revision: view.revision,
        phase,
    }
}

fn evaluate<T>(
    state: &AppState,
    asked: &Asked,
    view: &ScenarioView,
    answer: impl FnOnce(&Evaluation) -> T,
) -> Result<T, ApiError> {
    let scenario = compiled(state, asked, view)?;
    let key = format!("{}@{}", view.id, view.phase.map_or(0, |d| d.0));
    Ok(state
        .analysis
        .evaluate(asked.world.clone(), &asked.region, &key, scenario, &asked.rules, answer))
}

/// The view as the kernel takes it: states of all features, and figures of those whose attributes edits changed.
fn compiled(state: &AppState, asked: &Asked, view: &ScenarioView) -> Result<Scenario, ApiError> {
    let store = state.store.as_ref();
    let snapshot = state.snapshot();
    let wanted = asked.rules.wanted_keys();
    let reader = Reader {
        store,
        snapshot: &snapshot,
        assumptions: asked.rules.settings.assumptions,
        wanted: &wanted,
    };
    let mut scenario = Scenario {
        states: view.table.codes().to_vec(),
        ..Scenario::default()
    };
    // what the city got after a pinned revision was not there for it
    let count = store.features_version()?.count as usize;
    if scenario.states.len() < count {
        scenario.states.resize(count, State::Absent.code());
    }
    for index in view.changes.keys() {
        if let Some(stored) = store.feature(FeatureKey::Index(FeatureIndex(*index)))? {
            let (facts, tags) = reader.changed(&stored.feature, &view.attributes(&stored.feature))?;
            scenario.changed.insert(*index, Changed { facts, tags });
        }
    }
    Ok(scenario)
}
