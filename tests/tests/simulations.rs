//! Simulations on the demo city: jobs over HTTP and the command line give the same result, which can be probed,
//! exported and compared; what cannot be done is refused with the reason.
#![cfg(test)]

use e2e::city::City;
use e2e::server::Server;
use flate2::read::GzDecoder;
use serde_json::{Value, json};
use std::io::Read as _;
use std::time::{Duration, Instant};

/// A job that has not ended by then never will.
const PATIENCE: Duration = Duration::from_secs(600);

fn send(server: &Server, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let url = format!("{}{path}", server.address());
    let mut answer = match (method, body) {
        ("POST", Some(body)) => agent.post(url).send_json(body).unwrap(),
        ("DELETE", _) => agent.delete(url).call().unwrap(),
        _ => agent.get(url).call().unwrap(),
    };
    let status = answer.status().as_u16();
    (
        status,
        answer.body_mut().with_config().limit(1 << 30).read_json().unwrap(),
    )
}

/// Runs a simulation to its end; its result.
fn run(server: &Server, name: &str, question: &Value) -> (String, Value) {
    let (status, job) = send(server, "POST", &format!("/api/v1/simulations/{name}"), Some(question));
    assert!(status == 200 || status == 202, "{name}: {job}");
    let key = job["key"].as_str().unwrap().to_owned();
    let ended = wait(server, &key);
    assert_eq!(ended["state"], "done", "{name}: {ended}");
    let (status, result) = send(server, "GET", &format!("/api/v1/jobs/{key}/result"), None);
    assert_eq!(status, 200);
    (key, result)
}

fn wait(server: &Server, key: &str) -> Value {
    let started = Instant::now();
    loop {
        let (status, job) = send(server, "GET", &format!("/api/v1/jobs/{key}"), None);
        assert_eq!(status, 200, "{job}");
        if !matches!(job["state"].as_str(), Some("queued" | "running")) {
            return job;
        }
        assert!(started.elapsed() < PATIENCE, "{job}");
        std::thread::yield_now();
    }
}

fn layer<'a>(result: &'a Value, key: &str) -> &'a Value {
    let layers = result["layers"].as_array().unwrap();
    layers.iter().find(|layer| layer["key"] == key).unwrap_or_else(|| {
        panic!(
            "no layer {key} among {:?}",
            layers.iter().map(|l| &l["key"]).collect::<Vec<_>>()
        )
    })
}

/// A building of the demo that stands close behind others, and a square around it.
fn square(server: &Server, half_deg: f64) -> Value {
    let page = server
        .get("/ogc/collections/buildings-building/items?limit=3000", &[])
        .unwrap()
        .json()
        .unwrap();
    let homes: Vec<&Value> = page["features"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|f| f["properties"]["use"] == "住宅")
        .collect();
    let [x, y] = [0, 1].map(|i| {
        homes[homes.len() / 2]["geometry"]["coordinates"][0][0][i]
            .as_f64()
            .unwrap()
    });
    let d = half_deg;
    json!({"type": "Polygon", "coordinates": [[[x - d, y - d], [x + d, y - d], [x + d, y + d], [x - d, y + d], [x - d, y - d]]]})
}

