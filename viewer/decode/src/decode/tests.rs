//! Tiles made here with the native meshopt library, in the layout that our tiler writes, and broken in every way.

use super::*;
use crate::tile::{DEFAULT_LAYER_CODE, NO_FEATURE, VertexAttributes};
use proptest::prelude::*;
use serde_json::{Value, json};

/// A glb under construction: views are compressed where a mode is given, as in `EXT_meshopt_compression` with a
/// placeholder for the uncompressed data.
#[derive(Default)]
struct Glb {
    bin: Vec<u8>,
    views: Vec<Value>,
    accessors: Vec<Value>,
    placeholder_bytes: usize,
}

impl Glb {
    fn append(&mut self, bytes: &[u8]) -> usize {
        self.bin.resize(self.bin.len().next_multiple_of(4), 0);
        let at = self.bin.len();
        self.bin.extend_from_slice(bytes);
        at
    }

    fn plain_view(&mut self, bytes: &[u8]) -> usize {
        let at = self.append(bytes);
        self.views
            .push(json!({"buffer": 0, "byteOffset": at, "byteLength": bytes.len()}));
        self.views.len() - 1
    }

    fn packed_view(&mut self, encoded: &[u8], stride: usize, count: usize, mode: &str) -> usize {
        let at = self.append(encoded);
        let mut view = json!({"buffer": 1, "byteOffset": self.placeholder_bytes, "byteLength": stride * count, "extensions": {
            "EXT_meshopt_compression": {"buffer": 0, "byteOffset": at, "byteLength": encoded.len(), "byteStride": stride, "mode": mode, "count": count}}});
        if mode == "ATTRIBUTES" {
            view["byteStride"] = json!(stride);
        }
        self.placeholder_bytes += (stride * count).next_multiple_of(4);
        self.views.push(view);
        self.views.len() - 1
    }

    fn attribute<const N: usize>(
        &mut self,
        elements: &[[u8; N]],
        component: u32,
        shape: &str,
        normalized: bool,
    ) -> usize {
        let encoded = meshopt::encode_vertex_buffer_level(elements, 2, Some(0)).unwrap();
        let view = self.packed_view(&encoded, N, elements.len(), "ATTRIBUTES");
        self.accessors.push(json!({"bufferView": view, "componentType": component, "count": elements.len(), "type": shape, "normalized": normalized}));
        self.accessors.len() - 1
    }

    fn indices(&mut self, indices: &[u32]) -> usize {
        let encoded = meshopt::encode_index_buffer(indices, 1 << 20).unwrap();
        let view = self.packed_view(&encoded, 4, indices.len(), "TRIANGLES");
        self.accessors
            .push(json!({"bufferView": view, "componentType": 5125, "count": indices.len(), "type": "SCALAR"}));
        self.accessors.len() - 1
    }

    fn finish(self, mut document: Value) -> Vec<u8> {
        document["asset"] = json!({"version": "2.0", "copyright": "© test"});
        document["buffers"] = json!([{"byteLength": self.bin.len()}, {"byteLength": self.placeholder_bytes,
            "extensions": {"EXT_meshopt_compression": {"fallback": true}}}]);
        document["bufferViews"] = json!(self.views);
        document["accessors"] = json!(self.accessors);
        pack(&document, &self.bin)
    }
}

fn pack(document: &Value, bin: &[u8]) -> Vec<u8> {
    let mut json = document.to_string().into_bytes();
    json.resize(json.len().next_multiple_of(4), b' ');
    let mut bin = bin.to_vec();
    bin.resize(bin.len().next_multiple_of(4), 0);
    let mut out = Vec::new();
    out.extend_from_slice(b"glTF");
    for word in [2, 12 + 8 + json.len() + 8 + bin.len(), json.len(), 0x4e4f_534a] {
        out.extend_from_slice(&u32::try_from(word).unwrap().to_le_bytes());
    }
    out.extend_from_slice(&json);
    for word in [bin.len(), 0x004e_4942] {
        out.extend_from_slice(&u32::try_from(word).unwrap().to_le_bytes());
    }
    out.extend_from_slice(&bin);
    out
}

const INDICES: [u32; 6] = [0, 1, 2, 0, 2, 3];

