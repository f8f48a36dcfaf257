//! Ground height at any plan position, from several grids.

use crate::plan::PlanRect;
use city_model::HeightGrid;
use glam::{DVec2, DVec3};

/// Where a height comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeightSource {
    /// Between known points of a grid.
    Grid,
    /// Outside every grid or in a hole: the nearest known point.
    Nearest,
    /// There is no grid: the height is a constant.
    Constant,
}

/// Height of the ground with its source.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GroundHeight {
    /// Orthometric height, metres.
    pub z_m: f64,
    /// How good it is.
    pub source: HeightSource,
}

/// Heights of the ground over the whole scene. Always answers; never NaN.
#[derive(Debug, Clone)]
pub struct TerrainSampler {
    grids: Vec<Grid>,
    constant_z_m: f64,
}

#[derive(Debug, Clone)]
struct Grid {
    known: HeightGrid,
    /// The grid with its holes filled from the nearest known point; `None` when it has none.
    filled: Option<HeightGrid>,
    extent: PlanRect,
}

impl TerrainSampler {
    /// * `grids` — scene CRS, finest first; grids without a known point, or with a step that is not positive, are
    ///   left out
    /// * `constant_z_m` — height used when no grid is left, metres
    pub fn new(grids: Vec<HeightGrid>, constant_z_m: f64) -> Self {
        let grids = grids
            .into_iter()
            .filter(|g| {
                g.step_m.is_finite()
                    && g.origin.is_finite()
                    && g.step_m.min_element() > 0.0
                    && g.heights_m.len() as u64 == u64::from(g.num_x) * u64::from(g.num_y)
                    && g.heights_m.iter().any(|h| h.is_finite())
            })
            .map(|known| {
                let (min, max) = known.extent();
                let has_holes = known.heights_m.iter().any(|h| !h.is_finite());
                Grid { filled: has_holes.then(|| filled(&known)), extent: PlanRect::new(min, max), known }
            })
            .collect();
        Self { grids, constant_z_m: if constant_z_m.is_finite() { constant_z_m } else { 0.0 } }
    }

    /// A plane.
    pub fn constant(z_m: f64) -> Self {
        Self::new(Vec::new(), z_m)
    }

    /// True when no grid is known.
    pub fn is_constant(&self) -> bool {
        self.grids.is_empty()
    }

    /// Height with its source. `position` in the scene CRS, metres.
    pub fn sample(&self, position: DVec2) -> GroundHeight {
        if let Some(z_m) = self.grids.iter().find_map(|g| g.known.sample(position)) {
            return GroundHeight { z_m, source: HeightSource::Grid };
        }
        let distance = |g: &Grid| (position - position.clamp(g.extent.min, g.extent.max)).length_squared();
        let nearest = self.grids.iter().min_by(|a, b| distance(a).total_cmp(&distance(b)));
        let found = nearest.and_then(|g| {
            let grid = g.filled.as_ref().unwrap_or(&g.known);
            grid.sample(position.clamp(g.extent.min, g.extent.max))
        });
        match found {
            Some(z_m) => GroundHeight { z_m, source: HeightSource::Nearest },
            None => GroundHeight { z_m: self.constant_z_m, source: HeightSource::Constant },
        }
    }

    /// Height, metres.
    pub fn height(&self, position: DVec2) -> f64 {
        self.sample(position).z_m
    }

    /// Upward unit normal, by central differences over `step_m` metres.
    pub fn normal(&self, position: DVec2, step_m: f64) -> DVec3 {
        let step_m = step_m.max(0.01);
        let dx = self.height(position + DVec2::X * step_m) - self.height(position - DVec2::X * step_m);
        let dy = self.height(position + DVec2::Y * step_m) - self.height(position - DVec2::Y * step_m);
        DVec3::new(-dx, -dy, 2.0 * step_m).normalize_or(DVec3::Z)
    }

    /// Smallest grid step of the grids that touch `rect` (scene CRS), metres.
    pub fn finest_step_m(&self, rect: &PlanRect) -> Option<f64> {
        self.grids.iter().filter(|g| g.extent.overlaps(rect)).map(|g| g.known.step_m.min_element()).reduce(f64::min)
    }

