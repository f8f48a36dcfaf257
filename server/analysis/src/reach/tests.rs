//! Small street plans with answers that can be counted on fingers.

use super::input::{Area, Barrier, BarrierShape, Building, Facility, Input, Land, Passage, Street, Surface};
use super::*;
use crate::geometry::polygon;
use crate::outcome::{Ending, Shape};
use geo::MultiPolygon;

fn street(id: &str, level: i8, points: &[[f64; 2]]) -> Street {
    let points = points.iter().map(|p| [p[0], p[1], 0.0]).collect();
    Street {
        id: id.into(),
        points,
        level,
        is_walkable: true,
    }
}

fn ring(low: [f64; 2], high: [f64; 2]) -> Vec<[f64; 2]> {
    vec![low, [high[0], low[1]], high, [low[0], high[1]]]
}

fn land(id: &str, low: [f64; 2], high: [f64; 2]) -> Land {
    Land {
        id: id.into(),
        index: 1,
        name: String::new(),
        outline: MultiPolygon::new(vec![polygon(&[ring(low, high)])]),
    }
}

/// Walk between two points of a plan, metres; `None` when there is no way.
fn walk_m(input: &Input, from: [f64; 2], to: [f64; 2]) -> Option<f64> {
    let prepared = Prepared::new(input, &Params::default(), &Task::default()).unwrap();
    let place = |p| prepared.graph.place(p, 20.0, |_| true).unwrap();
    prepared
        .graph
        .walk(&[place(from)], f64::INFINITY)
        .to(&prepared.graph, &place(to))
}

/// A street from west to east and one from south to north, which cross at the origin.
fn cross(level: i8) -> Input {
    Input {
        streets: vec![
            street("we", 0, &[[-100.0, 0.0], [100.0, 0.0]]),
            street("sn", level, &[[0.0, -100.0], [0.0, 100.0]]),
        ],
        ..Input::default()
    }
}

fn near(found: Option<f64>, expect: f64) {
    assert!(
        found.is_some_and(|m| (m - expect).abs() < 1e-9),
        "{found:?}, not {expect}"
    );
}

#[test]
fn streets_of_one_level_meet_where_they_cross_and_bridges_do_not() {
    near(walk_m(&cross(0), [-80.0, 0.0], [0.0, 60.0]), 140.0);
    assert_eq!(walk_m(&cross(1), [-80.0, 0.0], [0.0, 60.0]), None);
    // but the end of the bridge lies on a street of the ground
    let mut over = cross(1);
    over.streets.push(street("bank", 0, &[[-100.0, 100.2], [100.0, 100.2]]));
    over.streets.push(street("ring", 0, &[[-100.0, 0.0], [-100.0, 100.2]]));
    near(walk_m(&over, [-80.0, 0.0], [0.0, 60.0]), 20.0 + 100.2 + 100.0 + 40.0);
}

#[test]
fn ends_meet_within_the_snapping_distance_only() {
    let plan = |gap: f64| Input {
        streets: vec![
            street("a", 0, &[[0.0, 0.0], [100.0, 0.0]]),
            street("b", 0, &[[100.0 + gap, 0.0], [200.0, 0.0]]),
            street("c", 0, &[[50.0, gap], [50.0, 80.0]]),
        ],
        ..Input::default()
    };
    near(walk_m(&plan(0.4), [0.0, 0.0], [200.0, 0.0]), 100.0 + 99.6);
    near(walk_m(&plan(0.4), [0.0, 0.0], [50.0, 80.0]), 50.0 + 79.6);
    assert_eq!(walk_m(&plan(0.6), [0.0, 0.0], [200.0, 0.0]), None);
    assert_eq!(walk_m(&plan(0.6), [0.0, 0.0], [50.0, 80.0]), None);
}

#[test]
fn junction_surfaces_join_streets_that_stop_short() {
    let mut plan = Input {
        streets: vec![
            street("w", 0, &[[-100.0, 0.0], [-15.0, 0.0]]),
            street("e", 0, &[[15.0, 0.0], [100.0, 0.0]]),
            street("n", 0, &[[0.0, 15.0], [0.0, 100.0]]),
            street("s", 0, &[[0.0, -15.0], [0.0, -100.0]]),
        ],
        ..Input::default()
    };
    assert_eq!(walk_m(&plan, [-100.0, 0.0], [100.0, 0.0]), None);
    plan.junctions = vec![Surface {
        id: "j".into(),
        rings: vec![ring([-15.0, -15.0], [15.0, 15.0])],
    }];
    near(walk_m(&plan, [-100.0, 0.0], [100.0, 0.0]), 200.0);
    near(walk_m(&plan, [-100.0, 0.0], [0.0, -100.0]), 200.0);
}

