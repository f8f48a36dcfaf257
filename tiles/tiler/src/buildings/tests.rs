//! Bodies are closed and true to size; stand-ins say their error and shrink.

use super::*;
use crate::{Rect, Terrain, TileFrame};
use city_model::{Crs, Extrusion, FeatureIndex, HeightGrid, LodGeometry, RoofForm, SceneFrame};
use proptest::prelude::*;

const ORIGIN: DVec3 = DVec3::new(468_000.0, 3_847_000.0, 100.0);

fn scene() -> SceneFrame {
    SceneFrame::new(Crs::from_epsg(4547).unwrap(), ORIGIN, 0.0).unwrap()
}

/// Builds a leaf (target 0) or a stand-in around the origin.
fn build(features: &[Feature], terrain: &Terrain) -> (TileMesh, BuiltTile) {
    let scene = scene();
    let cell = Rect {
        min: ORIGIN.xy() - 300.0,
        max: ORIGIN.xy() + 300.0,
    };
    let frame = TileFrame::new(&scene, cell, 100.0).unwrap();
    let context = TileContext {
        cell,
        frame: &frame,
        terrain,
        target_error_m: 0.0,
        target_bytes: 160 * 1024,
    };
    let built = Buildings(LayerGroup::Buildings).leaf(&context, features);
    (built.mesh.clone(), built)
}

fn stand_in(summaries: &[&[u8]], target_error_m: f64, target_bytes: u32) -> BuiltTile {
    let scene = scene();
    let cell = Rect {
        min: ORIGIN.xy() - 600.0,
        max: ORIGIN.xy() + 600.0,
    };
    let frame = TileFrame::new(&scene, cell, 100.0).unwrap();
    let terrain = Terrain::default();
    let context = TileContext {
        cell,
        frame: &frame,
        terrain: &terrain,
        target_error_m,
        target_bytes,
    };
    Buildings(LayerGroup::Buildings).stand_in(&context, summaries)
}

fn house(index: u32, at: DVec2, size: DVec2, height_m: f64, roof: RoofForm) -> Feature {
    let ring =
        [(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)].map(|(x, y)| ORIGIN.xy() + at + DVec2::new(x, y) * size);
    let mut feature = Feature::new(format!("h{index}"), FeatureClass::Building, "test");
    feature.index = FeatureIndex(index);
    let extrusion = Extrusion {
        rings: vec![ring.to_vec()],
        base_z_m: Some(100.0),
        height_m,
        roof,
        roof_boxes: vec![],
    };
    feature.geometry = LodGeometry::single(13, Shape::Extrusion(extrusion));
    feature
}

/// Volume over the plane z = 100 m of a body that is open at the bottom, by the divergence theorem.
fn volume(mesh: &TileMesh) -> f64 {
    let foot = DVec3::new(
        0.0,
        0.0,
        mesh.positions
            .iter()
            .map(|p| f64::from(p[2]))
            .fold(f64::INFINITY, f64::min),
    );
    let corner = |i: u32| DVec3::from_array(mesh.positions[i as usize].map(f64::from)) - foot;
    mesh.indices
        .chunks_exact(3)
        .map(|t| corner(t[0]).dot(corner(t[1]).cross(corner(t[2]))) / 6.0)
        .sum()
}

#[test]
fn every_roof_form_closes_the_body_over_its_true_volume() {
    let (l, w, h, rise) = (24.0, 10.0, 9.0, 3.0);
    let box_volume = l * w * h;
    for (roof, over) in [
        (RoofForm::Flat { parapet_m: 0.0 }, 0.0),
        (RoofForm::Flat { parapet_m: 1.0 }, l * w - (l - 0.5) * (w - 0.5)),
        (RoofForm::Gable { rise_m: 3.0 }, l * w * rise / 2.0),
        (RoofForm::Hip { rise_m: 3.0 }, rise * w * (3.0 * l - w) / 6.0),
        (
            RoofForm::Sawtooth {
                rise_m: 3.0,
                pitch_m: 6.0,
            },
            l * w * rise / 2.0,
        ),
    ] {
        for size in [DVec2::new(l, w), DVec2::new(w, l)] {
            let (mesh, _) = build(&[house(0, DVec2::ZERO, size, h, roof)], &Terrain::default());
            let (have, want) = (volume(&mesh), box_volume + over);
            // 2e-3: the scale factor of the projection and float coordinates
            assert!((have - want).abs() < 2e-3 * want, "{roof:?}: {have} instead of {want}");
        }
    }
}

proptest! {
    #[test]
    fn pitched_roofs_over_any_convex_outline_are_closed(
        radii in proptest::collection::vec(6.0..20.0f64, 5..9), rise in 0.5..5.0f64, form in 0..3_u8
    ) {
        let n = radii.len() as f64;
        let ring = outline::hull(radii.iter().enumerate().map(|(i, r)| {
            ORIGIN.xy() + DVec2::from_angle(i as f64 / n * std::f64::consts::TAU) * *r
        }).collect());
        let rise_m = rise as f32;
        let roof = match form {
            0 => RoofForm::Gable { rise_m },
            1 => RoofForm::Hip { rise_m },
            _ => RoofForm::Sawtooth { rise_m, pitch_m: 7.0 },
        };
        let mut feature = house(0, DVec2::ZERO, DVec2::ONE, 6.0, roof);
        if let Shape::Extrusion(e) = &mut feature.geometry.shapes[0].shape {
            e.rings = vec![ring];
        }
        let (mesh, _) = build(&[feature], &Terrain::default());
        // closed but for the bottom: the area vectors of all triangles add up to that of the missing floor, which has
        // no horizontal part
        let corner = |i: u32| DVec3::from_array(mesh.positions[i as usize].map(f64::from));
        let sum: DVec3 = mesh.indices.chunks_exact(3)
            .map(|t| (corner(t[1]) - corner(t[0])).cross(corner(t[2]) - corner(t[0])) * 0.5)
            .sum();
        prop_assert!(sum.xy().length() < 0.06, "{sum}");
    }
}

