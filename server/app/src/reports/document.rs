//! What the layout of the report shows, as texts in its language.

use super::pack::{Lang, PackRequest, Sources, iso};
use super::plan::Plan;
use super::tables::shown;
use crate::http::problem::ApiError;
use crate::scenarios::ScenarioView;
use geo::Area as _;
use serde_json::{Value, json};

/// Everything that the layout shows, as texts.
pub(super) fn report_data(
    sources: &Sources<'_>,
    request: &PackRequest,
    plans: [&Plan; 2],
    hashes: &Value,
    num_views: usize,
) -> Result<Value, ApiError> {
    let zh = request.lang == Lang::Zh;
    let pick = |chinese: &str, english: &str| if zh { chinese } else { english }.to_owned();
    let of = |both: &[String; 2]| {
        let wanted = &both[usize::from(!zh)];
        if wanted.is_empty() {
            both[usize::from(zh)].clone()
        } else {
            wanted.clone()
        }
    };
    let name = if sources.area.name.is_empty() {
        pick("所绘范围", "Drawn area")
    } else {
        sources.area.name.clone()
    };
    let scene = sources.store.scene()?;
    let city = scene
        .as_ref()
        .map(|s| if zh { s.title.zh.clone() } else { s.title.en.clone() })
        .unwrap_or_default();
    let side = |view: &ScenarioView, own: &str| {
        if view.id == city_model::scenario::BASE_ID {
            pick("现状", "As it is")
        } else {
            format!("{own} ({} r{})", view.id, view.revision)
        }
    };
    let phase = sources.after.phase.map(iso);
    let side_line = format!(
        "{} → {}",
        side(sources.before, &sources.baseline_name),
        side(sources.after, &sources.scenario_name)
    );
    let mut facts = vec![
        (pick("城市", "City"), city),
        (
            pick("面积", "Area"),
            format!("{} m²", shown(Some(sources.area.metres.unsigned_area()), 0)),
        ),
        (pick("对比", "Compared"), side_line.clone()),
        (
            pick("时点", "Phase"),
            phase.unwrap_or_else(|| pick("全部实施", "all carried out")),
        ),
    ];
    let mut flags = Vec::new();
    if let Some(project) = &sources.project {
        let record = &project.record;
        let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "—".to_owned());
        let money = |cny: Option<f64>| match cny {
            Some(cny) if zh => format!("{} 亿元", shown(Some(cny / 1e8), 2)),
            Some(cny) => format!("{} m CNY", shown(Some(cny / 1e6), 1)),
            None => "—".to_owned(),
        };
        facts.extend([
            (pick("镇办", "Town office"), text(&record.town_office)),
            (pick("责任单位", "Unit"), text(&record.responsible_unit)),
            (pick("更新对象", "Class"), text(&record.class)),
            (pick("更新方式", "Way"), text(&record.way)),
            (
                pick("阶段", "Stage"),
                format!("{} {}", text(&record.stage), record.exit.as_deref().unwrap_or("")),
            ),
            (pick("进度", "Progress"), text(&record.progress)),
            (
                pick("起止", "Works"),
                format!("{} — {}", text(&record.start_on), text(&record.finish_on)),
            ),
            (
                pick("总投资/完成", "Investment/done"),
                format!("{} / {}", money(record.investment_cny), money(Some(record.done_cny()))),
            ),
        ]);
        for flag in &project.flags {
            let message = if zh { &flag.message } else { &flag.message_en };
            flags.push(json!({ "kind": flag.kind, "message": message }));
        }
    }
    let titles = [pick("实施前平面图", "Plan before"), pick("实施后平面图", "Plan after")];
    let plans: Vec<Value> = ["before.svg", "after.svg"]
        .iter()
        .zip(titles)
        .zip(plans)
        .map(|((file, title), plan)| {
            let count = |state: &str| plan.counts.get(state).copied().unwrap_or(0);
            let kept = count("existing") + count("retained");
            let counts = if zh {
                format!(
                    "图内建筑: 保留 {kept} · 改造 {} · 拆除 {} · 新建 {}",
                    count("modified"), count("demolished"), count("added")
                )
            } else {
                format!(
                    "Buildings drawn: {kept} kept · {} changed · {} removed · {} new",
                    count("modified"), count("demolished"), count("added")
                )
            };
            json!({ "file": file, "title": title, "caption": format!("1:{}   {counts}", shown(Some(f64::from(plan.scale)), 0)) })
        })
        .collect();
    let indicators: Vec<Value> = sources
        .findings
        .indicators
        .iter()
        .map(|row| {
            let note = row.reason.clone().unwrap_or_else(|| of(&row.formula));
            json!({
                "title": of(&row.title),
                "before": shown(row.before, row.decimals),
                "after": shown(row.after, row.decimals),
                "difference": shown(row.before.zip(row.after).map(|(b, a)| a - b), row.decimals),
                "unit": unit(&row.unit),
                "note": Some(note).filter(|note| !note.is_empty()),
            })
        })
        .collect();
    let rules: Vec<Value> = sources
        .findings
        .rules
        .iter()
        .map(|row| {
            let (verdict, verdict_text) = match row.verdict.as_str() {
                "pass" => ("pass", pick("符合", "pass")),
                "fail" => ("fail", pick("不符合", "fail")),
                _ => ("open", pick("无法判定", "open")),
            };
            let comparator = row.comparator.replace("<=", "≤").replace(">=", "≥");
            let limit = row.limit.map_or_else(
                || "—".to_owned(),
                |_| {
                    format!("{comparator} {} {}", shown(row.limit, 2), unit(&row.unit))
                        .trim_end()
                        .to_owned()
                },
            );
            let note = [row.clause.clone(), of(&row.reason), row.source.clone()];
            json!({
                "title": of(&row.title),
                "reference": !row.verified,
                "note": note.iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join(" · "),
                "value": shown(row.value, 2),
                "limit": limit,
                "margin": shown(row.margin, 2),
                "verdict": verdict,
                "verdict_text": verdict_text,
            })
        })
        .collect();
    let views: Vec<Value> = request
        .views
        .iter()
        .take(num_views)
        .enumerate()
        .map(|(at, view)| json!({ "file": format!("view-{}.png", at + 1), "title": view.title.chars().take(200).collect::<String>() }))
        .collect();
    let value = |path: &str| match hashes.pointer(path) {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => "—".to_owned(),
    };
    let hash_rows = [
        (pick("城市版本", "City revision"), "/city_revision"),
        (pick("瓦片集 BLAKE3", "Tileset, BLAKE3"), "/city_tileset_blake3"),
        (pick("方案", "Scenario"), "/scenario/id"),
        (pick("方案版本", "Scenario revision"), "/scenario/revision"),
        (
            pick("方案状态表 BLAKE3", "Scenario states, BLAKE3"),
            "/scenario/states_blake3",
        ),
        (pick("对比版本", "Baseline revision"), "/baseline/revision"),
        (
            pick("对比状态表 BLAKE3", "Baseline states, BLAKE3"),
            "/baseline/states_blake3",
        ),
        (pick("范围 BLAKE3", "Area, BLAKE3"), "/area_blake3"),
    ];
    let is_generated = scene.is_some_and(|s| s.is_generated);
    Ok(json!({
        "lang": if zh { "zh" } else { "en" },
        "title": name,
        "subtitle": pick("城市更新方案论证包", "Evidence pack of a renewal scenario"),
        "side_line": side_line,
        "footer": format!("Chengjing 城镜 {} · {} {}", env!("CARGO_PKG_VERSION"), pick("城市版本", "city revision"), sources.snapshot.number()),
        "notice": is_generated.then(|| pick("本城市为程序生成的示范数据, 图表与数字不代表任何真实地块。", "This city is generated for demonstration; its figures describe no real place.")),
        "facts": facts.into_iter().map(|(label, value)| json!({ "label": label, "value": value })).collect::<Vec<_>>(),
        "plans": plans,
        "views": views,
        "indicators": indicators,
        "rules": rules,
        "flags": flags,
        "hashes": hash_rows.into_iter().map(|(name, path)| json!({ "name": name, "value": value(path) })).collect::<Vec<_>>(),
        "labels": labels(zh),
    }))
}

