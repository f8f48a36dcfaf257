//! Water network (供水): the surveyed water pipes of the city with stated assumptions, and what-if changes.

use super::city::City;
use super::networks::{PipeNetwork, gather};
use super::registry::{Simulation, SimulationError, filled, told};
use analysis::hydraulics::survey::{self, Assumptions, Survey, SurveyBuilding, SurveyPipe, SurveySource};
use analysis::hydraulics::{self, Constants, Edit, Feature, HydraulicsError, Input, Junction, Model, Params};
use analysis::indicators::Text;
use analysis::isolation::input::{At, Kind, Pipe};
use analysis::{Outcome, Task};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::HashMap;

/// Class of drinking water.
const WATER: &str = "JS";
/// A fitting this near to the end of a pipe stands on it, metres.
const SAME_M: f64 = 1.5;
/// More demand is drawn no farther away than this, metres.
const DRAWN_M: f64 = 500.0;

/// Parameters: those of the kernel, and what is changed before the run.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Own {
    /// The kernel's.
    run: Params,
    /// Head of the sources, metres above the datum; `None` takes the assumed head above their pipe.
    source_head_m: Option<f64>,
    /// Ids of pipes and valves that are shut; of a valve the shortest pipe that ends there.
    closed: Vec<String>,
    /// Pipes laid anew.
    replaced: Vec<Replaced>,
    /// More that is drawn.
    demands: Vec<Demand>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Replaced {
    /// Id of the pipe.
    pipe: String,
    /// New inner diameter, millimetres.
    diameter_mm: Option<f64>,
    /// New coefficient of Hazen and Williams.
    roughness: Option<f64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Demand {
    /// Id of a pipe, a node, a building: it is drawn at the nearest end of a pipe.
    node: String,
    /// Litres a second.
    demand_lps: f64,
}

/// The simulation.
#[derive(Debug)]
pub(super) struct Hydraulics;

impl Simulation for Hydraulics {
    fn name(&self) -> &'static str {
        "hydraulics"
    }

    fn title(&self) -> Text {
        Text::new("供水管网", "Water network")
    }

    fn version(&self) -> u32 {
        2
    }

    fn params(&self, given: &Map<String, Value>) -> Result<Value, Text> {
        filled::<Own>(given)
    }

    fn run(&self, city: &City<'_>, params: &Value, task: &Task) -> Result<Outcome, SimulationError> {
        let own: Own = told(params)?;
        let network = gather(city, WATER)?;
        let mut survey = Survey::default();
        for (pipe, (material, year)) in network.pipes.iter().zip(&network.facts) {
            survey.pipes.push(SurveyPipe {
                feature: Feature {
                    id: pipe.id.clone(),
                    index: pipe.index,
                },
                points: pipe.points.clone(),
                diameter_mm: pipe.diameter_mm,
                material: material.clone(),
                year: *year,
            });
        }
        for source in &network.sources {
            if let At::Point(place) = source.at {
                survey.sources.push(SurveySource {
                    id: source.id.clone(),
                    place,
                    head_m: own.source_head_m,
                });
            }
        }
        for consumer in network.consumers.iter().filter(|c| c.kind != Kind::Hydrant) {
            let (At::Point(place), Some((floor_area_m2, is_residential))) =
                (&consumer.at, network.floors.get(&consumer.index))
            else {
                continue;
            };
            survey.buildings.push(SurveyBuilding {
                id: consumer.id.clone(),
                place: *place,
                population: (consumer.people > 0.0).then_some(consumer.people),
                floor_area_m2: *floor_area_m2,
                is_residential: *is_residential,
            });
        }
        let constants = Constants::built_in().map_err(|reason| {
            SimulationError::refused(format!("供水参数文件无法读取:{reason}"), format!("constants: {reason}"))
        })?;
        let mut input = survey::network(&survey, &Assumptions::default(), &constants).map_err(refused)?;
        name_nodes(&mut input, &network);
        let closed = own.closed.iter().map(|id| Edit::Close {
            link: link_of(&network, id),
        });
        input.edits.extend(closed);
        input.edits.extend(own.replaced.iter().map(|one| Edit::ReplacePipe {
            pipe: one.pipe.clone(),
            diameter_mm: one.diameter_mm,
            roughness: one.roughness,
        }));
        for one in &own.demands {
            let center = city.feature(&one.node)?.bounds().center();
            let node = nearest(&input, [center.x, center.y]).ok_or_else(|| {
                SimulationError::refused(
                    format!("{} 附近没有供水的节点", one.node),
                    format!("no supplied node is near to {}", one.node),
                )
            })?;
            input.edits.push(Edit::AddDemand {
                node,
                demand_lps: one.demand_lps,
            });
        }
        let mut outcome = hydraulics::run(&input, &own.run, task).map_err(refused)?;
        outcome.notes.extend(network.notes);
        Ok(outcome)
    }
}

