//! The ground of a tile: terrain triangles and what lies on them, cut to both the tile and the triangles.
//!
//! Terrain without a DEM is the plane at height 0 or, better, the grid that [`crate::terrain::bases`] lays through the
//! feet of the features. Every cover polygon is triangulated, clipped to the tile and to each terrain triangle, and laid
//! on that triangle's plane at a height that depends on its place in the stack, so that two surfaces are never
//! coplanar.

pub mod bed;
pub mod cover;
pub mod drape;
pub mod strips;

use crate::plan::{PlanVertex, polyline, rect};
use crate::record::FeatureTag;
use crate::terrain::{TerrainSampler, Tin, TinOptions, skirt};
use crate::{
    Assignment, BuiltTile, FaceStyle, FeatureHead, GroupBuilder, Rect, Terrain, TileContext, TileMesh, Triangulator,
};
use bed::WaterBed;
use city_model::{Feature, FeatureClass, FeatureIndex, LayerGroup, Report, SurfaceKind, layers};
use cover::{Cover, CoverBody, CoverRecord, offset_m, surface_bytes};
use drape::{Draper, Lift};
use glam::{DVec2, DVec3};
use serde::{Deserialize, Serialize};
use strips::Strip;

/// Vertical error of leaf terrain, metres: below what a survey DEM promises.
pub const LEAF_TERRAIN_ERROR_M: f64 = 0.12;
/// Encoded bytes of a terrain triangle with the pieces of cover that are cut along it.
const TERRAIN_TRIANGLE_BYTES: f64 = 11.0;
/// Encoded bytes of a ground tile with nothing in it.
const EMPTY_TILE_BYTES: u64 = 3_000;

/// Builds the [`LayerGroup::Ground`] tiles.
#[derive(Debug, Clone, Copy, Default)]
pub struct GroundBuilder;

/// What goes up to the parent tile.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct GroundSummary {
    /// Plan rectangle drawn, scene CRS metres.
    covered: [f64; 4],
    /// Greatest thing left out below, metres.
    dropped_m: f64,
    /// The feature that is the ground here, where the source has one.
    relief: Option<FeatureTag>,
    /// (number of the shape within its feature, record).
    covers: Vec<(u32, CoverRecord)>,
}

impl GroupBuilder for GroundBuilder {
    fn group(&self) -> LayerGroup {
        LayerGroup::Ground
    }

    fn version(&self) -> u32 {
        2
    }

    fn assignment(&self) -> Assignment {
        Assignment::Overlap
    }

    /// Fitted with `TERRAIN_TRIANGLE_BYTES` to the leaves of the generated city and Kamloops (see docs/benchmarks.md).
    fn feature_bytes(&self, head: &FeatureHead) -> u32 {
        (head.geometry_bytes / 2).saturating_mul(3).saturating_add(60)
    }

    fn cell_bytes(&self, cell: &Rect, terrain: &Terrain) -> u64 {
        let inside = |r: &Rect| (r.max.min(cell.max) - r.min.max(cell.min)).min_element() > 0.0;
        if !terrain.extents().any(|r| inside(&r)) {
            return 0;
        }
        // the cast saturates
        EMPTY_TILE_BYTES + (terrain.triangles_in(cell) * TERRAIN_TRIANGLE_BYTES) as u64
    }

    fn extent(&self, terrain: &Terrain) -> Option<Rect> {
        terrain.extents().reduce(|a, b| Rect {
            min: a.min.min(b.min),
            max: a.max.max(b.max),
        })
    }

    fn leaf(&self, tile: &TileContext<'_>, features: &[Feature]) -> BuiltTile {
        let area = leaf_area(tile, features);
        let origin = area.center();
        let mut cutter = Triangulator::default();
        let mut report = Report::default();
        let mut covers = Vec::new();
        let mut relief = None;
        for feature in features {
            if tile.terrain.is_relief && feature.class == FeatureClass::Terrain {
                relief.get_or_insert_with(|| FeatureTag::of(feature, 0.0));
                continue;
            }
            let (found, troubles) = cover::covers_of(feature, origin, &mut cutter);
            covers.extend((0..).zip(found));
            let center = feature.bounds().center();
            // a feature is in every tile that it touches; one of them speaks for it
            if !center.is_finite() || tile.cell.contains(center.truncate()) {
                for trouble in troubles {
                    report.error(
                        &format!("ground/{}", trouble.code()),
                        Some(&feature.id),
                        None,
                        trouble.message(),
                    );
                }
            }
        }
        let mut built = draw(tile, &area, relief.as_ref(), &covers, 0.0, &mut cutter, &mut report);
        let tolerance_m = (tile.cell.size().max_element() / 1024.0).max(0.05);
        let records = covers
            .iter()
            .flat_map(|(part, cover)| {
                let records = cover.records(origin, tolerance_m);
                // triangles of one body get numbers of their own
                (0..)
                    .zip(records)
                    .map(move |(i, record): (u32, _)| (part.wrapping_mul(65_537).wrapping_add(i), record))
            })
            .collect();
        built.summary = summary(&area, 0.0, relief, records);
        built.report = report;
        built
    }

