// Façades from four style bytes: storeys, windows by use, balconies, glazing, lights at night. No textures.

struct Facade {
    color: vec3<f32>,    // linear, before light
    emission: vec3<f32>, // linear, added after light
};

const GLASS: vec3<f32> = vec3(0.075, 0.10, 0.125);
const LAMP: vec3<f32> = vec3(1.0, 0.66, 0.32);
const CONTACT_HEIGHT_M: f32 = 3.0;

const LIT_WINDOWS: f32 = 0.45; // share of windows with a lamp on at night

// Light of windows too small to be seen one by one, as a share of the mean: groups of windows, each time twice as wide
// as before, so that a far tower glitters rather than glows like a lampshade. `far` windows a pixel.
fn glitter(cell: vec2<f32>, far: f32, seed: u32) -> f32 {
    let level = max(log2(max(far, 1e-3) * 2.0), 0.0);
    let fine = floor(level);
    let group = exp2(-fine);
    let a = cell_hash(vec2<i32>(floor(cell * group)), seed);
    let b = cell_hash(vec2<i32>(floor(cell * group * 0.5)), seed);
    let bright = mix(a, b, level - fine);
    // the mean of the cube of a uniform number is a quarter
    return 0.25 + 3.0 * bright * bright * bright;
}

// `uv` metres along the wall and above its foot, `px` their change over a pixel, `style` the four style bytes.
fn facade(base: vec3<f32>, uv: vec2<f32>, px: vec2<f32>, style: u32, seed: u32) -> Facade {
    let row = ((style >> 4u) & 15u) * 2u;
    let bay = scene.facades[row];     // rhythm m, window from and to (shares of the rhythm), mullion m
    let look = scene.facades[row + 1u];  // window from and to (shares of the storey), glass share, balcony share
    var storey_m = f32((style >> 8u) & 255u) * 0.1;
    storey_m = select(storey_m, 3.0, storey_m < 1.0);
    let cell = vec2(uv.x / bay.x, uv.y / storey_m);
    let w = px / vec2(bay.x, storey_m);
    let age = f32((style >> 16u) & 255u);
    let worn = select(0.0, clamp((110.0 - age) * 0.006, 0.0, 0.3), age > 0.0);
    let wall = base * (1.0 - worn * 0.5);
    let glass = GLASS + scene.horizon.rgb * 0.10 * look.z;
    let far = max(w.x, w.y);

    // Beyond the size of a pixel only the mean is left.
    let mean_share = (bay.z - bay.y) * (look.y - look.x) * look.z;
    var out = Facade(mix(wall, glass, mean_share), vec3(0.0));
    if (is_night) {
        out.emission = LAMP * (mean_share * LIT_WINDOWS * scene.sun_color.w * glitter(cell, far, seed));
    }
    if (far < 0.9) {
        let f = fract(cell);
        let storey = i32(floor(cell.y));
        let column = i32(floor(cell.x));
        let is_ground = storey == 0;
        // ground floors of shops and offices are glazed from wall to wall
        let shop = is_ground && look.z > 0.85;
        let u_range = select(bay.yz, vec2(0.06, 0.94), shop);
        let v_range = select(look.xy, vec2(0.06, 0.80), shop);
        var window = band(f.x, w.x, u_range.x, u_range.y) * band(f.y, w.y, v_range.x, v_range.y);
        // mullions split wide windows
        let mullion = bay.w;
        if (mullion > 0.0 && px.x < 0.3) {
            let m = fract(uv.x / mullion);
            window *= 1.0 - 0.7 * band(m, px.x / mullion, 0.0, 0.07);
        }
        var color = mix(wall, glass, window * look.z);
        // floor line and, on dwellings, a balcony in every second bay
        let slab = band(f.y, w.y, 0.955, 1.0) + band(f.y, w.y, 0.0, 0.02);
        color *= 1.0 - 0.22 * slab;
        if (look.w > 0.0 && (column & 1) == 0 && !is_ground) {
            let parapet = band(f.y, w.y, 0.02, 0.36) * band(f.x, w.x, 0.08, 0.92);
            let recess = band(f.y, w.y, 0.36, 0.93) * band(f.x, w.x, 0.08, 0.92);
            color = mix(color, wall * 1.08, parapet * look.w);
            color = mix(color, color * 0.62, recess * look.w * 0.8);
        }
        var emission = vec3(0.0);
        if (is_night) {
            let lit = cell_hash(vec2(column, storey), seed);
            let bright = 0.5 + cell_hash(vec2(storey, column), seed + 1u);
            emission = LAMP * (window * select(0.0, bright, lit < LIT_WINDOWS) * scene.sun_color.w);
        }
        let keep = smoothstep(0.9, 0.45, far);
        out.color = mix(out.color, color, keep);
        out.emission = mix(out.emission, emission, keep);
    }
    out.color *= mix(0.80, 1.0, clamp(uv.y / CONTACT_HEIGHT_M, 0.0, 1.0));
    return out;
}
