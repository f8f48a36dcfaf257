//! Indicators and rules on the demo city, over HTTP and on the command line: they agree with each other and with what
//! the features say.
#![cfg(test)]

use e2e::city::City;
use e2e::server::Server;
use serde_json::{Value, json};

fn post(server: &Server, path: &str, body: &Value) -> (u16, Value) {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let mut answer = agent
        .post(format!("{}{path}", server.address()))
        .send_json(body)
        .unwrap();
    let status = answer.status().as_u16();
    (status, answer.body_mut().read_json().unwrap())
}

fn indicator<'a>(answer: &'a Value, id: &str) -> &'a Value {
    answer["indicators"]
        .as_array()
        .unwrap()
        .iter()
        .find(|i| i["id"] == id)
        .unwrap_or_else(|| panic!("no {id}"))
}

fn value(answer: &Value, id: &str) -> f64 {
    let i = indicator(answer, id);
    i["value"]
        .as_f64()
        .unwrap_or_else(|| panic!("{id} is undecided: {}", i["reason"]))
}

fn rule<'a>(answer: &'a Value, id: &str) -> &'a Value {
    answer["results"]
        .as_array()
        .unwrap()
        .iter()
        .find(|r| r["rule"] == id)
        .unwrap_or_else(|| panic!("no {id}"))
}

#[test]
fn figures_of_the_demo_city_follow_from_its_features() {
    let city = City::demo(2_000, 21).unwrap();
    let server = Server::start(&city).unwrap();
    let (status, whole) = post(&server, "/api/v1/indicators", &json!({"area": {"city": true}}));
    assert_eq!(status, 200, "{whole}");

    // what the buildings of the demo city say themselves; every one of them stands inside of a town office
    let mut stated = 0.0;
    let (mut offset, mut count) = (0, 0);
    loop {
        let path = format!("/ogc/collections/buildings-building/items?limit=5000&offset={offset}");
        let page = server.get(&path, &[]).unwrap().json().unwrap();
        let features = page["features"].as_array().unwrap();
        stated += features
            .iter()
            .filter_map(|f| f["properties"]["floor_area_m2"].as_f64())
            .sum::<f64>();
        count += features.len();
        offset += features.len();
        if features.is_empty() || offset as u64 >= page["numberMatched"].as_u64().unwrap() {
            break;
        }
    }
    assert!(count >= 2_000);
    let floor_area = value(&whole, "floor_area");
    assert!((floor_area - stated).abs() < 0.02 * stated, "{floor_area} of {stated}");
    let far = value(&whole, "floor_area_ratio");
    assert!((far - floor_area / value(&whole, "site_area")).abs() < 1e-9);
    assert_eq!(value(&whole, "demolition_share"), 0.0);
    assert!(value(&whole, "people") > 1_000.0);
    assert!(value(&whole, "pipe_length") > 10_000.0);
    assert!(value(&whole, "pipe_length_3d") >= value(&whole, "pipe_length"));
    assert!((0.01..0.9).contains(&value(&whole, "green_ratio")));
    assert!(
        indicator(&whole, "rebuild_ratio")["reason"]["zh"]
            .as_str()
            .unwrap()
            .contains("没有拆除")
    );

    // the height zone of the old streets is met by what stands there, and is told apart as generated
    let (_, checked) = post(&server, "/api/v1/rules/check", &json!({"area": {"city": true}}));
    let heights = rule(&checked, "height-zones/limit");
    assert_eq!(heights["verdict"], "pass", "{heights}");
    let zone = server
        .get("/api/v1/features/zone-height-1", &[])
        .unwrap()
        .json()
        .unwrap();
    assert_eq!(zone["attributes"]["note"], "示范数据", "{zone}");
    let limit = zone["attributes"]["max_height_m"].as_f64().unwrap();
    let over = heights["value"].as_f64().unwrap();
    assert!(
        over > -limit && over <= value(&whole, "height_max") - limit,
        "{heights}"
    );

    // the parts are the whole: floor area by use, town offices
    let by = indicator(&whole, "floor_area")["by"].as_object().unwrap();
    let parts: f64 = by.values().map(|v| v.as_f64().unwrap()).sum();
    assert!((parts - floor_area).abs() < 1.0, "{by:?}");
    let mut offices = 0.0;
    for n in 1..=5 {
        let (status, zone) = post(
            &server,
            "/api/v1/indicators",
            &json!({"area": {"zone": format!("zone-{n}")}}),
        );
        assert_eq!(status, 200, "{zone}");
        offices += value(&zone, "floor_area");
    }
    assert!(
        (offices - floor_area).abs() < 1e-6 * floor_area,
        "{offices} is not {floor_area}"
    );

    // the command line says the same
    let printed = city.run(&["indicators"], &["--project", "project-01"]).unwrap();
    let (_, served) = post(
        &server,
        "/api/v1/indicators",
        &json!({"area": {"project": "project-01"}}),
    );
    assert_eq!(printed, served);
    let printed = city.run(&["check-rules"], &["--project", "project-01"]).unwrap();
    let (_, served) = post(
        &server,
        "/api/v1/rules/check",
        &json!({"area": {"project": "project-01"}}),
    );
    assert_eq!(printed, served);
    assert_eq!(rule(&served, "jianke63/rent")["verdict"], "not_decidable");
    assert_eq!(rule(&served, "jianke63/demolition-share")["verdict"], "pass");
    server.assert_log_clean().unwrap();
}

