//! Writes the tree of finished tiles as tileset files, none larger than about 100 KB.

use crate::api::{PublishError, TileSink};
use city_model::tileset::{Asset, BoundingVolume, Content, Refine, Tile, Tileset};
use city_model::{Bounds3, LayerGroup, SceneFrame};
use glam::DVec3;
use serde_json::json;
use std::collections::BTreeMap;

/// A finished tile and all below it.
#[derive(Debug, Clone, PartialEq)]
pub struct TileEntry {
    /// Bounds of the tile and all below it, ENU metres.
    pub bounds_enu: Bounds3,
    /// Error when this tile is drawn instead of its children, metres; 0 on leaves.
    pub geometric_error_m: f64,
    /// Content, absent when nothing of the tile is drawn.
    pub content: Option<EntryContent>,
    /// Finer tiles.
    pub children: Vec<TileEntry>,
}

/// Content of a tile.
#[derive(Debug, Clone, PartialEq)]
pub struct EntryContent {
    /// `{hash}.glb`.
    pub name: String,
    /// Encoded bytes.
    pub bytes: u64,
    /// Triangles.
    pub num_triangles: u64,
    /// Rows of the property table.
    pub num_features: u64,
}

/// Bytes of tiles that one file holds before subtrees move to files of their own.
const FILE_BYTES: usize = 80 * 1024;

/// Writes the external tilesets of one group and returns the tile that stands for it in the root tileset.
///
/// # Errors
/// [`PublishError::Sink`] when a file cannot be kept.
pub fn write_group(
    group: LayerGroup,
    root: &TileEntry,
    sink: &dyn TileSink,
    json_names: &mut Vec<String>,
) -> Result<Tile, PublishError> {
    let (tile, _) = inline(root, sink, json_names)?;
    let mut outer = externalise(tile, sink, json_names)?;
    if let Some(content) = &mut outer.content {
        content.uri = format!("../content/{}", content.uri);
    }
    outer.extras = Some(json!({ "group": group.as_str() }));
    Ok(outer)
}

/// The root tileset: placed on the earth, one child per group.
///
/// # Errors
/// [`PublishError::Sink`] when the text cannot be made.
pub fn write_root(
    frame: &SceneFrame,
    mut groups: Vec<Tile>,
    bounds: &Bounds3,
    revision: u64,
    copyright: &str,
) -> Result<Vec<u8>, PublishError> {
    let error = groups.iter().map(|tile| tile.geometric_error).fold(0.0, f64::max);
    // with nothing drawn the error is the size of the city
    let error = error.max(snap_out(bounds).size().length());
    // a group whose file is not there misses as much: a viewer that is content with less would never ask for the file
    for group in &mut groups {
        group.geometric_error = error;
    }
    let tileset = Tileset {
        asset: Asset {
            version: "1.1".to_owned(),
            tileset_version: Some(revision.to_string()),
            copyright: Some(copyright.to_owned()).filter(|text| !text.is_empty()),
            other: BTreeMap::from([("generator".to_owned(), json!("chengjing"))]),
        },
        geometric_error: error,
        root: Tile {
            bounding_volume: BoundingVolume::from_bounds(&snap_out(bounds)),
            geometric_error: error,
            refine: Some(Refine::Add),
            transform: Some(frame.ecef_from_enu().to_cols_array()),
            content: None,
            children: groups,
            extras: None,
        },
        other: BTreeMap::new(),
    };
    to_bytes(&tileset, "tileset.json")
}

/// Grows bounds to multiples of 1/64 m: box centres and half axes are then exact in binary, so that a child's box never
/// leaves its parent's by rounding.
pub fn snap_out(bounds: &Bounds3) -> Bounds3 {
    if bounds.is_empty() {
        return Bounds3 {
            min: DVec3::ZERO,
            max: DVec3::splat(1.0 / 32.0),
        };
    }
    let min = (bounds.min * 64.0).floor() / 64.0;
    let max = ((bounds.max * 64.0).ceil() / 64.0).max(min + 1.0 / 32.0);
    Bounds3 { min, max }
}

/// The tile with its children in place or, where they are too many, in files of their own; and its length as JSON.
fn inline(entry: &TileEntry, sink: &dyn TileSink, names: &mut Vec<String>) -> Result<(Tile, usize), PublishError> {
    let mut tile = Tile {
        bounding_volume: BoundingVolume::from_bounds(&snap_out(&entry.bounds_enu)),
        geometric_error: entry.geometric_error_m,
        refine: None,
        transform: None,
        content: entry.content.as_ref().map(|content| Content {
            uri: content.name.clone(),
            bounding_volume: None,
            extras: Some(json!({
                "bytes": content.bytes, "triangles": content.num_triangles, "features": content.num_features,
            })),
        }),
        children: Vec::new(),
        extras: None,
    };
    let mut total = to_bytes(&tile, "tile")?.len();
    let mut children = Vec::with_capacity(entry.children.len());
    for child in &entry.children {
        let (child, bytes) = inline(child, sink, names)?;
        total += bytes;
        children.push((child, bytes));
    }
    while total > FILE_BYTES {
        let largest = children
            .iter_mut()
            .filter(|(child, _)| !child.children.is_empty())
            .max_by_key(|(_, bytes)| *bytes);
        let Some((child, bytes)) = largest else { break };
        let replaced = Tile {
            children: Vec::new(),
            ..child.clone()
        };
        let mut outer = externalise(std::mem::replace(child, replaced), sink, names)?;
        // until the file is there, the parent is what one sees
        outer.geometric_error = tile.geometric_error;
        let outer_bytes = to_bytes(&outer, "tile")?.len();
        total = total - *bytes + outer_bytes;
        (*child, *bytes) = (outer, outer_bytes);
    }
    tile.children = children.into_iter().map(|(child, _)| child).collect();
    Ok((tile, total))
}

/// Puts a subtree into a file and returns the tile that refers to it.
fn externalise(mut tile: Tile, sink: &dyn TileSink, names: &mut Vec<String>) -> Result<Tile, PublishError> {
    tile.refine = Some(Refine::Replace);
    let (bounding_volume, geometric_error) = (tile.bounding_volume.clone(), tile.geometric_error);
    let tileset = Tileset {
        asset: Asset {
            version: "1.1".to_owned(),
            tileset_version: None,
            copyright: None,
            other: BTreeMap::new(),
        },
        geometric_error,
        root: tile,
        other: BTreeMap::new(),
    };
    let bytes = to_bytes(&tileset, "tileset")?;
    let name = format!("{}.json", blake3::hash(&bytes).to_hex());
    if !sink.contains(&name) {
        sink.put(&name, &bytes).map_err(|reason| PublishError::Sink {
            name: name.clone(),
            reason,
        })?;
    }
    names.push(name.clone());
    Ok(Tile {
        bounding_volume,
        geometric_error,
        refine: None,
        transform: None,
        content: Some(Content {
            uri: name,
            bounding_volume: None,
            extras: None,
        }),
        children: Vec::new(),
        extras: None,
    })
}

fn to_bytes<T: serde::Serialize>(value: &T, name: &str) -> Result<Vec<u8>, PublishError> {
    serde_json::to_vec(value).map_err(|err| PublishError::Sink {
        name: name.to_owned(),
        reason: err.to_string(),
    })
}
