// Background: one triangle over the whole target at infinite distance, drawn after the city. Above the horizon it is
// sky, below it a plain on which the data lies, so that the city ends in country and not at a cliff.

struct SkyVertex {
    @builtin(position) clip: vec4<f32>,
    @location(0) ray: vec3<f32>,
};

@vertex
fn sky_vertex(@builtin(vertex_index) index: u32) -> SkyVertex {
    let corner = vec2(f32((index << 1u) & 2u), f32(index & 2u)) * 2.0 - 1.0;
    var out: SkyVertex;
    out.clip = vec4(corner, 0.0, 1.0);
    out.ray = scene.ray_forward.xyz + scene.ray_right.xyz * corner.x + scene.ray_up.xyz * corner.y;
    return out;
}

const BELOW_GROUND: vec3<f32> = vec3(0.035, 0.045, 0.055); // backdrop of the underground mode, linear
const SUN_DISC_COS: f32 = 0.99985; // about twice the true disc

const PLAIN: vec3<f32> = vec3(0.392, 0.352, 0.246); // linear, the terrain's own colour (layer `ground/terrain`)
const PLAIN_UNTIL_M: f32 = 60000.0; // haze is complete long before

// Lit colour of the plain where a unit direction meets it.
fn plain_color(direction: vec3<f32>) -> vec3<f32> {
    let distance_m = min(scene.eye.w / max(-direction.z, 1e-5), PLAIN_UNTIL_M);
    let rel = direction * distance_m;
    let pixel_m = distance_m * scene.ray_forward.w / max(-direction.z, 0.02);
    var color = PLAIN;
    if (scene.fog.w > 0.0 && pixel_m < 60.0) {
        color = mottled(PLAIN, rel.xy + scene.eye.xy, pixel_m, 0.16);
    }
    let lit = color * (scene.sky_ambient.rgb + scene.sun_color.rgb * max(scene.sun.z, 0.0) * scene.sun.w);
    return hazed(lit, rel, distance_m);
}

@fragment
fn sky_fragment(in: SkyVertex) -> @location(0) vec4<f32> {
    let direction = normalize(in.ray);
    var color: vec3<f32>;
    if (direction.z < 0.0 && scene.eye.w > 0.0) {
        color = plain_color(direction);
    } else {
        color = sky_color(direction);
    }
    let disc = smoothstep(SUN_DISC_COS, 1.0, dot(direction, scene.sun.xyz));
    color += scene.sun_color.rgb * disc * 3.0 * scene.sun.w;
    let below = (1.0 - scene.ground_ambient.w) * smoothstep(0.05, -0.08, direction.z);
    return vec4(srgb_from_linear(mix(color, BELOW_GROUND, below)), 1.0);
}

// Low quality: the same picture without ripples and disc, by the corners of a grid. It begins where haze sets in; what is
// nearer has the colour that the pass is cleared to (`Scene::near_plain`).
const LOW_SKY_COLUMNS: u32 = 8u;
const LOW_SKY_ROWS: u32 = 24u;

struct LowSkyVertex {
    @builtin(position) clip: vec4<f32>,
    @location(0) color: vec3<f32>, // sRGB
};

// Lower edge of the grid in clip space.
fn low_sky_foot() -> f32 {
    let steepest = max(scene.eye.w / scene.fog.x, 0.1);
    let longest = length(vec3(1.0, scene.ray_right.x, scene.ray_right.y)) + abs(scene.ray_up.z);
    return clamp((-steepest * longest - scene.ray_forward.z) / max(scene.ray_up.z, 1e-3), -1.0, 1.0);
}

@vertex
fn low_sky_vertex(@builtin(vertex_index) index: u32) -> LowSkyVertex {
    let quad = index / 6u;
    let corner = index % 6u; // two triangles: 0 1 2, 2 1 3 of (0,0) (1,0) (0,1) (1,1)
    let number = (0x312210u >> (corner * 4u)) & 3u;
    let column = quad % LOW_SKY_COLUMNS + select(0u, 1u, number == 1u || number == 3u);
    let row = quad / LOW_SKY_COLUMNS + select(0u, 1u, number >= 2u);
    let x = f32(column) * (2.0 / f32(LOW_SKY_COLUMNS)) - 1.0;
    let y = mix(low_sky_foot(), 1.0, f32(row) / f32(LOW_SKY_ROWS));
    let ray = scene.ray_forward.xyz + scene.ray_right.xyz * x + scene.ray_up.xyz * y;
    let direction = normalize(ray);
    var color = sky_color(direction);
    if (direction.z < 0.0 && scene.eye.w > 0.0) {
        color = plain_color(direction);
    }
    let below = (1.0 - scene.ground_ambient.w) * smoothstep(0.05, -0.08, direction.z);
    return LowSkyVertex(vec4(x, y, 0.0, 1.0), srgb_from_linear(mix(color, BELOW_GROUND, below)));
}

@fragment
fn low_sky_fragment(in: LowSkyVertex) -> @location(0) vec4<f32> {
    return vec4(in.color, 1.0);
}
