//! Scenarios in the store: revisions, undo and redo, branches, merges, migration of older cities, kills.

#[cfg(test)]
mod tests {
    use city_model::manifest::LocalText;
    use city_model::scenario::{
        Action, Edit, FeatureState, PROPOSALS_LAYER, Resolve, StateTable, StepKind, compile, merge,
    };
    use city_model::{
        Attributes, Crs, Date, Extrusion, Feature, FeatureClass, LayerGroup, LodGeometry, RoofForm, SceneFrame, Shape,
    };
    use glam::{DVec2, DVec3};
    use scene_store::{
        CityFolder, EncodedFeature, FeatureKey, FeatureQuery, NewEdit, NewScenario, ProposalFilter, ScenarioChange,
        ScenarioWritten, SceneInfo, SceneStore, SqliteStore, StoreError,
    };
    use std::io::{BufRead as _, BufReader, Write as _};
    use std::process::{Command, Stdio};

    const ORIGIN: DVec3 = DVec3::new(468_000.0, 3_847_000.0, 100.0);
    const CHILD: &str = "CHENGJING_KILL_SCENARIO_CITY";

    fn building(id: &str, layer: &str, east_m: f64) -> Feature {
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
        feature.attributes.insert("name".to_owned(), format!("楼 {id}").into());
        feature
    }

    /// Twenty buildings, `b0`…; `b5` is to be taken down in 2026.
    fn city() -> (tempfile::TempDir, CityFolder, SqliteStore) {
        let dir = tempfile::tempdir().unwrap();
        let city = CityFolder::create(dir.path().join("city")).unwrap();
        let store = city.store().unwrap();
        let mut session = store.begin_import().unwrap();
        let scene = SceneInfo {
            title: LocalText::default(),
            is_generated: true,
            frame: SceneFrame::new(Crs::from_epsg(4547).unwrap(), ORIGIN, 0.0).unwrap(),
            vertical_datum: String::new(),
        };
        session.set_scene(&scene).unwrap();
        for i in 0..20 {
            let mut feature = building(&format!("b{i}"), "demo", f64::from(i) * 20.0);
            if i == 5 {
                feature.lifespan.to = Some(Date(20_260_101));
            }
            session.put(&EncodedFeature::encode(&feature).unwrap()).unwrap();
        }
        session.commit("import", "").unwrap();
        (dir, city, store)
    }

    fn new_scenario(store: &SqliteStore, id: &str, parent: Option<(&str, u64)>) -> String {
        let new = NewScenario {
            id: id.to_owned(),
            name: format!("方案 {id}"),
            note: String::new(),
            author: "王".to_owned(),
            parent: parent.map(|(id, revision)| (id.to_owned(), revision)),
        };
        store.create_scenario(&new).unwrap().id
    }

    fn new_edit(uid: &str, action: Action, indices: &[u32], bodies: &[Feature]) -> NewEdit {
        NewEdit {
            edit: Edit {
                uid: uid.to_owned(),
                seq: 0,
                action,
                features: vec![],
                feature_indices: indices.to_vec(),
                added: vec![],
                added_indices: vec![],
                attributes: Attributes::new(),
                project: None,
                phase: None,
                author: "王".to_owned(),
                note: String::new(),
                at: String::new(),
                from_revision: 0,
                until_revision: None,
            },
            bodies: bodies.iter().map(|b| EncodedFeature::encode(b).unwrap()).collect(),
        }
    }

    fn write(store: &SqliteStore, id: &str, edits: Vec<NewEdit>) -> ScenarioWritten {
        store
            .change_scenario(id, None, "王", &ScenarioChange::Edit(edits))
            .unwrap()
    }

    fn table(store: &SqliteStore, id: &str, revision: Option<u64>) -> StateTable {
        let facts = store.city_facts().unwrap();
        compile(
            &store.scenario_edit_numbers(id, revision).unwrap(),
            None,
            &facts.facts(),
        )
    }

    fn state(store: &SqliteStore, id: &str, index: u32) -> FeatureState {
        table(store, id, None).get(index)
    }

