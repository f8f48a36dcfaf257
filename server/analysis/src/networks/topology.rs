//! From pipes and valves to nodes, links and the places of valves on them.

use super::joints::{Lines, Nodes, Run, Spot, name, point_at, run, tees};
use super::parts::{At, Pipe, Valve};
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

/// Where a valve sits: on a link beside one of its nodes. A chamber at a junction has a seat on each arm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seat {
    /// Place of the valve in the input.
    pub valve: u32,
    /// Link that it is on.
    pub link: u32,
    /// Node that it stands beside.
    pub node: u32,
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
}

/// First link of each pipe of the input and one more; empty ranges for pipes of other classes.
#[derive(Debug, Clone, Default)]
pub struct PipeLinks(Vec<u32>);

impl PipeLinks {
    /// Links of a pipe.
    pub fn of(&self, pipe: u32) -> std::ops::Range<u32> {
        self.0[pipe as usize]..self.0[pipe as usize + 1]
    }

    /// Link of a pipe at a place on it; `u32::MAX` for a pipe without links.
    ///
    /// * `along_m` — metres in plan from the first vertex
    pub fn at(&self, links: &[Link], pipe: u32, along_m: f64) -> u32 {
        let mut own = self.of(pipe);
        let last = own.end.wrapping_sub(1);
        own.find(|link| along_m < links[*link as usize].along_m[1])
            .unwrap_or(last)
    }
}

/// The network of one class.
#[derive(Debug)]
pub struct Topology<'a> {
    /// Links, pipe after pipe.
    pub links: Vec<Link>,
    /// Places of valves, valve after valve.
    pub seats: Vec<Seat>,
    /// Links of each pipe.
    pub pipe_links: PipeLinks,
    /// What was amiss.
    pub faults: Faults,
    pipes: &'a [Pipe],
    nodes: Nodes,
    runs: Vec<Run>,
    lines: Lines,
    /// Runs of the pipes of each id.
    by_id: HashMap<&'a str, Vec<usize>>,
    places: Places,
    fitting_m: f64,
}

/// Nodes by place.
#[derive(Debug)]
struct Places {
    grid: Segments,
    nodes: Vec<u32>,
}

impl Places {
    fn new(nodes: &Nodes) -> Self {
        let placed = nodes.points.iter().enumerate();
        let (nodes, ends) = placed.filter_map(|(node, p)| Some((node as u32, [(*p)?; 2]))).unzip();
        Self {
            grid: Segments::new(ends),
            nodes,
        }
    }
}

