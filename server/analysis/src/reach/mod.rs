//! Reach: how far people walk along streets, who reaches which facility, and the official coverage by parks.
//!
//! Centre lines become a graph ([`noding`]): joined at their ends, cut where they cross on one level, interrupted by
//! barriers ([`barriers`]). Walks are shortest ways on it ([`graph`]) from places part-way along edges, with the straight
//! way to the street counted. The strip along reached streets is the reached area ([`areas`]). Model, sources and checks:
//! `docs/simulation/reach.md`.

pub mod areas;
pub mod axis;
pub mod barriers;
pub mod coverage;
pub mod error;
pub mod graph;
pub mod green;
pub mod input;
pub mod isochrone;
pub(crate) mod near;
pub mod noding;
pub mod outcome;
pub mod params;

pub use error::Error;
pub use input::Input;
pub use params::{Params, Rules};

#[cfg(test)]
mod tests;

use crate::{Outcome, Task};
use barriers::Blocks;
use coverage::Places;
use geo::CoordsIter as _;
use graph::{Graph, Place};
use noding::Done;

/// Version of the kernel: another one makes other results.
pub const VERSION: u32 = 2;

/// Memory of the graph for each vertex given, bytes (vertices, segments, cells, edges and their work space).
const BYTES_PER_VERTEX: u64 = 400;

/// The streets of a scenario ready for questions; making it is the slow part, asking is quick.
#[derive(Debug)]
pub struct Prepared {
    /// Street graph.
    pub graph: Graph,
    /// Barriers.
    pub blocks: Blocks,
    /// What was done to the streets.
    pub done: Done,
    /// Buildings and facilities on the graph.
    pub places: Places,
}

impl Prepared {
    /// Checks the input and builds the graph.
    ///
    /// # Errors
    /// [`Error`] names the feature that makes no sense, or what is too large.
    pub fn new(input: &Input, params: &Params, task: &Task) -> Result<Self, Error> {
        params.check()?;
        check(input, params)?;
        task.step(0.05)?;
        let blocks = Blocks::new(input, params.passage_m);
        let (graph, done) = noding::build(input, params.snap_m, &blocks);
        if graph.edges.is_empty() {
            return Err(Error::NoStreets {
                num_streets: input.streets.len(),
            });
        }
        task.step(0.25)?;
        let homes: Vec<_> = input.buildings.iter().map(|b| b.point).collect();
        let facilities: Vec<_> = input.facilities.iter().map(|f| f.point).collect();
        let places = Places {
            buildings: coverage::place(&graph, &blocks, &homes, params.access_m),
            facilities: coverage::place(&graph, &blocks, &facilities, params.access_m),
        };
        task.step(0.35)?;
        Ok(Self {
            graph,
            blocks,
            done,
            places,
        })
    }

    /// Where walks begin: the points asked for and the facilities of the kind asked for. The second list holds the
    /// points without a street near.
    pub fn starts(&self, input: &Input, params: &Params) -> (Vec<Place>, Vec<[f64; 2]>) {
        let found = coverage::place(&self.graph, &self.blocks, &params.starts, params.access_m);
        let lost = params
            .starts
            .iter()
            .zip(&found)
            .filter(|(_, place)| place.is_none())
            .map(|(p, _)| *p)
            .collect();
        let of_kind = input.facilities.iter().zip(&self.places.facilities);
        let of_kind = of_kind
            .filter(|(f, _)| params.from_kind.as_ref() == Some(&f.kind))
            .filter_map(|(_, place)| *place);
        (found.into_iter().flatten().chain(of_kind).collect(), lost)
    }
}

