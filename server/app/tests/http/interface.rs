//! Errors, manifest, features, OGC API, description and events.

use super::city::{GLB, RANDOM_GLB, content, publish_by_hand, test_city};
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use chengjing::http::AppState;
use chengjing::routes::app;
use http_body_util::BodyExt as _;
use scene_store::{CityFolder, TileStore as _};
use serde_json::{Value, json};
use tower::ServiceExt as _;

#[tokio::test]
async fn every_error_is_a_problem() {
    let t = test_city();
    let long = format!("/api/v1/search?q={}", "x".repeat(9000));
    for (method, path, status) in [
        ("GET", "/nothing/here", 404),
        ("GET", "/tiles/content/ffffffffffffffffffffffffffffffff.glb", 404),
        ("GET", "/tiles/content/0123456789abcdef0123456789abcdef.rec", 404),
        ("GET", "/tiles/content/..%2F..%2Fcity.db", 404),
        ("GET", "/tiles/content/%2e%2e", 404),
        ("GET", "/../city.db", 404),
        ("GET", "/%2e%2e/%2e%2e/Cargo.toml", 404),
        ("GET", "/api/v1/features/none", 404),
        ("GET", "/api/v1/features/by-index/999", 404),
        ("GET", "/api/v1/features/by-index/-1", 400),
        ("GET", "/api/v1/search", 400),
        ("GET", "/api/v1/search?q=a&limit=x", 400),
        ("GET", "/ogc/collections/none", 404),
        ("GET", "/ogc/collections/none/items", 404),
        ("GET", "/ogc/collections/buildings-building/items?bbox=1,2", 400),
        ("GET", "/ogc/collections/buildings-building/items?limit=0", 400),
        ("GET", "/ogc/collections/buildings-building/items/p1", 404),
        ("POST", "/api/v1/manifest", 405),
        ("DELETE", "/ogc", 405),
        ("GET", long.as_str(), 414),
    ] {
        let (got, headers, body) = t.send(method, path, &[]).await;
        assert_eq!(got.as_u16(), status, "{method} {path}");
        assert_eq!(
            headers[header::CONTENT_TYPE],
            "application/problem+json",
            "{method} {path}"
        );
        let problem: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(problem["status"], status);
        assert_eq!(problem["type"], "about:blank");
        assert!(!problem["detail"].as_str().unwrap().is_empty());
        assert!(
            !String::from_utf8_lossy(&body).contains(t.city.root().to_str().unwrap()),
            "no path leaks"
        );
    }
    let (status, ..) = t
        .send("GET", "/api/v1/manifest", &[(header::ACCEPT_ENCODING, "*;q=0")])
        .await;
    assert_eq!(status, StatusCode::NOT_ACCEPTABLE);
}

#[tokio::test]
async fn a_request_keeps_its_id() {
    let t = test_city();
    let name = header::HeaderName::from_static("x-request-id");
    let (_, headers, body) = t.send("GET", "/api/v1/features/none", &[(name.clone(), "abc-1")]).await;
    assert_eq!(headers[&name], "abc-1");
    assert_eq!(serde_json::from_slice::<Value>(&body).unwrap()["request_id"], "abc-1");
    let (_, headers, _) = t.send("GET", "/healthz", &[(name.clone(), "two words")]).await;
    assert_ne!(headers[&name], "two words");
}