/// A square in the tiler's layout: quantized by 1 cm about (1000, 2000, 30), two features, y-up.
fn own_tile() -> Vec<u8> {
    let mut glb = Glb::default();
    // (x, y up, −north) in centimetres
    let positions = [[0_i16, 500, 0], [1000, 500, 0], [1000, 500, -1000], [0, 500, -1000]];
    let positions = positions.map(|p| {
        let mut bytes = [0; 8];
        p.iter()
            .enumerate()
            .for_each(|(i, v)| bytes[i * 2..i * 2 + 2].copy_from_slice(&v.to_le_bytes()));
        bytes
    });
    let position = glb.attribute(&positions, 5122, "VEC3", false);
    let normal = glb.attribute(&[[0_u8, 127, 0, 0]; 4], 5120, "VEC3", true);
    let color = glb.attribute(&[[10_u8, 20, 30, 255]; 4], 5121, "VEC4", true);
    let id = glb.attribute(
        &[[0_u8, 0, 0, 0], [0, 0, 0, 0], [1, 0, 0, 0], [9, 0, 0, 0]],
        5123,
        "SCALAR",
        false,
    );
    let surface = glb.attribute(&[[1_u8, 30, 85, 200]; 4], 5121, "VEC4", false);
    let facade = glb.attribute(&[[1_u8, 2, 3, 4]; 4], 5123, "VEC2", false);
    let indices = glb.indices(&INDICES);
    let column = |glb: &mut Glb, bytes: &[u8]| glb.plain_view(bytes);
    let feature_index = column(&mut glb, &[70_000_u32, 5].map(u32::to_le_bytes).concat());
    let layer = column(&mut glb, &[33, 1]);
    let class = column(&mut glb, &[11, 1]);
    let height = column(&mut glb, &[2.5_f32, f32::NAN].map(f32::to_le_bytes).concat());
    let name = column(&mut glb, "管甲楼".as_bytes());
    let offsets = column(&mut glb, &[0_u32, 6, 9].map(u32::to_le_bytes).concat());
    let scalar = |component: &str| json!({"type": "SCALAR", "componentType": component});
    glb.finish(json!({
        "extensionsRequired": ["EXT_meshopt_compression", "KHR_mesh_quantization"],
        "scenes": [{"nodes": [0]}], "scene": 0,
        "nodes": [{"mesh": 0, "translation": [1000, 30, -2000], "scale": [0.01, 0.01, 0.01]}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": position, "NORMAL": normal, "COLOR_0": color,
            "_FEATURE_ID_0": id, "_SURFACE": surface, "_FACADE": facade}, "indices": indices,
            "extensions": {"EXT_mesh_features": {"featureIds": [{"featureCount": 2, "attribute": 0, "propertyTable": 0}]}}}]}],
        "extensions": {"EXT_structural_metadata": {
            "schema": {"id": "s", "classes": {"feature": {"properties": {
                "feature_index": scalar("UINT32"), "layer_code": scalar("UINT8"), "class_code": scalar("UINT8"),
                "height_m": scalar("FLOAT32"), "name": {"type": "STRING"}}}}},
            "propertyTables": [{"class": "feature", "count": 2, "properties": {
                "feature_index": {"values": feature_index}, "layer_code": {"values": layer}, "class_code": {"values": class},
                "height_m": {"values": height}, "name": {"values": name, "stringOffsets": offsets}}}]}}
    }))
}

