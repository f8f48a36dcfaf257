//! Checks every line of a request for edits and makes edits of it, or says everything that is wrong.

use super::bodies::MAX_STOREYS;
use super::ground::Place;
use super::request::{EditRequest, EditsRequest};
use super::view::ScenarioView;
use crate::http::ApiError;
use crate::http::problem::Mistake;
use city_model::scenario::{Action, Edit, FeatureState, iso_date, parse_phase};
use city_model::{Date, FeatureClass, attributes};
use scene_store::{EncodedFeature, FeatureKey, FeatureStub, NewEdit, SceneStore};
use serde_json::Value;
use std::collections::BTreeSet;

/// Edits of one request.
const MAX_EDITS: usize = 1000;
/// Features of one edit.
const MAX_FEATURES: usize = 200_000;
/// Bodies that one request may make.
const MAX_BODIES: usize = 5000;
/// Attributes that one edit sets.
const MAX_ATTRIBUTES: usize = 100;
/// Mistakes that are listed.
const MAX_MISTAKES: usize = 200;

/// What a request is checked against.
pub struct Resolver<'a> {
    /// The store.
    pub store: &'a dyn SceneStore,
    /// Frame, ground and bounds.
    pub place: &'a Place,
    /// The scenario as it is.
    pub view: &'a ScenarioView,
    /// Gives uids.
    pub next_uid: &'a dyn Fn() -> String,
}

/// Mistakes and bodies while a request is read.
#[derive(Default)]
pub(super) struct Found {
    pub(super) mistakes: Vec<Mistake>,
    pub(super) num_bodies: usize,
}

impl Found {
    pub(super) fn wrong(&mut self, at: impl Into<String>, message: impl Into<String>) {
        if self.mistakes.len() < MAX_MISTAKES {
            self.mistakes.push(Mistake::at(at, message));
        }
    }

    pub(super) fn wrong_feature(&mut self, at: &str, id: &str, message: impl Into<String>) {
        if self.mistakes.len() < MAX_MISTAKES {
            self.mistakes.push(Mistake {
                at: Some(at.to_owned()),
                feature: Some(id.chars().take(200).collect()),
                message: message.into(),
                text: None,
            });
        }
    }
}

/// One edit while it is made.
pub(super) struct Draft<'r> {
    pub(super) at: String,
    pub(super) request: &'r EditRequest,
    pub(super) action: Action,
    pub(super) phase: Option<Date>,
    pub(super) author: &'r str,
}

