//! Tile selection, camera, picking and state of the viewer: plain functions of plain data, without an engine or a clock.

pub mod bridge;
pub mod camera;
pub mod compare;
pub mod controls;
pub mod creases;
pub mod flight;
mod layer_mask;
pub mod load_queue;
pub mod overlays;
pub mod picking;
pub mod select;
pub mod sketch;
pub mod state;
pub mod states;
pub mod sun;
pub mod tree;
mod triangulate;
pub mod url;
pub mod view;
pub mod volume;
mod wire;

pub use bridge::{CompareMode, PointKind, Quality, Tool, View, ViewerCommand, ViewerEvent, ViewerStats};
pub use camera::{Camera, CameraLimits, PanDrag, Ray};
pub use compare::{Compare, Look, Pane};
pub use controls::{Click, Controls, Finger, Key, Modifiers, PointerButton};
pub use flight::{Damper, Flight};
pub use load_queue::{LoadQueue, QueueSettings, Retry};
pub use picking::{Hit, PickMesh, pick};
pub use select::{LoadGroup, LoadRequest, SelectSettings, SelectStats, Selection, select_tiles};
pub use sketch::{Sketch, SketchMesh};
pub use state::{FeatureStates, LayerMask};
pub use states::{LoadState, TileState, TileStates};
pub use tree::{ContentKind, Tile, TileContent, TileId, TileTree, TreeChange, TreeError};
pub use view::{ViewState, Views};
pub use volume::{Plane, Volume};
