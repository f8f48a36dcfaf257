//! A process that is killed while it imports or publishes loses nothing that it reported as done.
//!
//! The test starts itself as a child, reads the steps that the child prints, and sends SIGKILL when it reads a chosen
//! one, so that the kill falls into the work that follows it.

#[cfg(test)]
mod tests {
    use city_model::manifest::LocalText;
    use city_model::{
        Bounds3, Crs, Feature, FeatureClass, FeatureIndex, LodGeometry, PointKind, PointShape, SceneFrame, Shape,
    };
    use glam::DVec3;
    use scene_store::{
        CityFolder, EncodedFeature, FeatureQuery, PublicationRecord, PublishedContent, SceneInfo, SceneStore as _,
        TileStore as _,
    };
    use std::io::{BufRead as _, BufReader, Write as _};
    use std::process::{Command, Stdio};

    const CHILD: &str = "CHENGJING_KILL_TEST_CITY";
    const PER_IMPORT: u32 = 20_000;
    const ORIGIN: DVec3 = DVec3::new(468_000.0, 3_847_000.0, 0.0);

    fn step(name: &str) {
        let mut out = std::io::stdout().lock();
        writeln!(out, "step {name}").unwrap();
        out.flush().unwrap();
    }

    fn tree(round: u32, i: u32) -> EncodedFeature {
        let mut feature = Feature::new(format!("tree-{round}-{i}"), FeatureClass::Tree, "trees");
        let position = ORIGIN + DVec3::new(f64::from(i % 200) * 5.0, f64::from(i / 200) * 5.0, 0.0);
        let kind = PointKind::Tree {
            height_m: 8.0,
            crown_m: 4.0,
            form: 0,
        };
        feature.geometry = LodGeometry::single(
            10,
            Shape::Point(PointShape {
                position,
                on_terrain: true,
                kind,
                rotation_rad: 0.0,
            }),
        );
        feature
            .attributes
            .insert("name".to_owned(), format!("tree number {i}").into());
        EncodedFeature::encode(&feature).unwrap()
    }

    fn import(city: &CityFolder, round: u32, say: bool) {
        let store = city.store().unwrap();
        let mut session = store.begin_import().unwrap();
        let scene = SceneInfo {
            title: LocalText::default(),
            is_generated: false,
            frame: SceneFrame::new(Crs::from_epsg(4547).unwrap(), ORIGIN, 0.0).unwrap(),
            vertical_datum: String::new(),
        };
        session.set_scene(&scene).unwrap();
        for i in 0..PER_IMPORT {
            session.put(&tree(round, i)).unwrap();
            if say && i % 4000 == 0 {
                step("put");
            }
        }
        if say {
            step("committing");
        }
        session.commit("import", "").unwrap();
        if say {
            step("committed");
        }
    }

    fn content_name(revision: u64, i: u64) -> String {
        format!("{:032x}.glb", revision * 1000 + i)
    }

    fn publish(city: &CityFolder, revision: u64, say: bool) {
        let tiles = city.tiles();
        let contents: Vec<PublishedContent> = (0..40)
            .map(|i| {
                let name = content_name(revision, i);
                tiles.put(&name, &vec![7; 50_000]).unwrap();
                if say && i % 10 == 0 {
                    step("content");
                }
                let features = (0..500).map(|f| FeatureIndex(i as u32 * 500 + f)).collect();
                PublishedContent {
                    name,
                    bytes: 50_000,
                    features,
                }
            })
            .collect();
        tiles.sync().unwrap();
        if say {
            step("synced");
        }
        city.write_tileset(revision, format!("{{\"revision\": {revision}}}").as_bytes())
            .unwrap();
        if say {
            step("tileset");
        }
        let bounds_enu = Bounds3 {
            min: DVec3::ZERO,
            max: DVec3::ONE,
        };
        city.store()
            .unwrap()
            .record_publication(&PublicationRecord {
                revision,
                contents,
                num_encoded: 40,
                num_features: 20_000,
                bounds_enu,
            })
            .unwrap();
        if say {
            step("recorded");
        }
    }

