//! From centre lines to a graph: lines are joined at ends that lie together and on junction surfaces, cut where they
//! cross or touch on the same level, and interrupted by barriers.

use super::barriers::Blocks;
use super::graph::{Graph, plan_m};
use super::input::{Input, Street};
use super::near::{Point, Segments, foot, inside, meeting, ring_edges};
use std::collections::HashMap;

/// What was done to the streets, for the notes; numbers are places in the input.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Done {
    /// Streets too short to be walked on: not longer than the snapping distance.
    pub dropped: Vec<u32>,
    /// Streets that a barrier interrupts.
    pub interrupted: Vec<u32>,
    /// Junctions that join fewer than two ends.
    pub idle_junctions: Vec<u32>,
    /// Nodes made where streets cross between their ends.
    pub num_crossings: usize,
}

/// Nodes by place.
struct Nodes {
    points: Vec<Point>,
    snap_m: f64,
    cells: HashMap<[i64; 2], Vec<u32>>,
}

impl Nodes {
    fn cell(&self, p: Point) -> [i64; 2] {
        p.map(|v| (v / self.snap_m).floor() as i64)
    }

    /// The nearest node within the snapping distance, or a new one.
    fn at(&mut self, p: Point) -> u32 {
        let [cx, cy] = self.cell(p);
        let mut best: Option<(f64, u32)> = None;
        for x in cx - 1..=cx + 1 {
            for y in cy - 1..=cy + 1 {
                for node in self.cells.get(&[x, y]).into_iter().flatten() {
                    let q = self.points[*node as usize];
                    let found = ((p[0] - q[0]).hypot(p[1] - q[1]), *node);
                    if found.0 <= self.snap_m && best.is_none_or(|b| found < b) {
                        best = Some(found);
                    }
                }
            }
        }
        best.map_or_else(|| self.new_at(p), |(_, node)| node)
    }

    fn new_at(&mut self, p: Point) -> u32 {
        let node = self.loose(p);
        let cell = self.cell(p);
        self.cells.entry(cell).or_default().push(node);
        node
    }

    /// A node that nothing else joins.
    fn loose(&mut self, p: Point) -> u32 {
        self.points.push(p);
        (self.points.len() - 1) as u32
    }
}

/// A street under work.
struct Line {
    street: u32,
    level: i8,
    points: Vec<[f64; 3]>,
    /// Metres from the start to each vertex.
    before: Vec<f64>,
    /// Metres from the start and node, not sorted.
    cuts: Vec<(f64, u32)>,
}

impl Line {
    fn length_m(&self) -> f64 {
        self.before.last().copied().unwrap_or_default()
    }

    fn along(&self, segment: usize, t: f64) -> f64 {
        self.before[segment] + t * (self.before[segment + 1] - self.before[segment])
    }

    fn point(&self, along_m: f64) -> [f64; 3] {
        let next = self
            .before
            .partition_point(|b| *b < along_m)
            .clamp(1, self.points.len() - 1);
        let (from, to) = (self.before[next - 1], self.before[next]);
        let t = ((along_m - from) / (to - from)).clamp(0.0, 1.0);
        let (p, q) = (self.points[next - 1], self.points[next]);
        [0, 1, 2].map(|k| p[k] + (q[k] - p[k]) * t)
    }

    /// Vertices from one place to another.
    fn piece(&self, from_m: f64, to_m: f64) -> Vec<[f64; 3]> {
        let mut points = vec![self.point(from_m)];
        let inner = self.before.iter().zip(&self.points);
        points.extend(inner.filter(|(b, _)| **b > from_m && **b < to_m).map(|(_, p)| *p));
        points.push(self.point(to_m));
        points
    }
}

fn clean(number: usize, street: &Street) -> Line {
    let mut line = Line {
        street: number as u32,
        level: street.level,
        points: Vec::with_capacity(street.points.len()),
        before: Vec::with_capacity(street.points.len()),
        cuts: Vec::new(),
    };
    let mut along = 0.0;
    for p in &street.points {
        let step = line.points.last().map_or(f64::INFINITY, |last| plan_m(last, p));
        if step <= 0.0 {
            continue;
        }
        if step.is_finite() {
            along += step;
        }
        line.points.push(*p);
        line.before.push(along);
    }
    line
}

