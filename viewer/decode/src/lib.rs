//! Tile bytes to GPU-ready buffers: glb and b3dm, meshopt, quantization, feature tables. Runs in a Web Worker and natively.

mod accessor;
mod buffers;
mod container;
mod decode;
mod frame;
mod json;
mod metadata;
mod primitive;

pub mod error;
pub mod meshopt;
pub mod tile;
#[cfg(target_arch = "wasm32")]
pub mod web;

pub use decode::decode_tile;
pub use error::DecodeError;
pub use tile::{DecodedPrimitive, DecodedTile, EncodedImage, FeatureRow, NO_FEATURE, VertexAttributes};
