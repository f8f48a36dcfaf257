//! Axis-aligned bounds in metres, in whichever frame the caller states.

use glam::DVec3;
use serde::{Deserialize, Serialize};

/// Axis-aligned box; `min > max` in any axis means empty.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Bounds3 {
    /// Least corner, metres.
    pub min: DVec3,
    /// Greatest corner, metres.
    pub max: DVec3,
}

impl Default for Bounds3 {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl Bounds3 {
    /// Contains nothing; the identity of [`Bounds3::union`].
    pub const EMPTY: Self = Self {
        min: DVec3::INFINITY,
        max: DVec3::NEG_INFINITY,
    };

    /// Bounds of a set of points; non-finite points are passed over.
    pub fn from_points(points: impl IntoIterator<Item = DVec3>) -> Self {
        let mut bounds = Self::EMPTY;
        for point in points {
            bounds.add(point);
        }
        bounds
    }

    /// Grows to hold `point`, unless it is not finite.
    pub fn add(&mut self, point: DVec3) {
        if point.is_finite() {
            self.min = self.min.min(point);
            self.max = self.max.max(point);
        }
    }

    /// Smallest box that holds both.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self {
            min: self.min.min(other.min),
            max: self.max.max(other.max),
        }
    }

    /// True when no point is inside.
    pub fn is_empty(&self) -> bool {
        self.min.x > self.max.x || self.min.y > self.max.y || self.min.z > self.max.z
    }

    /// Middle of the box.
    pub fn center(&self) -> DVec3 {
        (self.min + self.max) * 0.5
    }

    /// Edge lengths, metres; zero when empty.
    pub fn size(&self) -> DVec3 {
        if self.is_empty() {
            DVec3::ZERO
        } else {
            self.max - self.min
        }
    }

    /// True when `other` lies inside, edges included, within `tolerance_m`.
    pub fn contains(&self, other: &Self, tolerance_m: f64) -> bool {
        other.is_empty()
            || (other.min.cmpge(self.min - tolerance_m).all() && other.max.cmple(self.max + tolerance_m).all())
    }

    /// True when the two overlap in plan (x and y).
    pub fn overlaps_xy(&self, other: &Self) -> bool {
        self.min.x <= other.max.x && other.min.x <= self.max.x && self.min.y <= other.max.y && other.min.y <= self.max.y
    }
}
