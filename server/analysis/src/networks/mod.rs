//! Pipe networks of a class as every kernel sees them: what is joined to what, and which valves stand between.
//!
//! Pipes are joined by the names of their nodes where the survey has them ([`parts`]), else by their places; valves are
//! gates on links beside nodes ([`Topology`]). Rules: `docs/simulation/isolation.md`.

mod joints;
pub mod parts;
#[cfg(test)]
mod tests;
mod topology;

pub use parts::{At, Pipe, Source, Valve};
pub use topology::{Faults, Link, PipeLinks, Seat, Topology};

pub(crate) use joints::{Spot, along_m};
