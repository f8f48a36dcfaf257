//! What a caller gathers for a result from outside.

use super::raster::Raster;
use std::collections::BTreeMap;

/// The result and what its elements are in the city.
#[derive(Debug, Clone, PartialEq)]
pub struct Input {
    /// The result.
    pub source: Source,
    /// Elements of tables and networks by their id there. For a table by feature id, the features themselves.
    pub elements: BTreeMap<String, Element>,
}

/// A file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Name for messages.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// A result.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// Rasters that were decoded before (GeoTIFF bands), in the scene CRS.
    Rasters(Vec<Frame>),
    /// ESRI ASCII grids in the scene CRS, each with its seconds from the start.
    Ascii(Vec<(f64, File)>),
    /// A table with a column of ids, one of times if it has any, and columns of values.
    Table(File),
    /// Binary results of EPANET 2.
    Epanet(File),
    /// Binary results of SWMM 5.
    Swmm(File),
}

/// A raster at a moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    /// Name for messages.
    pub name: String,
    /// Seconds from the start.
    pub time_s: f64,
    /// The raster.
    pub raster: Raster,
}

/// What an element is in the city.
#[derive(Debug, Clone, PartialEq)]
pub enum Element {
    /// A feature.
    Feature {
        /// Stable id.
        id: String,
        /// Dense number.
        index: u32,
    },
    /// A line that is no feature, metres of the scene CRS.
    Line(Vec<[f64; 3]>),
}