    #[test]
    fn every_write_is_a_revision_and_the_past_stays() {
        let (_dir, city, store) = city();
        let id = new_scenario(&store, "s-1", None);
        let written = write(&store, &id, vec![new_edit("e1", Action::Demolish, &[1, 2], &[])]);
        assert_eq!((written.scenario.revision, written.scenario.num_edits), (2, 1));
        assert_eq!(written.edits[0].features, ["b1", "b2"]);
        let tower = building("p-e2-1", PROPOSALS_LAYER, 20.0);
        let written = write(&store, &id, vec![new_edit("e2", Action::Build, &[], &[tower])]);
        assert_eq!(written.added, [("p-e2-1".to_owned(), 20)]);
        assert_eq!(written.edits[0].added, written.edits[0].features);
        assert_eq!(state(&store, &id, 20), FeatureState::Added);
        assert_eq!(table(&store, &id, Some(2)).get(20), FeatureState::Absent);
        let before = store.scenario_edits(&id, Some(3)).unwrap();
        store
            .change_scenario(&id, Some(3), "李", &ScenarioChange::Undo)
            .unwrap();
        assert_eq!(state(&store, &id, 20), FeatureState::Absent);
        store.change_scenario(&id, None, "李", &ScenarioChange::Undo).unwrap();
        assert_eq!(state(&store, &id, 1), FeatureState::Existing);
        let nothing = store
            .change_scenario(&id, None, "李", &ScenarioChange::Undo)
            .unwrap_err();
        assert!(matches!(nothing, StoreError::NothingToUndo { what: "undo" }));
        let redone = store.change_scenario(&id, None, "李", &ScenarioChange::Redo).unwrap();
        assert_eq!((redone.changed, redone.scenario.revision), (vec!["e1".to_owned()], 6));
        assert_eq!(state(&store, &id, 1), FeatureState::Demolished);
        assert_eq!(
            store.scenario_edits(&id, Some(3)).unwrap(),
            before,
            "revision 3 reads as it did"
        );
        let rename = ScenarioChange::Rename {
            name: Some("新名".to_owned()),
            note: None,
        };
        store.change_scenario(&id, None, "李", &rename).unwrap();
        store
            .change_scenario(&id, None, "李", &ScenarioChange::Archive)
            .unwrap();
        let refused = store
            .change_scenario(&id, None, "李", &ScenarioChange::Redo)
            .unwrap_err();
        assert!(matches!(refused, StoreError::ScenarioArchived { .. }));
        assert_eq!(store.scenario_edits(&id, Some(3)).unwrap(), before);
        let kinds: Vec<StepKind> = store.scenario_steps(&id).unwrap().iter().map(|s| s.step.kind).collect();
        use StepKind::{Archive, Create, Edit as Edited, Redo, Rename, Undo};
        assert_eq!(kinds, [Create, Edited, Edited, Undo, Undo, Redo, Rename, Archive]);
        // each with an audit row
        let connection = rusqlite::Connection::open(city.root().join("city.db")).unwrap();
        let rows: i64 = connection
            .query_row("SELECT count(*) FROM audit WHERE action = 'scenario'", [], |row| {
                row.get(0)
            })
            .unwrap();
        assert_eq!(rows, 8);
    }

    #[test]
    fn a_write_on_another_revision_or_with_a_missing_feature_leaves_nothing() {
        let (_dir, _city, store) = city();
        let id = new_scenario(&store, "s-1", None);
        write(&store, &id, vec![new_edit("e1", Action::Demolish, &[1], &[])]);
        let stale = store
            .change_scenario(&id, Some(1), "李", &ScenarioChange::Undo)
            .unwrap_err();
        assert!(matches!(stale, StoreError::ScenarioChanged { revision: 2, .. }));
        let before = (store.summary().unwrap(), store.scenario(&id).unwrap());
        let edits = vec![
            new_edit("e2", Action::Build, &[], &[building("p-1", PROPOSALS_LAYER, 0.0)]),
            new_edit("e3", Action::Demolish, &[999], &[]),
        ];
        let err = store
            .change_scenario(&id, None, "李", &ScenarioChange::Edit(edits))
            .unwrap_err();
        assert!(matches!(err, StoreError::NoSuchFeature { .. }));
        assert_eq!((store.summary().unwrap(), store.scenario(&id).unwrap()), before);
        let unknown = store
            .change_scenario("s-none", None, "李", &ScenarioChange::Undo)
            .unwrap_err();
        assert!(matches!(unknown, StoreError::NoSuchScenario { .. }));
    }

