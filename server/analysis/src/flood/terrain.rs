//! The ground as the solver sees it: walls around it and in it, surfaces, soils, inlets, inflows and edges.

use super::catalogue::Catalogue;
use super::error::Error;
use super::input::{Grid, Inflow, InflowArea, Initial, Input};
use super::params::{Params, Side};
use super::raster::cells_in;
use super::soil::GreenAmpt;
use super::storm::Cumulative;
use crate::indicators::Text;
use crate::outcome::Note;

/// Height of what water cannot pass, metres.
pub const WALL_M: f64 = 1e6;
/// Heights are rounded to this part of a metre (about 1 µm): sums of ground and depth are exact then, and a lake at
/// rest stays at rest to the last bit.
const QUANTUM: f64 = (1 << 20) as f64;

/// Rounds a height to a micrometre that is a power of two.
pub(super) fn quantized(height_m: f64) -> f64 {
    (height_m * QUANTUM).round() / QUANTUM
}

/// What a cell is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Water may be there.
    Free,
    /// A building.
    Building,
    /// Outside of the ground model.
    Outside,
}

/// A face between a free cell and the outside.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Edge {
    /// The cell, padded.
    pub cell: usize,
    /// Its place in the list of flows to the east (`is_x`) or north.
    pub face: usize,
    /// True for a face that looks west or east.
    pub is_x: bool,
    /// 1 when the outside lies east or north, −1 when west or south.
    pub sign: f64,
    /// Slope of the flow that leaves; `None` beside a level, where the scheme itself finds the flow.
    pub slope: Option<f64>,
}

/// An inlet on its cell.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Mouth {
    /// Place in the input.
    pub inlet: usize,
    pub cell: usize,
    /// Flow of the weir at a depth of 1 m, m³/s.
    pub weir: f64,
    /// Flow of the orifice at a depth of 1 m, m³/s.
    pub orifice: f64,
    pub capacity_m3_s: f64,
}

/// An inflow on its cells.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Spring {
    pub cells: Vec<usize>,
    /// Volume by time, m³.
    pub volume: Cumulative,
}

/// The ground, padded with a ring of cells around it: `width = columns + 2`, cell (0, 0) at `width + 1`.
#[derive(Debug, Clone)]
pub struct Terrain {
    /// The grid.
    pub grid: Grid,
    /// Cells of a padded row.
    pub width: usize,
    /// Ground, or [`WALL_M`]; `rows + 2` padded rows.
    pub ground_m: Vec<f64>,
    /// Depth at the start, and beyond edges with a level.
    pub(super) depth_m: Vec<f64>,
    /// Manning's n.
    pub(super) manning: Vec<f32>,
    /// Share of a cell's rain that runs onto it, with that of roofs beside it.
    pub(super) runoff: Vec<f32>,
    /// 0, or place in `soils` and 1.
    pub(super) soil: Vec<u8>,
    pub(super) soils: Vec<GreenAmpt>,
    /// 1 for a western (southern) face that may carry water, 0 for a wall; one padded row more than cells.
    pub(super) open_x: Vec<f32>,
    pub(super) open_y: Vec<f32>,
    /// What each cell is, unpadded.
    pub kinds: Vec<Kind>,
    pub(super) edges: Vec<Edge>,
    pub(super) mouths: Vec<Mouth>,
    pub(super) springs: Vec<Spring>,
    /// Free cells around each building, unpadded.
    pub rings: Vec<Vec<u32>>,
    /// Cells that rain falls on: free ones and buildings.
    pub(super) num_rained: usize,
    /// What was assumed.
    pub notes: Vec<Note>,
}

/// Bytes that a run takes: state of a cell and every step of the depth series.
pub fn bytes_needed(grid: &Grid, num_frames: usize, has_soil: bool) -> u64 {
    // ground (twice while holes are filled), depth now, at the start and at the end; twice two flows, open faces; Manning
    // and runoff; soil and kind; four results; heights of five layers; water taken by soils
    let state = 5 * 8 + 6 * 4 + 2 * 4 + 2 + 4 * 4 + 5 * 4 + if has_soil { 8 } else { 0 };
    grid.len() as u64 * (state + 4 * num_frames as u64)
}