#[tokio::test]
async fn the_manifest_lists_layers_views_projects_and_credits() {
    let t = test_city();
    let manifest = t.json("/api/v1/manifest").await;
    assert_eq!(manifest["title"]["zh"], "试验城");
    assert_eq!(
        (&manifest["revision"], &manifest["is_generated"]),
        (&json!(1), &json!(true))
    );
    assert_eq!(manifest["crs"], "EPSG:4547");
    assert_eq!(manifest["feature_index_count"], 27);
    let layers: Vec<(&str, u64)> = manifest["layers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|l| (l["id"].as_str().unwrap(), l["num_features"].as_u64().unwrap()))
        .collect();
    assert_eq!(
        layers,
        [
            ("buildings", 25),
            ("buildings/building", 25),
            ("underground", 1),
            ("underground/YS", 1),
            ("projects", 1),
            ("projects/project", 1)
        ]
    );
    assert_eq!(manifest["projects"][0]["name"], "老旧小区改造");
    assert_eq!(manifest["credits"], json!([{"text": "Somebody", "licence": "CC0"}]));
    let views: Vec<&str> = manifest["views"]
        .as_array()
        .unwrap()
        .iter()
        .map(|v| v["id"].as_str().unwrap())
        .collect();
    assert_eq!(views, ["overview", "street", "underground"]);
    serde_json::from_value::<city_model::manifest::SceneManifest>(manifest).unwrap();
}

#[tokio::test]
async fn a_feature_is_found_by_id_number_and_text() {
    let t = test_city();
    let feature = t.json("/api/v1/features/b%2F3").await;
    assert_eq!(
        (&feature["feature_index"], &feature["class"], &feature["class_zh"]),
        (&json!(3), &json!("Building"), &json!("建筑"))
    );
    assert_eq!(feature["attributes"], json!({"name": "翠竹苑3号楼", "storeys": 6}));
    assert_eq!(feature["tiles"], json!([GLB, RANDOM_GLB]));
    let enu: Vec<f64> = serde_json::from_value(feature["bounds_enu"].clone()).unwrap();
    assert!(
        (enu[3] - enu[0] - 9.15).abs() < 0.3 && (enu[5] - enu[2] - 18.0).abs() < 0.1,
        "{enu:?}"
    );
    assert_eq!(t.json("/api/v1/features/by-index/3").await, feature);
    let found = t
        .json("/api/v1/search?q=%E7%BF%A0%E7%AB%B9%E8%8B%913%E5%8F%B7&limit=5")
        .await;
    assert_eq!(found["results"][0]["id"], "b/3");
    assert_eq!(
        found["results"][0]["matched"],
        json!({"key": "name", "value": "翠竹苑3号楼"})
    );
    assert_eq!(found["results"][0]["bounds_enu"], feature["bounds_enu"]);
}

#[tokio::test]
async fn features_are_paged_as_geojson() {
    let t = test_city();
    let mut path = "/ogc/collections/buildings-building/items?limit=10".to_owned();
    let mut ids = Vec::new();
    loop {
        let page = t.json(&path).await;
        assert_eq!(page["numberMatched"], 25);
        ids.extend(
            page["features"]
                .as_array()
                .unwrap()
                .iter()
                .map(|f| f["id"].as_str().unwrap().to_owned()),
        );
        match page["links"].as_array().unwrap().iter().find(|l| l["rel"] == "next") {
            Some(next) => path = next["href"].as_str().unwrap().to_owned(),
            None => break,
        }
    }
    assert_eq!(ids.len(), 25);
    let boxed = t
        .json("/ogc/collections/buildings-building/items?bbox=113.6495,34.749,113.6522,34.752")
        .await;
    assert_eq!(boxed["numberMatched"], 3);
    let far = t.json("/ogc/collections/buildings-building/items?bbox=4,51,5,53").await;
    assert_eq!(far["numberMatched"], 0);
    let world = t
        .json("/ogc/collections/buildings-building/items?bbox=-180,-90,180,90&limit=1")
        .await;
    assert_eq!(world["numberMatched"], 25);
    let item = t.json("/ogc/collections/buildings-building/items/b%2F0").await;
    let ring = item["geometry"]["coordinates"][0].as_array().unwrap();
    assert_eq!((ring.len(), &item["geometry"]["type"]), (5, &json!("Polygon")));
    assert!(
        (ring[0][0].as_f64().unwrap() - 113.65).abs() < 2e-4 && (ring[0][1].as_f64().unwrap() - 34.75).abs() < 2e-4,
        "{ring:?}"
    );
    let pipe = t.json("/ogc/collections/underground-YS/items/p1").await;
    assert_eq!(pipe["geometry"]["type"], "LineString");
    assert_eq!(pipe["geometry"]["coordinates"][0][2], -1.5);
}

#[tokio::test]
async fn every_route_is_described() {
    let t = test_city();
    let document = t.json("/openapi.json").await;
    let paths = document["paths"].as_object().unwrap();
    for wanted in [
        "/tiles/city/tileset.json",
        "/ogc/collections/{collection}/items",
        "/api/v1/scenarios/{id}/states",
        "/api/v1/scenarios/{id}/merge",
    ] {
        assert!(paths.contains_key(wanted), "{wanted}");
    }
    // what is described and can be read is there
    for (path, methods) in paths.iter().filter(|(_, methods)| methods.get("get").is_some()) {
        let id = match path.split('/').nth(3) {
            Some("scenarios") => "base",
            Some("projects") => "project-1",
            _ => "b%2F0",
        };
        let concrete = path
            .replace("{name}", GLB)
            .replace("{collection}", "buildings-building")
            .replace("by-index/{index}", "by-index/0")
            .replace("{id}", id)
            .replace("{path}", "index.html");
        if concrete == "/api/v1/events" || concrete == "/index.html" {
            continue;
        }
        let query = match concrete.rsplit('/').next() {
            Some("search") => "?q=x",
            Some("diff") => "?a=base&b=base",
            Some("export") => "?format=geojson",
            _ => "",
        };
        let (status, _, body) = t.send("GET", &format!("{concrete}{query}"), &[]).await;
        if path.contains("{key}") {
            // results come with jobs, and none has run
            assert_eq!(status, StatusCode::NOT_FOUND, "{path} {methods}");
            assert!(String::from_utf8_lossy(&body).contains("no result"), "{path}");
        } else {
            assert_eq!(status, StatusCode::OK, "{path} {methods}");
        }
    }
}

#[tokio::test]
async fn a_publication_reaches_open_streams() {
    let t = test_city();
    let request = Request::builder().uri("/api/v1/events").body(Body::empty()).unwrap();
    let response = t.app.clone().oneshot(request).await.unwrap();
    assert_eq!(response.headers()[header::CONTENT_TYPE], "text/event-stream");
    let mut body = response.into_body();
    let mut next =
        async || String::from_utf8(body.frame().await.unwrap().unwrap().into_data().unwrap().to_vec()).unwrap();
    assert_eq!(next().await, ": connected\n\n");
    let watcher = tokio::spawn(chengjing::http::watch::watch_city(t.state.clone()));
    // another process publishes
    let city = t.city.clone();
    let other = "00000000000000000000000000000001.glb";
    tokio::task::spawn_blocking(move || {
        city.tiles().put(other, b"new").unwrap();
        publish_by_hand(&city, 2, &[GLB, other]);
    })
    .await
    .unwrap();
    let event = tokio::time::timeout(std::time::Duration::from_secs(20), next())
        .await
        .unwrap();
    let data: Value = serde_json::from_str(event.lines().find_map(|l| l.strip_prefix("data: ")).unwrap()).unwrap();
    assert_eq!(
        data,
        json!({"revision": 2, "tileset_url": "/tiles/city/tileset.json", "changed": [other]})
    );
    assert!(event.contains("event: revision\n"), "{event}");
    assert_eq!(t.json("/tiles/city/tileset.json").await["asset"]["tilesetVersion"], "2");
    assert_eq!(t.json("/readyz").await, json!({"revision": 2}));
    t.state.stopping.send_replace(true);
    watcher.await.unwrap();
    assert!(body.frame().await.is_none(), "the stream ends with the server");
}

#[tokio::test]
async fn a_city_without_a_revision_is_alive_but_not_ready() {
    let dir = tempfile::tempdir().unwrap();
    let city = CityFolder::create(dir.path()).unwrap();
    let app = app(AppState::open(city, 1 << 20).unwrap());
    for (path, status) in [
        ("/healthz", 200),
        ("/readyz", 503),
        ("/api/v1/manifest", 503),
        ("/tiles/city/tileset.json", 503),
        ("/", 200),
        ("/metrics", 200),
    ] {
        let response = app
            .clone()
            .oneshot(Request::builder().uri(path).body(Body::empty()).unwrap())
            .await
            .unwrap();
        assert_eq!(response.status().as_u16(), status, "{path}");
    }
}

#[tokio::test]
async fn other_sites_may_ask() {
    let t = test_city();
    for path in [content(GLB), "/api/v1/manifest".into(), "/ogc/collections".into()] {
        let origin = (header::ORIGIN, "https://example.org");
        let (status, headers, _) = t
            .send(
                "OPTIONS",
                &path,
                &[origin.clone(), (header::ACCESS_CONTROL_REQUEST_METHOD, "GET")],
            )
            .await;
        assert!(status.is_success(), "{path}: {status}");
        assert_eq!(headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
        let (_, headers, _) = t.send("GET", &path, &[origin]).await;
        assert_eq!(headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
    }
}
