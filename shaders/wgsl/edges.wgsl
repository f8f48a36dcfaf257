// Thin edges of near bodies: lines over the vertices of their tiles. They fade out before they would cover what they
// outline. What is selected or under the pointer keeps its outline at any distance.

const EDGES_FULL_M: f32 = 350.0;
const EDGES_UNTIL_M: f32 = 1500.0;  // `shaders::EDGES_UNTIL_M`
const EDGE_NEARER: f32 = 1.0008;    // in the depth test, a share of the distance: lines lie on faces
const EDGE_SHADE: f32 = 0.15;       // of the colour of the face
const EDGE_OPACITY: f32 = 0.7;
const EDGE_FAINT: vec4<f32> = vec4(0.62, 0.70, 0.76, 0.20); // sRGB: of what stands while the view looks below the ground
const EDGE_SELECTED: vec4<f32> = vec4(1.0, 0.80, 0.30, 1.0);
const EDGE_HOVERED: vec4<f32> = vec4(1.0, 0.98, 0.90, 0.95);

struct EdgeVertex {
    @builtin(position) clip: vec4<f32>,
    @location(0) color: vec4<f32>, // sRGB; w: opacity
};

@vertex
fn edge_vertex(vertex: TileVertex) -> EdgeVertex {
    let row = feature_row(vertex.feature_index);
    let look = look_of(vertex.words.x >> 24u, row);
    if (look == LOOK_HIDDEN) {
        return EdgeVertex(NOWHERE, vec4(0.0));
    }
    let rel = vertex.position + vertex.tile_from_eye.xyz;
    let clip = scene.clip_from_rel * vec4(rel, 1.0);
    let distance_m = length(rel);
    let keep = 1.0 - smoothstep(EDGES_FULL_M, EDGES_UNTIL_M, distance_m);
    let dark = srgb_from_linear(stated_color(vertex.words.w, row, look) * EDGE_SHADE);
    var color = vec4(dark, EDGE_OPACITY * keep);
    if (scene.ground_ambient.w < 1.0) {
        color = vec4(EDGE_FAINT.rgb, EDGE_FAINT.a * keep);
    } else if (look == LOOK_GHOST) {
        color.w *= 0.4;
    }
    if ((row.state & STATE_SELECTED) != 0u) {
        color = EDGE_SELECTED;
    } else if ((row.state & STATE_HOVERED) != 0u) {
        color = EDGE_HOVERED;
    }
    return EdgeVertex(vec4(clip.xy, clip.z * EDGE_NEARER, clip.w), color);
}

@fragment
fn edge_fragment(in: EdgeVertex) -> @location(0) vec4<f32> {
    return in.color;
}
