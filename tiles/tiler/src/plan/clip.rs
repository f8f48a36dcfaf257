//! Clipping and subtraction of convex polygons in plan, with attributes carried along (Sutherland–Hodgman 1974).

use super::rect;
use crate::Rect;
use city_model::ring::signed_area_of;
use glam::DVec2;

/// Pieces below this area are dropped, m².
pub const MIN_PIECE_AREA_M2: f64 = 1e-9;

/// A plan point with two values that vary linearly over the polygon (along and across a road, for one).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlanVertex {
    /// Position, metres.
    pub p: DVec2,
    /// Values carried along.
    pub uv: DVec2,
}

impl PlanVertex {
    /// A point without values.
    pub const fn bare(p: DVec2) -> Self {
        Self { p, uv: DVec2::ZERO }
    }

    fn lerp(self, other: Self, t: f64) -> Self {
        Self {
            p: self.p.lerp(other.p, t),
            uv: self.uv.lerp(other.uv, t),
        }
    }
}

/// Signed area of a polygon, m²; positive when counter-clockwise.
pub fn signed_area(polygon: &[PlanVertex]) -> f64 {
    signed_area_of(polygon.iter().map(|v| v.p))
}

/// Works on convex polygons with buffers that are kept between calls.
#[derive(Debug, Default)]
pub struct ConvexClipper {
    front: Vec<PlanVertex>,
    back: Vec<PlanVertex>,
}

impl ConvexClipper {
    /// Keeps the part of `subject` left of every edge of the counter-clockwise convex polygon `window`.
    ///
    /// Returns the piece, counter-clockwise like the subject, or an empty slice.
    pub fn clip(&mut self, subject: &[PlanVertex], window: &[DVec2]) -> &[PlanVertex] {
        self.front.clear();
        self.front.extend_from_slice(subject);
        let mut previous = window.last().copied().unwrap_or_default();
        for &corner in window {
            self.back.clear();
            split(&self.front, previous, corner, &mut self.back, None);
            std::mem::swap(&mut self.front, &mut self.back);
            if self.front.len() < 3 {
                self.front.clear();
                return &self.front;
            }
            previous = corner;
        }
        if signed_area(&self.front) <= MIN_PIECE_AREA_M2 {
            self.front.clear();
        }
        &self.front
    }

    /// Keeps the part of `subject` inside the rectangle.
    pub fn clip_rect(&mut self, subject: &[PlanVertex], window: &Rect) -> &[PlanVertex] {
        self.clip(subject, &rect::corners(window))
    }

    /// Cuts the counter-clockwise convex polygon `hole` out of `subject`; the convex rests are appended to `out`.
    pub fn subtract(&mut self, subject: &[PlanVertex], hole: &[DVec2], out: &mut Vec<Vec<PlanVertex>>) {
        if self.clip(subject, hole).is_empty() {
            out.push(subject.to_vec());
            return;
        }
        let mut rest = subject.to_vec();
        let mut previous = hole.last().copied().unwrap_or_default();
        for &corner in hole {
            let (mut inside, mut outside) = (Vec::with_capacity(rest.len() + 1), Vec::new());
            split(&rest, previous, corner, &mut inside, Some(&mut outside));
            if outside.len() >= 3 && signed_area(&outside) > MIN_PIECE_AREA_M2 {
                out.push(outside);
            }
            if inside.len() < 3 {
                return;
            }
            rest = inside;
            previous = corner;
        }
    }
}

/// Splits a convex polygon by the line `a → b`: left of it to `inside`, right of it to `outside`.
fn split(
    polygon: &[PlanVertex],
    a: DVec2,
    b: DVec2,
    inside: &mut Vec<PlanVertex>,
    mut outside: Option<&mut Vec<PlanVertex>>,
) {
    let edge = b - a;
    let side = |v: &PlanVertex| edge.perp_dot(v.p - a);
    let Some(mut previous) = polygon.last().copied() else {
        return;
    };
    let mut previous_side = side(&previous);
    for &vertex in polygon {
        let vertex_side = side(&vertex);
        if (previous_side < 0.0) != (vertex_side < 0.0) {
            // always cut from the inner to the outer end, so that both neighbours of an edge get the same bits
            let cut = if previous_side < 0.0 {
                vertex.lerp(previous, vertex_side / (vertex_side - previous_side))
            } else {
                previous.lerp(vertex, previous_side / (previous_side - vertex_side))
            };
            inside.push(cut);
            if let Some(outside) = outside.as_deref_mut() {
                outside.push(cut);
            }
        }
        if vertex_side >= 0.0 {
            inside.push(vertex);
        } else if let Some(outside) = outside.as_deref_mut() {
            outside.push(vertex);
        }
        (previous, previous_side) = (vertex, vertex_side);
    }
}

