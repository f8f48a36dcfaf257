//! Renewal projects and zones: a translucent fill draped on the terrain, and a low glass wall around it.
//!
//! The age byte of `_SURFACE` carries [`city_model::style::ProjectStage`], so that the shader patterns the fill (dashes, moving hatch,
//! solid). On walls `_FACADE` is (along the perimeter, above the ground) in 1/32 m; along restarts every 1,024 m.

use crate::ground::LEAF_TERRAIN_ERROR_M;
use crate::ground::drape::{Draper, Lift};
use crate::plan::{PlanPolygon, PlanVertex, PolygonTrouble, rect};
use crate::record::{FeatureTag, PackedPoints};
use crate::terrain::{TerrainSampler, Tin, TinOptions};
use crate::{BuiltTile, FaceStyle, FeatureHead, GroupBuilder, Rect, Terrain, TileContext, TileMesh, Triangulator};
use city_model::{
    BuildingUse, Feature, FeatureClass, LayerGroup, Report, Shape, SurfaceKind, SurfaceStyle, attributes, layers,
    style::ProjectStatus,
};
use glam::DVec2;
use serde::{Deserialize, Serialize};

/// Height of the glass wall, metres.
pub const WALL_M: f64 = 3.0;
/// Height of the fill above the ground, on top of the error of the terrain under it, metres.
pub const FILL_ABOVE_M: f64 = 0.4;
/// Part of its bounds that a project's polygon fills.
const POLYGON_SHARE: f64 = 0.7;
/// Encoded bytes of the fill over a terrain triangle and of the walls that cross it.
const TRIANGLE_BYTES: f64 = 24.0;
const FILL_ALPHA: u8 = 64;
const WALL_ALPHA: u8 = 120;
/// Along-values restart at multiples of this length, metres.
const ALONG_PERIOD_M: f64 = 1024.0;

/// Builds the [`LayerGroup::Projects`] tiles.
#[derive(Debug, Clone, Copy, Default)]
pub struct ProjectBuilder;

/// One polygon of a project; also the record for coarser tiles.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct AreaRecord {
    tag: FeatureTag,
    rgb: [u8; 3],
    stage: u8,
    rings: Vec<PackedPoints>,
    error_m: f64,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
struct ProjectSummary {
    dropped_m: f64,
    areas: Vec<AreaRecord>,
}

impl GroupBuilder for ProjectBuilder {
    fn group(&self) -> LayerGroup {
        LayerGroup::Projects
    }

    fn version(&self) -> u32 {
        5
    }

    fn feature_bytes(&self, head: &FeatureHead) -> u32 {
        head.geometry_bytes.saturating_mul(4).saturating_add(5_000)
    }

    fn ground_bytes(&self, head: &FeatureHead, terrain: &Terrain) -> u64 {
        let plan = Rect {
            min: head.bounds.min.truncate(),
            max: head.bounds.max.truncate(),
        };
        // the number of triangles goes with one over the error
        let share = POLYGON_SHARE * LEAF_TERRAIN_ERROR_M / ground_error_m(plan.size().max_element());
        // the cast saturates
        (terrain.triangles_in(&plan) * share * TRIANGLE_BYTES) as u64
    }

    fn leaf(&self, tile: &TileContext<'_>, features: &[Feature]) -> BuiltTile {
        let mut report = Report::default();
        let mut areas = Vec::new();
        for feature in features {
            for polygon in polygons_of(feature) {
                match PlanPolygon::new(&polygon, DVec2::ZERO) {
                    Ok(_) => areas.push(area_of(feature, &polygon)),
                    Err(trouble) => issue(&mut report, &feature.id, trouble),
                }
            }
        }
        let (mesh, error_m) = draw(tile, &areas, 0.0, &mut report);
        let summary = postcard::to_stdvec(&ProjectSummary { dropped_m: 0.0, areas }).unwrap_or_default();
        BuiltTile {
            mesh,
            geometric_error_m: error_m,
            summary,
            report,
        }
    }

