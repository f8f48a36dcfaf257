//! Rasters brought to square cells of the scene CRS, cut to what is asked for.

use super::registry::SimulationError;
use analysis::Task;
use analysis::outside::Raster;
use city_model::{Crs, SceneFrame, Transformer};
use city_sources::results::RasterSeries;
use glam::{DVec2, DVec3};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Points along a side by which the bounds of a raster are found in another system.
const SIDE_POINTS: u32 = 33;
/// Digits that the side of a cell keeps.
const CELL_DIGITS: i32 = 3;
/// Cells along a side.
const MAX_SIDE: f64 = 8192.0;

/// How values between the cells of the source are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Resampling {
    /// Between the four cells around: for measures.
    #[default]
    Bilinear,
    /// The cell itself: for classes.
    Nearest,
}

/// Where the values of one geometry of rasters go in the scene.
pub(super) struct Warp {
    origin: [f64; 2],
    cell_m: f64,
    size: [u32; 2],
    /// The source's cells, counted from its south-western corner: where the middle of each cell of ours lies.
    places: Vec<[f32; 2]>,
    source: [u32; 2],
    resampling: Resampling,
}

impl Warp {
    /// True when another raster lies on the same cells as `of`.
    pub(super) fn same(a: &RasterSeries, b: &RasterSeries) -> bool {
        (a.origin, a.cell, a.columns, a.rows) == (b.origin, b.cell, b.columns, b.rows)
    }

    /// Lays the cells of `raster` over the scene.
    ///
    /// * `bounds` — what is asked for: min x, min y, max x, max y, metres of the scene CRS
    /// * `max_cells` — most cells
    pub(super) fn new(
        name: &str,
        raster: &RasterSeries,
        crs: &Crs,
        frame: &SceneFrame,
        bounds: [f64; 4],
        (resampling, max_cells): (Resampling, u64),
        task: &Task,
    ) -> Result<Self, SimulationError> {
        let to_scene = Transformer::new(crs.clone(), frame.crs().clone());
        let is_same = to_scene.is_identity();
        let [columns, rows] = [raster.columns, raster.rows].map(f64::from);
        let origin = DVec2::from(raster.origin);
        let extent = DVec2::new(columns, rows) * raster.cell;
        let forward = |p: DVec2| {
            let moved = to_scene.transform(p.extend(0.0)).ok()?;
            moved.is_finite().then(|| moved.truncate())
        };
        let edge = (0..SIDE_POINTS).flat_map(|i| (0..SIDE_POINTS).map(move |j| [i, j]));
        let edge = edge.filter(|at| at.iter().any(|i| *i == 0 || *i == SIDE_POINTS - 1));
        let share = |i: u32| f64::from(i) / f64::from(SIDE_POINTS - 1);
        let points: Option<Vec<DVec2>> = edge
            .map(|[i, j]| forward(origin + extent * DVec2::new(share(i), share(j))))
            .collect();
        let none = || Self::outside(name, raster, crs, frame, bounds);
        let points = points.ok_or_else(none)?;
        let (mut low, mut high) = (DVec2::INFINITY, DVec2::NEG_INFINITY);
        for point in points {
            (low, high) = (low.min(point), high.max(point));
        }
        let cell_m = if is_same {
            raster.cell
        } else {
            let middle = origin + extent * 0.5;
            let steps = [DVec2::X, DVec2::Y].map(|axis| forward(middle + axis * raster.cell));
            let at = forward(middle);
            let [Some(x), Some(y), Some(at)] = [steps[0], steps[1], at] else {
                return Err(none());
            };
            let cell = (x - at).length().min((y - at).length());
            let unit = 10_f64.powi(cell.log10().floor() as i32 + 1 - CELL_DIGITS);
            (cell / unit).round() * unit
        };
        if !(cell_m.is_finite() && cell_m > 0.0) {
            return Err(none());
        }
        // whole cells from where the source begins, or from the origin of the scene: the same for every area
        let base = if is_same { origin } else { DVec2::ZERO };
        let whole = |value: f64, base: f64, up: bool| {
            let cells = (value - base) / cell_m;
            if up {
                (cells - 1e-6).ceil()
            } else {
                (cells + 1e-6).floor()
            }
        };
        let from = [0, 1].map(|i| whole(low[i].max(bounds[i]), base[i], false));
        let until = [0, 1].map(|i| whole(high[i].min(bounds[2 + i]), base[i], true));
        let count = [0, 1].map(|i| until[i] - from[i]);
        if !count.iter().all(|count| *count >= 1.0) {
            return Err(none());
        }
        if count.iter().any(|count| *count > MAX_SIDE) || count[0] * count[1] > max_cells as f64 {
            let [w, h] = count;
            return Err(SimulationError::refused(
                format!("{name}：范围内有 {w} × {h} 个像元，过多；请缩小范围或先降低分辨率"),
                format!("{name}: {w} × {h} cells in the area are too many; take a smaller area or coarser cells"),
            ));
        }
        let size = count.map(|count| count as u32);
        let corner = base + DVec2::from(from) * cell_m;
        let back = Transformer::new(frame.crs().clone(), crs.clone());
        let mut places = vec![[f32::NAN; 2]; size[0] as usize * size[1] as usize];
        let rows = places.par_chunks_mut(size[0] as usize).enumerate();
        rows.try_for_each(|(row, places)| {
            task.step(0.05)?;
            for (column, place) in places.iter_mut().enumerate() {
                let middle = corner + (DVec2::new(column as f64, row as f64) + 0.5) * cell_m;
                let there = if is_same {
                    middle
                } else {
                    match back.transform(DVec3::new(middle.x, middle.y, 0.0)) {
                        Ok(there) => there.truncate(),
                        // beyond what the other system reaches there is no value
                        Err(_) => continue,
                    }
                };
                let cells = (there - origin) / raster.cell;
                *place = [cells.x as f32, cells.y as f32];
            }
            Ok::<(), analysis::Cancelled>(())
        })?;
        Ok(Self {
            origin: corner.to_array(),
            cell_m,
            size,
            places,
            source: [raster.columns, raster.rows],
            resampling: if is_same { Resampling::Nearest } else { resampling },
        })
    }

