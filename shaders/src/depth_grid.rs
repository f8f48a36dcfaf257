//! Depths that the underground mode shows: grids that follow the ground below it, and the fog under them.

/// Width of a cell, metres.
pub const CELL_M: f64 = 20.0;

/// A stronger line every so many metres.
pub const PERIOD_M: f64 = 100.0;

/// Depths of the grids below the ground, metres. Pipes of a street lie above the first as a rule (GB 50289), deep sewers and
/// interceptors above the second.
pub const GRIDS_M: [f32; 2] = [5.0, 10.0];

/// Depth of the fog, metres.
pub const FOG_M: f32 = 30.0;

/// Everything from below upwards, as it is drawn.
pub const LEVELS_M: [f32; 3] = [FOG_M, GRIDS_M[1], GRIDS_M[0]];
