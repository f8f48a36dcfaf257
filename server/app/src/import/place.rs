//! Brings features from the CRS of their data set to the scene CRS, and refuses those that lie elsewhere.

use city_model::{Crs, CrsError, Feature, Geodetic, HeightGrid, Shape, Transformer};
use glam::{DVec2, DVec3};
use rayon::prelude::*;

/// Features further from the middle of the city than this are taken for mistakes, metres.
const MAX_DISTANCE_M: f64 = 200_000.0;
/// Heights beyond this are taken for mistakes, metres.
const MAX_HEIGHT_M: f64 = 20_000.0;
/// Resampled terrain never has more points than this.
const MAX_RESAMPLED_POINTS: f64 = 25_000_000.0;

/// Middle of the city in the scene CRS, metres.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Centre(pub DVec2);

/// Why a feature is left out.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PlaceError {
    /// The projection refuses a coordinate.
    #[error(transparent)]
    Crs(#[from] CrsError),
    /// It lies somewhere else.
    #[error("it lies {distance_km:.0} km from the middle of the city; more than 200 km is taken for a mistake")]
    FarAway {
        /// Kilometres.
        distance_km: f64,
    },
    /// Its height is no height.
    #[error("its height of {height_m:.0} m is taken for a mistake")]
    AbsurdHeight {
        /// Metres.
        height_m: f64,
    },
    /// Its shape has no extent.
    #[error("its geometry has no finite coordinates")]
    Empty,
}

impl PlaceError {
    /// Stable code of the issue.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Crs(_) => "import/coordinate-refused",
            Self::FarAway { .. } => "import/far-away",
            Self::AbsurdHeight { .. } => "import/absurd-height",
            Self::Empty => "import/not-finite",
        }
    }
}

/// CRS for a new city whose first data set has this CRS and lies here: the same when it is metric, else one that suits
/// the place.
///
/// # Errors
/// [`CrsError`] when the position is outside the domain of the CRS.
pub fn choose_scene_crs(source: &Crs, position: DVec3) -> Result<Crs, CrsError> {
    let to_wgs84 = Transformer::new(source.clone(), Crs::wgs84());
    let lon_lat = to_wgs84.transform(position)?;
    if !source.is_geographic() {
        // feet and the web Mercator's stretched metres both show as a scale that is not one
        let ecef = |p: DVec3| -> Result<DVec3, CrsError> {
            let q = to_wgs84.transform(p)?;
            Ok(Geodetic::from_deg(q.x, q.y, 0.0).to_ecef().0)
        };
        let reach = 100.0;
        let scale = ecef(position + DVec3::X * reach)?.distance(ecef(position - DVec3::X * reach)?) / (2.0 * reach);
        if (scale - 1.0).abs() < 0.01 {
            return Ok(source.clone());
        }
    }
    Crs::projected_for(lon_lat.x, lon_lat.y)
}

/// Places the features of one data set.
#[derive(Debug, Clone)]
pub struct Placer {
    transformer: Transformer,
    centre: Centre,
    geoid_offset_m: f64,
    max_distance_m: f64,
}

impl Placer {
    /// From the CRS of a data set to that of the scene.
    pub fn new(source: Crs, scene: Crs, centre: Centre, geoid_offset_m: f64) -> Self {
        let geoid_offset_m = if source.has_ellipsoidal_heights() {
            geoid_offset_m
        } else {
            0.0
        };
        Self {
            transformer: Transformer::new(source, scene),
            centre,
            geoid_offset_m,
            max_distance_m: MAX_DISTANCE_M,
        }
    }

    /// Transforms a feature in place.
    ///
    /// # Errors
    /// [`PlaceError`]; the feature is then half-changed and must be dropped.
    pub fn place(&self, feature: &mut Feature) -> Result<(), PlaceError> {
        if feature.geometry.is_empty() {
            return Ok(());
        }
        let mut rotation_probe = None;
        for lod_shape in &mut feature.geometry.shapes {
            let offset = match &lod_shape.shape {
                Shape::Line(line) if matches!(line.reference, city_model::LevelReference::BelowTerrain) => 0.0,
                Shape::Point(point) if point.on_terrain => 0.0,
                _ => self.geoid_offset_m,
            };
            lod_shape
                .shape
                .try_map_coordinates(&mut |p: DVec3| -> Result<DVec3, CrsError> {
                    let q = self.transformer.transform(p)?;
                    rotation_probe.get_or_insert(q);
                    Ok(DVec3::new(q.x, q.y, q.z - offset))
                })?;
            match &mut lod_shape.shape {
                Shape::Extrusion(extrusion) => extrusion.base_z_m = extrusion.base_z_m.map(|z| z - offset),
                Shape::Footprint(footprint) => footprint.level_z_m = footprint.level_z_m.map(|z| z - offset),
                _ => {}
            }
        }
        let bounds = feature.bounds();
        if bounds.is_empty() || !bounds.min.is_finite() || !bounds.max.is_finite() {
            return Err(PlaceError::Empty);
        }
        for corner in [bounds.min, bounds.max] {
            let distance_m = corner.truncate().distance(self.centre.0);
            if !distance_m.is_finite() || distance_m > self.max_distance_m {
                return Err(PlaceError::FarAway {
                    distance_km: distance_m / 1000.0,
                });
            }
            if corner.z.abs() > MAX_HEIGHT_M {
                return Err(PlaceError::AbsurdHeight { height_m: corner.z });
            }
        }
        Ok(())
    }

