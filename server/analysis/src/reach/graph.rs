//! The street graph in compressed rows, and shortest walks on it: bounded Dijkstra from places part-way along edges.

use super::near::{Near, Point, Segments};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// An edge: the stretch of a street between two nodes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Edge {
    /// Nodes at its ends.
    pub nodes: [u32; 2],
    /// Place of its street in the input; `u32::MAX` for a way over a junction.
    pub street: u32,
    /// Length in plan, metres: the sum of the lengths of its segments.
    pub length_m: f64,
}

/// A place on the graph.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    /// Number of the edge.
    pub edge: u32,
    /// Metres along it from its first node.
    pub along_m: f64,
    /// Metres walked in a straight line before the street is met.
    pub access_m: f64,
}

/// Streets cut at their nodes. Each node's ways lie side by side (compressed rows).
#[derive(Debug, Clone, Default)]
pub struct Graph {
    /// Nodes, metres.
    pub nodes: Vec<Point>,
    /// Edges.
    pub edges: Vec<Edge>,
    /// Vertices of all edges, one edge after the other, from the first node to the second.
    pub vertices: Vec<[f64; 3]>,
    /// Place of each edge's first vertex, and the end: one more than there are edges.
    pub starts: Vec<u32>,
    /// Place of each node's first way, and the end.
    rows: Vec<u32>,
    /// Ways: the node led to and the length.
    ways: Vec<(u32, f64)>,
    segments: Segments,
    /// Edge of each segment and the metres along the edge at which it begins.
    owners: Vec<(u32, f64)>,
}

impl Graph {
    /// Puts edges together.
    ///
    /// * `lines` — of each edge its nodes, street and vertices (at least two, finite), metres
    pub fn new(nodes: Vec<Point>, lines: Vec<([u32; 2], u32, Vec<[f64; 3]>)>) -> Self {
        let mut graph = Self {
            nodes,
            ..Self::default()
        };
        let (mut segments, mut rows) = (Vec::new(), vec![0_u32; graph.nodes.len() + 1]);
        for (nodes, street, points) in lines {
            graph.starts.push(graph.vertices.len() as u32);
            let mut length_m = 0.0;
            for pair in points.windows(2) {
                let ends = [[pair[0][0], pair[0][1]], [pair[1][0], pair[1][1]]];
                segments.push(ends);
                graph.owners.push((graph.edges.len() as u32, length_m));
                length_m += plan_m(&pair[0], &pair[1]);
            }
            for node in nodes {
                rows[node as usize + 1] += 1;
            }
            graph.vertices.extend(points);
            graph.edges.push(Edge {
                nodes,
                street,
                length_m,
            });
        }
        graph.starts.push(graph.vertices.len() as u32);
        for node in 1..rows.len() {
            rows[node] += rows[node - 1];
        }
        graph.ways = vec![(0, 0.0); rows.last().map_or(0, |n| *n as usize)];
        let mut next = rows.clone();
        for edge in &graph.edges {
            for [from, to] in [edge.nodes, [edge.nodes[1], edge.nodes[0]]] {
                graph.ways[next[from as usize] as usize] = (to, edge.length_m);
                next[from as usize] += 1;
            }
        }
        graph.rows = rows;
        graph.segments = Segments::new(segments);
        graph
    }

    /// Vertices of an edge, from its first node to its second.
    pub fn line(&self, edge: u32) -> &[[f64; 3]] {
        &self.vertices[self.starts[edge as usize] as usize..self.starts[edge as usize + 1] as usize]
    }

    /// Where a point comes to the nearest street at most `max_m` away, by a straight way that is accepted.
    ///
    /// * `accept` — asked for the foot of the way on the street
    pub fn place(&self, point: Point, max_m: f64, accept: impl Fn(Point) -> bool) -> Option<Place> {
        let near: Near = self.segments.nearest(point, max_m, |near| accept(near.foot))?;
        let (edge, before_m) = self.owners[near.segment as usize];
        let [a, b] = self.segments.get(near.segment);
        let along_m = before_m + near.t * (b[0] - a[0]).hypot(b[1] - a[1]);
        Some(Place {
            edge,
            along_m: along_m.min(self.edges[edge as usize].length_m),
            access_m: near.distance_m,
        })
    }

