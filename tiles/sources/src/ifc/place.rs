//! Where a model stands: IfcMapConversion, IfcSite's latitude and longitude, or what the caller says.

use crate::ReadOptions;
use city_model::{Crs, Report, Transformer};
use glam::DVec3;

/// Georeference of a model, units as stated.
#[derive(Debug, Clone, PartialEq)]
pub struct GeoReference {
    /// Name of the projected system, or `EPSG:4326` when only the site's latitude and longitude are known.
    pub crs_name: Option<String>,
    /// Easting of the origin in map units, or longitude in degrees.
    pub eastings: f64,
    /// Northing of the origin in map units, or latitude in degrees.
    pub northings: f64,
    /// Height of the origin in map units.
    pub height: f64,
    /// Direction of the model's x axis in the map: cosine and sine.
    pub x_axis: [f64; 2],
    /// Model unit to map unit.
    pub scale: f64,
    /// Metres of a map unit.
    pub map_unit_m: f64,
    /// Metres of a model length unit.
    pub model_unit_m: f64,
}

/// Places model metres in a CRS.
#[derive(Debug, Clone)]
pub struct Placement {
    /// The system.
    pub crs: Crs,
    origin: DVec3,
    x_axis: [f64; 2],
    factor: f64,
}

impl Placement {
    /// Placement from the file's georeference, or from the caller's CRS with the model's own origin.
    ///
    /// # Errors
    /// A sentence that says what is missing.
    pub fn new(stated: Option<&GeoReference>, options: &ReadOptions, report: &mut Report) -> Result<Self, String> {
        let stated_crs = stated.and_then(|g| g.crs_name.as_deref()).map(Crs::parse);
        let named = options.override_crs.clone().or_else(|| options.default_crs.clone());
        let Some(reference) = stated else {
            let crs = named.ok_or(
                "the model has no IfcMapConversion and no site latitude and longitude: name its system with --crs",
            )?;
            report.warn(
                "ifc/no-georeference",
                None,
                None,
                format!("no georeference; model coordinates are taken as {}", crs.name()),
            );
            return Ok(Self {
                crs,
                origin: DVec3::ZERO,
                x_axis: [1.0, 0.0],
                factor: 1.0,
            });
        };
        match stated_crs {
            Some(Ok(crs)) if crs.is_geographic() => {
                let place = DVec3::new(reference.eastings, reference.northings, 0.0);
                let projected = Crs::projected_for(place.x, place.y).map_err(|err| err.to_string())?;
                let origin = Transformer::new(crs, projected.clone())
                    .transform(place)
                    .map_err(|err| err.to_string())?;
                report.warn(
                    "ifc/site-location",
                    None,
                    None,
                    "placed by the site's latitude and longitude: good to some metres, true north not applied",
                );
                let origin = origin.truncate().extend(reference.height * reference.model_unit_m);
                Ok(Self {
                    crs: projected,
                    origin,
                    x_axis: [1.0, 0.0],
                    factor: 1.0,
                })
            }
            other => {
                let crs = options
                    .override_crs
                    .clone()
                    .or_else(|| other.and_then(Result::ok))
                    .or(named)
                    .ok_or_else(|| {
                        format!(
                            "the model's system {:?} is not known: name it with --crs",
                            reference.crs_name
                        )
                    })?;
                Ok(Self::map_conversion(crs, reference, report))
            }
        }
    }

    fn map_conversion(crs: Crs, reference: &GeoReference, report: &mut Report) -> Self {
        let length = reference.x_axis[0].hypot(reference.x_axis[1]);
        let x_axis = if length > 1e-9 {
            [reference.x_axis[0] / length, reference.x_axis[1] / length]
        } else {
            [1.0, 0.0]
        };
        let mut factor = reference.scale * reference.map_unit_m / reference.model_unit_m;
        // a grid scale differs from 1 by some parts in ten thousand; files often leave out the unit part
        if !(0.9..1.1).contains(&factor) {
            report.warn(
                "ifc/scale",
                None,
                None,
                format!("IfcMapConversion scales lengths by {factor}; 1 is used"),
            );
            factor = 1.0;
        }
        let origin = DVec3::new(reference.eastings, reference.northings, reference.height) * reference.map_unit_m;
        Self {
            crs,
            origin,
            x_axis,
            factor,
        }
    }

    /// Model metres (z up) to the CRS.
    pub fn place(&self, p: DVec3) -> DVec3 {
        let [cos, sin] = self.x_axis;
        let (x, y) = (p.x * self.factor, p.y * self.factor);
        self.origin + DVec3::new(cos * x - sin * y, sin * x + cos * y, p.z)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_conversion_turns_and_shifts() {
        // numbers of a published sample: millimetres, x axis 60° from east
        let reference = GeoReference {
            crs_name: Some("EPSG:32760".to_owned()),
            eastings: 729_013_348.829_700_4,
            northings: 9_063_992_684.697_363,
            height: 1_300.0,
            x_axis: [0.5, 0.866_025_403_784_438_7],
            scale: 1.0,
            map_unit_m: 0.001,
            model_unit_m: 0.001,
        };
        let placement = Placement::new(Some(&reference), &ReadOptions::default(), &mut Report::new("x")).unwrap();
        let p = placement.place(DVec3::new(10.0, 0.0, 1.0));
        assert!(
            (p - DVec3::new(729_018.348_829_7, 9_064_001.344_951_4, 2.3)).length() < 1e-5,
            "{p}"
        );
    }

    #[test]
    fn a_model_without_a_place_asks_for_one() {
        let err = Placement::new(None, &ReadOptions::default(), &mut Report::new("x")).unwrap_err();
        assert!(err.contains("--crs"));
    }
}
