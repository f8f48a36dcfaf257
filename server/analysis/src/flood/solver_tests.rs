//! Tests of the solver on closed forms: lakes, balances, walls, edges, inlets, threads and cancelling.

use super::input::{Building, Cover, Grid, Inflow, InflowArea, Initial, Inlet, Input};
use super::params::{Rain, Scheme, Side, Sides};
use super::{Balance, Catalogue, Error, Params, Run, simulate};
use crate::geometry::polygon;
use crate::task::Task;
use geo::MultiPolygon;

fn rect(x: f64, y: f64, w: f64, h: f64) -> MultiPolygon<f64> {
    MultiPolygon::new(vec![polygon(&[vec![[x, y], [x + w, y], [x + w, y + h], [x, y + h]]])])
}

fn grid(columns: u32, rows: u32, cell_m: f64) -> Grid {
    Grid {
        origin: [500_000.0, 3_400_000.0],
        cell_m,
        columns,
        rows,
    }
}

/// Hills of a few metres, without any symmetry.
fn hills(grid: &Grid) -> Vec<f64> {
    (0..grid.len())
        .map(|cell| {
            let [x, y] = grid.center(cell);
            let (x, y) = (x - grid.origin[0], y - grid.origin[1]);
            43.7 + (x * 0.11).sin() * 1.3 + (y * 0.07 + x * 0.03).cos() * 1.7 + 0.013 * x
        })
        .collect()
}

fn run(input: &Input, params: &Params) -> Run {
    simulate(input, params, &Catalogue::built_in().unwrap(), &Task::default()).unwrap()
}

/// A block of a town: hills, buildings, lawn, inlets, rain, a burst main and an open side.
fn town() -> (Input, Params) {
    let grid = grid(61, 47, 2.0);
    let [x, y] = grid.origin;
    let mut ground_m = hills(&grid);
    ground_m[20 * 61 + 30] = f64::NAN;
    let building = |id: &str, dx, dy| Building {
        id: id.into(),
        index: Some(1),
        footprint: rect(x + dx, y + dy, 17.0, 11.0),
        floor_m: None,
        is_judged: true,
    };
    let inlet = |dx, dy| Inlet {
        id: format!("in-{dx}"),
        at: [x + dx, y + dy],
        kind: "grate-single".into(),
        capacity_m3_s: None,
    };
    let input = Input {
        grid,
        ground_m,
        buildings: vec![
            building("a", 20.0, 20.0),
            building("b", 60.0, 40.0),
            building("c", 68.0, 49.0),
        ],
        covers: vec![
            Cover {
                surface: "green-soil".into(),
                area: rect(x, y, 50.0, 30.0),
            },
            Cover {
                surface: "asphalt".into(),
                area: rect(x + 40.0, y + 10.0, 8.0, 80.0),
            },
        ],
        inlets: vec![
            inlet(44.0, 30.0),
            inlet(44.0, 60.0),
            inlet(21.0, 21.0),
            inlet(30.0, 25.0),
        ],
        inflows: vec![Inflow {
            id: "burst".into(),
            area: InflowArea::Circle {
                center: [x + 90.0, y + 70.0],
                radius_m: 5.0,
            },
            series: vec![[100.0, 0.0], [300.0, 0.8], [900.0, 0.0]],
        }],
        ..Input::default()
    };
    let params = Params {
        rain: serde_json::from_value(serde_json::json!({
            "kind": "storm", "formula": "suzhou-2025", "return_period_a": 50, "duration_min": 30
        }))
        .unwrap(),
        simulated_min: 45.0,
        sides: Sides {
            east: Side::Open { slope: 0.01 },
            ..Sides::all(Side::Closed)
        },
        drains_capacity_m3_s: Some(0.05),
        ..Params::default()
    };
    (input, params)
}

