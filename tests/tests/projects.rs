//! Projects and evidence packs through the built program.
#![cfg(test)]

use e2e::city::City;
use serde_json::{Value, json};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

fn projects(city: &City) -> Vec<Value> {
    let list = city.run(&["projects", "--city"], &["list"]).unwrap();
    list["projects"].as_array().unwrap().clone()
}

#[test]
fn the_demo_has_full_records_that_survive_every_format() {
    let city = City::demo(2_000, 5).unwrap();
    let before = projects(&city);
    assert!(before.len() >= 19, "{}", before.len());
    for project in &before {
        let name = &project["name"];
        for field in [
            "class",
            "way",
            "stage",
            "town_office",
            "responsible_unit",
            "start_on",
            "finish_on",
            "district",
        ] {
            assert!(project[field].is_string(), "{name}: {field}");
        }
        assert_eq!(project["milestones"].as_array().unwrap().len(), 10, "{name}");
        assert!(!project["problems"].as_array().unwrap().is_empty(), "{name}");
        let planned: f64 = project["investment"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|year| year["planned_cny"].as_f64())
            .sum();
        assert!(
            (planned - project["investment_cny"].as_f64().unwrap()).abs() < 1.0,
            "{name}"
        );
        assert!(project["review"]["expert_review"].is_string(), "{name}");
    }
    // the old streets lie in a control zone of their own
    let heritage = before
        .iter()
        .flat_map(|p| p["flags"].as_array().unwrap())
        .any(|f| f["kind"] == "历史文化保护");
    assert!(heritage, "the negative list finds nothing");
    let offices = city.run(&["projects", "--city"], &["offices"]).unwrap();
    let offices = offices.as_array().unwrap();
    // 上街区, 2025, in units of 0.01 bn CNY
    let targets: Vec<(&str, f64)> = offices
        .iter()
        .map(|o| (o["name"].as_str().unwrap(), o["target_cny"].as_f64().unwrap() / 1e7))
        .collect();
    assert_eq!(
        targets,
        [
            ("峡窝镇", 150.0),
            ("工业办", 45.0),
            ("中心办", 10.0),
            ("新安办", 15.0),
            ("济办", 10.0)
        ]
    );
    assert!(
        offices.iter().all(|office| office["zone_id"].is_string()),
        "{offices:?}"
    );
    for format in ["geojson", "csv", "xlsx"] {
        let file = city.path().with_file_name(format!("projects.{format}"));
        let file = file.to_str().unwrap();
        city.run(&["projects", "--city"], &["export", file]).unwrap();
        let done = city
            .run(&["projects", "--city"], &["import", file, "--no-publish"])
            .unwrap();
        assert_eq!(done["import"]["quarantined"], 0, "{format}: {done}");
        assert_eq!(done["import"]["imported"], 0, "{format}: {done}");
        let mut after = projects(&city);
        for (project, old) in after.iter_mut().zip(&before) {
            project["revision"] = old["revision"].clone();
        }
        assert_eq!(after, before, "{format}");
    }
}

#[test]
fn one_project_is_made_changed_and_taken_out_on_the_command_line() {
    let city = City::demo(2_000, 6).unwrap();
    let known = projects(&city);
    let file = city.path().join("one.json");
    let name = file.display().to_string();
    let write = |value: &Value| std::fs::write(&file, value.to_string()).unwrap();
    let outline = &known[0]["outline"];
    write(
        &json!({"type": "Feature", "id": "p-cli", "geometry": outline, "properties": {"name": "命令行项目", "stage": "谋划"}}),
    );
    let run = |arguments: &[&str]| {
        let output = city.try_run(&["projects", "--city"], arguments).unwrap();
        let value: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        (output.status.code(), value)
    };
    let (code, made) = run(&["create", &name, "--no-publish"]);
    assert_eq!(
        (code, &made["project"]["name"]),
        (Some(0), &json!("命令行项目")),
        "{made}"
    );
    let (code, again) = run(&["create", &name, "--no-publish"]);
    assert_eq!(code, Some(2), "the id is taken: {again}");
    let revision = made["project"]["revision"].as_u64().unwrap();
    write(&json!({"name": "改名"}));
    let (code, changed) = run(&[
        "change",
        "p-cli",
        &name,
        "--if-revision",
        &revision.to_string(),
        "--no-publish",
    ]);
    assert_eq!(
        (code, &changed["project"]["name"]),
        (Some(0), &json!("改名")),
        "{changed}"
    );
    let (code, refused) = run(&["change", "p-cli", &name, "--if-revision", &revision.to_string()]);
    assert_eq!(code, Some(2));
    assert!(
        refused["error"].as_str().unwrap().contains("changed meanwhile"),
        "{refused}"
    );
    assert_eq!(run(&["show", "p-cli"]).1["name"], "改名");
    assert_eq!(run(&["remove", "p-cli", "--no-publish"]).0, Some(0));
    assert_eq!(run(&["show", "p-cli"]).0, Some(2));
    assert_eq!(projects(&city).len(), known.len());
}

