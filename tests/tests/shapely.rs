//! Areas and overlays of the indicator kernel against Shapely (GEOS): the same to 1e-6 over random and real polygons.
//!
//! Shapely comes from PyPI into a virtual environment in the cache folder; where it cannot be installed, the test fails
//! and says why.
#![cfg(test)]

use analysis::Region;
use analysis::geometry::{self, Box2, polygon};
use geo::MultiPolygon;
use serde_json::{Value, json};

const SHAPELY: &str = "shapely==2.1.2";
/// Relative agreement; slivers beside this share of the whole are measured against the whole.
const TOLERANCE: f64 = 1e-6;

/// Random numbers, the same in every run (SplitMix64).
struct Dice(u64);

impl Dice {
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// A star-shaped ring, which never crosses itself.
    fn ring(&mut self, center: [f64; 2], radius: [f64; 2], corners: usize) -> Vec<[f64; 2]> {
        let step = std::f64::consts::TAU / corners as f64;
        (0..corners)
            .map(|k| {
                let (sin, cos) = (step * (k as f64 + self.between(0.05, 0.9))).sin_cos();
                let r = self.between(radius[0], radius[1]);
                [center[0] + r * cos, center[1] + r * sin]
            })
            .collect()
    }

    /// A polygon, one in three with a hole.
    fn polygon(&mut self, center: [f64; 2], size: f64) -> Vec<Vec<[f64; 2]>> {
        let corners = 3 + (self.unit() * 12.0) as usize;
        let mut rings = vec![self.ring(center, [size * 0.5, size], corners)];
        // the hole must lie inside: only with enough corners is the centre well within
        if corners >= 8 && self.unit() < 0.5 {
            rings.push(self.ring(center, [size * 0.05, size * 0.2], 5));
        }
        rings
    }
}

/// The multi-polygon and its JSON for the other side.
fn both(parts: &[Vec<Vec<[f64; 2]>>]) -> (MultiPolygon<f64>, Value) {
    (
        MultiPolygon::new(parts.iter().map(|rings| polygon(rings)).collect()),
        json!(parts),
    )
}

/// Footprints of a real city (Suzhou, see tests/fixtures/geojson), in metres by a plate carrée around the first.
fn real_footprints() -> Vec<Vec<Vec<[f64; 2]>>> {
    let path = e2e::root().join("tests/fixtures/geojson/suzhou_footprints.json");
    let json: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut found = vec![];
    for feature in json["features"].as_array().unwrap() {
        let geometry = &feature["geometry"];
        let parts = match geometry["type"].as_str().unwrap() {
            "Polygon" => vec![geometry["coordinates"].clone()],
            _ => geometry["coordinates"].as_array().unwrap().clone(),
        };
        for part in parts {
            let rings: Vec<Vec<Vec<f64>>> = serde_json::from_value(part).unwrap();
            let metres = |p: &Vec<f64>| {
                [
                    500_000.0 + (p[0] - 120.6) * 95_000.0,
                    3_400_000.0 + (p[1] - 31.3) * 111_000.0,
                ]
            };
            found.push(
                rings
                    .iter()
                    .map(|r| r[..r.len() - 1].iter().map(metres).collect())
                    .collect(),
            );
        }
    }
    assert!(found.len() >= 50);
    found
}

fn agrees(what: &str, ours: f64, theirs: f64, whole: f64) {
    let allowed = TOLERANCE * theirs.abs() + 2e-8 * whole;
    assert!(
        (ours - theirs).abs() <= allowed,
        "{what}: {ours} here, {theirs} by Shapely, {allowed:e} allowed"
    );
}

