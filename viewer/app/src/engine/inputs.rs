//! Takes the mailbox apart at the start of a frame: commands, pointer, workers.

use crate::camera::{CameraRig, Outcome, PointerInput};
use crate::engine::bridge::{self, Input};
use crate::engine::progress::Progress;
use crate::engine::sketch::{self, SketchLayer};
use crate::engine::state::{LIT_RGB, SceneState};
use crate::engine::tools::Hand;
use crate::material::feature_table::FeatureTable;
use crate::overlay::OverlayLayers;
use crate::tiles::TileStream;
use crate::tiles::workers::WorkerPool;
use bevy::math::DVec3;
use bevy::prelude::{Local, NonSendMut, Res, ResMut, Resource};
use bevy::render::renderer::RenderDevice;
use viewer_core::state::Rest;
use viewer_core::{Camera, Look, Pane, PointKind, Ray, Tool, ViewerCommand, ViewerEvent, compare};

/// Feature index of what is no feature (`viewer_decode::NO_FEATURE`).
const NO_FEATURE: u32 = u32::MAX;

/// What inputs leave for the rest of the frame.
#[derive(Resource, Debug, Default)]
pub(crate) struct Pending {
    /// The picture is out of date.
    pub(crate) is_dirty: bool,
    /// Rows of the feature table have changed since the last picture.
    pub(crate) is_table_changed: bool,
    /// Some row of the feature table says something.
    pub(crate) has_rows: bool,
    /// A new picture waits until the GPU is done with the last, for so many milliseconds (or until it is woken).
    pub(crate) waits_ms: Option<f64>,
    /// Other things cast shadows than before.
    pub(crate) is_casting_changed: bool,
    /// Where the pointer rests, when that is to be looked up; `Some(None)` outside the canvas.
    pub(super) hover_px: Option<Option<[f64; 2]>>,
}

/// Everything that inputs act upon.
pub(super) struct Scene<'a> {
    pub(super) rig: &'a mut CameraRig,
    pub(super) stream: &'a mut TileStream,
    pub(super) state: &'a mut SceneState,
    pub(super) table: &'a mut FeatureTable,
    pub(super) pending: &'a mut Pending,
    pub(super) sketch: &'a mut SketchLayer,
    pub(super) hand: &'a mut Hand,
    pub(super) overlays: &'a mut OverlayLayers,
}

/// First system of a frame.
pub(crate) fn take_inputs(
    mut rig: ResMut<'_, CameraRig>,
    mut stream: ResMut<'_, TileStream>,
    mut state: ResMut<'_, SceneState>,
    mut table: ResMut<'_, FeatureTable>,
    mut pending: ResMut<'_, Pending>,
    mut progress: ResMut<'_, Progress>,
    mut sketch: ResMut<'_, SketchLayer>,
    mut hand: Local<'_, Hand>,
    mut overlays: ResMut<'_, OverlayLayers>,
    mut workers: NonSendMut<'_, WorkerPool>,
    device: Res<'_, RenderDevice>,
) {
    let mut scene = Scene {
        rig: &mut rig,
        stream: &mut stream,
        state: &mut state,
        table: &mut table,
        pending: &mut pending,
        sketch: &mut sketch,
        hand: &mut hand,
        overlays: &mut overlays,
    };
    for input in bridge::take() {
        match input {
            Input::Command(command) => {
                scene.pending.is_casting_changed |= changes_casting(&command);
                if !is_quiet(&command) {
                    progress.unsettle();
                    scene.pending.is_dirty = true;
                }
                scene.command(command, &mut workers, &device);
            }
            Input::Pointer(input) => scene.pointer(input),
            Input::Worker(reply) => scene.stream.take(&mut workers, reply),
            Input::States { side, table } => {
                scene.table.states.set_side(side, table.as_ref());
                scene.pending.is_casting_changed = true;
                scene.show_table(&mut progress);
            }
            Input::Tints(words) => {
                scene.table.states.set_tints(&words);
                scene.show_table(&mut progress);
            }
            Input::Overlay { side, overlay } => {
                let colors = scene
                    .overlays
                    .shown
                    .set(usize::from(side), overlay.map(|overlay| *overlay));
                scene.show_overlays(colors, &mut progress);
            }
            Input::Resized | Input::DeviceRecovered => scene.pending.is_dirty = true,
        }
    }
    scene.hover();
}

/// Commands after which other things cast shadows.
fn changes_casting(command: &ViewerCommand) -> bool {
    use ViewerCommand::{SetCompare, SetGhost, SetLayer, SetScenarioColors, SetSide, SetUnderground};
    matches!(
        command,
        SetCompare { .. }
            | SetGhost { .. }
            | SetLayer { .. }
            | SetScenarioColors { .. }
            | SetSide { .. }
            | SetUnderground { .. }
    )
}