    #[test]
    fn proposals_are_apart_from_the_city() {
        let (_dir, _city, store) = city();
        let id = new_scenario(&store, "s-1", None);
        write(
            &store,
            &id,
            vec![new_edit(
                "e1",
                Action::Build,
                &[],
                &[building("tower", PROPOSALS_LAYER, 0.0)],
            )],
        );
        let stored = store.feature(FeatureKey::Id("tower")).unwrap().unwrap();
        assert_eq!((stored.layer_code, stored.is_proposal()), (15, true));
        let heads = store.heads().unwrap();
        assert!(heads[20].is_proposal && !heads[19].is_proposal);
        assert_eq!(store.search("tower", 5).unwrap().total, 0);
        assert_eq!(store.search("楼 b7", 1).unwrap().hits[0].id, "b7");
        let count = |proposals| {
            let query = FeatureQuery {
                limit: 100,
                proposals,
                ..FeatureQuery::default()
            };
            store.features(&query).unwrap().total
        };
        assert_eq!(
            [ProposalFilter::Without, ProposalFilter::With, ProposalFilter::Only].map(count),
            [20, 21, 1]
        );
        let layers = store.layer_counts().unwrap();
        let counts: Vec<_> = layers.iter().map(|l| (l.code, l.num_features)).collect();
        assert_eq!(counts, [(1, 20), (15, 1)]);
        assert_eq!(city_model::layers::by_code(15).unwrap().group, LayerGroup::Proposals);
        let facts = store.city_facts().unwrap();
        assert_eq!((facts.count, facts.proposals), (21, vec![20]));
        assert_eq!(facts.lifespans.len(), 1);
        assert_eq!(facts.lifespans[0].0, 5);
    }

    #[test]
    fn a_branch_goes_its_own_way_and_comes_back() {
        let (_dir, _city, store) = city();
        let main = new_scenario(&store, "s-main", None);
        write(&store, &main, vec![new_edit("e1", Action::Demolish, &[1], &[])]);
        let branch = new_scenario(&store, "s-branch", Some((&main, 2)));
        assert_eq!(state(&store, &branch, 1), FeatureState::Demolished);
        write(&store, &branch, vec![new_edit("e2", Action::Retain, &[2, 3], &[])]);
        store
            .change_scenario(&branch, None, "李", &ScenarioChange::Undo)
            .unwrap();
        store
            .change_scenario(&branch, None, "李", &ScenarioChange::Redo)
            .unwrap();
        write(&store, &main, vec![new_edit("e3", Action::Modify, &[3, 4], &[])]);
        assert_eq!(state(&store, &branch, 4), FeatureState::Existing);
        let edits = |id: &str, revision| store.scenario_edits(id, revision).unwrap();
        let (base, ours, theirs) = (edits(&main, Some(2)), edits(&main, None), edits(&branch, None));
        let open = merge(&base, &ours, &theirs, &Resolve::new());
        assert_eq!(open.conflicts[0].feature, "b3");
        let resolve = Resolve::from([("b3".to_owned(), city_model::scenario::Side::Ours)]);
        let plan = merge(&base, &ours, &theirs, &resolve);
        let change = ScenarioChange::Merge {
            append: plan.append,
            close: plan.close,
            from: branch.clone(),
            from_revision: 4,
        };
        let written = store.change_scenario(&main, Some(3), "王", &change).unwrap();
        assert_eq!(written.scenario.revision, 4);
        let codes = |id: &str| table(&store, id, None).codes()[..5].to_vec();
        assert_eq!(codes(&main), [0, 3, 1, 2, 2]);
        assert_eq!(codes(&branch), [0, 3, 1, 1, 0], "the branch is as it was");
        let merged = store.scenario_steps(&main).unwrap().pop().unwrap().merged;
        assert_eq!(merged, Some((branch, 4)));
        store.change_scenario(&main, None, "王", &ScenarioChange::Undo).unwrap();
        assert_eq!(codes(&main), [0, 3, 0, 2, 2], "a merge is one step");
    }

