// What a scenario does to features: colour by the vertex stage, a pattern for eyes that do not part the colours.
// Changed: level lines. Added: a grid. Removed: see-through diagonals. Abandoned: diagonals both ways.

const MARK_LINE: vec3<f32> = vec3(0.86, 0.92, 0.94);
const MARK_PERIOD_M: f32 = 3.0;   // about a storey
const MARK_PERIOD_PX: f32 = 9.0;  // never finer than this on the screen
const GHOST_ALPHA: f32 = 0.20;

@fragment
fn city_mark(in: Lit) -> @location(0) vec4<f32> {
    let look = in.surface.y & 15u;
    let kind = in.surface.x & 15u;
    let ground = in.rel.xy + scene.eye.xy;
    let place = select(ground, in.facade.xy, kind == KIND_WALL || kind == KIND_PIPE);
    let distance_m = length(in.rel);
    // far away the period doubles step by step
    let wanted_m = distance_m * scene.ray_forward.w * MARK_PERIOD_PX;
    let period_m = MARK_PERIOD_M * exp2(max(ceil(log2(wanted_m / MARK_PERIOD_M)), 0.0));
    let at = place / period_m;
    let w = fwidth(place) / period_m;
    var line = 0.0;
    var alpha = 1.0;
    if (look == LOOK_REMOVED || look == LOOK_ABANDONED) {
        let slant = w.x + w.y;
        line = band(fract(at.x + at.y), slant, 0.0, 0.45);
        alpha = 0.42 + 0.48 * line;
        if (look == LOOK_ABANDONED) {
            line = max(line, band(fract(at.x - at.y), slant, 0.0, 0.3));
            alpha = 1.0;
        }
    } else if (look == LOOK_GHOST) {
        alpha = GHOST_ALPHA;
    } else {
        let across = select(0.0, band(fract(at.x), w.x, 0.0, 0.12), look == LOOK_ADDED);
        line = max(across, band(fract(at.y), w.y, 0.0, 0.16));
    }
    var color = in.base.rgb;
    if (look == LOOK_REMOVED || look == LOOK_ABANDONED) {
        color *= 0.7 + 0.3 * line;
    } else {
        color = mix(color, MARK_LINE, line * 0.6);
    }
    var sun = 0.0;
    if (in.base.w > 0.0) {
        sun = in.base.w * sun_share(in.rel, in.clip.x);
    }
    let lit = color * (ambient_light(in.facade.z, in.facade.w) + scene.sun_color.rgb * sun);
    if (scene.ground_ambient.w < 1.0 && kind != KIND_PIPE && kind != KIND_PIPE_NODE) {
        alpha *= 0.35; // above the ground while looking below it
    }
    return vec4(shown(hazed(lit, in.rel, distance_m), in), alpha);
}
