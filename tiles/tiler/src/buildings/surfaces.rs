//! Bodies made of polygons: CityJSON solids, TINs, tessellated BIM elements.

use super::blocks::Block;
use super::{Body, Painter, outline};
use crate::mesh::facade_units;
use crate::polygon::Triangulation;
use city_model::{FeatureClass, Surface, SurfaceKind, SurfaceMesh, SurfaceSemantic};
use glam::{DMat4, DVec2, DVec3, Vec3Swizzles as _};
use hashbrown::HashMap;

/// A surface counts as wall up to this upward part of its normal.
const WALL_NORMAL_Z: f64 = 0.45;
/// A roof steeper than this is drawn as a pitched one, cosine of 8°.
const FLAT_ROOF_NORMAL_Z: f64 = 0.990;

/// Measures taken while the surfaces are drawn, for the block above.
struct Survey {
    /// Up-facing area, its height-weighted sum, and its range of heights.
    roof_area: f64,
    roof_moment: f64,
    roof_range: (f64, f64),
    /// Outlines of bottoms, scene CRS.
    grounds: Vec<Vec<DVec2>>,
    plan: Vec<DVec2>,
    z_range: (f64, f64),
}

impl Painter<'_> {
    /// Draws polygons and returns their block; `placement` maps the vertices into the scene CRS.
    pub(super) fn surfaces(&mut self, body: Body<'_>, mesh: &SurfaceMesh, placement: Option<DMat4>) -> Option<Block> {
        let scene: Vec<DVec3> = mesh
            .vertices
            .iter()
            .map(|v| placement.map_or(*v, |m| m.transform_point3(*v)))
            .collect();
        let local: Vec<Option<DVec3>> = scene.iter().map(|p| self.tile.frame.local(*p)).collect();
        let lowest = scene
            .iter()
            .map(|p| p.z)
            .filter(|z| z.is_finite())
            .fold(f64::INFINITY, f64::min);
        let mut survey = Survey {
            roof_area: 0.0,
            roof_moment: 0.0,
            roof_range: (f64::INFINITY, f64::NEG_INFINITY),
            grounds: Vec::new(),
            plan: Vec::new(),
            z_range: (f64::INFINITY, f64::NEG_INFINITY),
        };
        let mut planes: HashMap<[i32; 4], f64> = HashMap::new();
        let mut broken = 0_u32;
        let mut points: Vec<DVec3> = Vec::new();
        let mut ends: Vec<usize> = Vec::new();
        for surface in &mesh.surfaces {
            points.clear();
            ends.clear();
            let mut corners: Vec<u32> = Vec::new();
            for ring in &surface.rings {
                corners.extend(ring);
                ends.push(corners.len());
            }
            let placed: Option<Vec<DVec3>> = corners
                .iter()
                .map(|i| local.get(*i as usize).copied().flatten())
                .collect();
            let cut = placed.as_ref().and_then(|p| self.cutter.triangulate(p, &ends));
            let (Some(placed), Some(cut)) = (placed, cut) else {
                broken += 1;
                continue;
            };
            points.extend(corners.iter().filter_map(|i| scene.get(*i as usize)));
            survey.add(&points, &ends, surface.semantic, &cut);
            let is_hidden = surface.semantic == SurfaceSemantic::Ground && is_house(body.feature.class);
            if !is_hidden {
                self.surface(body, mesh, surface, &placed, &points, &cut, lowest, &mut planes);
            }
        }
        if broken > 0 {
            let message = format!(
                "{broken} of {} polygons have no area or lie outside the CRS",
                mesh.surfaces.len()
            );
            self.report
                .warn("tiler/degenerate-polygon", Some(&body.feature.id), None, message);
        }
        survey.block()
    }

    #[expect(clippy::too_many_arguments, reason = "one face with everything known of it")]
    fn surface(
        &mut self,
        body: Body<'_>,
        mesh: &SurfaceMesh,
        surface: &Surface,
        placed: &[DVec3],
        scene: &[DVec3],
        cut: &Triangulation,
        lowest: f64,
        planes: &mut HashMap<[i32; 4], f64>,
    ) {
        let kind = kind_of(body, surface.semantic, cut.normal);
        let material = surface.material.and_then(|i| mesh.materials.get(usize::from(i)));
        let rgb = match kind {
            SurfaceKind::Wall => body.look.wall,
            SurfaceKind::Roof | SurfaceKind::PitchedRoof => body.look.roof,
            SurfaceKind::Glass => [140, 158, 170],
            SurfaceKind::Water => [74, 124, 150],
            SurfaceKind::Road => [110, 112, 114],
            _ => body.look.wall,
        };
        let color = material.map_or([rgb[0], rgb[1], rgb[2], u8::MAX], |m| {
            m.rgba.map(|c| (c.clamp(0.0, 1.0) * 255.0).round() as u8)
        });
        let normal = cut.normal.as_vec3();
        let is_wall = kind == SurfaceKind::Wall;
        let open = if is_wall {
            self.surface_openness(body, scene, cut.normal)
        } else {
            1.0
        };
        let mut style = body.style(kind, [0; 3], open);
        style.color = color;
        if let Some((image, uvs)) = self.texture(mesh, surface, placed.len()) {
            let part = self.mesh.textured_part(&image);
            style.color = [u8::MAX; 4];
            part.mesh.push_face(placed, &cut.indices, normal, style, |_| [0, 0]);
            part.uvs.extend(uvs);
            return;
        }
        if !is_wall {
            self.mesh.push_face(placed, &cut.indices, normal, style, |_| [0, 0]);
            return;
        }
        // façade coordinates: along the horizontal of the wall's plane, the same for every polygon of the plane
        let along = DVec3::Z.cross(cut.normal).normalize_or(DVec3::X);
        let key = [
            (cut.normal.x * 64.0).round() as i32,
            (cut.normal.y * 64.0).round() as i32,
            (cut.normal.z * 64.0).round() as i32,
            (placed[0].dot(cut.normal) * 4.0).round() as i32,
        ];
        let start = placed.iter().map(|p| p.dot(along)).fold(f64::INFINITY, f64::min);
        // whole metres keep the pattern of later polygons of the plane in step with the first one
        let origin = *planes.entry(key).or_insert(start);
        let origin = if start < origin {
            origin - ((origin - start) / 3.0).ceil() * 3.0
        } else {
            origin
        };
        let (dark, light) = (open * 0.8, 0.5 + open * 0.5);
        let top = scene.iter().map(|p| p.z).fold(lowest, f64::max);
        let base = self.mesh.positions.len() as u32;
        for (p, q) in placed.iter().zip(scene) {
            let t = (q.z - lowest) / (top - lowest).max(0.1);
            style.surface[3] = ((dark + (light - dark) * t) * 255.0).round() as u8;
            let facade = [facade_units(p.dot(along) - origin), facade_units(q.z - lowest)];
            self.mesh.push_vertex(p.as_vec3(), normal, style, facade);
        }
        self.mesh.indices.extend(cut.indices.iter().map(|i| base + i));
    }

    fn surface_openness(&self, body: Body<'_>, scene: &[DVec3], normal: DVec3) -> f64 {
        let middle = scene.iter().map(|p| p.xy()).sum::<DVec2>() / scene.len().max(1) as f64;
        self.neighbours
            .openness(middle, normal.xy().normalize_or(DVec2::X), body.own)
    }

    /// Image and coordinates of a textured surface; `None` when the image is not there or they do not fit.
    fn texture(
        &self,
        mesh: &SurfaceMesh,
        surface: &Surface,
        count: usize,
    ) -> Option<(std::sync::Arc<Vec<u8>>, Vec<[f32; 2]>)> {
        let (index, coords) = surface.texture.as_ref()?;
        let image = mesh.textures.get(usize::from(*index))?.bytes.clone()?;
        let is_image = image.starts_with(&[0xff, 0xd8, 0xff]) || image.starts_with(&[0x89, b'P', b'N', b'G']);
        let uvs: Vec<[f32; 2]> = coords.iter().flatten().copied().collect();
        (is_image && uvs.len() == count && uvs.iter().flatten().all(|v| v.is_finite())).then_some((image, uvs))
    }
}

