//! What a study says: layers, tables, verdicts, and what it refuses.

use super::super::params::{Custom, StoreysOf};
use super::super::rays::Heading;
use super::super::*;
use super::{cuboid, site, study, town};
use crate::outcome::{Ending, Shape};

#[test]
fn the_outcome_is_whole_and_the_same_for_any_number_of_threads() {
    let input = town(&[(0, 0, 40), (0, 1, 20), (1, 1, 33), (2, 0, 50), (3, 2, 9), (1, 3, 12)]);
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| run(&input, &Params::default(), &Task::default()).unwrap())
    };
    let outcome = on(1);
    let json = serde_json::to_string(&outcome).unwrap();
    assert_eq!(json, serde_json::to_string(&on(3)).unwrap());
    let keys: Vec<&str> = outcome.layers.iter().map(|l| l.key.as_str()).collect();
    assert_eq!(keys, ["facade_hours", "ground_hours", "building_hours"]);
    for layer in &outcome.layers {
        assert_eq!(layer.values.len(), layer.shape.len());
        assert!(layer.values.iter().all(|v| v.is_nan() || (0.0..=8.0).contains(v)));
    }
    // the ground below a house has no value
    let Shape::Grid { heights, .. } = &outcome.layers[1].shape else {
        panic!("{:?}", outcome.layers[1].shape)
    };
    assert_eq!(heights.len(), 42);
    assert!(outcome.layers[1].values.iter().any(|v| v.is_nan()));
    assert_eq!(outcome.verdicts.len(), 3);
    let tables: Vec<&str> = outcome.tables.iter().map(|t| t.key.as_str()).collect();
    assert_eq!(tables, ["buildings", "blame", "blame_points"]);
    for table in &outcome.tables {
        assert!(
            table.rows.iter().all(|row| row.len() == table.columns.len()),
            "{}",
            table.key
        );
    }
}

#[test]
fn each_limit_has_a_layer_of_its_own() {
    let indexed = |id: &str, at: f64, index: u32, usage: Usage| Building {
        index: Some(index),
        usage,
        is_examined: true,
        ..cuboid(id, [at, 0.0], [30.0, 12.0], [0.0, 18.0])
    };
    let input = Input {
        site: site(),
        buildings: vec![
            indexed("home", 0.0, 1, Usage::Residential),
            indexed("old", 60.0, 2, Usage::Elderly),
        ],
        ..Input::default()
    };
    let outcome = run(&input, &Params::default(), &Task::default()).unwrap();
    let layer = |key: &str| outcome.layers.iter().find(|layer| layer.key == key).unwrap();
    for (key, id) in [("building_hours", "home"), ("building_hours_1", "old")] {
        let verdict = outcome.verdicts.iter().find(|verdict| verdict.feature == id).unwrap();
        let Shape::Features { ids, .. } = &layer(key).shape else {
            panic!("{key}")
        };
        assert_eq!(ids, &[id]);
        assert_eq!(layer(key).legend.limit.as_ref().unwrap().source, verdict.limit.source);
    }
    assert_ne!(
        layer("building_hours").legend.limit,
        layer("building_hours_1").legend.limit
    );
}

#[test]
fn one_good_window_is_enough_for_a_dwelling() {
    let home = cuboid("home", [0.0, 0.0], [40.0, 12.0], [0.0, 18.0]);
    let window = |id: &str, dwelling: &str, x: f64, y: f64, north: bool| Window {
        id: id.into(),
        dwelling: dwelling.into(),
        sill: [500_000.0 + x, 3_847_000.0 + y, 0.9],
        normal: [0.0, if north { 1.0 } else { -1.0 }],
    };
    let mut home = Building {
        is_examined: true,
        windows: vec![window("n", "101", 5.0, 12.0, true), window("s", "101", 5.0, 0.0, false)],
        ..home
    };
    let ending = |home: &Building| {
        let input = Input {
            site: site(),
            buildings: vec![home.clone()],
            ..Input::default()
        };
        run(&input, &Params::default(), &Task::default())
            .unwrap()
            .verdicts
            .remove(0)
    };
    let verdict = ending(&home);
    assert_eq!(verdict.verdict, Ending::Pass);
    assert!((verdict.value.unwrap() - 8.0).abs() < 1e-9);
    home.windows.push(window("n2", "102", 20.0, 12.0, true));
    assert_eq!(ending(&home).value, Some(0.0));
}

