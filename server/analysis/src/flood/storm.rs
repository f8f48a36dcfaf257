//! Rain: storm-intensity formulas, the Chicago hyetograph and gauge series.

use super::error::Error;
use crate::indicators::Text;
use serde::{Deserialize, Serialize};

/// L/(s·ha) of one mm/min, which the standards round to 167.
const L_PER_S_HA_OF_MM_PER_MIN: f64 = 10_000.0 / 60.0;

/// A storm-intensity formula of a city: `q = 167 A (1 + C lg P) / (t + b)^n`, with `t` in minutes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Formula {
    /// Stable id.
    pub id: String,
    /// City and edition.
    pub title: Text,
    /// Factor for a return period of one year; `A` in mm/min, `167 A` in L/(s·ha).
    pub a: f64,
    /// Unit of `a`.
    pub unit: FormulaUnit,
    /// Factor of the logarithm of the return period.
    pub c: f64,
    /// Minutes added to the duration.
    pub b: f64,
    /// Exponent.
    pub n: f64,
    /// Peak ratios of the Chicago hyetograph, where the city publishes them.
    #[serde(default)]
    pub peaks: Vec<Peak>,
    /// Document.
    pub source: String,
    /// False: 参考值.
    pub is_verified: bool,
}

/// Unit of a formula's factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum FormulaUnit {
    /// Depth a minute.
    #[serde(rename = "mm/min")]
    MmPerMin,
    /// Flow from a hectare.
    #[serde(rename = "L/(s·ha)")]
    LPerSHa,
}

/// Where the peak of a design storm lies.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Peak {
    /// Duration that it was found for, minutes.
    pub duration_min: f64,
    /// Share of the duration before the peak.
    pub ratio: f64,
}

impl Formula {
    /// `a` of `i = a / (t + b)^n`, mm/min, for a return period in years.
    fn factor(&self, return_period_a: f64) -> f64 {
        let unit = match self.unit {
            FormulaUnit::MmPerMin => 1.0,
            FormulaUnit::LPerSHa => L_PER_S_HA_OF_MM_PER_MIN,
        };
        self.a / unit * (1.0 + self.c * return_period_a.log10())
    }

    /// Mean intensity of the storm of a duration, mm/min.
    pub fn intensity_mm_min(&self, return_period_a: f64, duration_min: f64) -> f64 {
        self.factor(return_period_a) / (duration_min + self.b).powf(self.n)
    }

    /// Depth of the storm of a duration, mm.
    pub fn depth_mm(&self, return_period_a: f64, duration_min: f64) -> f64 {
        self.intensity_mm_min(return_period_a, duration_min) * duration_min
    }

    /// The published peak ratio of the nearest duration.
    pub fn peak_ratio(&self, duration_min: f64) -> Option<f64> {
        let away = |peak: &&Peak| (peak.duration_min / duration_min).ln().abs();
        self.peaks
            .iter()
            .min_by(|p, q| away(p).total_cmp(&away(q)))
            .map(|peak| peak.ratio)
    }

    /// Depth fallen up to `time_min` of a Chicago storm, mm.
    ///
    /// Around the peak, the heaviest `t` minutes together have the depth of the formula for `t`; a share `ratio` of them
    /// lies before the peak. The sum over the duration is therefore the depth of the formula, whatever the time step.
    ///
    /// # Source
    /// Keifer & Chu 1957, integrated; the intensities are `a[(1−n)·t_b/r + b] / (t_b/r + b)^(n+1)`.
    pub fn chicago_mm(&self, return_period_a: f64, duration_min: f64, ratio: f64, time_min: f64) -> f64 {
        let depth = |t: f64| self.depth_mm(return_period_a, t);
        let peak = ratio * duration_min;
        let time = time_min.clamp(0.0, duration_min);
        let whole = depth(duration_min);
        if time < peak {
            ratio * (whole - depth((peak - time) / ratio))
        } else if ratio < 1.0 {
            ratio * whole + (1.0 - ratio) * depth((time - peak) / (1.0 - ratio))
        } else {
            whole
        }
    }

