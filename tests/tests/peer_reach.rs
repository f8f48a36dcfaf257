//! Reach against NetworkX (lengths of walks), and against Shapely (cutting of lines, areas of reach and of parks).
//!
//! Both come from PyPI into a virtual environment in the cache folder; where they cannot be installed, the test fails and
//! says why.
#![cfg(test)]

use analysis::Task;
use analysis::geometry::{self, polygon};
use analysis::reach::barriers::Blocks;
use analysis::reach::graph::{Graph, Place};
use analysis::reach::input::{Barrier, BarrierShape, Input, Land, Street};
use analysis::reach::{Params, Prepared, Rules, areas, green, isochrone};
use geo::MultiPolygon;
use serde_json::{Value, json};

/// 3.7 wants Python 3.12; 3.6.1 is the newest for the Python of Debian 12.
const PACKAGES: [&str; 2] = ["networkx==3.6.1", "shapely==2.1.2"];

/// Random numbers, the same in every run (SplitMix64).
struct Dice(u64);

impl Dice {
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn below(&mut self, n: usize) -> usize {
        (self.unit() * n as f64) as usize
    }

    fn point(&mut self, side_m: f64) -> [f64; 2] {
        [500_000.0 + side_m * self.unit(), 3_847_000.0 + side_m * self.unit()]
    }

    /// A line that wanders.
    fn line(&mut self, side_m: f64, steps: usize) -> Vec<[f64; 2]> {
        let mut points = vec![self.point(side_m)];
        for _ in 0..steps {
            let [x, y] = points[points.len() - 1];
            points.push([
                x + (self.unit() - 0.5) * side_m * 0.7,
                y + (self.unit() - 0.5) * side_m * 0.7,
            ]);
        }
        points
    }

    /// A star-shaped ring, which never crosses itself.
    fn ring(&mut self, [x, y]: [f64; 2], radius_m: f64, corners: usize) -> Vec<[f64; 2]> {
        let step = std::f64::consts::TAU / corners as f64;
        (0..corners)
            .map(|k| {
                let (sin, cos) = (step * (k as f64 + 0.8 * self.unit())).sin_cos();
                let r = radius_m * (0.4 + 0.6 * self.unit());
                [x + r * cos, y + r * sin]
            })
            .collect()
    }
}

fn street(number: usize, points: &[[f64; 2]]) -> Street {
    Street {
        id: format!("s{number}"),
        points: points.iter().map(|p| [p[0], p[1], 0.0]).collect(),
        level: 0,
        is_walkable: true,
    }
}

fn same_lengths(what: &str, ours: impl Iterator<Item = Option<f64>>, theirs: &Value, allowed: f64) -> usize {
    let theirs = theirs.as_array().unwrap();
    let mut reached = 0;
    let ours: Vec<Option<f64>> = ours.collect();
    assert_eq!(ours.len(), theirs.len(), "{what}");
    for (number, (a, b)) in ours.iter().zip(theirs).enumerate() {
        match (a, b.as_f64()) {
            (None, None) => {}
            (Some(a), Some(b)) => {
                reached += 1;
                assert!((a - b).abs() <= allowed, "{what} {number}: {a} here, {b} there");
            }
            _ => panic!("{what} {number}: {a:?} here, {b} there"),
        }
    }
    reached
}

/// A graph of random winding edges, some of them loops and some side by side, with starts and targets part-way.
struct Walks {
    graph: Graph,
    starts: Vec<Place>,
    targets: Vec<Place>,
}

