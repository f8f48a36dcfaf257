//! Gravity drains: one outlet for every manhole, always downhill to the river or the treatment works, faults excepted.

use super::super::zoning::BlockKind;
use super::{Body, City, Dir, End, NodeAt, PipeSpec, RunFacts, SLOTS, age, crossing, node, pipe, section};
use crate::demo::lattice::DIRS;
use city_model::{Feature, LevelReference};
use glam::DVec2;

/// What a network carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum System {
    /// Sewage, and in old parts sewage and rain together.
    Sanitary,
    /// Rain.
    Storm,
}

/// Where a drain that is not the outlet of its upper node begins, metres from the node.
const HEAD_M: f64 = 15.0;

/// Distance from the river at which drains are shallowest and smallest, metres.
const SHALLOW_M: f64 = 1_500.0;

/// 0 at the river, 1 far from it.
fn far(city: &City, p: DVec2) -> f64 {
    (city.ground.river_distance(p) / SHALLOW_M).min(1.0)
}

/// Inside bottom of a network at a place: below the graded ground, deeper towards the river, so that it falls wherever
/// the ground does and more.
fn invert(city: &City, system: System, p: DVec2) -> f64 {
    let depth = match system {
        System::Sanitary => 4.2 - 1.0 * far(city, p),
        System::Storm => 3.4 - 0.9 * far(city, p),
    };
    city.ground.graded(p) - depth
}

/// True when the street carries a drain of the network.
fn carries(city: &City, system: System, at: NodeAt, dir: Dir) -> bool {
    let Some(to) = city.lattice.neighbour(at, dir) else {
        return false;
    };
    let (low, axis) = match dir {
        Dir::East => (at, Dir::East),
        Dir::West => (to, Dir::East),
        Dir::North => (at, Dir::North),
        Dir::South => (to, Dir::North),
    };
    let dives = city.lattice.crosses_rail(low, axis) && low.gy == city.lattice.main_street * SLOTS;
    let is_left_out = system == System::Storm && city.is_combined(at, dir);
    !(city.lattice.crosses_river(low, axis) || dives || is_left_out)
}

/// Class of the drain in a street.
const fn class_code(system: System, combined: bool) -> &'static str {
    match (system, combined) {
        (System::Storm, _) => "YS",
        (System::Sanitary, true) => "HS",
        (System::Sanitary, false) => "WS",
    }
}

/// Class of the manhole at a street node: combined only when all its drains are.
fn node_class(city: &City, system: System, at: NodeAt) -> &'static str {
    let all = DIRS
        .into_iter()
        .filter(|d| carries(city, system, at, *d))
        .all(|d| city.is_combined(at, d));
    class_code(system, all)
}

fn node_id(city: &City, system: System, at: NodeAt) -> String {
    format!("{}-{}-{}", node_class(city, system, at), at.gx, at.gy)
}

/// The street by which a node drains: the widest of those that fall, separate before combined, the steepest of equals.
fn outlet(city: &City, spec: &PipeSpec, system: System, at: NodeAt) -> Option<Dir> {
    if is_outfall(city, system, at) {
        return None;
    }
    let p = crossing(city, spec, at);
    let here = invert(city, system, p);
    DIRS.into_iter()
        .filter(|d| carries(city, system, at, *d))
        .filter_map(|d| {
            let q = crossing(city, spec, city.lattice.neighbour(at, d)?);
            let slope = (here - invert(city, system, q)) / p.distance(q).max(1.0);
            (slope > 2e-5).then_some((city.is_combined(at, d), city.lattice.class_of(at, d), -slope, d))
        })
        .min_by(|a, b| a.0.cmp(&b.0).then(a.1.cmp(&b.1)).then(a.2.total_cmp(&b.2)))
        .map(|best| best.3)
}

/// Rain leaves the streets at the bridges.
fn is_outfall(city: &City, system: System, at: NodeAt) -> bool {
    system == System::Storm && at.gx.is_multiple_of(SLOTS) && river_side(city, at).is_some()
}

