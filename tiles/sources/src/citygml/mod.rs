//! CityGML with i-UR `urf` (Japan's PLATEAU): urban development projects and planning zones, streamed member by member.
//!
//! Objects of the `urf` namespace whose name ends in `Project` become projects, its other objects zones. Objects of other
//! modules are counted and passed over. Coordinates are turned to easting (longitude), northing (latitude).

mod read;

use crate::sniff::Head;
use crate::{FeatureSink, ReadOptions, SourceError};
use city_model::Report;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

/// True for XML whose first bytes name the `urf` module.
pub fn is_urf(head: &Head<'_>) -> bool {
    head.bytes
        .trim_ascii_start()
        .first()
        .is_some_and(|b| matches!(b, b'<' | 0xEF))
        && head.contains("CityModel")
        && head.contains("/urf/")
}

/// Reads a file.
///
/// # Errors
/// [`SourceError`] when it cannot be read or its XML is broken; features before the break have gone to the sink.
pub fn read(
    path: &Path,
    options: &ReadOptions,
    sink: &mut dyn FeatureSink,
    report: &mut Report,
) -> Result<(), SourceError> {
    let file = File::open(path).map_err(SourceError::io(path))?;
    read_from(BufReader::with_capacity(1 << 18, file), path, options, sink, report)
}

/// Reads text that is already at hand; `path` is only its name.
///
/// # Errors
/// As [`read`].
pub fn read_from(
    input: impl BufRead,
    path: &Path,
    options: &ReadOptions,
    sink: &mut dyn FeatureSink,
    report: &mut Report,
) -> Result<(), SourceError> {
    read::Run::new(path, options, sink, report).all(input)
}
