//! Tables of a study: buildings, who takes which minutes, and the number of storeys.

use super::Error;
use super::blame::{self, Blame};
use super::findings::Finding;
use super::scene::TERRAIN;
use super::storeys::Answer;
use super::study::Study;
use crate::Task;
use crate::indicators::Text;
use crate::outcome::{Column, Ending, Figure, Outcome, Table, rounded};
use rayon::prelude::*;
use serde_json::{Value, json};

/// Points below the limit that are looked into beside the worst of each building; more is nothing to read.
const MOST_POINTS: usize = 2000;
/// Blockers that a verdict names.
const NAMED: usize = 3;

/// `09:12–10:03, …` of true solar seconds.
fn clock(spells: &[[f64; 2]]) -> String {
    let time = |s: f64| {
        let minutes = (s / 60.0).round() as u64;
        format!("{:02}:{:02}", minutes / 60, minutes % 60)
    };
    let all: Vec<String> = spells
        .iter()
        .map(|[from, to]| format!("{}–{}", time(*from), time(*to)))
        .collect();
    all.join(", ")
}

/// One row for each building with a limit.
pub(super) fn buildings(study: &Study, found: &[Finding]) -> Table {
    let rows = found.iter().filter_map(|finding| {
        let building = study.buildings.get(finding.place)?.as_ref()?;
        let examined = study.examined.get(finding.place)?;
        let rule = study.rules.get(finding.rule)?;
        let path = study.path_of(examined)?;
        let sun = finding.worst.and_then(|(_, k)| examined.deciding.suns.get(k));
        let spells = sun.map_or(&[][..], |sun| sun.spells.as_slice());
        let civil: Vec<[f64; 2]> = spells.iter().map(|s| s.map(|v| path.day.civil_s(v))).collect();
        let hours = finding.worst.map(|(hours, _)| hours);
        Some(vec![
            json!(building.id),
            json!(finding.ending),
            json!(hours.map(|h| rounded(h, 3))),
            json!(rule.limit.value),
            json!(hours.map(|h| rounded((h - rule.limit.value) * 60.0, 1))),
            json!(rule.day.zh),
            json!(clock(spells)),
            json!(clock(&civil)),
            json!(finding.points[0]),
            json!(finding.points[1]),
            json!(rule.limit.is_verified),
        ])
    });
    Table {
        key: "buildings".into(),
        title: Text::new("各栋日照", "Sun of each building"),
        columns: vec![
            Column::new("feature_id", "建筑", "Building", ""),
            Column::new("ending", "结论", "Finding", ""),
            Column::new("hours", "最不利日照时数", "Hours at the worst place", "h"),
            Column::new("limit_h", "标准", "Limit", "h"),
            Column::new("margin_min", "余量", "Margin", "min"),
            Column::new("day", "日照标准日", "Day", ""),
            Column::new("solar_spells", "光照时段(真太阳时)", "Sun (true solar time)", ""),
            Column::new("civil_spells", "光照时段(民用时)", "Sun (civil time)", ""),
            Column::new("points", "检验点", "Points", ""),
            Column::new("points_failing", "不足的点", "Points below the limit", ""),
            Column::new("is_verified", "标准已核实", "Limit verified", ""),
        ],
        rows: rows.collect(),
    }
}

/// Who takes which minutes, as tables and as a sentence for each finding.
pub(super) struct Blamed {
    pub(super) tables: Vec<Table>,
    /// One for each finding.
    pub(super) because: Vec<Option<Text>>,
    /// Points below the limit that were not looked into.
    pub(super) left_out: usize,
}

