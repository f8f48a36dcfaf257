//! What was found about reach, as layers, verdicts, tables and notes.

mod circles;
mod facilities;
mod notes;
mod parks;

use super::coverage::KindReach;
use super::green::Served;
use super::input::Input;
use super::isochrone::Isochrone;
use super::params::{Params, Rules};
use super::{Prepared, VERSION};
use crate::indicators::Text;
use crate::outcome::{Layer, Legend, Look, Method, Outcome, Shape};

/// Everything that was found.
pub(in crate::reach) struct Found<'a> {
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
pub(in crate::reach) fn outcome(found: &Found<'_>) -> Outcome {
    let mut outcome = Outcome {
        method: method(found),
        ..Outcome::default()
    };
    if let Some(isochrone) = &found.isochrone {
        circles::reached(found, isochrone, &mut outcome);
    }
    if !found.kinds.is_empty() {
        facilities::facilities(found, &mut outcome);
    }
    if let Some(green) = &found.green {
        parks::parks(found, green, &mut outcome);
    }
    notes::notes(found, &mut outcome);
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

fn buildings(input: &Input) -> Shape {
    Shape::Features {
        ids: input.buildings.iter().map(|b| b.id.clone()).collect(),
        indices: input.buildings.iter().map(|b| b.index).collect(),
    }
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
