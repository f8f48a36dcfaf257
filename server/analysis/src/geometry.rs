//! Areas, shares and lengths in plan: overlay through `geo` (i_overlay), in a local frame so that millimetres survive.
//!
//! All coordinates are metres of the scene CRS (f64, x east, y north).

use crate::AnalysisError;
use geo::{
    Area as _, BooleanOps as _, BoundingRect as _, Coord, Distance as _, Euclidean, Intersects as _, LineString,
    MapCoords as _, MultiPolygon, Orient as _, Polygon, Validation as _,
};

/// Vertices that an area may have; more is not a planner's polygon.
pub const MAX_AREA_VERTICES: usize = 100_000;
/// Metres added around a feature when the area is cut down to its neighbourhood.
const NEIGHBOURHOOD_M: f64 = 1.0;

/// Shares this near 0 and 1 are the rounding of the overlay's grid (nanometres on tens of metres): a building that only
/// touches the edge counts whole.
const SHARE_ROUNDING: f64 = 2e-8;

/// A box in plan: min x, min y, max x, max y, metres.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Box2 {
    /// Least corner.
    pub min: [f64; 2],
    /// Greatest corner.
    pub max: [f64; 2],
}

impl Box2 {
    /// Contains nothing.
    pub const EMPTY: Self = Self {
        min: [f64::INFINITY; 2],
        max: [f64::NEG_INFINITY; 2],
    };

    /// Box around points.
    pub fn around(points: impl IntoIterator<Item = [f64; 2]>) -> Self {
        points.into_iter().fold(Self::EMPTY, |b, p| Self {
            min: [b.min[0].min(p[0]), b.min[1].min(p[1])],
            max: [b.max[0].max(p[0]), b.max[1].max(p[1])],
        })
    }

    /// Box of polygons.
    pub fn of(polygons: &MultiPolygon<f64>) -> Self {
        polygons.bounding_rect().map_or(Self::EMPTY, |r| Self {
            min: [r.min().x, r.min().y],
            max: [r.max().x, r.max().y],
        })
    }

    /// The box grown by a margin on all sides.
    #[must_use]
    pub fn grown(self, margin_m: f64) -> Self {
        Self {
            min: self.min.map(|v| v - margin_m),
            max: self.max.map(|v| v + margin_m),
        }
    }

    /// True when the two share a point.
    pub fn meets(&self, other: &Self) -> bool {
        (0..2).all(|k| self.min[k] <= other.max[k] && other.min[k] <= self.max[k])
    }

    /// Middle.
    pub fn center(&self) -> [f64; 2] {
        [0, 1].map(|k| (self.min[k] + self.max[k]) / 2.0)
    }
}

/// A checked area with its edges ready for questions.
#[derive(Debug, Clone)]
pub struct Region {
    polygons: MultiPolygon<f64>,
    bounds: Box2,
    area_m2: f64,
    /// Edges with their ends in canonical order (by x, then y): a shared edge of two neighbours is the same numbers in
    /// both, so that every point lies in exactly one of them.
    edges: Vec<[[f64; 2]; 2]>,
}

impl Region {
    /// Checks and indexes an area.
    ///
    /// # Errors
    /// [`AnalysisError`] when it is empty, not finite, too long, or not a valid multi-polygon (OGC simple features:
    /// a self-crossing ring, a hole outside, overlapping members).
    pub fn new(polygons: MultiPolygon<f64>) -> Result<Self, AnalysisError> {
        let found = polygons.0.iter().map(num_vertices).sum();
        if found > MAX_AREA_VERTICES {
            let limit = MAX_AREA_VERTICES;
            return Err(AnalysisError::TooManyVertices { found, limit });
        }
        for (polygon, p) in polygons.0.iter().enumerate() {
            if !rings(p).flat_map(|r| &r.0).all(|c| c.x.is_finite() && c.y.is_finite()) {
                return Err(AnalysisError::NotFinite { polygon });
            }
        }
        polygons.check_validation().map_err(|err| AnalysisError::InvalidArea {
            reason: err.to_string(),
        })?;
        let area_m2 = polygons.unsigned_area();
        if area_m2.is_nan() || area_m2 <= 0.0 {
            return Err(AnalysisError::EmptyArea);
        }
        let edges = polygons
            .0
            .iter()
            .flat_map(rings)
            .flat_map(|ring| ring.lines())
            .map(|line| [[line.start.x, line.start.y], [line.end.x, line.end.y]])
            .map(|[a, b]| if a <= b { [a, b] } else { [b, a] })
            .collect();
        Ok(Self {
            bounds: Box2::of(&polygons),
            area_m2,
            edges,
            polygons,
        })
    }

