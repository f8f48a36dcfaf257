//! Sunshine while massing is edited: a preview says to the last bit what a job says once the edits are saved, and asks
//! again only what they can shade; what is overtaken or cannot be is refused with the reason.
#![cfg(test)]

use e2e::city::City;
use e2e::http::Answer;
use e2e::server::Server;
use flate2::read::GzDecoder;
use serde_json::{Value, json};
use std::io::Read as _;
use std::time::{Duration, Instant};

/// A job that has not ended by then never will.
const PATIENCE: Duration = Duration::from_secs(600);
const LAYERS: [&str; 2] = ["facade_hours", "ground_hours"];

fn post(server: &Server, path: &str, body: &Value) -> Answer {
    server.send("POST", path, &[], body).unwrap()
}

/// Runs the job of a question to its end: its path and its result.
fn ended(server: &Server, question: &Value) -> (String, Value) {
    let job = post(server, "/api/v1/simulations/sunshine", question).json().unwrap();
    let path = format!("/api/v1/jobs/{}", job["key"].as_str().unwrap());
    let started = Instant::now();
    loop {
        let job = server.get(&path, &[]).unwrap().json().unwrap();
        match job["state"].as_str().unwrap() {
            "done" => break,
            "queued" | "running" => {}
            _ => panic!("{job}"),
        }
        assert!(started.elapsed() < PATIENCE, "{job}");
        std::thread::yield_now();
    }
    let result = server.get(&format!("{path}/result"), &[]).unwrap().json().unwrap();
    (path, result)
}

/// The same with its layers as the viewer takes them.
fn run(server: &Server, question: &Value) -> (Value, Vec<Vec<u8>>) {
    let (path, result) = ended(server, question);
    let layers = LAYERS.map(|layer| {
        let answer = server.get(&format!("{path}/layers/{layer}"), &[]).unwrap();
        assert_eq!(answer.status, 200, "{layer}");
        let mut bytes = vec![];
        GzDecoder::new(answer.body.as_slice()).read_to_end(&mut bytes).unwrap();
        bytes
    });
    (result, layers.to_vec())
}

/// Everything that a preview says, with its layers.
struct Preview {
    answer: Value,
    layers: Vec<Vec<u8>>,
}

/// A page that edits.
struct Page<'a> {
    server: &'a Server,
    turn: u64,
}

impl Page<'_> {
    fn send(&mut self, question: &Value, more: &Value) -> Answer {
        self.turn += 1;
        let mut body = json!({"question": question, "client": "page", "turn": self.turn});
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        post(self.server, "/api/v1/simulations/sunshine/live", &body)
    }

    fn preview(&mut self, question: &Value, edits: &Value) -> Preview {
        let mut all: Vec<(Value, Vec<u8>)> = LAYERS
            .iter()
            .map(|layer| {
                let answer = self.send(question, &json!({"edits": edits, "layer": layer}));
                assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
                let (length, rest) = answer.body.split_first_chunk().unwrap();
                let (json, layer) = rest.split_at(u32::from_le_bytes(*length) as usize);
                (serde_json::from_slice(json).unwrap(), layer.to_vec())
            })
            .collect();
        Preview {
            answer: all[0].0.take(),
            layers: all.into_iter().map(|(_, layer)| layer).collect(),
        }
    }
}

/// Verdicts without the id and number of what was only drawn.
fn verdicts(outcome: &Value, drawn: Option<&str>) -> Vec<Value> {
    let mut all = outcome["verdicts"].as_array().unwrap().clone();
    for verdict in &mut all {
        if drawn.is_some_and(|id| verdict["feature"] == id) {
            verdict["feature"] = "drawn".into();
            verdict["index"] = Value::Null;
        }
        // who takes the sun is named with ids
        if let Some(id) = drawn {
            let words = verdict["because"].to_string().replace(id, "drawn");
            verdict["because"] = serde_json::from_str(&words).unwrap();
        }
    }
    all.sort_by_key(|verdict| verdict["feature"].to_string());
    all
}

fn assert_same(preview: &Preview, drawn: Option<&str>, job: &(Value, Vec<Vec<u8>>), saved: Option<&str>) {
    let outcome = &preview.answer["outcome"];
    assert_eq!(verdicts(outcome, drawn), verdicts(&job.0, saved));
    for figure in ["pass", "fail", "within_error", "not_decidable", "points", "patches"] {
        let of = |outcome: &Value| {
            let figures = outcome["figures"].as_array().unwrap();
            figures.iter().find(|one| one["key"] == figure).unwrap()["value"].clone()
        };
        assert_eq!(of(outcome), of(&job.0), "{figure}");
    }
    for (name, (live, whole)) in LAYERS.iter().zip(preview.layers.iter().zip(&job.1)) {
        assert!(live == whole, "{name}: {} and {} bytes", live.len(), whole.len());
    }
}

