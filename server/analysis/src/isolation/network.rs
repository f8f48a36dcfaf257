//! From pipes and valves to a network of nodes, links and gates, and its segments: what no gate divides.

use super::input::{At, Input};
use super::joints::{Lines, Nodes, Run, Spot, run, tees};
use super::params::Params;
use crate::reach::near::{Point, Segments};
use std::collections::HashMap;

/// A stretch of a pipe between two nodes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Link {
    /// Place of its pipe in the input.
    pub pipe: u32,
    /// Its nodes.
    pub nodes: [u32; 2],
    /// Where on the line of the pipe it begins and ends, metres in plan from the first vertex.
    pub along_m: [f64; 2],
    /// Length, metres.
    pub length_m: f64,
}

/// A valve on a link beside one of its nodes. A chamber at a junction has a gate on each arm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gate {
    /// Place of its valve in the input.
    pub valve: u32,
    /// Link that it is on.
    pub link: u32,
    /// Node that it stands beside.
    pub node: u32,
    /// Segments on its two sides: that of the link and that of the node.
    pub segments: [u32; 2],
    /// False for one that stands closed.
    pub is_open: bool,
}

/// What was found amiss, by place in the input.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults {
    /// Pipes of no length: kept, their ends stay joined.
    pub zero_length: Vec<u32>,
    /// Pipes without line and without named nodes, or with both ends at one node: left out.
    pub loose: Vec<u32>,
    /// Pipes whose ends were joined to the middle of another.
    pub tees: Vec<u32>,
    /// Valves that are on no node or pipe of their class.
    pub lost_valves: Vec<u32>,
    /// Valves at a junction of three and more pipes: taken for a chamber with a valve on each arm.
    pub chambers: Vec<u32>,
    /// Valves with the same segment on both sides: closing them alone divides nothing.
    pub idle_valves: Vec<u32>,
    /// Sources that are on no node or pipe of their class.
    pub lost_sources: Vec<u32>,
    /// Consumers without a pipe near.
    pub unserved: Vec<u32>,
}

/// The network of one class.
#[derive(Debug, Clone, Default)]
pub struct Network {
    /// Names of nodes, empty for those made by geometry.
    pub node_names: Vec<String>,
    /// Links, pipe after pipe.
    pub links: Vec<Link>,
    /// Gates.
    pub gates: Vec<Gate>,
    /// Segment of each node.
    pub node_segments: Vec<u32>,
    /// Segment of each link.
    pub link_segments: Vec<u32>,
    /// Number of segments.
    pub num_segments: usize,
    /// Segments with a source.
    pub source_segments: Vec<u32>,
    /// Link that serves each consumer of the input; `u32::MAX` for none.
    pub consumer_links: Vec<u32>,
    /// What was amiss.
    pub faults: Faults,
    /// First link of each pipe of the input and one more; empty ranges for pipes of other classes.
    pub(super) pipe_links: Vec<u32>,
    /// Gates at each segment (compressed rows).
    gate_rows: Vec<u32>,
    gate_members: Vec<u32>,
}

