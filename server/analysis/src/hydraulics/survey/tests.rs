//! A survey of three pipes and a house becomes a network; tees, closed valves, gaps between named ends, the ground.

use super::*;
use crate::Task;
use crate::hydraulics::input::Feature;
use crate::hydraulics::{Edit, Params, Quantity, Solution, run, solve};
use crate::outcome::Shape;

fn pipe(id: &str, points: &[[f64; 3]]) -> networks::Pipe {
    networks::Pipe {
        id: id.into(),
        index: 7,
        points: points.to_vec(),
        diameter_mm: Some(200.0),
        ..networks::Pipe::default()
    }
}

fn laid(material: &str) -> Laid {
    Laid {
        material: Some(material.into()),
        year: Some(2026),
    }
}

fn survey() -> Survey {
    Survey {
        pipes: vec![
            pipe("a", &[[0.0, 0.0, 10.0], [500.0, 0.0, 10.0], [1000.0, 0.0, 10.0]]),
            pipe("b", &[[1000.1, 0.0, 10.0], [1000.0, 500.0, 10.0]]),
            pipe("far", &[[5000.0, 0.0, 10.0], [5000.0, 500.0, 10.0]]),
        ],
        laid: vec![laid("PE"), laid("???"), laid("PE")],
        sources: vec![SurveySource {
            id: "works".into(),
            at: At::Point([1.0, 1.0]),
            head_m: Some(60.0),
        }],
        buildings: vec![SurveyBuilding {
            id: "house".into(),
            place: [1010.0, 490.0],
            population: Some(5760.0),
            floor_area_m2: 0.0,
            is_residential: true,
        }],
        ..Survey::default()
    }
}

fn made(survey: &Survey) -> Surveyed {
    let constants = Constants::built_in().unwrap();
    network(survey, &Assumptions::default(), &constants, &|_| None).unwrap()
}

fn model(surveyed: &Surveyed) -> &Network {
    let Model::Network(model) = &surveyed.input.model else {
        panic!()
    };
    model
}

fn note_of<'a>(surveyed: &'a Surveyed, code: &str) -> Option<&'a [String]> {
    let note = surveyed.input.notes.iter().find(|note| note.code == code);
    note.map(|note| note.features.as_slice())
}

fn solved(surveyed: &Surveyed) -> Solution {
    solve(&surveyed.input, &Params::default(), &Task::default()).unwrap()
}

/// Flow of a link at the first moment, litres a second.
fn flow(solution: &Solution, link: &str) -> f64 {
    solution.flow_lps[solution.links.iter().position(|one| one.id == link).unwrap()]
}

fn valve(at: At, is_open: bool) -> Valve {
    Valve {
        id: "valve".into(),
        index: 9,
        class: String::new(),
        at,
        is_open,
    }
}

#[test]
fn ends_meet_demand_finds_its_node_and_gaps_are_told() {
    let constants = Constants::built_in().unwrap();
    let surveyed = made(&survey());
    let network = model(&surveyed);
    assert_eq!((network.junctions.len(), network.pipes.len()), (3, 3));
    // 5760 people × 150 L are 10 L/s
    assert!((network.junctions[2].demand_lps - 10.0).abs() < 1e-9);
    assert_eq!(note_of(&surveyed, "hydraulics/no-material").unwrap(), ["b"]);
    assert_eq!(note_of(&surveyed, "hydraulics/no-source").unwrap(), ["far"]);

    // Hazen–Williams by hand: h = 10.67 L Q^1.852 / (C^1.852 d^4.87) at the hour's demand
    let solution = solved(&surveyed);
    let q: f64 = 0.010 * constants.demand.hours[0];
    let loss = |l: f64, c: f64| 10.667 * l * q.powf(1.852) / (c.powf(1.852) * 0.2_f64.powf(4.871));
    let expected = 60.0 - loss(1000.0, 150.0) - loss(500.0, 100.0);
    let end = solution.nodes.iter().position(|node| node.id == "node 3").unwrap();
    assert!(
        (solution.head_m[end] - expected).abs() < 0.01,
        "{} {expected}",
        solution.head_m[end]
    );
}

