//! Terrain of a tile as a right-triangulated irregular network with a measured error.
//!
//! Source: Evans, Kirkpatrick, Townsend, "Right-triangulated irregular networks", Algorithmica 30 (2001): binary
//! triangle trees whose shared edges split together, so that the surface has no cracks inside the tile.

use crate::Rect;
use crate::plan::rect;
use glam::{DVec2, DVec3};

/// Most sample points along a side of the tile: 2⁹.
const MAX_SIDE: u32 = 512;
/// Most points along a side at which the error is measured.
const MAX_MEASURED: f64 = 1024.0;
/// A finer triangulation is taken when its error is at most this part of the one before.
const LEAST_GAIN: f64 = 0.8;
/// Mean radius of the earth, metres.
const EARTH_RADIUS_M: f64 = 6_371_000.0;

/// What to build.
#[derive(Debug, Clone, Copy)]
pub struct TinOptions {
    /// Rectangle to cover, scene CRS metres.
    pub rect: Rect,
    /// Wanted distance of samples (step of the DEM), metres.
    pub sample_step_m: f64,
    /// Vertical error to stay within where the samples allow it, metres, > 0.
    pub max_error_m: f64,
    /// True when the ground is one plane, so that no sample needs to be taken.
    pub is_flat: bool,
}

/// Triangles over a rectangle.
#[derive(Debug, Clone)]
pub struct Tin {
    /// Plan origin of the vertices, scene CRS metres.
    pub origin: DVec2,
    /// Covered rectangle relative to the origin.
    pub rect: Rect,
    /// x, y relative to the origin, z orthometric, metres.
    pub vertices: Vec<DVec3>,
    /// Counter-clockwise seen from above.
    pub triangles: Vec<[u32; 3]>,
    /// Greatest vertical distance between the triangles and the heights, measured at the DEM's resolution (at most
    /// 1,024 points a side), and the sagitta of the earth under the longest edge; metres.
    pub error_m: f64,
    bins: Bins,
}

/// Uniform grid over the rectangle that knows which triangles touch each cell.
#[derive(Debug, Clone, Default)]
struct Bins {
    side: usize,
    starts: Vec<u32>,
    items: Vec<u32>,
}

impl Tin {
    /// Triangulates `height` (scene CRS plan position → metres) over a rectangle.
    pub fn build(options: &TinOptions, height: impl Fn(DVec2) -> f64) -> Self {
        let origin = options.rect.center();
        let local = rect::relative(&options.rect, origin);
        let size = options.rect.size();
        let max_error_m = options.max_error_m.max(1e-3);
        // a longer edge would sink below the curved ground by more than a quarter of the error
        let max_edge_m = (8.0 * EARTH_RADIUS_M * max_error_m * 0.25).sqrt();
        let wanted = if options.is_flat {
            max_edge_m
        } else {
            options.sample_step_m.max(1e-3)
        };
        let side = ((size.max_element() / wanted).ceil().clamp(1.0, f64::from(MAX_SIDE)) as u32).next_power_of_two();
        let tree = Tree::sample(side, size, max_edge_m, |p| height(options.rect.min + p));
        let mut threshold = max_error_m * 0.95;
        let mut best: Option<Self> = None;
        for _ in 0..4 {
            let (vertices, triangles) = tree.extract(threshold as f32);
            let vertices = vertices.into_iter().map(|v| v + local.min.extend(0.0)).collect();
            let mut tin = Self {
                origin,
                rect: local,
                vertices,
                triangles,
                error_m: 0.0,
                bins: Bins::default(),
            };
            tin.error_m = if options.is_flat {
                0.0
            } else {
                tin.measured_error(options.sample_step_m, &height)
            };
            // a step (the bank of a bed) stays where it is however fine the triangles are: more of them gain nothing
            if best
                .as_ref()
                .is_some_and(|before| tin.error_m > before.error_m * LEAST_GAIN)
            {
                break;
            }
            let done = tin.error_m <= max_error_m || threshold < 1e-3;
            let left_m = tin.error_m;
            best = Some(tin);
            if done {
                break;
            }
            threshold *= (max_error_m / left_m * 0.8).min(0.7);
        }
        let mut tin = best.unwrap_or_else(|| Self {
            origin,
            rect: local,
            vertices: Vec::new(),
            triangles: Vec::new(),
            error_m: 0.0,
            bins: Bins::default(),
        });
        tin.error_m += tin.longest_edge().powi(2) / (8.0 * EARTH_RADIUS_M);
        tin.bins = Bins::new(&tin);
        tin
    }

