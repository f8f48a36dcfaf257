//! Bounding volumes in the scene's ENU frame: distance, planes, height.

use city_model::Geodetic;
use city_model::tileset::BoundingVolume;
use glam::{DMat3, DMat4, DVec3};

/// A half space: points with `normal · p + offset ≥ 0` are inside.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plane {
    /// Unit normal that points inside.
    pub normal: DVec3,
    /// Metres.
    pub offset_m: f64,
}

/// Where a volume lies relative to a plane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Wholly inside.
    Inside,
    /// Cut by the plane.
    Cut,
    /// Wholly outside.
    Outside,
}

/// Bounding volume, ENU metres.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Volume {
    /// Oriented box.
    Box {
        /// Centre.
        center: DVec3,
        /// Half axes as columns.
        half_axes: DMat3,
    },
    /// Sphere.
    Sphere {
        /// Centre.
        center: DVec3,
        /// Radius, metres.
        radius_m: f64,
    },
}

impl Volume {
    /// Volume of a tile; `None` when it has no member that is finite.
    ///
    /// * `enu_from_tile` — transform of boxes and spheres; `enu_from_ecef` — that of regions, which ignore the tile's own
    pub fn from_spec(spec: &BoundingVolume, enu_from_tile: &DMat4, enu_from_ecef: &DMat4) -> Option<Self> {
        let volume = if let Some(b) = &spec.oriented_box {
            let axis = |i: usize| enu_from_tile.transform_vector3(DVec3::new(b[i], b[i + 1], b[i + 2]));
            Self::Box {
                center: enu_from_tile.transform_point3(DVec3::new(b[0], b[1], b[2])),
                half_axes: DMat3::from_cols(axis(3), axis(6), axis(9)),
            }
        } else if let Some(s) = &spec.sphere {
            let m = DMat3::from_mat4(*enu_from_tile);
            let scale = m.x_axis.length().max(m.y_axis.length()).max(m.z_axis.length());
            Self::Sphere {
                center: enu_from_tile.transform_point3(DVec3::new(s[0], s[1], s[2])),
                radius_m: s[3].abs() * scale,
            }
        } else {
            Self::from_region(spec.region.as_ref()?, enu_from_ecef)?
        };
        volume.is_finite().then_some(volume)
    }

    /// ENU-aligned box around a region (west, south, east, north in radians, heights in metres).
    fn from_region(region: &[f64; 6], enu_from_ecef: &DMat4) -> Option<Self> {
        /// Steps a side; nine points hold the extremes of any region to within their sag.
        const STEPS: u32 = 8;
        let [west, south, east, north, low, high] = *region;
        let east = if east < west {
            east + std::f64::consts::TAU
        } else {
            east
        };
        if !region.iter().all(|v| v.is_finite()) || south > north {
            return None;
        }
        let (mut min, mut max) = (DVec3::INFINITY, DVec3::NEG_INFINITY);
        for i in 0..=STEPS {
            for j in 0..=STEPS {
                let lon_rad = west + (east - west) * f64::from(i) / f64::from(STEPS);
                let lat_rad = south + (north - south) * f64::from(j) / f64::from(STEPS);
                for height_m in [low, high] {
                    let p = enu_from_ecef.transform_point3(
                        Geodetic {
                            lon_rad,
                            lat_rad,
                            height_m,
                        }
                        .to_ecef()
                        .0,
                    );
                    (min, max) = (min.min(p), max.max(p));
                }
            }
        }
        // an arc between two samples rises above its chord by about step² R / 8
        let step_rad = (east - west).max(north - south) / f64::from(STEPS);
        let sag_m = step_rad * step_rad * 6.4e6 / 8.0;
        Some(Self::from_bounds(min - sag_m, max + sag_m))
    }

    /// Box between two corners.
    pub fn from_bounds(min: DVec3, max: DVec3) -> Self {
        Self::Box {
            center: (min + max) * 0.5,
            half_axes: DMat3::from_diagonal((max - min).abs() * 0.5),
        }
    }

    /// Centre.
    pub const fn center(&self) -> DVec3 {
        match self {
            Self::Box { center, .. } | Self::Sphere { center, .. } => *center,
        }
    }

    /// Radius of a sphere around the centre that holds the volume, metres.
    pub fn radius_m(&self) -> f64 {
        match self {
            Self::Box { half_axes: h, .. } => {
                (h.x_axis.length_squared() + h.y_axis.length_squared() + h.z_axis.length_squared()).sqrt()
            }
            Self::Sphere { radius_m, .. } => *radius_m,
        }
    }

