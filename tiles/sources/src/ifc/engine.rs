//! The engine behind the reader: a trait, and ifc-lite as its implementation.

use super::place::GeoReference;
use city_model::FeatureClass;
use glam::DVec3;
use ifc_lite_processing::data_model::{DataModel, extract_data_model};
use ifc_lite_processing::{MeshData, ProcessingRequest, process};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap, HashSet};

/// A coloured part of an element, model metres, z up.
#[derive(Debug, Clone, PartialEq)]
pub struct IfcPart {
    /// Vertices.
    pub vertices: Vec<DVec3>,
    /// Triangles, CCW seen from outside.
    pub indices: Vec<u32>,
    /// Colour, 0–1.
    pub rgba: [f32; 4],
}

/// A product with a body.
#[derive(Debug, Clone, PartialEq)]
pub struct IfcElement {
    /// GlobalId, or `#express` without one.
    pub id: String,
    /// Such as `IfcWall`.
    pub ifc_class: String,
    /// Name.
    pub name: Option<String>,
    /// Name of its storey.
    pub storey: Option<String>,
    /// Id of its storey or building.
    pub parent: Option<String>,
    /// `set.property` → value.
    pub properties: BTreeMap<String, Value>,
    /// Body.
    pub parts: Vec<IfcPart>,
}

/// A site, building or storey.
#[derive(Debug, Clone, PartialEq)]
pub struct IfcSpatial {
    /// GlobalId.
    pub id: String,
    /// Building, Storey or Zone (site).
    pub class: FeatureClass,
    /// Such as `IfcBuildingStorey`.
    pub ifc_class: String,
    /// Name.
    pub name: Option<String>,
    /// Elevation as stated, in metres.
    pub elevation_m: Option<f64>,
    /// Id of what it is part of.
    pub parent: Option<String>,
}

/// A whole model.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct IfcModel {
    /// Products with bodies, by express id.
    pub elements: Vec<IfcElement>,
    /// Spatial structure, parents first.
    pub spatial: Vec<IfcSpatial>,
    /// Place in the world.
    pub georeference: Option<GeoReference>,
    /// What the engine could not do.
    pub notes: Vec<String>,
}

/// Reads STEP bytes into a model.
pub trait IfcEngine {
    /// Parses and tessellates.
    ///
    /// # Errors
    /// One sentence for a person.
    fn read(&self, bytes: &[u8]) -> Result<IfcModel, String>;
}

/// ifc-lite 28.
#[derive(Debug, Clone, Copy, Default)]
pub struct IfcLite;

/// Products that are no bodies: voids and rooms would hide what they are in.
const SKIPPED: &[&str] = &[
    "IfcOpeningElement",
    "IfcOpeningStandardCase",
    "IfcSpace",
    "IfcVirtualElement",
    "IfcAnnotation",
    "IfcGrid",
];

impl IfcEngine for IfcLite {
    fn read(&self, bytes: &[u8]) -> Result<IfcModel, String> {
        let data = extract_data_model(bytes);
        let result = process(bytes, &ProcessingRequest::full_pass().retain_meshes(true), &mut ());
        if let Some(record) = result.metadata.length_unit_refused {
            return Err(format!(
                "the length unit #{record} is not usable, so no shape can be built"
            ));
        }
        let mut model = IfcModel {
            spatial: spatial(&data),
            ..IfcModel::default()
        };
        let unit = result.metadata.length_unit_scale.unwrap_or(1.0);
        model.georeference = result.metadata.georeferencing.as_ref().map(|g| GeoReference {
            crs_name: g.crs_name.clone(),
            eastings: g.eastings,
            northings: g.northings,
            height: g.orthogonal_height,
            x_axis: [g.x_axis_abscissa, g.x_axis_ordinate],
            scale: if g.scale > 0.0 { g.scale } else { 1.0 },
            map_unit_m: g.map_unit_scale.unwrap_or(unit),
            model_unit_m: unit,
        });
        let to_world = result.frame.world_mapper();
        let mut grouped: BTreeMap<u32, Vec<&MeshData>> = BTreeMap::new();
        for mesh in &result.meshes {
            // class 1 and 2 are shapes of types that no element uses, or that its elements draw themselves
            if !matches!(mesh.geometry_class, 1 | 2) && !SKIPPED.contains(&mesh.ifc_type.as_str()) {
                grouped.entry(mesh.express_id).or_default().push(mesh);
            }
        }
        let lookup = Lookup::new(&data);
        for (express_id, meshes) in grouped {
            let Some(first) = meshes.first() else { continue };
            let (parent, storey) = lookup.container(express_id);
            model.elements.push(IfcElement {
                id: first.global_id.clone().unwrap_or_else(|| format!("#{express_id}")),
                ifc_class: first.ifc_type.clone(),
                name: first.name.clone(),
                storey,
                parent,
                properties: lookup.properties(express_id),
                parts: meshes.iter().map(|mesh| part(mesh, &to_world)).collect(),
            });
        }
        Ok(model)
    }
}

fn part(mesh: &MeshData, to_world: &impl Fn([f64; 3]) -> [f64; 3]) -> IfcPart {
    let vertices = mesh
        .positions
        .as_chunks::<3>()
        .0
        .iter()
        .map(|p| {
            let local = [0, 1, 2].map(|axis| mesh.origin[axis] + f64::from(p[axis]));
            DVec3::from_array(to_world(local))
        })
        .collect();
    IfcPart {
        vertices,
        indices: mesh.indices.clone(),
        rgba: mesh.color,
    }
}

