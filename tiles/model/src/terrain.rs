//! Regular grid of ground heights.

use glam::DVec2;
use serde::{Deserialize, Serialize};

/// Heights on a regular grid in the scene CRS; rows run north from the south-west corner.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HeightGrid {
    /// Plan position of the south-west grid point, metres.
    pub origin: DVec2,
    /// Distance between grid points along x and y, metres, > 0.
    pub step_m: DVec2,
    /// Points along x.
    pub num_x: u32,
    /// Points along y.
    pub num_y: u32,
    /// `[y * num_x + x]` orthometric heights, metres; NaN where unknown.
    pub heights_m: Vec<f32>,
}

impl HeightGrid {
    /// Height of a grid point, if inside and known.
    pub fn at(&self, x: u32, y: u32) -> Option<f32> {
        if x >= self.num_x || y >= self.num_y {
            return None;
        }
        self.heights_m
            .get(y as usize * self.num_x as usize + x as usize)
            .copied()
            .filter(|h| h.is_finite())
    }

    /// Bilinear height at a plan position, metres; `None` outside or beside unknown points.
    pub fn sample(&self, position: DVec2) -> Option<f64> {
        let cell = (position - self.origin) / self.step_m;
        if !cell.is_finite() || cell.x < -1e-9 || cell.y < -1e-9 {
            return None;
        }
        let (max_x, max_y) = (self.num_x.checked_sub(1)?, self.num_y.checked_sub(1)?);
        if cell.x > f64::from(max_x) + 1e-9 || cell.y > f64::from(max_y) + 1e-9 {
            return None;
        }
        // the cast is safe: the cell was bounded above
        let x0 = (cell.x.max(0.0) as u32).min(max_x.saturating_sub(1));
        let y0 = (cell.y.max(0.0) as u32).min(max_y.saturating_sub(1));
        let (fx, fy) = (
            (cell.x - f64::from(x0)).clamp(0.0, 1.0),
            (cell.y - f64::from(y0)).clamp(0.0, 1.0),
        );
        let h = |x: u32, y: u32| self.at(x.min(max_x), y.min(max_y)).map(f64::from);
        let south = h(x0, y0)? * (1.0 - fx) + h(x0 + 1, y0)? * fx;
        let north = h(x0, y0 + 1)? * (1.0 - fx) + h(x0 + 1, y0 + 1)? * fx;
        Some(south * (1.0 - fy) + north * fy)
    }

    /// Plan corners: south-west and north-east, metres.
    pub fn extent(&self) -> (DVec2, DVec2) {
        let span = DVec2::new(
            f64::from(self.num_x.saturating_sub(1)),
            f64::from(self.num_y.saturating_sub(1)),
        ) * self.step_m;
        (self.origin, self.origin + span)
    }

    /// Least and greatest known height, metres.
    pub fn height_range(&self) -> Option<(f32, f32)> {
        self.heights_m
            .iter()
            .copied()
            .filter(|h| h.is_finite())
            .fold(None, |range, h| match range {
                None => Some((h, h)),
                Some((low, high)) => Some((low.min(h), high.max(h))),
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plane_is_sampled_exactly() {
        let grid = HeightGrid {
            origin: DVec2::new(100.0, 200.0),
            step_m: DVec2::new(10.0, 5.0),
            num_x: 4,
            num_y: 3,
            heights_m: (0..12).map(|i| (i % 4) as f32 * 2.0 + (i / 4) as f32).collect(),
        };
        assert_eq!(grid.sample(DVec2::new(115.0, 207.5)), Some(1.5 * 2.0 + 1.5));
        assert_eq!(grid.sample(DVec2::new(130.0, 210.0)), Some(8.0));
        assert_eq!(grid.sample(DVec2::new(99.0, 200.0)), None);
        assert_eq!(grid.sample(DVec2::new(f64::NAN, 200.0)), None);
    }
}
