//! What a file says once for all its city objects: version, transform, CRS, appearance, templates, credits.

use super::appearance::{Appearance, Images};
use super::mesh::{self, Pools, Scratch, Troubles};
use super::raw::{Geometry, Transform};
use crate::json::{Elements, Members};
use crate::{DatasetInfo, ReadOptions, SourceError};
use city_model::{Crs, Report, SurfaceMesh};
use glam::DVec3;
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;

/// A geometry template, shared by its instances.
#[derive(Debug, Clone)]
pub(crate) struct Template {
    pub(crate) mesh: Arc<SurfaceMesh>,
    pub(crate) lod_citygml_x10: u8,
}

/// Everything outside the city objects.
#[derive(Debug, Clone)]
pub(crate) struct Header {
    pub(crate) transform: Transform,
    pub(crate) appearance: Arc<Appearance>,
    pub(crate) templates: Vec<Option<Template>>,
    /// Coordinates are latitude, longitude: swap.
    pub(crate) is_lat_lon: bool,
    pub(crate) info: DatasetInfo,
}

/// Texts of the header's members, as they stand in the file.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct HeaderText<'a> {
    pub(crate) version: Option<&'a [u8]>,
    pub(crate) transform: Option<&'a [u8]>,
    pub(crate) metadata: Option<&'a [u8]>,
    pub(crate) appearance: Option<&'a [u8]>,
    pub(crate) templates: Option<&'a [u8]>,
}

impl Header {
    /// Reads the header's members.
    ///
    /// # Errors
    /// [`SourceError`] when the version, the transform or the CRS cannot be used.
    pub(crate) fn read(
        text: HeaderText<'_>,
        path: &Path,
        options: &ReadOptions,
        images: &Images,
        report: &mut Report,
    ) -> Result<Self, SourceError> {
        let version = check_version(text.version, path, report)?;
        let transform = read_transform(text.transform, &version, path, report)?;
        let metadata = match text.metadata.map(serde_json::from_slice) {
            Some(Ok(metadata @ Value::Object(_))) => metadata,
            None => Value::Null,
            Some(other) => {
                let reason = other
                    .err()
                    .map_or_else(|| "it is no object".to_owned(), |err| err.to_string());
                report.warn("cityjson/metadata", None, Some("metadata".to_owned()), reason);
                Value::Null
            }
        };
        let crs = read_crs(&metadata, path, options)?;
        let appearance = read_appearance(text.appearance, report);
        let templates = text
            .templates
            .map(|t| read_templates(t, &appearance, images, report))
            .unwrap_or_default();
        let is_lat_lon = crs.as_ref().is_some_and(Crs::is_geographic) && extent_is_lat_lon(&metadata, &transform);
        if is_lat_lon {
            report.warn(
                "cityjson/axis-order",
                None,
                None,
                "coordinates are latitude, longitude: swapped to longitude, latitude",
            );
        }
        let info = DatasetInfo {
            crs,
            title: first_text(&metadata, &["/title", "/datasetTitle"]),
            attribution: first_text(
                &metadata,
                &[
                    "/pointOfContact/contactName",
                    "/datasetPointOfContact/contactName",
                    "/pointOfContact/organization",
                    "/contactDetails",
                ],
            )
            .or_else(|| options.attribution.clone()),
            licence: first_text(&metadata, &["/license", "/licence", "/constraints/legalConstraints"]),
        };
        Ok(Self {
            transform,
            appearance: Arc::new(appearance),
            templates,
            is_lat_lon,
            info,
        })
    }

    /// Vertices of a document or feature in the CRS, longitude first; what is no vertex becomes NaN.
    pub(crate) fn vertices(&self, text: &[u8], transform: &Transform) -> Vec<DVec3> {
        let mut vertices: Vec<DVec3> = match serde_json::from_slice::<Vec<[f64; 3]>>(text) {
            Ok(raw) => raw.into_iter().map(|v| transform.apply(v)).collect(),
            Err(_) => Elements::new(text)
                .map_while(Result::ok)
                .map(|item| serde_json::from_slice::<[f64; 3]>(item).map_or(DVec3::NAN, |v| transform.apply(v)))
                .collect(),
        };
        if self.is_lat_lon {
            vertices.iter_mut().for_each(|v| *v = DVec3::new(v.y, v.x, v.z));
        }
        vertices
    }
}

/// Appearance of a header or a feature; parts that are broken are left out with a warning.
pub(crate) fn read_appearance(text: Option<&[u8]>, report: &mut Report) -> Appearance {
    let Some(text) = text else { return Appearance::default() };
    serde_json::from_slice(text).unwrap_or_else(|err| {
        report.warn(
            "cityjson/appearance",
            None,
            Some("appearance".to_owned()),
            format!("colours and textures are left out: {err}"),
        );
        Appearance::default()
    })
}

fn malformed(path: &Path, at: &str, reason: String) -> SourceError {
    SourceError::malformed("CityJSON", path, at, reason)
}

