//! The project library: create, change, import, export, offices, flags, and what it says to bad input.

use super::city::{TestCity, request, test_city};
use axum::http::{HeaderMap, StatusCode, header};
use chengjing::import::{ImportOptions, import_with};
use city_model::{Crs, Feature, FeatureClass, Footprint, LodGeometry, PointKind, PointShape, Report, Shape};
use city_sources::{DatasetInfo, FeatureSink as _};
use glam::{DVec2, DVec3};
use scene_store::SceneStore as _;
use serde_json::{Value, json};
use std::path::Path;

async fn call(
    t: &TestCity,
    method: &str,
    path: &str,
    if_match: Option<&str>,
    body: Vec<u8>,
) -> (StatusCode, HeaderMap, Vec<u8>) {
    let mut headers = vec![(header::CONTENT_TYPE, "application/json")];
    headers.extend(if_match.map(|tag| (header::IF_MATCH, tag)));
    request(&t.app, method, path, &headers, body).await
}

async fn call_json(
    t: &TestCity,
    method: &str,
    path: &str,
    if_match: Option<&str>,
    body: &Value,
) -> (StatusCode, HeaderMap, Value) {
    let (status, headers, body) = call(t, method, path, if_match, body.to_string().into_bytes()).await;
    let value = if body.is_empty() {
        Value::Null
    } else {
        serde_json::from_slice(&body).unwrap()
    };
    (status, headers, value)
}

fn square(lon: f64, lat: f64, size_deg: f64) -> Value {
    let ring = [
        [lon, lat],
        [lon + size_deg, lat],
        [lon + size_deg, lat + size_deg],
        [lon, lat + size_deg],
        [lon, lat],
    ];
    json!({ "type": "Polygon", "coordinates": [ring] })
}

fn feature(name: &str, geometry: &Value) -> Value {
    json!({ "type": "Feature", "geometry": geometry, "properties": {
        "name": name, "class": "老旧小区", "way": "拆除重建", "stage": "在建", "town_office": "工业办", "progress": "延误",
        "entered_on": "2024-01-15", "start_on": "2024年3月", "finish_on": "2026",
        "investment_cny": 250_000_000.0,
        "investment": [{"year": 2025, "planned_cny": 9e7, "done_cny": 4.5e7}, {"year": 2024, "planned_cny": 6e7, "done_cny": 6e7}],
        "floor_area_existing_m2": 50_000, "floor_area_demolished_m2": 40_000, "floor_area_new_m2": 90_000,
        "resettlement_rate": 0.62, "responsible_unit": "区住建局", "problems": ["管网老化", "停车难"],
        "milestones": [{"step": "意愿征询", "planned_on": "2023-10-01", "done_on": null}],
        "documents": [{"title": "实施方案", "url": "https://example.invalid/a.pdf"}],
        "review": {"score": 86.5, "expert_review": "通过", "public_notice_1": "2023-11-01", "public_notice_2": "2023-11-20", "published_on": null},
        "smart_pilot": true } })
}

