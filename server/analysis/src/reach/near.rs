//! Segments of lines in a grid: the nearest to a point, those in a box, pairs that may meet. Metres, in plan.

/// Least side of a cell, metres.
const MIN_CELL_M: f64 = 8.0;

/// A point in plan, metres.
pub(crate) type Point = [f64; 2];

/// Segments sorted into the cells of a grid. What lies far from the rest is in the outer cells, which go on for ever: one
/// wrong coordinate must not make all cells large.
#[derive(Debug, Clone, Default)]
pub(crate) struct Segments {
    ends: Vec<[Point; 2]>,
    origin: Point,
    cell_m: f64,
    columns: usize,
    rows: usize,
    /// `columns × rows + 1` places in `members`.
    starts: Vec<u32>,
    members: Vec<u32>,
}

/// The foot of a point on a segment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Near {
    /// Number of the segment.
    pub(crate) segment: u32,
    /// Place on it, 0 at its first end to 1 at its second.
    pub(crate) t: f64,
    /// The foot.
    pub(crate) foot: Point,
    /// Distance from the point, metres.
    pub(crate) distance_m: f64,
}

impl Segments {
    /// Sorts finite segments.
    pub(crate) fn new(ends: Vec<[Point; 2]>) -> Self {
        if ends.is_empty() {
            return Self::default();
        }
        let [low, high] = most_of(&ends);
        let size = [high[0] - low[0], high[1] - low[1]];
        // about two cells a segment, however far apart they lie
        let wanted = 2.0 * ends.len() as f64;
        let cell_m = (size[0] * size[1] / wanted)
            .sqrt()
            .max(size[0].max(size[1]) / wanted)
            .max(MIN_CELL_M);
        let mut grid = Self {
            columns: (size[0] / cell_m) as usize + 1,
            rows: (size[1] / cell_m) as usize + 1,
            origin: low,
            cell_m,
            ends,
            ..Self::default()
        };
        let mut counts = vec![0_u32; grid.columns * grid.rows + 1];
        for number in 0..grid.ends.len() {
            grid.cells_of(number, |cell| counts[cell + 1] += 1);
        }
        for cell in 1..counts.len() {
            counts[cell] += counts[cell - 1];
        }
        let mut members = vec![0; counts.last().map_or(0, |n| *n as usize)];
        let mut next = counts.clone();
        for number in 0..grid.ends.len() {
            grid.cells_of(number, |cell| {
                members[next[cell] as usize] = number as u32;
                next[cell] += 1;
            });
        }
        (grid.starts, grid.members) = (counts, members);
        grid
    }

    /// Ends of a segment.
    pub(crate) fn get(&self, segment: u32) -> [Point; 2] {
        self.ends[segment as usize]
    }

    fn column(&self, x: f64) -> usize {
        (((x - self.origin[0]) / self.cell_m).max(0.0) as usize).min(self.columns - 1)
    }

    fn row(&self, y: f64) -> usize {
        (((y - self.origin[1]) / self.cell_m).max(0.0) as usize).min(self.rows - 1)
    }

    /// Cells that a segment may pass: row by row, so that a long slanting one does not fill its whole box.
    fn cells_of(&self, number: usize, mut visit: impl FnMut(usize)) {
        let [a, b] = self.ends[number];
        let (low, high) = if a[1] <= b[1] { (a, b) } else { (b, a) };
        let (first, last) = (self.row(low[1]), self.row(high[1]));
        let slope = if high[1] > low[1] {
            (high[0] - low[0]) / (high[1] - low[1])
        } else {
            0.0
        };
        let [left, right] = [a[0].min(b[0]), a[0].max(b[0])];
        for row in first..=last {
            let (mut x0, mut x1) = (left, right);
            if first < last {
                // the outer rows go on for ever
                let border = |row: usize| (self.origin[1] + row as f64 * self.cell_m).clamp(low[1], high[1]);
                let y0 = if row == first { low[1] } else { border(row) };
                let y1 = if row == last { high[1] } else { border(row + 1) };
                let (p, q) = (low[0] + slope * (y0 - low[1]), low[0] + slope * (y1 - low[1]));
                // a millimetre more on either side: a point on the border of two cells is found from both
                x0 = (p.min(q) - 1e-3).max(left);
                x1 = (p.max(q) + 1e-3).min(right);
            }
            for column in self.column(x0)..=self.column(x1) {
                visit(row * self.columns + column);
            }
        }
    }

    fn cell(&self, column: usize, row: usize) -> &[u32] {
        let cell = row * self.columns + column;
        &self.members[self.starts[cell] as usize..self.starts[cell + 1] as usize]
    }

