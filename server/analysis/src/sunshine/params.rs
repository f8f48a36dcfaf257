//! Parameters of a sunshine study, and the legal limits, which are data (`assets/simulation/sunshine.json`).

use super::Error;
use super::input::Usage;
use crate::indicators::Text;
use crate::outcome::{Limit, Sourced};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The limits that are shipped.
pub const LIMITS_JSON: &str = include_str!("../../../../assets/simulation/sunshine.json");

/// Parameters of a study.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Params {
    /// Building climate zone, `I` to `VII`.
    pub climate_zone: String,
    /// Size of the city.
    pub city: CitySize,
    /// True when proposals are new housing in the rebuild of an old area, which has a limit of its own.
    pub is_rebuild: bool,
    /// True to examine buildings whose use the data does not tell as dwellings.
    pub assume_residential: bool,
    /// A limit in place of the table's, for every examined building.
    pub custom: Option<Custom>,
    /// What of the sunlit time counts.
    pub counting: Counting,
    /// Shortest spell of sun that counts, minutes.
    pub min_patch_min: f64,
    /// Spacing of time samples, seconds, 1 to 300; a spell of sun or shade shorter than this may be missed.
    pub step_s: f64,
    /// Starts and ends of spells are found to this, seconds, 0.01 to `step_s`.
    pub refine_s: f64,
    /// Height of the examined sill above the ground floor's level, metres.
    pub sill_m: f64,
    /// Spacing of examined points along a façade, metres.
    pub spacing_m: f64,
    /// Façades count whose normal is at most this far from true south, degrees; a building without one counts with the
    /// façade nearest to it.
    pub facing_deg: f64,
    /// Sun at a smaller angle to the wall in plan does not count, degrees (扫掠角; 0 in the national standard).
    pub grazing_deg: f64,
    /// True to paint the whole façades of examined buildings.
    pub with_facades: bool,
    /// Width of a painted patch, metres; its height is a storey.
    pub patch_m: f64,
    /// True to tell which building takes which minutes from points that fail.
    pub with_blame: bool,
    /// Findings nearer to the limit than this, minutes, are not decided.
    pub error_min: f64,
    /// How high may this proposal be? `None` when nobody asks.
    pub storeys_of: Option<StoreysOf>,
    /// Memory that the study may take, bytes.
    pub max_bytes: u64,
}

impl Default for Params {
    fn default() -> Self {
        Self {
            climate_zone: "II".into(),
            city: CitySize::Large,
            is_rebuild: false,
            assume_residential: false,
            custom: None,
            counting: Counting::Cumulative,
            min_patch_min: 5.0,
            step_s: 60.0,
            refine_s: 1.0,
            sill_m: 0.9,
            spacing_m: 1.0,
            facing_deg: 60.0,
            grazing_deg: 0.0,
            with_facades: true,
            patch_m: 3.0,
            with_blame: true,
            error_min: 3.0,
            storeys_of: None,
            max_bytes: 2 << 30,
        }
    }
}

/// A question for the number of storeys.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreysOf {
    /// Id of the building, which has a footprint.
    pub building: String,
    /// Height of a storey, metres.
    pub storey_m: f64,
    /// Most storeys that are tried.
    pub max_storeys: u32,
}

/// Size of a city by permanent residents of its urban area.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CitySize {
    /// 500,000 or more.
    #[default]
    Large,
    /// Fewer than 500,000.
    Small,
}

/// A limit that a user sets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Custom {
    /// Civil date, `YYYY-MM-DD`.
    pub date: String,
    /// Window in local true solar time, hours.
    pub window_h: [f64; 2],
    /// Hours needed.
    pub hours: f64,
    /// Clause or document.
    pub source: String,
}

/// What of the sunlit time counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Counting {
    /// The sum of all spells that are long enough.
    #[default]
    Cumulative,
    /// The longest spell.
    Continuous,
    /// The sum of the longest few.
    Longest {
        /// How many.
        spells: u32,
    },
}

impl Counting {
    /// Seconds that count of `spells` (starts and ends, seconds), those of at least `min_s`.
    pub fn seconds(self, spells: &[[f64; 2]], min_s: f64) -> f64 {
        let mut lengths: Vec<f64> = spells.iter().map(|s| s[1] - s[0]).filter(|l| *l >= min_s).collect();
        let most = match self {
            Self::Cumulative => return lengths.iter().sum(),
            Self::Continuous => 1,
            Self::Longest { spells } => spells as usize,
        };
        lengths.sort_by(|a, b| b.total_cmp(a));
        lengths.iter().take(most).sum()
    }
}

