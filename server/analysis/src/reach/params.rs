//! What a user may choose, and the limits and distances that are data.

use super::error::Error;
use crate::indicators::Text;
use serde::{Deserialize, Serialize};

/// The shipped data.
const DATA: &str = include_str!("../../../../assets/simulation/reach.json");

/// What a user may choose.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Params {
    /// Points to walk from, metres of the scene CRS.
    pub starts: Vec<[f64; 2]>,
    /// Walk from all facilities of this kind (a `kinds` id of the rules) as well.
    pub from_kind: Option<String>,
    /// Ends of streets this near are one node, metres.
    pub snap_m: f64,
    /// Longest straight way from a building, facility or start to a street, metres.
    pub access_m: f64,
    /// A passage given as a point opens barriers this near, metres; decks are grown by it.
    pub passage_m: f64,
    /// Half the width of the strip along reached streets that counts as reached, metres.
    pub corridor_m: f64,
    /// Blocks enclosed by reached streets are filled up to this size, m².
    pub filled_block_m2: f64,
    /// Error of a walk's length (entrances, widths of streets), metres: coverage is given with its range.
    pub error_m: f64,
    /// Memory that the street graph may take, bytes; at most 8 GiB.
    pub memory_bytes: u64,
    /// Distances and limits instead of the shipped ones.
    pub rules: Option<Rules>,
}

impl Default for Params {
    fn default() -> Self {
        Self {
            starts: Vec::new(),
            from_kind: None,
            snap_m: 0.5,
            access_m: 150.0,
            passage_m: 3.0,
            corridor_m: 30.0,
            filled_block_m2: 20_000.0,
            error_m: 15.0,
            memory_bytes: 1 << 30,
            rules: None,
        }
    }
}

impl Params {
    /// Checks the ranges.
    ///
    /// # Errors
    /// [`Error::Parameter`] names the first that is out of range.
    pub fn check(&self) -> Result<(), Error> {
        let ranges = [
            ("snap_m", self.snap_m, 0.001, 50.0, "between 0.001 and 50 m"),
            ("access_m", self.access_m, 0.0, 5_000.0, "between 0 and 5000 m"),
            ("passage_m", self.passage_m, 0.0, 100.0, "between 0 and 100 m"),
            ("corridor_m", self.corridor_m, 0.1, 500.0, "between 0.1 and 500 m"),
            (
                "filled_block_m2",
                self.filled_block_m2,
                0.0,
                1e9,
                "between 0 and 1e9 m²",
            ),
            ("error_m", self.error_m, 0.0, 500.0, "between 0 and 500 m"),
        ];
        for (name, value, low, high, range) in ranges {
            if !(low..=high).contains(&value) {
                return Err(Error::Parameter {
                    name,
                    value: value.to_string(),
                    range,
                });
            }
        }
        for start in &self.starts {
            if !start.iter().all(|v| v.is_finite()) {
                return Err(Error::Parameter {
                    name: "starts",
                    value: format!("{start:?}"),
                    range: "finite",
                });
            }
        }
        if self.memory_bytes > MAX_MEMORY_BYTES {
            let value = self.memory_bytes.to_string();
            return Err(Error::Parameter {
                name: "memory_bytes",
                value,
                range: "at most 8 GiB",
            });
        }
        if self.starts.len() > MAX_STARTS {
            let value = self.starts.len().to_string();
            return Err(Error::Parameter {
                name: "starts",
                value,
                range: "at most 1000 points",
            });
        }
        Ok(())
    }

    /// The rules in force.
    ///
    /// # Errors
    /// [`Error::Data`] when the shipped ones cannot be read, [`Error::Parameter`] when a value makes no sense.
    pub fn rules(&self) -> Result<Rules, Error> {
        let rules = self.rules.clone().map_or_else(Rules::shipped, Ok)?;
        rules.check()?;
        if let Some(kind) = &self.from_kind
            && !rules.kinds.iter().any(|k| k.id == *kind)
        {
            let value = kind.clone();
            return Err(Error::Parameter {
                name: "from_kind",
                value,
                range: "a kind of the rules",
            });
        }
        Ok(rules)
    }
}

/// Memory that nobody may go beyond, bytes.
const MAX_MEMORY_BYTES: u64 = 8 << 30;
/// Points that one may walk from at once.
const MAX_STARTS: usize = 1000;

