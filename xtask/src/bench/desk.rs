//! The planner's desk, over HTTP from question to answer: sunshine while a tower is drawn, and a burst that is clicked.

use super::{Bench, Row, Serving, median};
use crate::shell;
use anyhow::Context as _;
use serde_json::{Value, json};
use std::path::Path;

/// Buildings of the generated city.
const BUILDINGS: u32 = 8_000;
/// Previews, and pipes that are clicked.
const ROUNDS: u32 = 15;

pub(super) fn measure(bench: &Bench, rows: &mut Vec<Row>) -> anyhow::Result<()> {
    let serving = bench.serve(&bench.copied_demo(BUILDINGS, "desk")?)?;
    live(bench, &serving, rows)?;
    clicks(bench, &serving, rows)
}

/// A tower south-east of a home, of another height each time.
fn live(bench: &Bench, serving: &Serving, rows: &mut Vec<Row>) -> anyhow::Result<()> {
    let page = serving.json("/ogc/collections/buildings-building/items?limit=10000")?;
    let homes = page["features"].as_array().into_iter().flatten();
    let homes: Vec<&Value> = homes.filter(|f| f["properties"]["use"] == "住宅").collect();
    let home = homes.get(homes.len() / 2).context("the city has homes")?;
    let corner = |axis: usize| home["geometry"]["coordinates"][0][0][axis].as_f64();
    let (x, y) = corner(0).zip(corner(1)).context("the home has an outline")?;
    let square = |x: f64, y: f64, half: f64| {
        let corners = [[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0], [-1.0, -1.0]];
        json!({ "type": "Polygon", "coordinates": [corners.map(|[dx, dy]| [x + dx * half, y + dy * half])] })
    };
    let area = json!({ "polygon": square(x, y, 0.0012) });
    let question = json!({ "area": area, "params": { "spacing_m": 3.0 } });
    serving.ended(bench, "sunshine", &question)?;
    let (mut times, mut asked, mut all) = (vec![], vec![], 0);
    for turn in 1..=ROUNDS {
        let build = json!({
            "footprint": square(x + 0.0004, y - 0.0003, 0.000_12),
            "storeys": 6 + turn % 20, "floor_height_m": 3.0, "use": "tower",
        });
        let edits = json!([{ "action": "build", "build": build }]);
        let body =
            json!({ "question": question, "edits": edits, "client": "bench", "turn": turn, "layer": "facade_hours" });
        let (bytes, ms) = serving.post(bench, "/api/v1/simulations/sunshine/live", &body)?;
        let (length, rest) = bytes.split_first_chunk().context("a length comes first")?;
        let told = rest
            .get(..u32::from_le_bytes(*length) as usize)
            .context("the answer is whole")?;
        let told: Value = serde_json::from_slice(told)?;
        times.push(ms);
        asked.push(told["num_asked"].as_f64().context("points are counted")?);
        all = told["num_points"].as_u64().unwrap_or_default();
    }
    rows.push(Row::new(
        format!(
            "sunshine while a tower is drawn: {:.0} of {all} points asked again",
            median(asked)
        ),
        format!("{:.0} ms (median of {ROUNDS}, request to answer)", median(times)),
        "≤ 300 ms for 2,000",
    ));
    Ok(())
}

/// Pipes of the water network, from question to result.
fn clicks(bench: &Bench, serving: &Serving, rows: &mut Vec<Row>) -> anyhow::Result<()> {
    let page = serving.json("/ogc/collections/underground-JS/items?limit=10000")?;
    let features = page["features"].as_array().into_iter().flatten();
    let is_pipe = |f: &&Value| {
        f["geometry"]["type"]
            .as_str()
            .is_some_and(|kind| kind.ends_with("LineString"))
    };
    let pipes: Vec<&str> = features.filter(is_pipe).filter_map(|f| f["id"].as_str()).collect();
    let step = (pipes.len() / (ROUNDS as usize + 1)).max(1);
    let mut times = vec![];
    for pipe in pipes.iter().step_by(step).take(ROUNDS as usize + 1) {
        times.push(serving.ended(bench, "isolation", &json!({ "params": { "pipe": pipe } }))?);
    }
    // the first one reads the network
    let first = times.remove(0);
    rows.push(Row::new(
        format!("burst clicked in a network of {} pipes", pipes.len()),
        format!(
            "{:.0} ms (median of {ROUNDS}, question to result; first {first:.0} ms)",
            median(times)
        ),
        "≤ 20 ms on 15,000 pipes (kernel)",
    ));
    Ok(())
}

impl Serving {
    /// `POST` of JSON: the body of the answer, and the milliseconds to its end.
    fn post(&self, bench: &Bench, path: &str, body: &Value) -> anyhow::Result<(Vec<u8>, f64)> {
        let [sent, got] = ["sent.json", "got"].map(|name| bench.folder.join(name));
        std::fs::write(&sent, body.to_string())?;
        let (data, target) = (format!("@{}", sent.display()), got.display().to_string());
        let url = format!("{}{path}", self.address);
        let said = shell::output(
            Path::new("."),
            "curl",
            &[
                "-sSf",
                "-o",
                &target,
                "-H",
                "content-type: application/json",
                "--data-binary",
                &data,
                "-w",
                "%{time_total}",
                &url,
            ],
        )?;
        Ok((std::fs::read(got)?, said.trim().parse::<f64>()? * 1e3))
    }

    /// Runs a simulation to its end; milliseconds from the question to the result.
    fn ended(&self, bench: &Bench, name: &str, question: &Value) -> anyhow::Result<f64> {
        let started = std::time::Instant::now();
        let (bytes, _) = self.post(bench, &format!("/api/v1/simulations/{name}"), question)?;
        let mut job: Value = serde_json::from_slice(&bytes)?;
        let key = job["key"].as_str().context("a job has a key")?.to_owned();
        while matches!(job["state"].as_str(), Some("queued" | "running")) {
            job = self.json(&format!("/api/v1/jobs/{key}"))?;
        }
        anyhow::ensure!(job["state"] == "done", "{name}: {job}");
        self.json(&format!("/api/v1/jobs/{key}/result"))?;
        Ok(started.elapsed().as_secs_f64() * 1e3)
    }
}
