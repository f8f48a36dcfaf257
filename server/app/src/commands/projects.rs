//! `chengjing projects`.

use super::publish::publish_with_bar;
use super::{EXIT_UNUSABLE, print_json, print_text, read_json};
use crate::cli::{ProjectsArgs, ProjectsCommand};
use crate::http::problem::ApiError;
use crate::http::{AppState, Snapshot};
use crate::projects::export::{ExportFormat, export};
use crate::projects::import::{ImportFormat, import};
use crate::projects::library::{Library, Project, Question};
use crate::projects::offices::Office;
use crate::projects::single;
use crate::projects::write::etag;
use crate::projects::{Config, flags::OverlayCache};
use anyhow::{Context as _, anyhow};
use scene_store::CityFolder;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

pub(super) fn run(args: ProjectsArgs, json: bool) -> anyhow::Result<ExitCode> {
    let city = CityFolder::open(args.city.context("which city? give its folder with --city DIR")?)?;
    let state = AppState::open(city.clone(), 0)?;
    let config = Config::load(city.root())?;
    let (snapshot, overlays) = (state.snapshot(), OverlayCache::default());
    let library = open(&state, &snapshot, &config, &overlays)?;
    match args.command {
        ProjectsCommand::List {
            q,
            stage,
            class,
            way,
            office,
            sort,
        } => {
            let question = Question {
                q,
                stage,
                class,
                way,
                office,
                sort,
            };
            list(&library.list(&question).map_err(told)?, json)
        }
        ProjectsCommand::Show { id } => {
            print_json(&library.one(&id).map_err(told)?)?;
            Ok(ExitCode::SUCCESS)
        }
        ProjectsCommand::Create { file, no_publish } => {
            let made = single::create(&library, &city, read_json(&file)?).map_err(told)?;
            written(&city, Some(&made), no_publish, json)
        }
        ProjectsCommand::Change {
            id,
            file,
            replace,
            if_revision,
            no_publish,
        } => {
            let is_current = |revision| current(revision, if_revision);
            let fields = read_json(&file)?;
            let changed = single::change(&library, &city, &id, &fields, replace, is_current).map_err(told)?;
            written(&city, Some(&changed), no_publish, json)
        }
        ProjectsCommand::Remove {
            id,
            if_revision,
            no_publish,
        } => {
            single::remove(&library, &city, &id, |revision| current(revision, if_revision)).map_err(told)?;
            written(&city, None, no_publish, json)
        }
        ProjectsCommand::Import { file, no_publish } => read(&library, &city, &file, no_publish, json),
        ProjectsCommand::Export { out } => write(&library, &out, json),
        ProjectsCommand::Offices => offices(&library.offices().map_err(told)?, json),
    }
}

/// Refuses a revision other than the one that the user knows.
fn current(revision: u32, known: Option<u32>) -> Result<(), ApiError> {
    match known {
        Some(known) if known != revision => Err(ApiError::PreconditionFailed { etag: etag(revision) }),
        _ => Ok(()),
    }
}

/// Publishes and tells what was written; `None` was taken out.
fn written(city: &CityFolder, project: Option<&Project>, no_publish: bool, json: bool) -> anyhow::Result<ExitCode> {
    let published = if no_publish {
        None
    } else {
        Some(publish_with_bar(city, None)?)
    };
    if json {
        print_json(&serde_json::json!({ "project": project, "publish": published }))?;
    } else {
        let told = project.map_or_else(|| "taken out".to_owned(), |p| format!("{}  {}", p.id, p.record.name));
        print_text(&told)?;
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn open<'a>(
    state: &'a AppState,
    snapshot: &'a Arc<Snapshot>,
    config: &'a Config,
    overlays: &OverlayCache,
) -> anyhow::Result<Library<'a>> {
    Library::new(state.store.as_ref(), snapshot, config, overlays).map_err(told)
}

/// An error of the interface with all of its mistakes, as the command line tells it.
pub(super) fn told(err: ApiError) -> anyhow::Error {
    match err {
        ApiError::Unprocessable { errors, .. } => {
            let lines: Vec<String> = errors
                .iter()
                .map(|mistake| match &mistake.at {
                    Some(at) => format!("{at}: {}", mistake.message),
                    None => mistake.message.clone(),
                })
                .collect();
            anyhow!("{}", lines.join("\n"))
        }
        ApiError::Internal(cause) => anyhow!("{cause}"),
        other => other.into(),
    }
}

