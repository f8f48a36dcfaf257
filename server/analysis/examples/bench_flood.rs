//! Speed of the flood kernel, as one JSON object on standard output: cell-steps a second on one thread and on all, with
//! every cell wet under rain, on rough ground with buildings. Run by `cargo xtask bench`.
#![allow(clippy::print_stdout, reason = "the measurement is the output")]

use analysis::Task;
use analysis::flood::input::{Building, Grid, Initial, Input};
use analysis::flood::params::{Rain, Side, Sides};
use analysis::flood::{Catalogue, Params, Run, simulate};
use analysis::geometry::polygon;
use geo::MultiPolygon;
use std::time::Instant;

/// Cells a side of the square grid, and side of a cell in metres.
const SIDE: u32 = 1000;
const CELL_M: f64 = 2.0;

fn input(side: u32) -> Input {
    let grid = Grid {
        origin: [500_000.0, 3_400_000.0],
        cell_m: CELL_M,
        columns: side,
        rows: side,
    };
    let height = |cell: usize| {
        let [x, y] = grid.center(cell);
        let (x, y) = (x - grid.origin[0], y - grid.origin[1]);
        40.0 + (x * 0.021).sin() * 0.8 + (y * 0.017 + x * 0.003).cos() * 0.9 + 0.001 * x
    };
    let buildings = (0..(side / 50) * (side / 50)).map(|i| {
        let (x, y) = (
            grid.origin[0] + f64::from(i % (side / 50)) * 100.0 + 13.0,
            grid.origin[1] + f64::from(i / (side / 50)) * 100.0 + 21.0,
        );
        let ring = vec![[x, y], [x + 40.0, y], [x + 40.0, y + 14.0], [x, y + 14.0]];
        Building {
            id: format!("b-{i}"),
            index: Some(i),
            footprint: MultiPolygon::new(vec![polygon(&[ring])]),
            floor_m: None,
            is_judged: true,
        }
    });
    Input {
        grid,
        ground_m: (0..grid.len()).map(height).collect(),
        buildings: buildings.collect(),
        // a film at the start: the water moves everywhere from the first step on
        initial: Initial::Depth(vec![0.05; grid.len()]),
        ..Input::default()
    }
}

/// Processor seconds that this process has used: on a machine with other work, the clock says nothing about a core.
fn processor_s() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // fields after the name in brackets; user and system time are the 14th and 15th of all, in hundredths
    let fields: Vec<&str> = stat.rsplit(')').next()?.split_whitespace().collect();
    let ticks = |i: usize| fields.get(i)?.parse::<f64>().ok();
    Some((ticks(11)? + ticks(12)?) / 100.0)
}

/// The run, seconds on the clock and seconds of processors.
fn timed(input: &Input, params: &Params, threads: usize) -> Option<(Run, f64, f64)> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().ok()?;
    let catalogue = Catalogue::built_in().ok()?;
    let (start, used) = (Instant::now(), processor_s());
    let run = pool
        .install(|| simulate(input, params, &catalogue, &Task::default()))
        .ok()?;
    let clock_s = start.elapsed().as_secs_f64();
    let used_s = processor_s()
        .zip(used)
        .map_or(clock_s, |(after, before)| after - before);
    Some((run, clock_s, used_s))
}

fn main() {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let input = input(SIDE);
    let params = Params {
        rain: Rain::Gauge {
            step_min: 5.0,
            depths_mm: vec![8.0; 12],
        },
        simulated_min: 4.0,
        output_step_min: 2.0,
        sides: Sides::all(Side::Closed),
        ..Params::default()
    };
    let (Some((one, one_s, one_used_s)), Some((all, all_s, all_used_s))) =
        (timed(&input, &params, 1), timed(&input, &params, threads))
    else {
        return;
    };
    let answer = serde_json::json!({
        "cells": input.grid.len(),
        "steps": one.num_steps,
        "seconds_one_thread": one_s,
        "cell_steps_per_s_one_thread": one.num_cell_steps as f64 / one_s,
        "cell_steps_per_core_s_one_thread": one.num_cell_steps as f64 / one_used_s,
        "threads": threads,
        "seconds_all_threads": all_s,
        "cell_steps_per_s_all_threads": all.num_cell_steps as f64 / all_s,
        "cell_steps_per_core_s_all_threads": all.num_cell_steps as f64 / all_used_s,
        "relative_mass_error": one.balance.relative_error(),
        "threads_agree": one.end_depth_m == all.end_depth_m,
    });
    println!("{answer}");
}
