// Sky and haze: one formula for both, so that the edge of the data fades into the sky behind it.

// Colour of the air looked at along a unit direction.
fn sky_color(direction: vec3<f32>) -> vec3<f32> {
    let up = clamp(direction.z, 0.0, 1.0);
    let toward_sun = max(dot(direction, scene.sun.xyz), 0.0);
    let glow = toward_sun * toward_sun * toward_sun * toward_sun;
    let warm = scene.sun_color.rgb * (0.16 * glow * (1.0 - up));
    return mix(scene.horizon.rgb, scene.zenith.rgb, sqrt(up) * (1.4 - 0.4 * up)) + warm;
}

// Mixes a lit colour with the haze in front of it; `rel` metres from the eye.
fn hazed(color: vec3<f32>, rel: vec3<f32>, distance_m: f32) -> vec3<f32> {
    let t = clamp((distance_m - scene.fog.x) * scene.fog.y, 0.0, 1.0);
    if (t <= 0.0) {
        return color;
    }
    let share = scene.fog.z * t * (2.0 - t);
    let flat_direction = vec3(rel.xy / max(distance_m, 1.0), 0.0);
    return mix(color, sky_color(flat_direction), share);
}
