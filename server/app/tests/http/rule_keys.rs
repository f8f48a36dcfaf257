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
