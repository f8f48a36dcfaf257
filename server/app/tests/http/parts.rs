//! Buildings of several parts in scenarios: what is decided for a building is decided for all of it, and counted once.

use super::city::request;
use axum::Router;
use axum::http::{StatusCode, header};
use chengjing::http::AppState;
use chengjing::import::{ImportOptions, import_files};
use chengjing::routes::app;
use city_model::scenario::FeatureState::{self, Demolished, Existing, Modified, Retained};
use city_model::scenario::StateTable;
use scene_store::CityFolder;
use serde_json::{Value, json};

struct World {
    _dir: tempfile::TempDir,
    app: Router,
}

/// A block with its corner at (x, y, z) and its size, in metres.
fn block([x, y, z]: [i64; 3], [dx, dy, dz]: [i64; 3], vertices: &mut Vec<[i64; 3]>) -> Value {
    let first = vertices.len();
    for top in [z, z + dz] {
        vertices.extend([[x, y, top], [x + dx, y, top], [x + dx, y + dy, top], [x, y + dy, top]]);
    }
    let v = |k: usize| first + k;
    json!([{"type": "Solid", "lod": "1.2", "boundaries": [[
        [[v(3), v(2), v(1), v(0)]],
        [[v(4), v(5), v(6), v(7)]],
        [[v(0), v(1), v(5), v(4)]],
        [[v(1), v(2), v(6), v(5)]],
        [[v(2), v(3), v(7), v(6)]],
        [[v(3), v(0), v(4), v(7)]]]]}])
}

/// Three buildings: A is two parts of 100 m² and three storeys and has no body of its own; C has a body of 200 m² and
/// two storeys and a lift house on it; B is a body of 100 m² and two storeys.
fn world() -> World {
    let mut vertices = Vec::new();
    let objects = json!({
        "A": {"type": "Building", "attributes": {"name": "甲楼", "use": "住宅"}, "children": ["A-1", "A-2"]},
        "A-1": {"type": "BuildingPart", "parents": ["A"], "attributes": {"storeys": 3},
            "geometry": block([0, 0, 0], [10, 10, 9], &mut vertices)},
        "A-2": {"type": "BuildingPart", "parents": ["A"], "attributes": {"storeys": 3},
            "geometry": block([10, 0, 0], [10, 10, 9], &mut vertices)},
        "B": {"type": "Building", "attributes": {"storeys": 2}, "geometry": block([50, 0, 0], [10, 10, 6], &mut vertices)},
        "C": {"type": "Building", "attributes": {"storeys": 2}, "children": ["C-1"],
            "geometry": block([80, 0, 0], [20, 10, 6], &mut vertices)},
        "C-1": {"type": "BuildingPart", "parents": ["C"], "geometry": block([80, 0, 6], [10, 10, 3], &mut vertices)},
    });
    let file = json!({
        "type": "CityJSON", "version": "2.0",
        "transform": {"scale": [1.0, 1.0, 1.0], "translate": [468000.0, 3847000.0, 100.0]},
        "metadata": {"referenceSystem": "https://www.opengis.net/def/crs/EPSG/0/4547"},
        "CityObjects": objects, "vertices": vertices,
    });
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("today.city.json");
    std::fs::write(&path, file.to_string()).unwrap();
    let city = CityFolder::create(dir.path().join("city")).unwrap();
    import_files(&city, &[path], &ImportOptions::default(), &|_, _| {}).unwrap();
    let app = app(AppState::open(city, 1 << 20).unwrap());
    World { _dir: dir, app }
}

impl World {
    async fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        let headers = [(header::CONTENT_TYPE, "application/json"), (header::IF_MATCH, "*")];
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let (status, _, bytes) = request(&self.app, method, path, &headers, body).await;
        let text = String::from_utf8_lossy(&bytes);
        assert!(status.is_success(), "{method} {path}: {status} {text}");
        serde_json::from_str(&text).unwrap()
    }

    async fn scenario(&self) -> String {
        let body = json!({"name": "方案", "author": "王"});
        let made = self.ask("POST", "/api/v1/scenarios", &body).await;
        made["id"].as_str().unwrap().to_owned()
    }

    async fn edit(&self, scenario: &str, edits: Value) -> Value {
        let path = format!("/api/v1/scenarios/{scenario}/edits");
        self.ask("POST", &path, &json!({"author": "王", "edits": edits})).await
    }

    /// States of all features by id.
    async fn states(&self, scenario: &str) -> Vec<(&'static str, FeatureState)> {
        let path = format!("/api/v1/scenarios/{scenario}/states");
        let plain = [(header::ACCEPT_ENCODING, "identity")];
        let (status, _, bytes) = request(&self.app, "GET", &path, &plain, "").await;
        assert_eq!(status, StatusCode::OK);
        let table = StateTable::decode(&bytes).unwrap();
        let mut states = Vec::new();
        for id in ["A", "A-1", "A-2", "B", "C", "C-1"] {
            let feature = self.ask("GET", &format!("/api/v1/features/{id}"), &Value::Null).await;
            states.push((id, table.get(feature["feature_index"].as_u64().unwrap() as u32)));
        }
        states
    }

    /// An indicator of the whole city.
    async fn indicator(&self, scenario: &str, id: &str) -> Value {
        let question = json!({"area": {"city": true}, "scenario": scenario});
        let answer = self.ask("POST", "/api/v1/indicators", &question).await;
        let all = answer["indicators"].as_array().unwrap();
        all.iter().find(|i| i["id"] == id).unwrap().clone()
    }

    async fn value(&self, scenario: &str, id: &str) -> f64 {
        let indicator = self.indicator(scenario, id).await;
        indicator["value"].as_f64().unwrap_or_else(|| panic!("{indicator}"))
    }
}

