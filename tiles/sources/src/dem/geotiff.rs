//! GeoTIFF heights: one band, north-up, any sample type.

use super::{MAX_CELLS, finish};
use crate::{FeatureSink, ReadOptions, SourceError};
use city_model::{Crs, HeightGrid, Report};
use geotiff_reader::GeoTiffFile;
use glam::DVec2;
use std::path::Path;

const FORMAT: &str = "GeoTIFF";

/// Reads the first band of a GeoTIFF as heights in metres.
///
/// # Errors
/// [`SourceError`] when the file is no GeoTIFF, is rotated, too large, or has no georeference.
pub fn read_geotiff(
    path: &Path,
    options: &ReadOptions,
    sink: &mut dyn FeatureSink,
    report: &mut Report,
) -> Result<(), SourceError> {
    let malformed = |at: &str, reason: String| SourceError::malformed(FORMAT, path, at, reason);
    let file = GeoTiffFile::open(path).map_err(|err| malformed("header", err.to_string()))?;
    let (num_x, num_y) = (file.width(), file.height());
    let num_cells = u64::from(num_x) * u64::from(num_y);
    if num_x < 2 || num_y < 2 || num_cells > MAX_CELLS {
        return Err(malformed(
            "header",
            format!("{num_x} × {num_y} cells cannot be read (2 × 2 to {MAX_CELLS} in all)"),
        ));
    }
    let transform = *file
        .transform()
        .ok_or_else(|| malformed("header", "it has no georeference (tie points or transform)".to_owned()))?;
    if transform.skew_x.abs() > 1e-9 * transform.pixel_width.abs()
        || transform.skew_y.abs() > 1e-9 * transform.pixel_height.abs()
    {
        return Err(malformed(
            "transform",
            "rotated rasters are not supported; warp it to north-up".to_owned(),
        ));
    }
    if file.band_count() > 1 {
        report.warn(
            "dem/bands",
            None,
            None,
            format!("the first of {} bands is read as height", file.band_count()),
        );
    }
    let nodata = file.nodata().and_then(|text| text.trim().parse::<f64>().ok());
    let values = read_values(&file).map_err(|reason| malformed("raster", reason))?;
    if values.len() as u64 != num_cells {
        return Err(malformed(
            "raster",
            format!("{} of {num_cells} heights could be read", values.len()),
        ));
    }
    let step_m = DVec2::new(transform.pixel_width.abs(), transform.pixel_height.abs());
    let origin_is_finite = transform.origin_x.is_finite() && transform.origin_y.is_finite();
    if !(step_m.x > 0.0 && step_m.y > 0.0 && step_m.is_finite() && origin_is_finite) {
        return Err(malformed(
            "transform",
            "the pixel size or origin is not a usable number".to_owned(),
        ));
    }
    let row_length = num_x as usize;
    let is_north_up = transform.pixel_height < 0.0;
    let mut heights_m = Vec::with_capacity(values.len());
    for y in 0..num_y as usize {
        let row = if is_north_up { num_y as usize - 1 - y } else { y };
        heights_m.extend(
            values[row * row_length..(row + 1) * row_length]
                .iter()
                .map(|value| height(*value, nodata)),
        );
    }
    let south = if is_north_up {
        transform.origin_y - step_m.y * f64::from(num_y)
    } else {
        transform.origin_y
    };
    let west = if transform.pixel_width > 0.0 {
        transform.origin_x
    } else {
        transform.origin_x - step_m.x * f64::from(num_x)
    };
    let origin = DVec2::new(west, south) + step_m / 2.0;
    let stated = file.epsg().and_then(|code| Crs::from_epsg(code).ok());
    if stated.is_none() && options.default_crs.is_none() && options.override_crs.is_none() {
        report.warn(
            "dem/no-crs",
            None,
            None,
            "no known EPSG code; the scene's own system is assumed",
        );
    }
    finish(
        path,
        FORMAT,
        stated,
        HeightGrid {
            origin,
            step_m,
            num_x,
            num_y,
            heights_m,
        },
        options,
        sink,
        report,
    )
}

