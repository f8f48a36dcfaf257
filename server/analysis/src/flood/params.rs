//! Parameters of a flood: rain, time, boundaries and limits; defaults are those of the published scheme.

use super::Catalogue;
use super::error::Error;
use super::storm::{Cumulative, Formula};
use serde::{Deserialize, Serialize};

/// Parameters of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Params {
    /// Rain.
    pub rain: Rain,
    /// Minutes that are simulated; 0 for the rain and an hour after it.
    pub simulated_min: f64,
    /// Minutes between steps of the depth series.
    pub output_step_min: f64,
    /// What lies at the western, eastern, southern and northern end of the ground.
    pub sides: Sides,
    /// Flow that all drains together can take, m³/s; `None` where only the inlets limit.
    pub drains_capacity_m3_s: Option<f64>,
    /// Share of each inlet that is clogged, 0 to 1.
    pub clogged: f64,
    /// Key of the surface where no cover lies.
    pub default_surface: String,
    /// Ground floor above the ground beside the building where its height is not known, metres (an assumption).
    pub floor_above_ground_m: f64,
    /// Depth above which a place counts as flooded, metres.
    pub flooded_depth_m: f64,
    /// Depth at which the water has arrived, metres.
    pub arrival_depth_m: f64,
    /// Error of depths that verdicts allow for, metres: of the method and of the ground model together.
    pub depth_error_m: f64,
    /// Most cells of a hole in the ground model that are filled from its rim.
    pub fill_cells: usize,
    /// Most memory that the job may take, bytes.
    pub memory_bytes: u64,
    /// Constants of the scheme.
    pub scheme: Scheme,
}

impl Default for Params {
    fn default() -> Self {
        Self {
            rain: Rain::None,
            simulated_min: 0.0,
            output_step_min: 5.0,
            sides: Sides::default(),
            drains_capacity_m3_s: None,
            clogged: 0.0,
            default_surface: "paved".to_owned(),
            floor_above_ground_m: 0.15,
            flooded_depth_m: 0.15,
            arrival_depth_m: 0.05,
            depth_error_m: 0.05,
            fill_cells: 400,
            memory_bytes: 2 << 30,
            scheme: Scheme::default(),
        }
    }
}

/// Constants of the local-inertial scheme.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Scheme {
    /// Weight of a face's own flow against its neighbours', above 0 and up to 1.
    pub theta: f64,
    /// Courant number of the time step; held below what is stable with `theta` (0.60 for 0.8).
    pub courant: f64,
    /// Largest Froude number of a flow; what would be faster is slowed down to it.
    pub froude: f64,
    /// Depth below which nothing flows, metres.
    pub dry_m: f64,
    /// Longest time step, seconds.
    pub max_step_s: f64,
    /// Seconds between looks at maxima, durations and arrivals; steps longer than this are looked at one by one.
    pub sample_s: f64,
}

impl Default for Scheme {
    fn default() -> Self {
        Self {
            theta: 0.8,
            courant: 0.7,
            froude: 1.0,
            dry_m: 1e-6,
            max_step_s: 10.0,
            sample_s: 1.0,
        }
    }
}

/// Rain over the whole area.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case", tag = "kind")]
pub enum Rain {
    /// None: only inflows.
    #[default]
    None,
    /// A design storm with the Chicago hyetograph.
    Storm {
        /// Formula of the city.
        formula: FormulaChoice,
        /// Return period, years.
        return_period_a: f64,
        /// Duration, minutes.
        duration_min: f64,
        /// Share of the duration before the peak; the published one, or 0.4, where it is left out.
        #[serde(default)]
        peak_ratio: Option<f64>,
        /// Minutes of even rain.
        #[serde(default = "five")]
        step_min: f64,
    },
    /// Depths measured by a gauge.
    Gauge {
        /// Minutes of each depth.
        step_min: f64,
        /// Depths, mm.
        depths_mm: Vec<f64>,
    },
}

fn five() -> f64 {
    5.0
}

/// A formula of the catalogue by its id, or an own one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum FormulaChoice {
    /// Of the catalogue.
    Named(String),
    /// Given by the operator.
    Own(Box<Formula>),
}

