//! Drawn geometry in degrees, checked and brought to the scene CRS.

use crate::http::Snapshot;
use crate::http::state::sample;
use city_model::ring::signed_area;
use city_model::{Bounds3, Crs, HeightGrid, SceneFrame, Transformer};
use geo::{Area as _, Coord, LineString, Polygon, Validation as _};
use glam::{DVec2, DVec3};
use scene_store::{SceneStore, StoreError};
use serde_json::Value;
use std::sync::Arc;

/// Drawings may reach so far beyond the city, metres.
const MARGIN_M: f64 = 2000.0;
/// Vertices of one drawing.
const MAX_VERTICES: usize = 5000;

/// Where drawings are placed.
#[derive(Debug, Clone)]
pub struct Place {
    frame: Arc<SceneFrame>,
    terrain: Arc<Vec<(u64, HeightGrid)>>,
    /// Bounds of the city in the scene CRS.
    bounds: Bounds3,
}

impl Place {
    /// From what the server has in memory; `None` for an empty city.
    pub fn of_snapshot(snapshot: &Snapshot) -> Option<Self> {
        Some(Self {
            frame: Arc::clone(snapshot.frame.as_ref()?),
            terrain: Arc::clone(&snapshot.terrain),
            bounds: snapshot.layers.iter().fold(Bounds3::EMPTY, |b, l| b.union(l.bounds)),
        })
    }

    /// From the store.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be read or is empty.
    pub fn of_store(store: &dyn SceneStore) -> Result<Self, StoreError> {
        let scene = store.scene()?.ok_or(StoreError::EmptyCity)?;
        let layers = store.layer_counts()?;
        Ok(Self {
            frame: Arc::new(scene.frame),
            terrain: Arc::new(store.terrain()?),
            bounds: layers.iter().fold(Bounds3::EMPTY, |b, l| b.union(l.bounds)),
        })
    }

    /// Height of the ground, metres; 0 where unknown.
    pub fn ground_m(&self, position: DVec2) -> f64 {
        sample(&self.terrain, position).unwrap_or(0.0)
    }

    /// Longitude and latitude of a scene position, degrees.
    ///
    /// # Errors
    /// A sentence when the CRS does not reach there.
    pub fn degrees(&self, position: DVec2) -> Result<[f64; 2], String> {
        let [lon, lat, _] = self
            .frame
            .geodetic_from_scene(position.extend(0.0))
            .map_err(|err| err.to_string())?
            .to_deg();
        // a tenth of a millimetre
        Ok([lon, lat].map(|v| (v * 1e9).round() / 1e9))
    }

    /// A polygon as GeoJSON in degrees.
    ///
    /// # Errors
    /// As [`Place::degrees`].
    pub fn polygon_json(&self, rings: &[Vec<DVec2>]) -> Result<Value, String> {
        let ring = |points: &Vec<DVec2>| -> Result<Value, String> {
            let mut positions: Vec<[f64; 2]> = points.iter().map(|p| self.degrees(*p)).collect::<Result<_, _>>()?;
            positions.extend(positions.first().copied());
            Ok(serde_json::json!(positions))
        };
        let rings: Vec<Value> = rings.iter().map(ring).collect::<Result<_, _>>()?;
        Ok(serde_json::json!({ "type": "Polygon", "coordinates": rings }))
    }

    /// Rings of a GeoJSON Polygon in the scene CRS: outer counter-clockwise, holes clockwise, not closed.
    ///
    /// # Errors
    /// A sentence for each thing that is wrong with it.
    pub fn polygon(&self, value: &Value) -> Result<Vec<Vec<DVec2>>, Vec<String>> {
        let one = |text: &str| vec![text.to_owned()];
        if value["type"] != "Polygon" {
            return Err(one("it is not a GeoJSON Polygon"));
        }
        let rings = value["coordinates"].as_array().filter(|r| !r.is_empty());
        let rings = rings.ok_or_else(|| one("the polygon has no rings"))?;
        let mut scene: Vec<Vec<DVec2>> = Vec::with_capacity(rings.len());
        for ring in rings {
            let mut points = self.positions(ring).map_err(|err| vec![err])?;
            if points.len() > 1 && points.first() == points.last() {
                points.pop();
            }
            points.dedup();
            if points.len() < 3 {
                return Err(one("a ring of the polygon has fewer than three different corners"));
            }
            scene.push(points);
        }
        let mut mistakes = Vec::new();
        let line = |ring: &Vec<DVec2>| -> LineString<f64> { ring.iter().map(|p| Coord { x: p.x, y: p.y }).collect() };
        let polygon = Polygon::new(line(&scene[0]), scene[1..].iter().map(line).collect());
        if let Err(err) = polygon.check_validation() {
            mistakes.push(format!("the polygon is not simple: {err}"));
        } else if polygon.unsigned_area() < 1.0 {
            mistakes.push("the polygon has less than one square metre".to_owned());
        }
        if let Some(far) = self.far_outside(scene.iter().flatten()) {
            mistakes.push(far);
        }
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        for (at, ring) in scene.iter_mut().enumerate() {
            if (signed_area(ring) > 0.0) != (at == 0) {
                ring.reverse();
            }
        }
        Ok(scene)
    }

