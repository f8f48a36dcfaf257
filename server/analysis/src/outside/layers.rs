//! Layers of rasters and series: where their values lie in the city, their keys and their legends.

use super::input::{Course, Element, Elements};
use super::kind::Kind;
use super::params::{Params, Style};
use super::series::Series;
use crate::outcome::{Class, Layer, Legend, Look, Shape};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Classes of a legend that is made, about.
const CLASSES: f64 = 7.0;
/// Longest key.
const MAX_KEY: usize = 60;

/// Ids of a result by whether the city has them, by what they are: `node`, `link`, `subcatchment` or nothing.
pub(super) type Matched = BTreeMap<String, (BTreeSet<String>, BTreeSet<String>)>;

/// Adds the layers of a series: one for features, one for lines.
pub(super) fn place(
    elements: &Elements,
    series: &Series,
    style: Option<&Style>,
    params: &Params,
    layers: &mut Vec<Layer>,
    matched: &mut Matched,
) {
    let of = elements.of(&series.key);
    let group = series.key.split_once('/').map_or("", |(group, _)| group);
    let (known, unknown) = matched.entry(group.to_owned()).or_default();
    // what each feature shows: the elements of the series that it stands for
    let mut features: BTreeMap<u32, (&str, Vec<usize>)> = BTreeMap::new();
    let (mut vertices, mut starts, mut of_lines) = (vec![], vec![], vec![]);
    for (at, id) in series.ids.iter().enumerate() {
        let Some(found) = of.get(id) else {
            if !elements.elsewhere.contains(id) {
                unknown.insert(id.clone());
            }
            continue;
        };
        known.insert(id.clone());
        for element in found {
            match element {
                Element::Feature { id, index } => features.entry(*index).or_insert((id, vec![])).1.push(at),
                Element::Line(points) => {
                    starts.push(u32::try_from(vertices.len()).unwrap_or(u32::MAX));
                    of_lines.extend(std::iter::repeat_n(vec![at], points.len()));
                    vertices.extend_from_slice(points);
                }
            }
        }
    }
    if group == "node" {
        let numbers: HashMap<&str, usize> = series
            .ids
            .iter()
            .enumerate()
            .map(|(at, id)| (id.as_str(), at))
            .collect();
        for Course { id, index, ends } in &elements.courses {
            if let [Some(a), Some(b)] = ends.each_ref().map(|end| numbers.get(end.as_str())) {
                features.entry(*index).or_insert((id, vec![*a, *b]));
            }
        }
    }
    if !features.is_empty() {
        let of: Vec<&[usize]> = features.values().map(|(_, of)| of.as_slice()).collect();
        let values = joined(series, &of);
        let shape = Shape::Features {
            ids: features.values().map(|(id, _)| (*id).to_owned()).collect(),
            indices: features.keys().copied().collect(),
        };
        let made = layer(series, values, style, params, shape, layers.as_slice());
        layers.push(made);
    }
    if !vertices.is_empty() {
        let of: Vec<&[usize]> = of_lines.iter().map(Vec::as_slice).collect();
        let values = joined(series, &of);
        let shape = Shape::Lines { vertices, starts };
        let made = layer(series, values, style, params, shape, layers.as_slice());
        layers.push(made);
    }
}

/// Values of places that show one or several elements: the lower pressure decides whether there is enough, the mean
/// says the rest.
fn joined(series: &Series, of: &[&[usize]]) -> Vec<f32> {
    let is_least = series.key == "node/pressure";
    let mut values = Vec::with_capacity(of.len() * series.times_s.len());
    for row in series.values.chunks(series.ids.len().max(1)) {
        values.extend(of.iter().map(|of| {
            let found = || {
                of.iter()
                    .filter_map(|at| row.get(*at))
                    .copied()
                    .filter(|v| v.is_finite())
            };
            match found().count() {
                0 => f32::NAN,
                _ if is_least => found().fold(f32::INFINITY, f32::min),
                count => found().sum::<f32>() / count as f32,
            }
        }));
    }
    values
}