/// Peak ratio where neither the operator nor the formula has one: the middle of the published 0.3–0.45.
pub(super) const USUAL_PEAK_RATIO: f64 = 0.4;

impl Rain {
    /// The formula of a design storm.
    ///
    /// # Errors
    /// [`Error::UnknownFormula`].
    pub fn formula<'a>(&'a self, catalogue: &'a Catalogue) -> Result<Option<&'a Formula>, Error> {
        match self {
            Self::Storm {
                formula: FormulaChoice::Own(own),
                ..
            } => Ok(Some(own)),
            Self::Storm {
                formula: FormulaChoice::Named(id),
                ..
            } => catalogue.formula(id).map(Some),
            _ => Ok(None),
        }
    }

    /// Depth fallen by each time, m.
    ///
    /// # Errors
    /// [`Error::Parameter`] and [`Error::UnknownFormula`].
    pub fn cumulative(&self, catalogue: &Catalogue) -> Result<Cumulative, Error> {
        let positive = |name, v: f64| {
            if v > 0.0 && v.is_finite() {
                Ok(())
            } else {
                Err(Error::parameter(name, v, "positive"))
            }
        };
        match self {
            Self::None => Ok(Cumulative::default()),
            Self::Storm {
                return_period_a,
                duration_min,
                peak_ratio,
                step_min,
                ..
            } => {
                positive("rain.duration_min", *duration_min)?;
                positive("rain.step_min", *step_min)?;
                if !(*return_period_a >= 0.1 && *return_period_a <= 10_000.0) {
                    return Err(Error::parameter(
                        "rain.return_period_a",
                        return_period_a,
                        "0.1 to 10000 years",
                    ));
                }
                if duration_min / step_min > 1e6 {
                    return Err(Error::parameter(
                        "rain.step_min",
                        step_min,
                        "a millionth of the duration or more",
                    ));
                }
                let Some(formula) = self.formula(catalogue)? else {
                    return Ok(Cumulative::default());
                };
                formula.check()?;
                let ratio = peak_ratio
                    .or_else(|| formula.peak_ratio(*duration_min))
                    .unwrap_or(USUAL_PEAK_RATIO);
                if !(ratio > 0.0 && ratio <= 1.0) {
                    return Err(Error::parameter("rain.peak_ratio", ratio, "above 0 and up to 1"));
                }
                Ok(Cumulative::chicago(
                    formula,
                    *return_period_a,
                    *duration_min,
                    ratio,
                    *step_min,
                ))
            }
            Self::Gauge { step_min, depths_mm } => {
                positive("rain.step_min", *step_min)?;
                if let Some((i, bad)) = depths_mm
                    .iter()
                    .enumerate()
                    .find(|(_, d)| !(**d >= 0.0 && d.is_finite()))
                {
                    return Err(Error::parameter(
                        "rain.depths_mm",
                        format!("{bad} at place {i}"),
                        "not negative, and a number",
                    ));
                }
                Ok(Cumulative::of_intervals(
                    step_min * 60.0,
                    depths_mm.iter().map(|d| d / 1000.0),
                ))
            }
        }
    }
}

/// The four ends of the ground. Where the ground model itself ends inside the grid (cells without height up to the
/// grid's edge), the side that a cell looks at holds.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sides {
    /// West.
    pub west: Side,
    /// East.
    pub east: Side,
    /// South.
    pub south: Side,
    /// North.
    pub north: Side,
}

/// Slope of open sides that nobody states, m a m: that of a street or brook on flat urban ground (an assumption, and said).
pub const OPEN_SLOPE: f64 = 0.002;

/// One end of the ground. Open unless somebody knows better: the edge of an area is a line on a map and no wall, and behind
/// a wall a river could not leave.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case", tag = "kind")]
pub enum Side {
    /// A wall.
    Closed,
    /// Water leaves as uniform flow down a slope; none comes back.
    Open {
        /// Slope beyond the edge, m a m.
        slope: f64,
    },
    /// A river or lake with this level beyond the edge; only along the grid's own edge.
    Level {
        /// Height of the water, metres.
        level_m: f64,
    },
}

impl Default for Side {
    fn default() -> Self {
        Self::Open { slope: OPEN_SLOPE }
    }
}

