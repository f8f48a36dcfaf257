//! A layer of a simulation as it travels from the server to the viewer: a mesh once, and values for every step of time.
//!
//! Layout, little-endian: `CJOV`, u32 version, u32 length of the header, the header as JSON padded with spaces to four
//! bytes, then [`Vertex`] rows of nine f32, u32 indices, u32 feature numbers and u16 values, as many as the header says.

use serde::{Deserialize, Serialize};

const MAGIC: [u8; 4] = *b"CJOV";
/// Version of the layout.
pub const VERSION: u32 = 2;
/// Floats of a vertex.
const VERTEX_FLOATS: usize = 9;
/// Longest header read, bytes.
const MAX_HEADER_BYTES: usize = 4 << 20;
/// Longest side of the table of values of one step, texels: what every WebGPU device takes.
pub const MAX_SIDE: u32 = 8192;
/// Stands for "no value".
pub const NO_VALUE: u16 = u16::MAX;
/// Classes that a legend may have.
pub const MAX_CLASSES: usize = 16;

/// Why bytes are no overlay, or values do not fit into one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OverlayError {
    /// Other bytes.
    #[error("not an overlay: {0}")]
    Malformed(String),
    /// More than a device takes.
    #[error("a table of {width} × {height} values is larger than {MAX_SIDE} a side")]
    TooLarge {
        /// Texels across.
        width: u32,
        /// Texels up.
        height: u32,
    },
}

/// How the values of an overlay lie on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OverlayKind {
    /// Values are looked up at every pixel; vertices say where, in texels.
    Surface,
    /// Every vertex has a value of its own and says which texel holds it.
    Vertices,
    /// Values belong to features of the city, one texel each; the mesh, if any, is the course of those that are lines.
    Features,
}

/// What an overlay looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OverlayLook {
    /// Flat colour by value.
    Ramp,
    /// A moving translucent surface that stands its value above the vertices.
    Water,
    /// Colour by the size of the value with marks that move along the line, against it where the value is negative.
    Flow,
    /// Flat colour by value; whatever has none fades.
    Xray,
}

/// A class of colours.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct OverlayClass {
    /// Values from here on.
    pub from: f32,
    /// sRGB red, green, blue and opacity.
    pub rgba: [u8; 4],
}

/// Everything but the bulk.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OverlayHeader {
    /// How the values lie on it.
    pub kind: OverlayKind,
    /// What it looks like.
    pub look: OverlayLook,
    /// True blends neighbouring texels; false keeps each for itself.
    pub is_smooth: bool,
    /// True shows it through whatever lies before it.
    pub is_through: bool,
    /// Origin of the vertices, ENU metres.
    pub origin_enu: [f64; 3],
    /// Texels of a step across and up.
    pub size: [u32; 2],
    /// Seconds from the start, ascending, one a step.
    pub times_s: Vec<f64>,
    /// A stored number `q` stands for `offset + q × scale`.
    pub offset: f32,
    /// See [`Self::offset`].
    pub scale: f32,
    /// Classes by ascending lower bound.
    pub classes: Vec<OverlayClass>,
    /// A limit, and the error of the method: values that near to it are hatched.
    pub limit: Option<[f32; 2]>,
    /// Places of a difference that only one side has: they are not drawn.
    pub left_out: u32,
    /// Vertices, indices and features that follow.
    pub counts: [u32; 3],
}

/// A corner of the mesh.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Vertex {
    /// Position relative to the origin, ENU metres.
    pub position: [f32; 3],
    /// Texel, from the lower left one; its middle is at the half.
    pub at: [f32; 2],
    /// Distance along its line, metres.
    pub along_m: f32,
    /// Direction of its line, unit length, turned about at every second vertex: these lie on either edge of the line, on
    /// whose middle both stand. Zero for what is no line.
    pub along: [f32; 3],
}

/// A layer of a simulation.
#[derive(Debug, Clone, PartialEq)]
pub struct Overlay {
    /// Everything but the bulk.
    pub header: OverlayHeader,
    /// Corners.
    pub vertices: Vec<Vertex>,
    /// Triangles.
    pub indices: Vec<u32>,
    /// Dense numbers of features, one a texel.
    pub features: Vec<u32>,
    /// `[step][row][column]`, see [`OverlayHeader::offset`]; [`NO_VALUE`] where there is none.
    pub values: Vec<u16>,
}

