//! Edits are equal to new studies, and the number of storeys to trying them all.

use super::super::params::{Custom, StoreysOf};
use super::super::storeys::Fate;
use super::super::*;
use super::{coarse, cuboid, site, study, town};
use crate::outcome::Ending;
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
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
        input.buildings.push(proposal);
        let most_storeys = 12;
        let params = Params {
            with_facades: false,
            storeys_of: Some(StoreysOf { building: "proposal".into(), storey_m: 4.5, max_storeys: most_storeys }),
            ..coarse()
        };
        let mut hours_by_storeys: Vec<Vec<f64>> = vec![];
        let mut fates_by_storeys: Vec<Vec<Fate>> = vec![];
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
            let fates = std::iter::zip(&worst, without).filter(|(now, _)| !now.is_nan());
            let error_h = params.error_min / 60.0;
            fates_by_storeys.push(fates.map(|(now, before)| Fate::of(*now, *before, 2.0, error_h, 2.0 / 3600.0)).collect());
            hours_by_storeys.push(worst);
        }
        // every number below the answer is fine, none above
        let last_of = |is_fine: &dyn Fn(&Fate) -> bool| {
            let fine: Vec<bool> = fates_by_storeys.iter().map(|fates| fates.iter().all(is_fine)).collect();
            let last = fine.iter().take_while(|f| **f).count() as u32 - 1;
            (last, fine.iter().skip(last as usize + 1).any(|f| *f))
        };
        let certain = last_of(&|fate| *fate == Fate::Kept);
        let possible = last_of(&|fate| *fate != Fate::Harmed);
        prop_assert!(!certain.1 && !possible.1, "{:?}", fates_by_storeys);
        let mut live = study(&input, &params);
        let before = (live.buildings.clone(), live.examined.clone());
        let answer = storeys::most(&mut live, params.storeys_of.as_ref().unwrap(), &Task::default()).unwrap();
        prop_assert_eq!((answer.most_certain, answer.most), (certain.0, possible.0), "{:?}", answer.tried);
        // what was asked changes nothing
        prop_assert_eq!((live.buildings, live.examined), before);
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
            storey_m: 1.0,
            max_storeys: 99,
        }),
        ..Params::default()
    };
    let outcome = run(&input, &params, &Task::default()).unwrap();
    let verdict = &outcome.verdicts[0];
    assert_eq!((verdict.feature.as_str(), verdict.verdict), ("estate", Ending::Fail));
    let because = verdict.because.as_ref().unwrap();
    assert!(
        because.zh.contains("tower") && because.en.contains("tower"),
        "{because:?}"
    );
    let figure = |outcome: &Outcome, key: &str| outcome.figures.iter().find(|f| f.key == key).unwrap().value;
    // five hours and three quarters of an hour of error: there are heights that nobody can tell of
    params.custom = Some(Custom {
        date: "2001-01-20".into(),
        window_h: [8.0, 16.0],
        hours: 5.0,
        source: "test".into(),
    });
    params.error_min = 45.0;
    let outcome = run(&input, &params, &Task::default()).unwrap();
    let [certain, most] = ["most_storeys_certain", "most_storeys"].map(|key| figure(&outcome, key));
    assert!(certain > 1.0 && certain < most && most < 99.0, "{certain} and {most}");
    let tried = outcome.tables.iter().find(|table| table.key == "storeys").unwrap();
    assert_eq!(tried.rows.iter().map(Vec::len).max().unwrap(), tried.columns.len());
    params.storeys_of = None;
    for (storeys, ending) in [
        (certain, Ending::Pass),
        (certain + 1.0, Ending::WithinError),
        (most, Ending::WithinError),
        (most + 1.0, Ending::Fail),
    ] {
        input.buildings[1].top_m = storeys;
        let outcome = run(&input, &params, &Task::default()).unwrap();
        assert_eq!(outcome.verdicts[0].verdict, ending, "{storeys} storeys");
    }
}
