//! Rays to the sun against triangles: one watertight test, asked through a bounding volume hierarchy (`obvhs`) or by brute
//! force with the same answer.
//!
//! The test is in f64, the hierarchy in f32. Its boxes are grown by more than f32 can be wrong by, so that it never keeps a
//! triangle from the test: "is there any triangle that the test says is hit" has one answer, however it is found.

use super::Error;
use obvhs::aabb::Aabb;
use obvhs::bvh2::Bvh2;
use obvhs::bvh2::reinsertion::ReinsertionOptimizer;
use obvhs::cwbvh::CwBvh;
use obvhs::cwbvh::bvh2_to_cwbvh::bvh2_to_cwbvh;
use obvhs::ploc::{PlocBuilder, PlocSearchDistance, SortPrecision};
use obvhs::ray::Ray;

/// Three corners, metres in the frame of the scene.
pub type Triangle = [[f64; 3]; 3];
/// No triangle.
pub const NONE: u32 = u32::MAX;
/// Boxes grow by this, metres, and by [`PAD_SHARE`] of the size of the scene.
const PAD_M: f64 = 1e-3;
/// 32 units in the last place of f32: a box test adds up about six roundings.
const PAD_SHARE: f64 = 4e-6;
/// Share of the nodes that get a better place when there is time for it.
const REINSERTED: f32 = 0.05;
/// Triangles of a leaf.
const LEAF_TRIANGLES: u32 = 3;
/// Levels that `obvhs` can walk without its stack running over.
const MAX_DEPTH: usize = 30;
/// Levels of twos that it can turn into eights without running out of stack.
const MAX_BINARY_DEPTH: usize = 300;

/// A direction with what the tests of all rays along it share.
#[derive(Debug, Clone, Copy)]
pub struct Heading {
    /// Unit vector.
    direction: [f64; 3],
    /// Axis along which the direction is longest.
    axis: Axis,
    /// The direction's other two parts over the longest, and one over the longest.
    shear: [f64; 3],
    /// The direction and its inverse for boxes.
    ray: Ray,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Axis {
    X,
    Y,
    Z,
}

impl Heading {
    /// A direction.
    pub fn new(direction: [f64; 3]) -> Self {
        // a negative zero sends the hierarchy the wrong way
        let direction = direction.map(|v| v + 0.0);
        let [x, y, z] = direction;
        let (axis, [p, q, long]) = if x.abs() >= y.abs() && x.abs() >= z.abs() {
            (Axis::X, [y, z, x])
        } else if y.abs() >= z.abs() {
            (Axis::Y, [z, x, y])
        } else {
            (Axis::Z, [x, y, z])
        };
        Self {
            direction,
            axis,
            shear: [p / long, q / long, 1.0 / long],
            ray: Ray::new([0.0; 3].into(), direction.map(|v| v as f32).into(), 0.0, f32::INFINITY),
        }
    }

    /// The unit vector.
    pub fn direction(&self) -> [f64; 3] {
        self.direction
    }

    /// Where a ray from `origin` meets a triangle, in lengths of the direction; `None` when it does not, or behind.
    ///
    /// Two triangles that share an edge leave no gap between them: the edge's function is the same number in both, with
    /// opposite signs, and zero counts as inside.
    ///
    /// # Source
    /// Woop, Benthin & Wald, Watertight Ray/Triangle Intersection, JCGT 2 (1), 2013.
    #[inline(always)]
    pub fn meets(&self, origin: [f64; 3], triangle: &Triangle) -> Option<f64> {
        let [a, b, c] = [0, 1, 2].map(|i| self.sheared(origin, triangle[i]));
        let u = c[0] * b[1] - c[1] * b[0];
        let v = a[0] * c[1] - a[1] * c[0];
        let w = b[0] * a[1] - b[1] * a[0];
        if (u < 0.0 || v < 0.0 || w < 0.0) && (u > 0.0 || v > 0.0 || w > 0.0) {
            return None;
        }
        let det = u + v + w;
        if det == 0.0 {
            return None;
        }
        let t = (u * a[2] + v * b[2] + w * c[2]) * self.shear[2] / det;
        (t > 0.0).then_some(t)
    }