#[test]
fn a_tile_of_our_own_is_read_whole() {
    let tile = decode_tile(&own_tile()).unwrap();
    assert_eq!(tile.origin_enu, [1000.0, 2000.0, 30.0]);
    assert_eq!(tile.bounds, [0.0, 0.0, 5.0, 10.0, 10.0, 5.0]);
    assert_eq!(tile.copyright.as_deref(), Some("© test"));
    assert_eq!(tile.warnings, Vec::<String>::new());
    let rows: Vec<_> = tile
        .features
        .iter()
        .map(|r| (r.feature_index, r.layer_code, r.class_code, r.name.as_str()))
        .collect();
    assert_eq!(rows, [(70_000, 33, 11, "管甲"), (5, 1, 1, "楼")]);
    assert!((tile.features[0].height_m - 2.5).abs() < 1e-6 && tile.features[1].height_m.is_nan());
    assert_eq!(tile.num_features, 2);
    let [primitive] = tile.primitives.as_slice() else {
        panic!("one primitive")
    };
    assert_eq!(
        primitive.positions,
        [[0.0, 0.0, 5.0], [10.0, 0.0, 5.0], [10.0, 10.0, 5.0], [0.0, 10.0, 5.0]]
    );
    assert_eq!(primitive.indices, INDICES);
    let vertex = VertexAttributes {
        normal: [0, 0, 127],
        layer_code: 33,
        surface: [1, 30, 85, 200],
        facade: [0x0201, 0x0403],
        color: [10, 20, 30, 255],
        feature_index: 70_000,
    };
    let attributes: Vec<_> = primitive
        .attributes
        .iter()
        .map(|words| VertexAttributes::from_words(*words))
        .collect();
    assert_eq!(attributes[0], vertex);
    assert_eq!(
        attributes[2],
        VertexAttributes {
            layer_code: 1,
            feature_index: 5,
            ..vertex
        }
    );
    assert_eq!(
        attributes[3],
        VertexAttributes {
            layer_code: DEFAULT_LAYER_CODE,
            feature_index: NO_FEATURE,
            ..vertex
        },
        "id past the table"
    );
    assert_eq!((primitive.uvs.as_ref(), primitive.image.as_ref()), (None, None));
}