    fn stand_in(&self, tile: &TileContext<'_>, children: &[&[u8]]) -> BuiltTile {
        let mut all = ProjectSummary::default();
        for child in children
            .iter()
            .filter_map(|bytes| postcard::from_bytes::<ProjectSummary>(bytes).ok())
        {
            all.dropped_m = all.dropped_m.max(child.dropped_m);
            all.areas.extend(child.areas);
        }
        all.areas.sort_by_key(|a| a.tag.index);
        let mut error_m = tile.target_error_m.max(0.5);
        let mut attempt = 0;
        loop {
            let (areas, dropped_m) = coarser(&all.areas, error_m);
            let dropped_m = dropped_m.max(all.dropped_m);
            let (mesh, drawn_m) = draw(tile, &areas, error_m, &mut Report::default());
            attempt += 1;
            let bytes = mesh.positions.len() as u64 * 11 + mesh.num_triangles() as u64 * 2;
            if bytes > u64::from(tile.target_bytes) && attempt < 8 {
                error_m *= 1.5;
                continue;
            }
            let moved_m = areas.iter().map(|a| a.error_m).fold(drawn_m, f64::max);
            let summary = postcard::to_stdvec(&ProjectSummary { dropped_m, areas }).unwrap_or_default();
            return BuiltTile {
                mesh,
                geometric_error_m: moved_m.max(dropped_m),
                summary,
                report: Report::default(),
            };
        }
    }
}

/// Vertical error of the ground under an area of `size_m` at full detail, metres. A translucent fill shows less of the
/// ground than the ground itself, and viewers draw it before what it lies on.
fn ground_error_m(size_m: f64) -> f64 {
    (size_m / 1500.0).clamp(0.4, 2.0)
}

fn issue(report: &mut Report, id: &str, trouble: PolygonTrouble) {
    let code = format!("projects/{}", trouble.code());
    if trouble == PolygonTrouble::SelfCrossing {
        report.warn(&code, Some(id), None, trouble.message());
    } else {
        report.error(&code, Some(id), None, trouble.message());
    }
}

/// Plan polygons of a feature, scene CRS.
fn polygons_of(feature: &Feature) -> Vec<Vec<Vec<DVec2>>> {
    let mut polygons = Vec::new();
    for shape in feature.geometry.finest() {
        match shape {
            Shape::Footprint(footprint) => polygons.extend(footprint.polygons.iter().cloned()),
            Shape::Surfaces(mesh) => {
                let ring = |r: &Vec<u32>| {
                    r.iter()
                        .filter_map(|v| mesh.vertices.get(*v as usize))
                        .map(|v| v.truncate())
                        .collect()
                };
                polygons.extend(mesh.surfaces.iter().map(|s| s.rings.iter().map(ring).collect()));
            }
            Shape::Extrusion(extrusion) => polygons.push(extrusion.rings.clone()),
            Shape::Line(_) | Shape::Point(_) | Shape::Instance { .. } => {}
        }
    }
    polygons
}

fn area_of(feature: &Feature, polygon: &[Vec<DVec2>]) -> AreaRecord {
    let text = |key| attributes::text(&feature.attributes, key).unwrap_or_default();
    let status = if feature.class == FeatureClass::Project {
        ProjectStatus::guess(&text("stage"), &text("exit"))
    } else {
        ProjectStatus::Unknown
    };
    let rgb = if status == ProjectStatus::Unknown {
        layers::layer_of(feature.class, None).rgb
    } else {
        status.rgb()
    };
    AreaRecord {
        tag: FeatureTag::of(feature, WALL_M),
        rgb,
        stage: status.stage() as u8,
        rings: polygon
            .iter()
            .map(|ring| PackedPoints::pack(ring.iter().map(|p| p.extend(0.0))))
            .collect(),
        error_m: 0.0,
    }
}

fn plan_of(area: &AreaRecord, origin: DVec2) -> Result<PlanPolygon, PolygonTrouble> {
    let rings: Vec<Vec<DVec2>> = area
        .rings
        .iter()
        .map(|r| r.unpack().into_iter().map(|p| p.truncate()).collect())
        .collect();
    PlanPolygon::new(&rings, origin)
}

/// Simplified areas for a tile of `error_m`, and the size of the greatest one left out.
fn coarser(areas: &[AreaRecord], error_m: f64) -> (Vec<AreaRecord>, f64) {
    let (mut kept, mut dropped_m) = (Vec::new(), 0.0f64);
    for area in areas {
        let Ok(polygon) = plan_of(area, DVec2::ZERO) else {
            continue;
        };
        let size_m = polygon.area_m2().sqrt();
        match polygon.simplified(error_m * 0.3) {
            Some((simple, moved_m)) if size_m > error_m => kept.push(AreaRecord {
                rings: simple
                    .rings()
                    .iter()
                    .map(|r| PackedPoints::pack(r.iter().map(|p| p.extend(0.0))))
                    .collect(),
                error_m: area.error_m + moved_m,
                ..area.clone()
            }),
            _ => dropped_m = dropped_m.max(size_m),
        }
    }
    (kept, dropped_m)
}

