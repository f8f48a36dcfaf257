//! Water network (供水): the surveyed water pipes of the city with stated assumptions, and what-if changes.

use super::city::City;
use super::networks::{PipeNetwork, gather};
use super::registry::{Simulation, SimulationError, filled, told};
use analysis::hydraulics::survey::{self, Assumptions, Survey, SurveyBuilding, SurveySource, Surveyed};
use analysis::hydraulics::{self, Constants, Edit, Feature, HydraulicsError, Input, Junction, Model, Params};
use analysis::indicators::Text;
use analysis::isolation::input::{Consumer, Kind};
use analysis::networks::{At, Source};
use analysis::outcome::Note;
use analysis::{Outcome, Task};
use glam::DVec2;
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
    /// Head of the sources, metres above the datum; `None` takes the assumed head above the ground at their node.
    source_head_m: Option<f64>,
    /// Ids of pipes and valves that are shut; of a valve the stretches of pipe that it stands on.
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
        3
    }

    fn params(&self, given: &Map<String, Value>) -> Result<Value, Text> {
        filled::<Own>(given)
    }

    fn run(&self, city: &City<'_>, params: &Value, task: &Task) -> Result<Outcome, SimulationError> {
        let own: Own = told(params)?;
        let network = gather(city, WATER)?;
        if network.pipes.is_empty() {
            return Err(SimulationError::refused(
                format!("没有给水管线（类别 {WATER}），无法计算供水管网"),
                format!("there is no pipe of water supply (class {WATER}), and so no water network"),
            ));
        }
        let constants = Constants::built_in().map_err(|reason| {
            SimulationError::refused(format!("供水参数文件无法读取:{reason}"), format!("constants: {reason}"))
        })?;
        let (survey, nodes, notes) = survey_of(network, own.source_head_m);
        let ground_m = |place: [f64; 2]| city.ground_m(DVec2::from(place));
        let assumptions = Assumptions::default();
        let mut surveyed = survey::network(&survey, &assumptions, &constants, &ground_m).map_err(refused)?;
        name_nodes(&mut surveyed, &nodes);
        let closed = own.closed.iter().flat_map(|id| links_of(&surveyed, id));
        let mut edits: Vec<Edit> = closed.map(|link| Edit::Close { link }).collect();
        edits.extend(own.replaced.iter().flat_map(|one| {
            links_of(&surveyed, &one.pipe)
                .into_iter()
                .map(|pipe| Edit::ReplacePipe {
                    pipe,
                    diameter_mm: one.diameter_mm,
                    roughness: one.roughness,
                })
        }));
        let mut input = surveyed.input;
        input.edits = edits;
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
        outcome.notes.extend(notes);
        Ok(outcome)
    }
}

/// Places of nodes of the survey: id, dense number, plan.
type Nodes = Vec<(String, u32, [f64; 2])>;

/// What the kernel takes of a network, its nodes, and what was assumed.
fn survey_of(network: PipeNetwork, source_head_m: Option<f64>) -> (Survey, Nodes, Vec<Note>) {
    let source = |source: Source| SurveySource {
        id: source.id,
        at: source.at,
        head_m: source_head_m,
    };
    let floors = network.floors;
    let building = |consumer: Consumer| {
        let (At::Point(place), Some((floor_area_m2, is_residential))) = (consumer.at, floors.get(&consumer.index))
        else {
            return None;
        };
        Some(SurveyBuilding {
            id: consumer.id,
            place,
            population: (consumer.people > 0.0).then_some(consumer.people),
            floor_area_m2: *floor_area_m2,
            is_residential: *is_residential,
        })
    };
    let consumers = network.consumers.into_iter().filter(|one| one.kind != Kind::Hydrant);
    let survey = Survey {
        class: WATER.to_owned(),
        pipes: network.pipes,
        laid: network.laid,
        valves: network.valves,
        sources: network.sources.into_iter().map(source).collect(),
        buildings: consumers.filter_map(building).collect(),
    };
    (survey, network.nodes, network.notes)
}

/// Fittings and manholes are the nodes of their names, else those that they stand on.
fn name_nodes(surveyed: &mut Surveyed, nodes: &Nodes) {
    let Model::Network(model) = &surveyed.input.model else {
        return;
    };
    let cell = |place: [f64; 2]| place.map(|v| (v / SAME_M).round() as i64);
    let mut junctions: HashMap<[i64; 2], Vec<&Junction>> = HashMap::new();
    for junction in &model.junctions {
        junctions.entry(cell(junction.place)).or_default().push(junction);
    }
    for (id, index, place) in nodes {
        let [x, y] = cell(*place);
        let around = (x - 1..=x + 1).flat_map(|x| (y - 1..=y + 1).map(move |y| [x, y]));
        let far = |junction: &&Junction| (junction.place[0] - place[0]).hypot(junction.place[1] - place[1]);
        let near = around.filter_map(|cell| junctions.get(&cell)).flatten().copied();
        let near = near
            .min_by(|a, b| far(a).total_cmp(&far(b)))
            .filter(|one| far(one) <= SAME_M);
        let named = surveyed.junctions.get(id);
        if let Some(junction) = named.or(near.map(|junction| &junction.id)) {
            let feature = Feature {
                id: id.clone(),
                index: *index,
            };
            surveyed.input.node_features.entry(junction.clone()).or_insert(feature);
        }
    }
}

/// The links that are shut or laid anew with a pipe or valve; what is unknown is left to the kernel to refuse by its id.
fn links_of(surveyed: &Surveyed, id: &str) -> Vec<String> {
    let of_pipe = surveyed.links_of_pipes.get(id);
    let found = of_pipe.or_else(|| surveyed.links_of_valves.get(id));
    found.cloned().unwrap_or_else(|| vec![id.to_owned()])
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
