//! Which cells of a grid have their middle in a polygon.

use super::input::Grid;
use geo::{MultiPolygon, Polygon};

/// Cells whose middle lies in the polygons, ascending.
///
/// Even-odd within each polygon, so that holes stay free; a middle that lies exactly on a shared edge belongs to one
/// side only.
pub fn cells_in(grid: &Grid, area: &MultiPolygon<f64>) -> Vec<u32> {
    let mut cells: Vec<u32> = area.iter().flat_map(|polygon| cells_of(grid, polygon)).collect();
    cells.sort_unstable();
    cells.dedup();
    cells
}

fn cells_of(grid: &Grid, polygon: &Polygon<f64>) -> Vec<u32> {
    let to_grid = |x: f64, origin: f64| (x - origin) / grid.cell_m - 0.5;
    let mut crossings: Vec<(u32, f64)> = vec![];
    let rings = std::iter::once(polygon.exterior()).chain(polygon.interiors());
    for line in rings.flat_map(|ring| ring.lines()) {
        let (x0, y0) = (
            to_grid(line.start.x, grid.origin[0]),
            to_grid(line.start.y, grid.origin[1]),
        );
        let (x1, y1) = (to_grid(line.end.x, grid.origin[0]), to_grid(line.end.y, grid.origin[1]));
        // rows whose middle is in [low, high)
        let first = y0.min(y1).ceil().max(0.0);
        let last = y0.max(y1).ceil().min(f64::from(grid.rows));
        let mut row = first;
        while row < last {
            crossings.push((row as u32, x0 + (x1 - x0) * (row - y0) / (y1 - y0)));
            row += 1.0;
        }
    }
    crossings.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let mut cells = vec![];
    for pair in crossings.chunks_exact(2) {
        let (row, from, to) = (pair[0].0, pair[0].1, pair[1].1);
        let from = from.ceil().max(0.0) as u32;
        let to = to.ceil().clamp(0.0, f64::from(grid.columns)) as u32;
        cells.extend((from..to).map(|column| row * grid.columns + column));
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::polygon;
    use geo::Contains as _;

    const GRID: Grid = Grid {
        origin: [100.0, 200.0],
        cell_m: 2.0,
        columns: 10,
        rows: 8,
    };

    #[test]
    fn cells_are_those_whose_middle_is_inside() {
        let outer = vec![[101.3, 200.9], [118.7, 203.1], [115.2, 214.9], [103.3, 212.2]];
        let hole = vec![[106.1, 205.2], [110.3, 206.1], [108.2, 209.9]];
        let area = MultiPolygon::new(vec![polygon(&[outer, hole])]);
        let inside: Vec<u32> = (0..80)
            .filter(|cell| {
                let [x, y] = GRID.center(*cell as usize);
                area.contains(&geo::Point::new(x, y))
            })
            .collect();
        assert_eq!(cells_in(&GRID, &area), inside);
        assert!(inside.len() > 20);
    }

    #[test]
    fn neighbours_share_no_cell_and_what_is_outside_counts_not() {
        let half = |x0: f64, x1: f64| {
            MultiPolygon::new(vec![polygon(&[vec![[x0, 0.0], [x1, 0.0], [x1, 900.0], [x0, 900.0]]])])
        };
        let (west, east) = (
            cells_in(&GRID, &half(-500.0, 105.0)),
            cells_in(&GRID, &half(105.0, 900.0)),
        );
        assert_eq!((west.len(), east.len()), (16, 64));
        assert!(cells_in(&GRID, &half(500.0, 600.0)).is_empty());
    }
}
