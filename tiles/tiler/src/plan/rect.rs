//! Helpers on plan rectangles.

use crate::Rect;
use glam::DVec2;

/// Rectangle around points; points that are not finite are passed over. Without any, `min > max`.
pub fn around(points: impl IntoIterator<Item = DVec2>) -> Rect {
    let empty = Rect {
        min: DVec2::INFINITY,
        max: DVec2::NEG_INFINITY,
    };
    points.into_iter().filter(|p| p.is_finite()).fold(empty, |r, p| Rect {
        min: r.min.min(p),
        max: r.max.max(p),
    })
}

/// The rectangle moved by `-origin`.
pub fn relative(rect: &Rect, origin: DVec2) -> Rect {
    Rect {
        min: rect.min - origin,
        max: rect.max - origin,
    }
}

/// Corners, counter-clockwise from the south-west.
pub const fn corners(rect: &Rect) -> [DVec2; 4] {
    [
        rect.min,
        DVec2::new(rect.max.x, rect.min.y),
        rect.max,
        DVec2::new(rect.min.x, rect.max.y),
    ]
}

/// True when `other` lies inside, edges included.
pub fn holds(rect: &Rect, other: &Rect) -> bool {
    rect.contains(other.min) && rect.contains(other.max)
}
