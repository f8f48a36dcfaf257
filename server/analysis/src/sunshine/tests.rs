//! The whole kernel against closed forms and against itself: shadows of boxes, edits, storeys, who takes what.

use super::blame;
use super::findings;
use super::params::{Custom, StoreysOf};
use super::rays::Heading;
use super::scene::{Path, Scene, TERRAIN};
use super::storeys;
use super::sun::Day;
use super::*;
use crate::geometry::polygon;
use crate::outcome::{Ending, Shape};
use geo::MultiPolygon;
use proptest::prelude::*;

fn site() -> Site {
    Site {
        latitude_deg: 34.75,
        longitude_deg: 113.65,
        elevation_m: 100.0,
        convergence_deg: -0.4,
        utc_offset_h: 8.0,
    }
}

/// A box from (x, y) to (x + w, y + d), metres from a far-off corner of the grid.
fn cuboid(id: &str, [x, y]: [f64; 2], [w, d]: [f64; 2], [ground_m, top_m]: [f64; 2]) -> Building {
    let [x, y] = [500_000.0 + x, 3_847_000.0 + y];
    let ring = vec![[x, y], [x + w, y], [x + w, y + d], [x, y + d]];
    Building {
        id: id.into(),
        index: Some(id.len() as u32),
        usage: Usage::Residential,
        footprint: MultiPolygon::new(vec![polygon(&[ring])]),
        ground_m,
        top_m,
        ..Building::default()
    }
}

fn window(building: &Building, at: [f64; 3]) -> Building {
    Building {
        is_examined: true,
        windows: vec![Window {
            id: "w".into(),
            dwelling: "d".into(),
            sill: [500_000.0 + at[0], 3_847_000.0 + at[1], at[2]],
            normal: [0.0, -2.0],
        }],
        ..building.clone()
    }
}

fn study(input: &Input, params: &Params) -> Study {
    Study::new(input, params, &Limits::shipped().unwrap(), &Task::default()).unwrap()
}

/// Fraction of the way to the sun at which a box stands before it, by the method of slabs: an interval that is empty when
/// the sun passes. No triangles, no sampling.
fn box_stops(p: [f64; 3], d: [f64; 3], low: [f64; 3], high: [f64; 3]) -> bool {
    let (mut near, mut far) = (0.0_f64, f64::INFINITY);
    for k in 0..3 {
        let (a, b) = ((low[k] - p[k]) / d[k], (high[k] - p[k]) / d[k]);
        near = near.max(a.min(b));
        far = far.min(a.max(b));
    }
    near < far
}

/// When the sun, seen from `p`, passes the bearing of a vertical edge at `x, y` of the grid: by bisection on the azimuth of
/// SPA alone, to a millisecond.
fn passes_edge(day: &Day, p: [f64; 3], edge: [f64; 2]) -> f64 {
    let bearing = (edge[0] - p[0]).atan2(edge[1] - p[1]);
    let (mut low, mut high) = (day.start_s, day.sample_s(day.steps));
    while high - low > 1e-3 {
        let middle = f64::midpoint(low, high);
        let d = day.direction(middle);
        let off = (d[0].atan2(d[1]) - bearing).rem_euclid(std::f64::consts::TAU);
        // the sun's bearing grows through the day; behind the edge it is a small positive number
        if off < std::f64::consts::PI { high = middle } else { low = middle }
    }
    low
}