impl Terrain {
    /// Lays the input onto the grid.
    ///
    /// # Errors
    /// What is wrong with which feature.
    pub fn new(input: &Input, params: &Params, catalogue: &Catalogue) -> Result<Self, Error> {
        let grid = input.grid;
        grid.check()?;
        if input.ground_m.len() != grid.len() {
            return Err(Error::Grid {
                reason: Text::new(
                    format!("{} 个高程与 {} 个像元不符", input.ground_m.len(), grid.len()),
                    format!("{} heights for {} cells", input.ground_m.len(), grid.len()),
                ),
            });
        }
        let mut notes = vec![];
        let (ground, mut kinds) = super::holes::filled(&grid, &input.ground_m, params.fill_cells, &mut notes)?;
        let marks = mark_buildings(input, &mut kinds)?;
        if !kinds.contains(&Kind::Free) {
            return Err(Error::NoFreeCell);
        }
        let width = grid.columns as usize + 2;
        let len = width * (grid.rows as usize + 2);
        let mut terrain = Self {
            grid,
            width,
            ground_m: vec![WALL_M; len],
            depth_m: vec![0.0; len],
            manning: vec![0.0; len],
            runoff: vec![0.0; len],
            soil: vec![0; len],
            soils: vec![],
            open_x: vec![0.0; len + width],
            open_y: vec![0.0; len + width],
            num_rained: kinds.iter().filter(|k| **k != Kind::Outside).count(),
            kinds,
            edges: vec![],
            mouths: vec![],
            springs: vec![],
            rings: vec![],
            notes,
        };
        for (cell, height) in ground.iter().enumerate() {
            if terrain.kinds[cell] == Kind::Free {
                let padded = terrain.padded(cell);
                terrain.ground_m[padded] = quantized(*height);
            }
        }
        terrain.rings = marks.iter().map(|cells| terrain.ring(cells)).collect();
        terrain.paint(input, params, catalogue)?;
        terrain.drain_roofs(&marks, catalogue);
        terrain.fill(&input.initial)?;
        terrain.open_edges(params)?;
        terrain.open_faces();
        terrain.place_inlets(input, params, catalogue)?;
        terrain.place_inflows(&input.inflows)?;
        Ok(terrain)
    }

    /// Padded place of a cell.
    pub fn padded(&self, cell: usize) -> usize {
        let columns = self.grid.columns as usize;
        (cell / columns + 1) * self.width + cell % columns + 1
    }

    /// Depth in a cell at the start, metres.
    pub fn depth_at_start_m(&self, cell: usize) -> f64 {
        self.depth_m[self.padded(cell)]
    }

    /// Cell of a padded place inside of the grid.
    pub(super) fn unpadded(&self, padded: usize) -> usize {
        (padded / self.width - 1) * self.grid.columns as usize + padded % self.width - 1
    }

    /// True when water may be in a padded place.
    pub(super) fn is_free(&self, padded: usize) -> bool {
        let (row, column) = (padded / self.width, padded % self.width);
        let is_inside =
            row >= 1 && row <= self.grid.rows as usize && column >= 1 && column <= self.grid.columns as usize;
        is_inside && self.kinds[self.unpadded(padded)] == Kind::Free
    }

    /// Cells of the grid beside a cell: west, east, south, north.
    fn neighbours(&self, cell: u32) -> [Option<u32>; 4] {
        let (columns, rows) = (self.grid.columns, self.grid.rows);
        let (row, column) = (cell / columns, cell % columns);
        [
            (column > 0).then(|| cell - 1),
            (column + 1 < columns).then(|| cell + 1),
            (row > 0).then(|| cell - columns),
            (row + 1 < rows).then(|| cell + columns),
        ]
    }

    fn ring(&self, cells: &[u32]) -> Vec<u32> {
        let mut ring: Vec<u32> = cells
            .iter()
            .flat_map(|cell| self.neighbours(*cell))
            .flatten()
            .filter(|cell| self.kinds[*cell as usize] == Kind::Free)
            .collect();
        ring.sort_unstable();
        ring.dedup();
        ring
    }

    fn paint(&mut self, input: &Input, params: &Params, catalogue: &Catalogue) -> Result<(), Error> {
        let surfaces = &catalogue.data.surfaces;
        let usual = catalogue.surface(&params.default_surface, "default_surface")?;
        let mut painted = vec![usual as u16; self.grid.len()];
        for (i, cover) in input.covers.iter().enumerate() {
            let name = format!("cover {i}");
            let surface = catalogue.surface(&cover.surface, &name)?;
            check_finite(&name, &cover.area)?;
            for cell in cells_in(&self.grid, &cover.area) {
                painted[cell as usize] = surface as u16;
            }
        }
        let mut soil_of = vec![0_u8; surfaces.len()];
        for (place, surface) in soil_of.iter_mut().zip(surfaces) {
            if let Some(soil) = surface.soil {
                self.soils.push(soil);
                *place = u8::try_from(self.soils.len()).unwrap_or(u8::MAX);
            }
        }
        for (cell, surface) in painted.iter().enumerate() {
            if self.kinds[cell] != Kind::Free {
                continue;
            }
            let (padded, kind) = (self.padded(cell), &surfaces[usize::from(*surface)]);
            self.manning[padded] = kind.manning_n as f32;
            self.runoff[padded] = kind.runoff as f32;
            self.soil[padded] = soil_of[usize::from(*surface)];
        }
        Ok(())
    }

