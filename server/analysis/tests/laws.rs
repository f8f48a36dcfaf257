//! Laws of the kernel: parts of a cut area add up to the whole, and an update equals a new evaluation bit by bit.
#![cfg(test)]

use analysis::facts::{Assumptions, BuildingFacts};
use analysis::geometry::{Box2, polygon};
use analysis::scenario::Changed;
use analysis::world::{Building, Layers, Patch, Pipe, Words, World};
use analysis::{Evaluation, Region, Scenario, Settings, State};
use city_model::BuildingUse;
use geo::MultiPolygon;
use proptest::prelude::*;
use std::sync::Arc;

const EAST: f64 = 500_000.0;
const NORTH: f64 = 3_847_000.0;

fn ring(points: &[[f64; 2]]) -> MultiPolygon<f64> {
    MultiPolygon::new(vec![polygon(&[points
        .iter()
        .map(|p| [EAST + p[0], NORTH + p[1]])
        .collect()])])
}

/// A turned rectangle.
fn block([x, y, w, h, turn]: [f64; 5]) -> MultiPolygon<f64> {
    let (sin, cos) = turn.sin_cos();
    let corner = |u: f64, v: f64| [x + u * cos - v * sin, y + u * sin + v * cos];
    ring(&[corner(0.0, 0.0), corner(w, 0.0), corner(w, h), corner(0.0, h)])
}

fn building(index: u32, shape: [f64; 5], storeys: f64, is_known: bool) -> Building {
    let attributes = serde_json::json!({
        "use": if index.is_multiple_of(3) { "办公" } else { "住宅" }, "height_m": storeys * 3.1,
        "floor_area_m2": if is_known { storeys * shape[2] * shape[3] } else { -1.0 },
    });
    let attributes = attributes.as_object().cloned().unwrap();
    let plan = block(shape);
    let area = analysis::geometry::area_m2(&plan);
    let facts = BuildingFacts::read(
        &attributes,
        is_known.then_some(area),
        None,
        true,
        &Assumptions::default(),
    );
    let mut building = Building::new(&format!("b{index}"), index, plan, facts);
    building.is_proposal = index.is_multiple_of(5);
    building
}

fn pipe(index: u32, a: [f64; 3], b: [f64; 3]) -> Pipe {
    let points: Box<[[f64; 3]]> = [a, b].map(|p| [EAST + p[0], NORTH + p[1], p[2]]).into();
    Pipe {
        id: format!("p{index}").into(),
        index,
        bounds: Box2::around(points.iter().map(|p| [p[0], p[1]])),
        points,
        has_levels: true,
        class: (index % 2) as u16,
        material: None,
        year: Some(1960 + (index % 60) as i32),
        is_proposal: false,
        tags: Box::default(),
    }
}

prop_compose! {
    fn shape()(x in -20.0..220.0_f64, y in -20.0..220.0_f64, w in 4.0..40.0_f64, h in 4.0..40.0_f64, turn in 0.0..6.2_f64) -> [f64; 5] {
        [x, y, w, h, turn]
    }
}

prop_compose! {
    fn world()(
        shapes in prop::collection::vec((shape(), 1.0..30.0_f64, prop::bool::weighted(0.95)), 1..25),
        lines in prop::collection::vec(([-50.0..250.0_f64, -50.0..250.0, -6.0..0.0], [-50.0..250.0_f64, -50.0..250.0, -6.0..0.0]), 0..12),
        lawns in prop::collection::vec(shape(), 0..8),
    ) -> World {
        let mut words = Words::default();
        words.number("JS");
        words.number("YS");
        let buildings: Vec<Building> = shapes.iter().enumerate().map(|(i, (s, n, k))| building(i as u32, *s, n.round(), *k)).collect();
        let pipes: Vec<Pipe> = lines.iter().enumerate().map(|(i, (a, b))| pipe(1000 + i as u32, *a, *b)).collect();
        let greens: Vec<Patch> = lawns
            .iter()
            .enumerate()
            .map(|(i, s)| Patch::new(&format!("g{i}"), 2000 + i as u32, block(*s), city_model::Attributes::new()))
            .collect();
        World {
            buildings: buildings.into(),
            pipes: pipes.into(),
            greens: greens.into(),
            has: Layers { buildings: true, pipes: true, greens: true, parcels: false, projects: false },
            words,
            ..World::default()
        }
    }
}

