//! Property table of a tile: EXT_structural_metadata, class `feature`.
//! Source: <https://github.com/CesiumGS/glTF/tree/3d-tiles-next/extensions/2.0/Vendor/EXT_structural_metadata>.

use super::buffers::Buffers;
use crate::TileFeature;
use serde_json::{Map, Value, json};

/// Writes the columns and returns the value of the root extension.
pub(super) fn write(features: &[TileFeature], buffers: &mut Buffers) -> Value {
    let mut schema = Map::new();
    let mut columns = Map::new();
    let mut scalar = |key: &str, name: &str, component: &str, bytes: &[u8]| {
        schema.insert(
            key.to_owned(),
            json!({ "name": name, "type": "SCALAR", "componentType": component, "required": true }),
        );
        columns.insert(key.to_owned(), json!({ "values": buffers.plain(bytes) }));
    };
    let indices: Vec<u8> = features.iter().flat_map(|f| f.index.to_le_bytes()).collect();
    scalar("feature_index", "Dense feature number", "UINT32", &indices);
    let layers: Vec<u8> = features.iter().map(|f| f.layer_code).collect();
    scalar("layer_code", "Layer code", "UINT8", &layers);
    let classes: Vec<u8> = features.iter().map(|f| f.class_code).collect();
    scalar("class_code", "Class code", "UINT8", &classes);
    let heights: Vec<u8> = features.iter().flat_map(|f| f.height_m.to_le_bytes()).collect();
    scalar("height_m", "Height in metres", "FLOAT32", &heights);
    for (key, name, text) in [
        (
            "id",
            "Stable id",
            features.iter().map(|f| f.id.as_str()).collect::<Vec<_>>(),
        ),
        (
            "name",
            "Display name",
            features.iter().map(|f| f.name.as_str()).collect(),
        ),
    ] {
        // a column of nothing but empty strings would need an empty buffer view, which glTF forbids
        if text.iter().all(|t| t.is_empty()) {
            continue;
        }
        let mut offsets = Vec::with_capacity((text.len() + 1) * 4);
        let mut end = 0_u32;
        offsets.extend_from_slice(&end.to_le_bytes());
        for t in &text {
            // a tile's strings stay far below 4 GiB: the reader bounds ids and names
            end += u32::try_from(t.len()).unwrap_or(0);
            offsets.extend_from_slice(&end.to_le_bytes());
        }
        schema.insert(
            key.to_owned(),
            json!({ "name": name, "type": "STRING", "required": false }),
        );
        let values = buffers.plain(text.concat().as_bytes());
        columns.insert(
            key.to_owned(),
            json!({ "values": values, "stringOffsets": buffers.plain(&offsets) }),
        );
    }
    json!({
        "schema": { "id": "chengjing", "classes": { "feature": { "name": "City feature", "properties": schema } } },
        "propertyTables": [{ "name": "features", "class": "feature", "count": features.len(), "properties": columns }],
    })
}
