//! ESRI ASCII grids.
//!
//! Source: Esri, "Esri ASCII raster format": `ncols nrows xllcorner|xllcenter yllcorner|yllcenter cellsize
//! [NODATA_value]`, then rows from the north.

use super::error::OutsideError;
use super::input::File;
use super::raster::Raster;

/// Words of the header, without case.
#[derive(Default)]
struct Header {
    columns: Option<f64>,
    rows: Option<f64>,
    west: Option<(f64, bool)>,
    south: Option<(f64, bool)>,
    cell_m: Option<f64>,
    no_data: Option<f64>,
}

impl Header {
    /// Takes a word and its number; false when the word is none of a header.
    fn take(&mut self, word: &str, number: f64) -> bool {
        match word.to_ascii_lowercase().as_str() {
            "ncols" => self.columns = Some(number),
            "nrows" => self.rows = Some(number),
            "xllcorner" => self.west = Some((number, false)),
            "xllcenter" => self.west = Some((number, true)),
            "yllcorner" => self.south = Some((number, false)),
            "yllcenter" => self.south = Some((number, true)),
            "cellsize" => self.cell_m = Some(number),
            "nodata_value" => self.no_data = Some(number),
            _ => return false,
        }
        true
    }
}

/// Reads a grid.
///
/// * `no_data` — means none beside what the header says; `max_bytes` — most bytes of its values
///
/// # Errors
/// [`OutsideError`] with the row of the file.
pub fn read_ascii(file: &File, no_data: Option<f64>, max_bytes: u64) -> Result<Raster, OutsideError> {
    let name = file.name.as_str();
    let text = std::str::from_utf8(&file.bytes).map_err(|err| {
        let row = file
            .bytes
            .iter()
            .take(err.valid_up_to())
            .filter(|byte| **byte == b'\n')
            .count()
            + 1;
        OutsideError::row(name, row, "不是文本", "is no text")
    })?;
    let mut header = Header::default();
    let mut lines = text.lines().enumerate().peekable();
    while let Some((index, line)) = lines.peek() {
        let mut words = line.split_whitespace();
        let Some(word) = words.next() else {
            lines.next();
            continue;
        };
        if word.parse::<f64>().is_ok() {
            break;
        }
        let number = words.next().and_then(|number| number.parse::<f64>().ok());
        if !number.is_some_and(|number| header.take(word, number)) {
            let shown: String = word.chars().take(40).collect();
            let (zh, en) = (format!("无法识别 {shown}"), format!("{shown} is not of a header"));
            return Err(OutsideError::row(name, index + 1, zh, en));
        }
        lines.next();
    }
    let (mut raster, count) = frame(name, &header)?;
    let needed = count.saturating_mul(4);
    if needed > max_bytes {
        return Err(OutsideError::TooLarge {
            file: name.to_owned(),
            needed,
            allowed: max_bytes,
        });
    }
    // a header may promise more than the file can hold: a value takes two bytes at least
    if count > file.bytes.len() as u64 {
        let (zh, en) = (format!("像元少于 {count} 个"), format!("has fewer than {count} values"));
        return Err(OutsideError::file(name, zh, en));
    }
    let is_none = |value: f64| header.no_data == Some(value) || no_data == Some(value);
    let mut values: Vec<f32> = Vec::with_capacity(count as usize);
    for (index, line) in lines {
        for word in line.split_whitespace() {
            let value: f64 = word.parse().map_err(|_| {
                let shown: String = word.chars().take(40).collect();
                OutsideError::row(
                    name,
                    index + 1,
                    format!("{shown} 不是数"),
                    format!("{shown} is no number"),
                )
            })?;
            if values.len() as u64 == count {
                let (zh, en) = (format!("像元多于 {count} 个"), format!("has more than {count} values"));
                return Err(OutsideError::row(name, index + 1, zh, en));
            }
            values.push(if is_none(value) || !value.is_finite() {
                f32::NAN
            } else {
                value as f32
            });
        }
    }
    if values.len() as u64 != count {
        let (zh, en) = (
            format!("只有 {} 个像元，应有 {count} 个", values.len()),
            format!("has {} values, {count} were announced", values.len()),
        );
        return Err(OutsideError::file(name, zh, en));
    }
    // the file begins in the north
    raster.values = values
        .chunks(raster.columns as usize)
        .rev()
        .flatten()
        .copied()
        .collect();
    Ok(raster)
}

fn frame(name: &str, header: &Header) -> Result<(Raster, u64), OutsideError> {
    let missing = |word: &str| {
        OutsideError::file(
            name,
            format!("缺少或非法：{word}"),
            format!("{word} is missing or illegal"),
        )
    };
    let whole = |number: Option<f64>, word: &str| {
        let is_good = |n: &f64| n.fract() == 0.0 && *n >= 1.0 && *n <= f64::from(u32::MAX);
        number.filter(is_good).map(|n| n as u32).ok_or_else(|| missing(word))
    };
    let (columns, rows) = (whole(header.columns, "ncols")?, whole(header.rows, "nrows")?);
    let cell_m = header
        .cell_m
        .filter(|cell| cell.is_finite() && *cell > 0.0)
        .ok_or_else(|| missing("cellsize"))?;
    let corner = |given: Option<(f64, bool)>, word: &str| -> Result<f64, OutsideError> {
        let (number, is_center) = given.filter(|(n, _)| n.is_finite()).ok_or_else(|| missing(word))?;
        Ok(if is_center { number - cell_m / 2.0 } else { number })
    };
    let raster = Raster {
        origin: [corner(header.west, "xllcorner")?, corner(header.south, "yllcorner")?],
        cell_m,
        columns,
        rows,
        values: vec![],
    };
    Ok((raster, u64::from(columns) * u64::from(rows)))
}
