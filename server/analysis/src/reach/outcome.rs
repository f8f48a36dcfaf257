//! What was found about reach, as layers, verdicts, tables and notes.

use super::areas::rings;
use super::coverage::KindReach;
use super::graph::Walk;
use super::green::Served;
use super::input::Input;
use super::isochrone::Isochrone;
use super::params::{Params, Rules};
use super::{Prepared, VERSION};
use crate::indicators::Text;
use crate::outcome::{
    Class, Column, Ending, Figure, Layer, Legend, Limit, Look, Method, Note, Outcome, Shape, Table, Verdict,
};
use serde_json::json;

/// Colours of three classes from near to far, even in lightness and safe for colour-blind people (viridis).
const NEAR_TO_FAR: [&str; 3] = ["#fde725", "#21918c", "#440154"];
/// Colours of counts from none to many (cividis, light to dark).
const NONE_TO_MANY: [&str; 5] = ["#fee838", "#bcaf6f", "#7c7b78", "#39486b", "#00224e"];
/// Features named in a note, rows of the table of buildings.
const MOST_NAMED: usize = 100;
const MOST_ROWS: usize = 200;

/// Everything that was found.
pub(super) struct Found<'a> {
    pub input: &'a Input,
    pub params: &'a Params,
    pub rules: &'a Rules,
    pub prepared: &'a Prepared,
    pub isochrone: Option<Isochrone>,
    pub kinds: Vec<KindReach>,
    pub green: Option<Served>,
    pub lost: Vec<[f64; 2]>,
}

/// Puts the outcome together.
pub(super) fn outcome(found: &Found<'_>) -> Outcome {
    let mut outcome = Outcome {
        method: method(found),
        ..Outcome::default()
    };
    if let Some(isochrone) = &found.isochrone {
        reached(found, isochrone, &mut outcome);
    }
    if !found.kinds.is_empty() {
        facilities(found, &mut outcome);
    }
    if let Some(green) = &found.green {
        parks(found, green, &mut outcome);
    }
    notes(found, &mut outcome);
    outcome
}

fn layer(key: &str, title: Text, unit: &str, legend: Legend, shape: Shape, values: Vec<f32>) -> Layer {
    Layer {
        key: key.to_owned(),
        title,
        unit: unit.to_owned(),
        legend,
        times_s: vec![0.0],
        shape,
        values,
        error: None,
        look: Look::Ramp,
    }
}

fn figure(key: String, title: Text, value: f64, unit: &str) -> Figure {
    Figure {
        key,
        title,
        value,
        unit: unit.to_owned(),
    }
}

fn column(key: &str, zh: &str, en: &str, unit: &str) -> Column {
    Column {
        key: key.to_owned(),
        title: Text::new(zh, en),
        unit: unit.to_owned(),
    }
}

