//! Features as GeoJSON (RFC 7946): footprints, lines and points in longitude, latitude (degrees) and ellipsoidal height
//! (metres).

use crate::http::Snapshot;
use city_model::ring::{convex_hull, signed_area_of};
use city_model::{Feature, LevelReference, Shape, SurfaceMesh};
use glam::{DVec2, DVec3};
use scene_store::StoredFeature;
use serde_json::{Value, json};

/// Centimetres in degrees: no more digits are written.
const DEGREE_DIGITS: f64 = 1e8;
/// More downward faces than this and the hull says more than they.
const MAX_FACES: usize = 32;

/// A GeoJSON feature. Its properties are the attributes with `class`, `layer` and, where there is one, `parent`.
pub fn feature(stored: &StoredFeature, snapshot: &Snapshot) -> Value {
    let feature = &stored.feature;
    let mut properties = feature.attributes.clone();
    properties.insert("class".to_owned(), feature.class.as_str().into());
    properties.insert("layer".to_owned(), feature.layer.clone().into());
    properties.insert("feature_index".to_owned(), feature.index.0.into());
    if stored.is_proposal() {
        properties.insert("is_proposal".to_owned(), true.into());
    }
    if let Some(parent) = &feature.parent {
        properties.insert("parent".to_owned(), parent.clone().into());
    }
    json!({ "type": "Feature", "id": feature.id, "geometry": geometry(feature, snapshot), "properties": properties })
}

/// Geometry of the finest level; `null` without one.
fn geometry(feature: &Feature, snapshot: &Snapshot) -> Value {
    let writer = Writer { snapshot };
    let mut polygons = Vec::new();
    let mut lines = Vec::new();
    let mut points = Vec::new();
    for shape in feature.geometry.finest() {
        match shape {
            Shape::Extrusion(e) => polygons.push(writer.polygon_on(&e.rings, e.base_z_m)),
            Shape::Footprint(f) => {
                polygons.extend(f.polygons.iter().map(|rings| writer.polygon_on(rings, f.level_z_m)));
            }
            Shape::Surfaces(_) | Shape::Instance { .. } => {
                polygons.extend(shape.mesh().into_iter().flat_map(|mesh| writer.mesh(&mesh)));
            }
            Shape::Line(line) => {
                let below = matches!(line.reference, LevelReference::BelowTerrain);
                lines.push(Value::Array(
                    line.points.iter().filter_map(|p| writer.position(*p, below)).collect(),
                ));
            }
            Shape::Point(point) => points.extend(writer.position(point.position, point.on_terrain)),
        }
    }
    polygons.retain(|p| p.as_array().is_some_and(|rings| !rings.is_empty()));
    let of = |kind: &str, mut parts: Vec<Value>| match parts.len() {
        0 => Value::Null,
        1 => json!({ "type": kind, "coordinates": parts.remove(0) }),
        _ => json!({ "type": format!("Multi{kind}"), "coordinates": parts }),
    };
    if !polygons.is_empty() {
        of("Polygon", polygons)
    } else if !lines.is_empty() {
        of("LineString", lines)
    } else {
        of("Point", points)
    }
}

struct Writer<'a> {
    snapshot: &'a Snapshot,
}

impl Writer<'_> {
    /// `[longitude, latitude, height]`; heights above the ground are lifted onto it.
    fn position(&self, p: DVec3, above_ground: bool) -> Option<Value> {
        let ground = if above_ground {
            self.snapshot.ground_m(p.truncate())
        } else {
            0.0
        };
        let [lon, lat, height] = self
            .snapshot
            .frame
            .as_deref()?
            .geodetic_from_scene(p + DVec3::Z * ground)
            .ok()?
            .to_deg();
        let degrees = |v: f64| (v * DEGREE_DIGITS).round() / DEGREE_DIGITS;
        Some(json!([degrees(lon), degrees(lat), (height * 1000.0).round() / 1000.0]))
    }

    fn polygon_on(&self, rings: &[Vec<DVec2>], level: Option<f64>) -> Value {
        let ring = |(i, ring): (usize, &Vec<DVec2>)| {
            let points = ring.iter().map(|p| p.extend(level.unwrap_or(0.0))).collect();
            self.ring(points, i == 0, level.is_none())
        };
        Value::Array(rings.iter().enumerate().filter_map(ring).collect())
    }

    /// A closed ring, outer ones counter-clockwise.
    fn ring(&self, mut points: Vec<DVec3>, is_outer: bool, above_ground: bool) -> Option<Value> {
        if points.len() < 3 {
            return None;
        }
        if (signed_area_of(points.iter().map(|p| p.truncate())) > 0.0) != is_outer {
            points.reverse();
        }
        points.push(points[0]);
        Some(Value::Array(
            points
                .into_iter()
                .filter_map(|p| self.position(p, above_ground))
                .collect(),
        ))
    }

    /// Plan of a mesh: its ground surfaces, else those that face down, else the convex hull of its vertices.
    fn mesh(&self, mesh: &SurfaceMesh) -> Vec<Value> {
        if let Some(footing) = mesh.footing(MAX_FACES) {
            return footing.iter().map(|s| self.surface(mesh, &s.rings)).collect();
        }
        let z = mesh.vertices.iter().map(|v| v.z).fold(f64::INFINITY, f64::min);
        let hull = convex_hull(mesh.vertices.iter().map(|v| v.truncate()));
        self.ring(hull.into_iter().map(|p| p.extend(z)).collect(), true, false)
            .map(|ring| json!([ring]))
            .into_iter()
            .collect()
    }

    fn surface(&self, mesh: &SurfaceMesh, rings: &[Vec<u32>]) -> Value {
        let ring = |(i, ring): (usize, &Vec<u32>)| {
            let points = ring
                .iter()
                .filter_map(|v| mesh.vertices.get(*v as usize).copied())
                .collect();
            self.ring(points, i == 0, false)
        };
        Value::Array(rings.iter().enumerate().filter_map(ring).collect())
    }
}
