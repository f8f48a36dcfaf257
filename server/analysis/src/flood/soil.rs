//! Green-Ampt infiltration: how much water a soil takes in a step.

use super::error::Error;
use serde::{Deserialize, Serialize};

/// A soil by Green and Ampt.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GreenAmpt {
    /// Saturated hydraulic conductivity, mm/h.
    pub conductivity_mm_h: f64,
    /// Suction head at the wetting front, mm.
    pub suction_mm: f64,
    /// Moisture that the soil can still take, m³ a m³.
    pub deficit: f64,
}

impl GreenAmpt {
    /// Water taken in a step, m.
    ///
    /// * `before_m` — water taken so far; `available_m` — water on the surface and rain of the step; `dt_s` — step
    ///
    /// The rate `K (1 + ψΔθ / F)` is taken at the middle of the step, which is a quadratic in the water taken: second
    /// order in the step and sound at `F = 0`, where the rate itself is infinite.
    ///
    /// # Source
    /// Green & Ampt 1911 in the form of Chow, Maidment & Mays, Applied Hydrology (1988), 4.3.
    pub fn taken_m(&self, before_m: f64, available_m: f64, dt_s: f64) -> f64 {
        let k = self.conductivity_mm_h / 3.6e6 * dt_s;
        let s = self.suction_mm / 1000.0 * self.deficit;
        let half = before_m - 0.5 * k;
        let potential = (half * half + 2.0 * k * (before_m + s)).sqrt() - half;
        potential.min(available_m).max(0.0)
    }

    /// Numbers that a soil must have.
    pub(super) fn check(&self, surface: &str) -> Result<(), Error> {
        let sound = |v: f64| v >= 0.0 && v.is_finite();
        if sound(self.conductivity_mm_h) && sound(self.suction_mm) && sound(self.deficit) && self.deficit < 1.0 {
            return Ok(());
        }
        Err(Error::feature(
            surface,
            "渗透系数和吸力不得为负，含水率亏缺须在 0 至 1 之间",
            "conductivity and suction must not be negative and the deficit must lie in 0..1",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Silt loam at 30 % effective saturation, the soil of the examples in Chow, Maidment & Mays.
    const SILT_LOAM: GreenAmpt = GreenAmpt {
        conductivity_mm_h: 6.5,
        suction_mm: 167.0,
        deficit: 0.34,
    };

    /// Water taken up to each second, m, under rain of so many mm/h.
    fn rained_on(mm_h: f64, seconds: usize, step_s: f64) -> Vec<f64> {
        let mut taken = vec![0.0];
        let (mut ponded, mut so_far) = (0.0, 0.0);
        for _ in 0..(seconds as f64 / step_s) as usize {
            let available = ponded + mm_h / 3.6e6 * step_s;
            let now = SILT_LOAM.taken_m(so_far, available, step_s);
            ponded = available - now;
            so_far += now;
            taken.push(so_far);
        }
        taken
    }

    /// Example 4.3.1: under water, 3.17 cm in the first hour, at 1.81 cm/h then.
    #[test]
    fn a_flooded_soil_takes_what_the_textbook_says() {
        for step in [1.0, 10.0, 60.0] {
            let mut taken = 0.0;
            let mut last = 0.0;
            for _ in 0..(3600.0 / step) as usize {
                last = SILT_LOAM.taken_m(taken, 1.0, step);
                taken += last;
            }
            assert!((taken - 0.0317).abs() < 1e-4, "{step} s: {taken} m");
            assert!(
                (last / step * 3600.0 - 0.0181).abs() < 1.5e-4,
                "{step} s: {} m/h",
                last / step * 3600.0
            );
        }
    }

    /// Examples 5.4.1 and 5.4.2: rain of 5 cm/h ponds after 0.17 h with 0.85 cm taken, and 3.02 cm go in within the
    /// hour; rain of 1 cm/h ponds after 10.5 h.
    #[test]
    fn water_stands_when_the_textbook_says() {
        let taken = rained_on(50.0, 3600, 1.0);
        let ponds = taken
            .windows(2)
            .position(|w| w[1] - w[0] < 0.999 * 50.0 / 3.6e6)
            .unwrap();
        assert!((ponds as f64 / 3600.0 - 0.17).abs() < 0.005, "{ponds} s");
        assert!((taken[ponds] - 0.0085).abs() < 1e-4);
        assert!((taken[3600] - 0.0302).abs() < 1e-4, "{}", taken[3600]);
        let slow = rained_on(10.0, 12 * 3600, 10.0);
        let ponds = slow
            .windows(2)
            .position(|w| w[1] - w[0] < 0.9999 * 10.0 / 3.6e5)
            .unwrap();
        assert!((ponds as f64 / 360.0 - 10.5).abs() < 0.1, "{ponds}");
    }

    #[test]
    fn no_more_is_taken_than_there_is() {
        assert_eq!(SILT_LOAM.taken_m(0.0, 1e-9, 60.0), 1e-9);
        assert_eq!(SILT_LOAM.taken_m(0.5, 0.0, 60.0), 0.0);
    }
}