impl Overlay {
    /// Values that one step has.
    pub fn step_len(&self) -> usize {
        self.header.size[0] as usize * self.header.size[1] as usize
    }

    /// Values of a step; empty beyond the last.
    pub fn step(&self, step: usize) -> &[u16] {
        let len = self.step_len();
        self.values.get(step * len..(step + 1) * len).unwrap_or_default()
    }

    /// A stored number as a value.
    pub fn value(&self, stored: u16) -> Option<f32> {
        (stored != NO_VALUE).then(|| self.header.offset + f32::from(stored) * self.header.scale)
    }

    /// Colour of a value: that of its class; transparent below the first.
    pub fn color(&self, value: f32) -> [u8; 4] {
        let class = self.header.classes.iter().rev().find(|class| value >= class.from);
        class.map_or([0; 4], |class| class.rgba)
    }

    /// Bytes for the wire.
    pub fn encode(&self) -> Vec<u8> {
        let mut header = serde_json::to_vec(&self.header).unwrap_or_default();
        header.resize(header.len().next_multiple_of(4), b' ');
        let mut bytes = Vec::with_capacity(
            12 + header.len()
                + self.vertices.len() * VERTEX_FLOATS * 4
                + (self.indices.len() + self.features.len()) * 4
                + self.values.len() * 2,
        );
        bytes.extend(MAGIC);
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend((header.len() as u32).to_le_bytes());
        bytes.extend(header);
        for vertex in &self.vertices {
            let [x, y, z] = vertex.position;
            let [dx, dy, dz] = vertex.along;
            let row = [x, y, z, vertex.at[0], vertex.at[1], vertex.along_m, dx, dy, dz];
            bytes.extend(row.iter().flat_map(|v| v.to_le_bytes()));
        }
        bytes.extend(self.indices.iter().chain(&self.features).flat_map(|v| v.to_le_bytes()));
        bytes.extend(self.values.iter().flat_map(|v| v.to_le_bytes()));
        bytes
    }

    /// Reads what [`Self::encode`] wrote.
    ///
    /// # Errors
    /// [`OverlayError`] when the bytes are anything else: too short, too long, numbers out of range.
    pub fn decode(bytes: &[u8]) -> Result<Self, OverlayError> {
        let malformed = |reason: &str| OverlayError::Malformed(reason.to_owned());
        let mut reader = Reader(bytes);
        if reader.take(4)? != MAGIC || reader.word()? != VERSION {
            return Err(malformed("another format or version"));
        }
        let header_len = reader.word()? as usize;
        if header_len > MAX_HEADER_BYTES {
            return Err(malformed("the header is too long"));
        }
        let header: OverlayHeader =
            serde_json::from_slice(reader.take(header_len)?).map_err(|err| malformed(&err.to_string()))?;
        let [width, height] = header.size;
        if width > MAX_SIDE || height > MAX_SIDE {
            return Err(OverlayError::TooLarge { width, height });
        }
        if header.classes.len() > MAX_CLASSES || header.times_s.is_empty() {
            return Err(malformed("classes or times out of range"));
        }
        let [vertices, indices, features] = header.counts.map(|count| count as usize);
        let rows = reader.take(bytes_of(vertices, VERTEX_FLOATS * 4)?)?;
        let vertices: Vec<Vertex> = rows
            .as_chunks::<{ VERTEX_FLOATS * 4 }>()
            .0
            .iter()
            .map(|row| {
                let word = |at: usize| {
                    let bytes: [u8; 4] = std::array::from_fn(|i| row[at * 4 + i]);
                    f32::from_le_bytes(bytes)
                };
                Vertex {
                    position: [word(0), word(1), word(2)],
                    at: [word(3), word(4)],
                    along_m: word(5),
                    along: [word(6), word(7), word(8)],
                }
            })
            .collect();
        let indices = words(reader.take(bytes_of(indices, 4)?)?);
        let features = words(reader.take(bytes_of(features, 4)?)?);
        let cells = width as usize * height as usize;
        let values = reader.take(bytes_of(cells, 2 * header.times_s.len())?)?;
        let values = values
            .as_chunks::<2>()
            .0
            .iter()
            .map(|b| u16::from_le_bytes(*b))
            .collect();
        if !reader.0.is_empty() {
            return Err(malformed("bytes are left over"));
        }
        if indices.iter().any(|index| *index as usize >= vertices.len()) {
            return Err(malformed("a triangle names a vertex that is not there"));
        }
        if header.kind == OverlayKind::Features && features.len() > cells {
            return Err(malformed("more features than values"));
        }
        Ok(Self {
            header,
            vertices,
            indices,
            features,
            values,
        })
    }
}

