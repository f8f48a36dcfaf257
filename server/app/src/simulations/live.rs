//! Answers while somebody edits: the study of a result is kept, edits that are not saved are put on top of it, and only what
//! they can change is asked again.

use super::ask::{Asked, SimulationQuestion, ask};
use super::canvas::Canvas;
use super::city::{City, Standing};
use super::registry::{SimulationError, told};
use super::results::{OutcomeAnswer, overlay};
use super::sunshine::{self as sun, Blockers, Prepared};
use crate::http::AppState;
use crate::http::problem::{ApiError, Mistake};
use crate::scenarios::ScenarioView;
use crate::scenarios::draft::drafted;
use crate::scenarios::ground::Place;
use crate::scenarios::request::EditRequest;
use analysis::Task;
use analysis::sunshine::{Building, Change, Error, Params, StoreysOf, storeys, tell_storeys};
use city_model::{Feature, FeatureIndex};
use lru::LruCache;
use scene_store::FeatureKey;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Studies kept, and rough bytes that they may take together.
const MAX_STUDIES: usize = 4;
const MAX_BYTES: u64 = 1 << 30;
/// Pages whose newest request is known for a study.
const MAX_CLIENTS: usize = 256;
/// With more changes than this a new study is quicker.
const MAX_CHANGES: usize = 400;

/// What is asked while somebody edits.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LiveQuestion {
    /// The question of the result, with the revision of the scenario that the edits are made on.
    pub question: SimulationQuestion,
    /// Edits that are not saved, as they would be written to the scenario.
    #[serde(default)]
    pub edits: Vec<EditRequest>,
    /// Layer that comes with the answer; none by default.
    #[serde(default)]
    pub layer: Option<String>,
    /// Names the page that asks.
    #[serde(default)]
    pub client: String,
    /// Counts the requests of that page: an older one than the newest is not answered.
    #[serde(default)]
    pub turn: u64,
    /// Asks how many storeys a building may have; one of the draft too.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub storeys_of: Option<StoreysOf>,
}

/// What is answered; the layer that was asked for comes beside it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct LiveAnswer {
    /// Everything that the result would say. A preview: nothing of it is kept.
    #[schema(value_type = Object)]
    pub outcome: OutcomeAnswer,
    /// True when the scenario has a newer revision than the one that was asked for.
    pub is_outdated: bool,
    /// Points that had to be asked again.
    pub num_asked: usize,
    /// Points of the study.
    pub num_points: usize,
    /// Ids of what the edits build, until they are saved.
    pub built: Vec<String>,
    /// How many storeys a building may have, where it was asked.
    #[schema(value_type = Option<Object>)]
    pub storeys: Option<StoreysAnswer>,
}

/// How many storeys a building may have.
#[derive(Debug, Clone, Serialize)]
pub struct StoreysAnswer {
    /// Id of the building.
    pub building: String,
    /// The most at which every building surely keeps its sun; 0 when not even one is sure.
    pub most_certain: u32,
    /// The most at which no building surely loses sun that it needs; 0 when not even one may stand. Between the two the error
    /// of the method leaves it open.
    pub most: u32,
    /// Height of a storey, metres.
    pub storey_m: f64,
    /// True when `most` is the most that was asked for.
    pub is_bounded: bool,
    /// Who does not surely keep it one storey above `most_certain`.
    pub open: Vec<HarmAnswer>,
    /// Who surely loses sun one storey above `most`.
    pub harmed: Vec<HarmAnswer>,
}

/// A building that would lose sun it needs, or might.
#[derive(Debug, Clone, Serialize)]
pub struct HarmAnswer {
    /// Its id.
    pub id: String,
    /// Hours then.
    pub hours: f64,
    /// Hours without the proposal.
    pub hours_before: f64,
    /// Hours needed.
    pub limit_h: f64,
}

/// Studies that are kept.
pub struct Studies(Mutex<LruCache<String, Arc<Kept>>>);

