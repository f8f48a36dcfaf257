//! The indicators: one file per family, each with what it sums and how figures follow. A new one is a row in its
//! family's table.

pub mod facilities;
mod floor_area;
mod green;
mod height;
mod investment;
mod people;
mod pipes;
mod renewal;
mod resettlement;
mod site;

use crate::evaluate::Evaluation;
use crate::slots::SlotSet;
use crate::tally::Measure;
use crate::world::{Patch, Spot};
use serde::Serialize;
use std::sync::LazyLock;

pub use facilities::FacilityKind;

/// Text in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl Text {
    /// Both texts.
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            zh: zh.into(),
            en: en.into(),
        }
    }

    /// The same words in both, for what has no translation: names, numbers, messages of other programs.
    pub fn same(words: impl Into<String>) -> Self {
        let zh: String = words.into();
        Self { en: zh.clone(), zh }
    }
}

/// What an indicator is computed from; an edit of something else leaves it alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// The total of a measure.
    Total(&'static str),
    /// Planted ground.
    Greens,
    /// Renewal projects.
    Projects,
    /// Facilities around the area.
    Facilities,
}

/// Definition of an indicator.
#[derive(Debug, Clone, Copy)]
pub struct Definition {
    /// Stable id.
    pub id: &'static str,
    /// Chinese and English title.
    pub title: [&'static str; 2],
    /// Group of the catalogue.
    pub group: &'static str,
    /// Unit as printed: `m2`, `m`, `1` …
    pub unit: &'static str,
    /// Decimals worth showing.
    pub decimals: u8,
    /// Formula in Chinese and English.
    pub formula: [&'static str; 2],
    /// Where the definition comes from.
    pub source: &'static str,
    /// True when the definition was read in a published source; false: 参考值.
    pub is_verified: bool,
    /// What it is computed from.
    pub needs: &'static [Need],
    /// The computation.
    pub value: fn(&Evaluation) -> Value,
}

/// Which features count, by list of the world.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Counted {
    /// Buildings.
    pub buildings: SlotSet,
    /// Pipes.
    pub pipes: SlotSet,
    /// Others.
    pub others: Vec<Named>,
}

/// A feature by both of its names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Named {
    /// Stable id.
    pub id: Box<str>,
    /// Dense number.
    pub index: u32,
}

impl From<&Patch> for Named {
    fn from(patch: &Patch) -> Self {
        Self {
            id: patch.id.clone(),
            index: patch.index,
        }
    }
}

impl From<&Spot> for Named {
    fn from(spot: &Spot) -> Self {
        Self {
            id: spot.id.clone(),
            index: spot.index,
        }
    }
}

/// Features that count, as they are listed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Listed {
    /// How many there are; the lists may hold fewer.
    pub number: usize,
    /// Ids.
    pub ids: Vec<String>,
    /// Dense numbers, in the same order.
    pub indices: Vec<u32>,
}

/// Value of an indicator.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Value {
    /// The figure; `None` when the data does not decide it.
    pub value: Option<f64>,
    /// Why there is none.
    pub reason: Option<Text>,
    /// Sum of what is known, where some features do not say their part.
    pub known: Option<f64>,
    /// Parts by key.
    pub by: Vec<(String, f64)>,
    /// What the figure rests on beside the data: assumptions that stood in.
    pub note: Option<Text>,
    /// Features that count.
    pub counted: Counted,
}

impl Value {
    /// A figure.
    pub fn of(value: f64) -> Self {
        Self {
            value: Some(value),
            ..Self::default()
        }
    }

    /// No figure, and why.
    pub fn undecided(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            reason: Some(Text::new(zh, en)),
            ..Self::default()
        }
    }

    /// The total of a measure: its sum, parts and features, or the reason why it is not known in full.
    pub fn of_total(e: &Evaluation, measure: &str) -> Self {
        let total = e.total(measure);
        let mut value = Self {
            value: total.value(),
            by: e.parts(measure),
            counted: e.counted(measure),
            ..Self::default()
        };
        if !total.unknown.is_empty() {
            let (n, all) = (total.unknown.len(), total.unknown.len() + total.members.len());
            value.known = Some(total.known());
            value.reason = Some(e.unknown_text(measure, n, all));
            value.counted = e.unknown(measure);
        } else if total.num_assumed > 0 {
            value.note = Some(e.assumed_text(measure, total.num_assumed, total.members.len()));
        }
        value
    }

    /// The same figure divided; parts too.
    #[must_use]
    pub fn per(mut self, divisor: f64) -> Self {
        for v in self
            .value
            .iter_mut()
            .chain(&mut self.known)
            .chain(self.by.iter_mut().map(|(_, v)| v))
        {
            *v /= divisor;
        }
        self
    }

    /// `self ÷ other`, with the features of both; the first reason wins.
    #[must_use]
    pub fn over(mut self, other: &Self, zero: [&str; 2]) -> Self {
        self.counted.buildings.extend(&other.counted.buildings);
        self.counted.pipes.extend(&other.counted.pipes);
        self.by.clear();
        self.known = None;
        self.value = match (self.value, other.value) {
            (Some(a), Some(b)) if b > 0.0 => Some(a / b),
            (Some(_), Some(_)) => {
                self.reason = Some(Text::new(zero[0], zero[1]));
                None
            }
            _ => None,
        };
        if self.value.is_none() && self.reason.is_none() {
            self.reason.clone_from(&other.reason);
        }
        if self.note.is_none() {
            self.note.clone_from(&other.note);
        }
        self
    }
}

/// Every indicator, in the order of the catalogue.
pub static INDICATORS: LazyLock<Vec<Definition>> = LazyLock::new(|| {
    [
        site::INDICATORS,
        floor_area::INDICATORS,
        green::INDICATORS,
        height::INDICATORS,
        people::INDICATORS,
        renewal::INDICATORS,
        resettlement::INDICATORS,
        pipes::INDICATORS,
        facilities::INDICATORS,
        investment::INDICATORS,
    ]
    .concat()
});

/// Every measure that indicators rest on.
pub static MEASURES: LazyLock<Vec<Measure>> = LazyLock::new(|| {
    [
        floor_area::MEASURES,
        height::MEASURES,
        people::MEASURES,
        renewal::MEASURES,
        pipes::MEASURES,
    ]
    .concat()
});

/// Place of an indicator in the catalogue.
pub fn position(id: &str) -> Option<usize> {
    INDICATORS.iter().position(|d| d.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_needs_exist() {
        for (i, d) in INDICATORS.iter().enumerate() {
            assert_eq!(position(d.id), Some(i), "{}", d.id);
            for need in d.needs {
                if let Need::Total(id) = need {
                    assert!(MEASURES.iter().any(|m| m.id == *id), "{}: {id}", d.id);
                }
            }
        }
        for (i, m) in MEASURES.iter().enumerate() {
            assert_eq!(MEASURES.iter().position(|o| o.id == m.id), Some(i), "{}", m.id);
        }
    }
}
