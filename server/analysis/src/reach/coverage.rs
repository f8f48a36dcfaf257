//! Who reaches what: walks from facilities of each kind, and people by building.

use super::barriers::Blocks;
use super::error::Error;
use super::graph::{Graph, Place};
use super::input::Input;
use super::near::Point;
use super::params::{Params, Rules};
use crate::Task;
use rayon::prelude::*;

/// Buildings and facilities on the graph.
#[derive(Debug, Default)]
pub struct Places {
    /// Of each building; `None` where no street is near.
    pub buildings: Vec<Option<Place>>,
    /// Of each facility.
    pub facilities: Vec<Option<Place>>,
}

/// Places points on the nearest streets that can be reached in a straight line without crossing a barrier.
pub fn place(graph: &Graph, blocks: &Blocks, points: &[Point], access_m: f64) -> Vec<Option<Place>> {
    let one = |p: &Point| graph.place(*p, access_m, |foot| blocks.is_free(*p, foot));
    points.par_iter().map(one).collect()
}

/// How a kind of facility is reached.
#[derive(Debug, Clone, PartialEq)]
pub struct KindReach {
    /// Place of the kind in the rules.
    pub kind: usize,
    /// Facilities of the kind.
    pub num_facilities: usize,
    /// People within the distance of the kind.
    pub people: f64,
    /// People within the distance shortened and lengthened by the error.
    pub range: [f64; 2],
    /// Of each building, the walk to the nearest, metres; `None` beyond the distance and its error.
    pub walks_m: Vec<Option<f64>>,
}

impl KindReach {
    /// True when a building has the kind within its distance.
    pub fn is_reached(&self, building: usize, rules: &Rules) -> bool {
        self.walks_m[building].is_some_and(|m| m <= rules.kinds[self.kind].distance_m)
    }
}

/// Every kind that has a facility or not, in the order of the rules.
///
/// # Errors
/// [`Error::Cancelled`] when it was asked to stop.
pub fn kinds(
    input: &Input,
    params: &Params,
    rules: &Rules,
    graph: &Graph,
    places: &Places,
    task: &Task,
) -> Result<Vec<KindReach>, Error> {
    (0..rules.kinds.len())
        .into_par_iter()
        .map(|kind| {
            task.step(0.0)?;
            let rule = &rules.kinds[kind];
            let of_kind = input
                .facilities
                .iter()
                .zip(&places.facilities)
                .filter(|(f, _)| f.kind == rule.id);
            let starts: Vec<Place> = of_kind.clone().filter_map(|(_, place)| *place).collect();
            let num_facilities = of_kind.count();
            let walk = graph.walk(&starts, rule.distance_m + params.error_m);
            let walks_m: Vec<Option<f64>> = places
                .buildings
                .iter()
                .map(|place| place.as_ref().and_then(|p| walk.to(graph, p)))
                .collect();
            let within = |limit_m: f64| -> f64 {
                let near = walks_m
                    .iter()
                    .zip(&input.buildings)
                    .filter(|(m, _)| m.is_some_and(|m| m <= limit_m));
                near.map(|(_, b)| b.people).sum()
            };
            Ok(KindReach {
                kind,
                num_facilities,
                people: within(rule.distance_m),
                range: [
                    within(rule.distance_m - params.error_m),
                    within(rule.distance_m + params.error_m),
                ],
                walks_m,
            })
        })
        .collect()
}
