//! Scenarios: ordered edits of a city, compiled to one state byte per feature. No I/O, wasm-safe.
//!
//! * [`Edit`] — what a planner decided for some features; [`Step`] — one write of a scenario, with undo and redo
//! * [`compile`] — edits at a phase to a [`StateTable`], which viewers read as `application/vnd.chengjing.states`
//! * [`diff`] — what two tables show differently; [`merge`] — three-way merge of two scenarios

mod compile;
mod diff;
mod edit;
mod history;
mod merge;
mod state;

pub use compile::{CityFacts, compile, effective_attributes, modifications};
pub use diff::{StateDiff, diff};
pub use edit::{Action, Edit, iso_date, parse_phase};
pub use history::{History, Ledger, Step, StepKind};
pub use merge::{Conflict, MergePlan, Resolve, Side, merge};
pub use state::{FeatureState, StateTable, StateTableError};

/// Data layer of everything that scenarios build; hidden unless the state table in force shows it.
pub const PROPOSALS_LAYER: &str = "proposals";

/// Attribute of a proposal: uid of the edit that made it.
pub const EDIT_ATTRIBUTE: &str = "scenario_edit";

/// The reserved scenario without edits.
pub const BASE_ID: &str = "base";

/// Media type of an encoded [`StateTable`].
pub const STATES_MEDIA_TYPE: &str = "application/vnd.chengjing.states";

/// Features built after this day come and go by their own dates; older ones are today's city, which stands at every
/// phase until it is taken down.
pub const BASE_DATE: crate::Date = crate::Date(20_231_231);
