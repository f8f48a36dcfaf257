//! Proposals that come as models: imported into the layer `proposals`, built by a scenario, in tiles of their own.
#![cfg(test)]

use city_model::scenario::{FeatureState, StateTable};
use e2e::city::City;
use e2e::http::Answer;
use e2e::server::Server;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A CityJSON block with its corner at (x, y, 100) in EPSG:4547; integers are centimetres.
fn block(first_vertex: usize) -> Value {
    let v = |k: usize| first_vertex + k;
    json!([[
        [[v(3), v(2), v(1), v(0)]],
        [[v(4), v(5), v(6), v(7)]],
        [[v(0), v(1), v(5), v(4)]],
        [[v(1), v(2), v(6), v(5)]],
        [[v(2), v(3), v(7), v(6)]],
        [[v(3), v(0), v(4), v(7)]]
    ]])
}

fn corners([x, y]: [i64; 2], [dx, dy, dz]: [i64; 3]) -> Vec<[i64; 3]> {
    let ring = [[x, y], [x + dx, y], [x + dx, y + dy], [x, y + dy]];
    let at = |z: i64| ring.map(|[x, y]| [x, y, z]);
    [at(0), at(dz)].concat()
}

fn city_json(objects: Value, vertices: Vec<[i64; 3]>) -> String {
    json!({
        "type": "CityJSON", "version": "2.0",
        "transform": {"scale": [0.01, 0.01, 0.01], "translate": [468000.0, 3847000.0, 100.0]},
        "metadata": {"referenceSystem": "https://www.opengis.net/def/crs/EPSG/0/4547"},
        "CityObjects": objects, "vertices": vertices,
    })
    .to_string()
}

fn solid(first_vertex: usize) -> Value {
    json!([{"type": "Solid", "lod": "1.2", "boundaries": block(first_vertex)}])
}

