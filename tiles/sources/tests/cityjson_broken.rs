//! Broken and unusual CityJSON: the good part goes in, the rest is named, nothing panics.

#[cfg(test)]
mod tests {
    use city_model::{Report, Shape, SurfaceMesh};
    use city_sources::{Format, MemorySink, ReadOptions, SourceError, read_as, read_path};
    use proptest::prelude::*;
    use serde_json::{Value, json};
    use std::path::Path;

    fn try_read(name: &str, text: &[u8]) -> (Result<(), SourceError>, MemorySink, Report) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        let (mut sink, mut report) = (MemorySink::default(), Report::new(name));
        let format = if name.ends_with("jsonl") {
            Format::CityJsonSeq
        } else {
            Format::CityJson
        };
        let result = read_as(format, &path, &ReadOptions::default(), &mut sink, &mut report);
        (result, sink, report)
    }

    fn read(document: &Value) -> (MemorySink, Report) {
        let (result, sink, report) = try_read("x.city.json", document.to_string().as_bytes());
        result.unwrap();
        (sink, report)
    }

    fn mesh(sink: &MemorySink, id: &str) -> SurfaceMesh {
        let feature = sink.features.iter().find(|f| f.id == id).unwrap();
        match &feature.geometry.shapes[0].shape {
            Shape::Surfaces(mesh) => mesh.clone(),
            other => panic!("{other:?}"),
        }
    }

    fn vertices() -> Value {
        let cube = |low: f64, high: f64| {
            (0..8).map(move |i| [i & 1, i >> 1 & 1, i >> 2].map(|b| if b == 0 { low } else { high }))
        };
        json!(cube(0.0, 4.0).chain(cube(1.0, 2.0)).collect::<Vec<_>>())
    }

    fn shell(first: u32, inward: bool) -> Value {
        let faces = [
            [0, 2, 3, 1],
            [4, 5, 7, 6],
            [0, 1, 5, 4],
            [1, 3, 7, 5],
            [3, 2, 6, 7],
            [2, 0, 4, 6],
        ];
        let ring = |f: [u32; 4]| if inward { [f[3], f[2], f[1], f[0]] } else { f };
        json!(faces.map(|f| [ring(f).map(|i| i + first)]))
    }

    fn document(objects: Value) -> Value {
        json!({"type": "CityJSON", "version": "1.0", "CityObjects": objects, "vertices": vertices()})
    }

    fn solid(boundaries: Value) -> Value {
        json!({"type": "Building", "geometry": [{"type": "Solid", "lod": 1, "boundaries": boundaries}]})
    }

    fn volume_m3(mesh: &SurfaceMesh) -> f64 {
        let at = |i: u32| mesh.vertices[i as usize];
        let fan = |r: &Vec<u32>| -> f64 {
            (1..r.len() - 1)
                .map(|k| at(r[0]).cross(at(r[k])).dot(at(r[k + 1])) / 6.0)
                .sum()
        };
        mesh.surfaces.iter().flat_map(|s| &s.rings).map(fan).sum()
    }

    #[test]
    fn real_coordinates_without_transform_and_inner_shells() {
        let (sink, report) = read(&document(json!({"a": solid(json!([shell(0, false), shell(8, true)]))})));
        let mesh = mesh(&sink, "a");
        assert!((volume_m3(&mesh) - (64.0 - 1.0)).abs() < 1e-9 && mesh.is_solid);
        assert_eq!(
            mesh.surfaces
                .iter()
                .filter(|s| s.semantic == city_model::SurfaceSemantic::Interior)
                .count(),
            6
        );
        assert!(report.issues.is_empty(), "{:?}", report.issues);
    }

    #[test]
    fn an_inside_out_shell_is_turned_and_an_open_one_is_told() {
        let open: Vec<Value> = shell(0, false).as_array().unwrap()[1..].to_vec();
        let (sink, report) = read(&document(
            json!({"turned": solid(json!([shell(0, true)])), "open": solid(json!([open]))}),
        ));
        assert!((volume_m3(&mesh(&sink, "turned")) - 64.0).abs() < 1e-9);
        assert!(!mesh(&sink, "open").is_solid);
        assert_eq!(
            (
                report.counts["cityjson/inside-out-shell"],
                report.counts["cityjson/unclosed-shell"]
            ),
            (1, 1)
        );
    }

    #[test]
    fn composite_solids_multi_points_and_lines() {
        let (sink, report) = read(&document(json!({
            "c": {"type": "Building", "geometry": [{"type": "CompositeSolid", "lod": "2", "boundaries": [[shell(0, false)], [shell(8, false)]],
                "semantics": {"surfaces": [{"type": "RoofSurface"}], "values": [null, [[null, 0, null, null, null, null]]]},
                "material": {"m": {"values": [[[0, 0, 0, 0, 0, 0]], [[null, 1, 7, null, null, null]]]}}}]},
            "t": {"type": "SolitaryVegetationObject", "attributes": {"height": 12.0}, "geometry": [{"type": "MultiPoint", "lod": 1, "boundaries": [7, 0]}]},
            "r": {"type": "Road", "attributes": {"width": 9}, "geometry": [{"type": "MultiLineString", "lod": 0, "boundaries": [[0, 1, 3], [5, 5]]}]},
        })));
        let mesh = mesh(&sink, "c");
        let roofs: Vec<usize> = mesh
            .surfaces
            .iter()
            .enumerate()
            .filter(|(_, s)| s.semantic == city_model::SurfaceSemantic::Roof)
            .map(|(i, _)| i)
            .collect();
        assert_eq!((mesh.surfaces.len(), roofs), (12, vec![7]));
        assert_eq!(report.counts["cityjson/material-out-of-range"], 1);
        let shapes = |id: &str| {
            sink.features
                .iter()
                .find(|f| f.id == id)
                .unwrap()
                .geometry
                .shapes
                .clone()
        };
        let Shape::Point(tree) = &shapes("t")[0].shape else {
            panic!("no tree")
        };
        assert_eq!((shapes("t").len(), tree.position.z), (2, 4.0));
        assert!(matches!(tree.kind, city_model::PointKind::Tree { height_m, .. } if height_m == 12.0));
        assert_eq!((shapes("r").len(), report.counts["cityjson/degenerate-line"]), (1, 1));
    }

    #[test]
    fn one_broken_wall_does_not_lose_the_building() {
        let mut broken = shell(0, false);
        broken[0][0] = json!([0, 2, 99, 1]);
        broken[1][0] = json!([4, -5, 7, 6]);
        broken[2][0] = json!([0, 1, 1, 0]);
        let (sink, report) = read(&document(
            json!({"a": solid(json!([broken])), "b": solid(json!([[[[0, 1, 99]]]])), "c": {"type": "Building"}}),
        ));
        assert_eq!(mesh(&sink, "a").surfaces.len(), 3);
        assert!(!mesh(&sink, "a").is_solid);
        assert_eq!(
            sink.features.iter().map(|f| f.id.as_str()).collect::<Vec<_>>(),
            ["a", "c"]
        );
        assert_eq!((report.features_read, report.features_quarantined), (2, 1));
        let issue = report.issues.iter().find(|i| i.code == "cityjson/no-geometry").unwrap();
        assert_eq!(issue.feature.as_deref(), Some("b"));
        for code in [
            "cityjson/vertex-out-of-range",
            "cityjson/bad-index",
            "cityjson/degenerate-ring",
        ] {
            assert!(report.counts.contains_key(code), "{code}: {:?}", report.counts);
        }
    }

    #[test]
    fn parents_that_are_wrong_are_left_off() {
        let part = |parent: &str| json!({"type": "BuildingPart", "parents": [parent]});
        let (sink, report) = read(&document(json!({
            "part": part("house"), "orphan": part("nobody"), "self": part("self"), "x": part("y"), "y": part("x"), "house": {"type": "Building"},
        })));
        let parent = |id: &str| sink.features.iter().find(|f| f.id == id).unwrap().parent.clone();
        assert_eq!(parent("part").as_deref(), Some("house"));
        assert_eq!([parent("orphan"), parent("self")], [None, None]);
        assert!(parent("x").is_none() || parent("y").is_none());
        let at = |id: &str| sink.features.iter().position(|f| f.id == id).unwrap();
        assert!(at("house") < at("part"), "parents go first");
        assert_eq!(
            (
                report.counts["cityjson/unknown-parent"],
                report.counts["cityjson/parent-cycle"]
            ),
            (2, 1)
        );
    }

    #[test]
    fn duplicate_ids_and_wrong_types_are_quarantined_one_by_one() {
        let text = format!(
            r#"{{"type":"CityJSON","version":"2.0","transform":{{"scale":[1,1,1],"translate":[0,0,0]}},"vertices":{},"CityObjects":{{
                "a":{{"type":"Building"}},"a":{{"type":"Bridge"}},"n":5,"m":{{"geometry":[]}},"k":{{"type":"+Tower"}},"g":{{"type":"Building","geometry":{{}}}}}}}}"#,
            vertices()
        );
        let (result, sink, report) = try_read("x.city.json", text.as_bytes());
        result.unwrap();
        assert_eq!(
            sink.features.iter().map(|f| f.id.as_str()).collect::<Vec<_>>(),
            ["a", "k", "g"]
        );
        assert_eq!(
            (report.features_quarantined, report.counts["cityjson/duplicate-id"]),
            (3, 1)
        );
    }

    #[test]
    fn whole_files_that_cannot_be_used_say_why() {
        let deep = "[".repeat(1_000_000);
        for (text, word) in [
            (String::new(), "expected an object"),
            ("{".to_owned(), "key"),
            ("[]".to_owned(), "expected an object"),
            (r#"{"type":"CityJSON","version":"2.0"}"#.to_owned(), "missing"),
            (r#"{"version":"2.0","CityObjects":{},"vertices":[]}"#.to_owned(), "type"),
            (r#"{"type":"CityJSON","version":"0.9","CityObjects":{},"vertices":[]}"#.to_owned(), "older"),
            (r#"{"type":"CityJSON","version":"2.0","CityObjects":{},"vertices":7}"#.to_owned(), "array"),
            (r#"{"type":"CityJSON","version":"2.0","CityObjects":{},"vertices":[],"transform":{"scale":[1]}}"#.to_owned(), "transform"),
            (format!(r#"{{"type":"CityJSON","version":"2.0","vertices":[],"CityObjects":{deep}"#), "expected an object"),
            (r#"{"type":"CityJSON","version":"2.0","CityObjects":{},"vertices":[],"metadata":{"referenceSystem":"Atlantis"}}"#.to_owned(), "Atlantis"),
        ] {
            let (result, sink, report) = try_read("x.city.json", text.as_bytes());
            let said = result.err().map(|err| err.to_string()).into_iter().chain(report.issues.iter().map(ToString::to_string));
            let said = said.collect::<Vec<_>>().join("; ");
            assert!(said.contains(word) && sink.features.is_empty(), "{}: {said}", text.chars().take(80).collect::<String>());
        }
    }

    #[test]
    fn deep_nesting_inside_one_object_loses_that_object_only() {
        let deep = format!("{}{}", "[".repeat(1_000_000), "]".repeat(1_000_000));
        let text = format!(
            r#"{{"type":"CityJSON","version":"2.0","vertices":[],"CityObjects":{{"bad":{{"type":"Building","attributes":{{"x":{deep}}}}},"good":{{"type":"Building"}}}}}}"#
        );
        let (result, sink, report) = try_read("x.city.json", text.as_bytes());
        result.unwrap();
        assert_eq!(
            sink.features.iter().map(|f| f.id.as_str()).collect::<Vec<_>>(),
            ["good"]
        );
        assert!(
            report
                .issues
                .iter()
                .any(|i| i.feature.as_deref() == Some("bad") && i.message.contains("recursion")),
            "{:?}",
            report.issues
        );
    }

    #[test]
    fn absurd_coordinates_are_refused_by_feature() {
        let mut doc = document(json!({"a": solid(json!([shell(0, false)])), "b": solid(json!([shell(8, false)]))}));
        doc["vertices"][3] = json!([1e300, 0, 0]);
        doc["vertices"][5] = json!(["x", null]);
        for i in [0, 1, 2, 4, 6, 7] {
            doc["vertices"][i] = json!([0, 0, 9e9]);
        }
        let (sink, report) = read(&doc);
        assert_eq!(sink.features.iter().map(|f| f.id.as_str()).collect::<Vec<_>>(), ["b"]);
        assert!(report.counts["cityjson/bad-coordinate"] >= 1);
    }

    #[test]
    fn a_sequence_keeps_order_and_survives_bad_lines() {
        let header = r#"{"type":"CityJSON","version":"2.0","transform":{"scale":[0.5,0.5,0.5],"translate":[100,0,0]},"CityObjects":{},"vertices":[]}"#;
        let mut text = format!("{header}\n");
        for i in 0..3000 {
            let feature = json!({"type": "CityJSONFeature", "id": format!("f{i}"), "vertices": vertices(),
                "CityObjects": {format!("f{i}"): solid(json!([shell(0, false)]))}});
            match i {
                1000 => text.push_str("{\"type\":\"CityJSONFeature\",\"id\":\"torn\",\"CityObj\n\nnot json\n"),
                2000 => text.push_str(&format!("{}\r\n", feature.to_string().replace("f2000", "f7"))),
                _ => text.push_str(&format!("{feature}\n")),
            }
        }
        let (result, sink, report) = try_read("x.city.jsonl", text.as_bytes());
        result.unwrap();
        let order: Vec<String> = (0..3000)
            .filter(|i| ![1000, 2000].contains(i))
            .map(|i| format!("f{i}"))
            .collect();
        assert_eq!(sink.features.iter().map(|f| f.id.clone()).collect::<Vec<_>>(), order);
        assert_eq!((report.features_read, report.features_quarantined), (2998, 3));
        assert_eq!(
            (
                report.counts["cityjson/bad-line"],
                report.counts["cityjson/duplicate-id"]
            ),
            (2, 1)
        );
        let bounds = sink.features[0].bounds();
        assert_eq!(
            (bounds.min.to_array(), bounds.max.to_array()),
            ([100.0, 0.0, 0.0], [102.0, 2.0, 2.0])
        );
        let (result, ..) = try_read(
            "x.city.jsonl",
            b"{\"type\":\"CityJSONFeature\",\"CityObjects\":{},\"vertices\":[]}\n",
        );
        assert!(result.unwrap_err().to_string().contains("no header line"));
    }

    #[test]
    fn an_indented_sequence_is_read_too() {
        let header = json!({"type": "CityJSON", "version": "2.0", "transform": {"scale": [1, 1, 1], "translate": [0, 0, 0]}, "CityObjects": {}, "vertices": []});
        let feature = |id: &str| json!({"type": "CityJSONFeature", "id": id, "vertices": vertices(), "CityObjects": {id: solid(json!([shell(0, false)]))}});
        let text: Vec<String> = [header, feature("a"), feature("b")]
            .iter()
            .map(|v| serde_json::to_string_pretty(v).unwrap())
            .collect();
        let (result, sink, report) = try_read("x.city.jsonl", text.join("\n").as_bytes());
        result.unwrap();
        assert_eq!(
            (sink.features.len(), report.issues.len()),
            (2, 0),
            "{:?}",
            report.issues
        );
    }

    #[test]
    fn hostile_files_never_panic() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/hostile/cityjson");
        if !root.exists() {
            println!("absent, not checked: {}", root.display());
            return;
        }
        let mut folders = vec![root];
        let mut num_files = 0;
        while let Some(folder) = folders.pop() {
            let mut entries: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
            entries.sort();
            for path in entries {
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let (mut sink, mut report) = (MemorySink::default(), Report::new("hostile"));
                let result = read_path(&path, &ReadOptions::default(), &mut sink, &mut report);
                num_files += 1;
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                println!(
                    "{name}: {} in, {} out, {:?} {:?}",
                    report.features_read,
                    report.features_quarantined,
                    result.map_err(|e| e.to_string()),
                    report.counts
                );
                assert_eq!(report.features_read as usize, sink.features.len());
                for feature in &sink.features {
                    let bounds = feature.bounds();
                    assert!(
                        bounds.is_empty() || (bounds.min.is_finite() && bounds.max.is_finite()),
                        "{name}: {}",
                        feature.id
                    );
                }
            }
        }
        assert!(num_files > 40);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn mutated_documents_never_panic(edits in proptest::collection::vec((any::<prop::sample::Index>(), 0u8..4, any::<u8>()), 1..12)) {
            let mut text = document(json!({
                "a": solid(json!([shell(0, false)])),
                "t": {"type": "SolitaryVegetationObject", "parents": ["a"], "geometry": [{"type": "MultiPoint", "lod": "1.2", "boundaries": [7]}]},
                "g": {"type": "Building", "geometry": [{"type": "MultiSurface", "lod": 2, "boundaries": [[[0, 1, 3]]],
                    "semantics": {"surfaces": [{"type": "RoofSurface"}], "values": [0]}, "texture": {"t": {"values": [[[0, 0, 1, 2]]]}}}]},
            })).to_string().into_bytes();
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
            let (result, sink, report) = try_read("x.city.json", &text);
            prop_assert!(result.is_err() || report.features_read as usize == sink.features.len());
            let seq = [br#"{"type":"CityJSON","version":"2.0","CityObjects":{},"vertices":[]}"#.to_vec(), text].join(&b'\n');
            drop(try_read("x.city.jsonl", &seq));
        }
    }
}
