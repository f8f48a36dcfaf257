//! Turns the features of a city into 3D Tiles 1.1: partition, level of detail, GLB, tileset.

pub mod api;

pub use api::{publish, FeatureHead, FeatureProvider, Publication, PublishError, PublishOptions, TileContent, TileSink};
