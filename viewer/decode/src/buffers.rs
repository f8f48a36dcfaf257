//! Bytes of buffers and buffer views, decompressed on first use.

use crate::DecodeError;
use crate::json::{Document, Meshopt};
use crate::meshopt;
use std::borrow::Cow;
use std::cell::{Cell, OnceCell};

/// Most bytes that one tile may take decoded: 100 times what the tiler aims at, far below what a worker can hold.
pub(crate) const MAX_DECODED_BYTES: u64 = 512 << 20;

/// Counts the bytes that decoding allocates, so that a small file cannot ask for a large memory.
#[derive(Debug)]
pub(crate) struct Budget {
    left_bytes: Cell<u64>,
}

impl Budget {
    pub(crate) fn new() -> Self {
        Self {
            left_bytes: Cell::new(MAX_DECODED_BYTES),
        }
    }

    /// Takes `count * size` bytes out of the budget.
    pub(crate) fn take(&self, count: usize, size: usize) -> Result<(), DecodeError> {
        let left = (count as u64)
            .checked_mul(size as u64)
            .and_then(|bytes| self.left_bytes.get().checked_sub(bytes));
        self.left_bytes.set(left.ok_or(DecodeError::TooLarge {
            limit_bytes: MAX_DECODED_BYTES,
        })?);
        Ok(())
    }
}

/// A buffer view's bytes.
#[derive(Clone, Copy)]
pub(crate) struct ViewBytes<'a> {
    pub bytes: &'a [u8],
    /// Bytes from one element to the next, when the view says.
    pub stride: Option<usize>,
}

/// All buffers of a document.
pub(crate) struct Buffers<'a> {
    document: &'a Document,
    bin: &'a [u8],
    budget: &'a Budget,
    embedded: Vec<OnceCell<Vec<u8>>>,
    decompressed: Vec<OnceCell<Vec<u8>>>,
}

impl<'a> Buffers<'a> {
    pub(crate) fn new(document: &'a Document, bin: &'a [u8], budget: &'a Budget) -> Self {
        Self {
            document,
            bin,
            budget,
            embedded: document.buffers.iter().map(|_| OnceCell::new()).collect(),
            decompressed: document.buffer_views.iter().map(|_| OnceCell::new()).collect(),
        }
    }

    /// Bytes of a buffer view, decompressed when it is compressed.
    pub(crate) fn view(&self, index: usize) -> Result<ViewBytes<'_>, DecodeError> {
        let at = || format!("buffer view {index}");
        let (Some(view), Some(cell)) = (self.document.buffer_views.get(index), self.decompressed.get(index)) else {
            return Err(DecodeError::data("no such buffer view", at()));
        };
        if let Some(packed) = &view.extensions.meshopt {
            let bytes = match cell.get() {
                Some(bytes) => bytes,
                None => {
                    let bytes = self.decompress(packed).map_err(|err| err.within(&at()))?;
                    cell.get_or_init(|| bytes)
                }
            };
            return Ok(ViewBytes {
                bytes,
                stride: Some(packed.byte_stride),
            });
        }
        let buffer = self.buffer(view.buffer)?;
        let bytes = slice(buffer, view.byte_offset, view.byte_length)
            .ok_or_else(|| DecodeError::data("view past the end of its buffer", at()))?;
        Ok(ViewBytes {
            bytes,
            stride: view.byte_stride.filter(|s| *s > 0),
        })
    }

    fn buffer(&self, index: usize) -> Result<&[u8], DecodeError> {
        let at = || format!("buffer {index}");
        let (Some(buffer), Some(cell)) = (self.document.buffers.get(index), self.embedded.get(index)) else {
            return Err(DecodeError::data("no such buffer", at()));
        };
        let Some(uri) = &buffer.uri else {
            if index > 0 {
                return Err(DecodeError::data("buffer without data", at()));
            }
            // the chunk may have up to three bytes of padding more than the buffer
            return Ok(self.bin.get(..buffer.byte_length).unwrap_or(self.bin));
        };
        if let Some(bytes) = cell.get() {
            return Ok(bytes);
        }
        let bytes = data_uri(uri)
            .ok_or_else(|| DecodeError::Unsupported {
                what: format!("buffer outside the tile file: {}", shorten(uri)),
            })?
            .1;
        self.budget.take(bytes.len(), 1)?;
        Ok(cell.get_or_init(|| bytes))
    }

    fn decompress(&self, packed: &Meshopt) -> Result<Vec<u8>, DecodeError> {
        let buffer = self.buffer(packed.buffer)?;
        let encoded = slice(buffer, packed.byte_offset, packed.byte_length).ok_or_else(|| {
            DecodeError::data("compressed data past the end of its buffer", "EXT_meshopt_compression")
        })?;
        self.budget.take(packed.count, packed.byte_stride.max(4))?;
        let failed = |err: meshopt::MeshoptError| DecodeError::data(err.to_string(), "EXT_meshopt_compression");
        match packed.mode.as_str() {
            "ATTRIBUTES" => {
                let mut bytes =
                    meshopt::decode_vertex_buffer(encoded, packed.count, packed.byte_stride).map_err(failed)?;
                match (packed.filter.as_deref().unwrap_or("NONE"), packed.byte_stride) {
                    ("NONE", _) => {}
                    ("OCTAHEDRAL", 4) => meshopt::decode_octahedral_8(&mut bytes),
                    ("OCTAHEDRAL", 8) => meshopt::decode_octahedral_16(&mut bytes),
                    ("QUATERNION", 8) => meshopt::decode_quaternion(&mut bytes),
                    ("EXPONENTIAL", _) => meshopt::decode_exponential(&mut bytes),
                    (filter, stride) => {
                        return Err(DecodeError::data(
                            format!("filter {filter} with stride {stride}"),
                            "EXT_meshopt_compression",
                        ));
                    }
                }
                Ok(bytes)
            }
            mode @ ("TRIANGLES" | "INDICES") => {
                let indices = if mode == "TRIANGLES" {
                    meshopt::decode_index_buffer(encoded, packed.count)
                } else {
                    meshopt::decode_index_sequence(encoded, packed.count)
                };
                narrow(indices.map_err(failed)?, packed.byte_stride)
            }
            mode => Err(DecodeError::data(
                format!("unknown mode {mode}"),
                "EXT_meshopt_compression",
            )),
        }
    }

    /// A file in a buffer view or a data URI: its media type, when stated, and its bytes.
    pub(crate) fn file(
        &self,
        uri: Option<&str>,
        view: Option<usize>,
    ) -> Result<(Option<String>, Cow<'_, [u8]>), DecodeError> {
        match (uri, view) {
            (_, Some(view)) => Ok((None, Cow::Borrowed(self.view(view)?.bytes))),
            (Some(uri), None) => match data_uri(uri) {
                Some((mime, bytes)) => Ok((Some(mime), Cow::Owned(bytes))),
                None => Err(DecodeError::Unsupported {
                    what: format!("image outside the tile file: {}", shorten(uri)),
                }),
            },
            (None, None) => Err(DecodeError::data("no source", "image")),
        }
    }
}

