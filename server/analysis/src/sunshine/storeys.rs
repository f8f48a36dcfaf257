//! How many storeys a proposal may have: the most at which every examined building surely keeps its sun, and the most at which
//! none surely loses it; between the two the error of the method leaves it open, as with verdicts. Who fails anyway may lose
//! nothing.
//!
//! More storeys never give more sun to anybody: the taller prism contains the lower one, and what counts of the sunlit time
//! (the sum of long spells, the longest, the longest few) can only fall when time is taken away. So bisection finds both.

use super::findings;
use super::input::Building;
use super::params::StoreysOf;
use super::rays::{Heading, Mesh};
use super::scene::{Bounds, Memory, Path};
use super::solids;
use super::study::{Change, Study};
use super::survey::{Sun, has_sun_at};
use super::{Error, points::Point};
use crate::Task;
use crate::indicators::Text;
use crate::outcome::Ending;
use std::collections::BTreeMap;

/// The most storeys that a proposal may have.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// Id of the proposal.
    pub building: String,
    /// The most storeys at which every building surely keeps its hours; 0 when not even one is sure.
    pub most_certain: u32,
    /// The most storeys at which no building surely loses hours that it needs, `most_certain` or more; 0 when not even one may
    /// stand.
    pub most: u32,
    /// Height of a storey, metres.
    pub storey_m: f64,
    /// True when the most that was asked for is `most`.
    pub is_bounded_by_question: bool,
    /// What was tried, by storeys.
    pub tried: Vec<Trial>,
}

/// One number of storeys that was tried.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// Storeys.
    pub storeys: u32,
    /// Buildings that do not surely keep what they need.
    pub harmed: Vec<Harm>,
}

impl Trial {
    /// True when every building surely keeps its hours.
    pub fn is_certain(&self) -> bool {
        self.harmed.is_empty()
    }

    /// True when no building surely loses hours that it needs.
    pub fn is_possible(&self) -> bool {
        !self.harmed.iter().any(|harm| harm.is_certain)
    }
}

/// A building that loses sun it needs, or that may.
#[derive(Debug, Clone, PartialEq)]
pub struct Harm {
    /// Its id.
    pub id: String,
    /// Hours then.
    pub hours: f64,
    /// Hours without the proposal.
    pub hours_before: f64,
    /// Hours needed.
    pub limit_h: f64,
    /// True when it surely loses them; false when the error of the method leaves it open.
    pub is_certain: bool,
}

/// What becomes of a building.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It surely keeps its hours, or loses none.
    Kept,
    /// Nearer to what it needs than the method can tell.
    Open,
    /// It surely falls below its limit, or surely loses more where it is below anyway.
    Harmed,
}

impl Fate {
    /// What hours mean for a building, all in hours.
    ///
    /// * `error_h` — of the method; `same_h` — what two equal answers may differ by
    pub(super) fn of(now_h: f64, before_h: f64, limit_h: f64, error_h: f64, same_h: f64) -> Self {
        let ending = |hours: f64| Ending::of(Some(hours - limit_h), error_h);
        if now_h >= before_h - same_h || ending(now_h) == Ending::Pass {
            return Self::Kept;
        }
        let is_harmed = match ending(before_h) {
            Ending::Fail => now_h < before_h - error_h,
            _ => ending(now_h) == Ending::Fail,
        };
        if is_harmed { Self::Harmed } else { Self::Open }
    }
}

/// A building that the tallest proposal may shade.
struct Neighbour {
    place: usize,
    limit_h: f64,
    before_h: f64,
    hours: Vec<f64>,
    /// Numbers of the points that it may shade, with the samples at which it may.
    touched: Vec<(usize, Vec<bool>)>,
}

