//! The sun over a site on one day, by NREL's SPA, as directions in the scene's grid over local true solar time.
//!
//! True solar time is 12 h plus the sun's hour angle at 15° an hour; the legal windows are stated in it. Refraction is left
//! out (a ray to a roof's edge is as bent as the one beyond it, and the codes say nothing of it); the sun is a point.

use super::Error;
use super::input::Site;
use crate::indicators::Text;
use solar_positioning::time::JulianDate;
use solar_positioning::{Location, SolarPositions, delta_t};

/// Seconds of a day.
const DAY_S: f64 = 86_400.0;
/// True solar noon, seconds.
const NOON_S: f64 = 43_200.0;
/// Rounds of Newton's method; the second already changes less than 0.01 s.
const ROUNDS: usize = 4;

/// Where the sun stands, seen from the site.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Position {
    /// From true north, clockwise, degrees.
    pub azimuth_deg: f64,
    /// Above the horizon, without refraction, degrees.
    pub elevation_deg: f64,
    /// Local true solar time, seconds.
    pub solar_s: f64,
}

/// Where the sun stands at a moment.
///
/// * `julian_utc` — Julian date in UTC
///
/// # Errors
/// A place or time that SPA does not cover.
///
/// # Source
/// Reda & Andreas, Solar Position Algorithm for Solar Radiation Applications, NREL/TP-560-34302 (±0.0003°).
pub fn position(site: &Site, julian_utc: f64, delta_t_s: f64) -> Result<Position, Error> {
    let bad = |err: solar_positioning::Error| Error::Site {
        reason: Text::same(err.to_string()),
    };
    let location = Location {
        latitude: site.latitude_deg,
        longitude: site.longitude_deg,
    };
    let time = JulianDate::new(julian_utc, delta_t_s).map_err(bad)?;
    let sun = SolarPositions::new()
        .for_time_from_julian(time)
        .and_then(|at| at.at(location, site.elevation_m, None))
        .map_err(bad)?;
    let (sin_h, cos_h) = sun.elevation_angle().to_radians().sin_cos();
    let (sin_a, cos_a) = (sun.azimuth() - 180.0).to_radians().sin_cos();
    let (sin_lat, cos_lat) = site.latitude_deg.to_radians().sin_cos();
    let hour_angle = (sin_a * cos_h).atan2(cos_a * cos_h * sin_lat + sin_h * cos_lat);
    Ok(Position {
        azimuth_deg: sun.azimuth(),
        elevation_deg: sun.elevation_angle(),
        solar_s: NOON_S + hour_angle / std::f64::consts::TAU * DAY_S,
    })
}

/// The sun of one day in a window of true solar time, sampled evenly.
#[derive(Debug, Clone, PartialEq)]
pub struct Day {
    /// Civil date, `YYYY-MM-DD`.
    pub date: String,
    /// Start of the window, true solar seconds of the day.
    pub start_s: f64,
    /// Spacing of samples, seconds.
    pub step_s: f64,
    /// Spaces between samples; there is one sample more.
    pub steps: usize,
    /// Unit vectors to the sun in the grid (x east, y grid north, z up), from one step before the window to one after it.
    directions: Vec<[f64; 3]>,
    /// Civil time less true solar time at each of these, seconds.
    civil_less_solar_s: Vec<f64>,
}

