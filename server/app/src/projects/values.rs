//! Values of the record as people write them: numbers, dates, words, lists.

use super::config::Vocabulary;
use super::record::{Document, Milestone, YearInvestment};
use serde_json::{Map, Value};

/// Money and areas beyond this are mistakes: 10,000 bn CNY, 10,000 km².
const MAX_AMOUNT: f64 = 1e13;
/// Longest text of a field, characters.
const MAX_TEXT: usize = 4000;
/// Longest list of a field.
const MAX_LIST: usize = 200;

pub(super) fn text(value: &Value) -> Result<Option<String>, String> {
    let text = match value {
        Value::Null => return Ok(None),
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Bool(value) => value.to_string(),
        _ => return Err("expected a text".to_owned()),
    };
    if text.chars().count() > MAX_TEXT {
        return Err(format!("the text has more than {MAX_TEXT} characters"));
    }
    Ok(Some(text).filter(|text| !text.is_empty()))
}

pub(super) fn word(value: &Value, field: &str, words: &Vocabulary) -> Result<Option<String>, String> {
    let Some(text) = text(value)? else {
        return Ok(None);
    };
    if let Some(word) = words.find(field, &text) {
        return Ok(Some(word.id.clone()));
    }
    let known: Vec<&str> = words
        .words(field)
        .unwrap_or_default()
        .iter()
        .map(|w| w.id.as_str())
        .collect();
    Err(format!(
        "{:?} is none of {}",
        text.chars().take(60).collect::<String>(),
        known.join("、")
    ))
}

/// A finite number; thousands separators and a closing per cent sign are understood.
pub(super) fn number(value: &Value) -> Result<Option<f64>, String> {
    let number = match value {
        Value::Null => return Ok(None),
        Value::Number(number) => number.as_f64(),
        Value::String(text) => {
            let plain: String = text
                .chars()
                .filter(|c| !c.is_whitespace() && !matches!(c, ',' | '，'))
                .collect();
            if matches!(plain.as_str(), "" | "-" | "—" | "/" | "无" | "未填") {
                return Ok(None);
            }
            match plain.strip_suffix(['%', '％']) {
                Some(percent) => percent.parse().ok().map(|n: f64| n / 100.0),
                None => plain.parse().ok(),
            }
        }
        _ => None,
    };
    match number.filter(|n| n.is_finite()) {
        Some(number) => Ok(Some(number)),
        None => Err(format!(
            "{} is no number",
            value.to_string().chars().take(60).collect::<String>()
        )),
    }
}

pub(super) fn amount(value: &Value) -> Result<Option<f64>, String> {
    within(value, MAX_AMOUNT)
}

pub(super) fn within(value: &Value, max: f64) -> Result<Option<f64>, String> {
    let number = number(value)?;
    match number {
        Some(n) if !(0.0..=max).contains(&n) => Err(format!("{n} is not between 0 and {max}")),
        _ => Ok(number),
    }
}

/// `YYYY-MM-DD`, `2025年3月9日`, `2025.3`, `2025`; a month or year alone means its first day, or its last for an end.
pub(super) fn date(value: &Value, is_end: bool) -> Result<Option<String>, String> {
    let Some(text) = text(value)? else {
        return Ok(None);
    };
    let bad = || {
        format!(
            "{:?} is no date (YYYY-MM-DD)",
            text.chars().take(40).collect::<String>()
        )
    };
    let plain: String = text
        .split(['T', ' '])
        .next()
        .unwrap_or_default()
        .replace(['年', '月', '/', '.'], "-")
        .replace(['日', '底'], "");
    let parts: Vec<&str> = plain.split('-').filter(|part| !part.is_empty()).collect();
    let numbers: Vec<u32> = parts
        .iter()
        .map(|part| part.parse().map_err(|_| bad()))
        .collect::<Result<_, _>>()?;
    let days = |year: u32, month: u32| match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 31,
    };
    let (year, month, day) = match numbers.as_slice() {
        [packed] if (19_000_101..=22_001_231).contains(packed) => (packed / 10_000, packed / 100 % 100, packed % 100),
        [year] if is_end => (*year, 12, 31),
        [year] => (*year, 1, 1),
        [year, month] if is_end => (*year, *month, days(*year, *month)),
        [year, month] => (*year, *month, 1),
        [year, month, day] => (*year, *month, *day),
        _ => return Err(bad()),
    };
    if !(1900..=2200).contains(&year) || !(1..=12).contains(&month) || day < 1 || day > days(year, month) {
        return Err(bad());
    }
    Ok(Some(format!("{year:04}-{month:02}-{day:02}")))
}