impl Default for Studies {
    fn default() -> Self {
        Self(Mutex::new(LruCache::unbounded()))
    }
}

impl std::fmt::Debug for Studies {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Studies").field(&lock(&self.0).len()).finish()
    }
}

#[derive(Default)]
struct Kept {
    /// `None` until it is prepared, and after an error that leaves it unusable.
    prepared: Mutex<Option<Prepared>>,
    /// Newest request of each page.
    turns: Mutex<BTreeMap<String, u64>>,
}

impl Studies {
    /// Keeps what was prepared.
    pub(super) fn put(&self, key: &str, prepared: Prepared) {
        let kept = self.kept(key);
        *lock(&kept.prepared) = Some(prepared);
        self.trim();
    }

    /// Place of a study; it becomes the one used last.
    fn kept(&self, key: &str) -> Arc<Kept> {
        Arc::clone(lock(&self.0).get_or_insert(key.to_owned(), Arc::default))
    }

    /// Forgets studies, those used longest ago first, until they are few and small enough.
    fn trim(&self) {
        let mut all = lock(&self.0);
        // one that is at work is as large as it was when it was put; it is not waited for
        let bytes = |kept: &Arc<Kept>| match kept.prepared.try_lock() {
            Ok(prepared) => prepared.as_ref().map_or(0, |prepared| prepared.study.bytes()),
            Err(_) => 0,
        };
        let is_large = |all: &LruCache<String, Arc<Kept>>| {
            all.len() > 1 && all.iter().map(|(_, kept)| bytes(kept)).sum::<u64>() > MAX_BYTES
        };
        while all.len() > MAX_STUDIES || is_large(&all) {
            all.pop_lru();
        }
    }
}

impl Kept {
    /// Takes note of a request; false when a newer one of the same page came before.
    fn comes(&self, client: &str, turn: u64) -> bool {
        let mut turns = lock(&self.turns);
        if turns.len() >= MAX_CLIENTS && !turns.contains_key(client) {
            turns.clear();
        }
        let newest = turns.entry(client.to_owned()).or_insert(turn);
        let is_newest = turn >= *newest;
        *newest = turn.max(*newest);
        is_newest
    }

    fn is_newest(&self, client: &str, turn: u64) -> bool {
        lock(&self.turns).get(client).is_none_or(|newest| turn >= *newest)
    }
}

/// Answers a question while somebody edits. Blocks; as long as a job takes when nothing is prepared yet.
///
/// * returns the answer and the layer that was asked for, as the viewer takes it
///
/// # Errors
/// [`ApiError::NotFound`] for a simulation without such answers or an unknown layer; [`ApiError::Conflict`] with `overtaken`
/// for a request that is not the newest of its page; [`ApiError::Unprocessable`] for edits or a building that cannot be.
pub fn live(state: &AppState, name: &str, question: &LiveQuestion) -> Result<(LiveAnswer, Vec<u8>), ApiError> {
    let asked = ask(state, name, &question.question)?;
    let Some(key) = asked.live_key.as_deref() else {
        return Err(ApiError::NotFound(format!("{name} has no answers while one edits")));
    };
    let kept = state.jobs.studies().kept(key);
    if !kept.comes(&question.client, question.turn) {
        return Err(overtaken());
    }
    let mut place = lock(&kept.prepared);
    // others waited for the study too
    if !kept.is_newest(&question.client, question.turn) {
        return Err(overtaken());
    }
    // an error on the way leaves nothing that is half edited
    let before = place.take();
    let is_new = before.is_none();
    let (prepared, answer) = answered(state, &asked, question, before)?;
    *place = Some(prepared);
    drop(place);
    if is_new {
        state.jobs.studies().trim();
    }
    answer
}

fn overtaken() -> ApiError {
    ApiError::Conflict {
        detail: "a newer request of this page came before: this one is not answered".to_owned(),
        members: Map::from_iter([("overtaken".to_owned(), Value::Bool(true))]),
    }
}

type Answered = Result<(LiveAnswer, Vec<u8>), ApiError>;

