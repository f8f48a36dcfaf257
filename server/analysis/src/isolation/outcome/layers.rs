//! Layers of a break: features by their role, and stretches of pipes exact to the valve.

use super::{Fate, features, role, to_close};
use crate::indicators::Text;
use crate::isolation::Break;
use crate::isolation::input::Input;
use crate::isolation::network::Network;
use crate::outcome::{Class, Layer, Legend, Look, Outcome, Shape};

fn legend() -> Legend {
    // Okabe–Ito: told apart by colour-blind people
    let class = |from: f32, color: &str, zh: &str, en: &str| Class {
        from: f64::from(from),
        color: color.to_owned(),
        title: Some(Text::new(zh, en)),
    };
    Legend {
        classes: vec![
            class(role::VALVE, "#0072b2", "需关闭的阀门", "Valve to close"),
            class(role::BROKEN, "#d55e00", "爆管管段", "Broken pipe"),
            class(role::SHUT, "#e69f00", "关阀隔离", "Shut off between the valves"),
            class(role::CUT_OFF, "#cc79a7", "下游断供", "Cut off from every source"),
            class(
                role::CLOSED,
                "#56b4e9",
                "应为关闭的阀门(需确认)",
                "Valve said to be closed (make sure)",
            ),
        ],
        limit: None,
    }
}

pub(super) fn layers(input: &Input, fate: &Fate<'_>, found: &Break, outcome: &mut Outcome) {
    let network = fate.network;
    let broken = network.links[found.link as usize].pipe;
    let (mut ids, mut indices, mut values) = (Vec::new(), Vec::new(), Vec::new());
    let mut add = |id: &str, index: u32, role: f32| {
        if index != u32::MAX {
            ids.push(id.to_owned());
            indices.push(index);
            values.push(role);
        }
    };
    for (pipe, lines) in features(input) {
        // a pipe in several stretches shows what is worst for it
        let links = lines.clone().flat_map(|line| network.links_of(line));
        let roles = links.filter_map(|link| fate.of(link));
        let worst = if lines.contains(&broken) {
            Some(role::BROKEN)
        } else {
            roles.reduce(f32::min)
        };
        if let Some(role) = worst {
            add(&pipe.id, pipe.index, role);
        }
    }
    for (consumer, role) in input.consumers.iter().zip(fate.consumers()) {
        if let Some(role) = role {
            add(&consumer.id, consumer.index, role);
        }
    }
    for (valve, is_open) in to_close(network, &found.isolation) {
        let valve = &input.valves[valve as usize];
        add(&valve.id, valve.index, if is_open { role::VALVE } else { role::CLOSED });
    }
    let base = Layer {
        key: "role".into(),
        title: Text::new("爆管影响", "Effect of the break"),
        unit: String::new(),
        legend: legend(),
        times_s: vec![0.0],
        shape: Shape::Features { ids, indices },
        values,
        error: None,
        look: Look::Xray,
    };
    let (mut vertices, mut starts, mut values) = (Vec::new(), Vec::new(), Vec::new());
    for link in 0..network.links.len() as u32 {
        let role = if link == found.link {
            Some(role::BROKEN)
        } else {
            fate.of(link)
        };
        let line = stretch(input, network, link);
        if let Some(role) = role.filter(|_| line.len() >= 2) {
            starts.push(vertices.len() as u32);
            values.extend(std::iter::repeat_n(role, line.len()));
            vertices.extend(line);
        }
    }
    let stretches = Layer {
        key: "stretches".into(),
        title: Text::new("受影响管段(精确到阀门)", "Stretches affected, to the valve"),
        shape: Shape::Lines { vertices, starts },
        values,
        ..base.clone()
    };
    outcome.layers.extend([base, stretches]);
}

/// Vertices of a link.
fn stretch(input: &Input, network: &Network, link: u32) -> Vec<[f64; 3]> {
    let link = &network.links[link as usize];
    let points = &input.pipes[link.pipe as usize].points;
    let [from, to] = link.along_m;
    let mut found: Vec<[f64; 3]> = Vec::new();
    let mut along = 0.0;
    for pair in points.windows(2) {
        let step = (pair[1][0] - pair[0][0]).hypot(pair[1][1] - pair[0][1]);
        let (a, b) = (f64::max(from, along), f64::min(to, along + step));
        let at = |s: f64| {
            let t = if step > 0.0 {
                ((s - along) / step).clamp(0.0, 1.0)
            } else {
                0.0
            };
            [0, 1, 2].map(|k| pair[0][k] + (pair[1][k] - pair[0][k]) * t)
        };
        if a < b {
            if found.is_empty() {
                found.push(at(a));
            }
            found.push(at(b));
        }
        along += step;
    }
    found
}
