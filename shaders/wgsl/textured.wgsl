// Tiles with a texture of their own: the picture replaces the pattern, light and haze stay.

@group(2) @binding(0) var picture: texture_2d<f32>;
@group(2) @binding(1) var picture_sampler: sampler;

struct TexturedLit {
    @builtin(position) clip: vec4<f32>,
    @location(0) rel: vec3<f32>,
    @location(1) base: vec4<f32>,
    @location(2) facade: vec4<f32>,
    @location(3) @interpolate(flat, either) surface: vec2<u32>,
    @location(4) uv: vec2<f32>,
};

@vertex
fn textured_vertex(vertex: TileVertex, @location(4) uv: vec2<f32>) -> TexturedLit {
    let lit = lit_vertex(vertex);
    return TexturedLit(lit.clip, lit.rel, lit.base, lit.facade, lit.surface, uv);
}

@fragment
fn city_textured(in: TexturedLit) -> @location(0) vec4<f32> {
    let texel = textureSample(picture, picture_sampler, in.uv);
    let plain = vec2(in.surface.x & 0xfffffff0u, in.surface.y);
    let lit = Lit(in.clip, in.rel, vec4(in.base.rgb * texel.rgb, in.base.w), in.facade, plain);
    return vec4(shown(shade(lit, vec2(0.0)).color, lit), 1.0);
}
