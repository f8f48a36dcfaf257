//! Features as GeoJSON (RFC 7946): footprints, lines and points in longitude, latitude (degrees) and ellipsoidal height
//! (metres).

use crate::http::Snapshot;
use city_model::{Feature, LevelReference, Shape, SurfaceMesh, SurfaceSemantic};
use glam::{DVec2, DVec3};
use scene_store::StoredFeature;
use serde_json::{Value, json};

/// Centimetres in degrees: no more digits are written.
const DEGREE_DIGITS: f64 = 1e8;

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
            Shape::Surfaces(mesh) => polygons.extend(writer.mesh(mesh)),
            Shape::Instance {
                template,
                scene_from_template,
            } => {
                let mut mesh = SurfaceMesh::clone(template);
                for vertex in &mut mesh.vertices {
                    *vertex = scene_from_template.transform_point3(*vertex);
                }
                polygons.extend(writer.mesh(&mesh));
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
        let doubled_area: f64 = (0..points.len())
            .map(|i| (points[i], points[(i + 1) % points.len()]))
            .map(|(a, b)| (a.x - points[0].x) * (b.y - points[0].y) - (b.x - points[0].x) * (a.y - points[0].y))
            .sum();
        if (doubled_area > 0.0) != is_outer {
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
        let marked: Vec<Value> = mesh
            .surfaces
            .iter()
            .filter(|s| s.semantic == SurfaceSemantic::Ground)
            .map(|s| self.surface(mesh, &s.rings))
            .collect();
        if !marked.is_empty() {
            return marked;
        }
        let down: Vec<Value> = mesh
            .surfaces
            .iter()
            .filter(|s| {
                s.rings
                    .first()
                    .is_some_and(|ring| mesh.is_solid && facing(mesh, ring).z < -0.9)
            })
            .map(|s| self.surface(mesh, &s.rings))
            .collect();
        // a tessellated element has hundreds of small faces below; its hull says more
        if (1..=32).contains(&down.len()) {
            return down;
        }
        let z = mesh.vertices.iter().map(|v| v.z).fold(f64::INFINITY, f64::min);
        let hull = convex_hull(mesh.vertices.iter().map(|v| v.truncate()).collect());
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

/// Unit normal of a ring (Newell); zero when it has no area.
fn facing(mesh: &SurfaceMesh, ring: &[u32]) -> DVec3 {
    let at = |i: usize| {
        ring.get(i % ring.len())
            .and_then(|v| mesh.vertices.get(*v as usize))
            .copied()
            .unwrap_or_default()
    };
    let origin = at(0);
    (0..ring.len())
        .map(|i| (at(i) - origin).cross(at(i + 1) - origin))
        .sum::<DVec3>()
        .normalize_or_zero()
}

/// Convex hull, counter-clockwise (Andrew's monotone chain).
fn convex_hull(mut points: Vec<DVec2>) -> Vec<DVec2> {
    points.retain(|p| p.is_finite());
    points.sort_unstable_by(|a, b| a.x.total_cmp(&b.x).then(a.y.total_cmp(&b.y)));
    points.dedup();
    if points.len() < 3 {
        return points;
    }
    let half = |points: &mut dyn Iterator<Item = DVec2>| {
        let mut chain: Vec<DVec2> = Vec::new();
        for p in points {
            while let [.., a, b] = chain.as_slice()
                && (*b - *a).perp_dot(p - *a) <= 0.0
            {
                chain.pop();
            }
            chain.push(p);
        }
        chain.pop();
        chain
    };
    let mut hull = half(&mut points.iter().copied());
    hull.extend(half(&mut points.iter().rev().copied()));
    hull
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hull_drops_inner_and_collinear_points() {
        let points = [(0.0, 0.0), (1.0, 0.0), (2.0, 0.0), (2.0, 2.0), (0.0, 2.0), (1.0, 1.0)]
            .map(DVec2::from)
            .to_vec();
        assert_eq!(
            convex_hull(points),
            [(0.0, 0.0), (2.0, 0.0), (2.0, 2.0), (0.0, 2.0)].map(DVec2::from)
        );
        assert_eq!(convex_hull(vec![DVec2::NAN, DVec2::ONE]), [DVec2::ONE]);
    }
}
