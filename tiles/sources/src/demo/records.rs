//! Full records of the demonstration's renewal projects, worked out from a few figures of the recipe.

use super::recipe::ProjectSpec;
use serde_json::{Value, json};

/// The demonstration plays in the middle of this year.
const YEAR_NOW: u32 = 2025;
/// Money is given in whole 10,000 CNY.
const MONEY_STEP_CNY: f64 = 1e4;
/// Steps of the life cycle with the share of the time from entry (negative: before) to the end of works at which each
/// is due.
const STEPS: [(&str, f64); 10] = [
    ("基础信息", -0.45),
    ("意愿征询", -0.35),
    ("编制审批", -0.2),
    ("实施协商", -0.1),
    ("土地供应", -0.04),
    ("规划许可", 0.0),
    ("验收核实", 1.0),
    ("产权登记", 1.1),
    ("监测监管", 1.2),
    ("实施评估", 1.5),
];

/// Floor area that stands on a square metre of the place, and the shares of it that go and come.
struct Intensity {
    far: f64,
    demolished: f64,
    built_per_demolished: f64,
}

/// Attributes beyond those that the recipe states.
///
/// * `area_m2` — of the footprint
/// * `number` — of the project, from 0: varies days and scores
pub(super) fn details(spec: &ProjectSpec, area_m2: f64, number: usize) -> Vec<(&'static str, Value)> {
    let months = f64::from((spec.year_end - spec.year_start + 1) * 12 - 4);
    // counted in months from January of the first year
    let start = 2.0 + (number % 4) as f64;
    let finish = start + months - (number % 3) as f64;
    let date = |month: f64| iso(spec.year_start, month, number);
    let is_done = matches!(spec.stage.as_str(), "建成" | "运营");
    let is_started = is_done || spec.stage == "开工";
    let is_entered = is_started || spec.stage == "入库";
    let now = f64::from(YEAR_NOW.saturating_sub(spec.year_start) * 12) + 6.0;
    let late = match spec.progress.as_str() {
        "延误" => 3.0,
        "严重滞后" => 8.0,
        _ => 0.0,
    };
    let milestones: Vec<Value> = STEPS
        .iter()
        .map(|(step, share)| {
            let due = start + share * (finish - start).max(10.0);
            let reached = due + late <= now && (*share < 0.0 || is_started) && (*share < 1.0 || is_done);
            let reached = reached && (is_entered || *share < -0.3);
            json!({ "step": step, "planned_on": date(due), "done_on": reached.then(|| date(due + late)) })
        })
        .collect();
    let mut details = vec![
        ("district", json!("上街区")),
        (
            "entered_on",
            if is_entered {
                json!(date(start - 3.0))
            } else {
                Value::Null
            },
        ),
        ("start_on", json!(date(start))),
        ("finish_on", json!(date(finish))),
        ("milestones", milestones.into()),
        ("investment", yearly(spec)),
        (
            "problems",
            spec.problem
                .split(',')
                .map(|problem| Value::from(problem.trim()))
                .collect(),
        ),
        ("review", review(spec, number, is_entered, &date, start)),
    ];
    if let Some(intensity) = intensity(spec) {
        let existing = (area_m2 * intensity.far / 10.0).round() * 10.0;
        let demolished = (existing * intensity.demolished / 10.0).round() * 10.0;
        details.extend([
            ("floor_area_existing_m2", json!(existing)),
            ("floor_area_demolished_m2", json!(demolished)),
            (
                "floor_area_new_m2",
                json!((demolished * intensity.built_per_demolished / 10.0).round() * 10.0),
            ),
        ]);
    }
    if spec.way == "拆除新建" && spec.project_class.contains("城中村") {
        details.push((
            "resettlement_rate",
            json!(f64::from(50 + (number as u32 * 13) % 40) / 100.0),
        ));
    }
    if ["智", "污水", "积水"].iter().any(|word| spec.name.contains(word)) {
        details.push(("smart_pilot", json!(true)));
    }
    details.retain(|(_, value)| !value.is_null());
    details
}

/// A day of a month counted from January of `year`.
fn iso(year: u32, month: f64, number: usize) -> String {
    let months = i64::from(year) * 12 + month.floor() as i64;
    let day = 1 + (number * 7 + (month.abs() * 10.0) as usize) % 28;
    format!("{:04}-{:02}-{day:02}", months.div_euclid(12), months.rem_euclid(12) + 1)
}

