// Generated from viewer/core/src/bridge.rs by `UPDATE_BRIDGE=1 cargo test -p viewer-core bridge`; do not edit.

export type View = { 
/**
 * Point looked at, ENU metres.
 */
target_enu: [number, number, number], 
/**
 * Distance of the eye from the target, metres, > 0.
 */
distance_m: number, 
/**
 * Compass heading of the view direction, degrees clockwise from north.
 */
heading_deg: number, 
/**
 * Angle of the view direction below the horizon, degrees: 90 looks straight down, negative looks up.
 */
pitch_deg: number, };

export type Quality = "low" | "medium" | "high";

export type ViewerStats = { 
/**
 * Frames a second over the last second in which frames were drawn; 0 when idle.
 */
fps: number, 
/**
 * Frames drawn since start.
 */
frames: number, 
/**
 * Draw calls of tiles.
 */
draw_calls: number, 
/**
 * Triangles of drawn tiles.
 */
triangles: number, 
/**
 * Tiles drawn.
 */
tiles_drawn: number, 
/**
 * Tiles wanted and not yet ready.
 */
tiles_loading: number, 
/**
 * Features in drawn tiles.
 */
features_drawn: number, 
/**
 * Bytes of tile data on the CPU.
 */
cpu_bytes: number, 
/**
 * Bytes of tile data on the GPU.
 */
gpu_bytes: number, 
/**
 * True while the budget does not hold what the view wants.
 */
starved: boolean, };

export type CompareMode = "single" | "swipe" | "difference" | "side_by_side" | "grid";

export type Tool = "none" | "draw" | "lasso";

export type PointKind = "click" | "double" | "move" | "press" | "drag" | "release";

export type ViewerCommand = { "type": "fly_to", 
/**
 * Where to.
 */
view: View, 
/**
 * Length of the flight, milliseconds; chosen by the path when absent, 0 jumps.
 */
duration_ms?: number, } | { "type": "fly_to_bounds", 
/**
 * Least and greatest corner, ENU metres.
 */
bounds_enu: [number, number, number, number, number, number], } | { "type": "set_layer", 
/**
 * Layer group or layer, as in `city_model::layers`: `buildings`, `underground/YS`.
 */
id: string, 
/**
 * True shows it.
 */
visible: boolean, } | { "type": "select", 
/**
 * Dense number; `null` clears the selection.
 */
feature_index: number | null, 
/**
 * Features marked along with it: parts, siblings.
 */
related: Array<number>, } | { "type": "set_hover", 
/**
 * True reports what lies under the pointer.
 */
enabled: boolean, } | { "type": "pick", 
/**
 * Given back in the answer.
 */
request_id: number, 
/**
 * CSS pixels from the left.
 */
x: number, 
/**
 * CSS pixels from the top.
 */
y: number, } | { "type": "zoom", 
/**
 * Old distance over new distance.
 */
factor: number, } | { "type": "orbit", 
/**
 * Added to the heading, degrees.
 */
heading_deg: number, 
/**
 * Added to the pitch, degrees.
 */
pitch_deg: number, } | { "type": "pan", 
/**
 * Content moves left when positive, CSS pixels.
 */
x_px: number, 
/**
 * Content moves up when positive, CSS pixels.
 */
y_px: number, } | { "type": "reset_north" } | { "type": "set_quality", 
/**
 * The preset.
 */
quality: Quality, } | { "type": "set_underground", 
/**
 * True looks below the ground.
 */
enabled: boolean, } | { "type": "set_time", 
/**
 * Local solar time, hours 0–24.
 */
hours: number, } | { "type": "set_reduced_motion", 
/**
 * True jumps.
 */
enabled: boolean, } | { "type": "set_budget", 
/**
 * Bytes of decoded tiles kept on the CPU.
 */
cpu_bytes: number, 
/**
 * Bytes of meshes and textures on the GPU.
 */
gpu_bytes: number, } | { "type": "reload_tileset", 
/**
 * Address of the new root file.
 */
url: string, 
/**
 * Content names that are gone or new.
 */
changed: Array<string>, } | { "type": "simulate_device_loss" } | { "type": "set_compare", 
/**
 * How.
 */
mode: CompareMode, 
/**
 * Sides (0–3): of `single` the one shown, of `swipe` left and right, of `difference` before and after, of
 * `side_by_side` left and right, of `grid` by rows. Missing ones are filled up with 0, 1, 2, 3.
 */
sides: Array<number>, 
/**
 * Place of the swipe line, share of the width from the left; kept when absent.
 */
position?: number, } | { "type": "set_side", 
/**
 * Side, 0–3.
 */
side: number, } | { "type": "set_scenario_colors", 
/**
 * True shows changes blue, new things teal, what is demolished hatched in red; false shows the city as it will
 * stand.
 */
enabled: boolean, 
/**
 * True shows what is demolished as a ghost, false leaves it out; as `enabled` when absent.
 */
removed?: boolean, } | { "type": "show_overlay", 
/**
 * Side, 0–3.
 */
side: number, 
/**
 * Seconds from the start of the simulation.
 */
time_s: number, 
/**
 * 0 to 1.
 */
opacity: number, 
/**
 * False keeps it without drawing it.
 */
visible: boolean, } | { "type": "set_highlight", 
/**
 * Dense numbers; none clears.
 */
features: Array<number>, 
/**
 * sRGB colour; a warm yellow when absent.
 */
rgb?: [number, number, number], } | { "type": "set_ghost", 
/**
 * Dense numbers; none (without `rest`) clears.
 */
features: Array<number>, 
/**
 * True makes everything that stands see-through except these.
 */
rest: boolean, } | { "type": "set_tool", 
/**
 * The tool.
 */
tool: Tool, } | { "type": "set_sketch", 
/**
 * Polygon rings, ENU metres, not closed; the first is the outline, the others are further outlines.
 */
rings: Array<Array<[number, number, number]>>, 
/**
 * Open lines, ENU metres.
 */
lines: Array<Array<[number, number, number]>>, 
/**
 * Height of the body above the lowest ground under a ring, metres; flat when absent or 0.
 */
extrude_m?: number, 
/**
 * sRGB colour; the accent when absent.
 */
color?: [number, number, number], } | { "type": "query_area", 
/**
 * Given back in the answer.
 */
request_id: number, 
/**
 * Ring, ENU metres, not closed; heights do not matter.
 */
ring_enu: Array<[number, number, number]>, 
/**
 * Layer groups or layers asked for; buildings (and pipes while looking underground) when empty.
 */
layers: Array<string>, } | { "type": "set_project_envelope", 
/**
 * Metres; 3 is the low wall that they begin with.
 */
height_m: number, };

