// Low quality: light, haze and sRGB by vertex, one cheap pattern a bucket. For software renderers and weak GPUs.
//
// A software renderer pays for each value that a triangle hands to its pixels, so each bucket has a vertex stage of its
// own with as few of them as its pattern needs.

// Linear → sRGB within 1.5 %, with one root.
fn low_srgb(color: vec3<f32>) -> vec3<f32> {
    return 1.13 * sqrt(color) - 0.13 * color;
}

struct LowSurface {
    clip: vec4<f32>,
    color: vec4<f32>, // lit, hazed, sRGB; w: share that the haze has left of the surface
    rel: vec3<f32>,   // metres from the eye
    hatch: f32,       // added to the red of what is hatched
};

// False while nothing is selected, tinted, hidden or compared: looking all that up for each vertex costs a third of the
// frame where a processor does it.
override has_states: bool = true;

// Red of a hatched feature goes to its pixels so much higher: a value of its own would cost all the others.
const HATCH_RED: f32 = 2.0;

// The colour of a pixel, sRGB; striped where its vertices say so.
fn low_color(color: vec3<f32>, clip: vec2<f32>) -> vec3<f32> {
    if (!has_states || color.r < 0.75 * HATCH_RED) {
        return color;
    }
    return hatched(color - vec3(HATCH_RED, 0.0, 0.0), clip);
}

fn low_surface(vertex: TileVertex) -> LowSurface {
    let layer = vertex.words.x >> 24u;
    // proposals are absent until somebody shows them
    var look = select(LOOK_PLAIN, LOOK_HIDDEN, layer == scene.sides.w);
    var base: vec3<f32>;
    var hatch = 0.0;
    if (has_states) {
        let row = feature_row(vertex.feature_index);
        look = look_of(layer, row);
        hatch = select(0.0, HATCH_RED, is_hatched(row));
        base = stated_color(vertex.words.w, row, look);
    } else {
        base = linear_from_srgb(unpack4x8unorm(vertex.words.w).rgb);
    }
    let normal = unpack4x8snorm(vertex.words.x).xyz;
    var rel = vertex.position + vertex.tile_from_eye.xyz;
    if (bucket == BUCKET_PIPE) {
        rel = widened(rel, normal);
    }
    let kind = vertex.words.y & 15u;
    if (bucket == BUCKET_BLENDED) {
        rel = raised(rel, kind, low_facade(vertex).y);
    }
    let openness = f32(vertex.words.y >> 24u) * (1.0 / 255.0);
    let sun = max(dot(normal, scene.sun.xyz), 0.0) * scene.sun.w;
    var light = ambient_light(normal.z * 0.5 + 0.5, openness) + scene.sun_color.rgb * sun;
    if (bucket == BUCKET_ROAD || bucket == BUCKET_GROUND) {
        light += street_light(kind, 0.5);
    }
    let t = clamp((length(rel) - scene.fog.x) * scene.fog.y, 0.0, 1.0);
    let haze = scene.fog.z * t * (2.0 - t);
    var lit = base * light;
    var shown = scene.clip_from_rel * vec4(rel, 1.0);
    if (bucket == BUCKET_BLENDED) {
        lit += base * project_glow(kind);
        shown = before_ground(shown, kind);
    }
    let clip = select(NOWHERE, shown, is_drawn(look));
    return LowSurface(clip, vec4(low_srgb(mix(lit, scene.horizon.rgb, haze)), 1.0 - haze), rel, hatch);
}

fn low_facade(vertex: TileVertex) -> vec2<f32> {
    return vec2(f32(vertex.words.z & 0xffffu), f32(vertex.words.z >> 16u)) * FACADE_UNIT_M;
}

struct LowPlain {
    @builtin(position) clip: vec4<f32>,
    @location(0) color: vec3<f32>,
};

@vertex
fn low_plain_vertex(vertex: TileVertex) -> LowPlain {
    let surface = low_surface(vertex);
    return LowPlain(surface.clip, surface.color.rgb + vec3(surface.hatch, 0.0, 0.0));
}

@fragment
fn low_plain(in: LowPlain) -> @location(0) vec4<f32> {
    return vec4(low_color(in.color, in.clip.xy), 1.0);
}