impl Resolver<'_> {
    /// Edits of a request.
    ///
    /// # Errors
    /// [`ApiError::Unprocessable`] with everything that is wrong, or trouble with the store.
    pub fn edits(&self, request: &EditsRequest) -> Result<Vec<NewEdit>, ApiError> {
        let mut found = Found::default();
        if let Some(message) = author_mistake(&request.author) {
            found.wrong("author", message);
        }
        if request.edits.is_empty() || request.edits.len() > MAX_EDITS {
            found.wrong(
                "edits",
                format!("{} edits: 1 to {MAX_EDITS} are possible", request.edits.len()),
            );
        }
        let mut edits = Vec::new();
        for (i, edit) in request.edits.iter().take(MAX_EDITS).enumerate() {
            edits.extend(self.edit(format!("edits[{i}]"), edit, request.author.trim(), &mut found)?);
        }
        if found.num_bodies > MAX_BODIES {
            found.wrong(
                "edits",
                format!("{} new bodies, more than {MAX_BODIES} at once", found.num_bodies),
            );
        }
        if found.mistakes.is_empty() {
            Ok(edits)
        } else {
            Err(ApiError::unprocessable(found.mistakes))
        }
    }

    fn edit(
        &self,
        at: String,
        request: &EditRequest,
        author: &str,
        found: &mut Found,
    ) -> Result<Vec<NewEdit>, ApiError> {
        let Some(action) = Action::from_name(&request.action) else {
            let names: Vec<&str> = Action::ALL.into_iter().map(Action::as_str).collect();
            let shown: String = request.action.chars().take(40).collect();
            found.wrong(
                format!("{at}.action"),
                format!("{shown:?} is not one of {}", names.join(", ")),
            );
            return Ok(Vec::new());
        };
        let phase = request.phase.as_deref().and_then(|text| {
            parse_phase(text)
                .map_err(|message| found.wrong(format!("{at}.phase"), message))
                .ok()
        });
        if request.note.as_ref().is_some_and(|note| note.chars().count() > 4000) {
            found.wrong(format!("{at}.note"), "the note has more than 4000 characters");
        }
        let draft = Draft {
            at,
            request,
            action,
            phase,
            author,
        };
        self.check_project(&draft, found)?;
        self.check_attributes(&draft, found);
        let targets = self.targets(&draft, found)?;
        match action {
            Action::Build => self.build(&draft, found),
            Action::Modify | Action::Abandon if request.pipe.is_some() => self.pipes(&draft, &targets, found),
            Action::Modify => self.modify(&draft, &targets, found),
            Action::Retain | Action::Demolish | Action::Abandon => {
                let mut targets = targets;
                if action != Action::Abandon {
                    targets.extend(self.parts_there(&draft, &targets, found)?);
                }
                if request.build.is_some() || request.pipe.is_some() {
                    found.wrong(&draft.at, format!("{} builds nothing", action.as_str()));
                }
                Ok(vec![self.new_edit(&draft, action, &targets, Vec::new())])
            }
        }
    }

    /// The project is one, and the edit is not dated before it begins.
    fn check_project(&self, draft: &Draft<'_>, found: &mut Found) -> Result<(), ApiError> {
        let Some(id) = draft.request.project.as_deref() else {
            return Ok(());
        };
        let at = format!("{}.project", draft.at);
        let Some(project) = self.store.feature(FeatureKey::Id(id))? else {
            found.wrong_feature(&at, id, "there is no such project");
            return Ok(());
        };
        if project.feature.class != FeatureClass::Project {
            found.wrong_feature(
                &at,
                id,
                format!("it is a {}, not a project", project.feature.class.as_str()),
            );
        }
        let begins = attributes::first_text(&project.feature.attributes, &["start_on", "year_start"])
            .and_then(|text| Date::parse(&text));
        if let (Some(begins), Some(phase)) = (begins, draft.phase)
            && phase.0 < begins.0
        {
            let (phase, begins) = (iso_date::to_text(phase), iso_date::to_text(begins));
            found.wrong_feature(
                &format!("{}.phase", draft.at),
                id,
                format!("{phase} is before the project begins ({begins})"),
            );
        }
        Ok(())
    }

    fn check_attributes(&self, draft: &Draft<'_>, found: &mut Found) {
        let given = &draft.request.attributes;
        if given.is_empty() {
            return;
        }
        let at = format!("{}.attributes", draft.at);
        if draft.action != Action::Modify {
            found.wrong(&at, format!("{} sets no attributes", draft.action.as_str()));
        }
        if given.len() > MAX_ATTRIBUTES || Value::from(given.clone()).to_string().len() > 64 * 1024 {
            found.wrong(&at, format!("more than {MAX_ATTRIBUTES} attributes or 64 KiB"));
        }
        for key in ["added_storeys", "storeys"] {
            if given.get(key).is_some_and(|v| !v.is_null()) {
                let number = attributes::number(given, key).unwrap_or(f64::NAN);
                if !(1.0..=MAX_STOREYS).contains(&number) || number.fract() != 0.0 {
                    found.wrong(
                        format!("{at}.{key}"),
                        format!("a whole number from 1 to {MAX_STOREYS} is needed"),
                    );
                }
            }
        }
        for key in ["floor_height_m", "height_m"] {
            let limit = if key == "height_m" { 0.1..=1000.0 } else { 2.0..=12.0 };
            if given.get(key).is_some_and(|v| !v.is_null())
                && !attributes::number(given, key).is_some_and(|v| limit.contains(&v))
            {
                let (low, high) = (limit.start(), limit.end());
                found.wrong(
                    format!("{at}.{key}"),
                    format!("a number from {low} to {high} is needed"),
                );
            }
        }
        for key in [city_model::scenario::EDIT_ATTRIBUTE, "layer", "class"] {
            if given.contains_key(key) {
                found.wrong(format!("{at}.{key}"), "this attribute belongs to the program");
            }
        }
    }

    /// Features that the edit names, each once.
    fn targets(&self, draft: &Draft<'_>, found: &mut Found) -> Result<Vec<FeatureStub>, ApiError> {
        let at = format!("{}.features", draft.at);
        let named = &draft.request.features;
        if named.len() > MAX_FEATURES {
            found.wrong(
                &at,
                format!("{} features, more than {MAX_FEATURES} in one edit", named.len()),
            );
            return Ok(Vec::new());
        }
        let by_street = draft
            .request
            .pipe
            .as_ref()
            .is_some_and(|p| p.road.is_some() || p.add.is_some());
        // what is built is no target: `build` says so where features are named
        if named.is_empty() || draft.action == Action::Build {
            if draft.action != Action::Build && !by_street {
                found.wrong(&at, "no features are named");
            }
            return Ok(Vec::new());
        }
        let mut seen = BTreeSet::new();
        let ids: Vec<&str> = named.iter().map(String::as_str).filter(|id| seen.insert(*id)).collect();
        let mut targets = Vec::with_capacity(ids.len());
        for (id, stub) in ids.iter().zip(self.store.stubs_by_id(&ids)?) {
            match stub {
                None => found.wrong_feature(&at, id, format!("there is no feature {id:?}")),
                Some(stub) if !stub.is_live => {
                    found.wrong_feature(&at, id, format!("feature {id:?} is no longer in the city"));
                }
                Some(stub) => match self.target_mistake(draft, &stub) {
                    Some(message) => found.wrong_feature(&at, id, message),
                    None => targets.push(stub),
                },
            }
        }
        Ok(targets)
    }

    fn target_mistake(&self, draft: &Draft<'_>, stub: &FeatureStub) -> Option<String> {
        let class = stub.class;
        if matches!(
            class,
            FeatureClass::Project | FeatureClass::Zone | FeatureClass::Terrain
        ) {
            return Some(format!("a {} cannot be decided on", class.as_str()));
        }
        if draft.action == Action::Abandon && !matches!(class, FeatureClass::Pipe | FeatureClass::PipeNode) {
            return Some(format!("a {} cannot be abandoned: only pipes can", class.as_str()));
        }
        if stub.is_proposal && self.view.state(stub.index.0) != FeatureState::Added {
            return Some("this proposal is not part of the scenario".to_owned());
        }
        let phase = draft.phase?;
        let built = self
            .view
            .edits
            .iter()
            .filter(|e| e.added_indices.contains(&stub.index.0))
            .find_map(|e| e.phase)
            .or(stub
                .lifespan
                .from
                .filter(|from| *from > city_model::scenario::BASE_DATE));
        built.filter(|from| phase < *from).map(|from| {
            let (phase, from) = (iso_date::to_text(phase), iso_date::to_text(from));
            format!("{phase} is before it is built ({from})")
        })
    }

    pub(super) fn new_edit(
        &self,
        draft: &Draft<'_>,
        action: Action,
        targets: &[FeatureStub],
        bodies: Vec<EncodedFeature>,
    ) -> NewEdit {
        self.edit_named((self.next_uid)(), draft, action, targets, bodies)
    }

    pub(super) fn edit_named(
        &self,
        uid: String,
        draft: &Draft<'_>,
        action: Action,
        targets: &[FeatureStub],
        bodies: Vec<EncodedFeature>,
    ) -> NewEdit {
        let edit = Edit {
            uid,
            seq: 0,
            action,
            features: targets.iter().map(|t| t.id.clone()).collect(),
            feature_indices: targets.iter().map(|t| t.index.0).collect(),
            added: Vec::new(),
            added_indices: Vec::new(),
            attributes: draft.request.attributes.clone(),
            project: draft.request.project.clone(),
            phase: draft.phase,
            author: draft.author.to_owned(),
            note: draft.request.note.clone().unwrap_or_default(),
            at: String::new(),
            from_revision: 0,
            until_revision: None,
        };
        NewEdit { edit, bodies }
    }
}

/// What is wrong with the name of an author, if anything.
pub fn author_mistake(author: &str) -> Option<&'static str> {
    match author.trim().chars().count() {
        0 => Some("who decides? author is missing"),
        1..=200 => None,
        _ => Some("author has more than 200 characters"),
    }
}