impl Walks {
    fn new(dice: &mut Dice, num_nodes: usize, num_edges: usize) -> Self {
        let nodes: Vec<[f64; 2]> = (0..num_nodes).map(|_| dice.point(3000.0)).collect();
        let edges = (0..num_edges).map(|_| {
            let ends = [dice.below(num_nodes), dice.below(num_nodes)];
            let [a, b] = ends.map(|n| [nodes[n][0], nodes[n][1], 0.0]);
            let [x, y] = dice.point(3000.0);
            let via = if dice.unit() < 0.3 || ends[0] == ends[1] {
                vec![a, [x, y, 0.0], b]
            } else {
                vec![a, b]
            };
            (ends.map(|n| n as u32), 0, via)
        });
        let graph = Graph::new(nodes.clone(), edges.collect());
        let mut places = |count: usize| -> Vec<Place> {
            (0..count)
                .map(|_| {
                    let edge = dice.below(num_edges);
                    Place {
                        edge: edge as u32,
                        along_m: graph.edges[edge].length_m * dice.unit(),
                        access_m: 80.0 * dice.unit(),
                    }
                })
                .collect()
        };
        let (starts, targets) = (places(1 + num_edges / 20), places(1 + num_edges / 3));
        Self { graph, starts, targets }
    }

    fn question(&self) -> Value {
        let places = |p: &[Place]| {
            p.iter()
                .map(|p| json!([p.edge, p.along_m, p.access_m]))
                .collect::<Vec<_>>()
        };
        json!({
            "num_nodes": self.graph.nodes.len(),
            "edges": self.graph.edges.iter().map(|e| json!([e.nodes[0], e.nodes[1], e.length_m])).collect::<Vec<_>>(),
            "starts": places(&self.starts), "targets": places(&self.targets),
        })
    }
}

/// Lines with barriers, and pairs of points to walk between.
struct Noding {
    input: Input,
    prepared: Prepared,
    pairs: Vec<[[f64; 2]; 2]>,
    fences: Vec<Vec<[f64; 2]>>,
    surfaces: Vec<Vec<Vec<[f64; 2]>>>,
}

impl Noding {
    fn new(dice: &mut Dice, num_fences: usize) -> Self {
        let side_m = 1200.0;
        let streets = (0..26).map(|n| street(n, &dice.line(side_m, 3))).collect();
        let fences: Vec<_> = (0..num_fences).map(|_| dice.line(side_m, 2)).collect();
        let surfaces: Vec<_> = (0..2)
            .map(|_| {
                let center = dice.point(side_m);
                vec![dice.ring(center, 160.0, 7)]
            })
            .collect();
        let line = |points: &Vec<_>| BarrierShape::Line(points.clone());
        let surface = |rings: &Vec<Vec<_>>| BarrierShape::Surface(rings.clone());
        let shapes = fences.iter().map(line).chain(surfaces.iter().map(surface));
        let barriers = shapes
            .map(|shape| Barrier {
                id: "b".into(),
                level: 0,
                shape,
            })
            .collect();
        let input = Input {
            streets,
            barriers,
            ..Input::default()
        };
        let prepared = Prepared::new(&input, &snapping(), &Task::default()).unwrap();
        let pairs = (0..12).map(|_| [dice.point(side_m), dice.point(side_m)]).collect();
        Self {
            input,
            prepared,
            pairs,
            fences,
            surfaces,
        }
    }

    fn question(&self) -> Value {
        let lines = self
            .input
            .streets
            .iter()
            .map(|s| s.points.iter().map(|p| [p[0], p[1]]).collect::<Vec<_>>());
        json!({
            "lines": lines.collect::<Vec<_>>(), "fences": self.fences, "surfaces": self.surfaces, "pairs": self.pairs,
        })
    }

    fn walk_m(&self, [from, to]: [[f64; 2]; 2]) -> Option<f64> {
        let graph = &self.prepared.graph;
        let place = |p| graph.place(p, 5000.0, |_| true).unwrap();
        graph.walk(&[place(from)], f64::INFINITY).to(graph, &place(to))
    }
}

/// Shapely joins only what is the same point.
fn snapping() -> Params {
    Params {
        snap_m: 0.001,
        access_m: 5000.0,
        ..Params::default()
    }
}

