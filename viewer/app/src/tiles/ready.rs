//! A tile that can be drawn and picked.

use crate::material::mesh::{GpuPrimitive, PrimitiveData};
use crate::tiles::workers::LoadedTile;
use bevy::math::{DMat3, DMat4, DVec3, Vec3};
use bevy::render::renderer::{RenderDevice, RenderQueue};
use std::sync::Arc;
use viewer_core::picking::PickMesh;

/// Off-diagonal rotation below which a tile counts as standing in the scene's axes: 1 mm over 1 km.
const MAX_TURN: f64 = 1e-6;
/// Floats of a position, words of the attributes of one vertex.
const POSITION_FLOATS: usize = 3;
const ATTRIBUTE_WORDS: usize = 5;

/// What picking needs; built when there is time or a ray comes.
enum Pickable {
    Raw(Vec<PrimitiveData>),
    Built(Vec<PickMesh>),
}

/// A tile on the GPU.
pub(crate) struct ReadyTile {
    /// Origin of its positions, ENU metres.
    pub(crate) origin_enu: DVec3,
    /// Buffers, shared with the frame that draws them.
    pub(crate) primitives: Arc<Vec<GpuPrimitive>>,
    /// Features in it.
    pub(crate) num_features: u32,
    /// Triangles in it.
    pub(crate) num_triangles: u64,
    enu_from_local: DMat4,
    pickable: Pickable,
}

impl ReadyTile {
    /// Uploads a decoded tile.
    ///
    /// * `enu_from_tile` — transform of the tile in the scene; turned tiles are turned here, once
    pub(crate) fn upload(
        device: &RenderDevice,
        queue: &RenderQueue,
        enu_from_tile: &DMat4,
        mut tile: LoadedTile,
    ) -> Self {
        let origin_enu = enu_from_tile.transform_point3(DVec3::from(tile.origin));
        let turn = DMat3::from_mat4(*enu_from_tile);
        if !turn.abs_diff_eq(DMat3::IDENTITY, MAX_TURN) {
            tile.primitives.iter_mut().for_each(|primitive| apply(primitive, &turn));
        }
        let primitives: Vec<_> = tile
            .primitives
            .iter_mut()
            .map(|p| GpuPrimitive::upload(device, queue, p))
            .collect();
        for primitive in &mut tile.primitives {
            (primitive.uvs, primitive.image) = (None, None);
        }
        Self {
            origin_enu,
            num_features: tile.num_features,
            num_triangles: tile.primitives.iter().map(|p| p.indices.len() as u64 / 3).sum(),
            primitives: Arc::new(primitives),
            enu_from_local: DMat4::from_translation(origin_enu),
            pickable: Pickable::Raw(tile.primitives),
        }
    }

    /// Bytes on the CPU.
    pub(crate) fn cpu_bytes(&self) -> u64 {
        match &self.pickable {
            Pickable::Raw(primitives) => primitives.iter().map(PrimitiveData::num_bytes).sum(),
            Pickable::Built(meshes) => meshes.iter().map(PickMesh::num_bytes).sum(),
        }
    }

    /// Bytes on the GPU.
    pub(crate) fn gpu_bytes(&self) -> u64 {
        self.primitives.iter().map(|p| p.gpu_bytes).sum()
    }

    /// True when [`Self::prepare_picking`] has something to do.
    pub(crate) fn is_raw(&self) -> bool {
        matches!(self.pickable, Pickable::Raw(_))
    }

    /// Builds the box trees for rays and lets the raw buffers go.
    pub(crate) fn prepare_picking(&mut self) {
        if let Pickable::Raw(primitives) = &self.pickable {
            self.pickable = Pickable::Built(primitives.iter().map(pick_mesh).collect());
        }
    }

    /// What [`viewer_core::picking::pick`] takes; empty before [`Self::prepare_picking`].
    pub(crate) fn pick_meshes(&self) -> impl Iterator<Item = ((), &DMat4, &PickMesh)> {
        let meshes = match &self.pickable {
            Pickable::Raw(_) => [].as_slice(),
            Pickable::Built(meshes) => meshes,
        };
        meshes.iter().map(|mesh| ((), &self.enu_from_local, mesh))
    }
}

fn pick_mesh(primitive: &PrimitiveData) -> PickMesh {
    let positions = primitive.positions.as_chunks::<POSITION_FLOATS>().0;
    let attributes = primitive.attributes.as_chunks::<ATTRIBUTE_WORDS>().0;
    PickMesh::new(positions, attributes, &primitive.indices)
}

/// Turns positions and normals of a primitive into the scene's axes.
fn apply(primitive: &mut PrimitiveData, turn: &DMat3) {
    let turn = turn.as_mat3();
    for position in primitive.positions.as_chunks_mut::<POSITION_FLOATS>().0 {
        *position = (turn * Vec3::from(*position)).to_array();
    }
    for words in primitive.attributes.as_chunks_mut::<ATTRIBUTE_WORDS>().0 {
        let [x, y, z, layer] = words[0].to_le_bytes();
        let normal = Vec3::from([x, y, z].map(|byte| f32::from(byte.cast_signed())));
        let [x, y, z] = ((turn * normal).normalize_or(Vec3::Z) * 127.0)
            .to_array()
            .map(|v| (v.round() as i8).cast_unsigned());
        words[0] = u32::from_le_bytes([x, y, z, layer]);
    }
}
