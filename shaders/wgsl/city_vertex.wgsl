// Vertex stage of tiles: five packed words a vertex, lighting by face normal, per-feature state.

struct TileVertex {
    @location(0) position: vec3<f32>,    // metres relative to the tile's origin
    @location(1) words: vec4<u32>,       // normal + layer, surface, facade, colour (viewer-decode, VertexAttributes)
    @location(2) feature_index: u32,
    @location(3) tile_from_eye: vec4<f32>, // xyz: tile origin minus eye, metres; one a tile
};

struct Lit {
    @builtin(position) clip: vec4<f32>,
    @location(0) rel: vec3<f32>,           // metres from the eye
    @location(1) base: vec4<f32>,          // linear colour; w: cosine to the sun, ≥ 0
    @location(2) facade: vec4<f32>,        // xy: metres along and up; z: 0 faces down, 1 up; w: openness
    @location(3) @interpolate(flat, either) surface: vec2<u32>, // style, 1 << 24 where hatched; look | seed of the feature << 8
};

const STYLE_HATCHED: u32 = 0x01000000u; // in place of the openness, which pixels have from `facade`;


// Looks that a pipeline draws, a bit each. What is marked has pipelines of its own, so that ordinary ones stay short.
override looks_drawn: u32 = 0x41u; // plain and kept

const SELECTED_TINT: vec3<f32> = vec3(1.0, 0.42, 0.08);

// Linear colour of a vertex with everything that its feature's state says. The alpha of the word is for other viewers:
// here opacity comes from the kind of the surface and from the look.
fn stated_color(word: u32, row: FeatureRow, look: u32) -> vec3<f32> {
    let color = unpack4x8unorm(word);
    let tint = unpack4x8unorm(tint_of(row));
    var base = linear_from_srgb(mix(color.rgb, tint.rgb, tint.a));
    base = mix(base, scene.marks[look].rgb, scene.marks[look].a);
    base = mix(base, scene.lit.rgb, select(0.0, 0.8, (row.state & STATE_LIT) != 0u));
    let mark = select(0.0, 0.35, (row.state & STATE_RELATED) != 0u);
    base = mix(base, SELECTED_TINT, select(mark, 0.6, (row.state & STATE_SELECTED) != 0u));
    let lift = select(0.0, 1.0, (row.state & STATE_HOVERED) != 0u);
    return base * (1.0 + 0.25 * lift) + vec3(0.06, 0.05, 0.02) * lift;
}

fn is_drawn(look: u32) -> bool {
    return ((looks_drawn >> look) & 1u) != 0u;
}

// A whole feature vanishes when its vertices fall onto one point behind the far plane, so no triangle is torn.
const NOWHERE: vec4<f32> = vec4(0.0, 0.0, -1.0, 1.0);

// Light from above and below by the height of the normal (0 down, 1 up) and the openness to the sky.
fn ambient_light(upward: f32, openness: f32) -> vec3<f32> {
    return mix(scene.ground_ambient.rgb, scene.sky_ambient.rgb, upward) * (0.45 + 0.55 * openness);
}

const PIPE_RADIUS_PX: f32 = 0.7;  // least half width of a pipe in the picture
const PIPE_RADIUS_M: f32 = 0.15;  // half width that a pipe has as a rule
const PIPE_GROWTH_M: f32 = 8.0;   // no pipe becomes wider than its street

// Pipes seen from afar: pushed out along the normal until they are wide enough to be seen as lines without gaps.
fn widened(rel: vec3<f32>, normal: vec3<f32>) -> vec3<f32> {
    let wanted_m = length(rel) * scene.ray_forward.w * PIPE_RADIUS_PX;
    return rel + normal * clamp(wanted_m - PIPE_RADIUS_M, 0.0, PIPE_GROWTH_M);
}

// Project walls stand as high as the view asks for.
fn raised(rel: vec3<f32>, kind: u32, above_ground_m: f32) -> vec3<f32> {
    let rise = select(0.0, scene.lit.w, kind == KIND_PROJECT_WALL && above_ground_m > 1.5);
    return rel + vec3(0.0, 0.0, rise);
}

const LAYER_ZONE: u32 = 13u; // city_model::layers, projects/zone

// Zones cover the whole city: their fill is drawn only where somebody has coloured it.
fn is_bare(kind: u32, layer: u32, row: FeatureRow) -> bool {
    return kind == KIND_PROJECT_FILL && layer == LAYER_ZONE && (tint_of(row) >> 24u) == 0u;
}

fn stated_style(style: u32, layer: u32) -> u32 {
    return select(style, (style & 0xff00ffffu) | (STAGE_COLORED << 16u), layer == LAYER_ZONE);
}

const FILL_NEARER: f32 = 1.003;

// Fills of projects lie on the ground at its full detail: a coarser tile of the ground would break through them from
// afar. In the depth test they are nearer by a share of the distance, as errors of the ground are.
fn before_ground(clip: vec4<f32>, kind: u32) -> vec4<f32> {
    return vec4(clip.xy, clip.z * select(1.0, FILL_NEARER, kind == KIND_PROJECT_FILL), clip.w);
}

fn project_glow(kind: u32) -> f32 {
    return select(select(0.0, 0.25, kind == KIND_PROJECT_WALL), 0.12, kind == KIND_PROJECT_FILL);
}

fn lit_vertex(vertex: TileVertex) -> Lit {
    var out: Lit;
    let row = feature_row(vertex.feature_index);
    let look = look_of(vertex.words.x >> 24u, row);
    if (!is_drawn(look)) {
        out.clip = NOWHERE;
        return out;
    }
    var rel = vertex.position + vertex.tile_from_eye.xyz;
    let facade = vec2(f32(vertex.words.z & 0xffffu), f32(vertex.words.z >> 16u)) * FACADE_UNIT_M;
    let kind = vertex.words.y & 15u;
    var style = vertex.words.y;
    if (bucket == BUCKET_BLENDED) {
        let layer = vertex.words.x >> 24u;
        if (is_bare(kind, layer, row)) {
            out.clip = NOWHERE;
            return out;
        }
        style = stated_style(style, layer);
        rel = raised(rel, kind, facade.y);
    }
    let normal = unpack4x8snorm(vertex.words.x).xyz;
    if (bucket == BUCKET_PIPE) {
        rel = widened(rel, normal);
    }
    out.clip = scene.clip_from_rel * vec4(rel, 1.0);
    if (bucket == BUCKET_BLENDED) {
        out.clip = before_ground(out.clip, kind);
    }
    out.rel = rel;
    out.base = vec4(stated_color(vertex.words.w, row, look), max(dot(normal, scene.sun.xyz), 0.0) * scene.sun.w);
    let openness = f32(vertex.words.y >> 24u) * (1.0 / 255.0);
    out.facade = vec4(facade, normal.z * 0.5 + 0.5, openness);
    style = (style & 0xffffffu) | select(0u, STYLE_HATCHED, is_hatched(row));
    out.surface = vec2(style, look | (vertex.feature_index << 8u));
    return out;
}

@vertex
fn city_vertex(vertex: TileVertex) -> Lit {
    return lit_vertex(vertex);
}
