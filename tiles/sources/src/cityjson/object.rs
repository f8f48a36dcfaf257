//! City objects → features.

use super::classes::class_of;
use super::header::Header;
use super::mesh::{self, Pools, Scratch, Troubles, complain};
use super::nested::BAD;
use super::raw::{self, CityObject, Geometry};
use crate::normalise;
use city_model::{
    CrossSection, Feature, FeatureClass, Issue, LevelReference, Line, LodShape, PointKind, PointShape, Severity, Shape,
    attributes,
};
use glam::{DMat4, DVec3};
use serde_json::Value;

/// What one city object became.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// The feature, unless it is quarantined.
    pub(crate) feature: Option<Feature>,
    /// Id, also of an object that is quarantined.
    pub(crate) id: String,
    /// Ids that it names as its parents, best first.
    pub(crate) parents: Vec<String>,
    /// What went wrong.
    pub(crate) issues: Vec<Issue>,
}

/// Reads one city object. `at` names its place in the file.
pub(crate) fn read(
    id: &str,
    text: &[u8],
    at: &str,
    header: &Header,
    pools: Pools<'_>,
    layer: &str,
    scratch: &mut Scratch,
) -> Outcome {
    let mut outcome = Outcome {
        id: id.to_owned(),
        ..Outcome::default()
    };
    let mut issue = |severity, code: &str, message: String| {
        outcome.issues.push(Issue {
            severity,
            code: code.to_owned(),
            feature: Some(id.to_owned()),
            at: Some(at.to_owned()),
            message,
        });
    };
    let object = match serde_json::from_slice::<CityObject<'_>>(text) {
        Ok(object) => Some(object),
        Err(_) => {
            let mut complaints = Vec::new();
            let object = raw::salvage(text, &mut complaints);
            for message in complaints {
                issue(Severity::Error, "cityjson/bad-object", message);
            }
            object
        }
    };
    let Some(object) = object else { return outcome };
    let known = class_of(&object.kind);
    if known.is_none() {
        issue(
            Severity::Warning,
            "cityjson/unknown-type",
            format!("unknown city object type {:?}: read as generic", object.kind),
        );
    }
    let (class, is_exact) = known.unwrap_or((FeatureClass::Generic, false));
    let mut feature = Feature::new(id, class, layer);
    feature.attributes = object.attributes;
    if !is_exact {
        feature
            .attributes
            .entry("cityjson_type")
            .or_insert_with(|| Value::String(object.kind.to_string()));
    }
    let num_geometries = object.geometry.len();
    for (number, geometry) in object.geometry.iter().enumerate() {
        let mut troubles = Troubles::new();
        let lod = geometry.lod.and_then(|l| l.0);
        let shapes = shapes_of(geometry, lod, &feature, header, pools, scratch, &mut troubles);
        feature.geometry.shapes.extend(shapes);
        for (code, (count, example)) in troubles {
            let severity = severity_of(code);
            let more = if count > 1 {
                format!(" ({count} times in geometry {number})")
            } else {
                format!(" (geometry {number})")
            };
            issue(severity, code, format!("{example}{more}"));
        }
    }
    if feature.geometry.is_empty() && num_geometries > 0 {
        issue(
            Severity::Error,
            "cityjson/no-geometry",
            "none of its geometries can be drawn: left out".to_owned(),
        );
        return outcome;
    }
    feature.geometry.shapes.sort_by_key(|s| s.lod_citygml_x10);
    feature.lifespan = normalise::lifespan(&feature.attributes);
    match class {
        FeatureClass::Building | FeatureClass::BuildingPart => {
            let measured = measured_height_m(&feature);
            normalise::building(&mut feature.attributes, measured);
        }
        _ => normalise::common(&mut feature.attributes),
    }
    outcome.parents = object.parents;
    outcome.feature = Some(feature);
    outcome
}

/// Repairs are warnings; what is left out is an error.
fn severity_of(code: &str) -> Severity {
    match code {
        "cityjson/bad-index"
        | "cityjson/vertex-out-of-range"
        | "cityjson/bad-coordinate"
        | "cityjson/boundary-nesting"
        | "cityjson/geometry-type"
        | "cityjson/template" => Severity::Error,
        _ => Severity::Warning,
    }
}

fn measured_height_m(feature: &Feature) -> Option<f64> {
    let is_upright = feature.geometry.shapes.iter().any(|s| s.lod_citygml_x10 >= 10);
    let height = feature
        .geometry
        .finest()
        .fold(city_model::Bounds3::EMPTY, |b, s| b.union(s.bounds()))
        .size()
        .z;
    (is_upright && height > 0.0).then_some(height)
}

fn shapes_of(
    geometry: &Geometry<'_>,
    lod: Option<u8>,
    feature: &Feature,
    header: &Header,
    pools: Pools<'_>,
    scratch: &mut Scratch,
    troubles: &mut Troubles,
) -> Vec<LodShape> {
    let kind = geometry.kind.as_ref();
    let shapes = match kind {
        "GeometryInstance" => {
            return instance(geometry, header, pools.vertices, troubles)
                .into_iter()
                .collect();
        }
        "MultiPoint" => points(geometry, feature, pools.vertices, troubles),
        "MultiLineString" => lines(geometry, feature, pools.vertices, troubles),
        _ if mesh::ring_depth(kind).is_some() => mesh::build(geometry, pools, scratch, troubles)
            .map(Shape::Surfaces)
            .into_iter()
            .collect(),
        _ => {
            complain(troubles, "cityjson/geometry-type", || {
                format!("unknown geometry type {kind:?}")
            });
            Vec::new()
        }
    };
    if lod.is_none() && !shapes.is_empty() {
        complain(troubles, "cityjson/no-lod", || {
            "no level of detail is stated: LoD 1 is assumed".to_owned()
        });
    }
    let lod_citygml_x10 = lod.unwrap_or(10);
    shapes
        .into_iter()
        .map(|shape| LodShape { lod_citygml_x10, shape })
        .collect()
}

