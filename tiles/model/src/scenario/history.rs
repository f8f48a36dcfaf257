//! Writes of a scenario, undo and redo. Nothing is ever removed: undo closes rows, redo opens new ones.

use super::Edit;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Kind of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// The scenario was made.
    Create,
    /// Edits were added.
    Edit,
    /// Another scenario was merged in.
    Merge,
    /// The last step in force was taken back.
    Undo,
    /// The last step taken back was put in force again.
    Redo,
    /// Name or note was changed.
    Rename,
    /// The scenario was put away.
    Archive,
}

impl StepKind {
    /// Name in the store and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Edit => "edit",
            Self::Merge => "merge",
            Self::Undo => "undo",
            Self::Redo => "redo",
            Self::Rename => "rename",
            Self::Archive => "archive",
        }
    }

    /// Kind of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        [
            Self::Create,
            Self::Edit,
            Self::Merge,
            Self::Undo,
            Self::Redo,
            Self::Rename,
            Self::Archive,
        ]
        .into_iter()
        .find(|kind| kind.as_str() == name)
    }
}

/// One write of a scenario: it makes one revision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Revision that it made, from 1.
    pub revision: u64,
    /// What it was.
    pub kind: StepKind,
    /// Uids of the edits that it put in force.
    pub opened: Vec<String>,
    /// Uids of the edits that it took out of force.
    pub closed: Vec<String>,
    /// Who wrote.
    pub author: String,
    /// When, UTC, RFC 3339.
    pub at: String,
}

/// What may be undone and redone.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct History {
    undo: Vec<usize>,
    redo: Vec<usize>,
}

impl History {
    /// Reads the steps of a scenario, by ascending revision. A new edit forgets what was undone before it.
    pub fn of(steps: &[Step]) -> Self {
        let mut history = Self::default();
        for (at, step) in steps.iter().enumerate() {
            match step.kind {
                StepKind::Edit | StepKind::Merge => {
                    history.undo.push(at);
                    history.redo.clear();
                }
                StepKind::Undo => history.redo.extend(history.undo.pop()),
                StepKind::Redo => history.undo.extend(history.redo.pop()),
                StepKind::Create | StepKind::Rename | StepKind::Archive => {}
            }
        }
        history
    }

    /// Position of the step that undo takes back.
    pub fn to_undo(&self) -> Option<usize> {
        self.undo.last().copied()
    }

    /// Position of the step that redo puts in force.
    pub fn to_redo(&self) -> Option<usize> {
        self.redo.last().copied()
    }
}

/// A scenario in memory: what the store keeps in tables. The store's tests and the laws below are stated on it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ledger {
    rows: Vec<Edit>,
    steps: Vec<Step>,
}

impl Ledger {
    /// A new scenario at revision 1 with edits taken over from another one.
    pub fn new(edits: &[Edit]) -> Self {
        let mut ledger = Self::default();
        let uids = edits.iter().map(|e| e.uid.clone()).collect();
        ledger.write(StepKind::Create, uids, Vec::new(), edits);
        ledger
    }

    /// Number of the last write.
    pub fn revision(&self) -> u64 {
        self.steps.last().map_or(0, |step| step.revision)
    }

    /// Steps by ascending revision.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Edits in force at a revision, by ascending `seq`.
    pub fn at(&self, revision: u64) -> Vec<Edit> {
        let mut edits: Vec<Edit> = self.rows.iter().filter(|e| e.is_active_at(revision)).cloned().collect();
        edits.sort_by_key(|e| e.seq);
        // what a later revision did to the row is not part of this one
        for edit in &mut edits {
            edit.until_revision = None;
        }
        edits
    }

    /// Greatest `seq` ever given.
    pub fn last_seq(&self) -> u64 {
        self.rows.iter().map(|e| e.seq).max().unwrap_or(0)
    }

    /// Adds edits and takes some out of force: an edit or a merge. Edits with `seq` 0 are numbered on.
    pub fn apply(&mut self, kind: StepKind, edits: &[Edit], close: Vec<String>) {
        let first = self.last_seq() + 1;
        let edits: Vec<Edit> = (first..)
            .zip(edits)
            .map(|(next, e)| Edit {
                seq: if e.seq == 0 { next } else { e.seq },
                ..e.clone()
            })
            .collect();
        let uids = edits.iter().map(|e| e.uid.clone()).collect();
        self.write(kind, uids, close, &edits);
    }

    /// Takes the last step back; false when there is none.
    pub fn undo(&mut self) -> bool {
        let Some(step) = History::of(&self.steps).to_undo().map(|at| self.steps[at].clone()) else {
            return false;
        };
        self.write(StepKind::Undo, step.closed, step.opened, &[]);
        true
    }

    /// Puts the last step that was taken back in force again; false when there is none.
    pub fn redo(&mut self) -> bool {
        let Some(step) = History::of(&self.steps).to_redo().map(|at| self.steps[at].clone()) else {
            return false;
        };
        self.write(StepKind::Redo, step.opened, step.closed, &[]);
        true
    }