    /// Numbers that a formula must have.
    pub(super) fn check(&self) -> Result<(), Error> {
        let wrong = |zh: &str, en: &str| Error::feature(&self.id, zh, en);
        if !(self.a > 0.0 && self.a.is_finite()) {
            return Err(wrong(
                "暴雨强度公式的 A 须大于 0",
                "A of a storm formula must be positive",
            ));
        }
        if !(self.c >= 0.0 && self.c.is_finite() && self.b > 0.0 && self.b.is_finite()) {
            return Err(wrong(
                "暴雨强度公式的 C 不得为负，b 须大于 0",
                "C of a storm formula must not be negative and b must be positive",
            ));
        }
        if !(self.n > 0.0 && self.n < 1.0) {
            return Err(wrong(
                "暴雨强度公式的 n 须在 0 与 1 之间",
                "n of a storm formula must lie between 0 and 1",
            ));
        }
        Ok(())
    }
}

/// An amount that has come by each time, straight between its points: rain depths and inflow volumes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Cumulative {
    times_s: Vec<f64>,
    amounts: Vec<f64>,
}

impl Cumulative {
    /// Of amounts that came in intervals of the same length, the first from time 0 on.
    pub fn of_intervals(step_s: f64, amounts: impl IntoIterator<Item = f64>) -> Self {
        let mut all = Self {
            times_s: vec![0.0],
            amounts: vec![0.0],
        };
        let mut sum = 0.0;
        for (i, amount) in amounts.into_iter().enumerate() {
            sum += amount;
            all.times_s.push(step_s * (i + 1) as f64);
            all.amounts.push(sum);
        }
        all
    }

    /// Volumes of flows that are straight between their points (seconds, amount a second); nothing before and after.
    ///
    /// Each stretch is cut into sixteen, so that the volume of the whole is exact and flows within are close.
    pub fn of_rates(points: &[[f64; 2]]) -> Self {
        const CUTS: usize = 16;
        let mut all = Self::default();
        let mut sum = 0.0;
        if let Some([t, _]) = points.first() {
            all.times_s.push(*t);
            all.amounts.push(0.0);
        }
        for pair in points.windows(2) {
            let ([t0, r0], [t1, r1]) = (pair[0], pair[1]);
            for cut in 1..=CUTS {
                let (s0, s1) = ((cut - 1) as f64 / CUTS as f64, cut as f64 / CUTS as f64);
                let mean = r0 + (r1 - r0) * 0.5 * (s0 + s1);
                sum += mean * (t1 - t0) * (s1 - s0);
                all.times_s.push(t0 + (t1 - t0) * s1);
                all.amounts.push(sum);
            }
        }
        all
    }

    /// The Chicago storm in steps of equal length, m; within a step the rain is even.
    pub fn chicago(formula: &Formula, return_period_a: f64, duration_min: f64, ratio: f64, step_min: f64) -> Self {
        let steps = (duration_min / step_min).ceil().max(1.0) as usize;
        let time = |i: usize| (i as f64 * step_min).min(duration_min);
        let at = |i: usize| formula.chicago_mm(return_period_a, duration_min, ratio, time(i)) / 1000.0;
        Self {
            times_s: (0..=steps).map(|i| time(i) * 60.0).collect(),
            amounts: (0..=steps).map(at).collect(),
        }
    }

    /// Amount that has come by a time.
    pub fn at(&self, time_s: f64) -> f64 {
        let after = self.times_s.partition_point(|t| *t <= time_s);
        let (Some(t1), Some(a1)) = (self.times_s.get(after), self.amounts.get(after)) else {
            return self.total();
        };
        if after == 0 {
            return 0.0;
        }
        let (t0, a0) = (self.times_s[after - 1], self.amounts[after - 1]);
        a0 + (a1 - a0) * (time_s - t0) / (t1 - t0)
    }

