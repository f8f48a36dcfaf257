//! Polygons in plan: checking, simplification and triangulation (earcut).

use super::{polyline, rect};
use crate::{Rect, Triangulator};
use city_model::ring::signed_area;
use glam::DVec2;

/// Why a polygon cannot be drawn, or not faithfully.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolygonTrouble {
    /// A coordinate is NaN or infinite.
    NotFinite,
    /// Fewer than three different points, or no area.
    NoArea,
    /// The triangles do not cover the area of the rings: they cross themselves or each other.
    SelfCrossing,
}

impl PolygonTrouble {
    /// Stable part of an issue code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotFinite => "coordinate-not-finite",
            Self::NoArea => "polygon-without-area",
            Self::SelfCrossing => "polygon-self-crossing",
        }
    }

    /// One sentence for a person.
    pub const fn message(self) -> &'static str {
        match self {
            Self::NotFinite => "a coordinate is not a finite number; the polygon is left out",
            Self::NoArea => "the polygon has no area and is left out",
            Self::SelfCrossing => "the rings cross; the polygon is drawn as far as it can be triangulated",
        }
    }
}

/// A checked polygon: outer ring counter-clockwise, holes clockwise, no doubled points.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanPolygon {
    rings: Vec<Vec<DVec2>>,
    area_m2: f64,
}

impl PlanPolygon {
    /// Checks rings (outer first, closed or not, in any sense of turning) and moves them by `-origin`.
    ///
    /// Holes without area are dropped silently: they change nothing.
    ///
    /// # Errors
    /// [`PolygonTrouble::NotFinite`] or [`PolygonTrouble::NoArea`].
    pub fn new(rings: &[Vec<DVec2>], origin: DVec2) -> Result<Self, PolygonTrouble> {
        if rings.iter().flatten().any(|p| !p.is_finite()) {
            return Err(PolygonTrouble::NotFinite);
        }
        let mut checked = Vec::with_capacity(rings.len());
        let mut area_m2 = 0.0;
        for (i, ring) in rings.iter().enumerate() {
            let mut ring = without_doubles(ring, origin);
            let area = signed_area(&ring);
            if ring.len() < 3 || area.abs() < 1e-6 {
                if i == 0 {
                    return Err(PolygonTrouble::NoArea);
                }
                continue;
            }
            if (area > 0.0) != (i == 0) {
                ring.reverse();
            }
            area_m2 += if i == 0 { area.abs() } else { -area.abs() };
            checked.push(ring);
        }
        if area_m2 <= 1e-6 {
            Err(PolygonTrouble::NoArea)
        } else {
            Ok(Self {
                rings: checked,
                area_m2,
            })
        }
    }

    /// Rings, outer first, not closed.
    pub fn rings(&self) -> &[Vec<DVec2>] {
        &self.rings
    }

    /// Area without holes, m².
    pub const fn area_m2(&self) -> f64 {
        self.area_m2
    }

    /// Bounds of the outer ring.
    pub fn bounds(&self) -> Rect {
        rect::around(self.rings.first().into_iter().flatten().copied())
    }

    /// Drops points that lie within `tolerance_m` of the simplified ring; `None` when nothing is left.
    ///
    /// Returns the polygon and the greatest distance of a dropped point, metres.
    pub fn simplified(&self, tolerance_m: f64) -> Option<(Self, f64)> {
        let mut error_m = 0.0f64;
        let mut rings = Vec::with_capacity(self.rings.len());
        for (i, ring) in self.rings.iter().enumerate() {
            // opened at the first point and at the one farthest from it, which both stay
            let closed: Vec<_> = ring.iter().chain(ring.first()).map(|p| p.extend(0.0)).collect();
            let far = (0..ring.len()).max_by(|a, b| {
                let d = |i: usize| closed[i].distance_squared(closed[0]);
                d(*a).total_cmp(&d(*b))
            })?;
            let (mut first, e1) = polyline::simplified(&closed[..=far], tolerance_m);
            let (second, e2) = polyline::simplified(&closed[far..], tolerance_m);
            first.pop();
            let kept: Vec<_> = first
                .iter()
                .chain(&second[..second.len() - 1])
                .map(|p| p.truncate())
                .collect();
            if kept.len() < 3 || signed_area(&kept).abs() < 1e-6 {
                if i == 0 {
                    return None;
                }
                continue;
            }
            error_m = error_m.max(e1).max(e2);
            rings.push(kept);
        }
        Self::new(&rings, DVec2::ZERO).ok().map(|polygon| (polygon, error_m))
    }

