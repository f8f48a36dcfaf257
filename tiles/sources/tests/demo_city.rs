//! The generated city keeps what it promises: counts, streets clear of buildings, pipes joined and falling, same bytes.

#[cfg(test)]
mod checks {
    use city_model::{CrossSection, Feature, FeatureClass, HeightGrid, Report, Shape};
    use city_sources::demo::{DemoOptions, DemoSummary, generate};
    use city_sources::{DatasetInfo, FeatureSink, MemorySink, SinkError};
    use geo::{Coord, Intersects, LineString, Polygon};
    use glam::DVec2;
    use std::collections::{BTreeMap, HashMap, HashSet};

    fn make(buildings: u32, seed: u64) -> (MemorySink, DemoSummary) {
        let (mut sink, mut report) = (MemorySink::default(), Report::new("demo"));
        let summary = generate(&DemoOptions { buildings, seed }, &mut sink, &mut report).unwrap();
        assert!(report.issues.is_empty(), "{:?}", report.issues);
        (sink, summary)
    }

    fn polygon(rings: &[Vec<DVec2>]) -> Polygon<f64> {
        let line = |r: &Vec<DVec2>| LineString::from(r.iter().map(|p| Coord { x: p.x, y: p.y }).collect::<Vec<_>>());
        Polygon::new(line(&rings[0]), rings[1..].iter().map(line).collect())
    }

    /// Plan outlines of a feature: strips become rectangles.
    fn outlines(feature: &Feature) -> Vec<Polygon<f64>> {
        feature
            .geometry
            .finest()
            .flat_map(|shape| match shape {
                Shape::Extrusion(e) => vec![polygon(&e.rings)],
                Shape::Footprint(f) => f.polygons.iter().map(|r| polygon(r)).collect(),
                Shape::Surfaces(mesh) => {
                    let b = feature.bounds();
                    assert!(!mesh.surfaces.is_empty());
                    let (l, h) = (b.min.truncate(), b.max.truncate());
                    vec![polygon(&[vec![l, DVec2::new(h.x, l.y), h, DVec2::new(l.x, h.y)]])]
                }
                Shape::Line(line) => {
                    let CrossSection::Strip { width_m } = line.section else {
                        return Vec::new();
                    };
                    line.points
                        .windows(2)
                        .map(|w| {
                            let (a, b) = (w[0].truncate(), w[1].truncate());
                            let n = (b - a).normalize().perp() * width_m * 0.5;
                            polygon(&[vec![a - n, b - n, b + n, a + n]])
                        })
                        .collect()
                }
                _ => Vec::new(),
            })
            .collect()
    }

    /// Outlines by 64 m squares.
    #[derive(Default)]
    struct Index {
        items: Vec<(String, Polygon<f64>)>,
        squares: HashMap<(i64, i64), Vec<usize>>,
    }

    impl Index {
        fn squares_of(p: &Polygon<f64>) -> Vec<(i64, i64)> {
            let (mut low, mut high) = ((f64::MAX, f64::MAX), (f64::MIN, f64::MIN));
            for c in p.exterior() {
                low = (low.0.min(c.x), low.1.min(c.y));
                high = (high.0.max(c.x), high.1.max(c.y));
            }
            let at = |v: f64| (v / 64.0).floor() as i64;
            (at(low.0)..=at(high.0))
                .flat_map(|x| (at(low.1)..=at(high.1)).map(move |y| (x, y)))
                .collect()
        }

        fn add(&mut self, id: &str, p: Polygon<f64>) {
            for square in Self::squares_of(&p) {
                self.squares.entry(square).or_default().push(self.items.len());
            }
            self.items.push((id.to_owned(), p));
        }

        fn hit(&self, p: &Polygon<f64>) -> Option<&str> {
            let found: HashSet<usize> = Self::squares_of(p)
                .iter()
                .filter_map(|s| self.squares.get(s))
                .flatten()
                .copied()
                .collect();
            found
                .into_iter()
                .find(|k| self.items[*k].1.intersects(p))
                .map(|k| self.items[k].0.as_str())
        }
    }

