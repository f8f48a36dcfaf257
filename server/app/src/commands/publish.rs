//! `chengjing publish`.

use super::{megabytes, print_json, print_text};
use crate::cli::PublishArgs;
use crate::publish::{PublishReport, publish};
use indicatif::{ProgressBar, ProgressStyle};
use scene_store::CityFolder;
use std::process::ExitCode;

pub(super) fn run(args: &PublishArgs, json: bool) -> anyhow::Result<ExitCode> {
    let report = publish_with_bar(&args.city.open()?, args.tile_size.map(|kib| kib * 1024))?;
    answer(&report, json)?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn publish_with_bar(city: &CityFolder, target_tile_bytes: Option<u32>) -> anyhow::Result<PublishReport> {
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} tiles ({eta})") {
        bar.set_style(style);
    }
    let report = publish(city, target_tile_bytes, &|done, total| {
        bar.set_length(total);
        bar.set_position(done);
        true
    });
    bar.finish_and_clear();
    Ok(report?)
}

pub(super) fn answer(report: &PublishReport, json: bool) -> anyhow::Result<()> {
    if json {
        return print_json(report);
    }
    for issue in &report.issues {
        tracing::warn!("{issue}");
    }
    print_text(&format!(
        "published revision {}: {} features in {} tiles ({} encoded, {} reused), {} in {:.2} s; peak memory {}",
        report.revision,
        report.features,
        report.tiles_total,
        report.tiles_encoded,
        report.tiles_reused,
        megabytes(report.bytes),
        report.elapsed_s,
        megabytes(report.peak_rss_bytes)
    ))
}
