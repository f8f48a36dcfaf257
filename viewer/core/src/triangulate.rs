//! Triangles of a simple polygon by cutting ears; for the few hundred points of a sketch.

use glam::DVec2;

/// Triangles of a ring, counter-clockwise.
///
/// * `ring` — not closed, any orientation
/// * returns corners as places in `ring`; of a ring that crosses itself as much as can be cut
pub(crate) fn triangulate(ring: &[DVec2]) -> Vec<[usize; 3]> {
    let mut left: Vec<usize> = (0..ring.len()).filter(|i| ring[*i].is_finite()).collect();
    if crate::sketch::signed_area(ring) < 0.0 {
        left.reverse();
    }
    let mut triangles = Vec::with_capacity(ring.len());
    let mut at = 0;
    let mut tried = 0;
    while left.len() > 2 && tried <= left.len() {
        let count = left.len();
        let corner = [left[(at + count - 1) % count], left[at % count], left[(at + 1) % count]];
        let [a, b, c] = corner.map(|i| ring[i]);
        let bend = (b - a).perp_dot(c - b);
        let is_ear = bend > 0.0
            && !left
                .iter()
                .any(|i| !corner.contains(i) && is_within(ring[*i], [a, b, c]));
        if is_ear || bend == 0.0 {
            if is_ear {
                triangles.push(corner);
            }
            left.remove(at % count);
            tried = 0;
            // going on with the next but one keeps long fans of slivers away
            at = (at + usize::from(is_ear)) % left.len().max(1);
        } else {
            at = (at + 1) % count;
            tried += 1;
        }
    }
    triangles
}

/// Within a counter-clockwise triangle, its edges included.
fn is_within(p: DVec2, [a, b, c]: [DVec2; 3]) -> bool {
    let side = |from: DVec2, to: DVec2| (to - from).perp_dot(p - from);
    // a point in the same place as a corner does not count: rings may touch themselves
    p != a && p != b && p != c && side(a, b) >= 0.0 && side(b, c) >= 0.0 && side(c, a) >= 0.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn area(ring: &[DVec2], triangles: &[[usize; 3]]) -> f64 {
        let of = |t: &[usize; 3]| (ring[t[1]] - ring[t[0]]).perp_dot(ring[t[2]] - ring[t[0]]) * 0.5;
        triangles.iter().map(of).sum()
    }

    #[test]
    fn a_horseshoe_is_cut_whichever_way_it_runs() {
        let mut ring: Vec<DVec2> = [
            [0.0, 0.0],
            [9.0, 0.0],
            [9.0, 9.0],
            [6.0, 9.0],
            [6.0, 3.0],
            [3.0, 3.0],
            [3.0, 9.0],
            [0.0, 9.0],
        ]
        .map(DVec2::from)
        .into();
        for _ in 0..2 {
            let triangles = triangulate(&ring);
            assert!((area(&ring, &triangles) - 63.0).abs() < 1e-9);
            ring.reverse();
        }
    }

    #[test]
    fn points_on_an_edge_and_nonsense_do_no_harm() {
        let ring = [[0.0, 0.0], [1.0, 0.0], [2.0, 0.0], [2.0, 2.0], [0.0, 2.0], [0.0, 1.0]].map(DVec2::from);
        assert!((area(&ring, &triangulate(&ring)) - 4.0).abs() < 1e-12);
        assert!(triangulate(&[]).is_empty());
        assert!(triangulate(&[DVec2::NAN; 4]).is_empty());
        assert!(triangulate(&[DVec2::ONE; 4]).is_empty());
    }

    proptest! {
        #[test]
        fn stars_keep_their_area(radii in prop::collection::vec(1.0_f64..20.0, 3..60)) {
            let step = std::f64::consts::TAU / radii.len() as f64;
            let ring: Vec<DVec2> = radii.iter().enumerate().map(|(i, r)| DVec2::from_angle(step * i as f64) * *r).collect();
            let triangles = triangulate(&ring);
            let whole = crate::sketch::signed_area(&ring);
            prop_assert!((area(&ring, &triangles) - whole).abs() < 1e-6 * whole, "{} of {}", area(&ring, &triangles), whole);
        }
    }
}
