//! Small networks with answers that can be counted on fingers.

use super::input::{At, Consumer, Input, Kind, Pipe, Source, Valve};
use super::*;
use crate::outcome::Ending;

fn pipe(id: &str, a: &str, b: &str) -> Pipe {
    Pipe {
        id: id.into(),
        class: "JS".into(),
        nodes: Some([a.into(), b.into()]),
        length_m: Some(100.0),
        ..Pipe::default()
    }
}

fn valve(id: &str, at: At) -> Valve {
    Valve {
        id: id.into(),
        index: 7,
        class: "JS".into(),
        at,
        is_open: true,
    }
}

fn on(pipe: &str, node: &str) -> At {
    At::LinkEnd {
        pipe: pipe.into(),
        node: node.into(),
    }
}

fn consumer(id: &str, kind: Kind, people: f64, at: At) -> Consumer {
    Consumer {
        id: id.into(),
        index: 70,
        name: id.to_uppercase(),
        kind,
        people,
        at,
    }
}

/// ```text
/// works ─ main ─v1─ a ─ p1 ─v2─ b ─ p2 ─ c        v3 on p3 beside a
///                   └─ p3 ─ d
/// ```
fn tree() -> Input {
    Input {
        pipes: vec![
            pipe("main", "w", "a"),
            pipe("p1", "a", "b"),
            pipe("p2", "b", "c"),
            pipe("p3", "a", "d"),
        ],
        valves: vec![
            valve("v1", on("main", "a")),
            valve("v2", on("p1", "b")),
            valve("v3", on("p3", "a")),
        ],
        sources: vec![Source {
            id: "works".into(),
            class: "JS".into(),
            at: At::Node("w".into()),
        }],
        consumers: vec![
            consumer("flats", Kind::Building, 90.0, At::Pipe("p3".into())),
            consumer("school", Kind::School, 600.0, At::Pipe("p2".into())),
            consumer("clinic", Kind::Hospital, 40.0, At::Pipe("p2".into())),
        ],
    }
}

fn at(pipe: &str) -> Params {
    Params {
        pipe: pipe.into(),
        ..Params::default()
    }
}

fn rows(outcome: &Outcome, key: &str) -> Vec<Vec<String>> {
    let table = outcome.tables.iter().find(|t| t.key == key).unwrap();
    let text = |v: &serde_json::Value| v.as_str().map_or_else(|| v.to_string(), str::to_owned);
    table.rows.iter().map(|row| row.iter().map(text).collect()).collect()
}

fn figure(outcome: &Outcome, key: &str) -> f64 {
    outcome.figures.iter().find(|f| f.key == key).unwrap().value
}

fn has_note(outcome: &Outcome, code: &str, features: &[&str]) -> bool {
    outcome.notes.iter().any(|n| n.code == code && n.features == features)
}

#[test]
fn valves_around_the_break_are_closed_and_those_behind_lose_their_source() {
    let outcome = run(&tree(), &at("p1"), &Task::default()).unwrap();
    // shut: p1 with the junction a; behind: p2 and p3
    let valves = rows(&outcome, "valves");
    let of = |column: usize| valves.iter().map(|row| row[column].as_str()).collect::<Vec<_>>();
    assert_eq!(of(0), ["v1", "v2", "v3"]);
    assert_eq!(
        (figure(&outcome, "length_shut"), figure(&outcome, "length_cut_off")),
        (100.0, 200.0)
    );
    assert_eq!(figure(&outcome, "people"), 730.0);
    // hospital and school are named first, with their names
    let consumers = rows(&outcome, "consumers");
    assert_eq!(
        consumers.iter().map(|r| r[1].as_str()).collect::<Vec<_>>(),
        ["CLINIC", "SCHOOL", "FLATS"]
    );
    assert!(consumers.iter().all(|r| r[6] == "cut off behind"));
    // if v1 is stuck the main is lost as well and nothing more is left to close
    assert_eq!(valves[0][3..], ["main", "", "0", "100.0", "0.0"]);
    assert_eq!(valves[1][3..], ["p1", "", "0", "0.0", "0.0"]);
}

