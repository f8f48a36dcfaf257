//! Times of the water network kernel, as one JSON object on standard output: a generated network of 15,000 pipes over
//! a day with water age, and its layers; or the network files given as arguments. Run by `cargo xtask bench`.
#![allow(clippy::print_stdout, reason = "the measurement is the output")]

use analysis::Task;
use analysis::hydraulics::{
    Input, Junction, Model, Network, Params, Pattern, Pipe, PipeStatus, Reservoir, outcome, solve,
};
use std::time::Instant;

/// Junctions along each side; two pipes for each.
const SIDE: usize = 87;
const STEP_M: f64 = 120.0;

fn junction_id(column: usize, row: usize) -> String {
    format!("{column}/{row}")
}

/// Streets in a grid with mains every tenth row and column, four sources at the corners.
fn network() -> Network {
    let mut network = Network {
        patterns: vec![Pattern {
            id: "day".into(),
            multipliers: (0..24)
                .map(|hour| if (6..22).contains(&hour) { 1.3 } else { 0.4 })
                .collect(),
        }],
        ..Network::default()
    };
    let diameter = |along: usize| if along.is_multiple_of(10) { 600.0 } else { 150.0 };
    let pipe = |from: String, to: String, length_m, diameter_mm| Pipe {
        id: format!("{from}-{to}"),
        from,
        to,
        length_m,
        diameter_mm,
        roughness: 110.0,
        minor_loss: 0.0,
        status: PipeStatus::Open,
        vertices: vec![],
    };
    for (row, column) in (0..SIDE).flat_map(|row| (0..SIDE).map(move |column| (row, column))) {
        network.junctions.push(Junction {
            id: junction_id(column, row),
            place: [column as f64 * STEP_M, row as f64 * STEP_M],
            elevation_m: 5.0 + ((column * 7 + row * 13) % 11) as f64,
            demand_lps: 0.15,
            pattern: Some("day".into()),
        });
        let here = junction_id(column, row);
        if column + 1 < SIDE {
            let next = junction_id(column + 1, row);
            network.pipes.push(pipe(here.clone(), next, STEP_M, diameter(row)));
        }
        if row + 1 < SIDE {
            network
                .pipes
                .push(pipe(here, junction_id(column, row + 1), STEP_M, diameter(column)));
        }
    }
    for (number, (column, row)) in [(0, 0), (SIDE - 1, 0), (0, SIDE - 1), (SIDE - 1, SIDE - 1)]
        .into_iter()
        .enumerate()
    {
        let id = format!("source {number}");
        network
            .pipes
            .push(pipe(id.clone(), junction_id(column, row), 10.0, 900.0));
        network.reservoirs.push(Reservoir {
            id,
            place: [column as f64 * STEP_M, row as f64 * STEP_M - 10.0],
            head_m: 65.0,
            pattern: None,
        });
    }
    network
}

fn measure(name: &str, input: &Input) -> serde_json::Value {
    let task = Task::default();
    let solved = |has_age| {
        let params = Params {
            has_age,
            ..Params::default()
        };
        let start = Instant::now();
        (solve(input, &params, &task), start.elapsed().as_secs_f64())
    };
    let (without, hydraulics_s) = solved(false);
    let (with, with_age_s) = solved(true);
    match (without, with) {
        (Ok(_), Ok(solution)) => {
            let start = Instant::now();
            let outcome = outcome(input, &Params::default(), &solution);
            let num_values: usize = outcome
                .iter()
                .flat_map(|o| &o.layers)
                .map(|layer| layer.values.len())
                .sum();
            serde_json::json!({
                "network": name, "nodes": solution.nodes.len(), "links": solution.links.len(),
                "steps": solution.times_s.len(), "hydraulics_s": hydraulics_s, "with_age_s": with_age_s,
                "layers_ms": start.elapsed().as_secs_f64() * 1e3, "layer_values": num_values,
            })
        }
        (Err(err), _) | (_, Err(err)) => serde_json::json!({ "network": name, "error": err.to_string() }),
    }
}

fn main() {
    let files: Vec<String> = std::env::args().skip(1).collect();
    if files.is_empty() {
        println!(
            "{}",
            measure("generated", &Input::new(Model::Network(network().into())))
        );
    }
    for file in files {
        match std::fs::read(&file) {
            Ok(bytes) => println!("{}", measure(&file, &Input::new(Model::Inp(bytes)))),
            Err(err) => println!("{}", serde_json::json!({ "network": file, "error": err.to_string() })),
        }
    }
}