fn near(found: f64, expected: f64) -> bool {
    (found - expected).abs() < 1.0
}

#[tokio::test]
async fn a_building_is_taken_down_with_its_parts() {
    let world = world();
    let scenario = world.scenario().await;
    let base = world.states("base").await;
    assert!(base.iter().all(|(_, state)| *state == Existing));
    let before = world.value("base", "floor_area").await;
    assert!(near(before, 1_200.0), "600 of A, 200 of B, 400 of C: {before}");

    let written = world
        .edit(
            &scenario,
            json!([{"action": "demolish", "features": ["A", "C", "A-2"]}]),
        )
        .await;
    assert_eq!(
        written["edits"][0]["features"],
        json!(["A", "C", "A-2", "A-1", "C-1"]),
        "a part that is named is not taken twice"
    );
    assert_eq!(
        world.states(&scenario).await,
        [
            ("A", Demolished),
            ("A-1", Demolished),
            ("A-2", Demolished),
            ("B", Existing),
            ("C", Demolished),
            ("C-1", Demolished)
        ]
    );
    let gone = world.value(&scenario, "floor_area_demolished").await;
    assert!(near(gone, 1_000.0), "{gone}");
    let left = world.value(&scenario, "floor_area").await;
    assert!(near(left, 200.0), "{left}");
    assert_eq!(world.value(&scenario, "building_count").await, 1.0);
    assert!(near(world.value("base", "floor_area").await, before));

    let diff = world
        .ask(
            "GET",
            &format!("/api/v1/scenarios/diff?a=base&b={scenario}"),
            &Value::Null,
        )
        .await;
    let removed: Vec<&str> = diff["removed"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|f| f["id"].as_str())
        .collect();
    assert_eq!(removed, ["A", "C", "A-1", "A-2", "C-1"], "{diff}");

    // what is decided later for a part stands, and one step takes all of it back
    world
        .edit(&scenario, json!([{"action": "retain", "features": ["A-1"]}]))
        .await;
    let states = world.states(&scenario).await;
    assert_eq!(
        (states[1].1, states[2].1),
        (Retained, Demolished),
        "part of a building may be kept"
    );
    let undo = format!("/api/v1/scenarios/{scenario}/undo");
    for _ in 0..2 {
        world.ask("POST", &undo, &json!({"author": "王"})).await;
    }
    assert_eq!(world.states(&scenario).await, base);
}

#[tokio::test]
async fn a_building_is_kept_or_changed_with_its_parts() {
    let world = world();
    let scenario = world.scenario().await;
    world
        .edit(&scenario, json!([{"action": "retain", "features": ["A"]}]))
        .await;
    let states = world.states(&scenario).await;
    assert!(states[..3].iter().all(|(_, s)| *s == Retained), "{states:?}");
    assert_eq!(states[3].1, Existing);

    let written = world
        .edit(
            &scenario,
            json!([{"action": "modify", "features": ["A", "C"], "attributes": {"use": "办公", "name": "新名", "floor_area_m2": 450}}]),
        )
        .await;
    let edits = written["edits"].as_array().unwrap();
    assert_eq!(edits.len(), 2, "{written}");
    assert_eq!(edits[0]["features"], json!(["A", "C"]));
    assert_eq!(edits[1]["features"], json!(["A-1", "A-2", "C-1"]));
    assert_eq!(
        edits[1]["attributes"],
        json!({"use": "办公"}),
        "figures and names stay with the building"
    );
    let states = world.states(&scenario).await;
    for (id, state) in states {
        let expected = if id == "B" { Existing } else { Modified };
        assert_eq!(state, expected, "{id}");
    }
    // 300 of each part of A, and C as it is stated: not once more for the lift house
    let changed = world.indicator(&scenario, "floor_area_modified").await;
    assert!(near(changed["value"].as_f64().unwrap(), 1_050.0), "{changed}");
    let by = changed["by"].as_object().unwrap();
    assert!(by.keys().all(|usage| usage == "office"), "{by:?}");

    // added storeys are on the building alone, and go when it goes
    let written = world
        .edit(
            &scenario,
            json!([{"action": "modify", "features": ["C"], "attributes": {"added_storeys": 1}}]),
        )
        .await;
    assert_eq!(written["added"].as_array().unwrap().len(), 1, "{written}");
    let new = world.value(&scenario, "floor_area_new").await;
    assert!(near(new, 200.0), "{new}");
    world
        .edit(&scenario, json!([{"action": "demolish", "features": ["C"]}]))
        .await;
    assert_eq!(world.value(&scenario, "floor_area_new").await, 0.0);
}
