//! From the bytes of a tile to merged primitives.

use crate::DecodeError;
use crate::buffers::{Budget, Buffers};
use crate::container::{self, BatchTable};
use crate::frame::place_meshes;
use crate::json::{self, Document, Primitive};
use crate::metadata;
use crate::primitive::{self, Context, FeatureIds, UvSource};
use crate::tile::{DecodedPrimitive, DecodedTile, EncodedImage, FeatureRow};
use glam::{DVec3, Vec3};
use std::collections::BTreeMap;

/// Most warnings that a tile keeps.
const MAX_WARNINGS: usize = 32;

/// Decodes the content of a tile.
///
/// * `bytes` — a whole `.glb` or `.b3dm` file, or a glTF JSON whose buffers are embedded
/// * returns positions, packed attributes and indices in the tile's z-up frame; a primitive that cannot be decoded is
///   left out and named in `warnings` as long as another one can
///
/// # Errors
/// [`DecodeError`] when the bytes are no such file, contradict themselves or ask for too much memory; never panics.
pub fn decode_tile(bytes: &[u8]) -> Result<DecodedTile, DecodeError> {
    let parts = container::split(bytes)?;
    let document = json::parse(parts.json)?;
    let budget = Budget::new();
    let buffers = Buffers::new(&document, parts.bin, &budget);
    let placed = place_meshes(&document, parts.center_m)?;
    let origin = placed
        .first()
        .map_or(DVec3::ZERO, |p| p.tile_from_mesh.w_axis.truncate());
    let context = Context {
        document: &document,
        buffers: &buffers,
        budget: &budget,
        origin,
    };

    let mut warnings = Vec::new();
    let tables = Tables::read(&document, parts.batch.as_ref(), &buffers, &mut warnings);
    let mut textures = Textures {
        buffers: &buffers,
        document: &document,
        images: BTreeMap::new(),
    };
    let mut merged: BTreeMap<Option<usize>, DecodedPrimitive> = BTreeMap::new();
    let mut first_error = None;
    for placed in &placed {
        let Some(mesh) = document.meshes.get(placed.mesh) else {
            first_error.get_or_insert(DecodeError::data("no such mesh", format!("mesh {}", placed.mesh)));
            continue;
        };
        for primitive in &mesh.primitives {
            let texture = textures.of(primitive, &mut warnings);
            let features = tables.ids(primitive);
            let key = texture.as_ref().map(|(image, _)| *image);
            let target = merged.entry(key).or_default();
            let uv = texture.as_ref().map(|(_, uv)| uv);
            let appended = match primitive.extensions.draco {
                Some(_) if !primitive.attributes.contains_key("POSITION") => Err(DecodeError::Unsupported {
                    what: "Draco compression".to_owned(),
                }),
                _ => primitive::append(
                    &context,
                    primitive,
                    &placed.tile_from_mesh,
                    &features,
                    uv,
                    target,
                    &mut warnings,
                ),
            };
            match appended {
                Ok(()) => {}
                Err(err @ DecodeError::TooLarge { .. }) => return Err(err),
                Err(err) => {
                    warnings.push(format!("primitive left out: {err}"));
                    first_error.get_or_insert(err);
                }
            }
        }
    }
    let primitives: Vec<_> = merged
        .into_iter()
        .filter(|(_, primitive)| !primitive.indices.is_empty())
        .map(|(key, primitive)| DecodedPrimitive {
            image: key.and_then(|key| textures.images.remove(&key).flatten()),
            ..primitive
        })
        .collect();
    if let (true, Some(err)) = (primitives.is_empty(), first_error) {
        return Err(err);
    }
    warnings.truncate(MAX_WARNINGS);
    Ok(DecodedTile {
        origin_enu: origin.to_array(),
        bounds: bounds(&primitives),
        num_features: tables.num_features,
        copyright: document.asset.copyright.clone(),
        features: tables.into_rows(),
        primitives,
        warnings,
    })
}

/// Feature tables of the tile.
struct Tables {
    rows: Vec<Vec<FeatureRow>>,
    is_batched: bool,
    num_features: u32,
}

impl Tables {
    fn read(
        document: &Document,
        batch: Option<&BatchTable<'_>>,
        buffers: &Buffers<'_>,
        warnings: &mut Vec<String>,
    ) -> Self {
        if let Some(batch) = batch {
            let rows = vec![metadata::batch_table(batch, warnings)];
            return Self {
                rows,
                is_batched: true,
                num_features: batch.num_batches,
            };
        }
        let Some(tables) = &document.extensions.metadata else {
            return Self {
                rows: Vec::new(),
                is_batched: false,
                num_features: 0,
            };
        };
        let rows: Vec<_> = (0..tables.property_tables.len())
            .map(|i| metadata::property_table(tables, i, buffers, warnings))
            .collect();
        let num_features = tables
            .property_tables
            .iter()
            .map(|table| table.count)
            .fold(0, usize::saturating_add);
        Self {
            rows,
            is_batched: false,
            num_features: u32::try_from(num_features).unwrap_or(u32::MAX),
        }
    }

