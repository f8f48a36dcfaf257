//! Import, publish and re-publish.

use super::{Args, Bench, Row, median, peer_tiler};
use crate::{paths, tools};
use anyhow::Context as _;
use std::path::Path;

/// Runs of the small import.
const RUNS: usize = 5;

pub(super) fn measure(bench: &Bench, args: &Args, rows: &mut Vec<Row>) -> anyhow::Result<()> {
    tools::ensure_programs(&[("/usr/bin/time", "time"), ("curl", "curl")])?;
    delft(bench, rows)?;
    if args.tyler {
        peer_tiler::measure(bench, rows)?;
    }
    let per_feature = large(bench, args.buildings, "≥ 15,000 features/s, ≤ 1.2 GB", rows)?;
    edit(bench, args.buildings, rows)?;
    if args.million {
        let slower = large(bench, 1_000_000, "≤ 3 GB", rows)? / per_feature;
        rows.push(Row::new(
            "time per feature, 1,000,000 against the above",
            format!("{slower:.2}×"),
            "≤ 1.3×",
        ));
    }
    Ok(())
}

fn delft(bench: &Bench, rows: &mut Vec<Row>) -> anyhow::Result<()> {
    let file = paths::root()
        .join("assets/sample/delft/delft_fcb.city.jsonl")
        .display()
        .to_string();
    let (mut totals, mut imports) = (vec![], vec![]);
    for _ in 0..RUNS {
        let city = bench.fresh("delft")?.display().to_string();
        let (_, import) = bench.run(&["import", &city, &file])?;
        let (_, publish) = bench.run(&["publish", &city])?;
        totals.push(import.secs + publish.secs);
        imports.push(import.secs);
    }
    let worst = totals.iter().copied().fold(0.0, f64::max);
    let measured = format!(
        "{:.2} s (import {:.2} s; greatest of {RUNS}: {worst:.2} s)",
        median(totals),
        median(imports)
    );
    rows.push(Row::new(
        "import + publish of delft_fcb.city.jsonl",
        measured,
        "≤ 0.6 s",
    ));
    Ok(())
}

/// Publishes a large generated city; gives seconds per feature.
fn large(bench: &Bench, buildings: u32, target: &str, rows: &mut Vec<Row>) -> anyhow::Result<f64> {
    let city = bench.fresh(&format!("kept-{buildings}"))?.display().to_string();
    let count = buildings.to_string();
    let (_, made) = bench.run(&["demo", &city, "--buildings", &count, "--no-publish"])?;
    let (info, _) = bench.run(&["info", &city])?;
    let features = info["features"].as_f64().context("info has no number of features")?;
    let (published, cost) = bench.run(&["publish", &city])?;
    let rate = features / cost.secs;
    let measured = format!(
        "{rate:.0} features/s ({features} features, {:.1} s, {} tiles), peak {:.0} MiB; generate + import {:.1} s, peak {:.0} MiB",
        cost.secs, published["tiles_encoded"], cost.peak_mib, made.secs, made.peak_mib
    );
    rows.push(Row::new(
        format!("publish of {buildings} generated buildings with pipes"),
        measured,
        target,
    ));
    Ok(cost.secs / features)
}

/// Edits twenty buildings of one block and publishes again.
fn edit(bench: &Bench, buildings: u32, rows: &mut Vec<Row>) -> anyhow::Result<()> {
    let city = bench.kept_demo(buildings)?;
    let ids = neighbours(bench, &city, 20)?;
    let folder = city.display().to_string();
    for id in &ids {
        bench.run(&["set", &folder, id, &format!("note={}", std::process::id())])?;
    }
    let (published, cost) = bench.run(&["publish", &folder])?;
    let measured = format!("{} tiles re-encoded, {:.2} s", published["tiles_encoded"], cost.secs);
    rows.push(Row::new(
        format!("re-publish after editing {} buildings in one block", ids.len()),
        measured,
        "≤ 6 tiles, ≤ 1 s",
    ));
    Ok(())
}

/// Ids of buildings that stand together.
fn neighbours(bench: &Bench, city: &Path, count: usize) -> anyhow::Result<Vec<String>> {
    let serving = bench.serve(city)?;
    let [lon, lat] = {
        let manifest = serving.json("/api/v1/manifest")?;
        let at = |i: usize| manifest["origin_lon_lat_height"][i].as_f64().unwrap_or_default();
        [at(0), at(1)]
    };
    // grows until enough buildings stand inside
    for reach in [4e-4, 8e-4, 1.6e-3, 3.2e-3, 6.4e-3] {
        let bbox = format!("{},{},{},{}", lon, lat, lon + reach, lat + reach);
        let page = serving.json(&format!(
            "/ogc/collections/buildings-building/items?limit={count}&bbox={bbox}"
        ))?;
        let found: Vec<String> = page["features"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|f| f["id"].as_str().map(str::to_owned))
            .collect();
        if found.len() >= count {
            return Ok(found);
        }
    }
    anyhow::bail!("fewer than {count} buildings near the middle of the city")
}
