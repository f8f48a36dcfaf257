//! Attributes that the carried rules read: the generated city has them, or docs/indicators.md says where they come from.

use city_model::Report;
use city_sources::MemorySink;
use city_sources::demo::{DemoOptions, generate};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Attribute keys of conditions and of height limits.
fn keys_of(value: &Value, keys: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            let own = members.get("key").into_iter();
            let limits = members.get("keys").and_then(Value::as_array).into_iter().flatten();
            keys.extend(own.chain(limits).filter_map(Value::as_str).map(str::to_owned));
            members.values().for_each(|v| keys_of(v, keys));
        }
        Value::Array(items) => items.iter().for_each(|v| keys_of(v, keys)),
        _ => {}
    }
}

fn keys_of_carried_rules() -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    for entry in std::fs::read_dir(root().join("assets/rules")).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        keys_of(&serde_json::from_str(&text).unwrap(), &mut keys);
    }
    // these are the program's own names for states, uses, sizes
    keys.retain(|key| !key.starts_with('@'));
    keys
}

/// Values of `zone_class` in the conditions of a rule.
fn zone_classes_of(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            if members.get("key").is_some_and(|key| key == "zone_class") {
                let values = members.get("in").and_then(Value::as_array).into_iter().flatten();
                found.extend(values.filter_map(Value::as_str).map(str::to_owned));
            }
            members.values().for_each(|v| zone_classes_of(v, found));
        }
        Value::Array(items) => items.iter().for_each(|v| zone_classes_of(v, found)),
        _ => {}
    }
}

#[test]
fn the_flags_of_projects_and_the_rules_know_the_same_zones() {
    let read = |name: &str| -> Value {
        let text = std::fs::read_to_string(root().join("assets").join(name)).unwrap();
        serde_json::from_str(&text).unwrap()
    };
    let (rules, flags) = (read("rules/negative-list.json"), read("projects/negative-list.json"));
    // by the number of the kind in the negative list
    for (n, kind) in (1..).zip(flags["kinds"].as_array().unwrap()) {
        let mut in_rules = BTreeSet::new();
        for rule in rules["rules"].as_array().unwrap() {
            if rule["clause"].as_str().unwrap().starts_with(&format!("负面清单 {n}:")) {
                zone_classes_of(&rule["value"], &mut in_rules);
            }
        }
        // control zones of heritage plans are a matter of permits: no rule forbids to build there
        let forbids = |test: &&Value| test["kind"] != "历史文化保护" || test["severity"] == "red";
        let in_flags: BTreeSet<String> = flags["tests"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|test| test["kind"] == kind["id"] && test["keys"][0] == "zone_class")
            .filter(forbids)
            .flat_map(|test| test["values"].as_array().unwrap())
            .filter_map(|value| value.as_str().map(str::to_owned))
            .collect();
        assert_eq!(in_rules, in_flags, "{kind}");
        assert_eq!(in_rules.is_empty(), n > 3, "{kind}");
    }
}

#[test]
fn every_key_that_rules_read_is_explained_and_the_demo_city_has_the_common_ones() {
    let keys = keys_of_carried_rules();
    assert!(keys.contains("zone_class") && keys.contains("old_tree"), "{keys:?}");
    let page = std::fs::read_to_string(root().join("docs/indicators.md")).unwrap();
    let table = page
        .split("### Attributes that rules read")
        .nth(1)
        .expect("the table of attributes");
    let rows: Vec<&str> = table.lines().filter(|line| line.starts_with("| `")).collect();
    for key in &keys {
        let named = format!("`{key}`");
        assert!(
            rows.iter().any(|row| row.contains(&named)),
            "{key} is not in docs/indicators.md"
        );
    }

    let (mut sink, mut report) = (MemorySink::default(), Report::new("demo"));
    let options = DemoOptions {
        buildings: 5_000,
        seed: 1,
    };
    generate(&options, &mut sink, &mut report).unwrap();
    let made: BTreeSet<&str> = sink
        .features
        .iter()
        .flat_map(|f| f.attributes.keys().map(String::as_str))
        .collect();
    // what the table says of the demo city is so, in both directions
    for row in rows {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let key = cells[1].split('`').nth(1).unwrap();
        assert_eq!(made.contains(key), cells[4] == "yes", "{row}");
    }
}
