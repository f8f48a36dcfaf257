//! The answer for people: layers of depth, speed, duration and arrival, verdicts, tables and what was assumed.

use super::catalogue::Catalogue;
use super::error::Error;
use super::input::Input;
use super::judge::{self, Wet};
use super::params::{Params, Rain, USUAL_PEAK_RATIO};
use super::raster::cells_in;
use super::sides;
use super::solver::{Run, simulate};
use crate::indicators::Text;
use crate::outcome::{
    Class, Column, Ending, Figure, Layer, Legend, Limit, Look, Method, Note, Outcome, Shape, Table, rounded,
};
use crate::task::Task;
use serde_json::{Value, json};

/// Changes whenever the numbers of a run may change.
pub const VERSION: u32 = 1;

/// Depth classes: lower bound in metres, colour (light to dark, apart for every kind of colour vision), words.
const DEPTHS: [(f64, &str, [&str; 2]); 6] = [
    (0.03, "#d6e8f5", ["湿滑", "Wet"]),
    (0.15, "#9ecae1", ["积水 ≥ 15 cm", "Flooded, 15 cm or more"]),
    (0.30, "#5ba3cf", ["没过车轮", "Over the wheels"]),
    (0.50, "#2b79b5", ["严重 ≥ 50 cm", "Severe, 50 cm or more"]),
    (1.00, "#14519a", ["齐腰", "waist-deep"]),
    (2.00, "#0b2a5c", ["没顶", "over one's head"]),
];

/// Speed classes, m/s.
const SPEEDS: [(f64, &str); 5] = [
    (0.1, "#fcfdbf"),
    (0.3, "#fe9f6d"),
    (0.6, "#de4968"),
    (1.0, "#8c2981"),
    (2.0, "#3b0f70"),
];

/// Duration classes, hours.
const HOURS: [(f64, &str); 5] = [
    (0.01, "#fde725"),
    (0.5, "#5ec962"),
    (1.0, "#21918c"),
    (2.0, "#3b528b"),
    (4.0, "#440154"),
];

/// Arrival classes, minutes: soonest darkest.
const ARRIVALS: [(f64, &str); 5] = [
    (0.0, "#440154"),
    (15.0, "#3b528b"),
    (30.0, "#21918c"),
    (60.0, "#5ec962"),
    (120.0, "#fde725"),
];

/// Runs a flood and says what it means.
///
/// # Errors
/// See [`simulate`].
pub fn run(input: &Input, params: &Params, task: &Task) -> Result<Outcome, Error> {
    run_with(input, params, &Catalogue::built_in()?, task)
}

/// The same with an operator's own formulas, surfaces and limits.
///
/// # Errors
/// See [`simulate`].
pub fn run_with(input: &Input, params: &Params, catalogue: &Catalogue, task: &Task) -> Result<Outcome, Error> {
    let run = simulate(input, params, catalogue, task)?;
    let buildings = judge::buildings(input, params, &run);
    let roads = judge::roads(input, params, catalogue, &run);
    let mut verdicts: Vec<_> = buildings
        .iter()
        .map(|wet| judge::floor_verdict(&input.buildings[wet.place], wet, params, catalogue))
        .collect();
    for wet in &roads {
        verdicts.extend(judge::road_verdicts(&input.roads[wet.place], wet, params, catalogue));
    }
    let tables = vec![
        buildings_table(input, &buildings),
        roads_table(input, &roads),
        inlets_table(input, &run),
        balance_table(&run),
    ];
    let mut figures = figures(input, params, &run);
    for (key, zh, en, ending) in [
        (
            "verdicts_failed",
            "不达标项数",
            "Findings over their limit",
            Ending::Fail,
        ),
        (
            "verdicts_within_error",
            "误差范围内不可判定项数",
            "Findings within the error",
            Ending::WithinError,
        ),
    ] {
        let n = verdicts.iter().filter(|v| v.verdict == ending).count();
        figures.push(figure(key, zh, en, n as f64, ""));
    }
    let notes = notes(input, params, catalogue, &run)?;
    let mut layers = vec![];
    feature_layers(input, &buildings, &roads, &mut layers);
    grid_layers(input, params, catalogue, run, &mut layers);
    // the surface of the water is what people want to see first
    layers.rotate_left(2);
    Ok(Outcome {
        layers,
        verdicts,
        tables,
        figures,
        notes,
        method: method(params),
    })
}

