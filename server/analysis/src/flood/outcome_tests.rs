//! Tests of what is told: a dip in a road beside a house, under a storm.

use super::input::{Building, Grid, Input, Road};
use super::params::{Rain, Side, Sides};
use super::{Params, run};
use crate::geometry::polygon;
use crate::outcome::{Ending, Look, Outcome};
use crate::task::Task;
use geo::MultiPolygon;

fn rect(x: f64, y: f64, w: f64, h: f64) -> MultiPolygon<f64> {
    MultiPolygon::new(vec![polygon(&[vec![[x, y], [x + w, y], [x + w, y + h], [x, y + h]]])])
}

/// A street from west to east with a dip in the middle; the northern half of it lies higher by `bank_m`.
fn street(bank_m: f64, floor_m: Option<f64>) -> Input {
    let grid = Grid {
        origin: [0.0, 0.0],
        cell_m: 1.0,
        columns: 80,
        rows: 30,
    };
    let height = |cell: usize| {
        let [x, y] = grid.center(cell);
        let dip = 0.02 * (x - 40.0).abs();
        10.0 + dip + if y > 10.0 { bank_m } else { 0.0 }
    };
    let road = |id: &str, y: f64, width_m: f64, index: u32| Road {
        id: id.into(),
        index: Some(index),
        center_line: vec![[2.0, y], [78.0, y]],
        width_m,
        area: MultiPolygon::new(vec![]),
    };
    Input {
        grid,
        ground_m: (0..grid.len()).map(height).collect(),
        buildings: vec![Building {
            id: "house".into(),
            index: Some(3),
            footprint: rect(36.0, 2.0, 8.0, 4.0),
            floor_m,
            is_judged: true,
        }],
        roads: vec![
            // seven metres around y = 10: one lane on each side
            road("two-lanes", 10.0, 7.0, 4),
            road("low-lane", 8.0, 3.5, 5),
            Road {
                center_line: vec![],
                area: rect(2.0, 6.5, 76.0, 7.0),
                ..road("no-line", 10.0, 7.0, 6)
            },
            road("elsewhere", 900.0, 7.0, 7),
        ],
        ..Input::default()
    }
}

fn storm(mm: f64) -> Params {
    Params {
        rain: Rain::Gauge {
            step_min: 5.0,
            depths_mm: vec![mm / 2.0; 2],
        },
        simulated_min: 30.0,
        default_surface: "water".into(),
        sides: Sides::all(Side::Closed),
        ..Params::default()
    }
}

fn ending(outcome: &Outcome, feature: &str) -> Ending {
    outcome.verdicts.iter().find(|v| v.feature == feature).unwrap().verdict
}

#[test]
fn a_road_passes_while_one_lane_is_free() {
    let outcome = run(&street(0.5, Some(11.0)), &storm(60.0), &Task::default()).unwrap();
    assert_eq!(ending(&outcome, "two-lanes"), Ending::Pass);
    assert_eq!(ending(&outcome, "low-lane"), Ending::Fail);
    assert_eq!(ending(&outcome, "no-line"), Ending::NotDecidable);
    assert_eq!(ending(&outcome, "elsewhere"), Ending::NotDecidable);
    assert_eq!(ending(&outcome, "house"), Ending::Pass);
    // still under water at the end: nobody knows for how long
    let down = outcome
        .verdicts
        .iter()
        .find(|v| v.feature == "low-lane" && v.unit == "h")
        .unwrap();
    assert_eq!(down.verdict, Ending::NotDecidable);
    assert!(down.value.unwrap() > 0.2 && down.value.unwrap() < 0.5);
}

#[test]
fn figures_count_the_area_that_was_asked_for() {
    let whole = street(0.0, None);
    let west = Input {
        area: rect(0.0, 0.0, 20.0, 30.0),
        ..whole.clone()
    };
    let [(all, all_m2), (part, part_m2)] = [whole, west].map(|input| {
        let outcome = run(&input, &storm(60.0), &Task::default()).unwrap();
        let figure = |key: &str| outcome.figures.iter().find(|f| f.key == key).unwrap().value;
        (figure("deepest_m"), figure("flooded_m2"))
    });
    // the dip in the middle is not in the west
    assert!(all > 0.2 && all_m2 > 100.0, "{all} m, {all_m2} m²");
    assert!(part > 0.0 && part < 0.1 && part_m2 == 0.0, "{part} m, {part_m2} m²");
}

