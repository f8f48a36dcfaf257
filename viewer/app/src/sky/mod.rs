//! Sun, light and colours of the air by the hour of the day.

use bevy::math::DVec3;
use viewer_core::sun;

/// Light of an hour; colours linear.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Daylight {
    /// Unit vector to the sun, ENU.
    pub(crate) sun: DVec3,
    /// 1 by day, 0 once the sun has set.
    pub(crate) day: f32,
    /// Direct light.
    pub(crate) sun_color: [f32; 3],
    /// Light from above.
    pub(crate) sky_ambient: [f32; 3],
    /// Light from below.
    pub(crate) ground_ambient: [f32; 3],
    /// Sky overhead.
    pub(crate) zenith: [f32; 3],
    /// Sky at the horizon, and haze.
    pub(crate) horizon: [f32; 3],
    /// Share of windows with a lamp on, 0–1.
    pub(crate) lamps: f32,
}

/// Light at a place and hour.
///
/// * `hours` — local solar time, 0–24; `latitude_rad` — of the scene
/// * returns direction and colours; at noon the direct light is about one
///
/// Direction by [`sun::direction`]; colours are chosen by eye.
pub(crate) fn daylight(hours: f64, latitude_rad: f64) -> Daylight {
    let sun = sun::direction(hours, latitude_rad, sun::DISPLAY_DAY);
    let up = sun.z;
    let day = smoothstep(-0.04, 0.10, up as f32);
    let high = smoothstep(0.02, 0.45, up as f32);
    let dusk = day * (1.0 - high);
    Daylight {
        sun,
        day,
        sun_color: mix([1.0, 0.52, 0.24], [1.0, 0.94, 0.84], high).map(|c| c * day * (0.60 + 0.45 * high)),
        sky_ambient: mix([0.030, 0.040, 0.070], [0.42, 0.46, 0.53], day),
        ground_ambient: mix([0.020, 0.022, 0.030], [0.33, 0.31, 0.28], day),
        zenith: mix([0.006, 0.010, 0.028], [0.22, 0.42, 0.74], day),
        horizon: mix(
            mix([0.022, 0.030, 0.055], [0.74, 0.82, 0.90], day),
            [0.86, 0.60, 0.42],
            dusk * 0.7,
        ),
        lamps: 1.0 - smoothstep(-0.05, 0.08, up as f32),
    }
}

fn smoothstep(low: f32, high: f32, x: f32) -> f32 {
    let t = ((x - low) / (high - low)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

fn mix(a: [f32; 3], b: [f32; 3], share: f32) -> [f32; 3] {
    std::array::from_fn(|i| a[i] + (b[i] - a[i]) * share)
}
