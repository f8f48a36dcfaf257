//! Quantities of rules, measured on an evaluation.

use super::coverage::coverage;
use super::model::{Greatest, OverHeight, Overlap, OverlapLayer, OverlapMeasure, Quantity, Rule, Sum, SumOf};
use crate::evaluate::Evaluation;
use crate::exact::Exact;
use crate::filter::holds;
use crate::geometry;
use crate::indicators::{Text, Value};
use crate::list::List;
use crate::scenario::State;
use crate::tally::BuildingNow;
use city_model::attributes::first_number;

/// The quantity with the features that count.
pub(super) fn measure(e: &Evaluation, rule: &Rule, quantity: &Quantity) -> Value {
    match quantity {
        Quantity::Indicator(id) => e.value(id).cloned().unwrap_or_default(),
        Quantity::Ratio(r) => {
            let zero = [r.when_zero.zh.as_str(), r.when_zero.en.as_str()];
            measure(e, rule, &r.of).over(&measure(e, rule, &r.to), zero)
        }
        Quantity::Sum(s) => sum(e, rule, s),
        Quantity::Greatest(g) => greatest(e, g),
        Quantity::Overlap(o) => overlap(e, o),
        Quantity::Coverage(c) => coverage(e, c),
        Quantity::OverHeight(h) => over_height(e, h),
        Quantity::NotInScene(why) => Value::undecided(why.zh.clone(), why.en.clone()),
    }
}

/// What a building gives to a sum: `None` when it does not say.
pub(super) fn amount(now: &BuildingNow<'_>, what: SumOf) -> Option<f64> {
    let share = now.share;
    match what {
        SumOf::FloorArea => now.facts.floor_area_m2.map(|(a, _)| a * share),
        SumOf::FloorAreaBefore if now.building.is_proposal => Some(0.0),
        SumOf::FloorAreaBefore => now.building.facts.floor_area_m2.map(|(a, _)| a * share),
        SumOf::Footprint if !now.building.covers_ground => Some(0.0),
        SumOf::Footprint => (now.building.footprint_m2 > 0.0).then_some(now.building.footprint_m2 * share),
        SumOf::Dwellings => now.facts.dwellings(now.assumptions).map(|(n, _)| n * share),
        SumOf::People => now.facts.inhabitants(now.assumptions).map(|(n, _)| n * share),
        SumOf::Count => Some(f64::from(u8::from(now.is_counted))),
    }
}

fn sum(e: &Evaluation, rule: &Rule, sum: &Sum) -> Value {
    let exceptions: Vec<_> = rule.exceptions.iter().filter(|x| sum.except.contains(&x.id)).collect();
    let (mut total, mut silent) = (Exact::default(), 0_usize);
    let mut value = Value::default();
    for (slot, now) in e.buildings() {
        let counts = holds(&sum.filter, &now) && !exceptions.iter().any(|x| holds(&x.filter, &now));
        if !counts || (now.share == 0.0 && sum.what != SumOf::Count) {
            continue;
        }
        match amount(&now, sum.what) {
            Some(v) => {
                total += Exact::of(v);
                if v != 0.0 {
                    value.counted.buildings.insert(slot);
                }
            }
            None => {
                silent += 1;
                value.counted.buildings.insert(slot);
            }
        }
    }
    if silent == 0 {
        value.value = Some(total.value());
    } else {
        value.known = Some(total.value());
        value.reason = Some(Text::new(
            format!("{silent} 幢建筑缺少所需数据(建筑面积、用途或户数)"),
            format!("{silent} buildings do not state what is needed (floor area, use or households)"),
        ));
    }
    value
}

/// Greatest height of the buildings meant, and the buildings that have it.
fn greatest(e: &Evaluation, g: &Greatest) -> Value {
    let (mut value, mut silent) = (Value::default(), Value::default());
    for (slot, now) in e
        .buildings()
        .filter(|(_, now)| now.share > 0.0 && holds(&g.filter, now))
    {
        match now.facts.height_m {
            Some(height) if value.value.is_some_and(|v| height < v) => {}
            Some(height) => {
                if value.value != Some(height) {
                    value = Value::of(height);
                }
                value.counted.buildings.insert(slot);
            }
            None => drop(silent.counted.buildings.insert(slot)),
        }
    }
    let n = silent.counted.buildings.len();
    if n > 0 {
        silent.known = value.value;
        silent.reason = Some(Text::new(
            format!("{n} 幢建筑未填高度"),
            format!("{n} buildings state no height"),
        ));
        return silent;
    }
    if value.value.is_none() {
        return Value::undecided(g.when_none.zh.clone(), g.when_none.en.clone());
    }
    value
}