/// A unit as people write it: ratios have none.
fn unit(unit: &str) -> &str {
    match unit {
        "1" => "",
        "m2" => "m²",
        other => other,
    }
}

fn labels(zh: bool) -> Value {
    let words = [
        ("kept", "保留", "kept"),
        ("changed", "改造", "changed"),
        ("removed", "拆除", "removed"),
        ("added", "新建", "new"),
        ("green", "绿地", "green"),
        ("water", "水系", "water"),
        ("views", "三维视图", "Views"),
        ("indicators", "指标对比", "Indicators"),
        ("indicator", "指标", "Indicator"),
        ("before", "实施前", "Before"),
        ("after", "实施后", "After"),
        ("difference", "变化", "Change"),
        ("unit", "单位", "Unit"),
        ("no_indicators", "未计算指标。", "No indicators were computed."),
        ("rules", "规则核对", "Rules"),
        ("rule", "规则", "Rule"),
        ("value", "计算值", "Value"),
        ("limit", "限值", "Limit"),
        ("margin", "余量", "Margin"),
        ("verdict", "结论", "Verdict"),
        ("reference", "参考值", "not verified"),
        ("no_rules", "未核对规则。", "No rules were checked."),
        ("flags", "负面清单与提示", "Flags"),
        ("hashes", "版本与校验", "Revisions and hashes"),
        (
            "hashes_note",
            "同一版本且不含浏览器视图时, 重新生成的文件逐字节相同。",
            "Without views of a browser, the same revisions give the same bytes.",
        ),
    ];
    words
        .into_iter()
        .map(|(key, chinese, english)| (key.to_owned(), Value::from(if zh { chinese } else { english })))
        .collect()
}
