//! What a caller gathers for a sunshine study: site, buildings, terrain and ground, in metres of the scene CRS.

use super::params::Params;
use geo::MultiPolygon;
use serde::{Deserialize, Serialize};

/// Everything that a study looks at.
#[derive(Debug, Clone, Default)]
pub struct Input {
    /// Where on earth the scene lies.
    pub site: Site,
    /// Buildings that take sun or need it; blockers as far as their shadows may reach.
    pub buildings: Vec<Building>,
    /// The ground as a blocker.
    pub terrain: Terrain,
    /// Ground to be painted with hours; `None` for none.
    pub ground: Option<Grid>,
}

/// Where on earth the scene lies; one sun serves the whole scene.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Site {
    /// Latitude of the middle of the area, degrees, north positive.
    pub latitude_deg: f64,
    /// Longitude, degrees, east positive.
    pub longitude_deg: f64,
    /// Height above sea level, metres.
    pub elevation_m: f64,
    /// Meridian convergence, degrees: the true azimuth of the direction in which y of the scene grows; positive east of a
    /// central meridian in the northern hemisphere. A true azimuth α has the grid bearing α − convergence.
    pub convergence_deg: f64,
    /// Civil time less UTC, hours; only for printing.
    pub utc_offset_h: f64,
}

/// A building, as blocker and as what is examined.
#[derive(Debug, Clone, PartialEq)]
pub struct Building {
    /// Stable id.
    pub id: String,
    /// Dense number; `None` for what is not in the city yet.
    pub index: Option<u32>,
    /// What it is used for; decides the limit.
    pub usage: Usage,
    /// True when its façades are to be held against the limit and painted. Needs a footprint.
    pub is_examined: bool,
    /// True for what a scenario builds.
    pub is_proposal: bool,
    /// Outline in plan. Blocks between `ground_m` and `top_m` when there is no mesh; façade points lie on its edges.
    pub footprint: MultiPolygon<f64>,
    /// Height of the ground floor's level, metres.
    pub ground_m: f64,
    /// Height of the highest part, metres.
    pub top_m: f64,
    /// Height up to which walls may stand, metres: façades are painted as far; `None` for `top_m`.
    pub wall_top_m: Option<f64>,
    /// Storeys above ground; 0 when not known (height ÷ 3 m then).
    pub storeys: u32,
    /// Closed triangle mesh that blocks in place of the extruded footprint; empty for none.
    pub mesh: Vec<[[f64; 3]; 3]>,
    /// Windows to be examined in place of points along the façade; empty for none.
    pub windows: Vec<Window>,
}

impl Default for Building {
    fn default() -> Self {
        Self {
            id: String::new(),
            index: None,
            usage: Usage::Other,
            is_examined: false,
            is_proposal: false,
            footprint: MultiPolygon::new(vec![]),
            ground_m: 0.0,
            top_m: 0.0,
            wall_top_m: None,
            storeys: 0,
            mesh: vec![],
            windows: vec![],
        }
    }
}

impl Building {
    /// True when it is examined under these parameters.
    pub(super) fn is_examined_by(&self, params: &Params) -> bool {
        self.is_examined && (self.usage != Usage::Unknown || params.assume_residential)
    }
}

/// A window of a dwelling.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Window {
    /// Stable id, unique in the building.
    pub id: String,
    /// The dwelling that it belongs to: one window that meets the limit is enough for a dwelling.
    pub dwelling: String,
    /// Middle of the sill on the outer face of the wall.
    pub sill: [f64; 3],
    /// Direction out of the wall, in plan; any length but zero.
    pub normal: [f64; 2],
}

/// What a building is used for, as far as limits differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Usage {
    /// Dwellings.
    Residential,
    /// Dwellings for old people.
    Elderly,
    /// Nurseries and kindergartens.
    Kindergarten,
    /// Classrooms.
    School,
    /// Wards.
    Hospital,
    /// Not told by the data: examined as dwellings where [`super::Params::assume_residential`] says so, else not at all.
    Unknown,
    /// No limit.
    #[default]
    Other,
}

/// The ground as a blocker.
#[derive(Debug, Clone, Default)]
pub enum Terrain {
    /// None: flat below everything.
    #[default]
    Flat,
    /// Triangles.
    Triangles(Vec<[[f64; 3]; 3]>),
    /// Heights at the corners of square cells.
    Heights(Grid),
}

/// A regular grid of heights.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Grid {
    /// South-west corner: of the first cell for a ground to be painted, the first height for a terrain.
    pub origin: [f64; 2],
    /// Side of a cell, metres.
    pub cell_m: f64,
    /// Heights from west to east.
    pub columns: u32,
    /// Heights from south to north.
    pub rows: u32,
    /// Heights, row by row from the south; NaN for a hole. For a ground to be painted these are the cells' middles.
    pub heights: Vec<f32>,
}
