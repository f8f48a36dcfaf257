//! What a break does, as layers, tables, figures and notes.

mod layers;
mod notes;
mod tables;

use super::input::{Input, Pipe};
use super::isolate::Isolation;
use super::network::Network;
use super::{Break, Params, Prepared, Rules, VERSION};
use crate::indicators::Text;
use crate::outcome::{Method, Outcome};

/// Values of the layers: what a feature is to the break.
pub mod role {
    /// A valve to close.
    pub const VALVE: f32 = 1.0;
    /// The broken pipe.
    pub const BROKEN: f32 = 2.0;
    /// Shut off between the valves.
    pub const SHUT: f32 = 3.0;
    /// Behind them and without a source.
    pub const CUT_OFF: f32 = 4.0;
    /// A valve to close that is said to be closed already.
    pub const CLOSED: f32 = 5.0;
}

/// What happens to what.
struct Fate<'a> {
    network: &'a Network,
    is_shut: Vec<bool>,
    is_cut_off: Vec<bool>,
}

impl<'a> Fate<'a> {
    fn new(network: &'a Network, isolation: &Isolation) -> Self {
        let mark = |segments: &[u32]| {
            let mut marks = vec![false; network.num_segments];
            for segment in segments {
                marks[*segment as usize] = true;
            }
            marks
        };
        Self {
            network,
            is_shut: mark(&isolation.shut),
            is_cut_off: mark(&isolation.cut_off),
        }
    }

    /// Role of a link; `None` when nothing happens to it.
    fn of(&self, link: u32) -> Option<f32> {
        let segment = self.network.link_segments[link as usize] as usize;
        let shut = self.is_shut[segment].then_some(role::SHUT);
        shut.or_else(|| self.is_cut_off[segment].then_some(role::CUT_OFF))
    }

    /// Length of what has a role, metres.
    fn length_m(&self, role: f32) -> f64 {
        let links = self.network.links.iter().enumerate();
        links
            .filter(|(n, _)| self.of(*n as u32) == Some(role))
            .map(|(_, link)| link.length_m)
            .sum()
    }

    /// Role of each consumer.
    fn consumers(&self) -> Vec<Option<f32>> {
        let of = |link: &u32| if *link == u32::MAX { None } else { self.of(*link) };
        self.network.consumer_links.iter().map(of).collect()
    }
}

/// Puts the outcome together.
pub(in crate::isolation) fn outcome(
    input: &Input,
    params: &Params,
    rules: &Rules,
    prepared: &Prepared,
    found: &Break,
) -> Outcome {
    let fate = Fate::new(&prepared.network, &found.isolation);
    let mut outcome = Outcome {
        method: method(rules),
        ..Outcome::default()
    };
    layers::layers(input, &fate, found, &mut outcome);
    tables::valves(input, &fate, found, &mut outcome);
    tables::consumers(input, &fate, &mut outcome);
    tables::pipes(input, &fate, found, &mut outcome);
    tables::hydrants(input, rules, &fate, found, &mut outcome);
    notes::notes(input, params, prepared, found, &mut outcome);
    outcome
}

/// Valves to close with whether they stand open, ascending by place in the input.
fn to_close(network: &Network, isolation: &Isolation) -> Vec<(u32, bool)> {
    let mut valves: Vec<(u32, bool)> = isolation
        .gates
        .iter()
        .map(|gate| &network.gates[*gate as usize])
        .map(|gate| (gate.valve, gate.is_open))
        .collect();
    valves.sort_unstable();
    valves.dedup();
    valves
}

/// Pipes by feature: the first line, and the places of all its lines in the input.
fn features(input: &Input) -> impl Iterator<Item = (&Pipe, std::ops::Range<u32>)> {
    let mut next = 0;
    input.pipes.chunk_by(|a, b| a.id == b.id).map(move |lines| {
        let first = next;
        next += lines.len() as u32;
        (&lines[0], first..next)
    })
}

fn people(input: &Input, fate: &Fate<'_>) -> f64 {
    let consumers = input.consumers.iter().zip(fate.consumers());
    consumers
        .filter(|(_, role)| role.is_some())
        .map(|(c, _)| c.people)
        .sum()
}

fn method(rules: &Rules) -> Method {
    Method {
        title: Text::new("阀门分段与源连通性", "Valve segments and ways to a source"),
        version: VERSION,
        sources: vec![
            "Walski, T. M. (1993), Water distribution valve topology for reliability analysis".to_owned(),
            "Jun, H., Loganathan, G. V. (2007), Valve-controlled segments in water distribution systems".to_owned(),
            rules.hydrants.source.clone(),
        ],
        validity: Text::new(
            "只看连通性,不算水力:压力不足不计。分段与 WNTR 的 valve_segments 完全一致。",
            "Connectivity only, no hydraulics: low pressure is not seen. Segments equal those of WNTR's valve_segments.",
        ),
    }
}