#[test]
fn a_tower_takes_the_time_between_the_bearings_of_its_edges() {
    // so tall that the sun never comes over it: only the bearings of two vertical edges matter
    let tower = cuboid("tower", [-12.0, -60.0], [20.0, 15.0], [0.0, 300.0]);
    let home = window(&cuboid("home", [-20.0, 0.0], [40.0, 12.0], [0.0, 18.0]), [0.0, 0.0, 0.9]);
    let input = Input {
        site: site(),
        buildings: vec![tower, home],
        ..Input::default()
    };
    let study = study(&input, &Params::default());
    let examined = &study.examined[1];
    let (point, sun) = (examined.deciding.points[0], &examined.deciding.suns[0]);
    let day = &study.paths[0].day;
    let at = |x: f64, y: f64| [500_000.0 + x, 3_847_000.0 + y];
    // from the north the shadow runs from the north-east edge (morning) to the north-west edge (afternoon)
    let starts = passes_edge(day, point.position, at(8.0, -45.0));
    let ends = passes_edge(day, point.position, at(-12.0, -45.0));
    let expected = [[day.start_s, starts], [ends, day.sample_s(day.steps)]];
    assert_eq!(sun.spells.len(), 2, "{:?}", sun.spells);
    for (found, expected) in std::iter::zip(sun.spells.as_flattened(), expected.as_flattened()) {
        assert!((found - expected).abs() <= 0.6, "{found} s found, {expected} s expected");
    }
    let hours = study.hours(sun);
    let by_hand = 8.0 - (ends - starts) / 3600.0;
    assert!((hours - by_hand).abs() * 3600.0 < 1.5, "{hours} h, {by_hand} h by hand");
    assert!(starts < ends && ends - starts > 3000.0);
    let blamed = blame::of_point(&study.scene, &study.paths[0], &point, 1.0);
    assert_eq!(blamed.shares.len(), 1);
    assert!((blamed.shares[0].alone_s - (ends - starts)).abs() < 1.5);
    assert!((blamed.facing_s - 8.0 * 3600.0).abs() < 1.0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    /// Any box, any point: every start and end within 10 s of a search that knows only slabs (every 2 s, no triangles).
    #[test]
    fn shadows_of_boxes_are_those_of_slabs(
        x in -60.0..60.0_f64, y in -120.0..-8.0_f64, w in 4.0..50.0_f64, d in 4.0..30.0_f64, h in 3.0..90.0_f64,
        base in -5.0..10.0_f64, z in 0.5..20.0_f64,
    ) {
        let block = cuboid("block", [x, y], [w, d], [base, base + h]);
        let home = window(&cuboid("home", [-20.0, 0.0], [40.0, 12.0], [0.0, 30.0]), [0.0, 0.0, z]);
        let input = Input { site: site(), buildings: vec![block, home], ..Input::default() };
        let study = study(&input, &Params::default());
        let (point, sun) = (study.examined[1].deciding.points[0], &study.examined[1].deciding.suns[0]);
        prop_assume!(point.is_open());
        let (low, high) = ([500_000.0 + x, 3_847_000.0 + y, base], [500_000.0 + x + w, 3_847_000.0 + y + d, base + h]);
        let day = &study.paths[0].day;
        let is_lit = |s: f64| {
            let d = day.direction(s);
            d[1] < 0.0 && !box_stops(point.position, d, low, high)
        };
        let mut expected: Vec<[f64; 2]> = vec![];
        let mut since = None;
        for k in 0..=14_400 {
            let s = day.start_s + 2.0 * f64::from(k);
            match (is_lit(s), since) {
                (true, None) => since = Some(s),
                (false, Some(start)) => { expected.push([start, s]); since = None; }
                _ => {}
            }
        }
        expected.extend(since.map(|start| [start, day.sample_s(day.steps)]));
        // a spell or gap shorter than the minute between samples may be missed, as stated
        let mut merged: Vec<[f64; 2]> = vec![];
        for spell in expected {
            match merged.last_mut() {
                Some(last) if spell[0] - last[1] < 62.0 => last[1] = spell[1],
                _ => merged.push(spell),
            }
        }
        merged.retain(|s| s[1] - s[0] > 62.0);
        let mut found: Vec<[f64; 2]> = vec![];
        for spell in &sun.spells {
            match found.last_mut() {
                Some(last) if spell[0] - last[1] < 62.0 => last[1] = spell[1],
                _ => found.push(*spell),
            }
        }
        found.retain(|s| s[1] - s[0] > 62.0);
        prop_assert_eq!(found.len(), merged.len(), "{:?} {:?}", found, merged);
        for (a, b) in std::iter::zip(found.as_flattened(), merged.as_flattened()) {
            prop_assert!((a - b).abs() <= 3.0, "{} {}", a, b);
        }
    }
}

#[test]
fn a_long_wall_to_the_south_lets_the_sun_over_at_the_height_of_textbooks() {
    // An endless wall 30 m south: the window sees the sun when tan(height) ÷ cos(azimuth from the wall's normal) > rise ÷ 30.
    let straight = Site {
        convergence_deg: 0.0,
        ..site()
    };
    let wall = cuboid("wall", [-50_000.0, -40.0], [100_000.0, 10.0], [0.0, 20.0]);
    let home = window(&cuboid("home", [-20.0, 0.0], [40.0, 12.0], [0.0, 18.0]), [0.0, 0.0, 0.9]);
    let input = Input {
        site: straight,
        buildings: vec![wall, home],
        ..Input::default()
    };
    let study = study(&input, &Params::default());
    let sun = &study.examined[1].deciding.suns[0];
    // the edge that is passed over is the farther one of the roof when the sun rises behind the wall: the nearer one here,
    // since the sun must clear both and the nearer looks higher
    let (rise, away) = (20.0 - 0.9, 30.0 - points::OFF_M);
    let day = &study.paths[0].day;
    let profile = |s: f64| {
        let d = day.direction(s);
        d[2] / -d[1] > rise / away
    };
    let mut expected = vec![];
    let mut before = profile(day.start_s);
    for k in 1..=288_000 {
        let s = day.start_s + 0.1 * f64::from(k);
        let now = profile(s);
        if now != before {
            expected.push(s);
        }
        before = now;
    }
    let found = sun.spells.as_flattened();
    assert_eq!(found.len(), expected.len(), "{found:?} {expected:?}");
    assert_eq!(found.len(), 2);
    for (a, b) in std::iter::zip(found, expected) {
        assert!((a - b).abs() <= 0.7, "{a} {b}");
    }
}

/// A small town of boxes by numbers, on a slope, all homes examined.
fn town(numbers: &[(u8, u8, u8)]) -> Input {
    let buildings = numbers.iter().enumerate().map(|(k, (x, y, h))| {
        let at = [f64::from(x % 8) * 28.0, f64::from(y % 8) * 24.0];
        let ground = 50.0 + 0.02 * at[1];
        Building {
            is_examined: k % 2 == 0,
            ..cuboid(&format!("b-{k}"), at, [20.0, 11.0], [ground, ground + 3.0 + f64::from(h % 60)])
        }
    });
    let terrain = Grid {
        origin: [499_800.0, 3_846_800.0],
        cell_m: 50.0,
        columns: 12,
        rows: 12,
        heights: (0..144_u16).map(|i| 50.0 + 0.02 * (f32::from(i / 12) * 50.0 - 200.0) - 0.5).collect(),
    };
    Input {
        site: site(),
        buildings: buildings.collect(),
        terrain: Terrain::Heights(terrain),
        ground: Some(Grid {
            origin: [500_000.0, 3_847_000.0],
            cell_m: 31.0,
            columns: 7,
            rows: 6,
            heights: vec![52.0; 42],
        }),
    }
}

fn coarse() -> Params {
    Params {
        spacing_m: 5.0,
        patch_m: 10.0,
        step_s: 180.0,
        ..Params::default()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn rays_through_the_hierarchy_are_those_of_brute_force(numbers in prop::collection::vec(any::<(u8, u8, u8)>(), 2..14)) {
        let input = town(&numbers);
        let scene = Scene::new(&input, 1 << 30).unwrap();
        let path = Path::new(Day::new(&input.site, "2001-01-20", [8.0, 16.0], 600.0).unwrap(), 0.0);
        for building in &input.buildings {
            for point in points::facade(building, &Params { patch_m: 7.0, ..Params::default() }) {
                for heading in path.headings.iter().flatten() {
                    let brute = scene.is_met_by_brute_force(heading, point.position);
                    prop_assert_eq!(scene.is_met(heading, point.position, &mut scene::Memory::default()), brute);
                }
            }
        }
    }

    /// Changes, additions and removals one after the other: the same as a study of the changed town.
    #[test]
    fn an_edited_study_equals_a_new_one(
        numbers in prop::collection::vec(any::<(u8, u8, u8)>(), 3..9),
        edits in prop::collection::vec((any::<u8>(), any::<(u8, u8, u8)>(), 0..6_u8), 1..5),
    ) {
        let mut input = town(&numbers);
        let mut live = study(&input, &coarse());
        for (which, (x, y, h), kind) in edits {
            let spare = town(&[(x, y, h)]).buildings.remove(0);
            let k = which as usize % (input.buildings.len() + 1);
            let (id, building) = match (input.buildings.get(k).cloned(), kind) {
                // a house gone leaves its place, so that order stays
                (Some(old), 0) => (old.id, None),
                (Some(old), 1..=3) => (old.id.clone(), Some(Building { top_m: old.ground_m + f64::from(h % 70), ..old })),
                (Some(old), _) => (old.id.clone(), Some(Building { id: old.id, is_examined: old.is_examined, ..spare })),
                (None, _) => (format!("new-{}", input.buildings.len()), Some(Building { id: format!("new-{}", input.buildings.len()), ..spare })),
            };
            live.edit(&[Change { id: id.clone(), building: building.clone() }], &Task::default()).unwrap();
            match (building, input.buildings.iter().position(|b| b.id == id)) {
                (Some(building), Some(k)) => input.buildings[k] = building,
                (Some(building), None) => input.buildings.push(building),
                (None, Some(k)) => { input.buildings.remove(k); }
                (None, None) => {}
            }
        }
        let new = study(&input, &coarse());
        let standing = std::iter::zip(&live.buildings, &live.examined).filter_map(|(b, e)| Some((b.as_ref()?.id.clone(), e.clone())));
        let expected = std::iter::zip(&new.buildings, &new.examined).filter_map(|(b, e)| Some((b.as_ref()?.id.clone(), e.clone())));
        let (mut a, mut b): (Vec<_>, Vec<_>) = (standing.collect(), expected.collect());
        a.sort_by(|p, q| p.0.cmp(&q.0));
        b.sort_by(|p, q| p.0.cmp(&q.0));
        prop_assert_eq!(a, b);
        prop_assert_eq!(&live.ground, &new.ground);
    }

    /// More storeys never give a building more sun, and the answer is the one that trying every number gives.
    #[test]
    fn more_storeys_never_give_more_sun(numbers in prop::collection::vec(any::<(u8, u8, u8)>(), 2..7), at in any::<(u8, u8)>()) {
        let mut input = town(&numbers);
        let proposal = Building {
            is_proposal: true,
            ..cuboid("proposal", [f64::from(at.0 % 8) * 28.0 + 3.0, f64::from(at.1 % 4) * 24.0 - 60.0], [16.0, 11.0], [50.0, 53.0])
        };
        input.buildings.push(proposal.clone());
        let most_storeys = 12;
        let params = Params {
            with_facades: false,
            storeys_of: Some(StoreysOf { building: "proposal".into(), storey_m: 4.5, max_storeys: most_storeys }),
            ..coarse()
        };
        let mut hours_by_storeys: Vec<Vec<f64>> = vec![];
        let mut fine = vec![];
        for storeys in 0..=most_storeys {
            let last = input.buildings.last_mut().unwrap();
            last.top_m = 50.0 + 4.5 * f64::from(storeys);
            let study = study(&input, &params);
            let found = findings::of(&study);
            let worst: Vec<f64> = found.iter().map(|f| f.worst.map_or(f64::NAN, |w| w.0)).collect();
            if let Some(before) = hours_by_storeys.last() {
                for (less, more) in std::iter::zip(&worst, before) {
                    prop_assert!(less.is_nan() || *less <= more + 2.0 / 3600.0, "{less} {more}");
                }
            }
            let without = hours_by_storeys.first().unwrap_or(&worst);
            fine.push(std::iter::zip(&worst, without).all(|(now, before)| now.is_nan() || *now >= 2.0 || *before < 2.0 && *now >= before - 2.0 / 3600.0));
            hours_by_storeys.push(worst);
        }
        // every number below the answer is fine, none above
        let expected = fine.iter().take_while(|f| **f).count() as u32 - 1;
        prop_assert!(fine.iter().skip(expected as usize + 1).all(|f| !f));
        let answer = storeys::most(study(&input, &params), params.storeys_of.as_ref().unwrap(), &Task::default()).unwrap();
        prop_assert_eq!(answer.most, expected, "{:?}", answer.tried);
    }
}

#[test]
fn a_tower_is_lowered_until_the_old_estate_has_its_sun() {
    let estate = Building {
        is_examined: true,
        ..cuboid("estate", [0.0, 0.0], [60.0, 12.0], [0.0, 18.0])
    };
    let tower = Building {
        is_proposal: true,
        ..cuboid("tower", [-20.0, -62.0], [100.0, 16.0], [0.0, 99.0])
    };
    let mut input = Input {
        site: site(),
        buildings: vec![estate, tower],
        ..Input::default()
    };
    let mut params = Params {
        storeys_of: Some(StoreysOf {
            building: "tower".into(),
            storey_m: 3.0,
            max_storeys: 33,
        }),
        ..Params::default()
    };
    let outcome = run(&input, &params, &Task::default()).unwrap();
    let verdict = &outcome.verdicts[0];
    assert_eq!((verdict.feature.as_str(), verdict.verdict), ("estate", Ending::Fail));
    let because = verdict.because.as_ref().unwrap();
    assert!(because.zh.contains("tower") && because.en.contains("tower"), "{because:?}");
    let most = outcome.figures.iter().find(|f| f.key == "most_storeys").unwrap().value;
    assert!(most > 1.0 && most < 33.0, "{most}");
    // at that height it passes, one storey higher it does not
    params.storeys_of = None;
    for (storeys, is_fine) in [(most, true), (most + 1.0, false)] {
        input.buildings[1].top_m = 3.0 * storeys;
        let outcome = run(&input, &params, &Task::default()).unwrap();
        assert_eq!(outcome.verdicts[0].margin.unwrap() >= 0.0, is_fine, "{storeys} storeys");
    }
}

#[test]
fn the_outcome_is_whole_and_the_same_for_any_number_of_threads() {
    let input = town(&[(0, 0, 40), (0, 1, 20), (1, 1, 33), (2, 0, 50), (3, 2, 9), (1, 3, 12)]);
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| run(&input, &Params::default(), &Task::default()).unwrap())
    };
    let outcome = on(1);
    let json = serde_json::to_string(&outcome).unwrap();
    assert_eq!(json, serde_json::to_string(&on(3)).unwrap());
    let keys: Vec<&str> = outcome.layers.iter().map(|l| l.key.as_str()).collect();
    assert_eq!(keys, ["facade_hours", "ground_hours", "building_hours"]);
    for layer in &outcome.layers {
        assert_eq!(layer.values.len(), layer.shape.len());
        assert!(layer.values.iter().all(|v| v.is_nan() || (0.0..=8.0).contains(v)));
    }
    // the ground below a house has no value
    let Shape::Grid { heights, .. } = &outcome.layers[1].shape else { panic!("{:?}", outcome.layers[1].shape) };
    assert_eq!(heights.len(), 42);
    assert!(outcome.layers[1].values.iter().any(|v| v.is_nan()));
    assert_eq!(outcome.verdicts.len(), 3);
    let tables: Vec<&str> = outcome.tables.iter().map(|t| t.key.as_str()).collect();
    assert_eq!(tables, ["buildings", "blame", "blame_points"]);
    for table in &outcome.tables {
        assert!(table.rows.iter().all(|row| row.len() == table.columns.len()), "{}", table.key);
    }
}