fn method(params: &Params) -> Method {
    let e = params.depth_error_m;
    Method {
        title: Text::new(
            "二维局部惯性方程(de Almeida 2012)",
            "2D local-inertial equations (de Almeida 2012)",
        ),
        version: VERSION,
        sources: [
            "de Almeida, Bates, Freer & Souvignet 2012, Water Resources Research 48, W05528",
            "Keifer & Chu 1957 (Chicago hyetograph); GB 51222-2017; GB 50014-2021",
            "Green & Ampt 1911 in Chow, Maidment & Mays 1988; FHWA HEC-22 (inlets)",
        ]
        .map(str::to_owned)
        .to_vec(),
        validity: Text::new(
            format!(
                "适用于缓流(弗劳德数小于 1);急流、跌水和溃坝锋面被限制在弗劳德数 {},不可靠。判定按水深误差 {e} m 留有余地。",
                params.scheme.froude
            ),
            format!(
                "Holds for subcritical flow; jets, falls and dam-break fronts are held to a Froude number of {} and are not \
                 reliable. Verdicts allow for an error of {e} m in depth.",
                params.scheme.froude
            ),
        ),
    }
}

fn legend<const N: usize>(classes: [(f64, &str); N]) -> Legend {
    Legend {
        classes: classes
            .into_iter()
            .map(|(from, color)| Class {
                from,
                color: color.to_owned(),
                title: None,
            })
            .collect(),
        limit: None,
    }
}

fn depth_legend(catalogue: &Catalogue) -> Legend {
    let lane = &catalogue.data.lane_depth_m;
    Legend {
        classes: DEPTHS
            .iter()
            .map(|(from, color, [zh, en])| Class {
                from: *from,
                color: (*color).to_owned(),
                title: Some(Text::new(*zh, *en)),
            })
            .collect(),
        limit: Some(Limit {
            value: lane.value,
            source: lane.source.clone(),
            is_verified: lane.is_verified,
        }),
    }
}

fn grid_layers(input: &Input, params: &Params, catalogue: &Catalogue, run: Run, layers: &mut Vec<Layer>) {
    let heights = judge::drawn_ground(input, &run);
    let grid = run.terrain.grid;
    let shape = || Shape::Grid {
        origin: grid.origin,
        cell_m: grid.cell_m,
        columns: grid.columns,
        rows: grid.rows,
        heights: heights.clone(),
    };
    let layer = |key: &str, title: Text, unit: &str, legend: Legend, values: Vec<f32>| Layer {
        key: key.to_owned(),
        title,
        unit: unit.to_owned(),
        legend,
        times_s: vec![0.0],
        shape: shape(),
        values,
        error: None,
        look: Look::Ramp,
    };
    let threshold = params.flooded_depth_m;
    layers.push(Layer {
        look: Look::Water,
        error: Some(params.depth_error_m),
        ..layer(
            "max_depth",
            Text::new("最大积水深度", "Largest depth"),
            "m",
            depth_legend(catalogue),
            run.max_depth_m,
        )
    });
    layers.push(Layer {
        look: Look::Water,
        error: Some(params.depth_error_m),
        times_s: run.times_s,
        ..layer(
            "depth",
            Text::new("积水深度过程", "Depth over time"),
            "m",
            depth_legend(catalogue),
            run.depths_m,
        )
    });
    layers.push(layer(
        "max_speed",
        Text::new("最大流速", "Largest speed"),
        "m/s",
        legend(SPEEDS),
        run.max_speed_m_s,
    ));
    layers.push(layer(
        "flooded_h",
        Text::new(
            format!("积水超过 {threshold} m 的时长"),
            format!("Hours above {threshold} m"),
        ),
        "h",
        legend(HOURS),
        run.flooded_s.iter().map(|s| s / 3600.0).collect(),
    ));
    layers.push(layer(
        "arrival_min",
        Text::new(
            format!("积水达到 {} m 的时刻", params.arrival_depth_m),
            format!("Minutes until the water is {} m deep", params.arrival_depth_m),
        ),
        "min",
        legend(ARRIVALS),
        run.arrival_s.iter().map(|s| s / 60.0).collect(),
    ));
}

fn feature_layers(input: &Input, buildings: &[Wet], roads: &[Wet], layers: &mut Vec<Layer>) {
    let layer = |key: &str, title: Text, features: Vec<(String, u32, f64)>| Layer {
        key: key.to_owned(),
        title,
        unit: "h".to_owned(),
        legend: legend(HOURS),
        times_s: vec![0.0],
        values: features.iter().map(|f| (f.2 / 3600.0) as f32).collect(),
        shape: Shape::Features {
            indices: features.iter().map(|f| f.1).collect(),
            ids: features.into_iter().map(|f| f.0).collect(),
        },
        error: None,
        look: Look::Ramp,
    };
    // what has no number yet cannot be coloured; it is in the tables
    let of_buildings = buildings.iter().filter_map(|wet| {
        let building = &input.buildings[wet.place];
        building.index.map(|index| (building.id.clone(), index, wet.flooded_s))
    });
    let of_roads = roads.iter().filter_map(|wet| {
        let road = &input.roads[wet.place];
        road.index.map(|index| (road.id.clone(), index, wet.flooded_s))
    });
    let hours = Text::new("建筑周边积水时长", "Hours of water around buildings");
    layers.push(layer("building_flooded_h", hours, of_buildings.collect()));
    let hours = Text::new("道路积水时长", "Hours of water on roads");
    layers.push(layer("road_flooded_h", hours, of_roads.collect()));
}

