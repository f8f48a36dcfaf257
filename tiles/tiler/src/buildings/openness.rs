//! Cheap sky openness of walls: how soon another building of the tile stands in front.

use glam::DVec2;
use hashbrown::HashMap;

/// Plan boxes of the tile's buildings in a hash grid.
#[derive(Debug, Default)]
pub(super) struct Neighbours {
    cells: HashMap<(i32, i32), Vec<u32>>,
    boxes: Vec<(DVec2, DVec2)>,
}

const CELL_M: f64 = 24.0;
/// Distance in front of a wall, metres, and what a building there leaves of the sky.
const PROBES: [(f64, f64); 3] = [(2.5, 0.5), (6.0, 0.68), (12.0, 0.86)];

impl Neighbours {
    /// * `boxes` — least and greatest corner in plan, metres, any one frame; boxes that are not finite are passed over
    pub(super) fn new(boxes: Vec<(DVec2, DVec2)>) -> Self {
        let mut cells: HashMap<(i32, i32), Vec<u32>> = HashMap::new();
        for (i, (low, high)) in boxes.iter().enumerate() {
            let (a, b) = (cell(*low), cell(*high));
            // a box over hundreds of cells shades nothing in particular
            if low.is_finite()
                && high.is_finite()
                && i64::from(b.0) - i64::from(a.0) < 64
                && i64::from(b.1) - i64::from(a.1) < 64
            {
                for x in a.0..=b.0 {
                    for y in a.1..=b.1 {
                        cells.entry((x, y)).or_default().push(i as u32);
                    }
                }
            }
        }
        Self { cells, boxes }
    }

    /// Openness 0–1 of a wall whose middle is `at` and which looks along `outward` (unit); `own` is its box.
    pub(super) fn openness(&self, at: DVec2, outward: DVec2, own: usize) -> f64 {
        let blocks = |p: DVec2| {
            self.cells.get(&cell(p)).is_some_and(|list| {
                list.iter().any(|i| {
                    let (low, high) = self.boxes[*i as usize];
                    *i as usize != own && p.cmpge(low).all() && p.cmple(high).all()
                })
            })
        };
        PROBES
            .iter()
            .find(|(reach, _)| blocks(at + outward * *reach))
            .map_or(1.0, |(_, left)| *left)
    }
}

fn cell(p: DVec2) -> (i32, i32) {
    // saturating casts: absurd positions share the outermost cells
    ((p.x / CELL_M).floor() as i32, (p.y / CELL_M).floor() as i32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn narrow_gaps_are_darker_than_wide_ones() {
        let at = |x: f64| (DVec2::new(x, 0.0), DVec2::new(x + 10.0, 10.0));
        let open =
            |gap: f64| Neighbours::new(vec![at(0.0), at(10.0 + gap)]).openness(DVec2::new(10.0, 5.0), DVec2::X, 0);
        assert!(open(1.0) < open(4.0));
        assert!(open(4.0) < open(10.0));
        assert!(open(40.0) > 0.99);
    }
}
