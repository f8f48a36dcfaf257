//! A tile that can be drawn and picked.

use crate::material::frame::Marks;
use crate::material::mesh::{GpuPrimitive, PrimitiveData};
use crate::tiles::workers::LoadedTile;
use bevy::math::{DMat3, DMat4, DVec2, DVec3, Vec2, Vec3};
use bevy::render::renderer::{RenderDevice, RenderQueue};
use city_model::LayerGroup;
use city_model::layers::{LAYERS, PROPOSED_BUILDING_CODE};
use hashbrown::HashMap;
use std::sync::Arc;
use viewer_core::Look;
use viewer_core::compare::MAX_SIDES;
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

/// A feature of a tile, seen from above.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct FeatureBox {
    /// Dense number.
    pub(crate) index: u32,
    /// Layer of its first vertex.
    pub(crate) layer_code: u8,
    /// Least corner relative to the tile's origin, metres.
    min: Vec2,
    /// Greatest corner.
    max: Vec2,
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
    features: Vec<FeatureBox>,
    /// Marks by pane, and what they were found for.
    marks: ([Marks; MAX_SIDES], Option<u64>),
    /// See [`Self::is_alike`].
    is_alike: bool,
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
            features: feature_boxes(&tile.primitives),
            marks: Default::default(),
            is_alike: false,
            num_features: tile.num_features,
            num_triangles: tile.primitives.iter().map(|p| p.indices.len() as u64 / 3).sum(),
            primitives: Arc::new(primitives),
            enu_from_local: DMat4::from_translation(origin_enu),
            pickable: Pickable::Raw(tile.primitives),
        }
    }

    /// Bytes on the CPU.
    pub(crate) fn cpu_bytes(&self) -> u64 {
        let pickable: u64 = match &self.pickable {
            Pickable::Raw(primitives) => primitives.iter().map(PrimitiveData::num_bytes).sum(),
            Pickable::Built(meshes) => meshes.iter().map(PickMesh::num_bytes).sum(),
        };
        pickable + size_of_val(self.features.as_slice()) as u64
    }

    /// Bytes on the GPU.
    pub(crate) fn gpu_bytes(&self) -> u64 {
        self.primitives.iter().map(GpuPrimitive::gpu_bytes).sum()
    }

    /// Features with the boxes that they fill in plan, ENU metres.
    pub(crate) fn features(&self) -> impl Iterator<Item = (&FeatureBox, [DVec2; 2])> {
        let origin = self.origin_enu.truncate();
        self.features
            .iter()
            .map(move |feature| (feature, [feature.min, feature.max].map(|p| origin + p.as_dvec2())))
    }

    /// Finds out which features a scenario marks in each pane, unless that is known.
    ///
    /// * `key` — another one whenever looks may have changed
    /// * `look` — of a feature in a pane
    pub(crate) fn find_marks(&mut self, key: u64, num_panes: usize, look: &dyn Fn(usize, &FeatureBox) -> Look) {
        if self.marks.1 == Some(key) {
            return;
        }
        self.marks = (<[Marks; MAX_SIDES]>::default(), Some(key));
        self.is_alike = true;
        for feature in &self.features {
            let first = look(0, feature);
            for (pane, marks) in self.marks.0.iter_mut().enumerate().take(num_panes) {
                let look = look(pane, feature);
                marks.add(look);
                self.is_alike &= look == first;
            }
        }
        self.is_alike &= self.marks.0.iter().all(Marks::is_none);
    }

    /// True when [`Self::find_marks`] found that the tile looks the same in all panes, without any mark.
    pub(crate) fn is_alike(&self) -> bool {
        self.is_alike
    }

    /// What [`Self::find_marks`] found for a pane.
    pub(crate) fn marks(&self, pane: usize) -> Marks {
        self.marks.0.get(pane).copied().unwrap_or_default()
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

    /// True when [`Self::prepare_edges`] has something to do.
    pub(crate) fn lacks_edges(&self) -> bool {
        self.primitives.iter().any(|primitive| primitive.edges.get().is_none())
    }

    /// Finds the edges of its bodies. Textured surfaces have none: these are photographs of a shape rather than its faces.
    pub(crate) fn prepare_edges(&mut self, device: &RenderDevice) {
        self.prepare_picking();
        let Pickable::Built(meshes) = &self.pickable else {
            return;
        };
        for (primitive, mesh) in self.primitives.iter().zip(meshes) {
            let edges = match primitive.texture {
                Some(_) => Vec::new(),
                None => mesh.creases(is_body),
            };
            primitive.set_edges(device, &edges);
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

/// True for layers of buildings, bridges and the like, also proposed ones.
fn is_body(layer_code: u8) -> bool {
    let layer = LAYERS.iter().find(|layer| layer.code == layer_code);
    layer.is_some_and(|layer| layer.group == LayerGroup::Buildings) || layer_code == PROPOSED_BUILDING_CODE
}

/// Boxes of the features of a tile, by ascending number.
fn feature_boxes(primitives: &[PrimitiveData]) -> Vec<FeatureBox> {
    let mut boxes: HashMap<u32, FeatureBox> = HashMap::new();
    for primitive in primitives {
        let positions = primitive.positions.as_chunks::<POSITION_FLOATS>().0;
        let attributes = primitive.attributes.as_chunks::<ATTRIBUTE_WORDS>().0;
        // vertices of a feature follow each other
        let mut last: Option<FeatureBox> = None;
        let mut put = |found: FeatureBox| {
            let known = boxes.entry(found.index).or_insert(found);
            (known.min, known.max) = (known.min.min(found.min), known.max.max(found.max));
        };
        for (position, words) in positions.iter().zip(attributes) {
            let at = Vec2::new(position[0], position[1]);
            let index = words[4];
            match &mut last {
                Some(run) if run.index == index => (run.min, run.max) = (run.min.min(at), run.max.max(at)),
                _ => {
                    let layer_code = (words[0] >> 24) as u8;
                    let run = FeatureBox {
                        index,
                        layer_code,
                        min: at,
                        max: at,
                    };
                    last.replace(run).into_iter().for_each(&mut put);
                }
            }
        }
        last.into_iter().for_each(put);
    }
    let mut boxes: Vec<FeatureBox> = boxes.into_values().collect();
    boxes.sort_unstable_by_key(|feature| feature.index);
    boxes
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
