//! What happens when the GPU device is lost.

use bevy::ecs::world::World;
use bevy::render::error_handler::{RenderError, RenderErrorPolicy};

pub(crate) fn handle(error: &RenderError, _main: &mut World, _render: &mut World) -> RenderErrorPolicy {
    bevy::log::error!(?error, "render error");
    RenderErrorPolicy::StopRendering
}
