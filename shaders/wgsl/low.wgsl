// Low quality: light, haze and sRGB by vertex, one cheap pattern a bucket. For software renderers and weak GPUs.

struct LowLit {
    @builtin(position) clip: vec4<f32>,
    @location(0) color: vec4<f32>,  // lit, hazed, sRGB; w: share that the haze has left of the surface
    @location(1) facade: vec2<f32>, // metres along and up, divided by bay and storey on walls
    @location(2) rel: vec3<f32>,    // metres from the eye
    @location(3) @interpolate(flat, either) window: vec4<f32>, // walls: from and to across, from and to up
    @location(4) @interpolate(flat, either) surface: vec2<u32>, // style bytes; seed
};

@vertex
fn low_vertex(vertex: TileVertex) -> LowLit {
    var out: LowLit;
    let row = feature_row(vertex.feature_index);
    if (is_hidden(vertex.words.x >> 24u, row)) {
        out.clip = NOWHERE;
        return out;
    }
    let rel = vertex.position + vertex.tile_from_eye.xyz;
    let normal = unpack4x8snorm(vertex.words.x).xyz;
    let style = vertex.words.y;
    let openness = f32(style >> 24u) * (1.0 / 255.0);
    let sun = max(dot(normal, scene.sun.xyz), 0.0) * scene.sun.w;
    let light = ambient_light(normal.z * 0.5 + 0.5, openness) + scene.sun_color.rgb * sun;
    let distance_m = length(rel);
    let t = clamp((distance_m - scene.fog.x) * scene.fog.y, 0.0, 1.0);
    let haze = scene.fog.z * t * (2.0 - t);
    let lit = stated_color(vertex.words.w, row) * light;
    out.clip = scene.clip_from_rel * vec4(rel, 1.0);
    out.color = vec4(srgb_from_linear(mix(lit, scene.horizon.rgb, haze)), 1.0 - haze);
    out.rel = rel;
    var facade = vec2(f32(vertex.words.z & 0xffffu), f32(vertex.words.z >> 16u)) * FACADE_UNIT_M;
    if (bucket == BUCKET_WALL) {
        let use_row = ((style >> 4u) & 15u) * 2u;
        let bay = scene.facades[use_row];
        let look = scene.facades[use_row + 1u];
        let storey_m = f32((style >> 8u) & 255u) * 0.1;
        facade /= vec2(bay.x, select(storey_m, 3.0, storey_m < 1.0));
        out.window = vec4(bay.yz, look.xy);
    }
    out.facade = facade;
    out.surface = vec2(style, vertex.feature_index);
    return out;
}

@fragment
fn low_plain(@location(0) color: vec4<f32>) -> @location(0) vec4<f32> {
    return vec4(color.rgb, 1.0);
}

const LOW_WINDOW_SHADE: vec3<f32> = vec3(0.44, 0.36, 0.27); // what a window takes from the wall, in sRGB

@fragment
fn low_wall(
    @location(0) color: vec4<f32>,
    @location(1) facade: vec2<f32>,
    @location(3) @interpolate(flat, either) window: vec4<f32>,
    @location(4) @interpolate(flat, either) surface: vec2<u32>,
) -> @location(0) vec4<f32> {
    let w = fwidth(facade);
    let f = fract(facade);
    // one clamp an edge is the box filter of that edge; the mean share takes over before cells shrink to pixels
    let inv = 1.0 / max(w, vec2(1e-3));
    let rise = clamp((f - window.xz) * inv + 0.5, vec2(0.0), vec2(1.0));
    let fall = clamp((window.yw - f) * inv + 0.5, vec2(0.0), vec2(1.0));
    let inside = rise.x * fall.x * rise.y * fall.y;
    let far = clamp(max(w.x, w.y) * 2.2 - 1.0, 0.0, 1.0);
    let mean = (window.y - window.x) * (window.w - window.z);
    let share = mix(inside, mean, far) * color.w;
    var shaded = color.rgb * (1.0 - LOW_WINDOW_SHADE * share);
    if (is_night) {
        let cell = vec2<i32>(floor(facade));
        let lit = select(0.0, 1.0, cell_hash(cell, surface.y) < 0.45);
        shaded += LAMP * (mix(inside * lit, mean * 0.45, far) * color.w * scene.sun_color.w);
    }
    return vec4(shaded, 1.0);
}

@fragment
fn low_road(
    @location(0) color: vec4<f32>,
    @location(1) facade: vec2<f32>,
    @location(4) @interpolate(flat, either) surface: vec2<u32>,
) -> @location(0) vec4<f32> {
    let half_m = f32((surface.x >> 8u) & 255u) * 0.1;
    let across = max(fwidth(facade.y), 1e-3);
    let x = abs(facade.y - half_m);
    let edge = clamp((0.17 - abs(x - half_m + 0.5)) / across + 0.5, 0.0, 1.0);
    let middle = clamp((0.17 - x) / across + 0.5, 0.0, 1.0);
    let keep = color.w * clamp(1.4 - across, 0.0, 1.0) * select(0.0, 0.55, half_m > 2.5);
    let mark = max(edge, middle) * keep;
    return vec4(color.rgb * (1.0 + mark * 0.9), 1.0);
}

@fragment
fn low_water(@location(0) color: vec4<f32>, @location(2) rel: vec3<f32>) -> @location(0) vec4<f32> {
    let grazing = 1.0 + rel.z * inverseSqrt(max(dot(rel, rel), 1e-6));
    let fresnel = 0.08 + 0.62 * grazing * grazing * grazing;
    let sky = sqrt(mix(scene.zenith.rgb, scene.horizon.rgb, grazing));
    return vec4(mix(color.rgb * 0.8, sky, fresnel), 1.0);
}
