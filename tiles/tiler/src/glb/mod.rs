//! Writes a [`TileMesh`] as GLB for 3D Tiles 1.1: quantized, meshopt-compressed, with feature ids and a property table.
//!
//! Extensions: KHR_mesh_quantization, EXT_meshopt_compression (vertex codec 0, index codec 1, no filter),
//! EXT_mesh_features, EXT_structural_metadata. The bytes depend on nothing but the mesh, the origin and the copyright.

mod buffers;
mod json;
mod metadata;
mod quantize;

use crate::TileMesh;
use buffers::Buffers;
use city_model::Bounds3;
use glam::DVec3;
use json::component;
use quantize::Grid;
use serde_json::{Value, json};

/// Raised whenever the bytes of a GLB change for the same mesh; part of every content hash.
pub const ENCODER_VERSION: u32 = 2;

/// Greatest number of features in a tile: ids are 16 bits wide, glTF has no wider integer attribute.
pub const MAX_FEATURES: usize = 65_535;

/// A finished GLB.
#[derive(Debug, Clone, PartialEq)]
pub struct EncodedTile {
    /// The file.
    pub bytes: Vec<u8>,
    /// Bounds of what is drawn, ENU metres of the scene.
    pub bounds_enu: Bounds3,
    /// Triangles in all primitives.
    pub num_triangles: u64,
}

/// Why a mesh cannot be written.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum GlbError {
    /// No triangle is left after quantization.
    #[error("the tile has no triangles")]
    Empty,
    /// A position is NaN or infinite.
    #[error("a vertex position is not finite")]
    NotFinite,
    /// Arrays of different length, or an index or slot out of range.
    #[error("the mesh is inconsistent: {what}")]
    Inconsistent {
        /// What does not fit.
        what: &'static str,
    },
    /// More features than 16-bit ids can tell apart.
    #[error("{count} features in one tile, at most {MAX_FEATURES} fit")]
    TooManyFeatures {
        /// Number given.
        count: usize,
    },
    /// The compression library refused.
    #[error("meshopt: {reason}")]
    Codec {
        /// Its message.
        reason: String,
    },
}

/// Encodes a tile.
///
/// * `origin_enu` — tile origin that the positions are relative to, ENU metres of the scene
/// * `copyright` — `asset.copyright`, left out when empty
///
/// # Errors
/// [`GlbError`]; [`GlbError::Empty`] when nothing would be drawn.
pub fn encode(mesh: &TileMesh, origin_enu: DVec3, copyright: &str) -> Result<EncodedTile, GlbError> {
    if mesh.features.len() > MAX_FEATURES {
        return Err(GlbError::TooManyFeatures {
            count: mesh.features.len(),
        });
    }
    let mut writer = Writer {
        grid: Grid::of(mesh)?,
        num_features: mesh.features.len(),
        buffers: Buffers::default(),
        root: json::Root::default(),
        primitives: Vec::new(),
        least: [u16::MAX; 3],
        greatest: [0; 3],
        num_triangles: 0,
    };
    let (opaque, translucent) = split_by_alpha(mesh)?;
    let opaque_material =
        json!({ "pbrMetallicRoughness": { "metallicFactor": 0, "roughnessFactor": 1 }, "doubleSided": true });
    let mut translucent_material = opaque_material.clone();
    translucent_material["alphaMode"] = "BLEND".into();
    writer.primitive(mesh, &opaque, None, opaque_material)?;
    writer.primitive(mesh, &translucent, None, translucent_material)?;
    for part in &mesh.textured {
        writer.textured(part)?;
    }
    writer.finish(mesh, origin_enu, copyright)
}

struct Writer {
    grid: Grid,
    num_features: usize,
    buffers: Buffers,
    root: json::Root,
    primitives: Vec<json::Primitive>,
    least: [u16; 3],
    greatest: [u16; 3],
    num_triangles: u64,
}

