//! Outlines of projects: GeoJSON and WKT in degrees, polygons of the scene in metres, and what is wrong with them.

use city_model::{Crs, Feature, Footprint, LodGeometry, SceneFrame, Shape, Transformer};
use geo::{Area as _, Coord, LineString, MultiPolygon, Polygon, Validation as _};
use glam::{DVec2, DVec3};
use serde_json::{Value, json};

/// Points of one outline at most.
const MAX_POINTS: usize = 20_000;
/// Smallest outline, m².
const MIN_AREA_M2: f64 = 1.0;
/// Degrees are written with so many parts: a centimetre.
const DEGREE_PARTS: f64 = 1e8;

/// Reads a GeoJSON Polygon or MultiPolygon (longitude, latitude in degrees; heights are passed over).
///
/// # Errors
/// One sentence on what is wrong.
pub fn from_geojson(geometry: &Value) -> Result<MultiPolygon<f64>, String> {
    let coordinates = geometry.get("coordinates").unwrap_or(&Value::Null);
    let polygons = match geometry.get("type").and_then(Value::as_str) {
        Some("Polygon") => vec![polygon(coordinates)?],
        Some("MultiPolygon") => list(coordinates)?.iter().map(polygon).collect::<Result<_, _>>()?,
        Some(other) => return Err(format!("an outline is a Polygon or MultiPolygon, not {other:?}")),
        None => return Err("the outline is no GeoJSON geometry".to_owned()),
    };
    bounded(MultiPolygon(polygons))
}

fn list(value: &Value) -> Result<&Vec<Value>, String> {
    value
        .as_array()
        .ok_or_else(|| "coordinates are nested lists of numbers".to_owned())
}

fn polygon(value: &Value) -> Result<Polygon<f64>, String> {
    let ring = |ring: &Value| -> Result<LineString<f64>, String> {
        let points = list(ring)?
            .iter()
            .map(|point| match list(point)?.as_slice() {
                [x, y, ..] => coordinate(x.as_f64(), y.as_f64()),
                _ => Err("a position has longitude and latitude".to_owned()),
            })
            .collect::<Result<Vec<_>, String>>()?;
        Ok(LineString(points))
    };
    rings(list(value)?.iter().map(ring).collect::<Result<_, _>>()?)
}

fn coordinate(x: Option<f64>, y: Option<f64>) -> Result<Coord<f64>, String> {
    match (x, y) {
        (Some(x), Some(y)) if x.is_finite() && y.is_finite() => Ok(Coord { x, y }),
        _ => Err("a coordinate is no number".to_owned()),
    }
}

fn rings(mut rings: Vec<LineString<f64>>) -> Result<Polygon<f64>, String> {
    if rings.is_empty() {
        return Err("a polygon has no ring".to_owned());
    }
    let outer = rings.remove(0);
    Ok(Polygon::new(outer, rings))
}

fn bounded(outline: MultiPolygon<f64>) -> Result<MultiPolygon<f64>, String> {
    let points = |p: &Polygon<f64>| p.exterior().0.len() + p.interiors().iter().map(|r| r.0.len()).sum::<usize>();
    let num_points: usize = outline.0.iter().map(points).sum();
    if num_points == 0 {
        return Err("the outline is empty".to_owned());
    }
    if num_points > MAX_POINTS {
        return Err(format!("the outline has {num_points} points; {MAX_POINTS} are allowed"));
    }
    Ok(outline)
}

