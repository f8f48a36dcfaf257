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
