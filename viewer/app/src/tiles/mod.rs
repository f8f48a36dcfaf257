//! Tiles: fetched and decoded by workers, chosen by viewer-core, uploaded piece by piece, thrown away by bytes.

mod ready;
mod stream;
pub(crate) mod workers;

pub(crate) use ready::ReadyTile;
pub(crate) use stream::TileStream;