    /// Corners of a triangle, relative to the origin.
    pub fn corners(&self, triangle: u32) -> [DVec3; 3] {
        self.triangles[triangle as usize].map(|v| self.vertices[v as usize])
    }

    /// Height of the surface at a plan position relative to the origin; `None` outside.
    pub fn height(&self, p: DVec2) -> Option<f64> {
        let mut found = Vec::new();
        self.touching(&Rect { min: p, max: p }, &mut found);
        found
            .into_iter()
            .map(|t| self.corners(t))
            .find(|c| holds(c, p))
            .map(|c| plane_height(&c, p))
    }

    /// Triangles whose bounds touch `area` (relative to the origin), ascending, into `out`.
    pub fn touching(&self, area: &Rect, out: &mut Vec<u32>) {
        out.clear();
        let Some((low, high)) = self.bins.range(&self.rect, area) else {
            return;
        };
        for y in low[1]..=high[1] {
            for x in low[0]..=high[0] {
                out.extend_from_slice(self.bins.cell(x, y));
            }
        }
        out.sort_unstable();
        out.dedup();
        out.retain(|t| rect::around(self.corners(*t).map(|c| c.truncate())).overlaps(area));
    }

    /// Vertices on each side of the rectangle, in counter-clockwise order round the tile (south, east, north, west).
    pub fn sides(&self) -> [Vec<u32>; 4] {
        let eps = self.rect.size().max_element() * 1e-9;
        let pick = |on: &dyn Fn(DVec3) -> bool, key: &dyn Fn(DVec3) -> f64| {
            let mut side: Vec<u32> = (0..)
                .zip(&self.vertices)
                .filter(|(_, v)| on(**v))
                .map(|(i, _)| i)
                .collect();
            side.sort_by(|a, b| key(self.vertices[*a as usize]).total_cmp(&key(self.vertices[*b as usize])));
            side
        };
        let (min, max) = (self.rect.min, self.rect.max);
        [
            pick(&|v| (v.y - min.y).abs() < eps, &|v| v.x),
            pick(&|v| (v.x - max.x).abs() < eps, &|v| v.y),
            pick(&|v| (v.y - max.y).abs() < eps, &|v| -v.x),
            pick(&|v| (v.x - min.x).abs() < eps, &|v| -v.y),
        ]
    }

    fn longest_edge(&self) -> f64 {
        let edges = self
            .triangles
            .iter()
            .flat_map(|t| [(t[0], t[1]), (t[1], t[2]), (t[2], t[0])]);
        let length = |(a, b): (u32, u32)| {
            self.vertices[a as usize]
                .truncate()
                .distance(self.vertices[b as usize].truncate())
        };
        edges.map(length).fold(0.0, f64::max)
    }