impl Network {
    /// Builds the network of a class; coordinates were checked.
    pub fn new(input: &Input, class: &str, params: &Params) -> Self {
        let mut faults = Faults::default();
        let mut nodes = Nodes::new(params.snap_m);
        let mut runs: Vec<Run> = Vec::new();
        for (number, pipe) in input.pipes.iter().enumerate().filter(|(_, p)| p.class == class) {
            match run(number as u32, pipe, &mut nodes) {
                Some(run) => {
                    if run.length_m <= 0.0 {
                        faults.zero_length.push(number as u32);
                    }
                    runs.push(run);
                }
                None => faults.loose.push(number as u32),
            }
        }
        let lines = Lines::new(input, &runs);
        tees(input, &mut runs, &lines, &nodes, &mut faults);
        let by_id: HashMap<&str, usize> = runs
            .iter()
            .enumerate()
            .map(|(number, run)| (input.pipes[run.pipe as usize].id.as_str(), number))
            .collect();
        let node_points: Vec<[Point; 2]> = nodes
            .points
            .iter()
            .map(|p| [p.unwrap_or([f64::MAX / 4.0; 2]); 2])
            .collect();
        let placed = nodes
            .points
            .iter()
            .enumerate()
            .filter(|(_, p)| p.is_some())
            .map(|(n, _)| n as u32)
            .collect::<Vec<_>>();
        let places = Segments::new(placed.iter().map(|n| node_points[*n as usize]).collect());
        let spot = |at: &At| -> Option<Spot> {
            match at {
                At::LinkEnd { node, .. } | At::Node(node) => nodes.by_name.get(node).map(|n| Spot::Node(*n)),
                At::Pipe(pipe) => by_id
                    .get(pipe.as_str())
                    .map(|run| Spot::Run(*run, runs[*run].plan_m() / 2.0)),
                At::Point(p) => match places.nearest(*p, params.fitting_m, |_| true) {
                    Some(near) => Some(Spot::Node(placed[near.segment as usize])),
                    None => lines
                        .nearest(*p, params.fitting_m, |_| true)
                        .map(|(run, along)| Spot::Run(run, along)),
                },
            }
        };

        let valves = input.valves.iter().enumerate().filter(|(_, v)| v.class == class);
        let valves: Vec<(u32, Option<Spot>)> = valves.map(|(number, valve)| (number as u32, spot(&valve.at))).collect();
        let sources = input.sources.iter().enumerate().filter(|(_, s)| s.class == class);
        let sources: Vec<(u32, Option<Spot>)> = sources
            .map(|(number, source)| (number as u32, spot(&source.at)))
            .collect();
        let consumers: Vec<Option<(usize, f64)>> = {
            use rayon::prelude::*;
            let serve = |at: &At| match at {
                At::Point(p) => lines.nearest(*p, params.service_m, |_| true),
                At::Pipe(pipe) | At::LinkEnd { pipe, .. } => by_id.get(pipe.as_str()).map(|run| (*run, 0.0)),
                At::Node(node) => {
                    let node = nodes.by_name.get(node)?;
                    let of_node = |run: &Run| run.nodes.iter().position(|n| n == node);
                    let found = runs
                        .iter()
                        .enumerate()
                        .find_map(|(number, run)| Some((number, of_node(run)?)));
                    found.map(|(run, end)| (run, if end == 0 { 0.0 } else { runs[run].plan_m() }))
                }
            };
            input.consumers.par_iter().map(|c| serve(&c.at)).collect()
        };
        let mut network = Self::default();
        for (valve, spot) in &valves {
            if let Some(Spot::Run(run, along)) = spot {
                let node = nodes.new_node("", None);
                runs[*run].cuts.push((*along, node, *valve));
            }
        }
        network.cut(input, &mut runs);
        network.set_gates(input, &valves, &by_id, &runs, &mut faults);
        network.node_names = nodes.names;
        network.divide();
        network.consumer_links = vec![u32::MAX; input.consumers.len()];
        for (number, place) in consumers.iter().enumerate() {
            match place {
                Some((run, along)) => network.consumer_links[number] = network.link_at(runs[*run].pipe, *along),
                None => faults.unserved.push(number as u32),
            }
        }
        for (source, spot) in &sources {
            let segment = match spot {
                Some(Spot::Node(node)) => network.node_segments[*node as usize],
                Some(Spot::Run(run, along)) => {
                    let link = network.link_at(runs[*run].pipe, *along);
                    network.link_segments[link as usize]
                }
                None => {
                    faults.lost_sources.push(*source);
                    continue;
                }
            };
            network.source_segments.push(segment);
        }
        network.source_segments.sort_unstable();
        network.source_segments.dedup();
        let divides = |gate: &&Gate| gate.segments[0] == gate.segments[1];
        faults.idle_valves = network.gates.iter().filter(divides).map(|g| g.valve).collect();
        faults.idle_valves.sort_unstable();
        faults.idle_valves.dedup();
        network.faults = faults;
        network
    }

    /// Cuts runs into links.
    fn cut(&mut self, input: &Input, runs: &mut [Run]) {
        self.pipe_links = vec![0; input.pipes.len() + 1];
        let mut next = 0;
        for run in runs {
            let plan_m = run.plan_m();
            while next <= run.pipe as usize {
                self.pipe_links[next] = self.links.len() as u32;
                next += 1;
            }
            run.cuts.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            let mut last = (0.0, run.nodes[0]);
            let scale = if plan_m > 0.0 { run.length_m / plan_m } else { 0.0 };
            for (along, node) in run.cuts.iter().map(|c| (c.0, c.1)).chain([(plan_m, run.nodes[1])]) {
                let length_m = if run.cuts.is_empty() {
                    run.length_m
                } else {
                    (along - last.0) * scale
                };
                self.links.push(Link {
                    pipe: run.pipe,
                    nodes: [last.1, node],
                    along_m: [last.0, along],
                    length_m,
                });
                for (_, _, valve) in run.cuts.iter().filter(|c| c.1 == node && c.2 != u32::MAX) {
                    let (link, is_open) = ((self.links.len() - 1) as u32, input.valves[*valve as usize].is_open);
                    self.gates.push(Gate {
                        valve: *valve,
                        link,
                        node,
                        segments: [0; 2],
                        is_open,
                    });
                }
                last = (along, node);
            }
        }
        while next < self.pipe_links.len() {
            self.pipe_links[next] = self.links.len() as u32;
            next += 1;
        }
    }

