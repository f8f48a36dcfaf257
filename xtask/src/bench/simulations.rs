//! Simulations: the kernels by themselves, each as an example of crate `analysis` that prints its figures.

use super::Row;
use crate::{paths, shell};
use anyhow::Context as _;
use serde_json::Value;

/// Runs every kernel's example.
pub(super) fn measure(rows: &mut Vec<Row>) -> anyhow::Result<()> {
    let sun = example("bench_sunshine")?;
    rows.push(Row::new(
        format!(
            "sunshine: {} points, {} buildings, 8 h by minutes",
            sun["points"], sun["buildings"]
        ),
        format!("{:.1} s on {} threads", number(&sun, "block_s")?, sun["threads"]),
        "≤ 20 s on 2 cores",
    ));
    rows.push(Row::new(
        format!("sunshine: live edit, {} points", sun["live_points"]),
        format!("{:.0} ms", number(&sun, "live_edit_ms")?),
        "≤ 300 ms",
    ));
    let flood = example("bench_flood")?;
    rows.push(Row::new(
        "flood: one core",
        format!(
            "{:.1} million cell-steps/s",
            number(&flood, "cell_steps_per_core_s_one_thread")? / 1e6
        ),
        "≥ 30",
    ));
    let reach = example("bench_reach")?;
    rows.push(Row::new(
        format!("isochrone on {} edges", reach["edges"]),
        format!("{:.1} ms", number(&reach, "isochrone_ms")?),
        "≤ 50 ms",
    ));
    let isolation = example("bench_isolation")?;
    rows.push(Row::new(
        format!("isolation on {} pipes", isolation["pipes"]),
        format!("{:.2} ms", number(&isolation, "click_ms")?),
        "≤ 20 ms",
    ));
    let water = example("bench_hydraulics")?;
    rows.push(Row::new(
        format!("water network of {} links, {} steps", water["links"], water["steps"]),
        format!("{:.2} s", number(&water, "hydraulics_s")?),
        "",
    ));
    Ok(())
}

fn number(figures: &Value, name: &str) -> anyhow::Result<f64> {
    figures[name]
        .as_f64()
        .with_context(|| format!("the example prints no {name}: {figures}"))
}

fn example(name: &str) -> anyhow::Result<Value> {
    let arguments = [
        "run",
        "--release",
        "--locked",
        "--quiet",
        "-p",
        "analysis",
        "--example",
        name,
    ];
    let printed = shell::output(&paths::root(), "cargo", &arguments)?;
    serde_json::from_str(&printed).with_context(|| format!("the example {name} prints one JSON object"))
}
