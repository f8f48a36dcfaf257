//! Layers for other programs: GeoTIFF of grids, CSV of everything.

use analysis::indicators::Text;
use analysis::outcome::{Layer, Shape};
use city_model::SceneFrame;
use std::io::Cursor;
use tiff::encoder::{TiffEncoder, colortype};
use tiff::tags::Tag;

/// Values written at most to one CSV.
const MAX_ROWS: usize = 20_000_000;

/// A grid as GeoTIFF: one directory a step, 32-bit floats, NaN where there is no value, in the scene CRS.
///
/// * `epsg` — of the scene, where it has one
///
/// # Errors
/// A text when the layer is no grid or cannot be written.
pub fn geotiff(layer: &Layer, epsg: Option<u32>) -> Result<Vec<u8>, Text> {
    let Shape::Grid {
        origin,
        cell_m,
        columns,
        rows,
        ..
    } = &layer.shape
    else {
        return Err(Text::new(
            "只有栅格图层可以导出 GeoTIFF",
            "only grids can be exported as GeoTIFF",
        ));
    };
    let write = || -> Result<Vec<u8>, tiff::TiffError> {
        let mut bytes = Cursor::new(Vec::new());
        let mut encoder = TiffEncoder::new(&mut bytes)?;
        let (width, height) = (*columns as usize, *rows as usize);
        for (step, values) in layer.values.chunks(width * height).enumerate() {
            let mut image = encoder.new_image::<colortype::Gray32Float>(*columns, *rows)?;
            let tags = image.encoder();
            tags.write_tag(Tag::ModelPixelScaleTag, &[*cell_m, *cell_m, 0.0][..])?;
            let north = origin[1] + cell_m * f64::from(*rows);
            tags.write_tag(Tag::ModelTiepointTag, &[0.0, 0.0, 0.0, origin[0], north, 0.0][..])?;
            tags.write_tag(Tag::GeoKeyDirectoryTag, &geo_keys(epsg)[..])?;
            tags.write_tag(Tag::GdalNodata, "nan")?;
            let time_s = layer.times_s.get(step).copied().unwrap_or_default();
            tags.write_tag(
                Tag::ImageDescription,
                format!("{} [{}] t={time_s} s", layer.key, layer.unit).as_str(),
            )?;
            // rasters begin in the north
            let turned: Vec<f32> = values.chunks(width).rev().flatten().copied().collect();
            image.write_data(&turned)?;
        }
        Ok(bytes.into_inner())
    };
    write().map_err(|err| {
        Text::new(
            format!("GeoTIFF 无法写入：{err}"),
            format!("the GeoTIFF cannot be written: {err}"),
        )
    })
}

/// Code of a scene's CRS, where it has one.
pub fn epsg_of(frame: &SceneFrame) -> Option<u32> {
    frame.crs().name().strip_prefix("EPSG:")?.parse().ok()
}

/// Keys of a projected raster whose values stand for areas (GeoTIFF 1.1, OGC 19-008r4).
fn geo_keys(epsg: Option<u32>) -> Vec<u16> {
    /// User-defined: what a scene without a code has.
    const USER_DEFINED: u16 = 32_767;
    let code = epsg.and_then(|code| u16::try_from(code).ok()).unwrap_or(USER_DEFINED);
    vec![1, 1, 1, 3, 1024, 0, 1, 1, 1025, 0, 1, 1, 3072, 0, 1, code]
}

/// Any layer as CSV: where, when, value. UTF-8 with a byte order mark, which spreadsheets need for Chinese.
///
/// # Errors
/// A text when it has too many values.
pub fn csv(layer: &Layer) -> Result<Vec<u8>, Text> {
    if layer.values.len() > MAX_ROWS {
        let found = layer.values.len();
        return Err(Text::new(
            format!("图层有 {found} 个值，CSV 最多 {MAX_ROWS} 行；栅格请用 GeoTIFF"),
            format!("the layer has {found} values, a CSV takes {MAX_ROWS}; use GeoTIFF for grids"),
        ));
    }
    let mut bytes = "\u{feff}".as_bytes().to_vec();
    let mut writer = csv::Writer::from_writer(&mut bytes);
    let (head, place): (&[&str], &dyn Fn(usize) -> Vec<String>) = match &layer.shape {
        Shape::Grid {
            origin,
            cell_m,
            columns,
            ..
        } => (&["x", "y"], &move |at| {
            let cell = [at % *columns as usize, at / *columns as usize];
            (0..2)
                .map(|i| (origin[i] + (cell[i] as f64 + 0.5) * cell_m).to_string())
                .collect()
        }),
        Shape::Features { ids, .. } => (&["feature_id"], &|at| vec![ids[at].clone()]),
        Shape::Patches { centers, .. } => (&["x", "y", "z"], &|at| centers[at].map(|v| v.to_string()).to_vec()),
        Shape::Lines { vertices, .. } => (&["x", "y", "z"], &|at| vertices[at].map(|v| v.to_string()).to_vec()),
        Shape::Areas { polygons } => (&["wkt"], &|at| vec![wkt(&polygons[at])]),
    };
    let unit = format!("{} [{}]", layer.key, layer.unit);
    let mut write = || -> Result<(), csv::Error> {
        writer.write_record(head.iter().copied().chain(["time_s", unit.as_str()]))?;
        let count = layer.shape.len().max(1);
        for (step, values) in layer.values.chunks(count).enumerate() {
            let time = layer.times_s.get(step).copied().unwrap_or_default().to_string();
            for (at, value) in values.iter().enumerate().filter(|(_, value)| value.is_finite()) {
                let mut row = place(at);
                row.extend([time.clone(), value.to_string()]);
                writer.write_record(&row)?;
            }
        }
        writer.flush().map_err(csv::Error::from)
    };
    write().map_err(|err| {
        Text::new(
            format!("CSV 无法写入：{err}"),
            format!("the CSV cannot be written: {err}"),
        )
    })?;
    drop(writer);
    Ok(bytes)
}

