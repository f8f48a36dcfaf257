//! The server as its clients meet it.
#![cfg(test)]

use e2e::city::City;
use e2e::server::Server;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

fn first_glb(city: &City) -> (String, Vec<u8>) {
    city.contents()
        .unwrap()
        .into_iter()
        .filter(|(n, _)| n.ends_with(".glb"))
        .max_by_key(|(_, b)| b.len())
        .unwrap()
}

#[test]
fn a_city_is_served_searched_and_read() {
    let city = City::demo(2_000, 11).unwrap();
    let server = Server::start(&city).unwrap();
    for path in [
        "/healthz",
        "/readyz",
        "/metrics",
        "/openapi.json",
        "/api/v1/manifest",
        "/ogc",
        "/ogc/conformance",
        "/ogc/collections",
    ] {
        let answer = server.get(path, &[]).unwrap();
        assert_eq!(answer.status, 200, "{path}: {}", String::from_utf8_lossy(&answer.body));
    }
    let manifest = server.get("/api/v1/manifest", &[]).unwrap().json().unwrap();
    assert_eq!(manifest["is_generated"], true);
    assert!(manifest["projects"].as_array().unwrap().len() >= 15);
    let url = manifest["tileset_url"].as_str().unwrap();
    let tileset = server.get(url, &[]).unwrap();
    assert_eq!(tileset.status, 200);
    assert!(tileset.json().unwrap()["root"]["children"].as_array().unwrap().len() >= 4);

    // a Chinese word of a project's name finds it, and its bounds say where to fly
    let project = &manifest["projects"][0];
    let name: String = project["name"].as_str().unwrap().chars().take(4).collect();
    let query: String = name.bytes().map(|b| format!("%{b:02X}")).collect();
    let found = server
        .get(&format!("/api/v1/search?q={query}&limit=20"), &[])
        .unwrap()
        .json()
        .unwrap();
    let results = found["results"].as_array().unwrap();
    assert!(
        results.iter().any(|r| r["feature_index"] == project["feature_index"]),
        "{name}: {found}"
    );
    assert_eq!(results[0]["bounds_enu"].as_array().unwrap().len(), 6);

    let id = results[0]["id"].as_str().unwrap();
    let encoded: String = id.bytes().map(|b| format!("%{b:02X}")).collect();
    let feature = server
        .get(&format!("/api/v1/features/{encoded}"), &[])
        .unwrap()
        .json()
        .unwrap();
    assert_eq!(feature["id"], id);
    assert!(!feature["attributes"].as_object().unwrap().is_empty());
    let same = server
        .get(&format!("/api/v1/features/by-index/{}", feature["feature_index"]), &[])
        .unwrap()
        .json()
        .unwrap();
    assert_eq!(same, feature);
    server.assert_log_clean().unwrap();
    server.stop().unwrap();
}

#[test]
fn tiles_are_immutable_ranged_and_negotiated() {
    let city = City::demo(2_000, 12).unwrap();
    let server = Server::start(&city).unwrap();
    let (name, bytes) = first_glb(&city);
    let path = format!("/tiles/content/{name}");
    let plain = server.get(&path, &[]).unwrap();
    assert_eq!(plain.status, 200);
    assert!(plain.body == bytes, "other bytes than those on disk");
    assert!(plain.header("cache-control").contains("immutable"));
    let etag = plain.header("etag").to_owned();
    assert!(etag.starts_with('"'), "strong: {etag}");
    let again = server.get(&path, &[("if-none-match", &etag)]).unwrap();
    assert_eq!((again.status, again.body.len()), (304, 0));
    let part = server.get(&path, &[("range", "bytes=4-11")]).unwrap();
    assert_eq!((part.status, part.body.as_slice()), (206, &bytes[4..12]));
    assert_eq!(part.header("content-range"), format!("bytes 4-11/{}", bytes.len()));
    assert_eq!(server.get(&path, &[("range", "bytes=999999999-")]).unwrap().status, 416);
    let tileset = "/tiles/city/tileset.json";
    for (accept, expected) in [
        ("br", "br"),
        ("gzip;q=0.5, zstd", "zstd"),
        ("br;q=0, gzip", "gzip"),
        ("identity", ""),
    ] {
        let answer = server.get(tileset, &[("accept-encoding", accept)]).unwrap();
        assert_eq!(
            (answer.status, answer.header("content-encoding")),
            (200, expected),
            "{accept}"
        );
        assert!(answer.header("vary").to_lowercase().contains("accept-encoding"));
    }
}

