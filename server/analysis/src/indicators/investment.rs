//! Investment of the renewal projects that touch the area.

use super::{Definition, Need, Value};
use crate::evaluate::Evaluation;
use city_model::attributes::first_number;

fn investment(e: &Evaluation, keys: &[&str]) -> Value {
    if !e.world().has.projects {
        return Value::undecided("本城市没有更新项目数据", "the city holds no renewal projects");
    }
    let mut value = Value::default();
    let (mut sum, mut silent) = (crate::exact::Exact::default(), Vec::new());
    for (project, share) in e.projects() {
        match first_number(&project.attributes, keys) {
            Some(amount) => {
                sum += crate::exact::Exact::of(amount * share);
                value.by.push((project.id.to_string(), amount * share));
            }
            None => silent.push(project.into()),
        }
        value.counted.others.push(project.into());
    }
    if silent.is_empty() {
        value.value = Some(sum.value());
        return value;
    }
    let n = silent.len();
    value.known = Some(sum.value());
    value.counted.others = silent;
    let reason = super::Text::new(
        format!("{n} 个项目未填投资"),
        format!("{n} projects do not state an investment"),
    );
    Value {
        reason: Some(reason),
        ..value
    }
}

pub(super) const INDICATORS: &[Definition] = &[
    Definition {
        id: "investment",
        title: ["总投资", "Investment"],
        group: "investment",
        unit: "CNY",
        decimals: 0,
        formula: [
            "Σ 与范围相交的更新项目的总投资 × 项目范围位于范围内的比例",
            "Σ investment of the projects that touch the area × share of their outline inside",
        ],
        source: "项目台账 / project records",
        is_verified: true,
        needs: &[Need::Projects],
        value: |e| investment(e, &["investment_cny", "总投资"]),
    },
    Definition {
        id: "investment_done",
        title: ["完成投资", "Investment done"],
        group: "investment",
        unit: "CNY",
        decimals: 0,
        formula: [
            "Σ 与范围相交的更新项目的完成投资 × 项目范围位于范围内的比例",
            "Σ investment done of the projects that touch the area × share of their outline inside",
        ],
        source: "项目台账 / project records",
        is_verified: true,
        needs: &[Need::Projects],
        value: |e| investment(e, &["investment_done_cny", "完成投资"]),
    },
];
