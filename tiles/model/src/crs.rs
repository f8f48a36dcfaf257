//! Coordinate reference systems by name, and plan transforms between them through proj4rs.
//!
//! Order of coordinates is always easting (or longitude in degrees), northing (or latitude in degrees), height in
//! metres; readers of formats with another axis order swap before they come here.

use glam::DVec3;
use proj4rs::Proj;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::sync::Arc;

/// Why a CRS or a transform was refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CrsError {
    /// The name is not understood.
    #[error("unknown coordinate reference system {name:?}: expected EPSG:<code>, a CRS URN or URL, or a proj string")]
    Unknown {
        /// As given.
        name: String,
    },
    /// A coordinate cannot be transformed.
    #[error("coordinate ({x}, {y}, {z}) cannot be transformed from {from} to {to}: {reason}")]
    Transform {
        /// Easting or longitude.
        x: f64,
        /// Northing or latitude.
        y: f64,
        /// Height.
        z: f64,
        /// Source CRS.
        from: String,
        /// Target CRS.
        to: String,
        /// What the projection said.
        reason: String,
    },
}

/// A CRS: its plan part, and whether heights are above the ellipsoid.
#[derive(Clone)]
pub struct Crs {
    name: String,
    plan: Arc<Proj>,
    ellipsoidal_heights: bool,
}

impl std::fmt::Debug for Crs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Crs").field(&self.name).finish()
    }
}

impl PartialEq for Crs {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Serialize for Crs {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.name)
    }
}

impl<'de> Deserialize<'de> for Crs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::parse(&name).map_err(serde::de::Error::custom)
    }
}

/// Plan CRS of the compound and three-dimensional codes that proj's definitions lack: (code, plan code, ellipsoidal).
/// Source: EPSG registry, compound CRS entries.
const COMPOUND: &[(u32, u16, bool)] = &[
    (4979, 4326, true),
    (4937, 4258, true),
    (4480, 4490, true),
    (6667, 6668, true),
    (6697, 6668, false),
    (7415, 28992, false),
    (7423, 4258, false),
    (5555, 25832, false),
    (5556, 25833, false),
    (9518, 4326, false),
];

impl Crs {
    /// Understands `EPSG:4547`, `urn:ogc:def:crs:EPSG::7415`, `https://www.opengis.net/def/crs/EPSG/0/7415`,
    /// `OGC:CRS84` in its spellings, and proj strings.
    ///
    /// # Errors
    /// [`CrsError::Unknown`] when the name or code is not known.
    ///
    /// ```
    /// let crs = city_model::Crs::parse("urn:ogc:def:crs:EPSG::7415").unwrap();
    /// assert_eq!(crs.name(), "EPSG:7415");
    /// assert!(!crs.is_geographic());
    /// ```
    pub fn parse(name: &str) -> Result<Self, CrsError> {
        let unknown = || CrsError::Unknown {
            name: name.chars().take(200).collect(),
        };
        let trimmed = name.trim();
        if trimmed.starts_with("+proj") {
            let plan = Proj::from_proj_string(trimmed).map_err(|_| unknown())?;
            return Ok(Self {
                name: trimmed.to_owned(),
                plan: Arc::new(plan),
                ellipsoidal_heights: false,
            });
        }
        let upper = trimmed.to_uppercase();
        if upper.ends_with("CRS84") || upper.ends_with("CRS84H") {
            return Self::from_epsg(4326);
        }
        if !(upper.contains("EPSG") || upper.chars().all(|c| c.is_ascii_digit())) {
            return Err(unknown());
        }
        let code = upper
            .rsplit([':', '/', '#'])
            .find_map(|part| part.parse::<u32>().ok())
            .ok_or_else(unknown)?;
        Self::from_epsg(code).map_err(|_| unknown())
    }

