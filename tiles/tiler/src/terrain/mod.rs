//! Ground heights and the terrain surface of a tile: sampler, triangulation with a measured error, skirts.

pub mod bases;
pub mod density;
pub mod sampler;
pub mod skirt;
pub mod tin;

pub use density::TriangleDensity;
pub use sampler::{GroundHeight, HeightSource, TerrainSampler};
pub use tin::{Tin, TinOptions};
