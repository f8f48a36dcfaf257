//! What the vegetation builder promises: triangle counts, heights, thinning, bad input named.

use super::*;
use crate::terrain::sampler::tests::{grid, terrain};
use crate::{Rect, TileFrame};
use city_model::{Crs, FeatureIndex, LodGeometry, PointShape, SceneFrame};
use glam::DVec2;

const ORIGIN: DVec2 = DVec2::new(468_000.0, 3_847_000.0);

fn with_tile<T>(target_error_m: f64, target_bytes: u32, f: impl FnOnce(&TileContext<'_>) -> T) -> T {
    let ground = terrain(vec![grid([ORIGIN.x - 500.0, ORIGIN.y - 500.0], 10.0, 101, |_, _| {
        100.0
    })]);
    let scene = SceneFrame::new(Crs::from_epsg(4547).unwrap(), ORIGIN.extend(100.0), -15.0).unwrap();
    let cell = Rect {
        min: ORIGIN - 250.0,
        max: ORIGIN + 250.0,
    };
    let frame = TileFrame::new(&scene, cell, 100.0).unwrap();
    f(&TileContext {
        cell,
        frame: &frame,
        terrain: &ground,
        target_error_m,
        target_bytes,
    })
}

fn thing(index: u32, at: [f64; 2], kind: PointKind) -> Feature {
    let mut feature = Feature::new(format!("t{index}"), FeatureClass::Tree, "test");
    feature.index = FeatureIndex(index);
    let position = (DVec2::from_array(at) + ORIGIN).extend(0.0);
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
}

fn tree(index: u32, form: u8) -> Feature {
    let at = [f64::from(index % 50) * 8.0 - 200.0, f64::from(index / 50) * 8.0 - 200.0];
    thing(
        index,
        at,
        PointKind::Tree {
            height_m: 9.0,
            crown_m: 5.0,
            form,
        },
    )
}

#[test]
fn each_form_is_low_poly_and_as_high_as_it_says() {
    for form in 0..3 {
        let leaf = with_tile(0.0, 100_000, |tile| VegetationBuilder.leaf(tile, &[tree(1, form)]));
        assert!(
            (40..=90).contains(&leaf.mesh.num_triangles()),
            "form {form}: {}",
            leaf.mesh.num_triangles()
        );
        let top = leaf.mesh.positions.iter().map(|p| p[2]).fold(f32::MIN, f32::max);
        assert!((top - 9.0).abs() < 0.02, "{top}");
        let far = with_tile(2.0, 100_000, |tile| VegetationBuilder.stand_in(tile, &[&leaf.summary]));
        assert!((8..=12).contains(&far.mesh.num_triangles()));
        assert!(
            far.geometric_error_m > 0.0 && far.geometric_error_m < 2.0,
            "{}",
            far.geometric_error_m
        );
    }
}

#[test]
fn a_wood_is_thinned_to_the_budget_and_dropped_at_last() {
    let trees: Vec<Feature> = (0..1000).map(|i| tree(i, (i % 3) as u8)).collect();
    let leaf = with_tile(0.0, 1_000_000, |tile| VegetationBuilder.leaf(tile, &trees));
    let far = with_tile(4.0, 13_000, |tile| VegetationBuilder.stand_in(tile, &[&leaf.summary]));
    assert_eq!(far.mesh.features.len(), 100);
    assert!(
        (far.geometric_error_m - 9.0).abs() < 1e-9,
        "the left-out trees are nine metres high"
    );
    let farther = with_tile(20.0, 2_600, |tile| VegetationBuilder.stand_in(tile, &[&far.summary]));
    assert_eq!(farther.mesh.features.len(), 20, "some stay beyond their own size");
    assert!((farther.geometric_error_m - 9.0).abs() < 1e-9);
    let gone = with_tile(200.0, 13_000, |tile| VegetationBuilder.stand_in(tile, &[&far.summary]));
    assert!(gone.mesh.is_empty());
    assert!((gone.geometric_error_m - 9.0).abs() < 1e-9);
}

#[test]
fn bad_points_are_named() {
    let nan = thing(
        1,
        [f64::NAN, 0.0],
        PointKind::Tree {
            height_m: 9.0,
            crown_m: 5.0,
            form: 0,
        },
    );
    let tall = thing(
        2,
        [0.0, 0.0],
        PointKind::Tree {
            height_m: f64::NAN,
            crown_m: 5.0,
            form: 0,
        },
    );
    let post = thing(3, [0.0, 0.0], PointKind::Post { height_m: 8.0 });
    let leaf = with_tile(0.0, 100_000, |tile| VegetationBuilder.leaf(tile, &[nan, tall, post]));
    let named: Vec<_> = leaf.report.issues.iter().filter_map(|i| i.feature.clone()).collect();
    assert_eq!(named, ["t1", "t2"]);
    assert_eq!(leaf.mesh.features.len(), 1);
    assert!(leaf.mesh.positions.iter().flatten().all(|v| v.is_finite()));
}
