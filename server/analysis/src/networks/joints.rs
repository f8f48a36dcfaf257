//! Where pipes are joined: nodes by name and by place, ends on the middle of other pipes, and the nearest pipe to a point.

use super::parts::Pipe;
use crate::reach::near::{Point, Segments, foot};
use std::collections::HashMap;

/// Nodes by name and by place.
#[derive(Debug, Default)]
pub(super) struct Nodes {
    /// Empty for those made by geometry.
    pub(super) names: Vec<String>,
    pub(super) points: Vec<Option<Point>>,
    pub(super) by_name: HashMap<String, u32>,
    /// Places at which pipes end, with their nodes.
    cells: HashMap<[i64; 2], Vec<(Point, u32)>>,
    pub(super) snap_m: f64,
}

impl Nodes {
    pub(super) fn new(snap_m: f64) -> Self {
        Self {
            snap_m,
            ..Self::default()
        }
    }

    pub(super) fn new_node(&mut self, name: &str, point: Option<Point>) -> u32 {
        self.names.push(name.to_owned());
        self.points.push(point);
        (self.names.len() - 1) as u32
    }

    /// The node of a name, at which a pipe ends at `point`.
    pub(super) fn named(&mut self, name: &str, point: Option<Point>) -> u32 {
        let node = match self.by_name.get(name) {
            Some(node) => *node,
            None => {
                let node = self.new_node(name, point);
                self.by_name.insert(name.to_owned(), node);
                node
            }
        };
        let place = &mut self.points[node as usize];
        *place = place.or(point);
        if let Some(p) = point {
            self.cells.entry(self.cell(p)).or_default().push((p, node));
        }
        node
    }

    fn cell(&self, p: Point) -> [i64; 2] {
        p.map(|v| (v / self.snap_m).floor() as i64)
    }

    /// The node at which pipes end near to a place, else a new one.
    pub(super) fn at(&mut self, p: Point) -> u32 {
        let [cx, cy] = self.cell(p);
        let mut best: Option<(f64, u32)> = None;
        for x in cx - 1..=cx + 1 {
            for y in cy - 1..=cy + 1 {
                for (q, node) in self.cells.get(&[x, y]).into_iter().flatten() {
                    let found = ((p[0] - q[0]).hypot(p[1] - q[1]), *node);
                    if found.0 <= self.snap_m && best.is_none_or(|b| found < b) {
                        best = Some(found);
                    }
                }
            }
        }
        if let Some((_, node)) = best {
            return node;
        }
        let node = self.new_node("", Some(p));
        self.cells.entry([cx, cy]).or_default().push((p, node));
        node
    }
}

/// A pipe under work.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) pipe: u32,
    pub(super) nodes: [u32; 2],
    /// Metres in plan from the first vertex to each.
    pub(super) before: Vec<f64>,
    pub(super) length_m: f64,
    /// Metres in plan, node, valve (`u32::MAX` for none).
    pub(super) cuts: Vec<(f64, u32, u32)>,
}

impl Run {
    pub(super) fn plan_m(&self) -> f64 {
        self.before.last().copied().unwrap_or_default()
    }
}

/// Where a point belongs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Spot {
    Node(u32),
    /// Place of the pipe in the input and metres along it.
    Pipe(u32, f64),
}

/// Lines of all runs.
#[derive(Debug)]
pub(super) struct Lines {
    grid: Segments,
    /// Run of each segment and metres along it at which it begins.
    owners: Vec<(usize, f64)>,
}

impl Lines {
    pub(super) fn new(pipes: &[Pipe], runs: &[Run]) -> Self {
        let (mut segments, mut owners) = (Vec::new(), Vec::new());
        for (number, run) in runs.iter().enumerate() {
            let points = &pipes[run.pipe as usize].points;
            for (k, pair) in points.windows(2).enumerate() {
                segments.push([[pair[0][0], pair[0][1]], [pair[1][0], pair[1][1]]]);
                owners.push((number, run.before[k]));
            }
        }
        Self {
            grid: Segments::new(segments),
            owners,
        }
    }

    /// The nearest run and the place on it.
    pub(super) fn nearest(&self, p: Point, max_m: f64) -> Option<(usize, f64)> {
        let near = self.grid.nearest(p, max_m, |_| true)?;
        let (run, before) = self.owners[near.segment as usize];
        let [a, b] = self.grid.get(near.segment);
        Some((run, before + near.t * (b[0] - a[0]).hypot(b[1] - a[1])))
    }
}

/// Makes the nodes that pipes have names for. They come before all places: what has no names is joined to them wherever
/// it is in the list.
pub(super) fn name<'a>(pipes: impl Iterator<Item = &'a Pipe>, nodes: &mut Nodes) {
    for pipe in pipes {
        if let Some([a, b]) = pipe.nodes.as_ref().filter(|[a, b]| a != b) {
            let [first, last] = ends(pipe);
            nodes.named(a, first);
            nodes.named(b, last);
        }
    }
}

