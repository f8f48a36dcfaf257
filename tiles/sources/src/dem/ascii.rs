//! ESRI ASCII grid (`.asc`): a header of keywords, then rows from north to south.

use super::{MAX_CELLS, finish};
use crate::{FeatureSink, ReadOptions, SourceError};
use city_model::{Crs, HeightGrid, Report};
use glam::DVec2;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

const FORMAT: &str = "ESRI ASCII grid";

/// Reads one grid; the CRS comes from a `.prj` beside it or from the options.
///
/// # Errors
/// [`SourceError`] for a missing or impossible header, too few values, or words that are no numbers.
pub fn read_ascii(
    path: &Path,
    options: &ReadOptions,
    sink: &mut dyn FeatureSink,
    report: &mut Report,
) -> Result<(), SourceError> {
    let file = File::open(path).map_err(SourceError::io(path))?;
    let grid = parse(BufReader::new(file), path, report)?;
    finish(path, FORMAT, crs_beside(path), grid, options, sink, report)
}

/// CRS of a `.prj` file beside the grid when it holds an EPSG authority.
fn crs_beside(path: &Path) -> Option<Crs> {
    let text = std::fs::read_to_string(path.with_extension("prj")).ok()?;
    let at = text.rfind("AUTHORITY[\"EPSG\",")?;
    let code: String = text[at..]
        .chars()
        .skip_while(|c| !c.is_ascii_digit())
        .take_while(char::is_ascii_digit)
        .collect();
    Crs::from_epsg(code.parse().ok()?).ok()
}

#[derive(Default)]
struct Header {
    num_x: Option<u64>,
    num_y: Option<u64>,
    west: Option<f64>,
    south: Option<f64>,
    is_center: bool,
    step: Option<(f64, f64)>,
    nodata: Option<f64>,
}

fn parse(mut input: impl BufRead, path: &Path, report: &mut Report) -> Result<HeightGrid, SourceError> {
    let malformed = |at: String, reason: String| SourceError::malformed(FORMAT, path, at, reason);
    let io = SourceError::io(path);
    let mut header = Header::default();
    let mut line = String::new();
    let mut line_number = 0_u64;
    // the header ends with the first line that starts with a number
    loop {
        line.clear();
        if (&mut input as &mut dyn BufRead).read_line(&mut line).map_err(io)? == 0 {
            return Err(malformed(
                format!("line {line_number}"),
                "the file ends before the heights".to_owned(),
            ));
        }
        line_number += 1;
        let mut words = line.split_whitespace();
        let Some(keyword) = words.next() else { continue };
        if keyword.parse::<f64>().is_ok() {
            break;
        }
        if line_number > 20 || line.len() > 10_000 {
            return Err(malformed(
                format!("line {line_number}"),
                "this is not a grid header".to_owned(),
            ));
        }
        let value = words
            .next()
            .and_then(|w| w.parse::<f64>().ok())
            .filter(|v| v.is_finite());
        let value =
            value.ok_or_else(|| malformed(format!("line {line_number}"), format!("{keyword} has no number")))?;
        read_keyword(&mut header, &keyword.to_lowercase(), value);
    }
    let need = |value: Option<f64>, name: &str| {
        value.ok_or_else(|| malformed("header".to_owned(), format!("{name} is missing")))
    };
    let num_x = need(header.num_x.map(|n| n as f64), "ncols")? as u64;
    let num_y = need(header.num_y.map(|n| n as f64), "nrows")? as u64;
    let (step_x, step_y) = header
        .step
        .ok_or_else(|| malformed("header".to_owned(), "cellsize is missing".to_owned()))?;
    if num_x < 2 || num_y < 2 || num_x.saturating_mul(num_y) > MAX_CELLS {
        return Err(malformed(
            "header".to_owned(),
            format!("{num_x} × {num_y} cells cannot be read (2 × 2 to {MAX_CELLS} in all)"),
        ));
    }
    if !(step_x > 0.0 && step_y > 0.0) {
        return Err(malformed("header".to_owned(), "cellsize must be above 0".to_owned()));
    }
    let shift = if header.is_center {
        DVec2::ZERO
    } else {
        DVec2::new(step_x, step_y) / 2.0
    };
    let origin = DVec2::new(need(header.west, "xllcorner")?, need(header.south, "yllcorner")?) + shift;
    let total = (num_x * num_y) as usize;
    let mut heights_m = vec![f32::NAN; total];
    let mut count = 0_usize;
    loop {
        for word in line.split_whitespace() {
            if count == total {
                report.warn(
                    "dem/too-many-values",
                    None,
                    Some(format!("line {line_number}")),
                    "values after the last cell are ignored",
                );
                break;
            }
            let value: f64 = word
                .parse()
                .map_err(|_| malformed(format!("line {line_number}"), format!("{word:.40} is not a number")))?;
            let (row, column) = (count / num_x as usize, count % num_x as usize);
            let is_missing = !value.is_finite() || header.nodata == Some(value);
            // rows come from the north
            heights_m[(num_y as usize - 1 - row) * num_x as usize + column] =
                if is_missing { f32::NAN } else { value as f32 };
            count += 1;
        }
        line.clear();
        if count == total || (&mut input as &mut dyn BufRead).read_line(&mut line).map_err(io)? == 0 {
            break;
        }
        line_number += 1;
    }
    if count < total {
        return Err(malformed(
            format!("line {line_number}"),
            format!("the file ends after {count} of {total} heights"),
        ));
    }
    Ok(HeightGrid {
        origin,
        step_m: DVec2::new(step_x, step_y),
        num_x: num_x as u32,
        num_y: num_y as u32,
        heights_m,
    })
}

