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
    size: vec4<u32>,            // texels across and up; look; bits: 1 blends neighbouring texels, 2 stands upright, 4 through
    bounds: array<vec4<f32>, 4>,  // lower bounds of the classes
    colors: array<vec4<f32>, 16>, // sRGB and opacity
};

@group(1) @binding(0) var<uniform> overlay: OverlayView;
@group(1) @binding(1) var values: texture_2d_array<u32>;

override is_surface: bool = false; // values are looked up at every pixel, else at every vertex

override is_line: bool = false;   // vertices stand on the middle of a line
override is_behind: bool = false; // only what something hides, fainter

const LOOK_WATER: u32 = 1u;
const LOOK_FLOW: u32 = 2u;
const NO_VALUE: u32 = 65535u;

struct OverlayVertex {
    @location(0) position: vec3<f32>,
    @location(1) at: vec2<f32>,
    @location(2) along: f32,
    @location(3) direction: vec3<f32>, // of the line, turned about on its other edge
    @builtin(vertex_index) index: u32,
};

struct OverlayPixel {
    @builtin(position) clip: vec4<f32>,
    @location(0) at: vec2<f32>,
    @location(1) value: vec2<f32>, // value; 1 where there is one
    @location(2) place: vec3<f32>, // position modulo the period of patterns, m; distance along the line, m
    @location(3) across: vec2<f32>, // −1 to 1 from edge to edge of a line; half of its width, m
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

const LINE_HALF_M: f32 = 0.4;   // least half width of a line on the ground …
const LINE_HALF_PX: f32 = 2.6;  // … and in the picture
const LINE_NEARER_M: f32 = 1.2; // a line stands before the pipe that it runs in
const BEHIND_OPACITY: f32 = 0.6; // of a line that something hides

@vertex
fn overlay_vertex(vertex: OverlayVertex) -> OverlayPixel {
    var rel = vertex.position + overlay.origin_from_eye.xyz;
    let found = value_at(vertex.at);
    if (overlay.size.z == LOOK_WATER) {
        // the surface stands above the ground by its depth
        rel.z += max(found.x, 0.0) * found.y;
    }
    let distance_m = max(length(rel), 0.1);
    let half_m = max(LINE_HALF_M, LINE_HALF_PX * distance_m * scene.ray_forward.w);
    if (is_line) {
        // a ribbon that faces the eye
        let side = cross(vertex.direction, rel);
        rel += side / max(length(side), 1e-6) * half_m;
    }
    var clip = scene.clip_from_rel * vec4(rel, 1.0);
    // a little nearer than the ground that it lies on, whose mesh is another one at every level of detail; a façade would
    // be seen through the roof before it
    clip.z *= select(1.006, 1.001, (overlay.size.w & 2u) != 0u);
    if (is_line && (overlay.size.w & 4u) != 0u) {
        clip.z *= distance_m / max(distance_m - LINE_NEARER_M, distance_m * 0.5);
    }
    let across = select(1.0, -1.0, (vertex.index & 1u) == 0u);
    return OverlayPixel(clip, vertex.at, found, vec3(rel.xy + scene.eye.xy, vertex.along), vec2(across, half_m));
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

const MARK_PERIOD_M: f32 = 16.0;    // from mark to mark of a flow …
const MARK_PERIOD_HALVES: f32 = 9.0; // … and never less than so many half widths of the line
const MARK_SPEED: f32 = 0.45;       // periods a second of a flow of 1; a root of two for every doubling twice

// Share of a moving mark on a flow: arrow heads that run with it, quicker the more there is; none where nothing flows.
fn flow_mark(value: f32, along_m: f32, along_px_m: f32, across: vec2<f32>, time: f32) -> f32 {
    let size = abs(value);
    // the nearest stored numbers to nothing are nothing
    if (size <= overlay.numbers.y) {
        return 0.0;
    }
    let forward = select(-1.0, 1.0, value > 0.0);
    let doublings = max(ceil(log2(MARK_PERIOD_HALVES * across.y / MARK_PERIOD_M)), 0.0);
    let period_m = MARK_PERIOD_M * exp2(doublings);
    // in whole steps: a speed that changes all the time would make the marks jump
    let speed = MARK_SPEED * exp2(clamp(floor(log2(size) * 0.5), -2.0, 4.0) * 0.5);
    let head = (1.0 - abs(across.x)) * across.y / period_m;
    let phase = fract(forward * along_m / period_m - head - time * speed);
    let w = clamp(along_px_m / period_m, 0.0, 0.2);
    return band(phase, w, 0.04, 0.34);
}

@fragment
fn overlay_fragment(in: OverlayPixel) -> @location(0) vec4<f32> {
    let along_px_m = fwidth(in.place.z);
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
        color = vec4(mix(color.rgb, vec3(1.0), 0.85 * flow_mark(found.x, in.place.z, along_px_m, in.across, time)), color.a);
    }
    if (overlay.limit.z > 0.5 && abs(value - overlay.limit.x) < overlay.limit.y) {
        // nearer to the limit than the method can tell
        color = vec4(hatched(color.rgb, in.clip.xy), color.a);
    }
    if (is_line) {
        // a dark edge parts it from whatever it is seen before
        color = vec4(mix(color.rgb, vec3(0.04, 0.06, 0.09), 0.7 * smoothstep(0.62, 0.8, abs(in.across.x))), color.a);
        color.a *= select(1.0, BEHIND_OPACITY, is_behind);
    }
    let alpha = color.a * overlay.origin_from_eye.w * found.y;
    if (alpha < 0.004) {
        discard;
    }
    return vec4(color.rgb, alpha);
}
