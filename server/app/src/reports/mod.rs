//! Evidence packs: what a scenario does to an area, as one archive that anybody can check.
//!
//! * [`area`] — which land; [`plan`] — vector drawings of before and after
//! * [`findings`] — indicators and rules of both sides; `pdf` — the report; [`pack`] — all files in one archive
//!
//! Without views of a browser the same revisions give the same bytes: no time of day, no map order, no network.

pub mod area;
mod document;
pub mod findings;
mod font;
pub mod pack;
mod pdf;
pub mod plan;
mod prepare;
mod tables;

pub use pack::{PackRequest, Sources, make};
pub use prepare::prepare;
