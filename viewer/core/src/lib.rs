//! Tile selection, camera, picking and state of the viewer: plain functions of plain data, without an engine or a clock.

pub mod bridge;
pub mod load_queue;
pub mod select;
pub mod states;
pub mod tree;
pub mod url;
pub mod view;
pub mod volume;
mod wire;

pub use bridge::{Quality, View, ViewerCommand, ViewerEvent, ViewerStats};
pub use load_queue::{LoadQueue, QueueSettings, Retry};
pub use select::{LoadGroup, LoadRequest, SelectSettings, SelectStats, Selection, select_tiles};
pub use states::{LoadState, TileState, TileStates};
pub use tree::{ContentKind, Tile, TileContent, TileId, TileTree, TreeChange, TreeError};
pub use view::{ViewState, Views};
pub use volume::{Plane, Volume};
