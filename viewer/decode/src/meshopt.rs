//! Decoder of `EXT_meshopt_compression` streams: vertex codec v0, index codec v1, index sequence v1 and the filters.
//!
//! Written from the bitstream description of the extension (Khronos, EXT_meshopt_compression, appendices A and B) and
//! compared byte for byte with the native library in the tests. Every decoder checks the least encoded length that its
//! output can have before it allocates, so that memory is bounded by the input: 64 bytes a byte for vertices, 12 for indices.

pub mod filter;
pub mod index;
pub mod vertex;

pub use filter::{decode_exponential, decode_octahedral_8, decode_octahedral_16, decode_quaternion};
pub use index::{decode_index_buffer, decode_index_sequence};
pub use vertex::decode_vertex_buffer;

/// A stream that contradicts itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MeshoptError {
    /// The first byte is not that of the codec.
    #[error("unknown meshopt header byte {found:#04x}")]
    Header {
        /// First byte; 0 when there is none.
        found: u8,
    },
    /// The stream ends early, or goes on after its last element.
    #[error("meshopt stream does not have the length of its content")]
    Length,
    /// Stride or count that the codec cannot have.
    #[error("meshopt stride or count is not allowed")]
    Layout,
}

#[cfg(test)]
mod tests;
