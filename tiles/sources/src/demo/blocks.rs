//! Blocks: pavements, land use, green, and the buildings with their attributes.

use super::city::{City, TOWN_OFFICES, attributes, feature, ground_polygon, round3};
use super::geom::{area, corner_radius, rounded_quad};
use super::layout::{Body, Layout, Patch, Site};
use super::rng;
use super::solids;
use super::streets::tree;
use super::zoning::{Block, BlockFrame, BlockKind};
use city_model::{Attributes, Date, Extrusion, Feature, FeatureClass, Lifespan, RoofForm, Shape};
use glam::DVec2;
use serde_json::json;

/// A building as the house connections see it.
#[derive(Debug, Clone)]
pub(super) struct Built {
    pub(super) id: String,
    pub(super) ring: Vec<DVec2>,
}

/// Name of a block: estate, village, works or institution by kind.
pub(super) fn block_name(city: &City, block: &Block) -> String {
    let names = &city.recipe.names;
    let pick = |list: &[String], salt: u64| {
        let k = rng::key(city.seed, &[60, u64::from(block.number), salt]) % list.len().max(1) as u64;
        list.get(k as usize).cloned().unwrap_or_default()
    };
    let roll = rng::unit(rng::key(city.seed, &[61, u64::from(block.number)]));
    match block.kind {
        BlockKind::OldEstate => format!(
            "{}{}",
            pick(&names.estate, 0),
            ["小区", "新村", "路小区", "家属院", "花园"][(roll * 5.0) as usize % 5]
        ),
        BlockKind::WorkUnit => format!("{}家属院", pick(&names.institution, 1)),
        BlockKind::NewEstate => format!(
            "{}{}",
            pick(&names.new_estate, 2),
            ["花园", "城", "家园", "府", "国际"][(roll * 5.0) as usize % 5]
        ),
        BlockKind::Village => format!("{}村", pick(&names.village, 3)),
        BlockKind::Commerce => format!(
            "{}{}",
            pick(&names.tower, 4),
            ["广场", "中心", "大厦"][(roll * 3.0) as usize % 3]
        ),
        BlockKind::Factory => format!("{}厂", pick(&names.works, 5)),
        BlockKind::Market => format!("{}建材市场", pick(&names.branch, 6)),
        BlockKind::School => format!("{}小学", pick(&names.school, 7)),
        BlockKind::Hospital => "区人民医院".to_owned(),
        BlockKind::OldStreet => format!("{}老街", pick(&names.branch, 8)),
        BlockKind::Park => format!("{}{}", pick(&names.branch, 9), if roll < 0.5 { "公园" } else { "游园" }),
        BlockKind::Vacant => format!("{}待建地块", pick(&names.branch, 10)),
        BlockKind::Treatment => "第三污水处理厂".to_owned(),
        BlockKind::Stadium => "区体育中心".to_owned(),
    }
}