/// Commands that leave the picture as it is: the page waits for no `settled` after them. (A lost device shows only in a
/// later frame; `settled` follows when the picture is back.)
fn is_quiet(command: &ViewerCommand) -> bool {
    use ViewerCommand::{Pick, QueryArea, SetBudget, SetHover, SetReducedMotion, SetTool, SimulateDeviceLoss};
    matches!(
        command,
        Pick { .. }
            | SetHover { .. }
            | SetReducedMotion { .. }
            | SetBudget { .. }
            | SetTool { .. }
            | QueryArea { .. }
            | SimulateDeviceLoss
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
            ViewerCommand::SetCompare { mode, sides, position } => self.state.compare.set(mode, &sides, position),
            ViewerCommand::SetSide { side } => self.state.compare.set_side(side),
            ViewerCommand::SetScenarioColors { enabled, removed } => self.state.compare.set_colors(enabled, removed),
            ViewerCommand::SetHighlight { features, rgb } => {
                self.state.lit_rgb = rgb.unwrap_or(LIT_RGB);
                self.table.states.set_lit(&features);
                self.table.is_changed = true;
            }
            ViewerCommand::SetGhost { features, rest } => {
                self.state.ghosts = (features, if rest { Rest::Standing } else { Rest::Whole });
                self.show_ghosts();
            }
            ViewerCommand::SetProjectEnvelope { height_m } => self.state.set_envelope(height_m),
            ViewerCommand::ShowOverlay {
                side,
                time_s,
                opacity,
                visible,
            } => {
                let colors = self.overlays.shown.show(usize::from(side), time_s, opacity, visible);
                if colors {
                    self.color_features();
                }
                self.look_through();
            }
            ViewerCommand::SetTool { tool } => self.set_tool(tool),
            ViewerCommand::SetSketch {
                rings,
                lines,
                extrude_m,
                color,
            } => {
                self.sketch
                    .set(sketch::sketch_of(&rings, &lines, extrude_m, color), self.stream);
            }
            ViewerCommand::QueryArea {
                request_id,
                ring_enu,
                layers,
            } => self.query_area(request_id, &ring_enu, &layers),
        }
    }

    /// A whole table has changed: the next picture shows it.
    fn show_table(&mut self, progress: &mut Progress) {
        self.table.is_changed = true;
        self.pending.is_dirty = true;
        progress.unsettle();
    }

    /// An overlay has changed: the next picture shows it.
    ///
    /// * `colors` — features have other colours with it
    fn show_overlays(&mut self, colors: bool, progress: &mut Progress) {
        if colors {
            self.color_features();
        }
        self.look_through();
        self.pending.is_dirty = true;
        progress.unsettle();
    }

    /// Gives features the colours of the overlays shown.
    fn color_features(&mut self) {
        let [first, second] = self.overlays.shown.tints();
        self.table.states.set_side_tints([&first, &second]);
        self.table.is_changed = true;
    }

    /// Lets fade what an x-ray picture is not about.
    fn look_through(&mut self) {
        let xray = self.overlays.shown.xray();
        if xray != self.state.xray {
            self.state.xray = xray;
            self.show_ghosts();
        }
    }

    /// What is see-through: by an x-ray picture, else as the page asked.
    fn show_ghosts(&mut self) {
        let (features, rest) = match &self.state.xray {
            Some(features) => (features, Rest::All),
            None => (&self.state.ghosts.0, self.state.ghosts.1),
        };
        self.table.states.set_ghosts(features, rest);
        self.table.is_changed = true;
        self.pending.is_casting_changed = true;
    }

    fn move_camera(&mut self, step: impl FnOnce(&mut Camera)) {
        self.rig.stop();
        step(&mut self.rig.camera);
    }

    fn pointer(&mut self, input: PointerInput) {
        let Some(input) = self.with_tool(input) else { return };
        if !self.rig.is_held() {
            self.hand.origin_px = input.at_px().map_or([0.0; 2], |at_px| self.pane_origin(at_px));
        }
        let origin_px = self.hand.origin_px;
        let pane = input.at_px().and_then(|at_px| self.pane_at(at_px));
        let (state, table, stream) = (&*self.state, &*self.table, &mut *self.stream);
        let outcome = self.rig.take(input.seen_from(origin_px), |camera, at_px| {
            let ray = camera.ray(at_px[0], at_px[1]);
            stream
                .pick(&ray, &|index, layer| {
                    is_pickable(state, table, pane.as_ref(), index, layer)
                })
                .map(|(_, point)| point)
        });
        let to_canvas = |at_px: [f64; 2]| [at_px[0] + origin_px[0], at_px[1] + origin_px[1]];
        match outcome {
            Outcome::None => {}
            Outcome::Click(click) if self.state.tool == Tool::None => {
                let (feature_index, position_enu) = told(self.pick(to_canvas(click.at_px)));
                let (ctrl, shift) = (click.modifiers.ctrl, click.modifiers.shift);
                bridge::emit(&ViewerEvent::Clicked {
                    feature_index,
                    position_enu,
                    ctrl,
                    shift,
                });
            }
            Outcome::Click(click) => self.tool_click(to_canvas(click.at_px)),
            Outcome::Hover(at_px) => self.pending.hover_px = Some(at_px.map(to_canvas)),
        }
    }

    /// Looks up what lies under the pointer, once a frame at most.
    fn hover(&mut self) {
        let Some(at_px) = self.pending.hover_px.take() else {
            return;
        };
        let at_px = at_px.filter(|_| !self.rig.is_moving());
        if let Some(at_px) = at_px.filter(|_| self.state.tool != Tool::None) {
            self.tool_point(at_px, PointKind::Move);
        }
        let at_px = at_px.filter(|_| self.state.reports_hover && self.state.tool == Tool::None);
        let feature_index = at_px.and_then(|at_px| told(self.pick(at_px)).0);
        if self.table.states.hover(feature_index) {
            self.table.is_changed = true;
            bridge::emit(&ViewerEvent::Hovered { feature_index });
        }
    }

    /// What lies under a point of the canvas, as the pane there shows it.
    fn pick(&mut self, at_px: [f64; 2]) -> Option<(u32, DVec3)> {
        let pane = self.pane_at(at_px);
        let ray = self.ray(at_px);
        let (state, table) = (&*self.state, &*self.table);
        let hit = self.stream.pick(&ray, &|index, layer| {
            is_pickable(state, table, pane.as_ref(), index, layer)
        });
        hit.map(|(hit, point)| (hit.feature_index, point))
    }

    /// Ray through a point of the canvas.
    pub(super) fn ray(&self, at_px: [f64; 2]) -> Ray {
        let [left, top] = self.pane_origin(at_px);
        self.rig.camera.ray(at_px[0] - left, at_px[1] - top)
    }

    /// The pane that paints a point of the canvas.
    pub(super) fn pane_at(&self, at_px: [f64; 2]) -> Option<Pane> {
        let [columns, rows] = self.state.compare.grid().map(f64::from);
        let [width, height] = self.rig.camera.viewport_px;
        // a captured pointer may be outside: it belongs to the nearest pane
        let share = |at: f64, size: f64| (at / size).clamp(0.0, 1.0 - 1e-9);
        let (x, y) = (share(at_px[0], width * columns), share(at_px[1], height * rows));
        self.state.compare.panes().into_iter().find(|pane| pane.paints(x, y))
    }

    /// Top left corner of the picture that holds a point of the canvas.
    fn pane_origin(&self, at_px: [f64; 2]) -> [f64; 2] {
        let [columns, rows] = self.state.compare.grid().map(f64::from);
        let [width, height] = self.rig.camera.viewport_px;
        self.pane_at(at_px).map_or([0.0; 2], |pane| {
            [pane.viewport[0] * width * columns, pane.viewport[1] * height * rows]
        })
    }
}

