//! GPU buffers of a tile's primitives.

use crate::material::facing::{self, FACINGS};
use bevy::math::Vec3;
use bevy::render::renderer::{RenderDevice, RenderQueue};
use shaders::Bucket;
use std::ops::Range;
use std::sync::OnceLock;
use wgpu::util::DeviceExt as _;

/// Vertices and triangles as the decode worker gives them.
#[derive(Debug, Default)]
pub(crate) struct PrimitiveData {
    /// `[vertex * 3]`, metres relative to the tile's origin, z-up.
    pub(crate) positions: Vec<f32>,
    /// `[vertex * 5]`, see `viewer_decode::VertexAttributes`.
    pub(crate) attributes: Vec<u32>,
    /// Three a triangle.
    pub(crate) indices: Vec<u32>,
    /// `[vertex * 2]`, with [`Self::image`] only.
    pub(crate) uvs: Option<Vec<f32>>,
    /// Texture.
    pub(crate) image: Option<ImageData>,
}

/// Pixels of a texture, rows from the top, sRGB, straight alpha.
#[derive(Debug)]
pub(crate) struct ImageData {
    /// Columns.
    pub(crate) width: u32,
    /// Rows.
    pub(crate) height: u32,
    /// `[row][column]` rgba bytes.
    pub(crate) rgba: Vec<u8>,
}

/// A primitive on the GPU; one draw call a bucket that it holds.
pub(crate) struct GpuPrimitive {
    pub(crate) positions: wgpu::Buffer,
    pub(crate) attributes: wgpu::Buffer,
    pub(crate) indices: wgpu::Buffer,
    pub(crate) texture: Option<GpuTexture>,
    /// Index ranges by [`Bucket`].
    pub(crate) buckets: [Range<u32>; Bucket::COUNT],
    /// The same, divided by the way that triangles face.
    parts: Box<Parts>,
    /// Lower and upper corner, metres relative to the tile's origin.
    bounds: [Vec3; 2],
    /// Greatest window cell of its walls, by the lesser side, metres.
    coarsest_cell_m: f32,
    /// True when everything in it lies underground (pipes, tunnels).
    pub(crate) is_below_ground: bool,
    /// Edges of its bodies, once somebody came near enough to see them; of no bytes where it has none.
    pub(crate) edges: OnceLock<EdgeLines>,
    gpu_bytes: u64,
}

/// Lines over the vertices of a primitive.
pub(crate) struct EdgeLines {
    pub(crate) indices: wgpu::Buffer,
    pub(crate) num_indices: u32,
}

/// Texture of a primitive with its coordinates.
pub(crate) struct GpuTexture {
    pub(crate) uvs: wgpu::Buffer,
    pub(crate) view: wgpu::TextureView,
}

/// First index of each facing of each bucket, and the end of the bucket.
type Parts = [[u32; FACINGS + 1]; Bucket::COUNT];

/// Words of the attributes of one vertex.
const ATTRIBUTE_WORDS: usize = 5;

impl PrimitiveData {
    /// Bytes that the data holds.
    pub(crate) fn num_bytes(&self) -> u64 {
        let words =
            self.positions.len() + self.attributes.len() + self.indices.len() + self.uvs.as_ref().map_or(0, Vec::len);
        (words * 4 + self.image.as_ref().map_or(0, |image| image.rgba.len())) as u64
    }
}

/// First layer code below the ground beside tunnels; the same rule as `is_below_ground` in the shader.
fn is_below_ground(layer: u32) -> bool {
    layer >= u32::from(city_model::layers::FIRST_PIPE_CODE) || layer == 14
}

impl GpuPrimitive {
    /// Uploads a primitive; its triangles are sorted by bucket.
    pub(crate) fn upload(device: &RenderDevice, queue: &RenderQueue, data: &mut PrimitiveData) -> Self {
        let parts = sort(data);
        let create = |label, contents: &[u8], usage| {
            device
                .wgpu_device()
                .create_buffer_init(&wgpu::util::BufferInitDescriptor {
                    label: Some(label),
                    contents,
                    usage,
                })
        };
        let texture = match (&data.uvs, &data.image) {
            (Some(uvs), Some(image)) => Some(GpuTexture {
                uvs: create("uvs", bytemuck::cast_slice(uvs), wgpu::BufferUsages::VERTEX),
                view: upload_image(device, queue, image),
            }),
            _ => None,
        };
        let image_bytes = data.image.as_ref().map_or(0, |image| image.rgba.len() * 4 / 3);
        let words =
            data.positions.len() + data.attributes.len() + data.indices.len() + data.uvs.as_ref().map_or(0, Vec::len);
        Self {
            positions: create(
                "positions",
                bytemuck::cast_slice(&data.positions),
                wgpu::BufferUsages::VERTEX,
            ),
            attributes: create(
                "attributes",
                bytemuck::cast_slice(&data.attributes),
                wgpu::BufferUsages::VERTEX,
            ),
            indices: create(
                "indices",
                bytemuck::cast_slice(&data.indices),
                wgpu::BufferUsages::INDEX,
            ),
            texture,
            buckets: std::array::from_fn(|bucket| parts[bucket][0]..parts[bucket][FACINGS]),
            parts,
            bounds: bounds(&data.positions),
            coarsest_cell_m: coarsest_cell_m(&data.attributes),
            is_below_ground: data
                .attributes
                .chunks_exact(ATTRIBUTE_WORDS)
                .all(|words| is_below_ground(words[0] >> 24)),
            edges: OnceLock::new(),
            gpu_bytes: (words * 4 + image_bytes) as u64,
        }
    }
}

