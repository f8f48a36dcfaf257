//! What a user may choose, and the limits that are data.

use super::error::Error;
use serde::{Deserialize, Serialize};

/// The shipped data.
const DATA: &str = include_str!("../../../../assets/simulation/isolation.json");

/// Memory that nobody may go beyond, bytes.
const MAX_MEMORY_BYTES: u64 = 8 << 30;

/// What a user may choose.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Params {
    /// Id of the broken pipe.
    pub pipe: String,
    /// Where it broke, metres of the scene CRS; absent: in its middle.
    pub point: Option<[f64; 2]>,
    /// Ids of valves that cannot be closed.
    pub stuck: Vec<String>,
    /// Ends of pipes without named nodes are joined when this near, metres in plan.
    pub snap_m: f64,
    /// A valve or source given by a point belongs to a node or pipe this near, metres in plan.
    pub fitting_m: f64,
    /// A consumer given by a point is served by the nearest pipe this near, metres in plan.
    pub service_m: f64,
    /// Memory that the network may take, bytes; at most 8 GiB.
    pub memory_bytes: u64,
    /// Limits instead of the shipped ones.
    pub rules: Option<Rules>,
}

impl Default for Params {
    fn default() -> Self {
        Self {
            pipe: String::new(),
            point: None,
            stuck: Vec::new(),
            snap_m: 0.2,
            fitting_m: 1.5,
            service_m: 100.0,
            memory_bytes: 1 << 30,
            rules: None,
        }
    }
}

/// Limits with their sources: `assets/simulation/isolation.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// Form of the file.
    pub schema: String,
    /// Hydrants between valves.
    pub hydrants: Hydrants,
}

/// Hydrants between valves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hydrants {
    /// Most of them in one segment of a water network.
    pub most: f64,
    /// Where it comes from.
    pub source: String,
    /// False: 参考值.
    pub is_verified: bool,
}

impl Params {
    /// Checks the ranges.
    ///
    /// # Errors
    /// [`Error::Parameter`] names the first that is out of range.
    pub fn check(&self) -> Result<(), Error> {
        let ranges = [
            ("snap_m", self.snap_m, 0.001, 10.0, "between 0.001 and 10 m"),
            ("fitting_m", self.fitting_m, 0.001, 50.0, "between 0.001 and 50 m"),
            ("service_m", self.service_m, 0.0, 2_000.0, "between 0 and 2000 m"),
        ];
        for (name, value, low, high, range) in ranges {
            if !(low..=high).contains(&value) {
                return Err(Error::Parameter { name, value, range });
            }
        }
        if self.memory_bytes > MAX_MEMORY_BYTES {
            return Err(Error::Parameter {
                name: "memory_bytes",
                value: self.memory_bytes as f64,
                range: "at most 8 GiB",
            });
        }
        match self.point.into_iter().flatten().find(|v| !v.is_finite()) {
            Some(value) => Err(Error::Parameter {
                name: "point",
                value,
                range: "finite",
            }),
            None => Ok(()),
        }
    }

    /// The rules in force.
    ///
    /// # Errors
    /// [`Error::Data`] when the shipped ones cannot be read.
    pub fn rules(&self) -> Result<Rules, Error> {
        let shipped = || serde_json::from_str(DATA).map_err(Error::Data);
        self.rules.clone().map_or_else(shipped, Ok)
    }
}
