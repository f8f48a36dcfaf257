//! The difference of a layer between two results: what a change does, as a layer of its own.

use analysis::indicators::Text;
use analysis::outcome::{Class, Layer, Legend, Look, Shape};
use std::collections::HashMap;
use std::hash::Hash;

/// Colours from much less over the same to much more: blue to red over grey, told apart by colour-blind people too.
const COLORS: [&str; 7] = [
    "#2166ac", "#67a9cf", "#d1e5f0", "#f7f7f7", "#fddbc7", "#ef8a62", "#b2182b",
];
/// Share of the largest change at which the middle classes begin.
const BOUNDS: [f64; 3] = [0.05, 0.25, 0.6];

/// A difference.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// Values of `a` minus those of `b`.
    pub layer: Layer,
    /// Places of `a` and `b` that only one of them has.
    pub left_out: usize,
}

/// `a` minus `b`.
///
/// # Errors
/// A text when the two do not lie on the same cells, features or times.
pub fn difference(a: &Layer, b: &Layer) -> Result<Difference, Text> {
    let cannot = |zh: &str, en: &str| Err(Text::new(zh, en));
    if a.key != b.key || a.unit != b.unit || a.times_s.len() != b.times_s.len() {
        return cannot(
            "两个结果的图层或时间步不同，不能相减",
            "the two results have other layers or steps of time",
        );
    }
    let (shape, values) = match (&a.shape, &b.shape) {
        (Shape::Features { ids, indices }, Shape::Features { ids: other, .. }) => {
            // a feature that stands on one side only has no difference
            let both = matched(ids.iter().map(String::as_str), other.iter().map(String::as_str));
            let shape = Shape::Features {
                ids: both.iter().map(|(at, _)| ids[*at].clone()).collect(),
                indices: both.iter().map(|(at, _)| indices[*at]).collect(),
            };
            (shape, subtracted(a, b, &both))
        }
        (
            Shape::Patches {
                centers,
                normals,
                sizes,
                features,
            },
            Shape::Patches {
                centers: other_centers,
                normals: other_normals,
                ..
            },
        ) => {
            // what is built or taken down has façades on one side only
            let mine = centers.iter().zip(normals).map(place_of_patch);
            let theirs = other_centers.iter().zip(other_normals).map(place_of_patch);
            let both = matched(mine, theirs);
            let kept = || both.iter().map(|(at, _)| *at);
            let shape = Shape::Patches {
                centers: kept().map(|at| centers[at]).collect(),
                normals: kept().map(|at| normals[at]).collect(),
                sizes: kept().map(|at| sizes[at]).collect(),
                features: kept().map(|at| features[at]).collect(),
            };
            (shape, subtracted(a, b, &both))
        }
        (mine, theirs) if is_same_place(mine, theirs) => {
            // dry on one side is no water there, not nothing known
            let zero = |value: f32, other: f32| {
                if value.is_nan() && a.look == Look::Water && other.is_finite() {
                    0.0
                } else {
                    value
                }
            };
            let values = a.values.iter().zip(&b.values).map(|(x, y)| zero(*x, *y) - zero(*y, *x));
            (mine.clone(), values.collect())
        }
        _ => {
            return cannot(
                "两个结果的位置不同，不能相减",
                "the two results do not lie on the same places",
            );
        }
    };
    let reach = values
        .iter()
        .filter(|v| v.is_finite())
        .fold(0.0_f32, |most, v| most.max(v.abs()));
    let left_out = a.shape.len() + b.shape.len() - 2 * shape.len();
    let layer = Layer {
        key: format!("{}-difference", a.key),
        title: Text::new(format!("{}差值", a.title.zh), format!("{}, difference", a.title.en)),
        unit: a.unit.clone(),
        legend: Legend {
            classes: classes(f64::from(reach)),
            limit: None,
        },
        times_s: a.times_s.clone(),
        shape,
        values,
        error: a.error.zip(b.error).map(|(x, y)| x.hypot(y)),
        look: Look::Ramp,
    };
    Ok(Difference { layer, left_out })
}

/// Places of what both have, by ascending place in the first.
fn matched<K: Eq + Hash>(mine: impl Iterator<Item = K>, theirs: impl Iterator<Item = K>) -> Vec<(usize, usize)> {
    let theirs: HashMap<K, usize> = theirs.enumerate().map(|(at, key)| (key, at)).collect();
    let pair = |(at, key): (usize, K)| Some((at, *theirs.get(&key)?));
    mine.enumerate().filter_map(pair).collect()
}

/// Values of every step at the places that both have.
fn subtracted(a: &Layer, b: &Layer, both: &[(usize, usize)]) -> Vec<f32> {
    let (mine, theirs) = (a.shape.len(), b.shape.len());
    let of_step = |step: usize| {
        let pairs = both.iter();
        pairs.map(move |(x, y)| a.values[step * mine + x] - b.values[step * theirs + y])
    };
    (0..a.times_s.len()).flat_map(of_step).collect()
}

