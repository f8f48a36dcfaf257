//! The city's look on the GPU: one pipeline family, one uniform, one feature table, one pass.

mod draw;
mod facing;
pub(crate) mod feature_table;
pub(crate) mod frame;
mod layouts;
pub(crate) mod mesh;
mod painter;
mod pipelines;
mod renderer;

use bevy::app::{App, Plugin};
use bevy::prelude::IntoScheduleConfigs as _;
use bevy::render::{ExtractSchedule, Render, RenderApp, RenderStartup, RenderSystems};

/// Draws what [`frame::FrameInput`] says, in bevy's render world.
pub(crate) struct CityMaterialPlugin;

impl Plugin for CityMaterialPlugin {
    fn build(&self, app: &mut App) {
        app.init_resource::<frame::FrameInput>()
            .init_resource::<feature_table::FeatureTable>();
        let Some(render_app) = app.get_sub_app_mut(RenderApp) else {
            return;
        };
        render_app
            .init_resource::<frame::FrameInput>()
            .add_systems(RenderStartup, renderer::create)
            .add_systems(ExtractSchedule, renderer::extract)
            .add_systems(Render, draw::draw_frame.in_set(RenderSystems::Render));
    }
}