impl Writer {
    /// Adds a primitive, unless no triangle survives quantization.
    fn primitive(
        &mut self,
        mesh: &TileMesh,
        indices: &[u32],
        uvs: Option<&[[f32; 2]]>,
        material: Value,
    ) -> Result<(), GlbError> {
        check(mesh, indices, uvs, self.num_features)?;
        let quantized: Vec<[u16; 3]> = mesh.positions.iter().map(|p| self.grid.quantize(*p)).collect();
        let mut indices: Vec<u32> = indices
            .chunks_exact(3)
            .filter(|t| {
                let [a, b, c] = [
                    quantized[t[0] as usize],
                    quantized[t[1] as usize],
                    quantized[t[2] as usize],
                ];
                a != b && b != c && a != c
            })
            .flatten()
            .copied()
            .collect();
        if indices.is_empty() {
            return Ok(());
        }
        meshopt::optimize_vertex_cache_in_place(&mut indices, quantized.len());
        let order = fetch_order(&mut indices, quantized.len());
        let positions: Vec<[u16; 4]> = order
            .iter()
            .map(|i| {
                let [x, y, z] = quantized[*i as usize];
                [x, y, z, 0]
            })
            .collect();
        let (mut least, mut greatest) = ([u16::MAX; 3], [0; 3]);
        for p in &positions {
            for axis in 0..3 {
                least[axis] = least[axis].min(p[axis]);
                greatest[axis] = greatest[axis].max(p[axis]);
            }
        }
        for axis in 0..3 {
            self.least[axis] = self.least[axis].min(least[axis]);
            self.greatest[axis] = self.greatest[axis].max(greatest[axis]);
        }
        let count = order.len();
        self.num_triangles += (indices.len() / 3) as u64;
        let pick = |i: &u32| *i as usize;
        let view = self.buffers.vertices(&positions)?;
        let position = self.accessor(view, component::UNSIGNED_SHORT, false, count, "VEC3");
        if let Some(accessor) = self.root.accessors.last_mut() {
            (accessor.min, accessor.max) = (Some(least), Some(greatest));
        }
        let view = self
            .buffers
            .vertices(&gather(&order, |i| quantize::normal_bytes(mesh.normals[pick(i)])))?;
        let normal = self.accessor(view, component::BYTE, true, count, "VEC3");
        let view = self.buffers.vertices(&gather(&order, |i| mesh.colors[pick(i)]))?;
        let color = self.accessor(view, component::UNSIGNED_BYTE, true, count, "VEC4");
        let texcoord = match uvs {
            Some(uvs) => {
                let view = self.buffers.vertices(&gather(&order, |i| uvs[pick(i)]))?;
                Some(self.accessor(view, component::FLOAT, false, count, "VEC2"))
            }
            None => None,
        };
        // vertex attributes start at multiples of four bytes, so a 16-bit id is padded; the codec makes it free
        let view = self
            .buffers
            .vertices(&gather(&order, |i| [mesh.slots[pick(i)] as u16, 0]))?;
        let feature_id = self.accessor(view, component::UNSIGNED_SHORT, false, count, "SCALAR");
        let view = self.buffers.vertices(&gather(&order, |i| mesh.surface[pick(i)]))?;
        let surface = self.accessor(view, component::UNSIGNED_BYTE, false, count, "VEC4");
        let view = self.buffers.vertices(&gather(&order, |i| mesh.facade[pick(i)]))?;
        let facade = self.accessor(view, component::UNSIGNED_SHORT, false, count, "VEC2");
        let (view, is_short) = self.buffers.triangles(&indices, count)?;
        let kind = if is_short {
            component::UNSIGNED_SHORT
        } else {
            component::UNSIGNED_INT
        };
        let num_indices = indices.len();
        let indices = self.accessor(view, kind, false, num_indices, "SCALAR");
        self.root.materials.push(material);
        self.primitives.push(json::Primitive {
            attributes: json::Attributes {
                position,
                normal,
                color,
                texcoord,
                feature_id,
                surface,
                facade,
            },
            indices,
            material: self.root.materials.len() - 1,
            extensions: json!({ "EXT_mesh_features": { "featureIds": [
                { "featureCount": self.num_features, "attribute": 0, "propertyTable": 0 }
            ]}}),
        });
        Ok(())
    }

    fn textured(&mut self, part: &crate::TexturedPart) -> Result<(), GlbError> {
        let texture = self.root.textures.len();
        let material = json!({
            "pbrMetallicRoughness": { "baseColorTexture": { "index": texture }, "metallicFactor": 0, "roughnessFactor": 1 },
            "doubleSided": true,
        });
        let before = self.primitives.len();
        self.primitive(&part.mesh, &part.mesh.indices, Some(&part.uvs), material)?;
        if self.primitives.len() == before {
            return Ok(());
        }
        let is_png = part.image.starts_with(&[0x89, b'P', b'N', b'G']);
        let view = self.buffers.plain(&part.image);
        self.root
            .images
            .push(json!({ "bufferView": view, "mimeType": if is_png { "image/png" } else { "image/jpeg" } }));
        self.root
            .textures
            .push(json!({ "source": self.root.images.len() - 1, "sampler": 0 }));
        if self.root.samplers.is_empty() {
            // linear with mipmaps, repeating: what city models assume when they say nothing
            self.root
                .samplers
                .push(json!({ "magFilter": 9729, "minFilter": 9987, "wrapS": 10497, "wrapT": 10497 }));
        }
        Ok(())
    }

    fn accessor(
        &mut self,
        buffer_view: usize,
        component_type: u32,
        normalized: bool,
        count: usize,
        kind: &'static str,
    ) -> usize {
        self.root.accessors.push(json::Accessor {
            buffer_view,
            component_type,
            normalized,
            count,
            kind,
            min: None,
            max: None,
        });
        self.root.accessors.len() - 1
    }

