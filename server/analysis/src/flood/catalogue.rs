//! Data that floods are computed with: storm formulas, surfaces, inlet kinds and limits, each with its source.

use super::error::Error;
use super::soil::GreenAmpt;
use super::storm::Formula;
use crate::indicators::Text;
use crate::outcome::Sourced;
use serde::{Deserialize, Serialize};

const STORMS: &str = include_str!("../../../../assets/simulation/storms.json");
const FLOOD: &str = include_str!("../../../../assets/simulation/flood.json");

/// All of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Catalogue {
    /// Storm formulas.
    pub formulas: Vec<Formula>,
    /// Surfaces, inlets and limits.
    pub data: FloodData,
}

/// Surfaces, inlets and limits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FloodData {
    /// Form of the file.
    pub schema: String,
    /// Surfaces.
    pub surfaces: Vec<Surface>,
    /// Kinds of street inlets.
    pub inlet_kinds: Vec<InletKind>,
    /// Weir coefficient of grates, m^0.5/s.
    pub weir_coefficient: Sourced,
    /// Orifice coefficient of grates.
    pub orifice_coefficient: Sourced,
    /// Depth that one lane of a road must stay below, metres.
    pub lane_depth_m: Sourced,
    /// Depth above a ground floor that is allowed, metres.
    pub floor_depth_m: Sourced,
    /// Hours in which flooded places must be passable again.
    pub drain_down_h: Sourced,
    /// Width of a lane, metres.
    pub lane_width_m: Sourced,
}

/// What the ground is covered with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Surface {
    /// Stable key.
    pub key: String,
    /// Title.
    pub title: Text,
    /// Share of the rain that runs off.
    pub runoff: f64,
    /// Manning's n, s/m^(1/3).
    pub manning_n: f64,
    /// Soil below, where water goes into it; `runoff` is 1 then as a rule.
    #[serde(default)]
    pub soil: Option<GreenAmpt>,
    /// Where the numbers come from.
    pub source: String,
    /// False: 参考值.
    pub is_verified: bool,
}

/// A kind of street inlet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InletKind {
    /// Stable key.
    pub key: String,
    /// Title.
    pub title: Text,
    /// Length of the edge that water falls over, metres.
    pub weir_m: f64,
    /// Clear opening, m².
    pub opening_m2: f64,
    /// Most that it takes, m³/s.
    pub capacity_m3_s: f64,
    /// Where the numbers come from.
    pub source: String,
    /// False: 参考值.
    pub is_verified: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Storms {
    #[serde(rename = "schema")]
    _schema: String,
    formulas: Vec<Formula>,
}

fn read<T: for<'a> Deserialize<'a>>(name: &str, text: &str) -> Result<T, Error> {
    serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_str(text)).map_err(|e| Error::Catalogue {
        reason: Text::same(format!("{name} at {}: {}", e.path(), e.inner())),
    })
}

impl Catalogue {
    /// The one that the program carries.
    ///
    /// # Errors
    /// [`Error::Catalogue`] when the program was built with a broken one.
    pub fn built_in() -> Result<Self, Error> {
        Self::of(STORMS, FLOOD)
    }

    /// Of an operator's own files.
    ///
    /// # Errors
    /// [`Error::Catalogue`] with place and reason; [`Error::Feature`] for an entry with impossible numbers.
    pub fn of(storms: &str, flood: &str) -> Result<Self, Error> {
        let storms: Storms = read("storms.json", storms)?;
        let data: FloodData = read("flood.json", flood)?;
        for formula in &storms.formulas {
            formula.check()?;
        }
        for surface in &data.surfaces {
            surface.check()?;
        }
        Ok(Self {
            formulas: storms.formulas,
            data,
        })
    }

    /// The storm formula with an id.
    ///
    /// # Errors
    /// [`Error::UnknownFormula`].
    pub fn formula(&self, id: &str) -> Result<&Formula, Error> {
        self.formulas.iter().find(|f| f.id == id).ok_or_else(|| {
            let known: Vec<&str> = self.formulas.iter().map(|f| f.id.as_str()).collect();
            Error::UnknownFormula {
                id: id.to_owned(),
                known: known.join(", "),
            }
        })
    }

    /// Place of a surface in the list.
    pub(super) fn surface(&self, key: &str, asked_by: &str) -> Result<usize, Error> {
        let found = self.data.surfaces.iter().position(|s| s.key == key);
        found.ok_or_else(|| Error::UnknownKey {
            feature: asked_by.to_owned(),
            what: "surface",
            key: key.to_owned(),
        })
    }

    /// A kind of inlet.
    ///
    /// # Errors
    /// [`Error::UnknownKey`].
    pub fn inlet_kind(&self, key: &str, asked_by: &str) -> Result<&InletKind, Error> {
        let found = self.data.inlet_kinds.iter().find(|k| k.key == key);
        found.ok_or_else(|| Error::UnknownKey {
            feature: asked_by.to_owned(),
            what: "inlet kind",
            key: key.to_owned(),
        })
    }
}

impl Surface {
    fn check(&self) -> Result<(), Error> {
        if !((0.0..=1.0).contains(&self.runoff) && (0.0..=1.0).contains(&self.manning_n)) {
            return Err(Error::feature(
                &self.key,
                "下垫面的径流系数和曼宁糙率须在 0 至 1 之间",
                "runoff and Manning's n of a surface must lie in 0..1",
            ));
        }
        self.soil.map_or(Ok(()), |soil| soil.check(&self.key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_file_is_told_with_its_place() {
        let broken = FLOOD.replacen("0.9", "\"much\"", 1);
        let error = Catalogue::of(STORMS, &broken).unwrap_err().to_string();
        assert!(error.contains("flood.json at surfaces[0].runoff"), "{error}");
        let wrong = FLOOD.replacen("0.9", "9.0", 1);
        assert!(Catalogue::of(STORMS, &wrong).unwrap_err().to_string().contains("roof"));
    }
}
