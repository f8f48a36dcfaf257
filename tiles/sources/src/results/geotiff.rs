//! GeoTIFF results: every band of every page is a moment; north-up, square cells, any sample type.

use crate::SourceError;
use city_model::Crs;
use geotiff_reader::GeoTiffFile;
use std::path::Path;

const FORMAT: &str = "GeoTIFF";
/// Cells may differ from squares by this share.
const SQUARE: f64 = 1e-4;

/// Bands of one raster.
#[derive(Debug, Clone, PartialEq)]
pub struct RasterSeries {
    /// System that the file states, where it is known.
    pub crs: Option<Crs>,
    /// Code of the system that the file states, known or not.
    pub epsg: Option<u32>,
    /// South-west corner of the south-western cell, in that system.
    pub origin: [f64; 2],
    /// Side of a cell, in its unit.
    pub cell: f64,
    /// Cells from west to east.
    pub columns: u32,
    /// Cells from south to north.
    pub rows: u32,
    /// Values of each band, row by row from the south; NaN where there is none.
    pub bands: Vec<Vec<f32>>,
}

/// Reads all bands of a GeoTIFF, page after page: some programs write a moment to a band, others to a directory of its own.
///
/// * `max_bytes` — most bytes that the values may take, four for each
///
/// # Errors
/// [`SourceError`] when the file is no GeoTIFF, is rotated or not square, too large, or has no georeference.
pub fn read_geotiff(path: &Path, max_bytes: u64) -> Result<RasterSeries, SourceError> {
    let malformed = |at: &str, reason: String| SourceError::malformed(FORMAT, path, at, reason);
    let file = GeoTiffFile::open(path).map_err(|err| malformed("header", err.to_string()))?;
    let (columns, rows) = (file.width(), file.height());
    let pages = pages(&file);
    let num_bands = file.band_count() as usize * pages.len();
    let num_cells = u64::from(columns) * u64::from(rows);
    let needed = num_cells.saturating_mul(num_bands as u64).saturating_mul(4);
    if num_cells == 0 || num_bands == 0 || needed > max_bytes {
        let reason =
            format!("{columns} × {rows} cells of {num_bands} bands need {needed} bytes, {max_bytes} are allowed");
        return Err(malformed("header", reason));
    }
    let transform = *file
        .transform()
        .ok_or_else(|| malformed("header", "it has no georeference (tie points or transform)".to_owned()))?;
    let (width, height) = (transform.pixel_width.abs(), transform.pixel_height.abs());
    let is_usable = [transform.origin_x, transform.origin_y, width, height]
        .iter()
        .all(|v| v.is_finite());
    if !is_usable || width <= 0.0 || height <= 0.0 {
        let reason = "the pixel size or origin is not a usable number".to_owned();
        return Err(malformed("transform", reason));
    }
    if transform.skew_x.abs() > 1e-9 * width || transform.skew_y.abs() > 1e-9 * height {
        let reason = "rotated rasters are not supported; warp it to north-up".to_owned();
        return Err(malformed("transform", reason));
    }
    if (width - height).abs() > SQUARE * width {
        let reason = format!("cells of {width} × {height} are not square; resample it");
        return Err(malformed("transform", reason));
    }
    let nodata = file.nodata().and_then(|text| text.trim().parse::<f64>().ok());
    let is_north_up = transform.pixel_height < 0.0;
    let is_west_first = transform.pixel_width > 0.0;
    let mut bands = Vec::with_capacity(num_bands);
    for (band, (page, of_page)) in pages
        .iter()
        .flat_map(|page| (0..file.band_count() as usize).map(move |band| (*page, band)))
        .enumerate()
    {
        let values =
            read_band(&file, page, of_page).map_err(|reason| malformed(&format!("band {}", band + 1), reason))?;
        if values.len() as u64 != num_cells {
            let reason = format!("{} of {num_cells} values could be read", values.len());
            return Err(malformed(&format!("band {}", band + 1), reason));
        }
        bands.push(from_south_west(
            &values,
            columns as usize,
            is_north_up,
            is_west_first,
            nodata,
        ));
    }
    let south = if is_north_up {
        transform.origin_y - height * f64::from(rows)
    } else {
        transform.origin_y
    };
    let west = if is_west_first {
        transform.origin_x
    } else {
        transform.origin_x - width * f64::from(columns)
    };
    Ok(RasterSeries {
        epsg: file.epsg(),
        crs: file.epsg().and_then(|code| Crs::from_epsg(code).ok()),
        origin: [west, south],
        cell: width,
        columns,
        rows,
        bands,
    })
}

