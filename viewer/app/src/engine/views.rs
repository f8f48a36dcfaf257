//! The pictures of a frame: each pane of a comparison with its uniform, its place and the tiles that it shows.

use crate::engine::state::{PROJECT_WALL_M, SceneState};
use crate::material::frame::{FrameView, Marks, ViewTile};
use crate::shadow::ShadowFrame;
use crate::sky::Daylight;
use crate::tiles::{ReadyTile, TileStream};
use bevy::math::{DVec3, Mat4, Vec3};
use shaders::Scene;
use shaders::depth_grid;
use shaders::scene::PATTERN_PERIOD_M;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use viewer_core::state::{FeatureStates, Rest, side_shift};
use viewer_core::{Camera, Look, Pane, Volume, compare};

/// Nearest distance drawn, metres; the reversed depth has no far plane.
const NEAR_M: f32 = 0.5;
/// Haze begins here and is complete there, metres.
const HAZE_M: [f32; 2] = [2_000.0, 15_000.0];
/// Strength of shadows by day.
const SHADOW_STRENGTH: f32 = 0.88;
/// Opacity of ground and buildings in underground mode.
const UNDERGROUND_OPACITY: f32 = 0.15;
/// Layer code of which no layer is: what the shader compares with when a city has no proposals.
const NO_LAYER: u32 = u32::MAX;

// the shader's numbers are those of viewer-core
const _: () = assert!(
    Look::Plain as u32 == shaders::look::PLAIN
        && Look::Hidden as u32 == shaders::look::HIDDEN
        && Look::Changed as u32 == shaders::look::CHANGED
        && Look::Removed as u32 == shaders::look::REMOVED
        && Look::Added as u32 == shaders::look::ADDED
        && Look::Abandoned as u32 == shaders::look::ABANDONED
        && Look::Kept as u32 == shaders::look::KEPT
        && Look::Ghost as u32 == shaders::look::GHOST
);

/// Light, air and the time of the animation: what all pictures of a frame share.
pub(super) struct Air {
    pub(super) light: Daylight,
    /// Height of the plain around the data, ENU metres.
    pub(super) plain_z_m: f64,
    pub(super) shadow: ShadowFrame,
    /// Side of the shadow map, texels.
    pub(super) shadow_size: u32,
    pub(super) now_ms: f64,
}

/// Finds out which drawn tiles hold features that a scenario marks.
pub(super) fn find_marks(stream: &mut TileStream, states: &FeatureStates, panes: &[Pane]) {
    if !states.has_looks() {
        return;
    }
    let mut hasher = DefaultHasher::new();
    states.generation().hash(&mut hasher);
    for pane in panes {
        (pane.sides, pane.looks).hash(&mut hasher);
    }
    let proposals = compare::proposal_layer();
    stream.find_marks(hasher.finish(), panes.len(), &|pane, feature| {
        panes.get(pane).map_or(Look::Plain, |pane| {
            let is_proposal = proposals == Some(feature.layer_code);
            states.look(pane, feature.index, feature.layer_code, is_proposal)
        })
    });
}

/// The pictures of a frame.
///
/// * `drawn` — tiles of the frame, nearest first; `has_sketch` — one more tile comes before them
pub(super) fn views(
    panes: &[Pane],
    camera: &Camera,
    size_px: [u32; 2],
    state: &SceneState,
    states: &FeatureStates,
    air: &Air,
    drawn: &[(&Volume, &ReadyTile)],
    has_sketch: bool,
) -> Vec<FrameView> {
    let mut shadows: Vec<([u8; 2], compare::LookTable)> = Vec::new();
    let mut views = Vec::with_capacity(panes.len());
    for (index, pane) in panes.iter().enumerate() {
        // without states the same things stand on every side
        let stands = if states.has_looks() {
            (pane.sides, pane.looks)
        } else {
            ([0; 2], compare::LookTable::default())
        };
        let shadow = shadows.iter().position(|known| *known == stands).unwrap_or_else(|| {
            shadows.push(stands);
            shadows.len() - 1
        });
        let scissor_px = pixels(pane.scissor, size_px);
        if scissor_px[2] == 0 || scissor_px[3] == 0 {
            continue;
        }
        let viewport_px = pixels(pane.viewport, size_px);
        let strip = pane.scissor != pane.viewport;
        let frustum = camera.strip_state(1.0, pane.scissor[0], pane.scissor[0] + pane.scissor[2]);
        let seen = (u32::from(has_sketch)..)
            .zip(drawn)
            .filter(|(_, (volume, _))| !strip || !frustum.culls(volume, &mut 0));
        let tiles = seen.map(|(row, (_, tile))| ViewTile {
            row,
            marks: if states.has_looks() {
                tile.marks(index)
            } else {
                Marks::default()
            },
        });
        let sketch = has_sketch.then_some(ViewTile {
            row: 0,
            marks: Marks::default(),
        });
        views.push(FrameView {
            scene: Scene {
                maps: [0.0, shadow as f32, shadow as f32, f32::from(pane.sides[0].min(1))],
                ..scene(
                    camera,
                    [viewport_px[2], viewport_px[3]],
                    state,
                    pane,
                    states.rest(),
                    air,
                )
            },
            side: pane.sides[0],
            viewport_px: viewport_px.map(|v| v as f32),
            scissor_px,
            tiles: sketch.into_iter().chain(tiles).collect(),
            shadow,
        });
    }
    views
}

