//! Green area and green ratio.

use super::{Definition, Need, Value};
use crate::evaluate::Evaluation;

fn green(e: &Evaluation) -> Value {
    if !e.world().has.greens {
        return Value::undecided("本城市没有绿地数据", "the city holds no green areas");
    }
    let mut value = Value::of(e.green_area_m2());
    value.counted.others = e.greens_named();
    value
}

const FORMULA: [&str; 2] = [
    "范围内绿地(PlantCover,不含耕地、园地、菜地、休耕地)的并集面积,重叠只计一次",
    "union of the planted ground inside (fields, orchards, vegetable plots and fallow left out); overlaps count once",
];

pub(super) const INDICATORS: &[Definition] = &[
    Definition {
        id: "green_area",
        title: ["绿地面积", "Green area"],
        group: "green",
        unit: "m2",
        decimals: 0,
        formula: FORMULA,
        source: "GB 50180-2018 2.0.13 (green ratio); 覆土与实土未分 — 参考值",
        is_verified: false,
        needs: &[Need::Greens],
        value: green,
    },
    Definition {
        id: "green_ratio",
        title: ["绿地率", "Green ratio"],
        group: "green",
        unit: "1",
        decimals: 3,
        formula: ["绿地面积 ÷ 用地面积", "green area ÷ site area"],
        source: "GB 50180-2018 2.0.13",
        is_verified: false,
        needs: &[Need::Greens],
        value: |e| green(e).per(e.region().area_m2()),
    },
];
