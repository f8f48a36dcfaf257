//! Tile containers: `glb` (glTF 2.0 binary), `b3dm` (3D Tiles 1.0 batched model), or a glTF JSON with embedded buffers.
//!
//! Source: glTF 2.0 section 4 (GLB); 3D Tiles 1.0, "Batched 3D Model".

use crate::DecodeError;
use serde::Deserialize;

const GLB_HEADER: usize = 12;
const CHUNK_HEADER: usize = 8;
const CHUNK_JSON: u32 = 0x4e4f_534a;
const CHUNK_BIN: u32 = 0x004e_4942;
const B3DM_HEADER: usize = 28;
/// A length field above this is the first bytes of a JSON text or of "glTF": the file has one of two draft headers.
const LONGEST_B3DM_TABLE: u32 = 570_425_344;

/// Parts of a tile file.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Parts<'a> {
    /// glTF JSON text.
    pub json: &'a [u8],
    /// Binary chunk; empty when there is none.
    pub bin: &'a [u8],
    /// Added to all positions in the z-up tile frame, metres (`RTC_CENTER`).
    pub center_m: [f64; 3],
    /// Batch table of a b3dm.
    pub batch: Option<BatchTable<'a>>,
}

/// Batch table of a b3dm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct BatchTable<'a> {
    /// Number of batches that the feature table states.
    pub num_batches: u32,
    /// JSON text; empty when there is none.
    pub json: &'a [u8],
}

/// Splits a tile file into its parts.
pub(crate) fn split(bytes: &[u8]) -> Result<Parts<'_>, DecodeError> {
    match bytes.first_chunk::<4>() {
        Some(b"glTF") => split_glb(bytes),
        Some(b"b3dm") => split_b3dm(bytes),
        Some(magic @ (b"i3dm" | b"pnts" | b"cmpt" | b"vctr" | b"geom")) => {
            let name: String = magic.iter().copied().map(char::from).collect();
            Err(DecodeError::Unsupported {
                what: format!("{name} tile content"),
            })
        }
        Some([b'{' | b' ' | b'\n' | b'\r' | b'\t' | 0xef, ..]) => Ok(Parts {
            json: bytes,
            bin: &[],
            center_m: [0.0; 3],
            batch: None,
        }),
        Some(magic) => Err(container(format!("unknown first bytes {magic:02x?}"))),
        None => Err(container(format!("only {} bytes", bytes.len()))),
    }
}

fn split_glb(bytes: &[u8]) -> Result<Parts<'_>, DecodeError> {
    let version = u32_at(bytes, 4)?;
    if version != 2 {
        return Err(DecodeError::Unsupported {
            what: format!("binary glTF version {version}"),
        });
    }
    let length = u32_at(bytes, 8)? as usize;
    // a shorter file is truncated; bytes after the stated end (padding in a b3dm) are not looked at
    let bytes = bytes
        .get(..length)
        .ok_or_else(|| container(format!("{} bytes of {length}: truncated", bytes.len())))?;
    let (mut json, mut bin) = (None, None);
    let mut at = GLB_HEADER;
    while at + CHUNK_HEADER <= bytes.len() {
        let length = u32_at(bytes, at)? as usize;
        let kind = u32_at(bytes, at + 4)?;
        let start = at + CHUNK_HEADER;
        let chunk = start.checked_add(length).and_then(|end| bytes.get(start..end));
        let chunk = chunk.ok_or_else(|| container(format!("chunk at byte {at} runs past the end")))?;
        match kind {
            CHUNK_JSON if json.is_none() => json = Some(chunk),
            CHUNK_BIN if bin.is_none() => bin = Some(chunk),
            _ => {}
        }
        at = start + length;
    }
    let json = json.ok_or_else(|| container("no JSON chunk".to_owned()))?;
    Ok(Parts {
        json,
        bin: bin.unwrap_or_default(),
        center_m: [0.0; 3],
        batch: None,
    })
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct FeatureTable {
    #[serde(rename = "BATCH_LENGTH")]
    num_batches: u32,
    #[serde(rename = "RTC_CENTER")]
    center_m: serde_json::Value,
}

fn split_b3dm(bytes: &[u8]) -> Result<Parts<'_>, DecodeError> {
    let version = u32_at(bytes, 4)?;
    if version != 1 {
        return Err(DecodeError::Unsupported {
            what: format!("b3dm version {version}"),
        });
    }
    if u32_at(bytes, 20)? >= LONGEST_B3DM_TABLE
        || bytes.get(20..24) == Some(b"glTF")
        || bytes.get(24..28) == Some(b"glTF")
    {
        return Err(DecodeError::Unsupported {
            what: "b3dm header of a draft older than 3D Tiles 1.0".to_owned(),
        });
    }
    let mut at = B3DM_HEADER;
    let mut part = |length: usize| {
        let bytes = at.checked_add(length).and_then(|end| bytes.get(at..end));
        at += length;
        bytes.ok_or_else(|| container("a table of the b3dm runs past the end".to_owned()))
    };
    let feature_json = part(u32_at(bytes, 12)? as usize)?;
    part(u32_at(bytes, 16)? as usize)?;
    let batch_json = part(u32_at(bytes, 20)? as usize)?;
    part(u32_at(bytes, 24)? as usize)?;

    let table: FeatureTable = match feature_json.trim_ascii() {
        [] => FeatureTable::default(),
        text => serde_json::from_slice(text).map_err(|err| DecodeError::Json {
            reason: format!("{err} (feature table)"),
        })?,
    };
    let glb = bytes.get(at..).unwrap_or_default();
    let parts = match glb.first_chunk::<4>() {
        Some(b"glTF") => split_glb(glb)?,
        _ => return Err(container("the b3dm holds no glb".to_owned())),
    };
    let center_m = serde_json::from_value::<[f64; 3]>(table.center_m).unwrap_or_default();
    Ok(Parts {
        center_m,
        batch: Some(BatchTable {
            num_batches: table.num_batches,
            json: batch_json.trim_ascii(),
        }),
        ..parts
    })
}

fn u32_at(bytes: &[u8], at: usize) -> Result<u32, DecodeError> {
    let field = bytes.get(at..).and_then(|rest| rest.first_chunk::<4>());
    field
        .map(|b| u32::from_le_bytes(*b))
        .ok_or_else(|| container("header is truncated".to_owned()))
}

fn container(reason: String) -> DecodeError {
    DecodeError::Container { reason }
}