#[test]
fn refusals_are_problems_with_a_reason() {
    let city = City::demo(2_000, 13).unwrap();
    let server = Server::start(&city).unwrap();
    for (path, status) in [
        ("/api/v1/features/no-such-thing", 404),
        ("/tiles/content/../../city.db", 404),
        ("/tiles/content/%2e%2e%2f%2e%2e%2fcity.db", 404),
        ("/api/v1/nothing", 404),
        ("/api/v1/search?q=x&limit=minus", 400),
        ("/ogc/collections/buildings-building/items?bbox=1,2,3", 400),
    ] {
        let answer = server.get(path, &[]).unwrap();
        assert_eq!(answer.status, status, "{path}");
        assert!(
            answer.header("content-type").starts_with("application/problem+json"),
            "{path}: {}",
            answer.header("content-type")
        );
        let problem = answer.json().unwrap();
        assert!(
            problem["title"].is_string() && problem["status"] == status,
            "{path}: {problem}"
        );
    }
}

#[test]
fn features_are_paged_as_geojson() {
    let city = City::demo(2_000, 14).unwrap();
    let server = Server::start(&city).unwrap();
    let collections = server.get("/ogc/collections", &[]).unwrap().json().unwrap();
    let id = collections["collections"][0]["id"].as_str().unwrap().to_owned();
    let page = server
        .get(&format!("/ogc/collections/{id}/items?limit=5"), &[])
        .unwrap()
        .json()
        .unwrap();
    assert_eq!(page["type"], "FeatureCollection");
    assert_eq!(page["features"].as_array().unwrap().len(), 5);
    let next = page["links"]
        .as_array()
        .unwrap()
        .iter()
        .find(|l| l["rel"] == "next")
        .unwrap()["href"]
        .as_str()
        .unwrap()
        .to_owned();
    let next = next.strip_prefix(server.address()).unwrap_or(&next).to_owned();
    let second = server.get(&next, &[]).unwrap().json().unwrap();
    assert_ne!(page["features"][0]["id"], second["features"][0]["id"]);
}

#[test]
fn open_viewers_hear_of_a_new_revision() {
    let city = City::demo(2_000, 15).unwrap();
    let server = Server::start(&city).unwrap();
    let mut listener = Command::new("curl")
        .args([
            "-sN",
            "--max-time",
            "60",
            &format!("{}/api/v1/events", server.address()),
        ])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(listener.stdout.take().unwrap())
        .lines()
        .map_while(Result::ok);
    // the first line of the stream says that the listener is connected
    assert!(lines.next().is_some());
    let id = server.feature_ids("buildings", 1).unwrap().remove(0);
    city.run(&["set"], &[&id, "name=新名字"]).unwrap();
    let published = city.run(&["publish"], &[]).unwrap();
    let revision = published["revision"].as_u64().unwrap();
    let heard = lines
        .filter_map(|l| {
            l.strip_prefix("data:")
                .and_then(|d| serde_json::from_str::<serde_json::Value>(d.trim()).ok())
        })
        .find(|data| data["revision"].as_u64() == Some(revision));
    listener.kill().unwrap();
    listener.wait().unwrap();
    let heard = heard.expect("the revision is announced");
    assert!(!heard["changed"].as_array().unwrap().is_empty());
    let manifest = server.get("/api/v1/manifest", &[]).unwrap().json().unwrap();
    assert_eq!(manifest["revision"].as_u64(), Some(revision));
}