    /// CRS of an EPSG code.
    ///
    /// # Errors
    /// [`CrsError::Unknown`] when the code is not known.
    pub fn from_epsg(code: u32) -> Result<Self, CrsError> {
        let name = format!("EPSG:{code}");
        let unknown = || CrsError::Unknown { name: name.clone() };
        let (plan_code, ellipsoidal_heights) = match COMPOUND.iter().find(|(compound, _, _)| *compound == code) {
            Some((_, plan, ellipsoidal)) => (*plan, *ellipsoidal),
            // JGD2011 / Japan Plane Rectangular CS I–XIII with JGD2011 (vertical) height
            None if (10162..=10174).contains(&code) => {
                (u16::try_from(code - 10162 + 6669).map_err(|_| unknown())?, false)
            }
            None => (u16::try_from(code).map_err(|_| unknown())?, false),
        };
        let plan = Proj::from_epsg_code(plan_code).map_err(|_| unknown())?;
        Ok(Self {
            name,
            plan: Arc::new(plan),
            ellipsoidal_heights,
        })
    }

    /// WGS 84 longitude and latitude in degrees.
    ///
    /// # Panics
    /// Never: the definition is built in.
    pub fn wgs84() -> Self {
        Self::from_epsg(4326).expect("EPSG:4326 is among the built-in definitions")
    }

    /// Name as `EPSG:<code>` or the proj string.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// True when coordinates are longitude and latitude in degrees.
    pub fn is_geographic(&self) -> bool {
        self.plan.is_latlong()
    }

    /// True when heights are above the ellipsoid rather than a mean sea level.
    pub const fn has_ellipsoidal_heights(&self) -> bool {
        self.ellipsoidal_heights
    }

    /// A projected CRS in metres that suits a place: CGCS2000 3-degree Gauss–Krüger within China (EPSG 4534–4554),
    /// UTM elsewhere.
    ///
    /// # Errors
    /// [`CrsError::Unknown`] outside ±84° latitude.
    pub fn projected_for(lon_deg: f64, lat_deg: f64) -> Result<Self, CrsError> {
        if !(lon_deg.abs() <= 180.0 && lat_deg.abs() <= 84.0) {
            return Err(CrsError::Unknown {
                name: format!("projected system for longitude {lon_deg}, latitude {lat_deg}"),
            });
        }
        let in_china = (73.5..=135.1).contains(&lon_deg) && (17.5..=53.6).contains(&lat_deg);
        if in_china {
            let meridian = ((lon_deg / 3.0).round() as u32).clamp(25, 45);
            return Self::from_epsg(4534 + meridian - 25);
        }
        let zone = (((lon_deg + 180.0) / 6.0).floor() as u32 % 60) + 1;
        Self::from_epsg(if lat_deg >= 0.0 { 32600 } else { 32700 } + zone)
    }
}

/// Transforms coordinates between two systems; cheap to clone, usable from several threads.
#[derive(Debug, Clone)]
pub struct Transformer {
    from: Crs,
    to: Crs,
}

impl Transformer {
    /// A transform `from → to`. Heights pass unchanged: the vertical datum is the scene's business.
    pub const fn new(from: Crs, to: Crs) -> Self {
        Self { from, to }
    }

    /// True when both ends name the same system.
    pub fn is_identity(&self) -> bool {
        self.from == self.to || Arc::ptr_eq(&self.from.plan, &self.to.plan)
    }

    /// Source system.
    pub const fn from_crs(&self) -> &Crs {
        &self.from
    }

    /// Target system.
    pub const fn to_crs(&self) -> &Crs {
        &self.to
    }

    /// Transforms one coordinate (metres or degrees as the systems ask; height in metres).
    ///
    /// # Errors
    /// [`CrsError::Transform`] for coordinates that are not finite or outside the projection's domain.
    pub fn transform(&self, p: DVec3) -> Result<DVec3, CrsError> {
        let fail = |reason: String| CrsError::Transform {
            x: p.x,
            y: p.y,
            z: p.z,
            from: self.from.name.clone(),
            to: self.to.name.clone(),
            reason,
        };
        if !p.is_finite() {
            return Err(fail("not a finite number".to_owned()));
        }
        if self.from.is_geographic() && (p.x.abs() > 360.0 || p.y.abs() > 90.0) {
            return Err(fail("not longitude and latitude in degrees".to_owned()));
        }
        if self.is_identity() {
            return Ok(p);
        }
        let (x, y) = if self.from.is_geographic() {
            (p.x * DEG, p.y * DEG)
        } else {
            (p.x, p.y)
        };
        let (x, y) = proj4rs::adaptors::transform_xy(&self.from.plan, &self.to.plan, x, y)
            .map_err(|err| fail(err.to_string()))?;
        let (x, y) = if self.to.is_geographic() {
            (x / DEG, y / DEG)
        } else {
            (x, y)
        };
        if !(x.is_finite() && y.is_finite()) {
            return Err(fail("outside the domain of the projection".to_owned()));
        }
        Ok(DVec3::new(x, y, p.z))
    }
}

