//! Simulations on the city: what is asked, the jobs that answer, their results on disk, and the way to the viewer.
//!
//! Kernels live in crate `analysis`. A simulation here is a file that gathers a kernel's input from the city, and a line
//! of `registry.rs`. [`Jobs`] runs them one after the other; the same question has the same key and the same result.

mod ask;
mod canvas;
mod city;
mod difference;
mod drains;
mod export;
mod flood;
mod hydraulics;
mod isolation;
mod jobs;
mod live;
mod networks;
mod outside;
mod people;
mod probe;
mod reach;
mod ready;
mod registry;
mod results;
mod rings;
mod sunshine;
mod warp;
mod wire;

pub use ask::{Asked, SimulationQuestion, ask};
pub use canvas::Canvas;
pub use city::{City, Standing};
pub use difference::{Difference, difference};
pub use export::{csv, epsg_of, geotiff};
pub use jobs::{Job, JobState, Jobs, run_here};
pub use live::{LiveAnswer, LiveQuestion, Studies, live};
pub use probe::{Place, Probe, probe};
pub use registry::{SIMULATIONS, Simulation, SimulationError, find};
pub use results::{LayerAnswer, OutcomeAnswer, ResultFolder, Results, overlay_bytes};