    /// One write: rows of `closed` end, rows of `opened` begin; those that are not among `new` are put again.
    fn write(&mut self, kind: StepKind, opened: Vec<String>, closed: Vec<String>, new: &[Edit]) {
        let revision = self.revision() + 1;
        let ended: BTreeSet<&String> = closed.iter().collect();
        for row in &mut self.rows {
            if row.until_revision.is_none() && ended.contains(&row.uid) {
                row.until_revision = Some(revision);
            }
        }
        let mut known: BTreeMap<&String, &Edit> = self.rows.iter().map(|row| (&row.uid, row)).collect();
        known.extend(new.iter().map(|edit| (&edit.uid, edit)));
        let rows: Vec<Edit> = opened
            .iter()
            .filter_map(|uid| known.get(uid))
            .map(|edit| Edit {
                from_revision: revision,
                until_revision: None,
                ..(*edit).clone()
            })
            .collect();
        self.rows.extend(rows);
        self.steps.push(Step {
            revision,
            kind,
            opened,
            closed,
            author: String::new(),
            at: String::new(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::edit::tests::edit;
    use super::super::{Action, CityFacts, compile};
    use super::*;
    use proptest::prelude::*;

    fn table(ledger: &Ledger, revision: u64) -> Vec<u8> {
        let city = CityFacts {
            count: 40,
            proposals: &[36, 37, 38, 39],
            lifespans: &[],
        };
        compile(&ledger.at(revision), None, &city).encode()
    }

    #[derive(Debug, Clone)]
    enum Deed {
        Write(Vec<(u8, Vec<u32>)>),
        Undo,
        Redo,
    }

    fn deeds() -> impl Strategy<Value = Vec<Deed>> {
        let one = (0_u8..4, proptest::collection::vec(0_u32..40, 1..5));
        let deed = prop_oneof![
            3 => proptest::collection::vec(one, 1..3).prop_map(Deed::Write),
            2 => Just(Deed::Undo),
            1 => Just(Deed::Redo),
        ];
        proptest::collection::vec(deed, 1..20)
    }

    fn perform(ledger: &mut Ledger, deed: &Deed, uid: &mut u32) {
        match deed {
            Deed::Write(edits) => {
                let edits: Vec<Edit> = edits
                    .iter()
                    .map(|(action, indices)| {
                        *uid += 1;
                        edit(&format!("e{uid}"), 0, Action::ALL[usize::from(*action)], indices)
                    })
                    .collect();
                ledger.apply(StepKind::Edit, &edits, Vec::new());
            }
            Deed::Undo => drop(ledger.undo()),
            Deed::Redo => drop(ledger.redo()),
        }
    }

    #[test]
    fn a_new_edit_drops_what_was_undone() {
        let mut ledger = Ledger::new(&[]);
        let write = |ledger: &mut Ledger, uid: &str, index: u32| {
            ledger.apply(StepKind::Edit, &[edit(uid, 0, Action::Demolish, &[index])], Vec::new());
        };
        write(&mut ledger, "a", 1);
        write(&mut ledger, "b", 2);
        assert!(ledger.undo() && ledger.undo() && !ledger.undo());
        assert!(ledger.redo());
        write(&mut ledger, "c", 3);
        assert!(!ledger.redo(), "the tail is gone");
        let uids: Vec<String> = ledger.at(ledger.revision()).into_iter().map(|e| e.uid).collect();
        assert_eq!(uids, ["a", "c"]);
        assert_eq!(ledger.at(3).len(), 2, "the past is not");
    }

    proptest! {
        #[test]
        fn undo_after_an_edit_is_the_state_before(deeds in deeds(), last in proptest::collection::vec(0_u32..40, 1..6)) {
            let mut ledger = Ledger::new(&[]);
            let mut uid = 0;
            for deed in &deeds {
                perform(&mut ledger, deed, &mut uid);
            }
            let before = (ledger.at(ledger.revision()), table(&ledger, ledger.revision()));
            perform(&mut ledger, &Deed::Write(vec![(2, last)]), &mut uid);
            let after = table(&ledger, ledger.revision());
            prop_assert!(ledger.undo());
            prop_assert_eq!(table(&ledger, ledger.revision()), before.1);
            prop_assert_eq!(ledger.at(ledger.revision()).len(), before.0.len());
            prop_assert!(ledger.redo());
            prop_assert_eq!(table(&ledger, ledger.revision()), after);
        }

        #[test]
        fn the_past_never_changes(deeds in deeds()) {
            let mut ledger = Ledger::new(&[]);
            let mut uid = 0;
            let mut seen = Vec::new();
            for deed in &deeds {
                perform(&mut ledger, deed, &mut uid);
                seen.push((ledger.revision(), ledger.at(ledger.revision()), table(&ledger, ledger.revision())));
                for (revision, edits, bytes) in &seen {
                    prop_assert_eq!(&ledger.at(*revision), edits);
                    prop_assert_eq!(&table(&ledger, *revision), bytes);
                }
            }
        }
    }
}
