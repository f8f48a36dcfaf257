//! Burst and isolation (爆管): the network of the broken pipe's class.

use super::city::City;
use super::networks::{class_of, gather};
use super::ready::ReadyNetwork;
use super::registry::{Simulation, SimulationError, filled, told};
use analysis::indicators::Text;
use analysis::isolation::{self, Input, Params, Prepared};
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
        2
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
        let network = city
            .networks
            .get(&key(city, &class, &params)?, || ready(city, &class, &params, task))?;
        let mut outcome = isolation::answer(&network.input, &network.prepared, &params, task).map_err(refused)?;
        outcome.notes.extend(network.notes.iter().cloned());
        Ok(outcome)
    }
}

/// Everything that a network is made of.
fn key(city: &City<'_>, class: &str, params: &Params) -> Result<String, SimulationError> {
    let made_of = serde_json::json!([
        city.made_of()?,
        class,
        params.snap_m,
        params.fitting_m,
        params.service_m,
        params.memory_bytes,
    ]);
    Ok(made_of.to_string())
}

fn ready(city: &City<'_>, class: &str, params: &Params, task: &Task) -> Result<ReadyNetwork, SimulationError> {
    let network = gather(city, class)?;
    let input = Input {
        pipes: network.pipes,
        valves: network.valves,
        sources: network.sources,
        consumers: network.consumers,
    };
    let prepared = Prepared::new(&input, class, params, task).map_err(refused)?;
    let mut notes = network.notes;
    let assumptions = &city.rules.settings.assumptions;
    notes.extend(network.estimated.note("isolation/people-estimated", assumptions));
    Ok(ReadyNetwork { input, prepared, notes })
}

fn refused(err: isolation::Error) -> SimulationError {
    match err {
        isolation::Error::Cancelled(cancelled) => cancelled.into(),
        other => SimulationError::failed("爆管关阀", other.text()),
    }
}