    /// A terrain grid in the scene CRS: as it is when the systems agree, else sampled anew at the same spacing.
    ///
    /// # Errors
    /// [`PlaceError`] when it lies elsewhere or cannot be transformed.
    pub fn place_terrain(&self, grid: HeightGrid) -> Result<HeightGrid, PlaceError> {
        let grid = if self.transformer.is_identity() {
            grid
        } else {
            self.resample(&grid)?
        };
        let (min, max) = grid.extent();
        for corner in [min, max] {
            let distance_m = corner.distance(self.centre.0);
            if !distance_m.is_finite() || distance_m > self.max_distance_m {
                return Err(PlaceError::FarAway {
                    distance_km: distance_m / 1000.0,
                });
            }
        }
        let mut grid = grid;
        if self.geoid_offset_m != 0.0 {
            for height in &mut grid.heights_m {
                *height -= self.geoid_offset_m as f32;
            }
        }
        Ok(grid)
    }

    fn resample(&self, grid: &HeightGrid) -> Result<HeightGrid, PlaceError> {
        let (min, max) = grid.extent();
        let forward = |p: DVec2| self.transformer.transform(p.extend(0.0)).map(DVec3::truncate);
        let mut low = DVec2::INFINITY;
        let mut high = DVec2::NEG_INFINITY;
        for i in 0..=16 {
            let t = f64::from(i) / 16.0;
            let (x, y) = (min.x + (max.x - min.x) * t, min.y + (max.y - min.y) * t);
            for p in [
                DVec2::new(x, min.y),
                DVec2::new(x, max.y),
                DVec2::new(min.x, y),
                DVec2::new(max.x, y),
            ] {
                let q = forward(p)?;
                low = low.min(q);
                high = high.max(q);
            }
        }
        let middle = (min + max) * 0.5;
        let at = forward(middle)?;
        let step_x = forward(middle + DVec2::new(grid.step_m.x, 0.0))?.distance(at);
        let step_y = forward(middle + DVec2::new(0.0, grid.step_m.y))?.distance(at);
        let mut step = step_x.min(step_y);
        let size = high - low;
        if !(step > 0.0 && size.is_finite()) {
            return Err(PlaceError::Empty);
        }
        step = step.max((size.x * size.y / MAX_RESAMPLED_POINTS).sqrt());
        let origin = (low / step).floor() * step;
        // both are bounded by the number of points above
        let num_x = ((high.x - origin.x) / step).ceil() as u32 + 1;
        let num_y = ((high.y - origin.y) / step).ceil() as u32 + 1;
        let backward = Transformer::new(self.transformer.to_crs().clone(), self.transformer.from_crs().clone());
        let heights_m = (0..num_y)
            .into_par_iter()
            .flat_map_iter(|y| {
                let backward = &backward;
                (0..num_x).map(move |x| {
                    let p = origin + DVec2::new(f64::from(x), f64::from(y)) * step;
                    let sample = backward
                        .transform(p.extend(0.0))
                        .ok()
                        .and_then(|q| grid.sample(q.truncate()));
                    sample.map_or(f32::NAN, |h| h as f32)
                })
            })
            .collect();
        Ok(HeightGrid {
            origin,
            step_m: DVec2::splat(step),
            num_x,
            num_y,
            heights_m,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use city_model::{FeatureClass, Footprint, LodGeometry};

    fn footprint(points: &[[f64; 2]]) -> Feature {
        let mut feature = Feature::new("f", FeatureClass::Zone, "x");
        let ring = points.iter().map(|p| DVec2::from_array(*p)).collect();
        feature.geometry = LodGeometry::single(
            0,
            Shape::Footprint(Footprint {
                polygons: vec![vec![ring]],
                level_z_m: None,
            }),
        );
        feature
    }

    fn placer() -> Placer {
        Placer::new(
            Crs::wgs84(),
            Crs::from_epsg(4547).unwrap(),
            Centre(DVec2::new(467_952.0, 3_846_914.0)),
            0.0,
        )
    }

    #[test]
    fn degrees_become_metres_near_the_city() {
        let mut feature = footprint(&[[113.65, 34.75], [113.66, 34.75], [113.66, 34.76]]);
        placer().place(&mut feature).unwrap();
        let Shape::Footprint(footprint) = &feature.geometry.shapes[0].shape else {
            panic!()
        };
        let first = footprint.polygons[0][0][0];
        // pyproj 3.7.2, EPSG:4326 → EPSG:4547
        assert!(
            first.distance(DVec2::new(467_952.197_478, 3_846_914.123_787)) < 1e-5,
            "{first}"
        );
    }

    #[test]
    fn places_elsewhere_and_nowhere_are_refused() {
        let code = |points: &[[f64; 2]]| placer().place(&mut footprint(points)).map_err(|err| err.code());
        assert_eq!(code(&[[0.0, 0.0], [0.1, 0.0], [0.1, 0.1]]), Err("import/far-away"));
        assert_eq!(
            code(&[[113.65, 34.75], [113.66, 34.75], [116.9, 34.76]]),
            Err("import/far-away")
        );
        assert_eq!(
            code(&[[113.65, f64::NAN], [113.66, 34.75], [113.66, 34.76]]),
            Err("import/coordinate-refused")
        );
        assert_eq!(
            code(&[
                [467_952.0, 3_846_914.0],
                [467_953.0, 3_846_914.0],
                [467_953.0, 3_846_915.0]
            ]),
            Err("import/coordinate-refused")
        );
        assert_eq!(code(&[]), Err("import/not-finite"));
    }

    #[test]
    fn a_scene_is_metric() {
        let choose = |code: u32, x: f64, y: f64| {
            choose_scene_crs(&Crs::from_epsg(code).unwrap(), DVec3::new(x, y, 0.0)).unwrap()
        };
        assert_eq!(choose(7415, 84_280.0, 447_527.0).name(), "EPSG:7415");
        assert_eq!(choose(4326, 113.65, 34.75).name(), "EPSG:4547");
        assert_eq!(
            choose(3857, 485_000.0, 6_800_000.0).name(),
            "EPSG:32631",
            "web Mercator is stretched"
        );
    }

    #[test]
    fn a_survey_in_feet_lies_where_it_was_measured() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/dem/ky4_elevation.tif");
        let mut sink = city_sources::MemorySink::default();
        let mut report = city_model::Report::new("ky4");
        let options = city_sources::ReadOptions::default();
        city_sources::read_path(&path, &options, &mut sink, &mut report).unwrap();
        let source_crs = sink.datasets[0].crs.clone().unwrap();
        assert_eq!(source_crs.name(), "EPSG:3547", "Kentucky single zone, US survey feet");
        let source = sink.terrain.remove(0);
        let scene = Crs::from_epsg(32616).unwrap();
        let forward = Transformer::new(source_crs.clone(), scene.clone());
        let (min, max) = source.extent();
        let middle = forward.transform(((min + max) * 0.5).extend(0.0)).unwrap().truncate();
        let placed = Placer::new(source_crs, scene, Centre(middle), 0.0)
            .place_terrain(source.clone())
            .unwrap();
        // a foot is not a metre: the grid keeps its size on the ground
        let foot_m = 0.304_800_6;
        let size_m = (max - min) * foot_m;
        let (low, high) = placed.extent();
        assert!(
            ((high - low) / size_m - 1.0).abs().max_element() < 0.1,
            "{} {size_m}",
            high - low
        );
        assert!((placed.step_m.x / (source.step_m.x * foot_m) - 1.0).abs() < 0.01);
        let (mut count, mut moved_m, mut rise_m) = (0, 0.0, 0.0);
        for y in (2..source.num_y - 2).step_by(5) {
            for x in (2..source.num_x - 2).step_by(5) {
                let known: Option<Vec<f64>> = [(0, 0), (1, 0), (0, 1), (1, 1)]
                    .iter()
                    .map(|(i, j)| source.at(x + i, y + j).map(f64::from))
                    .collect();
                let Some(known) = known else { continue };
                let p = source.origin + source.step_m * (DVec2::new(f64::from(x), f64::from(y)) + 0.5);
                let (Some(before), Ok(q)) = (source.sample(p), forward.transform(p.extend(0.0))) else {
                    continue;
                };
                let Some(after) = placed.sample(q.truncate()) else {
                    continue;
                };
                count += 1;
                moved_m += (after - before).abs();
                let spread = |f: fn(f64, f64) -> f64, start| known.iter().copied().fold(start, f);
                rise_m += spread(f64::max, f64::MIN) - spread(f64::min, f64::MAX);
            }
        }
        assert!(count > 100, "{count}");
        // a grid that lay one cell off would be wrong by about what the ground rises within a cell
        assert!(moved_m < 0.25 * rise_m, "{moved_m} of {rise_m} m at {count} places");
    }

    #[test]
    fn terrain_in_degrees_is_sampled_anew_in_metres() {
        let heights_m = (0..100).map(|i| (i % 10) as f32).collect();
        let grid = HeightGrid {
            origin: DVec2::new(113.65, 34.75),
            step_m: DVec2::splat(0.0003),
            num_x: 10,
            num_y: 10,
            heights_m,
        };
        let placed = placer().place_terrain(grid).unwrap();
        assert!((placed.step_m.x - 27.5).abs() < 1.0, "{}", placed.step_m);
        let p = Transformer::new(Crs::wgs84(), Crs::from_epsg(4547).unwrap())
            .transform(DVec3::new(113.651_2, 34.751, 0.0))
            .unwrap();
        assert!((placed.sample(p.truncate()).unwrap() - 4.0).abs() < 0.05);
    }
}