    /// Points of a GeoJSON LineString in the scene CRS.
    ///
    /// # Errors
    /// A sentence for each thing that is wrong with it.
    pub fn line(&self, value: &Value) -> Result<Vec<DVec2>, Vec<String>> {
        if value["type"] != "LineString" {
            return Err(vec!["it is not a GeoJSON LineString".to_owned()]);
        }
        let mut points = self.positions(&value["coordinates"]).map_err(|err| vec![err])?;
        points.dedup_by(|a, b| a.distance(*b) < 0.01);
        if points.len() < 2 {
            return Err(vec!["the line has fewer than two different points".to_owned()]);
        }
        match self.far_outside(points.iter()) {
            Some(far) => Err(vec![far]),
            None => Ok(points),
        }
    }

    fn positions(&self, ring: &Value) -> Result<Vec<DVec2>, String> {
        let positions = ring.as_array().ok_or("coordinates are missing")?;
        if positions.len() > MAX_VERTICES {
            return Err(format!("it has {} corners, more than {MAX_VERTICES}", positions.len()));
        }
        let to_scene = Transformer::new(Crs::wgs84(), self.frame.crs().clone());
        positions
            .iter()
            .map(|position| {
                let number = |at: usize| position.get(at).and_then(Value::as_f64).filter(|v| v.is_finite());
                let (Some(lon), Some(lat)) = (number(0), number(1)) else {
                    return Err("a position is not [longitude, latitude] in degrees".to_owned());
                };
                if lon.abs() > 180.0 || lat.abs() > 90.0 {
                    return Err(format!("[{lon}, {lat}] is no longitude and latitude in degrees"));
                }
                let scene = to_scene
                    .transform(DVec3::new(lon, lat, 0.0))
                    .map_err(|err| format!("[{lon}, {lat}] cannot be placed: {err}"))?;
                if scene.is_finite() {
                    Ok(scene.truncate())
                } else {
                    Err(format!("[{lon}, {lat}] cannot be placed in the city"))
                }
            })
            .collect()
    }

    fn far_outside<'a>(&self, points: impl Iterator<Item = &'a DVec2>) -> Option<String> {
        let (min, max) = (
            self.bounds.min.truncate() - MARGIN_M,
            self.bounds.max.truncate() + MARGIN_M,
        );
        let mut outside = points.filter(|p| p.cmplt(min).any() || p.cmpgt(max).any());
        outside.next().map(|_| {
            format!(
                "it lies outside of the city (more than {} km beyond it)",
                MARGIN_M / 1000.0
            )
        })
    }
}

/// Area of rings, holes taken off, square metres.
pub fn area(rings: &[Vec<DVec2>]) -> f64 {
    rings.iter().map(|ring| signed_area(ring)).sum::<f64>().abs()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use serde_json::json;

    /// A flat city of two kilometres around 113.65° E, 34.75° N.
    pub(crate) fn place() -> Place {
        let crs = Crs::from_epsg(4547).unwrap();
        let to_scene = Transformer::new(Crs::wgs84(), crs.clone());
        let origin = to_scene.transform(DVec3::new(113.65, 34.75, 0.0)).unwrap();
        let frame = SceneFrame::new(crs, origin, 0.0).unwrap();
        let bounds = Bounds3 {
            min: origin - DVec3::new(1000.0, 1000.0, 0.0),
            max: origin + DVec3::new(1000.0, 1000.0, 100.0),
        };
        Place {
            frame: Arc::new(frame),
            terrain: Arc::default(),
            bounds,
        }
    }

    #[test]
    fn a_drawn_square_has_its_area_and_turns_the_right_way() {
        let place = place();
        // clockwise, 0.0005° by 0.0004°: 45.8 m by 44.4 m
        let ring = [
            [113.65, 34.75],
            [113.65, 34.7504],
            [113.6505, 34.7504],
            [113.6505, 34.75],
            [113.65, 34.75],
        ];
        let rings = place
            .polygon(&json!({"type": "Polygon", "coordinates": [ring]}))
            .unwrap();
        assert!(signed_area(&rings[0]) > 0.0);
        assert!((area(&rings) - 45.79 * 44.38).abs() < 5.0, "{}", area(&rings));
        let back = place.polygon_json(&rings).unwrap();
        let corner = back["coordinates"][0][0].as_array().unwrap();
        assert!(ring.iter().any(|p| (p[0] - corner[0].as_f64().unwrap()).abs() < 1e-8));
    }

    #[test]
    fn what_is_wrong_with_a_polygon_is_said() {
        let place = place();
        let said = |value: Value| place.polygon(&value).unwrap_err().join("; ");
        let ring = |points: Value| json!({"type": "Polygon", "coordinates": [points]});
        let bow_tie = json!([[113.65, 34.75], [113.651, 34.751], [113.651, 34.75], [113.65, 34.751]]);
        assert!(said(ring(bow_tie)).contains("not simple"), "crosses itself");
        assert!(said(ring(json!([[113.65, 34.75], [113.651, 34.75], [113.65, 34.75]]))).contains("fewer than three"));
        assert!(said(ring(json!([[4.0, 52.0], [4.01, 52.0], [4.01, 52.01]]))).contains("outside"));
        assert!(said(ring(json!([[113.65, 34.75], ["x", 34.75], [113.651, 34.751]]))).contains("position"));
        assert!(said(ring(json!([[513.65, 34.75], [0, 0], [1, 1]]))).contains("no longitude"));
        assert!(said(json!({"type": "Point"})).contains("Polygon"));
        assert!(said(json!({"type": "Polygon", "coordinates": []})).contains("no rings"));
        assert!(
            place
                .line(&json!({"type": "LineString", "coordinates": [[113.65, 34.75]]}))
                .is_err()
        );
    }
}
