//! Buildings and terrain as triangles that stop rays, checked for what cannot be computed.

use super::Error;
use super::input::{Building, Grid, Input, Terrain};
use super::rays::Triangle;
use crate::indicators::Text;
use geo::{CoordsIter as _, Orient as _, TriangulateEarcut as _, orient::Direction};

/// Coordinates beyond this are no place on earth, metres.
const FARTHEST_M: f64 = 1e8;

/// Triangles of a building in the scene CRS: its mesh, or its footprint raised from `ground_m` to `top_m`.
///
/// # Errors
/// A building with a coordinate that is no number, or that is examined and has no footprint.
pub fn of_building(building: &Building) -> Result<Vec<Triangle>, Error> {
    check(building)?;
    if !building.mesh.is_empty() {
        return Ok(building.mesh.clone());
    }
    Ok(prism(building, building.ground_m, building.top_m))
}

/// A footprint raised from `bottom_m` to `top_m`, closed; empty when it has no height.
pub fn prism(building: &Building, bottom_m: f64, top_m: f64) -> Vec<Triangle> {
    let mut triangles = vec![];
    if top_m <= bottom_m {
        return triangles;
    }
    for polygon in building.footprint.orient(Direction::Default) {
        for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
            for edge in ring.lines() {
                let [a, b] = [edge.start, edge.end];
                let [p, q] = [[a.x, a.y, bottom_m], [b.x, b.y, bottom_m]];
                let [r, s] = [[b.x, b.y, top_m], [a.x, a.y, top_m]];
                triangles.push([p, q, r]);
                triangles.push([p, r, s]);
            }
        }
        for flat in polygon.earcut_triangles() {
            let corners = flat.to_array();
            triangles.push(corners.map(|c| [c.x, c.y, top_m]));
            triangles.push(corners.map(|c| [c.x, c.y, bottom_m]));
        }
    }
    triangles
}

/// Triangles of the terrain in the scene CRS; cells with a hole at a corner are left out.
///
/// # Errors
/// Heights that do not fill the grid, a cell without size, or a corner that is no number.
pub fn of_terrain(terrain: &Terrain) -> Result<Vec<Triangle>, Error> {
    let bad = |reason: Text| Error::Terrain { reason };
    match terrain {
        Terrain::Flat => Ok(vec![]),
        Terrain::Triangles(triangles) => match triangles.iter().position(|t| !t.as_flattened().iter().all(is_sound)) {
            Some(i) => Err(bad(Text::new(
                format!("三角面 {i} 有非法坐标"),
                format!("triangle {i} has a coordinate that is no number on earth"),
            ))),
            None => Ok(triangles.clone()),
        },
        Terrain::Heights(grid) => {
            check_grid(grid).map_err(bad)?;
            let corner = |column: u32, row: u32| {
                let height = grid.heights.get((row * grid.columns + column) as usize)?;
                height.is_finite().then(|| {
                    let [x, y] = grid.origin;
                    [
                        x + f64::from(column) * grid.cell_m,
                        y + f64::from(row) * grid.cell_m,
                        f64::from(*height),
                    ]
                })
            };
            let mut triangles = vec![];
            for row in 0..grid.rows.saturating_sub(1) {
                for column in 0..grid.columns.saturating_sub(1) {
                    let [a, b, c, d] = [
                        corner(column, row),
                        corner(column + 1, row),
                        corner(column + 1, row + 1),
                        corner(column, row + 1),
                    ];
                    if let (Some(a), Some(b), Some(c), Some(d)) = (a, b, c, d) {
                        triangles.push([a, b, c]);
                        triangles.push([a, c, d]);
                    }
                }
            }
            Ok(triangles)
        }
    }
}

/// Bytes that the blockers of a study take, before any of them is made.
pub fn num_triangles(input: &Input) -> u64 {
    let terrain = match &input.terrain {
        Terrain::Flat => 0,
        Terrain::Triangles(triangles) => triangles.len() as u64,
        Terrain::Heights(grid) => 2 * u64::from(grid.columns) * u64::from(grid.rows),
    };
    let buildings = input.buildings.iter().map(|b| match b.mesh.len() {
        0 => 4 * b.footprint.coords_count() as u64,
        n => n as u64,
    });
    terrain + buildings.sum::<u64>()
}

