// Bindings shared by every pass, and helpers without a look of their own.
//
// | group | binding | what |
// |---|---|---|
// | 0 | 0 | uniform `scene` (Rust twin: `shaders::Scene`) |
// | 0 | 1 | read-only storage `features`: one row a dense feature index (Rust twin: `shaders::FeatureRow`) |
//
// Frame: ENU axes in metres, relative to the eye ("rel"); reversed depth (1 near, 0 at infinity). Colours linear.

struct Scene {
    clip_from_rel: mat4x4<f32>,
    shadow_from_rel: mat4x4<f32>,
    ray_right: vec4<f32>,      // xyz: view ray at clip x = 1 minus the middle one; w: width, px
    ray_up: vec4<f32>,         // xyz: view ray at clip y = 1 minus the middle one; w: height, px
    ray_forward: vec4<f32>,    // xyz: view ray in the middle; w: angle of a pixel, rad
    eye: vec4<f32>,            // xyz: eye modulo 4096 m, for patterns fixed to the ground; w: height above the plain, m
    sun: vec4<f32>,            // xyz: unit vector to the sun; w: 1 by day, 0 once it has set
    sun_color: vec4<f32>,      // rgb; w: lit share of windows, 0–1
    sky_ambient: vec4<f32>,    // rgb from above; w: animation time, s
    ground_ambient: vec4<f32>, // rgb from below; w: opacity of ground and buildings, 1 outside underground mode
    zenith: vec4<f32>,         // rgb; w: shadow strength, 0–1
    horizon: vec4<f32>,        // rgb; w: one texel of the shadow map, in its uv
    fog: vec4<f32>,            // x: start, m; y: 1 / range, 1/m; z: greatest share; w: detail (0 low, 1 medium, 2 high)
    grid: vec4<f32>,           // xy: eye modulo the coarse cells of the depth grid, m; z: depth of the deepest grid, m
    layer_mask: array<vec4<u32>, 2>, // bit `layer code` set: shown
    looks: array<vec4<u32>, 2>,      // a word a state on the first side, a nibble a state on the second: the look
    sides: vec4<u32>,                // lowest bits of the states on both sides; 1: the rest is ghost, 2: below ground too; layer of proposals
    maps: vec4<f32>,                 // x: column where the second side begins, px; shadow map before it, from it on; which tint
    lit: vec4<f32>,                  // rgb of lit features; w: what is added to the height of project walls, m
    marks: array<vec4<f32>, 8>,      // by look: rgb, and its share
    facades: array<vec4<f32>, 32>,   // two rows a building use, see `shaders::facade`
};

struct FeatureRow {
    state: u32, // bits: 1 hidden, 2 selected, 4 related, 8 hovered, 16 ghost, 32 lit; from 8 on four bits a side
    tints: array<u32, 2>, // by picture: rgba8, sRGB; alpha is the share of the tint
};

@group(0) @binding(0) var<uniform> scene: Scene;
@group(0) @binding(1) var<storage, read> features: array<FeatureRow>;

const NO_ROW: FeatureRow = FeatureRow(0u, array<u32, 2>(0u, 0u));

// Tint of a feature in this picture.
fn tint_of(row: FeatureRow) -> u32 {
    return select(row.tints[0], row.tints[1], scene.maps.w > 0.5);
}

// True where what a feature is coloured by lies nearer to a limit than its method can tell: the lowest bit of the share.
fn is_hatched(row: FeatureRow) -> bool {
    return (tint_of(row) & 0x01000000u) != 0u;
}

// Stripes over an sRGB colour that is nearer to a limit than the method can tell.
fn hatched(color: vec3<f32>, clip: vec2<f32>) -> vec3<f32> {
    let stripe = step(0.5, fract((clip.x + clip.y) / 9.0));
    return mix(color, vec3(0.12), 0.65 * stripe);
}

const STATE_HIDDEN: u32 = 1u;
const STATE_SELECTED: u32 = 2u;
const STATE_RELATED: u32 = 4u;
const STATE_HOVERED: u32 = 8u;
const STATE_GHOST: u32 = 16u;
const STATE_LIT: u32 = 32u;

const SIDE_ABSENT: u32 = 5u; // city_model::scenario::FeatureState::Absent

// How a feature is drawn (viewer_core::Look).
const LOOK_PLAIN: u32 = 0u;
const LOOK_HIDDEN: u32 = 1u;
const LOOK_CHANGED: u32 = 2u;
const LOOK_REMOVED: u32 = 3u;
const LOOK_ADDED: u32 = 4u;
const LOOK_ABANDONED: u32 = 5u;
const LOOK_KEPT: u32 = 6u;
const LOOK_GHOST: u32 = 7u;

// Surface kinds, as in city_model::style::SurfaceKind.
const KIND_WALL: u32 = 1u;
const KIND_ROOF: u32 = 2u;
const KIND_PITCHED_ROOF: u32 = 3u;
const KIND_TERRAIN: u32 = 4u;
const KIND_ROAD: u32 = 5u;
const KIND_PAVEMENT: u32 = 6u;
const KIND_WATER: u32 = 7u;
const KIND_GREEN: u32 = 8u;
const KIND_RAIL: u32 = 9u;
const KIND_PIPE: u32 = 10u;
const KIND_PIPE_NODE: u32 = 11u;
const KIND_LEAF: u32 = 12u;
const KIND_PROJECT_FILL: u32 = 13u;
const KIND_PROJECT_WALL: u32 = 14u;
const KIND_GLASS: u32 = 15u;