/// Builds the graph.
///
/// * `snap_m` — ends this near are one node, and an end this near to a line lies on it, metres
/// * `blocks` — barriers and passages
pub fn build(input: &Input, snap_m: f64, blocks: &Blocks) -> (Graph, Done) {
    let mut done = Done::default();
    let mut lines = Vec::new();
    for (number, street) in input.streets.iter().enumerate().filter(|(_, s)| s.is_walkable) {
        let line = clean(number, street);
        if line.length_m() > snap_m {
            lines.push(line);
        } else {
            done.dropped.push(number as u32);
        }
    }
    let mut nodes = Nodes {
        points: Vec::new(),
        snap_m,
        cells: HashMap::new(),
    };
    for line in &mut lines {
        for along in [0.0, line.length_m()] {
            let [x, y, _] = line.point(along);
            let node = nodes.at([x, y]);
            line.cuts.push((along, node));
        }
    }
    let mut segments = Vec::new();
    let mut owners = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        for (k, pair) in line.points.windows(2).enumerate() {
            segments.push([[pair[0][0], pair[0][1]], [pair[1][0], pair[1][1]]]);
            owners.push((number, k));
        }
    }
    let grid = Segments::new(segments);
    tees(&mut lines, &grid, &owners, snap_m);
    crossings(&mut lines, &grid, &owners, &mut nodes, &mut done);
    let mut edges = connectors(input, &lines, &mut nodes, snap_m, &mut done);
    for line in &lines {
        pieces(line, blocks, &mut nodes, &mut edges, &mut done);
    }
    (Graph::new(nodes.points, edges), done)
}

/// Ends that lie on other lines between their ends.
fn tees(lines: &mut [Line], grid: &Segments, owners: &[(usize, usize)], snap_m: f64) {
    let mut found = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        for (along, node) in &line.cuts {
            let [x, y, _] = line.point(*along);
            let near = grid.in_box([x - snap_m, y - snap_m], [x + snap_m, y + snap_m]);
            let mut best: HashMap<usize, (f64, f64)> = HashMap::new();
            for segment in near {
                let (other, k) = owners[segment as usize];
                // an end lies on the ground, or on a line of its own level; what passes above or below is not met
                let meets = lines[other].level == line.level || lines[other].level == 0;
                if other == number || !meets {
                    continue;
                }
                let (t, _, distance_m) = foot(grid.get(segment), [x, y]);
                if distance_m <= snap_m {
                    let candidate = (distance_m, lines[other].along(k, t));
                    let kept = best.entry(other).or_insert(candidate);
                    if candidate < *kept {
                        *kept = candidate;
                    }
                }
            }
            found.extend(best.into_iter().map(|(other, (_, at))| (other, at, *node)));
        }
    }
    found.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)).then(a.2.cmp(&b.2)));
    for (other, at, node) in found {
        // where the ends themselves were joined nothing is to do
        if !lines[other].cuts.iter().take(2).any(|cut| cut.1 == node) {
            lines[other].cuts.push((at, node));
        }
    }
}

/// Lines of one level that cross or touch between their ends.
fn crossings(lines: &mut [Line], grid: &Segments, owners: &[(usize, usize)], nodes: &mut Nodes, done: &mut Done) {
    for [a, b] in grid.pairs() {
        let ((la, ka), (lb, kb)) = (owners[a as usize], owners[b as usize]);
        if lines[la].level != lines[lb].level || (la == lb && ka.abs_diff(kb) <= 1) {
            continue;
        }
        let Some([t, u]) = meeting(grid.get(a), grid.get(b)) else {
            continue;
        };
        let at = [lines[la].along(ka, t), lines[lb].along(kb, u)];
        let [x, y, _] = lines[la].point(at[0]);
        let before = nodes.points.len();
        let node = nodes.at([x, y]);
        done.num_crossings += nodes.points.len() - before;
        for (line, along) in [(la, at[0]), (lb, at[1])] {
            if !lines[line]
                .cuts
                .iter()
                .any(|cut| cut.1 == node && (cut.0 - along).abs() <= 2.0 * nodes.snap_m)
            {
                lines[line].cuts.push((along, node));
            }
        }
    }
}

