//! The river with its banks and bridges, the rail line, and the fields beyond the ring road.

use super::city::{Arm, City, attributes, feature, ground_polygon};
use super::geom::{inset_quad, left};
use super::lattice::{CellKind, NodeAt};
use super::recipe::StreetClass;
use super::rng::Rng;
use super::solids;
use super::streets::tree;
use super::terrain::WATER_HALF_M;
use city_model::{CrossSection, Feature, FeatureClass, Footprint, LevelReference, Line, Shape};
use glam::DVec2;
use serde_json::json;

/// Half width of the track bed of a double line, metres.
pub(super) const TRACK_HALF_M: f64 = 5.5;
/// How far river and rail go on beyond the ring road, metres.
const BEYOND_M: f64 = 1_100.0;

/// Emits the corridor features of a superblock; ends beyond the ring road come with the first and last ones.
pub(super) fn emit(city: &City, i: usize, j: usize, out: &mut Vec<Feature>) {
    if i >= city.lattice.columns() || j >= city.lattice.rows() {
        return;
    }
    let kind = city.lattice.cell_kind(i, j);
    if matches!(kind, CellKind::River | CellKind::RiverAndRail) {
        river(city, i, j, out);
    }
    if matches!(kind, CellKind::Rail | CellKind::RiverAndRail) {
        rail(city, i, j, out);
    }
}

/// Middle of the river between two eastings as points with unit normals to the north.
fn river_line(city: &City, j: usize, x0: f64, x1: f64) -> Vec<(DVec2, DVec2)> {
    let Some((_, curve)) = city.ground.rivers.iter().find(|(row, _)| *row == j) else {
        return Vec::new();
    };
    let steps = ((x1 - x0) / 20.0).ceil().max(1.0) as u32;
    (0..=steps)
        .map(|k| {
            let x = x0 + (x1 - x0) * f64::from(k) / f64::from(steps);
            (
                DVec2::new(x, curve.at(x)),
                left(DVec2::new(1.0, curve.slope(x)).normalize()),
            )
        })
        .collect()
}

fn reach(city: &City, j: usize, x0: f64, x1: f64, number: &str, out: &mut Vec<Feature>) {
    let line = river_line(city, j, x0, x1);
    let south = line.iter().map(|(p, n)| *p - *n * WATER_HALF_M);
    let north = line.iter().rev().map(|(p, n)| *p + *n * WATER_HALF_M);
    let level = city.ground.water_level((x0 + x1) * 0.5);
    let shape = Shape::Footprint(Footprint {
        polygons: vec![vec![south.chain(north).collect()]],
        level_z_m: Some(level),
    });
    out.push(feature(
        format!("river-{number}"),
        FeatureClass::Water,
        10,
        shape,
        attributes([
            ("name", json!(city.recipe.names.river)),
            ("water_class", json!("river")),
            ("level_m", json!((level * 100.0).round() / 100.0)),
            ("flow", json!("east")),
        ]),
    ));
}

