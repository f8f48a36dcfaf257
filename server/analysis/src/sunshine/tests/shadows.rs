//! Shadows of boxes in closed form, rays by brute force, and who is blamed for them.

use super::super::scene::{Path, Scene, TERRAIN};
use super::super::sun::Day;
use super::super::*;
use super::{cuboid, site, study, town, window};
use proptest::prelude::*;

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
        if off < std::f64::consts::PI {
            high = middle;
        } else {
            low = middle;
        }
    }
    low
}

#[test]
fn a_tower_takes_the_time_between_the_bearings_of_its_edges() {
    // so tall that the sun never comes over it: only the bearings of two vertical edges matter
    let tower = cuboid("tower", [-12.0, -60.0], [20.0, 15.0], [0.0, 300.0]);
    let home = window(
        &cuboid("home", [-20.0, 0.0], [40.0, 12.0], [0.0, 18.0]),
        [0.0, 0.0, 0.9],
    );
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
        assert!(
            (found - expected).abs() <= 0.6,
            "{found} s found, {expected} s expected"
        );
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
    let home = window(
        &cuboid("home", [-20.0, 0.0], [40.0, 12.0], [0.0, 18.0]),
        [0.0, 0.0, 0.9],
    );
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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn rays_through_the_hierarchy_are_those_of_brute_force(numbers in prop::collection::vec(any::<(u8, u8, u8)>(), 2..14)) {
        let input = town(&numbers);
        let scene = Scene::new(&input, 1 << 30).unwrap();
        let path = Path::new(Day::new(&input.site, "2001-01-20", [8.0, 16.0], 600.0).unwrap(), 0.0);
        for building in &input.buildings {
            for point in points::facade(building, &Params { patch_m: 7.0, ..Params::default() }).unwrap() {
                for heading in path.headings.iter().flatten() {
                    let brute = scene.is_met_by_brute_force(heading, point.position);
                    prop_assert_eq!(scene.is_met(heading, point.position, &mut scene::Memory::default()), brute);
                }
            }
        }
    }
}

#[test]
fn hills_and_own_wings_are_blamed_by_name() {
    let mut home = window(
        &cuboid("home", [-20.0, 0.0], [40.0, 12.0], [0.0, 18.0]),
        [0.0, 0.0, 0.9],
    );
    // an own wing to the west of the window, a hill to the south-east
    let wing = cuboid("home", [-20.0, -30.0], [10.0, 30.0], [0.0, 18.0]);
    home.mesh = [solids::of_building(&home).unwrap(), solids::of_building(&wing).unwrap()].concat();
    let hill = [
        [500_030.0, 3_846_900.0, -1.0],
        [500_200.0, 3_846_900.0, -1.0],
        [500_100.0, 3_846_910.0, 80.0],
    ];
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
    let sunny: f64 = study.examined[0].deciding.suns[0]
        .spells
        .iter()
        .map(|s| s[1] - s[0])
        .sum();
    assert!(
        (sunny + blamed.shaded_s - blamed.facing_s).abs() < 4.0,
        "{sunny} {blamed:?}"
    );
}
