//! Everything reached from the starts: lengths of walks along streets, and the area of each circle.

use super::error::Error;
use super::graph::{Place, Stretch, Walk};
use super::near::Point;
use super::params::{Params, Rules};
use super::{Prepared, areas};
use crate::Task;
use geo::MultiPolygon;

/// What is reached from the starts.
#[derive(Debug)]
pub struct Isochrone {
    /// Walks, up to the largest circle.
    pub walk: Walk,
    /// Reached stretches of edges with the edge of each.
    pub stretches: Vec<(u32, Stretch)>,
    /// Length of the streets within each circle, metres.
    pub streets_m: Vec<f64>,
    /// Area of each circle.
    pub areas: Vec<MultiPolygon<f64>>,
}

/// Walks from the nearest start to everything within the largest circle.
///
/// # Errors
/// [`Error::Cancelled`] when it was asked to stop.
pub fn of(
    prepared: &Prepared,
    params: &Params,
    rules: &Rules,
    starts: &[Place],
    task: &Task,
) -> Result<Isochrone, Error> {
    let graph = &prepared.graph;
    let farthest_m = rules.circles.last().map_or(0.0, |c| c.distance_m);
    let walk = graph.walk(starts, farthest_m);
    let stretches = reached(prepared, &walk, starts, farthest_m);
    task.step(0.4)?;
    let (mut streets_m, mut found) = (Vec::new(), Vec::new());
    for (number, circle) in rules.circles.iter().enumerate() {
        let within = reached(prepared, &walk, starts, circle.distance_m);
        let length = |s: &Stretch| s.last().map_or(0.0, |l| l[0]) - s.first().map_or(0.0, |f| f[0]);
        streets_m.push(
            within
                .iter()
                .filter(|(e, _)| graph.edges[*e as usize].street != u32::MAX)
                .map(|(_, s)| length(s))
                .sum(),
        );
        let segments = segments(prepared, &within);
        let (radius_m, filled_m2) = (params.corridor_m, params.filled_block_m2);
        found.push(areas::strip(&segments, radius_m, filled_m2, &prepared.blocks, task)?);
        task.step(0.4 + 0.2 * (number + 1) as f64 / rules.circles.len() as f64)?;
    }
    Ok(Isochrone {
        walk,
        stretches,
        streets_m,
        areas: found,
    })
}

/// Stretches within a distance, by edge.
fn reached(prepared: &Prepared, walk: &Walk, starts: &[Place], max_m: f64) -> Vec<(u32, Stretch)> {
    let graph = &prepared.graph;
    let mut edges: Vec<u32> = starts.iter().map(|s| s.edge).collect();
    for (number, edge) in graph.edges.iter().enumerate() {
        if edge.nodes.iter().any(|n| walk.node_m[*n as usize] <= max_m) {
            edges.push(number as u32);
        }
    }
    edges.sort_unstable();
    edges.dedup();
    let stretches = |edge: u32| walk.stretches(graph, edge, max_m).into_iter().map(move |s| (edge, s));
    edges.into_iter().flat_map(stretches).collect()
}

/// The segments that stretches cover, in plan.
pub fn segments(prepared: &Prepared, stretches: &[(u32, Stretch)]) -> Vec<[Point; 2]> {
    let mut found = Vec::new();
    for (edge, stretch) in stretches {
        let ends: Stretch = [stretch.first(), stretch.last()]
            .into_iter()
            .flatten()
            .copied()
            .collect();
        let drawn = Walk::draw(&prepared.graph, *edge, &ends);
        found.extend(
            drawn
                .windows(2)
                .map(|w| [[w[0].0[0], w[0].0[1]], [w[1].0[0], w[1].0[1]]]),
        );
    }
    found
}