    /// Counter-clockwise triangles, and [`PolygonTrouble::SelfCrossing`] when they miss the area by more than 1e-6.
    pub fn triangles(&self, cutter: &mut Triangulator) -> (Vec<[DVec2; 3]>, Option<PolygonTrouble>) {
        let Some((points, cut)) = cutter.triangulate_plan(&self.rings, 0.0) else {
            return (Vec::new(), Some(PolygonTrouble::NoArea));
        };
        let at = |i: u32| points.get(i as usize).map(|p| p.truncate()).unwrap_or_default();
        let mut triangles = Vec::with_capacity(cut.indices.len() / 3);
        let mut covered_m2 = 0.0;
        for t in cut.indices.chunks_exact(3) {
            let (a, b, c) = (at(t[0]), at(t[1]), at(t[2]));
            let area = (b - a).perp_dot(c - a) * 0.5;
            covered_m2 += area.abs();
            if area.abs() > 1e-12 {
                triangles.push(if area > 0.0 { [a, b, c] } else { [a, c, b] });
            }
        }
        let trouble = ((covered_m2 - self.area_m2).abs() > 1e-6 * self.area_m2).then_some(PolygonTrouble::SelfCrossing);
        (triangles, trouble)
    }
}

fn without_doubles(ring: &[DVec2], origin: DVec2) -> Vec<DVec2> {
    let close = |a: DVec2, b: DVec2| a.distance_squared(b) <= polyline::MIN_STEP_M * polyline::MIN_STEP_M;
    let mut kept: Vec<DVec2> = Vec::with_capacity(ring.len());
    for &p in ring {
        let p = p - origin;
        if kept.last().is_none_or(|last| !close(*last, p)) {
            kept.push(p);
        }
    }
    while kept.len() > 1 && close(kept[0], kept[kept.len() - 1]) {
        kept.pop();
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(points: &[[f64; 2]]) -> Vec<DVec2> {
        points.iter().map(|p| DVec2::from_array(*p)).collect()
    }

    #[test]
    fn a_square_with_a_hole_keeps_its_area_far_from_the_origin() {
        let far = DVec2::new(468_000.0, 3_847_000.0);
        let rings: Vec<Vec<DVec2>> = [
            ring(&[[0.0, 0.0], [100.0, 0.0], [100.0, 100.0], [0.0, 100.0], [0.0, 0.0]]),
            ring(&[[10.0, 10.0], [20.0, 10.0], [20.0, 20.0], [10.0, 20.0]]),
        ]
        .into_iter()
        .map(|r| r.into_iter().map(|p| p + far).collect())
        .collect();
        let polygon = PlanPolygon::new(&rings, far).unwrap();
        assert!((polygon.area_m2() - 9_900.0).abs() < 1e-6);
        let (triangles, trouble) = polygon.triangles(&mut Triangulator::default());
        assert_eq!(trouble, None);
        let sum: f64 = triangles
            .iter()
            .map(|t| (t[1] - t[0]).perp_dot(t[2] - t[0]) / 2.0)
            .sum();
        assert!((sum - 9_900.0).abs() < 1e-6);
    }

    #[test]
    fn bad_polygons_are_named_and_never_panic() {
        let bad = |rings: &[Vec<DVec2>]| PlanPolygon::new(rings, DVec2::ZERO).err();
        assert_eq!(bad(&[]), Some(PolygonTrouble::NoArea));
        assert_eq!(bad(&[ring(&[[0.0, 0.0], [1.0, 1.0]])]), Some(PolygonTrouble::NoArea));
        assert_eq!(
            bad(&[ring(&[[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]])]),
            Some(PolygonTrouble::NoArea)
        );
        assert_eq!(
            bad(&[ring(&[[0.0, 0.0], [f64::NAN, 1.0], [2.0, 2.0]])]),
            Some(PolygonTrouble::NotFinite)
        );
        let bow_tie = PlanPolygon::new(
            &[ring(&[[0.0, 0.0], [10.0, 10.0], [10.0, 0.0], [0.0, 4.0]])],
            DVec2::ZERO,
        )
        .unwrap();
        assert_eq!(
            bow_tie.triangles(&mut Triangulator::default()).1,
            Some(PolygonTrouble::SelfCrossing)
        );
    }

    #[test]
    fn a_wavy_edge_is_straightened_within_the_tolerance() {
        let mut points: Vec<[f64; 2]> = (0..50)
            .map(|i| [f64::from(i), if i % 2 == 0 { 0.0 } else { 0.3 }])
            .collect();
        points.extend([[49.0, 30.0], [0.0, 30.0]]);
        let polygon = PlanPolygon::new(&[ring(&points)], DVec2::ZERO).unwrap();
        let (simple, error_m) = polygon.simplified(0.5).unwrap();
        assert!(simple.rings()[0].len() <= 6, "{:?}", simple.rings());
        assert!(error_m > 0.0 && error_m <= 0.5);
    }
}