/// Fittings and manholes are the nodes that they stand on.
fn name_nodes(input: &mut Input, network: &PipeNetwork) {
    let Model::Network(model) = &input.model else { return };
    let cell = |place: [f64; 2]| place.map(|v| (v / SAME_M).round() as i64);
    let mut junctions: HashMap<[i64; 2], &Junction> = HashMap::new();
    for junction in &model.junctions {
        junctions.insert(cell(junction.place), junction);
    }
    for (id, index, place) in &network.nodes {
        let [x, y] = cell(*place);
        let around = (x - 1..=x + 1).flat_map(|x| (y - 1..=y + 1).map(move |y| [x, y]));
        let far = |junction: &&&Junction| (junction.place[0] - place[0]).hypot(junction.place[1] - place[1]);
        let found = around.filter_map(|cell| junctions.get(&cell));
        let found = found
            .min_by(|a, b| far(a).total_cmp(&far(b)))
            .filter(|one| far(one) <= SAME_M);
        if let Some(junction) = found {
            let feature = Feature {
                id: id.clone(),
                index: *index,
            };
            input.node_features.entry(junction.id.clone()).or_insert(feature);
        }
    }
}

/// The pipe that is shut with a pipe or valve.
fn link_of(network: &PipeNetwork, id: &str) -> String {
    let Some(valve) = network.valves.iter().find(|valve| valve.id == id) else {
        return id.to_owned();
    };
    let ends_here = |pipe: &&Pipe| match &valve.at {
        At::Node(node) => pipe.nodes.as_ref().is_some_and(|ends| ends.contains(node)),
        At::Point(place) => [pipe.points.first(), pipe.points.last()]
            .into_iter()
            .flatten()
            .any(|end| (end[0] - place[0]).hypot(end[1] - place[1]) <= SAME_M),
        At::LinkEnd { pipe: other, .. } | At::Pipe(other) => pipe.id == *other,
    };
    let length = |pipe: &Pipe| -> f64 {
        let steps = pipe.points.windows(2);
        steps
            .map(|pair| (pair[1][0] - pair[0][0]).hypot(pair[1][1] - pair[0][1]))
            .sum()
    };
    let shortest = network
        .pipes
        .iter()
        .filter(ends_here)
        .min_by(|a, b| length(a).total_cmp(&length(b)));
    shortest.map_or_else(|| id.to_owned(), |pipe| pipe.id.clone())
}

/// The supplied node that is nearest to a place.
fn nearest(input: &Input, place: [f64; 2]) -> Option<String> {
    let Model::Network(model) = &input.model else {
        return None;
    };
    let far = |junction: &Junction| (junction.place[0] - place[0]).hypot(junction.place[1] - place[1]);
    let nearest = model.junctions.iter().min_by(|a, b| far(a).total_cmp(&far(b)))?;
    (far(nearest) <= DRAWN_M).then(|| nearest.id.clone())
}

fn refused(err: HydraulicsError) -> SimulationError {
    match err {
        HydraulicsError::Cancelled(cancelled) => cancelled.into(),
        other => SimulationError::failed("供水管网", other.text()),
    }
}