#[test]
fn rails_and_rivers_stop_walkers_except_at_passages_and_on_bridges() {
    let rail = |level| Barrier {
        id: "rail".into(),
        level,
        shape: BarrierShape::Line(vec![[-50.0, -50.0], [-50.0, 50.0]]),
    };
    let river = Barrier {
        id: "river".into(),
        level: 0,
        shape: BarrierShape::Surface(vec![ring([40.0, -500.0], [70.0, 500.0])]),
    };
    let (west, east) = ([-90.0, 0.0], [90.0, 0.0]);
    let mut plan = cross(0);
    plan.barriers = vec![rail(0)];
    assert_eq!(walk_m(&plan, west, east), None);
    near(walk_m(&plan, west, [-51.0, 0.0]), 39.0);
    near(walk_m(&plan, [-49.0, 0.0], east), 139.0);
    // an elevated railway is walked under, a level crossing is walked over
    plan.barriers = vec![rail(1)];
    near(walk_m(&plan, west, east), 180.0);
    plan.barriers = vec![rail(0), river];
    plan.passages = vec![Passage {
        id: "crossing".into(),
        rings: vec![vec![[-50.0, 2.0]]],
    }];
    near(walk_m(&plan, west, [30.0, 0.0]), 120.0);
    assert_eq!(walk_m(&plan, west, east), None);
    // what lies in the river is no street
    let prepared = Prepared::new(&plan, &Params::default(), &Task::default()).unwrap();
    assert!(prepared.graph.place([55.0, 0.0], 10.0, |_| true).is_none());
    plan.passages.push(Passage {
        id: "deck".into(),
        rings: vec![ring([39.0, -5.0], [71.0, 5.0])],
    });
    near(walk_m(&plan, west, east), 180.0);
    // the same bridge as a street of its own level
    plan.passages.pop();
    plan.streets.push(street("bridge", 1, &[[39.0, 0.0], [71.0, 0.0]]));
    near(walk_m(&plan, west, east), 180.0);
}

#[test]
fn a_way_to_the_street_does_not_cross_the_river() {
    let mut plan = cross(0);
    plan.streets.truncate(1);
    plan.streets.push(street("north", 0, &[[-100.0, 60.0], [100.0, 60.0]]));
    plan.streets.push(street("link", 0, &[[-100.0, 0.0], [-100.0, 60.0]]));
    plan.buildings = vec![Building {
        id: "b".into(),
        index: 3,
        point: [10.0, 20.0],
        people: 8.0,
    }];
    let place = |plan: &Input| {
        Prepared::new(plan, &Params::default(), &Task::default())
            .unwrap()
            .places
            .buildings[0]
    };
    assert_eq!(place(&plan).unwrap().access_m, 20.0);
    let shape = BarrierShape::Line(vec![[-90.0, 10.0], [200.0, 10.0]]);
    plan.barriers = vec![Barrier {
        id: "canal".into(),
        level: 0,
        shape,
    }];
    assert_eq!(place(&plan).unwrap().access_m, 40.0);
}

fn town() -> Input {
    let building = |i: u32, x: f64, people: f64| Building {
        id: format!("b{i}"),
        index: i,
        point: [x, 5.0],
        people,
    };
    Input {
        area: Area {
            id: "district".into(),
            index: Some(9),
        },
        streets: vec![street("main", 0, &[[0.0, 0.0], [2000.0, 0.0]])],
        // 290 m, 295 + access …: the first is surely near, the second within the error, the third far
        buildings: vec![
            building(0, 100.0, 30.0),
            building(1, 285.0, 20.0),
            building(2, 700.0, 50.0),
        ],
        facilities: vec![Facility {
            id: "k".into(),
            index: 20,
            name: "K".into(),
            kind: "kindergarten".into(),
            point: [0.0, 0.0],
        }],
        ..Input::default()
    }
}