struct Written {
    etag: String,
    added: Option<String>,
}

fn write(server: &Server, id: &str, etag: &str, edits: &Value) -> Written {
    let path = format!("/api/v1/scenarios/{id}/edits");
    let body = json!({"author": "王", "edits": edits});
    let answer = server.send("POST", &path, &[("if-match", etag)], &body).unwrap();
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    let added = answer.json().unwrap()["added"][0]["id"].as_str().map(str::to_owned);
    Written {
        etag: answer.header("etag").to_owned(),
        added,
    }
}

/// A home of the demo and its middle.
fn home(server: &Server) -> (String, [f64; 2]) {
    let page = server
        .get("/ogc/collections/buildings-building/items?limit=3000", &[])
        .unwrap()
        .json()
        .unwrap();
    let features = page["features"].as_array().unwrap();
    let homes: Vec<&Value> = features.iter().filter(|f| f["properties"]["use"] == "住宅").collect();
    let home = homes[homes.len() / 2];
    let at = |i: usize| home["geometry"]["coordinates"][0][0][i].as_f64().unwrap();
    (home["id"].as_str().unwrap().to_owned(), [at(0), at(1)])
}

fn square([x, y]: [f64; 2], d: f64) -> Value {
    json!({"type": "Polygon", "coordinates": [[[x - d, y - d], [x + d, y - d], [x + d, y + d], [x - d, y + d], [x - d, y - d]]]})
}

#[test]
fn a_preview_equals_the_job_of_the_saved_scenario() {
    let city = City::demo(2_000, 21).unwrap();
    let server = Server::start(&city).unwrap();
    let (home, [x, y]) = home(&server);
    let created = post(&server, "/api/v1/scenarios", &json!({"name": "塔楼", "author": "王"}));
    let id = created.json().unwrap()["id"].as_str().unwrap().to_owned();
    let question = json!({"scenario": id, "area": {"polygon": square([x, y], 0.0012)}, "params": {"spacing_m": 3.0}});
    let before = run(&server, &question);
    let mut page = Page {
        server: &server,
        turn: 0,
    };
    // what nobody edits is what was found
    let same = page.preview(&question, &json!([]));
    assert_same(&same, None, &before, None);
    assert_eq!(same.answer["num_asked"], 0);

    // a tower to the south-east is drawn, raised and lowered, and saved
    let tower = |storeys: u32| {
        let build = json!({"footprint": square([x + 0.0004, y - 0.0003], 0.00012), "storeys": storeys, "floor_height_m": 3.0, "use": "tower"});
        json!([{"action": "build", "build": build}])
    };
    let low = page.preview(&question, &tower(2));
    let high = page.preview(&question, &tower(40));
    let drawn = high.answer["built"][0].as_str().unwrap().to_owned();
    let hours = |preview: &Preview| -> f64 {
        let verdicts = preview.answer["outcome"]["verdicts"].as_array().unwrap();
        verdicts.iter().filter_map(|verdict| verdict["value"].as_f64()).sum()
    };
    assert!(hours(&high) < hours(&low), "{} and {} h", hours(&high), hours(&low));
    let [asked, all] = ["num_asked", "num_points"].map(|name| high.answer[name].as_u64().unwrap());
    assert!(asked > 0 && asked < all, "{asked} of {all} points");
    let written = write(&server, &id, created.header("etag"), &tower(40));
    let saved = written.added.as_deref();
    let built = run(&server, &question);
    assert_same(&high, Some(&drawn), &built, saved);
    // the study follows the scenario to its new revision
    assert_same(&page.preview(&question, &json!([])), saved, &built, saved);

    // the saved tower is lowered, and a home taken down
    let edits = json!([
        {"action": "modify", "features": [saved.unwrap()], "attributes": {"storeys": 7}},
        {"action": "demolish", "features": [home]},
    ]);
    let lowered = page.preview(&question, &edits);
    let drawn = lowered.answer["built"][0].as_str().unwrap().to_owned();
    let verdicts_of_home = verdicts(&lowered.answer["outcome"], None);
    assert!(verdicts_of_home.iter().all(|verdict| verdict["feature"] != *home));
    let written = write(&server, &id, &written.etag, &edits);
    let after = run(&server, &question);
    assert_same(&lowered, Some(&drawn), &after, written.added.as_deref());

    // an older revision can still be looked at, and says that it is one
    let mut pinned = question.clone();
    pinned["scenario_revision"] = json!(2);
    let old = page.preview(&pinned, &json!([]));
    assert_eq!(
        (&old.answer["is_outdated"], &lowered.answer["is_outdated"]),
        (&json!(true), &json!(false))
    );
    // the home stands again, after all others: layers have the same patches in another order
    assert_eq!(verdicts(&old.answer["outcome"], saved), verdicts(&built.0, saved));
    server.assert_log_clean().unwrap();
}

