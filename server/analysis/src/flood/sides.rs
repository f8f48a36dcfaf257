//! What is told of the sides of the computed ground: what holds there, and when the deepest water stands against a wall.

use super::input::Input;
use super::params::{Params, Side, Sides};
use super::solver::Run;
use super::terrain::Kind;
use crate::indicators::Text;
use crate::outcome::{Note, rounded};

/// Names of the sides in the order of [`Sides::list`].
const NAMES: [[&str; 2]; 4] = [["西", "west"], ["东", "east"], ["南", "south"], ["北", "north"]];
/// Cells from a wall within which the depth is that of the wall.
const NEAR_CELLS: usize = 2;

/// What holds at the sides, how far out they are, and whether the figures count what stands on the way there.
pub(super) fn held(sides: &Sides, input: &Input) -> Note {
    let margin_m = input.margin_m;
    let counted = if input.area.0.is_empty() {
        Text::default()
    } else {
        Text::new(
            "；最大水深和积水面积只统计所选范围之内",
            "; largest depth and flooded area are those within the area",
        )
    };
    let list = sides.list();
    let mut kinds: Vec<Side> = vec![];
    for side in list {
        if !kinds.contains(&side) {
            kinds.push(side);
        }
    }
    let parts: Vec<[String; 2]> = kinds
        .iter()
        .map(|kind| {
            let names = NAMES
                .iter()
                .zip(list)
                .filter(|(_, side)| side == kind)
                .map(|(name, _)| name);
            let [zh, en] = [0, 1].map(|language| names.clone().map(|name| name[language]).collect::<Vec<_>>());
            let [what_zh, what_en] = of_kind(*kind);
            [
                format!("{}侧{what_zh}", zh.join("、")),
                format!("{}: {what_en}", en.join(", ")),
            ]
        })
        .collect();
    let [zh, en] = [0, 1].map(|language| parts.iter().map(|part| part[language].as_str()).collect::<Vec<_>>());
    Note::new(
        "flood/sides",
        vec![],
        Text::new(
            format!(
                "计算范围的边界在所选范围外 {margin_m} m（地面模型先到头处以其边缘为界）：{}。边界以外的降雨和地面来水未计入{}",
                zh.join("；"),
                counted.zh
            ),
            format!(
                "the computed ground ends {margin_m} m beyond the area, or where the ground model ends: {}. Rain that falls \
                 beyond and would run in is not counted{}",
                en.join("; "),
                counted.en
            ),
        ),
    )
}

fn of_kind(kind: Side) -> [String; 2] {
    match kind {
        Side::Closed => [
            "封闭，水不能流出，会积在边界上".to_owned(),
            "closed, water cannot leave and stands against them".to_owned(),
        ],
        Side::Open { slope } => [
            format!("敞开，水按坡度 {slope} 的均匀流流出，不回流"),
            format!("open, water leaves as uniform flow down a slope of {slope} and none comes back"),
        ],
        Side::Level { level_m } => [
            format!("为水位 {level_m} m 的水体"),
            format!("a water body with its level at {level_m} m"),
        ],
    }
}

/// That the deepest cell lies within two cells of a closed side: its depth is that of the wall, which is not there.
pub(super) fn deepest_at_wall(params: &Params, run: &Run) -> Option<Note> {
    let deepest = run.max_depth_m.iter().enumerate();
    let (cell, depth_m) = deepest
        .filter(|(_, depth)| **depth > 0.0)
        .max_by(|a, b| a.1.total_cmp(b.1))?;
    let sides = params.sides.list();
    let near = (0..4).filter(|place| sides[*place] == Side::Closed && is_near(run, cell, *place));
    let names: Vec<[&str; 2]> = near.map(|place| NAMES[place]).collect();
    if names.is_empty() {
        return None;
    }
    let [zh, en] = [0, 1].map(|language| names.iter().map(|name| name[language]).collect::<Vec<_>>());
    let depth_m = rounded(f64::from(*depth_m), 2);
    Some(Note::new(
        "flood/deepest-at-side",
        vec![],
        Text::new(
            format!(
                "计算范围内的最大水深 {depth_m} m 出现在封闭的{}侧边界旁（{NEAR_CELLS} 格以内）：水在此被边界挡住，深度偏大；宜扩大范围，或将该侧设为敞开或给定水位",
                zh.join("、")
            ),
            format!(
                "the largest depth of the computed ground, {depth_m} m, is within {NEAR_CELLS} cells of a closed side ({}): the side holds the water \
                 back there and the depth is too large; take a larger area, or set that side to open or to a level",
                en.join(", ")
            ),
        ),
    ))
}