/// Takes the tiles out that look the same in all pictures, where these are parts of one: the sides of a swipe line.
///
/// * `drawn`, `has_sketch` — as for [`views`]
pub(super) fn take_shared(views: &mut [FrameView], drawn: &[(&Volume, &ReadyTile)], has_sketch: bool) -> Vec<ViewTile> {
    let [first, second] = views else {
        return Vec::new();
    };
    if first.viewport_px != second.viewport_px {
        return Vec::new();
    }
    // a tile drawn once has the shadows of the side that a pixel is on
    let border = second.scissor_px[0] as f32;
    first.scene.maps = [border, first.shadow as f32, second.shadow as f32, first.scene.maps[3]];
    let is_shared = |tile: &ViewTile| {
        let at = (tile.row as usize).checked_sub(usize::from(has_sketch));
        at.and_then(|at| drawn.get(at)).is_some_and(|(_, tile)| tile.is_alike())
    };
    let mut shared = Vec::new();
    for view in views {
        shared.extend(view.tiles.extract_if(.., |tile| is_shared(tile)));
    }
    shared.sort_unstable_by_key(|tile| tile.row);
    shared.dedup_by_key(|tile| tile.row);
    shared
}

/// Left, top, width and height in pixels of a part of the canvas; neighbours share their edge.
fn pixels(share: [f64; 4], size_px: [u32; 2]) -> [u32; 4] {
    let edge = |at: f64, size: u32| (at * f64::from(size)).round().clamp(0.0, f64::from(size)) as u32;
    let (left, top) = (edge(share[0], size_px[0]), edge(share[1], size_px[1]));
    let (right, bottom) = (
        edge(share[0] + share[2], size_px[0]),
        edge(share[1] + share[3], size_px[1]),
    );
    [left, top, right - left, bottom - top]
}

fn scene(camera: &Camera, size_px: [u32; 2], state: &SceneState, pane: &Pane, rest: Rest, air: &Air) -> Scene {
    let eye = camera.eye_enu();
    let light = &air.light;
    let [width, height] = size_px.map(|side| side.max(1) as f32);
    let tan = (camera.fovy_rad * 0.5).tan() as f32;
    let [forward, right, up] = [camera.forward(), camera.right(), camera.up()].map(|v| v.as_vec3());
    let clip_from_view = Mat4::perspective_infinite_reverse_rh(camera.fovy_rad as f32, width / height, NEAR_M);
    let view_from_rel = Mat4::look_to_rh(Vec3::ZERO, forward, up);
    let wrapped = eye.rem_euclid(DVec3::splat(PATTERN_PERIOD_M)).as_vec3();
    let opacity = if state.is_underground { UNDERGROUND_OPACITY } else { 1.0 };
    let with = |rgb: [f32; 3], w: f32| [rgb[0], rgb[1], rgb[2], w];
    let lit = state.lit_rgb.map(|byte| (f32::from(byte) / 255.0).powf(2.2));
    Scene {
        clip_from_rel: (clip_from_view * view_from_rel).to_cols_array_2d(),
        shadow_from_rel: air.shadow.shadow_from_rel(eye).to_cols_array_2d(),
        ray_right: (right * (tan * width / height)).extend(width).to_array(),
        ray_up: (up * tan).extend(height).to_array(),
        ray_forward: forward.extend(2.0 * tan / height).to_array(),
        eye: wrapped.extend((eye.z - air.plain_z_m) as f32).to_array(),
        sun: light.sun.as_vec3().extend(light.day).to_array(),
        sun_color: with(light.sun_color, light.lamps),
        sky_ambient: with(light.sky_ambient, (air.now_ms / 1000.0 % 3600.0) as f32),
        ground_ambient: with(light.ground_ambient, opacity),
        // what is only hinted at casts no shadow
        zenith: with(light.zenith, if state.is_underground { 0.0 } else { SHADOW_STRENGTH }),
        horizon: with(light.horizon, 1.0 / air.shadow_size.max(1) as f32),
        fog: [
            HAZE_M[0],
            1.0 / (HAZE_M[1] - HAZE_M[0]),
            1.0,
            state.quality as u32 as f32,
        ],
        grid: [
            eye.x.rem_euclid(depth_grid::PERIOD_M) as f32,
            eye.y.rem_euclid(depth_grid::PERIOD_M) as f32,
            depth_grid::GRIDS_M[1],
            0.0,
        ],
        layer_mask: state.layers.words(),
        looks: pane.looks.rows(),
        sides: [
            side_shift(pane.sides[0]),
            side_shift(pane.sides[1]),
            rest as u32,
            compare::proposal_layer().map_or(NO_LAYER, u32::from),
        ],
        maps: [0.0; 4],
        lit: with(lit, (state.envelope_m - PROJECT_WALL_M) as f32),
        marks: shaders::look::COLORS,
        facades: shaders::facade::rows(),
    }
}
