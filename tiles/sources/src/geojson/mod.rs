//! GeoJSON (RFC 7946, and the `crs` member of 2008).

use crate::sniff::Head;
use crate::{FeatureSink, ReadOptions, SourceError};
use city_model::Report;
use std::path::Path;

/// True for GeoJSON.
pub fn is_geojson(head: &Head<'_>) -> bool {
    const TYPES: &[&str] = &[
        "FeatureCollection", "Feature", "GeometryCollection", "Point", "MultiPoint", "LineString", "MultiLineString", "Polygon",
        "MultiPolygon",
    ];
    head.is_json() && (head.json_type().is_some_and(|t| TYPES.contains(&t.as_str())) || head.contains("\"FeatureCollection\""))
}

/// Reads GeoJSON.
///
/// # Errors
/// [`SourceError`] when the file is unusable.
pub fn read(path: &Path, options: &ReadOptions, sink: &mut dyn FeatureSink, report: &mut Report) -> Result<(), SourceError> {
    let _ = (options, sink, report);
    Err(SourceError::UnknownFormat { path: path.to_owned(), reason: "no reader yet".to_owned() })
}
