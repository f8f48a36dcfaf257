//! From the series of a network to layers, verdicts, tables and notes.

use super::draw::{Canvas, classes_of};
use super::error::HydraulicsError;
use super::input::{Edit, Input};
use super::messages;
use super::params::{Constants, Params, Quantity};
use super::solution::{LinkKind, Node, NodeKind, Solution};
use super::solve::solve;
use crate::Task;
use crate::indicators::Text;
use crate::outcome::{
    Column, Ending, Figure, Layer, Legend, Limit, Look, MOST_NAMED, Method, Note, Outcome, Table, Verdict, rounded,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Raised when the kernel gives other numbers.
const VERSION: u32 = 2;
/// Rows of a table, the worst first.
const MAX_ROWS: usize = 500;
/// Demand below this counts as none, litres a second.
const LEAST_DEMAND_LPS: f64 = 1e-6;

/// Solves a network and tells what came out.
///
/// # Errors
/// [`HydraulicsError`], naming the line, element or moment.
pub fn run(input: &Input, params: &Params, task: &Task) -> Result<Outcome, HydraulicsError> {
    let solution = solve(input, params, task)?;
    outcome(input, params, &solution)
}

/// What is drawn and told of a solution.
///
/// # Errors
/// [`HydraulicsError::TooLarge`] when the layers would not fit, [`HydraulicsError::Parameter`] for a limit that is no number.
pub fn outcome(input: &Input, params: &Params, solution: &Solution) -> Result<Outcome, HydraulicsError> {
    let limit = limit(params)?;
    let canvas = Canvas::new(input, solution);
    let layers = layers(params, &canvas, &limit)?;
    let lowest = Lowest::of(solution);
    let (verdicts, counts) = verdicts(input, params, solution, &lowest, &limit);
    let mut notes = input.notes.clone();
    notes.extend(edits(input));
    notes.extend(warnings(solution));
    if canvas.num_unplaced > 0 {
        let n = canvas.num_unplaced;
        let text = Text::new(
            format!("{n} 条管段的节点没有坐标，未绘制"),
            format!("{n} links have nodes without coordinates and are not drawn"),
        );
        notes.push(Note::new("hydraulics/no-place", vec![], text));
    }
    Ok(Outcome {
        layers,
        verdicts,
        tables: vec![
            nodes_table(input, solution, &lowest),
            links_table(input, solution),
            sources_table(solution),
        ],
        figures: figures(solution, &lowest, &counts),
        notes,
        method: method(),
    })
}

fn limit(params: &Params) -> Result<Limit, HydraulicsError> {
    let unreadable = |reason: String| HydraulicsError::Parameter {
        name: "service_head",
        reason: Text::new(reason.clone(), reason),
    };
    let constants = Constants::built_in().map_err(unreadable)?;
    let mut limit = constants.service_head.limit(params.storeys);
    if let Some(value) = params.pressure_limit_m {
        if !value.is_finite() {
            return Err(HydraulicsError::Parameter {
                name: "pressure_limit_m",
                reason: Text::new("不是有限数", "is not a finite number"),
            });
        }
        limit = Limit {
            value,
            source: "pressure_limit_m".to_owned(),
            is_verified: false,
        };
    }
    Ok(limit)
}

fn layers(params: &Params, canvas: &Canvas<'_>, limit: &Limit) -> Result<Vec<Layer>, HydraulicsError> {
    let has_age = !canvas.solution.node_age_h.is_empty();
    let wanted: Vec<Quantity> = params
        .layers
        .iter()
        .copied()
        .filter(|quantity| has_age || *quantity != Quantity::Age)
        .collect();
    let steps = canvas.solution.times_s.len() as u64;
    let bytes = steps
        * wanted
            .iter()
            .map(|quantity| canvas.len(*quantity) as u64 * 4)
            .sum::<u64>();
    if bytes > params.max_bytes {
        return Err(HydraulicsError::TooLarge {
            needed: bytes,
            allowed: params.max_bytes,
        });
    }
    let layer = |quantity| {
        let (key, zh, en, unit) = match quantity {
            Quantity::Pressure => ("pressure", "压力", "Pressure", "m"),
            Quantity::Head => ("head", "水头", "Head", "m"),
            Quantity::Flow => ("flow", "流量", "Flow", "L/s"),
            Quantity::Velocity => ("velocity", "流速", "Velocity", "m/s"),
            Quantity::Age => ("age", "水龄", "Water age", "h"),
        };
        let values = canvas.values(quantity);
        Layer {
            key: key.to_owned(),
            title: Text::new(zh, en),
            unit: unit.to_owned(),
            legend: Legend {
                classes: classes_of(quantity, &values),
                limit: (quantity == Quantity::Pressure).then(|| limit.clone()),
            },
            times_s: canvas.solution.times_s.clone(),
            shape: canvas.shape(quantity),
            values,
            error: (quantity == Quantity::Pressure).then_some(params.pressure_error_m),
            look: if quantity == Quantity::Flow {
                Look::Flow
            } else {
                Look::Ramp
            },
        }
    };
    Ok(wanted.into_iter().map(layer).collect())
}

/// Lowest pressure of each node and when, and its mean demand.
struct Lowest {
    pressure_m: Vec<f64>,
    time_s: Vec<f64>,
    highest_m: Vec<f64>,
    demand_lps: Vec<f64>,
    /// Water is drawn at some step.
    is_drawn: Vec<bool>,
}

impl Lowest {
    fn of(solution: &Solution) -> Self {
        let width = solution.nodes.len();
        let mut lowest = Self {
            pressure_m: vec![f64::INFINITY; width],
            time_s: vec![0.0; width],
            highest_m: vec![f64::NEG_INFINITY; width],
            demand_lps: vec![0.0; width],
            is_drawn: vec![false; width],
        };
        let steps = solution.times_s.len().max(1) as f64;
        let heads = solution.head_m.chunks(width.max(1));
        let demands = solution.demand_lps.chunks(width.max(1));
        for ((time, heads), demands) in solution.times_s.iter().zip(heads).zip(demands) {
            for (at, ((head, demand), node)) in heads.iter().zip(demands).zip(&solution.nodes).enumerate() {
                let pressure = head - node.elevation_m;
                if let (Some(least), Some(when)) = (lowest.pressure_m.get_mut(at), lowest.time_s.get_mut(at))
                    && pressure < *least
                {
                    (*least, *when) = (pressure, *time);
                }
                if let Some(most) = lowest.highest_m.get_mut(at) {
                    *most = most.max(pressure);
                }
                if let Some(mean) = lowest.demand_lps.get_mut(at) {
                    *mean += demand / steps;
                }
                if let Some(drawn) = lowest.is_drawn.get_mut(at) {
                    *drawn |= *demand > LEAST_DEMAND_LPS && node.kind == NodeKind::Junction;
                }
            }
        }
        lowest
    }

    /// Nodes where water is drawn, the lowest pressure first.
    fn drawn(&self) -> Vec<usize> {
        let mut drawn: Vec<usize> = (0..self.is_drawn.len())
            .filter(|i| self.is_drawn.get(*i) == Some(&true))
            .collect();
        let pressure = |i: &usize| self.pressure_m.get(*i).copied().unwrap_or(f64::INFINITY);
        drawn.sort_by(|a, b| pressure(a).total_cmp(&pressure(b)));
        drawn
    }
}

/// How many junctions end how.
#[derive(Default)]
struct Counts {
    pass: usize,
    fail: usize,
    within_error: usize,
}

/// Every junction where water is drawn that does not plainly pass, the worst first; those that pass are counted.
fn verdicts(
    input: &Input,
    params: &Params,
    solution: &Solution,
    lowest: &Lowest,
    limit: &Limit,
) -> (Vec<Verdict>, Counts) {
    let mut counts = Counts::default();
    let mut verdicts = vec![];
    for at in lowest.drawn() {
        let (Some(node), Some(pressure), Some(time)) =
            (solution.nodes.get(at), lowest.pressure_m.get(at), lowest.time_s.get(at))
        else {
            continue;
        };
        let margin = pressure - limit.value;
        let verdict = Ending::of(Some(margin), params.pressure_error_m);
        match verdict {
            Ending::Pass => {
                counts.pass += 1;
                continue;
            }
            Ending::Fail => counts.fail += 1,
            Ending::WithinError | Ending::NotDecidable => counts.within_error += 1,
        }
        let feature = input.node_features.get(&node.id);
        let hour = time / 3600.0;
        verdicts.push(Verdict {
            feature: feature.map_or_else(|| node.id.clone(), |feature| feature.id.clone()),
            index: feature.map(|feature| feature.index),
            what: Text::new("最低服务水头", "Least service head"),
            value: Some(*pressure),
            unit: "m".to_owned(),
            limit: limit.clone(),
            margin: Some(margin),
            verdict,
            because: Some(Text::new(format!("出现在第 {hour:.1} 小时"), format!("at {hour:.1} h"))),
        });
    }
    (verdicts, counts)
}

fn edits(input: &Input) -> Vec<Note> {
    let of_link = |link: &String| {
        input
            .link_features
            .get(link)
            .map_or(link, |feature| &feature.id)
            .clone()
    };
    let tell = |edit: &Edit| {
        let (feature, zh, en) = match edit {
            Edit::ReplacePipe {
                pipe,
                diameter_mm,
                roughness,
            } => {
                let pipe = of_link(pipe);
                let size = |unit: &str| diameter_mm.map_or_else(String::new, |d| format!(" DN{d}{unit}"));
                let rough = |word: &str| roughness.map_or_else(String::new, |r| format!(" {word}{r}"));
                let zh = format!("假设更换管段 {pipe}：{}{}", size(""), rough("粗糙系数 "));
                let en = format!("What if pipe {pipe} is laid anew:{}{}", size(""), rough("roughness "));
                (pipe, zh, en)
            }
            Edit::Close { link } => {
                let link = of_link(link);
                let (zh, en) = (format!("假设关闭 {link}"), format!("What if {link} is shut"));
                (link, zh, en)
            }
            Edit::AddDemand { node, demand_lps } => (
                node.clone(),
                format!("假设节点 {node} 增加用水 {demand_lps} L/s"),
                format!("What if {demand_lps} L/s more are drawn at {node}"),
            ),
        };
        Note::new("hydraulics/edit", vec![feature], Text::new(zh, en))
    };
    let mut notes: Vec<Note> = input.edits.iter().map(tell).collect();
    // a feature of several links is edited once
    notes.dedup();
    notes
}

/// One note for each kind of warning.
fn warnings(solution: &Solution) -> Vec<Note> {
    let mut by_code: BTreeMap<i32, (usize, u64, Vec<usize>)> = BTreeMap::new();
    for warning in &solution.warnings {
        let entry = by_code.entry(warning.code).or_insert((0, warning.time_s, vec![]));
        entry.0 += 1;
        entry.2.extend(&warning.cut_off);
    }
    let tell = |(code, (count, first_s, mut nodes)): (i32, (usize, u64, Vec<usize>))| {
        if code == 6 {
            nodes = negative(solution);
        }
        nodes.sort_unstable();
        nodes.dedup();
        let total = nodes.len();
        let ids = nodes
            .into_iter()
            .take(MOST_NAMED)
            .filter_map(|at| solution.nodes.get(at));
        let meaning = messages::of(code);
        let hour = first_s as f64 / 3600.0;
        let (zh, en) = if total > 0 {
            (format!("，涉及 {total} 个节点"), format!(", {total} nodes"))
        } else {
            (String::new(), String::new())
        };
        let text = Text::new(
            format!("{}：{count} 个时刻，首次在第 {hour:.2} 小时{zh}", meaning.zh),
            format!("{}: at {count} moments, first at {hour:.2} h{en}", meaning.en),
        );
        Note::new(
            format!("hydraulics/warning-{code}"),
            ids.map(|node| node.id.clone()).collect(),
            text,
        )
    };
    by_code.into_iter().map(tell).collect()
}

/// Junctions whose pressure is below zero at some step while water is drawn there.
fn negative(solution: &Solution) -> Vec<usize> {
    let width = solution.nodes.len().max(1);
    let is_negative = |at: usize, head: f64, demand: f64| {
        let node = solution.nodes.get(at % width);
        node.is_some_and(|node| node.kind == NodeKind::Junction && head < node.elevation_m && demand > LEAST_DEMAND_LPS)
    };
    let all = solution.head_m.iter().zip(&solution.demand_lps).enumerate();
    all.filter(|(at, (head, demand))| is_negative(*at, **head, **demand))
        .map(|(at, _)| at % width)
        .collect()
}

/// To three places, as these tables print it.
fn cell(value: f64) -> Value {
    json!(rounded(value, 3))
}

fn nodes_table(input: &Input, solution: &Solution, lowest: &Lowest) -> Table {
    let row = |at: usize| {
        let node = solution.nodes.get(at)?;
        Some(vec![
            input
                .node_features
                .get(&node.id)
                .map_or(Value::Null, |feature| json!(feature.id)),
            json!(node.id),
            cell(*lowest.pressure_m.get(at)?),
            cell(lowest.time_s.get(at)? / 3600.0),
            cell(*lowest.highest_m.get(at)?),
            cell(*lowest.demand_lps.get(at)?),
        ])
    };
    Table {
        key: "nodes".to_owned(),
        title: Text::new("压力最低的用水节点", "Junctions with the lowest pressure"),
        columns: vec![
            Column::new("feature_id", "要素", "Feature", ""),
            Column::new("node", "节点", "Node", ""),
            Column::new("least_m", "最低压力", "Least pressure", "m"),
            Column::new("hour", "时刻", "At", "h"),
            Column::new("most_m", "最高压力", "Highest pressure", "m"),
            Column::new("demand_lps", "平均用水", "Mean demand", "L/s"),
        ],
        rows: lowest.drawn().into_iter().take(MAX_ROWS).filter_map(row).collect(),
    }
}

fn links_table(input: &Input, solution: &Solution) -> Table {
    let width = solution.links.len();
    let mut fastest = vec![(0.0_f64, 0.0_f64); width];
    let flows = solution.flow_lps.chunks(width.max(1));
    for (velocities, flows) in solution.velocity_m_s.chunks(width.max(1)).zip(flows) {
        for ((most, velocity), flow) in fastest.iter_mut().zip(velocities).zip(flows) {
            if *velocity > most.0 {
                *most = (*velocity, *flow);
            }
        }
    }
    let mut pipes: Vec<usize> = (0..width)
        .filter(|at| solution.links.get(*at).is_some_and(|link| link.kind == LinkKind::Pipe))
        .collect();
    let velocity = |at: &usize| fastest.get(*at).map_or(0.0, |(velocity, _)| *velocity);
    pipes.sort_by(|a, b| velocity(b).total_cmp(&velocity(a)));
    let row = |at: usize| {
        let (link, (velocity, flow)) = (solution.links.get(at)?, fastest.get(at)?);
        Some(vec![
            input
                .link_features
                .get(&link.id)
                .map_or(Value::Null, |feature| json!(feature.id)),
            json!(link.id),
            cell(link.diameter_mm),
            cell(link.length_m),
            cell(*velocity),
            cell(*flow),
        ])
    };
    Table {
        key: "pipes".to_owned(),
        title: Text::new("流速最高的管段", "Pipes with the highest velocity"),
        columns: vec![
            Column::new("feature_id", "要素", "Feature", ""),
            Column::new("link", "管段", "Pipe", ""),
            Column::new("diameter_mm", "管径", "Diameter", "mm"),
            Column::new("length_m", "长度", "Length", "m"),
            Column::new("velocity_m_s", "最高流速", "Highest velocity", "m/s"),
            Column::new("flow_lps", "当时流量", "Flow then", "L/s"),
        ],
        rows: pipes.into_iter().take(MAX_ROWS).filter_map(row).collect(),
    }
}

fn sources_table(solution: &Solution) -> Table {
    let width = solution.nodes.len().max(1);
    let steps = solution.times_s.len().max(1) as f64;
    let row = |(at, node): (usize, &Node)| {
        // what flows out of a source is a negative demand
        let given = || solution.demand_lps.iter().skip(at).step_by(width).map(|demand| -demand);
        let kind = if node.kind == NodeKind::Tank {
            "tank"
        } else {
            "reservoir"
        };
        vec![
            json!(node.id),
            json!(kind),
            cell(given().sum::<f64>() / steps),
            cell(given().fold(f64::NEG_INFINITY, f64::max)),
        ]
    };
    let sources = solution
        .nodes
        .iter()
        .enumerate()
        .filter(|(_, node)| node.kind != NodeKind::Junction);
    Table {
        key: "sources".to_owned(),
        title: Text::new("水源与水池供水", "What sources and tanks give"),
        columns: vec![
            Column::new("node", "水源", "Source", ""),
            Column::new("kind", "类型", "Kind", ""),
            Column::new("mean_lps", "平均出流", "Mean outflow", "L/s"),
            Column::new("most_lps", "最大出流", "Highest outflow", "L/s"),
        ],
        rows: sources.map(row).collect(),
    }
}

fn figures(solution: &Solution, lowest: &Lowest, counts: &Counts) -> Vec<Figure> {
    let steps = solution.times_s.len().max(1) as f64;
    let width = solution.nodes.len().max(1);
    let is_junction = |at: usize| {
        solution
            .nodes
            .get(at % width)
            .is_some_and(|n| n.kind == NodeKind::Junction)
    };
    let sum = |series: &[f64]| -> f64 {
        series
            .iter()
            .enumerate()
            .filter(|(at, _)| is_junction(*at))
            .map(|(_, v)| v)
            .sum::<f64>()
            / steps
    };
    let least = lowest
        .drawn()
        .first()
        .and_then(|at| lowest.pressure_m.get(*at))
        .copied();
    let figure =
        |key: &str, zh: &str, en: &str, value: f64, unit: &str| Figure::new(key, Text::new(zh, en), value, unit);
    let mut figures = vec![
        figure("nodes", "节点数", "Nodes", solution.nodes.len() as f64, ""),
        figure("links", "管段数", "Links", solution.links.len() as f64, ""),
        figure("demand", "平均用水量", "Mean demand", sum(&solution.demand_lps), "L/s"),
        figure(
            "unmet",
            "平均缺水量",
            "Mean unmet demand",
            sum(&solution.deficit_lps),
            "L/s",
        ),
        figure(
            "pass",
            "水头达标的用水节点",
            "Junctions above the limit",
            counts.pass as f64,
            "",
        ),
        figure(
            "fail",
            "水头不足的用水节点",
            "Junctions below the limit",
            counts.fail as f64,
            "",
        ),
        figure(
            "within_error",
            "难以判定的用水节点",
            "Junctions too near to the limit to tell",
            counts.within_error as f64,
            "",
        ),
    ];
    if let Some(least) = least {
        figures.push(figure("least_pressure", "最低压力", "Least pressure", least, "m"));
    }
    figures
}

fn method() -> Method {
    Method {
        title: Text::new(
            "EPANET 2.3 管网水力与水龄模型（延时模拟）",
            "EPANET 2.3: hydraulics and water age over an extended period",
        ),
        version: VERSION,
        sources: vec![
            "Rossman, L. et al. (2020): EPANET 2.2 User Manual, EPA/600/R-20/133".to_owned(),
            "OWA-EPANET 2.3 (MIT)".to_owned(),
            "Todini, E. & Pilati, S. (1988): A gradient algorithm for the analysis of pipe networks".to_owned(),
        ],
        validity: Text::new(
            "有压满流、水锤除外；结果与 EPANET 2.3.5 在 Net1、Net3、Net6、ky4、ky10 上逐节点逐步一致（1e-3 m，1e-3 L/s）。真实误差取决于用水量与粗糙系数，须以测压测流数据校核",
            "Full pipes under pressure, no water hammer. Equal to EPANET 2.3.5 at every node and step of Net1, Net3, Net6, ky4 and ky10 within 1e-3 m and 1e-3 L/s. The true error is that of demand and roughness, which measurements must settle",
        ),
    }
}
