//! The parts of a glTF 2.0 document that a tile needs; everything else is passed over.
//!
//! Source: glTF 2.0; EXT_mesh_features; EXT_structural_metadata; EXT_meshopt_compression; KHR_texture_transform.

use crate::DecodeError;
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Asset {
    pub version: String,
    pub copyright: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Document {
    pub asset: Asset,
    pub extensions_required: Vec<String>,
    pub buffers: Vec<Buffer>,
    pub buffer_views: Vec<BufferView>,
    pub accessors: Vec<Accessor>,
    pub meshes: Vec<Mesh>,
    pub nodes: Vec<Node>,
    pub scenes: Vec<Scene>,
    pub scene: Option<usize>,
    pub materials: Vec<Material>,
    pub textures: Vec<Texture>,
    pub images: Vec<Image>,
    pub extensions: DocumentExtensions,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct DocumentExtensions {
    #[serde(rename = "EXT_structural_metadata")]
    pub metadata: Option<StructuralMetadata>,
    #[serde(rename = "CESIUM_RTC")]
    pub rtc: Option<Rtc>,
}

#[derive(Deserialize)]
pub(crate) struct Rtc {
    pub center: [f64; 3],
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Buffer {
    pub uri: Option<String>,
    pub byte_length: usize,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BufferView {
    pub buffer: usize,
    #[serde(default)]
    pub byte_offset: usize,
    pub byte_length: usize,
    #[serde(default)]
    pub byte_stride: Option<usize>,
    #[serde(default)]
    pub extensions: BufferViewExtensions,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct BufferViewExtensions {
    #[serde(rename = "EXT_meshopt_compression")]
    pub meshopt: Option<Meshopt>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Meshopt {
    pub buffer: usize,
    #[serde(default)]
    pub byte_offset: usize,
    pub byte_length: usize,
    pub byte_stride: usize,
    pub count: usize,
    pub mode: String,
    #[serde(default)]
    pub filter: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Accessor {
    #[serde(default)]
    pub buffer_view: Option<usize>,
    #[serde(default)]
    pub byte_offset: usize,
    pub component_type: u32,
    #[serde(default)]
    pub normalized: bool,
    pub count: usize,
    #[serde(rename = "type")]
    pub shape: String,
    #[serde(default)]
    pub sparse: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Mesh {
    pub primitives: Vec<Primitive>,
}

#[derive(Deserialize)]
pub(crate) struct Primitive {
    pub attributes: BTreeMap<String, usize>,
    #[serde(default)]
    pub indices: Option<usize>,
    #[serde(default)]
    pub material: Option<usize>,
    #[serde(default)]
    pub mode: Option<u32>,
    #[serde(default)]
    pub extensions: PrimitiveExtensions,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct PrimitiveExtensions {
    #[serde(rename = "EXT_mesh_features")]
    pub features: Option<MeshFeatures>,
    #[serde(rename = "KHR_draco_mesh_compression")]
    pub draco: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct MeshFeatures {
    pub feature_ids: Vec<FeatureIdSet>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct FeatureIdSet {
    pub feature_count: u32,
    pub null_feature_id: Option<u32>,
    pub attribute: Option<u32>,
    pub texture: Option<serde::de::IgnoredAny>,
    pub property_table: Option<usize>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Node {
    pub children: Vec<usize>,
    pub mesh: Option<usize>,
    pub matrix: Option<[f64; 16]>,
    pub translation: Option<[f64; 3]>,
    pub rotation: Option<[f64; 4]>,
    pub scale: Option<[f64; 3]>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Scene {
    pub nodes: Vec<usize>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Material {
    pub pbr_metallic_roughness: Pbr,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Pbr {
    pub base_color_factor: Option<[f32; 4]>,
    pub base_color_texture: Option<TextureInfo>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TextureInfo {
    pub index: usize,
    #[serde(default)]
    pub tex_coord: u32,
    #[serde(default)]
    pub extensions: TextureInfoExtensions,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct TextureInfoExtensions {
    #[serde(rename = "KHR_texture_transform")]
    pub transform: Option<TextureTransform>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct TextureTransform {
    pub offset: [f32; 2],
    pub rotation: f32,
    pub scale: [f32; 2],
    pub tex_coord: Option<u32>,
}

impl Default for TextureTransform {
    fn default() -> Self {
        Self {
            offset: [0.0; 2],
            rotation: 0.0,
            scale: [1.0; 2],
            tex_coord: None,
        }
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Texture {
    pub source: Option<usize>,
    pub extensions: TextureExtensions,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct TextureExtensions {
    #[serde(rename = "EXT_texture_webp")]
    pub webp: Option<TextureSource>,
}

#[derive(Deserialize)]
pub(crate) struct TextureSource {
    pub source: usize,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Image {
    pub uri: Option<String>,
    pub mime_type: Option<String>,
    pub buffer_view: Option<usize>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct StructuralMetadata {
    pub schema: Schema,
    pub property_tables: Vec<PropertyTable>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Schema {
    pub classes: BTreeMap<String, Class>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Class {
    pub properties: BTreeMap<String, ClassProperty>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct ClassProperty {
    #[serde(rename = "type")]
    pub shape: String,
    pub component_type: Option<String>,
    pub array: bool,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct PropertyTable {
    pub class: String,
    pub count: usize,
    pub properties: BTreeMap<String, TableProperty>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TableProperty {
    pub values: usize,
    #[serde(default)]
    pub string_offsets: Option<usize>,
    #[serde(default)]
    pub string_offset_type: Option<String>,
}

/// Extensions that may be required: those decoded here and those that do not change what is drawn.
const KNOWN_EXTENSIONS: &[&str] = &[
    "EXT_mesh_features",
    "EXT_meshopt_compression",
    "EXT_structural_metadata",
    "EXT_texture_webp",
    "CESIUM_RTC",
    "KHR_materials_unlit",
    "KHR_materials_pbrSpecularGlossiness",
    "KHR_mesh_quantization",
    "KHR_texture_basisu",
    "KHR_texture_transform",
];

/// Reads the JSON of a glTF 2.0 file.
pub(crate) fn parse(text: &[u8]) -> Result<Document, DecodeError> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    // padding after the text is spaces by the specification; zeros are seen in the wild
    let end = text
        .iter()
        .rposition(|b| !matches!(b, 0 | b' '))
        .map_or(0, |last| last + 1);
    let document: Document = serde_json::from_slice(&text[..end]).map_err(|err| DecodeError::Json {
        reason: err.to_string(),
    })?;
    if !document.asset.version.starts_with("2.") {
        return Err(DecodeError::Unsupported {
            what: format!("glTF version {:?}", document.asset.version),
        });
    }
    if let Some(unknown) = document
        .extensions_required
        .iter()
        .find(|e| !KNOWN_EXTENSIONS.contains(&e.as_str()))
    {
        return Err(DecodeError::Unsupported {
            what: format!("required glTF extension {unknown}"),
        });
    }
    Ok(document)
}
