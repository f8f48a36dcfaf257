//! Resettlement on site or near, from the project record.

use super::{Definition, Need, Text, Value};
use city_model::attributes::first_number;

pub(super) const INDICATORS: &[Definition] = &[Definition {
    id: "resettlement_rate",
    title: ["就地、就近安置率", "Resettled on site or near"],
    group: "resettlement",
    unit: "1",
    decimals: 2,
    formula: [
        "项目台账中的安置率(就地、就近安置户数 ÷ 涉及户数);仅当范围内恰有一个项目(其范围过半在内)填写时可判定",
        "as the project record states it (households resettled on site or near ÷ households affected); only where exactly one \
         project, more than half of it inside, states it",
    ],
    source: "建科〔2021〕63号 三(一);项目台账 / project record",
    is_verified: true,
    needs: &[Need::Projects],
    value: |e| {
        let mut stated = Vec::new();
        for (project, share) in e.projects() {
            let rate = first_number(&project.attributes, &["resettlement_rate", "安置率"]);
            if let Some(rate) = rate.filter(|_| share > 0.5) {
                stated.push((project, rate));
            }
        }
        match stated.as_slice() {
            [(project, rate)] if (0.0..=1.0).contains(rate) => {
                let mut value = Value::of(*rate);
                value.counted.others.push((*project).into());
                value
            }
            [(project, rate)] => Value {
                reason: Some(Text::new(
                    format!("项目 {} 的安置率 {rate} 不在 0 到 1 之间", project.id),
                    format!(
                        "project {} states the rate {rate}, which is not between 0 and 1",
                        project.id
                    ),
                )),
                ..Value::default()
            },
            [] => Value::undecided(
                "没有项目填写安置率,需要安置户台账",
                "no project states it; a table of resettled households is needed",
            ),
            _ => Value::undecided(
                "范围内有多个项目,按户加权需要安置户台账",
                "several projects lie in the area; to weigh them, a table of resettled households is needed",
            ),
        }
    },
}];