    /// The polygons.
    pub const fn polygons(&self) -> &MultiPolygon<f64> {
        &self.polygons
    }

    /// Plan area, m².
    pub const fn area_m2(&self) -> f64 {
        self.area_m2
    }

    /// Bounds in plan.
    pub const fn bounds(&self) -> Box2 {
        self.bounds
    }

    /// True when the point lies inside. Points on an edge belong to exactly one of two areas that share it.
    pub fn contains(&self, [x, y]: [f64; 2]) -> bool {
        let crossed = self
            .edges
            .iter()
            .filter(|[a, b]| (a[1] > y) != (b[1] > y) && x < (b[0] - a[0]) * (y - a[1]) / (b[1] - a[1]) + a[0]);
        crossed.count() % 2 == 1
    }

    /// Where a box lies: `Some(true)` wholly inside, `Some(false)` wholly outside, `None` when an edge passes near.
    fn side_of(&self, b: &Box2) -> Option<bool> {
        if !self.bounds.meets(b) {
            return Some(false);
        }
        let passes = self.edges.iter().any(|[p, q]| {
            p[0] <= b.max[0] && q[0] >= b.min[0] && p[1].min(q[1]) <= b.max[1] && p[1].max(q[1]) >= b.min[1]
        });
        (!passes).then(|| self.contains(b.center()))
    }

    /// The part of `polygons` inside the area.
    pub fn clip(&self, polygons: &MultiPolygon<f64>) -> MultiPolygon<f64> {
        let b = Box2::of(polygons);
        match self.side_of(&b) {
            Some(true) => polygons.clone(),
            Some(false) => MultiPolygon::new(vec![]),
            None => {
                let origin = b.center();
                let near = shifted(&cut_to_box(&self.polygons, &b.grown(NEIGHBOURHOOD_M)), origin, -1.0);
                let here = shifted(polygons, origin, -1.0).intersection(&near);
                shifted(&here, origin, 1.0)
            }
        }
    }

    /// Plan area of `polygons` inside the area as a share of `total_m2`, 0–1.
    pub fn share(&self, polygons: &MultiPolygon<f64>, bounds: &Box2, total_m2: f64) -> f64 {
        match self.side_of(bounds) {
            Some(inside) => f64::from(u8::from(inside)),
            None if total_m2 > 0.0 => match self.clip(polygons).unsigned_area() / total_m2 {
                share if share < SHARE_ROUNDING => 0.0,
                share if share > 1.0 - SHARE_ROUNDING => 1.0,
                share => share,
            },
            None => f64::from(u8::from(self.contains(bounds.center()))),
        }
    }

    /// Length of a line inside the area: in plan and along the line in space, metres.
    ///
    /// A piece on the edge that two areas share is counted in one of them only.
    pub fn length_inside(&self, points: &[[f64; 3]]) -> [f64; 2] {
        let bounds = Box2::around(points.iter().map(|p| [p[0], p[1]]));
        let side = self.side_of(&bounds);
        let mut sum = [0.0; 2];
        for (a, b) in points.iter().zip(points.iter().skip(1)) {
            let [dx, dy, dz] = [0, 1, 2].map(|k| b[k] - a[k]);
            let plan = dx.hypot(dy);
            let inside = side.map_or_else(|| self.part_inside(*a, [dx, dy]), |inside| f64::from(u8::from(inside)));
            sum[0] += plan * inside;
            sum[1] += plan.hypot(dz) * inside;
        }
        sum
    }

