//! Tells the format of a file and hands it to its reader.

use crate::{FeatureSink, ReadOptions, SourceError};
use city_model::Report;
use std::path::Path;

/// A format with a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// CityJSON document.
    CityJson,
    /// CityJSON text sequence.
    CityJsonSeq,
    /// GeoJSON feature collection.
    GeoJson,
    /// CJJ 61 style point and line tables.
    PipeTables,
    /// GeoTIFF heights.
    GeoTiff,
    /// ESRI ASCII grid.
    AsciiGrid,
    /// IFC (STEP).
    Ifc,
}

/// Reads a file of any known format into `sink`.
///
/// # Errors
/// [`SourceError`] when the file is unusable as a whole; trouble with single features goes to `report`.
pub fn read_path(path: &Path, options: &ReadOptions, sink: &mut dyn FeatureSink, report: &mut Report) -> Result<(), SourceError> {
    let _ = (options, sink, report);
    Err(SourceError::UnknownFormat { path: path.to_owned(), reason: "no reader yet".to_owned() })
}
