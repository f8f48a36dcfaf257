//! Times scenarios over a million features and prints the medians as one JSON object; run by `cargo xtask bench scenario`.
#![allow(clippy::print_stdout, reason = "the answer of the program")]

use city_model::scenario::{
    Action, CityFacts, Edit, StateTable, StateTableError, compile, diff, modifications, parse_phase,
};
use city_model::{Attributes, Date, Lifespan};
use std::hint::black_box;
use std::time::Instant;

const FEATURES: u32 = 1_000_000;
const PROPOSALS: u32 = 50_000;
const LIFESPANS: u32 = 20_000;
const EDITS: u32 = 400;
const FEATURES_OF_AN_EDIT: u32 = 1_000;
const ROUNDS: usize = 31;

fn edit(number: u32, shift: u32) -> Edit {
    let actions = [Action::Retain, Action::Modify, Action::Demolish, Action::Build];
    let action = actions[(number % 4) as usize];
    let city = FEATURES - PROPOSALS;
    // strewn over the city, as the worst case for the cache
    let place = |n: u32| (n.wrapping_mul(2_654_435_761) ^ shift.wrapping_mul(977)) % city;
    let first = number * FEATURES_OF_AN_EDIT;
    let feature_indices: Vec<u32> = match action {
        Action::Build => (0..100)
            .map(|n| city + (number / 4 * 100 + n + shift) % PROPOSALS)
            .collect(),
        _ => (first..first + FEATURES_OF_AN_EDIT).map(place).collect(),
    };
    let mut attributes = Attributes::new();
    if action == Action::Modify {
        attributes.insert("facade".to_owned(), format!("f{number}").into());
    }
    Edit {
        uid: number.to_string(),
        seq: u64::from(number) + 1,
        action,
        features: Vec::new(),
        added: Vec::new(),
        added_indices: if action == Action::Build {
            feature_indices.clone()
        } else {
            Vec::new()
        },
        feature_indices,
        attributes,
        project: None,
        phase: Some(Date(20_230_101 + (number % 12) as i32 * 10_000)),
        author: String::new(),
        note: String::new(),
        at: String::new(),
        from_revision: 1,
        until_revision: None,
    }
}

/// Median time of some rounds, milliseconds.
fn median_ms<T>(mut f: impl FnMut() -> T) -> f64 {
    let mut times: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let started = Instant::now();
            black_box(f());
            started.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[ROUNDS / 2]
}

fn main() -> Result<(), StateTableError> {
    let proposals: Vec<u32> = (FEATURES - PROPOSALS..FEATURES).collect();
    let life = |n: u32| Lifespan {
        from: None,
        to: Some(Date(20_240_101 + (n % 10) as i32 * 10_000)),
    };
    let lifespans: Vec<(u32, Lifespan)> = (0..LIFESPANS).map(|n| (n * 47, life(n))).collect();
    let city = CityFacts {
        count: FEATURES,
        proposals: &proposals,
        lifespans: &lifespans,
    };
    let side = |shift| (0..EDITS).map(|n| edit(n, shift)).collect::<Vec<_>>();
    let (a, b) = (side(0), side(7));
    let phase = parse_phase("2030").ok();
    let (table_a, table_b) = (compile(&a, phase, &city), compile(&b, phase, &city));
    let (changes_a, changes_b) = (modifications(&a, phase), modifications(&b, phase));
    let bytes = table_a.encode();
    StateTable::decode(&bytes)?;
    let found = diff(&table_a, &table_b, &changes_a, &changes_b);
    let mut figures = Attributes::new();
    let mut put = |name: &str, value: f64| drop(figures.insert(name.to_owned(), value.into()));
    put("features", f64::from(FEATURES));
    put("edited", f64::from(EDITS * FEATURES_OF_AN_EDIT));
    put(
        "differences",
        (found.added.len() + found.removed.len() + found.changed.len()) as f64,
    );
    put("compile_ms", median_ms(|| compile(&a, phase, &city)));
    put("encode_ms", median_ms(|| table_a.encode()));
    put("decode_ms", median_ms(|| StateTable::decode(&bytes)));
    put("modifications_ms", median_ms(|| modifications(&a, phase)));
    put(
        "diff_ms",
        median_ms(|| diff(&table_a, &table_b, &changes_a, &changes_b)),
    );
    put(
        "switch_ms",
        median_ms(|| StateTable::decode(&compile(&b, phase, &city).encode())),
    );
    println!("{}", serde_json::Value::from(figures));
    Ok(())
}
