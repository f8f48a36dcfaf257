//! Footprints in plan: cleaning, hull, oriented box, insets.

use city_model::ring::signed_area;
use glam::DVec2;

/// Points nearer to each other than this are one.
const SAME_POINT_M: f64 = 1e-3;

/// Rings without repeated points, outer CCW and holes CW; `None` when the outer ring has no area.
pub(super) fn cleaned_rings(rings: &[Vec<DVec2>]) -> Option<Vec<Vec<DVec2>>> {
    let mut cleaned = Vec::with_capacity(rings.len());
    for (i, ring) in rings.iter().enumerate() {
        let mut points: Vec<DVec2> = Vec::with_capacity(ring.len());
        for p in ring {
            if !p.is_finite() {
                return None;
            }
            if points.last().is_none_or(|last| last.distance(*p) > SAME_POINT_M) {
                points.push(*p);
            }
        }
        while points.len() > 1 && points[0].distance(points[points.len() - 1]) <= SAME_POINT_M {
            points.pop();
        }
        let area = signed_area(&points);
        if points.len() < 3 || area.abs() < 1e-3 {
            if i == 0 {
                return None;
            }
            continue;
        }
        if (area > 0.0) != (i == 0) {
            points.reverse();
        }
        cleaned.push(points);
    }
    (!cleaned.is_empty()).then_some(cleaned)
}

/// Convex hull, CCW, without collinear points (Andrew's monotone chain).
pub(super) fn hull(mut points: Vec<DVec2>) -> Vec<DVec2> {
    points.retain(|p| p.is_finite());
    points.sort_by(|a, b| a.x.total_cmp(&b.x).then(a.y.total_cmp(&b.y)));
    points.dedup_by(|a, b| a.distance(*b) <= SAME_POINT_M);
    if points.len() < 3 {
        return points;
    }
    let mut hull: Vec<DVec2> = Vec::with_capacity(points.len() + 1);
    let add = |hull: &mut Vec<DVec2>, p: DVec2, floor: usize| {
        while hull.len() >= floor + 2
            && (hull[hull.len() - 1] - hull[hull.len() - 2]).perp_dot(p - hull[hull.len() - 1]) <= 1e-9
        {
            hull.pop();
        }
        hull.push(p);
    };
    for p in &points {
        add(&mut hull, *p, 0);
    }
    let floor = hull.len() - 1;
    for p in points.iter().rev().skip(1) {
        add(&mut hull, *p, floor);
    }
    hull.pop();
    hull
}

/// Least rectangle around a footprint.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct OrientedBox {
    pub(super) center: DVec2,
    /// Unit vector of the longer axis.
    pub(super) axis: DVec2,
    pub(super) half_long: f64,
    pub(super) half_short: f64,
}

impl OrientedBox {
    /// Least-area rectangle with a side along a hull edge; `None` for fewer than three hull points.
    pub(super) fn around(points: &[DVec2]) -> Option<Self> {
        let hull = hull(points.to_vec());
        if hull.len() < 3 {
            return None;
        }
        let mut best: Option<(f64, Self)> = None;
        for i in 0..hull.len() {
            let axis = (hull[(i + 1) % hull.len()] - hull[i]).normalize_or(DVec2::X);
            let (mut low, mut high) = (DVec2::INFINITY, DVec2::NEG_INFINITY);
            for p in &hull {
                let q = DVec2::new((*p - hull[i]).dot(axis), axis.perp_dot(*p - hull[i]));
                (low, high) = (low.min(q), high.max(q));
            }
            let size = high - low;
            let area = size.x * size.y;
            if best.is_none_or(|(least, _)| area < least - 1e-6) {
                let mid = (low + high) * 0.5;
                let center = hull[i] + axis * mid.x + axis.perp() * mid.y;
                let along = Self {
                    center,
                    axis,
                    half_long: size.x * 0.5,
                    half_short: size.y * 0.5,
                };
                let across = Self {
                    center,
                    axis: axis.perp(),
                    half_long: size.y * 0.5,
                    half_short: size.x * 0.5,
                };
                best = Some((area, if size.x >= size.y { along } else { across }));
            }
        }
        best.map(|(_, found)| found)
    }

    /// Plan position of box coordinates (along, across).
    pub(super) fn to_plan(self, p: DVec2) -> DVec2 {
        self.center + self.axis * p.x + self.axis.perp() * p.y
    }

    /// Box coordinates of a plan position.
    pub(super) fn to_box(self, p: DVec2) -> DVec2 {
        let d = p - self.center;
        DVec2::new(d.dot(self.axis), self.axis.perp_dot(d))
    }

    /// Corners, CCW.
    pub(super) fn corners(self) -> [DVec2; 4] {
        [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)]
            .map(|(x, y)| self.to_plan(DVec2::new(x * self.half_long, y * self.half_short)))
    }
}