    fn stand_in(&self, tile: &TileContext<'_>, children: &[&[u8]]) -> BuiltTile {
        let summaries: Vec<GroundSummary> = children.iter().filter_map(|b| postcard::from_bytes(b).ok()).collect();
        let corners = summaries.iter().flat_map(|s| {
            let [x0, y0, x1, y1] = s.covered;
            [DVec2::new(x0, y0), DVec2::new(x1, y1)]
        });
        let area = rect::around(corners);
        if area.size().min_element() <= 0.0 || !area.size().is_finite() {
            return BuiltTile::default();
        }
        let dropped_below_m = summaries.iter().map(|s| s.dropped_m).fold(0.0, f64::max);
        let relief = summaries.iter().find_map(|s| s.relief.clone());
        let mut records: Vec<(u32, CoverRecord)> = summaries.into_iter().flat_map(|s| s.covers).collect();
        let key = |(part, record): &(u32, CoverRecord)| (record.tag.index, *part);
        records.sort_by(|a, b| key(a).cmp(&key(b)).then(a.1.error_m.total_cmp(&b.1.error_m)));
        records.dedup_by_key(|r| key(r));
        let mut cutter = Triangulator::default();
        let origin = area.center();
        let mut error_m = tile.target_error_m;
        let mut attempt = 0;
        loop {
            let (covers, dropped_m) = coarser(&records, origin, error_m);
            let mut built = draw(
                tile,
                &area,
                relief.as_ref(),
                &covers,
                error_m,
                &mut cutter,
                &mut Report::default(),
            );
            attempt += 1;
            if estimated_bytes(&built.mesh) > u64::from(tile.target_bytes) && attempt < 8 {
                error_m *= 1.5;
                continue;
            }
            let dropped_m = dropped_m.max(dropped_below_m);
            built.geometric_error_m = built.geometric_error_m.max(dropped_m);
            let kept = covers
                .iter()
                .flat_map(|(part, cover)| cover.records(origin, 0.0).into_iter().map(|record| (*part, record)))
                .collect();
            built.summary = summary(&area, dropped_m, relief, kept);
            return built;
        }
    }
}

fn summary(area: &Rect, dropped_m: f64, relief: Option<FeatureTag>, covers: Vec<(u32, CoverRecord)>) -> Vec<u8> {
    let covered = [area.min.x, area.min.y, area.max.x, area.max.y];
    postcard::to_stdvec(&GroundSummary {
        covered,
        dropped_m,
        relief,
        covers,
    })
    .unwrap_or_default()
}

/// The cell, cut to where there is terrain or a feature.
fn leaf_area(tile: &TileContext<'_>, features: &[Feature]) -> Rect {
    let feature_rects = features.iter().map(|f| f.bounds()).filter(|b| !b.is_empty());
    let rects = feature_rects
        .map(|b| Rect {
            min: b.min.truncate(),
            max: b.max.truncate(),
        })
        .chain(tile.terrain.extents());
    let inside = rects.filter(|r| r.overlaps(&tile.cell)).map(|r| Rect {
        min: r.min.max(tile.cell.min),
        max: r.max.min(tile.cell.max),
    });
    match inside.reduce(|a, b| Rect {
        min: a.min.min(b.min),
        max: a.max.max(b.max),
    }) {
        Some(area) if !tile.terrain.is_empty() && area.size().min_element() > 1e-3 => area,
        _ => tile.cell,
    }
}

