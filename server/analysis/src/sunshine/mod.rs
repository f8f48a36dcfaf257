//! Sunshine (日照): hours of sun at windows, façades and ground on the day the code names, who takes them, and how high a
//! proposal may be.
//!
//! **Model.** The sun is a point in the direction that SPA gives for the site; a point has sun when the sun is above the
//! horizon, stands before the point's wall, and no triangle of terrain or buildings lies between. This is asked every minute
//! of the window (local true solar time, 当地真太阳时, as the code states it) and the starts and ends of spells are found by
//! bisection. See `docs/simulation/sunshine.md` for equations, sources and checks.

pub mod blame;
mod error;
pub mod findings;
pub mod input;
mod outcome;
pub mod params;
pub mod points;
pub mod probe;
pub mod rays;
pub mod scene;
pub mod solids;
pub mod storeys;
pub mod study;
pub mod sun;
pub mod survey;
mod tables;
#[cfg(test)]
mod tests;

pub use error::Error;
pub use input::{Building, Grid, Input, Site, Terrain, Usage, Window};
pub use params::{Counting, Limits, Params, StoreysOf};
pub use study::{Change, Study};

use crate::{Outcome, Task};

/// The whole study with the limits that are shipped: layers, verdicts, who takes which minutes, and the number of storeys
/// that was asked for.
///
/// # Errors
/// Whatever cannot be computed, by name; more than the memory allowed; a cancelled task.
pub fn run(input: &Input, params: &Params, task: &Task) -> Result<Outcome, Error> {
    run_with(input, params, &Limits::shipped()?, task)
}

/// The same with an operator's limits.
///
/// # Errors
/// As [`run`].
pub fn run_with(input: &Input, params: &Params, limits: &Limits, task: &Task) -> Result<Outcome, Error> {
    let mut study = Study::new(input, params, limits, task)?;
    outcome_of(&mut study, input.ground.as_ref(), params.storeys_of.as_ref(), task)
}

/// The same of a study that is there.
///
/// # Errors
/// As [`run`]; a cancelled task leaves the study unusable when storeys were asked for.
pub fn outcome_of(
    study: &mut Study,
    ground: Option<&Grid>,
    storeys_of: Option<&StoreysOf>,
    task: &Task,
) -> Result<Outcome, Error> {
    let mut found = study.outcome(ground, task)?;
    if let Some(ask) = storeys_of {
        tell_storeys(&mut found, &storeys::most(study, ask, task)?);
    }
    task.step(1.0)?;
    Ok(found)
}

/// Adds how many storeys a proposal may have, with what was tried.
pub fn tell_storeys(outcome: &mut Outcome, answer: &storeys::Answer) {
    tables::add_storeys(outcome, answer);
}

/// Version of the kernel: another one makes other results.
pub const VERSION: u32 = 1;
