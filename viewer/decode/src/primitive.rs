//! One glTF primitive to packed vertices and triangles, appended to the tile's merged primitive.

use crate::DecodeError;
use crate::accessor::{Component, Reader};
use crate::buffers::{Budget, Buffers};
use crate::json::{Document, Material, Primitive, TextureTransform};
use crate::tile::{ATTRIBUTE_WORDS, DEFAULT_LAYER_CODE, DecodedPrimitive, FeatureRow, NO_FEATURE, VertexAttributes};
use glam::{DMat3, DMat4, DVec3, Vec3};

/// Bytes that one decoded vertex takes: position, attributes, texture coordinates.
const VERTEX_BYTES: usize = 12 + 4 * ATTRIBUTE_WORDS + 8;

/// What is the same for all primitives of a tile.
pub(crate) struct Context<'a> {
    pub document: &'a Document,
    pub buffers: &'a Buffers<'a>,
    pub budget: &'a Budget,
    pub origin: DVec3,
}

/// Feature rows by the id of a vertex.
pub(crate) struct FeatureIds<'a> {
    /// Vertex attribute, `None` when the id is the number of the vertex.
    pub attribute: Option<String>,
    pub null_id: Option<u32>,
    pub rows: &'a [FeatureRow],
}

/// Texture coordinates to read.
pub(crate) struct UvSource {
    pub set: u32,
    pub transform: Option<TextureTransform>,
}

/// Vertices and triangles of one primitive, before they are merged.
struct Part {
    positions: Vec<[f32; 3]>,
    attributes: Vec<VertexAttributes>,
    uvs: Option<Vec<[f32; 2]>>,
    indices: Vec<u32>,
}

/// Decodes a primitive and appends it to `target`.
pub(crate) fn append(
    context: &Context<'_>,
    primitive: &Primitive,
    tile_from_mesh: &DMat4,
    features: &FeatureIds<'_>,
    uv: Option<&UvSource>,
    target: &mut DecodedPrimitive,
    warnings: &mut Vec<String>,
) -> Result<(), DecodeError> {
    let part = decode(context, primitive, tile_from_mesh, features, uv, warnings)?;
    let base =
        u32::try_from(target.positions.len()).map_err(|_too_many| DecodeError::data("too many vertices", "tile"))?;
    target.indices.extend(part.indices.iter().map(|i| i + base));
    target.positions.extend_from_slice(&part.positions);
    target.attributes.extend(part.attributes.iter().map(|a| a.to_words()));
    if uv.is_some() {
        let num_vertices = part.positions.len();
        target
            .uvs
            .get_or_insert_default()
            .extend(part.uvs.unwrap_or_else(|| vec![[0.0; 2]; num_vertices]));
    }
    Ok(())
}

fn decode(
    context: &Context<'_>,
    primitive: &Primitive,
    tile_from_mesh: &DMat4,
    features: &FeatureIds<'_>,
    uv: Option<&UvSource>,
    warnings: &mut Vec<String>,
) -> Result<Part, DecodeError> {
    let position_at = *primitive
        .attributes
        .get("POSITION")
        .ok_or_else(|| DecodeError::data("no POSITION", "primitive"))?;
    let open = |index: usize| Reader::open(context.document, context.buffers, index);
    let reader = open(position_at)?;
    if reader.num_components != 3 {
        return Err(DecodeError::data(
            "POSITION is no VEC3",
            format!("accessor {position_at}"),
        ));
    }
    let num_vertices = reader.count;
    context.budget.take(num_vertices, VERTEX_BYTES)?;
    let (positions, bad) = positions(&reader, tile_from_mesh, context.origin);
    if !bad.is_empty() {
        warnings.push(format!(
            "{} vertices are not finite; their triangles are left out",
            bad.len()
        ));
    }

    // an optional attribute that cannot be read costs its meaning, not the geometry
    let mut optional = |name: &str| {
        let index = *primitive.attributes.get(name)?;
        match open(index) {
            Ok(reader) if reader.count == num_vertices => Some(reader),
            Ok(reader) => {
                warnings.push(format!(
                    "{name} has {} values for {num_vertices} vertices",
                    reader.count
                ));
                None
            }
            Err(err) => {
                warnings.push(format!("{name}: {err}"));
                None
            }
        }
    };
    let surface = optional("_SURFACE");
    let is_own = surface.is_some();
    let blank = VertexAttributes {
        normal: [0, 0, 127],
        layer_code: DEFAULT_LAYER_CODE,
        surface: [0, 0, 0, 255],
        facade: [0; 2],
        color: [255; 4],
        feature_index: NO_FEATURE,
    };
    let mut attributes = vec![blank; num_vertices];
    if let Some(reader) = surface {
        reader.for_each_u32::<4>(|i, v| attributes[i].surface = v.map(|c| c as u8));
    }
    if let Some(reader) = optional("_FACADE") {
        reader.for_each_u32::<2>(|i, v| attributes[i].facade = v.map(|c| c as u16));
    }
    let factor = base_color(context.document, primitive.material);
    colors(optional("COLOR_0").as_ref(), factor, is_own, &mut attributes);
    match features.attribute.as_deref() {
        _ if features.rows.is_empty() => {}
        Some(name) => {
            if let Some(reader) = optional(name) {
                reader.for_each_u32::<1>(|i, [id]| set_feature(&mut attributes[i], id, features));
            }
        }
        None => (0_u32..)
            .zip(&mut attributes)
            .for_each(|(id, vertex)| set_feature(vertex, id, features)),
    }
    let uvs =
        uv.and_then(|uv| optional(&format!("TEXCOORD_{}", uv.set)).map(|reader| texture_coords(&reader, uv.transform)));
    let normals = optional("NORMAL").filter(|reader| reader.num_components == 3);
    if let Some(reader) = &normals {
        set_normals(reader, tile_from_mesh, &mut attributes);
    }

    let indices = triangles(context, primitive, num_vertices, &bad, tile_from_mesh, warnings)?;
    let part = Part {
        positions,
        attributes,
        uvs,
        indices,
    };
    if normals.is_some() {
        Ok(part)
    } else {
        flat(part, context.budget)
    }
}

