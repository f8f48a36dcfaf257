//! What is kept, changed, taken down and built; 拆除比例 and 拆建比.

use super::floor_area::{floor_area, share_of, use_name};
use super::{Definition, Need, Value};
use crate::scenario::{State, was_there};
use crate::tally::{BuildingNow, Gives, Measure};

/// Floor area as stored, before any edit.
fn floor_area_before(now: &BuildingNow<'_>) -> Gives {
    Gives::when(!now.building.is_proposal, || {
        share_of(now, now.building.facts.floor_area_m2)
    })
}

pub(super) const MEASURES: &[Measure] = &[
    Measure::of_buildings("floor_area_before", |now| {
        Gives::when(was_there(now.state), || floor_area_before(now))
    })
    .by(use_name),
    Measure::of_buildings("floor_area_demolished", |now| {
        Gives::when(now.state == State::Demolished, || floor_area_before(now))
    })
    .by(use_name),
    Measure::of_buildings("floor_area_kept", |now| match now.state {
        State::Existing | State::Retained => floor_area_before(now),
        _ => Gives::Nothing,
    })
    .by(use_name),
    Measure::of_buildings("floor_area_modified", |now| {
        Gives::when(now.state == State::Modified, || floor_area(now))
    })
    .by(use_name),
    Measure::of_buildings("floor_area_new", |now| {
        Gives::when(now.state == State::Added, || floor_area(now))
    })
    .by(use_name),
];

const fn area(
    id: &'static str,
    title: [&'static str; 2],
    formula: [&'static str; 2],
    needs: &'static [Need],
    value: fn(&crate::evaluate::Evaluation) -> Value,
) -> Definition {
    Definition {
        id,
        title,
        group: "renewal",
        unit: "m2",
        decimals: 0,
        formula,
        source: "建科〔2021〕63号 (terms)",
        is_verified: false,
        needs,
        value,
    }
}

pub(super) const INDICATORS: &[Definition] = &[
    area(
        "floor_area_before",
        ["现状建筑面积", "Floor area before"],
        [
            "Σ 方案之前已有建筑的建筑面积(范围内部分)",
            "Σ floor area of the buildings that were there before, inside",
        ],
        &[Need::Total("floor_area_before")],
        |e| Value::of_total(e, "floor_area_before"),
    ),
    area(
        "floor_area_demolished",
        ["拆除建筑面积", "Floor area taken down"],
        [
            "Σ 状态为拆的建筑的建筑面积(范围内部分)",
            "Σ floor area of the buildings taken down, inside",
        ],
        &[Need::Total("floor_area_demolished")],
        |e| Value::of_total(e, "floor_area_demolished"),
    ),
    area(
        "floor_area_kept",
        ["保留建筑面积", "Floor area kept"],
        [
            "Σ 状态为留或未动的建筑的建筑面积(范围内部分)",
            "Σ floor area of the buildings kept or untouched, inside",
        ],
        &[Need::Total("floor_area_kept")],
        |e| Value::of_total(e, "floor_area_kept"),
    ),
    area(
        "floor_area_modified",
        ["改造建筑面积", "Floor area changed"],
        [
            "Σ 状态为改的建筑改造后的建筑面积(范围内部分)",
            "Σ floor area, after the change, of the buildings changed, inside",
        ],
        &[Need::Total("floor_area_modified")],
        |e| Value::of_total(e, "floor_area_modified"),
    ),
    area(
        "floor_area_new",
        ["新建建筑面积", "Floor area built"],
        [
            "Σ 状态为建的建筑(含加层)的建筑面积(范围内部分)",
            "Σ floor area of the buildings built, added storeys included, inside",
        ],
        &[Need::Total("floor_area_new")],
        |e| Value::of_total(e, "floor_area_new"),
    ),
    Definition {
        id: "demolition_share",
        title: ["拆除比例", "Share taken down"],
        group: "renewal",
        unit: "1",
        decimals: 3,
        formula: [
            "拆除建筑面积 ÷ 现状建筑面积(未剔除违法建筑和危房)",
            "floor area taken down ÷ floor area before (nothing excepted)",
        ],
        source: "建科〔2021〕63号 三(一)",
        is_verified: true,
        needs: &[Need::Total("floor_area_demolished"), Need::Total("floor_area_before")],
        value: |e| {
            let before = Value::of_total(e, "floor_area_before");
            let gone = Value::of_total(e, "floor_area_demolished");
            gone.over(&before, ["范围内没有现状建筑", "nothing stood in the area before"])
        },
    },
    Definition {
        id: "rebuild_ratio",
        title: ["拆建比", "Rebuild ratio"],
        group: "renewal",
        unit: "1",
        decimals: 2,
        formula: [
            "新建建筑面积 ÷ 拆除建筑面积(未剔除公共服务设施)",
            "floor area built ÷ floor area taken down (nothing excepted)",
        ],
        source: "建科〔2021〕63号 三(一);定义为参考值 / the definition is a working one",
        is_verified: false,
        needs: &[Need::Total("floor_area_new"), Need::Total("floor_area_demolished")],
        value: |e| {
            let gone = Value::of_total(e, "floor_area_demolished");
            let new = Value::of_total(e, "floor_area_new");
            new.over(
                &gone,
                [
                    "没有拆除建筑,拆建比无意义",
                    "nothing is taken down, so there is no ratio",
                ],
            )
        },
    },
];
