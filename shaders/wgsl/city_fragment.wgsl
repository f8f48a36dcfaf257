// Fragment stage of tiles: surface by kind, light, shadow, haze. Early outs keep far pixels cheap.

override has_shadows: bool = false;
override shadow_taps: i32 = 2; // taps a side of the filter

@group(1) @binding(0) var shadow_map: texture_depth_2d;
@group(1) @binding(1) var shadow_sampler: sampler_comparison;

fn sun_share(rel: vec3<f32>) -> f32 {
    if (!has_shadows) {
        return 1.0;
    }
    let p = scene.shadow_from_rel * vec4(rel, 1.0);
    let uv = vec2(p.x * 0.5 + 0.5, 0.5 - p.y * 0.5);
    let edge = max(abs(p.x), abs(p.y));
    if (edge >= 1.0 || p.z <= 0.0) {
        return 1.0;
    }
    let texel = scene.horizon.w;
    var sum = 0.0;
    let half_taps = f32(shadow_taps - 1) * 0.5;
    for (var i = 0; i < shadow_taps; i++) {
        for (var j = 0; j < shadow_taps; j++) {
            let offset = (vec2(f32(i), f32(j)) - half_taps) * texel;
            sum += textureSampleCompareLevel(shadow_map, shadow_sampler, uv + offset, p.z);
        }
    }
    let light = sum / f32(shadow_taps * shadow_taps);
    let fade = smoothstep(0.85, 1.0, edge);
    return mix(1.0 - scene.zenith.w * (1.0 - light), 1.0, fade);
}

struct Shaded {
    color: vec3<f32>,
    alpha: f32,
};

fn shade(in: Lit, px: vec2<f32>) -> Shaded {
    let style = in.surface.x;
    let kind = style & 15u;
    let distance_m = length(in.rel);
    let ground = in.rel.xy + scene.eye.xy;
    let pixel_m = distance_m * scene.ray_forward.w;
    var color = in.base.rgb;
    var emission = vec3(0.0);
    var alpha = 1.0;
    switch kind {
        case KIND_WALL: {
            let f = facade(color, in.facade.xy, px, style, in.surface.y >> 8u);
            color = f.color;
            emission = f.emission;
        }
        case KIND_ROAD: { color = road(color, in.facade.xy, px, style, ground); }
        case KIND_PAVEMENT: { color = paving(color, ground, pixel_m); }
        case KIND_TERRAIN: { color = mottled(color, ground, pixel_m, 0.16); }
        case KIND_GREEN: { color = mottled(color, ground, pixel_m, 0.38); }
        case KIND_RAIL: { color = ballast(color, in.facade.xy, px, ground); }
        case KIND_PITCHED_ROOF: { color = pitched_roof(color, in.facade.xy, px); }
        case KIND_ROOF: {
            if (pixel_m < 1.0) { color *= 0.94 + 0.12 * value_noise(ground * 0.9); }
        }
        case KIND_WATER: {
            return Shaded(hazed(water(color, ground, in.rel, distance_m), in.rel, distance_m), 1.0);
        }
        case KIND_PIPE: { color = pipe(color, in.facade.xy, px); }
        case KIND_PROJECT_FILL: {
            // stage by colour and by pattern: the hatch is what is left when colours cannot be told apart
            let stripe = fract((ground.x + ground.y) / 9.0 + scene.sky_ambient.w * 0.02);
            alpha = 0.22 + 0.14 * band(stripe, pixel_m / 6.0, 0.0, 0.35);
        }
        case KIND_PROJECT_WALL: {
            let top = clamp(in.facade.y / 3.0, 0.0, 1.0);
            alpha = mix(0.55, 0.18, top) + 0.35 * band(top, pixel_m / 3.0, 0.92, 1.0);
            emission = color * 0.25;
        }
        case KIND_GLASS: { color = mix(color, scene.horizon.rgb, 0.35); }
        default: {}
    }
    let open = 0.45 + 0.55 * in.facade.w;
    let ambient = mix(scene.ground_ambient.rgb, scene.sky_ambient.rgb, in.facade.z) * open;
    var sun = 0.0;
    if (in.base.w > 0.0) {
        sun = in.base.w * sun_share(in.rel);
    }
    let lit = color * (ambient + scene.sun_color.rgb * sun) + emission;
    return Shaded(hazed(lit, in.rel, distance_m), alpha);
}

fn pixel_change(facade: vec2<f32>) -> vec2<f32> {
    return fwidth(facade);
}

@fragment
fn city_opaque(in: Lit) -> @location(0) vec4<f32> {
    let px = pixel_change(in.facade.xy);
    if ((in.surface.y & STATE_GHOST) != 0u) {
        // every second pixel in a chequer: transparency without sorting
        let p = vec2<u32>(in.clip.xy);
        if (((p.x ^ p.y) & 1u) != 0u) {
            discard;
        }
    }
    return vec4(shade(in, px).color, 1.0);
}

// Projects, and everything above ground in underground mode.
@fragment
fn city_blended(in: Lit) -> @location(0) vec4<f32> {
    let px = pixel_change(in.facade.xy);
    let shaded = shade(in, px);
    let kind = in.surface.x & 15u;
    let is_project = kind == KIND_PROJECT_FILL || kind == KIND_PROJECT_WALL;
    let opacity = select(shaded.alpha * scene.ground_ambient.w, shaded.alpha, is_project);
    return vec4(shaded.color, opacity);
}
