//! A study as layers to draw and verdicts; tables are made in `tables.rs`.

use super::findings::{self, Finding};
use super::input::{Grid, Usage};
use super::params::Rule;
use super::study::Study;
use super::{Error, VERSION, tables};
use crate::Task;
use crate::indicators::Text;
use crate::outcome::{Class, Ending, Figure, Layer, Legend, Look, MOST_NAMED, Method, Note, Outcome, Shape, Verdict};

/// Colours from no sun to a whole day, even in lightness and safe for colour-blind people (cividis).
const RAMP: [(f64, &str); 10] = [
    (0.0, "#00224e"),
    (0.5, "#15396d"),
    (1.0, "#404c6b"),
    (1.5, "#5d616e"),
    (2.0, "#777879"),
    (3.0, "#918f77"),
    (4.0, "#aea66c"),
    (5.0, "#cbbc5b"),
    (6.0, "#e3d24a"),
    (7.0, "#fee838"),
];
/// Everything that a study says.
///
/// * `is_preview` — who takes the sun is told for the worst place of each building alone
///
/// # Errors
/// When the task is cancelled.
pub(super) fn of(study: &Study, grid: Option<&Grid>, is_preview: bool, task: &Task) -> Result<Outcome, Error> {
    let found = findings::of(study);
    let mut outcome = Outcome {
        method: method(study),
        notes: notes(study, &found),
        figures: figures(study, &found),
        ..Outcome::default()
    };
    outcome.layers.extend(facades(study));
    outcome.layers.extend(grid.map(|grid| ground(study, grid)));
    outcome.layers.extend(buildings(study, &found));
    outcome.tables.push(tables::buildings(study, &found));
    let mut because = vec![None; found.len()];
    if study.params.with_blame {
        let blamed = tables::blame(study, &found, is_preview, task)?;
        because = blamed.because;
        outcome.tables.extend(blamed.tables);
        if blamed.left_out > 0 && !is_preview {
            outcome.notes.push(Note::new(
                "sunshine/blame-cut",
                vec![],
                Text::new(
                    format!(
                        "不足点过多:另有 {} 个点未列遮挡来源(各栋最不利点均已列出)。",
                        blamed.left_out
                    ),
                    format!(
                        "Too many points lack sun: for {} more nobody is named (the worst of each building is).",
                        blamed.left_out
                    ),
                ),
            ));
        }
    }
    outcome.verdicts = std::iter::zip(&found, because)
        .filter_map(|(finding, because)| verdict(study, finding, because))
        .collect();
    Ok(outcome)
}

fn verdict(study: &Study, finding: &Finding, because: Option<Text>) -> Option<Verdict> {
    let building = study.buildings.get(finding.place)?.as_ref()?;
    let rule = study.rules.get(finding.rule)?;
    let nothing = || {
        Text::new(
            "没有可检验的窗台点:外墙全部贴邻、在其他建筑内或在地面以下",
            "No sill to examine: all walls stand against others, inside them or below the ground",
        )
    };
    Some(Verdict {
        feature: building.id.clone(),
        index: building.index,
        what: Text::new(
            format!("{}日照时数", rule.day.zh),
            format!("Hours of sun, {}", rule.day.en),
        ),
        value: finding.worst.map(|(hours, _)| hours),
        unit: "h".into(),
        limit: rule.limit.clone(),
        margin: finding.worst.map(|(hours, _)| hours - rule.limit.value),
        verdict: finding.ending,
        because: if finding.worst.is_none() {
            Some(nothing())
        } else {
            because
        },
    })
}

fn layer(study: &Study, key: &str, title: Text, shape: Shape, values: Vec<f32>) -> Layer {
    let class = |(from, color): (f64, &str)| Class {
        from,
        color: color.into(),
        title: None,
    };
    Layer {
        key: key.into(),
        title,
        unit: "h".into(),
        legend: Legend {
            classes: RAMP.into_iter().map(class).collect(),
            limit: study.rules.first().map(|rule| rule.limit.clone()),
        },
        times_s: vec![0.0],
        shape,
        values,
        error: Some(study.params.error_min / 60.0),
        look: Look::Ramp,
    }
}

fn facades(study: &Study) -> Option<Layer> {
    let (mut centers, mut normals, mut sizes, mut features, mut values) = (vec![], vec![], vec![], vec![], vec![]);
    for (building, examined) in std::iter::zip(&study.buildings, &study.examined) {
        let index = building.as_ref().and_then(|b| b.index).unwrap_or(u32::MAX);
        for (point, sun) in std::iter::zip(&examined.facade.points, &examined.facade.suns) {
            centers.push(point.position);
            normals.push([point.normal[0] as f32, point.normal[1] as f32, 0.0]);
            sizes.push(point.size);
            features.push(index);
            values.push(if point.is_open() {
                study.hours(sun) as f32
            } else {
                f32::NAN
            });
        }
    }
    let shape = Shape::Patches {
        centers,
        normals,
        sizes,
        features,
    };
    let title = Text::new("外墙日照时数", "Hours of sun on façades");
    (!shape.is_empty()).then(|| layer(study, "facade_hours", title, shape, values))
}

