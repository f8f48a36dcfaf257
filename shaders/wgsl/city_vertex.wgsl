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
    @location(3) @interpolate(flat, either) surface: vec2<u32>, // style bytes; state bits | seed of the feature << 8
};

const PI: f32 = 3.14159265;
const SELECTED_TINT: vec3<f32> = vec3(1.0, 0.42, 0.08);

fn is_below_ground(layer: u32) -> bool {
    return layer >= 32u || layer == 14u;
}

fn lit_vertex(vertex: TileVertex) -> Lit {
    var out: Lit;
    let layer = vertex.words.x >> 24u;
    let row = feature_row(vertex.feature_index);
    if (!is_layer_shown(layer) || (row.state & STATE_HIDDEN) != 0u) {
        out.clip = vec4(0.0, 0.0, -1.0, 1.0); // whole features vanish, so no triangle is torn
        return out;
    }
    let rel = vertex.position + vertex.tile_from_eye.xyz;
    let normal = unpack4x8snorm(vertex.words.x).xyz;
    let color = unpack4x8unorm(vertex.words.w);
    let tint = unpack4x8unorm(row.tint);
    var base = linear_from_srgb(mix(color.rgb, tint.rgb, tint.a));
    if ((row.state & (STATE_SELECTED | STATE_RELATED)) != 0u) {
        let share = select(0.35, 0.6, (row.state & STATE_SELECTED) != 0u);
        base = mix(base, SELECTED_TINT, share);
    }
    if ((row.state & STATE_HOVERED) != 0u) {
        base = base * 1.25 + vec3(0.06, 0.05, 0.02);
    }
    out.clip = scene.clip_from_rel * vec4(rel, 1.0);
    out.rel = rel;
    out.base = vec4(base, max(dot(normal, scene.sun.xyz), 0.0) * scene.sun.w);
    let openness = f32(vertex.words.y >> 24u) * (1.0 / 255.0);
    let facade = vec2(f32(vertex.words.z & 0xffffu), f32(vertex.words.z >> 16u)) * FACADE_UNIT_M;
    out.facade = vec4(facade, normal.z * 0.5 + 0.5, openness);
    out.surface = vec2(vertex.words.y, (row.state & 0xffu) | (vertex.feature_index << 8u));
    return out;
}

@vertex
fn city_vertex(vertex: TileVertex) -> Lit {
    return lit_vertex(vertex);
}