fn reached(found: &Found<'_>, isochrone: &Isochrone, outcome: &mut Outcome) {
    let (rules, graph) = (found.rules, &found.prepared.graph);
    let speed = rules.walk_speed.metres_per_minute;
    let color = |i: usize| NEAR_TO_FAR[i.min(NEAR_TO_FAR.len() - 1)].to_owned();
    let classes = rules.circles.iter().enumerate().map(|(i, circle)| Class {
        from: if i == 0 {
            0.0
        } else {
            rules.circles[i - 1].distance_m / speed
        },
        color: color(i),
        title: Some(Text::new(
            format!("{}(≤ {} m)", circle.title.zh, circle.distance_m),
            format!("{} (≤ {} m)", circle.title.en, circle.distance_m),
        )),
    });
    let legend = Legend {
        classes: classes.collect(),
        limit: None,
    };

    let (mut vertices, mut starts, mut values) = (Vec::new(), Vec::new(), Vec::new());
    for (edge, stretch) in &isochrone.stretches {
        starts.push(vertices.len() as u32);
        for (point, length_m) in Walk::draw(graph, *edge, stretch) {
            vertices.push(point);
            values.push((length_m / speed) as f32);
        }
    }
    let shape = Shape::Lines { vertices, starts };
    let mut lines = layer(
        "minutes",
        Text::new("步行时间", "Walking time"),
        "min",
        legend.clone(),
        shape,
        values,
    );
    lines.error = Some(found.params.error_m / speed);

    // the largest first: smaller circles are drawn over it
    let (mut polygons, mut values) = (Vec::new(), Vec::new());
    for (circle, area) in rules.circles.iter().zip(&isochrone.areas).rev() {
        let parts = rings(area);
        values.extend(std::iter::repeat_n(circle.minutes as f32, parts.len()));
        polygons.extend(parts);
    }
    let classes = rules.circles.iter().enumerate().map(|(i, circle)| Class {
        from: circle.minutes,
        color: color(i),
        title: Some(circle.title.clone()),
    });
    let circles = Legend {
        classes: classes.collect(),
        limit: None,
    };
    let areas = layer(
        "circles",
        Text::new("生活圈范围", "Circles of daily life"),
        "min",
        circles,
        Shape::Areas { polygons },
        values,
    );
    outcome.layers.extend([lines, areas]);

    let walks: Vec<Option<f64>> = found
        .prepared
        .places
        .buildings
        .iter()
        .map(|place| place.as_ref().and_then(|p| isochrone.walk.to(graph, p)))
        .collect();
    if !found.input.buildings.is_empty() {
        let values = walks
            .iter()
            .map(|m| m.map_or(f32::NAN, |m| (m / speed) as f32))
            .collect();
        let title = Text::new("建筑步行时间", "Walking time of buildings");
        let mut layer = layer("building_minutes", title, "min", legend, buildings(found.input), values);
        layer.error = Some(found.params.error_m / speed);
        outcome.layers.push(layer);
    }

    let mut rows = Vec::new();
    for (i, circle) in rules.circles.iter().enumerate() {
        let within = |m: &Option<f64>| m.is_some_and(|m| m <= circle.distance_m);
        let inside = walks.iter().zip(&found.input.buildings).filter(|(m, _)| within(m));
        let (people, count) = inside.fold((0.0, 0), |(people, n), (_, b)| (people + b.people, n + 1));
        let area_m2 = crate::geometry::area_m2(&isochrone.areas[i]);
        let facilities = found.prepared.places.facilities.iter().flatten();
        let facilities = facilities.filter(|p| within(&isochrone.walk.to(graph, p))).count();
        rows.push(vec![
            json!(circle.title.zh),
            json!(circle.title.en),
            json!(circle.distance_m),
            json!(count),
            json!(people),
            json!(facilities),
            json!(isochrone.streets_m[i]),
            json!(area_m2),
        ]);
        let (zh, en) = (&circle.title.zh, &circle.title.en);
        outcome.figures.extend([
            figure(
                format!("people_{}", circle.id),
                Text::new(format!("{zh}人口"), format!("People in the {en}")),
                people,
                "1",
            ),
            figure(
                format!("area_{}", circle.id),
                Text::new(format!("{zh}面积"), format!("Area of the {en}")),
                area_m2,
                "m2",
            ),
        ]);
    }
    outcome.tables.push(Table {
        key: "circles".into(),
        title: Text::new("生活圈", "Circles of daily life"),
        columns: vec![
            column("circle", "生活圈", "Circle (Chinese)", ""),
            column("circle_en", "生活圈(英文)", "Circle", ""),
            column("distance", "步行距离", "Walking distance", "m"),
            column("buildings", "建筑", "Buildings", "1"),
            column("people", "人口", "People", "1"),
            column("facilities", "设施", "Facilities", "1"),
            column("streets", "可达道路", "Streets reached", "m"),
            column("area", "面积", "Area", "m2"),
        ],
        rows,
    });
}

fn buildings(input: &Input) -> Shape {
    Shape::Features {
        ids: input.buildings.iter().map(|b| b.id.clone()).collect(),
        indices: input.buildings.iter().map(|b| b.index).collect(),
    }
}

fn facilities(found: &Found<'_>, outcome: &mut Outcome) {
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
            column("kind", "设施", "Kind (Chinese)", ""),
            column("kind_en", "设施(英文)", "Kind", ""),
            column("distance", "步行距离", "Walking distance", "m"),
            column("facilities", "数量", "Facilities", "1"),
            column("people", "覆盖人口", "People served", "1"),
            column("share", "覆盖率", "Share served", "1"),
            column("share_low", "覆盖率下限", "Share, at least", "1"),
            column("share_high", "覆盖率上限", "Share, at most", "1"),
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
            column("feature_id", "建筑", "Building", ""),
            column("people", "人口", "People", "1"),
            column("missing", "缺少类别", "Kinds lacking", "1"),
            column("kinds", "缺少的设施", "Kinds (Chinese)", ""),
            column("kinds_en", "缺少的设施(英文)", "Kinds", ""),
        ],
        rows: rows.collect(),
    });
}