fn optional(value: Option<f64>, digits: i32) -> Value {
    value.map_or(Value::Null, |v| json!(rounded(v, digits)))
}

/// Rows with the longest flooded first.
fn sorted(list: &[Wet]) -> Vec<&Wet> {
    let mut rows: Vec<&Wet> = list.iter().collect();
    rows.sort_by(|a, b| {
        let depth = |w: &Wet| w.other_m.unwrap_or(f64::NEG_INFINITY);
        let by_depth = depth(b).total_cmp(&depth(a));
        b.flooded_s
            .total_cmp(&a.flooded_s)
            .then(by_depth)
            .then(a.place.cmp(&b.place))
    });
    rows
}

fn buildings_table(input: &Input, list: &[Wet]) -> Table {
    let row = |wet: &&Wet| {
        vec![
            json!(input.buildings[wet.place].id),
            json!(rounded(wet.flooded_s / 3600.0, 2)),
            optional(wet.depth_m, 3),
            optional(wet.other_m, 3),
            optional(wet.arrival_s.map(|s| s / 60.0), 1),
        ]
    };
    Table {
        key: "buildings".to_owned(),
        title: Text::new("建筑积水情况", "Water at buildings"),
        columns: vec![
            Column::new("feature_id", "建筑", "Building", ""),
            Column::new("flooded_h", "积水时长", "Flooded", "h"),
            Column::new("depth_m", "墙外最大水深", "Depth outside", "m"),
            Column::new("above_floor_m", "高出底层", "Above the floor", "m"),
            Column::new("arrival_min", "到达时刻", "Arrival", "min"),
        ],
        rows: sorted(list).iter().map(row).collect(),
    }
}

fn roads_table(input: &Input, list: &[Wet]) -> Table {
    let row = |wet: &&Wet| {
        vec![
            json!(input.roads[wet.place].id),
            json!(rounded(wet.flooded_s / 3600.0, 2)),
            optional(wet.depth_m, 3),
            optional(wet.other_m, 3),
            optional(wet.arrival_s.map(|s| s / 60.0), 1),
        ]
    };
    Table {
        key: "roads".to_owned(),
        title: Text::new("道路积水情况", "Water on roads"),
        columns: vec![
            Column::new("feature_id", "道路", "Road", ""),
            Column::new("flooded_h", "积水时长", "Flooded", "h"),
            Column::new("lane_depth_m", "最浅车道水深", "Depth in the best lane", "m"),
            Column::new("depth_m", "路面最大水深", "Largest depth", "m"),
            Column::new("arrival_min", "到达时刻", "Arrival", "min"),
        ],
        rows: sorted(list).iter().map(row).collect(),
    }
}

fn inlets_table(input: &Input, run: &Run) -> Table {
    let rows = input.inlets.iter().zip(&run.inlets_m3);
    Table {
        key: "inlets".to_owned(),
        title: Text::new("雨水口排水量", "Water taken by inlets"),
        columns: vec![
            Column::new("feature_id", "雨水口", "Inlet", ""),
            Column::new("drained_m3", "排水量", "Taken", "m3"),
        ],
        rows: rows
            .map(|(inlet, taken)| vec![json!(inlet.id), json!(rounded(*taken, 2))])
            .collect(),
    }
}

fn balance_table(run: &Run) -> Table {
    let b = run.balance;
    let rows = [
        ("initial", "初始水量", "There at the start", b.initial_m3),
        ("rain", "降雨", "Rain", b.rain_m3),
        ("lost", "径流系数扣损", "Never ran off", b.lost_m3),
        ("inflow", "外来水量", "Inflows", b.inflow_m3),
        ("infiltrated", "下渗", "Infiltrated", b.infiltrated_m3),
        ("drained", "雨水口排走", "Taken by inlets", b.drained_m3),
        ("outflow", "边界流出", "Left over the edges", b.outflow_m3),
        ("stored", "结束时地面存水", "On the ground at the end", b.stored_m3),
    ];
    Table {
        key: "balance".to_owned(),
        title: Text::new("水量平衡", "Account of the water"),
        columns: vec![
            Column::new("key", "项", "Item", ""),
            Column::new("title_zh", "名称", "Chinese", ""),
            Column::new("title_en", "英文", "English", ""),
            Column::new("volume_m3", "水量", "Volume", "m3"),
        ],
        rows: rows
            .map(|(key, zh, en, v)| vec![json!(key), json!(zh), json!(en), json!(rounded(v, 3))])
            .to_vec(),
    }
}

