//! Where sunshine is asked for: sills along façades, windows, patches of whole façades, cells of the ground.

use super::Error;
use super::input::{Building, Grid};
use super::params::Params;
use super::rays::{Heading, Mesh};
use geo::{CoordsIter as _, Orient as _, orient::Direction};

/// Points stand this far before the wall or above the ground, metres, so that it does not stop their own rays.
pub const OFF_M: f64 = 0.05;
/// Edges shorter than this have no window, metres.
const SHORTEST_M: f64 = 0.3;
/// Height of a storey when nobody says how many there are, metres.
const STOREY_M: f64 = 3.0;
/// A wall is looked for so far behind a patch, metres: outlines and meshes differ by some decimetres.
const BEHIND_M: f64 = 0.5;

/// A point to be examined.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Where, metres of the scene CRS; already off the wall or the ground.
    pub position: [f64; 3],
    /// Direction out of the wall in plan, unit length; zero for the ground, which has sun from everywhere.
    pub normal: [f64; 2],
    /// Width and height of the patch that it stands for, metres; zero for a point.
    pub size: [f32; 2],
    /// Number of its window in the building, or `u32::MAX`.
    pub window: u32,
    /// True when it lies inside a solid (a party wall): no window can be there.
    pub is_inside: bool,
    /// True when terrain lies above it.
    pub is_buried: bool,
}

impl Point {
    /// A point that stands for no patch; `normal` is of unit length, or zero.
    pub fn at(position: [f64; 3], normal: [f64; 2]) -> Self {
        Self {
            position,
            normal,
            size: [0.0; 2],
            window: u32::MAX,
            is_inside: false,
            is_buried: false,
        }
    }

    /// True when sun can be asked for there.
    pub fn is_open(&self) -> bool {
        !self.is_inside && !self.is_buried
    }
}

/// An edge of a footprint.
struct Edge {
    start: [f64; 2],
    along: [f64; 2],
    length_m: f64,
    /// Out of the building.
    normal: [f64; 2],
}

impl Edge {
    /// Middles of `count` equal parts, off the wall, at a height.
    fn at(&self, k: usize, count: usize, z: f64) -> Point {
        let along_m = (k as f64 + 0.5) * self.length_m / count as f64;
        let [x, y] = [0, 1].map(|i| self.start[i] + self.along[i] * along_m + self.normal[i] * OFF_M);
        Point::at([x, y, z], self.normal)
    }

    fn parts(&self, spacing_m: f64) -> usize {
        (self.length_m / spacing_m).ceil().max(1.0) as usize
    }
}

fn edges(building: &Building) -> Vec<Edge> {
    let mut found = vec![];
    for polygon in building.footprint.orient(Direction::Default) {
        for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
            for line in ring.lines() {
                let [dx, dy] = [line.end.x - line.start.x, line.end.y - line.start.y];
                let length_m = dx.hypot(dy);
                if length_m >= SHORTEST_M {
                    let along = [dx / length_m, dy / length_m];
                    found.push(Edge {
                        start: [line.start.x, line.start.y],
                        along,
                        length_m,
                        // outer rings run anticlockwise and holes clockwise: the building is on the left of both
                        normal: [along[1], -along[0]],
                    });
                }
            }
        }
    }
    found
}

/// Points that decide whether a building has its sun: its windows, or sills along the façades that face the noon sun.
///
/// * `convergence_deg`, `is_south` — true azimuth of grid north; true where the noon sun stands in the south
pub fn deciding(building: &Building, params: &Params, convergence_deg: f64, is_south: bool) -> Vec<Point> {
    if !building.windows.is_empty() {
        return building
            .windows
            .iter()
            .enumerate()
            .map(|(k, window)| {
                let [nx, ny] = window.normal;
                let length = nx.hypot(ny);
                let normal = [nx / length, ny / length];
                let [x, y, z] = window.sill;
                Point {
                    window: k as u32,
                    ..Point::at([x + normal[0] * OFF_M, y + normal[1] * OFF_M, z], normal)
                }
            })
            .collect();
    }
    let noon_deg = if is_south { 180.0 } else { 0.0 };
    let edges = edges(building);
    let off_deg = |edge: &Edge| {
        let azimuth_deg = edge.normal[0].atan2(edge.normal[1]).to_degrees() + convergence_deg;
        ((azimuth_deg - noon_deg + 180.0).rem_euclid(360.0) - 180.0).abs()
    };
    let nearest_deg = edges.iter().map(off_deg).fold(f64::INFINITY, f64::min);
    // a millionth for edges that are parallel up to rounding
    let allowed_deg = params.facing_deg.max(nearest_deg) + 1e-6;
    let sill_m = building.ground_m + params.sill_m;
    let facing = edges.iter().filter(|edge| off_deg(edge) <= allowed_deg);
    facing
        .flat_map(|edge| {
            let count = edge.parts(params.spacing_m);
            (0..count).map(move |k| edge.at(k, count, sill_m))
        })
        .collect()
}

