// What lies on the ground: roads with their marks, paving, lawns, water, ballast, roofs and pipes.

const MARK: vec3<f32> = vec3(0.72, 0.72, 0.69);
const MARK_CENTRE: vec3<f32> = vec3(0.75, 0.52, 0.13);
const LANE_M: f32 = 3.5;
const DASH_PERIOD_M: f32 = 15.0; // 6 m line, 9 m gap (GB 5768.3)
const DASH_M: f32 = 6.0;

// `uv` metres along and across from the left edge; half width in the storey byte, decimetres.
fn road(base: vec3<f32>, uv: vec2<f32>, px: vec2<f32>, style: u32, ground: vec2<f32>) -> vec3<f32> {
    let half_m = f32((style >> 8u) & 255u) * 0.1;
    var color = base * (0.92 + 0.16 * value_noise(ground * 0.35));
    let across = max(px.y, 1e-3);
    if (half_m < 1.5 || across > 1.2) {
        return color;
    }
    let x = abs(uv.y - half_m);
    let dash = band(fract(uv.x / DASH_PERIOD_M), px.x / DASH_PERIOD_M, 0.0, DASH_M / DASH_PERIOD_M);
    color = mix(color, MARK, band(x, across, half_m - 0.55, half_m - 0.38) * 0.8); // edge line
    color = mix(color, base * 1.9, band(x, across, half_m - 0.18, half_m));         // kerb
    if (half_m >= 6.5) {
        color = mix(color, MARK_CENTRE, band(x, across, 0.10, 0.25)); // double centre line
    } else if (half_m >= 2.8) {
        color = mix(color, MARK, band(x, across, 0.0, 0.075) * dash);
    }
    let lane = round(x / LANE_M);
    if (lane >= 1.0 && lane * LANE_M < half_m - 2.0) {
        let from_lane = abs(x - lane * LANE_M);
        color = mix(color, MARK, band(from_lane, across, 0.0, 0.08) * dash);
    }
    return color;
}

const LAMP_SPACING_M: f32 = 30.0;

// Light of street lamps on roads and pavements; `near` 1 below a lamp, 0 between two.
fn street_light(kind: u32, near: f32) -> vec3<f32> {
    let share = select(select(0.0, 0.7, kind == KIND_PAVEMENT), 1.0, kind == KIND_ROAD);
    return LAMP * (scene.sun_color.w * share * (0.08 + 0.5 * near));
}

// Nearness to lamps that stand every thirty metres along a road; a mean where a pixel holds more than one.
fn lamp_nearness(along_m: f32, pixel_m: f32) -> f32 {
    let wave = 0.5 + 0.5 * cos(along_m * (6.2831853 / LAMP_SPACING_M));
    return mix(wave * wave, 0.375, clamp(pixel_m * 2.0 / LAMP_SPACING_M, 0.0, 1.0));
}

fn paving(base: vec3<f32>, ground: vec2<f32>, px: f32) -> vec3<f32> {
    if (px > 0.5) {
        return base;
    }
    let slab = fract(ground / 0.6);
    let joint = max(band(slab.x, px / 0.6, 0.0, 0.05), band(slab.y, px / 0.6, 0.0, 0.05));
    return base * (1.0 - 0.14 * joint * (1.0 - px * 2.0));
}

