//! Hands outcomes to the sink in order: parents checked, repeated ids refused, everything counted.

use super::object::Outcome;
use crate::{DatasetInfo, FeatureSink, SourceError};
use city_model::{Issue, Report};
use hashbrown::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

/// Longest chain of parents that is followed.
const MAX_PARENTS: usize = 32;

/// The way out of the reader.
pub(crate) struct Emitter<'a> {
    pub(crate) path: &'a Path,
    pub(crate) sink: &'a mut dyn FeatureSink,
    pub(crate) report: &'a mut Report,
    /// 128-bit hashes of the ids given so far: 16 bytes a feature whatever the length of its id.
    seen: HashSet<[u64; 2]>,
    left_out: HashSet<String>,
    parent_of: HashMap<String, String>,
}

impl<'a> Emitter<'a> {
    pub(crate) fn new(path: &'a Path, sink: &'a mut dyn FeatureSink, report: &'a mut Report) -> Self {
        Self {
            path,
            sink,
            report,
            seen: HashSet::new(),
            left_out: HashSet::new(),
            parent_of: HashMap::new(),
        }
    }

    /// A data set begins.
    pub(crate) fn begin(&mut self, info: &DatasetInfo) -> Result<(), SourceError> {
        self.sink.begin(info).map_err(SourceError::sink(self.path))
    }

    /// Notes a problem.
    pub(crate) fn issue(&mut self, issue: Issue) {
        self.report.push(issue);
    }

    /// Counts something that could not be read at all.
    pub(crate) fn quarantine(&mut self, code: &str, feature: Option<&str>, at: String, message: String) {
        self.report.error(code, feature, Some(at), message);
        self.report.features_quarantined += 1;
    }

    /// Gives one feature to the sink, or counts it as left out. `knows` tells whether an id is in the same scope.
    pub(crate) fn emit(&mut self, outcome: Outcome, knows: &dyn Fn(&str) -> bool) -> Result<(), SourceError> {
        let Outcome {
            feature,
            id,
            parents,
            issues,
        } = outcome;
        let at = issues.first().and_then(|issue| issue.at.clone());
        for issue in issues {
            self.report.push(issue);
        }
        let Some(mut feature) = feature else {
            self.left_out.insert(id);
            self.report.features_quarantined += 1;
            return Ok(());
        };
        if !self.seen.insert(fingerprint(&id)) {
            self.quarantine(
                "cityjson/duplicate-id",
                Some(&id),
                at.unwrap_or_default(),
                "the id was met before: the first one is kept".to_owned(),
            );
            return Ok(());
        }
        feature.parent = self.usable_parent(&id, parents, knows);
        self.sink.feature(feature).map_err(SourceError::sink(self.path))?;
        self.report.features_read += 1;
        Ok(())
    }

    /// Forgets relations that end with a scope (one feature of a sequence).
    pub(crate) fn end_scope(&mut self) {
        self.left_out.clear();
        self.parent_of.clear();
    }

    fn usable_parent(&mut self, id: &str, parents: Vec<String>, knows: &dyn Fn(&str) -> bool) -> Option<String> {
        if parents.is_empty() {
            return None;
        }
        let Some(parent) = parents
            .iter()
            .find(|p| *p != id && knows(p) && !self.left_out.contains(*p))
        else {
            let named = parents.join(", ");
            self.report.warn(
                "cityjson/unknown-parent",
                Some(id),
                None,
                format!("its parent {named:?} is not there or was left out"),
            );
            return None;
        };
        let mut ancestor = parent;
        for step in 0.. {
            if ancestor == id || step > MAX_PARENTS {
                self.report.warn(
                    "cityjson/parent-cycle",
                    Some(id),
                    None,
                    "its parents lead in a circle: read without parent",
                );
                return None;
            }
            match self.parent_of.get(ancestor) {
                Some(next) => ancestor = next,
                None => break,
            }
        }
        self.parent_of.insert(id.to_owned(), parent.clone());
        Some(parent.clone())
    }
}

fn fingerprint(id: &str) -> [u64; 2] {
    [0u8, 1].map(|salt| {
        let mut hasher = DefaultHasher::new();
        salt.hash(&mut hasher);
        id.hash(&mut hasher);
        hasher.finish()
    })
}