/// Reads WKT (`POLYGON`, `MULTIPOLYGON`, with or without `SRID=4326;`, Z and M) or the text of a GeoJSON geometry.
///
/// # Errors
/// One sentence on what is wrong.
pub fn from_text(text: &str) -> Result<MultiPolygon<f64>, String> {
    let text = text.trim();
    if text.starts_with('{') {
        let value: Value = serde_json::from_str(text).map_err(|err| format!("the outline is no GeoJSON: {err}"))?;
        return from_geojson(value.get("geometry").unwrap_or(&value));
    }
    let text = match text.split_once(';') {
        Some((srid, rest)) if srid.trim().eq_ignore_ascii_case("SRID=4326") => rest.trim(),
        Some(_) => return Err("the outline is in another CRS than longitude and latitude (SRID 4326)".to_owned()),
        None => text,
    };
    let (kind, body) = text.find('(').map_or((text, ""), |at| text.split_at(at));
    let kind: String = kind.split_whitespace().next().unwrap_or_default().to_uppercase();
    let is_multi = match kind.as_str() {
        "POLYGON" => false,
        "MULTIPOLYGON" => true,
        _ => return Err("the outline is neither WKT (POLYGON, MULTIPOLYGON) nor GeoJSON".to_owned()),
    };
    let mut scan = Wkt {
        rest: body.as_bytes(),
        depth: 0,
    };
    let polygons = if is_multi {
        scan.group(|scan| scan.group(Wkt::ring).and_then(rings))?
    } else {
        vec![rings(scan.group(Wkt::ring)?)?]
    };
    scan.end()?;
    bounded(MultiPolygon(polygons))
}

struct Wkt<'a> {
    rest: &'a [u8],
    depth: usize,
}

impl<'a> Wkt<'a> {
    fn skip(&mut self) {
        self.rest = self.rest.trim_ascii_start();
    }

    fn take(&mut self, wanted: u8) -> bool {
        self.skip();
        let found = self.rest.first() == Some(&wanted);
        if found {
            self.rest = &self.rest[1..];
        }
        found
    }

    fn group<T>(&mut self, mut item: impl FnMut(&mut Self) -> Result<T, String>) -> Result<Vec<T>, String> {
        self.depth += 1;
        if !self.take(b'(') || self.depth > 3 {
            return Err("the brackets of the WKT do not fit".to_owned());
        }
        let mut items = vec![item(self)?];
        while self.take(b',') {
            items.push(item(self)?);
        }
        self.depth -= 1;
        if self.take(b')') {
            Ok(items)
        } else {
            Err("the brackets of the WKT do not fit".to_owned())
        }
    }

    fn ring(&mut self) -> Result<LineString<f64>, String> {
        self.group(|scan| {
            scan.skip();
            let end = scan
                .rest
                .iter()
                .position(|b| matches!(b, b',' | b')' | b'('))
                .unwrap_or(scan.rest.len());
            let (point, rest) = scan.rest.split_at(end);
            scan.rest = rest;
            let mut numbers = std::str::from_utf8(point).unwrap_or_default().split_ascii_whitespace();
            let mut next = || numbers.next().and_then(|n| n.parse::<f64>().ok());
            coordinate(next(), next())
        })
        .map(LineString)
    }

    fn end(&mut self) -> Result<(), String> {
        self.skip();
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err("there is text after the WKT".to_owned())
        }
    }
}

/// WKT of an outline in degrees.
pub fn to_wkt(outline: &MultiPolygon<f64>) -> String {
    let ring = |ring: &LineString<f64>| {
        let points: Vec<String> = ring.0.iter().map(|c| format!("{} {}", c.x, c.y)).collect();
        format!("({})", points.join(", "))
    };
    let polygons: Vec<String> = outline
        .0
        .iter()
        .map(|polygon| {
            let rings: Vec<String> = std::iter::once(polygon.exterior())
                .chain(polygon.interiors())
                .map(ring)
                .collect();
            format!("({})", rings.join(", "))
        })
        .collect();
    format!("MULTIPOLYGON ({})", polygons.join(", "))
}

/// GeoJSON MultiPolygon of an outline in degrees.
pub fn to_geojson(outline: &MultiPolygon<f64>) -> Value {
    let ring = |ring: &LineString<f64>| -> Value { ring.0.iter().map(|c| json!([c.x, c.y])).collect() };
    let polygons: Vec<Value> = outline
        .0
        .iter()
        .map(|polygon| {
            std::iter::once(polygon.exterior())
                .chain(polygon.interiors())
                .map(ring)
                .collect()
        })
        .collect();
    json!({ "type": "MultiPolygon", "coordinates": polygons })
}

/// Between degrees and the metres of a scene.
#[derive(Debug, Clone)]
pub struct Places {
    to_scene: Transformer,
    frame: SceneFrame,
}

impl Places {
    /// Of a scene.
    pub fn new(frame: &SceneFrame) -> Self {
        Self {
            to_scene: Transformer::new(Crs::wgs84(), frame.crs().clone()),
            frame: frame.clone(),
        }
    }

