//! Barriers and the places where they can be passed: which stretches of a line are blocked, and which straight ways.

use super::input::{BarrierShape, Input, Passage};
use super::near::{Point, Segments, crosses, inside, meeting, ring_edges};

/// Stretches of a line shorter than this inside a barrier are rounding, metres.
const ROUNDING_M: f64 = 1e-9;

/// Barriers ready for questions.
#[derive(Debug, Default)]
pub struct Blocks {
    lines: Segments,
    /// Level of the barrier that each segment belongs to.
    line_levels: Vec<i8>,
    surfaces: Vec<Surface>,
    passages: Vec<Surface>,
    passage_m: f64,
}

#[derive(Debug)]
struct Surface {
    level: i8,
    rings: Vec<Vec<Point>>,
    edges: Segments,
    low: Point,
    high: Point,
}

impl Surface {
    fn new(level: i8, rings: Vec<Vec<Point>>) -> Self {
        let fold = |pick: fn(f64, f64) -> f64, start: f64| {
            [0, 1].map(|k| rings.iter().flatten().map(|p| p[k]).fold(start, pick))
        };
        let (low, high) = (fold(f64::min, f64::INFINITY), fold(f64::max, f64::NEG_INFINITY));
        let edges = Segments::new(ring_edges(&rings).collect());
        Self {
            level,
            rings,
            edges,
            low,
            high,
        }
    }

    fn is_near(&self, low: Point, high: Point, margin_m: f64) -> bool {
        (0..2).all(|k| self.low[k] - margin_m <= high[k] && self.high[k] + margin_m >= low[k])
    }

    fn holds(&self, p: Point, margin_m: f64) -> bool {
        self.is_near(p, p, margin_m)
            && (inside(&self.rings, p) || (margin_m > 0.0 && self.edges.nearest(p, margin_m, |_| true).is_some()))
    }
}

impl Blocks {
    /// Gathers barriers and passages.
    ///
    /// * `passage_m` — passages are grown by it, metres
    pub fn new(input: &Input, passage_m: f64) -> Self {
        let (mut segments, mut line_levels, mut surfaces) = (Vec::new(), Vec::new(), Vec::new());
        for barrier in &input.barriers {
            match &barrier.shape {
                BarrierShape::Line(points) => {
                    for pair in points.windows(2) {
                        segments.push([pair[0], pair[1]]);
                        line_levels.push(barrier.level);
                    }
                }
                BarrierShape::Surface(rings) => surfaces.push(Surface::new(barrier.level, rings.clone())),
            }
        }
        let passage = |p: &Passage| Surface::new(0, p.rings.clone());
        Self {
            lines: Segments::new(segments),
            line_levels,
            surfaces,
            passages: input.passages.iter().map(passage).collect(),
            passage_m,
        }
    }

    fn is_passage(&self, p: Point) -> bool {
        self.passages.iter().any(|passage| passage.holds(p, self.passage_m))
    }

    /// Blocked stretches of a line as pairs of metres from its start, ascending and apart; a crossed line blocks a
    /// stretch of no length.
    ///
    /// * `points`, `before` — vertices of the line and the metres from its start to each
    /// * `level` — of the line; barriers of other levels do not matter
    pub fn along(&self, points: &[[f64; 3]], before: &[f64], level: i8) -> Vec<[f64; 2]> {
        let mut found = Vec::new();
        let plan = |p: &[f64; 3]| [p[0], p[1]];
        let (mut low, mut high) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
        for (k, pair) in points.windows(2).enumerate() {
            let own = [plan(&pair[0]), plan(&pair[1])];
            let least = [0, 1].map(|i| own[0][i].min(own[1][i]));
            let most = [0, 1].map(|i| own[0][i].max(own[1][i]));
            for i in 0..2 {
                low[i] = low[i].min(least[i]);
                high[i] = high[i].max(most[i]);
            }
            for segment in self.lines.in_box(least, most) {
                let other = self.lines.get(segment);
                if self.line_levels[segment as usize] != level || !crosses(own, other) {
                    continue;
                }
                // a crossing that is too flat to be located lies somewhere along the segment: its middle
                let t = meeting(own, other).map_or(0.5, |[t, _]| t);
                let at = before[k] + t * (before[k + 1] - before[k]);
                let point = [0, 1].map(|i| own[0][i] + t * (own[1][i] - own[0][i]));
                if !self.is_passage(point) {
                    found.push([at, at]);
                }
            }
        }
        let length_m = before.last().copied().unwrap_or_default();
        for surface in self
            .surfaces
            .iter()
            .filter(|s| s.level == level && s.is_near(low, high, 0.0))
        {
            for [from, to] in surface.covered(points, before) {
                let open = |at: f64, end: f64| at == end || self.is_passage(point_at(points, before, at));
                let is_whole = from <= 0.0 && to >= length_m;
                let both = !is_whole && open(from, 0.0) && open(to, length_m);
                if !both && !self.is_passage(point_at(points, before, (from + to) / 2.0)) {
                    found.push([from, to]);
                }
            }
        }
        found.sort_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
        let mut apart: Vec<[f64; 2]> = Vec::new();
        for [from, to] in found {
            match apart.last_mut() {
                Some(last) if from <= last[1] => last[1] = last[1].max(to),
                _ => apart.push([from, to]),
            }
        }
        apart
    }