/// Distances and limits with their sources: `assets/simulation/reach.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// Form of the file.
    pub schema: String,
    /// How fast people walk.
    pub walk_speed: WalkSpeed,
    /// Circles of daily life, by ascending distance.
    pub circles: Vec<Circle>,
    /// Kinds of facilities.
    pub kinds: Vec<Kind>,
    /// Share of the people that each kind shall reach.
    pub coverage: ShareLimit,
    /// Service areas of parks.
    pub green: Green,
}

/// How fast people walk.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WalkSpeed {
    /// Metres a minute.
    pub metres_per_minute: f64,
    /// Where it comes from.
    pub source: String,
    /// False: 参考值.
    pub is_verified: bool,
}

/// A circle of daily life (生活圈).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Circle {
    /// Stable id.
    pub id: String,
    /// Title.
    pub title: Text,
    /// Minutes that it is named after.
    pub minutes: f64,
    /// Walking distance along streets, metres: this decides, not the minutes.
    pub distance_m: f64,
    /// Where it comes from.
    pub source: String,
    /// False: 参考值.
    pub is_verified: bool,
}

/// A kind of facility.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kind {
    /// Stable id, as in `assets/rules/facilities.json`.
    pub id: String,
    /// Title.
    pub title: Text,
    /// Longest walk, metres along streets.
    pub distance_m: f64,
    /// Where it comes from.
    pub source: String,
    /// False: 参考值.
    pub is_verified: bool,
}

/// A share that shall be reached.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShareLimit {
    /// 0 to 1.
    pub share: f64,
    /// Where it comes from.
    pub source: String,
    /// False: 参考值.
    pub is_verified: bool,
}

/// Service areas of parks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Green {
    /// By descending area: the first that a park is large enough for is its own.
    pub tiers: Vec<Tier>,
    /// Where the formula comes from.
    pub source: String,
    /// False: 参考值.
    pub is_verified: bool,
    /// Share of the residential land that shall be served.
    pub coverage: ShareLimit,
}

/// How far parks of a size serve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tier {
    /// Least area, m².
    pub min_area_m2: f64,
    /// Radius of the service area in a straight line, metres.
    pub radius_m: f64,
}

impl Rules {
    /// The shipped rules.
    ///
    /// # Errors
    /// [`Error::Data`] when the file is broken.
    pub fn shipped() -> Result<Self, Error> {
        serde_json::from_str(DATA).map_err(Error::Data)
    }

    fn check(&self) -> Result<(), Error> {
        let fault = |name, value: f64, range| {
            Err(Error::Parameter {
                name,
                value: value.to_string(),
                range,
            })
        };
        let is_length = |v: f64| v > 0.0 && v <= 20_000.0;
        let speed = self.walk_speed.metres_per_minute;
        if !(speed > 0.0 && speed <= 1000.0) {
            return fault("rules.walk_speed", speed, "above 0 and at most 1000 m/min");
        }
        let distances = self.circles.iter().map(|c| c.distance_m);
        let distances = distances.chain(self.kinds.iter().map(|k| k.distance_m));
        let mut distances = distances.chain(self.green.tiers.iter().map(|t| t.radius_m));
        if let Some(bad) = distances.find(|d| !is_length(*d)) {
            return fault("rules.distance_m", bad, "above 0 and at most 20000 m");
        }
        if let Some(pair) = self.circles.windows(2).find(|w| w[0].distance_m >= w[1].distance_m) {
            return fault("rules.circles", pair[1].distance_m, "greater than the circle before it");
        }
        if let Some(pair) = self
            .green
            .tiers
            .windows(2)
            .find(|w| w[0].min_area_m2 <= w[1].min_area_m2)
        {
            return fault(
                "rules.green.tiers",
                pair[1].min_area_m2,
                "smaller than the tier before it",
            );
        }
        let shares = [self.coverage.share, self.green.coverage.share];
        if let Some(bad) = shares.into_iter().find(|s| !(0.0..=1.0).contains(s)) {
            return fault("rules.coverage.share", bad, "between 0 and 1");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_rules_are_sound_and_a_wrong_value_is_named() {
        let rules = Params::default().rules().unwrap();
        assert_eq!(
            rules.circles.iter().map(|c| c.distance_m).collect::<Vec<_>>(),
            [300.0, 500.0, 1000.0]
        );
        let bad = Params {
            snap_m: f64::NAN,
            ..Params::default()
        };
        assert!(bad.check().unwrap_err().to_string().contains("snap_m"));
        let unknown = Params {
            from_kind: Some("casino".into()),
            ..Params::default()
        };
        assert!(unknown.rules().unwrap_err().to_string().contains("casino"));
        assert!(serde_json::from_str::<Params>(r#"{"speed": 3}"#).is_err());
    }
}