/// A layer with its words and legend; its key is none of those before.
pub(super) fn layer(
    series: &Series,
    values: Vec<f32>,
    style: Option<&Style>,
    params: &Params,
    shape: Shape,
    before: &[Layer],
) -> Layer {
    let given = style.map(|style| style.classes.as_slice()).unwrap_or_default();
    let classes = if given.is_empty() {
        let range = params.range.or_else(|| range(&values));
        range.map_or_else(Vec::new, |range| classes(range, params.kind))
    } else {
        given.to_vec()
    };
    let unit = if series.unit.is_empty() {
        params.kind.unit()
    } else {
        &series.unit
    };
    let plain = plain_key(&series.key);
    let mut key = plain.clone();
    let mut copy = 2;
    while before.iter().any(|layer| layer.key == key) {
        key = format!("{plain}-{copy}");
        copy += 1;
    }
    let of_style = style.and_then(|style| style.title.clone());
    Layer {
        key,
        title: of_style.unwrap_or_else(|| series.title.clone()),
        unit: style
            .and_then(|style| style.unit.clone())
            .unwrap_or_else(|| unit.to_owned()),
        legend: Legend {
            classes,
            limit: style.and_then(|style| style.limit.clone()),
        },
        times_s: series.times_s.clone(),
        shape,
        values,
        error: style.and_then(|style| style.error),
        look: style.map_or(Look::Ramp, |style| style.look),
    }
}

/// A key that may stand in addresses and names of files: `node/pressure` → `node-pressure`, `噪声` → `u566au58f0`.
pub fn plain_key(name: &str) -> String {
    let mut key = String::new();
    for c in name.chars() {
        match c {
            c if c.is_ascii_alphanumeric() || c == '_' => key.push(c.to_ascii_lowercase()),
            c if c.is_ascii() => key.push('-'),
            c => key.push_str(&format!("u{:x}", u32::from(c))),
        }
    }
    let plain = key.trim_matches('-');
    if plain.is_empty() {
        return "value".to_owned();
    }
    plain.chars().take(MAX_KEY).collect()
}

/// Lowest and highest value.
pub(super) fn range(values: &[f32]) -> Option<[f64; 2]> {
    let finite = || values.iter().copied().filter(|value| value.is_finite());
    let (low, high) = (finite().reduce(f32::min)?, finite().reduce(f32::max)?);
    // shortest decimal of the stored number: 0.1 and not 0.10000000149
    let decimal = |value: f32| value.to_string().parse().unwrap_or(f64::from(value));
    Some([decimal(low), decimal(high)])
}

/// Classes of equal width with round bounds, from below the lowest value to the highest.
fn classes([low, high]: [f64; 2], kind: Kind) -> Vec<Class> {
    let ramp = kind.ramp();
    let class = |from: f64, color: &str| Class {
        from,
        color: color.to_owned(),
        title: None,
    };
    if high <= low {
        return vec![class(low, ramp[4])];
    }
    let raw = (high - low) / CLASSES;
    let power = 10_f64.powf(raw.log10().floor());
    let mantissa = [1.0, 2.0, 2.5, 5.0, 10.0]
        .into_iter()
        .find(|m| m * power >= raw * (1.0 - 1e-9));
    let step = mantissa.unwrap_or(10.0) * power;
    let first = (low / step + 1e-9).floor();
    let count = ((high / step - 1e-9).floor() - first).max(0.0) as usize + 1;
    let color = |n: usize| ramp[(n * (ramp.len() - 1)).checked_div(count - 1).unwrap_or(4)];
    (0..count)
        .map(|n| {
            let from = (first + n as f64) * step;
            // 0.30000000000000004 is no bound for people
            let digits = (3.0 - power.log10()).clamp(0.0, 12.0) as usize;
            let from = format!("{from:.digits$}").parse().unwrap_or(from);
            // the lowest value is coloured, whatever was lost on the way to a round bound
            class(if n == 0 { from.min(low) } else { from }, color(n))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_round_and_hold_all_values() {
        let bounds = |range| -> Vec<f64> { classes(range, Kind::Noise).iter().map(|class| class.from).collect() };
        assert_eq!(bounds([41.3, 74.2]), [40.0, 45.0, 50.0, 55.0, 60.0, 65.0, 70.0]);
        assert_eq!(bounds([0.0, 0.7]), [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6]);
        assert_eq!(bounds([5.0, 5.0]), [5.0]);
        assert_eq!(bounds([-1.0, 1.0])[0], -1.0);
        for range in [[0.1, 1e9], [-3e-7, 2e-7], [999.0, 1000.0]] {
            let all = classes(range, Kind::Heat);
            assert!(
                (2..=9).contains(&all.len()) && all[0].from <= range[0],
                "{range:?} {all:?}"
            );
            assert!(
                all.windows(2)
                    .all(|pair| pair[0].from < pair[1].from && pair[0].color != pair[1].color)
            );
        }
    }

    #[test]
    fn keys_are_plain() {
        assert_eq!(plain_key("node/pressure"), "node-pressure");
        assert_eq!(plain_key("噪声"), "u566au58f0");
        assert_eq!(plain_key("Lden [dB]"), "lden--db");
        assert_eq!(plain_key("../.."), "value");
    }
}
