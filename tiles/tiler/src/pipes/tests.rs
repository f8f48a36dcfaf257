//! What the pipe builder promises: levels, true sizes, bounds, stand-ins with an honest error, bad input named.

use super::*;
use crate::terrain::sampler::tests::{grid, terrain};
use crate::{Rect, Terrain, TileFrame};
use city_model::{
    CrossSection, Crs, FeatureClass, FeatureIndex, LevelReference, Line, LodGeometry, PointKind, PointShape, SceneFrame,
};
use glam::DVec2;
use serde_json::json;

const ORIGIN: DVec2 = DVec2::new(468_000.0, 3_847_000.0);

fn with_tile<T>(target_error_m: f64, f: impl FnOnce(&TileContext<'_>) -> T) -> T {
    let ground: Terrain = terrain(vec![grid([ORIGIN.x - 500.0, ORIGIN.y - 500.0], 10.0, 101, |_, _| {
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
        target_bytes: 150_000,
    })
}

fn pipe(index: u32, points: &[[f64; 3]], section: CrossSection, reference: LevelReference) -> Feature {
    let mut feature = Feature::new(format!("p{index}"), FeatureClass::Pipe, "test");
    feature.index = FeatureIndex(index);
    feature.attributes = json!({"pipe_class": "YS", "year": 1987}).as_object().cloned().unwrap();
    let points = points
        .iter()
        .map(|p| DVec3::from_array(*p) + ORIGIN.extend(0.0))
        .collect();
    feature.geometry = LodGeometry::single(
        10,
        Shape::Line(Line {
            points,
            section,
            reference,
        }),
    );
    feature
}

fn z_range(mesh: &TileMesh) -> (f32, f32) {
    mesh.positions
        .iter()
        .fold((f32::MAX, f32::MIN), |(l, h), p| (l.min(p[2]), h.max(p[2])))
}

#[test]
fn the_level_is_that_of_the_axis_the_top_the_bottom_or_the_depth() {
    let round = CrossSection::Circle { diameter_m: 0.8 };
    let duct = CrossSection::Rect {
        width_m: 2.0,
        height_m: 1.0,
    };
    for (section, reference, z, low, high) in [
        (round, LevelReference::Axis, 97.0, -3.4, -2.6),
        (round, LevelReference::Top, 97.0, -3.8, -3.0),
        (round, LevelReference::InsideBottom, 97.0, -3.0, -2.2),
        (round, LevelReference::BelowTerrain, -2.0, -2.4, -1.6),
        (duct, LevelReference::Top, 97.0, -4.0, -3.0),
        (duct, LevelReference::InsideBottom, 97.0, -3.0, -2.0),
    ] {
        let feature = pipe(1, &[[-10.0, 0.0, z], [10.0, 0.0, z]], section, reference);
        let tile = with_tile(0.0, |tile| PipeBuilder.leaf(tile, &[feature]));
        let (min, max) = z_range(&tile.mesh);
        assert!(
            (min - low).abs() < 0.01 && (max - high).abs() < 0.01,
            "{section:?} {reference:?}: {min} {max}"
        );
    }
}

#[test]
fn flow_runs_downhill_on_drains_and_unknown_sections_are_marked() {
    let feature = pipe(
        1,
        &[[-10.0, 0.0, 96.0], [10.0, 0.0, 97.0]],
        CrossSection::Unknown,
        LevelReference::Axis,
    );
    let tile = with_tile(0.0, |tile| PipeBuilder.leaf(tile, &[feature]));
    let start = tile
        .mesh
        .positions
        .iter()
        .zip(&tile.mesh.facade)
        .find(|(_, f)| f[0] == 0)
        .unwrap()
        .0;
    assert!(start[0] > 9.0, "the upper end is the start");
    let style = SurfaceStyle::from_bytes(tile.mesh.surface[0]);
    assert_eq!(
        style.building_use as u8,
        city_model::style::pipe_mark::NOMINAL | city_model::style::pipe_mark::FLOW_KNOWN
    );
    assert_eq!(
        (style.kind, style.age_code, style.storey_height_dm),
        (SurfaceKind::Pipe, 87, 1)
    );
    assert_eq!(tile.mesh.colors[0], [70, 130, 220, 255]);
}

#[test]
fn a_manhole_reaches_from_its_cover_to_its_bottom() {
    let mut feature = Feature::new("m", FeatureClass::PipeNode, "test");
    feature.geometry = LodGeometry::single(
        10,
        Shape::Point(PointShape {
            position: ORIGIN.extend(0.0),
            on_terrain: true,
            kind: PointKind::Manhole {
                diameter_m: 1.0,
                depth_m: 3.0,
            },
            rotation_rad: 0.0,
        }),
    );
    let tile = with_tile(0.0, |tile| PipeBuilder.leaf(tile, &[feature]));
    let (low, high) = z_range(&tile.mesh);
    assert!(
        (high - record::COVER_ABOVE_M as f32).abs() < 1e-3 && (high - low - 3.0).abs() < 1e-3,
        "{low} {high}"
    );
    let wide = tile.mesh.positions.iter().map(|p| p[0].hypot(p[1])).fold(0.0, f32::max);
    assert!((wide - 0.5).abs() < 1e-3);
}

fn network() -> Vec<Feature> {
    let circle = CrossSection::Circle { diameter_m: 0.6 };
    let mut features: Vec<Feature> = (0..10)
        .map(|i| {
            let x = f64::from(i) * 40.0 - 200.0;
            pipe(
                i,
                &[[x, 0.0, 97.0], [x + 40.0, 0.0, 96.9]],
                circle,
                LevelReference::InsideBottom,
            )
        })
        .collect();
    features.extend((0..10).map(|i| {
        let x = f64::from(i) * 40.0 - 200.0;
        pipe(
            20 + i,
            &[[x, 0.0, 97.0], [x, 5.0, 97.5]],
            CrossSection::Circle { diameter_m: 0.15 },
            LevelReference::Axis,
        )
    }));
    features
}

#[test]
fn a_network_thins_out_with_an_honest_error_and_its_mains_stay() {
    let leaf = with_tile(0.0, |tile| PipeBuilder.leaf(tile, &network()));
    let mut last = leaf.mesh.num_triangles();
    let mut error_m = leaf.geometric_error_m;
    for target in [0.3, 2.0, 8.0, 32.0] {
        let coarse = with_tile(target, |tile| PipeBuilder.stand_in(tile, &[&leaf.summary]));
        assert!(coarse.mesh.num_triangles() < last, "{target}");
        assert!(
            coarse.geometric_error_m >= error_m && coarse.geometric_error_m <= target,
            "{}",
            coarse.geometric_error_m
        );
        let x = coarse
            .mesh
            .positions
            .iter()
            .fold((f32::MAX, f32::MIN), |(l, h), p| (l.min(p[0]), h.max(p[0])));
        assert!(x.0 < -199.0 && x.1 > 199.0, "the main runs through at {target}: {x:?}");
        (last, error_m) = (coarse.mesh.num_triangles(), coarse.geometric_error_m);
    }
}

#[test]
fn bad_pipes_are_named_and_the_good_one_is_drawn() {
    let circle = CrossSection::Circle { diameter_m: 0.3 };
    let nan = pipe(
        1,
        &[[0.0, 0.0, f64::NAN], [1.0, 0.0, 0.0]],
        circle,
        LevelReference::Axis,
    );
    let point = pipe(2, &[[0.0, 0.0, 97.0], [0.0, 0.0, 97.0]], circle, LevelReference::Axis);
    let empty = pipe(3, &[], circle, LevelReference::Top);
    let wide = pipe(
        4,
        &[[0.0, 0.0, 97.0], [5.0, 0.0, 97.0]],
        CrossSection::Circle { diameter_m: f64::NAN },
        LevelReference::Top,
    );
    let tile = with_tile(0.0, |tile| PipeBuilder.leaf(tile, &[nan, point, empty, wide]));
    let named: Vec<_> = tile.report.issues.iter().filter_map(|i| i.feature.clone()).collect();
    assert_eq!(named, ["p1", "p2", "p3"]);
    assert_eq!(tile.mesh.features.iter().map(|f| f.index).collect::<Vec<_>>(), [4]);
    assert!(tile.mesh.positions.iter().flatten().all(|v| v.is_finite()));
}
