//! What a study says of each building: the hours at the place that decides, held against the limit.

use super::study::{Examined, Study};
use crate::outcome::Ending;
use std::collections::BTreeMap;

/// What was found of a building that has a limit.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// Place of the building in the study.
    pub place: usize,
    /// Number of its rule.
    pub rule: usize,
    /// Hours at the point that decides, and its number; `None` without an open point.
    pub worst: Option<(f64, usize)>,
    /// Points that were examined, and those of them below the limit.
    pub points: [usize; 2],
    /// Points left out: inside solids, below terrain.
    pub left_out: [usize; 2],
    /// How it ends.
    pub ending: Ending,
}

/// What decides for a building: the worst of its points; with windows, the worst dwelling by its best window.
///
/// * `hours` — of each deciding point, in order; those of points that are not open are not looked at
/// * returns hours and the number of the point, the first of equals
pub fn worst(study: &Study, place: usize, examined: &Examined, hours: &[f64]) -> Option<(f64, usize)> {
    let open = std::iter::zip(&examined.deciding.points, hours)
        .enumerate()
        .filter(|(_, (point, _))| point.is_open())
        .map(|(k, (point, hours))| (point, *hours, k));
    let windows = study
        .buildings
        .get(place)
        .and_then(Option::as_ref)
        .map(|b| b.windows.as_slice());
    let mut dwellings: BTreeMap<&str, (f64, usize)> = BTreeMap::new();
    let mut alone: Option<(f64, usize)> = None;
    for (point, hours, k) in open {
        match windows.and_then(|w| w.get(point.window as usize)) {
            Some(window) => {
                let best = dwellings.entry(&window.dwelling).or_insert((hours, k));
                if hours > best.0 {
                    *best = (hours, k);
                }
            }
            None => alone = Some(least(alone, (hours, k))),
        }
    }
    dwellings.into_values().fold(alone, |worst, of| Some(least(worst, of)))
}

fn least(known: Option<(f64, usize)>, other: (f64, usize)) -> (f64, usize) {
    match known {
        Some(known) if (known.0, known.1) <= other => known,
        _ => other,
    }
}

/// Hours of the deciding points of a building.
pub fn hours(study: &Study, examined: &Examined) -> Vec<f64> {
    examined.deciding.suns.iter().map(|sun| study.hours(sun)).collect()
}

/// What a study says of each building with a limit, in the order of buildings.
pub fn of(study: &Study) -> Vec<Finding> {
    let mut found = vec![];
    for (place, examined) in study.examined.iter().enumerate() {
        let Some((number, rule)) = examined.rule.and_then(|k| Some((k, study.rules.get(k)?))) else {
            continue;
        };
        let hours = hours(study, examined);
        let worst = worst(study, place, examined, &hours);
        let margin = worst.map(|(hours, _)| hours - rule.limit.value);
        let points = &examined.deciding.points;
        let open = || std::iter::zip(points, &hours).filter(|(point, _)| point.is_open());
        found.push(Finding {
            place,
            rule: number,
            worst,
            points: [open().count(), open().filter(|(_, h)| **h < rule.limit.value).count()],
            left_out: [
                points.iter().filter(|p| p.is_inside).count(),
                points.iter().filter(|p| p.is_buried).count(),
            ],
            ending: Ending::of(margin, study.params.error_min / 60.0),
        });
    }
    found
}
