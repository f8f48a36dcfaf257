//! Geometry of a feature as parts: polygons, lines and points, cleaned, with what is broken told.

use city_model::ring;
use glam::DVec3;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// Coordinates at any depth of nesting.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) enum Coordinates {
    /// Neither numbers nor arrays.
    #[default]
    Bad,
    /// A position; z is NaN where it is not given.
    Position(DVec3),
    /// An array of coordinates.
    List(Vec<Coordinates>),
}

/// A geometry as it stands in the file.
#[derive(Debug, Clone, PartialEq, Default, serde::Deserialize)]
pub(super) struct RawGeometry {
    #[serde(rename = "type", default)]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) coordinates: Coordinates,
    #[serde(default)]
    pub(super) geometries: Vec<RawGeometry>,
}

/// A polygon: outer ring first, not closed; z is NaN where it is not given.
pub(super) type Rings = Vec<Vec<DVec3>>;

/// What a geometry consists of.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Parts {
    pub(super) polygons: Vec<Rings>,
    pub(super) lines: Vec<Vec<DVec3>>,
    pub(super) points: Vec<DVec3>,
    /// Parts left out: stable code and reason.
    pub(super) troubles: Vec<(&'static str, String)>,
}

/// Limits of coordinates and of areas in the units of the CRS.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) is_geographic: bool,
}

impl Limits {
    fn check(self, p: DVec3) -> Result<(), String> {
        let is_height = p.z.is_nan() || p.z.abs() < 1e5;
        let is_place = if self.is_geographic {
            p.x.abs() <= 180.0 && p.y.abs() <= 90.0
        } else {
            p.x.abs() < 1e9 && p.y.abs() < 1e9
        };
        if is_place && is_height {
            return Ok(());
        }
        let hint = if !(self.is_geographic && p.x.is_finite() && p.y.is_finite()) {
            ""
        } else if p.x.abs() <= 90.0 && p.y.abs() <= 180.0 {
            " (latitude first? longitude comes first in GeoJSON)"
        } else {
            " (projected coordinates? state the CRS when importing)"
        };
        Err(format!("({}, {}, {}) is no place{hint}", p.x, p.y, p.z))
    }

    /// Least area of a ring: about 0.01 m².
    const fn min_area(self) -> f64 {
        if self.is_geographic { 1e-12 } else { 0.01 }
    }
}

impl Parts {
    /// Sorts a geometry into parts.
    pub(super) fn of(raw: RawGeometry, limits: Limits) -> Self {
        let mut parts = Self::default();
        parts.add(raw, limits);
        parts
    }

    /// True when nothing can be drawn.
    pub(super) const fn is_empty(&self) -> bool {
        self.polygons.is_empty() && self.lines.is_empty() && self.points.is_empty()
    }

    fn trouble(&mut self, code: &'static str, reason: String) {
        self.troubles.push((code, reason));
    }

    fn add(&mut self, raw: RawGeometry, limits: Limits) {
        match (raw.kind.as_str(), raw.coordinates) {
            ("Point", position) => self.add_point(&position, limits),
            ("MultiPoint", Coordinates::List(items)) => items.iter().for_each(|item| self.add_point(item, limits)),
            ("LineString", line) => self.add_line(&line, limits),
            ("MultiLineString", Coordinates::List(items)) => items.iter().for_each(|item| self.add_line(item, limits)),
            ("Polygon", polygon) => self.add_polygon(&polygon, limits),
            ("MultiPolygon", Coordinates::List(items)) => items.iter().for_each(|item| self.add_polygon(item, limits)),
            ("GeometryCollection", _) => raw.geometries.into_iter().for_each(|g| self.add(g, limits)),
            (kind @ ("MultiPoint" | "MultiLineString" | "MultiPolygon"), _) => {
                self.trouble(
                    "geojson/bad-geometry",
                    format!("the coordinates of a {kind} are no array"),
                );
            }
            (kind, _) => self.trouble(
                "geojson/bad-geometry",
                format!("unknown geometry type {:?}", kind.chars().take(40).collect::<String>()),
            ),
        }
    }

