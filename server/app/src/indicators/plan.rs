//! Plan of a feature: what it covers seen from above, as valid polygons in the scene CRS.

use analysis::geometry;
use city_model::{Feature, Shape, SurfaceMesh};
use geo::{ConvexHull as _, MultiPoint, MultiPolygon, Point};

/// More downward faces than this and the hull says more than their union.
const MAX_FACES: usize = 64;

/// Polygons that the finest level covers; empty for lines and points.
pub(crate) fn plan(feature: &Feature) -> MultiPolygon<f64> {
    let mut parts: Vec<MultiPolygon<f64>> = Vec::new();
    for shape in feature.geometry.finest() {
        match shape {
            Shape::Extrusion(e) => parts.push(polygon(e.rings.iter())),
            Shape::Footprint(f) => parts.extend(f.polygons.iter().map(|rings| polygon(rings.iter()))),
            Shape::Surfaces(_) | Shape::Instance { .. } => {
                parts.extend(shape.mesh().into_iter().flat_map(|mesh| mesh_plan(&mesh)));
            }
            Shape::Line(_) | Shape::Point(_) => {}
        }
    }
    parts.retain(|p| !p.0.is_empty());
    match parts.len() {
        0 => MultiPolygon::new(vec![]),
        1 => parts.remove(0),
        _ => geometry::union(&parts),
    }
}

fn polygon<'a>(rings: impl Iterator<Item = &'a Vec<glam::DVec2>>) -> MultiPolygon<f64> {
    let rings: Vec<Vec<[f64; 2]>> = rings.map(|r| r.iter().map(|p| [p.x, p.y]).collect()).collect();
    geometry::repaired(MultiPolygon::new(vec![geometry::polygon(&rings)]))
}

/// Ground surfaces; else what faces down; else the convex hull.
fn mesh_plan(mesh: &SurfaceMesh) -> Vec<MultiPolygon<f64>> {
    let at = |v: &u32| mesh.vertices.get(*v as usize).copied().unwrap_or_default();
    let surface = |rings: &Vec<Vec<u32>>| {
        let rings: Vec<Vec<[f64; 2]>> = rings
            .iter()
            .map(|r| r.iter().map(|v| [at(v).x, at(v).y]).collect())
            .collect();
        geometry::repaired(MultiPolygon::new(vec![geometry::polygon(&rings)]))
    };
    if let Some(footing) = mesh.footing(MAX_FACES) {
        return footing.iter().map(|s| surface(&s.rings)).collect();
    }
    let points: MultiPoint<f64> = mesh
        .vertices
        .iter()
        .filter(|v| v.is_finite())
        .map(|v| Point::new(v.x, v.y))
        .collect();
    vec![geometry::repaired(MultiPolygon::new(vec![points.convex_hull()]))]
}

#[cfg(test)]
mod tests {
    use super::*;
    use city_model::{Extrusion, FeatureClass, LodGeometry, RoofForm, Surface, SurfaceSemantic};
    use glam::{DVec2, DVec3};

    #[test]
    fn a_body_covers_its_footprint_and_a_mesh_its_ground() {
        let mut feature = Feature::new("b", FeatureClass::Building, "test");
        let ring = [[0.0, 0.0], [10.0, 0.0], [10.0, 20.0], [0.0, 20.0]]
            .map(DVec2::from)
            .to_vec();
        let body = Extrusion {
            rings: vec![ring],
            base_z_m: None,
            height_m: 9.0,
            roof: RoofForm::Flat { parapet_m: 0.0 },
            roof_boxes: vec![],
        };
        feature.geometry = LodGeometry::single(10, Shape::Extrusion(body));
        assert_eq!(geometry::area_m2(&plan(&feature)), 200.0);

        let vertices: Vec<DVec3> = [[0.0, 0.0], [4.0, 0.0], [4.0, 5.0], [0.0, 5.0]]
            .iter()
            .flat_map(|p| [0.0, 3.0].map(|z| DVec3::new(p[0], p[1], z)))
            .collect();
        let face = |rings: Vec<Vec<u32>>, semantic| Surface {
            rings,
            semantic,
            material: None,
            texture: None,
        };
        let mesh = SurfaceMesh {
            vertices,
            surfaces: vec![
                face(vec![vec![0, 6, 4, 2]], SurfaceSemantic::Unknown),
                face(vec![vec![1, 3, 5, 7]], SurfaceSemantic::Unknown),
            ],
            is_solid: true,
            ..SurfaceMesh::default()
        };
        feature.geometry = LodGeometry::single(20, Shape::Surfaces(mesh));
        assert_eq!(geometry::area_m2(&plan(&feature)), 20.0);
    }
}
