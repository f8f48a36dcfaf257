//! Dwellings and people.

use super::{Definition, Need, Value};
use crate::facts::Basis;
use crate::tally::{BuildingNow, Gives, Measure};

fn gives(now: &BuildingNow<'_>, amount: Option<(f64, Basis)>) -> Gives {
    match amount {
        _ if now.share == 0.0 => Gives::Nothing,
        Some((0.0, _)) => Gives::Nothing,
        Some((n, basis)) => Gives::Amount {
            value: n * now.share,
            key: 0,
            is_assumed: basis != Basis::Stated,
        },
        None => Gives::Unknown,
    }
}

pub(super) const MEASURES: &[Measure] = &[
    Measure::of_buildings("dwellings", |now| {
        if now.state.stands() {
            gives(now, now.facts.dwellings(now.assumptions))
        } else {
            Gives::Nothing
        }
    }),
    Measure::of_buildings("people", |now| {
        if now.state.stands() {
            gives(now, now.facts.inhabitants(now.assumptions))
        } else {
            Gives::Nothing
        }
    }),
    Measure::of_buildings("dwellings_demolished", |now| {
        let gone = now.state == crate::scenario::State::Demolished;
        if gone {
            gives(now, now.building.facts.dwellings(now.assumptions))
        } else {
            Gives::Nothing
        }
    }),
    Measure::of_buildings("people_demolished", |now| {
        let gone = now.state == crate::scenario::State::Demolished;
        if gone {
            gives(now, now.building.facts.inhabitants(now.assumptions))
        } else {
            Gives::Nothing
        }
    }),
];

const PEOPLE_FORMULA: [&str; 2] = [
    "Σ 人口;未填时取户数 × 2.62 人/户,户数也未填时取住宅建筑面积 ÷ 35 m²/人",
    "Σ inhabitants; where not stated, households × 2.62, and where these are not stated either, residential floor area ÷ 35 m² a head",
];
const PEOPLE_SOURCE: &str = "GB 50180-2018 4.0.2 条文说明 (35 m² a head); 2.62 人/户: 第七次全国人口普查 — 参考值";
const DWELLINGS_FORMULA: [&str; 2] = [
    "Σ 户数;未填时取住宅建筑面积 ÷ 90 m²/户",
    "Σ households; where not stated, residential floor area ÷ 90 m² a dwelling",
];
const DWELLINGS_SOURCE: &str = "90 m²/户为假定 — 参考值 / the size of a dwelling is an assumption";

pub(super) const INDICATORS: &[Definition] = &[
    Definition {
        id: "dwellings",
        title: ["住宅户数", "Dwellings"],
        group: "people",
        unit: "户",
        decimals: 0,
        formula: DWELLINGS_FORMULA,
        source: DWELLINGS_SOURCE,
        is_verified: false,
        needs: &[Need::Total("dwellings")],
        value: |e| Value::of_total(e, "dwellings"),
    },
    Definition {
        id: "people",
        title: ["居住人口", "Inhabitants"],
        group: "people",
        unit: "人",
        decimals: 0,
        formula: PEOPLE_FORMULA,
        source: PEOPLE_SOURCE,
        is_verified: false,
        needs: &[Need::Total("people")],
        value: |e| Value::of_total(e, "people"),
    },
    Definition {
        id: "dwellings_demolished",
        title: ["拆除涉及户数", "Dwellings taken down"],
        group: "people",
        unit: "户",
        decimals: 0,
        formula: [
            "Σ 拆除建筑的户数(口径同住宅户数)",
            "Σ dwellings of the buildings taken down",
        ],
        source: DWELLINGS_SOURCE,
        is_verified: false,
        needs: &[Need::Total("dwellings_demolished")],
        value: |e| Value::of_total(e, "dwellings_demolished"),
    },
    Definition {
        id: "people_demolished",
        title: ["拆除涉及人口", "Inhabitants of what is taken down"],
        group: "people",
        unit: "人",
        decimals: 0,
        formula: [
            "Σ 拆除建筑的人口(口径同居住人口)",
            "Σ inhabitants of the buildings taken down",
        ],
        source: PEOPLE_SOURCE,
        is_verified: false,
        needs: &[Need::Total("people_demolished")],
        value: |e| Value::of_total(e, "people_demolished"),
    },
];
