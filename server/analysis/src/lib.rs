//! Indicators and planning rules: pure kernels over plain structs in the scene CRS. No store, no HTTP.
//!
//! A caller fills a [`World`] with what lies near an area, says how things stand ([`Scenario`]) and gets an
//! [`Evaluation`]: every indicator with unit, formula, source and the features that count. After an edit,
//! [`Evaluation::update`] computes again only what depends on it. [`rules`] holds limits from data files against it.

pub mod error;
pub mod evaluate;
pub mod exact;
pub mod facts;
pub mod filter;
pub mod flood;
pub mod geometry;
pub mod hydraulics;
pub mod indicators;
pub mod isolation;
pub mod list;
pub mod networks;
pub mod outcome;
pub mod outside;
pub mod reach;
pub mod rules;
pub mod scenario;
pub mod slots;
pub mod sunshine;
pub mod tally;
pub mod task;
mod words;
pub mod world;

pub use error::AnalysisError;
pub use evaluate::{Evaluation, Settings, Update};
pub use geometry::Region;
pub use outcome::Outcome;
pub use rules::RuleSet;
pub use scenario::{Scenario, State};
pub use task::{Cancelled, Task};
pub use world::World;
