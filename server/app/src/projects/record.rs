//! The record of a project: its fields, how they are read from JSON and tables, and what contradicts itself.

use super::config::Vocabulary;
use city_model::{Attributes, Date, attributes};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// Money and areas beyond this are mistakes: 10,000 bn CNY, 10,000 km².
const MAX_AMOUNT: f64 = 1e13;
/// Longest text of a field, characters.
const MAX_TEXT: usize = 4000;
/// Longest list of a field.
const MAX_LIST: usize = 200;

/// A step of the life cycle with its dates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Milestone {
    /// One of the ten steps.
    pub step: String,
    /// `YYYY-MM-DD`.
    pub planned_on: Option<String>,
    /// `YYYY-MM-DD`.
    pub done_on: Option<String>,
}

/// Investment of a year.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct YearInvestment {
    /// Calendar year.
    pub year: i32,
    /// Planned, CNY.
    pub planned_cny: Option<f64>,
    /// Done, CNY.
    pub done_cny: Option<f64>,
}

/// A file that belongs to the project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Document {
    /// Title.
    pub title: String,
    /// Address: http(s) or relative.
    pub url: String,
}

/// 双评双公示.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Review {
    /// 0–100.
    pub score: Option<f64>,
    /// State of the experts' review.
    pub expert_review: Option<String>,
    /// First public notice, `YYYY-MM-DD`.
    pub public_notice_1: Option<String>,
    /// Second public notice, `YYYY-MM-DD`.
    pub public_notice_2: Option<String>,
    /// Result published, `YYYY-MM-DD`.
    pub published_on: Option<String>,
}

/// What is recorded of a project; unknown is `null` or empty.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct Record {
    /// Name.
    pub name: String,
    /// District.
    pub district: Option<String>,
    /// Town office.
    pub town_office: Option<String>,
    /// Class of the object.
    pub class: Option<String>,
    /// Way of renewal.
    pub way: Option<String>,
    /// Stage.
    pub stage: Option<String>,
    /// Side exit.
    pub exit: Option<String>,
    /// Progress.
    pub progress: Option<String>,
    /// Entered into the library, `YYYY-MM-DD`.
    pub entered_on: Option<String>,
    /// Start of works, `YYYY-MM-DD`.
    pub start_on: Option<String>,
    /// Planned or real end of works, `YYYY-MM-DD`.
    pub finish_on: Option<String>,
    /// Steps of the life cycle.
    pub milestones: Vec<Milestone>,
    /// Total investment, CNY.
    pub investment_cny: Option<f64>,
    /// By year, ascending.
    pub investment: Vec<YearInvestment>,
    /// Floor area that stands, m².
    pub floor_area_existing_m2: Option<f64>,
    /// Floor area to be demolished, m².
    pub floor_area_demolished_m2: Option<f64>,
    /// Floor area to be built, m².
    pub floor_area_new_m2: Option<f64>,
    /// Households resettled on site or near, 0–1.
    pub resettlement_rate: Option<f64>,
    /// Responsible unit.
    pub responsible_unit: Option<String>,
    /// Problems of the city check-up that it solves.
    pub problems: Vec<String>,
    /// Addresses of photos.
    pub photos: Vec<String>,
    /// Documents.
    pub documents: Vec<Document>,
    /// Review.
    pub review: Review,
    /// Pilot of smart works.
    pub smart_pilot: bool,
    /// Row of the table that it came from.
    pub source_row: Option<String>,
}

/// Fields that an answer has and a write passes over.
pub const READ_ONLY: &[&str] = &[
    "id", "feature_index", "revision", "flags", "library", "area_m2", "center_enu", "radius_m", "outline",
];

