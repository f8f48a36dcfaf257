//! A survey of three pipes and a house becomes a network.

use super::input::{Feature, Model};
use super::params::Constants;
use super::survey::*;
use crate::Task;
use crate::hydraulics::{Params, solve};

fn pipe(id: &str, points: &[[f64; 3]], material: &str) -> SurveyPipe {
    SurveyPipe {
        feature: Feature {
            id: id.into(),
            index: 7,
        },
        points: points.to_vec(),
        diameter_mm: Some(200.0),
        material: Some(material.into()),
        year: Some(2026),
    }
}

fn survey() -> Survey {
    Survey {
        pipes: vec![
            pipe("a", &[[0.0, 0.0, 10.0], [500.0, 0.0, 10.0], [1000.0, 0.0, 10.0]], "PE"),
            pipe("b", &[[1000.1, 0.0, 10.0], [1000.0, 500.0, 10.0]], "???"),
            pipe("far", &[[5000.0, 0.0, 10.0], [5000.0, 500.0, 10.0]], "PE"),
        ],
        sources: vec![SurveySource {
            id: "works".into(),
            place: [1.0, 1.0],
            head_m: Some(60.0),
        }],
        buildings: vec![SurveyBuilding {
            id: "house".into(),
            place: [1010.0, 490.0],
            population: Some(5760.0),
            floor_area_m2: 0.0,
            is_residential: true,
        }],
    }
}

#[test]
fn ends_meet_demand_finds_its_node_and_gaps_are_told() {
    let constants = Constants::built_in().unwrap();
    let input = network(&survey(), &Assumptions::default(), &constants).unwrap();
    let Model::Network(made) = &input.model else { panic!() };
    assert_eq!((made.junctions.len(), made.pipes.len()), (3, 3));
    // 5760 people × 150 L are 10 L/s
    assert!((made.junctions[2].demand_lps - 10.0).abs() < 1e-9);
    let codes: Vec<&str> = input.notes.iter().map(|note| note.code.as_str()).collect();
    assert!(
        codes.contains(&"hydraulics/no-material") && codes.contains(&"hydraulics/no-source"),
        "{codes:?}"
    );
    let cut_off = input
        .notes
        .iter()
        .find(|note| note.code == "hydraulics/no-source")
        .unwrap();
    assert_eq!(cut_off.features, ["far"]);

    // Hazen–Williams by hand: h = 10.67 L Q^1.852 / (C^1.852 d^4.87) at the hour's demand
    let solution = solve(&input, &Params::default(), &Task::default()).unwrap();
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
    survey.sources[0].place = [9_000.0, 9_000.0];
    let err = network(&survey, &Assumptions::default(), &constants).unwrap_err();
    assert_eq!(err.to_string(), "reservoir works: no pipe is near");
    survey.sources.clear();
    let err = network(&survey, &Assumptions::default(), &constants).unwrap_err();
    assert!(err.text().zh.contains("没有水源"), "{}", err.text().zh);
}
