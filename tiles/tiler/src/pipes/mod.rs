//! Pipes and their nodes: swept tubes and ducts of true size, shafts with covers; thinner stand-ins farther away.
//!
//! `_FACADE` of a pipe is (metres along it in the direction of flow, way round from the crown) in 1/32 m; the building-use
//! bits of `_SURFACE` carry [`city_model::style::pipe_mark`], the storey-height byte the height of the section in
//! decimetres (at least 1), so that the shader can keep a pipe visible and move arrows along it.

pub mod chains;
pub mod nodes;
pub mod record;
pub mod tube;

use crate::plan::polyline;
use crate::record::{FeatureTag, PACKING_ERROR_M};
use crate::terrain::TerrainSampler;
use crate::{BuiltTile, FaceStyle, FeatureHead, GroupBuilder, TileContext, TileMesh, Triangulator, bodies};
use city_model::{BuildingUse, Feature, LayerGroup, Report, Shape, SurfaceKind, SurfaceStyle};
use glam::DVec3;
use record::{NodeRecord, PipeLook, PipeRecord, Section};
use serde::{Deserialize, Serialize};
use tube::Profile;

/// Builds the [`LayerGroup::Underground`] tiles.
#[derive(Debug, Clone, Copy, Default)]
pub struct PipeBuilder;

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
struct PipeSummary {
    /// Greatest thing left out below, metres.
    dropped_m: f64,
    pipes: Vec<PipeRecord>,
    nodes: Vec<NodeRecord>,
}

impl GroupBuilder for PipeBuilder {
    fn group(&self) -> LayerGroup {
        LayerGroup::Underground
    }

    fn version(&self) -> u32 {
        1
    }

    fn feature_bytes(&self, head: &FeatureHead) -> u32 {
        // two rings of eight to twelve vertices for the 60 bytes of a two-point line
        head.geometry_bytes.saturating_mul(3).saturating_add(220)
    }

