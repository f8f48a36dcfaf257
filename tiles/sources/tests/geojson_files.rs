//! Real GeoJSON against numbers taken from the JSON by other means, and broken GeoJSON.

#[cfg(test)]
mod tests {
    use city_model::{CrossSection, Feature, FeatureClass, LevelReference, PointKind, Report, Shape};
    use city_sources::{Format, MemorySink, ReadOptions, SourceError, read_as, read_path, sniff_path};
    use proptest::prelude::*;
    use serde_json::{Value, json};
    use std::collections::BTreeMap;
    use std::path::{Path, PathBuf};

    fn root() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
    }

    fn read_with(path: &Path, options: &ReadOptions) -> (Vec<Feature>, MemorySink, Report) {
        let (mut sink, mut report) = (MemorySink::default(), Report::new(path.display().to_string()));
        assert_eq!(sniff_path(path).unwrap().format, Format::GeoJson);
        read_path(path, options, &mut sink, &mut report).unwrap_or_else(|err| panic!("{err}"));
        (sink.features.clone(), sink, report)
    }

    fn kamloops(name: &str) -> (Vec<Feature>, Vec<Value>, Report) {
        let path = root().join("assets/sample/kamloops").join(name);
        let (features, sink, report) = read_with(&path, &ReadOptions::default());
        assert_eq!(sink.datasets[0].crs.as_ref().unwrap().name(), "EPSG:4326");
        let json: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        (features, json["features"].as_array().unwrap().clone(), report)
    }

    fn try_text(name: &str, text: &[u8], options: &ReadOptions) -> (Result<(), SourceError>, MemorySink, Report) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        let (mut sink, mut report) = (MemorySink::default(), Report::new(name));
        let result = read_as(Format::GeoJson, &path, options, &mut sink, &mut report);
        (result, sink, report)
    }

    fn line(feature: &Feature) -> &city_model::Line {
        match &feature.geometry.shapes[0].shape {
            Shape::Line(line) => line,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn keys_that_planning_rules_read_have_one_spelling() {
        let square = json!({"type": "Polygon", "coordinates": [[[113.6, 34.7], [113.601, 34.7], [113.601, 34.701], [113.6, 34.7]]]});
        let feature = |geometry: &Value, properties: Value| json!({"type": "Feature", "geometry": geometry, "properties": properties});
        let tree = json!({"type": "Point", "coordinates": [113.6, 34.7]});
        let features = [
            feature(
                &square,
                json!({"class": "Zone", "控制线类型": "生态保护红线", "限高(m)": 24}),
            ),
            feature(&square, json!({"landuse": "residential"})),
            feature(&square, json!({"用地性质": "公园绿地"})),
            feature(
                &square,
                json!({"building": "yes", "文保级别": "市级", "危房等级": "D级", "是否违建": "是"}),
            ),
            feature(&tree, json!({"树种": "国槐", "古树编号": "豫A-0012"})),
            feature(
                &square,
                json!({"building": "yes", "危房等级": "无", "protection": "县级", "heritage": "2"}),
            ),
        ];
        let text = json!({"type": "FeatureCollection", "features": features}).to_string();
        let (result, sink, report) = try_text("x.geojson", text.as_bytes(), &ReadOptions::default());
        result.unwrap();
        let found = |n: usize, key: &str| sink.features[n].attributes.get(key).cloned().unwrap_or_default();
        assert_eq!(sink.features.len(), 6, "{:?}", report.issues);
        assert_eq!(found(0, "zone_class"), "生态保护红线");
        assert_eq!(found(0, "max_height_m"), 24);
        assert_eq!(found(1, "land_use"), "residential");
        assert_eq!(found(2, "land_use"), "公园绿地");
        assert_eq!(
            [found(3, "protection"), found(3, "danger_class"), found(3, "is_illegal")],
            ["市级", "D级", "是"]
        );
        assert_eq!(found(4, "old_tree"), "豫A-0012");
        assert_eq!(
            (found(5, "danger_class"), found(5, "protection")),
            (Value::Null, json!("县级"))
        );
    }

    #[test]
    fn storm_mains_of_kamloops_have_their_inverts() {
        for (name, class, num) in [("mains.geojson", "YS", 1064), ("sanitary_mains.geojson", "WS", 623)] {
            let (features, json, report) = kamloops(name);
            assert_eq!(
                (features.len(), report.features_quarantined),
                (num, 0),
                "{:?}",
                report.counts
            );
            let mut by_reference: BTreeMap<String, usize> = BTreeMap::new();
            let mut num_boxes = 0;
            for (feature, source) in features.iter().zip(&json) {
                let p = &source["properties"];
                assert_eq!(feature.class, FeatureClass::Pipe);
                assert_eq!(feature.attributes["pipe_class"], class);
                assert_eq!(feature.attributes["FACILITYID"], p["FACILITYID"]);
                let line = line(feature);
                *by_reference.entry(format!("{:?}", line.reference)).or_default() += 1;
                let known = |key: &str| p[key].as_f64().filter(|z| *z != 9999.0 && *z != 0.0);
                if let (Some(up), Some(down)) = (known("UPSTREAMINVERT"), known("DOWNSTREAMINVERT")) {
                    assert_eq!(line.reference, LevelReference::InsideBottom);
                    assert_eq!(
                        (line.points[0].z, line.points.last().unwrap().z),
                        (up, down),
                        "{}",
                        feature.id
                    );
                }
                let is_box = p["PIPECLASS"] == "Box";
                num_boxes += usize::from(is_box);
                if let Some(mm) = p["DIAMETER"].as_f64().filter(|d| *d != 9999.0 && is_box) {
                    // the file gives one size of a box and no other
                    let (width_m, height_m) = (mm * 0.001, mm * 0.001);
                    assert_eq!(line.section, CrossSection::Rect { width_m, height_m });
                    let source = feature.attributes["section_source"].as_str().unwrap();
                    assert!(source.contains("assumed"), "{source}");
                } else if let Some(mm) = p["DIAMETER"].as_f64().filter(|d| *d != 9999.0) {
                    assert!(!feature.attributes.contains_key("section_source"));
                    assert_eq!(line.section, CrossSection::Circle { diameter_m: mm * 0.001 });
                    assert_eq!(feature.attributes["diameter_mm"].as_f64(), Some(mm));
                }
                assert!(line.points.iter().all(|p| p.z.is_finite() && p.z < 9000.0));
            }
            assert_eq!(num_boxes, if class == "YS" { 10 } else { 0 });
            println!("{name}: {by_reference:?} {:?}", report.counts);
            let num_known = by_reference["InsideBottom"];
            assert!(num_known * 100 >= num * 96, "{by_reference:?}");
        }
    }

    #[test]
    fn nodes_of_kamloops_stand_at_their_rims() {
        for (name, class, kind, num) in [
            ("manholes.geojson", "YS", "manhole", 303),
            ("sanitary_manholes.geojson", "WS", "manhole", 435),
            ("catchbasins.geojson", "YS", "catch basin", 583),
            ("outlets.geojson", "YS", "outlet", 21),
        ] {
            let (features, json, report) = kamloops(name);
            assert_eq!((features.len(), report.num_errors()), (num, 0));
            for (feature, source) in features.iter().zip(&json) {
                assert_eq!(
                    (feature.class, feature.attributes["pipe_class"].as_str()),
                    (FeatureClass::PipeNode, Some(class))
                );
                assert_eq!(feature.attributes["node_kind"], kind);
                let Shape::Point(point) = &feature.geometry.shapes[0].shape else {
                    panic!("no point")
                };
                match source["properties"]["RIMELEVATION"].as_f64().filter(|z| *z != 9999.0) {
                    Some(rim) => assert_eq!((point.position.z, point.on_terrain), (rim, false)),
                    None => assert!(point.on_terrain && point.position.z == 0.0),
                }
                if let PointKind::Manhole { depth_m, .. } = point.kind {
                    let stated = source["properties"]["DEPTH"]
                        .as_f64()
                        .filter(|d| (0.05..60.0).contains(d));
                    assert_eq!(stated.unwrap_or(2.5), depth_m, "{}", feature.id);
                }
            }
        }
    }

    #[test]
    fn buildings_of_kamloops_have_their_heights() {
        let (features, json, report) = kamloops("buildings.geojson");
        assert_eq!(
            (features.len(), report.features_quarantined),
            (1463, 0),
            "{:?}",
            report.counts
        );
        for (feature, source) in features.iter().zip(&json) {
            assert_eq!(feature.class, FeatureClass::Building);
            let Shape::Extrusion(body) = &feature.geometry.shapes[0].shape else {
                panic!("no extrusion")
            };
            let stated = source["properties"]["HEIGHT"].as_f64().unwrap();
            if stated >= 0.1 {
                assert!(
                    (body.height_m - stated).abs() < 0.006,
                    "{}: {} {stated}",
                    feature.id,
                    body.height_m
                );
            } else {
                assert_eq!(feature.attributes["height_source"], "assumed");
            }
        }
        let first = &features[0];
        assert_eq!(
            (first.id.as_str(), first.attributes["use"].as_str()),
            ("buildings:BDG5407", Some("RESIDENTIAL-LOW RISE"))
        );
        assert_eq!(
            (first.attributes["year"].as_i64(), first.lifespan.from.unwrap().year()),
            (Some(2006), 2006)
        );
        // the area that the city states, in m², against the ring in degrees on a sphere
        let Shape::Extrusion(body) = &first.geometry.shapes[0].shape else {
            panic!("no extrusion")
        };
        let ring = &body.rings[0];
        let (kx, ky) = (111_195.0 * ring[0].y.to_radians().cos(), 111_195.0);
        let at = |i: usize| {
            (
                (ring[i % ring.len()].x - ring[0].x) * kx,
                (ring[i % ring.len()].y - ring[0].y) * ky,
            )
        };
        let area: f64 = (0..ring.len())
            .map(|i| (at(i).0 * at(i + 1).1 - at(i + 1).0 * at(i).1) / 2.0)
            .sum();
        assert!((area - 210.36).abs() < 2.0, "{area}");
    }

    #[test]
    fn suzhou_footprints_are_extruded() {
        let (features, sink, report) = read_with(
            &root().join("tests/fixtures/geojson/suzhou_footprints.json"),
            &ReadOptions::default(),
        );
        assert_eq!(
            (features.len(), sink.datasets[0].crs.as_ref().unwrap().name()),
            (60, "EPSG:4326")
        );
        assert!(features.iter().all(|f| f.class == FeatureClass::Building));
        let Shape::Extrusion(body) = &features[0].geometry.shapes[0].shape else {
            panic!("no extrusion")
        };
        assert_eq!(
            (
                body.height_m,
                features[0].attributes["storeys"].as_i64(),
                body.rings[0].len()
            ),
            (6.0, Some(2), 4)
        );
        assert_eq!(
            report.counts.get("geojson/duplicate-id"),
            None,
            "a column of zeros is no id"
        );
    }

    #[test]
    fn water_mains_of_ky4_in_survey_feet() {
        let (pipes, sink, report) = read_with(
            &root().join("tests/fixtures/geojson/ky4_pipes.geojson"),
            &ReadOptions::default(),
        );
        assert_eq!(
            (sink.datasets[0].crs.as_ref().unwrap().name(), report.num_errors()),
            ("EPSG:3547", 0)
        );
        assert!(pipes.iter().all(|f| f.attributes["pipe_class"] == "JS"));
        assert_eq!(line(&pipes[0]).section, CrossSection::Circle { diameter_m: 0.1524 });
        assert_eq!(
            (
                pipes[0].attributes["from_node"].as_str(),
                pipes[0].attributes["diameter_mm"].as_f64()
            ),
            (Some("J-1"), Some(152.4))
        );
        assert_eq!(
            (line(&pipes[0]).reference, pipes[0].attributes["depth_source"].as_str()),
            (LevelReference::BelowTerrain, Some("assumed"))
        );
        let (nodes, ..) = read_with(
            &root().join("tests/fixtures/geojson/ky4_junctions.geojson"),
            &ReadOptions::default(),
        );
        assert!(
            nodes
                .iter()
                .all(|f| f.class == FeatureClass::PipeNode && f.attributes["pipe_class"] == "JS")
        );
        let Shape::Point(point) = &nodes[0].geometry.shapes[0].shape else {
            panic!("no point")
        };
        assert!((point.position.z - 186.351_580_56).abs() < 1e-9);
        let (zones, _, report) = read_with(
            &root().join("tests/fixtures/geojson/ky10_landslide_data.geojson"),
            &ReadOptions::default(),
        );
        assert!(zones.iter().all(|f| f.class == FeatureClass::Zone) && report.counts["geojson/class-guessed"] == 6);
    }

    #[test]
    fn the_whole_shared_files() {
        for (name, num) in [
            ("footprints/suzhou_footprints.json", 3076),
            ("pipes/wntr_gis/ky4_disconnected_pipes.geojson", 1156),
            ("pipes/wntr_gis/ky10_landslide_data.geojson", 1927),
        ] {
            let path = root().join("../shared/data").join(name);
            if !path.exists() {
                println!("absent, not checked: {}", path.display());
                continue;
            }
            let (features, _, report) = read_with(&path, &ReadOptions::default());
            println!(
                "{name}: {} features, {} left out, {:?}",
                features.len(),
                report.features_quarantined,
                report.counts
            );
            assert_eq!(features.len() as u64 + report.features_quarantined, num);
            assert!(report.features_quarantined * 100 < num);
        }
    }

    #[test]
    fn areas_projects_roads_and_trees() {
        let square = json!({"type": "Polygon", "coordinates": [[[113.6, 34.7], [113.61, 34.7], [113.61, 34.71], [113.6, 34.71], [113.6, 34.7]]]});
        let way = json!({"type": "LineString", "coordinates": [[113.6, 34.7], [113.61, 34.7]]});
        let feature = |geometry: &Value, properties: Value| json!({"type": "Feature", "geometry": geometry, "properties": properties});
        let text = json!({"type": "FeatureCollection", "name": "demo", "features": [
            feature(&square, json!({"项目名称": "棉纺路片区更新", "项目阶段": "开工", "总投资(万元)": 1200, "开工年份": "2024年", "街道": "林山寨"})),
            feature(&square, json!({"natural": "water"})),
            feature(&square, json!({"building": "yes", "building:levels": "7"})),
            feature(&way, json!({"highway": "secondary", "lanes": 4})),
            feature(&json!({"type": "Point", "coordinates": [113.6, 34.7]}), json!({"natural": "tree", "height": "9 m"})),
            feature(&square, json!({"building": "yes"})),
        ]});
        let (result, sink, report) = try_text("demo.geojson", text.to_string().as_bytes(), &ReadOptions::default());
        result.unwrap();
        assert!(report.issues.is_empty(), "{:?}", report.issues);
        let classes: Vec<FeatureClass> = sink.features.iter().map(|f| f.class).collect();
        use FeatureClass as C;
        assert_eq!(
            classes,
            [C::Project, C::Water, C::Building, C::Road, C::Tree, C::Building]
        );
        let project = &sink.features[0].attributes;
        assert_eq!(
            [
                &project["name"],
                &project["stage"],
                &project["investment_cny"],
                &project["year_start"],
                &project["town_office"]
            ],
            [
                &json!("棉纺路片区更新"),
                &json!("开工"),
                &json!(12_000_000),
                &json!(2024),
                &json!("林山寨")
            ]
        );
        let house = &sink.features[2].attributes;
        assert_eq!(
            [&house["height_m"], &house["height_source"], &house["storeys"]],
            [&json!(21), &json!("storeys x 3.0 m"), &json!(7)]
        );
        assert_eq!(line(&sink.features[3]).section, CrossSection::Strip { width_m: 15.0 });
        assert_eq!(sink.features[3].attributes["road_class"], "secondary");
        let Shape::Point(tree) = &sink.features[4].geometry.shapes[0].shape else {
            panic!("no tree")
        };
        assert!(tree.on_terrain && matches!(tree.kind, PointKind::Tree { height_m: 9.0, .. }));
        assert_eq!(sink.features[5].attributes["height_source"], "assumed");
        assert_eq!(sink.datasets[0].title.as_deref(), Some("demo"));
    }

    #[test]
    fn every_form_of_the_format() {
        let point = r#"{"type":"Point","coordinates":[1,2]}"#;
        let feature = format!(r#"{{"type":"Feature","id":"a","geometry":{point},"properties":null}}"#);
        for (text, num) in [
            (feature.clone(), 1),
            (format!("{feature}\n\n{feature}\n"), 2),
            (format!("\u{1e}{feature}\n\u{1e}{feature}\n"), 2),
            (point.to_owned(), 1),
            (
                format!(r#"{{"type":"GeometryCollection","geometries":[{point},{point}]}}"#),
                1,
            ),
            (format!(r#"{{"features":[{feature}],"type":"FeatureCollection"}}"#), 1),
            (r#"{"type":"FeatureCollection","features":[]}"#.to_owned(), 0),
        ] {
            let options = ReadOptions {
                default_class: Some(FeatureClass::Tree),
                ..ReadOptions::default()
            };
            let (result, sink, report) = try_text("x.geojson", text.as_bytes(), &options);
            result.unwrap();
            assert_eq!(
                (sink.features.len(), report.features_quarantined, sink.datasets.len()),
                (num, 0, 1),
                "{text}: {:?}",
                report.issues
            );
            assert!(sink.features.iter().all(|f| f.class == FeatureClass::Tree));
        }
    }

    #[test]
    fn a_late_crs_is_known_before_the_features() {
        let many: Vec<String> = (0..200).map(|i| format!(r#"{{"type":"Feature","properties":{{"name":"{i}"}},"geometry":{{"type":"Point","coordinates":[467952.1,{i}]}}}}"#)).collect();
        let crs = r#"{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::4547"}}"#;
        let text = format!(
            r#"{{"type":"FeatureCollection","features":[{}],"crs":{crs}}}"#,
            many.join(",")
        );
        let (result, sink, report) = try_text("x.geojson", text.as_bytes(), &ReadOptions::default());
        result.unwrap();
        assert_eq!(
            (sink.features.len(), sink.datasets[0].crs.as_ref().unwrap().name()),
            (200, "EPSG:4547"),
            "{:?}",
            report.counts
        );
        let (result, ..) = try_text(
            "x.geojson",
            text.replace("4547", "999999").as_bytes(),
            &ReadOptions::default(),
        );
        assert!(result.unwrap_err().to_string().contains("999999"));
        let without = text.replace(&format!(",\"crs\":{crs}"), "");
        let (result, sink, report) = try_text("x.geojson", without.as_bytes(), &ReadOptions::default());
        result.unwrap();
        assert_eq!((sink.features.len(), report.features_quarantined), (0, 200));
        assert!(
            report
                .issues
                .iter()
                .any(|i| i.message.contains("projected coordinates?")),
            "{:?}",
            report.issues[0]
        );
    }

    #[test]
    fn bad_features_are_named_and_the_rest_goes_in() {
        let good = |id: &str| {
            format!(
                r#"{{"type":"Feature","id":"{id}","geometry":{{"type":"Point","coordinates":[1,2]}},"properties":{{"natural":"tree"}}}}"#
            )
        };
        let deep = format!("{}{}", "[".repeat(1_000_000), "]".repeat(1_000_000));
        let bad = [
            "5".to_owned(),
            r#"{"type":"Feature","properties":7,"geometry":null}"#.to_owned(),
            r#"{"type":"Feature","id":"null","geometry":null,"properties":{}}"#.to_owned(),
            r#"{"type":"Feature","id":"nan","geometry":{"type":"Point","coordinates":["NaN",2]},"properties":{}}"#
                .to_owned(),
            format!(
                r#"{{"type":"Feature","id":"deep","geometry":{{"type":"Polygon","coordinates":{deep}}},"properties":{{}}}}"#
            ),
        ];
        let text = format!(
            r#"{{"type":"FeatureCollection","features":[{},{},{},{}"#,
            good("a"),
            bad.join(","),
            good("b"),
            r#"{"type":"Feat"#
        );
        let (result, sink, report) = try_text("x.geojson", text.as_bytes(), &ReadOptions::default());
        result.unwrap();
        assert_eq!(
            sink.features.iter().map(|f| f.id.as_str()).collect::<Vec<_>>(),
            ["x:a", "x:b"]
        );
        assert_eq!(
            (report.features_quarantined, report.counts["geojson/truncated"]),
            (6, 1),
            "{:?}",
            report.issues
        );
        for (text, word) in [
            ("", "object"),
            ("{", "ends"),
            ("[1]", "object"),
            (r#"{"type":"FeatureCollection","features":["#, "ends"),
        ] {
            let (result, ..) = try_text("x.geojson", text.as_bytes(), &ReadOptions::default());
            assert!(result.unwrap_err().to_string().contains(word), "{text}");
        }
    }

    #[test]
    fn other_encodings_and_spellings() {
        let text = r#"{"type":"FeatureCollection","features":[{"type":"Feature","geometry":{"type":"Polygon","coordinates":[[[113,34,92.5],[113.1,34,93],[113.1,34.1,92],[113,34,92.5]]]},"properties":{"名称":"国棉三厂","num_floors":"4"}}]}"#;
        let (bytes, _, _) = encoding_rs::GBK.encode(text);
        let (result, sink, report) = try_text("x.geojson", &bytes, &ReadOptions::default());
        result.unwrap();
        let house = &sink.features[0];
        assert_eq!(
            [&house.attributes["name"], &house.attributes["height_m"]],
            [&json!("国棉三厂"), &json!(12)]
        );
        assert_eq!(report.counts["geojson/encoding"], 1);
        let Shape::Extrusion(body) = &house.geometry.shapes[0].shape else {
            panic!("no extrusion")
        };
        assert_eq!(body.base_z_m, Some(92.0));
    }

    #[test]
    fn memory_does_not_hold_the_text() {
        // 30,000 features of one document: all come, in order
        let one = |i: usize| {
            format!(
                r#"{{"type":"Feature","id":{i},"geometry":{{"type":"Polygon","coordinates":[[[1,2],[1.001,2],[1.001,2.001],[1,2]]]}},"properties":{{"height":{}}}}}"#,
                3 + i % 50
            )
        };
        let text = format!(
            r#"{{"type":"FeatureCollection","features":[{}]}}"#,
            (0..30_000).map(one).collect::<Vec<_>>().join(",\n")
        );
        let (result, sink, _) = try_text("houses.geojson", text.as_bytes(), &ReadOptions::default());
        result.unwrap();
        assert!(
            sink.features
                .iter()
                .enumerate()
                .all(|(i, f)| f.id == format!("houses:{i}"))
                && sink.features.len() == 30_000
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn mutated_documents_never_panic(edits in proptest::collection::vec((any::<prop::sample::Index>(), 0u8..4, any::<u8>()), 1..12), is_lines in any::<bool>()) {
            let feature = |geometry: Value, properties: Value| json!({"type": "Feature", "geometry": geometry, "properties": properties});
            let features = [
                feature(json!({"type": "MultiPolygon", "coordinates": [[[[0, 0], [1, 0], [1, 1], [0, 0]]]]}), json!({"height": 5})),
                feature(json!({"type": "LineString", "coordinates": [[0, 0, 1], [1, 1, 2]]}), json!({"管径(mm)": "800x600", "起点高程": 12.5})),
                feature(json!({"type": "Point", "coordinates": [0, 0]}), json!({"附属物": "检修井"})),
            ];
            let mut text = if is_lines {
                features.iter().map(Value::to_string).collect::<Vec<_>>().join("\n")
            } else {
                json!({"type": "FeatureCollection", "features": features}).to_string()
            }.into_bytes();
            for (place, kind, byte) in edits {
                if text.is_empty() {
                    break;
                }
                let at = place.index(text.len());
                match kind {
                    0 => text[at] = byte,
                    1 => drop(text.remove(at)),
                    2 => text.insert(at, b"[]{},:\"0-9"[byte as usize % 10]),
                    _ => text.truncate(at.max(1)),
                }
            }
            let (result, sink, report) = try_text("x.geojson", &text, &ReadOptions::default());
            prop_assert!(result.is_err() || report.features_read as usize == sink.features.len());
        }
    }
}