#[test]
fn one_good_window_is_enough_for_a_dwelling() {
    let home = cuboid("home", [0.0, 0.0], [40.0, 12.0], [0.0, 18.0]);
    let window = |id: &str, dwelling: &str, x: f64, y: f64, north: bool| Window {
        id: id.into(),
        dwelling: dwelling.into(),
        sill: [500_000.0 + x, 3_847_000.0 + y, 0.9],
        normal: [0.0, if north { 1.0 } else { -1.0 }],
    };
    let mut home = Building {
        is_examined: true,
        windows: vec![window("n", "101", 5.0, 12.0, true), window("s", "101", 5.0, 0.0, false)],
        ..home
    };
    let ending = |home: &Building| {
        let input = Input {
            site: site(),
            buildings: vec![home.clone()],
            ..Input::default()
        };
        run(&input, &Params::default(), &Task::default()).unwrap().verdicts.remove(0)
    };
    let verdict = ending(&home);
    assert_eq!(verdict.verdict, Ending::Pass);
    assert!((verdict.value.unwrap() - 8.0).abs() < 1e-9);
    home.windows.push(window("n2", "102", 20.0, 12.0, true));
    assert_eq!(ending(&home).value, Some(0.0));
}

#[test]
fn hills_and_own_wings_are_blamed_by_name() {
    let mut home = window(&cuboid("home", [-20.0, 0.0], [40.0, 12.0], [0.0, 18.0]), [0.0, 0.0, 0.9]);
    // an own wing to the west of the window, a hill to the south-east
    let wing = cuboid("home", [-20.0, -30.0], [10.0, 30.0], [0.0, 18.0]);
    home.mesh = [solids::of_building(&home).unwrap(), solids::of_building(&wing).unwrap()].concat();
    let hill = [[500_030.0, 3_846_900.0, -1.0], [500_200.0, 3_846_900.0, -1.0], [500_100.0, 3_846_910.0, 80.0]];
    let input = Input {
        site: site(),
        buildings: vec![home],
        terrain: Terrain::Triangles(vec![hill]),
        ..Input::default()
    };
    let study = study(&input, &Params::default());
    let point = study.examined[0].deciding.points[0];
    let blamed = blame::of_point(&study.scene, &study.paths[0], &point, 1.0);
    let owners: Vec<u32> = blamed.shares.iter().map(|s| s.owner).collect();
    assert!(owners.contains(&0) && owners.contains(&TERRAIN), "{owners:?}");
    // what has no sun is shaded, since the wall looks south
    let sunny: f64 = study.examined[0].deciding.suns[0].spells.iter().map(|s| s[1] - s[0]).sum();
    assert!((sunny + blamed.shaded_s - blamed.facing_s).abs() < 4.0, "{sunny} {blamed:?}");
}

