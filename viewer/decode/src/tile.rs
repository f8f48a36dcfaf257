//! A decoded tile: what the worker hands to the engine.
//!
//! The frame is the tile's own, z-up (the scene's ENU axes for tiles of this product): `point = origin + position`.

/// Feature index of vertices that belong to no known feature (foreign tiles, unlabelled geometry).
pub const NO_FEATURE: u32 = u32::MAX;

/// Layer code of vertices whose tile does not say: "other structures" of the buildings group.
pub const DEFAULT_LAYER_CODE: u8 = 0;

/// Number of 32-bit words of one vertex' attributes.
pub const ATTRIBUTE_WORDS: usize = 5;

/// One tile, ready to be uploaded.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DecodedTile {
    /// Origin of all positions in the tile's z-up frame, metres.
    pub origin_enu: [f64; 3],
    /// Bounds of all positions relative to the origin, metres: min x, y, z, max x, y, z; all zero when there is nothing.
    pub bounds: [f64; 6],
    /// Features in the tile (rows of its property table or batch table).
    pub num_features: u32,
    /// Attribution the glTF carries (`asset.copyright`), if any.
    pub copyright: Option<String>,
    /// Row of every feature of the tile, in the order of the property table; empty for foreign tiles.
    pub features: Vec<FeatureRow>,
    /// One untextured primitive at most, then one a texture.
    pub primitives: Vec<DecodedPrimitive>,
    /// Trouble that did not stop the decoding, one sentence each.
    pub warnings: Vec<String>,
}

/// What a tile says of one feature.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FeatureRow {
    /// Dense number, [`NO_FEATURE`] when the tile does not say.
    pub feature_index: u32,
    /// Code of the layer, see `city_model::layers`.
    pub layer_code: u8,
    /// Code of the class, see `city_model::FeatureClass`.
    pub class_code: u8,
    /// Height of the feature, metres; NaN when not known.
    pub height_m: f32,
    /// Stable id, empty when the tile does not say.
    pub id: String,
    /// Name, empty when it has none.
    pub name: String,
}

/// Triangles that share a material.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DecodedPrimitive {
    /// `[vertex]`, metres relative to the tile's origin.
    pub positions: Vec<[f32; 3]>,
    /// `[vertex]` packed attributes, see [`VertexAttributes`].
    pub attributes: Vec<[u32; ATTRIBUTE_WORDS]>,
    /// Three a triangle, counter-clockwise seen from outside; each less than the number of vertices.
    pub indices: Vec<u32>,
    /// `[vertex]` texture coordinates (v downwards), when the material has a texture.
    pub uvs: Option<Vec<[f32; 2]>>,
    /// The texture as stored, when the material has one.
    pub image: Option<EncodedImage>,
}

/// A PNG, JPEG, WebP… as stored in the tile; the browser decodes it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EncodedImage {
    /// `image/jpeg`, `image/png`, `image/webp`…
    pub mime: String,
    /// File bytes.
    pub bytes: Vec<u8>,
}

/// Attributes of one vertex and their packing into five words.
///
/// | word | bits 0–7 | 8–15 | 16–23 | 24–31 |
/// |---|---|---|---|---|
/// | 0 | normal x | normal y | normal z (signed, 127 = 1) | layer code |
/// | 1 | kind, use | storey height | age | openness (`_SURFACE`, see `city_model::style`) |
/// | 2 | along, low | along, high | up, low | up, high (`_FACADE`) |
/// | 3 | red | green | blue | alpha (`COLOR_0`) |
/// | 4 | feature index | | | |
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VertexAttributes {
    /// Unit normal, z-up, 127 = 1.
    pub normal: [i8; 3],
    /// Layer code.
    pub layer_code: u8,
    /// Style bytes.
    pub surface: [u8; 4],
    /// Façade coordinates.
    pub facade: [u16; 2],
    /// Display colour as given.
    pub color: [u8; 4],
    /// Dense feature number or [`NO_FEATURE`].
    pub feature_index: u32,
}

impl VertexAttributes {
    /// The five words.
    pub const fn to_words(self) -> [u32; ATTRIBUTE_WORDS] {
        [
            u32::from_le_bytes([
                self.normal[0].cast_unsigned(),
                self.normal[1].cast_unsigned(),
                self.normal[2].cast_unsigned(),
                self.layer_code,
            ]),
            u32::from_le_bytes(self.surface),
            self.facade[0] as u32 | (self.facade[1] as u32) << 16,
            u32::from_le_bytes(self.color),
            self.feature_index,
        ]
    }

    /// Attributes of five words.
    pub const fn from_words(words: [u32; ATTRIBUTE_WORDS]) -> Self {
        let n = words[0].to_le_bytes();
        Self {
            normal: [n[0].cast_signed(), n[1].cast_signed(), n[2].cast_signed()],
            layer_code: n[3],
            surface: words[1].to_le_bytes(),
            facade: [(words[2] & 0xffff) as u16, (words[2] >> 16) as u16],
            color: words[3].to_le_bytes(),
            feature_index: words[4],
        }
    }
}

impl DecodedTile {
    /// Bytes that the tile holds: vertices, indices, images, feature rows.
    pub fn cpu_bytes(&self) -> u64 {
        let rows: usize = self
            .features
            .iter()
            .map(|f| size_of::<FeatureRow>() + f.id.len() + f.name.len())
            .sum();
        self.primitives.iter().map(DecodedPrimitive::cpu_bytes).sum::<u64>() + rows as u64
    }

    /// Number of triangles.
    pub fn num_triangles(&self) -> u64 {
        self.primitives.iter().map(|p| p.indices.len() as u64 / 3).sum()
    }
}

impl DecodedPrimitive {
    /// Bytes that the primitive holds.
    pub fn cpu_bytes(&self) -> u64 {
        let vertices = size_of_val(self.positions.as_slice())
            + size_of_val(self.attributes.as_slice())
            + size_of_val(self.indices.as_slice());
        let uvs = self.uvs.as_ref().map_or(0, |uvs| size_of_val(uvs.as_slice()));
        (vertices + uvs + self.image.as_ref().map_or(0, |image| image.bytes.len())) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_little_endian_bytes_in_the_order_of_the_table() {
        let vertex = VertexAttributes {
            normal: [-127, 0, 127],
            layer_code: 33,
            surface: [1, 2, 3, 4],
            facade: [0x1234, 0xabcd],
            color: [10, 20, 30, 255],
            feature_index: 70_000,
        };
        assert_eq!(
            vertex.to_words(),
            [0x217f_0081, 0x0403_0201, 0xabcd_1234, 0xff1e_140a, 70_000]
        );
        assert_eq!(VertexAttributes::from_words(vertex.to_words()), vertex);
    }
}
