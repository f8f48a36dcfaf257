//! Readers of city data, one folder per format. Bytes in, features and a report out; nothing here knows the store.

pub mod error;
pub mod sink;
pub mod sniff;

pub use error::SourceError;
pub use sink::{DatasetInfo, FeatureSink, MemorySink, ReadOptions, SinkError};
pub use sniff::{read_path, Format};
