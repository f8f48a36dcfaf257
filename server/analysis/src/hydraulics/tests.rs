//! Runs on small networks: closed forms, edits, bad input, stopping, many at once.

use super::*;
use crate::outcome::{Ending, Look, Shape};
use crate::{Cancelled, Task};

/// A reservoir at 50 m, 1,000 m of DN300 (C 100) to B, 1,000 m of DN200 to C, 20 L/s drawn at C.
fn line() -> Network {
    let junction = |id: &str, x: f64, demand_lps: f64| Junction {
        id: id.into(),
        place: [x, 0.0],
        elevation_m: 10.0,
        demand_lps,
        pattern: None,
    };
    let pipe = |id: &str, from: &str, to: &str, diameter_mm: f64| Pipe {
        id: id.into(),
        from: from.into(),
        to: to.into(),
        length_m: 1000.0,
        diameter_mm,
        roughness: 100.0,
        minor_loss: 0.0,
        status: PipeStatus::Open,
        vertices: vec![],
    };
    Network {
        junctions: vec![junction("B", 1000.0, 0.0), junction("丙 C", 2000.0, 20.0)],
        reservoirs: vec![Reservoir {
            id: "A".into(),
            place: [0.0, 0.0],
            head_m: 50.0,
            pattern: None,
        }],
        pipes: vec![pipe("p 1", "A", "B", 300.0), pipe("p 2", "B", "丙 C", 200.0)],
        options: Options {
            duration_s: 7200,
            ..Options::default()
        },
        ..Network::default()
    }
}

fn input(network: Network) -> Input {
    Input::new(Model::Network(network.into()))
}

fn solved(input: &Input) -> Result<Solution, HydraulicsError> {
    solve(input, &Params::default(), &Task::default())
}

/// Hazen–Williams in metric units, metres.
fn loss_m(length_m: f64, diameter_m: f64, c: f64, flow_m3_s: f64) -> f64 {
    10.667 * length_m * (flow_m3_s / c).powf(1.852) / diameter_m.powf(4.871)
}

fn head(solution: &Solution, id: &str) -> f64 {
    solution.head_m[solution.nodes.iter().position(|node| node.id == id).unwrap()]
}

#[test]
fn head_falls_by_hazen_and_williams() {
    let solution = solved(&input(line())).unwrap();
    assert_eq!(solution.times_s, [0.0, 3600.0, 7200.0]);
    let at_b = 50.0 - loss_m(1000.0, 0.3, 100.0, 0.02);
    assert!(
        (head(&solution, "B") - at_b).abs() < 2e-3,
        "{} {at_b}",
        head(&solution, "B")
    );
    let at_c = at_b - loss_m(1000.0, 0.2, 100.0, 0.02);
    assert!(
        (head(&solution, "丙 C") - at_c).abs() < 5e-3,
        "{} {at_c}",
        head(&solution, "丙 C")
    );
    assert!(solution.flow_lps.iter().all(|flow| (flow - 20.0).abs() < 1e-4));
    let speed = 0.02 / (std::f64::consts::PI * 0.01);
    assert!((solution.velocity_m_s[1] - speed).abs() < 1e-4);
    // at the end, water has been in the pipes for the time that it takes through them
    let volume = 1000.0 * std::f64::consts::PI / 4.0 * (0.09 + 0.04);
    let age = volume / 0.02 / 3600.0;
    let last = solution.node_age_h[2 * 3 + 1];
    assert!((last - age.min(2.0)).abs() < 0.1, "{last} {age}");
}

#[test]
fn edits_change_what_they_name() {
    let mut what_if = input(line());
    what_if.edits = vec![
        Edit::ReplacePipe {
            pipe: "p 2".into(),
            diameter_mm: Some(300.0),
            roughness: Some(140.0),
        },
        Edit::AddDemand {
            node: "B".into(),
            demand_lps: 5.0,
        },
    ];
    let solution = solved(&what_if).unwrap();
    let expected = 50.0 - loss_m(1000.0, 0.3, 100.0, 0.025) - loss_m(1000.0, 0.3, 140.0, 0.02);
    let found = head(&solution, "丙 C");
    assert!((found - expected).abs() < 5e-3, "{found} {expected}");

    what_if.edits = vec![Edit::Close { link: "p 2".into() }];
    let solution = solved(&what_if).unwrap();
    let warning = solution.warnings.iter().find(|warning| warning.code == 3).unwrap();
    let cut_off: Vec<&str> = warning
        .cut_off
        .iter()
        .map(|at| solution.nodes[*at].id.as_str())
        .collect();
    assert_eq!(cut_off, ["丙 C"]);

    what_if.edits = vec![Edit::Close { link: "p 9".into() }];
    let err = solved(&what_if).unwrap_err();
    assert_eq!(err.text().zh, "管网中没有管段 p 9");
}