#[test]
fn every_simulation_answers_on_the_demo_city() {
    let city = City::demo(2_000, 21).unwrap();
    let server = Server::start(&city).unwrap();
    let (_, catalogue) = send(&server, "GET", "/api/v1/simulations", None);
    let names: Vec<&str> = catalogue["simulations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s["name"].as_str().unwrap())
        .collect();
    for name in ["sunshine", "flood", "hydraulics", "isolation", "reach"] {
        assert!(names.contains(&name), "{names:?}");
    }
    let area = json!({"polygon": square(&server, 0.0012)});

    let (sun_key, sun) = run(
        &server,
        "sunshine",
        &json!({"area": area, "params": {"spacing_m": 4.0}}),
    );
    let verdicts = sun["verdicts"].as_array().unwrap();
    assert!(!verdicts.is_empty());
    for verdict in verdicts {
        let hours = verdict["value"].as_f64().unwrap();
        // the window of the great cold day is eight hours
        assert!((0.0..=8.0).contains(&hours), "{verdict}");
        let passes = hours >= verdict["limit"]["value"].as_f64().unwrap();
        match verdict["verdict"].as_str().unwrap() {
            "pass" => assert!(passes, "{verdict}"),
            "fail" => assert!(!passes, "{verdict}"),
            _ => {}
        }
    }

    let rain = json!({"kind": "storm", "formula": "zhengzhou-measures", "return_period_a": 50.0, "duration_min": 30.0});
    let question = json!({"area": area, "params": {"cell_m": 6.0, "run": {"rain": rain, "simulated_min": 40.0, "output_step_min": 10.0}}});
    let (flood_key, flood) = run(&server, "flood", &question);
    // what holds at the sides is told, and nothing stands against a wall that is not there
    let codes = |outcome: &Value| -> Vec<String> {
        let notes = outcome["notes"].as_array().unwrap().iter();
        notes.map(|note| note["code"].as_str().unwrap().to_owned()).collect()
    };
    let told = codes(&flood);
    assert!(told.iter().any(|code| code == "flood/sides"), "{told:?}");
    assert!(!told.iter().any(|code| code == "flood/deepest-at-side"), "{told:?}");
    let mut walled = question.clone();
    walled["params"]["run"]["sides"] = json!({"west": {"kind": "closed"}, "east": {"kind": "closed"}, "south": {"kind": "closed"}, "north": {"kind": "closed"}});
    let outflow_m3 = |outcome: &Value| {
        let tables = outcome["tables"].as_array().unwrap().iter();
        let balance = tables.clone().find(|table| table["key"] == "balance").unwrap()["rows"]
            .as_array()
            .unwrap();
        balance.iter().find(|row| row[0] == "outflow").unwrap()[3]
            .as_f64()
            .unwrap()
    };
    let (_, walled) = run(&server, "flood", &walled);
    assert!(
        outflow_m3(&flood) > 1.0 && outflow_m3(&walled) == 0.0,
        "{} m³",
        outflow_m3(&flood)
    );

    let depth = flood["layers"]
        .as_array()
        .unwrap()
        .iter()
        .find(|l| l["key"] == "depth")
        .expect("depth over time");
    assert_eq!(depth["times_s"].as_array().unwrap().len(), 5);
    assert!(depth["range"][1].as_f64().unwrap() > 0.02);

    let (_, water) = run(
        &server,
        "hydraulics",
        &json!({"params": {"run": {"has_age": false, "duration_s": 7200}}}),
    );
    assert!(layer(&water, "pressure")["count"].as_u64().unwrap() > 100);
    assert!(!water["notes"].as_array().unwrap().is_empty(), "assumptions are stated");

    let pipes = server
        .get("/ogc/collections/underground-JS/items?limit=4000", &[])
        .unwrap()
        .json()
        .unwrap();
    let widest = pipes["features"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|f| f["properties"]["class"] == "Pipe")
        .max_by_key(|f| f["properties"]["diameter_mm"].as_f64().unwrap_or_default() as u64)
        .unwrap();
    let (_, cut) = run(&server, "isolation", &json!({"params": {"pipe": widest["id"]}}));
    assert!(
        cut["tables"]
            .as_array()
            .unwrap()
            .iter()
            .any(|t| !t["rows"].as_array().unwrap().is_empty()),
        "{cut}"
    );

    let (_, reach) = run(&server, "reach", &json!({"params": {"from_kind": "primary_school"}}));
    assert!(!reach["layers"].as_array().unwrap().is_empty());
    // the demo states its people and its residential land; the built-up area is that of the question
    let told = codes(&reach);
    assert!(told.iter().any(|code| code == "reach/built-up"), "{told:?}");
    assert!(!told.iter().any(|code| code == "reach/land-estimated"), "{told:?}");

    // the same question is the same result, at once
    let (status, again) = send(&server, "POST", "/api/v1/simulations/flood", Some(&question));
    assert_eq!(
        (status, &again["state"], &again["key"]),
        (200, &json!("done"), &json!(flood_key))
    );

    // overlays, rasters and tables of it; and the difference of a thing with itself is nothing
    let key = depth["key"].as_str().unwrap();
    let path = format!("/api/v1/jobs/{flood_key}/layers/{key}");
    let tiff = server.get(&format!("{path}?format=tiff"), &[]).unwrap();
    assert_eq!(&tiff.body[..4], b"II*\0");
    let csv = server.get(&format!("{path}?format=csv"), &[]).unwrap();
    assert!(String::from_utf8_lossy(&csv.body).contains("time_s"));
    let own = format!(
        "{path}/probe?lon={}&lat={}&minus={flood_key}",
        area["polygon"]["coordinates"][0][0][0].as_f64().unwrap() + 0.0012,
        area["polygon"]["coordinates"][0][0][1].as_f64().unwrap() + 0.0012
    );
    let (status, probe) = send(&server, "GET", &own, None);
    assert_eq!(status, 200, "{probe}");
    assert!(
        probe["values"]
            .as_array()
            .unwrap()
            .iter()
            .all(|v| v.is_null() || v == 0.0),
        "{probe}"
    );
    assert_ne!(sun_key, flood_key);

    // the command line finds the same result
    std::fs::write(city.path().join("flood.json"), question["params"].to_string()).unwrap();
    std::fs::write(city.path().join("area.json"), area["polygon"].to_string()).unwrap();
    let [params, area] = ["flood.json", "area.json"].map(|file| city.path().join(file).display().to_string());
    let told = city
        .run(
            &["simulate", "flood", "--city"],
            &["--params", &params, "--area", &area],
        )
        .unwrap();
    assert_eq!(told["key"], json!(flood_key));
    assert_eq!(told["is_cached"], true);
    server.assert_log_clean().unwrap();
    server.stop().unwrap();
}

/// The buildings of Delft come without a use, land without one and people without numbers.
#[test]
fn a_city_that_lacks_data_is_told_what_it_lacks() {
    let city = City::of_files(&[&e2e::sample("delft/delft_fcb.city.jsonl")], &[]).unwrap();
    let server = Server::start(&city).unwrap();
    let params = |assumed: bool, with_facades: bool| json!({"spacing_m": 4.0, "with_facades": with_facades, "with_blame": false, "assume_residential": assumed});
    let sun = |assumed: bool| run(&server, "sunshine", &json!({"params": params(assumed, false)})).1;
    let note = |outcome: &Value, code: &str| {
        let notes = outcome["notes"].as_array().unwrap().iter();
        let found: Vec<Value> = notes.filter(|note| note["code"] == code).cloned().collect();
        found.first().cloned().unwrap_or_default()
    };
    let silent = sun(false);
    assert!(silent["verdicts"].as_array().unwrap().is_empty());
    let unknown = note(&silent, "sunshine/unknown-use");
    assert!(!unknown["features"].as_array().unwrap().is_empty(), "{silent}");
    assert!(
        unknown["text"]["zh"].as_str().unwrap().contains("用途未知"),
        "{unknown}"
    );
    let assumed = sun(true);
    let judged = assumed["verdicts"].as_array().unwrap();
    assert!(judged.iter().any(|verdict| verdict["verdict"] == "pass"), "{assumed}");
    assert_eq!(
        note(&assumed, "sunshine/assumed-residential")["features"],
        unknown["features"]
    );
    assert!(note(&assumed, "sunshine/unknown-use").is_null());
    let (_, job) = send(&server, "POST", "/api/v1/simulations/hydraulics", Some(&json!({})));
    let ended = wait(&server, job["key"].as_str().unwrap());
    assert_eq!(ended["state"], "failed");
    assert!(
        ended["error"]["zh"].as_str().unwrap().contains("没有给水管线"),
        "{ended}"
    );

    // there a building is an outline, and its parts are what stands and is drawn: they block and are painted, have its
    // colour and answer with its value
    let [west, south] = [4.3672, 52.0000];
    let ring = [[0.0, 0.0], [0.0015, 0.0], [0.0015, 0.001], [0.0, 0.001], [0.0, 0.0]];
    let ring = ring.map(|[x, y]| [west + x, south + y]);
    let area = json!({"polygon": {"type": "Polygon", "coordinates": [ring]}});
    let (key, painted) = run(
        &server,
        "sunshine",
        &json!({"area": area, "params": params(true, true)}),
    );
    let facades = layer(&painted, "facade_hours");
    assert!(facades["count"].as_u64().unwrap() > 500, "{facades}");
    let building = painted["verdicts"][0]["feature"].as_str().unwrap();
    let get = |path: &str| send(&server, "GET", path, None).1;
    let part = get(&format!("/api/v1/features/{building}"))["children"][0]
        .as_str()
        .unwrap()
        .to_owned();
    let index = get(&format!("/api/v1/features/{part}"))["feature_index"]
        .as_u64()
        .unwrap() as u32;
    let path = format!("/api/v1/jobs/{key}/layers/building_hours");
    let bytes = server.get(&path, &[]).unwrap().body;
    let mut whole = vec![];
    GzDecoder::new(bytes.as_slice()).read_to_end(&mut whole).unwrap();
    let overlay = city_model::overlay::Overlay::decode(&whole).unwrap();
    assert!(
        overlay.features.contains(&index),
        "the part {part} has the colour of {building}"
    );
    let [of_part, of_building] =
        [&part, building].map(|id| get(&format!("{path}/probe?feature={id}"))["values"].clone());
    assert!(of_part[0].is_number());
    assert_eq!(of_part, of_building);
    server.assert_log_clean().unwrap();
    server.stop().unwrap();
}

#[test]
fn what_cannot_be_simulated_is_refused_with_the_reason_and_alone() {
    let city = City::demo(2_000, 3).unwrap();
    let server = Server::start(&city).unwrap();
    let post = |name: &str, body: Value| send(&server, "POST", &format!("/api/v1/simulations/{name}"), Some(&body));
    let (status, problem) = post("weather", json!({}));
    assert_eq!(status, 404);
    assert!(problem["detail"].as_str().unwrap().contains("sunshine"), "{problem}");
    let (status, problem) = post("sunshine", json!({"params": {"spacing": 2}}));
    assert_eq!(status, 422);
    assert!(problem["detail"].as_str().unwrap().contains("spacing"), "{problem}");
    let (status, problem) = post("flood", json!({"params": {"cell_m": 0.0}}));
    assert_eq!(status, 422);
    assert!(problem["detail"].as_str().unwrap().contains("cell_m"), "{problem}");
    let (status, _) = post("flood", json!({"scenario": "s-nowhere"}));
    assert_eq!(status, 404);

    // too large for memory: that job fails alone, with what to do
    let (_, job) = post("flood", json!({"params": {"cell_m": 0.5}}));
    let ended = wait(&server, job["key"].as_str().unwrap());
    assert_eq!(ended["state"], "failed");
    assert!(ended["error"]["zh"].as_str().unwrap().contains("cell_m"), "{ended}");
    // no pipe of that name
    let (_, job) = post("isolation", json!({"params": {"pipe": "nowhere"}}));
    let ended = wait(&server, job["key"].as_str().unwrap());
    assert_eq!(ended["state"], "failed");
    assert!(ended["error"]["en"].as_str().unwrap().contains("nowhere"), "{ended}");

    // every kernel tells its reason in both languages: no English is left in the Chinese but names and numbers
    let area = json!({"polygon": square(&server, 0.0006)});
    let storm = json!({"kind": "storm", "formula": "nowhere", "return_period_a": 5.0, "duration_min": 30.0});
    let wrong = [
        (
            "sunshine",
            json!({"spacing_m": 0.0}),
            "参数 spacing_m：0 不在 0.05 至 100 之间",
        ),
        ("sunshine", json!({"climate_zone": "Z"}), "标准中没有建筑气候区"),
        (
            "flood",
            json!({"cell_m": 10.0, "run": {"clogged": 2.0}}),
            "参数 clogged 为 2，须为 0 至 1",
        ),
        (
            "flood",
            json!({"cell_m": 10.0, "run": {"rain": storm}}),
            "没有暴雨强度公式 nowhere",
        ),
        ("hydraulics", json!({"closed": ["nowhere"]}), "没有管段 nowhere"),
        ("isolation", json!({"pipe": "nowhere"}), "没有要素 nowhere"),
        (
            "reach",
            json!({"error_m": -1.0}),
            "参数 error_m：-1 不符，须为 0 至 500 m",
        ),
    ];
    for (name, params, zh) in wrong {
        let (status, told) = post(name, json!({"area": area, "params": params}));
        let text = if status == 422 {
            told["errors"][0]["text"].clone()
        } else {
            wait(&server, told["key"].as_str().unwrap())["error"].clone()
        };
        let [found, english] = ["zh", "en"].map(|language| text[language].as_str().unwrap_or_default());
        assert!(found.contains(zh), "{name}: {told} {text}");
        assert!(english.is_ascii() && !english.is_empty(), "{name}: {text}");
    }

    // a hole in the area makes another question
    let outer = square(&server, 0.0012);
    let mut holed = outer.clone();
    let hole = square(&server, 0.0004)["coordinates"][0].clone();
    holed["coordinates"].as_array_mut().unwrap().push(hole);
    let keys = [outer, holed].map(|polygon| {
        let (_, job) = post("reach", json!({"area": {"polygon": polygon}}));
        let key = job["key"].as_str().unwrap().to_owned();
        assert_eq!(wait(&server, &key)["state"], "done");
        std::fs::remove_dir_all(city.path().join("results").join(&key)).unwrap();
        key
    });
    assert_ne!(keys[0], keys[1]);

    // a job that is stopped leaves nothing
    let rain = json!({"kind": "storm", "formula": "suzhou-2025", "return_period_a": 100.0, "duration_min": 1440.0});
    let (_, job) = post("flood", json!({"params": {"cell_m": 3.0, "run": {"rain": rain}}}));
    let key = job["key"].as_str().unwrap().to_owned();
    let (status, _) = send(&server, "DELETE", &format!("/api/v1/jobs/{key}"), None);
    assert_eq!(status, 200);
    assert_eq!(wait(&server, &key)["state"], "cancelled");
    let (status, _) = send(&server, "GET", &format!("/api/v1/jobs/{key}/result"), None);
    assert_eq!(status, 404);
    let left = std::fs::read_dir(city.path().join("results")).unwrap().count();
    assert_eq!(left, 0, "nothing is written of jobs that failed or were stopped");
    server.stop().unwrap();
}

/// Posts a question and waits until the job runs and has got somewhere.
fn begun(server: &Server, name: &str, question: &Value) -> String {
    let (status, job) = send(server, "POST", &format!("/api/v1/simulations/{name}"), Some(question));
    assert_eq!(status, 202, "{job}");
    let key = job["key"].as_str().unwrap().to_owned();
    let started = Instant::now();
    loop {
        let (_, job) = send(server, "GET", &format!("/api/v1/jobs/{key}"), None);
        assert!(started.elapsed() < PATIENCE, "{job}");
        match job["state"].as_str() {
            Some("running") if job["progress"].as_f64().unwrap() > 0.05 => return key,
            Some("queued" | "running") => std::thread::yield_now(),
            _ => panic!("it ended before it was looked at: {job}"),
        }
    }
}

#[test]
fn a_job_whose_server_is_killed_or_whose_scenario_is_edited_tells_nothing_false() {
    let city = City::demo(2_000, 5).unwrap();
    let server = Server::start(&city).unwrap();
    let results = || std::fs::read_dir(city.path().join("results")).unwrap().count();
    let rain = json!({"kind": "storm", "formula": "suzhou-2025", "return_period_a": 100.0, "duration_min": 1440.0});
    let key = begun(
        &server,
        "flood",
        &json!({"params": {"cell_m": 3.0, "run": {"rain": rain}}}),
    );
    assert_eq!(results(), 1, "the job is noted");
    // at once, as a power cut would
    drop(server);

    let server = Server::start(&city).unwrap();
    assert_eq!(results(), 0, "nothing half-written stays");
    let (status, job) = send(&server, "GET", &format!("/api/v1/jobs/{key}"), None);
    assert_eq!((status, &job["state"]), (200, &json!("failed")), "{job}");
    assert!(job["error"]["zh"].as_str().unwrap().contains("服务器停止"), "{job}");
    let (status, _) = send(&server, "GET", &format!("/api/v1/jobs/{key}/result"), None);
    assert_eq!(status, 404);

    // edited while it runs: the result is that of the revision that was asked for, and says that there is a newer one
    let (_, scenario) = send(
        &server,
        "POST",
        "/api/v1/scenarios",
        Some(&json!({"name": "拆", "author": "王"})),
    );
    let id = scenario["id"].as_str().unwrap();
    let rain = json!({"kind": "storm", "formula": "suzhou-2025", "return_period_a": 100.0, "duration_min": 30.0});
    let run = json!({"rain": rain, "simulated_min": 30.0});
    let key = begun(
        &server,
        "flood",
        &json!({"scenario": id, "params": {"cell_m": 4.0, "run": run}}),
    );
    let (_, before) = send(&server, "GET", &format!("/api/v1/scenarios/{id}"), None);
    let building = &server.feature_ids("building", 1).unwrap()[0];
    let edit = json!({"author": "王", "edits": [{"action": "demolish", "features": [building]}]});
    let etag = server
        .get(&format!("/api/v1/scenarios/{id}"), &[])
        .unwrap()
        .header("etag")
        .to_owned();
    let path = format!("/api/v1/scenarios/{id}/edits");
    let answer = server.send("POST", &path, &[("if-match", &etag)], &edit).unwrap();
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    let (_, job) = send(&server, "GET", &format!("/api/v1/jobs/{key}"), None);
    assert_eq!(job["state"], "running", "it was edited while the job ran: {job}");
    let ended = wait(&server, &key);
    assert_eq!(
        (&ended["state"], &ended["is_outdated"]),
        (&json!("done"), &json!(true)),
        "{ended}"
    );
    let (_, result) = send(&server, "GET", &format!("/api/v1/jobs/{key}/result"), None);
    assert_eq!(
        result["scenario"]["revision"], before["revision"],
        "{}",
        result["scenario"]
    );
    server.stop().unwrap();
}
