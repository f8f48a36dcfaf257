//! The SQLite store as its callers see it: numbering, replacing, paging, search, publications.

#[cfg(test)]
mod tests {
    use city_model::manifest::LocalText;
    use city_model::{
        Bounds3, Crs, Extrusion, Feature, FeatureClass, FeatureIndex, Footprint, HeightGrid, LodGeometry, RoofForm,
        SceneFrame, Shape,
    };
    use glam::{DVec2, DVec3};
    use scene_store::{
        CityFolder, EncodedFeature, FeatureKey, FeatureQuery, PublicationRecord, PublishedContent, PutOutcome,
        SceneInfo, SceneStore, StoreError, TileStore as _,
    };
    use serde_json::json;

    const ORIGIN: DVec3 = DVec3::new(468_000.0, 3_847_000.0, 100.0);

    fn scene() -> SceneInfo {
        SceneInfo {
            title: LocalText {
                zh: "试验城".to_owned(),
                en: "Test city".to_owned(),
            },
            is_generated: true,
            frame: SceneFrame::new(Crs::from_epsg(4547).unwrap(), ORIGIN, 0.0).unwrap(),
            vertical_datum: "1985".to_owned(),
        }
    }

    fn building(id: &str, layer: &str, east_m: f64, attributes: serde_json::Value) -> Feature {
        let mut feature = Feature::new(id, FeatureClass::Building, layer);
        let corner = ORIGIN.truncate() + DVec2::new(east_m, 0.0);
        let ring = [(0.0, 0.0), (10.0, 0.0), (10.0, 8.0), (0.0, 8.0)]
            .map(|(x, y)| corner + DVec2::new(x, y))
            .to_vec();
        let shape = Extrusion {
            rings: vec![ring],
            base_z_m: None,
            height_m: 18.0,
            roof: RoofForm::Flat { parapet_m: 0.5 },
            roof_boxes: vec![],
        };
        feature.geometry = LodGeometry::single(10, Shape::Extrusion(shape));
        feature.attributes = attributes.as_object().cloned().unwrap();
        feature
    }

    fn import(city: &CityFolder, features: &[Feature]) -> Vec<PutOutcome> {
        let store = city.store().unwrap();
        let mut session = store.begin_import().unwrap();
        session.set_scene(&scene()).unwrap();
        let outcomes = features
            .iter()
            .map(|f| session.put(&EncodedFeature::encode(f).unwrap()).unwrap())
            .collect();
        session.commit("import", "test").unwrap();
        outcomes
    }

    fn city() -> (tempfile::TempDir, CityFolder) {
        let dir = tempfile::tempdir().unwrap();
        let city = CityFolder::create(dir.path().join("city")).unwrap();
        (dir, city)
    }

    #[test]
    fn a_removed_feature_is_gone_and_keeps_its_number() {
        let (_dir, city) = city();
        let features = [
            building("b1", "demo", 0.0, json!({"name": "一号楼", "protection": "文物"})),
            building(
                "b2",
                "demo",
                30.0,
                json!({"note": "protection: none", "nested": {"protection": 1}}),
            ),
        ];
        import(&city, &features);
        let store = city.store().unwrap();
        let with = |keys: &[&str]| -> Vec<String> {
            let found = store.features_with(keys, 10).unwrap();
            found.into_iter().map(|f| f.feature.id).collect()
        };
        assert_eq!(with(&["old \"quoted\"", "protection"]), ["b1"], "only at the top level");
        assert!(with(&[]).is_empty());
        let mut session = store.begin_import().unwrap();
        assert!(session.remove("b1").unwrap());
        assert!(!session.remove("b1").unwrap());
        session.commit("remove", "test").unwrap();
        assert!(store.feature(FeatureKey::Id("b1")).unwrap().is_none());
        assert!(with(&["protection"]).is_empty());
        assert_eq!(store.search("一号楼", 5).unwrap().total, 0);
        assert_eq!(store.heads().unwrap().len(), 1);
        let outcomes = import(&city, &features[..1]);
        assert_eq!(
            outcomes,
            [PutOutcome::Replaced(FeatureIndex(0))],
            "it comes back under its number"
        );
    }