fn ground(study: &Study, grid: &Grid) -> Layer {
    let mut values = vec![f32::NAN; grid.heights.len()];
    let suns = std::iter::zip(&study.ground.points, &study.ground.suns);
    for (cell, (point, sun)) in std::iter::zip(&study.ground_cells, suns) {
        if let (true, Some(value)) = (point.is_open(), values.get_mut(*cell as usize)) {
            *value = study.hours(sun) as f32;
        }
    }
    let shape = Shape::Grid {
        origin: grid.origin,
        cell_m: grid.cell_m,
        columns: grid.columns,
        rows: grid.rows,
        heights: grid.heights.clone(),
    };
    layer(
        study,
        "ground_hours",
        Text::new("地面日照时数", "Hours of sun on the ground"),
        shape,
        values,
    )
}

/// A layer a rule: each is held against a limit of its own. That of homes is always there.
fn buildings(study: &Study, found: &[Finding]) -> Vec<Layer> {
    let of_rule = |(number, rule): (usize, &Rule)| {
        let (mut ids, mut indices, mut values) = (vec![], vec![], vec![]);
        for finding in found.iter().filter(|finding| finding.rule == number) {
            let building = study.buildings.get(finding.place).and_then(Option::as_ref);
            if let Some((building, index)) = building.and_then(|b| Some((b, b.index?))) {
                ids.push(building.id.clone());
                indices.push(index);
                values.push(finding.worst.map_or(f32::NAN, |(hours, _)| hours as f32));
            }
        }
        let (day, limit_h) = (&rule.day, rule.limit.value);
        let (key, title) = if number == 0 {
            let title = Text::new("住宅最不利日照时数", "Hours of sun at the worst place of each home");
            ("building_hours".to_owned(), title)
        } else if ids.is_empty() {
            return None;
        } else {
            let title = Text::new(
                format!("最不利日照时数（{}，限值 {limit_h} h）", day.zh),
                format!("Hours of sun at the worst place ({}, limit {limit_h} h)", day.en),
            );
            (format!("building_hours_{number}"), title)
        };
        let mut layer = layer(study, &key, title, Shape::Features { ids, indices }, values);
        layer.legend.limit = Some(rule.limit.clone());
        Some(layer)
    };
    study.rules.iter().enumerate().filter_map(of_rule).collect()
}

fn figures(study: &Study, found: &[Finding]) -> Vec<Figure> {
    let count = |ending: Ending| found.iter().filter(|f| f.ending == ending).count() as f64;
    let figure =
        |key: &str, zh: &str, en: &str, value: f64, unit: &str| Figure::new(key, Text::new(zh, en), value, unit);
    let deciding: usize = found.iter().map(|f| f.points[0]).sum();
    let painted: usize = study.examined.iter().map(|e| e.facade.points.len()).sum();
    vec![
        figure(
            "pass",
            "满足标准的建筑",
            "Buildings that have their sun",
            count(Ending::Pass),
            "",
        ),
        figure(
            "fail",
            "不满足标准的建筑",
            "Buildings that lack it",
            count(Ending::Fail),
            "",
        ),
        figure(
            "within_error",
            "在误差范围内、不作判定的建筑",
            "Buildings too near to the limit to tell",
            count(Ending::WithinError),
            "",
        ),
        figure(
            "not_decidable",
            "数据不足以判定的建筑",
            "Buildings that the data does not decide",
            count(Ending::NotDecidable),
            "",
        ),
        figure("points", "检验点", "Points examined", deciding as f64, ""),
        figure(
            "patches",
            "外墙与地面网格点",
            "Points painted",
            (painted + study.ground.points.len()) as f64,
            "",
        ),
    ]
}

