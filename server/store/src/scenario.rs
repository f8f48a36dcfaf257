//! What goes in and out of the scenario tables.

use crate::EncodedFeature;
use city_model::Lifespan;
use city_model::scenario::{CityFacts, Edit, StepKind};
use serde::{Deserialize, Serialize};

/// A scenario as it is listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScenarioInfo {
    /// Short id, `s-` and eight characters.
    pub id: String,
    /// Name.
    pub name: String,
    /// Free text.
    pub note: String,
    /// Published revision of the city when the scenario was made.
    pub base_revision: u64,
    /// Number of the last write, from 1.
    pub revision: u64,
    /// Scenario that it was branched from.
    pub parent: Option<String>,
    /// Revision of the parent that it began with.
    pub parent_revision: Option<u64>,
    /// Edits in force.
    pub num_edits: u64,
    /// When it was made, UTC, RFC 3339.
    pub created_at: String,
    /// Who made it.
    pub created_by: String,
    /// When it was last written.
    pub updated_at: String,
    /// Who wrote last.
    pub updated_by: String,
    /// Put away: not to be written any more, still read.
    pub is_archived: bool,
}

/// One write of a scenario, with what the city was then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScenarioStep {
    /// Revision, kind, edits, author and time.
    #[serde(flatten)]
    pub step: city_model::scenario::Step,
    /// Name of the scenario from this revision on.
    pub name: String,
    /// Free text from this revision on.
    pub note: String,
    /// Edits in force from this revision on.
    pub num_edits: u64,
    /// Published revision of the city then.
    pub city_revision: u64,
    /// Highest feature number + 1 then.
    pub feature_count: u32,
    /// Scenario that was merged in, and its revision.
    pub merged: Option<(String, u64)>,
}

/// A new scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewScenario {
    /// Its id; must be free.
    pub id: String,
    /// Name.
    pub name: String,
    /// Free text.
    pub note: String,
    /// Who makes it.
    pub author: String,
    /// Scenario and revision whose edits it takes over.
    pub parent: Option<(String, u64)>,
}

/// A new edit. Its uid, action, features and what else was decided are set; numbers of new bodies, `seq`, revisions and
/// time are given by the store.
#[derive(Debug, Clone, PartialEq)]
pub struct NewEdit {
    /// The edit; `features` and `feature_indices` name what is there already.
    pub edit: Edit,
    /// Proposals that it makes: one for each of `features`, or, for a build, the features themselves.
    pub bodies: Vec<EncodedFeature>,
}

/// A change of a scenario.
#[derive(Debug, Clone, PartialEq)]
pub enum ScenarioChange {
    /// New edits: one step for undo.
    Edit(Vec<NewEdit>),
    /// Edits of another scenario, as [`city_model::scenario::merge`] planned it.
    Merge {
        /// Edits to be added; those with `seq` 0 are numbered on.
        append: Vec<Edit>,
        /// Uids of edits that end.
        close: Vec<String>,
        /// The other scenario.
        from: String,
        /// Its revision.
        from_revision: u64,
    },
    /// Takes the last step back.
    Undo,
    /// Puts the last step that was taken back in force again.
    Redo,
    /// Another name or note; `None` keeps.
    Rename {
        /// Name.
        name: Option<String>,
        /// Free text.
        note: Option<String>,
    },
    /// Puts the scenario away.
    Archive,
}

impl ScenarioChange {
    /// Kind of the step.
    pub const fn kind(&self) -> StepKind {
        match self {
            Self::Edit(_) => StepKind::Edit,
            Self::Merge { .. } => StepKind::Merge,
            Self::Undo => StepKind::Undo,
            Self::Redo => StepKind::Redo,
            Self::Rename { .. } => StepKind::Rename,
            Self::Archive => StepKind::Archive,
        }
    }
}

/// What a change did.
#[derive(Debug, Clone, PartialEq)]
pub struct ScenarioWritten {
    /// The scenario after it.
    pub scenario: ScenarioInfo,
    /// Edits that it put in force.
    pub edits: Vec<Edit>,
    /// Uids of edits that it put in or took out of force.
    pub changed: Vec<String>,
    /// New proposals: id and number.
    pub added: Vec<(String, u32)>,
}

/// What compilation needs to know of the city, owned; see [`CityFacts`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OwnedFacts {
    /// Highest feature number + 1.
    pub count: u32,
    /// Numbers of the proposals, ascending.
    pub proposals: Vec<u32>,
    /// Features that come or go by their own dates.
    pub lifespans: Vec<(u32, Lifespan)>,
}

impl OwnedFacts {
    /// Borrowed, for [`city_model::scenario::compile`].
    pub fn facts(&self) -> CityFacts<'_> {
        CityFacts {
            count: self.count,
            proposals: &self.proposals,
            lifespans: &self.lifespans,
        }
    }
}