impl GpuPrimitive {
    /// Bytes on the GPU.
    pub(crate) fn gpu_bytes(&self) -> u64 {
        self.gpu_bytes + self.edges.get().map_or(0, |edges| u64::from(edges.num_indices) * 4)
    }

    /// Takes its edges up, pairs of vertices.
    pub(crate) fn set_edges(&self, device: &RenderDevice, edges: &[[u32; 2]]) {
        self.edges.get_or_init(|| EdgeLines {
            indices: device
                .wgpu_device()
                .create_buffer_init(&wgpu::util::BufferInitDescriptor {
                    label: Some("edges"),
                    contents: bytemuck::cast_slice(edges),
                    usage: wgpu::BufferUsages::INDEX,
                }),
            num_indices: 2 * edges.len() as u32,
        });
    }

    /// Facings that an eye sees something of; `tile_from_eye` as in `DrawTile`.
    pub(crate) fn seen_from(&self, tile_from_eye: [f32; 4]) -> u32 {
        facing::seen_from(-Vec3::from_slice(&tile_from_eye[..3]), self.bounds)
    }

    /// True when no window of its walls is wide and high enough for two pixels each, so that all show as their mean; the
    /// same limit as `low_window` of the shader.
    ///
    /// * `tile_from_eye` — as in `DrawTile`; `pixel_rad` — angle of a pixel
    pub(crate) fn hides_windows(&self, tile_from_eye: [f32; 4], pixel_rad: f32) -> bool {
        let eye = -Vec3::from_slice(&tile_from_eye[..3]);
        let nearest_m = eye.distance(eye.clamp(self.bounds[0], self.bounds[1]));
        nearest_m * pixel_rad * 2.0 >= self.coarsest_cell_m
    }

    /// Index ranges of a bucket without what faces away.
    pub(crate) fn seen_ranges(&self, bucket: Bucket, seen: u32) -> impl Iterator<Item = Range<u32>> {
        facing::ranges(&self.parts[bucket as usize], seen)
    }
}

fn bounds(positions: &[f32]) -> [Vec3; 2] {
    let points = positions.as_chunks::<3>().0.iter().map(|p| Vec3::from(*p));
    points.fold([Vec3::INFINITY, Vec3::NEG_INFINITY], |[low, high], p| {
        [low.min(p), high.max(p)]
    })
}

/// Storey height that the shader assumes where none is known, metres.
const UNKNOWN_STOREY_M: f32 = 3.0;

fn coarsest_cell_m(attributes: &[u32]) -> f32 {
    let surfaces = attributes.as_chunks::<ATTRIBUTE_WORDS>().0.iter().map(|words| words[1]);
    let walls = surfaces.filter(|style| Bucket::of_kind(*style as u8) == Bucket::Wall);
    walls.fold(0.0, |coarsest, style| {
        let bay_m = shaders::facade::FACADE_STYLES[(style >> 4 & 15) as usize].rhythm_m;
        let storey_m = (style >> 8 & 255) as f32 * 0.1;
        let storey_m = if storey_m < 1.0 { UNKNOWN_STOREY_M } else { storey_m };
        bay_m.min(storey_m).max(coarsest)
    })
}

/// Sorts triangles by bucket and facing, in their old order within each.
fn sort(data: &mut PrimitiveData) -> Box<Parts> {
    let points = data.positions.as_chunks::<3>().0;
    let point = |index: u32| points.get(index as usize).map_or(Vec3::ZERO, |p| Vec3::from(*p));
    let place = |triangle: &[u32; 3]| {
        let surface = data.attributes.get(triangle[0] as usize * ATTRIBUTE_WORDS + 1);
        let bucket = Bucket::of_kind(surface.copied().unwrap_or_default().to_le_bytes()[0]);
        let facing = match bucket {
            Bucket::Wall | Bucket::Flat => facing::of_triangle(triangle.map(point)),
            // seen from above nearly always
            _ => 0,
        };
        bucket as usize * FACINGS + facing
    };
    let triangles = data.indices.as_chunks::<3>().0;
    let places: Vec<u8> = triangles.iter().map(|triangle| place(triangle) as u8).collect();
    let mut parts: Box<Parts> = Box::default();
    let mut next = [0; Bucket::COUNT * FACINGS];
    for place in &places {
        next[usize::from(*place)] += 3;
    }
    let mut start = 0;
    for (at, count) in next.iter_mut().enumerate() {
        parts[at / FACINGS][at % FACINGS] = start;
        start += std::mem::replace(count, start);
        parts[at / FACINGS][at % FACINGS + 1] = start;
    }
    let mut sorted = vec![0; triangles.len() * 3];
    for (triangle, place) in triangles.iter().zip(places) {
        let at = &mut next[usize::from(place)];
        sorted[*at as usize..][..3].copy_from_slice(triangle);
        *at += 3;
    }
    data.indices = sorted;
    parts
}

fn upload_image(device: &RenderDevice, queue: &RenderQueue, image: &ImageData) -> wgpu::TextureView {
    let size = wgpu::Extent3d {
        width: image.width,
        height: image.height,
        depth_or_array_layers: 1,
    };
    let texture = device.wgpu_device().create_texture(&wgpu::TextureDescriptor {
        label: Some("tile texture"),
        size,
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format: wgpu::TextureFormat::Rgba8UnormSrgb,
        usage: wgpu::TextureUsages::TEXTURE_BINDING | wgpu::TextureUsages::COPY_DST,
        view_formats: &[],
    });
    let layout = wgpu::TexelCopyBufferLayout {
        offset: 0,
        bytes_per_row: Some(image.width * 4),
        rows_per_image: None,
    };
    queue.write_texture(texture.as_image_copy(), &image.rgba, layout, size);
    texture.create_view(&wgpu::TextureViewDescriptor::default())
}