/// Answers everything that the input allows: walks from the starts, facilities by people, parks by land.
///
/// # Errors
/// [`Error`] names what makes no sense; [`Error::Cancelled`] when it was asked to stop.
pub fn run(input: &Input, params: &Params, task: &Task) -> Result<Outcome, Error> {
    params.check()?;
    let rules = params.rules()?;
    if let Some(f) = input
        .facilities
        .iter()
        .find(|f| !rules.kinds.iter().any(|k| k.id == f.kind))
    {
        return Err(Error::UnknownKind {
            id: f.id.clone(),
            kind: f.kind.clone(),
        });
    }
    let prepared = Prepared::new(input, params, task)?;
    let (starts, lost) = prepared.starts(input, params);
    let isochrone = if starts.is_empty() {
        None
    } else {
        Some(isochrone::of(&prepared, params, &rules, &starts, task)?)
    };
    task.step(0.6)?;
    let kinds = if input.facilities.is_empty() || input.buildings.is_empty() {
        Vec::new()
    } else {
        coverage::kinds(input, params, &rules, &prepared.graph, &prepared.places, task)?
    };
    task.step(0.8)?;
    let green = if input.homes.is_empty() {
        None
    } else {
        Some(green::served(input, &rules.green, task)?)
    };
    task.step(0.95)?;
    let found = outcome::Found {
        input,
        params,
        rules: &rules,
        prepared: &prepared,
        isochrone,
        kinds,
        green,
        lost,
    };
    let outcome = outcome::outcome(&found);
    task.step(1.0)?;
    Ok(outcome)
}

fn check(input: &Input, params: &Params) -> Result<(), Error> {
    let finite = |what: &'static str, id: &str, points: &mut dyn Iterator<Item = [f64; 2]>| {
        let bad = points
            .enumerate()
            .find(|(_, p)| !(p[0].is_finite() && p[1].is_finite()));
        match bad {
            Some((vertex, _)) => Err(Error::NotFinite {
                what,
                id: id.to_owned(),
                vertex,
            }),
            None => Ok(()),
        }
    };
    let mut num_vertices = 0;
    for street in &input.streets {
        num_vertices += street.points.len();
        if let Some(vertex) = street.points.iter().position(|p| !p.iter().all(|v| v.is_finite())) {
            return Err(Error::NotFinite {
                what: "street",
                id: street.id.clone(),
                vertex,
            });
        }
    }
    let lands = input
        .parks
        .iter()
        .map(|l| ("park", l))
        .chain(input.homes.iter().map(|l| ("residential land", l)));
    for (what, land) in lands {
        num_vertices += land.outline.coords_count();
        finite(what, &land.id, &mut land.outline.coords_iter().map(|c| [c.x, c.y]))?;
    }
    if let Some(built_up) = &input.built_up {
        num_vertices += built_up.coords_count();
        finite(
            "built-up area",
            &input.area.id,
            &mut built_up.coords_iter().map(|c| [c.x, c.y]),
        )?;
    }
    for junction in &input.junctions {
        num_vertices += junction.rings.iter().map(Vec::len).sum::<usize>();
        finite("junction", &junction.id, &mut junction.rings.iter().flatten().copied())?;
    }
    for barrier in &input.barriers {
        let points: Vec<[f64; 2]> = match &barrier.shape {
            input::BarrierShape::Line(points) => points.clone(),
            input::BarrierShape::Surface(rings) => rings.concat(),
        };
        num_vertices += points.len();
        finite("barrier", &barrier.id, &mut points.into_iter())?;
    }
    for passage in &input.passages {
        num_vertices += passage.rings.iter().map(Vec::len).sum::<usize>();
        finite("passage", &passage.id, &mut passage.rings.iter().flatten().copied())?;
    }
    for building in &input.buildings {
        finite("building", &building.id, &mut std::iter::once(building.point))?;
        if !(building.people >= 0.0 && building.people.is_finite()) {
            return Err(Error::People {
                id: building.id.clone(),
                people: building.people,
            });
        }
    }
    for facility in &input.facilities {
        finite("facility", &facility.id, &mut std::iter::once(facility.point))?;
    }
    let needed_bytes = num_vertices as u64 * BYTES_PER_VERTEX;
    if needed_bytes > params.memory_bytes {
        return Err(Error::TooLarge {
            num_vertices,
            needed_bytes,
            allowed_bytes: params.memory_bytes,
        });
    }
    Ok(())
}