#[test]
fn a_survey_without_a_source_is_refused() {
    let constants = Constants::built_in().unwrap();
    let mut survey = survey();
    let refused = |survey: &Survey| network(survey, &Assumptions::default(), &constants, &|_| None).unwrap_err();
    survey.sources[0].at = At::Point([9_000.0, 9_000.0]);
    assert_eq!(refused(&survey).to_string(), "reservoir works: no pipe is near");
    survey.sources.clear();
    let err = refused(&survey);
    assert!(err.text().zh.contains("没有水源"), "{}", err.text().zh);
}

#[test]
fn a_branch_from_the_middle_of_a_pipe_is_fed() {
    let mut survey = survey();
    survey.pipes[1] = pipe("b", &[[700.0, 0.1, 10.0], [700.0, 500.0, 10.0]]);
    survey.buildings[0].place = [690.0, 510.0];
    let surveyed = made(&survey);
    assert_eq!(surveyed.links_of_pipes["a"], ["a", "a#2"]);
    assert_eq!(note_of(&surveyed, "hydraulics/tee").unwrap(), ["b"]);
    let lengths: Vec<f64> = model(&surveyed).pipes[1..].iter().map(|pipe| pipe.length_m).collect();
    assert!(
        (lengths[0] - 700.0).abs() < 1e-9 && (lengths[1] - 300.0).abs() < 1e-9,
        "{lengths:?}"
    );
    let solution = solved(&surveyed);
    let drawn = flow(&solution, "b");
    assert!(drawn > 1.0 && (flow(&solution, "a") - drawn).abs() < 1e-4);
    assert!(flow(&solution, "a#2").abs() < 1e-4, "nobody draws at the end of a");
}

#[test]
fn a_valve_closed_by_the_survey_shuts_its_pipe() {
    // a ring of two ways to the house; the valve is on the middle of one of them
    let mut survey = survey();
    survey.pipes[1] = pipe("b", &[[0.0, 0.0, 10.0], [500.0, 200.0, 10.0], [1000.0, 0.0, 10.0]]);
    survey.buildings[0].place = [1000.0, 10.0];
    survey.valves = vec![valve(At::Point([500.0, 200.5]), true)];
    let open = solved(&made(&survey));
    assert!(flow(&open, "b") > 1.0 && flow(&open, "b#2") > 1.0);

    survey.valves[0].is_open = false;
    let surveyed = made(&survey);
    assert_eq!(surveyed.links_of_valves["valve"], ["b"]);
    assert_eq!(note_of(&surveyed, "hydraulics/closed-valve").unwrap(), ["valve"]);
    let closed = solved(&surveyed);
    assert!(flow(&closed, "b").abs() < 1e-4 && flow(&closed, "a") > 1.5 * flow(&open, "a"));

    // on the only way to a part it leaves that part out
    survey.pipes[1] = pipe("b", &[[1000.0, 0.0, 10.0], [1000.0, 500.0, 10.0]]);
    survey.valves[0].at = At::Point([1000.0, 250.0]);
    let surveyed = made(&survey);
    assert_eq!(note_of(&surveyed, "hydraulics/no-source").unwrap(), ["b", "far"]);
    assert!(!surveyed.links_of_pipes.contains_key("b"));
    // one on no pipe closes nothing, and that is told
    survey.valves[0].at = At::Point([300.0, 300.0]);
    let surveyed = made(&survey);
    assert_eq!(note_of(&surveyed, "hydraulics/lost-valve").unwrap(), ["valve"]);
    assert_eq!(note_of(&surveyed, "hydraulics/closed-valve"), None);
}