    fn positions(coordinates: &Coordinates, limits: Limits) -> Result<Vec<DVec3>, (&'static str, String)> {
        let Coordinates::List(items) = coordinates else {
            return Err(("geojson/bad-geometry", "a list of positions is expected".to_owned()));
        };
        let mut points: Vec<DVec3> = Vec::with_capacity(items.len());
        for item in items {
            let Coordinates::Position(p) = item else {
                return Err((
                    "geojson/bad-geometry",
                    "a position is not an array of two or three numbers".to_owned(),
                ));
            };
            limits.check(*p).map_err(|reason| ("geojson/bad-coordinate", reason))?;
            if points.last().is_none_or(|last| last.truncate() != p.truncate()) {
                points.push(*p);
            }
        }
        Ok(points)
    }

    fn add_point(&mut self, coordinates: &Coordinates, limits: Limits) {
        match coordinates {
            Coordinates::Position(p) => match limits.check(*p) {
                Ok(()) => self.points.push(*p),
                Err(reason) => self.trouble("geojson/bad-coordinate", reason),
            },
            _ => self.trouble(
                "geojson/bad-geometry",
                "a position is not an array of two or three numbers".to_owned(),
            ),
        }
    }

    fn add_line(&mut self, coordinates: &Coordinates, limits: Limits) {
        match Self::positions(coordinates, limits) {
            Ok(points) if points.len() >= 2 => self.lines.push(points),
            Ok(_) => self.trouble(
                "geojson/degenerate-line",
                "a line has fewer than two different points".to_owned(),
            ),
            Err((code, reason)) => self.trouble(code, reason),
        }
    }

    fn add_polygon(&mut self, coordinates: &Coordinates, limits: Limits) {
        let Coordinates::List(items) = coordinates else {
            self.trouble("geojson/bad-geometry", "a polygon is no list of rings".to_owned());
            return;
        };
        let mut rings: Rings = Vec::with_capacity(items.len());
        for (number, item) in items.iter().enumerate() {
            let ring = Self::positions(item, limits).and_then(|mut ring| {
                while ring.len() > 1 && ring.first().map(|p| p.truncate()) == ring.last().map(|p| p.truncate()) {
                    ring.pop();
                }
                let area = signed_area(&ring);
                if ring.len() < 3 || area.abs() < limits.min_area() {
                    return Err((
                        "geojson/degenerate-ring",
                        format!("a ring of {} points has no area", ring.len()),
                    ));
                }
                // outer rings run counter-clockwise, holes clockwise
                if (area > 0.0) != (number == 0) {
                    ring.reverse();
                }
                Ok(ring)
            });
            match ring {
                Ok(ring) => rings.push(ring),
                Err((code, reason)) => {
                    self.trouble(code, reason);
                    if number == 0 {
                        return;
                    }
                }
            }
        }
        if rings.is_empty() {
            self.trouble("geojson/degenerate-ring", "a polygon has no ring".to_owned());
        } else {
            self.polygons.push(rings);
        }
    }
}

/// Area of a ring in the units of its coordinates, positive when counter-clockwise.
fn signed_area(ring: &[DVec3]) -> f64 {
    ring::signed_area_of(ring.iter().map(|p| p.truncate()))
}

impl<'de> Deserialize<'de> for Coordinates {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CoordinatesVisitor)
    }
}

/// What an element of a coordinates array may be.
enum Item {
    Number(f64),
    Nested(Coordinates),
}

impl<'de> Deserialize<'de> for Item {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ItemVisitor;
        impl<'de> Visitor<'de> for ItemVisitor {
            type Value = Item;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number or an array")
            }
            fn visit_f64<E>(self, v: f64) -> Result<Item, E> {
                Ok(Item::Number(v))
            }
            fn visit_i64<E>(self, v: i64) -> Result<Item, E> {
                Ok(Item::Number(v as f64))
            }
            fn visit_u64<E>(self, v: u64) -> Result<Item, E> {
                Ok(Item::Number(v as f64))
            }
            fn visit_unit<E>(self) -> Result<Item, E> {
                Ok(Item::Number(f64::NAN))
            }
            fn visit_bool<E>(self, _: bool) -> Result<Item, E> {
                Ok(Item::Nested(Coordinates::Bad))
            }
            fn visit_str<E>(self, _: &str) -> Result<Item, E> {
                Ok(Item::Nested(Coordinates::Bad))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Item, A::Error> {
                CoordinatesVisitor.visit_seq(seq).map(Item::Nested)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Item, A::Error> {
                CoordinatesVisitor.visit_map(map).map(Item::Nested)
            }
        }
        deserializer.deserialize_any(ItemVisitor)
    }
}

struct CoordinatesVisitor;