    fn text<'a>(feature: &'a Feature, key: &str) -> &'a str {
        feature.attributes.get(key).and_then(|v| v.as_str()).unwrap_or_default()
    }

    fn number(feature: &Feature, key: &str) -> f64 {
        feature.attributes.get(key).and_then(|v| v.as_f64()).unwrap_or(f64::NAN)
    }

    #[test]
    fn no_building_stands_on_a_street_the_river_the_tracks_or_another_building() {
        for (buildings, seed) in [(2_000, 1), (8_000, 1), (8_000, 42)] {
            let (sink, _) = make(buildings, seed);
            let mut ways = Index::default();
            for f in &sink.features {
                let is_way = match f.class {
                    FeatureClass::Road => !["path"].contains(&text(f, "road_class")),
                    FeatureClass::Railway | FeatureClass::Bridge => true,
                    FeatureClass::Water => true,
                    _ => false,
                };
                if is_way {
                    outlines(f).into_iter().for_each(|p| ways.add(&f.id, p));
                }
            }
            let mut standing = Index::default();
            for f in sink
                .features
                .iter()
                .filter(|f| f.class == FeatureClass::Building && f.id.starts_with("b-"))
            {
                for p in outlines(f) {
                    assert_eq!(ways.hit(&p), None, "{} of {buildings}/{seed} stands on it", f.id);
                    if matches!(f.geometry.finest().next(), Some(Shape::Extrusion(_))) {
                        assert_eq!(standing.hit(&p), None, "{} of {buildings}/{seed} overlaps it", f.id);
                        standing.add(&f.id, p);
                    }
                }
            }
        }
    }

    #[test]
    fn every_pipe_joins_two_nodes_and_levels_agree_there() {
        let (sink, _) = make(8_000, 1);
        let mut nodes = HashMap::new();
        for f in sink.features.iter().filter(|f| f.class == FeatureClass::PipeNode) {
            let Some(Shape::Point(p)) = f.geometry.finest().next() else {
                panic!("{} is no point", f.id)
            };
            assert!(
                nodes
                    .insert(f.id.as_str(), (p.position.truncate(), number(f, "level_m")))
                    .is_none(),
                "{} twice",
                f.id
            );
        }
        let mut used = HashSet::new();
        for f in sink.features.iter().filter(|f| f.class == FeatureClass::Pipe) {
            let Some(Shape::Line(line)) = f.geometry.finest().next() else {
                panic!("{} is no line", f.id)
            };
            for (key, level, point) in [
                ("from_node", "start_level_m", line.points[0]),
                ("to_node", "end_level_m", line.points[line.points.len() - 1]),
            ] {
                let id = text(f, key);
                let Some((place, node_level)) = nodes.get(id) else {
                    panic!("{}: no node {id:?}", f.id)
                };
                assert!(place.distance(point.truncate()) < 0.01, "{} misses {id}", f.id);
                assert!(
                    (number(f, level) - node_level).abs() < 0.002,
                    "{}: {} at {id} of {node_level}",
                    f.id,
                    number(f, level)
                );
                used.insert(id);
            }
            assert!(
                number(f, "length_m") > 0.05 && number(f, "length_m") < 260.0,
                "{}: {}",
                f.id,
                number(f, "length_m")
            );
        }
        let loose: Vec<_> = nodes.keys().filter(|id| !used.contains(*id)).take(5).collect();
        assert!(loose.is_empty(), "nodes without a pipe: {loose:?}");
    }

    /// Their heights count from the ground: a height of their own would count it twice.
    #[test]
    fn what_stands_on_the_terrain_has_no_height_of_its_own() {
        let (sink, _) = make(2000, 1);
        let points = sink
            .features
            .iter()
            .flat_map(|f| f.geometry.finest().map(move |s| (f, s)));
        let mut num_points = 0;
        for (feature, shape) in points {
            if let Shape::Point(point) = shape {
                num_points += 1;
                let is_low = point.position.z.abs() < 1e-9;
                assert!(!point.on_terrain || is_low, "{} at {}", feature.id, point.position.z);
            }
        }
        assert!(num_points > 5000, "{num_points}");
    }

    #[test]
    fn drains_fall_to_the_river_or_the_works_except_the_planted_faults() {
        for seed in [1, 5] {
            let (sink, _) = make(8_000, seed);
            let drains = ["WS", "YS", "HS"];
            let kinds: HashMap<&str, &str> = sink
                .features
                .iter()
                .filter(|f| f.class == FeatureClass::PipeNode)
                .map(|f| (f.id.as_str(), f.attributes["node_kind"].as_str().unwrap()))
                .collect();
            let mut down: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
            let (mut reversed, mut mixed) = (0, 0);
            for f in sink
                .features
                .iter()
                .filter(|f| f.class == FeatureClass::Pipe && drains.contains(&text(f, "pipe_class")))
            {
                let Some(Shape::Line(line)) = f.geometry.finest().next() else {
                    panic!("{}", f.id)
                };
                let fall = line.points[0].z - line.points[1].z;
                match text(f, "planted_fault") {
                    "reverse_slope" => {
                        assert!(fall < 0.0, "{}", f.id);
                        reversed += 1;
                    }
                    fault => {
                        assert!(fall > 0.0, "{} rises by {}", f.id, -fall);
                        mixed += u32::from(fault == "mixed_connection");
                    }
                }
                down.entry(text(f, "from_node")).or_default().push(text(f, "to_node"));
            }
            assert!(reversed >= 3 && mixed >= 3, "{reversed} {mixed}");
            assert!(down.values().all(|to| to.len() == 1), "a manhole drains two ways");
            let ends = ["出水口", "进水井", "污水泵站", "雨水泵站"];
            let mut reached: BTreeMap<&str, u32> = BTreeMap::new();
            for start in down.keys() {
                let (mut at, mut steps) = (*start, 0);
                while let Some(next) = down.get(at) {
                    at = next[0];
                    steps += 1;
                    assert!(steps < 5_000, "water runs in a circle at {at}");
                }
                assert!(
                    ends.contains(&kinds[at]),
                    "water from {start} stands at {at}, a {}",
                    kinds[at]
                );
                *reached.entry(kinds[at]).or_default() += 1;
            }
            assert!(reached["出水口"] > 500 && reached["进水井"] > 500, "{reached:?}");
            assert!(!reached.contains_key("雨水泵站"), "{reached:?}");
        }
    }

    #[test]
    fn covers_are_plausible() {
        let (sink, _) = make(8_000, 3);
        for f in sink
            .features
            .iter()
            .filter(|f| f.class == FeatureClass::Pipe && text(f, "laying") != "SJ")
        {
            let (low, high) = match text(f, "pipe_class") {
                "WS" | "HS" | "YS" => (0.5, 6.0),
                "ZH" => (4.0, 7.0),
                _ => (0.7, 2.0),
            };
            for key in ["start_depth_m", "end_depth_m"] {
                let depth = number(f, key);
                let is_outfall = f.id.ends_with("-out") || f.id.contains("works");
                assert!(is_outfall || (depth > low && depth < high), "{} {key} {depth}", f.id);
            }
            let crown = number(f, "start_depth_m") - number(f, "diameter_mm").max(0.0) / 1000.0;
            assert!(
                text(f, "pipe_class") != "YS" || f.id.ends_with("-out") || crown > 0.3,
                "{} lies bare: {crown}",
                f.id
            );
        }
    }

    #[test]
    fn the_ground_falls_to_the_river_and_dives_below_the_tracks() {
        let (sink, _) = make(2_000, 1);
        let grid = &sink.terrain[0];
        assert!(grid.heights_m.iter().all(|h| h.is_finite()));
        for f in sink
            .features
            .iter()
            .filter(|f| f.class == FeatureClass::Water && text(f, "water_class") == "river")
        {
            let Some(Shape::Footprint(w)) = f.geometry.finest().next() else {
                panic!("{}", f.id)
            };
            let level = w.level_z_m.unwrap();
            let ring = &w.polygons[0][0];
            let n = ring.len();
            let middle = (ring[n / 4] + ring[n - 1 - n / 4]) * 0.5;
            assert!(grid.sample(middle).unwrap() < level - 1.0, "{}: no bed", f.id);
            // the shore of the polygon lies in the bank
            let dry = ring.iter().filter(|p| grid.sample(**p).unwrap() > level).count();
            assert!(dry * 10 > n * 9, "{}: {dry} of {n} corners in the bank", f.id);
        }
        let deck = sink
            .features
            .iter()
            .find(|f| f.id.starts_with("railbridge") && f.id.ends_with("-u"))
            .unwrap();
        let center = deck.bounds().center().truncate();
        let side = grid.sample(center + DVec2::new(100.0, 0.0)).unwrap();
        assert!(side - grid.sample(center).unwrap() > 3.5, "no underpass");
    }

    #[test]
    fn every_size_has_its_number_of_buildings_and_every_kind_of_thing() {
        for buildings in [2_000, 3_333, 8_000] {
            let (sink, summary) = make(buildings, 11);
            assert_eq!(summary.num_buildings, u64::from(buildings));
            assert!(summary.is_generated && summary.title.zh == "生成示范城区");
            let classes = [
                "BuildingPart",
                "OtherConstruction",
                "Bridge",
                "Railway",
                "Road",
                "Water",
                "PlantCover",
                "LandUse",
                "Tree",
                "CityFurniture",
                "PipeNode",
                "Zone",
            ];
            for class in classes {
                assert!(
                    summary.counts.get(class).is_some_and(|n| *n > 0),
                    "{buildings}: no {class}"
                );
            }
            for class in ["JS", "YS", "WS", "HS", "RQ", "RL", "DL", "TX", "GY", "ZH", "BM", "ZS"] {
                assert!(
                    summary.pipes.get(class).is_some_and(|n| *n > 0),
                    "{buildings}: no {class}"
                );
            }
            assert!(summary.counts["Project"] >= 19, "{}", summary.counts["Project"]);
            assert_eq!(
                summary.views.iter().map(|v| v.id).collect::<Vec<_>>(),
                ["overview", "street", "underground", "water"]
            );
            let trees = summary.counts["Tree"] as f64 / f64::from(buildings);
            assert!(trees > 1.5 && trees < 5.0, "{trees} trees a building");
            let ids: HashSet<&str> = sink.features.iter().map(|f| f.id.as_str()).collect();
            assert_eq!(ids.len(), sink.features.len(), "ids repeat");
            let parks = sink
                .features
                .iter()
                .filter(|f| f.attributes.get("is_park") == Some(&true.into()) && number(f, "area_m2") > 5_000.0);
            assert!(parks.count() >= 2, "{buildings}: parks");
            for f in sink.features.iter().filter(|f| f.class == FeatureClass::Building) {
                for key in ["storeys", "storey_height_m", "height_m", "year", "floor_area_m2"] {
                    assert!(number(f, key) > 0.0, "{} {key}", f.id);
                }
                assert!(!text(f, "name").is_empty() && !text(f, "use").is_empty() && !text(f, "structure").is_empty());
            }
            for f in sink.features.iter().filter(|f| f.class == FeatureClass::BuildingPart) {
                assert!(ids.contains(f.parent.as_deref().unwrap()), "{}", f.id);
            }
        }
    }

    /// Hashes what comes, keeps nothing.
    #[derive(Default)]
    struct HashSink {
        hasher: blake3::Hasher,
        buildings: u64,
        features: u64,
        ids: HashSet<u64>,
    }

    impl FeatureSink for HashSink {
        fn begin(&mut self, info: &DatasetInfo) -> Result<(), SinkError> {
            assert_eq!(info.crs.as_ref().map(|c| c.name()), Some("EPSG:4547"));
            Ok(())
        }

        fn feature(&mut self, feature: Feature) -> Result<(), SinkError> {
            let bytes = postcard::to_stdvec(&feature).map_err(|err| SinkError(err.to_string()))?;
            self.hasher.update(&bytes);
            self.buildings += u64::from(feature.class == FeatureClass::Building);
            self.features += 1;
            let id = blake3::hash(feature.id.as_bytes());
            self.ids
                .insert(u64::from_le_bytes(id.as_bytes()[..8].try_into().unwrap()));
            Ok(())
        }

        fn terrain(&mut self, grid: HeightGrid) -> Result<(), SinkError> {
            self.hasher
                .update(&postcard::to_stdvec(&grid).map_err(|err| SinkError(err.to_string()))?);
            Ok(())
        }
    }

    fn hash(buildings: u32, seed: u64) -> (blake3::Hash, HashSink) {
        let (mut sink, mut report) = (HashSink::default(), Report::new("demo"));
        generate(&DemoOptions { buildings, seed }, &mut sink, &mut report).unwrap();
        (sink.hasher.finalize(), sink)
    }

    #[test]
    fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
        let (a, b, c) = (hash(2_000, 7).0, hash(2_000, 7).0, hash(2_000, 8).0);
        assert_eq!(a, b);
        assert_ne!(a, c);
    }

    #[test]
    fn a_hundred_thousand_buildings_are_a_larger_city_of_the_same_kind() {
        let (_, sink) = hash(100_000, 1);
        assert_eq!(sink.buildings, 100_000);
        assert_eq!(sink.ids.len() as u64, sink.features, "ids repeat");
        assert!(
            sink.features > 500_000 && sink.features < 1_200_000,
            "{}",
            sink.features
        );
    }

    #[test]
    fn an_absurd_number_is_brought_into_range_with_a_warning() {
        let (mut sink, mut report) = (HashSink::default(), Report::new("demo"));
        let summary = generate(&DemoOptions { buildings: 3, seed: 1 }, &mut sink, &mut report).unwrap();
        assert_eq!(summary.num_buildings, 2_000);
        assert_eq!(report.counts["demo/buildings-out-of-range"], 1);
    }
}
