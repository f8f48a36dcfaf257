//! The simulations that there are. A new one is a file that gathers its input, and a line in [`SIMULATIONS`].

use super::city::City;
use super::flood::Flood;
use super::hydraulics::Hydraulics;
use super::isolation::Isolation;
use super::outside::Outside;
use super::reach::Reach;
use super::sunshine::Sunshine;
use analysis::indicators::Text;
use analysis::{Cancelled, Outcome, Task};
use scene_store::StoreError;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::path::Path;

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
    /// A sentence in both languages when a parameter is unknown or of another type.
    fn params(&self, given: &Map<String, Value>) -> Result<Value, Text>;

    /// Looks at what the parameters name outside of the city's features.
    ///
    /// * `city` — folder of the city
    ///
    /// # Errors
    /// A sentence in both languages when it is not there.
    fn ready(&self, _city: &Path, _params: &Value) -> Result<(), Text> {
        Ok(())
    }

    /// The parameters that decide what is prepared for answers while somebody edits; `None` when there are no such answers.
    fn live_params(&self, _params: &Value) -> Option<Value> {
        None
    }

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
    pub fn failed(zh: &str, reason: Text) -> Self {
        Self::refused(format!("{zh}无法计算：{}", reason.zh), reason.en)
    }

    /// A refusal in both languages.
    pub fn refused(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self::Refused(Text::new(zh, en))
    }
}

/// Every simulation, in the order in which people find them.
pub const SIMULATIONS: &[&dyn Simulation] = &[&Sunshine, &Flood, &Hydraulics, &Isolation, &Reach, &Outside];

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
/// A sentence in both languages that names the parameter.
pub(super) fn filled<P: Default + Serialize + DeserializeOwned>(given: &Map<String, Value>) -> Result<Value, Text> {
    let plain = |err: serde_json::Error| Text::same(err.to_string());
    let mut all = serde_json::to_value(P::default()).map_err(plain)?;
    let names = all
        .as_object_mut()
        .ok_or_else(|| Text::new("参数不是对象", "parameters are no object"))?;
    for (name, value) in given {
        names.insert(name.clone(), value.clone());
    }
    let read: P = serde_path_to_error::deserialize(&all).map_err(|err| {
        let path = err.path().to_string();
        let reason = err.into_inner().to_string();
        let zh = chinese(&reason);
        match path.as_str() {
            "." => Text::new(zh, reason),
            _ => Text::new(format!("{path}：{zh}"), format!("{path}: {reason}")),
        }
    })?;
    serde_json::to_value(read).map_err(plain)
}

/// Chinese of what serde says of a value; what it says otherwise stays as it is.
fn chinese(reason: &str) -> String {
    let quoted = |text: &str| text.replace('`', "");
    let expected = |rest: &str| {
        rest.replacen(", expected one of ", "，可用：", 1)
            .replacen(", expected ", "，应为 ", 1)
            .replace("` or `", "` 或 `")
            .replacen(", there are no fields", "，这里没有参数", 1)
    };
    let begins = [
        ("unknown field ", "没有参数 "),
        ("unknown variant ", "没有选项 "),
        ("missing field ", "缺少参数 "),
        ("duplicate field ", "参数重复 "),
        ("invalid type: ", "类型不符："),
        ("invalid value: ", "取值不符："),
        ("invalid length ", "个数不符："),
    ];
    let known = begins.iter().find_map(|(en, zh)| Some((zh, reason.strip_prefix(en)?)));
    known.map_or_else(
        || reason.to_owned(),
        |(zh, rest)| quoted(&format!("{zh}{}", expected(rest))),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[derive(Debug, Default, Serialize, serde::Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Sample {
        cell_m: f64,
    }

    #[test]
    fn what_is_wrong_with_a_parameter_is_told_in_both_languages() {
        let refused = |given: Value| filled::<Sample>(given.as_object().unwrap()).unwrap_err();
        let unknown = refused(json!({"cel_m": 1}));
        assert_eq!(unknown.en, "cel_m: unknown field `cel_m`, expected `cell_m`");
        assert_eq!(unknown.zh, "cel_m：没有参数 cel_m，应为 cell_m");
        let other = refused(json!({"cell_m": "wide"}));
        assert_eq!(other.zh, "cell_m：类型不符：string \"wide\"，应为 f64");
    }
}
