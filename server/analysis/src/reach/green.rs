//! The official coverage by parks: residential land within 500 m of parks of 5,000 m² and more and within 300 m of
//! parks of 2,000 to 5,000 m², ÷ all residential land of the built-up area. Distances are straight lines, as the
//! formula says: walks along streets are longer.

use super::areas::{self, PARK_CORNERS};
use super::input::Input;
use super::near::Point;
use super::params::Green;
use crate::geometry::{self, Box2};
use crate::{Cancelled, Task};
use geo::{LineString, MultiPolygon};

/// Coverage by parks.
#[derive(Debug, Clone, PartialEq)]
pub struct Served {
    /// Service areas, one for each tier of the rules.
    pub areas: Vec<MultiPolygon<f64>>,
    /// Parks of each tier.
    pub num_parks: Vec<usize>,
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
    for park in &input.parks {
        task.step(0.0)?;
        let outline = geometry::repaired(park.outline.clone());
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
        land_m2: geometry::area_m2(&land),
        served_m2: geometry::area_m2(&served),
        unserved: areas::difference(&land, &all),
        areas: service,
        served,
    })
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
