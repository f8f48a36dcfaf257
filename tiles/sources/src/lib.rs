//! Readers of city data, one folder per format. Bytes in, features and a report out; nothing here knows the store.

pub mod citygml;
pub mod cityjson;
pub mod dem;
pub mod demo;
pub mod error;
pub mod geojson;
pub mod ifc;
mod json;
pub mod normalise;
pub mod pipe_tables;
pub mod results;
pub mod sink;
pub mod sniff;

pub use error::SourceError;
pub use sink::{DatasetInfo, FeatureSink, MemorySink, ReadOptions, SinkError};
pub use sniff::{Format, FormatDef, Head, read_as, read_path, sniff_path};
