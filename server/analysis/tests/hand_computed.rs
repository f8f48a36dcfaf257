//! Every indicator and rule against cases computed by hand: `tests/fixtures/indicators/` (the arithmetic is in its
//! README).
#![cfg(test)]

use analysis::facts::{Assumptions, BuildingFacts};
use analysis::geometry::{self, Box2, polygon};
use analysis::indicators::Listed;
use analysis::rules::{Quantity, RuleSet, RuleSettings, check};
use analysis::scenario::Changed;
use analysis::world::{Building, Layers, Patch, Pipe, Spot, Words, World, tags};
use analysis::{Evaluation, Region, Scenario, State, indicators};
use city_model::Attributes;
use geo::MultiPolygon;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

fn fixtures() -> Vec<(String, Value)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/indicators");
    let mut found: Vec<(String, Value)> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|x| x == "geojson"))
        .map(|p| {
            let text = std::fs::read_to_string(&p).unwrap();
            (
                p.file_stem().unwrap().to_string_lossy().into_owned(),
                serde_json::from_str(&text).unwrap(),
            )
        })
        .collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    assert!(found.len() >= 7, "fixtures are in {}", folder.display());
    found
}

fn outline(geometry: &Value) -> MultiPolygon<f64> {
    let rings: Vec<Vec<Vec<f64>>> = serde_json::from_value(geometry["coordinates"].clone()).unwrap();
    let rings: Vec<Vec<[f64; 2]>> = rings
        .iter()
        .map(|r| r[..r.len() - 1].iter().map(|p| [p[0], p[1]]).collect())
        .collect();
    MultiPolygon::new(vec![polygon(&rings)])
}

fn facts(attributes: &Attributes, footprint_m2: f64) -> BuildingFacts {
    BuildingFacts::read(attributes, Some(footprint_m2), None, true, &Assumptions::default())
}

/// The world of a fixture and the numbers of its features by id.
fn world(fixture: &Value, wanted: &[String]) -> (World, BTreeMap<String, u32>) {
    let (mut buildings, mut pipes, mut trees) = (vec![], vec![], vec![]);
    let mut patches: BTreeMap<&str, Vec<Patch>> = BTreeMap::new();
    let (mut words, mut numbers) = (Words::default(), BTreeMap::new());
    for (index, feature) in fixture["features"].as_array().unwrap().iter().enumerate() {
        let index = index as u32;
        let id = feature["id"].as_str().unwrap();
        numbers.insert(id.to_owned(), index);
        let attributes = feature["properties"].as_object().unwrap().clone();
        let is = |key: &str| attributes.get(key) == Some(&Value::Bool(true));
        let class = attributes["class"].as_str().unwrap();
        match class {
            "Building" => {
                let plan = outline(&feature["geometry"]);
                let facts = facts(&attributes, geometry::area_m2(&plan));
                let mut building = Building::new(id, index, plan, facts);
                building.is_proposal = is("proposal");
                building.covers_ground = !is("on_top");
                building.tags = tags(&attributes, wanted);
                buildings.push(building);
            }
            "Pipe" => {
                let points: Vec<[f64; 3]> = serde_json::from_value(feature["geometry"]["coordinates"].clone()).unwrap();
                pipes.push(Pipe {
                    id: id.into(),
                    index,
                    bounds: Box2::around(points.iter().map(|p| [p[0], p[1]])),
                    points: points.into(),
                    has_levels: true,
                    class: words.number(attributes["pipe_class"].as_str().unwrap()),
                    material: attributes.get("material").map(|m| words.number(m.as_str().unwrap())),
                    year: attributes.get("year").map(|y| y.as_i64().unwrap() as i32),
                    is_proposal: is("proposal"),
                    tags: tags(&attributes, wanted),
                });
            }
            "Tree" => {
                let position: [f64; 2] = serde_json::from_value(feature["geometry"]["coordinates"].clone()).unwrap();
                trees.push(Spot {
                    id: id.into(),
                    index,
                    position,
                    tags: tags(&attributes, wanted),
                });
            }
            class => {
                let class = ["PlantCover", "LandUse", "Zone", "Project"]
                    .into_iter()
                    .find(|c| *c == class)
                    .unwrap();
                let patch = Patch::new(id, index, outline(&feature["geometry"]), attributes);
                patches.entry(class).or_default().push(patch);
            }
        }
    }
    let mut take = |class: &str| patches.remove(class).unwrap_or_default();
    let (greens, parcels, zones, projects) = (take("PlantCover"), take("LandUse"), take("Zone"), take("Project"));
    let has = Layers {
        buildings: !buildings.is_empty(),
        pipes: !pipes.is_empty(),
        greens: !greens.is_empty(),
        parcels: !parcels.is_empty(),
        projects: !projects.is_empty(),
    };
    let world = World {
        buildings: buildings.into(),
        pipes: pipes.into(),
        greens: greens.into(),
        parcels: parcels.into(),
        zones: zones.into(),
        projects: projects.into(),
        trees: trees.into(),
        has,
        words,
    };
    (world, numbers)
}