    #[test]
    fn a_city_of_the_first_schema_is_brought_up_to_date() {
        let (_dir, city, store) = city();
        let mut session = store.begin_import().unwrap();
        session
            .put(&EncodedFeature::encode(&building("old", PROPOSALS_LAYER, 0.0)).unwrap())
            .unwrap();
        session.commit("import", "").unwrap();
        drop(store);
        let connection = rusqlite::Connection::open(city.root().join("city.db")).unwrap();
        connection
            .execute_batch(
                "DROP TABLE scenario_edits; DROP TABLE scenario_edit_bodies; DROP TABLE scenario_steps; DROP TABLE scenarios;
                 DROP TABLE proposals; DROP INDEX features_by_lifespan; DELETE FROM migrations WHERE version > 1",
            )
            .unwrap();
        drop(connection);
        let store = city.store().unwrap();
        assert!(store.summary().unwrap().schema_version >= 2);
        let facts = store.city_facts().unwrap();
        assert_eq!((facts.count, facts.proposals), (21, vec![20]));
        let id = new_scenario(&store, "s-1", None);
        write(&store, &id, vec![new_edit("e1", Action::Build, &[20], &[])]);
        assert_eq!(state(&store, &id, 20), FeatureState::Added);
    }

    fn step(name: &str) {
        let mut out = std::io::stdout().lock();
        writeln!(out, "step {name}").unwrap();
        out.flush().unwrap();
    }

    #[test]
    fn a_killed_writer_leaves_whole_revisions() {
        if let Some(path) = std::env::var_os(CHILD) {
            let store = CityFolder::open(std::path::PathBuf::from(path))
                .unwrap()
                .store()
                .unwrap();
            let from = store.scenario("s-1").unwrap().unwrap().revision;
            for round in from..from + 1000 {
                let bodies: Vec<Feature> = (0..20)
                    .map(|n| building(&format!("p-{round}-{n}"), PROPOSALS_LAYER, f64::from(n)))
                    .collect();
                write(
                    &store,
                    "s-1",
                    vec![new_edit(&format!("e{round}"), Action::Build, &[], &bodies)],
                );
                step(&round.to_string());
            }
            return;
        }
        let (_dir, city, store) = city();
        new_scenario(&store, "s-1", None);
        for rounds in [3, 1, 7] {
            let mut child = Command::new(std::env::current_exe().unwrap())
                .args([
                    "tests::a_killed_writer_leaves_whole_revisions",
                    "--exact",
                    "--nocapture",
                ])
                .env(CHILD, city.root())
                .stdout(Stdio::piped())
                .spawn()
                .unwrap();
            let mut told = 0;
            for line in BufReader::new(child.stdout.take().unwrap()).lines() {
                told += u64::from(line.unwrap().starts_with("step "));
                if told == rounds {
                    break;
                }
            }
            child.kill().unwrap();
            child.wait().unwrap();
            let info = store.scenario("s-1").unwrap().unwrap();
            assert!(info.revision > told, "what was told is there");
            let edits = store.scenario_edits("s-1", None).unwrap();
            assert_eq!(edits.len() as u64, info.num_edits);
            assert_eq!(info.num_edits + 1, info.revision);
            assert!(
                edits.iter().all(|e| e.features.len() == 20),
                "no edit without its bodies"
            );
            assert_eq!(
                store.city_facts().unwrap().proposals.len(),
                edits.len() * 20,
                "no body without its edit"
            );
            let connection = rusqlite::Connection::open(city.root().join("city.db")).unwrap();
            let broken: i64 = connection
                .query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| row.get(0))
                .unwrap();
            assert_eq!(broken, 0);
        }
    }
}
