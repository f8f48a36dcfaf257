//! What buildings draw, at the supplied nodes that are nearest to them.

use super::{Survey, note};
use crate::hydraulics::params::Constants;
use crate::indicators::Text;
use crate::outcome::Note;
use std::collections::HashMap;

/// Seconds of a day.
const DAY_S: f64 = 86_400.0;

/// Nodes by cells, to find the nearest.
pub(super) struct Places {
    cell_m: f64,
    cells: HashMap<(i64, i64), Vec<usize>>,
    places: Vec<Option<[f64; 2]>>,
}

impl Places {
    /// * `cell_m` — furthest that a point is found, metres; `places` — `[node]`, `None` for what has no place
    pub(super) fn new(cell_m: f64, places: Vec<Option<[f64; 2]>>) -> Self {
        let mut cells: HashMap<(i64, i64), Vec<usize>> = HashMap::new();
        for (index, place) in places.iter().enumerate() {
            if let Some(place) = place {
                cells.entry(cell(cell_m, *place)).or_default().push(index);
            }
        }
        Self { cell_m, cells, places }
    }

    /// The nearest point within one cell's side that passes; the first of equals.
    pub(super) fn nearest(&self, place: [f64; 2], passes: impl Fn(usize) -> bool) -> Option<usize> {
        let (x, y) = cell(self.cell_m, place);
        let mut best: Option<(f64, usize)> = None;
        for cell in (x - 1..=x + 1).flat_map(|x| (y - 1..=y + 1).map(move |y| (x, y))) {
            for index in self.cells.get(&cell).into_iter().flatten() {
                let Some(Some(other)) = self.places.get(*index) else {
                    continue;
                };
                let distance = (other[0] - place[0]).hypot(other[1] - place[1]);
                let is_better = best.is_none_or(|(least, first)| (distance, *index) < (least, first));
                if distance <= self.cell_m && is_better && passes(*index) {
                    best = Some((distance, *index));
                }
            }
        }
        best.map(|(_, index)| index)
    }
}

fn cell(cell_m: f64, place: [f64; 2]) -> (i64, i64) {
    ((place[0] / cell_m).floor() as i64, (place[1] / cell_m).floor() as i64)
}

/// Litres a second drawn at each node by the buildings that are nearest to it.
pub(super) fn demands(
    survey: &Survey,
    constants: &Constants,
    places: &Places,
    is_supplied: &[bool],
    notes: &mut Vec<Note>,
) -> Vec<f64> {
    let rates = &constants.demand;
    let mut demands = vec![0.0; places.places.len()];
    let (mut too_far, mut nothing) = (vec![], vec![]);
    let mut total = 0.0;
    for building in &survey.buildings {
        let area = Some(building.floor_area_m2).filter(|area| area.is_finite() && *area > 0.0);
        let people = building
            .population
            .filter(|people| people.is_finite() && *people >= 0.0);
        let litres_a_day = match (people, area) {
            (Some(people), _) => people * rates.litres_per_person_day,
            (None, Some(area)) if building.is_residential => {
                area / rates.floor_area_per_person_m2 * rates.litres_per_person_day
            }
            (None, Some(area)) => area * rates.litres_per_m2_day,
            (None, None) => {
                nothing.push(building.id.clone());
                continue;
            }
        };
        let node = places.nearest(building.place, |index| is_supplied.get(index) == Some(&true));
        match node.and_then(|node| demands.get_mut(node)) {
            Some(demand) => {
                *demand += litres_a_day / DAY_S;
                total += litres_a_day / 1e3;
            }
            None => too_far.push(building.id.clone()),
        }
    }
    let mark = if rates.is_verified { "" } else { "参考值：" };
    let reference = if rates.is_verified { "" } else { "reference values: " };
    let (person, floor, other) = (
        rates.litres_per_person_day,
        rates.floor_area_per_person_m2,
        rates.litres_per_m2_day,
    );
    notes.push(Note::new(
        "hydraulics/demand",
        vec![],
        Text::new(
            format!(
                "用水量为假定：共 {total:.0} m³/d，{mark}{person} L/(人·d)，缺人口时 {floor} m²/人，非居住 {other} L/(m²·d)，计入最近节点，按日变化系数分配。来源：{}",
                rates.source
            ),
            format!(
                "Demand is assumed: {total:.0} m³/d in all; {reference}{person} L a person and day, {floor} m² of floor a person where the population is unknown, {other} L/m² and day elsewhere, drawn at the nearest node over the hours of a day. Source: {}",
                rates.source
            ),
        ),
    ));
    note(
        notes,
        "hydraulics/too-far",
        &too_far,
        |n| format!("{n} 栋建筑附近没有供水管段，未计用水量"),
        |n| format!("{n} buildings have no supplied pipe near them; their demand was left out"),
    );
    note(
        notes,
        "hydraulics/no-floor-area",
        &nothing,
        |n| format!("{n} 栋建筑既无人口也无建筑面积，未计用水量"),
        |n| format!("{n} buildings have neither population nor floor area; their demand was left out"),
    );
    demands
}