/// The study, and what it says. What is wrong with the question leaves the study as it was.
fn answered(
    state: &AppState,
    asked: &Asked,
    question: &LiveQuestion,
    before: Option<Prepared>,
) -> Result<(Prepared, Answered), ApiError> {
    let task = Task::default();
    let params: Params = told(&asked.params).map_err(refused)?;
    let mut city = City::of(state, &asked.view, &asked.region, &asked.area);
    let mut prepared = match before {
        Some(prepared) => prepared,
        None => Prepared::new(&city, &params, &task).map_err(refused)?,
    };
    if prepared.revision != asked.view.revision {
        prepared.blockers = sun::blockers(&city).map_err(refused)?;
        prepared.revision = asked.view.revision;
    }
    let draft = if question.edits.is_empty() {
        None
    } else {
        let place = Place::of_snapshot(&state.snapshot()).ok_or(ApiError::NotPublished)?;
        match drafted(state.store.as_ref(), &place, &asked.view, &question.edits) {
            Ok(draft) => Some(draft),
            Err(err) => return Ok((prepared, Err(err))),
        }
    };
    let mut blockers = prepared.blockers.clone();
    let mut built = Vec::new();
    if let Some(draft) = &draft {
        city.view = &draft.view;
        change(&city, &asked.view, &draft.bodies, &mut blockers).map_err(refused)?;
        built.extend(draft.bodies.iter().map(|body| body.id.clone()));
    }
    let changes = changes(&prepared, &blockers);
    let num_asked = if changes.len() > MAX_CHANGES && draft.is_none() {
        prepared = Prepared::new(&city, &params, &task).map_err(refused)?;
        prepared.study.num_points()
    } else {
        match prepared.study.edit(&changes, &task) {
            Ok(num_asked) => num_asked,
            // nothing has changed then
            Err(err @ Error::Building { .. }) => return Ok((prepared, Err(refused(sun::failed(err))))),
            Err(err) => return Err(refused(sun::failed(err))),
        }
    };
    let mut outcome = prepared
        .study
        .preview(prepared.ground.as_ref(), &task)
        .map_err(|err| refused(sun::failed(err)))?;
    outcome.notes.extend(sun::note(&blockers));
    let mut storeys_answer = None;
    if let Some(ask) = &question.storeys_of {
        match storeys::most(&mut prepared.study, ask, &task) {
            Ok(found) => {
                tell_storeys(&mut outcome, &found);
                storeys_answer = Some(StoreysAnswer::of(&found));
            }
            Err(err) => return Ok((prepared, Err(refused(sun::failed(err))))),
        }
    }
    let mut bytes = Vec::new();
    if let Some(key) = &question.layer {
        let Some(layer) = outcome.layers.iter().find(|layer| layer.key == *key) else {
            let shown: String = key.chars().take(80).collect();
            let none = ApiError::NotFound(format!("the result has no layer {shown:?}"));
            return Ok((prepared, Err(none)));
        };
        let canvas = Canvas::of(&city).map_err(refused)?;
        bytes = overlay(layer, &canvas)
            .map_err(|err| ApiError::Internal(err.to_string()))?
            .encode();
    }
    let newest = state
        .scenarios
        .borrow()
        .get(&asked.view.id)
        .map(|posted| posted.revision);
    let answer = LiveAnswer {
        outcome: OutcomeAnswer::of(asked, &outcome),
        is_outdated: newest.is_some_and(|revision| revision != asked.view.revision),
        num_asked,
        num_points: prepared.study.num_points(),
        built,
        storeys: storeys_answer,
    };
    Ok((prepared, Ok((answer, bytes))))
}