fn figure(key: &str, zh: &str, en: &str, value: f64, unit: &str) -> Figure {
    Figure::new(key, Text::new(zh, en), value, unit)
}

fn figures(input: &Input, params: &Params, run: &Run) -> Vec<Figure> {
    let area = run.terrain.grid.cell_m2();
    let cells: Vec<f32> = if input.area.0.is_empty() {
        run.max_depth_m.clone()
    } else {
        let inside = cells_in(&run.terrain.grid, &input.area).into_iter();
        inside.map(|cell| run.max_depth_m[cell as usize]).collect()
    };
    let flooded = cells.iter().filter(|d| f64::from(**d) > params.flooded_depth_m).count();
    let deepest = cells.iter().fold(0.0_f32, |m, d| m.max(*d));
    let rain_mm = run.balance.rain_m3 / (run.terrain.num_rained as f64 * area) * 1000.0;
    vec![
        figure("rain_mm", "降雨总量", "Rain", rain_mm, "mm"),
        figure(
            "flooded_m2",
            "最大积水面积",
            "Flooded area",
            flooded as f64 * area,
            "m2",
        ),
        figure("deepest_m", "最大水深", "Largest depth", f64::from(deepest), "m"),
        figure(
            "drained_m3",
            "雨水口排走水量",
            "Taken by inlets",
            run.balance.drained_m3,
            "m3",
        ),
        figure(
            "mass_error",
            "水量平衡相对误差",
            "Relative error of the water account",
            run.balance.relative_error(),
            "",
        ),
        figure("cells", "网格数", "Cells", run.terrain.grid.len() as f64, ""),
        figure("steps", "时间步数", "Time steps", run.num_steps as f64, ""),
    ]
}

fn notes(input: &Input, params: &Params, catalogue: &Catalogue, run: &Run) -> Result<Vec<Note>, Error> {
    let mut notes = run.terrain.notes.clone();
    let mut note = |code: &str, features: Vec<String>, zh: String, en: String| {
        notes.push(Note::new(code, features, Text::new(zh, en)));
    };
    if let Some(formula) = params.rain.formula(catalogue)? {
        note(
            "flood/design-storm",
            vec![],
            format!(
                "设计暴雨({}),不代表任何一场实际降雨;来源:{}",
                formula.title.zh, formula.source
            ),
            format!(
                "a design storm ({}), not a storm that fell; source: {}",
                formula.title.en, formula.source
            ),
        );
        if !formula.is_verified {
            note(
                "flood/formula-unverified",
                vec![],
                "暴雨强度公式未经核实,结果为参考值".to_owned(),
                "the storm formula is not verified: results are for reference".to_owned(),
            );
        }
        if let Rain::Storm {
            peak_ratio: None,
            duration_min,
            ..
        } = &params.rain
            && formula.peak_ratio(*duration_min).is_none()
        {
            note(
                "flood/peak-assumed",
                vec![],
                format!("雨峰系数未给出,按 {USUAL_PEAK_RATIO} 假定"),
                format!("no peak ratio is known; {USUAL_PEAK_RATIO} is assumed"),
            );
        }
    }
    let unverified: Vec<String> = catalogue
        .data
        .surfaces
        .iter()
        .filter(|s| !s.is_verified)
        .map(|s| s.key.clone())
        .collect();
    if !unverified.is_empty() {
        note(
            "flood/surfaces-unverified",
            vec![],
            format!("径流系数与糙率为参考值:{}", unverified.join("、")),
            format!(
                "coefficients of runoff and roughness are reference values: {}",
                unverified.join(", ")
            ),
        );
    }
    let unknown = input.buildings.iter().filter(|b| b.is_judged && b.floor_m.is_none());
    let features: Vec<String> = unknown.map(|b| b.id.clone()).collect();
    if !features.is_empty() {
        let n = features.len();
        note(
            "flood/floor-assumed",
            features,
            format!(
                "{n} 栋建筑底层标高未知,按高出室外地面 {} m 假定",
                params.floor_above_ground_m
            ),
            format!(
                "{n} floors are not known and taken as {} m above the ground",
                params.floor_above_ground_m
            ),
        );
    }
    notes.push(sides::held(&params.sides, input));
    notes.extend(sides::deepest_at_wall(params, run));
    Ok(notes)
}