    fn measured_error(&self, step_m: f64, height: &impl Fn(DVec2) -> f64) -> f64 {
        let count = (self.rect.size() / step_m)
            .ceil()
            .clamp(DVec2::ONE, DVec2::splat(MAX_MEASURED));
        let step = self.rect.size() / count;
        let mut worst = 0.0f64;
        for t in 0..self.triangles.len() as u32 {
            let c = self.corners(t);
            let bounds = rect::around(c.map(|c| c.truncate()));
            let low = ((bounds.min - self.rect.min) / step - 1e-9).ceil().max(DVec2::ZERO);
            let high = ((bounds.max - self.rect.min) / step + 1e-9).floor().min(count);
            for y in low.y as u32..=high.y as u32 {
                for x in low.x as u32..=high.x as u32 {
                    let p = self.rect.min + DVec2::new(f64::from(x), f64::from(y)) * step;
                    if holds(&c, p) {
                        worst = worst.max((plane_height(&c, p) - height(p + self.origin)).abs());
                    }
                }
            }
        }
        worst
    }
}

/// True when the plan position lies in the counter-clockwise triangle, edges included.
fn holds(c: &[DVec3; 3], p: DVec2) -> bool {
    let side = |a: DVec3, b: DVec3| (b - a).truncate().perp_dot(p - a.truncate());
    let slack = -1e-9 * (c[1] - c[0]).truncate().perp_dot((c[2] - c[0]).truncate()).abs();
    side(c[0], c[1]) >= slack && side(c[1], c[2]) >= slack && side(c[2], c[0]) >= slack
}

/// Height of the plane through a triangle at a plan position.
pub fn plane_height(c: &[DVec3; 3], p: DVec2) -> f64 {
    let (u, v, q) = ((c[1] - c[0]).truncate(), (c[2] - c[0]).truncate(), p - c[0].truncate());
    let area = u.perp_dot(v);
    if area.abs() < 1e-12 {
        return c[0].z;
    }
    c[0].z + (c[1].z - c[0].z) * (q.perp_dot(v) / area) + (c[2].z - c[0].z) * (u.perp_dot(q) / area)
}

/// Binary triangle tree over 2ᵏ × 2ᵏ cells: heights and, per grid point, the error of not splitting there.
struct Tree {
    side: u32,
    step: DVec2,
    heights: Vec<f32>,
    errors: Vec<f32>,
    base_m: f64,
}

type Corner = [i32; 2];

/// Triangles of a square with `side` (a power of two) samples along its edge, not counting the two that a plane needs.
///
/// * `size_m` — extent of the square; `height` — position from its south-west corner → metres
pub fn num_triangles(side: u32, size_m: DVec2, max_error_m: f64, height: impl FnMut(DVec2) -> f64) -> usize {
    let tree = Tree::sample(side.max(1).next_power_of_two(), size_m, f64::INFINITY, height);
    tree.extract(max_error_m as f32).1.len().saturating_sub(2)
}

impl Tree {
    fn sample(side: u32, size: DVec2, max_edge_m: f64, mut height: impl FnMut(DVec2) -> f64) -> Self {
        let step = size / f64::from(side);
        let base_m = height(size * 0.5);
        let row = side + 1;
        let heights = (0..row * row)
            .map(|i| (height(DVec2::new(f64::from(i % row), f64::from(i / row)) * step) - base_m) as f32)
            .collect();
        let mut tree = Self {
            side,
            step,
            heights,
            errors: vec![0.0; (row * row) as usize],
            base_m,
        };
        tree.measure(max_edge_m);
        tree
    }

    fn at(&self, c: Corner) -> usize {
        c[1] as usize * (self.side as usize + 1) + c[0] as usize
    }

    /// The two triangles that halve the square, as (hypotenuse start, hypotenuse end, right angle).
    fn roots(&self) -> [[Corner; 3]; 2] {
        let n = self.side as i32;
        [[[0, 0], [n, n], [n, 0]], [[n, n], [0, 0], [0, n]]]
    }

