//! Scenarios on top of the store: requests checked and resolved, views compiled, differences, merges, massing.
//!
//! * [`request`] — what clients send; [`resolve`] — checks every line of it and makes edits
//! * [`draft`] — edits that are not saved, on top of a scenario
//! * [`ground`] — footprints in degrees to the scene; [`bodies`] — proposals from massing, added storeys and pipes
//! * [`mod@view`] — a scenario at a revision and phase; [`difference`] — two of them compared
//! * [`service`] — create, edit, branch, merge: the same for HTTP and the command line
//! * [`massing`] — arrays of slabs and towers that reach a floor area ratio

pub mod bodies;
pub mod difference;
pub mod draft;
pub mod ground;
mod making;
pub mod massing;
pub mod request;
pub mod resolve;
pub mod service;
pub mod view;

pub use view::{ScenarioView, states, view};