fn read_keyword(header: &mut Header, keyword: &str, value: f64) {
    let count = (0.0..=1e9).contains(&value).then_some(value as u64);
    match keyword {
        "ncols" => header.num_x = count,
        "nrows" => header.num_y = count,
        "xllcorner" => header.west = Some(value),
        "yllcorner" => header.south = Some(value),
        "xllcenter" | "yllcenter" => {
            header.is_center = true;
            *if keyword.starts_with('x') {
                &mut header.west
            } else {
                &mut header.south
            } = Some(value);
        }
        "cellsize" => header.step = Some((value, value)),
        "dx" => header.step = Some((value, header.step.map_or(value, |s| s.1))),
        "dy" => header.step = Some((header.step.map_or(value, |s| s.0), value)),
        "nodata_value" => header.nodata = Some(value),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse_text(text: &str) -> Result<HeightGrid, SourceError> {
        parse(text.as_bytes(), Path::new("x.asc"), &mut Report::new("x.asc"))
    }

    #[test]
    fn rows_run_from_the_north_and_corners_are_half_a_cell_out() {
        let grid = parse_text(
            "ncols 2\nnrows 3\nxllcorner 100\nyllcorner 200\ncellsize 10\nNODATA_value -9\n1 2\n3 -9\n5 6\n",
        )
        .unwrap();
        assert_eq!(grid.origin, DVec2::new(105.0, 205.0));
        assert_eq!(
            (grid.at(0, 0), grid.at(1, 1), grid.at(1, 2)),
            (Some(5.0), None, Some(2.0))
        );
    }

    #[test]
    fn broken_grids_are_named() {
        for (text, expected) in [
            ("", "ends before the heights"),
            ("hello world\n", "has no number"),
            ("ncols 2\nnrows 2\ncellsize 1\n1 2 3 4", "xllcorner is missing"),
            (
                "ncols 2\nnrows 2\nxllcorner 0\nyllcorner 0\ncellsize 1\n1 2 3",
                "after 3 of 4",
            ),
            (
                "ncols 2\nnrows 2\nxllcorner 0\nyllcorner 0\ncellsize 1\n1 2 x 4",
                "not a number",
            ),
            (
                "ncols 1000000\nnrows 1000000\nxllcorner 0\nyllcorner 0\ncellsize 1\n1",
                "cannot be read",
            ),
            (
                "ncols 2\nnrows 2\nxllcorner 0\nyllcorner 0\ncellsize -1\n1 2 3 4",
                "above 0",
            ),
        ] {
            let message = parse_text(text).unwrap_err().to_string();
            assert!(message.contains(expected) && message.contains("x.asc"), "{message}");
        }
    }

    proptest! {
        #[test]
        fn any_text_ends_in_a_grid_or_an_error(text in "[a-z0-9 .\\-\n]{0,300}") {
            prop_assert!(parse_text(&text).map_or(true, |grid| grid.heights_m.len() >= 4));
            let headed = format!("ncols 2\nnrows 2\nxllcorner 0\nyllcorner 0\ncellsize 1\n{text}");
            prop_assert!(parse_text(&headed).map_or(true, |grid| grid.heights_m.len() == 4));
        }
    }
}
