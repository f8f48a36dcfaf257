//! Takes the mailbox apart at the start of a frame: commands, pointer, workers.

use crate::camera::{CameraRig, Outcome, PointerInput};
use crate::engine::bridge::{self, Input};
use crate::engine::progress::Progress;
use crate::engine::state::SceneState;
use crate::material::feature_table::FeatureTable;
use crate::tiles::TileStream;
use crate::tiles::workers::WorkerPool;
use bevy::math::DVec3;
use bevy::prelude::{NonSendMut, Res, ResMut, Resource};
use bevy::render::renderer::RenderDevice;
use viewer_core::state::bits;
use viewer_core::{Camera, ViewerCommand, ViewerEvent};

/// Feature index of what is no feature (`viewer_decode::NO_FEATURE`).
const NO_FEATURE: u32 = u32::MAX;

/// What inputs leave for the rest of the frame.
#[derive(Resource, Debug, Default)]
pub(crate) struct Pending {
    /// The picture is out of date.
    pub(crate) is_dirty: bool,
    /// Where the pointer rests, when that is to be looked up; `Some(None)` outside the canvas.
    hover_px: Option<Option<[f64; 2]>>,
}

/// Everything that inputs act upon.
struct Scene<'a> {
    rig: &'a mut CameraRig,
    stream: &'a mut TileStream,
    state: &'a mut SceneState,
    table: &'a mut FeatureTable,
    pending: &'a mut Pending,
}

/// First system of a frame.
pub(crate) fn take_inputs(
    mut rig: ResMut<'_, CameraRig>,
    mut stream: ResMut<'_, TileStream>,
    mut state: ResMut<'_, SceneState>,
    mut table: ResMut<'_, FeatureTable>,
    mut pending: ResMut<'_, Pending>,
    mut progress: ResMut<'_, Progress>,
    mut workers: NonSendMut<'_, WorkerPool>,
    device: Res<'_, RenderDevice>,
) {
    let mut scene = Scene {
        rig: &mut rig,
        stream: &mut stream,
        state: &mut state,
        table: &mut table,
        pending: &mut pending,
    };
    for input in bridge::take() {
        match input {
            Input::Command(command) => {
                if !is_quiet(&command) {
                    progress.unsettle();
                    scene.pending.is_dirty = true;
                }
                scene.command(command, &mut workers, &device);
            }
            Input::Pointer(input) => scene.pointer(input),
            Input::Worker(reply) => scene.stream.take(&mut workers, reply),
            Input::Resized | Input::DeviceRecovered => scene.pending.is_dirty = true,
        }
    }
    scene.hover();
}

/// Commands that leave the picture as it is: the page waits for no `settled` after them. (A lost device shows only in a
/// later frame; `settled` follows when the picture is back.)
fn is_quiet(command: &ViewerCommand) -> bool {
    use ViewerCommand::{Pick, SetBudget, SetHover, SetReducedMotion, SimulateDeviceLoss};
    matches!(
        command,
        Pick { .. } | SetHover { .. } | SetReducedMotion { .. } | SetBudget { .. } | SimulateDeviceLoss
    )
}