    /// The nearest segment that is accepted, at most `max_m` away; of equally near ones the first.
    pub(crate) fn nearest(&self, p: Point, max_m: f64, mut accept: impl FnMut(&Near) -> bool) -> Option<Near> {
        if self.ends.is_empty() {
            return None;
        }
        let mut best: Option<Near> = None;
        let (column, row) = (self.column(p[0]) as isize, self.row(p[1]) as isize);
        for ring in 0..=(self.columns.max(self.rows) as isize) {
            let reached = best.map_or(max_m, |b| b.distance_m);
            if (ring as f64 - 1.0) * self.cell_m > reached {
                break;
            }
            for dy in -ring..=ring {
                let step = if dy.abs() == ring { 1 } else { (2 * ring).max(1) };
                let mut dx = -ring;
                while dx <= ring {
                    let (c, r) = (column + dx, row + dy);
                    if (0..self.columns as isize).contains(&c) && (0..self.rows as isize).contains(&r) {
                        for segment in self.cell(c as usize, r as usize) {
                            let near = self.near(*segment, p);
                            let is_better =
                                best.is_none_or(|b| (near.distance_m, near.segment) < (b.distance_m, b.segment));
                            if near.distance_m <= max_m && is_better && accept(&near) {
                                best = Some(near);
                            }
                        }
                    }
                    dx += step;
                }
            }
        }
        best
    }

    /// The point of a segment nearest to `p`.
    fn near(&self, segment: u32, p: Point) -> Near {
        let (t, foot, distance_m) = foot(self.get(segment), p);
        Near {
            segment,
            t,
            foot,
            distance_m,
        }
    }
}

/// The point of a segment nearest to `p`: place on it (0 to 1), point, and distance in metres.
pub(crate) fn foot([a, b]: [Point; 2], p: Point) -> (f64, Point, f64) {
    let d = [b[0] - a[0], b[1] - a[1]];
    let length2 = d[0] * d[0] + d[1] * d[1];
    let t = if length2 > 0.0 {
        (((p[0] - a[0]) * d[0] + (p[1] - a[1]) * d[1]) / length2).clamp(0.0, 1.0)
    } else {
        0.0
    };
    let foot = [a[0] + d[0] * t, a[1] + d[1] * t];
    let apart = [p[0] - foot[0], p[1] - foot[1]];
    (t, foot, (apart[0] * apart[0] + apart[1] * apart[1]).sqrt())
}

impl Segments {
    /// Segments whose cells meet a box, ascending, each once.
    pub(crate) fn in_box(&self, low: Point, high: Point) -> Vec<u32> {
        let mut found = Vec::new();
        if self.ends.is_empty() {
            return found;
        }
        for row in self.row(low[1])..=self.row(high[1]) {
            for column in self.column(low[0])..=self.column(high[0]) {
                found.extend_from_slice(self.cell(column, row));
            }
        }
        found.sort_unstable();
        found.dedup();
        found.retain(|segment| {
            let [a, b] = self.get(*segment);
            (0..2).all(|k| a[k].min(b[k]) <= high[k] && a[k].max(b[k]) >= low[k])
        });
        found
    }