/// True when the ground ends within [`NEAR_CELLS`] of a cell in the direction of a side.
fn is_near(run: &Run, cell: usize, place: usize) -> bool {
    let grid = &run.terrain.grid;
    let (columns, rows) = (grid.columns as usize, grid.rows as usize);
    (1..=NEAR_CELLS).any(|step| {
        let (row, column) = (cell / columns, cell % columns);
        let beyond = match place {
            0 => column.checked_sub(step).map(|column| (row, column)),
            1 => Some((row, column + step)),
            2 => row.checked_sub(step).map(|row| (row, column)),
            _ => Some((row + step, column)),
        };
        beyond.is_none_or(|(row, column)| {
            row >= rows || column >= columns || run.terrain.kinds[row * columns + column] == Kind::Outside
        })
    })
}

#[cfg(test)]
mod tests {
    use super::super::input::Grid;
    use super::super::params::Rain;
    use super::super::run;
    use super::*;
    use crate::outcome::Outcome;
    use crate::task::Task;

    /// A valley that falls to the east, with its bottom in the middle row, under 60 mm.
    fn valley(sides: Sides) -> Outcome {
        let grid = Grid {
            origin: [0.0; 2],
            cell_m: 2.0,
            columns: 40,
            rows: 21,
        };
        let height = |cell: usize| {
            let [x, y] = grid.center(cell);
            20.0 - 0.01 * x + 0.05 * (y - 21.0).abs()
        };
        let input = Input {
            grid,
            margin_m: 60.0,
            ground_m: (0..grid.len()).map(height).collect(),
            ..Input::default()
        };
        let params = Params {
            rain: Rain::Gauge {
                step_min: 10.0,
                depths_mm: vec![60.0],
            },
            simulated_min: 60.0,
            sides,
            ..Params::default()
        };
        run(&input, &params, &Task::default()).unwrap()
    }

    fn note<'a>(outcome: &'a Outcome, code: &str) -> Option<&'a Text> {
        let mut notes = outcome.notes.iter();
        notes.find(|note| note.code == code).map(|note| &note.text)
    }

    fn figure(outcome: &Outcome, key: &str) -> f64 {
        outcome.figures.iter().find(|one| one.key == key).unwrap().value
    }

    #[test]
    fn a_valley_empties_over_its_open_end_unless_it_is_walled() {
        let open = valley(Sides::default());
        let closed = valley(Sides::all(Side::Closed));
        let left = |outcome: &Outcome| {
            let rows = &outcome.tables.iter().find(|table| table.key == "balance").unwrap().rows;
            rows.iter().find(|row| row[0] == "outflow").unwrap()[3]
                .as_f64()
                .unwrap()
        };
        assert!(left(&open) > 50.0 && left(&closed) == 0.0, "{} m³", left(&open));
        let [shallow, deep] = [&open, &closed].map(|outcome| figure(outcome, "deepest_m"));
        assert!(shallow < 0.2 && deep > 0.3, "{shallow} and {deep} m");
        assert!(note(&open, "flood/deepest-at-side").is_none());
        let wall = note(&closed, "flood/deepest-at-side").unwrap();
        assert!(
            wall.zh.contains("封闭的东侧") && wall.en.contains("closed side (east)"),
            "{wall:?}"
        );
    }

    #[test]
    fn what_holds_at_the_sides_is_always_told() {
        let all = valley(Sides::default());
        let told = note(&all, "flood/sides").unwrap();
        assert!(
            told.zh.contains("60 m") && told.zh.contains("西、东、南、北侧敞开"),
            "{told:?}"
        );
        assert!(
            told.en.contains("60 m") && told.en.contains("slope of 0.002"),
            "{told:?}"
        );
        let mixed = held(
            &Sides {
                east: Side::Level { level_m: 2.5 },
                north: Side::Closed,
                ..Sides::default()
            },
            &Input::default(),
        );
        let parts = [
            "west, south: open",
            "east: a water body with its level at 2.5 m",
            "north: closed",
        ];
        assert!(
            parts.iter().all(|part| mixed.text.en.contains(part)),
            "{}",
            mixed.text.en
        );
    }
}
