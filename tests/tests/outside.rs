//! Results of other programs over HTTP and the command line: files brought, mapped, probed, compared, exported; what is
//! broken is refused by name and leaves nothing. Files are made by GDAL, WNTR and swmm-toolkit from PyPI.
#![cfg(test)]

use e2e::city::City;
use e2e::server::Server;
use serde_json::{Value, json};
use std::path::Path;

const RASTER: &[&str] = &["rasterio==1.4.4"];
const NETWORK: &[&str] = &[
    "wntr==1.5.0",
    "six==1.17.0",
    "owa-epanet==2.3.5",
    "swmm-toolkit==0.17.0",
];

fn send(server: &Server, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
    let answer = server.send(method, path, &[], body.unwrap_or(&Value::Null)).unwrap();
    (answer.status, answer.json().unwrap_or_default())
}

/// Brings a file into the city.
fn bring(server: &Server, name: &str, bytes: &[u8], language: &str) -> (u16, Value) {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let url = format!("{}/api/v1/outside?name={name}", server.address());
    let mut answer = agent.post(url).header("accept-language", language).send(bytes).unwrap();
    let status = answer.status().as_u16();
    (status, answer.body_mut().read_json().unwrap())
}

/// Brings a file that is taken; its description.
fn taken(server: &Server, folder: &Path, name: &str) -> Value {
    let bytes = std::fs::read(folder.join(name)).unwrap();
    let (status, answer) = bring(server, name, &bytes, "en");
    assert_eq!(status, 201, "{answer}");
    answer["files"][0].clone()
}

/// Runs a question to its end; key and result.
fn run(server: &Server, question: &Value) -> (String, Value) {
    let (status, job) = send(server, "POST", "/api/v1/simulations/outside", Some(question));
    assert!(status == 200 || status == 202, "{job}");
    let key = job["key"].as_str().unwrap().to_owned();
    let ended = wait(server, &key);
    assert_eq!(ended["state"], "done", "{ended}");
    (
        key.clone(),
        send(server, "GET", &format!("/api/v1/jobs/{key}/result"), None).1,
    )
}

fn wait(server: &Server, key: &str) -> Value {
    loop {
        let (_, job) = send(server, "GET", &format!("/api/v1/jobs/{key}"), None);
        if !matches!(job["state"].as_str(), Some("queued" | "running")) {
            return job;
        }
        std::thread::yield_now();
    }
}

/// Features of a layer of the city.
fn features(server: &Server, collection: &str) -> Vec<Value> {
    let page = server
        .get(&format!("/ogc/collections/{collection}/items?limit=4000"), &[])
        .unwrap();
    page.json().unwrap()["features"].as_array().unwrap().clone()
}

/// Longitude and latitude of a building.
fn middle(server: &Server) -> (String, [f64; 2]) {
    let buildings = features(server, "buildings-building");
    let one = &buildings[buildings.len() / 2];
    let at = [0, 1].map(|i| one["geometry"]["coordinates"][0][0][i].as_f64().unwrap());
    (one["id"].as_str().unwrap().to_owned(), at)
}

