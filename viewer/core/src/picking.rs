//! What a ray hits, on the CPU: a small tree of boxes over the triangles of each tile.
//!
//! Kept per tile: positions quantized to 16 bits within the tile's bounds, three indices and nothing else a triangle, the
//! feature and layer of each vertex. Built where the tile is taken up; a ray first tests the tile's box.

use crate::camera::Ray;
use crate::creases::creases;
use glam::{DMat4, DVec3, UVec3, Vec3};

/// Triangles in a leaf of the box tree.
const LEAF_TRIANGLES: usize = 8;
/// Quantization steps across the bounds.
const STEPS: f32 = 65_535.0;
/// Deepest box tree: halving 2³² triangles.
const MAX_STACK: usize = 64;

/// What a ray hit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    /// Distance from the ray's origin, in lengths of its direction (metres for unit rays).
    pub distance_m: f64,
    /// Feature of the triangle.
    pub feature_index: u32,
    /// Layer of the triangle.
    pub layer_code: u8,
}

/// Triangles of one tile, ready for rays.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PickMesh {
    min: Vec3,
    step: Vec3,
    /// `[vertex]`, quantized within the bounds.
    positions: Vec<[u16; 3]>,
    /// `[vertex]`, feature index.
    features: Vec<u32>,
    /// `[vertex]`, layer code.
    layers: Vec<u8>,
    /// `[triangle]`, in the order of the leaves.
    triangles: Vec<[u32; 3]>,
    nodes: Vec<Node>,
}

/// A box of the tree: a leaf when `count > 0`, else two children at `start` and `start + 1`.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Node {
    min: Vec3,
    max: Vec3,
    start: u32,
    count: u32,
}

impl PickMesh {
    /// Builds the mesh of a primitive as `viewer-decode` gives it.
    ///
    /// * `positions` — `[vertex]`, tile-local metres
    /// * `attributes` — `[vertex]`, five words; word 0 holds the layer in its top byte, word 4 the feature index
    /// * `indices` — three a triangle; triangles with an index out of range are left out
    pub fn new(positions: &[[f32; 3]], attributes: &[[u32; 5]], indices: &[u32]) -> Self {
        let (mut min, mut max) = (Vec3::INFINITY, Vec3::NEG_INFINITY);
        for p in positions.iter().map(|p| Vec3::from(*p)).filter(|p| p.is_finite()) {
            (min, max) = (min.min(p), max.max(p));
        }
        if min.x > max.x {
            return Self::default();
        }
        let step = ((max - min) / STEPS).max(Vec3::splat(f32::MIN_POSITIVE));
        let quantized: Vec<[u16; 3]> = positions
            .iter()
            .map(|p| {
                let q: UVec3 = ((Vec3::from(*p) - min) / step)
                    .round()
                    .clamp(Vec3::ZERO, Vec3::splat(STEPS))
                    .as_uvec3();
                [q.x as u16, q.y as u16, q.z as u16]
            })
            .collect();
        let is_in_range = |t: &&[u32; 3]| {
            t.iter()
                .all(|i| (*i as usize) < positions.len() && (*i as usize) < attributes.len())
        };
        let triangles = indices.as_chunks::<3>().0.iter().filter(is_in_range).copied().collect();
        let mut mesh = Self {
            min,
            step,
            positions: quantized,
            features: attributes.iter().map(|a| a[4]).collect(),
            layers: attributes.iter().map(|a| (a[0] >> 24) as u8).collect(),
            triangles,
            nodes: Vec::new(),
        };
        mesh.build();
        mesh
    }

    /// Bytes that the mesh holds.
    pub fn num_bytes(&self) -> u64 {
        let bytes = size_of_val(self.positions.as_slice())
            + size_of_val(self.features.as_slice())
            + self.layers.len()
            + size_of_val(self.triangles.as_slice())
            + size_of_val(self.nodes.as_slice());
        bytes as u64
    }

    /// Edges of its bodies as pairs of vertices, see [`creases`].
    ///
    /// * `is_wanted` — of a layer code
    pub fn creases(&self, is_wanted: impl Fn(u8) -> bool) -> Vec<[u32; 2]> {
        let feature = |vertex: u32| {
            let layer = self.layers.get(vertex as usize).copied();
            layer.filter(|code| is_wanted(*code))?;
            self.features.get(vertex as usize).copied()
        };
        creases(&self.triangles, |vertex| self.corner(vertex), feature)
    }

