// Fragment stage of tiles: surface by kind, light, shadow, haze. Early outs keep far pixels cheap.

override has_shadows: bool = false;
override shadow_taps: i32 = 2; // taps a side of the filter

@group(1) @binding(0) var shadow_maps: texture_depth_2d_array;
@group(1) @binding(1) var shadow_sampler: sampler_comparison;

// What is drawn once for both sides of a swipe line looks up the map of the side that a pixel is on.
fn shadow_layer(column: f32) -> i32 {
    return i32(select(scene.maps.y, scene.maps.z, column >= scene.maps.x));
}

fn sun_share(rel: vec3<f32>, column: f32) -> f32 {
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
    let layer = shadow_layer(column);
    var sum = 0.0;
    let half_taps = f32(shadow_taps - 1) * 0.5;
    for (var i = 0; i < shadow_taps; i++) {
        for (var j = 0; j < shadow_taps; j++) {
            let offset = (vec2(f32(i), f32(j)) - half_taps) * texel;
            sum += textureSampleCompareLevel(shadow_maps, shadow_sampler, uv + offset, layer, p.z);
        }
    }
    let light = sum / f32(shadow_taps * shadow_taps);
    let fade = smoothstep(0.85, 1.0, edge);
    return mix(1.0 - scene.zenith.w * (1.0 - light), 1.0, fade);
}

// Which triangles a pipeline draws (`shaders::Bucket`). One bucket a pipeline: a software renderer runs every branch of
// a shader, taken or not, and a GPU reserves registers for the longest.
override bucket: u32 = 0u;
override is_night: bool = false;

const BUCKET_WALL: u32 = 1u;
const BUCKET_ROAD: u32 = 2u;
const BUCKET_GROUND: u32 = 3u;
const BUCKET_WATER: u32 = 4u;
const BUCKET_PIPE: u32 = 5u;
const BUCKET_BLENDED: u32 = 6u;

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
    if (bucket == BUCKET_WATER) {
        return Shaded(hazed(water(color, ground, in.rel, distance_m), in.rel, distance_m), 1.0);
    } else if (bucket == BUCKET_WALL) {
        let f = facade(color, in.facade.xy, px, style, in.surface.y >> 8u);
        color = f.color;
        emission = f.emission;
    } else if (bucket == BUCKET_ROAD) {
        if (kind == KIND_ROAD) {
            color = road(color, in.facade.xy, px, style, ground);
        } else {
            color = ballast(color, in.facade.xy, px, ground);
        }
    } else if (bucket == BUCKET_GROUND) {
        if (kind == KIND_PAVEMENT) {
            color = paving(color, ground, pixel_m);
        } else {
            color = mottled(color, ground, pixel_m, select(0.16, 0.38, kind == KIND_GREEN));
        }
    } else if (bucket == BUCKET_PIPE) {
        color = pipe(color, in.facade.xy, px, style);
    } else if (bucket == BUCKET_BLENDED) {
        if (kind == KIND_PROJECT_FILL) {
            alpha = project_fill(ground, pixel_m, (style >> 16u) & 255u);
            emission = color * project_glow(kind);
        } else if (kind == KIND_PROJECT_WALL) {
            let top = clamp(in.facade.y / 3.0, 0.0, 1.0);
            alpha = mix(0.55, 0.18, top) + 0.35 * band(top, pixel_m / 3.0, 0.92, 1.0);
            emission = color * project_glow(kind);
        }
    } else {
        if (kind == KIND_PITCHED_ROOF) {
            color = pitched_roof(color, in.facade.xy, px);
        } else if (kind == KIND_ROOF && pixel_m < 1.0) {
            color *= 0.94 + 0.12 * value_noise(ground * 0.9);
        } else if (kind == KIND_GLASS) {
            color = mix(color, scene.horizon.rgb, 0.35);
        }
    }
    let ambient = ambient_light(in.facade.z, in.facade.w);
    var sun = 0.0;
    if (in.base.w > 0.0) {
        sun = in.base.w * sun_share(in.rel, in.clip.x);
    }
    if (is_night && (bucket == BUCKET_ROAD || bucket == BUCKET_GROUND)) {
        emission = color * street_light(kind, select(0.375, lamp_nearness(in.facade.x, px.x), bucket == BUCKET_ROAD));
    }
    let lit = color * (ambient + scene.sun_color.rgb * sun) + emission;
    return Shaded(hazed(lit, in.rel, distance_m), alpha);
}

@fragment
fn city_opaque(in: Lit) -> @location(0) vec4<f32> {
    let px = fwidth(in.facade.xy);
    return vec4(shown(shade(in, px).color, in), 1.0);
}

// A shaded colour as it goes into the picture, sRGB.
fn shown(color: vec3<f32>, in: Lit) -> vec3<f32> {
    let srgb = srgb_from_linear(color);
    if ((in.surface.x & STYLE_HATCHED) != 0u) {
        return hatched(srgb, in.clip.xy);
    }
    return srgb;
}

// Opacity of what is no project: less than one in underground mode. What stands hides more than the ground does, since
// several walls lie behind each other.
fn faded(kind: u32) -> f32 {
    let stands = kind == KIND_WALL || kind == KIND_ROOF || kind == KIND_PITCHED_ROOF || kind == KIND_LEAF;
    return scene.ground_ambient.w * select(1.0, 0.35, stands && scene.ground_ambient.w < 1.0);
}

const KEPT_OPACITY: f32 = 0.72; // of what an x-ray picture is about

// Projects stand back in an x-ray picture.
fn receded(opacity: f32) -> f32 {
    return opacity * select(1.0, 0.2, scene.sides.z == 2u);
}

// While everything else fades, what is coloured stays to be read.
fn kept(opacity: f32, row: FeatureRow) -> f32 {
    let share = f32(tint_of(row) >> 24u) * (KEPT_OPACITY / 255.0);
    return select(opacity, max(opacity, share), scene.sides.z == 2u);
}

// Projects, and everything above ground in underground mode.
@fragment
fn city_blended(in: Lit) -> @location(0) vec4<f32> {
    let px = fwidth(in.facade.xy);
    let shaded = shade(in, px);
    let kind = in.surface.x & 15u;
    let is_project = kind == KIND_PROJECT_FILL || kind == KIND_PROJECT_WALL;
    let opacity = select(kept(faded(kind), feature_row(in.surface.y >> 8u)), receded(shaded.alpha), is_project);
    return vec4(shown(shaded.color, in), opacity);
}
