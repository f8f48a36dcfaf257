//! Checks every line of a request for edits and makes edits of it, or says everything that is wrong.

use super::bodies::{self, Body, MAX_STOREYS, PIPE_CLASSES};
use super::ground::Place;
use super::request::{EditRequest, EditsRequest, PipeChange, usual_floor_height_m};
use super::view::ScenarioView;
use crate::http::ApiError;
use crate::http::problem::Mistake;
use city_model::scenario::{Action, Edit, FeatureState, iso_date, parse_phase};
use city_model::{Attributes, Date, Feature, FeatureClass, attributes, layers};
use scene_store::{EncodedFeature, FeatureKey, FeatureQuery, FeatureStub, NewEdit, SceneStore, StoreError};
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
/// Pipes of one class along one street.
const MAX_STREET_PIPES: u32 = 500_000;

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
struct Found {
    mistakes: Vec<Mistake>,
    num_bodies: usize,
}

impl Found {
    fn wrong(&mut self, at: impl Into<String>, message: impl Into<String>) {
        if self.mistakes.len() < MAX_MISTAKES {
            self.mistakes.push(Mistake::at(at, message));
        }
    }

    fn wrong_feature(&mut self, at: &str, id: &str, message: impl Into<String>) {
        if self.mistakes.len() < MAX_MISTAKES {
            self.mistakes.push(Mistake {
                at: Some(at.to_owned()),
                feature: Some(id.chars().take(200).collect()),
                message: message.into(),
            });
        }
    }
}