#[test]
fn people_are_counted_by_the_walk_to_the_nearest_facility() {
    let params = Params {
        starts: vec![[0.0, 0.0]],
        ..Params::default()
    };
    let outcome = run(&town(), &params, &Task::default()).unwrap();
    let verdict = &outcome.verdicts[0];
    assert_eq!(
        (verdict.value, verdict.feature.as_str(), verdict.index),
        (Some(0.5), "district", Some(9))
    );
    assert_eq!(verdict.verdict, Ending::Fail);
    assert!(!verdict.limit.is_verified);
    let rows = &outcome.tables.iter().find(|t| t.key == "kinds").unwrap().rows;
    let numbers = |row: &[serde_json::Value]| row[3..].iter().map(|v| v.as_f64().unwrap()).collect::<Vec<_>>();
    assert_eq!(numbers(&rows[0]), [1.0, 50.0, 0.5, 0.3, 0.5]);
    // what the data does not have is not judged
    assert_eq!(outcome.verdicts.len(), 1);
    assert!(
        outcome
            .notes
            .iter()
            .any(|n| n.code == "reach/no-facility" && n.features.len() == 9)
    );
    let minutes = outcome.layers.iter().find(|l| l.key == "building_minutes").unwrap();
    assert_eq!(minutes.values, [105.0 / 60.0, 290.0 / 60.0, 705.0 / 60.0]);
    let people = outcome.figures.iter().filter(|f| f.key.starts_with("people_"));
    assert_eq!(people.map(|f| f.value).collect::<Vec<_>>(), [50.0, 50.0, 100.0]);
    for layer in &outcome.layers {
        assert_eq!(layer.shape.len(), layer.values.len(), "{}", layer.key);
    }
    let lines = outcome.layers.iter().find(|l| l.key == "minutes").unwrap();
    let Shape::Lines { vertices, .. } = &lines.shape else {
        panic!()
    };
    assert_eq!(vertices.last().unwrap()[0], 1000.0);
    assert_eq!(*lines.values.last().unwrap(), (1000.0 / 60.0) as f32);
}

#[test]
fn parks_serve_by_their_size() {
    // 1999 m² serve nothing, 2000 m² serve 300 m, 5000 m² serve 500 m; the land begins 400 m east of each
    for (side, served) in [([20.0, 99.95], 0.0), ([20.0, 100.0], 0.0), ([50.0, 100.0], 1.0)] {
        let input = Input {
            parks: vec![land("p", [-side[0], 0.0], [0.0, side[1]])],
            homes: vec![land("h", [400.0, 40.0], [450.0, 60.0])],
            ..town()
        };
        let outcome = run(&input, &Params::default(), &Task::default()).unwrap();
        let verdict = outcome.verdicts.last().unwrap();
        assert!((verdict.value.unwrap() - served).abs() < 1e-6, "{side:?}: {verdict:?}");
    }
    // half of the land within 300 m, half beyond
    let input = Input {
        parks: vec![land("p", [-20.0, 0.0], [0.0, 100.0])],
        homes: vec![land("h", [290.0, 40.0], [310.0, 60.0])],
        ..town()
    };
    let outcome = run(&input, &Params::default(), &Task::default()).unwrap();
    assert!((outcome.verdicts.last().unwrap().value.unwrap() - 0.5).abs() < 1e-6);
}

/// Share of land 400 m away that is served, and the note about joined polygons.
fn served_by(parks: Vec<Land>) -> (f64, Option<Vec<String>>) {
    let input = Input {
        parks,
        homes: vec![land("h", [400.0, 40.0], [450.0, 60.0])],
        ..town()
    };
    let outcome = run(&input, &Params::default(), &Task::default()).unwrap();
    let joined = outcome.notes.into_iter().find(|n| n.code == "reach/parks-joined");
    (
        outcome.verdicts.last().unwrap().value.unwrap(),
        joined.map(|n| n.features),
    )
}

#[test]
fn polygons_of_one_park_are_judged_together() {
    let alone = || land("a", [-30.0, 0.0], [0.0, 100.0]);
    assert_eq!(served_by(vec![alone()]), (0.0, None));
    // two of 3,000 m² that touch, or nearly: 6,000 m² serve 500 m
    let whole = Some(vec!["a".to_owned(), "b".to_owned()]);
    for gap in [0.0, 0.4] {
        let (share, joined) = served_by(vec![alone(), land("b", [-60.0, 0.0], [-30.0 - gap, 100.0])]);
        assert!(share > 0.999, "{gap} m: {share}");
        assert_eq!(joined, whole);
    }
    // across a street: by their name, when they have one and are near
    let across = |names: [&str; 2], gap: f64| {
        let named = |land: Land, name: &str| Land {
            name: name.into(),
            ..land
        };
        served_by(vec![
            named(alone(), names[0]),
            named(land("b", [-60.0 - gap, 0.0], [-30.0 - gap, 100.0]), names[1]),
        ])
    };
    assert!(across(["P", "P"], 20.0).0 > 0.999);
    for (names, gap) in [(["P", "Q"], 20.0), (["", ""], 20.0), (["P", "P"], 90.0)] {
        assert_eq!(across(names, gap), (0.0, None), "{names:?} {gap} m");
    }
    // what lies twice counts once
    assert_eq!(
        served_by(vec![
            alone(),
            Land {
                id: "b".into(),
                ..alone()
            }
        ]),
        (0.0, whole)
    );
}

