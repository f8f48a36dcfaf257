//! Trees, lamps and street furniture: low-poly bodies near, eight triangles a tree farther away, thinned out beyond.

pub mod tree;

use crate::record::{FeatureTag, jitter, jittered};
use crate::terrain::TerrainSampler;
use crate::{BuiltTile, FaceStyle, FeatureHead, GroupBuilder, TileContext, TileMesh, Triangulator, bodies};
use city_model::{
    BuildingUse, Feature, FeatureClass, LayerGroup, PointKind, Report, Shape, SurfaceKind, SurfaceStyle, layers,
};
use glam::DVec3;
use serde::{Deserialize, Serialize};
use tree::{PlantBody, PlantRecord};

/// Builds the [`LayerGroup::Vegetation`] tiles.
#[derive(Debug, Clone, Copy, Default)]
pub struct VegetationBuilder;

/// Encoded bytes of one stand-in tree with its row in the property table, rounded up; leaves of whole trees come to 0.87 of
/// their estimate in the generated city.
const STAND_IN_BYTES: u32 = 130;

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
struct PlantSummary {
    /// Greatest thing left out below, metres.
    dropped_m: f64,
    plants: Vec<PlantRecord>,
}

impl GroupBuilder for VegetationBuilder {
    fn group(&self) -> LayerGroup {
        LayerGroup::Vegetation
    }

    fn version(&self) -> u32 {
        3
    }

    fn feature_bytes(&self, head: &FeatureHead) -> u32 {
        // a tree is some forty vertices whatever its record weighs; polygons of source solids weigh what they weigh
        460 + head.geometry_bytes.saturating_sub(100)
    }

    fn leaf(&self, tile: &TileContext<'_>, features: &[Feature]) -> BuiltTile {
        let sampler = TerrainSampler::new(tile.terrain);
        let (mut mesh, mut report, mut summary) = (TileMesh::default(), Report::default(), PlantSummary::default());
        let mut cutter = Triangulator::default();
        for feature in features {
            let slot = mesh.add_feature(FeatureTag::of(feature, 0.0).to_row());
            for shape in feature.geometry.finest() {
                match shape {
                    Shape::Point(point) => match tree::plant_of(feature, point, &sampler) {
                        Some(plant) => {
                            mesh.features[slot as usize].height_m = plant.tag.height_m;
                            if let Some(at) = tile.frame.local(DVec3::from_array(plant.at)) {
                                tree::draw(&mut mesh, &plant, at.as_vec3(), slot);
                            }
                            summary.plants.push(plant);
                        }
                        None => report.error(
                            "vegetation/position-not-finite",
                            Some(&feature.id),
                            None,
                            "the position or size is not finite; it is left out",
                        ),
                    },
                    _ => {
                        let style = solid_style(feature, slot);
                        let code = "vegetation/surface-without-area";
                        let size_m = bodies::solid(
                            &mut mesh,
                            tile.frame,
                            feature,
                            shape,
                            style,
                            &mut cutter,
                            code,
                            &mut report,
                        );
                        summary.dropped_m = summary.dropped_m.max(size_m);
                    }
                }
            }
        }
        mesh.drop_unused_features();
        BuiltTile {
            mesh,
            geometric_error_m: 0.0,
            summary: postcard::to_stdvec(&summary).unwrap_or_default(),
            report,
        }
    }

    fn stand_in(&self, tile: &TileContext<'_>, children: &[&[u8]]) -> BuiltTile {
        let mut all = PlantSummary::default();
        for child in children
            .iter()
            .filter_map(|bytes| postcard::from_bytes::<PlantSummary>(bytes).ok())
        {
            all.dropped_m = all.dropped_m.max(child.dropped_m);
            all.plants.extend(child.plants);
        }
        let mut dropped_m = all.dropped_m;
        let mut kept: Vec<PlantRecord> = Vec::new();
        for plant in all.plants {
            if plant.body.size_m() > tile.target_error_m * thinning(plant.body) {
                kept.push(plant);
            } else {
                dropped_m = dropped_m.max(plant.body.size_m());
            }
        }
        // which ones stay depends on the plant alone, so that a tree that shows far away shows near, too
        let most = (tile.target_bytes / STAND_IN_BYTES).max(1) as usize;
        kept.sort_by(|a, b| {
            let lot = |p: &PlantRecord| jitter(p.tag.index, 5);
            lot(a).total_cmp(&lot(b)).then(a.tag.index.cmp(&b.tag.index))
        });
        if kept.len() > most {
            let growth = (kept.len() as f64 / most as f64).sqrt().min(1.6);
            dropped_m = kept[most..].iter().map(|p| p.body.size_m()).fold(dropped_m, f64::max);
            kept.truncate(most);
            kept.iter_mut().for_each(|p| p.growth *= growth);
        }
        kept.sort_by_key(|p| p.tag.index);
        let mut mesh = TileMesh::default();
        let mut moved_m = 0.0f64;
        for plant in &kept {
            let slot = mesh.add_feature(plant.tag.to_row());
            if let Some(at) = tile.frame.local(DVec3::from_array(plant.at)) {
                moved_m = moved_m.max(tree::draw_stand_in(&mut mesh, plant, at.as_vec3(), slot));
            }
        }
        mesh.drop_unused_features();
        let summary = postcard::to_stdvec(&PlantSummary {
            dropped_m,
            plants: kept,
        })
        .unwrap_or_default();
        BuiltTile {
            mesh,
            geometric_error_m: moved_m.max(dropped_m),
            summary,
            report: Report::default(),
        }
    }
}

/// Share of the target error that a thing must be larger than to stay. Trees stay beyond it, fewer and fewer: leaving them
/// all out has the same error as leaving some out, and a city from afar is green in its parks and streets.
const fn thinning(body: PlantBody) -> f64 {
    match body {
        PlantBody::Tree { .. } => 0.05,
        PlantBody::Post { .. } | PlantBody::Block { .. } => 1.0,
    }
}

fn solid_style(feature: &Feature, slot: u32) -> FaceStyle {
    let kind = if feature.class == FeatureClass::Tree {
        SurfaceKind::Leaf
    } else {
        SurfaceKind::Plain
    };
    let rgb = layers::layer_of(feature.class, None).rgb;
    FaceStyle {
        slot,
        color: jittered(rgb, feature.index.0, 0.08),
        surface: surface_bytes(kind),
    }
}

fn surface_bytes(kind: SurfaceKind) -> [u8; 4] {
    SurfaceStyle {
        kind,
        building_use: BuildingUse::Unknown,
        storey_height_dm: 0,
        age_code: 0,
        openness: 255,
    }
    .to_bytes()
}

/// Size of a point thing, metres.
const fn kind_size(kind: PointKind) -> PlantBody {
    match kind {
        PointKind::Tree {
            height_m,
            crown_m,
            form,
        } => PlantBody::Tree {
            height_m,
            crown_m,
            form,
        },
        PointKind::Post { height_m } => PlantBody::Post { height_m },
        PointKind::Manhole { diameter_m, .. } => PlantBody::Block { size_m: diameter_m },
        PointKind::Chamber { width_m, .. } => PlantBody::Block { size_m: width_m },
        PointKind::Fitting { size_m } => PlantBody::Block { size_m },
        PointKind::Mark => PlantBody::Block { size_m: 0.4 },
    }
}

#[cfg(test)]
mod tests;
