//! Beds under level water: the terrain is lowered inside lakes and rivers of known level, so that it never pierces them.

use crate::Rect;
use crate::plan::{PlanPolygon, rect};
use glam::DVec2;

/// Depth of the bed below the water level, metres.
const DEPTH_M: f64 = 0.5;
const NUM_SLABS: usize = 128;

/// One level water surface, ready for quick point tests. Plan coordinates relative to the tile's plan origin.
#[derive(Debug)]
pub struct WaterBed {
    level_z_m: f64,
    bounds: Rect,
    /// Edges by slab of y, so that a point meets only those at its height.
    slabs: Vec<Vec<(DVec2, DVec2)>>,
}

impl WaterBed {
    /// The bed of a water polygon with its level.
    pub fn new(polygon: &PlanPolygon, level_z_m: f64) -> Self {
        let bounds = polygon.bounds();
        let mut bed = Self {
            level_z_m,
            bounds,
            slabs: vec![Vec::new(); NUM_SLABS],
        };
        for ring in polygon.rings() {
            for (i, &a) in ring.iter().enumerate() {
                let b = ring[(i + 1) % ring.len()];
                let (low, high) = (bed.slab(a.y.min(b.y)), bed.slab(a.y.max(b.y)));
                bed.slabs[low..=high].iter_mut().for_each(|slab| slab.push((a, b)));
            }
        }
        bed
    }

    /// Ground height with the bed cut in.
    pub fn carve(&self, p: DVec2, ground_z_m: f64, extra_m: f64) -> f64 {
        let bed = self.level_z_m - DEPTH_M - extra_m;
        if ground_z_m > bed && self.holds(p) {
            bed
        } else {
            ground_z_m
        }
    }

    /// True when the bed touches `area`.
    pub fn touches(&self, area: &Rect) -> bool {
        self.bounds.overlaps(area)
    }

    fn slab(&self, y: f64) -> usize {
        let t = (y - self.bounds.min.y) / (self.bounds.max.y - self.bounds.min.y).max(1e-9);
        ((t * NUM_SLABS as f64).max(0.0) as usize).min(NUM_SLABS - 1)
    }

    /// Even–odd rule.
    fn holds(&self, p: DVec2) -> bool {
        if !self.bounds.contains(p) {
            return false;
        }
        let crossings = self.slabs[self.slab(p.y)]
            .iter()
            .filter(|(a, b)| (a.y > p.y) != (b.y > p.y) && p.x < a.x + (p.y - a.y) / (b.y - a.y) * (b.x - a.x));
        crossings.count() % 2 == 1
    }
}

/// Bounds of several beds.
pub fn bounds(beds: &[WaterBed]) -> Rect {
    rect::around(beds.iter().flat_map(|b| [b.bounds.min, b.bounds.max]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ground_sinks_in_the_lake_and_not_on_its_island() {
        let square = |half: f64| {
            vec![
                DVec2::splat(-half),
                DVec2::new(half, -half),
                DVec2::splat(half),
                DVec2::new(-half, half),
            ]
        };
        let lake = PlanPolygon::new(&[square(50.0), square(10.0)], DVec2::ZERO).unwrap();
        let bed = WaterBed::new(&lake, 100.0);
        assert_eq!(bed.carve(DVec2::new(30.0, 1.0), 101.0, 0.0), 99.5);
        assert_eq!(bed.carve(DVec2::new(30.0, 1.0), 80.0, 0.0), 80.0);
        assert_eq!(bed.carve(DVec2::new(1.0, 1.0), 101.0, 0.0), 101.0);
        assert_eq!(bed.carve(DVec2::new(60.0, 1.0), 101.0, 0.0), 101.0);
    }
}
