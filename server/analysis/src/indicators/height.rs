//! Heights of the standing buildings: greatest, mean weighted by footprint, histogram.

use super::{Definition, Need, Value};
use crate::tally::{Gives, Measure};
use crate::world::World;

/// Upper ends of the classes of the histogram, metres: the steps of GB 50180-2018 table 4.0.2, then 100 m.
const CLASS_ENDS_M: [f64; 7] = [10.0, 18.0, 27.0, 36.0, 54.0, 80.0, 100.0];

fn class_of(height_m: f64) -> u16 {
    CLASS_ENDS_M.iter().take_while(|end| height_m > **end).count() as u16
}

fn class_name(_: &World, key: u16) -> String {
    let key = usize::from(key);
    let from = key
        .checked_sub(1)
        .and_then(|k| CLASS_ENDS_M.get(k))
        .copied()
        .unwrap_or(0.0);
    CLASS_ENDS_M
        .get(key)
        .map_or_else(|| format!(">{from}"), |to| format!("{from}-{to}"))
}

pub(super) const MEASURES: &[Measure] = &[
    Measure::of_buildings("height", |now| match now.facts.height_m {
        _ if !now.state.stands() || now.share == 0.0 => Gives::Nothing,
        Some(height) => Gives::amount(height),
        None => Gives::Unknown,
    })
    .with_values(),
    Measure::of_buildings("height_classes", |now| match now.facts.height_m {
        _ if !now.state.stands() || !now.is_counted => Gives::Nothing,
        Some(height) => Gives::keyed(1.0, class_of(height)),
        None => Gives::Unknown,
    })
    .by(class_name),
    Measure::of_buildings("height_by_area", |now| match now.facts.height_m {
        _ if !now.state.stands() || now.share == 0.0 => Gives::Nothing,
        Some(height) => Gives::amount(height * now.building.footprint_m2 * now.share),
        None => Gives::Unknown,
    }),
    Measure::of_buildings("area_with_height", |now| {
        let has = now.state.stands() && now.share > 0.0 && now.facts.height_m.is_some();
        if has {
            Gives::amount(now.building.footprint_m2 * now.share)
        } else {
            Gives::Nothing
        }
    }),
];

pub(super) const INDICATORS: &[Definition] = &[
    Definition {
        id: "height_max",
        title: ["最大建筑高度", "Greatest height"],
        group: "height",
        unit: "m",
        decimals: 1,
        formula: [
            "范围内(哪怕部分在内)在场建筑高度的最大值",
            "greatest height of the standing buildings that lie inside, even in part",
        ],
        source: "GB 50352-2019 4.5",
        is_verified: false,
        needs: &[Need::Total("height")],
        value: |e| {
            let total = e.total("height");
            let mut value = Value::of_total(e, "height");
            value.known = value.known.and_then(|_| total.greatest());
            if value.reason.is_none() {
                match total.greatest() {
                    Some(height) => {
                        value.value = Some(height);
                        value.counted = e.buildings_where(&total.members, |b| b.facts.height_m == Some(height));
                    }
                    None => value = Value::undecided("范围内没有在场建筑", "no building stands in the area"),
                }
            }
            value
        },
    },
    Definition {
        id: "height_mean",
        title: ["平均建筑高度(按基底面积加权)", "Mean height weighted by footprint"],
        group: "height",
        unit: "m",
        decimals: 1,
        formula: [
            "Σ(建筑高度 × 范围内基底面积) ÷ Σ 范围内基底面积",
            "Σ (height × footprint inside) ÷ Σ footprint inside",
        ],
        source: "加权平均 / weighted mean",
        is_verified: true,
        needs: &[Need::Total("height_by_area"), Need::Total("area_with_height")],
        value: |e| {
            let area = Value::of_total(e, "area_with_height");
            Value::of_total(e, "height_by_area").over(&area, ["范围内没有在场建筑", "no building stands in the area"])
        },
    },
    Definition {
        id: "height_histogram",
        title: ["建筑高度分布", "Buildings by height"],
        group: "height",
        unit: "幢",
        decimals: 0,
        formula: [
            "形心位于范围内的在场建筑按高度分级计数(级界 10、18、27、36、54、80、100 m,含上界)",
            "standing buildings whose centroid lies inside, by height class (ends 10, 18, 27, 36, 54, 80, 100 m, upper end included)",
        ],
        source: "GB 50180-2018 表 4.0.2 (class ends)",
        is_verified: false,
        needs: &[Need::Total("height_classes")],
        value: |e| Value::of_total(e, "height_classes"),
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_height_on_the_end_of_a_class_belongs_to_it() {
        let name = |h: f64| class_name(&World::default(), class_of(h));
        assert_eq!(
            (name(3.0), name(10.0), name(10.1)),
            ("0-10".into(), "0-10".into(), "10-18".into())
        );
        assert_eq!((name(80.0), name(100.1)), ("54-80".into(), ">100".into()));
    }
}