    fn leaf(&self, tile: &TileContext<'_>, features: &[Feature]) -> BuiltTile {
        let sampler = TerrainSampler::new(tile.terrain);
        let (mut mesh, mut report, mut summary) = (TileMesh::default(), Report::default(), PipeSummary::default());
        let mut cutter = Triangulator::default();
        let mut chord_m = 0.0f64;
        for feature in features {
            let slot = mesh.add_feature(FeatureTag::of(feature, 0.0).to_row());
            for shape in feature.geometry.finest() {
                match shape {
                    Shape::Line(line) => match record::pipe_of(feature, line, &sampler) {
                        Some(pipe) => {
                            mesh.features[slot as usize].height_m = pipe.tag.height_m;
                            chord_m = chord_m.max(draw_pipe(tile, &mut mesh, &pipe, slot));
                            summary.pipes.push(pipe);
                        }
                        None => report.error(
                            "pipes/no-length",
                            Some(&feature.id),
                            None,
                            "the line has no length, or a coordinate is not a finite number; it is left out",
                        ),
                    },
                    Shape::Point(point) => match record::node_of(feature, point, &sampler) {
                        Some(node) => {
                            mesh.features[slot as usize].height_m = node.tag.height_m;
                            if let Some(at) = tile.frame.local(DVec3::from_array(node.at)) {
                                nodes::draw(
                                    &mut mesh,
                                    &node,
                                    at.as_vec3(),
                                    face(&node.look, slot, SurfaceKind::PipeNode, 0.0),
                                );
                            }
                            summary.nodes.push(node);
                        }
                        None => report.error(
                            "pipes/position-not-finite",
                            Some(&feature.id),
                            None,
                            "the position is not finite; the node is left out",
                        ),
                    },
                    _ => {
                        let style = face(&record::look_of(feature), slot, SurfaceKind::Pipe, 0.0);
                        let code = "pipes/surface-without-area";
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
        let summary = postcard::to_stdvec(&summary).unwrap_or_default();
        BuiltTile {
            mesh,
            geometric_error_m: chord_m,
            summary,
            report,
        }
    }

    fn stand_in(&self, tile: &TileContext<'_>, children: &[&[u8]]) -> BuiltTile {
        let mut all = PipeSummary::default();
        for child in children
            .iter()
            .filter_map(|bytes| postcard::from_bytes::<PipeSummary>(bytes).ok())
        {
            all.dropped_m = all.dropped_m.max(child.dropped_m);
            all.pipes.extend(child.pipes);
            all.nodes.extend(child.nodes);
        }
        all.nodes.sort_by_key(|n| n.tag.index);
        let chains = chains::join(all.pipes);
        let mut error_m = tile.target_error_m.max(0.01);
        let mut attempt = 0;
        loop {
            let built = draw_stand_ins(tile, &chains, &all.nodes, error_m, all.dropped_m);
            attempt += 1;
            if estimated_bytes(&built.mesh) <= u64::from(tile.target_bytes) || attempt >= 12 {
                return built;
            }
            error_m *= 1.5;
        }
    }
}

/// Draws everything that an error of `error_m` leaves; the rest goes neither into the mesh nor into the summary.
fn draw_stand_ins(
    tile: &TileContext<'_>,
    chains: &[chains::Chain],
    nodes: &[NodeRecord],
    error_m: f64,
    dropped_below_m: f64,
) -> BuiltTile {
    let mut mesh = TileMesh::default();
    let mut summary = PipeSummary {
        dropped_m: dropped_below_m,
        ..PipeSummary::default()
    };
    let mut moved_m = PACKING_ERROR_M;
    for chain in chains {
        let extent_m = chain.length_m() + chain.sizes_m.0;
        if extent_m <= error_m {
            summary.dropped_m = summary.dropped_m.max(extent_m);
            continue;
        }
        let (axis, axis_error_m) = polyline::simplified(&chain.axis, error_m * 0.3);
        let slot = mesh.add_feature(chain.record.tag.to_row());
        let (profile, section_error_m) = coarse_profile(chain.record.section, error_m);
        sweep_scene(
            tile,
            &mut mesh,
            &axis,
            &profile,
            face(
                &chain.record.look,
                slot,
                SurfaceKind::Pipe,
                chain.record.section.height_m(),
            ),
        );
        moved_m = moved_m.max(chain.record.error_m + axis_error_m + section_error_m);
        let mut kept = chain.clone();
        kept.axis = axis;
        kept.record.error_m += axis_error_m;
        summary.pipes.push(kept.into_record());
    }
    for node in nodes {
        let size_m = node.body.size_m();
        if size_m <= error_m {
            summary.dropped_m = summary.dropped_m.max(size_m);
            continue;
        }
        let slot = mesh.add_feature(node.tag.to_row());
        if let Some(at) = tile.frame.local(DVec3::from_array(node.at)) {
            nodes::draw_stand_in(
                &mut mesh,
                node,
                at.as_vec3(),
                face(&node.look, slot, SurfaceKind::PipeNode, 0.0),
            );
            // a square instead of a circle
            moved_m = moved_m.max(size_m * 0.15);
        }
        summary.nodes.push(node.clone());
    }
    mesh.drop_unused_features();
    let geometric_error_m = moved_m.max(summary.dropped_m);
    BuiltTile {
        mesh,
        geometric_error_m,
        summary: postcard::to_stdvec(&summary).unwrap_or_default(),
        report: Report::default(),
    }
}

/// Section for a tile of `error_m` and how far it is from the true one, metres.
///
/// Never thinner than a twentieth of the error: at sixteen pixels of error that is the 1.6 pixels under which a line
/// breaks up.
fn coarse_profile(section: Section, error_m: f64) -> (Profile, f64) {
    let least_m = error_m * 0.1;
    match section {
        Section::Round(d) => {
            let drawn_m = d.max(least_m);
            let sides = [3, 4, 6]
                .into_iter()
                .find(|s| Profile::circle_error_m(drawn_m, *s) <= error_m * 0.1)
                .unwrap_or(8);
            let error_m = (drawn_m - d) * 0.5 + Profile::circle_error_m(drawn_m, sides);
            (Profile::circle(drawn_m, sides), error_m)
        }
        Section::Duct(w, h) => {
            let (drawn_w, drawn_h) = (w.max(least_m), h.max(least_m));
            (
                Profile::rectangle(drawn_w, drawn_h),
                (drawn_w - w).max(drawn_h - h) * 0.5,
            )
        }
    }
}

/// Sides of a tube at full detail.
fn num_sides(diameter_m: f64) -> u32 {
    match diameter_m {
        d if d <= 0.3 => 8,
        d if d <= 0.8 => 12,
        _ => 16,
    }
}

/// Draws a pipe at full detail and returns the error of its section, metres.
fn draw_pipe(tile: &TileContext<'_>, mesh: &mut TileMesh, pipe: &PipeRecord, slot: u32) -> f64 {
    let (profile, error_m) = match pipe.section {
        Section::Round(d) => (
            Profile::circle(d, num_sides(d)),
            Profile::circle_error_m(d, num_sides(d)),
        ),
        Section::Duct(w, h) => (Profile::rectangle(w, h), 0.0),
    };
    let style = face(&pipe.look, slot, SurfaceKind::Pipe, pipe.section.height_m());
    sweep_scene(tile, mesh, &pipe.axis.unpack(), &profile, style);
    error_m
}

fn sweep_scene(tile: &TileContext<'_>, mesh: &mut TileMesh, axis: &[DVec3], profile: &Profile, style: FaceStyle) {
    let local: Vec<DVec3> = axis.iter().filter_map(|p| tile.frame.local(*p)).collect();
    if let Some(local) = polyline::cleaned(&local) {
        tube::sweep(mesh, &local, profile, style);
    }
}

fn face(look: &PipeLook, slot: u32, kind: SurfaceKind, height_m: f64) -> FaceStyle {
    let surface = SurfaceStyle {
        kind,
        building_use: BuildingUse::from_code(look.mark),
        // the cast saturates
        storey_height_dm: (height_m * 10.0).round().max(1.0) as u8,
        age_code: look.age_code,
        openness: 255,
    };
    FaceStyle {
        slot,
        color: look.color,
        surface: surface.to_bytes(),
    }
}

/// Encoded size to expect of a mesh, bytes: the coarse tiles of the generated city and Kamloops have 0.87 to 1.10 of it.
fn estimated_bytes(mesh: &TileMesh) -> u64 {
    mesh.positions.len() as u64 * 11 + mesh.num_triangles() as u64 * 2 + mesh.features.len() as u64 * 50
}

#[cfg(test)]
mod tests;