#[test]
fn the_catalogues_name_unit_formula_and_source() {
    let city = City::demo(2_000, 22).unwrap();
    let server = Server::start(&city).unwrap();
    let catalogue = server.get("/api/v1/indicators", &[]).unwrap().json().unwrap();
    let indicators = catalogue["indicators"].as_array().unwrap();
    assert!(indicators.len() >= 25, "{}", indicators.len());
    for i in indicators {
        for key in ["id", "unit", "source", "group"] {
            assert!(i[key].as_str().is_some_and(|t| !t.is_empty()), "{i}");
        }
        assert!(
            i["formula"]["zh"].is_string() && i["formula"]["en"].is_string() && i["verified"].is_boolean(),
            "{i}"
        );
    }
    let rules = server.get("/api/v1/rules", &[]).unwrap().json().unwrap();
    assert_eq!(rules["faults"], json!([]));
    assert!(
        rules["files"]
            .as_array()
            .unwrap()
            .iter()
            .any(|f| f["id"] == "gb-50180-2018")
    );

    // a rule file of the city with a typo: named, and the others stay in force
    let folder = city.path().join("rules");
    std::fs::create_dir(&folder).unwrap();
    let own = json!({
        "schema": "chengjing-rules/1", "id": "own", "title": {"zh": "本市", "en": "Own"}, "source": "test",
        "rules": [
            {"id": "own/cover", "title": {"zh": "密度", "en": "Cover"}, "clause": "1", "value": {"indicator": "building_density"},
             "comparator": "<=", "limit": 0.9, "unit": "1", "verified": false},
            {"id": "own/typo", "title": {"zh": "错", "en": "Typo"}, "clause": "2", "value": {"indicator": "building_densty"},
             "comparator": "<=", "limit": 0.9, "unit": "1", "verified": false}
        ]
    });
    std::fs::write(folder.join("own.json"), own.to_string()).unwrap();
    let (status, checked) = post(
        &server,
        "/api/v1/rules/check",
        &json!({"area": {"project": "project-03"}}),
    );
    assert_eq!(status, 200, "{checked}");
    assert_eq!(rule(&checked, "own/cover")["verdict"], "pass");
    assert_eq!(checked["faults"][0]["file"], "own.json");
    assert_eq!(checked["faults"][0]["pointer"], "/rules/1/value/indicator");
    assert!(checked["results"].as_array().unwrap().len() > 10);
}

