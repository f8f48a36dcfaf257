//! What a file of a result holds. Every file is read to its end when it is brought: what cannot be read is not kept.

use super::{MAX_FILE_BYTES, MAX_VALUES_BYTES, OutsideFile, id_of};
use analysis::indicators::Text;
use analysis::outside::{self, File, Format, Kind, OutsideError, Params, Series};
use city_sources::SourceError;
use city_sources::results::{RasterSeries, read_geotiff};
use serde::{Deserialize, Serialize};
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// Columns described at most.
const MAX_COLUMNS: usize = 200;

/// What a file holds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Found {
    /// Coordinate system that a raster states.
    pub crs: Option<String>,
    /// South-west corner and north-east corner of a raster in that system.
    pub bounds: Option<[f64; 4]>,
    /// Cells of a raster from west to east and from south to north.
    pub cells: Option<[u32; 2]>,
    /// Columns or quantities with values; one for a raster.
    pub columns: Vec<FoundColumn>,
    /// All columns of a table.
    pub header: Vec<String>,
    /// Column of ids, where its name tells.
    pub id_column: Option<String>,
    /// Column of times, where its name tells.
    pub time_column: Option<String>,
    /// Elements with values; 0 for a raster.
    pub ids: usize,
    /// Steps, or bands of a raster.
    pub steps: usize,
    /// Seconds from the start that the file's name speaks of.
    pub time_s: Option<f64>,
}

/// A column or quantity with values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct FoundColumn {
    /// Name by which `layers[].column` means it; empty for a raster.
    pub column: String,
    /// Title.
    #[schema(value_type = Object)]
    pub title: Text,
    /// Unit, empty when the file does not say.
    pub unit: String,
    /// Least and greatest value; none without any.
    pub range: Option<[f32; 2]>,
}

/// Reads a file to its end.
pub(super) fn inspect(path: &Path, name: &str) -> Result<OutsideFile, super::TakeError> {
    let size = fs::metadata(path)?.len();
    if size > MAX_FILE_BYTES {
        return Err(too_large(name, size).into());
    }
    let file = File {
        name: name.to_owned(),
        bytes: fs::read(path)?,
    };
    let format = Format::of(&file)?;
    // readers of foreign formats may break on what nobody thought of; the file is to blame, not the server
    let found = catch_unwind(AssertUnwindSafe(|| found(path, &file, format))).unwrap_or_else(|_| {
        tracing::warn!(name, "a reader broke on a file");
        Err(OutsideError::file(name, "文件损坏", "the file is broken"))
    })?;
    let words = std::iter::once(name).chain(found.columns.iter().map(|column| column.column.as_str()));
    let guessed = words.map(Kind::guess).find(|kind| *kind != Kind::Other);
    let kind = match format {
        Format::Epanet | Format::Swmm => Kind::Network,
        _ => guessed.unwrap_or_default(),
    };
    Ok(OutsideFile {
        id: id_of(name, &file.bytes),
        name: name.to_owned(),
        bytes: size,
        format,
        kind,
        found,
    })
}

fn too_large(name: &str, size: u64) -> OutsideError {
    OutsideError::TooLarge {
        file: name.to_owned(),
        needed: size,
        allowed: MAX_FILE_BYTES,
    }
}

