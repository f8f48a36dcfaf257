//! What was assumed about pipes and valves, and what was amiss.

use crate::indicators::Text;
use crate::isolation::input::{Input, Pipe};
use crate::isolation::{Break, Params, Prepared};
use crate::outcome::{Note, Outcome};

pub(super) fn notes(input: &Input, params: &Params, prepared: &Prepared, found: &Break, outcome: &mut Outcome) {
    let (network, faults) = (&prepared.network, &prepared.network.faults);
    let mut add = |code: &str, features: Vec<String>, zh: &str, en: &str| {
        if !features.is_empty() {
            let text = Text::new(format!("{} {zh}", features.len()), format!("{} {en}", features.len()));
            outcome.notes.push(Note::new(code, features, text));
        }
    };
    let pipes =
        |numbers: &[u32]| -> Vec<String> { numbers.iter().map(|n| input.pipes[*n as usize].id.clone()).collect() };
    let valves =
        |numbers: &[u32]| -> Vec<String> { numbers.iter().map(|n| input.valves[*n as usize].id.clone()).collect() };
    add(
        "isolation/zero-length-pipe",
        pipes(&faults.joints.zero_length),
        "条管线长度为零,保留其连接",
        "pipes have no length; what they join stays joined",
    );
    add(
        "isolation/loose-pipe",
        pipes(&faults.joints.loose),
        "条管线没有两个不同端点,未计入",
        "pipes have no two different ends and were left out",
    );
    add(
        "isolation/tee",
        pipes(&faults.joints.tees),
        "条管线端点落在另一条管线中部,按三通连接",
        "pipes end on the middle of another and were joined there",
    );
    add(
        "isolation/lost-valve",
        valves(&faults.joints.lost_valves),
        "个阀门不在同类管线上,未计入",
        "valves are on no pipe of their class and were left out",
    );
    add(
        "isolation/chamber",
        valves(&faults.joints.chambers),
        "个阀门位于三条以上管线交点,按每条支管各有一阀处理",
        "valves stand where three and more pipes meet and were taken for chambers with a valve on each arm",
    );
    add(
        "isolation/idle-valve",
        valves(&faults.idle_valves),
        "个阀门两侧连通,单独关闭不起隔离作用",
        "valves have the same segment on both sides and divide nothing alone",
    );
    let lost = faults
        .lost_sources
        .iter()
        .map(|n| input.sources[*n as usize].id.clone())
        .collect();
    add(
        "isolation/lost-source",
        lost,
        "个水源(气源、热源)不在管线上,未计入",
        "sources are on no pipe of their class and were left out",
    );
    let far = faults
        .unserved
        .iter()
        .map(|n| input.consumers[*n as usize].id.clone())
        .collect();
    add(
        "isolation/unserved",
        far,
        "个用户附近没有此类管线",
        "consumers have no pipe of this class near",
    );
    let unfed = |(n, _): &(usize, &Pipe)| {
        network
            .links_of(*n as u32)
            .any(|link| !prepared.feed.fed[network.link_segments[link as usize] as usize])
    };
    let dry = input
        .pipes
        .iter()
        .enumerate()
        .filter(unfed)
        .map(|(_, p)| p.id.clone())
        .collect();
    add(
        "isolation/no-source",
        dry,
        "条管线爆管前就不与任何源连通",
        "pipes have no way to a source even before the break",
    );
    let mut say = |code: &str, zh: String, en: String| {
        outcome.notes.push(Note::new(code, vec![], Text::new(zh, en)));
    };
    if network.gates.is_empty() {
        say(
            "isolation/no-valves",
            "此类管线没有阀门数据:整个连通管网都会停供".into(),
            "there are no valves of this class: everything connected is shut off".into(),
        );
    } else if found.isolation.gates.is_empty() {
        say(
            "isolation/nothing-to-close",
            "爆管所在的连通部分没有可关的阀门:整个部分都会停供".into(),
            "no valve bounds the connected part of the break: all of it is shut off".into(),
        );
    }
    if prepared.feed.is_assumed {
        say(
            "isolation/no-sources",
            "没有源的数据:假定关阀后管长最大的剩余部分仍有供应,其余为断供".into(),
            "no source is known: of what remains, the part with most pipe is taken to be fed, the others to be cut off"
                .into(),
        );
    }
    say(
        "isolation/assumptions",
        format!("用户由 {} m 内最近的管线供应;流向、单向阀和压力不计", params.service_m),
        format!(
            "consumers are served by the nearest pipe within {} m; direction of flow, check valves and pressure do not count",
            params.service_m
        ),
    );
}