    fn outside(name: &str, raster: &RasterSeries, crs: &Crs, frame: &SceneFrame, bounds: [f64; 4]) -> SimulationError {
        let [x, y] = raster.origin;
        let (east, north) = (
            x + f64::from(raster.columns) * raster.cell,
            y + f64::from(raster.rows) * raster.cell,
        );
        let [w, s, e, n] = bounds;
        let (from, to) = (crs.name(), frame.crs().name());
        SimulationError::refused(
            format!(
                "{name} 与所选范围不重叠：文件范围 {x:.3}, {y:.3} – {east:.3}, {north:.3}（{from}），\
                 所选范围 {w:.1}, {s:.1} – {e:.1}, {n:.1}（{to}）；请检查坐标系"
            ),
            format!(
                "{name} does not lie in the area: it covers {x:.3}, {y:.3} – {east:.3}, {north:.3} ({from}), \
                 the area is {w:.1}, {s:.1} – {e:.1}, {n:.1} ({to}); check its coordinate system"
            ),
        )
    }

    /// A band in the scene.
    pub(super) fn apply(&self, band: &[f32]) -> Raster {
        let [columns, rows] = self.source.map(|count| count as usize);
        let at = |column: i64, row: i64| -> f32 {
            let inside = (0..columns as i64).contains(&column) && (0..rows as i64).contains(&row);
            let index = inside.then(|| row as usize * columns + column as usize);
            index.and_then(|index| band.get(index)).copied().unwrap_or(f32::NAN)
        };
        let value = |[x, y]: &[f32; 2]| -> f32 {
            if !(x.is_finite() && y.is_finite()) {
                return f32::NAN;
            }
            let nearest = at(x.floor() as i64, y.floor() as i64);
            if self.resampling == Resampling::Nearest || !nearest.is_finite() {
                return nearest;
            }
            let (u, v) = (x - 0.5, y - 0.5);
            let (column, row) = (u.floor(), v.floor());
            let (mut sum, mut weights) = (0.0, 0.0);
            for [dx, dy] in [[0, 0], [1, 0], [0, 1], [1, 1]] {
                let near = at(column as i64 + dx, row as i64 + dy);
                let share = |offset: i64, part: f32| if offset == 0 { 1.0 - part } else { part };
                let weight = share(dx, u - column) * share(dy, v - row);
                if near.is_finite() {
                    sum += near * weight;
                    weights += weight;
                }
            }
            // beside a gap or the edge the cells that are there count
            if weights > 0.0 { sum / weights } else { nearest }
        };
        Raster {
            origin: self.origin,
            cell_m: self.cell_m,
            columns: self.size[0],
            rows: self.size[1],
            values: self.places.par_iter().map(value).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(origin: [f64; 2], cell: f64, [columns, rows]: [u32; 2], band: Vec<f32>) -> RasterSeries {
        RasterSeries {
            crs: None,
            epsg: None,
            origin,
            cell,
            columns,
            rows,
            bands: vec![band],
        }
    }

    fn frame() -> SceneFrame {
        SceneFrame::new(
            Crs::from_epsg(4547).unwrap(),
            DVec3::new(500_000.0, 3_500_000.0, 0.0),
            0.0,
        )
        .unwrap()
    }

    #[test]
    fn a_raster_of_the_scene_is_cut_and_not_changed() {
        let raster = series(
            [500_000.0, 3_500_000.0],
            10.0,
            [4, 3],
            (0..12).map(|v| v as f32).collect(),
        );
        let crs = Crs::from_epsg(4547).unwrap();
        let bounds = [500_011.0, 3_500_000.0, 500_029.0, 3_500_019.0];
        let how = (Resampling::Bilinear, 1000);
        let warp = Warp::new("a", &raster, &crs, &frame(), bounds, how, &Task::default()).unwrap();
        let found = warp.apply(&raster.bands[0]);
        assert_eq!(
            (found.origin, found.columns, found.rows),
            ([500_010.0, 3_500_000.0], 2, 2)
        );
        assert_eq!(found.values, [1.0, 2.0, 5.0, 6.0]);
        let far = [600_000.0, 3_500_000.0, 600_010.0, 3_500_010.0];
        let refused = Warp::new("a.tif", &raster, &crs, &frame(), far, how, &Task::default())
            .err()
            .unwrap();
        assert!(
            refused.to_string().starts_with("a.tif does not lie in the area"),
            "{refused}"
        );
    }

    /// Values that are the longitude itself: after the warp each cell must say the longitude of its middle.
    #[test]
    fn a_raster_in_degrees_keeps_its_values_in_place() {
        let geographic = Crs::from_epsg(4326).unwrap();
        let (columns, rows, cell) = (60_u32, 50_u32, 1e-4);
        let origin = [113.999, 31.618];
        let lon = |column: u32| origin[0] + (f64::from(column) + 0.5) * cell;
        let band = (0..rows * columns)
            .map(|i| ((lon(i % columns) - 114.0) * 1e4) as f32)
            .collect();
        let raster = series(origin, cell, [columns, rows], band);
        let everywhere = [0.0, 0.0, 1e6, 1e7];
        let how = (Resampling::Bilinear, 1_000_000);
        let warp = Warp::new("d", &raster, &geographic, &frame(), everywhere, how, &Task::default()).unwrap();
        let found = warp.apply(&raster.bands[0]);
        let back = Transformer::new(Crs::from_epsg(4547).unwrap(), geographic);
        let mut checked = 0;
        for row in 3..found.rows - 3 {
            for column in 3..found.columns - 3 {
                let middle = |i: usize, at: u32| found.origin[i] + (f64::from(at) + 0.5) * found.cell_m;
                let there = back
                    .transform(DVec3::new(middle(0, column), middle(1, row), 0.0))
                    .unwrap();
                let value = found.values[(row * found.columns + column) as usize];
                assert!(
                    (f64::from(value) - (there.x - 114.0) * 1e4).abs() < 0.01,
                    "{row} {column} {value}"
                );
                checked += 1;
            }
        }
        assert!(checked > 1000, "{checked}");
    }
}