fn evaluate(world: &Arc<World>, region: &Region, scenario: &Arc<Scenario>) -> Evaluation {
    let settings = Arc::new(Settings::default());
    Evaluation::new(
        Arc::clone(world),
        Arc::new(region.clone()),
        Arc::clone(scenario),
        settings,
    )
}

fn known(e: &Evaluation, id: &str) -> f64 {
    let value = e.value(id).unwrap();
    value.value.or(value.known).unwrap_or_default()
}

fn states(codes: &[u8]) -> Scenario {
    let mut scenario = Scenario {
        states: vec![0; 2100],
        ..Scenario::default()
    };
    for (at, code) in codes.iter().enumerate() {
        // buildings, pipes and greens take their states from the same list
        for base in [0, 1000, 2000] {
            scenario.states[base + at] = *code;
        }
    }
    scenario
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn parts_of_a_cut_area_add_up(world in world(), cut in 20.0..180.0_f64, slant in -60.0..60.0_f64, codes in prop::collection::vec(0..7_u8, 25)) {
        let (top, bottom) = ((cut + slant).clamp(5.0, 195.0), (cut - slant).clamp(5.0, 195.0));
        let whole = Region::new(ring(&[[0.0, 0.0], [200.0, 0.0], [200.0, 200.0], [0.0, 200.0]])).unwrap();
        let west = Region::new(ring(&[[0.0, 0.0], [bottom, 0.0], [top, 200.0], [0.0, 200.0]])).unwrap();
        let east = Region::new(ring(&[[bottom, 0.0], [200.0, 0.0], [200.0, 200.0], [top, 200.0]])).unwrap();
        let (world, scenario) = (Arc::new(world), Arc::new(states(&codes)));
        let [whole, west, east] = [&whole, &west, &east].map(|r| evaluate(&world, r, &scenario));
        for id in [
            "site_area", "floor_area", "floor_area_before", "floor_area_demolished", "floor_area_kept", "floor_area_modified",
            "floor_area_new", "building_count", "dwellings", "people", "green_area", "pipe_length", "pipe_length_3d",
            "pipe_length_by_age", "pipe_length_renewed", "pipe_length_out_of_use",
        ] {
            let (all, parts) = (known(&whole, id), known(&west, id) + known(&east, id));
            prop_assert!((all - parts).abs() <= 1e-6 * all.abs().max(1.0), "{id}: {all} is not {parts}");
        }
    }

    #[test]
    fn an_update_equals_a_new_evaluation(
        world in world(),
        rounds in prop::collection::vec((prop::collection::vec(0..7_u8, 25), 0..25_u32, prop::bool::ANY), 1..5),
        added in shape(),
    ) {
        let region = Region::new(ring(&[[0.0, 0.0], [200.0, 10.0], [190.0, 200.0], [90.0, 120.0], [0.0, 200.0]])).unwrap();
        let mut world = Arc::new(world);
        let mut kept = evaluate(&world, &region, &Arc::new(Scenario::default()));
        for (n, (codes, edited, grows)) in rounds.into_iter().enumerate() {
            let mut scenario = states(&codes);
            let facts = BuildingFacts { usage: BuildingUse::Office, height_m: Some(12.0), ..BuildingFacts::default() };
            scenario.changed.insert(edited, Changed { facts, tags: Box::default() });
            if grows {
                let mut larger = World::clone(&world);
                let mut proposal = building(50 + n as u32, added, 7.0, true);
                proposal.is_proposal = true;
                scenario.states[50 + n] = State::Added.code();
                larger.buildings.push(proposal);
                world = Arc::new(larger);
            }
            let scenario = Arc::new(scenario);
            kept.update(Arc::clone(&world), Arc::clone(&scenario));
            let fresh = evaluate(&world, &region, &scenario);
            for (a, (b, d)) in kept.values().iter().zip(fresh.values().iter().zip(&*analysis::indicators::INDICATORS)) {
                prop_assert_eq!(a, b, "{}", d.id);
            }
            prop_assert!(kept == fresh);
        }
    }
}