/// Parts of the segment `a → b` outside every convex counter-clockwise polygon of `holes`, as parameter ranges.
pub fn segment_outside(a: DVec2, b: DVec2, holes: &[&[DVec2]]) -> Vec<(f64, f64)> {
    let mut parts = vec![(0.0, 1.0)];
    for hole in holes {
        let Some((enter, leave)) = segment_inside(a, b, hole) else {
            continue;
        };
        let mut rest = Vec::with_capacity(parts.len() + 1);
        for (from, to) in parts {
            if leave <= from || enter >= to {
                rest.push((from, to));
                continue;
            }
            if enter > from {
                rest.push((from, enter));
            }
            if leave < to {
                rest.push((leave, to));
            }
        }
        parts = rest;
    }
    parts
}

/// Parameter range of the segment inside a convex polygon (Cyrus–Beck), if longer than nothing.
pub fn segment_inside(a: DVec2, b: DVec2, window: &[DVec2]) -> Option<(f64, f64)> {
    let (mut enter, mut leave) = (0.0f64, 1.0f64);
    let mut previous = *window.last()?;
    for &corner in window {
        let edge = corner - previous;
        let (from, to) = (edge.perp_dot(a - previous), edge.perp_dot(b - previous));
        if from < 0.0 && to < 0.0 {
            return None;
        }
        if from < 0.0 {
            enter = enter.max(from / (from - to));
        } else if to < 0.0 {
            leave = leave.min(from / (from - to));
        }
        previous = corner;
    }
    (leave - enter > 1e-12).then_some((enter, leave))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bare(points: &[[f64; 2]]) -> Vec<PlanVertex> {
        points
            .iter()
            .map(|p| PlanVertex {
                p: DVec2::from_array(*p),
                uv: DVec2::from_array(*p),
            })
            .collect()
    }

    fn window(points: &[[f64; 2]]) -> Vec<DVec2> {
        points.iter().map(|p| DVec2::from_array(*p)).collect()
    }

    #[test]
    fn a_square_is_cut_to_the_overlap_and_carries_its_values() {
        let mut clipper = ConvexClipper::default();
        let subject = bare(&[[0.0, 0.0], [10.0, 0.0], [10.0, 10.0], [0.0, 10.0]]);
        let piece = clipper.clip(&subject, &window(&[[5.0, 5.0], [20.0, 5.0], [20.0, 20.0], [5.0, 20.0]]));
        assert!((signed_area(piece) - 25.0).abs() < 1e-12);
        assert!(piece.iter().all(|v| (v.p - v.uv).length() < 1e-12));
        assert!(
            clipper
                .clip(&subject, &window(&[[11.0, 0.0], [12.0, 0.0], [12.0, 1.0]]))
                .is_empty()
        );
    }

    #[test]
    fn a_segment_through_two_holes_leaves_three_parts() {
        let (h1, h2) = (
            window(&[[1.0, -1.0], [2.0, -1.0], [2.0, 1.0], [1.0, 1.0]]),
            window(&[[4.0, -1.0], [5.0, -1.0], [5.0, 1.0], [4.0, 1.0]]),
        );
        let parts = segment_outside(DVec2::ZERO, DVec2::new(10.0, 0.0), &[&h1, &h2]);
        assert_eq!(parts, vec![(0.0, 0.1), (0.2, 0.4), (0.5, 1.0)]);
    }

    fn triangle() -> impl Strategy<Value = Vec<DVec2>> {
        proptest::collection::vec((-50.0..50.0f64, -50.0..50.0f64), 3).prop_map(|points| {
            let mut corners: Vec<_> = points.into_iter().map(|(x, y)| DVec2::new(x, y)).collect();
            if (corners[1] - corners[0]).perp_dot(corners[2] - corners[0]) < 0.0 {
                corners.swap(1, 2);
            }
            corners
        })
    }

    proptest! {
        #[test]
        fn what_is_inside_and_what_is_outside_make_the_whole(subject in triangle(), hole in triangle()) {
            let subject: Vec<_> = subject.into_iter().map(PlanVertex::bare).collect();
            let whole = signed_area(&subject);
            prop_assume!(whole > 1.0 && (hole[1] - hole[0]).perp_dot(hole[2] - hole[0]) > 1.0);
            let mut clipper = ConvexClipper::default();
            let inside = signed_area(clipper.clip(&subject, &hole));
            let mut rest = Vec::new();
            clipper.subtract(&subject, &hole, &mut rest);
            let outside: f64 = rest.iter().map(|p| signed_area(p)).sum();
            prop_assert!((inside + outside - whole).abs() <= 1e-9 * whole + 1e-8, "{inside} + {outside} != {whole}");
        }
    }
}