/// Directories that hold a moment each: as large as the first and with as many bands, neither overviews nor masks.
fn pages(file: &GeoTiffFile) -> Vec<usize> {
    /// Photometric interpretation of masks (TIFF 6.0, tag 262).
    const MASK: u16 = 4;
    let base = file.base_ifd_index();
    let directories = file.tiff().ifds();
    let is_alike = |at: &usize| {
        directories.get(*at).is_some_and(|one| {
            (one.width(), one.height()) == (file.width(), file.height())
                && u32::from(one.samples_per_pixel()) == file.band_count()
                && one.photometric_interpretation() != Some(MASK)
        })
    };
    std::iter::once(base)
        .chain((base + 1..directories.len()).filter(is_alike))
        .collect()
}

/// Rows from the south, cells from the west, gaps as NaN.
fn from_south_west(
    values: &[f64],
    columns: usize,
    is_north_up: bool,
    is_west_first: bool,
    nodata: Option<f64>,
) -> Vec<f32> {
    let value = |value: &f64| {
        // files print the no-data value with few digits, so compare as the f32 that it was stored from
        let is_missing = !value.is_finite() || nodata.is_some_and(|n| n == *value || n as f32 == *value as f32);
        if is_missing { f32::NAN } else { *value as f32 }
    };
    let mut rows: Vec<&[f64]> = values.chunks(columns.max(1)).collect();
    if is_north_up {
        rows.reverse();
    }
    let mut out = Vec::with_capacity(values.len());
    for row in rows {
        if is_west_first {
            out.extend(row.iter().map(value));
        } else {
            out.extend(row.iter().rev().map(value));
        }
    }
    out
}

/// One band in row order, whatever its sample type. The reader refuses a type that is not the stored one, so exactly
/// one attempt succeeds.
fn read_band(file: &GeoTiffFile, page: usize, band: usize) -> Result<Vec<f64>, String> {
    macro_rules! attempt {
        ($($sample:ty),*) => {{
            let mut reason = String::new();
            $(match file.tiff().read_band::<$sample>(page, band) {
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

    fn fixture(name: &str) -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../tests/fixtures/dem")
            .join(name)
    }

    /// Numbers of rasterio 1.4.4 (GDAL 3.10.3): shape, south-west corner and the pixel of row 50, column 100.
    #[test]
    fn a_band_agrees_with_gdal() {
        let series = read_geotiff(&fixture("ky4_elevation.tif"), 1 << 30).unwrap();
        assert_eq!((series.columns, series.rows, series.bands.len()), (587, 402, 1));
        let center = series.origin.map(|corner| corner + series.cell / 2.0);
        assert!((center[0] - 4_941_028.916_655_891).abs() < 1e-6 && (center[1] - 3_887_577.223_559_578_4).abs() < 1e-6);
        let value = series.bands[0][(402 - 1 - 50) * 587 + 100];
        assert!((value - 180.512_77).abs() < 1e-3, "{value}");
    }

    #[test]
    fn what_does_not_fit_or_is_cut_is_refused_by_name() {
        let path = fixture("ky4_elevation.tif");
        let err = read_geotiff(&path, 1000).unwrap_err().to_string();
        assert!(err.contains("need 943896 bytes, 1000 are allowed"), "{err}");
        let whole = std::fs::read(path).unwrap();
        let dir = tempfile::tempdir().unwrap();
        for (name, len) in [("empty.tif", 0), ("head.tif", 100), ("half.tif", whole.len() / 2)] {
            let path = dir.path().join(name);
            std::fs::write(&path, &whole[..len]).unwrap();
            let err = read_geotiff(&path, 1 << 30).unwrap_err().to_string();
            assert!(err.contains(name), "{err}");
        }
    }
}
