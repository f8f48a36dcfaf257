//! Isolation: which valves to close when a pipe bursts, who is cut off, and what to do when a valve is stuck.
//!
//! Pipes become a network of nodes and links ([`crate::networks`]), valves become gates on links beside nodes ([`network`]). What no gate
//! divides is a segment: shutting off a break means closing the gates around its segment ([`isolate`]). What then has no
//! way to a source is cut off as well. Model, sources and checks: `docs/simulation/isolation.md`.

pub mod error;
pub mod input;
pub mod isolate;
pub mod network;
pub mod outcome;
pub mod params;

#[cfg(test)]
mod tests;

pub use error::Error;
pub use input::Input;
pub use params::{Params, Rules};

use crate::indicators::Text;
use crate::networks::along_m;
use crate::{Outcome, Task};
use isolate::{Feed, Isolation};
use network::Network;
use rayon::prelude::*;

/// Version of the kernel: another one makes other results.
pub const VERSION: u32 = 2;

/// Memory of the network for each vertex given, bytes (segments, cells, nodes, links and their work space).
const BYTES_PER_VERTEX: u64 = 600;

/// The network of a class ready for questions; making it is the slow part, asking is quick.
#[derive(Debug)]
pub struct Prepared {
    /// Class of the network.
    pub class: String,
    /// Nodes, links, gates and segments.
    pub network: Network,
    /// How the medium comes to segments before anything breaks.
    pub feed: Feed,
}

impl Prepared {
    /// Checks the input and builds the network of a class.
    ///
    /// # Errors
    /// [`Error`] names the feature that makes no sense, or what is too large.
    pub fn new(input: &Input, class: &str, params: &Params, task: &Task) -> Result<Self, Error> {
        params.check()?;
        check(input, params)?;
        task.step(0.1)?;
        let network = Network::new(input, class, params);
        task.step(0.6)?;
        let feed = network.feed();
        Ok(Self {
            class: class.to_owned(),
            network,
            feed,
        })
    }
}

/// What a break does.
#[derive(Debug, Clone, PartialEq)]
pub struct Break {
    /// Link that broke.
    pub link: u32,
    /// What closing does.
    pub isolation: Isolation,
    /// For each valve to close that stands open (place in the input, ascending), what closing does when it too is stuck.
    pub if_stuck: Vec<(u32, Isolation)>,
}

/// Answers a click on a pipe.
///
/// # Errors
/// [`Error`] names what makes no sense; [`Error::Cancelled`] when it was asked to stop.
pub fn run(input: &Input, params: &Params, task: &Task) -> Result<Outcome, Error> {
    let pipe = input.pipes.iter().find(|p| p.id == params.pipe);
    let pipe = pipe.ok_or_else(|| Error::UnknownPipe {
        id: params.pipe.clone(),
    })?;
    let prepared = Prepared::new(input, &pipe.class, params, task)?;
    answer(input, &prepared, params, task)
}

/// Answers a click on a pipe of a network that is ready.
///
/// * `prepared` — made of the same `input` with the same distances in `params`
///
/// # Errors
/// [`Error`] names what makes no sense; [`Error::Cancelled`] when it was asked to stop.
pub fn answer(input: &Input, prepared: &Prepared, params: &Params, task: &Task) -> Result<Outcome, Error> {
    let rules = params.rules()?;
    let found = break_of(input, prepared, params, task)?;
    let outcome = outcome::outcome(input, params, &rules, prepared, &found);
    task.step(1.0)?;
    Ok(outcome)
}