#[test]
fn names_join_over_a_gap_and_part_what_touches() {
    let mut survey = survey();
    let named = |mut pipe: networks::Pipe, from: &str, to: &str| {
        pipe.nodes = Some([from.into(), to.into()]);
        pipe
    };
    survey.pipes[0] = named(survey.pipes[0].clone(), "works", "J");
    survey.pipes[1] = named(pipe("b", &[[1001.0, 0.0, 10.0], [1000.0, 500.0, 10.0]]), "J", "K");
    // touches a's end and has other names
    survey.pipes[2] = named(pipe("by", &[[1000.0, 0.0, 10.0], [1200.0, 0.0, 10.0]]), "M", "N");
    survey.sources[0].at = At::Node("works".into());
    let surveyed = made(&survey);
    assert_eq!(note_of(&surveyed, "hydraulics/no-source").unwrap(), ["by"]);
    assert_eq!(model(&surveyed).pipes.len(), 3);
    assert!(surveyed.junctions.contains_key("J") && !surveyed.junctions.contains_key("M"));
    assert!(flow(&solved(&surveyed), "b") > 1.0);
}

#[test]
fn pressures_count_from_the_ground() {
    let constants = Constants::built_in().unwrap();
    let mut survey = survey();
    survey.sources[0].head_m = None;
    // the ground is known to the east only: 1.5 m over the pipe, and 2 m under it at its end
    let ground = |[x, y]: [f64; 2]| (x > 500.0).then_some(if y > 400.0 { 8.0 } else { 11.5 });
    let surveyed = network(&survey, &Assumptions::default(), &constants, &ground).unwrap();
    let elevations: Vec<f64> = model(&surveyed).junctions.iter().map(|node| node.elevation_m).collect();
    assert_eq!(elevations, [10.0, 11.5, 10.0]);
    // the source stands where no ground is known
    assert_eq!(model(&surveyed).reservoirs[0].head_m, 10.0 + constants.source_head_m);
    let levels = surveyed
        .input
        .notes
        .iter()
        .find(|note| note.code == "hydraulics/levels")
        .unwrap();
    assert!(
        levels.text.en.contains("1 of 5 nodes have no terrain"),
        "{}",
        levels.text.en
    );

    let mut pressure = |ground: &dyn Fn([f64; 2]) -> Option<f64>| {
        survey.sources[0].head_m = Some(60.0);
        let surveyed = network(&survey, &Assumptions::default(), &constants, ground).unwrap();
        let params = Params {
            layers: vec![Quantity::Pressure],
            ..Params::default()
        };
        let outcome = run(&surveyed.input, &params, &Task::default()).unwrap();
        outcome
            .figures
            .iter()
            .find(|figure| figure.key == "least_pressure")
            .unwrap()
            .value
    };
    let (over_pipe, over_ground) = (pressure(&|_| None), pressure(&|_| Some(11.2)));
    assert!(
        (over_pipe - over_ground - 1.2).abs() < 1e-6,
        "{over_pipe} {over_ground}"
    );
}

#[test]
fn lines_of_one_pipe_are_links_of_one_feature() {
    let mut survey = survey();
    let mut parts = [
        pipe("a", &[[0.0, 0.0, 10.0], [500.0, 0.0, 10.0]]),
        pipe("a", &[[500.0, 0.0, 10.0], [1000.0, 0.0, 10.0]]),
    ];
    parts.iter_mut().for_each(|part| part.index = 3);
    survey.pipes.splice(0..1, parts);
    // another feature has the name that the second line would get
    survey.pipes[3].id = "a#2".into();
    survey.laid.insert(0, laid("PE"));
    let mut surveyed = made(&survey);
    assert_eq!(surveyed.links_of_pipes["a"], ["a", "a#3"]);
    let feature = Feature {
        id: "a".into(),
        index: 3,
    };
    assert_eq!(surveyed.input.link_features["a#3"], feature);

    let close = surveyed.links_of_pipes["a"]
        .iter()
        .map(|link| Edit::Close { link: link.clone() });
    surveyed.input.edits = close.collect();
    let outcome = run(&surveyed.input, &Params::default(), &Task::default()).unwrap();
    let Shape::Features { ids, .. } = &outcome.layers[0].shape else {
        panic!("{:?}", outcome.layers[0].shape)
    };
    assert_eq!(ids, &["a", "b"]);
    let edits: Vec<&Note> = outcome
        .notes
        .iter()
        .filter(|note| note.code == "hydraulics/edit")
        .collect();
    assert_eq!((edits.len(), edits[0].features[0].as_str()), (1, "a"));
}