    /// Share of the segment from `a` along `d` inside the area.
    fn part_inside(&self, a: [f64; 3], d: [f64; 2]) -> f64 {
        let mut cuts = vec![0.0, 1.0];
        for [p, q] in &self.edges {
            let e = [q[0] - p[0], q[1] - p[1]];
            let to = [p[0] - a[0], p[1] - a[1]];
            let cross = d[0] * e[1] - d[1] * e[0];
            let (t, u) = (
                (to[0] * e[1] - to[1] * e[0]) / cross,
                (to[0] * d[1] - to[1] * d[0]) / cross,
            );
            if t > 0.0 && t < 1.0 && (-1e-9..=1.0 + 1e-9).contains(&u) {
                cuts.push(t);
            } else if cross == 0.0 {
                // along the edge: its ends may cut the segment
                let length2 = d[0] * d[0] + d[1] * d[1];
                let along = |p: &[f64; 2]| ((p[0] - a[0]) * d[0] + (p[1] - a[1]) * d[1]) / length2;
                cuts.extend([along(p), along(q)].into_iter().filter(|t| *t > 0.0 && *t < 1.0));
            }
        }
        cuts.sort_by(f64::total_cmp);
        cuts.windows(2)
            .filter(|w| w[1] > w[0] && self.contains([0, 1].map(|k| a[k] + d[k] * (w[0] + w[1]) / 2.0)))
            .map(|w| w[1] - w[0])
            .sum()
    }

    /// Straight-line distance from the area to polygons, metres; 0 when they meet.
    pub fn distance_m(&self, polygons: &MultiPolygon<f64>) -> f64 {
        let origin = self.bounds.center();
        let (a, b) = (shifted(&self.polygons, origin, -1.0), shifted(polygons, origin, -1.0));
        if a.intersects(&b) {
            0.0
        } else {
            Euclidean.distance(&a, &b)
        }
    }
}

/// Union of polygons, overlaps counted once.
pub fn union(parts: &[MultiPolygon<f64>]) -> MultiPolygon<f64> {
    let bounds = parts.iter().map(Box2::of).fold(Box2::EMPTY, |a, b| Box2 {
        min: [a.min[0].min(b.min[0]), a.min[1].min(b.min[1])],
        max: [a.max[0].max(b.max[0]), a.max[1].max(b.max[1])],
    });
    if bounds == Box2::EMPTY {
        return MultiPolygon::new(vec![]);
    }
    let origin = bounds.center();
    let local: Vec<MultiPolygon<f64>> = parts.iter().map(|p| shifted(p, origin, -1.0)).collect();
    shifted(&geo::unary_union(&local), origin, 1.0)
}

/// Intersection of polygons.
pub fn intersection(a: &MultiPolygon<f64>, b: &MultiPolygon<f64>) -> MultiPolygon<f64> {
    let (ba, bb) = (Box2::of(a), Box2::of(b));
    if !ba.meets(&bb) {
        return MultiPolygon::new(vec![]);
    }
    let origin = ba.center();
    shifted(
        &shifted(a, origin, -1.0).intersection(&shifted(b, origin, -1.0)),
        origin,
        1.0,
    )
}

/// Plan area, m².
pub fn area_m2(polygons: &MultiPolygon<f64>) -> f64 {
    polygons.unsigned_area()
}

/// Polygons as an overlay can use them: valid ones as they are, others (self-crossing rings of real data) rebuilt by
/// the non-zero winding rule; empty when nothing is left.
pub fn repaired(polygons: MultiPolygon<f64>) -> MultiPolygon<f64> {
    let finite = polygons
        .0
        .iter()
        .flat_map(rings)
        .flat_map(|r| &r.0)
        .all(|c| c.x.is_finite() && c.y.is_finite());
    if !finite {
        return MultiPolygon::new(vec![]);
    }
    if polygons.is_valid() {
        return polygons;
    }
    let origin = Box2::of(&polygons).center();
    let local = shifted(&polygons, origin, -1.0);
    let rebuilt = local.union_with_fill_rule(&MultiPolygon::new(vec![]), geo::bool_ops::FillRule::NonZero);
    shifted(&rebuilt, origin, 1.0)
}