#[test]
fn every_litre_is_accounted_for() {
    let (input, params) = town();
    let run = run(&input, &params);
    let b = run.balance;
    assert!(b.relative_error() < 1e-9, "{} {b:?}", b.relative_error());
    for (name, volume) in [
        ("rain", b.rain_m3),
        ("lost", b.lost_m3),
        ("inflow", b.inflow_m3),
        ("infiltrated", b.infiltrated_m3),
        ("drained", b.drained_m3),
        ("outflow", b.outflow_m3),
        ("stored", b.stored_m3),
    ] {
        assert!(volume > 1.0, "{name} {volume}");
    }
    let formula = Catalogue::built_in()
        .unwrap()
        .formula("suzhou-2025")
        .unwrap()
        .depth_mm(50.0, 30.0);
    assert!((b.rain_m3 / (61.0 * 47.0 * 4.0) * 1000.0 - formula).abs() < 1e-6);
    assert!((b.inflow_m3 - 320.0).abs() < 1e-6, "{}", b.inflow_m3);
    assert!((run.inlets_m3.iter().sum::<f64>() - b.drained_m3).abs() < 1e-9);
    assert!(run.end_depth_m.iter().all(|h| *h >= 0.0));
    // one hole filled; the inlet deep inside of a building left out, that just inside of its wall moved out
    assert_eq!(run.terrain.notes.len(), 2, "{:?}", run.terrain.notes);
    assert_eq!(run.terrain.notes[1].features, ["in-30"]);
}

#[test]
fn an_account_that_does_not_balance_gives_no_result() {
    let sound = Balance {
        rain_m3: 1000.0,
        stored_m3: 1000.0 - 0.9e-3,
        ..Balance::default()
    };
    sound.check().unwrap();
    let lost = Balance {
        stored_m3: 1000.0 - 1.1e-3,
        ..sound
    };
    let text = lost.check().unwrap_err().text();
    assert!(text.zh.contains("水量不平衡") && text.zh.contains("1.1e-6"), "{text:?}");
    assert!(
        text.en.contains("1.1e-6") && text.en.contains("1e-6 is allowed"),
        "{text:?}"
    );
    let unknown = Balance {
        drained_m3: f64::NAN,
        ..sound
    };
    assert!(matches!(unknown.check(), Err(Error::Balance { .. })));
}

#[test]
fn the_same_bits_come_from_any_number_of_threads() {
    let (input, params) = town();
    // rows enough that several threads take part
    let mut large = input;
    large.grid.rows = 47 * 16;
    large.ground_m = hills(&large.grid);
    let params = Params {
        simulated_min: 4.0,
        ..params
    };
    let runs: Vec<Run> = [1, 2, 3]
        .into_iter()
        .map(|threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| run(&large, &params))
        })
        .collect();
    let bits = |run: &Run| -> Vec<u64> { run.end_depth_m.iter().map(|h| h.to_bits()).collect() };
    for other in &runs[1..] {
        assert_eq!(bits(&runs[0]), bits(other));
        assert_eq!(runs[0].balance, other.balance);
        let speeds = |run: &Run| -> Vec<u32> { run.max_speed_m_s.iter().map(|v| v.to_bits()).collect() };
        assert_eq!(speeds(&runs[0]), speeds(other));
    }
    assert!(runs[0].num_steps > 100);
}

#[test]
fn a_lake_at_rest_stays_at_rest_to_the_last_bit() {
    for level in [44.0, 45.123_456_7, 49.0] {
        let grid = grid(64, 33, 1.5);
        let input = Input {
            grid,
            ground_m: hills(&grid),
            initial: Initial::Level(level),
            buildings: vec![Building {
                id: "a".into(),
                index: None,
                footprint: rect(grid.origin[0] + 20.0, grid.origin[1] + 20.0, 9.0, 13.0),
                floor_m: None,
                is_judged: true,
            }],
            ..Input::default()
        };
        let params = Params {
            simulated_min: 10.0,
            sides: Sides {
                west: Side::Level { level_m: level },
                ..Sides::all(Side::Closed)
            },
            ..Params::default()
        };
        let run = run(&input, &params);
        let before = &run.terrain.depth_m;
        for (cell, depth) in run.end_depth_m.iter().enumerate() {
            assert_eq!(*depth, before[run.terrain.padded(cell)]);
        }
        assert!(run.max_speed_m_s.iter().all(|v| v.is_nan() || *v == 0.0));
        assert!(run.num_steps > 100);
        assert_eq!(run.balance.outflow_m3, 0.0);
    }
}