#[tokio::test]
async fn a_project_is_made_read_changed_and_removed() {
    let t = test_city();
    let outline = square(113.655, 34.745, 0.002);
    let (status, headers, made) = call_json(&t, "POST", "/api/v1/projects", None, &feature("甲片区", &outline)).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    let id = made["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/projects/{id}");
    assert_eq!(headers[header::LOCATION], path.as_str());
    assert_eq!(headers[header::ETAG], "\"1\"");
    // aliases become the words of the vocabulary, months become days
    assert_eq!(
        (&made["class"], &made["way"], &made["stage"], &made["library"]),
        (
            &json!("危旧房屋·老旧小区·城中村"),
            &json!("拆除新建"),
            &json!("开工"),
            &json!("实施库")
        )
    );
    assert_eq!(
        (&made["start_on"], &made["finish_on"]),
        (&json!("2024-03-01"), &json!("2026-12-31"))
    );
    assert_eq!(made["investment"][0]["year"], 2024, "years in order");
    let area = made["area_m2"].as_f64().unwrap();
    // 0.002° × 0.002° at 34.745° N: 183.1 m × 221.9 m
    assert!((area - 40_620.0).abs() < 150.0, "{area}");
    let (status, headers, read) = call_json(&t, "GET", &path, None, &Value::Null).await;
    assert_eq!((status, &read), (StatusCode::OK, &made));
    let tag = headers[header::ETAG].to_str().unwrap().to_owned();
    // without If-Match, and with an old one
    let change = json!({"progress": "正常", "exit": "缓建", "responsible_unit": null});
    assert_eq!(
        call_json(&t, "PATCH", &path, None, &change).await.0,
        StatusCode::PRECONDITION_REQUIRED
    );
    let (status, headers, changed) = call_json(&t, "PATCH", &path, Some(&tag), &change).await;
    assert_eq!(status, StatusCode::OK, "{changed}");
    assert_eq!(
        (&changed["exit"], &changed["responsible_unit"]),
        (&json!("缓建"), &Value::Null)
    );
    assert_eq!(
        changed["outline"], made["outline"],
        "an outline that is not given does not move"
    );
    assert_eq!(changed["problems"], made["problems"]);
    let (status, stale, problem) = call_json(&t, "PATCH", &path, Some(&tag), &json!({"name": "乙"})).await;
    assert_eq!(status, StatusCode::PRECONDITION_FAILED, "{problem}");
    assert_eq!(stale[header::ETAG], headers[header::ETAG]);
    // what was read may be put back as it is
    let tag = headers[header::ETAG].to_str().unwrap().to_owned();
    let (status, headers, put) = call_json(&t, "PUT", &path, Some(&tag), &changed).await;
    assert_eq!(status, StatusCode::OK, "{put}");
    assert_eq!(
        (&put["outline"], &put["area_m2"]),
        (&changed["outline"], &changed["area_m2"])
    );
    let tag = headers[header::ETAG].to_str().unwrap().to_owned();
    let audit_rows = t.city.store().unwrap().summary().unwrap().audit_rows;
    assert_eq!(
        call_json(&t, "DELETE", &path, Some(&tag), &Value::Null).await.0,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        call_json(&t, "GET", &path, None, &Value::Null).await.0,
        StatusCode::NOT_FOUND
    );
    assert!(t.city.store().unwrap().summary().unwrap().audit_rows > audit_rows);
}

#[tokio::test]
async fn a_write_is_seen_on_the_map() {
    let t = test_city();
    let mut published = t.state.published.subscribe();
    let before = published.borrow_and_update().number();
    let outline = square(113.655, 34.745, 0.002);
    let (status, ..) = call_json(&t, "POST", "/api/v1/projects", None, &feature("甲片区", &outline)).await;
    assert_eq!(status, StatusCode::CREATED);
    published.wait_for(|snapshot| snapshot.number() > before).await.unwrap();
    let manifest = t.json("/api/v1/manifest").await;
    let names: Vec<&str> = manifest["projects"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| p["name"].as_str().unwrap())
        .collect();
    assert!(names.contains(&"甲片区"), "{names:?}");
}

