//! One quadtree per layer group, cut by estimated encoded size.
//!
//! The root square is centred at the scene origin with an edge of 64 m · 2ⁿ: a city that grows gets a larger root around
//! the same cells, so that an edit never moves the cuts of other places. Chains of one child are skipped.

use crate::{Assignment, FeatureHead, GroupBuilder, Rect, Terrain};
use glam::{DVec2, Vec3Swizzles as _};

/// A node of the tree.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Plan cell, scene CRS metres.
    pub cell: Rect,
    /// Encoded size that was expected of a leaf, bytes; 0 for inner nodes.
    pub estimated_bytes: u64,
    /// What it holds.
    pub kind: NodeKind,
}

/// Content of a node.
#[derive(Debug, Clone, PartialEq)]
pub enum NodeKind {
    /// Positions in the list of heads, ascending.
    Leaf(Vec<u32>),
    /// Two or more children, ordered south-west, south-east, north-west, north-east.
    Inner(Vec<Node>),
}

impl Node {
    /// Tiles in the subtree, itself included.
    pub fn num_tiles(&self) -> u64 {
        match &self.kind {
            NodeKind::Leaf(_) => 1,
            NodeKind::Inner(children) => 1 + children.iter().map(Self::num_tiles).sum::<u64>(),
        }
    }
}

const ROOT_UNIT_M: f64 = 64.0;
/// No cell is cut below this edge; crowded ones are dealt out in index order instead.
const LEAST_CELL_M: f64 = 4.0;
/// Features in one tile, far enough below the 65,535 that 16-bit ids allow.
const MAX_LEAF_FEATURES: usize = 20_000;

struct Partition<'a> {
    heads: &'a [FeatureHead],
    builder: &'a dyn GroupBuilder,
    terrain: &'a Terrain,
    /// Size at which a tile is cut: the middle of 64–256 KB lies at the target.
    limit_bytes: u64,
    target_bytes: u64,
}

/// Cuts the features of a group (all of `heads` in `members`) into a tree; `None` when there is nothing.
///
/// * `origin` — plan position of the scene origin, scene CRS metres
pub fn partition(
    heads: &[FeatureHead],
    members: Vec<u32>,
    origin: DVec2,
    builder: &dyn GroupBuilder,
    terrain: &Terrain,
    target_bytes: u32,
) -> Option<Node> {
    let extent = builder.extent(terrain);
    let members: Vec<u32> = members
        .into_iter()
        .filter(|m| is_placeable(&heads[*m as usize]))
        .collect();
    if members.is_empty() && extent.is_none() {
        return None;
    }
    let overlap = builder.assignment() == Assignment::Overlap;
    let mut reach = ROOT_UNIT_M;
    let mut cover = |p: DVec2| reach = reach.max((p - origin).abs().max_element());
    for member in &members {
        let head = &heads[*member as usize];
        if overlap {
            cover(head.bounds.min.xy());
            cover(head.bounds.max.xy());
        } else {
            cover(head.bounds.center().xy());
        }
    }
    if let Some(extent) = extent {
        cover(extent.min);
        cover(extent.max);
    }
    let mut half = ROOT_UNIT_M;
    while half <= reach {
        half *= 2.0;
    }
    let target = u64::from(target_bytes);
    let partition = Partition {
        heads,
        builder,
        terrain,
        limit_bytes: target * 3 / 2,
        target_bytes: target,
    };
    partition.cut(
        Rect {
            min: origin - half,
            max: origin + half,
        },
        members,
    )
}

fn is_placeable(head: &FeatureHead) -> bool {
    !head.bounds.is_empty() && head.bounds.min.is_finite() && head.bounds.max.is_finite()
}

