//! What a layer says at a place or of a feature, over time.

use analysis::outcome::{Layer, Shape};
use geo::{Contains as _, Coord, LineString, Polygon};
use serde::Serialize;

/// Lines and patches farther than this from the place asked for do not answer, metres.
const REACH_M: f64 = 15.0;

/// Values over time.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Probe {
    /// Seconds from the start.
    pub times_s: Vec<f64>,
    /// A value a step; `null` where there is none.
    pub values: Vec<Option<f32>>,
    /// Unit.
    pub unit: String,
    /// Which value of a step it is.
    pub place: usize,
}

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Place<'a> {
    /// A plan position in the scene CRS, metres, and its height where one was picked.
    At([f64; 2], Option<f64>),
    /// A feature by its id.
    Feature(&'a str),
}

/// The values of a layer at a place; `None` where it says nothing.
pub fn probe(layer: &Layer, place: Place<'_>) -> Option<Probe> {
    let at = find(&layer.shape, place)?;
    let count = layer.shape.len();
    let values = (0..layer.times_s.len())
        .map(|step| layer.values.get(step * count + at).copied().filter(|v| v.is_finite()))
        .collect();
    Some(Probe {
        times_s: layer.times_s.clone(),
        values,
        unit: layer.unit.clone(),
        place: at,
    })
}

fn find(shape: &Shape, place: Place<'_>) -> Option<usize> {
    match (shape, place) {
        (Shape::Features { ids, .. }, Place::Feature(id)) => ids.iter().position(|other| other == id),
        (
            Shape::Grid {
                origin,
                cell_m,
                columns,
                rows,
                ..
            },
            Place::At(position, _),
        ) => {
            let cell = [0, 1].map(|i| ((position[i] - origin[i]) / cell_m).floor());
            let is_inside = (0.0..f64::from(*columns)).contains(&cell[0]) && (0.0..f64::from(*rows)).contains(&cell[1]);
            is_inside.then(|| cell[1] as usize * *columns as usize + cell[0] as usize)
        }
        (Shape::Patches { centers, .. }, Place::At(position, height)) => {
            nearest(centers.iter().copied().enumerate(), position, height)
        }
        (Shape::Lines { vertices, .. }, Place::At(position, height)) => {
            nearest(vertices.iter().copied().enumerate(), position, height)
        }
        (Shape::Areas { polygons }, Place::At([x, y], _)) => {
            let holds = |rings: &Vec<Vec<[f64; 2]>>| {
                let mut rings = rings.iter().map(|ring| LineString::from(ring.clone()));
                let outer = rings.next().unwrap_or_else(|| LineString::new(vec![]));
                Polygon::new(outer, rings.collect()).contains(&Coord { x, y })
            };
            polygons.iter().rposition(holds)
        }
        _ => None,
    }
}

fn nearest(points: impl Iterator<Item = (usize, [f64; 3])>, [x, y]: [f64; 2], height: Option<f64>) -> Option<usize> {
    let distance = |p: &[f64; 3]| {
        let dz = height.map_or(0.0, |z| p[2] - z);
        (p[0] - x).hypot(p[1] - y).hypot(dz)
    };
    points
        .map(|(at, point)| (at, distance(&point)))
        .filter(|(_, distance)| *distance <= REACH_M)
        .min_by(|a, b| a.1.total_cmp(&b.1))
        .map(|(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use analysis::indicators::Text;
    use analysis::outcome::{Legend, Look};

    fn layer(shape: Shape, values: Vec<f32>, times_s: Vec<f64>) -> Layer {
        Layer {
            key: "k".into(),
            title: Text::default(),
            unit: "m".into(),
            legend: Legend::default(),
            times_s,
            shape,
            values,
            error: None,
            look: Look::Ramp,
        }
    }

    #[test]
    fn a_grid_answers_by_cell_over_time_and_not_outside() {
        let shape = Shape::Grid {
            origin: [10.0, 20.0],
            cell_m: 5.0,
            columns: 2,
            rows: 2,
            heights: vec![],
        };
        let grid = layer(
            shape,
            vec![0.0, 1.0, 2.0, f32::NAN, 10.0, 11.0, 12.0, 13.0],
            vec![0.0, 60.0],
        );
        let found = probe(&grid, Place::At([19.9, 29.9], None)).unwrap();
        assert_eq!(found.values, [None, Some(13.0)]);
        assert_eq!(
            probe(&grid, Place::At([15.0, 24.9], None)).unwrap().values,
            [Some(1.0), Some(11.0)]
        );
        assert_eq!(probe(&grid, Place::At([20.1, 25.0], None)), None);
    }

    #[test]
    fn a_hole_belongs_to_no_area_and_the_innermost_area_answers() {
        let ring = |r: f64| vec![[-r, -r], [r, -r], [r, r], [-r, r]];
        let areas = layer(
            Shape::Areas {
                polygons: vec![vec![ring(30.0), ring(20.0)], vec![ring(5.0)]],
            },
            vec![15.0, 5.0],
            vec![0.0],
        );
        assert_eq!(
            probe(&areas, Place::At([25.0, 0.0], None)).unwrap().values,
            [Some(15.0)]
        );
        assert_eq!(probe(&areas, Place::At([10.0, 0.0], None)), None);
        assert_eq!(probe(&areas, Place::At([0.0, 0.0], None)).unwrap().values, [Some(5.0)]);
    }
}
