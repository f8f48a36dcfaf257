//! What a result from outside says in numbers: extremes, what lies beyond a limit, and which ids the city does not have.

use super::layers::Matched;
use super::params::{Good, Style};
use crate::indicators::Text;
use crate::outcome::{Column, Ending, Figure, Layer, Note, Outcome, Shape, Table, Verdict};

/// Ids listed in the table of those that the city does not have.
const MAX_LISTED: usize = 10_000;
/// Findings kept, the worst first.
const MAX_VERDICTS: usize = 20_000;

/// Adds figures of every layer, and findings of the first one with a limit.
pub(super) fn add(outcome: &mut Outcome, styles: &[Option<Style>]) {
    let mut is_judged = false;
    for (layer, style) in outcome.layers.iter().zip(styles) {
        let Some([low, high]) = super::layers::range(&layer.values) else {
            continue;
        };
        let figure = |key: &str, zh: &str, en: &str, value: f64, unit: &str| {
            let title = Text::new(format!("{}{zh}", layer.title.zh), format!("{}, {en}", layer.title.en));
            Figure::new(format!("{}-{key}", layer.key), title, value, unit)
        };
        outcome
            .figures
            .push(figure("least", "最小值", "least", low, &layer.unit));
        outcome
            .figures
            .push(figure("greatest", "最大值", "greatest", high, &layer.unit));
        let Some((limit, style)) = layer.legend.limit.as_ref().zip(style.as_ref()) else {
            continue;
        };
        let error = layer.error.unwrap_or_default();
        let margins = worst(layer, style.good)
            .into_iter()
            .map(|value| value.map(|value| margin(value, limit.value, style.good)));
        let (mut bad, mut open, mut all) = (0, 0, 0);
        for margin in margins.flatten() {
            all += 1;
            match Ending::of(Some(margin), error) {
                Ending::Fail => bad += 1,
                Ending::WithinError => open += 1,
                _ => {}
            }
        }
        if all > 0 {
            let share = |count: usize| 100.0 * count as f64 / f64::from(all);
            let of = |key, zh, en, count| figure(key, zh, en, share(count), "%");
            outcome
                .figures
                .push(of("beyond", "超限比例", "share beyond the limit", bad));
            outcome.figures.push(of(
                "near",
                "距限值不足误差的比例",
                "share nearer to the limit than the error",
                open,
            ));
        }
        if let (false, Shape::Features { ids, indices }) = (is_judged, &layer.shape) {
            is_judged = true;
            let worst = worst(layer, style.good);
            let verdict = |((id, index), value): ((&String, &u32), &Option<f64>)| {
                let margin = value.map(|value| margin(value, limit.value, style.good));
                Verdict {
                    feature: id.clone(),
                    index: Some(*index),
                    what: layer.title.clone(),
                    value: *value,
                    unit: layer.unit.clone(),
                    limit: limit.clone(),
                    margin,
                    verdict: Ending::of(margin, error),
                    because: None,
                }
            };
            let mut verdicts: Vec<Verdict> = ids.iter().zip(indices).zip(&worst).map(verdict).collect();
            let key = |verdict: &Verdict| verdict.margin.unwrap_or(f64::INFINITY);
            verdicts.sort_by(|a, b| key(a).total_cmp(&key(b)).then(a.index.cmp(&b.index)));
            verdicts.truncate(MAX_VERDICTS);
            outcome.verdicts = verdicts;
        }
    }
}

/// Distance from the limit, positive on the good side.
fn margin(value: f64, limit: f64, good: Good) -> f64 {
    match good {
        Good::AtMost => limit - value,
        Good::AtLeast => value - limit,
    }
}

/// Worst value of each place over time.
fn worst(layer: &Layer, good: Good) -> Vec<Option<f64>> {
    let mut worst = vec![None; layer.shape.len()];
    for row in layer.values.chunks(layer.shape.len().max(1)) {
        for (worst, value) in worst.iter_mut().zip(row).filter(|(_, value)| value.is_finite()) {
            let value = f64::from(*value);
            *worst = Some(worst.map_or(value, |before: f64| match good {
                Good::AtMost => before.max(value),
                Good::AtLeast => before.min(value),
            }));
        }
    }
    worst
}

/// Says which ids the city does not have: a note with counts, a table with the ids.
pub(super) fn unmatched(file: &str, matched: &Matched, outcome: &mut Outcome) {
    let words = |group: &str| match group {
        "node" => ("节点", "nodes"),
        "link" => ("管段", "links"),
        "subcatchment" => ("汇水区", "subcatchments"),
        _ => ("编号", "ids"),
    };
    let missing: usize = matched.values().map(|(_, unknown)| unknown.len()).sum();
    if missing == 0 {
        return;
    }
    let (mut zh, mut en) = (vec![], vec![]);
    for (group, (known, unknown)) in matched {
        let (word_zh, word_en) = words(group);
        let all = known.len() + unknown.len();
        let found = known.len();
        zh.push(format!("{word_zh} {all} 个中有 {found} 个"));
        en.push(format!("{found} of {all} {word_en}"));
    }
    outcome.notes.push(Note::new(
        "outside/unknown-id",
        vec![],
        Text::new(
            format!(
                "{file} 的{}与城市要素对应；其余不显示，见表“未对应的编号”",
                zh.join("，")
            ),
            format!(
                "{} of {file} are in the city; the others are not shown, see the table of ids that are not in the city",
                en.join(" and ")
            ),
        ),
    ));
    let rows = matched.iter().flat_map(|(group, (_, unknown))| {
        let (zh, en) = words(group);
        unknown
            .iter()
            .map(move |id| vec![format!("{zh} {en}").into(), id.as_str().into()])
    });
    outcome.tables.push(Table {
        key: "unmatched".to_owned(),
        title: Text::new("未对应的编号", "Ids that are not in the city"),
        columns: vec![
            Column::new("kind", "类别", "Kind", ""),
            Column::new("id", "编号", "Id", ""),
        ],
        rows: rows.take(MAX_LISTED).collect(),
    });
}
