//! Rings in plan: signed area and convex hull.

use glam::DVec2;

/// Area of a ring, in the square of its unit, positive when counter-clockwise; not closed, or closed by its first point.
pub fn signed_area(ring: &[DVec2]) -> f64 {
    signed_area_of(ring.iter().copied())
}

/// [`signed_area`] of points that come one by one.
pub fn signed_area_of(ring: impl IntoIterator<Item = DVec2>) -> f64 {
    let mut points = ring.into_iter();
    let Some(origin) = points.next() else {
        return 0.0;
    };
    // relative to the first point: the products stay small at projected coordinates of millions of metres
    let (mut doubled, mut previous) = (0.0, DVec2::ZERO);
    for point in points {
        let point = point - origin;
        doubled += previous.perp_dot(point);
        previous = point;
    }
    doubled * 0.5
}

/// Convex hull, counter-clockwise, by Andrew's monotone chain; fewer than three points when there is no area.
pub fn convex_hull(points: impl IntoIterator<Item = DVec2>) -> Vec<DVec2> {
    let mut points: Vec<DVec2> = points.into_iter().filter(|p| p.is_finite()).collect();
    points.sort_unstable_by(|a, b| a.x.total_cmp(&b.x).then(a.y.total_cmp(&b.y)));
    points.dedup();
    if points.len() < 3 {
        return points;
    }
    let half = |points: &mut dyn Iterator<Item = DVec2>| {
        let mut chain: Vec<DVec2> = Vec::new();
        for p in points {
            while let [.., a, b] = chain.as_slice()
                && (*b - *a).perp_dot(p - *a) <= 0.0
            {
                chain.pop();
            }
            chain.push(p);
        }
        chain.pop();
        chain
    };
    let mut hull = half(&mut points.iter().copied());
    hull.extend(half(&mut points.iter().rev().copied()));
    hull
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_area_has_a_sign_and_does_not_mind_where_it_lies() {
        let ring = [[0.0, 0.0], [4.0, 0.0], [4.0, 3.0], [0.0, 3.0]].map(|p| DVec2::from(p) + DVec2::new(5e5, 4e6));
        assert_eq!(signed_area(&ring), 12.0);
        assert_eq!(signed_area_of(ring.into_iter().rev()), -12.0);
        assert_eq!(signed_area_of(ring.into_iter().chain([ring[0]])), 12.0, "closed");
        assert_eq!(signed_area(&ring[..2]) + signed_area(&[]), 0.0);
    }

    #[test]
    fn a_hull_drops_inner_and_collinear_points() {
        let points = [(0.0, 0.0), (1.0, 0.0), (2.0, 0.0), (2.0, 2.0), (0.0, 2.0), (1.0, 1.0)].map(DVec2::from);
        assert_eq!(
            convex_hull(points),
            [(0.0, 0.0), (2.0, 0.0), (2.0, 2.0), (0.0, 2.0)].map(DVec2::from)
        );
        assert_eq!(convex_hull([DVec2::NAN, DVec2::ONE]), [DVec2::ONE]);
    }
}
