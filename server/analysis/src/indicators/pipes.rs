//! Length of pipes in use by class, age and material, and of those renewed.

use super::{Definition, Need, Value};
use crate::scenario::State;
use crate::tally::{Gives, Measure, PipeNow};
use crate::world::World;

/// Key of what is not stated.
const UNKNOWN: u16 = 0;

fn is_inside(now: &PipeNow<'_>) -> bool {
    now.plan_m > 0.0 && now.state.stands()
}

fn class_name(world: &World, key: u16) -> String {
    world.words.name(key).to_owned()
}

fn material_name(world: &World, key: u16) -> String {
    match key {
        UNKNOWN => "unknown".to_owned(),
        key => world.words.name(key - 1).to_owned(),
    }
}

/// Ages in steps of ten years: 1 for 0–9 years, 2 for 10–19 …
fn age_key(now: &PipeNow<'_>) -> u16 {
    now.pipe.year.map_or(UNKNOWN, |year| {
        let age = (now.assumptions.reference_year - year).max(0);
        (age / 10).min(9) as u16 + 1
    })
}

fn age_name(_: &World, key: u16) -> String {
    match key {
        UNKNOWN => "unknown".to_owned(),
        10 => ">=90".to_owned(),
        key => format!("{}-{}", (key - 1) * 10, key * 10 - 1),
    }
}

pub(super) const MEASURES: &[Measure] = &[
    Measure::of_pipes("pipe_plan", |now| {
        Gives::when(is_inside(now), || Gives::keyed(now.plan_m, now.pipe.class))
    })
    .by(class_name),
    Measure::of_pipes("pipe_space", |now| match now.space_m {
        _ if !is_inside(now) => Gives::Nothing,
        Some(length) => Gives::keyed(length, now.pipe.class),
        None => Gives::Unknown,
    })
    .by(class_name),
    Measure::of_pipes("pipe_age", |now| {
        Gives::when(is_inside(now), || Gives::keyed(now.plan_m, age_key(now)))
    })
    .by(age_name),
    Measure::of_pipes("pipe_material", |now| {
        let key = now.pipe.material.map_or(UNKNOWN, |m| m.saturating_add(1));
        Gives::when(is_inside(now), || Gives::keyed(now.plan_m, key))
    })
    .by(material_name),
    Measure::of_pipes("pipe_renewed", |now| {
        let renewed = is_inside(now) && matches!(now.state, State::Added | State::Modified);
        Gives::when(renewed, || Gives::keyed(now.plan_m, now.pipe.class))
    })
    .by(class_name),
    Measure::of_pipes("pipe_out_of_use", |now| {
        let out = now.plan_m > 0.0 && matches!(now.state, State::Abandoned | State::Demolished);
        Gives::when(out, || Gives::keyed(now.plan_m, now.pipe.class))
    })
    .by(class_name),
];

const fn length(
    id: &'static str,
    title: [&'static str; 2],
    formula: [&'static str; 2],
    needs: &'static [Need],
    value: fn(&crate::evaluate::Evaluation) -> Value,
) -> Definition {
    Definition {
        id,
        title,
        group: "pipes",
        unit: "m",
        decimals: 0,
        formula,
        source: "CJJ 61-2017 (classes, materials); 几何裁剪 / clipping",
        is_verified: true,
        needs,
        value,
    }
}

fn of_city(e: &crate::evaluate::Evaluation, measure: &str) -> Value {
    if e.world().has.pipes {
        Value::of_total(e, measure)
    } else {
        Value::undecided("本城市没有管线数据", "the city holds no pipes")
    }
}

pub(super) const INDICATORS: &[Definition] = &[
    length(
        "pipe_length",
        ["管线长度(平面)", "Pipe length in plan"],
        [
            "Σ 在用管线在范围内的平面长度,按类别",
            "Σ plan length, inside, of the pipes in use, by class",
        ],
        &[Need::Total("pipe_plan")],
        |e| of_city(e, "pipe_plan"),
    ),
    length(
        "pipe_length_3d",
        ["管线长度(沿管轴)", "Pipe length along the axis"],
        [
            "Σ 在用管线在范围内沿管轴的三维长度,按类别",
            "Σ length along the axis in space, inside, of the pipes in use, by class",
        ],
        &[Need::Total("pipe_space")],
        |e| of_city(e, "pipe_space"),
    ),
    length(
        "pipe_length_by_age",
        ["管线长度(按管龄)", "Pipe length by age"],
        [
            "Σ 平面长度,按 2025 年时的管龄(每 10 年一档;年份未填归 unknown)",
            "Σ plan length by age in 2025, in steps of ten years; without a year: unknown",
        ],
        &[Need::Total("pipe_age")],
        |e| of_city(e, "pipe_age"),
    ),
    length(
        "pipe_length_by_material",
        ["管线长度(按材质)", "Pipe length by material"],
        [
            "Σ 平面长度,按材质代码(未填归 unknown)",
            "Σ plan length by material code; without one: unknown",
        ],
        &[Need::Total("pipe_material")],
        |e| of_city(e, "pipe_material"),
    ),
    length(
        "pipe_length_renewed",
        ["更新管线长度", "Pipe length renewed"],
        [
            "Σ 方案新建或改造的管线的平面长度,按类别",
            "Σ plan length of the pipes laid or changed by the scenario, by class",
        ],
        &[Need::Total("pipe_renewed")],
        |e| of_city(e, "pipe_renewed"),
    ),
    length(
        "pipe_length_out_of_use",
        ["废除管线长度", "Pipe length out of use"],
        [
            "Σ 方案拆除或废弃的管线的平面长度,按类别",
            "Σ plan length of the pipes taken out or abandoned, by class",
        ],
        &[Need::Total("pipe_out_of_use")],
        |e| of_city(e, "pipe_out_of_use"),
    ),
];
