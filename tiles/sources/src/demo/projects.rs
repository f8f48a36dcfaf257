//! Renewal projects over matching blocks, and the zones of the town offices.

use super::city::{City, TOWN_OFFICES, attributes, feature};
use super::geom::inset_quad;
use super::lattice::CellKind;
use super::recipe::{ProjectSpec, StreetClass};
use super::zoning::BlockKind;
use city_model::{Date, Feature, FeatureClass, Footprint, Lifespan, Shape};
use glam::DVec2;
use serde_json::json;

/// The heritage control zone reaches so far beyond its block, metres.
const CONTROL_ZONE_M: f64 = 25.0;
/// What may stand on that block itself, metres: what is there stays below, so that only proposals can break the rule.
const HEIGHT_ZONE_LIMIT_M: f64 = 24.0;

/// Emits all projects and zones.
pub(super) fn emit(city: &City, out: &mut Vec<Feature>) {
    let mut used = vec![false; city.blocks.len()];
    for (k, spec) in city.recipe.projects.iter().enumerate() {
        let later = city.recipe.projects[k + 1..]
            .iter()
            .filter(|p| p.place == spec.place)
            .count();
        let (rings, office) = footprint(city, spec, later, &mut used);
        if rings.is_empty() {
            continue;
        }
        out.push(project(spec, k, rings, office));
    }
    zones(city, out);
    control_zones(city, out);
}

/// Kind of block that a place of the recipe stands for.
fn block_kind(place: &str) -> Option<BlockKind> {
    serde_json::from_value(json!(place)).ok()
}

/// Outlines of a project and the town office that it lies in.
fn footprint(city: &City, spec: &ProjectSpec, later: usize, used: &mut [bool]) -> (Vec<Vec<DVec2>>, usize) {
    let lattice = &city.lattice;
    match spec.place.as_str() {
        "river" | "rail" => {
            let mut cells: Vec<(usize, usize)> = (0..lattice.rows())
                .flat_map(|j| (0..lattice.columns()).map(move |i| (i, j)))
                .collect();
            let wanted = if spec.place == "river" {
                CellKind::River
            } else {
                CellKind::Rail
            };
            cells.retain(|(i, j)| lattice.cell_kind(*i, *j) == wanted);
            let middle = lattice.lattice_node(lattice.main_avenue, lattice.main_street);
            cells.sort_by(|a, b| {
                let far = |c: &(usize, usize)| (lattice.lattice_node(c.0, c.1) - middle).length();
                far(a).total_cmp(&far(b)).then(a.cmp(b))
            });
            cells.truncate(spec.max_blocks);
            let inset = city.recipe.half_redline(StreetClass::Secondary);
            let rings = cells
                .iter()
                .filter_map(|(i, j)| inset_quad(&lattice.cell_quad(*i, *j), [inset; 4]))
                .map(|q| q.to_vec())
                .collect();
            (rings, cells.first().map_or(2, |(i, j)| city.town_office(*i, *j)))
        }
        "main_street" => {
            let (Some(u), Some((column, _))) = (city.ground.underpass, city.ground.rails.first()) else {
                return (Vec::new(), 2);
            };
            let (a, b) = (
                lattice.lattice_node(column.saturating_sub(1), lattice.main_street),
                lattice.lattice_node(column + 1, lattice.main_street),
            );
            let half = u.half_width_m;
            (
                vec![super::geom::strip(a, b, half)],
                city.town_office(column.saturating_sub(1), lattice.main_street.min(lattice.rows() - 1)),
            )
        }
        place => blocks_footprint(city, block_kind(place), spec.max_blocks, later, used),
    }
}

/// The unused block of a kind nearest the middle, and its nearest unused fellows within 700 m; leaves one for each of
/// the `later` projects on the same kind.
fn blocks_footprint(
    city: &City,
    kind: Option<BlockKind>,
    max_blocks: usize,
    later: usize,
    used: &mut [bool],
) -> (Vec<Vec<DVec2>>, usize) {
    let lattice = &city.lattice;
    let middle = |k: usize| {
        let q = city.blocks[k].axis_quad(lattice);
        (q[0] + q[2]) * 0.5
    };
    let center = lattice.lattice_node(lattice.main_avenue, lattice.main_street);
    let candidates: Vec<usize> = (0..city.blocks.len())
        .filter(|k| {
            !used[*k]
                && Some(city.blocks[*k].kind) == kind
                && (city.blocks[*k].limit > 0 || kind == Some(BlockKind::Vacant))
        })
        .collect();
    let Some(first) = candidates
        .iter()
        .copied()
        .min_by(|a, b| middle(*a).distance(center).total_cmp(&middle(*b).distance(center)))
    else {
        return (Vec::new(), 2);
    };
    let max_blocks = max_blocks.min(candidates.len().saturating_sub(later)).max(1);
    let mut near: Vec<usize> = candidates
        .into_iter()
        .filter(|k| middle(*k).distance(middle(first)) < 700.0)
        .collect();
    near.sort_by(|a, b| {
        middle(*a)
            .distance(middle(first))
            .total_cmp(&middle(*b).distance(middle(first)))
    });
    near.truncate(max_blocks);
    near.iter().for_each(|k| used[*k] = true);
    let rings = near
        .iter()
        .filter_map(|k| city.blocks[*k].frame(lattice, &city.recipe))
        .map(|f| f.redline.to_vec())
        .collect();
    let cell = city.blocks[first].cell;
    (rings, city.town_office(cell.0, cell.1))
}

