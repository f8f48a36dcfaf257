//! Streets: strips between junctions, junction surfaces, crossings and stop lines, trees and lamps.

use super::city::{Arm, City, Junction, attributes, feature, ground_polygon};
use super::geom::{left, strip};
use super::lattice::{Dir, NodeAt, SLOTS};
use super::recipe::StreetClass;
use super::rng::Rng;
use city_model::{CrossSection, Feature, FeatureClass, Footprint, LevelReference, Line, PointKind, PointShape, Shape};
use glam::DVec2;
use serde_json::json;

/// Nodes that a superblock owns: those on its south and west side and inside.
pub(super) fn owned_nodes(city: &City, i: usize, j: usize) -> impl Iterator<Item = NodeAt> + '_ {
    let (sx, sy) = (
        if i < city.lattice.columns() { SLOTS } else { 1 },
        if j < city.lattice.rows() { SLOTS } else { 1 },
    );
    (0..sy)
        .flat_map(move |t| {
            (0..sx).map(move |s| NodeAt {
                gx: i * SLOTS + s,
                gy: j * SLOTS + t,
            })
        })
        .filter(|at| city.lattice.is_node(*at))
}

/// Emits the streets that start at the nodes of a superblock.
pub(super) fn emit(city: &City, i: usize, j: usize, out: &mut Vec<Feature>) {
    for at in owned_nodes(city, i, j) {
        let junction = city.junction(at);
        out.push(ground_polygon(
            format!("jn-{}-{}", at.gx, at.gy),
            FeatureClass::Road,
            vec![junction.ring.clone()],
            attributes([
                (
                    "road_class",
                    json!(
                        junction.arms.iter().map(|a| a.class).min().map_or("branch", |c| city
                            .recipe
                            .street(c)
                            .road_class
                            .as_str())
                    ),
                ),
                ("junction", json!(true)),
                ("arms", json!(junction.arms.len())),
            ]),
        ));
        markings(&junction, at, out);
        for arm in junction.arms.iter().filter(|a| matches!(a.dir, Dir::East | Dir::North)) {
            street(city, at, &junction, arm, out);
        }
    }
}

/// Zebra stripes and stop lines of the wider arms of a junction.
fn markings(junction: &Junction, at: NodeAt, out: &mut Vec<Feature>) {
    if junction.arms.len() < 3 {
        return;
    }
    let mut polygons = Vec::new();
    for arm in junction.arms.iter().filter(|a| a.class <= StreetClass::Secondary) {
        let (n, start) = (left(arm.unit), junction.center + arm.unit * (arm.setback_m + 0.8));
        let count = ((arm.half_m * 2.0 - 1.0) / 1.3).floor() as u32;
        for k in 0..count {
            let across = -arm.half_m + 0.9 + 1.3 * f64::from(k);
            let foot = start + n * across;
            polygons.push(vec![strip(foot, foot + arm.unit * 4.6, 0.32)]);
        }
        // stop line across the lanes that come in: traffic keeps right, so they lie left of the outward direction
        let line = start + arm.unit * 6.0;
        polygons.push(vec![strip(line + n * 0.4, line + n * (arm.half_m - 0.4), 0.2)]);
    }
    if !polygons.is_empty() {
        let shape = Shape::Footprint(Footprint {
            polygons,
            level_z_m: None,
        });
        let attrs = attributes([("marking", json!(true)), ("kind", json!("人行横道"))]);
        out.push(feature(
            format!("zebra-{}-{}", at.gx, at.gy),
            FeatureClass::Road,
            20,
            shape,
            attrs,
        ));
    }
}

