//! Which block becomes what: characters of superblocks, kinds of blocks, and how many buildings each may hold.

use super::geom::{Rect, bilinear, inset_quad};
use super::lattice::{CellKind, Cuts, Lattice, NodeAt, SECONDARY_SLOT, SLOTS, has};
use super::layout::{self, Layout};
use super::recipe::Recipe;
use super::rng::Rng;
use glam::DVec2;
use rayon::prelude::*;
use serde::Deserialize;
use std::collections::BTreeMap;

/// What stands on a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum BlockKind {
    OldEstate,
    WorkUnit,
    Village,
    NewEstate,
    Commerce,
    Factory,
    Market,
    School,
    Hospital,
    OldStreet,
    Park,
    Vacant,
    Treatment,
    Stadium,
}

impl BlockKind {
    /// Chinese name of the land use.
    pub(super) const fn land_use_zh(self) -> &'static str {
        match self {
            Self::OldEstate | Self::WorkUnit | Self::NewEstate => "居住用地",
            Self::Village => "村庄建设用地",
            Self::Commerce => "商业服务业用地",
            Self::Factory => "工业用地",
            Self::Market => "仓储市场用地",
            Self::School => "教育用地",
            Self::Hospital => "医疗卫生用地",
            Self::OldStreet => "历史街区用地",
            Self::Park => "公园绿地",
            Self::Vacant => "空闲地",
            Self::Treatment => "排水设施用地",
            Self::Stadium => "体育用地",
        }
    }

    /// Stable key of the land use and its ground cover.
    pub(super) const fn land_use(self) -> (&'static str, &'static str) {
        match self {
            Self::OldEstate | Self::WorkUnit | Self::NewEstate => ("residential", "pavement"),
            Self::Village => ("village", "concrete"),
            Self::Commerce => ("commercial", "pavement"),
            Self::Factory => ("industrial", "concrete"),
            Self::Market => ("market", "concrete"),
            Self::School => ("school", "pavement"),
            Self::Hospital => ("hospital", "pavement"),
            Self::OldStreet => ("heritage", "paving_stones"),
            Self::Park => ("park", "grass"),
            Self::Vacant => ("vacant", "earth"),
            Self::Treatment => ("utility", "concrete"),
            Self::Stadium => ("sports", "pavement"),
        }
    }

    /// Least size of the buildable rectangle, metres.
    const fn least(self) -> (f64, f64) {
        match self {
            Self::School => (108.0, 120.0),
            Self::Hospital => (95.0, 90.0),
            Self::Factory => (70.0, 70.0),
            Self::NewEstate => (75.0, 65.0),
            Self::Commerce => (60.0, 50.0),
            Self::Market => (60.0, 50.0),
            Self::Treatment => (90.0, 90.0),
            Self::Stadium => (150.0, 130.0),
            Self::OldEstate | Self::WorkUnit => (50.0, 45.0),
            _ => (0.0, 0.0),
        }
    }
}

/// A block: the land between four streets.
#[derive(Debug, Clone)]
pub(super) struct Block {
    /// Superblock.
    pub(super) cell: (usize, usize),
    /// Slots of its west and east, and of its south and north streets; 6 is the next lattice line.
    pub(super) u: (usize, usize),
    pub(super) v: (usize, usize),
    pub(super) kind: BlockKind,
    /// Random stream and number of the block.
    pub(super) number: u32,
    /// Most buildings it may hold.
    pub(super) limit: u32,
}

/// Outlines of a block and the frame in which its buildings are laid out.
#[derive(Debug, Clone)]
pub(super) struct BlockFrame {
    /// Between the kerbs.
    pub(super) kerb: [DVec2; 4],
    /// Between the red lines.
    pub(super) redline: [DVec2; 4],
    /// Half carriageways of the streets south, east, north, west.
    pub(super) half_m: [f64; 4],
    origin: DVec2,
    ex: DVec2,
    /// Size of the largest rectangle that surely fits, metres.
    pub(super) size: DVec2,
}

impl BlockFrame {
    /// Plan position of a point of the layout frame.
    pub(super) fn world(&self, p: DVec2) -> DVec2 {
        self.origin + self.ex * p.x + self.ex.perp() * p.y
    }

    /// Direction of the layout's x axis, radians CCW from east.
    pub(super) fn rotation(&self) -> f64 {
        self.ex.to_angle()
    }
}

