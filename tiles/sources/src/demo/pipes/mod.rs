//! Pipe networks along the streets, class by class in the order of GB 50289.

mod connections;
mod drains;
mod pressure;

use super::blocks::Built;
use super::city::{City, attributes, feature, round3};
use super::lattice::{Dir, NodeAt, SLOTS};
use super::recipe::PipeSpec;
use super::zoning::Block;
use city_model::{Attributes, CrossSection, Feature, FeatureClass, LevelReference, Line, PointKind, PointShape, Shape};
use glam::DVec2;
use serde_json::{Value, json};

/// Emits the pipes of the streets that a superblock owns.
pub(super) fn emit_streets(city: &City, i: usize, j: usize, out: &mut Vec<Feature>) {
    for at in super::streets::owned_nodes(city, i, j) {
        for spec in &city.recipe.pipes {
            match spec.class.as_str() {
                "WS" => drains::emit(city, spec, drains::System::Sanitary, at, out),
                "YS" => drains::emit(city, spec, drains::System::Storm, at, out),
                _ => pressure::emit(city, spec, at, out),
            }
        }
        pressure::utility_tunnel(city, at, out);
        pressure::unknown_pipe(city, at, out);
    }
}

/// Emits the connections of the buildings of a block and what only some blocks have.
pub(super) fn emit_block(city: &City, block: &Block, built: &[Built], out: &mut Vec<Feature>) {
    connections::emit(city, block, built, out);
    pressure::industrial(city, block, out);
}

/// Where the line of a class crosses or ends at a street node: the meeting of its offsets in both streets.
fn crossing(city: &City, spec: &PipeSpec, at: NodeAt) -> DVec2 {
    let off = |class: super::recipe::StreetClass| {
        let inset = spec.offset_m[class as usize];
        if inset > 0.0 {
            city.recipe.half_redline(class) - inset
        } else {
            0.0
        }
    };
    let has = |d: [Dir; 2]| d.iter().any(|dir| city.lattice.neighbour(at, *dir).is_some());
    let mut shift = DVec2::ZERO;
    if has([Dir::North, Dir::South]) {
        shift.x = spec.side * off(city.lattice.class_x(at.gx));
    }
    if has([Dir::East, Dir::West]) {
        shift.y = -spec.side * off(city.lattice.class_y(at.gy));
    }
    city.lattice.position(at) + shift
}

