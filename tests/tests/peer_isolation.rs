//! Isolation against WNTR (valve segments on its sample networks and on 1,000 random graphs) and NetworkX (what is shut,
//! which valves, what is cut off behind).
//!
//! Both come from PyPI into a virtual environment in the cache folder; where they cannot be installed, the test fails and
//! says why.
#![cfg(test)]

use analysis::Task;
use analysis::isolation::input::{At, Input, Pipe, Source, Valve};
use analysis::isolation::{Params, Prepared, break_of};
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashMap};

/// WNTR does not name `six` among what it needs.
const PACKAGES: [&str; 2] = ["wntr==1.5.0", "six==1.17.0"];
const NETWORKS: [&str; 6] = ["Net1", "Net2", "Net3", "ky4", "ky10", "Net6"];

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn input(case: &Value) -> Input {
    let class = || "JS".to_owned();
    let pipes = case["edges"].as_array().unwrap().iter().map(|e| Pipe {
        id: text(&e[0]),
        class: class(),
        nodes: Some([text(&e[1]), text(&e[2])]),
        length_m: Some(1.0),
        ..Pipe::default()
    });
    let valves = case["valves"].as_array().unwrap().iter().map(|v| Valve {
        id: format!("{} {}", text(&v[0]), text(&v[1])),
        index: u32::MAX,
        class: class(),
        at: At::LinkEnd {
            pipe: text(&v[0]),
            node: text(&v[1]),
        },
        is_open: true,
    });
    let sources = case["sources"].as_array().unwrap().iter().map(|s| Source {
        id: text(s),
        class: class(),
        at: At::Node(text(s)),
    });
    Input {
        pipes: pipes.collect(),
        valves: valves.collect(),
        sources: sources.collect(),
        consumers: Vec::new(),
    }
}

/// Pairs of numbers must say the same of everything: one number here for each number there and the other way round.
fn same_parts(name: &str, pairs: impl Iterator<Item = (u32, i64)>) -> usize {
    let (mut there, mut here) = (HashMap::new(), HashMap::new());
    for (a, b) in pairs {
        assert_eq!(
            *there.entry(a).or_insert(b),
            b,
            "{name}: segment {a} here is torn there"
        );
        assert_eq!(*here.entry(b).or_insert(a), a, "{name}: segment {b} there is torn here");
    }
    there.len()
}

#[test]
fn segments_and_breaks_agree_with_wntr_and_networkx() {
    let question = json!({"seed": 20_261_122, "random": 1000, "networks": NETWORKS}).to_string();
    let answer = e2e::python::answer(&PACKAGES, "peer_isolation.py", question.as_bytes()).unwrap();
    let cases: Vec<Value> = serde_json::from_str(&answer).unwrap();
    // two of the four valve layers on the largest
    assert_eq!(cases.len(), 1000 + 4 * NETWORKS.len() - 2);
    let (mut segments, mut breaks, mut cut_off) = (0, 0, 0);
    for case in &cases {
        let name = text(&case["name"]);
        let input = input(case);
        let prepared = Prepared::new(&input, "JS", &Params::default(), &Task::default()).unwrap();
        let network = &prepared.network;
        let (nodes, links) = (&case["node_segments"], &case["link_segments"]);
        // nodes without pipes are in their graph only
        let of_nodes = network.node_names.iter().zip(&network.node_segments);
        let of_nodes = of_nodes.map(|(n, s)| (*s, nodes[n].as_i64().unwrap()));
        let of_links = network.links.iter().zip(&network.link_segments);
        let of_links = of_links.map(|(l, s)| (*s, links[&input.pipes[l.pipe as usize].id].as_i64().unwrap()));
        let count = same_parts(&name, of_nodes.chain(of_links));
        assert_eq!(count, network.num_segments, "{name}");
        segments += count;
        for expect in case["breaks"].as_array().unwrap() {
            let params = Params {
                pipe: text(&expect["pipe"]),
                ..Params::default()
            };
            let found = break_of(&input, &prepared, &params, &Task::default()).unwrap();
            let gates = found.isolation.gates.iter().map(|g| network.gates[*g as usize].valve);
            let ours: BTreeSet<String> = gates.map(|v| input.valves[v as usize].id.clone()).collect();
            let theirs = expect["valves"].as_array().unwrap().iter();
            let theirs: BTreeSet<String> = theirs.map(|v| format!("{} {}", text(&v[0]), text(&v[1]))).collect();
            assert_eq!(ours, theirs, "{name}: valves for {}", params.pipe);
            for (key, segments) in [("shut", &found.isolation.shut), ("lost", &found.isolation.cut_off)] {
                let inside = network
                    .links
                    .iter()
                    .zip(&network.link_segments)
                    .filter(|(_, s)| segments.contains(s));
                let ours: BTreeSet<&str> = inside.map(|(l, _)| input.pipes[l.pipe as usize].id.as_str()).collect();
                let theirs: BTreeSet<&str> = expect[key]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|v| v.as_str().unwrap())
                    .collect();
                assert_eq!(ours, theirs, "{name}: {key} for {}", params.pipe);
                cut_off += if key == "lost" { ours.len() } else { 0 };
            }
            breaks += 1;
        }
    }
    assert!(
        segments > 15_000 && breaks > 3_000 && cut_off > 500,
        "{segments} {breaks} {cut_off}"
    );
}