pub(super) fn truth(value: &Value) -> Result<bool, String> {
    match value {
        Value::Null => Ok(false),
        Value::Bool(value) => Ok(*value),
        Value::Number(number) => Ok(number.as_f64() != Some(0.0)),
        Value::String(text) => match text.trim().to_lowercase().as_str() {
            "" | "否" | "no" | "false" | "0" => Ok(false),
            "是" | "yes" | "true" | "1" => Ok(true),
            _ => Err(format!("{text:?} is neither yes nor no")),
        },
        _ => Err("expected yes or no".to_owned()),
    }
}

/// Items of a list: an array, the text of one, or text with semicolons or line breaks between.
pub(super) fn items(value: &Value) -> Result<Vec<Value>, String> {
    let items = match value {
        Value::Null => Vec::new(),
        Value::Array(items) => items.clone(),
        Value::String(text) if text.trim_start().starts_with('[') => {
            serde_json::from_str(text).map_err(|err| format!("the list cannot be read: {err}"))?
        }
        Value::String(text) => text
            .split([';', '；', '\n'])
            .map(str::trim)
            .filter(|item| !item.is_empty())
            .map(Value::from)
            .collect(),
        _ => return Err("expected a list".to_owned()),
    };
    if items.len() > MAX_LIST {
        return Err(format!("the list has more than {MAX_LIST} entries"));
    }
    Ok(items)
}

pub(super) fn texts(value: &Value) -> Result<Vec<String>, String> {
    items(value)?
        .iter()
        .map(|item| text(item.get("title").unwrap_or(item)))
        .filter_map(Result::transpose)
        .collect()
}

/// Addresses that a page may link to: nothing that runs.
pub(super) fn address(text: &str) -> Result<String, String> {
    let scheme = text.split(['/', '?', '#']).next().unwrap_or_default();
    let is_web = text.starts_with("https://") || text.starts_with("http://");
    if is_web || (!scheme.contains(':') && !text.starts_with("//") && !text.starts_with('\\')) {
        Ok(text.to_owned())
    } else {
        Err(format!("{text:?} is no http(s) or relative address"))
    }
}

pub(super) fn addresses(value: &Value) -> Result<Vec<String>, String> {
    texts(value)?.iter().map(|text| address(text)).collect()
}

pub(super) fn documents(value: &Value) -> Result<Vec<Document>, String> {
    items(value)?
        .iter()
        .map(|item| {
            let (title, url) = match item {
                Value::String(line) => match line.strip_suffix('>').and_then(|line| line.rsplit_once('<')) {
                    Some((title, url)) => (title.trim().to_owned(), url.to_owned()),
                    None => (line.clone(), line.clone()),
                },
                _ => {
                    let member = |key: &str| text(item.get(key).unwrap_or(&Value::Null));
                    let url = member("url")?.ok_or("a document needs an url")?;
                    (member("title")?.unwrap_or_else(|| url.clone()), url)
                }
            };
            let url = address(&url)?;
            Ok(Document {
                title: if title.is_empty() { url.clone() } else { title },
                url,
            })
        })
        .collect()
}

pub(super) fn years(value: &Value) -> Result<Vec<YearInvestment>, String> {
    let mut years: Vec<YearInvestment> = items(value)?
        .iter()
        .map(|item| {
            let year = number(item.get("year").unwrap_or(&Value::Null))?
                .filter(|year| (1990.0..=2100.0).contains(year) && year.fract() == 0.0)
                .ok_or("every entry needs a year from 1990 to 2100")?;
            let part =
                |key: &str| amount(item.get(key).unwrap_or(&Value::Null)).map_err(|err| format!("{year}: {err}"));
            Ok(YearInvestment {
                year: year as i32,
                planned_cny: part("planned_cny")?,
                done_cny: part("done_cny")?,
            })
        })
        .collect::<Result<_, String>>()?;
    years.sort_by_key(|year| year.year);
    if let Some(twice) = years.windows(2).find(|pair| pair[0].year == pair[1].year) {
        return Err(format!("the year {} is there twice", twice[0].year));
    }
    Ok(years)
}

pub(super) fn milestones(value: &Value, words: &Vocabulary) -> Result<Vec<Milestone>, String> {
    items(value)?
        .iter()
        .map(|item| {
            let parts: Map<String, Value> = match item {
                Value::Object(members) => members.clone(),
                // `step planned/done` as in tables
                Value::String(line) => {
                    let (step, dates) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
                    let (planned, done) = dates.split_once('/').unwrap_or((dates, ""));
                    Map::from_iter([
                        ("step".to_owned(), step.into()),
                        ("planned_on".to_owned(), planned.into()),
                        ("done_on".to_owned(), done.into()),
                    ])
                }
                _ => return Err("a milestone has step, planned_on and done_on".to_owned()),
            };
            let member = |key: &str| parts.get(key).unwrap_or(&Value::Null);
            Ok(Milestone {
                step: word(member("step"), "step", words)?.ok_or("a milestone needs a step")?,
                planned_on: date(member("planned_on"), true)?,
                done_on: date(member("done_on"), true)?,
            })
        })
        .collect()
}