#[test]
fn areas_that_cannot_be_used_are_refused_with_the_reason() {
    let city = City::demo(2_000, 23).unwrap();
    let server = Server::start(&city).unwrap();
    let manifest = server.get("/api/v1/manifest", &[]).unwrap().json().unwrap();
    let [lon, lat] = [0, 1].map(|k| manifest["origin_lon_lat_height"][k].as_f64().unwrap());
    let ring = |points: &[[f64; 2]]| {
        let ring: Vec<[f64; 2]> = points.iter().map(|p| [lon + p[0], lat + p[1]]).collect();
        json!({"area": {"polygon": {"type": "Polygon", "coordinates": [ring]}}})
    };
    let square = ring(&[[0.0, 0.0], [0.002, 0.0], [0.002, 0.002], [0.0, 0.002], [0.0, 0.0]]);
    let (status, good) = post(&server, "/api/v1/indicators", &square);
    assert_eq!(status, 200, "{good}");
    // 0.002° of latitude are 222 m, of longitude at 34.75° north 183 m
    assert!(
        (value(&good, "site_area") - 222.0 * 183.0).abs() < 400.0,
        "{}",
        value(&good, "site_area")
    );

    let bow_tie = ring(&[[0.0, 0.0], [0.002, 0.002], [0.002, 0.0], [0.0, 0.002], [0.0, 0.0]]);
    let far = ring(&[[1.0, 1.0], [1.1, 1.0], [1.1, 1.1], [1.0, 1.0]]);
    let point = json!({"area": {"polygon": {"type": "Point", "coordinates": [lon, lat]}}});
    let mut no_day = square;
    no_day["phase"] = "next year".into();
    for (question, status, words) in [
        (bow_tie, 422, "not a valid polygon"),
        (far, 422, "outside of the city"),
        (point, 422, "Polygon or MultiPolygon is needed"),
        (
            json!({"area": {"polygon": {"type": "Polygon", "coordinates": [[[500, 95], [1, 2], [3, 4], [500, 95]]]}}}),
            422,
            "no longitude and latitude",
        ),
        (json!({"area": {"project": "no-such-project"}}), 404, "no project"),
        (
            json!({"area": {"city": true}, "scenario": "s-nothing1"}),
            404,
            "no scenario",
        ),
        (no_day, 422, "is no date"),
        (json!({"aera": {"city": true}}), 400, "aera"),
    ] {
        for path in ["/api/v1/indicators", "/api/v1/rules/check"] {
            let (found, problem) = post(&server, path, &question);
            assert_eq!(found, status, "{question}: {problem}");
            assert!(problem.to_string().contains(words), "{words:?} is not in {problem}");
        }
    }
    server.assert_log_clean().unwrap();
}

#[test]
fn a_scenario_changes_the_figures_and_the_verdicts() {
    let city = City::demo(2_000, 24).unwrap();
    let server = Server::start(&city).unwrap();
    let area = json!({"project": "project-01"});
    let (_, before) = post(&server, "/api/v1/indicators", &json!({"area": area}));
    let listed = indicator(&before, "building_count")["features"]
        .as_array()
        .unwrap()
        .clone();
    assert!(listed.len() >= 4, "the project holds buildings: {}", listed.len());

    let (status, made) = post(&server, "/api/v1/scenarios", &json!({"name": "test", "author": "e2e"}));
    assert_eq!(status, 201, "{made}");
    let id = made["id"].as_str().unwrap();
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let edit = json!({"author": "e2e", "edits": [{"action": "demolish", "features": listed}]});
    let mut answer = agent
        .post(format!("{}/api/v1/scenarios/{id}/edits", server.address()))
        .header("if-match", format!("\"{id}-{}\"", made["revision"]))
        .send_json(&edit)
        .unwrap();
    let status = answer.status().as_u16();
    let body: Value = answer.body_mut().read_json().unwrap();
    assert!(status < 300, "{status} {body}");

    let question = json!({"area": area, "scenario": id, "baseline": {"scenario": "base"}});
    let (status, after) = post(&server, "/api/v1/indicators", &question);
    assert_eq!(status, 200, "{after}");
    assert_eq!(value(&after, "building_count"), 0.0);
    assert!(
        value(&after, "demolition_share") > 0.9,
        "{}",
        value(&after, "demolition_share")
    );
    let floor_area = indicator(&after, "floor_area");
    let [now, was, change] = ["value", "baseline", "change"].map(|k| floor_area[k].as_f64().unwrap());
    assert_eq!(was, value(&before, "floor_area"));
    assert!((now - was - change).abs() < 1e-6 && change < 0.0);
    let (_, checked) = post(&server, "/api/v1/rules/check", &json!({"area": area, "scenario": id}));
    assert_eq!(rule(&checked, "jianke63/demolition-share")["verdict"], "fail");
    assert!(rule(&checked, "jianke63/demolition-share")["margin"].as_f64().unwrap() < -0.5);
    assert_eq!(
        rule(&checked, "jianke63/rebuild-ratio")["verdict"],
        "pass",
        "nothing is built"
    );
    // the base is what it was
    let (_, base) = post(&server, "/api/v1/indicators", &json!({"area": area}));
    assert_eq!(base, before);
    server.assert_log_clean().unwrap();
}