impl Day {
    /// The sun over `site` on `date` from `window_h[0]` to `window_h[1]`, hours of local true solar time.
    ///
    /// * `step_s` — longest spacing of samples, seconds
    ///
    /// # Errors
    /// A site, date or window that does not exist.
    pub fn new(site: &Site, date: &str, window_h: [f64; 2], step_s: f64) -> Result<Self, Error> {
        let [from_h, to_h] = window_h;
        if !(from_h >= 0.0 && to_h <= 24.0 && from_h < to_h) {
            let reason = Text::new(
                format!("时段 {from_h} 至 {to_h} 时不在一日之内"),
                format!("the window {from_h} to {to_h} h is not within a day"),
            );
            return Err(Error::Site { reason });
        }
        if !(site.latitude_deg.abs() < 89.9 && site.longitude_deg.abs() <= 180.0) {
            let reason = Text::same(format!("{}° N {}° E", site.latitude_deg, site.longitude_deg));
            return Err(Error::Site { reason });
        }
        if ![site.elevation_m, site.convergence_deg, site.utc_offset_h]
            .iter()
            .all(|v| v.is_finite())
        {
            let reason = Text::new(
                "高程、子午线收敛角和时区须为数字",
                "height, convergence and time zone must be numbers",
            );
            return Err(Error::Site { reason });
        }
        let (year, month, day) = parts(date)?;
        let bad = |err: solar_positioning::Error| Error::Site {
            reason: Text::same(format!("{date}: {err}")),
        };
        let delta_t_s = delta_t::estimate_from_date(year, month).map_err(bad)?;
        let midnight = JulianDate::from_utc(year, month, day, 0, 0, 0.0, delta_t_s)
            .map_err(bad)?
            .julian_date();
        let start_s = from_h * 3600.0;
        let length_s = (to_h - from_h) * 3600.0;
        let steps = (length_s / step_s).ceil().max(1.0) as usize;
        let step_s = length_s / steps as f64;
        let (mut directions, mut civil_less_solar_s) = (vec![], vec![]);
        for k in 0..steps + 3 {
            let solar_s = start_s + (k as f64 - 1.0) * step_s;
            let mut julian = midnight + solar_s / DAY_S - site.longitude_deg / 360.0;
            let mut sun = position(site, julian, delta_t_s)?;
            for _ in 0..ROUNDS {
                // nearest turn: the hour angle jumps at midnight
                let late_s = (sun.solar_s - solar_s + NOON_S).rem_euclid(DAY_S) - NOON_S;
                if late_s.abs() < 1e-4 {
                    break;
                }
                julian -= late_s / DAY_S;
                sun = position(site, julian, delta_t_s)?;
            }
            let (sin_h, cos_h) = sun.elevation_deg.to_radians().sin_cos();
            let (sin_a, cos_a) = (sun.azimuth_deg - site.convergence_deg).to_radians().sin_cos();
            directions.push([sin_a * cos_h, cos_a * cos_h, sin_h]);
            civil_less_solar_s.push((julian - midnight) * DAY_S + site.utc_offset_h * 3600.0 - solar_s);
        }
        Ok(Self {
            date: date.to_owned(),
            start_s,
            step_s,
            steps,
            directions,
            civil_less_solar_s,
        })
    }

    /// Samples in the window.
    pub fn num_samples(&self) -> usize {
        self.steps + 1
    }

    /// True solar time of a sample, seconds.
    pub fn sample_s(&self, k: usize) -> f64 {
        self.start_s + k as f64 * self.step_s
    }

    /// Direction to the sun at a sample; unit length.
    pub fn sample(&self, k: usize) -> [f64; 3] {
        self.directions.get(k + 1).copied().unwrap_or([0.0, 0.0, -1.0])
    }

    /// Direction to the sun at a true solar time of the window, by a cubic through the four samples around it (error
    /// below 1e-9 at steps of a minute); nearly unit length.
    pub fn direction(&self, solar_s: f64) -> [f64; 3] {
        let (k, u) = self.place(solar_s);
        let [a, b, c, d] = [
            -u * (u - 1.0) * (u - 2.0) / 6.0,
            (u + 1.0) * (u - 1.0) * (u - 2.0) / 2.0,
            -(u + 1.0) * u * (u - 2.0) / 2.0,
            (u + 1.0) * u * (u - 1.0) / 6.0,
        ];
        match self.directions.get(k..k + 4) {
            Some([p, q, r, s]) => [0, 1, 2].map(|i| a * p[i] + b * q[i] + c * r[i] + d * s[i]),
            _ => [0.0, 0.0, -1.0],
        }
    }