    /// Metres in the scene CRS of an outline in degrees.
    ///
    /// # Errors
    /// One sentence when a position is no longitude and latitude.
    pub fn metres(&self, degrees: &MultiPolygon<f64>) -> Result<MultiPolygon<f64>, String> {
        map(degrees, |c| {
            let p = self
                .to_scene
                .transform(DVec3::new(c.x, c.y, 0.0))
                .map_err(|err| err.to_string())?;
            Ok(Coord { x: p.x, y: p.y })
        })
    }

    /// Degrees, rounded to a centimetre, of an outline in the scene CRS; empty where the projection ends.
    pub fn degrees(&self, metres: &MultiPolygon<f64>) -> MultiPolygon<f64> {
        let round = |v: f64| (v * DEGREE_PARTS).round() / DEGREE_PARTS;
        map(metres, |c| {
            let [lon, lat, _] = self.frame.geodetic_from_scene(DVec3::new(c.x, c.y, 0.0))?.to_deg();
            Ok::<_, city_model::CrsError>(Coord {
                x: round(lon),
                y: round(lat),
            })
        })
        .unwrap_or_else(|_| MultiPolygon(Vec::new()))
    }
}

fn map<E>(
    outline: &MultiPolygon<f64>,
    f: impl Fn(&Coord<f64>) -> Result<Coord<f64>, E>,
) -> Result<MultiPolygon<f64>, E> {
    let ring = |ring: &LineString<f64>| ring.0.iter().map(&f).collect::<Result<Vec<_>, E>>().map(LineString);
    let polygons = outline.0.iter().map(|polygon| {
        let interiors = polygon.interiors().iter().map(ring).collect::<Result<_, E>>()?;
        Ok(Polygon::new(ring(polygon.exterior())?, interiors))
    });
    polygons.collect::<Result<_, E>>().map(MultiPolygon)
}

/// What is wrong with an outline in metres.
///
/// * `city` — least and greatest corner that a project may reach, metres
///
/// # Errors
/// One sentence.
pub fn check(metres: &MultiPolygon<f64>, city: [DVec2; 2]) -> Result<(), String> {
    let points = metres.0.iter().flat_map(|p| &p.exterior().0);
    let [low, high] = city;
    for c in points {
        let p = DVec2::new(c.x, c.y);
        if !(p.cmpge(low).all() && p.cmple(high).all()) {
            let middle = (low + high) * 0.5;
            return Err(format!(
                "the outline lies outside of the city ({:.1} km from its middle)",
                p.distance(middle) / 1000.0
            ));
        }
    }
    // near the origin, so that the tests of the ring are exact
    let local = map::<()>(metres, |c| {
        Ok(Coord {
            x: c.x - low.x,
            y: c.y - low.y,
        })
    })
    .map_err(|()| "the outline is not finite".to_owned())?;
    if let Some(err) = local.validation_errors().first() {
        return Err(format!("the outline is no valid polygon: {err}"));
    }
    let area_m2 = local.unsigned_area();
    if area_m2 < MIN_AREA_M2 {
        return Err(format!("the outline has an area of only {area_m2:.2} m²"));
    }
    Ok(())
}

/// Geometry of a project: polygons on the terrain, outer rings counter-clockwise.
pub fn to_geometry(metres: &MultiPolygon<f64>) -> LodGeometry {
    use geo::orient::{Direction, Orient as _};
    let polygons = metres
        .orient(Direction::Default)
        .0
        .iter()
        .map(|polygon| {
            std::iter::once(polygon.exterior())
                .chain(polygon.interiors())
                .map(|ring| {
                    let mut points: Vec<DVec2> = ring.0.iter().map(|c| DVec2::new(c.x, c.y)).collect();
                    points.pop_if(|last| points_close(*last, ring));
                    points
                })
                .collect()
        })
        .collect();
    LodGeometry::single(
        0,
        Shape::Footprint(Footprint {
            polygons,
            level_z_m: None,
        }),
    )
}

fn points_close(last: DVec2, ring: &LineString<f64>) -> bool {
    ring.0.len() > 1 && ring.0.first().is_some_and(|c| DVec2::new(c.x, c.y) == last)
}

