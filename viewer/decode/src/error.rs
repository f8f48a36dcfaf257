//! Why a tile cannot be decoded.

/// A tile that cannot be decoded; the text is for people and names the place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The bytes are not a container that we know.
    #[error("not a glb or b3dm tile: {reason}")]
    Container {
        /// What was found.
        reason: String,
    },
    /// Something that the specification allows and this decoder does not do.
    #[error("unsupported: {what}")]
    Unsupported {
        /// What.
        what: String,
    },
    /// The JSON part is no glTF.
    #[error("bad glTF JSON: {reason}")]
    Json {
        /// The parser's words.
        reason: String,
    },
    /// The data contradicts itself or runs past its end.
    #[error("{reason} in {at}")]
    Data {
        /// What is wrong.
        reason: String,
        /// Where: `accessor 3`, `buffer view 0`…
        at: String,
    },
    /// Decoding would need more memory than a tile may.
    #[error("tile needs more than {limit_bytes} bytes decoded")]
    TooLarge {
        /// The limit.
        limit_bytes: u64,
    },
}

impl DecodeError {
    pub(crate) fn data(reason: impl Into<String>, at: impl Into<String>) -> Self {
        Self::Data {
            reason: reason.into(),
            at: at.into(),
        }
    }

    /// The same error with an outer place added.
    pub(crate) fn within(self, outer: &str) -> Self {
        match self {
            Self::Data { reason, at } => Self::Data {
                reason,
                at: format!("{at} of {outer}"),
            },
            other => other,
        }
    }
}
