//! Fewer blocks with a known error: small ones go, neighbours of like height become one.

use super::blocks::Block;
use super::outline::{OrientedBox, distance_to_ring, hull, thin_out};
use glam::DVec2;

/// Blocks of an inner tile.
#[derive(Debug)]
pub(super) struct Merged {
    /// What is left, with at most one record of what was left out ([`Block::is_lost`]), which comes first.
    pub(super) blocks: Vec<Block>,
    /// Greatest error of any block, or size of the greatest one left out, metres.
    pub(super) geometric_error_m: f64,
}

/// Rounds of coarsening before the smallest blocks are simply cut off.
const MAX_ROUNDS: u32 = 16;
/// First round: this part of the target, since a tile that stays within its bytes may as well be better.
const FIRST_ROUND: f64 = 0.25;
/// Growth of the error from round to round.
const ROUND_GROWTH: f64 = 1.4;
/// Blocks smaller than this part of the round's error are left out. Below one, so that a quarter of small houses is
/// merged into blocks before any of it vanishes.
const LOST_PART: f64 = 0.6;
/// Edge of a merging cell in multiples of the round's error.
const CELL_PER_TARGET: f64 = 3.0;
/// Blocks merged at once; bounds the work of a crowded cell.
const MAX_CLUSTER: usize = 48;

/// Simplifies until at most `max_blocks` are left, with as small an error as that allows.
///
/// * `target_error_m` — error that the tile would have by its size; the search starts at a quarter of it
pub(super) fn simplify(mut blocks: Vec<Block>, target_error_m: f64, max_blocks: usize) -> Merged {
    let lost_before_m = blocks
        .iter()
        .filter(|b| b.is_lost())
        .map(|b| b.error_m)
        .fold(0.0, f64::max);
    blocks.retain(|b| !b.is_lost());
    let mut error_m = target_error_m * FIRST_ROUND;
    let (mut left, mut lost_m) = (Vec::new(), lost_before_m);
    for _ in 0..MAX_ROUNDS {
        lost_m = lost_before_m;
        left = merge_cells(blocks.clone(), error_m);
        left.retain(|block| {
            let is_kept = block.size_m() > error_m * LOST_PART;
            if !is_kept {
                lost_m = lost_m.max(block.size_m());
            }
            is_kept
        });
        if left.len() <= max_blocks {
            break;
        }
        error_m *= ROUND_GROWTH;
    }
    if left.len() > max_blocks {
        left.sort_by(|a, b| b.size_m().total_cmp(&a.size_m()).then(a.tag.index.cmp(&b.tag.index)));
        for block in left.drain(max_blocks..) {
            lost_m = lost_m.max(block.size_m());
        }
    }
    left.sort_by_key(|block| block.tag.index);
    let geometric_error_m = left.iter().map(|b| b.error_m).fold(lost_m, f64::max);
    if lost_m > 0.0 {
        left.insert(0, Block::lost(lost_m));
    }
    Merged {
        blocks: left,
        geometric_error_m,
    }
}

/// Merges the blocks of each cell of a grid that follows the target error.
fn merge_cells(blocks: Vec<Block>, target_m: f64) -> Vec<Block> {
    let cell_m = (target_m * CELL_PER_TARGET).max(1.0);
    let key = |block: &Block| {
        let cell = (block.center() / cell_m).floor();
        // like heights beside each other: the steps are wide enough that most neighbours share one
        (
            cell.y as i64,
            cell.x as i64,
            (block.top_z / (target_m * 2.0).max(1.0)).floor() as i64,
        )
    };
    let mut keyed: Vec<_> = blocks.into_iter().map(|block| (key(&block), block)).collect();
    keyed.sort_by(|(a, x), (b, y)| a.cmp(b).then(x.tag.index.cmp(&y.tag.index)));
    let mut merged = Vec::with_capacity(keyed.len());
    let mut cluster: Vec<Block> = Vec::new();
    let mut current = None;
    for (key, block) in keyed {
        let (low, high) = block.extent();
        if (high - low).max_element() > cell_m * 2.0 {
            merged.push(block);
            continue;
        }
        if current != Some(key) || cluster.len() >= MAX_CLUSTER {
            flush(std::mem::take(&mut cluster), target_m, &mut merged);
            current = Some(key);
        }
        cluster.push(block);
    }
    flush(cluster, target_m, &mut merged);
    merged
}

fn flush(cluster: Vec<Block>, target_m: f64, merged: &mut Vec<Block>) {
    if cluster.len() < 2 {
        merged.extend(cluster);
        return;
    }
    let one = union(cluster.clone());
    // a little more than the target, since the next coarser tile has twice of it
    if one.error_m <= target_m * 1.5 {
        merged.push(one);
    } else {
        merged.extend(cluster);
    }
}

/// One block for several: hull or oriented box of all outlines, mean top by area, error against every member.
pub(super) fn union(members: Vec<Block>) -> Block {
    let points: Vec<DVec2> = members.iter().flat_map(|b| b.ring.iter().copied()).collect();
    let weight: f64 = members.iter().map(Block::area_m2).sum::<f64>().max(1e-6);
    let top_z = members.iter().map(|b| b.top_z * b.area_m2()).sum::<f64>() / weight;
    let base_z = members.iter().map(|b| b.base_z).fold(f64::INFINITY, f64::min);
    let mut ring = hull(points.clone());
    let hull_area = city_model::ring::signed_area(&ring);
    let mut corner_error_m = 0.0;
    match OrientedBox::around(&points) {
        // the box when it adds little: it looks more like a building than a hull does
        Some(found) if found.half_long * found.half_short * 4.0 <= hull_area * 1.12 => ring = found.corners().to_vec(),
        _ => corner_error_m = thin_out(&mut ring, 1.0, 8),
    }
    let fill_m = overreach_m(&ring, &members);
    let error_m = members
        .iter()
        .map(|b| b.error_m + (b.top_z - top_z).abs().max(b.base_z - base_z))
        .fold(0.0, f64::max)
        .max(fill_m)
        .max(corner_error_m);
    let largest = members.into_iter().max_by(|a, b| {
        (a.area_m2() * a.height_m())
            .total_cmp(&(b.area_m2() * b.height_m()))
            .then(b.tag.index.cmp(&a.tag.index))
    });
    match largest {
        Some(largest) => Block {
            ring,
            base_z,
            top_z: top_z.max(base_z + 0.01),
            error_m,
            ..largest
        },
        None => Block::lost(0.0),
    }
}

/// Greatest distance from the merged outline to the nearest member: how far it covers open ground, metres.
/// Sampled at the corners, along the edges and inside.
fn overreach_m(ring: &[DVec2], members: &[Block]) -> f64 {
    let center = ring.iter().copied().sum::<DVec2>() / ring.len().max(1) as f64;
    let mut greatest = 0.0_f64;
    let mut probe = |p: DVec2| {
        let nearest = members
            .iter()
            .map(|b| distance_to_ring(p, &b.ring))
            .fold(f64::INFINITY, f64::min);
        if nearest.is_finite() {
            greatest = greatest.max(nearest);
        }
    };
    probe(center);
    for i in 0..ring.len() {
        let (a, b) = (ring[i], ring[(i + 1) % ring.len()]);
        for t in [0.0, 0.25, 0.5, 0.75] {
            let p = a + (b - a) * t;
            probe(p);
            probe((p + center) * 0.5);
        }
    }
    greatest
}
