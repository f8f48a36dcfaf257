//! `chengjing check`.

use super::{EXIT_BUSY_OR_DAMAGED, print_json, print_text};
use crate::check::check;
use crate::cli::CityArgs;
use indicatif::{ProgressBar, ProgressStyle};
use std::process::ExitCode;

pub(super) fn run(args: &CityArgs, json: bool) -> anyhow::Result<ExitCode> {
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {pos} contents read") {
        bar.set_style(style);
    }
    let result = check(&args.open()?, &|done| bar.set_position(done));
    bar.finish_and_clear();
    let report = result?;
    if json {
        print_json(&report)?;
    } else {
        for issue in &report.issues {
            print_text(&issue.to_string())?;
        }
        print_text(&format!(
            "{} errors, {} warnings in {} tilesets, {} tiles, {} contents; {:.2} s",
            report.errors, report.warnings, report.tilesets, report.tiles, report.contents, report.elapsed_s
        ))?;
    }
    Ok(if report.errors == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(EXIT_BUSY_OR_DAMAGED)
    })
}
