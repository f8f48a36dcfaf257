//! What went wrong while reading or building, without stopping the rest.

use serde::{Deserialize, Serialize};
use std::fmt;

/// How bad an issue is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; nothing lost.
    Info,
    /// Something was repaired or guessed.
    Warning,
    /// A feature or a part of it was left out.
    Error,
}

/// One problem, with where it is and what it means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issue {
    /// How bad.
    pub severity: Severity,
    /// Stable code such as `cityjson/vertex-out-of-range`.
    pub code: String,
    /// Id of the feature concerned, where known.
    pub feature: Option<String>,
    /// Where in the input: line, row, JSON path.
    pub at: Option<String>,
    /// One sentence for a person.
    pub message: String,
}

impl fmt::Display for Issue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        write!(f, "{severity} [{}]", self.code)?;
        if let Some(feature) = &self.feature {
            write!(f, " {feature}")?;
        }
        if let Some(at) = &self.at {
            write!(f, " ({at})")?;
        }
        write!(f, ": {}", self.message)
    }
}

/// Issues of one input, bounded in memory: the counts are complete, the list holds the first ones of each code.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Report {
    /// Name of the input, as the user gave it.
    pub source: String,
    /// Features that were read whole or in part.
    pub features_read: u64,
    /// Features that were left out.
    pub features_quarantined: u64,
    /// Kept issues: at most [`Report::MAX_PER_CODE`] of a code.
    pub issues: Vec<Issue>,
    /// Number of all issues by code, kept or not.
    pub counts: std::collections::BTreeMap<String, u64>,
}

impl Report {
    /// Issues of one code that are kept with their text.
    pub const MAX_PER_CODE: u64 = 50;

    /// An empty report on `source`.
    pub fn new(source: impl Into<String>) -> Self {
        Self {
            source: source.into(),
            ..Self::default()
        }
    }

    /// Adds an issue; beyond [`Report::MAX_PER_CODE`] of one code only the count grows.
    pub fn push(&mut self, issue: Issue) {
        let count = self.counts.entry(issue.code.clone()).or_default();
        *count += 1;
        if *count <= Self::MAX_PER_CODE {
            self.issues.push(issue);
        }
    }

    /// Adds a warning.
    pub fn warn(&mut self, code: &str, feature: Option<&str>, at: Option<String>, message: impl Into<String>) {
        self.push(Issue {
            severity: Severity::Warning,
            code: code.to_owned(),
            feature: feature.map(str::to_owned),
            at,
            message: message.into(),
        });
    }

    /// Adds an error.
    pub fn error(&mut self, code: &str, feature: Option<&str>, at: Option<String>, message: impl Into<String>) {
        self.push(Issue {
            severity: Severity::Error,
            code: code.to_owned(),
            feature: feature.map(str::to_owned),
            at,
            message: message.into(),
        });
    }

    /// Adds a note.
    pub fn info(&mut self, code: &str, feature: Option<&str>, at: Option<String>, message: impl Into<String>) {
        self.push(Issue {
            severity: Severity::Info,
            code: code.to_owned(),
            feature: feature.map(str::to_owned),
            at,
            message: message.into(),
        });
    }

    /// Number of kept issues that are errors.
    pub fn num_errors(&self) -> usize {
        self.issues.iter().filter(|i| i.severity == Severity::Error).count()
    }

    /// Takes over the issues and counts of `other`; of each code the first [`Report::MAX_PER_CODE`] issues are kept.
    pub fn merge(&mut self, other: Self) {
        self.features_read += other.features_read;
        self.features_quarantined += other.features_quarantined;
        let mut kept: std::collections::BTreeMap<String, u64> = std::collections::BTreeMap::new();
        if !other.issues.is_empty() {
            for issue in &self.issues {
                *kept.entry(issue.code.clone()).or_default() += 1;
            }
        }
        for issue in other.issues {
            let count = kept.entry(issue.code.clone()).or_default();
            if *count < Self::MAX_PER_CODE {
                *count += 1;
                self.issues.push(issue);
            }
        }
        for (code, count) in other.counts {
            *self.counts.entry(code).or_default() += count;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merged_reports_stay_small_and_count_everything() {
        let one = |from: u32, count: u32| {
            let mut report = Report::new("x");
            for i in from..from + count {
                report.warn("a/b", None, Some(i.to_string()), "same");
            }
            report.error("a/c", None, Some(from.to_string()), "other");
            report
        };
        let mut all = Report::new("all");
        for from in (0..30_000).step_by(30) {
            all.merge(one(from, 30));
        }
        assert_eq!((all.counts["a/b"], all.counts["a/c"]), (30_000, 1_000));
        let kept: Vec<_> = all
            .issues
            .iter()
            .filter(|i| i.code == "a/b")
            .filter_map(|i| i.at.clone())
            .collect();
        let first: Vec<_> = (0..50).map(|i| i.to_string()).collect();
        assert_eq!(kept, first, "the first ones of each code stay");
        assert_eq!(all.issues.len() as u64, 2 * Report::MAX_PER_CODE);
    }

    #[test]
    fn a_million_equal_issues_stay_small() {
        let mut report = Report::new("x");
        for i in 0..1_000_000 {
            report.warn("a/b", None, Some(i.to_string()), "same");
        }
        assert_eq!(report.issues.len() as u64, Report::MAX_PER_CODE);
        assert_eq!(report.counts["a/b"], 1_000_000);
    }
}
