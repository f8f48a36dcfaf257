//! The generated demonstration city: a district of the central plains, the same for the same seed.
//!
//! Streets, blocks, buildings, pipes, terrain and renewal projects are made superblock by superblock in EPSG:4547, so
//! that memory does not grow with the city. What is data (names, widths, weights, pipe classes, projects) is in
//! `assets/demo`. Every figure is invented; whoever shows the city must say that it is generated.

mod blocks;
mod city;
mod geom;
mod lattice;
mod layout;
mod pipes;
mod projects;
mod recipe;
mod records;
mod rng;
mod solids;
mod streets;
mod terrain;
mod views;
mod water;
mod zoning;

use crate::{DatasetInfo, FeatureSink, SourceError};
use city::City;
use city_model::manifest::LocalText;
use city_model::{Crs, Feature, Report};
use rayon::prelude::*;
use recipe::Recipe;
use std::collections::BTreeMap;
use std::path::Path;
pub use views::DemoView;

/// CRS of the generated coordinates.
pub const CRS: &str = "EPSG:4547";
/// Fewest and most buildings.
pub const BUILDINGS: std::ops::RangeInclusive<u32> = 2_000..=1_000_000;
/// Superblocks made at a time: bounds the memory of the generator.
const BATCH: usize = 12;

/// What to generate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DemoOptions {
    /// Number of buildings, parts not counted; taken into [`BUILDINGS`].
    pub buildings: u32,
    /// Seed: the same seed and number give the same city.
    pub seed: u64,
}

impl Default for DemoOptions {
    fn default() -> Self {
        Self {
            buildings: 8_000,
            seed: 1,
        }
    }
}

/// What was generated.
#[derive(Debug, Clone, PartialEq)]
pub struct DemoSummary {
    /// Shown wherever the city is shown.
    pub title: LocalText,
    /// Always true.
    pub is_generated: bool,
    /// Buildings, parts not counted.
    pub num_buildings: u64,
    /// Features by class name.
    pub counts: BTreeMap<&'static str, u64>,
    /// Pipes by class code.
    pub pipes: BTreeMap<String, u64>,
    /// Fixed views in EPSG:4547.
    pub views: Vec<DemoView>,
}

/// Generates a city into `sink`: `begin`, one terrain grid, then the features.
///
/// * `options.buildings` outside [`BUILDINGS`] is brought to the nearest end, with a warning in `report`
///
/// # Errors
/// [`SourceError::Sink`] when the consumer stops, [`SourceError::Malformed`] when the built-in recipe has a mistake.
pub fn generate(
    options: &DemoOptions,
    sink: &mut dyn FeatureSink,
    report: &mut Report,
) -> Result<DemoSummary, SourceError> {
    let recipe = Recipe::load()?;
    let buildings = options.buildings.clamp(*BUILDINGS.start(), *BUILDINGS.end());
    if buildings != options.buildings {
        report.warn(
            "demo/buildings-out-of-range",
            None,
            None,
            format!("{} buildings asked for, {buildings} made", options.buildings),
        );
    }
    let stop = SourceError::sink(Path::new("demo"));
    let (lattice, blocks) = zoning::plan(options.seed, buildings, &recipe);
    let city = City::new(options.seed, recipe, lattice, blocks);
    let names = &city.recipe.names;
    let title = LocalText {
        zh: names.title_zh.clone(),
        en: names.title_en.clone(),
    };
    let crs = Crs::parse(CRS).map_err(|err| SourceError::Crs {
        path: "demo".into(),
        reason: err.to_string(),
    })?;
    sink.begin(&DatasetInfo {
        crs: Some(crs),
        title: Some(title.zh.clone()),
        attribution: Some(names.attribution.clone()),
        licence: Some("CC0-1.0".to_owned()),
    })
    .map_err(stop)?;
    sink.terrain(city.ground.grid(&city.lattice)).map_err(stop)?;
    let mut summary = DemoSummary {
        title,
        is_generated: true,
        num_buildings: 0,
        counts: BTreeMap::new(),
        pipes: BTreeMap::new(),
        views: views::fixed(&city),
    };
    let mut deliver = |features: Vec<Feature>, report: &mut Report| -> Result<(), SourceError> {
        for feature in features {
            *summary.counts.entry(feature.class.as_str()).or_default() += 1;
            if feature.class == city_model::FeatureClass::Pipe
                && let Some(class) = feature.attributes.get("pipe_class").and_then(|v| v.as_str())
            {
                *summary.pipes.entry(class.to_owned()).or_default() += 1;
            }
            report.features_read += 1;
            sink.feature(feature).map_err(stop)?;
        }
        Ok(())
    };
    let mut first = Vec::new();
    projects::emit(&city, &mut first);
    water::fields(&city, &mut first);
    deliver(first, report)?;
    let (columns, rows) = (city.lattice.columns(), city.lattice.rows());
    let cells: Vec<(usize, usize)> = (0..=rows).flat_map(|j| (0..=columns).map(move |i| (i, j))).collect();
    for batch in cells.chunks(BATCH) {
        let made: Vec<Vec<Feature>> = batch.par_iter().map(|(i, j)| superblock(&city, *i, *j)).collect();
        for features in made {
            deliver(features, report)?;
        }
    }
    summary.num_buildings = summary.counts.get("Building").copied().unwrap_or(0);
    Ok(summary)
}

/// Everything that a superblock owns: its streets to the south and west and inside, its blocks, its corridor.
fn superblock(city: &City, i: usize, j: usize) -> Vec<Feature> {
    let mut out = Vec::new();
    streets::emit(city, i, j, &mut out);
    water::emit(city, i, j, &mut out);
    pipes::emit_streets(city, i, j, &mut out);
    if i < city.lattice.columns() && j < city.lattice.rows() {
        for block in city.blocks_of(i, j) {
            let built = blocks::emit(city, block, &mut out);
            pipes::emit_block(city, block, &built, &mut out);
        }
    }
    out
}