/// What the break of the pipe in `params` does.
///
/// # Errors
/// [`Error`] for a pipe or stuck valve that is not there; [`Error::Cancelled`] when it was asked to stop.
pub fn break_of(input: &Input, prepared: &Prepared, params: &Params, task: &Task) -> Result<Break, Error> {
    let network = &prepared.network;
    let lines = || (0..input.pipes.len()).filter(|number| input.pipes[*number].id == params.pipe);
    let first = lines().next().ok_or_else(|| Error::UnknownPipe {
        id: params.pipe.clone(),
    })?;
    // of a pipe of several lines the one that is nearest to the point
    let far = |number: &usize| params.point.map_or(0.0, |p| along_m(&input.pipes[*number], p).1);
    let number = lines()
        .filter(|number| !network.links_of(*number as u32).is_empty())
        .min_by(|a, b| far(a).total_cmp(&far(b)));
    let Some(number) = number else {
        let pipe = &input.pipes[first];
        let reason = if pipe.class == prepared.class {
            Text::new(
                "没有管线和节点，或两端是同一节点",
                "it has no line and no nodes, or both its ends are one node",
            )
        } else {
            Text::new("属于另一类管线", "it is of another class")
        };
        return Err(Error::NoPart {
            id: pipe.id.clone(),
            reason,
        });
    };
    let links = network.links_of(number as u32);
    let plan_m = network.links[links.end as usize - 1].along_m[1];
    let along_m = params
        .point
        .map_or(plan_m / 2.0, |p| along_m(&input.pipes[number], p).0);
    let link = network.link_at(number as u32, along_m);

    let mut is_stuck = vec![false; input.valves.len()];
    for id in &params.stuck {
        let valve = input.valves.iter().position(|v| v.id == *id);
        is_stuck[valve.ok_or_else(|| Error::UnknownValve { id: id.clone() })?] = true;
    }
    let start = [network.link_segments[link as usize]];
    let isolation = network.isolate(&start, &is_stuck, &prepared.feed);
    task.step(0.7)?;
    let mut valves: Vec<u32> = isolation
        .gates
        .iter()
        .map(|g| &network.gates[*g as usize])
        .filter(|g| g.is_open)
        .map(|g| g.valve)
        .collect();
    valves.sort_unstable();
    valves.dedup();
    // each on its own: on a network with few valves there are hundreds of them
    let if_stuck = valves.into_par_iter().map(|valve| {
        task.step(0.7)?;
        let mut is_stuck = is_stuck.clone();
        is_stuck[valve as usize] = true;
        Ok((valve, network.isolate(&start, &is_stuck, &prepared.feed)))
    });
    let if_stuck = if_stuck.collect::<Result<Vec<_>, Error>>()?;
    Ok(Break {
        link,
        isolation,
        if_stuck,
    })
}

fn check(input: &Input, params: &Params) -> Result<(), Error> {
    let mut num_vertices = 0;
    let amount = |what, id: &str, value: f64| {
        let id = id.to_owned();
        if value >= 0.0 && value.is_finite() {
            Ok(())
        } else {
            Err(Error::Value {
                what,
                id,
                value,
                range: "finite and at least 0",
            })
        }
    };
    for pipe in &input.pipes {
        num_vertices += pipe.points.len().max(2);
        if let Some(vertex) = pipe.points.iter().position(|p| !p.iter().all(|v| v.is_finite())) {
            return Err(Error::NotFinite {
                what: "pipe",
                id: pipe.id.clone(),
                vertex,
            });
        }
        amount("length of pipe", &pipe.id, pipe.length_m.unwrap_or_default())?;
    }
    let valves = input.valves.iter().map(|v| ("valve", &v.id, &v.at));
    let sources = input.sources.iter().map(|s| ("source", &s.id, &s.at));
    let consumers = input.consumers.iter().map(|c| ("consumer", &c.id, &c.at));
    for (what, id, at) in valves.chain(sources).chain(consumers) {
        if matches!(at, input::At::Point(p) if !p.iter().all(|v| v.is_finite())) {
            return Err(Error::NotFinite {
                what,
                id: id.clone(),
                vertex: 0,
            });
        }
    }
    for consumer in &input.consumers {
        amount("people of consumer", &consumer.id, consumer.people)?;
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
