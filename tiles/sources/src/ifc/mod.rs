//! IFC building models: elements with storey, class, property sets, colours and place become features.
//!
//! The STEP parser and the tessellation are ifc-lite's, behind [`IfcEngine`]. A hostile file can make any such engine
//! use much memory or panic, so the server runs [`read`] in a child process with limits.

mod engine;
mod place;

use crate::sniff::Head;
use crate::{DatasetInfo, FeatureSink, ReadOptions, SourceError};
use city_model::{
    Attributes, Feature, FeatureClass, LodGeometry, Material, Report, Shape, Surface, SurfaceMesh, SurfaceSemantic,
};
use glam::DVec3;
use serde_json::Value;
use std::any::Any;
use std::path::Path;

pub use engine::{IfcElement, IfcEngine, IfcLite, IfcModel, IfcSpatial};
pub use place::{GeoReference, Placement};

const FORMAT: &str = "IFC";
/// Largest file that is read, bytes.
const MAX_BYTES: u64 = 2 << 30;

/// True for a STEP physical file with an IFC schema.
pub fn is_ifc(head: &Head<'_>) -> bool {
    head.contains("ISO-10303-21") || head.has_extension("ifc")
}

/// Reads a model with ifc-lite.
///
/// # Errors
/// [`SourceError`] when the file is no IFC, has no place in the world and none is given, or nothing could be read.
pub fn read(
    path: &Path,
    options: &ReadOptions,
    sink: &mut dyn FeatureSink,
    report: &mut Report,
) -> Result<(), SourceError> {
    let io = SourceError::io(path);
    let malformed = |at: &str, reason: String| SourceError::malformed(FORMAT, path, at, reason);
    let length = path.metadata().map_err(io)?.len();
    if length > MAX_BYTES {
        return Err(malformed("file", format!("{length} bytes are more than {MAX_BYTES}")));
    }
    let bytes = std::fs::read(path).map_err(io)?;
    let head: &[u8] = bytes.get(..4096.min(bytes.len())).unwrap_or_default();
    if !head.windows(12).any(|w| w == b"ISO-10303-21") {
        return Err(malformed("byte 0", "it does not begin with ISO-10303-21".to_owned()));
    }
    if !bytes.windows(16).rev().take(4096).any(|w| w == b"END-ISO-10303-21") {
        report.warn(
            "ifc/truncated",
            None,
            None,
            "the file does not end with END-ISO-10303-21; what is there is read",
        );
    }
    // a model that contradicts itself can trip an assertion of the engine: the file is refused then, with what it says
    let model = std::panic::catch_unwind(|| IfcLite.read(&bytes))
        .unwrap_or_else(|panic| Err(format!("the engine gave up: {}", panic_text(panic.as_ref()))))
        .map_err(|reason| malformed("model", reason))?;
    if model.elements.is_empty() {
        return Err(malformed("model", "no element with a shape".to_owned()));
    }
    emit(path, model, options, sink, report)
}

/// What a panic says.
fn panic_text(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no reason is known")
}

fn emit(
    path: &Path,
    model: IfcModel,
    options: &ReadOptions,
    sink: &mut dyn FeatureSink,
    report: &mut Report,
) -> Result<(), SourceError> {
    let stop = SourceError::sink(path);
    let stem = path
        .file_stem()
        .map(|s| s.to_string_lossy().into_owned())
        .unwrap_or_default();
    let layer = options.layer.clone().unwrap_or_else(|| stem.clone());
    let placement =
        Placement::new(model.georeference.as_ref(), options, report).map_err(|reason| SourceError::Crs {
            path: path.to_owned(),
            reason,
        })?;
    let info = DatasetInfo {
        crs: Some(placement.crs.clone()),
        title: Some(stem),
        attribution: options.attribution.clone(),
        licence: None,
    };
    sink.begin(&info).map_err(stop)?;
    for spatial in &model.spatial {
        let mut feature = Feature::new(spatial.id.clone(), spatial.class, &layer);
        feature.parent.clone_from(&spatial.parent);
        insert(&mut feature.attributes, "name", spatial.name.as_deref());
        insert(&mut feature.attributes, "ifc_class", Some(&spatial.ifc_class));
        if let Some(elevation) = spatial.elevation_m {
            feature
                .attributes
                .insert("elevation_m".to_owned(), Value::from(elevation));
        }
        report.features_read += 1;
        sink.feature(feature).map_err(stop)?;
    }
    for element in model.elements {
        match build(element, &placement, &layer) {
            Ok(feature) => {
                report.features_read += 1;
                sink.feature(feature).map_err(stop)?;
            }
            Err((id, reason)) => {
                report.features_quarantined += 1;
                report.error("ifc/element", Some(&id), None, reason);
            }
        }
    }
    for note in model.notes {
        report.warn("ifc/engine", None, None, note);
    }
    Ok(())
}

