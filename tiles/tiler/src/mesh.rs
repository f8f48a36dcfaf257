//! A tile's mesh while it is built: plain arrays in tile-local ENU metres, one feature slot per vertex.

use glam::{DVec3, Vec3};
use std::sync::Arc;

/// A feature as it appears in one tile: one row of the property table.
#[derive(Debug, Clone, PartialEq)]
pub struct TileFeature {
    /// Dense number in the city.
    pub index: u32,
    /// Code of [`city_model::layers`].
    pub layer_code: u8,
    /// Code of [`city_model::FeatureClass`].
    pub class_code: u8,
    /// Height of the body above its foot, metres; 0 where it has no meaning.
    pub height_m: f32,
    /// Stable id.
    pub id: String,
    /// Display name, may be empty.
    pub name: String,
}

/// What every vertex of a face shares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FaceStyle {
    /// Row of the tile's feature list, as given by [`TileMesh::add_feature`].
    pub slot: u32,
    /// Display colour, sRGB with opacity.
    pub color: [u8; 4],
    /// Bytes of [`city_model::SurfaceStyle`].
    pub surface: [u8; 4],
}

/// Triangles of one image.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TexturedPart {
    /// Vertices of the part; its `features` and `textured` stay empty, its `slots` refer to the tile's features.
    pub mesh: TileMesh,
    /// `[vertex]` texture coordinates, v downwards as in glTF.
    pub uvs: Vec<[f32; 2]>,
    /// Encoded JPEG or PNG.
    pub image: Arc<Vec<u8>>,
}

/// Mesh of a tile.
///
/// All vertex arrays have the same length. Positions are ENU metres relative to the tile origin
/// ([`crate::TileFrame::origin_enu`]), z up; triangles are CCW seen from outside. An alpha below 255 sends a triangle to
/// the translucent primitive of the GLB.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TileMesh {
    /// `[vertex]` ENU metres relative to the tile origin, z up.
    pub positions: Vec<[f32; 3]>,
    /// `[vertex]` unit normals, same frame.
    pub normals: Vec<[f32; 3]>,
    /// `[vertex]` display colour, sRGB with opacity.
    pub colors: Vec<[u8; 4]>,
    /// `[vertex]` row of `features`.
    pub slots: Vec<u32>,
    /// `[vertex]` bytes of [`city_model::SurfaceStyle`].
    pub surface: Vec<[u8; 4]>,
    /// `[vertex]` façade or road coordinates in units of [`city_model::style::FACADE_UNIT_M`].
    pub facade: Vec<[u16; 2]>,
    /// Three per triangle.
    pub indices: Vec<u32>,
    /// Parts with an image.
    pub textured: Vec<TexturedPart>,
    /// Property table: one row per feature of the tile, at most 65,535.
    pub features: Vec<TileFeature>,
}

/// Façade coordinate of a length in metres, clamped to what 16 bits hold (2,047 m).
pub fn facade_units(length_m: f64) -> u16 {
    // the cast saturates, which is the clamp that is wanted
    (length_m / f64::from(city_model::style::FACADE_UNIT_M)).round() as u16
}

impl TileMesh {
    /// Adds a row to the property table and returns its slot.
    pub fn add_feature(&mut self, feature: TileFeature) -> u32 {
        let slot = index_of(self.features.len());
        self.features.push(feature);
        slot
    }

    /// Adds a vertex and returns its index.
    ///
    /// * `position` — metres relative to the tile origin; `normal` — unit length
    pub fn push_vertex(&mut self, position: Vec3, normal: Vec3, style: FaceStyle, facade: [u16; 2]) -> u32 {
        let index = index_of(self.positions.len());
        self.positions.push(position.to_array());
        self.normals.push(normal.to_array());
        self.colors.push(style.color);
        self.slots.push(style.slot);
        self.surface.push(style.surface);
        self.facade.push(facade);
        index
    }

    /// Adds a triangle of existing vertices, CCW seen from outside.
    pub fn push_triangle(&mut self, a: u32, b: u32, c: u32) {
        self.indices.extend_from_slice(&[a, b, c]);
    }

    /// Adds a flat face of four corners, CCW seen from outside, with one normal.
    pub fn push_quad(&mut self, corners: [Vec3; 4], style: FaceStyle, facade: [[u16; 2]; 4]) {
        let normal = (corners[2] - corners[0])
            .cross(corners[3] - corners[1])
            .normalize_or(Vec3::Z);
        let [a, b, c, d] = std::array::from_fn(|i| self.push_vertex(corners[i], normal, style, facade[i]));
        self.push_triangle(a, b, c);
        self.push_triangle(a, c, d);
    }

    /// Adds a flat triangulated face: `indices` into `points`.
    pub fn push_face(
        &mut self,
        points: &[DVec3],
        indices: &[u32],
        normal: Vec3,
        style: FaceStyle,
        facade: impl Fn(usize) -> [u16; 2],
    ) {
        let base = index_of(self.positions.len());
        for (i, point) in points.iter().enumerate() {
            self.push_vertex(point.as_vec3(), normal, style, facade(i));
        }
        self.indices.extend(indices.iter().map(|i| base + i));
    }

