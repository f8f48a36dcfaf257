//! What the page and the engine say to each other: commands in, events out, as tagged JSON.
//!
//! The page is TypeScript and sees the same types in `viewer/web/src/bridge.gen.ts`, which a test of this module keeps
//! true (`UPDATE_BRIDGE=1 cargo test -p viewer-core bridge` writes it anew). Lengths are metres in the scene's ENU
//! frame, angles degrees, screen positions CSS pixels from the canvas' top left corner.

use serde::{Deserialize, Serialize};

/// Where the camera looks, and from where.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct View {
    /// Point looked at, ENU metres.
    pub target_enu: [f64; 3],
    /// Distance of the eye from the target, metres, > 0.
    pub distance_m: f64,
    /// Compass heading of the view direction, degrees clockwise from north.
    pub heading_deg: f64,
    /// Angle of the view direction below the horizon, degrees: 90 looks straight down, negative looks up.
    pub pitch_deg: f64,
}

/// How much the engine spends on the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Quality {
    /// No shadows, coarse tiles, one sample a pixel.
    Low,
    /// Shadows, ordinary tiles.
    #[default]
    Medium,
    /// Shadows, fine tiles, antialiasing.
    High,
}

/// What the page asks of the engine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ViewerCommand {
    /// Moves the camera to a view.
    FlyTo {
        /// Where to.
        view: View,
        /// Length of the flight, milliseconds; chosen by the path when absent, 0 jumps.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        duration_ms: Option<f64>,
    },
    /// Moves the camera so that a box fills the picture.
    FlyToBounds {
        /// Least and greatest corner, ENU metres.
        bounds_enu: [f64; 6],
    },
    /// Shows or hides a layer.
    SetLayer {
        /// Layer group or layer, as in `city_model::layers`: `buildings`, `underground/YS`.
        id: String,
        /// True shows it.
        visible: bool,
    },
    /// Selects a feature, or nothing.
    Select {
        /// Dense number; `null` clears the selection.
        feature_index: Option<u32>,
        /// Features marked along with it: parts, siblings.
        #[serde(default)]
        related: Vec<u32>,
    },
    /// Turns `hovered` events on or off.
    SetHover {
        /// True reports what lies under the pointer.
        enabled: bool,
    },
    /// Asks what lies under a point; answered by `picked`.
    Pick {
        /// Given back in the answer.
        request_id: u32,
        /// CSS pixels from the left.
        x: f64,
        /// CSS pixels from the top.
        y: f64,
    },
    /// Moves nearer (> 1) or farther (< 1) about the middle of the picture.
    Zoom {
        /// Old distance over new distance.
        factor: f64,
    },
    /// Turns about the point in the middle of the picture.
    Orbit {
        /// Added to the heading, degrees.
        heading_deg: f64,
        /// Added to the pitch, degrees.
        pitch_deg: f64,
    },
    /// Moves the picture sideways, as the arrow keys do.
    Pan {
        /// Content moves left when positive, CSS pixels.
        x_px: f64,
        /// Content moves up when positive, CSS pixels.
        y_px: f64,
    },
    /// Turns north up.
    ResetNorth,
    /// Chooses a preset.
    SetQuality {
        /// The preset.
        quality: Quality,
    },
    /// Makes the ground translucent and lets the camera below it.
    SetUnderground {
        /// True looks below the ground.
        enabled: bool,
    },
    /// Moves the sun.
    SetTime {
        /// Local solar time, hours 0–24.
        hours: f64,
    },
    /// Jump cuts instead of flights.
    SetReducedMotion {
        /// True jumps.
        enabled: bool,
    },
    /// Caps memory.
    SetBudget {
        /// Bytes of decoded tiles kept on the CPU.
        #[cfg_attr(test, ts(type = "number"))]
        cpu_bytes: u64,
        /// Bytes of meshes and textures on the GPU.
        #[cfg_attr(test, ts(type = "number"))]
        gpu_bytes: u64,
    },
    /// Takes up a new revision of the tileset; contents whose address is unchanged are kept.
    ReloadTileset {
        /// Address of the new root file.
        url: String,
        /// Content names that are gone or new.
        #[serde(default)]
        changed: Vec<String>,
    },
    /// Drops the GPU device, to test recovery.
    SimulateDeviceLoss,
    /// Chooses how scenario sides are shown together. The tables come through `set_states`.
    SetCompare {
        /// How.
        mode: CompareMode,
        /// Sides (0–3): of `single` the one shown, of `swipe` left and right, of `difference` before and after, of
        /// `side_by_side` left and right, of `grid` by rows. Missing ones are filled up with 0, 1, 2, 3.
        #[serde(default)]
        sides: Vec<u8>,
        /// Place of the swipe line, share of the width from the left; kept when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        position: Option<f64>,
    },
    /// Chooses the side that `single` shows; alternated it blinks.
    SetSide {
        /// Side, 0–3.
        side: u8,
    },
    /// Colours features by what a scenario does to them.
    SetScenarioColors {
        /// True shows changes blue, new things teal, what is demolished hatched in red; false shows the city as it will
        /// stand.
        enabled: bool,
        /// True shows what is demolished as a ghost, false leaves it out; as `enabled` when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        removed: Option<bool>,
    },
    /// Shows the layer of a simulation that `set_overlay` took up.
    ShowOverlay {
        /// Side, 0–3.
        side: u8,
        /// Seconds from the start of the simulation.
        time_s: f64,
        /// 0 to 1.
        opacity: f64,
        /// False keeps it without drawing it.
        visible: bool,
    },
    /// Lights up a set of features, in place of those lit before.
    SetHighlight {
        /// Dense numbers; none clears.
        features: Vec<u32>,
        /// sRGB colour; a warm yellow when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        rgb: Option<[u8; 3]>,
    },
    /// Makes features see-through, in place of those that were.
    SetGhost {
        /// Dense numbers; none (without `rest`) clears.
        features: Vec<u32>,
        /// True makes everything that stands see-through except these.
        #[serde(default)]
        rest: bool,
    },
    /// Puts a drawing tool into the pointer's hand.
    SetTool {
        /// The tool.
        tool: Tool,
    },
    /// Draws a translucent sketch, in place of the one before: fill and outline draped on the ground, and a body above
    /// it. Without rings and lines the sketch is gone.
    SetSketch {
        /// Polygon rings, ENU metres, not closed; the first is the outline, the others are further outlines.
        #[serde(default)]
        rings: Vec<Vec<[f64; 3]>>,
        /// Open lines, ENU metres.
        #[serde(default)]
        lines: Vec<Vec<[f64; 3]>>,
        /// Height of the body above the lowest ground under a ring, metres; flat when absent or 0.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        extrude_m: Option<f64>,
        /// sRGB colour; the accent when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        color: Option<[u8; 3]>,
    },
    /// Asks which features have their middle within a ring, seen from above; answered by `area_features`.
    QueryArea {
        /// Given back in the answer.
        request_id: u32,
        /// Ring, ENU metres, not closed; heights do not matter.
        ring_enu: Vec<[f64; 3]>,
        /// Layer groups or layers asked for; buildings (and pipes while looking underground) when empty.
        #[serde(default)]
        layers: Vec<String>,
    },
    /// Height of the glass walls around projects.
    SetProjectEnvelope {
        /// Metres; 3 is the low wall that they begin with.
        height_m: f64,
    },
}