export type ViewerEvent = { "type": "ready" } | { "type": "stats" } & ViewerStats | { "type": "settled", 
/**
 * Number of the frame, counted from start.
 */
frame: number, } | { "type": "loading", 
/**
 * Tiles wanted for the present view.
 */
wanted: number, 
/**
 * Those of them that are ready.
 */
loaded: number, } | { "type": "picked", 
/**
 * As in the command.
 */
request_id: number, 
/**
 * Feature hit; `null` when nothing, or something without a feature, was hit.
 */
feature_index: number | null, 
/**
 * Point hit, ENU metres; `null` when nothing was hit.
 */
position_enu: [number, number, number] | null, } | { "type": "clicked", 
/**
 * Feature hit.
 */
feature_index: number | null, 
/**
 * Point hit, ENU metres.
 */
position_enu: [number, number, number] | null, 
/**
 * Ctrl (or Cmd) was held.
 */
ctrl: boolean, 
/**
 * Shift was held.
 */
shift: boolean, } | { "type": "hovered", 
/**
 * Feature, or `null`.
 */
feature_index: number | null, } | { "type": "camera", 
/**
 * Where it looks.
 */
view: View, 
/**
 * Position of the eye, ENU metres.
 */
eye_enu: [number, number, number], } | { "type": "starved", 
/**
 * True while tiles are missing.
 */
starved: boolean, 
/**
 * Tiles wanted at the full level of detail and left out.
 */
missing_tiles: number, 
/**
 * Greatest screen-space error of what is drawn, pixels.
 */
drawn_error_px: number, } | { "type": "tool_point", 
/**
 * Point of the ground under the pointer, ENU metres; `null` on the sky.
 */
position_enu: [number, number, number] | null, 
/**
 * CSS pixels from the canvas' left.
 */
x: number, 
/**
 * CSS pixels from the canvas' top.
 */
y: number, 
/**
 * What.
 */
kind: PointKind, } | { "type": "area_features", 
/**
 * As in the command.
 */
request_id: number, 
/**
 * Dense numbers, ascending.
 */
indices: Array<number>, } | { "type": "device_lost", 
/**
 * True when drawing goes on.
 */
recovered: boolean, } | { "type": "failed", 
/**
 * Stable code: `no_webgpu`, `tileset`, `worker`, `device`…
 */
code: string, 
/**
 * What to tell the user.
 */
message: string, };