    /// Number of triangles.
    pub fn num_triangles(&self) -> usize {
        self.triangles.len()
    }

    /// Nearest triangle that a ray hits, from either side.
    ///
    /// * `local_ray` — in the tile's frame relative to its origin
    /// * `within_m` — hits beyond are of no interest
    /// * `is_pickable(feature_index, layer_code)` — false for what is hidden: the ray goes through
    pub fn hit(&self, local_ray: &Ray, within_m: f64, is_pickable: &dyn Fn(u32, u8) -> bool) -> Option<Hit> {
        let origin = local_ray.origin_enu.as_vec3();
        let direction = local_ray.direction.as_vec3();
        let inverse = direction.recip();
        let mut best: Option<Hit> = None;
        let mut limit = within_m as f32;
        let mut stack = [0_u32; MAX_STACK];
        let mut depth = usize::from(!self.nodes.is_empty());
        while depth > 0 {
            depth -= 1;
            let Some(node) = self.nodes.get(stack[depth] as usize) else {
                continue;
            };
            if enters(node, origin, inverse, limit).is_none() {
                continue;
            }
            if node.count == 0 {
                let (near, far) = self.ordered_children(node.start, origin, inverse, limit);
                for child in [far, near] {
                    if depth < MAX_STACK {
                        stack[depth] = child;
                        depth += 1;
                    }
                }
                continue;
            }
            let range = node.start as usize..(node.start + node.count) as usize;
            for triangle in self.triangles.get(range).unwrap_or_default() {
                let corners = triangle.map(|i| self.corner(i));
                let Some(distance) = meets_triangle(origin, direction, corners).filter(|d| *d < limit) else {
                    continue;
                };
                let vertex = triangle[0] as usize;
                let (Some(feature), Some(layer)) = (self.features.get(vertex), self.layers.get(vertex)) else {
                    continue;
                };
                if is_pickable(*feature, *layer) {
                    limit = distance;
                    best = Some(Hit {
                        distance_m: f64::from(distance),
                        feature_index: *feature,
                        layer_code: *layer,
                    });
                }
            }
        }
        best
    }

    /// The two children with the one that the ray enters first in front.
    fn ordered_children(&self, first: u32, origin: Vec3, inverse: Vec3, limit: f32) -> (u32, u32) {
        let entry = |child: u32| {
            let node = self.nodes.get(child as usize);
            node.and_then(|node| enters(node, origin, inverse, limit))
                .unwrap_or(f32::INFINITY)
        };
        if entry(first) <= entry(first + 1) {
            (first, first + 1)
        } else {
            (first + 1, first)
        }
    }

    fn corner(&self, index: u32) -> Vec3 {
        let q = self.positions.get(index as usize).copied().unwrap_or_default();
        self.min + Vec3::new(f32::from(q[0]), f32::from(q[1]), f32::from(q[2])) * self.step
    }

    /// Builds the box tree: median split along the longest side of the centroids' box.
    fn build(&mut self) {
        let mut order: Vec<(Vec3, [u32; 3])> = self
            .triangles
            .iter()
            .map(|t| (t.iter().map(|i| self.corner(*i)).sum::<Vec3>(), *t))
            .collect();
        if order.is_empty() {
            return;
        }
        let count = order.len();
        self.nodes.push(Node {
            min: Vec3::ZERO,
            max: Vec3::ZERO,
            start: 0,
            count: count as u32,
        });
        let mut open = vec![(0_usize, 0_usize, count)];
        while let Some((node, start, count)) = open.pop() {
            let Some(part) = order.get_mut(start..start + count) else {
                continue;
            };
            let (mut min, mut max) = (Vec3::INFINITY, Vec3::NEG_INFINITY);
            let (mut low, mut high) = (Vec3::INFINITY, Vec3::NEG_INFINITY);
            for (centroid, triangle) in part.iter() {
                (low, high) = (low.min(*centroid), high.max(*centroid));
                for corner in triangle.map(|i| self.corner(i)) {
                    (min, max) = (min.min(corner), max.max(corner));
                }
            }
            let split = if count > LEAF_TRIANGLES { count / 2 } else { 0 };
            let mut entry = Node {
                min,
                max,
                start: start as u32,
                count: count as u32,
            };
            if split > 0 {
                let size = high - low;
                let axis = if size.x >= size.y && size.x >= size.z {
                    0
                } else {
                    1 + usize::from(size.z > size.y)
                };
                part.select_nth_unstable_by(split, |a, b| a.0[axis].total_cmp(&b.0[axis]));
                entry.start = self.nodes.len() as u32;
                entry.count = 0;
                let blank = Node {
                    min,
                    max,
                    start: 0,
                    count: 0,
                };
                open.push((self.nodes.len(), start, split));
                open.push((self.nodes.len() + 1, start + split, count - split));
                self.nodes.extend([blank, blank]);
            }
            if let Some(slot) = self.nodes.get_mut(node) {
                *slot = entry;
            }
        }
        self.triangles = order.into_iter().map(|(_, triangle)| triangle).collect();
    }
}

