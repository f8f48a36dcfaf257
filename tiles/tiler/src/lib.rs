//! Turns the features of a city into 3D Tiles 1.1: partition, level of detail, GLB, tileset.

pub mod api;
pub mod bodies;
pub mod buildings;
pub mod frame;
pub mod glb;
pub mod ground;
pub mod group;
pub mod mesh;
pub mod partition;
pub mod pipes;
pub mod plan;
pub mod polygon;
pub mod projects;
mod publish;
pub mod record;
pub mod terrain;
pub mod tileset;
pub mod vegetation;

pub use api::{
    FeatureHead, FeatureProvider, Publication, PublishError, PublishOptions, TileContent, TileSink, publish,
};
pub use frame::{Rect, TileFrame};
pub use group::{Assignment, BuiltTile, GroupBuilder, Terrain, TileContext};
pub use mesh::{FaceStyle, TexturedPart, TileFeature, TileMesh};
pub use polygon::{Triangulation, Triangulator};
