//! Mitred ribbons along a centre line: carriageways, pavements, track beds.

use super::PlanVertex;
use glam::DVec2;

/// Along-values restart at multiples of this length, so that they fit `_FACADE`; patterns whose period divides it
/// run on over the joint, metres.
pub const ALONG_PERIOD_M: f64 = 1024.0;

const MAX_PIECE_M: f64 = 512.0;
/// Longest mitre in units of the offset; sharper corners are cut off.
const MITRE_LIMIT: f64 = 2.0;

/// A centre line prepared for offsetting: no doubled points, none farther apart than half [`ALONG_PERIOD_M`].
#[derive(Debug, Clone, PartialEq)]
pub struct CenterLine {
    points: Vec<DVec2>,
    along_m: Vec<f64>,
    mitres: Vec<DVec2>,
}

impl CenterLine {
    /// Prepares points; `None` with fewer than two different ones or one that is not finite.
    pub fn new(points: &[DVec2]) -> Option<Self> {
        let mut kept: Vec<DVec2> = Vec::with_capacity(points.len());
        for &p in points {
            if !p.is_finite() {
                return None;
            }
            let Some(&last) = kept.last() else {
                kept.push(p);
                continue;
            };
            let gap = last.distance(p);
            if gap <= super::polyline::MIN_STEP_M {
                continue;
            }
            // a road of a hundred thousand kilometres is a mistake; its pieces are bounded, not endless
            let num_pieces = (gap / MAX_PIECE_M).ceil().min(4096.0);
            for i in 1..=num_pieces as u32 {
                kept.push(last.lerp(p, f64::from(i) / num_pieces));
            }
        }
        if kept.len() < 2 {
            return None;
        }
        let mut along_m = vec![0.0];
        for w in kept.windows(2) {
            along_m.push(along_m.last().copied().unwrap_or_default() + w[0].distance(w[1]));
        }
        let normals: Vec<DVec2> = kept
            .windows(2)
            .map(|w| (w[1] - w[0]).normalize_or_zero().perp())
            .collect();
        let mitres = (0..kept.len())
            .map(|i| {
                let before = normals[i.saturating_sub(1)];
                let after = normals[i.min(normals.len() - 1)];
                let mitre = (before + after) / (1.0 + before.dot(after)).max(1e-9);
                if mitre.length() > MITRE_LIMIT {
                    mitre.normalize_or(before) * MITRE_LIMIT
                } else {
                    mitre
                }
            })
            .collect();
        Some(Self {
            points: kept,
            along_m,
            mitres,
        })
    }

    /// Points of the line, metres.
    pub fn points(&self) -> &[DVec2] {
        &self.points
    }

    /// Length, metres.
    pub fn length_m(&self) -> f64 {
        self.along_m.last().copied().unwrap_or_default()
    }

    /// The line moved sideways, point by point; positive to the left.
    pub fn offset(&self, offset_m: f64) -> Vec<DVec2> {
        self.points
            .iter()
            .zip(&self.mitres)
            .map(|(p, m)| *p + *m * offset_m)
            .collect()
    }

    /// Convex counter-clockwise pieces between two offsets (positive to the left, `left_m > right_m`).
    ///
    /// `uv` of a piece is (along the line, across from `left_m`), metres; along is less than
    /// [`ALONG_PERIOD_M`] + 512. Where the line turns more tightly than the ribbon is wide, folded parts are left out.
    pub fn ribbon(&self, left_m: f64, right_m: f64) -> Vec<Vec<PlanVertex>> {
        let (left, right) = (self.offset(left_m), self.offset(right_m));
        let mut pieces = Vec::with_capacity(self.points.len());
        for i in 0..self.points.len() - 1 {
            let base = (self.along_m[i] / ALONG_PERIOD_M).floor() * ALONG_PERIOD_M;
            let (from, to) = (self.along_m[i] - base, self.along_m[i + 1] - base);
            let across = left_m - right_m;
            let quad = [
                PlanVertex {
                    p: right[i],
                    uv: DVec2::new(from, across),
                },
                PlanVertex {
                    p: right[i + 1],
                    uv: DVec2::new(to, across),
                },
                PlanVertex {
                    p: left[i + 1],
                    uv: DVec2::new(to, 0.0),
                },
                PlanVertex {
                    p: left[i],
                    uv: DVec2::new(from, 0.0),
                },
            ];
            let turn = |k: usize| {
                let (a, b, c) = (quad[k].p, quad[(k + 1) % 4].p, quad[(k + 2) % 4].p);
                (b - a).perp_dot(c - b)
            };
            if (0..4).all(|k| turn(k) > 0.0) {
                pieces.push(quad.to_vec());
                continue;
            }
            for triangle in [[quad[0], quad[1], quad[2]], [quad[0], quad[2], quad[3]]] {
                if super::clip::signed_area(&triangle) > super::clip::MIN_PIECE_AREA_M2 {
                    pieces.push(triangle.to_vec());
                }
            }
        }
        pieces
    }
}

