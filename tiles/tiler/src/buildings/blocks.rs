//! Blocks: what is left of a building, or of several, in the tiles above the leaves.

use super::outline;
use super::palette::Look;
use crate::mesh::facade_units;
use crate::record::{FeatureTag, PackedPoints};
use crate::{FaceStyle, TileFrame, TileMesh, Triangulator};
use city_model::ring::signed_area;
use city_model::{BuildingUse, SurfaceKind, SurfaceStyle};
use glam::{DVec2, DVec3, Vec3, Vec3Swizzles as _};
use serde::{Deserialize, Serialize};

/// A prism over a simple outline.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Block {
    /// The feature, or the largest of the merged ones.
    pub(super) tag: FeatureTag,
    /// Outline, CCW, scene CRS metres; empty on the record of what was left out.
    pub(super) ring: Vec<DVec2>,
    /// Foot and top, scene CRS heights, metres.
    pub(super) base_z: f64,
    pub(super) top_z: f64,
    /// Greatest deviation from the features that it stands for, metres.
    pub(super) error_m: f64,
    pub(super) look: Look,
}

/// A block on the wire: (tag, outline and base, top cm, error cm, colours, use, storey height, age).
#[derive(Serialize, Deserialize)]
pub(super) struct BlockRecord {
    tag: FeatureTag,
    ring: PackedPoints,
    height_cm: u32,
    error_cm: u32,
    wall: [u8; 3],
    roof: [u8; 3],
    style: [u8; 3],
}

/// Outlines keep at most this many corners.
const MAX_CORNERS: usize = 10;
/// Corners that stand out less than this are left out at once, metres.
const CORNER_TOLERANCE_M: f64 = 0.5;

impl Block {
    /// Block of an outline with holes, which are filled.
    ///
    /// * `roof_error_m` — greatest deviation of the roof from the plane at `top_z`, metres
    pub(super) fn of_rings(rings: &[Vec<DVec2>], base_z: f64, top_z: f64, roof_error_m: f64) -> Self {
        let mut ring = rings.first().cloned().unwrap_or_default();
        let corner_error_m = outline::thin_out(&mut ring, CORNER_TOLERANCE_M, MAX_CORNERS);
        // a filled court is off by about half its width
        let hole_error_m = rings
            .iter()
            .skip(1)
            .map(|hole| signed_area(hole).abs().sqrt() * 0.5)
            .fold(0.0, f64::max);
        Self {
            tag: FeatureTag {
                index: 0,
                layer_code: 0,
                class_code: 0,
                height_m: 0.0,
                id: String::new(),
                name: String::new(),
            },
            ring,
            base_z,
            top_z: top_z.max(base_z + 0.01),
            error_m: roof_error_m.max(corner_error_m).max(hole_error_m).max(0.0),
            look: Look {
                wall: [0; 3],
                roof: [0; 3],
                building_use: BuildingUse::Unknown,
                storey_height_dm: 30,
                age_code: 0,
            },
        }
    }

    /// Stands for features that are no longer drawn; only its error counts.
    pub(super) fn lost(error_m: f64) -> Self {
        Self {
            error_m,
            ..Self::of_rings(&[], 0.0, 0.0, 0.0)
        }
    }

    /// True for the record of what was left out.
    pub(super) const fn is_lost(&self) -> bool {
        self.ring.is_empty()
    }

    /// Height of the body, metres.
    pub(super) fn height_m(&self) -> f64 {
        self.top_z - self.base_z
    }

    /// Plan area, m².
    pub(super) fn area_m2(&self) -> f64 {
        signed_area(&self.ring).abs()
    }

    /// Middle of the outline's box.
    pub(super) fn center(&self) -> DVec2 {
        let (low, high) = self.extent();
        (low + high) * 0.5
    }

    /// Least and greatest corner in plan.
    pub(super) fn extent(&self) -> (DVec2, DVec2) {
        self.ring
            .iter()
            .fold((DVec2::INFINITY, DVec2::NEG_INFINITY), |(low, high), p| {
                (low.min(*p), high.max(*p))
            })
    }

