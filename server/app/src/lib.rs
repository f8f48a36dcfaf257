//! The scene server: import, publication, HTTP and the command line around them.
//!
//! * [`import`] — files into the store; [`publish`] — the store into tiles
//! * [`http`] — state, cache, negotiation and errors of the server; [`routes`] — one file per resource
//! * [`cli`], [`commands`] — the program

pub mod cli;
pub mod commands;
pub mod geojson;
pub mod http;
pub mod import;
pub mod manifest;
pub mod process;
pub mod publish;
pub mod routes;
