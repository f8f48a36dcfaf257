//! `chengjing simulate`.

use super::indicators::{in_both, refusal};
use super::{print_json, print_text};
use crate::cli::SimulateArgs;
use crate::http::AppState;
use crate::indicators::AreaQuestion;
use crate::outside::OutsideFiles;
use crate::routes::outside::not_taken;
use crate::simulations::{ResultFolder, SimulationError, SimulationQuestion, ask, csv, epsg_of, geotiff, run_here};
use analysis::Task;
use anyhow::{Context as _, anyhow, bail};
use indicatif::{ProgressBar, ProgressStyle};
use scene_store::CityFolder;
use serde_json::{Map, Value};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Time between two looks at the progress.
const TICK: Duration = Duration::from_millis(100);

pub(super) fn run(args: &SimulateArgs, json: bool) -> anyhow::Result<ExitCode> {
    let folder = args
        .city
        .clone()
        .context("which city? give its folder with --city DIR")?;
    let state = AppState::open(CityFolder::open(folder)?, 0)?;
    let mut question = question(args)?;
    if args.name == "outside" {
        bring(&state, args.params.as_deref(), &mut question.params)?;
    }
    let asked = ask(&state, &args.name, &question).map_err(refusal)?;
    let started = Instant::now();
    let (result, is_cached) = match state.jobs.results().find(&asked.key) {
        Some(found) => (found, true),
        None => {
            let task = Arc::new(Task::default());
            let is_over = AtomicBool::new(false);
            let found = std::thread::scope(|scope| {
                scope.spawn(|| show(&task, &is_over));
                let found = run_here(&state, &asked, &task);
                is_over.store(true, Ordering::Release);
                found
            });
            (found.map_err(|err| told(&args.name, &err))?, false)
        }
    };
    let outcome = result.outcome().context("the result cannot be read")?;
    let files = match &args.out {
        Some(out) => export(&state, &result, &outcome.layers, out)?,
        None => Vec::new(),
    };
    if json {
        let mut told = serde_json::to_value(&outcome)?;
        if let Some(members) = told.as_object_mut() {
            members.insert("is_cached".to_owned(), is_cached.into());
            members.insert("elapsed_s".to_owned(), started.elapsed().as_secs_f64().into());
            members.insert("files".to_owned(), files.into());
        }
        print_json(&told)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut lines = vec![format!(
        "{} ({}): {}",
        outcome.title.zh, outcome.simulation, outcome.key
    )];
    lines.extend(
        outcome
            .figures
            .iter()
            .map(|f| format!("  {:<28} {:>14.3} {}", f.title.zh, f.value, f.unit)),
    );
    lines.extend(outcome.layers.iter().map(|l| {
        let [low, high] = l.range.unwrap_or_default();
        format!("  {:<28} {low:.3} – {high:.3} {}", l.title.zh, l.unit)
    }));
    lines.extend(outcome.notes.iter().map(|n| format!("  * {}", n.text.zh)));
    lines.extend(files.iter().map(|f| format!("  → {f}")));
    print_text(&lines.join("\n"))?;
    Ok(ExitCode::SUCCESS)
}

fn question(args: &SimulateArgs) -> anyhow::Result<SimulationQuestion> {
    let read = |path: &Path| -> anyhow::Result<Value> {
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        serde_json::from_str(&text).with_context(|| format!("{} is no JSON", path.display()))
    };
    let params = match args.params.as_deref().map(read).transpose()? {
        None => Map::new(),
        Some(Value::Object(params)) => params,
        Some(_) => bail!("the file of --params must hold a JSON object"),
    };
    let area = match (&args.area, &args.project, &args.zone) {
        (Some(file), None, None) => Some(AreaQuestion::Polygon(read(file)?)),
        (None, Some(id), None) => Some(AreaQuestion::Project(id.clone())),
        (None, None, Some(id)) => Some(AreaQuestion::Zone(id.clone())),
        (None, None, None) => None,
        _ => bail!("give one of --area FILE, --project ID and --zone ID"),
    };
    Ok(SimulationQuestion {
        scenario: args.scenario.clone(),
        scenario_revision: args.revision,
        phase: args.phase.clone(),
        area,
        params,
    })
}

/// Brings files that the parameters name by `path` into the city, and names them by id.
fn bring(state: &AppState, params: Option<&Path>, names: &mut Map<String, Value>) -> anyhow::Result<()> {
    let files = OutsideFiles::of(state.city.root());
    let Some(Value::Array(steps)) = names.get_mut("files") else {
        return Ok(());
    };
    let mut brought = Vec::new();
    for step in steps.drain(..) {
        let (path, time_s) = match &step {
            Value::String(path) => (path.clone(), None),
            Value::Object(members) if members.contains_key("path") => {
                let path = members.get("path").and_then(Value::as_str);
                let path = path.context("files: a path is a text")?.to_owned();
                (path, members.get("time_s").cloned())
            }
            _ => {
                brought.push(step);
                continue;
            }
        };
        // beside the file of parameters first, then where the command runs
        let beside = params.and_then(Path::parent).map(|folder| folder.join(&path));
        let found = beside
            .filter(|path| path.exists())
            .unwrap_or_else(|| path.clone().into());
        let partial = files.begin()?;
        std::fs::copy(&found, partial.path()).with_context(|| format!("cannot read {}", found.display()))?;
        let name = found
            .file_name()
            .map_or(path.clone(), |name| name.to_string_lossy().into_owned());
        let taken = files.take(partial, &name).map_err(|err| refusal(not_taken(err)))?;
        for file in taken {
            let mut step = Map::from_iter([("id".to_owned(), Value::String(file.id))]);
            step.extend(time_s.clone().map(|time_s| ("time_s".to_owned(), time_s)));
            brought.push(Value::Object(step));
        }
    }
    *steps = brought;
    Ok(())
}

/// Why there is no result, in both languages.
fn told(name: &str, err: &SimulationError) -> anyhow::Error {
    let text = match err {
        SimulationError::Refused(text) => Some(text),
        _ => None,
    };
    anyhow!("{name}: {}", in_both(text, &err.to_string()))
}

/// Draws progress until the work is over.
fn show(task: &Task, is_over: &AtomicBool) {
    let bar = ProgressBar::new(1000);
    if let Ok(style) = ProgressStyle::with_template("{elapsed_precise} {wide_bar} {percent} %") {
        bar.set_style(style);
    }
    while !is_over.load(Ordering::Acquire) {
        bar.set_position((task.progress() * 1000.0) as u64);
        std::thread::park_timeout(TICK);
    }
    bar.finish_and_clear();
}

/// Writes what was found as files.
fn export(
    state: &AppState,
    result: &ResultFolder,
    layers: &[crate::simulations::LayerAnswer],
    out: &Path,
) -> anyhow::Result<Vec<String>> {
    std::fs::create_dir_all(out).with_context(|| format!("cannot make {}", out.display()))?;
    let mut files = Vec::new();
    let mut write = |name: String, bytes: &[u8]| -> anyhow::Result<()> {
        let path = out.join(name);
        std::fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
        files.push(path.display().to_string());
        Ok(())
    };
    write("outcome.json".to_owned(), &result.outcome_json()?)?;
    let epsg = state.snapshot().frame.as_ref().and_then(|frame| epsg_of(frame));
    for described in layers {
        let Some(layer) = result.layer(&described.key)? else {
            continue;
        };
        let told = |text: analysis::indicators::Text| anyhow!(in_both(Some(&text), &text.en));
        if described.shape == "grid" {
            write(format!("{}.tif", layer.key), &geotiff(&layer, epsg).map_err(told)?)?;
        } else {
            write(format!("{}.csv", layer.key), &csv(&layer).map_err(told)?)?;
        }
    }
    Ok(files)
}
