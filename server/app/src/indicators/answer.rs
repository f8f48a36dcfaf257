//! The answers as they go out.

use super::{AreaAnswer, MAX_FEATURES};
use analysis::indicators::{Definition, INDICATORS, Text};
use analysis::rules::{RuleFault, RuleResult, RuleSet, RuleSettings, Verdict, check};
use analysis::{Evaluation, indicators};
use serde::Serialize;
use std::collections::BTreeMap;

/// Text in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct TextAnswer {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl From<&Text> for TextAnswer {
    fn from(text: &Text) -> Self {
        Self {
            zh: text.zh.clone(),
            en: text.en.clone(),
        }
    }
}

impl From<[&'static str; 2]> for TextAnswer {
    fn from([zh, en]: [&'static str; 2]) -> Self {
        Self {
            zh: zh.to_owned(),
            en: en.to_owned(),
        }
    }
}

/// The scenario that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct ScenarioAnswer {
    /// Id.
    pub id: String,
    /// Revision; 0 of the base.
    pub revision: u64,
    /// Day looked at.
    pub phase: Option<String>,
}

/// One indicator.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct IndicatorAnswer {
    /// Stable id.
    pub id: &'static str,
    /// Title.
    pub title: TextAnswer,
    /// Group.
    pub group: &'static str,
    /// The figure; `null` when the data does not decide it.
    pub value: Option<f64>,
    /// Unit: `m2`, `m`, `1` (a ratio), `CNY`, or a counting word.
    pub unit: &'static str,
    /// Decimals worth showing.
    pub decimals: u8,
    /// Formula.
    pub formula: TextAnswer,
    /// Where the definition comes from.
    pub source: &'static str,
    /// True when the definition was read in a published source; false: 参考值.
    pub verified: bool,
    /// Why there is no figure.
    pub reason: Option<TextAnswer>,
    /// What is known where some features do not say their part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub known: Option<f64>,
    /// Assumptions that stood in for missing data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<TextAnswer>,
    /// Parts by key.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub by: BTreeMap<String, f64>,
    /// Features that count.
    pub num_features: usize,
    /// Their ids, at most 2000; where the figure is missing, the features that do not say their part.
    pub features: Vec<String>,
    /// Dense numbers of `features`, in the same order.
    pub feature_indices: Vec<u32>,
    /// The figure of the baseline, where one was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline: Option<f64>,
    /// `value − baseline`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<f64>,
}

/// All indicators of an area.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct IndicatorsAnswer {
    /// Published revision of the city.
    pub city_revision: u64,
    /// Scenario looked at.
    pub scenario: ScenarioAnswer,
    /// Scenario compared with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline: Option<ScenarioAnswer>,
    /// Area looked at.
    pub area: AreaAnswer,
    /// Indicators, in catalogue order.
    pub indicators: Vec<IndicatorAnswer>,
}

/// One rule held against the area.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct RuleAnswer {
    /// Stable id.
    pub rule: String,
    /// File that it comes from.
    pub file: String,
    /// Title.
    pub title: TextAnswer,
    /// Clause of the document.
    pub clause: String,
    /// Measured; `null` when the data does not decide it.
    pub value: Option<f64>,
    /// Limit in force.
    pub limit: Option<f64>,
    /// `<=` or `>=`.
    pub comparator: &'static str,
    /// Unit of value, limit and margin.
    pub unit: String,
    /// Room left; negative when broken.
    pub margin: Option<f64>,
    /// `pass`, `fail` or `not_decidable`.
    #[schema(value_type = String)]
    pub verdict: Verdict,
    /// The verdict in words.
    pub reason: TextAnswer,
    /// What exceptions left out.
    pub exceptions: Vec<ExceptionAnswer>,
    /// Source of the limit.
    pub source: String,
    /// True when the limit was read in a published source; false: 参考值.
    pub verified: bool,
    /// Anything a reader should know.
    pub note: Option<TextAnswer>,
    /// Features that count.
    pub num_features: usize,
    /// Their ids, at most 2000.
    pub features: Vec<String>,
    /// Dense numbers of `features`, in the same order.
    pub feature_indices: Vec<u32>,
    /// Indicators that show the same matter.
    pub indicators: Vec<String>,
}