/// Storeys of a building, and the height of one, metres.
pub fn storeys(building: &Building) -> (u32, f64) {
    let height_m = (building.wall_top_m.unwrap_or(building.top_m) - building.ground_m).max(0.0);
    let count = match building.storeys {
        0 => (height_m / STOREY_M).round().max(1.0) as u32,
        n => n,
    };
    (count, height_m / f64::from(count))
}

/// Patches over all façades of a building, storey by storey along each edge. Where it has a mesh, patches without a wall
/// behind them (beside a gable, over lower eaves) are left out.
///
/// # Errors
/// As [`Mesh::new`].
pub fn facade(building: &Building, params: &Params) -> Result<Vec<Point>, Error> {
    let (count, storey_m) = storeys(building);
    let mut points = vec![];
    if storey_m <= 0.0 {
        return Ok(points);
    }
    for edge in edges(building) {
        let columns = edge.parts(params.patch_m);
        let size = [(edge.length_m / columns as f64) as f32, storey_m as f32];
        for storey in 0..count {
            let z = building.ground_m + (f64::from(storey) + 0.5) * storey_m;
            points.extend((0..columns).map(|k| Point {
                size,
                ..edge.at(k, columns, z)
            }));
        }
    }
    if let Some([[corner, ..], ..]) = building.mesh.first_chunk::<1>() {
        let local = |p: [f64; 3]| [0, 1, 2].map(|i| p[i] - corner[i]);
        let parts: Vec<_> = building.mesh.iter().map(|t| (t.map(local), 0)).collect();
        let extent_m = parts
            .iter()
            .flat_map(|(t, _)| t.as_flattened())
            .fold(1.0_f64, |m, v| m.max(v.abs()));
        let mesh = Mesh::new(&parts, extent_m + BEHIND_M, true)?;
        points.retain(|point| {
            let [nx, ny] = point.normal;
            let mut is_before_wall = false;
            let inwards = Heading::new([-nx, -ny, 0.0]);
            mesh.all_met(&inwards, local(point.position), &[], |_, distance_m| {
                is_before_wall |= distance_m <= BEHIND_M;
            });
            is_before_wall
        });
    }
    Ok(points)
}

/// Upper bound of the points that a building makes, before any of them is made.
pub fn count_bound(building: &Building, params: &Params) -> u64 {
    if !building.is_examined_by(params) {
        return 0;
    }
    let edges = building.footprint.coords_count() as f64;
    let outline_m: f64 = building
        .footprint
        .iter()
        .flat_map(|p| std::iter::once(p.exterior()).chain(p.interiors()))
        .flat_map(|ring| ring.lines())
        .map(|line| (line.end.x - line.start.x).hypot(line.end.y - line.start.y))
        .sum();
    let mut count = outline_m / params.spacing_m + edges + building.windows.len() as f64;
    if params.with_facades {
        count += (outline_m / params.patch_m + edges) * f64::from(storeys(building).0);
    }
    count as u64
}