impl Record {
    /// Names of the fields that [`Record::set`] takes.
    pub const FIELDS: &'static [&'static str] = &[
        "name", "district", "town_office", "class", "way", "stage", "exit", "progress", "entered_on", "start_on", "finish_on",
        "milestones", "investment_cny", "investment", "floor_area_existing_m2", "floor_area_demolished_m2",
        "floor_area_new_m2", "resettlement_rate", "responsible_unit", "problems", "photos", "documents", "review",
        "smart_pilot", "source_row", "review_score", "expert_review", "public_notice_1", "public_notice_2", "published_on",
    ];

    /// Sets one field; `null` and empty text clear it. Numbers and dates may be text.
    ///
    /// # Errors
    /// One sentence on what is wrong with the value; the field is then as it was.
    pub fn set(&mut self, field: &str, value: &Value, words: &Vocabulary) -> Result<(), String> {
        match field {
            "name" => self.name = text(value)?.ok_or("a project needs a name")?,
            "district" => self.district = text(value)?,
            "town_office" => self.town_office = text(value)?,
            "responsible_unit" => self.responsible_unit = text(value)?,
            "source_row" => self.source_row = text(value)?,
            "class" => self.class = word(value, field, words)?,
            "way" => self.way = word(value, field, words)?,
            "stage" => self.stage = word(value, field, words)?,
            "exit" => self.exit = word(value, field, words)?,
            "progress" => self.progress = word(value, field, words)?,
            "entered_on" => self.entered_on = date(value, false)?,
            "start_on" => self.start_on = date(value, false)?,
            "finish_on" => self.finish_on = date(value, true)?,
            "investment_cny" => self.investment_cny = amount(value)?,
            "floor_area_existing_m2" => self.floor_area_existing_m2 = amount(value)?,
            "floor_area_demolished_m2" => self.floor_area_demolished_m2 = amount(value)?,
            "floor_area_new_m2" => self.floor_area_new_m2 = amount(value)?,
            "resettlement_rate" => self.resettlement_rate = within(value, 1.0)?,
            "investment" => self.investment = years(value)?,
            "milestones" => self.milestones = milestones(value, words)?,
            "problems" => self.problems = texts(value)?,
            "photos" => self.photos = addresses(value)?,
            "documents" => self.documents = documents(value)?,
            "smart_pilot" => self.smart_pilot = truth(value)?,
            "review_score" => self.review.score = within(value, 100.0)?,
            "expert_review" => self.review.expert_review = word(value, field, words)?,
            "public_notice_1" => self.review.public_notice_1 = date(value, false)?,
            "public_notice_2" => self.review.public_notice_2 = date(value, false)?,
            "published_on" => self.review.published_on = date(value, false)?,
            "review" => self.set_review(value, words)?,
            _ => return Err(format!("a project has no field {:?}", field.chars().take(60).collect::<String>())),
        }
        Ok(())
    }

    fn set_review(&mut self, value: &Value, words: &Vocabulary) -> Result<(), String> {
        let mut changed = Self::default();
        match value {
            Value::Null => {}
            Value::Object(members) => {
                for (key, value) in members {
                    let field = match key.as_str() {
                        "score" => "review_score",
                        "expert_review" | "public_notice_1" | "public_notice_2" | "published_on" => key,
                        _ => return Err(format!("a review has no member {key:?}")),
                    };
                    changed.set(field, value, words)?;
                }
            }
            // what older files have: one text for the state
            _ => changed.set("expert_review", value, words)?,
        }
        self.review = changed.review;
        Ok(())
    }

    /// What the fields say against each other: (field, sentence).
    pub fn contradictions(&self) -> Vec<(&'static str, String)> {
        let mut found = Vec::new();
        if self.name.is_empty() {
            found.push(("name", "a project needs a name".to_owned()));
        }
        for (first, second, field) in [
            (&self.start_on, &self.finish_on, "finish_on"),
            (&self.entered_on, &self.finish_on, "finish_on"),
            (&self.review.public_notice_1, &self.review.public_notice_2, "public_notice_2"),
        ] {
            if let (Some(first), Some(second)) = (first, second)
                && second < first
            {
                found.push((field, format!("{field} {second} is before {first}")));
            }
        }
        if let (Some(gone), Some(stood)) = (self.floor_area_demolished_m2, self.floor_area_existing_m2)
            && gone > stood * (1.0 + 1e-9)
        {
            found.push((
                "floor_area_demolished_m2",
                format!("{gone} m² to be demolished are more than the {stood} m² that stand"),
            ));
        }
        found
    }

    /// Investment done in all years, CNY.
    pub fn done_cny(&self) -> f64 {
        self.investment.iter().filter_map(|year| year.done_cny).sum()
    }

    /// The record of stored attributes: the normalised keys, and the plainer ones that other files have.
    pub fn from_attributes(stored: &Attributes, words: &Vocabulary) -> Self {
        let mut record = Self::default();
        let alias = |field: &str| -> Option<&Value> {
            let keys: &[&str] = match field {
                "name" => attributes::NAME_KEYS,
                "class" => &["project_class", "class"],
                "start_on" => &["start_on", "year_start"],
                "finish_on" => &["finish_on", "year_end"],
                "problems" => &["problems", "problem"],
                "review" => &["review", "review_status"],
                _ => return stored.get(field),
            };
            keys.iter().find_map(|key| stored.get(*key)).filter(|v| !v.is_null())
        };
        for field in Self::FIELDS {
            if let Some(value) = alias(field)
                && record.set(field, value, words).is_err()
                && let Some(shown) = value.as_str().map(str::to_owned)
            {
                // a word that the vocabulary does not have (any more) is shown as it is
                match *field {
                    "class" => record.class = Some(shown),
                    "way" => record.way = Some(shown),
                    "stage" => record.stage = Some(shown),
                    "exit" => record.exit = Some(shown),
                    "progress" => record.progress = Some(shown),
                    _ => {}
                }
            }
        }
        record
    }

    /// Writes the record into attributes under the normalised keys; what is unknown is left out, other keys stay.
    pub fn write_attributes(&self, into: &mut Attributes) {
        for key in ["class", "problem", "review_status"] {
            into.shift_remove(key);
        }
        let mut put = |key: &str, value: Value| {
            let is_empty = match &value {
                Value::Null => true,
                Value::Array(items) => items.is_empty(),
                Value::Bool(value) => !value,
                _ => false,
            };
            if is_empty {
                into.shift_remove(key);
            } else {
                into.insert(key.to_owned(), value);
            }
        };
        let Ok(Value::Object(fields)) = serde_json::to_value(self) else {
            return;
        };
        for (field, value) in fields {
            let value = match field.as_str() {
                "review" if self.review == Review::default() => Value::Null,
                _ => value,
            };
            put(if field == "class" { "project_class" } else { &field }, value);
        }
        let year = |date: &Option<String>| date.as_deref().and_then(Date::parse).map(Date::year);
        put("year_start", json!(year(&self.start_on)));
        put("year_end", json!(year(&self.finish_on)));
        let done = Some(self.done_cny()).filter(|_| !self.investment.is_empty());
        put("investment_done_cny", json!(done));
    }
}

