//! What the store holds near an area, as the world of the indicator kernel.

use super::plan::plan;
use crate::http::Snapshot;
use analysis::facts::{Assumptions, BuildingFacts};
use analysis::geometry::Box2;
use analysis::world::{Building, Layers, Patch, Pipe, Spot, Tags, Words, World, tags};
use city_model::attributes::{USE_KEYS, YEAR_KEYS, first_number, text};
use city_model::scenario::PROPOSALS_LAYER;
use city_model::{Attributes, Feature, FeatureClass, FeatureIndex, LevelReference, Shape, layers};
use glam::DVec3;
use rayon::prelude::*;
use scene_store::{FeatureKey, FeatureQuery, ProposalFilter, SceneStore, StoreError};
use std::collections::HashSet;

/// Features read at once.
const PAGE: u32 = 20_000;
/// Attributes that a part takes over from a building without a shape of its own.
pub(crate) const HANDED_DOWN: &[&[&str]] = &[USE_KEYS, YEAR_KEYS, &["name", "estate", "danger_class", "protection"]];

/// Reads features into worlds.
pub(crate) struct Reader<'a> {
    pub(crate) store: &'a dyn SceneStore,
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) assumptions: Assumptions,
    /// Attribute keys that rules ask for.
    pub(crate) wanted: &'a [String],
}

/// Lists of a world while it is filled.
#[derive(Default)]
struct Lists {
    buildings: Vec<Building>,
    pipes: Vec<Pipe>,
    greens: Vec<Patch>,
    parcels: Vec<Patch>,
    zones: Vec<Patch>,
    projects: Vec<Patch>,
    trees: Vec<Spot>,
    words: Words,
}

