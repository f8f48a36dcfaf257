//! Shared vocabulary of a city: features, geometry, frames, reports, tileset and scene types. No I/O, wasm-safe.
//!
//! Rooms on both sides of the wire use these types; what they mean on the wire is stated here once.

pub mod attributes;
pub mod bounds;
pub mod class;
pub mod crs;
pub mod feature;
pub mod geodesy;
pub mod geometry;
pub mod layers;
pub mod manifest;
pub mod overlay;
pub mod report;
pub mod ring;
pub mod scenario;
pub mod style;
pub mod terrain;
pub mod tileset;

pub use attributes::Attributes;
pub use bounds::Bounds3;
pub use class::{FeatureClass, LayerGroup};
pub use crs::{Crs, CrsError, Transformer};
pub use feature::{Date, Feature, FeatureIndex, Lifespan};
pub use geodesy::{Ecef, Enu, Geodetic, SceneFrame};
pub use geometry::{
    CrossSection, Extrusion, Footprint, LevelReference, Line, LodGeometry, LodShape, Material, PointKind, PointShape,
    RoofBox, RoofForm, Shape, Surface, SurfaceMesh, SurfaceSemantic, Texture, TextureCoords,
};
pub use report::{Issue, Report, Severity};
pub use style::{BuildingUse, SurfaceKind, SurfaceStyle};
pub use terrain::HeightGrid;