/// Simplified covers for a tile of `error_m`, without those too small to see, and the size of the greatest left out.
fn coarser(records: &[(u32, CoverRecord)], origin: DVec2, error_m: f64) -> (Vec<(u32, Cover)>, f64) {
    let mut dropped_m = 0.0f64;
    let mut covers = Vec::with_capacity(records.len());
    for (part, record) in records {
        let Some(cover) = record.to_cover(origin) else { continue };
        let tolerance_m = error_m * 0.3;
        let (body, moved_m, size_m) = match cover.body {
            CoverBody::Polygon(polygon, level_z_m) => {
                let size_m = polygon.area_m2().sqrt().min(polygon.bounds().size().min_element());
                match polygon.simplified(tolerance_m) {
                    Some((simple, moved_m)) if size_m > error_m => {
                        (CoverBody::Polygon(simple, level_z_m), moved_m, size_m)
                    }
                    _ => {
                        dropped_m = dropped_m.max(size_m);
                        continue;
                    }
                }
            }
            CoverBody::Strip(center, width_m, sidewalk_m, road_rank) => {
                let full_m = width_m + 2.0 * sidewalk_m;
                if full_m < error_m * 0.4 {
                    dropped_m = dropped_m.max(full_m);
                    continue;
                }
                let points: Vec<DVec3> = center.iter().map(|p| p.extend(0.0)).collect();
                let (simple, moved_m) = polyline::simplified(&points, tolerance_m);
                let center = simple.iter().map(|p| p.truncate()).collect();
                (
                    CoverBody::Strip(center, width_m, sidewalk_m, road_rank),
                    moved_m,
                    full_m,
                )
            }
            CoverBody::Triangles(_) => continue,
        };
        debug_assert!(size_m > 0.0, "covers without size were dropped");
        covers.push((
            *part,
            Cover {
                tag: cover.tag,
                style: cover.style,
                error_m: cover.error_m + moved_m,
                body,
            },
        ));
    }
    (covers, dropped_m)
}

/// Draws terrain, skirts and covers; `error_m` 0 for a leaf. The error given back is that of what was drawn.
fn draw(
    tile: &TileContext<'_>,
    area: &Rect,
    relief: Option<&FeatureTag>,
    covers: &[(u32, Cover)],
    error_m: f64,
    cutter: &mut Triangulator,
    report: &mut Report,
) -> BuiltTile {
    let origin = area.center();
    let local_area = rect::relative(area, origin);
    let sampler = TerrainSampler::new(tile.terrain);
    let step_m = sampler.finest_step_m(area);
    let beds: Vec<WaterBed> = covers
        .iter()
        .filter_map(|(_, cover)| match &cover.body {
            CoverBody::Polygon(polygon, Some(level)) if cover.style.kind == SurfaceKind::Water as u8 => {
                Some(WaterBed::new(polygon, *level)).filter(|bed| bed.touches(&local_area))
            }
            _ => None,
        })
        .collect();
    let options = TinOptions {
        rect: *area,
        sample_step_m: step_m.unwrap_or(10.0),
        max_error_m: (error_m * 0.5).max(LEAF_TERRAIN_ERROR_M),
        is_flat: tile.terrain.is_empty() && beds.is_empty(),
    };
    let lift_error_m = lift_error_m(area, error_m);
    let bed_m = 2.0 * offset_m(3, lift_error_m);
    let height = |p: DVec2| {
        let ground_m = sampler.height(p);
        beds.iter().fold(ground_m, |z, bed| bed.carve(p - origin, z, bed_m))
    };
    let tin = Tin::build(&options, height);
    tracing::debug!(
        target: "tiler::sizes",
        error_m,
        cell_m = tile.cell.size().x,
        expected = tile.terrain.triangles_in(area),
        drawn = tin.triangles.len(),
        covers = covers.len(),
        beds = beds.len(),
        "terrain"
    );
    let mut mesh = TileMesh::default();
    let normal_step_m = step_m.unwrap_or(10.0).max(area.size().max_element() / 128.0);
    let mut draper = Draper::new(&tin, tile.frame, sampler, normal_step_m);
    draw_terrain(&mut draper, &mut mesh, &tin, relief, lift_error_m);
    let moved_m = draw_covers(&mut draper, &mut mesh, covers, &local_area, error_m, cutter, report);
    mesh.drop_unused_features();
    BuiltTile {
        mesh,
        geometric_error_m: tin.error_m.max(moved_m),
        ..BuiltTile::default()
    }
}

/// Error by which the stack is spread: that of the tile, or more where its positions lie on a coarse grid, so that two
/// ranks stay more than two grid steps apart.
fn lift_error_m(area: &Rect, error_m: f64) -> f64 {
    let step_m = (area.size().max_element() / 65_532.0).max(1e-9).log2().ceil().exp2();
    error_m.max((80.0 * step_m - 1.0) * 0.5)
}

/// Property-table row of bare ground that belongs to no feature.
fn terrain_row() -> FeatureTag {
    let code = layers::layer_of(FeatureClass::Terrain, None).code;
    FeatureTag {
        index: FeatureIndex::UNSET.0,
        layer_code: code,
        class_code: FeatureClass::Terrain.code(),
        height_m: 0.0,
        id: "terrain".to_owned(),
        name: String::new(),
    }
}

