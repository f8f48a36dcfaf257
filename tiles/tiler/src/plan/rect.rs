//! Axis-aligned rectangle in plan.

use glam::DVec2;

/// Rectangle in plan, metres, in the frame that the caller states.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlanRect {
    /// South-west corner.
    pub min: DVec2,
    /// North-east corner.
    pub max: DVec2,
}

impl PlanRect {
    /// Holds nothing; the identity of [`PlanRect::add`].
    pub const EMPTY: Self = Self { min: DVec2::INFINITY, max: DVec2::NEG_INFINITY };

    /// Rectangle between two corners.
    pub const fn new(min: DVec2, max: DVec2) -> Self {
        Self { min, max }
    }

    /// Rectangle around points; points that are not finite are passed over.
    pub fn around(points: impl IntoIterator<Item = DVec2>) -> Self {
        let mut rect = Self::EMPTY;
        for p in points {
            rect.add(p);
        }
        rect
    }

    /// Grows to hold `p`, unless it is not finite.
    pub fn add(&mut self, p: DVec2) {
        if p.is_finite() {
            self.min = self.min.min(p);
            self.max = self.max.max(p);
        }
    }

    /// Middle.
    pub fn center(&self) -> DVec2 {
        (self.min + self.max) * 0.5
    }

    /// Edge lengths, metres.
    pub fn size(&self) -> DVec2 {
        self.max - self.min
    }

    /// True when nothing, or only a line, is inside.
    pub fn is_empty(&self) -> bool {
        // written so that NaN counts as empty
        !(self.min.x < self.max.x && self.min.y < self.max.y)
    }

    /// True when the rectangles touch or overlap.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.min.cmple(other.max).all() && other.min.cmple(self.max).all()
    }

    /// True when `other` lies inside, edges included.
    pub fn contains(&self, other: &Self) -> bool {
        self.min.cmple(other.min).all() && other.max.cmple(self.max).all()
    }

    /// The rectangle moved by `-origin`.
    #[must_use]
    pub fn relative_to(&self, origin: DVec2) -> Self {
        Self { min: self.min - origin, max: self.max - origin }
    }

    /// Corners, counter-clockwise from the south-west.
    pub const fn corners(&self) -> [DVec2; 4] {
        [
            self.min,
            DVec2::new(self.max.x, self.min.y),
            self.max,
            DVec2::new(self.min.x, self.max.y),
        ]
    }
}