    /// Gates of valves at nodes.
    fn set_gates(
        &mut self,
        input: &Input,
        valves: &[(u32, Option<Spot>)],
        by_id: &HashMap<&str, usize>,
        runs: &[Run],
        faults: &mut Faults,
    ) {
        let mut arms: HashMap<u32, Vec<u32>> = HashMap::new();
        for (_, spot) in valves {
            if let Some(Spot::Node(node)) = spot {
                arms.entry(*node).or_default();
            }
        }
        for (number, link) in self.links.iter().enumerate() {
            for node in link.nodes {
                if let Some(arms) = arms.get_mut(&node)
                    && arms.last() != Some(&(number as u32))
                {
                    arms.push(number as u32);
                }
            }
        }
        for (valve, spot) in valves {
            let found = &input.valves[*valve as usize];
            let add = |link: u32, node: u32| Gate {
                valve: *valve,
                link,
                node,
                segments: [0; 2],
                is_open: found.is_open,
            };
            match (spot, &found.at) {
                (Some(Spot::Run(..)), _) => {}
                (Some(Spot::Node(node)), At::LinkEnd { pipe, .. }) => {
                    let links = by_id.get(pipe.as_str()).map(|run| self.links_of(runs[*run].pipe));
                    let at_end = |link: &u32| self.links[*link as usize].nodes.contains(node);
                    match links.and_then(|mut links| links.find(at_end)) {
                        Some(link) => self.gates.push(add(link, *node)),
                        None => faults.lost_valves.push(*valve),
                    }
                }
                (Some(Spot::Node(node)), _) => {
                    let arms = &arms[node];
                    match arms.len() {
                        0 => faults.lost_valves.push(*valve),
                        // between two pipes one gate is enough
                        1 | 2 => self.gates.push(add(arms[0], *node)),
                        _ => {
                            self.gates.extend(arms.iter().map(|link| add(*link, *node)));
                            faults.chambers.push(*valve);
                        }
                    }
                }
                (None, _) => faults.lost_valves.push(*valve),
            }
        }
        self.gates.sort_by_key(|g| (g.valve, g.link, g.node));
    }

    /// Finds the segments: nodes and links that hang together with every gate closed.
    fn divide(&mut self) {
        let num_nodes = self.node_names.len();
        let mut closed: Vec<(u32, u32)> = self.gates.iter().map(|g| (g.link, g.node)).collect();
        closed.sort_unstable();
        let mut sets = Sets::new(num_nodes + self.links.len());
        for (number, link) in self.links.iter().enumerate() {
            // a pipe from a node to itself is joined to it at its end without the gate
            let is_loop = link.nodes[0] == link.nodes[1];
            let gates = closed.partition_point(|c| *c <= (number as u32, link.nodes[0]))
                - closed.partition_point(|c| *c < (number as u32, link.nodes[0]));
            for node in link.nodes {
                let is_shut = if is_loop {
                    gates >= 2
                } else {
                    closed.binary_search(&(number as u32, node)).is_ok()
                };
                if !is_shut {
                    sets.join(node, (num_nodes + number) as u32);
                }
            }
        }
        let mut names = HashMap::new();
        let mut label = |element: usize| {
            let next = names.len() as u32;
            *names.entry(sets.root(element as u32)).or_insert(next)
        };
        self.node_segments = (0..num_nodes).map(&mut label).collect();
        self.link_segments = (num_nodes..num_nodes + self.links.len()).map(&mut label).collect();
        self.num_segments = names.len();
        let mut rows = vec![0_u32; self.num_segments + 1];
        for gate in &mut self.gates {
            gate.segments = [
                self.link_segments[gate.link as usize],
                self.node_segments[gate.node as usize],
            ];
            for segment in gate.segments {
                rows[segment as usize + 1] += 1;
            }
        }
        for k in 1..rows.len() {
            rows[k] += rows[k - 1];
        }
        let mut next = rows.clone();
        self.gate_members = vec![0; self.gates.len() * 2];
        for (number, gate) in self.gates.iter().enumerate() {
            for segment in gate.segments {
                self.gate_members[next[segment as usize] as usize] = number as u32;
                next[segment as usize] += 1;
            }
        }
        self.gate_rows = rows;
    }

    /// Links of a pipe.
    pub fn links_of(&self, pipe: u32) -> std::ops::Range<u32> {
        self.pipe_links[pipe as usize]..self.pipe_links[pipe as usize + 1]
    }

    /// Gates at a segment.
    pub fn gates_of(&self, segment: u32) -> &[u32] {
        &self.gate_members[self.gate_rows[segment as usize] as usize..self.gate_rows[segment as usize + 1] as usize]
    }

    /// Link of a pipe at a place on it; `u32::MAX` for a pipe without links.
    pub(super) fn link_at(&self, pipe: u32, along_m: f64) -> u32 {
        let links = self.links_of(pipe);
        let last = links.end.wrapping_sub(1);
        let mut links = links;
        links
            .find(|link| along_m < self.links[*link as usize].along_m[1])
            .unwrap_or(last)
    }
}

/// Disjoint sets.
struct Sets(Vec<u32>);

impl Sets {
    fn new(count: usize) -> Self {
        Self((0..count as u32).collect())
    }

    fn root(&mut self, mut element: u32) -> u32 {
        while self.0[element as usize] != element {
            let up = self.0[self.0[element as usize] as usize];
            self.0[element as usize] = up;
            element = up;
        }
        element
    }

    fn join(&mut self, a: u32, b: u32) {
        let (a, b) = (self.root(a), self.root(b));
        // the lower root stays: the same sets whatever the order
        self.0[a.max(b) as usize] = a.min(b);
    }
}