    /// Pairs of segments that share a cell, ascending, each once, the lower number first.
    pub(crate) fn pairs(&self) -> Vec<[u32; 2]> {
        let mut found = Vec::new();
        for cell in self.starts.windows(2) {
            let members = &self.members[cell[0] as usize..cell[1] as usize];
            for (i, a) in members.iter().enumerate() {
                let [p, q] = self.get(*a);
                for b in &members[i + 1..] {
                    let [r, s] = self.get(*b);
                    let apart = (0..2).any(|k| {
                        p[k].max(q[k]) + TOUCH_M < r[k].min(s[k]) || r[k].max(s[k]) + TOUCH_M < p[k].min(q[k])
                    });
                    if !apart {
                        found.push([*a, *b]);
                    }
                }
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// The box that holds all but the outermost two in a hundred of the coordinates on either axis.
fn most_of(ends: &[[Point; 2]]) -> [Point; 2] {
    let bounds = [0, 1].map(|k| {
        let mut values: Vec<f64> = ends.iter().flatten().map(|p| p[k]).collect();
        let last = values.len() - 1;
        let cut = last / 100;
        let low = *values.select_nth_unstable_by(cut, f64::total_cmp).1;
        let high = *values.select_nth_unstable_by(last - cut, f64::total_cmp).1;
        [low, high]
    });
    [[bounds[0][0], bounds[1][0]], [bounds[0][1], bounds[1][1]]]
}

/// Lines this near touch, metres.
pub(crate) const TOUCH_M: f64 = 1e-6;

/// Where two segments meet, ends included: the place on each, 0 to 1; `None` when apart or parallel.
pub(crate) fn meeting([a, b]: [Point; 2], [c, d]: [Point; 2]) -> Option<[f64; 2]> {
    let (p, q) = ([b[0] - a[0], b[1] - a[1]], [d[0] - c[0], d[1] - c[1]]);
    let (pl, ql) = (p[0].hypot(p[1]), q[0].hypot(q[1]));
    let cross = p[0] * q[1] - p[1] * q[0];
    // the sine of their angle: below it the place of a meeting is rounding
    if cross.abs() <= 1e-9 * pl * ql {
        return None;
    }
    let r = [c[0] - a[0], c[1] - a[1]];
    let t = (r[0] * q[1] - r[1] * q[0]) / cross;
    let u = (r[0] * p[1] - r[1] * p[0]) / cross;
    let inside = |v: f64, length: f64| v >= -TOUCH_M / length && v <= 1.0 + TOUCH_M / length;
    (inside(t, pl) && inside(u, ql)).then(|| [t.clamp(0.0, 1.0), u.clamp(0.0, 1.0)])
}

/// True when a segment passes from one side of another to the other; a touch from the one side counts, from the other
/// not, so that a line through a corner of a fence is counted once.
pub(crate) fn crosses([a, b]: [Point; 2], [c, d]: [Point; 2]) -> bool {
    let side = |p: Point, q: Point, r: Point| (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]) >= 0.0;
    side(c, d, a) != side(c, d, b) && side(a, b, c) != side(a, b, d)
}

/// True when a point lies inside rings (even–odd).
pub(crate) fn inside(rings: &[Vec<Point>], [x, y]: Point) -> bool {
    let mut is_inside = false;
    for ring in rings {
        for (i, a) in ring.iter().enumerate() {
            let b = ring[(i + 1) % ring.len()];
            if (a[1] > y) != (b[1] > y) && x < (b[0] - a[0]) * (y - a[1]) / (b[1] - a[1]) + a[0] {
                is_inside = !is_inside;
            }
        }
    }
    is_inside
}

/// Edges of rings.
pub(crate) fn ring_edges(rings: &[Vec<Point>]) -> impl Iterator<Item = [Point; 2]> + '_ {
    rings
        .iter()
        .flat_map(|ring| (0..ring.len()).map(move |i| [ring[i], ring[(i + 1) % ring.len()]]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Random numbers, the same in every run (SplitMix64).
    fn dice(state: &mut u64) -> f64 {
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = *state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    #[test]
    fn the_grid_finds_what_a_search_through_all_finds() {
        let mut state = 3;
        let segments: Vec<[Point; 2]> = (0..600)
            .map(|i| {
                // a few lie far from all others
                let far = if i % 120 == 7 { 40_000.0 } else { 0.0 };
                let a = [dice(&mut state) * 3000.0 - far, dice(&mut state) * 900.0 + far];
                let reach = if i % 50 == 0 { 2500.0 } else { 160.0 };
                [
                    a,
                    [
                        a[0] + (dice(&mut state) - 0.5) * reach,
                        a[1] + (dice(&mut state) - 0.5) * reach,
                    ],
                ]
            })
            .collect();
        let grid = Segments::new(segments.clone());
        for i in 0..500 {
            let far = if i % 25 == 0 { 40_000.0 } else { 0.0 };
            let p = [
                dice(&mut state) * 4000.0 - 500.0 - far,
                dice(&mut state) * 1900.0 - 500.0 + far,
            ];
            let all = (0..600).map(|s| grid.near(s, p));
            let best = all.min_by(|a, b| a.distance_m.total_cmp(&b.distance_m).then(a.segment.cmp(&b.segment)));
            let found = grid.nearest(p, 200.0, |_| true);
            assert_eq!(found, best.filter(|b| b.distance_m <= 200.0));
            let odd = (0..600).filter(|s| s % 7 == 1).map(|s| grid.near(s, p));
            let best = odd.min_by(|a, b| a.distance_m.total_cmp(&b.distance_m).then(a.segment.cmp(&b.segment)));
            assert_eq!(grid.nearest(p, 5000.0, |near| near.segment % 7 == 1), best);
        }
        let pairs = grid.pairs();
        let mut meet = 0;
        for a in 0..600_u32 {
            for b in a + 1..600 {
                if meeting(segments[a as usize], segments[b as usize]).is_some() {
                    meet += 1;
                    assert!(pairs.binary_search(&[a, b]).is_ok());
                }
            }
        }
        assert!(meet > 100);
    }
}
