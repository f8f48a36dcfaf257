//! How a result from outside is read and shown.

use super::error::OutsideError;
use super::kind::Kind;
use crate::indicators::Text;
use crate::outcome::{Class, Limit, Look};
use serde::{Deserialize, Serialize};

/// Parameters of an import.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Params {
    /// What it is about: gives words, unit and colours where nothing else does.
    pub kind: Kind,
    /// What the result is, as its title; `None` takes that of the kind.
    pub title: Option<Text>,
    /// Where it comes from: model, author, date.
    pub source: String,
    /// Layers wanted, the first is shown first; empty takes all columns with legends made from the values.
    pub layers: Vec<Style>,
    /// Column of ids in a table; `None` finds it by its name.
    pub id_column: Option<String>,
    /// Column of times in a table; `None` finds it by its name, and without one there is one step.
    pub time_column: Option<String>,
    /// Seconds of one unit of the time column; `None` takes what its name says, else 1.
    pub time_unit_s: Option<f64>,
    /// Value that means none in a raster, beside what the file says.
    pub no_data: Option<f64>,
    /// Added to the height of the ground when a raster is drawn, metres.
    pub lift_m: f64,
    /// Lowest and highest value of legends that are made; `None` takes those of the values. Two results that are to be
    /// compared by eye need the same.
    pub range: Option<[f64; 2]>,
    /// Most bytes that the result may take.
    pub max_bytes: u64,
}

impl Default for Params {
    fn default() -> Self {
        Self {
            kind: Kind::default(),
            title: None,
            source: String::new(),
            layers: vec![],
            id_column: None,
            time_column: None,
            time_unit_s: None,
            no_data: None,
            lift_m: 0.0,
            range: None,
            max_bytes: 2 << 30,
        }
    }
}

impl Params {
    /// Title of the whole.
    pub fn title(&self) -> Text {
        self.title.clone().unwrap_or_else(|| self.kind.title())
    }

    /// Looks at every number.
    ///
    /// # Errors
    /// [`OutsideError::Parameter`] with its name.
    pub fn check(&self) -> Result<(), OutsideError> {
        let wrong = |name: &str, zh: &str, en: &str| {
            Err(OutsideError::Parameter {
                name: name.to_owned(),
                reason: Text::new(zh, en),
            })
        };
        if self.time_unit_s.is_some_and(|unit| !(unit.is_finite() && unit > 0.0)) {
            return wrong("time_unit_s", "须大于 0", "must be above 0");
        }
        if !(-1000.0..=1000.0).contains(&self.lift_m) {
            return wrong("lift_m", "须在 -1000 至 1000 m 之间", "must be -1000 to 1000 m");
        }
        if self
            .range
            .is_some_and(|[low, high]| !(low.is_finite() && high.is_finite() && low < high))
        {
            return wrong("range", "须为两个递增的数", "must be two ascending numbers");
        }
        for (at, style) in self.layers.iter().enumerate() {
            let name = |member: &str| format!("layers[{at}].{member}");
            if style.limit.as_ref().is_some_and(|limit| !limit.value.is_finite()) {
                return wrong(&name("limit"), "须为有限数", "must be finite");
            }
            if style.error.is_some_and(|error| !(error.is_finite() && error >= 0.0)) {
                return wrong(&name("error"), "不得为负", "must not be negative");
            }
            let is_color = |color: &str| {
                color
                    .strip_prefix('#')
                    .is_some_and(|hex| hex.len() == 6 && hex.bytes().all(|b| b.is_ascii_hexdigit()))
            };
            let is_sound = |class: &Class| class.from.is_finite() && is_color(&class.color);
            let is_ascending = style.classes.is_sorted_by(|a, b| a.from < b.from);
            if style.classes.len() > MAX_CLASSES || !is_ascending || !style.classes.iter().all(is_sound) {
                return wrong(
                    &name("classes"),
                    "须为至多 16 个下限递增、颜色为 #rrggbb 的分级",
                    "must be 16 classes at most, ascending, with colours #rrggbb",
                );
            }
        }
        Ok(())
    }
}

/// Classes that a legend has at most.
const MAX_CLASSES: usize = 16;

/// How one column, raster or quantity is shown.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Style {
    /// Column of the table, or quantity such as `node/pressure`; nothing for rasters.
    pub column: String,
    /// Title; `None` takes that of the file.
    pub title: Option<Text>,
    /// Unit as printed; `None` takes that of the file, else of the kind.
    pub unit: Option<String>,
    /// Classes by ascending lower bound; empty makes them from the values.
    pub classes: Vec<Class>,
    /// A limit marked on the legend.
    pub limit: Option<Limit>,
    /// Which side of the limit is good.
    pub good: Good,
    /// Error of the values, in the unit.
    pub error: Option<f64>,
    /// What it looks like.
    pub look: Look,
}

/// The good side of a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Good {
    /// Values up to it.
    #[default]
    AtMost,
    /// Values from it on.
    AtLeast,
}