fn ends(pipe: &Pipe) -> [Option<Point>; 2] {
    [pipe.points.first(), pipe.points.last()].map(|p| p.map(|p| [p[0], p[1]]))
}

/// The course of a pipe between its nodes; `None` when it has no two ends.
pub(super) fn run(number: u32, pipe: &Pipe, nodes: &mut Nodes) -> Option<Run> {
    let (mut before, mut space_m) = (Vec::with_capacity(pipe.points.len()), 0.0);
    let mut plan_m = 0.0;
    for (i, p) in pipe.points.iter().enumerate() {
        if i > 0 {
            let [dx, dy, dz] = [0, 1, 2].map(|k| p[k] - pipe.points[i - 1][k]);
            plan_m += dx.hypot(dy);
            space_m += dx.hypot(dy).hypot(dz);
        }
        before.push(plan_m);
    }
    let own = match (&pipe.nodes, ends(pipe)) {
        (Some([a, b]), _) => [*nodes.by_name.get(a)?, *nodes.by_name.get(b).filter(|_| a != b)?],
        (None, [Some(a), Some(b)]) => {
            let found = [nodes.at(a), nodes.at(b)];
            if found[0] == found[1] && plan_m <= 2.0 * nodes.snap_m {
                return None;
            }
            found
        }
        (None, _) => return None,
    };
    Some(Run {
        pipe: number,
        nodes: own,
        before,
        length_m: pipe.length_m.unwrap_or(space_m),
        cuts: Vec::new(),
    })
}

/// Cuts pipes where others without names end on them, and gives the pipes that end there, ascending.
pub(super) fn tees(pipes: &[Pipe], runs: &mut [Run], lines: &Lines, nodes: &Nodes) -> Vec<u32> {
    let is_free = |run: &Run| pipes[run.pipe as usize].nodes.is_none();
    let mut found = Vec::new();
    for (number, run) in runs.iter().enumerate().filter(|(_, run)| is_free(run)) {
        // an end at a named node is joined already
        for node in run
            .nodes
            .into_iter()
            .filter(|node| nodes.names[*node as usize].is_empty())
        {
            let Some([x, y]) = nodes.points[node as usize] else {
                continue;
            };
            let snap = nodes.snap_m;
            for segment in lines.grid.in_box([x - snap, y - snap], [x + snap, y + snap]) {
                let (other, before) = lines.owners[segment as usize];
                let ends = lines.grid.get(segment);
                let (t, _, distance_m) = foot(ends, [x, y]);
                if other != number && !runs[other].nodes.contains(&node) && distance_m <= snap {
                    let along = before + t * (ends[1][0] - ends[0][0]).hypot(ends[1][1] - ends[0][1]);
                    found.push((other, node, distance_m, along, run.pipe));
                }
            }
        }
    }
    found.sort_by(|a, b| {
        (a.0, a.1)
            .cmp(&(b.0, b.1))
            .then(a.2.total_cmp(&b.2))
            .then(a.4.cmp(&b.4))
    });
    found.dedup_by_key(|f| (f.0, f.1));
    let mut teed = Vec::new();
    for (other, node, _, along, pipe) in found {
        runs[other].cuts.push((along, node, u32::MAX));
        teed.push(pipe);
    }
    teed.sort_unstable();
    teed.dedup();
    teed
}

/// Metres in plan along a pipe to the place nearest to a point, and how far that is.
pub(crate) fn along_m(pipe: &Pipe, p: Point) -> (f64, f64) {
    let (mut best, mut along) = ((0.0, f64::INFINITY), 0.0);
    for pair in pipe.points.windows(2) {
        let ends = [[pair[0][0], pair[0][1]], [pair[1][0], pair[1][1]]];
        let length = (ends[1][0] - ends[0][0]).hypot(ends[1][1] - ends[0][1]);
        let (t, _, distance_m) = foot(ends, p);
        if distance_m < best.1 {
            best = (along + t * length, distance_m);
        }
        along += length;
    }
    best
}

/// The point so many metres in plan along a pipe; `None` for one without a line.
pub(super) fn point_at(pipe: &Pipe, along_m: f64) -> Option<[f64; 3]> {
    let mut along = 0.0;
    for pair in pipe.points.windows(2) {
        let length = (pair[1][0] - pair[0][0]).hypot(pair[1][1] - pair[0][1]);
        if along_m < along + length {
            let t = ((along_m - along) / length).clamp(0.0, 1.0);
            return Some([0, 1, 2].map(|k| pair[0][k] + (pair[1][k] - pair[0][k]) * t));
        }
        along += length;
    }
    pipe.points.last().copied()
}