/// Section and size attributes of a pipe of a class on a street class, scaled.
fn section(spec: &PipeSpec, class: usize, scale: f64) -> (CrossSection, [(&'static str, Value); 2]) {
    if let Some(diameters) = spec.diameter_mm {
        let mm = (diameters[class] * scale / 50.0).round().max(1.0) * 50.0;
        return (
            CrossSection::Circle {
                diameter_m: mm / 1000.0,
            },
            [("diameter_mm", json!(mm)), ("size_mm", json!(format!("{mm:.0}")))],
        );
    }
    let (w, h) = (
        spec.width_mm.map_or(400.0, |a| a[class]),
        spec.height_mm.map_or(300.0, |a| a[class]),
    );
    (
        CrossSection::Rect {
            width_m: w / 1000.0,
            height_m: h / 1000.0,
        },
        [("width_mm", json!(w)), ("height_mm", json!(h))],
    )
}

/// One end of a pipe: node id, place, level of the pipe.
#[derive(Debug, Clone)]
struct End {
    id: String,
    p: DVec2,
    z: f64,
}

/// What is the same for all sections of a run.
struct RunFacts<'a> {
    class: &'a str,
    zh: &'a str,
    section: CrossSection,
    size: [(&'static str, Value); 2],
    reference: LevelReference,
    material: &'a str,
    laying: &'a str,
    road: &'a str,
    year: u32,
    gravity: bool,
    fault: Option<&'static str>,
}

/// Feature of one pipe section from `a` to `b` (in the direction of flow for drains).
fn pipe(city: &City, id: String, facts: &RunFacts<'_>, a: &End, b: &End, fault: Option<&str>) -> Feature {
    let (ga, gb) = (city.ground.height(a.p), city.ground.height(b.p));
    let mut attrs: Attributes = attributes([
        ("name", json!(format!("{}{}管", facts.road, facts.zh))),
        ("pipe_class", json!(facts.class)),
        ("from_node", json!(a.id)),
        ("to_node", json!(b.id)),
        ("start_level_m", json!(round3(a.z))),
        ("end_level_m", json!(round3(b.z))),
        ("start_depth_m", json!(round3(ga - a.z))),
        ("end_depth_m", json!(round3(gb - b.z))),
        ("length_m", json!((a.p.distance(b.p) * 100.0).round() / 100.0)),
        ("material", json!(facts.material)),
        ("laying", json!(facts.laying)),
        ("road", json!(facts.road)),
        ("year", json!(facts.year)),
    ]);
    for (key, value) in &facts.size {
        attrs.insert((*key).to_owned(), value.clone());
    }
    if facts.gravity {
        attrs.insert("flow".to_owned(), json!("+"));
    }
    if let Some(fault) = fault.or(facts.fault) {
        attrs.insert("planted_fault".to_owned(), json!(fault));
    }
    let line = Line {
        points: vec![a.p.extend(a.z), b.p.extend(b.z)],
        section: facts.section,
        reference: facts.reference,
    };
    feature(id, FeatureClass::Pipe, 10, Shape::Line(line), attrs)
}

/// Feature of a node. Manholes and chambers stand on the terrain; fittings sit on the pipe.
fn node(city: &City, end: &End, class: &str, kind_zh: &str, body: Body) -> Feature {
    let ground = city.ground.height(end.p);
    let depth_m = (ground - end.z).max(0.3);
    let (kind, on_terrain, z) = match body {
        Body::Manhole(diameter_m) => (
            PointKind::Manhole {
                diameter_m,
                depth_m: depth_m + 0.1,
            },
            true,
            0.0,
        ),
        Body::Chamber(width_m, length_m) => (
            PointKind::Chamber {
                width_m,
                length_m,
                depth_m: depth_m + 0.6,
            },
            true,
            0.0,
        ),
        Body::Fitting(size_m) => (PointKind::Fitting { size_m }, false, end.z),
    };
    let point = PointShape {
        position: end.p.extend(z),
        on_terrain,
        kind,
        rotation_rad: 0.0,
    };
    feature(
        end.id.clone(),
        FeatureClass::PipeNode,
        10,
        Shape::Point(point),
        attributes([
            ("pipe_class", json!(class)),
            ("node_kind", json!(kind_zh)),
            ("ground_level_m", json!(round3(ground))),
            ("depth_m", json!(round3(ground - end.z))),
            ("level_m", json!(round3(end.z))),
        ]),
    )
}

/// Body of a node.
#[derive(Debug, Clone, Copy)]
enum Body {
    /// Diameter, metres.
    Manhole(f64),
    /// Width and length, metres.
    Chamber(f64, f64),
    /// Size, metres.
    Fitting(f64),
}

/// Year and material of the street's pipes: old parts have old mains.
fn age(city: &City, spec: &PipeSpec, at: NodeAt, dir: Dir) -> (u32, bool) {
    let old_part = city.is_combined(at, dir);
    let line = match dir {
        Dir::East | Dir::West => NodeAt {
            gx: 7_000 + at.gx / SLOTS,
            gy: at.gy,
        },
        Dir::North | Dir::South => NodeAt {
            gx: at.gx,
            gy: 9_000 + at.gy / SLOTS,
        },
    };
    let roll = city.chance_at(line, 70 + spec.class.bytes().map(u64::from).sum::<u64>());
    if spec.old_material != spec.material && roll < if old_part { 0.55 } else { 0.10 } {
        return (1970 + (roll * 90.0) as u32 % 10, true);
    }
    (
        spec.year_from + (roll * f64::from(2022_u32.saturating_sub(spec.year_from))) as u32,
        false,
    )
}
