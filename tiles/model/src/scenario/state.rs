//! One state byte per feature, and its form on the wire.

use serde::{Deserialize, Serialize};

/// How a feature stands in a scenario at a phase. The codes are those of the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum FeatureState {
    /// As it is today, not decided on.
    #[default]
    Existing = 0,
    /// 留: kept on purpose.
    Retained = 1,
    /// 改: kept and changed.
    Modified = 2,
    /// 拆: taken down.
    Demolished = 3,
    /// 建: proposed and built.
    Added = 4,
    /// Not there: a proposal of another scenario or phase, or a feature whose time has not come or is over.
    Absent = 5,
    /// 废: left in the ground out of use.
    Abandoned = 6,
}

impl FeatureState {
    /// Every state by code.
    pub const ALL: [Self; 7] = [
        Self::Existing,
        Self::Retained,
        Self::Modified,
        Self::Demolished,
        Self::Added,
        Self::Absent,
        Self::Abandoned,
    ];

    /// State of a code.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code)).copied()
    }

    /// Code on the wire.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// Name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Existing => "existing",
            Self::Retained => "retained",
            Self::Modified => "modified",
            Self::Demolished => "demolished",
            Self::Added => "added",
            Self::Absent => "absent",
            Self::Abandoned => "abandoned",
        }
    }

    /// True when the feature is there and in use.
    pub const fn stands(self) -> bool {
        matches!(self, Self::Existing | Self::Retained | Self::Modified | Self::Added)
    }
}

/// Why bytes are no state table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StateTableError {
    /// It does not begin with `CJST`.
    #[error("not a state table: it does not begin with CJST")]
    Magic,
    /// Another version.
    #[error("state table of version {found}; this program reads version 1")]
    Version {
        /// Version found.
        found: u32,
    },
    /// The header is cut off, or the body has another length than it says.
    #[error("state table of {found} bytes where {expected} were announced")]
    Length {
        /// Bytes that should be there.
        expected: u64,
        /// Bytes there are.
        found: u64,
    },
    /// The reserved word is not zero.
    #[error("state table with a reserved word that is not zero")]
    Reserved,
    /// A byte is no state.
    #[error("state {code} of feature {index} is not known")]
    State {
        /// Dense number of the feature.
        index: u32,
        /// Byte found.
        code: u8,
    },
}

/// States of all features of a city, by dense number. A number beyond the table is [`FeatureState::Absent`]: the city
/// did not have it when the table was made.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StateTable {
    /// Published revision of the city.
    pub city_revision: u64,
    /// Revision of the scenario; 0 for the base.
    pub scenario_revision: u64,
    states: Vec<u8>,
}

impl StateTable {
    const MAGIC: [u8; 4] = *b"CJST";
    const VERSION: u32 = 1;
    /// Bytes before the states.
    pub const HEADER_BYTES: usize = 32;

    /// `count` features as they are today.
    pub fn new(count: u32) -> Self {
        Self {
            city_revision: 0,
            scenario_revision: 0,
            states: vec![0; count as usize],
        }
    }

    /// Number of features.
    pub const fn len(&self) -> usize {
        self.states.len()
    }

    /// True without features.
    pub const fn is_empty(&self) -> bool {
        self.states.is_empty()
    }

    /// State of a feature.
    pub fn get(&self, index: u32) -> FeatureState {
        self.states
            .get(index as usize)
            .and_then(|code| FeatureState::from_code(*code))
            .unwrap_or(FeatureState::Absent)
    }

    /// Sets the state of a feature; numbers beyond the table are passed over.
    pub fn set(&mut self, index: u32, state: FeatureState) {
        if let Some(place) = self.states.get_mut(index as usize) {
            *place = state.code();
        }
    }

    /// Codes by feature number, each at most 6.
    pub fn codes(&self) -> &[u8] {
        &self.states
    }