impl Params {
    /// Refuses what cannot be computed.
    ///
    /// # Errors
    /// [`Error::Parameter`] with the name.
    pub fn check(&self) -> Result<(), Error> {
        let ranges = [
            ("step_s", self.step_s, 1.0, 300.0),
            ("refine_s", self.refine_s, 0.01, self.step_s),
            ("min_patch_min", self.min_patch_min, 0.0, 480.0),
            ("sill_m", self.sill_m, 0.0, 10.0),
            ("spacing_m", self.spacing_m, 0.05, 100.0),
            ("patch_m", self.patch_m, 0.1, 100.0),
            ("facing_deg", self.facing_deg, 0.0, 180.0),
            ("grazing_deg", self.grazing_deg, 0.0, 89.0),
            ("error_min", self.error_min, 0.0, 60.0),
        ];
        for (name, value, low, high) in ranges {
            if !(low..=high).contains(&value) {
                let reason = Text::new(
                    format!("{value} 不在 {low} 至 {high} 之间"),
                    format!("{value} is not between {low} and {high}"),
                );
                return Err(Error::Parameter { name, reason });
            }
        }
        if let Some(ask) = &self.storeys_of
            && !((1.0..=20.0).contains(&ask.storey_m) && (1..=400).contains(&ask.max_storeys))
        {
            let reason = Text::new(
                "层高须为 1 至 20 m，层数须为 1 至 400",
                "a storey is 1 to 20 m, and 1 to 400 of them are tried",
            );
            return Err(Error::Parameter {
                name: "storeys_of",
                reason,
            });
        }
        if let Some(custom) = &self.custom
            && !(0.0..=24.0).contains(&custom.hours)
        {
            let hours = custom.hours;
            let reason = Text::new(
                format!("{hours} 小时，须在 0 至 24 之间"),
                format!("{hours} hours, must be 0 to 24"),
            );
            return Err(Error::Parameter { name: "custom", reason });
        }
        Ok(())
    }
}

/// The table of limits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Format.
    pub schema: String,
    /// For readers of the file.
    pub note: String,
    /// Days by key.
    pub days: BTreeMap<String, NamedDay>,
    /// Height of the examined sill above the indoor floor, metres.
    pub sill_m: Sourced,
    /// Shortest spell that counts, minutes.
    pub min_patch_min: Sourced,
    /// Error allowed to the method, minutes.
    pub error_min: Sourced,
    /// Limits; the first that fits holds.
    pub limits: Vec<LimitRow>,
}

/// A day on which sunshine is judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedDay {
    /// Name.
    pub title: Text,
    /// Civil date, `YYYY-MM-DD`.
    pub date: String,
    /// Why this date.
    pub source: String,
    /// False: 参考值.
    pub is_verified: bool,
}

/// One limit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitRow {
    /// Stable id.
    pub id: String,
    /// Uses that it is for.
    pub usages: Vec<Usage>,
    /// Climate zones.
    pub zones: Vec<String>,
    /// Sizes of cities.
    pub cities: Vec<CitySize>,
    /// Kinds of works.
    pub works: Vec<Works>,
    /// Key of the day.
    pub day: String,
    /// Window in local true solar time, hours.
    pub window_h: [f64; 2],
    /// Hours needed.
    pub hours: f64,
    /// Clause.
    pub source: String,
    /// False: 参考值.
    pub is_verified: bool,
}

/// Kinds of works that limits differ by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Works {
    /// All that have no limit of their own.
    Any,
    /// New housing in the rebuild of an old area.
    Rebuild,
}

/// A limit that a building is held against, with its day.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Name of the day.
    pub day: Text,
    /// Civil date, `YYYY-MM-DD`.
    pub date: String,
    /// Window in local true solar time, hours.
    pub window_h: [f64; 2],
    /// Hours needed, with source.
    pub limit: Limit,
}

impl Limits {
    /// The limits that are shipped.
    ///
    /// # Errors
    /// When the file is broken.
    pub fn shipped() -> Result<Self, Error> {
        Self::read(LIMITS_JSON)
    }

    /// Limits from a file of the same form, an operator's.
    ///
    /// # Errors
    /// What is wrong with it and where.
    pub fn read(json: &str) -> Result<Self, Error> {
        let read = &mut serde_json::Deserializer::from_str(json);
        serde_path_to_error::deserialize(read).map_err(|err| Error::Limits {
            reason: Text::same(err.to_string()),
        })
    }