impl Partition<'_> {
    fn cut(&self, cell: Rect, members: Vec<u32>) -> Option<Node> {
        let own = self.builder.cell_bytes(&cell, self.terrain);
        if members.is_empty() && own == 0 {
            return None;
        }
        let estimated_bytes = self.bytes(&cell, own, &members);
        if estimated_bytes <= self.limit_bytes && members.len() <= MAX_LEAF_FEATURES {
            return Some(Node {
                cell,
                estimated_bytes,
                kind: NodeKind::Leaf(members),
            });
        }
        if cell.size().x <= LEAST_CELL_M || (members.len() <= 1 && own == 0) {
            return Some(self.deal(cell, members));
        }
        let quadrants = quadrants(&cell);
        let mut parts: [Vec<u32>; 4] = std::array::from_fn(|_| Vec::new());
        let center = cell.center();
        for member in members {
            let bounds = &self.heads[member as usize].bounds;
            match self.builder.assignment() {
                Assignment::Center => {
                    let at = bounds.center();
                    parts[usize::from(at.x >= center.x) + 2 * usize::from(at.y >= center.y)].push(member);
                }
                Assignment::Overlap => {
                    let plan = Rect {
                        min: bounds.min.xy(),
                        max: bounds.max.xy(),
                    };
                    for (part, quadrant) in parts.iter_mut().zip(&quadrants) {
                        if quadrant.overlaps(&plan) {
                            part.push(member);
                        }
                    }
                }
            }
        }
        let mut children: Vec<Node> = quadrants
            .into_iter()
            .zip(parts)
            .filter_map(|(q, part)| self.cut(q, part))
            .collect();
        if self.builder.assignment() == Assignment::Center {
            children = self.pack(children);
        }
        match children.len() {
            0 => None,
            1 => children.pop(),
            _ => Some(Node {
                cell,
                estimated_bytes: 0,
                kind: NodeKind::Inner(children),
            }),
        }
    }

    fn whole_bytes(&self, head: &FeatureHead) -> u64 {
        u64::from(self.builder.feature_bytes(head)) + self.builder.ground_bytes(head, self.terrain)
    }

    fn bytes(&self, cell: &Rect, own: u64, members: &[u32]) -> u64 {
        let area = cell.size().x * cell.size().y;
        let share = |head: &FeatureHead| {
            let whole = self.whole_bytes(head);
            if self.builder.assignment() == Assignment::Center {
                return whole;
            }
            // the part of the feature's box that lies in the cell, at least a few bytes for being there at all
            let (low, high) = (head.bounds.min.xy().max(cell.min), head.bounds.max.xy().min(cell.max));
            let inside = (high - low).max(DVec2::ZERO);
            let size = head.bounds.size().xy().max(DVec2::splat(1.0));
            let part = (inside.max(DVec2::splat(1.0)).min(size) / size)
                .element_product()
                .min(1.0);
            debug_assert!(area > 0.0);
            (whole as f64 * part) as u64 + 32
        };
        own + members.iter().map(|m| share(&self.heads[*m as usize])).sum::<u64>()
    }

    /// Joins neighbouring leaves that fit one tile together, so that cuts do not leave crumbs.
    fn pack(&self, children: Vec<Node>) -> Vec<Node> {
        let mut packed: Vec<(Node, u64)> = Vec::with_capacity(children.len());
        for child in children {
            let NodeKind::Leaf(members) = &child.kind else {
                packed.push((child, u64::MAX));
                continue;
            };
            let bytes = child.estimated_bytes;
            let fits = |other: &u64| other.saturating_add(bytes) <= self.target_bytes;
            match packed
                .iter_mut()
                .find(|(node, size)| matches!(node.kind, NodeKind::Leaf(_)) && fits(size))
            {
                Some((
                    Node {
                        cell,
                        estimated_bytes,
                        kind: NodeKind::Leaf(into),
                    },
                    size,
                )) => {
                    into.extend_from_slice(members);
                    into.sort_unstable();
                    *cell = Rect {
                        min: cell.min.min(child.cell.min),
                        max: cell.max.max(child.cell.max),
                    };
                    *size += bytes;
                    *estimated_bytes = *size;
                }
                _ => packed.push((child, bytes)),
            }
        }
        packed.into_iter().map(|(node, _)| node).collect()
    }

    /// Deals features that lie on one spot into leaves by index.
    fn deal(&self, cell: Rect, members: Vec<u32>) -> Node {
        let mut leaves = Vec::new();
        let (mut current, mut bytes) = (Vec::new(), 0);
        for member in members {
            let own = self.whole_bytes(&self.heads[member as usize]);
            if !current.is_empty() && (bytes + own > self.limit_bytes || current.len() >= MAX_LEAF_FEATURES) {
                leaves.push(Node {
                    cell,
                    estimated_bytes: bytes,
                    kind: NodeKind::Leaf(std::mem::take(&mut current)),
                });
                bytes = 0;
            }
            current.push(member);
            bytes += own;
        }
        leaves.push(Node {
            cell,
            estimated_bytes: bytes,
            kind: NodeKind::Leaf(current),
        });
        match leaves.len() {
            1 => leaves.remove(0),
            _ => Node {
                cell,
                estimated_bytes: 0,
                kind: NodeKind::Inner(leaves),
            },
        }
    }
}

/// South-west, south-east, north-west, north-east.
fn quadrants(cell: &Rect) -> [Rect; 4] {
    let (low, mid, high) = (cell.min, cell.center(), cell.max);
    [
        Rect { min: low, max: mid },
        Rect {
            min: DVec2::new(mid.x, low.y),
            max: DVec2::new(high.x, mid.y),
        },
        Rect {
            min: DVec2::new(low.x, mid.y),
            max: DVec2::new(mid.x, high.y),
        },
        Rect { min: mid, max: high },
    ]
}

#[cfg(test)]
mod tests;
