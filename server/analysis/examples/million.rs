//! Times of the indicator kernel on a generated world of a million features, as one JSON object on standard output:
//! a new evaluation of the whole city, the update after one edit, and the rules. Run by `cargo xtask bench indicators`.
#![allow(clippy::print_stdout, reason = "the measurement is the output")]

use analysis::facts::{Assumptions, BuildingFacts};
use analysis::geometry::{Box2, polygon};
use analysis::rules::{RuleSet, RuleSettings, check};
use analysis::world::{Building, Layers, Patch, Pipe, Words, World};
use analysis::{Evaluation, Region, Scenario, State};
use geo::MultiPolygon;
use std::sync::Arc;
use std::time::Instant;

const COLUMNS: u32 = 1000;
const NUM_BUILDINGS: u32 = 700_000;
const NUM_PIPES: u32 = 250_000;
const NUM_GREENS: u32 = 50_000;
const STEP_M: f64 = 30.0;

fn rect(x: f64, y: f64, w: f64, h: f64) -> MultiPolygon<f64> {
    MultiPolygon::new(vec![polygon(&[vec![[x, y], [x + w, y], [x + w, y + h], [x, y + h]]])])
}

fn place(i: u32) -> [f64; 2] {
    [
        500_000.0 + f64::from(i % COLUMNS) * STEP_M,
        3_800_000.0 + f64::from(i / COLUMNS) * STEP_M,
    ]
}

fn world() -> World {
    let buildings: Vec<Building> = (0..NUM_BUILDINGS)
        .map(|i| {
            let [x, y] = place(i);
            let storeys = f64::from(i % 30 + 1);
            let attributes = serde_json::json!({
                "use": (["住宅", "办公", "商业"][i as usize % 3]), "storeys": storeys, "height_m": storeys * 3.0,
            });
            let attributes = attributes.as_object().cloned().unwrap_or_default();
            let facts = BuildingFacts::read(&attributes, Some(220.0), None, true, &Assumptions::default());
            Building::new(&format!("b-{i}"), i, rect(x, y, 22.0, 10.0), facts)
        })
        .collect();
    let mut words = Words::default();
    let classes = ["JS", "YS", "WS"].map(|class| words.number(class));
    let pipes: Vec<Pipe> = (0..NUM_PIPES)
        .map(|i| {
            let [x, y] = place(i);
            let points: Box<[[f64; 3]]> = [[x, y + 25.0, 97.0], [x + STEP_M, y + 25.0, 96.9]].into();
            Pipe {
                id: format!("p-{i}").into(),
                index: NUM_BUILDINGS + i,
                bounds: Box2::around(points.iter().map(|p| [p[0], p[1]])),
                points,
                has_levels: true,
                class: classes[i as usize % 3],
                material: None,
                year: Some(1970 + (i % 55) as i32),
                is_proposal: false,
                tags: Box::default(),
            }
        })
        .collect();
    let greens: Vec<Patch> = (0..NUM_GREENS)
        .map(|i| {
            let [x, y] = place(i);
            let plan = rect(x + 2.0, y + 12.0, 20.0, 8.0);
            Patch::new(
                &format!("g-{i}"),
                NUM_BUILDINGS + NUM_PIPES + i,
                plan,
                city_model::Attributes::new(),
            )
        })
        .collect();
    World {
        buildings: buildings.into(),
        pipes: pipes.into(),
        greens: greens.into(),
        has: Layers {
            buildings: true,
            pipes: true,
            greens: true,
            parcels: false,
            projects: false,
        },
        words,
        ..World::default()
    }
}

fn millis(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1e3
}

fn main() {
    let start = Instant::now();
    let world = Arc::new(world());
    let made_ms = millis(start);
    // the edge runs through buildings on all sides
    let outline = rect(500_010.0, 3_800_005.0, 29_970.0, 20_975.0);
    let Ok(region) = Region::new(outline).map(Arc::new) else {
        return;
    };
    let rules = RuleSet::built_in();
    let settings = Arc::new(rules.settings.clone());
    let count = (NUM_BUILDINGS + NUM_PIPES + NUM_GREENS) as usize;
    let base = Arc::new(Scenario {
        states: vec![0; count],
        ..Scenario::default()
    });
    let new = |scenario: &Arc<Scenario>| {
        Evaluation::new(
            Arc::clone(&world),
            Arc::clone(&region),
            Arc::clone(scenario),
            Arc::clone(&settings),
        )
    };
    let start = Instant::now();
    let mut kept = new(&base);
    let full_ms = millis(start);

    // one building; a block of 200; a pipe; a lawn
    let edits: [(&str, Vec<u32>, State); 4] = [
        ("one_building_ms", vec![350_500], State::Demolished),
        ("block_of_200_ms", (400_100..400_300).collect(), State::Demolished),
        ("one_pipe_ms", vec![NUM_BUILDINGS + 99_999], State::Abandoned),
        ("one_lawn_ms", vec![NUM_BUILDINGS + NUM_PIPES + 7], State::Demolished),
    ];
    let mut scenario = Scenario::clone(&base);
    let mut updates = serde_json::Map::new();
    for (name, features, state) in edits {
        for index in &features {
            scenario.states[*index as usize] = state.code();
        }
        let next = Arc::new(scenario.clone());
        let start = Instant::now();
        let update = kept.update(Arc::clone(&world), next);
        updates.insert(name.to_owned(), millis(start).into());
        assert_eq!(update.num_features, features.len(), "{name}");
    }
    let equal = kept == new(&Arc::new(scenario));
    let start = Instant::now();
    let results = check(&rules, &kept, &RuleSettings::default());
    let rules_ms = millis(start);
    let answer = serde_json::json!({
        "features": count, "world_ms": made_ms, "full_ms": full_ms, "updates": updates, "rules": results.len(),
        "rules_ms": rules_ms, "update_equals_full": equal,
    });
    println!("{answer}");
}
