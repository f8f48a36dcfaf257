//! Rule files into rules: a fault names file, JSON pointer and reason, and costs nothing but the row it is in.

use super::model::{Quantity, Rule, RuleFile};
use crate::evaluate::Settings;
use crate::facts::Assumptions;
use crate::filter::Condition;
use crate::indicators::facilities::SITE_KEYS;
use crate::indicators::{self, FacilityKind};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_path_to_error::Segment;
use std::collections::{BTreeMap, BTreeSet};

/// Files that the program carries; the city's own files of the same names take their places.
const BUILT_IN: &[(&str, &str)] = &[
    (
        "assumptions.json",
        include_str!("../../../../assets/rules/assumptions.json"),
    ),
    (
        "facilities.json",
        include_str!("../../../../assets/rules/facilities.json"),
    ),
    (
        "gb-50180-2018.json",
        include_str!("../../../../assets/rules/gb-50180-2018.json"),
    ),
    (
        "green-300-500.json",
        include_str!("../../../../assets/rules/green-300-500.json"),
    ),
    (
        "height-zones.json",
        include_str!("../../../../assets/rules/height-zones.json"),
    ),
    (
        "jianke-2021-63.json",
        include_str!("../../../../assets/rules/jianke-2021-63.json"),
    ),
    (
        "negative-list.json",
        include_str!("../../../../assets/rules/negative-list.json"),
    ),
];

/// Something wrong in a data file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleFault {
    /// File.
    pub file: String,
    /// Where in it, as a JSON pointer (RFC 6901); empty for the whole file.
    pub pointer: String,
    /// What is wrong.
    pub reason: String,
}

impl std::fmt::Display for RuleFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} at {:?}: {}", self.file, self.pointer, self.reason)
    }
}

