//! Which scenario is at which revision: what event streams tell viewers.

use super::state::AppState;
use scene_store::{ScenarioInfo, StoreError};
use std::collections::BTreeMap;
use std::sync::Arc;

/// One scenario on the board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    /// Revision.
    pub revision: u64,
    /// Who wrote it.
    pub author: String,
    /// Put away.
    pub is_archived: bool,
}

/// Scenarios by id.
pub type Board = BTreeMap<String, Posted>;

fn board(scenarios: Vec<ScenarioInfo>) -> Board {
    let posted = |info: ScenarioInfo| {
        let posted = Posted {
            revision: info.revision,
            author: info.updated_by,
            is_archived: info.is_archived,
        };
        (info.id, posted)
    };
    scenarios.into_iter().map(posted).collect()
}

/// What stands on `now` and not so on `before`.
pub fn news<'b>(before: &Board, now: &'b Board) -> Vec<(&'b str, &'b Posted)> {
    now.iter()
        .filter(|(id, posted)| before.get(*id) != Some(posted))
        .map(|(id, posted)| (id.as_str(), posted))
        .collect()
}

impl AppState {
    /// Reads the scenarios again and wakes the event streams when one has changed. Blocks.
    ///
    /// # Errors
    /// [`StoreError`]; the last board stays.
    pub fn refresh_scenarios(&self) -> Result<(), StoreError> {
        let now = board(self.store.scenarios()?);
        self.scenarios.send_if_modified(|posted| {
            if **posted == now {
                return false;
            }
            *posted = Arc::new(now);
            true
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_changed_is_news() {
        let posted = |revision| Posted {
            revision,
            author: "A".to_owned(),
            is_archived: false,
        };
        let before = Board::from_iter([("s-1".to_owned(), posted(1)), ("s-2".to_owned(), posted(4))]);
        let mut now = before.clone();
        assert!(news(&before, &now).is_empty());
        now.insert("s-2".to_owned(), posted(5));
        now.insert("s-3".to_owned(), posted(1));
        let ids: Vec<&str> = news(&before, &now).into_iter().map(|n| n.0).collect();
        assert_eq!(ids, ["s-2", "s-3"]);
    }
}