fn river(city: &City, i: usize, j: usize, out: &mut Vec<Feature>) {
    let lattice = &city.lattice;
    let mid = |a: usize| (lattice.lattice_node(a, j) + lattice.lattice_node(a, j + 1)) * 0.5;
    let (x0, x1) = (mid(i).x, mid(i + 1).x);
    reach(city, j, x0, x1, &format!("{i}-{j}"), out);
    if i == 0 {
        reach(city, j, x0 - BEYOND_M, x0, &format!("w-{j}"), out);
    }
    if i + 1 == lattice.columns() {
        reach(city, j, x1, x1 + BEYOND_M, &format!("e-{j}"), out);
    }
    let quad = lattice.cell_quad(i, j);
    let classes = [
        lattice.y.classes[j],
        lattice.x.classes[i + 1],
        lattice.y.classes[j + 1],
        lattice.x.classes[i],
    ];
    let kerb = inset_quad(&quad, classes.map(|c| city.recipe.half_carriageway(c)));
    let red = inset_quad(&quad, classes.map(|c| city.recipe.half_redline(c)));
    let (Some(kerb), Some(red)) = (kerb, red) else { return };
    let line = river_line(city, j, x0, x1);
    let mut rng = Rng::new(city.seed, &[50, i as u64, j as u64]);
    for (side, tag, k0, k1) in [(-1.0, "s", 0, 1), (1.0, "n", 2, 3)] {
        // promenade between kerb and bank
        let pavement = vec![kerb[k0], kerb[k1], red[k1], red[k0]];
        out.push(ground_polygon(
            format!("promenade-{i}-{j}-{tag}"),
            FeatureClass::LandUse,
            vec![pavement],
            attributes([("land_use", json!("sidewalk")), ("surface", json!("pavement"))]),
        ));
        let edge = WATER_HALF_M - 1.5;
        let mut shore: Vec<DVec2> = line.iter().map(|(p, n)| *p + *n * edge * side).collect();
        if side < 0.0 {
            shore.reverse();
        }
        let mut ring = vec![red[k0], red[k1]];
        ring.extend(shore);
        out.push(ground_polygon(
            format!("bank-{i}-{j}-{tag}"),
            FeatureClass::PlantCover,
            vec![ring],
            attributes([
                ("name", json!(format!("{}滨河绿带", city.recipe.names.river))),
                ("cover", json!("lawn")),
            ]),
        ));
        let mut number = 0;
        for (p, n) in line.iter().skip(2).step_by(1) {
            for row in [44.0, 54.0, 62.0] {
                let q = *p + *n * (row + rng.range(-3.0, 3.0)) * side + DVec2::new(rng.range(-6.0, 6.0), 0.0);
                let clear = (q.x - x0).abs() > 40.0 && (q.x - x1).abs() > 40.0 && inside(&red, q);
                if clear && rng.chance(0.75) {
                    let species = if row < 50.0 { 4 } else { rng.int(0, 5) as usize };
                    out.push(tree(
                        format!("bt-{i}-{j}-{tag}{number}"),
                        q,
                        species,
                        rng.range(0.7, 1.2),
                    ));
                    number += 1;
                }
            }
        }
    }
}

fn inside(quad: &[DVec2; 4], p: DVec2) -> bool {
    (0..4).all(|k| (quad[(k + 1) % 4] - quad[k]).perp_dot(p - quad[k]) > 2.0)
}

/// A street bridge over the river, from junction to junction.
pub(super) fn bridge(city: &City, at: NodeAt, a: DVec2, b: DVec2, arm: &Arm, name: &str, out: &mut Vec<Feature>) {
    let z = (city.ground.height(a) + 0.12, city.ground.height(b) + 0.12);
    let half = arm.half_m + 3.0;
    let mesh = solids::bridge(a, b, half, z, 24.0, |p| city.ground.height(p));
    out.push(feature(
        format!("bridge-{}-{}", at.gx, at.gy),
        FeatureClass::Bridge,
        20,
        Shape::Surfaces(mesh),
        attributes([
            ("name", json!(format!("{name}{}桥", city.recipe.names.river))),
            ("road_class", json!(city.recipe.street(arm.class).road_class)),
            ("lanes", json!(city.recipe.street(arm.class).lanes)),
            ("width_m", json!(half * 2.0)),
            ("year", json!(1988 + (city.chance_at(at, 51) * 30.0) as u32)),
            ("structure", json!("预应力混凝土连续梁")),
        ]),
    ));
}

/// Track along the middle of the rail corridor between two northings.
fn track(city: &City, i: usize, y0: f64, y1: f64, id: String, out: &mut Vec<Feature>) {
    let Some((_, curve)) = city.ground.rails.iter().find(|(column, _)| *column == i) else {
        return;
    };
    if y1 - y0 < 2.0 {
        return;
    }
    let steps = ((y1 - y0) / 30.0).ceil().max(1.0) as u32;
    let points = (0..=steps)
        .map(|k| y0 + (y1 - y0) * f64::from(k) / f64::from(steps))
        .map(|y| DVec2::new(curve.at(y), y).extend(0.0))
        .collect();
    let line = Line {
        points,
        section: CrossSection::Strip {
            width_m: TRACK_HALF_M * 2.0,
        },
        reference: LevelReference::BelowTerrain,
    };
    out.push(feature(
        id,
        FeatureClass::Railway,
        10,
        Shape::Line(line),
        attributes([
            ("name", json!(city.recipe.names.rail)),
            ("tracks", json!(2)),
            ("ballast", json!(true)),
            ("width_m", json!(TRACK_HALF_M * 2.0)),
            ("gauge_mm", json!(1435)),
        ]),
    ));
}

