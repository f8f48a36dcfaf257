//! A city in memory, a sink in memory, and a reader that decodes what the tiler wrote.

#![allow(
    missing_docs,
    unreachable_pub,
    dead_code,
    reason = "test support, shared by several programs"
)]

use city_model::{
    Crs, Extrusion, Feature, FeatureClass, FeatureIndex, HeightGrid, LodGeometry, RoofBox, RoofForm, SceneFrame, Shape,
};
use glam::{DVec2, DVec3};
use std::collections::BTreeMap;
use std::sync::Mutex;
use tiler::{FeatureHead, FeatureProvider, Publication, PublishOptions, TileSink};

/// A city in memory.
#[derive(Default)]
pub struct City {
    pub features: Vec<Feature>,
    pub revisions: Vec<u64>,
    pub terrain: Vec<(u64, HeightGrid)>,
    pub fetched: Mutex<usize>,
}

impl City {
    pub fn add(&mut self, mut feature: Feature) {
        feature.index = FeatureIndex(self.features.len() as u32);
        self.features.push(feature);
        self.revisions.push(1);
    }
}

impl FeatureProvider for City {
    fn heads(&self) -> Result<Vec<FeatureHead>, String> {
        Ok(self
            .features
            .iter()
            .zip(&self.revisions)
            .map(|(f, revision)| FeatureHead {
                index: f.index,
                class: f.class,
                is_proposal: f.layer == city_model::scenario::PROPOSALS_LAYER,
                bounds: f.bounds(),
                revision: *revision,
                geometry_bytes: postcard::to_stdvec(&f.geometry).unwrap().len() as u32,
            })
            .collect())
    }

    fn fetch(&self, indices: &[FeatureIndex]) -> Result<Vec<Feature>, String> {
        *self.fetched.lock().unwrap() += indices.len();
        Ok(indices.iter().map(|i| self.features[i.0 as usize].clone()).collect())
    }

    fn terrain(&self) -> Result<Vec<(u64, HeightGrid)>, String> {
        Ok(self.terrain.clone())
    }
}

/// Content in memory.
#[derive(Default)]
pub struct Kept(pub Mutex<BTreeMap<String, Vec<u8>>>);

impl Kept {
    pub fn content(&self, name: &str) -> Vec<u8> {
        self.0.lock().unwrap()[name].clone()
    }
}

impl TileSink for Kept {
    fn contains(&self, name: &str) -> bool {
        self.0.lock().unwrap().contains_key(name)
    }

    fn put(&self, name: &str, bytes: &[u8]) -> Result<(), String> {
        self.0.lock().unwrap().insert(name.to_owned(), bytes.to_vec());
        Ok(())
    }

    fn get(&self, name: &str) -> Option<Vec<u8>> {
        self.0.lock().unwrap().get(name).cloned()
    }
}

pub const ORIGIN: DVec3 = DVec3::new(468_000.0, 3_847_000.0, 100.0);

pub fn frame() -> SceneFrame {
    SceneFrame::new(Crs::from_epsg(4547).unwrap(), ORIGIN, -15.0).unwrap()
}

pub fn publish(city: &City, sink: &Kept) -> Publication {
    tiler::publish(city, sink, &frame(), &PublishOptions::default(), &|_, _| true).unwrap()
}