fn found(path: &Path, file: &File, format: Format) -> Result<Found, OutsideError> {
    let time_s = outside::time_in_name(&file.name);
    let raster = |values: &[f32], steps: usize| Found {
        columns: vec![FoundColumn {
            column: String::new(),
            title: Text::default(),
            unit: String::new(),
            range: range(values),
        }],
        steps,
        time_s,
        ..Found::default()
    };
    match format {
        Format::Geotiff => {
            let series = geotiff(path, &file.name)?;
            let all: Vec<f32> = series.bands.iter().filter_map(|band| range(band)).flatten().collect();
            let [west, south] = series.origin;
            let side = |count: u32| f64::from(count) * series.cell;
            let code = series.epsg.map(|code| format!("EPSG:{code}"));
            Ok(Found {
                crs: series.crs.as_ref().map(|crs| crs.name().to_owned()).or(code),
                bounds: Some([west, south, west + side(series.columns), south + side(series.rows)]),
                cells: Some([series.columns, series.rows]),
                ..raster(&all, series.bands.len())
            })
        }
        Format::Ascii => {
            let grid = outside::read_ascii(file, None, MAX_VALUES_BYTES)?;
            let [west, south] = grid.origin;
            let side = |count: u32| f64::from(count) * grid.cell_m;
            Ok(Found {
                bounds: Some([west, south, west + side(grid.columns), south + side(grid.rows)]),
                cells: Some([grid.columns, grid.rows]),
                ..raster(&grid.values, 1)
            })
        }
        Format::Table => {
            let header = outside::header(file)?;
            let id_column = outside::id_column(&header).map(str::to_owned);
            let time_column = outside::time_column(&header).map(|(column, _)| column.to_owned());
            // without a known column of ids, the first one stands in: the question names the right one
            let params = Params {
                id_column: id_column.clone().or_else(|| header.first().cloned()),
                max_bytes: MAX_VALUES_BYTES,
                ..Params::default()
            };
            let series = match outside::read_table(file, &params) {
                Ok(series) => series,
                // the first column may well hold an id twice
                Err(_) if id_column.is_none() => vec![],
                Err(err) => return Err(err),
            };
            Ok(Found {
                header,
                id_column,
                time_column,
                time_s,
                ..of_series(&series)
            })
        }
        Format::Epanet => Ok(of_series(&outside::read_epanet(file, MAX_VALUES_BYTES)?)),
        Format::Swmm => Ok(of_series(&outside::read_swmm(file, MAX_VALUES_BYTES)?)),
    }
}

fn of_series(all: &[Series]) -> Found {
    let column = |series: &Series| FoundColumn {
        column: series.key.clone(),
        title: series.title.clone(),
        unit: series.unit.clone(),
        range: range(&series.values),
    };
    let ids: std::collections::BTreeSet<(Option<&str>, &String)> = all
        .iter()
        .flat_map(|series| {
            let group = series.key.split_once('/').map(|(group, _)| group);
            series.ids.iter().map(move |id| (group, id))
        })
        .collect();
    Found {
        columns: all.iter().take(MAX_COLUMNS).map(column).collect(),
        ids: ids.len(),
        steps: all.first().map_or(0, |series| series.times_s.len()),
        ..Found::default()
    }
}

fn range(values: &[f32]) -> Option<[f32; 2]> {
    let finite = || values.iter().copied().filter(|value| value.is_finite());
    Some([finite().reduce(f32::min)?, finite().reduce(f32::max)?])
}

/// Bands of a GeoTIFF; errors name the file as people know it.
///
/// # Errors
/// [`OutsideError::File`] with the reason.
pub(crate) fn geotiff(path: &Path, name: &str) -> Result<RasterSeries, OutsideError> {
    read_geotiff(path, MAX_VALUES_BYTES).map_err(|err| {
        let (at, reason) = match err {
            SourceError::Malformed { at, reason, .. } => (at, reason),
            other => {
                tracing::warn!(err = %other, name, "a GeoTIFF cannot be read");
                return OutsideError::file(name, "无法读取", "cannot be read");
            }
        };
        // what the reader of the city says itself; anything else comes from the TIFF library
        let known = [
            ("georeference", "没有地理参考（tie point 或 transform）"),
            ("rotated", "不支持旋转的栅格，请先校正为正北向上"),
            ("not square", "像元不是正方形，请先重采样"),
            ("are allowed", "过大"),
            ("usable number", "像元边长或原点不可用"),
            ("could be read", "像元不完整"),
        ];
        let zh = known
            .iter()
            .find(|(en, _)| reason.contains(en))
            .map_or("GeoTIFF 损坏或不受支持", |(_, zh)| zh);
        OutsideError::file(name, format!("{zh}（{at}：{reason}）"), format!("{reason} (at {at})"))
    })
}
