//! The planned city that every emitter reads: streets, ground, blocks and the small helpers they share.

use super::geom;
use super::lattice::{DIRS, Dir, Lattice, NodeAt, SLOTS};
use super::recipe::{Recipe, StreetClass};
use super::rng;
use super::terrain::Ground;
use super::zoning::{Block, BlockKind};
use city_model::{Attributes, Feature, FeatureClass, Footprint, LodGeometry, Shape};
use glam::DVec2;
use serde_json::Value;

/// Layer name of everything generated.
pub(super) const LAYER: &str = "demo";

/// The plan of the whole city.
#[derive(Debug)]
pub(super) struct City {
    pub(super) seed: u64,
    pub(super) recipe: Recipe,
    pub(super) lattice: Lattice,
    pub(super) ground: Ground,
    pub(super) blocks: Vec<Block>,
    /// Blocks of each superblock: `first..first + count` of `blocks`.
    ranges: Vec<(u32, u32)>,
    /// Superblocks whose inner streets have combined drains.
    combined: Vec<bool>,
}

/// One arm of a junction.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arm {
    pub(super) dir: Dir,
    pub(super) to: NodeAt,
    /// Unit direction away from the junction.
    pub(super) unit: DVec2,
    pub(super) half_m: f64,
    pub(super) class: StreetClass,
    /// Where the strip of the street begins, metres from the node.
    pub(super) setback_m: f64,
}

/// A place where streets meet.
#[derive(Debug, Clone)]
pub(super) struct Junction {
    pub(super) center: DVec2,
    pub(super) arms: Vec<Arm>,
    /// Carriageway between the strips.
    pub(super) ring: Vec<DVec2>,
}

impl City {
    pub(super) fn new(seed: u64, recipe: Recipe, lattice: Lattice, blocks: Vec<Block>) -> Self {
        let ground = Ground::new(seed, &lattice, recipe.half_redline(StreetClass::Trunk));
        let cells = lattice.columns() * lattice.rows();
        let (mut ranges, mut combined) = (vec![(0, 0); cells], vec![false; cells]);
        for (k, block) in blocks.iter().enumerate() {
            let cell = block.cell.1 * lattice.columns() + block.cell.0;
            let range: &mut (u32, u32) = &mut ranges[cell];
            if range.1 == 0 {
                range.0 = k as u32;
            }
            range.1 += 1;
            combined[cell] |= matches!(block.kind, BlockKind::OldStreet | BlockKind::Village)
                && rng::unit(rng::key(seed, &[30, cell as u64])) < 0.75;
        }
        Self {
            seed,
            recipe,
            lattice,
            ground,
            blocks,
            ranges,
            combined,
        }
    }

    /// Blocks of a superblock.
    pub(super) fn blocks_of(&self, i: usize, j: usize) -> &[Block] {
        let (first, count) = self.ranges[j * self.lattice.columns() + i];
        &self.blocks[first as usize..(first + count) as usize]
    }

    /// True when the street from `at` lies inside a superblock with combined drains.
    pub(super) fn is_combined(&self, at: NodeAt, dir: Dir) -> bool {
        let inner = match dir {
            Dir::East | Dir::West => !at.gy.is_multiple_of(SLOTS),
            Dir::North | Dir::South => !at.gx.is_multiple_of(SLOTS),
        };
        let cell_x = if dir == Dir::West && at.gx.is_multiple_of(SLOTS) {
            at.gx / SLOTS - 1
        } else {
            at.gx / SLOTS
        };
        let cell_y = if dir == Dir::South && at.gy.is_multiple_of(SLOTS) {
            at.gy / SLOTS - 1
        } else {
            at.gy / SLOTS
        };
        inner && self.combined.get(cell_y * self.lattice.columns() + cell_x) == Some(&true)
    }

    /// Random number in 0..1 of a place and a purpose.
    pub(super) fn chance_at(&self, at: NodeAt, purpose: u64) -> f64 {
        rng::unit(rng::key(self.seed, &[31, purpose, at.gx as u64, at.gy as u64]))
    }

