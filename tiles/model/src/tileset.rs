//! 3D Tiles 1.1 tileset JSON. Source: OGC 22-025r4 (3D Tiles 1.1).

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// How children relate to their parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Refine {
    /// Children are drawn beside the parent.
    Add,
    /// Children are drawn instead of the parent.
    Replace,
}

/// Bounding volume; exactly one member is set.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct BoundingVolume {
    /// Centre and three half axes, metres, in the tile's frame.
    #[serde(rename = "box", skip_serializing_if = "Option::is_none", default)]
    pub oriented_box: Option<[f64; 12]>,
    /// West, south, east, north (radians), least and greatest ellipsoidal height (metres).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub region: Option<[f64; 6]>,
    /// Centre and radius, metres.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sphere: Option<[f64; 4]>,
}

impl BoundingVolume {
    /// Axis-aligned box of a frame.
    pub fn from_bounds(bounds: &crate::Bounds3) -> Self {
        let (c, h) = (bounds.center(), bounds.size() * 0.5);
        Self {
            oriented_box: Some([c.x, c.y, c.z, h.x, 0.0, 0.0, 0.0, h.y, 0.0, 0.0, 0.0, h.z]),
            ..Self::default()
        }
    }
}

/// Reference to tile content or an external tileset.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Content {
    /// Address relative to the tileset file.
    pub uri: String,
    /// Tighter volume of the content.
    #[serde(rename = "boundingVolume", skip_serializing_if = "Option::is_none", default)]
    pub bounding_volume: Option<BoundingVolume>,
    /// Application data; here `{ "bytes": n, "triangles": n, "features": n }`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub extras: Option<Value>,
}

/// A tile.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tile {
    /// Volume that holds the tile and all below it.
    #[serde(rename = "boundingVolume")]
    pub bounding_volume: BoundingVolume,
    /// Error in metres when this tile is drawn and its children are not.
    #[serde(rename = "geometricError")]
    pub geometric_error: f64,
    /// Inherited when absent; required on the root.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub refine: Option<Refine>,
    /// Column-major 4×4 `parent_from_tile`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub transform: Option<[f64; 16]>,
    /// Content.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub content: Option<Content>,
    /// Children.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub children: Vec<Tile>,
    /// Application data; group roots carry `{ "group": "buildings" }`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub extras: Option<Value>,
}

/// Asset block.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Asset {
    /// Always `1.1` when written here.
    pub version: String,
    /// Revision of the city.
    #[serde(rename = "tilesetVersion", skip_serializing_if = "Option::is_none", default)]
    pub tileset_version: Option<String>,
    /// Attribution shown by viewers.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub copyright: Option<String>,
    /// Everything else.
    #[serde(flatten)]
    pub other: BTreeMap<String, Value>,
}

/// A tileset file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tileset {
    /// Version block.
    pub asset: Asset,
    /// Error in metres when nothing is drawn.
    #[serde(rename = "geometricError")]
    pub geometric_error: f64,
    /// Root tile.
    pub root: Tile,
    /// Everything else (`schema`, `extensionsUsed`, `extras`…).
    #[serde(flatten)]
    pub other: BTreeMap<String, Value>,
}