    /// Runs this test binary's `test` as a child and kills it at the `at`-th step; returns the steps read before.
    fn kill_at(test: &str, city: &CityFolder, at: usize) -> Vec<String> {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([&format!("tests::{test}"), "--exact", "--nocapture"])
            .env(CHILD, city.root())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut steps = Vec::new();
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            if let Some(name) = line.unwrap().strip_prefix("step ") {
                steps.push(name.to_owned());
                if steps.len() > at {
                    break;
                }
            }
        }
        child.kill().unwrap();
        child.wait().unwrap();
        steps
    }

    fn child_city() -> Option<CityFolder> {
        std::env::var_os(CHILD).map(|path| CityFolder::open(std::path::PathBuf::from(path)).unwrap())
    }

    fn assert_sound(city: &CityFolder) -> u64 {
        let connection = rusqlite::Connection::open(city.root().join("city.db")).unwrap();
        let verdict: String = connection
            .query_row("PRAGMA integrity_check", [], |row| row.get(0))
            .unwrap();
        assert_eq!(verdict, "ok");
        let broken: i64 = connection
            .query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| row.get(0))
            .unwrap();
        assert_eq!(broken, 0);
        connection
            .execute(
                "INSERT INTO feature_search (feature_search) VALUES ('integrity-check')",
                [],
            )
            .unwrap();
        let count = |table: &str| -> i64 {
            connection
                .query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))
                .unwrap()
        };
        assert_eq!(count("features"), count("feature_bodies"));
        assert_eq!(count("features"), count("feature_rtree"));
        assert_eq!(count("features"), count("feature_search"));
        count("features").cast_unsigned()
    }

    #[test]
    fn a_killed_import_leaves_the_city_as_it_was() {
        if let Some(city) = child_city() {
            let _lock = city.lock().unwrap();
            return import(&city, 1, true);
        }
        let dir = tempfile::tempdir().unwrap();
        let city = CityFolder::create(dir.path()).unwrap();
        import(&city, 0, false);
        for at in [0, 2, 4, 5, 6] {
            let steps = kill_at("a_killed_import_leaves_the_city_as_it_was", &city, at);
            let features = assert_sound(&city);
            let (before, after) = (u64::from(PER_IMPORT), u64::from(2 * PER_IMPORT));
            match steps.last().map(String::as_str) {
                Some("committed") => assert_eq!(features, after, "reported done, so it is there"),
                Some("committing") => assert!(features == before || features == after, "{features}"),
                _ => assert_eq!(features, before, "killed after {steps:?}"),
            }
            // the lock died with its holder, and the city takes writes
            let _lock = city.lock().unwrap();
            let mut session = city.store().unwrap().begin_import().unwrap();
            session.set_meta("killed", &at.to_string()).unwrap();
            session.commit("test", "").unwrap();
        }
        let store = city.store().unwrap();
        let page = store
            .features(&FeatureQuery {
                limit: 1,
                ..FeatureQuery::default()
            })
            .unwrap();
        assert_eq!(page.total, u64::from(2 * PER_IMPORT));
        assert!(store.search("tree number 19999", 3).unwrap().total >= 2);
    }

    #[test]
    fn a_killed_publication_leaves_the_last_revision_whole() {
        if let Some(city) = child_city() {
            let next = city.store().unwrap().published().unwrap().map_or(1, |r| r.revision + 1);
            return publish(&city, next, true);
        }
        let dir = tempfile::tempdir().unwrap();
        let city = CityFolder::create(dir.path()).unwrap();
        import(&city, 0, false);
        publish(&city, 1, false);
        let mut expected = 1;
        for at in 0..7 {
            let steps = kill_at("a_killed_publication_leaves_the_last_revision_whole", &city, at);
            assert_sound(&city);
            let store = city.store().unwrap();
            let revision = store.published().unwrap().unwrap().revision;
            match steps.last().map(String::as_str) {
                Some("recorded") => assert_eq!(revision, expected + 1, "reported done, so it is served"),
                Some("tileset") => assert!(revision == expected || revision == expected + 1),
                _ => assert_eq!(revision, expected, "killed after {steps:?}"),
            }
            expected = revision;
            assert_eq!(
                city.read_tileset(revision).unwrap(),
                format!("{{\"revision\": {revision}}}").as_bytes()
            );
            for name in store.changed_contents(0, revision).unwrap() {
                assert_eq!(city.tiles().get(&name).unwrap().unwrap().len(), 50_000, "{name}");
            }
            assert_eq!(store.tiles_of(FeatureIndex(3)).unwrap(), [content_name(revision, 0)]);
        }
        assert!(expected >= 2);
    }
}