    /// Streets that meet at a node, counter-clockwise from east, with the kerbs between them.
    pub(super) fn junction(&self, at: NodeAt) -> Junction {
        let center = self.lattice.position(at);
        let mut arms: Vec<Arm> = DIRS
            .into_iter()
            .filter_map(|dir| {
                let to = self.lattice.neighbour(at, dir)?;
                let class = self.lattice.class_of(at, dir);
                let unit = (self.lattice.position(to) - center).normalize_or_zero();
                Some(Arm {
                    dir,
                    to,
                    unit,
                    half_m: self.recipe.half_carriageway(class),
                    class,
                    setback_m: 1.0,
                })
            })
            .collect();
        let count = arms.len();
        let mut corners: Vec<Vec<DVec2>> = Vec::with_capacity(count);
        for k in 0..count {
            let (a, b) = (arms[k], arms[(k + 1) % count]);
            let turn = a.unit.angle_to(b.unit).rem_euclid(std::f64::consts::TAU);
            let mut corner = Vec::new();
            let kerbs = geom::meet(
                center + geom::left(a.unit) * a.half_m,
                a.unit,
                center - geom::left(b.unit) * b.half_m,
                b.unit,
            );
            if let (true, Some(p)) = (turn < 2.5, kerbs) {
                let radius = geom::corner_radius(a.half_m, b.half_m);
                let reach = geom::rounding_reach(a.unit, b.unit, radius);
                arms[k].setback_m = arms[k].setback_m.max((p - center).dot(a.unit) + reach);
                let next = (k + 1) % count;
                arms[next].setback_m = arms[next].setback_m.max((p - center).dot(b.unit) + reach);
                geom::round_corner(p, a.unit, b.unit, radius, &mut corner);
            } else if let (true, Some(p)) = (turn > 3.8, kerbs) {
                corner.push(p);
            }
            corners.push(corner);
        }
        let mut ring = Vec::new();
        for (arm, corner) in arms.iter().zip(&corners) {
            let end = center + arm.unit * arm.setback_m;
            let side = geom::left(arm.unit) * arm.half_m;
            ring.extend([end - side, end + side]);
            ring.extend(corner);
        }
        ring.dedup_by(|a, b| (*a - *b).length() < 0.01);
        Junction { center, arms, ring }
    }

    /// Town office of a superblock: the middle and four sides.
    pub(super) fn town_office(&self, i: usize, j: usize) -> usize {
        let ([a0, a1], [b0, b1]) = self.office_lines();
        if j >= b1 {
            3
        } else if j < b0 {
            4
        } else if i < a0 {
            1
        } else if i >= a1 {
            0
        } else {
            2
        }
    }

    /// Lattice lines between the middle office and those around it.
    pub(super) fn office_lines(&self) -> ([usize; 2], [usize; 2]) {
        let third = |n: usize, at: usize| {
            (
                at.saturating_sub(n.div_ceil(5)).max(1),
                (at + n.div_ceil(5)).clamp(1, n - 1),
            )
        };
        let (a, b) = (
            third(self.lattice.columns(), self.lattice.main_avenue),
            third(self.lattice.rows(), self.lattice.main_street),
        );
        ([a.0, a.1.max(a.0)], [b.0, b.1.max(b.0)])
    }
}

/// Names of the town offices, after those of a public renewal plan.
pub(super) const TOWN_OFFICES: [&str; 5] = ["峡窝镇", "工业办", "中心办", "新安办", "济办"];

/// Attributes from pairs.
pub(super) fn attributes<const N: usize>(pairs: [(&str, Value); N]) -> Attributes {
    let mut map = Attributes::with_capacity(N + 2);
    for (key, value) in pairs {
        map.insert(key.to_owned(), value);
    }
    map
}

/// Number rounded to millimetres (or thousandths).
pub(super) fn round3(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

/// A feature with one shape.
pub(super) fn feature(
    id: String,
    class: FeatureClass,
    lod_citygml_x10: u8,
    shape: Shape,
    attributes: Attributes,
) -> Feature {
    let mut feature = Feature::new(id, class, LAYER);
    feature.geometry = LodGeometry::single(lod_citygml_x10, shape);
    feature.attributes = attributes;
    feature
}

/// A polygon on the terrain.
pub(super) fn ground_polygon(
    id: String,
    class: FeatureClass,
    rings: Vec<Vec<DVec2>>,
    attributes: Attributes,
) -> Feature {
    feature(
        id,
        class,
        10,
        Shape::Footprint(Footprint {
            polygons: vec![rings],
            level_z_m: None,
        }),
        attributes,
    )
}
