//! The worker's façade: `decode_tile(bytes)` and typed-array getters, each of which copies out of wasm memory once.

use crate::tile::{DecodedPrimitive, DecodedTile};
use js_sys::{Float32Array, Float64Array, Uint8Array, Uint32Array};
use wasm_bindgen::prelude::{JsError, wasm_bindgen};

/// A decoded tile, as the worker sees it. Call `free()` when all arrays are taken.
#[wasm_bindgen(js_name = DecodedTile)]
#[derive(Debug)]
pub struct WebTile(DecodedTile);

/// Decodes a `.glb` or `.b3dm` file.
///
/// # Errors
/// An `Error` whose message says what is wrong with the file.
#[wasm_bindgen(js_name = decode_tile)]
pub fn decode_tile_js(bytes: &[u8]) -> Result<WebTile, JsError> {
    crate::decode_tile(bytes)
        .map(WebTile)
        .map_err(|err| JsError::new(&err.to_string()))
}

#[wasm_bindgen(js_class = DecodedTile)]
impl WebTile {
    /// Origin of the positions in the tile's z-up frame, metres.
    pub fn origin(&self) -> Float64Array {
        Float64Array::from(&self.0.origin_enu[..])
    }

    /// Bounds relative to the origin: min x, y, z, max x, y, z, metres.
    pub fn bounds(&self) -> Float64Array {
        Float64Array::from(&self.0.bounds[..])
    }

    /// Features in the tile.
    pub fn num_features(&self) -> u32 {
        self.0.num_features
    }

    /// Bytes of all arrays.
    pub fn cpu_bytes(&self) -> f64 {
        self.0.cpu_bytes() as f64
    }

    /// Attribution in the file, if any.
    pub fn copyright(&self) -> Option<String> {
        self.0.copyright.clone()
    }

    /// Trouble that did not stop the decoding, one sentence a line; empty when there was none.
    pub fn warnings(&self) -> String {
        self.0.warnings.join("\n")
    }

    /// Number of primitives.
    pub fn num_primitives(&self) -> usize {
        self.0.primitives.len()
    }

    /// `[vertex × 3]` metres relative to the origin.
    pub fn positions(&self, primitive: usize) -> Float32Array {
        self.array(primitive, |p| Float32Array::from(p.positions.as_flattened()))
    }

    /// `[vertex × 5]` packed attributes, see `VertexAttributes`.
    pub fn attributes(&self, primitive: usize) -> Uint32Array {
        self.array(primitive, |p| Uint32Array::from(p.attributes.as_flattened()))
    }

    /// `[triangle × 3]`.
    pub fn indices(&self, primitive: usize) -> Uint32Array {
        self.array(primitive, |p| Uint32Array::from(&p.indices[..]))
    }

    /// `[vertex × 2]` texture coordinates; `undefined` on untextured primitives.
    pub fn uv(&self, primitive: usize) -> Option<Float32Array> {
        let uvs = self.0.primitives.get(primitive)?.uvs.as_ref()?;
        Some(Float32Array::from(uvs.as_flattened()))
    }

    /// File bytes of the texture; `undefined` on untextured primitives.
    pub fn image_bytes(&self, primitive: usize) -> Option<Uint8Array> {
        let image = self.0.primitives.get(primitive)?.image.as_ref()?;
        Some(Uint8Array::from(&image.bytes[..]))
    }

    /// Media type of the texture; `undefined` on untextured primitives.
    pub fn image_mime(&self, primitive: usize) -> Option<String> {
        Some(self.0.primitives.get(primitive)?.image.as_ref()?.mime.clone())
    }
}

impl WebTile {
    /// An array of a primitive; the empty array where there is no such primitive.
    fn array<A: Default>(&self, primitive: usize, read: impl Fn(&DecodedPrimitive) -> A) -> A {
        self.0.primitives.get(primitive).map(read).unwrap_or_default()
    }
}
