//! Waterlogging: rain on the ground model, flow between buildings, street inlets, and who gets wet.
//!
//! Rain ([`storm`]) falls on surfaces that let a share run off or take water in ([`soil`]); the water flows over a
//! regular grid by the local-inertial equations of de Almeida et al. (2012) ([`solver`]) around buildings and through
//! street inlets. [`simulate`] gives the numbers, [`run`] layers, verdicts and tables. See `docs/simulation/flood.md`.

pub mod catalogue;
pub mod error;
pub mod flux;
mod holes;
pub mod input;
pub mod judge;
pub mod outcome;
#[cfg(test)]
mod outcome_tests;
pub mod params;
pub mod raster;
mod sides;
mod sinks;
pub mod soil;
pub mod solver;
#[cfg(test)]
mod solver_tests;
pub mod storm;
pub mod terrain;
mod watch;

pub use catalogue::Catalogue;
pub use error::Error;
pub use input::Input;
pub use outcome::{VERSION, run, run_with};
pub use params::Params;
pub use solver::{Balance, MOST_MASS_ERROR, Run, simulate};