#[test]
fn a_ring_is_fed_from_its_other_side() {
    // w ─ a ─ b ─ c ─ d ─ a with a valve at the start of every pipe of the ring
    let mut input = tree();
    input.pipes = vec![
        pipe("main", "w", "a"),
        pipe("ab", "a", "b"),
        pipe("bc", "b", "c"),
        pipe("cd", "c", "d"),
        pipe("da", "d", "a"),
    ];
    let ring = [("ab", "a"), ("bc", "b"), ("cd", "c"), ("da", "d")];
    input.valves = ring.iter().map(|(p, n)| valve(p, on(p, n))).collect();
    input.consumers.clear();
    let outcome = run(&input, &at("bc"), &Task::default()).unwrap();
    let valves = rows(&outcome, "valves");
    assert_eq!(valves.iter().map(|r| r[0].as_str()).collect::<Vec<_>>(), ["bc", "cd"]);
    assert_eq!(
        (figure(&outcome, "length_shut"), figure(&outcome, "length_cut_off")),
        (100.0, 0.0)
    );
    // the next valve on either side takes over
    assert_eq!(valves[0][4..7], ["ab", "1", "100.0"]);
    assert_eq!(valves[1][4..7], ["da", "1", "100.0"]);
    let both = Params {
        stuck: vec!["bc".into(), "cd".into()],
        ..at("bc")
    };
    let outcome = run(&input, &both, &Task::default()).unwrap();
    let valves = rows(&outcome, "valves");
    assert_eq!(valves.iter().map(|r| r[0].as_str()).collect::<Vec<_>>(), ["ab", "da"]);
    assert_eq!(figure(&outcome, "length_shut"), 300.0);
    // with one pipe of the ring closed for repair, the far side has no second way
    input.valves[3].is_open = false;
    let outcome = run(&input, &at("bc"), &Task::default()).unwrap();
    assert_eq!(
        (figure(&outcome, "length_shut"), figure(&outcome, "length_cut_off")),
        (100.0, 100.0)
    );
    assert!(!outcome.notes.iter().any(|n| n.code == "isolation/no-source"));
}

#[test]
fn lines_without_names_are_joined_by_their_places() {
    let line = |id: &str, points: &[[f64; 3]]| Pipe {
        id: id.into(),
        class: "RQ".into(),
        points: points.to_vec(),
        ..Pipe::default()
    };
    let gas = |id: &str, at: At| Valve {
        class: "RQ".into(),
        ..valve(id, at)
    };
    let input = Input {
        pipes: vec![
            line("w", &[[0.0, 0.0, -1.0], [100.0, 0.0, -1.0]]),
            line("e", &[[100.1, 0.0, -1.4], [200.0, 0.0, -1.0]]),
            line("tee", &[[150.0, 0.1, -1.0], [150.0, 80.0, -1.0]]),
            line("far", &[[500.0, 0.0, -1.0], [600.0, 0.0, -1.0]]),
            Pipe {
                class: "JS".into(),
                ..line("water", &[[0.0, 0.0, 0.0], [150.0, 50.0, 0.0]])
            },
            line("dot", &[[7.0, 0.0, 0.0], [7.0, 0.0, 0.0]]),
        ],
        valves: vec![
            gas("middle", At::Point([60.0, 0.3])),
            gas("chamber", At::Point([150.0, -0.5])),
            gas("nowhere", At::Point([300.0, 300.0])),
        ],
        sources: vec![],
        consumers: vec![
            consumer("near", Kind::Building, 5.0, At::Point([155.0, 70.0])),
            consumer("off", Kind::Building, 5.0, At::Point([150.0, 900.0])),
        ],
    };
    let outcome = run(&input, &at("e"), &Task::default()).unwrap();
    // the break is in the middle of e, just where the tee is: the link behind it
    assert_eq!(
        rows(&outcome, "valves")
            .iter()
            .map(|r| r[0].as_str())
            .collect::<Vec<_>>(),
        ["chamber"]
    );
    let params = Params {
        point: Some([120.0, 0.0]),
        ..at("e")
    };
    let outcome = run(&input, &params, &Task::default()).unwrap();
    assert_eq!(
        rows(&outcome, "valves")
            .iter()
            .map(|r| r[0].as_str())
            .collect::<Vec<_>>(),
        ["middle", "chamber"]
    );
    // 40 m of w and 50 m of e between the valves
    let shut = figure(&outcome, "length_shut");
    assert!((shut - 89.9).abs() < 0.01, "{shut}");
    assert!(has_note(&outcome, "isolation/tee", &["tee"]));
    assert!(has_note(&outcome, "isolation/chamber", &["chamber"]));
    assert!(has_note(&outcome, "isolation/lost-valve", &["nowhere"]));
    assert!(has_note(&outcome, "isolation/loose-pipe", &["dot"]));
    assert!(has_note(&outcome, "isolation/unserved", &["off"]));
    // without sources the longest part that remains counts as fed: tee and the end of e, which still meet in the chamber
    assert!(has_note(&outcome, "isolation/no-sources", &[]));
    let cut_off = figure(&outcome, "length_cut_off");
    assert!((cut_off - 60.0).abs() < 0.01, "{cut_off}");
    assert_eq!(figure(&outcome, "people"), 0.0);
}

