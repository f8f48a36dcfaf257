//! Mains under pressure, cables and ducts: they follow the ground at their cover.

use super::super::recipe::StreetClass;
use super::super::zoning::{Block, BlockKind};
use super::{Body, City, Dir, End, NodeAt, PipeSpec, RunFacts, SLOTS, age, crossing, node, pipe, section};
use crate::demo::lattice::DIRS;
use city_model::{CrossSection, Feature, LevelReference};
use glam::DVec2;
use serde_json::json;

/// True when a street carries the class.
pub(super) fn carries(city: &City, spec: &PipeSpec, at: NodeAt, dir: Dir) -> bool {
    let class = city.lattice.class_of(at, dir);
    if city.lattice.neighbour(at, dir).is_none() || spec.offset_m[class as usize] <= 0.0 {
        return false;
    }
    if spec.class == "RQ" && class == StreetClass::Branch {
        // gas has not reached every lane; a whole line has it or not
        let line = match dir {
            Dir::East | Dir::West => NodeAt { gx: 5_000, gy: at.gy },
            Dir::North | Dir::South => NodeAt { gx: at.gx, gy: 5_000 },
        };
        return city.chance_at(line, 80) < 0.75;
    }
    true
}

fn level(city: &City, spec: &PipeSpec, p: DVec2) -> f64 {
    city.ground.height(p) - spec.cover_m
}

/// Points of a class along the street that leaves `at` to the east or north, both ends included.
pub(super) fn points(city: &City, spec: &PipeSpec, at: NodeAt, dir: Dir) -> Option<Vec<End>> {
    let to = city
        .lattice
        .neighbour(at, dir)
        .filter(|_| carries(city, spec, at, dir))?;
    let id = |n: NodeAt| format!("{}-{}-{}", spec.class, n.gx, n.gy);
    let (a, b) = (crossing(city, spec, at), crossing(city, spec, to));
    let spacing = if city.lattice.crosses_river(at, dir) {
        f64::INFINITY
    } else if city.lattice.crosses_rail(at, dir) {
        18.0
    } else {
        spec.spacing_m
    };
    let count = (a.distance(b) / spacing).round().max(1.0);
    let tag = if dir == Dir::East { "e" } else { "n" };
    Some(
        (0..=count as u32)
            .map(|k| {
                let p = a.lerp(b, f64::from(k) / count);
                let id = if k == 0 {
                    id(at)
                } else if f64::from(k) >= count {
                    id(to)
                } else {
                    format!("{}-{}-{}-{tag}{k}", spec.class, at.gx, at.gy)
                };
                End {
                    id,
                    p,
                    z: level(city, spec, p),
                }
            })
            .collect(),
    )
}