/// Nearest hit among several tiles.
///
/// * `tiles` — `(key, enu_from_local, mesh)`; `enu_from_local` takes the tile's local frame to the scene's ENU
/// * returns the key of the tile, the hit, and the point hit in ENU metres
pub fn pick<'a, K: Copy>(
    ray: &Ray,
    tiles: impl IntoIterator<Item = (K, &'a DMat4, &'a PickMesh)>,
    is_pickable: &dyn Fn(u32, u8) -> bool,
) -> Option<(K, Hit, DVec3)> {
    let mut best: Option<(K, Hit)> = None;
    for (key, enu_from_local, mesh) in tiles {
        let local_from_enu = enu_from_local.inverse();
        // the direction keeps its length in the local frame, so distances stay those of the scene also under a scale
        let local = Ray {
            origin_enu: local_from_enu.transform_point3(ray.origin_enu),
            direction: local_from_enu.transform_vector3(ray.direction),
        };
        let within_m = best.map_or(f64::INFINITY, |(_, hit)| hit.distance_m);
        if let Some(hit) = mesh.hit(&local, within_m, is_pickable) {
            best = Some((key, hit));
        }
    }
    best.map(|(key, hit)| (key, hit, ray.at(hit.distance_m)))
}

/// Distance at which a ray enters a box; `None` when it misses it or enters beyond the limit. NaN from a zero direction
/// on the box's face counts as a hit (`max`/`min` pass NaN over).
fn enters(node: &Node, origin: Vec3, inverse: Vec3, limit: f32) -> Option<f32> {
    let (a, b) = ((node.min - origin) * inverse, (node.max - origin) * inverse);
    let (near, far) = (a.min(b), a.max(b));
    let enter = near.x.max(near.y).max(near.z).max(0.0);
    let leave = far.x.min(far.y).min(far.z);
    // half a quantization step of slack is in the boxes already: they are made of quantized corners
    (enter <= leave * 1.000_001 && enter < limit).then_some(enter)
}

