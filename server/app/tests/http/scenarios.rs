//! Scenarios as clients meet them: writes with `If-Match`, refusals with every mistake, states, differences, merges.

use super::city::{TestCity, request, test_city};
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use city_model::scenario::{FeatureState, StateTable};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Value,
}

impl Answer {
    fn etag(&self) -> String {
        self.headers[header::ETAG].to_str().unwrap().to_owned()
    }
}

async fn ask(t: &TestCity, method: &str, path: &str, etag: Option<&str>, body: Value) -> Answer {
    let headers: Vec<_> = etag.map(|etag| (header::IF_MATCH, etag)).into_iter().collect();
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let (status, headers, bytes) = request(&t.app, method, path, &headers, body).await;
    Answer {
        status,
        headers,
        body: serde_json::from_slice(&bytes).unwrap_or(Value::Null),
    }
}

async fn created(t: &TestCity, name: &str) -> (String, String) {
    let answer = ask(
        t,
        "POST",
        "/api/v1/scenarios",
        None,
        json!({"name": name, "author": "王"}),
    )
    .await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
    let id = answer.body["id"].as_str().unwrap().to_owned();
    assert_eq!(answer.headers[header::LOCATION], format!("/api/v1/scenarios/{id}"));
    assert_eq!(answer.etag(), format!("\"{id}-1\""));
    (id, answer.etag())
}

async fn edited(t: &TestCity, id: &str, etag: &str, edits: Value) -> Answer {
    let path = format!("/api/v1/scenarios/{id}/edits");
    let answer = ask(t, "POST", &path, Some(etag), json!({"author": "王", "edits": edits})).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    answer
}

async fn raw(t: &TestCity, path: &str, headers: &[(header::HeaderName, &str)]) -> (StatusCode, HeaderMap, Vec<u8>) {
    t.send("GET", path, headers).await
}

async fn table(t: &TestCity, path: &str) -> StateTable {
    let (status, headers, body) = raw(t, path, &[(header::ACCEPT_ENCODING, "identity")]).await;
    assert_eq!(status, StatusCode::OK, "{}", String::from_utf8_lossy(&body));
    assert_eq!(headers[header::CONTENT_TYPE], "application/vnd.chengjing.states");
    StateTable::decode(&body).unwrap()
}

/// A square of some ten metres beside building `b/n`.
fn square(n: u32) -> Value {
    let (lon, lat) = (113.65 + f64::from(n) * 0.001 + 0.0003, 34.75);
    json!({"type": "Polygon", "coordinates": [[[lon, lat], [lon + 1e-4, lat], [lon + 1e-4, lat + 1e-4], [lon, lat + 1e-4], [lon, lat]]]})
}

