//! Planners at the built server: two of them on one building, live news, pinned links, bodies in the tiles.
#![cfg(test)]

use city_model::scenario::{FeatureState, StateTable};
use e2e::city::City;
use e2e::http::Answer;
use e2e::server::Server;
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Lines};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

/// An open event stream, ended when dropped.
struct Listener {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Listener {
    fn open(server: &Server) -> Self {
        let url = format!("{}/api/v1/events", server.address());
        let mut child = Command::new("curl")
            .args(["-sN", "--max-time", "60", &url])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // the first line of the stream says that the listener is connected
        lines.next().unwrap().unwrap();
        Self { child, lines }
    }

    /// Data of the next event of a kind.
    fn next(&mut self, kind: &str) -> Value {
        let event = format!("event: {kind}");
        loop {
            let line = self.lines.next().expect("the stream is open").unwrap();
            if line == event {
                let rest = self.lines.by_ref().map(Result::unwrap);
                let data = rest
                    .take_while(|l| !l.is_empty())
                    .find_map(|l| l.strip_prefix("data: ").map(str::to_owned));
                return serde_json::from_str(&data.unwrap()).unwrap();
            }
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

fn edits(server: &Server, id: &str, etag: &str, author: &str, edits: Value) -> Answer {
    let path = format!("/api/v1/scenarios/{id}/edits");
    let body = json!({"author": author, "edits": edits});
    server.send("POST", &path, &[("if-match", etag)], &body).unwrap()
}

fn created(server: &Server, name: &str) -> (String, String) {
    let body = json!({"name": name, "author": "王"});
    let answer = server.send("POST", "/api/v1/scenarios", &[], &body).unwrap();
    assert_eq!(answer.status, 201, "{}", String::from_utf8_lossy(&answer.body));
    let id = answer.json().unwrap()["id"].as_str().unwrap().to_owned();
    (id, answer.header("etag").to_owned())
}

fn states(server: &Server, id: &str, query: &str) -> StateTable {
    let answer = server
        .get(&format!("/api/v1/scenarios/{id}/states{query}"), &[])
        .unwrap();
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    StateTable::decode(&answer.body).unwrap()
}

fn index_of(server: &Server, id: &str) -> u32 {
    let encoded: String = id.bytes().map(|b| format!("%{b:02X}")).collect();
    let feature = server
        .get(&format!("/api/v1/features/{encoded}"), &[])
        .unwrap()
        .json()
        .unwrap();
    feature["feature_index"].as_u64().unwrap() as u32
}

#[test]
fn two_planners_edit_one_building() {
    let city = City::demo(2_000, 31).unwrap();
    let server = Server::start(&city).unwrap();
    let building = server.feature_ids("buildings-building", 1).unwrap().remove(0);
    let index = index_of(&server, &building);
    let (id, etag) = created(&server, "北区更新");
    let mut listener = Listener::open(&server);
    let first = edits(
        &server,
        &id,
        &etag,
        "王",
        json!([{"action": "demolish", "features": [building]}]),
    );
    assert_eq!(first.status, 200, "{}", String::from_utf8_lossy(&first.body));
    let written = Instant::now();
    let news = listener.next("scenario");
    assert!(written.elapsed() < Duration::from_secs(1), "{:?}", written.elapsed());
    assert_eq!(
        news,
        json!({"id": id, "revision": 2, "author": "王", "archived": false})
    );
    let second = edits(
        &server,
        &id,
        &etag,
        "李",
        json!([{"action": "retain", "features": [building]}]),
    );
    assert_eq!(second.status, 412);
    assert_eq!(second.header("etag"), first.header("etag"));
    assert!(second.header("content-type").starts_with("application/problem+json"));
    assert_eq!(
        states(&server, &id, "").get(index),
        FeatureState::Demolished,
        "nothing of the second is there"
    );
    let third = edits(
        &server,
        &id,
        second.header("etag"),
        "李",
        json!([{"action": "retain", "features": [building]}]),
    );
    assert_eq!(third.status, 200);
    assert_eq!(listener.next("scenario")["author"], "李");
    // a pinned revision reads the same bytes after later edits and after the end
    let pinned = [
        format!("/api/v1/scenarios/{id}?revision=2"),
        format!("/api/v1/scenarios/{id}/states?revision=2"),
        format!("/api/v1/scenarios/diff?a=base&b={id}&revision_b=2"),
    ];
    let read = |path: &String| server.get(path, &[]).unwrap().body;
    let before: Vec<Vec<u8>> = pinned.iter().map(read).collect();
    let fourth = edits(
        &server,
        &id,
        third.header("etag"),
        "李",
        json!([{"action": "modify", "features": [building], "attributes": {"facade": "brick"}}]),
    );
    let undone = server
        .send(
            "POST",
            &format!("/api/v1/scenarios/{id}/undo"),
            &[("if-match", fourth.header("etag"))],
            &json!({"author": "王"}),
        )
        .unwrap();
    assert_eq!(undone.status, 200);
    // the command line writes too, and viewers of the running server hear of it
    let folder = city.path().display().to_string();
    let output = Command::new(e2e::binary().unwrap())
        .args([
            "scenario", "--city", &folder, "--json", "--author", "赵", "archive", &id,
        ])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let archived = std::iter::from_fn(|| Some(listener.next("scenario")))
        .find(|news| news["archived"] == true)
        .unwrap();
    assert_eq!(
        archived,
        json!({"id": id, "revision": 6, "author": "赵", "archived": true})
    );
    let after: Vec<Vec<u8>> = pinned.iter().map(read).collect();
    assert!(before == after, "a pinned link reads other bytes");
    let refused = edits(
        &server,
        &id,
        "*",
        "王",
        json!([{"action": "retain", "features": [building]}]),
    );
    assert_eq!(refused.status, 409);
    server.assert_log_clean().unwrap();
    server.stop().unwrap();
}

#[test]
fn what_is_built_is_in_the_tiles_soon_and_the_city_stays_as_it_was() {
    let city = City::demo(2_000, 32).unwrap();
    let server = Server::start(&city).unwrap();
    let manifest = server.get("/api/v1/manifest", &[]).unwrap().json().unwrap();
    let root = server.get("/tiles/city/tileset.json", &[]).unwrap().json().unwrap();
    let uri_of = |root: &Value, group: &str| -> Option<String> {
        let children = root["root"]["children"].as_array()?;
        let child = children
            .iter()
            .find(|c| c["extras"]["group"] == group || c["content"]["extras"]["group"] == group)?;
        Some(child["content"]["uri"].as_str()?.to_owned())
    };
    assert!(uri_of(&root, "proposals").is_none());
    let [lon, lat] = [0, 1].map(|k| manifest["origin_lon_lat_height"][k].as_f64().unwrap());
    let square = json!({"type": "Polygon", "coordinates": [[
        [lon, lat], [lon + 3e-4, lat], [lon + 3e-4, lat + 2e-4], [lon, lat + 2e-4], [lon, lat]]]});
    let (id, etag) = created(&server, "塔楼");
    let mut listener = Listener::open(&server);
    let asked = Instant::now();
    let built = edits(
        &server,
        &id,
        &etag,
        "王",
        json!([
        {"action": "build", "build": {"footprint": square, "storeys": 26, "floor_height_m": 3.0, "use": "tower", "name": "一号塔楼"}}]),
    );
    assert_eq!(built.status, 200, "{}", String::from_utf8_lossy(&built.body));
    let answered = asked.elapsed();
    let news = listener.next("revision");
    eprintln!(
        "edit answered after {answered:?}, tiles announced after {:?}",
        asked.elapsed()
    );
    // a quarter of a second on a quiet machine; this only tells a publication of the proposals from one of everything
    assert!(asked.elapsed() < Duration::from_secs(20), "{:?}", asked.elapsed());
    assert!(
        news["changed"].as_array().unwrap().len() <= 3,
        "only the tiles of the proposals: {news}"
    );
    let now = server.get("/tiles/city/tileset.json", &[]).unwrap().json().unwrap();
    for group in ["ground", "buildings", "vegetation", "underground", "projects"] {
        assert_eq!(uri_of(&now, group), uri_of(&root, group), "{group}");
    }
    let proposals = uri_of(&now, "proposals").expect("a tileset of the proposals");
    let tileset = server
        .get(&proposals.replace("../content/", "/tiles/content/"), &[])
        .unwrap();
    assert_eq!(tileset.status, 200);
    let index = built.json().unwrap()["added"][0]["feature_index"].as_u64().unwrap() as u32;
    assert_eq!(
        states(&server, "base", "").get(index),
        FeatureState::Absent,
        "hidden in the city as it is"
    );
    assert_eq!(states(&server, &id, "").get(index), FeatureState::Added);
    let (other, _) = created(&server, "另一个");
    assert_eq!(states(&server, &other, "").get(index), FeatureState::Absent);
    server.assert_log_clean().unwrap();
}

#[test]
fn the_command_line_does_the_same() {
    let city = City::demo(2_000, 33).unwrap();
    let server = Server::start(&city).unwrap();
    let ids = server.feature_ids("buildings-building", 3).unwrap();
    server.stop().unwrap();
    let folder = city.path().display().to_string();
    let run = |arguments: &[&str]| {
        let output = Command::new(e2e::binary().unwrap())
            .args(["scenario", "--city", &folder, "--json"])
            .args(arguments)
            .output()
            .unwrap();
        let value: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        (output.status.code(), value)
    };
    let (code, made) = run(&["create", "命令行方案", "--author", "王"]);
    assert_eq!(code, Some(0));
    let id = made["id"].as_str().unwrap();
    let file = city.path().join("edits.json");
    let write = |edits: Value| std::fs::write(&file, json!({"edits": edits}).to_string()).unwrap();
    let file_name = file.display().to_string();
    write(json!([{"action": "demolish", "features": ids}]));
    let (code, edited) = run(&["edit", id, &file_name, "--author", "王", "--if-revision", "1"]);
    assert_eq!((code, &edited["revision"]), (Some(0), &json!(2)));
    let (code, refused) = run(&["edit", id, &file_name, "--if-revision", "1"]);
    assert_eq!(code, Some(2));
    assert!(
        refused["error"].as_str().unwrap().contains("changed meanwhile"),
        "{refused}"
    );
    write(json!([{"action": "demolish", "features": ["no-such-building"]}]));
    let (code, refused) = run(&["edit", id, &file_name]);
    assert_eq!(code, Some(2));
    assert!(
        refused["error"].as_str().unwrap().contains("no-such-building"),
        "{refused}"
    );
    let (_, difference) = run(&["diff", "base", id]);
    assert_eq!(difference["totals"]["removed"], 3);
    let (_, branch) = run(&["branch", id, "支线"]);
    let branch = branch["id"].as_str().unwrap();
    assert_eq!(
        run(&["undo", branch]).0,
        Some(2),
        "a branch begins without steps of its own"
    );
    assert_eq!(run(&["undo", id]).0, Some(0));
    let (_, counted) = run(&["states", id]);
    assert_eq!(counted["states"]["demolished"], 0);
    write(json!([{"action": "retain", "features": [ids[0]]}]));
    assert_eq!(run(&["edit", branch, &file_name]).0, Some(0));
    let (code, conflict) = run(&["merge", id, branch]);
    assert_eq!(code, Some(2), "taken back here, kept there: {conflict}");
    let (_, merged) = run(&["merge", id, branch, "--resolve-all", "theirs"]);
    assert_eq!(merged["merged"], 1, "{merged}");
    let (_, list) = run(&["list"]);
    assert_eq!(list["scenarios"].as_array().unwrap().len(), 2);
    let (code, renamed) = run(&["rename", branch, "--name", "支线二"]);
    assert_eq!((code, &renamed["scenario"]["name"]), (Some(0), &json!("支线二")));
    assert_eq!(run(&["archive", branch]).0, Some(0));

    // a site of one hectare or so beside the first building
    let server = Server::start(&city).unwrap();
    let home = server
        .get(&format!("/ogc/collections/buildings-building/items/{}", ids[0]), &[])
        .unwrap()
        .json()
        .unwrap();
    let [x, y] = [0, 1].map(|i| home["geometry"]["coordinates"][0][0][i].as_f64().unwrap());
    server.stop().unwrap();
    let site = json!({"type": "Polygon", "coordinates": [[[x, y], [x + 0.0012, y], [x + 0.0012, y + 0.0009], [x, y + 0.0009], [x, y]]]});
    let request = json!({"site": site, "kind": "tower", "target_far": 1.2, "storeys": 18, "setback_m": 10});
    std::fs::write(&file, request.to_string()).unwrap();
    let (code, array) = run(&["massing", &file_name]);
    assert_eq!(code, Some(0), "{array}");
    assert!(!array["footprints"].as_array().unwrap().is_empty(), "{array}");
}

#[test]
fn what_is_gone_or_has_not_begun_is_refused_and_nothing_is_written() {
    let city = City::demo(2_000, 34).unwrap();
    let server = Server::start(&city).unwrap();
    let projects = server.get("/api/v1/projects", &[]).unwrap().json().unwrap();
    let [gone, planned] = [0, 1].map(|k| projects["projects"][k].clone());
    let name = |project: &Value| project["id"].as_str().unwrap().to_owned();
    let begins = planned["start_on"].as_str().unwrap();
    let building = server.feature_ids("buildings-building", 1).unwrap().remove(0);
    let (id, etag) = created(&server, "错误");

    // a project that was there when the page was opened, and that somebody has taken out since
    let path = format!("/api/v1/projects/{}", name(&gone));
    let read = server.get(&path, &[]).unwrap();
    let removed = server
        .send("DELETE", &path, &[("if-match", read.header("etag"))], &Value::Null)
        .unwrap();
    assert_eq!(removed.status, 204, "{}", String::from_utf8_lossy(&removed.body));
    let before: i32 = begins[..4].parse().unwrap();
    let day_before = format!("{}-12-31", before - 1);
    for (edit, at, feature, words) in [
        (
            json!({"action": "demolish", "features": [building, name(&gone)]}),
            "edits[1].features",
            name(&gone),
            "no longer in the city",
        ),
        (
            json!({"action": "demolish", "features": [building], "project": name(&gone)}),
            "edits[1].project",
            name(&gone),
            "no such project",
        ),
        (
            json!({"action": "demolish", "features": [building], "project": name(&planned), "phase": day_before}),
            "edits[1].phase",
            name(&planned),
            "before the project begins",
        ),
        (
            json!({"action": "demolish", "features": ["b-of-another-city"]}),
            "edits[1].features",
            "b-of-another-city".to_owned(),
            "there is no feature",
        ),
    ] {
        // the first edit is sound: it must not go in without the second
        let sound = json!({"action": "retain", "features": [building]});
        let answer = edits(&server, &id, &etag, "王", json!([sound, edit]));
        assert_eq!(answer.status, 422, "{edit}");
        let problem = answer.json().unwrap();
        let mistakes = problem["errors"].as_array().unwrap();
        let told = mistakes
            .iter()
            .any(|m| m["at"] == at && m["feature"] == *feature && m["message"].as_str().unwrap().contains(words));
        assert!(told, "{edit}: {problem}");
    }
    let shown = server
        .get(&format!("/api/v1/scenarios/{id}"), &[])
        .unwrap()
        .json()
        .unwrap();
    assert_eq!((&shown["revision"], &shown["num_edits"]), (&json!(1), &json!(0)));

    // on its first day the project may be worked at
    let first_day = json!([{"action": "demolish", "features": [building], "project": name(&planned), "phase": begins}]);
    assert_eq!(edits(&server, &id, &etag, "王", first_day).status, 200);
    server.assert_log_clean().unwrap();
}
