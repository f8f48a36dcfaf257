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
pub use params::{Counting, Limits, Params};
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
    let study = Study::new(input, params, limits, task)?;
    let mut found = study.outcome(input.ground.as_ref(), task)?;
    if let Some(ask) = &params.storeys_of {
        let answer = storeys::most(study, ask, task)?;
        tables::add_storeys(&mut found, &answer);
    }
    task.step(1.0)?;
    Ok(found)
}

/// Version of the kernel: another one makes other results.
pub const VERSION: u32 = 1;