fn height(value: f64, nodata: Option<f64>) -> f32 {
    // files print the no-data value with few digits, so compare as the f32 that it was stored from
    let is_missing = !value.is_finite() || nodata.is_some_and(|n| n == value || n as f32 == value as f32);
    if is_missing { f32::NAN } else { value as f32 }
}

/// The first band in row order, whatever its sample type. The reader refuses a type that is not the stored one, so
/// exactly one attempt succeeds.
fn read_values(file: &GeoTiffFile) -> Result<Vec<f64>, String> {
    macro_rules! attempt {
        ($($sample:ty),*) => {{
            let mut reason = String::new();
            $(match file.read_band::<$sample>(0) {
                Ok(array) => return Ok(array.iter().map(|value| f64::from(*value)).collect()),
                Err(err) if reason.is_empty() => reason = err.to_string(),
                Err(_) => {}
            })*
            Err(reason)
        }};
    }
    attempt!(f32, f64, i16, u16, i32, u32, u8, i8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MemorySink;

    fn shared(name: &str) -> Option<std::path::PathBuf> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../../shared/data")
            .join(name);
        if !path.exists() {
            println!("absent, not read: {name}");
        }
        path.exists().then_some(path)
    }

    fn fixture(name: &str) -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../tests/fixtures/dem")
            .join(name)
    }

    fn read(path: &Path) -> (HeightGrid, MemorySink, Report) {
        let (mut sink, mut report) = (MemorySink::default(), Report::new("dem"));
        read_geotiff(path, &ReadOptions::default(), &mut sink, &mut report).unwrap();
        (sink.terrain.remove(0), sink, report)
    }

    /// Numbers of rasterio 1.4.4 (GDAL 3.10.3): shape, south-west pixel centre, range, and the pixel of row 50, column 100.
    #[test]
    fn the_ky4_elevations_agree_with_gdal() {
        let (grid, sink, _) = read(&fixture("ky4_elevation.tif"));
        assert_eq!((grid.num_x, grid.num_y), (587, 402));
        assert!(
            (grid.origin - DVec2::new(4_941_028.916_655_891, 3_887_577.223_559_578_4)).length() < 1e-6,
            "{}",
            grid.origin
        );
        let (low, high) = grid.height_range().unwrap();
        assert!(
            (low - 117.437_775).abs() < 1e-3 && (high - 226.241_53).abs() < 1e-3,
            "{low} {high}"
        );
        assert!((grid.at(100, grid.num_y - 1 - 50).unwrap() - 180.512_77).abs() < 1e-3);
        assert!(sink.datasets[0].crs.is_some());
    }

    #[test]
    fn a_real_terrain_has_plausible_heights() {
        if let Some(path) = shared("terrain/capetown_LO19_050M_3318CB.tif") {
            let (grid, _, _) = read(&path);
            let (low, high) = grid.height_range().unwrap();
            assert!(low >= -10.0 && high < 1_100.0 && high > 50.0, "{low} {high}");
        }
    }

    #[test]
    fn truncated_and_foreign_files_are_refused_by_name() {
        let whole = std::fs::read(fixture("ky4_elevation.tif")).unwrap();
        let dir = tempfile::tempdir().unwrap();
        for (name, bytes) in [
            ("empty.tif", &[][..]),
            ("half.tif", &whole[..whole.len() / 2]),
            ("text.tif", b"ncols 3"),
            ("head.tif", &whole[..100]),
        ] {
            let path = dir.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            let (mut sink, mut report) = (MemorySink::default(), Report::new("dem"));
            let err = read_geotiff(&path, &ReadOptions::default(), &mut sink, &mut report)
                .unwrap_err()
                .to_string();
            assert!(err.contains(name), "{err}");
            assert!(sink.terrain.is_empty());
        }
    }
}
