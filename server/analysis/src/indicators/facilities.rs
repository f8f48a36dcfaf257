//! Facilities within reach of the area, in a straight line.

use super::{Definition, Need, Text, Value};
use crate::evaluate::Evaluation;
use crate::filter::{Filter, holds};
use serde::{Deserialize, Serialize};

/// A kind of facility: data, see `assets/rules/facilities.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FacilityKind {
    /// Stable id.
    pub id: String,
    /// Title.
    pub title: Text,
    /// Service radius, metres.
    pub radius_m: f64,
    /// Buildings of this kind; absent: none.
    #[serde(default)]
    pub buildings: Option<Filter>,
    /// Land-use parcels of this kind; absent: none.
    #[serde(default)]
    pub parcels: Option<Filter>,
    /// Where the radius comes from.
    pub source: String,
    /// True when it was read in a published source.
    pub verified: bool,
}

/// Attributes by which the buildings of one facility are known to belong together.
pub const SITE_KEYS: [&str; 2] = ["estate", "site"];

/// A feature that serves the area.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Candidate {
    /// Place of the kind in the settings.
    pub kind: usize,
    /// Buildings of the same site are one facility.
    pub site: String,
    /// True for a building, false for a parcel.
    pub is_building: bool,
    /// Place in the list of the world.
    pub slot: usize,
    /// Straight-line distance from the area, metres.
    pub distance_m: f64,
}

/// Features of any kind within its radius, from place `first` of each list on.
pub(crate) fn candidates(e: &Evaluation, first: [usize; 2]) -> Vec<Candidate> {
    let kinds = &e.settings().facilities;
    let reach = |radius: f64| e.region().bounds().grown(radius);
    let mut found = Vec::new();
    for (slot, building) in e.world().buildings.iter().enumerate().skip(first[0]) {
        for (kind, k) in kinds.iter().enumerate() {
            let meant = k
                .buildings
                .as_ref()
                .is_some_and(|f| reach(k.radius_m).meets(&building.bounds) && holds(f, building));
            if meant {
                let distance_m = e.region().distance_m(&building.footprint);
                let named = SITE_KEYS.iter().find_map(|key| {
                    building
                        .tags
                        .iter()
                        .find(|(k, _)| &**k == *key)
                        .and_then(|(_, v)| v.as_str())
                });
                let site = named.unwrap_or(&building.id).to_owned();
                found.push(Candidate {
                    kind,
                    site,
                    is_building: true,
                    slot,
                    distance_m,
                });
            }
        }
    }
    for (slot, parcel) in e.world().parcels.iter().enumerate().skip(first[1]) {
        for (kind, k) in kinds.iter().enumerate() {
            let meant = k
                .parcels
                .as_ref()
                .is_some_and(|f| reach(k.radius_m).meets(&parcel.bounds) && holds(f, parcel));
            if meant {
                let distance_m = e.region().distance_m(&parcel.outline);
                let site =
                    city_model::attributes::text(&parcel.attributes, "name").unwrap_or_else(|| parcel.id.to_string());
                found.push(Candidate {
                    kind,
                    site,
                    is_building: false,
                    slot,
                    distance_m,
                });
            }
        }
    }
    found.retain(|c| c.distance_m <= kinds[c.kind].radius_m);
    found
}

/// Facilities in reach that stand, one per kind and site: kind, distance, features.
fn in_reach(e: &Evaluation) -> Vec<(usize, f64, Vec<&Candidate>)> {
    let mut groups: std::collections::BTreeMap<(usize, &str), Vec<&Candidate>> = std::collections::BTreeMap::new();
    for c in e.facilities() {
        let (index, is_proposal) = if c.is_building {
            let b = &e.world().buildings[c.slot];
            (b.index, b.is_proposal)
        } else {
            let p = &e.world().parcels[c.slot];
            (p.index, p.is_proposal)
        };
        if e.scenario().state(index, is_proposal).stands() {
            groups.entry((c.kind, &c.site)).or_default().push(c);
        }
    }
    groups
        .into_iter()
        .map(|((kind, _), members)| {
            (
                kind,
                members.iter().map(|c| c.distance_m).fold(f64::INFINITY, f64::min),
                members,
            )
        })
        .collect()
}

fn value(e: &Evaluation, figure: fn(&[(usize, f64, Vec<&Candidate>)], usize) -> Option<f64>) -> Value {
    let has = e.world().has;
    if !has.buildings && !has.parcels {
        return Value::undecided(
            "本城市没有建筑和用地数据",
            "the city holds neither buildings nor parcels",
        );
    }
    let found = in_reach(e);
    let mut value = Value::of(found.len() as f64);
    for (kind, k) in e.settings().facilities.iter().enumerate() {
        value.by.extend(figure(&found, kind).map(|v| (k.id.clone(), v)));
    }
    for (_, _, members) in &found {
        for c in members {
            if c.is_building {
                value.counted.buildings.insert(c.slot);
            } else {
                value.counted.others.push((&e.world().parcels[c.slot]).into());
            }
        }
    }
    value.counted.others.sort_unstable();
    value.counted.others.dedup();
    value
}

const SOURCE: &str =
    "GB 50180-2018 附录 C (radii, partly unverified) — 直线距离,步行网络距离更长 / straight lines; walking is longer";

pub(super) const INDICATORS: &[Definition] = &[
    Definition {
        id: "facilities_in_reach",
        title: ["服务半径内设施数", "Facilities in reach"],
        group: "facilities",
        unit: "处",
        decimals: 0,
        formula: [
            "到范围边界的直线距离不大于各类设施服务半径的在用设施数(同一单位的多幢建筑计一处),按类别",
            "facilities in use whose straight-line distance from the area is within the radius of their kind (several buildings of \
             one site count once), by kind",
        ],
        source: SOURCE,
        is_verified: false,
        needs: &[Need::Facilities],
        value: |e| {
            value(e, |found, kind| {
                Some(found.iter().filter(|f| f.0 == kind).count() as f64)
            })
        },
    },
    Definition {
        id: "facility_kinds_in_reach",
        title: ["可达设施类别数", "Kinds of facility in reach"],
        group: "facilities",
        unit: "类",
        decimals: 0,
        formula: [
            "服务半径内至少有一处的设施类别数;分项为最近一处的直线距离(m)",
            "kinds with at least one facility in reach; the parts are the straight-line distances to the nearest, metres",
        ],
        source: SOURCE,
        is_verified: false,
        needs: &[Need::Facilities],
        value: |e| {
            let nearest = |found: &[(usize, f64, Vec<&Candidate>)], kind: usize| {
                found.iter().filter(|f| f.0 == kind).map(|f| f.1).min_by(f64::total_cmp)
            };
            let mut kinds = value(e, nearest);
            kinds.value = kinds.value.map(|_| kinds.by.len() as f64);
            kinds
        },
    },
];