/// All the rain of the level street stands in its dip: the depth is that of a wedge of the same volume.
#[test]
fn depths_are_those_of_the_volume_that_fell() {
    let mut params = storm(40.0);
    params.simulated_min = 120.0;
    let outcome = run(&street(0.0, Some(10.3)), &params, &Task::default()).unwrap();
    // rain on 80 × 30 m, roofs at 0.9; a wedge 0.02 steep on both sides, 30 m long, less the house of 4 × 8 m
    let volume = 0.04 * (2400.0 - 0.1 * 32.0);
    let of_depth = |d: f64| d * d / 0.02 * 30.0 - 32.0 * (d - 0.04);
    let mut depth = 0.0;
    while of_depth(depth) < volume {
        depth += 1e-5;
    }
    let at = |feature: &str| {
        outcome
            .verdicts
            .iter()
            .find(|v| v.feature == feature)
            .unwrap()
            .value
            .unwrap()
    };
    assert!((at("low-lane") - depth).abs() < 0.015, "{} and {depth}", at("low-lane"));
    assert!(
        (at("house") - (depth - 0.3)).abs() < 0.015,
        "{} and {}",
        at("house"),
        depth - 0.3
    );
    assert_eq!(ending(&outcome, "house"), Ending::WithinError);
    assert_eq!(ending(&outcome, "two-lanes"), Ending::Fail);
}

#[test]
fn an_unknown_floor_is_assumed_and_said_so() {
    let outcome = run(&street(0.0, None), &storm(60.0), &Task::default()).unwrap();
    let verdict = outcome.verdicts.iter().find(|v| v.feature == "house").unwrap();
    assert_eq!(verdict.verdict, Ending::Fail);
    assert!(verdict.because.as_ref().unwrap().zh.contains("0.15"));
    let note = outcome.notes.iter().find(|n| n.code == "flood/floor-assumed").unwrap();
    assert_eq!(note.features, ["house"]);
}

#[test]
fn layers_have_a_value_for_each_place_and_time() {
    let outcome = run(&street(0.0, None), &storm(60.0), &Task::default()).unwrap();
    let keys: Vec<&str> = outcome.layers.iter().map(|l| l.key.as_str()).collect();
    assert_eq!(
        keys,
        [
            "max_depth",
            "depth",
            "max_speed",
            "flooded_h",
            "arrival_min",
            "building_flooded_h",
            "road_flooded_h"
        ]
    );
    for layer in &outcome.layers {
        assert_eq!(
            layer.values.len(),
            layer.times_s.len() * layer.shape.len(),
            "{}",
            layer.key
        );
        assert!(layer.legend.classes.windows(2).all(|w| w[0].from < w[1].from));
    }
    let depth = &outcome.layers[1];
    assert_eq!((depth.look, depth.times_s.len()), (Look::Water, 7));
    let house = 4 * 80 + 40;
    assert!(depth.values[house].is_nan() && !depth.values[house + 10].is_nan());
    let largest = depth
        .values
        .chunks(2400)
        .map(|step| step[8 * 80 + 40])
        .fold(0.0, f32::max);
    assert!(largest > 0.15 && largest <= outcome.layers[0].values[8 * 80 + 40]);
    let (hours, arrival) = (&outcome.layers[3].values, &outcome.layers[4].values);
    assert!(hours[8 * 80 + 40] > 0.1 && arrival[8 * 80 + 40] > 0.5 && arrival[8 * 80 + 40] < 10.0);
    assert!(arrival[8 * 80 + 1].is_nan());
    let figure = |key: &str| outcome.figures.iter().find(|f| f.key == key).unwrap().value;
    assert!((figure("rain_mm") - 60.0).abs() < 1e-6 && figure("mass_error") < 1e-9);
    assert_eq!(outcome.tables[0].rows[0][0], "house");
    assert_eq!(outcome.tables[1].rows.len(), 4);
}