fn text(value: &Value) -> Result<Option<String>, String> {
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

fn word(value: &Value, field: &str, words: &Vocabulary) -> Result<Option<String>, String> {
    let Some(text) = text(value)? else {
        return Ok(None);
    };
    if let Some(word) = words.find(field, &text) {
        return Ok(Some(word.id.clone()));
    }
    let known: Vec<&str> = words.words(field).unwrap_or_default().iter().map(|w| w.id.as_str()).collect();
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
            let plain: String = text.chars().filter(|c| !c.is_whitespace() && !matches!(c, ',' | '，')).collect();
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
        None => Err(format!("{} is no number", value.to_string().chars().take(60).collect::<String>())),
    }
}

fn amount(value: &Value) -> Result<Option<f64>, String> {
    within(value, MAX_AMOUNT)
}

fn within(value: &Value, max: f64) -> Result<Option<f64>, String> {
    let number = number(value)?;
    match number {
        Some(n) if !(0.0..=max).contains(&n) => Err(format!("{n} is not between 0 and {max}")),
        _ => Ok(number),
    }
}

/// `YYYY-MM-DD`, `2025年3月9日`, `2025.3`, `2025`; a month or year alone means its first day, or its last for an end.
fn date(value: &Value, is_end: bool) -> Result<Option<String>, String> {
    let Some(text) = text(value)? else {
        return Ok(None);
    };
    let bad = || format!("{:?} is no date (YYYY-MM-DD)", text.chars().take(40).collect::<String>());
    let plain: String = text
        .split(['T', ' '])
        .next()
        .unwrap_or_default()
        .replace(['年', '月', '/', '.'], "-")
        .replace(['日', '底'], "");
    let parts: Vec<&str> = plain.split('-').filter(|part| !part.is_empty()).collect();
    let numbers: Vec<u32> = parts.iter().map(|part| part.parse().map_err(|_| bad())).collect::<Result<_, _>>()?;
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

fn truth(value: &Value) -> Result<bool, String> {
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
fn items(value: &Value) -> Result<Vec<Value>, String> {
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

fn texts(value: &Value) -> Result<Vec<String>, String> {
    items(value)?
        .iter()
        .map(|item| text(item.get("title").unwrap_or(item)))
        .filter_map(Result::transpose)
        .collect()
}

/// Addresses that a page may link to: nothing that runs.
fn address(text: &str) -> Result<String, String> {
    let scheme = text.split(['/', '?', '#']).next().unwrap_or_default();
    let is_web = text.starts_with("https://") || text.starts_with("http://");
    if is_web || (!scheme.contains(':') && !text.starts_with("//") && !text.starts_with('\\')) {
        Ok(text.to_owned())
    } else {
        Err(format!("{text:?} is no http(s) or relative address"))
    }
}

fn addresses(value: &Value) -> Result<Vec<String>, String> {
    texts(value)?.iter().map(|text| address(text)).collect()
}

fn documents(value: &Value) -> Result<Vec<Document>, String> {
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

fn years(value: &Value) -> Result<Vec<YearInvestment>, String> {
    let mut years: Vec<YearInvestment> = items(value)?
        .iter()
        .map(|item| {
            let year = number(item.get("year").unwrap_or(&Value::Null))?
                .filter(|year| (1990.0..=2100.0).contains(year) && year.fract() == 0.0)
                .ok_or("every entry needs a year from 1990 to 2100")?;
            let part = |key: &str| amount(item.get(key).unwrap_or(&Value::Null)).map_err(|err| format!("{year}: {err}"));
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

fn milestones(value: &Value, words: &Vocabulary) -> Result<Vec<Milestone>, String> {
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