fn check_version(text: Option<&[u8]>, path: &Path, report: &mut Report) -> Result<String, SourceError> {
    let version = match text.and_then(|t| serde_json::from_slice::<Value>(t).ok()) {
        Some(Value::String(version)) => version,
        Some(Value::Number(number)) => format!("{:.1}", number.as_f64().unwrap_or(0.0)),
        _ => {
            report.warn(
                "cityjson/version",
                None,
                Some("version".to_owned()),
                "no version is stated: read as 1.0",
            );
            return Ok("1.0".to_owned());
        }
    };
    if version.starts_with("0.") {
        return Err(malformed(
            path,
            "version",
            format!("CityJSON {version} is older than 1.0; upgrade it with cjio"),
        ));
    }
    if !["1.0", "1.1", "2.0"].iter().any(|known| version.starts_with(known)) {
        report.warn(
            "cityjson/version",
            None,
            Some("version".to_owned()),
            format!("version {version:?} is not known: read as 2.0"),
        );
    }
    Ok(version)
}

fn read_transform(
    text: Option<&[u8]>,
    version: &str,
    path: &Path,
    report: &mut Report,
) -> Result<Transform, SourceError> {
    let Some(text) = text else {
        if !version.starts_with("1.0") {
            report.warn(
                "cityjson/no-transform",
                None,
                Some("transform".to_owned()),
                "a transform is required since version 1.1: vertices are taken as they are",
            );
        }
        return Ok(Transform::IDENTITY);
    };
    let transform: Transform =
        serde_json::from_slice(text).map_err(|err| malformed(path, "transform", err.to_string()))?;
    if transform
        .scale
        .iter()
        .chain(&transform.translate)
        .any(|v| !v.is_finite())
    {
        return Err(malformed(path, "transform", "a number is not finite".to_owned()));
    }
    Ok(transform)
}

fn read_crs(metadata: &Value, path: &Path, options: &ReadOptions) -> Result<Option<Crs>, SourceError> {
    if options.override_crs.is_some() {
        return Ok(options.override_crs.clone());
    }
    let stated = metadata
        .get("referenceSystem")
        .and_then(Value::as_str)
        .map(str::to_owned)
        .or_else(|| {
            // before version 1.0 the code stood alone
            metadata
                .pointer("/crs/epsg")
                .and_then(Value::as_u64)
                .map(|code| format!("EPSG:{code}"))
        });
    match stated.filter(|s| !s.trim().is_empty()) {
        None => Ok(options.default_crs.clone()),
        Some(name) => match Crs::parse(&name) {
            Ok(crs) => Ok(Some(crs)),
            Err(err) => options.default_crs.clone().map(Some).ok_or_else(|| SourceError::Crs {
                path: path.to_owned(),
                reason: format!("{err} in metadata.referenceSystem; state the CRS when importing"),
            }),
        },
    }
}

/// In a geographic CRS: true when the extent only makes sense as latitude first.
fn extent_is_lat_lon(metadata: &Value, transform: &Transform) -> bool {
    let extent: Option<Vec<f64>> = metadata
        .get("geographicalExtent")
        .and_then(Value::as_array)
        .map(|e| e.iter().filter_map(Value::as_f64).collect());
    let (x, y) = match extent.as_deref() {
        Some([x, y, _, _, _, _]) => (*x, *y),
        _ => (transform.translate[0], transform.translate[1]),
    };
    x.abs() <= 90.0 && y.abs() > 90.0 && y.abs() <= 180.0
}

fn first_text(metadata: &Value, pointers: &[&str]) -> Option<String> {
    pointers
        .iter()
        .find_map(|p| metadata.pointer(p)?.as_str())
        .map(str::trim)
        .filter(|s| !s.is_empty())
        .map(str::to_owned)
}

fn read_templates(text: &[u8], appearance: &Appearance, images: &Images, report: &mut Report) -> Vec<Option<Template>> {
    let mut geometries: &[u8] = b"[]";
    let mut vertices = Vec::new();
    for member in Members::new(text).map_while(Result::ok) {
        match member.key.as_ref() {
            "templates" => geometries = member.value,
            // template coordinates are real numbers in the template's own frame: no transform applies
            "vertices-templates" => {
                let place =
                    |item: &[u8]| serde_json::from_slice::<[f64; 3]>(item).map_or(DVec3::NAN, DVec3::from_array);
                vertices = Elements::new(member.value).map_while(Result::ok).map(place).collect();
            }
            _ => {}
        }
    }
    let mut scratch = Scratch::default();
    let pools = Pools {
        vertices: &vertices,
        appearance,
        images,
    };
    let mut templates = Vec::new();
    for (number, item) in Elements::new(geometries).map_while(Result::ok).enumerate() {
        let at = || Some(format!("geometry-templates/templates/{number}"));
        let template = match serde_json::from_slice::<Geometry<'_>>(item) {
            Ok(geometry) => {
                let mut troubles = Troubles::new();
                let mesh = mesh::build(&geometry, pools, &mut scratch, &mut troubles);
                for (code, (count, example)) in troubles {
                    report.warn(code, None, at(), format!("{example} ({count} times)"));
                }
                if mesh.is_none() {
                    report.error(
                        "cityjson/template",
                        None,
                        at(),
                        format!("the template of type {:?} has no surface to draw", geometry.kind),
                    );
                }
                let lod_citygml_x10 = geometry.lod.and_then(|l| l.0).unwrap_or(20);
                mesh.map(|mesh| Template {
                    mesh: Arc::new(mesh),
                    lod_citygml_x10,
                })
            }
            Err(err) => {
                report.error("cityjson/template", None, at(), err.to_string());
                None
            }
        };
        templates.push(template);
    }
    templates
}
