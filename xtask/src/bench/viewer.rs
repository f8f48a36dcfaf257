//! The viewer beside two peers: same tileset, camera, window, browser and renderer, in one run; what comparing costs
//! against a single view, what a step of time costs, and the engine's size.

use super::{Bench, Row};
use crate::{paths, shell, tools};
use anyhow::Context as _;
use serde_json::{Value, json};
use std::path::PathBuf;

/// End of the names of peers that run with the samples a pixel that they have unless told otherwise.
const AS_IT_COMES: &str = ", as it comes";

/// A city and how it is looked at.
struct Scene {
    what: &'static str,
    city: PathBuf,
    /// See the head of `tests/bench/viewer.mjs`.
    options: Value,
}

pub(super) fn measure(bench: &Bench, rounds: u32, rows: &mut Vec<Row>) -> anyhow::Result<()> {
    tools::ensure_programs(&[("chromium", "chromium")])?;
    let folder = paths::root().join("tests/bench");
    tools::ensure_npm(&folder)?;
    size(rows)?;
    let scenes = [
        Scene {
            what: "Delft, all of LoD 2.2",
            city: delft(bench)?,
            options: json!({ "rounds": rounds, "error_px": 1 }),
        },
        Scene {
            what: "generated district, 16 px",
            city: bench.kept_demo(8_000)?,
            // ours does not load what the ground covers
            options: json!({
                "rounds": rounds, "error_px": 16, "without": ["underground"],
                "compare": { "demolish": 300, "qualities": ["low", "medium"], "rounds": 2 * rounds },
                "steps": rounds,
            }),
        },
    ];
    for scene in scenes {
        let serving = bench.serve(&scene.city)?;
        let arguments = ["viewer.mjs", &serving.address, &scene.options.to_string()];
        let printed = shell::output(&folder, "node", &arguments)?;
        let result: Value = serde_json::from_str(printed.lines().last().context("the comparison printed nothing")?)?;
        let table = result["table"].as_array().context("the comparison has no table")?;
        report(scene.what, table, rows)?;
        compared(scene.what, result["compared"].as_array(), rows);
        stepped(result["stepped"].as_array(), rows);
    }
    Ok(())
}

/// Rows of swipe and difference, where a scene has them.
fn compared(what: &str, found: Option<&Vec<Value>>, rows: &mut Vec<Row>) {
    for one in found.into_iter().flatten() {
        let quality = one["quality"].as_str().unwrap_or_default();
        let number = |value: &Value| value.as_f64().unwrap_or(f64::NAN);
        let ms = |mode: &str| number(&one["frame_ms"][mode]);
        for mode in ["swipe", "difference"] {
            let measured = format!(
                "{:.2}× ({:.0} against {:.0} ms, {:.0} buildings taken down, median of {:.0} rounds)",
                number(&one[mode]),
                ms(mode),
                ms("single"),
                number(&one["demolished"]),
                number(&one["rounds"]),
            );
            let title = format!("{what}: {mode} against a single view of the same scenario, {quality} quality");
            rows.push(Row::new(title, measured, "≤ 1.15×"));
        }
    }
}

/// Rows of steps of the time slider, where a scene has them.
fn stepped(found: Option<&Vec<Value>>, rows: &mut Vec<Row>) {
    for one in found.into_iter().flatten() {
        let number = |key: &str| one[key].as_f64().unwrap_or(f64::NAN);
        let what = match one["kind"].as_str().unwrap_or_default() {
            "grid" => "a grid of 2,000 × 2,000",
            "lines" => "15,000 pipes as lines",
            _ => "15,000 features",
        };
        let measured = format!(
            "{:.2}× ({:.0} against {:.0} ms, median of {:.0} frames)",
            number("ratio"),
            number("stepped_ms"),
            number("frame_ms"),
            number("frames"),
        );
        let title = format!("frame that shows the next step of {what}, against one that shows the same");
        rows.push(Row::new(title, measured, "≤ 2× (one frame more)"));
    }
}

fn delft(bench: &Bench) -> anyhow::Result<PathBuf> {
    let city = bench.folder.join("viewer-delft");
    if !city.join("tiles/revisions").exists() {
        let city = bench.fresh("viewer-delft")?.display().to_string();
        let file = paths::root().join("assets/sample/delft/delft_fcb.city.jsonl");
        bench.run(&["import", &city, &file.display().to_string()])?;
        bench.run(&["publish", &city])?;
    }
    Ok(city)
}

fn report(what: &str, table: &[Value], rows: &mut Vec<Row>) -> anyhow::Result<()> {
    let number = |row: &Value, key: &str| row[key].as_f64().unwrap_or(f64::NAN);
    for row in table {
        let measured = format!(
            "{:.0} ms a frame (fastest {:.0}), {:.0} triangles handed over, settled after {:.0} ms, first pixels {:.0} ms \
             after navigation, JS heap {:.0} MiB, wasm {:.0} MiB, page process {:.0} MiB, GPU process {:.0} MiB",
            number(row, "frame_ms"),
            number(row, "fastest_ms"),
            number(row, "triangles"),
            number(row, "settled_ms"),
            number(row, "first_pixels_ms"),
            number(row, "js_heap_mib"),
            number(row, "wasm_mib"),
            number(row, "page_process_mib"),
            number(row, "gpu_process_mib"),
        );
        let name = row["name"].as_str().unwrap_or_default();
        rows.push(Row::new(format!("{what}: {name}"), measured, ""));
    }
    let (ours, peers) = table.split_first().context("the comparison is empty")?;
    let comes = |row: &&Value| row["name"].as_str().is_some_and(|name| name.ends_with(AS_IT_COMES));
    for (key, name, target) in [
        ("frame_ms", "frame time", "≤ 0.5×"),
        ("settled_ms", "time to settled", "≤ 1×"),
    ] {
        for (set_up, wanted) in [
            ("with one sample a pixel too", false),
            ("as it comes, four samples", true),
        ] {
            let alike = peers.iter().filter(|row| comes(row) == wanted);
            let best = alike.map(|p| number(p, key)).fold(f64::INFINITY, f64::min);
            let ratio = number(ours, key) / best;
            let title = format!("{what}: {name} against the better peer, {set_up}");
            rows.push(Row::new(title, format!("{ratio:.2}×"), target));
        }
    }
    Ok(())
}

fn size(rows: &mut Vec<Row>) -> anyhow::Result<()> {
    for path in crate::web::files_below(&paths::web().join("dist"), &[])? {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.contains("viewer_") && name.ends_with(".wasm.br") {
            rows.push(Row::new(
                name,
                format!("{:.2} MB brotli", path.metadata()?.len() as f64 / 1e6),
                "≤ 5 MB",
            ));
        }
    }
    Ok(())
}