/// What an exception left out.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct ExceptionAnswer {
    /// Name of the exception.
    pub id: String,
    /// What is left out.
    pub title: TextAnswer,
    /// How much, in the unit of the sum (m² of floor area mostly).
    pub amount: f64,
    /// Ids of the features, at most 2000.
    pub features: Vec<String>,
    /// Dense numbers of `features`, in the same order.
    pub feature_indices: Vec<u32>,
}

/// All rules held against an area.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct RulesAnswer {
    /// Published revision of the city.
    pub city_revision: u64,
    /// Scenario looked at.
    pub scenario: ScenarioAnswer,
    /// Area looked at.
    pub area: AreaAnswer,
    /// Rules, in the order of their files.
    pub results: Vec<RuleAnswer>,
    /// Rows of rule files that cannot be used.
    #[schema(value_type = Vec<Object>)]
    pub faults: Vec<RuleFault>,
}

pub(super) fn indicators(
    e: &Evaluation,
    city_revision: u64,
    scenario: ScenarioAnswer,
    area: AreaAnswer,
    baseline: Option<(ScenarioAnswer, Vec<Option<f64>>)>,
) -> IndicatorsAnswer {
    let before = |at: usize| {
        baseline
            .as_ref()
            .and_then(|(_, values)| values.get(at).copied().flatten())
    };
    let indicators = INDICATORS
        .iter()
        .zip(e.values())
        .enumerate()
        .map(|(at, (definition, value))| IndicatorAnswer {
            baseline: before(at),
            change: before(at).zip(value.value).map(|(before, now)| now - before),
            ..one(definition, value, e)
        })
        .collect();
    IndicatorsAnswer {
        city_revision,
        scenario,
        baseline: baseline.map(|(s, _)| s),
        area,
        indicators,
    }
}

fn one(d: &Definition, value: &indicators::Value, e: &Evaluation) -> IndicatorAnswer {
    let listed = e.listed(&value.counted, MAX_FEATURES);
    IndicatorAnswer {
        id: d.id,
        title: d.title.into(),
        group: d.group,
        value: value.value,
        unit: d.unit,
        decimals: d.decimals,
        formula: d.formula.into(),
        source: d.source,
        verified: d.is_verified,
        reason: value.reason.as_ref().filter(|_| value.value.is_none()).map(Into::into),
        known: value.known,
        note: value.note.as_ref().map(Into::into),
        by: value.by.iter().cloned().collect(),
        num_features: listed.number,
        features: listed.ids,
        feature_indices: listed.indices,
        baseline: None,
        change: None,
    }
}

pub(super) fn rules(
    e: &Evaluation,
    set: &RuleSet,
    settings: &RuleSettings,
    city_revision: u64,
    scenario: ScenarioAnswer,
    area: AreaAnswer,
) -> RulesAnswer {
    let results = check(set, e, settings).into_iter().map(|r| rule(e, &r)).collect();
    RulesAnswer {
        city_revision,
        scenario,
        area,
        results,
        faults: set.faults.clone(),
    }
}

fn rule(e: &Evaluation, r: &RuleResult<'_>) -> RuleAnswer {
    let listed = e.listed(&r.counted, MAX_FEATURES);
    let exceptions = r
        .exceptions
        .iter()
        .map(|x| {
            let buildings = x
                .buildings
                .iter()
                .take(MAX_FEATURES)
                .map(|slot| &e.world().buildings[slot]);
            let (features, feature_indices) = buildings.map(|b| (b.id.to_string(), b.index)).unzip();
            ExceptionAnswer {
                id: x.id.clone(),
                title: (&x.title).into(),
                amount: x.amount,
                features,
                feature_indices,
            }
        })
        .collect();
    RuleAnswer {
        rule: r.rule.id.clone(),
        file: r.file.to_owned(),
        title: (&r.rule.title).into(),
        clause: r.rule.clause.clone(),
        value: r.value,
        limit: r.limit,
        comparator: r.rule.comparator.wire(),
        unit: r.rule.unit.clone(),
        margin: r.margin,
        verdict: r.verdict,
        reason: (&r.reason).into(),
        exceptions,
        source: r.source.to_owned(),
        verified: r.rule.verified,
        note: r.rule.note.as_ref().map(Into::into),
        num_features: listed.number,
        features: listed.ids,
        feature_indices: listed.indices,
        indicators: r.rule.indicators.clone(),
    }
}
