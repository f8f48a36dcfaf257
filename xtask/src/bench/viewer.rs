//! The viewer beside two peers: same tileset, camera, window, browser and renderer, in one run; and the engine's size.

use super::{Bench, Row};
use crate::{paths, shell, tools};
use anyhow::Context as _;
use serde_json::Value;

pub(super) fn measure(bench: &Bench, rounds: u32, rows: &mut Vec<Row>) -> anyhow::Result<()> {
    tools::ensure_programs(&[("chromium", "chromium")])?;
    let folder = paths::root().join("tests/bench");
    tools::ensure_npm(&folder)?;
    size(rows)?;
    let city = bench.folder.join("viewer-delft");
    if !city.join("tiles/revisions").exists() {
        let city = bench.fresh("viewer-delft")?.display().to_string();
        let file = paths::root()
            .join("assets/sample/delft/delft_fcb.city.jsonl")
            .display()
            .to_string();
        bench.run(&["import", &city, &file])?;
        bench.run(&["publish", &city])?;
    }
    let serving = bench.serve(&city)?;
    let printed = shell::output(&folder, "node", &["viewer.mjs", &serving.address, &rounds.to_string()])?;
    let result: Value = serde_json::from_str(printed.lines().last().context("the comparison printed nothing")?)?;
    let table = result["table"].as_array().context("the comparison has no table")?;
    let number = |row: &Value, key: &str| row[key].as_f64().unwrap_or(f64::NAN);
    for row in table {
        let measured = format!(
            "{:.0} ms a frame, settled after {:.0} ms, {:.0} triangles, page process {:.0} MiB, JS heap {:.0} MiB",
            number(row, "frame_ms"),
            number(row, "settled_ms"),
            number(row, "triangles"),
            number(row, "renderer_process_mib"),
            number(row, "js_heap_mib")
        );
        rows.push(Row::new(row["name"].as_str().unwrap_or_default(), measured, ""));
    }
    let (ours, peers) = table.split_first().context("the comparison is empty")?;
    let best = |key: &str| peers.iter().map(|p| number(p, key)).fold(f64::INFINITY, f64::min);
    let frame = number(ours, "frame_ms") / best("frame_ms");
    rows.push(Row::new(
        "frame time against the better peer",
        format!("{frame:.2}×"),
        "≤ 0.5×",
    ));
    let settled = number(ours, "settled_ms") / best("settled_ms");
    rows.push(Row::new(
        "time to settled against the better peer",
        format!("{settled:.2}×"),
        "≤ 1×",
    ));
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