fn class_of(type_name: &str) -> Option<(FeatureClass, &'static str)> {
    match type_name.to_ascii_uppercase().as_str() {
        "IFCBUILDING" => Some((FeatureClass::Building, "IfcBuilding")),
        "IFCBUILDINGSTOREY" => Some((FeatureClass::Storey, "IfcBuildingStorey")),
        _ => None,
    }
}

fn spatial(data: &DataModel) -> Vec<IfcSpatial> {
    let ids: HashMap<u32, &str> = data
        .entities
        .iter()
        .filter_map(|e| Some((e.entity_id, e.global_id.as_deref()?)))
        .collect();
    let mut found: Vec<(u16, u32, IfcSpatial)> = data
        .spatial_hierarchy
        .nodes
        .iter()
        .filter_map(|node| {
            let (class, ifc_class) = class_of(&node.type_name)?;
            let parent_is_kept = data
                .spatial_hierarchy
                .nodes
                .iter()
                .any(|n| n.entity_id == node.parent_id && class_of(&n.type_name).is_some());
            let spatial = IfcSpatial {
                id: (*ids.get(&node.entity_id)?).to_owned(),
                class,
                ifc_class: ifc_class.to_owned(),
                name: node.name.clone(),
                elevation_m: node.elevation,
                parent: if parent_is_kept {
                    ids.get(&node.parent_id).map(|id| (*id).to_owned())
                } else {
                    None
                },
            };
            Some((node.level, node.entity_id, spatial))
        })
        .collect();
    found.sort_by_key(|(level, id, _)| (*level, *id));
    found.into_iter().map(|(_, _, spatial)| spatial).collect()
}

/// Joins of the data model by express id.
struct Lookup<'a> {
    global: HashMap<u32, &'a str>,
    storey: HashMap<u32, u32>,
    building: HashMap<u32, u32>,
    storeys: HashSet<u32>,
    names: HashMap<u32, &'a str>,
    sets_of: HashMap<u32, Vec<u32>>,
    /// Part → whole, and furniture → room: members of stairs and what stands in a room are contained through these.
    whole_of: HashMap<u32, u32>,
    sets: HashMap<u32, usize>,
    data: &'a DataModel,
}

impl<'a> Lookup<'a> {
    fn new(data: &'a DataModel) -> Self {
        let mut sets_of: HashMap<u32, Vec<u32>> = HashMap::new();
        let mut whole_of = HashMap::new();
        for relation in &data.relationships {
            if relation.rel_type.eq_ignore_ascii_case("IfcRelDefinesByProperties") {
                sets_of
                    .entry(relation.related_id)
                    .or_default()
                    .push(relation.relating_id);
            } else if ["IfcRelAggregates", "IfcRelContainedInSpatialStructure"]
                .iter()
                .any(|t| relation.rel_type.eq_ignore_ascii_case(t))
            {
                whole_of.insert(relation.related_id, relation.relating_id);
            }
        }
        Self {
            global: data
                .entities
                .iter()
                .filter_map(|e| Some((e.entity_id, e.global_id.as_deref()?)))
                .collect(),
            storey: data.spatial_hierarchy.element_to_storey.iter().copied().collect(),
            building: data.spatial_hierarchy.element_to_building.iter().copied().collect(),
            storeys: data
                .spatial_hierarchy
                .nodes
                .iter()
                .filter(|n| n.type_name.eq_ignore_ascii_case("IfcBuildingStorey"))
                .map(|n| n.entity_id)
                .collect(),
            names: data
                .spatial_hierarchy
                .nodes
                .iter()
                .filter_map(|n| Some((n.entity_id, n.name.as_deref()?)))
                .collect(),
            sets_of,
            whole_of,
            sets: data
                .property_sets
                .iter()
                .enumerate()
                .map(|(at, set)| (set.pset_id, at))
                .collect(),
            data,
        }
    }

    /// Id of the storey or building, and the storey's name; parts of assemblies take those of the whole.
    fn container(&self, element: u32) -> (Option<String>, Option<String>) {
        let mut at = element;
        // assemblies nest a few levels; the bound also ends a cycle
        let holder = (0..16).find_map(|_| {
            let found = self.storey.get(&at).or_else(|| self.building.get(&at)).copied();
            let itself = self.storeys.contains(&at).then_some(at);
            if found.or(itself).is_none() {
                at = self.whole_of.get(&at).copied().unwrap_or(at);
            }
            found.or(itself)
        });
        let storey = holder.filter(|id| self.storeys.contains(id));
        let parent = holder.and_then(|id| self.global.get(&id)).map(|id| (*id).to_owned());
        (
            parent,
            storey.and_then(|id| self.names.get(&id)).map(|name| (*name).to_owned()),
        )
    }

    fn properties(&self, element: u32) -> BTreeMap<String, Value> {
        let mut found = BTreeMap::new();
        for set in self.sets_of.get(&element).into_iter().flatten() {
            let Some(set) = self.sets.get(set).and_then(|at| self.data.property_sets.get(*at)) else {
                continue;
            };
            for property in &set.properties {
                let text = property.property_value.as_str();
                let value = match property.property_type.as_str() {
                    "boolean" => text.parse::<bool>().map_or_else(|_| Value::from(text), Value::from),
                    "integer" => text.parse::<i64>().map_or_else(|_| Value::from(text), Value::from),
                    "real" => text.parse::<f64>().map_or_else(|_| Value::from(text), Value::from),
                    "null" => continue,
                    _ => Value::from(text),
                };
                found.insert(format!("{}.{}", set.pset_name, property.property_name), value);
            }
        }
        found
    }
}
