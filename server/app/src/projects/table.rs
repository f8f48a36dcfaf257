//! Project tables: CSV and XLSX as rows of named cells, and what their columns mean.

use super::config::Column;
use super::values;
use calamine::{DataRef, Reader as _, Xlsx};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Cursor;

/// Rows of a table at most.
const MAX_ROWS: usize = 20_000;
/// Columns of a table at most.
const MAX_COLUMNS: usize = 400;
/// Longest cell, bytes.
const MAX_CELL_BYTES: usize = 1 << 20;
/// Unpacked size of a workbook at most, bytes.
const MAX_UNPACKED_BYTES: u64 = 512 << 20;
/// The header is looked for in so many rows: titles stand above it.
const MAX_HEADER_ROW: usize = 12;
/// A cell that begins with one of these would be run as a formula by spreadsheet programs.
const FORMULA_STARTS: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// A table as it was read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    /// Headers of the columns; empty where there is none.
    pub headers: Vec<String>,
    /// (row number as a spreadsheet shows it, cells by column)
    pub rows: Vec<(usize, Vec<Value>)>,
}

type Raw = BTreeMap<usize, BTreeMap<usize, Value>>;

/// Reads a CSV file: UTF-8 or GB 18030, with comma, semicolon or tab.
///
/// # Errors
/// One sentence.
pub fn read_csv(bytes: &[u8], columns: &[Column]) -> Result<Table, String> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => std::borrow::Cow::Borrowed(text.trim_start_matches('\u{feff}')),
        Err(_) => {
            let (text, _, is_broken) = encoding_rs::GB18030.decode(bytes);
            if is_broken {
                return Err("the text is neither UTF-8 nor GB 18030".to_owned());
            }
            text
        }
    };
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let delimiter = [b',', b'\t', b';']
        .into_iter()
        .max_by_key(|d| first.bytes().filter(|b| b == d).count())
        .unwrap_or(b',');
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(text.as_bytes());
    let mut raw = Raw::new();
    let mut line = csv::StringRecord::new();
    let mut row = 0;
    loop {
        match reader.read_record(&mut line) {
            Ok(false) => break,
            Ok(true) => {}
            Err(err) => return Err(format!("the table cannot be read: {err}")),
        }
        let cells = line
            .iter()
            .enumerate()
            .map(|(column, cell)| (column, Value::from(unescape(cell))));
        row += 1;
        add(&mut raw, row, cells)?;
    }
    table(raw, columns)
}

/// Reads the first sheet of a workbook that has a header with known columns.
///
/// # Errors
/// One sentence.
pub fn read_xlsx(bytes: &[u8], columns: &[Column]) -> Result<Table, String> {
    let broken = |err: &dyn std::fmt::Display| format!("the workbook cannot be read: {err}");
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|err| broken(&err))?;
    // sizes as stated; a member that lies about its size ends at the size that it states
    let mut unpacked_bytes = 0_u64;
    for number in 0..archive.len() {
        let member = archive.by_index_raw(number).map_err(|err| broken(&err))?;
        unpacked_bytes = unpacked_bytes.saturating_add(member.size());
    }
    if unpacked_bytes > MAX_UNPACKED_BYTES {
        return Err("the workbook unpacks to more than 512 MiB".to_owned());
    }
    let mut book = Xlsx::new(Cursor::new(bytes)).map_err(|err| broken(&err))?;
    let mut first_refusal = None;
    for name in book.sheet_names() {
        // cell by cell: a range over the corners of a sheet may be larger than memory
        let mut reader = book.worksheet_cells_reader(&name).map_err(|err| broken(&err))?;
        let mut raw = Raw::new();
        while let Some(cell) = reader.next_cell().map_err(|err| broken(&err))? {
            let (row, column) = cell.get_position();
            if let Some(value) = excel_value(cell.get_value()) {
                add(&mut raw, row as usize + 1, std::iter::once((column as usize, value)))?;
            }
        }
        match table(raw, columns) {
            Ok(table) => return Ok(table),
            Err(refusal) => first_refusal = first_refusal.or(Some(format!("sheet {name:?}: {refusal}"))),
        }
    }
    Err(first_refusal.unwrap_or_else(|| "the workbook has no sheet".to_owned()))
}

fn excel_value(cell: &DataRef<'_>) -> Option<Value> {
    Some(match cell {
        DataRef::Int(number) => json!(number),
        DataRef::Float(number) => json!(number),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => json!(unescape(text)),
        DataRef::SharedString(text) => json!(unescape(text)),
        DataRef::Bool(value) => json!(value),
        DataRef::DateTime(moment) => {
            let (year, month, day, ..) = moment.to_ymd_hms_milli();
            json!(format!("{year:04}-{month:02}-{day:02}"))
        }
        DataRef::Error(_) | DataRef::Empty => return None,
    })
}