#[test]
fn what_cannot_be_is_named() {
    let refused = |change: &dyn Fn(&mut Network)| {
        let mut network = line();
        change(&mut network);
        solved(&input(network)).unwrap_err().to_string()
    };
    assert_eq!(
        refused(&|n| n.pipes[1].diameter_mm = -200.0),
        "pipe p 2: the diameter is -200, must be above 0"
    );
    assert_eq!(
        refused(&|n| n.pipes[0].length_m = 0.0),
        "pipe p 1: the length is 0, must be above 0"
    );
    assert_eq!(refused(&|n| n.pipes[0].to = "Z".into()), "node Z is not in the network");
    assert_eq!(
        refused(&|n| n.pipes[0].to = "A".into()),
        "pipe p 1: has the same node at both ends"
    );
    assert_eq!(
        refused(&|n| n.junctions[0].elevation_m = f64::NAN),
        "junction B: a number is missing or not finite"
    );
    assert_eq!(
        refused(&|n| n.pipes[1].id = "p 1".into()),
        "pipe p 1: the id is there twice"
    );
    assert!(refused(&|n| n.reservoirs.clear()).contains("no tank and no reservoir"));
    let pump = |curve: &str| Pump {
        id: "pump".into(),
        from: "A".into(),
        to: "B".into(),
        power: PumpPower::Curve(curve.into()),
        speed: 1.0,
        pattern: None,
    };
    assert_eq!(
        refused(&|n| n.pumps.push(pump(""))),
        "pump pump: has neither a curve nor a power"
    );
    assert_eq!(refused(&|n| n.pumps.push(pump("c"))), "curve c is not in the network");
    // EPANET sees what we do not: a curve that falls no pump can follow, a node without pipes
    let unjoined = refused(&|n| {
        n.junctions.push(Junction {
            id: "alone".into(),
            ..n.junctions[0].clone()
        });
    });
    assert!(
        unjoined.contains("joined to no link") && unjoined.contains("alone"),
        "{unjoined}"
    );
}

#[test]
fn a_pump_without_a_curve_in_a_file_is_named() {
    let file = "[JUNCTIONS]\nJ1 5 10\n[RESERVOIRS]\nR 10\n[PUMPS]\nP1 R J1\n[OPTIONS]\nUNITS LPS\n[END]\n";
    let err = solved(&Input::new(Model::Inp(file.into()))).unwrap_err();
    assert_eq!(err.text().zh, "EPANET 错误 226：水泵没有曲线也没有功率（P1）");
    let file = "[JUNCTIONS]\nJ1 5 10\n[RESERVOIRS]\nR 10\n[PIPES]\np9 R J1 -100 200 100\n[END]\n";
    let err = solved(&Input::new(Model::Inp(file.into()))).unwrap_err();
    assert_eq!(err.to_string(), "EPANET error 202: illegal number (at p9)");
}

#[test]
fn a_run_can_be_stopped_and_must_fit() {
    let task = Task::default();
    task.cancel();
    let err = solve(&input(line()), &Params::default(), &task).unwrap_err();
    assert_eq!(err, HydraulicsError::Cancelled(Cancelled));
    let small = Params {
        max_bytes: 100,
        ..Params::default()
    };
    let err = solve(&input(line()), &small, &Task::default()).unwrap_err();
    // 3 steps of 3 nodes × 4 and 2 links × 3 series, 8 bytes each
    let (needed, allowed) = (3 * (3 * 4 + 2 * 3) * 8, 100);
    assert_eq!(err, HydraulicsError::TooLarge { needed, allowed });
}

#[test]
fn lines_without_features_and_features_with_them() {
    let params = Params::default();
    let lines = run(&input(line()), &params, &Task::default()).unwrap();
    let flow = lines.layers.iter().find(|layer| layer.key == "flow").unwrap();
    let Shape::Lines { vertices, starts } = &flow.shape else {
        panic!("{:?}", flow.shape)
    };
    assert_eq!(
        (vertices.len(), starts.as_slice(), flow.look),
        (4, [0, 2].as_slice(), Look::Flow)
    );
    assert_eq!(flow.values.len(), 3 * 4);
    let pressure = &lines.layers[0];
    assert!(pressure.values[1] > pressure.values[3], "pressure falls along the way");

    let mut named = input(line());
    let feature = Feature {
        id: "pipe-7".into(),
        index: 7,
    };
    named.link_features.insert("p 2".into(), feature);
    let outcome = run(&named, &params, &Task::default()).unwrap();
    let Shape::Features { ids, indices } = &outcome.layers[0].shape else {
        panic!()
    };
    assert_eq!(
        (ids.as_slice(), indices.as_slice()),
        (["pipe-7".to_owned()].as_slice(), [7].as_slice())
    );
    assert_eq!(outcome.layers[0].values[0], pressure.values[3]);

    // 28 m for six storeys: C has 50 − 10 − 7.6 m of losses, well above; for nine it is 40 m
    assert!(outcome.verdicts.is_empty());
    let nine = Params { storeys: 9, ..params };
    let outcome = run(&named, &nine, &Task::default()).unwrap();
    let verdict = &outcome.verdicts[0];
    assert_eq!((verdict.feature.as_str(), verdict.verdict), ("丙 C", Ending::Fail));
    assert_eq!((verdict.limit.value, verdict.limit.is_verified), (40.0, false));
}

#[test]
fn many_at_once_give_the_same_bytes() {
    let one = serde_json::to_vec(&run(&input(line()), &Params::default(), &Task::default()).unwrap()).unwrap();
    std::thread::scope(|scope| {
        let runs: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    let broken = Input::new(Model::Inp(b"[PIPES]\np1 a b 1 1 1\n".to_vec()));
                    assert!(solved(&broken).is_err());
                    serde_json::to_vec(&run(&input(line()), &Params::default(), &Task::default()).unwrap()).unwrap()
                })
            })
            .collect();
        for other in runs {
            assert_eq!(other.join().unwrap(), one);
        }
    });
}
