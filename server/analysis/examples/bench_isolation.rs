//! Times of isolation on a generated network of 15,000 pipes, as one JSON object on standard output: the network, one
//! click, and the whole answer with its layers and tables. Run by `cargo xtask bench`.
#![allow(clippy::print_stdout, reason = "the measurement is the output")]

use analysis::Task;
use analysis::isolation::input::{At, Consumer, Input, Kind, Pipe, Source, Valve};
use analysis::isolation::{Params, Prepared, break_of, run};
use std::time::Instant;

/// Nodes from west to east and from south to north: 87 × 86 × 2 pipes are 14,964; a main from the works makes it more.
const SIDE: u32 = 87;
const STEP_M: f64 = 60.0;
const NUM_CONSUMERS: u32 = 20_000;
const CLICKS: usize = 200;

fn node(column: u32, row: u32) -> [f64; 3] {
    [
        500_000.0 + f64::from(column) * STEP_M,
        3_847_000.0 + f64::from(row) * STEP_M,
        -1.2,
    ]
}

fn input() -> Input {
    let mut pipes = Vec::new();
    let mut valves = Vec::new();
    for row in 0..SIDE {
        for column in 0..SIDE {
            for (dx, dy) in [(1, 0), (0, 1)] {
                if column + dx >= SIDE || row + dy >= SIDE {
                    continue;
                }
                let [a, b] = [node(column, row), node(column + dx, row + dy)];
                let index = pipes.len() as u32;
                let id = format!("p{index}");
                // two pipes of three have a valve two metres from a node: less than N−1
                if !(index.wrapping_mul(2_654_435_761) >> 13).is_multiple_of(3) {
                    let at = At::Point([a[0] + 2.0 * f64::from(dx), a[1] + 2.0 * f64::from(dy)]);
                    let index = 100_000 + index;
                    valves.push(Valve {
                        id: format!("v{index}"),
                        index,
                        class: "JS".into(),
                        at,
                        is_open: true,
                    });
                }
                let class = "JS".into();
                pipes.push(Pipe {
                    id,
                    index,
                    class,
                    points: vec![a, b],
                    ..Pipe::default()
                });
            }
        }
    }
    while pipes.len() < 15_000 {
        let index = pipes.len() as u32;
        let k = f64::from(index) * STEP_M;
        let points = vec![
            [400_000.0 - k, 3_847_000.0, 0.0],
            [400_000.0 - k - STEP_M, 3_847_000.0, 0.0],
        ];
        pipes.push(Pipe {
            id: format!("p{index}"),
            index,
            class: "JS".into(),
            points,
            ..Pipe::default()
        });
    }
    let source = |column, row| {
        let [x, y, _] = node(column, row);
        Source {
            id: format!("works {column}"),
            class: "JS".into(),
            at: At::Point([x, y]),
        }
    };
    let consumers = (0..NUM_CONSUMERS).map(|i| {
        let [x, y, _] = node(i * 13 % SIDE, i * 7 / SIDE % SIDE);
        Consumer {
            id: format!("c{i}"),
            index: 200_000 + i,
            name: String::new(),
            kind: if i % 500 == 0 { Kind::Hospital } else { Kind::Building },
            people: f64::from(i % 60),
            at: At::Point([x + f64::from(i % 29), y + 11.0]),
        }
    });
    Input {
        consumers: consumers.collect(),
        pipes,
        valves,
        sources: vec![source(0, 0), source(SIDE - 1, SIDE - 1)],
    }
}

fn main() -> Result<(), analysis::isolation::Error> {
    let (input, task) = (input(), Task::default());
    let params = |n: usize| Params {
        pipe: input.pipes[n * 73 % 14_000].id.clone(),
        ..Params::default()
    };
    let ms = |start: Instant| start.elapsed().as_secs_f64() * 1e3;
    let start = Instant::now();
    let prepared = Prepared::new(&input, "JS", &params(0), &task)?;
    let prepare_ms = ms(start);
    let mut clicks: Vec<f64> = Vec::new();
    let mut most_valves = 0;
    for n in 0..CLICKS {
        let start = Instant::now();
        let found = break_of(&input, &prepared, &params(n), &task)?;
        clicks.push(ms(start));
        most_valves = most_valves.max(found.isolation.gates.len());
    }
    clicks.sort_by(f64::total_cmp);
    let mut whole: Vec<f64> = Vec::new();
    for n in 0..9 {
        let start = Instant::now();
        std::hint::black_box(run(&input, &params(n * 17), &task)?);
        whole.push(ms(start));
    }
    whole.sort_by(f64::total_cmp);
    let answer = serde_json::json!({
        "pipes": input.pipes.len(), "valves": input.valves.len(), "consumers": NUM_CONSUMERS,
        "segments": prepared.network.num_segments, "prepare_ms": prepare_ms, "click_ms": clicks[CLICKS / 2],
        "click_worst_ms": clicks[CLICKS - 1], "most_valves": most_valves, "whole_run_ms": whole[4],
    });
    println!("{answer}");
    Ok(())
}