impl Sides {
    /// All four alike.
    pub fn all(side: Side) -> Self {
        Self {
            west: side,
            east: side,
            south: side,
            north: side,
        }
    }

    /// West, east, south, north.
    pub(super) fn list(&self) -> [Side; 4] {
        [self.west, self.east, self.south, self.north]
    }
}

impl Params {
    /// Looks at every number.
    ///
    /// # Errors
    /// [`Error::Parameter`].
    pub fn check(&self) -> Result<(), Error> {
        let within = |name, value: f64, low: f64, high: f64, must| {
            if value >= low && value <= high {
                Ok(())
            } else {
                Err(Error::parameter(name, value, must))
            }
        };
        let s = &self.scheme;
        within("scheme.theta", s.theta, 0.01, 1.0, "above 0 and up to 1")?;
        within("scheme.courant", s.courant, 0.01, 1.0, "0.01 to 1")?;
        within("scheme.froude", s.froude, 0.1, 10.0, "0.1 to 10")?;
        within("scheme.dry_m", s.dry_m, 1e-9, 0.01, "1e-9 to 0.01 m")?;
        within("scheme.max_step_s", s.max_step_s, 1e-3, 600.0, "0.001 to 600 s")?;
        within("scheme.sample_s", s.sample_s, 0.0, 3600.0, "0 to 3600 s")?;
        within("simulated_min", self.simulated_min, 0.0, 1e6, "0 to 1000000 minutes")?;
        within("output_step_min", self.output_step_min, 1e-3, 1e6, "above 0")?;
        within("clogged", self.clogged, 0.0, 1.0, "0 to 1")?;
        within(
            "floor_above_ground_m",
            self.floor_above_ground_m,
            -10.0,
            10.0,
            "-10 to 10 m",
        )?;
        within("flooded_depth_m", self.flooded_depth_m, 1e-3, 100.0, "0.001 to 100 m")?;
        within("arrival_depth_m", self.arrival_depth_m, 1e-3, 100.0, "0.001 to 100 m")?;
        within("depth_error_m", self.depth_error_m, 0.0, 100.0, "0 to 100 m")?;
        if let Some(all) = self.drains_capacity_m3_s {
            within("drains_capacity_m3_s", all, 0.0, 1e6, "not negative")?;
        }
        for side in self.sides.list() {
            match side {
                Side::Closed => {}
                Side::Open { slope } => within("sides.slope", slope, 0.0, 1.0, "0 to 1")?,
                Side::Level { level_m } => within("sides.level_m", level_m, -1e4, 1e4, "a height in metres")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_read_from_json_and_unknown_ones_refused() {
        let text = r#"{"rain": {"kind": "storm", "formula": "suzhou-2025", "return_period_a": 50, "duration_min": 120},
            "sides": {"east": {"kind": "open", "slope": 0.002}}}"#;
        let params: Params = serde_json::from_str(text).unwrap();
        params.check().unwrap();
        let catalogue = Catalogue::built_in().unwrap();
        let rain = params.rain.cumulative(&catalogue).unwrap();
        assert!((rain.total() - 0.139_694).abs() < 5e-7);
        assert!(serde_json::from_str::<Params>(r#"{"rian": {}}"#).is_err());
        let unknown = Rain::Storm {
            formula: FormulaChoice::Named("atlantis".into()),
            return_period_a: 5.0,
            duration_min: 60.0,
            peak_ratio: None,
            step_min: 5.0,
        };
        let error = unknown.cumulative(&catalogue).unwrap_err().to_string();
        assert!(error.contains("atlantis") && error.contains("suzhou-2025"), "{error}");
    }

    #[test]
    fn numbers_that_make_no_sense_are_named() {
        let bad = Params {
            clogged: f64::NAN,
            ..Params::default()
        };
        assert!(bad.check().unwrap_err().to_string().contains("clogged"));
        let gauge = Rain::Gauge {
            step_min: 5.0,
            depths_mm: vec![1.0, -2.0],
        };
        let error = gauge
            .cumulative(&Catalogue::built_in().unwrap())
            .unwrap_err()
            .to_string();
        assert!(error.contains("-2 at place 1"), "{error}");
    }
}
