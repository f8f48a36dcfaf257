//! Burst and isolation (爆管): the network of the broken pipe's class.

use super::city::City;
use super::networks::{class_of, gather};
use super::registry::{Simulation, SimulationError, filled, told};
use analysis::indicators::Text;
use analysis::isolation::{self, Input, Params};
use analysis::{Outcome, Task};
use serde_json::{Map, Value};

/// The simulation.
#[derive(Debug)]
pub(super) struct Isolation;

impl Simulation for Isolation {
    fn name(&self) -> &'static str {
        "isolation"
    }

    fn title(&self) -> Text {
        Text::new("爆管关阀", "Burst and isolation")
    }

    fn version(&self) -> u32 {
        1
    }

    fn params(&self, given: &Map<String, Value>) -> Result<Value, Text> {
        filled::<Params>(given)
    }

    fn run(&self, city: &City<'_>, params: &Value, task: &Task) -> Result<Outcome, SimulationError> {
        let params: Params = told(params)?;
        if params.pipe.is_empty() {
            return Err(SimulationError::refused(
                "请先选择爆裂的管段",
                "choose the pipe that broke first",
            ));
        }
        let class = class_of(&city.feature(&params.pipe)?);
        let network = gather(city, &class)?;
        let input = Input {
            pipes: network.pipes,
            valves: network.valves,
            sources: network.sources,
            consumers: network.consumers,
        };
        let mut outcome = isolation::run(&input, &params, task).map_err(|err| match err {
            isolation::Error::Cancelled(cancelled) => cancelled.into(),
            other => SimulationError::failed("爆管关阀", other.text()),
        })?;
        outcome.notes.extend(network.notes);
        Ok(outcome)
    }
}
