//! Floor area in all and by use, floor area ratio, building density, number of buildings.

use super::{Definition, Need, Value};
use crate::evaluate::Evaluation;
use crate::facts::{self, Basis};
use crate::tally::{BuildingNow, Gives, Measure};
use crate::world::World;
use city_model::BuildingUse;

/// Key of a use in figures by use.
pub(super) fn use_key(now: &BuildingNow<'_>) -> u16 {
    now.facts.usage as u16
}

/// Name of a use key.
pub(super) fn use_name(_: &World, key: u16) -> String {
    facts::use_group(BuildingUse::from_code(key as u8)).to_owned()
}

/// Floor area inside the area.
pub(super) fn floor_area(now: &BuildingNow<'_>) -> Gives {
    share_of(now, now.facts.floor_area_m2)
}

/// A floor area with its basis, as far as it lies inside the area.
pub(super) fn share_of(now: &BuildingNow<'_>, floor_area_m2: Option<(f64, Basis)>) -> Gives {
    match floor_area_m2 {
        _ if now.share == 0.0 => Gives::Nothing,
        // counted with the building that it stands on
        Some((0.0, _)) if !now.building.covers_ground => Gives::Nothing,
        Some((area, basis)) => Gives::Amount {
            value: area * now.share,
            key: use_key(now),
            is_assumed: basis == Basis::Estimated,
        },
        None => Gives::Unknown,
    }
}

pub(super) const MEASURES: &[Measure] = &[
    Measure::of_buildings("floor_area", |now| Gives::when(now.state.stands(), || floor_area(now))).by(use_name),
    Measure::of_buildings("ground_cover", |now| {
        let covers = now.state.stands() && now.building.covers_ground && now.share > 0.0;
        match now.building.footprint_m2 {
            _ if !covers => Gives::Nothing,
            area if area > 0.0 => Gives::keyed(area * now.share, use_key(now)),
            _ => Gives::Unknown,
        }
    })
    .by(use_name),
    Measure::of_buildings("buildings", |now| {
        let is_one = now.state.stands() && now.is_counted && now.building.covers_ground;
        Gives::when(is_one, || Gives::keyed(1.0, use_key(now)))
    })
    .by(use_name),
];

fn per_site(e: &Evaluation, measure: &str) -> Value {
    Value::of_total(e, measure).per(e.region().area_m2())
}

pub(super) const INDICATORS: &[Definition] = &[
    Definition {
        id: "floor_area",
        title: ["总建筑面积", "Floor area"],
        group: "floor_area",
        unit: "m2",
        decimals: 0,
        formula: [
            "Σ 在场建筑的建筑面积 × 平面位于范围内的比例;未填建筑面积时取基底面积 × 层数,层数也未填时按高度 ÷ 3.0 m 估算",
            "Σ floor area of standing buildings × share of their plan inside; where not stated, footprint × storeys, and where \
             these are not stated either, storeys = height ÷ 3.0 m",
        ],
        source: "GB/T 50353-2013 (floor area); 估算为参考值 / the estimate is a working value",
        is_verified: false,
        needs: &[Need::Total("floor_area")],
        value: |e| Value::of_total(e, "floor_area"),
    },
    Definition {
        id: "floor_area_ratio",
        title: ["容积率", "Floor area ratio"],
        group: "floor_area",
        unit: "1",
        decimals: 2,
        formula: ["总建筑面积 ÷ 用地面积", "floor area ÷ site area"],
        source: "GB 50180-2018 2.0.11",
        is_verified: false,
        needs: &[Need::Total("floor_area")],
        value: |e| per_site(e, "floor_area"),
    },
    Definition {
        id: "building_density",
        title: ["建筑密度", "Building density"],
        group: "floor_area",
        unit: "1",
        decimals: 3,
        formula: [
            "Σ 在场建筑基底面积(范围内部分;加层与裙房之上的部分不重复计) ÷ 用地面积",
            "Σ footprint of standing buildings inside (added storeys and parts above a podium count once) ÷ site area",
        ],
        source: "GB 50180-2018 2.0.12",
        is_verified: false,
        needs: &[Need::Total("ground_cover")],
        value: |e| per_site(e, "ground_cover"),
    },
    Definition {
        id: "building_count",
        title: ["建筑幢数", "Buildings"],
        group: "floor_area",
        unit: "幢",
        decimals: 0,
        formula: [
            "形心位于范围内的在场建筑数",
            "standing buildings whose centroid lies inside",
        ],
        source: "计数 / count",
        is_verified: true,
        needs: &[Need::Total("buildings")],
        value: |e| Value::of_total(e, "buildings"),
    },
];
