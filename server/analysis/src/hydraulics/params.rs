//! Parameters of a run, and the limits and constants that are data.

use crate::outcome::Limit;
use serde::{Deserialize, Serialize};

/// Limits, demand rates and roughness values with their sources.
const BUILT_IN: &str = include_str!("../../../../assets/simulation/hydraulics.json");

/// Parameters of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Params {
    /// Duration, seconds; `None` is that of the network.
    pub duration_s: Option<u32>,
    /// Time between two steps of the result, seconds; `None` is that of the network.
    pub report_step_s: Option<u32>,
    /// Also computes the age of the water, which takes longer.
    pub has_age: bool,
    /// Layers of the outcome, the first is shown first.
    pub layers: Vec<Quantity>,
    /// Least service head at junctions with demand, metres; `None` is that of `storeys`.
    pub pressure_limit_m: Option<f64>,
    /// Storeys supplied without pumping, which the least service head follows from.
    pub storeys: u32,
    /// Error of pressures that is assumed where verdicts are given, metres.
    pub pressure_error_m: f64,
    /// Most bytes that the result may take.
    pub max_bytes: u64,
}

impl Default for Params {
    fn default() -> Self {
        Self {
            duration_s: None,
            report_step_s: None,
            has_age: true,
            layers: vec![
                Quantity::Pressure,
                Quantity::Flow,
                Quantity::Velocity,
                Quantity::Age,
                Quantity::Head,
            ],
            pressure_limit_m: None,
            storeys: 6,
            pressure_error_m: 1.0,
            max_bytes: 2 << 30,
        }
    }
}

/// What a layer shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantity {
    /// Head above the ground of the node, metres.
    Pressure,
    /// Hydraulic head, metres.
    Head,
    /// Litres a second, positive from the first to the last vertex.
    Flow,
    /// Metres a second.
    Velocity,
    /// Hours since the water left its source.
    Age,
}

/// Data of the operator: `assets/simulation/hydraulics.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Constants {
    /// Least service head by storeys.
    pub service_head: ServiceHead,
    /// Demand where it is not known.
    pub demand: DemandRates,
    /// Hazen–Williams coefficients by material, new and old.
    pub roughness: Vec<Roughness>,
    /// That of a pipe of unknown material.
    pub roughness_unknown: f64,
    /// Source of the roughness values.
    pub roughness_source: String,
    /// False: 参考值.
    pub roughness_is_verified: bool,
    /// Inner diameter of a pipe without one, millimetres.
    pub diameter_unknown_mm: f64,
    /// Head of a source above its ground where it is not known, metres.
    pub source_head_m: f64,
}

/// Least head at the user's connection: `first_m` for one storey, `second_m` for two, `further_m` more for each after.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceHead {
    /// One storey, metres.
    pub first_m: f64,
    /// Two storeys, metres.
    pub second_m: f64,
    /// Each further storey, metres.
    pub further_m: f64,
    /// Clause or document.
    pub source: String,
    /// False: 参考值.
    pub is_verified: bool,
}

/// Demand that is assumed for buildings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DemandRates {
    /// Litres a day for an inhabitant.
    pub litres_per_person_day: f64,
    /// Floor area of an inhabitant where the population is not known, square metres.
    pub floor_area_per_person_m2: f64,
    /// Litres a day for a square metre of floor that nobody lives on.
    pub litres_per_m2_day: f64,
    /// Factors of the 24 hours of a day; their mean is 1.
    pub hours: Vec<f64>,
    /// Clause or document.
    pub source: String,
    /// False: 参考值.
    pub is_verified: bool,
}

/// Roughness of a material.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Roughness {
    /// Words that a material of the survey may hold, lower case.
    pub words: Vec<String>,
    /// Hazen–Williams coefficient when new.
    pub new: f64,
    /// Lost each year.
    pub loss_per_year: f64,
    /// Least.
    pub least: f64,
}

impl Constants {
    /// The data that comes with the program.
    ///
    /// # Errors
    /// A message with the place in the file.
    pub fn built_in() -> Result<Self, String> {
        serde_json::from_str(BUILT_IN).map_err(|err| err.to_string())
    }

    /// Hazen–Williams coefficient of a pipe; `None` when the material is not known.
    ///
    /// * `material` — as in the survey; `age_years` — since it was laid
    pub fn hazen_williams(&self, material: &str, age_years: f64) -> Option<f64> {
        let material = material.to_lowercase();
        let row = self
            .roughness
            .iter()
            .find(|row| row.words.iter().any(|word| names(&material, word)))?;
        Some((row.new - row.loss_per_year * age_years.max(0.0)).max(row.least))
    }
}

/// Whether a material holds a word; a Latin word must be the beginning of one, so that "pipe" is no "PE".
fn names(material: &str, word: &str) -> bool {
    if word.is_ascii() {
        material
            .split(|c: char| !c.is_ascii_alphanumeric())
            .any(|part| part.starts_with(word))
    } else {
        material.contains(word)
    }
}

impl ServiceHead {
    /// The limit for a number of storeys.
    pub fn limit(&self, storeys: u32) -> Limit {
        let value = match storeys {
            0 | 1 => self.first_m,
            n => self.second_m + self.further_m * f64::from(n - 2),
        };
        Limit {
            value,
            source: self.source.clone(),
            is_verified: self.is_verified,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_that_comes_with_the_program_is_read() {
        let constants = Constants::built_in().unwrap();
        assert_eq!(constants.service_head.limit(1).value, 10.0);
        assert_eq!(constants.service_head.limit(6).value, 28.0);
        assert_eq!(constants.demand.hours.len(), 24);
        let mean = constants.demand.hours.iter().sum::<f64>() / 24.0;
        assert!((mean - 1.0).abs() < 1e-6, "{mean}");
        let old = constants.hazen_williams("灰口铸铁", 60.0).unwrap();
        let new = constants.hazen_williams("PE100", 1.0).unwrap();
        assert!(old < new);
        assert_eq!(constants.hazen_williams("?", 1.0), None);
        assert_eq!(constants.hazen_williams("concrete pipe", 0.0), Some(130.0));
    }
}
