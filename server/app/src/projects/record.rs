//! The record of a project: its fields, how they are read from JSON and tables, and what contradicts itself.

use super::config::Vocabulary;
use super::values::{addresses, amount, date, documents, milestones, text, texts, truth, within, word, years};
use city_model::{Attributes, Date, attributes};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

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
    "id",
    "feature_index",
    "revision",
    "flags",
    "library",
    "area_m2",
    "center_enu",
    "radius_m",
    "outline",
];

impl Record {
    /// Names of the fields that [`Record::set`] takes.
    pub const FIELDS: &'static [&'static str] = &[
        "name",
        "district",
        "town_office",
        "class",
        "way",
        "stage",
        "exit",
        "progress",
        "entered_on",
        "start_on",
        "finish_on",
        "milestones",
        "investment_cny",
        "investment",
        "floor_area_existing_m2",
        "floor_area_demolished_m2",
        "floor_area_new_m2",
        "resettlement_rate",
        "responsible_unit",
        "problems",
        "photos",
        "documents",
        "review",
        "smart_pilot",
        "source_row",
        "review_score",
        "expert_review",
        "public_notice_1",
        "public_notice_2",
        "published_on",
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
            _ => {
                return Err(format!(
                    "a project has no field {:?}",
                    field.chars().take(60).collect::<String>()
                ));
            }
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
            (
                &self.review.public_notice_1,
                &self.review.public_notice_2,
                "public_notice_2",
            ),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::projects::Config;

    fn words() -> Vocabulary {
        Config::load(std::path::Path::new("/nowhere")).unwrap().vocabulary
    }

    #[test]
    fn dates_are_read_as_people_write_them() {
        let read = |text: &str, is_end| date(&json!(text), is_end).ok().flatten();
        for (text, start, end) in [
            ("2025-03-09", "2025-03-09", "2025-03-09"),
            ("2025年3月9日", "2025-03-09", "2025-03-09"),
            ("2025.3", "2025-03-01", "2025-03-31"),
            ("2025年12月底", "2025-12-01", "2025-12-31"),
            ("2024/2", "2024-02-01", "2024-02-29"),
            ("2025", "2025-01-01", "2025-12-31"),
            ("20250309", "2025-03-09", "2025-03-09"),
            ("2025-03-09T10:00:00", "2025-03-09", "2025-03-09"),
        ] {
            assert_eq!(read(text, false).as_deref(), Some(start), "{text}");
            assert_eq!(read(text, true).as_deref(), Some(end), "{text}");
        }
        for bad in ["soon", "2025-13-01", "2025-02-29", "1-2-3-4", "99999999"] {
            assert!(date(&json!(bad), false).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_wrong_value_leaves_the_field_as_it_was() {
        let words = words();
        let mut record = Record::default();
        record.set("investment_cny", &json!("1,200.5"), &words).unwrap();
        for (field, value) in [
            ("investment_cny", json!("viel")),
            ("investment_cny", json!(-1)),
            ("investment_cny", json!("NaN")),
            ("resettlement_rate", json!(62)),
            ("investment", json!([{"year": 2025}, {"year": 2025}])),
            ("investment", json!([{"year": "soon"}])),
            ("milestones", json!([{"step": "登月"}])),
            ("photos", json!(["data:text/html,x"])),
            ("photos", json!(["//evil.invalid/x"])),
            ("documents", json!([{"title": "x"}])),
            ("review", json!({"colour": 1})),
            ("name", json!(" ")),
            ("colour", json!(1)),
        ] {
            assert!(record.set(field, &value, &words).is_err(), "{field}: {value}");
        }
        assert_eq!(
            record,
            Record {
                investment_cny: Some(1200.5),
                ..Record::default()
            }
        );
    }

    #[test]
    fn a_record_comes_back_from_its_attributes() {
        let words = words();
        let mut record = Record {
            name: "甲".to_owned(),
            smart_pilot: true,
            ..Record::default()
        };
        for (field, value) in [
            ("class", json!("居住类")),
            ("stage", json!("在建")),
            ("finish_on", json!("2026")),
            (
                "investment",
                json!([{"year": 2025, "planned_cny": 5.0, "done_cny": null}]),
            ),
            ("milestones", json!("意愿征询 2024-01-02/; 规划许可 2025/2025-03-01")),
            ("documents", json!("方案 <a/b.pdf>")),
            ("review", json!({"score": 88.5, "expert_review": "已通过"})),
        ] {
            record.set(field, &value, &words).unwrap();
        }
        let mut attributes = json!({"note": "kept", "problem": "old"}).as_object().cloned().unwrap();
        record.write_attributes(&mut attributes);
        assert_eq!(attributes["project_class"], "居住类");
        assert_eq!(
            (&attributes["year_end"], &attributes["note"]),
            (&json!(2026), &json!("kept"))
        );
        assert_eq!(record.milestones[1].planned_on.as_deref(), Some("2025-12-31"));
        assert_eq!(Record::from_attributes(&attributes, &words), record);
    }

    #[test]
    fn contradictions_are_named() {
        let record = Record {
            name: "甲".to_owned(),
            start_on: Some("2026-01-01".to_owned()),
            finish_on: Some("2025-01-01".to_owned()),
            floor_area_existing_m2: Some(10.0),
            floor_area_demolished_m2: Some(11.0),
            ..Record::default()
        };
        let fields: Vec<&str> = record.contradictions().into_iter().map(|(field, _)| field).collect();
        assert_eq!(fields, ["finish_on", "floor_area_demolished_m2"]);
    }
}