/// A slope under even rain gives, in the end, Manning's flow at its foot.
#[test]
fn rain_on_a_slope_runs_off_as_manning_says() {
    let grid = grid(100, 3, 2.0);
    let slope = 0.01;
    let input = Input {
        grid,
        ground_m: (0..grid.len())
            .map(|c| 50.0 - slope * (grid.center(c)[0] - grid.origin[0]))
            .collect(),
        ..Input::default()
    };
    let params = Params {
        rain: Rain::Gauge {
            step_min: 60.0,
            depths_mm: vec![60.0],
        },
        simulated_min: 60.0,
        default_surface: "asphalt".into(),
        sides: Sides {
            east: Side::Open { slope },
            ..Sides::all(Side::Closed)
        },
        ..Params::default()
    };
    let run = run(&input, &params);
    assert!(run.balance.relative_error() < 1e-9);
    let (n, rain) = (f64::from(0.02_f32), f64::from(0.9_f32) * 0.06 / 3600.0);
    for column in [20_usize, 50, 80, 95] {
        // flow through the lower face of the cell, which has the depth of the cell above it
        let flow = rain * (column as f64 + 1.0) * 2.0;
        let depth = (flow * n / slope.sqrt()).powf(0.6);
        let found = run.end_depth_m[100 + column];
        assert!((found / depth - 1.0).abs() < 0.02, "{column}: {found} and {depth}");
    }
}

#[test]
fn inlets_take_what_a_weir_takes_and_no_more_than_their_drains() {
    let grid = grid(20, 20, 1.0);
    let mut input = Input {
        grid,
        ground_m: vec![10.0; 400],
        initial: Initial::Level(10.1),
        inlets: vec![Inlet {
            id: "in".into(),
            at: [grid.origin[0] + 10.5, grid.origin[1] + 10.5],
            kind: "grate-double".into(),
            capacity_m3_s: Some(9.0),
        }],
        ..Input::default()
    };
    let mut params = Params {
        simulated_min: 1.0 / 6.0,
        sides: Sides::all(Side::Closed),
        ..Params::default()
    };
    let first = run(&input, &params);
    // 0.1 m over a weir of 2.4 m: 0.126 m³/s at first, less as it sinks
    let weir = 1.66 * 2.4 * 0.1_f64.powf(1.5) * 10.0;
    assert!(
        first.balance.drained_m3 < 1.05 * weir && first.balance.drained_m3 > 0.5 * weir,
        "{:?}",
        first.balance
    );
    assert!(first.balance.relative_error() < 1e-12);
    input.inlets[0].capacity_m3_s = Some(0.02);
    let limited = run(&input, &params);
    let drained = limited.balance.drained_m3;
    assert!(drained <= 0.2 + 1e-9 && drained > 0.17, "{drained}");
    params.drains_capacity_m3_s = Some(0.01);
    let drained = run(&input, &params).balance.drained_m3;
    assert!(drained <= 0.1 + 1e-9 && drained > 0.08, "{drained}");
    params.clogged = 1.0;
    assert_eq!(run(&input, &params).balance.drained_m3, 0.0);
}

/// A wave over steps, pits and walls of metres: nothing is negative, nothing is lost, nothing comes into a building.
#[test]
fn a_wave_over_rough_ground_dries_and_wets_safely() {
    let grid = grid(50, 40, 1.0);
    let mut seed = 7_u64;
    let ground_m: Vec<f64> = (0..grid.len())
        .map(|cell| {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            10.0 - 0.08 * (cell % 50) as f64 + 2.0 * (seed >> 40) as f64 / (1 << 24) as f64
        })
        .collect();
    let depths = (0..grid.len())
        .map(|cell| if cell % 50 < 10 { 4.0 } else { 0.0 })
        .collect();
    let input = Input {
        grid,
        ground_m,
        initial: Initial::Depth(depths),
        buildings: vec![Building {
            id: "a".into(),
            index: None,
            footprint: rect(grid.origin[0] + 20.0, grid.origin[1] + 10.0, 5.0, 15.0),
            floor_m: None,
            is_judged: true,
        }],
        ..Input::default()
    };
    for froude in [1.0, 3.0] {
        let params = Params {
            simulated_min: 5.0,
            sides: Sides {
                east: Side::Open { slope: 0.05 },
                ..Sides::all(Side::Closed)
            },
            scheme: Scheme {
                froude,
                ..Scheme::default()
            },
            ..Params::default()
        };
        let run = run(&input, &params);
        assert!(run.end_depth_m.iter().all(|h| *h >= 0.0));
        assert!(
            run.balance.relative_error() < 1e-9,
            "{:?} {}",
            run.balance,
            run.balance.relative_error()
        );
        assert!(run.max_depth_m.iter().all(|h| h.is_nan() || *h < 6.0));
        assert!(run.balance.outflow_m3 > 100.0);
        assert_eq!(run.max_depth_m.iter().filter(|h| h.is_nan()).count(), 75);
    }
}

