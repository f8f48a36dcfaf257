//! The official 300 m / 500 m green coverage: residential land inside the service areas ÷ residential land.

use super::model::{Coverage, OverlapLayer, ParkKind};
use crate::evaluate::Evaluation;
use crate::filter::holds;
use crate::geometry;
use crate::indicators::{Counted, Named, Value};
use crate::list::List;
use crate::world::Patch;
use geo::algorithm::buffer::{BufferStyle, LineJoin};
use geo::{Buffer as _, MapCoords as _, MultiPolygon};

/// Step of the arcs of a service area, radians: 2°. The polygon lies inside the true circle by at most
/// r·(1 − cos 1°) = 8 cm at 500 m.
const ARC_STEP_RAD: f64 = std::f64::consts::PI / 90.0;

/// Share of the residential land of the area that lies in a service area, straight-line.
pub(super) fn coverage(e: &Evaluation, rule: &Coverage) -> Value {
    let mut land = Vec::new();
    let mut value = Value::default();
    for parcel in standing(e, &e.world().parcels).filter(|p| holds(&rule.residential, *p)) {
        let inside = e.region().clip(&parcel.outline);
        if !inside.0.is_empty() {
            land.push(inside);
            value.counted.others.push(parcel.into());
        }
    }
    let land = geometry::union(&land);
    let total = geometry::area_m2(&land);
    if total <= 0.0 {
        return Value::undecided(rule.when_no_land.zh.clone(), rule.when_no_land.en.clone());
    }
    let mut served = Vec::new();
    for kind in &rule.parks {
        if list(e, kind).is_none() {
            return Value::undecided(rule.when_no_parks.zh.clone(), rule.when_no_parks.en.clone());
        }
        for park in list(e, kind).into_iter().flatten().filter(|p| is_of(kind, p)) {
            let near = e.region().bounds().grown(kind.radius_m).meets(&park.bounds);
            if near {
                served.push(service_area(&park.outline, kind.radius_m));
                value.counted.others.push(park.into());
            }
        }
    }
    let served = geometry::intersection(&land, &geometry::union(&served));
    value.counted = Counted {
        others: dedup(value.counted.others),
        ..Counted::default()
    };
    value.value = Some((geometry::area_m2(&served) / total).clamp(0.0, 1.0));
    value
}

/// Everything within `radius_m` of a polygon.
pub(super) fn service_area(park: &MultiPolygon<f64>, radius_m: f64) -> MultiPolygon<f64> {
    let [x, y] = geometry::Box2::of(park).center();
    let local = park.map_coords(|c| geo::Coord { x: c.x - x, y: c.y - y });
    let grown = local.buffer_with_style(BufferStyle::new(radius_m).line_join(LineJoin::Round(ARC_STEP_RAD)));
    grown.map_coords(|c| geo::Coord { x: c.x + x, y: c.y + y })
}

fn list<'a>(e: &'a Evaluation, kind: &ParkKind) -> Option<Box<dyn Iterator<Item = &'a Patch> + 'a>> {
    match kind.layer {
        OverlapLayer::Greens if e.world().has.greens => Some(Box::new(standing(e, &e.world().greens))),
        OverlapLayer::Parcels if e.world().has.parcels => Some(Box::new(standing(e, &e.world().parcels))),
        _ => None,
    }
}

fn standing<'a>(e: &'a Evaluation, list: &'a List<Patch>) -> impl Iterator<Item = &'a Patch> {
    list.iter()
        .filter(|p| e.scenario().state(p.index, p.is_proposal).stands())
}

fn is_of(kind: &ParkKind, park: &Patch) -> bool {
    park.area_m2 >= kind.min_area_m2
        && kind.below_area_m2.is_none_or(|below| park.area_m2 < below)
        && holds(&kind.filter, park)
}

fn dedup(mut named: Vec<Named>) -> Vec<Named> {
    named.sort_unstable();
    named.dedup();
    named
}