/// How scenario sides are shown together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum CompareMode {
    /// One side.
    #[default]
    Single,
    /// Two sides in one picture, parted by a line.
    Swipe,
    /// What differs between two sides, by colour and hatch.
    Difference,
    /// Two pictures beside each other with one camera.
    SideBySide,
    /// Four pictures with one camera.
    Grid,
}

/// What the pointer does on the map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Tool {
    /// Moves the camera; clicks select.
    #[default]
    None,
    /// Clicks set points; drags move the camera.
    Draw,
    /// A drag with the left button or one finger encircles; the other buttons, two fingers and the wheel move the
    /// camera.
    Lasso,
}

/// What the pointer did with a tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum PointKind {
    /// Went down and up at one place.
    Click,
    /// The second click of a double click; the first came as `click`.
    Double,
    /// Moved without a button.
    Move,
    /// Went down to draw a line (lasso).
    Press,
    /// Moved on while drawing.
    Drag,
    /// Went up after drawing.
    Release,
}

/// What the engine tells the page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ViewerEvent {
    /// The engine runs and takes commands.
    Ready,
    /// Numbers for the status line, a few times a second while frames are drawn.
    Stats(ViewerStats),
    /// Nothing moves and every wanted tile is drawn.
    Settled {
        /// Number of the frame, counted from start.
        #[cfg_attr(test, ts(type = "number"))]
        frame: u64,
    },
    /// Progress towards `settled`.
    Loading {
        /// Tiles wanted for the present view.
        wanted: u32,
        /// Those of them that are ready.
        loaded: u32,
    },
    /// Answer to `pick`.
    Picked {
        /// As in the command.
        request_id: u32,
        /// Feature hit; `null` when nothing, or something without a feature, was hit.
        feature_index: Option<u32>,
        /// Point hit, ENU metres; `null` when nothing was hit.
        position_enu: Option<[f64; 3]>,
    },
    /// The user clicked or tapped, without dragging.
    Clicked {
        /// Feature hit.
        feature_index: Option<u32>,
        /// Point hit, ENU metres.
        position_enu: Option<[f64; 3]>,
        /// Ctrl (or Cmd) was held.
        ctrl: bool,
        /// Shift was held.
        shift: bool,
    },
    /// The feature under the pointer changed.
    Hovered {
        /// Feature, or `null`.
        feature_index: Option<u32>,
    },
    /// The camera moved.
    Camera {
        /// Where it looks.
        view: View,
        /// Position of the eye, ENU metres.
        eye_enu: [f64; 3],
    },
    /// The budget does not hold what the view wants; sent when the state changes.
    Starved {
        /// True while tiles are missing.
        starved: bool,
        /// Tiles wanted at the full level of detail and left out.
        missing_tiles: u32,
        /// Greatest screen-space error of what is drawn, pixels.
        drawn_error_px: f64,
    },
    /// The pointer did something with a tool (`set_tool`).
    ToolPoint {
        /// Point of the ground under the pointer, ENU metres; `null` on the sky.
        position_enu: Option<[f64; 3]>,
        /// CSS pixels from the canvas' left.
        x: f64,
        /// CSS pixels from the canvas' top.
        y: f64,
        /// What.
        kind: PointKind,
    },
    /// Answer to `query_area`, from the tiles that are drawn.
    AreaFeatures {
        /// As in the command.
        request_id: u32,
        /// Dense numbers, ascending.
        indices: Vec<u32>,
    },
    /// The GPU device was lost.
    DeviceLost {
        /// True when drawing goes on.
        recovered: bool,
    },
    /// Something failed for good.
    Failed {
        /// Stable code: `no_webgpu`, `tileset`, `worker`, `device`…
        code: String,
        /// What to tell the user.
        message: String,
    },
}