    #[test]
    fn features_come_back_as_they_were_put() {
        let (_dir, city) = city();
        let mut feature = building(
            "b1",
            "demo",
            0.0,
            json!({"name": "翠竹苑 12 号楼", "storeys": 6, "nested": {"a": [1, null]}}),
        );
        feature.parent = Some("block".to_owned());
        feature.lifespan.from = Some(city_model::Date(19_870_101));
        import(&city, std::slice::from_ref(&feature));
        let store = city.store().unwrap();
        let stored = store.feature(FeatureKey::Id("b1")).unwrap().unwrap();
        feature.index = FeatureIndex(0);
        assert_eq!(stored.feature, feature);
        assert_eq!(stored.name.as_deref(), Some("翠竹苑 12 号楼"));
        assert_eq!((stored.revision, stored.layer_code, stored.on_terrain), (1, 1, true));
        assert_eq!(store.fetch(&[FeatureIndex(0)]).unwrap(), [feature]);
        assert_eq!(store.children("block", 10).unwrap(), ["b1"]);
        assert!(matches!(
            store.fetch(&[FeatureIndex(7)]),
            Err(StoreError::NoSuchFeature { .. })
        ));
        assert_eq!(store.scene().unwrap().unwrap().title.zh, "试验城");
    }

    #[test]
    fn importing_again_keeps_numbers_and_counts_edits() {
        let (_dir, city) = city();
        import(
            &city,
            &[building("a", "x", 0.0, json!({})), building("b", "x", 20.0, json!({}))],
        );
        let before = city.store().unwrap().heads().unwrap();
        let outcomes = import(
            &city,
            &[
                building("b", "x", 20.0, json!({"name": "new"})),
                building("a", "x", 0.0, json!({})),
                building("c", "x", 40.0, json!({})),
            ],
        );
        let index = FeatureIndex;
        assert_eq!(
            outcomes,
            [
                PutOutcome::Replaced(index(1)),
                PutOutcome::Unchanged(index(0)),
                PutOutcome::Added(index(2))
            ]
        );
        let after = city.store().unwrap().heads().unwrap();
        assert_eq!(after.len(), 3);
        assert_eq!(before[0], after[0], "an unchanged feature keeps its tiles");
        assert!(after[1].revision > before[1].revision);
    }

    #[test]
    fn equal_ids_in_one_import_are_told_apart() {
        let (_dir, city) = city();
        let outcomes = import(
            &city,
            &[
                building("1", "x", 0.0, json!({})),
                building("1", "x", 50.0, json!({})),
                building("1", "y", 90.0, json!({})),
            ],
        );
        let index = FeatureIndex;
        assert_eq!(
            outcomes,
            [
                PutOutcome::Added(index(0)),
                PutOutcome::Duplicate(index(0)),
                PutOutcome::Renamed(index(1))
            ]
        );
        // the second import of layer y finds its own feature again
        assert_eq!(
            import(&city, &[building("1", "y", 90.0, json!({}))]),
            [PutOutcome::Unchanged(index(1))]
        );
        assert!(city.store().unwrap().feature(FeatureKey::Id("y:1")).unwrap().is_some());
    }

    #[test]
    fn an_import_that_is_dropped_leaves_no_trace() {
        let (_dir, city) = city();
        let store = city.store().unwrap();
        let mut session = store.begin_import().unwrap();
        session
            .put(&EncodedFeature::encode(&building("a", "x", 0.0, json!({"name": "gone"}))).unwrap())
            .unwrap();
        drop(session);
        assert_eq!(store.summary().unwrap().features, 0);
        assert_eq!(store.search("gone", 5).unwrap().hits, []);
        assert_eq!(store.summary().unwrap().audit_rows, 0);
    }

    #[test]
    fn a_box_and_a_page_select_features() {
        let (_dir, city) = city();
        let mut features: Vec<Feature> = (0..50)
            .map(|i| building(&format!("b{i}"), "x", f64::from(i) * 20.0, json!({})))
            .collect();
        let mut water = Feature::new("lake", FeatureClass::Water, "x");
        let ring = vec![
            ORIGIN.truncate(),
            ORIGIN.truncate() + DVec2::X,
            ORIGIN.truncate() + DVec2::Y,
        ];
        water.geometry = LodGeometry::single(
            0,
            Shape::Footprint(Footprint {
                polygons: vec![vec![ring]],
                level_z_m: Some(90.0),
            }),
        );
        features.push(water);
        import(&city, &features);
        let store = city.store().unwrap();
        let corner = [ORIGIN.x + 95.0, ORIGIN.y, ORIGIN.x + 165.0, ORIGIN.y + 1.0];
        let query = FeatureQuery {
            layer_code: Some(1),
            bbox_scene: Some(corner),
            limit: 2,
            offset: 1,
            ..FeatureQuery::default()
        };
        let page = store.features(&query).unwrap();
        // b4 ends at 90 m and b5 spans 100–110 m: the box meets b5, b6, b7, b8
        assert_eq!(page.total, 4);
        assert_eq!(
            page.features.iter().map(|f| f.feature.id.as_str()).collect::<Vec<_>>(),
            ["b6", "b7"]
        );
        let counts: Vec<(u8, u64)> = store
            .layer_counts()
            .unwrap()
            .iter()
            .map(|c| (c.code, c.num_features))
            .collect();
        assert_eq!(counts, [(1, 50), (9, 1)]);
    }

