//! Bodies of edits: what is built, storeys and other bodies of what is modified, pipes that replace others.

use super::bodies::{self, Body, MAX_STOREYS};
use super::request::{PipeChange, usual_floor_height_m};
use super::resolve::{Draft, Found, Resolver};
use crate::http::ApiError;
use crate::indicators::HANDED_DOWN;
use city_model::scenario::{Action, FeatureState};
use city_model::{Attributes, Feature, FeatureClass, attributes, layers};
use scene_store::{EncodedFeature, FeatureKey, FeatureQuery, FeatureStub, NewEdit, StoreError};
use std::collections::BTreeSet;

/// Imported proposals that one edit builds.
const MAX_IMPORTED: usize = 200_000;
/// Parts that one edit takes along.
const MAX_PARTS_AT_ONCE: usize = 200_000;
/// Parts of one building or imported proposal.
const MAX_PARTS: u32 = 200_000;
/// Pipes of one class along one street.
const MAX_STREET_PIPES: u32 = 500_000;

impl Resolver<'_> {
    pub(super) fn build(&self, draft: &Draft<'_>, found: &mut Found) -> Result<Vec<NewEdit>, ApiError> {
        let at = &draft.at;
        if !draft.request.features.is_empty() {
            found.wrong(
                format!("{at}.features"),
                "build names imported proposals in build.features",
            );
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
        if !draft
            .request
            .build
            .as_ref()
            .is_some_and(|b| b.massing.footprint.is_null())
        {
            found.wrong(
                format!("{}.build", draft.at),
                "give a footprint or imported features, not both",
            );
        }
        let mut seen = BTreeSet::new();
        let ids: Vec<&str> = ids.iter().map(String::as_str).filter(|id| seen.insert(*id)).collect();
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
        targets.extend(self.parts_of(&targets)?);
        if targets.len() > MAX_IMPORTED {
            found.wrong(&at, format!("more than {MAX_IMPORTED} features in one edit"));
            return Ok(Vec::new());
        }
        Ok(vec![self.edit_named(uid, draft, Action::Build, &targets, Vec::new())])
    }

    /// Parts of buildings and imported models, and their parts, that are not among `wholes`: what is decided for a whole
    /// is decided for all of it. Parts stand where their whole stands: those of proposals are proposals that the scenario
    /// has built or builds now, those of the city are not.
    pub(super) fn parts_of(&self, wholes: &[FeatureStub]) -> Result<Vec<FeatureStub>, ApiError> {
        let mut seen: BTreeSet<u32> = wholes.iter().map(|m| m.index.0).collect();
        let mut parts: Vec<FeatureStub> = Vec::new();
        for is_proposal in [false, true] {
            let of_kind = wholes.iter().filter(|m| m.is_proposal == is_proposal);
            let mut open: Vec<String> = of_kind.map(|m| m.id.clone()).collect();
            while !open.is_empty() && parts.len() <= MAX_PARTS_AT_ONCE {
                let mut below = Vec::new();
                for id in &open {
                    below.extend(self.store.children(id, MAX_PARTS)?);
                }
                let names: Vec<&str> = below.iter().map(String::as_str).collect();
                let found = self.store.stubs_by_id(&names)?.into_iter().flatten();
                let new: Vec<FeatureStub> = found
                    .filter(|s| s.is_live && s.is_proposal == is_proposal && seen.insert(s.index.0))
                    .collect();
                open = new.iter().map(|s| s.id.clone()).collect();
                parts.extend(new);
            }
        }
        Ok(parts)
    }

    /// Parts of `wholes` that are there to be decided on: all of what stands, and of proposals those that are built.
    pub(super) fn parts_there(
        &self,
        draft: &Draft<'_>,
        wholes: &[FeatureStub],
        found: &mut Found,
    ) -> Result<Vec<FeatureStub>, ApiError> {
        let mut parts = self.parts_of(wholes)?;
        if parts.len() > MAX_PARTS_AT_ONCE {
            found.wrong(
                format!("{}.features", draft.at),
                format!("more than {MAX_PARTS_AT_ONCE} parts in one edit"),
            );
        }
        parts.retain(|p| !p.is_proposal || self.view.state(p.index.0) == FeatureState::Added);
        Ok(parts)
    }

    /// What a change of buildings means for their parts: they are changed too, by what a part takes over from its
    /// building. Storeys, floor area or inhabitants stay figures of the building, so that nothing is counted twice.
    fn modify_parts(
        &self,
        draft: &Draft<'_>,
        wholes: &[FeatureStub],
        found: &mut Found,
    ) -> Result<Option<NewEdit>, ApiError> {
        let parts = self.parts_there(draft, wholes, found)?;
        if parts.is_empty() {
            return Ok(None);
        }
        let mut edit = self.new_edit(draft, Action::Modify, &parts, Vec::new());
        edit.edit
            .attributes
            .retain(|key, _| key != "name" && HANDED_DOWN.iter().any(|keys| keys.contains(&key.as_str())));
        Ok(Some(edit))
    }

    /// Attributes, storeys on top of buildings, and other bodies for proposals.
    pub(super) fn modify(
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
                found.wrong(
                    format!("{}.build", draft.at),
                    "what stands is replaced by demolish and build, not by modify",
                );
            }
            edits.extend(match added {
                Some(storeys) => self.add_storeys(draft, &standing, storeys, found)?,
                None => vec![self.new_edit(draft, Action::Modify, &standing, Vec::new())],
            });
            edits.extend(self.modify_parts(draft, &standing, found)?);
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
        let floor_height_m =
            attributes::number(&draft.request.attributes, "floor_height_m").unwrap_or_else(usual_floor_height_m);
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
                found.wrong_feature(
                    &at,
                    &target.id,
                    "it was imported as a model: its body cannot be changed here",
                );
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
    pub(super) fn pipes(
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
            found.wrong(
                format!("{at}.pipe_class"),
                "which pipes along the street? give pipe_class",
            );
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
            .filter(|f| {
                f.class == FeatureClass::Pipe && attributes::text(&f.attributes, "road").as_deref() == Some(road)
            })
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
    if !layers::pipe_classes().any(|known| known == class) {
        let known: Vec<&str> = layers::pipe_classes().collect();
        let shown: String = class.chars().take(20).collect();
        found.wrong(at, format!("{shown:?} is no pipe class: one of {}", known.join(", ")));
    }
}