fn street(city: &City, at: NodeAt, from: &Junction, arm: &Arm, out: &mut Vec<Feature>) {
    let far = city.junction(arm.to);
    let back = match arm.dir {
        Dir::East => Dir::West,
        Dir::North => Dir::South,
        Dir::West => Dir::East,
        Dir::South => Dir::North,
    };
    let Some(end_arm) = far.arms.iter().find(|a| a.dir == back) else {
        return;
    };
    let (a, b) = (
        from.center + arm.unit * arm.setback_m,
        far.center + end_arm.unit * end_arm.setback_m,
    );
    let spec = city.recipe.street(arm.class);
    let tag = if arm.dir == Dir::East { "e" } else { "n" };
    let name = city.lattice.street_name(at, arm.dir, &city.recipe);
    if city.lattice.crosses_river(at, arm.dir) {
        super::water::bridge(city, at, a, b, arm, &name, out);
        return;
    }
    if (b - a).dot(arm.unit) < 1.0 {
        return;
    }
    let line = Line {
        points: vec![a.extend(0.0), b.extend(0.0)],
        section: CrossSection::Strip {
            width_m: spec.carriageway_m,
        },
        reference: LevelReference::BelowTerrain,
    };
    out.push(feature(
        format!("road-{}-{}-{tag}", at.gx, at.gy),
        FeatureClass::Road,
        10,
        Shape::Line(line),
        attributes([
            ("name", json!(name)),
            ("road_class", json!(spec.road_class)),
            ("class_zh", json!(spec.zh)),
            ("lanes", json!(spec.lanes)),
            ("width_m", json!(spec.carriageway_m)),
            ("redline_m", json!(spec.redline_m)),
            ("sidewalk_m", json!((spec.redline_m - spec.carriageway_m) * 0.5)),
            ("one_way", json!(false)),
        ]),
    ));
    furnish(city, at, arm, a, b, out);
}

const SPECIES: [(&str, f64, f64, u8); 6] = [
    ("国槐", 9.0, 6.0, 0),
    ("法桐", 11.5, 8.0, 0),
    ("栾树", 8.5, 5.5, 0),
    ("银杏", 9.5, 4.6, 0),
    ("女贞", 7.0, 4.6, 0),
    ("白杨", 14.0, 3.6, 2),
];

/// A tree that stands on the terrain.
pub(super) fn tree(id: String, p: DVec2, species: usize, size: f64) -> Feature {
    let (name, height, crown, form) = SPECIES[species % SPECIES.len()];
    let point = PointShape {
        position: p.extend(0.0),
        on_terrain: true,
        kind: PointKind::Tree {
            height_m: height * size,
            crown_m: crown * size,
            form,
        },
        rotation_rad: (p.x * 0.7 + p.y * 1.3).rem_euclid(std::f64::consts::TAU) as f32,
    };
    feature(
        id,
        FeatureClass::Tree,
        10,
        Shape::Point(point),
        attributes([("species", json!(name))]),
    )
}

/// Rows of trees and lamps on both pavements.
fn furnish(city: &City, at: NodeAt, arm: &Arm, a: DVec2, b: DVec2, out: &mut Vec<Feature>) {
    let spec = city.recipe.street(arm.class);
    let tag = if arm.dir == Dir::East { "e" } else { "n" };
    let line = if arm.dir == Dir::East { at.gy } else { at.gx };
    let species = (city.chance_at(
        NodeAt {
            gx: line,
            gy: usize::from(arm.dir == Dir::East),
        },
        1,
    ) * 5.0) as usize;
    let mut rng = Rng::new(city.seed, &[40, at.gx as u64, at.gy as u64, arm.dir as u64]);
    let (length, n) = ((b - a).length(), left(arm.unit));
    let at_rail = city.lattice.crosses_rail(at, arm.dir);
    let mut number = 0;
    for side in [-1.0, 1.0] {
        let kerb = n * (arm.half_m + 1.6) * side;
        let mut t = 9.0;
        while t < length - 9.0 {
            let p = a + arm.unit * (t + rng.range(-0.6, 0.6)) + kerb;
            let clear_of_rail = !at_rail || (t - length * 0.5).abs() > 26.0;
            if clear_of_rail && rng.chance(0.93) {
                out.push(tree(
                    format!("st-{}-{}-{tag}{number}", at.gx, at.gy),
                    p,
                    species,
                    rng.range(0.75, 1.15),
                ));
                number += 1;
            }
            t += spec.tree_spacing_m;
        }
        if spec.lamp_spacing_m > 0.0 {
            let mut t = if side < 0.0 {
                4.0
            } else {
                4.0 + spec.lamp_spacing_m * 0.5
            };
            let kerb = n * (arm.half_m + 0.6) * side;
            while t < length - 3.0 {
                let point = PointShape {
                    position: (a + arm.unit * t + kerb).extend(0.0),
                    on_terrain: true,
                    kind: PointKind::Post {
                        height_m: if arm.class <= StreetClass::Main { 11.0 } else { 8.0 },
                    },
                    rotation_rad: (n * -side).to_angle() as f32,
                };
                let id = format!("lamp-{}-{}-{tag}{number}", at.gx, at.gy);
                out.push(feature(
                    id,
                    FeatureClass::CityFurniture,
                    10,
                    Shape::Point(point),
                    attributes([("kind", json!("路灯"))]),
                ));
                number += 1;
                t += spec.lamp_spacing_m;
            }
        }
    }
}
