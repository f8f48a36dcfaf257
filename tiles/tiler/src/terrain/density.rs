//! How many triangles the ground needs where: what the partition knows of terrain before any tile is built.

use super::tin::num_triangles;
use crate::Rect;
use city_model::HeightGrid;
use glam::{DVec2, UVec2};
use rayon::prelude::*;

/// Grid steps along a block's side; a power of two.
const BLOCK_STEPS: u32 = 16;
/// Most blocks that are measured; of larger grids, one block stands for its neighbours.
const MAX_BLOCKS: f64 = 16_384.0;

/// Triangles per square metre of a height grid at one vertical error.
#[derive(Debug, Clone, PartialEq)]
pub struct TriangleDensity {
    origin: DVec2,
    /// Edge of a measured block, metres.
    block_m: DVec2,
    /// Distance of measured blocks, metres: their size, or more where only some are measured.
    pitch_m: DVec2,
    count: UVec2,
    /// `[y * count.x + x]` triangles in a block.
    triangles: Vec<f32>,
}

impl TriangleDensity {
    /// Measures a grid.
    ///
    /// * `max_error_m` — vertical error that the triangles stay within, metres
    pub fn new(grid: &HeightGrid, max_error_m: f64) -> Self {
        let steps = DVec2::new(
            f64::from(grid.num_x.saturating_sub(1).max(1)),
            f64::from(grid.num_y.saturating_sub(1).max(1)),
        );
        let all = (steps / f64::from(BLOCK_STEPS)).ceil();
        let stride = (all.element_product() / MAX_BLOCKS).sqrt().ceil().max(1.0);
        let count = (all / stride).ceil().as_uvec2();
        let block_m = grid.step_m * f64::from(BLOCK_STEPS);
        let pitch = (stride as u32).saturating_mul(BLOCK_STEPS);
        let triangles = (0..count.x * count.y)
            .into_par_iter()
            .map(|i| {
                let (x0, y0) = ((i % count.x) * pitch, (i / count.x) * pitch);
                // beyond the edge and in holes the ground goes on level
                let mut last_m = 0.0;
                let height = |p: DVec2| {
                    let at = (p / grid.step_m).round().as_uvec2();
                    let x = (x0 + at.x).min(grid.num_x.saturating_sub(1));
                    let y = (y0 + at.y).min(grid.num_y.saturating_sub(1));
                    grid.at(x, y).map(f64::from)
                };
                let mut filled = |p: DVec2| {
                    last_m = height(p).unwrap_or(last_m);
                    last_m
                };
                num_triangles(BLOCK_STEPS, block_m, max_error_m, &mut filled) as f32
            })
            .collect();
        Self {
            origin: grid.origin,
            block_m,
            pitch_m: block_m * stride,
            count,
            triangles,
        }
    }

    /// Triangles to expect in `cell` (scene CRS, metres).
    pub fn triangles_in(&self, cell: &Rect) -> f64 {
        let low = ((cell.min - self.origin) / self.pitch_m).max(DVec2::ZERO);
        let high = ((cell.max - self.origin) / self.pitch_m).min(self.count.as_dvec2());
        if !(high - low).is_finite() || (high - low).min_element() <= 0.0 {
            return 0.0;
        }
        let per_block = (self.pitch_m / self.block_m).element_product();
        let mut sum = 0.0;
        for y in low.y as u32..(high.y.ceil() as u32).min(self.count.y) {
            for x in low.x as u32..(high.x.ceil() as u32).min(self.count.x) {
                let at = DVec2::new(f64::from(x), f64::from(y));
                let part = (high.min(at + 1.0) - low.max(at)).max(DVec2::ZERO).element_product();
                sum += part * per_block * f64::from(self.triangles[(y * self.count.x + x) as usize]);
            }
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terrain::{Tin, TinOptions};

    fn grid(height: impl Fn(f64, f64) -> f64) -> HeightGrid {
        let side = 257;
        HeightGrid {
            origin: DVec2::new(1000.0, 2000.0),
            step_m: DVec2::splat(4.0),
            num_x: side,
            num_y: side,
            heights_m: (0..side * side)
                .map(|i| height(f64::from(i % side) * 4.0, f64::from(i / side) * 4.0) as f32)
                .collect(),
        }
    }

    fn quarter(x: f64, y: f64) -> Rect {
        let min = DVec2::new(1000.0, 2000.0) + DVec2::new(x, y) * 512.0;
        Rect { min, max: min + 512.0 }
    }

    #[test]
    fn what_is_expected_is_near_what_a_tile_draws() {
        let grid = grid(|x, y| 20.0 * (x / 90.0).sin() * (y / 70.0).cos() + 0.01 * x);
        let density = TriangleDensity::new(&grid, 0.12);
        let cell = quarter(0.0, 1.0);
        let options = TinOptions {
            rect: cell,
            sample_step_m: 4.0,
            max_error_m: 0.12,
            is_flat: false,
        };
        let drawn = Tin::build(&options, |p| grid.sample(p).unwrap()).triangles.len() as f64;
        let expected = density.triangles_in(&cell);
        assert!(
            (0.5..2.0).contains(&(expected / drawn)),
            "{expected} expected, {drawn} drawn"
        );
    }

    #[test]
    fn rough_ground_asks_for_more_than_flat_ground_and_nothing_outside() {
        let grid = grid(|x, y| {
            if x < 512.0 {
                0.0
            } else {
                3.0 * (x / 9.0).sin() * (y / 9.0).cos()
            }
        });
        let density = TriangleDensity::new(&grid, 0.12);
        let (flat, rough) = (quarter(0.0, 0.0), quarter(1.0, 0.0));
        assert!(density.triangles_in(&rough) > 20.0 * density.triangles_in(&flat));
        let whole = Rect {
            min: DVec2::ZERO,
            max: DVec2::splat(1e9),
        };
        let parts: f64 = [
            quarter(0.0, 0.0),
            quarter(1.0, 0.0),
            quarter(0.0, 1.0),
            quarter(1.0, 1.0),
        ]
        .iter()
        .map(|q| density.triangles_in(q))
        .sum();
        assert!((density.triangles_in(&whole) - parts).abs() < 1e-6 * parts);
        assert_eq!(density.triangles_in(&quarter(-5.0, 0.0)), 0.0);
    }

    #[test]
    fn a_huge_grid_is_measured_in_places_and_holes_do_no_harm() {
        let side = 4097;
        let mut heights_m: Vec<f32> = (0..side * side).map(|i| (i % 7) as f32).collect();
        heights_m[..100_000].fill(f32::NAN);
        let huge = HeightGrid {
            origin: DVec2::ZERO,
            step_m: DVec2::ONE,
            num_x: side,
            num_y: side,
            heights_m,
        };
        let density = TriangleDensity::new(&huge, 0.12);
        assert!(density.triangles.len() as f64 <= MAX_BLOCKS);
        let cell = Rect {
            min: DVec2::splat(1024.0),
            max: DVec2::splat(2048.0),
        };
        // saw teeth of seven steps leave nothing out
        assert!(density.triangles_in(&cell) > 1e6, "{}", density.triangles_in(&cell));
    }
}
