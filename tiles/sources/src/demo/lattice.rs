//! The street lattice: lines of main streets, slots for the streets inside a superblock, nodes and what joins them.
//!
//! Every node has a place `(gx, gy)` on a fine integer grid: `gx = 6 · column + slot`, slot 0 being the lattice line and
//! 1–5 the places where a street may pass inside the column (3 is the secondary street). So neighbours agree on their
//! common nodes without being built together.

use super::geom::bilinear;
use super::recipe::{Recipe, StreetClass};
use super::rng::{self, Rng};
use glam::DVec2;

/// Slots of a column or row, the lattice line included.
pub(super) const SLOTS: usize = 6;
/// Slot of the secondary street.
pub(super) const SECONDARY_SLOT: usize = 3;
/// Width of the band that holds the river, axis to axis of the streets on its banks, metres.
const RIVER_BAND_M: f64 = 178.0;
/// Width of the band that holds the rail line, metres: 50 m on each side of the tracks and the streets.
const RAIL_BAND_M: f64 = 150.0;
/// Plan position of the city's middle in EPSG:4547, metres.
pub(super) const CENTER: DVec2 = DVec2::new(468_000.0, 3_847_000.0);

/// Compass direction of an arm of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dir {
    East = 0,
    North = 1,
    West = 2,
    South = 3,
}

/// Directions counter-clockwise from east.
pub(super) const DIRS: [Dir; 4] = [Dir::East, Dir::North, Dir::West, Dir::South];

/// Place of a node on the fine grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct NodeAt {
    pub(super) gx: usize,
    pub(super) gy: usize,
}

/// One of the two families of lines.
#[derive(Debug, Clone)]
pub(super) struct Axis {
    /// Nominal place of each lattice line, metres from the middle; one more than bands.
    pub(super) lines: Vec<f64>,
    /// True where the band holds a river (rows) or a rail line (columns).
    pub(super) corridor: Vec<bool>,
    /// Fractions of slots 0..6 within each band (slot 0 is 0).
    fractions: Vec<[f64; SLOTS]>,
    /// Class of each lattice line.
    pub(super) classes: Vec<StreetClass>,
    /// Name of each lattice line.
    pub(super) names: Vec<String>,
}

impl Axis {
    pub(super) fn bands(&self) -> usize {
        self.corridor.len()
    }

    fn new(seed: u64, axis: u64, normal_bands: usize, corridors: &[usize], corridor_m: f64) -> Self {
        let mut lines = vec![0.0];
        let (mut corridor, mut fractions) = (Vec::new(), Vec::new());
        let mut rng = Rng::new(seed, &[10, axis]);
        let mut push = |width: f64, is_corridor: bool, rng: &mut Rng| {
            let secondary = rng.range(0.45, 0.55);
            let apart = 50.0 / width;
            let first = secondary * rng.range(0.40, 0.45);
            let third = secondary + (1.0 - secondary) * rng.range(0.40, 0.45);
            fractions.push([0.0, first, first + apart, secondary, third, third + apart]);
            lines.push(lines[lines.len() - 1] + width);
            corridor.push(is_corridor);
        };
        for band in 0..normal_bands {
            if corridors.contains(&band) {
                push(corridor_m, true, &mut rng);
            }
            let width = rng.range(430.0, 580.0);
            push(width, false, &mut rng);
        }
        let middle = lines[lines.len() - 1] * 0.5;
        lines.iter_mut().for_each(|l| *l -= middle);
        let n = lines.len();
        let beside = |i: usize| corridor.get(i) == Some(&true) || (i > 0 && corridor[i - 1]);
        let classes = (0..n)
            .map(|i| match i {
                _ if i == 0 || i == n - 1 => StreetClass::Trunk,
                _ if beside(i) => StreetClass::Secondary,
                _ => StreetClass::Main,
            })
            .collect();
        Self {
            lines,
            corridor,
            fractions,
            classes,
            names: Vec::new(),
        }
    }

    /// Makes the inner main street nearest the middle the widest; returns its line.
    fn choose_trunk(&mut self) -> usize {
        let best = (0..self.classes.len())
            .filter(|i| self.classes[*i] == StreetClass::Main)
            .min_by(|a, b| self.lines[*a].abs().total_cmp(&self.lines[*b].abs()))
            .unwrap_or(0);
        self.classes[best] = StreetClass::Trunk;
        best
    }
}