    /// Errors bottom-up: triangles are numbered so that children have greater numbers (1 = both roots).
    fn measure(&mut self, max_edge_m: f64) {
        let n = self.side as usize;
        let num_inner = (n * n * 2).saturating_sub(2);
        let num_parents = num_inner.saturating_sub(n * n);
        for id in (2..num_inner + 2).rev() {
            let [a, b, c] = self.triangle(id);
            let middle = mid(a, b);
            let at = self.at(middle);
            let chord = (self.heights[self.at(a)] + self.heights[self.at(b)]) * 0.5;
            let mut error = self.errors[at].max((chord - self.heights[at]).abs());
            if id < num_parents + 2 {
                error = error
                    .max(self.errors[self.at(mid(a, c))])
                    .max(self.errors[self.at(mid(b, c))]);
            }
            let edge = self.step * DVec2::new(f64::from(a[0] - b[0]), f64::from(a[1] - b[1]));
            self.errors[at] = if edge.length() > max_edge_m {
                f32::INFINITY
            } else {
                error
            };
        }
    }

    fn triangle(&self, id: usize) -> [Corner; 3] {
        let [mut a, mut b, mut c] = self.roots()[1 - (id & 1)];
        let mut rest = id >> 1;
        while rest > 1 {
            let middle = mid(a, b);
            if rest & 1 == 1 {
                (a, b) = (c, a);
            } else {
                (a, b) = (b, c);
            }
            c = middle;
            rest >>= 1;
        }
        [a, b, c]
    }

    fn extract(&self, threshold: f32) -> (Vec<DVec3>, Vec<[u32; 3]>) {
        let mut numbers = vec![u32::MAX; self.heights.len()];
        let (mut vertices, mut triangles) = (Vec::new(), Vec::new());
        let mut stack: Vec<[Corner; 3]> = self.roots().into_iter().rev().collect();
        while let Some([a, b, c]) = stack.pop() {
            let middle = mid(a, b);
            let can_split = (a[0] - c[0]).abs() + (a[1] - c[1]).abs() > 1;
            if can_split && self.errors[self.at(middle)] > threshold {
                stack.push([b, c, middle]);
                stack.push([c, a, middle]);
                continue;
            }
            let triangle = [a, b, c].map(|corner| {
                let at = self.at(corner);
                if numbers[at] == u32::MAX {
                    numbers[at] = vertices.len() as u32;
                    let plan = DVec2::new(f64::from(corner[0]), f64::from(corner[1])) * self.step;
                    vertices.push(plan.extend(self.base_m + f64::from(self.heights[at])));
                }
                numbers[at]
            });
            let turn = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
            triangles.push(if turn > 0 {
                triangle
            } else {
                [triangle[0], triangle[2], triangle[1]]
            });
        }
        (vertices, triangles)
    }
}

fn mid(a: Corner, b: Corner) -> Corner {
    [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2]
}

impl Bins {
    fn new(tin: &Tin) -> Self {
        let side = ((tin.triangles.len() as f64 / 2.0).sqrt().ceil() as usize).clamp(1, 256);
        let mut bins = Self {
            side,
            starts: vec![0; side * side + 1],
            items: Vec::new(),
        };
        let mut pairs = Vec::with_capacity(tin.triangles.len() * 4);
        for t in 0..tin.triangles.len() as u32 {
            let bounds = rect::around(tin.corners(t).map(|c| c.truncate()));
            let Some((low, high)) = bins.range(&tin.rect, &bounds) else {
                continue;
            };
            for y in low[1]..=high[1] {
                pairs.extend((low[0]..=high[0]).map(|x| ((y * side + x) as u32, t)));
            }
        }
        pairs.sort_unstable();
        for (cell, _) in &pairs {
            bins.starts[*cell as usize + 1] += 1;
        }
        for i in 1..bins.starts.len() {
            bins.starts[i] += bins.starts[i - 1];
        }
        bins.items = pairs.into_iter().map(|(_, t)| t).collect();
        bins
    }

    /// Cells that `area` touches; `None` when it lies outside.
    fn range(&self, rect: &Rect, area: &Rect) -> Option<([usize; 2], [usize; 2])> {
        if self.side == 0 || !area.overlaps(rect) {
            return None;
        }
        let scale = self.side as f64 / rect.size().max(DVec2::splat(1e-9));
        let cell = |p: DVec2| {
            let q = ((p - rect.min) * scale)
                .floor()
                .clamp(DVec2::ZERO, DVec2::splat(self.side as f64 - 1.0));
            [q.x as usize, q.y as usize]
        };
        Some((cell(area.min), cell(area.max)))
    }