impl<'de> Visitor<'de> for CoordinatesVisitor {
    type Value = Coordinates;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("coordinates")
    }

    fn visit_unit<E>(self) -> Result<Coordinates, E> {
        Ok(Coordinates::Bad)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Coordinates, E> {
        Ok(Coordinates::Bad)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Coordinates, E> {
        Ok(Coordinates::Bad)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Coordinates, E> {
        Ok(Coordinates::Bad)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Coordinates, E> {
        Ok(Coordinates::Bad)
    }

    fn visit_str<E>(self, _: &str) -> Result<Coordinates, E> {
        Ok(Coordinates::Bad)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Coordinates, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Coordinates::Bad)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Coordinates, A::Error> {
        let Some(first) = seq.next_element::<Item>()? else {
            return Ok(Coordinates::List(Vec::new()));
        };
        match first {
            Item::Number(x) => {
                let mut position = [x, f64::NAN, f64::NAN];
                let mut len = 1;
                let mut is_bad = false;
                while let Some(item) = seq.next_element::<Item>()? {
                    match (item, position.get_mut(len)) {
                        (Item::Number(v), Some(slot)) => *slot = v,
                        (Item::Number(_), None) => {}
                        (Item::Nested(_), _) => is_bad = true,
                    }
                    len += 1;
                }
                let is_position = len >= 2 && !is_bad;
                Ok(if is_position {
                    Coordinates::Position(DVec3::from_array(position))
                } else {
                    Coordinates::Bad
                })
            }
            Item::Nested(first) => {
                let mut list = vec![first];
                while let Some(item) = seq.next_element::<Item>()? {
                    list.push(match item {
                        Item::Nested(nested) => nested,
                        Item::Number(_) => Coordinates::Bad,
                    });
                }
                Ok(Coordinates::List(list))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str, is_geographic: bool) -> Parts {
        Parts::of(serde_json::from_str(text).unwrap(), Limits { is_geographic })
    }

    #[test]
    fn rings_are_opened_and_turned() {
        let p = parts(
            r#"{"type":"Polygon","coordinates":[[[0,0],[0,4],[4,4],[4,4],[4,0],[0,0]],[[1,1],[2,1],[2,2],[1,2],[1,1]]]}"#,
            false,
        );
        assert_eq!(
            (p.polygons[0][0].len(), p.polygons[0][1].len(), p.troubles.len()),
            (4, 4, 0)
        );
        assert_eq!(
            (signed_area(&p.polygons[0][0]), signed_area(&p.polygons[0][1])),
            (16.0, -1.0)
        );
    }

    #[test]
    fn collections_are_sorted_into_parts() {
        let p = parts(
            r#"{"type":"GeometryCollection","geometries":[{"type":"MultiPoint","coordinates":[[1,2],[3,4,5]]},{"type":"LineString","coordinates":[[0,0],[1,1]]}]}"#,
            true,
        );
        assert_eq!((p.points.len(), p.lines.len(), p.points[1].z), (2, 1, 5.0));
        assert!(p.points[0].z.is_nan());
    }

    #[test]
    fn broken_parts_are_told_and_left_out() {
        for (text, code) in [
            (r#"{"type":"Point","coordinates":[1]}"#, "geojson/bad-geometry"),
            (r#"{"type":"Point","coordinates":[null,2]}"#, "geojson/bad-coordinate"),
            (r#"{"type":"Point","coordinates":[1e9,2]}"#, "geojson/bad-coordinate"),
            (
                r#"{"type":"Point","coordinates":[31.3,120.6]}"#,
                "geojson/bad-coordinate",
            ),
            (
                r#"{"type":"LineString","coordinates":[[1,1],[1,1]]}"#,
                "geojson/degenerate-line",
            ),
            (
                r#"{"type":"Polygon","coordinates":[[[0,0],[1,1],[0,0]]]}"#,
                "geojson/degenerate-ring",
            ),
            (r#"{"type":"Polygon","coordinates":[]}"#, "geojson/degenerate-ring"),
            (r#"{"type":"Polygon","coordinates":{"a":1}}"#, "geojson/bad-geometry"),
            (r#"{"type":"Circle"}"#, "geojson/bad-geometry"),
            (r#"{"type":"MultiPolygon","coordinates":"x"}"#, "geojson/bad-geometry"),
        ] {
            let p = parts(text, true);
            assert!(p.is_empty() && p.troubles[0].0 == code, "{text}: {p:?}");
        }
    }
}