/// Emits the node of a class at a junction and its sections to the east and north.
pub(super) fn emit(city: &City, spec: &PipeSpec, at: NodeAt, out: &mut Vec<Feature>) {
    let arms = DIRS.into_iter().filter(|d| carries(city, spec, at, *d)).count();
    if arms == 0 {
        return;
    }
    let p = crossing(city, spec, at);
    let end = End {
        id: format!("{}-{}-{}", spec.class, at.gx, at.gy),
        p,
        z: level(city, spec, p),
    };
    let is_cable = spec.width_mm.is_some();
    let (kind, body) = match (is_cable, arms) {
        (true, _) => (spec.node.as_str(), Body::Chamber(1.6, 2.4)),
        (false, 3..) => ("阀门井", Body::Chamber(1.8, 1.8)),
        (false, _) => ("阀门", Body::Manhole(1.2)),
    };
    out.push(node(city, &end, &spec.class, kind, body));
    for dir in [Dir::East, Dir::North] {
        let Some(points) = points(city, spec, at, dir) else {
            continue;
        };
        let class = city.lattice.class_of(at, dir) as usize;
        let (section, size) = section(spec, class, 1.0);
        let (year, is_old) = age(city, spec, at, dir);
        let road = city.lattice.street_name(at, dir, &city.recipe);
        let over_river = city.lattice.crosses_river(at, dir);
        let facts = RunFacts {
            class: &spec.class,
            zh: &spec.zh,
            section,
            size,
            reference: LevelReference::Top,
            material: if is_old { &spec.old_material } else { &spec.material },
            laying: if over_river { "SJ" } else { &spec.laying },
            road: &road,
            year,
            gravity: false,
            fault: (is_old && spec.old_material == "ZT").then_some("old_cast_iron"),
        };
        let tag = if dir == Dir::East { "e" } else { "n" };
        for (k, pair) in points.windows(2).enumerate() {
            out.push(pipe(
                city,
                format!("p-{}-{}-{}-{tag}{k}", spec.class, at.gx, at.gy),
                &facts,
                &pair[0],
                &pair[1],
                None,
            ));
        }
        for end in points.iter().skip(1).take(points.len().saturating_sub(2)) {
            let body = match (is_cable, spec.class.as_str()) {
                (true, _) => Body::Chamber(1.2, 1.8),
                (false, "JS") => Body::Fitting(0.9),
                _ => Body::Fitting(0.6),
            };
            out.push(node(city, end, &spec.class, &spec.node, body));
        }
    }
}

/// Depth from the ground to the roof of the utility tunnel, and its inner size, metres.
const TUNNEL_COVER_M: f64 = 2.6;
const TUNNEL_WIDTH_M: f64 = 3.4;
const TUNNEL_HEIGHT_M: f64 = 3.2;
/// Farthest between vents of the tunnel, metres.
const TUNNEL_VENT_M: f64 = 130.0;

/// Utility tunnel below the middle of the main street; it ends at the ramps of the underpass.
pub(super) fn utility_tunnel(city: &City, at: NodeAt, out: &mut Vec<Feature>) {
    let on_line = |n: NodeAt| n.gy == city.lattice.main_street * SLOTS;
    if !on_line(at) {
        return;
    }
    let place = |n: NodeAt| city.lattice.position(n) + DVec2::new(0.0, 1.5);
    let end = |id: String, p: DVec2| End {
        id,
        p,
        z: city.ground.height(p) - TUNNEL_COVER_M - TUNNEL_HEIGHT_M,
    };
    let id = |n: NodeAt| format!("ZH-{}-{}", n.gx, n.gy);
    let open = |n: NodeAt, dir: Dir| {
        city.lattice.neighbour(n, dir).filter(|to| {
            !city
                .lattice
                .crosses_rail(if dir == Dir::East { n } else { *to }, Dir::East)
        })
    };
    if open(at, Dir::East).is_none() && open(at, Dir::West).is_none() {
        return;
    }
    let a = end(id(at), place(at));
    out.push(node(city, &a, "ZH", "投料口", Body::Chamber(2.2, 5.0)));
    let Some(to) = open(at, Dir::East) else { return };
    let road = city.lattice.street_name(at, Dir::East, &city.recipe);
    let facts = RunFacts {
        class: "ZH",
        zh: "综合管廊",
        section: CrossSection::Rect {
            width_m: TUNNEL_WIDTH_M,
            height_m: TUNNEL_HEIGHT_M,
        },
        size: [
            ("width_mm", json!(TUNNEL_WIDTH_M * 1000.0)),
            ("height_mm", json!(TUNNEL_HEIGHT_M * 1000.0)),
        ],
        reference: LevelReference::InsideBottom,
        material: "T",
        laying: "ZH",
        road: &road,
        year: 2018,
        gravity: false,
        fault: None,
    };
    let count = (place(at).distance(place(to)) / TUNNEL_VENT_M).ceil().max(1.0);
    let mut from = a;
    for k in 1..=count as u32 {
        let is_last = f64::from(k) >= count;
        let name = if is_last {
            id(to)
        } else {
            format!("ZH-{}-{}-e{k}", at.gx, at.gy)
        };
        let next = end(name, place(at).lerp(place(to), f64::from(k) / count));
        out.push(pipe(
            city,
            format!("p-ZH-{}-{}-{k}", at.gx, at.gy),
            &facts,
            &from,
            &next,
            None,
        ));
        if !is_last {
            out.push(node(city, &next, "ZH", "通风口", Body::Chamber(1.6, 3.0)));
        }
        from = next;
    }
}