// Moving ripples without a texture; the sky is mirrored by Schlick's rule.
fn water(base: vec3<f32>, ground: vec2<f32>, rel: vec3<f32>, distance_m: f32) -> vec3<f32> {
    let t = scene.sky_ambient.w;
    let fade = clamp(1.0 - distance_m / 2500.0, 0.0, 1.0);
    let a = sin(ground.x * 0.55 + ground.y * 0.21 + t * 1.1) + sin(ground.x * -0.31 + ground.y * 0.72 - t * 0.9);
    let b = sin(ground.x * 1.9 - ground.y * 1.3 + t * 2.3) + sin(ground.x * 0.8 + ground.y * 2.2 + t * 1.9);
    let normal = normalize(vec3((a * 0.018 + b * 0.012) * fade, (a * 0.014 - b * 0.015) * fade, 1.0));
    let view = rel / max(distance_m, 1e-3);
    let mirrored = reflect(view, normal);
    let facing = clamp(-dot(view, normal), 0.0, 1.0);
    let grazing = 1.0 - facing;
    let fresnel = 0.04 + 0.76 * grazing * grazing * grazing * grazing;
    let glint = pow(max(dot(mirrored, scene.sun.xyz), 0.0), 180.0) * scene.sun.w;
    let deep = base * 0.55 * (scene.sky_ambient.rgb + scene.sun_color.rgb * 0.5 * scene.sun.w);
    return mix(deep, sky_color(mirrored), fresnel) + scene.sun_color.rgb * glint * 0.9;
}

fn ballast(base: vec3<f32>, uv: vec2<f32>, px: vec2<f32>, ground: vec2<f32>) -> vec3<f32> {
    var color = base;
    if (px.x < 0.6) {
        color *= 0.8 + 0.4 * value_noise(ground * 3.0);
        let sleeper = band(fract(uv.x / 0.6), px.x / 0.6, 0.0, 0.4);
        color = mix(color, base * 0.62, sleeper * (1.0 - px.x / 0.6) * 0.7);
    }
    return color;
}

// Rows of tiles or sheet ribs up the slope.
fn pitched_roof(base: vec3<f32>, uv: vec2<f32>, px: vec2<f32>) -> vec3<f32> {
    let fine = max(px.x, px.y);
    if (fine > 0.35) {
        return base;
    }
    let keep = 1.0 - fine / 0.35;
    let row = fract(uv.y / 0.38);
    let rib = fract(uv.x / 0.26);
    let shade = band(row, px.y / 0.38, 0.0, 0.22) * 0.26 + band(rib, px.x / 0.26, 0.0, 0.25) * 0.12;
    return base * (1.0 - shade * keep);
}

const PIPE_FLOW_KNOWN: u32 = 0x20u; // city_model::style::pipe_mark::FLOW_KNOWN in the high half of the first byte

// Arrow heads that travel along the pipe where the way of the flow is known; `uv` metres along and around.
fn pipe(base: vec3<f32>, uv: vec2<f32>, px: vec2<f32>, style: u32) -> vec3<f32> {
    if ((style & PIPE_FLOW_KNOWN) == 0u) {
        return base;
    }
    let spacing_m = 6.0;
    let along = fract((uv.x - scene.sky_ambient.w * 0.8) / spacing_m);
    let w = px.x / spacing_m;
    let arrow = band(along, w, 0.0, 0.14) * clamp(1.0 - w * 3.0, 0.0, 1.0);
    return mix(base, base * 0.45 + vec3(0.25), arrow * 0.6);
}

// Stages of city_model::style::ProjectStage.
const STAGE_PLANNED: u32 = 1u;
const STAGE_UNDER_WAY: u32 = 2u;
const STAGE_FINISHED: u32 = 3u;
const STAGE_COLORED: u32 = 254u; // of a zone that somebody has coloured

// Opacity of a project's fill: the stage is told by pattern too, for eyes that do not part the colours.
fn project_fill(ground: vec2<f32>, pixel_m: f32, stage: u32) -> f32 {
    let across = (ground.x + ground.y) / 12.0;
    let along = (ground.x - ground.y) / 16.0;
    let w = pixel_m / 8.5;
    let is_moving = select(0.0, scene.sky_ambient.w * 0.08, stage == STAGE_UNDER_WAY);
    let stripe = band(fract(across + is_moving), w, 0.0, 0.4);
    let dash = select(1.0, band(fract(along), w, 0.0, 0.55), stage == STAGE_PLANNED);
    let hatch = select(stripe * dash, 0.4, stage == STAGE_FINISHED || stage == 0u);
    return select(0.20 + 0.20 * hatch, 0.55, stage == STAGE_COLORED);
}