#[test]
fn a_building_on_a_slope_stands_in_the_ground_and_keeps_its_height() {
    let grid = HeightGrid {
        origin: ORIGIN.xy() - 400.0,
        step_m: DVec2::splat(10.0),
        num_x: 81,
        num_y: 81,
        heights_m: (0..81 * 81).map(|i| 100.0 + (i % 81) as f32 - 40.0).collect(),
    };
    let terrain = Terrain::new(vec![(1, grid)]);
    let mut feature = house(
        0,
        DVec2::ZERO,
        DVec2::splat(20.0),
        12.0,
        RoofForm::Flat { parapet_m: 0.0 },
    );
    if let Shape::Extrusion(e) = &mut feature.geometry.shapes[0].shape {
        e.base_z_m = None;
    }
    let (mesh, _) = build(&[feature], &terrain);
    let z = |f: fn(f32, f32) -> f32, start| mesh.positions.iter().map(|p| p[2]).fold(start, f);
    // ground runs from 99 m to 101 m under the footprint; the tile origin lies at 100 m
    assert!((z(f32::max, f32::MIN) - 12.0).abs() < 0.05);
    assert!((z(f32::min, f32::MAX) + 1.5).abs() < 0.05);
}

#[test]
fn broken_features_are_reported_and_the_others_drawn() {
    let good = house(
        0,
        DVec2::ZERO,
        DVec2::splat(10.0),
        9.0,
        RoofForm::Flat { parapet_m: 0.5 },
    );
    let flat = house(
        1,
        DVec2::new(30.0, 0.0),
        DVec2::new(10.0, 0.0),
        9.0,
        RoofForm::Flat { parapet_m: 0.5 },
    );
    let nan = house(
        2,
        DVec2::new(f64::NAN, 0.0),
        DVec2::splat(5.0),
        9.0,
        RoofForm::Flat { parapet_m: 0.5 },
    );
    let tall = house(
        3,
        DVec2::new(60.0, 0.0),
        DVec2::splat(5.0),
        1e9,
        RoofForm::Flat { parapet_m: 0.5 },
    );
    let (mesh, built) = build(&[good, flat, nan, tall], &Terrain::default());
    assert_eq!(mesh.features.iter().map(|f| f.id.as_str()).collect::<Vec<_>>(), ["h0"]);
    assert_eq!(built.report.features_quarantined, 3);
    assert_eq!(built.report.counts["tiler/footprint"], 2);
    assert_eq!(built.report.counts["tiler/height"], 1);
}

fn quarter(count: u32) -> Vec<u8> {
    let houses: Vec<Feature> = (0..count)
        .map(|i| {
            let at = DVec2::new(f64::from(i % 20) * 14.0, f64::from(i / 20) * 14.0) - 140.0;
            let height = 9.0 + f64::from(i * 7 % 5) + if i % 37 == 0 { 40.0 } else { 0.0 };
            house(i, at, DVec2::new(11.0, 10.0), height, RoofForm::Flat { parapet_m: 0.8 })
        })
        .collect();
    build(&houses, &Terrain::default()).1.summary
}

#[test]
fn coarser_stand_ins_have_fewer_blocks_and_greater_errors_and_keep_the_towers() {
    let summary = quarter(400);
    let mut last = (usize::MAX, 0.0);
    for (target, bytes) in [(2.0, 1 << 20), (2.0, 40_000), (2.0, 10_000)] {
        let built = stand_in(&[&summary], target, bytes);
        assert!(
            built.mesh.num_triangles() < last.0,
            "{} {}",
            built.mesh.num_triangles(),
            last.0
        );
        assert!(built.geometric_error_m > last.1);
        last = (built.mesh.num_triangles(), built.geometric_error_m);
        let top = built.mesh.positions.iter().map(|p| p[2]).fold(f32::MIN, f32::max);
        assert!(top > 40.0, "no tower is left at {bytes} bytes: {top}");
        assert!(!built.summary.is_empty());
    }
}

#[test]
fn the_error_of_a_stand_in_bounds_what_it_changed() {
    let summary = quarter(400);
    let blocks: Vec<Block> = from_summaries(&[&summary])
        .into_iter()
        .filter_map(Block::from_record)
        .collect();
    let merged = merge::simplify(blocks.clone(), 8.0, 60);
    for block in &blocks {
        let center = block.center();
        let nearest = merged
            .blocks
            .iter()
            .filter(|b| !b.is_lost())
            .map(|b| outline::distance_to_ring(center, &b.ring).max((b.top_z - block.top_z).abs()))
            .fold(f64::INFINITY, f64::min);
        assert!(
            nearest <= merged.geometric_error_m + 0.02 || block.size_m() <= merged.geometric_error_m,
            "{nearest} over {}",
            merged.geometric_error_m
        );
    }
}