#[test]
fn storeys_are_answered_at_once_and_what_cannot_be_is_refused() {
    let city = City::demo(2_000, 21).unwrap();
    let server = Server::start(&city).unwrap();
    let (home, [x, y]) = home(&server);
    let created = post(&server, "/api/v1/scenarios", &json!({"name": "层数", "author": "王"}));
    let id = created.json().unwrap()["id"].as_str().unwrap().to_owned();
    let mut question = json!({"scenario": id, "area": {"polygon": square([x, y], 0.0012)}, "params": {"spacing_m": 3.0, "with_facades": false}});
    let build = json!({"footprint": square([x + 0.0004, y - 0.0003], 0.00012), "storeys": 6, "floor_height_m": 3.0, "use": "tower"});
    let edits = json!([{"action": "build", "build": build}]);
    let mut page = Page {
        server: &server,
        turn: 10,
    };
    let ask = |building: &str| json!({"building": building, "storey_m": 3.0, "max_storeys": 60});
    let answer = page.send(&question, &json!({"edits": edits, "storeys_of": ask("p-draft1-1")}));
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    let (length, rest) = answer.body.split_first_chunk().unwrap();
    let live: Value = serde_json::from_slice(&rest[..u32::from_le_bytes(*length) as usize]).unwrap();
    let told = &live["storeys"];
    let [certain, most] = ["most_certain", "most"].map(|name| told[name].as_u64().unwrap());
    assert!(certain <= most && most < 60, "{told}");
    // who stops it: one storey above the certain number somebody does not surely keep it, above the other one surely loses it
    let below_by = |name: &str| -> Vec<f64> {
        let harmed = told[name].as_array().unwrap().iter();
        harmed
            .map(|one| one["limit_h"].as_f64().unwrap() - one["hours"].as_f64().unwrap())
            .collect()
    };
    let error_h = 3.0 / 60.0;
    let [open, harmed] = ["open", "harmed"].map(below_by);
    assert!(!open.is_empty() && open.iter().all(|below| *below > -error_h), "{told}");
    assert!(
        !harmed.is_empty() && harmed.iter().all(|below| *below >= error_h),
        "{told}"
    );
    // the job finds the same for the saved tower
    let saved = write(&server, &id, created.header("etag"), &edits).added.unwrap();
    question["params"]["storeys_of"] = ask(&saved);
    let (_, result) = ended(&server, &question);
    let figures = result["figures"].as_array().unwrap();
    for (key, expected) in [("most_storeys_certain", certain), ("most_storeys", most)] {
        let found = figures.iter().find(|figure| figure["key"] == key).unwrap();
        assert_eq!(found["value"].as_f64().unwrap() as u64, expected, "{key}");
    }

    let refused = |answer: Answer, status: u16, words: &str| {
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        assert_eq!(answer.status, status, "{text}");
        assert!(text.contains(words), "{words} in {text}");
        assert_eq!(answer.header("content-type"), "application/problem+json");
    };
    refused(page.send(&question, &json!({"turn": 3})), 409, "\"overtaken\":true");
    refused(
        page.send(
            &question,
            &json!({"edits": [{"action": "demolish", "features": ["nobody"]}]}),
        ),
        422,
        "nobody",
    );
    refused(
        page.send(&question, &json!({"storeys_of": ask("nobody")})),
        422,
        "nobody",
    );
    refused(page.send(&question, &json!({"layer": "rainbow"})), 404, "rainbow");
    let other = post(&server, "/api/v1/simulations/reach/live", &json!({"question": {}}));
    refused(other, 404, "reach");
    // and the study is none the worse
    let answer = page.send(
        &question,
        &json!({"edits": [{"action": "demolish", "features": [home]}]}),
    );
    assert_eq!(answer.status, 200);
    server.assert_log_clean().unwrap();
}
