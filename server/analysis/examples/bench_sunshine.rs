//! Times of the sunshine kernel as one JSON object on standard output: 100,000 sills in a block of 10,000 buildings over 8 h
//! at steps of a minute, and an edit that 2,000 points look at. Run by `cargo xtask bench`.
#![allow(clippy::print_stdout, reason = "the measurement is the output")]

use analysis::Task;
use analysis::geometry::polygon;
use analysis::sunshine::{self, Building, Change, Grid, Input, Limits, Params, Site, Study, Terrain, Usage};
use geo::MultiPolygon;
use std::time::Instant;

/// Buildings along each side of the block.
const SIDE: u32 = 100;
const EAST_M: f64 = 44.0;
const NORTH_M: f64 = 38.0;

/// Slabs of 6 to 18 storeys, some turned, over terrain that rises to the north-west.
fn input(is_examined: impl Fn(u32, u32) -> bool) -> Input {
    let ground = |x: f64, y: f64| 100.0 + 0.004 * (y - x) + 2.0 * (x / 700.0).sin();
    let mut buildings = vec![];
    for row in 0..SIDE {
        for column in 0..SIDE {
            let k = row * SIDE + column;
            let [x, y] = [f64::from(column) * EAST_M, f64::from(row) * NORTH_M];
            let (sin, cos) = f64::to_radians(f64::from(k * 7 % 41) - 20.0).sin_cos();
            let at = |u: f64, v: f64| [500_000.0 + x + u * cos - v * sin, 3_800_000.0 + y + u * sin + v * cos];
            let ring = vec![at(-15.0, -6.0), at(15.0, -6.0), at(15.0, 6.0), at(-15.0, 6.0)];
            let storeys = 6 + k * 5 % 13;
            let ground_m = ground(x, y);
            buildings.push(Building {
                id: format!("b-{k}"),
                index: Some(k),
                usage: Usage::Residential,
                is_examined: is_examined(column, row),
                footprint: MultiPolygon::new(vec![polygon(&[ring])]),
                ground_m,
                top_m: ground_m + 3.0 * f64::from(storeys),
                storeys,
                ..Building::default()
            });
        }
    }
    let (columns, rows, cell_m) = (120_u32, 105_u32, 40.0);
    let heights = (0..rows * columns).map(|i| {
        let [x, y] = [f64::from(i % columns), f64::from(i / columns)].map(|v| (v - 5.0) * cell_m);
        (ground(x, y) - 1.5) as f32
    });
    Input {
        site: Site {
            latitude_deg: 34.75,
            longitude_deg: 113.65,
            elevation_m: 100.0,
            convergence_deg: -0.2,
            utc_offset_h: 8.0,
        },
        buildings,
        terrain: Terrain::Heights(Grid {
            origin: [500_000.0 - 5.0 * cell_m, 3_800_000.0 - 5.0 * cell_m],
            cell_m,
            columns,
            rows,
            heights: heights.collect(),
        }),
        ground: None,
    }
}

fn main() {
    let params = Params {
        spacing_m: 3.0,
        facing_deg: 45.0,
        with_facades: false,
        ..Params::default()
    };
    let (limits, task) = (
        Limits::shipped().expect("the shipped limits are sound"),
        Task::default(),
    );
    let whole = input(|_, _| true);
    let start = Instant::now();
    let study = Study::new(&whole, &params, &limits, &task).expect("the block is sound");
    let block_s = start.elapsed().as_secs_f64();
    let suns = || study.examined.iter().flat_map(|e| &e.deciding.suns);
    let points = suns().count();
    let hours: f64 = suns().map(|sun| study.hours(sun)).sum();
    let triangles = study.scene.num_triangles();
    drop(study);
    let start = Instant::now();
    let outcome = sunshine::run(&whole, &params, &task).expect("the block is sound");
    let run_s = start.elapsed().as_secs_f64();
    let blamed: usize = outcome
        .tables
        .iter()
        .filter(|t| t.key == "blame")
        .map(|t| t.rows.len())
        .sum();
    drop(outcome);

    // the 200 buildings around the one that is edited, with 10 sills each
    let near = input(|column, row| (43..57).contains(&column) && (43..58).contains(&row));
    let mut study = Study::new(&near, &params, &limits, &task).expect("the block is sound");
    let live_points: usize = study.examined.iter().map(|e| e.deciding.points.len()).sum();
    let (mut edit_s, mut asked) = (0.0_f64, 0);
    for storeys in 1..=30 {
        let old = &near.buildings[(50 * SIDE + 50) as usize];
        let building = Some(Building {
            storeys,
            top_m: old.ground_m + 3.0 * f64::from(storeys),
            ..old.clone()
        });
        let change = Change {
            id: old.id.clone(),
            building,
        };
        let start = Instant::now();
        asked = asked.max(study.edit(&[change], &task).expect("the edit is sound"));
        edit_s = edit_s.max(start.elapsed().as_secs_f64());
    }
    println!(
        "{}",
        serde_json::json!({
            "points": points, "buildings": whole.buildings.len(), "triangles": triangles, "threads": rayon::current_num_threads(),
            "block_s": block_s, "mean_h": hours / points as f64,
            "run_s": run_s, "blamed": blamed,
            "live_points": live_points, "live_asked": asked, "live_edit_ms": edit_s * 1e3,
        })
    );
}
