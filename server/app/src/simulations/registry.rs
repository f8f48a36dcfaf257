//! The simulations that there are. A new one is a file that gathers its input, and a line in [`SIMULATIONS`].

use super::city::City;
use super::flood::Flood;
use super::hydraulics::Hydraulics;
use super::isolation::Isolation;
use super::reach::Reach;
use super::sunshine::Sunshine;
use analysis::indicators::Text;
use analysis::{Cancelled, Outcome, Task};
use scene_store::StoreError;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// A simulation as the server runs it.
pub trait Simulation: Sync + std::fmt::Debug {
    /// Stable name: `sunshine`.
    fn name(&self) -> &'static str;

    /// Title.
    fn title(&self) -> Text;

    /// Version of the kernel and of how its input is gathered; another one makes other results.
    fn version(&self) -> u32;

    /// All parameters, with defaults where the question leaves them out.
    ///
    /// # Errors
    /// A sentence when a parameter is unknown or of another type.
    fn params(&self, given: &Map<String, Value>) -> Result<Value, String>;

    /// Gathers the input and runs the kernel.
    ///
    /// # Errors
    /// [`SimulationError`].
    fn run(&self, city: &City<'_>, params: &Value, task: &Task) -> Result<Outcome, SimulationError>;
}

/// Why a simulation gave nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SimulationError {
    /// It was asked to stop.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
    /// The input or a parameter cannot be used; names the feature and the reason.
    #[error("{}", .0.en)]
    Refused(Text),
    /// The city cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl SimulationError {
    /// What a kernel refuses, with its reason.
    ///
    /// * `zh` — Chinese name of the simulation
    pub fn failed(zh: &str, reason: &dyn std::error::Error) -> Self {
        Self::refused(format!("{zh}无法计算：{reason}"), reason.to_string())
    }

    /// A refusal in both languages.
    pub fn refused(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self::Refused(Text::new(zh, en))
    }
}

/// Every simulation, in the order in which people find them.
pub const SIMULATIONS: &[&dyn Simulation] = &[&Sunshine, &Flood, &Hydraulics, &Isolation, &Reach];

/// The simulation of a name.
pub fn find(name: &str) -> Option<&'static dyn Simulation> {
    SIMULATIONS.iter().copied().find(|simulation| simulation.name() == name)
}

/// Parameters as the kernel takes them.
///
/// # Errors
/// [`SimulationError::Refused`] when they are none; a question was checked before.
pub(super) fn told<P: DeserializeOwned>(params: &Value) -> Result<P, SimulationError> {
    serde_json::from_value(params.clone()).map_err(|err| {
        SimulationError::refused(format!("参数无法读取：{err}"), format!("parameters do not read: {err}"))
    })
}

/// Defaults of `P` with what was given put over them, by name.
///
/// # Errors
/// A sentence that names the parameter.
pub(super) fn filled<P: Default + Serialize + DeserializeOwned>(given: &Map<String, Value>) -> Result<Value, String> {
    let mut all = serde_json::to_value(P::default()).map_err(|err| err.to_string())?;
    let names = all.as_object_mut().ok_or("parameters are no object")?;
    for (name, value) in given {
        names.insert(name.clone(), value.clone());
    }
    let read: P = serde_path_to_error::deserialize(&all).map_err(|err| {
        let path = err.path().to_string();
        match path.as_str() {
            "." => err.into_inner().to_string(),
            _ => format!("{path}: {}", err.into_inner()),
        }
    })?;
    serde_json::to_value(read).map_err(|err| err.to_string())
}