fn scenario(
    case: &Value,
    fixture: &Value,
    world: &World,
    numbers: &BTreeMap<String, u32>,
    wanted: &[String],
) -> Scenario {
    let mut scenario = Scenario {
        states: vec![0; numbers.len()],
        ..Scenario::default()
    };
    for building in world.buildings.iter().filter(|b| b.is_proposal) {
        scenario.states[building.index as usize] = State::Absent.code();
    }
    for pipe in world.pipes.iter().filter(|p| p.is_proposal) {
        scenario.states[pipe.index as usize] = State::Absent.code();
    }
    for (id, state) in case["states"].as_object().into_iter().flatten() {
        let state: State = serde_json::from_value(state.clone()).unwrap();
        scenario.states[numbers[id] as usize] = state.code();
    }
    for (id, changes) in case["changed"].as_object().into_iter().flatten() {
        let index = numbers[id];
        let mut attributes = fixture["features"][index as usize]["properties"]
            .as_object()
            .unwrap()
            .clone();
        attributes.extend(changes.as_object().unwrap().clone());
        let footprint_m2 = world.buildings.iter().find(|b| b.index == index).unwrap().footprint_m2;
        let changed = Changed {
            facts: facts(&attributes, footprint_m2),
            tags: tags(&attributes, wanted),
        };
        scenario.changed.insert(index, changed);
    }
    scenario
}

fn near(found: f64, expected: f64) -> bool {
    (found - expected).abs() <= 1e-6 * expected.abs().max(1.0)
}

fn ids(list: &Value) -> BTreeSet<String> {
    list.as_array()
        .unwrap()
        .iter()
        .map(|id| id.as_str().unwrap().to_owned())
        .collect()
}

fn check_indicator(at: &str, e: &Evaluation, id: &str, expected: &Value) {
    let found = e.value(id).unwrap_or_else(|| panic!("{at}: no indicator {id}"));
    let (value, details) = match expected {
        Value::Object(details) => (&details["value"], Some(details)),
        other => (other, None),
    };
    match value.as_f64() {
        Some(expected) => {
            let found = found
                .value
                .unwrap_or_else(|| panic!("{at}: {id} is undecided: {:?}", found.reason));
            assert!(near(found, expected), "{at}: {id} is {found}, not {expected}");
        }
        None => {
            assert_eq!(found.value, None, "{at}: {id}");
            assert!(found.reason.is_some(), "{at}: {id} gives no reason");
        }
    }
    let Some(details) = details else { return };
    if let Some(by) = details.get("by") {
        let expected: BTreeMap<String, f64> = serde_json::from_value(by.clone()).unwrap();
        let found: BTreeMap<String, f64> = found.by.iter().cloned().collect();
        assert!(found.keys().eq(expected.keys()), "{at}: {id} by {found:?}");
        assert!(
            expected.iter().all(|(k, v)| near(found[k], *v)),
            "{at}: {id} by {found:?}"
        );
    }
    if let Some(known) = details.get("known").and_then(Value::as_f64) {
        assert!(near(found.known.unwrap(), known), "{at}: {id} known {:?}", found.known);
    }
    if let Some(reason) = details.get("reason").and_then(Value::as_str) {
        assert!(
            found.reason.as_ref().unwrap().en.contains(reason),
            "{at}: {id}: {:?}",
            found.reason
        );
    }
    if let Some(features) = details.get("features") {
        let Listed {
            number, ids: listed, ..
        } = e.listed(&found.counted, 100);
        assert_eq!(
            listed.iter().cloned().collect::<BTreeSet<_>>(),
            ids(features),
            "{at}: {id}"
        );
        assert_eq!(number, listed.len(), "{at}: {id}");
    }
}

