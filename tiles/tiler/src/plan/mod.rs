//! Plan geometry shared by the ground and project builders: clipping, polygons, ribbons, polylines.

pub mod clip;
pub mod polygon;
pub mod polyline;
pub mod rect;
pub mod ribbon;

pub use clip::{ConvexClipper, PlanVertex};
pub use polygon::{PlanPolygon, PolygonTrouble};
