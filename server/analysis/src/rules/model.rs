//! The form of a rule file.

use crate::filter::{Condition, Filter};
use crate::indicators::Text;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Head of a rule file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleFile {
    /// `chengjing-rules/1`.
    pub schema: String,
    /// Stable id of the document.
    pub id: String,
    /// Title of the document.
    pub title: Text,
    /// Where it was published and how it was read.
    pub source: String,
    /// Anything a reader should know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Text>,
    /// The rules; parsed one by one, so that a typo costs one rule.
    pub rules: Vec<serde_json::Value>,
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Stable id.
    pub id: String,
    /// Title.
    pub title: Text,
    /// Clause of the document.
    pub clause: String,
    /// What is measured.
    pub value: Quantity,
    /// How value and limit are compared.
    pub comparator: Comparator,
    /// The limit, unless a table gives it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<f64>,
    /// Table of limits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit_table: Option<LimitTable>,
    /// Unit of value and limit.
    pub unit: String,
    /// What stays out of sums that name it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exceptions: Vec<Exception>,
    /// Where the rule applies; everywhere when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applies: Option<Applies>,
    /// Indicators that show the same matter.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub indicators: Vec<String>,
    /// Source of the limit; the file's when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// True when the limit was read in a published source; false: 参考值.
    pub verified: bool,
    /// Anything a reader should know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Text>,
}

/// How a value is compared with its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Comparator {
    /// At most.
    #[serde(rename = "<=")]
    AtMost,
    /// At least.
    #[serde(rename = ">=")]
    AtLeast,
}

impl Comparator {
    /// Room left: positive or zero when the rule is met.
    pub fn margin(self, value: f64, limit: f64) -> f64 {
        match self {
            Self::AtMost => limit - value,
            Self::AtLeast => value - limit,
        }
    }

    /// The sign on the wire.
    pub const fn wire(self) -> &'static str {
        match self {
            Self::AtMost => "<=",
            Self::AtLeast => ">=",
        }
    }

    /// The sign for people.
    pub const fn sign(self) -> &'static str {
        match self {
            Self::AtMost => "≤",
            Self::AtLeast => "≥",
        }
    }
}

/// Limits by a setting of the city and by steps of a quantity: climate zone and mean storeys in GB 50180 table 4.0.2.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitTable {
    /// Name of the setting, such as `climate_zone`.
    pub setting: String,
    /// Value of the setting where the request gives none.
    pub default: String,
    /// Quantity that chooses the row.
    pub by: Quantity,
    /// Rows by value of the setting, ascending.
    pub rows: BTreeMap<String, Vec<LimitRow>>,
    /// What is said when the quantity lies beyond the last row.
    pub beyond: Text,
}

/// One row of a [`LimitTable`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitRow {
    /// Greatest value of the quantity for this row.
    pub up_to: f64,
    /// The limit.
    pub limit: f64,
}

/// What the rule leaves out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exception {
    /// Name that sums refer to.
    pub id: String,
    /// What is left out.
    pub title: Text,
    /// Buildings that are left out.
    #[serde(rename = "where")]
    pub filter: Filter,
}

/// Where a rule applies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Applies {
    /// Quantity that decides.
    pub value: Quantity,
    /// Least value.
    pub at_least: f64,
    /// What is said elsewhere.
    pub otherwise: Text,
}

/// Something measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantity {
    /// An indicator by its id.
    Indicator(String),
    /// One quantity over another.
    Ratio(Box<Ratio>),
    /// A sum over buildings.
    Sum(Sum),
    /// Greatest height among buildings, metres.
    Greatest(Greatest),
    /// Overlap with features of a layer.
    Overlap(Overlap),
    /// Share of residential land within the service areas of parks.
    Coverage(Coverage),
    /// Greatest height above the limit of the zone a building lies in, metres.
    OverHeight(OverHeight),
    /// What the scene cannot tell, and why.
    NotInScene(Text),
}

/// `of ÷ to`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ratio {
    /// Above the line.
    pub of: Quantity,
    /// Below the line.
    pub to: Quantity,
    /// What is said when there is nothing below the line.
    pub when_zero: Text,
}

/// A sum over the buildings of the area.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sum {
    /// What is summed.
    pub what: SumOf,
    /// Buildings that count.
    #[serde(rename = "where", default)]
    pub filter: Filter,
    /// Exceptions of the rule that stay out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub except: Vec<String>,
}