    /// A corner seen along the ray: across, across, along.
    #[inline(always)]
    fn sheared(&self, origin: [f64; 3], corner: [f64; 3]) -> [f64; 3] {
        let [x, y, z] = [corner[0] - origin[0], corner[1] - origin[1], corner[2] - origin[2]];
        let [p, q, long] = match self.axis {
            Axis::X => [y, z, x],
            Axis::Y => [z, x, y],
            Axis::Z => [x, y, z],
        };
        [p - self.shear[0] * long, q - self.shear[1] * long, long]
    }

    /// True when a ray from `origin` meets a box.
    pub fn meets_box(&self, origin: [f64; 3], low: [f64; 3], high: [f64; 3]) -> bool {
        let (mut near, mut far) = (0.0_f64, f64::INFINITY);
        for k in 0..3 {
            let (a, b) = (low[k] - origin[k], high[k] - origin[k]);
            if self.direction[k] == 0.0 {
                if a > 0.0 || b < 0.0 {
                    return false;
                }
            } else {
                let (s, t) = (a / self.direction[k], b / self.direction[k]);
                near = near.max(s.min(t));
                far = far.min(s.max(t));
            }
        }
        near <= far
    }
}

/// Triangles with the number of whom they belong to, ready for rays.
#[derive(Default)]
pub struct Mesh {
    /// In the order of the hierarchy's leaves.
    triangles: Vec<Triangle>,
    owners: Vec<u32>,
    hierarchy: Option<CwBvh>,
}

impl Mesh {
    /// Sorts triangles into a hierarchy.
    ///
    /// * `extent_m` — the farthest that any ray or triangle lies from the frame's origin, metres
    /// * `is_quick` — true for a hierarchy that is built at once and walked a few times
    ///
    /// # Errors
    /// When so many triangles lie on top of each other that no hierarchy parts them.
    pub fn new(parts: &[(Triangle, u32)], extent_m: f64, is_quick: bool) -> Result<Self, Error> {
        if parts.is_empty() {
            return Ok(Self::default());
        }
        let pad = PAD_M + PAD_SHARE * extent_m;
        let boxes: Vec<Aabb> = (0_u64..)
            .zip(parts)
            .map(|(i, (triangle, _))| grown(triangle, i, pad))
            .collect();
        let (search, deep) = if is_quick {
            (PlocSearchDistance::Minimum, 0)
        } else {
            (PlocSearchDistance::Medium, 3)
        };
        // the steps of `obvhs::build_cwbvh` without its debug checks, which allow boxes less than f32's rounding at city scale
        let indices = (0..parts.len() as u32).collect();
        let mut binary =
            PlocBuilder::with_capacity(boxes.len()).build(search, &boxes, indices, SortPrecision::U64, deep);
        if binary_depth(&binary) > MAX_BINARY_DEPTH {
            return Err(Error::Layered);
        }
        if !is_quick {
            ReinsertionOptimizer::default().run(&mut binary, REINSERTED, None);
        }
        let hierarchy = bvh2_to_cwbvh(&binary, LEAF_TRIANGLES, true, false);
        if depth(&hierarchy) > MAX_DEPTH {
            return Err(Error::Layered);
        }
        let sorted = |i: &u32| parts.get(*i as usize);
        let leaves = || hierarchy.primitive_indices.iter().filter_map(sorted);
        Ok(Self {
            triangles: leaves().map(|part| part.0).collect(),
            owners: leaves().map(|part| part.1).collect(),
            hierarchy: Some(hierarchy),
        })
    }

    /// Number of triangles.
    pub fn len(&self) -> usize {
        self.triangles.len()
    }

    /// True without triangles.
    pub fn is_empty(&self) -> bool {
        self.triangles.is_empty()
    }

