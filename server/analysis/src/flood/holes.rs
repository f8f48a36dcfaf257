//! Cells without height: outside of the ground model, holes that are filled, and holes that are too large.

use super::error::Error;
use super::input::Grid;
use super::terrain::Kind;
use crate::indicators::Text;
use crate::outcome::Note;

/// Rounds of smoothing over a filled hole.
const ROUNDS: usize = 200;

/// Heights with small holes filled, and which cells are outside.
///
/// Cells without height that reach the edge of the grid are outside of the model. Others are holes: up to `limit` cells
/// they are filled as a membrane over their rim, with a note that says where.
///
/// # Errors
/// [`Error::Hole`] for a larger one.
pub(super) fn filled(
    grid: &Grid,
    heights: &[f64],
    limit: usize,
    notes: &mut Vec<Note>,
) -> Result<(Vec<f64>, Vec<Kind>), Error> {
    let mut kinds = vec![Kind::Free; heights.len()];
    let mut seen = vec![false; heights.len()];
    let mut ground = heights.to_vec();
    let (columns, rows) = (grid.columns as usize, grid.rows as usize);
    let has = |cell: usize| heights[cell].is_finite() && heights[cell].abs() < 1e5;
    let beside = |cell: usize| {
        let (row, column) = (cell / columns, cell % columns);
        let all = [
            (column > 0).then(|| cell - 1),
            (column + 1 < columns).then(|| cell + 1),
            (row > 0).then(|| cell - columns),
            (row + 1 < rows).then(|| cell + columns),
        ];
        all.into_iter().flatten()
    };
    let (mut num_holes, mut num_cells, mut first) = (0_usize, 0_usize, String::new());
    for start in 0..heights.len() {
        if seen[start] || has(start) {
            continue;
        }
        seen[start] = true;
        let mut hole = vec![start];
        let mut next = 0;
        while let Some(&cell) = hole.get(next) {
            next += 1;
            for other in beside(cell) {
                if !seen[other] && !has(other) {
                    seen[other] = true;
                    hole.push(other);
                }
            }
        }
        let on_edge = |cell: &usize| {
            let (row, column) = (cell / columns, cell % columns);
            row == 0 || column == 0 || row + 1 == rows || column + 1 == columns
        };
        if hole.iter().any(on_edge) {
            for cell in hole {
                kinds[cell] = Kind::Outside;
            }
            continue;
        }
        let n = hole.len() as f64;
        let sum = hole
            .iter()
            .map(|c| grid.center(*c))
            .fold([0.0; 2], |s, c| [s[0] + c[0], s[1] + c[1]]);
        let [x, y] = [sum[0] / n, sum[1] / n];
        if hole.len() > limit {
            return Err(Error::Hole {
                cells: hole.len(),
                limit,
                x,
                y,
            });
        }
        hole.sort_unstable();
        let rim: Vec<f64> = hole
            .iter()
            .flat_map(|c| beside(*c))
            .filter(|c| has(*c))
            .map(|c| ground[c])
            .collect();
        let mean = rim.iter().sum::<f64>() / rim.len().max(1) as f64;
        for cell in &hole {
            ground[*cell] = mean;
        }
        for _ in 0..ROUNDS {
            for cell in &hole {
                let (sum, n) = beside(*cell).fold((0.0, 0.0), |(s, n), c| (s + ground[c], n + 1.0));
                ground[*cell] = sum / n;
            }
        }
        num_holes += 1;
        num_cells += hole.len();
        if num_holes <= 10 {
            first.push_str(&format!("({x:.1}, {y:.1}) "));
        }
    }
    if num_holes > 0 {
        let first = first.trim_end();
        notes.push(Note::new(
            "flood/ground-filled",
            vec![],
            Text::new(
                format!("地面模型有 {num_holes} 处空洞(共 {num_cells} 个格),已由周边高程填补:{first};该处水深仅供参考"),
                format!(
                    "the ground model had {num_holes} holes ({num_cells} cells), filled from their rims at {first}; depths \
                     there are a guess"
                ),
            ),
        ));
    }
    Ok((ground, kinds))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRID: Grid = Grid {
        origin: [0.0; 2],
        cell_m: 1.0,
        columns: 9,
        rows: 7,
    };

    fn slope() -> Vec<f64> {
        (0..63)
            .map(|c| 10.0 + f64::from(c % 9) * 0.5 + f64::from(c / 9) * 0.25)
            .collect()
    }

    #[test]
    fn a_hole_in_a_slope_is_filled_with_the_slope() {
        let (whole, mut holed, mut notes) = (slope(), slope(), vec![]);
        for cell in [21, 22, 23, 30, 31, 32] {
            holed[cell] = f64::NAN;
        }
        let (ground, kinds) = filled(&GRID, &holed, 10, &mut notes).unwrap();
        assert!(kinds.iter().all(|k| *k == Kind::Free));
        assert!(ground.iter().zip(&whole).all(|(a, b)| (a - b).abs() < 1e-9));
        assert!(notes[0].text.en.contains("(4.5, 3.0)"), "{}", notes[0].text.en);
        let error = filled(&GRID, &holed, 5, &mut notes).unwrap_err().to_string();
        assert!(error.contains("6 cells around (4.5, 3.0)"), "{error}");
    }

    #[test]
    fn what_reaches_the_edge_is_outside() {
        let (mut heights, mut notes) = (slope(), vec![]);
        for cell in [0, 1, 9, 10] {
            heights[cell] = f64::NAN;
        }
        let (_, kinds) = filled(&GRID, &heights, 0, &mut notes).unwrap();
        assert_eq!(kinds.iter().filter(|k| **k == Kind::Outside).count(), 4);
        assert!(notes.is_empty());
    }
}