/// A polygon as well-known text (OGC 06-103r4): rings are closed.
fn wkt(rings: &[Vec<[f64; 2]>]) -> String {
    let ring = |ring: &Vec<[f64; 2]>| {
        let points = ring.iter().chain(ring.first()).map(|[x, y]| format!("{x} {y}"));
        format!("({})", points.collect::<Vec<_>>().join(", "))
    };
    format!("POLYGON ({})", rings.iter().map(ring).collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use analysis::outcome::{Legend, Look};

    fn grid() -> Layer {
        Layer {
            key: "depth".into(),
            title: Text::new("水深", "Depth"),
            unit: "m".into(),
            legend: Legend::default(),
            times_s: vec![0.0, 60.0],
            shape: Shape::Grid {
                origin: [500_000.0, 3_800_000.0],
                cell_m: 5.0,
                columns: 3,
                rows: 2,
                heights: vec![0.0; 6],
            },
            values: vec![0.0, 0.1, 0.2, 0.3, 0.4, f32::NAN, 1.0, 1.1, 1.2, 1.3, 1.4, 1.5],
            error: None,
            look: Look::Water,
        }
    }

    #[test]
    fn a_geotiff_reads_back_with_its_place_and_its_north_up() {
        let bytes = geotiff(&grid(), Some(4547)).unwrap();
        let mut decoder = tiff::decoder::Decoder::new(Cursor::new(bytes)).unwrap();
        assert_eq!(decoder.dimensions().unwrap(), (3, 2));
        let tie = decoder.get_tag_f64_vec(Tag::ModelTiepointTag).unwrap();
        assert_eq!(tie[3..5], [500_000.0, 3_800_010.0]);
        let keys = decoder.get_tag_u32_vec(Tag::GeoKeyDirectoryTag).unwrap();
        assert_eq!(keys.last(), Some(&4547));
        let tiff::decoder::DecodingResult::F32(values) = decoder.read_image().unwrap() else {
            panic!("floats")
        };
        assert_eq!(values[..2], [0.3, 0.4]);
        assert!(values[2].is_nan());
        assert_eq!(values[3..], [0.0, 0.1, 0.2]);
        decoder.next_image().unwrap();
        assert!(!decoder.more_images());
    }

    #[test]
    fn a_series_that_went_out_comes_back_with_all_its_steps() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("depth.tif");
        std::fs::write(&path, geotiff(&grid(), Some(4547)).unwrap()).unwrap();
        let back = city_sources::results::read_geotiff(&path, 1 << 20).unwrap();
        assert_eq!((back.columns, back.rows, back.cell, back.epsg), (3, 2, 5.0, Some(4547)));
        assert_eq!(back.origin, [500_000.0, 3_800_000.0]);
        let there: Vec<f32> = back.bands.concat();
        let same = |(a, b): (&f32, &f32)| a == b || (a.is_nan() && b.is_nan());
        assert_eq!(there.len(), 12);
        assert!(there.iter().zip(&grid().values).all(same), "{there:?}");
    }

    #[test]
    fn csv_has_a_row_a_value_and_leaves_gaps_out() {
        let text = String::from_utf8(csv(&grid()).unwrap()).unwrap();
        let rows: Vec<&str> = text.trim_start_matches('\u{feff}').lines().collect();
        assert_eq!(rows[0], "x,y,time_s,depth [m]");
        assert_eq!(rows[1], "500002.5,3800002.5,0,0");
        assert_eq!(rows.len(), 1 + 11);
        let ring = vec![[0.0, 0.0], [4.0, 0.0], [4.0, 3.5]];
        let areas = Layer {
            shape: Shape::Areas {
                polygons: vec![vec![ring]],
            },
            times_s: vec![0.0],
            values: vec![5.0],
            ..grid()
        };
        let text = String::from_utf8(csv(&areas).unwrap()).unwrap();
        assert!(text.contains("\"POLYGON ((0 0, 4 0, 4 3.5, 0 0))\",0,5"), "{text}");
    }
}
