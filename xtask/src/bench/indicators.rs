//! Indicators of a million features: a new evaluation, the update after an edit, the rules.

use super::Row;
use crate::{paths, shell};
use anyhow::{Context as _, ensure};
use serde_json::Value;

/// Measures the kernel on its generated world.
pub(crate) fn measure(rows: &mut Vec<Row>) -> anyhow::Result<()> {
    let arguments = [
        "run",
        "--release",
        "--quiet",
        "--locked",
        "-p",
        "analysis",
        "--example",
        "million",
    ];
    let printed = shell::output(&paths::root(), "cargo", &arguments)?;
    let measured: Value = serde_json::from_str(&printed).context("the example prints one JSON object")?;
    ensure!(
        measured["update_equals_full"] == true,
        "an update differs from a new evaluation: {measured}"
    );
    let ms = |value: &Value| value.as_f64().map_or_else(|| "?".to_owned(), |v| format!("{v:.1} ms"));
    let features = measured["features"].as_u64().unwrap_or_default();
    rows.push(Row::new(
        format!("indicators, {features} features: new evaluation"),
        ms(&measured["full_ms"]),
        "—",
    ));
    for (key, what) in [
        ("one_building_ms", "after the demolition of one building"),
        ("block_of_200_ms", "after the demolition of 200 buildings"),
        ("one_pipe_ms", "after a pipe is abandoned"),
        ("one_lawn_ms", "after a lawn is built over (union of all greens)"),
    ] {
        rows.push(Row::new(
            format!("indicators, update {what}"),
            ms(&measured["updates"][key]),
            "≤ 200 ms",
        ));
    }
    let rules = measured["rules"].as_u64().unwrap_or_default();
    rows.push(Row::new(
        format!("{rules} rules held against the whole city"),
        ms(&measured["rules_ms"]),
        "—",
    ));
    Ok(())
}
