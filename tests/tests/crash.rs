//! Kills at any instant lose nothing that was reported done.
#![cfg(test)]

use e2e::city::City;
use e2e::server::Server;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// 20,000 small buildings around a place, as GeoJSON beside the city.
fn many_buildings(city: &City, lon: f64, lat: f64) -> String {
    let mut features = vec![];
    for i in 0..20_000 {
        let (x, y) = (lon + f64::from(i % 200) * 2e-4, lat + f64::from(i / 200) * 2e-4);
        let ring = [[x, y], [x + 1e-4, y], [x + 1e-4, y + 1e-4], [x, y + 1e-4], [x, y]];
        features.push(
            serde_json::json!({"type": "Feature", "id": format!("new-{i}"), "properties": {"height": 10},
            "geometry": {"type": "Polygon", "coordinates": [ring]}}),
        );
    }
    let path = city.path().with_file_name("many.geojson");
    std::fs::write(
        &path,
        serde_json::json!({"type": "FeatureCollection", "features": features}).to_string(),
    )
    .unwrap();
    path.display().to_string()
}

#[test]
fn a_kill_during_import_or_publish_keeps_the_last_published_city() {
    let city = City::demo(2_000, 21).unwrap();
    let manifest = |city: &City| {
        Server::start(city)
            .unwrap()
            .get("/api/v1/manifest", &[])
            .unwrap()
            .json()
            .unwrap()
    };
    let before = manifest(&city);
    let origin = before["origin_lon_lat_height"].as_array().unwrap();
    let input = many_buildings(&city, origin[0].as_f64().unwrap(), origin[1].as_f64().unwrap());
    for millis in [5_u64, 20, 60, 150, 300, 600] {
        for arguments in [vec!["import", &input], vec!["publish"]] {
            let mut child = Command::new(e2e::binary().unwrap())
                .arg(arguments[0])
                .arg(city.path())
                .args(&arguments[1..])
                .arg("--json")
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            // spin rather than sleep, so that the instant of the kill varies with the load
            let start = Instant::now();
            while start.elapsed() < Duration::from_millis(millis) {
                std::hint::spin_loop();
            }
            let _ended = child.kill();
            child.wait().unwrap();
            let now = manifest(&city);
            assert!(now["revision"].as_u64() >= before["revision"].as_u64(), "{now}");
            let served = Server::start(&city).unwrap();
            let tileset = served.get(now["tileset_url"].as_str().unwrap(), &[]).unwrap();
            assert_eq!(tileset.status, 200);
        }
    }
    city.run(&["publish"], &[]).unwrap();
}