#[tokio::test]
async fn a_scenario_is_made_edited_undone_and_put_away() {
    let t = test_city();
    let (id, etag) = created(&t, "北区").await;
    let path = format!("/api/v1/scenarios/{id}");
    let first = edited(&t, &id, &etag, json!([
        {"action": "demolish", "features": ["b/1", "b/2", "b/1"], "phase": "2028-06-30", "project": "project-1", "note": "危房"},
        {"action": "build", "build": {"footprint": square(1), "storeys": 18, "floor_height_m": 3.0, "use": "tower", "name": "一号塔楼"}},
    ])).await;
    assert_eq!(first.body["revision"], 2);
    assert_eq!(first.body["edits"][0]["features"], json!(["b/1", "b/2"]), "each once");
    assert_eq!(first.body["edits"][0]["phase"], "2028-06-30");
    let tower = first.body["added"][0].clone();
    assert_eq!(tower["feature_index"], 27);
    let states = format!("{path}/states");
    let all = table(&t, &states).await;
    assert_eq!((all.len(), all.scenario_revision), (28, 2));
    assert_eq!(
        (all.get(1), all.get(27)),
        (FeatureState::Demolished, FeatureState::Added)
    );
    let early = table(&t, &format!("{states}?phase=2027")).await;
    assert_eq!(
        (early.get(1), early.get(27)),
        (FeatureState::Existing, FeatureState::Added)
    );
    let base = table(&t, "/api/v1/scenarios/base/states").await;
    assert_eq!(
        (base.get(1), base.get(27)),
        (FeatureState::Existing, FeatureState::Absent)
    );
    // compressed, and not sent twice
    let (_, headers, body) = raw(&t, &states, &[(header::ACCEPT_ENCODING, "gzip")]).await;
    assert_eq!(headers[header::CONTENT_ENCODING], "gzip");
    assert_eq!(
        scene_store::ContentEncoding::Gzip.decode(&body, 1000).unwrap(),
        all.encode()
    );
    let tag = headers[header::ETAG].to_str().unwrap().to_owned();
    let again = raw(
        &t,
        &states,
        &[(header::ACCEPT_ENCODING, "gzip"), (header::IF_NONE_MATCH, &tag)],
    )
    .await;
    assert_eq!((again.0, again.2.len()), (StatusCode::NOT_MODIFIED, 0));
    // the proposal is an ordinary feature, marked, and not found as a thing of the city
    let feature = t
        .json(&format!("/api/v1/features/{}", tower["id"].as_str().unwrap()))
        .await;
    assert_eq!(feature["layer"], "proposals/building");
    assert_eq!(feature["attributes"]["storeys"], 18.0);
    assert_eq!(feature["attributes"]["scenario_edit"], first.body["edits"][1]["uid"]);
    let found = t.json("/api/v1/search?q=%E4%B8%80%E5%8F%B7%E5%A1%94%E6%A5%BC").await;
    assert_eq!(found["total"], 0, "{found}");
    let page = t.json("/ogc/collections/buildings-building/items?limit=100").await;
    assert_eq!(page["numberMatched"], 25);
    // undo and redo
    let undone = ask(
        &t,
        "POST",
        &format!("{path}/undo"),
        Some(&first.etag()),
        json!({"author": "王"}),
    )
    .await;
    assert_eq!((undone.status, &undone.body["revision"]), (StatusCode::OK, &json!(3)));
    assert_eq!(undone.body["edits_changed"].as_array().unwrap().len(), 2, "one step");
    assert_eq!(table(&t, &states).await.get(1), FeatureState::Existing);
    let shown = t.json(&path).await;
    assert_eq!((&shown["can_undo"], &shown["can_redo"]), (&json!(false), &json!(true)));
    let redone = ask(&t, "POST", &format!("{path}/redo"), Some(&undone.etag()), Value::Null).await;
    assert_eq!(redone.body["revision"], 4);
    // a pinned revision reads the same bytes after later edits and after the end
    let pinned = [format!("{path}?revision=4"), format!("{states}?revision=4&phase=2030")];
    let mut before = Vec::new();
    for path in &pinned {
        before.push(raw(&t, path, &[]).await.2);
    }
    let more = edited(
        &t,
        &id,
        &redone.etag(),
        json!([
            {"action": "retain", "features": ["b/1"]},
            {"action": "build", "build": {"footprint": square(2), "storeys": 6, "use": "slab"}},
        ]),
    )
    .await;
    let renamed = ask(&t, "PATCH", &path, Some(&more.etag()), json!({"name": "北区二稿"})).await;
    assert_eq!(renamed.body["name"], "北区二稿");
    let archived = ask(&t, "DELETE", &path, Some(&renamed.etag()), Value::Null).await;
    assert_eq!(
        (archived.status, &archived.body["is_archived"]),
        (StatusCode::OK, &json!(true))
    );
    for (path, before) in pinned.iter().zip(before) {
        assert!(raw(&t, path, &[]).await.2 == before, "{path}");
    }
    let closed = ask(&t, "POST", &format!("{path}/undo"), Some("*"), Value::Null).await;
    assert_eq!(closed.status, StatusCode::CONFLICT);
    let history = t.json(&format!("{path}/history")).await;
    let kinds: Vec<&str> = history["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["create", "edit", "undo", "redo", "edit", "rename", "archive"]);
}

#[tokio::test]
async fn two_planners_do_not_overwrite_each_other() {
    let t = test_city();
    let (id, etag) = created(&t, "南区").await;
    let path = format!("/api/v1/scenarios/{id}/edits");
    let edit =
        |author: &str, action: &str| json!({"author": author, "edits": [{"action": action, "features": ["b/7"]}]});
    let without = ask(&t, "POST", &path, None, edit("王", "demolish")).await;
    assert_eq!(without.status, StatusCode::PRECONDITION_REQUIRED);
    let first = ask(&t, "POST", &path, Some(&etag), edit("王", "demolish")).await;
    assert_eq!(first.status, StatusCode::OK);
    let second = ask(&t, "POST", &path, Some(&etag), edit("李", "retain")).await;
    assert_eq!(second.status, StatusCode::PRECONDITION_FAILED);
    assert_eq!(second.etag(), first.etag(), "it is told what is there now");
    assert!(second.body["detail"].as_str().unwrap().contains(&id));
    for stale in ["\"other-1\"", "W/\"x\"", "nonsense"] {
        assert_eq!(
            ask(&t, "POST", &path, Some(stale), edit("李", "retain")).await.status,
            StatusCode::PRECONDITION_FAILED,
            "{stale}"
        );
    }
    let third = ask(&t, "POST", &path, Some(&second.etag()), edit("李", "retain")).await;
    assert_eq!((third.status, &third.body["revision"]), (StatusCode::OK, &json!(3)));
}

#[tokio::test]
async fn every_mistake_is_listed_and_nothing_is_written() {
    let t = test_city();
    let (id, etag) = created(&t, "坏数据").await;
    let bow_tie = json!({"type": "Polygon", "coordinates": [[[113.65, 34.75], [113.651, 34.751], [113.651, 34.75], [113.65, 34.751], [113.65, 34.75]]]});
    let far = json!({"type": "Polygon", "coordinates": [[[4.0, 52.0], [4.001, 52.0], [4.001, 52.001], [4.0, 52.0]]]});
    let body = json!({"author": "", "edits": [
        {"action": "demolish", "features": ["b/1", "b/none", "project-1"]},
        {"action": "raze", "features": ["b/1"]},
        {"action": "build", "build": {"footprint": bow_tie, "storeys": 0, "floor_height_m": 99, "use": "castle"}},
        {"action": "build", "build": {"footprint": far, "storeys": 6}},
        {"action": "abandon", "features": ["b/1"]},
        {"action": "retain", "features": ["b/1"], "phase": "1850-01-01"},
        {"action": "modify", "features": ["b/1"], "attributes": {"added_storeys": 2.5}},
        {"action": "retain", "features": []},
        {"action": "build", "pipe": {"add": {"line": {"type": "LineString", "coordinates": [[113.65, 34.75]]}, "pipe_class": "XX", "diameter_mm": -1, "material": "PE", "depth_m": 1.5}}},
        {"action": "modify", "pipe": {"replace": {"diameter_mm": 800}, "road": "无名路", "pipe_class": "YS"}},
    ]});
    let path = format!("/api/v1/scenarios/{id}/edits");
    let answer = ask(&t, "POST", &path, Some(&etag), body).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.body);
    let errors = answer.body["errors"].as_array().unwrap();
    let at: Vec<&str> = errors.iter().map(|e| e["at"].as_str().unwrap()).collect();
    for wanted in [
        "author",
        "edits[0].features",
        "edits[1].action",
        "edits[2].build.storeys",
        "edits[2].build.floor_height_m",
        "edits[2].build.use",
        "edits[2].build.footprint",
        "edits[3].build.footprint",
        "edits[4].features",
        "edits[5].phase",
        "edits[6].attributes.added_storeys",
        "edits[7].features",
        "edits[8].pipe.add.line",
        "edits[8].pipe.add.diameter_mm",
        "edits[8].pipe.add.pipe_class",
        "edits[9].pipe.road",
    ] {
        assert!(at.contains(&wanted), "{wanted} is missing in {at:?}");
    }
    let named: Vec<&Value> = errors.iter().map(|e| &e["feature"]).filter(|f| !f.is_null()).collect();
    assert!(named.contains(&&json!("b/none")) && named.contains(&&json!("project-1")));
    let shown = t.json(&format!("/api/v1/scenarios/{id}")).await;
    assert_eq!((&shown["revision"], &shown["num_edits"]), (&json!(1), &json!(0)));
    assert_eq!(t.json("/api/v1/manifest").await["feature_index_count"], 27);
    // not JSON, other shapes, other ways to be wrong
    let post = async |body: &str, etag: &str| {
        let request = Request::builder()
            .method("POST")
            .uri(&path)
            .header(header::IF_MATCH, etag);
        let request = request.body(Body::from(body.to_owned())).unwrap();
        t.app.clone().oneshot(request).await.unwrap().status().as_u16()
    };
    assert_eq!(post("{", &etag).await, 400);
    assert_eq!(
        post(
            "{\"edits\": [{\"action\": \"build\", \"build\": {\"storeys\": NaN}}]}",
            &etag
        )
        .await,
        400
    );
    assert_eq!(post("{\"edits\": 7}", &etag).await, 422);
    assert_eq!(
        post(
            "{\"author\": \"王\", \"edits\": [{\"action\": \"build\", \"build\": {\"storeys\": \"six\"}}]}",
            &etag
        )
        .await,
        422
    );
    for (method, path, status) in [
        ("GET", "/api/v1/scenarios/s-none", 404),
        ("GET", "/api/v1/scenarios/s-none/states", 404),
        ("GET", "/api/v1/scenarios/base/states?phase=soon", 400),
        ("GET", "/api/v1/scenarios/base/states?revision=-1", 400),
        ("GET", "/api/v1/scenarios/diff?a=base", 400),
        ("GET", "/api/v1/scenarios/diff?a=base&b=s-none", 404),
        ("DELETE", "/api/v1/scenarios/base", 409),
    ] {
        assert_eq!(
            ask(&t, method, path, Some("*"), Value::Null).await.status.as_u16(),
            status,
            "{method} {path}"
        );
    }
    let foreign = Request::builder()
        .method("POST")
        .uri("/api/v1/scenarios")
        .header(header::ORIGIN, "https://example.org")
        .header(header::HOST, "127.0.0.1:8686")
        .body(Body::from("{\"name\": \"x\", \"author\": \"y\"}"))
        .unwrap();
    let answer = t.app.clone().oneshot(foreign).await.unwrap();
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    assert!(!answer.headers().contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN));
}

