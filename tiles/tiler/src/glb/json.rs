//! The parts of glTF 2.0 JSON that tiles use, in writing order. Source: Khronos glTF 2.0 specification, section 5.

use serde::Serialize;
use serde_json::Value;

/// `componentType` codes.
pub(super) mod component {
    pub(crate) const BYTE: u32 = 5120;
    pub(crate) const UNSIGNED_BYTE: u32 = 5121;
    pub(crate) const UNSIGNED_SHORT: u32 = 5123;
    pub(crate) const UNSIGNED_INT: u32 = 5125;
    pub(crate) const FLOAT: u32 = 5126;
}

#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
pub(super) struct Root {
    pub(super) asset: Asset,
    pub(super) extensions_used: Vec<&'static str>,
    pub(super) extensions_required: Vec<&'static str>,
    pub(super) extensions: Value,
    pub(super) scene: u32,
    pub(super) scenes: Vec<Scene>,
    pub(super) nodes: Vec<Node>,
    pub(super) meshes: Vec<Mesh>,
    pub(super) materials: Vec<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) textures: Vec<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) images: Vec<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) samplers: Vec<Value>,
    pub(super) accessors: Vec<Accessor>,
    pub(super) buffer_views: Vec<BufferView>,
    pub(super) buffers: Vec<Buffer>,
}

#[derive(Serialize, Default)]
pub(super) struct Asset {
    pub(super) version: &'static str,
    pub(super) generator: &'static str,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) copyright: String,
}

#[derive(Serialize)]
pub(super) struct Scene {
    pub(super) nodes: [u32; 1],
}

#[derive(Serialize)]
pub(super) struct Node {
    pub(super) mesh: u32,
    pub(super) translation: [f64; 3],
    pub(super) scale: [f64; 3],
}

#[derive(Serialize)]
pub(super) struct Mesh {
    pub(super) primitives: Vec<Primitive>,
}

#[derive(Serialize)]
pub(super) struct Primitive {
    pub(super) attributes: Attributes,
    pub(super) indices: usize,
    pub(super) material: usize,
    pub(super) extensions: Value,
}

#[derive(Serialize)]
pub(super) struct Attributes {
    #[serde(rename = "POSITION")]
    pub(super) position: usize,
    #[serde(rename = "NORMAL")]
    pub(super) normal: usize,
    #[serde(rename = "COLOR_0")]
    pub(super) color: usize,
    #[serde(rename = "TEXCOORD_0", skip_serializing_if = "Option::is_none")]
    pub(super) texcoord: Option<usize>,
    #[serde(rename = "_FEATURE_ID_0")]
    pub(super) feature_id: usize,
    #[serde(rename = "_SURFACE")]
    pub(super) surface: usize,
    #[serde(rename = "_FACADE")]
    pub(super) facade: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Accessor {
    pub(super) buffer_view: usize,
    pub(super) component_type: u32,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) normalized: bool,
    pub(super) count: usize,
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) min: Option<[u16; 3]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) max: Option<[u16; 3]>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BufferView {
    pub(super) buffer: u32,
    pub(super) byte_offset: usize,
    pub(super) byte_length: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) byte_stride: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) target: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) extensions: Option<Value>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Buffer {
    pub(super) byte_length: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) extensions: Option<Value>,
}