    /// The first feature id set of a primitive that names rows we have.
    fn ids(&self, primitive: &Primitive) -> FeatureIds<'_> {
        if self.is_batched {
            let rows = self.rows.first().map_or(&[][..], Vec::as_slice);
            return FeatureIds {
                attribute: Some("_BATCHID".to_owned()),
                null_id: None,
                rows,
            };
        }
        let sets = primitive
            .extensions
            .features
            .iter()
            .flat_map(|features| &features.feature_ids);
        for set in sets.filter(|set| set.texture.is_none()) {
            if let Some(rows) = set.property_table.and_then(|table| self.rows.get(table)) {
                let attribute = set.attribute.map(|n| format!("_FEATURE_ID_{n}"));
                return FeatureIds {
                    attribute,
                    null_id: set.null_feature_id,
                    rows,
                };
            }
        }
        FeatureIds {
            attribute: None,
            null_id: None,
            rows: &[],
        }
    }

    fn into_rows(self) -> Vec<FeatureRow> {
        self.rows.into_iter().flatten().collect()
    }
}

/// Images in use, by their number in the document; `None` marks one that cannot be read.
struct Textures<'a> {
    buffers: &'a Buffers<'a>,
    document: &'a Document,
    images: BTreeMap<usize, Option<EncodedImage>>,
}

impl Textures<'_> {
    /// Image and texture coordinates of a primitive, when it has a base colour texture that can be shown.
    fn of(&mut self, primitive: &Primitive, warnings: &mut Vec<String>) -> Option<(usize, UvSource)> {
        let material = self.document.materials.get(primitive.material?)?;
        let info = material.pbr_metallic_roughness.base_color_texture.as_ref()?;
        let transform = info.extensions.transform;
        let set = transform.and_then(|t| t.tex_coord).unwrap_or(info.tex_coord);
        if !primitive.attributes.contains_key(&format!("TEXCOORD_{set}")) {
            return None;
        }
        let texture = self.document.textures.get(info.index)?;
        let source = texture
            .extensions
            .webp
            .as_ref()
            .map(|webp| webp.source)
            .or(texture.source);
        let Some(index) = source else {
            warnings.push("texture without a PNG, JPEG or WebP image is not shown".to_owned());
            return None;
        };
        if !self.images.contains_key(&index) {
            let image = self
                .read(index)
                .map_err(|err| warnings.push(format!("image {index}: {err}")))
                .ok();
            self.images.insert(index, image);
        }
        self.images
            .get(&index)?
            .as_ref()
            .map(|_| (index, UvSource { set, transform }))
    }

    fn read(&self, index: usize) -> Result<EncodedImage, DecodeError> {
        let image = self
            .document
            .images
            .get(index)
            .ok_or_else(|| DecodeError::data("no such image", "texture"))?;
        let (mime, bytes) = self.buffers.file(image.uri.as_deref(), image.buffer_view)?;
        let sniffed = match bytes.as_ref() {
            [0x89, b'P', b'N', b'G', ..] => Some("image/png"),
            [0xff, 0xd8, ..] => Some("image/jpeg"),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
            _ => None,
        };
        let mime = sniffed.map(str::to_owned).or_else(|| image.mime_type.clone()).or(mime);
        let mime = mime.ok_or_else(|| DecodeError::data("unknown kind of image", format!("image {index}")))?;
        Ok(EncodedImage {
            mime,
            bytes: bytes.into_owned(),
        })
    }
}

/// Bounds of the triangles, relative to the origin; zero when there are none.
fn bounds(primitives: &[DecodedPrimitive]) -> [f64; 6] {
    let (mut min, mut max) = (Vec3::INFINITY, Vec3::NEG_INFINITY);
    for primitive in primitives {
        for index in &primitive.indices {
            let position = primitive
                .positions
                .get(*index as usize)
                .copied()
                .map_or(Vec3::ZERO, Vec3::from);
            min = min.min(position);
            max = max.max(position);
        }
    }
    if primitives.is_empty() {
        return [0.0; 6];
    }
    [min.x, min.y, min.z, max.x, max.y, max.z].map(f64::from)
}

#[cfg(test)]
mod tests;