impl<'a> Topology<'a> {
    /// Joins the pipes of a class; coordinates were checked.
    ///
    /// * `snap_m` — ends of pipes without named nodes are joined when this near, metres in plan
    /// * `fitting_m` — what is given by a point belongs to a node or pipe this near, metres in plan
    pub fn new(pipes: &'a [Pipe], valves: &[Valve], class: &str, snap_m: f64, fitting_m: f64) -> Self {
        let mut faults = Faults::default();
        let mut nodes = Nodes::new(snap_m);
        name(pipes.iter().filter(|pipe| pipe.class == class), &mut nodes);
        let mut runs: Vec<Run> = Vec::new();
        for (number, pipe) in pipes.iter().enumerate().filter(|(_, p)| p.class == class) {
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
        let lines = Lines::new(pipes, &runs);
        faults.tees = tees(pipes, &mut runs, &lines, &nodes);
        let mut by_id: HashMap<&str, Vec<usize>> = HashMap::new();
        for (number, run) in runs.iter().enumerate() {
            by_id.entry(&pipes[run.pipe as usize].id).or_default().push(number);
        }
        let mut topology = Self {
            links: Vec::new(),
            seats: Vec::new(),
            pipe_links: PipeLinks::default(),
            faults,
            pipes,
            places: Places::new(&nodes),
            nodes,
            runs,
            lines,
            by_id,
            fitting_m,
        };
        let of_class = valves.iter().enumerate().filter(|(_, v)| v.class == class);
        let spots: Vec<(u32, Option<Spot>)> = of_class
            .map(|(number, valve)| (number as u32, topology.spot(&valve.at)))
            .collect();
        let run_of: HashMap<u32, usize> = topology.runs.iter().enumerate().map(|(n, run)| (run.pipe, n)).collect();
        for (valve, spot) in &spots {
            if let Some(Spot::Pipe(pipe, along)) = spot {
                let node = topology.nodes.new_node("", None);
                topology.runs[run_of[pipe]].cuts.push((*along, node, *valve));
            }
        }
        topology.cut(valves);
        topology.seat(valves, &spots);
        topology
    }

    /// Where something is.
    pub(crate) fn spot(&self, at: &At) -> Option<Spot> {
        let on = |run: usize, along| Spot::Pipe(self.runs[run].pipe, along);
        match at {
            At::LinkEnd { node, .. } | At::Node(node) => self.node_named(node).map(Spot::Node),
            At::Pipe(pipe) => {
                let run = *self.by_id.get(pipe.as_str())?.first()?;
                Some(on(run, self.runs[run].plan_m() / 2.0))
            }
            At::Point(p) => match self.places.grid.nearest(*p, self.fitting_m, |_| true) {
                Some(near) => Some(Spot::Node(self.places.nodes[near.segment as usize])),
                None => self
                    .lines
                    .nearest(*p, self.fitting_m)
                    .map(|(run, along)| on(run, along)),
            },
        }
    }

    /// The pipe nearest to a point and the place on it, metres in plan from its first vertex.
    pub fn nearest(&self, p: Point, max_m: f64) -> Option<(u32, f64)> {
        let (run, along) = self.lines.nearest(p, max_m)?;
        Some((self.runs[run].pipe, along))
    }

    /// Place in the input of the first pipe of an id that has links.
    pub(crate) fn pipe_of(&self, id: &str) -> Option<u32> {
        let run = *self.by_id.get(id)?.first()?;
        Some(self.runs[run].pipe)
    }

    /// The node of a name.
    pub fn node_named(&self, name: &str) -> Option<u32> {
        self.nodes.by_name.get(name).copied()
    }

    /// Names of nodes, empty for those made by geometry.
    pub fn node_names(&self) -> &[String] {
        &self.nodes.names
    }

    /// Places of nodes: those of the first links that end there. `None` where no pipe has a line.
    pub fn node_places(&self) -> Vec<Option<[f64; 3]>> {
        let mut places = vec![None; self.nodes.names.len()];
        for link in &self.links {
            let pipe = &self.pipes[link.pipe as usize];
            for (node, along) in link.nodes.into_iter().zip(link.along_m) {
                let place = &mut places[node as usize];
                *place = place.or_else(|| point_at(pipe, along));
            }
        }
        places
    }

    /// Link of a pipe at a place on it; `u32::MAX` for a pipe without links.
    pub fn link_at(&self, pipe: u32, along_m: f64) -> u32 {
        self.pipe_links.at(&self.links, pipe, along_m)
    }

    /// Cuts runs into links.
    fn cut(&mut self, valves: &[Valve]) {
        let mut first = vec![0; self.pipes.len() + 1];
        let mut next = 0;
        for run in &mut self.runs {
            let plan_m = run.plan_m();
            while next <= run.pipe as usize {
                first[next] = self.links.len() as u32;
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
                    let (link, is_open) = ((self.links.len() - 1) as u32, valves[*valve as usize].is_open);
                    self.seats.push(Seat {
                        valve: *valve,
                        link,
                        node,
                        is_open,
                    });
                }
                last = (along, node);
            }
        }
        while next < first.len() {
            first[next] = self.links.len() as u32;
            next += 1;
        }
        self.pipe_links = PipeLinks(first);
    }

    /// Seats of valves at nodes.
    fn seat(&mut self, valves: &[Valve], spots: &[(u32, Option<Spot>)]) {
        let mut arms: HashMap<u32, Vec<u32>> = HashMap::new();
        for (_, spot) in spots {
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
        for (valve, spot) in spots {
            let found = &valves[*valve as usize];
            let add = |link: u32, node: u32| Seat {
                valve: *valve,
                link,
                node,
                is_open: found.is_open,
            };
            match (spot, &found.at) {
                (Some(Spot::Pipe(..)), _) => {}
                (Some(Spot::Node(node)), At::LinkEnd { pipe, .. }) => {
                    let runs = self.by_id.get(pipe.as_str()).into_iter().flatten();
                    let mut links = runs.flat_map(|run| self.pipe_links.of(self.runs[*run].pipe));
                    match links.find(|link| self.links[*link as usize].nodes.contains(node)) {
                        Some(link) => self.seats.push(add(link, *node)),
                        None => self.faults.lost_valves.push(*valve),
                    }
                }
                (Some(Spot::Node(node)), _) => {
                    let arms = &arms[node];
                    match arms.len() {
                        0 => self.faults.lost_valves.push(*valve),
                        // between two pipes one is enough
                        1 | 2 => self.seats.push(add(arms[0], *node)),
                        _ => {
                            self.seats.extend(arms.iter().map(|link| add(*link, *node)));
                            self.faults.chambers.push(*valve);
                        }
                    }
                }
                (None, _) => self.faults.lost_valves.push(*valve),
            }
        }
        self.seats.sort_by_key(|g| (g.valve, g.link, g.node));
    }
}