    /// What the eye loses when the block is left out, metres: its height or half its diagonal.
    pub(super) fn size_m(&self) -> f64 {
        let (low, high) = self.extent();
        self.height_m().max((high - low).length() * 0.5)
    }

    pub(super) fn to_record(&self) -> BlockRecord {
        let look = &self.look;
        // the casts saturate; errors round up
        BlockRecord {
            tag: self.tag.clone(),
            ring: PackedPoints::pack(self.ring.iter().map(|p| p.extend(self.base_z))),
            height_cm: (self.height_m() * 100.0).round() as u32,
            error_cm: (self.error_m * 100.0).ceil() as u32,
            wall: look.wall,
            roof: look.roof,
            style: [look.building_use as u8, look.storey_height_dm, look.age_code],
        }
    }

    pub(super) fn from_record(record: BlockRecord) -> Option<Self> {
        let points = record.ring.unpack();
        let base_z = points.first().map_or(0.0, |p| p.z);
        let [building_use, storey_height_dm, age_code] = record.style;
        Some(Self {
            tag: record.tag,
            ring: points.iter().map(|p| p.xy()).collect(),
            base_z,
            top_z: base_z + f64::from(record.height_cm) / 100.0,
            error_m: f64::from(record.error_cm) / 100.0,
            look: Look {
                wall: record.wall,
                roof: record.roof,
                building_use: BuildingUse::from_code(building_use),
                storey_height_dm,
                age_code,
            },
        })
    }

    /// Adds walls and a flat roof to a tile; a block that cannot be placed is passed over.
    pub(super) fn draw(&self, frame: &TileFrame<'_>, mesh: &mut TileMesh, cutter: &mut Triangulator) {
        let place = |z: f64| {
            self.ring
                .iter()
                .map(|p| frame.local(p.extend(z)))
                .collect::<Option<Vec<DVec3>>>()
        };
        let (Some(lower), Some(upper)) = (place(self.base_z), place(self.top_z)) else {
            return;
        };
        let slot = mesh.add_feature(self.tag.to_row());
        let style = |kind: SurfaceKind, rgb: [u8; 3], openness: u8| FaceStyle {
            slot,
            color: [rgb[0], rgb[1], rgb[2], u8::MAX],
            surface: SurfaceStyle {
                kind,
                building_use: self.look.building_use,
                storey_height_dm: self.look.storey_height_dm,
                age_code: self.look.age_code,
                openness,
            }
            .to_bytes(),
        };
        let (low_style, high_style) = (
            style(SurfaceKind::Wall, self.look.wall, 200),
            style(SurfaceKind::Wall, self.look.wall, 255),
        );
        let top_v = facade_units(self.height_m());
        for i in 0..self.ring.len() {
            let j = (i + 1) % self.ring.len();
            let edge = self.ring[j] - self.ring[i];
            let direction = edge.normalize_or(DVec2::X);
            let normal = DVec3::new(direction.y, -direction.x, 0.0).as_vec3();
            let u = facade_units(edge.length());
            let a = mesh.push_vertex(lower[i].as_vec3(), normal, low_style, [0, 0]);
            let b = mesh.push_vertex(lower[j].as_vec3(), normal, low_style, [u, 0]);
            let c = mesh.push_vertex(upper[j].as_vec3(), normal, high_style, [u, top_v]);
            let d = mesh.push_vertex(upper[i].as_vec3(), normal, high_style, [0, top_v]);
            mesh.push_triangle(a, b, c);
            mesh.push_triangle(a, c, d);
        }
        if let Some(cut) = cutter.triangulate(&upper, &[upper.len()]) {
            mesh.push_face(
                &upper,
                &cut.indices,
                Vec3::Z,
                style(SurfaceKind::Roof, self.look.roof, 255),
                |_| [0, 0],
            );
        }
    }
}