/// Streets inside a superblock: bit `s` set when the street of slot `s` passes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Cuts {
    /// North–south streets.
    pub(super) u: u8,
    /// East–west streets.
    pub(super) v: u8,
}

/// What a superblock is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CellKind {
    Normal,
    River,
    Rail,
    RiverAndRail,
}

/// The whole street plan.
#[derive(Debug, Clone)]
pub(super) struct Lattice {
    pub(super) x: Axis,
    pub(super) y: Axis,
    nodes: Vec<DVec2>,
    pub(super) cuts: Vec<Cuts>,
    /// Lattice line of the main street (east–west) and of the main avenue (north–south).
    pub(super) main_street: usize,
    pub(super) main_avenue: usize,
}

impl Lattice {
    /// Lays out `columns` × `rows` superblocks and the corridors between them; cuts are set later by zoning.
    pub(super) fn new(seed: u64, columns: usize, rows: usize, recipe: &Recipe) -> Self {
        let places = |bands: usize, at: f64, every: usize| {
            let count = 1 + bands.saturating_sub(2) / every;
            (0..count)
                .map(|k| (((k as f64 + at) / count as f64) * bands as f64).floor() as usize)
                .collect::<Vec<_>>()
        };
        let mut x = Axis::new(seed, 0, columns, &places(columns, 0.7, 16), RAIL_BAND_M);
        let mut y = Axis::new(seed, 1, rows, &places(rows, 0.42, 12), RIVER_BAND_M);
        let (main_avenue, main_street) = (x.choose_trunk(), y.choose_trunk());
        let names = &recipe.names;
        let name_lines = |axis: &mut Axis,
                          trunk: usize,
                          trunk_name: &str,
                          ring: (&str, &str),
                          banks: (&str, &str),
                          list: &[String]| {
            let n = axis.lines.len();
            let mut used = 0;
            axis.names = (0..n)
                .map(|i| {
                    if i == 0 {
                        ring.0.to_owned()
                    } else if i == n - 1 {
                        ring.1.to_owned()
                    } else if i == trunk {
                        trunk_name.to_owned()
                    } else if axis.corridor[i.min(n - 2)] {
                        banks.0.to_owned()
                    } else if axis.corridor[i - 1] {
                        banks.1.to_owned()
                    } else {
                        used += 1;
                        let round = (used - 1) / list.len().max(1);
                        let base = &list[(used - 1) % list.len()];
                        if round == 0 {
                            base.clone()
                        } else {
                            format!("{base}{}段", round + 1)
                        }
                    }
                })
                .collect();
        };
        name_lines(
            &mut x,
            main_avenue,
            &names.main_avenue,
            (&names.ring[3], &names.ring[1]),
            (&names.rail_west, &names.rail_east),
            &names.north_south,
        );
        name_lines(
            &mut y,
            main_street,
            &names.main_street,
            (&names.ring[0], &names.ring[2]),
            (&names.river_south, &names.river_north),
            &names.east_west,
        );
        let river_lines: Vec<f64> = (0..y.bands())
            .filter(|b| y.corridor[*b])
            .map(|b| (y.lines[b] + y.lines[b + 1]) * 0.5)
            .collect();
        let phases: Vec<f64> = (0..6)
            .map(|k| rng::unit(rng::key(seed, &[11, k])) * std::f64::consts::TAU)
            .collect();
        let mut nodes = Vec::with_capacity(x.lines.len() * y.lines.len());
        for ny in &y.lines {
            for nx in &x.lines {
                let near = river_lines.iter().map(|r| (r - ny).abs()).fold(f64::INFINITY, f64::min);
                let meander =
                    75.0 * (nx / 820.0 + phases[4]).sin() * (-((near - RIVER_BAND_M * 0.5).max(0.0) / 850.0)).exp();
                let dx = 24.0 * (ny / 950.0 + phases[0]).sin() + 14.0 * (nx / 1300.0 + ny / 700.0 + phases[1]).sin();
                let dy = 20.0 * (nx / 1150.0 + phases[2]).sin() + 12.0 * (ny / 1400.0 - nx / 800.0 + phases[3]).sin();
                nodes.push(CENTER + DVec2::new(nx + dx, ny + dy + meander));
            }
        }
        let cuts = vec![Cuts::default(); x.bands() * y.bands()];
        Self {
            x,
            y,
            nodes,
            cuts,
            main_street,
            main_avenue,
        }
    }

