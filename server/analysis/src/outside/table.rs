//! Tables of values by feature id, with an optional column of times.

use super::detect::{id_column, named, time_column};
use super::error::OutsideError;
use super::input::File;
use super::params::Params;
use super::series::Series;
use crate::indicators::Text;
use std::borrow::Cow;
use std::collections::HashMap;

/// Reads a table (CSV with a header; commas, semicolons or tabs; UTF-8 or GB 18030).
///
/// All columns that hold numbers become series, or those of `params.layers`. An empty value is none.
///
/// # Errors
/// [`OutsideError`] with the row: a word where a number is due, an id twice at one time, a missing column.
pub fn read_table(file: &File, params: &Params) -> Result<Vec<Series>, OutsideError> {
    let name = file.name.as_str();
    let text = text_of(file);
    let mut rows = Rows::new(text.strip_prefix('\u{feff}').unwrap_or(&text));
    let (_, header) = rows
        .next()
        .ok_or_else(|| OutsideError::file(name, "文件是空的", "the file is empty"))?;
    let place = |column: &str| header.iter().position(|head| head.trim().eq_ignore_ascii_case(column));
    let missing = |column: &str| {
        OutsideError::row(
            name,
            1,
            format!("没有列 {column}"),
            format!("there is no column {column}"),
        )
    };
    let id_name = params.id_column.as_deref().or_else(|| id_column(&header));
    let id_name = id_name.ok_or_else(|| {
        let all = header.join(", ");
        let (zh, en) = (
            format!("看不出哪一列是要素编号，请指定 id_column；列有：{all}"),
            format!("none of the columns is known to hold ids, name one as id_column: {all}"),
        );
        OutsideError::row(name, 1, zh, en)
    })?;
    let id_at = place(id_name).ok_or_else(|| missing(id_name))?;
    let found = time_column(&header);
    let time_name = params.time_column.as_deref().or(found.map(|(column, _)| column));
    let time_at = match time_name {
        Some(column) => Some(place(column).ok_or_else(|| missing(column))?),
        None => None,
    };
    let time_unit_s = params.time_unit_s.unwrap_or_else(|| {
        let is_found = found.filter(|(column, _)| time_name == Some(*column));
        is_found.map_or(1.0, |(_, unit_s)| unit_s)
    });
    let mut columns: Vec<usize> = vec![];
    for style in &params.layers {
        columns.push(place(&style.column).ok_or_else(|| missing(&style.column))?);
    }
    let is_all = columns.is_empty();
    if is_all {
        columns = (0..header.len())
            .filter(|at| *at != id_at && Some(*at) != time_at)
            .collect();
    }
    let mut cells = Cells::default();
    // columns of words are left out when all are taken; a column of numbers must hold numbers
    let mut is_number = vec![None; columns.len()];
    for (row, fields) in rows {
        if fields.iter().all(|field| field.trim().is_empty()) {
            continue;
        }
        let fault = |zh: String, en: String| OutsideError::row(name, row, zh, en);
        if fields.len() != header.len() {
            let (n, m) = (fields.len(), header.len());
            return Err(fault(
                format!("有 {n} 列，表头有 {m} 列"),
                format!("has {n} columns, the header has {m}"),
            ));
        }
        let field = |at: usize| fields.get(at).map_or("", |field| field.trim());
        let id = field(id_at);
        if id.is_empty() {
            return Err(fault("编号为空".to_owned(), "the id is empty".to_owned()));
        }
        let time_s = match time_at.map(field) {
            None => 0.0,
            Some(word) => match word.parse::<f64>() {
                Ok(time) if time.is_finite() => time * time_unit_s,
                _ => {
                    return Err(fault(
                        format!("时间 {word} 不是数"),
                        format!("the time {word} is no number"),
                    ));
                }
            },
        };
        let mut values = Vec::with_capacity(columns.len());
        for (at, is_number) in columns.iter().zip(&mut is_number) {
            let word = field(*at);
            let value = word.parse::<f32>();
            if !word.is_empty() && is_number.is_none() {
                *is_number = Some(value.is_ok());
            }
            values.push(match value {
                Ok(value) if value.is_finite() => value,
                Err(_) if !word.is_empty() && *is_number == Some(true) || !is_all && !word.is_empty() => {
                    let shown: String = word.chars().take(40).collect();
                    let column = header.get(*at).map_or("", String::as_str);
                    let (zh, en) = (
                        format!("列 {column} 的 {shown} 不是数"),
                        format!("{shown} in column {column} is no number"),
                    );
                    return Err(fault(zh, en));
                }
                _ => f32::NAN,
            });
        }
        if !cells.add(id, time_s, values) {
            return Err(fault(
                format!("{id} 在同一时刻出现两次"),
                format!("{id} is there twice at one time"),
            ));
        }
    }
    if cells.rows.is_empty() {
        return Err(OutsideError::file(name, "没有数据行", "there are no rows"));
    }
    let needed = cells.ids.len() as u64 * cells.times.len() as u64 * columns.len() as u64 * 4;
    if needed > params.max_bytes {
        return Err(OutsideError::TooLarge {
            file: name.to_owned(),
            needed,
            allowed: params.max_bytes,
        });
    }
    let named: Vec<(usize, String)> = columns
        .iter()
        .zip(&is_number)
        .enumerate()
        .filter(|(_, (_, is_number))| **is_number == Some(true))
        .map(|(at, (column, _))| {
            (
                at,
                header
                    .get(*column)
                    .map_or_else(String::new, |head| head.trim().to_owned()),
            )
        })
        .collect();
    if named.is_empty() {
        return Err(OutsideError::file(name, "没有数值列", "no column holds numbers"));
    }
    Ok(cells.series(&named))
}

