//! Walls and roofs of raised footprints.

use super::blocks::Block;
use super::{Body, Painter, outline, roof};
use crate::mesh::facade_units;
use city_model::{Extrusion, RoofForm, SurfaceKind};
use glam::{DVec2, DVec3};

/// Turn at a corner up to which the façade pattern runs on (round towers), cosine of 25°.
const SAME_WALL_COS: f64 = 0.906;
/// Walls reach this far below the lowest ground at the footprint, so that coarse terrain leaves no gap.
const FOOTING_M: f64 = 0.5;
/// Taller extrusions are taken for an error of units.
const GREATEST_HEIGHT_M: f64 = 2000.0;

/// A low plate for a footprint without height.
pub(super) fn plate(rings: &[Vec<DVec2>], level_z_m: Option<f64>) -> Extrusion {
    let roof = RoofForm::Flat { parapet_m: 0.0 };
    Extrusion {
        rings: rings.to_vec(),
        base_z_m: level_z_m,
        height_m: 0.3,
        roof,
        roof_boxes: Vec::new(),
    }
}

/// A square post.
pub(super) fn post(at: DVec2, half_m: f64, height_m: f64, base_z_m: Option<f64>) -> Extrusion {
    let ring = [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)].map(|(x, y)| at + DVec2::new(x, y) * half_m);
    let roof = RoofForm::Flat { parapet_m: 0.0 };
    Extrusion {
        rings: vec![ring.to_vec()],
        base_z_m,
        height_m,
        roof,
        roof_boxes: Vec::new(),
    }
}

/// Heights of an extrusion in the scene CRS, metres.
#[derive(Debug, Clone, Copy)]
pub(super) struct Levels {
    /// Where the façade pattern begins.
    pub(super) base_z: f64,
    /// Lower edge of the walls.
    pub(super) foot_z: f64,
    /// Eaves or flat roof.
    pub(super) eaves_z: f64,
}

impl Painter<'_> {
    /// Draws an extrusion and returns its block; `None` when it has no usable footprint or height.
    pub(super) fn extrusion(&mut self, body: Body<'_>, extrusion: &Extrusion) -> Option<Block> {
        let id = body.feature.id.as_str();
        if !(extrusion.height_m > 0.0 && extrusion.height_m <= GREATEST_HEIGHT_M) {
            let message = format!("height {} m is not usable", extrusion.height_m);
            self.report.error("tiler/height", Some(id), None, message);
            return None;
        }
        let Some(rings) = outline::cleaned_rings(&extrusion.rings) else {
            self.report
                .error("tiler/footprint", Some(id), None, "the footprint has no area");
            return None;
        };
        let levels = self.levels(extrusion, &rings[0]);
        let parapet_m = match extrusion.roof {
            RoofForm::Flat { parapet_m } if parapet_m > 0.05 => f64::from(parapet_m).min(5.0),
            _ => 0.0,
        };
        for ring in &rings {
            self.walls(body, ring, levels, levels.eaves_z + parapet_m)?;
        }
        let mut roof_error_m = parapet_m;
        if roof::is_pitched(&extrusion.roof) && rings.len() == 1 {
            roof_error_m = self.pitched_roof(body, &rings[0], levels.eaves_z, &extrusion.roof)?;
        } else {
            self.flat_roof(body, &rings, levels.eaves_z, parapet_m)?;
        }
        for roof_box in extrusion.roof_boxes.iter().take(64) {
            self.roof_box(body, roof_box, levels.eaves_z);
            roof_error_m = roof_error_m.max(f64::from(roof_box.height_m));
        }
        // half of a pitched roof stands over the block's top and half of it below
        let rise_m = if roof::is_pitched(&extrusion.roof) {
            extrusion.roof.rise_m() * 0.5
        } else {
            0.0
        };
        Some(Block::of_rings(
            &rings,
            levels.foot_z,
            levels.eaves_z + rise_m,
            roof_error_m - rise_m,
        ))
    }

    fn levels(&self, extrusion: &Extrusion, ring: &[DVec2]) -> Levels {
        if let Some(base_z) = extrusion.base_z_m.filter(|z| z.is_finite()) {
            return Levels {
                base_z,
                foot_z: base_z,
                eaves_z: base_z + extrusion.height_m,
            };
        }
        let ground = || ring.iter().filter_map(|p| self.tile.terrain.sample(*p));
        let (low, high) = ground().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), z| (l.min(z), h.max(z)));
        if !low.is_finite() {
            return Levels {
                base_z: 0.0,
                foot_z: 0.0,
                eaves_z: extrusion.height_m,
            };
        }
        // heights of buildings are counted from the middle of the ground around them
        Levels {
            base_z: low,
            foot_z: low - FOOTING_M,
            eaves_z: (low + high) * 0.5 + extrusion.height_m,
        }
    }

    /// Walls around one ring (solid on the left), up to `top_z`.
    fn walls(&mut self, body: Body<'_>, ring: &[DVec2], levels: Levels, top_z: f64) -> Option<()> {
        let kind = if body.has_facade {
            SurfaceKind::Wall
        } else {
            SurfaceKind::Plain
        };
        let lower: Vec<DVec3> = ring
            .iter()
            .map(|p| self.local(body, p.extend(levels.foot_z)))
            .collect::<Option<_>>()?;
        let upper: Vec<DVec3> = ring
            .iter()
            .map(|p| self.local(body, p.extend(top_z)))
            .collect::<Option<_>>()?;
        let top_v = facade_units(top_z - levels.base_z);
        let mut along = 0.0;
        let mut last_direction = DVec2::ZERO;
        for i in 0..ring.len() {
            let j = (i + 1) % ring.len();
            let edge = ring[j] - ring[i];
            let direction = edge.normalize_or(DVec2::X);
            if direction.dot(last_direction) < SAME_WALL_COS {
                along = 0.0;
            }
            last_direction = direction;
            let (u0, u1) = (facade_units(along), facade_units(along + edge.length()));
            along += edge.length();
            let open = self.wall_openness(body, ring[i], ring[j]);
            let (low_style, high_style) = (
                body.style(kind, body.look.wall, open * 0.8),
                body.style(kind, body.look.wall, 0.5 + open * 0.5),
            );
            let normal = DVec3::new(direction.y, -direction.x, 0.0).as_vec3();
            let a = self.mesh.push_vertex(lower[i].as_vec3(), normal, low_style, [u0, 0]);
            let b = self.mesh.push_vertex(lower[j].as_vec3(), normal, low_style, [u1, 0]);
            let c = self
                .mesh
                .push_vertex(upper[j].as_vec3(), normal, high_style, [u1, top_v]);
            let d = self
                .mesh
                .push_vertex(upper[i].as_vec3(), normal, high_style, [u0, top_v]);
            self.mesh.push_triangle(a, b, c);
            self.mesh.push_triangle(a, c, d);
        }
        Some(())
    }
}
