//! Areas: the strip along reached streets and the service areas of parks, as unions of swept polygons.
//!
//! A segment swept by a regular polygon is convex, so that every area is a union of convex hulls: another program can
//! build the very same one.

use super::axis::hull;
use super::barriers::Blocks;
use super::near::Point;
use crate::geometry::{self, Box2, polygon};
use crate::{Cancelled, Task};
use geo::{Area as _, BooleanOps as _, MapCoords as _, MultiPolygon, Polygon};
use rayon::prelude::*;

/// Corners of the polygon that stands for a circle around streets: its sides lie inside by at most 0.5 % of the radius.
pub const STREET_CORNERS: usize = 32;
/// Corners of the polygon that stands for a circle around parks: 8 cm inside at 500 m.
pub const PARK_CORNERS: usize = 180;
/// Polygons that are united at a time.
const CHUNK: usize = 48;
/// Side of the squares by which polygons are gathered before they are united, metres.
const SQUARE_M: f64 = 250.0;

/// The hull of two regular polygons, which lie around the ends of a segment.
///
/// * `corners` — of the regular polygon, the first towards the east; `radius_m` — of its corners
pub fn sweep([a, b]: [Point; 2], radius_m: f64, corners: usize) -> Polygon<f64> {
    let step = std::f64::consts::TAU / corners as f64;
    let points: Vec<Point> = (0..corners)
        .flat_map(|k| {
            let (sin, cos) = (step * k as f64).sin_cos();
            [a, b].map(|p| [p[0] + radius_m * cos, p[1] + radius_m * sin])
        })
        .collect();
    polygon(&[hull(&points)])
}

/// Everything within `radius_m` of segments (circles as polygons of `corners` corners).
///
/// # Errors
/// [`Cancelled`] when it was asked to stop.
pub fn around(
    segments: &[[Point; 2]],
    radius_m: f64,
    corners: usize,
    task: &Task,
) -> Result<MultiPolygon<f64>, Cancelled> {
    let mut sorted: Vec<&[Point; 2]> = segments.iter().collect();
    let square = |s: &[Point; 2]| [s[0][1], s[0][0]].map(|v| (v / SQUARE_M).floor() as i64);
    // neighbours side by side: their unions are small and simple
    sorted.sort_by(|p, q| {
        square(p)
            .cmp(&square(q))
            .then(p[0][0].total_cmp(&q[0][0]))
            .then(p[0][1].total_cmp(&q[0][1]))
    });
    let polygons = sorted
        .iter()
        .map(|s| MultiPolygon::new(vec![sweep(**s, radius_m, corners)]))
        .collect();
    union(polygons, task)
}

/// Union of many polygons, a few at a time.
///
/// # Errors
/// [`Cancelled`] when it was asked to stop.
pub fn union(mut parts: Vec<MultiPolygon<f64>>, task: &Task) -> Result<MultiPolygon<f64>, Cancelled> {
    while parts.len() > 1 {
        let united: Result<Vec<_>, Cancelled> = parts
            .par_chunks(CHUNK)
            .map(|chunk| {
                task.step(0.0)?;
                Ok(geometry::union(chunk))
            })
            .collect();
        parts = united?;
    }
    Ok(parts.pop().unwrap_or_else(|| MultiPolygon::new(Vec::new())))
}

/// The strip along streets with small blocks filled and barriers' surfaces left out.
///
/// # Errors
/// [`Cancelled`] when it was asked to stop.
pub fn strip(
    segments: &[[Point; 2]],
    radius_m: f64,
    filled_m2: f64,
    blocks: &Blocks,
    task: &Task,
) -> Result<MultiPolygon<f64>, Cancelled> {
    let united = around(segments, radius_m, STREET_CORNERS, task)?;
    let filled = MultiPolygon::new(united.0.into_iter().map(|p| fill(p, filled_m2)).collect());
    let bounds = Box2::of(&filled);
    if bounds == Box2::EMPTY {
        return Ok(filled);
    }
    let water = blocks.ground_surfaces(bounds.min, bounds.max);
    let water: Vec<_> = water
        .map(|rings| geometry::repaired(MultiPolygon::new(vec![polygon(rings)])))
        .collect();
    if water.is_empty() {
        return Ok(filled);
    }
    Ok(difference(&filled, &union(water, task)?))
}

fn fill(polygon: Polygon<f64>, filled_m2: f64) -> Polygon<f64> {
    let (outer, mut holes) = polygon.into_inner();
    holes.retain(|ring| Polygon::new(ring.clone(), Vec::new()).unsigned_area() > filled_m2);
    Polygon::new(outer, holes)
}

/// What of `a` is not in `b`.
pub fn difference(a: &MultiPolygon<f64>, b: &MultiPolygon<f64>) -> MultiPolygon<f64> {
    let (of_a, of_b) = (Box2::of(a), Box2::of(b));
    if !of_a.meets(&of_b) {
        return a.clone();
    }
    // near the origin the overlay's grid is finest
    let [x, y] = of_a.center();
    let shifted = |p: &MultiPolygon<f64>, sign: f64| {
        p.map_coords(|c| geo::Coord {
            x: c.x + sign * x,
            y: c.y + sign * y,
        })
    };
    shifted(&shifted(a, -1.0).difference(&shifted(b, -1.0)), 1.0)
}

/// Rings of polygons as layers have them: the outer one first, not closed.
pub(crate) fn rings(polygons: &MultiPolygon<f64>) -> Vec<Vec<Vec<Point>>> {
    let ring = |r: &geo::LineString<f64>| {
        let points: Vec<Point> = r.0.iter().map(|c| [c.x, c.y]).collect();
        points[..points.len().saturating_sub(1)].to_vec()
    };
    let of = |p: &Polygon<f64>| {
        std::iter::once(ring(p.exterior()))
            .chain(p.interiors().iter().map(ring))
            .collect()
    };
    polygons.0.iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_swept_segment_has_the_area_of_strip_and_polygon() {
        let (radius, corners) = (30.0, 32);
        let regular = 0.5 * f64::from(corners) * radius * radius * (std::f64::consts::TAU / f64::from(corners)).sin();
        let level = sweep([[10.0, 5.0], [110.0, 5.0]], radius, 32).unsigned_area();
        assert!((level - (regular + 100.0 * 2.0 * radius)).abs() < 1e-9);
        let point = sweep([[1e6, 4e6]; 2], radius, 32).unsigned_area();
        assert!((point - regular).abs() < 1e-5);
        // two crossing strips: together the sum less the square that they share
        let cross = [[[-100.0, 0.0], [100.0, 0.0]], [[0.0, -100.0], [0.0, 100.0]]];
        let both = around(&cross, radius, corners as usize, &Task::default())
            .unwrap()
            .unsigned_area();
        assert!((both - (2.0 * (regular + 200.0 * 2.0 * radius) - 3600.0)).abs() < 1e-3);
    }
}
