//! What was assumed about streets, buildings and facilities, and what was missing.

use super::Found;
use crate::indicators::Text;
use crate::outcome::{Note, Outcome};
use crate::reach::graph::Place;

pub(super) fn notes(found: &Found<'_>, outcome: &mut Outcome) {
    let (input, done) = (found.input, &found.prepared.done);
    let streets =
        |numbers: &[u32]| -> Vec<String> { numbers.iter().map(|n| input.streets[*n as usize].id.clone()).collect() };
    let mut add = |code: &str, features: Vec<String>, zh: &str, en: &str| {
        if !features.is_empty() {
            let count = features.len();
            let text = Text::new(format!("{count} {zh}"), format!("{count} {en}"));
            outcome.notes.push(Note::new(code, features, text));
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
    let off = |places: &[Option<Place>], ids: &mut dyn Iterator<Item = String>| -> Vec<String> {
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
    land(found, outcome);
    if !input.buildings.is_empty() && input.buildings.iter().all(|b| b.people <= 0.0) {
        let text = Text::new(
            "建筑没有人口数据,覆盖率无法计算",
            "no building holds a number of people: shares cannot be told",
        );
        outcome.notes.push(Note::new("reach/no-people", vec![], text));
    }
    let p = found.params;
    let text = Text::new(
        format!(
            "建筑和设施从其点位直线走到最近的道路(不超过 {} m,不跨越障碍);可达范围为道路两侧 {} m,小于 {} m² 的街块填实;步行距离误差取 {} m",
            p.access_m, p.corridor_m, p.filled_block_m2, p.error_m
        ),
        format!(
            "buildings and facilities are met by a straight way to the nearest street (at most {} m, not across barriers); \
             the reached area is {} m on either side of streets with blocks below {} m² filled; walks are taken to be good to {} m",
            p.access_m, p.corridor_m, p.filled_block_m2, p.error_m
        ),
    );
    outcome.notes.push(Note::new("reach/assumptions", vec![], text));
}

/// What stands for residential land, and which polygons are one park.
fn land(found: &Found<'_>, outcome: &mut Outcome) {
    let input = found.input;
    let mut add = |code: &str, features: Vec<String>, text: Text| outcome.notes.push(Note::new(code, features, text));
    if input.homes.is_empty() {
        add(
            "reach/no-residential-land",
            vec![],
            Text::new(
                "范围内既没有居住用地资料，也没有住宅：未计算公园服务覆盖率",
                "the area has neither residential land nor homes in the data: the coverage by parks is not computed",
            ),
        );
    } else if input.homes_are_buildings {
        let count = input.homes.len();
        add(
            "reach/land-estimated",
            input.homes.iter().map(|home| home.id.clone()).collect(),
            Text::new(
                format!("范围内没有居住用地资料：以 {count} 栋住宅的基底代替，公园服务覆盖率仅供参考、不作判定"),
                format!(
                    "the area has no residential land in the data: the footprints of {count} homes stand for it; the coverage by \
                     parks is for reference and not judged"
                ),
            ),
        );
    }
    let joined = found.green.as_ref().map_or(&[][..], |green| &green.joined);
    if !joined.is_empty() {
        let (parks, polygons) = (joined.len(), joined.concat());
        let count = polygons.len();
        add(
            "reach/parks-joined",
            polygons.iter().map(|k| input.parks[*k].id.clone()).collect(),
            Text::new(
                format!("{count} 块相接或同名相邻的公园绿地合为 {parks} 个公园，按合计面积确定服务半径"),
                format!(
                    "{count} polygons of parks that touch, or lie side by side under one name, are {parks} parks, which serve by \
                     their size together"
                ),
            ),
        );
    }
}