/// Emits one block; returns its buildings for the pipe connections.
pub(super) fn emit(city: &City, block: &Block, out: &mut Vec<Feature>) -> Vec<Built> {
    let Some(frame) = block.frame(&city.lattice, &city.recipe) else {
        return Vec::new();
    };
    let layout = block.layout(city.seed, &frame);
    let name = block_name(city, block);
    let b = block.number;
    let r = |k: usize| corner_radius(frame.half_m[(k + 3) % 4], frame.half_m[k]);
    let outer = rounded_quad(&frame.kerb, [r(0), r(1), r(2), r(3)]);
    let mut hole = frame.redline.to_vec();
    hole.reverse();
    out.push(ground_polygon(
        format!("walk-{b}"),
        FeatureClass::LandUse,
        vec![outer, hole],
        attributes([("land_use", json!("sidewalk")), ("surface", json!("pavement"))]),
    ));
    let (land_use, surface) = block.kind.land_use();
    let size = area(&frame.redline);
    let floor_area: f64 = layout.sites.iter().map(|s| area(&s.ring) * f64::from(s.storeys)).sum();
    out.push(ground_polygon(
        format!("block-{b}"),
        FeatureClass::LandUse,
        vec![frame.redline.to_vec()],
        attributes([
            ("name", json!(name)),
            ("land_use", json!(land_use)),
            ("land_use_zh", json!(block.kind.land_use_zh())),
            ("surface", json!(surface)),
            ("area_m2", json!(size.round())),
            ("floor_area_ratio", json!((floor_area / size * 100.0).round() / 100.0)),
            (
                "town_office",
                json!(TOWN_OFFICES[city.town_office(block.cell.0, block.cell.1)]),
            ),
        ]),
    ));
    for (k, patch) in layout.patches.iter().enumerate() {
        out.push(ground_patch(block, &frame, &name, k, patch));
    }
    let built = buildings(city, block, &frame, &layout, &name, out);
    for (k, shaft) in layout.shafts.iter().enumerate() {
        let p = frame.world(shaft.center);
        let mesh = solids::shaft(p, shaft.radius_m, city.ground.height(p), shaft.height_m);
        let attrs = attributes([
            ("name", json!(format!("{name}烟囱"))),
            ("use", json!("烟囱")),
            ("height_m", json!(round3(shaft.height_m))),
            ("year", json!(layout.years.0)),
        ]);
        out.push(feature(
            format!("shaft-{b}-{k}"),
            FeatureClass::OtherConstruction,
            20,
            Shape::Surfaces(mesh),
            attrs,
        ));
    }
    for (k, p) in layout.trees.iter().enumerate() {
        let roll = rng::unit(rng::key(city.seed, &[62, u64::from(b), k as u64]));
        let mut tree = tree(
            format!("gt-{b}-{k}"),
            frame.world(*p),
            (roll * 6.0) as usize,
            0.55 + 0.55 * ((roll * 61.0) % 1.0),
        );
        // the first tree of an old street was there before it
        if block.kind == BlockKind::OldStreet && k == 0 {
            tree.attributes.insert("name".to_owned(), json!(format!("{name}古树")));
            tree.attributes.insert("old_tree".to_owned(), json!("三级古树"));
        }
        out.push(tree);
    }
    built
}

fn ground_patch(block: &Block, frame: &BlockFrame, name: &str, k: usize, patch: &Patch) -> Feature {
    let fills_block = k == 0 && block.kind == BlockKind::Park;
    let ring: Vec<DVec2> = if fills_block {
        frame.redline.to_vec()
    } else {
        patch.ring.iter().map(|p| frame.world(*p)).collect()
    };
    let id = format!("patch-{}-{k}", block.number);
    let (class, attrs) = match patch.cover {
        "lane" | "path" => {
            let is_lane = patch.cover == "lane";
            (
                FeatureClass::Road,
                attributes([
                    (
                        "name",
                        json!(format!("{name}{}", if is_lane { "内部道路" } else { "园路" })),
                    ),
                    ("road_class", json!(patch.cover)),
                    ("lanes", json!(u32::from(is_lane))),
                    ("width_m", json!(if is_lane { 5.5 } else { 2.5 })),
                ]),
            )
        }
        "pond" => (
            FeatureClass::Water,
            attributes([("name", json!(format!("{name}水景"))), ("water_class", json!("pond"))]),
        ),
        "lawn" | "field" | "meadow" => {
            let is_park = block.kind == BlockKind::Park;
            let label = if is_park {
                name.to_owned()
            } else {
                format!("{name}绿地")
            };
            (
                FeatureClass::PlantCover,
                attributes([
                    ("name", json!(label)),
                    ("cover", json!(patch.cover)),
                    ("is_park", json!(is_park)),
                    ("area_m2", json!(area(&ring).round())),
                ]),
            )
        }
        other => (
            FeatureClass::LandUse,
            attributes([("land_use", json!(other)), ("surface", json!(other))]),
        ),
    };
    ground_polygon(id, class, vec![ring], attrs)
}

