//! Makes a network from surveyed pipes, valves, sources and buildings, with every assumption stated.
//!
//! Pipes are joined as for a burst ([`crate::networks`]): both kernels see the same network.

mod demand;
mod pipes;
#[cfg(test)]
mod tests;

use super::error::HydraulicsError;
use super::input::{Input, Model};
use super::network::{Junction, Network, Options, Pattern, Pipe, PipeStatus, Reservoir};
use super::params::Constants;
use crate::indicators::Text;
use crate::networks::{self, At, Topology, Valve};
use crate::outcome::Note;
use demand::{Places, demands};
use pipes::Pipes;
use std::collections::BTreeMap;

/// Id of the pattern of a day.
const DAY: &str = "day";
/// Length of the pipe that joins a source, metres.
const JOINT_M: f64 = 1.0;
/// Its diameter, millimetres: wide enough to lose nothing.
const JOINT_MM: f64 = 2_000.0;
/// Its coefficient.
const JOINT_C: f64 = 150.0;

/// Surveyed pipes and what they supply. Coordinates are metres of the scene CRS.
#[derive(Debug, Clone, Default)]
pub struct Survey {
    /// Class of the network, as its pipes and valves have it.
    pub class: String,
    /// Pipes that are in use; heights are those of the pipe.
    pub pipes: Vec<networks::Pipe>,
    /// How each of them was laid, by its place in `pipes`.
    pub laid: Vec<Laid>,
    /// Valves.
    pub valves: Vec<Valve>,
    /// Waterworks, pumping stations and mains from outside.
    pub sources: Vec<SurveySource>,
    /// Buildings that are supplied.
    pub buildings: Vec<SurveyBuilding>,
}

/// How a pipe was laid.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Laid {
    /// Material, in the words of the survey.
    pub material: Option<String>,
    /// Year.
    pub year: Option<i32>,
}

/// Where water comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct SurveySource {
    /// Its feature's stable id, or a name.
    pub id: String,
    /// Where it is.
    pub at: At,
    /// Head, metres; `None` takes the assumed head above the ground at the node that it joins.
    pub head_m: Option<f64>,
}

/// A building that is supplied.
#[derive(Debug, Clone, PartialEq)]
pub struct SurveyBuilding {
    /// Stable id.
    pub id: String,
    /// A point of it.
    pub place: [f64; 2],
    /// Inhabitants, where known.
    pub population: Option<f64>,
    /// Floor area of all storeys, square metres.
    pub floor_area_m2: f64,
    /// People live in it.
    pub is_residential: bool,
}

/// How a network is made of a survey.
#[derive(Debug, Clone, PartialEq)]
pub struct Assumptions {
    /// Ends of pipes without named nodes are joined when this near, metres in plan.
    pub snap_m: f64,
    /// A valve given by a point belongs to a node or pipe this near, metres in plan.
    pub fitting_m: f64,
    /// Furthest way from a building or source to its node, metres.
    pub reach_m: f64,
    /// The present year, for the age of pipes.
    pub year: i32,
}

impl Default for Assumptions {
    fn default() -> Self {
        Self {
            snap_m: 0.2,
            fitting_m: 1.5,
            reach_m: 300.0,
            year: 2026,
        }
    }
}

/// The input of a run, and what became of the parts of the survey.
#[derive(Debug, Clone, PartialEq)]
pub struct Surveyed {
    /// The input.
    pub input: Input,
    /// Ids of the links that a pipe became, by its id; a pipe that was left out has none.
    pub links_of_pipes: BTreeMap<String, Vec<String>>,
    /// Ids of the links that a valve shuts, by its id.
    pub links_of_valves: BTreeMap<String, Vec<String>>,
    /// Ids of the junctions that have a name in the survey, by that name.
    pub junctions: BTreeMap<String, String>,
}

fn wrong(what: &'static str, id: &str, zh: &str, en: &str) -> HydraulicsError {
    HydraulicsError::Element {
        what,
        id: id.to_owned(),
        reason: Text::new(zh, en),
    }
}