impl Reader<'_> {
    /// Everything in a box (min x, min y, max x, max y in the scene CRS), or in the whole city, and every zone.
    pub(super) fn world(&self, within: Option<[f64; 4]>) -> Result<World, StoreError> {
        let mut features = match within {
            Some(bbox) => self.in_box(bbox)?,
            None => self.all()?,
        };
        features.retain(|f| f.class != FeatureClass::Zone);
        features.extend(self.page(Some(layers::layer_of(FeatureClass::Zone, None).code), None)?);
        features.sort_unstable_by_key(|f| f.index);
        let bodies: HashSet<&str> = features
            .iter()
            .filter(|f| f.class == FeatureClass::Building && !f.geometry.is_empty())
            .map(|f| f.id.as_str())
            .collect();
        let mut lists = Lists::default();
        let buildings: Vec<Building> = features
            .par_iter()
            .filter(|f| is_building(f))
            .map(|f| {
                self.building(
                    f,
                    f.parent.as_deref().is_some_and(|p| bodies.contains(p)),
                    &f.attributes,
                )
            })
            .collect::<Result<_, _>>()?;
        for feature in features.iter().filter(|f| !is_building(f)) {
            self.add(feature, &mut lists);
        }
        Ok(World {
            buildings: buildings.into(),
            pipes: lists.pipes.into(),
            greens: lists.greens.into(),
            parcels: lists.parcels.into(),
            zones: lists.zones.into(),
            projects: lists.projects.into(),
            trees: lists.trees.into(),
            has: self.has()?,
            words: lists.words,
        })
    }

    /// Adds the features with the numbers `from..to` that lie in the box: proposals that came since.
    pub(super) fn grow(
        &self,
        world: &mut World,
        from: u32,
        to: u32,
        within: Option<[f64; 4]>,
    ) -> Result<(), StoreError> {
        let mut lists = Lists {
            words: world.words.clone(),
            ..Lists::default()
        };
        for index in from..to {
            let Some(stored) = self.store.feature(FeatureKey::Index(FeatureIndex(index)))? else {
                continue;
            };
            let b = stored.bounds;
            let is_near =
                within.is_none_or(|[x0, y0, x1, y1]| b.max.x >= x0 && b.min.x <= x1 && b.max.y >= y0 && b.min.y <= y1);
            if !is_near {
                continue;
            }
            let feature = stored.feature;
            if is_building(&feature) {
                let stands_on_another = self.stands_on_another(&feature)?;
                lists
                    .buildings
                    .push(self.building(&feature, stands_on_another, &feature.attributes)?);
            } else {
                self.add(&feature, &mut lists);
            }
        }
        lists.buildings.into_iter().for_each(|b| world.buildings.push(b));
        lists.pipes.into_iter().for_each(|p| world.pipes.push(p));
        lists.greens.into_iter().for_each(|p| world.greens.push(p));
        lists.parcels.into_iter().for_each(|p| world.parcels.push(p));
        lists.zones.into_iter().for_each(|p| world.zones.push(p));
        lists.projects.into_iter().for_each(|p| world.projects.push(p));
        lists.trees.into_iter().for_each(|t| world.trees.push(t));
        world.words = lists.words;
        world.has = self.has()?;
        Ok(())
    }

    /// Figures and tags of a building with its attributes changed.
    pub(super) fn changed(
        &self,
        feature: &Feature,
        attributes: &Attributes,
    ) -> Result<(BuildingFacts, Tags), StoreError> {
        let stands_on_another = self.stands_on_another(feature)?;
        let building = self.building(feature, stands_on_another, attributes)?;
        Ok((building.facts, building.tags))
    }

    /// A building by itself.
    pub(crate) fn one_building(&self, feature: &Feature) -> Result<Building, StoreError> {
        self.building(feature, self.stands_on_another(feature)?, &feature.attributes)
    }

    /// True when its parent has a body itself, whose ground and figures are counted with the parent.
    fn stands_on_another(&self, feature: &Feature) -> Result<bool, StoreError> {
        let Some(parent) = feature.parent.as_deref() else {
            return Ok(false);
        };
        let parent = self.store.feature(FeatureKey::Id(parent))?;
        Ok(parent.is_some_and(|p| !p.feature.geometry.is_empty()))
    }

    fn page(&self, layer_code: Option<u8>, bbox_scene: Option<[f64; 4]>) -> Result<Vec<Feature>, StoreError> {
        let mut found = Vec::new();
        loop {
            let query = FeatureQuery {
                layer_code,
                bbox_scene,
                limit: PAGE,
                offset: found.len() as u32,
                proposals: ProposalFilter::With,
            };
            let page = self.store.features(&query)?;
            let is_last = page.features.len() < PAGE as usize;
            found.extend(page.features.into_iter().map(|f| f.feature));
            if is_last {
                return Ok(found);
            }
        }
    }

    fn in_box(&self, bbox: [f64; 4]) -> Result<Vec<Feature>, StoreError> {
        let mut found = self.page(None, Some(bbox))?;
        found.retain(is_wanted);
        Ok(found)
    }

    fn all(&self) -> Result<Vec<Feature>, StoreError> {
        let heads = self.store.heads()?;
        let wanted: Vec<FeatureIndex> = heads
            .iter()
            .filter(|h| is_wanted_class(h.class))
            .map(|h| h.index)
            .collect();
        let chunks: Vec<Vec<Feature>> = wanted
            .par_chunks(4096)
            .map(|chunk| self.store.fetch(chunk))
            .collect::<Result<_, _>>()?;
        Ok(chunks.into_iter().flatten().collect())
    }

    fn has(&self) -> Result<Layers, StoreError> {
        let counts = self.store.layer_counts()?;
        let has = |class: FeatureClass| {
            let code = layers::layer_of(class, None).code;
            counts.iter().any(|c| c.code == code && c.num_features > 0)
        };
        Ok(Layers {
            buildings: has(FeatureClass::Building),
            pipes: counts
                .iter()
                .any(|c| c.code >= layers::FIRST_PIPE_CODE && c.num_features > 0),
            greens: has(FeatureClass::PlantCover),
            parcels: has(FeatureClass::LandUse),
            projects: has(FeatureClass::Project),
        })
    }

    fn building(&self, f: &Feature, stands_on_another: bool, attributes: &Attributes) -> Result<Building, StoreError> {
        let footprint = plan(f);
        let footprint_m2 = analysis::geometry::area_m2(&footprint);
        let is_proposal = f.layer == PROPOSALS_LAYER;
        let mut attributes = attributes.clone();
        if let Some(parent) = f.parent.as_deref().filter(|_| !stands_on_another)
            && let Some(parent) = self.store.feature(FeatureKey::Id(parent))?
        {
            for keys in HANDED_DOWN {
                if !keys.iter().any(|k| attributes.contains_key(*k)) {
                    let found = keys.iter().find_map(|k| parent.feature.attributes.get_key_value(*k));
                    attributes.extend(found.map(|(k, v)| (k.clone(), v.clone())));
                }
            }
        }
        let facts = BuildingFacts::read(
            &attributes,
            (footprint_m2 > 0.0).then_some(footprint_m2),
            body_height_m(f),
            !stands_on_another,
            &self.assumptions,
        );
        let mut building = Building::new(&f.id, f.index.0, footprint, facts);
        if footprint_m2 == 0.0 {
            let middle = f.bounds().center();
            building.center = if middle.is_finite() {
                [middle.x, middle.y]
            } else {
                [f64::NAN; 2]
            };
            building.bounds = Box2::around([building.center]);
        }
        building.covers_ground = !stands_on_another;
        building.is_proposal = is_proposal;
        building.tags = tags(&attributes, self.wanted);
        Ok(building)
    }

    fn add(&self, f: &Feature, lists: &mut Lists) {
        let is_proposal = f.layer == PROPOSALS_LAYER;
        let patch = || Patch {
            is_proposal,
            ..Patch::new(&f.id, f.index.0, plan(f), f.attributes.clone())
        };
        match f.class {
            FeatureClass::PlantCover => {
                if is_park(f) {
                    let mut park = patch();
                    park.attributes.insert("land_use".to_owned(), "park".into());
                    lists.parcels.push(park);
                }
                lists.greens.push(patch());
            }
            FeatureClass::LandUse => lists.parcels.push(patch()),
            FeatureClass::Zone => lists.zones.push(patch()),
            FeatureClass::Project => lists.projects.push(patch()),
            FeatureClass::Tree => {
                let tags = tags(&f.attributes, self.wanted);
                let middle = f.bounds().center();
                // thousands of street trees say nothing that a rule asks for
                if !tags.is_empty() && middle.is_finite() {
                    let position = [middle.x, middle.y];
                    lists.trees.push(Spot {
                        id: f.id.as_str().into(),
                        index: f.index.0,
                        position,
                        tags,
                    });
                }
            }
            FeatureClass::Pipe => {
                for line in f.geometry.finest().filter_map(|shape| match shape {
                    Shape::Line(line) => Some(line),
                    _ => None,
                }) {
                    let pipe = self.pipe(f, line, &mut lists.words);
                    lists.pipes.push(pipe);
                }
            }
            _ => {}
        }
    }

    fn pipe(&self, f: &Feature, line: &city_model::Line, words: &mut Words) -> Pipe {
        let below = line.reference == LevelReference::BelowTerrain;
        let height = |p: &DVec3| {
            if below {
                self.snapshot.ground_m(p.truncate()) + p.z
            } else {
                p.z
            }
        };
        let points: Box<[[f64; 3]]> = line
            .points
            .iter()
            .filter(|p| p.is_finite())
            .map(|p| [p.x, p.y, height(p)])
            .collect();
        Pipe {
            id: f.id.as_str().into(),
            index: f.index.0,
            bounds: Box2::around(points.iter().map(|p| [p[0], p[1]])),
            points,
            has_levels: !below || !self.snapshot.terrain.is_empty(),
            class: words.number(&text(&f.attributes, "pipe_class").unwrap_or_else(|| "BM".to_owned())),
            material: text(&f.attributes, "material").map(|m| words.number(&m)),
            year: first_number(&f.attributes, YEAR_KEYS)
                .map(|y| y as i32)
                .or_else(|| f.lifespan.from.map(city_model::Date::year)),
            is_proposal: f.layer == PROPOSALS_LAYER,
            tags: tags(&f.attributes, self.wanted),
        }
    }
}

