//! The things that indicators look at, as plain structs in the scene CRS (metres): what the caller reads from its store.

use crate::facts::BuildingFacts;
use crate::geometry::{Box2, area_m2};
use crate::list::List;
use city_model::Attributes;
use geo::MultiPolygon;
use serde_json::Value;

/// Everything near an area. Lists only ever grow at their end while a world is kept, so that a place in a list (`slot`)
/// names the same thing for ever.
#[derive(Debug, Clone, Default)]
pub struct World {
    /// Buildings and building parts that carry figures of their own.
    pub buildings: List<Building>,
    /// Pipes.
    pub pipes: List<Pipe>,
    /// Planted ground.
    pub greens: List<Patch>,
    /// Land-use parcels.
    pub parcels: List<Patch>,
    /// Planning zones: town offices, height zones, red lines, heritage zones …
    pub zones: List<Patch>,
    /// Renewal projects.
    pub projects: List<Patch>,
    /// Trees that say more of themselves than where they stand.
    pub trees: List<Spot>,
    /// Layers that the whole city holds, near the area or not: an empty list here is then a known nothing.
    pub has: Layers,
    /// Names behind the small numbers of [`Pipe::class`] and [`Pipe::material`].
    pub words: Words,
}

/// Which layers the city holds at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Layers {
    /// Any building.
    pub buildings: bool,
    /// Any pipe.
    pub pipes: bool,
    /// Any planted ground.
    pub greens: bool,
    /// Any land-use parcel.
    pub parcels: bool,
    /// Any renewal project.
    pub projects: bool,
}

/// Attributes that rules ask for, and no others.
pub type Tags = Box<[(Box<str>, Value)]>;

/// Keeps those of `attributes` that `wanted` names.
pub fn tags(attributes: &Attributes, wanted: &[String]) -> Tags {
    let found = wanted.iter().filter_map(|key| attributes.get_key_value(key));
    found.map(|(key, value)| (key.as_str().into(), value.clone())).collect()
}

/// A building.
#[derive(Debug, Clone)]
pub struct Building {
    /// Stable id.
    pub id: Box<str>,
    /// Dense number.
    pub index: u32,
    /// Outline in plan, valid; may be empty.
    pub footprint: MultiPolygon<f64>,
    /// Bounds of the outline.
    pub bounds: Box2,
    /// Where it is counted: its centroid, or its position without an outline.
    pub center: [f64; 2],
    /// Area of the outline, m².
    pub footprint_m2: f64,
    /// False for what stands on another building (added storeys, parts above a podium): it covers no ground.
    pub covers_ground: bool,
    /// True for what a scenario builds.
    pub is_proposal: bool,
    /// Its figures as stored.
    pub facts: BuildingFacts,
    /// Attributes for rules.
    pub tags: Tags,
}

impl Building {
    /// A building of an outline; `center` without an outline is `[0, 0]` and to be set.
    pub fn new(id: &str, index: u32, footprint: MultiPolygon<f64>, facts: BuildingFacts) -> Self {
        use geo::Centroid as _;
        Self {
            id: id.into(),
            index,
            bounds: Box2::of(&footprint),
            center: footprint.centroid().map_or([0.0; 2], |c| [c.x(), c.y()]),
            footprint_m2: area_m2(&footprint),
            footprint,
            covers_ground: true,
            is_proposal: false,
            facts,
            tags: Box::default(),
        }
    }
}

/// A pipe.
#[derive(Debug, Clone)]
pub struct Pipe {
    /// Stable id.
    pub id: Box<str>,
    /// Dense number.
    pub index: u32,
    /// Axis, metres; z only means something with `has_levels`.
    pub points: Box<[[f64; 3]]>,
    /// Bounds in plan.
    pub bounds: Box2,
    /// True when z is a height, so that the length along the pipe can be told.
    pub has_levels: bool,
    /// Pipe class, see [`World::words`].
    pub class: u16,
    /// Material, see [`World::words`]; `None` unknown.
    pub material: Option<u16>,
    /// Year laid.
    pub year: Option<i32>,
    /// True for what a scenario lays.
    pub is_proposal: bool,
    /// Attributes for rules.
    pub tags: Tags,
}

/// A polygon with attributes: green, parcel, zone, project.
#[derive(Debug, Clone)]
pub struct Patch {
    /// Stable id.
    pub id: Box<str>,
    /// Dense number.
    pub index: u32,
    /// Outline, valid; may be empty.
    pub outline: MultiPolygon<f64>,
    /// Bounds of the outline.
    pub bounds: Box2,
    /// Area of the outline, m².
    pub area_m2: f64,
    /// All attributes: there are few patches.
    pub attributes: Attributes,
    /// True for what a scenario makes.
    pub is_proposal: bool,
}

impl Patch {
    /// A patch of an outline.
    pub fn new(id: &str, index: u32, outline: MultiPolygon<f64>, attributes: Attributes) -> Self {
        Self {
            id: id.into(),
            index,
            bounds: Box2::of(&outline),
            area_m2: area_m2(&outline),
            outline,
            attributes,
            is_proposal: false,
        }
    }
}

/// A point with attributes: a tree.
#[derive(Debug, Clone)]
pub struct Spot {
    /// Stable id.
    pub id: Box<str>,
    /// Dense number.
    pub index: u32,
    /// Position in plan, metres.
    pub position: [f64; 2],
    /// Attributes for rules.
    pub tags: Tags,
}

/// Names with small numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words(Vec<String>);

impl Words {
    /// Number of a name, new or known.
    pub fn number(&mut self, word: &str) -> u16 {
        let at = self.0.iter().position(|w| w == word).unwrap_or_else(|| {
            // a survey knows some dozen materials; whatever comes after 65,000 shares the last number
            if self.0.len() < usize::from(u16::MAX) {
                self.0.push(word.to_owned());
            }
            self.0.len() - 1
        });
        at as u16
    }

    /// Name of a number.
    pub fn name(&self, number: u16) -> &str {
        self.0.get(usize::from(number)).map_or("", String::as_str)
    }
}
