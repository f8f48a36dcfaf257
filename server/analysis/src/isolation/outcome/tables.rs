//! Tables and figures of a break: valves with the next ones, consumers, pipes; hydrants against their limit.

use super::{Fate, features, people, role, to_close};
use crate::indicators::Text;
use crate::isolation::input::{Input, Kind};
use crate::isolation::{Break, Rules};
use crate::outcome::{Column, Ending, Figure, Limit, Outcome, Table, Verdict};
use serde_json::json;

pub(super) fn valves(input: &Input, fate: &Fate<'_>, found: &Break, outcome: &mut Outcome) {
    let network = fate.network;
    let closing = to_close(network, &found.isolation);
    let (length_m, affected) = (
        fate.length_m(role::SHUT) + fate.length_m(role::CUT_OFF),
        people(input, fate),
    );
    // of a chamber only the arms that lead away from the break
    let on = |valve: u32| {
        let gates = found
            .isolation
            .gates
            .iter()
            .map(|g| &network.gates[*g as usize])
            .filter(|g| g.valve == valve);
        let pipes = gates.map(|g| input.pipes[network.links[g.link as usize].pipe as usize].id.as_str());
        pipes.collect::<Vec<_>>().join(" ")
    };
    let mut rows = Vec::new();
    for (valve, is_open) in &closing {
        let id = &input.valves[*valve as usize].id;
        let Some((_, next)) = found.if_stuck.iter().find(|(v, _)| v == valve).filter(|_| *is_open) else {
            let zero = || json!(0);
            rows.push(vec![
                json!(id),
                json!("已关闭,需确认"),
                json!("closed, make sure"),
                json!(""),
                zero(),
                zero(),
                zero(),
            ]);
            continue;
        };
        let wider = Fate::new(network, next);
        let others: Vec<&str> = to_close(network, next)
            .into_iter()
            .filter(|v| !closing.contains(v))
            .map(|(v, _)| input.valves[v as usize].id.as_str())
            .collect();
        let more_m = wider.length_m(role::SHUT) + wider.length_m(role::CUT_OFF) - length_m;
        rows.push(vec![
            json!(id),
            json!("关闭"),
            json!("close"),
            json!(on(*valve)),
            json!(others.join(" ")),
            json!(others.len()),
            json!(more_m),
            json!(people(input, &wider) - affected),
        ]);
    }
    outcome.tables.push(Table {
        key: "valves".into(),
        title: Text::new(
            "需关闭的阀门及失灵后的备用阀门",
            "Valves to close, and the next ones if one is stuck",
        ),
        columns: vec![
            Column::new("feature_id", "阀门", "Valve", ""),
            Column::new("action", "操作", "Action (Chinese)", ""),
            Column::new("action_en", "操作(英文)", "Action", ""),
            Column::new("on", "所在管线", "On pipes", ""),
            Column::new("next", "失灵时改关", "If stuck, close", ""),
            Column::new("next_count", "改关阀门数", "Next valves", "1"),
            Column::new("more_length", "多影响管长", "More pipe affected", "m"),
            Column::new("more_people", "多影响人口", "More people affected", "1"),
        ],
        rows,
    });
    let figure =
        |key: &str, zh: &str, en: &str, value: f64, unit: &str| Figure::new(key, Text::new(zh, en), value, unit);
    let roles = fate.consumers();
    let count = |kind: Kind| {
        let of_kind = input
            .consumers
            .iter()
            .zip(&roles)
            .filter(|(c, role)| c.kind == kind && role.is_some());
        of_kind.count() as f64
    };
    outcome.figures.extend([
        figure("valves", "需关闭阀门", "Valves to close", closing.len() as f64, "1"),
        figure(
            "length_shut",
            "隔离管长",
            "Pipe shut off",
            fate.length_m(role::SHUT),
            "m",
        ),
        figure(
            "length_cut_off",
            "下游断供管长",
            "Pipe cut off behind",
            fate.length_m(role::CUT_OFF),
            "m",
        ),
        figure("people", "影响人口", "People affected", affected, "1"),
        figure(
            "hospitals",
            "影响医院",
            "Hospitals affected",
            count(Kind::Hospital),
            "1",
        ),
        figure("schools", "影响学校", "Schools affected", count(Kind::School), "1"),
        figure(
            "buildings",
            "影响其他建筑",
            "Other buildings affected",
            count(Kind::Building),
            "1",
        ),
    ]);
}