#[test]
fn an_edit_computes_only_what_depends_on_it() {
    let buildings: Vec<Building> = (0..40)
        .map(|i| {
            building(
                i,
                [
                    f64::from(i % 8) * 25.0 + 2.0,
                    f64::from(i / 8) * 40.0 + 2.0,
                    20.0,
                    12.0,
                    0.0,
                ],
                6.0,
                true,
            )
        })
        .collect();
    let pipes = vec![pipe(1000, [0.0, 1.0, -1.0], [200.0, 1.0, -2.0])];
    let mut words = Words::default();
    words.number("JS");
    let has = Layers {
        buildings: true,
        pipes: true,
        greens: false,
        parcels: false,
        projects: false,
    };
    let world = Arc::new(World {
        buildings: buildings.into(),
        pipes: pipes.into(),
        has,
        words,
        ..World::default()
    });
    let region = Region::new(ring(&[[0.0, 0.0], [200.0, 0.0], [200.0, 200.0], [0.0, 200.0]])).unwrap();
    let mut e = evaluate(&world, &region, &Arc::new(states(&[])));
    let mut scenario = states(&[]);
    scenario.states[1] = State::Retained.code();
    assert!(
        e.update(Arc::clone(&world), Arc::new(scenario.clone()))
            .indicators
            .is_empty(),
        "keeping changes no figure"
    );
    scenario.states[1] = State::Demolished.code();
    let update = e.update(Arc::clone(&world), Arc::new(scenario.clone()));
    assert_eq!(update.num_features, 1);
    assert!(update.indicators.contains(&"demolition_share") && update.indicators.contains(&"people"));
    for id in [
        "site_area",
        "pipe_length",
        "green_area",
        "investment",
        "floor_area_new",
        "facilities_in_reach",
    ] {
        assert!(
            !update.indicators.contains(&id),
            "{id} does not depend on a demolished building"
        );
    }
    let again = e.update(Arc::clone(&world), Arc::new(scenario));
    assert_eq!(again, analysis::Update::default(), "the same scenario changes nothing");
}

#[test]
fn areas_that_are_none_are_refused_with_the_reason() {
    let refused = |points: &[[f64; 2]]| Region::new(ring(points)).unwrap_err().to_string();
    let bow_tie = refused(&[[0.0, 0.0], [10.0, 10.0], [10.0, 0.0], [0.0, 10.0]]);
    assert!(bow_tie.contains("self-intersect"), "{bow_tie}");
    assert!(refused(&[[0.0, 0.0], [f64::NAN, 10.0], [10.0, 0.0]]).contains("not a finite number"));
    assert!(Region::new(MultiPolygon::new(vec![])).is_err());
    assert!(
        !refused(&[[0.0, 0.0], [10.0, 10.0], [20.0, 20.0]]).is_empty(),
        "no area"
    );
    let overlapping =
        MultiPolygon::new([block([0.0, 0.0, 10.0, 10.0, 0.0]), block([5.0, 5.0, 10.0, 10.0, 0.0])].concat_polygons());
    assert!(Region::new(overlapping).is_err());
}

trait ConcatPolygons {
    fn concat_polygons(self) -> Vec<geo::Polygon<f64>>;
}

impl ConcatPolygons for [MultiPolygon<f64>; 2] {
    fn concat_polygons(self) -> Vec<geo::Polygon<f64>> {
        self.into_iter().flat_map(|m| m.0).collect()
    }
}
