//! `chengjing set` and `chengjing gc`.

use super::{megabytes, print_json, print_text};
use crate::cli::{GcArgs, SetArgs};
use anyhow::{Context as _, anyhow};
use city_model::Attributes;
use scene_store::{CityFolder, SceneStore as _};
use serde_json::Value;
use std::path::PathBuf;
use std::process::ExitCode;

pub(super) fn run_set(mut args: SetArgs, json: bool) -> anyhow::Result<ExitCode> {
    let city = match args.city.take() {
        Some(city) => city,
        None => PathBuf::from(args.words.remove(0)),
    };
    let (id, pairs) = args
        .words
        .split_first()
        .context("which feature? chengjing set --city DIR ID KEY=VALUE…")?;
    if pairs.is_empty() {
        return Err(anyhow!("nothing to set: chengjing set --city DIR ID KEY=VALUE…"));
    }
    let changes = pairs
        .iter()
        .map(|pair| parse_change(pair))
        .collect::<anyhow::Result<Attributes>>()?;
    let city = CityFolder::open(city)?;
    let _lock = city.lock()?;
    let revision = city.store()?.set_attributes(id, &changes)?;
    if json {
        print_json(&serde_json::json!({ "id": id, "feature_revision": revision, "changes": changes }))?;
    } else {
        print_text(&format!(
            "{id}: {} attributes set, version {revision}; publish to see it in the tiles",
            changes.len()
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn parse_change(pair: &str) -> anyhow::Result<(String, Value)> {
    let (key, text) = pair
        .split_once('=')
        .filter(|(key, _)| !key.is_empty())
        .with_context(|| format!("{pair:?} is not KEY=VALUE"))?;
    let value = match text {
        "" => Value::Null,
        _ => serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned())),
    };
    Ok((key.to_owned(), value))
}

pub(super) fn run_gc(args: &GcArgs, json: bool) -> anyhow::Result<ExitCode> {
    let report = crate::publish::collect_garbage(&args.city.open()?, args.keep)?;
    if json {
        print_json(&report)?;
    } else {
        let revisions = report.revisions.len();
        print_text(&format!(
            "forgot {revisions} revisions, removed {} contents, freed {}",
            report.contents,
            megabytes(report.bytes)
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_json_where_they_are_json() {
        let value = |pair: &str| parse_change(pair).map(|(_, value)| value).ok();
        assert_eq!(value("storeys=4"), Some(json!(4)));
        assert_eq!(value("use=school"), Some(json!("school")));
        assert_eq!(value("note="), Some(Value::Null));
        assert_eq!(value("formula=a=b"), Some(json!("a=b")));
        assert_eq!(value("nothing"), None);
        assert_eq!(value("=x"), None);
    }
}