fn insert(attributes: &mut Attributes, key: &str, value: Option<&str>) {
    if let Some(value) = value.filter(|v| !v.is_empty()) {
        attributes.insert(key.to_owned(), Value::from(value));
    }
}

fn build(element: IfcElement, placement: &Placement, layer: &str) -> Result<Feature, (String, String)> {
    let fail = |reason: String| (element.id.clone(), reason);
    let mut mesh = SurfaceMesh::default();
    for part in &element.parts {
        let material = u16::try_from(mesh.materials.len()).map_err(|_| fail("more than 65,535 parts".to_owned()))?;
        mesh.materials.push(Material { rgba: part.rgba });
        let first = u32::try_from(mesh.vertices.len()).map_err(|_| fail("too many vertices".to_owned()))?;
        for vertex in &part.vertices {
            let placed: DVec3 = placement.place(*vertex);
            if !placed.is_finite() {
                return Err(fail("a vertex is not a finite number".to_owned()));
            }
            mesh.vertices.push(placed);
        }
        for triangle in part.indices.as_chunks::<3>().0 {
            if triangle.iter().any(|i| *i as usize >= part.vertices.len()) {
                return Err(fail("a triangle refers to a vertex that is not there".to_owned()));
            }
            mesh.surfaces.push(Surface {
                rings: vec![triangle.iter().map(|i| i + first).collect()],
                semantic: semantic(&element.ifc_class),
                material: Some(material),
                texture: None,
            });
        }
    }
    if mesh.surfaces.is_empty() {
        return Err(fail("no triangle".to_owned()));
    }
    let mut feature = Feature::new(element.id, FeatureClass::BuildingElement, layer);
    feature.parent = element.parent;
    insert(&mut feature.attributes, "name", element.name.as_deref());
    insert(&mut feature.attributes, "ifc_class", Some(&element.ifc_class));
    insert(&mut feature.attributes, "storey", element.storey.as_deref());
    for (key, value) in element.properties {
        feature.attributes.insert(key, value);
    }
    feature.geometry = LodGeometry::single(40, Shape::Surfaces(mesh));
    Ok(feature)
}