#[test]
fn real_projects_of_kofu_become_a_library() {
    let file = e2e::root().join("tests/fixtures/citygml/kofu_urf.gml");
    let city = City::of_files(&[&file], &[]).unwrap();
    assert_eq!(projects(&city).len(), 27);
    // the same file through the library changes nothing and loses nothing
    let done = city
        .run(&["projects", "--city"], &["import", file.to_str().unwrap()])
        .unwrap();
    assert_eq!(done["import"]["ids"].as_array().unwrap().len(), 27, "{done}");
    assert_eq!(done["import"]["imported"], 0);
    let list = projects(&city);
    assert_eq!(list.len(), 27);
    let total: f64 = list.iter().map(|p| p["area_m2"].as_f64().unwrap()).sum();
    assert!((1e5..1e8).contains(&total), "{total}");
}

#[test]
fn unusable_files_end_with_code_2_and_leave_the_city_alone() {
    let city = City::demo(2_000, 6).unwrap();
    let before = projects(&city);
    let folder = city.path().with_file_name("bad");
    std::fs::create_dir(&folder).unwrap();
    for (name, bytes) in [
        ("a.csv", b"name\nx\n".to_vec()),
        ("b.csv", b"colour,size\n1,2\n".to_vec()),
        ("c.xlsx", b"PK\x03\x04 not a workbook".to_vec()),
        ("d.geojson", b"{\"type\": \"FeatureCollection\"".to_vec()),
        ("e.gml", "<a>".repeat(1000).into_bytes()),
        ("f.csv", vec![0xFF; 4000]),
        ("g.geojson", "[".repeat(100_000).into_bytes()),
    ] {
        let path = folder.join(name);
        std::fs::File::create(&path).unwrap().write_all(&bytes).unwrap();
        let output = city
            .try_run(&["projects", "--city"], &["import", path.to_str().unwrap()])
            .unwrap();
        assert_eq!(
            output.status.code(),
            Some(2),
            "{name}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(!answer["error"].as_str().unwrap().is_empty(), "{name}");
    }
    assert_eq!(projects(&city), before);
}

/// Text of a PDF by poppler.
fn text_of(pdf: &Path) -> String {
    let output = Command::new("pdftotext")
        .args(["-layout"])
        .arg(pdf)
        .arg("-")
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

/// Fonts of a PDF by poppler: name, embedded, subset, with a map to Unicode.
fn fonts_of(pdf: &Path) -> Vec<[String; 4]> {
    let output = Command::new("pdffonts")
        .arg(pdf)
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(output.status.success());
    let table = String::from_utf8(output.stdout).unwrap();
    // below a head of two lines; the last two words are the number of the object
    let rows = table.lines().skip(2).map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let at = words.len() - 5;
        [words[0], words[at], words[at + 1], words[at + 2]].map(str::to_owned)
    });
    rows.collect()
}

