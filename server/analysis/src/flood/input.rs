//! What a caller gathers for a flood: ground, buildings, covers, roads, inlets and inflows, in metres of the scene CRS.

use super::error::Error;
use crate::indicators::Text;
use geo::MultiPolygon;

/// Ground and features of the area. Lists of cells go row by row from the south, each row from the west.
#[derive(Debug, Clone, PartialEq)]
pub struct Input {
    /// The grid.
    pub grid: Grid,
    /// The area that was asked for, whose depths the figures count: what stands in the ground around it is not the question.
    /// Empty for the whole grid.
    pub area: MultiPolygon<f64>,
    /// How far the grid reaches beyond that area, metres.
    pub margin_m: f64,
    /// Height of the bare ground in each cell, metres; NaN where the ground model has none.
    pub ground_m: Vec<f64>,
    /// Buildings: water goes around them.
    pub buildings: Vec<Building>,
    /// Covers, painted in this order; where none lies, [`super::Params::default_surface`] holds.
    pub covers: Vec<Cover>,
    /// Roads that are judged; they are no covers.
    pub roads: Vec<Road>,
    /// Street inlets.
    pub inlets: Vec<Inlet>,
    /// Water that comes from outside.
    pub inflows: Vec<Inflow>,
    /// Water at the start.
    pub initial: Initial,
}

impl Default for Input {
    fn default() -> Self {
        Self {
            grid: Grid::default(),
            area: MultiPolygon::new(vec![]),
            margin_m: 0.0,
            ground_m: vec![],
            buildings: vec![],
            covers: vec![],
            roads: vec![],
            inlets: vec![],
            inflows: vec![],
            initial: Initial::default(),
        }
    }
}

/// A grid of square cells.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Grid {
    /// South-west corner.
    pub origin: [f64; 2],
    /// Side of a cell, metres.
    pub cell_m: f64,
    /// Cells from west to east.
    pub columns: u32,
    /// Cells from south to north.
    pub rows: u32,
}

impl Grid {
    /// Cells of the grid.
    pub fn len(&self) -> usize {
        self.columns as usize * self.rows as usize
    }

    /// True when it has no cell.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Area of a cell, m².
    pub fn cell_m2(&self) -> f64 {
        self.cell_m * self.cell_m
    }

    /// Middle of a cell.
    pub fn center(&self, cell: usize) -> [f64; 2] {
        let (row, column) = (cell / self.columns as usize, cell % self.columns as usize);
        [
            self.origin[0] + (column as f64 + 0.5) * self.cell_m,
            self.origin[1] + (row as f64 + 0.5) * self.cell_m,
        ]
    }

    /// The cell that a point lies in.
    pub fn cell_at(&self, [x, y]: [f64; 2]) -> Option<usize> {
        let column = ((x - self.origin[0]) / self.cell_m).floor();
        let row = ((y - self.origin[1]) / self.cell_m).floor();
        let is_inside = column >= 0.0 && row >= 0.0 && column < f64::from(self.columns) && row < f64::from(self.rows);
        is_inside.then(|| row as usize * self.columns as usize + column as usize)
    }

    /// Sizes that a grid must have.
    pub(super) fn check(&self) -> Result<(), Error> {
        let wrong = |zh: &str, en: &str| Error::Grid {
            reason: Text::new(zh, en),
        };
        if self.is_empty() {
            return Err(wrong("没有像元", "it has no cells"));
        }
        if !(self.cell_m > 0.0 && self.cell_m.is_finite() && self.origin.iter().all(|v| v.is_finite())) {
            return Err(wrong(
                "像元边长须大于 0，原点须为有限数",
                "cell size must be positive and the origin finite",
            ));
        }
        if self.len() > u32::MAX as usize / 2 {
            return Err(wrong("像元超过二十亿个", "it has more than two thousand million cells"));
        }
        Ok(())
    }
}

/// A building.
#[derive(Debug, Clone, PartialEq)]
pub struct Building {
    /// Stable id.
    pub id: String,
    /// Dense number; `None` for a proposal that has none yet.
    pub index: Option<u32>,
    /// Footprint.
    pub footprint: MultiPolygon<f64>,
    /// Height of the ground floor, metres; where unknown, [`super::Params::floor_above_ground_m`] above the ground beside it.
    pub floor_m: Option<f64>,
    /// False for what is not judged (a wall, a shed); it blocks water all the same.
    pub is_judged: bool,
}

/// Ground with a cover of its own.
#[derive(Debug, Clone, PartialEq)]
pub struct Cover {
    /// Key of a surface of the catalogue: `asphalt`, `green` …
    pub surface: String,
    /// Where it lies.
    pub area: MultiPolygon<f64>,
}

/// A road that is judged lane by lane.
#[derive(Debug, Clone, PartialEq)]
pub struct Road {
    /// Stable id.
    pub id: String,
    /// Dense number.
    pub index: Option<u32>,
    /// Centre line; empty when only the area is known.
    pub center_line: Vec<[f64; 2]>,
    /// Width of the carriageway along the centre line, metres.
    pub width_m: f64,
    /// Carriageway, used where there is no centre line; lanes cannot be told apart then.
    pub area: MultiPolygon<f64>,
}

/// A street inlet.
#[derive(Debug, Clone, PartialEq)]
pub struct Inlet {
    /// Stable id.
    pub id: String,
    /// Where it is.
    pub at: [f64; 2],
    /// Key of an inlet kind of the catalogue.
    pub kind: String,
    /// What the drain behind it can take, m³/s; `None` for the capacity of its kind.
    pub capacity_m3_s: Option<f64>,
}

/// Water that comes from outside: a burst dyke, a river branch, a broken main.
#[derive(Debug, Clone, PartialEq)]
pub struct Inflow {
    /// Stable id or name.
    pub id: String,
    /// Where it comes up; it is spread evenly over the free cells within.
    pub area: InflowArea,
    /// Seconds from the start and m³/s, ascending; straight between, nothing before and after.
    pub series: Vec<[f64; 2]>,
}

/// Place of an inflow.
#[derive(Debug, Clone, PartialEq)]
pub enum InflowArea {
    /// Cells whose middle lies in a circle.
    Circle {
        /// Middle.
        center: [f64; 2],
        /// Metres.
        radius_m: f64,
    },
    /// Cells whose middle lies in polygons.
    Polygon(MultiPolygon<f64>),
}

/// Water at the start.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Initial {
    /// None.
    #[default]
    Dry,
    /// Water up to this height wherever the ground is lower.
    Level(f64),
    /// Depth in each cell, metres.
    Depth(Vec<f64>),
}
