//! The official coverage by parks: residential land within 500 m of parks of 5,000 m² and more and within 300 m of
//! parks of 2,000 to 5,000 m², ÷ all residential land of the built-up area. Distances are straight lines, as the
//! formula says: walks along streets are longer.
//!
//! A park is what people take for one: polygons that touch, or that carry one name on two sides of a street, are judged by
//! their size together.

use super::areas::{self, PARK_CORNERS};
use super::input::{Input, Land};
use super::near::Point;
use super::params::Green;
use crate::geometry::{self, Box2};
use crate::{Cancelled, Task};
use geo::{Distance as _, Euclidean, Intersects as _, LineString, MultiPolygon};

/// Polygons of parks with a smaller gap touch, metres: digitizing leaves slivers (an assumption).
const TOUCHING_M: f64 = 0.5;
/// Polygons of one name with a smaller gap are one park, metres: a street or canal between them (an assumption; farther apart
/// the same name, as "Pocket park", says nothing).
const SAME_NAME_M: f64 = 60.0;

/// Coverage by parks.
#[derive(Debug, Clone, PartialEq)]
pub struct Served {
    /// Service areas, one for each tier of the rules.
    pub areas: Vec<MultiPolygon<f64>>,
    /// Parks of each tier.
    pub num_parks: Vec<usize>,
    /// Polygons of the input that are one park together, park by park.
    pub joined: Vec<Vec<usize>>,
    /// Residential land that counts, m².
    pub land_m2: f64,
    /// The part of it that is served.
    pub served: MultiPolygon<f64>,
    /// Area of that part, m².
    pub served_m2: f64,
    /// The part that is not served.
    pub unserved: MultiPolygon<f64>,
}

impl Served {
    /// Share that is served, 0 to 1; `None` without residential land.
    pub fn share(&self) -> Option<f64> {
        (self.land_m2 > 0.0).then(|| (self.served_m2 / self.land_m2).clamp(0.0, 1.0))
    }
}

/// Holds the residential land against the parks.
///
/// # Errors
/// [`Cancelled`] when it was asked to stop.
pub fn served(input: &Input, rules: &Green, task: &Task) -> Result<Served, Cancelled> {
    let homes: Vec<MultiPolygon<f64>> = input
        .homes
        .iter()
        .map(|h| geometry::repaired(h.outline.clone()))
        .collect();
    let mut land = areas::union(homes, task)?;
    if let Some(built_up) = &input.built_up {
        land = geometry::intersection(&land, &geometry::repaired(built_up.clone()));
    }
    let bounds = Box2::of(&land);
    let mut parts = vec![Vec::new(); rules.tiers.len()];
    let parks = parks(&input.parks, task)?;
    let joined = parks.iter().filter(|park| park.members.len() > 1);
    let joined = joined.map(|park| park.members.clone()).collect();
    for Park { outline, .. } in parks {
        task.step(0.0)?;
        let area_m2 = geometry::area_m2(&outline);
        let Some(tier) = rules.tiers.iter().position(|tier| area_m2 >= tier.min_area_m2) else {
            continue;
        };
        parts[tier].push((outline, rules.tiers[tier].radius_m));
    }
    let num_parks = parts.iter().map(Vec::len).collect();
    let mut service = Vec::new();
    for tier in parts {
        let near = tier
            .into_iter()
            .filter(|(outline, radius_m)| Box2::of(outline).grown(*radius_m).meets(&bounds));
        let grown: Result<Vec<_>, Cancelled> = near
            .map(|(outline, radius_m)| within(&outline, radius_m, task))
            .collect();
        service.push(areas::union(grown?, task)?);
    }
    let all = areas::union(service.clone(), task)?;
    let served = geometry::intersection(&land, &all);
    Ok(Served {
        num_parks,
        joined,
        land_m2: geometry::area_m2(&land),
        served_m2: geometry::area_m2(&served),
        unserved: areas::difference(&land, &all),
        areas: service,
        served,
    })
}

/// What people take for one park.
struct Park {
    /// Places of its polygons in the input, ascending.
    members: Vec<usize>,
    /// All of them together.
    outline: MultiPolygon<f64>,
}

/// Polygons joined to parks, in the order of their first polygons.
fn parks(lands: &[Land], task: &Task) -> Result<Vec<Park>, Cancelled> {
    let outlines: Vec<MultiPolygon<f64>> = lands
        .iter()
        .map(|land| geometry::repaired(land.outline.clone()))
        .collect();
    let bounds: Vec<Box2> = outlines.iter().map(Box2::of).collect();
    let mut park_of: Vec<usize> = (0..lands.len()).collect();
    for b in 0..lands.len() {
        task.step(0.0)?;
        for a in 0..b {
            let is_named_alike = !lands[a].name.is_empty() && lands[a].name == lands[b].name;
            let gap_m = if is_named_alike { SAME_NAME_M } else { TOUCHING_M };
            if park_of[a] != park_of[b]
                && bounds[a].grown(gap_m).meets(&bounds[b])
                && is_within(&outlines[a], &outlines[b], gap_m)
            {
                let [one, other] = [park_of[a].min(park_of[b]), park_of[a].max(park_of[b])];
                park_of
                    .iter_mut()
                    .filter(|park| **park == other)
                    .for_each(|park| *park = one);
            }
        }
    }
    let mut found = vec![];
    for first in (0..lands.len()).filter(|k| park_of[*k] == *k) {
        task.step(0.0)?;
        let members: Vec<usize> = (first..lands.len()).filter(|k| park_of[*k] == first).collect();
        let outline = match members.as_slice() {
            [alone] => outlines[*alone].clone(),
            _ => geometry::union(&members.iter().map(|k| outlines[*k].clone()).collect::<Vec<_>>()),
        };
        found.push(Park { members, outline });
    }
    Ok(found)
}

fn is_within(a: &MultiPolygon<f64>, b: &MultiPolygon<f64>, gap_m: f64) -> bool {
    a.intersects(b) || Euclidean.distance(a, b) <= gap_m
}

/// Everything within a distance of polygons.
///
/// # Errors
/// [`Cancelled`] when it was asked to stop.
pub fn within(outline: &MultiPolygon<f64>, radius_m: f64, task: &Task) -> Result<MultiPolygon<f64>, Cancelled> {
    let edges = |ring: &LineString<f64>| -> Vec<[Point; 2]> {
        ring.lines()
            .map(|l| [[l.start.x, l.start.y], [l.end.x, l.end.y]])
            .collect()
    };
    let outer = outline.0.iter().flat_map(|p| edges(p.exterior()));
    let holes = outline.0.iter().flat_map(|p| p.interiors()).flat_map(edges);
    let border: Vec<[Point; 2]> = outer.chain(holes).collect();
    let strip = areas::around(&border, radius_m, PARK_CORNERS, task)?;
    Ok(geometry::union(&[strip, outline.clone()]))
}
