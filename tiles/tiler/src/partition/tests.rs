//! The laws of the partition, on random cities.

use super::*;
use crate::{BuiltTile, TileContext};
use city_model::{Bounds3, Feature, FeatureClass, FeatureIndex, LayerGroup};
use proptest::prelude::*;

struct Plain(Assignment);

impl GroupBuilder for Plain {
    fn group(&self) -> LayerGroup {
        LayerGroup::Buildings
    }
    fn version(&self) -> u32 {
        1
    }
    fn assignment(&self) -> Assignment {
        self.0
    }
    fn feature_bytes(&self, head: &FeatureHead) -> u32 {
        head.geometry_bytes
    }
    fn leaf(&self, _: &TileContext<'_>, _: &[Feature]) -> BuiltTile {
        BuiltTile::default()
    }
    fn stand_in(&self, _: &TileContext<'_>, _: &[&[u8]]) -> BuiltTile {
        BuiltTile::default()
    }
}

fn head(index: u32, x: f64, y: f64, size: f64, bytes: u32) -> FeatureHead {
    let min = glam::DVec3::new(x, y, 0.0);
    let bounds = Bounds3 {
        min,
        max: min + glam::DVec3::new(size, size, 9.0),
    };
    FeatureHead {
        index: FeatureIndex(index),
        class: FeatureClass::Building,
        is_proposal: false,
        bounds,
        revision: 1,
        geometry_bytes: bytes,
    }
}

fn leaves<'n>(node: &'n Node, out: &mut Vec<(&'n Rect, &'n Vec<u32>)>) {
    match &node.kind {
        NodeKind::Leaf(members) => out.push((&node.cell, members)),
        NodeKind::Inner(children) => children.iter().for_each(|child| leaves(child, out)),
    }
}

fn cut(heads: &[FeatureHead], assignment: Assignment) -> Option<Node> {
    partition(
        heads,
        (0..heads.len() as u32).collect(),
        DVec2::ZERO,
        &Plain(assignment),
        &Terrain::default(),
        1000,
    )
}

proptest! {
    #[test]
    fn every_feature_is_in_exactly_one_leaf_that_holds_its_centre(
        spots in proptest::collection::vec((-5000.0..5000.0f64, -5000.0..5000.0f64, 1.0..400.0f64, 1..700u32), 1..400)
    ) {
        let heads: Vec<_> = spots.iter().enumerate().map(|(i, (x, y, s, b))| head(i as u32, *x, *y, *s, *b)).collect();
        let root = cut(&heads, Assignment::Center).unwrap();
        let mut found = Vec::new();
        leaves(&root, &mut found);
        let mut all: Vec<u32> = found.iter().flat_map(|(_, members)| members.iter().copied()).collect();
        all.sort_unstable();
        prop_assert_eq!(all, (0..heads.len() as u32).collect::<Vec<_>>());
        for (cell, members) in found {
            prop_assert!(members.is_sorted());
            prop_assert!(members.iter().all(|m| cell.contains(heads[*m as usize].bounds.center().xy())));
            let bytes: u32 = members.iter().map(|m| heads[*m as usize].geometry_bytes).sum();
            prop_assert!(bytes <= 1500 || members.len() == 1);
        }
    }

    #[test]
    fn with_overlap_a_leaf_has_all_that_touch_it(
        spots in proptest::collection::vec((-900.0..900.0f64, -900.0..900.0f64, 1.0..400.0f64), 1..60)
    ) {
        let heads: Vec<_> = spots.iter().enumerate().map(|(i, (x, y, s))| head(i as u32, *x, *y, *s, 300)).collect();
        let root = cut(&heads, Assignment::Overlap).unwrap();
        let mut found = Vec::new();
        leaves(&root, &mut found);
        for (cell, members) in found {
            for (i, h) in heads.iter().enumerate() {
                let touches = cell.overlaps(&Rect { min: h.bounds.min.xy(), max: h.bounds.max.xy() });
                prop_assert_eq!(touches, members.contains(&(i as u32)));
            }
        }
    }

    #[test]
    fn a_feature_far_away_moves_no_other_cut(
        spots in proptest::collection::vec((-900.0..900.0f64, -900.0..900.0f64), 20..100)
    ) {
        // the first feature spans the root, so that the second far one does not enlarge it
        let mut heads = vec![head(0, 30_000.0, 30_000.0, 10.0, 300)];
        heads.extend(spots.iter().enumerate().map(|(i, (x, y))| head(i as u32 + 1, *x, *y, 10.0, 300)));
        let near = |heads: &[FeatureHead]| {
            let mut found = Vec::new();
            let root = cut(heads, Assignment::Center).unwrap();
            leaves(&root, &mut found);
            found.into_iter().filter(|(c, _)| c.size().x <= 2048.0).map(|(c, m)| (*c, m.clone())).collect::<Vec<_>>()
        };
        let before = near(&heads);
        heads.push(head(heads.len() as u32, 30_100.0, 29_000.0, 10.0, 300));
        prop_assert_eq!(before, near(&heads));
    }
}

#[test]
fn a_crowd_on_one_spot_ends() {
    let heads: Vec<_> = (0..50).map(|i| head(i, 3.0, 3.0, 2.0, 500)).collect();
    let root = cut(&heads, Assignment::Center).unwrap();
    assert_eq!(root.num_tiles(), 1 + 17);
    assert!(cut(&[head(0, f64::NAN, 0.0, 1.0, 1)], Assignment::Center).is_none());
}