/// +1 when the river lies north of a lattice street, −1 when south.
fn river_side(city: &City, at: NodeAt) -> Option<f64> {
    if !at.gy.is_multiple_of(SLOTS) {
        return None;
    }
    let b = at.gy / SLOTS;
    let rows = &city.lattice.y.corridor;
    if rows.get(b) == Some(&true) {
        Some(1.0)
    } else if b > 0 && rows.get(b - 1) == Some(&true) {
        Some(-1.0)
    } else {
        None
    }
}

/// Inner manhole of a run that is set too high on purpose, if any.
fn planted_rise(city: &City, at: NodeAt, dir: Dir, num_points: usize) -> Option<usize> {
    (num_points >= 4 && city.chance_at(at, 82 + dir as u64) < 0.025).then_some(num_points / 2)
}

/// Manholes of the drain in a street to the east or north of `at`, in the direction of flow.
pub(super) fn run(city: &City, spec: &PipeSpec, system: System, at: NodeAt, dir: Dir) -> Option<Vec<End>> {
    let to = city
        .lattice
        .neighbour(at, dir)
        .filter(|_| carries(city, system, at, dir))?;
    let (pa, pb) = (crossing(city, spec, at), crossing(city, spec, to));
    let (za, zb) = (invert(city, system, pa), invert(city, system, pb));
    let back = if dir == Dir::East { Dir::West } else { Dir::South };
    let forward = za >= zb;
    let (up, down, towards, p0, p1, z0, z1) = if forward {
        (at, to, dir, pa, pb, za, zb)
    } else {
        (to, at, back, pb, pa, zb, za)
    };
    let length = p0.distance(p1);
    let is_head = outlet(city, spec, system, up) != Some(towards);
    let start = if is_head { (HEAD_M / length).min(0.4) } else { 0.0 };
    let count = ((1.0 - start) * length / spec.spacing_m).round().max(1.0);
    let code = class_code(system, city.is_combined(at, dir));
    let tag = if dir == Dir::East { "e" } else { "n" };
    let mut points: Vec<End> = (0..=count as u32)
        .map(|k| {
            let t = start + (1.0 - start) * f64::from(k) / count;
            let id = if k == 0 && !is_head {
                node_id(city, system, up)
            } else if f64::from(k) >= count {
                node_id(city, system, down)
            } else {
                format!("{code}-{}-{}-{tag}{k}", at.gx, at.gy)
            };
            End {
                id,
                p: p0.lerp(p1, t),
                z: z0 + (z1 - z0) * t,
            }
        })
        .collect();
    if let Some(k) = planted_rise(city, at, dir, points.len()) {
        points[k].z = points[k - 1].z + 0.18;
    }
    Some(points)
}

/// Emits the manhole of a street node, its drains to the east and north, and its outfall.
pub(super) fn emit(city: &City, spec: &PipeSpec, system: System, at: NodeAt, out: &mut Vec<Feature>) {
    if !DIRS.into_iter().any(|d| carries(city, system, at, d)) {
        return;
    }
    let p = crossing(city, spec, at);
    let end = End {
        id: node_id(city, system, at),
        p,
        z: invert(city, system, p),
    };
    let ends_here = outlet(city, spec, system, at).is_none();
    let kind = match (ends_here, system) {
        (true, System::Sanitary) => "污水泵站",
        (true, System::Storm) if !is_outfall(city, system, at) => "雨水泵站",
        _ => &spec.node,
    };
    out.push(node(
        city,
        &end,
        node_class(city, system, at),
        kind,
        if ends_here {
            Body::Chamber(2.4, 2.4)
        } else {
            Body::Manhole(1.25)
        },
    ));
    if is_outfall(city, system, at) {
        outfall(city, spec, at, &end, out);
    }
    if ends_here && system == System::Sanitary {
        to_works(city, spec, at, &end, out);
    }
    for dir in [Dir::East, Dir::North] {
        if let Some(points) = run(city, spec, system, at, dir) {
            street_drain(city, spec, system, at, dir, &points, out);
        }
    }
}

