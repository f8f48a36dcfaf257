//! The binary chunk of a GLB: plain views, and views compressed with EXT_meshopt_compression.
//!
//! Compressed views live in buffer 0 (the GLB chunk) and stand for ranges of buffer 1, a fallback buffer without data:
//! a reader without the extension refuses the file, as `extensionsRequired` says.

use super::GlbError;
use super::json::{Buffer, BufferView};
use serde_json::json;

const ARRAY_BUFFER: u32 = 34962;
const ELEMENT_ARRAY_BUFFER: u32 = 34963;

#[derive(Default)]
pub(super) struct Buffers {
    /// Bytes of the GLB chunk.
    pub(super) chunk: Vec<u8>,
    pub(super) views: Vec<BufferView>,
    /// Length of the fallback buffer.
    fallback_len: usize,
}

impl Buffers {
    /// Starts a range of the chunk at a multiple of eight, as property tables ask and meshopt likes.
    fn align(&mut self) -> usize {
        self.chunk.resize(self.chunk.len().next_multiple_of(8), 0);
        self.chunk.len()
    }

    /// Adds a view of plain bytes and returns its index.
    pub(super) fn plain(&mut self, bytes: &[u8]) -> usize {
        let byte_offset = self.align();
        self.chunk.extend_from_slice(bytes);
        self.push(BufferView {
            buffer: 0,
            byte_offset,
            byte_length: bytes.len(),
            byte_stride: None,
            target: None,
            extensions: None,
        })
    }

    /// Adds a vertex stream (codec version 0, mode ATTRIBUTES); the size of `T` is the stride, a multiple of four.
    pub(super) fn vertices<T: bytemuck::Pod>(&mut self, vertices: &[T]) -> Result<usize, GlbError> {
        let encoded = meshopt::encode_vertex_buffer_level(vertices, 0, Some(0)).map_err(|err| GlbError::Codec {
            reason: err.to_string(),
        })?;
        Ok(self.compressed(&encoded, vertices.len(), size_of::<T>(), "ATTRIBUTES"))
    }

    /// Adds triangle indices (codec version 1, mode TRIANGLES) and returns the view and whether they are 16 bits wide.
    pub(super) fn triangles(&mut self, indices: &[u32], num_vertices: usize) -> Result<(usize, bool), GlbError> {
        let encoded = meshopt::encode_index_buffer(indices, num_vertices).map_err(|err| GlbError::Codec {
            reason: err.to_string(),
        })?;
        // 65535 is the restart index of 16-bit buffers
        let is_short = num_vertices <= 65_535;
        Ok((
            self.compressed(&encoded, indices.len(), if is_short { 2 } else { 4 }, "TRIANGLES"),
            is_short,
        ))
    }

    fn compressed(&mut self, encoded: &[u8], count: usize, stride: usize, mode: &str) -> usize {
        let byte_offset = self.align();
        self.chunk.extend_from_slice(encoded);
        let fallback_offset = self.fallback_len.next_multiple_of(4);
        self.fallback_len = fallback_offset + count * stride;
        let is_attributes = mode == "ATTRIBUTES";
        self.push(BufferView {
            buffer: 1,
            byte_offset: fallback_offset,
            byte_length: count * stride,
            byte_stride: is_attributes.then_some(stride),
            target: Some(if is_attributes {
                ARRAY_BUFFER
            } else {
                ELEMENT_ARRAY_BUFFER
            }),
            extensions: Some(json!({ "EXT_meshopt_compression": {
                "buffer": 0,
                "byteOffset": byte_offset,
                "byteLength": encoded.len(),
                "byteStride": stride,
                "mode": mode,
                "count": count,
            }})),
        })
    }

    fn push(&mut self, view: BufferView) -> usize {
        self.views.push(view);
        self.views.len() - 1
    }

    /// The `buffers` array; call when every view was added.
    pub(super) fn describe(&self) -> Vec<Buffer> {
        vec![
            Buffer {
                byte_length: self.chunk.len(),
                extensions: None,
            },
            Buffer {
                byte_length: self.fallback_len,
                extensions: Some(json!({ "EXT_meshopt_compression": { "fallback": true } })),
            },
        ]
    }
}