    pub(super) fn columns(&self) -> usize {
        self.x.bands()
    }

    pub(super) fn rows(&self) -> usize {
        self.y.bands()
    }

    pub(super) fn cell_kind(&self, i: usize, j: usize) -> CellKind {
        match (self.x.corridor[i], self.y.corridor[j]) {
            (false, false) => CellKind::Normal,
            (false, true) => CellKind::River,
            (true, false) => CellKind::Rail,
            (true, true) => CellKind::RiverAndRail,
        }
    }

    pub(super) fn lattice_node(&self, a: usize, b: usize) -> DVec2 {
        self.nodes[b * self.x.lines.len() + a]
    }

    /// Corners of a superblock between street axes: south-west, south-east, north-east, north-west.
    pub(super) fn cell_quad(&self, i: usize, j: usize) -> [DVec2; 4] {
        [
            self.lattice_node(i, j),
            self.lattice_node(i + 1, j),
            self.lattice_node(i + 1, j + 1),
            self.lattice_node(i, j + 1),
        ]
    }

    /// Cuts of a superblock; none outside the city.
    pub(super) fn cuts_of(&self, i: Option<usize>, j: Option<usize>) -> Cuts {
        match (i, j) {
            (Some(i), Some(j)) if i < self.columns() && j < self.rows() => self.cuts[j * self.columns() + i],
            _ => Cuts::default(),
        }
    }

    pub(super) fn slot_fraction(axis: &Axis, band: usize, slot: usize) -> f64 {
        if slot >= SLOTS { 1.0 } else { axis.fractions[band][slot] }
    }

    /// Plan position of a node in EPSG:4547, metres.
    pub(super) fn position(&self, at: NodeAt) -> DVec2 {
        let (i, s, j, t) = (at.gx / SLOTS, at.gx % SLOTS, at.gy / SLOTS, at.gy % SLOTS);
        if s == 0 && t == 0 {
            return self.lattice_node(i, j);
        }
        let (u, v) = (
            if s == 0 { 0.0 } else { self.x.fractions[i][s] },
            if t == 0 { 0.0 } else { self.y.fractions[j][t] },
        );
        if s == 0 {
            return self.lattice_node(i, j).lerp(self.lattice_node(i, j + 1), v);
        }
        if t == 0 {
            return self.lattice_node(i, j).lerp(self.lattice_node(i + 1, j), u);
        }
        bilinear(&self.cell_quad(i, j), u, v)
    }

    /// True when two or more streets meet at the place.
    pub(super) fn is_node(&self, at: NodeAt) -> bool {
        let (i, s, j, t) = (at.gx / SLOTS, at.gx % SLOTS, at.gy / SLOTS, at.gy % SLOTS);
        let here = self.cuts_of(Some(i), Some(j));
        match (s, t) {
            (0, 0) => true,
            (_, 0) => has(here.u, s) || has(self.cuts_of(Some(i), j.checked_sub(1)).u, s),
            (0, _) => has(here.v, t) || has(self.cuts_of(i.checked_sub(1), Some(j)).v, t),
            _ => has(here.u, s) && has(here.v, t),
        }
    }

    /// The next node along the street that leaves `at` towards `dir`, if there is a street.
    pub(super) fn neighbour(&self, at: NodeAt, dir: Dir) -> Option<NodeAt> {
        let (i, s, j, t) = (at.gx / SLOTS, at.gx % SLOTS, at.gy / SLOTS, at.gy % SLOTS);
        let (last_gx, last_gy) = (self.columns() * SLOTS, self.rows() * SLOTS);
        let runs = match dir {
            Dir::East => at.gx < last_gx && (t == 0 || has(self.cuts_of(Some(i), Some(j)).v, t)),
            Dir::West => {
                at.gx > 0
                    && (t == 0
                        || has(
                            self.cuts_of(if s == 0 { i.checked_sub(1) } else { Some(i) }, Some(j)).v,
                            t,
                        ))
            }
            Dir::North => at.gy < last_gy && (s == 0 || has(self.cuts_of(Some(i), Some(j)).u, s)),
            Dir::South => {
                at.gy > 0
                    && (s == 0
                        || has(
                            self.cuts_of(Some(i), if t == 0 { j.checked_sub(1) } else { Some(j) }).u,
                            s,
                        ))
            }
        };
        if !runs {
            return None;
        }
        (1..=SLOTS).find_map(|k| {
            let next = match dir {
                Dir::East => NodeAt {
                    gx: at.gx + k,
                    gy: at.gy,
                },
                Dir::North => NodeAt {
                    gx: at.gx,
                    gy: at.gy + k,
                },
                Dir::West => NodeAt {
                    gx: at.gx.checked_sub(k)?,
                    gy: at.gy,
                },
                Dir::South => NodeAt {
                    gx: at.gx,
                    gy: at.gy.checked_sub(k)?,
                },
            };
            self.is_node(next).then_some(next)
        })
    }

