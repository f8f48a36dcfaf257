//! Turns the features of a city into 3D Tiles 1.1: partition, level of detail, GLB, tileset.

pub mod api;
pub mod frame;
pub mod group;
pub mod mesh;
pub mod polygon;

pub use api::{
    FeatureHead, FeatureProvider, Publication, PublishError, PublishOptions, TileContent, TileSink, publish,
};
pub use frame::{Rect, TileFrame};
pub use group::{Assignment, BuiltTile, GroupBuilder, Terrain, TileContext};
pub use mesh::{FaceStyle, TexturedPart, TileFeature, TileMesh};
pub use polygon::{Triangulation, Triangulator};