/// All rules in force, with the settings of indicators.
#[derive(Debug, Clone, Default)]
pub struct RuleSet {
    /// Files read, by name, with their heads; without their rules.
    pub files: BTreeMap<String, RuleFile>,
    /// Rules with the names of their files, in the order of files and rows.
    pub rules: Vec<(String, Rule)>,
    /// Settings of indicators.
    pub settings: Settings,
    /// What could not be used.
    pub faults: Vec<RuleFault>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FacilityFile {
    #[serde(rename = "schema")]
    _schema: String,
    facilities: Vec<FacilityKind>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AssumptionFile {
    #[serde(rename = "schema")]
    _schema: String,
    #[serde(rename = "sources", default)]
    _sources: BTreeMap<String, String>,
    assumptions: Assumptions,
}

impl RuleSet {
    /// The files that the program carries.
    pub fn built_in() -> Self {
        Self::with_files([])
    }

    /// The files that the program carries, replaced by or followed by the given ones (name, text).
    pub fn with_files(own: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut texts: BTreeMap<String, String> = BUILT_IN
            .iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
            .collect();
        texts.extend(own);
        let mut set = Self::default();
        for (name, text) in &texts {
            set.read(name, text);
        }
        set
    }

    /// Keys of attributes that rules and facility kinds ask for; the world needs to hold no others.
    pub fn wanted_keys(&self) -> Vec<String> {
        let mut keys: BTreeSet<String> = SITE_KEYS.map(str::to_owned).into();
        let mut note = |c: &Condition| {
            if !c.key.starts_with('@') {
                keys.insert(c.key.clone());
            }
        };
        for (_, rule) in &self.rules {
            visit(rule, &mut |_, c| note(c), &mut |_, _| {});
        }
        for kind in &self.settings.facilities {
            kind.buildings.iter().chain(&kind.parcels).flatten().for_each(&mut note);
        }
        keys.into_iter().collect()
    }

    /// Farthest that a rule or facility kind looks beyond the area, metres.
    pub fn reach_m(&self) -> f64 {
        let mut reach = self.settings.facilities.iter().map(|k| k.radius_m).fold(0.0, f64::max);
        for (_, rule) in &self.rules {
            visit(rule, &mut |_, _| {}, &mut |_, q| {
                if let Quantity::Coverage(c) = q {
                    reach = c.parks.iter().map(|p| p.radius_m).fold(reach, f64::max);
                }
            });
        }
        reach
    }

    fn fault(&mut self, file: &str, pointer: impl Into<String>, reason: impl Into<String>) {
        self.faults.push(RuleFault {
            file: file.to_owned(),
            pointer: pointer.into(),
            reason: reason.into(),
        });
    }

    fn read(&mut self, name: &str, text: &str) {
        let value: Value = match serde_json::from_str(text) {
            Ok(value) => value,
            Err(err) => return self.fault(name, "", format!("not JSON: {err}")),
        };
        match value.get("schema").and_then(Value::as_str) {
            Some("chengjing-rules/1") => self.read_rules(name, value),
            Some("chengjing-facilities/1") => match typed::<FacilityFile>(value, "") {
                Ok(file) => self.read_facilities(name, file),
                Err((pointer, reason)) => self.fault(name, pointer, reason),
            },
            Some("chengjing-assumptions/1") => match typed::<AssumptionFile>(value, "") {
                Ok(file) => self.read_assumptions(name, file.assumptions),
                Err((pointer, reason)) => self.fault(name, pointer, reason),
            },
            _ => self.fault(
                name,
                "/schema",
                "must be \"chengjing-rules/1\", \"chengjing-facilities/1\" or \"chengjing-assumptions/1\"",
            ),
        }
    }

    fn read_assumptions(&mut self, name: &str, assumptions: Assumptions) {
        let figures = [
            ("floor_area_per_person_m2", assumptions.floor_area_per_person_m2),
            ("floor_area_per_dwelling_m2", assumptions.floor_area_per_dwelling_m2),
            ("people_per_household", assumptions.people_per_household),
            ("storey_height_m", assumptions.storey_height_m),
        ];
        match figures.iter().find(|(_, v)| v.is_nan() || *v <= 0.0) {
            Some((key, _)) => self.fault(name, format!("/assumptions/{key}"), "must be greater than 0"),
            None => self.settings.assumptions = assumptions,
        }
    }

    fn read_facilities(&mut self, name: &str, file: FacilityFile) {
        for (i, kind) in file.facilities.into_iter().enumerate() {
            let at = format!("/facilities/{i}");
            let filters = [("buildings", &kind.buildings), ("parcels", &kind.parcels)];
            let mut faults = Vec::new();
            for (list, filter) in filters {
                for (k, c) in filter.iter().flatten().enumerate() {
                    faults.extend(c.fault().map(|fault| (format!("{at}/{list}/{k}"), fault)));
                }
            }
            if !(kind.radius_m > 0.0 && kind.radius_m <= 5_000.0) {
                faults.push((format!("{at}/radius_m"), "must be greater than 0 and at most 5000"));
            }
            if faults.is_empty() {
                self.settings.facilities.push(kind);
            }
            for (pointer, reason) in faults {
                self.fault(name, pointer, reason);
            }
        }
    }

    fn read_rules(&mut self, name: &str, value: Value) {
        let mut file = match typed::<RuleFile>(value, "") {
            Ok(file) => file,
            Err((pointer, reason)) => return self.fault(name, pointer, reason),
        };
        for (i, row) in std::mem::take(&mut file.rules).into_iter().enumerate() {
            let at = format!("/rules/{i}");
            match typed::<Rule>(row, &at) {
                Ok(rule) => match fault_of(&rule, &at, |id| self.rules.iter().any(|(_, r)| r.id == id)) {
                    None => self.rules.push((name.to_owned(), rule)),
                    Some((pointer, reason)) => self.fault(name, pointer, reason),
                },
                Err((pointer, reason)) => self.fault(name, pointer, reason),
            }
        }
        self.files.insert(name.to_owned(), file);
    }
}

/// Every condition and every quantity of a rule with its pointer below the rule.
fn visit(rule: &Rule, condition: &mut dyn FnMut(&str, &Condition), quantity: &mut dyn FnMut(&str, &Quantity)) {
    let mut both = |at: &str, q: &Quantity| {
        q.conditions(at, condition);
        q.parts(at, quantity);
    };
    both("/value", &rule.value);
    if let Some(table) = &rule.limit_table {
        both("/limit_table/by", &table.by);
    }
    if let Some(applies) = &rule.applies {
        both("/applies/value", &applies.value);
    }
    for (i, exception) in rule.exceptions.iter().enumerate() {
        for (k, c) in exception.filter.iter().enumerate() {
            condition(&format!("/exceptions/{i}/where/{k}"), c);
        }
    }
}

/// What the form of a rule cannot say.
fn fault_of(rule: &Rule, at: &str, is_known: impl Fn(&str) -> bool) -> Option<(String, String)> {
    let mut faults: Vec<(String, String)> = Vec::new();
    if is_known(&rule.id) {
        faults.push(("/id".to_owned(), format!("rule {:?} is there already", rule.id)));
    }
    match (&rule.limit, &rule.limit_table) {
        (Some(_), None) => {}
        (None, Some(table)) => {
            if !table.rows.contains_key(&table.default) {
                faults.push((
                    "/limit_table/default".to_owned(),
                    format!("no rows for {:?}", table.default),
                ));
            }
            for (zone, rows) in &table.rows {
                if rows.is_empty() || rows.windows(2).any(|w| w[1].up_to <= w[0].up_to) {
                    faults.push((format!("/limit_table/rows/{zone}"), "up_to must ascend".to_owned()));
                }
            }
        }
        _ => faults.push((
            "/limit".to_owned(),
            "a rule has either \"limit\" or \"limit_table\"".to_owned(),
        )),
    }
    let mut from_parts = Vec::new();
    visit(
        rule,
        &mut |pointer, c| faults.extend(c.fault().map(|fault| (pointer.to_owned(), fault.to_owned()))),
        &mut |pointer, q| match q {
            Quantity::Indicator(id) if indicators::position(id).is_none() => {
                from_parts.push((format!("{pointer}/indicator"), format!("no indicator {id:?}")));
            }
            Quantity::Sum(sum) => {
                for (i, id) in sum.except.iter().enumerate() {
                    if !rule.exceptions.iter().any(|e| e.id == *id) {
                        from_parts.push((format!("{pointer}/sum/except/{i}"), format!("no exception {id:?}")));
                    }
                }
            }
            _ => {}
        },
    );
    faults.extend(from_parts);
    for (i, id) in rule.indicators.iter().enumerate() {
        if indicators::position(id).is_none() {
            faults.push((format!("/indicators/{i}"), format!("no indicator {id:?}")));
        }
    }
    faults
        .into_iter()
        .next()
        .map(|(pointer, reason)| (format!("{at}{pointer}"), reason))
}

/// A value as a type, or the pointer to what does not fit and the reason.
fn typed<T: DeserializeOwned>(value: Value, at: &str) -> Result<T, (String, String)> {
    serde_path_to_error::deserialize(value).map_err(|err| {
        let mut pointer = at.to_owned();
        for segment in err.path() {
            match segment {
                Segment::Seq { index } => pointer.push_str(&format!("/{index}")),
                Segment::Map { key } => pointer.push_str(&format!("/{}", key.replace('~', "~0").replace('/', "~1"))),
                Segment::Enum { variant } => pointer.push_str(&format!("/{variant}")),
                Segment::Unknown => {}
            }
        }
        (pointer, err.inner().to_string())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn with(file: Value) -> RuleSet {
        RuleSet::with_files([("own.json".to_owned(), file.to_string())])
    }

    fn rule() -> Value {
        json!({
            "id": "own/far", "title": {"zh": "容积率", "en": "FAR"}, "clause": "1", "unit": "1", "verified": false,
            "value": {"indicator": "floor_area_ratio"}, "comparator": "<=", "limit": 2.5
        })
    }

    fn file(rules: &[Value]) -> Value {
        json!({"schema": "chengjing-rules/1", "id": "own", "title": {"zh": "本市", "en": "Own"}, "source": "test", "rules": rules})
    }

    #[test]
    fn what_the_program_carries_is_sound() {
        let set = RuleSet::built_in();
        assert_eq!(set.faults, []);
        assert!(set.rules.len() >= 15, "{}", set.rules.len());
        assert!(set.reach_m() >= 1000.0);
        assert!(set.wanted_keys().contains(&"danger_class".to_owned()));
        for (file, rule) in &set.rules {
            let source = rule.source.as_deref().unwrap_or(&set.files[file].source);
            assert!(!source.is_empty() && !rule.clause.is_empty(), "{}", rule.id);
        }
    }

    #[test]
    fn a_typo_costs_one_rule_and_is_named_with_file_pointer_and_reason() {
        let all = RuleSet::built_in().rules.len();
        let with_change = |change: &dyn Fn(&mut Value)| {
            let mut bad = rule();
            bad["id"] = "own/bad".into();
            change(&mut bad);
            let set = with(file(&[rule(), bad]));
            assert_eq!(set.rules.len(), all + 1, "the good rule is in force");
            assert_eq!(set.faults.len(), 1, "{:?}", set.faults);
            assert_eq!(set.faults[0].file, "own.json");
            (set.faults[0].pointer.clone(), set.faults[0].reason.clone())
        };
        let (pointer, reason) = with_change(&|r| r["limt"] = 3.into());
        assert_eq!(pointer, "/rules/1/limt");
        assert!(reason.contains("limt"), "{reason}");
        let (pointer, reason) = with_change(&|r| r["limit"] = "two".into());
        assert_eq!(pointer, "/rules/1/limit");
        assert!(reason.contains("expected f64"), "{reason}");
        let (pointer, _) = with_change(&|r| r["value"] = json!({"indicator": "flor_area"}));
        assert_eq!(pointer, "/rules/1/value/indicator");
        let (pointer, _) = with_change(&|r| r["value"] = json!({"sum": {"what": "floor_aera"}}));
        assert_eq!(pointer, "/rules/1/value/sum/what");
        let (pointer, _) = with_change(&|r| r["value"] = json!({"sum": {"what": "count", "where": [{"key": "a"}]}}));
        assert_eq!(pointer, "/rules/1/value/sum/where/0");
        let (pointer, _) = with_change(&|r| r["comparator"] = "=<".into());
        assert_eq!(pointer, "/rules/1/comparator");
        let (pointer, _) = with_change(&|r| r["limit"] = Value::Null);
        assert_eq!(pointer, "/rules/1/limit");
        let (pointer, _) = with_change(&|r| r["id"] = "own/far".into());
        assert_eq!(pointer, "/rules/1/id");
        let (pointer, _) = with_change(&|r| r["indicators"] = json!(["green_ratio", "gren"]));
        assert_eq!(pointer, "/rules/1/indicators/1");
    }

    #[test]
    fn a_broken_file_leaves_the_others_in_force() {
        let all = RuleSet::built_in().rules.len();
        let set = RuleSet::with_files([("own.json".to_owned(), "{\"schema\": ".to_owned())]);
        assert_eq!((set.rules.len(), set.faults.len()), (all, 1));
        assert!(set.faults[0].reason.starts_with("not JSON: EOF"), "{}", set.faults[0]);
        let set = with(json!({"schema": "chengjing-rules/9"}));
        assert_eq!((set.rules.len(), set.faults[0].pointer.as_str()), (all, "/schema"));
    }

    #[test]
    fn a_file_of_the_city_takes_the_place_of_the_built_in_one() {
        let own = ("jianke-2021-63.json".to_owned(), file(&[rule()]).to_string());
        let set = RuleSet::with_files([own]);
        assert_eq!(set.faults, []);
        assert!(
            set.rules
                .iter()
                .filter(|(f, _)| f == "jianke-2021-63.json")
                .map(|(_, r)| r.id.as_str())
                .eq(["own/far"])
        );
    }
}
