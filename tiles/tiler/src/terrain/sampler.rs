//! Ground height at any plan position: always an answer, with its source.

use crate::{Rect, Terrain};
use city_model::HeightGrid;
use glam::{DVec2, DVec3};

/// Where a height comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeightSource {
    /// Between known points of a grid.
    Grid,
    /// Outside every grid or in a hole: a nearest known point.
    Nearest,
    /// There is no grid: zero.
    Zero,
}

/// Height of the ground with its source.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GroundHeight {
    /// Orthometric height, metres.
    pub z_m: f64,
    /// How good it is.
    pub source: HeightSource,
}

/// Reads a [`Terrain`] beyond its edges and over its holes. Never NaN.
#[derive(Debug, Clone, Copy)]
pub struct TerrainSampler<'a> {
    terrain: &'a Terrain,
}

impl<'a> TerrainSampler<'a> {
    /// A sampler of `terrain`.
    pub const fn new(terrain: &'a Terrain) -> Self {
        Self { terrain }
    }

    /// Height with its source. `position` in the scene CRS, metres.
    pub fn sample(&self, position: DVec2) -> GroundHeight {
        if let Some(z_m) = self.terrain.sample(position) {
            return GroundHeight {
                z_m,
                source: HeightSource::Grid,
            };
        }
        let distance = |g: &HeightGrid| {
            let (min, max) = g.extent();
            (position - position.clamp(min, max)).length_squared()
        };
        let mut grids: Vec<&HeightGrid> = self
            .terrain
            .grids
            .iter()
            .map(|(_, g)| g)
            .filter(|g| is_usable(g))
            .collect();
        grids.sort_by(|a, b| distance(a).total_cmp(&distance(b)));
        match grids.into_iter().find_map(|g| nearest_known(g, position)) {
            Some(z_m) => GroundHeight {
                z_m,
                source: HeightSource::Nearest,
            },
            None => GroundHeight {
                z_m: 0.0,
                source: HeightSource::Zero,
            },
        }
    }

    /// Height, metres.
    pub fn height(&self, position: DVec2) -> f64 {
        self.sample(position).z_m
    }

    /// Upward unit normal, by central differences over `step_m` metres.
    pub fn normal(&self, position: DVec2, step_m: f64) -> DVec3 {
        if self.terrain.is_empty() {
            return DVec3::Z;
        }
        let step_m = step_m.max(0.01);
        let dx = self.height(position + DVec2::X * step_m) - self.height(position - DVec2::X * step_m);
        let dy = self.height(position + DVec2::Y * step_m) - self.height(position - DVec2::Y * step_m);
        DVec3::new(-dx, -dy, 2.0 * step_m).normalize_or(DVec3::Z)
    }

    /// Smallest grid step of the grids that touch `rect` (scene CRS), metres.
    pub fn finest_step_m(&self, rect: &Rect) -> Option<f64> {
        self.terrain
            .grids
            .iter()
            .map(|(_, grid)| grid)
            .filter(|grid| {
                let (min, max) = grid.extent();
                is_usable(grid) && Rect { min, max }.overlaps(rect)
            })
            .map(|grid| grid.step_m.min_element())
            .reduce(f64::min)
    }
}

fn is_usable(grid: &HeightGrid) -> bool {
    grid.step_m.is_finite()
        && grid.origin.is_finite()
        && grid.step_m.min_element() > 0.0
        && grid.num_x.min(grid.num_y) > 0
}