    /// The limit of a building of this use.
    ///
    /// * returns `None` for a use without one
    ///
    /// # Errors
    /// A zone that does not exist or a day that the file does not name.
    pub fn rule(&self, params: &Params, usage: Usage, is_proposal: bool) -> Result<Option<Rule>, Error> {
        let usage = match usage {
            Usage::Unknown if params.assume_residential => Usage::Residential,
            Usage::Unknown | Usage::Other => return Ok(None),
            known => known,
        };
        if let Some(custom) = &params.custom {
            return Ok(Some(Rule {
                day: Text::new(&custom.date, &custom.date),
                date: custom.date.clone(),
                window_h: custom.window_h,
                limit: Limit {
                    value: custom.hours,
                    source: custom.source.clone(),
                    is_verified: false,
                },
            }));
        }
        if !self.limits.iter().any(|row| row.zones.contains(&params.climate_zone)) {
            let zone = &params.climate_zone;
            let reason = Text::new(
                format!("标准中没有建筑气候区 {zone:?}"),
                format!("{zone:?} is not a climate zone of the table"),
            );
            return Err(Error::Parameter {
                name: "climate_zone",
                reason,
            });
        }
        let find = |works: Works| {
            self.limits.iter().find(|row| {
                row.usages.contains(&usage)
                    && row.zones.contains(&params.climate_zone)
                    && row.cities.contains(&params.city)
                    && row.works.contains(&works)
            })
        };
        let special = if params.is_rebuild && is_proposal {
            find(Works::Rebuild)
        } else {
            None
        };
        let Some(row) = special.or_else(|| find(Works::Any)) else {
            return Ok(None);
        };
        let day = self.days.get(&row.day).ok_or_else(|| Error::Limits {
            reason: Text::new(
                format!("{} 的标准日 {:?} 不在文件中", row.id, row.day),
                format!("{} names the day {:?}, which is not in the file", row.id, row.day),
            ),
        })?;
        Ok(Some(Rule {
            day: day.title.clone(),
            date: day.date.clone(),
            window_h: row.window_h,
            limit: Limit {
                value: row.hours,
                source: row.source.clone(),
                is_verified: row.is_verified,
            },
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(zone: &str, city: CitySize, usage: Usage, is_rebuild: bool) -> (f64, String) {
        let params = Params {
            climate_zone: zone.into(),
            city,
            is_rebuild,
            ..Params::default()
        };
        let rule = Limits::shipped().unwrap().rule(&params, usage, true).unwrap().unwrap();
        (rule.limit.value, rule.date)
    }

    #[test]
    fn the_table_is_read_by_zone_city_and_use() {
        let (cold, solstice) = ("2001-01-20".to_owned(), "2001-12-22".to_owned());
        let home = Usage::Residential;
        assert_eq!(hours("II", CitySize::Large, home, false), (2.0, cold.clone()));
        assert_eq!(hours("II", CitySize::Small, home, false), (3.0, cold.clone()));
        assert_eq!(hours("IV", CitySize::Small, home, false), (1.0, solstice.clone()));
        assert_eq!(hours("II", CitySize::Large, home, true), (1.0, cold));
        assert_eq!(hours("II", CitySize::Large, Usage::Elderly, true), (2.0, solstice));
        let limits = Limits::shipped().unwrap();
        assert_eq!(limits.rule(&Params::default(), Usage::Other, false).unwrap(), None);
        let params = Params {
            climate_zone: "VIII".into(),
            ..Params::default()
        };
        let err = limits.rule(&params, home, false).unwrap_err().to_string();
        assert!(err.contains("VIII"), "{err}");
    }

    #[test]
    fn defaults_are_those_of_the_data() {
        let (limits, params) = (Limits::shipped().unwrap(), Params::default());
        assert_eq!(limits.sill_m.value, params.sill_m);
        assert_eq!(limits.min_patch_min.value, params.min_patch_min);
        assert_eq!(limits.error_min.value, params.error_min);
        assert!(params.check().is_ok());
    }

    #[test]
    fn short_spells_do_not_count() {
        let spells = [[0.0, 3600.0], [4000.0, 4200.0], [5000.0, 7000.0]];
        assert_eq!(Counting::Cumulative.seconds(&spells, 300.0), 5600.0);
        assert_eq!(Counting::Continuous.seconds(&spells, 300.0), 3600.0);
        assert_eq!(Counting::Longest { spells: 3 }.seconds(&spells, 0.0), 5800.0);
        assert_eq!(Counting::Continuous.seconds(&[], 0.0), 0.0);
    }
}