/// One edit while it is made.
struct Draft<'r> {
    at: String,
    request: &'r EditRequest,
    action: Action,
    phase: Option<Date>,
    author: &'r str,
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
            found.wrong("edits", format!("{} edits: 1 to {MAX_EDITS} are possible", request.edits.len()));
        }
        let mut edits = Vec::new();
        for (i, edit) in request.edits.iter().take(MAX_EDITS).enumerate() {
            edits.extend(self.edit(format!("edits[{i}]"), edit, request.author.trim(), &mut found)?);
        }
        if found.num_bodies > MAX_BODIES {
            found.wrong("edits", format!("{} new bodies, more than {MAX_BODIES} at once", found.num_bodies));
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
            found.wrong(format!("{at}.action"), format!("{shown:?} is not one of {}", names.join(", ")));
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
            found.wrong_feature(&at, id, format!("it is a {}, not a project", project.feature.class.as_str()));
        }
        let begins = attributes::first_text(&project.feature.attributes, &["start_on", "year_start"])
            .and_then(|text| Date::parse(&text));
        if let (Some(begins), Some(phase)) = (begins, draft.phase)
            && phase.0 < begins.0
        {
            let (phase, begins) = (iso_date::to_text(phase), iso_date::to_text(begins));
            found.wrong_feature(&format!("{}.phase", draft.at), id, format!("{phase} is before the project begins ({begins})"));
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
                    found.wrong(format!("{at}.{key}"), format!("a whole number from 1 to {MAX_STOREYS} is needed"));
                }
            }
        }
        for key in ["floor_height_m", "height_m"] {
            let limit = if key == "height_m" { 0.1..=1000.0 } else { 2.0..=12.0 };
            if given.get(key).is_some_and(|v| !v.is_null())
                && !attributes::number(given, key).is_some_and(|v| limit.contains(&v))
            {
                let (low, high) = (limit.start(), limit.end());
                found.wrong(format!("{at}.{key}"), format!("a number from {low} to {high} is needed"));
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
            found.wrong(&at, format!("{} features, more than {MAX_FEATURES} in one edit", named.len()));
            return Ok(Vec::new());
        }
        let by_street = draft.request.pipe.as_ref().is_some_and(|p| p.road.is_some() || p.add.is_some());
        if named.is_empty() {
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
        if matches!(class, FeatureClass::Project | FeatureClass::Zone | FeatureClass::Terrain) {
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
            .or(stub.lifespan.from.filter(|from| *from > city_model::scenario::BASE_DATE));
        built.filter(|from| phase < *from).map(|from| {
            let (phase, from) = (iso_date::to_text(phase), iso_date::to_text(from));
            format!("{phase} is before it is built ({from})")
        })
    }

    fn new_edit(
        &self,
        draft: &Draft<'_>,
        action: Action,
        targets: &[FeatureStub],
        bodies: Vec<EncodedFeature>,
    ) -> NewEdit {
        self.edit_named((self.next_uid)(), draft, action, targets, bodies)
    }

    fn edit_named(
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

    fn build(&self, draft: &Draft<'_>, found: &mut Found) -> Result<Vec<NewEdit>, ApiError> {
        let at = &draft.at;
        if !draft.request.features.is_empty() {
            found.wrong(format!("{at}.features"), "build names imported proposals in build.features");
        }
        let uid = (self.next_uid)();
        if let Some(add) = draft.request.pipe.as_ref().and_then(|p| p.add.as_ref()) {
            let at = format!("{at}.pipe.add");
            let line = self.place.line(&add.line).unwrap_or_else(|messages| {
                messages.into_iter().for_each(|m| found.wrong(format!("{at}.line"), m));
                Vec::new()
            });
            if let Some(message) = bodies::check_diameter(add.diameter_mm) {
                found.wrong(format!("{at}.diameter_mm"), message);
            }
            check_pipe_class(&add.pipe_class, &format!("{at}.pipe_class"), found);
            if !(0.0..=200.0).contains(&add.depth_m) {
                found.wrong(format!("{at}.depth_m"), "a depth from 0 to 200 m is needed");
            }
            if line.is_empty() {
                return Ok(Vec::new());
            }
            let pipe = bodies::new_pipe(add, &line, format!("p-{uid}-1"), &uid);
            let encoded = self.encode(&[pipe], &at, found);
            return Ok(vec![self.edit_named(uid, draft, Action::Build, &[], encoded)]);
        }
        let Some(build) = &draft.request.build else {
            found.wrong(at, "nothing to build: give build, or pipe.add");
            return Ok(Vec::new());
        };
        if !build.features.is_empty() {
            return self.build_imported(uid, draft, &build.features, found);
        }
        match Body::of(&build.massing, self.place) {
            Ok(body) => {
                let feature = body.feature(format!("p-{uid}-1"), &uid, None);
                let encoded = self.encode(&[feature], at, found);
                Ok(vec![self.edit_named(uid, draft, Action::Build, &[], encoded)])
            }
            Err(mistakes) => {
                for (member, message) in mistakes {
                    found.wrong(format!("{at}.build.{member}"), message);
                }
                Ok(Vec::new())
            }
        }
    }

    fn build_imported(
        &self,
        uid: String,
        draft: &Draft<'_>,
        ids: &[String],
        found: &mut Found,
    ) -> Result<Vec<NewEdit>, ApiError> {
        let at = format!("{}.build.features", draft.at);
        let ids: Vec<&str> = ids.iter().take(MAX_FEATURES).map(String::as_str).collect();
        let mut targets = Vec::with_capacity(ids.len());
        for (id, stub) in ids.iter().zip(self.store.stubs_by_id(&ids)?) {
            match stub.filter(|s| s.is_live) {
                None => found.wrong_feature(&at, id, format!("there is no feature {id:?}")),
                Some(stub) if !stub.is_proposal => {
                    found.wrong_feature(&at, id, "it is no proposal: import it with --layer proposals");
                }
                Some(stub) => targets.push(stub),
            }
        }
        Ok(vec![self.edit_named(uid, draft, Action::Build, &targets, Vec::new())])
    }

    /// Attributes, storeys on top of buildings, and other bodies for proposals.
    fn modify(
        &self,
        draft: &Draft<'_>,
        targets: &[FeatureStub],
        found: &mut Found,
    ) -> Result<Vec<NewEdit>, ApiError> {
        let given = &draft.request.attributes;
        if given.is_empty() && draft.request.build.is_none() {
            found.wrong(&draft.at, "modify changes nothing: give attributes");
        }
        let (proposals, standing): (Vec<FeatureStub>, Vec<FeatureStub>) =
            targets.iter().cloned().partition(|t| t.is_proposal);
        let added = attributes::number(given, "added_storeys").filter(|n| (1.0..=MAX_STOREYS).contains(n));
        let mut edits = Vec::new();
        if !standing.is_empty() {
            if draft.request.build.is_some() {
                found.wrong(format!("{}.build", draft.at), "what stands is replaced by demolish and build, not by modify");
            }
            edits.extend(match added {
                Some(storeys) => self.add_storeys(draft, &standing, storeys, found)?,
                None => vec![self.new_edit(draft, Action::Modify, &standing, Vec::new())],
            });
        }
        if !proposals.is_empty() {
            edits.extend(self.rebuild(draft, &proposals, added, found)?);
        }
        Ok(edits)
    }

    fn add_storeys(
        &self,
        draft: &Draft<'_>,
        targets: &[FeatureStub],
        storeys: f64,
        found: &mut Found,
    ) -> Result<Vec<NewEdit>, ApiError> {
        let at = format!("{}.attributes.added_storeys", draft.at);
        let floor_height_m = attributes::number(&draft.request.attributes, "floor_height_m")
            .unwrap_or_else(usual_floor_height_m);
        let uid = (self.next_uid)();
        let mut made = Vec::with_capacity(targets.len());
        for (n, target) in (1..).zip(targets) {
            if !matches!(target.class, FeatureClass::Building | FeatureClass::BuildingPart) {
                found.wrong_feature(&at, &target.id, format!("a {} has no storeys", target.class.as_str()));
                continue;
            }
            let building = self.must_read(&target.id)?;
            match Body::on_top(&building, storeys, floor_height_m, self.place) {
                Some(body) => made.push(body.feature(format!("p-{uid}-{n}"), &uid, Some(target.id.clone()))),
                None => found.wrong_feature(&at, &target.id, "it has no plan to build on"),
            }
        }
        let encoded = self.encode(&made, &at, found);
        Ok(vec![self.edit_named(uid, draft, Action::Modify, targets, encoded)])
    }

    /// Proposals with another body: drawn anew, or with other storeys, floor height or use.
    fn rebuild(
        &self,
        draft: &Draft<'_>,
        targets: &[FeatureStub],
        added: Option<f64>,
        found: &mut Found,
    ) -> Result<Vec<NewEdit>, ApiError> {
        let given = &draft.request.attributes;
        let touches_body = ["storeys", "floor_height_m", "use", "added_storeys"]
            .iter()
            .any(|key| given.get(*key).is_some_and(|v| !v.is_null()));
        if draft.request.build.is_none() && !touches_body {
            return Ok(vec![self.new_edit(draft, Action::Modify, targets, Vec::new())]);
        }
        let at = draft.at.clone();
        if draft.request.build.is_some() && targets.len() != 1 {
            found.wrong(format!("{at}.build"), "a new body is drawn for one proposal at a time");
        }
        let uid = (self.next_uid)();
        let mut made = Vec::with_capacity(targets.len());
        for (n, target) in (1..).zip(targets) {
            let old = self.must_read(&target.id)?;
            let body = match &draft.request.build {
                Some(build) => match Body::of(&build.massing, self.place) {
                    Ok(body) => Some(body),
                    Err(mistakes) => {
                        for (member, message) in mistakes {
                            found.wrong(format!("{at}.build.{member}"), message);
                        }
                        return Ok(Vec::new());
                    }
                },
                None => Body::of_proposal(&old),
            };
            let Some(mut body) = body else {
                found.wrong_feature(&at, &target.id, "it was imported as a model: its body cannot be changed here");
                continue;
            };
            apply_body_attributes(&mut body, given, added, &at, found);
            made.push(body.feature(format!("p-{uid}-{n}"), &uid, old.parent.clone()));
        }
        let encoded = self.encode(&made, &at, found);
        let mut edit = self.edit_named(uid, draft, Action::Modify, targets, encoded);
        // they are in the new body
        for key in ["storeys", "floor_height_m", "use", "added_storeys"] {
            edit.edit.attributes.shift_remove(key);
        }
        Ok(vec![edit])
    }

    /// Pipes that are abandoned, each with the new one beside it.
    fn pipes(
        &self,
        draft: &Draft<'_>,
        targets: &[FeatureStub],
        found: &mut Found,
    ) -> Result<Vec<NewEdit>, ApiError> {
        let at = format!("{}.pipe", draft.at);
        let Some(change) = &draft.request.pipe else {
            return Ok(Vec::new());
        };
        if change.add.is_some() {
            found.wrong(format!("{at}.add"), "a new pipe is laid by the action build");
        }
        let mut targets = targets.to_vec();
        if change.road.is_some() {
            targets.extend(self.along_street(change, &at, found)?);
        }
        for target in targets.iter().filter(|t| t.class != FeatureClass::Pipe) {
            found.wrong_feature(&at, &target.id, format!("a {} is no pipe", target.class.as_str()));
        }
        let Some(replace) = &change.replace else {
            return Ok(vec![self.new_edit(draft, Action::Abandon, &targets, Vec::new())]);
        };
        if let Some(message) = replace.diameter_mm.and_then(bodies::check_diameter) {
            found.wrong(format!("{at}.replace.diameter_mm"), message);
        }
        if let Some(class) = &replace.pipe_class {
            check_pipe_class(class, &format!("{at}.replace.pipe_class"), found);
        }
        if !found.mistakes.is_empty() {
            return Ok(Vec::new());
        }
        let uid = (self.next_uid)();
        let mut made = Vec::with_capacity(targets.len());
        for (n, target) in (1..).zip(&targets) {
            let old = self.must_read(&target.id)?;
            made.push(bodies::replacement(&old, replace, format!("p-{uid}-{n}"), &uid));
        }
        let encoded = self.encode(&made, &at, found);
        Ok(vec![self.edit_named(uid, draft, Action::Abandon, &targets, encoded)])
    }

    fn along_street(&self, change: &PipeChange, at: &str, found: &mut Found) -> Result<Vec<FeatureStub>, ApiError> {
        let road = change.road.as_deref().unwrap_or_default();
        let Some(class) = &change.pipe_class else {
            found.wrong(format!("{at}.pipe_class"), "which pipes along the street? give pipe_class");
            return Ok(Vec::new());
        };
        check_pipe_class(class, &format!("{at}.pipe_class"), found);
        let query = FeatureQuery {
            layer_code: Some(layers::pipe_layer(class).code),
            limit: MAX_STREET_PIPES,
            ..FeatureQuery::default()
        };
        let along: Vec<String> = self
            .store
            .features(&query)?
            .features
            .into_iter()
            .map(|stored| stored.feature)
            .filter(|f| f.class == FeatureClass::Pipe && attributes::text(&f.attributes, "road").as_deref() == Some(road))
            .map(|f| f.id)
            .collect();
        if along.is_empty() {
            let shown: String = road.chars().take(60).collect();
            found.wrong(format!("{at}.road"), format!("no {class} pipe lies along {shown:?}"));
        }
        let ids: Vec<&str> = along.iter().map(String::as_str).collect();
        Ok(self.store.stubs_by_id(&ids)?.into_iter().flatten().collect())
    }

    fn must_read(&self, id: &str) -> Result<Feature, ApiError> {
        let stored = self.store.feature(FeatureKey::Id(id))?;
        Ok(stored
            .ok_or_else(|| StoreError::NoSuchFeature { key: id.to_owned() })?
            .feature)
    }

    fn encode(&self, features: &[Feature], at: &str, found: &mut Found) -> Vec<EncodedFeature> {
        found.num_bodies += features.len();
        features
            .iter()
            .filter_map(|f| {
                EncodedFeature::encode(f)
                    .map_err(|err| found.wrong(at, err.to_string()))
                    .ok()
            })
            .collect()
    }
}

/// Puts storeys, floor height and use of the request into a body.
fn apply_body_attributes(body: &mut Body, given: &Attributes, added: Option<f64>, at: &str, found: &mut Found) {
    if let Some(storeys) = attributes::number(given, "storeys") {
        body.storeys = storeys;
    }
    body.storeys += added.unwrap_or(0.0);
    if let Some(height) = attributes::number(given, "floor_height_m") {
        body.floor_height_m = height;
    }
    if let Some(name) = attributes::text(given, "use") {
        match bodies::use_text(&name) {
            Ok(text) => body.use_text = text,
            Err(message) => found.wrong(format!("{at}.attributes.use"), message),
        }
    }
    for (member, message) in bodies::check_storeys(body.storeys, body.floor_height_m) {
        found.wrong(format!("{at}.attributes.{member}"), message);
    }
}

fn check_pipe_class(class: &str, at: &str, found: &mut Found) {
    if !PIPE_CLASSES.contains(&class) {
        let shown: String = class.chars().take(20).collect();
        found.wrong(at, format!("{shown:?} is no pipe class: one of {}", PIPE_CLASSES.join(", ")));
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
