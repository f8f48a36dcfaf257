//! The scene server: import, publication, HTTP and the command line around them.
//!
//! * [`import`] — files into the store; [`publish`] — the store into tiles
//! * [`export`] — tiles into plain files; [`check`] — whether all of it is whole and by the rules
//! * [`scenarios`] — edits of the city, branches, merges, differences
//! * [`http`] — state, cache, negotiation and errors of the server; [`routes`] — one file per resource
//! * [`indicators`] — figures and rules of an area in a scenario
//! * [`simulations`] — jobs, results and layers of simulations
//! * [`cli`], [`commands`] — the program

pub mod check;
pub mod cli;
pub mod commands;
pub mod export;
pub mod geojson;
pub mod http;
pub mod import;
pub mod indicators;
pub mod manifest;
pub mod outside;
mod partial;
pub mod process;
pub mod projects;
pub mod publish;
pub mod reports;
pub mod routes;
pub mod scenarios;
pub mod simulations;
