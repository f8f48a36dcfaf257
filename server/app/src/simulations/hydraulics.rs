//! Water network (供水): the surveyed water pipes of the city with stated assumptions, and what-if changes.

use super::city::City;
use super::networks::gather;
use super::registry::{Simulation, SimulationError, filled, told};
use analysis::hydraulics::survey::{self, Assumptions, Survey, SurveyBuilding, SurveyPipe, SurveySource};
use analysis::hydraulics::{self, Constants, Edit, Feature, HydraulicsError, Params};
use analysis::indicators::Text;
use analysis::isolation::input::{At, Kind};
use analysis::{Outcome, Task};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Class of drinking water.
const WATER: &str = "JS";

/// Parameters: those of the kernel, and what is changed before the run.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Own {
    /// The kernel's.
    run: Params,
    /// Head of the sources, metres above the datum; `None` takes the assumed head above their pipe.
    source_head_m: Option<f64>,
    /// Ids of pipes that are shut.
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
    /// Id of the node.
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
        1
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
        input
            .edits
            .extend(own.closed.iter().map(|link| Edit::Close { link: link.clone() }));
        input.edits.extend(own.replaced.iter().map(|one| Edit::ReplacePipe {
            pipe: one.pipe.clone(),
            diameter_mm: one.diameter_mm,
            roughness: one.roughness,
        }));
        input.edits.extend(own.demands.iter().map(|one| Edit::AddDemand {
            node: one.node.clone(),
            demand_lps: one.demand_lps,
        }));
        let mut outcome = hydraulics::run(&input, &own.run, task).map_err(refused)?;
        outcome.notes.extend(network.notes);
        Ok(outcome)
    }
}

fn refused(err: HydraulicsError) -> SimulationError {
    match err {
        HydraulicsError::Cancelled(cancelled) => cancelled.into(),
        other => SimulationError::failed("供水管网", other.text()),
    }
}
