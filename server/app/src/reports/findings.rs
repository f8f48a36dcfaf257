//! Indicators and rules of both sides of a report, in the words of the interface.

use serde::Serialize;
use serde_json::{Map, Value};

/// An indicator beside its value in the baseline.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct IndicatorRow {
    /// Stable id.
    pub id: String,
    /// Title, Chinese and English.
    pub title: [String; 2],
    /// Value in the baseline.
    pub before: Option<f64>,
    /// Value in the scenario.
    pub after: Option<f64>,
    /// Unit.
    pub unit: String,
    /// Digits after the point.
    pub decimals: usize,
    /// Formula, Chinese and English.
    pub formula: [String; 2],
    /// Where the definition comes from.
    pub source: String,
    /// Why there is no value.
    pub reason: Option<String>,
}

/// A rule and what came of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RuleRow {
    /// Stable id.
    pub rule: String,
    /// Title, Chinese and English.
    pub title: [String; 2],
    /// Clause.
    pub clause: String,
    /// Value in the scenario.
    pub value: Option<f64>,
    /// Limit.
    pub limit: Option<f64>,
    /// `<=`, `>=`…
    pub comparator: String,
    /// Unit.
    pub unit: String,
    /// Room left; negative: too much.
    pub margin: Option<f64>,
    /// `pass`, `fail` or `not_decidable`.
    pub verdict: String,
    /// Why, Chinese and English.
    pub reason: [String; 2],
    /// Where the limit comes from.
    pub source: String,
    /// False: shown as 参考值.
    pub verified: bool,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Findings {
    /// Indicators in their order.
    pub indicators: Vec<IndicatorRow>,
    /// Rules in their order.
    pub rules: Vec<RuleRow>,
}

impl Findings {
    /// From the answers of `/api/v1/indicators` for scenario and baseline, and of `/api/v1/rules/check`.
    pub fn of_answers(after: &Value, before: &Value, rules: &Value) -> Self {
        let list = |answer: &Value, key: &str| answer.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
        let baseline = list(before, "indicators");
        let indicators = list(after, "indicators")
            .iter()
            .map(|row| {
                let id = text(row, "id");
                let old = baseline.iter().find(|other| text(other, "id") == id);
                IndicatorRow {
                    title: both(row.get("title")),
                    before: old.and_then(|old| old.get("value")).and_then(Value::as_f64),
                    after: row.get("value").and_then(Value::as_f64),
                    unit: text(row, "unit"),
                    decimals: row.get("decimals").and_then(Value::as_u64).unwrap_or(2).min(6) as usize,
                    formula: both(row.get("formula")),
                    source: text(row, "source"),
                    reason: Some(both(row.get("reason"))[0].clone()).filter(|reason| !reason.is_empty()),
                    id,
                }
            })
            .collect();
        let rules = list(rules, "results")
            .iter()
            .map(|row| RuleRow {
                rule: text(row, "rule"),
                title: both(row.get("title")),
                clause: text(row, "clause"),
                value: row.get("value").and_then(Value::as_f64),
                limit: row.get("limit").and_then(Value::as_f64),
                comparator: text(row, "comparator"),
                unit: text(row, "unit"),
                margin: row.get("margin").and_then(Value::as_f64),
                verdict: text(row, "verdict"),
                reason: both(row.get("reason")),
                source: text(row, "source"),
                verified: row.get("verified").and_then(Value::as_bool).unwrap_or(false),
            })
            .collect();
        Self { indicators, rules }
    }
}

fn text(row: &Value, key: &str) -> String {
    match row.get(key) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Object(_)) => both(row.get(key))[0].clone(),
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    }
}

/// `{zh, en}`, or one text for both.
fn both(value: Option<&Value>) -> [String; 2] {
    let of = |map: &Map<String, Value>, key: &str| map.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    match value {
        Some(Value::Object(map)) => [of(map, "zh"), of(map, "en")],
        Some(Value::String(text)) => [text.clone(), text.clone()],
        _ => Default::default(),
    }
}
