// Depths in the underground mode: the ground once more, sunk by a known depth, as a grid of known width, and deeper as
// the fog that everything below lies in.

const GRID_CELL_M: f32 = 20.0;   // `shaders::depth_grid::CELL_M`
const GRID_CELLS: f32 = 5.0;     // a stronger line every so many
const GRID_COLOR: vec3<f32> = vec3(0.42, 0.66, 0.70); // sRGB
const GRID_FOG: vec4<f32> = vec4(0.115, 0.130, 0.142, 0.90); // sRGB of dark rock; w: opacity

struct GridVertex {
    @builtin(position) clip: vec4<f32>,
    @location(0) place: vec2<f32>, // metres in the plane, for the pattern
    @location(1) @interpolate(flat, either) depth_m: f32,
    @location(2) distance_m: f32,
};

@vertex
fn grid_vertex(vertex: TileVertex) -> GridVertex {
    let depth_m = vertex.tile_from_eye.w;
    let rel = vertex.position + vertex.tile_from_eye.xyz - vec3(0.0, 0.0, depth_m);
    return GridVertex(scene.clip_from_rel * vec4(rel, 1.0), rel.xy + scene.grid.xy, depth_m, length(rel));
}

// Share of a pixel that lines of a width in metres cover, every `cell_m`; none where cells are too small to be told apart.
fn grid_lines(place: vec2<f32>, px: vec2<f32>, cell_m: f32, width_m: f32) -> f32 {
    let width = max(vec2(width_m), px * 1.2);
    let from_line = abs(fract(place / cell_m + 0.5) - 0.5) * cell_m;
    let cover = clamp((width * 0.5 - from_line) / px + 0.5, vec2(0.0), vec2(1.0));
    let keep = clamp(2.0 - 6.0 * max(px.x, px.y) / cell_m, 0.0, 1.0);
    return max(cover.x, cover.y) * keep;
}

@fragment
fn grid_fragment(in: GridVertex) -> @location(0) vec4<f32> {
    let px = max(fwidth(in.place), vec2(1e-3));
    if (in.depth_m > scene.grid.z) {
        return GRID_FOG;
    }
    let is_deepest = in.depth_m >= scene.grid.z;
    let coarse = grid_lines(in.place, px, GRID_CELL_M * GRID_CELLS, 0.5);
    // fine lines of two grids would run into each other: the deeper one has the strong lines only, and fainter
    let fine = select(0.5 * grid_lines(in.place, px, GRID_CELL_M, 0.25), 0.0, is_deepest);
    let far = 1.0 - smoothstep(800.0, 2500.0, in.distance_m);
    return vec4(GRID_COLOR, max(fine, coarse) * far * select(0.55, 0.28, is_deepest));
}
