//! Water network: pressure, head, flow, velocity and age of the water over time, by EPANET 2.3.
//!
//! A network is an EPANET file or plain structs ([`Network`]), which [`survey`] makes from surveyed pipes with stated
//! assumptions. [`solve()`] gives the series, [`run`] what is drawn and told. EPANET itself (C, MIT) is called from one
//! file; what it is given to read has been checked and written anew before, since its reader trusts its input.

mod draw;
mod engine;
mod error;
mod input;
mod messages;
mod network;
mod outcome;
mod params;
mod screen;
mod solution;
mod solve;
pub mod survey;
#[cfg(test)]
mod tests;

pub use error::HydraulicsError;
pub use input::{Edit, Feature, Input, Model, Placement};
pub use network::{
    Curve, HeadLoss, Junction, Network, Options, Pattern, Pipe, PipeStatus, Pump, PumpPower, Reservoir, Tank, Valve,
    ValveKind,
};
pub use outcome::{outcome, run};
pub use params::{Constants, DemandRates, Params, Quantity, Roughness, ServiceHead};
pub use solution::{Link, LinkKind, Node, NodeKind, Solution, Warning};
pub use solve::solve;
