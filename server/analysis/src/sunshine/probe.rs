//! One place of a study, asked for by a click: when it has sun and who takes the rest.

use super::blame::{self, Blame};
use super::points::{OFF_M, Point};
use super::scene::Memory;
use super::study::Study;
use super::survey;
use serde::Serialize;

/// What is found at a place.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Probe {
    /// Hours that count.
    pub hours: f64,
    /// Starts and ends of sun, true solar seconds of the day.
    pub solar_s: Vec<[f64; 2]>,
    /// The same in civil time.
    pub civil_s: Vec<[f64; 2]>,
    /// Blockers, the one that takes most first.
    pub blockers: Vec<Taken>,
}

/// What a blocker takes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Taken {
    /// Id of the building; `None` for the terrain.
    pub id: Option<String>,
    /// When, true solar seconds.
    pub solar_s: Vec<[f64; 2]>,
    /// Minutes that it stands before the sun.
    pub any_min: f64,
    /// Minutes that it alone does.
    pub alone_min: f64,
}

/// Asks a study for a place of its scene, on the day of its first rule.
///
/// * `normal` — out of a wall in plan, any length; zero for the ground
/// * returns `None` inside solids, below the terrain, and for a place that is no place
pub fn at(study: &Study, position: [f64; 3], normal: [f64; 2]) -> Option<Probe> {
    let path = study.paths.first()?;
    let length = normal[0].hypot(normal[1]);
    if !(length.is_finite() && position.iter().all(|v| v.is_finite())) {
        return None;
    }
    let normal = if length > 0.0 {
        normal.map(|v| v / length)
    } else {
        [0.0; 2]
    };
    let lift_m = if length > 0.0 { 0.0 } else { OFF_M };
    let [x, y, z] = position;
    let mut point = Point::at([x + normal[0] * OFF_M, y + normal[1] * OFF_M, z + lift_m], normal);
    study.scene.place(&mut point);
    if !point.is_open() {
        return None;
    }
    let refine_s = study.params.refine_s;
    let sun = survey::examine(&study.scene, path, &point, refine_s, &mut Memory::default());
    let Blame { shares, .. } = blame::of_point(&study.scene, path, &point, refine_s);
    let civil = |spell: &[f64; 2]| spell.map(|s| path.day.civil_s(s));
    Some(Probe {
        hours: study.hours(&sun),
        civil_s: sun.spells.iter().map(civil).collect(),
        solar_s: sun.spells,
        blockers: shares
            .into_iter()
            .map(|share| Taken {
                id: study.owner_id(share.owner).map(str::to_owned),
                solar_s: share.spells,
                any_min: share.any_s / 60.0,
                alone_min: share.alone_s / 60.0,
            })
            .collect(),
    })
}