/// Numbers of the last drawn frame.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ViewerStats {
    /// Frames a second over the last second in which frames were drawn; 0 when idle.
    pub fps: f64,
    /// Frames drawn since start.
    #[cfg_attr(test, ts(type = "number"))]
    pub frames: u64,
    /// Draw calls of tiles.
    pub draw_calls: u32,
    /// Triangles of drawn tiles.
    #[cfg_attr(test, ts(type = "number"))]
    pub triangles: u64,
    /// Tiles drawn.
    pub tiles_drawn: u32,
    /// Tiles wanted and not yet ready.
    pub tiles_loading: u32,
    /// Features in drawn tiles.
    pub features_drawn: u32,
    /// Bytes of tile data on the CPU.
    #[cfg_attr(test, ts(type = "number"))]
    pub cpu_bytes: u64,
    /// Bytes of tile data on the GPU.
    #[cfg_attr(test, ts(type = "number"))]
    pub gpu_bytes: u64,
    /// True while the budget does not hold what the view wants.
    pub starved: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use ts_rs::TS;

    const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../web/src/bridge.gen.ts");

    fn typescript() -> String {
        let config = ts_rs::Config::default();
        let declarations = [
            View::decl(&config),
            Quality::decl(&config),
            ViewerStats::decl(&config),
            CompareMode::decl(&config),
            Tool::decl(&config),
            PointKind::decl(&config),
            ViewerCommand::decl(&config),
            ViewerEvent::decl(&config),
        ];
        let mut text = "// Generated from viewer/core/src/bridge.rs by `UPDATE_BRIDGE=1 cargo test -p viewer-core bridge`; do not edit.\n".to_owned();
        for declaration in declarations {
            text.push_str("\nexport ");
            text.push_str(declaration.trim());
            text.push('\n');
        }
        text
    }

    #[test]
    fn the_typescript_twin_is_up_to_date() {
        let fresh = typescript();
        if std::env::var_os("UPDATE_BRIDGE").is_some() {
            std::fs::write(PATH, &fresh).unwrap();
        }
        let on_disk = std::fs::read_to_string(PATH).unwrap_or_default();
        assert!(
            fresh == on_disk,
            "bridge.gen.ts is stale: run UPDATE_BRIDGE=1 cargo test -p viewer-core bridge"
        );
    }

    #[test]
    fn commands_read_as_the_page_writes_them() {
        let read = |text: &str| serde_json::from_str::<ViewerCommand>(text).unwrap();
        assert_eq!(read(r#"{"type":"reset_north"}"#), ViewerCommand::ResetNorth);
        assert_eq!(
            read(r#"{"type":"select","feature_index":null}"#),
            ViewerCommand::Select {
                feature_index: None,
                related: Vec::new()
            }
        );
        let view = View {
            target_enu: [1.0, 2.0, 3.0],
            distance_m: 50.0,
            heading_deg: 10.0,
            pitch_deg: 45.0,
        };
        assert_eq!(
            read(r#"{"type":"fly_to","view":{"target_enu":[1,2,3],"distance_m":50,"heading_deg":10,"pitch_deg":45}}"#),
            ViewerCommand::FlyTo {
                view,
                duration_ms: None
            }
        );
        assert_eq!(
            read(r#"{"type":"set_quality","quality":"low"}"#),
            ViewerCommand::SetQuality { quality: Quality::Low }
        );
        assert_eq!(
            read(r#"{"type":"set_compare","mode":"side_by_side","sides":[0,2]}"#),
            ViewerCommand::SetCompare {
                mode: CompareMode::SideBySide,
                sides: vec![0, 2],
                position: None
            }
        );
        assert_eq!(
            read(r#"{"type":"set_sketch","rings":[[[0,0,1],[9,0,1],[9,9,1]]],"extrude_m":30}"#),
            ViewerCommand::SetSketch {
                rings: vec![vec![[0.0, 0.0, 1.0], [9.0, 0.0, 1.0], [9.0, 9.0, 1.0]]],
                lines: Vec::new(),
                extrude_m: Some(30.0),
                color: None
            }
        );
        assert!(serde_json::from_str::<ViewerCommand>(r#"{"type":"no_such_thing"}"#).is_err());
    }

    #[test]
    fn events_carry_their_tag_beside_their_members() {
        let stats = serde_json::to_value(ViewerEvent::Stats(ViewerStats::default())).unwrap();
        assert_eq!(stats["type"], "stats");
        assert_eq!(stats["tiles_drawn"], 0);
        let picked = serde_json::to_value(ViewerEvent::Picked {
            request_id: 7,
            feature_index: None,
            position_enu: None,
        })
        .unwrap();
        assert_eq!(
            picked.to_string(),
            r#"{"type":"picked","request_id":7,"feature_index":null,"position_enu":null}"#
        );
    }
}
