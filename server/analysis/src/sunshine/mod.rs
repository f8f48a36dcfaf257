//! Sunshine (日照): hours of sun at windows, façades and ground on the day the code names, who takes them, and how high a
//! proposal may be.
//!
//! **Model.** The sun is a point in the direction that SPA gives for the site; a point has sun when the sun is above the
//! horizon, stands before the point's wall, and no triangle of terrain or buildings lies between. This is asked every minute
//! of the window (local true solar time, 当地真太阳时, as the code states it) and the starts and ends of spells are found by
//! bisection. See `docs/simulation/sunshine.md` for equations, sources and checks.

mod error;
pub mod input;
pub mod params;
pub mod points;
pub mod rays;
pub mod scene;
pub mod solids;
pub mod study;
pub mod sun;
pub mod survey;

pub use error::Error;
pub use input::{Building, Grid, Input, Site, Terrain, Usage, Window};
pub use params::{Counting, Limits, Params};
pub use study::{Change, Study};

/// Version of the kernel: another one makes other results.
pub const VERSION: u32 = 1;