fn overlap(e: &Evaluation, o: &Overlap) -> Value {
    let mut value = Value::default();
    let counts = |state: State| o.states.is_empty() || o.states.iter().any(|s| s == state.as_str());
    let (mut known, mut number, mut parts) = (0_usize, 0_usize, Vec::new());
    let patches = match o.layer {
        OverlapLayer::Zones => Some(&e.world().zones),
        OverlapLayer::Parcels => Some(&e.world().parcels),
        OverlapLayer::Greens => Some(&e.world().greens),
        OverlapLayer::Buildings | OverlapLayer::Trees => None,
    };
    for patch in patches
        .into_iter()
        .flat_map(List::iter)
        .filter(|p| holds(&o.filter, *p))
    {
        known += 1;
        let inside = e.region().clip(&patch.outline);
        // neighbours whose edges touch overlap by rounding only
        let is_in = geometry::area_m2(&inside) > 1e-3;
        if is_in && counts(e.scenario().state(patch.index, patch.is_proposal)) {
            number += 1;
            parts.push(inside);
            value.counted.others.push(patch.into());
        }
    }
    if o.layer == OverlapLayer::Buildings {
        for (slot, now) in e.buildings().filter(|(_, now)| holds(&o.filter, now)) {
            known += 1;
            if now.share > 0.0 && counts(now.state) {
                number += 1;
                if o.measure == OverlapMeasure::AreaM2 {
                    parts.push(e.region().clip(&now.building.footprint));
                }
                value.counted.buildings.insert(slot);
            }
        }
    }
    if o.layer == OverlapLayer::Trees {
        for tree in e.world().trees.iter().filter(|t| holds(&o.filter, *t)) {
            known += 1;
            if e.region().contains(tree.position) && counts(e.scenario().state(tree.index, false)) {
                number += 1;
                value.counted.others.push(tree.into());
            }
        }
    }
    if known == 0 && !o.none_means_zero {
        return Value::undecided(o.when_unknown.zh.clone(), o.when_unknown.en.clone());
    }
    value.value = Some(match o.measure {
        OverlapMeasure::Count => number as f64,
        OverlapMeasure::AreaM2 => geometry::area_m2(&geometry::union(&parts)),
    });
    value
}

/// Greatest height above the limit of a zone; negative when all stay below.
fn over_height(e: &Evaluation, rule: &OverHeight) -> Value {
    let keys: Vec<&str> = rule.keys.iter().map(String::as_str).collect();
    let zones: Vec<_> = e
        .world()
        .zones
        .iter()
        .filter(|z| holds(&rule.filter, *z) && e.region().bounds().meets(&z.bounds))
        .filter_map(|z| Some((z, first_number(&z.attributes, &keys)?)))
        .filter_map(|(z, limit)| Some((limit, z.bounds, geometry::Region::new(z.outline.clone()).ok()?)))
        .collect();
    if zones.is_empty() {
        return Value::undecided(rule.when_no_zone.zh.clone(), rule.when_no_zone.en.clone());
    }
    let mut worst: Option<f64> = None;
    let mut value = Value::default();
    let mut silent = 0_usize;
    let mut is_in_a_zone = false;
    for (slot, now) in e.buildings().filter(|(_, now)| now.state.stands() && now.share > 0.0) {
        for (limit, bounds, zone) in &zones {
            let b = now.building;
            let meets = bounds.meets(&b.bounds)
                && (zone.contains(b.center) || zone.share(&b.footprint, &b.bounds, b.footprint_m2) > 1e-6);
            if !meets {
                continue;
            }
            is_in_a_zone = true;
            match now.facts.height_m {
                Some(height) => {
                    let over = height - limit;
                    if over > 0.0 {
                        value.counted.buildings.insert(slot);
                    }
                    worst = Some(worst.map_or(over, |w| w.max(over)));
                }
                None => {
                    silent += 1;
                    value.counted.buildings.insert(slot);
                }
            }
        }
    }
    if silent > 0 && worst.is_none_or(|w| w <= 0.0) {
        value.reason = Some(Text::new(
            format!("{silent} 幢建筑未填高度"),
            format!("{silent} buildings state no height"),
        ));
    } else if is_in_a_zone {
        value.value = worst;
    } else {
        return Value::undecided(
            "限高区内没有在场建筑",
            "no building stands in a height zone of the area",
        );
    }
    value
}
