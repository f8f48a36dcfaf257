//! What reach is computed from. Coordinates are metres of the scene CRS, x east, y north.

use geo::MultiPolygon;

/// Everything that a caller gathers, of the scenario in question.
#[derive(Debug, Clone, Default)]
pub struct Input {
    /// Stable id and title of the area that is judged, for the verdicts: a project, a district, the city.
    pub area: Area,
    /// Centre lines that people walk along: streets, lanes, footpaths, bridges with their own line.
    pub streets: Vec<Street>,
    /// Surfaces that join the ends of streets lying on them, where centre lines stop short of each other.
    pub junctions: Vec<Surface>,
    /// What cannot be walked through.
    pub barriers: Vec<Barrier>,
    /// Where a barrier can be passed on its own level: bridge decks, level crossings, underpasses.
    pub passages: Vec<Passage>,
    /// Buildings in which people live.
    pub buildings: Vec<Building>,
    /// Facilities that people walk to.
    pub facilities: Vec<Facility>,
    /// Parks, with their whole outline (their area decides how far they serve).
    pub parks: Vec<Land>,
    /// Residential land.
    pub homes: Vec<Land>,
    /// True when `homes` are the footprints of homes, which stand for residential land that the data does not have.
    pub homes_are_buildings: bool,
    /// Built-up area that the green formula is about; `None`: all residential land counts.
    pub built_up: Option<MultiPolygon<f64>>,
}

/// The area that is judged.
#[derive(Debug, Clone, Default)]
pub struct Area {
    /// Stable id; empty for the whole city.
    pub id: String,
    /// Dense number; `None` where it is no feature.
    pub index: Option<u32>,
}

/// A centre line.
#[derive(Debug, Clone, Default)]
pub struct Street {
    /// Stable id.
    pub id: String,
    /// Vertices, at least two; the heights are only carried along, lengths are those in plan.
    pub points: Vec<[f64; 3]>,
    /// 0 on the ground, 1 and more on bridges, −1 and less in tunnels. Lines cross without meeting where it differs;
    /// the ends of a bridge or tunnel are on the ground.
    pub level: i8,
    /// False for motorways and whatever else is closed to walkers.
    pub is_walkable: bool,
}

/// A surface in plan.
#[derive(Debug, Clone, Default)]
pub struct Surface {
    /// Stable id.
    pub id: String,
    /// Rings, the outer one first, not closed.
    pub rings: Vec<Vec<[f64; 2]>>,
}

/// What cannot be walked through.
#[derive(Debug, Clone)]
pub struct Barrier {
    /// Stable id.
    pub id: String,
    /// Level it lies on; streets of other levels pass over or under it.
    pub level: i8,
    /// Where it runs.
    pub shape: BarrierShape,
}

/// Where a barrier runs.
#[derive(Debug, Clone)]
pub enum BarrierShape {
    /// Along a line: a track, a ditch, a wall.
    Line(Vec<[f64; 2]>),
    /// Over a surface: a river, a yard of tracks. Rings, the outer one first, not closed.
    Surface(Vec<Vec<[f64; 2]>>),
}

/// Where a barrier can be passed.
#[derive(Debug, Clone)]
pub struct Passage {
    /// Stable id.
    pub id: String,
    /// Rings (outer first, not closed) of a deck; or one ring of one point, which opens everything within
    /// [`super::Params::passage_m`].
    pub rings: Vec<Vec<[f64; 2]>>,
}

/// A building in which people live.
#[derive(Debug, Clone, Default)]
pub struct Building {
    /// Stable id.
    pub id: String,
    /// Dense number.
    pub index: u32,
    /// Its entrance, or the middle of its footprint where that is not known.
    pub point: [f64; 2],
    /// People who live there.
    pub people: f64,
}

/// A facility.
#[derive(Debug, Clone, Default)]
pub struct Facility {
    /// Stable id.
    pub id: String,
    /// Dense number.
    pub index: u32,
    /// Name for people.
    pub name: String,
    /// A kind of the rules: `primary_school` …
    pub kind: String,
    /// Its entrance, or the middle of its footprint.
    pub point: [f64; 2],
}

/// Land with an outline.
#[derive(Debug, Clone)]
pub struct Land {
    /// Stable id.
    pub id: String,
    /// Dense number.
    pub index: u32,
    /// Name, empty without one: neighbouring parks of one name are one park.
    pub name: String,
    /// Outline, valid polygons.
    pub outline: MultiPolygon<f64>,
}
