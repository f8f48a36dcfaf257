//! What a building, pipe or project says about itself, read from its attributes under the names in use, with the basis
//! of each figure.

use city_model::attributes::{STOREYS_KEYS, USE_KEYS, YEAR_KEYS, first_number, first_text};
use city_model::{Attributes, BuildingUse};
use serde::{Deserialize, Serialize};

/// Keys of a building's floor area, m².
pub const FLOOR_AREA_KEYS: &[&str] = &[
    "floor_area_m2",
    "floor_area",
    "gross_floor_area_m2",
    "建筑面积",
    "总建筑面积",
    "TOTALFLOORAREA",
    "totalFloorArea",
];
/// Keys of a building's dwellings.
pub const HOUSEHOLD_KEYS: &[&str] = &["households", "dwellings", "户数", "套数", "住户数"];
/// Keys of a building's inhabitants.
pub const PEOPLE_KEYS: &[&str] = &["people", "population", "residents", "人口", "常住人口"];
/// Keys of a height above ground, metres.
const HEIGHT_KEYS: &[&str] = city_model::attributes::HEIGHT_KEYS;

/// Figures that stand in where the data says nothing; each is shown with the result that used it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assumptions {
    /// Residential floor area a head, m² (GB 50180-2018, explanation of 4.0.2).
    pub floor_area_per_person_m2: f64,
    /// Floor area of a dwelling, m².
    pub floor_area_per_dwelling_m2: f64,
    /// People of a household.
    pub people_per_household: f64,
    /// Storey height by which storeys are told from a height, metres.
    pub storey_height_m: f64,
    /// First year that pipes count as new, and the year ages are counted from.
    pub reference_year: i32,
}

impl Default for Assumptions {
    fn default() -> Self {
        Self {
            floor_area_per_person_m2: 35.0,
            floor_area_per_dwelling_m2: 90.0,
            people_per_household: 2.62,
            storey_height_m: 3.0,
            reference_year: 2025,
        }
    }
}

/// Where a figure comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// The data says it.
    Stated,
    /// Footprint times stated storeys, or stated households times the household size.
    Derived,
    /// Footprint times storeys told from the height, or an area divided by an assumed size.
    Estimated,
}

/// What a building says about itself.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct BuildingFacts {
    /// Use.
    pub usage: BuildingUse,
    /// Floor area above ground, m², and its basis.
    pub floor_area_m2: Option<(f64, Basis)>,
    /// Height above ground, metres.
    pub height_m: Option<f64>,
    /// Storeys above ground.
    pub storeys: Option<f64>,
    /// Dwellings.
    pub households: Option<f64>,
    /// Inhabitants.
    pub people: Option<f64>,
    /// Year built.
    pub year: Option<i32>,
}

/// True for uses that people live in.
pub const fn is_residential(usage: BuildingUse) -> bool {
    matches!(
        usage,
        BuildingUse::Slab | BuildingUse::Tower | BuildingUse::House | BuildingUse::Village
    )
}

/// Key and titles of a group of uses, as in figures by use.
pub const fn use_group(usage: BuildingUse) -> &'static str {
    match usage {
        BuildingUse::Slab | BuildingUse::Tower | BuildingUse::House => "residential",
        BuildingUse::Village => "village",
        BuildingUse::Office => "office",
        BuildingUse::Retail => "retail",
        BuildingUse::Industrial => "industrial",
        BuildingUse::School => "school",
        BuildingUse::Hospital => "hospital",
        BuildingUse::Heritage => "heritage",
        BuildingUse::Public => "public",
        BuildingUse::Warehouse => "warehouse",
        BuildingUse::Utility => "utility",
        BuildingUse::Unknown => "unknown",
    }
}

impl BuildingFacts {
    /// Reads the attributes of a building.
    ///
    /// * `footprint_m2` — plan area of its outline; `None` without one
    /// * `body_height_m` — height of its body in the scene, where the attributes state none
    /// * `storeys_estimable` — false for what stands on a building with figures of its own: it adds only what it states
    ///   itself, and nothing when it states nothing
    pub fn read(
        attributes: &Attributes,
        footprint_m2: Option<f64>,
        body_height_m: Option<f64>,
        storeys_estimable: bool,
        assumptions: &Assumptions,
    ) -> Self {
        let positive = |keys: &[&str]| first_number(attributes, keys).filter(|v| *v >= 0.0);
        let storeys = positive(STOREYS_KEYS).filter(|v| *v > 0.0);
        let height_m = positive(HEIGHT_KEYS).or(body_height_m).filter(|v| *v > 0.0);
        let estimated_storeys = height_m.map(|h| (h / assumptions.storey_height_m).round().max(1.0));
        let derived = storeys
            .map(|s| (s, Basis::Derived))
            .or_else(|| estimated_storeys.map(|s| (s, Basis::Estimated)));
        let floor_area_m2 = positive(FLOOR_AREA_KEYS).map(|a| (a, Basis::Stated)).or_else(|| {
            if !storeys_estimable {
                return Some((0.0, Basis::Derived));
            }
            let (storeys, basis) = derived?;
            Some((footprint_m2? * storeys, basis))
        });
        Self {
            usage: use_of(attributes, storeys),
            floor_area_m2,
            height_m,
            storeys,
            households: positive(HOUSEHOLD_KEYS),
            people: positive(PEOPLE_KEYS),
            year: first_number(attributes, YEAR_KEYS)
                .map(|y| y as i32)
                .filter(|y| (1..=3000).contains(y)),
        }
    }