    /// The part of an image, made when it is new. Parts are told apart by the bytes.
    pub fn textured_part(&mut self, image: &Arc<Vec<u8>>) -> &mut TexturedPart {
        let found = self
            .textured
            .iter()
            .position(|part| Arc::ptr_eq(&part.image, image) || part.image == *image);
        let at = found.unwrap_or_else(|| {
            self.textured.push(TexturedPart {
                image: Arc::clone(image),
                ..TexturedPart::default()
            });
            self.textured.len() - 1
        });
        &mut self.textured[at]
    }

    /// Takes over the triangles and features of `other`, whose origin must be the same.
    pub fn append(&mut self, other: Self) {
        let (base, slot) = (index_of(self.positions.len()), index_of(self.features.len()));
        self.positions.extend(other.positions);
        self.normals.extend(other.normals);
        self.colors.extend(other.colors);
        self.slots.extend(other.slots.iter().map(|s| s + slot));
        self.surface.extend(other.surface);
        self.facade.extend(other.facade);
        self.indices.extend(other.indices.iter().map(|i| i + base));
        self.features.extend(other.features);
        for mut part in other.textured {
            part.mesh.slots.iter_mut().for_each(|s| *s += slot);
            let into = self.textured_part(&part.image);
            into.uvs.extend(part.uvs);
            into.mesh.append(part.mesh);
        }
    }

    /// Triangles, textured ones included.
    pub fn num_triangles(&self) -> usize {
        self.indices.len() / 3
            + self
                .textured
                .iter()
                .map(|part| part.mesh.indices.len() / 3)
                .sum::<usize>()
    }

    /// True when nothing is drawn.
    pub fn is_empty(&self) -> bool {
        self.num_triangles() == 0
    }

    /// Leaves out feature rows that no vertex uses, keeping the order of the others.
    pub fn drop_unused_features(&mut self) {
        let mut used = vec![false; self.features.len()];
        let parts = || {
            self.slots
                .iter()
                .chain(self.textured.iter().flat_map(|part| &part.mesh.slots))
        };
        for slot in parts() {
            if let Some(flag) = used.get_mut(*slot as usize) {
                *flag = true;
            }
        }
        if used.iter().all(|u| *u) {
            return;
        }
        let mut new_slot = vec![0_u32; used.len()];
        let mut count = 0;
        for (slot, is_used) in new_slot.iter_mut().zip(&used) {
            *slot = count;
            count += u32::from(*is_used);
        }
        let mut keep = used.iter();
        self.features.retain(|_| keep.next().copied().unwrap_or(false));
        let renumber = |slots: &mut Vec<u32>| {
            slots
                .iter_mut()
                .for_each(|s| *s = new_slot.get(*s as usize).copied().unwrap_or(0));
        };
        renumber(&mut self.slots);
        self.textured.iter_mut().for_each(|part| renumber(&mut part.mesh.slots));
    }
}

fn index_of(len: usize) -> u32 {
    // a tile of 4 billion vertices would need 100 GB; the partition stops at a few hundred kilobytes
    u32::try_from(len).expect("a tile has fewer than 2^32 vertices")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feature(index: u32) -> TileFeature {
        TileFeature {
            index,
            layer_code: 1,
            class_code: 1,
            height_m: 3.0,
            id: format!("f{index}"),
            name: String::new(),
        }
    }

    fn quad(mesh: &mut TileMesh, slot: u32) {
        let style = FaceStyle {
            slot,
            color: [1, 2, 3, 255],
            surface: [0; 4],
        };
        mesh.push_quad(
            [Vec3::ZERO, Vec3::X, Vec3::new(1.0, 1.0, 0.0), Vec3::Y],
            style,
            [[0; 2]; 4],
        );
    }

    #[test]
    fn appending_renumbers_vertices_and_slots() {
        let mut a = TileMesh::default();
        let slot = a.add_feature(feature(7));
        quad(&mut a, slot);
        let mut b = a.clone();
        let image = Arc::new(vec![1_u8, 2]);
        b.textured_part(&image).mesh.slots.push(0);
        b.append(a);
        assert_eq!((b.positions.len(), b.num_triangles(), b.features.len()), (8, 4, 2));
        assert_eq!(b.slots, [0, 0, 0, 0, 1, 1, 1, 1]);
        assert_eq!(&b.indices[6..], [4, 5, 6, 4, 6, 7]);
        assert_eq!(b.normals[0], [0.0, 0.0, 1.0]);
    }

    #[test]
    fn unused_rows_go_and_the_rest_keep_their_vertices() {
        let mut mesh = TileMesh::default();
        for i in 0..3 {
            mesh.add_feature(feature(i));
        }
        quad(&mut mesh, 2);
        mesh.drop_unused_features();
        assert_eq!(mesh.features.iter().map(|f| f.index).collect::<Vec<_>>(), [2]);
        assert_eq!(mesh.slots, [0; 4]);
    }
}