#[tokio::test]
async fn every_mistake_is_listed_and_nothing_is_written() {
    let t = test_city();
    let bowtie = json!({"type": "Polygon", "coordinates": [[[113.65, 34.74], [113.66, 34.75], [113.66, 34.74], [113.65, 34.75], [113.65, 34.74]]]});
    let far = square(116.4, 39.9, 0.01);
    let features = t.city.store().unwrap().summary().unwrap().features;
    for (body, at, words) in [
        (feature("甲", &bowtie), "outline", "valid polygon"),
        (feature("甲", &far), "outline", "outside of the city"),
        (
            feature("甲", &json!({"type": "Point", "coordinates": [113.65, 34.74]})),
            "geometry",
            "Point",
        ),
        (feature("", &square(113.655, 34.745, 0.002)), "name", "name"),
        (
            json!({"type": "Feature", "geometry": square(113.655, 34.745, 0.002), "properties": {"name": "甲", "stage": "登月"}}),
            "stage",
            "谋划",
        ),
        (
            json!({"type": "Feature", "geometry": square(113.655, 34.745, 0.002), "properties": {"name": "甲", "colour": 1}}),
            "colour",
            "no field",
        ),
        (
            json!({"type": "Feature", "geometry": square(113.655, 34.745, 0.002), "properties": {"name": "甲", "start_on": "2026-01-01", "finish_on": "2025-01-01"}}),
            "finish_on",
            "before",
        ),
        (
            json!({"type": "Feature", "geometry": square(113.655, 34.745, 0.002), "properties": {"name": "甲", "photos": ["javascript:alert(1)"]}}),
            "photos",
            "address",
        ),
        (
            json!({"type": "Feature", "geometry": square(113.655, 34.745, 0.002), "properties": {"name": "甲", "investment_cny": -1}}),
            "investment_cny",
            "between",
        ),
    ] {
        let (status, _, problem) = call_json(&t, "POST", "/api/v1/projects", None, &body).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{problem}");
        let errors = problem["errors"].as_array().unwrap();
        let told = errors
            .iter()
            .any(|e| e["at"].as_str().unwrap().contains(at) && e["message"].as_str().unwrap().contains(words));
        assert!(told, "{at}: {problem}");
    }
    // two mistakes, both told
    let body = json!({"type": "Feature", "geometry": bowtie, "properties": {"name": "甲", "stage": "登月"}});
    let (_, _, problem) = call_json(&t, "POST", "/api/v1/projects", None, &body).await;
    assert_eq!(problem["errors"].as_array().unwrap().len(), 2, "{problem}");
    assert_eq!(t.city.store().unwrap().summary().unwrap().features, features);
    for (method, path, body, status) in [
        ("POST", "/api/v1/projects", "{", 400),
        ("POST", "/api/v1/projects", "[]", 400),
        ("GET", "/api/v1/projects/b%2F3", "", 404),
        ("GET", "/api/v1/projects?sort=colour", "", 400),
        ("GET", "/api/v1/projects/export?format=pdf", "", 400),
        ("POST", "/api/v1/projects/import?format=doc", "", 400),
        ("POST", "/api/v1/projects/import?format=csv", "", 422),
        ("DELETE", "/api/v1/projects", "", 405),
    ] {
        let (got, headers, answer) = call(&t, method, path, None, body.as_bytes().to_vec()).await;
        assert_eq!(
            got.as_u16(),
            status,
            "{method} {path}: {}",
            String::from_utf8_lossy(&answer)
        );
        assert_eq!(headers[header::CONTENT_TYPE], "application/problem+json");
    }
}