fn street_drain(
    city: &City,
    spec: &PipeSpec,
    system: System,
    at: NodeAt,
    dir: Dir,
    points: &[End],
    out: &mut Vec<Feature>,
) {
    let combined = city.is_combined(at, dir);
    let code = class_code(system, combined);
    let class = city.lattice.class_of(at, dir) as usize;
    let middle = points.first().map_or(DVec2::ZERO, |e| e.p);
    let scale = (1.0 - 0.4 * far(city, middle)) * if combined { 1.5 } else { 1.0 };
    let (section, size) = section(spec, class, scale);
    let (mut year, _) = age(city, spec, at, dir);
    if combined {
        year = 1974 + year % 18;
    }
    let road = city.lattice.street_name(at, dir, &city.recipe);
    let facts = RunFacts {
        class: code,
        zh: if combined { "雨污合流" } else { &spec.zh },
        section,
        size,
        reference: LevelReference::InsideBottom,
        material: if combined { "Z" } else { &spec.material },
        laying: &spec.laying,
        road: &road,
        year,
        gravity: true,
        fault: None,
    };
    let planted = planted_rise(city, at, dir, points.len());
    let tag = if dir == Dir::East { "e" } else { "n" };
    for (k, pair) in points.windows(2).enumerate() {
        let fault = (planted == Some(k + 1)).then_some("reverse_slope");
        out.push(pipe(
            city,
            format!("p-{code}-{}-{}-{tag}{k}", at.gx, at.gy),
            &facts,
            &pair[0],
            &pair[1],
            fault,
        ));
    }
    let body = Body::Manhole(if class <= 1 { 1.25 } else { 0.9 });
    for (k, end) in points.iter().enumerate() {
        let is_inner = k > 0 && k + 1 < points.len();
        let is_head = k == 0 && end.id.rsplit('-').next().is_some_and(|s| s.starts_with(tag));
        if is_inner || is_head {
            out.push(node(city, end, code, &spec.node, body));
        }
    }
}

/// Pipe from a manhole at a bridge to the bank.
fn outfall(city: &City, spec: &PipeSpec, at: NodeAt, from: &End, out: &mut Vec<Feature>) {
    let Some(side) = river_side(city, at) else { return };
    let distance = city.ground.river_distance(from.p);
    let reach = distance - 33.0;
    let p = from.p + DVec2::new(0.0, side * reach);
    let to = End {
        id: format!("YS-{}-{}-out", at.gx, at.gy),
        p,
        z: (city.ground.water_level(p.x) + 0.35).min(from.z - 0.05),
    };
    let road = city.lattice.street_name(at, Dir::East, &city.recipe);
    let class = city.lattice.class_y(at.gy) as usize;
    let (section, size) = section(spec, class.saturating_sub(1), 1.4);
    let facts = RunFacts {
        class: "YS",
        zh: &spec.zh,
        section,
        size,
        reference: LevelReference::InsideBottom,
        material: &spec.material,
        laying: &spec.laying,
        road: &road,
        year: 1996,
        gravity: true,
        fault: None,
    };
    out.push(pipe(
        city,
        format!("p-YS-{}-{}-out", at.gx, at.gy),
        &facts,
        from,
        &to,
        None,
    ));
    out.push(node(city, &to, "YS", "出水口", Body::Fitting(1.2)));
}

/// Trunk sewer from the last manhole of the bank street into the treatment works.
fn to_works(city: &City, spec: &PipeSpec, at: NodeAt, from: &End, out: &mut Vec<Feature>) {
    let Some(block) = city.blocks.iter().find(|b| b.kind == BlockKind::Treatment) else {
        return;
    };
    let (_, ne) = block.corners();
    let on_its_side = at.gy == block.corners().0.gy && (ne.gx / SLOTS) * SLOTS <= at.gx;
    if !on_its_side {
        return;
    }
    let Some(frame) = block.frame(&city.lattice, &city.recipe) else {
        return;
    };
    let p = frame.world(DVec2::new(frame.size.x - 8.0, 22.0));
    let to = End {
        id: "WS-works-inlet".to_owned(),
        p,
        z: from.z - 0.25,
    };
    let (section, size) = section(spec, 0, 1.5);
    let facts = RunFacts {
        class: "WS",
        zh: &spec.zh,
        section,
        size,
        reference: LevelReference::InsideBottom,
        material: &spec.material,
        laying: "DG",
        road: "第三污水处理厂",
        year: 2006,
        gravity: true,
        fault: None,
    };
    out.push(pipe(city, format!("p-WS-works-{}", at.gx), &facts, from, &to, None));
    out.push(node(city, &to, "WS", "进水井", Body::Chamber(4.0, 4.0)));
}
