//! Tile selection, camera, picking and state of the viewer: plain functions of plain data, without an engine or a clock.

pub mod bridge;

pub use bridge::{Quality, View, ViewerCommand, ViewerEvent, ViewerStats};
