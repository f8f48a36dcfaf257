//! A CSV table whose columns are found by their aliases.

use super::FORMAT;
use crate::SourceError;
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// The alias file.
#[derive(Debug, Deserialize)]
pub(super) struct Aliases {
    point: BTreeMap<String, Vec<String>>,
    line: BTreeMap<String, Vec<String>>,
    /// Pipe class code → spellings.
    pub(super) classes: BTreeMap<String, Vec<String>>,
    /// Material code → name.
    pub(super) materials: BTreeMap<String, String>,
    /// Laying code → name.
    pub(super) laying: BTreeMap<String, String>,
}

pub(super) static ALIASES: LazyLock<Aliases> =
    LazyLock::new(|| serde_json::from_str(include_str!("aliases.json")).expect("aliases.json is checked by a test"));

/// Largest table that is read, bytes: about two million rows.
const MAX_BYTES: u64 = 512 << 20;

/// A table in memory, cells as text.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) path: PathBuf,
    columns: Vec<String>,
    by_meaning: BTreeMap<String, usize>,
    is_points: bool,
    pub(super) rows: Vec<csv::StringRecord>,
}

impl Table {
    /// Reads a table and finds its columns.
    pub(super) fn read(path: &Path) -> Result<Self, SourceError> {
        let io = SourceError::io(path);
        let malformed = |at: String, reason: String| SourceError::malformed(FORMAT, path, at, reason);
        let length = path.metadata().map_err(io)?.len();
        if length > MAX_BYTES {
            return Err(malformed(
                "file".to_owned(),
                format!("{length} bytes are more than {MAX_BYTES}; split the table"),
            ));
        }
        let bytes = std::fs::read(path).map_err(io)?;
        let text = decode(&bytes);
        let first = text.lines().next().unwrap_or_default();
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter(first))
            .flexible(true)
            .from_reader(text.as_bytes());
        let columns: Vec<String> = reader
            .headers()
            .map_err(|err| malformed("header".to_owned(), err.to_string()))?
            .iter()
            .map(|c| c.trim_start_matches('\u{feff}').trim().to_owned())
            .collect();
        let (is_points, is_lines) = (is_point_header(&columns), is_line_header(&columns));
        if !is_points && !is_lines {
            let reason = format!("no columns for a point (id, X, Y) or a line (from, to) among {columns:?}");
            return Err(malformed("header".to_owned(), reason));
        }
        // a table with both ends is a line table even when it repeats coordinates
        let is_points = is_points && !is_lines;
        let by_meaning = find_columns(&columns, if is_points { &ALIASES.point } else { &ALIASES.line });
        let mut rows = vec![];
        for (number, row) in reader.records().enumerate() {
            rows.push(row.map_err(|err| malformed(format!("row {}", number + 2), err.to_string()))?);
        }
        Ok(Self {
            path: path.to_owned(),
            columns,
            by_meaning,
            is_points,
            rows,
        })
    }

    pub(super) const fn is_points(&self) -> bool {
        self.is_points
    }

    /// Cell of a meaning, trimmed, `None` when empty or absent.
    pub(super) fn text<'r>(&self, row: &'r csv::StringRecord, meaning: &str) -> Option<&'r str> {
        row.get(*self.by_meaning.get(meaning)?)
            .map(str::trim)
            .filter(|cell| !cell.is_empty())
    }

    /// Cell as a finite number.
    pub(super) fn number(&self, row: &csv::StringRecord, meaning: &str) -> Option<f64> {
        self.text(row, meaning)?.parse::<f64>().ok().filter(|v| v.is_finite())
    }

    /// Every filled cell with its column name as the file has it.
    pub(super) fn cells<'t>(&'t self, row: &'t csv::StringRecord) -> impl Iterator<Item = (&'t str, &'t str)> {
        self.columns
            .iter()
            .map(String::as_str)
            .zip(row.iter().map(str::trim))
            .filter(|(_, cell)| !cell.is_empty())
    }
}

/// UTF-8 (with or without mark), else GB 18030, which older survey tools write.
pub(super) fn decode(bytes: &[u8]) -> Cow<'_, str> {
    let body = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match std::str::from_utf8(body) {
        Ok(text) => Cow::Borrowed(text),
        // a head that was cut inside a character is still UTF-8
        Err(err) if err.error_len().is_none() => String::from_utf8_lossy(body),
        Err(_) => encoding_rs::GB18030.decode_without_bom_handling(body).0,
    }
}

fn delimiter(line: &str) -> u8 {
    [b',', b'\t', b';']
        .into_iter()
        .max_by_key(|d| line.bytes().filter(|b| b == d).count())
        .unwrap_or(b',')
}

/// Column names of a header line.
pub(super) fn header_columns(line: &str) -> Vec<String> {
    line.split(char::from(delimiter(line)))
        .map(|c| c.trim().trim_matches('"').to_owned())
        .collect()
}

pub(super) fn is_point_header(columns: &[String]) -> bool {
    let found = find_columns(columns, &ALIASES.point);
    ["id", "x", "y"].iter().all(|need| found.contains_key(*need))
}

pub(super) fn is_line_header(columns: &[String]) -> bool {
    let found = find_columns(columns, &ALIASES.line);
    let has_section = ["start_depth", "start_level", "size"]
        .iter()
        .any(|need| found.contains_key(*need));
    found.contains_key("from") && found.contains_key("to") && has_section
}

fn find_columns(columns: &[String], aliases: &BTreeMap<String, Vec<String>>) -> BTreeMap<String, usize> {
    let plain: Vec<String> = columns.iter().map(|c| plain_name(c)).collect();
    aliases
        .iter()
        .filter_map(|(meaning, names)| {
            // the order of the aliases decides, not the order of the columns
            let column = names
                .iter()
                .find_map(|name| plain.iter().position(|c| *c == plain_name(name)))?;
            Some((meaning.clone(), column))
        })
        .collect()
}

/// Name without case, spaces, and anything in brackets: `管径(mm)` is `管径`.
fn plain_name(name: &str) -> String {
    let cut = name.find(['(', '（', '[']).unwrap_or(name.len());
    name[..cut]
        .chars()
        .filter(|c| !c.is_whitespace())
        .flat_map(char::to_uppercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_alias_file_is_whole() {
        assert!(ALIASES.point.contains_key("id") && ALIASES.line.contains_key("size"));
        assert_eq!(ALIASES.classes.len(), 12);
        assert_eq!(ALIASES.materials["QM"], "球墨铸铁");
        assert_eq!(ALIASES.laying["DG"], "顶管");
    }

    #[test]
    fn headers_are_told_apart() {
        let points = header_columns("物探点号,图上点号,X(m),Y(m),地面高程(m),特征,附属物");
        let lines = header_columns("起始点号\t终止点号\t起点埋深\t终点埋深\t管径(mm)\t材质");
        assert!(is_point_header(&points) && !is_line_header(&points));
        assert!(is_line_header(&lines) && !is_point_header(&lines));
        assert!(!is_point_header(&header_columns("name,x,y")));
    }

    #[test]
    fn old_encodings_are_read() {
        let (bytes, _, _) = encoding_rs::GBK.encode("起始点号,终止点号");
        assert_eq!(decode(&bytes), "起始点号,终止点号");
    }
}