/// Columns of a table.
///
/// # Errors
/// [`OutsideError`] for an empty file.
pub fn header(file: &File) -> Result<Vec<String>, OutsideError> {
    let text = text_of(file);
    let mut rows = Rows::new(text.strip_prefix('\u{feff}').unwrap_or(&text));
    let (_, header) = rows
        .next()
        .ok_or_else(|| OutsideError::file(&file.name, "文件是空的", "the file is empty"))?;
    Ok(header.iter().map(|head| head.trim().to_owned()).collect())
}

/// UTF-8, else GB 18030.
fn text_of(file: &File) -> Cow<'_, str> {
    match std::str::from_utf8(&file.bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => encoding_rs::GB18030.decode_without_bom_handling(&file.bytes).0,
    }
}

/// Rows as they were read.
#[derive(Default)]
struct Cells {
    ids: Vec<String>,
    numbers: HashMap<String, usize>,
    /// By the bits of a time, its values by number of the id.
    times: HashMap<u64, HashMap<usize, usize>>,
    rows: Vec<Vec<f32>>,
}

impl Cells {
    /// False when the id has a row at that time already.
    fn add(&mut self, id: &str, time_s: f64, values: Vec<f32>) -> bool {
        let number = match self.numbers.get(id) {
            Some(number) => *number,
            None => {
                self.ids.push(id.to_owned());
                self.numbers.insert(id.to_owned(), self.ids.len() - 1);
                self.ids.len() - 1
            }
        };
        // −0 and 0 are one time
        let row = self.rows.len();
        let is_new = self
            .times
            .entry((time_s + 0.0).to_bits())
            .or_default()
            .insert(number, row)
            .is_none();
        self.rows.push(values);
        is_new
    }

    fn series(&self, wanted: &[(usize, String)]) -> Vec<Series> {
        let mut times: Vec<(f64, &HashMap<usize, usize>)> = self
            .times
            .iter()
            .map(|(bits, rows)| (f64::from_bits(*bits), rows))
            .collect();
        times.sort_by(|a, b| a.0.total_cmp(&b.0));
        let value = |rows: &HashMap<usize, usize>, number: usize, column: usize| {
            let row = rows.get(&number).and_then(|row| self.rows.get(*row));
            row.and_then(|row| row.get(column)).copied().unwrap_or(f32::NAN)
        };
        let series = |(column, key): &(usize, String)| Series {
            key: key.clone(),
            title: Text::same(named(key).0),
            unit: named(key).1.to_owned(),
            ids: self.ids.clone(),
            times_s: times.iter().map(|(time, _)| *time).collect(),
            values: times
                .iter()
                .flat_map(|(_, rows)| (0..self.ids.len()).map(|number| value(rows, number, *column)))
                .collect(),
        };
        wanted.iter().map(series).collect()
    }
}

/// Rows of a text with their first line, from 1. Quotes as in RFC 4180.
struct Rows<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
    separator: char,
    line: usize,
}

impl<'a> Rows<'a> {
    fn new(text: &'a str) -> Self {
        let first = text.lines().next().unwrap_or_default();
        let count = |separator: char| first.matches(separator).count();
        let mut separator = ',';
        for other in [';', '\t'] {
            if count(other) > count(separator) {
                separator = other;
            }
        }
        Self {
            rest: text.chars().peekable(),
            separator,
            line: 1,
        }
    }
}

impl Iterator for Rows<'_> {
    type Item = (usize, Vec<String>);

    fn next(&mut self) -> Option<Self::Item> {
        self.rest.peek()?;
        let first = self.line;
        let (mut fields, mut field, mut is_quoted) = (vec![], String::new(), false);
        while let Some(c) = self.rest.next() {
            if c == '\n' {
                self.line += 1;
            }
            match c {
                '"' if is_quoted && self.rest.peek() == Some(&'"') => {
                    self.rest.next();
                    field.push('"');
                }
                '"' if is_quoted || field.is_empty() => is_quoted = !is_quoted,
                '\n' if !is_quoted => break,
                '\r' if !is_quoted => {}
                c if c == self.separator && !is_quoted => fields.push(std::mem::take(&mut field)),
                c => field.push(c),
            }
        }
        fields.push(field);
        Some((first, fields))
    }
}
