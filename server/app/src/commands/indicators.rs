//! `chengjing indicators` and `chengjing check-rules`.

use super::{print_json, print_text};
use crate::cli::IndicatorArgs;
use crate::http::AppState;
use crate::http::problem::ApiError;
use crate::indicators::{AreaAnswer, AreaQuestion, BaselineQuestion, Question, check_rules, indicators};
use analysis::indicators::Text;
use analysis::rules::Verdict;
use anyhow::{Context as _, anyhow, bail};
use scene_store::CityFolder;
use serde::Serialize;
use std::fmt::Write as _;
use std::process::ExitCode;

/// Tiles that a command keeps in memory: none.
const CACHE_BYTES: u64 = 0;

pub(super) fn run_indicators(args: &IndicatorArgs, json: bool) -> anyhow::Result<ExitCode> {
    let (state, question) = open(args)?;
    let answer = indicators(&state, &question).map_err(refusal)?;
    print(json, &answer, &answer.area, |text| {
        for i in &answer.indicators {
            match i.value {
                Some(v) => write!(text, "  {:<24} {:>16.*} {}", i.id, usize::from(i.decimals), v, i.unit)?,
                None => {
                    let why = i.reason.as_ref().map_or("", |r| r.en.as_str());
                    write!(text, "  {:<24} {:>16} {} ({why})", i.id, "—", i.unit)?;
                }
            }
            writeln!(text, "  {}", i.title.zh)?;
        }
        Ok(())
    })
}

pub(super) fn run_check_rules(args: &IndicatorArgs, json: bool) -> anyhow::Result<ExitCode> {
    let (state, question) = open(args)?;
    let answer = check_rules(&state, &question).map_err(refusal)?;
    for fault in &answer.faults {
        tracing::warn!(%fault, "a rule cannot be used");
    }
    print(json, &answer, &answer.area, |text| {
        for r in &answer.results {
            let verdict = match r.verdict {
                Verdict::Pass => "pass",
                Verdict::Fail => "FAIL",
                Verdict::NotDecidable => "—",
            };
            let mark = if r.verified { "" } else { " [参考值]" };
            writeln!(
                text,
                "  {verdict:<5} {:<32} {}: {}{mark}",
                r.rule, r.title.zh, r.reason.zh
            )?;
        }
        Ok(())
    })
}

/// Prints an answer as JSON, or the area and then the lines that `lines` writes.
fn print(
    json: bool,
    answer: &impl Serialize,
    area: &AreaAnswer,
    lines: impl FnOnce(&mut String) -> std::fmt::Result,
) -> anyhow::Result<ExitCode> {
    if json {
        print_json(answer)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut text = format!("{} ({}), {:.0} m²\n", area.name, area.kind, area.area_m2);
    lines(&mut text)?;
    print_text(text.trim_end())?;
    Ok(ExitCode::SUCCESS)
}

fn open(args: &IndicatorArgs) -> anyhow::Result<(AppState, Question)> {
    let folder = args
        .city
        .clone()
        .or_else(|| args.positional.clone())
        .context("which city? give its folder with --city DIR")?;
    let area = match (&args.area, &args.project, &args.zone, args.whole_city) {
        (Some(file), None, None, false) => {
            let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
            let json = serde_json::from_str(&text).with_context(|| format!("{} is no JSON", file.display()))?;
            AreaQuestion::Polygon(json)
        }
        (None, Some(id), None, false) => AreaQuestion::Project(id.clone()),
        (None, None, Some(id), false) => AreaQuestion::Zone(id.clone()),
        (None, None, None, true) => AreaQuestion::City(true),
        _ => bail!("give one of --area FILE, --project ID, --zone ID and --whole-city"),
    };
    let mut question = Question {
        scenario: args.scenario.clone(),
        scenario_revision: args.revision,
        phase: args.phase.clone(),
        baseline: args.baseline.clone().map(|scenario| BaselineQuestion {
            scenario,
            scenario_revision: None,
            phase: None,
        }),
        ..Question::of(area)
    };
    for pair in &args.settings {
        let (key, value) = pair
            .split_once('=')
            .with_context(|| format!("{pair:?} is not KEY=VALUE"))?;
        question.settings.insert(key.to_owned(), value.into());
    }
    let state = AppState::open(CityFolder::open(folder)?, CACHE_BYTES)?;
    Ok((state, question))
}

/// A refusal of the kernel as an error of the command, with every mistake.
pub(super) fn refusal(err: ApiError) -> anyhow::Error {
    match &err {
        ApiError::Unprocessable { errors, .. } => {
            let all: Vec<String> = errors
                .iter()
                .map(|m| {
                    format!(
                        "{}: {}",
                        m.at.as_deref().unwrap_or("question"),
                        in_both(m.text.as_ref(), &m.message)
                    )
                })
                .collect();
            anyhow!(all.join("; "))
        }
        ApiError::Internal(cause) => anyhow!(cause.clone()),
        _ => anyhow!(in_both(err.text().as_ref(), &err.to_string())),
    }
}

/// A message in Chinese and English where it is known in both.
pub(super) fn in_both(text: Option<&Text>, plain: &str) -> String {
    match text {
        Some(Text { zh, en }) if zh != en => format!("{zh} ({en})"),
        _ => plain.to_owned(),
    }
}
