//! `chengjing import`.

use super::{EXIT_UNUSABLE, megabytes, print_json, print_text};
use crate::cli::ImportArgs;
use crate::import::{ImportError, ImportOptions, ImportReport, IsolationLimits, import_files};
use anyhow::{Context as _, anyhow};
use city_model::manifest::LocalText;
use city_model::{Crs, FeatureClass};
use indicatif::{ProgressBar, ProgressStyle};
use scene_store::CityFolder;
use std::process::ExitCode;
use std::time::Duration;

pub(super) fn run(mut args: ImportArgs, json: bool) -> anyhow::Result<ExitCode> {
    let city = match args.city.take() {
        Some(city) => city,
        None => args.files.remove(0),
    };
    if args.files.is_empty() {
        return Err(anyhow!("no file to import: chengjing import --city DIR FILE…"));
    }
    if let Some(file) = args.files.iter().find(|f| city.is_file() || f.is_dir()) {
        return Err(anyhow!(
            "{} is no city folder or {} is no file: chengjing import --city DIR FILE…",
            city.display(),
            file.display()
        ));
    }
    let options = options(&args)?;
    let city = CityFolder::create(city)?;
    let bar = spinner();
    let result = import_files(&city, &args.files, &options, &|path, count| {
        bar.set_position(count);
        bar.set_message(path.file_name().unwrap_or_default().to_string_lossy().into_owned());
    });
    bar.finish_and_clear();
    match result {
        Ok(report) => {
            answer(&report, json)?;
            Ok(if report.has_unusable_file() {
                ExitCode::from(EXIT_UNUSABLE)
            } else {
                ExitCode::SUCCESS
            })
        }
        Err(ImportError::NothingUsable { reason, summary }) => {
            tracing::error!("nothing could be imported: {reason}");
            answer(&summary, json)?;
            Ok(ExitCode::from(EXIT_UNUSABLE))
        }
        Err(err) => Err(err.into()),
    }
}

pub(super) fn spinner() -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {human_pos} features ({per_sec})") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

fn options(args: &ImportArgs) -> anyhow::Result<ImportOptions> {
    let crs = |name: &Option<String>| name.as_deref().map(Crs::parse).transpose();
    let scene_crs = crs(&args.scene_crs)?;
    if scene_crs.as_ref().is_some_and(Crs::is_geographic) {
        return Err(anyhow!("the CRS of a city must be in metres, not degrees"));
    }
    let default_class = args
        .class
        .as_deref()
        .map(|name| {
            let known: Vec<&str> = FeatureClass::ALL.iter().map(|c| c.as_str()).collect();
            FeatureClass::from_name(name)
                .with_context(|| format!("unknown class {name:?}: one of {}", known.join(", ")))
        })
        .transpose()?;
    if let Some(class) = args.pipe_class.as_deref()
        && city_model::layers::by_id(&format!("underground/{class}"))
            .is_none_or(|layer| layer.code < city_model::layers::FIRST_PIPE_CODE)
    {
        return Err(anyhow!(
            "unknown pipe class {class:?}: one of JS, YS, WS, HS, RQ, RL, DL, TX, GY, ZH, BM, ZS"
        ));
    }
    Ok(ImportOptions {
        crs: crs(&args.crs)?,
        scene_crs,
        layer: args.layer.clone(),
        attribution: args.attribution.clone(),
        pipe_class: args.pipe_class.clone(),
        default_class,
        title: args.title.as_ref().map(|title| LocalText {
            zh: title.clone(),
            en: title.clone(),
        }),
        geoid_offset_m: args.geoid_offset,
        isolation: IsolationLimits {
            memory_bytes: args.ifc_memory.saturating_mul(1 << 20),
            wall_secs: args.ifc_timeout,
        },
        ..ImportOptions::default()
    })
}

fn answer(report: &ImportReport, json: bool) -> anyhow::Result<()> {
    if json {
        return print_json(report);
    }
    for issue in &report.issues {
        tracing::warn!("{issue}");
    }
    let mut kinds: Vec<String> = report
        .issue_counts
        .iter()
        .map(|(code, count)| format!("{count} × {code}"))
        .collect();
    if kinds.is_empty() {
        kinds.push("no issues".to_owned());
    }
    print_text(&format!(
        "imported {} features ({} changed, {} as before) and {} terrain grids in {:.2} s; {} left out; {}; peak memory {}",
        report.imported,
        report.replaced,
        report.unchanged,
        report.terrain_grids,
        report.elapsed_s,
        report.quarantined,
        kinds.join(", "),
        megabytes(report.peak_rss_bytes)
    ))
}