impl Block {
    /// Corners between street axes.
    pub(super) fn axis_quad(&self, lattice: &Lattice) -> [DVec2; 4] {
        let (i, j) = self.cell;
        let quad = lattice.cell_quad(i, j);
        let fu = |s| Lattice::slot_fraction(&lattice.x, i, s);
        let fv = |t| Lattice::slot_fraction(&lattice.y, j, t);
        let at = |s, t| bilinear(&quad, fu(s), fv(t));
        [
            at(self.u.0, self.v.0),
            at(self.u.1, self.v.0),
            at(self.u.1, self.v.1),
            at(self.u.0, self.v.1),
        ]
    }

    /// Places of the corners on the fine grid: south-west and north-east.
    pub(super) fn corners(&self) -> (NodeAt, NodeAt) {
        let (i, j) = self.cell;
        (
            NodeAt {
                gx: i * SLOTS + self.u.0,
                gy: j * SLOTS + self.v.0,
            },
            NodeAt {
                gx: i * SLOTS + self.u.1,
                gy: j * SLOTS + self.v.1,
            },
        )
    }

    /// Outlines and layout frame; `None` when the streets leave no land.
    pub(super) fn frame(&self, lattice: &Lattice, recipe: &Recipe) -> Option<BlockFrame> {
        let (sw, ne) = self.corners();
        let classes = [
            lattice.class_y(sw.gy),
            lattice.class_x(ne.gx),
            lattice.class_y(ne.gy),
            lattice.class_x(sw.gx),
        ];
        let axis = self.axis_quad(lattice);
        let half_m = classes.map(|c| recipe.half_carriageway(c));
        let kerb = inset_quad(&axis, half_m)?;
        let redline = inset_quad(&axis, classes.map(|c| recipe.half_redline(c)))?;
        let ex = ((redline[1] - redline[0]).normalize_or_zero() + (redline[2] - redline[3]).normalize_or_zero())
            .normalize_or_zero();
        let c = (redline[0] + redline[1] + redline[2] + redline[3]) * 0.25;
        let local = redline.map(|p| DVec2::new((p - c).dot(ex), (p - c).dot(ex.perp())));
        // the rectangle between the inner corners lies inside the quad because the sides are nearly parallel to it
        let inner = Rect {
            x0: local[0].x.max(local[3].x),
            y0: local[0].y.max(local[1].y),
            x1: local[1].x.min(local[2].x),
            y1: local[2].y.min(local[3].y),
        };
        (inner.width() > 12.0 && inner.height() > 12.0).then(|| BlockFrame {
            kerb,
            redline,
            half_m,
            origin: c + ex * inner.x0 + ex.perp() * inner.y0,
            ex,
            size: DVec2::new(inner.width(), inner.height()),
        })
    }

    /// What stands on the block, in the layout frame, at most `limit` buildings.
    pub(super) fn layout(&self, seed: u64, frame: &BlockFrame) -> Layout {
        let mut rng = Rng::new(seed, &[20, u64::from(self.number)]);
        layout::lay_out(self.kind, frame.size, self.limit, &mut rng)
    }
}

const CHARACTERS: [&str; 7] = [
    "centre",
    "old_town",
    "estates",
    "mixed",
    "new_town",
    "industrial",
    "fringe",
];

/// Character of a superblock as an index of [`CHARACTERS`].
fn character(lattice: &Lattice, i: usize, j: usize, rng: &mut Rng) -> usize {
    let touches = |k: usize, line: usize| k == line || k + 1 == line;
    if touches(i, lattice.main_avenue) && touches(j, lattice.main_street) {
        return 0;
    }
    let (cx, cy) = (
        i as f64 + 0.5 - lattice.main_avenue as f64,
        j as f64 + 0.5 - lattice.main_street as f64,
    );
    let far = (cx / lattice.columns() as f64 * 2.0).hypot(cy / lattice.rows() as f64 * 2.0);
    let beside_rail = lattice.x.corridor.get(i + 1) == Some(&true) || (i > 0 && lattice.x.corridor[i - 1]);
    let roll = rng.unit();
    if beside_rail && roll < 0.55 {
        return 5;
    }
    let roll = rng.unit();
    if far < 0.55 {
        if roll < 0.38 {
            1
        } else if roll < 0.8 {
            2
        } else {
            3
        }
    } else if far < 0.95 {
        if roll < 0.42 {
            2
        } else if roll < 0.75 {
            3
        } else {
            4
        }
    } else if roll < 0.46 {
        4
    } else if roll < 0.70 {
        6
    } else if roll < 0.85 {
        3
    } else {
        5
    }
}