    #[test]
    fn search_finds_names_ids_and_attributes_whole_by_prefix_and_nearly() {
        let (_dir, city) = city();
        import(
            &city,
            &[
                building(
                    "NL.IMBAG.Pand.0503100000000010",
                    "x",
                    0.0,
                    json!({"name": "Hospital East", "use": "health care"}),
                ),
                building(
                    "cz-12",
                    "x",
                    20.0,
                    json!({"name": "翠竹苑12号楼", "street": "大学南路"}),
                ),
                building(
                    "cz-13",
                    "x",
                    40.0,
                    json!({"name": "翠竹苑13号楼", "street": "大学南路"}),
                ),
                building("zd", "x", 60.0, json!({"name": "郑州大学附属医院"})),
                building("p1", "x", 80.0, json!({"year": 1987, "material": "ＰＥ管"})),
            ],
        );
        let store = city.store().unwrap();
        let ids = |query: &str| -> Vec<String> {
            store
                .search(query, 10)
                .unwrap()
                .hits
                .into_iter()
                .map(|h| h.id)
                .collect()
        };
        assert_eq!(ids("翠竹苑13号楼")[0], "cz-13");
        assert_eq!(ids("翠竹"), ["cz-12", "cz-13"]);
        assert_eq!(ids("大学")[0], "zd", "a name outranks an attribute");
        assert_eq!(ids("大学").len(), 3);
        assert_eq!(ids("路").len(), 2, "one character is found at the end of a run");
        assert_eq!(ids("hosp"), ["NL.IMBAG.Pand.0503100000000010"]);
        assert_eq!(ids("Hospitel")[0], "NL.IMBAG.Pand.0503100000000010", "a typing error");
        assert_eq!(ids("郑大附院")[0], "zd", "an abbreviation");
        assert_eq!(ids("0503100000000010"), ["NL.IMBAG.Pand.0503100000000010"]);
        assert_eq!(ids("NL.IMBAG.Pand.05031"), ["NL.IMBAG.Pand.0503100000000010"]);
        assert_eq!(ids("cz-12")[0], "cz-12");
        assert_eq!(ids("1987"), ["p1"]);
        assert_eq!(ids("pe管"), ["p1"]);
        assert_eq!(ids("health"), ["NL.IMBAG.Pand.0503100000000010"]);
        let hit = store.search("health", 1).unwrap().hits.remove(0);
        assert_eq!(hit.matched, ("use".to_owned(), "health care".to_owned()));
        assert!(hit.bounds.min.x > 0.0);
        for nothing in [
            "",
            "  ",
            "\"",
            "* OR *",
            "不存在的名字",
            "zzzzqqqq",
            "'; DROP TABLE features; --",
            "NEAR(a b)",
        ] {
            assert_eq!(ids(nothing), Vec::<String>::new(), "{nothing}");
        }
    }

    #[test]
    fn an_edit_is_found_and_the_old_text_is_not() {
        let (_dir, city) = city();
        import(
            &city,
            &[building("a", "x", 0.0, json!({"name": "old name", "use": "shop"}))],
        );
        let store = city.store().unwrap();
        let changes = json!({"name": "renamed", "use": null, "storeys": 9})
            .as_object()
            .cloned()
            .unwrap();
        assert_eq!(store.set_attributes("a", &changes).unwrap(), 2);
        assert_eq!(store.search("old", 5).unwrap().hits.len(), 0);
        assert_eq!(store.search("renamed", 5).unwrap().hits.len(), 1);
        let attributes = store.feature(FeatureKey::Id("a")).unwrap().unwrap().feature.attributes;
        assert_eq!(
            serde_json::Value::Object(attributes),
            json!({"name": "renamed", "storeys": 9})
        );
        assert!(matches!(
            store.set_attributes("none", &changes),
            Err(StoreError::NoSuchFeature { .. })
        ));
        assert_eq!(store.summary().unwrap().audit_rows, 2);
    }