/// Finds the most storeys; the proposal is taken out of the study and put back.
///
/// # Errors
/// A proposal that the study does not have or that has no footprint; a cancelled task, which leaves the study unusable.
pub fn most(study: &mut Study, ask: &StoreysOf, task: &Task) -> Result<Answer, Error> {
    let is_it = |b: &&Building| b.id == ask.building;
    let proposal = study
        .buildings
        .iter()
        .flatten()
        .find(is_it)
        .cloned()
        .ok_or_else(|| Error::Building {
            id: ask.building.clone(),
            reason: Text::new(
                "要反算层数，但不在计算范围内",
                "it is to be built higher or lower and is not in the scene",
            ),
        })?;
    if proposal.footprint.0.is_empty() {
        return Err(Error::Building {
            id: ask.building.clone(),
            reason: Text::new("没有轮廓，无法加层", "it has no footprint to be raised"),
        });
    }
    let away = Change {
        id: ask.building.clone(),
        building: None,
    };
    study.edit(&[away], task)?;
    let answer = without(study, &proposal, ask, task)?;
    let back = Change {
        id: ask.building.clone(),
        building: Some(proposal),
    };
    study.edit(&[back], task)?;
    Ok(answer)
}

/// The answer by a study in which the proposal does not stand.
fn without(study: &Study, proposal: &Building, ask: &StoreysOf, task: &Task) -> Result<Answer, Error> {
    let raised = |storeys: u32| {
        let top_m = proposal.ground_m + f64::from(storeys) * ask.storey_m;
        solids::prism(proposal, proposal.ground_m, top_m)
    };
    let neighbours = neighbours(study, Bounds::of(&raised(ask.max_storeys)));
    let mut tried = BTreeMap::new();
    let mut is = |storeys: u32, wanted: fn(&Trial) -> bool| -> Result<bool, Error> {
        if let Some(trial) = tried.get(&storeys) {
            return Ok(wanted(trial));
        }
        let mesh = study.scene.apart(&raised(storeys))?;
        let mut harmed = vec![];
        for neighbour in &neighbours {
            task.step(0.95)?;
            harmed.extend(harm(study, &mesh, neighbour));
        }
        let trial = Trial { storeys, harmed };
        let is_wanted = wanted(&trial);
        tried.insert(storeys, trial);
        Ok(is_wanted)
    };
    let most = largest(ask.max_storeys, |storeys| is(storeys, Trial::is_possible))?;
    let most_certain = largest(most, |storeys| is(storeys, Trial::is_certain))?;
    Ok(Answer {
        building: ask.building.clone(),
        most_certain,
        most,
        storey_m: ask.storey_m,
        is_bounded_by_question: most == ask.max_storeys,
        tried: tried.into_values().collect(),
    })
}

/// The largest number up to `end` that is fine, 0 when none is: whatever is below a fine one is fine too.
fn largest(end: u32, mut is_fine: impl FnMut(u32) -> Result<bool, Error>) -> Result<u32, Error> {
    if end == 0 || is_fine(end)? {
        return Ok(end);
    }
    let (mut fine, mut bad) = (0, end);
    while bad - fine > 1 {
        let middle = fine.midpoint(bad);
        if is_fine(middle)? {
            fine = middle;
        } else {
            bad = middle;
        }
    }
    Ok(fine)
}

fn neighbours(study: &Study, bounds: Option<Bounds>) -> Vec<Neighbour> {
    let Some(bounds) = bounds else { return vec![] };
    let mut found = vec![];
    for (place, examined) in study.examined.iter().enumerate() {
        let (Some(path), Some(rule)) = (study.path_of(examined), examined.rule.and_then(|k| study.rules.get(k))) else {
            continue;
        };
        let mut touched = vec![];
        for (k, point) in examined.deciding.points.iter().enumerate() {
            let mut mask = vec![false; path.headings.len()];
            if point.is_open() && path.touched(point, &bounds, &mut mask) {
                touched.push((k, mask));
            }
        }
        let hours = findings::hours(study, examined);
        if let (false, Some((before_h, _))) = (touched.is_empty(), findings::worst(study, place, examined, &hours)) {
            found.push(Neighbour {
                place,
                limit_h: rule.limit.value,
                before_h,
                hours,
                touched,
            });
        }
    }
    found
}