#[test]
fn only_land_of_the_built_up_area_counts_and_what_stands_for_it_is_told() {
    let input = Input {
        parks: vec![land("p", [-50.0, 0.0], [0.0, 100.0])],
        homes: vec![land("h", [400.0, 40.0], [800.0, 60.0])],
        ..town()
    };
    let verdict = |input: &Input| {
        let outcome = run(input, &Params::default(), &Task::default()).unwrap();
        let codes: Vec<String> = outcome.notes.iter().map(|n| n.code.clone()).collect();
        (outcome.verdicts.last().unwrap().clone(), codes)
    };
    let whole = verdict(&input).0;
    assert!(
        (whole.value.unwrap() - 0.25).abs() < 1e-3 && whole.verdict == Ending::Fail,
        "{whole:?}"
    );
    let clipped = Input {
        built_up: Some(land("area", [0.0, 0.0], [480.0, 100.0]).outline),
        ..input.clone()
    };
    let clipped = verdict(&clipped).0;
    assert!(
        clipped.value.unwrap() > 0.999 && clipped.verdict == Ending::Pass,
        "{clipped:?}"
    );
    let estimated = Input {
        homes_are_buildings: true,
        ..input.clone()
    };
    let (estimated, codes) = verdict(&estimated);
    assert_eq!(
        (estimated.verdict, estimated.value),
        (Ending::NotDecidable, whole.value)
    );
    assert!(codes.iter().any(|code| code == "reach/land-estimated"), "{codes:?}");
    let (_, codes) = verdict(&Input { homes: vec![], ..input });
    assert!(
        codes.iter().any(|code| code == "reach/no-residential-land"),
        "{codes:?}"
    );
}

#[test]
fn bad_input_is_named() {
    let message = |input: &Input, params: &Params| run(input, params, &Task::default()).unwrap_err().to_string();
    let mut input = town();
    input.streets[0].points[1][1] = f64::NAN;
    assert_eq!(
        message(&input, &Params::default()),
        "street main: a coordinate is not finite (vertex 1)"
    );
    let mut input = town();
    input.facilities[0].kind = "casino".into();
    assert_eq!(
        message(&input, &Params::default()),
        "facility k: the rules have no kind \"casino\""
    );
    let mut input = town();
    input.buildings[2].people = -1.0;
    assert_eq!(
        message(&input, &Params::default()),
        "building b2: -1 is no number of people"
    );
    let small = Params {
        memory_bytes: 100,
        ..Params::default()
    };
    assert_eq!(message(&town(), &small), "2 vertices need 800 bytes, 100 are allowed");
    assert!(message(&Input::default(), &Params::default()).starts_with("no street"));
    let task = Task::default();
    task.cancel();
    assert!(matches!(
        run(&town(), &Params::default(), &task),
        Err(Error::Cancelled(_))
    ));
    let mut input = town();
    input.homes = vec![land("h", [0.0, 0.0], [f64::NAN, 5.0])];
    assert_eq!(
        message(&input, &Params::default()),
        "residential land h: a coordinate is not finite (vertex 1)"
    );
    // a street of one point is left out and named
    let mut input = town();
    input.streets.push(street("dot", 0, &[[5.0, 5.0], [5.0, 5.0]]));
    let outcome = run(&input, &Params::default(), &Task::default()).unwrap();
    assert!(
        outcome
            .notes
            .iter()
            .any(|n| n.code == "reach/short-street" && n.features == ["dot"])
    );
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let mut input = town();
    for k in 0..24 {
        let at = f64::from(k) * 83.0;
        input
            .streets
            .push(street(&format!("n{k}"), 0, &[[at, -300.0], [at + 40.0, 700.0]]));
        input
            .streets
            .push(street(&format!("e{k}"), 0, &[[0.0, at - 290.0], [2000.0, at - 250.0]]));
        input.buildings.push(Building {
            id: format!("x{k}"),
            index: k,
            point: [at, at / 3.0],
            people: 7.0,
        });
    }
    input.parks = vec![land("p", [300.0, 0.0], [420.0, 90.0])];
    input.homes = vec![
        land("h", [0.0, -200.0], [900.0, 300.0]),
        land("i", [800.0, 200.0], [1900.0, 600.0]),
    ];
    let params = Params {
        starts: vec![[500.0, 100.0], [1500.0, 50.0]],
        ..Params::default()
    };
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let outcome = pool.install(|| run(&input, &params, &Task::default()).unwrap());
        serde_json::to_string(&outcome).unwrap()
    };
    assert_eq!(with(1), with(5));
}