fn rail(city: &City, i: usize, j: usize, out: &mut Vec<Feature>) {
    let lattice = &city.lattice;
    let Some((_, curve)) = city.ground.rails.iter().find(|(column, _)| *column == i) else {
        return;
    };
    let mid = |b: usize| (lattice.lattice_node(i, b) + lattice.lattice_node(i + 1, b)).y * 0.5;
    let (mut y0, mut y1) = (mid(j), mid(j + 1));
    if j == 0 {
        track(city, i, y0 - BEYOND_M, y0, format!("rail-{i}-s"), out);
    }
    if j + 1 == lattice.rows() {
        track(city, i, y1, y1 + BEYOND_M, format!("rail-{i}-n"), out);
    }
    let deck = |from: f64, to: f64, id: String, name: String, out: &mut Vec<Feature>| {
        let (a, b) = (DVec2::new(curve.at(from), from), DVec2::new(curve.at(to), to));
        let z = (city.ground.height(a) + 0.25, city.ground.height(b) + 0.25);
        let mesh = solids::bridge(a, b, TRACK_HALF_M + 0.8, z, 16.0, |p| city.ground.height(p));
        let attrs = attributes([
            ("name", json!(name)),
            ("carries", json!("railway")),
            ("year", json!(1959)),
            ("structure", json!("钢筋混凝土梁")),
        ]);
        out.push(feature(id, FeatureClass::Bridge, 20, Shape::Surfaces(mesh), attrs));
    };
    if lattice.cell_kind(i, j) == CellKind::RiverAndRail {
        let from = y0 + city.recipe.half_redline(StreetClass::Secondary);
        let to = y1 - city.recipe.half_redline(StreetClass::Secondary);
        track(city, i, y0, from, format!("rail-{i}-{j}-a"), out);
        track(city, i, to, y1, format!("rail-{i}-{j}-b"), out);
        deck(
            from,
            to,
            format!("railbridge-{i}-{j}"),
            format!("{}铁路桥", city.recipe.names.river),
            out,
        );
        return;
    }
    if let Some(u) = city
        .ground
        .underpass
        .filter(|_| city.ground.rails.first().is_some_and(|(column, _)| *column == i))
    {
        let reach = u.half_width_m + 11.0;
        if j == lattice.main_street {
            y0 = u.center.y + reach;
            deck(
                u.center.y - reach,
                y0,
                format!("railbridge-{i}-u"),
                format!("{}铁路下穿桥", city.recipe.names.main_street),
                out,
            );
        }
        if j + 1 == lattice.main_street {
            y1 = u.center.y - reach;
        }
    }
    track(city, i, y0, y1, format!("rail-{i}-{j}"), out);
    rail_sides(city, i, j, out);
}

