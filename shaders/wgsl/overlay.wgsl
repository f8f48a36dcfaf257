// Layers of simulations: colours by class over ground, façades and lines. Colours stay as the legend has them: no light,
// no haze.
//
// | group | binding | what |
// |---|---|---|
// | 1 | 0 | uniform `overlay` (Rust twin: `shaders::OverlayView`) |
// | 1 | 1 | values of a step and of the next one, 16-bit numbers |

struct OverlayView {
    origin_from_eye: vec4<f32>, // xyz, m; w: opacity
    numbers: vec4<f32>,         // value of the number 0; value of a step; share of the next step; animation time, s
    limit: vec4<f32>,           // limit; error of the method; 1 when there is a limit; classes
    size: vec4<u32>,            // texels across and up; look; bits: 1 blends neighbouring texels, 2 stands upright
    bounds: array<vec4<f32>, 4>,  // lower bounds of the classes
    colors: array<vec4<f32>, 16>, // sRGB and opacity
};

@group(1) @binding(0) var<uniform> overlay: OverlayView;
@group(1) @binding(1) var values: texture_2d_array<u32>;

override is_surface: bool = false; // values are looked up at every pixel, else at every vertex

const LOOK_WATER: u32 = 1u;
const LOOK_FLOW: u32 = 2u;
const NO_VALUE: u32 = 65535u;

struct OverlayVertex {
    @location(0) position: vec3<f32>,
    @location(1) at: vec2<f32>,
    @location(2) along: f32,
};

struct OverlayPixel {
    @builtin(position) clip: vec4<f32>,
    @location(0) at: vec2<f32>,
    @location(1) value: vec2<f32>, // value; 1 where there is one
    @location(2) place: vec3<f32>, // position modulo the period of patterns, m; distance along the line, m
};

// Value and its weight at a texel: between the two steps, or of the one that has a value.
fn texel_value(texel: vec2<i32>) -> vec2<f32> {
    let last = vec2<i32>(overlay.size.xy) - 1;
    let place = clamp(texel, vec2(0), last);
    let now = textureLoad(values, place, 0, 0).r;
    let next = textureLoad(values, place, 1, 0).r;
    let share = overlay.numbers.z;
    let weights = vec2(select(1.0 - share, 0.0, now == NO_VALUE), select(share, 0.0, next == NO_VALUE));
    let weight = weights.x + weights.y;
    let number = dot(vec2(f32(now), f32(next)), weights) / max(weight, 1e-6);
    return vec2(overlay.numbers.x + number * overlay.numbers.y, select(0.0, 1.0, weight > 0.0));
}

fn value_at(at: vec2<f32>) -> vec2<f32> {
    if ((overlay.size.w & 1u) == 0u) {
        return texel_value(vec2<i32>(floor(at)));
    }
    let corner = floor(at - 0.5);
    let share = at - 0.5 - corner;
    var sum = vec2(0.0);
    for (var i = 0; i < 4; i++) {
        let step = vec2(i & 1, i >> 1);
        let found = texel_value(vec2<i32>(corner) + step);
        let along = mix(1.0 - share, share, vec2<f32>(step));
        let weight = along.x * along.y * found.y;
        sum += vec2(found.x * weight, weight);
    }
    return vec2(sum.x / max(sum.y, 1e-6), select(0.0, 1.0, sum.y > 0.25));
}

@vertex
fn overlay_vertex(vertex: OverlayVertex) -> OverlayPixel {
    var rel = vertex.position + overlay.origin_from_eye.xyz;
    let found = value_at(vertex.at);
    if (overlay.size.z == LOOK_WATER) {
        // the surface stands above the ground by its depth
        rel.z += max(found.x, 0.0) * found.y;
    }
    var clip = scene.clip_from_rel * vec4(rel, 1.0);
    // a little nearer than the ground that it lies on, whose mesh is another one at every level of detail; a façade would
    // be seen through the roof before it
    clip.z *= select(1.006, 1.001, (overlay.size.w & 2u) != 0u);
    return OverlayPixel(clip, vertex.at, found, vec3(rel.xy + scene.eye.xy, vertex.along));
}

fn class_color(value: f32) -> vec4<f32> {
    var color = vec4(0.0);
    for (var i = 0; i < i32(overlay.limit.w); i++) {
        if (value >= overlay.bounds[i >> 2][i & 3]) {
            color = overlay.colors[i];
        }
    }
    return color;
}

@fragment
fn overlay_fragment(in: OverlayPixel) -> @location(0) vec4<f32> {
    var found = in.value;
    if (is_surface) {
        found = value_at(in.at);
    }
    let look = overlay.size.z;
    let value = select(found.x, abs(found.x), look == LOOK_FLOW);
    var color = class_color(value);
    let time = overlay.numbers.w;
    if (look == LOOK_WATER) {
        // two trains of waves that cross: the surface is seen to move, its class stays readable
        let a = sin(dot(in.place.xy, vec2(0.72, 0.41)) + time * 1.7);
        let b = sin(dot(in.place.xy, vec2(-0.38, 0.86)) - time * 1.3);
        let glint = max(a * b, 0.0);
        color = vec4(mix(color.rgb, vec3(1.0), 0.1 * glint * glint), color.a * (0.78 + 0.05 * a));
    } else if (look == LOOK_FLOW) {
        let forward = select(-1.0, 1.0, found.x >= 0.0);
        let phase = fract(in.place.z / 14.0 - forward * time * 0.6);
        let mark = smoothstep(0.0, 0.12, phase) * (1.0 - smoothstep(0.25, 0.4, phase)) * select(0.0, 1.0, value > 0.0);
        color = vec4(mix(color.rgb, vec3(1.0), 0.75 * mark), color.a);
    }
    if (overlay.limit.z > 0.5 && abs(value - overlay.limit.x) < overlay.limit.y) {
        // nearer to the limit than the method can tell
        let stripe = step(0.5, fract((in.clip.x + in.clip.y) / 9.0));
        color = vec4(mix(color.rgb, vec3(0.12), 0.65 * stripe), color.a);
    }
    let alpha = color.a * overlay.origin_from_eye.w * found.y;
    if (alpha < 0.004) {
        discard;
    }
    return vec4(color.rgb, alpha);
}
