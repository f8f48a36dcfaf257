// Depth from the sun. What is hidden or only a ghost, and what lies below the ground, casts no shadow.

struct ShadowVertex {
    @location(0) position: vec3<f32>,
    @location(1) words: vec4<u32>,
    @location(2) feature_index: u32,
    @location(3) tile_from_eye: vec4<f32>,
};

@vertex
fn shadow_vertex(vertex: ShadowVertex) -> @builtin(position) vec4<f32> {
    let layer = vertex.words.x >> 24u;
    let look = look_of(layer, feature_row(vertex.feature_index));
    if (layer >= 32u || look == LOOK_HIDDEN || look == LOOK_REMOVED || look == LOOK_GHOST) {
        return vec4(0.0, 0.0, -1.0, 1.0);
    }
    return scene.shadow_from_rel * vec4(vertex.position + vertex.tile_from_eye.xyz, 1.0);
}
