//! Edges of bodies: where two faces meet at an angle, and where a face ends. Drawn as thin lines over what is near.

use glam::Vec3;
use std::collections::HashMap;

/// Faces that turn by less than this go on as one (cosine of 25°): facets of a round tower show no edges.
const SMOOTH_COS: f32 = 0.906;
/// Shorter edges are clutter rather than shape, metres.
const SHORTEST_M: f32 = 0.4;

/// What is known of an edge while its faces come in.
struct Edge {
    corners: [u32; 2],
    normal: Vec3,
    num_faces: u32,
    is_sharp: bool,
}

/// Edges to draw, two vertices each, in the order in which their first faces come.
///
/// Vertices of one feature in one place count as one, whatever else they carry: every face of a body has vertices of its
/// own. A face turned inside out is no edge.
///
/// * `position` — of a vertex, metres; places are told apart by the millimetre
/// * `feature` — of a vertex; `None` leaves its triangle out
pub fn creases(
    triangles: &[[u32; 3]],
    position: impl Fn(u32) -> Vec3,
    feature: impl Fn(u32) -> Option<u32>,
) -> Vec<[u32; 2]> {
    const PER_M: f32 = 1000.0;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "saturates; tiles are a few kilometres wide"
    )]
    let place = |p: Vec3| (p * PER_M).round().to_array().map(|v| v as i32);
    let mut places: HashMap<([i32; 3], u32), u32> = HashMap::new();
    let mut edges: Vec<Edge> = Vec::new();
    let mut known: HashMap<[u32; 2], usize> = HashMap::new();
    for triangle in triangles {
        let Some(feature) = feature(triangle[0]) else { continue };
        let points = triangle.map(&position);
        let normal = (points[1] - points[0]).cross(points[2] - points[0]).normalize_or_zero();
        if normal == Vec3::ZERO {
            continue;
        }
        let welded: [u32; 3] = std::array::from_fn(|i| {
            let next = places.len() as u32;
            *places.entry((place(points[i]), feature)).or_insert(next)
        });
        for (from, to) in [(0, 1), (1, 2), (2, 0)] {
            let key = [welded[from].min(welded[to]), welded[from].max(welded[to])];
            if points[from].distance_squared(points[to]) < SHORTEST_M * SHORTEST_M {
                continue;
            }
            let at = *known.entry(key).or_insert(edges.len());
            match edges.get_mut(at) {
                Some(edge) => {
                    edge.num_faces += 1;
                    edge.is_sharp |= edge.normal.dot(normal).abs() < SMOOTH_COS;
                }
                None => edges.push(Edge {
                    corners: [triangle[from], triangle[to]],
                    normal,
                    num_faces: 1,
                    is_sharp: false,
                }),
            }
        }
    }
    edges
        .iter()
        .filter(|edge| edge.is_sharp || edge.num_faces == 1)
        .map(|edge| edge.corners)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Faces of a box, each with four vertices of its own, two triangles a face.
    fn faces_of_box(low: Vec3, high: Vec3) -> (Vec<Vec3>, Vec<[u32; 3]>) {
        let corner = |i: usize| Vec3::from_array(std::array::from_fn(|axis| [low, high][i >> axis & 1][axis]));
        let faces = [
            [0, 2, 3, 1],
            [4, 5, 7, 6],
            [0, 1, 5, 4],
            [2, 6, 7, 3],
            [0, 4, 6, 2],
            [1, 3, 7, 5],
        ];
        let points = faces.iter().flatten().map(|i| corner(*i)).collect();
        let triangles = (0..6).flat_map(|f| [[0, 1, 2], [0, 2, 3]].map(|t: [u32; 3]| t.map(|i| i + f * 4)));
        (points, triangles.collect())
    }

    fn length(points: &[Vec3], edge: [u32; 2]) -> f32 {
        points[edge[0] as usize].distance(points[edge[1] as usize])
    }

    #[test]
    fn a_box_has_twelve_edges_and_no_diagonal() {
        let (points, triangles) = faces_of_box(Vec3::ZERO, Vec3::new(10.0, 20.0, 30.0));
        let found = creases(&triangles, |i| points[i as usize], |_| Some(7));
        assert_eq!(found.len(), 12);
        for edge in &found {
            assert!([10.0, 20.0, 30.0].contains(&length(&points, *edge)), "{edge:?}");
        }
    }

    #[test]
    fn a_wall_of_two_neighbours_is_an_edge_of_each() {
        let (mut points, mut triangles) = faces_of_box(Vec3::ZERO, Vec3::splat(10.0));
        let (more, faces) = faces_of_box(Vec3::new(10.0, 0.0, 0.0), Vec3::new(20.0, 10.0, 10.0));
        triangles.extend(faces.iter().map(|t| t.map(|i| i + 24)));
        points.extend(more);
        let found = creases(&triangles, |i| points[i as usize], |i| Some(i / 24));
        assert_eq!(found.len(), 24);
        let hidden = creases(&triangles, |i| points[i as usize], |i| (i < 24).then_some(0));
        assert_eq!(hidden.len(), 12, "what is of no interest has no edges");
    }

    #[test]
    fn a_round_tower_shows_its_rims_only() {
        let sides = 24_u32;
        let at = |i: u32, z: f32| {
            let turn = std::f32::consts::TAU * (i % sides) as f32 / sides as f32;
            Vec3::new(20.0 * turn.cos(), 20.0 * turn.sin(), z)
        };
        let mut points = Vec::new();
        let mut triangles = Vec::new();
        for i in 0..sides {
            let base = points.len() as u32;
            points.extend([at(i, 0.0), at(i + 1, 0.0), at(i + 1, 50.0), at(i, 50.0)]);
            triangles.extend([[0, 1, 2], [0, 2, 3]].map(|t: [u32; 3]| t.map(|j| j + base)));
        }
        let found = creases(&triangles, |i| points[i as usize], |_| Some(0));
        assert_eq!(found.len(), 2 * sides as usize);
        assert!(
            found
                .iter()
                .all(|e| points[e[0] as usize].z.to_bits() == points[e[1] as usize].z.to_bits())
        );
    }

    #[test]
    fn what_has_no_area_or_is_inside_out_adds_nothing() {
        let points = [
            Vec3::ZERO,
            Vec3::new(10.0, 0.0, 0.0),
            Vec3::new(10.0, 10.0, 0.0),
            Vec3::new(0.0, 10.0, 0.0),
        ];
        // the second triangle is wound the other way round; the third is a line; the fourth has corners out of range
        let triangles = [[0, 1, 2], [0, 3, 2], [0, 1, 1], [0, 1, 9]];
        let at = |i: u32| points.get(i as usize).copied().unwrap_or(Vec3::ZERO);
        assert_eq!(creases(&triangles, at, |_| Some(0)).len(), 4);
    }
}
