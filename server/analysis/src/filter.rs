//! Conditions of data files on features: which buildings, zones or parcels a rule or a facility kind means.

use crate::facts::use_group;
use crate::scenario::State;
use crate::tally::BuildingNow;
use crate::world::{Building, Patch, Spot, Tags};
use city_model::Attributes;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One condition. Exactly one of `in`, `contains`, `at_least` and `present` is given; `not` turns it round.
///
/// Beside attribute keys there are names of this program: `@state` (existing, retained, modified, demolished, added,
/// absent, abandoned), `@use` (residential, village, office …), `@area_m2` (of the outline) and `@year`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// Attribute key, or a name with `@`.
    pub key: String,
    /// The value is one of these.
    #[serde(rename = "in", default, skip_serializing_if = "Option::is_none")]
    pub is_in: Option<Vec<Value>>,
    /// The value, as text, contains one of these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contains: Option<Vec<String>>,
    /// The value is a number not below this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<f64>,
    /// The value is there at all (true) or not (false).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub present: Option<bool>,
    /// Turns the condition round.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub not: bool,
}

/// All conditions must hold; an empty list holds for everything.
pub type Filter = Vec<Condition>;

/// Something that answers for its attributes.
pub trait Described {
    /// Value of a key, names with `@` included.
    fn value_of(&self, key: &str) -> Option<Value>;

    /// Value of `@state` or `@use` where the feature has it: rules ask a million buildings for these.
    fn word_of(&self, _key: &str) -> Option<&'static str> {
        None
    }
}

impl Condition {
    /// What is wrong with the condition as written; `None` when it is sound.
    pub fn fault(&self) -> Option<&'static str> {
        let given = [
            self.is_in.is_some(),
            self.contains.is_some(),
            self.at_least.is_some(),
            self.present.is_some(),
        ];
        if given.iter().filter(|g| **g).count() != 1 {
            return Some("a condition has exactly one of \"in\", \"contains\", \"at_least\" and \"present\"");
        }
        if self.key.starts_with('@') && !["@state", "@use", "@area_m2", "@year"].contains(&self.key.as_str()) {
            return Some("the names with @ are @state, @use, @area_m2 and @year");
        }
        if self.key == "@state" {
            let names = State::ALL.map(State::as_str);
            let known = |v: &Value| v.as_str().is_some_and(|v| names.contains(&v));
            if !self.is_in.as_ref().is_some_and(|values| values.iter().all(known)) {
                return Some(
                    "@state goes with \"in\" and the names existing, retained, modified, demolished, added, absent, abandoned",
                );
            }
        }
        None
    }

    /// True when the feature meets it.
    pub fn holds(&self, feature: &dyn Described) -> bool {
        if let (Some(word), Some(wanted)) = (feature.word_of(&self.key), &self.is_in) {
            return wanted.iter().any(|w| w.as_str() == Some(word)) != self.not;
        }
        let value = feature.value_of(&self.key);
        let text = |v: &Value| v.as_str().map_or_else(|| v.to_string(), str::to_owned);
        let number = |v: &Value| v.as_f64().or_else(|| v.as_str()?.trim().parse().ok());
        let met = if let Some(wanted) = &self.is_in {
            value.is_some_and(|v| wanted.iter().any(|w| *w == v || text(w) == text(&v)))
        } else if let Some(parts) = &self.contains {
            value.is_some_and(|v| parts.iter().any(|p| text(&v).contains(p.as_str())))
        } else if let Some(least) = self.at_least {
            value.as_ref().and_then(number).is_some_and(|v| v >= least)
        } else {
            value.is_some_and(|v| !v.is_null()) == self.present.unwrap_or(true)
        };
        met != self.not
    }
}

/// True when every condition holds.
pub fn holds(filter: &[Condition], feature: &dyn Described) -> bool {
    filter.iter().all(|c| c.holds(feature))
}

fn tag(tags: &Tags, key: &str) -> Option<Value> {
    tags.iter().find(|(k, _)| &**k == key).map(|(_, v)| v.clone())
}

impl Described for BuildingNow<'_> {
    fn word_of(&self, key: &str) -> Option<&'static str> {
        match key {
            "@state" => Some(self.state.as_str()),
            "@use" => Some(use_group(self.facts.usage)),
            _ => None,
        }
    }

    fn value_of(&self, key: &str) -> Option<Value> {
        match key {
            "@state" => Some(self.state.as_str().into()),
            "@use" => Some(use_group(self.facts.usage).into()),
            "@year" => self.facts.year.map(Value::from),
            "@area_m2" => self.building.value_of(key),
            key => tag(self.tags, key),
        }
    }
}

impl Described for Building {
    fn value_of(&self, key: &str) -> Option<Value> {
        match key {
            "@use" => Some(use_group(self.facts.usage).into()),
            "@year" => self.facts.year.map(Value::from),
            "@area_m2" => Some(self.footprint_m2.into()),
            key => tag(&self.tags, key),
        }
    }
}

impl Described for Patch {
    fn value_of(&self, key: &str) -> Option<Value> {
        match key {
            "@area_m2" => Some(self.area_m2.into()),
            key => self.attributes.get(key).cloned(),
        }
    }
}

impl Described for Spot {
    fn value_of(&self, key: &str) -> Option<Value> {
        tag(&self.tags, key)
    }
}

impl Described for Attributes {
    fn value_of(&self, key: &str) -> Option<Value> {
        self.get(key).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn condition(json: Value) -> Condition {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn conditions_hold_or_not() {
        let thing = json!({"danger_class": "D", "use": "学校(幼儿园)", "storeys": "6", "old": true, "none": null});
        let thing = thing.as_object().cloned().unwrap();
        for (json, expected) in [
            (json!({"key": "danger_class", "in": ["C", "D"]}), true),
            (json!({"key": "danger_class", "in": ["A"], "not": true}), true),
            (json!({"key": "use", "contains": ["幼儿园"]}), true),
            (json!({"key": "storeys", "at_least": 6}), true),
            (json!({"key": "storeys", "at_least": 7}), false),
            (json!({"key": "old", "in": [true]}), true),
            (json!({"key": "none", "present": true}), false),
            (json!({"key": "absent", "present": false}), true),
            (json!({"key": "absent", "at_least": 0}), false),
        ] {
            let c = condition(json.clone());
            assert_eq!((c.fault(), c.holds(&thing)), (None, expected), "{json}");
        }
    }

    #[test]
    fn faults_are_named() {
        assert!(condition(json!({"key": "x"})).fault().is_some());
        assert!(
            condition(json!({"key": "x", "in": [1], "present": true}))
                .fault()
                .is_some()
        );
        assert!(condition(json!({"key": "@statte", "present": true})).fault().is_some());
        assert!(condition(json!({"key": "@state", "in": ["gone"]})).fault().is_some());
    }
}
