//! What can go wrong in a water network, with the element and the reason.

use super::messages;
use crate::Cancelled;
use crate::indicators::Text;

/// Why a water network could not be computed. `Display` is English; [`HydraulicsError::text`] gives both languages.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum HydraulicsError {
    /// The caller asked to stop.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
    /// A line of a network file cannot be taken.
    #[error("line {line} of the network file, section {section}: {}", reason.en)]
    Line {
        /// Line, from 1.
        line: usize,
        /// Section with its brackets, empty before the first.
        section: String,
        /// Why.
        reason: Text,
    },
    /// An element has data that cannot be.
    #[error("{what} {id}: {}", reason.en)]
    Element {
        /// `junction`, `pipe`, `pump` …
        what: &'static str,
        /// Id of the element.
        id: String,
        /// Why.
        reason: Text,
    },
    /// EPANET refuses the network.
    #[error("EPANET error {code}: {}{}", messages::of(*code).en, messages::named_en(element))]
    Refused {
        /// EPANET's code.
        code: i32,
        /// Element that the message names, where it names one.
        element: Option<String>,
        /// Errors of the file in all.
        count: usize,
    },
    /// The equations have no solution at some moment.
    #[error("EPANET error {code} at {} h: {}{}", seconds / 3600.0, messages::of(*code).en, messages::named_en(element))]
    Unsolved {
        /// EPANET's code.
        code: i32,
        /// Seconds from the start.
        seconds: f64,
        /// Element that the message names, where it names one.
        element: Option<String>,
    },
    /// The network file asks EPANET to stop where it finds no balance, and it did.
    #[error(
        "at {} h the hydraulics did not balance, and the network file says UNBALANCED STOP: give it more trials or CONTINUE",
        seconds / 3600.0
    )]
    Halted {
        /// Seconds from the start.
        seconds: f64,
    },
    /// The result would be larger than allowed.
    #[error("the result needs {needed} bytes, {allowed} are allowed: fewer steps or fewer layers")]
    TooLarge {
        /// Bytes needed.
        needed: u64,
        /// Bytes allowed.
        allowed: u64,
    },
    /// Something in the survey or in an edit names what is not there.
    #[error("{what} {id} is not in the network")]
    Unknown {
        /// `node`, `pipe` …
        what: &'static str,
        /// Id.
        id: String,
    },
    /// A value of the parameters cannot be.
    #[error("parameter {name}: {}", reason.en)]
    Parameter {
        /// Name of the parameter.
        name: &'static str,
        /// Why.
        reason: Text,
    },
    /// The temporary folder cannot be written.
    #[error("the temporary folder cannot be used: {0}")]
    Folder(String),
}

impl HydraulicsError {
    /// The message in both languages.
    pub fn text(&self) -> Text {
        let en = self.to_string();
        let zh = match self {
            Self::Cancelled(stop) => stop.zh(),
            Self::Line { line, section, reason } => format!("管网文件第 {line} 行，{section} 段：{}", reason.zh),
            Self::Element { what, id, reason } => format!("{} {id}：{}", messages::kind_zh(what), reason.zh),
            Self::Refused { code, element, .. } => {
                format!(
                    "EPANET 错误 {code}：{}{}",
                    messages::of(*code).zh,
                    messages::named_zh(element)
                )
            }
            Self::Unsolved { code, seconds, element } => format!(
                "第 {} 小时 EPANET 错误 {code}：{}{}",
                seconds / 3600.0,
                messages::of(*code).zh,
                messages::named_zh(element)
            ),
            Self::Halted { seconds } => format!(
                "第 {} 小时未达到水力平衡，管网文件要求停止（UNBALANCED STOP）：请增加迭代次数或改为 CONTINUE",
                seconds / 3600.0
            ),
            Self::TooLarge { needed, allowed } => {
                format!("结果需要 {needed} 字节，上限 {allowed} 字节：请减少时段或图层")
            }
            Self::Unknown { what, id } => format!("管网中没有{} {id}", messages::kind_zh(what)),
            Self::Parameter { name, reason } => format!("参数 {name}：{}", reason.zh),
            Self::Folder(reason) => format!("临时文件夹不可用：{reason}"),
        };
        Text::new(zh, en)
    }
}