    /// Roofs shed their rain onto the cells beside them.
    fn drain_roofs(&mut self, marks: &[Vec<u32>], catalogue: &Catalogue) {
        let roof = catalogue
            .data
            .surfaces
            .iter()
            .find(|s| s.key == "roof")
            .map_or(1.0, |s| s.runoff);
        for (place, cells) in marks.iter().enumerate() {
            let share = roof * cells.len() as f64 / self.rings[place].len() as f64;
            for i in 0..self.rings[place].len() {
                let padded = self.padded(self.rings[place][i] as usize);
                self.runoff[padded] += share as f32;
            }
        }
    }

    fn fill(&mut self, initial: &Initial) -> Result<(), Error> {
        for cell in 0..self.grid.len() {
            if self.kinds[cell] != Kind::Free {
                continue;
            }
            let padded = self.padded(cell);
            self.depth_m[padded] = match initial {
                Initial::Dry => 0.0,
                Initial::Level(level) if level.is_finite() => (quantized(*level) - self.ground_m[padded]).max(0.0),
                Initial::Depth(depths) if depths.get(cell).is_some_and(|d| *d >= 0.0 && *d < 1e4) => depths[cell],
                _ => {
                    let [x, y] = self.grid.center(cell);
                    return Err(Error::Grid {
                        reason: Text::new(
                            format!("({x:.1}, {y:.1}) 处没有可用的初始水深"),
                            format!("no usable water depth at the start at ({x:.1}, {y:.1})"),
                        ),
                    });
                }
            };
        }
        Ok(())
    }

    fn open_edges(&mut self, params: &Params) -> Result<(), Error> {
        let sides = params.sides.list();
        for cell in 0..self.grid.len() {
            if self.kinds[cell] != Kind::Free {
                continue;
            }
            let (at, width) = (self.padded(cell), self.width);
            let faces = [
                (at, at - 1, true),
                (at + 1, at + 1, true),
                (at, at - width, false),
                (at + width, at + width, false),
            ];
            for (place, beside) in self.neighbours(cell as u32).into_iter().enumerate() {
                let is_edge = beside.is_none_or(|b| self.kinds[b as usize] == Kind::Outside);
                let ((face, beyond, is_x), sign) = (faces[place], if place % 2 == 1 { 1.0 } else { -1.0 });
                let slope = match sides[place] {
                    Side::Open { slope } if is_edge => Some(slope),
                    Side::Level { level_m } if is_edge => {
                        if beside.is_some() {
                            let [x, y] = self.grid.center(cell);
                            return Err(Error::Grid {
                                reason: Text::new(
                                    format!("给定水位的边界须有直到边缘的地面高程，但在 ({x:.1}, {y:.1}) 处中断"),
                                    format!(
                                        "a side with a water level needs ground up to the edge; it ends at ({x:.1}, {y:.1})"
                                    ),
                                ),
                            });
                        }
                        self.ground_m[beyond] = self.ground_m[at];
                        self.manning[beyond] = self.manning[at];
                        self.depth_m[beyond] = (quantized(level_m) - self.ground_m[at]).max(0.0);
                        None
                    }
                    _ => continue,
                };
                self.edges.push(Edge {
                    cell: at,
                    face,
                    is_x,
                    sign,
                    slope,
                });
            }
        }
        Ok(())
    }

    fn open_faces(&mut self) {
        for cell in 0..self.grid.len() as u32 {
            let at = self.padded(cell as usize);
            let is_free = |other: Option<u32>| other.is_some_and(|c| self.kinds[c as usize] == Kind::Free);
            let [west, _, south, _] = self.neighbours(cell);
            if self.kinds[cell as usize] == Kind::Free {
                self.open_x[at] = f32::from(u8::from(is_free(west)));
                self.open_y[at] = f32::from(u8::from(is_free(south)));
            }
        }
        for edge in &self.edges {
            let open = if edge.is_x { &mut self.open_x } else { &mut self.open_y };
            open[edge.face] = 1.0;
        }
    }