    fn cell(&self, x: usize, y: usize) -> &[u32] {
        let i = y * self.side + x;
        &self.items[self.starts[i] as usize..self.starts[i + 1] as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn hills(p: DVec2) -> f64 {
        40.0 * (p.x / 310.0).sin() * (p.y / 170.0).cos() + 3.0 * (p.x / 23.0).sin()
    }

    fn build(max_error_m: f64) -> Tin {
        let rect = Rect {
            min: DVec2::new(1000.0, 2000.0),
            max: DVec2::new(2024.0, 3000.0),
        };
        Tin::build(
            &TinOptions {
                rect,
                sample_step_m: 5.0,
                max_error_m,
                is_flat: false,
            },
            hills,
        )
    }

    #[test]
    fn the_error_is_what_is_said_and_coarser_tiles_have_fewer_triangles() {
        let mut last = usize::MAX;
        for target in [0.1, 0.5, 2.0, 8.0, 40.0] {
            let tin = build(target);
            assert!(tin.error_m <= target * 1.3, "{target}: {}", tin.error_m);
            assert!(tin.triangles.len() < last, "{target}: {}", tin.triangles.len());
            last = tin.triangles.len();
            // an independent walk over points that are not on the measuring grid
            for i in 0..400 {
                let p = DVec2::new(f64::from(i % 20) * 50.3 - 505.0, f64::from(i / 20) * 49.7 - 495.0);
                let z = tin.height(p).unwrap();
                assert!((z - hills(p + tin.origin)).abs() <= tin.error_m + 0.6, "{target} {p}");
            }
        }
    }

    #[test]
    fn the_triangles_tile_the_rectangle_without_cracks() {
        let tin = build(0.5);
        let area: f64 = (0..tin.triangles.len() as u32)
            .map(|t| {
                let c = tin.corners(t);
                (c[1] - c[0]).truncate().perp_dot((c[2] - c[0]).truncate()) / 2.0
            })
            .sum();
        assert!((area - 1024.0 * 1000.0).abs() < 1e-3, "{area}");
        let mut edges = std::collections::BTreeMap::new();
        for t in &tin.triangles {
            for (a, b) in [(t[0], t[1]), (t[1], t[2]), (t[2], t[0])] {
                *edges.entry((a.min(b), a.max(b))).or_insert(0) += if a < b { 1 } else { -1 };
            }
        }
        let open: Vec<_> = edges.iter().filter(|(_, n)| **n != 0).collect();
        let num_border: usize = tin.sides().iter().map(|s| s.len() - 1).sum();
        assert_eq!(
            open.len(),
            num_border,
            "edges used once lie on the border and nowhere else"
        );
    }

    #[test]
    fn a_plane_needs_two_triangles_until_the_earth_bends_it() {
        let flat = |size: f64, max_error_m: f64| {
            let rect = Rect {
                min: DVec2::ZERO,
                max: DVec2::splat(size),
            };
            Tin::build(
                &TinOptions {
                    rect,
                    sample_step_m: 5.0,
                    max_error_m,
                    is_flat: true,
                },
                |_| 12.0,
            )
        };
        assert_eq!(flat(300.0, 0.05).triangles.len(), 2);
        assert!(flat(20_000.0, 0.5).triangles.len() >= 32);
        assert!(flat(20_000.0, 0.5).error_m < 0.5);
    }

    proptest! {
        #[test]
        fn every_point_inside_has_a_height(x in -512.0..=512.0f64, y in -500.0..=500.0f64) {
            prop_assert!(build(4.0).height(DVec2::new(x, y)).is_some());
        }
    }
}