fn add(raw: &mut Raw, row: usize, cells: impl Iterator<Item = (usize, Value)>) -> Result<(), String> {
    for (column, value) in cells {
        if value.as_str().is_some_and(|text| text.trim().is_empty()) {
            continue;
        }
        if column >= MAX_COLUMNS {
            return Err(format!("row {row} has more than {MAX_COLUMNS} columns"));
        }
        if value.as_str().is_some_and(|text| text.len() > MAX_CELL_BYTES) {
            return Err(format!("a cell of row {row} has more than 1 MiB"));
        }
        raw.entry(row).or_default().insert(column, value);
        if raw.len() > MAX_ROWS {
            return Err(format!("the table has more than {MAX_ROWS} rows"));
        }
    }
    Ok(())
}

/// Finds the header and gives the rows below it.
fn table(raw: Raw, columns: &[Column]) -> Result<Table, String> {
    let texts = |cells: &BTreeMap<usize, Value>| -> Vec<String> {
        let last = cells.keys().next_back().map_or(0, |last| last + 1);
        let mut texts = vec![String::new(); last];
        for (column, value) in cells {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            texts[*column] = text.trim().to_owned();
        }
        texts
    };
    let header_row = raw.iter().take(MAX_HEADER_ROW).find_map(|(row, cells)| {
        let headers = texts(cells);
        let fields: Vec<Meaning> = headers.iter().filter_map(|header| meaning(header, columns)).collect();
        let has = |field: &str| {
            fields
                .iter()
                .any(|m| matches!(m, Meaning::Field { field: f, .. } if f == field))
        };
        (has("name") || has("id")).then_some((*row, headers))
    });
    let Some((header_row, headers)) = header_row else {
        let first = raw.values().next().map(texts).unwrap_or_default();
        let shown: Vec<String> = first.into_iter().filter(|header| !header.is_empty()).take(20).collect();
        return Err(format!(
            "no column is 项目名称 (name) or 项目编号 (id); the first row holds {}",
            if shown.is_empty() {
                "nothing".to_owned()
            } else {
                shown.join("、")
            }
        ));
    };
    let rows = raw
        .into_iter()
        .filter(|(row, _)| *row > header_row)
        .map(|(row, mut cells)| {
            let cells = (0..headers.len())
                .map(|c| cells.remove(&c).unwrap_or(Value::Null))
                .collect();
            (row, cells)
        })
        .collect();
    Ok(Table { headers, rows })
}

/// What a column holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Meaning {
    /// A field of the record, or `id` or `outline`; numbers are multiplied by `scale`.
    Field {
        /// Name.
        field: String,
        /// Factor to the unit of the field.
        scale: f64,
        /// False when money comes without a unit.
        has_unit: bool,
    },
    /// Investment of a year.
    Year {
        /// Calendar year.
        year: i32,
        /// True for what was done, false for what is planned.
        is_done: bool,
        /// Factor to CNY.
        scale: f64,
    },
}

/// Factor of a unit in brackets.
fn unit(text: &str) -> Option<f64> {
    Some(match text {
        "元" | "cny" | "yuan" | "㎡" | "m2" | "m²" | "平方米" | "平米" | "分" => 1.0,
        "万元" | "万㎡" | "万m2" | "万m²" | "万平方米" | "万平米" | "公顷" | "hm2" | "hm²" | "ha" => {
            1e4
        }
        "亿元" => 1e8,
        "%" | "％" => 0.01,
        _ => return None,
    })
}

/// Meaning of a header; `None` for columns that the record does not have.
pub fn meaning(header: &str, columns: &[Column]) -> Option<Meaning> {
    let plain: String = header
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '*')
        .map(|c| match c {
            '（' | '【' | '[' => '(',
            '）' | '】' | ']' => ')',
            other => other,
        })
        .collect::<String>()
        .to_lowercase();
    let (stem, in_brackets) = match plain.strip_suffix(')').and_then(|text| text.rsplit_once('(')) {
        Some((stem, inner)) => (stem.to_owned(), unit(inner)),
        None => (plain.clone(), None),
    };
    if let Some(meaning) = year_column(&stem, in_brackets) {
        return Some(meaning);
    }
    let same = |name: &str| {
        let name: String = name.split_whitespace().collect::<String>().to_lowercase();
        name == plain || name == stem
    };
    let column = columns
        .iter()
        .find(|c| same(&c.zh) || c.field == plain || c.aliases.iter().any(|alias| same(alias)))?;
    let written = column.zh.split_whitespace().collect::<String>().to_lowercase();
    let scale = in_brackets
        .or_else(|| column.unit.filter(|_| written == plain))
        .unwrap_or(1.0);
    // the plain names of the record are in its own units
    let has_unit = in_brackets.is_some() || written == plain || column.field == plain;
    Some(Meaning::Field {
        field: column.field.clone(),
        scale,
        has_unit,
    })
}