/// Chance of a branch street in each half of a superblock, by character.
const BRANCH_CHANCE: [f64; 7] = [0.55, 0.85, 0.6, 0.6, 0.4, 0.35, 0.5];

/// Sets the streets inside every superblock and returns the blocks with their kinds.
pub(super) fn zone(seed: u64, lattice: &mut Lattice, recipe: &Recipe) -> Vec<Block> {
    let mut blocks = Vec::new();
    for j in 0..lattice.rows() {
        for i in 0..lattice.columns() {
            if lattice.cell_kind(i, j) != CellKind::Normal {
                continue;
            }
            let mut rng = Rng::new(seed, &[21, i as u64, j as u64]);
            let character = character(lattice, i, j, &mut rng);
            let chance = BRANCH_CHANCE[character];
            let mut mask = || {
                let mut mask = if rng.chance(0.94) { 1_u8 << SECONDARY_SLOT } else { 0 };
                for first in [1, 4] {
                    if mask != 0 && rng.chance(chance) {
                        mask |= 1 << (first + usize::from(rng.chance(0.5)));
                    }
                }
                mask
            };
            let cuts = Cuts { u: mask(), v: mask() };
            let at = j * lattice.columns() + i;
            lattice.cuts[at] = cuts;
            let steps = |m: u8| {
                (0..=SLOTS)
                    .filter(|s| *s == 0 || *s == SLOTS || has(m, *s))
                    .collect::<Vec<_>>()
            };
            let (us, vs) = (steps(cuts.u), steps(cuts.v));
            for v in vs.windows(2) {
                for u in us.windows(2) {
                    let number = blocks.len() as u32;
                    let mut block = Block {
                        cell: (i, j),
                        u: (u[0], u[1]),
                        v: (v[0], v[1]),
                        kind: BlockKind::Vacant,
                        number,
                        limit: u32::MAX,
                    };
                    let size = block.frame(lattice, recipe).map_or(DVec2::ZERO, |f| f.size);
                    block.kind = choose(recipe.characters.get(CHARACTERS[character]), size, &mut rng);
                    blocks.push(block);
                }
            }
        }
    }
    pin(lattice, recipe, &mut blocks);
    blocks
}

fn fits(kind: BlockKind, size: DVec2) -> bool {
    let (w, h) = kind.least();
    size.x >= w && size.y >= h
}

fn choose(weights: Option<&BTreeMap<BlockKind, f64>>, size: DVec2, rng: &mut Rng) -> BlockKind {
    let fallback = if size.x.min(size.y) < 45.0 {
        BlockKind::Park
    } else {
        BlockKind::OldEstate
    };
    let Some(weights) = weights else { return fallback };
    let total: f64 = weights.iter().filter(|(k, _)| fits(**k, size)).map(|(_, w)| w).sum();
    let mut roll = rng.unit() * total;
    for (kind, weight) in weights.iter().filter(|(k, _)| fits(**k, size)) {
        roll -= weight;
        if roll <= 0.0 {
            return *kind;
        }
    }
    fallback
}

/// What every city must have, however small, with where it is looked for: distance from the middle in metres.
const WANTED: &[(BlockKind, usize, f64)] = &[
    (BlockKind::Stadium, 1, 1100.0),
    (BlockKind::School, 2, 600.0),
    (BlockKind::Hospital, 1, 700.0),
    (BlockKind::Park, 2, 500.0),
    (BlockKind::OldStreet, 3, 350.0),
    (BlockKind::Village, 3, 900.0),
    (BlockKind::Factory, 3, 1000.0),
    (BlockKind::Market, 1, 800.0),
    (BlockKind::Commerce, 3, 150.0),
    (BlockKind::Vacant, 1, 1200.0),
    (BlockKind::WorkUnit, 1, 700.0),
    (BlockKind::NewEstate, 2, 900.0),
];