/// Indices in the width of the view.
fn narrow(indices: Vec<u32>, stride: usize) -> Result<Vec<u8>, DecodeError> {
    match stride {
        4 => Ok(indices.iter().flat_map(|i| i.to_le_bytes()).collect()),
        2 => {
            let shorts: Result<Vec<[u8; 2]>, _> = indices
                .iter()
                .map(|i| u16::try_from(*i).map(u16::to_le_bytes))
                .collect();
            let shorts = shorts.map_err(|_too_large| {
                DecodeError::data("index does not fit into 16 bits", "EXT_meshopt_compression")
            })?;
            Ok(shorts.as_flattened().to_vec())
        }
        _ => Err(DecodeError::data(
            format!("index stride {stride}"),
            "EXT_meshopt_compression",
        )),
    }
}

fn slice(bytes: &[u8], offset: usize, length: usize) -> Option<&[u8]> {
    bytes.get(offset..offset.checked_add(length)?)
}

fn shorten(uri: &str) -> String {
    uri.chars().take(80).collect()
}

/// Media type and bytes of a base64 `data:` address (RFC 2397).
fn data_uri(uri: &str) -> Option<(String, Vec<u8>)> {
    let (head, body) = uri.strip_prefix("data:")?.split_once(',')?;
    let mime = head.strip_suffix(";base64")?;
    let mut bytes = Vec::with_capacity(body.len() / 4 * 3);
    let (mut word, mut bits) = (0_u32, 0);
    for c in body.bytes().filter(|c| *c != b'=') {
        let value = match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        word = word << 6 | u32::from(value);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((word >> bits & 0xff) as u8);
        }
    }
    Some((mime.to_owned(), bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_addresses_are_read() {
        assert_eq!(
            data_uri("data:text/plain;base64,aGVsbG8="),
            Some(("text/plain".to_owned(), b"hello".to_vec()))
        );
        assert_eq!(data_uri("data:text/plain;base64,aGV!"), None);
        assert_eq!(data_uri("buffer.bin"), None);
    }

    #[test]
    fn the_budget_ends() {
        let budget = Budget::new();
        assert!(budget.take(1 << 20, 256).is_ok());
        assert!(budget.take(usize::MAX, 2).is_err());
        assert!(budget.take(1 << 20, 256).is_ok());
        assert!(budget.take(1, 1).is_err());
    }
}