#[cfg(test)]
mod tests {
    use super::super::clip::signed_area;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_bent_road_keeps_its_width_and_its_length() {
        let line = CenterLine::new(&[DVec2::ZERO, DVec2::new(100.0, 0.0), DVec2::new(100.0, 100.0)]).unwrap();
        let pieces = line.ribbon(5.0, -5.0);
        let area: f64 = pieces.iter().map(|p| signed_area(p)).sum();
        // two mitred arms: the outer corner adds what the inner one lacks
        assert!((area - 2000.0).abs() < 1e-9, "{area}");
        assert_eq!(pieces[0][3].p, DVec2::new(0.0, 5.0));
        assert!((pieces[0][2].p - DVec2::new(95.0, 5.0)).length() < 1e-9);
        assert_eq!(pieces[0][0].uv, DVec2::new(0.0, 10.0));
        assert_eq!(line.length_m(), 200.0);
    }

    #[test]
    fn along_stays_small_on_a_long_road() {
        let line = CenterLine::new(&[DVec2::ZERO, DVec2::new(10_000.0, 0.0)]).unwrap();
        let most = line
            .ribbon(3.0, -3.0)
            .iter()
            .flatten()
            .map(|v| v.uv.x)
            .fold(0.0, f64::max);
        assert!(most <= ALONG_PERIOD_M + MAX_PIECE_M, "{most}");
    }

    #[test]
    fn hairpins_and_doubled_points_do_not_explode() {
        let p = |x: f64, y: f64| DVec2::new(x, y);
        assert!(CenterLine::new(&[p(1.0, 1.0), p(1.0, 1.0)]).is_none());
        assert!(CenterLine::new(&[p(1.0, 1.0), p(f64::INFINITY, 1.0)]).is_none());
        let hairpin = CenterLine::new(&[p(0.0, 0.0), p(50.0, 0.0), p(0.0, 0.0)]).unwrap();
        for v in hairpin.ribbon(4.0, -4.0).iter().flatten() {
            assert!(v.p.is_finite() && v.p.length() < 60.0, "{v:?}");
        }
    }

    proptest! {
        #[test]
        fn pieces_turn_left_and_stay_near_the_line(
            steps in proptest::collection::vec((-40.0..40.0f64, -40.0..40.0f64), 2..12),
            half_m in 0.5..12.0f64,
        ) {
            let mut at = DVec2::ZERO;
            let points: Vec<_> = steps.into_iter().map(|(x, y)| { at += DVec2::new(x, y); at }).collect();
            if let Some(line) = CenterLine::new(&points) {
                for piece in line.ribbon(half_m, -half_m) {
                    prop_assert!(signed_area(&piece) > 0.0);
                    for v in &piece {
                        let near = points.windows(2)
                            .map(|w| super::super::polyline::distance_to_segment(v.p.extend(0.0), w[0].extend(0.0), w[1].extend(0.0)))
                            .fold(f64::INFINITY, f64::min);
                        prop_assert!(near <= half_m * MITRE_LIMIT + 1e-9);
                    }
                }
            }
        }
    }
}
