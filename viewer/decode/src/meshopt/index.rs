//! Index codec v1 ("mode 1: triangles") and index sequence v1 ("mode 2: indices").

use super::MeshoptError;

const TRIANGLES_HEADER: u8 = 0xe1;
const SEQUENCE_HEADER: u8 = 0xd1;
const TABLE: usize = 16;
const SEQUENCE_TAIL: usize = 4;

/// Decodes a triangle list of `count` indices.
///
/// The indices are not checked against a number of vertices: the caller does.
///
/// # Errors
/// [`MeshoptError`] when the stream is not one of this codec with this many indices, or `count` is no multiple of 3.
///
/// # Source
/// EXT_meshopt_compression, appendix A, "Mode 1: triangles".
pub fn decode_index_buffer(encoded: &[u8], count: usize) -> Result<Vec<u32>, MeshoptError> {
    if !count.is_multiple_of(3) {
        return Err(MeshoptError::Layout);
    }
    let body = body_of(encoded, TRIANGLES_HEADER)?;
    let (body, table) = body.split_last_chunk::<TABLE>().ok_or(MeshoptError::Length)?;
    let (codes, extra) = body.split_at_checked(count / 3).ok_or(MeshoptError::Length)?;

    let mut out = Vec::with_capacity(count);
    let mut state = TriangleState {
        data: Bytes(extra),
        next: 0,
        last: 0,
        edges: EdgeFifo::default(),
        vertices: VertexFifo::default(),
    };
    for &code in codes {
        let triangle = if code < 0xf0 {
            state.edge_triangle(code)?
        } else {
            state.table_triangle(code, table)?
        };
        out.extend_from_slice(&triangle);
    }
    if state.data.0.is_empty() {
        Ok(out)
    } else {
        Err(MeshoptError::Length)
    }
}

/// Decodes `count` indices of any topology.
///
/// # Errors
/// [`MeshoptError`] when the stream is not one of this codec with this many indices.
///
/// # Source
/// EXT_meshopt_compression, appendix A, "Mode 2: indices".
pub fn decode_index_sequence(encoded: &[u8], count: usize) -> Result<Vec<u32>, MeshoptError> {
    let body = body_of(encoded, SEQUENCE_HEADER)?;
    let (body, _reserved) = body.split_last_chunk::<SEQUENCE_TAIL>().ok_or(MeshoptError::Length)?;
    if count > body.len() {
        return Err(MeshoptError::Length);
    }
    let mut data = Bytes(body);
    let mut last = [0_u32; 2];
    let mut out = Vec::with_capacity(count);
    for _ in 0..count {
        let value = data.varint()?;
        let baseline = &mut last[(value & 1) as usize];
        *baseline = baseline.wrapping_add(unzigzag(value >> 1));
        out.push(*baseline);
    }
    if data.0.is_empty() {
        Ok(out)
    } else {
        Err(MeshoptError::Length)
    }
}

fn body_of(encoded: &[u8], header: u8) -> Result<&[u8], MeshoptError> {
    match encoded.split_first() {
        Some((&found, body)) if found == header => Ok(body),
        other => Err(MeshoptError::Header {
            found: other.map_or(0, |(found, _)| *found),
        }),
    }
}

const fn unzigzag(v: u32) -> u32 {
    (v & 1).wrapping_neg() ^ (v >> 1)
}

struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn byte(&mut self) -> Result<u8, MeshoptError> {
        let (&first, rest) = self.0.split_first().ok_or(MeshoptError::Length)?;
        self.0 = rest;
        Ok(first)
    }

    /// Unsigned LEB128 of 32 bits; five bytes at most.
    fn varint(&mut self) -> Result<u32, MeshoptError> {
        let mut value = 0_u32;
        for shift in [0, 7, 14, 21, 28] {
            let byte = self.byte()?;
            value |= u32::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                break;
            }
        }
        Ok(value)
    }
}

/// The last sixteen edges; index 0 is the youngest.
struct EdgeFifo {
    entries: [[u32; 2]; 16],
    head: usize,
}

impl Default for EdgeFifo {
    /// Entries that were never pushed are no valid index, so that a bad stream is noticed later.
    fn default() -> Self {
        Self {
            entries: [[u32::MAX; 2]; 16],
            head: 0,
        }
    }
}

