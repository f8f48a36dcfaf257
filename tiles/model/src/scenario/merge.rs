//! Three-way merge of two scenarios against their common ancestor.

use super::Edit;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Whose decision is taken where both sides decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// That of the scenario merged into.
    Ours,
    /// That of the scenario merged.
    Theirs,
}

/// Decisions for conflicts, by feature id.
pub type Resolve = BTreeMap<String, Side>;

/// A feature that both sides decided on differently. The last edit of each side, `None` where it was taken back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Conflict {
    /// Id of the feature.
    pub feature: String,
    /// Ours.
    pub ours: Option<Edit>,
    /// Theirs.
    pub theirs: Option<Edit>,
}

/// What a merge would write. With conflicts nothing is to be written.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MergePlan {
    /// Edits to be added, in their order. Those of theirs have `seq` 0 and come after ours; what stays of an edit of
    /// ours that ends keeps its place.
    pub append: Vec<Edit>,
    /// Uids of edits of ours that end.
    pub close: Vec<String>,
    /// What is to be decided first, by feature id.
    pub conflicts: Vec<Conflict>,
}

/// Last edit of every feature.
fn last_edits(edits: &[Edit]) -> BTreeMap<&str, &Edit> {
    let mut last = BTreeMap::new();
    for edit in edits {
        // a proposal that came with an edit belongs to the feature that it came with
        last.extend(edit.features.iter().map(|id| (id.as_str(), edit)));
    }
    last
}

/// Features that a side decided on since the ancestor: by edits that it added or took back.
fn touched<'a>(base: &'a [Edit], now: &'a [Edit]) -> BTreeSet<&'a str> {
    fn uids(edits: &[Edit]) -> BTreeSet<&str> {
        edits.iter().map(|e| e.uid.as_str()).collect()
    }
    let (before, after) = (uids(base), uids(now));
    base.iter()
        .filter(|e| !after.contains(e.uid.as_str()))
        .chain(now.iter().filter(|e| !before.contains(e.uid.as_str())))
        .flat_map(|e| e.features.iter().map(String::as_str))
        .collect()
}

fn same(a: Option<&Edit>, b: Option<&Edit>, id: &str) -> bool {
    match (a, b) {
        (None, None) => true,
        (Some(a), Some(b)) => a.uid == b.uid || (a.says_the_same(b) && brings_nothing(a, id) && brings_nothing(b, id)),
        _ => false,
    }
}

/// True when the edit makes no body for the feature: two bodies are never the same.
fn brings_nothing(edit: &Edit, id: &str) -> bool {
    edit.added.is_empty() || !edit.features.iter().any(|f| f == id)
}

/// Merges `theirs` into `ours`.
///
/// * `base` — edits of the common ancestor; all three by ascending `seq`, each with the edits in force
/// * `resolve` — decisions for features in conflict; others are passed over
///
/// The same change on both sides is no conflict. Where nothing that both sides touched differs, the order of merges
/// does not matter: the states come out the same.
pub fn merge(base: &[Edit], ours: &[Edit], theirs: &[Edit], resolve: &Resolve) -> MergePlan {
    let mut plan = MergePlan::default();
    let (last_ours, last_theirs) = (last_edits(ours), last_edits(theirs));
    let (touched_ours, touched_theirs) = (touched(base, ours), touched(base, theirs));
    // features whose edits of theirs are not taken, and those of ours that end
    let (mut not_theirs, mut not_ours) = (BTreeSet::new(), BTreeSet::new());
    for id in touched_ours.intersection(&touched_theirs) {
        let (a, b) = (last_ours.get(id).copied(), last_theirs.get(id).copied());
        if same(a, b, id) {
            not_theirs.insert(*id);
            continue;
        }
        match resolve.get(*id) {
            Some(Side::Ours) => drop(not_theirs.insert(*id)),
            Some(Side::Theirs) => drop(not_ours.insert(*id)),
            None => plan.conflicts.push(Conflict {
                feature: (*id).to_owned(),
                ours: a.cloned(),
                theirs: b.cloned(),
            }),
        }
    }
    if !plan.conflicts.is_empty() {
        return plan;
    }
    let in_base: BTreeSet<&str> = base.iter().map(|e| e.uid.as_str()).collect();
    let in_ours: BTreeSet<&str> = ours.iter().map(|e| e.uid.as_str()).collect();
    let in_theirs: BTreeSet<&str> = theirs.iter().map(|e| e.uid.as_str()).collect();
    for edit in ours {
        let uid = edit.uid.as_str();
        let taken_back = in_base.contains(uid) && !in_theirs.contains(uid);
        let goes = |at: usize| {
            let id = edit.features[at].as_str();
            let theirs_wins = not_ours.contains(id) && !(in_theirs.contains(uid));
            theirs_wins || (taken_back && !not_theirs.contains(id))
        };
        plan.replace(edit, goes);
    }
    for edit in theirs {
        let uid = edit.uid.as_str();
        if in_base.contains(uid) || in_ours.contains(uid) {
            continue;
        }
        let kept = edit.only(|at| !not_theirs.contains(edit.features[at].as_str()));
        if !kept.features.is_empty() || edit.features.is_empty() {
            plan.append.push(Edit { seq: 0, ..kept });
        }
    }
    plan
}

