//! What a result from outside is about: its words, its unit, its colours, and how it is told from a file's name.

use crate::indicators::Text;
use serde::{Deserialize, Serialize};

/// What a result is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Wind.
    Wind,
    /// Noise.
    Noise,
    /// Heat, temperature, comfort.
    Heat,
    /// Traffic.
    Traffic,
    /// A pipe network.
    Network,
    /// Anything else.
    #[default]
    Other,
}

/// All kinds, in the order in which they are offered.
pub const KINDS: [Kind; 6] = [
    Kind::Wind,
    Kind::Noise,
    Kind::Heat,
    Kind::Traffic,
    Kind::Network,
    Kind::Other,
];

/// Colours from low to high, even to the eye and safe for colour-blind people: viridis, cividis, magma, inferno and
/// plasma of matplotlib; the last three without their darkest end, which is not seen on a dark city.
type Ramp = [&'static str; 9];
const VIRIDIS: Ramp = [
    "#440154", "#472d7b", "#3b528b", "#2c728e", "#21918c", "#28ae80", "#5ec962", "#addc30", "#fde725",
];
const CIVIDIS: Ramp = [
    "#00224e", "#123570", "#3b496c", "#575d6d", "#707173", "#8a8678", "#a59c74", "#c3b369", "#fee838",
];
const MAGMA: Ramp = [
    "#3b0f70", "#641a80", "#8c2981", "#b73779", "#de4968", "#f7705c", "#fe9f6d", "#fecf92", "#fcfdbf",
];
const INFERNO: Ramp = [
    "#420a68", "#6a176e", "#932667", "#bc3754", "#dd513a", "#f37819", "#fca50a", "#f6d746", "#fcffa4",
];
const PLASMA: Ramp = [
    "#0d0887", "#4c02a1", "#7e03a8", "#aa2395", "#cc4778", "#e66c5c", "#f89540", "#fdc527", "#f0f921",
];

impl Kind {
    /// Words for it.
    pub fn title(self) -> Text {
        match self {
            Self::Wind => Text::new("风环境", "Wind"),
            Self::Noise => Text::new("噪声", "Noise"),
            Self::Heat => Text::new("热环境", "Heat"),
            Self::Traffic => Text::new("交通", "Traffic"),
            Self::Network => Text::new("管网", "Pipe network"),
            Self::Other => Text::new("外部成果", "Outside result"),
        }
    }

    /// Usual unit; empty where there is none.
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Wind => "m/s",
            Self::Noise => "dB(A)",
            Self::Heat => "°C",
            Self::Traffic => "veh/h",
            Self::Network | Self::Other => "",
        }
    }

    pub(super) const fn ramp(self) -> &'static Ramp {
        match self {
            Self::Wind => &CIVIDIS,
            Self::Noise => &MAGMA,
            Self::Heat => &INFERNO,
            Self::Traffic => &PLASMA,
            Self::Network | Self::Other => &VIRIDIS,
        }
    }

    /// The kind that a name of a file or column speaks of.
    pub fn guess(name: &str) -> Self {
        const WORDS: [(Kind, &[&str]); 4] = [
            (Kind::Noise, &["noise", "lden", "leq", "lnight", "db(a)", "[db", "噪"]),
            (Kind::Wind, &["wind", "风"]),
            (Kind::Heat, &["heat", "temp", "utci", "thermal", "wbgt", "热", "温"]),
            (
                Kind::Traffic,
                &["traffic", "aadt", "congestion", "vehicle", "交通", "车流", "拥堵"],
            ),
        ];
        let lower = name.to_lowercase();
        let is_it = |(_, words): &&(Self, &[&str])| words.iter().any(|word| lower.contains(word));
        WORDS.iter().find(is_it).map_or(Self::Other, |(kind, _)| *kind)
    }
}