#[test]
fn buildings_of_unknown_use_are_named_and_examined_as_homes_when_asked_for() {
    let of_use = |id: &str, x: f64, usage: Usage| Building {
        is_examined: true,
        usage,
        ..cuboid(id, [x, 0.0], [20.0, 12.0], [0.0, 18.0])
    };
    let far = Building {
        is_examined: false,
        ..of_use("far", 200.0, Usage::Unknown)
    };
    let input = Input {
        site: site(),
        buildings: vec![
            of_use("home", 0.0, Usage::Residential),
            of_use("riddle", 100.0, Usage::Unknown),
            far,
        ],
        ..Input::default()
    };
    let told = |params: &Params| {
        let outcome = run(&input, params, &Task::default()).unwrap();
        let judged: Vec<String> = outcome.verdicts.iter().map(|v| v.feature.clone()).collect();
        let notes = outcome.notes.into_iter().filter(|n| n.features == ["riddle"]);
        let codes: Vec<String> = notes
            .map(|n| n.code)
            .filter(|code| code != "sunshine/no-windows")
            .collect();
        (judged, codes)
    };
    let (judged, codes) = told(&Params::default());
    assert_eq!(
        (judged, codes),
        (vec!["home".to_owned()], vec!["sunshine/unknown-use".to_owned()])
    );
    let (judged, codes) = told(&Params {
        assume_residential: true,
        ..Params::default()
    });
    assert_eq!(judged, ["home", "riddle"]);
    assert_eq!(codes, ["sunshine/assumed-residential"]);
}

#[test]
fn walls_between_neighbours_and_buried_sills_do_not_decide() {
    let left = Building {
        is_examined: true,
        ..cuboid("left", [0.0, 0.0], [20.0, 12.0], [0.0, 18.0])
    };
    // stands against the western half of the south wall
    let before = cuboid("before", [0.0, -6.0], [10.0, 6.0], [0.0, 9.0]);
    let input = Input {
        site: site(),
        buildings: vec![left, before],
        ..Input::default()
    };
    let study_of = study(&input, &Params::default());
    let points = &study_of.examined[0].deciding.points;
    assert_eq!(points.iter().filter(|p| p.is_inside).count(), 10);
    assert!(points.iter().all(|p| p.is_inside == (p.position[0] < 500_010.0)));
    let hill = [
        [499_900.0, 3_846_900.0, 5.0],
        [500_100.0, 3_846_900.0, 5.0],
        [500_000.0, 3_847_200.0, 5.0],
    ];
    let buried = Input {
        terrain: Terrain::Triangles(vec![hill]),
        ..input
    };
    let outcome = run(&buried, &Params::default(), &Task::default()).unwrap();
    assert_eq!(outcome.verdicts[0].verdict, Ending::NotDecidable);
    assert!(
        outcome
            .notes
            .iter()
            .any(|n| n.code == "sunshine/buried-points" && n.features == ["left"])
    );
}

