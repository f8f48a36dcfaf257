//! Scenarios: states of a million features compiled, compared and switched; and asked of a running server.

use super::{Args, Bench, Row, median};
use crate::{paths, shell};
use anyhow::Context as _;
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;

/// Times that the server is asked for each side.
const ROUNDS: usize = 15;

pub(super) fn measure(bench: &Bench, args: &Args, rows: &mut Vec<Row>) -> anyhow::Result<()> {
    million(rows)?;
    served(bench, args.buildings, rows)
}

/// The kernel by itself, built for release.
fn million(rows: &mut Vec<Row>) -> anyhow::Result<()> {
    let said = shell::output(
        &paths::root(),
        "cargo",
        &[
            "run",
            "--release",
            "--quiet",
            "-p",
            "city-model",
            "--example",
            "scenario_million",
        ],
    )?;
    let figures: Value = serde_json::from_str(&said).context("the example prints JSON")?;
    let of = |name: &str| figures[name].as_f64().unwrap_or(f64::NAN);
    let detail = format!("{:.0} of 1,000,000 features in 400 edits", of("edited"));
    rows.push(Row::new(
        "state table of 1,000,000 features compiled",
        format!("{:.1} ms ({detail})", of("compile_ms")),
        "≤ 200 ms",
    ));
    rows.push(Row::new(
        "the same encoded, decoded",
        format!("{:.2} ms, {:.2} ms", of("encode_ms"), of("decode_ms")),
        "–",
    ));
    rows.push(Row::new(
        "two of them compared",
        format!("{:.1} ms ({:.0} differences)", of("diff_ms"), of("differences")),
        "≤ 200 ms",
    ));
    rows.push(Row::new(
        "switch of scenario, 1,000,000 features: compile, encode, decode",
        format!("{:.1} ms", of("switch_ms")),
        "≤ 200 ms",
    ));
    Ok(())
}

/// A scenario of a large generated city, as a viewer asks for it.
fn served(bench: &Bench, buildings: u32, rows: &mut Vec<Row>) -> anyhow::Result<()> {
    let city = bench.copied_demo(buildings, "scenario")?;
    let folder = city.display().to_string();
    let scenario = |arguments: &[&str]| -> anyhow::Result<Value> {
        let output = Command::new(&bench.binary)
            .args(["scenario", "--city", &folder, "--json"])
            .args(arguments)
            .output()?;
        let stderr = String::from_utf8_lossy(&output.stderr);
        anyhow::ensure!(output.status.success(), "scenario {arguments:?} failed: {stderr}");
        Ok(serde_json::from_slice(&output.stdout)?)
    };
    let made = scenario(&["create", "bench", "--author", "bench"])?;
    let id = made["id"].as_str().context("the scenario has an id")?.to_owned();
    let serving = bench.serve(&city)?;
    let page = serving.json("/ogc/collections/buildings-building/items?limit=10000")?;
    let ids: Vec<&Value> = page["features"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|f| &f["id"])
        .collect();
    let edits = json!({ "author": "bench", "edits": [{ "action": "demolish", "features": ids }] });
    let file = bench.folder.join("edits.json");
    std::fs::write(&file, edits.to_string())?;
    let started = std::time::Instant::now();
    scenario(&["edit", &id, &file.display().to_string()])?;
    let edit_ms = started.elapsed().as_secs_f64() * 1e3;
    let mut times = vec![];
    for _ in 0..ROUNDS {
        for side in ["base", id.as_str()] {
            let url = format!("{}/api/v1/scenarios/{side}/states?phase=2030-01-01", serving.address);
            let said = shell::output(
                Path::new("."),
                "curl",
                &[
                    "-sSf",
                    "-o",
                    "/dev/null",
                    "-H",
                    "accept-encoding: gzip",
                    "-w",
                    "%{time_total}",
                    &url,
                ],
            )?;
            times.push(said.trim().parse::<f64>()? * 1e3);
        }
    }
    let manifest = serving.json("/api/v1/manifest")?;
    rows.push(Row::new(
        format!(
            "states asked of the server, {} features",
            manifest["feature_index_count"]
        ),
        format!(
            "{:.1} ms (median of {}, alternating scenarios)",
            median(times),
            2 * ROUNDS
        ),
        "≤ 200 ms",
    ));
    rows.push(Row::new(
        format!("one edit of {} buildings by the command line", ids.len()),
        format!("{edit_ms:.0} ms"),
        "–",
    ));
    Ok(())
}
