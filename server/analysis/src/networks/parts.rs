//! What a network is made of. Coordinates are metres of the scene CRS.

/// A pipe.
#[derive(Debug, Clone, Default)]
pub struct Pipe {
    /// Stable id. Pipes of the same id are lines of one feature.
    pub id: String,
    /// Dense number.
    pub index: u32,
    /// Class of the network, as the city has it: `JS`, `RQ`, `RL` … Networks of different classes never touch.
    pub class: String,
    /// Names of the nodes at its ends, from the line table; `None`: the ends of the line say where it is joined.
    pub nodes: Option<[String; 2]>,
    /// Vertices; may be empty where the nodes are named.
    pub points: Vec<[f64; 3]>,
    /// Length, metres; `None`: that of the line in space.
    pub length_m: Option<f64>,
    /// Nominal diameter, millimetres, for the table.
    pub diameter_mm: Option<f64>,
    /// Street or name, for the table.
    pub name: String,
}

/// A valve.
#[derive(Debug, Clone)]
pub struct Valve {
    /// Stable id.
    pub id: String,
    /// Dense number; `u32::MAX` for one without a feature.
    pub index: u32,
    /// Class of the network.
    pub class: String,
    /// Where it is.
    pub at: At,
    /// False for one that stands closed.
    pub is_open: bool,
}

/// Where something is on the network.
#[derive(Debug, Clone, PartialEq)]
pub enum At {
    /// On a pipe beside one of its nodes (the `(link, node)` of a valve layer).
    LinkEnd {
        /// Id of the pipe.
        pipe: String,
        /// Name of the node.
        node: String,
    },
    /// At a named node.
    Node(String),
    /// Somewhere on a pipe.
    Pipe(String),
    /// At the nearest node or pipe.
    Point([f64; 2]),
}

/// A source.
#[derive(Debug, Clone)]
pub struct Source {
    /// Stable id.
    pub id: String,
    /// Class of the network.
    pub class: String,
    /// Where it is.
    pub at: At,
}
