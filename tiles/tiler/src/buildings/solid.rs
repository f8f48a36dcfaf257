//! What a building fills, as triangles in the scene CRS: for whoever asks what it shades, not how it looks.

use super::{outline, roof};
use crate::Triangulator;
use city_model::{Extrusion, LodGeometry, RoofForm, Shape, SurfaceMesh, SurfaceSemantic};
use glam::{DVec2, DVec3};
use hashbrown::HashMap;

/// Vertices within this are one, metres: sources keep millimetres.
const SAME_POINT_M: f64 = 1e-3;

/// Triangles that a building is bounded by.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Solid {
    /// Corners in the scene CRS, anticlockwise seen from outside.
    pub triangles: Vec<[DVec3; 3]>,
    /// True when they leave no gap, so that inside and outside can be told.
    pub is_closed: bool,
    /// Height up to which its walls stand: eaves of what is raised from an outline, else the highest point, metres.
    pub wall_top_z: f64,
}

impl Solid {
    /// The finest level of a building; `None` when it bounds nothing, or has a shape that cannot be cut into triangles.
    ///
    /// * `ground_m` — where outlines without a height of their own stand, metres
    pub fn of(geometry: &LodGeometry, ground_m: f64) -> Option<Self> {
        let mut solid = Self {
            is_closed: true,
            wall_top_z: f64::NEG_INFINITY,
            ..Self::default()
        };
        let mut cutter = Triangulator::default();
        for shape in geometry.finest() {
            match shape {
                Shape::Extrusion(extrusion) => solid.raise(extrusion, ground_m, &mut cutter)?,
                Shape::Surfaces(_) | Shape::Instance { .. } => solid.add(shape.mesh()?.as_ref(), &mut cutter)?,
                Shape::Footprint(_) | Shape::Line(_) | Shape::Point(_) => return None,
            }
        }
        (!solid.triangles.is_empty()).then_some(solid)
    }

    /// Volume by the divergence theorem, m³; means something when the solid is closed.
    pub fn volume_m3(&self) -> f64 {
        let origin = self.triangles.first().map_or(DVec3::ZERO, |t| t[0]);
        let six = |t: &[DVec3; 3]| (t[0] - origin).dot((t[1] - origin).cross(t[2] - origin));
        self.triangles.iter().map(six).sum::<f64>() / 6.0
    }

    /// Polygons as the source gives them.
    fn add(&mut self, mesh: &SurfaceMesh, cutter: &mut Triangulator) -> Option<()> {
        let first = self.triangles.len();
        for surface in mesh.surfaces.iter().filter(|s| s.semantic != SurfaceSemantic::Interior) {
            let (mut points, mut ends) = (vec![], vec![]);
            for ring in &surface.rings {
                for v in ring {
                    points.push(*mesh.vertices.get(*v as usize)?);
                }
                ends.push(points.len());
            }
            // a sliver without area bounds nothing; its edges then have no partner, and the solid counts as open
            if let Some(cut) = cutter.triangulate(&points, &ends) {
                self.faces(&points, &cut.indices);
            }
        }
        let own = self.triangles.get(first..)?;
        self.is_closed &= is_closed(own);
        self.wall_top_z = own.iter().flatten().fold(self.wall_top_z, |z, p| z.max(p.z));
        Some(())
    }

    /// An outline with walls, roof and the boxes on it.
    fn raise(&mut self, extrusion: &Extrusion, ground_m: f64, cutter: &mut Triangulator) -> Option<()> {
        let rings = outline::cleaned_rings(&extrusion.rings)?;
        let base_z = extrusion.base_z_m.unwrap_or(ground_m);
        if !(extrusion.height_m > 0.0 && base_z.is_finite()) {
            return None;
        }
        let eaves_z = base_z + extrusion.height_m;
        self.wall_top_z = self.wall_top_z.max(eaves_z);
        let faces = match rings.as_slice() {
            [ring] if roof::is_pitched(&extrusion.roof) => roof::pitched_faces(ring, eaves_z, &extrusion.roof),
            _ => None,
        };
        if let Some(faces) = faces {
            self.prism(&rings, [base_z, eaves_z], false, cutter)?;
            for face in faces {
                if let Some(cut) = cutter.triangulate(&face.points, &[face.points.len()]) {
                    self.faces(&face.points, &cut.indices);
                }
            }
        } else {
            // a parapet runs round the roof: it blocks as the roof would at its height
            let parapet_m = match extrusion.roof {
                RoofForm::Flat { parapet_m } => f64::from(parapet_m).clamp(0.0, 5.0),
                _ => 0.0,
            };
            self.prism(&rings, [base_z, eaves_z + parapet_m], true, cutter)?;
        }
        for b in extrusion.roof_boxes.iter().take(64) {
            if let Some(plan) = roof::box_plan(b) {
                let top_z = eaves_z + f64::from(b.height_m);
                self.prism(&[plan.to_vec()], [eaves_z, top_z], true, cutter)?;
            }
        }
        Some(())
    }