pub(super) fn consumers(input: &Input, fate: &Fate<'_>, outcome: &mut Outcome) {
    let roles = fate.consumers();
    let mut order: Vec<usize> = (0..input.consumers.len()).filter(|c| roles[*c].is_some()).collect();
    order.sort_by(|a, b| {
        let (p, q) = (&input.consumers[*a], &input.consumers[*b]);
        p.kind.cmp(&q.kind).then(q.people.total_cmp(&p.people)).then(a.cmp(b))
    });
    let rows = order.into_iter().map(|number| {
        let consumer = &input.consumers[number];
        let (kind, kind_en) = match consumer.kind {
            Kind::Hospital => ("医院", "hospital"),
            Kind::School => ("学校", "school"),
            Kind::Building => ("建筑", "building"),
            Kind::Hydrant => ("消火栓", "hydrant"),
        };
        let is_shut = roles[number] == Some(role::SHUT);
        let (why, why_en) = if is_shut {
            ("关阀隔离", "shut off")
        } else {
            ("下游断供", "cut off behind")
        };
        vec![
            json!(consumer.id),
            json!(consumer.name),
            json!(kind),
            json!(kind_en),
            json!(consumer.people),
            json!(why),
            json!(why_en),
        ]
    });
    outcome.tables.push(Table {
        key: "consumers".into(),
        title: Text::new("受影响用户", "Consumers affected"),
        columns: vec![
            Column::new("feature_id", "用户", "Consumer", ""),
            Column::new("name", "名称", "Name", ""),
            Column::new("kind", "类别", "Kind (Chinese)", ""),
            Column::new("kind_en", "类别(英文)", "Kind", ""),
            Column::new("people", "人口", "People", "1"),
            Column::new("why", "原因", "Why (Chinese)", ""),
            Column::new("why_en", "原因(英文)", "Why", ""),
        ],
        rows: rows.collect(),
    });
}

pub(super) fn pipes(input: &Input, fate: &Fate<'_>, found: &Break, outcome: &mut Outcome) {
    let mut rows = Vec::new();
    for (pipe, lines) in features(input) {
        let mut lengths = [0.0; 2];
        let links = || lines.clone().flat_map(|line| fate.network.links_of(line));
        for link in links() {
            match fate.of(link) {
                Some(role) if role == role::SHUT => lengths[0] += fate.network.links[link as usize].length_m,
                Some(_) => lengths[1] += fate.network.links[link as usize].length_m,
                None => {}
            }
        }
        let is_broken = lines.contains(&fate.network.links[found.link as usize].pipe);
        if links().any(|link| fate.of(link).is_some()) {
            rows.push(vec![
                json!(pipe.id),
                json!(pipe.name),
                json!(pipe.diameter_mm),
                json!(lengths[0]),
                json!(lengths[1]),
                json!(is_broken),
            ]);
        }
    }
    outcome.tables.push(Table {
        key: "pipes".into(),
        title: Text::new("受影响管线", "Pipes affected"),
        columns: vec![
            Column::new("feature_id", "管线", "Pipe", ""),
            Column::new("name", "道路或名称", "Street or name", ""),
            Column::new("diameter", "管径", "Diameter", "mm"),
            Column::new("shut", "隔离长度", "Shut off", "m"),
            Column::new("cut_off", "断供长度", "Cut off behind", "m"),
            Column::new("broken", "爆管", "Broken", ""),
        ],
        rows,
    });
}

/// Hydrants in the segment of the break against the limit.
pub(super) fn hydrants(input: &Input, rules: &Rules, fate: &Fate<'_>, found: &Break, outcome: &mut Outcome) {
    if !input.consumers.iter().any(|c| c.kind == Kind::Hydrant) {
        return;
    }
    let segment = fate.network.link_segments[found.link as usize];
    let served = input.consumers.iter().zip(&fate.network.consumer_links);
    let within = served.filter(|(c, link)| {
        c.kind == Kind::Hydrant && **link != u32::MAX && fate.network.link_segments[**link as usize] == segment
    });
    let value = within.count() as f64;
    let pipe = &input.pipes[fate.network.links[found.link as usize].pipe as usize];
    let margin = Some(rules.hydrants.most - value);
    outcome.verdicts.push(Verdict {
        feature: pipe.id.clone(),
        index: Some(pipe.index),
        what: Text::new("阀门之间的消火栓数量", "Hydrants between valves"),
        value: Some(value),
        unit: "1".into(),
        limit: Limit {
            value: rules.hydrants.most,
            source: rules.hydrants.source.clone(),
            is_verified: rules.hydrants.is_verified,
        },
        margin,
        verdict: Ending::of(margin, 0.0),
        because: None,
    });
}