/// Numbers that look random, the same every time (splitmix64).
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// A district of `count` raised footprints in rows, of every roof form, with what stands on flat roofs.
pub fn district(count: usize) -> City {
    let mut city = City::default();
    let mut dice = Dice(7);
    let columns = (count as f64).sqrt().ceil() as usize;
    for i in 0..count {
        let (row, column) = (i / columns, i % columns);
        let spacing = 42.0;
        let at = ORIGIN.truncate()
            + DVec2::new(column as f64 - columns as f64 / 2.0, row as f64 - columns as f64 / 2.0) * spacing
            + DVec2::new(dice.roll(), dice.roll()) * 6.0;
        let (half_x, half_y) = (6.0 + dice.roll() * 10.0, 5.0 + dice.roll() * 5.0);
        let turn = DVec2::from_angle(dice.roll() * 0.4 - 0.2);
        let corner = |x: f64, y: f64| at + turn * (x * half_x) + turn.perp() * (y * half_y);
        let mut ring = vec![
            corner(-1.0, -1.0),
            corner(1.0, -1.0),
            corner(1.0, 1.0),
            corner(-1.0, 1.0),
        ];
        if dice.roll() < 0.3 {
            ring.splice(2..3, [corner(1.0, 0.2), corner(0.2, 0.2), corner(0.2, 1.0)]);
        }
        let storeys = (3.0 + dice.roll() * 4.0 + if dice.roll() < 0.05 { 20.0 } else { 0.0 }).floor();
        let roof = match i % 6 {
            0 => RoofForm::Gable { rise_m: 2.5 },
            1 => RoofForm::Hip { rise_m: 2.0 },
            2 => RoofForm::Sawtooth {
                rise_m: 2.0,
                pitch_m: 6.0,
            },
            _ => RoofForm::Flat { parapet_m: 0.9 },
        };
        let head = RoofBox {
            center: at,
            half_x_m: 1.5,
            half_y_m: 2.0,
            height_m: 2.6,
            rotation_rad: turn.to_angle() as f32,
        };
        let roof_boxes = if matches!(roof, RoofForm::Flat { .. }) {
            vec![head]
        } else {
            vec![]
        };
        let mut feature = Feature::new(format!("gen-{i:06}"), FeatureClass::Building, "generated");
        feature.geometry = LodGeometry::single(
            13,
            Shape::Extrusion(Extrusion {
                rings: vec![ring],
                base_z_m: Some(95.0),
                height_m: storeys * 3.0,
                roof,
                roof_boxes,
            }),
        );
        feature.attributes.insert("storeys".to_owned(), storeys.into());
        feature.attributes.insert("use".to_owned(), "住宅".into());
        city.add(feature);
    }
    city
}

/// A primitive as a viewer sees it.
#[derive(Debug, Default)]
pub struct Primitive {
    /// `[vertex]` ENU metres of the scene.
    pub positions: Vec<DVec3>,
    pub normals: Vec<[i8; 4]>,
    pub colors: Vec<[u8; 4]>,
    pub feature_ids: Vec<u16>,
    pub surface: Vec<[u8; 4]>,
    pub facade: Vec<[u16; 2]>,
    pub uvs: Vec<[f32; 2]>,
    pub indices: Vec<u32>,
}

/// A decoded GLB.
#[derive(Debug)]
pub struct Decoded {
    pub primitives: Vec<Primitive>,
    pub feature_index: Vec<u32>,
    pub ids: Vec<String>,
    pub json: serde_json::Value,
}

