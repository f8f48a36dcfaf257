// Background: one triangle over the whole target at infinite distance, drawn after the city.

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

@fragment
fn sky_fragment(in: SkyVertex) -> @location(0) vec4<f32> {
    let direction = normalize(in.ray);
    var color = sky_color(direction);
    let disc = smoothstep(SUN_DISC_COS, 1.0, dot(direction, scene.sun.xyz));
    color += scene.sun_color.rgb * disc * 3.0 * scene.sun.w;
    let below = (1.0 - scene.ground_ambient.w) * smoothstep(0.05, -0.08, direction.z);
    return vec4(srgb_from_linear(mix(color, BELOW_GROUND, below)), 1.0);
}