#[test]
fn walls_between_neighbours_and_buried_sills_do_not_decide() {
    let left = Building {
        is_examined: true,
        ..cuboid("left", [0.0, 0.0], [20.0, 12.0], [0.0, 18.0])
    };
    // stands against the western half of the south wall
    let before = cuboid("before", [0.0, -6.0], [10.0, 6.0], [0.0, 9.0]);
    let input = Input {
        site: site(),
        buildings: vec![left, before],
        ..Input::default()
    };
    let study_of = study(&input, &Params::default());
    let points = &study_of.examined[0].deciding.points;
    assert_eq!(points.iter().filter(|p| p.is_inside).count(), 10);
    assert!(points.iter().all(|p| p.is_inside == (p.position[0] < 500_010.0)));
    let hill = [[499_900.0, 3_846_900.0, 5.0], [500_100.0, 3_846_900.0, 5.0], [500_000.0, 3_847_200.0, 5.0]];
    let buried = Input {
        terrain: Terrain::Triangles(vec![hill]),
        ..input
    };
    let outcome = run(&buried, &Params::default(), &Task::default()).unwrap();
    assert_eq!(outcome.verdicts[0].verdict, Ending::NotDecidable);
    assert!(outcome.notes.iter().any(|n| n.code == "sunshine/buried-points" && n.features == ["left"]));
}