/// Decodes with meshopt's own decoder and checks the container with the `gltf` crate's rules of layout.
pub fn decode(bytes: &[u8]) -> Decoded {
    let glb = gltf::binary::Glb::from_slice(bytes).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&glb.json).unwrap();
    let chunk = glb.bin.unwrap().into_owned();
    let number = |v: &serde_json::Value| v.as_u64().unwrap() as usize;
    let view = |i: usize| -> Vec<u8> {
        let view = &json["bufferViews"][i];
        match view["extensions"].get("EXT_meshopt_compression") {
            None => {
                assert_eq!(view["buffer"], 0);
                let start = number(&view["byteOffset"]);
                chunk[start..start + number(&view["byteLength"])].to_vec()
            }
            Some(ext) => {
                let start = number(&ext["byteOffset"]);
                let data = &chunk[start..start + number(&ext["byteLength"])];
                let (count, stride) = (number(&ext["count"]), number(&ext["byteStride"]));
                assert_eq!(number(&view["byteLength"]), count * stride);
                if ext["mode"] == "TRIANGLES" {
                    assert_eq!(data[0], 0xe1, "index codec 1");
                    let indices: Vec<u32> = meshopt::decode_index_buffer(data, count).unwrap();
                    return indices.iter().flat_map(|i| i.to_le_bytes()).collect();
                }
                assert_eq!(data[0], 0xa0, "vertex codec 0");
                match stride {
                    4 => meshopt::decode_vertex_buffer::<[u8; 4]>(data, count).unwrap().concat(),
                    8 => meshopt::decode_vertex_buffer::<[u8; 8]>(data, count).unwrap().concat(),
                    other => panic!("stride {other}"),
                }
            }
        }
    };
    let accessor = |i: &serde_json::Value| view(number(&json["accessors"][number(i)]["bufferView"]));
    let node = &json["nodes"][0];
    let triple = |v: &serde_json::Value| DVec3::from_array(std::array::from_fn(|i| v[i].as_f64().unwrap()));
    let (translation, scale) = (triple(&node["translation"]), triple(&node["scale"]));
    let short = |b: &[u8]| u16::from_le_bytes([b[0], b[1]]);
    let primitives = json["meshes"][0]["primitives"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| {
            let a = &p["attributes"];
            let positions = accessor(&a["POSITION"])
                .chunks(8)
                .map(|b| {
                    let q =
                        DVec3::new(short(b).into(), short(&b[2..]).into(), short(&b[4..]).into()) * scale + translation;
                    DVec3::new(q.x, -q.z, q.y)
                })
                .collect();
            let four = |v: Vec<u8>| v.chunks(4).map(|b| [b[0], b[1], b[2], b[3]]).collect::<Vec<_>>();
            Primitive {
                positions,
                normals: four(accessor(&a["NORMAL"]))
                    .into_iter()
                    .map(|b| b.map(u8::cast_signed))
                    .collect(),
                colors: four(accessor(&a["COLOR_0"])),
                feature_ids: accessor(&a["_FEATURE_ID_0"]).chunks(4).map(short).collect(),
                surface: four(accessor(&a["_SURFACE"])),
                facade: accessor(&a["_FACADE"])
                    .chunks(4)
                    .map(|b| [short(b), short(&b[2..])])
                    .collect(),
                uvs: match a.get("TEXCOORD_0") {
                    Some(uv) => accessor(uv)
                        .chunks(8)
                        .map(|b| {
                            [
                                f32::from_le_bytes([b[0], b[1], b[2], b[3]]),
                                f32::from_le_bytes([b[4], b[5], b[6], b[7]]),
                            ]
                        })
                        .collect(),
                    None => Vec::new(),
                },
                indices: accessor(&p["indices"])
                    .chunks(4)
                    .map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]))
                    .collect(),
            }
        })
        .collect();
    let table = &json["extensions"]["EXT_structural_metadata"]["propertyTables"][0];
    let words = |v: &serde_json::Value| -> Vec<u32> {
        view(number(v))
            .chunks(4)
            .map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]))
            .collect()
    };
    let id = &table["properties"]["id"];
    let (text, offsets) = (view(number(&id["values"])), words(&id["stringOffsets"]));
    let ids = offsets
        .windows(2)
        .map(|w| String::from_utf8(text[w[0] as usize..w[1] as usize].to_vec()).unwrap())
        .collect();
    Decoded {
        primitives,
        feature_index: words(&table["properties"]["feature_index"]["values"]),
        ids,
        json,
    }
}

/// A tile of the published tree with external files followed.
#[derive(Debug)]
pub struct Walked {
    pub bounds: [f64; 12],
    pub geometric_error: f64,
    pub content: Option<String>,
    pub children: Vec<Walked>,
}

/// Follows every external tileset from the root; checks file sizes on the way.
pub fn walk(publication: &Publication, sink: &Kept) -> Walked {
    let root: serde_json::Value = serde_json::from_slice(&publication.tileset_json).unwrap();
    assert_eq!(root["asset"]["version"], "1.1");
    visit(&root["root"], f64::INFINITY, sink)
}

/// * `above` — geometric error of the tile above
fn visit(tile: &serde_json::Value, above: f64, sink: &Kept) -> Walked {
    let bounds = std::array::from_fn(|i| tile["boundingVolume"]["box"][i].as_f64().unwrap());
    let geometric_error = tile["geometricError"].as_f64().unwrap();
    let uri = tile["content"]["uri"]
        .as_str()
        .map(|uri| uri.rsplit('/').next().unwrap().to_owned());
    if let Some(name) = uri.as_ref().filter(|name| name.ends_with(".json")) {
        let bytes = sink.content(name);
        assert!(bytes.len() <= 100 * 1024, "{name} has {} bytes", bytes.len());
        let inner: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        assert!(tile.get("children").is_none());
        assert_eq!(inner["root"]["boundingVolume"], tile["boundingVolume"]);
        assert_eq!(inner["geometricError"], inner["root"]["geometricError"]);
        assert!(inner["geometricError"].as_f64().unwrap() <= geometric_error);
        assert_eq!(
            geometric_error.to_bits(),
            above.to_bits(),
            "whoever draws the tile above asks for the file"
        );
        return visit(&inner["root"], geometric_error, sink);
    }
    let children = tile["children"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|child| visit(child, geometric_error, sink))
        .collect();
    Walked {
        bounds,
        geometric_error,
        content: uri,
        children,
    }
}