/// Middles of the cells of a ground to be painted; `None` where the ground has a hole.
pub fn ground(grid: &Grid) -> Vec<Option<Point>> {
    let mut points = Vec::with_capacity(grid.heights.len());
    for row in 0..grid.rows {
        for column in 0..grid.columns {
            let z = f64::from(grid.heights.get(points.len()).copied().unwrap_or(f32::NAN));
            points.push(z.is_finite().then(|| {
                let [x, y] = grid.origin;
                let middle = |from: f64, k: u32| from + (f64::from(k) + 0.5) * grid.cell_m;
                Point::at([middle(x, column), middle(y, row), z + OFF_M], [0.0; 2])
            }));
        }
    }
    points
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::polygon;
    use geo::MultiPolygon;

    fn slab() -> Building {
        // clockwise on purpose
        let ring = vec![[0.0, 0.0], [0.0, 12.0], [40.0, 12.0], [40.0, 0.0]];
        Building {
            footprint: MultiPolygon::new(vec![polygon(&[ring])]),
            ground_m: 100.0,
            top_m: 118.0,
            is_examined: true,
            ..Building::default()
        }
    }

    #[test]
    fn only_the_south_face_of_a_slab_decides() {
        let points = deciding(&slab(), &Params::default(), 0.0, true);
        assert_eq!(points.len(), 40);
        for (k, point) in points.iter().enumerate() {
            assert_eq!(point.normal, [0.0, -1.0]);
            assert!((point.position[0] - (k as f64 + 0.5)).abs() < 1e-9);
            assert!((point.position[1] + OFF_M).abs() < 1e-12);
            assert_eq!(point.position[2], 100.9);
        }
        // the noon sun of the southern hemisphere stands in the north
        let north = deciding(&slab(), &Params::default(), 0.0, false);
        assert!(north.iter().all(|p| p.normal == [0.0, 1.0]));
        // where no face looks south enough, the nearest decides: both that look 45° off
        let narrow = Params {
            facing_deg: 10.0,
            ..Params::default()
        };
        assert_eq!(deciding(&slab(), &narrow, 45.0, true).len(), 52);
    }

    #[test]
    fn patches_cover_the_whole_facade() {
        let points = facade(&slab(), &Params::default()).unwrap();
        let area: f32 = points.iter().map(|p| p.size[0] * p.size[1]).sum();
        assert!((area - 104.0 * 18.0).abs() < 0.01, "{area}");
        // 6 storeys of 14 + 4 + 14 + 4 columns
        assert_eq!(points.len(), 6 * 36);
        assert!(count_bound(&slab(), &Params::default()) >= (points.len() + 40) as u64);
    }

    #[test]
    fn patches_end_where_the_walls_do() {
        // eaves at 109 in the north and the south, gables in the east and the west up to 118
        let (low, high) = (109.0, 118.0);
        let quad = |p: [[f64; 3]; 4]| [[p[0], p[1], p[2]], [p[0], p[2], p[3]]];
        let wall = |y: f64| quad([[0.0, y, 100.0], [40.0, y, 100.0], [40.0, y, low], [0.0, y, low]]);
        let slope = |y: f64| quad([[0.0, y, low], [40.0, y, low], [40.0, 6.0, high], [0.0, 6.0, high]]);
        let end = |x: f64| quad([[x, 0.0, 100.0], [x, 12.0, 100.0], [x, 12.0, low], [x, 0.0, low]]);
        let gable = |x: f64| [[[x, 0.0, low], [x, 12.0, low], [x, 6.0, high]]];
        let mut mesh: Vec<_> = [wall(0.0), wall(12.0), slope(0.0), slope(12.0), end(0.0), end(40.0)].concat();
        mesh.extend([gable(0.0), gable(40.0)].concat());
        let house = Building { mesh, ..slab() };
        let points = facade(&house, &Params::default()).unwrap();
        let tops = |is_wanted: &dyn Fn(&Point) -> bool| {
            let heights = points
                .iter()
                .filter(|p| is_wanted(p))
                .map(|p| p.position[2] + f64::from(p.size[1]) / 2.0);
            heights.fold(0.0, f64::max)
        };
        assert_eq!(tops(&|p| p.normal[1] != 0.0), 109.0);
        // a gable is wall as far as the middle of a patch lies within it
        assert_eq!(tops(&|p| p.normal[0] != 0.0), 115.0);
        let is_corner = |p: &Point| p.normal[0] != 0.0 && p.position[2] > 112.0 && (p.position[1] - 6.0).abs() > 3.0;
        assert!(!points.iter().any(is_corner));
    }
}
