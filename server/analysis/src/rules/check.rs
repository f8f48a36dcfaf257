//! Rules held against an evaluation: pass, fail, or not decidable, with what counts.

use super::load::RuleSet;
use super::measure::{amount, measure};
use super::model::{Comparator, LimitTable, Quantity, Rule, Sum};
use crate::evaluate::Evaluation;
use crate::exact::Exact;
use crate::filter::holds;
use crate::indicators::{Counted, Text};
use crate::slots::SlotSet;
use serde::Serialize;
use std::collections::BTreeMap;

/// Settings of the city that rules ask for, such as `climate_zone` → `II`.
pub type RuleSettings = BTreeMap<String, String>;

/// Values this near the limit count as the limit: sums of surveyed areas are not exact to more.
const TOLERANCE: f64 = 1e-9;

/// Outcome of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Met.
    Pass,
    /// Broken.
    Fail,
    /// The data does not decide it.
    NotDecidable,
}

/// What an exception took out.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Excepted {
    /// Name of the exception.
    pub id: String,
    /// What is left out.
    pub title: Text,
    /// How much of the value's numerator it is.
    pub amount: f64,
    /// Buildings that it took out.
    #[serde(skip)]
    pub buildings: SlotSet,
}

/// A rule with its outcome.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleResult<'a> {
    /// File of the rule.
    pub file: &'a str,
    /// The rule.
    pub rule: &'a Rule,
    /// Source of the limit.
    pub source: &'a str,
    /// Measured.
    pub value: Option<f64>,
    /// Limit in force.
    pub limit: Option<f64>,
    /// Room left, in the unit of the value; negative when broken.
    pub margin: Option<f64>,
    /// Outcome.
    pub verdict: Verdict,
    /// The outcome in words.
    pub reason: Text,
    /// What exceptions took out.
    pub exceptions: Vec<Excepted>,
    /// Features that count.
    pub counted: Counted,
}

/// Holds every rule of the set against the evaluation.
pub fn check<'a>(set: &'a RuleSet, e: &Evaluation, settings: &RuleSettings) -> Vec<RuleResult<'a>> {
    set.rules
        .iter()
        .map(|(file, rule)| {
            let of_file = set.files.get(file).map_or("", |f| f.source.as_str());
            check_one(file, rule, rule.source.as_deref().unwrap_or(of_file), e, settings)
        })
        .collect()
}

fn check_one<'a>(
    file: &'a str,
    rule: &'a Rule,
    source: &'a str,
    e: &Evaluation,
    settings: &RuleSettings,
) -> RuleResult<'a> {
    let measured = measure(e, rule, &rule.value);
    let mut result = RuleResult {
        file,
        rule,
        source,
        value: measured.value,
        limit: rule.limit,
        margin: None,
        verdict: Verdict::NotDecidable,
        reason: Text::default(),
        exceptions: excepted(e, rule),
        counted: measured.counted.clone(),
    };
    if let Some(applies) = &rule.applies {
        match measure(e, rule, &applies.value).value {
            Some(v) if v >= applies.at_least => {}
            _ => {
                result.reason = applies.otherwise.clone();
                return result;
            }
        }
    }
    if let Some(table) = &rule.limit_table {
        match limit_of(e, rule, table, settings) {
            Ok(limit) => result.limit = Some(limit),
            Err(reason) => {
                result.reason = reason;
                return result;
            }
        }
    }
    let (Some(value), Some(limit)) = (result.value, result.limit) else {
        result.reason = measured
            .reason
            .unwrap_or_else(|| Text::new("数据不足,不可判定", "the data does not decide it"));
        return result;
    };
    let margin = rule.comparator.margin(value, limit);
    let is_met = margin >= -TOLERANCE * limit.abs().max(1.0);
    result.margin = Some(margin);
    result.verdict = if is_met { Verdict::Pass } else { Verdict::Fail };
    result.reason = in_words(rule.comparator, value, limit, margin, is_met);
    if let Some(note) = measured.note {
        result.reason.zh = format!("{}({})", result.reason.zh, note.zh);
        result.reason.en = format!("{} ({})", result.reason.en, note.en);
    }
    result
}

fn in_words(comparator: Comparator, value: f64, limit: f64, margin: f64, is_met: bool) -> Text {
    let short = |v: f64| {
        let text = format!("{v:.3}");
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    };
    let (v, l, m) = (short(value), short(limit), short(margin.abs()));
    let sign = comparator.sign();
    if is_met {
        Text::new(
            format!("计算值 {v},限值 {sign} {l},余量 {m}"),
            format!("{v}, limit {sign} {l}, {m} to spare"),
        )
    } else {
        Text::new(
            format!("计算值 {v},限值 {sign} {l},超出 {m}"),
            format!("{v}, limit {sign} {l}, off by {m}"),
        )
    }
}

/// Limit of the table's row, or why there is none.
fn limit_of(e: &Evaluation, rule: &Rule, table: &LimitTable, settings: &RuleSettings) -> Result<f64, Text> {
    let zone = settings.get(&table.setting).unwrap_or(&table.default);
    let rows = table.rows.get(zone).ok_or_else(|| {
        let known: Vec<&str> = table.rows.keys().map(String::as_str).collect();
        Text::new(
            format!("设置 {} = {zone} 不在表中({})", table.setting, known.join("、")),
            format!(
                "setting {} = {zone} is not in the table ({})",
                table.setting,
                known.join(", ")
            ),
        )
    })?;
    let by = measure(e, rule, &table.by);
    let Some(step) = by.value else {
        return Err(by
            .reason
            .unwrap_or_else(|| Text::new("数据不足,不可判定", "the data does not decide it")));
    };
    // the table's classes are whole numbers: 3.4 storeys on average is a class-3 block, 3.5 a class-4 one
    let step = step.round();
    rows.iter()
        .find(|row| step <= row.up_to)
        .map(|row| row.limit)
        .ok_or_else(|| table.beyond.clone())
}

fn excepted(e: &Evaluation, rule: &Rule) -> Vec<Excepted> {
    let Some(sum) = numerator(&rule.value) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for exception in rule.exceptions.iter().filter(|x| sum.except.contains(&x.id)) {
        let (mut total, mut buildings) = (Exact::default(), SlotSet::default());
        for (slot, now) in e.buildings().filter(|(_, now)| now.share > 0.0) {
            if holds(&sum.filter, &now) && holds(&exception.filter, &now) {
                total += Exact::of(amount(&now, sum.what).unwrap_or(0.0));
                buildings.insert(slot);
            }
        }
        let (id, title) = (exception.id.clone(), exception.title.clone());
        found.push(Excepted {
            id,
            title,
            amount: total.value(),
            buildings,
        });
    }
    found
}

/// The sum above the line.
fn numerator(quantity: &Quantity) -> Option<&Sum> {
    match quantity {
        Quantity::Sum(sum) => Some(sum),
        Quantity::Ratio(r) => numerator(&r.of),
        _ => None,
    }
}