/// Gives blocks to the kinds that chance left out.
fn pin(lattice: &Lattice, recipe: &Recipe, blocks: &mut [Block]) {
    let facts: Vec<(DVec2, DVec2)> = blocks
        .iter()
        .map(|b| {
            let q = b.axis_quad(lattice);
            (
                (q[0] + q[2]) * 0.5,
                b.frame(lattice, recipe).map_or(DVec2::ZERO, |f| f.size),
            )
        })
        .collect();
    let mut pinned = vec![false; blocks.len()];
    // the treatment works stand where the river leaves the city
    let river_row = (0..lattice.rows()).find(|j| lattice.y.corridor[*j]).unwrap_or(0);
    let east = (0..blocks.len())
        .filter(|k| {
            blocks[*k].cell.1 == river_row + 1 && blocks[*k].v.0 == 0 && fits(BlockKind::Treatment, facts[*k].1)
        })
        .max_by(|a, b| facts[*a].0.x.total_cmp(&facts[*b].0.x));
    if let Some(k) = east {
        blocks[k].kind = BlockKind::Treatment;
        pinned[k] = true;
    }
    let middle = lattice.lattice_node(lattice.main_avenue, lattice.main_street);
    for (kind, count, distance) in WANTED {
        let mut have: Vec<usize> = (0..blocks.len())
            .filter(|k| blocks[*k].kind == *kind && !pinned[*k])
            .collect();
        have.sort_by(|a, b| {
            (facts[*a].0 - middle)
                .length()
                .total_cmp(&(facts[*b].0 - middle).length())
        });
        have.iter().take(*count).for_each(|k| pinned[*k] = true);
        for _ in have.len()..*count {
            let roomy = if *kind == BlockKind::Park { 95.0 } else { 0.0 };
            let best = (0..blocks.len())
                .filter(|k| !pinned[*k] && fits(*kind, facts[*k].1) && facts[*k].1.min_element() > roomy)
                .min_by(|a, b| {
                    let off = |k: usize| ((facts[k].0 - middle).length() - distance).abs();
                    off(*a).total_cmp(&off(*b))
                });
            if let Some(k) = best {
                blocks[k].kind = *kind;
                pinned[k] = true;
            }
        }
    }
}

/// The street plan with its blocks, holding exactly the number of buildings asked for.
pub(super) fn plan(seed: u64, buildings: u32, recipe: &Recipe) -> (Lattice, Vec<Block>) {
    // a low first guess of buildings per superblock, so that the city never starts too large
    let superblocks = f64::from(buildings) / 420.0;
    let mut columns = ((superblocks * 1.2).sqrt().floor() as usize).max(3);
    let mut rows = ((superblocks / columns as f64).floor() as usize).max(3);
    loop {
        let mut lattice = Lattice::new(seed, columns, rows, recipe);
        let mut blocks = zone(seed, &mut lattice, recipe);
        let counts: Vec<u32> = blocks
            .par_iter()
            .map(|b| {
                b.frame(&lattice, recipe)
                    .map_or(0, |f| b.layout(seed, &f).num_buildings())
            })
            .collect();
        let found = counts.iter().map(|c| f64::from(*c)).sum::<f64>();
        if found >= f64::from(buildings) {
            limit(&lattice, &mut blocks, &counts, buildings);
            return (lattice, blocks);
        }
        // grow by the shortage, then row by row
        let grow = (f64::from(buildings) / found.max(1.0)).sqrt() * 0.985;
        let (wider, higher) = ((columns as f64 * grow) as usize, (rows as f64 * grow) as usize);
        if wider > columns && higher > rows {
            (columns, rows) = (wider, higher);
        } else if columns as f64 > rows as f64 * 1.15 {
            rows += 1;
        } else {
            columns += 1;
        }
    }
}

/// Fills blocks from the middle outwards until the number is reached; the rest stays open land.
fn limit(lattice: &Lattice, blocks: &mut [Block], counts: &[u32], buildings: u32) {
    let middle = lattice.lattice_node(lattice.main_avenue, lattice.main_street);
    let mut order: Vec<usize> = (0..blocks.len()).collect();
    let special = |k: BlockKind| matches!(k, BlockKind::Treatment | BlockKind::Stadium | BlockKind::Park);
    let far = |k: usize| {
        let q = blocks[k].axis_quad(lattice);
        (!special(blocks[k].kind), ((q[0] + q[2]) * 0.5 - middle).length())
    };
    order.sort_by(|a, b| {
        let (x, y) = (far(*a), far(*b));
        x.0.cmp(&y.0).then(x.1.total_cmp(&y.1)).then(a.cmp(b))
    });
    let mut left = buildings;
    for k in order {
        let take = counts[k].min(left);
        if left == 0 && counts[k] > 0 {
            blocks[k].kind = BlockKind::Vacant;
            blocks[k].limit = 0;
        } else if take < counts[k] {
            blocks[k].limit = take;
        }
        left -= take;
    }
}