#[tokio::test]
async fn the_list_is_filtered_and_in_order() {
    let t = test_city();
    for (k, name) in ["丙", "乙", "甲"].iter().enumerate() {
        let mut body = feature(name, &square(113.652 + k as f64 * 0.004, 34.745, 0.002));
        body["properties"]["investment_cny"] = json!(1e8 * (k as f64 + 1.0));
        if k == 0 {
            body["properties"]["stage"] = json!("谋划");
        }
        assert_eq!(
            call_json(&t, "POST", "/api/v1/projects", None, &body).await.0,
            StatusCode::CREATED
        );
    }
    let names = async |query: &str| -> Vec<String> {
        let list = t.json(&format!("/api/v1/projects?{query}")).await;
        assert_eq!(list["total"], list["projects"].as_array().unwrap().len());
        list["projects"]
            .as_array()
            .unwrap()
            .iter()
            .map(|p| p["name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(names("sort=-investment").await, ["甲", "乙", "丙", "老旧小区改造"]);
    assert_eq!(names("stage=%E5%9C%A8%E5%BB%BA&sort=name").await, ["乙", "甲"]);
    assert_eq!(names("office=%E5%B7%A5%E4%B8%9A%E5%8A%9E&q=%E4%B8%99").await, ["丙"]);
    assert_eq!(names("sort=stage").await[0], "丙");
}

const TABLE: &str = "上街区项目表,,,,,,\n\
    序号,项目编号,项目名称,阶段,总投资(亿元),2025年计划投资(万元),范围(WKT)\n\
    1,a-1,一号,开工,\"3.1\",\"12,000\",\"POLYGON ((113.655 34.745, 113.657 34.745, 113.657 34.747, 113.655 34.745))\"\n\
    2,a-2,二号,登月,1,,\"POLYGON ((113.66 34.745, 113.662 34.745, 113.662 34.747, 113.66 34.745))\"\n\
    3,a-3,三号,开工,1,,\"POLYGON ((113.65 34.74, 113.66 34.75, 113.66 34.74, 113.65 34.75, 113.65 34.74))\"\n\
    4,a-1,又一号,开工,1,,\"POLYGON ((113.655 34.745, 113.657 34.745, 113.657 34.747, 113.655 34.745))\"\n\
    5,a-5,五号,开工,1,,\n\
    6,project-1,老旧小区改造,运营,2.5,,\n\
    合计,,,,9,,\n";

#[tokio::test]
async fn a_table_goes_in_row_by_row_with_its_reasons() {
    let t = test_city();
    let gbk = encoding_rs::GBK.encode(TABLE).0.into_owned();
    for bytes in [gbk, TABLE.as_bytes().to_vec()] {
        let (status, _, body) = call(&t, "POST", "/api/v1/projects/import?format=csv&name=t.csv", None, bytes).await;
        let answer: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(status, StatusCode::OK, "{answer}");
        assert_eq!(answer["quarantined"], 3, "{answer}");
        let issues = answer["issues"].as_array().unwrap();
        let about = |row: &str| -> String {
            let issue = issues
                .iter()
                .find(|i| i["at"].as_str().unwrap_or_default().starts_with(row));
            issue.unwrap_or_else(|| panic!("{row}: {answer}"))["message"]
                .as_str()
                .unwrap()
                .to_owned()
        };
        assert!(about("row 4, stage").contains("登月"));
        assert!(about("row 5").contains("valid polygon"));
        assert!(about("row 6").contains("row 3"), "{}", about("row 6"));
        assert!(about("row 7").contains("no outline"));
    }
    let one = t.json("/api/v1/projects/a-1").await;
    assert_eq!(
        (&one["investment_cny"], &one["investment"][0]["planned_cny"]),
        (&json!(3.1e8), &json!(1.2e8))
    );
    assert_eq!(one["source_row"], "t.csv row 3");
    // joined by its id: the outline of before stays
    let joined = t.json("/api/v1/projects/project-1").await;
    assert_eq!(
        (&joined["stage"], &joined["investment_cny"]),
        (&json!("运营"), &json!(2.5e8))
    );
    assert!(joined["area_m2"].as_f64().unwrap() > 1e5);
    assert_eq!(t.json("/api/v1/projects").await["total"], 3);
}

#[tokio::test]
async fn what_is_exported_comes_back_the_same() {
    let t = test_city();
    let mut body = feature("=cmd|'/c calc'!A1", &square(113.655, 34.745, 0.002));
    body["properties"]["problems"] = json!(["一; 二", "+1"]);
    body["properties"]["investment_cny"] = json!(123_456_789.01);
    body["properties"]["documents"] = json!([{"title": "a <b>", "url": "docs/a.pdf"}]);
    assert_eq!(
        call_json(&t, "POST", "/api/v1/projects", None, &body).await.0,
        StatusCode::CREATED
    );
    let plain = feature("乙", &square(113.66, 34.745, 0.001));
    assert_eq!(
        call_json(&t, "POST", "/api/v1/projects", None, &plain).await.0,
        StatusCode::CREATED
    );
    let strip = |mut list: Value| -> Value {
        for project in list["projects"].as_array_mut().unwrap() {
            for key in ["feature_index", "revision", "center_enu", "radius_m", "source_row"] {
                project.as_object_mut().unwrap().remove(key);
            }
        }
        list
    };
    let before = strip(t.json("/api/v1/projects").await);
    for format in ["geojson", "csv", "xlsx"] {
        let (status, headers, file) = call(
            &t,
            "GET",
            &format!("/api/v1/projects/export?format={format}"),
            None,
            vec![],
        )
        .await;
        assert_eq!(status, StatusCode::OK);
        assert!(
            headers[header::CONTENT_DISPOSITION]
                .to_str()
                .unwrap()
                .contains(&format!("projects.{format}"))
        );
        if format == "csv" {
            let text = String::from_utf8(file.clone()).unwrap();
            assert!(text.starts_with('\u{feff}'));
            assert!(
                !text.contains(",=cmd") && !text.contains("\"=cmd"),
                "a formula would run: {text}"
            );
        }
        // into the same city: nothing changes
        let import = format!("/api/v1/projects/import?format={format}");
        let (status, _, answer) = call(&t, "POST", &import, None, file.clone()).await;
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        assert_eq!(status, StatusCode::OK, "{format}: {answer}");
        assert_eq!(
            (&answer["imported"], &answer["quarantined"]),
            (&json!(0), &json!(0)),
            "{format}: {answer}"
        );
        assert_eq!(strip(t.json("/api/v1/projects").await), before, "{format}");
        // into another city: all of it is there
        let other = test_city();
        let (status, _, answer) = call(&other, "POST", &import, None, file).await;
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        assert_eq!(status, StatusCode::OK, "{format}: {answer}");
        assert_eq!(strip(other.json("/api/v1/projects").await), before, "{format}");
    }
}

#[tokio::test]
async fn three_hundred_projects_stay_light() {
    let t = test_city();
    let features: Vec<Value> = (0..300)
        .map(|k| {
            let (x, y) = (113.651 + f64::from(k % 20) * 0.001, 34.741 + f64::from(k / 20) * 0.0005);
            feature(&format!("项目{k}"), &square(x, y, 0.0004))
        })
        .collect();
    let body = json!({"type": "FeatureCollection", "features": features})
        .to_string()
        .into_bytes();
    let (status, _, answer) = call(&t, "POST", "/api/v1/projects/import?format=geojson", None, body).await;
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    assert_eq!((status, &answer["imported"]), (StatusCode::OK, &json!(300)), "{answer}");
    let (_, _, list) = call(&t, "GET", "/api/v1/projects", None, vec![]).await;
    assert!(list.len() < 300 * 2500, "{} bytes", list.len());
    assert_eq!(serde_json::from_slice::<Value>(&list).unwrap()["total"], 301);
    let (_, _, manifest) = call(&t, "GET", "/api/v1/manifest", None, vec![]).await;
    assert!(manifest.len() < 400_000, "{} bytes", manifest.len());
}

#[tokio::test]
async fn offices_are_ranked_against_their_targets() {
    let t = test_city();
    let outline = square(113.655, 34.745, 0.002);
    assert_eq!(
        call_json(&t, "POST", "/api/v1/projects", None, &feature("甲", &outline))
            .await
            .0,
        StatusCode::CREATED
    );
    let mut gone = feature("乙", &square(113.66, 34.745, 0.001));
    gone["properties"]["exit"] = json!("出库");
    assert_eq!(
        call_json(&t, "POST", "/api/v1/projects", None, &gone).await.0,
        StatusCode::CREATED
    );
    let offices = t.json("/api/v1/projects/offices").await;
    let offices = offices.as_array().unwrap();
    let names: Vec<&str> = offices.iter().map(|o| o["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["峡窝镇", "工业办", "中心办", "新安办", "济办"]);
    let works = &offices[1];
    // 0.45 bn to be done (D3); 0.09 planned and 0.045 done in 2025 by the one project that is still in
    assert_eq!(
        (
            &works["target_cny"],
            &works["planned_cny"],
            &works["done_cny"],
            &works["num_projects"],
            &works["rank"]
        ),
        (&json!(4.5e8), &json!(9e7), &json!(4.5e7), &json!(1), &json!(1))
    );
    assert_eq!(offices[0]["rank"], 2);
    assert_eq!(works["is_sample"], true);
}

#[tokio::test]
async fn the_negative_list_is_found_by_overlay() {
    let t = test_city();
    import_with(&t.city, &ImportOptions::default(), |sink| {
        sink.begin_file(Path::new("protected.json"));
        let info = DatasetInfo {
            crs: Some(Crs::wgs84()),
            ..DatasetInfo::default()
        };
        sink.begin(&info).unwrap();
        let mut zone = Feature::new("zone-h", FeatureClass::Zone, "protected");
        let ring = [(113.656, 34.744), (113.66, 34.744), (113.66, 34.748), (113.656, 34.748)]
            .map(DVec2::from)
            .to_vec();
        zone.geometry = LodGeometry::single(
            0,
            Shape::Footprint(Footprint {
                polygons: vec![vec![ring]],
                level_z_m: None,
            }),
        );
        zone.attributes = json!({"name": "商城遗址", "zone_class": "文物保护范围"})
            .as_object()
            .cloned()
            .unwrap();
        sink.feature(zone).unwrap();
        for (id, lon, attributes) in [
            ("tree-old", 113.6555, json!({"name": "古槐", "age_years": 320})),
            ("tree-young", 113.6556, json!({"name": "小槐", "age_years": 20})),
            ("tree-far", 113.67, json!({"name": "远槐", "age_years": 320})),
        ] {
            let mut tree = Feature::new(id, FeatureClass::Tree, "protected");
            let kind = PointKind::Tree {
                height_m: 12.0,
                crown_m: 9.0,
                form: 0,
            };
            let point = PointShape {
                position: DVec3::new(lon, 34.746, 0.0),
                on_terrain: true,
                kind,
                rotation_rad: 0.0,
            };
            tree.geometry = LodGeometry::single(0, Shape::Point(point));
            tree.attributes = attributes.as_object().cloned().unwrap();
            sink.feature(tree).unwrap();
        }
        sink.end_file(Report::new("protected.json"), None);
    })
    .unwrap();
    let outline = square(113.655, 34.745, 0.002);
    let (status, _, made) = call_json(&t, "POST", "/api/v1/projects", None, &feature("甲", &outline)).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    let flags: Vec<(&str, &str, Option<&str>)> = made["flags"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| {
            (
                f["kind"].as_str().unwrap(),
                f["severity"].as_str().unwrap(),
                f["feature"].as_str(),
            )
        })
        .collect();
    assert_eq!(
        flags,
        [
            ("历史文化保护", "red", Some("zone-h")),
            ("生态与韧性", "red", Some("tree-old"))
        ],
        "{made}"
    );
    // half of the square lies in the zone: 20,310 m²
    let message = made["flags"][0]["message"].as_str().unwrap();
    assert!(message.contains("商城遗址") && message.contains("203"), "{message}");
    // a project in progress without a problem of the city check-up
    let mut bare = feature("乙", &square(113.662, 34.745, 0.001));
    bare["properties"]["problems"] = json!([]);
    let (_, _, made) = call_json(&t, "POST", "/api/v1/projects", None, &bare).await;
    assert_eq!(made["flags"][0]["kind"], "其他", "{made}");
}

#[tokio::test]
async fn a_typo_in_a_file_of_the_city_is_told() {
    let t = test_city();
    std::fs::create_dir_all(t.city.root().join("projects")).unwrap();
    std::fs::write(t.city.root().join("projects/vocabulary.json"), "{ \"class\": [ }").unwrap();
    let (status, _, problem) = call_json(&t, "GET", "/api/v1/projects", None, &Value::Null).await;
    assert_eq!(status, StatusCode::CONFLICT);
    let detail = problem["detail"].as_str().unwrap();
    assert!(
        detail.contains("projects/vocabulary.json") && detail.contains("line 1"),
        "{detail}"
    );
    std::fs::remove_file(t.city.root().join("projects/vocabulary.json")).unwrap();
    let words = t.json("/api/v1/projects/vocabulary").await;
    assert_eq!(words["step"].as_array().unwrap().len(), 10);
    assert_eq!(words["negative_list"].as_array().unwrap().len(), 6);
}
