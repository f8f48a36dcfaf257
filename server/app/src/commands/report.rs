//! `chengjing report`.

use super::projects::told;
use super::{megabytes, print_json, print_text};
use crate::cli::ReportArgs;
use crate::http::AppState;
use crate::reports::area::AreaRequest;
use crate::reports::pack::{Lang, PackRequest};
use crate::reports::prepare;
use anyhow::{Context as _, anyhow};
use scene_store::CityFolder;
use std::path::Path;
use std::process::ExitCode;

pub(super) fn run(args: &ReportArgs, json: bool) -> anyhow::Result<ExitCode> {
    let city = CityFolder::open(
        args.city
            .clone()
            .context("which city? give its folder with --city DIR")?,
    )?;
    let state = AppState::open(city, 0)?;
    let polygon = args.area.as_deref().map(polygon).transpose()?;
    let request = PackRequest {
        scenario: args.scenario.clone(),
        scenario_revision: args.revision,
        baseline: args.baseline.clone(),
        phase: args.phase.clone(),
        area: AreaRequest {
            city: (args.project.is_none() && args.zone.is_none() && polygon.is_none()).then_some(true),
            project: args.project.clone(),
            zone: args.zone.clone(),
            polygon,
        },
        views: Vec::new(),
        lang: if args.english { Lang::En } else { Lang::Zh },
    };
    let bytes = prepare(&state, &request).map_err(told)?;
    let is_archive = args.out.extension().is_some_and(|e| e.eq_ignore_ascii_case("zip"));
    let files = if is_archive {
        std::fs::write(&args.out, &bytes).with_context(|| format!("cannot write {}", args.out.display()))?;
        vec![args.out.clone()]
    } else {
        unpack(&bytes, &args.out)?
    };
    if json {
        print_json(&serde_json::json!({
            "bytes": bytes.len(),
            "blake3": blake3::hash(&bytes).to_hex().as_str(),
            "files": files,
        }))?;
    } else {
        print_text(&format!(
            "evidence pack of {}: {}",
            megabytes(bytes.len() as u64),
            args.out.display()
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Polygon of a GeoJSON file: a geometry, a feature, or a collection of one feature.
fn polygon(path: &Path) -> anyhow::Result<serde_json::Value> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let value: serde_json::Value =
        serde_json::from_str(&text).with_context(|| format!("{} is no JSON", path.display()))?;
    let feature = match value
        .get("features")
        .and_then(serde_json::Value::as_array)
        .map(Vec::as_slice)
    {
        Some([one]) => one.clone(),
        Some(several) => {
            return Err(anyhow!(
                "{} holds {} features; an area is one",
                path.display(),
                several.len()
            ));
        }
        None => value,
    };
    Ok(feature.get("geometry").cloned().unwrap_or(feature))
}

fn unpack(bytes: &[u8], folder: &Path) -> anyhow::Result<Vec<std::path::PathBuf>> {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes))?;
    let mut files = Vec::new();
    for number in 0..archive.len() {
        let mut file = archive.by_index(number)?;
        let name = file.enclosed_name().context("a name in the pack leaves its folder")?;
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap_or(folder))?;
        let mut out = std::fs::File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
        std::io::copy(&mut file, &mut out)?;
        files.push(path);
    }
    Ok(files)
}
