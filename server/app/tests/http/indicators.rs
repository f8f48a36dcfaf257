//! Indicators and rules over the router: the hand-computed worlds of `tests/fixtures/indicators`, imported as a user
//! would, give the same figures as the kernel's tests.

use super::city::request;
use axum::Router;
use axum::http::{StatusCode, header};
use chengjing::http::AppState;
use chengjing::import::{ImportOptions, import_files};
use chengjing::routes::app;
use scene_store::CityFolder;
use serde_json::{Value, json};
use std::path::PathBuf;

struct World {
    _dir: tempfile::TempDir,
    city: CityFolder,
    app: Router,
    fixture: Value,
    /// Data layer: it stands before the ids of GeoJSON features, which the fixtures name without it.
    layer: String,
}

/// A city of a fixture, without what only scenarios build.
fn world(name: &str) -> World {
    world_with(name, |_| {})
}

/// The same with properties of its features changed.
fn world_with(name: &str, change: impl Fn(&mut Value)) -> World {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/fixtures/indicators")
        .join(name);
    let fixture: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut base = fixture.clone();
    base["features"]
        .as_array_mut()
        .unwrap()
        .retain(|f| f["properties"]["proposal"] != true);
    base["features"]
        .as_array_mut()
        .unwrap()
        .iter_mut()
        .for_each(|f| change(&mut f["properties"]));
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join(name);
    std::fs::write(&file, base.to_string()).unwrap();
    let city = CityFolder::create(dir.path().join("city")).unwrap();
    import_files(&city, &[file], &ImportOptions::default(), &|_, _| {}).unwrap();
    let state = AppState::open(city.clone(), 1 << 20).unwrap();
    World {
        _dir: dir,
        city,
        app: app(state),
        fixture,
        layer: name.trim_end_matches(".geojson").to_owned(),
    }
}

impl World {
    async fn ask(
        &self,
        method: &str,
        path: &str,
        body: &Value,
        headers: &[(header::HeaderName, &str)],
    ) -> (StatusCode, Value) {
        let json = [(header::CONTENT_TYPE, "application/json")];
        let (status, _, bytes) = request(&self.app, method, path, &[&json, headers].concat(), body.to_string()).await;
        let text = String::from_utf8_lossy(&bytes).replace(&format!("\"{}:", self.layer), "\"");
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    /// Id of a feature of the fixture in the city.
    fn id(&self, own: &str) -> String {
        format!("{}:{own}", self.layer)
    }

    async fn post(&self, path: &str, body: &Value) -> Value {
        let (status, answer) = self.ask("POST", path, body, &[]).await;
        assert_eq!(status, StatusCode::OK, "{path} {body}: {answer}");
        answer
    }
}

fn near(found: f64, expected: f64) -> bool {
    (found - expected).abs() <= 1e-5 * expected.abs().max(1.0)
}

fn indicator<'a>(answer: &'a Value, id: &str) -> &'a Value {
    answer["indicators"]
        .as_array()
        .unwrap()
        .iter()
        .find(|i| i["id"] == id)
        .unwrap()
}

fn rule<'a>(answer: &'a Value, id: &str) -> &'a Value {
    answer["results"]
        .as_array()
        .unwrap()
        .iter()
        .find(|r| r["rule"] == id)
        .unwrap()
}