    /// Distance from a point, metres; 0 inside.
    pub fn distance_m(&self, point: DVec3) -> f64 {
        match self {
            Self::Sphere { center, radius_m } => (point.distance(*center) - radius_m).max(0.0),
            Self::Box { center, half_axes } => {
                let offset = point - *center;
                let mut beyond = DVec3::ZERO;
                for (i, axis) in [half_axes.x_axis, half_axes.y_axis, half_axes.z_axis]
                    .into_iter()
                    .enumerate()
                {
                    let half = axis.length();
                    // a flat box has a half axis of no length and so no direction: the distance along it is left out,
                    // which can only make the tile nearer
                    let along = if half > 0.0 { offset.dot(axis) / half } else { 0.0 };
                    beyond[i] = (along.abs() - half).max(0.0);
                }
                beyond.length()
            }
        }
    }

    /// Where the volume lies relative to a plane.
    pub fn side(&self, plane: &Plane) -> Side {
        let (center, reach) = match self {
            Self::Sphere { center, radius_m } => (center, *radius_m),
            Self::Box { center, half_axes: h } => {
                let n = plane.normal;
                (
                    center,
                    h.x_axis.dot(n).abs() + h.y_axis.dot(n).abs() + h.z_axis.dot(n).abs(),
                )
            }
        };
        let distance = plane.normal.dot(*center) + plane.offset_m;
        if distance < -reach {
            Side::Outside
        } else if distance > reach {
            Side::Inside
        } else {
            Side::Cut
        }
    }

    /// Greatest z, metres.
    pub fn top_m(&self) -> f64 {
        match self {
            Self::Sphere { center, radius_m } => center.z + radius_m,
            Self::Box { center, half_axes: h } => center.z + h.x_axis.z.abs() + h.y_axis.z.abs() + h.z_axis.z.abs(),
        }
    }

    fn is_finite(&self) -> bool {
        match self {
            Self::Sphere { center, radius_m } => center.is_finite() && radius_m.is_finite(),
            Self::Box { center, half_axes } => center.is_finite() && half_axes.is_finite(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_is_to_the_nearest_point() {
        let cube = Volume::from_bounds(DVec3::ZERO, DVec3::splat(2.0));
        assert_eq!(cube.distance_m(DVec3::splat(1.0)), 0.0);
        assert_eq!(cube.distance_m(DVec3::new(5.0, 1.0, 1.0)), 3.0);
        assert_eq!(cube.distance_m(DVec3::new(5.0, 6.0, 1.0)), 5.0);
        let sphere = Volume::Sphere {
            center: DVec3::ZERO,
            radius_m: 2.0,
        };
        assert_eq!(sphere.distance_m(DVec3::new(0.0, 5.0, 0.0)), 3.0);
        let flat = Volume::from_bounds(DVec3::ZERO, DVec3::new(2.0, 2.0, 0.0));
        assert!(flat.distance_m(DVec3::new(1.0, 1.0, 7.0)) <= 7.0);
    }

    #[test]
    fn sides_of_a_plane() {
        let cube = Volume::from_bounds(DVec3::ZERO, DVec3::splat(2.0));
        let plane = |offset_m| Plane {
            normal: DVec3::X,
            offset_m,
        };
        assert_eq!(cube.side(&plane(1.0)), Side::Inside);
        assert_eq!(cube.side(&plane(-1.0)), Side::Cut);
        assert_eq!(cube.side(&plane(-3.0)), Side::Outside);
    }

    #[test]
    fn a_region_holds_its_corners_and_its_middle() {
        let origin = Geodetic::from_deg(114.0, 35.0, 0.0);
        let enu_from_ecef = origin.ecef_from_enu().inverse();
        let deg = std::f64::consts::PI / 180.0;
        let region = [113.9 * deg, 34.9 * deg, 114.1 * deg, 35.1 * deg, 0.0, 100.0];
        let spec = BoundingVolume {
            region: Some(region),
            ..BoundingVolume::default()
        };
        let volume = Volume::from_spec(&spec, &DMat4::IDENTITY, &enu_from_ecef).unwrap();
        for (lon, lat, h) in [
            (113.9, 34.9, 0.0),
            (114.1, 35.1, 100.0),
            (114.0, 35.0, 50.0),
            (113.95, 35.1, 100.0),
        ] {
            let p = enu_from_ecef.transform_point3(Geodetic::from_deg(lon, lat, h).to_ecef().0);
            assert!(volume.distance_m(p) < 1e-6, "{lon} {lat} {h}: {}", volume.distance_m(p));
        }
        let size = volume.radius_m() * 2.0;
        assert!((25_000.0..40_000.0).contains(&size), "{size}");
    }

    #[test]
    fn volumes_that_are_not_finite_are_refused() {
        let spec = BoundingVolume {
            sphere: Some([f64::NAN, 0.0, 0.0, 1.0]),
            ..BoundingVolume::default()
        };
        assert_eq!(Volume::from_spec(&spec, &DMat4::IDENTITY, &DMat4::IDENTITY), None);
        assert_eq!(
            Volume::from_spec(&BoundingVolume::default(), &DMat4::IDENTITY, &DMat4::IDENTITY),
            None
        );
    }
}
