//! Exported cities, opened by somebody else's reader; damaged cities, found by the checker.
#![cfg(test)]

use e2e::city::City;
use std::path::Path;
use std::process::Command;

fn node(script: &str, arguments: &[&Path]) -> (bool, String) {
    let output = Command::new("node")
        .arg(e2e::root().join("tests/validate").join(script))
        .args(arguments)
        .output()
        .unwrap();
    let text = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    (output.status.success(), text)
}

#[test]
fn an_archive_holds_what_the_folder_holds_and_opens_elsewhere() {
    let city = City::demo(2_000, 11).unwrap();
    let place = tempfile::tempdir().unwrap();
    let (folder, archive) = (place.path().join("out"), place.path().join("out.3tz"));
    let out = |path: &Path| path.display().to_string();
    let as_folder = city.run(&["export"], &["--out", &out(&folder)]).unwrap();
    let as_archive = city.run(&["export"], &["--out", &out(&archive)]).unwrap();
    assert_eq!(as_folder["files"], as_archive["files"]);
    assert_eq!(as_folder["bytes"], as_archive["bytes"]);
    assert_eq!(
        (as_folder["format"].as_str(), as_archive["format"].as_str()),
        (Some("folder"), Some("3tz"))
    );
    let (is_same, text) = node("archive.mjs", &[&archive, &folder]);
    assert!(is_same, "{text}");

    // the same revision gives the same bytes, and nothing is overwritten
    let again = place.path().join("again.3tz");
    city.run(&["export"], &["--out", &out(&again)]).unwrap();
    assert!(std::fs::read(&archive).unwrap() == std::fs::read(&again).unwrap());
    let refused = city.try_run(&["export"], &["--out", &out(&archive)]).unwrap();
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("exists already"));
}

#[test]
fn a_sound_city_has_no_findings_and_damage_is_named() {
    let city = City::demo(2_000, 12).unwrap();
    let sound = city.run(&["check"], &[]).unwrap();
    assert_eq!(
        (&sound["errors"], &sound["warnings"]),
        (&0.into(), &0.into()),
        "{sound:#}"
    );
    assert!(sound["contents"].as_u64().unwrap() > 20 && sound["tiles"].as_u64() > sound["contents"].as_u64());

    let contents = city.path().join("tiles/content");
    let glbs: Vec<String> = city
        .contents()
        .unwrap()
        .into_iter()
        .map(|(name, _)| name)
        .filter(|name| name.ends_with(".glb"))
        .collect();
    let cut = std::fs::read(contents.join(&glbs[0])).unwrap();
    std::fs::write(contents.join(&glbs[0]), &cut[..cut.len() / 2]).unwrap();
    std::fs::remove_file(contents.join(&glbs[1])).unwrap();
    let output = city.try_run(&["check"], &[]).unwrap();
    assert_eq!(output.status.code(), Some(3));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    for code in ["content/damaged", "tileset/content-missing", "store/content-missing"] {
        assert_eq!(report["issue_counts"][code], 1, "{code} in {report:#}");
    }
    let refused = city
        .try_run(&["export"], &["--out", &city.path().join("../x").display().to_string()])
        .unwrap();
    assert_eq!(refused.status.code(), Some(3), "a city with a hole is not exported");
}

#[test]
fn real_cities_pass_the_checker() {
    let city = City::of_files(&[&e2e::sample("delft/delft_fcb.city.jsonl")], &[]).unwrap();
    let report = city.run(&["check"], &[]).unwrap();
    assert_eq!(report["errors"], 0, "{report:#}");
}