#[test]
fn the_same_revision_gives_the_same_pack() {
    let city = City::demo(2_000, 7).unwrap();
    let project = projects(&city).into_iter().find(|p| p["way"] == "拆除新建").unwrap();
    let id = project["id"].as_str().unwrap();
    let pack = |name: &str, more: &[&str]| -> Vec<u8> {
        let path = city.path().with_file_name(name);
        let mut arguments = vec!["--project", id, "--out", path.to_str().unwrap()];
        arguments.extend(more);
        city.run(&["report", "--city"], &arguments).unwrap();
        std::fs::read(path).unwrap()
    };
    let first = pack("a.zip", &[]);
    assert!(first == pack("b.zip", &[]), "the bytes differ");
    assert!(first != pack("c.zip", &["--english"]));
    let folder = city.path().with_file_name("pack");
    city.run(
        &["report", "--city"],
        &["--project", id, "--out", folder.to_str().unwrap()],
    )
    .unwrap();
    let manifest: Value = serde_json::from_slice(&std::fs::read(folder.join("manifest.json")).unwrap()).unwrap();
    let names: Vec<&str> = manifest["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "after.svg",
            "area.geojson",
            "before.svg",
            "changes.geojson",
            "indicators.csv",
            "report.pdf",
            "rules.csv"
        ]
    );
    let report = text_of(&folder.join("report.pdf"));
    for words in [
        project["name"].as_str().unwrap(),
        "实施前平面图",
        "实施后平面图",
        "版本与校验",
        "示范数据",
    ] {
        assert!(report.contains(words), "{words} is not in {report}");
    }
    let fonts = fonts_of(&folder.join("report.pdf"));
    assert!(fonts.iter().any(|f| f[0].contains("NotoSansSC")), "{fonts:?}");
    for font in &fonts {
        // name with the prefix of a subset; embedded, subset, readable as text
        assert_eq!(font[1..], ["yes", "yes", "yes"], "{fonts:?}");
        assert_eq!(font[0].find('+'), Some(6), "{fonts:?}");
    }
    let tileset = manifest["revisions"]["city_tileset_blake3"].as_str().unwrap();
    assert!(report.replace(['\n', ' '], "").contains(&tileset[..24]), "{report}");
    // every figure of the report is in its tables; the drawings are vectors
    let svg = std::fs::read_to_string(folder.join("before.svg")).unwrap();
    assert!(
        svg.matches("<path").count() > 20 && !svg.contains("<image"),
        "{}",
        svg.len()
    );
    let area: Value = serde_json::from_slice(&std::fs::read(folder.join("area.geojson")).unwrap()).unwrap();
    assert_eq!(area["features"][0]["geometry"], project["outline"]);
}

#[test]
fn a_pack_takes_the_pictures_of_a_browser() {
    let city = City::demo(2_000, 8).unwrap();
    let server = e2e::server::Server::start(&city).unwrap();
    let id = projects(&city)[0]["id"].clone();
    // one red pixel
    let png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGP4z8DwHwAFAAH/iZk9HQAAAABJRU5ErkJggg==";
    let send = |body: &Value| server.send("POST", "/api/v1/reports", &[], body).unwrap();
    let plain = send(&json!({ "area": { "project": id } }));
    assert_eq!(plain.status, 200, "{}", String::from_utf8_lossy(&plain.body));
    assert_eq!(plain.header("content-type"), "application/zip");
    let seen = send(&json!({ "area": { "project": id }, "views": [{ "title": "鸟瞰", "png_base64": png }] }));
    assert_eq!(seen.status, 200);
    assert!(seen.body.windows(16).any(|w| w == b"views/view-1.png"));
    for (body, status) in [
        (
            json!({ "area": { "project": id }, "views": [{ "title": "x", "png_base64": "AAAA" }] }),
            422,
        ),
        (json!({ "area": { "project": "none" } }), 404),
        (json!({ "area": { "project": id, "city": true } }), 422),
        (json!({ "area": { "project": id }, "scenario": "s-none" }), 404),
        (json!({ "area": { "project": id }, "phase": "soon" }), 422),
        (json!({ "colour": 1 }), 400),
    ] {
        let answer = send(&body);
        assert_eq!(
            answer.status,
            status,
            "{body}: {}",
            String::from_utf8_lossy(&answer.body)
        );
    }
}