#[test]
fn areas_overlays_and_lengths_agree_with_shapely() {
    let mut dice = Dice(7);
    let center = [500_000.0, 3_847_000.0];
    let (mut regions, mut shapes, mut pairs) = (vec![], vec![], vec![]);
    for _ in 0..400 {
        let near = [
            center[0] + dice.between(-400.0, 400.0),
            center[1] + dice.between(-400.0, 400.0),
        ];
        let size = dice.between(12.0, 72.0);
        let (region, shape) = (vec![dice.polygon(center, 600.0)], vec![dice.polygon(near, size)]);
        pairs.push([json!(region), json!(shape)]);
        regions.push(both(&region).0);
        shapes.push(both(&shape).0);
    }
    let real = real_footprints();
    let all = Box2::around(real.iter().flatten().flatten().copied());
    let [cx, cy] = all.center();
    for footprint in &real {
        // an area whose edge runs through the middle of the footprint
        let b = Box2::around(footprint[0].iter().copied());
        let [x, y] = b.center();
        let tilt = dice.between(-3.0, 3.0);
        let area = vec![vec![vec![
            [x - 900.0, y - 700.0],
            [x + tilt, y - 700.0],
            [x - tilt, y + 700.0],
            [cx - 5_000.0, cy + 5_000.0],
        ]]];
        let area_is_sound = both(&area).0;
        if Region::new(area_is_sound.clone()).is_err() {
            continue;
        }
        pairs.push([json!(area), json!([footprint])]);
        regions.push(area_is_sound);
        shapes.push(both(std::slice::from_ref(footprint)).0);
    }
    let lines: Vec<Vec<[f64; 3]>> = (0..regions.len())
        .map(|_| {
            (0..6)
                .map(|_| {
                    [
                        center[0] + dice.between(-900.0, 900.0),
                        center[1] + dice.between(-900.0, 900.0),
                        0.0,
                    ]
                })
                .collect()
        })
        .collect();
    let line_questions: Vec<Value> = pairs
        .iter()
        .zip(&lines)
        .map(|(pair, line)| json!([pair[0], line.iter().map(|p| [p[0], p[1]]).collect::<Vec<_>>()]))
        .collect();
    let groups: Vec<Vec<usize>> = (0..20).map(|g| (0..12).map(|k| g * 20 + k).collect()).collect();
    let unions: Vec<Value> = groups
        .iter()
        .map(|g| g.iter().map(|k| pairs[*k][1].clone()).collect())
        .collect();

    let question = json!({"pairs": pairs, "lines": line_questions, "unions": unions}).to_string();
    let answer = e2e::python::answer(&[SHAPELY], "shapely_peer.py", question.as_bytes()).unwrap();
    let answer: Value = serde_json::from_str(&answer).unwrap();

    let mut cut = 0;
    for (i, (region, shape)) in regions.iter().zip(&shapes).enumerate() {
        let (a, b) = (geometry::area_m2(region), geometry::area_m2(shape));
        agrees("area", a, answer["areas"][i][0].as_f64().unwrap(), 0.0);
        agrees("footprint", b, answer["areas"][i][1].as_f64().unwrap(), 0.0);
        let theirs = answer["intersections"][i].as_f64().unwrap();
        let checked = Region::new(region.clone()).unwrap();
        let share = checked.share(shape, &Box2::of(shape), b);
        agrees("share", share * b, theirs, b);
        agrees("clip", geometry::area_m2(&checked.clip(shape)), theirs, b);
        cut += usize::from(share > 1e-6 && share < 1.0 - 1e-6);
        let [plan, space] = checked.length_inside(&lines[i]);
        agrees("length", plan, answer["lengths"][i].as_f64().unwrap(), 1000.0);
        agrees("level length", space, plan, 1000.0);
    }
    assert!(cut >= 100, "only {cut} footprints are cut by an edge");
    for (g, group) in groups.iter().enumerate() {
        let parts: Vec<MultiPolygon<f64>> = group.iter().map(|k| shapes[*k].clone()).collect();
        agrees(
            "union",
            geometry::area_m2(&geometry::union(&parts)),
            answer["unions"][g].as_f64().unwrap(),
            1000.0,
        );
    }
}
