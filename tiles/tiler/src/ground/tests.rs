//! What the ground builder promises: areas kept, nothing coplanar, everything inside, bad input named.

use super::*;
use crate::TileFrame;
use crate::plan::clip::signed_area;
use crate::terrain::sampler::tests::{grid, terrain};
use city_model::{CrossSection, Crs, Footprint, LevelReference, Line, LodGeometry, SceneFrame, Shape};
use proptest::prelude::*;
use serde_json::json;

const ORIGIN: DVec2 = DVec2::new(468_000.0, 3_847_000.0);

fn scene() -> SceneFrame {
    SceneFrame::new(Crs::from_epsg(4547).unwrap(), ORIGIN.extend(100.0), -15.0).unwrap()
}

fn hills() -> Terrain {
    let f = |x: f64, y: f64| (100.0 + 6.0 * ((x - ORIGIN.x) / 60.0).sin() * ((y - ORIGIN.y) / 45.0).cos()) as f32;
    terrain(vec![grid([ORIGIN.x - 300.0, ORIGIN.y - 300.0], 5.0, 121, f)])
}

fn cell(half: f64) -> Rect {
    Rect {
        min: ORIGIN - half,
        max: ORIGIN + half,
    }
}

fn with_tile<T>(terrain: &Terrain, half: f64, target_error_m: f64, f: impl FnOnce(&TileContext<'_>) -> T) -> T {
    let scene = scene();
    let frame = TileFrame::new(&scene, cell(half), 100.0).unwrap();
    f(&TileContext {
        cell: cell(half),
        frame: &frame,
        terrain,
        target_error_m,
        target_bytes: 200_000,
    })
}

fn feature(index: u32, class: FeatureClass, shape: Shape) -> Feature {
    let mut feature = Feature::new(format!("f{index}"), class, "test");
    feature.index = FeatureIndex(index);
    feature.geometry = LodGeometry::single(10, shape);
    feature
}

fn polygon(rings: &[Vec<DVec2>], level_z_m: Option<f64>) -> Shape {
    let rings = rings.iter().map(|r| r.iter().map(|p| *p + ORIGIN).collect()).collect();
    Shape::Footprint(Footprint {
        polygons: vec![rings],
        level_z_m,
    })
}

fn road(points: &[[f64; 2]], width_m: f64) -> Shape {
    Shape::Line(Line {
        points: points
            .iter()
            .map(|p| (DVec2::from_array(*p) + ORIGIN).extend(0.0))
            .collect(),
        section: CrossSection::Strip { width_m },
        reference: LevelReference::BelowTerrain,
    })
}

fn square(center: [f64; 2], half: f64) -> Vec<DVec2> {
    [[-half, -half], [half, -half], [half, half], [-half, half]]
        .iter()
        .map(|p| DVec2::from_array(*p) + DVec2::from_array(center))
        .collect()
}

/// Plan area of the triangles of a kind, m², and the number of triangles that face down.
fn area_of(mesh: &TileMesh, kind: SurfaceKind) -> (f64, usize) {
    let mut area = 0.0;
    let mut down = 0;
    for t in mesh.indices.chunks_exact(3) {
        if mesh.surface[t[0] as usize][0] & 15 != kind as u8 {
            continue;
        }
        let [a, b, c] = [t[0], t[1], t[2]].map(|i| glam::Vec3::from(mesh.positions[i as usize]).as_dvec3().truncate());
        let twice = (b - a).perp_dot(c - a);
        area += twice.abs() / 2.0;
        down += usize::from(twice < -1e-4);
    }
    (area, down)
}

#[test]
fn a_park_is_cut_to_the_tile_and_keeps_its_area() {
    let park = feature(
        1,
        FeatureClass::PlantCover,
        polygon(&[square([100.0, 0.0], 80.0), square([60.0, 0.0], 10.0)], None),
    );
    let tile = with_tile(&hills(), 128.0, 0.0, |tile| GroundBuilder.leaf(tile, &[park]));
    let (area, down) = area_of(&tile.mesh, SurfaceKind::Green);
    let expected = (128.0 - 20.0) * 160.0 - 400.0;
    // the projection's scale and the earth's bend change plan areas by some 1e-4
    assert!((area / expected - 1.0).abs() < 5e-4, "{area} {expected}");
    assert_eq!(down, 0);
    assert!(tile.report.issues.is_empty());
}

#[test]
fn roads_lie_above_the_terrain_everywhere_and_crossings_are_drawn_once() {
    let terrain = hills();
    let mut main = feature(1, FeatureClass::Road, road(&[[-200.0, 3.0], [200.0, -5.0]], 20.0));
    main.attributes = json!({"road_class": "main", "sidewalk_m": 4.0})
        .as_object()
        .cloned()
        .unwrap();
    let mut lane = feature(2, FeatureClass::Road, road(&[[0.0, -200.0], [10.0, 200.0]], 8.0));
    lane.attributes = json!({"road_class": "lane", "sidewalk_m": 2.0})
        .as_object()
        .cloned()
        .unwrap();
    let features = [main, lane];
    let tile = with_tile(&terrain, 100.0, 0.0, |tile| GroundBuilder.leaf(tile, &features));
    let (area, down) = area_of(&tile.mesh, SurfaceKind::Road);
    let main_area = 200.0 * 20.0 * (400.0f64.hypot(8.0) / 400.0);
    let lane_area = (200.0 - 20.0 * (400.0f64.hypot(8.0) / 400.0)) * 8.0 * (400.0f64.hypot(10.0) / 400.0);
    assert!(
        (area - main_area - lane_area).abs() < 6.0,
        "{area} {main_area} {lane_area}"
    );
    assert_eq!(down, 0);
    let sampler = TerrainSampler::new(&terrain);
    let scene = scene();
    with_tile(&terrain, 100.0, 0.0, |context| {
        for (position, surface) in tile.mesh.positions.iter().zip(&tile.mesh.surface) {
            if surface[0] & 15 == SurfaceKind::Road as u8 {
                let enu = glam::Vec3::from(*position).as_dvec3() + context.frame.origin_enu();
                let p = scene.scene_from_enu(city_model::Enu(enu)).unwrap();
                let above = p.z - sampler.height(p.truncate());
                assert!((above - 0.12).abs() < LEAF_TERRAIN_ERROR_M * 1.4, "{above}");
                assert_eq!(
                    surface[1],
                    if surface[1] == 100 { 100 } else { 40 },
                    "half widths in decimetres"
                );
            }
        }
    });
    assert!(
        area_of(&tile.mesh, SurfaceKind::Pavement).0 > 0.9 * (180.0 * 8.0),
        "pavements on both sides"
    );
}

#[test]
fn a_lake_is_level_and_the_ground_never_pierces_it() {
    let lake = feature(
        1,
        FeatureClass::Water,
        polygon(&[square([0.0, 0.0], 60.0)], Some(101.0)),
    );
    let terrain = hills();
    let tile = with_tile(&terrain, 100.0, 0.0, |tile| GroundBuilder.leaf(tile, &[lake]));
    let z = |kind: SurfaceKind, half: f32| {
        let inside = |p: &[f32; 3]| p[0].abs() < half && p[1].abs() < half;
        let vertices = tile.mesh.positions.iter().zip(&tile.mesh.surface);
        vertices
            .filter(move |(p, s)| s[0] & 15 == kind as u8 && inside(p))
            .map(|(p, _)| p[2])
            .collect::<Vec<_>>()
    };
    let water = z(SurfaceKind::Water, 100.0);
    let (low, high) = water
        .iter()
        .fold((f32::MAX, f32::MIN), |(l, h), z| (l.min(*z), h.max(*z)));
    assert!(high - low < 0.01, "{low} {high}");
    let ground = z(SurfaceKind::Terrain, 54.0);
    assert!(
        !ground.is_empty() && ground.iter().all(|g| *g < low - 0.3),
        "{low} {ground:?}"
    );
}

#[test]
fn stand_ins_are_smaller_say_their_error_and_hold_the_tile() {
    let terrain = hills();
    let features: Vec<Feature> = (0..40)
        .map(|i| {
            let at = [f64::from(i % 8) * 25.0 - 90.0, f64::from(i / 8) * 40.0 - 90.0];
            feature(
                i,
                FeatureClass::PlantCover,
                polygon(&[square(at, 2.0 + f64::from(i) * 0.3)], None),
            )
        })
        .collect();
    let leaf = with_tile(&terrain, 128.0, 0.0, |tile| GroundBuilder.leaf(tile, &features));
    let mut last = (leaf.mesh.num_triangles(), leaf.geometric_error_m);
    for target in [1.0, 4.0, 16.0] {
        let coarse = with_tile(&terrain, 128.0, target, |tile| {
            GroundBuilder.stand_in(tile, &[&leaf.summary, &leaf.summary])
        });
        assert!(coarse.mesh.num_triangles() < last.0, "{target}");
        assert!(
            coarse.geometric_error_m >= last.1 && coarse.geometric_error_m <= target * 1.5,
            "{}",
            coarse.geometric_error_m
        );
        let top = coarse
            .mesh
            .positions
            .iter()
            .map(|p| p[0].abs().max(p[1].abs()))
            .fold(0.0, f32::max);
        assert!((127.0..130.0).contains(&top), "{top}");
        last = (coarse.mesh.num_triangles(), coarse.geometric_error_m);
    }
}

#[test]
fn bad_covers_are_named_and_the_good_one_is_drawn() {
    let nan = feature(
        1,
        FeatureClass::PlantCover,
        polygon(&[vec![DVec2::NAN, DVec2::ZERO, DVec2::X]], None),
    );
    let line = feature(
        2,
        FeatureClass::Water,
        polygon(&[vec![DVec2::ZERO, DVec2::X, DVec2::X * 2.0]], None),
    );
    let point = feature(3, FeatureClass::Road, road(&[[1.0, 1.0], [1.0, 1.0]], 8.0));
    let wide = feature(4, FeatureClass::Road, road(&[[1.0, 1.0], [9.0, 1.0]], f64::NAN));
    let bow = [[0.0, 0.0], [40.0, 40.0], [40.0, 0.0], [0.0, 20.0]]
        .map(DVec2::from_array)
        .to_vec();
    let bow = feature(5, FeatureClass::LandUse, polygon(&[bow], None));
    let good = feature(6, FeatureClass::PlantCover, polygon(&[square([0.0, 0.0], 10.0)], None));
    let tile = with_tile(&hills(), 100.0, 0.0, |tile| {
        GroundBuilder.leaf(tile, &[nan, line, point, wide, bow, good])
    });
    let named: Vec<_> = tile.report.issues.iter().filter_map(|i| i.feature.clone()).collect();
    assert_eq!(named, ["f1", "f2", "f3", "f4", "f5"]);
    assert!((area_of(&tile.mesh, SurfaceKind::Green).0 - 400.0).abs() < 0.5);
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let terrain = hills();
    let build = || {
        let road = feature(1, FeatureClass::Road, road(&[[-200.0, 3.0], [200.0, -5.0]], 20.0));
        with_tile(&terrain, 100.0, 0.0, |tile| GroundBuilder.leaf(tile, &[road]))
    };
    let (a, b) = (build(), build());
    assert_eq!(a.mesh, b.mesh);
    assert_eq!(a.summary, b.summary);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// The pieces of a polygon laid on the triangles have the plan area of the polygon.
    #[test]
    fn draping_conserves_area(
        radii in proptest::collection::vec(5.0..110.0f64, 3..24),
        x in -60.0..60.0f64,
        y in -60.0..60.0f64,
        max_error_m in 0.05..4.0f64,
    ) {
        let n = radii.len() as f64;
        let ring: Vec<DVec2> = radii.iter().enumerate()
            .map(|(i, r)| DVec2::from_angle(i as f64 / n * std::f64::consts::TAU) * *r + DVec2::new(x, y))
            .collect();
        let area_rect = Rect { min: ORIGIN - 200.0, max: ORIGIN + 200.0 };
        let terrain = hills();
        let sampler = TerrainSampler::new(&terrain);
        let options = TinOptions { rect: area_rect, sample_step_m: 5.0, max_error_m, is_flat: false };
        let tin = Tin::build(&options, |p| sampler.height(p));
        let scene = scene();
        let frame = TileFrame::new(&scene, area_rect, 100.0).unwrap();
        let mut draper = Draper::new(&tin, &frame, sampler, 5.0);
        let polygon = crate::plan::PlanPolygon::new(&[ring], DVec2::ZERO).unwrap();
        let (triangles, trouble) = polygon.triangles(&mut Triangulator::default());
        prop_assume!(trouble.is_none());
        let mut mesh = TileMesh::default();
        let style = FaceStyle { slot: 0, color: [0; 4], surface: [0; 4] };
        for t in &triangles {
            let piece = t.map(PlanVertex::bare);
            prop_assert!(signed_area(&piece) > 0.0);
            draper.lay(&mut mesh, &piece, style, Lift::Above(0.1), false);
        }
        prop_assert!((draper.area_m2 - polygon.area_m2()).abs() <= 1e-6 * polygon.area_m2(), "{} {}", draper.area_m2, polygon.area_m2());
    }
}

/// Leaves of the ground's tree with their expected sizes.
fn leaves(node: &crate::partition::Node) -> Vec<(Rect, u64)> {
    match &node.kind {
        crate::partition::NodeKind::Leaf(_) => vec![(node.cell, node.estimated_bytes)],
        crate::partition::NodeKind::Inner(children) => children.iter().flat_map(leaves).collect(),
    }
}

#[test]
fn rough_ground_is_cut_into_more_tiles_and_none_is_simplified_to_fit() {
    // mountains in the east of 3.2 km, a plain in the west
    let f = |x: f64, y: f64| {
        let rough = 8.0 * ((x - ORIGIN.x) / 25.0).sin() * ((y - ORIGIN.y) / 19.0).cos();
        if x > ORIGIN.x { 100.0 + rough as f32 } else { 100.0 }
    };
    let ground = terrain(vec![grid([ORIGIN.x - 1600.0, ORIGIN.y - 1600.0], 5.0, 641, f)]);
    let tree = crate::partition::partition(&[], vec![], ORIGIN, &GroundBuilder, &ground, 160 * 1024).unwrap();
    let found = leaves(&tree);
    let (east, west): (Vec<(Rect, u64)>, Vec<(Rect, u64)>) =
        found.iter().copied().partition(|(cell, _)| cell.center().x > ORIGIN.x);
    assert!(east.len() >= 4 * west.len(), "{} and {}", east.len(), west.len());
    let scene = scene();
    for (cell, estimated_bytes) in [east[0], east[east.len() / 2]] {
        let frame = TileFrame::new(&scene, cell, 100.0).unwrap();
        let tile = TileContext {
            cell,
            frame: &frame,
            terrain: &ground,
            target_error_m: 0.0,
            target_bytes: 160 * 1024,
        };
        let built = GroundBuilder.leaf(&tile, &[]);
        assert!(
            built.geometric_error_m <= 1.5 * LEAF_TERRAIN_ERROR_M,
            "{}",
            built.geometric_error_m
        );
        let bytes = crate::glb::encode(&built.mesh, frame.origin_enu(), "")
            .unwrap()
            .bytes
            .len() as u64;
        assert!(
            bytes <= 256 * 1024 && (estimated_bytes / 3..estimated_bytes * 2).contains(&bytes),
            "{bytes} of {estimated_bytes} bytes"
        );
    }
}
