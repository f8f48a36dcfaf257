//! The recipe of the generated city: street classes, names, weights, pipe classes and projects, read from `assets/demo`.

use super::zoning::BlockKind;
use crate::SourceError;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// Class of a street, widest first; index of the per-class arrays of the recipe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum StreetClass {
    Trunk = 0,
    Main = 1,
    Secondary = 2,
    Branch = 3,
}

/// Widths and furnishing of a street class, metres.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct StreetSpec {
    pub(super) road_class: String,
    pub(super) zh: String,
    pub(super) redline_m: f64,
    pub(super) carriageway_m: f64,
    pub(super) lanes: u32,
    pub(super) tree_spacing_m: f64,
    pub(super) lamp_spacing_m: f64,
}

/// Names given to things.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Names {
    pub(super) title_zh: String,
    pub(super) title_en: String,
    pub(super) attribution: String,
    pub(super) main_street: String,
    pub(super) main_avenue: String,
    pub(super) ring: [String; 4],
    pub(super) river: String,
    pub(super) river_south: String,
    pub(super) river_north: String,
    pub(super) rail: String,
    pub(super) rail_west: String,
    pub(super) rail_east: String,
    pub(super) east_west: Vec<String>,
    pub(super) north_south: Vec<String>,
    pub(super) branch: Vec<String>,
    pub(super) estate: Vec<String>,
    pub(super) new_estate: Vec<String>,
    pub(super) village: Vec<String>,
    pub(super) works: Vec<String>,
    pub(super) institution: Vec<String>,
    pub(super) school: Vec<String>,
    pub(super) tower: Vec<String>,
}

/// A class of pipes and how it lies in a street.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct PipeSpec {
    pub(super) class: String,
    pub(super) zh: String,
    pub(super) side: f64,
    pub(super) offset_m: [f64; 4],
    pub(super) cover_m: f64,
    #[serde(default)]
    pub(super) diameter_mm: Option<[f64; 4]>,
    #[serde(default)]
    pub(super) width_mm: Option<[f64; 4]>,
    #[serde(default)]
    pub(super) height_mm: Option<[f64; 4]>,
    pub(super) material: String,
    pub(super) old_material: String,
    pub(super) laying: String,
    pub(super) spacing_m: f64,
    pub(super) node: String,
    pub(super) year_from: u32,
}

/// Record of a renewal project and where its footprint is taken from.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct ProjectSpec {
    pub(super) name: String,
    pub(super) place: String,
    pub(super) max_blocks: usize,
    pub(super) project_class: String,
    pub(super) way: String,
    pub(super) stage: String,
    pub(super) progress: String,
    pub(super) investment_cny: f64,
    pub(super) done: f64,
    pub(super) unit: String,
    pub(super) year_start: u32,
    pub(super) year_end: u32,
    pub(super) problem: String,
    pub(super) review_status: String,
}

#[derive(Deserialize)]
struct StreetsFile {
    classes: [StreetSpec; 4],
}

#[derive(Deserialize)]
struct ZonesFile {
    characters: BTreeMap<String, BTreeMap<BlockKind, f64>>,
}

#[derive(Deserialize)]
struct PipesFile {
    classes: Vec<PipeSpec>,
}

#[derive(Deserialize)]
struct ProjectsFile {
    projects: Vec<ProjectSpec>,
}

/// Everything that is data.
#[derive(Debug, Clone)]
pub(super) struct Recipe {
    pub(super) streets: [StreetSpec; 4],
    pub(super) names: Names,
    pub(super) characters: BTreeMap<String, BTreeMap<BlockKind, f64>>,
    pub(super) pipes: Vec<PipeSpec>,
    pub(super) projects: Vec<ProjectSpec>,
}

fn parse<'a, T: Deserialize<'a>>(name: &str, text: &'a str) -> Result<T, SourceError> {
    serde_json::from_str(text).map_err(|err| {
        let at = format!("line {}", err.line());
        SourceError::malformed("demo recipe", Path::new(name), at, err.to_string())
    })
}

impl Recipe {
    /// Reads the recipe that is built into the program.
    ///
    /// # Errors
    /// [`SourceError::Malformed`] when a recipe file has a mistake.
    pub(super) fn load() -> Result<Self, SourceError> {
        Ok(Self {
            streets: parse::<StreetsFile>("streets.json", include_str!("../../../../assets/demo/streets.json"))?
                .classes,
            names: parse("names.json", include_str!("../../../../assets/demo/names.json"))?,
            characters: parse::<ZonesFile>("zones.json", include_str!("../../../../assets/demo/zones.json"))?
                .characters,
            pipes: parse::<PipesFile>("pipes.json", include_str!("../../../../assets/demo/pipes.json"))?.classes,
            projects: parse::<ProjectsFile>("projects.json", include_str!("../../../../assets/demo/projects.json"))?
                .projects,
        })
    }

    /// Parameters of a street class.
    pub(super) fn street(&self, class: StreetClass) -> &StreetSpec {
        &self.streets[class as usize]
    }

    /// Half of the carriageway of a street class, metres.
    pub(super) fn half_carriageway(&self, class: StreetClass) -> f64 {
        self.street(class).carriageway_m * 0.5
    }

    /// Half of the right of way of a street class, metres.
    pub(super) fn half_redline(&self, class: StreetClass) -> f64 {
        self.street(class).redline_m * 0.5
    }

    /// Parameters of a pipe class.
    pub(super) fn pipe(&self, class: &str) -> Option<&PipeSpec> {
        self.pipes.iter().find(|p| p.class == class)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_recipe_is_whole() {
        let recipe = Recipe::load().unwrap();
        assert!(recipe.projects.len() >= 20);
        assert!(recipe.streets.windows(2).all(|w| w[0].redline_m > w[1].redline_m));
        for pipe in &recipe.pipes {
            assert!(
                pipe.diameter_mm.is_some() || (pipe.width_mm.is_some() && pipe.height_mm.is_some()),
                "{}",
                pipe.class
            );
            for (i, offset) in pipe.offset_m.iter().enumerate() {
                assert!(
                    *offset < recipe.streets[i].redline_m * 0.5,
                    "{} lies beyond the middle",
                    pipe.class
                );
            }
        }
    }
}