/// A deep lake that is shaken comes to rest: nothing grows from step to step.
#[test]
fn a_shaken_lake_comes_to_rest() {
    let grid = grid(40, 30, 5.0);
    let depths = (0..grid.len())
        .map(|cell| 5.0 + 0.01 * f64::from((cell / 40 + cell % 40) as u32 % 2))
        .collect();
    let input = Input {
        grid,
        ground_m: vec![5.0; grid.len()],
        initial: Initial::Depth(depths),
        ..Input::default()
    };
    let params = Params {
        simulated_min: 30.0,
        sides: Sides::all(Side::Closed),
        ..Params::default()
    };
    let run = run(&input, &params);
    let most = run.end_depth_m.iter().fold(0.0_f64, |m, h| m.max((h - 5.005).abs()));
    assert!(most < 1e-4, "{most}");
}

/// What has a symmetry keeps it: a column of water that collapses on a square.
#[test]
fn a_symmetric_flood_stays_symmetric() {
    let grid = grid(31, 31, 1.0);
    let mut depths = vec![0.0; 961];
    for cell in [480, 479, 481, 449, 511] {
        depths[cell] = 3.0;
    }
    let input = Input {
        grid,
        ground_m: vec![5.0; 961],
        initial: Initial::Depth(depths),
        ..Input::default()
    };
    let params = Params {
        simulated_min: 0.1,
        sides: Sides::all(Side::Closed),
        ..Params::default()
    };
    let end = run(&input, &params).end_depth_m;
    for row in 0..31 {
        for column in 0..31 {
            let here = end[row * 31 + column];
            for there in [
                end[row * 31 + 30 - column],
                end[(30 - row) * 31 + column],
                end[column * 31 + row],
            ] {
                assert!((here - there).abs() < 1e-6, "{row} {column}: {here} {there}");
            }
        }
    }
    assert!(end.iter().all(|h| *h >= 0.0) && end[480 + 11] > 0.05);
}

#[test]
fn a_job_that_is_too_large_or_cancelled_gives_nothing() {
    let (input, params) = town();
    let catalogue = Catalogue::built_in().unwrap();
    let small = Params {
        memory_bytes: 1000,
        ..params.clone()
    };
    let error = simulate(&input, &small, &catalogue, &Task::default()).unwrap_err();
    assert!(
        matches!(error, Error::TooLarge { needed, allowed: 1000 } if needed > 100_000),
        "{error}"
    );
    // asked for before the ground is even looked at
    let vast = Input {
        grid: grid(40_000, 50_000, 1.0),
        ..Input::default()
    };
    assert!(matches!(
        simulate(&vast, &params, &catalogue, &Task::default()),
        Err(Error::TooLarge { .. })
    ));

    let task = Task::default();
    let seen = std::thread::scope(|scope| {
        let job = scope.spawn(|| simulate(&input, &params, &catalogue, &task).map(|_| ()));
        while task.progress() < 0.2 {
            std::thread::yield_now();
        }
        task.cancel();
        job.join().unwrap()
    });
    assert!(matches!(seen, Err(Error::Cancelled(_))));
    assert!(task.progress() < 1.0);
}

#[test]
fn what_is_wrong_is_named() {
    let (good, params) = town();
    let catalogue = Catalogue::built_in().unwrap();
    let complaint = |change: &dyn Fn(&mut Input)| {
        let mut input = good.clone();
        change(&mut input);
        simulate(&input, &params, &catalogue, &Task::default())
            .unwrap_err()
            .to_string()
    };
    assert!(complaint(&|i| i.inlets[1].kind = "sieve".into()).contains("in-44\" asks for the inlet kind \"sieve\""));
    assert!(complaint(&|i| i.covers[0].surface = "lava".into()).contains("\"lava\""));
    assert!(complaint(&|i| i.inflows[0].series[1][1] = f64::NAN).contains("burst"));
    assert!(complaint(&|i| i.inflows[0].series[1][0] = 5000.0).contains("ascend"));
    assert!(complaint(&|i| i.buildings[1].footprint = rect(f64::NAN, 0.0, 1.0, 1.0)).contains("\"b\""));
    assert!(complaint(&|i| i.ground_m.truncate(9)).contains("9 heights for 2867 cells"));
    assert!(complaint(&|i| i.ground_m.fill(f64::NAN)).contains("no cell"));
    assert!(complaint(&|i| i.grid.cell_m = 0.0).contains("cell size"));
    assert!(
        complaint(&|i| for row in 10..35 {
            i.ground_m[row * 61 + 10..row * 61 + 30].fill(f64::NAN);
        })
        .contains("a hole of 501 cells around")
    );
}