fn project(spec: &ProjectSpec, k: usize, rings: Vec<Vec<DVec2>>, office: usize) -> Feature {
    let total: f64 = rings.iter().map(|r| super::geom::area(r)).sum();
    let shape = Shape::Footprint(Footprint {
        polygons: rings.into_iter().map(|r| vec![r]).collect(),
        level_z_m: None,
    });
    let mut item = feature(
        format!("project-{:02}", k + 1),
        FeatureClass::Project,
        10,
        shape,
        attributes([
            ("name", json!(spec.name)),
            ("stage", json!(spec.stage)),
            ("progress", json!(spec.progress)),
            ("project_class", json!(spec.project_class)),
            ("way", json!(spec.way)),
            ("investment_cny", json!(spec.investment_cny)),
            ("investment_done_cny", json!((spec.investment_cny * spec.done).round())),
            ("town_office", json!(TOWN_OFFICES[office])),
            ("responsible_unit", json!(spec.unit)),
            ("year_start", json!(spec.year_start)),
            ("year_end", json!(spec.year_end)),
            ("area_m2", json!(total.round())),
            ("note", json!("示范数据")),
        ]),
    );
    for (key, value) in super::records::details(spec, total, k) {
        item.attributes.insert(key.to_owned(), value);
    }
    item.lifespan = Lifespan {
        from: Some(Date::from_year(spec.year_start as i32)),
        to: None,
    };
    item
}

/// Control zone about the old streets in the middle of the city and the height zone of their block: what the negative
/// list of a project and the rule on heights meet.
fn control_zones(city: &City, out: &mut Vec<Feature>) {
    let lattice = &city.lattice;
    let center = lattice.lattice_node(lattice.main_avenue, lattice.main_street);
    let old_street = city
        .blocks
        .iter()
        .filter(|block| block.kind == BlockKind::OldStreet)
        .map(|block| block.axis_quad(lattice))
        .min_by(|a, b| a[0].distance(center).total_cmp(&b[0].distance(center)));
    let zone = |id: &str, name: &str, zone_class: &str, reach_m: f64| {
        let quad = old_street.and_then(|quad| inset_quad(&quad, [-reach_m; 4]))?;
        let attrs = attributes([
            ("name", json!(name)),
            ("zone_class", json!(zone_class)),
            ("area_m2", json!(super::geom::area(&quad).round())),
            ("note", json!("示范数据")),
        ]);
        let shape = Shape::Footprint(Footprint {
            polygons: vec![vec![quad.to_vec()]],
            level_z_m: None,
        });
        Some(feature(id.to_owned(), FeatureClass::Zone, 10, shape, attrs))
    };
    out.extend(zone(
        "zone-heritage-1",
        "东关历史文化街区",
        "建设控制地带",
        CONTROL_ZONE_M,
    ));
    let heights = zone("zone-height-1", "东关高度控制区", "高度分区", 0.0);
    out.extend(heights.map(|mut zone| {
        let limit = json!(HEIGHT_ZONE_LIMIT_M);
        zone.attributes.insert("max_height_m".to_owned(), limit);
        zone
    }));
}

/// One zone per town office, bounded by lattice streets.
fn zones(city: &City, out: &mut Vec<Feature>) {
    let lattice = &city.lattice;
    let ([a0, a1], [b0, b1]) = city.office_lines();
    let (cols, rows) = (lattice.columns(), lattice.rows());
    let boxes = [
        (a1, b0, cols, b1),
        (0, b0, a0, b1),
        (a0, b0, a1, b1),
        (0, b1, cols, rows),
        (0, 0, cols, b0),
    ];
    for (k, (x0, y0, x1, y1)) in boxes.into_iter().enumerate() {
        if x1 <= x0 || y1 <= y0 {
            continue;
        }
        let south = (x0..x1).map(|a| lattice.lattice_node(a, y0));
        let east = (y0..y1).map(|b| lattice.lattice_node(x1, b));
        let north = (x0 + 1..=x1).rev().map(|a| lattice.lattice_node(a, y1));
        let west = (y0 + 1..=y1).rev().map(|b| lattice.lattice_node(x0, b));
        let ring: Vec<DVec2> = south.chain(east).chain(north).chain(west).collect();
        let buildings = city
            .blocks
            .iter()
            .filter(|b| city.town_office(b.cell.0, b.cell.1) == k)
            .count();
        let attrs = attributes([
            ("name", json!(TOWN_OFFICES[k])),
            ("zone_class", json!("镇办")),
            ("area_m2", json!(super::geom::area(&ring).round())),
            ("num_blocks", json!(buildings)),
        ]);
        let shape = Shape::Footprint(Footprint {
            polygons: vec![vec![ring]],
            level_z_m: None,
        });
        out.push(feature(format!("zone-{}", k + 1), FeatureClass::Zone, 10, shape, attrs));
    }
}