    /// Bytes of the wire, little endian: `CJST`, u32 version 1, u64 city revision, u64 scenario revision, u32 count,
    /// u32 zero, then `count` state codes.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(Self::HEADER_BYTES + self.states.len());
        bytes.extend(Self::MAGIC);
        bytes.extend(Self::VERSION.to_le_bytes());
        bytes.extend(self.city_revision.to_le_bytes());
        bytes.extend(self.scenario_revision.to_le_bytes());
        // feature numbers are u32, so a table never holds more
        bytes.extend(u32::try_from(self.states.len()).unwrap_or(u32::MAX).to_le_bytes());
        bytes.extend(0_u32.to_le_bytes());
        bytes.extend_from_slice(&self.states);
        bytes
    }

    /// Reads the bytes of [`StateTable::encode`].
    ///
    /// # Errors
    /// [`StateTableError`] for anything else; nothing is allocated for what is not there.
    pub fn decode(bytes: &[u8]) -> Result<Self, StateTableError> {
        if !bytes.starts_with(&Self::MAGIC) {
            return Err(StateTableError::Magic);
        }
        let Some((header, states)) = bytes.split_at_checked(Self::HEADER_BYTES) else {
            return Err(StateTableError::Length {
                expected: Self::HEADER_BYTES as u64,
                found: bytes.len() as u64,
            });
        };
        let word = |at: usize| {
            let mut word = [0; 4];
            word.copy_from_slice(&header[at..at + 4]);
            u32::from_le_bytes(word)
        };
        let long = |at: usize| u64::from(word(at)) | u64::from(word(at + 4)) << 32;
        let version = word(4);
        if version != Self::VERSION {
            return Err(StateTableError::Version { found: version });
        }
        let expected = u64::from(word(24)) + Self::HEADER_BYTES as u64;
        if expected != bytes.len() as u64 {
            return Err(StateTableError::Length {
                expected,
                found: bytes.len() as u64,
            });
        }
        if word(28) != 0 {
            return Err(StateTableError::Reserved);
        }
        let top = FeatureState::ALL.len() as u8;
        if let Some(at) = states.iter().position(|code| *code >= top) {
            return Err(StateTableError::State {
                index: u32::try_from(at).unwrap_or(u32::MAX),
                code: states[at],
            });
        }
        Ok(Self {
            city_revision: long(8),
            scenario_revision: long(16),
            states: states.to_vec(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_wire_form_is_the_documented_one() {
        let mut table = StateTable::new(3);
        table.city_revision = 0x0102;
        table.scenario_revision = 7;
        table.set(1, FeatureState::Demolished);
        table.set(9, FeatureState::Added);
        let bytes = table.encode();
        assert_eq!(&bytes[..8], b"CJST\x01\0\0\0");
        assert_eq!(&bytes[8..24], [2, 1, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(&bytes[24..], [3, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0]);
        assert_eq!(StateTable::decode(&bytes), Ok(table.clone()));
        assert_eq!(
            (table.get(1), table.get(3)),
            (FeatureState::Demolished, FeatureState::Absent)
        );
    }

    #[test]
    fn anything_else_is_refused_with_the_reason() {
        let good = StateTable::new(2).encode();
        let with = |at: usize, byte: u8| {
            let mut bytes = good.clone();
            bytes[at] = byte;
            StateTable::decode(&bytes)
        };
        assert_eq!(StateTable::decode(b""), Err(StateTableError::Magic));
        assert!(matches!(
            StateTable::decode(&good[..20]),
            Err(StateTableError::Length { .. })
        ));
        assert!(matches!(
            StateTable::decode(&good[..33]),
            Err(StateTableError::Length { .. })
        ));
        assert_eq!(with(4, 2), Err(StateTableError::Version { found: 2 }));
        assert!(matches!(with(27, 255), Err(StateTableError::Length { .. })));
        assert_eq!(with(28, 1), Err(StateTableError::Reserved));
        assert_eq!(with(33, 7), Err(StateTableError::State { index: 1, code: 7 }));
    }

    proptest! {
        #[test]
        fn tables_come_back(codes in proptest::collection::vec(0_u8..7, 0..200), city: u64, scenario: u64) {
            let table = StateTable { city_revision: city, scenario_revision: scenario, states: codes };
            prop_assert_eq!(StateTable::decode(&table.encode()), Ok(table));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let mut framed = b"CJST\x01\0\0\0".to_vec();
            framed.extend(&bytes);
            drop((StateTable::decode(&bytes), StateTable::decode(&framed)));
        }
    }
}