/// What is hidden or, in underground mode, only hinted at lets rays through; so do ghosts, but not what was removed.
pub(super) fn is_pickable(
    state: &SceneState,
    table: &FeatureTable,
    pane: Option<&Pane>,
    index: u32,
    layer: u8,
) -> bool {
    let is_proposal = compare::proposal_layer() == Some(layer);
    let look = pane.map_or(Look::Plain, |pane| table.states.look(pane, index, layer, is_proposal));
    // an x-ray picture keeps all pipes within reach: the next one may break, too
    let is_seen = match look {
        Look::Hidden => false,
        Look::Ghost => table.states.rest() == Rest::All && is_below_ground(layer),
        _ => true,
    };
    state.layers.is_shown(layer) && is_seen && (!state.is_underground || is_below_ground(layer))
}

pub(super) fn is_below_ground(layer: u8) -> bool {
    city_model::layers::by_code(layer).is_some_and(|layer| layer.group == city_model::LayerGroup::Underground)
}

/// Hit as the page hears it.
fn told(hit: Option<(u32, DVec3)>) -> (Option<u32>, Option<[f64; 3]>) {
    (
        hit.map(|(index, _)| index).filter(|index| *index != NO_FEATURE),
        hit.map(|(_, point)| point.to_array()),
    )
}