/// Straight ways over junction surfaces from the ends of streets to the middle.
fn connectors(
    input: &Input,
    lines: &[Line],
    nodes: &mut Nodes,
    snap_m: f64,
    done: &mut Done,
) -> Vec<([u32; 2], u32, Vec<[f64; 3]>)> {
    let mut edges = Vec::new();
    let ends: Vec<([f64; 3], u32)> = lines
        .iter()
        .flat_map(|line| {
            line.cuts
                .iter()
                .take(2)
                .map(|(along, node)| (line.point(*along), *node))
        })
        .collect();
    let grid = Segments::new(ends.iter().map(|(p, _)| [[p[0], p[1]]; 2]).collect());
    for (number, junction) in input.junctions.iter().enumerate() {
        let Some(outer) = junction.rings.first().filter(|ring| ring.len() >= 3) else {
            done.idle_junctions.push(number as u32);
            continue;
        };
        let corner =
            |pick: fn(f64, f64) -> f64, start: f64| [0, 1].map(|k| outer.iter().map(|p| p[k]).fold(start, pick));
        let (low, high) = (corner(f64::min, f64::INFINITY), corner(f64::max, f64::NEG_INFINITY));
        let border = Segments::new(ring_edges(&junction.rings).collect());
        let mut joined: Vec<([f64; 3], u32)> = grid
            .in_box(low.map(|v| v - snap_m), high.map(|v| v + snap_m))
            .into_iter()
            .map(|end| ends[end as usize])
            .filter(|(p, _)| {
                let p = [p[0], p[1]];
                inside(&junction.rings, p) || border.nearest(p, snap_m, |_| true).is_some()
            })
            .collect();
        joined.sort_by_key(|(_, node)| *node);
        joined.dedup_by_key(|(_, node)| *node);
        if joined.len() < 2 {
            done.idle_junctions.push(number as u32);
            continue;
        }
        let sum = joined
            .iter()
            .fold([0.0; 3], |sum, (p, _)| [0, 1, 2].map(|k| sum[k] + p[k]));
        let middle = sum.map(|v| v / joined.len() as f64);
        let center = nodes.loose([middle[0], middle[1]]);
        for (p, node) in joined {
            if plan_m(&p, &middle) > 0.0 {
                edges.push(([node, center], u32::MAX, vec![p, middle]));
            } else {
                // the middle is this very end: a way of no length keeps the two together
                edges.push(([node, center], u32::MAX, vec![p, p]));
            }
        }
    }
    edges
}

/// Cuts a line at its nodes and leaves out what barriers block.
fn pieces(
    line: &Line,
    blocks: &Blocks,
    nodes: &mut Nodes,
    edges: &mut Vec<([u32; 2], u32, Vec<[f64; 3]>)>,
    done: &mut Done,
) {
    let blocked = blocks.along(&line.points, &line.before, line.level);
    if !blocked.is_empty() {
        done.interrupted.push(line.street);
    }
    let mut cuts = line.cuts.clone();
    // a node within a blocked stretch is not on this line any more
    cuts.retain(|(at, _)| !blocked.iter().any(|[from, to]| from <= at && at <= to));
    let [mut stops, mut resumes] = [Vec::new(), Vec::new()];
    for [from, to] in &blocked {
        if *from > 0.0 {
            let [x, y, _] = line.point(*from);
            let node = nodes.loose([x, y]);
            cuts.push((*from, node));
            stops.push(node);
        }
        if *to < line.length_m() {
            let [x, y, _] = line.point(*to);
            let node = nodes.loose([x, y]);
            cuts.push((*to, node));
            resumes.push(node);
        }
    }
    // at a blocked place the end of what comes before sorts ahead of the start of what follows: its node is older
    cuts.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    for pair in cuts.windows(2) {
        let ((from, a), (to, b)) = (pair[0], pair[1]);
        let is_gap = stops.contains(&a) || resumes.contains(&b);
        // a loop shorter than the snapping distance is the same node seen twice
        // two nodes at one place are kept together by a way of no length
        if is_gap || (a == b && to - from <= 2.0 * nodes.snap_m) {
            continue;
        }
        edges.push(([a, b], line.street, line.piece(from, to)));
    }
}
