//! Who has which kind of facility within its walking distance.

use super::{Found, buildings, layer};
use crate::indicators::Text;
use crate::outcome::{Class, Column, Ending, Legend, Limit, Outcome, Table, Verdict};
use crate::reach::coverage::KindReach;
use serde_json::json;

/// Colours of counts from none to many (cividis, light to dark).
const NONE_TO_MANY: [&str; 5] = ["#fee838", "#bcaf6f", "#7c7b78", "#39486b", "#00224e"];
/// Rows of the table of buildings.
const MOST_ROWS: usize = 200;

/// Layer, verdicts and tables of the facilities.
pub(super) fn facilities(found: &Found<'_>, outcome: &mut Outcome) {
    let (input, rules) = (found.input, found.rules);
    let present: Vec<&KindReach> = found.kinds.iter().filter(|k| k.num_facilities > 0).collect();
    let missing: Vec<usize> = (0..input.buildings.len())
        .map(|b| present.iter().filter(|k| !k.is_reached(b, rules)).count())
        .collect();
    let classes = NONE_TO_MANY.iter().enumerate().map(|(i, color)| Class {
        from: i as f64,
        color: (*color).to_owned(),
        title: (i + 1 == NONE_TO_MANY.len()).then(|| Text::new("4 类及以上", "4 kinds and more")),
    });
    outcome.layers.push(layer(
        "missing",
        Text::new(
            "步行距离内缺少的设施类别",
            "Kinds of facilities beyond walking distance",
        ),
        "1",
        Legend {
            classes: classes.collect(),
            limit: None,
        },
        buildings(input),
        missing.iter().map(|n| *n as f32).collect(),
    ));

    let total: f64 = input.buildings.iter().map(|b| b.people).sum();
    let mut rows = Vec::new();
    for reach in &found.kinds {
        let kind = &rules.kinds[reach.kind];
        let share = (total > 0.0 && reach.num_facilities > 0).then(|| reach.people / total);
        let range = reach.range.map(|people| if total > 0.0 { people / total } else { 0.0 });
        rows.push(vec![
            json!(kind.title.zh),
            json!(kind.title.en),
            json!(kind.distance_m),
            json!(reach.num_facilities),
            json!(reach.people),
            json!(share),
            json!(range[0]),
            json!(range[1]),
        ]);
        if reach.num_facilities == 0 {
            continue;
        }
        let margin = share.map(|s| s - rules.coverage.share);
        let error = share.map_or(0.0, |s| (s - range[0]).max(range[1] - s));
        let (zh, en) = (&kind.title.zh, &kind.title.en);
        outcome.verdicts.push(Verdict {
            feature: input.area.id.clone(),
            index: input.area.index,
            what: Text::new(
                format!("步行 {} m 内有{zh}的人口", kind.distance_m),
                format!("People with “{en}” within a walk of {} m", kind.distance_m),
            ),
            value: share,
            unit: "1".into(),
            limit: Limit {
                value: rules.coverage.share,
                source: format!("{};{}", kind.source, rules.coverage.source),
                is_verified: kind.is_verified && rules.coverage.is_verified,
            },
            margin,
            verdict: Ending::of(margin, error),
            because: share
                .is_none()
                .then(|| Text::new("建筑没有人口数据", "the buildings hold no number of people")),
        });
    }
    outcome.tables.push(Table {
        key: "kinds".into(),
        title: Text::new("设施步行覆盖", "Facilities within walking distance"),
        columns: vec![
            Column::new("kind", "设施", "Kind (Chinese)", ""),
            Column::new("kind_en", "设施(英文)", "Kind", ""),
            Column::new("distance", "步行距离", "Walking distance", "m"),
            Column::new("facilities", "数量", "Facilities", "1"),
            Column::new("people", "覆盖人口", "People served", "1"),
            Column::new("share", "覆盖率", "Share served", "1"),
            Column::new("share_low", "覆盖率下限", "Share, at least", "1"),
            Column::new("share_high", "覆盖率上限", "Share, at most", "1"),
        ],
        rows,
    });
    lacking(found, &present, &missing, outcome);
}

/// Buildings that lack most, those with most people first.
fn lacking(found: &Found<'_>, present: &[&KindReach], missing: &[usize], outcome: &mut Outcome) {
    let buildings = &found.input.buildings;
    let mut order: Vec<usize> = (0..buildings.len())
        .filter(|b| missing[*b] > 0 && buildings[*b].people > 0.0)
        .collect();
    order.sort_by(|a, b| {
        let weight = |i: usize| missing[i] as f64 * buildings[i].people;
        weight(*b).total_cmp(&weight(*a)).then(a.cmp(b))
    });
    let names = |b: usize, pick: fn(&Text) -> &str| {
        let kinds = present.iter().filter(|k| !k.is_reached(b, found.rules));
        kinds
            .map(|k| pick(&found.rules.kinds[k.kind].title))
            .collect::<Vec<_>>()
    };
    let rows = order.iter().take(MOST_ROWS).map(|b| {
        vec![
            json!(buildings[*b].id),
            json!(buildings[*b].people),
            json!(missing[*b]),
            json!(names(*b, |t| &t.zh).join("、")),
            json!(names(*b, |t| &t.en).join(", ")),
        ]
    });
    outcome.tables.push(Table {
        key: "lacking".into(),
        title: Text::new("缺少设施的住宅", "Homes that lack facilities"),
        columns: vec![
            Column::new("feature_id", "建筑", "Building", ""),
            Column::new("people", "人口", "People", "1"),
            Column::new("missing", "缺少类别", "Kinds lacking", "1"),
            Column::new("kinds", "缺少的设施", "Kinds (Chinese)", ""),
            Column::new("kinds_en", "缺少的设施(英文)", "Kinds", ""),
        ],
        rows: rows.collect(),
    });
}