/// The city as it is: two buildings, and a house beside them as GeoJSON; proposed: the first building as two parts, and
/// a hall as GeoJSON.
fn city() -> City {
    let city = City::empty().unwrap();
    let write = |name: &str, text: String| {
        let path = city.path().with_file_name(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let today = write(
        "today.city.json",
        city_json(
            json!({
                "A": {"type": "Building", "attributes": {"storeys": 3}, "geometry": solid(0)},
                "B": {"type": "Building", "attributes": {"storeys": 2}, "geometry": solid(8)},
            }),
            [
                corners([0, 0], [2000, 1000, 900]),
                corners([5000, 0], [1000, 1000, 600]),
            ]
            .concat(),
        ),
    );
    let model = write(
        "model.city.json",
        city_json(
            json!({
                "A": {"type": "Building", "attributes": {"name": "更新后 A", "storeys": 20}, "children": ["A-1", "A-2"]},
                "A-1": {"type": "BuildingPart", "parents": ["A"], "geometry": solid(0)},
                "A-2": {"type": "BuildingPart", "parents": ["A"], "geometry": solid(8)},
            }),
            [
                corners([0, 0], [1000, 1000, 6000]),
                corners([1000, 0], [1000, 1000, 6000]),
            ]
            .concat(),
        ),
    );
    // the same corner as the blocks have, some 150 m to the east
    let [lon, lat] = [113.6525, 34.7500];
    let hall = write(
        "hall.geojson",
        json!({"type": "FeatureCollection", "features": [{
            "type": "Feature", "id": "hall", "properties": {"name": "社区中心", "class": "Building", "storeys": 2, "height_m": 8.0},
            "geometry": {"type": "Polygon", "coordinates": [[
                [lon, lat], [lon + 2e-4, lat], [lon + 2e-4, lat + 2e-4], [lon, lat + 2e-4], [lon, lat]]]},
        }]})
        .to_string(),
    );
    city.import(&today, &[]).unwrap();
    let report = city.import(&model, &["--layer", "proposals"]).unwrap();
    assert_eq!(report["imported"], 3, "{report}");
    assert_eq!(report["issues"][0]["code"], "import/id-renamed", "{report}");
    let report = city.import(&hall, &["--layer", "proposals"]).unwrap();
    assert_eq!(report["imported"], 1, "{report}");
    city.run(&["publish"], &[]).unwrap();
    city
}

fn feature(server: &Server, id: &str) -> Value {
    let encoded: String = id.bytes().map(|b| format!("%{b:02X}")).collect();
    let answer = server.get(&format!("/api/v1/features/{encoded}"), &[]).unwrap();
    assert_eq!(answer.status, 200, "{id}: {}", String::from_utf8_lossy(&answer.body));
    answer.json().unwrap()
}

fn states(server: &Server, scenario: &str) -> StateTable {
    let path = format!("/api/v1/scenarios/{scenario}/states");
    StateTable::decode(&server.get(&path, &[]).unwrap().body).unwrap()
}

fn create(server: &Server, name: &str) -> String {
    let body = json!({"name": name, "author": "王"});
    let made = server.send("POST", "/api/v1/scenarios", &[], &body).unwrap();
    made.json().unwrap()["id"].as_str().unwrap().to_owned()
}

fn edit(server: &Server, scenario: &str, edits: Value) -> Answer {
    let path = format!("/api/v1/scenarios/{scenario}/edits");
    let body = json!({"author": "王", "edits": edits});
    server.send("POST", &path, &[("if-match", "*")], &body).unwrap()
}

fn floor_area_m2(server: &Server, scenario: &str) -> f64 {
    let body = json!({"area": {"city": true}, "scenario": scenario});
    let answer = server
        .send("POST", "/api/v1/indicators", &[], &body)
        .unwrap()
        .json()
        .unwrap();
    let indicators = answer["indicators"].as_array().unwrap();
    let floor_area = indicators.iter().find(|i| i["id"] == "floor_area");
    floor_area
        .and_then(|i| i["value"].as_f64())
        .unwrap_or_else(|| panic!("{answer}"))
}

#[test]
fn imported_models_are_built_with_their_parts() {
    let city = city();
    let server = Server::start(&city).unwrap();
    let scenario = create(&server, "模型方案");

    // its id was taken by what stands there, and its parts know the new one
    let model = feature(&server, "proposals:A");
    assert_eq!(model["children"], json!(["A-1", "A-2"]));
    assert_eq!(feature(&server, "A")["children"], json!([]));
    let ids = ["proposals:A", "A-1", "A-2", "proposals:hall"];
    let index = |id: &str| feature(&server, id)["feature_index"].as_u64().unwrap() as u32;
    let [base, untouched] = [states(&server, "base"), states(&server, &scenario)];
    for id in ids {
        assert_eq!(base.get(index(id)), FeatureState::Absent, "{id}");
        assert_eq!(untouched.get(index(id)), FeatureState::Absent, "{id}");
    }
    let before_m2 = floor_area_m2(&server, &scenario);
    assert!((before_m2 - 800.0).abs() < 1.0, "{before_m2}");

    let written = edit(
        &server,
        &scenario,
        json!([
            {"action": "demolish", "features": ["A"]},
            {"action": "build", "build": {"features": ["proposals:A", "proposals:A"]}, "phase": "2030"},
        ]),
    );
    assert_eq!(written.status, 200, "{}", String::from_utf8_lossy(&written.body));
    let written = written.json().unwrap();
    assert_eq!(written["edits"][1]["features"], json!(["proposals:A", "A-1", "A-2"]));
    let now = states(&server, &scenario);
    for id in ["proposals:A", "A-1", "A-2"] {
        assert_eq!(now.get(index(id)), FeatureState::Added, "{id}");
        assert_eq!(states(&server, "base").get(index(id)), FeatureState::Absent, "{id}");
    }
    assert_eq!(now.get(index("A")), FeatureState::Demolished);
    assert_eq!(now.get(index("proposals:hall")), FeatureState::Absent);
    // two parts of 100 m² and 60 m, which are twenty storeys of 3 m, and B
    let after_m2 = floor_area_m2(&server, &scenario);
    assert!((after_m2 - 4_200.0).abs() < 5.0, "{after_m2}");
    assert!((floor_area_m2(&server, "base") - 800.0).abs() < 1.0);

    // a model cannot stand before it is built, and is no drawn body
    let early = edit(
        &server,
        &scenario,
        json!([{"action": "demolish", "features": ["A-1"], "phase": "2029"}]),
    );
    assert_eq!(early.status, 422, "{}", String::from_utf8_lossy(&early.body));
    let redrawn = edit(
        &server,
        &scenario,
        json!([{"action": "modify", "features": ["A-1"], "attributes": {"storeys": 12}}]),
    );
    assert_eq!(redrawn.status, 422);
    assert!(String::from_utf8_lossy(&redrawn.body).contains("imported as a model"));

    // and it goes as a whole
    let gone = edit(
        &server,
        &scenario,
        json!([{"action": "demolish", "features": ["proposals:A"]}]),
    );
    assert_eq!(gone.status, 200, "{}", String::from_utf8_lossy(&gone.body));
    assert_eq!(states(&server, &scenario).get(index("A-2")), FeatureState::Absent);
    assert!(
        (floor_area_m2(&server, &scenario) - 200.0).abs() < 1.0,
        "only B is left"
    );
    server.assert_log_clean().unwrap();
}

#[test]
fn imported_models_are_in_tiles_of_their_own() {
    let city = city();
    let server = Server::start(&city).unwrap();
    let tileset = server.get("/tiles/city/tileset.json", &[]).unwrap().json().unwrap();
    let mut by_group: Vec<(String, BTreeSet<String>)> = Vec::new();
    for child in tileset["root"]["children"].as_array().unwrap() {
        let group = [&child["extras"], &child["content"]["extras"]]
            .iter()
            .find_map(|extras| extras["group"].as_str())
            .unwrap()
            .to_owned();
        let uri = child["content"]["uri"].as_str().unwrap();
        let path = format!("/tiles/content/{}", uri.rsplit('/').next().unwrap());
        let below = String::from_utf8(server.get(&path, &[]).unwrap().body).unwrap();
        let names = below.split('"').filter(|word| word.ends_with(".glb"));
        by_group.push((
            group,
            names.map(|name| name.rsplit('/').next().unwrap().to_owned()).collect(),
        ));
    }
    let tiles = |wanted: &str| &by_group.iter().find(|(group, _)| group == wanted).expect(wanted).1;
    for (id, group) in [
        ("A", "buildings"),
        ("B", "buildings"),
        ("A-1", "proposals"),
        ("A-2", "proposals"),
        ("proposals:hall", "proposals"),
    ] {
        let answer = feature(&server, id);
        let drawn_in = answer["tiles"].as_array().unwrap();
        assert!(!drawn_in.is_empty(), "{answer}");
        for name in drawn_in {
            let name = name.as_str().unwrap().rsplit('/').next().unwrap();
            assert!(
                tiles(group).contains(name),
                "{id} is drawn in {name}, which is not of {group}"
            );
        }
    }
    server.assert_log_clean().unwrap();
}

#[test]
fn what_cannot_be_built_is_named_and_nothing_is_written() {
    let city = city();
    let server = Server::start(&city).unwrap();
    let scenario = create(&server, "错误");
    let square = json!({"type": "Polygon", "coordinates": [[
        [113.652, 34.75], [113.6522, 34.75], [113.6522, 34.7502], [113.652, 34.7502], [113.652, 34.75]]]});
    let refused = edit(
        &server,
        &scenario,
        json!([
            {"action": "build", "build": {"features": ["nowhere", "B", "proposals:hall"]}},
            {"action": "build", "build": {"features": ["proposals:hall"], "footprint": square, "storeys": 6, "use": "slab"}},
            {"action": "demolish", "features": ["proposals:hall"]},
            {"action": "build", "features": ["proposals:hall"]},
        ]),
    );
    assert_eq!(refused.status, 422);
    assert!(refused.header("content-type").starts_with("application/problem+json"));
    let answer = refused.json().unwrap();
    let mistakes: Vec<(&str, &str)> = answer["errors"]
        .as_array()
        .unwrap_or_else(|| panic!("{answer}"))
        .iter()
        .map(|m| (m["at"].as_str().unwrap(), m["feature"].as_str().unwrap_or_default()))
        .collect();
    assert_eq!(
        mistakes,
        [
            ("edits[0].build.features", "nowhere"),
            ("edits[0].build.features", "B"),
            ("edits[1].build", ""),
            ("edits[2].features", "proposals:hall"),
            ("edits[3].features", ""),
            ("edits[3]", ""),
        ]
    );
    let hall = feature(&server, "proposals:hall")["feature_index"].as_u64().unwrap() as u32;
    assert_eq!(states(&server, &scenario).get(hall), FeatureState::Absent);
    let path = format!("/api/v1/scenarios/{scenario}");
    assert_eq!(server.get(&path, &[]).unwrap().json().unwrap()["revision"], 1);
}