struct LowWall {
    @builtin(position) clip: vec4<f32>,
    @location(0) color: vec4<f32>,
    @location(1) cell: vec2<f32>, // bays and storeys, a window in the middle of each
    @location(2) @interpolate(flat, either) window: vec2<f32>, // half of its size, shares of the cell
    @location(3) @interpolate(flat, either) seed: u32,
};

@vertex
fn low_wall_vertex(vertex: TileVertex) -> LowWall {
    let surface = low_surface(vertex);
    let style = vertex.words.y;
    let use_row = ((style >> 4u) & 15u) * 2u;
    let bay = scene.facades[use_row];
    let look = scene.facades[use_row + 1u];
    let storey_m = f32((style >> 8u) & 255u) * 0.1;
    let size = vec2(bay.x, select(storey_m, 3.0, storey_m < 1.0));
    let low = vec2(bay.y, look.x);
    let high = vec2(bay.z, look.y);
    let cell = low_facade(vertex) / size + 0.5 - (low + high) * 0.5;
    let color = surface.color + vec4(surface.hatch, 0.0, 0.0, 0.0);
    return LowWall(surface.clip, color, cell, (high - low) * 0.5, vertex.feature_index);
}

const LOW_WINDOW_SHADE: vec3<f32> = vec3(0.44, 0.36, 0.27); // what a window takes from the wall, in sRGB

// Share of a pixel that windows cover: x by their edges, y how far single windows have given way to their mean, which is
// all the way where a cell has two pixels left: less than that is noise.
fn low_window(cell: vec2<f32>, window: vec2<f32>) -> vec2<f32> {
    let w = fwidth(cell);
    let cover = clamp((window - abs(fract(cell) - 0.5)) / max(w, vec2(1e-3)) + 0.5, vec2(0.0), vec2(1.0));
    return vec2(cover.x * cover.y, clamp(max(w.x, w.y) * 4.0 - 1.0, 0.0, 1.0));
}

// Walls so far away that all windows have given way to their mean: what `low_wall` comes to there, by vertex.
@vertex
fn low_far_wall_vertex(vertex: TileVertex) -> LowPlain {
    let surface = low_surface(vertex);
    let use_row = ((vertex.words.y >> 4u) & 15u) * 2u;
    let bay = scene.facades[use_row];
    let look = scene.facades[use_row + 1u];
    let mean = (bay.z - bay.y) * (look.y - look.x) * surface.color.w;
    let dark = surface.color.rgb * (1.0 - LOW_WINDOW_SHADE * mean);
    let lit = dark + LAMP * (mean * LIT_WINDOWS * scene.sun_color.w);
    return LowPlain(surface.clip, lit + vec3(surface.hatch, 0.0, 0.0));
}

@fragment
fn low_wall(
    @location(0) color: vec4<f32>,
    @location(1) cell: vec2<f32>,
    @location(2) @interpolate(flat, either) window: vec2<f32>,
) -> @location(0) vec4<f32> {
    let seen = low_window(cell, window);
    let share = mix(seen.x, 4.0 * window.x * window.y, seen.y) * color.w;
    return vec4(color.rgb * (1.0 - LOW_WINDOW_SHADE * share), 1.0);
}

// The same where features have states: some may be hatched.
@fragment
fn low_wall_stated(in: LowWall) -> @location(0) vec4<f32> {
    let color = low_color(in.color.rgb, in.clip.xy);
    let seen = low_window(in.cell, in.window);
    let share = mix(seen.x, 4.0 * in.window.x * in.window.y, seen.y) * in.color.w;
    return vec4(color * (1.0 - LOW_WINDOW_SHADE * share), 1.0);
}

@fragment
fn low_wall_night(in: LowWall) -> @location(0) vec4<f32> {
    let seen = low_window(in.cell, in.window);
    let mean = 4.0 * in.window.x * in.window.y;
    let color = low_color(in.color.rgb, in.clip.xy);
    let dark = color * (1.0 - LOW_WINDOW_SHADE * (mix(seen.x, mean, seen.y) * in.color.w));
    let lit = select(0.0, 1.0, cell_hash(vec2<i32>(floor(in.cell)), in.seed) < LIT_WINDOWS);
    let w = fwidth(in.cell);
    let far = mean * LIT_WINDOWS * glitter(in.cell, max(w.x, w.y), in.seed);
    let lamps = mix(seen.x * lit, far, seen.y) * in.color.w * scene.sun_color.w;
    return vec4(dark + LAMP * lamps, 1.0);
}