#[tokio::test]
async fn the_hand_computed_worlds_give_the_same_over_http() {
    for name in ["block", "renewal", "pipes", "coverage", "zones", "facilities"] {
        let world = world(&format!("{name}.geojson"));
        let case = &world.fixture["cases"][0];
        let area = json!({"area": {"project": world.id("site")}});
        let answer = world.post("/api/v1/indicators", &area).await;
        assert_eq!(answer["scenario"], json!({"id": "base", "revision": 0, "phase": null}));
        assert_eq!(answer["area"]["kind"], "project");
        for (id, expected) in case["expect"].as_object().unwrap() {
            let found = indicator(&answer, id);
            let value = if expected.is_object() {
                &expected["value"]
            } else {
                expected
            };
            match value.as_f64() {
                Some(expected) => {
                    let value = found["value"].as_f64().unwrap_or_else(|| panic!("{name}: {found}"));
                    assert!(near(value, expected), "{name}: {id} is {value}, not {expected}");
                }
                None => assert!(
                    found["value"].is_null() && found["reason"]["zh"].is_string(),
                    "{name}: {found}"
                ),
            }
            if let Some(features) = expected.get("features").and_then(Value::as_array) {
                let mut found: Vec<&str> = found["features"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .filter_map(Value::as_str)
                    .collect();
                let mut expected: Vec<&str> = features.iter().filter_map(Value::as_str).collect();
                found.sort_unstable();
                expected.sort_unstable();
                assert_eq!(found, expected, "{name}: {id}");
            }
        }
        let answer = world.post("/api/v1/rules/check", &area).await;
        assert_eq!(answer["faults"], json!([]));
        for (id, expected) in case["rules"].as_object().unwrap() {
            let found = rule(&answer, id);
            assert_eq!(found["verdict"], expected["verdict"], "{name}: {found}");
            if let Some(value) = expected.get("value").and_then(Value::as_f64) {
                assert!(near(found["value"].as_f64().unwrap(), value), "{name}: {id}: {found}");
            }
        }
    }
}

#[tokio::test]
async fn parks_of_openstreetmap_are_parks() {
    let world = world_with("coverage.geojson", |properties| {
        if properties["land_use"] == "park" {
            *properties = json!({"leisure": "park", "name": properties["name"]});
        }
    });
    let park = world
        .ask(
            "GET",
            &format!("/api/v1/features/{}", world.id("park")),
            &json!({}),
            &[],
        )
        .await
        .1;
    assert_eq!(park["class"], "PlantCover", "{park}");
    let area = json!({"area": {"project": world.id("site")}});
    let found = world.post("/api/v1/rules/check", &area).await;
    let coverage = rule(&found, "green/coverage");
    let expected = &world.fixture["cases"][0]["rules"]["green/coverage"];
    assert!(near(coverage["value"].as_f64().unwrap(), 0.5), "{coverage}");
    assert_eq!(coverage["features"], expected["features"]);
}

#[tokio::test]
async fn edits_of_a_scenario_move_the_figures_and_leave_the_base() {
    let world = world("renewal.geojson");
    let base = json!({"area": {"project": world.id("site")}});
    let before = world.post("/api/v1/indicators", &base).await;
    let (status, made) = world
        .ask("POST", "/api/v1/scenarios", &json!({"name": "甲", "author": "王"}), &[])
        .await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    let id = made["id"].as_str().unwrap().to_owned();
    let edits = json!({"author": "王", "edits": [
        {"action": "demolish", "features": [world.id("old-1"), world.id("old-4")], "phase": "2027-01-01"},
        {"action": "modify", "features": [world.id("old-3")], "attributes": {"floor_area_m2": 1200}},
    ]});
    let etag = format!("\"{id}-{}\"", made["revision"]);
    let path = format!("/api/v1/scenarios/{id}/edits");
    let (status, edited) = world.ask("POST", &path, &edits, &[(header::IF_MATCH, &etag)]).await;
    assert_eq!(status, StatusCode::OK, "{edited}");

    let question = json!({"area": {"project": world.id("site")}, "scenario": id, "baseline": {"scenario": "base"}});
    let after = world.post("/api/v1/indicators", &question).await;
    assert_eq!(after["scenario"]["revision"], edited["revision"]);
    let value = |answer: &Value, id: &str| indicator(answer, id)["value"].as_f64().unwrap();
    assert!(near(value(&after, "floor_area_demolished"), 1500.0));
    assert!(near(value(&after, "floor_area_modified"), 1200.0));
    assert!(near(value(&after, "floor_area"), 3000.0 + 1200.0 + 200.0));
    assert!(near(
        indicator(&after, "floor_area")["baseline"].as_f64().unwrap(),
        5500.0
    ));
    assert!(near(
        indicator(&after, "floor_area")["change"].as_f64().unwrap(),
        -1100.0
    ));
    assert_eq!(
        indicator(&after, "floor_area_demolished")["features"],
        json!(["old-1", "old-4"])
    );
    // 1,000 of 5,500 m²: the class-D building is excepted
    let checked = world.post("/api/v1/rules/check", &question).await;
    let share = rule(&checked, "jianke63/demolition-share");
    assert_eq!(share["verdict"], "pass");
    assert!(near(share["value"].as_f64().unwrap(), 1000.0 / 5500.0), "{share}");
    assert!(
        share["exceptions"]
            .as_array()
            .unwrap()
            .iter()
            .any(|x| x["id"] == "dangerous" && x["features"] == json!(["old-4"]))
    );
    // before the phase of the demolition they stand
    let mut early = question.clone();
    early["phase"] = "2026-06-30".into();
    let early = world.post("/api/v1/indicators", &early).await;
    assert_eq!(early["scenario"]["phase"], "2026-06-30");
    assert!(near(value(&early, "floor_area_demolished"), 0.0));
    // the base is what it was
    assert_eq!(world.post("/api/v1/indicators", &base).await, before);
}

#[tokio::test]
async fn rules_of_the_city_and_bad_questions_are_told_apart() {
    let world = world("block.geojson");
    let folder = world.city.root().join("rules");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(
        folder.join("own.json"),
        "{\"schema\": \"chengjing-rules/1\", \"id\": 3}",
    )
    .unwrap();
    let (status, list) = world.ask("GET", "/api/v1/rules", &Value::Null, &[]).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(
        (&list["faults"][0]["file"], &list["faults"][0]["pointer"]),
        (&json!("own.json"), &json!("/id"))
    );
    assert!(list["files"].as_array().unwrap().len() >= 5);
    let square = |x: f64| json!({"type": "Polygon", "coordinates": [[[114.0 + x, 34.75], [114.001 + x, 34.75], [114.001 + x, 34.751], [114.0 + x, 34.75]]]});
    for (question, status) in [
        (json!({}), StatusCode::BAD_REQUEST),
        (json!({"area": {"moon": "x"}}), StatusCode::BAD_REQUEST),
        (json!({"area": {"project": "none"}}), StatusCode::NOT_FOUND),
        (json!({"area": {"zone": world.id("site")}}), StatusCode::NOT_FOUND),
        (json!({"area": {"city": false}}), StatusCode::UNPROCESSABLE_ENTITY),
        (
            json!({"area": {"polygon": square(3.0)}}),
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
        (
            json!({"area": {"project": world.id("site")}, "phase": "2026-13-45"}),
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
        (
            json!({"area": {"project": world.id("site")}, "scenario_revision": 4}),
            StatusCode::NOT_FOUND,
        ),
    ] {
        let (found, problem) = world.ask("POST", "/api/v1/indicators", &question, &[]).await;
        assert_eq!(found, status, "{question}: {problem}");
        assert!(problem["detail"].as_str().is_some_and(|d| !d.is_empty()), "{problem}");
    }
    let settings = json!({"area": {"project": world.id("site")}, "settings": {"climate_zone": ["II"]}});
    let (status, problem) = world.ask("POST", "/api/v1/rules/check", &settings, &[]).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{problem}");
    assert_eq!(problem["errors"][0]["at"], "settings.climate_zone");
    let settings = json!({"area": {"project": world.id("site")}, "settings": {"climate_zone": "III"}});
    let checked = world.post("/api/v1/rules/check", &settings).await;
    assert_eq!(rule(&checked, "gb50180/far")["limit"], 1.6);
}

#[tokio::test]
async fn features_that_count_come_with_their_numbers() {
    let world = world("renewal.geojson");
    let (_, city) = world.ask("GET", "/ogc/collections", &Value::Null, &[]).await;
    let mut number_of = std::collections::BTreeMap::new();
    for collection in city["collections"].as_array().unwrap() {
        let path = format!(
            "/ogc/collections/{}/items?limit=1000",
            collection["id"].as_str().unwrap()
        );
        let (_, page) = world.ask("GET", &path, &Value::Null, &[]).await;
        for feature in page["features"].as_array().unwrap() {
            let id = feature["id"].as_str().unwrap().to_owned();
            let (_, answer) = world
                .ask("GET", &format!("/api/v1/features/{}", world.id(&id)), &Value::Null, &[])
                .await;
            number_of.insert(id, answer["feature_index"].as_u64().unwrap());
        }
    }
    let area = json!({"area": {"project": world.id("site")}});
    let figures = world.post("/api/v1/indicators", &area).await;
    let verdicts = world.post("/api/v1/rules/check", &area).await;
    let answers = figures["indicators"].as_array().unwrap().iter();
    let results = verdicts["results"].as_array().unwrap();
    let exceptions = results.iter().flat_map(|r| r["exceptions"].as_array().unwrap());
    let mut num_features = 0;
    for answer in answers.chain(results).chain(exceptions) {
        let ids = answer["features"].as_array().unwrap().iter();
        let wanted: Vec<u64> = ids.map(|id| number_of[id.as_str().unwrap()]).collect();
        assert_eq!(answer["feature_indices"], json!(wanted), "{answer}");
        num_features += wanted.len();
    }
    assert!(num_features > 10, "{num_features}");
    let (_, document) = world.ask("GET", "/openapi.json", &Value::Null, &[]).await;
    for schema in ["IndicatorAnswer", "RuleAnswer", "ExceptionAnswer"] {
        let described = &document["components"]["schemas"][schema]["properties"]["feature_indices"];
        assert_eq!(described["type"], "array", "{schema}");
    }
}
