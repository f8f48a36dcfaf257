//! The sketch of a drawing tool as a tile of its own, rebuilt when the eye has come nearer or gone away.

use crate::engine::tools::is_ground;
use crate::material::frame::DrawTile;
use crate::material::mesh::{GpuPrimitive, PrimitiveData};
use crate::tiles::TileStream;
use bevy::math::{DVec2, DVec3};
use bevy::prelude::Resource;
use bevy::render::renderer::{RenderDevice, RenderQueue};
use std::sync::Arc;
use viewer_core::{Ray, Sketch};

/// Width of lines as a share of the distance to the middle of the view: about three pixels.
const LINE_SHARE: f64 = 0.0035;
const MIN_LINE_M: f64 = 0.3;
/// Lines are made anew when the eye is nearer or farther by this factor.
const ZOOM_STEP: f64 = 1.5;
/// Colour unless the page says otherwise, sRGB.
const ACCENT_RGB: [u8; 3] = [95, 208, 216];
/// Rays for the height of the ground start this high, ENU metres.
const SKY_M: f64 = 9_000.0;

/// What is sketched.
#[derive(Resource, Default)]
pub(crate) struct SketchLayer {
    draped: Option<Sketch>,
    drawn: Option<(DVec3, Arc<Vec<GpuPrimitive>>)>,
    /// Distance of the eye for which lines are wide enough; 0 when nothing is on the GPU.
    distance_m: f64,
}

/// Sketch of a command.
pub(super) fn sketch_of(
    rings: &[Vec<[f64; 3]>],
    lines: &[Vec<[f64; 3]>],
    extrude_m: Option<f64>,
    rgb: Option<[u8; 3]>,
) -> Sketch {
    let points = |all: &[Vec<[f64; 3]>]| {
        all.iter()
            .map(|line| line.iter().map(|p| DVec3::from(*p)).collect())
            .collect()
    };
    Sketch {
        rings: points(rings),
        lines: points(lines),
        extrude_m: extrude_m.unwrap_or(0.0),
        rgb: rgb.unwrap_or(ACCENT_RGB),
    }
}

impl SketchLayer {
    /// Takes up a sketch and lays it on the ground that is loaded.
    pub(super) fn set(&mut self, sketch: Sketch, stream: &mut TileStream) {
        let mut ground_z_m = |p: DVec2| {
            let ray = Ray {
                origin_enu: p.extend(SKY_M),
                direction: DVec3::NEG_Z,
            };
            stream
                .pick(&ray, &|_, layer| is_ground(layer))
                .map(|(_, point)| point.z)
        };
        let draped = sketch.draped(&mut ground_z_m);
        let is_empty = draped.rings.iter().chain(&draped.lines).all(|points| points.is_empty());
        self.draped = (!is_empty).then_some(draped);
        self.forget();
    }

    /// Forgets what is on the GPU.
    pub(crate) fn forget(&mut self) {
        (self.drawn, self.distance_m) = (None, 0.0);
    }

    /// The sketch as a tile, seen from `eye_enu` with the middle of the view `distance_m` away.
    pub(super) fn tile(
        &mut self,
        device: &RenderDevice,
        queue: &RenderQueue,
        eye_enu: DVec3,
        distance_m: f64,
    ) -> Option<DrawTile> {
        let draped = self.draped.as_ref()?;
        let zoom = distance_m / self.distance_m;
        if !(1.0 / ZOOM_STEP..ZOOM_STEP).contains(&zoom) {
            let mesh = draped.mesh((distance_m * LINE_SHARE).max(MIN_LINE_M));
            let origin_enu = mesh.origin_enu;
            let mut data = PrimitiveData {
                positions: mesh.positions,
                attributes: mesh.attributes,
                indices: mesh.indices,
                ..PrimitiveData::default()
            };
            let primitives = if data.indices.is_empty() {
                Vec::new()
            } else {
                vec![GpuPrimitive::upload(device, queue, &mut data)]
            };
            self.drawn = Some((origin_enu, Arc::new(primitives)));
            self.distance_m = distance_m;
        }
        let (origin_enu, primitives) = self.drawn.as_ref()?;
        Some(DrawTile {
            primitives: Arc::clone(primitives),
            tile_from_eye: (*origin_enu - eye_enu).as_vec3().extend(0.0).to_array(),
        })
    }
}
