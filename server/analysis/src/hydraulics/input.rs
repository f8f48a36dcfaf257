//! What a caller gathers for a water network: the network, what its elements are in the city, and what-if edits.

use super::network::Network;
use std::collections::BTreeMap;

/// Everything that a run is computed from.
#[derive(Debug, Clone, PartialEq)]
pub struct Input {
    /// The network.
    pub model: Model,
    /// Where the coordinates of a network file lie in the scene; that of a [`Network`] is in the scene already.
    pub placement: Placement,
    /// Features of the city by id of a node of the network. May be empty.
    pub node_features: BTreeMap<String, Feature>,
    /// Features of the city by id of a pipe, pump or valve of the network. May be empty.
    pub link_features: BTreeMap<String, Feature>,
    /// What is changed before the run, in order.
    pub edits: Vec<Edit>,
    /// Assumptions made while the network was gathered ([`super::survey`] gives some), passed on to the outcome.
    pub notes: Vec<crate::outcome::Note>,
}

impl Input {
    /// A network without city features and edits.
    pub fn new(model: Model) -> Self {
        Self {
            model,
            placement: Placement::default(),
            node_features: BTreeMap::new(),
            link_features: BTreeMap::new(),
            edits: vec![],
            notes: vec![],
        }
    }
}

/// Where a network comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum Model {
    /// The bytes of an EPANET input file.
    Inp(Vec<u8>),
    /// A network in plain structs, metric, coordinates in the scene CRS.
    Network(Box<Network>),
}

/// Turns map coordinates of a file into scene coordinates: `offset + scale · (x, y)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Placement {
    /// Metres of the scene for a unit of the file.
    pub scale: f64,
    /// Place of the file's origin, metres of the scene CRS.
    pub offset: [f64; 2],
    /// Added to elevations after they became metres.
    pub lift_m: f64,
}

impl Default for Placement {
    fn default() -> Self {
        Self {
            scale: 1.0,
            offset: [0.0; 2],
            lift_m: 0.0,
        }
    }
}

/// A feature of the city.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feature {
    /// Stable id.
    pub id: String,
    /// Dense number.
    pub index: u32,
}

/// A what-if edit. Ids are those of the network.
#[derive(Debug, Clone, PartialEq)]
pub enum Edit {
    /// A pipe is laid anew.
    ReplacePipe {
        /// Pipe.
        pipe: String,
        /// New inner diameter, millimetres; `None` keeps it.
        diameter_mm: Option<f64>,
        /// New roughness in the unit of the network's head loss formula; `None` keeps it.
        roughness: Option<f64>,
    },
    /// A pipe or valve is shut during the whole run (controls of the file may open it again).
    Close {
        /// Pipe, pump or valve.
        link: String,
    },
    /// More is drawn at a node, during the whole run.
    AddDemand {
        /// Junction.
        node: String,
        /// Litres a second.
        demand_lps: f64,
    },
}