fn semantic(ifc_class: &str) -> SurfaceSemantic {
    match ifc_class {
        "IfcRoof" => SurfaceSemantic::Roof,
        "IfcWindow" => SurfaceSemantic::Window,
        "IfcDoor" => SurfaceSemantic::Door,
        // inner walls outnumber outer ones: no façade pattern on BIM walls, their own colours tell more
        _ => SurfaceSemantic::Interior,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MemorySink;
    use city_model::{Crs, Transformer};

    fn fixture(name: &str) -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../tests/fixtures/ifc")
            .join(name)
    }

    fn read_file(path: &Path, options: &ReadOptions) -> (MemorySink, Report) {
        let (mut sink, mut report) = (MemorySink::default(), Report::new("ifc"));
        read(path, options, &mut sink, &mut report).unwrap();
        (sink, report)
    }

    #[test]
    fn a_model_that_contradicts_itself_is_read_or_refused() {
        // found by fuzzing: #19 is a conversion for the map and a direction
        let text = std::fs::read_to_string(fixture("SimpleWall.ifc")).unwrap();
        let context = text
            .lines()
            .find(|l| l.contains("IFCGEOMETRICREPRESENTATIONCONTEXT"))
            .and_then(|l| l.split('=').next())
            .unwrap();
        let twice = format!(
            "DATA;\n#900018=IFCPROJECTEDCRS('EPSG:32650','','WGS 84',$,$,$,$);\n\
             #19=IFCMAPCONVERSION({context},#900018,500000.,4000000.,0.,1.,0.,1.);"
        );
        assert!(text.contains("#19= IFCDIRECTION"));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("twice.ifc");
        std::fs::write(&path, text.replacen("DATA;", &twice, 1).replace("IFC2X3", "IFC4")).unwrap();
        let options = ReadOptions {
            default_crs: Crs::from_epsg(4547).ok(),
            ..ReadOptions::default()
        };
        let (mut sink, mut report) = (MemorySink::default(), Report::new("ifc"));
        match read(&path, &options, &mut sink, &mut report) {
            Ok(()) => assert!(!sink.features.is_empty()),
            Err(err) => assert!(err.to_string().contains("the engine gave up"), "{err}"),
        }
    }

    #[test]
    fn a_house_has_its_elements_storeys_and_colours() {
        let (sink, report) = read_file(&fixture("LargeBuilding.ifc"), &ReadOptions::default());
        assert_eq!(report.num_errors(), 0, "{:?}", report.issues);
        let elements: Vec<_> = sink
            .features
            .iter()
            .filter(|f| f.class == FeatureClass::BuildingElement)
            .collect();
        // the truth is counted from the STEP text: products that carry a body
        let text = std::fs::read_to_string(fixture("LargeBuilding.ifc")).unwrap();
        let walls = text.matches("=IFCWALLSTANDARDCASE(").count() + text.matches("= IFCWALLSTANDARDCASE(").count();
        let read_walls = elements
            .iter()
            .filter(|f| f.attributes["ifc_class"] == "IfcWallStandardCase")
            .count();
        assert!(walls > 0 && read_walls == walls, "{read_walls} of {walls}");
        assert!(sink.features.iter().any(|f| f.class == FeatureClass::Storey));
        let loose: Vec<_> = elements
            .iter()
            .filter(|f| f.parent.is_none())
            .map(|f| f.attributes["ifc_class"].to_string())
            .collect();
        assert!(
            loose.len() * 10 < elements.len(),
            "{} of {}: {loose:?}",
            loose.len(),
            elements.len()
        );
        assert!(
            elements.iter().any(|f| f.attributes.keys().any(|k| k.contains('.'))),
            "no property set"
        );
    }

    #[test]
    fn elements_have_the_colours_and_meanings_that_the_file_states() {
        let (sink, _) = read_file(&fixture("SimpleWall.ifc"), &ReadOptions::default());
        let of_class = |class: &str| -> Vec<&SurfaceMesh> {
            sink.features
                .iter()
                .filter(|f| f.attributes.get("ifc_class").is_some_and(|c| c == class))
                .flat_map(|f| f.geometry.finest())
                .filter_map(|shape| match shape {
                    Shape::Surfaces(mesh) => Some(mesh),
                    _ => None,
                })
                .collect()
        };
        let has = |meshes: &[&SurfaceMesh], rgb: [f64; 3]| {
            meshes
                .iter()
                .flat_map(|m| &m.materials)
                .any(|material| (0..3).all(|i| (f64::from(material.rgba[i]) - rgb[i]).abs() < 2.0 / 255.0))
        };
        // the IFCCOLOURRGB of 'Default Wall', 'Door - Frame' and 'Door - Panel' in the STEP text
        let (grey, frame, panel) = (
            [0.501_960_784, 0.501_960_784, 0.501_960_784],
            [0.462_745_098, 0.274_509_804, 0.2],
            [0.823_529_412, 0.623_529_412, 0.372_549_02],
        );
        let (walls, doors) = (of_class("IfcWallStandardCase"), of_class("IfcDoor"));
        assert!(has(&walls, grey) && !has(&walls, frame) && !has(&walls, panel));
        assert!(has(&doors, frame) && has(&doors, panel) && !has(&doors, grey));
        let semantics =
            |meshes: &[&SurfaceMesh], wanted| meshes.iter().flat_map(|m| &m.surfaces).all(|s| s.semantic == wanted);
        assert!(semantics(&walls, SurfaceSemantic::Interior) && semantics(&doors, SurfaceSemantic::Door));
    }

    #[test]
    fn a_site_with_latitude_and_longitude_stands_there() {
        let (sink, _) = read_file(&fixture("SimpleWall.ifc"), &ReadOptions::default());
        let crs = sink.datasets[0].crs.clone().unwrap();
        let bounds = sink.features.iter().find(|f| !f.geometry.is_empty()).unwrap().bounds();
        let place = Transformer::new(crs, Crs::wgs84()).transform(bounds.center()).unwrap();
        // IfcSite: 42° 21' 31.181945" N, 71° 3' 24.263305" W
        assert!(
            (place.y - 42.358_66).abs() < 1e-3 && (place.x + 71.056_74).abs() < 1e-3,
            "{place}"
        );
    }

    #[test]
    fn foreign_and_broken_files_are_refused_by_name() {
        let dir = tempfile::tempdir().unwrap();
        let whole = std::fs::read(fixture("SimpleWall.ifc")).unwrap();
        for (name, bytes) in [
            ("empty.ifc", &[][..]),
            ("text.ifc", b"hello"),
            ("head.ifc", &whole[..600]),
        ] {
            let path = dir.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            let (mut sink, mut report) = (MemorySink::default(), Report::new("ifc"));
            let err = read(&path, &ReadOptions::default(), &mut sink, &mut report)
                .unwrap_err()
                .to_string();
            assert!(err.contains(name), "{err}");
        }
    }
}
