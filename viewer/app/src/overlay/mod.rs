//! Layers of simulations on the GPU: a mesh each, and the values of the step that is shown.

mod gpu;
mod pipeline;

pub(crate) use gpu::{DrawOverlay, OverlayLayers};
pub(crate) use pipeline::OverlayPipelines;