    /// True when the straight way between two points on the ground meets no barrier.
    pub fn is_free(&self, a: Point, b: Point) -> bool {
        let low = [0, 1].map(|k| a[k].min(b[k]));
        let high = [0, 1].map(|k| a[k].max(b[k]));
        let meets = |grid: &Segments, levels: Option<&[i8]>| {
            grid.in_box(low, high)
                .into_iter()
                .any(|segment| levels.is_none_or(|l| l[segment as usize] == 0) && crosses([a, b], grid.get(segment)))
        };
        !meets(&self.lines, Some(&self.line_levels))
            && !self
                .surfaces
                .iter()
                .any(|s| s.level == 0 && s.is_near(low, high, 0.0) && meets(&s.edges, None))
    }

    /// Rings of the surfaces on the ground near a box: what no walker stands on.
    pub(super) fn ground_surfaces(&self, low: Point, high: Point) -> impl Iterator<Item = &[Vec<Point>]> {
        let near = self
            .surfaces
            .iter()
            .filter(move |s| s.level == 0 && s.is_near(low, high, 0.0));
        near.map(|s| s.rings.as_slice())
    }
}

impl Surface {
    /// Stretches of a line inside.
    fn covered(&self, points: &[[f64; 3]], before: &[f64]) -> Vec<[f64; 2]> {
        let mut at = vec![0.0, before.last().copied().unwrap_or_default()];
        for (k, pair) in points.windows(2).enumerate() {
            let own = [[pair[0][0], pair[0][1]], [pair[1][0], pair[1][1]]];
            let low = [0, 1].map(|i| own[0][i].min(own[1][i]));
            let high = [0, 1].map(|i| own[0][i].max(own[1][i]));
            for segment in self.edges.in_box(low, high) {
                if let Some([t, _]) = meeting(own, self.edges.get(segment)) {
                    at.push(before[k] + t * (before[k + 1] - before[k]));
                }
            }
        }
        at.sort_by(f64::total_cmp);
        at.dedup();
        let mut found: Vec<[f64; 2]> = Vec::new();
        for pair in at.windows(2) {
            let middle = point_at(points, before, (pair[0] + pair[1]) / 2.0);
            if pair[1] - pair[0] <= ROUNDING_M || !inside(&self.rings, middle) {
                continue;
            }
            match found.last_mut() {
                Some(last) if pair[0] - last[1] <= ROUNDING_M => last[1] = pair[1],
                _ => found.push([pair[0], pair[1]]),
            }
        }
        found
    }
}

fn point_at(points: &[[f64; 3]], before: &[f64], at: f64) -> Point {
    let next = before.partition_point(|b| *b < at).clamp(1, points.len() - 1);
    let (from, to) = (before[next - 1], before[next]);
    let t = ((at - from) / (to - from)).clamp(0.0, 1.0);
    [0, 1].map(|k| points[next - 1][k] + (points[next][k] - points[next - 1][k]) * t)
}
