//! What a caller gathers for a result from outside.

use super::raster::Raster;
use std::collections::{BTreeMap, BTreeSet};

/// The result and what its elements are in the city.
#[derive(Debug, Clone, PartialEq)]
pub struct Input {
    /// The result.
    pub source: Source,
    /// What ids of the result are in the city.
    pub elements: Elements,
}

/// Elements of tables and networks by their id there. A node and a link of one network may have the same id.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Elements {
    /// Of tables and subcatchments.
    pub features: BTreeMap<String, Vec<Element>>,
    /// Of nodes.
    pub nodes: BTreeMap<String, Vec<Element>>,
    /// Of links.
    pub links: BTreeMap<String, Vec<Element>>,
    /// Pipes that show what the nodes at their ends have.
    pub courses: Vec<Course>,
    /// Ids that the city has outside of the area: they are neither shown nor missing.
    pub elsewhere: BTreeSet<String>,
}

impl Elements {
    /// Those that a series is about.
    pub(super) fn of(&self, key: &str) -> &BTreeMap<String, Vec<Element>> {
        match key.split_once('/') {
            Some(("node", _)) => &self.nodes,
            Some(("link", _)) => &self.links,
            _ => &self.features,
        }
    }
}

/// A pipe between two nodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Course {
    /// Stable id of the feature.
    pub id: String,
    /// Its dense number.
    pub index: u32,
    /// Ids of the nodes in the result.
    pub ends: [String; 2],
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
