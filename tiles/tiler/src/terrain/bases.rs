//! A stand-in for a missing DEM: a smooth coarse grid through the heights at which features stand.

use crate::FeatureHead;
use city_model::{FeatureClass, HeightGrid, LayerGroup, SurfaceMesh};
use glam::{DVec2, DVec3, Vec3Swizzles as _};

const MAX_CELLS_PER_SIDE: f64 = 512.0;

/// Ground that this far round the outermost foot is still drawn, metres.
const MARGIN_M: f64 = 150.0;

/// Feet farther than this from the median place are passed over, metres.
const REACH_M: f64 = 60_000.0;

/// Terrain of a city without a DEM, from the heads of its features; `None` when there is none to go by.
///
/// Feet are, best first: the lowest points of buildings and of ground surfaces with heights of their own; the covers of
/// manholes; pipes that lie more than 20 m from height 0 (so that their heights are levels and not depths), 1.2 m
/// under the ground. When nothing has a height of its own, the ground is the plane at height 0 under all features.
pub fn grid_from_heads(heads: &[FeatureHead]) -> Option<HeightGrid> {
    let placed = || {
        heads
            .iter()
            .filter(|h| !h.is_proposal && !h.bounds.is_empty() && h.bounds.min.is_finite() && h.bounds.max.is_finite())
    };
    let foot = |h: &FeatureHead, z: f64| h.bounds.center().xy().extend(z);
    let has_level = |z: f64| z.abs() > 1e-6;
    let standing: Vec<DVec3> = placed()
        .filter(|h| matches!(h.class.group(), LayerGroup::Buildings | LayerGroup::Ground) && has_level(h.bounds.min.z))
        .map(|h| foot(h, h.bounds.min.z))
        .collect();
    let covers = || {
        placed()
            .filter(|h| h.class == FeatureClass::PipeNode)
            .map(|h| foot(h, h.bounds.max.z - 0.1))
    };
    let pipes = || {
        placed()
            .filter(|h| h.class == FeatureClass::Pipe)
            .map(|h| foot(h, h.bounds.max.z + 1.2))
    };
    let mut feet = standing;
    if feet.is_empty() {
        feet = covers().filter(|p| p.z.abs() > 20.0).collect();
    }
    if feet.is_empty() {
        feet = pipes().filter(|p| p.z.abs() > 20.0).collect();
    }
    if feet.is_empty() {
        feet = placed().map(|h| foot(h, 0.0)).collect();
    }
    grid_from_feet(&feet, 64.0)
}

/// Grid through the feet of buildings and other features with real heights.
///
/// * `feet` — scene CRS, metres; z is the lowest point of each feature
/// * `step_m` — wanted grid step; made larger when the extent asks for more than 512 points a side
///
/// Each grid point takes the median of the feet of its cell; empty cells take the mean of their neighbours until all
/// are filled, the margin of 150 m included; then one 3 × 3 smoothing. It is a guess, good for standing things on, and no survey. `None` without feet.
pub fn grid_from_feet(feet: &[DVec3], step_m: f64) -> Option<HeightGrid> {
    let feet = near_the_middle(feet);
    let min = feet.iter().map(|p| p.truncate()).reduce(DVec2::min)? - MARGIN_M;
    let max = feet.iter().map(|p| p.truncate()).reduce(DVec2::max)? + MARGIN_M;
    let step = (max - min).max_element().max(1.0) / MAX_CELLS_PER_SIDE;
    let step = step.max(step_m.max(1.0));
    let count = ((max - min) / step).round().as_uvec2() + 2;
    let (nx, ny) = (count.x as usize, count.y as usize);
    let mut cells: Vec<Vec<f64>> = vec![Vec::new(); nx * ny];
    for p in &feet {
        let cell = ((p.truncate() - min) / step).round().as_uvec2();
        if let Some(cell) = cells.get_mut(cell.y as usize * nx + cell.x as usize) {
            cell.push(p.z);
        }
    }
    let mut heights: Vec<f64> = cells
        .into_iter()
        .map(|mut cell| {
            cell.sort_by(f64::total_cmp);
            cell.get(cell.len() / 2).copied().unwrap_or(f64::NAN)
        })
        .collect();
    while heights.iter().any(|h| h.is_nan()) {
        heights = blurred(&heights, nx, ny, true);
    }
    heights = blurred(&heights, nx, ny, false);
    Some(HeightGrid {
        origin: min,
        step_m: DVec2::splat(step),
        num_x: count.x,
        num_y: count.y,
        heights_m: heights.iter().map(|h| *h as f32).collect(),
    })
}