impl Scene<'_> {
    fn command(&mut self, command: ViewerCommand, workers: &mut WorkerPool, device: &RenderDevice) {
        match command {
            ViewerCommand::FlyTo { view, duration_ms } => self.rig.fly_to(view, duration_ms),
            ViewerCommand::FlyToBounds { bounds_enu } => {
                let view = self.rig.camera.view_of_bounds(bounds_enu);
                self.rig.fly_to(view, None);
            }
            ViewerCommand::SetLayer { id, visible } => {
                if !self.state.layers.set_by_id(&id, visible) {
                    bevy::log::warn!(id, "no such layer");
                }
                self.stream.settings.hidden_groups = self.state.hidden_groups();
            }
            ViewerCommand::Select { feature_index, related } => {
                self.table.states.select(feature_index, &related);
                self.table.is_changed = true;
            }
            ViewerCommand::SetHover { enabled } => {
                self.state.reports_hover = enabled;
                self.pending.hover_px = Some(None);
            }
            ViewerCommand::Pick { request_id, x, y } => {
                let hit = self.pick([x, y]);
                let (feature_index, position_enu) = told(hit);
                bridge::emit(&ViewerEvent::Picked {
                    request_id,
                    feature_index,
                    position_enu,
                });
            }
            ViewerCommand::Zoom { factor } => self.move_camera(|camera| camera.zoom(factor)),
            ViewerCommand::Orbit { heading_deg, pitch_deg } => {
                self.move_camera(|camera| camera.orbit(heading_deg, pitch_deg));
            }
            ViewerCommand::Pan { x_px, y_px } => self.move_camera(|camera| camera.pan_px(x_px, y_px)),
            ViewerCommand::ResetNorth => {
                let view = viewer_core::View {
                    heading_deg: 0.0,
                    ..self.rig.camera.view()
                };
                self.rig.fly_to(view, Some(300.0));
            }
            ViewerCommand::SetQuality { quality } => {
                self.state.quality = quality;
                self.stream.settings.maximum_screen_space_error_px = self.state.maximum_error_px();
            }
            ViewerCommand::SetUnderground { enabled } => {
                self.state.is_underground = enabled;
                self.stream.settings.hidden_groups = self.state.hidden_groups();
            }
            ViewerCommand::SetTime { hours } if hours.is_finite() => self.state.hours = hours.rem_euclid(24.0),
            ViewerCommand::SetTime { .. } => {}
            ViewerCommand::SetReducedMotion { enabled } => self.rig.set_reduced_motion(enabled),
            ViewerCommand::SetBudget { cpu_bytes, gpu_bytes } => {
                self.stream.settings.cpu_budget_bytes = cpu_bytes;
                self.stream.settings.gpu_budget_bytes = gpu_bytes;
            }
            ViewerCommand::ReloadTileset { url, .. } => self.stream.open(workers, &url),
            ViewerCommand::SimulateDeviceLoss => device.wgpu_device().destroy(),
            ViewerCommand::SetCompare { .. }
            | ViewerCommand::SetSide { .. }
            | ViewerCommand::SetScenarioColors { .. }
            | ViewerCommand::SetHighlight { .. }
            | ViewerCommand::SetGhost { .. }
            | ViewerCommand::SetTool { .. }
            | ViewerCommand::SetSketch { .. }
            | ViewerCommand::QueryArea { .. }
            | ViewerCommand::SetProjectEnvelope { .. } => {}
        }
    }

    fn move_camera(&mut self, step: impl FnOnce(&mut Camera)) {
        self.rig.stop();
        step(&mut self.rig.camera);
    }

    fn pointer(&mut self, input: PointerInput) {
        let (state, table, stream) = (&*self.state, &*self.table, &mut *self.stream);
        let outcome = self.rig.take(input, |camera, at_px| {
            let ray = camera.ray(at_px[0], at_px[1]);
            stream
                .pick(&ray, &|index, layer| is_pickable(state, table, index, layer))
                .map(|(_, point)| point)
        });
        match outcome {
            Outcome::None => {}
            Outcome::Click(click) => {
                let (feature_index, position_enu) = told(self.pick(click.at_px));
                let (ctrl, shift) = (click.modifiers.ctrl, click.modifiers.shift);
                bridge::emit(&ViewerEvent::Clicked {
                    feature_index,
                    position_enu,
                    ctrl,
                    shift,
                });
            }
            Outcome::Hover(at_px) => self.pending.hover_px = Some(at_px),
        }
    }

    /// Looks up what lies under the pointer, once a frame at most.
    fn hover(&mut self) {
        let Some(at_px) = self.pending.hover_px.take() else {
            return;
        };
        let at_px = at_px.filter(|_| self.state.reports_hover && !self.rig.is_moving());
        let feature_index = at_px.and_then(|at_px| told(self.pick(at_px)).0);
        if self.table.states.hover(feature_index) {
            self.table.is_changed = true;
            bridge::emit(&ViewerEvent::Hovered { feature_index });
        }
    }

    fn pick(&mut self, at_px: [f64; 2]) -> Option<(u32, DVec3)> {
        let ray = self.rig.camera.ray(at_px[0], at_px[1]);
        let (state, table) = (&*self.state, &*self.table);
        let hit = self
            .stream
            .pick(&ray, &|index, layer| is_pickable(state, table, index, layer));
        hit.map(|(hit, point)| (hit.feature_index, point))
    }
}

/// What is hidden or, in underground mode, only hinted at lets rays through.
fn is_pickable(state: &SceneState, table: &FeatureTable, index: u32, layer: u8) -> bool {
    let is_hidden = table.states.state(index) & bits::HIDDEN != 0;
    state.layers.is_shown(layer) && !is_hidden && (!state.is_underground || is_below_ground(layer))
}

fn is_below_ground(layer: u8) -> bool {
    city_model::layers::by_code(layer).is_some_and(|layer| layer.group == city_model::LayerGroup::Underground)
}

/// Hit as the page hears it.
fn told(hit: Option<(u32, DVec3)>) -> (Option<u32>, Option<[f64; 3]>) {
    (
        hit.map(|(index, _)| index).filter(|index| *index != NO_FEATURE),
        hit.map(|(_, point)| point.to_array()),
    )
}