impl MergePlan {
    /// Ends an edit for the features at which `goes`; what stays of it goes on under a name of its own.
    fn replace(&mut self, edit: &Edit, goes: impl Fn(usize) -> bool) {
        let going = (0..edit.features.len()).filter(|at| goes(*at)).count();
        if going == 0 {
            return;
        }
        self.close.push(edit.uid.clone());
        if going < edit.features.len() {
            let mut rest = edit.only(|at| !goes(at));
            rest.uid = format!("{}-part", edit.uid);
            self.append.push(rest);
        }
    }

    /// Features that the merge decides on.
    pub fn num_features(&self) -> usize {
        let ids: BTreeSet<&str> = self
            .append
            .iter()
            .flat_map(|e| e.features.iter().map(String::as_str))
            .collect();
        ids.len()
    }

    /// True when there is nothing to write.
    pub const fn is_empty(&self) -> bool {
        self.append.is_empty() && self.close.is_empty() && self.conflicts.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::super::edit::tests::edit;
    use super::super::{Action, CityFacts, Ledger, StepKind, compile};
    use super::*;
    use proptest::prelude::*;

    fn in_order(mut edits: Vec<Edit>) -> Vec<Edit> {
        edits.iter_mut().for_each(|e| e.seq = 0);
        let mut ledger = Ledger::new(&[]);
        ledger.apply(StepKind::Edit, &edits, Vec::new());
        ledger.at(2)
    }

    fn apply(ours: &[Edit], plan: &MergePlan) -> Vec<Edit> {
        let mut ledger = Ledger::new(ours);
        ledger.apply(StepKind::Merge, &plan.append, plan.close.clone());
        ledger.at(2)
    }

    fn codes(edits: &[Edit]) -> Vec<u8> {
        let city = CityFacts {
            count: 60,
            ..CityFacts::default()
        };
        compile(edits, None, &city).codes().to_vec()
    }

    #[test]
    fn the_same_change_is_no_conflict_and_another_one_is() {
        let base = in_order(vec![edit("a", 1, Action::Retain, &[1])]);
        let mut ours = base.clone();
        ours.push(edit("o", 2, Action::Demolish, &[2, 3]));
        let mut theirs = base.clone();
        theirs.push(edit("t", 2, Action::Demolish, &[3, 4]));
        let plan = merge(&base, &ours, &theirs, &Resolve::new());
        assert!(plan.conflicts.is_empty());
        assert_eq!(plan.append[0].features, ["f4"], "3 is demolished already");
        theirs.push(edit("u", 3, Action::Modify, &[2]));
        let plan = merge(&base, &ours, &theirs, &Resolve::new());
        assert_eq!(plan.conflicts.len(), 1);
        assert_eq!(plan.conflicts[0].feature, "f2");
        assert_eq!(plan.conflicts[0].ours.as_ref().unwrap().uid, "o");
        for (side, code) in [(Side::Ours, 3), (Side::Theirs, 2)] {
            let plan = merge(&base, &ours, &theirs, &Resolve::from([("f2".to_owned(), side)]));
            assert_eq!(codes(&apply(&ours, &plan))[..5], [0, 1, code, 3, 3], "{side:?}");
        }
    }

    #[test]
    fn what_they_took_back_is_taken_back_here_unless_we_decided_anew() {
        let base = in_order(vec![edit("a", 1, Action::Demolish, &[1, 2])]);
        let plan = merge(&base, &base, &[], &Resolve::new());
        assert_eq!(plan.close, ["a"]);
        let mut ours = base.clone();
        ours.push(edit("o", 2, Action::Modify, &[2]));
        let plan = merge(&base, &ours, &[], &Resolve::new());
        assert_eq!(plan.conflicts.len(), 1);
        assert!(plan.conflicts[0].theirs.is_none());
        let plan = merge(&base, &ours, &[], &Resolve::from([("f2".to_owned(), Side::Theirs)]));
        assert_eq!(codes(&apply(&ours, &plan))[..3], [0, 0, 0]);
        let plan = merge(&base, &ours, &[], &Resolve::from([("f2".to_owned(), Side::Ours)]));
        assert_eq!(codes(&apply(&ours, &plan))[..3], [0, 0, 2]);
    }

    #[test]
    fn bodies_stay_with_the_feature_that_they_came_with() {
        let mut raise = edit("t", 1, Action::Modify, &[1, 2]);
        raise.added = vec!["p1".to_owned(), "p2".to_owned()];
        raise.added_indices = vec![50, 51];
        let ours = in_order(vec![edit("o", 1, Action::Demolish, &[1])]);
        let plan = merge(&[], &ours, &[raise], &Resolve::from([("f1".to_owned(), Side::Ours)]));
        assert_eq!(
            (&plan.append[0].features[..], &plan.append[0].added_indices[..]),
            (&["f2".to_owned()][..], &[51][..])
        );
    }

    fn edits_on(range: std::ops::Range<u32>, name: &'static str) -> impl Strategy<Value = Vec<Edit>> {
        let one = (0_usize..3, proptest::collection::vec(range, 1..5));
        proptest::collection::vec(one, 0..6).prop_map(move |list| {
            let edits = list.into_iter().enumerate().map(|(i, (action, indices))| {
                let action = [Action::Retain, Action::Modify, Action::Demolish][action];
                edit(&format!("{name}{i}"), 0, action, &indices)
            });
            in_order(edits.collect())
        })
    }

    proptest! {
        #[test]
        fn merges_of_disjoint_edits_commute(base in edits_on(0..60, "base"), a in edits_on(0..20, "a"), b in edits_on(20..40, "b")) {
            let branch = |own: &[Edit]| {
                in_order([&base, own].concat())
            };
            let (a, b) = (branch(&a), branch(&b));
            let one_way = apply(&a, &merge(&base, &a, &b, &Resolve::new()));
            let other_way = apply(&b, &merge(&base, &b, &a, &Resolve::new()));
            prop_assert!(merge(&base, &a, &b, &Resolve::new()).conflicts.is_empty());
            prop_assert_eq!(codes(&one_way), codes(&other_way));
            // and a second merge finds nothing to do
            prop_assert!(merge(&base, &one_way, &b, &Resolve::new()).is_empty());
        }

        #[test]
        fn a_resolved_merge_has_no_conflicts_left(base in edits_on(0..20, "base"), a in edits_on(0..20, "a"), b in edits_on(0..20, "b"), theirs: bool) {
            let (a, b) = ([base.clone(), a].concat(), [base.clone(), b].concat());
            let side = if theirs { Side::Theirs } else { Side::Ours };
            let open = merge(&base, &a, &b, &Resolve::new());
            let resolve: Resolve = open.conflicts.iter().map(|c| (c.feature.clone(), side)).collect();
            let plan = merge(&base, &a, &b, &resolve);
            prop_assert!(plan.conflicts.is_empty());
            let merged = codes(&apply(&in_order(a.clone()), &plan));
            let wanted = codes(&in_order(if theirs { b } else { a }));
            for conflict in &open.conflicts {
                let index: usize = conflict.feature[1..].parse().unwrap();
                prop_assert_eq!(merged[index], wanted[index]);
            }
        }
    }
}
