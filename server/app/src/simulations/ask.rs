//! A question as it was understood: everything that decides the result, under one key.

use super::city::{City, made_of, rings};
use super::registry::{Simulation, SimulationError, find};
use crate::http::AppState;
use crate::http::problem::ApiError;
use crate::indicators::{AreaAnswer, AreaQuestion, resolve_area, rules_in_force};
use crate::scenarios::{ScenarioView, view};
use analysis::Region;
use analysis::indicators::Text;
use city_model::scenario::{BASE_ID, parse_phase};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Hexadecimal digits of a key.
const KEY_DIGITS: usize = 32;

fn base() -> String {
    BASE_ID.to_owned()
}

/// What is asked of a simulation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SimulationQuestion {
    /// Scenario id; `base` (the default) is the city as it is.
    #[serde(default = "base")]
    pub scenario: String,
    /// A pinned revision of the scenario; the last one by default.
    #[serde(default)]
    pub scenario_revision: Option<u64>,
    /// Day looked at, `2028-06-30`; everything decided by default.
    #[serde(default)]
    pub phase: Option<String>,
    /// The area; the whole city by default.
    #[serde(default)]
    pub area: Option<AreaQuestion>,
    /// Parameters of the simulation; what is left out has its default.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub params: Map<String, Value>,
}

impl Default for SimulationQuestion {
    fn default() -> Self {
        Self {
            scenario: base(),
            scenario_revision: None,
            phase: None,
            area: None,
            params: Map::new(),
        }
    }
}

/// A question that can be answered.
#[derive(Debug)]
pub struct Asked {
    /// What runs.
    pub simulation: &'static dyn Simulation,
    /// How things stand.
    pub view: ScenarioView,
    /// Where.
    pub area: AreaAnswer,
    /// Where, in the scene CRS.
    pub region: Region,
    /// All parameters, defaults filled in.
    pub params: Value,
    /// Revision of the city.
    pub city_revision: u64,
    /// What the city in this scenario was made of.
    made_of: Value,
    /// Name of the result.
    pub key: String,
    /// Name of what is prepared for answers while somebody edits: the same for all revisions of the scenario; `None` when the
    /// simulation has none.
    pub live_key: Option<String>,
}

/// Understands a question. Blocks.
///
/// # Errors
/// [`ApiError::NotFound`] for an unknown simulation, scenario, project or zone; [`ApiError::Unprocessable`] for
/// parameters that the simulation does not take, an area that is no valid polygon, or a phase that is no day.
pub fn ask(state: &AppState, name: &str, question: &SimulationQuestion) -> Result<Asked, ApiError> {
    let simulation = find(name).ok_or_else(|| {
        let known: Vec<&str> = super::SIMULATIONS.iter().map(|s| s.name()).collect();
        let shown: String = name.chars().take(60).collect();
        ApiError::absent(
            format!("没有模拟 {shown}；可用：{}", known.join("、")),
            format!("no simulation {shown:?}; there are {}", known.join(", ")),
        )
    })?;
    let params = simulation
        .params(&question.params)
        .and_then(|params| simulation.ready(state.city.root(), &params).map(|()| params))
        .map_err(|text| ApiError::refused("params", text))?;
    let phase = match question.phase.as_deref().filter(|text| !text.is_empty()) {
        Some(text) => {
            let wrong = |en: String| {
                let shown: String = text.chars().take(40).collect();
                let zh = format!("{shown} 不是 1900 至 2200 年间的日期，应为 YYYY-MM-DD");
                ApiError::refused("phase", Text::new(zh, en))
            };
            Some(parse_phase(text).map_err(wrong)?)
        }
        None => None,
    };
    let store = state.store.as_ref();
    let snapshot = state.snapshot();
    let view = view(store, &question.scenario, question.scenario_revision, phase)?;
    let whole = AreaQuestion::City(true);
    let (area, region) = resolve_area(store, &snapshot, question.area.as_ref().unwrap_or(&whole))?;
    let city_revision = snapshot.number();
    let features = store.features_version()?;
    let rules = rules_in_force(state);
    let made_of = |revision: Option<u64>| made_of(features.changed, &snapshot, &view, revision, &rules);
    let told = |made_of: &Value, params: &Value| {
        serde_json::json!([
            simulation.name(),
            simulation.version(),
            // a result holds its layers as the viewer takes them
            city_model::overlay::VERSION,
            made_of,
            rings(region.polygons()),
            rules.settings.facilities,
            params,
        ])
    };
    let name = |told: Value| {
        let hash = blake3::hash(told.to_string().as_bytes()).to_hex();
        hash.as_str().chars().take(KEY_DIGITS).collect::<String>()
    };
    let live_key = simulation
        .live_params(&params)
        .map(|params| name(told(&made_of(None), &params)));
    let made_of = made_of(Some(view.revision));
    let key = name(told(&made_of, &params));
    Ok(Asked {
        simulation,
        view,
        area,
        region,
        params,
        city_revision,
        made_of,
        key,
        live_key,
    })
}

impl Asked {
    /// True while everything that the answer depends on is what it was when the question came. Blocks.
    ///
    /// # Errors
    /// When the city cannot be read.
    pub(super) fn is_current(&self, state: &AppState) -> Result<bool, SimulationError> {
        let now = City::of(state, &self.view, &self.region, &self.area);
        Ok(self.made_of == now.made_of()?)
    }
}
