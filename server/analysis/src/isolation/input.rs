//! What isolation is computed from. Coordinates are metres of the scene CRS.

pub use crate::networks::{At, Pipe, Source, Valve};

/// Everything that a caller gathers, of the scenario in question. Only what is of the class of the broken pipe is used.
#[derive(Debug, Clone, Default)]
pub struct Input {
    /// Pipes.
    pub pipes: Vec<Pipe>,
    /// Valves.
    pub valves: Vec<Valve>,
    /// Where the medium comes from: works, reservoirs, tanks, boiler houses, regulators, mains at the edge of the data.
    pub sources: Vec<Source>,
    /// Who takes it.
    pub consumers: Vec<Consumer>,
}

/// Who takes the medium.
#[derive(Debug, Clone)]
pub struct Consumer {
    /// Stable id.
    pub id: String,
    /// Dense number.
    pub index: u32,
    /// Name for people.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// People who live or stay there.
    pub people: f64,
    /// Where it is: a point (the nearest pipe of the class serves it) or a pipe.
    pub at: At,
}

/// What a consumer is; those that must not go without come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A hospital.
    Hospital,
    /// A school or kindergarten.
    School,
    /// Any other building.
    Building,
    /// A hydrant.
    Hydrant,
}
