//! A generated district through the whole tiler: laws of the tree, of the bytes and of re-publication.

#[cfg(test)]
mod support;

#[cfg(test)]
mod tests {
    use crate::support::{City, Kept, Walked, decode, district, frame, publish, walk};
    use city_model::Shape;
    use std::collections::BTreeSet;

    fn leaves<'w>(tile: &'w Walked, out: &mut Vec<&'w Walked>) {
        if tile.children.is_empty() {
            out.push(tile);
        }
        tile.children.iter().for_each(|child| leaves(child, out));
    }

    fn check_tree(tile: &Walked) {
        for child in &tile.children {
            assert!(
                child.geometric_error < tile.geometric_error,
                "{} {}",
                child.geometric_error,
                tile.geometric_error
            );
            for axis in 0..3 {
                let (pc, ph) = (tile.bounds[axis], tile.bounds[3 + axis * 4]);
                let (cc, ch) = (child.bounds[axis], child.bounds[3 + axis * 4]);
                assert!(cc - ch >= pc - ph && cc + ch <= pc + ph, "child box leaves its parent");
            }
            check_tree(child);
        }
    }

    #[test]
    fn every_feature_is_drawn_once_by_the_leaves_at_its_place() {
        let city = district(5000);
        let sink = Kept::default();
        let publication = publish(&city, &sink);
        let root = walk(&publication, &sink);
        check_tree(&root);
        let mut found = Vec::new();
        leaves(&root, &mut found);
        assert!(found.len() > 8, "{} leaves", found.len());
        let scene = frame();
        let mut drawn = BTreeSet::new();
        for leaf in &found {
            let tile = decode(&sink.content(leaf.content.as_ref().unwrap()));
            for primitive in &tile.primitives {
                for (p, id) in primitive.positions.iter().zip(&primitive.feature_ids) {
                    let index = tile.feature_index[*id as usize];
                    if index == city_model::FeatureIndex::UNSET.0 {
                        // bare ground belongs to no feature
                        continue;
                    }
                    drawn.insert(index);
                    let feature = &city.features[index as usize];
                    assert_eq!(tile.ids[*id as usize], feature.id);
                    let at = scene.scene_from_enu(city_model::Enu(*p)).unwrap();
                    let bounds = feature.bounds();
                    assert!(
                        at.cmpge(bounds.min - 0.02).all() && at.cmple(bounds.max + 0.02).all(),
                        "feature {index}: {at} outside {bounds:?}"
                    );
                    for axis in 0..3 {
                        let (c, h) = (leaf.bounds[axis], leaf.bounds[3 + axis * 4]);
                        assert!((p[axis] - c).abs() <= h + 1e-9, "vertex outside the tile's box");
                    }
                }
            }
        }
        assert_eq!(drawn.len(), city.features.len());
    }

    #[test]
    fn the_bytes_do_not_depend_on_the_number_of_threads() {
        let city = district(1500);
        let (one, many) = (Kept::default(), Kept::default());
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        let first = pool.install(|| publish(&city, &one));
        let second = publish(&city, &many);
        assert_eq!(first.tileset_json, second.tileset_json);
        assert_eq!(*one.0.lock().unwrap(), *many.0.lock().unwrap());
    }

    #[test]
    fn an_edit_of_one_block_encodes_few_tiles_and_fetches_only_theirs() {
        let mut city = district(6000);
        let sink = Kept::default();
        let first = publish(&city, &sink);
        assert!(first.num_encoded > 20, "{}", first.num_encoded);
        *city.fetched.lock().unwrap() = 0;
        let again = publish(&city, &sink);
        assert_eq!((again.num_encoded, *city.fetched.lock().unwrap()), (0, 0));
        assert_eq!(again.tileset_json, first.tileset_json);
        for i in 3030..3050 {
            city.revisions[i] += 1;
            if let Shape::Extrusion(e) = &mut city.features[i].geometry.shapes[0].shape {
                e.height_m += 30.0;
            }
        }
        let edited = publish(&city, &sink);
        assert!((1..=6).contains(&edited.num_encoded), "{}", edited.num_encoded);
        assert!(*city.fetched.lock().unwrap() < 1500);
        // a fresh publication of the edited city gives the same bytes
        let fresh = Kept::default();
        assert_eq!(publish(&city, &fresh).tileset_json, edited.tileset_json);
    }

    #[test]
    fn an_edit_of_attributes_alone_stops_at_the_leaf() {
        let mut city = district(4000);
        let sink = Kept::default();
        publish(&city, &sink);
        city.revisions[2000] += 1;
        city.features[2000].attributes.insert("note".to_owned(), "x".into());
        assert_eq!(publish(&city, &sink).num_encoded, 1);
    }

    #[test]
    fn a_cancelled_publication_stops_and_an_empty_city_has_a_root() {
        let city = district(500);
        let result = tiler::publish(
            &city,
            &Kept::default(),
            &frame(),
            &tiler::PublishOptions::default(),
            &|_, _| false,
        );
        assert!(matches!(result, Err(tiler::PublishError::Cancelled)));
        let sink = Kept::default();
        let publication = publish(&City::default(), &sink);
        assert!(walk(&publication, &sink).children.is_empty());
    }

    #[test]
    fn encoded_leaves_stay_near_the_target() {
        let city = district(8000);
        let sink = Kept::default();
        let publication = publish(&city, &sink);
        // bare ground has no features and is as small as it likes
        let leaves = publication.contents.iter().filter(|c| !c.features.is_empty());
        let mut sizes: Vec<usize> = leaves.map(|c| sink.content(&c.name).len() / 1024).collect();
        sizes.sort_unstable();
        println!(
            "leaf KB: {sizes:?}, {} bytes per feature",
            sizes.iter().sum::<usize>() * 1024 / 8000
        );
        let inside = sizes.iter().filter(|kb| (50..=270).contains(*kb)).count();
        assert!(
            inside * 10 >= sizes.len() * 9,
            "{inside} of {} within 50-270 KB",
            sizes.len()
        );
    }
}
