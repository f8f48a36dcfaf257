//! Where the sun stands, for the look of the picture only: legal sunshine is computed on the server.
//!
//! Source: J. Meeus, "Astronomical Algorithms", 2nd ed., chapter 13 (horizontal coordinates from hour angle, declination
//! and latitude); declination by the low-accuracy formula of the Astronomical Almanac (0.1°).

use glam::DVec3;

/// Day of the year that the viewer shows: an ordinary day between winter and summer, 20 April.
pub const DISPLAY_DAY: u32 = 110;

/// Unit vector towards the sun, ENU.
///
/// * `solar_hours` — local apparent solar time, 0–24: the sun stands in the south at 12
/// * `latitude_rad` — north positive
/// * `day_of_year` — 1–366
///
/// ```
/// use viewer_core::sun::direction;
/// let noon = direction(12.0, 35.0_f64.to_radians(), 172);
/// assert!(noon.y < 0.0 && noon.x.abs() < 1e-9, "due south");
/// assert!((noon.z.asin().to_degrees() - 78.4).abs() < 0.2, "90° − 35° + 23.4°");
/// ```
pub fn direction(solar_hours: f64, latitude_rad: f64, day_of_year: u32) -> DVec3 {
    let declination = declination_rad(day_of_year);
    let hour_angle = (solar_hours - 12.0) * std::f64::consts::PI / 12.0;
    let (sin_lat, cos_lat) = latitude_rad.sin_cos();
    let (sin_dec, cos_dec) = declination.sin_cos();
    let (sin_hour, cos_hour) = hour_angle.sin_cos();
    DVec3::new(
        -cos_dec * sin_hour,
        sin_dec * cos_lat - cos_dec * cos_hour * sin_lat,
        sin_dec * sin_lat + cos_dec * cos_hour * cos_lat,
    )
}

/// Declination of the sun at noon of a day, radians.
fn declination_rad(day_of_year: u32) -> f64 {
    // days from J2000.0 of the same day in 2000; the year does not matter at this accuracy
    let n = f64::from(day_of_year) - 1.0;
    let degrees = |d: f64| d * std::f64::consts::PI / 180.0;
    let mean_longitude = 280.46 + 0.985_647_4 * n;
    let mean_anomaly = degrees(357.528 + 0.985_600_3 * n);
    let longitude = degrees(mean_longitude + 1.915 * mean_anomaly.sin() + 0.02 * (2.0 * mean_anomaly).sin());
    (degrees(23.439).sin() * longitude.sin()).asin()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn solstices_and_equinoxes() {
        for (day, expect_deg) in [(172, 23.44), (355, -23.44), (80, 0.0), (266, 0.0)] {
            let found = declination_rad(day) * 180.0 / std::f64::consts::PI;
            assert!((found - expect_deg).abs() < 0.6, "{day}: {found}");
        }
    }

    #[test]
    fn rises_in_the_east_and_sets_in_the_west() {
        let lat = 0.6;
        let (morning, evening, night) = (
            direction(7.0, lat, 110),
            direction(17.0, lat, 110),
            direction(0.0, lat, 110),
        );
        assert!(morning.x > 0.5 && morning.z > 0.0);
        assert!(evening.x < -0.5 && evening.z > 0.0);
        assert!(night.z < 0.0);
        assert!((morning.length() - 1.0).abs() < 1e-12);
        assert!((morning.x + evening.x).abs() < 1e-12, "the day is even about noon");
    }

    #[test]
    fn the_southern_sun_stands_in_the_north() {
        assert!(direction(12.0, -0.6, 110).y > 0.0);
    }
}
