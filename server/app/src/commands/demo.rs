//! `chengjing demo`: generate, import, publish.

use super::import::spinner;
use super::publish::{answer, publish_with_bar};
use super::{print_json, print_text};
use crate::cli::DemoArgs;
use crate::import::{ImportOptions, import_with};
use city_model::Report;
use city_model::manifest::ViewInfo;
use city_sources::demo::{DemoOptions, generate};
use scene_store::CityFolder;
use std::path::Path;
use std::process::ExitCode;

pub(super) fn run(args: &DemoArgs, json: bool) -> anyhow::Result<ExitCode> {
    let city = CityFolder::create(args.city.path()?)?;
    let options = ImportOptions {
        is_generated: true,
        layer: Some("demo".to_owned()),
        ..ImportOptions::default()
    };
    let demo = DemoOptions {
        buildings: args.buildings,
        seed: args.seed,
    };
    let bar = spinner();
    bar.set_message("generating");
    let imported = import_with(&city, &options, |sink| {
        sink.begin_file(Path::new("demo"));
        let bar = bar.clone();
        sink.set_progress(Box::new(move |count| bar.set_position(count)));
        let mut report = Report::new("demo");
        let error = match generate(&demo, sink, &mut report) {
            Ok(summary) => {
                sink.set_title(summary.title);
                sink.set_views(
                    summary
                        .views
                        .into_iter()
                        .map(|v| ViewInfo {
                            id: v.id.to_owned(),
                            title: v.title,
                            target_enu: v.target.to_array(),
                            distance_m: v.distance_m,
                            heading_deg: v.heading_deg,
                            pitch_deg: v.pitch_deg,
                        })
                        .collect(),
                );
                None
            }
            Err(err) => Some(err.to_string()),
        };
        sink.end_file(report, error);
    })?;
    bar.finish_and_clear();
    if let Some(error) = imported.files.iter().find_map(|f| f.error.as_ref()) {
        return Err(anyhow::anyhow!("the generator stopped: {error}"));
    }
    if !json {
        print_text(&format!(
            "generated and imported {} features in {:.2} s",
            imported.imported, imported.elapsed_s
        ))?;
    }
    if args.no_publish {
        if json {
            print_json(&serde_json::json!({ "import": imported }))?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let published = publish_with_bar(&city, None)?;
    if json {
        print_json(&serde_json::json!({ "import": imported, "publish": published }))?;
    } else {
        answer(&published, false)?;
    }
    Ok(ExitCode::SUCCESS)
}
