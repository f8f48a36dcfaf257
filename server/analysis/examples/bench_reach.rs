//! Times of reach on a generated street grid of 100,000 edges, as one JSON object on standard output: the graph, walks
//! over all of it, and a whole 15-minute isochrone from one point. Run by `cargo xtask bench`.
#![allow(clippy::print_stdout, reason = "the measurement is the output")]

use analysis::Task;
use analysis::reach::graph::Place;
use analysis::reach::input::{Barrier, BarrierShape, Building, Facility, Input, Street};
use analysis::reach::{Params, Prepared, Rules, coverage, isochrone};
use std::time::Instant;

/// Streets from west to east and from south to north; 224 × 223 × 2 edges are about 100,000.
const LINES: u32 = 224;
const BLOCK_M: f64 = 90.0;
const NUM_BUILDINGS: u32 = 100_000;
const NUM_FACILITIES: u32 = 400;
const RUNS: usize = 9;

/// A grid that is not quite regular, so that no two ways are equally long; each street has a vertex between crossings.
fn place(column: f64, row: f64) -> [f64; 3] {
    let (x, y) = (column * BLOCK_M, row * BLOCK_M);
    [
        500_000.0 + x + 12.0 * (row * 0.7 + column * 0.13).sin(),
        3_847_000.0 + y + 12.0 * (column * 0.9 + row * 0.17).cos(),
        0.0,
    ]
}

fn input() -> Input {
    let along = |n: u32, is_east: bool| {
        let points = (0..=2 * (LINES - 1)).map(|k| {
            let (k, n) = (f64::from(k) / 2.0, f64::from(n));
            if is_east { place(k, n) } else { place(n, k) }
        });
        let tag = if is_east { "e" } else { "n" };
        Street {
            id: format!("{tag}{n}"),
            points: points.collect(),
            level: 0,
            is_walkable: true,
        }
    };
    let streets = (0..LINES).flat_map(|n| [along(n, true), along(n, false)]).collect();
    let spot = |i: u32, step: u32| {
        let [x, y, _] = place(
            f64::from(i * step % (LINES - 1)) + 0.3,
            f64::from(i * step / (LINES - 1) % (LINES - 1)) + 0.2,
        );
        [x, y]
    };
    let [x, _, _] = place(f64::from(LINES) / 3.0, 0.0);
    let rail = BarrierShape::Line(vec![[x, 3_846_000.0], [x, 3_850_000.0]]);
    Input {
        streets,
        barriers: vec![Barrier {
            id: "rail".into(),
            level: 0,
            shape: rail,
        }],
        buildings: (0..NUM_BUILDINGS)
            .map(|i| Building {
                id: format!("b{i}"),
                index: i,
                point: spot(i, 1),
                people: f64::from(i % 40),
            })
            .collect(),
        facilities: (0..NUM_FACILITIES)
            .map(|i| Facility {
                id: format!("f{i}"),
                index: NUM_BUILDINGS + i,
                name: String::new(),
                kind: ["kindergarten", "primary_school", "hospital", "market"][i as usize % 4].into(),
                point: spot(i, 97),
            })
            .collect(),
        ..Input::default()
    }
}

/// Median time of several runs, milliseconds.
fn median_ms(mut run: impl FnMut()) -> f64 {
    let mut times: Vec<f64> = (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[RUNS / 2]
}

fn main() -> Result<(), analysis::reach::Error> {
    let (input, task) = (input(), Task::default());
    let params = Params {
        starts: vec![[510_020.0, 3_857_020.0]],
        ..Params::default()
    };
    let rules = Rules::shipped()?;
    let start = Instant::now();
    let prepared = Prepared::new(&input, &params, &task)?;
    let prepare_ms = start.elapsed().as_secs_f64() * 1e3;
    let graph = &prepared.graph;
    let (starts, _) = prepared.starts(&input, &params);
    let all_ms = median_ms(|| {
        std::hint::black_box(graph.walk(&starts, f64::INFINITY));
    });
    let reached = graph
        .walk(&starts, f64::INFINITY)
        .node_m
        .iter()
        .filter(|m| m.is_finite())
        .count();
    let mut stretches = 0;
    let isochrone_ms = median_ms(|| {
        let found = isochrone::of(&prepared, &params, &rules, &starts, &task);
        stretches = found.map_or(0, |f| f.stretches.len());
    });
    let far: Vec<Place> = prepared
        .places
        .facilities
        .iter()
        .flatten()
        .step_by(4)
        .copied()
        .collect();
    let mut far_stretches = 0;
    let many_ms = median_ms(|| {
        let found = isochrone::of(&prepared, &params, &rules, &far, &task);
        far_stretches = found.map_or(0, |f| f.stretches.len());
    });
    let kinds_ms = median_ms(|| {
        std::hint::black_box(coverage::kinds(&input, &params, &rules, graph, &prepared.places, &task).ok());
    });
    let answer = serde_json::json!({
        "edges": graph.edges.len(), "nodes": graph.nodes.len(), "buildings": NUM_BUILDINGS, "prepare_ms": prepare_ms,
        "walk_all_ms": all_ms, "nodes_reached": reached, "isochrone_ms": isochrone_ms, "isochrone_stretches": stretches,
        "isochrone_of_100_starts_ms": many_ms, "stretches_of_100_starts": far_stretches, "facilities_ms": kinds_ms,
    });
    println!("{answer}");
    Ok(())
}