/// Outline of a stored feature in metres: footprints, and the plans of bodies that have a footprint.
pub fn of_feature(feature: &Feature) -> MultiPolygon<f64> {
    let ring = |ring: &Vec<DVec2>| LineString(ring.iter().map(|p| Coord { x: p.x, y: p.y }).collect());
    let polygon = |rings: &Vec<Vec<DVec2>>| {
        let mut rings = rings.iter().map(ring);
        rings.next().map(|outer| Polygon::new(outer, rings.collect()))
    };
    let polygons = feature.geometry.finest().flat_map(|shape| match shape {
        Shape::Footprint(footprint) => footprint.polygons.iter().filter_map(polygon).collect::<Vec<_>>(),
        Shape::Extrusion(extrusion) => polygon(&extrusion.rings).into_iter().collect(),
        Shape::Surfaces(mesh) => mesh
            .surfaces
            .iter()
            .filter_map(|surface| {
                let rings: Vec<Vec<DVec2>> = surface
                    .rings
                    .iter()
                    .map(|ring| {
                        ring.iter()
                            .filter_map(|v| mesh.vertices.get(*v as usize))
                            .map(|v| v.truncate())
                            .collect()
                    })
                    .collect();
                polygon(&rings).filter(|polygon| polygon.unsigned_area() > 0.01)
            })
            .collect(),
        Shape::Line(_) | Shape::Point(_) | Shape::Instance { .. } => Vec::new(),
    });
    MultiPolygon(polygons.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const CITY: [DVec2; 2] = [DVec2::splat(-1000.0), DVec2::splat(1000.0)];

    #[test]
    fn wkt_and_geojson_say_the_same() {
        let wkt =
            "SRID=4326; MULTIPOLYGON Z (((0 0 1, 4 0 1,4 4 1,0 4 1,0 0 1),(1 1,1 2,2 2,2 1,1 1)),((5 5,6 5,6 6,5 5)))";
        let outline = from_text(wkt).unwrap();
        assert!((outline.unsigned_area() - 15.5).abs() < 1e-12);
        assert_eq!(from_text(&to_wkt(&outline)).unwrap(), outline);
        assert_eq!(from_text(&to_geojson(&outline).to_string()).unwrap(), outline);
        assert_eq!(from_text("polygon((0 0,4 0,4 4,0 0))").unwrap().0.len(), 1);
    }

    #[test]
    fn broken_text_is_told() {
        for text in [
            "",
            "POINT (1 2)",
            "POLYGON",
            "POLYGON ((0 0, 1 1",
            "POLYGON ((0 0, a 1, 1 1))",
            "POLYGON ((0 0, 1 1, NaN 2))",
            "POLYGON ((((0 0, 1 1, 2 2))))",
            "POLYGON ((0 0, 1 0, 1 1)) x",
            "SRID=4547;POLYGON ((0 0, 1 0, 1 1))",
            "{\"type\": \"Point\", \"coordinates\": [1, 2]}",
            "{\"type\": \"Polygon\", \"coordinates\": [[[1, 2], [3]]]}",
            "{\"type\": \"Polygon\", \"coordinates\": []}",
        ] {
            assert!(from_text(text).is_err(), "{text}");
        }
        assert!(from_text(&format!("POLYGON {}", "(".repeat(100_000))).is_err());
    }

    #[test]
    fn crossing_flat_and_far_outlines_are_refused() {
        let why = |wkt: &str| check(&from_text(wkt).unwrap(), CITY).unwrap_err();
        assert!(why("POLYGON ((0 0, 10 10, 10 0, 0 10, 0 0))").contains("valid"));
        assert!(why("POLYGON ((0 0, 10 0, 20 0, 0 0))").contains("outline"));
        assert!(why("POLYGON ((0 0, 0.1 0, 0.1 0.1, 0 0))").contains("area"));
        assert!(why("POLYGON ((5000 0, 5010 0, 5010 10, 5000 0))").contains("outside of the city"));
        assert_eq!(
            check(&from_text("POLYGON ((0 0, 10 0, 10 10, 0 0))").unwrap(), CITY),
            Ok(())
        );
    }
}