fn bytes_of(count: usize, each: usize) -> Result<usize, OverlayError> {
    let too_many = || OverlayError::Malformed("counts out of range".to_owned());
    count.checked_mul(each).ok_or_else(too_many)
}

fn words(bytes: &[u8]) -> Vec<u32> {
    bytes
        .as_chunks::<4>()
        .0
        .iter()
        .map(|b| u32::from_le_bytes(*b))
        .collect()
}

/// What is left to read.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], OverlayError> {
        let (taken, rest) = self
            .0
            .split_at_checked(count)
            .ok_or_else(|| OverlayError::Malformed("the bytes end too early".to_owned()))?;
        self.0 = rest;
        Ok(taken)
    }

    fn word(&mut self) -> Result<u32, OverlayError> {
        Ok(words(self.take(4)?).first().copied().unwrap_or_default())
    }
}

/// Step and share of the way to the next one at an instant.
///
/// * `times_s` — ascending; `at_s` — before the first and after the last, these stand
pub fn step_at(times_s: &[f64], at_s: f64) -> (usize, f32) {
    let after = times_s.partition_point(|time| *time <= at_s);
    let Some(step) = after.checked_sub(1) else {
        return (0, 0.0);
    };
    let share = match (times_s.get(step), times_s.get(after)) {
        (Some(from), Some(to)) if to > from => ((at_s - from) / (to - from)) as f32,
        _ => 0.0,
    };
    (step, share)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sample() -> Overlay {
        let class = |from, red| OverlayClass {
            from,
            rgba: [red, 0, 0, 255],
        };
        let vertex = |x: f32| Vertex {
            position: [x, 0.0, 1.5],
            at: [x, 0.5],
            along_m: x,
            along: [0.0, 1.0, 0.0],
        };
        Overlay {
            header: OverlayHeader {
                kind: OverlayKind::Surface,
                look: OverlayLook::Water,
                is_smooth: true,
                is_through: false,
                origin_enu: [1.0, 2.0, 3.0],
                size: [2, 1],
                times_s: vec![0.0, 60.0],
                offset: 0.0,
                scale: 0.001,
                classes: vec![class(0.05, 10), class(0.15, 20)],
                limit: Some([0.15, 0.01]),
                left_out: 7,
                counts: [3, 3, 0],
            },
            vertices: vec![vertex(0.0), vertex(1.0), vertex(2.0)],
            indices: vec![0, 1, 2],
            features: vec![],
            values: vec![100, NO_VALUE, 150, 20],
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let overlay = sample();
        let back = Overlay::decode(&overlay.encode()).unwrap();
        assert_eq!(back, overlay);
        assert_eq!(back.step(1), [150, 20]);
        assert_eq!(back.value(150), Some(0.15));
        assert_eq!(back.value(NO_VALUE), None);
        assert_eq!(back.color(0.149), [10, 0, 0, 255]);
        assert_eq!(back.color(0.15), [20, 0, 0, 255]);
        assert_eq!(back.color(0.01), [0; 4]);
    }

    #[test]
    fn a_triangle_without_its_vertex_is_refused() {
        let mut overlay = sample();
        overlay.indices[1] = 3;
        assert!(matches!(
            Overlay::decode(&overlay.encode()),
            Err(OverlayError::Malformed(_))
        ));
    }

    #[test]
    fn time_lies_between_its_steps() {
        assert_eq!(step_at(&[0.0, 60.0, 120.0], 90.0), (1, 0.5));
        assert_eq!(step_at(&[0.0, 60.0], -5.0), (0, 0.0));
        assert_eq!(step_at(&[0.0, 60.0], 1e9), (1, 0.0));
        assert_eq!(step_at(&[0.0], 0.0), (0, 0.0));
    }

    proptest! {
        #[test]
        fn bytes_cut_or_changed_never_panic(at in 0_usize..400, byte: u8, cut in 0_usize..440) {
            let mut bytes = sample().encode();
            if let Some(b) = bytes.get_mut(at) {
                *b = byte;
            }
            bytes.truncate(cut);
            // whatever comes out is consistent
            if let Ok(overlay) = Overlay::decode(&bytes) {
                prop_assert_eq!(overlay.values.len(), overlay.step_len() * overlay.header.times_s.len());
            }
        }
    }
}