impl EdgeFifo {
    fn push(&mut self, edge: [u32; 2]) {
        self.entries[self.head & 15] = edge;
        self.head = self.head.wrapping_add(1);
    }

    fn get(&self, age: usize) -> [u32; 2] {
        self.entries[self.head.wrapping_sub(1 + age) & 15]
    }
}

/// The last sixteen vertices; index 0 is the youngest.
struct VertexFifo {
    entries: [u32; 16],
    head: usize,
}

impl Default for VertexFifo {
    /// Entries that were never pushed are no valid index, so that a bad stream is noticed later.
    fn default() -> Self {
        Self {
            entries: [u32::MAX; 16],
            head: 0,
        }
    }
}

impl VertexFifo {
    fn push(&mut self, vertex: u32) {
        self.entries[self.head & 15] = vertex;
        self.head = self.head.wrapping_add(1);
    }

    fn get(&self, age: usize) -> u32 {
        self.entries[self.head.wrapping_sub(1 + age) & 15]
    }
}

struct TriangleState<'a> {
    data: Bytes<'a>,
    next: u32,
    last: u32,
    edges: EdgeFifo,
    vertices: VertexFifo,
}

impl TriangleState<'_> {
    fn take_next(&mut self) -> u32 {
        let vertex = self.next;
        self.next = self.next.wrapping_add(1);
        vertex
    }

    fn take_explicit(&mut self) -> Result<u32, MeshoptError> {
        self.last = self.last.wrapping_add(unzigzag(self.data.varint()?));
        Ok(self.last)
    }

    /// Codes 0x00–0xef: an edge of the FIFO and one more vertex.
    fn edge_triangle(&mut self, code: u8) -> Result<[u32; 3], MeshoptError> {
        let [a, b] = self.edges.get(usize::from(code >> 4));
        let low = code & 15;
        let c = match low {
            0 => self.take_next(),
            13 => {
                self.last = self.last.wrapping_sub(1);
                self.last
            }
            14 => {
                self.last = self.last.wrapping_add(1);
                self.last
            }
            15 => self.take_explicit()?,
            _ => self.vertices.get(usize::from(low)),
        };
        if matches!(low, 0 | 13..) {
            self.vertices.push(c);
        }
        self.edges.push([c, b]);
        self.edges.push([a, c]);
        Ok([a, b, c])
    }

    /// Codes 0xf0–0xff: three vertices by table or by an explicit byte.
    fn table_triangle(&mut self, code: u8, table: &[u8; TABLE]) -> Result<[u32; 3], MeshoptError> {
        let is_explicit = code >= 0xfe;
        let pair = if is_explicit {
            self.data.byte()?
        } else {
            table[usize::from(code & 15)]
        };
        if is_explicit && pair == 0 {
            self.next = 0;
        }
        let (z, w) = (pair >> 4, pair & 15);
        let a = if code == 0xff { None } else { Some(self.take_next()) };
        // the FIFO offsets of b and c count from before this triangle, so nothing is pushed until all three are known
        let b = self.corner(z, is_explicit);
        let c = self.corner(w, is_explicit);
        let a = match a {
            Some(a) => a,
            None => self.take_explicit()?,
        };
        let b = match b {
            Some(b) => b,
            None => self.take_explicit()?,
        };
        let c = match c {
            Some(c) => c,
            None => self.take_explicit()?,
        };
        self.vertices.push(a);
        for (vertex, nibble) in [(b, z), (c, w)] {
            if nibble == 0 || (is_explicit && nibble == 15) {
                self.vertices.push(vertex);
            }
        }
        self.edges.push([b, a]);
        self.edges.push([c, b]);
        self.edges.push([a, c]);
        Ok([a, b, c])
    }

    /// The vertex of a nibble; `None` when it is stored explicitly.
    fn corner(&mut self, nibble: u8, is_explicit: bool) -> Option<u32> {
        match nibble {
            0 => Some(self.take_next()),
            15 if is_explicit => None,
            _ => Some(self.vertices.get(usize::from(nibble - 1))),
        }
    }
}