#[test]
fn rasters_of_another_system_lie_where_gdal_puts_them_and_subtract() {
    let city = City::demo(2_000, 5).unwrap();
    let server = Server::start(&city).unwrap();
    let (_, [lon, lat]) = middle(&server);
    let folder = tempfile::tempdir().unwrap();
    let ask = |mut question: Value| -> Value {
        question["folder"] = folder.path().display().to_string().into();
        let answer = e2e::python::answer(RASTER, "outside_raster.py", question.to_string().as_bytes()).unwrap();
        serde_json::from_str(&answer).unwrap()
    };
    ask(json!({"task": "make", "lon": lon, "lat": lat, "corner": [0.0, 0.0]}));
    let [before, after] = ["noise_before.tif", "noise_after.tif"].map(|name| taken(&server, folder.path(), name));
    assert_eq!((&after["format"], &after["kind"]), (&json!("geotiff"), &json!("noise")));
    assert_eq!(
        (&after["found"]["crs"], &after["found"]["steps"]),
        (&json!("EPSG:3857"), &json!(2))
    );

    let style = json!([{"limit": {"value": 60.0, "source": "GB 3096-2008", "is_verified": false}, "error": 2.0}]);
    let question = |file: &Value| json!({"params": {"files": [{"id": file["id"]}], "layers": style, "range": [40.0, 75.0], "source": "test"}});
    let (after_key, result) = run(&server, &question(&after));
    let (before_key, _) = run(&server, &question(&before));
    let layer = &result["layers"][0];
    assert_eq!(
        (&layer["key"], &layer["shape"], &layer["unit"]),
        (&json!("value"), &json!("grid"), &json!("dB(A)"))
    );
    assert_eq!(layer["times_s"], json!([0.0, 3600.0]));
    assert_eq!(
        (&layer["legend"]["limit"]["is_verified"], &layer["error"]),
        (&json!(false), &json!(2.0))
    );
    assert!(result["notes"].to_string().contains("EPSG:3857"), "{}", result["notes"]);

    // the same values as GDAL's own warp, on our cells
    let tiff = server
        .get(&format!("/api/v1/jobs/{after_key}/layers/value?format=tiff"), &[])
        .unwrap();
    std::fs::write(folder.path().join("ours.tif"), &tiff.body).unwrap();
    let compared = ask(json!({"task": "compare", "ours": "ours.tif", "source": "noise_after.tif"}));
    println!("against GDAL: {compared}");
    assert!(compared["count"].as_u64().unwrap() > 2_000, "{compared}");
    assert!(compared["worst"].as_f64().unwrap() < 0.02, "{compared}");
    assert!(compared["gaps"].as_u64().unwrap() > 0, "{compared}");

    // probed over time, and the difference of the two is what was added
    let probe = |key: &str, more: &str| {
        let path = format!("/api/v1/jobs/{key}/layers/value/probe?lon={lon}&lat={lat}{more}");
        send(&server, "GET", &path, None).1
    };
    let values = probe(&after_key, "")["values"].clone();
    let [first, second] = [0, 1].map(|i| values[i].as_f64().unwrap());
    assert!((first - second - 6.0).abs() < 1e-3, "{values}");
    let changed = probe(&after_key, &format!("&minus={before_key}"));
    assert!((changed["values"][0].as_f64().unwrap() - 3.0).abs() < 1e-3, "{changed}");
    let overlay = server
        .get(
            &format!("/api/v1/jobs/{after_key}/layers/value?minus={before_key}"),
            &[],
        )
        .unwrap();
    assert_eq!(overlay.status, 200);

    // a file that is removed is not asked for again; its results stay
    let path = format!("/api/v1/outside/{}", after["id"].as_str().unwrap());
    assert_eq!(send(&server, "DELETE", &path, None).0, 204);
    assert_eq!(send(&server, "DELETE", &path, None).0, 404);
    let (status, problem) = send(&server, "POST", "/api/v1/simulations/outside", Some(&question(&after)));
    assert_eq!(status, 422, "{problem}");
    assert!(
        problem["text"]["zh"].as_str().unwrap().contains("城市中没有文件"),
        "{problem}"
    );
    assert_eq!(
        send(&server, "GET", &format!("/api/v1/jobs/{after_key}/result"), None).0,
        200
    );

    // a system that puts the file elsewhere is a mistake that people make
    let mut elsewhere = question(&before);
    elsewhere["params"]["crs"] = "EPSG:4326".into();
    let (_, job) = send(&server, "POST", "/api/v1/simulations/outside", Some(&elsewhere));
    let ended = wait(&server, job["key"].as_str().unwrap());
    assert_eq!(ended["state"], "failed");
    assert!(
        ended["error"]["zh"]
            .as_str()
            .unwrap()
            .starts_with("noise_before.tif 与所选范围不重叠"),
        "{ended}"
    );
    server.assert_log_clean().unwrap();
}