#[tokio::test]
async fn towers_are_lowered_storeys_added_and_pipes_replaced() {
    let t = test_city();
    let (id, etag) = created(&t, "改造").await;
    let built = edited(
        &t,
        &id,
        &etag,
        json!([
            {"action": "build", "build": {"footprint": square(3), "storeys": 30, "use": "tower"}},
            {"action": "modify", "features": ["b/4"], "attributes": {"added_storeys": 2}},
            {"action": "modify", "features": ["p1"], "pipe": {"replace": {"diameter_mm": 800, "material": "HDPE"}}},
        ]),
    )
    .await;
    let ids: Vec<String> = built.body["added"]
        .as_array()
        .unwrap()
        .iter()
        .map(|a| a["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(ids.len(), 3);
    let states = format!("/api/v1/scenarios/{id}/states");
    let codes = async || table(&t, &states).await.codes().to_vec();
    let now = codes().await;
    assert_eq!((now[4], now[25], &now[27..]), (2, 6, &[4, 4, 4][..]));
    let on_top = t.json(&format!("/api/v1/features/{}", ids[1])).await;
    assert_eq!(
        (&on_top["parent"], &on_top["attributes"]["storeys"]),
        (&json!("b/4"), &json!(2.0))
    );
    let below = t.json("/api/v1/features/b%2F4").await;
    let z = |feature: &Value, at: usize| feature["bounds_enu"][at].as_f64().unwrap();
    assert!((z(&on_top, 2) - z(&below, 5)).abs() < 0.1, "it stands on the roof");
    let pipe = t.json(&format!("/api/v1/features/{}", ids[2])).await;
    assert_eq!(
        (&pipe["attributes"]["diameter_mm"], &pipe["attributes"]["replaces"]),
        (&json!(800.0), &json!("p1"))
    );
    assert_eq!(pipe["layer"], "underground/YS");
    let lowered = edited(
        &t,
        &id,
        &built.etag(),
        json!([
            {"action": "modify", "features": [ids[0]], "attributes": {"storeys": 12}},
        ]),
    )
    .await;
    let lower = lowered.body["added"][0]["id"].as_str().unwrap();
    assert_eq!(
        t.json(&format!("/api/v1/features/{lower}")).await["attributes"]["storeys"],
        12.0
    );
    assert_eq!(&codes().await[27..], [5, 4, 4, 4]);
    // a proposal of this scenario is none of another one
    let (other, etag) = created(&t, "别的").await;
    let path = format!("/api/v1/scenarios/{other}/edits");
    let body = json!({"author": "李", "edits": [{"action": "demolish", "features": [lower]}]});
    let refused = ask(&t, "POST", &path, Some(&etag), body).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        refused.body["errors"][0]["message"]
            .as_str()
            .unwrap()
            .contains("not part of the scenario")
    );
    let difference = t.json(&format!("/api/v1/scenarios/diff?a=base&b={id}")).await;
    let of = |kind: &str| -> Vec<String> {
        difference[kind]
            .as_array()
            .unwrap()
            .iter()
            .map(|f| f["id"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(of("removed"), ["p1"]);
    assert_eq!(of("changed"), ["b/4"]);
    assert_eq!(of("added"), [ids[1].as_str(), ids[2].as_str(), lower]);
    assert_eq!(difference["kept"]["count"], 25);
    assert_eq!(difference["changed"][0]["state_b"], "modified");
}

#[tokio::test]
async fn a_branch_is_merged_with_a_list_of_conflicts() {
    let t = test_city();
    let (id, etag) = created(&t, "主方案").await;
    let first = edited(&t, &id, &etag, json!([{"action": "demolish", "features": ["b/1"]}])).await;
    let path = format!("/api/v1/scenarios/{id}");
    let branch = ask(
        &t,
        "POST",
        &format!("{path}/branch"),
        None,
        json!({"name": "支线", "author": "李"}),
    )
    .await;
    assert_eq!(branch.status, StatusCode::CREATED);
    assert_eq!(
        (&branch.body["parent"], &branch.body["parent_revision"]),
        (&json!(id), &json!(2))
    );
    let other = branch.body["id"].as_str().unwrap().to_owned();
    let theirs = edited(
        &t,
        &other,
        &branch.etag(),
        json!([
            {"action": "demolish", "features": ["b/2", "b/3"]},
            {"action": "retain", "features": ["b/5"]},
        ]),
    )
    .await;
    let ours = edited(
        &t,
        &id,
        &first.etag(),
        json!([{"action": "modify", "features": ["b/3"], "attributes": {"facade": "砖"}}]),
    )
    .await;
    let merge = format!("{path}/merge");
    let refused = ask(
        &t,
        "POST",
        &merge,
        Some(&ours.etag()),
        json!({"from": other, "author": "王"}),
    )
    .await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    let conflicts = refused.body["conflicts"].as_array().unwrap();
    assert_eq!((conflicts.len(), &conflicts[0]["feature"]), (1, &json!("b/3")));
    assert_eq!(
        (&conflicts[0]["ours"]["action"], &conflicts[0]["theirs"]["action"]),
        (&json!("modify"), &json!("demolish"))
    );
    let body = json!({"from": other, "author": "王", "resolve": {"b/3": "theirs"}});
    let merged = ask(&t, "POST", &merge, Some(&ours.etag()), body.clone()).await;
    assert_eq!(
        (merged.status, &merged.body["revision"]),
        (StatusCode::OK, &json!(4)),
        "{}",
        merged.body
    );
    let codes = table(&t, &format!("{path}/states")).await.codes()[..6].to_vec();
    assert_eq!(codes, [0, 3, 3, 3, 0, 1]);
    // the second time only what is new comes over
    edited(
        &t,
        &other,
        &theirs.etag(),
        json!([{"action": "retain", "features": ["b/0"]}]),
    )
    .await;
    let again = ask(&t, "POST", &merge, Some(&merged.etag()), body).await;
    assert_eq!(
        (again.status, &again.body["merged"]),
        (StatusCode::OK, &json!(1)),
        "{}",
        again.body
    );
}

#[tokio::test]
async fn open_streams_hear_of_scenarios() {
    let t = test_city();
    let request = Request::builder().uri("/api/v1/events").body(Body::empty()).unwrap();
    let mut body = t.app.clone().oneshot(request).await.unwrap().into_body();
    let mut next = async || {
        let frame = tokio::time::timeout(std::time::Duration::from_secs(20), body.frame())
            .await
            .unwrap();
        String::from_utf8(frame.unwrap().unwrap().into_data().unwrap().to_vec()).unwrap()
    };
    assert_eq!(next().await, ": connected\n\n");
    let (id, etag) = created(&t, "直播").await;
    let told = |event: &str| -> Value {
        assert!(event.contains("event: scenario\n"), "{event}");
        serde_json::from_str(event.lines().find_map(|l| l.strip_prefix("data: ")).unwrap()).unwrap()
    };
    assert_eq!(
        told(&next().await),
        json!({"id": id, "revision": 1, "author": "王", "archived": false})
    );
    edited(&t, &id, &etag, json!([{"action": "retain", "features": ["b/1"]}])).await;
    assert_eq!(told(&next().await)["revision"], 2);
}

#[tokio::test]
async fn an_array_reaches_a_ratio_and_can_be_built() {
    let t = test_city();
    let (id, etag) = created(&t, "排布").await;
    let site = json!({"type": "Polygon", "coordinates": [[[113.652, 34.751], [113.654, 34.751], [113.654, 34.7526], [113.652, 34.7526], [113.652, 34.751]]]});
    let request =
        json!({"site": site, "kind": "tower", "target_far": 1.5, "storeys": 18, "use": "tower", "setback_m": 8});
    let path = format!("/api/v1/scenarios/{id}/massing");
    let answer = ask(&t, "POST", &path, None, request).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert_eq!(answer.body["is_reached"], true, "{}", answer.body);
    let bodies = answer.body["footprints"].as_array().unwrap();
    let edits: Vec<Value> = bodies.iter().map(|b| json!({"action": "build", "build": b})).collect();
    let built = edited(&t, &id, &etag, json!(edits)).await;
    assert_eq!(built.body["added"].as_array().unwrap().len(), bodies.len());
    let refused = ask(&t, "POST", &path, None, json!({"site": site, "kind": "dome"})).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
}