/// `2025年计划投资(万元)`, `2025年完成投资`, `investment_2025_planned_cny`.
fn year_column(stem: &str, scale: Option<f64>) -> Option<Meaning> {
    let digits: String = stem
        .chars()
        .skip_while(|c| !c.is_ascii_digit())
        .take_while(char::is_ascii_digit)
        .collect();
    let year: i32 = digits.parse().ok().filter(|year| (1990..=2100).contains(year))?;
    let has = |words: &[&str]| words.iter().any(|word| stem.contains(word));
    if !has(&["投资", "investment"]) {
        return None;
    }
    let is_done = has(&["完成", "done", "实际"]);
    (is_done || has(&["计划", "planned", "年度"])).then_some(Meaning::Year {
        year,
        is_done,
        scale: scale.unwrap_or(1.0),
    })
}

/// A cell in the unit of its field: numbers scaled and rounded to a hundredth, shares to a millionth.
///
/// # Errors
/// One sentence when it is no number.
pub fn scaled(cell: &Value, scale: f64) -> Result<Value, String> {
    if scale == 1.0 {
        return Ok(cell.clone());
    }
    // `85%` in a column of per cents is 0.85 already
    let is_percent = cell.as_str().is_some_and(|text| text.trim().ends_with(['%', '％']));
    let number = values::number(cell)?;
    Ok(match number {
        None => Value::Null,
        Some(number) if is_percent && scale < 1.0 => json!(number),
        Some(number) => {
            let parts = if scale < 1.0 { 1e6 } else { 100.0 };
            json!((number * scale * parts).round() / parts)
        }
    })
}

/// Text for a spreadsheet: what would be run as a formula gets an apostrophe before it.
pub fn escape(text: &str) -> String {
    // an apostrophe that is there already must not be taken off on the way back
    let begins = text.trim_start_matches('\'');
    if begins.starts_with(FORMULA_STARTS) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

/// The text that was escaped.
fn unescape(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) if rest.trim_start_matches('\'').starts_with(FORMULA_STARTS) => rest,
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::projects::Config;

    fn columns() -> Vec<Column> {
        Config::load(std::path::Path::new("/nowhere")).unwrap().columns
    }

    #[test]
    fn headers_are_understood_with_their_units() {
        let columns = columns();
        let field = |header: &str| match meaning(header, &columns) {
            Some(Meaning::Field { field, scale, has_unit }) => Some((field, scale, has_unit)),
            _ => None,
        };
        let is = |field: &str, scale: f64, has_unit| Some((field.to_owned(), scale, has_unit));
        assert_eq!(field("总投资（亿元）"), is("investment_cny", 1e8, true));
        assert_eq!(field("总投资(万元)"), is("investment_cny", 1e4, true));
        assert_eq!(field("总投资"), is("investment_cny", 1.0, false));
        assert_eq!(field("investment_cny"), is("investment_cny", 1.0, true));
        // written as the table itself writes it, so nothing is to be asked back
        assert_eq!(field("* 项目 名称"), is("name", 1.0, true));
        assert_eq!(field("安置率(%)"), is("resettlement_rate", 0.01, true));
        assert_eq!(field("新建建筑面积（万㎡）"), is("floor_area_new_m2", 1e4, true));
        assert_eq!(field("天气"), None);
        let year = |year, is_done, scale| Some(Meaning::Year { year, is_done, scale });
        assert_eq!(meaning("2025年计划投资(万元)", &columns), year(2025, false, 1e4));
        assert_eq!(meaning("investment_2026_done_cny", &columns), year(2026, true, 1.0));
    }

    #[test]
    fn a_table_may_be_gbk_and_have_a_title() {
        let text = "上街区2025年度城市更新项目,,\n序号,项目名称,总投资(万元)\n1,\"甲,乙\",\"1,200\"\n\n2,丙,-\n";
        let (bytes, _, _) = encoding_rs::GBK.encode(text);
        let table = read_csv(&bytes, &columns()).unwrap();
        assert_eq!(table.headers, ["序号", "项目名称", "总投资(万元)"]);
        assert_eq!(table.rows[0].1[1], json!("甲,乙"));
        assert_eq!(scaled(&table.rows[0].1[2], 1e4), Ok(json!(12_000_000.0)));
        assert_eq!(scaled(&table.rows[1].1[2], 1e4), Ok(Value::Null));
        let err = read_csv(b"a,b\n1,2\n", &columns()).unwrap_err();
        assert!(err.contains("项目名称") && err.contains("a、b"), "{err}");
    }

    #[test]
    fn formulas_do_not_run_and_text_comes_back() {
        for text in [
            "=cmd|'/c calc'!A1",
            "+1",
            "-2",
            "@x",
            "'=1",
            "''-x",
            "plain",
            "'quoted'",
            "",
        ] {
            assert!(!escape(text).starts_with(FORMULA_STARTS), "{text}");
            assert_eq!(unescape(&escape(text)), text);
        }
    }
}