/// Draws areas, each on a triangulation of the ground under it; returns the error of those grounds and walls, metres.
fn draw(tile: &TileContext<'_>, areas: &[AreaRecord], error_m: f64, report: &mut Report) -> (TileMesh, f64) {
    let sampler = TerrainSampler::new(tile.terrain);
    let (mut mesh, mut cutter) = (TileMesh::default(), Triangulator::default());
    let mut worst_m = if error_m > 2.0 * WALL_M { WALL_M } else { 0.0 };
    let mut last: Option<(u32, u32)> = None;
    for area in areas {
        let bounds = rect::around(area.rings.iter().flat_map(|r| r.unpack()).map(|p| p.truncate())).grown(1.0);
        let Ok(polygon) = plan_of(area, bounds.center()) else {
            continue;
        };
        let step_m = sampler.finest_step_m(&bounds);
        let size_m = bounds.size().max_element();
        let options = TinOptions {
            rect: bounds,
            sample_step_m: step_m.unwrap_or(10.0),
            max_error_m: ground_error_m(size_m).max(error_m * 0.3),
            is_flat: tile.terrain.is_empty(),
        };
        let tin = Tin::build(&options, |p| sampler.height(p));
        worst_m = worst_m.max(tin.error_m);
        let slot = match last {
            Some((index, slot)) if index == area.tag.index => slot,
            _ => mesh.add_feature(area.tag.to_row()),
        };
        last = Some((area.tag.index, slot));
        let mut draper = Draper::new(&tin, tile.frame, sampler, step_m.unwrap_or(10.0).max(size_m / 64.0));
        // zones lie under projects; the terrain's own error is added, so that the ground never pierces the fill
        let is_zone = area.tag.class_code == FeatureClass::Zone.code();
        let fill_m = tin.error_m + if is_zone { FILL_ABOVE_M * 0.7 } else { FILL_ABOVE_M } + error_m * 0.1;
        let (triangles, trouble) = polygon.triangles(&mut cutter);
        if let Some(trouble) = trouble {
            issue(report, &area.tag.id, trouble);
        }
        for triangle in triangles {
            draper.lay(
                &mut mesh,
                &triangle.map(PlanVertex::bare),
                style(area, slot, SurfaceKind::ProjectFill),
                Lift::Above(fill_m),
                false,
            );
        }
        if error_m <= 2.0 * WALL_M {
            draw_walls(
                &mut draper,
                &mut mesh,
                &polygon,
                style(area, slot, SurfaceKind::ProjectWall),
                tin.error_m,
            );
        }
    }
    mesh.drop_unused_features();
    (mesh, worst_m)
}

/// The wall along every ring, seen from both sides.
fn draw_walls(draper: &mut Draper<'_>, mesh: &mut TileMesh, polygon: &PlanPolygon, style: FaceStyle, error_m: f64) {
    for ring in polygon.rings() {
        let mut along_m = 0.0;
        for (i, &a) in ring.iter().enumerate() {
            let b = ring[(i + 1) % ring.len()];
            let length_m = a.distance(b);
            let num_pieces = (length_m / (ALONG_PERIOD_M * 0.5)).ceil().clamp(1.0, 1024.0);
            for k in 0..num_pieces as u32 {
                let (from, to) = (
                    a.lerp(b, f64::from(k) / num_pieces),
                    a.lerp(b, f64::from(k + 1) / num_pieces),
                );
                let start_m = (along_m + length_m * f64::from(k) / num_pieces) % ALONG_PERIOD_M;
                draper.wall(mesh, from, to, 0.0, WALL_M + error_m, start_m, style);
                draper.wall(mesh, to, from, 0.0, WALL_M + error_m, start_m, style);
            }
            along_m += length_m;
        }
    }
}

fn style(area: &AreaRecord, slot: u32, kind: SurfaceKind) -> FaceStyle {
    let surface = SurfaceStyle {
        kind,
        building_use: BuildingUse::Unknown,
        storey_height_dm: 0,
        age_code: area.stage,
        openness: 255,
    };
    let [r, g, b] = area.rgb;
    let alpha = if kind == SurfaceKind::ProjectWall {
        WALL_ALPHA
    } else {
        FILL_ALPHA
    };
    FaceStyle {
        slot,
        color: [r, g, b, alpha],
        surface: surface.to_bytes(),
    }
}

#[cfg(test)]
mod tests;
