//! `chengjing export`.

use super::{megabytes, print_json, print_text};
use crate::cli::ExportArgs;
use crate::export::export;
use indicatif::{ProgressBar, ProgressStyle};
use std::process::ExitCode;

pub(super) fn run(args: &ExportArgs, json: bool) -> anyhow::Result<ExitCode> {
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} files ({eta})") {
        bar.set_style(style);
    }
    let result = export(&args.city.open()?, &args.out, &|done, total| {
        bar.set_length(total);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    let report = result?;
    if json {
        print_json(&report)?;
    } else {
        print_text(&format!(
            "revision {} exported: {} files, {} in {:.2} s to {}",
            report.revision,
            report.files,
            megabytes(report.bytes),
            report.elapsed_s,
            report.path.display()
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}
