//! How many storeys a proposal may have: the most at which every examined building keeps its sun, or has no less than without
//! the proposal where it fails anyway.
//!
//! More storeys never give more sun to anybody: the taller prism contains the lower one, and what counts of the sunlit time
//! (the sum of long spells, the longest, the longest few) can only fall when time is taken away. So bisection finds the most.

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

/// The most storeys that a proposal may have.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// Id of the proposal.
    pub building: String,
    /// The most storeys; 0 when not even one may stand.
    pub most: u32,
    /// Height of a storey, metres.
    pub storey_m: f64,
    /// True when the most that was asked for may stand.
    pub is_bounded_by_question: bool,
    /// What was tried, by storeys.
    pub tried: Vec<Trial>,
}

/// One number of storeys that was tried.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// Storeys.
    pub storeys: u32,
    /// Buildings that lose what they need: id, hours, hours without the proposal, limit.
    pub harmed: Vec<Harm>,
}

/// A building that loses sun it needs.
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
    let mut tried = vec![];
    let mut may = |storeys: u32| -> Result<bool, Error> {
        let mesh = study.scene.apart(&raised(storeys))?;
        let mut harmed = vec![];
        for neighbour in &neighbours {
            task.step(0.95)?;
            harmed.extend(harm(study, &mesh, neighbour));
        }
        let is_fine = harmed.is_empty();
        tried.push(Trial { storeys, harmed });
        Ok(is_fine)
    };
    let (mut fine, mut bad) = (0, ask.max_storeys + 1);
    if may(ask.max_storeys)? {
        fine = ask.max_storeys;
    } else {
        bad = ask.max_storeys;
    }
    while bad - fine > 1 {
        let middle = fine.midpoint(bad);
        if may(middle)? {
            fine = middle;
        } else {
            bad = middle;
        }
    }
    tried.sort_by_key(|trial| trial.storeys);
    Ok(Answer {
        building: ask.building.clone(),
        most: fine,
        storey_m: ask.storey_m,
        is_bounded_by_question: fine == ask.max_storeys,
        tried,
    })
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
    let is_kept =
        now_h >= neighbour.limit_h || neighbour.before_h < neighbour.limit_h && now_h >= neighbour.before_h - same_h;
    (!is_kept).then(|| Harm {
        id: study.owner_id(neighbour.place as u32).unwrap_or_default().to_owned(),
        hours: now_h,
        hours_before: neighbour.before_h,
        limit_h: neighbour.limit_h,
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