fn place(index: u32, vertices: &[DVec3], troubles: &mut Troubles) -> Option<DVec3> {
    match vertices.get(index as usize) {
        Some(v) if mesh::is_plausible(*v) => Some(*v),
        Some(v) => {
            complain(troubles, "cityjson/bad-coordinate", || {
                format!("vertex {index} at ({:e}, {:e}, {:e}) is no place", v.x, v.y, v.z)
            });
            None
        }
        None if index >= BAD => {
            complain(troubles, "cityjson/bad-index", || {
                "a vertex index is no whole number of at least 0".to_owned()
            });
            None
        }
        None => {
            complain(troubles, "cityjson/vertex-out-of-range", || {
                format!("vertex index {index} is beyond the {} vertices", vertices.len())
            });
            None
        }
    }
}

fn instance(geometry: &Geometry<'_>, header: &Header, vertices: &[DVec3], troubles: &mut Troubles) -> Option<LodShape> {
    let Some(template) = geometry
        .template
        .and_then(|index| header.templates.get(index as usize)?.as_ref())
    else {
        complain(troubles, "cityjson/template", || {
            format!("there is no usable geometry template {:?}", geometry.template)
        });
        return None;
    };
    let (lists, _) = geometry.boundaries.lists(1);
    let anchor = lists
        .first()
        .and_then(|l| geometry.boundaries.slice(&l.range).first().copied());
    let Some(anchor) = anchor else {
        complain(troubles, "cityjson/template", || {
            "an instance has no reference point".to_owned()
        });
        return None;
    };
    let anchor = place(anchor, vertices, troubles)?;
    let matrix = match geometry.transformation_matrix.as_deref() {
        None => DMat4::IDENTITY,
        Some(values) => match <[f64; 16]>::try_from(values) {
            // the file is row-major
            Ok(rows) => DMat4::from_cols_array(&rows).transpose(),
            Err(_) => {
                complain(troubles, "cityjson/template", || {
                    format!("a transformation matrix has {} numbers instead of 16", values.len())
                });
                return None;
            }
        },
    };
    let scene_from_template = DMat4::from_translation(anchor) * matrix;
    let is_affine = (scene_from_template.row(3) - glam::DVec4::W).abs().max_element() < 1e-6;
    let is_sound = is_affine
        && matrix.determinant().abs() > 1e-12
        && template
            .mesh
            .vertices
            .iter()
            .all(|v| mesh::is_plausible(scene_from_template.transform_point3(*v)));
    if !is_sound {
        complain(troubles, "cityjson/template", || {
            "a transformation matrix is singular, not affine, or leads to no place".to_owned()
        });
        return None;
    }
    let shape = Shape::Instance {
        template: template.mesh.clone(),
        scene_from_template,
    };
    Some(LodShape {
        lod_citygml_x10: geometry.lod.and_then(|l| l.0).unwrap_or(template.lod_citygml_x10),
        shape,
    })
}

fn points(geometry: &Geometry<'_>, feature: &Feature, vertices: &[DVec3], troubles: &mut Troubles) -> Vec<Shape> {
    let kind = match feature.class {
        FeatureClass::Tree => {
            let height_m = attributes::first_number(&feature.attributes, &["height", "height_m"])
                .filter(|h| (0.3..=120.0).contains(h));
            let height_m = height_m.unwrap_or(8.0);
            let crown = attributes::first_number(&feature.attributes, &["crownDiameter", "crown_m"])
                .filter(|c| (0.1..=60.0).contains(c));
            PointKind::Tree {
                height_m,
                crown_m: crown.unwrap_or(height_m * 0.6),
                form: 0,
            }
        }
        _ => PointKind::Mark,
    };
    let (lists, _) = geometry.boundaries.lists(1);
    let indices = lists.iter().flat_map(|l| geometry.boundaries.slice(&l.range));
    indices
        .filter_map(|index| place(*index, vertices, troubles))
        .map(|position| {
            Shape::Point(PointShape {
                position,
                on_terrain: false,
                kind,
                rotation_rad: 0.0,
            })
        })
        .collect()
}

fn lines(geometry: &Geometry<'_>, feature: &Feature, vertices: &[DVec3], troubles: &mut Troubles) -> Vec<Shape> {
    let width_m =
        attributes::first_number(&feature.attributes, &["width", "width_m"]).filter(|w| (0.2..=200.0).contains(w));
    let section = match feature.class {
        FeatureClass::Road => CrossSection::Strip {
            width_m: width_m.unwrap_or(6.0),
        },
        FeatureClass::Railway => CrossSection::Strip {
            width_m: width_m.unwrap_or(3.5),
        },
        _ => CrossSection::Unknown,
    };
    let (lists, _) = geometry.boundaries.lists(2);
    let mut shapes = Vec::new();
    for list in &lists {
        let indices = geometry.boundaries.slice(&list.range);
        let mut points: Vec<DVec3> = indices
            .iter()
            .filter_map(|index| place(*index, vertices, troubles))
            .collect();
        points.dedup();
        if points.len() < 2 {
            complain(troubles, "cityjson/degenerate-line", || {
                "a line has fewer than two different points".to_owned()
            });
            continue;
        }
        shapes.push(Shape::Line(Line {
            points,
            section,
            reference: LevelReference::Axis,
        }));
    }
    shapes
}