/// Where a patch is and where it looks, to the centimetre.
fn place_of_patch((center, normal): (&[f64; 3], &[f32; 3])) -> ([i64; 3], [i64; 3]) {
    let whole = |v: f64| (v * 100.0).round() as i64;
    (center.map(whole), normal.map(|v| whole(f64::from(v))))
}

fn is_same_place(a: &Shape, b: &Shape) -> bool {
    match (a, b) {
        (
            Shape::Grid {
                origin,
                cell_m,
                columns,
                rows,
                ..
            },
            Shape::Grid {
                origin: o,
                cell_m: c,
                columns: w,
                rows: h,
                ..
            },
        ) => (origin, cell_m, columns, rows) == (o, c, w, h),
        (Shape::Lines { vertices, starts }, Shape::Lines { vertices: v, starts: s }) => vertices == v && starts == s,
        (Shape::Areas { polygons }, Shape::Areas { polygons: other }) => polygons == other,
        _ => false,
    }
}

/// Seven classes around zero that reach to the largest change.
fn classes(reach: f64) -> Vec<Class> {
    let reach = if reach > 0.0 { reach } else { 1.0 };
    let [small, middle, large] = BOUNDS.map(|share| share * reach);
    let from = [-reach * 1.001, -large, -middle, -small, small, middle, large];
    let class = |(from, color): (f64, &str)| Class {
        from,
        color: color.to_owned(),
        title: None,
    };
    from.into_iter().zip(COLORS).map(class).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(ids: &[&str], values: &[f32]) -> Layer {
        Layer {
            key: "hours".into(),
            title: Text::new("日照", "Sunshine"),
            unit: "h".into(),
            legend: Legend::default(),
            times_s: vec![0.0],
            shape: Shape::Features {
                ids: ids.iter().map(|id| (*id).to_owned()).collect(),
                indices: (0..ids.len() as u32).collect(),
            },
            values: values.to_vec(),
            error: Some(0.3),
            look: Look::Ramp,
        }
    }

    #[test]
    fn features_are_matched_by_id_and_those_of_one_side_are_left_out() {
        let after = layer(&["a", "b", "tower"], &[1.0, 2.5, 8.0]);
        let before = layer(&["b", "a", "hut"], &[2.0, 3.0, 1.0]);
        let Difference { layer: found, left_out } = difference(&after, &before).unwrap();
        assert_eq!(left_out, 2, "the tower and the hut");
        assert_eq!(found.values, [-2.0, 0.5]);
        assert!(matches!(&found.shape, Shape::Features { ids, .. } if ids == &["a", "b"]));
        let color = |value: f32| {
            let class = found.legend.classes.iter().rev().find(|c| f64::from(value) >= c.from);
            class.map(|c| c.color.as_str())
        };
        assert_eq!(color(-2.0), Some(COLORS[0]));
        assert_eq!(color(0.0), Some(COLORS[3]));
        assert_eq!(color(2.0), Some(COLORS[6]));
        assert!((found.error.unwrap() - 0.3 * 2.0_f64.sqrt()).abs() < 1e-12);
    }

    #[test]
    fn facades_are_matched_by_place_and_side() {
        let patches = |centers: &[[f64; 3]], normals: &[[f32; 3]], values: &[f32]| Layer {
            shape: Shape::Patches {
                centers: centers.to_vec(),
                normals: normals.to_vec(),
                sizes: vec![[3.0, 3.0]; centers.len()],
                features: (0..centers.len() as u32).collect(),
            },
            values: values.to_vec(),
            ..layer(&[], &[])
        };
        let (south, north) = ([0.0, -1.0, 0.0], [0.0, 1.0, 0.0]);
        let after = patches(
            &[[0.0, 0.0, 1.5], [5.0, 0.0, 1.5], [5.0, 0.0, 1.5]],
            &[south, south, north],
            &[1.0, 2.0, 3.0],
        );
        let before = patches(&[[5.0, 0.001, 1.5], [9.0, 0.0, 1.5]], &[south, south], &[6.0, 1.0]);
        let found = difference(&after, &before).unwrap();
        assert_eq!((found.layer.values.as_slice(), found.left_out), (&[-4.0_f32][..], 3));
        assert!(matches!(&found.layer.shape, Shape::Patches { features, .. } if features == &[1]));
    }

    #[test]
    fn other_units_do_not_subtract() {
        let mut other = layer(&["a"], &[1.0]);
        other.unit = "m".into();
        assert!(difference(&layer(&["a"], &[1.0]), &other).is_err());
    }
}
