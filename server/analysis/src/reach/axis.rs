//! The centre line of a deck: for bridges that the data holds as surfaces only.

use super::near::Point;

/// The middle line along the longer side of the smallest rectangle around a ring.
///
/// * `ring` — vertices in plan, metres, not closed
/// * returns both ends; `None` for fewer than three vertices or a ring without area
///
/// # Source
/// Freeman and Shapira (1975): the smallest rectangle has a side on an edge of the convex hull.
pub fn axis(ring: &[Point]) -> Option<[Point; 2]> {
    if ring.iter().flatten().any(|v| !v.is_finite()) {
        return None;
    }
    let hull = hull(ring);
    let mut best: Option<(f64, [Point; 2])> = None;
    for (i, a) in hull.iter().enumerate() {
        let b = hull[(i + 1) % hull.len()];
        let length = (b[0] - a[0]).hypot(b[1] - a[1]);
        if length <= 0.0 {
            continue;
        }
        let u = [(b[0] - a[0]) / length, (b[1] - a[1]) / length];
        let span = |d: Point| {
            let along = hull.iter().map(|p| (p[0] - a[0]) * d[0] + (p[1] - a[1]) * d[1]);
            along.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], v| {
                [low.min(v), high.max(v)]
            })
        };
        let v = [-u[1], u[0]];
        let ([u0, u1], [v0, v1]) = (span(u), span(v));
        let area = (u1 - u0) * (v1 - v0);
        let at = |s: f64, t: f64| [a[0] + u[0] * s + v[0] * t, a[1] + u[1] * s + v[1] * t];
        let (um, vm) = ((u0 + u1) / 2.0, (v0 + v1) / 2.0);
        let line = if u1 - u0 >= v1 - v0 {
            [at(u0, vm), at(u1, vm)]
        } else {
            [at(um, v0), at(um, v1)]
        };
        if area > 0.0 && best.is_none_or(|b| area < b.0) {
            best = Some((area, line));
        }
    }
    best.map(|b| b.1)
}

/// Convex hull (monotone chain), counter-clockwise.
pub(super) fn hull(points: &[Point]) -> Vec<Point> {
    let mut points = points.to_vec();
    points.sort_by(|p, q| p[0].total_cmp(&q[0]).then(p[1].total_cmp(&q[1])));
    points.dedup();
    if points.len() < 3 {
        return points;
    }
    let mut hull: Vec<Point> = Vec::with_capacity(points.len() + 1);
    let mut chain = |points: &mut dyn Iterator<Item = &Point>| {
        // the lower side from west to east, then the upper side back
        let base = hull.len();
        for p in points {
            while hull.len() >= base + 2 && turn(hull[hull.len() - 2], hull[hull.len() - 1], *p) <= 0.0 {
                hull.pop();
            }
            hull.push(*p);
        }
        hull.pop();
    };
    chain(&mut points.iter());
    chain(&mut points.iter().rev());
    hull
}

fn turn(a: Point, b: Point, c: Point) -> f64 {
    (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_of_a_slanting_deck_runs_along_it() {
        // a deck from (10, 20) to (90, 80), 100 m long and 12 m wide, with a vertex in the middle of a side
        let (d, n) = ([0.8, 0.6], [-0.6, 0.8]);
        let at = |s: f64, t: f64| [10.0 + d[0] * s + n[0] * t, 20.0 + d[1] * s + n[1] * t];
        let ring = [
            at(0.0, -6.0),
            at(50.0, -6.0),
            at(100.0, -6.0),
            at(100.0, 6.0),
            at(0.0, 6.0),
        ];
        let mut line = axis(&ring).unwrap();
        line.sort_by(|a, b| a[0].total_cmp(&b[0]));
        for (found, expect) in line.iter().flatten().zip([10.0, 20.0, 90.0, 80.0]) {
            assert!((found - expect).abs() < 1e-9, "{line:?}");
        }
        assert_eq!(axis(&ring[..2]), None);
        assert_eq!(axis(&[[0.0, 0.0], [f64::NAN, 1.0], [2.0, 2.0]]), None);
    }
}