fn parks(found: &Found<'_>, green: &Served, outcome: &mut Outcome) {
    let rules = &found.rules.green;
    let (mut polygons, mut values) = (Vec::new(), Vec::new());
    for (value, part) in [(1.0, &green.served), (0.0, &green.unserved)] {
        let parts = rings(part);
        values.extend(std::iter::repeat_n(value, parts.len()));
        polygons.extend(parts);
    }
    let class = |from, color: &str, zh, en| Class {
        from,
        color: color.to_owned(),
        title: Some(Text::new(zh, en)),
    };
    let legend = Legend {
        classes: vec![
            class(0.0, "#d55e00", "未覆盖", "Not served"),
            class(1.0, "#009e73", "已覆盖", "Served"),
        ],
        limit: None,
    };
    let title = Text::new("居住用地的公园服务", "Residential land served by parks");
    outcome.layers.push(layer(
        "green_land",
        title,
        "1",
        legend,
        Shape::Areas { polygons },
        values,
    ));
    let (mut polygons, mut values) = (Vec::new(), Vec::new());
    for (tier, area) in rules.tiers.iter().zip(&green.areas) {
        let parts = rings(area);
        values.extend(std::iter::repeat_n(tier.radius_m as f32, parts.len()));
        polygons.extend(parts);
    }
    let mut classes: Vec<Class> = rules
        .tiers
        .iter()
        .zip(["#1b7837", "#7fbf7b", "#d9f0d3"].into_iter().cycle())
        .map(|(tier, color)| Class {
            from: tier.radius_m,
            color: color.to_owned(),
            title: None,
        })
        .collect();
    classes.sort_by(|a, b| a.from.total_cmp(&b.from));
    let title = Text::new("公园服务范围(直线)", "Service areas of parks (straight line)");
    let legend = Legend { classes, limit: None };
    outcome.layers.push(layer(
        "green_areas",
        title,
        "m",
        legend,
        Shape::Areas { polygons },
        values,
    ));

    let share = green.share();
    let margin = share.map(|s| s - rules.coverage.share);
    outcome.verdicts.push(Verdict {
        feature: found.input.area.id.clone(),
        index: found.input.area.index,
        what: Text::new(
            "公园绿化活动场地服务半径覆盖率",
            "Residential land within the service areas of parks",
        ),
        value: share,
        unit: "1".into(),
        limit: Limit {
            value: rules.coverage.share,
            source: format!("{};{}", rules.source, rules.coverage.source),
            is_verified: rules.is_verified && rules.coverage.is_verified,
        },
        margin,
        // the circles' polygons leave out at most r·(1 − cos 1°) at the rim: a few ten-thousandths of the land
        verdict: Ending::of(margin, 5e-4),
        because: share
            .is_none()
            .then(|| Text::new("范围内没有居住用地", "there is no residential land in the area")),
    });
    outcome.figures.extend([
        figure(
            "home_land".into(),
            Text::new("居住用地", "Residential land"),
            green.land_m2,
            "m2",
        ),
        figure(
            "home_land_served".into(),
            Text::new("公园覆盖的居住用地", "Residential land served"),
            green.served_m2,
            "m2",
        ),
    ]);
    let rows = rules.tiers.iter().zip(&green.num_parks).zip(&green.areas);
    outcome.tables.push(Table {
        key: "green".into(),
        title: Text::new("公园", "Parks"),
        columns: vec![
            column("min_area", "面积不小于", "Area of at least", "m2"),
            column("radius", "服务半径", "Service radius", "m"),
            column("parks", "公园", "Parks", "1"),
            column("area", "服务范围面积", "Area served", "m2"),
        ],
        rows: rows
            .map(|((t, n), area)| {
                vec![
                    json!(t.min_area_m2),
                    json!(t.radius_m),
                    json!(n),
                    json!(crate::geometry::area_m2(area)),
                ]
            })
            .collect(),
    });
}

fn note(code: &str, features: impl Iterator<Item = String>, zh: String, en: String) -> Note {
    Note {
        code: code.to_owned(),
        features: features.take(MOST_NAMED).collect(),
        text: Text::new(zh, en),
    }
}