#[test]
fn hydrants_between_valves_are_held_against_the_limit() {
    let mut input = tree();
    for n in 0..6 {
        input
            .consumers
            .push(consumer(&format!("h{n}"), Kind::Hydrant, 0.0, At::Pipe("p1".into())));
    }
    let outcome = run(&input, &at("p1"), &Task::default()).unwrap();
    let verdict = &outcome.verdicts[0];
    assert_eq!(
        (verdict.value, verdict.margin, verdict.verdict),
        (Some(6.0), Some(-1.0), Ending::Fail)
    );
    assert!(!verdict.limit.is_verified);
    let outcome = run(&input, &at("p2"), &Task::default()).unwrap();
    assert_eq!(outcome.verdicts[0].verdict, Ending::Pass);
}

#[test]
fn bad_input_is_named() {
    let message = |input: &Input, params: &Params| run(input, params, &Task::default()).unwrap_err().to_string();
    assert_eq!(message(&tree(), &at("p9")), "pipe p9 is not in the data");
    let stuck = Params {
        stuck: vec!["v8".into()],
        ..at("p1")
    };
    assert_eq!(message(&tree(), &stuck), "stuck valve v8 is not in the data");
    let mut input = tree();
    input.pipes[2].points = vec![[0.0, 0.0, f64::INFINITY]];
    assert_eq!(
        message(&input, &at("p1")),
        "pipe p2: a coordinate is not finite (vertex 0)"
    );
    let mut input = tree();
    input.pipes[2].length_m = Some(-3.0);
    assert_eq!(
        message(&input, &at("p1")),
        "length of pipe p2: -3 is not finite and at least 0"
    );
    let mut input = tree();
    input.pipes[1].nodes = Some(["a".into(), "a".into()]);
    assert!(message(&input, &at("p1")).contains("both its ends are one node"));
    let small = Params {
        memory_bytes: 10,
        ..at("p1")
    };
    assert_eq!(
        message(&tree(), &small),
        "8 vertices of pipes need 4800 bytes, 10 are allowed"
    );
    let task = Task::default();
    task.cancel();
    assert!(matches!(run(&tree(), &at("p1"), &task), Err(Error::Cancelled(_))));
    // no valves, no length, a part without a source
    let mut input = tree();
    input.valves.clear();
    input.pipes[2].length_m = Some(0.0);
    input.pipes.push(pipe("island", "x", "y"));
    let outcome = run(&input, &at("p1"), &Task::default()).unwrap();
    assert!(has_note(&outcome, "isolation/no-valves", &[]));
    assert!(has_note(&outcome, "isolation/zero-length-pipe", &["p2"]));
    assert!(has_note(&outcome, "isolation/no-source", &["island"]));
    assert_eq!(figure(&outcome, "length_shut"), 300.0);
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let mut input = tree();
    for k in 0..60 {
        let (a, b, c) = (
            format!("g{}", k / 2),
            format!("g{}", k + 1),
            format!("g{}", (k * 7) % 40),
        );
        input
            .pipes
            .push(pipe(&format!("t{k}"), if k == 0 { "c" } else { &a }, &b));
        input.pipes.push(pipe(&format!("u{k}"), &b, &c));
        input.valves.push(valve(&format!("w{k}"), on(&format!("t{k}"), &b)));
        input.consumers.push(consumer(
            &format!("h{k}"),
            Kind::Building,
            3.0,
            At::Pipe(format!("u{k}")),
        ));
    }
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let outcome = pool.install(|| run(&input, &at("t9"), &Task::default()).unwrap());
        serde_json::to_string(&outcome).unwrap()
    };
    assert_eq!(with(1), with(5));
}

#[test]
fn lines_of_one_pipe_are_one_feature() {
    // p1 in two lines with a gap between them, the second of which only a tee leads on from
    let line = |id: &str, points: [[f64; 3]; 2]| Pipe {
        id: id.into(),
        index: 3,
        class: "JS".into(),
        points: points.to_vec(),
        ..Pipe::default()
    };
    let input = Input {
        pipes: vec![
            line("p1", [[0.0, 0.0, 0.0], [100.0, 0.0, 0.0]]),
            line("p1", [[300.0, 0.0, 0.0], [350.0, 0.0, 0.0]]),
            Pipe {
                index: 4,
                ..line("p2", [[320.0, 0.0, 0.0], [320.0, 40.0, 0.0]])
            },
        ],
        ..Input::default()
    };
    let shut = |point| {
        let params = Params { point, ..at("p1") };
        let outcome = run(&input, &params, &Task::default()).unwrap();
        let crate::outcome::Shape::Features { ids, .. } = &outcome.layers[0].shape else {
            panic!("{:?}", outcome.layers[0].shape)
        };
        let broken = rows(&outcome, "pipes").iter().filter(|row| row[5] == "true").count();
        (ids.join(" "), broken, figure(&outcome, "length_shut"))
    };
    // the break is on the line next to the click, the feature is drawn and listed once
    assert_eq!(shut(Some([50.0, 3.0])), ("p1".to_owned(), 1, 100.0));
    assert_eq!(shut(Some([340.0, 3.0])), ("p1 p2".to_owned(), 1, 90.0));
}
