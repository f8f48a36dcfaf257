//! A solved network: its elements and their series over time.

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeKind {
    /// Pipes meet, water is drawn.
    Junction,
    /// A source with a fixed head.
    Reservoir,
    /// A tank.
    Tank,
}

/// What a link is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkKind {
    /// A pipe, with or without check valve.
    Pipe,
    /// A pump.
    Pump,
    /// A valve.
    Valve,
}

/// A node of the solved network.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Id in the network.
    pub id: String,
    /// What it is.
    pub kind: NodeKind,
    /// Place in the scene, metres; `None` where the file has none.
    pub place: Option<[f64; 2]>,
    /// Height of the ground, of a tank's bottom or of a reservoir's level, metres.
    pub elevation_m: f64,
}

/// A link of the solved network.
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    /// Id in the network.
    pub id: String,
    /// What it is.
    pub kind: LinkKind,
    /// First and last node.
    pub ends: [usize; 2],
    /// Places between them in the scene, metres.
    pub vertices: Vec<[f64; 2]>,
    /// Length, metres; 0 for pumps and valves.
    pub length_m: f64,
    /// Inner diameter, millimetres; 0 for pumps.
    pub diameter_mm: f64,
}

/// A warning of EPANET at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// Seconds from the start.
    pub time_s: u64,
    /// EPANET's code, 1 to 6.
    pub code: i32,
    /// Nodes with demand and without an open way to a source, only with code 3.
    pub cut_off: Vec<usize>,
}

/// Everything over time. Series are step after step, nodes or links in the order of the lists.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Solution {
    /// Nodes.
    pub nodes: Vec<Node>,
    /// Links.
    pub links: Vec<Link>,
    /// Seconds from the start.
    pub times_s: Vec<f64>,
    /// Hydraulic head at nodes, metres.
    pub head_m: Vec<f64>,
    /// Drawn at nodes, litres a second; what a source gives is negative.
    pub demand_lps: Vec<f64>,
    /// Demand that was not met (pressure-driven networks), litres a second.
    pub deficit_lps: Vec<f64>,
    /// Flow in links from the first to the last node, litres a second.
    pub flow_lps: Vec<f64>,
    /// Speed in links, metres a second.
    pub velocity_m_s: Vec<f64>,
    /// Age of the water at nodes, hours; empty without.
    pub node_age_h: Vec<f64>,
    /// Mean age of the water in links, hours; empty without.
    pub link_age_h: Vec<f64>,
    /// Warnings, each code once a moment.
    pub warnings: Vec<Warning>,
}