    fn place_inlets(&mut self, input: &Input, params: &Params, catalogue: &Catalogue) -> Result<(), Error> {
        let data = &catalogue.data;
        let open = 1.0 - params.clogged;
        let mut unused = vec![];
        for (i, inlet) in input.inlets.iter().enumerate() {
            let kind = catalogue.inlet_kind(&inlet.kind, &inlet.id)?;
            let capacity = inlet.capacity_m3_s.unwrap_or(kind.capacity_m3_s);
            if !(capacity >= 0.0 && capacity.is_finite() && inlet.at.iter().all(|v| v.is_finite())) {
                return Err(Error::feature(
                    &inlet.id,
                    "位置须为有限数，过流能力不得为负",
                    "its place must be finite and its capacity not negative",
                ));
            }
            let Some(cell) = self.free_near(inlet.at) else {
                unused.push(inlet.id.clone());
                continue;
            };
            self.mouths.push(Mouth {
                inlet: i,
                cell,
                weir: data.weir_coefficient.value * kind.weir_m * open,
                orifice: data.orifice_coefficient.value * kind.opening_m2 * open * (2.0 * super::flux::GRAVITY).sqrt(),
                capacity_m3_s: capacity * open,
            });
        }
        if !unused.is_empty() {
            let n = unused.len();
            let text = Text::new(
                format!("{n} 个雨水口不在可淹水的地面上,未参与计算"),
                format!("{n} inlets do not lie on ground that water can reach and were left out"),
            );
            self.notes.push(Note::new("flood/inlet-off-ground", unused, text));
        }
        Ok(())
    }

    /// The free cell at a point, or the nearest within two cells (an inlet drawn just inside of a wall).
    fn free_near(&self, at: [f64; 2]) -> Option<usize> {
        let cell = self.grid.cell_at(at)?;
        let (columns, rows) = (i64::from(self.grid.columns), i64::from(self.grid.rows));
        let (column, row) = (cell as i64 % columns, cell as i64 / columns);
        let mut near: Vec<(i64, usize)> = vec![];
        for dy in -2..=2 {
            for dx in -2..=2 {
                let (x, y) = (column + dx, row + dy);
                if x >= 0 && y >= 0 && x < columns && y < rows {
                    let other = (y * columns + x) as usize;
                    if self.kinds[other] == Kind::Free {
                        near.push((dx * dx + dy * dy, other));
                    }
                }
            }
        }
        near.into_iter().min().map(|(_, cell)| self.padded(cell))
    }

    fn place_inflows(&mut self, inflows: &[Inflow]) -> Result<(), Error> {
        for inflow in inflows {
            let wrong = |zh: &str, en: &str| Error::feature(&inflow.id, zh, en);
            let cells: Vec<u32> = match &inflow.area {
                InflowArea::Polygon(area) => {
                    check_finite(&inflow.id, area)?;
                    cells_in(&self.grid, area)
                }
                InflowArea::Circle { center, radius_m } => (0..self.grid.len() as u32)
                    .filter(|cell| {
                        let [x, y] = self.grid.center(*cell as usize);
                        (x - center[0]).hypot(y - center[1]) <= *radius_m
                    })
                    .collect(),
            };
            let cells: Vec<usize> = cells
                .into_iter()
                .filter(|cell| self.kinds[*cell as usize] == Kind::Free)
                .map(|cell| self.padded(cell as usize))
                .collect();
            if cells.is_empty() {
                return Err(wrong(
                    "入流范围内没有可积水的像元",
                    "no free cell has its middle in the area of the inflow",
                ));
            }
            let sound = |p: &[f64; 2]| p[0] >= 0.0 && p[0].is_finite() && p[1] >= 0.0 && p[1].is_finite();
            if !inflow.series.iter().all(sound) {
                return Err(wrong(
                    "时刻和流量须为有限数且不得为负",
                    "times and flows must be finite and not negative",
                ));
            }
            if !inflow.series.windows(2).all(|w| w[0][0] < w[1][0]) {
                return Err(wrong("时刻须递增", "times must ascend"));
            }
            self.springs.push(Spring {
                cells,
                volume: Cumulative::of_rates(&inflow.series),
            });
        }
        Ok(())
    }
}

/// Cells of each building; a cell in two buildings belongs to the first.
fn mark_buildings(input: &Input, kinds: &mut [Kind]) -> Result<Vec<Vec<u32>>, Error> {
    let mut marks = Vec::with_capacity(input.buildings.len());
    for building in &input.buildings {
        check_finite(&building.id, &building.footprint)?;
        let mut cells = cells_in(&input.grid, &building.footprint);
        cells.retain(|cell| kinds[*cell as usize] == Kind::Free);
        for cell in &cells {
            kinds[*cell as usize] = Kind::Building;
        }
        marks.push(cells);
    }
    Ok(marks)
}

fn check_finite(feature: &str, area: &geo::MultiPolygon<f64>) -> Result<(), Error> {
    use geo::CoordsIter as _;
    if area.coords_iter().all(|c| c.x.is_finite() && c.y.is_finite()) {
        return Ok(());
    }
    Err(Error::feature(
        feature,
        "坐标不是有限数",
        "a coordinate is not a finite number",
    ))
}