fn notes(found: &Found<'_>, outcome: &mut Outcome) {
    let (input, done) = (found.input, &found.prepared.done);
    let streets =
        |numbers: &[u32]| -> Vec<String> { numbers.iter().map(|n| input.streets[*n as usize].id.clone()).collect() };
    let mut add = |code: &str, features: Vec<String>, zh: &str, en: &str| {
        if !features.is_empty() {
            let count = features.len();
            outcome.notes.push(note(
                code,
                features.into_iter(),
                format!("{count} {zh}"),
                format!("{count} {en}"),
            ));
        }
    };
    add(
        "reach/short-street",
        streets(&done.dropped),
        "条道路短于捕捉距离,未计入",
        "streets are no longer than the snapping distance and were left out",
    );
    add(
        "reach/interrupted",
        streets(&done.interrupted),
        "条道路被铁路、河流等阻断",
        "streets are interrupted by barriers (railways, water)",
    );
    let idle = done
        .idle_junctions
        .iter()
        .map(|n| input.junctions[*n as usize].id.clone())
        .collect();
    add(
        "reach/idle-junction",
        idle,
        "个路口面没有连接两条以上道路",
        "junctions join fewer than two streets",
    );
    let off = |places: &[Option<super::graph::Place>], ids: &mut dyn Iterator<Item = String>| -> Vec<String> {
        ids.zip(places)
            .filter(|(_, place)| place.is_none())
            .map(|(id, _)| id)
            .collect()
    };
    let places = &found.prepared.places;
    let far = off(&places.buildings, &mut input.buildings.iter().map(|b| b.id.clone()));
    add(
        "reach/building-off-street",
        far,
        "栋建筑附近没有可达道路,视为不可达",
        "buildings have no street near and count as not reached",
    );
    let far = off(&places.facilities, &mut input.facilities.iter().map(|f| f.id.clone()));
    add(
        "reach/facility-off-street",
        far,
        "处设施附近没有可达道路,不参与计算",
        "facilities have no street near and are left out",
    );
    let lost = found.lost.iter().map(|p| format!("{:.1}, {:.1}", p[0], p[1])).collect();
    add(
        "reach/start-off-street",
        lost,
        "个起点附近没有可达道路",
        "starts have no street near",
    );
    let absent = found.kinds.iter().filter(|k| k.num_facilities == 0);
    let absent = absent.map(|k| found.rules.kinds[k.kind].id.clone()).collect();
    add(
        "reach/no-facility",
        absent,
        "类设施没有数据,不作判定",
        "kinds of facilities are not in the data and are not judged",
    );
    if !input.buildings.is_empty() && input.buildings.iter().all(|b| b.people <= 0.0) {
        let zh = "建筑没有人口数据,覆盖率无法计算".to_owned();
        outcome.notes.push(note(
            "reach/no-people",
            std::iter::empty(),
            zh,
            "no building holds a number of people: shares cannot be told".into(),
        ));
    }
    let p = found.params;
    outcome.notes.push(note(
        "reach/assumptions",
        std::iter::empty(),
        format!(
            "建筑和设施从其点位直线走到最近的道路(不超过 {} m,不跨越障碍);可达范围为道路两侧 {} m,小于 {} m² 的街块填实;步行距离误差取 {} m",
            p.access_m, p.corridor_m, p.filled_block_m2, p.error_m
        ),
        format!(
            "buildings and facilities are met by a straight way to the nearest street (at most {} m, not across barriers); \
             the reached area is {} m on either side of streets with blocks below {} m² filled; walks are taken to be good to {} m",
            p.access_m, p.corridor_m, p.filled_block_m2, p.error_m
        ),
    ));
}

fn method(found: &Found<'_>) -> Method {
    let rules = found.rules;
    let mut sources = vec![
        format!(
            "步行速度 {} m/min:{}",
            rules.walk_speed.metres_per_minute, rules.walk_speed.source
        ),
        "Dijkstra, E. W. (1959), A note on two problems in connexion with graphs".to_owned(),
    ];
    sources.extend(rules.circles.iter().map(|c| c.source.clone()));
    if found.green.is_some() {
        sources.push(rules.green.source.clone());
    }
    Method {
        title: Text::new(
            "沿道路中心线的最短步行距离;公园按直线服务半径",
            "Shortest walks along street centre lines; parks by straight-line radius",
        ),
        version: VERSION,
        sources,
        validity: Text::new(
            "平面距离,不计坡度、红绿灯等候和小区内部绕行;道路网缺失的步道会使结果偏小。与 NetworkX 的最短路一致到 1e-9,面积与 Shapely 一致到 1e-6。",
            "Distances in plan, without slope, waiting at lights or ways inside estates; footpaths that the data lacks make reach too small. \
             Walks agree with NetworkX to 1e-9, areas with Shapely to 1e-6.",
        ),
    }
}