#[test]
fn walks_cuts_and_areas_agree_with_networkx_and_shapely() {
    let mut dice = Dice(11);
    let mut walks: Vec<Walks> = (0..30)
        .map(|n| {
            let num_nodes = 4 + dice.below(200);
            // thin graphs fall apart, thick ones have many ways
            Walks::new(&mut dice, num_nodes, num_nodes * (1 + n % 3))
        })
        .collect();
    walks.push(Walks::new(&mut dice, 8_000, 20_000));
    let nodings: Vec<Noding> = (0..16).map(|n| Noding::new(&mut dice, n % 4)).collect();

    let (rules, task) = (Rules::shipped().unwrap(), Task::default());
    let params = snapping();
    let mut strips = Vec::new();
    for noding in &nodings {
        let start = noding
            .prepared
            .graph
            .place(dice.point(1200.0), 5000.0, |_| true)
            .unwrap();
        let start = Place { access_m: 0.0, ..start };
        let found = isochrone::of(&noding.prepared, &params, &rules, &[start], &task).unwrap();
        let segments = isochrone::segments(&noding.prepared, &found.stretches);
        let blocks = Blocks::new(&noding.input, params.passage_m);
        let area = areas::strip(&segments, params.corridor_m, params.filled_block_m2, &blocks, &task).unwrap();
        assert_eq!(geometry::area_m2(&area), geometry::area_m2(found.areas.last().unwrap()));
        let bare = areas::around(&segments, params.corridor_m, areas::STREET_CORNERS, &task).unwrap();
        let question = json!({
            "segments": segments, "radius": params.corridor_m, "corners": areas::STREET_CORNERS,
            "filled": params.filled_block_m2, "water": noding.surfaces,
        });
        strips.push((question, geometry::area_m2(&bare), geometry::area_m2(&area)));
    }

    let mut greens = Vec::new();
    for _ in 0..6 {
        let mut lands = |count: usize, radius: [f64; 2], hole: bool| -> Vec<(Land, Value)> {
            (0..count)
                .map(|n| {
                    let radius_m = radius[0] + (radius[1] - radius[0]) * dice.unit();
                    let center = dice.point(4000.0);
                    let mut rings = vec![dice.ring(center, radius_m, 9)];
                    if hole && n % 3 == 0 {
                        rings.push(dice.ring(center, radius_m * 0.2, 5));
                    }
                    let outline = MultiPolygon::new(vec![polygon(&rings)]);
                    (
                        Land {
                            id: format!("l{n}"),
                            index: n as u32,
                            name: String::new(),
                            outline,
                        },
                        json!([rings]),
                    )
                })
                .collect()
        };
        let (parks, homes) = (lands(14, [20.0, 120.0], true), lands(30, [60.0, 300.0], true));
        let built_up = dice.ring([502_000.0, 3_849_000.0], 2400.0, 11);
        let question = json!({
            "parks": parks.iter().map(|p| &p.1).collect::<Vec<_>>(), "homes": homes.iter().map(|p| &p.1).collect::<Vec<_>>(),
            "built_up": [[built_up]],
        });
        let input = Input {
            parks: parks.into_iter().map(|p| p.0).collect(),
            homes: homes.into_iter().map(|p| p.0).collect(),
            built_up: Some(MultiPolygon::new(vec![polygon(&[built_up])])),
            ..Input::default()
        };
        greens.push((question, green::served(&input, &rules.green, &task).unwrap()));
    }

    let question = json!({
        "walks": walks.iter().map(Walks::question).collect::<Vec<_>>(),
        "nodings": nodings.iter().map(Noding::question).collect::<Vec<_>>(),
        "strips": strips.iter().map(|s| &s.0).collect::<Vec<_>>(),
        "parks": greens.iter().map(|g| &g.0).collect::<Vec<_>>(),
    });
    let answer = e2e::python::answer(&PACKAGES, "peer_reach.py", question.to_string().as_bytes()).unwrap();
    let answer: Value = serde_json::from_str(&answer).unwrap();

    let (mut nodes, mut targets) = (0, 0);
    for (case, theirs) in walks.iter().zip(answer["walks"].as_array().unwrap()) {
        let walk = case.graph.walk(&case.starts, f64::INFINITY);
        let ours = walk.node_m.iter().map(|m| Some(*m).filter(|m| m.is_finite()));
        nodes += same_lengths("node", ours, &theirs["nodes"], 1e-9);
        let ours = case.targets.iter().map(|p| walk.to(&case.graph, p));
        targets += same_lengths("target", ours, &theirs["targets"], 1e-9);
        // what is drawn along edges is what walks to these places say
        for edge in 0..case.graph.edges.len() as u32 {
            let length_m = case.graph.edges[edge as usize].length_m;
            for stretch in walk.stretches(&case.graph, edge, 2500.0) {
                for pair in stretch.windows(2) {
                    let share = dice.unit();
                    let [along_m, expect] = [0, 1].map(|k| pair[0][k] + share * (pair[1][k] - pair[0][k]));
                    let place = Place {
                        edge,
                        along_m,
                        access_m: 0.0,
                    };
                    let found = walk.to(&case.graph, &place).unwrap();
                    assert!(
                        (found - expect).abs() < 1e-8 && along_m <= length_m,
                        "{edge} {place:?}: {found} {expect}"
                    );
                }
            }
        }
        // a bounded search finds the same up to its bound and nothing beyond
        let bounded = case.graph.walk(&case.starts, 1500.0);
        for (near, all) in bounded.node_m.iter().zip(&walk.node_m) {
            assert_eq!(*near, if *all <= 1500.0 { *all } else { f64::INFINITY });
        }
    }
    assert!(nodes > 8_000 && targets > 6_000, "{nodes} nodes and {targets} targets");

    let (mut reached, mut cut) = (0, 0);
    for (case, theirs) in nodings.iter().zip(answer["nodings"].as_array().unwrap()) {
        // a fence is a gap of two tenths of a millimetre over there
        let allowed = if case.fences.is_empty() { 1e-6 } else { 1e-3 };
        let ours = case.pairs.iter().map(|pair| case.walk_m(*pair));
        reached += same_lengths("walk", ours, &theirs["walks"], allowed);
        let total: f64 = case.prepared.graph.edges.iter().map(|e| e.length_m).sum();
        let their_total = theirs["total"].as_f64().unwrap();
        let allowed = if case.fences.is_empty() { 1e-6 } else { 0.05 };
        assert!(
            (total - their_total).abs() <= allowed,
            "{total} m here, {their_total} m there"
        );
        cut += case.prepared.done.interrupted.len();
    }
    assert!(reached > 60 && cut > 40, "{reached} walks, {cut} streets interrupted");

    let agree = |what: &str, ours: f64, theirs: &Value, share: f64| {
        let theirs = theirs.as_f64().unwrap();
        assert!(
            (ours - theirs).abs() <= share * theirs,
            "{what}: {ours} here, {theirs} there"
        );
    };
    for ((_, bare, area), theirs) in strips.iter().zip(answer["strips"].as_array().unwrap()) {
        agree("strip", *bare, &theirs["bare"], 1e-6);
        agree("reached area", *area, &theirs["area"], 1e-6);
    }
    for ((_, ours), theirs) in greens.iter().zip(answer["parks"].as_array().unwrap()) {
        agree("land", ours.land_m2, &theirs["land"], 1e-6);
        agree("served land", ours.served_m2, &theirs["served"], 1e-6);
        // against true circles: what the 180 sides leave out
        agree("served land, round", ours.served_m2, &theirs["served_round"], 5e-4);
        assert!(ours.share().unwrap() > 0.05 && ours.share().unwrap() < 0.95);
        let parts = ours.served_m2 + geometry::area_m2(&ours.unserved);
        assert!((parts - ours.land_m2).abs() <= 1e-6 * ours.land_m2);
    }
}