impl Survey {
    fn add(&mut self, scene: &[DVec3], ends: &[usize], semantic: SurfaceSemantic, cut: &Triangulation) {
        for p in scene {
            self.plan.push(p.xy());
            self.z_range = (self.z_range.0.min(p.z), self.z_range.1.max(p.z));
        }
        if cut.normal.z > 0.3 && semantic != SurfaceSemantic::Interior {
            let area = cut.area_m2 * cut.normal.z;
            let mean = scene.iter().map(|p| p.z).sum::<f64>() / scene.len().max(1) as f64;
            self.roof_area += area;
            self.roof_moment += area * mean;
            for p in scene {
                self.roof_range = (self.roof_range.0.min(p.z), self.roof_range.1.max(p.z));
            }
        }
        if semantic == SurfaceSemantic::Ground {
            self.grounds.push(
                scene[..ends.first().copied().unwrap_or(0)]
                    .iter()
                    .map(|p| p.xy())
                    .collect(),
            );
        }
    }

    fn block(self) -> Option<Block> {
        let (low, high) = self.z_range;
        if !(low.is_finite() && high.is_finite()) {
            return None;
        }
        let (top_z, roof_error) = if self.roof_area > 0.0 {
            let top = self.roof_moment / self.roof_area;
            (top, (high - top).max(top - self.roof_range.0))
        } else {
            (high, 0.0)
        };
        let outline = match self.grounds.as_slice() {
            [one] => outline::cleaned_rings(std::slice::from_ref(one)),
            _ => None,
        };
        let rings = outline.unwrap_or_else(|| vec![outline::hull(self.plan)]);
        if rings.first().is_none_or(|ring| ring.len() < 3) {
            // an upright sheet: a block of its bounds would be wider than it is
            return None;
        }
        Some(Block::of_rings(&rings, low, top_z, roof_error))
    }
}

const fn is_house(class: FeatureClass) -> bool {
    matches!(class, FeatureClass::Building | FeatureClass::BuildingPart)
}

fn kind_of(body: Body<'_>, semantic: SurfaceSemantic, normal: DVec3) -> SurfaceKind {
    let roof = || {
        if normal.z < FLAT_ROOF_NORMAL_Z {
            SurfaceKind::PitchedRoof
        } else {
            SurfaceKind::Roof
        }
    };
    match semantic {
        SurfaceSemantic::Window => SurfaceKind::Glass,
        SurfaceSemantic::Water => SurfaceKind::Water,
        SurfaceSemantic::Traffic => SurfaceKind::Pavement,
        SurfaceSemantic::Door | SurfaceSemantic::Interior | SurfaceSemantic::Ground | SurfaceSemantic::Overhang => {
            SurfaceKind::Plain
        }
        _ if !body.has_facade => SurfaceKind::Plain,
        SurfaceSemantic::Wall => SurfaceKind::Wall,
        SurfaceSemantic::Roof => roof(),
        SurfaceSemantic::Unknown if normal.z.abs() <= WALL_NORMAL_Z => SurfaceKind::Wall,
        SurfaceSemantic::Unknown if normal.z > 0.0 => roof(),
        SurfaceSemantic::Unknown => SurfaceKind::Plain,
    }
}
