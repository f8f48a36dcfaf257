//! Polylines: cleaning and simplification with a known error.

use glam::DVec3;

/// Points closer than this are one point, metres.
pub const MIN_STEP_M: f64 = 1e-4;

/// Points without neighbours at the same place; `None` when a coordinate is not finite or fewer than two are left.
pub fn cleaned(points: &[DVec3]) -> Option<Vec<DVec3>> {
    let mut kept: Vec<DVec3> = Vec::with_capacity(points.len());
    for &p in points {
        if !p.is_finite() {
            return None;
        }
        if kept
            .last()
            .is_none_or(|last| last.distance_squared(p) > MIN_STEP_M * MIN_STEP_M)
        {
            kept.push(p);
        }
    }
    (kept.len() >= 2).then_some(kept)
}

/// Length, metres.
pub fn length(points: &[DVec3]) -> f64 {
    points.windows(2).map(|w| w[0].distance(w[1])).sum()
}

/// Douglas–Peucker: drops points while the line stays within `tolerance_m` of every dropped one.
///
/// Returns the kept points and the greatest distance of a dropped point, metres.
pub fn simplified(points: &[DVec3], tolerance_m: f64) -> (Vec<DVec3>, f64) {
    let (Some(last), true) = (points.len().checked_sub(1), points.len() > 2 && tolerance_m > 0.0) else {
        return (points.to_vec(), 0.0);
    };
    let mut keep = vec![false; points.len()];
    keep[0] = true;
    keep[last] = true;
    let mut error_m = 0.0f64;
    let mut open = vec![(0, last)];
    while let Some((from, to)) = open.pop() {
        let farthest = (from + 1..to)
            .map(|i| (i, distance_to_segment(points[i], points[from], points[to])))
            .max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)));
        match farthest {
            Some((i, distance)) if distance > tolerance_m => {
                keep[i] = true;
                open.push((from, i));
                open.push((i, to));
            }
            Some((_, distance)) => error_m = error_m.max(distance),
            None => {}
        }
    }
    (
        points
            .iter()
            .zip(&keep)
            .filter(|(_, keep)| **keep)
            .map(|(p, _)| *p)
            .collect(),
        error_m,
    )
}

/// Distance of `p` from the segment `a → b`, metres.
pub fn distance_to_segment(p: DVec3, a: DVec3, b: DVec3) -> f64 {
    let ab = b - a;
    let t = ((p - a).dot(ab) / ab.length_squared()).clamp(0.0, 1.0);
    p.distance(if t.is_finite() { a + ab * t } else { a })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn doubles_go_and_nan_is_refused() {
        let p = DVec3::new(1.0, 2.0, 3.0);
        assert_eq!(cleaned(&[p, p, DVec3::ZERO, DVec3::ZERO]), Some(vec![p, DVec3::ZERO]));
        assert_eq!(cleaned(&[p, p]), None);
        assert_eq!(cleaned(&[p, DVec3::new(f64::NAN, 0.0, 0.0)]), None);
    }

    proptest! {
        #[test]
        fn no_dropped_point_is_farther_than_said(
            points in proptest::collection::vec((-100.0..100.0f64, -100.0..100.0f64, -2.0..2.0f64), 2..40),
            tolerance_m in 0.1..30.0f64,
        ) {
            let points: Vec<_> = points.into_iter().map(|(x, y, z)| DVec3::new(x, y, z)).collect();
            let (kept, error_m) = simplified(&points, tolerance_m);
            prop_assert!(error_m <= tolerance_m);
            for p in &points {
                let nearest = kept.windows(2).map(|w| distance_to_segment(*p, w[0], w[1])).fold(f64::INFINITY, f64::min);
                prop_assert!(nearest <= error_m + 1e-9);
            }
        }
    }
}