/// Blames for all points below the limit, in the order of findings and points.
///
/// * `only_worst` — for the worst point of each building alone
///
/// # Errors
/// When the task is cancelled.
pub(super) fn blame(study: &Study, found: &[Finding], only_worst: bool, task: &Task) -> Result<Blamed, Error> {
    let most_points = if only_worst { 0 } else { MOST_POINTS };
    let mut wanted: Vec<(usize, usize)> = vec![];
    let (mut others, mut left_out) = (0, 0);
    for (n, finding) in found.iter().enumerate() {
        let (Some(examined), Some(rule)) = (study.examined.get(finding.place), study.rules.get(finding.rule)) else {
            continue;
        };
        let worst = finding.worst.map(|(_, k)| k);
        let is_bad = matches!(finding.ending, Ending::Fail | Ending::WithinError);
        for (k, (point, sun)) in std::iter::zip(&examined.deciding.points, &examined.deciding.suns).enumerate() {
            let is_below = study.hours(sun) < rule.limit.value;
            if !is_bad || !point.is_open() {
                continue;
            }
            if worst == Some(k) {
                wanted.push((n, k));
            } else if is_below && others < most_points {
                others += 1;
                wanted.push((n, k));
            } else if is_below {
                left_out += 1;
            }
        }
    }
    let blames: Vec<Blame> = wanted
        .par_iter()
        .map(|(n, k)| {
            task.step(0.92)?;
            let examined = found.get(*n).and_then(|f| study.examined.get(f.place));
            let of = examined.and_then(|e| Some((study.path_of(e)?, e.deciding.points.get(*k)?)));
            Ok(of.map_or_else(Blame::default, |(path, point)| {
                blame::of_point(&study.scene, path, point, study.params.refine_s)
            }))
        })
        .collect::<Result<_, Error>>()?;
    let mut because = vec![None; found.len()];
    let (mut by_building, mut by_point) = (vec![], vec![]);
    for ((n, k), blame) in std::iter::zip(wanted, &blames) {
        let Some(finding) = found.get(n) else { continue };
        let id = study.owner_id(finding.place as u32).unwrap_or_default();
        let point = study.examined.get(finding.place).and_then(|e| e.deciding.points.get(k));
        let is_worst = finding.worst.map(|(_, k)| k) == Some(k);
        for share in &blame.shares {
            let minutes = |s: f64| json!(rounded(s / 60.0, 1));
            let shared: Vec<Value> = vec![
                json!(name(study, share.owner).unwrap_or_default()),
                minutes(share.any_s),
                minutes(share.alone_s),
                json!(clock(&share.spells)),
            ];
            if is_worst {
                by_building.push([vec![json!(id)], shared.clone()].concat());
            }
            let [x, y, z] = point
                .map_or([f64::NAN; 3], |p| p.position)
                .map(|v| json!(rounded(v, 2)));
            by_point.push([vec![json!(id), json!(k), x, y, z], shared].concat());
        }
        if let (true, Some(because)) = (is_worst, because.get_mut(n)) {
            *because = sentence(study, blame);
        }
    }
    let taken = || {
        vec![
            Column::new("blocker_id", "遮挡建筑", "Blocker", ""),
            Column::new("any_min", "遮挡时间", "Minutes it takes", "min"),
            Column::new("alone_min", "仅由其遮挡", "Minutes it alone takes", "min"),
            Column::new("spells", "遮挡时段(真太阳时)", "When (true solar time)", ""),
        ]
    };
    let building = || Column::new("feature_id", "建筑", "Building", "");
    let place = [
        building(),
        Column::new("point", "点号", "Point", ""),
        Column::new("x", "x", "x", "m"),
        Column::new("y", "y", "y", "m"),
        Column::new("z", "z", "z", "m"),
    ];
    Ok(Blamed {
        tables: vec![
            Table {
                key: "blame".into(),
                title: Text::new(
                    "遮挡来源(各栋最不利点)",
                    "Who takes the sun (worst place of each building)",
                ),
                columns: [vec![building()], taken()].concat(),
                rows: by_building,
            },
            Table {
                key: "blame_points".into(),
                title: Text::new("遮挡来源(各不足点)", "Who takes the sun (each point below the limit)"),
                columns: [place.to_vec(), taken()].concat(),
                rows: by_point,
            },
        ],
        because,
        left_out,
    })
}

fn name(study: &Study, owner: u32) -> Option<String> {
    if owner == TERRAIN {
        return Some("terrain".into());
    }
    study.owner_id(owner).map(str::to_owned)
}

fn sentence(study: &Study, blame: &Blame) -> Option<Text> {
    let first = blame.shares.iter().take(NAMED);
    let named: Vec<(String, f64, f64)> = first
        .filter_map(|share| Some((name(study, share.owner)?, share.any_s / 60.0, share.alone_s / 60.0)))
        .collect();
    if named.is_empty() {
        return None;
    }
    let zh = |(id, any, alone): &(String, f64, f64)| format!("{id} 遮挡 {any:.0} 分钟(其中仅由其遮挡 {alone:.0} 分钟)");
    let en = |(id, any, alone): &(String, f64, f64)| format!("{id} takes {any:.0} min ({alone:.0} min of it alone)");
    Some(Text::new(
        named.iter().map(zh).collect::<Vec<_>>().join(";"),
        named.iter().map(en).collect::<Vec<_>>().join("; "),
    ))
}

/// Adds the number of storeys that a proposal may have.
pub(super) fn add_storeys(outcome: &mut Outcome, answer: &Answer) {
    let building = &answer.building;
    let certain = Text::new(
        format!("{building} 最多可建层数（可断定各栋都达标）"),
        format!("Storeys that {building} may surely have"),
    );
    let possible = Text::new(
        format!("{building} 最多可建层数（误差内，不能断定有建筑受损）"),
        format!("Storeys up to which {building} surely harms nobody, within the error"),
    );
    outcome.figures.extend([
        Figure::new("most_storeys_certain", certain, f64::from(answer.most_certain), ""),
        Figure::new("most_storeys", possible, f64::from(answer.most), ""),
    ]);
    let mut rows = vec![];
    for trial in &answer.tried {
        let row = |harm: Option<&super::storeys::Harm>| {
            vec![
                json!(trial.storeys),
                json!(rounded(f64::from(trial.storeys) * answer.storey_m, 2)),
                json!(trial.is_certain()),
                json!(trial.is_possible()),
                json!(harm.map(|h| h.id.as_str())),
                json!(harm.map(|h| h.is_certain)),
                json!(harm.map(|h| rounded(h.hours, 3))),
                json!(harm.map(|h| rounded(h.hours_before, 3))),
                json!(harm.map(|h| h.limit_h)),
            ]
        };
        if trial.harmed.is_empty() {
            rows.push(row(None));
        }
        rows.extend(trial.harmed.iter().map(|harm| row(Some(harm))));
    }
    outcome.tables.push(Table {
        key: "storeys".into(),
        title: Text::new("试算层数", "Storeys tried"),
        columns: vec![
            Column::new("storeys", "层数", "Storeys", ""),
            Column::new("height_m", "高度", "Height", "m"),
            Column::new("is_certain", "可断定可行", "Surely fine", ""),
            Column::new("is_possible", "误差内可能可行", "May be fine, within the error", ""),
            Column::new("feature_id", "受影响建筑", "Building that loses its sun, or may", ""),
            Column::new("is_harmed", "可断定受损", "Surely loses it", ""),
            Column::new("hours", "建后时数", "Hours then", "h"),
            Column::new("hours_before", "建前时数", "Hours without", "h"),
            Column::new("limit_h", "标准", "Limit", "h"),
        ],
        rows,
    });
}