#[test]
fn a_table_is_the_same_over_http_and_by_command_in_the_base_and_in_a_scenario() {
    let city = City::demo(2_000, 6).unwrap();
    let server = Server::start(&city).unwrap();
    let ids: Vec<String> = features(&server, "buildings-building")
        .iter()
        .map(|one| one["id"].as_str().unwrap().to_owned())
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let mut table = "feature_id,hour,噪声 [dB(A)]\n".to_owned();
    for (at, id) in ids.iter().take(50).enumerate() {
        for hour in [6, 7] {
            table.push_str(&format!("{id},{hour},{}\n", 40 + at + hour));
        }
    }
    table.push_str("no-such-building,6,70\n");
    std::fs::write(folder.path().join("noise.csv"), &table).unwrap();
    let limit = json!({"value": 70.0, "source": "GB 3096-2008", "is_verified": false});
    let layers = json!([{"column": "噪声 [dB(A)]", "limit": limit, "error": 1.5}]);
    let by_path = json!({"files": [{"path": "noise.csv"}], "layers": layers});
    let params = folder.path().join("params.json");
    std::fs::write(&params, by_path.to_string()).unwrap();

    let output = std::process::Command::new(e2e::binary().unwrap())
        .args(["simulate", "outside", "--json", "--city"])
        .arg(city.path())
        .arg("--params")
        .arg(&params)
        .arg("--out")
        .arg(folder.path().join("out"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let by_command: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(folder.path().join("out/u566au58f0--db-a.csv").exists());

    let file = taken(&server, folder.path(), "noise.csv");
    assert_eq!(
        (&file["found"]["id_column"], &file["found"]["time_column"]),
        (&json!("feature_id"), &json!("hour"))
    );
    let question = json!({"params": {"files": [{"id": file["id"]}], "layers": layers}});
    let (key, result) = run(&server, &question);
    for member in ["key", "layers", "verdicts", "tables", "figures", "notes"] {
        assert_eq!(by_command[member], result[member], "{member}");
    }
    let layer = &result["layers"][0];
    assert_eq!((&layer["count"], &layer["unit"]), (&json!(50), &json!("dB(A)")));
    assert_eq!(layer["times_s"], json!([21_600.0, 25_200.0]));
    assert_eq!(result["tables"][0]["rows"], json!([["编号 ids", "no-such-building"]]));
    // 40 + 49 + 7 is the loudest; what is within 1.5 dB of 70 is not judged
    let ending = |verdict: &str| {
        let all = result["verdicts"].as_array().unwrap();
        all.iter().filter(|one| one["verdict"] == verdict).count()
    };
    assert_eq!(result["verdicts"][0]["value"], json!(96.0));
    assert_eq!((ending("fail"), ending("within_error"), ending("pass")), (25, 3, 22));

    // a scenario that takes a building down does not show it; the difference holds what stands on both sides
    let body = json!({"name": "拆除", "author": "test"});
    let made = server.send("POST", "/api/v1/scenarios", &[], &body).unwrap();
    let scenario = made.json().unwrap();
    assert_eq!(made.status, 201, "{scenario}");
    let id = scenario["id"].as_str().unwrap();
    let edits = json!({"author": "test", "edits": [{"action": "demolish", "features": [ids[0]]}]});
    let if_match = [("if-match", made.header("etag"))];
    let edited = server
        .send("POST", &format!("/api/v1/scenarios/{id}/edits"), &if_match, &edits)
        .unwrap();
    assert!(edited.status < 300, "{}", String::from_utf8_lossy(&edited.body));
    let mut of_scenario = question;
    of_scenario["scenario"] = id.into();
    let (other_key, other) = run(&server, &of_scenario);
    assert_eq!(other["layers"][0]["count"], 49);
    let csv = server
        .get(
            &format!("/api/v1/jobs/{other_key}/layers/u566au58f0--db-a?format=csv&minus={key}"),
            &[],
        )
        .unwrap();
    let rows = String::from_utf8(csv.body).unwrap();
    assert_eq!(rows.lines().count(), 1 + 2 * 49);
    assert!(rows.lines().skip(1).all(|row| row.ends_with(",0")), "{rows}");
    server.assert_log_clean().unwrap();
}

#[test]
fn results_of_networks_lie_on_the_pipes_that_have_their_ids() {
    let city = City::demo(2_000, 7).unwrap();
    let server = Server::start(&city).unwrap();
    let of_class = |collection: &str, class: &str, count: usize| -> Vec<String> {
        let all = features(&server, collection);
        let found = all.iter().filter(|one| one["properties"]["class"] == class);
        let ids = found.map(|one| one["id"].as_str().unwrap().to_owned());
        ids.filter(|id| id.len() < 32).take(count).collect()
    };
    let (pipes, nodes) = (
        of_class("underground-JS", "Pipe", 12),
        of_class("underground-JS", "PipeNode", 12),
    );
    let drains = of_class("underground-YS", "Pipe", 6);
    assert!(pipes.len() == 12 && nodes.len() == 12 && drains.len() == 6);
    let folder = tempfile::tempdir().unwrap();
    let water: Vec<[&String; 2]> = pipes.iter().zip(&nodes).map(|(pipe, node)| [pipe, node]).collect();
    let question = json!({"folder": folder.path(), "water": water, "drains": drains});
    e2e::python::answer(NETWORK, "outside_network.py", question.to_string().as_bytes()).unwrap();

    let file = taken(&server, folder.path(), "water.out");
    assert_eq!((&file["format"], &file["kind"]), (&json!("epanet"), &json!("network")));
    let (_, water) = run(&server, &json!({"params": {"files": [{"id": file["id"]}]}}));
    let layer = |result: &Value, key: &str| -> Value {
        let layers = result["layers"].as_array().unwrap();
        layers
            .iter()
            .find(|layer| layer["key"] == key)
            .unwrap_or_else(|| panic!("{layers:?}"))
            .clone()
    };
    let flow = layer(&water, "link-flow");
    assert_eq!((&flow["count"], &flow["shape"]), (&json!(12), &json!("features")));
    assert_eq!(flow["times_s"].as_array().unwrap().len(), 7);
    assert!(layer(&water, "node-pressure")["count"].as_u64().unwrap() >= 12);
    let note = water["notes"]
        .as_array()
        .unwrap()
        .iter()
        .find(|note| note["code"] == "outside/unknown-id")
        .unwrap();
    let text = note["text"]["en"].as_str().unwrap();
    assert!(
        text.starts_with("12 of 13 links and 12 of 14 nodes of water.out are in the city"),
        "{text}"
    );
    let missing = water["tables"][0]["rows"].to_string();
    assert!(
        missing.contains("not-of-the-city") && missing.contains("works"),
        "{missing}"
    );

    let file = taken(&server, folder.path(), "drains.out");
    let (_, drained) = run(
        &server,
        &json!({"params": {"files": [{"id": file["id"]}], "layers": [{"column": "link/fullness"}]}}),
    );
    let fullness = &drained["layers"][0];
    assert_eq!(
        (&fullness["key"], &fullness["count"]),
        (&json!("link-fullness"), &json!(6))
    );
    assert!(fullness["range"][1].as_f64().unwrap() > 0.1, "{fullness}");
    server.assert_log_clean().unwrap();
}

#[test]
fn what_is_broken_is_refused_by_name_in_both_languages_and_leaves_nothing() {
    let city = City::demo(2_000, 8).unwrap();
    let server = Server::start(&city).unwrap();
    let (_, [lon, lat]) = middle(&server);
    let folder = tempfile::tempdir().unwrap();
    let question = json!({"task": "make", "lon": lon, "lat": lat, "corner": [0.0, 0.0], "folder": folder.path()});
    e2e::python::answer(RASTER, "outside_raster.py", question.to_string().as_bytes()).unwrap();
    let read = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
    let grid = "ncols 2\nnrows 2\nxllcorner 0\nyllcorner 0\ncellsize 1\n1 2\n3 four\n";
    let cases: [(&str, Vec<u8>, &str, &str); 9] = [
        ("empty.tif", vec![], "无法识别", "is none of GeoTIFF"),
        (
            "poem.txt",
            b"once upon a time".to_vec(),
            "无法识别",
            "is none of GeoTIFF",
        ),
        ("cut.tif", read("cut.tif"), "cut.tif：", "cut.tif: "),
        (
            "grid.asc",
            grid.into(),
            "第 7 行：four 不是数",
            "row 7: four is no number",
        ),
        (
            "twice.csv",
            b"id,v\na,1\na,2\n".to_vec(),
            "第 3 行",
            "row 3: a is there twice",
        ),
        (
            "net.out",
            [516_114_521_i32.to_le_bytes(), [1; 4]].concat(),
            "net.out 第",
            "net.out, byte",
        ),
        ("bomb.zip", read("bomb.zip"), "zeros.csv：", "are allowed"),
        ("broken.zip", read("broken.zip"), "noise_07h.tif：", "noise_07h.tif: "),
        (
            "none.zip",
            b"PK\x03\x04nothing more".to_vec(),
            "压缩包损坏",
            "the archive is broken",
        ),
    ];
    for (name, bytes, zh, en) in &cases {
        let (status, problem) = bring(&server, name, bytes, "zh-CN,zh;q=0.9,en;q=0.1");
        assert_eq!(status, 422, "{name}: {problem}");
        let told = |member: &Value| member.as_str().unwrap_or_default().to_owned();
        assert!(told(&problem["detail"]).contains(zh), "{name}: {problem}");
        assert!(
            told(&problem["text"]["zh"]).contains(zh) && told(&problem["text"]["en"]).contains(en),
            "{problem}"
        );
        let (_, plain) = bring(&server, name, bytes, "en");
        assert!(told(&plain["detail"]).contains(en), "{name}: {plain}");
    }
    assert_eq!(send(&server, "GET", "/api/v1/outside", None).1, json!({"files": []}));
    let left: Vec<_> = std::fs::read_dir(city.path().join("outside")).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");

    // names of members lead nowhere, and what is no result is passed over; hours come from the names
    let (status, hours) = bring(&server, "hours.zip", &read("hours.zip"), "en");
    assert_eq!(status, 201, "{hours}");
    let names: Vec<&Value> = hours["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| &file["name"])
        .collect();
    assert_eq!(names, ["wind_06h.asc", "wind_07h.asc"]);
    assert_eq!(
        (&hours["files"][1]["found"]["time_s"], &hours["files"][1]["kind"]),
        (&json!(25_200.0), &json!("wind"))
    );

    // questions that cannot be: parameters by name, files by format, in both languages
    let refused = |params: Value| {
        let (status, problem) = send(
            &server,
            "POST",
            "/api/v1/simulations/outside",
            Some(&json!({"params": params})),
        );
        assert_eq!(status, 422, "{problem}");
        let text = &problem["errors"][0]["text"];
        (
            text["zh"].as_str().unwrap().to_owned(),
            text["en"].as_str().unwrap().to_owned(),
        )
    };
    assert_eq!(refused(json!({})).0, "files：请先选择成果文件");
    assert_eq!(refused(json!({"step_s": 0.0})).1, "step_s: must be above 0");
    assert!(refused(json!({"colour": 1})).0.contains("没有参数 colour"));
    assert_eq!(refused(json!({"crs": "EPSG:1"})).0, "crs：无法识别坐标系 EPSG:1");
    assert_eq!(
        refused(json!({"range": [2.0, 1.0]})).1,
        "range: must be two ascending numbers"
    );
    server.assert_log_clean().unwrap();
}