    fn finish(mut self, mesh: &TileMesh, origin_enu: DVec3, copyright: &str) -> Result<EncodedTile, GlbError> {
        if self.primitives.is_empty() {
            return Err(GlbError::Empty);
        }
        let metadata = metadata::write(&mesh.features, &mut self.buffers);
        let root = json::Root {
            asset: json::Asset {
                version: "2.0",
                generator: "chengjing",
                copyright: copyright.to_owned(),
            },
            extensions_used: vec![
                "KHR_mesh_quantization",
                "EXT_meshopt_compression",
                "EXT_mesh_features",
                "EXT_structural_metadata",
            ],
            extensions_required: vec!["KHR_mesh_quantization", "EXT_meshopt_compression"],
            extensions: json!({ "EXT_structural_metadata": metadata }),
            scene: 0,
            scenes: vec![json::Scene { nodes: [0] }],
            nodes: vec![json::Node {
                mesh: 0,
                translation: self.grid.translation(origin_enu),
                scale: [self.grid.step_m; 3],
            }],
            meshes: vec![json::Mesh {
                primitives: self.primitives,
            }],
            buffers: self.buffers.describe(),
            buffer_views: self.buffers.views,
            ..self.root
        };
        let text = serde_json::to_vec(&root).map_err(|err| GlbError::Codec {
            reason: err.to_string(),
        })?;
        Ok(EncodedTile {
            bytes: container(text, self.buffers.chunk),
            bounds_enu: self.grid.bounds_enu(origin_enu, self.least, self.greatest),
            num_triangles: self.num_triangles,
        })
    }
}

/// The two chunks of a GLB. Source: glTF 2.0, section 4.4 (binary glTF layout).
fn container(mut json: Vec<u8>, mut chunk: Vec<u8>) -> Vec<u8> {
    json.resize(json.len().next_multiple_of(4), b' ');
    chunk.resize(chunk.len().next_multiple_of(4), 0);
    let total = 12 + 8 + json.len() + 8 + chunk.len();
    let mut bytes = Vec::with_capacity(total);
    // lengths fit: a tile is bounded far below 4 GiB
    let word = |value: usize| u32::try_from(value).unwrap_or(u32::MAX).to_le_bytes();
    let (total, json_len, chunk_len) = (word(total), word(json.len()), word(chunk.len()));
    bytes.extend_from_slice(b"glTF");
    bytes.extend_from_slice(&2_u32.to_le_bytes());
    bytes.extend_from_slice(&total);
    bytes.extend_from_slice(&json_len);
    bytes.extend_from_slice(b"JSON");
    bytes.append(&mut json);
    bytes.extend_from_slice(&chunk_len);
    bytes.extend_from_slice(b"BIN\0");
    bytes.append(&mut chunk);
    bytes
}

/// Renumbers the indices in order of first use; returns the old index of each new vertex.
fn fetch_order(indices: &mut [u32], num_vertices: usize) -> Vec<u32> {
    let mut new_index = vec![u32::MAX; num_vertices];
    let mut order = Vec::with_capacity(num_vertices);
    for index in indices {
        let slot = &mut new_index[*index as usize];
        if *slot == u32::MAX {
            *slot = order.len() as u32;
            order.push(*index);
        }
        *index = *slot;
    }
    order
}

fn gather<T>(order: &[u32], f: impl Fn(&u32) -> T) -> Vec<T> {
    order.iter().map(f).collect()
}

fn check(mesh: &TileMesh, indices: &[u32], uvs: Option<&[[f32; 2]]>, num_features: usize) -> Result<(), GlbError> {
    let n = mesh.positions.len();
    let lengths = [
        mesh.normals.len(),
        mesh.colors.len(),
        mesh.slots.len(),
        mesh.surface.len(),
        mesh.facade.len(),
    ];
    if lengths.iter().any(|len| *len != n) || uvs.is_some_and(|uvs| uvs.len() != n) {
        return Err(GlbError::Inconsistent {
            what: "vertex arrays of different length",
        });
    }
    if !indices.len().is_multiple_of(3) || indices.iter().any(|i| *i as usize >= n) {
        return Err(GlbError::Inconsistent {
            what: "an index beyond the last vertex",
        });
    }
    if mesh.slots.iter().any(|slot| *slot as usize >= num_features) {
        return Err(GlbError::Inconsistent {
            what: "a feature slot beyond the last feature",
        });
    }
    Ok(())
}

/// Triangles of opaque vertices, and the others.
fn split_by_alpha(mesh: &TileMesh) -> Result<(Vec<u32>, Vec<u32>), GlbError> {
    if mesh.indices.iter().any(|i| *i as usize >= mesh.colors.len()) {
        return Err(GlbError::Inconsistent {
            what: "an index beyond the last vertex",
        });
    }
    if mesh.colors.iter().all(|c| c[3] == u8::MAX) {
        return Ok((mesh.indices.clone(), Vec::new()));
    }
    let (mut opaque, mut translucent) = (Vec::new(), Vec::new());
    for triangle in mesh.indices.chunks_exact(3) {
        let is_opaque = triangle.iter().all(|i| mesh.colors[*i as usize][3] == u8::MAX);
        if is_opaque { &mut opaque } else { &mut translucent }.extend_from_slice(triangle);
    }
    Ok((opaque, translucent))
}