    /// Civil time of a true solar time of the window, seconds of the day.
    pub fn civil_s(&self, solar_s: f64) -> f64 {
        let (k, u) = self.place(solar_s);
        match self.civil_less_solar_s.get(k + 1..k + 3) {
            Some([p, q]) => solar_s + p + (q - p) * u,
            _ => solar_s,
        }
    }

    /// The sample before a time, and the share of the step that is gone.
    fn place(&self, solar_s: f64) -> (usize, f64) {
        let x = ((solar_s - self.start_s) / self.step_s).clamp(0.0, self.steps as f64);
        let k = (x.floor() as usize).min(self.steps - 1);
        (k, x - k as f64)
    }
}

/// Year, month and day of `YYYY-MM-DD`.
fn parts(date: &str) -> Result<(i32, u32, u32), Error> {
    let fields: Vec<Option<u32>> = date.split('-').map(|f| f.parse().ok()).collect();
    match fields.as_slice() {
        [Some(year @ 1..=6000), Some(month), Some(day)] => Ok((*year as i32, *month, *day)),
        _ => Err(Error::Site {
            reason: Text::new(
                format!("{date:?} 不是日期，应为 YYYY-MM-DD"),
                format!("{date:?} is not a date YYYY-MM-DD"),
            ),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zhengzhou() -> Site {
        Site {
            latitude_deg: 34.75,
            longitude_deg: 113.65,
            utc_offset_h: 8.0,
            ..Site::default()
        }
    }

    #[test]
    fn at_true_noon_the_sun_is_south_at_the_height_of_textbooks() {
        let day = Day::new(&zhengzhou(), "2001-01-20", [8.0, 16.0], 60.0).unwrap();
        assert_eq!(day.num_samples(), 481);
        let noon = day.sample(240);
        assert!(noon[0].abs() < 1e-6 && noon[1] < 0.0, "{noon:?}");
        // 90° − 34.75° − 20.2° (declination of Great Cold)
        let height_deg = noon[2].asin().to_degrees();
        assert!((height_deg - 35.0).abs() < 0.25, "{height_deg}");
        // 6.35° west of 120° is 25.4 min, the equation of time of 20 January is −11 min
        let noon_h = day.civil_s(NOON_S) / 3600.0;
        assert!((noon_h - (12.0 + 36.4 / 60.0)).abs() < 0.01, "{noon_h}");
    }

    #[test]
    fn between_samples_it_is_as_good_as_at_them() {
        let coarse = Day::new(&zhengzhou(), "2001-01-20", [8.0, 16.0], 60.0).unwrap();
        let fine = Day::new(&zhengzhou(), "2001-01-20", [8.0, 16.0], 7.0).unwrap();
        for k in 0..fine.num_samples() {
            let (a, b) = (fine.sample(k), coarse.direction(fine.sample_s(k)));
            assert!((0..3).all(|i| (a[i] - b[i]).abs() < 2e-8), "{k}: {a:?} {b:?}");
        }
    }

    #[test]
    fn the_grid_turns_the_sun() {
        let site = Site {
            convergence_deg: 1.5,
            ..zhengzhou()
        };
        let noon = Day::new(&site, "2001-01-20", [8.0, 16.0], 60.0).unwrap().sample(240);
        // true south lies at the grid bearing 178.5°
        let bearing = noon[0].atan2(noon[1]).to_degrees();
        assert!((bearing - 178.5).abs() < 1e-4, "{bearing}");
    }

    #[test]
    fn nonsense_is_refused() {
        let fails = |site: &Site, date: &str, window| Day::new(site, date, window, 60.0).unwrap_err().to_string();
        assert!(fails(&zhengzhou(), "2001-13-20", [8.0, 16.0]).contains("2001-13-20"));
        assert!(fails(&zhengzhou(), "yesterday", [8.0, 16.0]).contains("yesterday"));
        assert!(fails(&zhengzhou(), "2001-01-20", [16.0, 8.0]).contains("window"));
        let nowhere = Site {
            latitude_deg: f64::NAN,
            ..Site::default()
        };
        assert!(fails(&nowhere, "2001-01-20", [8.0, 16.0]).contains("NaN"));
    }
}