/// Pipes that a survey could not name, under some old lanes.
pub(super) fn unknown_pipe(city: &City, at: NodeAt, out: &mut Vec<Feature>) {
    if !city.is_combined(at, Dir::East) || city.chance_at(at, 81) > 0.3 {
        return;
    }
    let Some(to) = city.lattice.neighbour(at, Dir::East) else {
        return;
    };
    let (a, b) = (city.lattice.position(at), city.lattice.position(to));
    let (p, q) = (
        a.lerp(b, 0.25) + DVec2::new(0.0, 1.0),
        a.lerp(b, 0.7) + DVec2::new(0.0, 1.4),
    );
    let end = |tag: &str, p: DVec2, depth: f64| End {
        id: format!("BM-{}-{}-{tag}", at.gx, at.gy),
        p,
        z: city.ground.height(p) - depth,
    };
    let (a, b) = (end("a", p, 1.4), end("b", q, 1.6));
    let road = city.lattice.street_name(at, Dir::East, &city.recipe);
    let facts = RunFacts {
        class: "BM",
        zh: "不明",
        section: CrossSection::Unknown,
        size: [("size_mm", json!("")), ("state", json!("废弃"))],
        reference: LevelReference::Axis,
        material: "",
        laying: "ZM",
        road: &road,
        year: 1966,
        gravity: false,
        fault: Some("unknown_pipe"),
    };
    out.push(node(city, &a, "BM", "探测点", Body::Fitting(0.3)));
    out.push(node(city, &b, "BM", "探测点", Body::Fitting(0.3)));
    out.push(pipe(city, format!("p-BM-{}-{}", at.gx, at.gy), &facts, &a, &b, None));
}

/// Gas line for industry along the south street of a factory, with a branch into the works.
pub(super) fn industrial(city: &City, block: &Block, out: &mut Vec<Feature>) {
    if block.kind != BlockKind::Factory {
        return;
    }
    let Some(frame) = block.frame(&city.lattice, &city.recipe) else {
        return;
    };
    let inset = 3.4;
    let up = (frame.redline[3] - frame.redline[0]).normalize_or_zero();
    let (west, east) = (frame.redline[0] - up * inset, frame.redline[1] - up * inset);
    let (mid, inside) = (west.lerp(east, 0.5), west.lerp(east, 0.5) + up * (inset + 4.0));
    let road = city.lattice.street_name(block.corners().0, Dir::East, &city.recipe);
    let facts = RunFacts {
        class: "GY",
        zh: "工业(氮气)",
        section: CrossSection::Circle { diameter_m: 0.15 },
        size: [("diameter_mm", json!(150)), ("size_mm", json!("150"))],
        reference: LevelReference::Top,
        material: "G",
        laying: "ZM",
        road: &road,
        year: 1987,
        gravity: false,
        fault: None,
    };
    let end = |tag: &str, p: DVec2| End {
        id: format!("GY-{}-{tag}", block.number),
        p,
        z: city.ground.height(p) - 1.6,
    };
    let ends = [end("w", west), end("m", mid), end("e", east), end("i", inside)];
    for end in &ends {
        out.push(node(city, end, "GY", "阀门", Body::Fitting(0.4)));
    }
    for (k, (a, b)) in [(0, 1), (1, 2), (1, 3)].into_iter().enumerate() {
        out.push(pipe(
            city,
            format!("p-GY-{}-{k}", block.number),
            &facts,
            &ends[a],
            &ends[b],
            None,
        ));
    }
}