/// Makes the input of a run: network, features of its pipes, and notes of what was assumed.
///
/// * `ground_m` — height of the ground at a place, metres; `None` where it is not known
///
/// Elevations of junctions are those of the ground, or of the pipe where that is higher or no ground is known: pressures
/// are those at the user's connection. Pipes beside valves that stand closed are shut. A part without a source is left out
/// and named in a note.
///
/// # Errors
/// A pipe whose course or length cannot be, a source that no pipe is near to, a survey without sources.
pub fn network(
    survey: &Survey,
    assumptions: &Assumptions,
    constants: &Constants,
    ground_m: &dyn Fn([f64; 2]) -> Option<f64>,
) -> Result<Surveyed, HydraulicsError> {
    if survey.sources.is_empty() {
        return Err(HydraulicsError::Refused {
            code: 224,
            element: None,
            count: 1,
        });
    }
    check(&survey.pipes)?;
    let (class, snap_m) = (survey.class.as_str(), assumptions.snap_m.max(1e-6));
    let topology = Topology::new(&survey.pipes, &survey.valves, class, snap_m, assumptions.fitting_m);
    let mut notes = vec![];
    let nodes = levels(&topology, ground_m, &mut notes);
    let plan = nodes.iter().map(|node| node.map(|[x, y, _]| [x, y])).collect();
    let places = Places::new(assumptions.reach_m.max(1.0), plan);
    let mut network = Network {
        options: Options::default(),
        patterns: vec![Pattern {
            id: DAY.to_owned(),
            multipliers: constants.demand.hours.clone(),
        }],
        ..Network::default()
    };
    let mut pipes = Pipes::new(survey, &topology, &nodes);
    let roots = add_sources(survey, constants, &topology, &places, &nodes, &mut network, &mut notes)?;
    let is_supplied = pipes.supplied(nodes.len(), &roots);
    let demands = demands(survey, constants, &places, &is_supplied, &mut notes);
    let mut junctions = BTreeMap::new();
    for (index, node) in nodes.iter().enumerate() {
        let (Some([x, y, elevation_m]), Some(true)) = (*node, is_supplied.get(index)) else {
            continue;
        };
        network.junctions.push(Junction {
            id: node_id(index),
            place: [x, y],
            elevation_m,
            demand_lps: demands.get(index).copied().unwrap_or_default(),
            pattern: Some(DAY.to_owned()),
        });
        if let Some(name) = topology.node_names().get(index).filter(|name| !name.is_empty()) {
            junctions.insert(name.clone(), node_id(index));
        }
    }
    network.pipes.extend(pipes.links(&is_supplied, assumptions, constants));
    let (links_of_pipes, links_of_valves) = (pipes.ids_of_pipes(), pipes.ids_of_valves());
    let link_features = pipes.features();
    pipes.tell(constants, &mut notes);
    Ok(Surveyed {
        input: Input {
            link_features,
            notes,
            ..Input::new(Model::Network(network.into()))
        },
        links_of_pipes,
        links_of_valves,
        junctions,
    })
}

fn node_id(index: usize) -> String {
    format!("node {}", index + 1)
}

fn check(pipes: &[networks::Pipe]) -> Result<(), HydraulicsError> {
    for pipe in pipes {
        if !pipe.points.iter().flatten().all(|value| value.is_finite()) {
            let (zh, en) = ("坐标或高程缺失", "a coordinate or height is missing");
            return Err(wrong("pipe", &pipe.id, zh, en));
        }
        if pipe
            .length_m
            .is_some_and(|length| !(length.is_finite() && length >= 0.0))
        {
            let (zh, en) = ("长度不是大于等于 0 的数", "the length is no number of at least 0");
            return Err(wrong("pipe", &pipe.id, zh, en));
        }
    }
    Ok(())
}