    /// Class of the street on a line of the fine grid.
    fn class_on(axis: &Axis, g: usize) -> StreetClass {
        match g % SLOTS {
            0 => axis.classes[g / SLOTS],
            SECONDARY_SLOT => StreetClass::Secondary,
            _ => StreetClass::Branch,
        }
    }

    /// Class of the north–south street at `gx`.
    pub(super) fn class_x(&self, gx: usize) -> StreetClass {
        Self::class_on(&self.x, gx)
    }

    /// Class of the east–west street at `gy`.
    pub(super) fn class_y(&self, gy: usize) -> StreetClass {
        Self::class_on(&self.y, gy)
    }

    /// Class of the arm of a node.
    pub(super) fn class_of(&self, at: NodeAt, dir: Dir) -> StreetClass {
        match dir {
            Dir::East | Dir::West => self.class_y(at.gy),
            Dir::North | Dir::South => self.class_x(at.gx),
        }
    }

    /// Name of the street that carries an arm.
    pub(super) fn street_name(&self, at: NodeAt, dir: Dir, recipe: &Recipe) -> String {
        let (axis, g, cross) = match dir {
            Dir::East | Dir::West => (&self.y, at.gy, at.gx / SLOTS),
            Dir::North | Dir::South => (&self.x, at.gx, at.gy / SLOTS),
        };
        let (band, slot) = (g / SLOTS, g % SLOTS);
        let east_west = matches!(dir, Dir::East | Dir::West);
        if slot == 0 {
            return axis.names[band].clone();
        }
        let names = &recipe.names.branch;
        let pick = rng::key(
            0,
            &[
                12,
                band as u64,
                slot as u64,
                u64::from(east_west),
                if slot == SECONDARY_SLOT { 0 } else { cross as u64 + 1 },
            ],
        );
        let base = &names[(pick % names.len() as u64) as usize];
        match (slot, east_west) {
            (SECONDARY_SLOT, true) => format!("{base}路"),
            (SECONDARY_SLOT, false) => format!("{base}街"),
            (_, true) => format!("{base}巷"),
            (_, false) => format!("{base}里"),
        }
    }

    /// True when the street from `at` eastwards or northwards is a bridge over the river.
    pub(super) fn crosses_river(&self, at: NodeAt, dir: Dir) -> bool {
        dir == Dir::North && at.gy.is_multiple_of(SLOTS) && self.y.corridor.get(at.gy / SLOTS) == Some(&true)
    }

    /// True when the street from `at` eastwards crosses the rail line.
    pub(super) fn crosses_rail(&self, at: NodeAt, dir: Dir) -> bool {
        dir == Dir::East && at.gx.is_multiple_of(SLOTS) && self.x.corridor.get(at.gx / SLOTS) == Some(&true)
    }
}

/// True when bit `slot` is set.
pub(super) fn has(mask: u8, slot: usize) -> bool {
    mask & (1 << slot) != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_agree_in_both_directions() {
        let recipe = Recipe::load().unwrap();
        let mut lattice = Lattice::new(3, 4, 3, &recipe);
        for (k, cuts) in lattice.cuts.iter_mut().enumerate() {
            *cuts = Cuts {
                u: [8, 10, 40][k % 3],
                v: [8, 12, 0][k % 3],
            };
        }
        let (w, h) = (lattice.columns() * SLOTS, lattice.rows() * SLOTS);
        let mut joined = 0;
        for gx in 0..=w {
            for gy in 0..=h {
                let at = NodeAt { gx, gy };
                if !lattice.is_node(at) {
                    continue;
                }
                for (dir, back) in [(Dir::East, Dir::West), (Dir::North, Dir::South)] {
                    if let Some(next) = lattice.neighbour(at, dir) {
                        assert_eq!(lattice.neighbour(next, back), Some(at), "{at:?} {dir:?}");
                        joined += 1;
                    }
                }
            }
        }
        assert!(joined > 100, "{joined}");
    }
}
