//! What every route shares: state, errors, negotiation, the tile cache, metrics, and the server's loop.

pub mod board;
pub mod cache;
pub mod metrics;
pub mod middleware;
pub mod negotiate;
pub mod origin;
pub mod problem;
pub mod server;
pub mod state;
pub mod watch;
pub mod write;

pub use problem::ApiError;
pub use state::{AppState, Snapshot};