/// A polygon of rings (outer first, not closed), metres. The rings may run either way: they are turned so that unions,
/// which wind, keep the holes.
pub fn polygon(rings: &[Vec<[f64; 2]>]) -> Polygon<f64> {
    let ring = |r: &Vec<[f64; 2]>| LineString::new(r.iter().map(|p| Coord { x: p[0], y: p[1] }).collect());
    let mut all = rings.iter().map(ring);
    let outer = all.next().unwrap_or_else(|| LineString::new(vec![]));
    let polygon = Polygon::new(outer, all.collect());
    // what is not finite has no direction; it is refused where it is used
    let is_finite = self::rings(&polygon)
        .flat_map(|r| &r.0)
        .all(|c| c.x.is_finite() && c.y.is_finite());
    if is_finite {
        polygon.orient(geo::orient::Direction::Default)
    } else {
        polygon
    }
}

fn rings(p: &Polygon<f64>) -> impl Iterator<Item = &LineString<f64>> {
    std::iter::once(p.exterior()).chain(p.interiors())
}

fn num_vertices(p: &Polygon<f64>) -> usize {
    rings(p).map(|r| r.0.len()).sum()
}

fn shifted(p: &MultiPolygon<f64>, origin: [f64; 2], sign: f64) -> MultiPolygon<f64> {
    p.map_coords(|c| Coord {
        x: c.x + sign * origin[0],
        y: c.y + sign * origin[1],
    })
}

/// Rings cut to a box (Sutherland–Hodgman, ring by ring): what lies in the box is unchanged; bridges that the cut
/// leaves run along the box's sides, where they enclose nothing.
fn cut_to_box(polygons: &MultiPolygon<f64>, b: &Box2) -> MultiPolygon<f64> {
    let cut = |p: &Polygon<f64>| {
        let outer = cut_ring(p.exterior(), b);
        (outer.0.len() > 3).then(|| {
            let holes = p
                .interiors()
                .iter()
                .map(|r| cut_ring(r, b))
                .filter(|r| r.0.len() > 3)
                .collect();
            Polygon::new(outer, holes)
        })
    };
    MultiPolygon::new(polygons.0.iter().filter_map(cut).collect())
}

fn cut_ring(ring: &LineString<f64>, b: &Box2) -> LineString<f64> {
    let mut points: Vec<[f64; 2]> = ring.0.iter().map(|c| [c.x, c.y]).collect();
    points.pop();
    for (axis, limit, sign) in [
        (0, b.min[0], 1.0),
        (0, b.max[0], -1.0),
        (1, b.min[1], 1.0),
        (1, b.max[1], -1.0),
    ] {
        let inside = |p: &[f64; 2]| sign * (p[axis] - limit) >= 0.0;
        let mut kept = Vec::with_capacity(points.len() + 4);
        for (i, p) in points.iter().enumerate() {
            let before = &points[(i + points.len() - 1) % points.len()];
            if inside(before) != inside(p) {
                let t = (limit - before[axis]) / (p[axis] - before[axis]);
                let mut cut = [0, 1].map(|k| before[k] + t * (p[k] - before[k]));
                cut[axis] = limit;
                kept.push(cut);
            }
            if inside(p) {
                kept.push(*p);
            }
        }
        points = kept;
    }
    let mut ring = LineString::new(points.into_iter().map(|p| Coord { x: p[0], y: p[1] }).collect());
    ring.close();
    ring
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_union_keeps_holes_whichever_way_their_rings_run() {
        let outer = vec![[0.0, 0.0], [10.0, 0.0], [10.0, 10.0], [0.0, 10.0]];
        let hole = vec![[4.0, 4.0], [6.0, 4.0], [6.0, 6.0], [4.0, 6.0]];
        let turned: Vec<[f64; 2]> = hole.iter().rev().copied().collect();
        for hole in [hole, turned] {
            let ring = MultiPolygon::new(vec![polygon(&[outer.clone(), hole])]);
            let beside = MultiPolygon::new(vec![polygon(&[vec![
                [9.0, 0.0],
                [12.0, 0.0],
                [12.0, 10.0],
                [9.0, 10.0],
            ]])]);
            assert!((area_m2(&ring) - 96.0).abs() < 1e-9);
            assert!((area_m2(&union(&[ring, beside])) - 116.0).abs() < 1e-6);
        }
    }
}