/// Greatest height among the buildings of the area, even those that lie inside in part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Greatest {
    /// Buildings that count.
    #[serde(rename = "where")]
    pub filter: Filter,
    /// What is said when there is none.
    pub when_none: Text,
}

/// What a sum takes of a building, by its plan share inside the area.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SumOf {
    /// Floor area with the edits applied, m².
    FloorArea,
    /// Floor area as stored, of what is no proposal, m².
    FloorAreaBefore,
    /// Ground cover, m².
    Footprint,
    /// Dwellings.
    Dwellings,
    /// Inhabitants.
    People,
    /// 1 where the centroid lies inside.
    Count,
}

/// Overlap of the area with features.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Overlap {
    /// Features looked at.
    pub layer: OverlapLayer,
    /// Those of them that count.
    #[serde(rename = "where")]
    pub filter: Filter,
    /// What is measured.
    pub measure: OverlapMeasure,
    /// States that count (names of [`crate::filter`]'s `@state`); all when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub states: Vec<String>,
    /// When no feature of the kind is known anywhere near: nothing is there (true), or nothing is known (false).
    pub none_means_zero: bool,
    /// What is said when nothing is known.
    pub when_unknown: Text,
}

/// Layers that overlaps look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OverlapLayer {
    /// Planning zones.
    Zones,
    /// Buildings.
    Buildings,
    /// Trees.
    Trees,
    /// Land-use parcels.
    Parcels,
    /// Planted ground.
    Greens,
}

/// What an overlap measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OverlapMeasure {
    /// Area of the union of the overlaps, m².
    AreaM2,
    /// Features that overlap.
    Count,
}

/// Coverage of residential land by parks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Coverage {
    /// Kinds of park with their radii.
    pub parks: Vec<ParkKind>,
    /// Parcels that are residential land.
    pub residential: Filter,
    /// What is said without residential land in the area.
    pub when_no_land: Text,
    /// What is said in a city without any park data.
    pub when_no_parks: Text,
}

/// A kind of park.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParkKind {
    /// `parcels` or `greens`.
    pub layer: OverlapLayer,
    /// Those that are parks.
    #[serde(rename = "where")]
    pub filter: Filter,
    /// Least size, m².
    pub min_area_m2: f64,
    /// Size from which another kind counts, m².
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub below_area_m2: Option<f64>,
    /// Service radius, metres.
    pub radius_m: f64,
}

/// Heights against height zones.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OverHeight {
    /// Zones that limit heights.
    #[serde(rename = "where")]
    pub filter: Filter,
    /// Attributes that hold the limit in metres, best first.
    pub keys: Vec<String>,
    /// What is said without such a zone in the area.
    pub when_no_zone: Text,
}

impl Quantity {
    /// Calls `f` with every condition in the quantity and the pointer to it below `at`.
    pub(super) fn conditions(&self, at: &str, f: &mut dyn FnMut(&str, &Condition)) {
        let mut list = |at: &str, filter: &Filter| {
            filter.iter().enumerate().for_each(|(i, c)| f(&format!("{at}/{i}"), c));
        };
        match self {
            Self::Indicator(_) | Self::NotInScene(_) => {}
            Self::Ratio(r) => {
                r.of.conditions(&format!("{at}/ratio/of"), f);
                r.to.conditions(&format!("{at}/ratio/to"), f);
            }
            Self::Sum(s) => list(&format!("{at}/sum/where"), &s.filter),
            Self::Greatest(g) => list(&format!("{at}/greatest/where"), &g.filter),
            Self::Overlap(o) => list(&format!("{at}/overlap/where"), &o.filter),
            Self::OverHeight(h) => list(&format!("{at}/over_height/where"), &h.filter),
            Self::Coverage(c) => {
                list(&format!("{at}/coverage/residential"), &c.residential);
                for (i, park) in c.parks.iter().enumerate() {
                    list(&format!("{at}/coverage/parks/{i}/where"), &park.filter);
                }
            }
        }
    }

    /// Calls `f` with every part of the quantity and the pointer to it.
    pub(super) fn parts(&self, at: &str, f: &mut dyn FnMut(&str, &Self)) {
        f(at, self);
        if let Self::Ratio(r) = self {
            r.of.parts(&format!("{at}/ratio/of"), f);
            r.to.parts(&format!("{at}/ratio/to"), f);
        }
    }
}
