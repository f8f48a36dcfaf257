//! CityJSON documents and CityJSONSeq text sequences, versions 1.0, 1.1 and 2.0.
//!
//! Every city object becomes a feature: all levels of detail, solids with inner shells, multi-surfaces, lines, points,
//! template instances, semantics, materials, textures. Broken parts are left out one by one and reported; a feature is
//! quarantined only when nothing of its geometry is left.
//!
//! # Source
//! <https://www.cityjson.org/specs/> (1.0.3, 1.1.3, 2.0.1).

mod appearance;
mod classes;
mod document;
mod emit;
mod header;
mod mesh;
mod nested;
mod object;
mod raw;
mod sequence;
mod shell;

use crate::sniff::Head;
use crate::{FeatureSink, ReadOptions, SourceError};
use appearance::Images;
use city_model::Report;
use emit::Emitter;
use std::io::BufReader;
use std::path::Path;

/// Largest document read into memory, bytes; larger data comes as CityJSONSeq, which streams.
const MAX_DOCUMENT_BYTES: u64 = 4 << 30;

/// True for a CityJSON document.
pub fn is_document(head: &Head<'_>) -> bool {
    head.is_json() && (head.json_type().as_deref() == Some("CityJSON") || head.contains("\"CityObjects\""))
}

/// True for a text sequence: several JSON values, or the extension `.jsonl`.
pub fn is_sequence(head: &Head<'_>) -> bool {
    let is_cityjson = is_document(head) || head.json_type().as_deref() == Some("CityJSONFeature");
    let has_features = || head.json_type().as_deref() == Some("CityJSONFeature") || head.is_json_sequence();
    is_cityjson && (head.has_extension("jsonl") || has_features())
}

/// Reads a CityJSON document. The text is held in memory, its features are not.
///
/// # Errors
/// [`SourceError`] when the file cannot be read, is no CityJSON, or its version, transform or CRS cannot be used.
pub fn read_document(
    path: &Path,
    options: &ReadOptions,
    sink: &mut dyn FeatureSink,
    report: &mut Report,
) -> Result<(), SourceError> {
    let io_error = SourceError::io(path);
    let num_bytes = std::fs::metadata(path).map_err(io_error)?.len();
    if num_bytes > MAX_DOCUMENT_BYTES {
        return Err(SourceError::malformed(
            "CityJSON",
            path,
            "root",
            format!("{num_bytes} bytes are too many for one document; convert it to CityJSONSeq (cjseq cat)"),
        ));
    }
    let text = std::fs::read(path).map_err(io_error)?;
    let images = Images::beside(path);
    let mut emitter = Emitter::new(path, sink, report);
    document::read_text(&text, "", options, &images, &mut emitter).map(drop)
}

/// Reads a CityJSON text sequence, a chunk of lines at a time.
///
/// # Errors
/// [`SourceError`] when the file cannot be read or has no usable header line.
pub fn read_sequence(
    path: &Path,
    options: &ReadOptions,
    sink: &mut dyn FeatureSink,
    report: &mut Report,
) -> Result<(), SourceError> {
    let file = std::fs::File::open(path).map_err(SourceError::io(path))?;
    let images = Images::beside(path);
    let mut emitter = Emitter::new(path, sink, report);
    sequence::read_lines(BufReader::with_capacity(1 << 18, file), options, &images, &mut emitter)
}