/// Pavement and rough green between the tracks and the streets beside them.
fn rail_sides(city: &City, i: usize, j: usize, out: &mut Vec<Feature>) {
    let lattice = &city.lattice;
    let quad = lattice.cell_quad(i, j);
    let classes = [
        lattice.y.classes[j],
        lattice.x.classes[i + 1],
        lattice.y.classes[j + 1],
        lattice.x.classes[i],
    ];
    let kerb = inset_quad(&quad, classes.map(|c| city.recipe.half_carriageway(c)));
    let red = inset_quad(&quad, classes.map(|c| city.recipe.half_redline(c)));
    let (Some(kerb), Some(red), Some((_, curve))) =
        (kerb, red, city.ground.rails.iter().find(|(column, _)| *column == i))
    else {
        return;
    };
    let mut rng = Rng::new(city.seed, &[52, i as u64, j as u64]);
    for (side, tag, k0, k1) in [(-1.0, "w", 3, 0), (1.0, "e", 1, 2)] {
        out.push(ground_polygon(
            format!("railwalk-{i}-{j}-{tag}"),
            FeatureClass::LandUse,
            vec![vec![kerb[k0], kerb[k1], red[k1], red[k0]]],
            attributes([("land_use", json!("sidewalk")), ("surface", json!("pavement"))]),
        ));
        let (low, high) = (red[k0].y.min(red[k1].y), red[k0].y.max(red[k1].y));
        let steps = ((high - low) / 30.0).ceil().max(1.0) as u32;
        let mut beside: Vec<DVec2> = (0..=steps)
            .map(|k| low + (high - low) * f64::from(k) / f64::from(steps))
            .map(|y| DVec2::new(curve.at(y) + side * (TRACK_HALF_M + 3.0), y))
            .collect();
        if side > 0.0 {
            beside.reverse();
        }
        let mut ring = vec![red[k0], red[k1]];
        ring.extend(beside);
        out.push(ground_polygon(
            format!("railgreen-{i}-{j}-{tag}"),
            FeatureClass::PlantCover,
            vec![ring],
            attributes([("name", json!("铁路防护绿带")), ("cover", json!("meadow"))]),
        ));
        let mut y = low + 6.0;
        let mut number = 0;
        while y < high - 6.0 {
            let p = DVec2::new(curve.at(y) + side * rng.range(22.0, 44.0), y);
            if inside(&red, p) && rng.chance(0.7) {
                out.push(tree(format!("rt-{i}-{j}-{tag}{number}"), p, 5, rng.range(0.6, 1.05)));
                number += 1;
            }
            y += 9.0;
        }
    }
}

/// Fields and orchards outside the ring road, so that the city does not end in bare ground.
pub(super) fn fields(city: &City, out: &mut Vec<Feature>) {
    let lattice = &city.lattice;
    let (cols, rows) = (lattice.columns(), lattice.rows());
    let node = |a, b| lattice.lattice_node(a, b);
    let mut edges: Vec<(DVec2, DVec2, bool)> = Vec::new();
    edges.extend((0..cols).map(|i| (node(i + 1, 0), node(i, 0), lattice.x.corridor[i])));
    edges.extend((0..cols).map(|i| (node(i, rows), node(i + 1, rows), lattice.x.corridor[i])));
    edges.extend((0..rows).map(|j| (node(0, j), node(0, j + 1), lattice.y.corridor[j])));
    edges.extend((0..rows).map(|j| (node(cols, j + 1), node(cols, j), lattice.y.corridor[j])));
    for (e, (a, b, is_corridor)) in edges.into_iter().enumerate() {
        if is_corridor {
            continue;
        }
        let mut rng = Rng::new(city.seed, &[53, e as u64]);
        let n = left((b - a).normalize_or_zero());
        let mut near = 42.0;
        while near < 1_000.0 {
            let deep = rng.range(110.0, 240.0);
            let parts = rng.int(2, 4);
            for k in 0..parts {
                let (t0, t1) = (
                    (f64::from(k) + 0.012) / f64::from(parts),
                    (f64::from(k) + 0.988) / f64::from(parts),
                );
                let (p, q) = (a.lerp(b, t0), a.lerp(b, t1));
                let ring = vec![
                    p + n * near,
                    q + n * near,
                    q + n * (near + deep - 5.0),
                    p + n * (near + deep - 5.0),
                ];
                let ring = if super::geom::area(&ring) < 0.0 {
                    ring.into_iter().rev().collect()
                } else {
                    ring
                };
                let (cover, zh) = [
                    ("wheat", "麦田"),
                    ("vegetable", "菜地"),
                    ("orchard", "果园"),
                    ("fallow", "休耕地"),
                    ("wheat", "麦田"),
                ][rng.int(0, 4) as usize];
                let id = format!("field-{e}-{near:.0}-{k}");
                out.push(ground_polygon(
                    id,
                    FeatureClass::PlantCover,
                    vec![ring],
                    attributes([("name", json!(zh)), ("cover", json!(cover))]),
                ));
            }
            near += deep;
        }
    }
}
