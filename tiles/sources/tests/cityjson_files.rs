//! Real CityJSON files of every version against counts and volumes taken from the JSON by other means.

#[cfg(test)]
mod tests {
    use city_model::{Feature, FeatureClass, Report, Shape, SurfaceMesh, SurfaceSemantic};
    use city_sources::{MemorySink, ReadOptions, read_path};
    use serde_json::{Value, json};
    use std::collections::BTreeMap;
    use std::path::{Path, PathBuf};

    fn fixture(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../tests/fixtures/cityjson")
            .join(name)
    }

    /// A file of the shared data folder, or `None` (said on the console) where that folder is absent.
    fn shared(name: &str) -> Option<PathBuf> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../../shared/data/cityjson")
            .join(name);
        if !path.exists() {
            println!("absent, not checked: {}", path.display());
        }
        path.exists().then_some(path)
    }

    fn read(path: &Path) -> (MemorySink, Report) {
        let (mut sink, mut report) = (MemorySink::default(), Report::new(path.display().to_string()));
        read_path(path, &ReadOptions::default(), &mut sink, &mut report).unwrap_or_else(|err| panic!("{err}"));
        (sink, report)
    }

    fn records(path: &Path) -> Vec<Value> {
        let text = std::fs::read_to_string(path).unwrap();
        serde_json::Deserializer::from_str(&text)
            .into_iter::<Value>()
            .map(|v| v.unwrap())
            .collect()
    }

    /// City objects, geometries and polygons as they stand in the JSON, counted without the reader.
    fn truth(path: &Path) -> (BTreeMap<String, usize>, BTreeMap<(String, String), usize>, usize) {
        let (mut ids, mut levels, mut polygons) = (BTreeMap::new(), BTreeMap::new(), 0);
        for record in records(path) {
            for (id, object) in record["CityObjects"].as_object().unwrap() {
                *ids.entry(id.clone()).or_default() += 1;
                for geometry in object["geometry"].as_array().map_or(&[][..], Vec::as_slice) {
                    let lod = geometry["lod"]
                        .as_str()
                        .map_or_else(|| geometry["lod"].to_string(), str::to_owned);
                    *levels
                        .entry((geometry["type"].as_str().unwrap().to_owned(), lod))
                        .or_default() += 1;
                    polygons += count_polygons(&geometry["boundaries"]);
                }
            }
        }
        (ids, levels, polygons)
    }

    /// A polygon is an array whose elements are arrays of numbers.
    fn count_polygons(value: &Value) -> usize {
        let Some(items) = value.as_array() else { return 0 };
        let is_polygon = items
            .first()
            .and_then(Value::as_array)
            .and_then(|ring| ring.first())
            .is_some_and(Value::is_number);
        if is_polygon {
            1
        } else {
            items.iter().map(count_polygons).sum()
        }
    }

    fn meshes(features: &[Feature]) -> impl Iterator<Item = &SurfaceMesh> {
        features
            .iter()
            .flat_map(|f| &f.geometry.shapes)
            .filter_map(|s| match &s.shape {
                Shape::Surfaces(mesh) => Some(mesh),
                _ => None,
            })
    }

    /// Volume by the divergence theorem with triangles of a fan; written apart from the reader's own.
    fn volume_m3(mesh: &SurfaceMesh) -> f64 {
        let origin = mesh.vertices[0];
        let at = |i: u32| mesh.vertices[i as usize] - origin;
        let fan = |ring: &Vec<u32>| -> f64 {
            (1..ring.len() - 1)
                .map(|k| at(ring[0]).cross(at(ring[k])).dot(at(ring[k + 1])) / 6.0)
                .sum()
        };
        mesh.surfaces.iter().flat_map(|s| &s.rings).map(fan).sum()
    }

    fn check_against_json(path: &Path) -> (MemorySink, Report) {
        let (sink, report) = read(path);
        let (ids, levels, polygons) = truth(path);
        assert_eq!(report.features_quarantined, 0, "{:?}", report.issues);
        assert_eq!(sink.features.len(), ids.len(), "{}", path.display());
        assert!(sink.features.iter().all(|f| ids.contains_key(&f.id)));
        let shapes: usize = sink.features.iter().map(|f| f.geometry.shapes.len()).sum();
        assert_eq!(shapes, levels.values().sum::<usize>(), "{levels:?}");
        let dropped = report.counts.get("cityjson/degenerate-ring").copied().unwrap_or(0) as usize;
        let kept: usize = meshes(&sink.features).map(|m| m.surfaces.len()).sum();
        assert!(
            kept <= polygons && kept + 40 * dropped >= polygons,
            "{kept} of {polygons} polygons, {dropped} notes"
        );
        if dropped == 0 {
            assert_eq!(kept, polygons);
        }
        for feature in &sink.features {
            let bounds = feature.bounds();
            assert!(
                feature.geometry.is_empty() || bounds.size().length() > 0.0,
                "{}",
                feature.id
            );
        }
        (sink, report)
    }

    #[test]
    fn version_1_0_equals_what_cjio_upgrades_it_to() {
        let (old, report) = check_against_json(&fixture("classes_v10.city.json"));
        let (new, _) = check_against_json(&fixture("classes_v10_upgraded_by_cjio.city.json"));
        assert_eq!(report.num_errors(), 0, "{:?}", report.issues);
        assert_eq!(old.datasets[0].crs.as_ref().unwrap().name(), "EPSG:7415");
        assert_eq!(old.datasets[0].crs, new.datasets[0].crs);
        let by_id: BTreeMap<&str, &Feature> = new.features.iter().map(|f| (f.id.as_str(), f)).collect();
        for feature in &old.features {
            let twin = by_id[feature.id.as_str()];
            // cjio rounds numbers to six decimals, in attributes and in the transform
            let rounded = |f: &Feature| -> Vec<(String, Value)> {
                let round = |v: &Value| {
                    if v.is_f64() {
                        json!((v.as_f64().unwrap() * 1e6).round() / 1e6)
                    } else {
                        v.clone()
                    }
                };
                f.attributes.iter().map(|(k, v)| (k.clone(), round(v))).collect()
            };
            assert_eq!(
                (feature.class, rounded(feature), &feature.parent),
                (twin.class, rounded(twin), &twin.parent)
            );
            let (a, b) = (feature.bounds(), twin.bounds());
            assert!(
                (a.min - b.min).length() < 0.001 && (a.max - b.max).length() < 0.001,
                "{}",
                feature.id
            );
            for (mesh, other) in meshes(std::slice::from_ref(feature)).zip(meshes(std::slice::from_ref(twin))) {
                let rings = |m: &SurfaceMesh| {
                    m.surfaces
                        .iter()
                        .map(|s| (s.rings.clone(), s.semantic))
                        .collect::<Vec<_>>()
                };
                assert_eq!(
                    (mesh.is_solid, rings(mesh)),
                    (other.is_solid, rings(other)),
                    "{}",
                    feature.id
                );
            }
        }
    }

    #[test]
    fn classes_of_version_2_0() {
        let (sink, _) = check_against_json(&fixture("classes_v20.city.json"));
        let mut classes: BTreeMap<FeatureClass, usize> = BTreeMap::new();
        sink.features
            .iter()
            .for_each(|f| *classes.entry(f.class).or_default() += 1);
        use FeatureClass as C;
        let expect = [
            (C::Generic, 4),
            (C::Building, 4),
            (C::Bridge, 3),
            (C::Road, 4),
            (C::Water, 3),
            (C::PlantCover, 4),
            (C::LandUse, 4),
        ];
        assert_eq!(classes, BTreeMap::from(expect));
    }

    #[test]
    fn every_level_is_kept_in_order() {
        let (sink, _) = check_against_json(&fixture("multi_lod.city.json"));
        for feature in &sink.features {
            let levels: Vec<u8> = feature.geometry.shapes.iter().map(|s| s.lod_citygml_x10).collect();
            assert_eq!(levels, [12, 13, 22], "{}", feature.id);
        }
        assert_eq!(sink.datasets[0].crs, None, "the file states no CRS");
    }

    #[test]
    fn templates_are_shared_and_placed() {
        let (sink, report) = check_against_json(&fixture("fcb_geom_templates.city.jsonl"));
        let instances: Vec<_> = sink
            .features
            .iter()
            .flat_map(|f| &f.geometry.shapes)
            .filter_map(|s| match &s.shape {
                Shape::Instance {
                    template,
                    scene_from_template,
                } => Some((template, scene_from_template)),
                _ => None,
            })
            .collect();
        assert_eq!(instances.len(), 15);
        let first = instances[0].0;
        assert!(
            instances
                .iter()
                .filter(|(t, _)| std::sync::Arc::ptr_eq(t, first))
                .count()
                > 1,
            "instances share their template"
        );
        // the anchor of the first tree, computed from the JSON
        let all = records(&fixture("fcb_geom_templates.city.jsonl"));
        let (translate, scale) = (&all[0]["transform"]["translate"], &all[0]["transform"]["scale"]);
        let feature = all
            .iter()
            .find(|r| {
                r["CityObjects"]
                    .as_object()
                    .unwrap()
                    .values()
                    .any(|o| o["type"] == "SolitaryVegetationObject")
            })
            .unwrap();
        let (id, object) = feature["CityObjects"]
            .as_object()
            .unwrap()
            .iter()
            .find(|(_, o)| o["type"] == "SolitaryVegetationObject")
            .unwrap();
        let geometry = &object["geometry"][0];
        let vertex = &feature["vertices"][geometry["boundaries"][0].as_u64().unwrap() as usize];
        let matrix = geometry["transformationMatrix"].as_array().unwrap();
        let tree = sink.features.iter().find(|f| f.id == *id).unwrap();
        let Shape::Instance {
            scene_from_template, ..
        } = &tree.geometry.shapes[0].shape
        else {
            panic!("no instance")
        };
        for axis in 0..3 {
            let anchor =
                vertex[axis].as_f64().unwrap() * scale[axis].as_f64().unwrap() + translate[axis].as_f64().unwrap();
            let want = anchor + matrix[axis * 4 + 3].as_f64().unwrap();
            assert!((scene_from_template.w_axis[axis] - want).abs() < 1e-9);
        }
        assert!(
            report.counts.contains_key("cityjson/image"),
            "its images are not beside it: {:?}",
            report.counts
        );
        let group = sink
            .features
            .iter()
            .find(|f| {
                f.attributes
                    .get("cityjson_type")
                    .is_some_and(|t| t == "CityObjectGroup")
            })
            .unwrap();
        assert_eq!(
            sink.features
                .iter()
                .filter(|f| f.parent.as_ref() == Some(&group.id))
                .count(),
            14
        );
    }

    #[test]
    fn the_textured_house() {
        let (sink, report) = read(&fixture("fzkhaus/fzkhaus.city.json"));
        let mesh = meshes(&sink.features).next().unwrap();
        // 12 m × 10 m, eaves 3.631 m, ridge 6.518 m: the volume of the prism
        let volume = 12.0 * 10.0 * 3.631 + 12.0 * 10.0 * (6.518 - 3.631) / 2.0;
        assert!((volume_m3(mesh) - volume).abs() < 0.01, "{}", volume_m3(mesh));
        assert!(mesh.is_solid);
        assert_eq!(
            (mesh.surfaces.len(), mesh.textures.len(), mesh.materials.len()),
            (7, 5, 1)
        );
        let semantics = |s| mesh.surfaces.iter().filter(|x| x.semantic == s).count();
        assert_eq!(
            [
                semantics(SurfaceSemantic::Wall),
                semantics(SurfaceSemantic::Roof),
                semantics(SurfaceSemantic::Ground)
            ],
            [4, 2, 1]
        );
        let ground = mesh
            .surfaces
            .iter()
            .find(|s| s.semantic == SurfaceSemantic::Ground)
            .unwrap();
        assert!(ground.texture.is_none() && ground.material == Some(0));
        let south = mesh
            .surfaces
            .iter()
            .find(|s| {
                s.texture
                    .as_ref()
                    .is_some_and(|(t, _)| mesh.textures[*t as usize].uri.contains("Front"))
            })
            .unwrap();
        // the source's (1, 0.7987) of the third corner, v turned downwards
        assert_eq!(south.texture.as_ref().unwrap().1[0][2], [1.0, 1.0 - 0.7987]);
        let roof = mesh.textures.iter().find(|t| t.uri.contains("Roofing")).unwrap();
        assert!(roof.bytes.as_ref().unwrap().starts_with(&[0xff, 0xd8]));
        let missing = report.issues.iter().find(|i| i.code == "cityjson/image").unwrap();
        assert!(
            missing.message.contains("4 times"),
            "four images are not beside the fixture: {missing}"
        );
        assert_eq!(sink.features[0].attributes["height_m"], 6.52);
    }

    #[test]
    fn extensions_are_kept_as_attributes() {
        let (sink, _) = check_against_json(&fixture("extension_v11.city.jsonl"));
        assert_eq!(sink.datasets[0].attribution.as_deref(), Some("3D Geoinformation Group"));
        assert!(
            sink.features
                .iter()
                .any(|f| f.attributes.keys().any(|k| k.starts_with('+')))
        );
    }

    #[test]
    fn delft_has_the_volumes_that_3dbag_states() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/sample/delft/delft_fcb.city.jsonl");
        let (sink, report) = check_against_json(&path);
        assert_eq!((sink.features.len(), report.features_read), (2231, 2231));
        let parts: Vec<_> = sink
            .features
            .iter()
            .filter(|f| f.class == FeatureClass::BuildingPart)
            .collect();
        assert!(parts.iter().all(|p| p.parent.is_some()));
        let (mut compared, mut apart) = (0, 0);
        for building in sink.features.iter().filter(|f| f.class == FeatureClass::Building) {
            let Some(stated) = building.attributes.get("b3_volume_lod22").and_then(Value::as_f64) else {
                continue;
            };
            let own: f64 = parts
                .iter()
                .filter(|p| p.parent.as_ref() == Some(&building.id))
                .flat_map(|p| &p.geometry.shapes)
                .filter(|s| s.lod_citygml_x10 == 22)
                .map(|s| match &s.shape {
                    Shape::Surfaces(mesh) => volume_m3(mesh),
                    other => panic!("{other:?}"),
                })
                .sum();
            compared += 1;
            apart += usize::from((own - stated).abs() > 0.01 * stated.max(1.0));
        }
        println!(
            "{compared} buildings compared, {apart} further apart than 1 %: {:?}",
            report.counts
        );
        assert!(compared > 1000 && apart * 100 <= compared, "{apart} of {compared}");
    }

    #[test]
    fn the_whole_shared_files() {
        for name in [
            "3dbag_sub.city.json",
            "capetown_mamre3D.city.json",
            "delft_cjio.city.json",
            "cjdb_extension.city.jsonl",
        ] {
            let Some(path) = shared(name) else { continue };
            let (sink, report) = check_against_json(&path);
            println!("{name}: {} features, {:?}", sink.features.len(), report.counts);
        }
        if let Some(path) = shared("fzkhaus_textured/01-FZK-Haus-LoD2-Tex-no-Storey-CG30-V01_formatted.json") {
            let (sink, report) = read(&path);
            assert!(report.issues.is_empty(), "{:?}", report.issues);
            assert!(
                meshes(&sink.features)
                    .flat_map(|m| &m.textures)
                    .all(|t| t.bytes.is_some())
            );
        }
    }
}