/// Ring moved to the left of its direction by `distance_m` with mitred corners; `None` when it would fold.
pub(super) fn inset(ring: &[DVec2], distance_m: f64) -> Option<Vec<DVec2>> {
    let n = ring.len();
    let left = |i: usize| (ring[(i + 1) % n] - ring[i]).normalize_or(DVec2::X).perp();
    let moved: Vec<DVec2> = (0..n)
        .map(|i| {
            let (before, after) = (left((i + n - 1) % n), left(i));
            let spread = 1.0 + before.dot(after);
            (spread > 0.3).then(|| ring[i] + (before + after) * (distance_m / spread))
        })
        .collect::<Option<_>>()?;
    let folds = (0..n).any(|i| {
        let j = (i + 1) % n;
        (moved[j] - moved[i]).dot(ring[j] - ring[i]) <= 0.0
    });
    (!folds).then_some(moved)
}

/// Distance from a point to a filled ring, 0 inside.
pub(super) fn distance_to_ring(p: DVec2, ring: &[DVec2]) -> f64 {
    let mut is_inside = false;
    let mut least = f64::INFINITY;
    for i in 0..ring.len() {
        let (a, b) = (ring[i], ring[(i + 1) % ring.len()]);
        if (a.y > p.y) != (b.y > p.y) && p.x < a.x + (p.y - a.y) / (b.y - a.y) * (b.x - a.x) {
            is_inside = !is_inside;
        }
        let t = ((p - a).dot(b - a) / (b - a).length_squared().max(1e-12)).clamp(0.0, 1.0);
        least = least.min(p.distance(a + (b - a) * t));
    }
    if is_inside { 0.0 } else { least }
}

/// Ring with at most `max_points` points: the corners that matter least go first. Returns the greatest distance of a
/// removed corner from the edge that replaced it, metres.
pub(super) fn thin_out(ring: &mut Vec<DVec2>, tolerance_m: f64, max_points: usize) -> f64 {
    let mut error = 0.0_f64;
    while ring.len() > 3 {
        let n = ring.len();
        let cost = |i: usize| {
            let (a, p, b) = (ring[(i + n - 1) % n], ring[i], ring[(i + 1) % n]);
            let t = ((p - a).dot(b - a) / (b - a).length_squared().max(1e-12)).clamp(0.0, 1.0);
            p.distance(a + (b - a) * t)
        };
        let Some((i, least)) = (0..n).map(|i| (i, cost(i))).min_by(|a, b| a.1.total_cmp(&b.1)) else {
            break;
        };
        if least > tolerance_m && n <= max_points {
            break;
        }
        error = error.max(least);
        ring.remove(i);
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn l_shape() -> Vec<DVec2> {
        [
            (0.0, 0.0),
            (20.0, 0.0),
            (20.0, 8.0),
            (8.0, 8.0),
            (8.0, 30.0),
            (0.0, 30.0),
        ]
        .map(DVec2::from)
        .to_vec()
    }

    #[test]
    fn an_inset_keeps_its_distance_and_folding_is_noticed() {
        let moved = inset(&l_shape(), 0.25).unwrap();
        assert!((signed_area(&moved) - (signed_area(&l_shape()) - 0.25 * 100.0 + 0.25 * 0.25 * 4.0)).abs() < 1e-9);
        assert_eq!(inset(&l_shape(), 6.0), None);
    }

    #[test]
    fn rings_are_turned_the_right_way_and_lose_repeated_points() {
        let mut ring = l_shape();
        ring.reverse();
        ring.push(ring[0]);
        let hole = vec![DVec2::new(1.0, 1.0), DVec2::new(3.0, 1.0), DVec2::new(3.0, 3.0)];
        let cleaned = cleaned_rings(&[ring, hole]).unwrap();
        assert!(signed_area(&cleaned[0]) > 0.0 && signed_area(&cleaned[1]) < 0.0);
        assert_eq!(cleaned[0].len(), 6);
        assert_eq!(cleaned_rings(&[vec![DVec2::ZERO, DVec2::X, DVec2::X * 2.0]]), None);
    }

    #[test]
    fn distance_is_zero_inside_and_straight_outside() {
        assert!(distance_to_ring(DVec2::new(4.0, 4.0), &l_shape()) < 1e-12);
        assert!((distance_to_ring(DVec2::new(14.0, 12.0), &l_shape()) - 4.0).abs() < 1e-9);
    }

    proptest! {
        #[test]
        fn hull_and_box_hold_every_point(points in proptest::collection::vec((-50.0..50.0f64, -50.0..50.0f64), 3..40)) {
            let points: Vec<DVec2> = points.into_iter().map(DVec2::from).collect();
            let ring = hull(points.clone());
            if ring.len() >= 3 {
                let found = OrientedBox::around(&points).unwrap();
                prop_assert!(found.half_long >= found.half_short);
                for p in &points {
                    prop_assert!(distance_to_ring(*p, &ring) < 2e-3);
                    let q = found.to_box(*p).abs();
                    prop_assert!(q.x <= found.half_long + 2e-3 && q.y <= found.half_short + 2e-3);
                    prop_assert!((found.to_plan(found.to_box(*p)) - *p).length() < 1e-9);
                }
            }
        }
    }
}
