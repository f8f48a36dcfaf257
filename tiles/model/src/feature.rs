//! A feature: one thing of the city, with a stable id and a dense number.

use crate::{Attributes, Bounds3, FeatureClass, LodGeometry};
use serde::{Deserialize, Serialize};

/// Dense number of a feature within one city; given by the store, never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FeatureIndex(pub u32);

impl FeatureIndex {
    /// Not yet numbered: what readers give.
    pub const UNSET: Self = Self(u32::MAX);
}

/// Calendar date as `yyyymmdd`; month or day 0 means unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Date(pub i32);

impl Date {
    /// First day of a year.
    pub const fn from_year(year: i32) -> Self {
        Self(year * 10_000 + 101)
    }

    /// Reads `2025`, `2025-03`, `2025-03-09` (time of day ignored) or `20250309`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let day_part = text.split(['T', ' ']).next()?;
        let mut numbers = day_part.split(['-', '/', '.']).map(str::parse::<i32>);
        let year = numbers.next()?.ok()?;
        if year > 10_000_000 {
            return Some(Self(year)).filter(|d| d.is_plausible());
        }
        let month = numbers.next().transpose().ok()?.unwrap_or(1);
        let day = numbers.next().transpose().ok()?.unwrap_or(1);
        Some(Self(year * 10_000 + month * 100 + day)).filter(|d| d.is_plausible())
    }

    /// Year of the date.
    pub const fn year(self) -> i32 {
        self.0 / 10_000
    }

    const fn is_plausible(self) -> bool {
        let (month, day) = (self.0 / 100 % 100, self.0 % 100);
        self.year() > 0 && self.year() < 10_000 && month <= 12 && day <= 31
    }
}

/// When a feature exists; open where absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Lifespan {
    /// Built or laid on.
    pub from: Option<Date>,
    /// Demolished or abandoned on.
    pub to: Option<Date>,
}

/// One thing of the city. Coordinates are in the scene CRS (metres, orthometric heights) once stored; readers give
/// them in the source CRS together with a [`crate::Crs`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Feature {
    /// Dense number; [`FeatureIndex::UNSET`] until stored.
    pub index: FeatureIndex,
    /// Stable id, unique within the city.
    pub id: String,
    /// What it is.
    pub class: FeatureClass,
    /// Layer (data set) it belongs to, such as `delft` or `storm_mains`.
    pub layer: String,
    /// Shapes, one or more levels of detail.
    pub geometry: LodGeometry,
    /// Attributes in source order.
    pub attributes: Attributes,
    /// When it exists.
    pub lifespan: Lifespan,
    /// Id of the feature it is part of.
    pub parent: Option<String>,
}

impl Feature {
    /// A feature without geometry, attributes or dates.
    pub fn new(id: impl Into<String>, class: FeatureClass, layer: impl Into<String>) -> Self {
        Self {
            index: FeatureIndex::UNSET,
            id: id.into(),
            class,
            layer: layer.into(),
            geometry: LodGeometry::default(),
            attributes: Attributes::new(),
            lifespan: Lifespan::default(),
            parent: None,
        }
    }

    /// Bounds over all levels, in the frame of the coordinates.
    pub fn bounds(&self) -> Bounds3 {
        self.geometry.bounds()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_in_the_ways_people_write_them() {
        assert_eq!(Date::parse("1987"), Some(Date(19_870_101)));
        assert_eq!(Date::parse("2025-03-09T10:00:00"), Some(Date(20_250_309)));
        assert_eq!(Date::parse("20250309"), Some(Date(20_250_309)));
        assert_eq!(Date::parse("2025/13/01"), None);
        assert_eq!(Date::parse("yes"), None);
    }
}