fn is_building(f: &Feature) -> bool {
    matches!(f.class, FeatureClass::Building | FeatureClass::BuildingPart) && !f.geometry.is_empty()
}

/// True for planted ground that says itself that it is a park, as OpenStreetMap does: such data has no parcel for it,
/// which is what rules on parks look at.
fn is_park(f: &Feature) -> bool {
    !f.attributes.contains_key("land_use") && text(&f.attributes, "leisure").is_some_and(|leisure| leisure == "park")
}

const fn is_wanted_class(class: FeatureClass) -> bool {
    matches!(
        class,
        FeatureClass::Building
            | FeatureClass::BuildingPart
            | FeatureClass::Pipe
            | FeatureClass::PlantCover
            | FeatureClass::LandUse
            | FeatureClass::Project
            | FeatureClass::Tree
            | FeatureClass::Zone
    )
}

fn is_wanted(f: &Feature) -> bool {
    is_wanted_class(f.class)
}

/// Height of the body, metres.
fn body_height_m(f: &Feature) -> Option<f64> {
    let of = |shape: &Shape| match shape {
        Shape::Extrusion(e) => Some(e.height_m + e.roof.rise_m()),
        Shape::Surfaces(_) | Shape::Instance { .. } => {
            let b = shape.bounds();
            (!b.is_empty()).then(|| b.size().z)
        }
        _ => None,
    };
    f.geometry
        .finest()
        .filter_map(of)
        .filter(|h| *h > 0.0)
        .max_by(f64::total_cmp)
}