const FACADE_UNIT_M: f32 = 0.03125; // city_model::style::FACADE_UNIT_M

// sRGB → linear within 0.3 % (cubic fit; the exact curve costs a pow a channel).
fn linear_from_srgb(c: vec3<f32>) -> vec3<f32> {
    return c * (c * (c * 0.305306011 + 0.682171111) + 0.012522878);
}

// Linear → sRGB within 0.2 % (sum of roots in place of the exact power). Every pass writes sRGB values into a plain
// target: sRGB views of multisampled targets are resolved wrongly by a software renderer that tests run on, and low
// quality can encode by vertex.
fn srgb_from_linear(color: vec3<f32>) -> vec3<f32> {
    let s1 = sqrt(max(color, vec3(0.0)));
    let s2 = sqrt(s1);
    let s3 = sqrt(s2);
    return max(0.662002687 * s1 + 0.684122060 * s2 - 0.323583601 * s3 - 0.0225411470 * color, vec3(0.0));
}

fn is_layer_shown(code: u32) -> bool {
    let word = scene.layer_mask[(code >> 7u) & 1u][(code >> 5u) & 3u];
    return ((word >> (code & 31u)) & 1u) != 0u;
}

fn feature_row(index: u32) -> FeatureRow {
    if (index >= arrayLength(&features)) {
        return NO_ROW;
    }
    return features[index];
}

// Buildings and what stands among them: the layers that "the rest" of a ghost set means.
fn stands(layer: u32) -> bool {
    return layer < 6u || layer == scene.sides.w;
}

const FIRST_PIPE_LAYER: u32 = 32u; // city_model::layers::FIRST_PIPE_CODE

// What "the rest" of a ghost set means.
fn is_of_rest(layer: u32) -> bool {
    return stands(layer) || (scene.sides.z == 2u && layer >= FIRST_PIPE_LAYER);
}

// Look of a feature by everything that is known of it; the CPU twin is `FeatureStates::look` of viewer-core.
fn look_of(layer: u32, row: FeatureRow) -> u32 {
    if (!is_layer_shown(layer) || (row.state & STATE_HIDDEN) != 0u) {
        return LOOK_HIDDEN;
    }
    var states = vec2(row.state >> scene.sides.x, row.state >> scene.sides.y) & vec2(7u);
    if (layer == scene.sides.w) {
        states = select(states, vec2(SIDE_ABSENT), states == vec2(0u));
    }
    let look = (scene.looks[states.x >> 2u][states.x & 3u] >> (states.y * 4u)) & 15u;
    let is_marked = (row.state & STATE_GHOST) != 0u;
    let is_ghost = select(is_marked, is_of_rest(layer) && !is_marked, scene.sides.z >= 1u);
    return select(look, LOOK_GHOST, is_ghost && (look == LOOK_PLAIN || look == LOOK_KEPT));
}

// Uniform in 0–1 from an integer cell (PCG-style; the CPU twin is `shaders::noise::cell_hash`).
fn cell_hash(cell: vec2<i32>, seed: u32) -> f32 {
    var h = (bitcast<u32>(cell.x) * 0x9e3779b1u) ^ (bitcast<u32>(cell.y) * 0x85ebca77u) ^ (seed * 0xc2b2ae3du);
    h = (h ^ (h >> 15u)) * 0x2c1b3c6du;
    h = (h ^ (h >> 12u)) * 0x297a2d39u;
    return f32((h ^ (h >> 15u)) >> 8u) * (1.0 / 16777216.0);
}

// Smooth value noise, 0–1, one cell a unit.
fn value_noise(p: vec2<f32>) -> f32 {
    let cell = vec2<i32>(floor(p));
    let f = fract(p);
    let s = f * f * (3.0 - 2.0 * f);
    let bottom = mix(cell_hash(cell, 7u), cell_hash(cell + vec2(1, 0), 7u), s.x);
    let top = mix(cell_hash(cell + vec2(0, 1), 7u), cell_hash(cell + vec2(1, 1), 7u), s.x);
    return mix(bottom, top, s.y);
}

// Mottled ground; `px` metres a pixel fades the fine octave.
fn mottled(base: vec3<f32>, ground: vec2<f32>, px: f32, strength: f32) -> vec3<f32> {
    var n = value_noise(ground * 0.045) - 0.5;
    if (px < 1.5) {
        n += (value_noise(ground * 0.7) - 0.5) * (0.7 - px * 0.46);
    }
    return base * (1.0 + strength * n);
}

// Share of the interval [from, to] seen through a pixel of width w centred at x (all in one unit): no moiré.
fn band(x: f32, w: f32, lo: f32, hi: f32) -> f32 {
    let half_w = max(w, 1e-4) * 0.5;
    return clamp((min(x + half_w, hi) - max(x - half_w, lo)) / (2.0 * half_w), 0.0, 1.0);
}