impl StoreysAnswer {
    fn of(found: &storeys::Answer) -> Self {
        let above = |storeys: u32, is_certain: bool| -> Vec<HarmAnswer> {
            let next = found.tried.iter().find(|trial| trial.storeys == storeys + 1);
            let harmed = next.map(|trial| trial.harmed.as_slice()).unwrap_or_default();
            let those = harmed.iter().filter(|harm| harm.is_certain || !is_certain);
            those
                .map(|harm| HarmAnswer {
                    id: harm.id.clone(),
                    hours: harm.hours,
                    hours_before: harm.hours_before,
                    limit_h: harm.limit_h,
                })
                .collect()
        };
        Self {
            building: found.building.clone(),
            most_certain: found.most_certain,
            most: found.most,
            storey_m: found.storey_m,
            is_bounded: found.is_bounded_by_question,
            open: above(found.most_certain, false),
            harmed: above(found.most, true),
        }
    }
}

/// Brings the buildings of a scenario to what stands with edits on top of it.
///
/// * `city` — with the edits; `before` — the scenario without them; `bodies` — what the edits build
fn change(
    city: &City<'_>,
    before: &ScenarioView,
    bodies: &[Feature],
    blockers: &mut Blockers,
) -> Result<(), SimulationError> {
    let after = city.view;
    let count = before.table.codes().len().max(after.table.codes().len()) as u32;
    let mut touched: BTreeSet<u32> = (0..count).filter(|i| before.stands(*i) != after.stands(*i)).collect();
    let numbers: BTreeSet<u32> = before.changes.keys().chain(after.changes.keys()).copied().collect();
    touched.extend(
        numbers
            .into_iter()
            .filter(|i| before.changes.get(i) != after.changes.get(i)),
    );
    // a building that is but the outline of its parts is made of them
    for index in touched.clone() {
        let stored = city.store.feature(FeatureKey::Index(FeatureIndex(index)))?;
        if let Some(parent) = stored.and_then(|stored| stored.feature.parent)
            && let Some(parent) = city.store.feature(FeatureKey::Id(&parent))?
        {
            touched.insert(parent.feature.index.0);
        }
    }
    for index in touched {
        blockers.remove(&index);
        if !after.stands(index) {
            continue;
        }
        let body = bodies.iter().find(|body| body.index.0 == index);
        let found = match body {
            Some(body) => Some((body.clone(), true)),
            None => {
                let stored = city.store.feature(FeatureKey::Index(FeatureIndex(index)))?;
                stored.map(|stored| (stored.feature.clone(), stored.is_proposal()))
            }
        };
        let Some((mut feature, is_proposal)) = found else {
            continue;
        };
        if !sun::is_building(&feature) || !sun::is_near(city, &feature) {
            continue;
        }
        feature.attributes = after.attributes(&feature);
        let standing = Standing {
            state: after.state(index),
            is_proposal,
            feature,
        };
        if let Some(mut blocker) = sun::blocker(city, &standing)? {
            // the viewer does not know the number of what is only drawn
            blocker.building.index = blocker.building.index.filter(|_| body.is_none());
            blockers.insert(index, blocker);
        }
    }
    Ok(())
}

/// What is to be changed in a study so that it is one of these buildings.
fn changes(prepared: &Prepared, blockers: &Blockers) -> Vec<Change> {
    let wanted: BTreeMap<&str, &Building> = blockers
        .values()
        .map(|b| (b.building.id.as_str(), &b.building))
        .collect();
    let standing = || prepared.study.buildings.iter().flatten();
    let known: BTreeMap<&str, &Building> = standing().map(|b| (b.id.as_str(), b)).collect();
    let gone = known.keys().filter(|id| !wanted.contains_key(*id)).map(|id| Change {
        id: (*id).to_owned(),
        building: None,
    });
    let new = wanted
        .iter()
        .filter(|(id, building)| known.get(*id) != Some(building))
        .map(|(id, building)| Change {
            id: (*id).to_owned(),
            building: Some((*building).clone()),
        });
    gone.chain(new).collect()
}

fn refused(err: SimulationError) -> ApiError {
    match err {
        SimulationError::Refused(text) => ApiError::unprocessable(vec![Mistake::told("question", text)]),
        SimulationError::Store(err) => err.into(),
        SimulationError::Cancelled(_) => ApiError::Internal("an answer was stopped".to_owned()),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