/// Planned money rises to the middle of the works and falls again; what was done fills the years in their order.
fn yearly(spec: &ProjectSpec) -> Value {
    let count = spec.year_end - spec.year_start + 1;
    let weight = |k: u32| 1.0 + f64::from(k.min(count - 1 - k));
    let all: f64 = (0..count).map(weight).sum();
    let step = |cny: f64| (cny / MONEY_STEP_CNY).round() * MONEY_STEP_CNY;
    let mut left_planned = spec.investment_cny;
    let mut left_done = step(spec.investment_cny * spec.done);
    (0..count)
        .map(|k| {
            let year = spec.year_start + k;
            let is_last = k + 1 == count;
            let planned = if is_last {
                left_planned
            } else {
                step(spec.investment_cny * weight(k) / all)
            };
            left_planned -= planned;
            // all that is left was done by now
            let is_last_done = year == YEAR_NOW || is_last;
            let done = if is_last_done {
                left_done
            } else {
                left_done.min(planned)
            };
            left_done -= done;
            json!({ "year": year, "planned_cny": planned, "done_cny": (year <= YEAR_NOW).then_some(done) })
        })
        .collect()
}

fn review(spec: &ProjectSpec, number: usize, is_entered: bool, date: &dyn Fn(f64) -> String, start: f64) -> Value {
    let (score, state) = match (is_entered, spec.review_status.as_str()) {
        (true, status) if !status.contains("评审中") => (Some(78.0 + (number * 5 % 19) as f64), "通过"),
        (_, "未评审") => (None, "未评审"),
        _ => (None, "评审中"),
    };
    let on = |months_before: f64| (state == "通过").then(|| date(start - months_before));
    json!({
        "score": score,
        "expert_review": state,
        "public_notice_1": on(5.0),
        "public_notice_2": on(4.0),
        "published_on": on(3.5),
    })
}

fn intensity(spec: &ProjectSpec) -> Option<Intensity> {
    let far = match spec.place.as_str() {
        "village" => 1.55,
        "old_estate" => 1.35,
        "factory" => 0.65,
        "market" => 0.55,
        "old_street" => 0.95,
        "hospital" => 1.3,
        "school" => 0.7,
        "commerce" => 2.1,
        _ => return None,
    };
    let (demolished, built_per_demolished) = match spec.way.as_str() {
        // the first one asks for more than 建科〔2021〕63号 lets pass, so that the rule has something to say
        "拆除新建" if spec.investment_cny > 3e9 => (0.92, 2.6),
        "拆除新建" => (0.9, 1.8),
        "改建完善" => (0.12, 1.5),
        "保护传承" => (0.03, 0.6),
        _ => (0.02, 0.0),
    };
    Some(Intensity {
        far,
        demolished,
        built_per_demolished,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::recipe::Recipe;

    #[test]
    fn money_adds_up_and_dates_are_in_order() {
        for (number, spec) in Recipe::load().unwrap().projects.iter().enumerate() {
            let details = details(spec, 40_000.0, number);
            let get = |key: &str| details.iter().find(|(k, _)| *k == key).map(|(_, v)| v.clone());
            let years = get("investment").unwrap();
            let sum = |key: &str| -> f64 { years.as_array().unwrap().iter().filter_map(|y| y[key].as_f64()).sum() };
            assert!((sum("planned_cny") - spec.investment_cny).abs() < 1.0, "{}", spec.name);
            assert!(
                (sum("done_cny") - spec.investment_cny * spec.done).abs() < 1e4,
                "{}",
                spec.name
            );
            let text = |key: &str| get(key).and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default();
            assert!(text("start_on") < text("finish_on"), "{}", spec.name);
            assert!(text("entered_on") < text("start_on"), "{}", spec.name);
            assert_eq!(get("milestones").unwrap().as_array().unwrap().len(), 10);
            let area = |key: &str| get(key).and_then(|v| v.as_f64()).unwrap_or(0.0);
            assert!(area("floor_area_demolished_m2") <= area("floor_area_existing_m2"));
        }
    }
}