fn harm(study: &Study, proposal: &Mesh, neighbour: &Neighbour) -> Option<Harm> {
    let examined = study.examined.get(neighbour.place)?;
    let path = study.path_of(examined)?;
    let mut hours = neighbour.hours.clone();
    for (k, mask) in &neighbour.touched {
        let (point, sun) = (examined.deciding.points.get(*k)?, examined.deciding.suns.get(*k)?);
        let less = with_proposal(study, proposal, path, point, sun, mask);
        *hours.get_mut(*k)? = study.hours(&less);
    }
    let (now_h, _) = findings::worst(study, neighbour.place, examined, &hours)?;
    // as exact as starts and ends are found
    let same_h = 2.0 * study.params.refine_s / 3600.0;
    let error_h = study.params.error_min / 60.0;
    let fate = Fate::of(now_h, neighbour.before_h, neighbour.limit_h, error_h, same_h);
    (fate != Fate::Kept).then(|| Harm {
        id: study.owner_id(neighbour.place as u32).unwrap_or_default().to_owned(),
        hours: now_h,
        hours_before: neighbour.before_h,
        limit_h: neighbour.limit_h,
        is_certain: fate == Fate::Harmed,
    })
}

/// The sun of a point when the proposal stands too.
fn with_proposal(study: &Study, proposal: &Mesh, path: &Path, point: &Point, sun: &Sun, mask: &[bool]) -> Sun {
    let at = study.scene.local(point.position);
    let mut last = super::rays::NONE;
    let mut less = sun.clone();
    let mut is_less = false;
    for (k, heading) in path.headings.iter().enumerate() {
        if let (Some(true), Some(heading)) = (mask.get(k), heading)
            && sun.is_lit(k)
            && proposal.is_met(heading, at, &[], &mut last)
        {
            less.set(k, false);
            is_less = true;
        }
    }
    if is_less {
        let mut memory = Memory::default();
        less.refine(path, study.params.refine_s, |solar_s| {
            has_sun_at(&study.scene, path, point, solar_s, &mut memory)
                && !proposal.is_met(&Heading::new(path.day.direction(solar_s)), at, &[], &mut last)
        });
    }
    less
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hours now and without the proposal against two hours, three minutes of error.
    fn fate(now_h: f64, before_h: f64) -> Fate {
        Fate::of(now_h, before_h, 2.0, 0.05, 0.001)
    }

    #[test]
    fn a_building_surely_keeps_its_hours_only_beyond_the_error() {
        assert_eq!(fate(2.06, 4.0), Fate::Kept);
        assert_eq!([fate(2.04, 4.0), fate(2.0, 4.0), fate(1.96, 4.0)], [Fate::Open; 3]);
        assert_eq!(fate(1.94, 4.0), Fate::Harmed);
        // one that nobody can tell of before stays so while it loses nothing, and may not surely fail
        assert_eq!(
            [fate(1.98, 1.98), fate(1.96, 1.98), fate(1.94, 1.98)],
            [Fate::Kept, Fate::Open, Fate::Harmed]
        );
    }

    #[test]
    fn a_building_that_fails_anyway_may_lose_nothing() {
        assert_eq!([fate(1.0, 1.0), fate(0.9995, 1.0)], [Fate::Kept; 2]);
        assert_eq!([fate(0.98, 1.0), fate(0.94, 1.0)], [Fate::Open, Fate::Harmed]);
        // a method without error leaves nothing open
        let exact = |now_h: f64, before_h: f64| Fate::of(now_h, before_h, 2.0, 0.0, 0.001);
        assert_eq!(
            [exact(2.0, 3.0), exact(1.999, 3.0), exact(0.99, 1.0)],
            [Fate::Kept, Fate::Harmed, Fate::Harmed]
        );
    }

    #[test]
    fn the_largest_fine_number_is_found_at_both_ends() {
        let most = |end, fine: u32| largest(end, |n| Ok(n <= fine)).unwrap();
        assert_eq!(
            [most(9, 0), most(9, 4), most(9, 8), most(9, 9), most(0, 9)],
            [0, 4, 8, 9, 0]
        );
    }
}
