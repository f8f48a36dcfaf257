//! From pipes and valves to a network of nodes, links and gates, and its segments: what no gate divides.

use super::input::{At, Input};
use super::params::Params;
use crate::networks::{self, Link, Spot, Topology};
use std::collections::HashMap;

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
    /// Of joining pipes and setting valves.
    pub joints: networks::Faults,
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
    pipe_links: networks::PipeLinks,
    /// Gates at each segment (compressed rows).
    gate_rows: Vec<u32>,
    gate_members: Vec<u32>,
}

impl Network {
    /// Builds the network of a class; coordinates were checked.
    pub fn new(input: &Input, class: &str, params: &Params) -> Self {
        let topology = Topology::new(&input.pipes, &input.valves, class, params.snap_m, params.fitting_m);
        let consumer_links: Vec<u32> = {
            use rayon::prelude::*;
            let serve = |at: &At| match at {
                At::Point(p) => {
                    let (pipe, along) = topology.nearest(*p, params.service_m)?;
                    Some(topology.link_at(pipe, along))
                }
                At::Pipe(pipe) | At::LinkEnd { pipe, .. } => Some(topology.link_at(topology.pipe_of(pipe)?, 0.0)),
                At::Node(node) => {
                    let node = topology.node_named(node)?;
                    let found = topology.links.iter().position(|link| link.nodes.contains(&node));
                    found.map(|link| link as u32)
                }
            };
            let links = input.consumers.par_iter().map(|c| serve(&c.at).unwrap_or(u32::MAX));
            links.collect()
        };
        let sources = input.sources.iter().enumerate().filter(|(_, s)| s.class == class);
        let sources: Vec<(u32, Option<Spot>)> = sources
            .map(|(number, source)| (number as u32, topology.spot(&source.at)))
            .collect();
        let gate = |seat: &networks::Seat| Gate {
            valve: seat.valve,
            link: seat.link,
            node: seat.node,
            segments: [0; 2],
            is_open: seat.is_open,
        };
        let mut network = Self {
            node_names: topology.node_names().to_vec(),
            gates: topology.seats.iter().map(gate).collect(),
            links: topology.links,
            pipe_links: topology.pipe_links,
            consumer_links,
            ..Self::default()
        };
        let mut faults = Faults {
            joints: topology.faults,
            ..Faults::default()
        };
        network.divide();
        for (number, link) in network.consumer_links.iter().enumerate() {
            if *link == u32::MAX {
                faults.unserved.push(number as u32);
            }
        }
        for (source, spot) in &sources {
            let segment = match spot {
                Some(Spot::Node(node)) => network.node_segments[*node as usize],
                Some(Spot::Pipe(pipe, along)) => {
                    let link = network.link_at(*pipe, *along);
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
        self.pipe_links.of(pipe)
    }

    /// Gates at a segment.
    pub fn gates_of(&self, segment: u32) -> &[u32] {
        &self.gate_members[self.gate_rows[segment as usize] as usize..self.gate_rows[segment as usize + 1] as usize]
    }

    /// Link of a pipe at a place on it; `u32::MAX` for a pipe without links.
    pub(super) fn link_at(&self, pipe: u32, along_m: f64) -> u32 {
        self.pipe_links.at(&self.links, pipe, along_m)
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