#[test]
fn a_click_tells_when_there_is_sun_and_who_takes_the_rest() {
    let tower = cuboid("tower", [-12.0, -60.0], [20.0, 15.0], [0.0, 90.0]);
    let home = Building {
        is_examined: true,
        ..cuboid("home", [-20.0, 0.0], [40.0, 12.0], [0.0, 18.0])
    };
    let input = Input {
        site: site(),
        buildings: vec![tower, home],
        ..Input::default()
    };
    let study = study(&input, &Params::default());
    // the sill at (-0.5, 0) is one of those that decide
    let sill = [499_999.5, 3_847_000.0, 0.9];
    let found = probe::at(&study, sill, [0.0, -3.0]).unwrap();
    let known = study.examined[1]
        .deciding
        .points
        .iter()
        .position(|p| (p.position[0] - sill[0]).abs() < 1e-6);
    let sun = &study.examined[1].deciding.suns[known.unwrap()];
    assert_eq!(found.solar_s, sun.spells);
    assert_eq!(found.blockers.len(), 1);
    assert_eq!(found.blockers[0].id.as_deref(), Some("tower"));
    let minutes = found.hours * 60.0 + found.blockers[0].alone_min;
    assert!((minutes - 480.0).abs() < 0.1, "{minutes}");
    // civil time is later, 6.35 degrees west of its meridian and 11 minutes of the equation of time
    let late_min = (found.civil_s[0][0] - found.solar_s[0][0]) / 60.0;
    assert!((late_min - 36.4).abs() < 0.5, "{late_min}");
    assert_eq!(probe::at(&study, [499_999.5, 3_847_005.0, 3.0], [0.0; 2]), None);
    assert_eq!(probe::at(&study, [f64::NAN; 3], [0.0; 2]), None);
}

#[test]
fn near_the_limit_nothing_is_decided() {
    let home = Building {
        is_examined: true,
        ..cuboid("home", [0.0, 0.0], [40.0, 12.0], [0.0, 18.0])
    };
    let input = Input {
        site: site(),
        buildings: vec![home],
        ..Input::default()
    };
    let ending = |hours: f64| {
        let params = Params {
            custom: Some(Custom {
                date: "2001-01-20".into(),
                window_h: [8.0, 16.0],
                hours,
                source: "test".into(),
            }),
            ..Params::default()
        };
        run(&input, &params, &Task::default()).unwrap().verdicts[0].verdict
    };
    // a south wall in the open has all of the 8 h
    assert_eq!(ending(7.9), Ending::Pass);
    assert_eq!(ending(7.98), Ending::WithinError);
    assert_eq!(ending(8.04), Ending::WithinError);
    assert_eq!(ending(8.1), Ending::Fail);
}

#[test]
fn what_cannot_be_computed_is_refused_by_name() {
    let home = Building {
        is_examined: true,
        ..cuboid("home", [0.0, 0.0], [40.0, 12.0], [0.0, 18.0])
    };
    let input = Input {
        site: site(),
        buildings: vec![home.clone()],
        ..Input::default()
    };
    let fails = |input: &Input, params: &Params| run(input, params, &Task::default()).unwrap_err().to_string();
    let small = Params {
        max_bytes: 5000,
        ..Params::default()
    };
    assert!(fails(&input, &small).contains("5000 are allowed"));
    let quick = Params {
        step_s: 0.0,
        ..Params::default()
    };
    assert!(fails(&input, &quick).contains("step_s"));
    let lost = Params {
        storeys_of: Some(StoreysOf {
            building: "nowhere".into(),
            storey_m: 3.0,
            max_storeys: 9,
        }),
        ..Params::default()
    };
    assert!(fails(&input, &lost).contains("nowhere"));
    let broken = Input {
        buildings: vec![Building {
            top_m: f64::NAN,
            ..home
        }],
        ..input.clone()
    };
    assert!(fails(&broken, &Params::default()).contains("building home"));
    let task = Task::default();
    task.cancel();
    assert!(matches!(
        run(&input, &Params::default(), &task),
        Err(Error::Cancelled(_))
    ));
    // an empty scene is no error
    let empty = Input {
        site: site(),
        ..Input::default()
    };
    assert!(
        run(&empty, &Params::default(), &Task::default())
            .unwrap()
            .verdicts
            .is_empty()
    );
    assert!(!Heading::new([0.0, 0.0, 1.0]).meets_box([0.0; 3], [1.0; 3], [2.0; 3]));
}