    /// Shortest walks from the nearest of several places to everything within a distance.
    ///
    /// * `max_m` — walks longer than this are not looked for, metres; infinite for the whole graph
    pub fn walk(&self, from: &[Place], max_m: f64) -> Walk {
        let mut walk = Walk {
            node_m: vec![f64::INFINITY; self.nodes.len()],
            starts: from
                .iter()
                .filter(|place| place.access_m <= max_m)
                .map(|place| (place.edge, place.along_m, place.access_m))
                .collect(),
            max_m,
        };
        walk.starts
            .sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)).then(a.2.total_cmp(&b.2)));
        // distances are never negative, so their bits sort as they do
        let mut heap: BinaryHeap<Reverse<(u64, u32)>> = BinaryHeap::new();
        let mut relax = |heap: &mut BinaryHeap<_>, node: u32, distance_m: f64| {
            if distance_m <= max_m && distance_m < walk.node_m[node as usize] {
                walk.node_m[node as usize] = distance_m;
                heap.push(Reverse((distance_m.to_bits(), node)));
            }
        };
        for (edge, along_m, access_m) in &walk.starts {
            let Edge { nodes, length_m, .. } = self.edges[*edge as usize];
            relax(&mut heap, nodes[0], access_m + along_m);
            relax(&mut heap, nodes[1], access_m + (length_m - along_m));
        }
        while let Some(Reverse((bits, node))) = heap.pop() {
            let distance_m = f64::from_bits(bits);
            if distance_m > walk.node_m[node as usize] {
                continue;
            }
            for (to, length_m) in &self.ways[self.rows[node as usize] as usize..self.rows[node as usize + 1] as usize] {
                let next_m = distance_m + length_m;
                if next_m <= max_m && next_m < walk.node_m[*to as usize] {
                    walk.node_m[*to as usize] = next_m;
                    heap.push(Reverse((next_m.to_bits(), *to)));
                }
            }
        }
        walk
    }
}

/// Lengths of shortest walks.
#[derive(Debug, Clone, PartialEq)]
pub struct Walk {
    /// Of each node, metres; infinite beyond `max_m`.
    pub node_m: Vec<f64>,
    /// Edge, metres along it and metres of access of each start, sorted.
    starts: Vec<(u32, f64, f64)>,
    /// Longest walk looked for, metres.
    pub max_m: f64,
}

/// A stretch of an edge that is reached: places along the edge with the length of the walk to each, metres, at least
/// two; between two of them the length changes evenly.
pub type Stretch = Vec<[f64; 2]>;

impl Walk {
    /// Length of the walk to a place, metres, with the straight way at its end; `None` when farther than allowed.
    pub fn to(&self, graph: &Graph, place: &Place) -> Option<f64> {
        let edge = &graph.edges[place.edge as usize];
        let [a, b] = edge.nodes.map(|node| self.node_m[node as usize]);
        let along = (a + place.along_m).min(b + (edge.length_m - place.along_m));
        let on_edge = self
            .starts_on(place.edge)
            .iter()
            .map(|(_, s, access_m)| access_m + (s - place.along_m).abs());
        let length_m = on_edge.fold(along, f64::min) + place.access_m;
        (length_m <= self.max_m && length_m.is_finite()).then_some(length_m)
    }

    fn starts_on(&self, edge: u32) -> &[(u32, f64, f64)] {
        let first = self.starts.partition_point(|start| start.0 < edge);
        let end = self.starts.partition_point(|start| start.0 <= edge);
        &self.starts[first..end]
    }

    /// The stretches of an edge within a distance, from its first node to its second.
    pub fn stretches(&self, graph: &Graph, edge: u32, max_m: f64) -> Vec<Stretch> {
        let Edge { nodes, length_m, .. } = graph.edges[edge as usize];
        let [a, b] = nodes.map(|node| self.node_m[node as usize]);
        let mut known = vec![[0.0, a]];
        known.extend(
            self.starts_on(edge)
                .iter()
                .map(|(_, along_m, access_m)| [*along_m, *access_m]),
        );
        known.push([length_m, b]);
        known.retain(|[_, distance_m]| *distance_m <= max_m);
        if known.is_empty() {
            return Vec::new();
        }
        // what is known at one place bounds every other: the lower envelope of tents, whose tops turn upside down
        let at = |s: f64| {
            known
                .iter()
                .map(|[p, d]| d + (p - s).abs())
                .fold(f64::INFINITY, f64::min)
        };
        // a start that is passed sooner from another is no corner of the envelope
        let corners: Vec<[f64; 2]> = known.iter().filter(|[s, d]| *d <= at(*s)).copied().collect();
        let mut turns = vec![0.0, length_m];
        turns.extend(corners.iter().map(|[s, _]| *s));
        for pair in corners.windows(2) {
            let [[p, d], [q, e]] = [pair[0], pair[1]];
            turns.push(((p + q + e - d) / 2.0).clamp(p.min(q), p.max(q)));
            turns.push((p + (max_m - d)).clamp(0.0, length_m));
            turns.push((q - (max_m - e)).clamp(0.0, length_m));
        }
        for [s, d] in &corners {
            turns.push((s - (max_m - d)).clamp(0.0, length_m));
            turns.push((s + (max_m - d)).clamp(0.0, length_m));
        }
        turns.sort_by(f64::total_cmp);
        turns.dedup();
        let mut found: Vec<Stretch> = Vec::new();
        let mut open = false;
        for pair in turns.windows(2) {
            let middle = at((pair[0] + pair[1]) / 2.0);
            if middle > max_m {
                open = false;
                continue;
            }
            if !open {
                found.push(vec![[pair[0], at(pair[0])]]);
            }
            if let Some(stretch) = found.last_mut() {
                stretch.push([pair[1], at(pair[1])]);
            }
            open = true;
        }
        found
    }