/// Finite feet within [`REACH_M`] of the median place: one absurd coordinate must not stretch the grid over it.
fn near_the_middle(feet: &[DVec3]) -> Vec<DVec3> {
    let finite: Vec<DVec3> = feet.iter().copied().filter(|p| p.is_finite()).collect();
    let median = |mut values: Vec<f64>| {
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or_default()
    };
    let middle = DVec2::new(
        median(finite.iter().map(|p| p.x).collect()),
        median(finite.iter().map(|p| p.y).collect()),
    );
    finite
        .into_iter()
        .filter(|p| (p.xy() - middle).abs().max_element() <= REACH_M)
        .collect()
}

/// Mean of the known cells of each 3 × 3 neighbourhood; with `only_unknown`, known cells stay.
fn blurred(heights: &[f64], nx: usize, ny: usize, only_unknown: bool) -> Vec<f64> {
    (0..nx * ny)
        .map(|i| {
            if only_unknown && !heights[i].is_nan() {
                return heights[i];
            }
            let (x, y) = (i % nx, i / nx);
            let (mut sum, mut count) = (0.0, 0.0);
            for v in y.saturating_sub(1)..(y + 2).min(ny) {
                for u in x.saturating_sub(1)..(x + 2).min(nx) {
                    let h = heights[v * nx + u];
                    if !h.is_nan() {
                        (sum, count) = (sum + h, count + 1.0);
                    }
                }
            }
            sum / count
        })
        .collect()
}

/// Grid through a triangulated relief (CityJSON `TINRelief`), as if it were a DEM.
///
/// * `meshes` — scene CRS, metres; every ring is taken as a fan of triangles
/// * `step_m` — wanted grid step; made larger when the extent asks for more than 2048 points a side
///
/// Points outside every triangle are NaN. `None` when nothing is covered.
pub fn grid_from_relief(meshes: &[&SurfaceMesh], step_m: f64) -> Option<HeightGrid> {
    let vertices = || {
        meshes
            .iter()
            .flat_map(|m| m.vertices.iter().copied())
            .filter(|v| v.is_finite())
    };
    let min = vertices().map(|v| v.truncate()).reduce(DVec2::min)?;
    let max = vertices().map(|v| v.truncate()).reduce(DVec2::max)?;
    let step = step_m.max(0.1).max((max - min).max_element() / 2047.0);
    let count = ((max - min) / step).ceil().as_uvec2() + 1;
    let mut heights_m = vec![f32::NAN; count.x as usize * count.y as usize];
    for mesh in meshes {
        for ring in mesh.surfaces.iter().filter_map(|s| s.rings.first()) {
            let corner = |i: usize| {
                ring.get(i)
                    .and_then(|v| mesh.vertices.get(*v as usize))
                    .filter(|v| v.is_finite())
            };
            for i in 1..ring.len().saturating_sub(1) {
                if let (Some(a), Some(b), Some(c)) = (corner(0), corner(i), corner(i + 1)) {
                    raster(
                        *a - min.extend(0.0),
                        *b - min.extend(0.0),
                        *c - min.extend(0.0),
                        step,
                        count.x,
                        count.y,
                        &mut heights_m,
                    );
                }
            }
        }
    }
    let covered = heights_m.iter().any(|h| h.is_finite());
    covered.then_some(HeightGrid {
        origin: min,
        step_m: DVec2::splat(step),
        num_x: count.x,
        num_y: count.y,
        heights_m,
    })
}

