//! What the project builder promises: fill above the ground, walls round it, stage codes, bad input named.

use super::*;
use crate::terrain::sampler::tests::{grid, terrain};
use crate::{Rect, Terrain, TileFrame};
use city_model::style::ProjectStage;
use city_model::{Crs, Enu, FeatureIndex, Footprint, LodGeometry, SceneFrame};
use serde_json::json;

const ORIGIN: DVec2 = DVec2::new(468_000.0, 3_847_000.0);

fn hills() -> Terrain {
    let f = |x: f64, y: f64| (100.0 + 5.0 * ((x - ORIGIN.x) / 50.0).sin() * ((y - ORIGIN.y) / 40.0).cos()) as f32;
    terrain(vec![grid([ORIGIN.x - 500.0, ORIGIN.y - 500.0], 5.0, 201, f)])
}

fn with_tile<T>(target_error_m: f64, f: impl FnOnce(&TileContext<'_>) -> T) -> T {
    let ground = hills();
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

fn project(index: u32, ring: &[[f64; 2]], stage: &str) -> Feature {
    let mut feature = Feature::new(format!("j{index}"), FeatureClass::Project, "test");
    feature.index = FeatureIndex(index);
    feature.attributes = json!({"stage": stage}).as_object().cloned().unwrap();
    let ring = ring.iter().map(|p| DVec2::from_array(*p) + ORIGIN).collect();
    feature.geometry = LodGeometry::single(
        0,
        Shape::Footprint(Footprint {
            polygons: vec![vec![ring]],
            level_z_m: None,
        }),
    );
    feature
}

const SQUARE: [[f64; 2]; 4] = [[-100.0, -80.0], [100.0, -80.0], [100.0, 80.0], [-100.0, 80.0]];

#[test]
fn the_fill_lies_above_the_ground_and_the_wall_goes_all_round() {
    let (ground, feature) = (hills(), project(1, &SQUARE, "在建"));
    let sampler = TerrainSampler::new(&ground);
    with_tile(0.0, |tile| {
        let built = ProjectBuilder.leaf(tile, &[feature]);
        let mut wall_m2 = 0.0;
        for t in built.mesh.indices.chunks_exact(3) {
            let corners = [t[0], t[1], t[2]].map(|i| glam::Vec3::from(built.mesh.positions[i as usize]).as_dvec3());
            let style = SurfaceStyle::from_bytes(built.mesh.surface[t[0] as usize]);
            assert_eq!(style.age_code, ProjectStage::UnderWay as u8);
            if style.kind == SurfaceKind::ProjectWall {
                wall_m2 += (corners[1] - corners[0]).cross(corners[2] - corners[0]).length() / 2.0;
                continue;
            }
            for p in corners
                .into_iter()
                .chain([(corners[0] + corners[1] + corners[2]) / 3.0])
            {
                let p = tile
                    .frame
                    .scene()
                    .scene_from_enu(Enu(p + tile.frame.origin_enu()))
                    .unwrap();
                let above = p.z - sampler.height(p.truncate());
                assert!(above > 0.35 && above < 1.2, "{above}");
            }
        }
        let expected = 2.0 * 720.0 * WALL_M;
        assert!(wall_m2 > expected && wall_m2 < expected * 1.2, "{wall_m2} {expected}");
        assert!(
            built
                .mesh
                .colors
                .iter()
                .all(|c| c[3] < 255 && c[..3] == ProjectStatus::Started.rgb())
        );
    });
}

#[test]
fn far_away_the_outline_is_simpler_and_small_ones_go() {
    let mut wavy: Vec<[f64; 2]> = (0..60)
        .map(|i| [f64::from(i) * 3.0 - 90.0, if i % 2 == 0 { -80.0 } else { -79.0 }])
        .collect();
    wavy.extend([[90.0, 80.0], [-90.0, 80.0]]);
    let small = project(2, &[[0.0, 0.0], [4.0, 0.0], [4.0, 4.0], [0.0, 4.0]], "计划");
    let leaf = with_tile(0.0, |tile| ProjectBuilder.leaf(tile, &[project(1, &wavy, ""), small]));
    let far = with_tile(8.0, |tile| ProjectBuilder.stand_in(tile, &[&leaf.summary]));
    assert!(far.mesh.num_triangles() * 4 < leaf.mesh.num_triangles());
    assert_eq!(far.mesh.features.iter().map(|f| f.index).collect::<Vec<_>>(), [1]);
    assert!(
        far.geometric_error_m >= 4.0 && far.geometric_error_m < 9.0,
        "{}",
        far.geometric_error_m
    );
}

#[test]
fn bad_outlines_are_named() {
    let nan = project(1, &[[0.0, 0.0], [f64::NAN, 1.0], [2.0, 2.0]], "");
    let thin = project(2, &[[0.0, 0.0], [5.0, 5.0], [9.0, 9.0]], "");
    let bow = project(3, &[[0.0, 0.0], [40.0, 40.0], [40.0, 0.0], [0.0, 20.0]], "");
    let built = with_tile(0.0, |tile| ProjectBuilder.leaf(tile, &[nan, thin, bow]));
    let named: Vec<_> = built.report.issues.iter().filter_map(|i| i.feature.clone()).collect();
    assert_eq!(named, ["j1", "j2", "j3"]);
}

#[test]
fn footprints_have_the_colours_of_the_viewers_list() {
    // `idea: "#b7a6ee",`: the colours by which list, pins and sheet tell a status
    let list = include_str!("../../../../viewer/web/src/projects/status.ts");
    let color_of = |kind: &str| {
        let hex = list
            .split_once(&format!("  {kind}: \"#"))
            .expect("a colour of the list")
            .1;
        u32::from_str_radix(&hex[..6], 16).unwrap().to_be_bytes()
    };
    let exit = |index, ring: &[[f64; 2]]| {
        let mut feature = project(index, ring, "开工");
        feature.attributes.insert("exit".to_owned(), "停工".into());
        feature
    };
    let drawn = [
        ("idea", ProjectStage::Planned, project(1, &SQUARE, "谋划")),
        ("review", ProjectStage::Planned, project(1, &SQUARE, "评审")),
        ("entered", ProjectStage::Planned, project(1, &SQUARE, "入库")),
        ("started", ProjectStage::UnderWay, project(1, &SQUARE, "开工")),
        ("built", ProjectStage::Finished, project(1, &SQUARE, "建成")),
        ("running", ProjectStage::Finished, project(1, &SQUARE, "运营")),
        ("exit", ProjectStage::Out, exit(1, &SQUARE)),
    ];
    for (kind, stage, feature) in drawn {
        let mesh = with_tile(0.0, |tile| ProjectBuilder.leaf(tile, &[feature])).mesh;
        assert!(mesh.colors.iter().all(|c| c[..3] == color_of(kind)[1..]), "{kind}");
        let patterns = mesh.surface.iter().map(|s| SurfaceStyle::from_bytes(*s).age_code);
        assert!(
            patterns.clone().count() > 0 && patterns.into_iter().all(|p| p == stage as u8),
            "{kind}"
        );
    }
}
