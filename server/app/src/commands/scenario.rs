//! `chengjing scenario`.

use super::{print_json, print_text, read_json};
use crate::cli::{ScenarioAction, ScenarioArgs};
use crate::http::{ApiError, Snapshot};
use crate::scenarios::difference::{SideOf, difference};
use crate::scenarios::ground::Place;
use crate::scenarios::massing::massing;
use crate::scenarios::request::{CreateRequest, EditsRequest, MassingRequest, MergeRequest, RenameRequest};
use crate::scenarios::{service, view};
use anyhow::{Context as _, anyhow};
use city_model::Date;
use city_model::scenario::{FeatureState, parse_phase};
use scene_store::{CityFolder, ScenarioChange, SceneStore};
use serde_json::{Value, json};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

pub(super) fn run(args: &ScenarioArgs, json: bool) -> anyhow::Result<ExitCode> {
    let city = CityFolder::open(&args.city)?;
    let store = city.store()?;
    let answer = act(&city, &store, args)?;
    if json {
        print_json(&answer)?;
    } else {
        print_text(&serde_json::to_string_pretty(&answer).context("cannot write the answer")?)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// An error of the interface, with each mistake or conflict on a line of its own.
fn plain(err: ApiError) -> anyhow::Error {
    let mut lines = vec![err.to_string()];
    match err {
        ApiError::Unprocessable { errors, .. } => {
            lines.extend(errors.into_iter().map(|mistake| {
                let at = mistake.at.unwrap_or_default();
                let feature = mistake.feature.unwrap_or_default();
                format!("  {at} {feature}: {}", mistake.message)
            }));
        }
        ApiError::Conflict { members, .. } => {
            let conflicts = members.get("conflicts").and_then(Value::as_array);
            lines.extend(conflicts.into_iter().flatten().map(|c| format!("  {}", c["feature"])));
        }
        ApiError::Internal(cause) => lines = vec![cause],
        _ => {}
    }
    anyhow!(lines.join("\n"))
}

fn act(city: &CityFolder, store: &dyn SceneStore, args: &ScenarioArgs) -> anyhow::Result<Value> {
    let author = args.author.as_str();
    let change = |id: &str, change: ScenarioChange| -> anyhow::Result<Value> {
        let written = service::change(store, id, args.if_revision, author, &change).map_err(plain)?;
        Ok(json!({ "scenario": written.scenario, "edits_changed": written.changed }))
    };
    let create = |name: &str, note: &str, parent: Option<(&str, Option<u64>)>| -> anyhow::Result<Value> {
        let request = CreateRequest {
            name: name.to_owned(),
            author: author.to_owned(),
            note: note.to_owned(),
        };
        Ok(serde_json::to_value(
            service::create(store, &request, parent).map_err(plain)?,
        )?)
    };
    match &args.action {
        ScenarioAction::List => Ok(json!({ "scenarios": store.scenarios()? })),
        ScenarioAction::Create { name, note } => create(name, note, None),
        ScenarioAction::Branch { id, name, revision } => create(name, "", Some((id, *revision))),
        ScenarioAction::Show { id, revision } => service::describe(store, id, *revision).map_err(plain),
        ScenarioAction::Rename { id, name, note } => {
            let request = RenameRequest {
                name: name.clone(),
                note: note.clone(),
                author: author.to_owned(),
            };
            let written = service::rename(store, id, args.if_revision, &request).map_err(plain)?;
            Ok(json!({ "scenario": written.scenario }))
        }
        ScenarioAction::Massing { file } => {
            let request: MassingRequest = read_json(file)?;
            let answer = massing(&Place::of_store(store)?, &request).map_err(plain)?;
            Ok(serde_json::to_value(answer)?)
        }
        ScenarioAction::Edit { id, file, no_publish } => edit(city, store, args, id, file, *no_publish),
        ScenarioAction::Undo { id } => change(id, ScenarioChange::Undo),
        ScenarioAction::Redo { id } => change(id, ScenarioChange::Redo),
        ScenarioAction::Archive { id } => change(id, ScenarioChange::Archive),
        ScenarioAction::History { id } => {
            let steps = store.scenario_steps(id).map_err(view::store_error).map_err(plain)?;
            Ok(json!({ "id": id, "steps": steps }))
        }
        ScenarioAction::Merge {
            id,
            from,
            resolve_all,
            resolve,
        } => {
            let pairs = resolve.iter().map(|pair| {
                let (feature, word) = pair.rsplit_once('=').context("write ID=ours or ID=theirs")?;
                Ok((
                    feature.to_owned(),
                    service::side(word).map_err(|message| anyhow!(message))?,
                ))
            });
            let request = MergeRequest {
                from: from.clone(),
                author: author.to_owned(),
                resolve: pairs.collect::<anyhow::Result<_>>()?,
                resolve_all: *resolve_all,
            };
            let (written, merged) = service::merge_into(store, id, args.if_revision, &request).map_err(plain)?;
            Ok(json!({ "scenario": written.scenario, "merged": merged, "edits_changed": written.changed }))
        }
        ScenarioAction::Diff { a, b, phase_a, phase_b } => {
            diff(store, [a, b], [phase_a.as_deref(), phase_b.as_deref()])
        }
        ScenarioAction::States {
            id,
            phase: day,
            revision,
            out,
        } => states(store, id, *revision, day.as_deref(), out.as_deref()),
    }
}

fn phase(text: Option<&str>) -> anyhow::Result<Option<Date>> {
    text.map(|t| parse_phase(t).map_err(|message| anyhow!(message)))
        .transpose()
}

fn diff(store: &dyn SceneStore, ids: [&String; 2], days: [Option<&str>; 2]) -> anyhow::Result<Value> {
    let side = |at: usize| -> anyhow::Result<SideOf> {
        Ok(SideOf {
            id: ids[at].clone(),
            revision: None,
            phase: phase(days[at])?,
        })
    };
    let (a, b) = (side(0)?, side(1)?);
    let snapshot = Snapshot {
        frame: store.scene()?.map(|s| Arc::new(s.frame)),
        terrain: Arc::new(store.terrain()?),
        ..Snapshot::default()
    };
    difference(store, &snapshot, &a, &b).map_err(plain)
}

fn states(
    store: &dyn SceneStore,
    id: &str,
    revision: Option<u64>,
    day: Option<&str>,
    out: Option<&Path>,
) -> anyhow::Result<Value> {
    let table = view::states(store, id, revision, phase(day)?).map_err(plain)?;
    if let Some(path) = out {
        std::fs::write(path, table.encode()).with_context(|| format!("cannot write {}", path.display()))?;
    }
    let mut counts = [0_u64; FeatureState::ALL.len()];
    for code in table.codes() {
        counts[usize::from(*code)] += 1;
    }
    let states: serde_json::Map<String, Value> = FeatureState::ALL
        .into_iter()
        .map(|s| (s.as_str().to_owned(), counts[usize::from(s.code())].into()))
        .collect();
    Ok(json!({
        "id": id,
        "scenario_revision": table.scenario_revision,
        "city_revision": table.city_revision,
        "count": table.len(),
        "states": states,
    }))
}

fn edit(
    city: &CityFolder,
    store: &dyn SceneStore,
    args: &ScenarioArgs,
    id: &str,
    file: &Path,
    no_publish: bool,
) -> anyhow::Result<Value> {
    let mut request: EditsRequest = read_json(file)?;
    if request.author.is_empty() {
        request.author.clone_from(&args.author);
    }
    let place = Place::of_store(store)?;
    let written = service::edit(store, &place, id, args.if_revision, &request).map_err(plain)?;
    let mut city_revision = store.published()?.map_or(0, |r| r.revision);
    if !written.added.is_empty() && !no_publish {
        city_revision = crate::publish::publish(city, None, &|_, _| true)?.revision;
    }
    let added: Vec<Value> = written
        .added
        .iter()
        .map(|(id, index)| json!({ "id": id, "feature_index": index }))
        .collect();
    Ok(json!({
        "scenario": written.scenario,
        "revision": written.scenario.revision,
        "edits": written.edits,
        "added": added,
        "city_revision": city_revision,
    }))
}
