//! `chengjing info`.

use super::{megabytes, print_json, print_text};
use crate::cli::CityArgs;
use scene_store::{Dataset, LayerCount, RevisionInfo, SceneStore as _, StoreSummary};
use serde::Serialize;
use std::fmt::Write as _;
use std::process::ExitCode;

#[derive(Serialize)]
struct Info {
    title: Option<city_model::manifest::LocalText>,
    is_generated: bool,
    scene_crs: Option<String>,
    origin_lon_lat_height: Option<[f64; 3]>,
    #[serde(flatten)]
    summary: StoreSummary,
    classes: Vec<(&'static str, u64)>,
    datasets: Vec<Dataset>,
    published: Option<RevisionInfo>,
}

pub(super) fn run(args: &CityArgs, json: bool) -> anyhow::Result<ExitCode> {
    let store = args.open()?.store()?;
    let scene = store.scene()?;
    let name = |count: &LayerCount| city_model::layers::by_code(count.code).map_or("unknown", |layer| layer.id);
    let info = Info {
        title: scene.as_ref().map(|s| s.title.clone()),
        is_generated: scene.as_ref().is_some_and(|s| s.is_generated),
        scene_crs: scene.as_ref().map(|s| s.frame.crs().name().to_owned()),
        origin_lon_lat_height: scene.as_ref().map(|s| s.frame.origin().to_deg()),
        summary: store.summary()?,
        classes: store
            .layer_counts()?
            .iter()
            .map(|c| (name(c), c.num_features))
            .collect(),
        datasets: store.datasets()?,
        published: store.published()?,
    };
    if json {
        print_json(&info)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut text = String::new();
    if let Some(title) = &info.title {
        writeln!(
            text,
            "{} ({}){}",
            title.zh,
            title.en,
            if info.is_generated { ", generated" } else { "" }
        )?;
    }
    if let (Some(crs), Some([lon, lat, height])) = (&info.scene_crs, info.origin_lon_lat_height) {
        writeln!(text, "scene {crs}, origin {lon:.6}°, {lat:.6}°, {height:.1} m")?;
    }
    writeln!(
        text,
        "{} features, {} terrain grids",
        info.summary.features, info.summary.terrain_grids
    )?;
    for (class, count) in &info.classes {
        writeln!(text, "  {class:<24} {count:>9}")?;
    }
    for dataset in &info.datasets {
        let credit = dataset.attribution.as_deref().unwrap_or("no credit stated");
        writeln!(
            text,
            "from {}: {} features, {} left out; {credit}",
            dataset.path, dataset.features, dataset.quarantined
        )?;
    }
    match &info.published {
        Some(r) => write!(
            text,
            "revision {} of {}: {} contents, {}",
            r.revision,
            r.published_at,
            r.num_contents,
            megabytes(r.bytes)
        )?,
        None => write!(text, "not published yet")?,
    }
    print_text(&text)?;
    Ok(ExitCode::SUCCESS)
}