#[test]
fn every_case_comes_out_as_computed_by_hand() {
    let rules = RuleSet::built_in();
    let wanted = rules.wanted_keys();
    let (mut seen_indicators, mut with_number) = (BTreeSet::new(), BTreeSet::new());
    let mut seen_rules: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, fixture) in fixtures() {
        let (world, numbers) = world(&fixture, &wanted);
        let world = Arc::new(world);
        let site = world.projects.iter().find(|p| &*p.id == "site").unwrap();
        let region = Arc::new(Region::new(site.outline.clone()).unwrap());
        let mut kept: Option<Evaluation> = None;
        for case in fixture["cases"].as_array().unwrap() {
            let at = format!("{name}: {}", case["name"].as_str().unwrap());
            let scenario = Arc::new(scenario(case, &fixture, &world, &numbers, &wanted));
            let settings = Arc::new(rules.settings.clone());
            let e = Evaluation::new(Arc::clone(&world), Arc::clone(&region), Arc::clone(&scenario), settings);
            // the one that is kept from case to case must say the same
            if let Some(kept) = &mut kept {
                kept.update(Arc::clone(&world), scenario);
                assert!(*kept == e, "{at}: the update differs from a new evaluation");
            }
            kept = Some(kept.unwrap_or_else(|| e.clone()));
            for (id, expected) in case["expect"].as_object().unwrap() {
                check_indicator(&at, &e, id, expected);
                seen_indicators.insert(id.clone());
                if expected.as_f64().or(expected["value"].as_f64()).is_some() {
                    with_number.insert(id.clone());
                }
            }
            let settings: RuleSettings = case
                .get("settings")
                .map(|s| serde_json::from_value(s.clone()).unwrap())
                .unwrap_or_default();
            let results = check(&rules, &e, &settings);
            for (id, expected) in case["rules"].as_object().unwrap() {
                let result = results
                    .iter()
                    .find(|r| r.rule.id == *id)
                    .unwrap_or_else(|| panic!("{at}: no rule {id}"));
                let verdict = serde_json::to_value(result.verdict).unwrap();
                assert_eq!(verdict, expected["verdict"], "{at}: {id}: {:?}", result.reason);
                assert!(
                    !result.reason.zh.is_empty() && !result.reason.en.is_empty(),
                    "{at}: {id}"
                );
                for (key, found) in [
                    ("value", result.value),
                    ("limit", result.limit),
                    ("margin", result.margin),
                ] {
                    if let Some(expected) = expected.get(key).and_then(Value::as_f64) {
                        assert!(
                            found.is_some_and(|f| near(f, expected)),
                            "{at}: {id}: {key} is {found:?}, not {expected}"
                        );
                    }
                }
                if let Some(features) = expected.get("features") {
                    let listed: BTreeSet<String> = e.listed(&result.counted, 100).ids.into_iter().collect();
                    assert_eq!(listed, ids(features), "{at}: {id}");
                }
                for (exception, amount) in expected["exceptions"].as_object().into_iter().flatten() {
                    let found = result.exceptions.iter().find(|x| x.id == *exception).unwrap();
                    assert!(
                        near(found.amount, amount.as_f64().unwrap()),
                        "{at}: {id}: {exception} {}",
                        found.amount
                    );
                }
                let how = seen_rules.entry(id.clone()).or_default();
                let has_number = expected.get("value").and_then(Value::as_f64).is_some();
                let verdict = expected["verdict"].as_str().unwrap();
                how.extend((has_number || verdict == "not_decidable").then(|| verdict.to_owned()));
            }
        }
    }
    let all: BTreeSet<String> = indicators::INDICATORS.iter().map(|d| d.id.to_owned()).collect();
    assert_eq!(seen_indicators, all, "an indicator has no case");
    assert_eq!(with_number, all, "an indicator has no case with a number");
    for (_, rule) in &rules.rules {
        let how = seen_rules.remove(&rule.id).unwrap_or_default();
        // the rents of a city are not in its scene
        let wanted: &[&str] = match rule.value {
            Quantity::NotInScene(_) => &["not_decidable"],
            _ => &["pass", "fail"],
        };
        for verdict in wanted {
            assert!(how.contains(*verdict), "{} has no case that ends in {verdict}", rule.id);
        }
    }
    assert_eq!(seen_rules, BTreeMap::new(), "a case of a rule that there is not");
}

#[test]
fn the_manual_names_every_indicator_and_rule() {
    let manual = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/indicators.md");
    let manual = std::fs::read_to_string(manual).unwrap();
    for d in &*indicators::INDICATORS {
        assert!(
            manual.contains(&format!("`{}`", d.id)),
            "{} is not in docs/indicators.md",
            d.id
        );
    }
    for (_, rule) in &RuleSet::built_in().rules {
        assert!(
            manual.contains(&format!("`{}`", rule.id)),
            "{} is not in docs/indicators.md",
            rule.id
        );
    }
}
