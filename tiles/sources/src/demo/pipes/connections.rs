//! House connections: from buildings on the street front to the nearest sewer manhole and water main.

use super::super::zoning::{Block, BlockKind};
use super::drains::{self, System};
use super::{Body, Built, City, Dir, End, NodeAt, RunFacts, node, pipe, pressure};
use crate::demo::rng;
use city_model::{CrossSection, Feature, LevelReference};
use glam::DVec2;
use serde_json::json;

/// Longest connection, metres.
const REACH_M: f64 = 48.0;

/// Nodes of the mains in the four streets around a block.
fn mains(city: &City, block: &Block, points: impl Fn(NodeAt, Dir) -> Option<Vec<End>>) -> Vec<End> {
    let (sw, ne) = block.corners();
    let mut all = Vec::new();
    let mut walk = |mut at: NodeAt, dir: Dir, end: NodeAt| {
        while at != end {
            let Some(next) = city.lattice.neighbour(at, dir) else {
                return;
            };
            if let Some(points) = points(at, dir) {
                all.extend(points);
            }
            at = next;
        }
    };
    walk(sw, Dir::East, NodeAt { gx: ne.gx, gy: sw.gy });
    walk(NodeAt { gx: sw.gx, gy: ne.gy }, Dir::East, ne);
    walk(sw, Dir::North, NodeAt { gx: sw.gx, gy: ne.gy });
    walk(NodeAt { gx: ne.gx, gy: sw.gy }, Dir::North, ne);
    all
}

fn nearest(mains: &[End], p: DVec2) -> Option<&End> {
    mains
        .iter()
        .min_by(|a, b| a.p.distance_squared(p).total_cmp(&b.p.distance_squared(p)))
        .filter(|e| e.p.distance(p) < REACH_M)
}

/// Middle of the side of a building that faces a place, half a metre outside.
fn foot(ring: &[DVec2], towards: DVec2) -> DVec2 {
    let middle = ring.iter().copied().sum::<DVec2>() / ring.len().max(1) as f64;
    let side = (0..ring.len())
        .map(|k| (ring[k] + ring[(k + 1) % ring.len()]) * 0.5)
        .min_by(|a, b| a.distance_squared(towards).total_cmp(&b.distance_squared(towards)))
        .unwrap_or(middle);
    side + (towards - side).normalize_or_zero() * 0.6
}

/// Emits the connections of a block.
pub(super) fn emit(city: &City, block: &Block, built: &[Built], out: &mut Vec<Feature>) {
    let (Some(sewer), Some(storm), Some(water)) =
        (city.recipe.pipe("WS"), city.recipe.pipe("YS"), city.recipe.pipe("JS"))
    else {
        return;
    };
    if built.is_empty() {
        return;
    }
    let sewers = mains(city, block, |at, dir| {
        drains::run(city, sewer, System::Sanitary, at, dir)
    });
    let storms = mains(city, block, |at, dir| drains::run(city, storm, System::Storm, at, dir));
    let waters = mains(city, block, |at, dir| pressure::points(city, water, at, dir));
    let share = if block.kind == BlockKind::Village { 0.45 } else { 0.9 };
    for (k, building) in built.iter().enumerate() {
        let roll = |purpose: u64| rng::unit(rng::key(city.seed, &[83, purpose, u64::from(block.number), k as u64]));
        let middle = building.ring.iter().copied().sum::<DVec2>() / building.ring.len().max(1) as f64;
        if roll(0) < share {
            // a planted fault: foul water into the storm drain
            let is_mixed = roll(1) < 0.03;
            if let Some(main) = nearest(if is_mixed { &storms } else { &sewers }, middle) {
                let from = foot(&building.ring, main.p);
                let z = (city.ground.height(from) - 1.1).max(main.z + 0.01 * from.distance(main.p) + 0.02);
                let start = End {
                    id: format!("WS-{}", building.id),
                    p: from,
                    z,
                };
                let facts = facts("WS", "污水接户", 0.2, LevelReference::InsideBottom, "PVC", true);
                out.push(pipe(
                    city,
                    format!("pc-WS-{}", building.id),
                    &facts,
                    &start,
                    main,
                    is_mixed.then_some("mixed_connection"),
                ));
                out.push(node(city, &start, "WS", "出户井", Body::Manhole(0.5)));
            }
        }
        if let Some(main) = nearest(&waters, middle).filter(|_| roll(2) < share * 0.5) {
            let from = foot(&building.ring, main.p);
            let end = End {
                id: format!("JS-{}", building.id),
                p: from,
                z: city.ground.height(from) - 1.0,
            };
            let facts = facts("JS", "给水接户", 0.1, LevelReference::Top, "PE", false);
            out.push(pipe(city, format!("pc-JS-{}", building.id), &facts, main, &end, None));
            out.push(node(city, &end, "JS", "水表井", Body::Fitting(0.4)));
        }
    }
}

fn facts<'a>(
    class: &'a str,
    zh: &'a str,
    diameter_m: f64,
    reference: LevelReference,
    material: &'a str,
    gravity: bool,
) -> RunFacts<'a> {
    let mm = diameter_m * 1000.0;
    RunFacts {
        class,
        zh,
        section: CrossSection::Circle { diameter_m },
        size: [("diameter_mm", json!(mm)), ("size_mm", json!(format!("{mm:.0}")))],
        reference,
        material,
        laying: "ZM",
        road: "",
        year: 2008,
        gravity,
        fault: None,
    }
}