/// A triangle without anything but positions, in the given primitive.
fn bare(extra: Value, nodes: Value) -> Vec<u8> {
    let mut glb = Glb::default();
    let positions = [[0.0_f32, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [1.0, 0.0, -1.0]];
    let view = glb.plain_view(
        &positions
            .as_flattened()
            .iter()
            .flat_map(|v| v.to_le_bytes())
            .collect::<Vec<_>>(),
    );
    glb.accessors
        .push(json!({"bufferView": view, "componentType": 5126, "count": 4, "type": "VEC3"}));
    let mut primitive = json!({"attributes": {"POSITION": 0}});
    for (key, value) in extra.as_object().unwrap() {
        primitive[key] = value.clone();
    }
    let materials = json!([{"pbrMetallicRoughness": {"baseColorFactor": [1.0, 0.214, 0.0, 0.5]}}]);
    glb.finish(json!({"meshes": [{"primitives": [primitive]}], "nodes": nodes, "materials": materials}))
}

#[test]
fn a_foreign_strip_gets_flat_normals_and_its_material_colour() {
    let tile = decode_tile(&bare(json!({"mode": 5, "material": 0}), json!([{"mesh": 0}]))).unwrap();
    let primitive = &tile.primitives[0];
    assert_eq!(primitive.indices, [0, 1, 2, 3, 4, 5]);
    let first = VertexAttributes::from_words(primitive.attributes[0]);
    assert_eq!(
        (first.normal, first.feature_index, first.surface),
        ([0, 0, 127], NO_FEATURE, [0, 0, 0, 255])
    );
    assert_eq!(first.color, [255, 127, 0, 128], "linear 0.214 is sRGB 127");
    assert!(
        primitive
            .attributes
            .iter()
            .all(|words| VertexAttributes::from_words(*words).normal == [0, 0, 127]),
        "both triangles face up"
    );
}

#[test]
fn mirroring_nodes_keep_the_outside_out() {
    let tile = decode_tile(&bare(json!({}), json!([{"mesh": 0, "scale": [-1, 1, 1]}]))).unwrap();
    let primitive = &tile.primitives[0];
    assert_eq!(
        VertexAttributes::from_words(primitive.attributes[0]).normal,
        [0, 0, 127]
    );
    assert_eq!(primitive.positions[2][0], -1.0, "the triangle was turned round");
}

#[test]
fn meshes_far_apart_keep_millimetres() {
    let nodes =
        json!([{"mesh": 0, "translation": [4_000_000.0, 0.25, 0]}, {"mesh": 0, "translation": [4_000_003.0, 0.25, 0]}]);
    let tile = decode_tile(&bare(json!({}), nodes)).unwrap();
    assert_eq!(tile.origin_enu, [4_000_000.0, 0.0, 0.25]);
    assert_eq!(tile.primitives.len(), 1, "one untextured primitive");
    assert_eq!(tile.primitives[0].positions[3], [3.0, 0.0, 0.0]);
}

#[test]
fn the_reason_is_said() {
    let message = |bytes: &[u8]| decode_tile(bytes).unwrap_err().to_string();
    assert!(message(b"").contains("0 bytes"));
    assert!(message(b"i3dm____").contains("i3dm"));
    assert!(message(b"pnts").contains("unsupported"));
    assert!(message(&own_tile()[..100]).contains("truncated"));
    let gltf1 = pack(&json!({"asset": {"version": "1.0"}}), &[]);
    assert!(message(&gltf1).contains("1.0"));
    let draco = pack(
        &json!({"asset": {"version": "2.0"}, "extensionsRequired": ["KHR_draco_mesh_compression"]}),
        &[],
    );
    assert!(message(&draco).contains("KHR_draco_mesh_compression"));
    let elsewhere = pack(
        &json!({"asset": {"version": "2.0"}, "nodes": [{"mesh": 0}], "meshes": [{"primitives": [{"attributes": {"POSITION": 0}}]}],
            "accessors": [{"bufferView": 0, "componentType": 5126, "count": 3, "type": "VEC3"}],
            "bufferViews": [{"buffer": 0, "byteLength": 36}], "buffers": [{"uri": "other.bin", "byteLength": 36}]}),
        &[],
    );
    assert!(message(&elsewhere).contains("other.bin"));
    for key in ["asset", "nodes", "unknown"] {
        let deep = format!("{{\"{key}\":{}", "[".repeat(1_000_000));
        assert!(message(deep.as_bytes()).contains("bad glTF JSON"));
    }
}

/// Small files that ask for much memory.
#[test]
fn bombs_do_not_go_off() {
    let many = |count: u64, view_bytes: u64| {
        pack(
            &json!({"asset": {"version": "2.0"}, "nodes": [{"mesh": 0}], "meshes": [{"primitives": [{"attributes": {"POSITION": 0}}]}],
                "accessors": [{"bufferView": 0, "componentType": 5126, "count": count, "type": "VEC3"}],
                "bufferViews": [{"buffer": 0, "byteLength": view_bytes}], "buffers": [{"byteLength": 36}]}),
            &[0; 36],
        )
    };
    assert!(decode_tile(&many(u64::MAX, 36)).is_err());
    assert!(decode_tile(&many(1 << 60, 36)).is_err());
    assert!(decode_tile(&many(3, u64::MAX)).is_err());
    // one mesh drawn by very many nodes: the budget of one tile ends it
    let nodes: Vec<Value> = vec![json!({"mesh": 0}); 20_000];
    let primitives: Vec<Value> = vec![json!({"attributes": {"POSITION": 0}}); 50];
    let zeros = vec![0_u8; 12 * 3000];
    let bomb = pack(
        &json!({"asset": {"version": "2.0"}, "nodes": nodes, "meshes": [{"primitives": primitives}],
            "accessors": [{"bufferView": 0, "componentType": 5126, "count": 3000, "type": "VEC3"}],
            "bufferViews": [{"buffer": 0, "byteLength": zeros.len()}], "buffers": [{"byteLength": zeros.len()}]}),
        &zeros,
    );
    assert_eq!(
        decode_tile(&bomb).unwrap_err(),
        DecodeError::TooLarge {
            limit_bytes: crate::buffers::MAX_DECODED_BYTES
        }
    );
}

#[test]
fn every_truncation_is_an_error() {
    let whole = own_tile();
    for length in 0..whole.len() {
        assert!(
            decode_tile(&whole[..length]).is_err(),
            "{length} of {} bytes",
            whole.len()
        );
    }
}

proptest! {
    /// Any damage gives an error or a tile whose parts fit together.
    #[test]
    fn damaged_tiles_stay_consistent(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let mut bytes = own_tile();
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        if let Ok(tile) = decode_tile(&bytes) {
            for primitive in &tile.primitives {
                prop_assert_eq!(primitive.positions.len(), primitive.attributes.len());
                prop_assert!(primitive.positions.iter().flatten().all(|v| v.is_finite()));
                prop_assert!(primitive.indices.iter().all(|i| (*i as usize) < primitive.positions.len()));
            }
            prop_assert!(tile.bounds.iter().all(|v| v.is_finite()));
        }
    }

    #[test]
    fn garbage_is_refused(bytes in prop::collection::vec(any::<u8>(), 0..200), magic in 0..3) {
        let head: &[u8] = [b"glTF".as_slice(), b"b3dm", b"{\"as"][magic as usize];
        prop_assert!(decode_tile(&[head, &bytes].concat()).is_err());
    }
}