    /// Amount of the whole.
    pub fn total(&self) -> f64 {
        self.amounts.last().copied().unwrap_or(0.0)
    }

    /// When the last of it has come, seconds.
    pub fn end_s(&self) -> f64 {
        self.times_s.last().copied().unwrap_or(0.0)
    }

    /// Largest amount a second.
    pub fn peak_rate(&self) -> f64 {
        let rates = self.times_s.windows(2).zip(self.amounts.windows(2));
        rates.map(|(t, a)| (a[1] - a[0]) / (t[1] - t[0])).fold(0.0, f64::max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flood::Catalogue;

    fn suzhou() -> Formula {
        Catalogue::built_in().unwrap().formula("suzhou-2025").unwrap().clone()
    }

    /// The published worked example: 50 years, 120 minutes, 139.694 mm, both by the formula and summed over the storm.
    #[test]
    fn the_storm_of_suzhou_has_its_published_total() {
        let formula = suzhou();
        assert!((formula.depth_mm(50.0, 120.0) - 139.694).abs() < 5e-4);
        for ratio in [0.3, 0.43, 0.77] {
            for step in [1.0, 5.0, 7.0] {
                let storm = Cumulative::chicago(&formula, 50.0, 120.0, ratio, step);
                assert!((storm.total() * 1000.0 - 139.694).abs() < 5e-4, "{ratio} {step}");
            }
        }
        assert_eq!(formula.peak_ratio(120.0), Some(0.43));
        assert_eq!(formula.peak_ratio(1200.0), Some(0.77));
    }

    /// The intensities of Keifer and Chu, as codes print them, are the slope of the depth.
    #[test]
    fn the_hyetograph_has_the_published_intensities() {
        let (formula, p, duration, r) = (suzhou(), 50.0, 120.0, 0.43);
        let (a, b, n) = (formula.factor(p), formula.b, formula.n);
        let published = |t: f64| {
            let x = if t < r * duration {
                (r * duration - t) / r
            } else {
                (t - r * duration) / (1.0 - r)
            };
            a * ((1.0 - n) * x + b) / (x + b).powf(n + 1.0)
        };
        for k in 1..240 {
            let (t, dt) = (f64::from(k) * 0.5 + 0.13, 1e-4);
            let depth = |t| formula.chicago_mm(p, duration, r, t);
            let slope = (depth(t + dt) - depth(t - dt)) / (2.0 * dt);
            assert!((slope - published(t)).abs() < 1e-6, "{t}: {slope} and {}", published(t));
        }
    }

    /// One hour in Zhengzhou by the formula in L/(s·ha): 31.5, 44.9, 59.6 and 79.2 mm for 1, 3, 10 and 50 years.
    #[test]
    fn a_formula_in_litres_gives_the_depths_known_for_it() {
        let catalogue = Catalogue::built_in().unwrap();
        let formula = catalogue.formula("zhengzhou-measures").unwrap();
        for (p, depth) in [(1.0, 31.5), (3.0, 44.9), (10.0, 59.6), (50.0, 79.2)] {
            assert!(
                (formula.depth_mm(p, 60.0) - depth).abs() < 0.06,
                "{p}: {}",
                formula.depth_mm(p, 60.0)
            );
        }
    }

    #[test]
    fn amounts_come_evenly_between_points() {
        let gauge = Cumulative::of_intervals(60.0, [1.0, 0.0, 3.0]);
        assert_eq!(gauge.at(30.0), 0.5);
        assert_eq!(gauge.at(90.0), 1.0);
        assert_eq!(gauge.at(150.0), 2.5);
        assert_eq!(gauge.at(1e9), 4.0);
        assert_eq!(gauge.peak_rate(), 0.05);
        assert_eq!(Cumulative::default().at(5.0), 0.0);
    }
}