/// Distance to a triangle from either side (Möller & Trumbore 1997).
fn meets_triangle(origin: Vec3, direction: Vec3, [a, b, c]: [Vec3; 3]) -> Option<f32> {
    let (ab, ac) = (b - a, c - a);
    let p = direction.cross(ac);
    let determinant = ab.dot(p);
    if determinant == 0.0 {
        return None;
    }
    let inverse = 1.0 / determinant;
    let s = origin - a;
    let u = s.dot(p) * inverse;
    let q = s.cross(ab);
    let v = direction.dot(q) * inverse;
    let distance = ac.dot(q) * inverse;
    (u >= -1e-5 && v >= -1e-5 && u + v <= 1.000_02 && distance > 0.0 && distance.is_finite()).then_some(distance)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ALL: &dyn Fn(u32, u8) -> bool = &|_, _| true;

    fn attributes(feature: u32, layer: u8) -> [u32; 5] {
        [u32::from(layer) << 24, 0, 0, 0, feature]
    }

    /// Two level squares above each other: feature 1 at z = 10, feature 2 at z = 0.
    fn two_squares() -> PickMesh {
        let mut positions = Vec::new();
        let mut packed = Vec::new();
        let mut indices = Vec::new();
        for (feature, z) in [(1, 10.0), (2, 0.0)] {
            let base = positions.len() as u32;
            positions.extend([[0.0, 0.0, z], [100.0, 0.0, z], [100.0, 100.0, z], [0.0, 100.0, z]]);
            packed.extend([attributes(feature, feature as u8); 4]);
            indices.extend([0, 1, 2, 0, 2, 3].map(|i| base + i));
        }
        PickMesh::new(&positions, &packed, &indices)
    }

    fn down(x: f64, y: f64) -> Ray {
        Ray {
            origin_enu: DVec3::new(x, y, 50.0),
            direction: DVec3::NEG_Z,
        }
    }

    #[test]
    fn the_nearest_is_hit_and_hidden_things_are_passed_through() {
        let mesh = two_squares();
        let hit = mesh.hit(&down(30.0, 40.0), f64::INFINITY, ALL).unwrap();
        assert_eq!((hit.feature_index, hit.layer_code), (1, 1));
        assert!((hit.distance_m - 40.0).abs() < 0.01);
        let below = mesh
            .hit(&down(30.0, 40.0), f64::INFINITY, &|feature, _| feature != 1)
            .unwrap();
        assert_eq!(below.feature_index, 2);
        assert_eq!(mesh.hit(&down(30.0, 40.0), f64::INFINITY, &|_, layer| layer > 2), None);
        assert_eq!(mesh.hit(&down(130.0, 40.0), f64::INFINITY, ALL), None);
        assert_eq!(mesh.hit(&down(30.0, 40.0), 39.0, ALL), None);
    }

    #[test]
    fn tiles_are_compared_in_the_scene() {
        let mesh = two_squares();
        let (low, high) = (DMat4::IDENTITY, DMat4::from_translation(DVec3::new(0.0, 0.0, 20.0)));
        let (key, hit, point) = pick(&down(50.0, 51.0), [(7, &low, &mesh), (8, &high, &mesh)], ALL).unwrap();
        assert_eq!((key, hit.feature_index), (8, 1));
        assert!(point.abs_diff_eq(DVec3::new(50.0, 51.0, 30.0), 0.01), "{point}");
        let scaled = DMat4::from_scale(DVec3::splat(2.0));
        let (_, _, point) = pick(&down(150.0, 151.0), [(1, &scaled, &mesh)], ALL).unwrap();
        assert!((point.z - 20.0).abs() < 0.01, "{point}");
    }

    #[test]
    fn nothing_is_hit_in_empty_or_broken_meshes() {
        for mesh in [
            PickMesh::new(&[], &[], &[]),
            PickMesh::new(&[[f32::NAN; 3]; 3], &[attributes(1, 1); 3], &[0, 1, 2]),
            PickMesh::new(&[[0.0; 3]; 3], &[attributes(1, 1); 3], &[0, 1, 9]),
            PickMesh::new(&[[0.0; 3]; 3], &[attributes(1, 1); 3], &[0, 1, 2]),
        ] {
            assert_eq!(mesh.hit(&down(0.0, 0.0), f64::INFINITY, ALL), None);
        }
    }

    proptest! {
        /// The box tree finds what trying every triangle finds.
        #[test]
        fn the_tree_agrees_with_trying_all(corners in prop::collection::vec(prop::array::uniform3(-100.0..100.0_f32), 3..300),
            from in prop::array::uniform3(-200.0..200.0_f64), to in prop::array::uniform3(-50.0..50.0_f64)) {
            let num_triangles = corners.len() / 3;
            let positions = &corners[..num_triangles * 3];
            let packed: Vec<_> = (0..positions.len() as u32).map(|i| attributes(i / 3, 0)).collect();
            let indices: Vec<u32> = (0..positions.len() as u32).collect();
            let mesh = PickMesh::new(positions, &packed, &indices);
            let direction = (DVec3::from(to) - DVec3::from(from)).normalize();
            let ray = Ray { origin_enu: from.into(), direction };
            let brute = mesh.triangles.iter()
                .filter_map(|t| meets_triangle(ray.origin_enu.as_vec3(), direction.as_vec3(), t.map(|i| mesh.corner(i))))
                .min_by(f32::total_cmp);
            let found = mesh.hit(&ray, f64::INFINITY, ALL).map(|hit| hit.distance_m as f32);
            prop_assert_eq!(found, brute);
        }
    }
}