#[test]
fn near_the_limit_nothing_is_decided() {
    let home = Building {
        is_examined: true,
        ..cuboid("home", [0.0, 0.0], [40.0, 12.0], [0.0, 18.0])
    };
    let input = Input {
        site: site(),
        buildings: vec![home],
        ..Input::default()
    };
    let ending = |hours: f64| {
        let params = Params {
            custom: Some(Custom {
                date: "2001-01-20".into(),
                window_h: [8.0, 16.0],
                hours,
                source: "test".into(),
            }),
            ..Params::default()
        };
        run(&input, &params, &Task::default()).unwrap().verdicts[0].verdict
    };
    // a south wall in the open has all of the 8 h
    assert_eq!(ending(7.9), Ending::Pass);
    assert_eq!(ending(7.98), Ending::WithinError);
    assert_eq!(ending(8.04), Ending::WithinError);
    assert_eq!(ending(8.1), Ending::Fail);
}

#[test]
fn what_cannot_be_computed_is_refused_by_name() {
    let home = Building {
        is_examined: true,
        ..cuboid("home", [0.0, 0.0], [40.0, 12.0], [0.0, 18.0])
    };
    let input = Input {
        site: site(),
        buildings: vec![home.clone()],
        ..Input::default()
    };
    let fails = |input: &Input, params: &Params| run(input, params, &Task::default()).unwrap_err().to_string();
    let small = Params {
        max_bytes: 5000,
        ..Params::default()
    };
    assert!(fails(&input, &small).contains("5000 are allowed"));
    let quick = Params {
        step_s: 0.0,
        ..Params::default()
    };
    assert!(fails(&input, &quick).contains("step_s"));
    let lost = Params {
        storeys_of: Some(StoreysOf {
            building: "nowhere".into(),
            storey_m: 3.0,
            max_storeys: 9,
        }),
        ..Params::default()
    };
    assert!(fails(&input, &lost).contains("nowhere"));
    let broken = Input {
        buildings: vec![Building {
            top_m: f64::NAN,
            ..home.clone()
        }],
        ..input.clone()
    };
    assert!(fails(&broken, &Params::default()).contains("building home"));
    let task = Task::default();
    task.cancel();
    assert!(matches!(run(&input, &Params::default(), &task), Err(Error::Cancelled(_))));
    // an empty scene is no error
    let empty = Input {
        site: site(),
        ..Input::default()
    };
    assert!(run(&empty, &Params::default(), &Task::default()).unwrap().verdicts.is_empty());
    assert!(!Heading::new([0.0, 0.0, 1.0]).meets_box([0.0; 3], [1.0; 3], [2.0; 3]));
}
