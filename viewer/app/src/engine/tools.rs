//! Drawing tools: what the pointer does on the map while one is in hand, and questions about areas.

use crate::camera::PointerInput;
use crate::engine::bridge;
use crate::engine::frame_loop;
use crate::engine::inputs::{Scene, is_below_ground, is_pickable};
use bevy::math::{DVec2, DVec3};
use city_model::{LayerGroup, layers};
use viewer_core::controls::PointerButton;
use viewer_core::{PointKind, Tool, ViewerEvent};

/// Longest time and way between the clicks of a double click, milliseconds and CSS pixels.
const DOUBLE_MS: f64 = 400.0;
const DOUBLE_PX: f64 = 8.0;

/// What the pointer holds between two inputs.
#[derive(Debug, Default)]
pub(super) struct Hand {
    /// Top left corner of the picture in which a drag began.
    pub(super) origin_px: [f64; 2],
    /// A line is being drawn.
    is_drawing: bool,
    /// Time and place of the last click.
    last_click: Option<(f64, [f64; 2])>,
}

impl Scene<'_> {
    /// Takes a tool in hand, or puts it away.
    pub(super) fn set_tool(&mut self, tool: Tool) {
        self.state.tool = tool;
        self.hand.is_drawing = false;
        self.hand.last_click = None;
        self.pending.hover_px = Some(None);
    }

    /// Lets the lasso have what is its own; gives back what moves the camera.
    pub(super) fn with_tool(&mut self, input: PointerInput) -> Option<PointerInput> {
        if self.state.tool != Tool::Lasso {
            return Some(input);
        }
        match &input {
            PointerInput::Press {
                button: PointerButton::Left,
                modifiers,
                at_px,
            } if !modifiers.ctrl => self.draw(*at_px, PointKind::Press),
            PointerInput::Fingers(fingers) => match (fingers.as_slice(), self.hand.is_drawing) {
                ([finger], false) if !self.rig.is_held() => self.draw(finger.at_px, PointKind::Press),
                ([finger], true) => self.draw(finger.at_px, PointKind::Drag),
                ([], true) => self.draw(self.hand.origin_px, PointKind::Release),
                _ => {
                    // a second finger takes the map: the line is given up
                    self.hand.is_drawing = false;
                    return Some(input);
                }
            },
            PointerInput::Move { at_px } if self.hand.is_drawing => self.draw(*at_px, PointKind::Drag),
            PointerInput::Release {
                button: PointerButton::Left,
                at_px,
            } if self.hand.is_drawing => self.draw(*at_px, PointKind::Release),
            PointerInput::Tap { .. } => {}
            PointerInput::Cancel => {
                self.hand.is_drawing = false;
                return Some(input);
            }
            _ => return Some(input),
        }
        None
    }

    fn draw(&mut self, at_px: [f64; 2], kind: PointKind) {
        self.hand.is_drawing = kind != PointKind::Release;
        // fingers that are gone have no place: the last one counts
        self.hand.origin_px = at_px;
        self.tool_point(at_px, kind);
    }

    /// A click with a tool; the second of two in one place is a double click.
    pub(super) fn tool_click(&mut self, at_px: [f64; 2]) {
        let now_ms = frame_loop::now_ms();
        let is_double = self.hand.last_click.is_some_and(|(then_ms, then_px)| {
            now_ms - then_ms < DOUBLE_MS && (then_px[0] - at_px[0]).hypot(then_px[1] - at_px[1]) < DOUBLE_PX
        });
        self.hand.last_click = (!is_double).then_some((now_ms, at_px));
        self.tool_point(at_px, if is_double { PointKind::Double } else { PointKind::Click });
    }

    /// Tells the page where on the ground a tool is.
    pub(super) fn tool_point(&mut self, at_px: [f64; 2], kind: PointKind) {
        let ray = self.ray(at_px);
        let hit = self
            .stream
            .pick(&ray, &|_, layer| is_ground(layer))
            .map(|(_, point)| point);
        let level = self.rig.camera.target_enu();
        let point = hit.or_else(|| ray.meets_plane(level, DVec3::Z));
        bridge::emit(&ViewerEvent::ToolPoint {
            position_enu: point.map(|point| point.to_array()),
            x: at_px[0],
            y: at_px[1],
            kind,
        });
    }

    /// Answers which features lie in a ring.
    pub(super) fn query_area(&mut self, request_id: u32, ring_enu: &[[f64; 3]], wanted: &[String]) {
        let ring: Vec<DVec2> = ring_enu.iter().map(|p| DVec3::from(*p).truncate()).collect();
        let is_asked = |code: u8| {
            layers::by_code(code).is_some_and(|layer| {
                let group = layer.group.as_str();
                if wanted.is_empty() {
                    matches!(layer.group, LayerGroup::Buildings | LayerGroup::Proposals) || is_below_ground(code)
                } else {
                    wanted.iter().any(|id| id == layer.id || id == group)
                }
            })
        };
        let pane = self.state.compare.panes().into_iter().next();
        let (state, table) = (&*self.state, &*self.table);
        let indices = self.stream.features_within(&ring, &|index, layer| {
            is_asked(layer) && is_pickable(state, table, pane.as_ref(), index, layer)
        });
        bridge::emit(&ViewerEvent::AreaFeatures { request_id, indices });
    }
}

/// Terrain and what lies on it.
pub(super) fn is_ground(layer: u8) -> bool {
    layers::by_code(layer).is_some_and(|layer| layer.group == LayerGroup::Ground)
}