    /// Dwellings and their basis: stated; else residential floor area by the assumed size; none elsewhere.
    pub fn dwellings(&self, assumptions: &Assumptions) -> Option<(f64, Basis)> {
        match (self.households, self.floor_area_m2) {
            (Some(n), _) => Some((n, Basis::Stated)),
            (None, Some((0.0, basis))) => Some((0.0, basis)),
            _ if self.usage == BuildingUse::Unknown => None,
            _ if !is_residential(self.usage) => Some((0.0, Basis::Stated)),
            (None, Some((area, _))) => Some((area / assumptions.floor_area_per_dwelling_m2, Basis::Estimated)),
            (None, None) => None,
        }
    }

    /// Inhabitants and their basis: stated; else stated households times the household size; else residential floor
    /// area by the area a head.
    pub fn inhabitants(&self, assumptions: &Assumptions) -> Option<(f64, Basis)> {
        match (self.people, self.households, self.floor_area_m2) {
            (Some(n), _, _) => Some((n, Basis::Stated)),
            (None, Some(n), _) => Some((n * assumptions.people_per_household, Basis::Derived)),
            (None, None, Some((0.0, basis))) => Some((0.0, basis)),
            _ if self.usage == BuildingUse::Unknown => None,
            _ if !is_residential(self.usage) => Some((0.0, Basis::Stated)),
            (None, None, Some((area, _))) => Some((area / assumptions.floor_area_per_person_m2, Basis::Estimated)),
            (None, None, None) => None,
        }
    }
}

/// Use by the wire name of [`BuildingUse`] (`slab`, `Tower` …, as scenario edits write it) or guessed from the text.
fn use_of(attributes: &Attributes, storeys: Option<f64>) -> BuildingUse {
    let Some(text) = first_text(attributes, USE_KEYS) else {
        return BuildingUse::Unknown;
    };
    let named = BuildingUse::ALL
        .iter()
        .find(|u| format!("{u:?}").eq_ignore_ascii_case(&text));
    named.copied().unwrap_or_else(|| BuildingUse::guess(&text, storeys))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn facts(attributes: serde_json::Value, footprint: Option<f64>) -> BuildingFacts {
        let attributes = attributes.as_object().cloned().unwrap_or_default();
        BuildingFacts::read(&attributes, footprint, None, true, &Assumptions::default())
    }

    #[test]
    fn floor_area_is_stated_else_derived_else_estimated_else_unknown() {
        let area = |a, f| facts(a, f).floor_area_m2;
        assert_eq!(
            area(json!({"floor_area_m2": 900, "storeys": 6}), Some(100.0)),
            Some((900.0, Basis::Stated))
        );
        assert_eq!(area(json!({"storeys": 6}), Some(100.0)), Some((600.0, Basis::Derived)));
        assert_eq!(
            area(json!({"height_m": 17.6}), Some(100.0)),
            Some((600.0, Basis::Estimated))
        );
        assert_eq!(area(json!({}), Some(100.0)), None);
        assert_eq!(area(json!({"storeys": 6}), None), None);
        assert_eq!(
            area(json!({"floor_area_m2": -5}), None),
            None,
            "a negative area is none"
        );
    }

    #[test]
    fn what_stands_on_a_building_adds_only_what_it_states() {
        let on_top = |attributes: serde_json::Value| {
            let attributes = attributes.as_object().cloned().unwrap_or_default();
            BuildingFacts::read(&attributes, Some(100.0), Some(9.0), false, &Assumptions::default())
        };
        let area = |v| on_top(v).floor_area_m2.map(|a| a.0);
        assert_eq!(area(json!({"floor_area_m2": 900})), Some(900.0));
        assert_eq!(
            area(json!({"storeys": 6})),
            Some(0.0),
            "it is in the figure of the building"
        );
        let silent = on_top(json!({}));
        let a = Assumptions::default();
        assert_eq!(silent.dwellings(&a).map(|d| d.0), Some(0.0));
        assert_eq!(silent.inhabitants(&a).map(|p| p.0), Some(0.0));
    }

    #[test]
    fn people_follow_households_else_floor_area() {
        let a = Assumptions::default();
        let people = |v| facts(v, Some(100.0)).inhabitants(&a).map(|p| p.0);
        assert_eq!(people(json!({"use": "住宅", "population": 77})), Some(77.0));
        assert_eq!(people(json!({"use": "住宅", "households": 10})), Some(10.0 * 2.62));
        assert_eq!(people(json!({"use": "住宅", "floor_area_m2": 350})), Some(10.0));
        assert_eq!(people(json!({"use": "办公", "floor_area_m2": 350})), Some(0.0));
        assert_eq!(
            people(json!({"floor_area_m2": 350})),
            None,
            "an unknown use is not nobody"
        );
    }

    #[test]
    fn uses_are_read_by_name_and_by_word() {
        assert_eq!(facts(json!({"use": "tower"}), None).usage, BuildingUse::Tower);
        assert_eq!(facts(json!({"use": "城中村住宅"}), None).usage, BuildingUse::Village);
    }
}