fn buildings(
    city: &City,
    block: &Block,
    frame: &BlockFrame,
    layout: &Layout,
    name: &str,
    out: &mut Vec<Feature>,
) -> Vec<Built> {
    let mut built = Vec::with_capacity(layout.sites.len());
    let mut ids: Vec<String> = Vec::with_capacity(layout.sites.len());
    let mut number = 0;
    for (k, site) in layout.sites.iter().enumerate() {
        let ring: Vec<DVec2> = site.ring.iter().map(|p| frame.world(*p)).collect();
        let is_part = site.part_of.is_some();
        number += u32::from(!is_part);
        let id = if is_part {
            format!("bp-{}-{k}", block.number)
        } else {
            format!("b-{}-{number}", block.number)
        };
        let class = if is_part {
            FeatureClass::BuildingPart
        } else {
            FeatureClass::Building
        };
        let shape = match site.body {
            Body::Extruded => Shape::Extrusion(Extrusion {
                rings: vec![ring.clone()],
                base_z_m: None,
                height_m: site.height_m(),
                roof: site.roof,
                roof_boxes: roof_boxes(frame, site),
            }),
            Body::Bowl => {
                let inner: Vec<DVec2> = site
                    .rect
                    .shrunk(22.0)
                    .stadium()
                    .iter()
                    .map(|p| frame.world(*p))
                    .collect();
                let z = city.ground.height(frame.world(site.rect.center()));
                Shape::Surfaces(solids::bowl(&ring, &inner, z, site.height_m()))
            }
        };
        let mut item = feature(
            id.clone(),
            class,
            20,
            shape,
            site_attributes(city, block, name, site, &ring, number, is_part),
        );
        item.lifespan = Lifespan {
            from: Some(Date::from_year(site.year as i32)),
            to: None,
        };
        item.parent = site.part_of.and_then(|p| ids.get(p).cloned());
        out.push(item);
        if !is_part {
            built.push(Built { id: id.clone(), ring });
        }
        ids.push(id);
    }
    built
}

fn roof_boxes(frame: &BlockFrame, site: &Site) -> Vec<city_model::RoofBox> {
    let turn = frame.rotation() as f32;
    site.boxes
        .iter()
        .map(|b| city_model::RoofBox {
            center: frame.world(b.center),
            rotation_rad: b.rotation_rad + turn,
            ..*b
        })
        .collect()
}

fn site_attributes(
    city: &City,
    block: &Block,
    name: &str,
    site: &Site,
    ring: &[DVec2],
    number: u32,
    is_part: bool,
) -> Attributes {
    let footprint = area(ring);
    let floor_area = footprint * f64::from(site.storeys);
    let full_name = if is_part {
        format!("{name}{number}{}塔楼", site.usage.label)
    } else {
        format!("{name}{number}{}", site.usage.label)
    };
    let ridge = match site.roof {
        RoofForm::Gable { rise_m } | RoofForm::Hip { rise_m } | RoofForm::Sawtooth { rise_m, .. } => f64::from(rise_m),
        RoofForm::Flat { parapet_m } => f64::from(parapet_m),
    };
    let mut attrs = attributes([
        ("name", json!(full_name)),
        ("use", json!(site.usage.zh)),
        ("storeys", json!(site.storeys)),
        ("storey_height_m", json!(round3(site.storey_m))),
        ("height_m", json!(round3(site.height_m() + ridge))),
        ("year", json!(site.year)),
        ("structure", json!(site.usage.structure)),
        ("footprint_m2", json!((footprint * 10.0).round() / 10.0)),
        ("floor_area_m2", json!(floor_area.round())),
        ("estate", json!(name)),
        ("block", json!(format!("block-{}", block.number))),
        (
            "town_office",
            json!(TOWN_OFFICES[city.town_office(block.cell.0, block.cell.1)]),
        ),
    ]);
    let roll = rng::unit(rng::key(city.seed, &[63, u64::from(block.number), u64::from(number)]));
    if site.usage.is_dwelling {
        let per_dwelling = if site.year < 2000 { 68.0 } else { 96.0 };
        let households = if block.kind == BlockKind::Village {
            f64::from(site.storeys) * 3.0
        } else {
            (floor_area * 0.88 / per_dwelling).max(1.0)
        };
        attrs.insert("households".to_owned(), json!(households.round()));
    }
    if site.year < 1992 || block.kind == BlockKind::Village {
        let danger = match (roll * 100.0) as u32 {
            0..=1 => "D",
            2..=7 => "C",
            8..=34 => "B",
            _ => "A",
        };
        attrs.insert("danger_class".to_owned(), json!(danger));
    }
    if block.kind == BlockKind::Village && (roll * 7919.0) % 1.0 < 0.06 {
        attrs.insert("is_illegal".to_owned(), json!(true));
    }
    if block.kind == BlockKind::OldStreet && (roll * 7919.0) % 1.0 < 0.2 {
        attrs.insert("protection".to_owned(), json!("历史建筑"));
    }
    if site.year <= 2000 && site.usage.is_dwelling {
        attrs.insert("old_estate".to_owned(), json!(true));
    }
    attrs
}