    /// True when a ray meets any triangle whose owner is not `gone`.
    ///
    /// * `last` — triangle that was met last, asked first: the sun moves slowly; set to the triangle met
    #[inline]
    pub fn is_met(&self, heading: &Heading, origin: [f64; 3], gone: &[bool], last: &mut u32) -> bool {
        let asks = |i: usize| match (self.triangles.get(i), self.owners.get(i)) {
            (Some(triangle), Some(owner)) => heading.meets(origin, triangle).is_some() && !is_gone(gone, *owner),
            _ => false,
        };
        if *last != NONE && asks(*last as usize) {
            return true;
        }
        let Some(hierarchy) = &self.hierarchy else { return false };
        let misses = hierarchy.ray_traverse_miss(from(heading, origin), |_, i| {
            if asks(i) {
                *last = i as u32;
                0.0
            } else {
                f32::INFINITY
            }
        });
        !misses
    }

    /// The same by asking every triangle.
    pub fn is_met_by_brute_force(&self, heading: &Heading, origin: [f64; 3], gone: &[bool]) -> bool {
        std::iter::zip(&self.triangles, &self.owners)
            .any(|(triangle, owner)| !is_gone(gone, *owner) && heading.meets(origin, triangle).is_some())
    }

    /// Calls `met` with the owner and the distance of every triangle that a ray meets.
    pub fn all_met(&self, heading: &Heading, origin: [f64; 3], gone: &[bool], mut met: impl FnMut(u32, f64)) {
        let Some(hierarchy) = &self.hierarchy else { return };
        hierarchy.ray_traverse_anyhit(from(heading, origin), |_, i| {
            if let (Some(triangle), Some(owner)) = (self.triangles.get(i), self.owners.get(i))
                && !is_gone(gone, *owner)
                && let Some(distance) = heading.meets(origin, triangle)
            {
                met(*owner, distance);
            }
        });
    }
}

fn is_gone(gone: &[bool], owner: u32) -> bool {
    gone.get(owner as usize).copied().unwrap_or(false)
}

fn from(heading: &Heading, origin: [f64; 3]) -> Ray {
    Ray {
        origin: origin.map(|v| v as f32).into(),
        ..heading.ray
    }
}

/// The box of a triangle, each side moved out by one to two `pad`, differently for each triangle: of boxes that are all the
/// same `obvhs` 0.4.0 makes a chain as long as there are boxes, and runs out of stack on it.
fn grown([a, b, c]: &Triangle, number: u64, pad: f64) -> Aabb {
    let side = |k: usize, is_high: u64| {
        // SplitMix64
        let mut z = (number * 6 + 2 * k as u64 + is_high).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        pad * (1.0 + (z >> 40) as f64 / (1_u64 << 24) as f64)
    };
    let low = [0, 1, 2].map(|k| (a[k].min(b[k]).min(c[k]) - side(k, 0)) as f32);
    let high = [0, 1, 2].map(|k| (a[k].max(b[k]).max(c[k]) + side(k, 1)) as f32);
    Aabb::new(low.into(), high.into())
}

/// Levels of a hierarchy of twos.
fn binary_depth(hierarchy: &Bvh2) -> usize {
    let mut deepest = 0;
    let mut open = vec![(0_usize, 1_usize)];
    while let Some((place, level)) = open.pop() {
        deepest = deepest.max(level);
        if level > MAX_BINARY_DEPTH {
            break;
        }
        if let Some(node) = hierarchy.nodes.get(place)
            && !node.is_leaf()
        {
            let first = node.first_index as usize;
            open.extend([(first, level + 1), (first + 1, level + 1)]);
        }
    }
    deepest
}

/// Levels of a hierarchy.
fn depth(hierarchy: &CwBvh) -> usize {
    let mut deepest = 0;
    let mut open = vec![(0_usize, 1_usize)];
    while let Some((node, level)) = open.pop() {
        deepest = deepest.max(level);
        if level > MAX_DEPTH {
            break;
        }
        if let Some(node) = hierarchy.nodes.get(node) {
            let inner = node.imask.count_ones();
            open.extend((0..inner).map(|k| ((node.child_base_idx + k) as usize, level + 1)));
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn unit([x, y, z]: [f64; 3]) -> [f64; 3] {
        let length = (x * x + y * y + z * z).sqrt();
        [x / length, y / length, z / length]
    }

    proptest! {
        /// Triangles of all sizes, far out, some flat along an axis, rays along axes and through corners.
        #[test]
        fn the_hierarchy_answers_as_brute_force_does(
            corners in prop::collection::vec(prop::array::uniform9(-50_i32..50), 1..200),
            scale in prop::sample::select(vec![0.1, 1.0, 37.3, 200.0]),
            away in -4000.0..4000.0_f64,
            rays in prop::collection::vec((prop::array::uniform3(-50_i32..50), prop::array::uniform3(-4_i32..5), 0.0..1.0_f64), 1..60),
        ) {
            let parts: Vec<(Triangle, u32)> = corners.iter().enumerate().map(|(i, c)| {
                let at = |k: usize| [f64::from(c[3 * k]) * scale + away, f64::from(c[3 * k + 1]) * scale - away, f64::from(c[3 * k + 2]) * scale];
                ([at(0), at(1), at(2)], (i % 7) as u32)
            }).collect();
            let mesh = Mesh::new(&parts, 20_000.0, corners.len() % 2 == 0).unwrap();
            prop_assert_eq!(mesh.len(), parts.len());
            let gone = [false, true, false, false];
            for (from, along, odd) in rays {
                if along == [0; 3] {
                    continue;
                }
                let origin = [f64::from(from[0]) * scale + away, f64::from(from[1]) * scale - away, f64::from(from[2]) * scale];
                let tilt = if odd < 0.5 { 0.0 } else { odd };
                let heading = Heading::new(unit([f64::from(along[0]) + tilt * 1e-3, f64::from(along[1]), f64::from(along[2]) + tilt]));
                let brute = mesh.is_met_by_brute_force(&heading, origin, &gone);
                let mut last = NONE;
                prop_assert_eq!(mesh.is_met(&heading, origin, &gone, &mut last), brute);
                prop_assert_eq!(mesh.is_met(&heading, origin, &gone, &mut last), brute);
                let mut met = 0;
                mesh.all_met(&heading, origin, &gone, |owner, t| {
                    assert!(owner != 1 && t > 0.0);
                    met += 1;
                });
                let all = parts.iter().filter(|(t, owner)| *owner != 1 && heading.meets(origin, t).is_some()).count();
                prop_assert_eq!(met, all);
            }
        }
    }

    #[test]
    fn triangles_on_top_of_each_other_are_no_harm() {
        let one: Triangle = [[0.0, 5.0, 0.0], [10.0, 5.0, 0.0], [5.0, 5.0, 10.0]];
        let parts: Vec<(Triangle, u32)> = (0..50_000).map(|k| (one, k)).collect();
        let mesh = Mesh::new(&parts, 100.0, true).unwrap();
        let heading = Heading::new([0.0, 1.0, 0.0]);
        assert!(mesh.is_met(&heading, [5.0, 0.0, 2.0], &[], &mut { NONE }));
        let mut count = 0;
        mesh.all_met(&heading, [5.0, 0.0, 2.0], &[], |_, _| count += 1);
        assert_eq!(count, 50_000);
        let signed = Heading::new([-0.0, 1.0, -0.0]);
        assert!(mesh.is_met(&signed, [5.0, 0.0, 2.0], &[], &mut { NONE }));
        // flat to a point and along the ray: nothing to meet
        let nothing = Mesh::new(&[([[1.0; 3]; 3], 0)], 100.0, false).unwrap();
        assert!(!nothing.is_met(&heading, [1.0, 0.0, 1.0], &[], &mut { NONE }));
    }

    #[test]
    fn a_ray_along_a_shared_edge_is_stopped() {
        let square = [[0.0, 5.0, 0.0], [10.0, 5.0, 0.0], [10.0, 5.0, 10.0], [0.0, 5.0, 10.0]];
        let halves = [[square[0], square[1], square[2]], [square[0], square[2], square[3]]];
        for k in 0..1000 {
            let at = f64::from(k) * 0.01;
            let heading = Heading::new(unit([0.1, 1.0, 0.2]));
            // aims at the diagonal from 5 m before it
            let origin = [at - 0.5, 0.0, at - 1.0];
            assert!(halves.iter().any(|t| heading.meets(origin, t).is_some()), "{at}");
        }
    }
}