    /// Walls and bottom over rings, with or without a top.
    fn prism(
        &mut self,
        rings: &[Vec<DVec2>],
        [low_z, high_z]: [f64; 2],
        has_top: bool,
        cutter: &mut Triangulator,
    ) -> Option<()> {
        for ring in rings {
            for i in 0..ring.len() {
                let (a, b) = (ring[i], ring[(i + 1) % ring.len()]);
                let quad = [a.extend(low_z), b.extend(low_z), b.extend(high_z), a.extend(high_z)];
                self.faces(&quad, &[0, 1, 2, 0, 2, 3]);
            }
        }
        let (points, cut) = cutter.triangulate_plan(rings, low_z)?;
        let turned: Vec<u32> = cut.indices.chunks_exact(3).flat_map(|t| [t[0], t[2], t[1]]).collect();
        self.faces(&points, &turned);
        if has_top {
            let lifted: Vec<DVec3> = points.iter().map(|p| p.truncate().extend(high_z)).collect();
            self.faces(&lifted, &cut.indices);
        }
        Some(())
    }

    fn faces(&mut self, points: &[DVec3], indices: &[u32]) {
        let at = |i: u32| points.get(i as usize).copied();
        let corners = indices
            .chunks_exact(3)
            .filter_map(|t| Some([at(t[0])?, at(t[1])?, at(t[2])?]));
        self.triangles.extend(corners);
    }
}

/// True when every edge is walked as often in one direction as in the other.
fn is_closed(triangles: &[[DVec3; 3]]) -> bool {
    let mut numbers: HashMap<[i64; 3], u32> = HashMap::new();
    let mut walks: HashMap<[u32; 2], i32> = HashMap::new();
    for triangle in triangles {
        let corners = triangle.map(|p| {
            let key = (p / SAME_POINT_M).round().to_array().map(|v| v as i64);
            let next = numbers.len() as u32;
            *numbers.entry(key).or_insert(next)
        });
        for k in 0..3 {
            let (a, b) = (corners[k], corners[(k + 1) % 3]);
            if a != b {
                *walks.entry([a.min(b), a.max(b)]).or_default() += if a < b { 1 } else { -1 };
            }
        }
    }
    walks.values().all(|sum| *sum == 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use city_model::{RoofBox, Surface};

    fn extrusion(roof: RoofForm) -> Extrusion {
        let ring = [(0.0, 0.0), (20.0, 0.0), (20.0, 8.0), (0.0, 8.0)].map(|(x, y)| DVec2::new(x, y));
        Extrusion {
            rings: vec![ring.to_vec()],
            base_z_m: None,
            height_m: 6.0,
            roof,
            roof_boxes: vec![],
        }
    }

    fn of(extrusion: Extrusion) -> Solid {
        Solid::of(&LodGeometry::single(10, Shape::Extrusion(extrusion)), 100.0).unwrap()
    }

    #[test]
    fn roofs_have_their_volumes() {
        let walls = 20.0 * 8.0 * 6.0;
        for (roof, above) in [
            (RoofForm::Flat { parapet_m: 0.0 }, 0.0),
            // half of the box over the eaves
            (RoofForm::Gable { rise_m: 3.0 }, 20.0 * 8.0 * 3.0 / 2.0),
            // a wedge between two half pyramids: b h (2 L + l) / 6
            (RoofForm::Hip { rise_m: 3.0 }, 8.0 * 3.0 * (2.0 * 20.0 + 12.0) / 6.0),
            (
                RoofForm::Sawtooth {
                    rise_m: 2.0,
                    pitch_m: 5.0,
                },
                20.0 * 8.0 * 2.0 / 2.0,
            ),
        ] {
            let solid = of(extrusion(roof));
            assert!(
                (solid.volume_m3() - walls - above).abs() < 1e-6,
                "{roof:?}: {}",
                solid.volume_m3()
            );
            assert_eq!(solid.wall_top_z, 106.0);
            assert!(solid.is_closed);
            let top = solid.triangles.iter().flatten().map(|p| p.z).fold(0.0, f64::max);
            assert!((top - 106.0 - roof.rise_m()).abs() < 1e-9);
        }
    }

    #[test]
    fn a_stair_head_stands_on_the_roof_and_does_not_raise_it() {
        let solid = of(Extrusion {
            roof_boxes: vec![RoofBox {
                center: DVec2::new(10.0, 4.0),
                half_x_m: 2.0,
                half_y_m: 1.5,
                height_m: 3.0,
                rotation_rad: 0.3,
            }],
            ..extrusion(RoofForm::Flat { parapet_m: 0.0 })
        });
        assert!((solid.volume_m3() - 960.0 - 36.0).abs() < 1e-5, "{}", solid.volume_m3());
    }

    #[test]
    fn a_shell_with_a_face_missing_is_open() {
        let whole = of(extrusion(RoofForm::Flat { parapet_m: 0.0 }));
        let mesh = |triangles: &[[DVec3; 3]]| {
            let vertices: Vec<DVec3> = triangles.iter().flatten().copied().collect();
            let surfaces = (0..triangles.len() as u32).map(|i| Surface {
                rings: vec![vec![3 * i, 3 * i + 1, 3 * i + 2]],
                semantic: SurfaceSemantic::Unknown,
                material: None,
                texture: None,
            });
            let mesh = SurfaceMesh {
                surfaces: surfaces.collect(),
                vertices,
                is_solid: true,
                ..SurfaceMesh::default()
            };
            Solid::of(&LodGeometry::single(22, Shape::Surfaces(mesh)), 0.0).unwrap()
        };
        assert!(mesh(&whole.triangles).is_closed);
        assert!((mesh(&whole.triangles).volume_m3() - 960.0).abs() < 1e-9);
        assert!(!mesh(&whole.triangles[1..]).is_closed);
    }
}