struct LowRoad {
    @builtin(position) clip: vec4<f32>,
    @location(0) color: vec4<f32>,
    @location(1) across: f32, // metres from the left edge
    @location(2) @interpolate(flat, either) half_m: f32, // half of the width
};

@vertex
fn low_road_vertex(vertex: TileVertex) -> LowRoad {
    let surface = low_surface(vertex);
    let color = surface.color + vec4(surface.hatch, 0.0, 0.0, 0.0);
    return LowRoad(surface.clip, color, low_facade(vertex).y, f32((vertex.words.y >> 8u) & 255u) * 0.1);
}

@fragment
fn low_road(in: LowRoad) -> @location(0) vec4<f32> {
    let across = max(fwidth(in.across), 1e-3);
    let x = abs(in.across - in.half_m);
    let edge = clamp((0.17 - abs(x - in.half_m + 0.5)) / across + 0.5, 0.0, 1.0);
    let middle = clamp((0.17 - x) / across + 0.5, 0.0, 1.0);
    let keep = in.color.w * clamp(1.4 - across, 0.0, 1.0) * select(0.0, 0.55, in.half_m > 2.5);
    let mark = max(edge, middle) * keep;
    return vec4(low_color(in.color.rgb, in.clip.xy) * (1.0 + mark * 0.9), 1.0);
}

struct LowWater {
    @builtin(position) clip: vec4<f32>,
    @location(0) color: vec3<f32>,
    @location(1) rel: vec3<f32>, // metres from the eye
};

@vertex
fn low_water_vertex(vertex: TileVertex) -> LowWater {
    let surface = low_surface(vertex);
    return LowWater(surface.clip, surface.color.rgb, surface.rel);
}

@fragment
fn low_water(in: LowWater) -> @location(0) vec4<f32> {
    let grazing = 1.0 + in.rel.z * inverseSqrt(max(dot(in.rel, in.rel), 1e-6));
    let fresnel = 0.08 + 0.62 * grazing * grazing * grazing;
    let sky = sqrt(mix(scene.zenith.rgb, scene.horizon.rgb, grazing));
    return vec4(mix(in.color * 0.8, sky, fresnel), 1.0);
}

struct LowBlended {
    @builtin(position) clip: vec4<f32>,
    @location(0) color: vec4<f32>,  // w: opacity of what is no fill
    @location(1) ground: vec3<f32>, // xy: as `project_fill` takes it; z: metres a pixel
    @location(2) @interpolate(flat, either) style: u32,
};

@vertex
fn low_blended_vertex(vertex: TileVertex) -> LowBlended {
    let surface = low_surface(vertex);
    let kind = vertex.words.y & 15u;
    var row = NO_ROW;
    if (has_states) {
        row = feature_row(vertex.feature_index);
    }
    let top = clamp(low_facade(vertex).y / 3.0, 0.0, 1.0);
    let opacity = select(kept(faded(kind), row), receded(mix(0.55, 0.18, top)), kind == KIND_PROJECT_WALL);
    let ground = vec3(surface.rel.xy + scene.eye.xy, length(surface.rel) * scene.ray_forward.w);
    let layer = vertex.words.x >> 24u;
    let style = stated_style(vertex.words.y, layer);
    let clip = select(surface.clip, NOWHERE, is_bare(kind, layer, row));
    return LowBlended(clip, vec4(surface.color.rgb + vec3(surface.hatch, 0.0, 0.0), opacity), ground, style);
}

@fragment
fn low_blended(in: LowBlended) -> @location(0) vec4<f32> {
    if ((in.style & 15u) == KIND_PROJECT_FILL) {
        let fill = project_fill(in.ground.xy, in.ground.z, (in.style >> 16u) & 255u);
        return vec4(low_color(in.color.rgb, in.clip.xy), receded(fill));
    }
    return vec4(low_color(in.color.rgb, in.clip.xy), in.color.w);
}
