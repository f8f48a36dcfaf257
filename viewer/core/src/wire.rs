//! Tileset JSON as viewers must read it: more lenient than what our tiler writes, so that foreign tilesets load.

use city_model::tileset::{BoundingVolume, Refine};
use serde::{Deserialize, Deserializer};

#[derive(Deserialize)]
pub(crate) struct TilesetJson {
    pub asset: AssetJson,
    pub root: TileJson,
}

#[derive(Deserialize)]
pub(crate) struct AssetJson {
    pub version: String,
    #[serde(default)]
    pub copyright: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TileJson {
    pub bounding_volume: BoundingVolume,
    #[serde(default)]
    pub geometric_error: Option<f64>,
    #[serde(default, deserialize_with = "refine_of_any_case")]
    pub refine: Option<Refine>,
    #[serde(default)]
    pub transform: Option<[f64; 16]>,
    #[serde(default)]
    pub viewer_request_volume: Option<BoundingVolume>,
    #[serde(default)]
    pub content: Option<ContentJson>,
    #[serde(default)]
    pub contents: Vec<ContentJson>,
    #[serde(default)]
    pub implicit_tiling: Option<serde::de::IgnoredAny>,
    #[serde(default)]
    pub children: Vec<TileJson>,
    #[serde(default)]
    pub extras: Option<TileExtras>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct TileExtras {
    pub group: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct ContentJson {
    /// `url` is the name of 3D Tiles drafts that are still seen.
    #[serde(alias = "url")]
    pub uri: String,
    #[serde(default)]
    pub extras: Option<ContentExtras>,
}

#[derive(Deserialize, Default, Clone, Copy)]
#[serde(default)]
pub(crate) struct ContentExtras {
    pub bytes: Option<u64>,
    pub triangles: Option<u64>,
    pub features: Option<u64>,
}

fn refine_of_any_case<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Refine>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    Ok(match text {
        Some(text) if text.eq_ignore_ascii_case("add") => Some(Refine::Add),
        Some(text) if text.eq_ignore_ascii_case("replace") => Some(Refine::Replace),
        _ => None,
    })
}