/// Says what is wrong with a grid.
///
/// # Errors
/// The reason.
pub fn check_grid(grid: &Grid) -> Result<(), Text> {
    if !(grid.cell_m.is_finite() && grid.cell_m > 0.0 && grid.origin.iter().all(is_sound)) {
        let (cell_m, origin) = (grid.cell_m, grid.origin);
        return Err(Text::new(
            format!("{origin:?} 处的像元边长 {cell_m} m 不可用"),
            format!("a cell of {cell_m} m at {origin:?}"),
        ));
    }
    let cells = u64::from(grid.columns) * u64::from(grid.rows);
    if cells > u64::from(u32::MAX) || cells != grid.heights.len() as u64 {
        let (found, columns, rows) = (grid.heights.len(), grid.columns, grid.rows);
        return Err(Text::new(
            format!("{found} 个高程与 {columns} × {rows} 个像元不符"),
            format!("{found} heights do not fill {columns} × {rows} cells"),
        ));
    }
    Ok(())
}

fn check(building: &Building) -> Result<(), Error> {
    let bad = |zh: &str, en: &str| {
        Err(Error::Building {
            id: building.id.clone(),
            reason: Text::new(zh, en),
        })
    };
    if !(is_sound(&building.ground_m) && is_sound(&building.top_m)) {
        return bad("高度不是有效数字", "its heights are no numbers on earth");
    }
    if !building
        .footprint
        .coords_iter()
        .all(|c| is_sound(&c.x) && is_sound(&c.y))
    {
        return bad(
            "轮廓有非法坐标",
            "its footprint has a coordinate that is no number on earth",
        );
    }
    if !building.mesh.as_flattened().as_flattened().iter().all(is_sound) {
        return bad("网格有非法坐标", "its mesh has a coordinate that is no number on earth");
    }
    if building.is_examined && building.footprint.0.is_empty() && building.windows.is_empty() {
        return bad(
            "需要计算，但没有轮廓也没有窗户",
            "it is to be examined and has neither a footprint nor windows",
        );
    }
    for window in &building.windows {
        let [x, y] = window.normal;
        if !(window.sill.iter().all(is_sound) && x.is_finite() && y.is_finite() && x.hypot(y) > 1e-9) {
            let id = &window.id;
            return bad(
                &format!("窗户 {id} 没有位置或朝向"),
                &format!("window {id} has no place or no direction"),
            );
        }
    }
    Ok(())
}

fn is_sound(v: &f64) -> bool {
    v.abs() < FARTHEST_M
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::polygon;
    use geo::MultiPolygon;

    #[test]
    fn a_prism_is_closed_and_has_its_volume() {
        let outer = vec![[0.0, 0.0], [10.0, 0.0], [10.0, 8.0], [0.0, 8.0]];
        let hole = vec![[2.0, 2.0], [4.0, 2.0], [4.0, 4.0], [2.0, 4.0]];
        let building = Building {
            footprint: MultiPolygon::new(vec![polygon(&[outer, hole])]),
            ground_m: 3.0,
            top_m: 9.0,
            ..Building::default()
        };
        let triangles = of_building(&building).unwrap();
        // walls: 8 edges; roof and floor of an octagon with a hole: 8 triangles each
        assert_eq!(triangles.len(), 16 + 16);
        assert!(
            num_triangles(&Input {
                buildings: vec![building.clone()],
                ..Input::default()
            }) >= 32
        );
        let outward: f64 = triangles
            .iter()
            .take(16)
            .map(|[a, b, c]| (b[0] - a[0]) * (c[2] - a[2]) - (b[2] - a[2]) * (c[0] - a[0]))
            .sum();
        assert_eq!(outward, 0.0);
        let roof: f64 = triangles
            .iter()
            .filter(|t| t.iter().all(|c| c[2] == 9.0))
            .map(|[a, b, c]| ((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])).abs() / 2.0)
            .sum();
        assert!((roof - 76.0).abs() < 1e-9);
        let flat = Building { top_m: 3.0, ..building };
        assert!(of_building(&flat).unwrap().is_empty());
    }

    #[test]
    fn nonsense_is_named() {
        let building = Building {
            id: "b-1".into(),
            mesh: vec![[[0.0, f64::NAN, 0.0]; 3]],
            ..Building::default()
        };
        assert!(of_building(&building).unwrap_err().to_string().contains("b-1"));
        let grid = Grid {
            cell_m: 5.0,
            columns: 3,
            rows: 3,
            heights: vec![0.0; 8],
            ..Grid::default()
        };
        let err = of_terrain(&Terrain::Heights(grid.clone())).unwrap_err().to_string();
        assert!(err.contains("8 heights"), "{err}");
        let mut heights = vec![1.0; 9];
        heights[0] = f32::NAN;
        let holed = of_terrain(&Terrain::Heights(Grid { heights, ..grid })).unwrap();
        assert_eq!(holed.len(), 6);
    }
}