/// Height of a known point near `position`: square rings of growing stride around the nearest grid point, so that the
/// work stays bounded; exact to a sixteenth of the distance.
fn nearest_known(grid: &HeightGrid, position: DVec2) -> Option<f64> {
    let (min, max) = grid.extent();
    let inside = position.clamp(min, max);
    if let Some(z_m) = grid.sample(inside) {
        return Some(z_m);
    }
    let cell = ((inside - grid.origin) / grid.step_m).round();
    if !cell.is_finite() {
        return None;
    }
    // both fit: the cell lies inside the grid
    let (cx, cy) = (cell.x as i64, cell.y as i64);
    let at = |x: i64, y: i64| grid.at(u32::try_from(x).ok()?, u32::try_from(y).ok()?).map(f64::from);
    let reach = i64::from(grid.num_x.max(grid.num_y));
    let mut radius = 1_i64;
    while radius <= reach {
        let stride = (radius / 16).max(1);
        let mut best: Option<(i64, f64)> = None;
        let mut offset = -radius;
        while offset <= radius {
            for (dx, dy) in [(offset, -radius), (offset, radius), (-radius, offset), (radius, offset)] {
                if let Some(z_m) = at(cx + dx, cy + dy) {
                    let d = dx * dx + dy * dy;
                    if best.is_none_or(|(least, _)| d < least) {
                        best = Some((d, z_m));
                    }
                }
            }
            offset += stride;
        }
        if let Some((_, z_m)) = best {
            return Some(z_m);
        }
        radius += stride;
    }
    // strips narrower than the stride: along the row and the column
    let row = (0..i64::from(grid.num_x)).filter_map(|x| at(x, cy).map(|z_m| ((x - cx).abs(), z_m)));
    let column = (0..i64::from(grid.num_y)).filter_map(|y| at(cx, y).map(|z_m| ((y - cy).abs(), z_m)));
    row.chain(column)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, z_m)| z_m)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn grid(origin: [f64; 2], step_m: f64, size: u32, f: impl Fn(f64, f64) -> f32) -> HeightGrid {
        HeightGrid {
            origin: DVec2::from_array(origin),
            step_m: DVec2::splat(step_m),
            num_x: size,
            num_y: size,
            heights_m: (0..size * size)
                .map(|i| {
                    f(
                        origin[0] + f64::from(i % size) * step_m,
                        origin[1] + f64::from(i / size) * step_m,
                    )
                })
                .collect(),
        }
    }

    pub(crate) fn terrain(grids: Vec<HeightGrid>) -> Terrain {
        Terrain::new(grids.into_iter().map(|g| (1, g)).collect())
    }

    #[test]
    fn the_finest_grid_wins_and_the_outside_is_the_nearest() {
        let fine = grid([0.0, 0.0], 1.0, 11, |_, _| 5.0);
        let coarse = grid([-100.0, -100.0], 10.0, 31, |x, _| x as f32);
        let terrain = terrain(vec![fine, coarse]);
        let sampler = TerrainSampler::new(&terrain);
        assert_eq!(
            sampler.sample(DVec2::splat(5.0)),
            GroundHeight {
                z_m: 5.0,
                source: HeightSource::Grid
            }
        );
        assert_eq!(
            sampler.sample(DVec2::new(-50.0, 0.0)),
            GroundHeight {
                z_m: -50.0,
                source: HeightSource::Grid
            }
        );
        assert_eq!(
            sampler.sample(DVec2::new(9_000.0, 0.0)),
            GroundHeight {
                z_m: 200.0,
                source: HeightSource::Nearest
            }
        );
    }

    #[test]
    fn holes_are_bridged_and_flagged() {
        let holed = grid(
            [0.0, 0.0],
            1.0,
            201,
            |x, y| if x > 2.0 && y > 2.0 { f32::NAN } else { 7.0 },
        );
        let terrain = terrain(vec![holed]);
        let sampler = TerrainSampler::new(&terrain);
        for p in [DVec2::splat(3.2), DVec2::splat(180.0), DVec2::splat(500.0)] {
            assert_eq!(
                sampler.sample(p),
                GroundHeight {
                    z_m: 7.0,
                    source: HeightSource::Nearest
                }
            );
        }
    }

    #[test]
    fn without_any_known_point_the_ground_is_zero() {
        let unknown = grid([0.0, 0.0], 1.0, 5, |_, _| f32::NAN);
        let mut flat = grid([0.0, 0.0], 1.0, 5, |_, _| 1.0);
        flat.step_m = DVec2::new(0.0, 1.0);
        let mut empty = grid([0.0, 0.0], 1.0, 5, |_, _| 1.0);
        (empty.num_x, empty.heights_m) = (0, vec![]);
        for terrain in [terrain(vec![unknown, flat, empty]), terrain(vec![])] {
            let sampler = TerrainSampler::new(&terrain);
            assert_eq!(
                sampler.sample(DVec2::splat(9.0)),
                GroundHeight {
                    z_m: 0.0,
                    source: HeightSource::Zero
                }
            );
            assert_eq!(sampler.sample(DVec2::splat(f64::NAN)).z_m, 0.0);
        }
    }

    #[test]
    fn a_slope_leans_its_normal_downhill() {
        let terrain = terrain(vec![grid([0.0, 0.0], 10.0, 11, |x, _| (x / 10.0) as f32)]);
        let normal = TerrainSampler::new(&terrain).normal(DVec2::splat(50.0), 1.0);
        assert!((normal - DVec3::new(-0.1, 0.0, 1.0).normalize()).length() < 1e-6);
    }
}
