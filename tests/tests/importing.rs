//! Files of every format through the command line: real ones, and ones that mean harm.
#![cfg(test)]

use e2e::city::City;
use std::path::{Path, PathBuf};

/// Features of a layer such as `buildings/building` or `underground/YS`.
fn count(city: &City, layer: &str) -> u64 {
    let info = city.run(&["info"], &[]).unwrap();
    let rows = info["classes"].as_array().unwrap();
    rows.iter()
        .find(|row| row[0] == layer)
        .and_then(|row| row[1].as_u64())
        .unwrap_or(0)
}

#[test]
fn kamloops_stands_with_its_drains() {
    let city = City::empty().unwrap();
    let sample = |name: &str| e2e::sample(&format!("kamloops/{name}"));
    city.import(&sample("buildings.geojson"), &["--layer", "buildings"])
        .unwrap();
    city.import(&sample("mains.geojson"), &["--layer", "storm", "--pipe-class", "YS"])
        .unwrap();
    city.import(
        &sample("sanitary_mains.geojson"),
        &["--layer", "sanitary", "--pipe-class", "WS"],
    )
    .unwrap();
    city.import(
        &sample("manholes.geojson"),
        &["--layer", "storm_manholes", "--pipe-class", "YS"],
    )
    .unwrap();
    // counts of the files' own README
    assert_eq!(count(&city, "buildings/building"), 1_463);
    assert_eq!(count(&city, "underground/YS"), 1_064 + 303);
    assert_eq!(count(&city, "underground/WS"), 623);
    let published = city.run(&["publish"], &[]).unwrap();
    assert!(published["tiles_encoded"].as_u64().unwrap() > 5);
}

#[test]
fn a_building_model_is_read_in_a_process_of_its_own() {
    let city = City::empty().unwrap();
    let report = city
        .import(&e2e::root().join("tests/fixtures/ifc/LargeBuilding.ifc"), &[])
        .unwrap();
    assert!(count(&city, "buildings/bim") > 50, "{report}");
    let broken = city.path().with_file_name("broken.ifc");
    std::fs::write(&broken, "ISO-10303-21;\nHEADER;\nENDSEC;\nDATA;\n#1=IFCWALL(").unwrap();
    let output = city.try_run(&["import"], &[&broken.display().to_string()]).unwrap();
    assert!(!output.status.success());
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(said.contains("broken.ifc"), "{said}");
}

#[test]
fn survey_tables_and_terrain_go_into_one_city() {
    let city = City::empty().unwrap();
    let fixtures = e2e::root().join("tests/fixtures");
    city.import(&fixtures.join("pipe_tables/YSLINE.csv"), &["--crs", "EPSG:32610"])
        .unwrap();
    assert_eq!(count(&city, "underground/YS"), 120 + 205);
    let other = City::empty().unwrap();
    other.import(&fixtures.join("dem/ky4_elevation.tif"), &[]).unwrap();
    assert!(other.run(&["publish"], &[]).unwrap()["tiles_encoded"].as_u64().unwrap() > 0);
}

fn hostile_files() -> Vec<PathBuf> {
    let Some(folder) = e2e::shared("hostile/cityjson") else {
        return vec![];
    };
    let mut open = vec![folder];
    let mut found = vec![];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Broken inputs made here: name and bytes.
fn made_files(folder: &Path) -> Vec<PathBuf> {
    let deep = format!("{}1{}", "[".repeat(1_000_000), "]".repeat(1_000_000));
    let nan = r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"height":3},"geometry":{"type":"Polygon","coordinates":[[[1e999,0],[1,0],[1,1],[1e999,0]]]}}]}"#;
    let files: [(&str, &[u8]); 9] = [
        ("empty.city.json", b""),
        ("empty.geojson", b""),
        (
            "half.geojson",
            br#"{"type":"FeatureCollection","features":[{"type":"Fea"#,
        ),
        ("deep.geojson", deep.as_bytes()),
        ("deep.city.json", deep.as_bytes()),
        ("nan.geojson", nan.as_bytes()),
        ("binary.tif", b"II*\0\xff\xff\xff\xff\0\0\0\0"),
        ("zero.city.jsonl", &[0; 4096]),
        ("unknown.xyz", b"hello"),
    ];
    files
        .iter()
        .map(|(name, bytes)| {
            let path = folder.join(name);
            std::fs::write(&path, bytes).unwrap();
            path
        })
        .collect()
}

#[test]
fn no_input_makes_the_program_panic_and_every_refusal_names_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut files = made_files(folder.path());
    files.extend(hostile_files());
    for file in files {
        let city = City::empty().unwrap();
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let output = city
            .try_run(&["import"], &[&file.display().to_string(), "--crs", "EPSG:7415"])
            .unwrap();
        let said = format!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        assert!(
            output.status.code().is_some_and(|code| code != 101),
            "{name} ended with {}: {said}",
            output.status
        );
        assert!(!said.contains("panicked"), "{name}: {said}");
        assert!(
            output.status.success() || said.contains(&name),
            "{name} is not named: {said}"
        );
    }
}
