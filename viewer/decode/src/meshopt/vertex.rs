//! Vertex codec v0 ("mode 0: attributes"): byte-wise deltas in groups of sixteen.

use super::MeshoptError;

const HEADER: u8 = 0xa0;
const GROUP: usize = 16;
const BLOCK_BYTES: usize = 8192;
const MAX_BLOCK: usize = 256;
const MIN_TAIL: usize = 32;
/// Greatest stride of the codec, bytes.
const MAX_STRIDE: usize = 256;

/// Decodes `count` elements of `stride` bytes.
///
/// * `stride` — bytes, a multiple of 4, 4–256
/// * returns `count * stride` bytes
///
/// # Errors
/// [`MeshoptError`] when the stream is not one of this codec with this many elements.
///
/// # Source
/// EXT_meshopt_compression, appendix A, "Mode 0: attributes".
pub fn decode_vertex_buffer(encoded: &[u8], count: usize, stride: usize) -> Result<Vec<u8>, MeshoptError> {
    if stride == 0 || stride > MAX_STRIDE || !stride.is_multiple_of(4) {
        return Err(MeshoptError::Layout);
    }
    let (&header, body) = encoded.split_first().ok_or(MeshoptError::Header { found: 0 })?;
    if header != HEADER {
        return Err(MeshoptError::Header { found: header });
    }
    let tail = stride.max(MIN_TAIL);
    let deltas_len = body.len().checked_sub(tail).ok_or(MeshoptError::Length)?;
    let (mut data, tail_bytes) = body.split_at(deltas_len);
    let total = count.checked_mul(stride).ok_or(MeshoptError::Layout)?;
    // a group of 16 elements costs at least two header bits for each byte of the element
    if total.div_ceil(64) > data.len() {
        return Err(MeshoptError::Length);
    }

    let mut previous = [0_u8; MAX_STRIDE];
    previous[..stride].copy_from_slice(&tail_bytes[tail - stride..]);
    let block_elements = ((BLOCK_BYTES / stride) & !(GROUP - 1)).min(MAX_BLOCK);
    let mut out = vec![0_u8; total];
    let mut deltas = [0_u8; MAX_BLOCK];
    for block in out.chunks_mut(block_elements * stride) {
        let elements = block.len() / stride;
        for (k, last) in previous[..stride].iter_mut().enumerate() {
            data = decode_deltas(data, &mut deltas[..elements.next_multiple_of(GROUP)])?;
            let mut value = *last;
            for (slot, &delta) in block[k..].iter_mut().step_by(stride).zip(&deltas) {
                value = value.wrapping_add(unzigzag(delta));
                *slot = value;
            }
            *last = value;
        }
    }
    if data.is_empty() {
        Ok(out)
    } else {
        Err(MeshoptError::Length)
    }
}

const fn unzigzag(v: u8) -> u8 {
    (v & 1).wrapping_neg() ^ (v >> 1)
}

/// Fills whole groups of deltas and returns what follows them.
fn decode_deltas<'a>(data: &'a [u8], out: &mut [u8]) -> Result<&'a [u8], MeshoptError> {
    let num_groups = out.len() / GROUP;
    let (header, mut data) = data
        .split_at_checked(num_groups.div_ceil(4))
        .ok_or(MeshoptError::Length)?;
    for (group, out) in out.as_chunks_mut::<GROUP>().0.iter_mut().enumerate() {
        let bits = (header[group / 4] >> ((group % 4) * 2)) & 3;
        data = match bits {
            0 => {
                out.fill(0);
                data
            }
            1 => sentinel_group::<2, 4>(data, out)?,
            2 => sentinel_group::<4, 8>(data, out)?,
            _ => {
                let (bytes, rest) = data.split_first_chunk::<GROUP>().ok_or(MeshoptError::Length)?;
                *out = *bytes;
                rest
            }
        };
    }
    Ok(data)
}

/// Sixteen values of `BITS` bits in `BYTES` bytes, most significant first; all ones means that a whole byte follows.
fn sentinel_group<'a, const BITS: usize, const BYTES: usize>(
    data: &'a [u8],
    out: &mut [u8; GROUP],
) -> Result<&'a [u8], MeshoptError> {
    let (packed, rest) = data.split_first_chunk::<BYTES>().ok_or(MeshoptError::Length)?;
    let sentinel = (1_u8 << BITS) - 1;
    let per_byte = 8 / BITS;
    let mut used = 0;
    for (byte, out) in packed.iter().zip(out.chunks_exact_mut(per_byte)) {
        for (i, slot) in out.iter_mut().enumerate() {
            let value = (byte >> (8 - BITS * (i + 1))) & sentinel;
            *slot = if value == sentinel {
                let whole = *rest.get(used).ok_or(MeshoptError::Length)?;
                used += 1;
                whole
            } else {
                value
            };
        }
    }
    Ok(&rest[used..])
}
