//! What two scenarios or phases show differently.

use super::{FeatureState, StateTable};
use crate::Attributes;
use std::collections::BTreeMap;

/// Features by what became of them from A to B; dense numbers, ascending.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StateDiff {
    /// Stand in B and not in A.
    pub added: Vec<u32>,
    /// Stand in A and not in B.
    pub removed: Vec<u32>,
    /// Stand in both, with another state or other attributes.
    pub changed: Vec<u32>,
    /// Number of those that stand in both alike.
    pub kept: u64,
}

/// Compares two tables of one city.
///
/// * `changes_a`, `changes_b` — attribute changes, see [`super::modifications`]
pub fn diff(
    a: &StateTable,
    b: &StateTable,
    changes_a: &BTreeMap<u32, Attributes>,
    changes_b: &BTreeMap<u32, Attributes>,
) -> StateDiff {
    let mut found = StateDiff::default();
    let stands: [bool; 256] = std::array::from_fn(|code| {
        u8::try_from(code)
            .ok()
            .and_then(FeatureState::from_code)
            .is_some_and(FeatureState::stands)
    });
    let absent = FeatureState::Absent.code();
    let (short, long) = (a.len().min(b.len()), a.len().max(b.len()));
    let changeable = [FeatureState::Modified.code(), FeatureState::Added.code()];
    let attributes_differ = !(changes_a.is_empty() && changes_b.is_empty());
    let mut compare = |index: usize, code_a: u8, code_b: u8| {
        // tables hold at most 2^32 features
        let number = index as u32;
        match (stands[usize::from(code_a)], stands[usize::from(code_b)]) {
            (false, false) => {}
            (false, true) => found.added.push(number),
            (true, false) => found.removed.push(number),
            (true, true) => {
                // only what is modified or proposed has other attributes
                let may_differ = attributes_differ && [code_a, code_b].iter().any(|code| changeable.contains(code));
                let same_attributes = !may_differ || changes_a.get(&number) == changes_b.get(&number);
                if code_a == code_b && same_attributes {
                    found.kept += 1;
                } else {
                    found.changed.push(number);
                }
            }
        }
    };
    for (index, (code_a, code_b)) in a.codes().iter().zip(b.codes()).enumerate() {
        compare(index, *code_a, *code_b);
    }
    for index in short..long {
        let code = |table: &StateTable| table.codes().get(index).copied().unwrap_or(absent);
        compare(index, code(a), code(b));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn table(codes: &[u8]) -> StateTable {
        let mut table = StateTable::new(codes.len() as u32);
        for (index, code) in codes.iter().enumerate() {
            table.set(index as u32, FeatureState::from_code(*code).unwrap());
        }
        table
    }

    #[test]
    fn features_are_added_removed_changed_or_kept() {
        let none = BTreeMap::new();
        let a = table(&[0, 0, 0, 5, 3, 0, 1, 6]);
        let b = table(&[0, 3, 2, 4, 3, 6, 1, 6, 4]);
        let found = diff(&a, &b, &none, &none);
        assert_eq!((found.added, found.removed), (vec![3, 8], vec![1, 5]));
        assert_eq!((found.changed, found.kept), (vec![2], 2));
        let mut changes = BTreeMap::new();
        changes.insert(2, json!({"use": "x"}).as_object().cloned().unwrap());
        let found = diff(&b, &b, &none, &changes);
        assert_eq!((found.changed, found.kept), (vec![2], 4));
    }
}