/// Positions relative to the origin, and the numbers of those that are not finite (ascending; these are put at zero).
fn positions(reader: &Reader<'_>, tile_from_mesh: &DMat4, origin: DVec3) -> (Vec<[f32; 3]>, Vec<u32>) {
    let linear = DMat3::from_mat4(*tile_from_mesh);
    let offset = tile_from_mesh.w_axis.truncate() - origin;
    let mut bad = Vec::new();
    let mut out = Vec::with_capacity(reader.count);
    reader.for_each_f32::<3>(|i, p| {
        let position = (linear * Vec3::from(p).as_dvec3() + offset).as_vec3();
        if position.is_finite() {
            out.push(position.to_array());
        } else {
            bad.push(i as u32);
            out.push([0.0; 3]);
        }
    });
    (out, bad)
}

fn set_normals(reader: &Reader<'_>, tile_from_mesh: &DMat4, attributes: &mut [VertexAttributes]) {
    // normals are covectors: inverse transpose, by the matrix of cofactors, which needs no division
    let m = DMat3::from_mat4(*tile_from_mesh).as_mat3();
    let cofactors = glam::Mat3::from_cols(
        m.y_axis.cross(m.z_axis),
        m.z_axis.cross(m.x_axis),
        m.x_axis.cross(m.y_axis),
    );
    let cofactors = if m.determinant() < 0.0 { -cofactors } else { cofactors };
    let largest = cofactors.to_cols_array().iter().fold(0.0_f32, |a, b| a.max(b.abs()));
    let cofactors = if largest > 0.0 {
        cofactors * (1.0 / largest)
    } else {
        glam::Mat3::IDENTITY
    };
    reader.for_each_f32::<3>(|i, n| attributes[i].normal = pack_normal(cofactors * Vec3::from(n)));
}

/// Unit normal in signed bytes; up when there is no direction.
fn pack_normal(normal: Vec3) -> [i8; 3] {
    let unit = normal.normalize_or(Vec3::Z) * 127.0;
    #[expect(clippy::cast_possible_truncation, reason = "components of a unit vector times 127")]
    [unit.x.round() as i8, unit.y.round() as i8, unit.z.round() as i8]
}

fn base_color(document: &Document, material: Option<usize>) -> [f32; 4] {
    let material: Option<&Material> = material.and_then(|m| document.materials.get(m));
    material
        .and_then(|m| m.pbr_metallic_roughness.base_color_factor)
        .unwrap_or([1.0; 4])
}

/// Display colours: our tiles store them as they are to be shown, other glTF stores linear light.
fn colors(reader: Option<&Reader<'_>>, factor: [f32; 4], is_own: bool, attributes: &mut [VertexAttributes]) {
    #[expect(clippy::float_cmp, reason = "exactly one means: leave as it is")]
    let as_given = is_own && factor == [1.0; 4];
    let Some(reader) = reader else {
        let color = encode_srgb(factor);
        attributes.iter_mut().for_each(|a| a.color = color);
        return;
    };
    if as_given && reader.component == Component::U8 {
        let is_opaque = reader.num_components < 4;
        reader.for_each_u32::<4>(|i, v| {
            attributes[i].color = v.map(|c| c as u8);
            if is_opaque {
                attributes[i].color[3] = 255;
            }
        });
    } else if as_given {
        reader.for_each_f32::<4>(|i, v| attributes[i].color = v.map(unorm8));
    } else {
        reader.for_each_f32::<4>(|i, v| attributes[i].color = encode_srgb(std::array::from_fn(|c| v[c] * factor[c])));
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to 0–255; NaN gives 0"
)]
fn unorm8(v: f32) -> u8 {
    (v.clamp(0.0, 1.0) * 255.0).round() as u8
}