    /// Draws a stretch: the vertices of its edge and its own turns, each with the length of the walk to it.
    pub fn draw(graph: &Graph, edge: u32, stretch: &Stretch) -> Vec<([f64; 3], f64)> {
        let line = graph.line(edge);
        let (Some(first), Some(last)) = (stretch.first(), stretch.last()) else {
            return Vec::new();
        };
        let mut places: Vec<f64> = stretch.iter().map(|[s, _]| *s).collect();
        let mut along = 0.0;
        let mut before = Vec::with_capacity(line.len());
        for (i, p) in line.iter().enumerate() {
            if i > 0 {
                along += plan_m(&line[i - 1], p);
            }
            before.push(along);
            if along > first[0] && along < last[0] {
                places.push(along);
            }
        }
        places.sort_by(f64::total_cmp);
        places.dedup();
        let value = |s: f64| {
            let next = stretch.partition_point(|[t, _]| *t < s).clamp(1, stretch.len() - 1);
            let ([p, d], [q, e]) = (stretch[next - 1], stretch[next]);
            if q > p { d + (e - d) * ((s - p) / (q - p)) } else { e }
        };
        places
            .into_iter()
            .map(|s| {
                let next = before.partition_point(|b| *b < s).clamp(1, line.len() - 1);
                let (from, to) = (before[next - 1], before[next]);
                let t = if to > from {
                    ((s - from) / (to - from)).clamp(0.0, 1.0)
                } else {
                    0.0
                };
                let (p, q) = (line[next - 1], line[next]);
                ([0, 1, 2].map(|k| p[k] + (q[k] - p[k]) * t), value(s))
            })
            .collect()
    }
}

/// Length of a segment in plan, metres.
pub(super) fn plan_m(a: &[f64; 3], b: &[f64; 3]) -> f64 {
    (b[0] - a[0]).hypot(b[1] - a[1])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ```text
    /// 0 ──100── 1 ──100── 2
    /// │                   │
    /// └───────300─────────┘
    /// ```
    fn ring() -> Graph {
        let nodes = vec![[0.0, 0.0], [100.0, 0.0], [200.0, 0.0]];
        let p = |x: f64, y: f64| [x, y, 0.0];
        Graph::new(
            nodes,
            vec![
                ([0, 1], 0, vec![p(0.0, 0.0), p(100.0, 0.0)]),
                ([1, 2], 0, vec![p(100.0, 0.0), p(200.0, 0.0)]),
                (
                    [2, 0],
                    1,
                    vec![p(200.0, 0.0), p(200.0, -50.0), p(0.0, -50.0), p(0.0, 0.0)],
                ),
            ],
        )
    }

    #[test]
    fn walks_start_part_way_and_meet_in_the_middle() {
        let graph = ring();
        let start = graph.place([20.0, 5.0], 50.0, |_| true).unwrap();
        assert_eq!((start.edge, start.along_m, start.access_m), (0, 20.0, 5.0));
        let walk = graph.walk(&[start], f64::INFINITY);
        assert_eq!(walk.node_m, [25.0, 85.0, 185.0]);
        // the long edge is entered from both ends; the two fronts meet where 185 + s = 25 + 300 − s
        assert_eq!(
            walk.stretches(&graph, 2, 1000.0),
            [vec![[0.0, 185.0], [70.0, 255.0], [300.0, 25.0]]]
        );
        assert_eq!(
            walk.stretches(&graph, 2, 200.0),
            [vec![[0.0, 185.0], [15.0, 200.0]], vec![[125.0, 200.0], [300.0, 25.0]]]
        );
        assert_eq!(
            walk.stretches(&graph, 0, 15.0),
            [vec![[10.0, 15.0], [20.0, 5.0], [30.0, 15.0]]]
        );
        let place = graph.place([60.0, -2.0], 50.0, |_| true).unwrap();
        assert_eq!(walk.to(&graph, &place), Some(47.0));
        assert_eq!(graph.walk(&[start], 46.0).to(&graph, &place), None);
        let drawn = Walk::draw(&graph, 2, &walk.stretches(&graph, 2, 1000.0)[0]);
        let [x, y, _] = drawn[2].0;
        assert_eq!(([x, y], drawn[2].1), ([180.0, -50.0], 255.0));
        assert_eq!(drawn.len(), 5);
    }
}