fn list(projects: &[Project], json: bool) -> anyhow::Result<ExitCode> {
    if json {
        print_json(&serde_json::json!({ "total": projects.len(), "projects": projects }))?;
        return Ok(ExitCode::SUCCESS);
    }
    for project in projects {
        let record = &project.record;
        let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "—".to_owned());
        print_text(&format!(
            "{}  {}  {}  {}  {}  {}  {:.1} ha{}",
            project.id,
            record.name,
            text(&record.town_office),
            text(&record.stage),
            text(&record.progress),
            record
                .investment_cny
                .map_or_else(|| "—".to_owned(), |cny| format!("{:.2} 亿元", cny / 1e8)),
            project.area_m2 / 1e4,
            if project.flags.is_empty() {
                String::new()
            } else {
                format!("  {} flags", project.flags.len())
            }
        ))?;
    }
    print_text(&format!("{} projects", projects.len()))?;
    Ok(ExitCode::SUCCESS)
}

fn read(
    library: &Library<'_>,
    city: &CityFolder,
    file: &Path,
    no_publish: bool,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let format = ImportFormat::of_path(file)
        .with_context(|| format!("{}: is none of .geojson, .csv, .xlsx, .gml", file.display()))?;
    let bytes = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let source = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let done = match import(library, city, format, &bytes, &source) {
        Ok(done) => done,
        Err(err @ ApiError::Unprocessable { .. }) => {
            let err = told(err);
            tracing::error!("nothing was imported:\n{err:#}");
            if json {
                print_json(&serde_json::json!({ "error": format!("{err:#}"), "exit_code": EXIT_UNUSABLE }))?;
            }
            return Ok(ExitCode::from(EXIT_UNUSABLE));
        }
        Err(err) => return Err(told(err)),
    };
    if !json {
        for issue in &done.issues {
            print_text(&issue.to_string())?;
        }
        print_text(&format!(
            "{} new, {} changed, {} unchanged, {} left out",
            done.imported, done.updated, done.unchanged, done.quarantined
        ))?;
    }
    let published = if no_publish {
        None
    } else {
        Some(publish_with_bar(city, None)?)
    };
    if json {
        print_json(&serde_json::json!({ "import": done, "publish": published }))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn write(library: &Library<'_>, out: &Path, json: bool) -> anyhow::Result<ExitCode> {
    let format = match out
        .extension()
        .and_then(|e| e.to_str())
        .map(str::to_lowercase)
        .as_deref()
    {
        Some("geojson" | "json") => ExportFormat::GeoJson,
        Some("csv") => ExportFormat::Csv,
        Some("xlsx") => ExportFormat::Xlsx,
        _ => return Err(anyhow!("{}: is none of .geojson, .csv, .xlsx", out.display())),
    };
    let projects = library.list(&Question::default()).map_err(told)?;
    let bytes = export(&projects, &library.config.columns, format).map_err(|err| anyhow!("{err}"))?;
    std::fs::write(out, &bytes).with_context(|| format!("cannot write {}", out.display()))?;
    if json {
        print_json(&serde_json::json!({ "projects": projects.len(), "bytes": bytes.len(), "path": out }))?;
    } else {
        print_text(&format!("{} projects in {}", projects.len(), out.display()))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn offices(offices: &[Office], json: bool) -> anyhow::Result<ExitCode> {
    if json {
        print_json(&offices)?;
        return Ok(ExitCode::SUCCESS);
    }
    for office in offices {
        let hundred_million = |cny: f64| format!("{:.2} 亿元", cny / 1e8);
        print_text(&format!(
            "{}  {}  {} projects  done {} of {}{}",
            office.rank.map_or_else(|| "—".to_owned(), |rank| rank.to_string()),
            office.name,
            office.num_projects,
            hundred_million(office.done_cny),
            office.target_cny.map_or_else(|| "—".to_owned(), hundred_million),
            if office.is_sample { "  (sample targets)" } else { "" }
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}