/// Place and elevation of each node; `None` where no pipe has a line.
fn levels(
    topology: &Topology<'_>,
    ground_m: &dyn Fn([f64; 2]) -> Option<f64>,
    notes: &mut Vec<Note>,
) -> Vec<Option<[f64; 3]>> {
    let (mut num_without, mut num_placed) = (0, 0);
    let level = |place: Option<[f64; 3]>| {
        let [x, y, pipe_m] = place?;
        num_placed += 1;
        let Some(ground_m) = ground_m([x, y]).filter(|ground| ground.is_finite()) else {
            num_without += 1;
            return place;
        };
        // a pipe over the ground, on a bridge or where the terrain is coarse: it must not run empty either
        Some([x, y, ground_m.max(pipe_m)])
    };
    let nodes = topology.node_places().into_iter().map(level).collect();
    let (zh, en) = if num_without > 0 {
        (
            format!("；{num_placed} 个节点中有 {num_without} 个没有地形，从管道高程起算，地面处的压力要减去埋深"),
            format!(
                "; {num_without} of {num_placed} nodes have no terrain: theirs count from the pipe, which is more by the depth"
            ),
        )
    } else {
        (String::new(), String::new())
    };
    notes.push(Note::new(
        "hydraulics/levels",
        vec![],
        Text::new(
            format!("压力从地面（地形）起算，即用户接管处的压力，管中的压力另加埋深{zh}；管道高于地面处从管道起算。相交而不共端点的管段视为不连通"),
            format!(
                "Pressures count from the ground of the terrain, where users are joined; in the pipe they are more by its depth{en}. Where a pipe is above the ground they count from the pipe. Pipes that cross without a common end are not joined"
            ),
        ),
    ));
    nodes
}

/// Each source is a reservoir that a short pipe joins to its node, else the nearest; gives those nodes.
fn add_sources(
    survey: &Survey,
    constants: &Constants,
    topology: &Topology<'_>,
    places: &Places,
    nodes: &[Option<[f64; 3]>],
    network: &mut Network,
    notes: &mut Vec<Note>,
) -> Result<Vec<usize>, HydraulicsError> {
    let (mut roots, mut assumed) = (vec![], vec![]);
    for source in &survey.sources {
        let node = match &source.at {
            At::Point(place) => places.nearest(*place, |_| true),
            At::Node(name) | At::LinkEnd { node: name, .. } => topology.node_named(name).map(|node| node as usize),
            At::Pipe(id) => topology.pipe_of(id).and_then(|pipe| {
                let link = topology.links.get(topology.link_at(pipe, 0.0) as usize)?;
                Some(link.nodes[0] as usize)
            }),
        };
        let (zh, en) = ("附近没有管段", "no pipe is near");
        let found = node.and_then(|node| Some((node, (*nodes.get(node)?)?)));
        let (node, [x, y, ground_m]) = found.ok_or_else(|| wrong("reservoir", &source.id, zh, en))?;
        if source.head_m.is_none() {
            assumed.push(source.id.clone());
        }
        let place = match source.at {
            At::Point(place) => place,
            _ => [x, y],
        };
        network.reservoirs.push(Reservoir {
            id: source.id.clone(),
            place,
            head_m: source.head_m.unwrap_or(ground_m + constants.source_head_m),
            pattern: None,
        });
        network.pipes.push(Pipe {
            id: format!("joint of {}", source.id),
            from: source.id.clone(),
            to: node_id(node),
            length_m: JOINT_M,
            diameter_mm: JOINT_MM,
            roughness: JOINT_C,
            minor_loss: 0.0,
            status: PipeStatus::Open,
            vertices: vec![],
        });
        roots.push(node);
    }
    let head = constants.source_head_m;
    note(
        notes,
        "hydraulics/source-head",
        &assumed,
        |n| format!("{n} 个水源没有水头，按地面以上 {head} m 假定（参考值）"),
        |n| format!("{n} sources have no head; {head} m above the ground was assumed"),
    );
    Ok(roots)
}

/// Adds a note when features are concerned.
fn note<'a>(
    notes: &mut Vec<Note>,
    code: &str,
    features: impl IntoIterator<Item = &'a (impl AsRef<str> + 'a)>,
    zh: impl Fn(usize) -> String,
    en: impl Fn(usize) -> String,
) {
    let features: Vec<String> = features.into_iter().map(|id| id.as_ref().to_owned()).collect();
    let count = features.len();
    if count > 0 {
        notes.push(Note::new(code, features, Text::new(zh(count), en(count))));
    }
}