/// Linear light to display bytes; alpha stays linear (IEC 61966-2-1).
fn encode_srgb(linear: [f32; 4]) -> [u8; 4] {
    let encode = |v: f32| {
        if v <= 0.003_130_8 {
            v * 12.92
        } else {
            1.055 * v.powf(1.0 / 2.4) - 0.055
        }
    };
    [
        unorm8(encode(linear[0])),
        unorm8(encode(linear[1])),
        unorm8(encode(linear[2])),
        unorm8(linear[3]),
    ]
}

fn set_feature(vertex: &mut VertexAttributes, id: u32, features: &FeatureIds<'_>) {
    if features.null_id == Some(id) {
        return;
    }
    if let Some(row) = features.rows.get(id as usize) {
        vertex.feature_index = row.feature_index;
        vertex.layer_code = row.layer_code;
    }
}

/// Texture coordinates after `KHR_texture_transform`.
fn texture_coords(reader: &Reader<'_>, transform: Option<TextureTransform>) -> Vec<[f32; 2]> {
    let t = transform.unwrap_or_default();
    let (sin, cos) = t.rotation.sin_cos();
    let mut out = Vec::with_capacity(reader.count);
    reader.for_each_f32::<2>(|_, [u, v]| {
        let (u, v) = (u * t.scale[0], v * t.scale[1]);
        out.push([u * cos + v * sin + t.offset[0], v * cos - u * sin + t.offset[1]]);
    });
    out
}

/// Triangle list with all indices in range, turned round where the transform mirrors.
fn triangles(
    context: &Context<'_>,
    primitive: &Primitive,
    num_vertices: usize,
    bad: &[u32],
    tile_from_mesh: &DMat4,
    warnings: &mut Vec<String>,
) -> Result<Vec<u32>, DecodeError> {
    let listed = match primitive.indices {
        Some(index) => {
            let reader = Reader::open(context.document, context.buffers, index)?;
            context.budget.take(reader.count, 4)?;
            let mut listed = Vec::with_capacity(reader.count);
            reader.for_each_u32::<1>(|_, [i]| listed.push(i));
            listed
        }
        None => {
            context.budget.take(num_vertices, 4)?;
            (0..num_vertices as u32).collect()
        }
    };
    let list = match primitive.mode.unwrap_or(4) {
        4 => listed,
        5 => {
            context.budget.take(listed.len(), 12)?;
            let corners = listed.windows(3).enumerate();
            corners
                .flat_map(|(i, t)| {
                    if i % 2 == 0 {
                        [t[0], t[1], t[2]]
                    } else {
                        [t[1], t[0], t[2]]
                    }
                })
                .collect()
        }
        6 => {
            context.budget.take(listed.len(), 12)?;
            let rim = listed.get(1..).unwrap_or_default();
            rim.windows(2).flat_map(|edge| [edge[0], edge[1], listed[0]]).collect()
        }
        mode => {
            warnings.push(format!("primitive with mode {mode} (points or lines) is not drawn"));
            return Ok(Vec::new());
        }
    };
    let is_mirrored = tile_from_mesh.determinant() < 0.0;
    let mut num_dropped = 0;
    let mut out = Vec::with_capacity(list.len());
    for &[a, b, c] in list.as_chunks::<3>().0 {
        let is_usable = [a, b, c]
            .iter()
            .all(|i| (*i as usize) < num_vertices && bad.binary_search(i).is_err());
        if is_usable {
            out.extend(if is_mirrored { [a, c, b] } else { [a, b, c] });
        } else {
            num_dropped += 1;
        }
    }
    if num_dropped > 0 {
        warnings.push(format!("{num_dropped} triangles with unusable vertices are left out"));
    }
    Ok(out)
}

/// Flat normals, as the specification asks where a primitive has none: every triangle gets its own vertices.
fn flat(part: Part, budget: &Budget) -> Result<Part, DecodeError> {
    budget.take(part.indices.len(), VERTEX_BYTES)?;
    let corner = |i: &u32| *i as usize;
    let positions: Vec<_> = part.indices.iter().map(|i| part.positions[corner(i)]).collect();
    let mut attributes: Vec<_> = part.indices.iter().map(|i| part.attributes[corner(i)]).collect();
    let uvs = part
        .uvs
        .map(|uvs| part.indices.iter().map(|i| uvs[corner(i)]).collect());
    for (p, a) in positions
        .as_chunks::<3>()
        .0
        .iter()
        .zip(attributes.as_chunks_mut::<3>().0)
    {
        let [p0, p1, p2] = p.map(Vec3::from);
        let normal = pack_normal((p1 - p0).cross(p2 - p0));
        a.iter_mut().for_each(|vertex| vertex.normal = normal);
    }
    let indices = (0..part.indices.len() as u32).collect();
    Ok(Part {
        positions,
        attributes,
        uvs,
        indices,
    })
}