fn draw_terrain(draper: &mut Draper<'_>, mesh: &mut TileMesh, tin: &Tin, relief: Option<&FeatureTag>, error_m: f64) {
    let row = relief.cloned().unwrap_or_else(terrain_row);
    let [r, g, b] = layers::by_code(row.layer_code).map_or([168, 160, 136], |l| l.rgb);
    let style = FaceStyle {
        slot: mesh.add_feature(row.to_row()),
        color: [r, g, b, 255],
        surface: surface_bytes(SurfaceKind::Terrain as u8, 0.0),
    };
    draper.terrain(mesh, style);
    // deep enough for the neighbour's error and for what lies on top of it
    let down = DVec3::Z * (skirt::depth_m(tin, tin.error_m.max(error_m)) + 2.0 * offset_m(5, error_m));
    for wall in skirt::walls(tin) {
        let corners = [wall.a - down, wall.b - down, wall.b, wall.a].map(|c| draper.local(c));
        if let [Some(a), Some(b), Some(c), Some(d)] = corners {
            let normal = DVec3::Z.as_vec3();
            // lit like the ground beside it, so that a skirt that shows does not stand out
            let [a, b, c, d] = [a, b, c, d].map(|p| mesh.push_vertex(p.as_vec3(), normal, style, [0; 2]));
            mesh.push_triangle(a, b, c);
            mesh.push_triangle(a, c, d);
        }
    }
}

/// Draws the covers in stacking order and returns the greatest error among them, metres.
fn draw_covers(
    draper: &mut Draper<'_>,
    mesh: &mut TileMesh,
    covers: &[(u32, Cover)],
    area: &Rect,
    error_m: f64,
    cutter: &mut Triangulator,
    report: &mut Report,
) -> f64 {
    let mut order: Vec<&Cover> = covers.iter().map(|(_, cover)| cover).collect();
    order.sort_by_key(|c| (c.style.rank, c.tag.index));
    let lift_error_m = lift_error_m(area, error_m);
    let (mut strips, mut moved_m) = (Vec::new(), 0.0f64);
    let mut last: Option<(u32, u32)> = None;
    for cover in order {
        moved_m = moved_m.max(cover.error_m);
        let slot = match last {
            Some((index, slot)) if index == cover.tag.index => slot,
            _ => mesh.add_feature(cover.tag.to_row()),
        };
        last = Some((cover.tag.index, slot));
        let style = FaceStyle {
            slot,
            color: cover.style.color,
            surface: surface_bytes(cover.style.kind, 0.0),
        };
        // polygons of one rank may overlap each other: eight thin layers keep most of them apart
        let layer_m = 0.002 * f64::from(cover.tag.index % 8) * (1.0 + 2.0 * lift_error_m);
        let offset_m = offset_m(cover.style.rank, lift_error_m) + layer_m;
        draper.begin();
        match &cover.body {
            CoverBody::Polygon(polygon, level_z_m) => {
                let (triangles, trouble) = polygon.triangles(cutter);
                if let Some(trouble) = trouble {
                    let center = polygon.bounds().center();
                    if error_m <= 0.0 && area.contains(center) {
                        let code = format!("ground/{}", trouble.code());
                        report.warn(&code, Some(&cover.tag.id), None, trouble.message());
                    }
                }
                let lift = level_z_m.map_or(Lift::Above(offset_m), |z| Lift::Level(z + layer_m));
                for triangle in triangles.iter().filter(|t| rect::around(**t).overlaps(area)) {
                    draper.lay(mesh, &triangle.map(PlanVertex::bare), style, lift, false);
                }
            }
            CoverBody::Strip(center, width_m, sidewalk_m, road_rank) => {
                let (rank, kind) = (cover.style.rank, cover.style.kind);
                let priority = (rank, *road_rank, cover.tag.index);
                strips.extend(Strip::new(
                    center,
                    *width_m,
                    *sidewalk_m,
                    priority,
                    slot,
                    cover.style.color,
                    kind,
                ));
            }
            CoverBody::Triangles(triangles) => {
                for t in triangles
                    .iter()
                    .filter(|t| rect::around(t.map(|c| c.truncate())).overlaps(area))
                {
                    let piece = t.map(|c| PlanVertex {
                        p: c.truncate(),
                        uv: DVec2::new(c.z, 0.0),
                    });
                    draper.lay(mesh, &piece, style, Lift::Carried { at_least_m: offset_m }, false);
                }
            }
        }
    }
    strips::draw(draper, mesh, strips, area, lift_error_m);
    moved_m
}

/// Encoded size to expect of a mesh, bytes: 0.93 to 1.03 of it is met by the coarse ground tiles of the generated city and
/// Kamloops.
fn estimated_bytes(mesh: &TileMesh) -> u64 {
    mesh.positions.len() as u64 * 9 + mesh.num_triangles() as u64 * 3 / 2 + mesh.features.len() as u64 * 45
}

#[cfg(test)]
mod tests;