fn raster(a: DVec3, b: DVec3, c: DVec3, step: f64, nx: u32, ny: u32, heights_m: &mut [f32]) {
    let area = (b - a).truncate().perp_dot((c - a).truncate());
    if area.abs() < 1e-12 {
        return;
    }
    let low = (a.min(b).min(c).truncate() / step).ceil().max(DVec2::ZERO).as_uvec2();
    let high = (a.max(b).max(c).truncate() / step).floor().max(DVec2::ZERO).as_uvec2();
    for y in low.y..=high.y.min(ny.saturating_sub(1)) {
        for x in low.x..=high.x.min(nx.saturating_sub(1)) {
            let p = DVec2::new(f64::from(x), f64::from(y)) * step;
            let v = (b.truncate() - p).perp_dot(c.truncate() - p) / area;
            let w = (c.truncate() - p).perp_dot(a.truncate() - p) / area;
            let u = 1.0 - v - w;
            if v >= -1e-9 && w >= -1e-9 && u >= -1e-9 {
                let z = (a.z * v + b.z * w + c.z * u) as f32;
                let slot = &mut heights_m[y as usize * nx as usize + x as usize];
                // where reliefs overlap the upper one is seen
                *slot = if slot.is_nan() { z } else { slot.max(z) };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use city_model::{Surface, SurfaceSemantic};

    #[test]
    fn feet_make_a_smooth_ground_without_holes() {
        let feet: Vec<_> = (0..200)
            .map(|i| DVec3::new(f64::from(i % 20) * 50.0, f64::from(i / 20) * 90.0, 2.0))
            .collect();
        let grid = grid_from_feet(&feet, 64.0).unwrap();
        assert!(grid.heights_m.iter().all(|h| (*h - 2.0).abs() < 1e-6));
        let mut lost = feet;
        lost.push(DVec3::new(1e12, -1e12, 9.0));
        assert_eq!(grid_from_feet(&lost, 64.0), Some(grid));
        assert!(grid_from_feet(&[], 64.0).is_none());
        assert!(grid_from_feet(&[DVec3::NAN], 64.0).is_none());
    }

    #[test]
    fn without_a_dem_the_ground_goes_through_the_buildings_or_the_covers() {
        let head = |class, low: f64, high: f64| FeatureHead {
            index: city_model::FeatureIndex(0),
            class,
            is_proposal: false,
            bounds: city_model::Bounds3 {
                min: DVec3::new(0.0, 0.0, low),
                max: DVec3::new(9.0, 9.0, high),
            },
            revision: 1,
            geometry_bytes: 1,
        };
        let height = |heads: &[FeatureHead]| grid_from_heads(heads).map(|g| g.sample(DVec2::splat(4.5)).unwrap());
        assert_eq!(
            height(&[
                head(FeatureClass::Building, 31.5, 40.0),
                head(FeatureClass::Pipe, 20.0, 21.0)
            ]),
            Some(31.5)
        );
        let covers = [
            head(FeatureClass::Building, 0.0, 9.0),
            head(FeatureClass::PipeNode, 340.0, 343.1),
        ];
        assert_eq!(height(&covers), Some(343.0));
        assert_eq!(
            height(&[
                head(FeatureClass::Building, 0.0, 9.0),
                head(FeatureClass::Pipe, -3.0, -2.0)
            ]),
            Some(0.0)
        );
        assert_eq!(height(&[]), None);
    }

    #[test]
    fn a_relief_is_met_at_its_own_heights() {
        let relief = SurfaceMesh {
            vertices: vec![DVec3::ZERO, DVec3::new(100.0, 0.0, 10.0), DVec3::new(0.0, 100.0, 0.0)],
            surfaces: vec![Surface {
                rings: vec![vec![0, 1, 2, 9]],
                semantic: SurfaceSemantic::Ground,
                material: None,
                texture: None,
            }],
            ..SurfaceMesh::default()
        };
        let grid = grid_from_relief(&[&relief], 5.0).unwrap();
        assert!((grid.sample(DVec2::new(31.0, 20.0)).unwrap() - 3.1).abs() < 1e-5);
        assert_eq!(grid.sample(DVec2::new(90.0, 90.0)), None);
    }
}