    /// Plan extent of all grids, scene CRS.
    pub fn extent(&self) -> Option<PlanRect> {
        self.grids.iter().map(|g| g.extent).reduce(|a, b| PlanRect::new(a.min.min(b.min), a.max.max(b.max)))
    }
}

/// Fills unknown points from the nearest known one, ring by ring (breadth first, so ties go to the south-west).
fn filled(grid: &HeightGrid) -> HeightGrid {
    let mut grid = grid.clone();
    let (nx, ny) = (grid.num_x as usize, grid.num_y as usize);
    let mut front: Vec<usize> = (0..grid.heights_m.len()).filter(|i| grid.heights_m[*i].is_finite()).collect();
    while !front.is_empty() {
        let mut next = Vec::new();
        for i in front {
            let (x, y) = (i % nx, i / nx);
            let height = grid.heights_m[i];
            let mut reach = |inside: bool, j: usize| {
                if inside && !grid.heights_m[j].is_finite() {
                    grid.heights_m[j] = height;
                    next.push(j);
                }
            };
            reach(x > 0, i.wrapping_sub(1));
            reach(x + 1 < nx, i + 1);
            reach(y > 0, i.wrapping_sub(nx));
            reach(y + 1 < ny, i + nx);
        }
        front = next;
    }
    grid
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(origin: [f64; 2], step_m: f64, size: u32, f: impl Fn(f64, f64) -> f32) -> HeightGrid {
        HeightGrid {
            origin: DVec2::from_array(origin),
            step_m: DVec2::splat(step_m),
            num_x: size,
            num_y: size,
            heights_m: (0..size * size)
                .map(|i| f(origin[0] + f64::from(i % size) * step_m, origin[1] + f64::from(i / size) * step_m))
                .collect(),
        }
    }

    #[test]
    fn the_finest_grid_wins_and_the_outside_is_the_nearest() {
        let fine = grid([0.0, 0.0], 1.0, 11, |_, _| 5.0);
        let coarse = grid([-100.0, -100.0], 10.0, 31, |x, _| x as f32);
        let sampler = TerrainSampler::new(vec![fine, coarse], 99.0);
        assert_eq!(sampler.sample(DVec2::splat(5.0)), GroundHeight { z_m: 5.0, source: HeightSource::Grid });
        assert_eq!(sampler.sample(DVec2::new(-50.0, 0.0)), GroundHeight { z_m: -50.0, source: HeightSource::Grid });
        assert_eq!(sampler.sample(DVec2::new(9_000.0, 0.0)), GroundHeight { z_m: 200.0, source: HeightSource::Nearest });
    }

    #[test]
    fn holes_are_filled_and_flagged() {
        let holed = grid([0.0, 0.0], 1.0, 5, |x, y| if (x, y) == (2.0, 2.0) { f32::NAN } else { 7.0 });
        let sampler = TerrainSampler::new(vec![holed], 0.0);
        assert_eq!(sampler.sample(DVec2::splat(2.2)), GroundHeight { z_m: 7.0, source: HeightSource::Nearest });
    }

    #[test]
    fn broken_grids_are_left_out() {
        let mut short = grid([0.0, 0.0], 1.0, 5, |_, _| 1.0);
        short.heights_m.pop();
        let unknown = grid([0.0, 0.0], 1.0, 5, |_, _| f32::NAN);
        let mut flat = grid([0.0, 0.0], 1.0, 5, |_, _| 1.0);
        flat.step_m = DVec2::new(0.0, 1.0);
        let sampler = TerrainSampler::new(vec![short, unknown, flat], 3.0);
        assert!(sampler.is_constant());
        assert_eq!(sampler.sample(DVec2::splat(f64::NAN)), GroundHeight { z_m: 3.0, source: HeightSource::Constant });
    }

    #[test]
    fn a_slope_leans_its_normal_downhill() {
        let sampler = TerrainSampler::new(vec![grid([0.0, 0.0], 10.0, 11, |x, _| (x / 10.0) as f32)], 0.0);
        let normal = sampler.normal(DVec2::splat(50.0), 1.0);
        assert!((normal - DVec3::new(-0.1, 0.0, 1.0).normalize()).length() < 1e-6);
    }
}