fn notes(study: &Study, found: &[Finding]) -> Vec<Note> {
    let ids = |is: &dyn Fn(&Finding) -> bool| -> Vec<String> {
        let those = found.iter().filter(|f| is(f)).take(MOST_NAMED);
        those
            .filter_map(|f| study.owner_id(f.place as u32).map(str::to_owned))
            .collect()
    };
    let mut notes = vec![];
    let mut add = |code: &str, features: Vec<String>, zh: &str, en: &str| {
        notes.push(Note::new(code, features, Text::new(zh, en)));
    };
    let has_windows = |f: &Finding| {
        study
            .buildings
            .get(f.place)
            .and_then(Option::as_ref)
            .is_some_and(|b| !b.windows.is_empty())
    };
    let without = ids(&|f| !has_windows(f));
    if !without.is_empty() {
        add(
            "sunshine/no-windows",
            without,
            "没有窗户资料:沿朝南外墙(与正南夹角不超过设定值)按间距布点,窗台高于首层地坪,最不利点决定整栋。",
            "No windows are known: sills are placed along façades that face south enough, and the worst of them decides for the building.",
        );
    }
    let buried = ids(&|f| f.left_out[1] > 0);
    if !buried.is_empty() {
        add(
            "sunshine/buried-points",
            buried,
            "部分检验点低于地形面,已略去:请核对首层地坪高程。",
            "Some points lie below the terrain and are left out: check the level of the ground floor.",
        );
    }
    let inside = ids(&|f| f.left_out[0] > 0);
    if !inside.is_empty() {
        add(
            "sunshine/party-walls",
            inside,
            "部分检验点位于贴邻墙面或其他建筑内,已略去。",
            "Some points lie on party walls or inside other buildings and are left out.",
        );
    }
    let no_limit: Vec<String> = std::iter::zip(&study.buildings, &study.examined)
        .filter_map(|(building, examined)| {
            building
                .as_ref()
                .filter(|b| b.is_examined_by(&study.params) && examined.rule.is_none())
        })
        .take(MOST_NAMED)
        .map(|b| b.id.clone())
        .collect();
    if !no_limit.is_empty() {
        add(
            "sunshine/no-limit",
            no_limit,
            "该用途没有日照标准,只绘制时数、不作判定。",
            "There is no limit for this use: hours are painted and nothing is judged.",
        );
    }
    add(
        "sunshine/true-solar-time",
        vec![],
        "有效时间带按当地真太阳时;不计大气折射;太阳按点光源;显示阴影仅供观看,判定以本表为准。",
        "The window is in local true solar time; refraction is left out and the sun is a point. Shadows on screen are for looks only.",
    );
    notes.extend(unknown_use(study));
    notes
}

/// Says what became of the buildings whose use nobody knows: without a word they would only be missing.
fn unknown_use(study: &Study) -> Option<Note> {
    let unknown = study.buildings.iter().flatten();
    let ids: Vec<String> = unknown
        .filter(|building| building.is_examined && building.usage == Usage::Unknown)
        .map(|building| building.id.clone())
        .collect();
    let count = ids.len();
    let (code, text) = if study.params.assume_residential {
        (
            "sunshine/assumed-residential",
            Text::new(
                format!("范围内 {count} 栋建筑用途未知，按住宅检验：结论以其确为住宅为前提。"),
                format!(
                    "The use of {count} buildings in the area is not known; they are examined as homes: findings hold if they are."
                ),
            ),
        )
    } else {
        (
            "sunshine/unknown-use",
            Text::new(
                format!("范围内 {count} 栋建筑用途未知，未检验；可勾选“用途未知的建筑按住宅检验”。"),
                format!(
                    "The use of {count} buildings in the area is not known and they are not examined; “Examine buildings of unknown use as \
                     homes” would do so."
                ),
            ),
        )
    };
    (count > 0).then(|| Note::new(code, ids, text))
}

fn method(study: &Study) -> Method {
    let params = &study.params;
    Method {
        title: Text::new(
            "太阳位置 SPA + 光线遮挡(BVH,任意命中),起止时刻二分求精",
            "Sun by SPA, any-hit rays through a bounding volume hierarchy, starts and ends by bisection",
        ),
        version: VERSION,
        sources: vec![
            "Reda & Andreas, Solar Position Algorithm, NREL/TP-560-34302".into(),
            "Woop, Benthin & Wald, Watertight Ray/Triangle Intersection, JCGT 2(1), 2013".into(),
            "GB 50180-2018 4.0.9".into(),
            "GB/T 50947-2014".into(),
        ],
        validity: Text::new(
            format!(
                "采样 {} s,起止求精 {} s;与盒体解析阴影相差不超过 10 s,太阳位置与 pvlib 相差不超过 0.001°。短于采样步长的光斑或阴影可能漏计;一处太阳位置适用约 5 km 范围。判定误差取 {} min。",
                params.step_s, params.refine_s, params.error_min
            ),
            format!(
                "Samples every {} s, starts and ends to {} s; within 10 s of the closed-form shadow of boxes, the sun within 0.001° of pvlib. \
                 Spells shorter than a step may be missed; one sun serves about 5 km. Findings within {} min of a limit are not decided.",
                params.step_s, params.refine_s, params.error_min
            ),
        ),
    }
}
