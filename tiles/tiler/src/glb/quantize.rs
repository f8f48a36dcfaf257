//! From tile metres (z-up) to quantized glTF positions (y-up), and the node transform that undoes it.

use super::GlbError;
use crate::TileMesh;
use city_model::Bounds3;
use glam::{DVec3, Vec3};

/// Grid on which the positions of a tile lie.
///
/// The step is a power of two and the corner a multiple of it, so that tiles of one step share their grid and edges
/// that were equal before stay equal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Grid {
    /// Grid step, metres.
    pub(super) step_m: f64,
    /// West, north and bottom of the grid, metres relative to the tile origin (y-up glTF runs south along +z).
    corner: DVec3,
}

/// Least grid step: 1/1024 m.
const LEAST_STEP_M: f64 = 1.0 / 1024.0;
const MAX_CELLS: f64 = 65_534.0;

impl Grid {
    /// The finest grid that holds all vertices of the mesh.
    pub(super) fn of(mesh: &TileMesh) -> Result<Self, GlbError> {
        let mut bounds = Bounds3::EMPTY;
        for position in mesh
            .positions
            .iter()
            .chain(mesh.textured.iter().flat_map(|part| &part.mesh.positions))
        {
            let p = Vec3::from_array(*position).as_dvec3();
            if !p.is_finite() {
                return Err(GlbError::NotFinite);
            }
            bounds.add(p);
        }
        if bounds.is_empty() {
            return Err(GlbError::Empty);
        }
        let extent = bounds.size().max_element();
        let mut step_m = LEAST_STEP_M;
        while extent / step_m > MAX_CELLS - 2.0 {
            step_m *= 2.0;
        }
        let snap_down = |v: f64| (v / step_m).floor() * step_m;
        let north = (bounds.max.y / step_m).ceil() * step_m;
        Ok(Self {
            step_m,
            corner: DVec3::new(snap_down(bounds.min.x), north, snap_down(bounds.min.z)),
        })
    }

    /// Grid position of a vertex, glTF axes.
    pub(super) fn quantize(&self, position: [f32; 3]) -> [u16; 3] {
        let p = Vec3::from_array(position).as_dvec3();
        // the casts saturate; the grid was chosen to hold the vertex
        let cell = |v: f64| (v / self.step_m).round() as u16;
        [
            cell(p.x - self.corner.x),
            cell(p.z - self.corner.z),
            cell(self.corner.y - p.y),
        ]
    }

    /// `translation` of the glTF node that carries the mesh, y-up.
    pub(super) fn translation(&self, origin_enu: DVec3) -> [f64; 3] {
        let corner = origin_enu + self.corner;
        [corner.x, corner.z, -corner.y]
    }

    /// ENU metres of quantized bounds.
    pub(super) fn bounds_enu(&self, origin_enu: DVec3, least: [u16; 3], greatest: [u16; 3]) -> Bounds3 {
        let corner = origin_enu + self.corner;
        let at = |x: u16, y: u16, z: u16| corner + DVec3::new(f64::from(x), -f64::from(z), f64::from(y)) * self.step_m;
        Bounds3 {
            min: at(least[0], least[1], greatest[2]),
            max: at(greatest[0], greatest[1], least[2]),
        }
    }
}

/// Signed normalized bytes of a unit normal, glTF axes, padded.
pub(super) fn normal_bytes(normal: [f32; 3]) -> [i8; 4] {
    let byte = |v: f32| (v.clamp(-1.0, 1.0) * 127.0).round() as i8;
    [byte(normal[0]), byte(normal[2]), byte(-normal[1]), 0]
}