const DEG: f64 = std::f64::consts::PI / 180.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_every_spelling() {
        for name in [
            "EPSG:4547",
            "epsg:4547",
            "urn:ogc:def:crs:EPSG::4547",
            "http://www.opengis.net/def/crs/EPSG/0/4547",
            "4547",
        ] {
            assert_eq!(Crs::parse(name).unwrap().name(), "EPSG:4547", "{name}");
        }
        assert!(Crs::parse("urn:ogc:def:crs:OGC:1.3:CRS84").unwrap().is_geographic());
        for name in ["", "EPSG:", "EPSG:999999999", "WGS 84", "+proj=nonsense"] {
            assert!(Crs::parse(name).is_err(), "{name}");
        }
    }

    /// Numbers of pyproj 3.7.2 (PROJ 9.5.1), `Transformer.from_crs(a, b, always_xy=True)`.
    #[test]
    fn plan_transforms_agree_with_proj() {
        for (from, to, x, y, want_x, want_y, tolerance) in [
            (
                4326,
                4547,
                113.65,
                34.75,
                467_952.197_478_053_86,
                3_846_914.123_787_292_7,
                1e-6,
            ),
            (
                4326,
                4549,
                121.2,
                31.3,
                614_248.635_969_166_9,
                3_464_857.551_318_841_5,
                1e-6,
            ),
            (
                4326,
                32610,
                -120.335,
                50.67,
                688_312.050_330_293_1,
                5_616_517.357_072_313,
                1e-6,
            ),
            (
                4326,
                6676,
                138.85,
                37.45,
                30_966.483_798_761_972,
                160_951.565_542_037_92,
                1e-6,
            ),
            // proj's default path for the Dutch grid uses a correction grid; the seven parameters here stay within 0.5 m
            (
                4326,
                28992,
                4.3571,
                52.0116,
                84_280.716_113_307_44,
                447_527.665_167_801_2,
                0.5,
            ),
        ] {
            let (from, to) = (Crs::from_epsg(from).unwrap(), Crs::from_epsg(to).unwrap());
            let p = Transformer::new(from.clone(), to.clone())
                .transform(DVec3::new(x, y, 110.0))
                .unwrap();
            assert!((p.x - want_x).hypot(p.y - want_y) < tolerance, "{to:?}: {p}");
            let back = Transformer::new(to, from).transform(p).unwrap();
            // 1e-8° is 1 mm: the seven-parameter shift is not exactly its own inverse when heights pass unchanged
            assert!((back - DVec3::new(x, y, 110.0)).length() < 1e-8, "{back}");
        }
    }

    #[test]
    fn absurd_coordinates_are_refused() {
        let t = Transformer::new(Crs::wgs84(), Crs::from_epsg(4547).unwrap());
        for p in [
            DVec3::new(f64::NAN, 0.0, 0.0),
            DVec3::new(467_963.0, 3_846_000.0, 0.0),
            DVec3::new(0.0, 95.0, 0.0),
        ] {
            assert!(t.transform(p).is_err(), "{p}");
        }
    }

    #[test]
    fn a_projected_system_is_chosen_by_place() {
        assert_eq!(Crs::projected_for(113.65, 34.75).unwrap().name(), "EPSG:4547");
        assert_eq!(Crs::projected_for(-120.33, 50.67).unwrap().name(), "EPSG:32610");
        assert!(Crs::projected_for(0.0, 89.0).is_err());
    }
}