    #[test]
    fn terrain_comes_back_finest_first_and_is_replaced_in_place() {
        let (_dir, city) = city();
        let store = city.store().unwrap();
        let grid = |step: f64, height: f32| HeightGrid {
            origin: ORIGIN.truncate(),
            step_m: DVec2::splat(step),
            num_x: 3,
            num_y: 2,
            heights_m: vec![height, 1.0, f32::NAN, 2.0, 3.0, 4.0],
        };
        let mut session = store.begin_import().unwrap();
        session.put_terrain("dem", &grid(30.0, 7.0)).unwrap();
        session.put_terrain("dem", &grid(5.0, 8.0)).unwrap();
        session.put_terrain("dem", &grid(30.0, 9.0)).unwrap();
        assert!(
            session
                .put_terrain(
                    "dem",
                    &HeightGrid {
                        num_x: 4,
                        ..grid(5.0, 0.0)
                    }
                )
                .is_err()
        );
        session.commit("import", "").unwrap();
        let terrain = store.terrain().unwrap();
        assert_eq!(
            terrain
                .iter()
                .map(|(_, g)| (g.step_m.x, g.heights_m[0]))
                .collect::<Vec<_>>(),
            [(5.0, 8.0), (30.0, 9.0)]
        );
        assert!(terrain[0].1.heights_m[2].is_nan());
    }

    #[test]
    fn a_publication_maps_features_to_tiles_and_old_ones_are_forgotten() {
        let (_dir, city) = city();
        import(
            &city,
            &[building("a", "x", 0.0, json!({})), building("b", "x", 20.0, json!({}))],
        );
        let store = city.store().unwrap();
        assert_eq!(store.published().unwrap(), None);
        let content = |digit: char, features: &[u32]| PublishedContent {
            name: format!("{}.glb", digit.to_string().repeat(32)),
            bytes: 1000,
            features: features.iter().map(|i| FeatureIndex(*i)).collect(),
        };
        let record = |revision: u64, contents: Vec<PublishedContent>| PublicationRecord {
            revision,
            contents,
            num_encoded: 1,
            num_features: 2,
            bounds_enu: Bounds3 {
                min: DVec3::ZERO,
                max: DVec3::ONE,
            },
        };
        let version = store.data_version().unwrap();
        let info = store
            .record_publication(&record(1, vec![content('a', &[0]), content('b', &[1])]))
            .unwrap();
        assert_eq!((info.revision, info.num_contents, info.bytes), (1, 2, 2000));
        assert_ne!(store.data_version().unwrap(), version, "watchers see the publication");
        store
            .record_publication(&record(2, vec![content('a', &[0]), content('c', &[1])]))
            .unwrap();
        assert!(
            store.record_publication(&record(2, vec![])).is_err(),
            "a published revision never changes"
        );
        assert_eq!(
            store.tiles_of(FeatureIndex(1)).unwrap(),
            [format!("{}.glb", "c".repeat(32))]
        );
        assert_eq!(
            store.changed_contents(1, 2).unwrap(),
            [format!("{}.glb", "c".repeat(32))]
        );
        assert_eq!(store.forget_revisions(2).unwrap(), (vec![], vec![]));
        let (revisions, unused) = store.forget_revisions(1).unwrap();
        assert_eq!((revisions, unused), (vec![1], vec![format!("{}.glb", "b".repeat(32))]));
        assert_eq!(
            store.tiles_of(FeatureIndex(0)).unwrap(),
            [format!("{}.glb", "a".repeat(32))]
        );
    }

    #[test]
    fn a_foreign_a_broken_and_a_newer_database_are_told_apart() {
        let (_dir, city) = city();
        let path = city.root().join("city.db");
        std::fs::write(&path, b"this is not a database, but it is long enough to have a header of one hundred bytes, is it not? yes it is").unwrap();
        assert!(matches!(city.store(), Err(StoreError::Damaged { .. })));
        std::fs::remove_file(&path).unwrap();
        rusqlite::Connection::open(&path)
            .unwrap()
            .execute_batch("CREATE TABLE other (x)")
            .unwrap();
        assert!(matches!(city.store(), Err(StoreError::Damaged { .. })));
        std::fs::remove_file(&path).unwrap();
        city.store().unwrap();
        rusqlite::Connection::open(&path)
            .unwrap()
            .execute("INSERT INTO migrations VALUES (99, 'later', '')", [])
            .unwrap();
        assert!(matches!(city.store(), Err(StoreError::NewerSchema { found: 99, .. })));
    }

    #[test]
    fn geometry_that_is_not_finite_is_refused_with_the_id() {
        let mut feature = building("bad", "x", 0.0, json!({}));
        feature.geometry = LodGeometry::single(
            10,
            Shape::Footprint(Footprint {
                polygons: vec![],
                level_z_m: None,
            }),
        );
        let message = EncodedFeature::encode(&feature).unwrap_err().to_string();
        assert!(message.contains("\"bad\""), "{message}");
        assert!(city().1.tiles().names().unwrap().is_empty());
    }
}
