//! Digital elevation models: GeoTIFF and ESRI ASCII grids become [`HeightGrid`]s.

mod ascii;
mod geotiff;

use crate::sniff::Head;
use crate::{DatasetInfo, FeatureSink, ReadOptions, SourceError};
use city_model::{Crs, HeightGrid, Report};
use std::path::Path;

pub use ascii::read_ascii;
pub use geotiff::read_geotiff;

/// True for a TIFF by its first bytes.
pub fn is_geotiff(head: &Head<'_>) -> bool {
    [&b"II*\0"[..], b"MM\0*", b"II+\0", b"MM\0+"]
        .iter()
        .any(|magic| head.bytes.starts_with(magic))
}

/// True for a grid by its name or its first keyword.
pub fn is_ascii_grid(head: &Head<'_>) -> bool {
    head.has_extension("asc")
        || head
            .bytes
            .get(..5)
            .is_some_and(|start| start.eq_ignore_ascii_case(b"ncols"))
}

/// Cells of the largest grid that is read whole: 64 million (256 MB of heights).
pub const MAX_CELLS: u64 = 64_000_000;
/// Heights outside this range in metres are taken as missing: the deepest trench and the highest peak, with room.
pub const PLAUSIBLE_M: std::ops::RangeInclusive<f64> = -12_000.0..=9_500.0;

/// Hands a finished grid on, after checks that both formats share.
fn finish(
    path: &Path,
    format: &'static str,
    stated: Option<Crs>,
    mut grid: HeightGrid,
    options: &ReadOptions,
    sink: &mut dyn FeatureSink,
    report: &mut Report,
) -> Result<(), SourceError> {
    let crs = options
        .override_crs
        .clone()
        .or(stated)
        .or_else(|| options.default_crs.clone());
    let mut implausible = 0_u64;
    for height in &mut grid.heights_m {
        if height.is_finite() && !PLAUSIBLE_M.contains(&f64::from(*height)) {
            *height = f32::NAN;
            implausible += 1;
        }
    }
    if implausible > 0 {
        report.warn(
            "dem/implausible-height",
            None,
            None,
            format!("{implausible} heights outside −12,000 to 9,500 m are taken as missing"),
        );
    }
    let missing = grid.heights_m.iter().filter(|h| !h.is_finite()).count();
    if missing == grid.heights_m.len() {
        return Err(SourceError::malformed(format, path, "raster", "no cell has a height"));
    }
    if missing > 0 {
        report.info(
            "dem/missing",
            None,
            None,
            format!("{missing} of {} cells have no height", grid.heights_m.len()),
        );
    }
    let stop = SourceError::sink(path);
    let title = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let info = DatasetInfo {
        crs,
        title,
        attribution: options.attribution.clone(),
        licence: None,
    };
    sink.begin(&info).map_err(stop)?;
    report.features_read += 1;
    sink.terrain(grid).map_err(stop)
}
